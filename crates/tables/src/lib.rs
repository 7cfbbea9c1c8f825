//! Outcomes as tables, and tables as files: CSV, Parquet, a workbook, or the form of IAMC.
//!
//! A [`Table`] is neutral: named columns of text or numbers, no format. The
//! names and columns of the result files are made in one place ([`tables`]), so
//! that CSV, Parquet and JSON always hold the same numbers.

pub mod clauses;
mod csv;
mod estimates;
mod explanation;
pub mod iamc;
mod layout;
mod links;
mod names;
mod owners;
#[cfg(feature = "parquet")]
mod pages;
mod parquet;
pub mod part;
mod path;
mod rows;
mod spatial;
mod workbook;
mod write;

pub use explanation::explanation;
pub use layout::Columns;
pub use links::links;
pub use names::product_name;
pub use path::path;
pub use rows::{named, tables};
pub use write::{Artefact, WriteError, write};

use serde_json::{Map, Value};

/// A column of a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// Names and other words.
    Text(Vec<String>),
    /// Numbers.
    Number(Vec<f64>),
    /// Numbers some of which are not known: empty in files, never zero.
    Known(Vec<Option<f64>>),
}

impl Column {
    /// How many rows it has.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Text(cells) => cells.len(),
            Self::Number(cells) => cells.len(),
            Self::Known(cells) => cells.len(),
        }
    }

    /// Whether it has no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Named columns of one length.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// The file name without its ending, for instance `indicators`.
    pub name: String,
    /// The columns with their names, units as suffixes.
    pub columns: Vec<(String, Column)>,
}

/// A cell on its way into a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Words.
    Text(String),
    /// A number.
    Number(f64),
    /// A number that may not be known.
    Known(Option<f64>),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<f64> for Cell {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<Option<f64>> for Cell {
    fn from(number: Option<f64>) -> Self {
        Self::Known(number)
    }
}

impl Table {
    /// A table of rows. A column is of text if its cells are; a number that is
    /// not finite counts as not known.
    #[must_use]
    pub fn new(name: &str, columns: &[&str], rows: impl IntoIterator<Item = Vec<Cell>>) -> Self {
        let mut cells: Vec<Vec<Cell>> = vec![vec![]; columns.len()];
        for row in rows {
            debug_assert_eq!(row.len(), columns.len(), "a row of table {name}");
            for (column, cell) in cells.iter_mut().zip(row) {
                column.push(cell);
            }
        }
        let columns =
            columns.iter().zip(cells).map(|(name, cells)| ((*name).to_owned(), column(cells))).collect();
        Self { name: name.to_owned(), columns }
    }

    /// How many rows it has.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |(_, column)| column.len())
    }

    /// The column of a name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|(known, _)| known == name).map(|(_, column)| column)
    }

    /// The rows as JSON objects; what is not known is `null`.
    #[must_use]
    pub fn json(&self) -> Value {
        let number =
            |number: f64| serde_json::Number::from_f64(number + 0.0).map_or(Value::Null, Value::Number);
        let rows = (0..self.rows())
            .map(|row| {
                let mut object = Map::new();
                for (name, column) in &self.columns {
                    let value = match column {
                        Column::Text(cells) => Value::String(cells[row].clone()),
                        Column::Number(cells) => number(cells[row]),
                        Column::Known(cells) => cells[row].map_or(Value::Null, number),
                    };
                    object.insert(name.clone(), value);
                }
                Value::Object(object)
            })
            .collect();
        Value::Array(rows)
    }

    /// The file of the table in a format.
    ///
    /// # Errors
    /// [`WriteError::Encode`] where the format's writer fails.
    pub fn file(&self, format: Format) -> Result<Artefact, WriteError> {
        let name = format!("{}.{}", self.name, format.ending());
        let bytes = match format {
            Format::Csv | Format::Iamc => csv::bytes(self),
            Format::Parquet => parquet::bytes(self),
            Format::Xlsx => workbook::bytes(&[self], None),
        };
        match bytes {
            Ok(bytes) => Ok(Artefact { name, bytes }),
            Err(what) => Err(WriteError::Encode { file: name, what }),
        }
    }
}

/// The files of tables in a format: one each, or one workbook with a sheet for each and one for the
/// stamp.
///
/// # Errors
/// [`WriteError::Encode`] where the format's writer fails.
pub fn files(tables: &[Table], format: Format, stamp: &str) -> Result<Vec<Artefact>, WriteError> {
    if format != Format::Xlsx {
        return tables.iter().map(|table| table.file(format)).collect();
    }
    let name = "results.xlsx".to_owned();
    let all: Vec<&Table> = tables.iter().collect();
    match workbook::bytes(&all, Some(stamp)) {
        Ok(bytes) => Ok(vec![Artefact { name, bytes }]),
        Err(what) => Err(WriteError::Encode { file: name, what }),
    }
}

fn column(cells: Vec<Cell>) -> Column {
    if cells.iter().any(|cell| matches!(cell, Cell::Text(_))) {
        let text = |cell| match cell {
            Cell::Text(text) => text,
            Cell::Number(number) | Cell::Known(Some(number)) => csv::number(number),
            Cell::Known(None) => String::new(),
        };
        return Column::Text(cells.into_iter().map(text).collect());
    }
    let numbers: Vec<Option<f64>> = cells
        .iter()
        .map(|cell| match cell {
            Cell::Number(number) | Cell::Known(Some(number)) => Some(*number).filter(|n| n.is_finite()),
            _ => None,
        })
        .collect();
    let optional = cells.iter().any(|cell| matches!(cell, Cell::Known(_)));
    match numbers.iter().copied().collect::<Option<Vec<f64>>>() {
        Some(numbers) if !optional => Column::Number(numbers),
        _ => Column::Known(numbers),
    }
}

/// A file format of tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Comma-separated values: UTF-8, a header, numbers that read back exactly.
    #[default]
    Csv,
    /// Apache Parquet.
    Parquet,
    /// A workbook for spreadsheets.
    Xlsx,
    /// The form of the Integrated Assessment Modeling Consortium, as comma-separated values.
    Iamc,
}

impl Format {
    /// The ending of its file names.
    #[must_use]
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Csv | Self::Iamc => "csv",
            Self::Parquet => "parquet",
            Self::Xlsx => "xlsx",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_null_and_zero_is_zero() {
        let table = Table::new(
            "t",
            &["who", "a", "b"],
            [
                vec!["x".into(), 1.5.into(), Some(0.0).into()],
                vec!["y".into(), (-0.0).into(), None::<f64>.into()],
            ],
        );
        assert_eq!(table.column("a"), Some(&Column::Number(vec![1.5, -0.0])));
        assert_eq!(table.column("b"), Some(&Column::Known(vec![Some(0.0), None])));
        let json = r#"[{"who":"x","a":1.5,"b":0.0},{"who":"y","a":0.0,"b":null}]"#;
        assert_eq!(table.json().to_string(), json);
    }

    #[test]
    fn a_number_that_is_none_counts_as_not_known() {
        let table = Table::new("t", &["a"], [vec![f64::NAN.into()], vec![2.0.into()]]);
        assert_eq!(table.column("a"), Some(&Column::Known(vec![None, Some(2.0)])));
    }
}
