//! Questions of a negotiation on small worlds: closed forms, brute force, and what must hold whatever
//! the numbers are.

use crate::support::toy_talks::{CLUB, TOY, scenario, talks_on, toy};
use crate::support::worlds::{Behaviour, Maker, Shipment, World};
use std::path::PathBuf;
use std::sync::Arc;
use zollverein::baseline::{Baseline, read};
use zollverein::games::bargaining::Rule;
use zollverein::games::optimum::{Point, Search, Status, best};
use zollverein::negotiation::design::design;
use zollverein::negotiation::talks::{Position, Talks, TalksError, Watch};
use zollverein::negotiation::{agreement, answers, clubs, concession, frontier, fund};
use zollverein::numeric::search::Random;
use zollverein::report::{clubs_answer, design_answer, frontier_answer};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A maker abroad that sells everything to one buyer: its supply is what the buyer faces.
fn two_countries(supply: f64) -> Baseline {
    let world = World {
        countries: vec!["FOR".to_owned(), "HOM".to_owned()],
        makers: vec![Maker {
            country: "FOR".to_owned(),
            route: "mill".to_owned(),
            output: 100.0,
            capacity: None,
            price: 1000.0,
            intensity: 1.0,
        }],
        shipments: vec![Shipment {
            from: "FOR".to_owned(),
            to: "HOM".to_owned(),
            quantity: 100.0,
            freight: 0.0,
            duty: 0.0,
        }],
        behaviour: Behaviour {
            home_import: 2.0,
            origins: 4.0,
            routes: 6.0,
            demand: 0.7,
            supply,
            curvature: 0.0,
        },
        own_supply: vec![],
        fob: vec![],
    };
    world.baseline()
}

/// With an isoelastic supply to it alone, a buyer's optimal tariff is one over its elasticity,
/// whatever demand is like (Bickerdike 1906; Johnson 1953).
#[test]
fn the_optimal_tariff_of_two_countries_is_one_over_the_elasticity_of_supply() {
    for supply in [1.5, 2.0, 4.0] {
        let talks = talks_on(
            two_countries(supply),
            "[[tariff]]\nname = \"own\"\nimporters = [\"HOM\"]\nrate_percent = 10\n\
             [[party]]\nname = \"home\"\nmembers = [\"HOM\"]\n\
             [[negotiation.number]]\nname = \"tariff\"\nwhat = \"tariff.own.rate_percent\"\nfrom = 0\nto = 120\n",
        );
        let found = design(&talks).unwrap_or_else(|error| panic!("{error}"));
        let wanted = 100.0 / supply;
        assert!((found.point.numbers[0] / wanted - 1.0).abs() < 1e-6, "{supply}: {:?}", found.point);
        assert!(found.residual <= 1e-6 && found.kept && found.complete, "{found:?}");
    }
}

/// Points of the agenda drawn by chance, with how all stand there.
fn drawn(talks: &Talks, count: usize) -> Vec<(Point, Arc<Position>)> {
    let mut random = Random::new(7);
    let space = talks.space();
    let points = (0..count).map(|_| Point {
        numbers: space.bounds.iter().map(|(low, high)| low + (high - low) * random.unit()).collect(),
        choices: space.menus.iter().map(|menu| random.below(*menu)).collect(),
    });
    let points: Vec<Point> = points.collect();
    let position = |point: Point| {
        let position = talks.position(&point).unwrap_or_else(|error| panic!("{error}"));
        (point, position)
    };
    points.into_iter().map(position).collect()
}

fn keeps(talks: &Talks, position: &Position) -> bool {
    talks.room(position).iter().all(|room| *room >= 0.0)
}

#[test]
fn no_point_drawn_by_chance_beats_the_design_and_its_prices_are_those_of_solving_again() {
    let talks = toy(TOY);
    let found = design(&talks).unwrap_or_else(|error| panic!("{error}"));
    assert!(found.kept && found.residual <= 1e-6, "{found:?}");
    let best = drawn(&talks, 2000)
        .iter()
        .filter(|(_, position)| keeps(&talks, position))
        .map(|(_, position)| talks.objective(position))
        .fold(f64::NEG_INFINITY, f64::max);
    assert!(found.objective >= best, "{} against {best} drawn by chance", found.objective);
    let (at, price) = found
        .prices
        .iter()
        .flatten()
        .enumerate()
        .max_by(|a, b| a.1.total_cmp(b.1))
        .expect("there is a red line");
    assert!(*price > 0.0, "no red line binds: {found:?}");
    assert_eq!(talks.limits[at].name, "corin.exports");
    let again = |bound: f64| {
        let text = TOY.replace("at_least = -1", &format!("at_least = {bound}"));
        design(&toy(&text)).unwrap_or_else(|error| panic!("{error}")).objective
    };
    let slope = (again(-1.05) - again(-0.95)) / 0.1;
    assert!((slope / price - 1.0).abs() < 0.02, "price {price}, by solving again {slope}");
}

