//! A carbon tariff: a duty by emission intensity, in tiers or linear above a benchmark.

use crate::baseline::{ArcId, Baseline, CountrySet};
use crate::policy::benchmark::{Benchmark, BenchmarkForm, Emissions, needed_benchmark};
use crate::policy::counted::Counted;
use crate::policy::origin::OriginRule;
use crate::policy::phase::{YearForm, phase_in};
use crate::policy::reading::Reading;
use crate::policy::schedule::{CarbonRule, TierForm, TiersBy};
use crate::policy::scope::{Scope, ScopeKeys};
use crate::policy::standard::Standard;
use crate::policy::{ByIntensity, Duty, Instrument, Measure};
use crate::units::Intensity;
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;

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
    /// The percent of the trade in scope that the clause really covers, of each product (above 0, at most
    /// 100); left out: all of it.
    pub covers_percent: Option<f64>,
    /// Which emissions count; left out: the standard's, else `total`.
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
    /// The share of it that holds by year, linear in between and nothing before; needs the scenario's `year`.
    pub phase_in: Option<Vec<YearForm>>,
    /// What decides where metal comes from that is shipped through a third country; left out:
    /// `melted_and_poured`.
    pub origin: Option<OriginRule>,
}

/// A carbon tariff on resolved countries.
#[derive(Debug, Clone, PartialEq)]
pub struct CarbonTariff {
    /// Name of the clause.
    pub name: String,
    /// What it is on.
    pub scope: Scope,
    /// Which emissions count, by customs territory.
    pub emissions: Vec<Emissions>,
    /// Which intensity counts.
    pub standard: Arc<Standard>,
    /// How the duty follows from intensity.
    pub rule: CarbonRule,
    /// What intensities are measured against.
    pub benchmark: Option<Benchmark>,
    /// The share that is phased in.
    pub phased_in: f64,
    /// What decides where metal comes from.
    pub origin: OriginRule,
}

impl CarbonTariff {
    /// The carbon tariff that a form states.
    #[must_use]
    pub fn read(form: &CarbonTariffForm, reading: &Reading<'_>, standard: &Arc<Standard>) -> Self {
        let path = format!("carbon_tariff.{}", form.name);
        let scope = Scope::read(
            reading,
            &path,
            &ScopeKeys {
                importers: &form.importers,
                exporters: form.exporters.as_deref(),
                except: &form.except,
                products: form.products.as_deref(),
                routes: form.routes.as_deref(),
                covers_percent: form.covers_percent,
            },
        );
        let territories = &scope.territories;
        let emissions = standard.emissions(reading, &path, form.intensity, Emissions::default(), territories);
        let rule = CarbonRule::read(reading, &path, &form.tiers, form.tiers_by, form.usd_per_tco2e);
        if rule.is_empty() && reading.is_clean(&path) {
            reading.problem(&path, "it charges nothing", "give tiers, or usd_per_tco2e above zero");
        }
        let benchmark = needed_benchmark(
            reading,
            &path,
            form.benchmark.as_ref(),
            &rule,
            &emissions,
            territories,
            &scope.products,
        );
        standard.require(reading, &path, &emissions, territories, &scope.products);
        let phased_in = phase_in(reading, &path, form.phase_in.as_deref());
        let standard = Arc::clone(standard);
        let origin = form.origin.unwrap_or_default();
        Self { name: form.name.clone(), scope, emissions, standard, rule, benchmark, phased_in, origin }
    }

    /// Calls `visit` with each arc in scope, the intensity that counts there and the benchmark.
    fn each_counted(&self, baseline: &Baseline, visit: &mut dyn FnMut(ArcId, Counted, Option<Intensity>)) {
        self.scope.each_arc(baseline, &mut |arc, territory| {
            let producer = baseline.producer_of(arc);
            let importer = baseline.flow_of(arc).importer;
            let counted = self.standard.counted(baseline, importer, producer, self.emissions[territory]);
            let benchmark = self.benchmark.as_ref().and_then(|b| b.level(territory, producer));
            visit(arc, counted.unwrap_or(Counted::own(Intensity::ZERO)), benchmark);
        });
    }

    /// Calls `visit` with each arc on which it measures intensities.
    pub fn each_measured(&self, baseline: &Baseline, visit: &mut dyn FnMut(ArcId)) {
        if self.phased_in > 0.0 {
            self.scope.each_arc(baseline, &mut |arc, _| visit(arc));
        }
    }
}

impl Instrument for CarbonTariff {
    fn clause(&self) -> String {
        format!("carbon_tariff.{}", self.name)
    }

    fn importers(&self, baseline: &Baseline) -> CountrySet {
        self.scope.importers(baseline)
    }

    fn covers(&self) -> f64 {
        self.scope.covers
    }

    fn measures(&self, baseline: &Baseline, put: &mut dyn FnMut(ArcId, Measure)) {
        self.each_counted(baseline, &mut |arc, counted, benchmark| {
            let rate = self.rule.tier_rate(counted.intensity, benchmark);
            let duty = Duty::new(rate, self.rule.charge(counted.intensity, benchmark));
            if duty != Duty::default() {
                put(arc, Measure::Add(duty));
            }
        });
    }

    fn phased_in(&self) -> f64 {
        self.phased_in
    }

    fn origin(&self) -> OriginRule {
        self.origin
    }

    fn by_intensity(&self, baseline: &Baseline, put: &mut dyn FnMut(ArcId, ByIntensity)) {
        self.each_counted(baseline, &mut |arc, counted, benchmark| {
            put(arc, self.rule.by_intensity(counted, benchmark));
        });
    }
}
