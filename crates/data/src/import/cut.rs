//! Whether totals can be met at all, and if not, between which exporters and importers they cannot.
//!
//! A matrix with given totals of rows and columns exists where pipes from rows to columns can carry
//! them; where they cannot, the narrowest cut says which exporters' exports find no importers to take
//! them, or which importers find no exporters to supply them. Sums over blocs are left out: they only
//! narrow further, so a cut that is found stands whatever blocs there are.

use crate::import::balance::Cell;
use zollverein_model::baseline::graph::{Carried, Pipe, carried};

/// Kilograms in a kilotonne: pipes carry whole units.
const UNITS: f64 = 1e6;
/// What is short by less than this is rounding, kg: a tonne.
const ROUNDING: u64 = 1000;

/// Totals that cannot be met together; quantities in kt.
#[derive(Debug, Clone, PartialEq)]
pub struct Cut {
    /// Positions of rows: of exporters.
    pub rows: Vec<usize>,
    /// Positions of columns: of importers.
    pub columns: Vec<usize>,
    /// What the rows' totals leave beyond what is held.
    pub from_rows: f64,
    /// What the columns' totals leave beyond what is held.
    pub into_columns: f64,
    /// Which end is too large: true where the rows can ship to these columns alone, false where these
    /// columns can buy from the rows alone.
    pub rows_exceed: bool,
}

impl Cut {
    /// By how much the one end exceeds the other, kt.
    #[must_use]
    pub fn short(&self) -> f64 {
        (self.from_rows - self.into_columns).abs()
    }
}

/// Why no matrix with some cells meets the totals of rows and of columns; `None` where one does. A column
/// without a total takes what is left.
#[must_use]
pub fn cut(cells: &[Cell], rows: &[f64], columns: &[Option<f64>]) -> Option<Cut> {
    let (mut by_row, mut by_column) = (vec![0.0; rows.len()], vec![0.0; columns.len()]);
    for cell in cells {
        let held = if cell.fixed { cell.seed } else { cell.floor };
        by_row[cell.row] += held;
        by_column[cell.column] += held;
    }
    let left_of_rows: Vec<f64> = rows.iter().zip(&by_row).map(|(total, held)| total - held).collect();
    let left_of_columns: Vec<Option<f64>> =
        columns.iter().zip(&by_column).map(|(total, held)| total.map(|total| total - held)).collect();
    // what is held alone is more than a total
    let tolerance = ROUNDING as f64 / UNITS;
    if let Some(row) = left_of_rows.iter().position(|left| *left < -tolerance) {
        let (from_rows, into_columns) = (rows[row], by_row[row]);
        return Some(Cut { rows: vec![row], columns: vec![], from_rows, into_columns, rows_exceed: false });
    }
    let over = |left: &Option<f64>| left.is_some_and(|left| left < -tolerance);
    if let Some(column) = left_of_columns.iter().position(over) {
        let (from_rows, into_columns) = (by_column[column], columns[column].unwrap_or_default());
        return Some(Cut { rows: vec![], columns: vec![column], from_rows, into_columns, rows_exceed: true });
    }
    let network = Network { rows: rows.len(), columns: columns.len() };
    let from: Vec<u64> = left_of_rows.iter().map(|left| units(*left)).collect();
    let into: Vec<Option<u64>> = left_of_columns.iter().map(|left| left.map(units)).collect();
    let (supplied, wanted): (u64, u64) = (from.iter().sum(), into.iter().flatten().sum());
    let mut pipes: Vec<Pipe> = vec![];
    for (row, most) in from.iter().enumerate() {
        pipes.push(Pipe { from: Network::SOURCE, to: Network::row(row), most: *most });
    }
    for cell in cells.iter().filter(|cell| !cell.fixed && cell.seed > 0.0) {
        let most = supplied.max(wanted);
        pipes.push(Pipe { from: Network::row(cell.row), to: network.column(cell.column), most });
    }
    for (column, most) in into.iter().enumerate() {
        let to = if most.is_some() { Network::SINK } else { Network::REST };
        pipes.push(Pipe { from: network.column(column), to, most: most.unwrap_or(supplied) });
    }
    // columns without totals take together what the others leave
    let rest = supplied.saturating_sub(wanted);
    if into.iter().any(Option::is_none) {
        pipes.push(Pipe { from: Network::REST, to: Network::SINK, most: rest });
    }
    let found = carried(network.nodes(), &pipes, Network::SOURCE, Network::SINK);
    network.cut(&found, &from, &into, rest)
}

