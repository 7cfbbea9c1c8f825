//! Cooperative games: published ones with their published answers, and laws on random ones.

use proptest::prelude::*;
use serde_json::Value;
use zollverein::games::cooperative::Game;
use zollverein::games::nucleolus::{Excess, nucleolus};
use zollverein::numeric::linear::Backend;

fn case(name: &str) -> Value {
    let path = format!("{}/tests/cases/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|item| item.as_f64().expect("a number")).collect()
}

/// The sets of a published list: by size, then by their players' names.
fn listed(players: usize) -> Vec<usize> {
    let names = |set: usize| (0..players).filter(|player| set >> player & 1 == 1).collect::<Vec<_>>();
    let mut sets: Vec<usize> = (1..1 << players).collect();
    sets.sort_by_key(|set| (set.count_ones(), names(*set)));
    sets
}

#[test]
fn published_games_have_their_published_values() {
    let case = case("cooperative_games");
    let tolerance = case["tolerance"]["abs"].as_f64().expect("a number");
    let rows = case["cases"].as_array().expect("rows");
    assert_eq!(rows.len(), 13);
    let mut compared = 0;
    for row in rows {
        let players = usize::try_from(row["n"].as_u64().expect("a number")).expect("a few");
        let mut values = vec![0.0; 1 << players];
        for (set, worth) in listed(players).into_iter().zip(numbers(&row["v"])) {
            values[set] = worth;
        }
        let game = Game::new(players, values).expect("a game");
        for backend in [Backend::Highs, Backend::Microlp] {
            let nucleolus = |excess| nucleolus(&game, excess, backend).expect("solved").expect("one");
            let found = [
                ("shapley", game.shapley()),
                ("nucleolus", nucleolus(Excess::BySet)),
                ("percapita_nucleolus", nucleolus(Excess::ByHead)),
            ];
            for (name, found) in &found {
                for kind in ["published", "computed"] {
                    if row[kind][name].is_null() {
                        continue;
                    }
                    let wanted = numbers(&row[kind][name]);
                    assert_eq!(wanted.len(), found.len());
                    for (a, b) in found.iter().zip(&wanted) {
                        let what = format!("{} {kind} {name}: {found:?}, {wanted:?}", row["id"]);
                        assert!((a - b).abs() <= tolerance, "{what}");
                    }
                    compared += 1;
                }
            }
        }
    }
    // 39 computed values and 12 published ones, by two solvers
    assert_eq!(compared, 2 * (39 + 12));
}

/// A game of three to six players: worths between −1 and 1, and one for all that may or may not
/// leave a core.
fn game() -> impl Strategy<Value = Game> {
    (3..7_usize, prop::collection::vec(-1.0..1.0_f64, 64), 0.0..6.0_f64).prop_map(
        |(players, mut values, all)| {
            values.truncate(1 << players);
            values[0] = 0.0;
            values[(1 << players) - 1] = all;
            Game::new(players, values).expect("a game")
        },
    )
}

/// The same game with two players in each other's place.
fn swapped(game: &Game, one: usize, other: usize) -> Game {
    let swap = |set: usize| {
        let differ = (set >> one ^ set >> other) & 1 == 1;
        if differ { set ^ (1 << one) ^ (1 << other) } else { set }
    };
    let values = (0..=game.all()).map(|set| game.worth(swap(set))).collect();
    Game::new(game.players(), values).expect("a game")
}

fn near(found: &[f64], wanted: &[f64], tolerance: f64) -> bool {
    found.len() == wanted.len() && found.iter().zip(wanted).all(|(a, b)| (a - b).abs() <= tolerance)
}

proptest! {
    #[test]
    fn shapley_values_obey_their_axioms(game in game(), factor in -3.0..3.0_f64) {
        let shares = game.shapley();
        prop_assert!((shares.iter().sum::<f64>() - game.worth(game.all())).abs() < 1e-12);
        // symmetry: in each other's place, two players have each other's values
        let mut wanted = shares.clone();
        wanted.swap(0, 2);
        prop_assert!(near(&swapped(&game, 0, 2).shapley(), &wanted, 1e-12));
        // additivity: of a game and a multiple of another
        let other = swapped(&game, 1, 2);
        let sum = (0..=game.all()).map(|set| game.worth(set) + factor * other.worth(set)).collect();
        let both: Vec<f64> = shares.iter().zip(other.shapley()).map(|(a, b)| a + factor * b).collect();
        prop_assert!(near(&Game::new(game.players(), sum).expect("a game").shapley(), &both, 1e-11));
        // a player who adds nothing gets nothing
        let without = (0..=game.all()).map(|set| game.worth(set & !1)).collect();
        prop_assert!(Game::new(game.players(), without).expect("a game").shapley()[0].abs() < 1e-12);
    }

    #[test]
    fn the_nucleolus_is_in_the_core_if_there_is_one(game in game()) {
        let backend = Backend::default();
        let core = game.core(backend).expect("solved");
        prop_assert!((game.largest_excess(&core.point) - core.least).abs() < 1e-8);
        // the proof bounds the excess of every sharing: weights add up to one, and cover all players alike
        let weights: f64 = core.proof.iter().map(|(_, weight)| weight).sum();
        let cover = |player: usize| -> f64 {
            core.proof.iter().filter(|(set, _)| set >> player & 1 == 1).map(|(_, weight)| weight).sum()
        };
        let worth: f64 = core.proof.iter().map(|(set, weight)| weight * game.worth(*set)).sum();
        prop_assert!((weights - 1.0).abs() < 1e-7);
        prop_assert!((0..game.players()).all(|player| (cover(player) - cover(0)).abs() < 1e-7));
        prop_assert!((worth - cover(0) * game.worth(game.all()) - core.least).abs() < 1e-6);
        let Some(shares) = nucleolus(&game, Excess::BySet, backend).expect("solved") else {
            // players have more alone than together: no core either
            prop_assert!(!core.exists(&game));
            return Ok(());
        };
        prop_assert!((shares.iter().sum::<f64>() - game.worth(game.all())).abs() < 1e-9);
        prop_assert!((0..game.players()).all(|player| shares[player] >= game.worth(1 << player) - 1e-9));
        // where there is a core, its least excess is that of the nucleolus; else bounds may cost some
        prop_assert!(game.largest_excess(&shares) >= core.least - 1e-8);
        if core.exists(&game) {
            prop_assert!(game.in_core(&shares));
            prop_assert!((game.largest_excess(&shares) - core.least).abs() < 1e-8);
        }
    }
}

/// Twelve players, as many as are looked at: the answers stand, and Shapley values add up.
#[test]
fn twelve_players_are_shared_out() {
    let worth =
        |set: usize| f64::from(set.count_ones()).powf(1.3) * (1.0 + ((set * 7919) % 101) as f64 / 1000.0);
    let game = Game::new(12, (0..4096).map(worth).collect()).expect("a game");
    assert!((game.shapley().iter().sum::<f64>() - game.worth(4095)).abs() < 1e-9);
    let core = game.core(Backend::default()).expect("solved");
    assert!((game.largest_excess(&core.point) - core.least).abs() < 1e-6, "{core:?}");
    let shares = nucleolus(&game, Excess::BySet, Backend::default()).expect("solved").expect("one");
    assert!((shares.iter().sum::<f64>() - game.worth(4095)).abs() < 1e-9);
    assert!((game.largest_excess(&shares) - core.least).abs() < 1e-6);
}
