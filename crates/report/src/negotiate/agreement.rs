//! Bargains in words and tables.

use super::{Answer, numbers, page, payoff_bars, proposal, set, standings, unfinished};
use crate::page::{Block, Cell, Grid, Setter};
use crate::{Plain, words};
use serde_json::json;
use zollverein_games::bargaining::Rule;
use zollverein_negotiation::agreement::Bargains;
use zollverein_negotiation::talks::Talks;
use zollverein_tables as table;

/// What rules of bargaining choose.
#[must_use]
pub fn bargains_answer(talks: &Talks, found: &Bargains) -> Answer {
    let agreed: Vec<_> = found.agreed.iter().filter_map(|(rule, one)| Some((*rule, one.as_ref()?))).collect();
    let mut heads = ["Party", "as proposed", "at most"].map(str::to_owned).to_vec();
    heads.extend(agreed.iter().map(|(rule, _)| title(*rule).to_owned()));
    let mut shown: Vec<Vec<Cell>> = vec![];
    let mut row = |name: String, proposed: String, ideal: String, by_rule: Vec<String>| {
        let figures = [proposed, ideal].into_iter().chain(by_rule).map(Cell::figure);
        shown.push(std::iter::once(Cell::words(name)).chain(figures).collect());
    };
    for (at, party) in found.parties.iter().enumerate() {
        let name = words::plain(&talks.parties[*party].name);
        let gains = agreed.iter().map(|(_, one)| words::change(one.gains[at])).collect();
        row(name, words::change(found.proposed[at]), words::change(found.ideals[at]), gains);
    }
    for (at, number) in talks.agenda.numbers.iter().enumerate() {
        let agreed = agreed.iter().map(|(_, one)| set(one.point.numbers[at])).collect();
        row(format!("  {}", number.name), set(number.proposed), String::new(), agreed);
    }
    for (at, menu) in talks.agenda.menus.iter().enumerate() {
        let agreed = agreed.iter().map(|(_, one)| menu.said(one.point.choices[at])).collect();
        row(format!("  {}", menu.name), menu.said(menu.proposed), String::new(), agreed);
    }
    let mut note =
        "At most: the largest gain at any point that a search looked at. No column is better than another \
                    by that one's own rule."
            .to_owned();
    for (rule, one) in &found.agreed {
        let how = match one.as_ref().map(|one| one.residual) {
            Some(Some(residual)) => format!("slopes that nothing holds {residual:.1e} of the largest."),
            Some(None) => {
                "the best point that any search looked at; a search of its own ended no better.".to_owned()
            }
            None => {
                "the search found no agreement that leaves everyone better off, which is no proof that there \
                     is none."
                    .to_owned()
            }
        };
        note.extend(["\n", title(*rule), ": ", &how]);
    }
    let mut blocks = vec![Block::Table(Grid { caption: String::new(), heads, rows: shown, note })];
    blocks.extend(unfinished(found.complete));
    let description = "What each party gains against no agreement, million USD a year, by rule:".to_owned();
    let text = Plain.set(&page(talks, description, blocks));
    let mut rows: Vec<Vec<table::Cell>> = vec![];
    for (rule, one) in &agreed {
        for (at, party) in found.parties.iter().enumerate() {
            rows.push(vec![
                rule.name().into(),
                talks.parties[*party].name.as_str().into(),
                one.gains[at].into(),
                found.ideals[at].into(),
            ]);
        }
    }
    let bargains = table::Table::new(
        "bargains",
        &["rule", "party", "gain_million_usd", "largest_gain_million_usd"],
        rows,
    );
    let points: Vec<_> =
        agreed.iter().map(|(rule, one)| (rule.name().to_owned(), one.point.clone())).collect();
    let places: Vec<_> = agreed.iter().map(|(rule, one)| (rule.name().to_owned(), &*one.position)).collect();
    let proposals = agreed.iter().filter_map(|(rule, one)| {
        let scenario = proposal(talks, &one.point, &format!("the {} bargain", title(*rule)))?;
        Some((rule.name().to_owned(), scenario))
    });
    Answer {
        question: "bargain",
        text,
        facts: facts(found),
        charts: agreed
            .first()
            .map(|(rule, one)| payoff_bars(talks, title(*rule), &one.position))
            .into_iter()
            .collect(),
        proposals: proposals.collect(),
        tables: vec![bargains, numbers(talks, &points), standings(talks, &places)],
        complete: found.complete,
    }
}

fn title(rule: Rule) -> &'static str {
    match rule {
        Rule::Nash => "Nash",
        Rule::KalaiSmorodinsky => "Kalai-Smorodinsky",
        Rule::Egalitarian => "egalitarian",
        Rule::Utilitarian => "largest sum",
    }
}

/// What the searches of the rules came to.
fn facts(found: &Bargains) -> Vec<(&'static str, serde_json::Value)> {
    let (with, without): (Vec<_>, Vec<_>) = found.agreed.iter().partition(|(_, one)| one.is_some());
    let names: Vec<_> = without.iter().map(|(rule, _)| rule.name()).collect();
    let status = with.iter().filter_map(|(rule, one)| {
        let status = one.as_ref()?.status();
        Some((rule.name().to_owned(), json!(status.name())))
    });
    vec![("rules_without_an_agreement", json!(names)), ("status", status.collect())]
}
