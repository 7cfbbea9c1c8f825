//! The faces of one hand-made outcome.

use super::*;
use crate::stamp::ScenarioStamp;
use std::sync::Arc;
use zollverein_model::indicator::fixture;

struct Made {
    world: Baseline,
    outcome: Outcome,
    stamp: Stamp,
}

fn made() -> Made {
    let world = fixture::world();
    // the two are one arrangement
    let mut terms = fixture::terms(&world);
    terms.blocs = vec![fixture::members(&world)];
    let outcome = Outcome {
        members: fixture::members(&world),
        terms,
        status_quo: Arc::new(fixture::equilibrium(&world)),
        equilibrium: fixture::equilibrium(&world),
        indicators: fixture::indicators(&world),
        harmonised: None,
        home_price_alone: None,
        aimed: vec![],
    };
    let mut stamp = Stamp::new(&world, &outcome, "armington");
    stamp.scenario = Some(ScenarioStamp { path: "a.toml".to_owned(), sha256: "0".repeat(64) });
    Made { world, outcome, stamp }
}

fn report<'a>(made: &'a Made, clauses: &[String]) -> Report<'a> {
    Report {
        title: "A club of two".to_owned(),
        description: "Two countries put a quarter on the rest.",
        assumptions: None,
        driver: None,
        clauses: clauses.to_vec(),
        baseline: &made.world,
        outcome: &made.outcome,
        stamp: &made.stamp,
        social_cost: Some(UsdPerTonneCo2e(100.0)),
        intervals: None,
        without_bands: None,
        of_year: None,
    }
}

#[test]
fn the_page_says_who_loses_and_no_leakage_rate_that_is_none() {
    let made = made();
    let clauses = ["tariff.core: 25 % on all others".to_owned()];
    let text = markdown(&report(&made, &clauses));
    assert!(text.contains("Land DDD ▲"), "{text}");
    assert!(!text.contains("not defined") && !text.to_lowercase().contains("leakage rate"), "{text}");
    assert!(text.contains("those outside"), "the changes are printed instead: {text}");
    assert!(text.contains("tariff.core: 25 % on all others"));
    assert!(text.contains("Members: Land AAA and Land BBB."));
    assert!(text.contains("Figures are made up."));
    assert!(text.contains("in no figure of welfare"));
}

#[test]
fn who_applies_measures_each_by_itself_is_no_member_of_anything() {
    let mut made = made();
    made.outcome.terms.blocs = vec![];
    let report = report(&made, &[]);
    let text = short_markdown(&report);
    assert!(text.contains("Applied by: Land AAA and Land BBB."), "{text}");
    assert!(text.contains("those where it is applied") && !text.contains("members'"), "{text}");
}

#[test]
fn both_settings_of_the_page_hold_the_same_numbers() {
    let made = made();
    let report = report(&made, &[]);
    let page = story::page(&Facts::of(&report));
    let (text, document) = (markdown(&report).replace('\\', ""), html(&report));
    for block in &page.blocks {
        if let Block::Table(grid) = block {
            for cell in grid.rows.iter().flatten().filter(|cell| cell.number) {
                assert!(text.contains(&cell.text) && document.contains(&cell.text), "{}", cell.text);
            }
        }
    }
    assert!(
        document.contains("<svg") && !document.contains("http://") || document.contains("w3.org/2000/svg")
    );
    assert!(!document.contains("<script") && !document.contains("src=") && !document.contains("@import"));
}

