//! Every instrument at once: the order of a file changes nothing, and the accounts add up.

use proptest::prelude::*;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use zollverein::baseline::{Baseline, CountryId, ProductId, read};
use zollverein::engine::tangent::{Line, slope, steps};
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
            of(Indicator::ImportersRent),
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

/// The duties that clauses put on shipments of the toy world, in the order of arcs: exporter, importer,
/// product, route, rate in percent and charge in USD/t; only those that change.
fn changed(clauses: &str) -> Vec<(String, f64, f64)> {
    let baseline = &MODEL.baseline;
    let policy = scenario(&format!("{HEAD}{clauses}")).policy(baseline);
    let terms = policy.unwrap_or_else(|problems| panic!("{problems}")).terms(baseline);
    let named = terms.changed().iter().map(|arc| {
        let (flow, producer) = (baseline.flow_of(*arc), baseline.producer_of(*arc));
        let code = |country: CountryId| &baseline.countries[country.index()].code;
        let (from, to) = (code(flow.exporter), code(flow.importer));
        let route = &baseline.routes[producer.route.index()].code;
        let duty = terms.duty(*arc);
        (format!("{from} {to} {route}"), 100.0 * duty.rate, duty.per_tonne().value())
    });
    named.collect()
}

const AVERAGE: &str = r#"name = "a"
members = ["ARD", "COR"]
products = ["steel"]
benchmark = { basis = "fixed", tco2e_per_t = { steel = 0.4 } }
inside = { usd_per_tco2e = 10 }
outside = { floor_percent = 3, tiers = [{ above = 3, additional_percent = 6 }] }
"#;

