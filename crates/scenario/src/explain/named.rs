//! A question by the names that people use, turned into the things of a baseline.

use super::{Question, Target};
use zollverein_model::baseline::group::normalised;
use zollverein_model::baseline::{Baseline, CountrySet, ProductId};
use zollverein_model::indicator::{Indicator, Shown, shown_groups};
use zollverein_model::problem::{Place, Problems, instead};

/// A question by names. The places of faults are the options of the command line.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    /// Codes of countries.
    pub countries: Option<&'a [String]>,
    /// Names of groups; with neither: world, members, outside and LDC.
    pub groups: Option<&'a [String]>,
    /// An indicator of the result files.
    pub indicator: &'a str,
    /// The product; `None`: all together.
    pub product: Option<&'a str>,
    /// Clauses that stay on.
    pub keep: &'a [String],
    /// Whether clauses of one kind count as one.
    pub by_kind: bool,
    /// Whether a clause counts as one even where it has parts.
    pub whole: bool,
}

impl Named<'_> {
    /// What is asked.
    ///
    /// # Errors
    /// Every name that is not known.
    pub fn question(&self, baseline: &Baseline, members: &CountrySet) -> Result<Question, Problems> {
        let mut problems = Problems::new();
        let mut unknown = |option: &str, kind: &str, name: &str, known: &[&str]| {
            let what = format!("`{name}` is no {kind}");
            problems.add(Place::file(option), what, instead(name, known.iter().copied()));
        };
        let indicators: Vec<&str> = Indicator::ALL.iter().map(|indicator| indicator.name()).collect();
        let indicator = Indicator::ALL.into_iter().find(|one| one.name() == self.indicator);
        if indicator.is_none() {
            unknown("--indicator", "indicator", self.indicator, &indicators);
        }
        let product: Option<ProductId> = self.product.and_then(|name| {
            let found = baseline.product(name);
            if found.is_none() {
                let known: Vec<&str> =
                    baseline.products.iter().map(|product| product.code.as_str()).collect();
                unknown("--product", "product of the data", name, &known);
            }
            found
        });
        let mut targets = vec![];
        for name in self.countries.into_iter().flatten() {
            let Some(country) = baseline.country(name) else {
                let known: Vec<&str> =
                    baseline.countries.iter().map(|country| country.code.as_str()).collect();
                unknown("--country", "code of a country of the data", name, &known);
                continue;
            };
            let label = baseline.countries[country.index()].name.clone();
            let set = CountrySet::of(baseline.countries.len(), [country]);
            targets.push(Target { name: name.clone(), label, set });
        }
        let shown = shown_groups(baseline, members);
        let group = |name: &str| {
            let key = normalised(name);
            shown.iter().find(|group| normalised(&group.name) == key)
        };
        let target = |group: &Shown| Target {
            name: group.name.clone(),
            label: group.label.clone(),
            set: group.set.clone(),
        };
        for name in self.groups.into_iter().flatten() {
            match group(name) {
                Some(found) => targets.push(target(found)),
                None => {
                    let known: Vec<&str> = shown.iter().map(|group| group.name.as_str()).collect();
                    unknown("--group", "group with a country in it", name, &known);
                }
            }
        }
        if self.countries.is_none() && self.groups.is_none() {
            targets.extend(["world", "members", "outside", "LDC"].into_iter().filter_map(group).map(target));
        }
        let keep = self.keep.to_vec();
        let indicator = indicator.unwrap_or(Indicator::Welfare);
        problems.into_result(Question {
            indicator,
            product,
            targets,
            keep,
            by_kind: self.by_kind,
            whole: self.whole,
        })
    }
}
