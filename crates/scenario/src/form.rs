//! The keys of a scenario file.

use crate::draw::UncertaintyForm;
use crate::negotiation::NegotiationForm;
use crate::party::PartyForm;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use zollverein_model::policy::abatement::AbatementForm;
use zollverein_model::policy::arrangement::ArrangementForm;
use zollverein_model::policy::carbon::CarbonTariffForm;
use zollverein_model::policy::cbam::CbamForm;
use zollverein_model::policy::counter_duty::CounterDutyForm;
use zollverein_model::policy::exemption::ExemptionForm;
use zollverein_model::policy::oversupply::OversupplyTariffForm;
use zollverein_model::policy::procurement::ProcurementForm;
use zollverein_model::policy::quota::QuotaForm;
use zollverein_model::policy::revenue::RevenueForm;
use zollverein_model::policy::standard::StandardForm;
use zollverein_model::policy::support::SupportForm;
use zollverein_model::policy::tariff::TariffForm;

/// A scenario: a policy, the baseline it is tried on and how markets settle.
///
/// This is the whole scenario, after `extends` has been followed: a file that
/// extends another may leave out what that one says.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "zollverein scenario")]
pub struct ScenarioForm {
    /// What it is called in reports; left out: the file's name.
    pub title: Option<String>,
    /// What it is about, in a sentence or two.
    pub description: Option<String>,
    /// What of the proposal is assumed and stands in no source, in a sentence or two. Briefs print it whole.
    pub assumptions: Option<String>,
    /// The clauses and keys that are assumed, by path, as `["quota.eu", "arrangement.gassa.outside.tiers"]`;
    /// they ask for `assumptions`.
    #[serde(default)]
    pub assumed: Vec<String>,
    /// Another scenario file, relative to this one, that this one changes.
    pub extends: Option<String>,
    /// The data folder, relative to this file; left out: `data/2023` near this file or the working directory.
    pub baseline: Option<String>,
    /// How markets settle; left out: `armington`.
    pub engine: Option<EngineName>,
    /// What opens beyond the ways that the baseline uses; only the spatial engine looks at it.
    pub spatial: Option<SpatialForm>,
    /// The year the policy is about; ratchets and phase-ins count to it.
    pub year: Option<i32>,
    /// Several years in the place of `year`, rising: one run finds an equilibrium for each.
    pub years: Option<Vec<i32>>,
    /// Values a change in emissions, in USD per tonne of CO2 equivalent; shown apart from welfare.
    pub social_cost_usd_per_tco2e: Option<f64>,
    /// Groups of countries by name, each a list of codes or of the data folder's groups.
    #[serde(default)]
    pub groups: BTreeMap<String, Vec<String>>,
    /// Plain tariffs.
    #[serde(default)]
    pub tariff: Vec<TariffForm>,
    /// Tariffs by emission intensity.
    #[serde(default)]
    pub carbon_tariff: Vec<CarbonTariffForm>,
    /// Tariffs by the exporter's oversupply.
    #[serde(default)]
    pub oversupply_tariff: Vec<OversupplyTariffForm>,
    /// Joint arrangements such as GASSA.
    #[serde(default)]
    pub arrangement: Vec<ArrangementForm>,
    /// Tariff-rate and absolute quotas.
    #[serde(default)]
    pub quota: Vec<QuotaForm>,
    /// Carbon border adjustments such as the EU's CBAM.
    #[serde(default)]
    pub cbam: Vec<CbamForm>,
    /// Duties with which those hit by other clauses answer.
    #[serde(default)]
    pub counter_duty: Vec<CounterDutyForm>,
    /// How emission intensities are counted; left out: each producer's own, and proof costs nothing.
    pub standard: Option<StandardForm>,
    /// Exemptions from any of the above.
    #[serde(default)]
    pub exemption: Vec<ExemptionForm>,
    /// Promises to use green metal.
    #[serde(default)]
    pub procurement: Vec<ProcurementForm>,
    /// Lets producers cut their emissions; left out: intensities stay as they are.
    pub abatement: Option<AbatementForm>,
    /// Money that pays a share of abatement cost.
    #[serde(default)]
    pub support: Vec<SupportForm>,
    /// What is done with revenue; left out: it stays in the general budget.
    pub revenue: Option<RevenueForm>,
    /// Parties to a negotiation: what they value and what they do not sign.
    #[serde(default)]
    pub party: Vec<PartyForm>,
    /// What a negotiation on the scenario may move, and what is wanted of it.
    pub negotiation: Option<NegotiationForm>,
    /// Whether headline figures carry a band; left out: true, except with the spatial engine.
    pub bands: Option<bool>,
    /// What is drawn for the bands of headline figures; left out: elasticities, shipments, intensities and mill prices, 160 times.
    pub uncertainty: Option<UncertaintyForm>,
}

/// How markets settle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EngineName {
    /// Exact: differentiated origins and routes, supply limited by capacity.
    #[default]
    Armington,
    /// The linear system of GSIM, for comparison with studies that use it.
    Gsim,
    /// Least-cost trade in one good a product, by linear programs: who re-routes what, and what
    /// capacity is worth.
    Spatial,
}

/// `[spatial]`: links that open, and hubs that metal passes through.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SpatialForm {
    /// True opens links between exporters and importers that ship nothing to each other; left out: none open.
    pub new_links: Option<bool>,
    /// Cost of entry on such a link beyond what kept metal away, in USD per tonne; left out: 0.
    pub entry_usd_per_t: Option<f64>,
    /// Countries or groups that metal can be shipped through.
    #[serde(default)]
    pub hubs: Vec<String>,
    /// Handling in a hub, in USD per tonne, beside freight there and on; left out: 0.
    pub hub_usd_per_t: Option<f64>,
    /// The most hubs that metal passes through on one way; left out: 1.
    pub hubs_at_most: Option<i32>,
}

/// The JSON Schema of a scenario file, generated from the types above.
#[must_use]
pub fn schema() -> serde_json::Value {
    known_schema().clone()
}

/// The same, made once.
pub(super) fn known_schema() -> &'static serde_json::Value {
    static SCHEMA: LazyLock<serde_json::Value> =
        LazyLock::new(|| schemars::schema_for!(ScenarioForm).to_value());
    &SCHEMA
}
