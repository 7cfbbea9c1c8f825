//! Shipments of a product that hang together: exports that output can explain, totals that are met,
//! home sales that are left.

use crate::import::balance::{self, Cell};
use crate::import::blocs::{Bloc, End};
use crate::import::cut::{self, Cut};
use crate::import::mirror::{self, How};
use crate::import::plan::{Product, Unexplained};
use crate::import::targets::{Held, Total};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use zollverein_model::problem::{Place, Problems};

/// A shipment within this of its report, relative, is the report.
const SAME: f64 = 1e-9;
/// A bloc is met within this, kt: a hundredth of a tonne.
const BLOC_MET: f64 = 1e-5;
/// A gap of totals that is told, kt: a kilogram.
const GAP: f64 = 1e-6;

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
    /// Why totals cannot be met, in words, where no shipments at all would meet them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut: Option<String>,
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
    /// Sums over groups that are held.
    pub blocs: Vec<Bloc>,
    /// Output by country, kt.
    pub output: BTreeMap<u16, f64>,
    /// The plan's file, for messages.
    pub file: String,
}

/// A product's shipments, output that had to be raised (by country, kt), and the account of it.
///
/// # Errors
/// Held pairs and blocs that exceed what an exporter makes, and blocs that cannot be met with all else.
pub fn settle(given: &Given<'_>) -> Result<(Shipments, BTreeMap<u16, f64>, Balance), Problems> {
    let mut work = Work::new(given)?;
    work.explain();
    work.held()?;
    work.agree();
    let found = work.balanced()?;
    Ok(work.finish(found))
}

/// Shipments between countries.
struct Abroad {
    shipments: Shipments,
    /// Rounds of balancing.
    rounds: usize,
    /// By importer: the gap that is left.
    gaps: Vec<f64>,
    /// Why totals cannot be met.
    cut: Option<String>,
}

struct Work<'a> {
    given: &'a Given<'a>,
    /// Reports, brought to the blocs that are held.
    seeds: BTreeMap<(u16, u16), f64>,
    exports: Vec<f64>,
    imports: Vec<f64>,
    raised: BTreeMap<u16, f64>,
    taken_out: f64,
    changed: bool,
}

impl<'a> Work<'a> {
    fn new(given: &'a Given<'a>) -> Result<Self, Problems> {
        let count = given.countries.len();
        let (mut exports, mut imports) = (vec![0.0; count], vec![0.0; count]);
        let seeds = seeds(given)?;
        for ((from, to), kt) in &seeds {
            exports[usize::from(*from)] += kt;
            imports[usize::from(*to)] += kt;
        }
        let mut changed = !given.pairs.is_empty() || !given.blocs.is_empty();
        for (country, total) in &given.totals {
            for (sums, wanted) in [(&mut exports, total.exports), (&mut imports, total.imports)] {
                if let Some(wanted) = wanted {
                    sums[usize::from(*country)] = wanted;
                    changed = true;
                }
            }
        }
        Ok(Self { given, seeds, exports, imports, raised: BTreeMap::new(), taken_out: 0.0, changed })
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
        for bloc in &self.given.blocs {
            let End::Country(country) = bloc.exporter else { continue };
            let output = self.output(country);
            if bloc.kt > output {
                let what = format!(
                    "{}: {} kt of {} are to be held, and {} makes {output} kt",
                    bloc.words(self.given.countries),
                    bloc.kt,
                    self.given.product.code,
                    self.given.countries[usize::from(country)]
                );
                let remedy = "lower the bloc, or raise its output in the production table";
                problems.add(bloc.place.clone(), what, remedy);
            }
            let position = usize::from(country);
            self.exports[position] = self.exports[position].max(bloc.kt);
        }
        problems.into_result(())
    }

    /// Imports are scaled so that they add up to exports; those that are held stay, and totals that the
    /// plan gives as long as others are left to be scaled.
    fn agree(&mut self) {
        if !self.changed {
            return;
        }
        let mut held = vec![0.0; self.imports.len()];
        for ((_, to), pair) in &self.given.pairs {
            held[usize::from(*to)] += pair.kt;
        }
        for ((from, to), kt) in &self.seeds {
            let in_bloc = self.given.blocs.iter().any(|bloc| bloc.covers(*from, *to));
            if in_bloc && !self.given.pairs.contains_key(&(*from, *to)) {
                held[usize::from(*to)] += kt;
            }
        }
        let mut with_totals = held.clone();
        for country in self.given.totals.iter().filter(|(_, total)| total.imports.is_some()).map(|(c, _)| *c)
        {
            with_totals[usize::from(country)] = self.imports[usize::from(country)];
        }
        let exports: f64 = self.exports.iter().sum();
        let free = |held: &[f64]| -> f64 {
            self.imports.iter().zip(held).map(|(all, held)| (all - held).max(0.0)).sum()
        };
        let room = |held: &[f64]| exports - held.iter().sum::<f64>();
        let held = if free(&with_totals) > 0.0 && room(&with_totals) >= 0.0 { with_totals } else { held };
        let free = free(&held);
        let factor = if free > 0.0 { (room(&held) / free).max(0.0) } else { 0.0 };
        for (all, held) in self.imports.iter_mut().zip(&held) {
            *all = held + (*all - held).max(0.0) * factor;
        }
    }

