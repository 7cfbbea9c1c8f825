//! The files of a projected data folder: tables with the new figures in the
//! place of the old, every other table byte for byte, and a description that
//! says how it was made.

use crate::description::DESCRIPTION;
use crate::project::rules::Projection;
use crate::project::{Projected, project};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use zollverein_model::baseline::file;
use zollverein_model::baseline::read;
use zollverein_model::baseline::sheet::Sheet;
use zollverein_model::baseline::tables::Tables;
use zollverein_model::problem::{Place, Problems};

/// Figures are written with so many significant digits.
const DIGITS: usize = 10;

/// The files of a projected folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Files {
    /// Name and bytes of each table, in order of name.
    pub tables: Vec<(String, Vec<u8>)>,
    /// What people would write in `datapackage.json`; the tables are described from the files.
    pub description: String,
    /// What a reader must know, in words.
    pub notes: Vec<String>,
}

/// The files of a data folder projected to a year.
///
/// # Errors
/// Every fault of the folder, and every rule that cannot be met.
pub fn files(folder: &Path, projection: &Projection, year: i32) -> Result<Files, Problems> {
    let before = read::tables(folder)?;
    let projected = project(&before, projection, year)?;
    let mut problems = Problems::new();
    let mut texts = BTreeMap::new();
    for name in csv_files(folder, &mut problems) {
        let path = folder.join(&name);
        let bytes = match file::read(&path) {
            Ok(bytes) => bytes,
            Err(error) => {
                let what = format!("the file cannot be read: {error}");
                problems.add(Place::file(path.display().to_string()), what, "check its permissions");
                continue;
            }
        };
        let edits = match name.as_str() {
            "countries.csv" => countries(&before, &projected, year),
            "production.csv" => production(&before, &projected, year),
            "flows.csv" => flows(&before, &projected, year),
            _ => Edits::new(),
        };
        let bytes = if edits.is_empty() { bytes } else { edited(&name, &bytes, edits) };
        texts.insert(name, bytes);
    }
    // what was observed in one year holds no flows of another
    texts.remove("observations.csv");
    let description = description(folder, &before, projection, year);
    let notes = projected.notes;
    problems.into_result(Files { tables: texts.into_iter().collect(), description, notes })
}

fn csv_files(folder: &Path, problems: &mut Problems) -> Vec<String> {
    match std::fs::read_dir(folder) {
        Ok(entries) => entries
            .filter_map(Result::ok)
            .filter(|entry| entry.path().is_file())
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| Path::new(name).extension().is_some_and(|ending| ending == "csv"))
            .collect(),
        Err(error) => {
            let what = format!("the folder cannot be read: {error}");
            problems.add(Place::file(folder.display().to_string()), what, "check its permissions");
            vec![]
        }
    }
}

