//! A negotiation record as a table and in aligned text.

use crate::words;
use serde_json::{Value, json};
use std::fmt::Write as _;
use zollverein_batch::Intervals;
use zollverein_negotiation::payoff::{Payoff, Standing};
use zollverein_negotiation::rounds::Record;
use zollverein_tables::{Cell, Table};

/// A part of a payoff, with its name in files.
pub(super) type Part = (&'static str, fn(&Payoff) -> f64);

/// The width of names.
const NAME: usize = 44;

/// The parts of a payoff.
pub(super) const PARTS: [Part; 6] = [
    ("payoff", Payoff::total),
    ("consumers", |payoff| payoff.consumers),
    ("producers", |payoff| payoff.producers),
    ("revenue", |payoff| payoff.revenue),
    ("emissions", |payoff| payoff.emissions),
    ("jobs", |payoff| payoff.jobs),
];

/// The columns of `rounds`.
const ROUNDS: [&str; 9] =
    ["round", "party", "figure", "unit", "value", "slack", "kept", "share_signing", "share_crossed"];

/// The tables of a record: `rounds` with payoffs and red lines, and the share of draws in which a
/// party would sign and a line is crossed (`drawn`, by round); `moves` with what changed.
#[must_use]
pub fn rounds_tables(record: &Record, drawn: &[Option<Intervals>]) -> Vec<Table> {
    let (mut rows, mut moves): (Vec<Vec<Cell>>, Vec<Vec<Cell>>) = (vec![], vec![]);
    for (at, round) in record.rounds.iter().enumerate() {
        let known = drawn.get(at).and_then(Option::as_ref);
        for (position, (party, standing)) in record.parties.iter().zip(&round.standings).enumerate() {
            let Some(standing) = standing else { continue };
            let without = round.disagreement[position];
            let mut put = |figure: &str, unit: &str, more: [Cell; 5]| {
                let head = [round.name.as_str(), party.name.as_str(), figure, unit].map(Cell::from);
                rows.push(head.into_iter().chain(more).collect());
            };
            let none = || Cell::Known(None);
            let truth = |kept: bool| Cell::from(if kept { "yes" } else { "no" });
            for (name, of) in PARTS {
                let whole = name == PARTS[0].0;
                let signs = known.filter(|_| whole).and_then(|known| known.signs(&party.name));
                let (slack, kept) = if whole {
                    (standing.gain(without).into(), truth(standing.signs(without)))
                } else {
                    (none(), Cell::from(""))
                };
                put(name, "million_usd", [of(&standing.payoff).into(), slack, kept, signs.into(), none()]);
            }
            for (line, held) in party.red_lines.iter().zip(&standing.red_lines) {
                let crossed = known.and_then(|known| known.crossed(&party.name, &line.name));
                let more = [held.value.into(), held.slack.into(), truth(held.kept), none(), crossed.into()];
                put(&format!("red_line.{}", line.name), line.of.unit(), more);
            }
        }
        for moved in &round.moved {
            let said = |value: &Option<String>| value.clone().unwrap_or_default();
            moves.push(vec![
                round.name.as_str().into(),
                moved.path.as_str().into(),
                said(&moved.before).into(),
                said(&moved.after).into(),
            ]);
        }
    }
    vec![
        Table::new("rounds", &ROUNDS, rows),
        Table::new("moves", &["round", "path", "before", "after"], moves),
    ]
}

/// The same as JSON.
#[must_use]
pub fn rounds_json(record: &Record, drawn: &[Option<Intervals>]) -> Value {
    let [rounds, moves] = &rounds_tables(record, drawn)[..] else { return Value::Null };
    let zone: Vec<&str> = record.zone().into_iter().map(|round| record.rounds[round].name.as_str()).collect();
    let shares: Vec<Value> = record
        .rounds
        .iter()
        .zip(drawn)
        .filter_map(|(round, known)| {
            let share = known.as_ref()?.could_be_signed()?;
            Some(json!({ "round": round.name, "share": share }))
        })
        .collect();
    json!({
        "rounds": rounds.json(),
        "moves": moves.json(),
        "could_be_signed": zone,
        "could_be_signed_in_draws": shares,
    })
}

/// The record for people.
#[must_use]
pub fn rounds_text(record: &Record, drawn: &[Option<Intervals>]) -> String {
    let mut text = String::new();
    // writing to a String cannot fail, here and below
    for (at, round) in record.rounds.iter().enumerate() {
        let _ = writeln!(text, "{}  {}: {}", at + 1, words::plain(&round.name), words::plain(&round.title));
    }
    let _ = write!(text, "\n{:NAME$}", "Payoff, million USD a year");
    for at in 0..record.rounds.len() {
        let _ = write!(text, "{:>12}", at + 1);
    }
    text.push('\n');
    for (at, party) in record.parties.iter().enumerate() {
        let _ = write!(text, "{:NAME$}", words::cut(&party.name, NAME - 1));
        for payoff in record.payoffs(at) {
            let _ = write!(text, "{:>12}", payoff.map_or_else(|| "–".to_owned(), words::change));
        }
        text.push('\n');
        if record.rounds.iter().any(|round| round.disagreement[at] != 0.0) {
            let _ = write!(text, "{:NAME$}", "  gain against no agreement");
            for round in &record.rounds {
                let gain = round.standings[at].as_ref().map(|one| one.gain(round.disagreement[at]));
                let _ = write!(text, "{:>12}", gain.map_or_else(|| "–".to_owned(), words::change));
            }
            text.push('\n');
        }
        over_draws(&mut text, "    could sign in", drawn, &|known| known.signs(&party.name));
        for (line, red) in party.red_lines.iter().enumerate() {
            let bound = match red.bounds {
                (Some(least), Some(most)) => {
                    format!("{} to {}", words::figure(least), words::figure(most))
                }
                (Some(least), None) => format!("≥ {}", words::figure(least)),
                (None, Some(most)) => format!("≤ {}", words::figure(most)),
                (None, None) => String::new(),
            };
            let label = format!("  {} {bound} {}", red.name, unit(red.of.unit()));
            let _ = write!(text, "{:NAME$}", words::cut(&label, NAME - 1));
            for round in &record.rounds {
                let held = round.standings[at].as_ref().and_then(|standing| standing.red_lines.get(line));
                let said = held.map_or_else(
                    || "–".to_owned(),
                    |held| {
                        let value = held.value.map_or_else(|| "–".to_owned(), words::change);
                        if held.kept { value } else { format!("{value} ✗") }
                    },
                );
                let _ = write!(text, "{said:>12}");
            }
            text.push('\n');
            over_draws(&mut text, "    crossed in", drawn, &|known| known.crossed(&party.name, &red.name));
        }
    }
    over_draws(&mut text, "Could be signed by every party in", drawn, &Intervals::could_be_signed);
    let zone: Vec<String> = record.zone().into_iter().map(|round| (round + 1).to_string()).collect();
    let _ = match zone.as_slice() {
        [] => writeln!(
            text,
            "\nNo round is one that every party could sign: nobody may have less than without an agreement, or see a red line crossed (✗)."
        ),
        found => {
            writeln!(text, "\nEvery party could sign: round {}. ✗: a red line is crossed.", found.join(", "))
        }
    };
    for (at, round) in record.rounds.iter().enumerate().skip(1) {
        let _ = writeln!(text, "\nWhat moved from {at} to {}", at + 1);
        for moved in &round.moved {
            let said = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
            let path = words::plain(&moved.path);
            let _ = writeln!(
                text,
                "  {path}: {} → {}",
                words::plain(&said(&moved.before)),
                words::plain(&said(&moved.after))
            );
        }
        if round.moved.is_empty() {
            text.push_str("  nothing\n");
        }
    }
    let lacking = record.rounds.iter().flat_map(|round| round.standings.iter().flatten());
    if lacking.map(|standing: &Standing| standing.payoff.not_known).sum::<usize>() > 0 {
        text.push_str("\nSome members' figures are not known and in no payoff.\n");
    }
    text
}

/// A row of shares of draws, by round; nothing where none was drawn.
fn over_draws(
    text: &mut String,
    what: &str,
    drawn: &[Option<Intervals>],
    share: &dyn Fn(&Intervals) -> Option<f64>,
) {
    if drawn.iter().all(Option::is_none) {
        return;
    }
    let _ = write!(text, "{:NAME$}", format!("{what} … of draws"));
    for known in drawn {
        let said = known.as_ref().and_then(share).map_or_else(|| "–".to_owned(), words::share);
        let _ = write!(text, "{said:>12}");
    }
    text.push('\n');
}

/// A unit of files in words.
pub(super) fn unit(name: &str) -> &str {
    match name {
        "million_usd" => "million USD",
        "kt_co2e" => "kt CO2e",
        "percent" => "%",
        other => other,
    }
}
