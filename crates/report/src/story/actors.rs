//! Those whose gains and losses a reader looks for first, with what their welfare is made of.

use super::cells::words_cell;
use super::intervals;
use crate::facts::Facts;
use crate::page::{Bar, Bars, Cell, Grid, Tone};
use crate::words;
use zollverein_batch::Band;
use zollverein_model::baseline::CountrySet;
use zollverein_model::indicator::{self, Indicator, Shown};

/// So many members are named; the others are summed up.
const MEMBERS: usize = 5;
/// So many customs territories are named at each end of a chart.
const ENDS: usize = 5;

/// A country or a group under one name.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Actor {
    /// What it is called.
    pub label: String,
    /// Its name in result files; empty where it has none there.
    pub name: String,
    /// The countries.
    pub set: CountrySet,
}

/// The countries of a set, those of a customs union as one, largest change of welfare first.
pub(super) fn territories(facts: &Facts<'_>, of: &CountrySet) -> Vec<Actor> {
    let called = |territory: Shown| {
        let label = match facts.baseline.country(&territory.name) {
            Some(country) => facts.name(country),
            None => words::plain(&territory.label),
        };
        Actor { label, name: territory.name, set: territory.set }
    };
    let mut found: Vec<Actor> = indicator::territories(facts.baseline, of).into_iter().map(called).collect();
    let size = |actor: &Actor| facts.change(&actor.set, Indicator::Welfare).map_or(0.0, f64::abs);
    found.sort_by(|a, b| size(b).total_cmp(&size(a)));
    found
}

/// The members one by one, then those outside, the least developed and the world.
pub(super) fn actors(facts: &Facts<'_>) -> Vec<Actor> {
    let mut all = territories(facts, &facts.outcome.members);
    if all.len() > MEMBERS + 1 {
        let mut rest = CountrySet::none(facts.baseline.countries.len());
        let count = all.len() - MEMBERS;
        for actor in all.split_off(MEMBERS) {
            rest.extend(&actor.set);
        }
        all.push(Actor {
            label: format!("{} ({count})", facts.said("Other members", "Others who apply it")),
            name: String::new(),
            set: rest,
        });
    }
    let group = |name: &str| facts.groups.iter().find(|group| group.name == name);
    for (name, label) in
        [("outside", facts.said("Countries outside", "All other countries")), ("LDC", ""), ("world", "World")]
    {
        if let Some(group) = group(name).filter(|group| !group.set.is_empty()) {
            let label = if label.is_empty() { crate::facts::label(group) } else { label.to_owned() };
            all.push(Actor { label, name: group.name.clone(), set: group.set.clone() });
        }
    }
    all
}

/// Where draws put an actor's welfare.
pub(super) fn band(facts: &Facts<'_>, actor: &Actor) -> Option<Band> {
    facts.report.intervals?.band(&actor.name, "welfare")
}

/// Each actor's purchasers, producers and treasury, the sum and its band.
pub(super) fn table(facts: &Facts<'_>) -> Grid {
    let actors = actors(facts);
    // a column of nothing says nothing
    let beyond = actors.iter().any(|actor| !words::is_nothing(facts.beyond_duties(&actor.set)));
    let beyond = facts.programmes() && beyond;
    let rows = actors
        .iter()
        .map(|actor| {
            let band = band(facts, actor);
            let cell = |change: Option<f64>| Cell {
                text: change.map_or_else(|| "–".to_owned(), |change| intervals::said(change, band)),
                number: true,
                tone: change.map_or(Tone::Plain, Tone::of),
            };
            let of = |indicator| cell(facts.change(&actor.set, indicator));
            let mut row = vec![
                words_cell(actor.label.clone()),
                of(Indicator::ConsumerSurplus),
                of(Indicator::ProducerSurplus),
                of(Indicator::GovernmentRevenue),
            ];
            row.extend(facts.quotas().then(|| of(Indicator::ImportersRent)));
            row.extend(beyond.then(|| cell(Some(facts.beyond_duties(&actor.set)))));
            row.push(of(Indicator::Welfare));
            if facts.report.intervals.is_some() {
                let text = band.map_or_else(|| "–".to_owned(), intervals::between);
                row.push(Cell { text, number: true, tone: Tone::Plain });
                let text = band.map_or_else(|| "–".to_owned(), |band| words::share(band.with_sign));
                row.push(Cell { text, number: true, tone: Tone::Plain });
            }
            row
        })
        .collect();
    let mut heads = vec!["Change", "Purchasers", "Producers", "Treasury"];
    heads.extend(facts.quotas().then_some("Importers' quota rents"));
    heads.extend(beyond.then_some(if facts.quotas() {
        "Exporters' quota rents and transfers less outlays"
    } else {
        "Transfers less outlays"
    }));
    heads.push("Net");
    if facts.report.intervals.is_some() {
        heads.extend(["Net in 90 of 100 draws", "Draws with this sign"]);
    }
    Grid {
        caption: "Who pays and who gains, million USD a year".to_owned(),
        heads: heads.into_iter().map(str::to_owned).collect(),
        rows,
        note: String::new(),
    }
}

/// The customs territories that lose and gain most, each country once.
pub(super) fn chart(facts: &Facts<'_>) -> Bars {
    let mut bars: Vec<Bar> = territories(facts, &facts.world)
        .into_iter()
        .filter_map(|actor| {
            let value = facts.change(&actor.set, Indicator::Welfare)?;
            Some(Bar { label: actor.label, value })
        })
        .filter(|bar| !words::is_nothing(bar.value))
        .collect();
    bars.sort_by(|a, b| a.value.total_cmp(&b.value));
    let losing = bars.iter().take_while(|bar| bar.value < 0.0).count();
    let gains = bars.split_off(losing);
    bars.truncate(ENDS);
    bars.extend(gains.into_iter().rev().take(ENDS).rev());
    Bars {
        title: "Welfare most lost and most gained".to_owned(),
        unit: "million USD a year".to_owned(),
        rise_is_gain: true,
        bars,
    }
}
