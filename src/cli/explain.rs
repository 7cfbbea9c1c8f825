//! `zollverein explain`: which clause causes what.

use crate::cli::Explain;
use crate::cli::open;
use crate::cli::output::Output;
use std::sync::Arc;
use zollverein_report::stamp::Stamp;
use zollverein_report::{Explained, explained_files, explained_json, explained_terminal};
use zollverein_scenario::explain::{ExplainError, Named, explain as taken_apart};
use zollverein_tables as table;

/// Shares a change out among the clauses that cause it.
pub fn explain(arguments: &Explain, output: Output) -> anyhow::Result<()> {
    let waiting = output.waiting("evaluating every set of clauses");
    let opened = arguments.opening.open()?;
    let baseline = Arc::new(opened.baseline);
    let members = opened.policy.members(&baseline);
    let named = Named {
        countries: arguments.country.as_deref(),
        groups: arguments.group.as_deref(),
        indicator: &arguments.indicator,
        product: arguments.product.as_deref(),
        keep: arguments.keep.as_deref().unwrap_or_default(),
        by_kind: arguments.by_kind,
        whole: arguments.whole,
    };
    let question = named.question(&baseline, &members)?;
    let model = opened.scenario.model(Arc::clone(&baseline))?;
    let outcome = model.evaluate(&opened.policy)?;
    let explanation =
        taken_apart(&opened.scenario, &model, &outcome, question).map_err(|error| match error {
            ExplainError::Input(problems) => anyhow::Error::new(problems),
            ExplainError::Stopped => anyhow::Error::new(error),
            ExplainError::Solve { ref clauses, ref source } => {
                let told = format!("with {clauses} on and the other clauses off: {source}");
                anyhow::Error::new(source.clone()).context(told)
            }
        })?;
    let stamp = Stamp::of(&opened.scenario, &opened.folder, &model, &outcome);
    let report = Explained {
        scenario: &opened.scenario,
        baseline: &baseline,
        explanation: &explanation,
        stamp: &stamp,
    };
    if let Some(folder) = &arguments.out {
        table::write(folder, &explained_files(&report)?)?;
    }
    drop(waiting);
    if arguments.json {
        output.json(&explained_json(&report))?;
    } else if !arguments.quiet {
        output.data(&explained_terminal(&report))?;
    }
    if !opened.scenario.years().is_empty() {
        output.say(&open::first_year(&opened.scenario));
    }
    if let Some(folder) = &arguments.out {
        output.say(&format!("Results are in {0}: open {0}/explain.html.", folder.display()));
    }
    Ok(())
}
