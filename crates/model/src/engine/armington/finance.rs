//! Support within the money there is: where producers could draw more than a
//! budget or a share of revenue holds, what they can have supported is cut, for
//! all by the same factor, until it suffices.

use crate::baseline::Baseline;
use crate::engine::armington::Armington;
use crate::engine::{Accounts, Equilibrium, SolveError};
use crate::policy::Terms;
use crate::policy::terms::Payer;
use crate::units::MillionUsd;

/// Money that is to be reached from below, relative.
const CLOSE: f64 = 1e-9;
/// Rounds at most.
const ROUNDS: usize = 100;

/// Supports that draw on the same money.
struct Purse {
    supports: Vec<usize>,
    /// The share of what could be abated that is supported.
    supported: f64,
    /// The largest share known to be affordable, and the smallest known not to be.
    low: f64,
    high: f64,
    /// The share tried last but not now, with the root of what was drawn over what there was.
    before: Option<(f64, f64)>,
}

impl Purse {
    /// What its supports draw, million USD a year.
    fn drawn(&self, accounts: &Accounts) -> f64 {
        self.supports.iter().map(|support| accounts.supports[*support].drawn()).sum()
    }

    /// What there is for them, million USD a year.
    fn money(&self, terms: &Terms, accounts: &Accounts) -> f64 {
        match &terms.supports[self.supports[0]].payer {
            Payer::Budget(_, most) => most.map_or(f64::INFINITY, MillionUsd::value),
            Payer::Revenue(of) => accounts.uses[*of].available,
        }
    }

    /// Learns what was drawn over what there is; whether it is content.
    fn learn(&mut self, drawn: f64, money: f64) -> bool {
        if drawn <= 0.0 || (self.supported >= 1.0 && drawn <= money) {
            return true;
        }
        if money <= 0.0 {
            (self.supported, self.low, self.high) = (0.0, 0.0, 0.0);
            return false;
        }
        let ratio = drawn / money;
        if ratio <= 1.0 && (ratio >= 1.0 - 2.0 * CLOSE || self.high - self.supported <= f64::EPSILON) {
            return true;
        }
        if ratio <= 1.0 {
            self.low = self.low.max(self.supported);
        } else {
            self.high = self.high.min(self.supported);
        }
        // what is drawn rises about as the square of what is supported
        let size = ratio.sqrt();
        let aim = (1.0 - CLOSE).sqrt();
        let mut next = match self.before {
            Some((at, was)) if (was - size).abs() > 1e-15 => {
                self.supported + (aim - size) * (self.supported - at) / (size - was)
            }
            _ => self.supported * aim / size,
        };
        self.before = Some((self.supported, size));
        if !(next > self.low && next < self.high) {
            next = 0.5 * (self.low + self.high);
        }
        if next >= self.high || next <= self.low {
            next = self.low; // the share at which it jumps: stay below
            self.high = self.low;
        }
        self.supported = next;
        false
    }
}

/// The equilibrium in which no support draws more than there is.
pub(super) fn solve(
    engine: &Armington,
    baseline: &Baseline,
    terms: &Terms,
) -> Result<Equilibrium, SolveError> {
    let mut supported = vec![1.0; terms.supports.len()];
    let (mut equilibrium, mut solutions) = engine.settle(baseline, terms, &supported, &[])?;
    let mut purses = purses(terms);
    if purses.is_empty() {
        return Ok(equilibrium);
    }
    let mut unsettled: Option<usize> = None;
    for _ in 0..ROUNDS {
        let accounts = Accounts::of(baseline, terms, &equilibrium);
        unsettled = learn(&mut purses, |purse| Money {
            drawn: purse.drawn(&accounts),
            there_is: purse.money(terms, &accounts),
        });
        for purse in &purses {
            for support in &purse.supports {
                supported[*support] = purse.supported;
            }
        }
        if unsettled.is_none() {
            return Ok(equilibrium);
        }
        (equilibrium, solutions) = engine.settle(baseline, terms, &supported, &solutions)?;
    }
    let clause = unsettled.map_or_else(String::new, |support| terms.supports[support].clause.clone());
    Err(SolveError::Unfunded { clause, rounds: ROUNDS })
}

