//! A CSV file as named columns, every fault noted with its line.

use crate::problem::{Place, Problems, instead};
use csv::StringRecord;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

/// Columns of free text: nothing is looked up by them.
const FREE_TEXT: [&str; 4] = ["source", "note", "kind", "confidence"];

/// Text that a spreadsheet takes as text and never as a formula; numbers are left alone.
#[must_use]
pub fn inert(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']) && text.parse::<f64>().is_err();
    if formula { format!("'{text}") } else { text.to_owned() }
}

/// A CSV file in memory.
#[derive(Debug)]
pub struct Sheet {
    file: String,
    columns: Vec<String>,
    rows: Vec<(usize, StringRecord)>,
    flags: Vec<String>,
    asked: RefCell<BTreeSet<String>>,
}

impl Sheet {
    /// The sheet in some bytes of UTF-8; faults go to `problems`, and rows
    /// that have one are left out.
    #[must_use]
    pub fn parse(file: &str, bytes: &[u8], problems: &mut Problems) -> Self {
        let mut sheet = Self {
            file: file.to_owned(),
            columns: vec![],
            rows: vec![],
            flags: vec![],
            asked: RefCell::default(),
        };
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
            let line = bytes[..at].split(|byte| *byte == b'\n').count();
            problems.add(
                Place::line(file, line),
                "there is a byte of zero, which no text has: the file may be UTF-16, or damaged",
                "save the file as CSV in UTF-8",
            );
            return sheet;
        }
        let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(bytes);
        match reader.headers() {
            Ok(headers) => sheet.columns = headers.iter().map(str::to_owned).collect(),
            Err(error) => {
                problems.add(
                    Place::line(file, 1),
                    format!("the header cannot be read: {error}"),
                    "save the file as CSV in UTF-8, with the column names in the first line",
                );
                return sheet;
            }
        }
        let mut seen = BTreeSet::new();
        for column in &sheet.columns {
            if !seen.insert(column) {
                problems.add(
                    Place::line(file, 1),
                    format!("column `{column}` stands twice"),
                    "keep one of them",
                );
            }
        }
        for record in reader.records() {
            match record {
                Ok(record) => {
                    let line = record
                        .position()
                        .map_or(0, |position| usize::try_from(position.line()).unwrap_or(usize::MAX));
                    if record.len() == sheet.columns.len() {
                        sheet.rows.push((line, record));
                    } else {
                        problems.add(
                            Place::line(file, line),
                            format!("{} fields where the header has {}", record.len(), sheet.columns.len()),
                            "give every row one field for each column; quote text that holds a comma",
                        );
                    }
                }
                Err(error) => {
                    let line = error
                        .position()
                        .map_or(1, |position| usize::try_from(position.line()).unwrap_or(usize::MAX));
                    problems.add(
                        Place::line(file, line),
                        format!("the row cannot be read: {error}"),
                        "save the file as CSV in UTF-8",
                    );
                }
            }
        }
        sheet.flags = sheet.flag_columns();
        sheet
    }

    /// The file's name.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The columns, in the order of the file.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(String::as_str)
    }

    /// Whether there is a column of that name.
    #[must_use]
    pub fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|c| c == column)
    }

    /// Reports columns that must be there and are not.
    pub fn require(&self, columns: &[&str], problems: &mut Problems) {
        for column in columns {
            if !self.has(column) {
                problems.add(
                    Place::line(&self.file, 1),
                    format!("column `{column}` is missing"),
                    format!("add it; {}", instead(column, self.columns.iter().map(String::as_str))),
                );
            }
        }
    }

    /// The rows, to be asked for their fields.
    pub fn rows(&self) -> impl Iterator<Item = Fields<'_>> {
        self.rows.iter().map(move |(line, record)| Fields { sheet: self, line: *line, record })
    }

    /// Columns whose every field is True or False.
    fn flag_columns(&self) -> Vec<String> {
        let flags = |position: usize| {
            !self.rows.is_empty()
                && self.rows.iter().all(|(_, record)| truth(record.get(position).unwrap_or("")).is_some())
        };
        self.columns
            .iter()
            .enumerate()
            .filter(|(position, _)| flags(*position))
            .map(|(_, column)| column.clone())
            .collect()
    }

    /// Columns that nothing has asked for.
    #[must_use]
    pub fn unused(&self) -> Vec<&str> {
        let asked = self.asked.borrow();
        self.columns.iter().map(String::as_str).filter(|column| !asked.contains(*column)).collect()
    }

    /// The sheet as CSV with other text in some fields, named by line and column. A column that is
    /// not there yet comes last. Remarks that a spreadsheet would take for a formula are made inert.
    #[must_use]
    pub fn edited(&self, edits: &BTreeMap<(usize, &str), String>) -> Vec<u8> {
        let mut columns: Vec<&str> = self.columns().collect();
        for (_, column) in edits.keys() {
            if !columns.contains(column) {
                columns.push(column);
            }
        }
        let mut writer = csv::Writer::from_writer(vec![]);
        // nothing can go wrong in writing to memory rows that are all as long as the header
        let _ = writer.write_record(&columns);
        for (line, record) in &self.rows {
            let field = |(position, column): (usize, &&str)| match edits.get(&(*line, *column)) {
                Some(text) => text.clone(),
                None if FREE_TEXT.contains(column) => inert(record.get(position).unwrap_or("")),
                None => record.get(position).unwrap_or("").to_owned(),
            };
            let _ = writer.write_record(columns.iter().enumerate().map(field).collect::<Vec<String>>());
        }
        writer.into_inner().unwrap_or_default()
    }

    fn field<'a>(&self, record: &'a StringRecord, column: &str) -> Option<&'a str> {
        if !self.asked.borrow().contains(column) {
            self.asked.borrow_mut().insert(column.to_owned());
        }
        let position = self.columns.iter().position(|c| c == column)?;
        record.get(position)
    }
}

