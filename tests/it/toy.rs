//! The tariff worked by hand in data/toy/README.md, against the program.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use zollverein::baseline::{Baseline, read};
use zollverein::engine::Armington;
use zollverein::indicator::{Indicator, Indicators};
use zollverein::model::{Model, Outcome};
use zollverein::policy::tariff::TariffForm;
use zollverein::policy::{Policy, Reading, Tariff};
use zollverein::problem::Place;

fn toy() -> Baseline {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/toy");
    read::folder(&folder).unwrap_or_else(|problems| panic!("{problems}"))
}

/// 25 points on all steel into Arden.
fn outcome() -> (Baseline, Outcome) {
    let baseline = toy();
    let form: TariffForm = toml::from_str(
        "name = \"steel\"\nimporters = [\"ARD\"]\nproducts = [\"steel\"]\nadditional_percent = 25\n",
    )
    .expect("a tariff");
    let groups = BTreeMap::new();
    let place = |_: &str| Place::default();
    let reading = Reading::new(&baseline, &groups, None, &place);
    let policy = Policy { tariffs: vec![Tariff::read(&form, &reading)], ..Policy::default() };
    assert!(reading.into_problems().is_empty());
    let model = Model::new(Arc::new(baseline.clone()), Arc::new(Armington::new(&baseline))).expect("a model");
    let outcome = model.evaluate(&policy).expect("an equilibrium");
    (baseline, outcome)
}

#[test]
fn the_tariff_worked_by_hand_is_what_the_program_finds() {
    let (baseline, outcome) = outcome();
    let steel = baseline.product("steel").expect("steel");
    let country = |code| baseline.country(code).expect("a country of the toy world");
    let indicators: &Indicators = &outcome.indicators;
    let level = |indicator, code| {
        indicators.get(indicator, country(code), Some(steel)).expect("a level of the toy world")
    };
    let hand = [
        (Indicator::Output, "ARD", 5000.0),
        (Indicator::Output, "BOR", 9500.0),
        (Indicator::Output, "COR", 960.0),
        (Indicator::Exports, "BOR", 4875.0 / (0.95 * 1.25) + 525.0 / 0.95),
        (Indicator::PriceIndex, "ARD", 1.1875_f64.powf(3900.0 / 8713.6) * 1.2_f64.powf(313.6 / 8713.6)),
        (Indicator::PriceIndex, "COR", 0.95_f64.powf(462.0 / 1192.0) * 0.96_f64.powf(400.0 / 1192.0)),
        (Indicator::ConsumerSurplus, "ARD", -3900.0 * 1.1875_f64.ln() - 313.6 * 1.2_f64.ln()),
        (Indicator::ConsumerSurplus, "BOR", -3680.0 * 0.95_f64.ln() - 86.4 * 0.96_f64.ln()),
        (Indicator::ProducerSurplus, "ARD", 0.0),
        (Indicator::ProducerSurplus, "BOR", -390.0),
        (Indicator::ProducerSurplus, "COR", -31.36),
        (Indicator::GovernmentRevenue, "ARD", 842.72),
        (Indicator::GovernmentRevenue, "COR", 72.0),
        (Indicator::Emissions, "BOR", 0.95 * 21_600.0),
        (Indicator::Jobs, "COR", 2880.0),
        (Indicator::Utilisation, "BOR", 9500.0 / 16_000.0),
    ];
    for (indicator, code, expected) in hand {
        let found = level(indicator, code).value;
        let scale = expected.abs().max(1.0);
        assert!(
            (found - expected).abs() <= 1e-9 * scale,
            "{} of {code}: {found}, by hand {expected}",
            indicator.name()
        );
    }
}

#[test]
fn the_other_product_is_left_alone() {
    let (baseline, outcome) = outcome();
    let aluminium = baseline.product("aluminium").expect("aluminium");
    for country in baseline.country_ids() {
        let level = outcome.indicators.get(Indicator::Output, country, Some(aluminium)).expect("output");
        assert!(level.change().abs() <= 1e-12 * level.baseline, "{level:?}");
    }
}

#[test]
fn the_readme_states_the_numbers_that_are_checked_here() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("data/toy/README.md"))
        .expect("data/toy/README.md");
    for number in ["0.95", "0.96", "9,500", "1.087", "−727.4", "−390", "842.7", "115.3", "192.3", "−31.4"]
    {
        assert!(readme.contains(number), "{number} is not in data/toy/README.md");
    }
}
