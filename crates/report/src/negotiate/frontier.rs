//! The frontier in words, as a table and as a chart.

use super::{Answer, chart, numbers, page, proposal, set, standings, unfinished, unit};
use crate::page::{Block, Cell, Grid, Page, Setter};
use crate::{Plain, words};
use serde_json::json;
use zollverein_games::optimum::Status;
use zollverein_negotiation::frontier::{Frontier, FrontierPoint};
use zollverein_negotiation::talks::Talks;
use zollverein_tables as table;

/// The frontier between objectives.
#[must_use]
pub fn frontier_answer(talks: &Talks, found: &Frontier) -> Answer {
    let objectives: Vec<_> = found.objectives.iter().map(|at| &talks.agenda.objectives[*at]).collect();
    let names: Vec<String> = objectives.iter().map(|objective| words::plain(&objective.name)).collect();
    let description = match found.points.len() {
        0 => "The search found no agreement that keeps every red line, and so no frontier.".to_owned(),
        count => format!(
            "{} on the frontier between {}: of those tried none is better in all of them.",
            words::counted(count, "agreement", "agreements"),
            words::listed(&names)
        ),
    };
    let mut heads = vec!["point".to_owned()];
    heads.extend(objectives.iter().map(|one| format!("{}, {}", words::plain(&one.name), unit(one.unit()))));
    heads.extend(talks.agenda.numbers.iter().map(|number| number.name.clone()));
    heads.extend(talks.agenda.menus.iter().map(|menu| menu.name.clone()));
    let row = |(at, point): (usize, &FrontierPoint)| {
        let menus = talks.agenda.menus.iter().zip(&point.point.choices);
        let numbers = point.point.numbers.iter().map(|number| set(*number));
        std::iter::once((at + 1).to_string())
            .chain(point.worth.iter().map(|worth| words::change(*worth)))
            .chain(numbers)
            .chain(menus.map(|(menu, choice)| menu.said(*choice)))
            .map(Cell::figure)
            .collect()
    };
    let rows: Vec<Vec<Cell>> = found.points.iter().enumerate().map(row).collect();
    let mut blocks = vec![];
    if !rows.is_empty() {
        blocks.push(Block::Table(Grid { caption: String::new(), heads, rows, note: String::new() }));
    }
    if found.missing > 0 {
        blocks.push(Block::Paragraph(format!(
            "The search found no agreement that keeps every red line for {}.",
            words::counted(found.missing, "target", "targets")
        )));
    }
    if let Some(worst) = found.points.iter().filter_map(|point| point.residual).reduce(f64::max) {
        blocks.push(Block::Paragraph(format!(
            "Slopes that nothing holds: {worst:.1e} of the largest, at the worst point."
        )));
    }
    blocks.extend(unfinished(found.complete));
    answer(talks, found, &page(talks, description, blocks))
}

/// The points, counted from 1, whose search did not end at a local best.
fn not_converged(found: &Frontier) -> Vec<usize> {
    let numbered = found.points.iter().enumerate();
    numbered.filter(|(_, point)| point.status() != Status::Converged).map(|(at, _)| at + 1).collect()
}

fn answer(talks: &Talks, found: &Frontier, page: &Page) -> Answer {
    let mut rows: Vec<Vec<table::Cell>> = vec![];
    for (at, point) in found.points.iter().enumerate() {
        for (objective, worth) in found.objectives.iter().zip(&point.worth) {
            let objective = &talks.agenda.objectives[*objective];
            rows.push(vec![
                table::Cell::from((at + 1) as f64),
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
    let frontier =
        table::Table::new("frontier", &["point", "objective", "unit", "value", "kkt_residual"], rows);
    let proposals = found.points.iter().enumerate().filter_map(|(at, one)| {
        let scenario = proposal(talks, &one.point, &format!("point {} of a frontier", at + 1))?;
        Some((format!("points/{:02}", at + 1), scenario))
    });
    Answer {
        question: "frontier",
        text: Plain.set(page),
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
