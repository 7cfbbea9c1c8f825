//! Data folders as data packages: what lies in them, whether the files are
//! those described, and whether the figures are plausible.
//!
//! The description, `datapackage.json`, follows the Frictionless standard.
//! People write its title, year, sources and licences; [`describe`] fills in
//! the tables, their columns, digests and sizes.

use crate::description::{DESCRIPTION, Finding};
use crate::plausible;
use crate::provenance;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::path::Path;
use zollverein_model::baseline::columns::{Kind, TABLES};
use zollverein_model::baseline::file;
use zollverein_model::baseline::read::{self, sha256};
use zollverein_model::baseline::sheet::Sheet;
use zollverein_model::problem::{Place, Problems};

/// A data folder in a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// The folder.
    pub folder: String,
    /// Its title, or the folder's name where it has none.
    pub title: String,
    /// The year of the figures, if said.
    pub year: Option<i32>,
    /// How many tables it has.
    pub tables: usize,
    /// Rows of all tables together, headers left out.
    pub rows: usize,
    /// Bytes of all tables together.
    pub bytes: u64,
}

/// The data folders in a folder, in order of name; the folder itself if it is one.
///
/// # Errors
/// The folder cannot be read, or holds no data folder.
pub fn list(folder: &Path) -> Result<Vec<Summary>, Problems> {
    let mut problems = Problems::new();
    let place = || Place::file(folder.display().to_string());
    let mut found = vec![];
    match std::fs::read_dir(folder) {
        Ok(entries) => {
            let mut folders: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
            folders.sort();
            folders.insert(0, folder.to_owned());
            found.extend(folders.iter().filter(|path| is_data(path)).map(|path| summary(path)));
        }
        Err(error) => problems.add(
            place(),
            format!("the folder cannot be read: {error}"),
            "name a folder that holds data folders",
        ),
    }
    if found.is_empty() && problems.is_empty() {
        problems.add(
            place(),
            "there is no data folder in it",
            format!("a data folder holds {}", read::REQUIRED.join(", ")),
        );
    }
    problems.into_result(found)
}

fn is_data(folder: &Path) -> bool {
    read::REQUIRED.iter().any(|file| folder.join(file).is_file())
}

fn summary(folder: &Path) -> Summary {
    let name = folder.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let package = file::read_to_string(folder.join(DESCRIPTION))
        .ok()
        .and_then(|text| serde_json::from_str::<Value>(&text).ok())
        .unwrap_or_default();
    let mut summary = Summary {
        folder: folder.display().to_string(),
        title: package["title"].as_str().map_or(name, str::to_owned),
        year: package["year"].as_i64().and_then(|year| i32::try_from(year).ok()),
        tables: 0,
        rows: 0,
        bytes: 0,
    };
    for table in &TABLES {
        if let Ok(bytes) = file::read(folder.join(table.file)) {
            summary.tables += 1;
            summary.rows += Sheet::parse(table.file, &bytes, &mut Problems::new()).rows().count();
            summary.bytes += bytes.len() as u64;
        }
    }
    summary
}

