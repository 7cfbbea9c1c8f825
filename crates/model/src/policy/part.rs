//! Parts of a joint arrangement, each of which can be switched off without the others.

use schemars::JsonSchema;
use serde::Deserialize;

/// A part of an arrangement. With all its parts off an arrangement changes no duty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ArrangementPart {
    /// Among members: duties in force lifted, and the charge above the benchmark.
    Inside,
    /// The rate on every outsider.
    Floor,
    /// The rates on outsiders that rise with intensity.
    Tiers,
    /// The charge on outsiders for each tonne of CO2e above the benchmark.
    Charge,
    /// The surcharge on outsiders' oversupply.
    Surcharge,
}

impl ArrangementPart {
    /// Its name in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inside => "inside",
            Self::Floor => "floor",
            Self::Tiers => "tiers",
            Self::Charge => "charge",
            Self::Surcharge => "surcharge",
        }
    }
}
