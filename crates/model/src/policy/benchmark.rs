//! The emission intensity that others are measured against.

use crate::baseline::{Baseline, CountrySet, Producer, ProductId};
use crate::policy::reading::Reading;
use crate::policy::schedule::CarbonRule;
use crate::policy::scope::union;
use crate::units::Intensity;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Which emissions count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Emissions {
    /// Direct emissions and those of purchased power (scope 1 and 2).
    #[default]
    Total,
    /// Direct emissions only (scope 1), as the EU's border adjustment counts metals.
    Direct,
}

impl Emissions {
    /// The intensity of a producer, if known.
    #[must_use]
    pub fn of(self, producer: &Producer) -> Option<Intensity> {
        match self {
            Self::Total => producer.intensity,
            Self::Direct => producer.direct_intensity,
        }
    }
}

/// What a benchmark rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Numbers given in `tco2e_per_t`.
    Fixed,
    /// The output-weighted mean of the importing customs territory.
    ImporterAverage,
    /// The dirtiest route with output in the importing customs territory.
    ImporterMaximum,
    /// The output-weighted mean of all importers (members) together.
    MembersAverage,
    /// The output-weighted mean of the cleanest `percent` of the members' output.
    MembersBest,
}

/// `benchmark = { … }` in a scenario.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BenchmarkForm {
    /// What it rests on.
    pub basis: Basis,
    /// With `basis = "fixed"`: tCO2e per tonne, by product.
    pub tco2e_per_t: Option<BTreeMap<String, f64>>,
    /// Products that are measured route by route: each against metal made the same way, such as smelted
    /// metal apart from remelted; a route without a maker against the product's own level. Left out: none.
    #[serde(default)]
    pub by_route: Vec<String>,
    /// With `basis = "members_best"`: the percent of output that counts as best.
    pub percent: Option<f64>,
    /// It falls by this percent a year; needs `from_year`, and the scenario's `year`.
    pub ratchet_percent_per_year: Option<f64>,
    /// The year from which it falls.
    pub from_year: Option<i32>,
}

/// A benchmark, resolved: a level for each customs territory and product, and for some of their routes.
#[derive(Debug, Clone, PartialEq)]
pub struct Benchmark {
    /// By territory, then product; `None` where the product is not in scope.
    levels: Vec<Vec<Option<Intensity>>>,
    /// By territory, then route; `None` where the product's level holds.
    by_route: Vec<Vec<Option<Intensity>>>,
}

impl Benchmark {
    /// The benchmark that a form states for customs territories and products; `emissions` says
    /// which count in each territory.
    #[must_use]
    pub fn read(
        form: &BenchmarkForm,
        reading: &Reading<'_>,
        path: &str,
        emissions: &[Emissions],
        territories: &[CountrySet],
        products: &[bool],
    ) -> Self {
        let factor = ratchet(form, reading, path);
        let members = union(reading.baseline, territories);
        let best = best_share(form, reading, path);
        if let Some(fixed) = &form.tco2e_per_t {
            if form.basis != Basis::Fixed {
                reading.problem(
                    &format!("{path}.tco2e_per_t"),
                    "numbers are given and the basis is another",
                    "write basis = \"fixed\" or take the numbers out",
                );
            }
            for name in fixed.keys() {
                let _ = reading.products(&format!("{path}.tco2e_per_t"), Some(std::slice::from_ref(name)));
            }
        }
        let split = split_products(form, reading, path, products);
        let (mut levels, mut by_route) = (vec![], vec![]);
        for (territory, emissions) in territories.iter().zip(emissions.iter().copied()) {
            let mut row = vec![None; products.len()];
            let mut of_routes = vec![None; reading.baseline.routes.len()];
            let level_of = |made: &dyn Fn(&CountrySet) -> Vec<(f64, f64)>| match form.basis {
                Basis::Fixed => None,
                Basis::ImporterAverage => mean(&made(territory), 1.0).or_else(|| mean(&made(&members), 1.0)),
                Basis::ImporterMaximum => highest(&made(territory)).or_else(|| mean(&made(&members), 1.0)),
                Basis::MembersAverage => mean(&made(&members), 1.0),
                Basis::MembersBest => mean(&made(&members), best),
            };
            for product in reading.baseline.product_ids().filter(|product| products[product.index()]) {
                let made = |countries: &CountrySet| {
                    outputs(reading.baseline, emissions, countries, &|p| p.product == product)
                };
                let level = match form.basis {
                    Basis::Fixed => fixed(form, reading, path, product),
                    _ => level_of(&made),
                };
                if level.is_none() && reading.is_clean(path) {
                    let code = &reading.baseline.products[product.index()].code;
                    reading.problem(
                        path,
                        format!("no importer makes `{code}` with a known intensity, so it has no benchmark"),
                        "give basis = \"fixed\" with tco2e_per_t, or leave the product out",
                    );
                }
                row[product.index()] = level.map(|intensity| intensity * factor);
            }
            for (at, level) in of_routes.iter_mut().enumerate() {
                if !split[reading.baseline.routes[at].product.index()] {
                    continue;
                }
                let own = |producer: &Producer| producer.route.index() == at;
                let made = |countries: &CountrySet| outputs(reading.baseline, emissions, countries, &own);
                *level = level_of(&made).map(|intensity| intensity * factor);
            }
            levels.push(row);
            by_route.push(of_routes);
        }
        Self { levels, by_route }
    }

