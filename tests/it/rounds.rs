//! Parties, red lines and the record of a negotiation, on the toy data.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use zollverein::baseline::Baseline;
use zollverein::indicator::Indicator;
use zollverein::model::Outcome;
use zollverein::negotiation::disagreement;
use zollverein::negotiation::payoff::Standing;
use zollverein::negotiation::rounds::{Proposal, Record};
use zollverein::negotiation::talks::Talks;
use zollverein::problem::Problems;
use zollverein::scenario::{Party, Scenario};

const TARIFF: &str = r#"
baseline = "DATA/toy"
[[tariff]]
name = "core"
importers = ["ARD"]
products = ["steel"]
rate_percent = 25
"#;

/// A folder, a scenario in it, and what follows.
fn solved(parties: &str) -> (Scenario, Arc<Baseline>, Vec<Party>, Outcome) {
    let folder = tempfile::tempdir().expect("a folder");
    let scenario = Scenario::read(&file(folder.path(), "s.toml", parties)).unwrap_or_else(|p| panic!("{p}"));
    let data = scenario.data_folder().expect("a folder");
    let baseline = Arc::new(scenario.world(&data).unwrap_or_else(|p| panic!("{p}")));
    let policy = scenario.policy(&baseline).unwrap_or_else(|p| panic!("{p}"));
    let parties = scenario.parties(&baseline).unwrap_or_else(|p| panic!("{p}"));
    let model = scenario.model(Arc::clone(&baseline)).expect("a model");
    let outcome = scenario.outcome(&model, &policy).expect("an outcome");
    (scenario, baseline, parties, outcome)
}

fn file(folder: &Path, name: &str, more: &str) -> PathBuf {
    let path = folder.join(name);
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let text = format!("{TARIFF}{more}").replace("DATA", &data.display().to_string());
    std::fs::write(&path, text).expect("written");
    path
}

fn near(found: f64, wanted: f64) {
    assert!((found - wanted).abs() <= 1e-9 * wanted.abs().max(1.0), "{found} and {wanted}");
}

#[test]
fn a_payoff_with_plain_weights_is_the_change_of_welfare_and_weights_count_its_parts() {
    let (_, baseline, parties, outcome) = solved(
        r#"
[[party]]
name = "plain"
members = ["ARD"]
[[party]]
name = "weighed"
members = ["ARD"]
consumers_weight = 0.5
producers_weight = 2
revenue_weight = 0.25
emissions_usd_per_tco2e = 40
usd_per_job = 10000
"#,
    );
    let change = |indicator, country: &str| {
        let level = outcome.indicators.get(indicator, baseline.country(country).expect("known"), None);
        level.expect("known").change()
    };
    let plain = Standing::of(&parties[0], &baseline, &outcome).payoff;
    near(plain.total(), change(Indicator::Welfare, "ARD"));
    assert_eq!((plain.emissions, plain.jobs), (0.0, 0.0));
    let weighed = Standing::of(&parties[1], &baseline, &outcome).payoff;
    near(weighed.consumers, 0.5 * change(Indicator::ConsumerSurplus, "ARD"));
    near(weighed.producers, 2.0 * change(Indicator::ProducerSurplus, "ARD"));
    near(weighed.revenue, 0.25 * change(Indicator::GovernmentRevenue, "ARD"));
    let world: f64 =
        baseline.countries.iter().map(|country| change(Indicator::Emissions, &country.code)).sum();
    near(weighed.emissions, -0.04 * world); // kt at 40 USD/t, in million USD
    near(weighed.jobs, 0.01 * change(Indicator::Jobs, "ARD"));
}

#[test]
fn a_red_line_is_kept_up_to_its_bound_and_its_slack_is_the_way_there() {
    let (_, baseline, parties, outcome) = solved(
        r#"
[[party]]
name = "bor"
members = ["BOR"]
[[party.red_line]]
name = "exports"
indicator = "exports"
product = "steel"
measure = "percent"
at_least = -90
[[party.red_line]]
name = "all"
indicator = "exports"
measure = "change"
at_least = 0
[[party.red_line]]
name = "imports-of-ard"
indicator = "imports"
of = ["ARD"]
measure = "level"
at_most = 1e9
"#,
    );
    let standing = Standing::of(&parties[0], &baseline, &outcome);
    let level = |country: &str, product, indicator| {
        let country = baseline.country(country).expect("known");
        outcome.indicators.get(indicator, country, product).expect("known")
    };
    let steel = level("BOR", baseline.product("steel"), Indicator::Exports);
    let percent = 100.0 * (steel.value / steel.baseline - 1.0);
    assert!(percent < 0.0);
    near(standing.red_lines[0].value.expect("known"), percent);
    near(standing.red_lines[0].slack.expect("known"), percent + 90.0);
    assert!(standing.red_lines[0].kept);
    let all = level("BOR", None, Indicator::Exports).change();
    near(standing.red_lines[1].slack.expect("known"), all);
    assert!(!standing.red_lines[1].kept && !standing.signs(0.0));
    let imports = level("ARD", None, Indicator::Imports).value;
    near(standing.red_lines[2].slack.expect("known"), 1e9 - imports);
}

