//! Shipments of a product that hang together: exports that output can explain, totals that are met,
//! home sales that are left.

use crate::baseline::import::balance::{self, Cell};
use crate::baseline::import::mirror::{self, How};
use crate::baseline::import::plan::{Product, Unexplained};
use crate::baseline::import::targets::{Held, Total};
use crate::problem::{Place, Problems};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A shipment within this of its report, relative, is the report.
const SAME: f64 = 1e-9;

/// Where a shipment's tonnes come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Origin {
    /// Trade files.
    Files(How),
    /// A pair that the plan holds or gives a floor.
    Pair(String),
    /// Balancing, from so many kt.
    Balanced(f64, How),
    /// Output less exports.
    Home,
}

/// Shipments of a product, kt, by exporter and importer.
pub type Shipments = BTreeMap<(u16, u16), (f64, Origin)>;

/// What became of a product's figures, quantities in kt.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Balance {
    /// The product.
    pub product: String,
    /// Tonnes between countries that the files report.
    pub reported_kt: f64,
    /// Tonnes between countries in the new folder.
    pub traded_kt: f64,
    /// Of them those that are estimates.
    pub estimated_kt: f64,
    /// Exports that output does not explain and that were taken out.
    pub taken_out_kt: f64,
    /// Output that was made up to explain exports.
    pub made_up_kt: f64,
    /// Output.
    pub output_kt: f64,
    /// Home sales.
    pub home_kt: f64,
    /// Rounds of balancing; 0 where reports stand as they are.
    pub rounds: usize,
    /// The largest gap between imports and what they should add up to.
    pub residual_kt: f64,
    /// Whose gap that is.
    pub residual_of: Option<String>,
}

/// What settling needs to know of a product.
pub struct Given<'a> {
    /// The product of the plan.
    pub product: &'a Product,
    /// Codes of the countries.
    pub countries: &'a [String],
    /// What the files report, by exporter and importer.
    pub cells: BTreeMap<(u16, u16), mirror::Cell>,
    /// Totals by country.
    pub totals: BTreeMap<u16, Total>,
    /// Pairs that are held.
    pub pairs: BTreeMap<(u16, u16), Held>,
    /// Output by country, kt.
    pub output: BTreeMap<u16, f64>,
    /// The plan's file, for messages.
    pub file: String,
}

/// A product's shipments, output that had to be raised (by country, kt), and the account of it.
///
/// # Errors
/// Held pairs that exceed what an exporter makes.
pub fn settle(given: &Given<'_>) -> Result<(Shipments, BTreeMap<u16, f64>, Balance), Problems> {
    let mut work = Work::new(given);
    work.explain();
    work.held()?;
    work.agree();
    let (abroad, rounds, residual) = work.balanced();
    Ok(work.finish(abroad, rounds, &residual))
}

struct Work<'a> {
    given: &'a Given<'a>,
    exports: Vec<f64>,
    imports: Vec<f64>,
    raised: BTreeMap<u16, f64>,
    taken_out: f64,
    changed: bool,
}

impl<'a> Work<'a> {
    fn new(given: &'a Given<'a>) -> Self {
        let count = given.countries.len();
        let (mut exports, mut imports) = (vec![0.0; count], vec![0.0; count]);
        for ((from, to), cell) in &given.cells {
            exports[usize::from(*from)] += cell.kt;
            imports[usize::from(*to)] += cell.kt;
        }
        let mut changed = !given.pairs.is_empty();
        for (country, total) in &given.totals {
            for (sums, wanted) in [(&mut exports, total.exports), (&mut imports, total.imports)] {
                if let Some(wanted) = wanted {
                    sums[usize::from(*country)] = wanted;
                    changed = true;
                }
            }
        }
        Self { given, exports, imports, raised: BTreeMap::new(), taken_out: 0.0, changed }
    }

    fn output(&self, country: u16) -> f64 {
        let made = self.given.output.get(&country).copied().unwrap_or(0.0);
        self.raised.get(&country).copied().unwrap_or(made)
    }

    /// Exports beyond what is left of output after the least home sales: transit is taken out of
    /// exports and imports alike, or output is raised.
    fn explain(&mut self) {
        let abroad = 1.0 - self.given.product.least_home_percent / 100.0;
        for position in 0..self.exports.len() {
            let country = u16::try_from(position).unwrap_or(u16::MAX);
            let limit = self.output(country) * abroad;
            let excess = self.exports[position] - limit;
            if excess <= SAME * limit {
                continue;
            }
            if self.given.product.unexplained_exports == Unexplained::Output && abroad > 0.0 {
                self.raised.insert(country, self.exports[position] / abroad);
                continue;
            }
            self.exports[position] = limit;
            self.imports[position] = (self.imports[position] - excess).max(0.0);
            self.taken_out += excess;
            self.changed = true;
        }
    }

