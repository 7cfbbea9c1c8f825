//! Bargains over the whole agenda (N3): which agreement the rules of fairness choose, with numbers and
//! menus free within everybody's red lines.

use super::bargaining::Rule;
use super::optimum::{self, Point, Search, Space, Values};
use super::talks::{Position, Talks, TalksError};
use std::sync::Arc;

/// What the rules choose.
#[derive(Debug, Clone, PartialEq)]
pub struct Bargains {
    /// The parties that sign, by position; gains and ideals are in this order.
    pub parties: Vec<usize>,
    /// By party: the most that it can gain in any agreement, million USD a year.
    pub ideals: Vec<f64>,
    /// By rule, in the order asked for; `None` where no agreement is found that leaves everyone better off.
    pub agreed: Vec<(Rule, Option<Agreed>)>,
    /// Whether all searches came to their end; else rules are missing.
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
    /// How far slopes are from being held; 0 at a local best.
    pub residual: f64,
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
/// # Errors
/// Fewer than two parties that sign; faults of a proposal, no equilibrium at one, the wish to stop
/// before the first rule was done.
pub fn bargains(talks: &Talks, rules: &[Rule]) -> Result<Bargains, TalksError> {
    let parties = talks.agenda.signatories.clone();
    talks.require(
        parties.len() >= 2,
        "a bargain is between at least two parties that sign",
        "add a [[party]], or name more signatories",
    )?;
    talks.require_movable()?;
    let table = Table { talks, parties: &parties };
    let mut ideals = vec![];
    for k in 0..parties.len() {
        let objective = |gains: &[f64]| gains[k];
        let found = table.best(&talks.start(), &objective)?;
        ideals.push(if found.miss == 0.0 { found.values.objective.max(0.0) } else { 0.0 });
    }
    let mut bargains = Bargains { parties: parties.clone(), ideals, agreed: vec![], complete: true };
    let most = bargains.ideals.iter().copied().fold(0.0, f64::max);
    let all_can_gain = bargains.ideals.iter().all(|ideal| *ideal > 1e-9 * most.max(1e-9));
    if !all_can_gain {
        bargains.agreed = rules.iter().map(|rule| (*rule, None)).collect();
        return Ok(bargains);
    }
    let mut fair: Option<Point> = None; // the egalitarian point, once known
    for rule in rules {
        match table.agreed(*rule, &bargains.ideals, &mut fair) {
            Ok(agreed) => bargains.agreed.push((*rule, agreed)),
            Err(TalksError::Stopped) if !bargains.agreed.is_empty() => {
                bargains.complete = false;
                break;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(bargains)
}

/// One start each: every set of choices is searched besides, and rules begin where others ended.
const SEARCH: Search = Search { starts: 1, rounds: 40, branches: 64 };

struct Table<'a> {
    talks: &'a Talks,
    parties: &'a [usize],
}

impl Table<'_> {
    fn gains(&self, position: &Position) -> Vec<f64> {
        let all = self.talks.gains(position);
        self.parties.iter().map(|party| all[*party]).collect()
    }

    fn powers(&self) -> Vec<f64> {
        self.parties.iter().map(|party| self.talks.parties[*party].power.max(1e-9)).collect()
    }

    /// The talks' limits, and no party's gain below zero where the talks do not ask for that.
    fn space(&self) -> Space {
        let mut space = self.talks.space();
        if !self.talks.agenda.nobody_loses {
            space.scales.extend(self.parties.iter().map(|_| 1.0));
        }
        space
    }

    fn limits(&self, position: &Position, gains: &[f64]) -> Vec<f64> {
        let mut limits = self.talks.room(position);
        if !self.talks.agenda.nobody_loses {
            limits.extend(gains);
        }
        limits
    }

    fn best(
        &self,
        start: &Point,
        objective: &(dyn Fn(&[f64]) -> f64 + Sync),
    ) -> Result<optimum::Found, TalksError> {
        let values = |point: &Point| {
            let position = self.talks.position(point)?;
            let gains = self.gains(&position);
            Ok::<_, TalksError>(Values {
                objective: objective(&gains),
                limits: self.limits(&position, &gains),
            })
        };
        optimum::best(&self.space(), start, &values, &SEARCH)
    }

    /// The largest t with `gain ≥ t · share` for every party.
    fn common(&self, shares: &[f64], most: f64) -> Result<Option<(Point, f64)>, TalksError> {
        let mut space = self.space();
        space.bounds.push((0.0, most));
        space.scales.extend(shares.iter().map(|share| share * most));
        let values = |point: &Point| {
            let (numbers, t) = point.numbers.split_at(point.numbers.len() - 1);
            let own = Point { numbers: numbers.to_vec(), choices: point.choices.clone() };
            let position = self.talks.position(&own)?;
            let gains = self.gains(&position);
            let mut limits = self.limits(&position, &gains);
            limits.extend(gains.iter().zip(shares).map(|(gain, share)| gain - t[0] * share));
            Ok::<_, TalksError>(Values { objective: t[0], limits })
        };
        let mut start = self.talks.start();
        start.numbers.push(0.0);
        let found = optimum::best(&space, &start, &values, &SEARCH)?;
        let mut point = found.point;
        point.numbers.pop();
        let kept = found.miss == 0.0 && found.values.objective > 0.0;
        Ok(kept.then_some((point, found.residual)))
    }

    fn agreed(
        &self,
        rule: Rule,
        ideals: &[f64],
        fair: &mut Option<Point>,
    ) -> Result<Option<Agreed>, TalksError> {
        let powers = self.powers();
        let largest = |shares: &[f64]| {
            ideals.iter().zip(shares).map(|(ideal, share)| ideal / share).fold(f64::INFINITY, f64::min)
        };
        let found = match rule {
            Rule::Egalitarian => self.common(&powers, largest(&powers))?,
            Rule::KalaiSmorodinsky => self.common(ideals, 1.0)?,
            Rule::Utilitarian => {
                let sum = |gains: &[f64]| gains.iter().zip(&powers).map(|(gain, power)| gain * power).sum();
                let found = self.best(&self.talks.start(), &sum)?;
                (found.miss == 0.0).then_some((found.point, found.residual))
            }
            Rule::Nash => {
                // logarithms need gains above zero to begin with
                if fair.is_none() {
                    *fair = self.common(&powers, largest(&powers))?.map(|(point, _)| point);
                }
                let Some(begin) = fair.clone() else { return Ok(None) };
                let logs = |gains: &[f64]| {
                    let parts = gains.iter().zip(&powers).zip(ideals);
                    parts.map(|((gain, power), ideal)| power * log(gain / ideal)).sum()
                };
                let found = self.best(&begin, &logs)?;
                (found.miss == 0.0).then_some((found.point, found.residual))
            }
        };
        let Some((point, residual)) = found else { return Ok(None) };
        let position = self.talks.position(&point)?;
        let gains = self.gains(&position);
        if rule == Rule::Egalitarian {
            *fair = Some(point.clone());
        }
        Ok(Some(Agreed { point, position, gains, residual }))
    }
}

/// The logarithm, and below a thousandth its tangent there, so that a search that strays sees its way back.
fn log(share: f64) -> f64 {
    const LEAST: f64 = 1e-3;
    if share >= LEAST { share.ln() } else { LEAST.ln() + (share - LEAST) / LEAST }
}
