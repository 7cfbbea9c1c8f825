//! How much of a result rests on shipments that were observed, and how much on estimates.
//!
//! A change `N` of a country or group is a sum over shipments, `N = Σ c`. The share that rests on
//! a [`Basis`] is `Σ |c| of its shipments / Σ |c|`: of absolute contributions, so that gains do
//! not hide losses. The same is done for how well the duties in force on the shipments are known. What is shared out over shipments: consumers' gain by what purchasers paid for
//! each in the baseline, producers' by what each took of their output. Quota rents, programmes and
//! transfers are left out.

use crate::baseline::{Baseline, Basis, CountryId, CountrySet, DutyConfidence, Flow, ProductId};
use crate::engine::{Equilibrium, accounts};
use crate::indicator::Indicator;
use crate::policy::Terms;

/// The indicators whose changes are sums over shipments.
pub const SHARED_OUT: [Indicator; 12] = [
    Indicator::Output,
    Indicator::Exports,
    Indicator::Imports,
    Indicator::Use,
    Indicator::ExportValue,
    Indicator::ImportValue,
    Indicator::ConsumerSurplus,
    Indicator::ProducerSurplus,
    Indicator::GovernmentRevenue,
    Indicator::Welfare,
    Indicator::Emissions,
    Indicator::ImportedEmissions,
];

/// How much of a number rests on what, as shares of absolute contributions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rests {
    /// By [`Basis`]: the share of shipments that rest on it.
    pub on: [f64; Basis::ALL.len()],
    /// The share of shipments of which the data do not say what they rest on; with `on` it makes 1.
    pub on_unsaid: f64,
    /// By [`DutyConfidence`]: the share of shipments whose duty in force is so well known.
    pub duties: [f64; DutyConfidence::ALL.len()],
    /// The share of shipments of which the data do not say how well the duty is known, or name none;
    /// home sales among them. With `duties` it makes 1.
    pub duties_unsaid: f64,
}

impl Rests {
    /// The share that rests on a basis.
    #[must_use]
    pub const fn share(&self, basis: Basis) -> f64 {
        self.on[basis.index()]
    }
}

/// The shares of tonnes shipped between countries that rest on each [`Basis`], and on what is not said:
/// all products together, or one.
#[must_use]
pub fn of_tonnes(baseline: &Baseline, product: Option<ProductId>) -> Option<([f64; Basis::ALL.len()], f64)> {
    let (mut on, mut all) = ([0.0; Basis::ALL.len()], 0.0);
    let wanted = |flow: &Flow| !flow.is_home() && product.is_none_or(|product| flow.product == product);
    for (_, flow) in baseline.trade.flows().filter(|(_, flow)| wanted(flow)) {
        all += flow.quantity.value();
        if let Some(basis) = flow.basis {
            on[basis.index()] += flow.quantity.value();
        }
    }
    let on = on.map(|kt| kt / all);
    (all > 0.0).then(|| (on, (1.0 - on.iter().sum::<f64>()).max(0.0)))
}

/// What each shipment contributes to the changes of its exporter and of its importer.
#[derive(Debug, Clone, PartialEq)]
pub struct Contributions {
    /// By arc and indicator of [`SHARED_OUT`]: to the exporter's change and to the importer's.
    parts: Vec<[(f64, f64); SHARED_OUT.len()]>,
    /// By arc: whose shipment it is, and what it rests on.
    arcs: Vec<Shipment>,
}

/// Whose shipment an arc is, and what it rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Shipment {
    exporter: CountryId,
    importer: CountryId,
    product: ProductId,
    basis: Option<Basis>,
    duty: Option<DutyConfidence>,
}

/// What an arc's two ends gain, and what is shared out over it.
struct Ends {
    exporter: [f64; SHARED_OUT.len()],
    importer: [f64; SHARED_OUT.len()],
}

/// Absolute contributions by what they rest on, and all.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    on: [f64; Basis::ALL.len()],
    duties: [f64; DutyConfidence::ALL.len()],
    all: f64,
}

impl Sums {
    fn add(&mut self, part: f64, shipment: &Shipment) {
        let part = part.abs();
        self.all += part;
        if let Some(basis) = shipment.basis {
            self.on[basis.index()] += part;
        }
        if let Some(confidence) = shipment.duty {
            self.duties[confidence.index()] += part;
        }
    }

    fn rests(self) -> Option<Rests> {
        let (on, duties) = (self.on.map(|part| part / self.all), self.duties.map(|part| part / self.all));
        let rest = |known: &[f64]| (1.0 - known.iter().sum::<f64>()).max(0.0);
        (self.all > 0.0).then(|| Rests { on_unsaid: rest(&on), duties_unsaid: rest(&duties), on, duties })
    }
}

fn at(indicator: Indicator) -> Option<usize> {
    SHARED_OUT.iter().position(|known| *known == indicator)
}

