//! Bargains in words and tables.

use super::{Answer, numbers, payoff_bars, proposal, set, standings, stopped};
use crate::brief::aligned::{Lean, columns};
use crate::brief::words;
use crate::negotiation::agreement::Bargains;
use crate::negotiation::bargaining::Rule;
use crate::negotiation::talks::Talks;
use crate::table::{Cell, Table};
use serde_json::json;
use std::fmt::Write as _;

/// What rules of bargaining choose.
#[must_use]
pub fn bargains_answer(talks: &Talks, found: &Bargains) -> Answer {
    let mut text = format!("{}\n", words::plain(&talks.scenario.title()));
    text.push_str("What each party gains against no agreement, million USD a year, by rule:\n\n");
    let agreed: Vec<_> = found.agreed.iter().filter_map(|(rule, one)| Some((*rule, one.as_ref()?))).collect();
    let mut headings = vec![("Party", Lean::Left), ("as proposed", Lean::Right), ("at most", Lean::Right)];
    headings.extend(agreed.iter().map(|(rule, _)| (title(*rule), Lean::Right)));
    let mut rows: Vec<Vec<String>> = vec![];
    for (at, party) in found.parties.iter().enumerate() {
        let mut row = vec![
            words::plain(&talks.parties[*party].name),
            words::change(found.proposed[at]),
            words::change(found.ideals[at]),
        ];
        row.extend(agreed.iter().map(|(_, one)| words::change(one.gains[at])));
        rows.push(row);
    }
    for (at, number) in talks.agenda.numbers.iter().enumerate() {
        let mut row = vec![format!("  {}", number.name), set(number.proposed), String::new()];
        row.extend(agreed.iter().map(|(_, one)| set(one.point.numbers[at])));
        rows.push(row);
    }
    for (at, menu) in talks.agenda.menus.iter().enumerate() {
        let mut row = vec![format!("  {}", menu.name), menu.said(menu.proposed), String::new()];
        row.extend(agreed.iter().map(|(_, one)| menu.said(one.point.choices[at])));
        rows.push(row);
    }
    text.push_str(&columns(&headings, &rows));
    text.push_str(
        "At most: the largest gain at any point that a search looked at. No column is better than another by that \
         one's own rule.\n",
    );
    for (rule, one) in &found.agreed {
        // writing to a String cannot fail, here and below
        let _ = match one {
            Some(one) => match one.residual {
                Some(residual) => writeln!(
                    text,
                    "{}: slopes that nothing holds {residual:.1e} of the largest.",
                    title(*rule)
                ),
                None => writeln!(
                    text,
                    "{}: the best point that any search looked at; a search of its own ended no better.",
                    title(*rule)
                ),
            },
            None => writeln!(
                text,
                "{}: the search found no agreement that leaves everyone better off, which is no proof that there is none.",
                title(*rule)
            ),
        };
    }
    stopped(found.complete, &mut text);
    let mut rows: Vec<Vec<Cell>> = vec![];
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
    let table =
        Table::new("bargains", &["rule", "party", "gain_million_usd", "largest_gain_million_usd"], rows);
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
        tables: vec![table, numbers(talks, &points), standings(talks, &places)],
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
