//! Rules that instruments share: duties that rise with emission intensity or
//! with an exporter's oversupply.

use crate::baseline::{Baseline, CountryId, CountrySet, ProductId};
use crate::policy::counted::Counted;
use crate::policy::reading::Reading;
use crate::policy::terms::{ByIntensity, Collected};
use crate::units::{Intensity, UsdPerTonne, UsdPerTonneCo2e};
use schemars::JsonSchema;
use serde::Deserialize;

/// One tier of a carbon tariff.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TierForm {
    /// The intensity above which it holds: a multiple of the benchmark, or tCO2e per tonne (see `tiers_by`).
    #[schemars(extend("x-steps" = true))]
    pub above: f64,
    /// The rate it adds, in percent of the customs value.
    pub additional_percent: f64,
}

/// What tier thresholds are measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TiersBy {
    /// Multiples of the benchmark.
    #[default]
    Benchmark,
    /// tCO2e per tonne.
    Intensity,
}

/// A duty that rises with emission intensity: tiers, a linear charge, or both.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CarbonRule {
    /// Thresholds, rising, with the rate above each, as a fraction.
    pub tiers: Vec<(f64, f64)>,
    /// What the thresholds are measured in.
    pub tiers_by: TiersBy,
    /// κ: charge on each tonne of CO2e above the benchmark.
    pub per_tonne_co2e: UsdPerTonneCo2e,
}

impl CarbonRule {
    /// The rule that file keys state.
    #[must_use]
    pub fn read(
        reading: &Reading<'_>,
        path: &str,
        tiers: &[TierForm],
        tiers_by: Option<TiersBy>,
        usd_per_tco2e: Option<f64>,
    ) -> Self {
        let mut read = vec![];
        for (position, tier) in tiers.iter().enumerate() {
            let path = format!("{path}.tiers[{position}]");
            let above = reading.within(&format!("{path}.above"), tier.above, 0.0, 1000.0, "");
            if position > 0 && tier.above <= tiers[position - 1].above {
                reading.problem(
                    &path,
                    format!(
                        "threshold {} does not exceed the one before, {}",
                        tier.above,
                        tiers[position - 1].above
                    ),
                    "put the tiers in rising order, each threshold once",
                );
            }
            read.push((above, reading.rate(&format!("{path}.additional_percent"), tier.additional_percent)));
        }
        let charge = usd_per_tco2e.map_or(0.0, |value| reading.usd(&format!("{path}.usd_per_tco2e"), value));
        Self { tiers: read, tiers_by: tiers_by.unwrap_or_default(), per_tonne_co2e: UsdPerTonneCo2e(charge) }
    }

    /// The rule with its tiers or its charge alone, both, or neither.
    #[must_use]
    pub fn reduced(self, tiers: bool, charge: bool) -> Self {
        Self {
            tiers: if tiers { self.tiers } else { vec![] },
            per_tonne_co2e: if charge { self.per_tonne_co2e } else { UsdPerTonneCo2e::ZERO },
            ..self
        }
    }

