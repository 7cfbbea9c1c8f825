//! The least concession in words and tables.

use super::{Answer, design, numbers, payoff_bars, proposal, set, standings, stopped};
use crate::aligned::{Lean, columns};
use crate::words;
use serde_json::json;
use std::fmt::Write as _;
use zollverein_model::units::percent;
use zollverein_negotiation::concession::Concessions;
use zollverein_negotiation::talks::Talks;
use zollverein_tables::{Cell, Table};

/// What would bring a party in.
#[must_use]
pub fn concessions_answer(talks: &Talks, found: &Concessions) -> Answer {
    let name = words::plain(&talks.parties[found.party].name);
    let mut text = format!("{}\n", words::plain(&talks.scenario.title()));
    // writing to a String cannot fail, here and below
    let _ = if found.signs {
        writeln!(
            text,
            "{name} signs this as it is. How far each number can be moved before it no longer does:\n"
        )
    } else {
        writeln!(text, "{name} does not sign this. What would just bring it in, each number by itself:\n")
    };
    let gain = |position: &zollverein_negotiation::talks::Position, party: usize| {
        words::change(position.standings[party].payoff.total())
    };
    let mut rows: Vec<Vec<String>> = vec![];
    for (number, one) in talks.agenda.numbers.iter().zip(&found.numbers) {
        let mut row = vec![number.name.clone(), set(number.proposed)];
        match one {
            Some(one) => {
                row.push(set(one.value));
                row.push(words::figure(percent(one.share)));
                row.extend((0..talks.parties.len()).map(|party| gain(&one.position, party)));
            }
            None => {
                row.push("none found within bounds".to_owned());
                row.extend((0..=talks.parties.len()).map(|_| String::new()));
            }
        }
        rows.push(row);
    }
    for (menu, good) in talks.agenda.menus.iter().zip(&found.menus) {
        for (choice, position) in good {
            let mut row =
                vec![menu.name.clone(), menu.said(menu.proposed), menu.said(*choice), String::new()];
            row.extend((0..talks.parties.len()).map(|party| gain(position, party)));
            rows.push(row);
        }
    }
    let parties: Vec<String> = talks.parties.iter().map(|party| words::plain(&party.name)).collect();
    let mut headings = vec![
        ("What is moved", Lean::Left),
        ("proposed", Lean::Right),
        ("limit", Lean::Right),
        ("% of its range", Lean::Right),
    ];
    headings.extend(parties.iter().map(|party| (party.as_str(), Lean::Right)));
    text.push_str(&columns(&headings, &rows));
    text.push_str("Under the parties: their payoffs there, million USD a year.\n");
    match &found.package {
        Some(package) => {
            text.push_str("\nThe package found that moves all numbers least:\n");
            text.push_str(&design::moves(talks, &talks.start(), &package.point));
            for (party, name) in parties.iter().enumerate() {
                let (before, after) = (gain(&found.before, party), gain(&package.position, party));
                let _ = writeln!(text, "  {name}: payoff {before} → {after} million USD a year");
            }
        }
        None if !found.signs && found.complete && !talks.agenda.numbers.is_empty() => {
            let _ =
                writeln!(text, "\nThe search found no package of the numbers with which {name} would sign.");
        }
        None => {}
    }
    stopped(found.complete, &mut text);
    answer(talks, found, text)
}

fn answer(talks: &Talks, found: &Concessions, text: String) -> Answer {
    let mut points = vec![];
    let mut places = vec![("proposed".to_owned(), &*found.before)];
    let mut rows: Vec<Vec<Cell>> = vec![];
    for (at, (number, one)) in talks.agenda.numbers.iter().zip(&found.numbers).enumerate() {
        rows.push(vec![
            number.name.as_str().into(),
            number.path.as_str().into(),
            number.proposed.into(),
            one.as_ref().map(|one| one.value).into(),
            one.as_ref().map(|one| percent(one.share)).into(),
        ]);
        if let Some(one) = one {
            let mut point = talks.start();
            point.numbers[at] = one.value;
            points.push((number.name.clone(), point));
            places.push((number.name.clone(), &*one.position));
        }
    }
    for (at, (menu, good)) in talks.agenda.menus.iter().zip(&found.menus).enumerate() {
        for (choice, position) in good {
            let mut point = talks.start();
            point.choices[at] = *choice;
            let name = format!("{}={}", menu.name, menu.said(*choice));
            points.push((name.clone(), point));
            places.push((name, &**position));
        }
    }
    if let Some(package) = &found.package {
        points.push(("package".to_owned(), package.point.clone()));
        places.push(("package".to_owned(), &*package.position));
    }
    let names = ["number", "path", "proposed", "limit", "percent_of_range"];
    Answer {
        question: "redline",
        text,
        facts: vec![
            ("party", json!(talks.parties[found.party].name)),
            ("signs_as_proposed", json!(found.signs)),
            ("package_found", json!(found.package.is_some())),
            ("package_status", json!(found.package.as_ref().map(|package| package.status.name()))),
            ("package_distance", json!(found.package.as_ref().map(|package| package.distance))),
        ],
        charts: found
            .package
            .iter()
            .map(|package| payoff_bars(talks, "the least package", &package.position))
            .collect(),
        proposals: found
            .package
            .iter()
            .filter_map(|one| {
                Some(("package".to_owned(), proposal(talks, &one.point, "the least concession")?))
            })
            .collect(),
        tables: vec![
            Table::new("concessions", &names, rows),
            numbers(talks, &points),
            standings(talks, &places),
        ],
        complete: found.complete,
    }
}
