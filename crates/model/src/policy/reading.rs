//! What instruments need to read themselves from a scenario: the baseline, the
//! scenario's own groups, where a key stands, and a place for problems.

use crate::baseline::group::normalised;
use crate::baseline::{Baseline, Country, CountrySet, Group};
use crate::problem::{Place, Problems, instead};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// A scenario being read.
pub struct Reading<'a> {
    /// The baseline whose names are meant.
    pub baseline: &'a Baseline,
    /// The scenario's own groups, by normalised name.
    pub groups: &'a BTreeMap<String, Group>,
    /// The year the scenario is about, if it says.
    pub year: Option<i32>,
    /// Where the value at a path stands.
    place: &'a dyn Fn(&str) -> Place,
    problems: RefCell<Vec<(String, Place, String, String)>>,
}

/// The highest rate that is taken for meant, in percent.
const HIGHEST_PERCENT: f64 = 100_000.0;
/// The highest charge or price that is taken for meant, in USD per tonne.
const HIGHEST_USD: f64 = 1_000_000.0;

impl<'a> Reading<'a> {
    /// A reading against a baseline.
    #[must_use]
    pub fn new(
        baseline: &'a Baseline,
        groups: &'a BTreeMap<String, Group>,
        year: Option<i32>,
        place: &'a dyn Fn(&str) -> Place,
    ) -> Self {
        Self { baseline, groups, year, place, problems: RefCell::default() }
    }

    /// Notes a fault of the value at a path.
    pub fn problem(&self, path: &str, what: impl Into<String>, remedy: impl Into<String>) {
        let what = format!("{path}: {}", what.into());
        self.problems.borrow_mut().push((path.to_owned(), (self.place)(path), what, remedy.into()));
    }

    /// Whether no fault was found at or below a path.
    #[must_use]
    pub fn is_clean(&self, path: &str) -> bool {
        let within = |at: &str| {
            let rest = at.strip_prefix(path);
            rest.is_some_and(|rest| path.is_empty() || rest.is_empty() || rest.starts_with(['.', '[']))
        };
        !self.problems.borrow().iter().any(|(at, ..)| within(at))
    }

    /// All faults found.
    #[must_use]
    pub fn into_problems(self) -> Problems {
        self.into_problems_but(&|_| false)
    }

    /// The faults found, but for those at paths to be left out.
    #[must_use]
    pub fn into_problems_but(self, left_out: &dyn Fn(&str) -> bool) -> Problems {
        let mut problems = Problems::new();
        for (path, place, what, remedy) in self.problems.into_inner() {
            if !left_out(&path) {
                problems.add(place, what, remedy);
            }
        }
        problems
    }

    /// The countries that one name stands for: a country's code or a group's name.
    fn named(&self, path: &str, name: &str) -> CountrySet {
        let countries = self.baseline.countries.len();
        if let Some(country) = self.baseline.country(name) {
            return CountrySet::of(countries, [country]);
        }
        let key = normalised(name);
        if key == "all" || name == "*" {
            return CountrySet::all(countries);
        }
        if let Some(group) = self.groups.get(&key).or_else(|| self.baseline.groups.get(&key)) {
            return group.members.clone();
        }
        let codes = self.baseline.countries.iter().map(|c| c.code.as_str());
        let groups = self.groups.values().chain(self.baseline.groups.values()).map(|g| g.name.as_str());
        let by_name = self.baseline.countries.iter().find(|c: &&Country| c.name.eq_ignore_ascii_case(name));
        let remedy = match by_name {
            Some(country) => format!("write the code: `{}`", country.code),
            None => instead(name, groups.chain(codes)),
        };
        self.problem(path, format!("`{name}` is no country or group of the baseline"), remedy);
        CountrySet::none(countries)
    }

    /// The countries that names stand for together.
    #[must_use]
    pub fn countries(&self, path: &str, names: &[String]) -> CountrySet {
        let mut all = CountrySet::none(self.baseline.countries.len());
        for (position, name) in names.iter().enumerate() {
            all.extend(&self.named(&format!("{path}[{position}]"), name));
        }
        all
    }

    /// The customs territories that names stand for, each a set; none may overlap another.
    #[must_use]
    pub fn territories(&self, path: &str, names: &[String]) -> Vec<CountrySet> {
        if names.is_empty() {
            self.problem(path, "the list is empty", "name at least one country or group");
        }
        let mut seen = CountrySet::none(self.baseline.countries.len());
        let mut territories = vec![];
        for (position, name) in names.iter().enumerate() {
            let path = format!("{path}[{position}]");
            // "all" is every country for itself, not one customs union of the world
            if normalised(name) == "all" || name == "*" {
                for country in self.baseline.country_ids() {
                    territories.push(CountrySet::of(self.baseline.countries.len(), [country]));
                }
                return territories;
            }
            let mut territory = self.named(&path, name);
            let double: Vec<&str> = territory
                .iter()
                .filter(|country| seen.contains(*country))
                .map(|country| self.baseline.countries[country.index()].code.as_str())
                .collect();
            if !double.is_empty() {
                self.problem(
                    &path,
                    format!("`{name}` names {} a second time", double.join(", ")),
                    "name each country once: every entry is a customs territory of its own",
                );
            }
            territory.remove(&seen);
            seen.extend(&territory);
            territories.push(territory);
        }
        territories
    }

