//! `zollverein verify`: repeats a run from its stamp and compares every byte that it wrote.

use crate::cli::Verify;
use crate::cli::open::{self, Opened};
use crate::cli::output::{Failed, Lean, Output, columns};
use crate::cli::path;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zollverein_model::problem::{Place, Problems};
use zollverein_report as brief;
use zollverein_scenario::Scenario;
use zollverein_tables::{Artefact, Format};

/// What a stamp says that a run is repeated from.
struct Told {
    scenario: PathBuf,
    sha256: String,
    data: PathBuf,
    files: BTreeMap<String, String>,
    results: BTreeMap<String, String>,
    bands: bool,
    program: String,
}

/// Repeats a run.
pub fn verify(arguments: &Verify, output: Output) -> anyhow::Result<()> {
    let waiting = output.waiting("reading the data and solving");
    let told = told(&arguments.stamp)?;
    let opened = opened(arguments, &told)?;
    let made = made(opened, told.bands, format(&told))?;
    drop(waiting);
    let folder = arguments.stamp.parent().unwrap_or(Path::new(""));
    let mut rows = vec![];
    let mut differ = 0;
    let mut names: Vec<&String> = told.results.keys().chain(made.keys()).collect();
    names.sort();
    names.dedup();
    for name in names.into_iter().filter(|name| *name != "run.json") {
        let on_disk = std::fs::read(folder.join(name)).ok();
        let word = match (made.get(name), told.results.get(name), on_disk) {
            (Some(made), Some(digest), _) if made.sha256() != *digest => "differs from the run",
            (Some(_), None, _) => "not of the run",
            (None, ..) => "no longer made",
            (Some(_), Some(_), None) => "the same as the run, and missing in the folder",
            (Some(made), Some(_), Some(bytes)) if made.bytes != bytes => "changed since the run",
            _ => "the same",
        };
        differ += usize::from(word != "the same");
        rows.push(vec![name.clone(), word.to_owned()]);
    }
    output.data(&columns(&[("file", Lean::Left), ("repeated", Lean::Left)], &rows))?;
    if differ > 0 {
        let here = program();
        let other = if told.program == here {
            String::new()
        } else {
            format!("; the run was made by {}, this is {here}", told.program)
        };
        return Err(Failed(format!("{differ} of {} files are not the same{other}", rows.len())).into());
    }
    output.say(&format!("All {} files are the same, byte for byte.", rows.len()));
    Ok(())
}

fn program() -> String {
    let commit = zollverein_version::commit().unwrap_or("commit not known");
    format!("zollverein {} ({commit})", zollverein_version::VERSION)
}

/// Reads a stamp.
fn told(path: &Path) -> Result<Told, Problems> {
    let mut problems = Problems::new();
    let place = Place::file(path.display().to_string());
    let stamp: Value = match std::fs::read_to_string(path) {
        Ok(text) => serde_json::from_str(&text).unwrap_or_default(),
        Err(error) => {
            problems.add(place, format!("the file cannot be read: {error}"), "name the run.json of a run");
            return Err(problems);
        }
    };
    let text = |pointer: &str| stamp.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let strings = |object: Option<&Value>| -> Option<BTreeMap<String, String>> {
        object?
            .as_object()?
            .iter()
            .map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
            .collect()
    };
    let files = stamp.pointer("/data/files").and_then(Value::as_array);
    let file = |file: &Value| {
        Some((file.get("file")?.as_str()?.to_owned(), file.get("rows_sha256")?.as_str()?.to_owned()))
    };
    let told = (|| {
        Some(Told {
            scenario: text("/scenario/path")?.into(),
            sha256: text("/scenario/sha256")?,
            data: text("/data/folder")?.into(),
            files: files?.iter().map(file).collect::<Option<_>>()?,
            results: strings(stamp.get("results"))?,
            bands: stamp.get("bands").and_then(Value::as_bool).unwrap_or(false),
            program: format!(
                "zollverein {} ({})",
                text("/version")?,
                text("/git").unwrap_or_else(|| "commit not known".to_owned())
            ),
        })
    })();
    told.ok_or_else(|| {
        problems.add(place, "this is no stamp of a run", "name the run.json that `run --out` has written");
        problems
    })
}

/// The scenario and data of a run, which must be what they were.
fn opened(arguments: &Verify, told: &Told) -> Result<Opened, Problems> {
    let path = arguments.scenario.as_deref().unwrap_or(&told.scenario);
    let folder = arguments.data.as_deref().unwrap_or(&told.data);
    let read = Scenario::read(path)?;
    let mut problems = Problems::new();
    let own =
        read.years().iter().filter_map(|year| read.at_year(*year).ok()).find(|s| s.digest() == told.sha256);
    let scenario = if read.digest() == told.sha256 { Some(read) } else { own };
    let Some(scenario) = scenario else {
        let remedy = "take the scenario as it was, or run it again";
        problems.add(
            Place::file(path.display().to_string()),
            "the scenario has changed since the run",
            remedy,
        );
        return Err(problems);
    };
    let opened = open::on(scenario, folder.to_owned())?;
    for source in &opened.baseline.sources {
        if told.files.get(&source.file) != Some(&source.rows_sha256) {
            let place = Place::file(folder.join(&source.file).display().to_string());
            problems.add(
                place,
                "the table has changed since the run",
                "take the data as they were, or run again",
            );
        }
    }
    // results show the paths that the run was given
    problems.into_result(Opened { folder: told.data.clone(), ..opened })
}

/// The format in which a run wrote its tables.
fn format(told: &Told) -> Format {
    let has = |ending: &str| told.results.keys().any(|name| name.ends_with(ending));
    if told.results.contains_key("iamc.csv") {
        Format::Iamc
    } else if has(".xlsx") {
        Format::Xlsx
    } else if has(".parquet") {
        Format::Parquet
    } else {
        Format::Csv
    }
}

/// Makes the files of a run anew.
fn made(opened: Opened, bands: bool, format: Format) -> anyhow::Result<BTreeMap<String, Artefact>> {
    let by_name = |files: Vec<Artefact>| files.into_iter().map(|file| (file.name.clone(), file)).collect();
    if !opened.scenario.years().is_empty() {
        let Opened { scenario, folder, baseline, .. } = opened;
        let model = scenario.model(Arc::new(baseline))?;
        return Ok(by_name(path::files(&scenario, &folder, &model, bands, format)?));
    }
    // draws too are repeated, not taken from the cache
    let solved = opened.solve(None, bands)?;
    Ok(by_name(brief::files(&solved.report(), format)?))
}
