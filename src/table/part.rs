//! Rows of a batch as Parquet, one figure of one evaluation a row, and back.
//!
//! A file from disk is not believed: a header can claim pages and rows that are not there, and a
//! reader that trusts it asks for all memory. Sizes and counts of every page are added up before
//! anything is decoded.

use polars::prelude::{
    Column as Series, DataFrame, NamedFrom as _, ParquetReader, ParquetWriter, SerReader as _, Series as Values,
};
use std::io::Cursor;

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
    pub fn bytes(&self) -> Result<Vec<u8>, String> {
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
}

/// Calls with each row of a file, in order, once the file has been checked to hold at most so many.
///
/// # Errors
/// In words: what is wrong with the file.
pub fn read(bytes: &[u8], most_rows: usize, each: &mut dyn FnMut(Row<'_>)) -> Result<(), String> {
    check(bytes, most_rows)?;
    let said = |error: polars::prelude::PolarsError| error.to_string();
    let frame = ParquetReader::new(Cursor::new(bytes)).finish().map_err(said)?;
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

/// The largest page that one of our parts has, uncompressed.
const PAGE: u64 = 1 << 26;

/// Adds up pages and rows.
fn check(bytes: &[u8], most_rows: usize) -> Result<(), String> {
    let mut reader = ParquetReader::new(Cursor::new(bytes));
    let metadata = reader.get_metadata().map_err(|error| error.to_string())?.clone();
    let mut rows = 0_usize;
    for group in &metadata.row_groups {
        rows = rows.checked_add(group.num_rows()).filter(|rows| *rows <= most_rows).ok_or_else(|| {
            format!("it claims more than the {most_rows} rows that a part of this plan can have")
        })?;
        for column in group.parquet_columns() {
            let start = column.dictionary_page_offset().unwrap_or_else(|| column.data_page_offset());
            let start = usize::try_from(start).ok();
            let end = start.zip(usize::try_from(column.compressed_size()).ok());
            let end = end.and_then(|(start, size)| start.checked_add(size));
            let chunk = start.zip(end).and_then(|(start, end)| bytes.get(start..end));
            let chunk = chunk.ok_or("a column lies outside the file")?;
            let values = values_of(chunk)?;
            if values != group.num_rows() as u64 || u64::try_from(column.num_values()) != Ok(values) {
                return Err(format!("its pages hold {values} values where {} are claimed", group.num_rows()));
            }
        }
    }
    if rows != metadata.num_rows {
        return Err(format!("its groups hold {rows} rows where {} are claimed", metadata.num_rows));
    }
    Ok(())
}

/// The values that the data pages of a column chunk hold, by their headers.
fn values_of(chunk: &[u8]) -> Result<u64, String> {
    let mut at = 0;
    let mut values = 0_u64;
    while at < chunk.len() {
        let mut header = Header { bytes: chunk, at };
        let page = header.page().ok_or("a page header is damaged")?;
        if page.uncompressed > PAGE {
            return Err(format!("a page claims {} bytes", page.uncompressed));
        }
        let size = usize::try_from(page.compressed).map_err(|_| "a page is too large".to_owned())?;
        at = header.at.checked_add(size).filter(|end| *end <= chunk.len()).ok_or("a page is cut off")?;
        if page.dictionary {
            if page.values > page.uncompressed {
                return Err("a dictionary claims more words than bytes".to_owned());
            }
        } else {
            values = values.saturating_add(page.values);
        }
    }
    Ok(values)
}

/// What a page header says.
#[derive(Default)]
struct Page {
    dictionary: bool,
    uncompressed: u64,
    compressed: u64,
    values: u64,
}

/// A page header in the compact protocol of Thrift (the `PageHeader` of parquet.thrift).
struct Header<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// Structures within structures at most.
const DEEPEST: usize = 8;

impl Header<'_> {
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    /// A whole number that must not be negative.
    fn count(&mut self) -> Option<u64> {
        let zigzag = self.varint()?;
        (zigzag & 1 == 0).then_some(zigzag >> 1)
    }

    /// The next field of a structure: its number and type; `None` inside: the end.
    fn field(&mut self, last: &mut u64) -> Option<Option<(u64, u8)>> {
        let head = self.byte()?;
        if head == 0 {
            return Some(None);
        }
        let step = u64::from(head >> 4);
        *last = if step == 0 { self.count()? } else { last.checked_add(step)? };
        Some(Some((*last, head & 0x0f)))
    }

    fn page(&mut self) -> Option<Page> {
        let mut page = Page::default();
        let mut last = 0;
        while let Some((number, of)) = self.field(&mut last)? {
            match (number, of) {
                (1, 5) => page.dictionary = self.count()? == 2,
                (2, 5) => page.uncompressed = self.count()?,
                (3, 5) => page.compressed = self.count()?,
                (5 | 7 | 8, 12) => page.values = self.first_count()?,
                _ => self.skip(of, 0)?,
            }
        }
        Some(page)
    }

    /// The first field of a structure, a count; the rest is passed over.
    fn first_count(&mut self) -> Option<u64> {
        let (mut last, mut first) = (0, None);
        while let Some((number, of)) = self.field(&mut last)? {
            if (number, of) == (1, 5) {
                first = Some(self.count()?);
            } else {
                self.skip(of, 0)?;
            }
        }
        first
    }

    fn skip(&mut self, of: u8, depth: usize) -> Option<()> {
        if depth > DEEPEST {
            return None;
        }
        match of {
            1 | 2 => {}
            3 => self.at = self.at.checked_add(1)?,
            4..=6 => {
                self.varint()?;
            }
            7 => self.at = self.at.checked_add(8)?,
            8 => {
                let length = usize::try_from(self.varint()?).ok()?;
                self.at = self.at.checked_add(length)?;
            }
            9 | 10 => {
                let head = self.byte()?;
                let length = if head >> 4 == 15 { self.varint()? } else { u64::from(head >> 4) };
                for _ in 0..length {
                    self.skip(head & 0x0f, depth + 1)?;
                    self.bytes.get(self.at..)?;
                }
            }
            12 => {
                let mut last = 0;
                while let Some((_, of)) = self.field(&mut last)? {
                    self.skip(of, depth + 1)?;
                }
            }
            _ => return None,
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made() -> Vec<u8> {
        let mut rows = Rows::default();
        for number in 0..500_i64 {
            let value = (number % 7 != 0).then_some(number as f64 / 3.0);
            let row = Row { number, status: "solved", kind: "figure", name: "world.welfare", value, message: None };
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
