//! `zollverein compare`: several scenarios on one baseline, side by side.

use crate::baseline::Baseline;
use crate::brief::{Compared, comparison};
use crate::cli::Compare;
use crate::cli::open;
use crate::cli::output::Output;
use crate::model::Outcome;
use crate::problem::{Place, Problems};
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;

/// A scenario that has been solved.
struct Solved {
    title: String,
    folder: PathBuf,
    baseline: Arc<Baseline>,
    outcome: Outcome,
}

/// Compares scenarios.
pub fn compare(arguments: &Compare, output: Output) -> anyhow::Result<()> {
    let waiting = output.waiting("reading the data and solving");
    let mut problems = Problems::new();
    let mut opened = vec![];
    for path in &arguments.scenarios {
        match open::open_year(path, arguments.data.as_deref(), arguments.year) {
            Ok(one) if !one.scenario.years().is_empty() => problems.add(
                Place::file(path.display().to_string()),
                "it is about several years, and scenarios are compared in one",
                "name the year: --year 2030, for instance; `run` shows the years side by side",
            ),
            Ok(one) => opened.push(one),
            Err(more) => problems.append(more),
        }
    }
    for pair in opened.windows(2) {
        if pair[0].baseline.sources != pair[1].baseline.sources {
            problems.add(
                Place::file(pair[1].scenario.path().display().to_string()),
                format!(
                    "its data ({}) are not those of {} ({})",
                    pair[1].folder.display(),
                    pair[0].scenario.path().display(),
                    pair[0].folder.display()
                ),
                "compare scenarios of one baseline, or name one for all with --data",
            );
        }
    }
    problems.into_result(())?;
    let mut solved: Vec<Solved> = vec![];
    for one in opened {
        let baseline = Arc::new(one.baseline);
        let model = one.scenario.model(Arc::clone(&baseline))?;
        let outcome = one.scenario.outcome(&model, &one.policy)?;
        solved.push(Solved { title: one.scenario.title(), folder: one.folder, baseline, outcome });
    }
    drop(waiting);
    let compared: Vec<Compared<'_>> = solved
        .iter()
        .map(|one| Compared { name: &one.title, baseline: &one.baseline, outcome: &one.outcome })
        .collect();
    let comparison = comparison(&compared);
    if arguments.json {
        let folders: Vec<String> = solved.iter().map(|one| one.folder.display().to_string()).collect();
        return output.json(&json!({
            "scenarios": arguments.scenarios.iter().map(|path| path.display().to_string()).collect::<Vec<_>>(),
            "data": folders,
            "comparison": comparison.table.json(),
        }));
    }
    output.data(&comparison.text)
}
