//! A carbon tariff: a duty by emission intensity, in tiers or linear above a benchmark.

use crate::baseline::{ArcId, Baseline, CountrySet};
use crate::policy::Instrument;
use crate::policy::benchmark::{Benchmark, BenchmarkForm, Emissions, needed_benchmark, require_intensities};
use crate::policy::reading::Reading;
use crate::policy::schedule::{CarbonRule, TierForm, TiersBy};
use crate::policy::scope::{Scope, ScopeKeys};
use crate::policy::{Duty, Measure};
use crate::units::Intensity;
use schemars::JsonSchema;
use serde::Deserialize;

/// `[[carbon_tariff]]`: a duty that rises with emission intensity.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CarbonTariffForm {
    /// Name of the clause, unique among carbon tariffs.
    pub name: String,
    /// False switches the clause off.
    pub enabled: Option<bool>,
    /// Countries or groups that apply it; each entry is one customs territory.
    pub importers: Vec<String>,
    /// Countries or groups that it hits; left out: everyone outside the importers.
    pub exporters: Option<Vec<String>>,
    /// Countries or groups that it spares.
    #[serde(default)]
    pub except: Vec<String>,
    /// Products; left out: all.
    pub products: Option<Vec<String>>,
    /// Production routes; left out: all.
    pub routes: Option<Vec<String>>,
    /// Which emissions count; left out: `total`.
    pub intensity: Option<Emissions>,
    /// What intensities are measured against.
    pub benchmark: Option<BenchmarkForm>,
    /// Rates by intensity: the highest threshold exceeded holds.
    #[serde(default)]
    pub tiers: Vec<TierForm>,
    /// What thresholds are measured in; left out: multiples of the benchmark.
    pub tiers_by: Option<TiersBy>,
    /// Charge on each tonne of CO2e above the benchmark, in USD.
    pub usd_per_tco2e: Option<f64>,
}

/// A carbon tariff on resolved countries.
#[derive(Debug, Clone, PartialEq)]
pub struct CarbonTariff {
    /// Name of the clause.
    pub name: String,
    /// What it is on.
    pub scope: Scope,
    /// Which emissions count.
    pub emissions: Emissions,
    /// How the duty follows from intensity.
    pub rule: CarbonRule,
    /// What intensities are measured against.
    pub benchmark: Option<Benchmark>,
}

impl CarbonTariff {
    /// The carbon tariff that a form states.
    #[must_use]
    pub fn read(form: &CarbonTariffForm, reading: &Reading<'_>) -> Self {
        let path = format!("carbon_tariff.{}", form.name);
        let emissions = form.intensity.unwrap_or_default();
        let scope = Scope::read(
            reading,
            &path,
            &ScopeKeys {
                importers: &form.importers,
                exporters: form.exporters.as_deref(),
                except: &form.except,
                products: form.products.as_deref(),
                routes: form.routes.as_deref(),
            },
        );
        let rule = CarbonRule::read(reading, &path, &form.tiers, form.tiers_by, form.usd_per_tco2e);
        if rule.is_empty() && reading.is_clean(&path) {
            reading.problem(&path, "it charges nothing", "give tiers, or usd_per_tco2e above zero");
        }
        let benchmark = needed_benchmark(
            reading,
            &path,
            form.benchmark.as_ref(),
            &rule,
            emissions,
            &scope.territories,
            &scope.products,
        );
        require_intensities(reading, &path, emissions, &scope.products);
        Self { name: form.name.clone(), scope, emissions, rule, benchmark }
    }
}

impl Instrument for CarbonTariff {
    fn clause(&self) -> String {
        format!("carbon_tariff.{}", self.name)
    }

    fn importers(&self, baseline: &Baseline) -> CountrySet {
        self.scope.importers(baseline)
    }

    fn measures(&self, baseline: &Baseline, put: &mut dyn FnMut(ArcId, Measure)) {
        self.scope.each_arc(baseline, &mut |arc, territory| {
            let producer = baseline.producer_of(arc);
            let intensity = self.emissions.of(producer).unwrap_or(Intensity::ZERO);
            let benchmark = self.benchmark.as_ref().and_then(|b| b.level(territory, producer.product));
            let duty = Duty::new(self.rule.tier_rate(intensity, benchmark), self.rule.charge(intensity, benchmark));
            if duty != Duty::default() {
                put(arc, Measure::Add(duty));
            }
        });
    }
}
