//! Newton's method on the limits and bounds that bind, and how far a point is from an optimum (Karush, Kuhn, Tucker).

use crate::programs::{PENALTY, TRUST, merit, step, weight};
use crate::slopes::{self, Slopes};
use crate::space::{Asker, Here, KEPT, Space, snapped};
use zollverein_numeric::dense::{Matrix, dot};
use zollverein_numeric::linear::{Backend, ColumnId, Program, Relation, Sense};

/// Limits with less room than this share of their scale count as binding.
const BINDING: f64 = 1e-7;

/// The residual at which Newton's method stops: what differences of answers can tell from 0.
const POLISHED: f64 = 1e-9;

/// Above this residual a linear program says better than the point's own prices which limits will bind.
const FAR: f64 = 1e-4;

/// Shares of the largest slope by which curvature is bent the right way, tried in turn.
const DAMPINGS: [f64; 4] = [0.0, 0.1, 1.0, 10.0];

/// A Newton step that does not better the point is taken nevertheless if it lowers the residual to this share,
/// misses limits by no more than [`STRAY`] and loses no more than that share of the largest slope.
const CLOSER: f64 = 0.9;

/// Where a Newton step lowers the residual to no more than this share, the next one takes the same curvature.
const FAST: f64 = 0.1;

/// How far a Newton step may stray from limits and from the objective on its way.
const STRAY: f64 = 1e-3;

/// Newton's method may lose this share of the objective it began with, and no more.
const LOST: f64 = 1e-9;

/// How far a point is from an optimum, and the prices that say so.
#[derive(Debug, Clone)]
pub(super) struct Kkt {
    pub residual: f64,
    pub prices: Vec<f64>,
    /// By number: whether a bound holds it.
    held: Vec<bool>,
}

/// Prices of binding limits that leave the least slope unheld, by a linear program:
/// `min t` with `|f' + Σ λ g'| ≤ t` inside, `≤ t` at a low bound, `≥ −t` at a high one, `λ ≥ 0`.
/// `None` where the program has no answer: then no price is known.
fn kkt(space: &Space, here: &Here, slopes: &Slopes, steepest: f64) -> Option<Kkt> {
    let size = steepest;
    let mut program = Program::new(Sense::Minimise);
    let t = program.column(1.0, 0.0, f64::INFINITY);
    let mut binding = vec![];
    for (at, scale) in space.scales.iter().enumerate() {
        if here.values.limits[at] <= BINDING * scale {
            binding.push((at, program.column(0.0, 0.0, f64::INFINITY), slopes.of_limit(at)));
        }
    }
    for (i, u) in here.unit.iter().enumerate() {
        let entries: Vec<(ColumnId, f64)> =
            binding.iter().map(|(at, column, own)| (*column, slopes.limits[*at][i] / own)).collect();
        let right = -slopes.objective[i] / size;
        if *u < 1.0 {
            let with: Vec<_> = entries.iter().copied().chain([(t, -1.0)]).collect();
            program.row(with, Relation::AtMost, right);
        }
        if *u > 0.0 {
            let with: Vec<_> = entries.into_iter().chain([(t, 1.0)]).collect();
            program.row(with, Relation::AtLeast, right);
        }
    }
    let mut prices = vec![0.0; space.scales.len()];
    if !binding.is_empty() {
        let found = program.solve(Backend::default()).ok()?;
        for (at, column, own) in &binding {
            prices[*at] = found.value(*column).max(0.0) * size / own;
        }
    }
    Some(judged(here, slopes, prices, steepest))
}

/// How far a point is from an optimum at given prices.
fn judged(here: &Here, slopes: &Slopes, prices: Vec<f64>, steepest: f64) -> Kkt {
    let size = steepest;
    let (mut residual, mut held) = (0.0_f64, vec![]);
    for (i, u) in here.unit.iter().enumerate() {
        let slope = slopes.objective[i]
            + prices.iter().enumerate().map(|(at, p)| p * slopes.limits[at][i]).sum::<f64>();
        let holds = (*u <= 0.0 && slope <= 0.0) || (*u >= 1.0 && slope >= 0.0);
        held.push(holds);
        if !holds {
            residual = residual.max(slope.abs() / size);
        }
    }
    Kkt { residual, prices, held }
}

