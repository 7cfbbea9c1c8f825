//! Where a figure of a data folder comes from: source, licence, rule and confidence of every cell.
//!
//! A row names its source; what was done with it, under which terms it may be used and how far it
//! can be trusted is said once, in the list `provenance` of `datapackage.json`. Its entries are
//! tried in order, and the first that fits the table, the column and the row speaks for the cell.

use crate::description::DESCRIPTION;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use zollverein_model::baseline::columns::{TABLES, TableColumns};
use zollverein_model::baseline::confidence::CONFIDENCE;
use zollverein_model::baseline::file;
use zollverein_model::baseline::read;
use zollverein_model::baseline::sheet::{Fields, Sheet};
use zollverein_model::problem::{Place, Problems, instead};

/// An entry of `provenance` in `datapackage.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The table without `.csv`, or `*` for all.
    pub table: String,
    /// The columns it speaks for; left out: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<String>>,
    /// What the row must hold, by column; `*` at either end stands for any text.
    #[serde(default, rename = "where", skip_serializing_if = "BTreeMap::is_empty")]
    pub holds: BTreeMap<String, String>,
    /// The source; left out: the row's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The terms under which the figure may be used.
    pub licence: String,
    /// How the figure was made from its source.
    pub rule: String,
    /// One of [`CONFIDENCE`]; left out: the row's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<String>,
}

impl Entry {
    fn fits(&self, table: &str, column: &str, row: &Fields<'_>) -> bool {
        (self.table == "*" || self.table == table)
            && self.columns.as_ref().is_none_or(|columns| columns.iter().any(|name| name == column))
            && self
                .holds
                .iter()
                .all(|(column, pattern)| is_like(&row.text_if_any(column).unwrap_or_default(), pattern))
    }
}

/// Whether a text is what a pattern says; `*` first or last stands for any text.
fn is_like(text: &str, pattern: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        _ if pattern == "*" => true,
        (Some(_), Some(_)) => text.contains(pattern.trim_matches('*')),
        (Some(end), None) => text.ends_with(end),
        (None, Some(start)) => text.starts_with(start),
        (None, None) => text == pattern,
    }
}

/// A cell of a table, and all that is known of where it comes from; `None`: not said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cell {
    /// The table without `.csv`.
    pub table: String,
    /// Line of the file, counted from 1.
    pub line: usize,
    /// What names the row, by column.
    pub row: BTreeMap<&'static str, String>,
    /// The column.
    pub column: String,
    /// What the column says.
    pub meaning: &'static str,
    /// The text of the cell; empty where it is not known.
    pub value: String,
    /// The unit of a number.
    pub unit: Option<&'static str>,
    /// Whether the row is marked an estimate, where the table says.
    pub estimated: Option<bool>,
    /// Where it comes from.
    pub source: Option<String>,
    /// The terms under which it may be used.
    pub licence: Option<String>,
    /// How it was made from its source.
    pub rule: Option<String>,
    /// How far it can be trusted, one of [`CONFIDENCE`].
    pub confidence: Option<String>,
}

impl Cell {
    /// Whether source, licence, rule and confidence are all said.
    #[must_use]
    pub fn is_explained(&self) -> bool {
        [&self.source, &self.licence, &self.rule, &self.confidence]
            .iter()
            .all(|said| said.as_ref().is_some_and(|text| !text.is_empty()))
    }
}

