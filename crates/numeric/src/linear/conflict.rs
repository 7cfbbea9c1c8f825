//! Which constraints conflict: a set that cannot be met together, while all its parts can
//! (an irreducible infeasible set, found by the deletion filter of Chinneck and Dravnieks, 1991).

use super::{Backend, Program, Relation, Solver};

/// The rows that conflict. Bounds of columns always stand; none if they conflict by themselves.
pub(super) fn rows(program: &Program, backend: Backend) -> Vec<usize> {
    let mut elastic = Program { rows: vec![], sense: super::Sense::Minimise, ..program.clone() };
    for column in &mut elastic.columns {
        column.cost = 0.0;
    }
    // each row gets columns of its own that break it; closed, they hold it
    let mut breaks = vec![];
    for row in &program.rows {
        let mut entries = row.entries.clone();
        let mut own = vec![];
        if row.relation != Relation::AtMost {
            own.push(elastic.column(0.0, 0.0, 0.0));
            entries.push((own[own.len() - 1], 1.0));
        }
        if row.relation != Relation::AtLeast {
            own.push(elastic.column(0.0, 0.0, 0.0));
            entries.push((own[own.len() - 1], -1.0));
        }
        elastic.row(entries, row.relation, row.right);
        breaks.push(own);
    }
    let Ok(mut solver) = Solver::new(elastic, backend) else { return vec![] };
    let mut kept: Vec<usize> = vec![];
    for (position, own) in breaks.iter().enumerate() {
        open(&mut solver, own, f64::INFINITY);
        if met(&mut solver) {
            // without this row the rest can be met: it belongs to the conflict
            open(&mut solver, own, 0.0);
            kept.push(position);
        }
    }
    kept
}

fn open(solver: &mut Solver, own: &[usize], upper: f64) {
    for column in own {
        let changed = super::Column { upper, ..solver.program().columns[*column] };
        // cannot fail: the numbers are ours
        let _ = solver.change(*column, changed);
    }
}

/// Whether all rows that are still closed can be met.
fn met(solver: &mut Solver) -> bool {
    solver.solve_plainly().is_ok()
}
