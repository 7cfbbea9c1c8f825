//! Bargains, games, stable agreements and retaliation against published problems.

use proptest::prelude::*;
use serde_json::Value;
use std::convert::Infallible;
use zollverein::games::bargaining::{Frontier, Rule, mixed};
use zollverein::games::compensation::{Recipient, cheapest, leximin};
use zollverein::games::cooperative::Game;
use zollverein::games::nucleolus::{Excess, nucleolus};
use zollverein::games::retaliation::{Search, equilibria};
use zollverein::games::stability::Membership;
use zollverein::numeric::linear::Backend;
use zollverein::numeric::search::largest;

fn case(name: &str) -> Value {
    let path = format!("{}/tests/cases/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn list(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(number).collect()
}

fn near(what: &str, found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= tolerance, "{what}: {found}, published {expected}");
    }
}

#[test]
fn bargains_on_textbook_frontiers() {
    let case = case("bargaining_textbook");
    let tolerance = number(&case["tolerance"]["abs"]);
    let rules = [
        (Rule::Nash, "nash"),
        (Rule::KalaiSmorodinsky, "kalai_smorodinsky"),
        (Rule::Egalitarian, "egalitarian"),
    ];
    let mut checked = 0;
    for (input, expected) in
        case["inputs"].as_array().expect("inputs").iter().zip(case["expected"].as_array().expect("rows"))
    {
        let straight = |x: f64| 1.0 - x;
        let bent = |x: f64| (1.0 - x).max(0.0).sqrt();
        let second: &dyn Fn(f64) -> f64 = if input["frontier"] == "u1+u2=1" { &straight } else { &bent };
        let frontier = Frontier { bounds: (0.0, 1.0), second };
        let pair = |value: &Value| <[f64; 2]>::try_from(list(value)).expect("two numbers");
        for (rule, name) in rules {
            let found =
                frontier.bargain(rule, pair(&input["d"]), pair(&input["weights"])).expect("a bargain");
            if !expected[name].is_null() {
                near(name, &found, &list(&expected[name]), tolerance);
                checked += 1;
            }
            for (key, at) in [(format!("{name}_x"), found[0]), (format!("{name}_u"), f64::NAN)] {
                if expected[&key].is_number() {
                    near(&key, &[at], &[number(&expected[&key])], tolerance);
                    checked += 1;
                } else if expected[&key].is_array() {
                    near(&key, &found, &list(&expected[&key]), tolerance);
                    checked += 1;
                }
            }
        }
        // the same pie as a mixture of its two ends
        if input["frontier"] == "u1+u2=1" {
            let ends = vec![vec![1.0, 0.0], vec![0.0, 1.0]];
            let of =
                |rule| mixed(rule, &ends, &list(&input["d"]), &list(&input["weights"]), Backend::default());
            let found = of(Rule::Nash).expect("solved").expect("a mixture");
            near("mixed nash", &found.payoffs, &list(&expected["nash"]), 1e-9);
        }
    }
    assert_eq!(checked, 8);
}

#[test]
fn published_games_have_their_published_values() {
    let case = case("cooperative_games");
    let tolerance = number(&case["tolerance"]["abs"]);
    let mut rows = 0;
    for row in case["cases"].as_array().expect("cases") {
        let players = usize::try_from(row["n"].as_u64().expect("n")).expect("small");
        // in the file by size, then by name
        let mut sets: Vec<usize> = (1..1 << players).collect();
        let names = |set: usize| (0..players).filter(|player| set >> player & 1 == 1).collect::<Vec<_>>();
        sets.sort_by_key(|set| (set.count_ones(), names(*set)));
        let mut values = vec![0.0; 1 << players];
        for (set, value) in sets.into_iter().zip(list(&row["v"])) {
            values[set] = value;
        }
        let game = Game::new(players, values).expect("a game");
        let id = row["id"].as_str().expect("an id");
        let solve =
            |excess, backend| nucleolus(&game, excess, backend).expect("solved").expect("a nucleolus");
        for source in ["published", "computed"] {
            if !row[source]["shapley"].is_null() {
                near(id, &game.shapley(), &list(&row[source]["shapley"]), tolerance);
            }
            for (key, excess) in [("nucleolus", Excess::BySet), ("percapita_nucleolus", Excess::ByHead)] {
                if row[source][key].is_null() {
                    continue;
                }
                for backend in [Backend::Highs, Backend::Microlp] {
                    near(
                        &format!("{id} {key}"),
                        &solve(excess, backend),
                        &list(&row[source][key]),
                        tolerance,
                    );
                }
            }
        }
        rows += 1;
    }
    assert_eq!(rows, 13);
}