/// The entries of a folder's `provenance`; none where it has no description or no such list.
///
/// # Errors
/// Entries that cannot be read, with what is wrong in them.
pub fn entries(folder: &Path) -> Result<Vec<Entry>, Problems> {
    let path = folder.join(DESCRIPTION);
    let place = path.display().to_string();
    let mut problems = Problems::new();
    let Ok(text) = file::read_to_string(&path) else { return Ok(vec![]) };
    let package: serde_json::Value = match serde_json::from_str(&text) {
        Ok(package) => package,
        Err(error) => {
            problems.add(
                Place::line(place, error.line()),
                format!("the data package description is not JSON: {error}"),
                "mend it or remove it",
            );
            return problems.into_result(vec![]);
        }
    };
    let mut entries = vec![];
    for (position, value) in package["provenance"].as_array().into_iter().flatten().enumerate() {
        match Entry::deserialize(value) {
            Ok(entry) => {
                let known = |word: &String| CONFIDENCE.iter().any(|(name, _)| name == word);
                if let Some(word) = entry.confidence.as_ref().filter(|word| !known(word)) {
                    problems.add(
                        Place::file(&place),
                        format!("`provenance[{position}]` has the confidence `{word}`"),
                        instead(word, CONFIDENCE.iter().map(|(name, _)| *name)),
                    );
                }
                entries.push(entry);
            }
            Err(error) => problems.add(
                Place::file(&place),
                format!("`provenance[{position}]` cannot be read: {error}"),
                "give it table, licence and rule, and if need be columns, where, source and confidence",
            ),
        }
    }
    problems.into_result(entries)
}

/// Every cell of a table of a folder. A table that the folder does not have has none.
///
/// # Errors
/// The table or the description cannot be read.
pub fn cells(folder: &Path, table: &TableColumns, entries: &[Entry]) -> Result<Vec<Cell>, Problems> {
    let path = folder.join(table.file);
    if !path.exists() {
        return Ok(vec![]);
    }
    let mut problems = Problems::new();
    let sheet = sheet(&path, &mut problems);
    let cells = sheet.rows().flat_map(|row| of_row(table, &sheet, &row, entries)).collect();
    problems.into_result(cells)
}

fn sheet(path: &Path, problems: &mut Problems) -> Sheet {
    let place = path.display().to_string();
    let bytes = file::read(path).unwrap_or_else(|error| {
        let what = format!("the file cannot be read: {error}");
        problems.add(Place::file(&place), what, "check its name and permissions");
        vec![]
    });
    Sheet::parse(&place, &bytes, problems)
}

/// The cells of one row.
fn of_row(table: &TableColumns, sheet: &Sheet, row: &Fields<'_>, entries: &[Entry]) -> Vec<Cell> {
    let name = table.file.trim_end_matches(".csv");
    let text = |column: &str| row.text_if_any(column);
    let key: BTreeMap<&'static str, String> =
        table.key.iter().map(|column| (*column, text(column).unwrap_or_default())).collect();
    let estimated = text("estimated").map(|said| said.eq_ignore_ascii_case("true"));
    sheet
        .columns()
        .map(|column| {
            let entry = entries.iter().find(|entry| entry.fits(name, column, row));
            let known = table.columns.iter().find(|known| known.name == column);
            Cell {
                table: name.to_owned(),
                line: row.line,
                row: key.clone(),
                column: column.to_owned(),
                meaning: known.map_or("A column of the user's own.", |known| known.meaning),
                value: text(column).unwrap_or_default(),
                unit: known.and_then(|known| known.unit),
                estimated,
                source: entry.and_then(|entry| entry.source.clone()).or_else(|| text("source")),
                licence: entry.map(|entry| entry.licence.clone()),
                rule: entry.map(|entry| entry.rule.clone()),
                confidence: entry.and_then(|entry| entry.confidence.clone()).or_else(|| text("confidence")),
            }
        })
        .collect()
}

