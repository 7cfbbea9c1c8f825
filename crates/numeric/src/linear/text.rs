//! A program as people read it.

use super::{Program, Relation, Sense};
use std::fmt::Write as _;

impl Program {
    /// The program as text: the objective, each row, the bounds; one a line.
    #[must_use]
    pub fn text(&self, column: &dyn Fn(usize) -> String, row: &dyn Fn(usize) -> String) -> String {
        let mut out = String::new();
        let sense = if self.sense == Sense::Minimise { "minimise" } else { "maximise" };
        let objective: Vec<(usize, f64)> =
            self.columns.iter().enumerate().map(|(position, column)| (position, column.cost)).collect();
        let _ = writeln!(out, "{sense}{}\nsubject to", sum(&objective, column));
        for (position, entry) in self.rows.iter().enumerate() {
            let relation = match entry.relation {
                Relation::AtMost => "<=",
                Relation::AtLeast => ">=",
                Relation::Equal => "=",
            };
            let left = sum(&entry.entries, column);
            let _ = writeln!(out, "  {}:{left} {relation} {}", row(position), number(entry.right));
        }
        let _ = writeln!(out, "bounds");
        for (position, entry) in self.columns.iter().enumerate() {
            let (lower, upper) = (number(entry.lower), number(entry.upper));
            let _ = writeln!(out, "  {lower} <= {} <= {upper}", column(position));
        }
        out
    }
}

fn sum(entries: &[(usize, f64)], column: &dyn Fn(usize) -> String) -> String {
    let mut out = String::new();
    for (position, coefficient) in entries.iter().filter(|(_, coefficient)| *coefficient != 0.0) {
        let sign = if *coefficient < 0.0 { '-' } else { '+' };
        let size = coefficient.abs();
        let factor = if size == 1.0 { String::new() } else { format!("{} ", number(size)) };
        let _ = write!(out, " {sign} {factor}{}", column(*position));
    }
    if out.is_empty() { " 0".to_owned() } else { out }
}

/// Six significant digits are for reading; the program keeps all.
fn number(value: f64) -> String {
    if !value.is_finite() || value == 0.0 {
        return format!("{value}");
    }
    #[allow(clippy::cast_possible_truncation)] // a small exponent
    let places = (5 - value.abs().log10().floor() as i32).clamp(0, 12);
    let text = format!("{value:.*}", usize::try_from(places).unwrap_or(0));
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}
