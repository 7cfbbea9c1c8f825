//! Rows of a batch as Parquet, one figure of one evaluation a row, and back.
//!
//! A file from disk is not believed: a header can claim pages and rows that are not there, and a
//! reader that trusts it asks for all memory. Sizes and counts of every page are added up before
//! anything is decoded.

#[cfg(feature = "parquet")]
use crate::pages::check;

/// The rows of a part, column by column.
#[derive(Debug, Clone, Default)]
pub struct Rows<'a> {
    /// Number of the evaluation.
    pub number: Vec<i64>,
    /// Cell of the grid of what is varied.
    pub cell: Vec<i64>,
    /// What the evaluation belongs to: a draw, a sample, a step of a path, the tornado.
    pub set: Vec<&'a str>,
    /// `solved`, `no_equilibrium` or `input`.
    pub status: Vec<&'a str>,
    /// `input`, `figure` or `failure`.
    pub kind: Vec<&'a str>,
    /// Name of the input or figure.
    pub name: Vec<&'a str>,
    /// Its value; `None`: not known, or not defined.
    pub value: Vec<Option<f64>>,
    /// Why there is no figure.
    pub message: Vec<Option<&'a str>>,
}

/// A row that has been read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row<'a> {
    /// Number of the evaluation.
    pub number: i64,
    /// `solved`, `no_equilibrium` or `input`.
    pub status: &'a str,
    /// `input`, `figure` or `failure`.
    pub kind: &'a str,
    /// Name of the input or figure.
    pub name: &'a str,
    /// Its value.
    pub value: Option<f64>,
    /// Why there is no figure.
    pub message: Option<&'a str>,
}

impl<'a> Rows<'a> {
    /// Adds a row.
    pub fn push(&mut self, cell: i64, set: &'a str, row: Row<'a>) {
        self.number.push(row.number);
        self.cell.push(cell);
        self.set.push(set);
        self.status.push(row.status);
        self.kind.push(row.kind);
        self.name.push(row.name);
        self.value.push(row.value);
        self.message.push(row.message);
    }

    /// The bytes of the file.
    ///
    /// # Errors
    /// What the writer says.
    #[cfg(feature = "parquet")]
    pub fn bytes(&self) -> Result<Vec<u8>, String> {
        use polars::prelude::{Column as Series, DataFrame, NamedFrom as _, ParquetWriter, Series as Values};
        let columns: Vec<Series> = vec![
            Values::new("number".into(), &self.number).into(),
            Values::new("cell".into(), &self.cell).into(),
            Values::new("set".into(), &self.set).into(),
            Values::new("status".into(), &self.status).into(),
            Values::new("kind".into(), &self.kind).into(),
            Values::new("name".into(), &self.name).into(),
            Values::new("value".into(), &self.value).into(),
            Values::new("message".into(), &self.message).into(),
        ];
        let mut frame = DataFrame::new(self.number.len(), columns).map_err(|error| error.to_string())?;
        let mut bytes = vec![];
        let writer = ParquetWriter::new(&mut bytes).set_parallel(false);
        writer.finish(&mut frame).map_err(|error| error.to_string())?;
        Ok(bytes)
    }

    /// The bytes of the file.
    ///
    /// # Errors
    /// Always: this build has no Parquet.
    #[cfg(not(feature = "parquet"))]
    pub fn bytes(&self) -> Result<Vec<u8>, String> {
        available().map(|()| vec![])
    }
}

/// Whether this build can write and read parts.
///
/// # Errors
/// It cannot; with what to do.
pub fn available() -> Result<(), String> {
    #[cfg(feature = "parquet")]
    return Ok(());
    #[cfg(not(feature = "parquet"))]
    Err(crate::parquet::ABSENT.to_owned())
}

