//! `zollverein rounds`: a folder of proposals as a negotiation record.

use crate::cli::Rounds;
use crate::cli::open;
use crate::cli::output::Output;
use std::path::PathBuf;
use std::sync::Arc;
use zollverein_batch::usual_cache;
use zollverein_model::problem::{Place, Problems};
use zollverein_negotiation::disagreement;
use zollverein_negotiation::rounds::{Proposal, Record};
use zollverein_report::{rounds_json, rounds_tables, rounds_text};
use zollverein_tables::{self as table, Format};

/// Shows how each party stands, round by round.
pub fn rounds(arguments: &Rounds, output: Output) -> anyhow::Result<()> {
    let waiting = output.waiting("solving each proposal");
    let files = files(arguments)?;
    let mut problems = Problems::new();
    let mut opened = vec![];
    for path in &files {
        let one = open::open_year(path, arguments.data.as_deref(), arguments.year);
        match one.and_then(|one| Ok((one.scenario.parties(&one.baseline)?, one))) {
            Ok((parties, _)) if parties.is_empty() => problems.add(
                Place::file(path.display().to_string()),
                "the proposal names no party",
                "add [[party]], or let it extend a file that has them",
            ),
            Ok(found) => opened.push((path, found)),
            Err(more) => problems.append(more),
        }
    }
    problems.into_result(())?;
    let (mut solved, mut drawn) = (vec![], vec![]);
    for (path, (parties, one)) in opened {
        let baseline = Arc::new(one.baseline);
        let model = one.scenario.model(Arc::clone(&baseline))?;
        let outcome = one.scenario.outcome(&model, &one.policy)?;
        let disagreement = disagreement::payoffs(&one.scenario, &parties, &baseline, |other| {
            let policy = other.policy(&baseline)?;
            Ok::<_, anyhow::Error>(other.outcome(&model, &policy)?)
        })?;
        let name = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        let intervals = if arguments.banded.no_bands {
            None
        } else {
            open::drawn(&one.scenario, &one.folder, &baseline, usual_cache().as_deref())?
        };
        drawn.push(intervals);
        solved.push((name, one.scenario, parties, baseline, outcome, disagreement));
    }
    let proposals: Vec<Proposal<'_>> = solved
        .iter()
        .map(|(name, scenario, parties, baseline, outcome, disagreement)| Proposal {
            name: name.clone(),
            scenario,
            parties: parties.clone(),
            baseline,
            outcome,
            disagreement: disagreement.clone(),
        })
        .collect();
    let record = Record::of(&proposals);
    if let Some(folder) = &arguments.out {
        let tables = rounds_tables(&record, &drawn);
        let files: Result<Vec<_>, _> = tables.iter().map(|table| table.file(Format::Csv)).collect();
        table::write(folder, &files?)?;
    }
    drop(waiting);
    if arguments.json {
        output.json(&rounds_json(&record, &drawn))
    } else {
        output.data(&rounds_text(&record, &drawn))
    }
}

/// The proposals of a folder, in the order of their names.
fn files(arguments: &Rounds) -> Result<Vec<PathBuf>, Problems> {
    let mut problems = Problems::new();
    let mut files: Vec<PathBuf> = vec![];
    let place = || Place::file(arguments.dir.display().to_string());
    match std::fs::read_dir(&arguments.dir) {
        Ok(entries) => {
            files.extend(entries.filter_map(|entry| Some(entry.ok()?.path())));
            files.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
            files.sort();
            if files.is_empty() {
                problems.add(place(), "no proposal is in the folder", "put scenario files (.toml) into it");
            }
        }
        Err(error) => {
            problems.add(
                place(),
                format!("the folder cannot be read: {error}"),
                "name a folder of proposals",
            );
        }
    }
    problems.into_result(files)
}
