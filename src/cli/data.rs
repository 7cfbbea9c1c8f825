//! `zollverein data`: lists, verifies and describes data folders; [`project`] and [`import`] make new
//! ones, [`provenance`] says where their figures come from.

use crate::cli::DataCommand;
use crate::cli::output::{Lean, Output, columns, number};
use crate::cli::{import, project, provenance};
use anyhow::Context;
use serde_json::json;
use std::fmt::Write as _;
use std::path::Path;
use zollverein_data::description::{self, Finding};
use zollverein_data::outliers;
use zollverein_data::package;
use zollverein_model::baseline::read;

/// Does what is asked about data folders.
pub fn data(command: &DataCommand, output: Output) -> anyhow::Result<()> {
    match command {
        DataCommand::List { dir, json } => list(dir, *json, output),
        DataCommand::Verify { dir, json } => verify(dir, *json, output),
        DataCommand::Describe { dir, write } => describe(dir, *write, output),
        DataCommand::Project(arguments) => project::project(arguments, output),
        DataCommand::Import(arguments) => import::import(arguments, output),
        DataCommand::Explain(arguments) => provenance::explain(arguments, output),
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

/// So many outliers are printed; JSON has all of them.
const PRINTED: usize = 40;

fn verify(folder: &Path, json: bool, output: Output) -> anyhow::Result<()> {
    let findings = package::verify(folder)?;
    let outliers = outliers::outliers(&read::tables(folder)?);
    if json {
        return output.json(&json!(findings.iter().chain(&outliers).collect::<Vec<_>>()));
    }
    output.say(&format!("{} is sound: its tables can be read and hang together.", folder.display()));
    let mut text = table(&findings, "worth a look");
    if outliers.is_empty() {
        text.push_str("\nNo single figure lies far from its like.\n");
    } else {
        text.push_str("\nSingle figures that lie far from their like:\n");
        text.push_str(&table(&outliers[..outliers.len().min(PRINTED)], "why"));
        if outliers.len() > PRINTED {
            let _ = writeln!(text, "and {} more: --json lists all", outliers.len() - PRINTED);
        }
    }
    output.data(&text)
}

fn table(findings: &[Finding], remarks: &str) -> String {
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
        (remarks, Lean::Left),
    ];
    columns(&headings, &rows)
}

fn describe(folder: &Path, write: bool, output: Output) -> anyhow::Result<()> {
    let text = package::describe(folder)?;
    if !write {
        return output.data(&text);
    }
    let path = folder.join(description::DESCRIPTION);
    std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    output.say(&format!("{} is written", path.display()));
    Ok(())
}
