//! How much is at stake for an exporter before anything happens: its exposure to
//! a carbon payment in the members' markets, and its dependence on them.

use crate::baseline::{ArcId, Baseline, CountryId, CountrySet, ProductId};
use crate::units::UsdPerTonneCo2e;

/// The carbon price of the index, as in the World Bank's note.
pub const INDEX_PRICE: UsdPerTonneCo2e = UsdPerTonneCo2e(100.0);

/// The exposure index of the World Bank (CBAM Exposure Index, technical note of
/// 15 June 2023): the share of exports that goes to members (ratio), times
/// intensity (kg CO2e per USD of export value), times the carbon price over 1000
/// (USD per kg): the carbon payment per USD of all exports (ratio).
#[must_use]
pub fn index(share_to_members: f64, intensity_kg_per_usd: f64, price: UsdPerTonneCo2e) -> f64 {
    share_to_members * intensity_kg_per_usd * price.value() / 1000.0
}

/// The relative index: intensity above the members' average instead of all of
/// it; negative for an exporter cleaner than the members.
#[must_use]
pub fn relative_index(
    share_to_members: f64,
    intensity_kg_per_usd: f64,
    members_kg_per_usd: f64,
    price: UsdPerTonneCo2e,
) -> f64 {
    index(share_to_members, intensity_kg_per_usd - members_kg_per_usd, price)
}

/// What is at stake for an exporter outside, in the baseline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exposure {
    /// The exporter.
    pub exporter: CountryId,
    /// The product; `None` for all together.
    pub product: Option<ProductId>,
    /// Exports to members over all exports, by value at the mill (ratio).
    pub share_to_members: f64,
    /// Exports to members at the mill, million USD a year.
    pub value_to_members: f64,
    /// Emissions per value of exports, kg CO2e per USD; `None` where an intensity is not known.
    pub intensity_kg_per_usd: Option<f64>,
    /// The exposure index at 100 USD per tonne CO2e: cost per USD of exports (ratio).
    pub index: Option<f64>,
    /// The relative index at the same price.
    pub relative: Option<f64>,
    /// Exports to members over GDP (ratio); `None` where GDP is not known.
    pub of_gdp: Option<f64>,
}

/// The exposure of each exporter that is no member, by country and product; after
/// a country's products all of them together. Who exports nothing is left out.
#[must_use]
pub fn exposures(baseline: &Baseline, members: &CountrySet) -> Vec<Exposure> {
    let products = baseline.products.len();
    let mut cells = vec![Exports::default(); baseline.countries.len() * products];
    for (position, arc) in baseline.arcs.iter().enumerate() {
        let flow = baseline.flow_of(ArcId::at(position));
        if flow.is_home() {
            continue;
        }
        let producer = baseline.producer_of(ArcId::at(position));
        let value = (arc.quantity * producer.price).value();
        let cell = &mut cells[flow.exporter.index() * products + flow.product.index()];
        cell.value += value;
        if members.contains(flow.importer) {
            cell.to_members += value;
        }
        match producer.intensity {
            Some(intensity) => cell.emissions += (arc.quantity * intensity).value(),
            None => cell.emissions_unknown = true,
        }
    }
    let mut rows = vec![];
    for exporter in members.complement().iter() {
        let mut all = Exports::default();
        for product in baseline.product_ids() {
            let cell = cells[exporter.index() * products + product.index()];
            all.add(cell);
            rows.extend(exposure(baseline, members, exporter, Some(product), cell));
        }
        rows.extend(exposure(baseline, members, exporter, None, all));
    }
    rows
}

#[derive(Debug, Clone, Copy, Default)]
struct Exports {
    /// Million USD at the mill.
    value: f64,
    /// Million USD at the mill.
    to_members: f64,
    /// kt CO2e.
    emissions: f64,
    emissions_unknown: bool,
}

impl Exports {
    fn add(&mut self, other: Self) {
        self.value += other.value;
        self.to_members += other.to_members;
        self.emissions += other.emissions;
        self.emissions_unknown |= other.emissions_unknown;
    }
}

