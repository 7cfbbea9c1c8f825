//! The keys of a plan.

use schemars::JsonSchema;
use serde::Deserialize;
use zollverein_scenario::draw::DrawForm;

/// A plan: a scenario, what is varied and drawn, and how often.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "zollverein plan")]
pub struct PlanForm {
    /// What it is called in reports; left out: the file's name.
    pub title: Option<String>,
    /// What it is about.
    pub description: Option<String>,
    /// The scenario file, relative to this one.
    pub scenario: String,
    /// The data folder, relative to this file; left out: the scenario's.
    pub data: Option<String>,
    /// One year of the scenario, in the place of those it names.
    pub year: Option<i32>,
    /// The seed of the random numbers; left out: 1.
    pub seed: Option<u32>,
    /// How many draws, samples or paths; left out: 1000.
    pub draws: Option<u32>,
    /// How draws are laid out; left out: `random`.
    pub design: Option<Design>,
    /// True evaluates what Sobol' indices need: draws times the number of inputs and two.
    pub indices: Option<bool>,
    /// Evaluations to a part; left out: 250.
    pub block: Option<u32>,
    /// The figures that are kept; left out: the headlines.
    #[serde(default)]
    pub figures: Vec<String>,
    /// Numbers of the scenario that take given values, each with each.
    #[serde(default)]
    pub vary: Vec<VaryForm>,
    /// Numbers that are drawn.
    #[serde(default)]
    pub draw: Vec<DrawForm>,
}

/// How draws are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Design {
    /// Each by itself.
    #[default]
    Random,
    /// One in each of as many strata as there are draws.
    LatinHypercube,
    /// By the Sobol' sequence, shifted at random.
    Sobol,
    /// Paths that move one input after the other, for screening.
    Morris,
}

impl Design {
    /// Its name in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::LatinHypercube => "latin_hypercube",
            Self::Sobol => "sobol",
            Self::Morris => "morris",
        }
    }
}

/// `[[vary]]`: a number or switch of the scenario that takes given values.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VaryForm {
    /// A path of the scenario.
    pub what: String,
    /// The first value.
    pub from: Option<f64>,
    /// The last value.
    pub to: Option<f64>,
    /// From one value to the next.
    pub step: Option<f64>,
    /// The values, in the place of the three: numbers, or true and false.
    #[serde(default)]
    pub values: Vec<serde_json::Value>,
}
