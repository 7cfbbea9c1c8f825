//! How far the headline figures of a scenario move with what its `[uncertainty]` draws: shares of a
//! few hundred draws, kept in the user's cache between runs.
//!
//! The cache is a convenience and never a source: a file is found by the digest of all that results
//! depend on (scenario, data, draws, program), says that digest itself, and carries one of its own
//! text; anything else is computed anew.

use crate::baseline::read::sha256;
use crate::batch::BatchError;
use crate::batch::evaluate::Evaluator;
use crate::batch::plan::{Description, Plan};
use crate::batch::points::Set;
use crate::batch::summary::of_draws;
use crate::scenario::Scenario;
use crate::table::{Column, Table};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// Quantiles of the headline figures of a scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Intervals {
    /// Draws.
    pub draws: usize,
    /// Draws that gave no figure.
    pub failed: usize,
    /// What was drawn, by name.
    pub inputs: Vec<String>,
    table: Table,
}

/// What is kept in the cache: figures of each draw, bit by bit.
#[derive(Serialize, Deserialize)]
struct Kept {
    key: String,
    draws: Vec<Vec<u64>>,
}

impl Intervals {
    /// The intervals of a scenario on a data folder; `None` where it has no `[uncertainty]`, or is
    /// about several years.
    ///
    /// # Errors
    /// What is drawn is at fault.
    pub fn of(scenario: &Scenario, folder: &Path, cache: Option<&Path>) -> Result<Option<Self>, BatchError> {
        if !scenario.years().is_empty() {
            return Ok(None);
        }
        let Some(plan) = Plan::of_scenario(scenario, folder)? else { return Ok(None) };
        let description = &plan.description;
        let key = key(description);
        let file = cache.map(|cache| cache.join("intervals").join(format!("{key}.json")));
        let known = file.as_deref().and_then(|file| read(file, &key, description));
        let draws = match known {
            Some(draws) => draws,
            None => {
                let draws = computed(&plan)?;
                if let Some(file) = &file {
                    keep(file, key, &draws);
                }
                draws
            }
        };
        Ok(Some(Self::made(description, draws)))
    }

    fn made(description: &Description, draws: Vec<Vec<f64>>) -> Self {
        let failed = draws.iter().filter(|figures| figures.is_empty()).count();
        let all = draws.len();
        let evaluated: Vec<(Set, Vec<f64>)> = draws.into_iter().map(|figures| (Set::Draw, figures)).collect();
        let mut table = of_draws(description, &evaluated);
        "intervals".clone_into(&mut table.name);
        let inputs = description.inputs.iter().map(|input| input.what.clone()).collect();
        Self { draws: all, failed, inputs, table }
    }

    /// The table, as `intervals` of the result files.
    #[must_use]
    pub fn table(&self) -> Table {
        self.table.clone()
    }

    /// Between which values 90 of 100 draws put the change of an indicator of a group, all products
    /// together: the quantiles at 5 and 95 %.
    #[must_use]
    pub fn get(&self, group: &str, indicator: &str) -> Option<(f64, f64)> {
        let text = |name: &str, row: usize| match self.table.column(name) {
            Some(Column::Text(cells)) => cells.get(row).cloned(),
            _ => None,
        };
        let row = (0..self.table.rows()).find(|row| {
            text("group", *row).as_deref() == Some(group)
                && text("indicator", *row).as_deref() == Some(indicator)
                && text("product", *row).as_deref() == Some("all")
        })?;
        let number = |name: &str| match self.table.column(name)? {
            Column::Number(cells) => cells.get(row).copied(),
            Column::Known(cells) => cells.get(row).copied().flatten(),
            Column::Text(_) => None,
        };
        Some((number("p5")?, number("p95")?))
    }
}

/// The folder of the user's cache: `ZOLLVEREIN_CACHE` (empty: none is kept), else that of the system.
#[must_use]
pub fn usual_cache() -> Option<PathBuf> {
    let of = |name: &str| std::env::var_os(name).map(PathBuf::from);
    match of("ZOLLVEREIN_CACHE") {
        Some(named) => Some(named).filter(|path| !path.as_os_str().is_empty()),
        None => {
            let system = of("XDG_CACHE_HOME").filter(|path| path.is_absolute());
            system.or_else(|| Some(of("HOME")?.join(".cache"))).map(|path| path.join("zollverein"))
        }
    }
}

/// The digest of all that the figures depend on, this very program included.
fn key(description: &Description) -> String {
    let program = std::env::current_exe().and_then(std::fs::metadata).ok();
    let changed = program.as_ref().and_then(|program| program.modified().ok());
    let changed = changed.and_then(|time| time.duration_since(UNIX_EPOCH).ok()).map(|time| time.as_nanos());
    sha256(format!("{}{changed:?}{:?}", description.json(), program.map(|p| p.len())).as_bytes())
}

/// The figures of each draw; none of one that failed.
fn computed(plan: &Plan) -> Result<Vec<Vec<f64>>, BatchError> {
    let evaluator = Evaluator::new(plan)?;
    let description = &plan.description;
    let draws = description.points().sampled();
    let blocks: Vec<std::ops::Range<usize>> = (0..draws)
        .step_by(description.block)
        .map(|start| start..(start + description.block).min(draws))
        .collect();
    let found: Vec<Vec<Vec<f64>>> = blocks
        .into_par_iter()
        .map(|block| {
            let evaluated = evaluator.evaluate(block, &|| ());
            evaluated.into_iter().map(|one| one.figures.unwrap_or_default()).collect()
        })
        .collect();
    Ok(found.into_iter().flatten().collect())
}

/// What a file of the cache holds, if it is what it says and what is asked for.
fn read(file: &Path, key: &str, description: &Description) -> Option<Vec<Vec<f64>>> {
    let text = std::fs::read_to_string(file).ok()?;
    let (digest, body) = text.split_once('\n')?;
    if sha256(body.as_bytes()) != digest {
        return None;
    }
    let kept: Kept = serde_json::from_str(body).ok()?;
    let width = description.figures.len();
    let fits = kept.key == key
        && kept.draws.len() == description.points().sampled()
        && kept.draws.iter().all(|figures| figures.is_empty() || figures.len() == width);
    fits.then(|| kept.draws.into_iter().map(|draw| draw.into_iter().map(f64::from_bits).collect()).collect())
}

/// Keeps figures in the cache, if it can be written.
fn keep(file: &Path, key: String, draws: &[Vec<f64>]) {
    let bits = |draw: &Vec<f64>| draw.iter().map(|figure| figure.to_bits()).collect();
    let kept = Kept { key, draws: draws.iter().map(bits).collect() };
    let body = serde_json::to_string(&kept).unwrap_or_default();
    let folder = file.parent().unwrap_or(Path::new(""));
    let written = std::fs::create_dir_all(folder).and_then(|()| {
        let passing = tempfile::NamedTempFile::new_in(folder)?;
        std::fs::write(passing.path(), format!("{}\n{body}", sha256(body.as_bytes())))?;
        passing.persist(file).map_err(|error| error.error)
    });
    drop(written); // without a cache the figures are computed again
}
