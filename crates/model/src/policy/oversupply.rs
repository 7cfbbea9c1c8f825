//! An oversupply tariff: a duty by the exporter's excess capacity or net exports.

use crate::baseline::{ArcId, Baseline, CountrySet};
use crate::policy::Instrument;
use crate::policy::origin::OriginRule;
use crate::policy::phase::{YearForm, phase_in};
use crate::policy::reading::Reading;
use crate::policy::schedule::{ExcessMeasure, OversupplyForm, OversupplyRule, StepForm};
use crate::policy::scope::{Scope, ScopeKeys};
use crate::policy::{Duty, Measure};
use crate::units::UsdPerTonne;
use schemars::JsonSchema;
use serde::Deserialize;

/// `[[oversupply_tariff]]`: a duty on exporters with more capacity or exports than a stated measure.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OversupplyTariffForm {
    /// Name of the clause, unique among oversupply tariffs.
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
    /// The share of it that holds by year, linear in between and nothing before; needs the scenario's `year`.
    pub phase_in: Option<Vec<YearForm>>,
    /// What decides where metal comes from that is shipped through a third country; left out:
    /// `melted_and_poured`.
    pub origin: Option<OriginRule>,
}

/// An oversupply tariff on resolved countries.
#[derive(Debug, Clone, PartialEq)]
pub struct OversupplyTariff {
    /// Name of the clause.
    pub name: String,
    /// What it is on.
    pub scope: Scope,
    /// The surcharge by exporter and product.
    pub rule: OversupplyRule,
    /// The share that is phased in.
    pub phased_in: f64,
    /// What decides where metal comes from.
    pub origin: OriginRule,
}

impl OversupplyTariffForm {
    /// The keys of the surcharge, apart from those of the scope.
    #[must_use]
    pub fn rule(&self) -> OversupplyForm {
        OversupplyForm {
            measure: self.measure,
            steps: self.steps.clone(),
            slope: self.slope,
            threshold_percent: self.threshold_percent,
            cap_percent: self.cap_percent,
            flagged: self.flagged.clone(),
            flagged_percent: self.flagged_percent,
        }
    }
}

impl OversupplyTariff {
    /// The oversupply tariff that a form states.
    #[must_use]
    pub fn read(form: &OversupplyTariffForm, reading: &Reading<'_>) -> Self {
        let path = format!("oversupply_tariff.{}", form.name);
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
        let rule = OversupplyRule::read(&form.rule(), reading, &path);
        let phased_in = phase_in(reading, &path, form.phase_in.as_deref());
        Self { name: form.name.clone(), scope, rule, phased_in, origin: form.origin.unwrap_or_default() }
    }
}

impl Instrument for OversupplyTariff {
    fn clause(&self) -> String {
        format!("oversupply_tariff.{}", self.name)
    }

    fn importers(&self, baseline: &Baseline) -> CountrySet {
        self.scope.importers(baseline)
    }

    fn covers(&self) -> f64 {
        self.scope.covers
    }

    fn measures(&self, baseline: &Baseline, put: &mut dyn FnMut(ArcId, Measure)) {
        self.scope.each_arc(baseline, &mut |arc, _| {
            let producer = baseline.producer_of(arc);
            let rate = self.rule.rate(producer.country, producer.product);
            if rate > 0.0 {
                put(arc, Measure::Add(Duty::new(rate, UsdPerTonne::ZERO)));
            }
        });
    }

    fn phased_in(&self) -> f64 {
        self.phased_in
    }

    fn origin(&self) -> OriginRule {
        self.origin
    }
}