    /// Whether it never charges anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tiers.is_empty() && self.per_tonne_co2e == UsdPerTonneCo2e::ZERO
    }

    /// Whether it needs a benchmark.
    #[must_use]
    pub fn needs_benchmark(&self) -> bool {
        self.per_tonne_co2e.value() > 0.0 || (!self.tiers.is_empty() && self.tiers_by == TiersBy::Benchmark)
    }

    /// The rate of the highest threshold that an intensity exceeds, as a fraction.
    #[must_use]
    pub fn tier_rate(&self, intensity: Intensity, benchmark: Option<Intensity>) -> f64 {
        let unit = match self.tiers_by {
            TiersBy::Benchmark => benchmark.map_or(f64::INFINITY, Intensity::value),
            TiersBy::Intensity => 1.0,
        };
        let exceeded = self.tiers.iter().rev().find(|(above, _)| intensity.value() > above * unit);
        exceeded.map_or(0.0, |(_, rate)| *rate)
    }

    /// The rule as it depends on the intensity that counts: thresholds as intensities.
    #[must_use]
    pub fn by_intensity(&self, counted: Counted, benchmark: Option<Intensity>) -> ByIntensity {
        let unit = match self.tiers_by {
            TiersBy::Benchmark => benchmark.map(Intensity::value),
            TiersBy::Intensity => Some(1.0),
        };
        let step = |(above, rate): &(f64, f64)| unit.map(|unit| (Intensity(above * unit), *rate));
        let charged = if benchmark.is_some() { self.per_tonne_co2e } else { UsdPerTonneCo2e::ZERO };
        ByIntensity {
            counted: counted.intensity,
            response: counted.response,
            per_tonne_co2e: charged,
            free: benchmark.unwrap_or(Intensity::ZERO),
            at_most: None,
            steps: self.tiers.iter().filter_map(step).collect(),
            collected: Collected::ByImporter,
        }
    }

    /// κ·max(0, e − B).
    #[must_use]
    pub fn charge(&self, intensity: Intensity, benchmark: Option<Intensity>) -> UsdPerTonne {
        let excess = benchmark.map_or(0.0, |level| (intensity.value() - level.value()).max(0.0));
        Intensity(excess) * self.per_tonne_co2e
    }
}

/// How oversupply is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExcessMeasure {
    /// 1 − output/capacity.
    #[default]
    ExcessShare,
    /// (exports − imports)/output.
    NetExportShare,
}

/// One step of an oversupply surcharge.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepForm {
    /// The excess above which it holds, in percent.
    #[schemars(extend("x-steps" = true))]
    pub above_percent: f64,
    /// The rate it adds, in percent of the customs value.
    pub additional_percent: f64,
}

/// The keys of an oversupply surcharge: a flagged list, steps or a slope.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OversupplyForm {
    /// How oversupply is measured; left out: `excess_share`.
    pub measure: Option<ExcessMeasure>,
    /// Steps by the measure.
    pub steps: Option<Vec<StepForm>>,
    /// Percentage points of duty for each percentage point of excess above the threshold.
    pub slope: Option<f64>,
    /// With `slope`: the excess from which it counts, in percent.
    pub threshold_percent: Option<f64>,
    /// With `slope`: the highest surcharge, in percent.
    pub cap_percent: Option<f64>,
    /// Countries or groups named as sources of excess capacity.
    pub flagged: Option<Vec<String>>,
    /// With `flagged`: the surcharge on them, in percent.
    pub flagged_percent: Option<f64>,
}

/// How the surcharge follows from the measure.
#[derive(Debug, Clone, PartialEq)]
enum Surcharge {
    /// Thresholds, rising, with the rate above each.
    Steps(Vec<(f64, f64)>),
    /// `min(cap, slope·max(0, excess − threshold))`.
    Slope { slope: f64, threshold: f64, cap: f64 },
    /// A rate on listed countries.
    Flagged(CountrySet, f64),
}

/// A surcharge on an exporter's oversupply, worked out for each country and product.
#[derive(Debug, Clone, PartialEq)]
pub struct OversupplyRule {
    /// By product and country, as a fraction.
    rates: Vec<Vec<f64>>,
}

impl OversupplyRule {
    /// The rule that a form states.
    #[must_use]
    pub fn read(form: &OversupplyForm, reading: &Reading<'_>, path: &str) -> Self {
        let surcharge = surcharge(form, reading, path);
        let measure = form.measure.unwrap_or_default();
        let baseline = reading.baseline;
        let rate = |country: CountryId, product: ProductId| match &surcharge {
            Surcharge::Flagged(flagged, rate) => {
                if flagged.contains(country) {
                    *rate
                } else {
                    0.0
                }
            }
            Surcharge::Steps(steps) => {
                let excess = excess(baseline, measure, country, product).unwrap_or(0.0);
                steps.iter().rev().find(|(above, _)| excess > *above).map_or(0.0, |(_, rate)| *rate)
            }
            Surcharge::Slope { slope, threshold, cap } => {
                let excess = excess(baseline, measure, country, product).unwrap_or(0.0);
                cap.min(slope * (excess - threshold).max(0.0))
            }
        };
        let rates = baseline
            .product_ids()
            .map(|product| baseline.country_ids().map(|country| rate(country, product)).collect())
            .collect();
        Self { rates }
    }

