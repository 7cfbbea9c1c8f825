//! Retaliation: the duties that answer each other best, and those that do equal harm (N5).

use zollverein_numeric::search::{Random, largest, zero};

/// What each party can set: bounds of its rates, in the caller's unit.
pub type Bounds = Vec<(f64, f64)>;

/// Rates at which nobody gains by changing its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Equilibrium {
    /// By party: its rates.
    pub rates: Vec<Vec<f64>>,
    /// By party: its payoff.
    pub payoffs: Vec<f64>,
    /// The most that any party would still gain by changing its rates, in the unit of payoffs.
    pub residual: f64,
    /// Rounds of answers.
    pub rounds: usize,
    /// How many starts led here.
    pub starts: usize,
    /// Whether answers came to rest; if not, these are the last ones.
    pub settled: bool,
}

/// How equilibria are looked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Search {
    /// Starts: all rates at their low bounds, all at their high ones, then random ones.
    pub starts: usize,
    /// For the random starts.
    pub seed: u64,
    /// Rounds of answers from each start at most.
    pub rounds: usize,
    /// Rates that move less than this share of their bounds are at rest.
    pub tolerance: f64,
    /// Points that each search in one rate looks at first.
    pub grid: usize,
}

impl Default for Search {
    fn default() -> Self {
        Self { starts: 4, seed: 1, rounds: 60, tolerance: 1e-9, grid: 8 }
    }
}

/// A party's best answer to the others' rates: rate by rate until none moves, each by a search over
/// its bounds. Where payoffs are not concave in a party's rates together it may be a local one.
///
/// # Errors
/// The payoff's own.
pub fn best_answer<E>(
    party: usize,
    bounds: &[(f64, f64)],
    rates: &[Vec<f64>],
    payoff: &mut impl FnMut(&[Vec<f64>], usize) -> Result<f64, E>,
    search: &Search,
) -> Result<(Vec<f64>, f64), E> {
    const SWEEPS: usize = 30;
    let mut at = rates.to_vec();
    let mut value = payoff(&at, party)?;
    for _ in 0..SWEEPS {
        let mut moved = 0.0_f64;
        for rate in 0..bounds.len() {
            let (low, high) = bounds[rate];
            let before = at[party][rate];
            let best = largest((low, high), search.grid, |x| {
                at[party][rate] = x;
                payoff(&at, party)
            })?;
            if best.value >= value {
                (at[party][rate], value) = (best.at, best.value);
                moved = moved.max((best.at - before).abs() / (high - low).max(f64::MIN_POSITIVE));
            } else {
                at[party][rate] = before;
            }
        }
        if bounds.len() <= 1 || moved <= search.tolerance {
            break;
        }
    }
    Ok((at.swap_remove(party), value))
}

/// Nash equilibria of the parties' rates: from several starts, each answers the others in turn; answers
/// that swing are damped. Distinct ones are listed, in the order of their starts.
///
/// # Errors
/// The payoff's own.
pub fn equilibria<E>(
    bounds: &[Bounds],
    mut payoff: impl FnMut(&[Vec<f64>], usize) -> Result<f64, E>,
    search: &Search,
) -> Result<Vec<Equilibrium>, E> {
    let mut random = Random::new(search.seed);
    let mut found: Vec<Equilibrium> = vec![];
    for start in 0..search.starts.max(1) {
        let mut first = |(low, high): &(f64, f64)| match start {
            0 => *low,
            1 => *high,
            _ => low + (high - low) * random.unit(),
        };
        let mut rates: Vec<Vec<f64>> =
            bounds.iter().map(|own| own.iter().map(&mut first).collect()).collect();
        let (mut damping, mut before, mut rounds, mut settled) = (1.0, f64::INFINITY, 0, false);
        while rounds < search.rounds && !settled {
            rounds += 1;
            let mut moved = 0.0_f64;
            for party in 0..bounds.len() {
                let (answer, _) = best_answer(party, &bounds[party], &rates, &mut payoff, search)?;
                for ((rate, answer), (low, high)) in rates[party].iter_mut().zip(answer).zip(&bounds[party]) {
                    let step = damping * (answer - *rate);
                    *rate += step;
                    moved = moved.max(step.abs() / (high - low).max(f64::MIN_POSITIVE));
                }
            }
            settled = moved <= search.tolerance * damping;
            if moved > 0.9 * before {
                damping = f64::max(0.5 * damping, 0.1);
            }
            before = moved;
        }
        let (mut payoffs, mut residual) = (vec![], 0.0_f64);
        for (party, bounds) in bounds.iter().enumerate() {
            let own = payoff(&rates, party)?;
            let (_, best) = best_answer(party, bounds, &rates, &mut payoff, search)?;
            residual = residual.max(best - own);
            payoffs.push(own);
        }
        let same = |other: &&mut Equilibrium| {
            let pairs = other.rates.iter().flatten().zip(rates.iter().flatten());
            pairs
                .zip(bounds.iter().flatten())
                .all(|((a, b), (low, high))| (a - b).abs() <= 1e-5 * (high - low))
        };
        match found.iter_mut().find(same) {
            Some(other) => {
                other.starts += 1;
                if residual < other.residual {
                    (other.rates, other.payoffs) = (rates, payoffs);
                    (other.residual, other.rounds) = (residual, rounds);
                    other.settled = settled;
                }
            }
            None => found.push(Equilibrium { rates, payoffs, residual, rounds, starts: 1, settled }),
        }
    }
    Ok(found)
}

