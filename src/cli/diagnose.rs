//! `zollverein diagnose`: the laws that any equilibrium obeys, tested on the data in use.

use crate::baseline::read;
use crate::cli::Diagnose;
use crate::cli::open;
use crate::cli::output::{Failed, Lean, Output, columns};
use crate::scenario::usual_data;
use serde_json::json;

/// Prints a table of the checks.
pub fn diagnose(arguments: &Diagnose, output: Output) -> anyhow::Result<()> {
    let waiting = output.waiting("solving");
    let (folder, baseline) = if let Some(path) = &arguments.scenario {
        let opened = open::open(path, arguments.data.as_deref())?;
        (opened.folder, opened.baseline)
    } else {
        let folder = arguments.data.clone().map_or_else(|| usual_data(None), Ok)?;
        let baseline = read::folder(&folder)?;
        (folder, baseline)
    };
    let checks = crate::diagnose::run(&baseline)?;
    drop(waiting);
    let failed = checks.iter().filter(|check| !check.passed()).count();
    if arguments.json {
        let rows: Vec<serde_json::Value> = checks
            .iter()
            .map(|check| {
                json!({
                    "name": check.name,
                    "value": check.value,
                    "limit": check.limit,
                    "passed": check.passed(),
                    "note": check.note,
                })
            })
            .collect();
        output.json(&json!({ "data": folder.display().to_string(), "checks": rows }))?;
    } else {
        let rows: Vec<Vec<String>> = checks
            .iter()
            .map(|check| {
                vec![
                    if check.passed() { "passed" } else { "FAILED" }.to_owned(),
                    check.name.to_owned(),
                    format!("{:.1e}", check.value),
                    format!("{:.0e}", check.limit),
                    check.note.to_owned(),
                ]
            })
            .collect();
        let headings = [
            ("", Lean::Left),
            ("law", Lean::Left),
            ("departure", Lean::Right),
            ("limit", Lean::Right),
            ("measured", Lean::Left),
        ];
        output.data(&columns(&headings, &rows))?;
    }
    if failed > 0 {
        let all = checks.len();
        return Err(Failed(format!("{failed} of {all} checks failed on {}", folder.display())).into());
    }
    output.say(&format!("All {} checks passed on {}.", checks.len(), folder.display()));
    Ok(())
}
