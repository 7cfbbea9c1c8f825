//! `zollverein compare`: several scenarios on one baseline, or engines on one scenario, side by side.

use crate::cli::Compare;
use crate::cli::open::{self, Opened};
use crate::cli::output::Output;
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;
use zollverein_batch::{Intervals, usual_cache};
use zollverein_model::baseline::Baseline;
use zollverein_model::model::Outcome;
use zollverein_model::problem::{Place, Problems};
use zollverein_report::{Compared, climate, comparison};

/// The engines that are set side by side, and what they are called.
const ENGINES: [(&str, &str); 2] =
    [("armington", "goods differ by origin"), ("spatial", "metal is one good")];

/// A scenario that has been solved.
struct Solved {
    title: String,
    folder: PathBuf,
    baseline: Arc<Baseline>,
    outcome: Outcome,
    intervals: Option<Intervals>,
    without_bands: Option<&'static str>,
}

/// Compares scenarios.
pub fn compare(arguments: &Compare, output: Output) -> anyhow::Result<()> {
    let waiting = output.waiting("reading the data and solving");
    let opened = opened(arguments)?;
    let mut solved: Vec<Solved> = vec![];
    for (title, one) in opened {
        let baseline = Arc::new(one.baseline);
        let model = one.scenario.model(Arc::clone(&baseline))?;
        let outcome = one.scenario.outcome(&model, &one.policy)?;
        let intervals = if arguments.banded.no_bands {
            None
        } else {
            open::drawn(&one.scenario, &one.folder, &baseline, usual_cache().as_deref())?
        };
        let without_bands = one.scenario.without_bands();
        solved.push(Solved { title, folder: one.folder, baseline, outcome, intervals, without_bands });
    }
    let compared: Vec<Compared<'_>> = solved
        .iter()
        .map(|one| Compared {
            name: &one.title,
            baseline: &one.baseline,
            outcome: &one.outcome,
            intervals: one.intervals.as_ref(),
            without_bands: one.without_bands,
        })
        .collect();
    let comparison = comparison(&compared);
    let climate = if arguments.engines { Some(climate(&compared)?) } else { None };
    drop(waiting);
    if arguments.json {
        let folders: Vec<String> = solved.iter().map(|one| one.folder.display().to_string()).collect();
        let mut answer = json!({
            "scenarios": arguments.scenarios.iter().map(|path| path.display().to_string()).collect::<Vec<_>>(),
            "data": folders,
            "comparison": comparison.table.json(),
        });
        if let Some(climate) = &climate {
            answer["climate"] = climate.table.json();
        }
        return output.json(&answer);
    }
    output.data(&comparison.text)?;
    climate.map_or(Ok(()), |climate| output.data(&climate.text))
}

/// The scenarios to be solved, with what each is called, and all their faults together.
fn opened(arguments: &Compare) -> Result<Vec<(String, Opened)>, Problems> {
    let mut problems = Problems::new();
    let mut opened: Vec<(String, Opened)> = vec![];
    if let ([only], false) = (arguments.scenarios.as_slice(), arguments.engines) {
        problems.add(
            Place::file(only.display().to_string()),
            "there is nothing to compare it with",
            "name a second scenario, or compare engines on this one: --engines",
        );
    }
    for path in &arguments.scenarios {
        let one = match open::open_year(path, arguments.data.as_deref(), arguments.year) {
            Ok(one) if !one.scenario.years().is_empty() => {
                problems.add(
                    Place::file(path.display().to_string()),
                    "it is about several years, and scenarios are compared in one",
                    "name the year: --year 2030, for instance; `run` shows the years side by side",
                );
                continue;
            }
            Ok(one) => one,
            Err(more) => {
                problems.append(more);
                continue;
            }
        };
        if arguments.engines {
            for (engine, what) in ENGINES {
                let scenario = one.scenario.with("engine", engine);
                match scenario.and_then(|scenario| open::on(scenario, one.folder.clone())) {
                    Ok(own) => opened.push((format!("{}: {what} ({engine})", own.scenario.title()), own)),
                    Err(more) => problems.append(more),
                }
            }
        } else {
            opened.push((one.scenario.title(), one));
        }
    }
    for pair in opened.windows(2) {
        let [(_, first), (_, second)] = pair else { continue };
        if first.baseline.sources != second.baseline.sources {
            problems.add(
                Place::file(second.scenario.path().display().to_string()),
                format!(
                    "its data ({}) are not those of {} ({})",
                    second.folder.display(),
                    first.scenario.path().display(),
                    first.folder.display()
                ),
                "compare scenarios of one baseline, or name one for all with --data",
            );
        }
    }
    problems.into_result(opened)
}
