//! Large CSV files, piece by piece: cut at line ends, read in parallel, put together in order.
//!
//! Pieces are cut by bytes and never by threads, so that sums come out the same on any number of
//! threads. Memory holds a few pieces, whatever the size of the file.

use crate::import::faults::Faults;
use csv::ByteRecord;
use rayon::prelude::*;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use zollverein_model::problem::{Place, instead};

/// Bytes of a piece.
const PIECE: usize = 4 << 20;
/// Pieces that are in memory at a time.
const TOGETHER: usize = 8;
/// A line or a quoted field longer than this is none.
const LONGEST: usize = 64 << 20;

/// The header of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    file: String,
    names: Vec<String>,
}

impl Header {
    /// The position of the column that has one of some names (compared without case and signs), the
    /// earlier names first.
    #[must_use]
    pub fn find(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|name| self.names.iter().position(|known| plain(known) == plain(name)))
    }

    /// As [`Header::find`]; a column that is not there is a fault.
    pub fn need(&self, names: &[&str], faults: &mut Faults) -> Option<usize> {
        let found = self.find(names);
        if found.is_none() {
            let known = instead(names[0], self.names.iter().map(String::as_str));
            faults.add(
                Place::line(&self.file, 1),
                format!("column `{}` is missing", names.join("` or `")),
                format!("add it; {known}"),
            );
        }
        found
    }
}

/// A name without case, blanks and signs.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// One record of a file.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'a> {
    file: &'a str,
    /// The line it begins on.
    pub line: usize,
    record: &'a ByteRecord,
}

impl<'a> Fields<'a> {
    /// The text of a column without blanks around it; empty if there is none. What is no UTF-8
    /// reads as a sign that no name or number holds.
    #[must_use]
    pub fn text(&self, column: usize) -> &'a str {
        let bytes = self.record.get(column).unwrap_or_default().trim_ascii();
        std::str::from_utf8(bytes).unwrap_or("\u{fffd}")
    }

    /// The text of a column that may not be there.
    #[must_use]
    pub fn text_if_any(&self, column: Option<usize>) -> Option<&'a str> {
        column.map(|column| self.text(column)).filter(|text| !text.is_empty())
    }

    /// Where it stands.
    #[must_use]
    pub fn place(&self) -> Place {
        Place::line(self.file, self.line)
    }

    /// A finite number of 0 or more. Empty and `NA` are not known; anything else is a fault.
    pub fn amount(&self, column: usize, name: &str, faults: &mut Faults) -> Option<f64> {
        let text = self.text(column);
        let what = match text.parse::<f64>() {
            Ok(number) if number.is_finite() && number >= 0.0 => return Some(number),
            Ok(number) if number.is_finite() => "is negative",
            Ok(_) => "is not a finite number",
            Err(_) if matches!(text, "" | "NA" | "N/A" | "..") => return None,
            Err(_) => "is not a number",
        };
        faults.add(
            self.place(),
            format!("`{name}` is `{}`, which {what}", short(text)),
            "give a number of 0 or more with a decimal point and no thousands separators, or leave it empty",
        );
        None
    }
}

/// A text as it fits into a message.
pub fn short(text: &str) -> String {
    if text.chars().count() <= 40 { text.to_owned() } else { text.chars().take(40).chain(['…']).collect() }
}

/// What is wrong with the first bytes of a file, and what to do about it.
pub fn unreadable(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    let start = &bytes[..bytes.len().min(512)];
    let utf16 = start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]);
    if utf16 || start.contains(&0) {
        return Some((
            "the file is in UTF-16 or is no text",
            "save it as CSV in UTF-8 (in Excel: `CSV UTF-8 (comma delimited)`)",
        ));
    }
    if start.starts_with(b"PK\x03\x04") || start.starts_with(&[0x1f, 0x8b]) {
        return Some((
            "the file is packed (zip, xlsx or gzip)",
            "unpack it, or save the sheet as CSV in UTF-8",
        ));
    }
    None
}

/// A part of a file that begins and ends at line ends.
struct Piece {
    line: usize,
    bytes: Vec<u8>,
}

struct Pieces<R> {
    input: R,
    rest: Vec<u8>,
    line: usize,
    ended: bool,
}

/// How often a byte stands among others; counted in bytes first, which processors do many at a time.
fn count(bytes: &[u8], wanted: u8) -> usize {
    let of = |chunk: &[u8]| chunk.iter().fold(0_u8, |sum, byte| sum.wrapping_add(u8::from(*byte == wanted)));
    bytes.chunks(255).map(|chunk| usize::from(of(chunk))).sum()
}

