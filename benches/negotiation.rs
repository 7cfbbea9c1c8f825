//! What questions of a negotiation cost on the full baseline, and how good the answers are.
//!
//! `cargo bench --bench negotiation` prints each figure beside its bound.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;
use zollverein::games::optimum::{self, Point, Search};
use zollverein::negotiation::design::design;
use zollverein::negotiation::talks::Talks;
use zollverein::negotiation::{clubs, frontier};
use zollverein::numeric::search::Random;
use zollverein::scenario::Scenario;

use rayon::prelude::*;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn talks(scenario: &Scenario) -> Talks {
    let folder = scenario.data_folder().unwrap_or_else(|problems| panic!("{problems}"));
    let world = scenario.world(&folder).unwrap_or_else(|problems| panic!("{problems}"));
    Talks::open(scenario, Arc::new(world), Arc::default()).unwrap_or_else(|error| panic!("{error}"))
}

fn read(name: &str) -> Scenario {
    Scenario::read(&root().join("scenarios").join(name)).unwrap_or_else(|problems| panic!("{problems}"))
}

/// The best objective among points drawn by chance that keep every limit, and how many keep them.
fn best_of_random(talks: &Talks, count: usize) -> (f64, usize) {
    let mut random = Random::new(1);
    let space = talks.space();
    let points: Vec<Point> = (0..count)
        .map(|_| Point {
            numbers: space.bounds.iter().map(|(low, high)| low + (high - low) * random.unit()).collect(),
            choices: space.menus.iter().map(|menu| random.below(*menu)).collect(),
        })
        .collect();
    let kept: Vec<f64> = points
        .par_iter()
        .filter_map(|point| {
            let values = talks.values(point).unwrap_or_else(|error| panic!("{error}"));
            values.limits.iter().all(|room| *room >= 0.0).then_some(values.objective)
        })
        .collect();
    (kept.iter().copied().fold(f64::NEG_INFINITY, f64::max), kept.len())
}

fn best_agreement() {
    let scenario = read("30-design.toml");
    let talks = talks(&scenario);
    let begun = Instant::now();
    let found = design(&talks).unwrap_or_else(|error| panic!("{error}"));
    let exact = begun.elapsed().as_secs_f64();
    println!(
        "design: {} numbers, {} menus, {} limits: {exact:.1} s (bound 2.5 s), KKT residual {:.1e} (bound 1e-8), kept: {}, {} equilibria",
        talks.agenda.numbers.len(),
        talks.agenda.menus.len(),
        talks.limits.len(),
        found.residual,
        found.kept,
        found.asked
    );
    // the same search on a function that knows no slopes, nothing remembered
    let fresh = self::talks(&scenario);
    let begun = Instant::now();
    let search = Search { starts: fresh.agenda.starts, ..Search::default() };
    let values = |point: &Point| fresh.values(point);
    let differences = optimum::best(&fresh.space(), &fresh.start(), &values, &search)
        .unwrap_or_else(|error| panic!("{error}"));
    println!(
        "  by differences of outcomes: {} equilibria, {:.1} times as many, and {:.1} times the time; objectives {:.1e} apart (bound 1e-6)",
        differences.asked,
        differences.asked as f64 / found.asked as f64,
        begun.elapsed().as_secs_f64() / exact,
        (differences.values.objective / found.objective - 1.0).abs()
    );
    let begun = Instant::now();
    let (best, kept) = best_of_random(&talks, 10_000);
    println!(
        "  of 10,000 random points {kept} keep all limits; the best is worth {best:.1}, the design {:.1} ({:.1} s)",
        found.objective,
        begun.elapsed().as_secs_f64()
    );
    let prices = found.prices.clone().unwrap_or_default();
    for (at, limit) in
        talks.limits.iter().enumerate().filter(|(at, _)| prices.get(*at).is_some_and(|p| *p > 0.0))
    {
        let Some(path) = limit.name.strip_prefix("floor.") else { continue };
        let path = format!("negotiation.floor.{path}.at_least");
        let bound = scenario.number(&path).unwrap_or_else(|| panic!("{path}"));
        let shift = 0.01 * bound.abs().max(0.1);
        let again = |by: f64| {
            let moved = scenario.with(&path, bound + by).unwrap_or_else(|problems| panic!("{problems}"));
            design(&self::talks(&moved)).unwrap_or_else(|error| panic!("{error}")).objective
        };
        let slope = (again(-shift) - again(shift)) / (2.0 * shift);
        println!(
            "  price of {}: {:.4} a unit, by solving again at a shifted line {:.4}: {:.3} % apart (bound 2 %)",
            limit.name,
            prices[at],
            slope,
            100.0 * (prices[at] / slope - 1.0).abs()
        );
    }
}

fn curve() {
    let talks = talks(&read("31-frontier.toml"));
    let begun = Instant::now();
    let found = frontier::frontier(&talks, &[0, 1], 41).unwrap_or_else(|error| panic!("{error}"));
    let monotone = found
        .points
        .windows(2)
        .all(|pair| pair[0].worth[0] <= pair[1].worth[0] && pair[0].worth[1] <= pair[1].worth[1]);
    println!(
        "frontier: {} points, {:.1} s (bound 180 s), monotone: {monotone}, missing {}, worst residual {:.1e}",
        found.points.len(),
        begun.elapsed().as_secs_f64(),
        found.missing,
        found.points.iter().filter_map(|point| point.residual).fold(0.0, f64::max)
    );
}

/// Twelve candidates for the club of GASSA.
fn twelve(scenario: &Scenario) -> Scenario {
    let codes = ["BRA", "IND", "TUR", "KOR", "JPN", "GBR", "CAN", "MEX", "UKR", "ZAF", "EGY", "VNM"];
    let names: Vec<String> = codes.iter().map(|code| code.to_lowercase()).collect();
    let mut json = scenario.json();
    json["party"] = codes
        .iter()
        .map(|code| serde_json::json!({ "name": code.to_lowercase(), "members": [code] }))
        .collect();
    json["negotiation"] = serde_json::json!({
        "coalition": { "members": "arrangement.gassa.members", "founders": ["USA", "EU27"], "candidates": names }
    });
    let path = root().join("scenarios/twelve.toml");
    Scenario::from_json(Path::new(&path), &json).unwrap_or_else(|problems| panic!("{problems}"))
}

fn coalitions() {
    let mut scenario = read("32-candidates.toml").json();
    if let Some(entries) = scenario.as_object_mut() {
        entries.remove("extends");
        entries.insert("baseline".to_owned(), serde_json::json!("../data/2023"));
    }
    let path = root().join("scenarios/twelve.toml");
    let base = Scenario::from_json(&path, &scenario).unwrap_or_else(|problems| panic!("{problems}"));
    let talks = talks(&twelve(&base));
    let begun = Instant::now();
    let found = clubs::clubs(&talks).unwrap_or_else(|error| panic!("{error}"));
    let seconds = begun.elapsed().as_secs_f64();
    let whole = found.whole.as_ref().unwrap_or_else(|| panic!("every club"));
    let all = whole.game.worth(whole.game.all());
    let sum: f64 = whole.shapley.iter().sum();
    println!(
        "clubs: {} of 12 candidates, {seconds:.1} s (bound 120 s); Shapley values add up to {:.1e} of the worth of all (bound 1e-9)",
        found.payoffs.len(),
        (sum / all - 1.0).abs()
    );
}

fn main() {
    println!("{} threads", rayon::current_num_threads());
    best_agreement();
    curve();
    coalitions();
}