#[test]
fn each_instrument_puts_on_each_shipment_what_a_pencil_finds() {
    let oversupply = |rule: &str| {
        format!("[[oversupply_tariff]]\nname = \"a\"\nimporters = [\"ARD\"]\nproducts = [\"steel\"]\n{rule}")
    };
    let arrangement = |rule: &str| format!("[[arrangement]]\n{AVERAGE}duties_in_force = \"{rule}\"\n");
    let inside =
        [("ARD COR blast", 0.0, 16.0), ("ARD COR electric", 0.0, 1.0), ("COR ARD electric", 0.0, 6.0)];
    let outside = [("BOR ARD blast", 9.0, 0.0), ("BOR ARD electric", 3.0, 0.0)];
    let boria =
        |blast: f64, electric: f64| [("BOR COR blast", blast, 0.0), ("BOR COR electric", electric, 0.0)];
    let from_boria = |rate: f64| [("BOR ARD blast", rate, 0.0), ("BOR ARD electric", rate, 0.0)];
    let all_pay = [&from_boria(8.0)[..], &[("COR ARD electric", 8.0, 0.0)]].concat();
    let small = |rule: &str| {
        format!(
            "[[tariff]]\nname = \"a\"\nimporters = [\"ARD\"]\nproducts = [\"steel\"]\nrate_percent = 8\n\
             [[exemption]]\nname = \"e\"\nimporters = [\"ARD\"]\nde_minimis = {{ {rule} }}"
        )
    };
    for (clause, wanted) in [
        // 15 USD for each tonne of CO2e above 0.6: 2.0 in blast furnaces, 1.0 in Corin
        (
            "[[carbon_tariff]]\nname = \"a\"\nimporters = [\"BOR\"]\nproducts = [\"steel\"]\nusd_per_tco2e = 15\n\
             benchmark = { basis = \"fixed\", tco2e_per_t = { steel = 0.6 } }"
                .to_owned(),
            vec![("ARD BOR blast", 0.0, 21.0), ("COR BOR electric", 0.0, 6.0)],
        ),
        // smelters emit 1.8 themselves: that is not above 1.8
        (
            "[[carbon_tariff]]\nname = \"a\"\nimporters = [\"ARD\"]\nproducts = [\"aluminium\"]\nintensity = \"direct\"\n\
             tiers_by = \"intensity\"\ntiers = [{ above = 1, additional_percent = 3 }, { above = 1.8, additional_percent = 7 }]"
                .to_owned(),
            vec![("BOR ARD smelter", 8.0, 0.0), ("COR ARD smelter", 3.0, 0.0)],
        ),
        // Boria leaves 37.5 % of its capacity idle, Corin 20 %
        (
            oversupply("steps = [{ above_percent = 20, additional_percent = 4 }, { above_percent = 25, additional_percent = 9 }]"),
            from_boria(9.0).to_vec(),
        ),
        (
            oversupply("slope = 0.5\nthreshold_percent = 10\ncap_percent = 8"),
            [&from_boria(8.0)[..], &[("COR ARD electric", 5.0, 0.0)]].concat(),
        ),
        // Boria sells 5,400 kt abroad, buys 308 and makes 10,000
        (
            oversupply("measure = \"net_export_share\"\nslope = 0.5\nthreshold_percent = 10\ncap_percent = 80"),
            from_boria(20.46).to_vec(),
        ),
        (oversupply("flagged = [\"COR\"]\nflagged_percent = 12"), vec![("COR ARD electric", 12.0, 0.0)]),
        // inside no duty and 10 USD above 0.4; outside 3 %, and 6 more above 1.2
        (arrangement("at_least"), [&inside[..], &outside].concat()),
        (arrangement("replace"), [&inside[..], &outside, &boria(9.0, 3.0)].concat()),
        (arrangement("add_to"), [&inside[..], &outside, &boria(19.0, 13.0)].concat()),
        // the cleanest four fifths of Arden's output: 3,000 kt at 0.5 and 1,000 at 2.0
        (
            "[[carbon_tariff]]\nname = \"a\"\nimporters = [\"ARD\"]\nproducts = [\"steel\"]\nusd_per_tco2e = 10\n\
             benchmark = { basis = \"members_best\", percent = 80 }"
                .to_owned(),
            vec![("BOR ARD blast", 0.0, 16.25), ("COR ARD electric", 0.0, 1.25)],
        ),
        // Corin ships 392 of 5,267 kt into Arden, 7.4 %
        (small("below_percent = 8"), from_boria(8.0).to_vec()),
        (small("below_percent = 7"), all_pay.clone()),
        (small("below_percent = 8, together_percent = 7"), all_pay.clone()),
        // an exemption that fades from 2026 to 2034 leaves a half in 2030
        (
            "[[tariff]]\nname = \"a\"\nimporters = [\"ARD\"]\nproducts = [\"steel\"]\nrate_percent = 8\n\
             [[exemption]]\nname = \"e\"\nexporters = [\"COR\"]\n\
             phase = [{ year = 2026, share_percent = 100 }, { year = 2034, share_percent = 0 }]"
                .to_owned(),
            [&from_boria(8.0)[..], &[("COR ARD electric", 4.0, 0.0)]].concat(),
        ),
    ] {
        let mut found = changed(&clause);
        found.sort_by(|a, b| a.0.cmp(&b.0));
        let mut wanted = wanted;
        wanted.sort_by_key(|row| row.0);
        assert_eq!(found.len(), wanted.len(), "{clause}\n{found:?}");
        for (found, wanted) in found.iter().zip(wanted) {
            let near = (found.1 - wanted.1).abs() < 1e-9 && (found.2 - wanted.2).abs() < 1e-9;
            assert!(found.0 == wanted.0 && near, "{clause}\n{found:?} and {wanted:?}");
        }
    }
}

#[test]
fn who_is_clean_enough_or_idle_enough_joins_an_arrangement() {
    // a tonne comes with 1.1 tCO2e in Arden, 1.0 in Corin and 2.16 in Boria; idle are 20 %, 20 % and 37.5 %
    for (condition, corin, boria) in [
        ("max_excess_percent = 20", true, false),
        ("max_excess_percent = 19", false, false),
        ("max_intensity_multiple = 0.9", false, false),
        ("max_intensity_multiple = 0.91", true, false),
        ("max_intensity_multiple = 1.96", true, false),
        ("max_intensity_multiple = 1.97", true, true),
    ] {
        let found = changed(&format!(
            "[[arrangement]]\nname = \"a\"\nmembers = [\"ARD\"]\nproducts = [\"steel\"]\nduties_in_force = \"replace\"\n\
             accession = {{ open_to = [\"BOR\", \"COR\"], {condition} }}\noutside = {{ floor_percent = 3 }}\n"
        ));
        // who has not joined pays 3 % in Arden; in Corin, if it joined, members pay nothing in the place of 10 %
        let pays = |who: &str| found.iter().any(|(arc, rate, _)| arc.starts_with(who) && *rate == 3.0);
        assert_eq!((pays("COR ARD"), pays("BOR ARD")), (!corin, !boria), "{condition}: {found:?}");
        let free = found.iter().any(|(arc, rate, _)| arc.starts_with("ARD COR") && *rate == 0.0);
        assert_eq!(free, corin, "{condition}: {found:?}");
    }
}

