//! Bargains over the whole agenda (N3): which agreement the rules of fairness choose, with numbers and
//! menus free within everybody's red lines.
//!
//! No search of this kind proves that there is nothing better elsewhere. What can be held is that nothing that
//! was tried is better: every point that any search has asked about is kept, each rule begins at the best of
//! them by its own criterion, and its answer is set against all of them in the end.

use super::bargaining::Rule;
use super::miss;
use super::optimum::{self, KEPT, Point, Search, Space, Values};
use super::pool::Pool;
use super::talks::{Position, Talks, TalksError};
use rayon::prelude::*;
use std::sync::Arc;

/// What the rules choose.
#[derive(Debug, Clone, PartialEq)]
pub struct Bargains {
    /// The parties that sign, by position; gains, powers and ideals are in this order.
    pub parties: Vec<usize>,
    /// By party: its bargaining power.
    pub powers: Vec<f64>,
    /// By party: the most that it gains in any agreement that was tried, million USD a year; 0 where none was
    /// found.
    pub ideals: Vec<f64>,
    /// By rule, in the order asked for; `None` where the search found no agreement that leaves everyone better
    /// off (of the largest sum: none that leaves nobody worse off).
    pub agreed: Vec<(Rule, Option<Agreed>)>,
    /// How many agreements that keep every limit were tried; each answer was set against all of them.
    pub tried: usize,
    /// Whether all searches came to their end; else these are the best that were tried until then.
    pub complete: bool,
}

/// What a rule chooses.
#[derive(Debug, Clone, PartialEq)]
pub struct Agreed {
    /// The point of the agenda.
    pub point: Point,
    /// How all stand there.
    pub position: Arc<Position>,
    /// By party: its gain against no agreement, million USD a year.
    pub gains: Vec<f64>,
    /// How far slopes are from being held, 0 at a local best; `None` where no search ended there.
    pub residual: Option<f64>,
}

/// The agreements that rules of bargaining choose. Gains are payoffs less those without an agreement,
/// and powers are the parties' `bargaining_power`:
///
/// ```text
/// Nash                 max Σ power · ln(gain)
/// egalitarian          max t   with gain ≥ power · t
/// Kalai-Smorodinsky    max t   with gain ≥ t · ideal,   ideal: the party's largest gain in any agreement
/// utilitarian          max Σ power · gain
/// ```
///
/// All four are looked for whichever are asked for, since each is where others begin: an answer does not depend
/// on what else is asked.
///
/// # Errors
/// Fewer than two parties that sign; faults of a proposal, no equilibrium at one, the wish to stop
/// before an agreement was found.
pub fn bargains(talks: &Talks, rules: &[Rule]) -> Result<Bargains, TalksError> {
    let parties = talks.agenda.signatories.clone();
    talks.require(
        parties.len() >= 2,
        "a bargain is between at least two parties that sign",
        "add a [[party]], or name more signatories",
    )?;
    talks.require_movable()?;
    let powers = parties.iter().map(|party| talks.parties[*party].power.max(1e-9)).collect();
    let mut table = Table { talks, parties, powers, pool: Pool::default(), ends: vec![] };
    let complete = match table.search() {
        Ok(()) => true,
        Err(TalksError::Stopped) if table.pool.len() > 0 => false,
        Err(error) => return Err(error),
    };
    Ok(table.answer(rules, complete))
}

/// From one place with every set of choices.
const EVERYWHERE: Search = Search { starts: 1, rounds: 40, branches: 64 };
/// From one place with the choices that it has.
const NEARBY: Search = Search { starts: 1, rounds: 40, branches: 0 };
/// Points spread over the agenda, for each start that the scenario asks for.
const SPREAD: usize = 8;
/// Where points are put between each two parties' ideals.
const BETWEEN: [f64; 3] = [0.25, 0.5, 0.75];
/// How often rules take up what other rules have found.
const PASSES: usize = 6;
/// Places nearer than this share of the agenda's numbers are one place to begin at.
const NEAR: f64 = 0.02;