#[test]
fn the_social_cost_of_carbon_is_shown_apart_and_does_not_touch_welfare() {
    let made = made();
    let with = report(&made, &[]);
    let without = Report { social_cost: None, ..with.clone() };
    let (with, without) = (markdown(&with), markdown(&without));
    let rest: String = with.lines().filter(|line| !line.starts_with("Valued apart")).collect();
    let kept: String = without.lines().collect();
    assert_eq!(rest, kept);
    // the world's emissions rise by what the fixture's flows say, valued at 100 USD
    let everyone = zollverein_model::baseline::CountrySet::all(made.world.countries.len());
    let totals = zollverein_model::indicator::Totals::new(
        &made.world,
        &made.outcome.indicators,
        &made.outcome.equilibrium,
    );
    let level =
        totals.get(&everyone, zollverein_model::indicator::Indicator::Emissions, None).level.expect("known");
    let worth = words::amount(level.change() * 0.1);
    assert!(with.contains(&format!("{worth} million USD a year. This is in no figure")), "{worth}");
}

#[test]
fn the_terminal_summary_is_aligned_and_coloured_only_if_asked() {
    let made = made();
    let report = report(&made, &[]);
    let plain = terminal(&report, false);
    assert!(!plain.contains('\u{1b}'));
    let colourful = terminal(&report, true);
    assert!(colourful.contains("\u{1b}[38;5;172m"));
    let mut stripped = colourful.clone();
    for code in ["\u{1b}[38;5;172m", "\u{1b}[38;5;98m", "\u{1b}[1m", "\u{1b}[0m"] {
        stripped = stripped.replace(code, "");
    }
    assert_eq!(stripped, plain);
    let widths: Vec<usize> = plain
        .lines()
        .filter(|line| {
            line.starts_with("World ") || line.starts_with("Members   ") || line.starts_with("Outside")
        })
        .map(|line| line.trim_end_matches('*').chars().count())
        .collect();
    assert!(widths.len() >= 3 && widths[..3].iter().all(|w| w.abs_diff(93) <= 1), "{widths:?}\n{plain}");
}

#[test]
fn files_are_the_same_bytes_every_time_and_the_stamp_knows_their_digests() {
    let made = made();
    let report = report(&made, &[]);
    let files = super::files(&report, Format::Csv).expect("they are made");
    assert_eq!(files, super::files(&report, Format::Csv).expect("they are made"));
    let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "indicators.csv",
            "groups.csv",
            "flows.csv",
            "exporters.csv",
            "importers.csv",
            "equity.csv",
            "estimates.csv",
            "brief.md",
            "brief.html",
            "run.json"
        ]
    );
    let run: Value = serde_json::from_slice(&files[9].bytes).expect("JSON");
    for file in &files[..9] {
        assert_eq!(run["results"][&file.name], file.sha256());
    }
}

#[test]
fn json_holds_the_numbers_of_the_tables() {
    let made = made();
    let value = json(&report(&made, &[]));
    let keys: Vec<&String> = value.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["stamp", "indicators", "groups", "exporters", "importers", "equity", "estimates"]);
    let welfare = value["groups"]
        .as_array()
        .expect("rows")
        .iter()
        .find(|row| row["group"] == "world" && row["indicator"] == "welfare" && row["product"] == "all");
    let expected: f64 = made
        .world
        .country_ids()
        .filter_map(|c| made.outcome.indicators.get(zollverein_model::indicator::Indicator::Welfare, c, None))
        .map(zollverein_model::indicator::Level::change)
        .sum();
    let found = welfare.and_then(|row| row["change"].as_f64()).expect("it is there");
    assert!((found - expected).abs() <= 1e-9 * expected.abs());
}

#[test]
fn the_difference_of_an_outcome_to_itself_is_zero() {
    let made = made();
    let one = Compared {
        name: "one",
        baseline: &made.world,
        outcome: &made.outcome,
        intervals: None,
        without_bands: None,
    };
    let two = Compared { name: "two", ..one };
    let comparison = comparison(&[one, two]);
    let Some(zollverein_tables::Column::Known(differences)) = comparison.table.column("difference_to_first")
    else {
        panic!("differences may be not known")
    };
    assert!(!differences.is_empty() && differences.iter().all(|difference| *difference == Some(0.0)));
    assert!(comparison.text.contains("A  one") && comparison.text.contains("B\u{2212}A"));
}