#[test]
fn the_frontier_is_monotone_and_ends_at_the_best_of_each_objective() {
    let talks = toy(TOY);
    let found = frontier::frontier(&talks, &[0, 1], 9).unwrap_or_else(|error| panic!("{error}"));
    assert!(found.complete && found.points.len() >= 5, "{}", found.points.len());
    for pair in found.points.windows(2) {
        assert!(pair[0].worth[0] >= pair[1].worth[0] && pair[0].worth[1] <= pair[1].worth[1]);
    }
    let alone = |which: usize, weight: f64| {
        let text = TOY.replace("weight = 0.01", &format!("weight = {weight}"));
        let text = if which == 0 {
            text
        } else {
            text.replace("of = [\"ARD\", \"BOR\"]", "of = [\"ARD\", \"BOR\"]\nweight = 1e-9")
        };
        let talks = toy(&text);
        let found = design(&talks).unwrap_or_else(|error| panic!("{error}"));
        found.position.objectives[which]
    };
    let (first, last) = (&found.points[0], &found.points[found.points.len() - 1]);
    let close = |a: f64, b: f64| (a - b).abs() <= 1e-6 * a.abs().max(1.0);
    assert!(close(first.worth[0], alone(0, 1e-9)), "{} {}", first.worth[0], alone(0, 1e-9));
    assert!(close(last.worth[1], alone(1, 1.0)), "{} {}", last.worth[1], alone(1, 1.0));
    // and no point drawn by chance is better than a point of the frontier in both
    for (_, position) in drawn(&talks, 500).iter().filter(|(_, position)| keeps(&talks, position)) {
        let beaten = found.points.iter().find(|point| {
            position.objectives[0] > point.worth[0] + 1e-6 && position.objectives[1] > point.worth[1] + 1e-6
        });
        assert!(beaten.is_none(), "{position:?} beats {beaten:?}");
    }
}

#[test]
fn answers_are_the_same_bytes_on_any_number_of_threads() {
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| {
            let talks = toy(TOY);
            let best = design(&talks).unwrap_or_else(|error| panic!("{error}"));
            let sweep = frontier::frontier(&talks, &[0, 1], 5).unwrap_or_else(|error| panic!("{error}"));
            let club = toy(CLUB);
            let all = clubs::clubs(&club).unwrap_or_else(|error| panic!("{error}"));
            let answers =
                [design_answer(&talks, &best), frontier_answer(&talks, &sweep), clubs_answer(&club, &all)];
            answers.map(|answer| answer.files().expect("files"))
        })
    };
    let one = on(1);
    assert_eq!(one, on(3));
    assert_eq!(one, on(2));
    assert!(one[0].iter().any(|file| file.name == "proposal.toml"));
}

#[test]
fn bargains_obey_their_rules() {
    let talks = toy(&TOY.replace("nobody_loses = false", "signatories = [\"arden\", \"boria\"]"));
    let found = agreement::bargains(&talks, &Rule::ALL).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(found.parties, [0, 1]);
    let of = |rule: Rule| {
        let one = found.agreed.iter().find(|(own, _)| *own == rule).and_then(|(_, one)| one.clone());
        one.unwrap_or_else(|| panic!("no {} bargain", rule.name()))
    };
    let (nash, fair) = (of(Rule::Nash), of(Rule::Egalitarian));
    let (ks, sum) = (of(Rule::KalaiSmorodinsky), of(Rule::Utilitarian));
    let product = |gains: &[f64]| gains[0].max(0.0).ln() + 2.0 * gains[1].max(0.0).ln();
    let total = |gains: &[f64]| gains[0] + 2.0 * gains[1];
    assert!((fair.gains[1] / fair.gains[0] - 2.0).abs() < 1e-4, "{:?}", fair.gains);
    let shares: Vec<f64> = ks.gains.iter().zip(&found.ideals).map(|(gain, ideal)| gain / ideal).collect();
    assert!((shares[0] - shares[1]).abs() < 1e-4, "{shares:?}");
    for one in [&fair, &ks, &sum] {
        assert!(product(&nash.gains) >= product(&one.gains) - 1e-9, "{:?} {:?}", nash.gains, one.gains);
        assert!(total(&sum.gains) >= total(&one.gains) - 1e-9);
    }
    for (_, position) in drawn(&talks, 1000).iter().filter(|(_, position)| keeps(&talks, position)) {
        let all = talks.gains(position);
        let gains = [all[0], all[1]];
        assert!(product(&gains) <= product(&nash.gains) + 1e-9, "{gains:?} against {:?}", nash.gains);
        assert!((gains[0]).min(gains[1] / 2.0) <= fair.gains[0].min(fair.gains[1] / 2.0) + 1e-6);
    }
}