/// Newton's method on the limits and bounds that bind, until slopes are held to [`POLISHED`]. Ends where the
/// program for prices fails, without prices.
pub(super) fn polish<E: Send>(asker: &mut Asker<'_, E>, mut here: Here) -> Result<(Here, Option<Kkt>), E> {
    const ROUNDS: usize = 20;
    let space = asker.space;
    let mut slopes = slopes::around(asker, &here.unit, &here.choices, &here.values, false)?;
    let Some(mut state) = kkt(space, &here, &slopes, asker.steepest) else { return Ok((here, None)) };
    let before = (here.clone(), state.clone());
    // the curvature found last, with the numbers it is of
    let mut known: Option<(Vec<usize>, Matrix)> = None;
    for _ in 0..ROUNDS {
        if state.residual <= POLISHED && asker.miss(&here.values) == 0.0 {
            break;
        }
        // far from the optimum a linear program says which limits will bind
        let guess = match step(space, &here, &slopes, TRUST.newton, PENALTY * slopes.size()) {
            Some(step) if state.residual > FAR => judged(&here, &slopes, step.prices, asker.steepest),
            _ => state.clone(),
        };
        let cost = weight(space, &guess.prices, slopes.size());
        let free: Vec<usize> = (0..here.unit.len()).filter(|i| !guess.held[*i]).collect();
        if free.is_empty() {
            break;
        }
        let (curved, again) = match known.take() {
            Some((of, curved)) if of == free => (curved, true),
            _ => (slopes::curvature(asker, &here, &slopes, &free, &guess.prices)?, false),
        };
        let mut moved = false;
        for damping in DAMPINGS {
            let Some(unit) = newton(space, &here, &slopes, &guess, &free, &curved, damping) else { continue };
            let next = asker.here(unit, here.choices.clone())?;
            let around = slopes::around(asker, &next.unit, &next.choices, &next.values, false)?;
            let Some(after) = kkt(space, &next, &around, asker.steepest) else { continue };
            let (miss, missed) = (asker.miss(&next.values), asker.miss(&here.values));
            let falls = merit(space, &here.values, cost) - merit(space, &next.values, cost);
            let closer = after.residual < CLOSER * state.residual
                && miss <= missed.max(STRAY)
                && falls <= STRAY * slopes.size();
            if asker.better(&next.values, &here.values) || closer || falls < 0.0 {
                // slopes that fall fast show that curvature is still good enough
                if around.exact && damping == 0.0 && after.residual <= FAST * state.residual {
                    known = Some((free.clone(), curved.clone()));
                }
                (here, slopes, state, moved) = (next, around, after, true);
                break;
            }
        }
        // curvature of an earlier point may be to blame
        if !moved && !again {
            break;
        }
    }
    // steps towards held slopes may lead downhill where the function bends the wrong way
    let lost = before.0.values.objective - here.values.objective;
    let no_nearer = asker.miss(&before.0.values) <= asker.miss(&here.values);
    if no_nearer && lost > LOST * before.0.values.objective.abs() {
        return Ok((before.0, Some(before.1)));
    }
    Ok((here, Some(state)))
}

/// One step of Newton's method on the Lagrangian of the binding limits, cut where a bound or another
/// limit is met. `damping` bends curvature the right way where the point is no top yet.
fn newton(
    space: &Space,
    here: &Here,
    slopes: &Slopes,
    state: &Kkt,
    free: &[usize],
    curved: &Matrix,
    damping: f64,
) -> Option<Vec<f64>> {
    let working: Vec<usize> = (0..space.scales.len())
        .filter(|at| state.prices[*at] > 0.0 || here.values.limits[*at] < -KEPT * space.scales[*at])
        .take(free.len())
        .collect();
    let (n, m) = (free.len(), working.len());
    let mut matrix = Matrix::zeros(n + m);
    let mut right = vec![0.0; n + m];
    for (row, i) in free.iter().enumerate() {
        matrix.row_mut(row)[..n].copy_from_slice(curved.row(row));
        matrix.row_mut(row)[row] -= damping * slopes.size();
        right[row] = -slopes.objective[*i];
        for (k, at) in working.iter().enumerate() {
            matrix.row_mut(row)[n + k] = slopes.limits[*at][*i];
            matrix.row_mut(n + k)[row] = slopes.limits[*at][*i];
        }
    }
    for (k, at) in working.iter().enumerate() {
        right[n + k] = -here.values.limits[*at];
    }
    let solved = matrix.solve(&right)?;
    let mut moves = vec![0.0; here.unit.len()];
    for (i, by) in free.iter().zip(&solved) {
        moves[*i] = *by;
    }
    let mut whole = 1.0_f64;
    for (u, by) in here.unit.iter().zip(&moves) {
        let room = if *by > 0.0 { 1.0 - u } else { *u };
        if by.abs() > room {
            whole = whole.min(room / by.abs());
        }
    }
    for at in (0..space.scales.len()).filter(|at| !working.contains(at)) {
        let falls = -dot(&slopes.limits[at], &moves);
        let room = here.values.limits[at].max(0.0);
        if falls > room {
            whole = whole.min(room / falls);
        }
    }
    (whole > 1e-12).then(|| here.unit.iter().zip(&moves).map(|(u, by)| snapped(u + whole * by)).collect())
}
