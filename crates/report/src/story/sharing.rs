//! Who gains and who loses.

use super::cells::{LEGEND, change, partial, percent_change, relative, unwelcome, words_cell};
use super::{actors, owners};
use crate::facts::{Facts, is_ldc_group, label};
use crate::page::{Bar, Bars, Block, Cell, Grid};
use crate::words;
use zollverein_model::indicator::equity::{Change, gini};
use zollverein_model::indicator::{Indicator, Section};
use zollverein_model::units::percent;

/// How many countries a list of the hardest hit and of the best off names.
const HARDEST: usize = 10;
const BEST: usize = 5;
/// A bar below this share of the longest is not drawn.
const SEEN: f64 = 0.002;

/// Puts the chapter on the page.
pub(super) fn put(facts: &Facts<'_>, blocks: &mut Vec<Block>) {
    blocks.push(Block::Heading("Who gains and who loses".to_owned()));
    blocks.push(Block::Charts(vec![actors::chart(facts), by_exporter(facts)]));
    blocks.push(Block::Table(actors::table(facts)));
    blocks.push(Block::Table(groups(facts)));
    blocks.push(Block::Table(parts(facts)));
    let hardest: Vec<Change> = facts.hardest_hit().into_iter().take(HARDEST).collect();
    if !hardest.is_empty() {
        blocks.push(Block::Table(countries(
            facts,
            "Hardest hit against the size of their economy",
            &hardest,
        )));
    }
    let best: Vec<Change> = facts.best_off().into_iter().take(BEST).collect();
    if !best.is_empty() {
        blocks.push(Block::Table(countries(facts, "Best off against the size of their economy", &best)));
    }
    blocks.extend(owners::table(facts).map(Block::Table));
    blocks.extend(equity(facts).map(Block::Paragraph));
}

/// Exports most lost and most gained.
pub(super) fn by_exporter(facts: &Facts<'_>) -> Bars {
    let mut bars: Vec<Bar> = actors::territories(facts, &facts.world)
        .into_iter()
        .filter_map(|actor| {
            let value = facts.change(&actor.set, Indicator::ExportValue)?;
            Some(Bar { label: actor.label, value })
        })
        .filter(|bar| !words::is_nothing(bar.value))
        .collect();
    // a bar that nobody can see beside the longest says nothing
    let longest = bars.iter().map(|bar| bar.value.abs()).fold(0.0, f64::max);
    bars.retain(|bar| bar.value.abs() >= SEEN * longest);
    bars.sort_by(|a, b| a.value.total_cmp(&b.value));
    let losing = bars.iter().take_while(|bar| bar.value < 0.0).count();
    let gains = bars.split_off(losing);
    bars.truncate(7);
    bars.extend(gains.into_iter().rev().take(5).rev());
    Bars {
        title: "Exports most lost and most gained, by customs territory".to_owned(),
        unit: "million USD, at the mill".to_owned(),
        rise_is_gain: true,
        bars,
    }
}

/// What changes by group.
pub(super) fn groups(facts: &Facts<'_>) -> Grid {
    let mut partly = false;
    let rows = facts
        .headline_groups()
        .map(|group| {
            let total = |indicator| facts.total(&group.set, indicator);
            let (exports, output) = (total(Indicator::Exports), total(Indicator::Output));
            let emissions = total(Indicator::Emissions);
            let change_of = |t: zollverein_model::indicator::Total| {
                t.level.map(zollverein_model::indicator::Level::change)
            };
            let per_gdp = facts.totals.welfare_per_gdp(&group.set);
            let per_head = facts.totals.welfare_per_head(&group.set);
            let lacking =
                |r: Option<zollverein_model::indicator::group::Relative>| r.map_or(0, |r| r.not_known);
            let row = vec![
                words_cell(label(group)),
                change(change_of(total(Indicator::Welfare))),
                partial(percent_change(per_gdp.map(|r| r.value)), lacking(per_gdp)),
                partial(change(per_head.map(|r| r.value)), lacking(per_head)),
                change(change_of(exports)),
                relative(exports),
                relative(output),
                partial(unwelcome(change_of(emissions)), emissions.not_known),
            ];
            partly |= needs_legend(&row);
            row
        })
        .collect();
    let note = if partly { format!(" {LEGEND}") } else { String::new() };
    Grid {
        caption: "Changes by group of countries, a year".to_owned(),
        heads: heads(&[
            "Group",
            "Welfare, million USD",
            "Welfare, % of GDP",
            "Welfare, USD per head",
            "Exports, kt",
            "Exports, %",
            "Output, %",
            "Emissions, kt CO2e",
        ]),
        rows,
        note: format!(
            "Groups overlap, except members and outside, and the income groups among themselves; each of these two \
             sets adds up to the world. ▲: least developed.{note}"
        ),
    }
}