/// An agreement that was tried: it keeps every limit and leaves nobody worse off.
#[derive(Debug, Clone)]
struct Tried {
    position: Arc<Position>,
    gains: Vec<f64>,
}

/// Where a search for a rule ended.
struct End {
    rule: Rule,
    point: Point,
    residual: f64,
}

struct Table<'a> {
    talks: &'a Talks,
    parties: Vec<usize>,
    powers: Vec<f64>,
    pool: Pool<Tried>,
    ends: Vec<End>,
}

impl Table<'_> {
    /// All searches.
    fn search(&mut self) -> Result<(), TalksError> {
        let corners = self.corners()?;
        self.between(&corners)?;
        for pass in 0..PASSES {
            let mut moved = false;
            for rule in [Rule::Egalitarian, Rule::KalaiSmorodinsky, Rule::Utilitarian, Rule::Nash] {
                let Some((begin, _, worth)) = self.best(rule) else { continue };
                let own = self.own(rule).map(|(_, own)| own);
                if own.is_some_and(|own| !rule.is_larger(worth, own)) {
                    continue;
                }
                moved = true;
                self.run(rule, &begin, if pass == 0 { &EVERYWHERE } else { &NEARBY })?;
                if pass > 0 {
                    continue;
                }
                let others: Vec<Point> = self.ends.iter().map(|end| end.point.clone()).collect();
                let mut begun = vec![begin];
                for start in corners.iter().chain(&others) {
                    let ended = self.ends.iter().filter(|end| end.rule == rule).map(|end| &end.point);
                    if !begun.iter().chain(ended).any(|known| self.are_near(known, start)) {
                        self.run(rule, start, &NEARBY)?;
                        begun.push(start.clone());
                    }
                }
            }
            if !moved {
                break;
            }
        }
        Ok(())
    }

    /// By party: the agreement that is best for it, of those found.
    fn corners(&self) -> Result<Vec<Point>, TalksError> {
        let space = self.space();
        let spread = optimum::spread(&space, SPREAD * self.talks.agenda.starts);
        let asked: Vec<Result<Values, TalksError>> =
            spread.par_iter().map(|point| self.values(point, &|_| 0.0)).collect();
        asked.into_iter().collect::<Result<Vec<_>, _>>()?;
        let mut corners = vec![];
        for k in 0..self.parties.len() {
            let gain = |gains: &[f64]| gains[k];
            let begin = self.pool.best(|one| Some(one.gains[k])).map(|(point, ..)| point);
            let begin = match begin {
                Some(point) => point,
                None => self.allowed(&space, &spread)?,
            };
            let _ = self.largest(&begin, &gain, &EVERYWHERE)?;
            corners.extend(self.pool.best(|one| Some(one.gains[k])).map(|(point, ..)| point));
        }
        Ok(corners)
    }

    /// A point that keeps every limit if one is found from the proposal or some others, else the proposal.
    fn allowed(&self, space: &Space, others: &[Point]) -> Result<Point, TalksError> {
        let all: Vec<usize> = (0..space.scales.len()).collect();
        let function = |point: &Point| self.values(point, &|_| 0.0);
        for start in std::iter::once(&self.talks.start()).chain(others.iter().take(self.talks.agenda.starts))
        {
            let (point, miss) = miss::least(space, start, &all, &function)?;
            if miss <= KEPT {
                return Ok(point);
            }
        }
        Ok(self.talks.start())
    }

    /// Tries points between the corners, with the choices of either.
    fn between(&self, corners: &[Point]) -> Result<(), TalksError> {
        let mut points = vec![];
        for (at, one) in corners.iter().enumerate() {
            for other in &corners[at + 1..] {
                for share in BETWEEN {
                    let pairs = one.numbers.iter().zip(&other.numbers);
                    let numbers: Vec<f64> = pairs.map(|(a, b)| a + share * (b - a)).collect();
                    points.push(Point { numbers: numbers.clone(), choices: one.choices.clone() });
                    points.push(Point { numbers, choices: other.choices.clone() });
                }
            }
        }
        let asked: Vec<Result<Values, TalksError>> =
            points.par_iter().map(|point| self.values(point, &|_| 0.0)).collect();
        asked.into_iter().collect::<Result<Vec<_>, _>>().map(|_| ())
    }

    fn are_near(&self, one: &Point, other: &Point) -> bool {
        let numbers = self.talks.agenda.numbers.iter().zip(one.numbers.iter().zip(&other.numbers));
        let far = numbers.map(|(number, (a, b))| (a - b).abs() / (number.bounds.1 - number.bounds.0));
        one.choices == other.choices && far.fold(0.0, f64::max) <= NEAR
    }

    /// By party: the most that it gains in any agreement tried.
    fn ideals(&self) -> Vec<f64> {
        let most =
            |k: usize| self.pool.best(|one| Some(one.gains[k])).map_or(0.0, |(.., gain)| gain.max(0.0));
        let ideals: Vec<f64> = (0..self.parties.len()).map(most).collect();
        let largest = ideals.iter().copied().fold(0.0, f64::max);
        // what is nothing beside the others' gains is nothing
        ideals.into_iter().map(|ideal| if ideal > 1e-9 * largest.max(1e-9) { ideal } else { 0.0 }).collect()
    }

    /// The best agreement tried by a rule's criterion.
    fn best(&self, rule: Rule) -> Option<(Point, Tried, f64)> {
        let ideals = self.ideals();
        self.pool.best(|one| rule.criterion(&one.gains, &self.powers, &ideals))
    }

    /// The best of the ends of a rule's own searches, and its criterion there.
    fn own(&self, rule: Rule) -> Option<(&End, f64)> {
        let ideals = self.ideals();
        let mut best: Option<(&End, f64)> = None;
        for end in self.ends.iter().filter(|end| end.rule == rule) {
            let Some(one) = self.pool.get(&end.point) else { continue };
            let Some(own) = rule.criterion(&one.gains, &self.powers, &ideals) else { continue };
            if best.is_none_or(|(_, known)| own > known) {
                best = Some((end, own));
            }
        }
        best
    }

    /// The talks' limits, and no party's gain below zero where the talks do not ask for that.
    fn space(&self) -> Space {
        let mut space = self.talks.space();
        if !self.talks.agenda.nobody_loses {
            space.scales.extend(self.parties.iter().map(|_| 1.0));
        }
        space
    }

    /// The gains at a point and the room of its limits; an agreement is kept in the pool.
    fn tried(&self, point: &Point) -> Result<(Vec<f64>, Vec<f64>), TalksError> {
        let position = self.talks.position(point)?;
        let all = self.talks.gains(&position);
        let gains: Vec<f64> = self.parties.iter().map(|party| all[*party]).collect();
        let mut limits = self.talks.room(&position);
        if !self.talks.agenda.nobody_loses {
            limits.extend(&gains);
        }
        let scales = self.space().scales;
        if limits.iter().zip(&scales).all(|(limit, scale)| *limit >= -KEPT * scale) {
            self.pool.see(point, Tried { position, gains: gains.clone() });
        }
        Ok((gains, limits))
    }

    fn values(&self, point: &Point, objective: &dyn Fn(&[f64]) -> f64) -> Result<Values, TalksError> {
        let (gains, limits) = self.tried(point)?;
        Ok(Values { objective: objective(&gains), limits })
    }

    /// The largest of an objective of gains, and how far slopes are from being held there.
    fn largest(
        &self,
        start: &Point,
        objective: &(dyn Fn(&[f64]) -> f64 + Sync),
        search: &Search,
    ) -> Result<(Point, f64), TalksError> {
        let values = |point: &Point| self.values(point, objective);
        let found = optimum::best(&self.space(), start, &values, search)?;
        Ok((found.point, found.residual))
    }

    /// The largest t with `gain ≥ t · share` for every party, from what a start has of it.
    fn common(&self, start: &Point, shares: &[f64], search: &Search) -> Result<(Point, f64), TalksError> {
        let ideals = self.ideals();
        let most = ideals.iter().zip(shares).map(|(ideal, share)| ideal / share);
        // a party's ideal may turn out to be larger than it is known to be
        let most = 1.05 * most.fold(f64::INFINITY, f64::min);
        let mut space = self.space();
        space.bounds.push((0.0, most));
        space.scales.extend(shares.iter().map(|share| share * most));
        let values = |point: &Point| {
            let (numbers, t) = point.numbers.split_at(point.numbers.len() - 1);
            let own = Point { numbers: numbers.to_vec(), choices: point.choices.clone() };
            let (gains, mut limits) = self.tried(&own)?;
            limits.extend(gains.iter().zip(shares).map(|(gain, share)| gain - t[0] * share));
            Ok::<_, TalksError>(Values { objective: t[0], limits })
        };
        let (gains, _) = self.tried(start)?;
        let least = gains.iter().zip(shares).map(|(gain, share)| gain / share).fold(most, f64::min);
        let mut start = start.clone();
        start.numbers.push(least.max(0.0));
        let found = optimum::best(&space, &start, &values, search)?;
        let mut point = found.point;
        point.numbers.pop();
        Ok((point, found.residual))
    }

    /// A search for a rule; where it ends is kept.
    fn run(&mut self, rule: Rule, start: &Point, search: &Search) -> Result<(), TalksError> {
        let ideals = self.ideals();
        let can_gain = ideals.iter().all(|ideal| *ideal > 0.0);
        if rule != Rule::Utilitarian && !can_gain {
            return Ok(());
        }
        let powers = &self.powers;
        let (point, residual) = match rule {
            Rule::Egalitarian => self.common(start, powers, search)?,
            Rule::KalaiSmorodinsky => self.common(start, &ideals, search)?,
            Rule::Utilitarian => {
                let sum = |gains: &[f64]| gains.iter().zip(powers).map(|(gain, power)| gain * power).sum();
                self.largest(start, &sum, search)?
            }
            Rule::Nash => {
                let logs = |gains: &[f64]| {
                    let parts = gains.iter().zip(powers).zip(&ideals);
                    parts.map(|((gain, power), ideal)| power * log(gain / ideal)).sum()
                };
                self.largest(start, &logs, search)?
            }
        };
        self.ends.push(End { rule, point, residual });
        Ok(())
    }

    /// What each rule chooses among all that was tried.
    fn answer(&self, rules: &[Rule], complete: bool) -> Bargains {
        let agreed = |rule: Rule| {
            let (mut point, mut tried, worth) = self.best(rule)?;
            let mut residual = None;
            if let Some((end, own)) = self.own(rule)
                && !rule.is_larger(worth, own)
                && let Some(known) = self.pool.get(&end.point)
            {
                (point, tried, residual) = (end.point.clone(), known, Some(end.residual));
            }
            let all_gain = tried.gains.iter().all(|gain| *gain > 0.0);
            (all_gain || rule == Rule::Utilitarian).then(|| Agreed {
                point,
                position: tried.position,
                gains: tried.gains,
                residual,
            })
        };
        Bargains {
            parties: self.parties.clone(),
            powers: self.powers.clone(),
            ideals: self.ideals(),
            agreed: rules.iter().map(|rule| (*rule, agreed(*rule))).collect(),
            tried: self.pool.len(),
            complete,
        }
    }
}

/// The logarithm, and below a thousandth its tangent there, so that a search that strays sees its way back.
fn log(share: f64) -> f64 {
    const LEAST: f64 = 1e-3;
    if share >= LEAST { share.ln() } else { LEAST.ln() + (share - LEAST) / LEAST }
}
