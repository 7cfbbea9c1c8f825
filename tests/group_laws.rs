//! Laws of groups: external exports and shipments among members are gross exports, for any set of
//! countries; welfare by owner adds up to welfare by place.

use proptest::prelude::*;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use zollverein::baseline::{Baseline, CountrySet, Ownership, read};
use zollverein::indicator::owners::Owners;
use zollverein::indicator::{Indicator, Totals};
use zollverein::model::{Model, Outcome};
use zollverein::scenario::Scenario;

/// One arrangement, a duty, a quota, and countries that tax each other.
const NAMES: [&str; 4] = ["02-", "08-", "13-", "20-"];

struct Solved {
    model: Model,
    outcome: Outcome,
}

fn solve(name: &'static str) -> Solved {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let baseline = read::folder(&root.join("data/2023")).unwrap_or_else(|problems| panic!("{problems}"));
    let files = std::fs::read_dir(root.join("scenarios")).unwrap_or_else(|error| panic!("{error}"));
    let file = files
        .filter_map(|file| Some(file.ok()?.path()))
        .find(|file| file.file_name().is_some_and(|file| file.to_string_lossy().starts_with(name)))
        .unwrap_or_else(|| panic!("no scenario {name}"));
    let scenario = Scenario::read(&file).unwrap_or_else(|problems| panic!("{problems}"));
    let model = scenario.model(Arc::new(baseline)).unwrap_or_else(|error| panic!("{error}"));
    let policy = scenario.policy(&model.baseline).unwrap_or_else(|problems| panic!("{problems}"));
    let outcome = model.evaluate(&policy).unwrap_or_else(|error| panic!("{error}"));
    Solved { model, outcome }
}

static SOLVED: LazyLock<Vec<Solved>> = LazyLock::new(|| NAMES.map(solve).into());

fn near(found: f64, expected: f64, relative: f64, what: &str) {
    assert!(
        (found - expected).abs() <= relative * expected.abs().max(1.0),
        "{what}: {found}, not {expected}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn external_exports_and_shipments_among_members_are_gross_exports(
        chosen in prop::collection::vec(any::<bool>(), 125),
        which in 0..NAMES.len(),
    ) {
        let Solved { model, outcome } = &SOLVED[which];
        let baseline = &model.baseline;
        let totals = Totals::new(baseline, &outcome.indicators, &outcome.equilibrium);
        let random = baseline.country_ids().zip(chosen.iter().cycle()).filter(|(_, one)| **one);
        let mut sets = vec![CountrySet::of(baseline.countries.len(), random.map(|(country, _)| country))];
        sets.extend([outcome.members.clone(), outcome.members.complement()]);
        sets.extend(baseline.groups.values().map(|group| group.members.clone()));
        sets.extend(outcome.terms.blocs.iter().cloned());
        for set in sets {
            for product in baseline.product_ids().map(Some).chain([None]) {
                let of = |indicator| totals.get(&set, indicator, product).level.unwrap_or_default();
                let (external, among) = (of(Indicator::Exports), of(Indicator::ShipmentsAmongMembers));
                let gross = of(Indicator::GrossExports);
                near(external.baseline + among.baseline, gross.baseline, 1e-9, "before");
                near(external.value + among.value, gross.value, 1e-9, "after");
                prop_assert!(external.value >= -1e-9 * gross.value.max(1.0));
            }
        }
    }

    #[test]
    fn welfare_by_owner_adds_up_to_welfare_by_place(
        shares in prop::collection::vec((0.0..1.0_f64, 0.0..1.0_f64, 0..125_usize, any::<bool>()), 250),
        which in 0..NAMES.len(),
    ) {
        let Solved { model, outcome } = &SOLVED[which];
        let mut baseline = Baseline::clone(&model.baseline);
        let countries: Vec<_> = baseline.country_ids().collect();
        let cells = baseline.product_ids().flat_map(|product| countries.iter().map(move |one| (*one, product)));
        baseline.owners = cells
            .zip(shares)
            .filter(|(_, (.., there))| *there)
            .map(|(cell, (foreign, named, owner, _))| {
                let owner = countries[owner % countries.len()];
                (cell, Ownership { foreign, owners: vec![(owner, foreign * named)] })
            })
            .collect();
        let Some(owners) = Owners::of(&baseline, &outcome.indicators) else { return Ok(()) };
        for product in baseline.product_ids().map(Some).chain([None]) {
            let (mut place, mut owned) = (0.0, owners.not_named(product) + owners.not_known(product));
            let mut size = 0.0;
            for row in owners.countries.iter().filter(|row| row.product == product) {
                place += row.by_place;
                owned += row.by_owner().unwrap_or(0.0);
                size += row.by_place.abs();
            }
            let world = CountrySet::all(baseline.countries.len());
            let totals = Totals::new(&baseline, &outcome.indicators, &outcome.equilibrium);
            let whole = totals.get(&world, Indicator::Welfare, product).level.unwrap_or_default().change();
            prop_assert!((owned - place).abs() <= 1e-9 * size.max(1.0), "{owned} by owner, {place} by place");
            prop_assert!((place - whole).abs() <= 1e-9 * size.max(1.0), "{place}, the world's is {whole}");
        }
    }
}
