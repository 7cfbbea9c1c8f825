//! Which constraints conflict: a set that cannot be met together, while all its parts can
//! (an irreducible infeasible set, found by the deletion filter of Chinneck and Dravnieks, 1991).

use super::{Backend, ColumnId, Program, Relation, RowId, Solver};

/// The rows that conflict. Bounds of columns always stand; none if they conflict by themselves.
pub(super) fn rows(program: &Program, backend: Backend) -> Vec<RowId> {
    let mut elastic = Program { rows: vec![], sense: super::Sense::Minimise, ..program.clone() };
    for column in &mut elastic.columns {
        column.cost = 0.0;
    }
    // each row gets columns of its own that break it; closed, they hold it
    let mut breaks = vec![];
    for (id, row) in program.rows() {
        let mut entries = row.entries.clone();
        let mut own = vec![];
        if row.relation != Relation::AtMost {
            let lacks = elastic.column(0.0, 0.0, 0.0);
            own.push(lacks);
            entries.push((lacks, 1.0));
        }
        if row.relation != Relation::AtLeast {
            let exceeds = elastic.column(0.0, 0.0, 0.0);
            own.push(exceeds);
            entries.push((exceeds, -1.0));
        }
        elastic.row(entries, row.relation, row.right);
        breaks.push((id, own));
    }
    let Ok(mut solver) = Solver::new(elastic, backend) else { return vec![] };
    let mut kept: Vec<RowId> = vec![];
    for (id, own) in &breaks {
        open(&mut solver, own, f64::INFINITY);
        if met(&mut solver) {
            // without this row the rest can be met: it belongs to the conflict
            open(&mut solver, own, 0.0);
            kept.push(*id);
        }
    }
    kept
}

fn open(solver: &mut Solver, own: &[ColumnId], upper: f64) {
    for column in own {
        let changed = super::Column { upper, ..*solver.program().column_of(*column) };
        // cannot fail: the numbers are ours
        let _ = solver.change(*column, changed);
    }
}

/// Whether all rows that are still closed can be met.
fn met(solver: &mut Solver) -> bool {
    solver.solve_plainly().is_ok()
}
