//! The best point of a space of numbers and menus under limits (N1): sequential mixed-integer linear
//! programs find which limits bind, Newton's method on those finds the point.
//!
//! Knows only numbers. The function is asked exactly at every point; its slopes are its own where it
//! knows them, else fourth-order differences of exact answers.

use super::polish::{Kkt, polish};
use super::slopes::{self, Slopes};
use crate::engine::linear::{Backend, Program, Relation, Sense};
use rayon::prelude::*;

/// What a point is worth.
#[derive(Debug, Clone, PartialEq)]
pub struct Values {
    /// To be large.
    pub objective: f64,
    /// Each is kept where it is not below zero.
    pub limits: Vec<f64>,
}

/// A function of the points of a space. Any closure that gives [`Values`] is one that knows no slopes.
pub trait Function<E>: Sync {
    /// What a point is worth.
    ///
    /// # Errors
    /// The function's own.
    fn values(&self, point: &Point) -> Result<Values, E>;

    /// By number: how values move with one unit of it; others than those asked for may be left out. `None`, or
    /// nothing at all, where it is not known: at a kink, for instance.
    ///
    /// # Errors
    /// The function's own.
    fn slopes(&self, _point: &Point, _numbers: &[usize]) -> Result<Vec<Option<Values>>, E> {
        Ok(vec![])
    }
}

impl<E, F: Fn(&Point) -> Result<Values, E> + Sync> Function<E> for F {
    fn values(&self, point: &Point) -> Result<Values, E> {
        self(point)
    }
}

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

/// Where the best point is looked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Space {
    /// By number: its least and its most.
    pub bounds: Vec<(f64, f64)>,
    /// By menu: how many choices it has.
    pub menus: Vec<usize>,
    /// By limit: a size against which a miss is measured, above zero.
    pub scales: Vec<f64>,
}

impl Space {
    /// The point at a place of the unit box.
    pub(super) fn point(&self, unit: &[f64], choices: &[usize]) -> Point {
        let bounds = self.bounds.iter().zip(unit);
        let numbers = bounds.map(|((low, high), u)| if *u == 1.0 { *high } else { low + (high - low) * u });
        Point { numbers: numbers.collect(), choices: choices.to_vec() }
    }

    /// How many sets of choices there are; as many as can be counted where there are more.
    pub(super) fn sets(&self) -> usize {
        self.menus.iter().try_fold(1_usize, |all, menu| all.checked_mul(*menu)).unwrap_or(usize::MAX)
    }
}

/// A point: numbers in their units, and a choice from each menu.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// By number.
    pub numbers: Vec<f64>,
    /// By menu: the position of what is chosen.
    pub choices: Vec<usize>,
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

/// How the best point is looked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Search {
    /// Points to start from: the given one, then those of a Halton sequence.
    pub starts: usize,
    /// Sequential programs from each start at most.
    pub rounds: usize,
    /// All choices are tried by themselves where there are no more than this.
    pub branches: usize,
}

impl Default for Search {
    fn default() -> Self {
        Self { starts: 3, rounds: 40, branches: 64 }
    }
}

/// A limit is kept if it is missed by no more than this share of its scale.
pub const KEPT: f64 = 1e-8;

/// Slopes count as held, and a point as a local best, at a residual up to this.
pub const HELD: f64 = 1e-6;

/// Ends are as good as each other if their objectives differ by no more than this share.
pub const AS_GOOD: f64 = 1e-6;

/// A step that foresees to gain no more than this share of the largest slope is not taken.
const NO_GAIN: f64 = 1e-10;

/// The penalty on misses in a linear program, over the largest slope: above any price that matters.
pub(super) const PENALTY: f64 = 10.0;

/// The least penalty in the merit of a point, over the largest slope.
const LEAST_PENALTY: f64 = 1e-2;