/// A clause of each kind that can be phased in and can go by the last shipper.
fn kinds() -> Vec<String> {
    let on_arden = "name = \"a\"\nimporters = [\"ARD\"]\nproducts = [\"steel\"]\n";
    vec![
        format!("[[tariff]]\n{on_arden}rate_percent = 8\n"),
        format!("[[tariff]]\n{on_arden}additional_percent = 4\nadditional_usd_per_t = 3\n"),
        format!(
            "[[carbon_tariff]]\n{on_arden}tiers_by = \"intensity\"\ntiers = [{{ above = 0.9, additional_percent = 5 }}]\n"
        ),
        format!("[[oversupply_tariff]]\n{on_arden}flagged = [\"BOR\"]\nflagged_percent = 12\n"),
        format!("[[counter_duty]]\n{on_arden}exporters = [\"BOR\"]\nadditional_percent = 10\n"),
        format!("[[arrangement]]\n{AVERAGE}duties_in_force = \"add_to\"\n"),
    ]
}

#[test]
fn what_is_phased_in_by_a_half_lies_half_way_from_the_duties_in_force() {
    let baseline = &MODEL.baseline;
    for clause in kinds() {
        let of = |percent: u32| {
            let text = format!("{HEAD}{clause}phase_in = [{{ year = 2030, percent = {percent} }}]\n");
            scenario(&text).policy(baseline).unwrap_or_else(|problems| panic!("{problems}")).terms(baseline)
        };
        let (none, half, whole) = (of(0), of(50), of(100));
        assert!(none.changed().is_empty() && !whole.changed().is_empty(), "{clause}");
        for arc in (0..baseline.arcs.len()).map(zollverein::baseline::ArcId::at) {
            let [none, half, whole] = [&none, &half, &whole].map(|terms| terms.duty(arc));
            assert!((2.0 * half.rate - none.rate - whole.rate).abs() < 1e-12, "{clause}");
            assert!((2.0 * half.per_tonne().value() - whole.per_tonne().value()).abs() < 1e-12, "{clause}");
        }
    }
}

#[test]
fn a_duty_by_the_last_shipper_is_told_from_one_by_where_metal_is_made() {
    let baseline = &MODEL.baseline;
    for clause in kinds() {
        let of = |origin: &str| {
            let text = format!("{HEAD}{clause}{origin}");
            scenario(&text).policy(baseline).unwrap_or_else(|problems| panic!("{problems}")).terms(baseline)
        };
        assert!(
            of("").by_last_shipper.is_empty()
                && of("origin = \"melted_and_poured\"\n").by_last_shipper.is_empty()
        );
        let terms = of("origin = \"last_shipped\"\n");
        let parts: Vec<_> = terms.by_last_shipper.iter().map(|part| part.arc).collect();
        assert_eq!(parts, terms.changed(), "{clause}");
        for part in &terms.by_last_shipper {
            let own = terms.duty(part.arc).rate - baseline.flow_of(part.arc).duty;
            assert!((part.duty.rate - own).abs() < 1e-12, "{clause}");
        }
    }
}

