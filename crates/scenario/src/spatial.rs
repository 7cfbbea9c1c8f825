//! What a scenario opens beyond the ways of the baseline, for the spatial engine.

use super::Scenario;
use super::form::{EngineName, ScenarioForm};
use super::words::list;
use zollverein_model::engine::spatial::Ways;
use zollverein_model::policy::{OriginRule, Policy, Reading};
use zollverein_model::units::UsdPerTonne;

/// The most hubs that a scenario may ask for on one way.
const MOST_HUBS: usize = 5;

impl Scenario {
    /// Whether links without shipments in the baseline are to be opened.
    pub(super) fn opens_links(&self) -> bool {
        let asked = self.form().spatial.as_ref().and_then(|spatial| spatial.new_links);
        self.engine() == EngineName::Spatial && asked == Some(true)
    }
}

/// The ways that a scenario opens; faults go to the reading's problems.
pub(super) fn ways(form: &ScenarioForm, reading: &Reading<'_>) -> Ways {
    let Some(form) = &form.spatial else { return Ways::default() };
    let cost =
        |key: &str, value: Option<f64>| value.map_or(0.0, |v| reading.usd(&format!("spatial.{key}"), v));
    let entry = UsdPerTonne(cost("entry_usd_per_t", form.entry_usd_per_t));
    let handling = UsdPerTonne(cost("hub_usd_per_t", form.hub_usd_per_t));
    let hubs = reading.countries("spatial.hubs", &form.hubs).iter().collect();
    if form.entry_usd_per_t.is_some() && form.new_links != Some(true) {
        reading.problem(
            "spatial.entry_usd_per_t",
            "no link opens that it could be paid on",
            "add new_links = true, or take it out",
        );
    }
    if form.hub_usd_per_t.is_some() && form.hubs.is_empty() {
        reading.problem(
            "spatial.hub_usd_per_t",
            "there is no hub that it could be paid in",
            "name the hubs: hubs = [\"VNM\"], for instance",
        );
    }
    let asked = form.hubs_at_most.unwrap_or(1);
    let longest = usize::try_from(asked).unwrap_or(0);
    if longest == 0 || longest > MOST_HUBS {
        reading.problem(
            "spatial.hubs_at_most",
            format!("{asked} is out of range"),
            format!("write a number from 1 to {MOST_HUBS}"),
        );
    }
    if form.hubs_at_most.is_some() && form.hubs.is_empty() {
        reading.problem(
            "spatial.hubs_at_most",
            "there is no hub that metal could pass through",
            "name the hubs: hubs = [\"VNM\"], for instance",
        );
    }
    Ways { entry, hubs, handling, longest }
}

/// Reports hubs within a customs territory whose duty they would be a way around.
pub(super) fn require_hubs_outside(policy: &Policy, ways: &Ways, reading: &Reading<'_>) {
    for instrument in policy.instruments() {
        if instrument.origin() != OriginRule::LastShipped {
            continue;
        }
        let importers = instrument.importers(reading.baseline);
        for hub in ways.hubs.iter().filter(|hub| importers.contains(**hub)) {
            let code = &reading.baseline.countries[hub.index()].code;
            reading.problem(
                "spatial.hubs",
                format!("{code} applies {} itself: metal that enters there has paid", instrument.clause()),
                "name hubs outside the countries that apply a duty by the last shipper",
            );
        }
    }
}

/// Rules of origin and open ways in words.
pub(super) fn sentences(form: &ScenarioForm) -> Vec<String> {
    let mut by_last: Vec<String> = vec![];
    let mut note = |kind: &str, name: &str, origin: Option<OriginRule>, enabled: Option<bool>| {
        if origin == Some(OriginRule::LastShipped) && enabled != Some(false) {
            by_last.push(format!("{kind} `{name}`"));
        }
    };
    form.tariff.iter().for_each(|c| note("tariff", &c.name, c.origin, c.enabled));
    form.carbon_tariff.iter().for_each(|c| note("carbon tariff", &c.name, c.origin, c.enabled));
    form.oversupply_tariff.iter().for_each(|c| note("oversupply tariff", &c.name, c.origin, c.enabled));
    form.arrangement.iter().for_each(|c| note("arrangement", &c.name, c.origin, c.enabled));
    form.counter_duty.iter().for_each(|c| note("counter-duty", &c.name, c.origin, c.enabled));
    let mut all = vec![];
    if !by_last.is_empty() {
        all.push(format!(
            "Under {}, metal counts as that of the country that shipped it last.",
            list(&by_last)
        ));
    }
    let spatial = form.spatial.as_ref().filter(|_| form.engine == Some(EngineName::Spatial));
    let Some(spatial) = spatial else { return all };
    if spatial.new_links == Some(true) {
        all.push(format!(
            "Links without shipments can open, at {} USD/t above what kept metal away.",
            spatial.entry_usd_per_t.unwrap_or(0.0)
        ));
    }
    if !spatial.hubs.is_empty() {
        all.push(format!(
            "Metal can be shipped through {}, at freight there and on and {} USD/t{}.",
            list(&spatial.hubs),
            spatial.hub_usd_per_t.unwrap_or(0.0),
            match spatial.hubs_at_most {
                Some(most) if most > 1 => format!(" in each hub, and through up to {most} of them"),
                _ => String::new(),
            }
        ));
    }
    all
}

/// What a rule of origin needs to matter, in words; `None` where it has it or none asks for it.
#[must_use]
pub fn without_effect(policy: &Policy, form: &ScenarioForm) -> Option<String> {
    let asks = policy.instruments().iter().any(|i| i.origin() == OriginRule::LastShipped);
    let hubs = form.spatial.as_ref().is_some_and(|spatial| !spatial.hubs.is_empty());
    if !asks {
        return None;
    }
    if form.engine != Some(EngineName::Spatial) {
        return Some(
            "origin = \"last_shipped\" has no effect: only engine spatial ships through third countries"
                .to_owned(),
        );
    }
    (!hubs).then(|| "origin = \"last_shipped\" has no effect: [spatial] names no hubs".to_owned())
}
