//! Several outcomes side by side.

use crate::baseline::Baseline;
use crate::brief::words;
use crate::indicator::{Indicator, Level, Section, Total, Totals, shown_groups};
use crate::model::Outcome;
use crate::table::{Cell, Table};
use std::fmt::Write as _;

/// An outcome to be compared.
#[derive(Debug, Clone, Copy)]
pub struct Compared<'a> {
    /// What it is called.
    pub name: &'a str,
    /// The world before.
    pub baseline: &'a Baseline,
    /// What follows.
    pub outcome: &'a Outcome,
}

/// Outcomes side by side.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// For machines: scenario, group, product, indicator, unit, baseline, value,
    /// change, and the change less that of the first scenario.
    pub table: Table,
    /// For people: a block for each headline indicator, a column for each
    /// scenario, and its difference to the first.
    pub text: String,
}

/// The indicators of the text, with what they are called and their units in words.
pub(super) const HEADLINES: [(Indicator, &str, &str); 5] = [
    (Indicator::Welfare, "Change of welfare", "million USD a year"),
    (Indicator::ExportValue, "Change of exports", "million USD a year, at the mill"),
    (Indicator::Output, "Change of output", "kt a year"),
    (Indicator::Emissions, "Change of emissions", "kt CO2e a year"),
    (Indicator::GovernmentRevenue, "Change of government revenue", "million USD a year"),
];

/// One group's total under one scenario.
struct Row {
    scenario: usize,
    group: String,
    label: String,
    section: Section,
    product: String,
    indicator: Indicator,
    total: Total,
}

/// Compares outcomes by group and indicator; the first is what the others are held against.
#[must_use]
pub fn comparison(compared: &[Compared<'_>]) -> Comparison {
    let mut rows = vec![];
    for (scenario, one) in compared.iter().enumerate() {
        let totals = Totals::new(one.baseline, &one.outcome.indicators, &one.outcome.equilibrium);
        for group in shown_groups(one.baseline, &one.outcome.members) {
            for product in one.baseline.product_ids().map(Some).chain([None]) {
                for indicator in Indicator::ALL {
                    rows.push(Row {
                        scenario,
                        group: group.name.clone(),
                        label: words::plain(&group.label),
                        section: group.section,
                        product: product.map_or_else(
                            || "all".to_owned(),
                            |p| one.baseline.products[p.index()].code.clone(),
                        ),
                        indicator,
                        total: totals.get(&group.set, indicator, product),
                    });
                }
            }
        }
    }
    Comparison { table: machine(compared, &rows), text: text(compared, &rows) }
}

impl Row {
    fn change(&self) -> Option<f64> {
        self.total.level.map(Level::change)
    }

    fn is_like(&self, other: &Self) -> bool {
        self.group == other.group && self.product == other.product && self.indicator == other.indicator
    }
}

fn machine(compared: &[Compared<'_>], rows: &[Row]) -> Table {
    let first: Vec<&Row> = rows.iter().filter(|row| row.scenario == 0).collect();
    let cells = rows.iter().filter_map(|row| {
        let level = row.total.level?;
        let reference = first.iter().find(|other| other.is_like(row)).and_then(|other| other.change());
        let cells: Vec<Cell> = vec![
            compared[row.scenario].name.into(),
            row.group.as_str().into(),
            row.product.as_str().into(),
            row.indicator.name().into(),
            row.indicator.unit().into(),
            level.baseline.into(),
            level.value.into(),
            level.change().into(),
            reference.map(|reference| level.change() - reference).into(),
        ];
        Some(cells)
    });
    let columns = [
        "scenario",
        "group",
        "product",
        "indicator",
        "unit",
        "baseline",
        "value",
        "change",
        "difference_to_first",
    ];
    Table::new("comparison", &columns, cells)
}

fn text(compared: &[Compared<'_>], rows: &[Row]) -> String {
    const NAME: usize = 33;
    let mut text = String::new();
    let column = |scenario: usize| (b'A' + u8::try_from(scenario % 26).unwrap_or(0)) as char;
    // writing to a String cannot fail, here and below
    for (scenario, one) in compared.iter().enumerate() {
        let _ = writeln!(text, "{}  {}", column(scenario), words::plain(one.name));
    }
    for (indicator, what, unit) in HEADLINES {
        let _ = write!(text, "\n{:NAME$}", format!("{what},"));
        for scenario in 0..compared.len() {
            let _ = write!(text, "{:>12}", column(scenario));
        }
        for scenario in 1..compared.len() {
            let difference = format!("{}\u{2212}{}", column(scenario), column(0));
            let _ = write!(text, "{difference:>12}");
        }
        let _ = writeln!(text, "\n{unit}");
        let block: Vec<&Row> = rows
            .iter()
            .filter(|row| {
                row.indicator == indicator && row.product == "all" && row.section != Section::Region
            })
            .collect();
        let mut groups: Vec<&Row> = vec![];
        for row in &block {
            if !groups.iter().any(|known| known.group == row.group) {
                groups.push(row);
            }
        }
        // a group that the first scenario lacks stands where it belongs all the same
        groups.sort_by_key(|row| (row.section, row.group == "outside"));
        for Row { group: name, label, .. } in groups {
            let changes: Vec<Option<f64>> = (0..compared.len())
                .map(|scenario| {
                    let found = block.iter().find(|row| row.scenario == scenario && row.group == *name);
                    found.and_then(|row| row.change())
                })
                .collect();
            let said = |change: Option<f64>| change.map_or_else(|| "–".to_owned(), words::change);
            let _ = write!(text, "{:NAME$}", words::cut(label, NAME - 1));
            for change in &changes {
                let _ = write!(text, "{:>12}", said(*change));
            }
            for change in changes.iter().skip(1) {
                let difference = change.zip(changes[0]).map(|(change, first)| change - first);
                let _ = write!(text, "{:>12}", said(difference));
            }
            text.push('\n');
        }
    }
    text.push_str("\n–: not known, or there is no such group\n");
    text
}
