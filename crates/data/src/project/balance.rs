//! Iterative proportional fitting (RAS): a matrix brought to given row and
//! column totals by scaling rows and columns in turn.

use zollverein_numeric::dense::greatest;

/// Totals count as met within this, relative to the total.
const MET: f64 = 1e-12;
/// Totals still count as met within this where rounding lets nothing better be reached.
const NEAR: f64 = 1e-10;
/// Sweeps after which totals that are not met never will be.
const SWEEPS: usize = 50_000;

/// Totals that no scaling of rows and columns meets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmet {
    /// Rows that are off.
    pub rows: Vec<usize>,
    /// Columns that are off.
    pub columns: Vec<usize>,
}

/// The cells (row, column, value of 0 or more) scaled so that they add up to the totals of rows and
/// columns, which must have the same sum. A cell of zero stays zero.
///
/// # Errors
/// The rows and columns whose totals cannot be met.
pub fn fit(cells: &[(usize, usize, f64)], rows: &[f64], columns: &[f64]) -> Result<Vec<f64>, Unmet> {
    let mut values: Vec<f64> = cells.iter().map(|(_, _, value)| *value).collect();
    let mut last = f64::INFINITY;
    for sweep in 0..SWEEPS {
        scale(cells, &mut values, rows, |cell| cell.0);
        let off = deviation(&sums(cells, &values, columns.len(), |cell| cell.1), columns);
        if off <= MET || (off <= NEAR && off >= last) {
            return Ok(values);
        }
        // an impossible target shows as no progress at all over many sweeps
        if sweep % 1000 == 999 {
            if off >= last * 0.999 {
                break;
            }
            last = off;
        }
        scale(cells, &mut values, columns, |cell| cell.1);
    }
    let off = |sums: &[f64], totals: &[f64]| -> Vec<usize> {
        (0..totals.len()).filter(|at| relative(sums[*at], totals[*at]) > NEAR).collect()
    };
    let unmet_columns = off(&sums(cells, &values, columns.len(), |cell| cell.1), columns);
    scale(cells, &mut values, columns, |cell| cell.1);
    let unmet_rows = off(&sums(cells, &values, rows.len(), |cell| cell.0), rows);
    Err(Unmet { rows: unmet_rows, columns: unmet_columns })
}

/// The blocks of a matrix that no cell above zero joins: the block of each row and of each column.
/// Totals can only be met if rows and columns of each block have the same sum.
#[must_use]
pub fn blocks(cells: &[(usize, usize, f64)], rows: usize, columns: usize) -> (Vec<usize>, Vec<usize>) {
    let mut block: Vec<usize> = (0..rows + columns).collect();
    for (row, column, _) in cells.iter().filter(|(_, _, value)| *value > 0.0) {
        let (a, b) = (root(&mut block, *row), root(&mut block, rows + column));
        block[a.max(b)] = a.min(b);
    }
    let mut of: Vec<usize> = (0..rows + columns).map(|at| root(&mut block, at)).collect();
    let columns = of.split_off(rows);
    (of, columns)
}

/// The first of all that are joined with one.
fn root(block: &mut [usize], mut at: usize) -> usize {
    while block[at] != at {
        block[at] = block[block[at]];
        at = block[at];
    }
    at
}

type Cell = (usize, usize, f64);

fn sums(cells: &[Cell], values: &[f64], count: usize, line: impl Fn(&Cell) -> usize) -> Vec<f64> {
    let mut sums = vec![0.0; count];
    for (cell, value) in cells.iter().zip(values) {
        sums[line(cell)] += value;
    }
    sums
}

fn scale(cells: &[Cell], values: &mut [f64], totals: &[f64], line: impl Fn(&Cell) -> usize) {
    let sums = sums(cells, values, totals.len(), &line);
    for (cell, value) in cells.iter().zip(values) {
        let at = line(cell);
        if sums[at] > 0.0 {
            *value *= totals[at] / sums[at];
        }
    }
}

fn relative(sum: f64, total: f64) -> f64 {
    let scale = sum.max(total);
    if scale > 0.0 { (sum - total).abs() / scale } else { 0.0 }
}

fn deviation(sums: &[f64], totals: &[f64]) -> f64 {
    greatest(0.0, sums.iter().zip(totals).map(|(sum, total)| relative(*sum, *total)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CELLS: [Cell; 4] = [(0, 0, 1.0), (0, 1, 2.0), (1, 0, 3.0), (1, 1, 4.0)];

    #[test]
    fn totals_are_met_and_the_odds_ratio_is_kept() {
        let fitted = fit(&CELLS, &[5.0, 5.0], &[4.0, 6.0]).expect("it can be met");
        assert!((fitted[0] + fitted[1] - 5.0).abs() < 1e-9 && (fitted[0] + fitted[2] - 4.0).abs() < 1e-9);
        let odds = |v: &[f64]| v[0] * v[3] / (v[1] * v[2]);
        assert!((odds(&fitted) - 4.0 / 6.0).abs() < 1e-9);
    }

    #[test]
    fn a_matrix_that_meets_its_totals_stays() {
        assert_eq!(fit(&CELLS, &[3.0, 7.0], &[4.0, 6.0]), Ok(vec![1.0, 2.0, 3.0, 4.0]));
    }

    #[test]
    fn nothing_stays_nothing() {
        let cells = [(0, 0, 0.0), (0, 1, 2.0), (1, 0, 3.0), (1, 1, 4.0)];
        let fitted = fit(&cells, &[2.5, 7.0], &[3.5, 6.0]).expect("it can be met");
        assert_eq!(fitted[0], 0.0);
    }

    #[test]
    fn blocks_are_what_cells_above_zero_join() {
        let cells = [(0, 0, 1.0), (1, 1, 1.0), (2, 1, 1.0), (2, 0, 0.0)];
        let (rows, columns) = blocks(&cells, 3, 3);
        assert!(rows[0] == columns[0] && rows[1] == columns[1] && rows[2] == rows[1] && rows[0] != rows[1]);
        assert!(columns[2] != columns[0] && columns[2] != columns[1]);
    }

    #[test]
    fn totals_that_the_pattern_rules_out_are_named() {
        // 0 sells only to 0, and 0 buys only from 0
        let cells = [(0, 0, 1.0), (1, 1, 1.0)];
        let unmet = fit(&cells, &[2.0, 1.0], &[1.0, 2.0]).expect_err("it cannot be met");
        assert_eq!(unmet, Unmet { rows: vec![0, 1], columns: vec![0, 1] });
    }
}