#[test]
fn an_outcome_without_a_policy_says_that_nothing_changes() {
    let world = fixture::world();
    let mut equilibrium = fixture::equilibrium(&world);
    for (quantity, arc) in equilibrium.quantity.iter_mut().zip(&world.arcs) {
        *quantity = arc.quantity;
    }
    for (state, producer) in equilibrium.producers.iter_mut().zip(&world.producers) {
        state.output = producer.output;
        state.surplus = zollverein_model::units::MillionUsd::ZERO;
    }
    for market in equilibrium.markets.iter_mut().flatten() {
        market.price_index = 1.0;
        market.surplus = zollverein_model::units::MillionUsd(1e-13);
    }
    let terms = zollverein_model::policy::Terms::in_force(&world);
    let outcome = Outcome {
        members: zollverein_model::baseline::CountrySet::none(world.countries.len()),
        indicators: zollverein_model::indicator::Indicators::of(&world, &terms, &equilibrium),
        terms,
        status_quo: Arc::new(equilibrium.clone()),
        equilibrium,
        harmonised: None,
        home_price_alone: None,
        aimed: vec![],
    };
    let stamp = Stamp::new(&world, &outcome, "armington");
    let made = Made { world, outcome, stamp };
    let text = markdown(&report(&made, &[]));
    assert!(text.contains("Nothing changes"), "{text}");
    assert!(
        terminal(&report(&made, &[]), false)
            .contains("0 countries gain at least 1 million USD a year, 0 lose.")
    );
}

#[test]
fn countries_that_move_by_less_than_is_shown_neither_gain_nor_lose() {
    let made = made();
    let report = report(&made, &[]);
    let facts = facts::Facts::of(&report);
    let count = |counts: &dyn Fn(f64) -> bool| {
        facts.burdens.changes.iter().filter(|change| counts(change.welfare)).count()
    };
    let (gain, lose) = (count(&|welfare| welfare >= 1.0), count(&|welfare| welfare <= -1.0));
    let text = terminal(&report, false);
    let line = text.lines().find(|line| line.contains("at least 1 million USD a year")).unwrap_or_default();
    assert!(
        line.starts_with(&format!("{gain} countr")) && line.contains(&format!(", {lose} lose")),
        "{line}"
    );
    assert!(markdown(&report).contains("of the 44 on the United Nations' list are in the data"));
}

#[test]
fn members_that_tax_each_other_are_not_summed_as_one() {
    let mut made = made();
    made.outcome.terms.blocs = vec![];
    let text = markdown(&report(&made, &[]));
    assert!(text.contains("the 2 that apply measures, each its own and also on each other, "), "{text}");
    assert!(!text.contains("Members' welfare") && text.contains("Members, not one arrangement"), "{text}");
    let mut one = made;
    one.outcome.terms.blocs = vec![one.outcome.members.clone()];
    let text = markdown(&report(&one, &[]));
    assert!(text.contains("Members' welfare") && text.contains(": members "), "{text}");
}

#[test]
fn the_brief_says_where_gains_fall_to_owners_abroad() {
    let mut made = made();
    assert!(!terminal(&report(&made, &[]), false).contains("by owner"));
    let product = made.world.product_ids().next().expect("a product");
    let owner = made.world.country("CCC").expect("the country is there");
    let all: Vec<_> = made.world.country_ids().collect();
    for country in all {
        for product in made.world.product_ids().collect::<Vec<_>>() {
            let ownership =
                zollverein_model::baseline::Ownership { foreign: 1.0, owners: vec![(owner, 1.0)] };
            made.world.owners.insert((country, product), ownership);
        }
    }
    assert!(made.world.owners.contains_key(&(owner, product)));
    let text = terminal(&report(&made, &[]), false);
    assert!(text.contains(" by place and ") && text.contains(" by owner"), "{text}");
    assert!(markdown(&report(&made, &[])).contains("Welfare by place and by owner"));
}