/// The cells of the row of a table that a key names: its values in the order of the table's key
/// columns (`flows CHN VNM steel`). Where there is no row of a country's own and one for all (`*`),
/// that one speaks.
///
/// # Errors
/// A table or row that is not there, with the nearest that is.
pub fn explain(folder: &Path, table: &str, key: &[String]) -> Result<Vec<Cell>, Problems> {
    let mut problems = Problems::new();
    let place = || Place::file(folder.display().to_string());
    if !folder.is_dir() {
        problems.add(
            place(),
            "there is no such data folder",
            format!("name a folder that holds {}", read::REQUIRED.join(", ")),
        );
        return problems.into_result(vec![]);
    }
    let names = || TABLES.iter().map(|known| known.file.trim_end_matches(".csv"));
    let Some(found) = TABLES.iter().find(|known| known.file.trim_end_matches(".csv") == table) else {
        let remedy = instead(table, names());
        problems.add(place(), format!("there is no table `{table}`"), remedy);
        return problems.into_result(vec![]);
    };
    let path = folder.join(found.file);
    if !path.exists() {
        let there: Vec<&str> = names().filter(|name| folder.join(format!("{name}.csv")).exists()).collect();
        problems.add(
            place(),
            format!("the folder has no {}", found.file),
            format!("it has {}", there.join(", ")),
        );
        return problems.into_result(vec![]);
    }
    if key.len() != found.key.len() {
        let asked = format!("rows of {table} are named by {}", found.key.join(", "));
        problems.add(
            Place::file(path.display().to_string()),
            format!("{} names are given", key.len()),
            format!("{asked}: give {} in this order", found.key.len()),
        );
        return problems.into_result(vec![]);
    }
    let entries = entries(folder)?;
    let sheet = sheet(&path, &mut problems);
    let holds = |row: &Fields<'_>, key: &[String]| {
        found.key.iter().zip(key).all(|(column, name)| row.text_if_any(column).as_deref() == Some(name))
    };
    let for_all: Vec<String> = found
        .key
        .iter()
        .zip(key)
        .map(|(column, name)| match *column {
            "country" | "exporter" if table != "flows" => "*".to_owned(),
            _ => name.clone(),
        })
        .collect();
    let row =
        sheet.rows().find(|row| holds(row, key)).or_else(|| sheet.rows().find(|row| holds(row, &for_all)));
    let Some(row) = row else {
        not_there(&sheet, found, key, &mut problems);
        return problems.into_result(vec![]);
    };
    let cells = of_row(found, &sheet, &row, &entries);
    problems.into_result(cells)
}

/// Says which part of a key no row has.
fn not_there(sheet: &Sheet, table: &TableColumns, key: &[String], problems: &mut Problems) {
    let place = Place::file(sheet.file());
    for (column, name) in table.key.iter().zip(key) {
        let known: BTreeSet<String> = sheet.rows().filter_map(|row| row.text_if_any(column)).collect();
        if !known.contains(name) {
            let remedy = instead(name, known.iter().map(String::as_str));
            problems.add(place.clone(), format!("no row has the {column} `{name}`"), remedy);
        }
    }
    if problems.is_empty() {
        let what = format!("there is no row for {}", key.join(" "));
        let remedy = match table.file {
            "flows.csv" => "no row means that the data hold no such shipment: it counts as none",
            _ => "no row means that the figure is not known",
        };
        problems.add(place, what, remedy);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_may_be_open_at_either_end() {
        assert!(is_like("RAS: gravity seed", "RAS*") && is_like("x", "*") && is_like("a", "a"));
        assert!(is_like("made by RAS", "*RAS") && is_like("a RAS b", "*RAS*"));
        assert!(!is_like("RAS", "ras") && !is_like("a RAS", "RAS*") && !is_like("", "a"));
    }

    #[test]
    fn the_first_entry_that_fits_speaks_and_the_row_fills_what_it_leaves_out() {
        let sheet = Sheet::parse(
            "flows.csv",
            b"exporter,importer,product,quantity_kt,source,confidence\nA,B,steel,1,me,cited\n",
            &mut Problems::new(),
        );
        let entry = |columns: Option<&str>, rule: &str| Entry {
            table: "flows".to_owned(),
            columns: columns.map(|name| vec![name.to_owned()]),
            holds: BTreeMap::from([("source".to_owned(), "m*".to_owned())]),
            source: None,
            licence: "free".to_owned(),
            rule: rule.to_owned(),
            confidence: None,
        };
        let entries = [entry(Some("quantity_kt"), "weighed"), entry(None, "copied")];
        let row = sheet.rows().next().expect("a row");
        let table = TABLES.iter().find(|table| table.file == "flows.csv").expect("flows");
        let cells = of_row(table, &sheet, &row, &entries);
        let rule =
            |column: &str| cells.iter().find(|cell| cell.column == column).and_then(|cell| cell.rule.clone());
        assert_eq!(rule("quantity_kt").as_deref(), Some("weighed"));
        assert_eq!(rule("importer").as_deref(), Some("copied"));
        assert!(cells.iter().all(Cell::is_explained));
        assert_eq!(cells[0].confidence.as_deref(), Some("cited"));
    }
}
