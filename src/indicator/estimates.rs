//! How much of a result rests on shipments that are estimates.
//!
//! A change `N` of a country or group is a sum over shipments, `N = Σ c`. The share that rests on
//! estimates is `Σ |c| of estimated shipments / Σ |c|`: of absolute contributions, so that gains do
//! not hide losses. What is shared out over shipments: consumers' gain by what purchasers paid for
//! each in the baseline, producers' by what each took of their output. Quota rents, programmes and
//! transfers are left out.

use crate::baseline::{Baseline, CountryId, CountrySet, ProductId};
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

/// How much of a number rests on what, as shares of absolute contributions; they add up to 1 with
/// that of published shipments.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rests {
    /// On shipments that are estimates.
    pub on_estimates: f64,
    /// On shipments of which the data do not say whether they are.
    pub on_unsaid: f64,
}

/// What each shipment contributes to the changes of its exporter and of its importer.
#[derive(Debug, Clone, PartialEq)]
pub struct Contributions {
    /// By arc and indicator of [`SHARED_OUT`]: to the exporter's change and to the importer's.
    parts: Vec<[(f64, f64); SHARED_OUT.len()]>,
    /// By arc: exporter, importer, product, and whether it is an estimate.
    arcs: Vec<(CountryId, CountryId, ProductId, Option<bool>)>,
}

/// What an arc's two ends gain, and what is shared out over it.
struct Ends {
    exporter: [f64; SHARED_OUT.len()],
    importer: [f64; SHARED_OUT.len()],
}

/// Absolute contributions: of estimates, of those of which the data do not say, and all.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    estimated: f64,
    unsaid: f64,
    all: f64,
}

impl Sums {
    fn add(&mut self, part: f64, is_estimate: Option<bool>) {
        let part = part.abs();
        self.all += part;
        match is_estimate {
            Some(true) => self.estimated += part,
            Some(false) => {}
            None => self.unsaid += part,
        }
    }

    fn rests(self) -> Option<Rests> {
        let share = |part: f64| part / self.all;
        (self.all > 0.0).then(|| Rests { on_estimates: share(self.estimated), on_unsaid: share(self.unsaid) })
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
            let border = cif.1 * duty.rate + q1 * duty.charge.value() / 1e3 - cif.0 * flow.duty;
            ends.add(Indicator::GovernmentRevenue, q1 * duty.at_origin.value() / 1e3, border);
            let emitted =
                producer.intensity.map_or(0.0, |e| q1 * state.intensity(e).value() - q0 * e.value());
            ends.add(Indicator::Emissions, emitted, 0.0);
            if !flow.is_home() {
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
            arcs.push((flow.exporter, flow.importer, flow.product, flow.estimated));
        }
        Self { parts, arcs }
    }

    /// How much of the changes of some countries rests on estimates: by product, then all products
    /// together, and by indicator of [`SHARED_OUT`]; `None` where nothing changes.
    #[must_use]
    pub fn of_set(&self, set: &CountrySet) -> Vec<[Option<Rests>; SHARED_OUT.len()]> {
        let products = 1 + self.arcs.iter().map(|arc| arc.2.index()).max().unwrap_or(0);
        let mut sums = vec![[Sums::default(); SHARED_OUT.len()]; products + 1];
        for (parts, (exporter, importer, product, is_estimate)) in self.parts.iter().zip(&self.arcs) {
            let (sells, buys) = (set.contains(*exporter), set.contains(*importer));
            if !(sells || buys) {
                continue;
            }
            for (at, (to_exporter, to_importer)) in parts.iter().enumerate() {
                let own = |is: bool, part: &f64| if is { *part } else { 0.0 };
                let part = own(sells, to_exporter) + own(buys, to_importer);
                sums[product.index()][at].add(part, *is_estimate);
                sums[products][at].add(part, *is_estimate);
            }
        }
        sums.into_iter().map(|of| of.map(Sums::rests)).collect()
    }

    /// How much of the change of an indicator of some countries rests on estimates, all products
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
        let of = self.parts.iter().zip(&self.arcs).filter(|(_, arc)| product.is_none_or(|p| p == arc.2));
        Some(of.map(|(parts, arc)| own(arc.0, parts[at].0) + own(arc.1, parts[at].1)).sum())
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
    use crate::indicator::{Indicators, fixture};

    fn contributions() -> (Baseline, Indicators, Contributions) {
        let world = fixture::world();
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
        let (world, indicators, found) = contributions();
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
        let (world, _, found) = contributions();
        let everyone = CountrySet::all(world.countries.len());
        // in this world shipments between countries are estimates, and home sales are not
        let exports = found.rests(&everyone, Indicator::Exports).expect("exports change");
        assert_eq!(exports.on_estimates, 1.0);
        let used = found.rests(&everyone, Indicator::Use).expect("use changes");
        assert!(used.on_estimates > 0.0 && used.on_estimates < 1.0 && used.on_unsaid == 0.0);
        assert_eq!(found.rests(&everyone, Indicator::PriceIndex), None);
    }
}
