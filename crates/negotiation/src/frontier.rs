//! The frontier (N2): how much of one objective must be given up for more of another.

use super::design::BestSoFar;
use super::talks::{Position, Talks, TalksError};
use super::worth::Worth;
use std::sync::Arc;
use zollverein_games::optimum::{self, Found, Point, Search, Status, Values, missed};

/// Agreements none of which is better in every objective than another.
#[derive(Debug, Clone, PartialEq)]
pub struct Frontier {
    /// The objectives, by position in the agenda: two or three.
    pub objectives: Vec<usize>,
    /// The agreements, in rising order of the second objective (and the third).
    pub points: Vec<FrontierPoint>,
    /// Targets at which no agreement was found that keeps all limits.
    pub missing: usize,
    /// Whether the sweep came to its end.
    pub complete: bool,
}

/// An agreement on the frontier.
#[derive(Debug, Clone, PartialEq)]
pub struct FrontierPoint {
    /// The point of the agenda.
    pub point: Point,
    /// How all stand there.
    pub position: Arc<Position>,
    /// By objective of [`Frontier::objectives`], in its unit.
    pub worth: Vec<f64>,
    /// How far slopes are from being held; 0 at a local best. `None` where the best point was met by a search
    /// that ended elsewhere.
    pub residual: Option<f64>,
}

impl FrontierPoint {
    /// How the search for it ended.
    #[must_use]
    pub fn status(&self) -> Status {
        Status::of(0.0, self.residual.unwrap_or(f64::INFINITY))
    }
}

/// The frontier between two or three objectives of the agenda, under the limits of the talks, by
/// ε-constraints (Haimes, Lasdon and Wismer 1971): the first is made as large as can be while the
/// others reach targets between what they are at the first one's best and their own best. An objective
/// with a weight below zero is to be small. Each search begins at the agreement before it.
///
/// # Errors
/// Objectives too few or too many; faults of a proposal, no equilibrium at one, the wish to stop
/// before an agreement was found.
pub fn frontier(talks: &Talks, objectives: &[usize], points: usize) -> Result<Frontier, TalksError> {
    talks.require(
        matches!(objectives.len(), 2 | 3) && points >= 2,
        "a frontier lies between two or three objectives, and has at least two points",
        "give two [[negotiation.objective]], or name two: --objectives one,other",
    )?;
    talks.require_movable()?;
    let sweep = Sweep { talks, objectives };
    let (mut found, mut missing, mut complete) = (vec![], 0, true);
    match sweep.all(points, &mut found, &mut missing) {
        Ok(()) => {}
        Err(TalksError::Stopped) if !found.is_empty() => complete = false,
        Err(error) => return Err(error),
    }
    Ok(Frontier { objectives: objectives.to_vec(), points: sweep.efficient(found), missing, complete })
}

struct Sweep<'a> {
    talks: &'a Talks,
    objectives: &'a [usize],
}