/// What supports draw, and what there is for them; million USD a year.
struct Money {
    drawn: f64,
    there_is: f64,
}

/// Each purse learns what was drawn on it; the first support of the first that is not content.
fn learn(purses: &mut [Purse], asked: impl Fn(&Purse) -> Money) -> Option<usize> {
    let mut unsettled = None;
    for purse in purses {
        let money = asked(purse);
        if !purse.learn(money.drawn, money.there_is) {
            unsettled.get_or_insert(purse.supports[0]);
        }
    }
    unsettled
}

/// Whether there is money for all that supports draw.
pub(super) fn suffices(baseline: &Baseline, terms: &Terms, equilibrium: &Equilibrium) -> bool {
    let purses = purses(terms);
    if purses.is_empty() {
        return true;
    }
    let accounts = Accounts::of(baseline, terms, equilibrium);
    purses.iter().all(|purse| purse.drawn(&accounts) <= purse.money(terms, &accounts))
}

fn purses(terms: &Terms) -> Vec<Purse> {
    let mut purses: Vec<Purse> = vec![];
    let new = |support| Purse { supports: vec![support], supported: 1.0, low: 0.0, high: 1.0, before: None };
    for (position, support) in terms.supports.iter().enumerate() {
        match &support.payer {
            Payer::Budget(_, None) => {}
            Payer::Budget(_, Some(_)) => purses.push(new(position)),
            Payer::Revenue(_) => {
                let same = |purse: &&mut Purse| terms.supports[purse.supports[0]].payer == support.payer;
                match purses.iter_mut().find(same) {
                    Some(purse) => purse.supports.push(position),
                    None => purses.push(new(position)),
                }
            }
        }
    }
    purses
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a purse comes to where so much is drawn at a share, and in how many rounds.
    fn settled(money: f64, drawn: impl Fn(f64) -> f64) -> (f64, usize) {
        let mut purse = Purse { supports: vec![], supported: 1.0, low: 0.0, high: 1.0, before: None };
        let rounds = (1..=ROUNDS).find(|_| purse.learn(drawn(purse.supported), money));
        (purse.supported, rounds.expect("it comes to rest"))
    }

    #[test]
    fn money_is_reached_from_below_and_no_further() {
        // what is drawn over what there is, at full support
        for over in [1.5, 4.0, 100.0] {
            for power in [1.0, 2.0, 3.5] {
                let drawn = |share: f64| over * 7.0 * f64::powf(share, power);
                let (share, rounds) = settled(7.0, drawn);
                let left = 1.0 - drawn(share) / 7.0;
                assert!((0.0..=2.0 * CLOSE).contains(&left), "{over} {power}: {left}");
                assert!(rounds < 20, "{over} {power}: {rounds} rounds");
            }
        }
        assert_eq!(settled(7.0, |share| 4.0 * 7.0 * share * share).1, 2); // the square is what it expects
    }

    #[test]
    fn the_support_named_is_one_that_has_not_settled() {
        let purse =
            |support| Purse { supports: vec![support], supported: 1.0, low: 0.0, high: 1.0, before: None };
        let mut purses = [purse(3), purse(5), purse(7)];
        // the first has what it draws; the second lacks money, the third too
        let drawn = |purse: &Purse| Money { drawn: purse.supports[0] as f64, there_is: 4.0 };
        assert_eq!(learn(&mut purses, drawn), Some(5));
        assert_eq!(learn(&mut purses[..1], drawn), None);
    }

    #[test]
    fn what_suffices_is_left_alone_and_nothing_supports_nothing() {
        assert_eq!(settled(7.0, |share| 7.0 * share), (1.0, 1));
        assert_eq!(settled(0.0, |_| 0.0), (1.0, 1));
        assert_eq!(settled(0.0, |share| share).0, 0.0);
    }

    #[test]
    fn a_jump_over_what_there_is_is_stopped_short_of() {
        // from two fifths on a producer draws twice what there is, below half of it
        let (share, rounds) = settled(7.0, |share| if share > 0.4 { 14.0 } else { 3.5 });
        assert!(share <= 0.4 && share > 0.4 - 1e-6, "{share} after {rounds} rounds");
    }
}
