//! A producer's choice of abatement (A11): what it spends on cutting its
//! intensity against what it saves in duties that depend on it.
//!
//! The cost `½·m·e·a²` less grants, and the duties on its sales, make a function
//! of the share `a` that is smooth between break points: where a charge stops,
//! where a tier is left, where the money for support ends. Each piece has one
//! candidate; the cheapest is chosen.

use crate::engine::armington::kernel::{Kernel, Paid};
use crate::engine::armington::state::{Shipped, State};
use crate::policy::terms::{Abater, ByIntensity};

/// A producer that can abate; its value is the share abated.
#[derive(Debug)]
pub(super) struct AbaterSide<'a> {
    /// Its position in the terms.
    pub of: usize,
    /// The producer, a position in [`Kernel::makers`].
    pub maker: usize,
    /// Its mill price in the baseline, USD/t.
    mill: f64,
    /// Its sales in the baseline, kt.
    sales: f64,
    /// `m·e`: marginal cost at full abatement, USD a tonne of product.
    pub full: f64,
    /// Grants: the share of cost, up to which share of abatement.
    grants: Vec<(f64, f64)>,
    groups: Vec<Group<'a>>,
    /// Break points from 0 to the limit, rising.
    breaks: Vec<f64>,
}

/// Arcs on which one rule holds alike.
#[derive(Debug)]
struct Group<'a> {
    rule: &'a ByIntensity,
    stays: f64,
    /// Watched arcs, with the freight in their customs value, USD/t.
    cells: Vec<(usize, f64)>,
}

/// A group's part in the producer's sales.
struct Sold {
    /// Share of tonnes.
    share: f64,
    /// Share times customs value, USD/t.
    value: f64,
}

/// Two break points closer than this are one.
const APART: f64 = 1e-12;

impl<'a> AbaterSide<'a> {
    pub fn new(
        kernel: &Kernel,
        abater: &'a Abater,
        of: usize,
        maker: usize,
        supported: &[f64],
        place: &dyn Fn(usize) -> usize,
    ) -> Self {
        let mut groups: Vec<Group<'a>> = vec![];
        let mut mill = None;
        for duty in &abater.duties {
            let arc = duty.arc.index() - kernel.first_arc;
            mill = Some(kernel.arcs[arc].mill);
            let cell = (place(arc), kernel.arcs[arc].customs_freight);
            match groups.iter_mut().find(|group| group.stays == duty.stays && *group.rule == duty.rule) {
                Some(group) => group.cells.push(cell),
                None => groups.push(Group { rule: &duty.rule, stays: duty.stays, cells: vec![cell] }),
            }
        }
        let own = |arc: &&crate::engine::armington::kernel::ArcCell| arc.maker == maker;
        let mill = mill.or_else(|| kernel.arcs.iter().find(own).map(|arc| arc.mill)).unwrap_or(1.0);
        let grants: Vec<(f64, f64)> =
            abater.supports.iter().map(|(of, share)| (*share, abater.limit * supported[*of])).collect();
        let mut breaks = vec![0.0, abater.limit];
        breaks.extend(grants.iter().map(|(_, up_to)| *up_to));
        for group in &groups {
            let rule = group.rule;
            let left_at = |level: f64| (rule.counted.value() - level) / rule.response.value();
            breaks.push(left_at(rule.free.value()));
            breaks.extend(rule.charged_most_from().map(|most| left_at(most.value())));
            breaks.extend(rule.steps.iter().map(|(above, _)| left_at(above.value())));
        }
        breaks.retain(|at| (0.0..=abater.limit).contains(at));
        breaks.sort_by(f64::total_cmp);
        breaks.dedup_by(|b, a| *b - *a < APART);
        let full = abater.intensity.value() * abater.cost.value();
        Self { of, maker, mill, sales: kernel.sales_value[maker] / mill, full, grants, groups, breaks }
    }

    fn middle(&self, piece: usize) -> f64 {
        0.5 * (self.breaks[piece] + self.breaks[piece + 1])
    }

    /// The share of cost that the producer bears itself on a piece.
    pub fn own_share(&self, piece: usize) -> f64 {
        let middle = self.middle(piece);
        let granted: f64 =
            self.grants.iter().filter(|(_, up_to)| *up_to > middle).map(|(share, _)| share).sum();
        (1.0 - granted).max(0.0)
    }

