//! What one product's markets must meet besides clearing: quotas (A9), mandates
//! (A10) and the abatement of producers (A11).
//!
//! Each condition has one value: a quota's premium, a mandate's premium, a
//! producer's share of abatement. While prices are sought a value is either held
//! at one of its limits, or free and then bound by an equation of its own.

use crate::engine::armington::abate::AbaterSide;
use crate::engine::armington::job::Job;
use crate::engine::armington::kernel::{Kernel, Paid};
use crate::engine::armington::market::Work;
use crate::engine::armington::state::{Shipped, State};
use crate::policy::Terms;
use crate::policy::terms::{Mandate, Promise, Quota};

/// The conditions of one product's markets.
#[derive(Debug)]
pub(super) struct Sides<'a> {
    /// The arcs on which what is paid depends on a value, in order.
    pub watched: Vec<usize>,
    /// What is paid there at no premium and no abatement.
    base: Vec<Paid>,
    pub conditions: Vec<Condition<'a>>,
}

/// A condition; cells are positions among the watched arcs.
#[derive(Debug)]
pub(super) enum Condition<'a> {
    Quota(QuotaSide),
    Mandate(MandateSide),
    Abater(AbaterSide<'a>),
}

/// A quota; its value is the premium λ, a fraction of the customs value.
#[derive(Debug)]
pub(super) struct QuotaSide {
    /// Its position in the terms.
    pub of: usize,
    /// Its arcs, with the share of the premium that bites.
    pub cells: Vec<(usize, f64)>,
    /// kt.
    quantity: f64,
    /// The highest premium; infinite where nothing enters above the quota.
    gap: f64,
    /// c in A9: 1/(2σ2).
    pub scale: f64,
}

/// A mandate; its value is the premium ψ over the price unit.
#[derive(Debug)]
pub(super) struct MandateSide {
    /// Its position in the terms.
    pub of: usize,
    pub green: Vec<usize>,
    /// All arcs into the market, if a share of use is promised.
    pub all: Vec<usize>,
    promise: Promise,
    /// The highest premium, in price units.
    cap: f64,
    /// USD/t: the mean landed price of green tonnes in the baseline.
    pub unit: f64,
    pub scale: f64,
}

impl QuotaSide {
    fn new(kernel: &Kernel, quota: &Quota, of: usize, place: &dyn Fn(usize) -> usize) -> Self {
        let own = |arc: usize| arc - kernel.first_arc;
        let sigma = |arc: usize| kernel.markets[kernel.flows[kernel.arcs[own(arc)].flow].market].sigma2;
        let steepest = quota.arcs.iter().map(|(arc, _)| sigma(arc.index())).fold(1.0, f64::max);
        Self {
            of,
            cells: quota.arcs.iter().map(|(arc, share)| (place(own(arc.index())), *share)).collect(),
            quantity: quota.quantity.value(),
            gap: quota.gap.unwrap_or(f64::INFINITY),
            scale: 0.5 / steepest,
        }
    }

    fn shipped(&self, quantity: &[f64]) -> f64 {
        self.cells.iter().map(|(cell, _)| quantity[*cell]).sum()
    }

    /// A9 where the premium is free: `c·log(q/Q)`.
    fn gap(&self, shipped: &Shipped<'_>) -> f64 {
        self.scale * (self.shipped(&shipped.quantity) / self.quantity).ln()
    }

    fn next(&self, state: State, value: f64, shipped: &Shipped<'_>, tolerance: f64) -> (State, f64) {
        next_premium(state, value, self.gap(shipped), self.gap, tolerance)
    }
}

/// The state and the value to begin with that follow for a premium between 0 and `most`, where
/// `wanted` above zero (A9 and A10, scaled) asks for more of it.
fn next_premium(state: State, value: f64, wanted: f64, most: f64, tolerance: f64) -> (State, f64) {
    // at the steepest response, σ, a premium of 2·wanted would do: it will take at least that
    let least = 2.0 * wanted;
    match state {
        State::Held(at) if at == 0.0 && wanted > tolerance => {
            if least > 0.5 * most {
                (State::Held(most), most)
            } else {
                (State::Free(0), least)
            }
        }
        State::Held(at) if at > 0.0 && wanted < -tolerance => (State::Free(0), at),
        State::Free(_) if value < 0.0 => (State::Held(0.0), 0.0),
        State::Free(_) if value > most => (State::Held(most), most),
        unchanged => (unchanged, value),
    }
}

