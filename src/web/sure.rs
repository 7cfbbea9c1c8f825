//! How sure a number is: intervals over what is not known, and where a cell of the data comes from.

use crate::web::asked::{Open, Provenance};
use crate::web::desk::{Desk, Step};
use crate::web::fault::Fault;
use serde_json::{Value, json};
use zollverein_batch::Intervals;
use zollverein_data::provenance;
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
        "bands": shown(&found),
        "doubt": found.sources_table().json(),
        "standings": standings.collect::<Vec<_>>(),
        "could_be_signed": found.could_be_signed(),
    }))
}

/// What pages show of each figure.
fn shown(found: &Intervals) -> Vec<Value> {
    let figures = found.figures().filter_map(|(group, indicator)| {
        let band = found.band(group, indicator)?;
        Some(json!({
            "group": group,
            "indicator": indicator,
            "central": band.central,
            "low": band.low,
            "high": band.high,
            "with_sign": band.with_sign,
            "rounded_to": band.rounded_to(),
        }))
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