#[test]
fn faults_of_parties_are_told_together_with_their_lines() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = r#"
[[party]]
name = "a"
members = ["ARD", "XXX"]
producers_weight = -1
[[party.red_line]]
name = "one"
indicator = "welfar"
at_least = 3
at_most = 2
[[party.red_line]]
name = "two"
indicator = "welfare"
measure = "percent"
product = "stel"
"#;
    let scenario = Scenario::read(&file(folder.path(), "s.toml", text)).unwrap_or_else(|p| panic!("{p}"));
    let baseline = scenario.world(&scenario.data_folder().expect("a folder")).expect("the toy");
    let problems = scenario.policy(&baseline).expect_err("faults").to_string();
    for part in [
        "XXX",
        "producers_weight",
        "`welfar` is no indicator",
        "at_least 3 is above at_most 2",
        "it bounds nothing",
        "it has no percent",
        "`stel` is no product",
        "s.toml:15",
    ] {
        assert!(problems.contains(part), "{part} is not in\n{problems}");
    }
    // the same name twice
    let twice = "[[party]]\nname = \"a\"\nmembers = [\"ARD\"]\n[[party.red_line]]\nname = \"x\"\nindicator = \"welfare\"\nat_least = 0\n\
                 [[party.red_line]]\nname = \"x\"\nindicator = \"jobs\"\nat_least = 0\n";
    let problems = Scenario::read(&file(folder.path(), "t.toml", twice)).expect_err("a fault").to_string();
    assert!(problems.contains("is named `x`"), "{problems}");
}

#[test]
fn a_record_tells_who_would_sign_which_round_and_what_moved() {
    let party = "[[party]]\nname = \"bor\"\nmembers = [\"BOR\"]\n[[party.red_line]]\nname = \"exports\"\nindicator = \"exports\"\nat_least = 0\n";
    let ((one, world, of_one, first), (other, _, of_other, second)) =
        (solved(party), solved(&format!("exporters = [\"COR\"]\n{party}")));
    let proposal = |name: &str, scenario, parties: &[Party], outcome| Proposal {
        name: name.to_owned(),
        scenario,
        parties: parties.to_vec(),
        baseline: &world,
        outcome,
        disagreement: vec![0.0; parties.len()],
    };
    let record =
        Record::of(&[proposal("1", &one, &of_one, &first), proposal("2", &other, &of_other, &second)]);
    // a duty on BOR costs it exports; one on COR alone brings it more
    assert_eq!(record.zone(), [1]);
    assert!(record.payoffs(0)[0].expect("known") < 0.0 && record.payoffs(0)[1].expect("known") > 0.0);
    let moved: Vec<&str> = record.rounds[1].moved.iter().map(|moved| moved.path.as_str()).collect();
    assert_eq!(moved, ["tariff.core.exporters[0]"]);
    assert_eq!(record.rounds[1].moved[0].after.as_deref(), Some("\"COR\""));
    assert!(record.rounds[0].moved.is_empty());
}

#[test]
fn who_signs_is_judged_against_what_there_is_without_an_agreement() {
    let folder = tempfile::tempdir().expect("a folder");
    let party = "[[party]]\nname = \"bor\"\nmembers = [\"BOR\"]\n";
    // without an agreement the same duty is twice as high
    let war = file(folder.path(), "war.toml", "");
    let text = std::fs::read_to_string(&war).expect("read");
    std::fs::write(&war, text.replace("rate_percent = 25", "rate_percent = 50")).expect("written");
    let with = format!("{party}[negotiation]\ndisagreement = \"war.toml\"\n");
    let proposal = file(folder.path(), "proposal.toml", &with);
    let scenario = Scenario::read(&proposal).unwrap_or_else(|problems| panic!("{problems}"));
    let (_, world, parties, outcome) = solved(party);
    let without = disagreement::payoffs(&scenario, &parties, &world, |other| {
        let policy = other.policy(&world)?;
        let model = other.model(Arc::clone(&world)).expect("a model");
        Ok::<_, Problems>(other.outcome(&model, &policy).expect("an outcome"))
    });
    let without = without.unwrap_or_else(|problems| panic!("{problems}"));
    let standing = Standing::of(&parties[0], &world, &outcome);
    let payoff = standing.payoff.total();
    assert!(payoff < 0.0 && without[0] < payoff, "{payoff} {without:?}");
    let record = |without: Vec<f64>| {
        Record::of(&[Proposal {
            name: "1".to_owned(),
            scenario: &scenario,
            parties: parties.clone(),
            baseline: &world,
            outcome: &outcome,
            disagreement: without,
        }])
    };
    assert!(record(vec![0.0]).zone().is_empty(), "against the status quo it loses");
    assert_eq!(record(without.clone()).zone(), [0], "against the war it gains");
    // the same rule on the negotiation itself
    let talks =
        Talks::open(&scenario, Arc::clone(&world), Arc::default()).unwrap_or_else(|error| panic!("{error}"));
    assert!((talks.disagreement[0] - without[0]).abs() <= 1e-9 * without[0].abs());
    let position = talks.position(&talks.start()).unwrap_or_else(|error| panic!("{error}"));
    assert!(talks.signs(0, &position) && talks.is_asked(0));
}
