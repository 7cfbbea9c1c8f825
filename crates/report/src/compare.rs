//! Several outcomes side by side.

use crate::story::intervals;
use crate::words;
use std::fmt::Write as _;
use zollverein_batch::{Band, Intervals};
use zollverein_model::baseline::Baseline;
use zollverein_model::indicator::{Indicator, Level, Section, Total, Totals, shown_groups};
use zollverein_model::model::Outcome;
use zollverein_tables::{Cell, Table};

/// An outcome to be compared.
#[derive(Debug, Clone, Copy)]
pub struct Compared<'a> {
    /// What it is called.
    pub name: &'a str,
    /// The world before.
    pub baseline: &'a Baseline,
    /// What follows.
    pub outcome: &'a Outcome,
    /// How far its headline figures move with what is not known for sure.
    pub intervals: Option<&'a Intervals>,
    /// Why they carry no bands, where they carry none.
    pub without_bands: Option<&'a str>,
}

/// Outcomes side by side.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// For machines: scenario, group, product, indicator, unit, baseline, value,
    /// change, and the change less that of the first scenario; where draws put both.
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

    /// Where draws put the change, and the change less that of the first scenario.
    fn bands(&self, compared: &[Compared<'_>]) -> (Option<Band>, Option<Band>) {
        let all = self.product == "all";
        let Some(own) = compared[self.scenario].intervals.filter(|_| all) else { return (None, None) };
        let first = compared.first().and_then(|first| first.intervals).filter(|_| self.scenario > 0);
        let name = self.indicator.name();
        (own.band(&self.group, name), first.and_then(|first| own.less(first, &self.group, name)))
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
        let banded = |band: Option<Band>| {
            [band.map(|b| b.low), band.map(|b| b.high), band.map(|b| b.with_sign)].map(Cell::Known)
        };
        let (own, difference) = row.bands(compared);
        let cells: Vec<Cell> = cells.into_iter().chain(banded(own)).chain(banded(difference)).collect();
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
        "p5",
        "p95",
        "share_with_sign",
        "difference_p5",
        "difference_p95",
        "difference_share_with_sign",
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
            let own: Vec<Option<&&Row>> = (0..compared.len())
                .map(|scenario| block.iter().find(|row| row.scenario == scenario && row.group == *name))
                .collect();
            let changes: Vec<Option<f64>> = own.iter().map(|row| row.and_then(|row| row.change())).collect();
            let bands: Vec<_> =
                own.iter().map(|row| row.map_or((None, None), |row| row.bands(compared))).collect();
            // the changes, then the differences to the first
            let first = changes.first().copied().flatten();
            let differences =
                changes.iter().skip(1).map(|change| change.zip(first).map(|(c, first)| c - first));
            let figures: Vec<Option<f64>> = changes.iter().copied().chain(differences).collect();
            let known = bands.iter().map(|(own, _)| *own);
            let bands: Vec<Option<Band>> =
                known.chain(bands.iter().skip(1).map(|(_, difference)| *difference)).collect();
            let mut row = |label: &str, cells: Vec<String>| {
                let _ = write!(text, "{label:NAME$}");
                for cell in cells {
                    let _ = write!(text, "{cell:>12}");
                }
                text.push('\n');
            };
            let dash = || "–".to_owned();
            let said = |(figure, band): (&Option<f64>, &Option<Band>)| {
                figure.map_or_else(dash, |figure| intervals::said(figure, *band))
            };
            row(&words::cut(label, NAME - 1), figures.iter().zip(&bands).map(said).collect());
            if bands.iter().any(Option::is_some) {
                let of = |what: &dyn Fn(Band) -> String| -> Vec<String> {
                    bands.iter().map(|band| band.map_or_else(dash, what)).collect()
                };
                row("      90 of 100 draws from", of(&|b| words::rounded(b.low, b.rounded_to())));
                row("                        to", of(&|b| words::rounded(b.high, b.rounded_to())));
                row("     draws with this sign", of(&|b| words::share(b.with_sign)));
            }
        }
    }
    text.push_str("\n–: not known, or there is no such group\n");
    if let Some(known) = compared.iter().find_map(|one| one.intervals) {
        let _ = writeln!(text, "{}", intervals::drawn(known));
    }
    for (scenario, one) in compared.iter().enumerate() {
        if let (None, Some(why)) = (one.intervals, one.without_bands) {
            let _ = writeln!(text, "{} carries no bands: {why}.", column(scenario));
        }
    }
    text
}