#[test]
fn clauses_that_cannot_be_meant_are_refused_with_a_remedy() {
    let on_arden = "name = \"a\"\nimporters = [\"ARD\"]\nproducts = [\"steel\"]\n";
    let steps = |second: f64| {
        format!(
            "[[oversupply_tariff]]\n{on_arden}steps = [{{ above_percent = 10, additional_percent = 4 }}, {{ above_percent = {second}, additional_percent = 9 }}]"
        )
    };
    let quota = |keys: &str| format!("[[quota]]\n{on_arden}{keys}");
    let procurement = |keys: &str| {
        format!("[[procurement]]\nname = \"a\"\ncountries = [\"ARD\"]\nproducts = [\"steel\"]\n{keys}")
    };
    let cbam = |importer: &str| {
        format!(
            "[[cbam]]\nname = \"a\"\nimporters = [\"{importer}\"]\nproducts = [\"steel\"]\n\
             free_allocation = {{ charged_percent = 50, tco2e_per_t = {{ steel = 1 }} }}"
        )
    };
    for (clause, told) in [
        (cbam("ARD"), ""),
        (cbam("BOR"), "the data give the importing territory no carbon price"),
        (steps(11.0), ""),
        (steps(10.0), "threshold 10 does not exceed the one before, 10"),
        (steps(9.0), "threshold 9 does not exceed the one before, 10"),
        (format!("[[oversupply_tariff]]\n{on_arden}slope = 0.5\nthreshold_percent = 10"), "a slope needs it"),
        (
            format!("[[oversupply_tariff]]\n{on_arden}flagged = [\"BOR\"]"),
            "the surcharge on flagged countries is missing",
        ),
        (
            format!("[[oversupply_tariff]]\n{on_arden}slope = 0.5\nflagged = [\"BOR\"]"),
            "exactly one of steps, slope and flagged",
        ),
        (format!("[[tariff]]\n{on_arden}"), "it neither sets nor adds a duty"),
        (format!("[[tariff]]\n{on_arden}rate_percent = 8\nphase_in = []"), "the list is empty"),
        (
            format!(
                "[[tariff]]\n{on_arden}rate_percent = 8\nphase_in = [{{ year = 2027, percent = 1 }}, {{ year = 2027, percent = 2 }}]"
            ),
            "year 2027 is out of order",
        ),
        (
            format!("[[carbon_tariff]]\n{on_arden}benchmark = {{ basis = \"importer_average\" }}"),
            "it charges nothing",
        ),
        (quota("quota_percent = 80\nout_of_quota_percent = 25"), ""),
        (
            quota("quota_percent = 80\nin_quota_percent = 26\nout_of_quota_percent = 25"),
            "25 is below the rate within the quota",
        ),
        (quota("out_of_quota_percent = 25"), "it does not say how much may enter"),
        (
            quota("quota_percent = 80\nquota_kt = 100\nout_of_quota_percent = 25"),
            "both quota_kt and quota_percent are given",
        ),
        (quota("quota_kt = 0"), "a quota of 0 kt above which nothing enters forbids trade"),
        (quota("exporters_kt = { ARD = 450 }"), "the clause is not on exports of ARD"),
        (
            procurement(
                "share_percent = 30\ngreen_tco2e_per_t = { steel = 0.8 }\nmax_premium_usd_per_t = 50",
            ),
            "",
        ),
        (
            procurement("share_percent = 30\ngreen_tco2e_per_t = { steel = 0.8 }\nmax_premium_usd_per_t = 0"),
            "a premium of 0 USD/t moves nothing",
        ),
        (
            procurement(
                "share_percent = 30\ngreen_tco2e_per_t = { steel = 0.8 }\nmax_premium_usd_per_t = 400",
            ),
            "",
        ),
        (
            procurement(
                "share_percent = 30\ngreen_tco2e_per_t = { steel = 0.8 }\nmax_premium_usd_per_t = 401",
            ),
            "more than half the lowest mill price",
        ),
        (
            procurement("green_tco2e_per_t = { steel = 0.8 }\nmax_premium_usd_per_t = 50"),
            "give exactly one of share_percent and commitment_kt",
        ),
        (
            format!("[[exemption]]\nname = \"e\"\n[[tariff]]\n{on_arden}rate_percent = 8"),
            "it spares nobody in particular",
        ),
        (
            format!(
                "[[exemption]]\nname = \"e\"\nexporters = [\"COR\"]\nclauses = [\"tariff.b\"]\n[[tariff]]\n{on_arden}rate_percent = 8"
            ),
            "`tariff.b` is no clause of this scenario",
        ),
    ] {
        let found = match scenario(&format!("{HEAD}{clause}\n")).policy(&MODEL.baseline) {
            Ok(_) => String::new(),
            Err(problems) => problems.to_string(),
        };
        assert_eq!(found.contains("remedy"), !told.is_empty(), "{clause}\n{found}");
        assert!(found.contains(told), "{clause}\n{found}");
    }
}