/// Whether a row has a sign that the legend explains.
fn needs_legend(row: &[Cell]) -> bool {
    row.iter().any(|cell| cell.text.ends_with('*') || cell.text == super::cells::NOT_KNOWN)
}

fn parts(facts: &Facts<'_>) -> Grid {
    let shown = facts.groups.iter().filter(|group| {
        matches!(group.section, Section::World | Section::Club | Section::Income) || is_ldc_group(group)
    });
    let rows = shown
        .map(|group| {
            let of = |indicator| change(facts.change(&group.set, indicator));
            let mut row = vec![
                words_cell(label(group)),
                of(Indicator::ConsumerSurplus),
                of(Indicator::ProducerSurplus),
                of(Indicator::GovernmentRevenue),
            ];
            row.extend(facts.quotas().then(|| of(Indicator::ImportersRent)));
            row.extend(facts.programmes().then(|| change(Some(facts.beyond_duties(&group.set)))));
            row.push(of(Indicator::Welfare));
            row
        })
        .collect();
    let mut columns =
        vec!["Group", "Purchasers, million USD", "Producers, million USD", "Government revenue, million USD"];
    columns.extend(facts.quotas().then_some("Importers' quota rents, million USD"));
    columns.extend(
        facts.programmes().then_some("Exporters' quota rents and transfers less outlays, million USD"),
    );
    columns.push("Welfare, million USD");
    Grid {
        caption: "What welfare is made of: changes, million USD a year".to_owned(),
        heads: heads(&columns),
        rows,
        note: String::new(),
    }
}

fn countries(facts: &Facts<'_>, caption: &str, changes: &[Change]) -> Grid {
    let rows = changes
        .iter()
        .map(|one| {
            let trade = facts.exporter(one.country);
            vec![
                words_cell(facts.name(one.country)),
                percent_change(one.per_gdp),
                change(Some(one.welfare)),
                change(one.per_head),
                change(trade.map(|row| row.exports().value.change())),
                change(trade.map(|row| row.to_members.value.change())),
            ]
        })
        .collect();
    Grid {
        caption: format!("{caption}: changes, a year"),
        heads: heads(&[
            "Country",
            "Welfare, % of GDP",
            "Welfare, million USD",
            "Welfare, USD per head",
            "All exports, million USD",
            "Exports to members, million USD",
        ]),
        rows,
        note: String::new(),
    }
}

fn equity(facts: &Facts<'_>) -> Option<String> {
    let burdens = &facts.burdens;
    let poorest = burdens.share_of_poorest(0.4)?;
    let mut text = format!(
        "How the losses are shared: the 40 % of people who live in the poorest countries bear {} % of them.",
        words::figure(percent(poorest))
    );
    if let (Some(concentration), Some(progressivity)) = (burdens.concentration(), burdens.progressivity()) {
        let whom = if progressivity < 0.0 {
            "the poorer countries bear more than their share of income"
        } else {
            "the richer countries bear more than their share of income"
        };
        text = format!(
            "{text} The concentration index of losses by income is {}, the progressivity (Kakwani) {}: {whom}.",
            words::change(concentration),
            words::change(progressivity)
        );
        let net = burdens.net_progressivity().map_or_else(
            || "net of them there is no loss to share".to_owned(),
            |net| format!("net of them progressivity is {}", words::change(net)),
        );
        text = format!("{text} These measures take a country that gains as one that bears nothing; {net}.");
    }
    if let Some(gini) = gini(&burdens.per_head()) {
        text = format!("{text} The Gini coefficient of losses per head is {}.", words::figure(gini));
    }
    if !burdens.not_known.is_empty() {
        text = format!(
            "{text} {} in none of these measures, because GDP or population is not known.",
            words::counted(burdens.not_known.len(), "country is", "countries are")
        );
    }
    Some(text)
}

/// Heads of columns.
fn heads(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}
