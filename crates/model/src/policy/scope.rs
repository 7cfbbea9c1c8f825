//! Which trade an instrument is on.

use crate::baseline::{ArcId, Baseline, CountrySet};
use crate::policy::reading::Reading;

/// What an instrument is on, resolved: importers by customs territory,
/// exporters, products and routes.
#[derive(Debug, Clone, PartialEq)]
pub struct Scope {
    /// The importers, one set for each customs territory: an entry such as
    /// `EU27` is one territory, and trade within it meets no border.
    pub territories: Vec<CountrySet>,
    /// The exporters.
    pub exporters: CountrySet,
    /// By product: whether it is in scope.
    pub products: Vec<bool>,
    /// By route: whether it is in scope.
    pub routes: Vec<bool>,
    /// The share of that trade which the clause really covers (above 0, at most 1): a product of the
    /// data is more than the lines of a law.
    pub covers: f64,
}

/// The scope keys that several instruments share, as they stand in a file.
#[derive(Debug, Clone, Copy)]
pub struct ScopeKeys<'a> {
    /// `importers`.
    pub importers: &'a [String],
    /// `exporters`; none: everyone outside the importers.
    pub exporters: Option<&'a [String]>,
    /// `except`.
    pub except: &'a [String],
    /// `products`; none: all.
    pub products: Option<&'a [String]>,
    /// `routes`; none: all.
    pub routes: Option<&'a [String]>,
    /// `covers_percent`; none: all of the trade.
    pub covers_percent: Option<f64>,
}

impl Scope {
    /// The scope that file keys state; faults, an empty scope among them, go to the reading's problems.
    #[must_use]
    pub fn read(reading: &Reading<'_>, path: &str, keys: &ScopeKeys<'_>) -> Self {
        let territories = reading.territories(&format!("{path}.importers"), keys.importers);
        let mut exporters = match keys.exporters {
            Some(names) => reading.countries(&format!("{path}.exporters"), names),
            None => union(reading.baseline, &territories).complement(),
        };
        exporters.remove(&reading.countries(&format!("{path}.except"), keys.except));
        let products = reading.products(&format!("{path}.products"), keys.products);
        let routes = reading.routes(&format!("{path}.routes"), keys.routes, &products);
        let covers = keys.covers_percent.map_or(1.0, |percent| covers(reading, path, percent));
        let scope = Self { territories, exporters, products, routes, covers };
        if reading.is_clean(path) && scope.is_empty(reading.baseline) {
            let nobody = keys.exporters.is_none() && scope.exporters.is_empty();
            reading.problem(
                path,
                if nobody {
                    "no trade is in its scope: left out, exporters are everyone outside the importers, and that is nobody"
                } else {
                    "no trade of the baseline is in its scope"
                },
                "widen importers, exporters, products or routes; home sales and trade within a customs territory never count",
            );
        }
        scope
    }

    /// Whether nothing is in scope.
    #[must_use]
    pub fn is_empty(&self, baseline: &Baseline) -> bool {
        let mut empty = true;
        self.each_arc(baseline, &mut |_, _| empty = false);
        empty
    }

    /// Calls `visit` with each arc in scope and the position of the customs territory it enters.
    pub fn each_arc(&self, baseline: &Baseline, visit: &mut dyn FnMut(ArcId, usize)) {
        for product in baseline.product_ids() {
            if !self.products[product.index()] {
                continue;
            }
            for (entered, territory) in self.territories.iter().enumerate() {
                for importer in territory.iter() {
                    for position in baseline.arcs_into(importer, product) {
                        let arc = ArcId::at(position);
                        let producer = baseline.producer_of(arc);
                        if self.exporters.contains(producer.country)
                            && !territory.contains(producer.country)
                            && self.routes[producer.route.index()]
                        {
                            visit(arc, entered);
                        }
                    }
                }
            }
        }
    }

    /// All importers.
    #[must_use]
    pub fn importers(&self, baseline: &Baseline) -> CountrySet {
        union(baseline, &self.territories)
    }
}

/// The share that `covers_percent` states; a clause that covers nothing is a fault.
fn covers(reading: &Reading<'_>, path: &str, percent: f64) -> f64 {
    if percent > 0.0 && percent <= 100.0 {
        return percent / 100.0;
    }
    reading.problem(
        &format!("{path}.covers_percent"),
        format!("{percent} is out of range"),
        "give more than 0 and at most 100 percent; enabled = false switches the clause off",
    );
    1.0
}

/// The union of territories.
#[must_use]
pub fn union(baseline: &Baseline, territories: &[CountrySet]) -> CountrySet {
    let mut all = CountrySet::none(baseline.countries.len());
    for territory in territories {
        all.extend(territory);
    }
    all
}
