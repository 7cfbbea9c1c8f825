//! Retaliation on a model (N5): the duties with which parties answer each other best, where that ends,
//! and the answer that does equal harm.

use super::talks::{Position, Talks, TalksError};
use std::sync::Arc;
use zollverein_games::optimum::Point;
use zollverein_games::retaliation::{Bounds, Equilibrium, Search, best_answer, equal_harm, equilibria};

/// What retaliation does.
#[derive(Debug, Clone, PartialEq)]
pub struct Retaliation {
    /// The parties that set numbers, by position; rates are in this order.
    pub parties: Vec<usize>,
    /// By party: the numbers that it sets, by position in the agenda.
    pub numbers: Vec<Vec<usize>>,
    /// Nobody acts: every number is at the low end of its bounds.
    pub peace: Arc<Position>,
    /// By party: its best rates while nobody else acts, and how all stand there.
    pub alone: Vec<(Vec<f64>, Arc<Position>)>,
    /// Where answers to answers end.
    pub equilibria: Vec<(Equilibrium, Arc<Position>)>,
    /// By ordered pair of parties: the answer that does equal harm to one that acts alone as proposed.
    pub rebalanced: Vec<Rebalanced>,
    /// Whether the search came to its end.
    pub complete: bool,
}

/// An answer that does as much harm as was suffered.
#[derive(Debug, Clone, PartialEq)]
pub struct Rebalanced {
    /// Who acts, by position among [`Retaliation::parties`].
    pub first: usize,
    /// Who answers.
    pub second: usize,
    /// What the one that answers has lost, million USD a year.
    pub suffered: f64,
    /// The share of its highest rates with which it does the same harm; `None` where nothing was
    /// suffered, or not even the highest rates do as much.
    pub share: Option<f64>,
    /// How all stand then.
    pub position: Option<Arc<Position>>,
}

/// What retaliation does between the parties that set numbers of the agenda (`by`).
///
/// # Errors
/// Fewer than two parties set numbers; faults of a proposal, no equilibrium at one, the wish to stop
/// before anything was found.
pub fn retaliation(talks: &Talks) -> Result<Retaliation, TalksError> {
    let mut parties: Vec<usize> = talks.agenda.numbers.iter().filter_map(|number| number.by).collect();
    parties.sort_unstable();
    parties.dedup();
    talks.require(
        parties.len() >= 2,
        "retaliation is between at least two parties that set numbers",
        "say by = \"PARTY\" in [[negotiation.number]] for each party's own",
    )?;
    let of = |party: &usize| {
        let all = talks.agenda.numbers.iter().enumerate();
        all.filter(|(_, number)| number.by == Some(*party)).map(|(at, _)| at).collect()
    };
    let numbers: Vec<Vec<usize>> = parties.iter().map(of).collect();
    let war = War { talks, parties: &parties, numbers: &numbers };
    let peace = war.position(&war.low())?;
    let mut found = Retaliation {
        peace,
        alone: vec![],
        equilibria: vec![],
        rebalanced: vec![],
        complete: true,
        parties: parties.clone(),
        numbers: numbers.clone(),
    };
    match war.fill(&mut found) {
        Ok(()) => {}
        Err(TalksError::Stopped) => found.complete = false,
        Err(error) => return Err(error),
    }
    Ok(found)
}

struct War<'a> {
    talks: &'a Talks,
    parties: &'a [usize],
    numbers: &'a [Vec<usize>],
}

impl War<'_> {
    fn bounds(&self) -> Vec<Bounds> {
        let of = |own: &Vec<usize>| own.iter().map(|at| self.talks.agenda.numbers[*at].bounds).collect();
        self.numbers.iter().map(of).collect()
    }

    fn low(&self) -> Vec<Vec<f64>> {
        self.bounds().iter().map(|own| own.iter().map(|(low, _)| *low).collect()).collect()
    }

    fn proposed(&self, party: usize) -> Vec<f64> {
        self.numbers[party].iter().map(|at| self.talks.agenda.numbers[*at].proposed).collect()
    }

    fn point(&self, rates: &[Vec<f64>]) -> Point {
        let mut point = self.talks.start();
        for (own, rates) in self.numbers.iter().zip(rates) {
            for (at, rate) in own.iter().zip(rates) {
                point.numbers[*at] = *rate;
            }
        }
        point
    }

    fn position(&self, rates: &[Vec<f64>]) -> Result<Arc<Position>, TalksError> {
        self.talks.position(&self.point(rates))
    }

    fn payoff(&self, rates: &[Vec<f64>], party: usize) -> Result<f64, TalksError> {
        Ok(self.position(rates)?.standings[self.parties[party]].payoff.total())
    }

    fn fill(&self, found: &mut Retaliation) -> Result<(), TalksError> {
        let search =
            Search { seed: self.talks.agenda.seed, starts: self.talks.agenda.starts, ..Search::default() };
        let mut payoff = |rates: &[Vec<f64>], party: usize| self.payoff(rates, party);
        for party in 0..self.parties.len() {
            let mut rates = self.low();
            let (own, _) = best_answer(party, &self.bounds()[party], &rates, &mut payoff, &search)?;
            rates[party].clone_from(&own);
            found.alone.push((own, self.position(&rates)?));
        }
        for end in equilibria(&self.bounds(), payoff, &search)? {
            let position = self.position(&end.rates)?;
            found.equilibria.push((end, position));
        }
        for first in 0..self.parties.len() {
            for second in (0..self.parties.len()).filter(|second| *second != first) {
                found.rebalanced.push(self.rebalanced(first, second)?);
            }
        }
        Ok(())
    }

    fn rebalanced(&self, first: usize, second: usize) -> Result<Rebalanced, TalksError> {
        let mut rates = self.low();
        let peace = self.payoff(&rates, second)?;
        rates[first] = self.proposed(first);
        let suffered = peace - self.payoff(&rates, second)?;
        let acted = self.payoff(&rates, first)?;
        let mut found = Rebalanced { first, second, suffered, share: None, position: None };
        if suffered <= 0.0 {
            return Ok(found);
        }
        let scaled = |share: f64| {
            let mut rates = rates.clone();
            let own = self.bounds()[second].clone();
            rates[second] = own.iter().map(|(low, high)| low + share * (high - low)).collect();
            rates
        };
        let harm = |share: f64| Ok::<_, TalksError>(acted - self.payoff(&scaled(share), first)?);
        found.share = equal_harm(suffered, (0.0, 1.0), harm)?;
        if let Some(share) = found.share {
            found.position = Some(self.position(&scaled(share))?);
        }
        Ok(found)
    }
}