impl MandateSide {
    fn new(kernel: &Kernel, mandate: &Mandate, of: usize, place: &dyn Fn(usize) -> usize) -> Self {
        let own = |arc: usize| arc - kernel.first_arc;
        let market = kernel.market_of(mandate.importer);
        let (mut paid, mut tonnes) = (0.0, 0.0);
        for arc in &mandate.green {
            let cell = &kernel.arcs[own(arc.index())];
            paid += cell.quantity * cell.landed;
            tonnes += cell.quantity;
        }
        let unit = if tonnes > 0.0 { paid / tonnes } else { 1.0 };
        let all = match mandate.promise {
            Promise::Share(_) => {
                market.map_or(vec![], |market| kernel.arcs_into(market).map(place).collect())
            }
            Promise::Tonnes(_) => vec![],
        };
        Self {
            of,
            green: mandate.green.iter().map(|arc| place(own(arc.index()))).collect(),
            all,
            promise: mandate.promise,
            cap: mandate.cap.value() / unit,
            unit,
            scale: 0.5 / market.map_or(1.0, |market| market.sigma2.max(market.sigma3).max(1.0)),
        }
    }

    /// Green tonnes and those promised, kt.
    pub fn green_and_promised(&self, quantity: &[f64]) -> (f64, f64) {
        let green = self.green.iter().map(|cell| quantity[*cell]).sum();
        let promised = match self.promise {
            Promise::Share(share) => share * self.all.iter().map(|cell| quantity[*cell]).sum::<f64>(),
            Promise::Tonnes(tonnes) => tonnes.value(),
        };
        (green, promised)
    }

    /// A10 where the premium is free: `c·log(G/(γQ))`.
    fn gap(&self, shipped: &Shipped<'_>) -> f64 {
        let (green, promised) = self.green_and_promised(&shipped.quantity);
        self.scale * (green / promised).ln()
    }

    fn next(&self, state: State, value: f64, shipped: &Shipped<'_>, tolerance: f64) -> (State, f64) {
        if self.green.is_empty() {
            return (State::Held(0.0), 0.0);
        }
        next_premium(state, value, -self.gap(shipped), self.cap, tolerance)
    }
}

impl Condition<'_> {
    /// Its equation where its value is free; zero at a solution.
    pub fn gap(&self, piece: usize, value: f64, shipped: &Shipped<'_>) -> f64 {
        match self {
            Self::Quota(quota) => quota.gap(shipped),
            Self::Mandate(mandate) => mandate.gap(shipped),
            Self::Abater(abater) => abater.gap(piece, value, shipped),
        }
    }

    /// The state that follows from what is shipped, with the value to begin with; the same ones
    /// where all is well.
    pub fn next(&self, state: State, value: f64, shipped: &Shipped<'_>, tolerance: f64) -> (State, f64) {
        match self {
            Self::Quota(quota) => quota.next(state, value, shipped, tolerance),
            Self::Mandate(mandate) => mandate.next(state, value, shipped, tolerance),
            Self::Abater(abater) => abater.next(state, value, shipped, tolerance),
        }
    }

    /// The highest premium, where there is one.
    pub fn most(&self) -> Option<f64> {
        match self {
            Self::Quota(quota) => Some(quota.gap).filter(|gap| gap.is_finite()),
            Self::Mandate(mandate) => Some(mandate.cap),
            Self::Abater(_) => None,
        }
    }

    /// A value a little nearer to what it asks for.
    pub fn nudged(&self, value: f64, shipped: &Shipped<'_>) -> f64 {
        match self {
            // the steepest response, σ, would be met by twice the scaled gap
            Self::Quota(quota) => (value + quota.gap(shipped)).clamp(0.0, quota.gap),
            Self::Mandate(mandate) if mandate.green.is_empty() => 0.0,
            Self::Mandate(mandate) => (value - mandate.gap(shipped)).clamp(0.0, mandate.cap),
            Self::Abater(abater) => {
                let (_, wanted) = abater.next(State::Held(value), value, shipped, 0.0);
                value + 0.5 * (wanted - value)
            }
        }
    }

    /// Whether a value lies on a limit, so that it does not move with small changes; else the
    /// piece it is on.
    pub fn state_at(&self, value: f64) -> State {
        // a premium that was converted to its unit and back is off by rounding
        let at_most = |most: f64| value >= most * (1.0 - 4.0 * f64::EPSILON);
        let held = match self {
            Self::Quota(quota) => value <= 0.0 || at_most(quota.gap),
            Self::Mandate(mandate) => value <= 0.0 || at_most(mandate.cap),
            Self::Abater(abater) => return abater.state_at(value),
        };
        if held { State::Held(value) } else { State::Free(0) }
    }
}

impl Condition<'_> {
    /// Where a value stands under other terms before markets answer: a free one where it is, one that is
    /// held at a limit at that limit of the condition's `other` self. `None` where it has no such limit.
    pub fn moved_limit(&self, other: &Condition<'_>, state: State, value: f64) -> Option<f64> {
        let held = matches!(state, State::Held(_));
        match (self, other) {
            (Self::Quota(_), Condition::Quota(_)) | (Self::Mandate(_), Condition::Mandate(_)) => {
                if held && value > 0.0 { other.most() } else { Some(value) }
            }
            (Self::Abater(own), Condition::Abater(other)) => own.moved_break(other, held, value),
            _ => None,
        }
    }
}

