//! A fund in words and tables.

use super::{Answer, page};
use crate::page::{Bar, Bars, Block, Cell, Fact, FactList, Grid, Page, Setter};
use crate::{Plain, chart, words};
use serde_json::json;
use zollverein_model::units::percent;
use zollverein_negotiation::fund::Fund;
use zollverein_negotiation::talks::Talks;
use zollverein_tables as table;

/// Recipients that are shown to people, those that are paid most; files have all.
const SHOWN: usize = 20;

/// What a fund does.
#[must_use]
pub fn fund_answer(talks: &Talks, found: &Fund) -> Answer {
    let name = |country: zollverein_model::baseline::CountryId| {
        words::plain(&talks.baseline.countries[country.index()].name)
    };
    let losers = found.recipients.iter().filter(|(_, recipient)| recipient.change < 0.0).count();
    let description = format!(
        "{} of {} lose. A fund of {} million USD a year leaves none of them worse off.\n\
         A fund of {} million USD a year, of which administration takes {}, is shared so that the worst off over its \
         product is lifted first:",
        losers,
        words::counted(found.recipients.len(), "recipient", "recipients"),
        words::figure(found.cheapest),
        words::figure(found.fund),
        words::figure(found.overhead)
    );
    let mut order: Vec<usize> = (0..found.recipients.len()).collect();
    order.sort_by(|a, b| found.shares.paid[*b].total_cmp(&found.shares.paid[*a]).then(a.cmp(b)));
    let row = |at: &usize| {
        let (country, recipient) = &found.recipients[*at];
        vec![
            Cell::words(name(*country)),
            Cell::figure(words::change(recipient.change)),
            Cell::figure(words::figure(found.shares.paid[*at])),
            Cell::figure(words::change(percent(recipient.change / recipient.gdp))),
            Cell::figure(words::change(percent(found.shares.after[*at]))),
        ]
    };
    let heads = ["Recipient", "change, million USD", "paid", "% of GDP before", "after"];
    let hidden = order.len().saturating_sub(SHOWN);
    let mut blocks = vec![Block::Table(Grid {
        caption: String::new(),
        heads: heads.map(str::to_owned).to_vec(),
        rows: order.iter().take(SHOWN).map(row).collect(),
        note: if hidden > 0 { format!("… and {hidden} more, in the files.") } else { String::new() },
    })];
    if found.shares.left > 0.0 {
        let left = words::figure(found.shares.left);
        blocks.push(Block::Paragraph(format!("{left} million USD a year of it is needed by nobody.")));
    }
    let revenue = talks.parties.iter().zip(&found.revenue);
    blocks.push(Block::Facts(FactList {
        about: "To set it against, the change of government revenue, million USD a year:".to_owned(),
        facts: revenue
            .map(|(party, revenue)| Fact::new(words::plain(&party.name), words::change(*revenue)))
            .collect(),
    }));
    if !found.not_known.is_empty() {
        let names: Vec<String> = found.not_known.iter().map(|country| name(*country)).collect();
        blocks.push(Block::Paragraph(format!(
            "Without a known product, and so left out: {}.",
            words::listed(&names)
        )));
    }
    blocks.push(Block::Paragraph(
        "Transfers are counted as money alone: what recipients do with them does not move trade.".to_owned(),
    ));
    answer(talks, found, &page(talks, description, blocks), &order)
}

fn answer(talks: &Talks, found: &Fund, page: &Page, order: &[usize]) -> Answer {
    let code = |country: zollverein_model::baseline::CountryId| {
        talks.baseline.countries[country.index()].code.clone()
    };
    let rows = order.iter().map(|at| {
        let (country, recipient) = &found.recipients[*at];
        vec![
            table::Cell::from(code(*country)),
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
        text: Plain.set(page),
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
        charts: vec![table::Artefact::text("fund.svg", chart::sheet(&[chart]))],
        proposals: vec![],
        tables: vec![table::Table::new("compensation", &names, rows)],
        complete: true,
    }
}
