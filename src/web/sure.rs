//! How sure a number is: intervals over what is not known, and where a cell of the data comes from.

use crate::baseline::provenance;
use crate::scenario::Patch;
use crate::web::asked::{Open, Provenance};
use crate::web::desk::Desk;
use crate::web::fault::Fault;
use serde_json::{Value, json};

/// Between which values draws put the headline figures of a scenario. Where it says nothing of
/// uncertainty, 200 draws of every elasticity that has a range.
///
/// # Errors
/// Every fault of the scenario on its data, and a scenario about several years.
pub fn intervals(desk: &Desk, asked: &Open) -> Result<Value, Fault> {
    let mut opened = desk.open(&asked.source)?;
    if opened.scenario.form().uncertainty.is_none()
        && let Some(usual) = Patch::from_json(&json!({ "draws": 200 }))
    {
        opened.scenario = opened.scenario.with("uncertainty", usual)?;
    }
    let Some(found) = opened.intervals()? else {
        return Err(Fault::of(
            "source",
            "it is about several years",
            "name one: \"year\": 2030, for instance",
        ));
    };
    Ok(json!({
        "draws": found.draws,
        "failed": found.failed,
        "inputs": found.inputs,
        "intervals": found.table().json(),
    }))
}

/// Where the cells of a row of a data folder come from, as `zollverein data explain --json` writes it.
///
/// # Errors
/// A folder, table or row that is not there.
pub fn provenance(desk: &Desk, asked: &Provenance) -> Result<Value, Fault> {
    let folder = desk.data_named(asked.data.as_deref())?;
    Ok(json!(provenance::explain(&folder, &asked.table, &asked.key)?))
}
