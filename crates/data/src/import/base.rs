//! What the base folder gives where the plan's files give nothing.

use std::collections::{BTreeMap, HashMap};
use zollverein_model::baseline::tables::{FlowRow, ProductionRow, Tables};

/// Figures of the base folder by what they are asked for.
#[derive(Debug)]
pub struct Base<'a> {
    /// Its tables.
    pub tables: &'a Tables,
    production: HashMap<(&'a str, &'a str, &'a str), &'a ProductionRow>,
    /// By product (empty: any), exporter and importer.
    freight: HashMap<(&'a str, &'a str, &'a str), f64>,
    middle_freight: f64,
}

/// Where a figure of the base folder comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// The country's own.
    Own,
    /// The mean over the countries that have one.
    Mean,
}

impl<'a> Base<'a> {
    /// The figures of some tables.
    #[must_use]
    pub fn new(tables: &'a Tables) -> Self {
        let key = |row: &'a ProductionRow| (row.product.as_str(), row.country.as_str(), row.route.as_str());
        let production = tables.production.rows.iter().map(|row| (key(&row.row), &row.row)).collect();
        let abroad =
            || tables.flows.rows.iter().map(|row| &row.row).filter(|row| row.exporter != row.importer);
        let of = |row: &'a FlowRow| {
            let (from, to) = (row.exporter.as_str(), row.importer.as_str());
            [("", from, to), (row.product.as_str(), from, to)].map(|key| (key, row.freight_usd_per_t))
        };
        let mut all: Vec<f64> = abroad().map(|row| row.freight_usd_per_t).collect();
        all.sort_by(f64::total_cmp);
        Self {
            tables,
            production,
            freight: abroad().flat_map(of).collect(),
            middle_freight: all.get(all.len() / 2).copied().unwrap_or(0.0),
        }
    }

    fn row(&self, product: &str, country: &str, route: &str) -> Option<&'a ProductionRow> {
        self.production.get(&(product, country, route)).copied()
    }

    /// A figure of a country's route, or its mean over all countries, weighted.
    fn figure(
        &self,
        [product, country, route]: [&str; 3],
        figure: impl Fn(&ProductionRow) -> Option<f64>,
        weight: impl Fn(&ProductionRow) -> f64,
    ) -> Option<(f64, Found)> {
        if let Some(own) = self.row(product, country, route).and_then(&figure) {
            return Some((own, Found::Own));
        }
        let (mut sum, mut weights) = (0.0, 0.0);
        for row in self.tables.production.rows.iter().map(|row| &row.row) {
            if row.product == product
                && row.route == route
                && let Some(value) = figure(row)
            {
                sum += value * weight(row);
                weights += weight(row);
            }
        }
        (weights > 0.0).then(|| (sum / weights, Found::Mean))
    }

    /// Output over capacity of a route.
    #[must_use]
    pub fn utilisation(&self, maker: [&str; 3]) -> Option<(f64, Found)> {
        let share = |row: &ProductionRow| row.capacity_kt.filter(|kt| *kt > 0.0).map(|kt| row.output_kt / kt);
        self.figure(maker, share, |row| row.capacity_kt.unwrap_or(0.0))
    }

    /// Emission intensity of a route, direct and of power.
    #[must_use]
    pub fn intensity(&self, maker: [&str; 3]) -> Option<(f64, Found)> {
        self.figure(maker, |row| row.intensity, |row| row.output_kt)
    }

    /// Direct emission intensity of a route.
    #[must_use]
    pub fn direct(&self, maker: [&str; 3]) -> Option<(f64, Found)> {
        self.figure(maker, |row| row.direct_intensity, |row| row.output_kt)
    }

    /// Mill price of a product in a country, or everywhere.
    #[must_use]
    pub fn price(&self, maker: [&str; 3]) -> Option<(f64, Found)> {
        self.figure(maker, |row| Some(row.price_usd_per_t), |row| row.output_kt)
    }

    /// The route by which most of a product is made: in the country, else in the world.
    #[must_use]
    pub fn main_route(&self, product: &str, country: Option<&str>) -> Option<&'a str> {
        let mut sums: BTreeMap<&str, f64> = BTreeMap::new();
        for row in self.tables.production.rows.iter().map(|row| &row.row) {
            if row.product == product && country.is_none_or(|code| code == row.country) {
                *sums.entry(&row.route).or_default() += row.output_kt;
            }
        }
        sums.into_iter().max_by(|a, b| a.1.total_cmp(&b.1)).map(|(route, _)| route)
    }

    /// Freight of a product between two countries, USD/t, and whether it is the pair's own: of the
    /// product or another one, there or back.
    #[must_use]
    pub fn freight(&self, product: &str, exporter: &str, importer: &str) -> (f64, Found) {
        let ways = [(exporter, importer), (importer, exporter)];
        let own = [product, ""]
            .into_iter()
            .flat_map(|product| ways.map(|(from, to)| (product, from, to)))
            .find_map(|key| self.freight.get(&key));
        own.map_or((self.middle_freight, Found::Mean), |freight| (*freight, Found::Own))
    }
}
