//! Retaliation in words and tables.

use super::{Answer, numbers, page, payoff_bars, set, standings, unfinished};
use crate::page::{Block, Cell, Grid, Page, Setter};
use crate::{Plain, words};
use serde_json::json;
use zollverein_games::optimum::Point;
use zollverein_model::units::percent;
use zollverein_negotiation::answers::Retaliation;
use zollverein_negotiation::talks::{Position, Talks};
use zollverein_tables as table;

/// What retaliation does.
#[must_use]
pub fn retaliation_answer(talks: &Talks, found: &Retaliation) -> Answer {
    let cases = cases(talks, found);
    let numbered: Vec<(usize, usize)> = found
        .numbers
        .iter()
        .enumerate()
        .flat_map(|(party, own)| own.iter().map(move |number| (party, *number)))
        .collect();
    let mut heads = vec!["Case".to_owned()];
    heads.extend(numbered.iter().map(|(_, at)| talks.agenda.numbers[*at].name.clone()));
    heads.extend(talks.parties.iter().map(|party| words::plain(&party.name)));
    let row = |(name, point, position): &Case<'_>| {
        let numbers = numbered.iter().map(|(_, at)| set(point.numbers[*at]));
        let payoffs = position.standings.iter().map(|standing| words::change(standing.payoff.total()));
        std::iter::once(Cell::words(name)).chain(numbers.chain(payoffs).map(Cell::figure)).collect()
    };
    let rows = cases.iter().map(row).collect();
    let mut blocks = vec![Block::Table(Grid { caption: String::new(), heads, rows, note: String::new() })];
    for (at, (end, _)) in found.equilibria.iter().enumerate() {
        blocks.push(Block::Paragraph(format!(
            "Where answers end ({}): {} from {}; the most that anybody was found to gain by moving is {:.1e} million USD a year{}.",
            at + 1,
            words::counted(end.rounds, "round", "rounds"),
            words::counted(end.starts, "start", "starts"),
            end.residual,
            if end.settled { "" } else { ", and answers have not come to rest" },
        )));
    }
    for one in &found.rebalanced {
        let first = words::plain(&talks.parties[found.parties[one.first]].name);
        let second = words::plain(&talks.parties[found.parties[one.second]].name);
        let suffered = words::figure(one.suffered);
        blocks.push(Block::Paragraph(match one.share {
            _ if one.suffered <= 0.0 => {
                format!("{second} loses nothing by what {first} proposes: there is nothing to rebalance.")
            }
            Some(share) => format!(
                "{second} loses {suffered} million USD a year by what {first} proposes alone. {} % of its highest rates do {first} the same harm.",
                words::figure(percent(share))
            ),
            None => format!(
                "{second} loses {suffered} million USD a year by what {first} proposes alone; no share of its highest rates was found that does {first} the same harm."
            ),
        }));
    }
    blocks.extend(unfinished(found.complete));
    let description = "Numbers that parties set against each other, and their payoffs, million USD a year:";
    answer(talks, found, &page(talks, description.to_owned(), blocks), &cases)
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

fn answer(talks: &Talks, found: &Retaliation, page: &Page, cases: &[Case<'_>]) -> Answer {
    let mut rows: Vec<Vec<table::Cell>> = vec![];
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
        text: Plain.set(page),
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
            table::Table::new("rebalancing", &names, rows),
            numbers(talks, &points),
            standings(talks, &places),
        ],
        complete: found.complete,
    }
}
