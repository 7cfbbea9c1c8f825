//! `zollverein run` on a scenario of several years: each year's results, and all side by side.

use crate::cli::Run;
use crate::cli::open::{Opened, drawn};
use crate::cli::output::{Output, Waiting};
use std::path::Path;
use std::sync::Arc;
use zollverein_batch::{Intervals, usual_cache};
use zollverein_model::model::Model;
use zollverein_report::stamp::{PathStamp, ScenarioStamp, Stamp};
use zollverein_report::{PathReport, Report, path_files, path_json, path_terminal};
use zollverein_scenario::Scenario;
use zollverein_scenario::path::{PathError, Year, solve};
use zollverein_tables::{self as table, Artefact, Format};

/// Runs every year of a path.
pub fn run(arguments: &Run, opened: Opened, output: Output, waiting: Waiting) -> anyhow::Result<()> {
    let Opened { scenario, folder, baseline, .. } = opened;
    let model = scenario.model(Arc::new(baseline))?;
    let bands = !arguments.banded.no_bands;
    reported(&scenario, &folder, &model, usual_cache().as_deref(), bands, |report| {
        if let Some(folder) = &arguments.out {
            table::write(folder, &path_files(report, arguments.format.format())?)?;
        }
        drop(waiting);
        if arguments.json {
            output.json(&path_json(report))?;
        } else if !arguments.quiet {
            output.data(&path_terminal(report))?;
        }
        if let Some(folder) = &arguments.out {
            output.say(&format!(
                "Results are in {0}: open {0}/path.html; the folder of each year has its own brief.",
                folder.display()
            ));
        }
        Ok(())
    })
}

/// The result files of a path.
pub fn files(
    scenario: &Scenario,
    folder: &Path,
    model: &Model,
    bands: bool,
    format: Format,
) -> anyhow::Result<Vec<Artefact>> {
    // draws too are repeated, not taken from the cache
    reported(scenario, folder, model, None, bands, |report| Ok(path_files(report, format)?))
}

/// Solves every year, and makes something of the report.
fn reported<T>(
    scenario: &Scenario,
    folder: &Path,
    model: &Model,
    cache: Option<&Path>,
    bands: bool,
    made: impl FnOnce(&PathReport<'_>) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let baseline = &model.baseline;
    let solved = solve(scenario, model).map_err(|error| match error {
        PathError::Input(problems) => anyhow::Error::new(problems),
        PathError::Solve { year, ref source } => {
            anyhow::Error::new(source.clone()).context(format!("in {year}: {source}"))
        }
    })?;
    // a hundred draws for each of many years are for those who ask
    let bands = bands && scenario.form().uncertainty.is_some();
    let stamp = |one: &Year| {
        let mut stamp = Stamp::of(&one.scenario, folder, model, &one.outcome);
        stamp.bands &= bands;
        (one.year, stamp)
    };
    let stamps: Vec<(i32, Stamp)> = solved.iter().map(stamp).collect();
    let of_years: Vec<(i32, &Stamp)> = stamps.iter().map(|(year, stamp)| (*year, stamp)).collect();
    let own = ScenarioStamp { path: scenario.path().display().to_string(), sha256: scenario.digest() };
    let stamp = PathStamp::new(own, &of_years)
        .ok_or_else(|| anyhow::anyhow!("a path without years cannot be shown"))?;
    let intervals: Vec<Option<Intervals>> = solved
        .iter()
        .map(|one| if bands { drawn(&one.scenario, folder, baseline, cache) } else { Ok(None) })
        .collect::<anyhow::Result<_>>()?;
    let mut years = vec![];
    for ((one, (year, stamp)), intervals) in solved.iter().zip(&stamps).zip(&intervals) {
        years.push((*year, Report::of(&one.scenario, baseline, &one.outcome, stamp, intervals.as_ref())));
    }
    made(&PathReport { scenario, baseline, years: &years, stamp: &stamp })
}