/// Checks a data folder against its description and as a baseline, and returns
/// the figures by which to judge how plausible it is.
///
/// A folder without a description is still read and judged; a finding says so.
///
/// # Errors
/// Files that differ from their description, values that do not fit their
/// column, missing licences or sources, and every problem of the baseline.
pub fn verify(folder: &Path) -> Result<Vec<Finding>, Problems> {
    let mut problems = Problems::new();
    let mut findings = vec![];
    let path = folder.join(DESCRIPTION);
    let place = path.display().to_string();
    match file::read_to_string(&path) {
        // text that is no JSON is reported, with its line, by `read::folder` below
        Ok(text) => {
            if let Ok(package) = serde_json::from_str::<Value>(&text) {
                against_description(folder, &place, &package, &mut problems);
            }
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && folder.is_dir() => {
            findings.push(Finding {
                product: None,
                what: "description".to_owned(),
                value: None,
                unit: "",
                remark: Some(format!(
                    "{DESCRIPTION} is absent: digests, sources and licences cannot be checked"
                )),
            });
        }
        Err(_) => {}
    }
    match origins(folder) {
        Ok(finding) => findings.extend(finding),
        Err(more) => problems.append(more),
    }
    match read::folder(folder) {
        Ok(baseline) => findings.extend(plausible::findings(&baseline)),
        Err(more) => problems.append(more),
    }
    problems.into_result(findings)
}

/// How many cells do not say where they come from.
fn origins(folder: &Path) -> Result<Option<Finding>, Problems> {
    let entries = provenance::entries(folder)?;
    let (mut cells, mut without) = (0_usize, 0_usize);
    for table in &TABLES {
        // what is wrong with a table is reported by `read::folder`
        for cell in provenance::cells(folder, table, &entries).unwrap_or_default() {
            cells += 1;
            without += usize::from(!cell.is_explained());
        }
    }
    let remark = match without {
        0 => None,
        _ if entries.is_empty() => Some(format!("{DESCRIPTION} has no list `provenance`")),
        _ => Some("`zollverein data explain` says which".to_owned()),
    };
    Ok((cells > 0).then(|| Finding {
        product: None,
        what: "cells whose origin is not said".to_owned(),
        value: Some(without as f64),
        unit: "cells",
        remark,
    }))
}

fn against_description(folder: &Path, place: &str, package: &Value, problems: &mut Problems) {
    for (key, parts) in [("licenses", ["name", "path"]), ("sources", ["title", "path"])] {
        let entries = package[key].as_array().map_or(&[][..], Vec::as_slice);
        if entries.is_empty() {
            problems.add(
                Place::file(place),
                format!("`{key}` is missing or empty"),
                format!("list them, each with {}", parts.join(" or ")),
            );
        }
        for (position, entry) in entries.iter().enumerate() {
            let named = |part: &&str| entry[*part].as_str().is_some_and(|text| !text.is_empty());
            if !parts.iter().any(named) {
                problems.add(
                    Place::file(place),
                    format!("`{key}[{position}]` has neither {}", parts.join(" nor ")),
                    "say which it is",
                );
            }
        }
    }
    let resources = package["resources"].as_array().map_or(&[][..], Vec::as_slice);
    for table in &TABLES {
        let described = resources.iter().find(|resource| resource["path"] == table.file);
        match (described, file::read(folder.join(table.file))) {
            (Some(resource), Ok(bytes)) => against_resource(folder, table.file, resource, &bytes, problems),
            (Some(_), Err(_)) => problems.add(
                Place::file(folder.join(table.file).display().to_string()),
                format!("{DESCRIPTION} describes the file and it cannot be read"),
                "put it back, or describe the folder anew",
            ),
            (None, Ok(_)) => problems.add(
                Place::file(place),
                format!("{} is not described", table.file),
                "describe the folder anew",
            ),
            (None, Err(_)) => {}
        }
    }
}

fn against_resource(folder: &Path, file: &str, resource: &Value, bytes: &[u8], problems: &mut Problems) {
    let file = folder.join(file).display().to_string();
    let mut differs = |what: &str, found: String, described: &Value| {
        problems.add(
            Place::file(&file),
            format!("{what} {found}; the description says {described}"),
            "put the described file back or, if the change is meant, describe the folder anew",
        );
    };
    if resource["bytes"].as_u64() != Some(bytes.len() as u64) {
        differs("the file has bytes:", bytes.len().to_string(), &resource["bytes"]);
    }
    let digest = format!("sha256:{}", sha256(bytes));
    if resource["hash"] != digest {
        differs("the file's digest is", digest, &resource["hash"]);
    }
    // what is wrong with the CSV itself is reported by `read::folder`
    let sheet = Sheet::parse(&file, bytes, &mut Problems::new());
    let fields = resource["schema"]["fields"].as_array().map_or(&[][..], Vec::as_slice);
    for field in fields {
        let name = field["name"].as_str().unwrap_or_default();
        if !sheet.has(name) {
            problems.add(
                Place::line(&file, 1),
                format!("the described column `{name}` is missing"),
                "add it, or describe the folder anew",
            );
            continue;
        }
        let required = field["constraints"]["required"] == true;
        for row in sheet.rows() {
            let fault = match row.text_if_any(name) {
                None if required => Some(format!("`{name}` is empty and the description requires it")),
                None => None,
                Some(text) => match field["type"].as_str().unwrap_or_default() {
                    "number" if !text.parse::<f64>().is_ok_and(f64::is_finite) => {
                        Some(format!("`{name}` is `{text}`, not a number"))
                    }
                    "boolean" if text != "True" && text != "False" => {
                        Some(format!("`{name}` is `{text}`, neither True nor False"))
                    }
                    _ => None,
                },
            };
            if let Some(what) = fault {
                problems.add(row.place(), what, "mend the value, or change the description");
            }
        }
    }
    for column in sheet.unused() {
        problems.add(
            Place::line(&file, 1),
            format!("column `{column}` is not described"),
            "describe the folder anew",
        );
    }
}

/// The text of a folder's `datapackage.json`: what people wrote in the one
/// there is (title, year, sources, licences …) is kept; tables, columns,
/// digests and sizes are worked out from the files.
///
/// # Errors
/// The folder or its description cannot be read.
pub fn describe(folder: &Path) -> Result<String, Problems> {
    let mut problems = Problems::new();
    let path = folder.join(DESCRIPTION);
    let name = folder.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let mut package = Map::new();
    match file::read_to_string(&path).map(|text| serde_json::from_str::<Map<String, Value>>(&text)) {
        Ok(Ok(written)) => package = written,
        Ok(Err(error)) => problems.add(
            Place::line(path.display().to_string(), error.line()),
            format!("the data package description is not a JSON object: {error}"),
            "mend it or remove it",
        ),
        Err(_) => {} // none yet: begin one
    }
    package.entry("profile").or_insert_with(|| json!("tabular-data-package"));
    package.entry("name").or_insert_with(|| json!(name.to_lowercase()));
    package.entry("title").or_insert_with(|| json!(name));
    for list in ["licenses", "sources"] {
        package.entry(list).or_insert_with(|| json!([]));
    }
    let mut resources = vec![];
    for table in &TABLES {
        let Ok(bytes) = file::read(folder.join(table.file)) else { continue };
        let place = folder.join(table.file).display().to_string();
        let sheet = Sheet::parse(&place, &bytes, &mut problems);
        let known = |name: &str| table.columns.iter().find(|column| column.name == name);
        let fields: Vec<Value> = sheet.unused().iter().map(|name| field(name, known(name), &sheet)).collect();
        resources.push(json!({
            "name": table.file.trim_end_matches(".csv"),
            "path": table.file,
            "profile": "tabular-data-resource",
            "description": table.meaning,
            "format": "csv",
            "mediatype": "text/csv",
            "encoding": "utf-8",
            "bytes": bytes.len(),
            "hash": format!("sha256:{}", sha256(&bytes)),
            "schema": { "fields": fields, "primaryKey": table.key, "missingValues": [""] },
        }));
    }
    if resources.is_empty() {
        problems.add(
            Place::file(folder.display().to_string()),
            "there is no table in it",
            format!("a data folder holds {}", read::REQUIRED.join(", ")),
        );
    }
    package.shift_remove("resources"); // last, where it does not hide what people wrote
    package.insert("resources".to_owned(), Value::Array(resources));
    let mut text = serde_json::to_string_pretty(&Value::Object(package)).unwrap_or_default();
    text.push('\n');
    problems.into_result(text)
}

fn field(name: &str, known: Option<&zollverein_model::baseline::columns::Column>, sheet: &Sheet) -> Value {
    let mut field = Map::new();
    field.insert("name".to_owned(), json!(name));
    let own_flag = || sheet.rows().next().is_some_and(|row| row.flags().iter().any(|(flag, _)| flag == name));
    let kind = match known {
        Some(column) => column.kind,
        None if own_flag() => Kind::Flag,
        None => Kind::Text,
    };
    field.insert("type".to_owned(), json!(kind.name()));
    if kind == Kind::Flag {
        field.insert("trueValues".to_owned(), json!(["True"]));
        field.insert("falseValues".to_owned(), json!(["False"]));
    }
    if let Some(column) = known {
        if let Some(unit) = column.unit {
            field.insert("unit".to_owned(), json!(unit));
        }
        field.insert("description".to_owned(), json!(column.meaning));
        if column.required {
            field.insert("constraints".to_owned(), json!({ "required": true }));
        }
    }
    Value::Object(field)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn toy() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/toy")
    }

    /// A copy of the toy folder to spoil.
    fn copy() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for entry in fs::read_dir(toy()).expect("the toy folder") {
            let entry = entry.expect("an entry");
            fs::copy(entry.path(), folder.path().join(entry.file_name())).expect("a copy");
        }
        folder
    }

    fn faults(folder: &Path) -> Vec<String> {
        let Err(problems) = verify(folder) else { return vec![] };
        problems.as_slice().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_untouched_folder_verifies() {
        let findings = verify(&toy()).expect("the toy folder verifies");
        assert!(findings.iter().any(|finding| finding.product.as_deref() == Some("steel")));
    }

    #[test]
    fn one_changed_byte_is_noticed() {
        let folder = copy();
        let file = folder.path().join("countries.csv");
        let text = fs::read_to_string(&file).expect("the table").replace("Arden", "Ardem");
        fs::write(&file, text).expect("written");
        let faults = faults(folder.path());
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].contains("countries.csv: the file's digest is sha256:"), "{faults:?}");
    }

    #[test]
    fn a_value_of_the_wrong_type_and_a_missing_licence_are_noticed_together() {
        let folder = copy();
        let file = folder.path().join("elasticities.csv");
        let text = fs::read_to_string(&file).expect("the table").replacen("0.5,3,", "half,3,", 1);
        fs::write(&file, text).expect("written");
        let description = folder.path().join(DESCRIPTION);
        let mut package: Value =
            serde_json::from_str(&fs::read_to_string(&description).expect("text")).expect("JSON");
        package["licenses"] = json!([]);
        fs::write(&description, package.to_string()).expect("written");
        let faults = faults(folder.path());
        assert!(
            faults.iter().any(|fault| fault.contains("elasticities.csv:2: `low` is `half`")),
            "{faults:?}"
        );
        assert!(faults.iter().any(|fault| fault.contains("`licenses` is missing or empty")), "{faults:?}");
    }

    #[test]
    fn a_folder_without_a_description_is_read_and_said_to_lack_one() {
        let folder = copy();
        fs::remove_file(folder.path().join(DESCRIPTION)).expect("removed");
        let findings = verify(folder.path()).expect("the tables are sound");
        assert_eq!(findings[0].what, "description");
    }

    #[test]
    fn describing_keeps_what_people_wrote() {
        let folder = copy();
        fs::write(folder.path().join(DESCRIPTION), r#"{"title": "Mine", "year": 1999}"#).expect("written");
        let text = describe(folder.path()).expect("a description");
        let package: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!((&package["title"], &package["year"]), (&json!("Mine"), &json!(1999)));
        let output = &package["resources"][3]["schema"]["fields"][3];
        assert_eq!((&output["name"], &output["unit"]), (&json!("output_kt"), &json!("kt")));
    }

    #[test]
    fn data_folders_are_listed_with_their_sizes() {
        let summaries =
            list(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data")).expect("data folders");
        let toy = summaries.iter().find(|summary| summary.folder.ends_with("toy")).expect("the toy folder");
        assert_eq!((toy.tables, toy.rows), (11, 3 + 2 + 4 + 10 + 18 + 7 + 13 + 3 + 4 + 2 + 4));
    }
}
