//! How the instruments' measures on an arc add up to its duty, and which clause
//! has which part in it.

use crate::baseline::{ArcId, Baseline, ProductId};
use crate::policy::terms::{ByIntensity, CarbonDuty, Duty, Quota, Terms};
use crate::units::{Intensity, Kilotonnes};

/// What an instrument does to the duty on an arc.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Measure {
    /// Replaces the duty in force by this rate.
    Set(f64),
    /// Lifts the duty in force to this rate where it is lower.
    AtLeast(f64),
    /// Adds a duty.
    Add(Duty),
}

/// A limit that an instrument puts on tonnes: up to it the instrument's own measure holds on the
/// arcs, above it another.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// Whose quota it is, in words.
    pub label: String,
    /// The product.
    pub product: ProductId,
    /// Tonnes a year of what it covers, above zero.
    pub quantity: Kilotonnes,
    /// Tonnes on the same arcs that it does not cover, as they stood in the baseline.
    pub beside: Kilotonnes,
    /// The arcs that share it, in order.
    pub arcs: Vec<ArcId>,
    /// What takes the place of the instrument's measure above it; `None`: nothing enters.
    pub above: Option<Measure>,
    /// The share of the quota rent that exporters get.
    pub rent_to_exporters: f64,
    /// The share of the quota rent that the importer's treasury gets; importers have the rest.
    pub rent_to_treasury: f64,
}

/// One clause's part in the duty on an arc.
#[derive(Debug, Clone, PartialEq)]
pub struct Contribution {
    /// The arc.
    pub arc: ArcId,
    /// The clause, for instance `tariff.core`.
    pub clause: String,
    /// What it changes in the duty, after exemptions and phase-ins; within its quota if it has one.
    pub duty: Duty,
    /// The share of it that exemptions give back (0 none, 1 all).
    pub exempted: f64,
}

/// Measures by arc and clause, before they are added up.
#[derive(Debug)]
pub struct Ledger {
    clauses: Vec<String>,
    arcs: usize,
    /// Sorted by arc, then clause.
    entries: Vec<Entry>,
    /// Where each arc's entries begin; one more than there are arcs.
    starts: Vec<usize>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    arc: ArcId,
    clause: usize,
    measure: Measure,
    /// The share that is phased in.
    holds: f64,
    /// The share that stays after exemptions.
    stays: f64,
}

impl Entry {
    fn share(&self) -> f64 {
        self.holds * self.stays
    }
}

impl Ledger {
    /// An empty ledger for some clauses, in their order of names.
    pub(super) fn new(clauses: Vec<String>, arcs: usize) -> Self {
        Self { clauses, arcs, entries: vec![], starts: vec![] }
    }

    /// Notes a measure of which a share is phased in. Clauses are entered in order.
    pub(super) fn enter(&mut self, clause: usize, arc: ArcId, measure: Measure, holds: f64) {
        self.entries.push(Entry { arc, clause, measure, holds, stays: 1.0 });
    }

    /// Puts the entries in the order of arcs; to be called once all are in.
    pub(super) fn sort(&mut self) {
        let mut starts = vec![0; self.arcs + 1];
        for entry in &self.entries {
            starts[entry.arc.index() + 1] += 1;
        }
        for arc in 0..self.arcs {
            starts[arc + 1] += starts[arc];
        }
        let mut next = starts.clone();
        let mut sorted = self.entries.clone();
        for entry in &self.entries {
            let place = &mut next[entry.arc.index()];
            sorted[*place] = *entry;
            *place += 1;
        }
        self.entries = sorted;
        self.starts = starts;
    }

    /// Gives back a share of what chosen clauses put on an arc; of several
    /// exemptions the largest holds.
    pub(super) fn exempt(&mut self, arc: ArcId, covers: &dyn Fn(&str) -> bool, share: f64) {
        let range = self.starts[arc.index()]..self.starts[arc.index() + 1];
        for entry in &mut self.entries[range] {
            if covers(&self.clauses[entry.clause]) {
                entry.stays = entry.stays.min(1.0 - share);
            }
        }
    }

    fn of(&self, arc: ArcId) -> &[Entry] {
        &self.entries[self.starts[arc.index()]..self.starts[arc.index() + 1]]
    }

    /// The sum on each arc.
    pub(super) fn terms(&self, baseline: &Baseline) -> Terms {
        let touched = (0..self.arcs).map(ArcId::at).filter(|arc| !self.of(*arc).is_empty());
        Terms::with(baseline, touched.map(|arc| (arc, sum(self.of(arc), baseline.flow_of(arc).duty))))
    }

    /// The quota that a clause's limit comes to: on each arc the gap between the duty within and
    /// above it. `None` where it bites on no arc.
    ///
    /// A clause that covers a share of the trade alone has a premium on that share of each tonne, and a
    /// limit to which the tonnes that it does not cover are added.
    pub(super) fn quota(
        &self,
        baseline: &Baseline,
        clause: usize,
        covers: f64,
        limit: &Limit,
    ) -> Option<Quota> {
        let mut gaps = vec![];
        for arc in &limit.arcs {
            let entries = self.of(*arc);
            let Some(at) = entries.iter().position(|entry| entry.clause == clause) else { continue };
            let share = entries[at].share();
            if share <= 0.0 {
                continue;
            }
            let Some(above) = limit.above else {
                gaps.push((*arc, share));
                continue;
            };
            let in_force = baseline.flow_of(*arc).duty;
            let mut outside = entries.to_vec();
            outside[at].measure = above;
            let gap = sum(&outside, in_force).rate - sum(entries, in_force).rate;
            if gap > 0.0 {
                gaps.push((*arc, gap));
            }
        }
        // the widest gap of a tonne that is covered
        let widest = gaps.iter().map(|(_, gap)| *gap).fold(0.0, f64::max) / covers;
        if gaps.is_empty() {
            return None;
        }
        let whole = if limit.above.is_some() { widest } else { 1.0 };
        Some(Quota {
            clause: self.clauses[clause].clone(),
            label: limit.label.clone(),
            product: limit.product,
            quantity: limit.quantity + limit.beside,
            beside: limit.beside,
            arcs: gaps.into_iter().map(|(arc, gap)| (arc, gap / whole)).collect(),
            gap: limit.above.is_some().then_some(widest),
            rent_to_exporters: limit.rent_to_exporters,
            rent_to_treasury: limit.rent_to_treasury,
            earmarked: false,
        })
    }

