//! `zollverein run`: where markets settle under a scenario, on screen and in files.

use crate::batch::{Intervals, usual_cache};
use crate::brief::{self, Report};
use crate::cli::Run;
use crate::cli::batch::plain;
use crate::cli::open;
use crate::cli::output::Output;
use crate::cli::path;
use crate::table::{self, Format};
use std::sync::Arc;

/// Runs a scenario.
pub fn run(arguments: &Run, output: Output) -> anyhow::Result<()> {
    let waiting = output.waiting("reading the data and solving");
    let opened = open::open_year(&arguments.scenario, arguments.data.as_deref(), arguments.year)?;
    if !opened.scenario.years().is_empty() {
        return path::run(arguments, opened, output, waiting);
    }
    let baseline = Arc::new(opened.baseline);
    let model = opened.scenario.model(Arc::clone(&baseline))?;
    let outcome = opened.scenario.outcome(&model, &opened.policy)?;
    let stamp = open::stamp(&opened.scenario, &opened.folder, &model, &outcome);
    let cache = usual_cache();
    let intervals = Intervals::of(&opened.scenario, &opened.folder, cache.as_deref()).map_err(plain)?;
    let (title, clauses) = (opened.scenario.title(), opened.scenario.clauses());
    let report = Report {
        title: &title,
        description: opened.scenario.description(),
        clauses: &clauses,
        baseline: &baseline,
        outcome: &outcome,
        stamp: &stamp,
        social_cost: opened.scenario.social_cost(),
        intervals: intervals.as_ref(),
        of_year: opened.scenario.year(),
    };
    if let Some(folder) = &arguments.out {
        table::write(folder, &brief::files(&report, format(arguments))?)?;
    }
    drop(waiting);
    if arguments.json {
        output.json(&brief::json(&report))?;
    } else if !arguments.quiet {
        output.data(&brief::terminal(&report, output.colour))?;
    }
    if let Some(folder) = &arguments.out {
        output
            .say(&format!("Results are in {0}: open {0}/brief.html, or take the tables.", folder.display()));
    }
    Ok(())
}

/// The format that is asked for.
pub fn format(arguments: &Run) -> Format {
    arguments.format.format()
}
