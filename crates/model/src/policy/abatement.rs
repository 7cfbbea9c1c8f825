//! Abatement: producers cut their emissions where that costs less than what is charged on them.

use crate::baseline::{Baseline, ProducerId};
use crate::policy::reading::Reading;
use crate::policy::terms::{Abater, CarbonDuty};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// `[abatement]`: lets producers cut their emissions, at the costs of the data folder.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AbatementForm {
    /// False switches it off.
    pub enabled: Option<bool>,
    /// By how much cost falls with each doubling of cumulative deployment, in percent; left out: not at all.
    pub learning_percent: Option<f64>,
    /// With `learning_percent`: cumulative deployment so far, in kt CO2e abated a year.
    pub deployed_kt_co2e: Option<f64>,
    /// With `learning_percent`: the deployment at which the data folder's costs hold, in kt CO2e abated a year.
    pub reference_kt_co2e: Option<f64>,
}

/// Abatement, switched on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Abatement {
    /// What learning leaves of the data folder's costs, above 0 and at most 1.
    pub cost_left: f64,
}

impl Abatement {
    /// The abatement that a form states.
    #[must_use]
    pub fn read(form: &AbatementForm, reading: &Reading<'_>) -> Self {
        if reading.baseline.abatement.is_empty() {
            reading.problem(
                "abatement",
                "the data folder does not say what abatement costs",
                "add abatement.csv to the data folder, or take [abatement] out",
            );
        }
        Self { cost_left: cost_left(form, reading) }
    }

    /// Every producer that can abate, in the baseline's order, with what depends on its intensity and
    /// the support it gets: positions of clauses of support, and the share of its cost that each pays.
    #[must_use]
    pub fn abaters(
        self,
        baseline: &Baseline,
        mut duties: BTreeMap<ProducerId, Vec<CarbonDuty>>,
        supports: &dyn Fn(ProducerId) -> Vec<(usize, f64)>,
    ) -> Vec<Abater> {
        let mut abaters = vec![];
        for (producer, option) in &baseline.abatement {
            let made = &baseline.producers[producer.index()];
            let Some(intensity) = made.intensity.filter(|intensity| intensity.value() > 0.0) else {
                continue;
            };
            if made.output.value() <= 0.0 || option.limit <= 0.0 {
                continue;
            }
            let mut duties = duties.remove(producer).unwrap_or_default();
            duties.sort_by_key(|duty| duty.arc); // stable: clauses keep their order
            abaters.push(Abater {
                producer: *producer,
                cost: option.cost * self.cost_left,
                intensity,
                limit: option.limit,
                supports: supports(*producer),
                duties,
            });
        }
        abaters
    }
}

/// `(deployed/reference)^(log2(1−learning))`, never above 1.
fn cost_left(form: &AbatementForm, reading: &Reading<'_>) -> f64 {
    let at = |key: &str| format!("abatement.{key}");
    let Some(percent) = form.learning_percent else {
        let keys =
            [("deployed_kt_co2e", form.deployed_kt_co2e), ("reference_kt_co2e", form.reference_kt_co2e)];
        for (key, _) in keys.iter().filter(|(_, given)| given.is_some()) {
            reading.problem(
                &at(key),
                "deployment means nothing where costs do not fall with it",
                "add learning_percent = 15, for instance, or take it out",
            );
        }
        return 1.0;
    };
    let learning = reading.within(&at("learning_percent"), percent, 0.0, 90.0, "percent") / 100.0;
    let deployment = |key: &str, value: Option<f64>| {
        let Some(value) = value else {
            reading.problem("abatement", format!("learning_percent needs {key}"), format!("add {key} = …"));
            return 1.0;
        };
        reading.within(&at(key), value, 1e-6, 1e9, "kt CO2e")
    };
    let deployed = deployment("deployed_kt_co2e", form.deployed_kt_co2e);
    let reference = deployment("reference_kt_co2e", form.reference_kt_co2e);
    (deployed / reference).powf((1.0 - learning).log2()).min(1.0)
}
