//! Solved networks put together to an equilibrium of the baseline.

use super::calibrated::Calibrated;
use super::network::{Curve, Place, Solved, Traded};
use crate::baseline::{ArcId, Baseline};
use crate::engine::ces::consumer_gain;
use crate::engine::supply::LOWEST;
use crate::engine::{
    Convergence, Equilibrium, MandateState, MarketState, ProducerState, QuotaState, Transshipment,
};
use crate::policy::Terms;
use crate::units::{Kilotonnes, MillionUsd, UsdPerTonne};
use zollverein_numeric::dense::greatest;

/// An equilibrium while its products are put together.
pub(super) struct Found {
    quantity: Vec<Kilotonnes>,
    landed: Vec<UsdPerTonne>,
    producers: Vec<ProducerState>,
    markets: Vec<Option<MarketState>>,
    quotas: Vec<QuotaState>,
    mandates: Vec<MandateState>,
    supported: Vec<f64>,
    transshipped: Vec<Transshipment>,
    convergence: Convergence,
}

impl Found {
    pub fn new(baseline: &Baseline, terms: &Terms) -> Self {
        Self {
            quantity: vec![Kilotonnes::ZERO; baseline.arcs.len()],
            landed: vec![UsdPerTonne::ZERO; baseline.arcs.len()],
            producers: ProducerState::before(baseline),
            markets: vec![None; baseline.products.len() * baseline.countries.len()],
            quotas: vec![QuotaState::default(); terms.quotas.len()],
            mandates: vec![MandateState::default(); terms.mandates.len()],
            supported: vec![1.0; terms.supports.len()],
            transshipped: vec![],
            convergence: Convergence::default(),
        }
    }

    pub fn take(&mut self, baseline: &Baseline, terms: &Terms, own: &Calibrated, solved: &Solved) {
        let convergence = &mut self.convergence;
        convergence.iterations = convergence.iterations.max(solved.rounds);
        convergence.factorisations = convergence.factorisations.max(solved.steps);
        convergence.residual = greatest(convergence.residual, [solved.residual]);
        for (at, (maker, place)) in own.makers.iter().zip(&own.network.sources).enumerate() {
            let Traded { quantity: output, price } = solved.sources[at];
            self.producers[*maker] = produced(place, output, price, solved.scarcity[at]);
        }
        for (at, link) in own.network.links.iter().enumerate() {
            let (arc, price) = (own.first + at, solved.sources[link.source].price);
            let duty = terms.duty(ArcId::at(arc));
            let flow = baseline.flow_of(ArcId::at(arc));
            self.quantity[arc] = Kilotonnes(solved.shipped[at]);
            self.landed[arc] = baseline.landed(flow, UsdPerTonne(price), duty.rate, duty.per_tonne());
        }
        self.limits(own, solved);
        self.hubs(own, solved);
        let offset = own.product.index() * baseline.countries.len();
        for (at, importer) in own.importers.iter().enumerate() {
            self.markets[offset + importer] = Some(used(own, solved, at));
        }
    }

    /// Premiums, and what they add to landed prices.
    fn limits(&mut self, own: &Calibrated, solved: &Solved) {
        for ((at, limit), rate) in own.quotas.iter().zip(&own.network.limits).zip(&solved.premiums) {
            for (link, share) in &limit.links {
                let source = own.network.links[*link].source;
                let value = solved.sources[source].price + own.network.links[*link].freight;
                let arc = own.first + link;
                self.landed[arc] += UsdPerTonne(rate * share * value);
            }
            let shipped = limit.links.iter().map(|(link, _)| solved.shipped[*link]).sum();
            self.quotas[*at] = QuotaState { premium: *rate, shipped: Kilotonnes(shipped) };
        }
        for ((at, promise), premium) in own.mandates.iter().zip(&own.network.promises).zip(&solved.green) {
            for link in &promise.green {
                let arc = own.first + link;
                self.landed[arc] += UsdPerTonne(-premium);
            }
            let green: f64 = promise.green.iter().map(|link| solved.shipped[*link]).sum();
            let promised =
                promise.share.map_or(promise.tonnes, |share| share * solved.markets[promise.market].quantity);
            self.mandates[*at] = MandateState {
                premium: UsdPerTonne(*premium),
                green: Kilotonnes(green),
                promised: Kilotonnes(promised),
            };
        }
    }

