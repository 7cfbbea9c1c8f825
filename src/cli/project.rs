//! `zollverein data project`: the data folder of another year, whole or not at all.

use crate::cli::Project;
use crate::cli::new_folder;
use crate::cli::output::{Lean, Output, columns, number};
use serde_json::json;
use zollverein_data::description::Finding;
use zollverein_data::package;
use zollverein_data::project::folder;
use zollverein_data::project::rules::Projection;
use zollverein_model::units::percent;

/// Projects a data folder and shows what has changed.
pub fn project(arguments: &Project, output: Output) -> anyhow::Result<()> {
    new_folder::free(&arguments.to, Some(&arguments.dir), arguments.force)?;
    let (projection, before) = match (Projection::read(&arguments.by), package::verify(&arguments.dir)) {
        (Ok(projection), Ok(before)) => (projection, before),
        (projection, before) => {
            let mut problems = before.err().unwrap_or_default();
            problems.append(projection.err().unwrap_or_default());
            return Ok(problems.into_result(())?);
        }
    };
    let files = folder::files(&arguments.dir, &projection, arguments.year)?;
    let after = new_folder::write(&files.tables, &files.description, &arguments.to)?;
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
