//! `covers_percent`: a clause that covers a share of the trade in its scope.

use proptest::prelude::*;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use zollverein::baseline::{ArcId, Baseline, CountryId, read};
use zollverein::engine::Accounts;
use zollverein::engine::accounts::value;
use zollverein::indicator::{Indicator, Level};
use zollverein::model::{Model, Outcome};
use zollverein::policy::{Policy, Terms};
use zollverein::problem::Problems;
use zollverein::scenario::Scenario;

fn scenario(text: &str) -> Scenario {
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    let path = folder.path().join("covers.toml");
    assert!(std::fs::write(&path, text).is_ok());
    Scenario::read(&path).unwrap_or_else(|problems| panic!("{problems}"))
}

static MODEL: LazyLock<Model> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/toy");
    let baseline = read::folder(&folder).unwrap_or_else(|problems| panic!("{problems}"));
    scenario("").model(Arc::new(baseline)).unwrap_or_else(|error| panic!("{error}"))
});

fn policy(text: &str) -> Result<Policy, Problems> {
    scenario(text).policy(&MODEL.baseline)
}

fn terms(text: &str) -> Terms {
    policy(text).unwrap_or_else(|problems| panic!("{problems}")).terms(&MODEL.baseline)
}

fn outcome(text: &str) -> Outcome {
    let policy = policy(text).unwrap_or_else(|problems| panic!("{problems}"));
    MODEL.evaluate(&policy).unwrap_or_else(|error| panic!("{error}"))
}

/// The duty on a shipment by route, in percent and USD/t.
fn duty(terms: &Terms, exporter: &str, importer: &str, route: &str) -> (f64, f64) {
    let baseline = &MODEL.baseline;
    let code = |country: CountryId| baseline.countries[country.index()].code.as_str();
    let wanted = |arc: &ArcId| {
        let (flow, producer) = (baseline.flow_of(*arc), baseline.producer_of(*arc));
        (code(flow.exporter), code(flow.importer)) == (exporter, importer)
            && baseline.routes[producer.route.index()].code == route
    };
    let arc = (0..baseline.arcs.len()).map(ArcId::at).find(wanted);
    let duty = terms.duty(arc.unwrap_or_else(|| panic!("no shipment {exporter} {importer} {route}")));
    (100.0 * duty.rate, duty.per_tonne().value())
}

fn near(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{found}, by hand {expected}");
}

#[test]
fn each_kind_of_clause_bears_on_the_share_that_it_covers() {
    // Corin has 10 % on steel in force: three quarters of its imports go to 30 %
    let set = "[[tariff]]\nname = \"a\"\nimporters = [\"COR\"]\nproducts = [\"steel\"]\nrate_percent = 30\n";
    near(duty(&terms(&format!("{set}covers_percent = 75")), "BOR", "COR", "blast").0, 25.0);
    let added = "[[counter_duty]]\nname = \"a\"\nimporters = [\"COR\"]\nexporters = [\"ARD\"]\nproducts = [\"steel\"]\n\
        additional_percent = 20\nadditional_usd_per_t = 8\ncovers_percent = 25\n";
    let found = duty(&terms(added), "ARD", "COR", "blast");
    near(found.0, 15.0);
    near(found.1, 2.0);
    // Boria's blast furnaces: 2.5 tCO2e/t, 1.5 above a benchmark of 1, at 10 USD
    let carbon = "[[carbon_tariff]]\nname = \"a\"\nimporters = [\"ARD\"]\nproducts = [\"steel\"]\ncovers_percent = 40\n\
        benchmark = { basis = \"fixed\", tco2e_per_t = { steel = 1.0 } }\nusd_per_tco2e = 10\n";
    near(duty(&terms(carbon), "BOR", "ARD", "blast").1, 6.0);
    let oversupply = "[[oversupply_tariff]]\nname = \"a\"\nimporters = [\"ARD\"]\nproducts = [\"steel\"]\n\
        flagged = [\"BOR\"]\nflagged_percent = 12\ncovers_percent = 50\n";
    near(duty(&terms(oversupply), "BOR", "ARD", "blast").0, 6.0);
    // 2.4 t of direct emissions at 150 USD, nothing free; own makers pay what is more than their 50 on the same share
    let cbam = "[[cbam]]\nname = \"a\"\nimporters = [\"ARD\"]\nproducts = [\"steel\"]\ncovers_percent = 90\n\
        carbon_price_usd_per_tco2e = 150\nhome = { exports = false }\ncredit_origin_price = false\n";
    near(duty(&terms(cbam), "BOR", "ARD", "blast").1, 324.0);
    near(duty(&terms(cbam), "ARD", "ARD", "electric").1, 9.0);
}

