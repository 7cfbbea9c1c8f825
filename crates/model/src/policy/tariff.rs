//! A plain tariff: sets the rate, or adds to it, on a scope.

use crate::baseline::{ArcId, Baseline, CountrySet};
use crate::policy::levy::{Levy, LevyKeys};
use crate::policy::origin::OriginRule;
use crate::policy::phase::YearForm;
use crate::policy::reading::Reading;
use crate::policy::scope::ScopeKeys;
use crate::policy::{Instrument, Measure};
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
    /// The percent of the trade in scope that the clause really covers, of each product (above 0, at most
    /// 100); left out: all of it.
    pub covers_percent: Option<f64>,
    /// Sets the ad valorem rate, in percent of the customs value, instead of the duty in force.
    pub rate_percent: Option<f64>,
    /// Adds this rate, in percent of the customs value.
    pub additional_percent: Option<f64>,
    /// Adds this charge, in USD per tonne.
    pub additional_usd_per_t: Option<f64>,
    /// The share of it that holds by year, linear in between and nothing before; needs the scenario's `year`.
    pub phase_in: Option<Vec<YearForm>>,
    /// What decides where metal comes from that is shipped through a third country; left out:
    /// `melted_and_poured`.
    pub origin: Option<OriginRule>,
}

/// A tariff on resolved countries.
#[derive(Debug, Clone, PartialEq)]
pub struct Tariff {
    /// Name of the clause.
    pub name: String,
    /// What it charges on what.
    pub levy: Levy,
}

impl Tariff {
    /// The tariff that a form states.
    #[must_use]
    pub fn read(form: &TariffForm, reading: &Reading<'_>) -> Self {
        let keys = LevyKeys {
            scope: ScopeKeys {
                importers: &form.importers,
                exporters: form.exporters.as_deref(),
                except: &form.except,
                products: form.products.as_deref(),
                routes: form.routes.as_deref(),
                covers_percent: form.covers_percent,
            },
            rate_percent: form.rate_percent,
            additional_percent: form.additional_percent,
            additional_usd_per_t: form.additional_usd_per_t,
            phase_in: form.phase_in.as_deref(),
            origin: form.origin,
        };
        let levy = Levy::read(reading, &format!("tariff.{}", form.name), &keys);
        Self { name: form.name.clone(), levy }
    }
}

impl Instrument for Tariff {
    fn clause(&self) -> String {
        format!("tariff.{}", self.name)
    }

    fn importers(&self, baseline: &Baseline) -> CountrySet {
        self.levy.scope.importers(baseline)
    }

    fn covers(&self) -> f64 {
        self.levy.scope.covers
    }

    fn measures(&self, baseline: &Baseline, put: &mut dyn FnMut(ArcId, Measure)) {
        self.levy.measures(baseline, put);
    }

    fn phased_in(&self) -> f64 {
        self.levy.phased_in
    }

    fn origin(&self) -> OriginRule {
        self.levy.origin
    }
}
