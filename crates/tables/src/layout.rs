//! A table by columns: the same cells as [`Table::json`], in a fraction of the bytes.

use crate::{Column, Table};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// A table that is written column by column. Numbers are lists, `null` where not known; text is
/// its different words, and for each row the position of its word.
#[derive(Debug, Clone)]
pub struct Columns<'a> {
    table: &'a Table,
    /// The rows that are written, if not all.
    rows: Option<Vec<usize>>,
    /// Whether columns that no policy moves are left out.
    moving: bool,
}

/// Whether no policy moves a column: text says what a row is about, and the baseline is what was before.
fn is_still(name: &str, column: &Column) -> bool {
    matches!(column, Column::Text(_)) || name.contains("baseline")
}

impl<'a> Columns<'a> {
    /// All rows of a table.
    #[must_use]
    pub fn all(table: &'a Table) -> Self {
        Self { table, rows: None, moving: false }
    }

    /// The rows whose column of text holds one of some words; all, where there is no such column.
    #[must_use]
    pub fn only(table: &'a Table, column: &str, words: &[String]) -> Self {
        let Some(Column::Text(cells)) = table.column(column) else { return Self::all(table) };
        let rows = cells.iter().enumerate().filter(|(_, cell)| words.contains(cell)).map(|(row, _)| row);
        Self { table, rows: Some(rows.collect()), moving: false }
    }

    /// A mark of the columns that no policy moves: two tables of one name and mark have the same there.
    /// It lasts as long as the program runs.
    #[must_use]
    pub fn mark(&self) -> String {
        let mut hasher = DefaultHasher::new();
        for (name, column) in self.table.columns.iter().filter(|(name, column)| is_still(name, column)) {
            name.hash(&mut hasher);
            match column {
                Column::Text(cells) => self.cells(cells).for_each(|cell| cell.hash(&mut hasher)),
                Column::Number(cells) => self.cells(cells).for_each(|cell| cell.to_bits().hash(&mut hasher)),
                Column::Known(cells) => {
                    self.cells(cells).for_each(|cell| cell.map(f64::to_bits).hash(&mut hasher));
                }
            }
        }
        format!("{:016x}", hasher.finish())
    }

    /// The same without the columns that no policy moves, for whoever has them.
    #[must_use]
    pub fn moving(self) -> Self {
        Self { moving: true, ..self }
    }

    /// The cells of a column that are written.
    fn cells<'b, T>(&'b self, cells: &'b [T]) -> impl Iterator<Item = &'b T> + Clone {
        let some = self.rows.as_ref().map(|rows| rows.iter().filter_map(|row| cells.get(*row)));
        let all = if some.is_none() { cells } else { &[] };
        some.into_iter().flatten().chain(all)
    }
}

impl Serialize for Columns<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let written = |(name, column): &&(String, Column)| !(self.moving && is_still(name, column));
        for (name, column) in self.table.columns.iter().filter(written) {
            match column {
                Column::Text(cells) => map.serialize_entry(name, &Words::of(self.cells(cells)))?,
                Column::Number(cells) => {
                    map.serialize_entry(name, &Numbers(self.cells(cells).map(|cell| Some(*cell))))?;
                }
                Column::Known(cells) => map.serialize_entry(name, &Numbers(self.cells(cells).copied()))?,
            }
        }
        map.end()
    }
}

/// Text as words and positions.
#[derive(serde::Serialize)]
struct Words<'a> {
    words: Vec<&'a str>,
    at: Vec<usize>,
}

impl<'a> Words<'a> {
    fn of(cells: impl Iterator<Item = &'a String>) -> Self {
        let (mut words, mut known) = (vec![], BTreeMap::new());
        let at = cells
            .map(|cell| {
                *known.entry(cell.as_str()).or_insert_with(|| {
                    words.push(cell.as_str());
                    words.len() - 1
                })
            })
            .collect();
        Self { words, at }
    }
}

/// Numbers, without a negative zero.
struct Numbers<I>(I);

impl<I: Iterator<Item = Option<f64>> + Clone> Serialize for Numbers<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for cell in self.0.clone() {
            list.serialize_element(&cell.filter(|number| number.is_finite()).map(|number| number + 0.0))?;
        }
        list.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cell;

    #[test]
    fn columns_hold_the_cells_of_the_rows() {
        let row = |who: &str, a: f64, b: Option<f64>| vec![Cell::from(who), a.into(), b.into()];
        let rows = [row("x", 1.5, Some(-0.0)), row("y", 2.0, None), row("x", 0.1, Some(3.0))];
        let table = Table::new("t", &["who", "a", "b"], rows);
        let json = serde_json::to_string(&Columns::all(&table)).expect("it is JSON");
        let some =
            serde_json::to_string(&Columns::only(&table, "who", &["y".to_owned()])).expect("it is JSON");
        assert_eq!(some, r#"{"who":{"words":["y"],"at":[0]},"a":[2.0],"b":[null]}"#);
        assert_eq!(json, r#"{"who":{"words":["x","y"],"at":[0,1,0]},"a":[1.5,2.0,0.1],"b":[0.0,null,3.0]}"#);
    }

    #[test]
    fn a_mark_tells_whether_what_no_policy_moves_is_the_same() {
        let table = |who: &str, before: f64, after: f64| {
            Table::new(
                "t",
                &["who", "baseline_kt", "value_kt"],
                [vec![Cell::from(who), before.into(), after.into()]],
            )
        };
        let first = table("x", 1.0, 2.0);
        let mark = Columns::all(&first).mark();
        assert_eq!(Columns::all(&table("x", 1.0, 3.0)).mark(), mark);
        for other in [table("y", 1.0, 2.0), table("x", 1.5, 2.0)] {
            assert_ne!(Columns::all(&other).mark(), mark);
        }
        assert_ne!(Columns::only(&first, "who", &[]).mark(), mark);
        let json = serde_json::to_string(&Columns::all(&first).moving()).expect("it is JSON");
        assert_eq!(json, r#"{"value_kt":[2.0]}"#);
    }
}
