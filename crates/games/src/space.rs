//! Points of a space under limits, the function that says what they are worth, and what asks it.

use rayon::prelude::*;
use zollverein_numeric::dense::greatest;

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
    pub(super) function: &'a dyn Function<E>,
    pub(super) asked: usize,
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
        missed(self.space, values)
    }

    /// Whether one is better than another: fewer misses first, then the objective.
    pub(super) fn better(&self, one: &Values, other: &Values) -> bool {
        let (a, b) = (self.miss(one), self.miss(other));
        if a == b { one.objective > other.objective } else { a < b }
    }
}

/// The largest miss of a limit in its scale; 0 where all are kept, infinite where a limit is not a number.
#[must_use]
pub fn missed(space: &Space, values: &Values) -> f64 {
    let most = largest_miss(space, values);
    if most <= KEPT { 0.0 } else { most }
}

/// The same, however small.
#[must_use]
pub fn largest_miss(space: &Space, values: &Values) -> f64 {
    let misses = values.limits.iter().zip(&space.scales).map(|(limit, scale)| -limit / scale);
    let most = greatest(0.0, misses);
    if most.is_nan() { f64::INFINITY } else { most }
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
