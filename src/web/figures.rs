//! Figures that the page shows and no result file holds: changes in percent, and the countries where welfare
//! by owner is told beside welfare by place. They are computed here, so that the page computes none.

use zollverein_model::baseline::{Baseline, CountrySet};
use zollverein_model::indicator::owners::Owners;
use zollverein_model::indicator::{Indicator, Level, Totals, shown_groups};
use zollverein_model::model::Outcome;
use zollverein_model::units::percent;
use zollverein_tables::{Cell, Column, Table, product_name};

/// What a change is told in percent of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Over {
    Baseline,
    Gdp,
}

/// What the page shows in percent: on the map, in its bars and in its tables.
const SHOWN: [(Indicator, Over); 7] = [
    (Indicator::ExportValue, Over::Baseline),
    (Indicator::Welfare, Over::Gdp),
    (Indicator::Output, Over::Baseline),
    (Indicator::Emissions, Over::Baseline),
    (Indicator::Imports, Over::Baseline),
    (Indicator::GovernmentRevenue, Over::Gdp),
    (Indicator::Jobs, Over::Baseline),
];

/// A table of a name that only the page asks for.
pub fn named(baseline: &Baseline, outcome: &Outcome, name: &str) -> Option<Table> {
    match name {
        "relative" => Some(relative(baseline, outcome)),
        "owners_differing" => owners(baseline, outcome),
        _ => None,
    }
}

/// A level's change in percent of what it was; `None` where it was nothing.
pub fn percent_of(level: Level) -> Option<f64> {
    (level.baseline > 0.0).then(|| percent(level.change() / level.baseline))
}

/// By country or group, product and indicator: the change in percent of the baseline or of GDP, and how
/// many countries have no figure and are not counted.
fn relative(baseline: &Baseline, outcome: &Outcome) -> Table {
    let totals = Totals::new(baseline, &outcome.indicators, &outcome.equilibrium);
    let count = baseline.countries.len();
    let countries = baseline.country_ids().map(|country| {
        let code = baseline.countries[country.index()].code.clone();
        (code, CountrySet::of(count, [country]))
    });
    let groups = shown_groups(baseline, &outcome.members).into_iter().map(|group| (group.name, group.set));
    let mut rows: Vec<Vec<Cell>> = vec![];
    for (name, set) in countries.chain(groups) {
        for product in baseline.product_ids().map(Some).chain([None]) {
            for (indicator, over) in SHOWN {
                let (share, not_known) = match over {
                    Over::Baseline => {
                        let total = totals.get(&set, indicator, product);
                        (total.level.and_then(percent_of), total.not_known)
                    }
                    Over::Gdp => {
                        let any = totals.get(&set, indicator, product).level.is_some();
                        let found = totals.change_per_gdp(&set, indicator, product).filter(|_| any);
                        (found.map(|found| percent(found.value)), found.map_or(0, |found| found.not_known))
                    }
                };
                rows.push(vec![
                    name.as_str().into(),
                    product_name(baseline, product).into(),
                    indicator.name().into(),
                    share.into(),
                    (not_known as f64).into(),
                ]);
            }
        }
    }
    Table::new("relative", &["who", "product", "indicator", "percent", "countries_not_known"], rows)
}

/// Where both views of welfare are told, as in the brief; the largest difference first.
fn owners(baseline: &Baseline, outcome: &Outcome) -> Option<Table> {
    let owners = Owners::of(baseline, &outcome.indicators)?;
    let mut rows: Vec<Vec<Cell>> = vec![];
    for product in baseline.product_ids().map(Some).chain([None]) {
        rows.extend(owners.differing(product).into_iter().map(|row| {
            vec![
                baseline.countries[row.country.index()].code.as_str().into(),
                product_name(baseline, product).into(),
                row.by_place.into(),
                row.to_abroad.into(),
                row.from_abroad.into(),
                row.by_owner().into(),
            ]
        }));
    }
    let columns = [
        "country",
        "product",
        "welfare_by_place_million_usd",
        "surplus_to_owners_abroad_million_usd",
        "surplus_from_abroad_million_usd",
        "welfare_by_owner_million_usd",
    ];
    Some(Table::new("owners_differing", &columns, rows))
}

/// Adds to a table of tonnes before and after what the change is in percent; `None` where there was nothing.
pub fn with_percent(mut table: Table, column: &str) -> Table {
    let numbers = |ending: &str| match table.column(&format!("{column}_{ending}_kt")) {
        Some(Column::Number(cells)) => Some(cells.clone()),
        _ => None,
    };
    if let (Some(before), Some(after)) = (numbers("baseline"), numbers("value")) {
        let change = |(baseline, value): (f64, f64)| percent_of(Level { baseline, value });
        let cells = before.into_iter().zip(after).map(change).collect();
        table.columns.push((format!("{column}_change_percent"), Column::Known(cells)));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_from_nothing_has_no_percent() {
        let row = |before: f64, after: f64| vec![before.into(), after.into()];
        let table = Table::new("t", &["to_baseline_kt", "to_value_kt"], [row(200.0, 150.0), row(0.0, 3.0)]);
        let told = with_percent(table, "to");
        assert_eq!(told.column("to_change_percent"), Some(&Column::Known(vec![Some(-25.0), None])));
    }
}
