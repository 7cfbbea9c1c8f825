//! Design (N1): the agreement that is worth most under everybody's red lines, the price of each red
//! line, and, where red lines conflict, which.

use super::miss;
use super::optimum::{self, KEPT, Point, Search, Space, Values};
use super::talks::{Position, Talks, TalksError};
use std::sync::{Arc, Mutex, PoisonError};

/// The best agreement found.
#[derive(Debug, Clone, PartialEq)]
pub struct Design {
    /// The point of the agenda.
    pub point: Point,
    /// How all stand there, by the exact model.
    pub position: Arc<Position>,
    /// How all stand at the proposal of the scenario.
    pub before: Arc<Position>,
    /// All objectives, added up by their weights.
    pub objective: f64,
    /// By limit of [`Talks::limits`]: its room, in its unit.
    pub room: Vec<f64>,
    /// By limit: what one unit more room adds to the objective (its shadow price).
    pub prices: Vec<f64>,
    /// How far slopes are from being held by bounds and limits; 0 at a local best.
    pub residual: f64,
    /// Whether every limit is kept.
    pub kept: bool,
    /// How many of the searches ended as well as this one, and how many there were.
    pub agree: (usize, usize),
    /// How often the model was asked.
    pub asked: usize,
    /// Whether the search came to its end; else this is the best so far.
    pub complete: bool,
    /// What conflicts, where no agreement keeps all limits.
    pub conflict: Option<Conflict>,
}

/// Limits that no point of the agenda was found to keep together.
#[derive(Debug, Clone, PartialEq)]
pub struct Conflict {
    /// Those that conflict, by position: without any one of them the others can be kept.
    pub limits: Vec<usize>,
    /// The least that the most missed limit is missed by, all limits asked for, in shares of its scale.
    pub least: f64,
    /// The point at which they are missed so little.
    pub point: Point,
    /// By limit: its room there, in its unit.
    pub room: Vec<f64>,
}

/// The best feasible point asked so far, for a search that is stopped.
#[derive(Debug, Default)]
pub(super) struct BestSoFar(Mutex<Option<(Point, Values, f64)>>);

impl BestSoFar {
    pub fn see(&self, space: &Space, point: &Point, values: &Values) {
        let miss = missed(space, values);
        let mut best = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let better = best.as_ref().is_none_or(|(known, worth, least)| {
            miss < *least
                || (miss == *least
                    && (values.objective > worth.objective
                        // of equals the first in order, so that threads do not matter
                        || (values.objective == worth.objective && point.numbers < known.numbers)))
        });
        if better {
            *best = Some((point.clone(), values.clone(), miss));
        }
    }

    pub fn take(self) -> Option<(Point, Values)> {
        let best = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        best.map(|(point, values, _)| (point, values))
    }
}

/// The largest miss of a limit in its scale; 0 where all are kept.
pub(super) fn missed(space: &Space, values: &Values) -> f64 {
    let misses = values.limits.iter().zip(&space.scales).map(|(limit, scale)| -limit / scale);
    let most = misses.fold(0.0, f64::max);
    if most <= KEPT { 0.0 } else { most }
}

/// The best agreement on a negotiation's agenda.
///
/// # Errors
/// Faults of a proposal, no equilibrium at one, the wish to stop before one was tried.
pub fn design(talks: &Talks) -> Result<Design, TalksError> {
    talks.require_movable()?;
    talks.require(
        !talks.agenda.objectives.is_empty(),
        "the negotiation wants nothing, and nobody signs",
        "add [[negotiation.objective]], or name signatories",
    )?;
    let search = Search { starts: talks.agenda.starts, ..Search::default() };
    search_for(talks, &search, &|point| talks.values(point))
}

/// The best point by a function of points on the agenda, with the limits of the talks first.
pub(super) fn search_for(
    talks: &Talks,
    search: &Search,
    values: &(dyn Fn(&Point) -> Result<Values, TalksError> + Sync),
) -> Result<Design, TalksError> {
    let space = talks.space();
    let before = talks.position(&talks.start())?;
    let best = BestSoFar::default();
    let seen = |point: &Point| {
        let found = values(point)?;
        best.see(&space, point, &found);
        Ok(found)
    };
    let found = match optimum::best(&space, &talks.start(), &seen, search) {
        Ok(found) => Some(found),
        Err(TalksError::Stopped) => None,
        Err(error) => return Err(error),
    };
    let Some(found) = found else { return stopped(talks, best, before) };
    let position = talks.position(&found.point)?;
    let kept = found.miss == 0.0;
    let conflict = if kept { None } else { conflict(talks, &found.point)? };
    Ok(Design {
        objective: found.values.objective,
        room: found.values.limits,
        point: found.point,
        position,
        before,
        prices: found.prices,
        residual: found.residual,
        kept,
        agree: found.agree,
        asked: found.asked,
        complete: true,
        conflict,
    })
}

/// What is known where the search was stopped.
fn stopped(talks: &Talks, best: BestSoFar, before: Arc<Position>) -> Result<Design, TalksError> {
    let (point, values) = best.take().ok_or(TalksError::Stopped)?;
    let position = talks.position_despite_stop(&point)?;
    Ok(Design {
        objective: values.objective,
        prices: vec![0.0; values.limits.len()],
        kept: missed(&talks.space(), &values) == 0.0,
        room: values.limits,
        point,
        position,
        before,
        residual: f64::NAN,
        agree: (1, 1),
        asked: talks.watch.solved().0,
        complete: false,
        conflict: None,
    })
}

/// The smallest set of limits that conflict, by leaving one out after the other (a deletion filter;
/// Chinneck and Dravnieks 1991), and the least miss of all; `None` if a point keeps all after all.
/// Each trial is a local search from the point found and from the proposal.
fn conflict(talks: &Talks, near: &Point) -> Result<Option<Conflict>, TalksError> {
    let space = talks.space();
    let function = |point: &Point| talks.values(point);
    let starts = [near.clone(), talks.start()];
    let least = |limits: &[usize]| -> Result<(Point, f64), TalksError> {
        let mut best: Option<(Point, f64)> = None;
        for start in &starts {
            let (point, miss) = miss::least(&space, start, limits, &function)?;
            if best.as_ref().is_none_or(|(_, known)| miss < *known) {
                best = Some((point, miss));
            }
            if miss <= KEPT {
                break;
            }
        }
        best.ok_or(TalksError::Stopped)
    };
    let mut limits: Vec<usize> = (0..talks.limits.len()).collect();
    let (point, miss) = match least(&limits) {
        Ok((_, miss)) if miss <= KEPT => return Ok(None),
        Ok(found) => found,
        Err(TalksError::Stopped) => return Ok(None),
        Err(error) => return Err(error),
    };
    for limit in 0..talks.limits.len() {
        let others: Vec<usize> = limits.iter().copied().filter(|at| *at != limit).collect();
        match least(&others) {
            Ok((_, miss)) if miss > KEPT => limits = others,
            Ok(_) | Err(TalksError::Stopped) => {}
            Err(error) => return Err(error),
        }
    }
    let room = talks.room(&*talks.position_despite_stop(&point)?);
    Ok(Some(Conflict { limits, least: miss, point, room }))
}
