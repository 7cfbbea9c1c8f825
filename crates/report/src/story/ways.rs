//! What only the spatial engine finds: links that open, metal through third countries, scarce capacity.

use super::cells::{level, words_cell};
use crate::facts::Facts;
use crate::page::{Block, Grid};
use crate::words;
use std::collections::BTreeMap;
use zollverein_model::baseline::CountryId;
use zollverein_model::engine::accounts;

/// Puts the chapter on the page, where there is anything to tell.
pub(super) fn put(facts: &Facts<'_>, blocks: &mut Vec<Block>) {
    let mut chapter = vec![];
    chapter.extend(new_links(facts).map(Block::Paragraph));
    chapter.extend(hubs(facts).map(Block::Table));
    chapter.extend(capacity(facts).map(Block::Table));
    if !chapter.is_empty() {
        blocks.push(Block::Heading("Ways and capacity".to_owned()));
        blocks.extend(chapter);
    }
}

fn code<'a>(facts: &Facts<'a>, country: CountryId) -> &'a str {
    &facts.baseline.countries[country.index()].code
}

/// How much goes where nothing went before.
fn new_links(facts: &Facts<'_>) -> Option<String> {
    let arcs = facts.baseline.arcs.iter().zip(&facts.outcome.equilibrium.quantity);
    let (mut open, mut used, mut tonnes) = (0_u32, 0_u32, 0.0);
    for (_, now) in arcs.filter(|(arc, _)| arc.quantity.value() == 0.0) {
        open += 1;
        used += u32::from(now.value() > 0.0);
        tonnes += now.value();
    }
    (open > 0).then(|| {
        format!(
            "Of {} ways without shipments in the baseline {} come into use and carry {} kt a year. Freight on them is estimated.",
            words::figure(f64::from(open)),
            words::figure(f64::from(used)),
            words::figure(tonnes)
        )
    })
}

/// Metal through each hub, by maker and market.
fn hubs(facts: &Facts<'_>) -> Option<Grid> {
    let outcome = facts.outcome;
    let mut sums: BTreeMap<(CountryId, CountryId, CountryId), (f64, f64)> = BTreeMap::new();
    for via in &outcome.equilibrium.transshipped {
        let flow = facts.baseline.flow_of(via.arc);
        let value = accounts::value(facts.baseline, &outcome.equilibrium, via.arc, via.quantity);
        let avoided = outcome.terms.duty(via.arc).plus(via.duty, -1.0);
        let sum = sums.entry((via.hub, flow.exporter, flow.importer)).or_default();
        sum.0 += via.quantity.value();
        sum.1 += (value * avoided.rate + via.quantity * avoided.per_tonne()).value();
    }
    let mut rows: Vec<_> = sums.into_iter().collect();
    rows.sort_by(|a, b| b.1.0.total_cmp(&a.1.0).then(a.0.cmp(&b.0)));
    let total = rows.iter().fold((0.0, 0.0), |sum, (_, one)| (sum.0 + one.0, sum.1 + one.1));
    let row = |((hub, exporter, importer), (tonnes, avoided)): &((_, _, _), (f64, f64))| {
        vec![
            words_cell(code(facts, *hub)),
            words_cell(code(facts, *exporter)),
            words_cell(code(facts, *importer)),
            level(Some(*tonnes)),
            level(Some(*avoided)),
        ]
    };
    (!rows.is_empty()).then(|| Grid {
        caption: "Metal through third countries, a year".to_owned(),
        heads: ["Through", "Made in", "Used in", "kt", "Duty avoided, million USD"]
            .map(str::to_owned)
            .to_vec(),
        rows: rows.iter().take(10).map(row).collect(),
        note: format!(
            "In all {} kt and {} million USD. In other tables this metal is its maker's trade with its user.",
            words::figure(total.0),
            words::figure(total.1)
        ),
    })
}

/// Where one more tonne of capacity gains most in worth.
fn capacity(facts: &Facts<'_>) -> Option<Grid> {
    let (baseline, outcome) = (facts.baseline, facts.outcome);
    let states = outcome.equilibrium.producers.iter().zip(&outcome.status_quo.producers);
    let mut rows: Vec<(usize, f64, f64)> = states
        .enumerate()
        .map(|(at, (now, before))| (at, before.worth_of_capacity.value(), now.worth_of_capacity.value()))
        .filter(|(_, before, now)| now - before > 1e-6 * before.max(1.0))
        .collect();
    rows.sort_by(|a, b| (b.2 - b.1).total_cmp(&(a.2 - a.1)).then(a.0.cmp(&b.0)));
    let row = |(at, before, now): &(usize, f64, f64)| {
        let producer = &baseline.producers[*at];
        let name = format!(
            "{}: {} by {}",
            code(facts, producer.country),
            baseline.products[producer.product.index()].code,
            baseline.routes[producer.route.index()].code
        );
        vec![words_cell(name), level(Some(*before)), level(Some(*now))]
    };
    (!rows.is_empty()).then(|| Grid {
        caption: "What one more tonne a year of capacity is worth, USD: the five that gain most".to_owned(),
        heads: ["Producer", "Baseline", "After"].map(str::to_owned).to_vec(),
        rows: rows.iter().take(5).map(row).collect(),
        note: "All producers are in capacity.csv. How fast cost rises near capacity is an assumption of the data folder."
            .to_owned(),
    })
}
