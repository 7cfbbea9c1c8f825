//! A fund in words and tables.

use super::Answer;
use crate::aligned::{Lean, columns};
use crate::page::{Bar, Bars};
use crate::{chart, words};
use serde_json::json;
use std::fmt::Write as _;
use zollverein_model::units::percent;
use zollverein_negotiation::fund::Fund;
use zollverein_negotiation::talks::Talks;
use zollverein_tables::{Artefact, Cell, Table};

/// Recipients that are shown to people, those that are paid most; files have all.
const SHOWN: usize = 20;

/// What a fund does.
#[must_use]
pub fn fund_answer(talks: &Talks, found: &Fund) -> Answer {
    let name = |country: zollverein_model::baseline::CountryId| {
        words::plain(&talks.baseline.countries[country.index()].name)
    };
    let mut text = format!("{}\n", words::plain(&talks.scenario.title()));
    // writing to a String cannot fail, here and below
    let losers = found.recipients.iter().filter(|(_, recipient)| recipient.change < 0.0).count();
    let _ = writeln!(
        text,
        "{} of {} lose. A fund of {} million USD a year leaves none of them worse off.",
        losers,
        words::counted(found.recipients.len(), "recipient", "recipients"),
        words::figure(found.cheapest)
    );
    let _ = writeln!(
        text,
        "A fund of {} million USD a year, of which administration takes {}, is shared so that the worst off over its \
         product is lifted first:\n",
        words::figure(found.fund),
        words::figure(found.overhead)
    );
    let mut order: Vec<usize> = (0..found.recipients.len()).collect();
    order.sort_by(|a, b| found.shares.paid[*b].total_cmp(&found.shares.paid[*a]).then(a.cmp(b)));
    let rows: Vec<Vec<String>> = order
        .iter()
        .take(SHOWN)
        .map(|at| {
            let (country, recipient) = &found.recipients[*at];
            vec![
                name(*country),
                words::change(recipient.change),
                words::figure(found.shares.paid[*at]),
                words::change(percent(recipient.change / recipient.gdp)),
                words::change(percent(found.shares.after[*at])),
            ]
        })
        .collect();
    let headings = [
        ("Recipient", Lean::Left),
        ("change, million USD", Lean::Right),
        ("paid", Lean::Right),
        ("% of GDP before", Lean::Right),
        ("after", Lean::Right),
    ];
    text.push_str(&columns(&headings, &rows));
    if order.len() > SHOWN {
        let _ = writeln!(text, "… and {} more, in the files.", order.len() - SHOWN);
    }
    if found.shares.left > 0.0 {
        let left = words::figure(found.shares.left);
        let _ = writeln!(text, "\n{left} million USD a year of it is needed by nobody.");
    }
    text.push_str("\nTo set it against, the change of government revenue, million USD a year:\n");
    for (party, revenue) in talks.parties.iter().zip(&found.revenue) {
        let _ = writeln!(text, "  {}: {}", words::plain(&party.name), words::change(*revenue));
    }
    if !found.not_known.is_empty() {
        let names: Vec<String> = found.not_known.iter().map(|country| name(*country)).collect();
        let _ = writeln!(text, "\nWithout a known product, and so left out: {}.", words::listed(&names));
    }
    text.push_str(
        "\nTransfers are counted as money alone: what recipients do with them does not move trade.\n",
    );
    answer(talks, found, text, &order)
}

fn answer(talks: &Talks, found: &Fund, text: String, order: &[usize]) -> Answer {
    let code = |country: zollverein_model::baseline::CountryId| {
        talks.baseline.countries[country.index()].code.clone()
    };
    let rows = order.iter().map(|at| {
        let (country, recipient) = &found.recipients[*at];
        vec![
            Cell::from(code(*country)),
            recipient.change.into(),
            recipient.gdp.into(),
            found.shares.paid[*at].into(),
            percent(recipient.change / recipient.gdp).into(),
            percent(found.shares.after[*at]).into(),
        ]
    });
    let names = [
        "country",
        "change_million_usd",
        "gdp_million_usd",
        "paid_million_usd",
        "percent_of_gdp_before",
        "percent_of_gdp_after",
    ];
    let bars = order.iter().take(SHOWN).filter(|at| found.shares.paid[**at] > 0.0).map(|at| {
        let (country, _) = &found.recipients[*at];
        let name = words::plain(&talks.baseline.countries[country.index()].name);
        Bar { label: name, value: found.shares.paid[*at] }
    });
    let chart = Bars {
        title: "What the fund pays".to_owned(),
        unit: "million USD a year".to_owned(),
        rise_is_gain: true,
        bars: bars.collect(),
    };
    Answer {
        question: "compensate",
        text,
        facts: vec![
            ("cheapest_fund_million_usd", json!(found.cheapest)),
            ("fund_million_usd", json!(found.fund)),
            ("administration_million_usd", json!(found.overhead)),
            ("left_over_million_usd", json!(found.shares.left)),
            (
                "revenue_change_million_usd",
                json!(
                    talks
                        .parties
                        .iter()
                        .zip(&found.revenue)
                        .map(|(party, revenue)| (party.name.clone(), json!(revenue)))
                        .collect::<serde_json::Map<_, _>>()
                ),
            ),
            ("without_known_gdp", json!(found.not_known.iter().map(|one| code(*one)).collect::<Vec<_>>())),
        ],
        charts: vec![Artefact::text("fund.svg", chart::sheet(&[chart]))],
        proposals: vec![],
        tables: vec![Table::new("compensation", &names, rows)],
        complete: true,
    }
}
