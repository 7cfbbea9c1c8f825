//! The least miss: how near a point can come to keeping limits that conflict.

use crate::slopes::{self, Slopes};
use crate::space::{Asker, Function, Here, Point, Search, Space, Values, choice, snapped, unit};
use zollverein_numeric::dense::greatest;
use zollverein_numeric::linear::{Backend, ColumnId, Program, Relation, Sense};

/// The point at which the most missed of some limits is missed least, in shares of its scale, near a
/// start; 0 or less means that all of them are kept. Found by sequential linear programs in the numbers,
/// and in every set of choices where there are no more than [`Search::branches`] of them by default.
///
/// # Errors
/// The function's own.
pub fn least<E: Send>(
    space: &Space,
    start: &Point,
    limits: &[usize],
    function: &dyn Function<E>,
) -> Result<(Point, f64), E> {
    let mut asker = Asker::new(space, function);
    let miss = |values: &Values| {
        greatest(f64::NEG_INFINITY, limits.iter().map(|at| -values.limits[*at] / space.scales[*at]))
    };
    let sets = space.sets();
    let all = sets <= Search::default().branches;
    let mut best: Option<(Here, f64)> = None;
    for set in 0..if all { sets } else { 1 } {
        let (unit, own) = unit(space, start);
        let mut here = asker.here(unit, if all { choice(space, set) } else { own })?;
        let mut trust = 0.25_f64;
        while trust > 1e-3 && miss(&here.values) > 0.0 && !space.bounds.is_empty() {
            let slopes = slopes::around(&mut asker, &here.unit, &here.choices, &here.values, false)?;
            let mut moved = false;
            while !moved && trust > 1e-3 {
                let Some(unit) = towards(space, &here, &slopes, limits, trust) else { break };
                let next = asker.here(unit, here.choices.clone())?;
                moved = miss(&next.values) < miss(&here.values) - 1e-9;
                if moved {
                    here = next;
                } else {
                    trust *= 0.3;
                }
            }
            if !moved {
                break;
            }
        }
        let missed = miss(&here.values);
        if best.as_ref().is_none_or(|(_, known)| missed < *known) {
            best = Some((here, missed));
        }
        if missed <= 0.0 {
            break;
        }
    }
    let (here, missed) = match best {
        Some(found) => found,
        None => (asker.here(unit(space, start).0, start.choices.clone())?, 0.0),
    };
    Ok((space.point(&here.unit, &here.choices), missed))
}

/// The step that a linear program foresees to lower the largest miss of some limits most.
fn towards(space: &Space, here: &Here, slopes: &Slopes, limits: &[usize], trust: f64) -> Option<Vec<f64>> {
    let mut program = Program::new(Sense::Minimise);
    let most = program.column(1.0, 0.0, f64::INFINITY);
    let moves: Vec<ColumnId> =
        here.unit.iter().map(|u| program.column(0.0, (-u).max(-trust), (1.0 - u).min(trust))).collect();
    for at in limits {
        let scale = space.scales[*at];
        let mut entries: Vec<(ColumnId, f64)> =
            moves.iter().zip(&slopes.limits[*at]).map(|(column, slope)| (*column, slope / scale)).collect();
        entries.push((most, 1.0));
        program.row(entries, Relation::AtLeast, -here.values.limits[*at] / scale);
    }
    let found = program.solve(Backend::default()).ok()?;
    Some(here.unit.iter().zip(&moves).map(|(u, column)| snapped(u + found.value(*column))).collect())
}
