//! What an outcome is worth to a party, and whether it crosses its red lines.

use zollverein_model::baseline::{Baseline, CountrySet, ProductId};
use zollverein_model::indicator::{Indicator, Level, Total, Totals};
use zollverein_model::model::Outcome;
use zollverein_scenario::{Party, RedLine};

/// A payoff is below its bound, and a red line crossed, if the bound is missed by more than this share of it
/// and by more than [`NOTHING`]: searches end at bounds to the last digits only.
const TOLERANCE: f64 = 1e-8;

/// What nobody sees of a figure, in its unit: a dollar of millions, a millionth of a percent.
const NOTHING: f64 = 1e-6;

/// What an outcome is worth to a party against the baseline, million USD a year:
///
/// ```text
/// u = wc·ΔCS + wp·ΔPS + wr·(Δrevenue + quota rents + transfers − outlays) − e·ΔE(world) + j·Δjobs
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Payoff {
    /// Of its purchasers.
    pub consumers: f64,
    /// Of its producers.
    pub producers: f64,
    /// Of its governments: revenue, quota rents and transfers, less what programmes cost.
    pub revenue: f64,
    /// Of the fall of world emissions.
    pub emissions: f64,
    /// Of its jobs.
    pub jobs: f64,
    /// Figures of members that are not known and not counted.
    pub not_known: usize,
}

/// A party's red line at an outcome.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Held {
    /// What the line bounds, in its unit; `None` where it is not known.
    pub value: Option<f64>,
    /// How far it is from the nearer bound, below zero where it is crossed; `None` where not known.
    pub slack: Option<f64>,
    /// Whether it is kept; what is not known is not kept.
    pub kept: bool,
}

/// How a party stands at an outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// What it is worth.
    pub payoff: Payoff,
    /// Its red lines, in their order.
    pub red_lines: Vec<Held>,
}

impl Payoff {
    /// All parts together, million USD a year.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.consumers + self.producers + self.revenue + self.emissions + self.jobs
    }
}

impl Held {
    /// Where a red line stands at an outcome.
    #[must_use]
    pub fn of(line: &RedLine, totals: &Totals<'_>) -> Self {
        held(line, totals)
    }
}

impl Standing {
    /// How a party stands at an outcome.
    #[must_use]
    pub fn of(party: &Party, baseline: &Baseline, outcome: &Outcome) -> Self {
        let totals = Totals::new(baseline, &outcome.indicators, &outcome.equilibrium);
        Self::at(party, baseline, &totals)
    }

    /// How a party stands at an outcome whose totals are at hand.
    #[must_use]
    pub fn at(party: &Party, baseline: &Baseline, totals: &Totals<'_>) -> Self {
        let red_lines = party.red_lines.iter().map(|line| held(line, totals)).collect();
        Self { payoff: payoff(party, baseline, totals), red_lines }
    }

    /// What the party gains against no agreement, where it has `without`; million USD a year.
    #[must_use]
    pub fn gain(&self, without: f64) -> f64 {
        self.payoff.total() - without
    }

    /// Whether the party signs: its payoff is not below what it has without an agreement, and none of its red
    /// lines is crossed. The one rule by which every answer judges ([`super::disagreement::payoffs`] gives
    /// what there is without an agreement).
    #[must_use]
    pub fn signs(&self, without: f64) -> bool {
        self.gain(without) >= -tolerance(without.abs()) && self.red_lines.iter().all(|line| line.kept)
    }
}

/// By how much a bound of some size may be missed.
fn tolerance(size: f64) -> f64 {
    TOLERANCE * size + NOTHING
}

fn payoff(party: &Party, baseline: &Baseline, totals: &Totals<'_>) -> Payoff {
    let mut not_known = 0;
    let all: Option<ProductId> = None;
    let mut change = |set: &CountrySet, indicator: Indicator| {
        let Total { level, not_known: lacking } = totals.get(set, indicator, all);
        not_known += lacking;
        level.map_or(0.0, Level::change)
    };
    let own = &party.members;
    let [consumers, producers, governments] = party.weights;
    let mut found = Payoff {
        consumers: consumers
            * (change(own, Indicator::ConsumerSurplus) + change(own, Indicator::ImportersRent)),
        producers: producers * change(own, Indicator::ProducerSurplus),
        revenue: governments
            * (change(own, Indicator::GovernmentRevenue)
                + change(own, Indicator::QuotaRent)
                + change(own, Indicator::Transfers)
                - change(own, Indicator::ProgrammeOutlay)),
        ..Payoff::default()
    };
    if party.emissions.value() != 0.0 {
        let world = CountrySet::all(baseline.countries.len());
        // kt · USD/t is a thousand USD
        found.emissions = -party.emissions.value() * change(&world, Indicator::Emissions) * 1e-3;
    }
    if party.usd_per_job != 0.0 {
        found.jobs = party.usd_per_job * change(own, Indicator::Jobs) * 1e-6;
    }
    found.not_known = not_known;
    found
}

fn held(line: &RedLine, totals: &Totals<'_>) -> Held {
    let value = line.of.value(totals);
    let (least, most) = line.bounds;
    let above = least.and_then(|least| value.map(|value| value - least));
    let below = most.and_then(|most| value.map(|value| most - value));
    let slack = match (above, below) {
        (Some(above), Some(below)) => Some(above.min(below)),
        (one, other) => one.or(other),
    };
    let size = least.unwrap_or(0.0).abs().max(most.unwrap_or(0.0).abs());
    Held { value, slack, kept: slack.is_some_and(|slack| slack >= -tolerance(size)) }
}
