//! Which values declarants use under a border adjustment: proven ones, default values, or the cheaper.

use super::CbamForm;
use crate::policy::benchmark::Emissions;
use crate::policy::phase::Dated;
use crate::policy::reading::Reading;
use crate::policy::scope::Scope;
use crate::policy::standard::{direct_only, lacks_default};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Percent added to default values, from the rules of December 2025.
const EU_MARKUP: [(i32, f64); 3] = [(2026, 10.0), (2027, 20.0), (2028, 30.0)];

/// Which value of emissions a declarant uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Values {
    /// The producer's own, proven.
    #[default]
    Own,
    /// The default value of the origin, with its mark-up and the benchmark that goes with it.
    Default,
    /// For each producer and market the one on which less is charged.
    Cheaper,
}

/// A mark-up on default values in law.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum MarkupSchedule {
    /// The EU's: 10 % in 2026, 20 % in 2027, 30 % from 2028.
    #[serde(rename = "eu_2026_2028")]
    Eu,
}

/// Which values are used, and the mark-up on default values as a fraction.
pub(super) fn read(form: &CbamForm, reading: &Reading<'_>, path: &str) -> (Values, f64) {
    let given = [form.markup_percent.is_some(), form.markup.is_some(), form.markup_schedule.is_some()];
    let many = given.iter().filter(|given| **given).count();
    if many > 1 {
        reading.problem(
            path,
            "it takes at most one of markup_percent, markup and markup_schedule",
            "keep the one that is meant",
        );
    }
    let by_flag = form.default_values.map(|default| if default { Values::Default } else { Values::Own });
    let values = form.values.or(by_flag).unwrap_or_default();
    if by_flag.is_some_and(|by_flag| by_flag != values) {
        reading.problem(
            &format!("{path}.default_values"),
            "values and default_values say different things",
            "keep values, and take default_values out",
        );
    }
    if values == Values::Own {
        if many > 0 {
            reading.problem(
                path,
                "a mark-up is given and default values do not count",
                "write values = \"default\" or \"cheaper\", or take the mark-up out",
            );
        }
        return (values, 0.0);
    }
    if let Some(percent) = form.markup_percent {
        return (values, reading.rate(&format!("{path}.markup_percent"), percent));
    }
    let dated = match (&form.markup, form.markup_schedule) {
        (Some(steps), _) => {
            let steps: Vec<(i32, f64)> = steps.iter().map(|step| (step.year, step.percent)).collect();
            let rate = |at: &str, percent: f64| reading.rate(at, percent);
            Dated::read(reading, &format!("{path}.markup"), "percent", &steps, &rate)
        }
        (None, Some(MarkupSchedule::Eu)) => {
            Dated::named(reading, &format!("{path}.markup_schedule"), &EU_MARKUP)
        }
        (None, None) => None,
    };
    (values, dated.map_or(0.0, |dated| dated.value()))
}

/// Reports origins in scope without a default value, and total emissions where only direct ones have any.
pub(super) fn require_defaults(reading: &Reading<'_>, path: &str, scope: &Scope, emissions: &[Emissions]) {
    let baseline = reading.baseline;
    if emissions.contains(&Emissions::Total) {
        direct_only(reading, path);
    }
    let mut lacking = BTreeMap::new();
    scope.each_arc(baseline, &mut |arc, _| {
        let producer = baseline.producer_of(arc);
        if !baseline.intensity_defaults.contains_key(&(producer.country, producer.product)) {
            lacking.entry(producer.product).or_insert(producer.country);
        }
    });
    for (product, country) in lacking {
        let (product, country) =
            (&baseline.products[product.index()].code, &baseline.countries[country.index()].code);
        lacks_default(reading, path, product, country);
    }
}
