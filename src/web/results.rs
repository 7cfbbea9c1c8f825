//! Finished batches: which there are, and what each came to.

use crate::web::answer::{Tables, bytes};
use crate::web::fault::Fault;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use zollverein_batch::{Description, about, results};
use zollverein_tables::Columns;

/// Evaluations of the largest batch that is opened: each takes 8 bytes of memory a figure.
const MOST: usize = 1 << 22;

/// The finished batches among the folders of one: name and folder. Links are left out, and names that begin with a dot.
fn found(folder: &Path) -> Vec<(String, PathBuf)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let named = folders.filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry.path())));
    let finished = |(name, path): &(String, PathBuf)| {
        let stamp = std::fs::symlink_metadata(path.join("batch.json"));
        !name.starts_with('.') && stamp.is_ok_and(|stamp| stamp.is_file())
    };
    let mut found: Vec<_> = named.filter(finished).collect();
    found.sort();
    found
}

/// The finished batches of a folder: each with its title, or with what is wrong with it.
pub fn list(folder: &Path) -> Value {
    let told = |(name, path): (String, PathBuf)| match about(&path) {
        Ok(plan) => json!({ "name": name, "title": plan.title, "draws": plan.draws }),
        Err(problems) => json!({ "name": name, "error": problems.to_string() }),
    };
    let batches: Vec<Value> = found(folder).into_iter().map(told).collect();
    json!({ "folder": folder.display().to_string(), "batches": batches })
}

/// What a batch came to, by the name of its folder: the plan, its digest, and the result tables by columns.
///
/// # Errors
/// There is no such batch, a part is missing or damaged, or it is too large.
pub fn opened(folder: &Path, name: &str) -> Result<Vec<u8>, Fault> {
    let known = found(folder).into_iter().find(|(known, _)| known == name);
    let (_, path) = known.ok_or_else(|| Fault::unknown(format!("there is no finished batch {name:?}")))?;
    let plan = about(&path)?;
    if plan.evaluations > MOST {
        let what = format!("the batch has {} evaluations", plan.evaluations);
        return Err(Fault::of(
            "name",
            &what,
            "read its result files: the page opens batches of at most 4 million",
        ));
    }
    let found = results(&path)?;
    let tables = found.tables.iter().map(|table| (table.name.as_str(), Columns::all(table)));
    let tables = Tables(tables.collect());
    bytes(&Opened { name, plan: &found.description, plan_sha256: found.description.digest(), tables })
}

/// The answer.
#[derive(serde::Serialize)]
struct Opened<'a> {
    name: &'a str,
    plan: &'a Description,
    plan_sha256: String,
    tables: Tables<'a>,
}
