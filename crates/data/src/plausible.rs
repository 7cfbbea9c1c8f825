//! Figures by which a person judges whether a baseline is plausible.

use crate::description::Finding;
use std::collections::{BTreeMap, BTreeSet};
use zollverein_model::baseline::{Baseline, Basis, CountryId, DutyConfidence, Flow, ProductId};
use zollverein_model::units::percent;

/// Output above this share of capacity is worth a look: few plants run so full.
const FULL: f64 = 0.98;
/// Output below this share of capacity is worth a look: few owners pay for so much idle plant.
const IDLE: f64 = 0.3;
/// Mill prices of one product rarely differ by more than this factor.
const PRICE_SPREAD: f64 = 3.0;
/// So many importers are named whose imports are estimated most, by tonnes.
const GAPS: usize = 8;

/// The figures of each product.
pub(super) fn findings(baseline: &Baseline) -> Vec<Finding> {
    let mut findings = vec![];
    for product in baseline.product_ids() {
        let mut look = Look { baseline, product, findings: &mut findings };
        look.quantities();
        look.capacity();
        look.prices();
        look.intensity();
        look.duties();
        look.estimates();
        look.observed();
        look.gaps();
        look.confidence();
    }
    findings
}

struct Look<'a> {
    baseline: &'a Baseline,
    product: ProductId,
    findings: &'a mut Vec<Finding>,
}