    /// Shipments between countries.
    fn balanced(&self) -> Result<Abroad, Problems> {
        let pairs: BTreeSet<(u16, u16)> =
            self.given.cells.keys().chain(self.given.pairs.keys()).copied().collect();
        let report = |pair: &(u16, u16)| self.given.cells.get(pair);
        if !self.changed {
            let as_they_are = pairs
                .iter()
                .filter_map(|pair| Some((*pair, (report(pair)?.kt, Origin::Files(report(pair)?.how)))));
            let (shipments, gaps) = (as_they_are.collect(), vec![0.0; self.imports.len()]);
            return Ok(Abroad { shipments, rounds: 0, gaps, cut: None });
        }
        let cell = |pair: &(u16, u16)| {
            let held = self.given.pairs.get(pair);
            let seed = self.seeds.get(pair).copied().unwrap_or(0.0);
            let (seed, floor, fixed) = match held {
                Some(held) if held.fixed => (held.kt, held.kt, true),
                Some(held) => (seed.max(held.kt), held.kt, false),
                None => (seed, 0.0, false),
            };
            Cell { row: pair.0.into(), column: pair.1.into(), seed, floor, fixed }
        };
        let cells: Vec<Cell> = pairs.iter().map(cell).collect();
        let found = self.met(&cells, &pairs)?;
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
        let off = found.column_residuals.iter().chain(&found.row_residuals).any(|gap| gap.abs() > GAP);
        let totals: Vec<Option<f64>> = self.imports.iter().map(|kt| Some(*kt)).collect();
        let cut = off.then(|| cut::cut(&cells, &self.exports, &totals)).flatten();
        let cut = cut.map(|cut| self.in_words(&cut));
        Ok(Abroad { shipments: kept, rounds: found.rounds, gaps: found.column_residuals, cut })
    }

    /// Which exporters' exports cannot be met with which importers' imports.
    fn in_words(&self, cut: &Cut) -> String {
        let codes = |of: &[usize]| {
            let all: Vec<&str> = of.iter().map(|at| self.given.countries[*at].as_str()).collect();
            all.join(", ")
        };
        let (rows, columns) = (codes(&cut.rows), codes(&cut.columns));
        let (from, into, short) = (cut.from_rows * 1e3, cut.into_columns * 1e3, cut.short() * 1e3);
        if cut.columns.is_empty() {
            return format!("pairs hold {into:.0} t of the exports of {rows}, which are {from:.0} t in all");
        }
        if cut.rows.is_empty() {
            return format!(
                "pairs hold {from:.0} t of the imports of {columns}, which are {into:.0} t in all"
            );
        }
        if cut.rows_exceed {
            return format!(
                "beyond what is held, {rows} export {from:.0} t and ship to {columns} alone, whose imports leave {into:.0} t: {short:.0} t too many"
            );
        }
        format!(
            "beyond what is held, {columns} import {into:.0} t and buy from {rows} alone, whose exports leave {from:.0} t: {short:.0} t too few"
        )
    }

    /// The balanced cells. Where blocs and all imports cannot be met together, imports that follow from
    /// reports alone give way; where blocs cannot be met even then, they are refused by name.
    fn met(&self, cells: &[Cell], pairs: &BTreeSet<(u16, u16)>) -> Result<balance::Balanced, Problems> {
        let of = |bloc: &Bloc| {
            let own = pairs.iter().enumerate().filter(|(_, (from, to))| bloc.covers(*from, *to));
            balance::Bloc { cells: own.map(|(at, _)| at).collect(), total: bloc.kt }
        };
        let blocs: Vec<balance::Bloc> = self.given.blocs.iter().map(of).collect();
        let unmet = |found: &balance::Balanced| found.bloc_residuals.iter().any(|gap| gap.abs() > BLOC_MET);
        let all: Vec<Option<f64>> = self.imports.iter().map(|kt| Some(*kt)).collect();
        let mut found = balance::balance_blocs(cells, &self.exports, &all, &blocs);
        if unmet(&found) {
            let given = |country: usize| {
                let total = self.given.totals.get(&u16::try_from(country).unwrap_or(u16::MAX));
                total.is_some_and(|total| total.imports.is_some())
            };
            let some: Vec<Option<f64>> =
                all.iter().enumerate().map(|(at, kt)| kt.filter(|_| given(at))).collect();
            found = balance::balance_blocs(cells, &self.exports, &some, &blocs);
        }
        let mut problems = Problems::new();
        for (bloc, gap) in self.given.blocs.iter().zip(&found.bloc_residuals) {
            if gap.abs() > BLOC_MET {
                let what = format!(
                    "{}: {} kt of {} are to be held, and exports, pairs, totals and other blocs leave {:.3} kt",
                    bloc.words(self.given.countries),
                    bloc.kt,
                    self.given.product.code,
                    bloc.kt + gap
                );
                problems.add(bloc.place.clone(), what, "take out what contradicts it, or change the bloc");
            }
        }
        problems.into_result(found)
    }