impl Sweep<'_> {
    /// Whether more of an objective is better: 1, else −1.
    fn sign(&self, k: usize) -> f64 {
        self.talks.agenda.objectives[self.objectives[k]].weight.signum()
    }

    /// The objectives at a position, each to be large.
    fn large(&self, position: &Position) -> Vec<f64> {
        (0..self.objectives.len()).map(|k| self.sign(k) * position.objectives[self.objectives[k]]).collect()
    }

    /// The best of one objective while others reach targets.
    fn best(
        &self,
        which: usize,
        targets: &[(usize, f64, f64)],
        start: &Point,
        search: &Search,
    ) -> Result<(Found, bool), TalksError> {
        let mut space = self.talks.space();
        space.scales.extend(targets.iter().map(|(_, _, scale)| *scale));
        let of = |_: &Point, position: &Position| {
            let large = self.large(position);
            let mut limits = self.talks.room(position);
            limits.extend(targets.iter().map(|(k, target, _)| large[*k] - target));
            Values { objective: large[which], limits }
        };
        let seen = BestSoFar::default();
        let see = |point: &Point, values: &Values| seen.see(&space, point, values);
        let asked = Worth { talks: self.talks, of: &of, see: &see };
        let mut found = optimum::best(&space, start, &asked, search)?;
        // a point asked on the way may be better than where the search ended, by more than what limits that are
        // kept but for rounding are worth
        let rounding = optimum::AS_GOOD * found.values.objective.abs();
        if let Some((point, values)) = seen.take()
            && missed(&space, &values) == 0.0
            && (found.miss > 0.0 || values.objective > found.values.objective + rounding)
        {
            // its slopes are not known
            let (residual, status) = (f64::INFINITY, Status::Stalled);
            found = Found { point, values, miss: 0.0, residual, status, prices: None, ..found };
        }
        let kept = found.miss == 0.0;
        Ok((found, kept))
    }

    fn all(
        &self,
        points: usize,
        found: &mut Vec<FrontierPoint>,
        missing: &mut usize,
    ) -> Result<(), TalksError> {
        let thorough = Search { starts: self.talks.agenda.starts, ..Search::default() };
        let count = self.objectives.len();
        // each alone, and then, among its best, the most of the others
        let mut ends = vec![];
        for which in 0..count {
            let (end, kept) = self.best(which, &[], &self.talks.start(), &thorough)?;
            if !kept {
                *missing += points;
                return Ok(()); // no agreement keeps all limits
            }
            self.put(&end, found)?;
            ends.push(end.point);
        }
        let worth: Vec<Vec<f64>> = found.iter().map(|end| self.large(&end.position)).collect();
        let range = |k: usize| {
            let low = worth.iter().map(|end| end[k]).fold(f64::INFINITY, f64::min);
            (low, worth[k][k])
        };
        let quick = Search { starts: 1, branches: 0, ..Search::default() };
        if count == 2 {
            let (low, high) = range(1);
            let mut from = ends[0].clone();
            for step in 1..points - 1 {
                let target = low + (high - low) * step as f64 / (points - 1) as f64;
                from = self.towards(
                    &[(1, target, (high - low).max(1e-9))],
                    &from,
                    &ends[1],
                    &quick,
                    found,
                    missing,
                )?;
            }
            return Ok(());
        }
        let side = points.isqrt().max(2);
        let ((low, high), (low_3, high_3)) = (range(1), range(2));
        for row in 0..side {
            let mut from = ends[0].clone();
            for column in 0..side {
                let share = |at: usize| at as f64 / (side - 1) as f64;
                let targets = [
                    (1, low + (high - low) * share(row), (high - low).max(1e-9)),
                    (2, low_3 + (high_3 - low_3) * share(column), (high_3 - low_3).max(1e-9)),
                ];
                from = self.towards(&targets, &from, &ends[1], &quick, found, missing)?;
            }
        }
        Ok(())
    }

    /// The best of the first objective with targets for others, from the agreement before, and from
    /// the other end where that fails.
    fn towards(
        &self,
        targets: &[(usize, f64, f64)],
        from: &Point,
        end: &Point,
        search: &Search,
        found: &mut Vec<FrontierPoint>,
        missing: &mut usize,
    ) -> Result<Point, TalksError> {
        let (mut next, mut kept) = self.best(0, targets, from, search)?;
        if !kept {
            (next, kept) = self.best(0, targets, end, search)?;
        }
        if kept {
            self.put(&next, found)?;
            return Ok(next.point);
        }
        *missing += 1;
        Ok(from.clone())
    }

    fn put(&self, end: &Found, found: &mut Vec<FrontierPoint>) -> Result<(), TalksError> {
        let position = self.talks.position_despite_stop(&end.point)?;
        let worth = self.objectives.iter().map(|objective| position.objectives[*objective]).collect();
        let residual = Some(end.residual).filter(|residual| residual.is_finite());
        found.push(FrontierPoint { point: end.point.clone(), position, worth, residual });
        Ok(())
    }

    /// Those than which no other is better in every objective, sorted by the second objective and on.
    fn efficient(&self, mut found: Vec<FrontierPoint>) -> Vec<FrontierPoint> {
        let large: Vec<Vec<f64>> = found.iter().map(|one| self.large(&one.position)).collect();
        let beaten = |at: usize| {
            (0..large.len()).any(|other| {
                let better = large[other].iter().zip(&large[at]).all(|(a, b)| a >= b);
                let same = large[other] == large[at];
                other != at && better && (!same || other < at)
            })
        };
        let kept: Vec<bool> = (0..found.len()).map(|at| !beaten(at)).collect();
        let mut flags = kept.into_iter();
        found.retain(|_| flags.next().unwrap_or(true));
        found.sort_by(|a, b| {
            let (a, b) = (self.large(&a.position), self.large(&b.position));
            let order = a[1..].iter().zip(&b[1..]).map(|(a, b)| a.total_cmp(b));
            order.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
        });
        found
    }
}