    /// Pairs that are held must fit into what their exporter can ship.
    fn held(&mut self) -> Result<(), Problems> {
        let mut problems = Problems::new();
        let (mut out, mut into) = (BTreeMap::new(), BTreeMap::new());
        for ((from, to), held) in &self.given.pairs {
            *out.entry(*from).or_insert(0.0) += held.kt;
            *into.entry(*to).or_insert(0.0) += held.kt;
        }
        for (country, kt) in out {
            let position = usize::from(country);
            let output = self.output(country);
            if kt > output {
                problems.add(
                    Place::file(&self.given.file),
                    format!(
                        "the pairs of {} hold {kt} kt of {}, and it makes {output} kt",
                        self.given.countries[position], self.given.product.code
                    ),
                    "lower them, or raise its output in the production table",
                );
            }
            self.exports[position] = self.exports[position].max(kt);
        }
        for (country, kt) in into {
            let position = usize::from(country);
            self.imports[position] = self.imports[position].max(kt);
        }
        problems.into_result(())
    }

    /// Imports are scaled so that they add up to exports; those that are held stay.
    fn agree(&mut self) {
        if !self.changed {
            return;
        }
        let mut held = vec![0.0; self.imports.len()];
        for ((_, to), pair) in &self.given.pairs {
            held[usize::from(*to)] += pair.kt;
        }
        let (exports, fixed): (f64, f64) = (self.exports.iter().sum(), held.iter().sum());
        let free: f64 = self.imports.iter().zip(&held).map(|(all, held)| (all - held).max(0.0)).sum();
        let factor = if free > 0.0 { ((exports - fixed) / free).max(0.0) } else { 0.0 };
        for (all, held) in self.imports.iter_mut().zip(&held) {
            *all = held + (*all - held).max(0.0) * factor;
        }
    }

    /// Shipments between countries, rounds of balancing, and the gaps of imports that are left.
    fn balanced(&self) -> (Shipments, usize, Vec<f64>) {
        let pairs: BTreeSet<(u16, u16)> =
            self.given.cells.keys().chain(self.given.pairs.keys()).copied().collect();
        let report = |pair: &(u16, u16)| self.given.cells.get(pair);
        if !self.changed {
            let as_they_are = pairs
                .iter()
                .filter_map(|pair| Some((*pair, (report(pair)?.kt, Origin::Files(report(pair)?.how)))));
            return (as_they_are.collect(), 0, vec![0.0; self.imports.len()]);
        }
        let cell = |pair: &(u16, u16)| {
            let held = self.given.pairs.get(pair);
            let seed = report(pair).map_or(0.0, |cell| cell.kt);
            let (seed, floor, fixed) = match held {
                Some(held) if held.fixed => (held.kt, held.kt, true),
                Some(held) => (seed.max(held.kt), held.kt, false),
                None => (seed, 0.0, false),
            };
            Cell { row: pair.0.into(), column: pair.1.into(), seed, floor, fixed }
        };
        let cells: Vec<Cell> = pairs.iter().map(cell).collect();
        let found = balance::balance(&cells, &self.exports, &self.imports);
        let origin = |pair: &(u16, u16), kt: f64| {
            let held = self.given.pairs.get(pair).filter(|held| (held.kt - kt).abs() <= SAME * held.kt);
            match (held, report(pair)) {
                (Some(held), _) => Origin::Pair(held.source.clone()),
                (None, Some(cell)) if (cell.kt - kt).abs() <= SAME * cell.kt => Origin::Files(cell.how),
                (None, Some(cell)) => Origin::Balanced(cell.kt, cell.how),
                (None, None) => Origin::Balanced(0.0, How::Reported),
            }
        };
        let shipments = pairs.iter().zip(&found.values).map(|(pair, kt)| (*pair, (*kt, origin(pair, *kt))));
        let kept = shipments.filter(|(_, (kt, _))| *kt > 0.0).collect();
        (kept, found.rounds, found.column_residuals)
    }