#[test]
fn answers_end_where_no_rate_of_a_grid_is_better() {
    let text = TOY
        .replace(
            "to = 10\n[[negotiation.number]]\nname = \"boria",
            "to = 10\nby = \"arden\"\n[[negotiation.number]]\nname = \"boria",
        )
        .replace(
            "to = 10\n[[negotiation.number]]\nname = \"arden-steel",
            "to = 10\nby = \"boria\"\n[[negotiation.number]]\nname = \"arden-steel",
        );
    let talks = toy(&text);
    let found = answers::retaliation(&talks).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(found.parties, [0, 1]);
    let payoff = |numbers: [f64; 2], party: usize| {
        let mut point = talks.start();
        point.numbers[..2].copy_from_slice(&numbers);
        let position = talks.position(&point).unwrap_or_else(|error| panic!("{error}"));
        position.standings[party].payoff.total()
    };
    let grid = || (0..=40).map(|step| 0.25 * f64::from(step));
    let (end, _) = &found.equilibria[0];
    assert!(end.settled && end.residual < 1e-6, "{end:?}");
    let rates = [end.rates[0][0], end.rates[1][0]];
    for rate in grid() {
        assert!(payoff([rate, 0.0], 0) <= payoff([found.alone[0].0[0], 0.0], 0) + 1e-9);
        assert!(payoff([rate, rates[1]], 0) <= payoff(rates, 0) + 1e-6);
        assert!(payoff([rates[0], rate], 1) <= payoff(rates, 1) + 1e-6);
    }
    for one in found.rebalanced.iter().filter(|one| one.share.is_some()) {
        let acts = |numbers| payoff(numbers, one.first);
        let (alone, both) =
            if one.first == 0 { ([3.0, 0.0], [3.0, 10.0]) } else { ([0.0, 3.0], [10.0, 3.0]) };
        let mut scaled = both;
        scaled[one.second] *= one.share.unwrap_or(0.0);
        let harm = acts(alone) - acts(scaled);
        assert!((harm / one.suffered - 1.0).abs() < 1e-6, "{harm} {}", one.suffered);
    }
}

#[test]
fn a_concession_brings_the_party_just_to_its_limit_and_the_package_is_the_nearest() {
    let text = TOY.replace("additional_percent = 3", "additional_percent = 9");
    let talks = toy(&text);
    let found = concession::concessions(&talks, 2).unwrap_or_else(|error| panic!("{error}"));
    assert!(!found.signs);
    let own = |position: &Position| {
        let standing = &position.standings[2];
        standing.payoff.total().min(standing.red_lines[0].slack.unwrap_or(f64::NAN))
    };
    for one in found.numbers.iter().flatten() {
        assert!(own(&one.position).abs() < 1e-6, "{}", own(&one.position));
    }
    let package = found.package.as_ref().expect("a package");
    assert!(own(&package.position) > -1e-6);
    let space = talks.space();
    let start = talks.start();
    for (point, position) in drawn(&talks, 1000) {
        let moves = point.numbers.iter().zip(&start.numbers).zip(&space.bounds);
        let far: f64 = moves.map(|((a, b), (low, high))| ((a - b) / (high - low)).powi(2)).sum();
        // packages move numbers alone
        assert!(
            own(&position) < 0.0 || point.choices != start.choices || far.sqrt() >= package.distance - 1e-9,
            "{point:?} is nearer"
        );
    }
}

