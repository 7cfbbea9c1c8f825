//! A program as people read it.

use super::{ColumnId, Program, Relation, RowId, Sense};
use std::fmt::Write as _;

impl Program {
    /// The program as text: the objective, each row, the bounds; one a line.
    #[must_use]
    pub fn text(&self, column: &dyn Fn(ColumnId) -> String, row: &dyn Fn(RowId) -> String) -> String {
        let mut out = String::new();
        let sense = if self.sense == Sense::Minimise { "minimise" } else { "maximise" };
        let objective: Vec<(ColumnId, f64)> = self.columns().map(|(id, column)| (id, column.cost)).collect();
        let _ = writeln!(out, "{sense}{}\nsubject to", sum(&objective, column));
        for (id, entry) in self.rows() {
            let relation = match entry.relation {
                Relation::AtMost => "<=",
                Relation::AtLeast => ">=",
                Relation::Equal => "=",
            };
            let left = sum(&entry.entries, column);
            let _ = writeln!(out, "  {}:{left} {relation} {}", row(id), number(entry.right));
        }
        let _ = writeln!(out, "bounds");
        for (id, entry) in self.columns() {
            let (lower, upper) = (number(entry.lower), number(entry.upper));
            let _ = writeln!(out, "  {lower} <= {} <= {upper}", column(id));
        }
        out
    }
}

fn sum(entries: &[(ColumnId, f64)], column: &dyn Fn(ColumnId) -> String) -> String {
    let mut out = String::new();
    for (id, coefficient) in entries.iter().filter(|(_, coefficient)| *coefficient != 0.0) {
        let sign = if *coefficient < 0.0 { '-' } else { '+' };
        let size = coefficient.abs();
        let factor = if size == 1.0 { String::new() } else { format!("{} ", number(size)) };
        let _ = write!(out, " {sign} {factor}{}", column(*id));
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