/// The end of the last line that is not within quotes.
fn cut(bytes: &[u8]) -> Option<usize> {
    let mut open = count(bytes, b'"') % 2 == 1;
    for (position, byte) in bytes.iter().enumerate().rev() {
        match byte {
            b'\n' if !open => return Some(position + 1),
            b'"' => open = !open,
            _ => {}
        }
    }
    None
}

impl<R: Read> Pieces<R> {
    /// The next piece; none at the end.
    fn next(&mut self) -> Result<Option<Piece>, String> {
        let mut size = PIECE;
        loop {
            if !self.ended && self.rest.len() < size {
                let wanted = (size - self.rest.len()) as u64;
                let read = self.input.by_ref().take(wanted).read_to_end(&mut self.rest);
                let read = read.map_err(|error| format!("the file cannot be read: {error}"))?;
                self.ended = (read as u64) < wanted;
            }
            let end = if self.ended { Some(self.rest.len()) } else { cut(&self.rest) };
            if let Some(end) = end {
                let rest = self.rest.split_off(end);
                let bytes = std::mem::replace(&mut self.rest, rest);
                let line = self.line;
                self.line += count(&bytes, b'\n');
                return Ok((!bytes.is_empty()).then_some(Piece { line, bytes }));
            }
            if size >= LONGEST {
                return Err(format!(
                    "from line {} on there is no line end outside quotes in {} MB",
                    self.line,
                    LONGEST >> 20
                ));
            }
            size = (2 * size).min(LONGEST);
        }
    }
}

/// Reads a file: `open` finds the columns in its header, `piece` reads the records of a part (in
/// parallel), `put` takes the parts in the order of the file. Nothing is read where `open` finds
/// no columns.
pub fn scan<C: Sync, T: Send + Default>(
    path: &Path,
    faults: &mut Faults,
    open: impl FnOnce(&Header, &mut Faults) -> Option<C>,
    record: impl Fn(&C, Fields<'_>, &mut T, &mut Faults) + Sync,
    mut put: impl FnMut(T, &mut Faults),
) {
    let file = path.display().to_string();
    let input = match File::open(path) {
        Ok(input) => input,
        Err(error) => {
            let what = if error.kind() == std::io::ErrorKind::NotFound {
                "the file is missing".to_owned()
            } else {
                format!("the file cannot be read: {error}")
            };
            return faults.add(Place::file(&file), what, "check its name in the plan and its permissions");
        }
    };
    let mut pieces = Pieces { input, rest: vec![], line: 1, ended: false };
    let first = match pieces.next() {
        Ok(Some(first)) => first,
        Ok(None) => return faults.add(Place::file(&file), "the file is empty", "give it a header and rows"),
        Err(what) => {
            return faults.add(Place::file(&file), what, "close the quote, or save it as CSV in UTF-8");
        }
    };
    if let Some((what, remedy)) = unreadable(&first.bytes) {
        return faults.add(Place::file(&file), what, remedy);
    }
    let separator = separator(&first.bytes);
    let Some((columns, width, start)) = header(&file, &first.bytes, separator, faults, open) else { return };
    let lines = count(&first.bytes[..start], b'\n');
    let mut batch = vec![Piece { line: first.line + lines, bytes: first.bytes[start..].to_vec() }];
    loop {
        let mut failed = None;
        while batch.len() < TOGETHER && failed.is_none() {
            match pieces.next() {
                Ok(Some(piece)) => batch.push(piece),
                Ok(None) => break,
                Err(what) => failed = Some(what),
            }
        }
        let read: Vec<(T, Faults)> = batch
            .par_iter()
            .map(|piece| records(&file, width, separator, piece, |f, t, x| record(&columns, f, t, x)))
            .collect();
        for (part, more) in read {
            faults.append(more);
            put(part, faults);
        }
        if let Some(what) = failed {
            return faults.add(Place::file(&file), what, "close the quote, or save it as CSV in UTF-8");
        }
        if batch.len() < TOGETHER {
            return;
        }
        batch.clear();
    }
}

/// What stands between the fields of a file: a tab where its first line has tabs and no comma.
fn separator(bytes: &[u8]) -> u8 {
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    if line.contains(&b'\t') && !line.contains(&b',') { b'\t' } else { b',' }
}

/// A reader of records between separators.
fn reader(bytes: &[u8], separator: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator).from_reader(bytes)
}