#[test]
fn red_lines_that_conflict_are_named_and_no_others() {
    let more = "
[[negotiation.floor]]
name = \"low\"
indicator = \"imports\"
of = [\"ARD\"]
product = \"aluminium\"
measure = \"percent\"
at_most = -3
[[negotiation.floor]]
name = \"high\"
indicator = \"imports\"
of = [\"ARD\"]
product = \"aluminium\"
measure = \"percent\"
at_least = -1.5
";
    let talks = toy(&format!("{TOY}{more}"));
    let found = design(&talks).unwrap_or_else(|error| panic!("{error}"));
    assert!(!found.kept);
    let conflict = found.conflict.as_ref().expect("a conflict");
    let names: Vec<&str> = conflict.limits.iter().map(|at| talks.limits[*at].name.as_str()).collect();
    assert_eq!(names, ["floor.low", "floor.high"]);
    assert!(conflict.least > 0.0);
    let text = design_answer(&talks, &found).text;
    assert!(text.contains("conflict") && text.contains("floor.low"), "{text}");
}

#[test]
fn clubs_are_the_scenarios_that_name_their_members_and_shares_add_up() {
    let talks = toy(CLUB);
    let found = clubs::clubs(&talks).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(found.payoffs.len(), 8);
    let whole = found.whole.as_ref().expect("every club was looked at");
    assert!(found.payoffs[&0].iter().all(|payoff| payoff.abs() < 1e-9), "nobody: {:?}", found.payoffs[&0]);
    // arden and corin, as a scenario by itself
    let two = CLUB.replace("members = [\"ARD\"]\nproducts", "members = [\"ARD\", \"COR\"]\nproducts");
    let outcome = talks.outcome_of(&scenario(&two)).unwrap_or_else(|error| panic!("{error}"));
    let standings = talks.standings(&outcome);
    for (player, standing) in standings.iter().enumerate() {
        let (found, wanted) = (found.payoffs[&0b101][player], standing.payoff.total());
        assert!((found - wanted).abs() <= 1e-9 * wanted.abs().max(1.0), "{found} {wanted}");
    }
    let all = whole.game.worth(7);
    let sum: f64 = whole.shapley.iter().sum();
    assert!((sum - all).abs() <= 1e-9 * all.abs().max(1.0), "{sum} {all}");
    for set in 0..8_usize {
        let leaves = (0..3).any(|player| {
            set >> player & 1 == 1
                && found.payoffs[&(set ^ 1 << player)][player] > found.payoffs[&set][player] + 1e-9
        });
        assert_eq!(whole.standings[set].is_internal(), !leaves, "club {set:b}");
    }
}

#[test]
fn a_fund_that_suffices_leaves_no_recipient_worse_off() {
    let text = format!("{TOY}[negotiation.compensation]\nrecipients = [\"all\"]\noverhead_percent = 10\n");
    let talks = toy(&text);
    let found = fund::fund(&talks).unwrap_or_else(|error| panic!("{error}"));
    let lost: f64 = found.recipients.iter().map(|(_, one)| (-one.change).max(0.0)).sum();
    assert!(lost > 0.0 && (found.cheapest - lost / 0.9).abs() < 1e-9 * lost, "{lost} {}", found.cheapest);
    assert!(found.shares.after.iter().all(|after| *after >= -1e-12), "{:?}", found.shares.after);
    let half = toy(&text.replace(
        "[negotiation.compensation]",
        &format!("[negotiation.compensation]\nfund_million_usd = {}", 0.5 * found.cheapest),
    ));
    let short = fund::fund(&half).unwrap_or_else(|error| panic!("{error}"));
    let paid: f64 = short.shares.paid.iter().sum();
    assert!((paid - 0.5 * lost).abs() < 1e-6 * lost, "{paid} of {lost}");
    assert!(short.shares.after.iter().any(|after| *after < 0.0));
}

#[test]
fn a_broken_agenda_is_told_whole() {
    let text = "
[[tariff]]
name = \"a\"
importers = [\"ARD\"]
additional_percent = 8
[[party]]
name = \"arden\"
members = [\"ARD\"]
[negotiation]
signatories = [\"ardenn\"]
starts = 0
[[negotiation.number]]
name = \"nowhere\"
what = \"tariff.b.additional_percent\"
from = 0
to = 10
[[negotiation.number]]
name = \"turned\"
what = \"tariff.a.additional_percent\"
from = 10
to = 0
[[negotiation.number]]
name = \"steps\"
what = \"year\"
from = 2026
to = 2030
[[negotiation.menu]]
name = \"one\"
what = \"tariff.a.enabled\"
values = [3]
[[negotiation.objective]]
name = \"both\"
party = \"arden\"
indicator = \"welfare\"
[[negotiation.floor]]
name = \"nobody\"
indicator = \"wellfare\"
at_least = 0
[negotiation.coalition]
members = \"tariff.a.importers\"
candidates = []
";
    let baseline = read::folder(&root().join("data/toy")).unwrap_or_else(|problems| panic!("{problems}"));
    let Err(TalksError::Problems(problems)) =
        Talks::open(&scenario(text), Arc::new(baseline), Arc::default())
    else {
        panic!("it was taken")
    };
    let said = problems.to_string();
    for (line, word) in [
        (10, "`ardenn` is no party"),
        (11, "0 cannot be meant"),
        (14, "tariff.b.additional_percent"),
        (17, "from 10 is not below to 0"),
        (23, "moves outcomes in steps"),
        (26, "nothing to choose"),
        (29, "values[0]"),
        (30, "a party and an indicator"),
        (34, "does not say whose"),
        (36, "no indicator of the result files"),
        (40, "0 candidates"),
    ] {
        let found = problems.as_slice().iter().any(|one| one.what.contains(word) && !one.remedy.is_empty());
        assert!(found, "{word} (line {line}) is not told:\n{said}");
    }
    assert!(problems.as_slice().iter().all(|one| one.place.line.is_some()), "{said}");
}

#[test]
fn work_that_is_stopped_keeps_what_it_has() {
    let baseline = read::folder(&root().join("data/toy")).unwrap_or_else(|problems| panic!("{problems}"));
    let watch = Arc::new(Watch::default());
    let talks = Talks::open(&scenario(TOY), Arc::new(baseline), Arc::clone(&watch))
        .unwrap_or_else(|error| panic!("{error}"));
    let stopper = std::thread::spawn(move || {
        while watch.solved().0 < 40 {
            std::thread::yield_now();
        }
        watch.stop();
    });
    let found = design(&talks).unwrap_or_else(|error| panic!("{error}"));
    stopper.join().expect("the thread ends");
    assert!(!found.complete);
    let text = design_answer(&talks, &found).text;
    assert!(text.contains("Stopped before the end"), "{text}");
    assert!(clubs::clubs(&talks).is_err()); // no candidates, and stopped
}

/// The same search on a function that knows no slopes ends at the same agreement, after many more equilibria.
#[test]
fn exact_slopes_lead_to_the_agreement_of_differences_with_fewer_equilibria() {
    let exact = design(&toy(TOY)).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(exact.status, Status::Converged, "{exact:?}");
    let talks = toy(TOY);
    let search = Search { starts: talks.agenda.starts, ..Search::default() };
    let values = |point: &Point| talks.values(point);
    let found = best(&talks.space(), &talks.start(), &values, &search);
    let found = found.unwrap_or_else(|error| panic!("{error}"));
    let apart = (found.values.objective / exact.objective - 1.0).abs();
    assert!(apart <= 1e-6, "{} and {}", found.values.objective, exact.objective);
    assert!(3 * exact.asked <= found.asked, "{} and {}", exact.asked, found.asked);
}

/// Along each number of the agenda, how all stand moves as differences of positions say.
#[test]
fn positions_on_tangents_move_as_exact_positions_do() {
    let talks = toy(TOY);
    let numbers: Vec<usize> = (0..talks.agenda.numbers.len()).collect();
    let mut known = 0;
    for (point, _) in drawn(&talks, 12) {
        let tangents = talks.tangents(&point, &numbers).unwrap_or_else(|error| panic!("{error}"));
        for (number, asides) in tangents.into_iter().enumerate() {
            let Some(asides) = asides else { continue };
            known += 1;
            let (low, high) = talks.agenda.numbers[number].bounds;
            let h = (2e-3 * (high - low)).min(point.numbers[number] - low).min(high - point.numbers[number]);
            let gains = |by: f64| {
                let mut point = point.clone();
                point.numbers[number] += by;
                talks.gains(&talks.position(&point).unwrap_or_else(|error| panic!("{error}")))
            };
            let (less, more) = (gains(-h), gains(h));
            for party in 0..less.len() {
                let along =
                    asides.iter().map(|aside| aside.step.weight * talks.gains(&aside.position)[party]);
                let (exact, difference) = (along.sum::<f64>(), (more[party] - less[party]) / (2.0 * h));
                let size = 1.0 + exact.abs();
                assert!(
                    (exact - difference).abs() <= 1e-3 * size,
                    "{number} {party}: {exact} and {difference}"
                );
            }
        }
    }
    assert!(known >= 6 * numbers.len(), "{known}");
}
