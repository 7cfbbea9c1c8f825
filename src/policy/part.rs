//! Parts of a joint arrangement, each of which can be switched off without the others.

use crate::policy::arrangement::{ArrangementForm, DutiesInForce};
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

    /// The parts that an arrangement has and that are on.
    #[must_use]
    pub fn of(form: &ArrangementForm) -> Vec<Self> {
        let outside = &form.outside;
        let rules = [
            (Self::Tiers, !outside.tiers.is_empty()),
            (Self::Charge, outside.usd_per_tco2e.is_some()),
            (Self::Surcharge, outside.oversupply.is_some()),
        ];
        // an arrangement that puts nothing in the place of outsiders' duties abolishes them: that is its floor
        let abolishes =
            form.duties_in_force == Some(DutiesInForce::Replace) && rules.iter().all(|(_, has)| !has);
        let floor = (Self::Floor, outside.floor_percent.is_some() || abolishes);
        let inside = (Self::Inside, form.members.len() > 1 || form.accession.is_some());
        let all = [inside, floor].into_iter().chain(rules);
        all.filter(|(part, has)| *has && !form.without_parts.contains(part)).map(|(part, _)| part).collect()
    }
}
