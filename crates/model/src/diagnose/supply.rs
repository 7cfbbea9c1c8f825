//! How strongly makers answer price at the baseline: the elasticity that is stated holds away from
//! capacity, and what counts is the one with capacity in it (A6).

use crate::baseline::{Baseline, CountrySet, Producer};
use crate::engine::supply::Supply;
use crate::units::percent;
use serde::Serialize;

/// The elasticity of supply of some makers of a product at the baseline, weighted by output.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// The product.
    pub product: String,
    /// Where: a country's code, or `all`.
    pub country: String,
    /// How: a route, or `all`.
    pub route: String,
    /// How many makers.
    pub makers: usize,
    /// Their output, kt a year.
    pub output_kt: f64,
    /// Output over capacity of those with a known capacity; `None` where it is known of nobody.
    pub utilisation_percent: Option<f64>,
    /// The elasticity that the data state, away from capacity.
    pub stated: f64,
    /// The elasticity with capacity.
    pub effective: f64,
    /// The least of any of them.
    pub least: f64,
    /// The most of any of them.
    pub most: f64,
}

/// The elasticities by product and route, of all makers and of those in each of some countries.
#[must_use]
pub fn answers(baseline: &Baseline, countries: &CountrySet) -> Vec<Answer> {
    let mut found = vec![];
    for product in baseline.product_ids() {
        let made: Vec<&Producer> = baseline
            .producers
            .iter()
            .filter(|maker| maker.product == product && maker.output.value() > 0.0)
            .collect();
        let places = std::iter::once(None).chain(countries.iter().map(Some));
        for place in places {
            let here: Vec<&Producer> =
                made.iter().copied().filter(|maker| place.is_none_or(|at| maker.country == at)).collect();
            let mut put = |route: &str, makers: &[&Producer]| {
                found.extend(answer(baseline, makers).map(|answer| Answer {
                    product: baseline.products[product.index()].code.clone(),
                    country: place.map_or("all", |at| &baseline.countries[at.index()].code).to_owned(),
                    route: route.to_owned(),
                    ..answer
                }));
            };
            put("all", &here);
            for route in &baseline.routes {
                let by: Vec<&Producer> = here
                    .iter()
                    .copied()
                    .filter(|maker| baseline.routes[maker.route.index()].code == route.code)
                    .collect();
                put(&route.code, &by);
            }
        }
    }
    found
}

fn answer(baseline: &Baseline, makers: &[&Producer]) -> Option<Answer> {
    let output: f64 = makers.iter().map(|maker| maker.output.value()).sum();
    if output <= 0.0 {
        return None;
    }
    let mean = |of: &dyn Fn(&Supply) -> f64| -> f64 {
        let weighted = makers.iter().map(|maker| maker.output.value() * of(&Supply::of(baseline, maker)));
        weighted.sum::<f64>() / output
    };
    let each = || makers.iter().map(|maker| Supply::of(baseline, maker).elasticity_at(1.0));
    let known = || makers.iter().filter_map(|maker| Some((maker.output.value(), maker.capacity?.value())));
    let capacity: f64 = known().map(|(_, capacity)| capacity).sum();
    let used: f64 = known().map(|(output, _)| output).sum();
    Some(Answer {
        product: String::new(),
        country: String::new(),
        route: String::new(),
        makers: makers.len(),
        output_kt: output,
        utilisation_percent: (capacity > 0.0).then(|| percent(used / capacity)),
        stated: mean(&|supply| supply.elasticity),
        effective: mean(&|supply| supply.elasticity_at(1.0)),
        least: each().fold(f64::INFINITY, f64::min),
        most: each().fold(f64::NEG_INFINITY, f64::max),
    })
}