#[test]
fn the_cost_of_proof_is_a_clause_of_the_markets_that_ask_for_it() {
    let baseline = &MODEL.baseline;
    let policy = |text: &str| {
        scenario(&format!("{HEAD}{text}")).policy(baseline).unwrap_or_else(|problems| panic!("{problems}"))
    };
    assert!(policy("").is_empty() && policy("[standard]\nmethod = \"default\"\n").is_empty());
    let on_boria = "[[carbon_tariff]]\nname = \"a\"\nimporters = [\"BOR\"]\nintensity = \"direct\"\nusd_per_tco2e = 15\n\
        benchmark = { basis = \"fixed\", tco2e_per_t = { steel = 0.6, aluminium = 1 } }\n";
    let asked =
        policy(&format!("{on_boria}[standard]\nrecognises = [\"COR\"]\nverification_usd_per_t = 1\n"));
    assert!(!asked.is_empty());
    let proof = asked.instruments().into_iter().find(|instrument| instrument.clause() == "standard");
    let boria: Vec<_> = baseline.country("BOR").into_iter().collect();
    assert!(proof.is_some_and(|proof| proof.importers(baseline).iter().eq(boria)));
    let free = policy(&format!("{on_boria}[standard]\nrecognises = [\"COR\"]\n"));
    assert!(free.instruments().iter().all(|instrument| instrument.clause() != "standard"));
}

/// Every indicator of every country, all products together: its change, or `None`.
fn figures(outcome: &Outcome) -> Vec<Option<f64>> {
    let mut all = vec![];
    for indicator in Indicator::ALL {
        for country in MODEL.baseline.country_ids() {
            all.push(outcome.indicators.get(indicator, country, None).map(|level| level.value));
        }
    }
    all
}

/// How many numbers of a scenario's clauses were moved, and at how many the response was known; there its slopes
/// are those of differences of outcomes.
fn exact_slopes(text: &str) -> (usize, usize) {
    let scenario = scenario(text);
    let Ok(policy) = scenario.policy(&MODEL.baseline) else { return (0, 0) };
    let Ok(here) = MODEL.evaluate(&policy) else { return (0, 0) };
    let countries = MODEL.baseline.countries.len();
    let (mut moved, mut known) = (0, 0);
    for path in scenario.numbers() {
        let Some(value) = scenario.number(&path) else { continue };
        let h = 1e-3 * value.abs().max(1.0);
        let at = |by: f64| scenario.with(&path, value + by).ok()?.policy(&MODEL.baseline).ok();
        let steps = steps(value, f64::NEG_INFINITY, f64::INFINITY, 0.3 * h);
        let policies: Option<Vec<_>> = steps.iter().map(|step| at(step.by)).collect();
        let (Some(policies), Some(less), Some(more)) = (policies, at(-h), at(h)) else { continue };
        moved += 1;
        let terms = policies.iter().map(|policy| policy.terms(&MODEL.baseline)).collect();
        let line = Line { steps: steps.clone(), terms };
        let Some(along) = MODEL.tangents(&here, &[line]).remove(0) else { continue };
        known += 1;
        let solved =
            |policy| figures(&MODEL.evaluate(policy).unwrap_or_else(|error| panic!("{path}: {error}")));
        let (less, more) = (solved(&less), solved(&more));
        let along: Vec<_> = along.iter().map(figures).collect();
        let (mut exact, mut differences) = (vec![], vec![]);
        for at in 0..less.len() {
            exact.push(slope(&steps, along.iter().map(|figures| figures[at].unwrap_or(0.0))));
            differences.push((more[at].unwrap_or(0.0) - less[at].unwrap_or(0.0)) / (2.0 * h));
        }
        for (k, indicator) in Indicator::ALL.iter().enumerate() {
            let own = k * countries..(k + 1) * countries;
            let most = |of: &[f64]| of.iter().fold(0.0_f64, |most, one| most.max(one.abs()));
            let size = most(&less[own.clone()].iter().flatten().copied().collect::<Vec<_>>());
            let tolerance = 2e-4 * most(&differences[own.clone()]) + 1e-10 * size / h;
            for at in own {
                let apart = (exact[at] - differences[at]).abs();
                let country = at % countries;
                assert!(
                    apart <= tolerance,
                    "{path}, {indicator:?} of {country}: {} against {}",
                    exact[at],
                    differences[at]
                );
            }
        }
    }
    (moved, known)
}

