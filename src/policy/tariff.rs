//! A plain tariff: sets the rate, or adds to it, on a scope.

use crate::baseline::{ArcId, Baseline, CountrySet};
use crate::policy::Instrument;
use crate::policy::reading::Reading;
use crate::policy::scope::{Scope, ScopeKeys};
use crate::policy::{Duty, Measure};
use crate::units::UsdPerTonne;
use schemars::JsonSchema;
use serde::Deserialize;

/// `[[tariff]]`: a duty by importer, exporter, product and route.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TariffForm {
    /// Name of the clause, unique among tariffs.
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
    /// Sets the ad valorem rate, in percent of the cif value, in the place of the duty in force.
    pub rate_percent: Option<f64>,
    /// Adds this rate, in percent of the cif value.
    pub additional_percent: Option<f64>,
    /// Adds this charge, in USD per tonne.
    pub additional_usd_per_t: Option<f64>,
}

/// A tariff on resolved countries.
#[derive(Debug, Clone, PartialEq)]
pub struct Tariff {
    /// Name of the clause.
    pub name: String,
    /// What it is on.
    pub scope: Scope,
    /// The rate it sets, if it sets one, as a fraction.
    pub set: Option<f64>,
    /// What it adds.
    pub add: Duty,
}

impl Tariff {
    /// The tariff that a form states.
    #[must_use]
    pub fn read(form: &TariffForm, reading: &Reading<'_>) -> Self {
        let path = format!("tariff.{}", form.name);
        if form.rate_percent.is_none()
            && form.additional_percent.is_none()
            && form.additional_usd_per_t.is_none()
        {
            reading.problem(
                &path,
                "it neither sets nor adds a duty",
                "give rate_percent, additional_percent or additional_usd_per_t",
            );
        }
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
        let rate = |key: &str, value: Option<f64>| value.map(|v| reading.rate(&format!("{path}.{key}"), v));
        let charge = form
            .additional_usd_per_t
            .map_or(0.0, |v| reading.usd(&format!("{path}.additional_usd_per_t"), v));
        Self {
            name: form.name.clone(),
            scope,
            set: rate("rate_percent", form.rate_percent),
            add: Duty::new(rate("additional_percent", form.additional_percent).unwrap_or(0.0), UsdPerTonne(charge)),
        }
    }
}

impl Instrument for Tariff {
    fn clause(&self) -> String {
        format!("tariff.{}", self.name)
    }

    fn importers(&self, baseline: &Baseline) -> CountrySet {
        self.scope.importers(baseline)
    }

    fn measures(&self, baseline: &Baseline, put: &mut dyn FnMut(ArcId, Measure)) {
        self.scope.each_arc(baseline, &mut |arc, _| {
            if let Some(rate) = self.set {
                put(arc, Measure::Set(rate));
            }
            if self.add != Duty::default() {
                put(arc, Measure::Add(self.add));
            }
        });
    }
}
