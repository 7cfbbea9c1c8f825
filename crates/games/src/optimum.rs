//! The best point of a space of numbers and menus under limits (N1): sequential mixed-integer linear
//! programs find which limits bind, Newton's method on those finds the point.
//!
//! Knows only numbers. The function is asked exactly at every point; its slopes are its own where it
//! knows them, else fourth-order differences of exact answers.

use crate::polish::{Kkt, polish};
use crate::programs::{PENALTY, TRUST, merit, step, weight};
use crate::slopes::{self, Slopes};
use crate::space::{Asker, Here, choice, unit};
pub use crate::space::{Function, KEPT, Point, Search, Space, Values, largest_miss, missed};

/// How a search ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// All limits are kept, and slopes are held: a local best.
    Converged,
    /// No point was found that keeps all limits; this is the one that misses least.
    LimitsMissed,
    /// All limits are kept, and the search came no further although slopes are not held: a better point may
    /// lie near.
    Stalled,
    /// Somebody asked to stop; this is the best so far.
    Stopped,
}

impl Status {
    /// Of a point that misses limits by `miss` and whose slopes are held but for `residual`.
    #[must_use]
    pub fn of(miss: f64, residual: f64) -> Self {
        if miss > 0.0 {
            Self::LimitsMissed
        } else if residual <= HELD {
            Self::Converged
        } else {
            Self::Stalled
        }
    }

    /// Its name in answers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Converged => "converged",
            Self::LimitsMissed => "limits_missed",
            Self::Stalled => "stalled",
            Self::Stopped => "stopped",
        }
    }
}

/// The best point found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The point.
    pub point: Point,
    /// What it is worth.
    pub values: Values,
    /// By limit: what one unit more room adds to the objective; its shadow price. `None` where nothing
    /// says what it is: the program for prices failed, or the point was met by chance.
    pub prices: Option<Vec<f64>>,
    /// The largest slope that neither a bound nor a limit holds, over the largest slope of the
    /// objective seen at any point, both across a number's whole range. A local optimum has 0 (Karush,
    /// Kuhn, Tucker).
    pub residual: f64,
    /// The largest miss of a limit in its scale; 0 where all are kept.
    pub miss: f64,
    /// How the search ended.
    pub status: Status,
    /// How many starts and branches ended as well as this one, and how many there were.
    pub agree: (usize, usize),
    /// How often the function was asked.
    pub asked: usize,
}

/// Slopes count as held, and a point as a local best, at a residual up to this.
pub const HELD: f64 = 1e-6;

/// Ends are as good as each other if their objectives differ by no more than this share.
pub const AS_GOOD: f64 = 1e-6;

/// A step that foresees to gain no more than this share of the largest slope is not taken.
const NO_GAIN: f64 = 1e-10;

/// The best point of a space, by a function that gives what a point is worth. It is a local best in
/// the numbers; among the choices it is the best if there are no more than [`Search::branches`] sets
/// of them, else no single other choice is better.
///
/// # Errors
/// The function's own.
pub fn best<E: Send>(
    space: &Space,
    start: &Point,
    function: &dyn Function<E>,
    search: &Search,
) -> Result<Found, E> {
    let mut asker = Asker::new(space, function);
    let mut ends: Vec<(Here, Option<Kkt>)> = vec![];
    for number in 0..search.starts.max(1) {
        let (unit, choices) = if number == 0 { unit(space, start) } else { halton(space, number) };
        let here = asker.here(unit, choices)?;
        let here = sequence(&mut asker, here, search.rounds)?;
        ends.push(polish(&mut asker, here)?);
    }
    let mut first = top(&asker, &ends);
    let sets = space.sets();
    if sets <= search.branches {
        for set in 0..sets {
            let choices = choice(space, set);
            if ends.iter().any(|(end, _)| end.choices == choices) {
                continue;
            }
            let here = asker.here(ends[first].0.unit.clone(), choices)?;
            let here = numbers_only(&mut asker, here, search.rounds)?;
            ends.push(polish(&mut asker, here)?);
        }
        first = top(&asker, &ends);
    }
    let (here, kkt) = &ends[first];
    let as_good = |(end, _): &&(Here, Option<Kkt>)| {
        let gap = (end.values.objective - here.values.objective).abs();
        asker.miss(&end.values) <= asker.miss(&here.values) + KEPT
            && gap <= AS_GOOD * here.values.objective.abs().max(1e-9)
    };
    let miss = asker.miss(&here.values);
    let residual = kkt.as_ref().map_or(f64::INFINITY, |kkt| kkt.residual);
    let agree = (ends.iter().filter(as_good).count(), ends.len());
    Ok(Found {
        point: space.point(&here.unit, &here.choices),
        values: here.values.clone(),
        prices: kkt.as_ref().map(|kkt| kkt.prices.clone()),
        residual,
        miss,
        status: Status::of(miss, residual),
        agree,
        asked: asker.asked,
    })
}

