//! The best agreement in words and tables.

use super::{Answer, numbers, payoff_bars, proposal, set, signatures, standings, stopped, unit};
use crate::aligned::{Lean, columns};
use crate::words;
use serde_json::json;
use std::fmt::Write as _;
use zollverein_games::optimum::{Point, Status};
use zollverein_negotiation::design::{Conflict, Design};
use zollverein_negotiation::talks::Talks;
use zollverein_tables::{Cell, Table};

/// A limit whose room is below this share of its scale binds.
const BINDS: f64 = 1e-6;

/// The best agreement.
#[must_use]
pub fn design_answer(talks: &Talks, found: &Design) -> Answer {
    let start = talks.start();
    let mut text = head(talks, found);
    text.push_str(&moves(talks, &start, &found.point));
    text.push('\n');
    text.push_str(&payoffs(talks, found));
    text.push('\n');
    text.push_str(&limits(talks, found));
    if let Some(conflict) = &found.conflict {
        text.push_str(&conflicting(talks, conflict));
    }
    search(found, &mut text);
    stopped(found.complete, &mut text);
    let points = [("proposed".to_owned(), start), ("agreed".to_owned(), found.point.clone())];
    let places = [("proposed".to_owned(), &*found.before), ("agreed".to_owned(), &*found.position)];
    Answer {
        question: "design",
        text,
        tables: vec![
            numbers(talks, &points),
            standings(talks, &places),
            signatures(talks, &places),
            limit_table(talks, found),
        ],
        facts: vec![
            ("objective_before", json!(talks.objective(&found.before))),
            ("objective", json!(found.objective)),
            ("all_limits_kept", json!(found.kept)),
            ("status", json!(found.status.name())),
            ("kkt_residual", json!(found.residual.is_finite().then_some(found.residual))),
            ("searches", json!(found.agree.1)),
            ("searches_that_ended_here", json!(found.agree.0)),
            ("equilibria_asked_for", json!(found.asked)),
            ("points_tried", json!(found.tried)),
        ],
        charts: vec![payoff_bars(talks, "the agreement", &found.position)],
        proposals: proposal(talks, &found.point, "the best agreement found")
            .map(|scenario| ("proposal".to_owned(), scenario))
            .into_iter()
            .collect(),
        complete: found.complete,
    }
}

fn head(talks: &Talks, found: &Design) -> String {
    let title = words::plain(&talks.scenario.title());
    let before = talks.objective(&found.before);
    let verdict = if found.kept {
        format!(
            "The best agreement found is worth {} against {} as proposed (objectives added up by their weights).",
            words::change(found.objective),
            words::change(before)
        )
    } else {
        "The search found no agreement that keeps every red line. Below is the point that misses least."
            .to_owned()
    };
    format!("{title}\n{verdict}\n\n")
}

/// What is moved, as aligned text.
pub(super) fn moves(talks: &Talks, from: &Point, to: &Point) -> String {
    let mut rows = vec![];
    let numbers = talks.agenda.numbers.iter().zip(from.numbers.iter().zip(&to.numbers));
    for (number, (before, after)) in numbers {
        let at = if *after == number.bounds.0 {
            "at its least"
        } else if *after == number.bounds.1 {
            "at its most"
        } else {
            ""
        };
        rows.push(vec![number.name.clone(), set(*before), set(*after), at.to_owned()]);
    }
    let menus = talks.agenda.menus.iter().zip(from.choices.iter().zip(&to.choices));
    for (menu, (before, after)) in menus {
        rows.push(vec![menu.name.clone(), menu.said(*before), menu.said(*after), String::new()]);
    }
    let headings =
        [("What is moved", Lean::Left), ("proposed", Lean::Right), ("agreed", Lean::Right), ("", Lean::Left)];
    columns(&headings, &rows)
}

fn payoffs(talks: &Talks, found: &Design) -> String {
    let parties = talks.parties.iter().enumerate();
    let rows = parties.map(|(at, party)| {
        let total = |position: &zollverein_negotiation::talks::Position| {
            words::change(position.standings[at].payoff.total())
        };
        let state = super::state(talks, at, &found.position);
        vec![words::plain(&party.name), total(&found.before), total(&found.position), state.to_owned()]
    });
    let headings = [
        ("Payoff, million USD a year", Lean::Left),
        ("proposed", Lean::Right),
        ("agreed", Lean::Right),
        ("", Lean::Left),
    ];
    columns(&headings, &rows.collect::<Vec<_>>())
}

