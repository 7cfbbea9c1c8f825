//! Which clause causes what: a change shared out among the clauses that cause it together.

/// The most players for which every subset is looked at: 16,384 subsets.
pub const MOST_PLAYERS: usize = 14;

/// The Shapley value of each player, in the unit of `value`.
///
/// `value(S)` is what the players of a set S bring about together; bit i of S stands for player
/// i. With n players, player i gets
///
/// ```text
/// φ_i = Σ_{S without i}  |S|! (n − 1 − |S|)! / n!  ·  ( value(S and i) − value(S) )
/// ```
///
/// which is what i adds on average, over all orders in which players can come in one after
/// another. No order is preferred. The values add up to `value(all) − value(none)`; who never adds
/// anything gets 0; players that are alike get the same (Shapley 1953). `value` is asked 2ⁿ times
/// at least, so n should not exceed [`MOST_PLAYERS`]. Sums run over the sets in rising order, so
/// that the same values give the same bits.
#[must_use]
pub fn shapley(players: usize, value: impl Fn(usize) -> f64) -> Vec<f64> {
    let values: Vec<f64> = (0..1_usize << players).map(value).collect();
    let weights: Vec<f64> = (0..players).map(|others| weight(players, others)).collect();
    let mut shares = vec![0.0; players];
    for (player, share) in shares.iter_mut().enumerate() {
        let own = 1 << player;
        for set in (0..values.len()).filter(|set| set & own == 0) {
            *share += weights[set.count_ones() as usize] * (values[set | own] - values[set]);
        }
    }
    shares
}

/// How many of the orders of n players have a given set of `others` before one player and the
/// rest after it, as a share: 1 / (n · C(n − 1, others)).
fn weight(players: usize, others: usize) -> f64 {
    let mut orders = players as f64;
    for k in 0..others {
        orders *= (players - 1 - k) as f64 / (k + 1) as f64;
    }
    1.0 / orders
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: &[f64], wanted: &[f64]) {
        assert_eq!(found.len(), wanted.len());
        for (found, wanted) in found.iter().zip(wanted) {
            assert!((found - wanted).abs() <= 1e-12, "{found} is not {wanted}");
        }
    }

    /// Players 0 and 1 have a left glove each, player 2 a right one; a pair is worth 1. The
    /// owner of the right glove adds 1 unless it comes in first (2 of 6 orders): 4/6. The others
    /// share the rest: 1/6 each.
    #[test]
    fn in_the_glove_game_the_scarce_glove_gets_two_thirds() {
        let pairs = |set: usize| f64::from(u8::from(set & 0b100 != 0 && set & 0b011 != 0));
        near(&shapley(3, pairs), &[1.0 / 6.0, 1.0 / 6.0, 4.0 / 6.0]);
    }

    /// A runway for three aeroplanes that need 10, 20 and 40 metres: the first stretch is shared by
    /// three, the second by two, the third is the last one's own (Littlechild and Owen 1973).
    #[test]
    fn in_the_airport_game_each_stretch_is_shared_by_those_who_need_it() {
        let needs = [10.0, 20.0, 40.0];
        let cost = |set: usize| (0..3).filter(|i| set >> i & 1 == 1).map(|i| needs[i]).fold(0.0, f64::max);
        near(&shapley(3, cost), &[10.0 / 3.0, 10.0 / 3.0 + 5.0, 10.0 / 3.0 + 5.0 + 20.0]);
    }

    /// Values without any pattern: a fixed list of numbers between −1 and 1.
    fn odd(set: usize) -> f64 {
        ((set * 7919 + 13) % 1009) as f64 / 504.5 - 1.0
    }

    #[test]
    fn the_shares_add_up_to_the_whole_for_every_number_of_players() {
        for players in 0..=MOST_PLAYERS {
            let sum: f64 = shapley(players, odd).iter().sum();
            let whole = odd((1 << players) - 1) - odd(0);
            assert!((sum - whole).abs() <= 1e-9, "{players}: {sum} is not {whole}");
        }
    }

    #[test]
    fn who_adds_nothing_gets_nothing_and_what_all_have_anyway_is_nobodys() {
        let without_the_second = |set: usize| odd(set & !0b010);
        assert_eq!(shapley(4, without_the_second)[1], 0.0);
        near(&shapley(3, |_| 42.0), &[0.0; 3]);
    }

    #[test]
    fn players_who_are_alike_get_the_same() {
        // the first two count only by how many of them there are
        let alike = |set: usize| odd((set & 0b11).count_ones() as usize * 8 + (set >> 2));
        let shares = shapley(5, alike);
        assert!((shares[0] - shares[1]).abs() <= 1e-12 && shares[0] != shares[2], "{shares:?}");
    }

    #[test]
    fn the_weights_of_one_player_add_up_to_one() {
        // C(n − 1, k) sets of k others, each with weight 1 / (n C(n − 1, k)), for k = 0 … n − 1
        near(&[weight(3, 0), weight(3, 1), weight(3, 2)], &[1.0 / 3.0, 1.0 / 6.0, 1.0 / 3.0]);
        near(&[weight(12, 1)], &[1.0 / 132.0]);
    }
}