/// What is wrong with a number as an amount, which is finite and not negative, and the remedy.
pub(super) fn fault_of_amount(number: f64) -> Option<(&'static str, &'static str)> {
    if !number.is_finite() {
        Some(("is not a finite number", "give a finite number, or leave the field empty if unknown"))
    } else if number < 0.0 {
        Some(("is negative", "give a number of 0 or more"))
    } else {
        None
    }
}

/// A field that says yes or no.
fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" => Some(true),
        "false" | "no" => Some(false),
        _ => None,
    }
}

/// One row of a sheet.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'a> {
    sheet: &'a Sheet,
    /// The line it stands on.
    pub line: usize,
    record: &'a StringRecord,
}

impl<'a> Fields<'a> {
    /// A text that must be there; an empty one is a problem.
    pub fn text(&self, column: &str, problems: &mut Problems) -> String {
        match self.sheet.field(self.record, column) {
            Some(text) if !text.is_empty() => text.to_owned(),
            Some(_) => {
                problems.add(self.place(), format!("`{column}` is empty"), "fill it in or remove the row");
                String::new()
            }
            None => String::new(), // a missing column is reported once, by `require`
        }
    }

    /// A text that may be absent.
    #[must_use]
    pub fn text_if_any(&self, column: &str) -> Option<String> {
        self.sheet.field(self.record, column).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// A finite number, not negative, that must be there.
    pub fn amount(&self, column: &str, problems: &mut Problems) -> f64 {
        match self.sheet.field(self.record, column) {
            Some("") => {
                problems.add(self.place(), format!("`{column}` is empty"), "give a number of 0 or more");
                0.0
            }
            Some(text) => self.parsed(column, text, problems).unwrap_or(0.0),
            None => 0.0,
        }
    }

    /// A finite number, not negative, that may be absent.
    pub fn amount_if_any(&self, column: &str, problems: &mut Problems) -> Option<f64> {
        let text: &'a str = self.sheet.field(self.record, column).filter(|text| !text.is_empty())?;
        self.parsed(column, text, problems)
    }

    /// A finite number of any sign that must be there; `None` where it is faulty.
    pub fn number(&self, column: &str, problems: &mut Problems) -> Option<f64> {
        let text = self.sheet.field(self.record, column)?;
        let number = f64::from_str(text).ok().filter(|number| number.is_finite());
        if number.is_none() {
            let what = if text.is_empty() {
                format!("`{column}` is empty")
            } else {
                format!("`{column}` is `{text}`, which is not a number")
            };
            let remedy = "write a number with a decimal point and without thousands separators";
            problems.add(self.place(), what, remedy);
        }
        number
    }

    /// True or false, if said.
    pub fn flag_if_any(&self, column: &str, problems: &mut Problems) -> Option<bool> {
        let text = self.sheet.field(self.record, column).filter(|text| !text.is_empty())?;
        let value = truth(text);
        if value.is_none() {
            problems.add(
                self.place(),
                format!("`{column}` is `{text}`, neither True nor False"),
                "write True or False",
            );
        }
        value
    }

    fn parsed(&self, column: &str, text: &str, problems: &mut Problems) -> Option<f64> {
        let fault = match f64::from_str(text) {
            Ok(number) => match fault_of_amount(number) {
                None => return Some(number),
                Some(fault) => fault,
            },
            Err(_) => ("is not a number", "write it with a decimal point and without thousands separators"),
        };
        let (what, remedy) = fault;
        problems.add(self.place(), format!("`{column}` is `{text}`, which {what}"), remedy);
        None
    }

    /// The columns of true and false, with this row's value in each.
    #[must_use]
    pub fn flags(&self) -> Vec<(String, bool)> {
        let value = |column: &String| self.sheet.field(self.record, column).and_then(truth).unwrap_or(false);
        self.sheet.flags.iter().map(|column| (column.clone(), value(column))).collect()
    }

    /// Where the row stands.
    #[must_use]
    pub fn place(&self) -> Place {
        Place::line(&self.sheet.file, self.line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_named_with_their_line() {
        let mut problems = Problems::new();
        let sheet = Sheet::parse("t.csv", b"a,b\n1,x\n-2,3\nNaN,4\n5\n", &mut problems);
        for row in sheet.rows() {
            row.amount("a", &mut problems);
            row.amount("b", &mut problems);
        }
        let shown: Vec<String> = problems.as_slice().iter().map(ToString::to_string).collect();
        assert_eq!(shown.len(), 4, "{shown:?}");
        assert!(shown[0].starts_with("t.csv:5: 1 fields where the header has 2"));
        assert!(shown[1].contains("t.csv:2") && shown[1].contains("`x`"));
        assert!(shown[2].contains("negative") && shown[3].contains("finite"));
    }

    #[test]
    fn edits_change_their_fields_and_leave_the_rest() {
        let sheet = Sheet::parse("t.csv", b"a,b\n1,\"x, y\"\n2,z\n", &mut Problems::new());
        let edits = BTreeMap::from([((3, "a"), "9".to_owned()), ((2, "source"), "me".to_owned())]);
        let text = String::from_utf8(sheet.edited(&edits)).unwrap_or_default();
        assert_eq!(text, "a,b,source\n1,\"x, y\",me\n9,z,\n");
    }

    #[test]
    fn flag_columns_are_recognised() {
        let mut problems = Problems::new();
        let sheet = Sheet::parse("t.csv", b"name,ldc\nA,True\nB,False\n", &mut problems);
        let first = sheet.rows().next().map(|row| row.flags());
        assert_eq!(first, Some(vec![("ldc".to_owned(), true)]));
    }
}
