//! The data folders we ship are described, unchanged and plausible.
//!
//! After a meant change of a table, `make data` writes the descriptions anew.

use std::path::{Path, PathBuf};
use zollverein::baseline::columns::TABLES;
use zollverein::data::package;

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data")
}

#[test]
fn shipped_data_are_described_as_they_are() {
    for folder in ["2017", "2023", "2030", "toy"] {
        let folder = data().join(folder);
        let described = package::describe(&folder).unwrap_or_else(|problems| panic!("{problems}"));
        let file = folder.join(zollverein::data::description::DESCRIPTION);
        let written = std::fs::read_to_string(&file).expect("the description is there");
        assert!(written == described, "{} is stale: run `make data`", file.display());
        if let Err(problems) = package::verify(&folder) {
            panic!("{problems}");
        }
    }
}

#[test]
fn the_world_of_2030_is_what_its_projection_makes_of_2023() {
    let room = tempfile::tempdir().expect("a folder");
    let made = room.path().join("2030");
    let run = std::process::Command::new(env!("CARGO_BIN_EXE_zollverein"))
        .args(["data", "project"])
        .arg(data().join("2023"))
        .arg("--by")
        .arg(data().join("projections/2030.csv"))
        .args(["--year", "2030", "--to"])
        .arg(&made)
        .output()
        .expect("the program runs");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let mut files = 0;
    for entry in std::fs::read_dir(&made).expect("the folder") {
        let path = entry.expect("an entry").path();
        let kept = data().join("2030").join(path.file_name().expect("a name"));
        files += 1;
        assert!(
            std::fs::read(&path).expect("a file") == std::fs::read(&kept).unwrap_or_default(),
            "{} is stale: run `make data`",
            kept.display()
        );
    }
    assert_eq!(files, std::fs::read_dir(data().join("2030")).expect("the shipped folder").count());
}

#[test]
fn the_status_quo_replicates_on_the_worlds_of_2017_and_2030() {
    use zollverein::{baseline::read, engine::Armington, engine::Engine, policy::Policy};
    for folder in ["2017", "2030"] {
        let baseline = read::folder(&data().join(folder)).unwrap_or_else(|problems| panic!("{problems}"));
        let engine = Armington::new(&baseline);
        let found = engine
            .solve(&baseline, &Policy::status_quo().terms(&baseline))
            .unwrap_or_else(|error| panic!("{error}"));
        for (arc, quantity) in baseline.arcs.iter().zip(&found.quantity) {
            assert!((quantity.value() / arc.quantity.value() - 1.0).abs() < 1e-9);
        }
    }
}

#[test]
fn the_world_of_2017_has_the_imports_of_the_united_states_that_were_printed() {
    use zollverein::baseline::read;
    let baseline = read::folder(&data().join("2017")).unwrap_or_else(|problems| panic!("{problems}"));
    let (steel, states) = (baseline.product("steel"), baseline.country("USA"));
    let (mut all, mut canada) = (0.0, 0.0);
    for (_, flow) in baseline.trade.flows() {
        if Some(flow.product) == steel && Some(flow.importer) == states && !flow.is_home() {
            all += flow.quantity.value();
            if Some(flow.exporter) == baseline.country("CAN") {
                canada += flow.quantity.value();
            }
        }
    }
    // Canada's share as printed, 16.7 % of 34.6 Mt
    assert!((canada - 0.167 * 34_600.0).abs() < 1.0, "{canada}");
    assert!((all - 34_600.0).abs() < 0.05 * 34_600.0, "{all}");
}

#[test]
fn every_column_that_is_shipped_is_explained_in_the_readme() {
    let readme = std::fs::read_to_string(data().join("README.md")).expect("data/README.md");
    for table in &TABLES {
        assert!(readme.contains(&format!("`{}`", table.file)), "{} is not explained", table.file);
        for column in table.columns {
            assert!(
                readme.contains(&format!("`{}`", column.name)),
                "{} of {} is not explained",
                column.name,
                table.file
            );
        }
    }
}

/// The problems of the toy folder with other rows of abatement.
fn faults_of_abatement(rows: &str) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for entry in std::fs::read_dir(data().join("toy")).expect("the toy folder") {
        let path = entry.expect("an entry").path();
        std::fs::copy(&path, folder.path().join(path.file_name().expect("a name"))).expect("a copy");
    }
    let header = "country,product,route,cost_usd_per_tco2e,max_percent";
    std::fs::write(folder.path().join("abatement.csv"), format!("{header}\n{rows}\n")).expect("a table");
    zollverein::baseline::read::folder(folder.path()).map_or_else(|p| p.to_string(), |_| String::new())
}

#[test]
fn rows_of_abatement_that_cannot_be_are_refused_together() {
    assert_eq!(faults_of_abatement("*,steel,blast,200,80\nCOR,steel,electric,80,0"), "");
    let faults = faults_of_abatement(
        "*,steel,blast,0,80\nARD,steel,blast,9,101\nXXX,steel,blast,9,9\n*,steel,smelter,9,9\n*,steel,blast,9,9",
    );
    let expected = [
        "abatement.csv:2: `cost_usd_per_tco2e` is 0",
        "abatement.csv:3: `max_percent` is 101",
        "abatement.csv:4: country `XXX` is not known",
        "abatement.csv:5: route `smelter` of `steel` is not known",
        "abatement.csv:6: abatement of `steel` by `blast` in `*` stands twice",
    ];
    for fault in expected {
        assert!(faults.contains(fault), "{fault}\n{faults}");
    }
}