/// The region in which a linear program is trusted, as a share of each number's range.
pub(super) struct Trust {
    /// At first.
    first: f64,
    /// In Newton's method, where a program says which limits bind.
    pub newton: f64,
    /// Below this the search ends.
    least: f64,
    /// A step that gains more than this share of what it foresaw doubles the region.
    good: f64,
    /// One that gains less than this share halves it.
    poor: f64,
    /// One that gains nothing cuts it to this share.
    cut: f64,
}

pub(super) const TRUST: Trust =
    Trust { first: 0.25, newton: 0.1, least: 1e-4, good: 0.75, poor: 0.25, cut: 0.3 };

/// A point in the unit box and what it is worth.
#[derive(Debug, Clone)]
pub(super) struct Here {
    pub unit: Vec<f64>,
    pub choices: Vec<usize>,
    pub values: Values,
}

/// What asks the function and counts.
pub(super) struct Asker<'a, E> {
    pub(super) space: &'a Space,
    function: &'a dyn Function<E>,
    asked: usize,
    /// The largest slope of the objective that was seen at any point.
    pub(super) steepest: f64,
}

impl<'a, E: Send> Asker<'a, E> {
    /// Asks a function about points of a space.
    pub(super) fn new(space: &'a Space, function: &'a dyn Function<E>) -> Self {
        Self { space, function, asked: 0, steepest: f64::MIN_POSITIVE }
    }

    /// How many choices each menu has.
    pub(super) fn menus(&self) -> &[usize] {
        &self.space.menus
    }

    /// The values at points of the unit box, in their order.
    pub(super) fn each(&mut self, points: &[(Vec<f64>, Vec<usize>)]) -> Result<Vec<Values>, E> {
        self.asked += points.len();
        let ask =
            |(unit, choices): &(Vec<f64>, Vec<usize>)| self.function.values(&self.space.point(unit, choices));
        let answers: Vec<Result<Values, E>> = points.par_iter().map(ask).collect();
        answers.into_iter().collect() // the first error in order
    }

    /// The function's own slopes along some numbers at points of the unit box, in their order: by number, across
    /// its whole range.
    pub(super) fn slopes(
        &self,
        points: &[(Vec<f64>, Vec<usize>)],
        numbers: &[usize],
    ) -> Result<Vec<Vec<Option<Values>>>, E> {
        let ask = |(unit, choices): &(Vec<f64>, Vec<usize>)| {
            let mut slopes = self.function.slopes(&self.space.point(unit, choices), numbers)?;
            for (slope, (low, high)) in slopes.iter_mut().zip(&self.space.bounds) {
                for slope in slope.iter_mut() {
                    slope.objective *= high - low;
                    slope.limits.iter_mut().for_each(|limit| *limit *= high - low);
                }
            }
            Ok(slopes)
        };
        let answers: Vec<Result<_, E>> = points.par_iter().map(ask).collect();
        answers.into_iter().collect() // the first error in order
    }

    pub(super) fn here(&mut self, unit: Vec<f64>, choices: Vec<usize>) -> Result<Here, E> {
        let point = (unit, choices);
        let mut values = self.each(std::slice::from_ref(&point))?;
        Ok(Here { unit: point.0, choices: point.1, values: values.swap_remove(0) })
    }

    pub(super) fn miss(&self, values: &Values) -> f64 {
        let misses = values.limits.iter().zip(&self.space.scales).map(|(limit, scale)| -limit / scale);
        let most = misses.fold(0.0, f64::max);
        if most <= KEPT { 0.0 } else { most }
    }

    /// Whether one is better than another: fewer misses first, then the objective.
    pub(super) fn better(&self, one: &Values, other: &Values) -> bool {
        let (a, b) = (self.miss(one), self.miss(other));
        if a == b { one.objective > other.objective } else { a < b }
    }
}

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

/// Where a point lies in the unit box.
pub(super) fn unit(space: &Space, point: &Point) -> (Vec<f64>, Vec<usize>) {
    let bounds = space.bounds.iter().zip(&point.numbers);
    let unit = bounds.map(|((low, high), x)| ((x - low) / (high - low)).clamp(0.0, 1.0));
    (unit.collect(), point.choices.clone())
}