    /// Home sales are what is left of output; the account.
    fn finish(self, found: Abroad) -> (Shipments, BTreeMap<u16, f64>, Balance) {
        let Abroad { shipments: abroad, rounds, gaps, cut } = found;
        let mut shipments: Shipments = BTreeMap::new();
        let mut sold: BTreeMap<u16, f64> = BTreeMap::new();
        let (mut traded, mut estimated) = (0.0, 0.0);
        // written in whole tonnes, in kilograms where sums are to be obeyed to the tonne; home sales take
        // up what rounding leaves
        let sums = !(self.given.blocs.is_empty() && self.given.totals.is_empty());
        let places = if sums { 1e6 } else { 1e3 };
        for ((from, to), (kt, origin)) in abroad {
            let kt = (kt * places).round() / places;
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
        let worst = gaps.iter().enumerate().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
        let worst = worst.filter(|(_, gap)| gap.abs() > GAP);
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
            cut,
        };
        (shipments, raised, balance)
    }
}

/// Reports, in each bloc scaled to what is held of it; blocs that nothing is reported of are refused.
fn seeds(given: &Given<'_>) -> Result<BTreeMap<(u16, u16), f64>, Problems> {
    let mut seeds: BTreeMap<(u16, u16), f64> =
        given.cells.iter().map(|(pair, cell)| (*pair, cell.kt)).collect();
    let mut problems = Problems::new();
    for bloc in &given.blocs {
        let within = |pair: &(u16, u16)| bloc.covers(pair.0, pair.1);
        let held = given.pairs.iter().filter(|(pair, held)| held.fixed && within(pair));
        let left = bloc.kt - held.map(|(_, held)| held.kt).sum::<f64>();
        let is_free = |pair: &(u16, u16)| within(pair) && !given.pairs.get(pair).is_some_and(|p| p.fixed);
        let reported: f64 = seeds.iter().filter(|(pair, _)| is_free(pair)).map(|(_, kt)| kt).sum();
        let name = || format!("{}: {} kt of {}", bloc.words(given.countries), bloc.kt, given.product.code);
        if left < -BLOC_MET {
            let what = format!("{} are to be held, and pairs within it hold {} kt more", name(), -left);
            problems.add(bloc.place.clone(), what, "lower the pairs, or raise the bloc");
        } else if left > BLOC_MET && reported <= 0.0 {
            let what = format!("{} are to be held, and no shipment within it is reported", name());
            problems.add(
                bloc.place.clone(),
                what,
                "add the shipments to the trade file, or take the bloc out",
            );
        } else if reported > 0.0 {
            let factor = left.max(0.0) / reported;
            seeds.iter_mut().filter(|(pair, _)| is_free(pair)).for_each(|(_, kt)| *kt *= factor);
        }
    }
    problems.into_result(seeds)
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
            blocs: vec![],
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
    fn totals_that_no_shipments_meet_name_the_countries_and_tonnes_of_the_cut() {
        let (product, codes) = (product(Unexplained::Output), codes());
        let mut given = given(&product, &codes);
        // A ships to B alone, B is to take 20 of its 50; C would have to take what nobody sends there
        given.output = BTreeMap::from([(0, 100.0), (1, 100.0), (2, 100.0)]);
        let total = |imports| Total {
            exports: None,
            imports: Some(imports),
            source: String::new(),
            licence: String::new(),
        };
        given.totals = BTreeMap::from([(1, total(20.0)), (2, total(60.0))]);
        let (.., balance) = settle(&given).expect("it settles");
        assert!(balance.residual_kt > 1.0, "{balance:?}");
        assert_eq!(
            balance.cut.as_deref(),
            Some(
                "beyond what is held, AAA export 50000 t and ship to BBB alone, whose imports leave 20000 t: 30000 t too many"
            )
        );
        given.totals.clear();
        let (.., balance) = settle(&given).expect("it settles");
        assert_eq!(balance.cut, None);
    }

    #[test]
    fn held_pairs_are_kept_and_those_beyond_output_refused() {
        let (product, codes) = (product(Unexplained::Transit), codes());
        let mut given = given(&product, &codes);
        given.output.insert(1, 100.0);
        let held = |kt| Held { kt, fixed: true, source: "s".to_owned(), licence: String::new() };
        given.pairs.insert((0, 1), held(60.0));
        let (shipments, ..) = settle(&given).expect("it settles");
        assert_eq!(shipments[&(0, 1)], (60.0, Origin::Pair("s".to_owned())));
        given.pairs.insert((0, 1), held(101.0));
        assert!(settle(&given).is_err());
    }
}