impl Ends {
    fn add(&mut self, indicator: Indicator, exporter: f64, importer: f64) {
        if let Some(at) = at(indicator) {
            self.exporter[at] += exporter;
            self.importer[at] += importer;
        }
    }
}

impl Contributions {
    /// The contributions of shipments under some terms, against the status quo.
    #[must_use]
    pub fn of(baseline: &Baseline, terms: &Terms, status_quo: &Equilibrium, after: &Equilibrium) -> Self {
        let (paid, sold) = baseline_sums(baseline, status_quo);
        let duties = accounts::duties(terms, after, baseline.arcs.len());
        let union = baseline.customs_union().map(|union| &union.members);
        let in_one_union =
            |flow: &Flow| union.is_some_and(|union| union.contains_both(flow.exporter, flow.importer));
        let mut parts = Vec::with_capacity(baseline.arcs.len());
        let mut arcs = Vec::with_capacity(baseline.arcs.len());
        for (position, arc) in baseline.arcs.iter().enumerate() {
            let flow = baseline.trade.flow(arc.flow);
            let producer = &baseline.producers[arc.producer.index()];
            let state = &after.producers[arc.producer.index()];
            let (q0, q1) = (arc.quantity.value(), after.quantity[position].value());
            let (mill0, mill1) = (producer.price.value(), state.price.value());
            let freight = flow.freight.value();
            let mut ends = Ends { exporter: [0.0; SHARED_OUT.len()], importer: [0.0; SHARED_OUT.len()] };
            ends.add(Indicator::Output, q1 - q0, 0.0);
            ends.add(Indicator::Use, 0.0, q1 - q0);
            // kt times USD/t are thousand USD
            let cif = (q0 * (mill0 + freight) / 1e3, q1 * (mill1 + freight) / 1e3);
            let duty = duties[position];
            let beyond = baseline.customs_freight(flow).value();
            let customs = (q0 * (mill0 + beyond) / 1e3, q1 * (mill1 + beyond) / 1e3);
            let border = customs.1 * duty.rate + q1 * duty.charge.value() / 1e3 - customs.0 * flow.duty;
            ends.add(Indicator::GovernmentRevenue, q1 * duty.at_origin.value() / 1e3, border);
            let emitted =
                producer.intensity.map_or(0.0, |e| q1 * state.intensity(e).value() - q0 * e.value());
            ends.add(Indicator::Emissions, emitted, 0.0);
            if !flow.is_home() && !in_one_union(flow) {
                ends.add(Indicator::Exports, q1 - q0, 0.0);
                ends.add(Indicator::Imports, 0.0, q1 - q0);
                ends.add(Indicator::ExportValue, (q1 * mill1 - q0 * mill0) / 1e3, 0.0);
                ends.add(Indicator::ImportValue, 0.0, cif.1 - cif.0);
                ends.add(Indicator::ImportedEmissions, 0.0, emitted);
            }
            let made = sold[arc.producer.index()];
            let of_producer = if made > 0.0 { state.surplus.value() * q0 / made } else { 0.0 };
            ends.add(Indicator::ProducerSurplus, of_producer, 0.0);
            let spent = paid[flow.product.index() * baseline.countries.len() + flow.importer.index()];
            let price = status_quo.landed_price[position].value();
            let gained =
                after.market(flow.importer, flow.product).map_or(0.0, |market| market.surplus.value());
            let of_purchasers = if spent > 0.0 { gained * q0 * price / spent } else { 0.0 };
            ends.add(Indicator::ConsumerSurplus, 0.0, of_purchasers);
            let exporter = of_producer + q1 * duty.at_origin.value() / 1e3;
            ends.add(Indicator::Welfare, exporter, of_purchasers + border);
            let mut pairs = [(0.0, 0.0); SHARED_OUT.len()];
            for (pair, ends) in pairs.iter_mut().zip(ends.exporter.into_iter().zip(ends.importer)) {
                *pair = ends;
            }
            parts.push(pairs);
            arcs.push(Shipment {
                exporter: flow.exporter,
                importer: flow.importer,
                product: flow.product,
                basis: flow.basis,
                duty: flow.duty_confidence,
            });
        }
        Self { parts, arcs }
    }

    /// What the changes of some countries rest on: by product, then all products
    /// together, and by indicator of [`SHARED_OUT`]; `None` where nothing changes.
    #[must_use]
    pub fn of_set(&self, set: &CountrySet) -> Vec<[Option<Rests>; SHARED_OUT.len()]> {
        let products = 1 + self.arcs.iter().map(|arc| arc.product.index()).max().unwrap_or(0);
        let mut sums = vec![[Sums::default(); SHARED_OUT.len()]; products + 1];
        for (parts, shipment) in self.parts.iter().zip(&self.arcs) {
            let (sells, buys) = (set.contains(shipment.exporter), set.contains(shipment.importer));
            if !(sells || buys) {
                continue;
            }
            for (at, (to_exporter, to_importer)) in parts.iter().enumerate() {
                let own = |is: bool, part: &f64| if is { *part } else { 0.0 };
                let part = own(sells, to_exporter) + own(buys, to_importer);
                sums[shipment.product.index()][at].add(part, shipment);
                sums[products][at].add(part, shipment);
            }
        }
        sums.into_iter().map(|of| of.map(Sums::rests)).collect()
    }