    /// Home sales are what is left of output; the account.
    fn finish(
        self,
        abroad: Shipments,
        rounds: usize,
        residuals: &[f64],
    ) -> (Shipments, BTreeMap<u16, f64>, Balance) {
        let mut shipments: Shipments = BTreeMap::new();
        let mut sold: BTreeMap<u16, f64> = BTreeMap::new();
        let (mut traded, mut estimated) = (0.0, 0.0);
        for ((from, to), (kt, origin)) in abroad {
            // written in whole tonnes; home sales take up what rounding leaves
            let kt = (kt * 1e3).round() / 1e3;
            if kt <= 0.0 {
                continue;
            }
            traded += kt;
            if is_estimate(&origin) {
                estimated += kt;
            }
            *sold.entry(from).or_default() += kt;
            shipments.insert((from, to), (kt, origin));
        }
        let makers: BTreeSet<u16> = self.given.output.keys().chain(self.raised.keys()).copied().collect();
        let (mut output, mut home, mut raised) = (0.0, 0.0, self.raised.clone());
        for country in makers {
            let made = self.output(country);
            let exports = sold.get(&country).copied().unwrap_or(0.0);
            let left = (made - exports).max(0.0);
            if exports > made {
                raised.insert(country, exports); // by rounding
            }
            output += made;
            home += left;
            if left > 0.0 {
                shipments.insert((country, country), (left, Origin::Home));
            }
        }
        let worst = residuals.iter().enumerate().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
        let worst = worst.filter(|(_, gap)| gap.abs() > 1e-6);
        let made_up =
            self.raised.iter().map(|(c, kt)| kt - self.given.output.get(c).copied().unwrap_or(0.0)).sum();
        let balance = Balance {
            product: self.given.product.code.clone(),
            reported_kt: self.given.cells.values().map(|cell| cell.kt).sum(),
            traded_kt: traded,
            estimated_kt: estimated,
            taken_out_kt: self.taken_out,
            made_up_kt: made_up,
            output_kt: output,
            home_kt: home,
            rounds,
            residual_kt: worst.map_or(0.0, |(_, gap)| gap.abs()),
            residual_of: worst.map(|(at, _)| self.given.countries[at].clone()),
        };
        (shipments, raised, balance)
    }
}

/// Whether tonnes are an estimate rather than a report.
#[must_use]
pub fn is_estimate(origin: &Origin) -> bool {
    match origin {
        Origin::Files(How::Reported | How::Exporter | How::Importer) | Origin::Pair(_) => false,
        Origin::Files(How::Mean(_) | How::FromValue(_)) | Origin::Balanced(..) | Origin::Home => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn product(unexplained: Unexplained) -> Product {
        Product {
            code: "steel".to_owned(),
            name: None,
            like: "steel".to_owned(),
            groups: None,
            least_home_percent: 10.0,
            unexplained_exports: unexplained,
            route: None,
        }
    }

    fn given<'a>(product: &'a Product, countries: &'a [String]) -> Given<'a> {
        let cell = |kt| mirror::Cell { kt, value: kt, how: How::Reported };
        Given {
            product,
            countries,
            cells: BTreeMap::from([((0, 1), cell(50.0)), ((1, 2), cell(30.0)), ((2, 0), cell(20.0))]),
            totals: BTreeMap::new(),
            pairs: BTreeMap::new(),
            output: BTreeMap::from([(0, 100.0), (1, 20.0), (2, 40.0)]),
            file: "plan.toml".to_owned(),
        }
    }

    fn codes() -> Vec<String> {
        ["AAA", "BBB", "CCC"].map(str::to_owned).to_vec()
    }

    #[test]
    fn exports_that_output_explains_stand_as_reported() {
        let (product, codes) = (product(Unexplained::Transit), codes());
        let mut given = given(&product, &codes);
        given.output.insert(1, 100.0);
        let (shipments, raised, balance) = settle(&given).expect("it settles");
        assert_eq!(shipments[&(1, 2)], (30.0, Origin::Files(How::Reported)));
        assert_eq!(shipments[&(1, 1)], (70.0, Origin::Home));
        assert!(raised.is_empty() && balance.rounds == 0 && balance.estimated_kt == 0.0);
    }

    #[test]
    fn transit_is_taken_out_of_exports_and_imports() {
        let (product, codes) = (product(Unexplained::Transit), codes());
        let given = given(&product, &codes);
        let (shipments, _, balance) = settle(&given).expect("it settles");
        // B makes 20 and may ship 18: 12 of its 30 are in transit, and out of its imports
        assert!((balance.taken_out_kt - 12.0).abs() < 1e-9);
        let exports: f64 = shipments.iter().filter(|((f, t), _)| *f == 1 && *t != 1).map(|(_, s)| s.0).sum();
        assert!((exports - 18.0).abs() < 1e-3, "{shipments:?}");
        assert!(balance.estimated_kt > 0.0);
    }

    #[test]
    fn or_output_is_raised_until_it_explains_them() {
        let (product, codes) = (product(Unexplained::Output), codes());
        let given = given(&product, &codes);
        let (shipments, raised, balance) = settle(&given).expect("it settles");
        assert!((raised[&1] - 30.0 / 0.9).abs() < 1e-9);
        assert!((shipments[&(1, 1)].0 - 30.0 / 9.0).abs() < 1e-9 && balance.rounds == 0);
    }

    #[test]
    fn held_pairs_are_kept_and_those_beyond_output_refused() {
        let (product, codes) = (product(Unexplained::Transit), codes());
        let mut given = given(&product, &codes);
        given.output.insert(1, 100.0);
        let held = |kt| Held { kt, fixed: true, source: "s".to_owned() };
        given.pairs.insert((0, 1), held(60.0));
        let (shipments, ..) = settle(&given).expect("it settles");
        assert_eq!(shipments[&(0, 1)], (60.0, Origin::Pair("s".to_owned())));
        given.pairs.insert((0, 1), held(101.0));
        assert!(settle(&given).is_err());
    }
}