    /// By product: whether it is named; no list names all.
    #[must_use]
    pub fn products(&self, path: &str, names: Option<&[String]>) -> Vec<bool> {
        let Some(names) = names else { return vec![true; self.baseline.products.len()] };
        if names.is_empty() {
            self.problem(path, "the list is empty", "name a product, or leave the key out for all");
        }
        let mut named = vec![false; self.baseline.products.len()];
        for (position, name) in names.iter().enumerate() {
            match self.baseline.product(name) {
                Some(product) => named[product.index()] = true,
                None => self.problem(
                    &format!("{path}[{position}]"),
                    format!("`{name}` is no product of the baseline"),
                    instead(name, self.baseline.products.iter().map(|p| p.code.as_str())),
                ),
            }
        }
        named
    }

    /// By route: whether it is named; no list names all routes of the products.
    #[must_use]
    pub fn routes(&self, path: &str, names: Option<&[String]>, products: &[bool]) -> Vec<bool> {
        let Some(names) = names else { return vec![true; self.baseline.routes.len()] };
        if names.is_empty() {
            self.problem(path, "the list is empty", "name a route, or leave the key out for all");
        }
        let mut named = vec![false; self.baseline.routes.len()];
        for (position, name) in names.iter().enumerate() {
            let mut found = false;
            for (at, route) in self.baseline.routes.iter().enumerate() {
                if route.code == *name && products[route.product.index()] {
                    named[at] = true;
                    found = true;
                }
            }
            if !found {
                let known = self.baseline.routes.iter().filter(|r| products[r.product.index()]);
                self.problem(
                    &format!("{path}[{position}]"),
                    format!("`{name}` is no route of the products in scope"),
                    instead(name, known.map(|r| r.code.as_str())),
                );
            }
        }
        named
    }

    /// A rate in percent as a fraction; faulty ones count as zero.
    #[must_use]
    pub fn rate(&self, path: &str, percent: f64) -> f64 {
        self.within(path, percent, 0.0, HIGHEST_PERCENT, "percent") / 100.0
    }

    /// A share in percent (0 to 100) as a fraction.
    #[must_use]
    pub fn share(&self, path: &str, percent: f64) -> f64 {
        self.within(path, percent, 0.0, 100.0, "percent") / 100.0
    }

    /// A charge or price, 0 or more.
    #[must_use]
    pub fn usd(&self, path: &str, value: f64) -> f64 {
        self.within(path, value, 0.0, HIGHEST_USD, "USD")
    }

    /// Whether what begins in the year of a key, later by `delay_years`, has begun by the scenario's
    /// year; what names no year always has.
    #[must_use]
    pub fn has_begun(&self, path: &str, key: &str, start: Option<i32>, delay: Option<i32>) -> bool {
        let delay_path = format!("{path}.delay_years");
        let delay = match delay {
            Some(years) if !(0..=1000).contains(&years) => {
                self.problem(&delay_path, format!("{years} is out of range"), "give 0 to 1000 years");
                0
            }
            Some(_) if start.is_none() => {
                self.problem(&delay_path, "the delay counts from no year", format!("add {key} = …"));
                0
            }
            years => years.unwrap_or(0),
        };
        let Some(start) = start else { return true };
        let Some(year) = self.year else {
            self.problem(&format!("{path}.{key}"), "the scenario names no year", "add year = … at its top");
            return true;
        };
        year >= start.saturating_add(delay)
    }

    /// A number within bounds; the lower bound if it is not.
    #[must_use]
    pub fn within(&self, path: &str, value: f64, low: f64, high: f64, unit: &str) -> f64 {
        if value.is_finite() && (low..=high).contains(&value) {
            return value;
        }
        self.problem(path, format!("{value} is out of range"), format!("give {low} to {high} {unit}"));
        low
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn a_fault_makes_what_it_stands_in_unclean_and_no_neighbour() {
        let baseline = crate::baseline::read::folder(Path::new("../../data/toy")).expect("the toy data");
        let (groups, place) = (BTreeMap::new(), |_: &str| Place::default());
        let reading = Reading::new(&baseline, &groups, None, &place);
        reading.problem("cbam.eu2.markup[0].percent", "it is out of range", "give less");
        for path in ["", "cbam", "cbam.eu2", "cbam.eu2.markup", "cbam.eu2.markup[0]"] {
            assert!(!reading.is_clean(path), "{path}");
        }
        for path in ["cbam.eu", "cbam.eu2.mark", "cbam.eu2.markup[0].per", "cbam.eu2.markup[0].percent.x"] {
            assert!(reading.is_clean(path), "{path}");
        }
    }
}
