//! `zollverein run` on a scenario of several years: each year's results, and all side by side.

use crate::brief::{PathReport, Report, path_files, path_json, path_terminal};
use crate::cli::Run;
use crate::cli::open::{self, Opened};
use crate::cli::output::{Output, Waiting};
use crate::cli::run::format;
use crate::model::Model;
use crate::path::{PathError, solve};
use crate::scenario::Scenario;
use crate::stamp::{PathStamp, ScenarioStamp, Stamp};
use crate::table::{self, Artefact, Format};
use std::path::Path;
use std::sync::Arc;

/// Runs every year of a path.
pub fn run(arguments: &Run, opened: Opened, output: Output, waiting: Waiting) -> anyhow::Result<()> {
    let Opened { scenario, folder, baseline, .. } = opened;
    let model = scenario.model(Arc::new(baseline))?;
    reported(&scenario, &folder, &model, |report| {
        if let Some(folder) = &arguments.out {
            table::write(folder, &path_files(report, format(arguments))?)?;
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
    format: Format,
) -> anyhow::Result<Vec<Artefact>> {
    reported(scenario, folder, model, |report| Ok(path_files(report, format)?))
}

/// Solves every year, and makes something of the report.
fn reported<T>(
    scenario: &Scenario,
    folder: &Path,
    model: &Model,
    made: impl FnOnce(&PathReport<'_>) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let baseline = &model.baseline;
    let solved = solve(scenario, model).map_err(|error| match error {
        PathError::Input(problems) => anyhow::Error::new(problems),
        PathError::Solve { year, ref source } => {
            anyhow::Error::new(source.clone()).context(format!("in {year}: {source}"))
        }
    })?;
    let stamps: Vec<(i32, Stamp)> = solved
        .iter()
        .map(|one| (one.year, open::stamp(&one.scenario, folder, model, &one.outcome)))
        .collect();
    let of_years: Vec<(i32, &Stamp)> = stamps.iter().map(|(year, stamp)| (*year, stamp)).collect();
    let own = ScenarioStamp { path: scenario.path().display().to_string(), sha256: scenario.digest() };
    let stamp = PathStamp::new(own, &of_years)
        .ok_or_else(|| anyhow::anyhow!("a path without years cannot be shown"))?;
    let (title, clauses) = (scenario.title(), scenario.clauses());
    let years: Vec<(i32, Report<'_>)> = solved
        .iter()
        .zip(&stamps)
        .map(|(one, (year, stamp))| {
            let report = Report {
                title: &title,
                description: scenario.description(),
                clauses: &clauses,
                baseline,
                outcome: &one.outcome,
                stamp,
                social_cost: scenario.social_cost(),
                intervals: None,
                of_year: Some(one.year),
            };
            (*year, report)
        })
        .collect();
    made(&PathReport {
        title: &title,
        description: scenario.description(),
        clauses: &clauses,
        baseline,
        years: &years,
        stamp: &stamp,
    })
}
