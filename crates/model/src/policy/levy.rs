//! What tariffs and answers to them share: a duty that is set or added on a scope.

use crate::baseline::{ArcId, Baseline};
use crate::policy::origin::OriginRule;
use crate::policy::phase::{YearForm, phase_in};
use crate::policy::reading::Reading;
use crate::policy::scope::{Scope, ScopeKeys};
use crate::policy::{Duty, Measure};
use crate::units::UsdPerTonne;

/// The keys of a levy, as they stand in a file.
#[derive(Debug, Clone, Copy)]
pub struct LevyKeys<'a> {
    /// The keys of its scope.
    pub scope: ScopeKeys<'a>,
    /// `rate_percent`.
    pub rate_percent: Option<f64>,
    /// `additional_percent`.
    pub additional_percent: Option<f64>,
    /// `additional_usd_per_t`.
    pub additional_usd_per_t: Option<f64>,
    /// `phase_in`.
    pub phase_in: Option<&'a [YearForm]>,
    /// `origin`.
    pub origin: Option<OriginRule>,
}

/// A duty on a scope, resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct Levy {
    /// What it is on.
    pub scope: Scope,
    /// The rate it sets, if it sets one, as a fraction.
    pub set: Option<f64>,
    /// What it adds.
    pub add: Duty,
    /// The share that is phased in.
    pub phased_in: f64,
    /// What decides where metal comes from.
    pub origin: OriginRule,
}

impl Levy {
    /// The levy that file keys state.
    #[must_use]
    pub fn read(reading: &Reading<'_>, path: &str, keys: &LevyKeys<'_>) -> Self {
        if keys.rate_percent.is_none()
            && keys.additional_percent.is_none()
            && keys.additional_usd_per_t.is_none()
        {
            reading.problem(
                path,
                "it neither sets nor adds a duty",
                "give rate_percent, additional_percent or additional_usd_per_t",
            );
        }
        let scope = Scope::read(reading, path, &keys.scope);
        let rate = |key: &str, value: Option<f64>| value.map(|v| reading.rate(&format!("{path}.{key}"), v));
        let charge = keys
            .additional_usd_per_t
            .map_or(0.0, |v| reading.usd(&format!("{path}.additional_usd_per_t"), v));
        Self {
            scope,
            set: rate("rate_percent", keys.rate_percent),
            add: Duty::new(
                rate("additional_percent", keys.additional_percent).unwrap_or(0.0),
                UsdPerTonne(charge),
            ),
            phased_in: phase_in(reading, path, keys.phase_in),
            origin: keys.origin.unwrap_or_default(),
        }
    }

    /// Calls `put` for each arc that it bears on.
    pub fn measures(&self, baseline: &Baseline, put: &mut dyn FnMut(ArcId, Measure)) {
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
