//! One step of sequential linear programming: the best point of a trusted region, by slopes.

use crate::slopes::Slopes;
use crate::space::{Here, Space, Values, snapped};
use zollverein_numeric::linear::{Backend, ColumnId, Program, Relation, Sense};

/// The penalty on misses in a linear program, over the largest slope: above any price that matters.
pub(super) const PENALTY: f64 = 10.0;

/// The least penalty in the merit of a point, over the largest slope.
const LEAST_PENALTY: f64 = 1e-2;

/// The region in which a linear program is trusted, as a share of each number's range.
pub(super) struct Trust {
    /// At first.
    pub first: f64,
    /// In Newton's method, where a program says which limits bind.
    pub newton: f64,
    /// Below this the search ends.
    pub least: f64,
    /// A step that gains more than this share of what it foresaw doubles the region.
    pub good: f64,
    /// One that gains less than this share halves it.
    pub poor: f64,
    /// One that gains nothing cuts it to this share.
    pub cut: f64,
}

pub(super) const TRUST: Trust =
    Trust { first: 0.25, newton: 0.1, least: 1e-4, good: 0.75, poor: 0.25, cut: 0.3 };

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
    pub unit: Vec<f64>,
    pub choices: Vec<usize>,
    /// What it foresees to be gained, misses counted at their penalty.
    pub foreseen: f64,
    /// By limit: its price.
    pub prices: Vec<f64>,
}

/// The step that the linear program foresees as best, and what it foresees to be gained.
pub(super) fn step(space: &Space, here: &Here, slopes: &Slopes, trust: f64, penalty: f64) -> Option<Step> {
    let mut program = Program::new(Sense::Maximise);
    let moves: Vec<ColumnId> = here
        .unit
        .iter()
        .zip(&slopes.objective)
        .map(|(u, slope)| program.column(*slope, (-u).max(-trust), (1.0 - u).min(trust)))
        .collect();
    let mut switches: Vec<ColumnId> = vec![];
    for other in &slopes.others {
        let change = other.values.objective - here.values.objective;
        switches.push(program.binary(change));
    }
    if !switches.is_empty() {
        // effects of two switches need not add up: one at a time
        program.row(switches.iter().map(|column| (*column, 1.0)).collect(), Relation::AtMost, 1.0);
    }
    let mut rows = vec![];
    for (at, scale) in space.scales.iter().enumerate() {
        let miss = program.column(-penalty, 0.0, f64::INFINITY);
        let mut entries: Vec<(ColumnId, f64)> =
            moves.iter().zip(&slopes.limits[at]).map(|(column, slope)| (*column, slope / scale)).collect();
        for (column, other) in switches.iter().zip(&slopes.others) {
            entries.push((*column, (other.values.limits[at] - here.values.limits[at]) / scale));
        }
        entries.push((miss, 1.0));
        rows.push(program.row(entries, Relation::AtLeast, -here.values.limits[at] / scale));
    }
    let found = program.solve(Backend::default()).ok()?;
    let before: f64 =
        here.values.limits.iter().zip(&space.scales).map(|(l, s)| penalty * (-l / s).max(0.0)).sum();
    let unit = here.unit.iter().zip(&moves).map(|(u, column)| snapped(u + found.value(*column))).collect();
    let mut choices = here.choices.clone();
    for (column, other) in switches.iter().zip(&slopes.others) {
        if found.value(*column) > 0.5 {
            choices[other.menu] = other.choice;
        }
    }
    let room = rows.iter().zip(&space.scales);
    let prices = room.map(|(row, scale)| (-found.price(*row) / scale).max(0.0)).collect();
    Some(Step { unit, choices, foreseen: found.objective + before, prices })
}
