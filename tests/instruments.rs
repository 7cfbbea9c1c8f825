//! Every instrument at once: the order of a file changes nothing, and the accounts add up.

use proptest::prelude::*;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use zollverein::baseline::{Baseline, CountryId, ProductId, read};
use zollverein::indicator::{Indicator, Level};
use zollverein::model::{Model, Outcome};
use zollverein::scenario::Scenario;

const HEAD: &str = "year = 2030\n\n";

/// The clauses, in the order of the kinds of the book.
const CLAUSES: [&str; 22] = [
    r#"[[tariff]]
name = "set"
importers = ["ARD"]
products = ["steel"]
rate_percent = 8
phase_in = [{ year = 2026, percent = 50 }, { year = 2034, percent = 100 }]
"#,
    r#"[[tariff]]
name = "added"
importers = ["ARD", "BOR"]
additional_percent = 4
additional_usd_per_t = 3
"#,
    r#"[[carbon_tariff]]
name = "linear"
importers = ["BOR"]
benchmark = { basis = "fixed", tco2e_per_t = { steel = 0.6, aluminium = 1 } }
usd_per_tco2e = 15
"#,
    r#"[[carbon_tariff]]
name = "tiers"
importers = ["ARD"]
products = ["aluminium"]
intensity = "direct"
tiers_by = "intensity"
tiers = [{ above = 1, additional_percent = 3 }, { above = 1.7, additional_percent = 7 }]
"#,
    r#"[[oversupply_tariff]]
name = "idle"
importers = ["ARD"]
products = ["steel"]
steps = [{ above_percent = 10, additional_percent = 4 }, { above_percent = 25, additional_percent = 9 }]
"#,
    r#"[[arrangement]]
name = "club"
members = ["ARD", "COR"]
products = ["steel"]
intensity = "direct"
benchmark = { basis = "members_average" }
duties_in_force = "at_least"
inside = { usd_per_tco2e = 10 }
outside = { floor_percent = 3, tiers = [{ above = 1.5, additional_percent = 6 }] }
"#,
    r#"[[quota]]
name = "all"
importers = ["ARD"]
products = ["steel"]
quota_percent = 80
out_of_quota_percent = 25
rent_to_exporters_percent = 30
"#,
    r#"[[quota]]
name = "boria"
importers = ["COR"]
products = ["steel"]
exporters_kt = { BOR = 450 }
"#,
    r#"[[cbam]]
name = "ard"
importers = ["ARD"]
carbon_price_usd_per_tco2e = 60
home = { exports = false }
free_allocation = { charged_percent = 50, tco2e_per_t = { blast = 1.2, electric = 0.1, smelter = 1.0, remelt = 0.1 } }
"#,
    r#"[[cbam]]
name = "defaults"
importers = ["COR"]
products = ["aluminium"]
carbon_price_usd_per_tco2e = 20
default_values = true
markup_percent = 10
"#,
    r#"[standard]
harmonised = false
method = "verified"
verification_usd_per_t = 1
"#,
    r#"[[standard.member]]
name = "north"
importers = ["ARD"]
recognises = ["COR"]
markup_percent = 20
"#,
    r#"[[standard.member]]
name = "east"
importers = ["BOR"]
method = "country_average"
"#,
    r#"[[counter_duty]]
name = "answer"
importers = ["BOR"]
exporters = ["ARD"]
additional_percent = 10
phase_in = [{ year = 2027, percent = 50 }, { year = 2032, percent = 100 }]
"#,
    r#"[[exemption]]
name = "poorest"
exporters = ["LDC"]
phase = [{ year = 2026, share_percent = 100 }, { year = 2034, share_percent = 0 }]
"#,
    r#"[[procurement]]
name = "works"
countries = ["ARD", "BOR"]
products = ["steel"]
share_percent = 30
green_tco2e_per_t = { steel = 0.8 }
max_premium_usd_per_t = 50
"#,
    r"[abatement]
learning_percent = 15
reference_kt_co2e = 100
deployed_kt_co2e = 300
",
    r#"[[support]]
name = "revenue"
countries = ["COR"]
share_percent = 40
from_revenue = "clean"
"#,
    r#"[[support]]
name = "budget"
countries = ["BOR"]
share_percent = 30
grant_equivalent_percent = 60
overhead_percent = 10
payers = ["ARD"]
budget_million_usd = 5
start_year = 2026
delay_years = 2
"#,
    r#"[[revenue.use]]
name = "fund"
share_percent = 30
to = "fund"
recipients = ["COR"]
key = "duty_paid"
overhead_percent = 5
grant_equivalent_percent = 80
"#,
    r#"[[revenue.use]]
name = "back"
share_percent = 20
to = "rebate"
overhead_percent = 2
"#,
    r#"[[revenue.use]]
name = "clean"
share_percent = 10
to = "support"
"#,
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn scenario(text: &str) -> Scenario {
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    let path = folder.path().join("everything.toml");
    assert!(std::fs::write(&path, text).is_ok());
    Scenario::read(&path).unwrap_or_else(|problems| panic!("{problems}"))
}

/// The world that all cases share, and a model of it.
static MODEL: LazyLock<Model> = LazyLock::new(|| {
    let baseline = read::folder(&root().join("data/toy")).unwrap_or_else(|problems| panic!("{problems}"));
    scenario(HEAD).model(Arc::new(baseline)).unwrap_or_else(|error| panic!("{error}"))
});

fn outcome(text: &str) -> Outcome {
    let policy = scenario(text).policy(&MODEL.baseline).unwrap_or_else(|problems| panic!("{problems}"));
    MODEL.evaluate(&policy).unwrap_or_else(|error| panic!("{error}"))
}

/// What comes of the clauses in their own order.
static STRAIGHT: LazyLock<Outcome> = LazyLock::new(|| outcome(&(HEAD.to_owned() + &CLAUSES.concat())));

/// Every indicator of every country and product, with its bits.
fn bits(baseline: &Baseline, outcome: &Outcome) -> Vec<Option<(u64, u64)>> {
    let mut all = vec![];
    for indicator in Indicator::ALL {
        for country in baseline.country_ids() {
            for product in baseline.product_ids().map(Some).chain([None]) {
                let level = outcome.indicators.get(indicator, country, product);
                all.push(level.map(|level| (level.baseline.to_bits(), level.value.to_bits())));
            }
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn the_order_of_clauses_and_tables_changes_no_bit(clauses in Just(CLAUSES.to_vec()).prop_shuffle()) {
        let shuffled = outcome(&(HEAD.to_owned() + &clauses.concat()));
        prop_assert!(shuffled.terms == STRAIGHT.terms);
        prop_assert_eq!(bits(&MODEL.baseline, &shuffled), bits(&MODEL.baseline, &STRAIGHT));
    }
}

/// The changes of an indicator, all countries added up.
fn world(baseline: &Baseline, outcome: &Outcome, indicator: Indicator, product: Option<ProductId>) -> f64 {
    let change = |country: CountryId| outcome.indicators.get(indicator, country, product);
    baseline.country_ids().filter_map(change).map(Level::change).sum()
}

fn assert_welfare_adds_up(baseline: &Baseline, outcome: &Outcome) {
    for product in baseline.product_ids().map(Some).chain([None]) {
        let of = |indicator| world(baseline, outcome, indicator, product);
        let parts = [
            of(Indicator::ConsumerSurplus),
            of(Indicator::ProducerSurplus),
            of(Indicator::GovernmentRevenue),
            of(Indicator::QuotaRent),
            -of(Indicator::ProgrammeOutlay),
            of(Indicator::Transfers),
        ];
        let scale: f64 = parts.iter().map(|part| part.abs()).sum();
        let welfare = of(Indicator::Welfare);
        let sum: f64 = parts.iter().sum();
        assert!(
            (sum - welfare).abs() <= 1e-9 * scale,
            "{product:?}: {parts:?} add up to {sum}, not {welfare}"
        );
        let before = of(Indicator::WelfareBeforeTransfers) + of(Indicator::Transfers);
        assert!((before - welfare).abs() <= 1e-9 * scale, "{product:?}: {before} is not {welfare}");
    }
}

#[test]
fn welfare_of_the_world_is_the_sum_of_its_parts() {
    assert_welfare_adds_up(&MODEL.baseline, &STRAIGHT);
}

#[test]
fn every_instrument_leaves_its_mark() {
    let (terms, found) = (&STRAIGHT.terms, &STRAIGHT.equilibrium);
    assert!(!terms.changed().is_empty());
    let duties =
        || (0..MODEL.baseline.arcs.len()).map(|arc| terms.duty(zollverein::baseline::ArcId::at(arc)));
    assert!(
        duties().any(|duty| duty.at_origin.value() > 0.0) && duties().any(|duty| duty.proof.value() > 0.0)
    );
    assert!(
        terms.quotas.len() == 2 && found.quotas.iter().any(|quota| quota.premium > 0.0),
        "{:?}",
        found.quotas
    );
    assert_eq!((terms.mandates.len(), terms.supports.len(), terms.uses.len()), (2, 2, 3));
    assert!(found.producers.iter().any(|producer| producer.abated > 0.0));
    assert!(!terms.earmarked.is_empty());
}

/// How long an evaluation of the stress test takes on the 2023 baseline:
/// `cargo test --release --test instruments -- --ignored --nocapture`.
#[test]
#[ignore = "measures"]
fn everything_at_once_is_timed_with_and_without_abatement() {
    let file = root().join("scenarios/22-everything.toml");
    let whole = Scenario::read(&file).unwrap_or_else(|problems| panic!("{problems}"));
    let folder = whole.data_folder().unwrap_or_else(|problems| panic!("{problems}"));
    let baseline = Arc::new(whole.world(&folder).unwrap_or_else(|problems| panic!("{problems}")));
    let model = whole.model(Arc::clone(&baseline)).unwrap_or_else(|error| panic!("{error}"));
    let without = whole.with("abatement.enabled", false).unwrap_or_else(|problems| panic!("{problems}"));
    for (name, scenario) in [("with abatement", whole), ("without", without)] {
        let policy = scenario.policy(&baseline).unwrap_or_else(|problems| panic!("{problems}"));
        let begun = std::time::Instant::now();
        for _ in 0..5 {
            let outcome = model.evaluate(&policy).unwrap_or_else(|error| panic!("{error}"));
            assert_welfare_adds_up(&baseline, &outcome);
        }
        println!("{name}: {:?} an evaluation", begun.elapsed() / 5);
    }
}
