//! Funds against what their recipients lose, on the scenario that is shipped.

use std::path::Path;
use std::sync::Arc;
use zollverein::baseline::read;
use zollverein::engine::Accounts;
use zollverein::indicator::fund::{PaidAboveLoss, paid_above_loss};
use zollverein::indicator::{Indicator, Level};
use zollverein::model::{Model, Outcome};
use zollverein::scenario::Scenario;

/// Scenario 17 with some of its text changed, and what comes of it.
fn outcome(change: impl Fn(String) -> String) -> (Model, Outcome) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("scenarios/17-revenue-fund.toml"));
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    let path = folder.path().join("fund.toml");
    let text = change(text.unwrap_or_else(|error| panic!("{error}")));
    assert!(std::fs::write(&path, text).is_ok());
    let scenario = Scenario::read(&path).unwrap_or_else(|problems| panic!("{problems}"));
    let baseline = read::folder(&root.join("data/2023")).unwrap_or_else(|problems| panic!("{problems}"));
    let model = scenario.model(Arc::new(baseline)).unwrap_or_else(|error| panic!("{error}"));
    let policy = scenario.policy(&model.baseline).unwrap_or_else(|problems| panic!("{problems}"));
    let outcome = model.evaluate(&policy).unwrap_or_else(|error| panic!("{error}"));
    (model, outcome)
}

fn change(model: &Model, outcome: &Outcome, what: Indicator, code: &str) -> f64 {
    let country = model.baseline.country(code).unwrap_or_else(|| panic!("{code} is not in the data"));
    outcome.indicators.get(what, country, None).map_or(0.0, Level::change)
}

#[test]
fn a_capped_fund_pays_no_recipient_more_than_it_loses_and_the_rest_stays_with_the_collectors() {
    let (model, outcome) = outcome(|text| text);
    let mut paid = 0.0;
    for country in &model.baseline.countries {
        let received = change(&model, &outcome, Indicator::Transfers, &country.code);
        let loss = -change(&model, &outcome, Indicator::WelfareBeforeTransfers, &country.code);
        // those who collect get rebates; they are no recipients of the fund
        let collects = country.code == "USA"
            || model.baseline.groups["eu27"].members.contains(
                model.baseline.country(&country.code).unwrap_or_else(|| panic!("{}", country.code)),
            );
        if received > 0.0 && !collects {
            assert!(received <= loss * (1.0 + 1e-9), "{} loses {loss} and gets {received}", country.code);
            paid += received;
        }
    }
    let accounts = Accounts::of(&model.baseline, &outcome.terms, &outcome.equilibrium);
    let of = |clause: &str| outcome.terms.uses.iter().position(|purpose| purpose.clause == clause);
    let fund = accounts.uses[of("revenue.use.exporters").unwrap_or_else(|| panic!("the fund"))];
    assert!(paid > 0.0 && (paid - fund.granted).abs() < 1e-6 * paid, "{paid} of {fund:?}");
    let spent = fund.granted + fund.lent + fund.overhead + fund.held;
    assert!(
        fund.left > 0.0 && (fund.available - spent - fund.left).abs() < 1e-6 * fund.available,
        "{fund:?}"
    );
    assert_eq!(change(&model, &outcome, Indicator::Transfers, "PRK"), 0.0);
    assert_eq!(paid_above_loss(&model.baseline, &outcome.terms, &outcome.indicators), []);
}

#[test]
fn without_a_cap_recipients_above_their_loss_are_named() {
    let (model, outcome) = outcome(|text| text.replace("\ncap = \"loss\"", ""));
    let found = paid_above_loss(&model.baseline, &outcome.terms, &outcome.indicators);
    let mozambique = model.baseline.country("MOZ");
    let of = found.iter().find(|paid| Some(paid.country) == mozambique);
    assert!(of.is_some_and(|paid| paid.received > 5.0 * paid.loss && paid.loss > 0.0), "{found:?}");
    assert!(found.windows(2).all(|pair| pair[0].above() >= pair[1].above()));
    assert!(found.iter().all(|paid: &PaidAboveLoss| paid.above() > 0.0));
}
