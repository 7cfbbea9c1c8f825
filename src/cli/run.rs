//! `zollverein run`: where markets settle under a scenario, on screen and in files.

use crate::cli::Run;
use crate::cli::output::Output;
use crate::cli::path;
use zollverein_batch::usual_cache;
use zollverein_report as brief;
use zollverein_tables::{self as table};

/// Runs a scenario.
pub fn run(arguments: &Run, output: Output) -> anyhow::Result<()> {
    let waiting = output.waiting("reading the data and solving");
    let opened = arguments.opening.open()?;
    if !opened.scenario.years().is_empty() {
        return path::run(arguments, opened, output, waiting);
    }
    let solved = opened.solve(usual_cache().as_deref(), !arguments.banded.no_bands)?;
    let report = solved.report();
    if let Some(folder) = &arguments.out {
        table::write(folder, &brief::files(&report, arguments.format.format())?)?;
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