#[test]
fn covered_and_phased_in_multiply_and_an_exemption_gives_back_what_is_left() {
    let text = "year = 2028\n[[tariff]]\nname = \"a\"\nimporters = [\"ARD\"]\nproducts = [\"steel\"]\nadditional_percent = 40\n\
        covers_percent = 50\nphase_in = [{ year = 2026, percent = 0 }, { year = 2030, percent = 100 }]\n";
    near(duty(&terms(text), "BOR", "ARD", "blast").0, 10.0);
    let spared = format!("{text}[[exemption]]\nname = \"e\"\nexporters = [\"BOR\"]\nshare_percent = 30\n");
    near(duty(&terms(&spared), "BOR", "ARD", "blast").0, 7.0);
}

const STEEL: &str = "[[quota]]\nname = \"q\"\nimporters = [\"ARD\"]\nproducts = [\"steel\"]\n";

#[test]
fn a_quota_counts_the_tonnes_that_it_covers_and_leaves_the_others_where_they_were() {
    // Arden imports 4,875 + 392 = 5,267 kt; 80 % is covered, so 1,053.4 kt are beside the quota
    let terms_of = |keys: &str| terms(&format!("{STEEL}{keys}\ncovers_percent = 80\n"));
    let found = terms_of("quota_kt = 3000\nout_of_quota_percent = 50");
    let [quota] = found.quotas.as_slice() else { panic!("{:?}", found.quotas) };
    near(quota.beside.value(), 1053.4);
    near(quota.quantity.value(), 4053.4);
    assert_eq!(quota.gap, Some(0.5), "the gap of a covered tonne");
    assert!(quota.arcs.iter().all(|(_, share)| *share == 0.8), "it bites on the covered share");
    // percent of the imports that are covered
    let found = terms_of("quota_percent = 50\nout_of_quota_percent = 50");
    near((found.quotas[0].quantity - found.quotas[0].beside).value(), 0.5 * 0.8 * 5267.0);
    // exporters' own quotas have what is beside them each
    let found = terms_of("exporters_kt = { BOR = 2000 }\nquota_kt = 100");
    near(found.quotas[0].beside.value(), 0.2 * 4875.0);
    near(found.quotas[1].beside.value(), 0.2 * 392.0);
    assert_eq!(found.quotas[0].gap, None);
    // the rate within it, and a quota of nothing, which is the rate above it
    let found = terms_of("quota_kt = 3000\nin_quota_percent = 5\nout_of_quota_percent = 50");
    near(duty(&found, "BOR", "ARD", "blast").0, 4.0);
    near(found.quotas[0].gap.unwrap_or_default(), 0.45);
    let found = terms_of("quota_kt = 0\nout_of_quota_percent = 50");
    assert!(found.quotas.is_empty());
    near(duty(&found, "BOR", "ARD", "blast").0, 40.0);
}

#[test]
fn a_clause_that_covers_nothing_or_more_than_all_is_refused() {
    for percent in ["0", "-5", "100.5", "1e9"] {
        let problems = policy(&format!("{STEEL}quota_kt = 10\ncovers_percent = {percent}\n")).err();
        let problems = problems.unwrap_or_else(|| panic!("{percent} was taken"));
        let found: Vec<String> =
            problems.as_slice().iter().map(|p| format!("{} {}", p.what, p.remedy)).collect();
        assert!(found.len() == 1 && found[0].contains("more than 0 and at most 100"), "{found:?}");
    }
}

#[test]
fn a_ban_is_told_how_it_is_written() {
    let problems = policy(&format!("{STEEL}quota_kt = 0\n")).err().unwrap_or_default();
    let remedies: Vec<&str> = problems.as_slice().iter().map(|p| p.remedy.as_str()).collect();
    assert!(remedies.len() == 1 && remedies[0].contains("rate_percent = 1000"), "{remedies:?}");
    // and written so, it lets nothing through that anyone would notice
    let ban = "[[tariff]]\nname = \"ban\"\nimporters = [\"ARD\"]\nexporters = [\"BOR\"]\nproducts = [\"aluminium\"]\nrate_percent = 1000\n";
    let found = outcome(ban);
    let baseline = &MODEL.baseline;
    let banned = |arc: &ArcId| {
        let flow = baseline.flow_of(*arc);
        let code = |country: CountryId| baseline.countries[country.index()].code.as_str();
        (code(flow.exporter), code(flow.importer)) == ("BOR", "ARD")
            && baseline.products[flow.product.index()].code == "aluminium"
    };
    let arcs = (0..baseline.arcs.len()).map(ArcId::at).filter(banned);
    let kt: f64 = arcs.map(|arc| found.equilibrium.quantity[arc.index()].value()).sum();
    assert!(kt < 0.001 * 500.0, "{kt} kt of 500");
}