/// The columns that `open` finds, how many there are, and where the rows begin.
fn header<C>(
    file: &str,
    bytes: &[u8],
    separator: u8,
    faults: &mut Faults,
    open: impl FnOnce(&Header, &mut Faults) -> Option<C>,
) -> Option<(C, usize, usize)> {
    let mark = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let mut reader = reader(&bytes[mark..], separator);
    let mut record = ByteRecord::new();
    if !matches!(reader.read_byte_record(&mut record), Ok(true)) {
        faults.add(Place::line(file, 1), "the header cannot be read", "save the file as CSV in UTF-8");
        return None;
    }
    let text = |field: &[u8]| String::from_utf8_lossy(field.trim_ascii()).into_owned();
    let names: Vec<String> = record.iter().map(text).collect();
    if names.len() == 1 && names[0].matches(';').count() > 1 {
        faults.add(
            Place::line(file, 1),
            "the fields are separated by semicolons",
            "save the file with commas or tabs between fields and a point before decimals",
        );
        return None;
    }
    let mut start = mark + usize::try_from(reader.position().byte()).unwrap_or(0);
    if bytes.get(start) == Some(&b'\n') {
        start += 1; // the reader stops between the two signs of a Windows line end
    }
    let width = names.len();
    let columns = open(&Header { file: file.to_owned(), names }, faults)?;
    Some((columns, width, start.min(bytes.len())))
}

/// The records of a piece.
fn records<T: Default>(
    file: &str,
    width: usize,
    separator: u8,
    piece: &Piece,
    mut take: impl FnMut(Fields<'_>, &mut T, &mut Faults),
) -> (T, Faults) {
    let (mut part, mut faults) = (T::default(), Faults::default());
    let mut reader = reader(&piece.bytes, separator);
    let mut record = ByteRecord::new();
    // reading bytes in memory as records of any length cannot fail
    while matches!(reader.read_byte_record(&mut record), Ok(true)) {
        let line = piece.line - 1 + record.position().map_or(1, |position| within(position, &piece.bytes));
        if record.len() == width {
            take(Fields { file, line, record: &record }, &mut part, &mut faults);
        } else {
            faults.add(
                Place::line(file, line),
                format!("{} fields where the header has {width}", record.len()),
                "give every row one field for each column; quote text that holds a comma",
            );
        }
    }
    (part, faults)
}

/// The line of a piece on which a record begins. Under Windows line ends the reader stands between
/// the two signs of the last one, still on the line before.
fn within(position: &csv::Position, bytes: &[u8]) -> usize {
    let count = |number: u64| usize::try_from(number).unwrap_or(1);
    let between = bytes.get(count(position.byte())) == Some(&b'\n');
    count(position.line()) + usize::from(between)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write as _;

    fn read(bytes: &[u8]) -> (Vec<(usize, String)>, Faults) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("t.csv");
        std::fs::write(&path, bytes).expect("a file");
        let (mut rows, mut faults) = (vec![], Faults::default());
        scan(
            &path,
            &mut faults,
            |header, faults| header.need(&["b"], faults),
            |column, fields, part: &mut Vec<_>, _| part.push((fields.line, fields.text(*column).to_owned())),
            |part, _| rows.extend(part),
        );
        (rows, faults)
    }

    #[test]
    fn marks_line_ends_and_quotes_are_understood() {
        let (rows, faults) = read(b"\xef\xbb\xbfa, B \r\n1,\"x, \"\"y\"\"\"\r\n\"2\n3\",z\r\n4,w");
        assert!(faults.is_empty());
        assert_eq!(rows, [(2, "x, \"y\"".to_owned()), (3, "z".to_owned()), (5, "w".to_owned())]);
    }

    #[test]
    fn pieces_are_cut_at_line_ends_outside_quotes() {
        assert_eq!(cut(b"a,b\nc,\"d\ne\"\nf"), Some(12));
        assert_eq!(cut(b"a,\"b\nc"), None);
        assert_eq!(cut(b"a,b\nc,\"d\ne"), Some(4));
    }

    #[test]
    fn a_file_of_many_pieces_reads_as_one() {
        let mut text = String::from("a,b\n");
        for row in 0..700_000 {
            let _ = write!(text, "{row},\"v{row}\n\"\n");
        }
        assert!(text.len() > 2 * PIECE);
        let (rows, faults) = read(text.as_bytes());
        assert!(faults.is_empty());
        assert_eq!(rows.len(), 700_000);
        assert_eq!(rows.last(), Some(&(2 * 700_000, "v699999".to_owned())));
    }

    #[test]
    fn what_is_no_csv_in_utf_8_is_refused_with_a_remedy() {
        for bytes in [&b"\xff\xfea\0,\0b\0"[..], b"PK\x03\x04xx", b"a;b;c;d\n1;2;3;4\n", b""] {
            let (rows, faults) = read(bytes);
            assert!(rows.is_empty() && !faults.is_empty(), "{bytes:?}");
        }
    }
}
