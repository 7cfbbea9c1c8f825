//! What instruments compile to: the duty on each arc, and how it came about.

use crate::baseline::{ArcId, Baseline};
use crate::units::UsdPerTonne;

/// The duty on an arc: ad valorem on the cif value, and a specific charge.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Duty {
    /// Rate on the cif value, as a fraction.
    pub rate: f64,
    /// Charge on each tonne.
    pub charge: UsdPerTonne,
}

/// The terms of trade policy that an engine solves under.
#[derive(Debug, Clone, PartialEq)]
pub struct Terms {
    /// The duty on each arc, in the baseline's order of arcs.
    duties: Vec<Duty>,
    /// The arcs whose duty is not the one in force, in order.
    changed: Vec<ArcId>,
}

impl Terms {
    /// The duties in force, and nothing else.
    #[must_use]
    pub fn in_force(baseline: &Baseline) -> Self {
        let duties = (0..baseline.arcs.len())
            .map(|arc| Duty { rate: baseline.flow_of(ArcId::at(arc)).duty, charge: UsdPerTonne::ZERO })
            .collect();
        Self { duties, changed: vec![] }
    }

    /// The duties in force with other duties on some arcs.
    #[must_use]
    pub fn with(baseline: &Baseline, changes: impl IntoIterator<Item = (ArcId, Duty)>) -> Self {
        let mut terms = Self::in_force(baseline);
        for (arc, duty) in changes {
            terms.duties[arc.index()] = duty;
        }
        terms.changed = (0..terms.duties.len())
            .map(ArcId::at)
            .filter(|arc| {
                let in_force = Duty { rate: baseline.flow_of(*arc).duty, charge: UsdPerTonne::ZERO };
                terms.duty(*arc) != in_force
            })
            .collect();
        terms
    }

    /// The arcs whose duty is not the one in force, in order.
    #[must_use]
    pub fn changed(&self) -> &[ArcId] {
        &self.changed
    }

    /// The duty on an arc.
    #[must_use]
    pub fn duty(&self, arc: ArcId) -> Duty {
        self.duties[arc.index()]
    }
}

/// What an instrument does to the duty on an arc.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Measure {
    /// Puts this rate in the place of the duty in force.
    Set(f64),
    /// Lifts the duty in force to this rate where it is lower.
    AtLeast(f64),
    /// Adds a rate and a charge.
    Add(Duty),
}

/// One clause's part in the duty on an arc.
#[derive(Debug, Clone, PartialEq)]
pub struct Contribution {
    /// The arc.
    pub arc: ArcId,
    /// The clause, for instance `tariff.core`.
    pub clause: String,
    /// What it changes in the duty, after exemptions.
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
    /// The share that stays after exemptions.
    stays: f64,
}

impl Ledger {
    /// An empty ledger for some clauses, in their order of names.
    pub(super) fn new(clauses: Vec<String>, arcs: usize) -> Self {
        Self { clauses, arcs, entries: vec![], starts: vec![] }
    }

    /// Notes a measure. Clauses are entered in order.
    pub(super) fn enter(&mut self, clause: usize, arc: ArcId, measure: Measure) {
        self.entries.push(Entry { arc, clause, measure, stays: 1.0 });
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

    /// The parts on each arc.
    pub(super) fn contributions(&self, baseline: &Baseline) -> Vec<Contribution> {
        let mut parts = vec![];
        for position in 0..self.arcs {
            let arc = ArcId::at(position);
            let entries = self.of(arc);
            let in_force = baseline.flow_of(arc).duty;
            let holding = holding(entries, in_force);
            for (at, entry) in entries.iter().enumerate() {
                let duty = match entry.measure {
                    Measure::Add(duty) => {
                        Duty { rate: duty.rate * entry.stays, charge: duty.charge * entry.stays }
                    }
                    _ if holding.is_some_and(|(held, _)| held == at) => Duty {
                        rate: holding.map_or(0.0, |(_, rate)| rate) - in_force,
                        charge: UsdPerTonne::ZERO,
                    },
                    _ => Duty::default(),
                };
                parts.push(Contribution {
                    arc,
                    clause: self.clauses[entry.clause].clone(),
                    duty,
                    exempted: 1.0 - entry.stays,
                });
            }
        }
        parts
    }
}

/// The entry whose set rate holds (the highest; of equals the first by name), and that rate.
fn holding(entries: &[Entry], in_force: f64) -> Option<(usize, f64)> {
    let mut held: Option<(usize, f64)> = None;
    for (at, entry) in entries.iter().enumerate() {
        let rate = match entry.measure {
            Measure::Set(rate) => in_force + entry.stays * (rate - in_force),
            Measure::AtLeast(rate) => in_force + entry.stays * (rate - in_force).max(0.0),
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
    let mut duty = Duty {
        rate: holding(entries, in_force).map_or(in_force, |(_, rate)| rate),
        charge: UsdPerTonne::ZERO,
    };
    for entry in entries {
        if let Measure::Add(added) = entry.measure {
            duty.rate += added.rate * entry.stays;
            duty.charge += added.charge * entry.stays;
        }
    }
    duty
}
