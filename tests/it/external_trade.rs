//! Trade of groups is external: checked against the flows of a run. Welfare by owner loses nothing.

use proptest::prelude::*;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use zollverein::baseline::{Baseline, CountrySet, Ownership, read};
use zollverein::indicator::owners::Owners;
use zollverein::indicator::{Indicator, Level, Totals};
use zollverein::model::{Model, Outcome};
use zollverein::scenario::Scenario;
use zollverein::tables::{Column, Table, named};

/// Scenarios in which the gross exports of the EU rise, or did, while its external exports fall.
const NAMES: [&str; 4] = ["02-", "08-", "13-", "20-"];

struct Solved {
    name: &'static str,
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
    Solved { name, model, outcome }
}

static SOLVED: LazyLock<Vec<Solved>> = LazyLock::new(|| NAMES.map(solve).into());

fn texts<'a>(table: &'a Table, name: &str) -> &'a [String] {
    match table.column(name) {
        Some(Column::Text(cells)) => cells,
        other => panic!("{name} is {other:?}"),
    }
}

fn numbers<'a>(table: &'a Table, name: &str) -> &'a [f64] {
    match table.column(name) {
        Some(Column::Number(cells)) => cells,
        other => panic!("{name} is {other:?}"),
    }
}

/// What goes out of a set of countries by the table `flows`, before and after.
fn out_of(baseline: &Baseline, flows: &Table, set: &CountrySet) -> Level {
    let inside =
        |code: &String| set.contains(baseline.country(code).unwrap_or_else(|| panic!("no country {code}")));
    let mut sum = Level::default();
    let (from, to) = (texts(flows, "exporter"), texts(flows, "importer"));
    for row in (0..from.len()).filter(|row| inside(&from[*row]) && !inside(&to[*row])) {
        sum.baseline += numbers(flows, "baseline_kt")[row];
        sum.value += numbers(flows, "value_kt")[row];
    }
    sum
}

fn near(found: f64, expected: f64, relative: f64, what: &str) {
    assert!(
        (found - expected).abs() <= relative * expected.abs().max(1.0),
        "{what}: {found}, not {expected}"
    );
}

#[test]
fn external_exports_of_the_union_are_those_of_its_flows() {
    for Solved { name, model, outcome } in SOLVED.iter() {
        let baseline = &model.baseline;
        let union = &baseline.customs_union().unwrap_or_else(|| panic!("no customs union")).members;
        let flows = named(baseline, outcome, "flows").unwrap_or_else(|| panic!("no flows"));
        let totals = Totals::new(baseline, &outcome.indicators, &outcome.equilibrium);
        let found = totals.get(union, Indicator::Exports, None).level.unwrap_or_default();
        let expected = out_of(baseline, &flows, union);
        near(found.baseline, expected.baseline, 1e-6, name);
        near(found.value, expected.value, 1e-6, name);
        near(found.change(), expected.change(), 1e-6, name);
        assert!(expected.change() < 0.0, "{name}: {expected:?}");
        let world = CountrySet::all(baseline.countries.len());
        let exports = totals.get(&world, Indicator::Exports, None).level.unwrap_or_default();
        let imports = totals.get(&world, Indicator::Imports, None).level.unwrap_or_default();
        near(exports.value, imports.value, 1e-9, "what the world exports it imports");
    }
}

#[test]
fn exports_of_one_arrangement_leave_out_what_its_members_ship_to_each_other() {
    let Solved { model, outcome, .. } = &SOLVED[0];
    let baseline = &model.baseline;
    let flows = named(baseline, outcome, "flows").unwrap_or_else(|| panic!("no flows"));
    let totals = Totals::new(baseline, &outcome.indicators, &outcome.equilibrium);
    let found = totals.get(&outcome.members, Indicator::Exports, None).level.unwrap_or_default();
    let expected = out_of(baseline, &flows, &outcome.members);
    near(found.baseline, expected.baseline, 1e-6, "before");
    near(found.value, expected.value, 1e-6, "after");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn external_exports_and_shipments_among_members_are_gross_exports(
        chosen in prop::collection::vec(any::<bool>(), 125),
        which in 0..NAMES.len(),
    ) {
        let Solved { model, outcome, .. } = &SOLVED[which];
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
        let Solved { model, outcome, .. } = &SOLVED[which];
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