    /// The level that a producer's metal is measured against in a territory.
    #[must_use]
    pub fn level(&self, territory: usize, producer: &Producer) -> Option<Intensity> {
        let of_route = self.by_route[territory][producer.route.index()];
        of_route.or(self.levels[territory][producer.product.index()])
    }
}

/// By product: whether it is measured route by route.
fn split_products(form: &BenchmarkForm, reading: &Reading<'_>, path: &str, products: &[bool]) -> Vec<bool> {
    let at = format!("{path}.by_route");
    if form.by_route.is_empty() {
        return vec![false; products.len()];
    }
    if form.basis == Basis::Fixed {
        reading.problem(
            &at,
            "fixed numbers are by product, and products are to be measured route by route",
            "choose another basis, or take by_route out",
        );
    }
    let split = reading.products(&at, Some(&form.by_route));
    let outside = reading.baseline.product_ids().find(|p| split[p.index()] && !products[p.index()]);
    if let Some(product) = outside.filter(|_| reading.is_clean(path)) {
        let code = &reading.baseline.products[product.index()].code;
        reading.problem(&at, format!("`{code}` is not in the clause's scope"), "name products of the clause");
    }
    split
}

/// The benchmark a rule needs, its absence reported.
pub(super) fn needed_benchmark(
    reading: &Reading<'_>,
    path: &str,
    form: Option<&BenchmarkForm>,
    rule: &CarbonRule,
    emissions: &[Emissions],
    territories: &[CountrySet],
    products: &[bool],
) -> Option<Benchmark> {
    let at = format!("{path}.benchmark");
    match form {
        Some(form) => Some(Benchmark::read(form, reading, &at, emissions, territories, products)),
        None => {
            if rule.needs_benchmark() {
                reading.problem(
                    path,
                    "a benchmark is needed and none is given",
                    "add benchmark = { basis = \"importer_average\" }, or tiers_by = \"intensity\"",
                );
            }
            None
        }
    }
}

/// `B(year) = B·(1−ρ)^(year−start)`; 1 without a ratchet, and before it starts.
fn ratchet(form: &BenchmarkForm, reading: &Reading<'_>, path: &str) -> f64 {
    let Some(percent) = form.ratchet_percent_per_year else { return 1.0 };
    let yearly = reading.share(&format!("{path}.ratchet_percent_per_year"), percent);
    match (form.from_year, reading.year) {
        (Some(from), Some(year)) => (1.0 - yearly).powi((year - from).max(0)),
        (from, _) => {
            let (key, remedy) = if from.is_none() {
                ("from_year", "say from which year it falls: from_year = …")
            } else {
                ("ratchet_percent_per_year", "say which year the scenario is about: year = … at its top")
            };
            reading.problem(&format!("{path}.{key}"), "the ratchet has no year to count from or to", remedy);
            1.0
        }
    }
}