/// A set of choices by its number.
pub(super) fn choice(space: &Space, mut set: usize) -> Vec<usize> {
    let mut choices = vec![];
    for menu in &space.menus {
        choices.push(set % menu);
        set /= menu;
    }
    choices
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

/// What a miss costs in the exact penalty: twice the dearest price, so that no miss ever pays.
pub(super) fn weight(space: &Space, prices: &[f64], size: f64) -> f64 {
    prices
        .iter()
        .zip(&space.scales)
        .map(|(price, scale)| 2.0 * price * scale)
        .fold(LEAST_PENALTY * size, f64::max)
}

/// The objective less the penalty on misses.
pub(super) fn merit(space: &Space, values: &Values, weight: f64) -> f64 {
    let misses = values.limits.iter().zip(&space.scales).map(|(limit, scale)| (-limit / scale).max(0.0));
    values.objective - weight * misses.sum::<f64>()
}

/// What a linear program around a point says.
pub(super) struct Step {
    unit: Vec<f64>,
    choices: Vec<usize>,
    /// What it foresees to be gained, misses counted at their penalty.
    foreseen: f64,
    /// By limit: its price.
    pub prices: Vec<f64>,
}

/// The step that the linear program foresees as best, and what it foresees to be gained.
pub(super) fn step(space: &Space, here: &Here, slopes: &Slopes, trust: f64, penalty: f64) -> Option<Step> {
    let mut program = Program::new(Sense::Maximise);
    let moves: Vec<usize> = here
        .unit
        .iter()
        .zip(&slopes.objective)
        .map(|(u, slope)| program.column(*slope, (-u).max(-trust), (1.0 - u).min(trust)))
        .collect();
    let mut switches = vec![];
    for other in &slopes.others {
        let change = other.values.objective - here.values.objective;
        switches.push(program.binary(change));
    }
    if !switches.is_empty() {
        // effects of two switches need not add up: one at a time
        program.row(switches.iter().map(|column| (*column, 1.0)).collect(), Relation::AtMost, 1.0);
    }
    for (at, scale) in space.scales.iter().enumerate() {
        let miss = program.column(-penalty, 0.0, f64::INFINITY);
        let mut entries: Vec<(usize, f64)> =
            moves.iter().zip(&slopes.limits[at]).map(|(column, slope)| (*column, slope / scale)).collect();
        for (column, other) in switches.iter().zip(&slopes.others) {
            entries.push((*column, (other.values.limits[at] - here.values.limits[at]) / scale));
        }
        entries.push((miss, 1.0));
        program.row(entries, Relation::AtLeast, -here.values.limits[at] / scale);
    }
    let found = program.solve(Backend::default()).ok()?;
    let before: f64 =
        here.values.limits.iter().zip(&space.scales).map(|(l, s)| penalty * (-l / s).max(0.0)).sum();
    let unit = here.unit.iter().zip(&moves).map(|(u, column)| snapped(u + found.columns[*column])).collect();
    let mut choices = here.choices.clone();
    for (column, other) in switches.iter().zip(&slopes.others) {
        if found.columns[*column] > 0.5 {
            choices[other.menu] = other.choice;
        }
    }
    let first = program.rows.len() - space.scales.len();
    let room = found.prices[first..].iter().zip(&space.scales);
    let prices = room.map(|(price, scale)| (-price / scale).max(0.0)).collect();
    Some(Step { unit, choices, foreseen: found.objective + before, prices })
}

/// A place of the unit box nearer to a side than this is at it.
const AT_SIDE: f64 = 1e-10;

/// Within the box, and at its side if next to it.
pub(super) fn snapped(u: f64) -> f64 {
    if u < AT_SIDE {
        0.0
    } else if u > 1.0 - AT_SIDE {
        1.0
    } else {
        u
    }
}