    /// Metal through hubs; the landed price on its arc is the mean over the ways.
    fn hubs(&mut self, own: &Calibrated, solved: &Solved) {
        let detours = own.network.detours.iter().zip(&own.hubs).zip(&solved.detoured);
        for ((detour, via), tonnes) in detours.filter(|(_, tonnes)| **tonnes > 0.0) {
            let link = &own.network.links[detour.link];
            let beside = detour.fixed + detour.rate * (solved.sources[link.source].price + link.freight);
            self.landed[via.arc.index()] += UsdPerTonne(beside * tonnes / solved.shipped[detour.link]);
            self.transshipped.push(Transshipment {
                arc: via.arc,
                through: via.through.clone(),
                hub: via.hub,
                quantity: Kilotonnes(*tonnes),
                duty: via.duty,
                paid_as: via.paid_as,
            });
        }
    }

    pub fn equilibrium(self, baseline: &Baseline) -> Equilibrium {
        let mut equilibrium = Equilibrium::new(
            baseline,
            self.quantity,
            self.landed,
            self.producers,
            self.markets,
            self.convergence,
        );
        equilibrium.quotas = self.quotas;
        equilibrium.mandates = self.mandates;
        equilibrium.supported = self.supported;
        equilibrium.transshipped = self.transshipped;
        equilibrium
    }
}

/// A producer at an output and a price. At its capacity the price may stand above the curve; the
/// difference is scarcity rent and part of its surplus.
fn produced(place: &Place, output: f64, price: f64, scarcity: f64) -> ProducerState {
    let Curve::Supply { price: before, output: y0, curve } = place.curve else {
        return ProducerState::default();
    };
    let ratio = output / y0;
    // with cost that rises towards capacity every price has its output; a full plant's output has,
    // to the last digit, no price
    let by_price = !curve.is_unlimited() && price > 0.0;
    let (on_curve, marginal) = if by_price {
        let log = (price / before).ln().max(LOWEST);
        (curve.surplus(log), price / before)
    } else if ratio > 0.0 {
        let log = curve.log_price(ratio.ln());
        (curve.surplus(log), log.exp())
    } else {
        (curve.surplus(LOWEST), 0.0)
    };
    let surplus = on_curve + ratio * (price / before - marginal);
    ProducerState {
        output: Kilotonnes(output),
        price: UsdPerTonne(price),
        surplus: MillionUsd(before * y0 * 1e-3 * surplus),
        abated: 0.0,
        worth_of_capacity: UsdPerTonne(scarcity + before * curve.worth_of_capacity((price / before).ln())),
    }
}

/// A market: what purchasers gain is the area below their demand less what they pay, and what
/// rising marginal cost on each way leaves them, `½·s·x²` (the gain from having many ways).
fn used(own: &Calibrated, solved: &Solved, market: usize) -> MarketState {
    let Curve::Demand { price, quantity, elasticity } = own.network.markets[market].curve else {
        return MarketState {
            price_index: 1.0,
            expenditure_before: MillionUsd::ZERO,
            surplus: MillionUsd::ZERO,
        };
    };
    let index = solved.markets[market].price / price;
    let spent = MillionUsd(price * quantity * 1e-3); // kt · USD/t
    let mut variety = 0.0;
    for (at, link) in own.network.links.iter().enumerate().filter(|(_, link)| link.market == market) {
        let (now, before) = (solved.shipped[at], own.before[at]);
        variety += 0.5 * link.slope * (now - before) * (now + before);
    }
    for (detour, tonnes) in own.network.detours.iter().zip(&solved.detoured) {
        if own.network.links[detour.link].market == market {
            variety += 0.5 * detour.slope * tonnes * tonnes;
        }
    }
    MarketState {
        price_index: index,
        expenditure_before: spent,
        surplus: spent * consumer_gain(elasticity, index.ln()) + MillionUsd(variety * 1e-3),
    }
}
