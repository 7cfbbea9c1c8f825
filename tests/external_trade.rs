//! Trade of a customs union is what crosses its border: recomputed from the shipments of a run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The rows of a CSV file, by column.
fn rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader =
        csv::Reader::from_path(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let heads = reader.headers().expect("heads").clone();
    let row = |record: csv::StringRecord| {
        heads.iter().map(str::to_owned).zip(record.iter().map(str::to_owned)).collect()
    };
    reader.records().map(|record| row(record.expect("a row"))).collect()
}

fn number(row: &BTreeMap<String, String>, column: &str) -> f64 {
    row[column].parse().unwrap_or_else(|_| panic!("{column} of {row:?}"))
}

struct Run {
    flows: Vec<BTreeMap<String, String>>,
    groups: Vec<BTreeMap<String, String>>,
    countries: Vec<BTreeMap<String, String>>,
    _room: tempfile::TempDir,
}

fn run(scenario: &str) -> Run {
    let room = tempfile::tempdir().expect("a folder");
    let out = room.path().join("out");
    let done = Command::new(env!("CARGO_BIN_EXE_zollverein"))
        .current_dir(root())
        .args(["run", &format!("scenarios/{scenario}.toml"), "--no-bands", "--quiet", "--out"])
        .arg(&out)
        .output()
        .expect("the program runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let read = |name: &str| rows(&out.join(name));
    Run {
        flows: read("flows.csv"),
        groups: read("groups.csv"),
        countries: read("indicators.csv"),
        _room: room,
    }
}

fn union() -> BTreeSet<String> {
    let countries = rows(&root().join("data/2023/countries.csv"));
    countries.iter().filter(|row| row["eu"] == "True").map(|row| row["iso3"].clone()).collect()
}

impl Run {
    /// The change of shipments between sets of countries, kt.
    fn shipped(&self, from: impl Fn(&str) -> bool, to: impl Fn(&str) -> bool) -> f64 {
        let wanted = self.flows.iter().filter(|row| {
            row["exporter"] != row["importer"] && from(&row["exporter"]) && to(&row["importer"])
        });
        wanted.map(|row| number(row, "value_kt") - number(row, "baseline_kt")).sum()
    }

    fn group(&self, group: &str, indicator: &str) -> f64 {
        let is = |row: &&BTreeMap<String, String>| {
            row["group"] == group && row["product"] == "all" && row["indicator"] == indicator
        };
        number(self.groups.iter().find(is).unwrap_or_else(|| panic!("{indicator} of {group}")), "change")
    }

    fn country(&self, country: &str, indicator: &str) -> f64 {
        let is = |row: &&BTreeMap<String, String>| {
            row["country"] == country && row["product"] == "all" && row["indicator"] == indicator
        };
        number(self.countries.iter().find(is).unwrap_or_else(|| panic!("{indicator} of {country}")), "change")
    }
}

fn near(found: f64, wanted: f64) {
    assert!((found - wanted).abs() <= 1e-6 * wanted.abs().max(1.0), "{found}, not {wanted}");
    assert!(found * wanted > 0.0 || wanted.abs() < 1e-9, "{found} has not the sign of {wanted}");
}

#[test]
fn exports_of_the_union_are_what_leaves_it() {
    let union = union();
    assert_eq!(union.len(), 27);
    let own = |code: &str| union.contains(code);
    for scenario in ["02-gassa", "08-plus-25-points", "13-eu-steel-quota", "20-regimes-late-2026"] {
        let run = run(scenario);
        near(run.group("EU27", "exports"), run.shipped(own, |code| !own(code)));
        near(run.group("EU27", "imports"), run.shipped(|code| !own(code), own));
        near(run.group("EU27", "shipments_among_members"), run.shipped(own, own));
        near(run.group("EU27", "gross_exports"), run.shipped(own, |_| true));
        let outside_germany = |code: &str| !own(code);
        near(run.country("DEU", "exports"), run.shipped(|code| code == "DEU", outside_germany));
        let others = |code: &str| own(code);
        near(run.country("DEU", "shipments_among_members"), run.shipped(|code| code == "DEU", others));
    }
}

#[test]
fn members_of_one_arrangement_export_what_leaves_it_and_the_world_what_leaves_a_customs_territory() {
    let union = union();
    let member = |code: &str| union.contains(code) || code == "USA";
    let run = run("02-gassa");
    near(run.group("members", "exports"), run.shipped(member, |code| !member(code)));
    near(run.group("members", "imports"), run.shipped(|code| !member(code), member));
    near(run.group("members", "shipments_among_members"), run.shipped(member, member));
    let everyone = |_: &str| true;
    let own = |code: &str| union.contains(code);
    near(run.group("world", "exports"), run.shipped(everyone, everyone) - run.shipped(own, own));
}
