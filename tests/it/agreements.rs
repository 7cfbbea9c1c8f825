//! Bargains that no other column of their answer beats, and clubs whose founders are asked.

use crate::support::toy_talks::{CLUB, TOY, toy};
use zollverein::games::bargaining::Rule;
use zollverein::negotiation::{agreement, clubs, design};

/// Twenty negotiations on the toy world, each with weights, powers, bounds and signatories of its own.
fn random_negotiations() -> impl Iterator<Item = String> {
    let mut state = 20_261_130_u64;
    let mut next = move || {
        // a linear congruential generator (Knuth), the same on every machine
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    std::iter::repeat_with(move || {
        let mut text = TOY.replace("nobody_loses = false", "signatories = [\"arden\", \"boria\"]");
        text = text.replacen(
            "name = \"arden\"\n",
            &format!(
                "name = \"arden\"\nproducers_weight = {:.3}\nbargaining_power = {:.3}\n",
                1.0 + next(),
                0.5 + 2.0 * next()
            ),
            1,
        );
        for _ in 0..2 {
            text = text.replacen("to = 10\n", &format!("to = {:.2} \n", 4.0 + 20.0 * next()), 1);
        }
        text
    })
    .take(20)
}

#[test]
fn no_bargain_is_beaten_by_another_column_in_its_own_measure() {
    let mut agreements = 0;
    for text in random_negotiations() {
        let talks = toy(&text);
        let found = agreement::bargains(&talks, &Rule::ALL).unwrap_or_else(|error| panic!("{error}"));
        let powers: Vec<f64> = found.parties.iter().map(|party| talks.parties[*party].power).collect();
        let least = |gains: &[f64], shares: &[f64]| {
            gains.iter().zip(shares).map(|(gain, share)| gain / share).fold(f64::INFINITY, f64::min)
        };
        let measure = |rule: Rule, gains: &[f64]| match rule {
            Rule::Utilitarian => gains.iter().zip(&powers).map(|(gain, power)| gain * power).sum(),
            Rule::Egalitarian => least(gains, &powers),
            Rule::KalaiSmorodinsky => least(gains, &found.ideals),
            Rule::Nash => {
                gains.iter().zip(&powers).map(|(gain, power)| power * gain.max(0.0).ln()).sum::<f64>()
            }
        };
        let columns: Vec<(Rule, &[f64])> = found
            .agreed
            .iter()
            .filter_map(|(rule, one)| Some((*rule, one.as_ref()?.gains.as_slice())))
            .collect();
        agreements += columns.len();
        for (rule, own) in &columns {
            for (other, gains) in &columns {
                let (own, theirs) = (measure(*rule, own), measure(*rule, gains));
                assert!(
                    own >= theirs - 1e-9 * theirs.abs().max(1.0),
                    "{} is beaten by {}: {own} {theirs}\n{text}",
                    rule.name(),
                    other.name()
                );
            }
        }
        for (party, ideal) in found.ideals.iter().enumerate() {
            assert!(columns.iter().all(|(_, gains)| gains[party] <= ideal + 1e-9 * ideal.abs().max(1.0)));
        }
    }
    assert!(agreements >= 20, "{agreements} agreements");
}

#[test]
fn no_point_that_a_search_looked_at_beats_the_design() {
    let mut seen = 0;
    for text in random_negotiations().take(8) {
        // everybody may lose, so that many points keep the limits
        let text = text.replace("signatories = [\"arden\", \"boria\"]", "nobody_loses = false");
        let talks = toy(&text);
        let found = design::design(&talks).unwrap_or_else(|error| panic!("{error}"));
        assert!(found.kept && found.complete, "{found:?}");
        for (point, position) in talks.seen() {
            if talks.room(&position).iter().all(|room| *room >= 0.0) {
                let theirs = talks.objective(&position);
                seen += 1;
                assert!(
                    theirs <= found.objective + 1e-8 * theirs.abs().max(1.0),
                    "{point:?}: {theirs} beats {}\n{text}",
                    found.objective
                );
            }
        }
    }
    assert!(seen > 200, "{seen} points");
}

#[test]
fn founders_are_asked_before_anybody_is_let_in() {
    let with = |admission: &str| {
        let text = CLUB.replace(
            "candidates = [\"arden\", \"boria\", \"corin\"]",
            &format!(
                "founders = [\"ARD\"]\ncandidates = [\"boria\", \"corin\"]\nadmission = \"{admission}\""
            ),
        );
        let talks = toy(&text);
        clubs::clubs(&talks).unwrap_or_else(|error| panic!("{error}"))
    };
    for admission in ["unanimous", "founders_veto", "majority", "open"] {
        let found = with(admission);
        assert_eq!(found.players.iter().filter(|player| player.is_founder).count(), 1);
        assert_eq!((found.founders(), found.payoffs.len()), (1, 8));
        let whole = found.whole.as_ref().expect("every club was looked at");
        let mut members = 1;
        for step in &whole.accession {
            let founder = found.payoffs[&step.set][0] - found.payoffs[&members][0];
            if admission != "open" {
                assert!(founder >= -1e-9, "{admission}: the founder loses {founder}");
            }
            members = step.set;
        }
        for step in &whole.refused {
            assert!(step.gain > 0.0 && step.gains.iter().any(|(_, gain)| *gain < 0.0), "{step:?}");
        }
        // founders share in the worth
        let sum: f64 = whole.shapley.iter().sum();
        assert_eq!(whole.shapley.len(), 3);
        assert!((sum - whole.game.worth(7)).abs() < 1e-9 * sum.abs().max(1.0));
    }
}
