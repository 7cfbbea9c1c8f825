//! Single figures of a data folder that lie far from their like, each with the reason to look at it.

use crate::description::Finding;
use std::collections::BTreeMap;
use zollverein_model::baseline::tables::{ProductionRow, Row, Tables};
use zollverein_model::units::percent;

/// A mill price this many times the product's median, or less than its inverse, is worth a look.
const PRICE: f64 = 2.0;
/// An intensity this many times its route's median, or less than its inverse.
const INTENSITY: f64 = 2.0;
/// Freight above this share of the mill price.
const FREIGHT: f64 = 0.25;
/// Output of a route above this share of its capacity, and below that one.
const FULL: f64 = 0.98;
const IDLE: f64 = 0.2;
/// Exports above this share of output leave next to nothing at home.
const EXPORTED: f64 = 0.98;
/// Use per head this many times the world's.
const USE: f64 = 5.0;
/// Duties above this, percent.
const DUTY: f64 = 100.0;
/// Countries that use less than this are left out of checks of use, kt.
const SMALL: f64 = 100.0;

/// The outliers of a folder's tables: prices (unit values), intensities, freight, use of capacity,
/// balance of sales, use per head and duties. The farthest of each kind come first.
#[must_use]
pub fn outliers(tables: &Tables) -> Vec<Finding> {
    let mut look = Look { tables, found: vec![] };
    for product in &tables.products.rows {
        let product = product.row.code.as_str();
        let from = look.found.len();
        look.prices(product);
        look.sort(from);
        let from = look.found.len();
        look.intensities(product);
        look.sort(from);
        look.capacity(product);
        let from = look.found.len();
        look.freight(product);
        look.sort(from);
        look.sales(product);
        let from = look.found.len();
        look.duties(product);
        look.sort(from);
    }
    look.found.into_iter().map(|(_, finding)| finding).collect()
}

struct Look<'a> {
    tables: &'a Tables,
    /// With how far off each is, for sorting.
    found: Vec<(f64, Finding)>,
}

