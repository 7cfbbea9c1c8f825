//! How side values and producer prices move each other: the border of the
//! Jacobian (A8) where premiums and abatement are unknowns beside prices.

use crate::engine::armington::kernel::{Kernel, Paid};
use crate::engine::armington::point::Point;
use crate::engine::armington::side::{Condition, Sides};
use crate::engine::armington::state::State;
use zollverein_numeric::dense::{Matrix, add_multiple, dot};

/// A product's markets at given prices and side values.
pub(super) struct Settled<'a> {
    pub kernel: &'a Kernel,
    pub sides: &'a Sides<'a>,
    pub values: &'a [f64],
    pub states: &'a [State],
    /// The conditions whose values are free, with the piece each is on.
    pub free: Vec<(usize, usize)>,
    pub point: Point,
    price: Vec<f64>,
}

/// The Jacobian's border: one column and one row for each free value.
pub(super) struct Border {
    /// Derivatives of market clearing with respect to each value.
    columns: Vec<Vec<f64>>,
    /// Derivatives of each equation with respect to log prices.
    rows: Vec<Vec<f64>>,
    corner: Matrix,
}

/// The conditions whose values are free, with the piece each is on.
pub(super) fn free(states: &[State]) -> Vec<(usize, usize)> {
    let piece = |(condition, state): (usize, &State)| match state {
        State::Free(piece) => Some((condition, *piece)),
        State::Held(_) => None,
    };
    states.iter().enumerate().filter_map(piece).collect()
}

impl<'a> Settled<'a> {
    /// The markets at log producer prices `x`; `base` is what is paid by arc at no premium and no abatement.
    pub fn new(
        kernel: &'a Kernel,
        sides: &'a Sides<'a>,
        base: &[Paid],
        x: &[f64],
        values: &'a [f64],
        states: &'a [State],
    ) -> Self {
        let mut paid = base.to_vec();
        for (arc, on_it) in sides.watched.iter().zip(sides.paid(values, states)) {
            paid[*arc] = on_it;
        }
        let point = Point::at(kernel, &paid, x, &sides.costs(x.len(), values, states));
        let price = x.iter().map(|x| x.exp()).collect();
        Self { kernel, sides, values, states, free: free(states), point, price }
    }

    /// How a free value moves log landed prices: watched arcs and derivatives.
    pub fn on_landed(&self, condition: usize, piece: usize) -> Vec<(usize, f64)> {
        let arc = |cell: usize| self.sides.watched[cell];
        match &self.sides.conditions[condition] {
            Condition::Quota(quota) => {
                let cells = quota.cells.iter();
                cells.map(|(cell, share)| (arc(*cell), share * self.point.by_rate(arc(*cell)))).collect()
            }
            Condition::Mandate(mandate) => {
                let cells = mandate.green.iter().map(|cell| arc(*cell));
                cells.map(|a| (a, -mandate.unit / self.point.landed[a])).collect()
            }
            Condition::Abater(abater) => {
                let cells = abater.relief_by_cell(piece).into_iter();
                cells.map(|(cell, relief)| (arc(cell), -relief / self.point.landed[arc(cell)])).collect()
            }
        }
    }

    /// A condition's equation as weights on log quantities, by arc.
    pub fn weights(&self, condition: usize, piece: usize) -> Vec<f64> {
        let mut weights = vec![0.0; self.kernel.arcs.len()];
        let arc = |cell: usize| self.sides.watched[cell];
        let shipped = |a: usize| self.kernel.arcs[a].quantity * self.point.log_quantity[a].exp();
        match &self.sides.conditions[condition] {
            Condition::Quota(quota) => {
                let total: f64 = quota.cells.iter().map(|(cell, _)| shipped(arc(*cell))).sum();
                for (cell, _) in &quota.cells {
                    weights[arc(*cell)] += quota.scale * shipped(arc(*cell)) / total;
                }
            }
            Condition::Mandate(mandate) => {
                let total = |cells: &[usize]| cells.iter().map(|cell| shipped(arc(*cell))).sum::<f64>();
                let (green, all) = (total(&mandate.green), total(&mandate.all));
                for cell in &mandate.green {
                    weights[arc(*cell)] += mandate.scale * shipped(arc(*cell)) / green;
                }
                for cell in &mandate.all {
                    weights[arc(*cell)] -= mandate.scale * shipped(arc(*cell)) / all;
                }
            }
            Condition::Abater(abater) => {
                let mut saved = 0.0;
                for (cell, relief) in abater.relief_by_cell(piece) {
                    let part = relief * self.point.sales_share[arc(cell)] / abater.full;
                    weights[arc(cell)] -= part;
                    saved += part;
                }
                let own = self.kernel.arcs.iter().enumerate().filter(|(_, cell)| cell.maker == abater.maker);
                for (a, _) in own {
                    weights[a] += saved * self.point.sales_share[a];
                }
            }
        }
        weights
    }

    /// What weights on log landed prices come to by log producer price.
    pub fn by_price(&self, on_landed: &[f64]) -> Vec<f64> {
        let mut by_price = vec![0.0; self.kernel.makers.len()];
        for (a, cell) in self.kernel.arcs.iter().enumerate() {
            by_price[cell.maker] += self.point.theta[a] * on_landed[a];
        }
        by_price
    }