fn limits(talks: &Talks, found: &Design) -> String {
    if talks.limits.is_empty() {
        return "No red line bounds the agreement.\n".to_owned();
    }
    let rows = talks.limits.iter().enumerate().map(|(at, limit)| {
        let sign = if limit.is_most { '≤' } else { '≥' };
        let room = found.room[at];
        let state = if room < -1e-8 * limit.scale {
            "missed"
        } else if room <= BINDS * limit.scale {
            "binds"
        } else {
            "kept"
        };
        vec![
            words::plain(&limit.name),
            format!("{sign} {} {}", words::figure(limit.bound), unit(limit.unit)),
            words::change(room),
            state.to_owned(),
            match found.prices.as_ref().map(|prices| prices[at]) {
                Some(price) if price > 0.0 => words::figure(price),
                Some(_) => "0".to_owned(),
                None => "not known".to_owned(),
            },
        ]
    });
    let headings = [
        ("Red lines", Lean::Left),
        ("bound", Lean::Left),
        ("room", Lean::Right),
        ("", Lean::Left),
        ("price", Lean::Right),
    ];
    let mut text = columns(&headings, &rows.collect::<Vec<_>>());
    text.push_str("Price: what one unit more room would add to the objective.\n");
    text
}

fn conflicting(talks: &Talks, conflict: &Conflict) -> String {
    let names: Vec<String> = conflict.limits.iter().map(|at| words::plain(&talks.limits[*at].name)).collect();
    let mut text = format!(
        "\nThese conflict: {}. Without any one of them the others can be kept, as far as the searches saw.\n",
        words::listed(&names)
    );
    text.push_str("The least violation, where the most missed of all is missed least:\n");
    for at in 0..talks.limits.len() {
        if conflict.room[at] < 0.0 {
            let limit = &talks.limits[at];
            let name = words::plain(&limit.name);
            let missed = words::amount(conflict.room[at]);
            // writing to a String cannot fail, here and below
            let _ = writeln!(text, "  {name} is missed by {missed} {}", unit(limit.unit));
        }
    }
    let _ = writeln!(text, "  at {}", words::plain(&talks.said(&conflict.point)));
    text
}

fn search(found: &Design, text: &mut String) {
    if !found.complete {
        return;
    }
    let (agree, all) = found.agree;
    let _ = write!(
        text,
        "\nHow it was found: {} from {}, of which {} ended here; {} equilibria.",
        words::counted(all, "search", "searches"),
        words::counted(all, "place or set of choices", "places and sets of choices"),
        agree,
        found.asked,
    );
    if found.residual.is_finite() {
        let _ = write!(text, " Slopes that nothing holds: {:.1e} of the largest.", found.residual);
    }
    text.push('\n');
    let tried = words::figure(found.tried as f64);
    if !found.kept {
        let _ = writeln!(text, "None of the {tried} points that were tried keeps every red line.");
        return;
    }
    let _ = writeln!(
        text,
        "Of the {tried} points that were tried none is better and keeps every red line. {}",
        if found.status == Status::Converged {
            "Its slopes are those of a local best; no search can prove that there is no better agreement elsewhere."
        } else {
            "Its slopes are not those of a local best: a better agreement may lie near it."
        }
    );
}

fn limit_table(talks: &Talks, found: &Design) -> Table {
    let rows = talks.limits.iter().enumerate().map(|(at, limit)| {
        let conflicts = found.conflict.as_ref().is_some_and(|conflict| conflict.limits.contains(&at));
        vec![
            Cell::from(limit.name.as_str()),
            limit.unit.into(),
            if limit.is_most { "at_most" } else { "at_least" }.into(),
            limit.bound.into(),
            found.room[at].into(),
            found.prices.as_ref().map(|prices| prices[at]).into(),
            if conflicts { "yes" } else { "no" }.into(),
        ]
    });
    let names = ["limit", "unit", "kind", "bound", "room", "objective_per_unit", "conflicts"];
    Table::new("limits", &names, rows)
}
