//! Links that could open: ways between an exporter and an importer that the baseline has no
//! shipment on, with what shipping there would cost.
//!
//! Nothing is known of a way that nobody goes. Freight is estimated from what the exporter and the
//! importer pay elsewhere, and its natural size from how much the one ships and the other takes.

use crate::baseline::arcs::Arcs;
use crate::baseline::{Baseline, Basis, CountryId, Flow, ProducerId, ProductId, Trade};
use crate::units::{Kilotonnes, UsdPerTonne};
use std::collections::BTreeMap;

/// What shipping a product costs and how much is shipped, known or estimated.
#[derive(Debug, Clone)]
pub struct Lanes {
    product: ProductId,
    known: BTreeMap<(CountryId, CountryId), (UsdPerTonne, Kilotonnes)>,
    /// By country: median freight of what it ships abroad, USD/t.
    from: Vec<Option<f64>>,
    /// By country: median freight of what it buys abroad, USD/t.
    into: Vec<Option<f64>>,
    /// Median freight of all trade, USD/t.
    all: f64,
    /// By country: what it ships abroad, kt.
    exports: Vec<f64>,
    /// By country: what it buys abroad, kt.
    imports: Vec<f64>,
}

impl Lanes {
    /// The lanes of a product.
    #[must_use]
    pub fn new(baseline: &Baseline, product: ProductId) -> Self {
        let countries = baseline.countries.len();
        let (mut from, mut into) = (vec![vec![]; countries], vec![vec![]; countries]);
        let (mut exports, mut imports) = (vec![0.0; countries], vec![0.0; countries]);
        let mut all = vec![];
        let mut known = BTreeMap::new();
        for (_, flow) in baseline.trade.flows() {
            if flow.product != product || flow.is_home() || flow.quantity.value() <= 0.0 {
                continue;
            }
            let (exporter, importer) = (flow.exporter.index(), flow.importer.index());
            from[exporter].push(flow.freight.value());
            into[importer].push(flow.freight.value());
            all.push(flow.freight.value());
            exports[exporter] += flow.quantity.value();
            imports[importer] += flow.quantity.value();
            known.insert((flow.exporter, flow.importer), (flow.freight, flow.quantity));
        }
        Self {
            product,
            known,
            from: from.into_iter().map(median).collect(),
            into: into.into_iter().map(median).collect(),
            all: median(all).unwrap_or(0.0),
            exports,
            imports,
        }
    }

    /// Whether the baseline has shipments between two countries.
    #[must_use]
    pub fn is_used(&self, exporter: CountryId, importer: CountryId) -> bool {
        self.known.contains_key(&(exporter, importer))
    }

    /// Freight between two countries: that of the baseline's shipments, else an estimate, the
    /// exporter's median times the importer's over the median of all; `None` where the one ships
    /// nothing abroad or the other buys nothing there.
    #[must_use]
    pub fn freight(&self, exporter: CountryId, importer: CountryId) -> Option<UsdPerTonne> {
        if let Some((freight, _)) = self.known.get(&(exporter, importer)) {
            return Some(*freight);
        }
        let (from, into) = (self.from[exporter.index()]?, self.into[importer.index()]?);
        Some(UsdPerTonne(if self.all > 0.0 { from * into / self.all } else { 0.0 }))
    }

    /// Shipments between two countries: those of the baseline, else what there would be if every
    /// importer bought from all exporters alike, `X_i·M_j / Σ X`.
    #[must_use]
    pub fn size(&self, exporter: CountryId, importer: CountryId) -> Kilotonnes {
        if let Some((_, quantity)) = self.known.get(&(exporter, importer)) {
            return *quantity;
        }
        let all: f64 = self.exports.iter().sum();
        let both = self.exports[exporter.index()] * self.imports[importer.index()];
        Kilotonnes(if all > 0.0 { both / all } else { 0.0 })
    }

    /// Flows of nothing between every exporter and every importer that the baseline has no
    /// shipment between.
    fn unused<'a>(&'a self, baseline: &'a Baseline) -> impl Iterator<Item = Flow> + 'a {
        let pairs = baseline.country_ids().flat_map(|i| baseline.country_ids().map(move |e| (i, e)));
        pairs.filter_map(|(importer, exporter)| {
            if exporter == importer || self.is_used(exporter, importer) {
                return None;
            }
            Some(Flow {
                exporter,
                importer,
                product: self.product,
                quantity: Kilotonnes::ZERO,
                freight: self.freight(exporter, importer)?,
                duty: baseline.duty_in_force(exporter, importer, self.product).unwrap_or(0.0),
                basis: Some(Basis::Estimate),
                duty_confidence: None,
            })
        })
    }
}

impl Baseline {
    /// A producer's share of its country's output of the product (0 where there is none).
    #[must_use]
    pub fn share_of_output(&self, producer: ProducerId) -> f64 {
        let own = &self.producers[producer.index()];
        let all: f64 = self.producers_in(own.country, own.product).map(|p| p.output.value()).sum();
        if all > 0.0 { own.output.value() / all } else { 0.0 }
    }

    /// The same world with a link of no shipments between every exporter and every importer of a
    /// product that ship nothing to each other, so that duties can be put on it. Home sales and
    /// countries that trade nothing of the product get none.
    #[must_use]
    pub fn opened(&self) -> Self {
        let mut flows: Vec<Flow> = self.trade.flows().map(|(_, flow)| flow.clone()).collect();
        let before = flows.len();
        for product in self.product_ids() {
            flows.extend(Lanes::new(self, product).unused(self));
        }
        flows.sort_by_key(|flow| (flow.product, flow.importer, flow.exporter));
        let arcs = Arcs::new(&self.producers, &flows, self.products.len(), self.countries.len());
        let mut opened = self.clone();
        opened
            .notes
            .push(format!("{} links without shipments are open, at estimated freight", flows.len() - before));
        opened.trade = Trade::new(self.countries.len(), flows);
        opened.arcs = arcs.all;
        (opened.arc_ranges, opened.market_ranges) = (arcs.by_product, arcs.by_market);
        opened
    }
}

/// The median; the mean of the middle two of an even number.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        even if even % 2 == 0 => Some(0.5 * (values[middle - 1] + values[middle])),
        _ => Some(values[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_the_middle_one_or_between_the_middle_two() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), Some(2.5));
    }
}