    /// What the change of an indicator of some countries rests on, all products
    /// together; `None` where the indicator is not shared out or nothing changes.
    #[must_use]
    pub fn rests(&self, set: &CountrySet, indicator: Indicator) -> Option<Rests> {
        self.of_set(set).last()?[at(indicator)?]
    }

    /// The contributions to a change added up, in the indicator's unit; `None` where the indicator is
    /// not shared out.
    #[must_use]
    pub fn sum(&self, set: &CountrySet, indicator: Indicator, product: Option<ProductId>) -> Option<f64> {
        let at = at(indicator)?;
        let own = |country: CountryId, part: f64| if set.contains(country) { part } else { 0.0 };
        let of =
            self.parts.iter().zip(&self.arcs).filter(|(_, arc)| product.is_none_or(|p| p == arc.product));
        Some(of.map(|(parts, arc)| own(arc.exporter, parts[at].0) + own(arc.importer, parts[at].1)).sum())
    }
}

/// What purchasers paid in each market (by product and country, thousand USD), and what
/// each producer sold, kt.
fn baseline_sums(baseline: &Baseline, status_quo: &Equilibrium) -> (Vec<f64>, Vec<f64>) {
    let mut paid = vec![0.0; baseline.products.len() * baseline.countries.len()];
    let mut sold = vec![0.0; baseline.producers.len()];
    for (position, arc) in baseline.arcs.iter().enumerate() {
        let flow = baseline.trade.flow(arc.flow);
        let market = flow.product.index() * baseline.countries.len() + flow.importer.index();
        paid[market] += arc.quantity.value() * status_quo.landed_price[position].value();
        sold[arc.producer.index()] += arc.quantity.value();
    }
    (paid, sold)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::Valuation;
    use crate::indicator::{Indicators, fixture};

    fn contributions(basis: Valuation) -> (Baseline, Indicators, Contributions) {
        let mut world = fixture::world();
        for country in &mut world.countries {
            country.valuation = basis;
        }
        let after = fixture::equilibrium(&world);
        let before = Equilibrium::new(
            &world,
            world.arcs.iter().map(|arc| arc.quantity).collect(),
            world.arcs.iter().map(|arc| world.producers[arc.producer.index()].price).collect(),
            crate::engine::ProducerState::before(&world),
            vec![],
            crate::engine::Convergence::default(),
        );
        let found = Contributions::of(&world, &fixture::terms(&world), &before, &after);
        let indicators = fixture::indicators(&world);
        (world, indicators, found)
    }

    #[test]
    fn contributions_add_up_to_the_changes_they_are_of() {
        for basis in [Valuation::Cif, Valuation::Fob] {
            add_up(basis);
        }
    }

    fn add_up(basis: Valuation) {
        let (world, indicators, found) = contributions(basis);
        for indicator in [
            Indicator::Exports,
            Indicator::Imports,
            Indicator::Use,
            Indicator::ExportValue,
            Indicator::ImportValue,
            Indicator::ConsumerSurplus,
            Indicator::ProducerSurplus,
            Indicator::GovernmentRevenue,
        ] {
            for country in world.country_ids() {
                for product in world.product_ids() {
                    let mut set = CountrySet::none(world.countries.len());
                    set.insert(country);
                    let Some(level) = indicators.get(indicator, country, Some(product)) else { continue };
                    let sum = found.sum(&set, indicator, Some(product)).expect("it is shared out");
                    assert!((sum - level.change()).abs() < 1e-9, "{indicator:?} {sum} {level:?}");
                }
            }
        }
    }

    #[test]
    fn shares_are_of_absolute_contributions() {
        let (world, _, found) = contributions(Valuation::Cif);
        let everyone = CountrySet::all(world.countries.len());
        // in this world shipments between countries are estimates, and home sales are not
        let exports = found.rests(&everyone, Indicator::Exports).expect("exports change");
        assert_eq!(exports.share(Basis::Estimate), 1.0);
        let used = found.rests(&everyone, Indicator::Use).expect("use changes");
        let estimated = used.share(Basis::Estimate) + used.share(Basis::CustomsValue);
        assert!(estimated > 0.0 && estimated < 1.0);
        assert!((used.on.iter().sum::<f64>() + used.on_unsaid - 1.0).abs() < 1e-12 && used.on_unsaid < 1e-12);
        assert_eq!(used.duties_unsaid, 1.0, "this world does not say how well its duties are known");
        assert_eq!(found.rests(&everyone, Indicator::PriceIndex), None);
    }
}