    /// What in a clause's measure on an arc depends on intensity, as it holds there; `None` where
    /// another clause's rate holds in its place.
    pub(super) fn carbon(
        &self,
        baseline: &Baseline,
        clause: usize,
        arc: ArcId,
        mut rule: ByIntensity,
    ) -> Option<CarbonDuty> {
        let entries = self.of(arc);
        let in_force = baseline.flow_of(arc).duty;
        let own = |entry: &&Entry| entry.clause == clause;
        let added = entries.iter().filter(own).find(|entry| matches!(entry.measure, Measure::Add(_)));
        let set = entries
            .iter()
            .enumerate()
            .find(|(_, entry)| entry.clause == clause && !matches!(entry.measure, Measure::Add(_)));
        let held = holding(entries, in_force).map(|(at, _)| at);
        if let Some((at, entry)) = set.filter(|_| !rule.steps.is_empty()) {
            // the steps are part of a rate that is set: they matter while it holds
            let base = match entry.measure {
                Measure::Set(rate) | Measure::AtLeast(rate) => rate - rule.duty(0.0).rate,
                Measure::Add(_) => 0.0,
            };
            let lowest =
                if matches!(entry.measure, Measure::AtLeast(_)) { in_force } else { f64::NEG_INFINITY };
            let above = |rate: f64| (base + rate).max(lowest) - base.max(lowest);
            rule.steps = if held == Some(at) {
                rule.steps.iter().map(|(from, rate)| (*from, above(*rate))).collect()
            } else {
                vec![]
            };
        }
        let stays = added.or(set.map(|(_, entry)| entry)).map_or(0.0, Entry::share);
        let moves = !rule.steps.is_empty() || rule.per_tonne_co2e.value() != 0.0;
        (stays > 0.0 && moves && rule.response > Intensity::ZERO).then_some(CarbonDuty {
            arc,
            rule,
            stays,
            earmarked: false,
        })
    }

    /// What some clauses together put on each arc, in order of arcs.
    pub(super) fn parts_of(&self, baseline: &Baseline, chosen: &dyn Fn(&str) -> bool) -> Vec<(ArcId, Duty)> {
        let mut sums = vec![];
        for position in 0..self.arcs {
            let arc = ArcId::at(position);
            let entries = self.of(arc);
            let held = holding(entries, baseline.flow_of(arc).duty);
            let mut total = Duty::default();
            for (at, entry) in entries.iter().enumerate() {
                if chosen(&self.clauses[entry.clause]) {
                    total = total.plus(part(entry, at, held, baseline.flow_of(arc).duty), 1.0);
                }
            }
            if total != Duty::default() {
                sums.push((arc, total));
            }
        }
        sums
    }

    /// The parts on each arc.
    pub(super) fn contributions(&self, baseline: &Baseline) -> Vec<Contribution> {
        let mut parts = vec![];
        for position in 0..self.arcs {
            let arc = ArcId::at(position);
            let entries = self.of(arc);
            let in_force = baseline.flow_of(arc).duty;
            let held = holding(entries, in_force);
            for (at, entry) in entries.iter().enumerate() {
                parts.push(Contribution {
                    arc,
                    clause: self.clauses[entry.clause].clone(),
                    duty: part(entry, at, held, in_force),
                    exempted: 1.0 - entry.stays,
                });
            }
        }
        parts
    }
}

/// What one entry changes in the duty on its arc.
fn part(entry: &Entry, at: usize, held: Option<(usize, f64)>, in_force: f64) -> Duty {
    match entry.measure {
        Measure::Add(duty) => Duty::default().plus(duty, entry.share()),
        _ => match held {
            Some((held, rate)) if held == at => Duty { rate: rate - in_force, ..Duty::default() },
            _ => Duty::default(),
        },
    }
}

/// The entry whose set rate holds (the highest; of equals the first by name), and that rate.
fn holding(entries: &[Entry], in_force: f64) -> Option<(usize, f64)> {
    let mut held: Option<(usize, f64)> = None;
    for (at, entry) in entries.iter().enumerate() {
        let rate = match entry.measure {
            Measure::Set(rate) => in_force + entry.share() * (rate - in_force),
            Measure::AtLeast(rate) => in_force + entry.share() * (rate - in_force).max(0.0),
            Measure::Add(_) => continue,
        };
        if held.is_none_or(|(_, before)| rate > before) {
            held = Some((at, rate));
        }
    }
    held
}

/// The duty that entries of one arc add up to.
fn sum(entries: &[Entry], in_force: f64) -> Duty {
    let rate = holding(entries, in_force).map_or(in_force, |(_, rate)| rate);
    let mut duty = Duty { rate, ..Duty::default() };
    for entry in entries {
        if let Measure::Add(added) = entry.measure {
            duty = duty.plus(added, entry.share());
        }
    }
    duty
}