    /// The surcharge on a country's product, as a fraction.
    #[must_use]
    pub fn rate(&self, country: CountryId, product: ProductId) -> f64 {
        self.rates[product.index()][country.index()]
    }
}

/// The excess of a country in a product, as a fraction; `None` where it is not known.
#[must_use]
pub fn excess(
    baseline: &Baseline,
    measure: ExcessMeasure,
    country: CountryId,
    product: ProductId,
) -> Option<f64> {
    match measure {
        ExcessMeasure::ExcessShare => baseline.utilisation(country, product).map(|u| 1.0 - u),
        ExcessMeasure::NetExportShare => baseline.net_export_share(country, product),
    }
}

fn surcharge(form: &OversupplyForm, reading: &Reading<'_>, path: &str) -> Surcharge {
    let given = [form.steps.is_some(), form.slope.is_some(), form.flagged.is_some()];
    if given.iter().filter(|given| **given).count() != 1 {
        reading.problem(
            path,
            "an oversupply surcharge takes exactly one of steps, slope and flagged",
            "keep the one that is meant",
        );
    }
    if let Some(steps) = &form.steps {
        let mut read = vec![];
        for (position, step) in steps.iter().enumerate() {
            let path = format!("{path}.steps[{position}]");
            if position > 0 && step.above_percent <= steps[position - 1].above_percent {
                reading.problem(
                    &path,
                    format!(
                        "threshold {} does not exceed the one before, {}",
                        step.above_percent,
                        steps[position - 1].above_percent
                    ),
                    "put the steps in rising order, each threshold once",
                );
            }
            let above = reading.within(
                &format!("{path}.above_percent"),
                step.above_percent,
                -1000.0,
                100.0,
                "percent",
            );
            read.push((
                above / 100.0,
                reading.rate(&format!("{path}.additional_percent"), step.additional_percent),
            ));
        }
        return Surcharge::Steps(read);
    }
    if let Some(slope) = form.slope {
        let number = |key: &str, value: Option<f64>, high: f64| {
            let path = format!("{path}.{key}");
            match value {
                Some(value) => reading.within(&path, value, 0.0, high, "percent") / 100.0,
                None => {
                    reading.problem(&path, "a slope needs it", format!("add {key} = …"));
                    0.0
                }
            }
        };
        return Surcharge::Slope {
            slope: reading.within(&format!("{path}.slope"), slope, 0.0, 1000.0, ""),
            threshold: number("threshold_percent", form.threshold_percent, 100.0),
            cap: number("cap_percent", form.cap_percent, 100_000.0),
        };
    }
    let flagged = form.flagged.as_deref().unwrap_or_default();
    let rate = match form.flagged_percent {
        Some(percent) => reading.rate(&format!("{path}.flagged_percent"), percent),
        None => {
            if form.flagged.is_some() {
                reading.problem(
                    path,
                    "the surcharge on flagged countries is missing",
                    "add flagged_percent = …",
                );
            }
            0.0
        }
    };
    Surcharge::Flagged(reading.countries(&format!("{path}.flagged"), flagged), rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_exceeded_tier_holds() {
        let rule = CarbonRule {
            tiers: vec![(1.0, 0.05), (1.5, 0.1), (2.0, 0.2)],
            tiers_by: TiersBy::Benchmark,
            per_tonne_co2e: UsdPerTonneCo2e(50.0),
        };
        let benchmark = Some(Intensity(1.2));
        let rates = [1.2, 1.21, 1.9, 3.0].map(|e| rule.tier_rate(Intensity(e), benchmark));
        assert_eq!(rates, [0.0, 0.05, 0.1, 0.2]);
        assert_eq!(rule.charge(Intensity(1.0), benchmark), UsdPerTonne(0.0));
        assert!((rule.charge(Intensity(2.2), benchmark).value() - 50.0).abs() < 1e-12);
    }
}
