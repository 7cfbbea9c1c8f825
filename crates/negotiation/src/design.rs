//! Design (N1): the agreement that is worth most under everybody's red lines, the price of each red
//! line, and, where red lines conflict, which.

use super::pool::Pool;
use super::talks::{Position, Talks, TalksError};
use super::worth::Worth;
use std::sync::{Arc, Mutex, PoisonError};
use zollverein_games::miss;
use zollverein_games::optimum::{
    self, Found, KEPT, Point, Search, Space, Status, Values, largest_miss, missed,
};

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
    /// By limit: what one unit more room adds to the objective (its shadow price); `None` where that is not known.
    pub prices: Option<Vec<f64>>,
    /// How far slopes are from being held by bounds and limits; 0 at a local best.
    pub residual: f64,
    /// How the search ended.
    pub status: Status,
    /// Whether every limit is kept.
    pub kept: bool,
    /// How many of the searches ended as well as this one, and how many there were.
    pub agree: (usize, usize),
    /// How often the model was asked.
    pub asked: usize,
    /// How many points were tried; the answer was set against each of them.
    pub tried: usize,
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

/// The best agreement on a negotiation's agenda. Every point that the searches ask about is kept, and a point
/// that keeps the limits and is better than the one found is searched from in turn: none that was tried beats the
/// answer.
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
    let before = talks.position(&talks.start())?;
    let pool = Pool::default();
    let of = |_: &Point, position: &Position| talks.worth(position);
    let see = |point: &Point, values: &Values| pool.see(point, values.clone());
    let values = Worth { talks, of: &of, see: &see };
    let searched = Searched { space: talks.space(), pool: &pool, values: &values };
    let found = match searched.best(&talks.start(), &search) {
        Ok(found) => Some(found),
        Err(TalksError::Stopped) => None,
        Err(error) => return Err(error),
    };
    let Some(mut found) = found else { return stopped(talks, &searched, before) };
    let mut conflict = None;
    if found.miss > 0.0 {
        conflict = self::conflict(talks, &searched, &found.point)?;
        // the search for what conflicts may have come upon a point that keeps all limits
        match searched.bettered(found.clone()) {
            Ok(better) if better.miss == 0.0 => (found, conflict) = (better, None),
            Ok(_) | Err(TalksError::Stopped) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Design {
        objective: found.values.objective,
        position: talks.position_despite_stop(&found.point)?,
        room: found.values.limits,
        point: found.point,
        before,
        prices: found.prices,
        residual: found.residual,
        status: found.status,
        kept: found.miss == 0.0,
        agree: found.agree,
        asked: found.asked,
        tried: pool.len(),
        complete: true,
        conflict,
    })
}

/// A space with every point of it that was asked about.
struct Searched<'a> {
    space: Space,
    pool: &'a Pool<Values>,
    values: &'a Worth<'a>,
}

impl Searched<'_> {
    /// The best point found, which no point that was tried beats.
    fn best(&self, start: &Point, search: &Search) -> Result<Found, TalksError> {
        self.bettered(optimum::best(&self.space, start, self.values, search)?)
    }

    /// The largest miss of a limit in its scale, however small.
    fn miss(&self, values: &Values) -> f64 {
        largest_miss(&self.space, values)
    }

    /// The point that was tried and is better than another one: it misses no limit by more, and is worth more
    /// than rounding makes of it.
    fn better(&self, than: &Found) -> Option<(Point, Values)> {
        let miss = if than.miss > 0.0 { KEPT } else { self.miss(&than.values) };
        let worth = |values: &Values| (self.miss(values) <= miss).then_some(values.objective);
        let (point, values, worth) = self.pool.best(worth)?;
        let own = than.values.objective;
        (than.miss > 0.0 || worth - own > 1e-9 * own.abs().max(worth.abs())).then_some((point, values))
    }

    /// A point that was found, or what searches from better ones lead to.
    fn bettered(&self, mut found: Found) -> Result<Found, TalksError> {
        const TIMES: usize = 8;
        let nearby = Search { starts: 1, branches: 0, ..Search::default() };
        for _ in 0..TIMES {
            let Some((point, _)) = self.better(&found) else { return Ok(found) };
            let next = optimum::best(&self.space, &point, self.values, &nearby)?;
            let (asked, ended) = (found.asked + next.asked, found.agree.1 + next.agree.1);
            if next.miss == 0.0 && (found.miss > 0.0 || next.values.objective > found.values.objective) {
                found = Found { agree: (1, ended), asked, ..next };
            } else {
                (found.asked, found.agree.1) = (asked, ended);
                break;
            }
        }
        // a search that begins at a better point and ends at a worse one says nothing of slopes there
        if let Some((point, values)) = self.better(&found) {
            let (residual, status) = (f64::INFINITY, Status::Stalled);
            found = Found { point, values, prices: None, residual, miss: 0.0, status, ..found };
        }
        Ok(found)
    }
}

/// What is known where the search was stopped.
fn stopped(talks: &Talks, searched: &Searched<'_>, before: Arc<Position>) -> Result<Design, TalksError> {
    let kept = |values: &Values| searched.miss(values) <= KEPT;
    let best = searched.pool.best(|values| kept(values).then_some(values.objective));
    let nearest = || searched.pool.best(|values| Some(-searched.miss(values)));
    let (point, values, _) = best.or_else(nearest).ok_or(TalksError::Stopped)?;
    let position = talks.position_despite_stop(&point)?;
    Ok(Design {
        objective: values.objective,
        prices: None,
        status: Status::Stopped,
        kept: kept(&values),
        room: values.limits,
        point,
        position,
        before,
        residual: f64::NAN,
        agree: (1, 1),
        asked: talks.watch.solved().0,
        tried: searched.pool.len(),
        complete: false,
        conflict: None,
    })
}

/// The smallest set of limits that conflict, by leaving one out after the other (a deletion filter;
/// Chinneck and Dravnieks 1991), and the least miss of all; `None` if a point keeps all after all.
/// Each trial is a local search from the point found and from the proposal.
fn conflict(talks: &Talks, searched: &Searched<'_>, near: &Point) -> Result<Option<Conflict>, TalksError> {
    let starts = [near.clone(), talks.start()];
    let least = |limits: &[usize]| -> Result<(Point, f64), TalksError> {
        let mut best: Option<(Point, f64)> = None;
        for start in &starts {
            let (point, miss) = miss::least(&searched.space, start, limits, searched.values)?;
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
