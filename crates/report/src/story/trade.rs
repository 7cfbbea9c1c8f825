//! Prices, where members' metal comes from, and what exporters had at stake.

use super::cells::{level, percent_change, plain_change, words_cell};
use crate::facts::Facts;
use crate::page::{Block, Grid, Tone};
use zollverein_model::baseline::CountrySet;
use zollverein_model::indicator::exposure::Exposure;
use zollverein_model::indicator::{Indicator, Level};
use zollverein_model::units::percent;

/// How many exporters the list of the most exposed names.
const EXPOSED: usize = 10;

/// Puts the chapter on the page.
pub(super) fn put(facts: &Facts<'_>, blocks: &mut Vec<Block>) {
    blocks.push(Block::Heading("Prices and trade".to_owned()));
    blocks.push(Block::Table(prices(facts)));
    if !facts.importers.is_empty() {
        blocks.push(Block::Table(sources(facts)));
    }
    let exposed = most_exposed(facts);
    if !exposed.is_empty() {
        blocks.push(Block::Table(exposure(facts, &exposed)));
    }
}

fn prices(facts: &Facts<'_>) -> Grid {
    let rows = facts
        .baseline
        .product_ids()
        .filter(|product| facts.moves(*product))
        .map(|product| {
            let of = |set: &CountrySet| {
                let level = facts.totals.get(set, Indicator::PriceIndex, Some(product)).level;
                let cell = percent_change(level.and_then(Level::relative));
                crate::page::Cell { tone: Tone::Plain, ..cell }
            };
            let used = |set: &CountrySet| {
                let level = facts.totals.get(set, Indicator::Use, Some(product)).level;
                let cell = percent_change(level.and_then(Level::relative));
                crate::page::Cell { tone: Tone::Plain, ..cell }
            };
            let (members, outside) = (&facts.outcome.members, &facts.outside);
            vec![
                words_cell(facts.product(product)),
                of(members),
                of(outside),
                of(&facts.world),
                used(members),
                used(outside),
            ]
        })
        .collect();
    let names = [
        "Product",
        "Price in member countries, %",
        "Price outside, %",
        "Price in the world, %",
        "Use in member countries, %",
        "Use outside, %",
    ];
    Grid {
        caption: "Prices to purchasers and tonnes used: changes, %".to_owned(),
        heads: names.map(str::to_owned).to_vec(),
        rows,
        note: "Price index of what purchasers pay, duty included, weighted by what they paid before."
            .to_owned(),
    }
}

fn sources(facts: &Facts<'_>) -> Grid {
    let mut rows = vec![];
    for product in facts.baseline.product_ids().filter(|product| facts.moves(*product)) {
        let of_product = facts.importers.iter().filter(|row| row.product == Some(product));
        let mut sums = [Level::default(); 3];
        for row in of_product {
            for (sum, sales) in sums.iter_mut().zip([row.from_outside, row.from_members, row.home]) {
                sum.baseline += sales.tonnes.baseline;
                sum.value += sales.tonnes.value;
            }
        }
        let name = facts.product(product);
        for (from, sum) in ["from outside", "from other members", "made at home"].into_iter().zip(sums) {
            rows.push(vec![
                words_cell(format!("{name}, {from}")),
                level(Some(sum.baseline)),
                level(Some(sum.value)),
                plain_change(Some(sum.change())),
                plain_change(sum.relative().map(percent)),
            ]);
        }
    }
    let names = ["Members' purchases", "Baseline, kt", "After, kt", "Change, kt", "Change, %"];
    Grid {
        caption: "Where members' metal comes from, kt a year".to_owned(),
        heads: names.map(str::to_owned).to_vec(),
        rows,
        note: String::new(),
    }
}

/// Exporters outside by exposure index, all products together, the highest first.
fn most_exposed(facts: &Facts<'_>) -> Vec<Exposure> {
    let mut rows: Vec<(f64, Exposure)> = facts
        .exposures
        .iter()
        .filter(|row| row.product.is_none())
        .filter_map(|row| Some((row.index?, *row)))
        .filter(|(index, _)| *index > 0.0)
        .collect();
    rows.sort_by(|a, b| b.0.total_cmp(&a.0));
    rows.into_iter().take(EXPOSED).map(|(_, row)| row).collect()
}

fn exposure(facts: &Facts<'_>, exposed: &[Exposure]) -> Grid {
    let rows = exposed
        .iter()
        .map(|row| {
            vec![
                words_cell(facts.name(row.exporter)),
                level(row.index.map(percent)),
                plain_change(row.relative.map(percent)),
                level(Some(percent(row.share_to_members))),
                level(row.intensity_kg_per_usd),
                level(Some(row.value_to_members)),
                level(row.of_gdp.map(percent)),
            ]
        })
        .collect();
    let names = [
        "Exporter",
        "Exposure index, %",
        "Relative index, %",
        "Share to members, % of exports",
        "Intensity, kg CO2e per USD",
        "To members, million USD",
        "To members, % of GDP",
    ];
    Grid {
        caption: "Exporters most exposed to a carbon payment, before the policy".to_owned(),
        heads: names.map(str::to_owned).to_vec(),
        rows,
        note: "Exposure index as the World Bank defines it: share of exports to members × emissions per dollar of \
               exports × 100 USD per tonne CO2e, in % of the value of all exports. The relative index counts only \
               emissions above the members' average."
            .to_owned(),
    }
}
