//! `zollverein run`: where markets settle under a scenario, on screen and in files.

use crate::brief::{self, Report};
use crate::cli::open;
use crate::cli::output::Output;
use crate::cli::path;
use crate::cli::{Run, TableFormat};
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
    let (title, clauses) = (opened.scenario.title(), opened.scenario.clauses());
    let report = Report {
        title: &title,
        description: opened.scenario.description(),
        clauses: &clauses,
        baseline: &baseline,
        outcome: &outcome,
        stamp: &stamp,
        social_cost: opened.scenario.social_cost(),
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
    match arguments.format {
        TableFormat::Csv => Format::Csv,
        TableFormat::Parquet => Format::Parquet,
    }
}