    /// By group: how fast the charge on its arcs falls with abatement on a piece, USD/t.
    fn relief(&self, piece: usize) -> Vec<f64> {
        let middle = self.middle(piece);
        let fall = |group: &Group<'_>| {
            let rule = group.rule;
            let slope = rule.per_tonne_co2e.value() * rule.response.value();
            if rule.charge_falls(middle) { group.stays * slope } else { 0.0 }
        };
        self.groups.iter().map(fall).collect()
    }

    /// By watched arc: how fast the charge falls with abatement on a piece, USD/t.
    pub fn relief_by_cell(&self, piece: usize) -> Vec<(usize, f64)> {
        let relief = self.relief(piece);
        let of_group = |(group, relief): (&Group<'a>, f64)| -> Vec<(usize, f64)> {
            group.cells.iter().map(|(cell, _)| (*cell, relief)).collect()
        };
        self.groups.iter().zip(relief).flat_map(of_group).collect()
    }

    fn sold(&self, shipped: &Shipped<'_>) -> Vec<Sold> {
        let total = self.sales * (shipped.demand)(self.maker);
        let mill = self.mill * (shipped.price)(self.maker);
        let of_group = |group: &Group<'_>| {
            let mut sold = Sold { share: 0.0, value: 0.0 };
            for (cell, freight) in &group.cells {
                let share = shipped.quantity[*cell] / total;
                sold.share += share;
                sold.value += share * (mill + freight);
            }
            sold
        };
        self.groups.iter().map(of_group).collect()
    }

    /// Own cost and duties on a tonne sold, USD/t.
    fn burden(&self, abated: f64, sold: &[Sold]) -> f64 {
        let mut burden = self.own_cost(abated) * self.mill;
        for (group, sold) in self.groups.iter().zip(sold) {
            let duty = group.rule.duty(abated);
            burden += group.stays * (duty.rate * sold.value + duty.per_tonne().value() * sold.share);
        }
        burden
    }

    /// What a share of abatement costs the producer on a tonne, over its baseline price. While the
    /// share is free the cost of its piece is taken on beyond the piece's ends, so that it stays smooth.
    pub fn own_cost_in(&self, state: State, abated: f64) -> f64 {
        let State::Free(piece) = state else { return self.own_cost(abated) };
        let middle = self.middle(piece);
        let grant = |(share, up_to): &(f64, f64)| {
            share * if *up_to > middle { abated.powi(2) } else { up_to.powi(2) }
        };
        let granted: f64 = self.grants.iter().map(grant).sum();
        0.5 * self.full * (abated * abated - granted) / self.mill
    }

    fn own_cost(&self, abated: f64) -> f64 {
        let granted: f64 = self.grants.iter().map(|(share, up_to)| share * abated.min(*up_to).powi(2)).sum();
        0.5 * self.full * (abated * abated - granted).max(0.0) / self.mill
    }

    /// How fast its own cost rises on a piece, over its baseline price.
    pub fn own_cost_slope(&self, piece: usize, abated: f64) -> f64 {
        self.full * self.own_share(piece) * abated / self.mill
    }

    /// Lowers what is paid on its arcs by what it abates; smooth beyond a piece's ends as its cost is.
    pub fn relieve(&self, state: State, abated: f64, paid: &mut [Paid]) {
        for group in &self.groups {
            let before = group.rule.duty(0.0);
            let (rate, per_tonne) = match state {
                State::Held(_) => {
                    let after = group.rule.duty(abated);
                    (after.rate, after.per_tonne().value())
                }
                State::Free(piece) => {
                    let middle = self.middle(piece);
                    let here = group.rule.duty(middle);
                    let slope = group.rule.per_tonne_co2e.value() * group.rule.response.value();
                    let falls = group.rule.charge_falls(middle);
                    let fall = if falls { slope * (abated - middle) } else { 0.0 };
                    (here.rate, here.per_tonne().value() - fall)
                }
            };
            for (cell, _) in &group.cells {
                paid[*cell].rate += group.stays * (rate - before.rate);
                paid[*cell].per_tonne += group.stays * (per_tonne - before.per_tonne().value());
            }
        }
    }

    /// A11 within a piece: own marginal cost less what is saved, over the full marginal cost.
    pub fn gap(&self, piece: usize, value: f64, shipped: &Shipped<'_>) -> f64 {
        let sold = self.sold(shipped);
        let saved: f64 = self.relief(piece).iter().zip(&sold).map(|(relief, sold)| relief * sold.share).sum();
        self.own_share(piece) * value - saved / self.full
    }

    /// The state with the least burden; the current one where no other is better.
    pub fn next(&self, state: State, value: f64, shipped: &Shipped<'_>, tolerance: f64) -> (State, f64) {
        let sold = self.sold(shipped);
        let mut best: Option<(f64, State, f64)> = None;
        for piece in 0..self.breaks.len() - 1 {
            let (low, high) = (self.breaks[piece], self.breaks[piece + 1]);
            let saved: f64 =
                self.relief(piece).iter().zip(&sold).map(|(relief, sold)| relief * sold.share).sum();
            let own = self.full * self.own_share(piece);
            let wanted = if own > APART * self.full { saved / own } else { f64::INFINITY };
            let (at, candidate) = if wanted <= low + APART {
                (low, State::Held(low))
            } else if wanted >= high - APART {
                (high, State::Held(high))
            } else {
                (wanted, State::Free(piece))
            };
            let burden = self.burden(at, &sold);
            let margin = APART * self.full.max(1.0);
            // of equals the more abated
            if best.is_none_or(|(least, ..)| burden <= least + margin) {
                best = Some((burden, candidate, at));
            }
        }
        let Some((least, candidate, at)) = best else { return (state, value) };
        // a step within the piece is what its equation is for
        let sound = match state {
            State::Held(_) => true,
            State::Free(piece) => (self.breaks[piece]..=self.breaks[piece + 1]).contains(&value),
        };
        let stay = candidate == state
            || (sound
                && self.burden(value, &sold) <= least + tolerance * tolerance * self.full
                && (at - value).abs() <= tolerance);
        if stay { (state, value) } else { (candidate, at) }
    }

    /// A share under other terms: one held at a break point moves with it. `None` where the pieces differ.
    pub fn moved_break(&self, other: &AbaterSide<'_>, held: bool, value: f64) -> Option<f64> {
        if self.breaks.len() != other.breaks.len() {
            return None;
        }
        if !held {
            return Some(value);
        }
        let near = |at: &f64| (at - value).abs() <= 10.0 * APART;
        self.breaks.iter().position(near).map(|at| other.breaks[at])
    }

    /// Whether a share lies on a break point; else the piece it is on.
    pub fn state_at(&self, value: f64) -> State {
        if self.breaks.iter().any(|at| (at - value).abs() <= 10.0 * APART) {
            return State::Held(value);
        }
        let piece = self.breaks.partition_point(|at| *at < value);
        State::Free(piece.clamp(1, self.breaks.len() - 1) - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::{ArcId, Baseline, read};
    use crate::engine::armington::side::{Condition, Sides};
    use crate::policy::Terms;
    use crate::policy::terms::{CarbonDuty, Collected};
    use crate::units::{Intensity, UsdPerTonneCo2e};
    use std::path::Path;

    /// Boria's blast furnaces, charged `kappa` above 0.5 tCO2e/t in Arden, with a tier.
    fn terms(toy: &Baseline, kappa: f64) -> Terms {
        let (ard, bor) = (toy.country("ARD").expect("ARD"), toy.country("BOR").expect("BOR"));
        let steel = toy.product("steel").expect("steel");
        let blast =
            toy.producers.iter().find(|p| toy.routes[p.route.index()].code == "blast").expect("blast").route;
        let arc = toy
            .arcs_into(ard, steel)
            .map(ArcId::at)
            .find(|arc| toy.producer_of(*arc).country == bor && toy.producer_of(*arc).route == blast)
            .expect("Boria ships to Arden");
        let counted = toy.producer_of(arc).intensity.expect("known");
        let rule = ByIntensity {
            counted,
            response: counted,
            per_tonne_co2e: UsdPerTonneCo2e(kappa),
            free: Intensity(0.5),
            at_most: None,
            steps: vec![(Intensity(0.9 * counted.value()), 0.01)],
            collected: Collected::ByImporter,
        };
        let mut terms = Terms::with(toy, [(arc, rule.duty(0.0))]);
        terms.abaters.push(Abater {
            producer: toy.arcs[arc.index()].producer,
            cost: UsdPerTonneCo2e(120.0),
            intensity: counted,
            limit: 0.6,
            supports: vec![],
            duties: vec![CarbonDuty { arc, rule, stays: 1.0, earmarked: false }],
        });
        terms
    }

    /// The least burden at baseline sales, USD/t, the share abated, and the share of sales charged.
    fn least(toy: &Baseline, kappa: f64) -> (f64, f64, f64) {
        let terms = terms(toy, kappa);
        let kernel = Kernel::new(toy, toy.product("steel").expect("steel"));
        let sides = Sides::new(&kernel, &terms, &[]);
        let [Condition::Abater(abater)] = sides.conditions.as_slice() else { panic!("one condition") };
        let quantity = sides.watched.iter().map(|arc| kernel.arcs[*arc].quantity).collect();
        let shipped = Shipped { quantity, demand: &|_| 1.0, price: &|_| 1.0 };
        let (_, abated) = abater.next(State::Held(0.0), 0.0, &shipped, 0.0);
        let sold = abater.sold(&shipped);
        (abater.burden(abated, &sold), abated, sold[0].share)
    }

    #[test]
    fn the_least_burden_moves_with_the_charge_as_if_abatement_stood_still() {
        let toy = read::folder(Path::new("../../data/toy")).unwrap_or_else(|problems| panic!("{problems}"));
        let counted = terms(&toy, 0.0).abaters[0].intensity.value();
        for kappa in [5.0, 40.0, 80.0, 150.0, 400.0] {
            let step = 1e-3;
            let slope = (least(&toy, kappa + step).0 - least(&toy, kappa - step).0) / (2.0 * step);
            let (_, abated, share) = least(&toy, kappa);
            let charged = share * (counted * (1.0 - abated) - 0.5).max(0.0);
            assert!((slope - charged).abs() <= 1e-6 * charged, "at {kappa}: {slope}, not {charged}");
            assert!(abated > 0.0, "at {kappa}");
        }
    }

    #[test]
    fn no_other_share_of_abatement_burdens_less() {
        let toy = read::folder(Path::new("../../data/toy")).unwrap_or_else(|problems| panic!("{problems}"));
        for kappa in [0.0, 5.0, 40.0, 150.0, 1000.0] {
            let terms = terms(&toy, kappa);
            let kernel = Kernel::new(&toy, toy.product("steel").expect("steel"));
            let sides = Sides::new(&kernel, &terms, &[]);
            let [Condition::Abater(abater)] = sides.conditions.as_slice() else { panic!("one condition") };
            let quantity = sides.watched.iter().map(|arc| kernel.arcs[*arc].quantity).collect();
            let shipped = Shipped { quantity, demand: &|_| 1.0, price: &|_| 1.0 };
            let (_, abated) = abater.next(State::Held(0.0), 0.0, &shipped, 0.0);
            let sold = abater.sold(&shipped);
            for hundredth in 0..=60 {
                let other = abater.burden(f64::from(hundredth) * 0.01, &sold);
                assert!(abater.burden(abated, &sold) <= other + 1e-9, "at {kappa}: {abated}, {hundredth}");
            }
        }
    }

    #[test]
    fn pieces_end_where_the_tier_and_the_charge_do() {
        // of 2.5 tCO2e/t a tenth leaves the tier, four fifths are free of charge, three fifths are the limit
        let toy = read::folder(Path::new("../../data/toy")).unwrap_or_else(|problems| panic!("{problems}"));
        let mut terms = terms(&toy, 40.0);
        let kernel = Kernel::new(&toy, toy.product("steel").expect("steel"));
        let breaks = |terms: &Terms| {
            let sides = Sides::new(&kernel, terms, &[1.0]);
            let [Condition::Abater(abater)] = sides.conditions.as_slice() else { panic!("one condition") };
            (
                abater.breaks.clone(),
                (0..abater.breaks.len() - 1).map(|piece| abater.own_share(piece)).collect(),
            )
        };
        let near = |(found, own): (Vec<f64>, Vec<f64>), breaks: &[f64], shares: &[f64]| {
            let close = |a: &[f64], b: &[f64]| {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12)
            };
            assert!(close(&found, breaks) && close(&own, shares), "{found:?} {own:?}");
        };
        near(breaks(&terms), &[0.0, 0.1, 0.6], &[1.0, 1.0]);
        terms.abaters[0].duties[0].rule.free = Intensity(1.5);
        near(breaks(&terms), &[0.0, 0.1, 0.4, 0.6], &[1.0; 3]);
        // a support bears 30 % of the cost up to the limit, or up to half of it where money is short
        terms.abaters[0].supports = vec![(0, 0.3)];
        near(breaks(&terms), &[0.0, 0.1, 0.4, 0.6], &[0.7; 3]);
        let sides = Sides::new(&kernel, &terms, &[0.5]);
        let [Condition::Abater(abater)] = sides.conditions.as_slice() else { panic!("one condition") };
        let shares = (0..4).map(|piece| abater.own_share(piece)).collect();
        near((abater.breaks.clone(), shares), &[0.0, 0.1, 0.3, 0.4, 0.6], &[0.7, 0.7, 1.0, 1.0]);
    }
}