/// Calls with each row of a file, in order, once the file has been checked to hold at most so many.
///
/// # Errors
/// In words: what is wrong with the file.
#[cfg(feature = "parquet")]
pub fn read(bytes: &[u8], most_rows: usize, each: &mut dyn FnMut(Row<'_>)) -> Result<(), String> {
    use polars::prelude::{ParquetReader, SerReader as _};
    use std::io::Cursor;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    check(bytes, most_rows)?;
    let said = |error: polars::prelude::PolarsError| error.to_string();
    // the reader panics at some files that nobody has written by mistake
    let frame = catch_unwind(AssertUnwindSafe(|| ParquetReader::new(Cursor::new(bytes)).finish()));
    let frame = frame.map_err(|_| "the reader gave up on it".to_owned())?.map_err(said)?;
    let number = frame.column("number").and_then(|c| c.i64()).map_err(said)?;
    let text = |name: &str| frame.column(name).and_then(|column| column.str());
    let (status, kind) = (text("status").map_err(said)?, text("kind").map_err(said)?);
    let (name, message) = (text("name").map_err(said)?, text("message").map_err(said)?);
    let value = frame.column("value").and_then(|c| c.f64()).map_err(said)?;
    let texts = status.iter().zip(kind.iter()).zip(name.iter().zip(message.iter()));
    for ((number, value), ((status, kind), (name, message))) in number.iter().zip(value.iter()).zip(texts) {
        let (Some(number), Some(status), Some(kind), Some(name)) = (number, status, kind, name) else {
            return Err("a cell that must be filled is empty".to_owned());
        };
        each(Row { number, status, kind, name, value, message });
    }
    Ok(())
}

/// Calls with each row of a file.
///
/// # Errors
/// Always: this build has no Parquet.
#[cfg(not(feature = "parquet"))]
pub fn read(_: &[u8], _: usize, _: &mut dyn FnMut(Row<'_>)) -> Result<(), String> {
    available()
}

#[cfg(feature = "parquet")]
#[cfg(test)]
mod tests {
    use super::*;

    fn made() -> Vec<u8> {
        let mut rows = Rows::default();
        for number in 0..500_i64 {
            let value = (number % 7 != 0).then_some(number as f64 / 3.0);
            let row =
                Row { number, status: "solved", kind: "figure", name: "world.welfare", value, message: None };
            rows.push(0, "draw", row);
        }
        rows.bytes().expect("it encodes")
    }

    #[test]
    fn rows_come_back_as_they_were() {
        let bytes = made();
        let mut count = 0;
        read(&bytes, 500, &mut |row| {
            assert_eq!(row.number, count);
            assert_eq!(row.value, (count % 7 != 0).then_some(count as f64 / 3.0));
            assert_eq!((row.name, row.message), ("world.welfare", None));
            count += 1;
        })
        .expect("it reads");
        assert_eq!(count, 500);
        assert_eq!(bytes, made(), "the same rows give the same bytes");
    }

    #[test]
    fn more_rows_than_a_part_can_have_are_refused() {
        let error = read(&made(), 499, &mut |_| ()).expect_err("499 at most");
        assert!(error.contains("499"), "{error}");
    }

    #[test]
    fn a_file_with_any_byte_changed_is_refused_or_read_and_never_believed_to_be_larger() {
        let whole = made();
        // headers stand at the beginning of each column and in the foot; every byte of the first
        // kilobyte and of the last is changed in turn
        let places = (4..whole.len().min(1024)).chain(whole.len().saturating_sub(1024)..whole.len() - 8);
        let mut refused = 0;
        for place in places {
            for flip in [0x01, 0x80, 0xff] {
                let mut bytes = whole.clone();
                bytes[place] ^= flip;
                refused += usize::from(check(&bytes, 500).is_err());
            }
        }
        assert!(refused > 50, "{refused}");
        assert!(read(&whole[..whole.len() / 2], 500, &mut |_| ()).is_err());
        assert!(read(b"", 500, &mut |_| ()).is_err());
    }
}
