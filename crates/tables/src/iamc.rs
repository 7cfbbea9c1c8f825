//! Results in the form of the Integrated Assessment Modeling Consortium: one series a row, years as
//! columns, which pyam and the databases of scenario comparisons read.

use crate::{Cell, Column, Table};

/// Where a series comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The model, with its version.
    pub model: String,
    /// The scenario.
    pub scenario: String,
    /// The year; where none is known the column is headed 0.
    pub year: Option<i32>,
}

/// The columns before the years.
const FIRST: [&str; 5] = ["Model", "Scenario", "Region", "Variable", "Unit"];

/// A word of a file as one of a variable: `export_value` is `Export Value`.
fn title(word: &str) -> String {
    let capital = |part: &str| {
        let mut letters = part.chars();
        letters
            .next()
            .map_or_else(String::new, |first| format!("{}{}", first.to_uppercase(), letters.as_str()))
    };
    word.split('_').map(capital).collect::<Vec<_>>().join(" ")
}

fn unit(word: &str) -> &str {
    match word {
        "million_usd" => "million USD",
        "kt_co2e" => "kt CO2e",
        "usd_per_head" => "USD per head",
        other => other,
    }
}

fn text(table: &Table, column: &str, row: usize) -> String {
    match table.column(column) {
        Some(Column::Text(cells)) => cells.get(row).cloned().unwrap_or_default(),
        _ => String::new(),
    }
}

fn number(column: &Column, row: usize) -> Option<f64> {
    match column {
        Column::Number(cells) => cells.get(row).copied(),
        Column::Known(cells) => cells.get(row).copied().flatten(),
        Column::Text(_) => None,
    }
}

/// A product's part of a variable; all together have none.
fn variable(table: &Table, row: usize) -> String {
    let (indicator, product) = (text(table, "indicator", row), text(table, "product", row));
    if product == "all" { title(&indicator) } else { format!("{}|{}", title(&indicator), title(&product)) }
}

fn made(head: &Head, rows: Vec<Vec<Cell>>) -> Table {
    let year = head.year.unwrap_or(0).to_string();
    let columns: Vec<&str> = FIRST.into_iter().chain([year.as_str()]).collect();
    Table::new("iamc", &columns, rows)
}

/// The tables `indicators` and `groups` of an outcome: countries and groups as regions, levels after
/// the policy under its name and those before it under `baseline`.
#[must_use]
pub fn of_outcome(head: &Head, tables: &[Table]) -> Table {
    let mut rows = vec![];
    for (name, region) in [("groups", "group"), ("indicators", "country")] {
        let Some(table) = tables.iter().find(|table| table.name == name) else { continue };
        for row in 0..table.rows() {
            for (scenario, column) in [("baseline", "baseline"), (head.scenario.as_str(), "value")] {
                let Some(value) = table.column(column).and_then(|column| number(column, row)) else {
                    continue;
                };
                rows.push(vec![
                    head.model.as_str().into(),
                    scenario.into(),
                    text(table, region, row).into(),
                    variable(table, row).into(),
                    unit(&text(table, "unit", row)).into(),
                    value.into(),
                ]);
            }
        }
    }
    made(head, rows)
}

/// The table `quantiles` of a batch: each quantile a variable (`Welfare|Change|p5`); a cell of what is
/// varied stands behind the scenario's name.
#[must_use]
pub fn of_quantiles(head: &Head, tables: &[Table]) -> Table {
    let mut rows = vec![];
    if let Some(table) = tables.iter().find(|table| table.name == "quantiles") {
        let first = table.columns.iter().position(|(name, _)| name == "group").unwrap_or(0);
        let measures = table.columns.iter().filter(|(name, _)| {
            !["group", "product", "indicator", "unit", "draws", "not_known"].contains(&name.as_str())
        });
        let measures: Vec<&(String, Column)> = measures.skip(first).collect();
        for row in 0..table.rows() {
            let varied = table.columns[..first]
                .iter()
                .filter_map(|(name, column)| Some(format!("{name}={}", number(column, row)?)));
            let varied: Vec<String> = varied.collect();
            let scenario = if varied.is_empty() {
                head.scenario.clone()
            } else {
                format!("{} [{}]", head.scenario, varied.join(", "))
            };
            for (measure, column) in &measures {
                let Some(value) = number(column, row) else { continue };
                rows.push(vec![
                    head.model.as_str().into(),
                    scenario.as_str().into(),
                    text(table, "group", row).into(),
                    format!("{}|Change|{measure}", variable(table, row)).into(),
                    unit(&text(table, "unit", row)).into(),
                    value.into(),
                ]);
            }
        }
    }
    made(head, rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_have_a_region_a_variable_a_unit_and_a_year() {
        let groups = Table::new(
            "groups",
            &["group", "product", "indicator", "unit", "baseline", "value"],
            [
                vec![
                    "world".into(),
                    "all".into(),
                    "export_value".into(),
                    "million_usd".into(),
                    1.0.into(),
                    2.0.into(),
                ],
                vec!["LDC".into(), "steel".into(), "jobs".into(), "jobs".into(), 3.0.into(), f64::NAN.into()],
            ],
        );
        let head = Head { model: "zollverein 1".to_owned(), scenario: "A club".to_owned(), year: Some(2030) };
        let table = of_outcome(&head, &[groups]);
        let names: Vec<&str> = table.columns.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["Model", "Scenario", "Region", "Variable", "Unit", "2030"]);
        assert_eq!(table.rows(), 3); // what is not known is no series
        assert_eq!(text(&table, "Variable", 0), "Export Value");
        assert_eq!(text(&table, "Variable", 2), "Jobs|Steel");
        assert_eq!(
            (text(&table, "Scenario", 1), text(&table, "Unit", 1)),
            ("A club".to_owned(), "million USD".to_owned())
        );
    }

    #[test]
    fn quantiles_are_variables_and_varied_numbers_stand_behind_the_scenario() {
        let quantiles = Table::new(
            "quantiles",
            &[
                "tariff.a.rate_percent",
                "group",
                "product",
                "indicator",
                "unit",
                "draws",
                "not_known",
                "mean",
                "p5",
            ],
            [vec![
                25.0.into(),
                "world".into(),
                "all".into(),
                "welfare".into(),
                "million_usd".into(),
                9.0.into(),
                0.0.into(),
                (-1.0).into(),
                (-3.0).into(),
            ]],
        );
        let head = Head { model: "m".to_owned(), scenario: "A".to_owned(), year: None };
        let table = of_quantiles(&head, &[quantiles]);
        assert_eq!(table.rows(), 2);
        assert_eq!(text(&table, "Scenario", 0), "A [tariff.a.rate_percent=25]");
        assert_eq!(text(&table, "Variable", 1), "Welfare|Change|p5");
        assert_eq!(table.column("0"), Some(&Column::Number(vec![-1.0, -3.0])));
    }
}
