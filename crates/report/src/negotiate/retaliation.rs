//! Retaliation in words and tables.

use super::{Answer, numbers, payoff_bars, set, standings, stopped};
use crate::aligned::{Lean, columns};
use crate::words;
use serde_json::json;
use std::fmt::Write as _;
use zollverein_games::optimum::Point;
use zollverein_model::units::percent;
use zollverein_negotiation::answers::Retaliation;
use zollverein_negotiation::talks::{Position, Talks};
use zollverein_tables::{Cell, Table};

/// What retaliation does.
#[must_use]
pub fn retaliation_answer(talks: &Talks, found: &Retaliation) -> Answer {
    let mut text = format!("{}\n", words::plain(&talks.scenario.title()));
    text.push_str("Numbers that parties set against each other, and their payoffs, million USD a year:\n\n");
    let cases = cases(talks, found);
    let numbered: Vec<(usize, usize)> = found
        .numbers
        .iter()
        .enumerate()
        .flat_map(|(party, own)| own.iter().map(move |number| (party, *number)))
        .collect();
    let mut headings = vec![("Case".to_owned(), Lean::Left)];
    headings.extend(numbered.iter().map(|(_, at)| (talks.agenda.numbers[*at].name.clone(), Lean::Right)));
    headings.extend(talks.parties.iter().map(|party| (words::plain(&party.name), Lean::Right)));
    let headings: Vec<(&str, Lean)> = headings.iter().map(|(name, lean)| (name.as_str(), *lean)).collect();
    let rows: Vec<Vec<String>> = cases
        .iter()
        .map(|(name, point, position)| {
            let mut row = vec![name.clone()];
            row.extend(numbered.iter().map(|(_, at)| set(point.numbers[*at])));
            row.extend(position.standings.iter().map(|standing| words::change(standing.payoff.total())));
            row
        })
        .collect();
    text.push_str(&columns(&headings, &rows));
    // writing to a String cannot fail, here and below
    for (at, (end, _)) in found.equilibria.iter().enumerate() {
        let _ = writeln!(
            text,
            "\nWhere answers end ({}): {} from {}; the most that anybody was found to gain by moving is {:.1e} million USD a year{}.",
            at + 1,
            words::counted(end.rounds, "round", "rounds"),
            words::counted(end.starts, "start", "starts"),
            end.residual,
            if end.settled { "" } else { ", and answers have not come to rest" },
        );
    }
    for one in &found.rebalanced {
        let first = words::plain(&talks.parties[found.parties[one.first]].name);
        let second = words::plain(&talks.parties[found.parties[one.second]].name);
        let suffered = words::figure(one.suffered);
        let _ = match one.share {
            _ if one.suffered <= 0.0 => {
                writeln!(
                    text,
                    "\n{second} loses nothing by what {first} proposes: there is nothing to rebalance."
                )
            }
            Some(share) => writeln!(
                text,
                "\n{second} loses {suffered} million USD a year by what {first} proposes alone. {} % of its highest rates do {first} the same harm.",
                words::figure(percent(share))
            ),
            None => writeln!(
                text,
                "\n{second} loses {suffered} million USD a year by what {first} proposes alone; no share of its highest rates was found that does {first} the same harm."
            ),
        };
    }
    stopped(found.complete, &mut text);
    answer(talks, found, text, &cases)
}

type Case<'a> = (String, Point, &'a Position);

/// Peace, each party's best alone, and where answers end.
fn cases<'a>(talks: &Talks, found: &'a Retaliation) -> Vec<Case<'a>> {
    let low = |point: &mut Point| {
        for at in found.numbers.iter().flatten() {
            point.numbers[*at] = talks.agenda.numbers[*at].bounds.0;
        }
    };
    let mut peace = talks.start();
    low(&mut peace);
    let mut cases = vec![("nobody acts".to_owned(), peace.clone(), &*found.peace)];
    for (party, (rates, position)) in found.alone.iter().enumerate() {
        let mut point = peace.clone();
        for (at, rate) in found.numbers[party].iter().zip(rates) {
            point.numbers[*at] = *rate;
        }
        let name = words::plain(&talks.parties[found.parties[party]].name);
        cases.push((format!("{name} alone, its best"), point, position));
    }
    for (at, (end, position)) in found.equilibria.iter().enumerate() {
        let mut point = peace.clone();
        for (own, rates) in found.numbers.iter().zip(&end.rates) {
            for (at, rate) in own.iter().zip(rates) {
                point.numbers[*at] = *rate;
            }
        }
        cases.push((format!("where answers end ({})", at + 1), point, position));
    }
    for one in &found.rebalanced {
        let (Some(share), Some(position)) = (one.share, &one.position) else { continue };
        let mut point = peace.clone();
        for at in &found.numbers[one.first] {
            point.numbers[*at] = talks.agenda.numbers[*at].proposed;
        }
        for at in &found.numbers[one.second] {
            let (low, high) = talks.agenda.numbers[*at].bounds;
            point.numbers[*at] = low + share * (high - low);
        }
        let name = |party: usize| words::plain(&talks.parties[found.parties[party]].name);
        cases.push((
            format!("{} acts, {} does equal harm", name(one.first), name(one.second)),
            point,
            position,
        ));
    }
    cases
}

fn answer(talks: &Talks, found: &Retaliation, text: String, cases: &[Case<'_>]) -> Answer {
    let mut rows: Vec<Vec<Cell>> = vec![];
    for one in &found.rebalanced {
        rows.push(vec![
            talks.parties[found.parties[one.first]].name.as_str().into(),
            talks.parties[found.parties[one.second]].name.as_str().into(),
            one.suffered.into(),
            one.share.map(percent).into(),
        ]);
    }
    let names = ["acts", "answers", "suffered_million_usd", "percent_of_highest_rates"];
    let points: Vec<_> = cases.iter().map(|(name, point, _)| (name.clone(), point.clone())).collect();
    let places: Vec<_> = cases.iter().map(|(name, _, position)| (name.clone(), *position)).collect();
    Answer {
        question: "retaliate",
        text,
        facts: vec![
            ("equilibria", json!(found.equilibria.len())),
            (
                "residual_million_usd",
                json!(found.equilibria.iter().map(|(end, _)| end.residual).collect::<Vec<_>>()),
            ),
            ("settled", json!(found.equilibria.iter().map(|(end, _)| end.settled).collect::<Vec<_>>())),
        ],
        charts: found
            .equilibria
            .first()
            .map(|(_, position)| payoff_bars(talks, "where answers end", position))
            .into_iter()
            .collect(),
        proposals: vec![],
        tables: vec![
            Table::new("rebalancing", &names, rows),
            numbers(talks, &points),
            standings(talks, &places),
        ],
        complete: found.complete,
    }
}
