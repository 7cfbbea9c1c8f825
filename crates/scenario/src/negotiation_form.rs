//! `[negotiation]`: the keys.

use crate::party::{Measure, RedLineForm};
use schemars::JsonSchema;
use serde::Deserialize;

/// `[negotiation]`: what may be moved and what is wanted; `zollverein negotiate` reads it.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NegotiationForm {
    /// Numbers of the scenario that may be moved.
    #[serde(default)]
    pub number: Vec<NumberForm>,
    /// Values of the scenario that may be chosen: memberships, thresholds, on and off.
    #[serde(default)]
    pub menu: Vec<MenuForm>,
    /// What is wanted; left out: the payoffs of all who sign, added up.
    #[serde(default)]
    pub objective: Vec<ObjectiveForm>,
    /// Bounds that hold whoever signs: equity floors, for instance.
    #[serde(default)]
    pub floor: Vec<RedLineForm>,
    /// Parties that must sign; left out: all.
    pub signatories: Option<Vec<String>>,
    /// False asks of those who sign only that no red line is crossed, and lets them lose; left out: true.
    pub nobody_loses: Option<bool>,
    /// What holds without an agreement: a scenario file, relative to this one; left out: the status quo.
    pub disagreement: Option<String>,
    /// How many places a search starts from; left out: 3.
    pub starts: Option<i32>,
    /// For what is drawn by chance; left out: 1.
    pub seed: Option<i32>,
    /// Which parties could be in a club.
    pub coalition: Option<CoalitionForm>,
    /// Who is to be compensated, and from what.
    pub compensation: Option<CompensationForm>,
}

/// `[[negotiation.number]]`: a number that may be moved.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NumberForm {
    /// Name of the number, unique among numbers.
    pub name: String,
    /// Its path in the scenario, `arrangement.gassa.outside.floor_percent` for instance.
    pub what: String,
    /// The least it may be.
    pub from: f64,
    /// The most it may be.
    pub to: f64,
    /// The party that sets it, where parties answer each other; left out: it is agreed by all.
    pub by: Option<String>,
}

/// `[[negotiation.menu]]`: values one of which is chosen.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MenuForm {
    /// Name of the menu, unique among menus.
    pub name: String,
    /// The path of what is chosen, `exemption.ldc.enabled` for instance.
    pub what: String,
    /// What can be chosen: at least two values of the kind that the path takes.
    pub values: Vec<serde_json::Value>,
}

/// `[[negotiation.objective]]`: something wanted.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ObjectiveForm {
    /// Name of the objective, unique among objectives.
    pub name: String,
    /// What one unit of it counts where objectives are added up; below zero: less is better; left out: 1.
    pub weight: Option<f64>,
    /// The party whose payoff it is; or name an indicator.
    pub party: Option<String>,
    /// An indicator of the result files; or name a party.
    pub indicator: Option<String>,
    /// Whose: countries or groups.
    pub of: Option<Vec<String>>,
    /// Of which product; left out: all together.
    pub product: Option<String>,
    /// What of it is meant; left out: `change`.
    pub measure: Option<Measure>,
}

/// `[negotiation.coalition]`: which parties could be in a club.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CoalitionForm {
    /// The path of the list that names members, `arrangement.gassa.members` for instance.
    pub members: String,
    /// Parties that are in or out, at most 40; from 13 on not every club is looked at, and Shapley values are
    /// drawn from orders by chance.
    pub candidates: Vec<String>,
    /// Countries and groups that begin the club, each a player with the candidates: a party that speaks for it, or
    /// else its welfare; left out: none.
    pub founders: Option<Vec<String>>,
    /// Who must agree to a newcomer; left out: `unanimous`.
    pub admission: Option<AdmissionName>,
}

/// Who lets newcomers in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AdmissionName {
    /// A newcomer must leave no member with less, founders included.
    #[default]
    Unanimous,
    /// A newcomer must leave more than half of the members with no less.
    Majority,
    /// A newcomer must leave no founder with less.
    FoundersVeto,
    /// Whoever wants to can join.
    Open,
}

/// `[negotiation.compensation]`: who is to be compensated, and from what.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompensationForm {
    /// Countries or groups whose members may be paid; left out: the least developed countries, `LDC`.
    pub recipients: Option<Vec<String>>,
    /// What there is to be paid out, in million USD a year; left out: the least that leaves none worse off.
    pub fund_million_usd: Option<f64>,
    /// The share that administration takes; left out: 0.
    pub overhead_percent: Option<f64>,
}
