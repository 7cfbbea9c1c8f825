//! A matrix of shipments brought to given totals, with cells that are held and cells that may not
//! fall below a floor.
//!
//! Of all matrices that meet the totals of rows and columns it is the one nearest to the seed in
//! relative entropy (Bacharach 1970; with bounds: Censor and Lent 1981, row-action methods). Each
//! cell is `max(floor, a_row · seed · b_column)`, times a factor for each bloc that it is in; columns,
//! blocs and rows are met in turn, as in RAS.

use zollverein_numeric::dense::greatest;

/// Totals count as met within this, relative.
const MET: f64 = 1e-12;
/// Rounds after which totals that are not met never will be.
const ROUNDS: usize = 20_000;
/// Rounds between two looks at whether there is progress.
const LOOK: usize = 500;

/// A cell of the matrix; quantities in one unit, all of 0 or more.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    /// The row.
    pub row: usize,
    /// The column.
    pub column: usize,
    /// The value to stay near to; a cell of zero stays at its floor.
    pub seed: f64,
    /// The least value.
    pub floor: f64,
    /// Whether the cell keeps its seed.
    pub fixed: bool,
}

/// Cells that must add up to a total of their own: one exporter into a group of importers, say.
#[derive(Debug, Clone, PartialEq)]
pub struct Bloc {
    /// Positions of its cells.
    pub cells: Vec<usize>,
    /// What they add up to.
    pub total: f64,
}

/// A balanced matrix, and what is left of the totals.
#[derive(Debug, Clone, PartialEq)]
pub struct Balanced {
    /// The cells, in the order given.
    pub values: Vec<f64>,
    /// By row: its sum less its total; not zero where fixed cells and floors leave no room, or
    /// nothing could be scaled.
    pub row_residuals: Vec<f64>,
    /// By column, likewise, 0 where a column is free; rows are met last.
    pub column_residuals: Vec<f64>,
    /// By bloc, likewise.
    pub bloc_residuals: Vec<f64>,
    /// Rounds of rows and columns that it took.
    pub rounds: usize,
}

/// The matrix nearest to the seeds that meets the totals of rows and columns as far as fixed cells
/// and floors allow. A matrix that meets them is returned as it is.
#[must_use]
pub fn balance(cells: &[Cell], rows: &[f64], columns: &[f64]) -> Balanced {
    let columns: Vec<Option<f64>> = columns.iter().map(|total| Some(*total)).collect();
    balance_blocs(cells, rows, &columns, &[])
}

/// As [`balance`], with blocs; a column without a total is free.
#[must_use]
pub fn balance_blocs(cells: &[Cell], rows: &[f64], columns: &[Option<f64>], blocs: &[Bloc]) -> Balanced {
    let by_row = lines(cells, rows.len(), |cell| cell.row);
    let by_column = lines(cells, columns.len(), |cell| cell.column);
    let mut of_columns = vec![];
    let mut all: Vec<Line> = vec![];
    for (cells, total) in by_column.into_iter().zip(columns) {
        of_columns.push(total.map(|total| {
            all.push(Line { cells, total });
            all.len() - 1
        }));
    }
    let first_bloc = all.len();
    all.extend(blocs.iter().map(|bloc| Line { cells: bloc.cells.clone(), total: bloc.total }));
    let first_row = all.len();
    all.extend(by_row.into_iter().zip(rows).map(|(cells, total)| Line { cells, total: *total }));
    let mut of_cell = vec![vec![]; cells.len()];
    for (position, line) in all.iter().enumerate() {
        line.cells.iter().for_each(|cell| of_cell[*cell].push(position));
    }
    let mut work = Work {
        cells,
        values: cells
            .iter()
            .map(|cell| if cell.fixed { cell.seed } else { cell.seed.max(cell.floor) })
            .collect(),
        factors: vec![1.0; all.len()],
        of_cell,
    };
    let mut last = f64::INFINITY;
    let mut rounds = 0;
    while rounds < ROUNDS {
        let off = greatest(0.0, all.iter().map(|line| work.off(line)));
        if off <= MET {
            break;
        }
        if rounds % LOOK == 0 {
            if rounds > 0 && off >= last * 0.999 {
                break;
            }
            last = off;
        }
        for (position, line) in all.iter().enumerate() {
            work.meet(line, position);
        }
        rounds += 1;
    }
    let residual = |line: &Line| work.sum(&line.cells) - line.total;
    Balanced {
        row_residuals: all[first_row..].iter().map(residual).collect(),
        column_residuals: of_columns.iter().map(|at| at.map_or(0.0, |at| residual(&all[at]))).collect(),
        bloc_residuals: all[first_bloc..first_row].iter().map(residual).collect(),
        values: work.values,
        rounds,
    }
}

