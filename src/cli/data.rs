//! `zollverein data`: lists, verifies and describes data folders; [`project`] makes new ones.

use crate::baseline::package;
use crate::cli::DataCommand;
use crate::cli::output::{Lean, Output, columns, number};
use crate::cli::project;
use anyhow::Context;
use serde_json::json;
use std::path::Path;

/// Does what is asked about data folders.
pub fn data(command: &DataCommand, output: Output) -> anyhow::Result<()> {
    match command {
        DataCommand::List { dir, json } => list(dir, *json, output),
        DataCommand::Verify { dir, json } => verify(dir, *json, output),
        DataCommand::Describe { dir, write } => describe(dir, *write, output),
        DataCommand::Project(arguments) => project::project(arguments, output),
    }
}

fn list(folder: &Path, json: bool, output: Output) -> anyhow::Result<()> {
    let found = package::list(folder)?;
    if json {
        return output.json(&json!(found));
    }
    let rows: Vec<Vec<String>> = found
        .iter()
        .map(|summary| {
            vec![
                summary.folder.clone(),
                summary.year.map_or("not said".to_owned(), |year| year.to_string()),
                summary.tables.to_string(),
                summary.rows.to_string(),
                number(summary.bytes as f64 / 1024.0, 1),
                summary.title.clone(),
            ]
        })
        .collect();
    let headings = [
        ("folder", Lean::Left),
        ("year", Lean::Left),
        ("tables", Lean::Right),
        ("rows", Lean::Right),
        ("KiB", Lean::Right),
        ("title", Lean::Left),
    ];
    output.data(&columns(&headings, &rows))
}

fn verify(folder: &Path, json: bool, output: Output) -> anyhow::Result<()> {
    let findings = package::verify(folder)?;
    if json {
        return output.json(&json!(findings));
    }
    let rows: Vec<Vec<String>> = findings
        .iter()
        .map(|finding| {
            vec![
                finding.product.clone().unwrap_or_default(),
                finding.what.clone(),
                finding.value.map_or("not known".to_owned(), |value| number(value, 3)),
                finding.unit.to_owned(),
                finding.remark.clone().unwrap_or_default(),
            ]
        })
        .collect();
    let headings = [
        ("product", Lean::Left),
        ("what", Lean::Left),
        ("value", Lean::Right),
        ("unit", Lean::Left),
        ("worth a look", Lean::Left),
    ];
    output.say(&format!("{} is sound: its tables can be read and hang together.", folder.display()));
    output.data(&columns(&headings, &rows))
}

fn describe(folder: &Path, write: bool, output: Output) -> anyhow::Result<()> {
    let text = package::describe(folder)?;
    if !write {
        return output.data(&text);
    }
    let path = folder.join(package::DESCRIPTION);
    std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    output.say(&format!("{} is written", path.display()));
    Ok(())
}