fn best_share(form: &BenchmarkForm, reading: &Reading<'_>, path: &str) -> f64 {
    match (form.basis, form.percent) {
        (Basis::MembersBest, Some(percent)) => {
            reading.within(&format!("{path}.percent"), percent, 0.1, 100.0, "percent") / 100.0
        }
        (Basis::MembersBest, None) => {
            reading.problem(path, "the best how many percent?", "add percent = 10, for instance");
            1.0
        }
        (_, Some(_)) => {
            reading.problem(
                &format!("{path}.percent"),
                "a percent means nothing for this basis",
                "take it out, or write basis = \"members_best\"",
            );
            1.0
        }
        (_, None) => 1.0,
    }
}

fn fixed(form: &BenchmarkForm, reading: &Reading<'_>, path: &str, product: ProductId) -> Option<Intensity> {
    let code = &reading.baseline.products[product.index()].code;
    let Some(value) = form.tco2e_per_t.as_ref().and_then(|levels| levels.get(code)) else {
        reading.problem(
            &format!("{path}.tco2e_per_t"),
            format!("it has no number for `{code}`"),
            format!("add tco2e_per_t = {{ {code} = … }}"),
        );
        return None;
    };
    Some(Intensity(reading.within(
        &format!("{path}.tco2e_per_t.{code}"),
        *value,
        0.0,
        1000.0,
        "tCO2e per tonne",
    )))
}

/// Output (kt) and intensity (tCO2e/t) of each wanted producer, cleanest first.
fn outputs(
    baseline: &Baseline,
    emissions: Emissions,
    countries: &CountrySet,
    wanted: &dyn Fn(&Producer) -> bool,
) -> Vec<(f64, f64)> {
    let mut made: Vec<(f64, f64)> = baseline
        .producers
        .iter()
        .filter(|p| wanted(p) && countries.contains(p.country) && p.output.value() > 0.0)
        .filter_map(|p| Some((p.output.value(), emissions.of(p)?.value())))
        .collect();
    made.sort_by(|a, b| a.1.total_cmp(&b.1));
    made
}

/// The output-weighted mean intensity of the cleanest share of output.
fn mean(made: &[(f64, f64)], share: f64) -> Option<Intensity> {
    let total: f64 = made.iter().map(|(output, _)| output).sum();
    let mut left = total * share;
    let (mut weight, mut sum) = (0.0, 0.0);
    for (output, intensity) in made {
        let taken = output.min(left);
        weight += taken;
        sum += taken * intensity;
        left -= taken;
        if left <= 0.0 {
            break;
        }
    }
    // rounding must not put a mean below the cleanest or above the dirtiest: equal makers meet their own mean
    let (cleanest, dirtiest) = (made.first()?.1, made.last()?.1);
    (weight > 0.0).then(|| Intensity((sum / weight).clamp(cleanest, dirtiest)))
}

fn highest(made: &[(f64, f64)]) -> Option<Intensity> {
    made.last().map(|(_, intensity)| Intensity(*intensity))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makers_that_are_all_alike_meet_their_own_mean_to_the_last_bit() {
        let mut weight = 0.1_f64;
        let made: Vec<(f64, f64)> = (0..80)
            .map(|_| {
                weight = (weight * 7.3) % 97.0 + 0.01;
                (weight, 0.6)
            })
            .collect();
        let (all, sum) = made.iter().fold((0.0, 0.0), |(all, sum), (w, e)| (all + w, sum + w * e));
        assert!(sum / all != 0.6, "rounding shows in the plain quotient, or this says nothing");
        assert_eq!(mean(&made, 1.0), Some(Intensity(0.6)));
        assert_eq!(mean(&made, 0.1), Some(Intensity(0.6)));
    }

    #[test]
    fn best_tenth_counts_only_the_cleanest() {
        let made = [(10.0, 0.5), (90.0, 2.0)];
        assert_eq!(mean(&made, 0.1), Some(Intensity(0.5)));
        assert_eq!(mean(&made, 0.2), Some(Intensity(1.25)));
        assert_eq!(mean(&made, 1.0), Some(Intensity(1.85)));
        assert_eq!(highest(&made), Some(Intensity(2.0)));
        assert_eq!(mean(&[], 1.0), None);
    }
}
