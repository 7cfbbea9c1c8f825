//! Rows under headings in aligned plain text.

use std::fmt::Write as _;

/// Which way a column of a printed table leans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lean {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// Rows under headings, in columns as wide as need be.
#[must_use]
pub fn columns(headings: &[(&str, Lean)], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([headings[column].0.chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..headings.len()).map(width).collect();
    let mut text = String::new();
    let mut line = |cells: &mut dyn Iterator<Item = &str>| {
        let mut written = String::new();
        for ((cell, width), (_, lean)) in cells.zip(&widths).zip(headings) {
            // writing to a String cannot fail
            let _ = match lean {
                Lean::Left => write!(written, "{cell:<width$}  "),
                Lean::Right => write!(written, "{cell:>width$}  "),
            };
        }
        text.push_str(written.trim_end());
        text.push('\n');
    };
    line(&mut headings.iter().map(|(heading, _)| *heading));
    for row in rows {
        line(&mut row.iter().map(String::as_str));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [vec!["a".to_owned(), "1".to_owned()], vec!["bcd".to_owned(), "22.5".to_owned()]];
        let text = columns(&[("who", Lean::Left), ("kt", Lean::Right)], &rows);
        assert_eq!(text, "who    kt\na       1\nbcd  22.5\n");
    }
}
