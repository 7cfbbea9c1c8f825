//! How sure a number is: intervals over what is not known, and where a cell of the data comes from.

use crate::web::asked::{Open, Provenance};
use crate::web::desk::{Desk, Opened, Step};
use crate::web::fault::Fault;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use zollverein_batch::{Band, Intervals};
use zollverein_data::provenance;
use zollverein_model::indicator::{Indicator, Totals, shown_groups};
use zollverein_model::units::percent;
use zollverein_scenario::Patch;

/// Between which values draws put the headline figures of a scenario, what the doubt comes from, and
/// in which share of the draws its parties would sign. An engine that is slow draws all the same:
/// whoever asks here wants to wait.
///
/// # Errors
/// Every fault of the scenario on its data, and a scenario that has no bands.
pub fn intervals(desk: &Desk, asked: &Open, step: &Step<'_>) -> Result<Value, Fault> {
    let mut opened = desk.open(&asked.source)?;
    if opened.scenario.form().bands.is_none()
        && let Some(yes) = Patch::from_json(&json!(true))
    {
        opened.scenario = opened.scenario.with("bands", yes)?;
    }
    if let Some(why) = opened.scenario.without_bands() {
        return Err(Fault::of("source", why, "ask about one year of a scenario without bands = false"));
    }
    let found = opened.intervals(step)?.ok_or_else(|| Fault::own("there are no bands"))?;
    let standings = found.standings().into_iter().map(|one| {
        let line = |(name, crossed): (String, f64)| json!({ "name": name, "crossed": crossed });
        let lines: Vec<Value> = one.crossed.into_iter().map(line).collect();
        json!({ "party": one.party, "signs": one.signs, "red_lines": lines })
    });
    Ok(json!({
        "draws": found.draws,
        "failed": found.failed,
        "inputs": found.inputs,
        "origins": found.origins.iter().map(|origin| origin.name()).collect::<Vec<_>>(),
        "bands": shown(&found, &before(&opened)?),
        "doubt": found.sources_table().json(),
        "standings": standings.collect::<Vec<_>>(),
        "could_be_signed": found.could_be_signed(),
    }))
}

/// By group and indicator, what there was before, all products together.
type Before = BTreeMap<(String, String), f64>;

fn before(opened: &Opened) -> Result<Before, Fault> {
    let (baseline, outcome) =
        (&opened.model.baseline, opened.scenario.outcome(&opened.model, &opened.policy)?);
    let totals = Totals::new(baseline, &outcome.indicators, &outcome.equilibrium);
    let mut found = Before::new();
    for group in shown_groups(baseline, &outcome.members) {
        for indicator in Indicator::ALL {
            if let Some(level) = totals.get(&group.set, indicator, None).level {
                found.insert((group.name.clone(), indicator.name().to_owned()), level.baseline);
            }
        }
    }
    Ok(found)
}

/// What pages show of each figure: its band, and the same in percent of what there was before or of GDP.
fn shown(found: &Intervals, before: &Before) -> Vec<Value> {
    let figures = found.figures().filter_map(|(group, indicator)| {
        let band = found.band(group, indicator)?;
        let of = |band: Band| {
            json!({ "central": band.central, "low": band.low, "high": band.high, "rounded_to": band.rounded_to() })
        };
        let level = before.get(&(group.to_owned(), indicator.to_owned())).copied();
        let of_baseline = level.filter(|level| *level > 0.0);
        let whole = if indicator.ends_with("_per_gdp") { Some(1.0) } else { of_baseline };
        let mut told = of(band);
        told["group"] = json!(group);
        told["indicator"] = json!(indicator);
        told["with_sign"] = json!(band.with_sign);
        told["percent"] = json!(whole.map(|whole| of(band.times(percent(1.0 / whole)))));
        Some(told)
    });
    figures.collect()
}

/// Where the cells of a row of a data folder come from, as `zollverein data explain --json` writes it.
///
/// # Errors
/// A folder, table or row that is not there.
pub fn provenance(desk: &Desk, asked: &Provenance) -> Result<Value, Fault> {
    let folder = desk.data_named(asked.data.as_deref())?;
    Ok(json!(provenance::explain(&folder, &asked.table, &asked.key)?))
}