impl Look<'_> {
    fn note(
        &mut self,
        far: f64,
        product: &str,
        what: String,
        (value, unit): (f64, &'static str),
        why: String,
    ) {
        let product = Some(product.to_owned());
        self.found.push((far, Finding { product, what, value: Some(value), unit, remark: Some(why) }));
    }

    fn sort(&mut self, from: usize) {
        self.found[from..].sort_by(|a, b| b.0.total_cmp(&a.0));
    }

    fn production(&self, product: &str) -> Vec<Row<ProductionRow>> {
        let of = |row: &&Row<ProductionRow>| row.row.product == product && row.row.output_kt > 0.0;
        self.tables.production.rows.iter().filter(of).cloned().collect()
    }

    fn prices(&mut self, product: &str) {
        let rows = self.production(product);
        let Some(middle) = median(rows.iter().map(|row| row.row.price_usd_per_t)) else { return };
        for row in rows {
            let (row, times) = (&row.row, row.row.price_usd_per_t / middle);
            if !(1.0 / PRICE..=PRICE).contains(&times) {
                let what = format!("mill price, {} by {}", row.country, row.route);
                let why = format!("{times:.2} times the median of {middle:.0} USD/t");
                self.note(times.max(1.0 / times), product, what, (row.price_usd_per_t, "USD/t"), why);
            }
        }
    }

    fn intensities(&mut self, product: &str) {
        let mut routes: BTreeMap<String, Vec<(String, f64)>> = BTreeMap::new();
        for Row { row, .. } in self.production(product) {
            if let Some((direct, all)) = row.direct_intensity.zip(row.intensity)
                && direct > all * (1.0 + 1e-9)
            {
                let what = format!("direct intensity, {} by {}", row.country, row.route);
                let why = format!("above the whole intensity of {all} tCO2e/t");
                self.note(f64::MAX, product, what, (direct, "tCO2e/t"), why);
            }
            if let Some(intensity) = row.intensity {
                routes.entry(row.route).or_default().push((row.country, intensity));
            }
        }
        for (route, makers) in routes {
            let Some(middle) = median(makers.iter().map(|(_, intensity)| *intensity)) else { continue };
            for (country, intensity) in makers {
                let times = intensity / middle;
                if middle > 0.0 && !(1.0 / INTENSITY..=INTENSITY).contains(&times) {
                    let why = format!("{times:.2} times the route's median of {middle:.2} tCO2e/t");
                    let what = format!("intensity, {country} by {route}");
                    self.note((times - 1.0).abs(), product, what, (intensity, "tCO2e/t"), why);
                }
            }
        }
    }

    fn capacity(&mut self, product: &str) {
        for Row { row, .. } in self.production(product) {
            let Some(capacity) = row.capacity_kt.filter(|capacity| *capacity > 0.0) else { continue };
            let share = row.output_kt / capacity;
            let why = match share {
                share if share > FULL => "few plants run so full: capacity may be too low",
                share if share < IDLE => "few owners pay for so much idle plant: capacity may be too high",
                _ => continue,
            };
            let what = format!("use of capacity, {} by {}", row.country, row.route);
            self.note(0.0, product, what, (percent(share), "percent"), why.to_owned());
        }
    }

    fn freight(&mut self, product: &str) {
        let rows = self.production(product);
        let mut prices: BTreeMap<&str, f64> = BTreeMap::new();
        for row in &rows {
            let price = prices.entry(&row.row.country).or_insert(f64::INFINITY);
            *price = price.min(row.row.price_usd_per_t);
        }
        let mut far = vec![];
        for Row { row, .. } in self.tables.flows.rows.iter().filter(|row| row.row.product == product) {
            let Some(price) = prices.get(row.exporter.as_str()) else { continue };
            let share = row.freight_usd_per_t / price;
            if row.exporter == row.importer && row.freight_usd_per_t > 0.0 {
                let what = format!("freight, {} at home", row.exporter);
                far.push((
                    f64::MAX,
                    what,
                    row.freight_usd_per_t,
                    "home sales have no freight to a border".to_owned(),
                ));
            } else if share > FREIGHT {
                let what = format!("freight, {} to {}", row.exporter, row.importer);
                far.push((
                    share,
                    what,
                    row.freight_usd_per_t,
                    format!("{:.0} % of the mill price", percent(share)),
                ));
            }
        }
        for (share, what, freight, why) in far {
            self.note(share, product, what, (freight, "USD/t"), why);
        }
    }

    /// Sales against output, exports against output, use per head.
    fn sales(&mut self, product: &str) {
        let (mut made, mut sold, mut used, mut home) =
            (BTreeMap::new(), BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for Row { row, .. } in self.production(product) {
            *made.entry(row.country).or_insert(0.0) += row.output_kt;
        }
        for Row { row, .. } in self.tables.flows.rows.iter().filter(|row| row.row.product == product) {
            *sold.entry(row.exporter.clone()).or_insert(0.0) += row.quantity_kt;
            *used.entry(row.importer.clone()).or_insert(0.0) += row.quantity_kt;
            if row.exporter == row.importer {
                home.insert(row.exporter.clone(), row.quantity_kt);
            }
        }
        for (country, output) in &made {
            let sales = sold.get(country).copied().unwrap_or(0.0);
            if (sales - output).abs() > 1e-7 * output.max(sales) {
                let why = format!(
                    "sales are {sales} kt and output is {output} kt; the gap is spread over its flows"
                );
                let what = format!("sales less output, {country}");
                self.note(0.0, product, what, (sales - output, "kt"), why);
            }
            let abroad = 1.0 - home.get(country).copied().unwrap_or(0.0) / output;
            if abroad > EXPORTED && *output > SMALL {
                let why = "next to nothing is sold at home: output may be too low, or transit within exports";
                let what = format!("exports of output, {country}");
                self.note(0.0, product, what, (percent(abroad), "percent"), why.to_owned());
            }
        }
        let (mut tonnes, mut heads) = (0.0, 0.0);
        let population: BTreeMap<&str, f64> = self
            .tables
            .countries
            .rows
            .iter()
            .filter_map(|row| Some((row.row.code.as_str(), row.row.population.filter(|heads| *heads > 0.0)?)))
            .collect();
        for (country, kt) in &used {
            if let Some(people) = population.get(country.as_str()) {
                tonnes += kt;
                heads += people;
            }
        }
        let world = if heads > 0.0 { tonnes / heads } else { 0.0 };
        let mut far = vec![];
        for (country, kt) in &used {
            let Some(people) = population.get(country.as_str()) else { continue };
            let times = kt / people / world;
            if *kt > SMALL && times > USE {
                far.push((times, country.clone(), kt / people * 1e6));
            }
        }
        far.sort_by(|a, b| b.0.total_cmp(&a.0));
        for (times, country, kilograms) in far {
            let why = format!("{times:.1} times the world's: imports may be in transit, or exports too low");
            self.note(times, product, format!("use per head, {country}"), (kilograms, "kg"), why);
        }
    }

    fn duties(&mut self, product: &str) {
        let Some(table) = &self.tables.duties else { return };
        let high: Vec<_> = table
            .rows
            .iter()
            .filter(|row| row.row.product == product && row.row.rate_percent > DUTY)
            .collect();
        for Row { row, line } in high {
            let what = format!("duty, {} on {}", row.importer, row.exporter);
            let why = format!("line {line} of duties.csv: is it a rate in percent of the value?");
            self.note(row.rate_percent, product, what, (row.rate_percent, "percent"), why);
        }
    }
}

/// The middle of some figures; `None` if there are none.
fn median(figures: impl Iterator<Item = f64>) -> Option<f64> {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;
    use zollverein_model::baseline::read;

    fn toy() -> Tables {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/toy");
        read::tables(&folder).unwrap_or_else(|problems| panic!("{problems}"))
    }

    fn whats(tables: &Tables) -> Vec<String> {
        outliers(tables).into_iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn each_check_sees_a_figure_that_is_far_off() {
        let before = whats(&toy());
        let mut tables = toy();
        let row = &mut tables.production.rows[0].row;
        row.price_usd_per_t *= 9.0;
        row.intensity = Some(9.0);
        row.direct_intensity = Some(99.0);
        row.capacity_kt = Some(row.output_kt);
        let (maker, route) = (row.country.clone(), row.route.clone());
        let by = format!("{maker} by {route}");
        let abroad = tables.flows.rows.iter_mut().find(|row| row.row.exporter != row.row.importer);
        let flow = &mut abroad.expect("a flow abroad").row;
        flow.freight_usd_per_t = 9e5;
        let shipped = format!("freight, {} to {}", flow.exporter, flow.importer);
        flow.quantity_kt += 1.0;
        let sold = format!("sales less output, {}", flow.exporter);
        let duty = &mut tables.duties.as_mut().expect("duties").rows[0].row;
        duty.rate_percent = 900.0;
        let charged = format!("duty, {} on {}", duty.importer, duty.exporter);
        let after = whats(&tables);
        for what in [
            format!("mill price, {by}"),
            // of two, the upper one is the median
            format!("intensity, BOR by {route}"),
            format!("direct intensity, {by}"),
            format!("use of capacity, {by}"),
            shipped,
            sold,
            charged,
        ] {
            assert!(!before.contains(&what) && after.contains(&what), "{what}: {after:?}");
        }
    }
}
