//! What is drawn at random, in a plan of a batch or under `[uncertainty]` of a scenario: the keys.

use schemars::JsonSchema;
use serde::Deserialize;

/// `[uncertainty]`: what is drawn for the bands of headline figures.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UncertaintyForm {
    /// How many draws, 10,000 at most; left out: 160.
    pub draws: Option<u32>,
    /// The seed of the random numbers; left out: 1.
    pub seed: Option<u32>,
    /// What is drawn; left out: every elasticity of the data that has a range, shipments, intensities and mill prices.
    #[serde(default)]
    pub draw: Vec<DrawForm>,
}

/// `[[draw]]`: a number that is drawn.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DrawForm {
    /// A path of the scenario, or of the data: `data.elasticity`, `data.intensity`, `data.price`, `data.capacity`;
    /// whole tables: `data.flows`, `data.prices`, `data.intensities`.
    pub what: String,
    /// Its distribution; left out for an elasticity: triangular over the range in `elasticities.csv`.
    pub distribution: Option<Shape>,
    /// Lowest value of a uniform or triangular distribution.
    pub low: Option<f64>,
    /// Highest value of a uniform or triangular distribution.
    pub high: Option<f64>,
    /// Most likely value of a triangular distribution.
    pub mode: Option<f64>,
    /// Mean of a normal distribution.
    pub mean: Option<f64>,
    /// Standard deviation of a normal distribution.
    pub sd: Option<f64>,
    /// Median of a lognormal distribution.
    pub median: Option<f64>,
    /// Standard deviation of the logarithm of a lognormal distribution.
    pub sigma: Option<f64>,
    /// The values of a discrete distribution.
    #[serde(default)]
    pub values: Vec<f64>,
    /// Their weights; left out: all alike.
    #[serde(default)]
    pub weights: Vec<f64>,
}

/// The shape of a distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Every value from `low` to `high` alike.
    Uniform,
    /// From `low` over `mode` to `high`.
    Triangular,
    /// By `mean` and `sd`.
    Normal,
    /// By `median` and `sigma`.
    Lognormal,
    /// One of `values`.
    Discrete,
}