    /// Market clearing's response to log quantities: by producer.
    pub fn clearing(&self, log_quantity: &[f64]) -> Vec<f64> {
        let mut gap = vec![0.0; self.kernel.makers.len()];
        for (a, cell) in self.kernel.arcs.iter().enumerate() {
            gap[cell.maker] += self.point.sales_share[a] * log_quantity[a];
        }
        gap
    }

    /// Columns, rows and corner of the border for chosen free values.
    pub fn border(&self, chosen: &[(usize, usize)]) -> Border {
        let mut corner = Matrix::zeros(chosen.len());
        let rows: Vec<Vec<f64>> = chosen
            .iter()
            .map(|(condition, piece)| self.point.backwards(self.kernel, &self.weights(*condition, *piece)))
            .collect();
        let mut columns = vec![];
        for (s, (condition, piece)) in chosen.iter().enumerate() {
            let moved = self.on_landed(*condition, *piece);
            let mut landed = vec![0.0; self.kernel.arcs.len()];
            for (a, by) in &moved {
                landed[*a] += by;
            }
            let mut column = self.clearing(&self.point.forwards(self.kernel, &landed));
            for (r, row) in rows.iter().enumerate() {
                corner.row_mut(r)[s] += moved.iter().map(|(a, by)| row[*a] * by).sum::<f64>();
            }
            if let Condition::Abater(abater) = &self.sides.conditions[*condition] {
                let maker = abater.maker;
                let rises = abater.own_cost_slope(*piece, self.values[*condition]);
                column[maker] += self.point.elasticity[maker] * rises / self.price[maker];
                corner.row_mut(s)[s] += abater.own_share(*piece);
            }
            columns.push(column);
        }
        let rows = rows.iter().map(|on_landed| self.by_price(on_landed)).collect();
        Border { columns, rows, corner }
    }

    /// The whole Jacobian: market clearing first, then the equations of free values.
    pub fn jacobian(&self) -> Matrix {
        let inner = self.point.jacobian(self.kernel);
        let border = self.border(&self.free);
        let (n, k) = (inner.size(), self.free.len());
        let mut whole = Matrix::zeros(n + k);
        for row in 0..n {
            whole.row_mut(row)[..n].copy_from_slice(inner.row(row));
            for (s, column) in border.columns.iter().enumerate() {
                whole.row_mut(row)[n + s] = column[row];
            }
        }
        for (s, row) in border.rows.iter().enumerate() {
            whole.row_mut(n + s)[..n].copy_from_slice(row);
            whole.row_mut(n + s)[n..].copy_from_slice(border.corner.row(s));
        }
        whole
    }

    /// The inverse of the Jacobian, from the inverse for market clearing alone (of a nearby point)
    /// and the border. Abatement, which moves markets little, stays outside the border: it is
    /// corrected on the way. `None` where the border is singular.
    pub fn inverse(&self, inner: &Matrix) -> Option<Matrix> {
        let n = inner.size();
        let is_abater = |(condition, _): &&(usize, usize)| self.sides.is_abater(*condition);
        let bordered: Vec<(usize, usize)> = self.free.iter().filter(|s| !is_abater(s)).copied().collect();
        let k = bordered.len();
        let mut whole = Matrix::zeros(n + self.free.len());
        for row in 0..n {
            whole.row_mut(row)[..n].copy_from_slice(inner.row(row));
        }
        // conditions stand in the order quotas, mandates, abaters: the bordered ones come first
        for (s, (condition, piece)) in self.free.iter().enumerate().skip(k) {
            if let Condition::Abater(abater) = &self.sides.conditions[*condition] {
                whole.row_mut(n + s)[n + s] = 1.0 / abater.own_share(*piece);
            }
        }
        if k == 0 {
            return Some(whole);
        }
        let Border { columns, rows, corner } = self.border(&bordered);
        let applied: Vec<Vec<f64>> = columns
            .iter()
            .map(|column| {
                let mut out = vec![0.0; n];
                inner.apply(column, &mut out);
                out
            })
            .collect();
        let mut schur = Matrix::zeros(k);
        for (r, row) in rows.iter().enumerate() {
            for (s, column) in applied.iter().enumerate() {
                schur.row_mut(r)[s] = corner.row(r)[s] - dot(row, column);
            }
        }
        let schur = schur.inverse()?;
        // rows of the border times the inner inverse
        let through: Vec<Vec<f64>> = rows
            .iter()
            .map(|row| {
                let mut out = vec![0.0; n];
                for (weight, inner) in row.iter().zip((0..n).map(|v| inner.row(v))) {
                    if *weight != 0.0 {
                        add_multiple(&mut out, *weight, inner);
                    }
                }
                out
            })
            .collect();
        for s in 0..k {
            let mut row = vec![0.0; n];
            for (t, through) in through.iter().enumerate() {
                add_multiple(&mut row, -schur.row(s)[t], through);
            }
            for (v, applied) in applied[s].iter().enumerate().filter(|(_, applied)| **applied != 0.0) {
                let upper = whole.row_mut(v);
                add_multiple(&mut upper[..n], -applied, &row);
                add_multiple(&mut upper[n..n + k], -applied, schur.row(s));
            }
            let lower = whole.row_mut(n + s);
            lower[..n].copy_from_slice(&row);
            lower[n..n + k].copy_from_slice(schur.row(s));
        }
        Some(whole)
    }
}