impl Look<'_> {
    fn note(&mut self, what: &str, value: Option<f64>, unit: &'static str, remark: Option<String>) {
        self.findings.push(Finding {
            product: Some(self.baseline.products[self.product.index()].code.clone()),
            what: what.to_owned(),
            value,
            unit,
            remark,
        });
    }

    fn abroad(&self) -> Vec<&Flow> {
        let wanted = |flow: &&Flow| flow.product == self.product && !flow.is_home();
        self.baseline.trade.flows().map(|(_, flow)| flow).filter(wanted).collect()
    }

    fn codes(&self, countries: impl IntoIterator<Item = CountryId>) -> Option<String> {
        let codes: BTreeSet<&str> = countries
            .into_iter()
            .map(|country| self.baseline.countries[country.index()].code.as_str())
            .collect();
        let shown: Vec<&str> = codes.iter().copied().take(12).collect();
        let more = if codes.len() > shown.len() { ", …" } else { "" };
        (!shown.is_empty()).then(|| format!("{}{more}", shown.join(", ")))
    }

    fn quantities(&mut self) {
        let product = self.product;
        let makers = self.baseline.producers.iter().filter(|p| p.product == product);
        let output: f64 = makers.map(|p| p.output.value()).sum();
        self.note("output", Some(output), "kt", None);
        let traded: f64 = self.abroad().iter().map(|flow| flow.quantity.value()).sum();
        let share = (output > 0.0).then(|| percent(traded / output));
        self.note("shipped across borders", share, "percent of output", None);
        let buyers: BTreeSet<CountryId> = self
            .baseline
            .trade
            .flows()
            .filter(|(_, flow)| flow.product == product)
            .map(|(_, flow)| flow.importer)
            .collect();
        let without: Vec<CountryId> =
            self.baseline.country_ids().filter(|country| !buyers.contains(country)).collect();
        let names = self.codes(without.iter().copied()).map(|codes| format!("no use is known: {codes}"));
        self.note("countries without use", Some(without.len() as f64), "countries", names);
    }

    fn capacity(&mut self) {
        let (mut output, mut capacity, mut unknown, mut total) = (0.0, 0.0, 0.0, 0.0);
        for producer in self.baseline.producers.iter().filter(|p| p.product == self.product) {
            total += producer.output.value();
            match producer.capacity {
                Some(known) => {
                    output += producer.output.value();
                    capacity += known.value();
                }
                None => unknown += producer.output.value(),
            }
        }
        let remark = (unknown > 0.0).then(|| "without it supply has no limit".to_owned());
        let share = if total > 0.0 { percent(unknown / total) } else { 0.0 };
        self.note("output without known capacity", Some(share), "percent of output", remark);
        let utilisation = (capacity > 0.0).then(|| percent(output / capacity));
        self.note("utilisation where capacity is known", utilisation, "percent", None);
        let used = |country: &CountryId| {
            self.baseline.utilisation(*country, self.product).filter(|_| {
                self.baseline.producers_in(*country, self.product).any(|p| p.output.value() > 0.0)
            })
        };
        let full: Vec<CountryId> =
            self.baseline.country_ids().filter(|c| used(c).is_some_and(|u| u > FULL)).collect();
        let idle: Vec<CountryId> =
            self.baseline.country_ids().filter(|c| used(c).is_some_and(|u| u < IDLE)).collect();
        let names = self.codes(full.iter().copied());
        self.note("countries using more than 98 percent", Some(full.len() as f64), "countries", names);
        let names = self.codes(idle.iter().copied());
        self.note("countries using less than 30 percent", Some(idle.len() as f64), "countries", names);
    }

    fn prices(&mut self) {
        let makers = self.baseline.producers.iter().filter(|p| p.product == self.product);
        let mut prices: Vec<(f64, CountryId)> =
            makers.filter(|p| p.output.value() > 0.0).map(|p| (p.price.value(), p.country)).collect();
        prices.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let code = |country: CountryId| self.baseline.countries[country.index()].code.clone();
        let (low, high) = (prices.first().copied(), prices.last().copied());
        let median = prices.get(prices.len() / 2).map(|(price, _)| *price);
        let wide = low.zip(high).is_some_and(|(low, high)| high.0 > PRICE_SPREAD * low.0);
        let remark = |at: Option<(f64, CountryId)>| {
            at.map(|(_, country)| {
                let far = if wide { "; the highest is more than three times the lowest" } else { "" };
                format!("{}{far}", code(country))
            })
        };
        let (at_low, at_high) = (remark(low), remark(high));
        self.note("lowest mill price", low.map(|(price, _)| price), "USD/t", at_low);
        self.note("median mill price", median, "USD/t", None);
        self.note("highest mill price", high.map(|(price, _)| price), "USD/t", at_high);
    }

    fn intensity(&mut self) {
        let (mut output, mut emitted, mut total) = (0.0, 0.0, 0.0);
        for producer in self.baseline.producers.iter().filter(|p| p.product == self.product) {
            total += producer.output.value();
            if let Some(intensity) = producer.intensity {
                output += producer.output.value();
                emitted += (producer.output * intensity).value();
            }
        }
        let known = if total > 0.0 { percent(output / total) } else { 0.0 };
        let remark = (known < 100.0).then(|| "emissions are not reported where it is unknown".to_owned());
        self.note("output with known intensity", Some(known), "percent of output", remark);
        self.note("mean intensity", (output > 0.0).then(|| emitted / output), "tCO2e/t", None);
    }

    fn duties(&mut self) {
        let product = self.product;
        let unknown: BTreeSet<CountryId> =
            self.baseline.duties_unknown.iter().filter(|(_, p)| *p == product).map(|(c, _)| *c).collect();
        let flows = self.abroad();
        let total: f64 = flows.iter().map(|flow| flow.quantity.value()).sum();
        let into: f64 =
            flows.iter().filter(|f| unknown.contains(&f.importer)).map(|f| f.quantity.value()).sum();
        let names = self.codes(unknown.iter().copied()).map(|codes| format!("taken as zero: {codes}"));
        self.note(
            "importers with an origin without known duty",
            Some(unknown.len() as f64),
            "countries",
            names,
        );
        let share = (total > 0.0).then(|| percent(into / total));
        self.note("imports of those importers", share, "percent of tonnes traded", None);
    }

    fn estimates(&mut self) {
        let flows = self.abroad();
        let total: f64 = flows.iter().map(|flow| flow.quantity.value()).sum();
        let on = |basis: Option<Basis>| {
            let kt: f64 = flows.iter().filter(|f| f.basis == basis).map(|f| f.quantity.value()).sum();
            (total > 0.0).then(|| percent(kt / total))
        };
        let shares = Basis::ALL.map(|basis| (basis.label(), on(Some(basis))));
        let unsaid = on(None);
        for (label, share) in shares {
            self.note(&format!("tonnes that rest on {label}"), share, "percent of tonnes traded", None);
        }
        if unsaid.is_some_and(|share| share > 0.0) {
            let remark = "the tables do not say of every flow what it rests on".to_owned();
            self.note("tonnes of which it is not said", unsaid, "percent of tonnes traded", Some(remark));
        }
    }

    /// How much of the imports of each large importer was observed: the gaps that a better source would fill.
    fn gaps(&mut self) {
        let flows = self.abroad();
        let (mut all, mut estimated) = (BTreeMap::new(), BTreeMap::new());
        for flow in &flows {
            *all.entry(flow.importer).or_insert(0.0) += flow.quantity.value();
            if flow.basis == Some(Basis::Estimate) {
                *estimated.entry(flow.importer).or_insert(0.0) += flow.quantity.value();
            }
        }
        let mut gaps: Vec<(CountryId, f64)> = estimated.into_iter().collect();
        gaps.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let total: f64 = all.values().sum();
        let named: Vec<String> = gaps
            .iter()
            .take(GAPS)
            .map(|(country, kt)| {
                let share = percent(kt / all.get(country).copied().unwrap_or(*kt));
                format!("{} {share:.0} %", self.baseline.countries[country.index()].code)
            })
            .collect();
        let remark =
            (!named.is_empty()).then(|| format!("estimated share of their imports: {}", named.join(", ")));
        let largest: f64 = gaps.iter().take(GAPS).map(|(_, kt)| kt).sum();
        let share = (total > 0.0).then(|| percent(largest / total));
        self.note("estimates in the largest gaps", share, "percent of tonnes traded", remark);
    }

    /// How the duties of the tonnes traded are known.
    fn confidence(&mut self) {
        let flows = self.abroad();
        let total: f64 = flows.iter().map(|flow| flow.quantity.value()).sum();
        let shares = DutyConfidence::ALL.map(|known| {
            let of = flows.iter().filter(|flow| flow.duty_confidence == Some(known));
            (known, of.map(|flow| flow.quantity.value()).sum::<f64>())
        });
        if shares.iter().all(|(_, kt)| *kt == 0.0) {
            return;
        }
        for (known, kt) in shares {
            let share = (total > 0.0).then(|| percent(kt / total));
            self.note(
                &format!("tonnes with a duty that is {}", known.name()),
                share,
                "percent of tonnes traded",
                None,
            );
        }
    }

    /// How many observations the flows obey.
    fn observed(&mut self) {
        let (product, baseline) = (self.product, self.baseline);
        let of = baseline.observations.iter().filter(|observation| observation.product == product);
        let count = of.count();
        if count > 0 {
            self.note("observations that the flows obey", Some(count as f64), "numbers", None);
        }
    }
}