fn exposure(
    baseline: &Baseline,
    members: &CountrySet,
    exporter: CountryId,
    product: Option<ProductId>,
    exports: Exports,
) -> Option<Exposure> {
    if exports.value <= 0.0 {
        return None;
    }
    let share = exports.to_members / exports.value;
    // kt CO2e per million USD is kg per USD
    let intensity = (!exports.emissions_unknown).then(|| exports.emissions / exports.value);
    let average = average_kg_per_usd(baseline, members, product);
    let gdp = baseline.countries[exporter.index()].gdp_usd.filter(|gdp| *gdp > 0.0);
    Some(Exposure {
        exporter,
        product,
        share_to_members: share,
        value_to_members: exports.to_members,
        intensity_kg_per_usd: intensity,
        index: intensity.map(|kg| index(share, kg, INDEX_PRICE)),
        relative: intensity.zip(average).map(|(kg, average)| relative_index(share, kg, average, INDEX_PRICE)),
        of_gdp: gdp.map(|gdp| exports.to_members * 1e6 / gdp),
    })
}

/// Members' emissions over the value of their output, kg CO2e per USD; `None`
/// where members make nothing or an intensity is not known.
fn average_kg_per_usd(baseline: &Baseline, members: &CountrySet, product: Option<ProductId>) -> Option<f64> {
    let (mut emissions, mut value) = (0.0, 0.0);
    for producer in &baseline.producers {
        let counted = members.contains(producer.country)
            && product.is_none_or(|wanted| wanted == producer.product)
            && producer.output.value() > 0.0;
        if counted {
            emissions += (producer.output * producer.intensity?).value();
            value += (producer.output * producer.price).value();
        }
    }
    (value > 0.0).then(|| emissions / value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::fixture;
    use serde_json::Value;

    #[test]
    fn the_index_is_the_world_banks() {
        let text = include_str!("../../../../tests/cases/wb_cbam_exposure_formula.json");
        let case: Value = serde_json::from_str(text).expect("JSON");
        let rows = case["expected"].as_array().expect("rows");
        assert_eq!(rows.len(), 3);
        for row in rows {
            let number = |key: &str| row[key].as_f64().expect("a number");
            let (share, kg) = (number("share_to_eu"), number("intensity_kg_per_usd"));
            assert!((index(share, kg, INDEX_PRICE) - number("exposure")).abs() < 1e-12);
            let relative = relative_index(share, kg, number("eu_intensity"), INDEX_PRICE);
            assert!((relative - number("relative_exposure")).abs() < 1e-12);
        }
    }

    #[test]
    fn exposure_is_read_from_the_baseline() {
        let world = fixture::world();
        let rows = exposures(&world, &fixture::members(&world));
        let ccc = rows
            .iter()
            .find(|r| Some(r.exporter) == world.country("CCC") && r.product == world.product("steel"))
            .expect("CCC exports steel");
        assert!((ccc.share_to_members - 100.0 / 140.0).abs() < 1e-12);
        assert!((ccc.value_to_members - 50.0).abs() < 1e-12); // 100 kt at 500 USD/t
        assert!((ccc.intensity_kg_per_usd.expect("known") - 5.0).abs() < 1e-12); // 2.5 t/t at 0.5 USD/kg
        assert!((ccc.index.expect("known") - 100.0 / 140.0 * 0.5).abs() < 1e-12);
        assert!((ccc.of_gdp.expect("known") - 50e6 / 1e12).abs() < 1e-18);
        // members: (60·2 + 40·0.5 + 100·2) kt over (100·0.8 + 100·0.9) million USD
        let average = 340.0 / 170.0;
        let relative = 100.0 / 140.0 * (5.0 - average) * 0.1;
        assert!((ccc.relative.expect("known") - relative).abs() < 1e-12);
    }

    #[test]
    fn members_and_those_who_export_nothing_have_no_exposure() {
        let world = fixture::world();
        let rows = exposures(&world, &fixture::members(&world));
        assert!(
            rows.iter()
                .all(|r| !["AAA", "BBB", "EEE"].contains(&world.countries[r.exporter.index()].code.as_str()))
        );
    }
}
