//! `zollverein run`: where markets settle under a scenario, on screen and in files.

use crate::brief::{self, Report};
use crate::cli::open;
use crate::cli::output::Output;
use crate::cli::{Run, TableFormat};
use crate::stamp::{ScenarioStamp, Stamp};
use crate::table::{self, Format};
use std::sync::Arc;

/// Runs a scenario.
pub fn run(arguments: &Run, output: Output) -> anyhow::Result<()> {
    let waiting = output.waiting("reading the data and solving");
    let opened = open::open(&arguments.scenario, arguments.data.as_deref())?;
    let baseline = Arc::new(opened.baseline);
    let model = opened.scenario.model(Arc::clone(&baseline))?;
    let outcome = model.evaluate(&opened.policy)?;
    let mut stamp = Stamp::new(&baseline, &outcome, model.engine());
    stamp.scenario = Some(ScenarioStamp {
        path: opened.scenario.path().display().to_string(),
        sha256: opened.scenario.digest(),
    });
    let settings = model.engine_settings().into_iter();
    stamp.engine.settings = settings.map(|(name, value)| (name.to_owned(), value.into())).collect();
    stamp.data.folder = Some(opened.folder.display().to_string());
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
        let format = match arguments.format {
            TableFormat::Csv => Format::Csv,
            TableFormat::Parquet => Format::Parquet,
        };
        table::write(folder, &brief::files(&report, format)?)?;
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
