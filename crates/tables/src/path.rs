//! The table of a path of years.

use crate::{Cell, Column, Table, tables};
use zollverein_model::baseline::Baseline;
use zollverein_model::indicator::Indicator;
use zollverein_model::model::Outcome;

/// What a path tells of every country; of groups it tells everything.
const OF_COUNTRIES: [Indicator; 4] =
    [Indicator::Welfare, Indicator::Exports, Indicator::Output, Indicator::GovernmentRevenue];

/// `path`: the rows of `groups` of each year, and of `indicators` those of some indicators, where a
/// country's code stands as the group.
#[must_use]
pub fn path(baseline: &Baseline, years: &[(i32, &Outcome)]) -> Table {
    let mut names: Vec<String> = vec![];
    let mut rows: Vec<Vec<Cell>> = vec![];
    for (year, outcome) in years {
        let tables = tables(baseline, outcome);
        let named = |name: &str| tables.iter().find(|table| table.name == name);
        let (Some(groups), Some(countries)) = (named("groups"), named("indicators")) else { continue };
        if names.is_empty() {
            names = groups.columns.iter().map(|(name, _)| name.clone()).collect();
        }
        for row in 0..groups.rows() {
            let cells = groups.columns.iter().map(|(_, column)| cell(column, row));
            rows.push(std::iter::once(f64::from(*year).into()).chain(cells).collect());
        }
        let wanted = |row: usize| match countries.column("indicator") {
            Some(Column::Text(cells)) => OF_COUNTRIES.iter().any(|indicator| indicator.name() == cells[row]),
            _ => false,
        };
        for row in (0..countries.rows()).filter(|row| wanted(*row)) {
            let cells = names.iter().map(|name| {
                let from = if name == "group" { "country" } else { name };
                // the one column that countries lack counts members without a figure
                countries.column(from).map_or(Cell::Number(0.0), |column| cell(column, row))
            });
            rows.push(std::iter::once(f64::from(*year).into()).chain(cells).collect());
        }
    }
    let columns: Vec<&str> = std::iter::once("year").chain(names.iter().map(String::as_str)).collect();
    Table::new("path", &columns, rows)
}

fn cell(column: &Column, row: usize) -> Cell {
    match column {
        Column::Text(cells) => Cell::Text(cells[row].clone()),
        Column::Number(cells) => Cell::Number(cells[row]),
        Column::Known(cells) => Cell::Known(cells[row]),
    }
}