/// The share of the tonnes of a product that importers buy from outside themselves and that were observed.
fn observed_share(baseline: &zollverein::baseline::Baseline, product: &str, importers: &str) -> f64 {
    use zollverein::baseline::{Basis, CountrySet};
    let product = baseline.product(product).expect("the product");
    let into = match baseline.groups.get(importers) {
        Some(group) => group.members.clone(),
        None => {
            CountrySet::of(baseline.countries.len(), [baseline.country(importers).expect("the importer")])
        }
    };
    let (mut observed, mut all) = (0.0, 0.0);
    for (_, flow) in baseline.trade.flows().filter(|(_, flow)| flow.product == product) {
        if into.contains(flow.importer) && !into.contains(flow.exporter) {
            all += flow.quantity.value();
            if matches!(flow.basis, Some(Basis::Pair | Basis::Bloc | Basis::CustomsValue)) {
                observed += flow.quantity.value();
            }
        }
    }
    observed / all
}

#[test]
fn what_the_members_import_from_outside_was_observed() {
    let baseline = zollverein::baseline::read::folder(&data().join("2023")).expect("the tables of 2023");
    for (product, least) in [("steel", 0.85), ("aluminium", 0.95)] {
        for importers in ["USA", "eu27"] {
            let share = observed_share(&baseline, product, importers);
            assert!(share >= least, "{importers} {product}: {share}");
        }
    }
}

#[test]
fn no_shipment_of_2023_is_banned() {
    let baseline = zollverein::baseline::read::folder(&data().join("2023")).expect("the tables of 2023");
    let banned = baseline.embargoes.iter().filter(|embargo| embargo.banned >= 1.0).count();
    assert!(banned > 20, "{banned} bans");
    for (_, flow) in baseline.trade.flows() {
        let forbidden = baseline
            .embargoes
            .iter()
            .any(|embargo| embargo.forbids(flow.product, flow.exporter, flow.importer));
        assert!(!forbidden, "{flow:?}");
    }
}

/// What reading the tables of 2023 says when one of them is changed.
fn faults_of_2023(table: &str, change: impl Fn(String) -> String) -> String {
    let text = std::fs::read_to_string(data().join("2023").join(table)).expect("the table");
    let changed = change(text.clone());
    assert_ne!(text, changed, "the change changes nothing");
    let room = tempfile::tempdir().expect("a folder");
    for entry in std::fs::read_dir(data().join("2023")).expect("the folder") {
        let path = entry.expect("an entry").path();
        std::fs::copy(&path, room.path().join(path.file_name().expect("a name"))).expect("a copy");
    }
    std::fs::write(room.path().join(table), changed).expect("the changed table");
    match zollverein::baseline::read::folder(room.path()) {
        Ok(_) => String::new(),
        Err(problems) => problems.to_string(),
    }
}

#[test]
fn flows_that_miss_an_observation_by_its_last_digit_are_refused() {
    let found = faults_of_2023("observations.csv", |text| text.replacen("37666.203", "37666.204", 1));
    assert!(found.contains("37666.204 kt were observed and the flows add up to 37666.203 kt"), "{found}");
    assert!(found.contains("observations.csv"), "{found}");
}

#[test]
fn a_banned_shipment_is_refused_with_its_line() {
    let found =
        faults_of_2023("embargoes.csv", |text| format!("{text}JPN,CHN,steel,2020-01-01,,100,,general,x,\n"));
    assert!(found.contains("go from CHN to JPN, which embargoes.csv bans altogether"), "{found}");
    assert!(found.contains("flows.csv"), "{found}");
}

#[test]
fn faults_of_observations_valuation_owners_and_confidence_are_told_together() {
    let of = |table: &str, row: &str| faults_of_2023(table, |text| format!("{text}{row}\n"));
    let found = of(
        "observations.csv",
        "CHN,CHN,steel,1,pair,2023,x,x\nCHN,EU28,steel,1,bloc,2023,x,x\n*,*,steel,1,total,2023,x,x\nJPN,USA,steel,1,sure,2023,x,x",
    );
    for fault in [
        "a pair has two different countries",
        "`EU28` is not known",
        "a total has `*` at one end",
        "`kind` is `sure`",
    ] {
        assert!(found.contains(fault), "{fault}: {found}");
    }
    let found = of("valuation_basis.csv", "USA,fas,general,x,\nCHN,cif,general,x,");
    assert!(found.contains("`basis` is `fas`") && found.contains("`CHN` stands twice"), "{found}");
    let found = of("owners.csv", "JPN,steel,10,USA 30,x,x,True,\nKOR,steel,10,USA,x,x,True,");
    assert!(
        found.contains("owners add up to 30 percent") && found.contains("`owners_percent` has `USA`"),
        "{found}"
    );
    let found = faults_of_2023("duties.csv", |text| text.replacen(",cited,", ",certain,", 1));
    assert!(found.contains("`confidence` is `certain`"), "{found}");
}
