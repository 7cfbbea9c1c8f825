//! Bargains over the whole agenda (N3): which agreement the rules of fairness choose, with numbers and
//! menus free within everybody's red lines.

use super::talks::{Position, Talks, TalksError};
use super::worth::{Worth, unseen};
use std::sync::Arc;
use zollverein_games::bargaining::Rule;
use zollverein_games::optimum::{self, Point, Search, Space, Status, Values};

/// What the rules choose.
#[derive(Debug, Clone, PartialEq)]
pub struct Bargains {
    /// The parties that sign, by position; gains and ideals are in this order.
    pub parties: Vec<usize>,
    /// By party: the most that it can gain in any agreement, million USD a year.
    pub ideals: Vec<f64>,
    /// By party: its gain at the proposal as it stands, million USD a year.
    pub proposed: Vec<f64>,
    /// By rule, in the order asked for; `None` where the search found no agreement that leaves everyone better off.
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
    /// How far slopes are from being held; 0 at a local best. `None` where it is the best point that some
    /// other search met, and no search of its own ended better.
    pub residual: Option<f64>,
}

impl Agreed {
    /// How the rule's own search ended; a point met by chance counts as stalled.
    #[must_use]
    pub fn status(&self) -> Status {
        Status::of(0.0, self.residual.unwrap_or(f64::INFINITY))
    }
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
/// Every rule begins where the others ended, and is held against every point that any search looked at: no
/// other column of the answer is better by a rule's own measure. That the search found none is no proof that there
/// is none.
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
    let proposed = table.gains(&*talks.position(&talks.start())?);
    for k in 0..parties.len() {
        let objective = |gains: &[f64]| gains[k];
        table.best(&talks.start(), &objective)?;
    }
    let mut bargains =
        Bargains { parties: parties.clone(), ideals: vec![], proposed, agreed: vec![], complete: true };
    let mut ends: Vec<Option<(Point, f64)>> = vec![None; rules.len()];
    for round in 0..ROUNDS {
        let mut moved = false;
        for (at, rule) in rules.iter().enumerate() {
            let pool = table.pool();
            let ideals = ideals(&pool, parties.len());
            match table.improved(*rule, &ideals, &pool, ends[at].as_ref(), round == 0) {
                Ok(None) => {}
                Ok(better) => {
                    ends[at] = better;
                    moved = true;
                }
                Err(TalksError::Stopped) if at > 0 || round > 0 => {
                    bargains.complete = false;
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        if !moved || !bargains.complete {
            break;
        }
    }
    let pool = table.pool();
    bargains.ideals = ideals(&pool, parties.len());
    for (rule, end) in rules.iter().zip(ends) {
        bargains.agreed.push((*rule, table.settled(*rule, &bargains.ideals, &pool, end)));
    }
    Ok(bargains)
}

/// Times that rules may begin again from what others found.
const ROUNDS: usize = 3;
/// One point beats another by a rule's measure if it is better by more than this share of the measure.
const BETTER: f64 = 1e-6;

/// A point that some search looked at and that keeps every limit.
struct Seen {
    point: Point,
    position: Arc<Position>,
    gains: Vec<f64>,
}

/// By party: its largest gain at any point seen, at least zero.
fn ideals(pool: &[Seen], parties: usize) -> Vec<f64> {
    let most = |party: usize| pool.iter().map(|seen| seen.gains[party]).fold(0.0, f64::max);
    (0..parties).map(most).collect()
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
        let of = |_: &Point, position: &Position| {
            let gains = self.gains(position);
            Values { objective: objective(&gains), limits: self.limits(position, &gains) }
        };
        let values = Worth { talks: self.talks, of: &of, see: &unseen };
        optimum::best(&self.space(), start, &values, &SEARCH)
    }

    /// Every point that any search looked at and that keeps the limits, in one order whatever came first.
    fn pool(&self) -> Vec<Seen> {
        let scales = self.space().scales;
        let seen = self.talks.seen().into_iter().map(|(point, position)| {
            let gains = self.gains(&position);
            Seen { point, position, gains }
        });
        let bounds = self.space().bounds;
        let keeps = |seen: &Seen| {
            // slopes are taken a little beyond the bounds
            let within =
                seen.point.numbers.iter().zip(&bounds).all(|(at, (low, high))| low <= at && at <= high);
            if !within {
                return false;
            }
            let limits = self.limits(&seen.position, &seen.gains);
            limits.iter().zip(&scales).all(|(limit, scale)| *limit >= -optimum::KEPT * scale)
        };
        seen.filter(keeps).collect()
    }

    /// What gains are worth by a rule; less than any number where somebody does not gain.
    fn measure(&self, rule: Rule, ideals: &[f64], gains: &[f64]) -> f64 {
        let powers = self.powers();
        let least = |shares: &[f64]| {
            let ratios = gains.iter().zip(shares).map(|(gain, share)| gain / share);
            ratios.fold(f64::INFINITY, f64::min)
        };
        let all_gain = gains.iter().all(|gain| *gain > 0.0);
        match rule {
            Rule::Utilitarian => gains.iter().zip(&powers).map(|(gain, power)| gain * power).sum(),
            _ if !all_gain => f64::NEG_INFINITY,
            Rule::Egalitarian => least(&powers),
            Rule::KalaiSmorodinsky => least(ideals),
            Rule::Nash => {
                let parts = gains.iter().zip(&powers).zip(ideals);
                parts.map(|((gain, power), ideal)| power * (gain / ideal).ln()).sum()
            }
        }
    }

    /// The best point of the pool by a rule.
    fn best_seen<'a>(&self, rule: Rule, ideals: &[f64], pool: &'a [Seen]) -> Option<(&'a Seen, f64)> {
        let measured = pool.iter().map(|seen| (seen, self.measure(rule, ideals, &seen.gains)));
        let worth = measured.filter(|(_, measure)| measure.is_finite());
        worth.reduce(|best, next| if next.1 > best.1 { next } else { best })
    }

    /// Whether one measure beats another by more than rounding.
    fn beats(rule: Rule, one: f64, other: f64) -> bool {
        // a difference of logarithms is a ratio by itself
        let size = if rule == Rule::Nash { 1.0 } else { one.abs().max(other.abs()) };
        one > other + BETTER * size
    }

    /// A better end than the one at hand, if a search from the best point seen finds one; at first, any.
    fn improved(
        &self,
        rule: Rule,
        ideals: &[f64],
        pool: &[Seen],
        end: Option<&(Point, f64)>,
        first: bool,
    ) -> Result<Option<(Point, f64)>, TalksError> {
        let most = ideals.iter().copied().fold(0.0, f64::max);
        if !ideals.iter().all(|ideal| *ideal > 1e-9 * most.max(1e-9)) {
            return Ok(None); // somebody gains at no point seen
        }
        let best = self.best_seen(rule, ideals, pool);
        let at_hand = match end {
            Some((point, _)) => self.measure(rule, ideals, &self.gains(&*self.talks.position(point)?)),
            None => f64::NEG_INFINITY,
        };
        let seen = best.as_ref().map_or(f64::NEG_INFINITY, |(_, measure)| *measure);
        if !first && !Self::beats(rule, seen, at_hand) {
            return Ok(None);
        }
        let start = best.map_or_else(|| self.talks.start(), |(seen, _)| seen.point.clone());
        let found = self.searched(rule, ideals, &start)?;
        let Some((point, residual)) = found else { return Ok(None) };
        let measure = self.measure(rule, ideals, &self.gains(&*self.talks.position(&point)?));
        Ok((measure > at_hand).then_some((point, residual)))
    }

    /// Where a search by a rule ends, if it keeps the limits and everybody gains.
    fn searched(
        &self,
        rule: Rule,
        ideals: &[f64],
        start: &Point,
    ) -> Result<Option<(Point, f64)>, TalksError> {
        let powers = self.powers();
        let found = match rule {
            Rule::Egalitarian => return self.common(&powers, ideals, start),
            Rule::KalaiSmorodinsky => return self.common(ideals, ideals, start),
            Rule::Utilitarian => {
                let sum = |gains: &[f64]| gains.iter().zip(&powers).map(|(gain, power)| gain * power).sum();
                self.best(start, &sum)?
            }
            Rule::Nash => {
                let logs = |gains: &[f64]| {
                    let parts = gains.iter().zip(&powers).zip(ideals);
                    parts.map(|((gain, power), ideal)| power * log(gain / ideal)).sum()
                };
                self.best(start, &logs)?
            }
        };
        Ok((found.miss == 0.0).then_some((found.point, found.residual)))
    }

    /// The largest t with `gain ≥ t · share` for every party, from a start with the t that it has.
    fn common(
        &self,
        shares: &[f64],
        ideals: &[f64],
        start: &Point,
    ) -> Result<Option<(Point, f64)>, TalksError> {
        let ratios = |gains: &[f64]| {
            gains.iter().zip(shares).map(|(gain, share)| gain / share).fold(f64::INFINITY, f64::min)
        };
        let most = ratios(ideals);
        let mut space = self.space();
        space.bounds.push((0.0, most));
        space.scales.extend(shares.iter().map(|share| share * most));
        let of = |point: &Point, position: &Position| {
            let t = point.numbers.last().copied().unwrap_or_default();
            let gains = self.gains(position);
            let mut limits = self.limits(position, &gains);
            limits.extend(gains.iter().zip(shares).map(|(gain, share)| gain - t * share));
            Values { objective: t, limits }
        };
        let values = Worth { talks: self.talks, of: &of, see: &unseen };
        let begun = ratios(&self.gains(&*self.talks.position(start)?)).clamp(0.0, most);
        let mut start = start.clone();
        start.numbers.push(begun);
        let found = optimum::best(&space, &start, &values, &SEARCH)?;
        let mut point = found.point;
        point.numbers.pop();
        let kept = found.miss == 0.0 && found.values.objective > 0.0;
        Ok(kept.then_some((point, found.residual)))
    }

    /// What a rule chooses in the end: where its searches ended, or the best point seen where that is better.
    fn settled(
        &self,
        rule: Rule,
        ideals: &[f64],
        pool: &[Seen],
        end: Option<(Point, f64)>,
    ) -> Option<Agreed> {
        let (seen, best) = self.best_seen(rule, ideals, pool)?;
        if !seen.gains.iter().all(|gain| *gain >= 0.0) {
            return None;
        }
        let own = end.and_then(|(point, residual)| {
            let one = pool.iter().find(|seen| seen.point == point)?;
            Some((one, self.measure(rule, ideals, &one.gains), residual))
        });
        // rounding apart, a search of its own goes before a point met by chance
        let (chosen, residual) = match own {
            Some((one, measure, residual)) if measure >= best => (one, Some(residual)),
            _ => (seen, None),
        };
        Some(Agreed {
            point: chosen.point.clone(),
            position: Arc::clone(&chosen.position),
            gains: chosen.gains.clone(),
            residual,
        })
    }
}

/// The logarithm, and below a thousandth its tangent there, so that a search that strays sees its way back.
fn log(share: f64) -> f64 {
    const LEAST: f64 = 1e-3;
    if share >= LEAST { share.ln() } else { LEAST.ln() + (share - LEAST) / LEAST }
}