/// n alike countries, payoff b·Q − c·q²/2: members choose k·b/c, outsiders b/c.
fn agreement(n: usize, penalty: f64) -> Membership {
    let payoffs = (0..1_usize << n).map(|set| {
        let k = f64::from(set.count_ones());
        let total = k * k + (n as f64 - k);
        let of = |player: usize| {
            if set >> player & 1 == 1 { total - 0.5 * k * k } else { total - 0.5 - penalty * k }
        };
        (0..n).map(of).collect()
    });
    Membership::new(payoffs.collect()).expect("a game")
}

#[test]
fn an_agreement_on_a_public_good_is_stable_at_three_and_larger_with_a_penalty() {
    let case = case("coalition_stability_linear_quadratic");
    let n = usize::try_from(case["inputs"]["n"].as_u64().expect("n")).expect("small");
    let tolerance = number(&case["tolerance"]["abs"]);
    let free = agreement(n, 0.0);
    for row in case["expected"]["table"].as_array().expect("a table") {
        let k = row["k"].as_u64().expect("k");
        let set = (1_usize << k) - 1;
        near("member", &[free.payoff(set, 0)], &[number(&row["pi_signatory"])], tolerance);
        if row["pi_nonsignatory"].is_number() {
            near("outsider", &[free.payoff(set, n - 1)], &[number(&row["pi_nonsignatory"])], tolerance);
        }
        let standing = free.standing(set);
        // a club of one is no club: leaving it changes nothing
        assert_eq!(standing.is_internal(), row["internal"].as_bool().expect("yes or no"), "{k}");
        assert_eq!(standing.is_external(), row["external"].as_bool().expect("yes or no"), "{k}");
    }
    for (penalty, sizes) in case["expected"]["stable_sizes_by_penalty"].as_object().expect("sizes") {
        let game = agreement(n, penalty.parse().expect("a number"));
        // nobody at all is an agreement that is not there
        let mut found: Vec<u32> =
            game.stable().iter().map(|set| set.count_ones()).filter(|k| *k > 0).collect();
        found.sort_unstable();
        found.dedup();
        let wanted: Vec<u32> = sizes
            .as_array()
            .expect("sizes")
            .iter()
            .map(|size| u32::try_from(size.as_u64().expect("a size")).expect("small"))
            .collect();
        assert_eq!(found, wanted, "penalty {penalty}");
    }
}

/// Welfare of a country with its own and the other's tariff, by the formulas of the case.
fn welfare(gamma: f64, own: f64, other: f64) -> f64 {
    let producers = (2.0 + 2.0 * own).powi(2) / 49.0;
    let consumers = 0.5 * (3.0 - 4.0 * own).powi(2) / 49.0;
    let revenue = (own - 6.0 * own * own) / 7.0;
    let exports = (3.0 + 3.0 * other).powi(2) / 98.0 + (4.0 - 3.0 * other).powi(2) / 98.0;
    gamma * producers + consumers + revenue + exports
}

#[test]
fn tariffs_that_answer_each_other_are_those_of_the_closed_form() {
    let case = case("nash_tariff_linear_two_good");
    let tolerance = number(&case["tolerance"]["abs"]);
    for row in case["expected"].as_array().expect("rows") {
        let gamma = number(&row["gamma"]);
        let bounds = vec![vec![(0.0, number(&row["prohibitive_tariff"]))]; 2];
        let payoff = |rates: &[Vec<f64>], party: usize| {
            Ok::<f64, Infallible>(welfare(gamma, rates[party][0], rates[1 - party][0]))
        };
        let Ok(found) = equilibria(&bounds, payoff, &Search::default());
        assert_eq!(found.len(), 1, "{found:?}");
        let nash = &found[0];
        assert!(nash.settled && nash.residual <= 1e-12, "{nash:?}");
        for party in 0..2 {
            near("nash tariff", &nash.rates[party], &[number(&row["nash_tariff"])], tolerance);
            near(
                "welfare",
                &[nash.payoffs[party]],
                &[number(&row["home_welfare_nash_symmetric"])],
                tolerance,
            );
        }
        let Ok(joint) = largest(bounds[0][0], 16, |t| Ok::<f64, Infallible>(welfare(gamma, t, t)));
        near("cooperative tariff", &[joint.at], &[number(&row["cooperative_tariff"])], tolerance);
        near("welfare", &[joint.value], &[number(&row["home_welfare_coop_symmetric"])], tolerance);
        assert!(joint.value > nash.payoffs[0], "a prisoners' dilemma");
    }
}

