//! `zollverein data project`: the data folder of another year, whole or not at all.

use crate::baseline::package::{self, Finding};
use crate::baseline::project::folder;
use crate::baseline::project::rules::Projection;
use crate::baseline::read;
use crate::cli::Project;
use crate::cli::output::{Lean, Output, columns, number};
use crate::problem::{Place, Problems};
use crate::units::percent;
use anyhow::Context;
use serde_json::json;
use std::fs;
use std::path::Path;

/// Projects a data folder and shows what has changed.
pub fn project(arguments: &Project, output: Output) -> anyhow::Result<()> {
    free(arguments)?;
    let (projection, before) = match (Projection::read(&arguments.by), package::verify(&arguments.dir)) {
        (Ok(projection), Ok(before)) => (projection, before),
        (projection, before) => {
            let mut problems = before.err().unwrap_or_default();
            problems.append(projection.err().unwrap_or_default());
            return Ok(problems.into_result(())?);
        }
    };
    let files = folder::files(&arguments.dir, &projection, arguments.year)?;
    let after = write(&files, &arguments.to)?;
    for note in &files.notes {
        output.say(&format!("note: {note}"));
    }
    let (cited, assumed) = projection.founded();
    output.say(&format!(
        "{} is written: {} projected to {} by {cited} cited and {assumed} assumed rows",
        arguments.to.display(),
        arguments.dir.display(),
        arguments.year
    ));
    show(&before, &after, arguments.json, output)
}

/// The folder to make must not be in use, or be a data folder that may be replaced.
fn free(arguments: &Project) -> anyhow::Result<()> {
    let mut problems = Problems::new();
    let place = || Place::file(arguments.to.display().to_string());
    let same = |path: &Path| path.canonicalize().ok();
    let target = same(&arguments.to);
    if target.is_some() && target == same(&arguments.dir) {
        problems.add(place(), "this is the folder to begin from", "name another folder with --to");
    } else if arguments.to.exists() {
        let data = read::REQUIRED.iter().all(|file| arguments.to.join(file).is_file());
        if !data {
            problems.add(
                place(),
                "this is there already and no data folder",
                "name another folder with --to",
            );
        } else if !arguments.force {
            problems.add(
                place(),
                "there is a data folder already",
                "name another folder with --to, or replace this one with --force",
            );
        }
    }
    Ok(problems.into_result(())?)
}

/// Writes the files beside their place, checks them there, and moves them in as a whole. What stood
/// there before stands there again if that fails.
fn write(files: &folder::Files, to: &Path) -> anyhow::Result<Vec<Finding>> {
    let parent = match to.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(parent).with_context(|| format!("cannot make the folder {}", parent.display()))?;
    let room = tempfile::Builder::new()
        .prefix(".zollverein-")
        .tempdir_in(parent)
        .with_context(|| format!("cannot write into {}", parent.display()))?;
    let (new, old) = (room.path().join("new"), room.path().join("old"));
    fs::create_dir(&new).with_context(|| format!("cannot write into {}", parent.display()))?;
    let put = |name: &str, bytes: &[u8]| {
        fs::write(new.join(name), bytes)
            .with_context(|| format!("cannot write {}; nothing was changed", to.join(name).display()))
    };
    for (name, bytes) in &files.tables {
        put(name, bytes)?;
    }
    put(package::DESCRIPTION, files.description.as_bytes())?;
    put(package::DESCRIPTION, package::describe(&new)?.as_bytes())?;
    let findings = package::verify(&new)?;
    let replaced = to.exists();
    let cannot = || format!("cannot move the new folder to {}; nothing was changed", to.display());
    if replaced {
        fs::rename(to, &old).with_context(cannot)?;
    }
    let moved = fs::rename(&new, to);
    if moved.is_err() && replaced {
        // what could be moved away a moment ago can be moved back
        let _ = fs::rename(&old, to);
    }
    moved.with_context(cannot)?;
    Ok(findings)
}

fn show(before: &[Finding], after: &[Finding], json: bool, output: Output) -> anyhow::Result<()> {
    let pairs = before.iter().filter_map(|old| {
        let new = after.iter().find(|new| new.product == old.product && new.what == old.what)?;
        Some((old, old.value?, new.value?))
    });
    if json {
        let rows: Vec<_> = pairs
            .map(|(finding, before, after)| {
                json!({
                    "product": finding.product, "what": finding.what,
                    "before": before, "after": after, "unit": finding.unit,
                })
            })
            .collect();
        return output.json(&json!(rows));
    }
    let rows: Vec<Vec<String>> = pairs
        .map(|(finding, before, after)| {
            let change = (before != 0.0).then(|| percent(after / before - 1.0));
            vec![
                finding.product.clone().unwrap_or_default(),
                finding.what.clone(),
                number(before, 3),
                number(after, 3),
                finding.unit.to_owned(),
                change.map_or(String::new(), |change| number(change, 1)),
            ]
        })
        .collect();
    let headings = [
        ("product", Lean::Left),
        ("what", Lean::Left),
        ("before", Lean::Right),
        ("after", Lean::Right),
        ("unit", Lean::Left),
        ("change %", Lean::Right),
    ];
    output.data(&columns(&headings, &rows))
}