/// The scale in bounds at which an answer does as much harm as was suffered (rebalancing): `harm`
/// gives what the other side loses at a scale. `None` where even the highest scale does less, or
/// the lowest more.
///
/// # Errors
/// The harm's own.
pub fn equal_harm<E>(
    suffered: f64,
    bounds: (f64, f64),
    mut harm: impl FnMut(f64) -> Result<f64, E>,
) -> Result<Option<f64>, E> {
    zero(bounds, |scale| Ok(harm(scale)? - suffered))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    /// Two parties: payoff −(own − 0.2 − other/2)² and −(own − 0.1 − other/4)².
    #[allow(clippy::unnecessary_wraps)] // payoffs may fail
    fn duel(rates: &[Vec<f64>], party: usize) -> Result<f64, Infallible> {
        let (x, y) = (rates[0][0], rates[1][0]);
        Ok(if party == 0 { -(x - 0.2 - y / 2.0).powi(2) } else { -(y - 0.1 - x / 4.0).powi(2) })
    }

    #[test]
    fn answers_meet_where_nobody_gains_by_another() {
        let bounds = vec![vec![(0.0, 1.0)], vec![(0.0, 1.0)]];
        let Ok(found) = equilibria(&bounds, duel, &Search::default());
        // x = 0.2 + y/2, y = 0.1 + x/4: x = 2/7, y = 6/35
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].starts, 4);
        assert!(found[0].settled && found[0].residual <= 1e-12);
        assert!((found[0].rates[0][0] - 2.0 / 7.0).abs() < 1e-7, "{found:?}");
        assert!((found[0].rates[1][0] - 6.0 / 35.0).abs() < 1e-7, "{found:?}");
    }

    #[test]
    fn two_equilibria_are_both_listed() {
        // each wants what the other does, low or high
        let stag = |rates: &[Vec<f64>], party: usize| {
            let (own, other) = (rates[party][0], rates[1 - party][0]);
            Ok::<f64, Infallible>((own - 0.5) * (other - 0.5))
        };
        let bounds = vec![vec![(0.0, 1.0)], vec![(0.0, 1.0)]];
        let Ok(found) = equilibria(&bounds, stag, &Search::default());
        let rates: Vec<f64> = found.iter().map(|one| one.rates[0][0]).collect();
        assert_eq!(&rates[..2], [0.0, 1.0], "{found:?}");
    }

    #[test]
    fn rates_of_one_party_are_found_together() {
        let hill = |rates: &[Vec<f64>], _: usize| {
            let (x, y) = (rates[0][0], rates[0][1]);
            Ok::<f64, Infallible>(-(x - 0.3).powi(2) - (y - 0.6).powi(2) - (x - 0.3) * (y - 0.6))
        };
        let Ok((rates, _)) =
            best_answer(0, &[(0.0, 1.0), (0.0, 1.0)], &[vec![1.0, 0.0]], &mut { hill }, &Search::default());
        assert!((rates[0] - 0.3).abs() < 1e-7 && (rates[1] - 0.6).abs() < 1e-7, "{rates:?}");
    }

    #[test]
    fn equal_harm_is_where_both_lose_the_same() {
        let Ok(scale) = equal_harm(2.0, (0.0, 10.0), |s| Ok::<f64, Infallible>(s * s / 2.0));
        assert!(scale.is_some_and(|scale| (scale - 2.0).abs() < 1e-12));
        let Ok(none) = equal_harm(80.0, (0.0, 10.0), Ok::<f64, Infallible>);
        assert_eq!(none, None);
    }
}