fn game(players: usize) -> impl Strategy<Value = Game> {
    prop::collection::vec(-1.0..1.0_f64, 1 << players)
        .prop_map(move |values| Game::new(players, values).expect("a game"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn shapley_values_add_up_and_treat_alike_players_alike(game in game(5)) {
        let values = game.shapley();
        prop_assert!((values.iter().sum::<f64>() - game.worth(game.all())).abs() <= 1e-9);
        // a sixth player that adds nothing gets nothing, and the others keep theirs
        let padded: Vec<f64> = (0..64_usize).map(|set| game.worth(set & 31)).collect();
        let more = Game::new(6, padded).expect("a game").shapley();
        prop_assert!(more[5].abs() <= 1e-12);
        for (before, after) in values.iter().zip(&more) {
            prop_assert!((before - after).abs() <= 1e-12);
        }
        // players 0 and 1 with their places changed
        let swapped: Vec<f64> =
            (0..32_usize).map(|set| game.worth((set & !3) | (set & 1) << 1 | (set >> 1 & 1))).collect();
        let other = Game::new(5, swapped).expect("a game").shapley();
        prop_assert!((other[0] - values[1]).abs() <= 1e-12 && (other[1] - values[0]).abs() <= 1e-12);
    }

    #[test]
    fn the_nucleolus_is_in_the_least_core_where_players_alone_allow_it(game in game(4)) {
        let Some(found) = nucleolus(&game, Excess::BySet, Backend::default()).expect("solved") else { return Ok(()) };
        prop_assert!((found.iter().sum::<f64>() - game.worth(game.all())).abs() <= 1e-6);
        for (player, share) in found.iter().enumerate() {
            prop_assert!(*share >= game.worth(1 << player) - 1e-6);
        }
        let core = game.core(Backend::default()).expect("solved");
        prop_assert!(game.largest_excess(&found) >= core.least - 1e-6);
        if core.exists(&game) {
            prop_assert!(game.largest_excess(&found) <= core.least + 1e-6, "{found:?} {core:?}");
        }
    }

    /// Nash's and Kalai and Smorodinsky's rules do not depend on the units of payoffs.
    #[test]
    fn bargains_do_not_depend_on_units(
        points in prop::collection::vec(prop::collection::vec(0.1..1.0_f64, 3), 2..6), scale in 0.1..10.0_f64, shift in -5.0..5.0_f64,
    ) {
        let (zero, third) = (vec![0.0; 3], vec![1.0 / 3.0; 3]);
        let moved: Vec<Vec<f64>> =
            points.iter().map(|p| vec![scale * p[0] + shift, p[1], p[2]]).collect();
        let from = vec![shift, 0.0, 0.0];
        for rule in [Rule::Nash, Rule::KalaiSmorodinsky] {
            let one = mixed(rule, &points, &zero, &third, Backend::default()).expect("solved").expect("a mixture");
            let other = mixed(rule, &moved, &from, &third, Backend::default()).expect("solved").expect("a mixture");
            if rule == Rule::Nash {
                let product = |gains: [f64; 3]| gains.iter().map(|gain| gain.ln()).sum::<f64>();
                let a = product([one.payoffs[0], one.payoffs[1], one.payoffs[2]]);
                let b = product([(other.payoffs[0] - shift) / scale, other.payoffs[1], other.payoffs[2]]);
                prop_assert!((a - b).abs() <= 1e-7, "{one:?} {other:?}");
            } else {
                // the smallest share of the ideal is what the rule makes large
                let best = |party: usize| points.iter().map(|p| p[party]).fold(0.0, f64::max);
                let a = (0..3).map(|party| one.payoffs[party] / best(party)).fold(f64::INFINITY, f64::min);
                let own = [(other.payoffs[0] - shift) / scale, other.payoffs[1], other.payoffs[2]];
                let b = (0..3).map(|party| own[party] / best(party)).fold(f64::INFINITY, f64::min);
                prop_assert!((a - b).abs() <= 1e-6, "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn a_fund_is_used_up_or_nobody_needs_more(
        changes in prop::collection::vec((-10.0..3.0_f64, 5.0..500.0_f64), 1..12), fund in 0.0..60.0_f64,
    ) {
        let all: Vec<Recipient> = changes.iter().map(|(change, gdp)| Recipient { change: *change, gdp: *gdp }).collect();
        let found = leximin(&all, fund, Backend::default()).expect("solved");
        prop_assert!(found.paid.iter().all(|paid| *paid >= -1e-9));
        if fund >= cheapest(&all, 0.0) {
            prop_assert!(found.after.iter().all(|after| *after >= -1e-12));
        } else {
            prop_assert!(found.left.abs() <= 1e-7 * (1.0 + fund), "{found:?}");
            // whoever is paid ends level with the worst off
            let worst = found.after.iter().copied().fold(f64::INFINITY, f64::min);
            for (paid, after) in found.paid.iter().zip(&found.after) {
                prop_assert!(*paid <= 1e-7 || after - worst <= 1e-7, "{found:?}");
            }
        }
    }
}
