//! Where members' imported emissions go, outcome by outcome: shared by the world, shuffled, leaked.

use crate::compare::Compared;
use crate::words;
use std::fmt::Write as _;
use zollverein_model::baseline::ProductId;
use zollverein_model::engine::SolveError;
use zollverein_model::indicator::emissions::Balance;
use zollverein_model::indicator::shuffling;
use zollverein_model::indicator::{Level, Totals};
use zollverein_model::units::percent;
use zollverein_tables::{Cell, Table};

/// Emissions of outcomes side by side.
#[derive(Debug, Clone, PartialEq)]
pub struct Climate {
    /// For machines: scenario, figure, unit, value.
    pub table: Table,
    /// For people.
    pub text: String,
}

/// The figures: name in files, unit in files, words with their unit.
const FIGURES: [(&str, &str, &str); 9] = [
    ("imported_emissions_change", "kt_co2e", "Emissions in members' imports, kt CO2e"),
    ("world_emissions_change", "kt_co2e", "Emissions of the world, kt CO2e"),
    ("not_shared", "kt_co2e", "Fall that the world does not share, kt"),
    ("emissions_outside_change", "kt_co2e", "Emissions outside, kt CO2e"),
    ("leakage", "percent", "Leakage, % of the members' fall"),
    ("not_shared_at_most", "kt_co2e", "Not shared, if routes are one good, kt"),
    ("sorted", "kt", "Metal that sorting would move, kt"),
    ("duty_saved_by_sorting", "million_usd", "Duty that sorting would save, million USD"),
    ("transshipped", "kt", "Through third countries, kt"),
];

/// Emissions, leakage and resource shuffling of outcomes, and the upper bound of shuffling at each
/// one's flows.
///
/// # Errors
/// [`SolveError::Program`] where the bound's programs are not solved.
pub fn climate(compared: &[Compared<'_>]) -> Result<Climate, SolveError> {
    let columns: Vec<[Option<f64>; 9]> = compared.iter().map(figures).collect::<Result<_, _>>()?;
    let mut rows: Vec<Vec<Cell>> = vec![];
    for (one, values) in compared.iter().zip(&columns) {
        for ((figure, unit, _), value) in FIGURES.iter().zip(values) {
            rows.push(vec![one.name.into(), (*figure).into(), (*unit).into(), (*value).into()]);
        }
    }
    let table = Table::new("climate", &["scenario", "figure", "unit", "value"], rows);
    Ok(Climate { table, text: text(&columns) })
}

fn figures(one: &Compared<'_>) -> Result<[Option<f64>; 9], SolveError> {
    let (baseline, outcome) = (one.baseline, one.outcome);
    let totals = Totals::new(baseline, &outcome.indicators, &outcome.equilibrium);
    let all: Option<ProductId> = None;
    let balance = Balance::of(baseline, &totals, &outcome.equilibrium, &outcome.members, all);
    let most = shuffling::most(baseline, &outcome.terms, &outcome.equilibrium, &outcome.members)
        .map_err(|error| SolveError::Program { product: "sorting".to_owned(), why: error.to_string() })?;
    let sorted = most.map(|most| Balance { imported: Some(most.imported), ..balance });
    let through: f64 = outcome.equilibrium.transshipped.iter().map(|via| via.quantity.value()).sum();
    Ok([
        balance.imported.map(Level::change),
        balance.world.map(Level::change),
        balance.not_shared(),
        balance.outside.map(Level::change),
        balance.leakage().ratio().map(percent),
        // sorting for the least duty may also undo what the engine has found
        sorted.and_then(|sorted| Some(sorted.not_shared()?.max(balance.not_shared().unwrap_or(0.0)))),
        most.map(|most| most.moved),
        most.map(|most| most.saved),
        Some(through),
    ])
}

fn text(columns: &[[Option<f64>; 9]]) -> String {
    const NAME: usize = 45;
    let mut text = String::new();
    // writing to a String cannot fail, here and below
    let _ = write!(text, "\n{:NAME$}", "Emissions and resource shuffling, a year");
    for scenario in 0..columns.len() {
        let _ = write!(text, "{:>12}", (b'A' + u8::try_from(scenario % 26).unwrap_or(0)) as char);
    }
    text.push('\n');
    for (at, (name, _, label)) in FIGURES.iter().enumerate() {
        let _ = write!(text, "{label:NAME$}");
        for values in columns {
            let change = name.ends_with("_change");
            let said = values[at].map_or_else(
                || "–".to_owned(),
                |value| if change { words::change(value) } else { words::figure(value) },
            );
            let _ = write!(text, "{said:>12}");
        }
        text.push('\n');
    }
    text.push_str(
        "\nNot shared: metal goes elsewhere, cleaner metal comes in its place, or members make it themselves. If routes are \
         one good: each\nexporter sorts its metal for the least duty, its outputs and shipments by country held fixed; an upper \
         bound at these flows.\n",
    );
    text
}
