//! The frontier in words, as a table and as a chart.

use super::{Answer, chart, numbers, proposal, set, standings, stopped, unit};
use crate::aligned::{Lean, columns};
use crate::words;
use serde_json::json;
use std::fmt::Write as _;
use zollverein_games::optimum::Status;
use zollverein_negotiation::frontier::Frontier;
use zollverein_negotiation::talks::Talks;
use zollverein_tables::{Cell, Table};

/// The frontier between objectives.
#[must_use]
pub fn frontier_answer(talks: &Talks, found: &Frontier) -> Answer {
    let objectives: Vec<_> = found.objectives.iter().map(|at| &talks.agenda.objectives[*at]).collect();
    let names: Vec<String> = objectives.iter().map(|objective| words::plain(&objective.name)).collect();
    let mut text = format!("{}\n", words::plain(&talks.scenario.title()));
    // writing to a String cannot fail, here and below
    let _ = match found.points.len() {
        0 => writeln!(text, "The search found no agreement that keeps every red line, and so no frontier."),
        count => writeln!(
            text,
            "{} on the frontier between {}: of those tried none is better in all of them.\n",
            words::counted(count, "agreement", "agreements"),
            words::listed(&names)
        ),
    };
    let said: Vec<String> = objectives
        .iter()
        .map(|objective| format!("{}, {}", words::plain(&objective.name), unit(objective.unit())))
        .collect();
    let mut headings = vec![("point", Lean::Right)];
    headings.extend(said.iter().map(|said| (said.as_str(), Lean::Right)));
    headings.extend(talks.agenda.numbers.iter().map(|number| (number.name.as_str(), Lean::Right)));
    headings.extend(talks.agenda.menus.iter().map(|menu| (menu.name.as_str(), Lean::Right)));
    let rows: Vec<Vec<String>> = found
        .points
        .iter()
        .enumerate()
        .map(|(at, point)| {
            let mut row = vec![(at + 1).to_string()];
            row.extend(point.worth.iter().map(|worth| words::change(*worth)));
            row.extend(point.point.numbers.iter().map(|number| set(*number)));
            let menus = talks.agenda.menus.iter().zip(&point.point.choices);
            row.extend(menus.map(|(menu, choice)| menu.said(*choice)));
            row
        })
        .collect();
    if !rows.is_empty() {
        text.push_str(&columns(&headings, &rows));
    }
    if found.missing > 0 {
        let _ = writeln!(
            text,
            "\nThe search found no agreement that keeps every red line for {}.",
            words::counted(found.missing, "target", "targets")
        );
    }
    if let Some(worst) = found.points.iter().filter_map(|point| point.residual).reduce(f64::max) {
        let _ =
            writeln!(text, "\nSlopes that nothing holds: {worst:.1e} of the largest, at the worst point.");
    }
    stopped(found.complete, &mut text);
    answer(talks, found, text)
}

/// The points, counted from 1, whose search did not end at a local best.
fn not_converged(found: &Frontier) -> Vec<usize> {
    let numbered = found.points.iter().enumerate();
    numbered.filter(|(_, point)| point.status() != Status::Converged).map(|(at, _)| at + 1).collect()
}

fn answer(talks: &Talks, found: &Frontier, text: String) -> Answer {
    let mut rows: Vec<Vec<Cell>> = vec![];
    for (at, point) in found.points.iter().enumerate() {
        for (objective, worth) in found.objectives.iter().zip(&point.worth) {
            let objective = &talks.agenda.objectives[*objective];
            rows.push(vec![
                Cell::from((at + 1) as f64),
                objective.name.as_str().into(),
                objective.unit().into(),
                (*worth).into(),
                point.residual.into(),
            ]);
        }
    }
    let label = |at: usize| (at + 1).to_string();
    let points: Vec<_> =
        found.points.iter().enumerate().map(|(at, one)| (label(at), one.point.clone())).collect();
    let places: Vec<_> =
        found.points.iter().enumerate().map(|(at, one)| (label(at), &*one.position)).collect();
    let frontier = Table::new("frontier", &["point", "objective", "unit", "value", "kkt_residual"], rows);
    let proposals = found.points.iter().enumerate().filter_map(|(at, one)| {
        let scenario = proposal(talks, &one.point, &format!("point {} of a frontier", at + 1))?;
        Some((format!("points/{:02}", at + 1), scenario))
    });
    Answer {
        question: "frontier",
        text,
        facts: vec![
            ("points", json!(found.points.len())),
            ("targets_without_an_agreement", json!(found.missing)),
            ("points_not_converged", json!(not_converged(found))),
        ],
        charts: chart::frontier(talks, found).into_iter().collect(),
        proposals: proposals.collect(),
        tables: vec![frontier, numbers(talks, &points), standings(talks, &places)],
        complete: found.complete,
    }
}