#[test]
fn exact_slopes_of_every_indicator_are_differences_for_the_numbers_of_every_clause_alone() {
    let found: Vec<(usize, usize)> =
        CLAUSES.iter().map(|clause| exact_slopes(&(HEAD.to_owned() + clause))).collect();
    let (moved, known) = found.iter().fold((0, 0), |(a, b), (moved, known)| (a + moved, b + known));
    assert!(moved >= 25 && known * 10 >= moved * 8, "{found:?}");
}

#[test]
fn exact_slopes_of_every_indicator_are_differences_with_all_clauses_together() {
    // support from revenue runs out of money: there the response is not known
    let enough: Vec<&str> = CLAUSES
        .into_iter()
        .filter(|clause| !clause.contains("from_revenue") && !clause.contains("\"clean\""))
        .collect();
    let text =
        HEAD.to_owned() + &enough.concat().replace("budget_million_usd = 5", "budget_million_usd = 500");
    let (moved, known) = exact_slopes(&text);
    assert!(moved >= 30 && known * 10 >= moved * 7, "{known} of {moved}");
    let (moved, known) = exact_slopes(&(HEAD.to_owned() + &CLAUSES.concat()));
    let short = STRAIGHT.equilibrium.supported.iter().any(|share| *share < 1.0);
    assert!(moved >= 30 && (known == 0) == short, "{known} of {moved}, {short}");
}

#[test]
fn a_patcher_gives_the_policies_of_reading_again_and_refuses_what_reading_refuses() {
    let scenario = scenario(&(HEAD.to_owned() + &CLAUSES.concat()));
    let (mut same, mut refused) = (0, 0);
    for path in scenario.numbers() {
        let patcher = scenario.patcher(vec![path.clone()], Arc::clone(&MODEL.baseline));
        for value in [-1.0, 0.0, 0.5, 3.0, 17.25, 99.0, 101.0, 1e9, f64::NAN, f64::INFINITY] {
            let again = scenario.with(&path, value).and_then(|moved| moved.policy(&MODEL.baseline));
            match (patcher.policy(&[value]), again) {
                (Ok(fast), Ok(slow)) => {
                    same += 1;
                    assert!(fast.terms(&MODEL.baseline) == slow.terms(&MODEL.baseline), "{path} = {value}");
                }
                (Err(fast), Err(slow)) => {
                    refused += 1;
                    assert_eq!(fast.to_string(), slow.to_string(), "{path} = {value}");
                }
                (fast, slow) => panic!("{path} = {value}: {:?} and {:?}", fast.err(), slow.err()),
            }
        }
    }
    assert!(same > 200 && refused > 100, "{same} {refused}");
    // several at once, in the order of the paths
    let paths = ["tariff.added.additional_usd_per_t", "tariff.set.rate_percent"].map(str::to_owned);
    let fast = scenario.patcher(paths.to_vec(), Arc::clone(&MODEL.baseline)).policy(&[7.0, 12.5]);
    let slow = scenario.with_each([(paths[0].clone(), 7.0.into()), (paths[1].clone(), 12.5.into())]);
    let slow =
        slow.and_then(|moved| moved.policy(&MODEL.baseline)).unwrap_or_else(|problems| panic!("{problems}"));
    let fast = fast.unwrap_or_else(|problems| panic!("{problems}"));
    assert!(fast.terms(&MODEL.baseline) == slow.terms(&MODEL.baseline));
}
