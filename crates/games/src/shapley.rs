//! Shapley values of games with too many players for every set: averages over random orders, with
//! their standard errors.

use std::collections::BTreeSet;
use zollverein_numeric::search::Random;

/// The most players: a set is a number of 63 bits.
pub const MOST_PLAYERS: usize = 63;

/// Orders in which players come in, each next to its reverse (antithetic pairs: who comes early
/// in the one comes late in the other, which evens out the average).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orders {
    players: usize,
    orders: Vec<Vec<usize>>,
}

/// A Shapley value by sampling.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampled {
    /// By player: the average of what it adds; all of them add up to the worth of all.
    pub values: Vec<f64>,
    /// By player: the standard error of the average, over pairs of orders.
    pub errors: Vec<f64>,
    /// How many orders were looked at.
    pub orders: usize,
}

impl Orders {
    /// Random orders, in pairs; the same seed gives the same orders everywhere. At least two
    /// pairs are drawn, since one has no standard error; players above [`MOST_PLAYERS`] are left out.
    #[must_use]
    pub fn new(players: usize, pairs: usize, seed: u64) -> Self {
        let players = players.min(MOST_PLAYERS);
        let mut random = Random::new(seed);
        let mut orders = vec![];
        for _ in 0..pairs.max(2) {
            let mut order: Vec<usize> = (0..players).collect();
            for last in (1..players).rev() {
                order.swap(last, random.below(last + 1));
            }
            let reverse = order.iter().rev().copied().collect();
            orders.extend([order, reverse]);
        }
        Self { players, orders }
    }

    /// Every set that comes up in the orders, in rising order and once: those whose worth is asked.
    #[must_use]
    pub fn sets(&self) -> Vec<usize> {
        let mut sets = BTreeSet::from([0]);
        for order in &self.orders {
            let mut set = 0;
            for player in order {
                set |= 1 << player;
                sets.insert(set);
            }
        }
        sets.into_iter().collect()
    }

    /// The averages, of worths that are asked for the sets of [`Orders::sets`].
    #[must_use]
    pub fn shapley(&self, worth: impl Fn(usize) -> f64) -> Sampled {
        let added = |order: &[usize]| {
            let mut added = vec![0.0; self.players];
            let (mut set, mut before) = (0, worth(0));
            for player in order {
                set |= 1 << player;
                let after = worth(set);
                added[*player] = after - before;
                before = after;
            }
            added
        };
        let pairs: Vec<Vec<f64>> = self
            .orders
            .chunks(2)
            .map(|pair| {
                let [one, other] = [added(&pair[0]), added(&pair[1])];
                one.iter().zip(&other).map(|(a, b)| 0.5 * (a + b)).collect()
            })
            .collect();
        let count = pairs.len() as f64;
        let mean = |player: usize| pairs.iter().map(|pair| pair[player]).sum::<f64>() / count;
        let values: Vec<f64> = (0..self.players).map(mean).collect();
        let error = |(player, value): (usize, &f64)| {
            let squares: f64 = pairs.iter().map(|pair| (pair[player] - value).powi(2)).sum();
            (squares / (count - 1.0) / count).sqrt()
        };
        let errors = values.iter().enumerate().map(error).collect();
        Sampled { values, errors, orders: self.orders.len() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decomposition::shapley;

    /// Worths without any pattern.
    fn odd(set: usize) -> f64 {
        ((set * 7919 + 13) % 1009) as f64 / 504.5 - 1.0
    }

    #[test]
    fn the_averages_are_the_exact_values_within_their_errors() {
        let exact = shapley(9, odd);
        let sampled = Orders::new(9, 2000, 7).shapley(odd);
        assert_eq!(sampled.orders, 4000);
        for ((found, error), wanted) in sampled.values.iter().zip(&sampled.errors).zip(&exact) {
            assert!((found - wanted).abs() <= 4.0 * error && *error < 0.02, "{found} {error} {wanted}");
        }
    }

    #[test]
    fn the_averages_add_up_to_the_worth_of_all_and_the_same_seed_gives_the_same() {
        let orders = Orders::new(20, 10, 3);
        let one = orders.shapley(odd);
        let whole = odd((1 << 20) - 1) - odd(0);
        assert!((one.values.iter().sum::<f64>() - whole).abs() < 1e-12);
        assert_eq!(one, Orders::new(20, 10, 3).shapley(odd));
        assert_ne!(one, Orders::new(20, 10, 4).shapley(odd));
    }

    /// What each player adds to a sum does not depend on the order: no error. With squares, a pair
    /// of reversed orders gives the exact value: (i + j)² is evened out.
    #[test]
    fn pairs_of_reversed_orders_even_out() {
        let size = |set: usize| f64::from(set.count_ones());
        for worth in [size, |set: usize| f64::from(set.count_ones().pow(2))] {
            let sampled = Orders::new(6, 2, 1).shapley(worth);
            let each = worth(0b11_1111) / 6.0;
            assert!(sampled.values.iter().all(|value| (value - each).abs() < 1e-12), "{sampled:?}");
            assert!(sampled.errors.iter().all(|error| *error < 1e-12), "{sampled:?}");
        }
    }

    #[test]
    fn every_set_that_is_asked_is_listed_once() {
        let orders = Orders::new(5, 30, 11);
        let sets = orders.sets();
        assert!(sets.windows(2).all(|pair| pair[0] < pair[1]) && sets.len() <= 32);
        let _ = orders.shapley(|set| {
            assert!(sets.contains(&set));
            0.0
        });
    }
}