/// New text by line and column. The text of `source` goes before what stands there.
type Edits = BTreeMap<(usize, &'static str), String>;

fn edited(name: &str, bytes: &[u8], mut edits: Edits) -> Vec<u8> {
    let sheet = Sheet::parse(name, bytes, &mut Problems::new());
    for fields in sheet.rows() {
        if let Some(source) = edits.get_mut(&(fields.line, "source"))
            && let Some(before) = fields.text_if_any("source")
        {
            *source = format!("{source}; {before}");
        }
    }
    if !sheet.has("estimated") {
        edits.retain(|(_, column), _| *column != "estimated");
    }
    sheet.edited(&edits)
}

/// A figure as text, with [`DIGITS`] significant digits and no exponent.
fn text(value: f64) -> String {
    let rounded: f64 = format!("{value:.*e}", DIGITS - 1).parse().unwrap_or(value);
    rounded.to_string()
}

/// Notes the new text of a figure, unless it reads as before.
fn change(edits: &mut Edits, line: usize, column: &'static str, before: Option<f64>, after: Option<f64>) {
    let Some(after) = after.map(text) else { return };
    if before.map(text).as_ref() != Some(&after) {
        edits.insert((line, column), after);
    }
}

/// Says in a row's `source` what was done to it.
fn say(edits: &mut Edits, line: usize, year: i32, done: &[String]) {
    if !done.is_empty() {
        edits.insert((line, "source"), format!("projected to {year}: {}", done.join(", ")));
    }
}

fn countries(before: &Tables, projected: &Projected, year: i32) -> Edits {
    let mut edits = Edits::new();
    let rows = before.countries.rows.iter().zip(&projected.tables.countries.rows);
    for ((old, new), done) in rows.zip(&projected.countries) {
        let line = old.line;
        change(&mut edits, line, "gdp_usd", old.row.gdp_usd, new.row.gdp_usd);
        change(&mut edits, line, "population", old.row.population, new.row.population);
        change(&mut edits, line, "carbon_price_usd_per_tco2e", old.row.carbon_price, new.row.carbon_price);
        say(&mut edits, line, year, done);
    }
    edits
}

fn production(before: &Tables, projected: &Projected, year: i32) -> Edits {
    let mut edits = Edits::new();
    let rows = before.production.rows.iter().zip(&projected.tables.production.rows);
    for ((old, new), done) in rows.zip(&projected.production) {
        let (line, old, new) = (old.line, &old.row, &new.row);
        change(&mut edits, line, "output_kt", Some(old.output_kt), Some(new.output_kt));
        change(&mut edits, line, "capacity_kt", old.capacity_kt, new.capacity_kt);
        change(&mut edits, line, "price_usd_per_t", Some(old.price_usd_per_t), Some(new.price_usd_per_t));
        change(&mut edits, line, "intensity_tco2e_per_t", old.intensity, new.intensity);
        let direct = (old.direct_intensity, new.direct_intensity);
        change(&mut edits, line, "direct_intensity_tco2e_per_t", direct.0, direct.1);
        say(&mut edits, line, year, done);
        if !done.is_empty() {
            edits.insert((line, "estimated"), "True".to_owned());
        }
    }
    edits
}

fn flows(before: &Tables, projected: &Projected, year: i32) -> Edits {
    let mut edits = Edits::new();
    for (old, new) in before.flows.rows.iter().zip(&projected.tables.flows.rows) {
        if !projected.balanced.contains(&old.row.product) {
            continue;
        }
        change(&mut edits, old.line, "quantity_kt", Some(old.row.quantity_kt), Some(new.row.quantity_kt));
        edits.insert((old.line, "source"), format!("RAS to {year}"));
        edits.insert((old.line, "estimated"), "True".to_owned());
    }
    edits
}

/// The description of the folder it was made from, with a new year, title and name, and one source more.
fn description(folder: &Path, before: &Tables, projection: &Projection, year: i32) -> String {
    let mut package: Map<String, Value> = file::read_to_string(folder.join(DESCRIPTION))
        .ok()
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default();
    let own = folder.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let said =
        |key: &str| package.get(key).and_then(Value::as_str).map_or_else(|| own.clone(), str::to_owned);
    let (title, name) = (said("title"), said("name"));
    let stem = before.year.and_then(|year| name.strip_suffix(&format!("-{year}"))).unwrap_or(&name);
    let file = Path::new(&projection.file)
        .file_name()
        .map_or_else(|| projection.file.clone(), |name| name.to_string_lossy().into_owned());
    let (cited, assumed) = projection.founded();
    let how = format!(
        "Made by `zollverein data project` from \"{title}\" and {file} ({cited} cited and {assumed} assumed rows): not observed."
    );
    let described = match package.get("description").and_then(Value::as_str) {
        Some(text) => format!("{how} Of the data it was made from: {text}"),
        None => how,
    };
    let new_name = format!("{}-{year}", stem.to_lowercase());
    let new_title = format!("{title}, projected to {year}");
    for (key, value) in [("name", json!(new_name)), ("title", json!(new_title)), ("year", json!(year))] {
        package.insert(key.to_owned(), value);
    }
    package.insert("description".to_owned(), json!(described));
    package.shift_remove("resources");
    if let Some(entries) = package.get_mut("provenance").and_then(Value::as_array_mut) {
        entries.splice(0..0, projected_origins(&file, year));
    }
    let source =
        json!({ "title": format!("Projection {file}"), "hash": format!("sha256:{}", projection.sha256) });
    match package.get_mut("sources").and_then(Value::as_array_mut) {
        Some(sources) => sources.push(source),
        None => {
            package.insert("sources".to_owned(), json!([source]));
        }
    }
    let mut text = serde_json::to_string_pretty(&Value::Object(package)).unwrap_or_default();
    text.push('\n');
    text
}

/// The provenance of what a projection changes, before that of the folder it was made from.
fn projected_origins(file: &str, year: i32) -> Vec<Value> {
    let licence =
        "MIT or Apache-2.0 (the compilation); the figures of the year before keep the terms of their sources";
    let entry = |table: &str, columns: Option<&[&str]>, source: String, rule: String| {
        let mut entry = json!({ "table": table, "where": { "source": source } });
        if let Some(columns) = columns {
            entry["columns"] = json!(columns);
        }
        entry["licence"] = json!(licence);
        entry["rule"] = json!(rule);
        entry["confidence"] = json!("assumed");
        entry
    };
    let figures: [&str; 3] = ["gdp_usd", "population", "carbon_price_usd_per_tco2e"];
    let keys: [&str; 6] = ["exporter", "importer", "product", "quantity_kt", "source", "estimated"];
    let rows = format!("projected to {year}:*");
    let rule =
        format!("what the source names is projected to {year} by {file}; other figures of the row are kept");
    vec![
        entry("countries", Some(&figures), rows.clone(), rule.clone()),
        entry("production", None, rows, rule),
        entry(
            "flows",
            Some(&keys),
            format!("RAS to {year}*"),
            format!(
                "the earlier flows balanced (RAS) onto outputs and demands projected to {year} by {file}"
            ),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "figure,country,product,route,change,value,unit,source,status\n";

    fn toy() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/toy")
    }

    fn made(rows: &str) -> Files {
        let projection = Projection::parse("p.csv", format!("{HEAD}{rows}").as_bytes()).expect("it is sound");
        files(&toy(), &projection, 2030).unwrap_or_else(|problems| panic!("{problems}"))
    }

    fn table(files: &Files, name: &str) -> String {
        let found = files.tables.iter().find(|(file, _)| file == name);
        found.map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default()
    }

    #[test]
    fn tables_that_no_row_changes_are_the_same_bytes() {
        let files = made("");
        assert_eq!(files.tables.len(), 11);
        for (name, bytes) in &files.tables {
            assert!(std::fs::read(toy().join(name)).is_ok_and(|kept| kept == *bytes), "{name}");
        }
    }

    #[test]
    fn changed_rows_say_what_was_done_and_that_they_are_estimates() {
        let files = made("output,COR,steel,,level,1200,kt,Plan 7,cited\n");
        let production = table(&files, "production.csv");
        let row = production.lines().find(|line| line.starts_with("COR,steel")).unwrap_or_default();
        assert!(row.starts_with("COR,steel,electric,1200,1250,800,"), "{row}");
        assert!(
            row.contains("projected to 2030: output (Plan 7); invented") && row.ends_with("True"),
            "{row}"
        );
        let flows = table(&files, "flows.csv");
        let row = flows.lines().find(|line| line.starts_with("COR,COR,steel")).unwrap_or_default();
        assert!(row.contains("RAS to 2030; invented") && row.ends_with("True"), "{row}");
        assert!(flows.contains("\nCOR,COR,aluminium,150,0,invented,False\n"), "aluminium stays");
    }

    #[test]
    fn the_description_says_how_the_folder_was_made() {
        let files = made("gdp,*,,,factor,2,1,mine,assumed\n");
        let package: Value = serde_json::from_str(&files.description).expect("JSON");
        assert_eq!(package["year"], json!(2030));
        let text = package["description"].as_str().unwrap_or_default();
        assert!(text.contains("0 cited and 1 assumed rows"), "{text}");
        assert!(package["sources"].as_array().is_some_and(|sources| sources.len() > 1));
    }

    #[test]
    fn figures_have_ten_digits_and_no_exponent() {
        assert_eq!(text(1_234.567_890_123_4), "1234.56789");
        assert_eq!(text(0.000_000_012_345_678_9), "0.0000000123456789");
        assert_eq!(text(85_000_000_000_000.0), "85000000000000");
    }
}