/// Every indicator of every country and product, with its bits.
fn bits(outcome: &Outcome) -> Vec<Option<(u64, u64)>> {
    let baseline = &MODEL.baseline;
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

fn world(baseline: &Baseline, outcome: &Outcome, indicator: Indicator) -> f64 {
    let change = |country: CountryId| outcome.indicators.get(indicator, country, None);
    baseline.country_ids().filter_map(change).map(Level::change).sum()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn a_quota_that_covers_a_share_obeys_its_limit_and_adds_up(
        covers in 5.0..100.0_f64,
        within in 10.0..130.0_f64,
        low in 0.0..10.0_f64,
        gap in 1.0..60.0_f64,
        to_exporters in 0.0..100.0_f64,
        replace in any::<bool>(),
        absolute in any::<bool>(),
    ) {
        let duties = if replace { "replace" } else { "add_to" };
        let above = if absolute { String::new() } else { format!("out_of_quota_percent = {}\n", low + gap) };
        let text = format!(
            "[[quota]]\nname = \"q\"\nimporters = [\"COR\"]\nproducts = [\"steel\"]\nquota_percent = {within}\n{above}\
             in_quota_percent = {low}\nduties_in_force = \"{duties}\"\nrent_to_exporters_percent = {to_exporters}\n\
             covers_percent = {covers}\n"
        );
        let baseline = &MODEL.baseline;
        let found = outcome(&text);
        let [quota] = found.terms.quotas.as_slice() else { panic!("{:?}", found.terms.quotas) };
        let state = found.equilibrium.quotas[0];
        let share = covers / 100.0;
        // the limit: the law's tonnes of what is covered, beside what is not
        let before = 300.0 + 525.0;
        let law = within / 100.0 * share * before;
        prop_assert!((quota.quantity.value() - law - (1.0 - share) * before).abs() <= 1e-9 * before);
        let covered = state.shipped.value() - quota.beside.value();
        if quota.gap.is_none_or(|gap| state.premium < gap) {
            prop_assert!(covered <= law + 1e-6 * before, "{covered} kt within {law}");
        }
        if state.premium > 0.0 {
            prop_assert!(covered >= law - 1e-6 * before, "a premium of {} on a quota that is not full", state.premium);
        }
        // the rent: the premium on the covered share of what enters before the gap bites
        let accounts = Accounts::of(baseline, &found.terms, &found.equilibrium);
        let entering: f64 = quota.arcs.iter().map(|(arc, _)| {
            value(baseline, &found.equilibrium, *arc, found.equilibrium.quantity[arc.index()]).value()
        }).sum();
        let rent = state.premium * share * entering * (quota.quantity / state.shipped).min(1.0);
        prop_assert!((accounts.rents[0] - rent).abs() <= 1e-9 * rent.abs().max(1e-6), "{} {rent}", accounts.rents[0]);
        // and all adds up
        let parts: Vec<f64> = [
            Indicator::ConsumerSurplus,
            Indicator::ProducerSurplus,
            Indicator::GovernmentRevenue,
            Indicator::QuotaRent,
            Indicator::ImportersRent,
            Indicator::Transfers,
        ].into_iter().map(|indicator| world(baseline, &found, indicator)).collect();
        let scale: f64 = parts.iter().map(|part| part.abs()).sum();
        let welfare = world(baseline, &found, Indicator::Welfare);
        prop_assert!((parts.iter().sum::<f64>() - welfare).abs() <= 1e-9 * scale.max(1e-9), "{parts:?} {welfare}");
    }

    #[test]
    fn covering_all_is_saying_nothing_and_covering_half_is_half_the_duty(rate in 1.0..80.0_f64) {
        let tariff = |rate: f64, covers: &str| outcome(&format!(
            "[[tariff]]\nname = \"a\"\nimporters = [\"ARD\"]\nproducts = [\"steel\"]\nadditional_percent = {rate}\n{covers}\n"
        ));
        prop_assert_eq!(bits(&tariff(rate, "covers_percent = 100")), bits(&tariff(rate, "")));
        prop_assert_eq!(bits(&tariff(rate, "covers_percent = 50")), bits(&tariff(rate / 2.0, "")));
        let quota = |covers: &str| outcome(&format!("{STEEL}quota_kt = 4000\nout_of_quota_percent = {rate}\n{covers}\n"));
        prop_assert_eq!(bits(&quota("covers_percent = 100")), bits(&quota("")));
    }
}
