//! Mirror flows: what exporter and importer report of the same shipments, made one figure.
//!
//! The two are weighed by how well each reporter agrees with its partners elsewhere, as BACI does
//! (Gaulier and Zignago 2010), here by the mean gap of logs and without a correction for freight,
//! since tonnes have none.

use crate::import::trade::{Pair, Report, Trade};
use std::collections::BTreeMap;

/// Two reports within this factor are one published figure.
const AGREED: f64 = 1.1;
/// The least mean gap of a reporter, so that no weight is one.
const LEAST_GAP: f64 = 0.01;

/// How a cell's tonnes were come by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum How {
    /// As the file gives them, or as two reports agree.
    Reported,
    /// Only the exporter reports them.
    Exporter,
    /// Only the importer reports them.
    Importer,
    /// A mean of two reports that differ by this factor.
    Mean(f64),
    /// This share of the value has no tonnes: world unit value.
    FromValue(f64),
}

/// Tonnes and value of a pair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    /// Tonnes, in kt.
    pub kt: f64,
    /// Value, thousand USD.
    pub value: f64,
    /// Where the tonnes come from.
    pub how: How,
}

/// One figure for each pair of which tonnes or value are reported. Without any tonnes of a product
/// its value says nothing, and its pairs are left out.
#[must_use]
pub fn reconciled(trade: &Trade) -> BTreeMap<Pair, Cell> {
    let unit_values = unit_values(trade);
    let gaps = gaps(trade);
    let mut cells = BTreeMap::new();
    let mut put = |pair: Pair, report: Report, how: How| {
        let unknown = report.value_without_tonnes;
        let all = report.value + unknown;
        let extra = match unit_values.get(&pair.0) {
            Some(unit) if unknown > 0.0 => unknown / unit,
            _ => 0.0,
        };
        let how = if extra > 0.0 { How::FromValue(unknown / all) } else { how };
        let kt = report.kt + extra;
        if kt > 0.0 {
            cells.insert(pair, Cell { kt, value: all, how });
        }
    };
    for (pair, report) in &trade.settled {
        put(*pair, *report, How::Reported);
    }
    for (pair, report) in &trade.exporters {
        match trade.importers.get(pair) {
            Some(other) if report.kt > 0.0 && other.kt > 0.0 => {
                let gap = |side: (bool, u16)| gaps.get(&side).copied().unwrap_or(LEAST_GAP).max(LEAST_GAP);
                let (of_exporter, of_importer) = (gap((true, pair.1)), gap((false, pair.2)));
                let weight = of_importer / (of_exporter + of_importer);
                let mean = |a: f64, b: f64| (weight * a.ln() + (1.0 - weight) * b.ln()).exp();
                let factor = (report.kt / other.kt).max(other.kt / report.kt);
                let how = if factor <= AGREED { How::Reported } else { How::Mean(factor) };
                let kt = mean(report.kt, other.kt);
                let value = kt * report.value / report.kt;
                put(*pair, Report { kt, value, value_without_tonnes: 0.0 }, how);
            }
            Some(other) if other.kt > 0.0 => put(*pair, *other, How::Importer),
            _ => put(*pair, *report, How::Exporter),
        }
    }
    for (pair, report) in &trade.importers {
        if !trade.exporters.contains_key(pair) {
            put(*pair, *report, How::Importer);
        }
    }
    cells
}

/// Thousand USD per kt of each product's reported tonnes.
fn unit_values(trade: &Trade) -> BTreeMap<u16, f64> {
    let mut sums: BTreeMap<u16, (f64, f64)> = BTreeMap::new();
    for table in [&trade.settled, &trade.exporters, &trade.importers] {
        for ((product, ..), report) in table {
            let sum = sums.entry(*product).or_default();
            sum.0 += report.value;
            sum.1 += report.kt;
        }
    }
    sums.into_iter()
        .filter(|(_, (value, kt))| *value > 0.0 && *kt > 0.0)
        .map(|(g, (v, kt))| (g, v / kt))
        .collect()
}

/// The mean gap of logs between a reporter and its partners, by side and country.
fn gaps(trade: &Trade) -> BTreeMap<(bool, u16), f64> {
    let mut sums: BTreeMap<(bool, u16), (f64, f64)> = BTreeMap::new();
    for (pair, report) in &trade.exporters {
        let Some(other) = trade.importers.get(pair) else { continue };
        if report.kt > 0.0 && other.kt > 0.0 {
            for side in [(true, pair.1), (false, pair.2)] {
                let sum = sums.entry(side).or_default();
                sum.0 += (report.kt / other.kt).ln().abs();
                sum.1 += 1.0;
            }
        }
    }
    sums.into_iter().map(|(side, (gap, count))| (side, gap / count)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(kt: f64, value: f64, value_without_tonnes: f64) -> Report {
        Report { kt, value, value_without_tonnes }
    }

    #[test]
    fn reports_that_agree_are_one_and_those_that_differ_are_weighed() {
        let mut trade = Trade::default();
        // 1 agrees with 2 as exporter, and 3 as exporter does not agree with 2
        trade.exporters.insert((0, 1, 2), report(100.0, 50.0, 0.0));
        trade.importers.insert((0, 1, 2), report(105.0, 60.0, 0.0));
        trade.exporters.insert((0, 3, 2), report(100.0, 50.0, 0.0));
        trade.importers.insert((0, 3, 2), report(400.0, 60.0, 0.0));
        trade.importers.insert((0, 4, 2), report(7.0, 5.0, 0.0));
        let cells = reconciled(&trade);
        assert_eq!(cells[&(0, 1, 2)].how, How::Reported);
        assert!(matches!(cells[&(0, 3, 2)].how, How::Mean(factor) if (factor - 4.0).abs() < 1e-12));
        // the exporter's gap is ln 4, the importer's the mean of ln 4 and ln 1.05
        let (of_exporter, of_importer) = (4f64.ln(), f64::midpoint(4f64.ln(), 1.05f64.ln()));
        let weight = of_importer / (of_exporter + of_importer);
        let expected = 100.0 * 4f64.powf(1.0 - weight);
        assert!((cells[&(0, 3, 2)].kt - expected).abs() < 1e-9);
        assert_eq!(cells[&(0, 4, 2)].how, How::Importer);
    }

    #[test]
    fn value_without_tonnes_counts_at_the_world_unit_value() {
        let mut trade = Trade::default();
        trade.settled.insert((0, 1, 2), report(10.0, 5_000.0, 0.0));
        trade.settled.insert((0, 3, 2), report(0.0, 0.0, 1_000.0));
        let cells = reconciled(&trade);
        assert_eq!(cells[&(0, 3, 2)].kt, 2.0);
        assert_eq!(cells[&(0, 3, 2)].how, How::FromValue(1.0));
    }
}