fn top<E: Send>(asker: &Asker<'_, E>, ends: &[(Here, Option<Kkt>)]) -> usize {
    let mut first = 0;
    for (at, (end, _)) in ends.iter().enumerate() {
        if asker.better(&end.values, &ends[first].0.values) {
            first = at;
        }
    }
    first
}

/// A point of the Halton sequence (Halton 1960), a prime to each number and menu.
fn halton(space: &Space, number: usize) -> (Vec<f64>, Vec<usize>) {
    let mut primes = (2_usize..).filter(|n| (2..*n).take_while(|d| d * d <= *n).all(|d| n % d != 0));
    let mut next = || {
        let base = primes.next().unwrap_or(2);
        let (mut left, mut part, mut sum) = (number, 1.0, 0.0);
        while left > 0 {
            part /= base as f64;
            sum += part * (left % base) as f64;
            left /= base;
        }
        sum
    };
    let unit = space.bounds.iter().map(|_| next()).collect();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // below the menu's length
    let choices = space.menus.iter().map(|menu| (next() * *menu as f64) as usize).collect();
    (unit, choices)
}

/// Sequential programs in numbers and choices together.
fn sequence<E: Send>(asker: &mut Asker<'_, E>, here: Here, rounds: usize) -> Result<Here, E> {
    programs(asker, here, rounds, true)
}

/// Sequential programs in numbers alone.
fn numbers_only<E: Send>(asker: &mut Asker<'_, E>, here: Here, rounds: usize) -> Result<Here, E> {
    programs(asker, here, rounds, false)
}

/// Each program is linear around the last point, within a region in which that is to be trusted; a
/// step is taken if the exact answer is better, by an exact penalty on misses (Fletcher 1987, ch. 12).
fn programs<E: Send>(
    asker: &mut Asker<'_, E>,
    mut here: Here,
    rounds: usize,
    menus: bool,
) -> Result<Here, E> {
    let mut trust = TRUST.first;
    let mut slopes: Option<Slopes> = None;
    let mut penalty = 0.0_f64;
    for _ in 0..rounds {
        let around = match slopes.take() {
            Some(known) => known,
            None => slopes::around(asker, &here.unit, &here.choices, &here.values, menus)?,
        };
        let size = around.size();
        penalty = penalty.max(PENALTY * size);
        let Some(step) = step(asker.space, &here, &around, trust, penalty) else { break };
        if step.foreseen <= NO_GAIN * size {
            break;
        }
        let next = asker.here(step.unit, step.choices)?;
        let weight = weight(asker.space, &step.prices, size);
        let gained = merit(asker.space, &next.values, weight) - merit(asker.space, &here.values, weight);
        let foreseen = step.foreseen;
        if gained > 0.0 {
            here = next;
            trust = if gained > TRUST.good * foreseen {
                (2.0 * trust).min(1.0)
            } else if gained < TRUST.poor * foreseen {
                0.5 * trust
            } else {
                trust
            };
        } else {
            slopes = Some(around);
            trust *= TRUST.cut;
        }
        if trust < TRUST.least {
            break;
        }
    }
    Ok(here)
}
