//! What points of an agenda are worth, with slopes from the response of the model.

use super::talks::{APART, Position, Talks, TalksError};
use zollverein_games::optimum::{Function, Point, Values};
use zollverein_model::engine::tangent::{Step, slope, steps};

/// What points are worth, as a function of how all stand there: its slopes are those of positions. Numbers of
/// a point beyond the agenda's are the function's own.
pub(super) struct Worth<'a> {
    pub talks: &'a Talks,
    /// What a point is worth.
    pub of: &'a (dyn Fn(&Point, &Position) -> Values + Sync),
    /// Sees every point that is asked about.
    pub see: &'a (dyn Fn(&Point, &Values) + Sync),
}

/// Sees nothing.
pub(super) fn unseen(_: &Point, _: &Values) {}

impl Worth<'_> {
    /// The point of the agenda within a point.
    fn own(&self, point: &Point) -> Point {
        let numbers = point.numbers[..self.talks.agenda.numbers.len()].to_vec();
        Point { numbers, choices: point.choices.clone() }
    }

    fn slopes_along(&self, point: &Point, number: usize, along: &[(Step, &Position)]) -> Values {
        let mut steps = vec![];
        let mut found = vec![];
        for (step, position) in along {
            let mut aside = point.clone();
            aside.numbers[number] += step.by;
            steps.push(*step);
            found.push((self.of)(&aside, position));
        }
        let limits = found.first().map_or(0, |values| values.limits.len());
        Values {
            objective: slope(&steps, found.iter().map(|values| values.objective)),
            limits: (0..limits).map(|at| slope(&steps, found.iter().map(|v| v.limits[at]))).collect(),
        }
    }
}

impl Function<TalksError> for Worth<'_> {
    fn values(&self, point: &Point) -> Result<Values, TalksError> {
        let position = self.talks.position(&self.own(point))?;
        let values = (self.of)(point, &position);
        (self.see)(point, &values);
        Ok(values)
    }

    fn slopes(&self, point: &Point, numbers: &[usize]) -> Result<Vec<Option<Values>>, TalksError> {
        let own = self.own(point);
        let mut slopes: Vec<Option<Values>> = vec![];
        for (number, asides) in self.talks.tangents(&own, numbers)?.into_iter().enumerate() {
            slopes.push(asides.map(|asides| {
                let along: Vec<_> = asides.iter().map(|aside| (aside.step, &aside.position)).collect();
                self.slopes_along(point, number, &along)
            }));
        }
        let position = self.talks.position(&own)?;
        for number in own.numbers.len()..point.numbers.len() {
            let at = point.numbers[number];
            let steps = steps(at, f64::NEG_INFINITY, f64::INFINITY, APART * at.abs().max(APART));
            let along: Vec<_> = steps.iter().map(|step| (*step, &*position)).collect();
            slopes.push(Some(self.slopes_along(point, number, &along)));
        }
        Ok(slopes)
    }
}
