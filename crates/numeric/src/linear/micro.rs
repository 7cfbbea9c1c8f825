//! microlp: no C++, and no duals. Prices come from a second solve, of the dual program.

use super::{LinearError, Program, Relation, Sense, Solution};
use good_lp::{ResolutionError, Solution as _, SolverModel};

pub(super) fn solve(program: &Program) -> Result<Solution, LinearError> {
    let columns = values(program)?;
    let objective = program.columns.iter().zip(&columns).map(|(column, value)| column.cost * value).sum();
    let prices =
        if program.rows.is_empty() || !program.whole.is_empty() { vec![] } else { values(&dual(program))? };
    let sign = if program.sense == Sense::Minimise { 1.0 } else { -1.0 };
    let prices = prices.into_iter().take(program.rows.len()).map(|price| price * sign).collect();
    Ok(Solution { objective, columns, prices })
}

fn values(program: &Program) -> Result<Vec<f64>, LinearError> {
    let (variables, columns, objective) = program.modelled();
    let problem = match program.sense {
        Sense::Minimise => variables.minimise(objective),
        Sense::Maximise => variables.maximise(objective),
    };
    let mut problem = problem.using(good_lp::microlp);
    for row in &program.rows {
        problem.add_constraint(row.modelled(&columns));
    }
    match problem.solve() {
        Ok(solution) => Ok(columns.iter().map(|column| solution.value(*column)).collect()),
        Err(ResolutionError::Infeasible) => Err(LinearError::Infeasible(vec![])),
        Err(ResolutionError::Unbounded) => Err(LinearError::Unbounded),
        Err(other) => Err(LinearError::Gave(other.to_string())),
    }
}

/// The dual of `min c·x`, rows against their right sides, `l ≤ x ≤ u`: the largest
/// `b·y + l·z − u·w` with `Aᵀy + z − w = c` and `z, w ≥ 0` where the bound is finite.
fn dual(program: &Program) -> Program {
    let sign = if program.sense == Sense::Minimise { 1.0 } else { -1.0 };
    let mut dual = Program::new(Sense::Maximise);
    let mut of_row = vec![];
    for row in &program.rows {
        let (lower, upper) = match row.relation {
            Relation::AtMost => (f64::NEG_INFINITY, 0.0),
            Relation::AtLeast => (0.0, f64::INFINITY),
            Relation::Equal => (f64::NEG_INFINITY, f64::INFINITY),
        };
        of_row.push(dual.column(row.right, lower, upper));
    }
    let mut entries = vec![vec![]; program.columns.len()];
    for (price, row) in of_row.iter().zip(&program.rows) {
        for (column, coefficient) in &row.entries {
            entries[column.0].push((*price, *coefficient));
        }
    }
    for (column, mut entries) in program.columns.iter().zip(entries) {
        if column.lower.is_finite() {
            entries.push((dual.column(column.lower, 0.0, f64::INFINITY), 1.0));
        }
        if column.upper.is_finite() {
            entries.push((dual.column(-column.upper, 0.0, f64::INFINITY), -1.0));
        }
        dual.row(entries, Relation::Equal, sign * column.cost);
    }
    dual
}