/// Where rows and columns stand among the nodes.
struct Network {
    rows: usize,
    columns: usize,
}

impl Network {
    const SOURCE: usize = 0;
    const SINK: usize = 1;
    /// What columns without totals take.
    const REST: usize = 2;

    const fn row(row: usize) -> usize {
        Self::REST + 1 + row
    }

    const fn column(&self, column: usize) -> usize {
        Self::row(self.rows) + column
    }

    const fn nodes(&self) -> usize {
        self.column(self.columns)
    }

    fn cut(&self, found: &Carried, from: &[u64], into: &[Option<u64>], rest: u64) -> Option<Cut> {
        let (supplied, wanted): (u64, u64) = (from.iter().sum(), into.iter().flatten().sum());
        let rows_exceed = found.most + ROUNDING < supplied;
        if !rows_exceed && found.most + ROUNDING >= wanted {
            return None;
        }
        // before the first cut stand rows that reach only columns that are full; behind the last one
        // columns that only rows that are empty reach
        let side = |node: usize| if rows_exceed { found.before_cut[node] } else { found.after_cut[node] };
        let rows: Vec<usize> = (0..self.rows).filter(|at| side(Self::row(*at)) && from[*at] > 0).collect();
        let columns: Vec<usize> = (0..self.columns).filter(|at| side(self.column(*at))).collect();
        let room: u64 = columns.iter().filter_map(|at| into[*at]).sum();
        let open = columns.iter().any(|at| into[*at].is_none());
        let into_columns = room + if open { rest } else { 0 };
        let from_rows: u64 = rows.iter().map(|at| from[*at]).sum();
        let kt = |units: u64| units as f64 / UNITS;
        Some(Cut { rows, columns, from_rows: kt(from_rows), into_columns: kt(into_columns), rows_exceed })
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // not below zero, and far below 2^64
fn units(kt: f64) -> u64 {
    (kt * UNITS).round().max(0.0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::balance::balance_blocs;
    use proptest::prelude::*;

    fn cell(row: usize, column: usize) -> Cell {
        Cell { row, column, seed: 1.0, floor: 0.0, fixed: false }
    }

    #[test]
    fn exports_that_find_no_importer_are_cut_off_with_those_that_could_take_them() {
        // the first two ship to column 0 alone
        let cells = [cell(0, 0), cell(1, 0), cell(2, 0), cell(2, 1)];
        let found = cut(&cells, &[30.0, 20.0, 50.0], &[Some(40.0), Some(60.0)]).expect("a cut");
        assert_eq!((found.rows.as_slice(), found.columns.as_slice()), ([0, 1].as_slice(), [0].as_slice()));
        assert_eq!((found.from_rows, found.into_columns, found.rows_exceed), (50.0, 40.0, true));
        assert_eq!(found.short(), 10.0);
        assert_eq!(cut(&cells, &[30.0, 10.0, 60.0], &[Some(40.0), Some(60.0)]), None);
        // a column without a total takes the rest
        assert_eq!(cut(&cells, &[30.0, 20.0, 50.0], &[None, Some(40.0)]), None);
        let found = cut(&cells, &[30.0, 20.0, 50.0], &[None, Some(60.0)]).expect("a cut");
        // column 1 wants 60, and row 2 alone ships there
        assert_eq!((found.rows.as_slice(), found.columns.as_slice()), ([0, 1].as_slice(), [0].as_slice()));
        assert_eq!(found.short(), 10.0);
    }

    #[test]
    fn importers_that_find_no_exporter_are_named_where_they_want_more_than_all_have() {
        let cells = [cell(0, 0), cell(1, 1)];
        let found = cut(&cells, &[10.0, 5.0], &[Some(10.0), Some(9.0)]).expect("a cut");
        assert_eq!((found.rows.as_slice(), found.columns.as_slice()), ([1].as_slice(), [1].as_slice()));
        assert_eq!((found.from_rows, found.into_columns, found.rows_exceed), (5.0, 9.0, false));
    }

    #[test]
    fn what_is_held_beyond_a_total_is_a_cut_by_itself() {
        let mut cells = [cell(0, 0), cell(0, 1)];
        (cells[0].seed, cells[0].floor, cells[0].fixed) = (8.0, 8.0, true);
        let found = cut(&cells, &[5.0], &[Some(8.0), Some(0.0)]).expect("a cut");
        assert_eq!((found.from_rows, found.into_columns), (5.0, 8.0));
        let found = cut(&cells, &[9.0], &[Some(6.0), Some(3.0)]).expect("a cut");
        assert_eq!((found.columns.as_slice(), found.short()), ([0].as_slice(), 2.0));
    }

    #[test]
    fn tables_of_as_many_countries_as_there_are_are_held_against_their_totals() {
        // 95 countries that all ship to each other, the first to the second alone
        let countries = 95;
        let pairs = (0..countries).flat_map(|from| (0..countries).map(move |to| (from, to)));
        let open = pairs.filter(|(from, to)| from != to && (*from != 0 || *to == 1));
        let cells: Vec<Cell> = open.map(|(from, to)| cell(from, to)).collect();
        let mut rows: Vec<f64> = (0..countries).map(|at| 100.0 + 37.0 * (at % 11) as f64).collect();
        let whole: f64 = rows.iter().sum();
        let columns = vec![Some(whole / countries as f64); countries];
        let room = whole / countries as f64;
        rows[0] = room - 1.0;
        rows[10] += 101.0 - room;
        assert_eq!(cut(&cells, &rows, &columns), None);
        (rows[0], rows[10]) = (room + 1.0, rows[10] - 2.0);
        let found = cut(&cells, &rows, &columns).expect("a cut");
        assert_eq!((found.rows.as_slice(), found.columns.as_slice()), ([0].as_slice(), [1].as_slice()));
        assert!((found.short() - 1.0).abs() < 1e-3, "{found:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

        /// Balancing meets the totals to within tonnes where there is no cut, and cannot where there is one.
        #[test]
        fn there_is_a_cut_exactly_where_balancing_leaves_a_gap(
            open in prop::collection::vec(prop::bool::weighted(0.5), 16),
            rows in prop::collection::vec(1..9_u32, 4), shares in prop::collection::vec(1..9_u32, 4),
        ) {
            let cells: Vec<Cell> = (0..16).filter(|at| open[*at]).map(|at| cell(at / 4, at % 4)).collect();
            let rows: Vec<f64> = rows.into_iter().map(f64::from).collect();
            let whole: f64 = rows.iter().sum();
            let all: u32 = shares.iter().sum();
            let columns: Vec<Option<f64>> =
                shares.iter().map(|share| Some(whole * f64::from(*share) / f64::from(all))).collect();
            let balanced = balance_blocs(&cells, &rows, &columns, &[]);
            let gap = balanced.column_residuals.iter().chain(&balanced.row_residuals).fold(0.0, |a: f64, b| a.max(b.abs()));
            match cut(&cells, &rows, &columns) {
                Some(found) => {
                    prop_assert!(gap > 1e-4, "{found:?} and {gap}");
                    prop_assert!(found.short() > 0.0);
                    // the rows reach no column but these, or the columns no row but these
                    for own in &cells {
                        let (from, into) = (found.rows.contains(&own.row), found.columns.contains(&own.column));
                        prop_assert!(if found.rows_exceed { !from || into } else { !into || from }, "{found:?}");
                    }
                }
                None => prop_assert!(gap < 0.1, "{gap} of {whole}"),
            }
        }
    }
}
