//! Bargains in words and tables.

use super::{Answer, numbers, payoff_bars, proposal, set, signatures, standings, stopped};
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
    let by_rule = || agreed.iter().map(|(rule, _)| (title(*rule), Lean::Right));
    let mut headings = vec![("Party", Lean::Left), ("most found", Lean::Right)];
    headings.extend(by_rule());
    let mut rows: Vec<Vec<String>> = vec![];
    for (at, party) in found.parties.iter().enumerate() {
        let mut row = vec![words::plain(&talks.parties[*party].name), words::change(found.ideals[at])];
        row.extend(agreed.iter().map(|(_, one)| words::change(one.gains[at])));
        rows.push(row);
    }
    text.push_str(&columns(&headings, &rows));
    text.push_str("Most found: the party's largest gain in any agreement that was tried.\n\n");
    let mut headings = vec![("What is moved", Lean::Left), ("proposed", Lean::Right)];
    headings.extend(by_rule());
    let mut rows: Vec<Vec<String>> = vec![];
    for (at, number) in talks.agenda.numbers.iter().enumerate() {
        let mut row = vec![number.name.clone(), set(number.proposed)];
        row.extend(agreed.iter().map(|(_, one)| set(one.point.numbers[at])));
        rows.push(row);
    }
    for (at, menu) in talks.agenda.menus.iter().enumerate() {
        let mut row = vec![menu.name.clone(), menu.said(menu.proposed)];
        row.extend(agreed.iter().map(|(_, one)| menu.said(one.point.choices[at])));
        rows.push(row);
    }
    text.push_str(&columns(&headings, &rows));
    text.push('\n');
    // writing to a String cannot fail, here and below
    for (rule, one) in &found.agreed {
        let name = title(*rule);
        let _ = match one.as_ref().map(|one| one.residual) {
            Some(Some(residual)) => {
                writeln!(text, "{name}: slopes that nothing holds {residual:.1e} of the largest.")
            }
            Some(None) => writeln!(text, "{name}: the best point tried; no search ended there."),
            None if *rule == Rule::Utilitarian => writeln!(
                text,
                "{name}: the search found no agreement that keeps every red line and leaves nobody worse off."
            ),
            None => writeln!(text, "{name}: the search found no agreement that leaves everyone better off."),
        };
    }
    let _ = match found.tried {
        0 => writeln!(
            text,
            "None of the points that were tried keeps every red line and leaves nobody worse off."
        ),
        1 => writeln!(text, "1 agreement was tried that keeps every red line and leaves nobody worse off."),
        tried => writeln!(
            text,
            "Each answer was set against all {} agreements that were tried: by its own rule none is better. No search \
             can prove that there is none elsewhere.",
            words::figure(tried as f64)
        ),
    };
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
    let criteria = criteria(found);
    let points: Vec<_> =
        agreed.iter().map(|(rule, one)| (rule.name().to_owned(), one.point.clone())).collect();
    let places: Vec<_> = agreed.iter().map(|(rule, one)| (rule.name().to_owned(), &*one.position)).collect();
    let proposals = agreed.iter().filter_map(|(rule, one)| {
        let scenario = proposal(talks, &one.point, &format!("the {} bargain", title(*rule)))?;
        Some((rule.name().to_owned(), scenario))
    });
    let without = found.agreed.iter().filter(|(_, one)| one.is_none()).map(|(rule, _)| rule.name());
    let without: Vec<&str> = without.collect();
    Answer {
        question: "bargain",
        text,
        facts: vec![("rules_without_an_agreement", json!(without)), ("agreements_tried", json!(found.tried))],
        charts: agreed
            .first()
            .map(|(rule, one)| payoff_bars(talks, title(*rule), &one.position))
            .into_iter()
            .collect(),
        proposals: proposals.collect(),
        tables: vec![
            table,
            criteria,
            numbers(talks, &points),
            standings(talks, &places),
            signatures(talks, &places),
        ],
        complete: found.complete,
    }
}

/// What each rule makes as large as can be, at every rule's answer: none is larger than at its own.
fn criteria(found: &Bargains) -> Table {
    let mut rows: Vec<Vec<Cell>> = vec![];
    for (rule, _) in &found.agreed {
        for (at, one) in &found.agreed {
            let Some(one) = one else { continue };
            let value = rule.criterion(&one.gains, &found.powers, &found.ideals);
            rows.push(vec![rule.name().into(), at.name().into(), value.into()]);
        }
    }
    Table::new("criteria", &["rule", "at", "value"], rows)
}

fn title(rule: Rule) -> &'static str {
    match rule {
        Rule::Nash => "Nash",
        Rule::KalaiSmorodinsky => "Kalai-Smorodinsky",
        Rule::Egalitarian => "egalitarian",
        Rule::Utilitarian => "largest sum",
    }
}