/// The cells of each row or column.
fn lines(cells: &[Cell], count: usize, line: impl Fn(&Cell) -> usize) -> Vec<Vec<usize>> {
    let mut lines = vec![vec![]; count];
    for (position, cell) in cells.iter().enumerate() {
        lines[line(cell)].push(position);
    }
    lines
}

/// Cells with a total: a column, a bloc or a row.
struct Line {
    cells: Vec<usize>,
    total: f64,
}

struct Work<'a> {
    cells: &'a [Cell],
    values: Vec<f64>,
    /// By line.
    factors: Vec<f64>,
    /// The lines that each cell is in.
    of_cell: Vec<Vec<usize>>,
}

impl Work<'_> {
    fn sum(&self, line: &[usize]) -> f64 {
        line.iter().map(|at| self.values[*at]).sum()
    }

    /// The relative gap between a line's sum and its total.
    fn off(&self, line: &Line) -> f64 {
        let sum = self.sum(&line.cells);
        let scale = sum.max(line.total);
        if scale > 0.0 { (sum - line.total).abs() / scale } else { 0.0 }
    }

    /// Finds the factor of a line with which its cells add up to the total: cells that would fall
    /// below their floor are put there, and the others share what is left, until none would.
    fn meet(&mut self, line: &Line, own: usize) {
        let others = |at: usize| -> f64 {
            let lines = self.of_cell[at].iter().filter(|line| **line != own);
            lines.map(|line| self.factors[*line]).product()
        };
        let is_fixed = |at: &&usize| self.cells[**at].fixed;
        let held: f64 = line.cells.iter().filter(is_fixed).map(|at| self.values[*at]).sum();
        let mut free: Vec<(usize, f64)> = line
            .cells
            .iter()
            .filter(|at| !is_fixed(at))
            .map(|at| (*at, self.cells[*at].seed * others(*at)))
            .collect();
        let mut left = line.total - held;
        let factor = loop {
            let weight: f64 = free.iter().map(|(_, value)| value).sum();
            let factor = (weight > 0.0).then(|| (left / weight).max(0.0));
            let before = free.len();
            free.retain(|(at, value)| {
                let floor = self.cells[*at].floor;
                let below = value * factor.unwrap_or(0.0) < floor;
                if below {
                    self.values[*at] = floor;
                    left -= floor;
                }
                !below
            });
            if free.len() == before {
                break factor;
            }
        };
        for (at, value) in free {
            self.values[at] = value * factor.unwrap_or(0.0);
        }
        // a line that comes to nothing for good has the factor 0; where floors or fixed cells leave
        // nothing for now it keeps its factor, lest its cells never rise again
        let factor = if line.total > 0.0 { factor.filter(|factor| *factor > 0.0) } else { Some(0.0) };
        if let Some(factor) = factor {
            self.factors[own] = factor;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cell(row: usize, column: usize, seed: f64) -> Cell {
        Cell { row, column, seed, floor: 0.0, fixed: false }
    }

    #[test]
    fn totals_are_met_and_odds_ratios_kept() {
        let cells = [cell(0, 0, 1.0), cell(0, 1, 2.0), cell(1, 0, 3.0), cell(1, 1, 4.0)];
        let found = balance(&cells, &[5.0, 5.0], &[4.0, 6.0]);
        let v = &found.values;
        assert!((v[0] + v[1] - 5.0).abs() < 1e-9 && (v[0] + v[2] - 4.0).abs() < 1e-9);
        assert!((v[0] * v[3] / (v[1] * v[2]) - 4.0 / 6.0).abs() < 1e-9);
    }

    #[test]
    fn fixed_cells_stay_and_floors_hold() {
        let mut cells = [cell(0, 0, 1.0), cell(0, 1, 2.0), cell(1, 0, 3.0), cell(1, 1, 4.0)];
        cells[0].fixed = true;
        let found = balance(&cells, &[5.0, 5.0], &[4.0, 6.0]);
        // one cell fixed leaves one matrix: 1, 4, 3, 2
        for (value, expected) in found.values.iter().zip([1.0, 4.0, 3.0, 2.0]) {
            assert!((value - expected).abs() < 1e-9, "{:?}", found.values);
        }
        cells[0].fixed = false;
        cells[0].floor = 3.0;
        let found = balance(&cells, &[5.0, 5.0], &[4.0, 6.0]);
        for (value, expected) in found.values.iter().zip([3.0, 2.0, 1.0, 4.0]) {
            assert!((value - expected).abs() < 1e-9, "{:?}", found.values);
        }
    }

    #[test]
    fn a_row_that_must_come_to_nothing_does_not_disturb_the_others() {
        let cells = [cell(0, 0, 1.0), cell(0, 1, 2.0), cell(1, 0, 3.0), cell(1, 1, 4.0)];
        let found = balance(&cells, &[0.0, 9.0], &[4.0, 5.0]);
        for (value, expected) in found.values.iter().zip([0.0, 0.0, 4.0, 5.0]) {
            assert!((value - expected).abs() < 1e-9, "{:?}", found.values);
        }
        assert!(found.rounds < 10, "{}", found.rounds);
    }

    #[test]
    fn what_cannot_be_met_is_left_as_residual() {
        let mut cells = [cell(0, 0, 8.0), cell(1, 1, 1.0)];
        cells[0].fixed = true;
        let found = balance(&cells, &[5.0, 2.0], &[5.0, 2.0]);
        assert_eq!(found.row_residuals, [3.0, 0.0]);
        assert_eq!(found.column_residuals[0], 3.0);
    }

    #[test]
    fn a_bloc_is_met_beside_rows_and_a_free_column() {
        let cells = [cell(0, 0, 1.0), cell(0, 1, 2.0), cell(0, 2, 3.0), cell(1, 0, 3.0), cell(1, 1, 4.0)];
        let blocs = [Bloc { cells: vec![0, 1], total: 4.5 }];
        let found = balance_blocs(&cells, &[7.0, 8.0], &[Some(5.0), None, None], &blocs);
        let v = &found.values;
        assert!((v[0] + v[1] - 4.5).abs() < 1e-9 && (v[2] - 2.5).abs() < 1e-9, "{v:?}");
        assert!((v[0] + v[3] - 5.0).abs() < 1e-9 && (v[3] + v[4] - 8.0).abs() < 1e-9, "{v:?}");
        // the odds ratio of the cells outside the bloc's reach is kept
        assert!((v[0] * v[4] / (v[1] * v[3]) - 4.0 / 6.0).abs() < 1e-9, "{v:?}");
        assert_eq!(found.column_residuals[1], 0.0);
        // more than the row has is left as residual, of the bloc
        let blocs = [Bloc { cells: vec![0, 1], total: 9.0 }];
        let found = balance_blocs(&cells, &[7.0, 8.0], &[None, None, None], &blocs);
        assert!(found.bloc_residuals[0] < -1.0, "{found:?}");
    }

    /// A seed matrix, with totals that a matrix near it has, some cells fixed and some with floors.
    fn matrix() -> impl Strategy<Value = (Vec<Cell>, Vec<f64>, Vec<f64>)> {
        let size = 2..7_usize;
        size.prop_flat_map(|size| {
            let cell = (0.1..9.0_f64, 0.3..3.0_f64, 0..6_u8);
            (proptest::collection::vec(cell, size * size), any::<bool>()).prop_map(
                move |(drawn, no_output)| {
                    let (mut rows, mut columns) = (vec![0.0; size], vec![0.0; size]);
                    let mut cells = vec![];
                    for (position, (seed, factor, kind)) in drawn.into_iter().enumerate() {
                        let (row, column) = (position / size, position % size);
                        // the matrix that is known to be possible; fixed cells are as in it, floors below it
                        let nothing = no_output && row == 0;
                        let possible = if nothing { 0.0 } else { seed * factor };
                        rows[row] += possible;
                        columns[column] += possible;
                        cells.push(match if nothing { 2 } else { kind } {
                            0 => Cell { row, column, seed: possible, floor: possible, fixed: true },
                            1 => Cell { row, column, seed, floor: 0.9 * possible, fixed: false },
                            _ => Cell { row, column, seed, floor: 0.0, fixed: false },
                        });
                    }
                    (cells, rows, columns)
                },
            )
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(8), ..ProptestConfig::default() })]

        #[test]
        fn balancing_meets_totals_keeps_what_is_fixed_and_floors_and_is_idempotent((cells, rows, columns) in matrix()) {
            let found = balance(&cells, &rows, &columns);
            for (residual, total) in found.row_residuals.iter().zip(&rows).chain(found.column_residuals.iter().zip(&columns)) {
                prop_assert!(residual.abs() <= 1e-7 * total, "{residual} of {total} after {} rounds", found.rounds);
            }
            for (cell, value) in cells.iter().zip(&found.values) {
                if cell.fixed {
                    prop_assert_eq!(*value, cell.seed);
                }
                prop_assert!(*value >= cell.floor);
            }
            let settled: Vec<Cell> = cells.iter().zip(&found.values).map(|(cell, value)| Cell { seed: *value, ..*cell }).collect();
            let again = balance(&settled, &rows, &columns);
            for (first, second) in found.values.iter().zip(&again.values) {
                prop_assert!((first - second).abs() <= 1e-7 * first.max(1.0));
            }
        }

        #[test]
        fn blocs_that_are_possible_are_met_with_all_else((cells, rows, columns) in matrix(), halves in any::<bool>()) {
            // a matrix that meets the totals says which blocs are possible
            let possible = balance(&cells, &rows, &columns).values;
            let size = rows.len();
            let blocs: Vec<Bloc> = (0..size).map(|row| {
                let cells: Vec<usize> = (0..size).map(|column| row * size + column)
                    .filter(|at| if halves { at % 2 == 0 } else { at % size < size / 2 }).collect();
                let total = cells.iter().map(|at| possible[*at]).sum();
                Bloc { cells, total }
            }).collect();
            let free: Vec<Option<f64>> = columns.iter().enumerate().map(|(at, total)| (at > 0).then_some(*total)).collect();
            let shifted: Vec<Cell> = cells.iter().enumerate()
                .map(|(at, cell)| if cell.fixed { *cell } else { Cell { seed: cell.seed * if at % 3 == 0 { 1.7 } else { 1.0 }, ..*cell } }).collect();
            let found = balance_blocs(&shifted, &rows, &free, &blocs);
            for (bloc, residual) in blocs.iter().zip(&found.bloc_residuals) {
                prop_assert!(residual.abs() <= 1e-6 * bloc.total.max(1.0), "{residual} of {} after {} rounds", bloc.total, found.rounds);
            }
            for (residual, total) in found.row_residuals.iter().zip(&rows) {
                prop_assert!(residual.abs() <= 1e-6 * total.max(1.0), "{residual} of {total}");
            }
        }

        #[test]
        fn a_product_of_factors_solves_what_has_no_bounds((cells, rows, columns) in matrix()) {
            let free: Vec<Cell> = cells.iter().map(|cell| Cell { floor: 0.0, fixed: false, ..*cell }).collect();
            let found = balance(&free, &rows, &columns);
            // odds ratios of the seeds are kept: the mark of the nearest matrix in relative entropy
            let size = rows.len();
            let odds = |of: &dyn Fn(usize) -> f64| of(0) * of(size + 1) / (of(1) * of(size));
            let (before, after) = (odds(&|at| free[at].seed), odds(&|at| found.values[at]));
            prop_assume!(rows[0] > 0.0);
            prop_assert!((before / after - 1.0).abs() < 1e-6, "{before} {after}");
        }
    }
}