impl<'a> Sides<'a> {
    /// The conditions that terms put on a product's markets; `supported` is, by support, the share
    /// of what could be abated that there is money for.
    pub fn new(kernel: &Kernel, terms: &'a Terms, supported: &[f64]) -> Self {
        let arcs = kernel.first_arc..kernel.first_arc + kernel.arcs.len();
        let quotas: Vec<(usize, &Quota)> =
            terms.quotas.iter().enumerate().filter(|(_, quota)| quota.product == kernel.product).collect();
        let mandates: Vec<(usize, &Mandate)> =
            terms.mandates.iter().enumerate().filter(|(_, m)| m.product == kernel.product).collect();
        let abaters: Vec<(usize, usize)> = terms
            .abaters
            .iter()
            .enumerate()
            .filter_map(|(of, abater)| {
                Some((of, kernel.makers.binary_search(&abater.producer.index()).ok()?))
            })
            .collect();
        let mut watched: Vec<usize> = vec![];
        for (_, quota) in &quotas {
            watched.extend(quota.arcs.iter().map(|(arc, _)| arc.index() - arcs.start));
        }
        for (_, mandate) in &mandates {
            watched.extend(mandate.green.iter().map(|arc| arc.index() - arcs.start));
            let market = kernel.market_of(mandate.importer);
            if let (Some(market), Promise::Share(_)) = (market, mandate.promise) {
                watched.extend(kernel.arcs_into(market));
            }
        }
        for (of, _) in &abaters {
            watched.extend(terms.abaters[*of].duties.iter().map(|duty| duty.arc.index() - arcs.start));
        }
        watched.sort_unstable();
        watched.dedup();
        let place = |arc: usize| watched.partition_point(|other| *other < arc);
        let mut conditions = vec![];
        for (of, quota) in quotas {
            conditions.push(Condition::Quota(QuotaSide::new(kernel, quota, of, &place)));
        }
        for (of, mandate) in mandates {
            conditions.push(Condition::Mandate(MandateSide::new(kernel, mandate, of, &place)));
        }
        for (of, maker) in abaters {
            let abater = &terms.abaters[of];
            conditions.push(Condition::Abater(AbaterSide::new(kernel, abater, of, maker, supported, &place)));
        }
        let base = watched.iter().map(|arc| kernel.paid(terms, *arc)).collect();
        Self { watched, base, conditions }
    }

    /// What is paid on each watched arc at given values.
    pub fn paid(&self, values: &[f64], states: &[State]) -> Vec<Paid> {
        let mut paid = self.base.clone();
        for ((condition, value), state) in self.conditions.iter().zip(values).zip(states) {
            if *state == State::Held(0.0) {
                continue;
            }
            match condition {
                Condition::Quota(quota) => {
                    for (cell, share) in &quota.cells {
                        paid[*cell].rate += value * share;
                    }
                }
                Condition::Mandate(mandate) => {
                    for cell in &mandate.green {
                        paid[*cell].per_tonne -= value * mandate.unit;
                    }
                }
                Condition::Abater(abater) => abater.relieve(*state, *value, &mut paid),
            }
        }
        paid
    }

    /// Writes what is paid at given values into a job.
    pub fn lay(&self, kernel: &Kernel, job: &mut Job<'_>, values: &[f64], states: &[State]) {
        for ((arc, paid), at) in self.watched.iter().zip(self.paid(values, states)).zip(&job.watched) {
            let cell = &kernel.arcs[*arc];
            job.arcs.slope[*at] = cell.mill * (1.0 + paid.rate);
            job.arcs.fixed[*at] = cell.beyond_mill(paid);
        }
    }

    /// Whether a condition is the abatement of a producer.
    pub fn is_abater(&self, condition: usize) -> bool {
        matches!(self.conditions[condition], Condition::Abater(_))
    }

    /// By producer: what abatement costs it on a tonne of product, over its baseline price.
    pub fn costs(&self, makers: usize, values: &[f64], states: &[State]) -> Vec<f64> {
        let mut costs = vec![0.0; makers];
        for ((condition, value), state) in self.conditions.iter().zip(values).zip(states) {
            if let Condition::Abater(abater) = condition {
                costs[abater.maker] = abater.own_cost_in(*state, *value);
            }
        }
        costs
    }

    /// Shipments on the watched arcs at the prices last asked about, kt.
    pub fn quantities(&self, kernel: &Kernel, job: &Job<'_>, work: &Work) -> Vec<f64> {
        let ship = |(arc, at): (&usize, &usize)| kernel.arcs[*arc].quantity * work.ratio_of(job, *at);
        self.watched.iter().zip(&job.watched).map(ship).collect()
    }
}
