//! Every file of `scenarios/`: it runs, and says what it said when its golden file was kept.

use crate::support::golden;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zollverein::baseline::{Baseline, CountryId};
use zollverein::batch::Plan;
use zollverein::indicator::Indicator;
use zollverein::model::Outcome;
use zollverein::scenario::Scenario;
use zollverein::tables::{Format, tables};
use zollverein::units::MillionUsd;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The shipped scenarios, in reading order.
fn shipped() -> Vec<PathBuf> {
    of_folder("scenarios")
}

/// The TOML files of a folder, in reading order.
fn of_folder(folder: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(root().join(folder)) else { panic!("no {folder}") };
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    files.sort();
    files
}

fn run(path: &Path) -> (Scenario, Arc<Baseline>, Outcome) {
    let scenario = Scenario::read(path).unwrap_or_else(|problems| panic!("{problems}"));
    let folder = scenario.data_folder().unwrap_or_else(|problems| panic!("{problems}"));
    let baseline = Arc::new(scenario.world(&folder).unwrap_or_else(|problems| panic!("{problems}")));
    let policy = scenario.policy(&baseline).unwrap_or_else(|problems| panic!("{problems}"));
    let model = scenario.model(Arc::clone(&baseline)).unwrap_or_else(|error| panic!("{error}"));
    let outcome = model.evaluate(&policy).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    (scenario, baseline, outcome)
}

#[test]
fn every_scenario_gives_its_golden_groups() {
    let files = shipped();
    assert!(files.len() >= 8, "{files:?}");
    for path in files {
        if Scenario::read(&path).is_ok_and(|scenario| !scenario.years().is_empty()) {
            golden_path(&path);
            continue;
        }
        let (scenario, baseline, outcome) = run(&path);
        assert!(!scenario.description().is_empty(), "{} lacks a description", path.display());
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let Some(groups) = tables(&baseline, &outcome).into_iter().find(|table| table.name == "groups")
        else {
            panic!("{name}: there is no table of groups")
        };
        let file = groups.file(Format::Csv).unwrap_or_else(|error| panic!("{error}"));
        let text = String::from_utf8_lossy(&file.bytes).into_owned();
        // all products together: each product's error would show in the sum
        let headline: Vec<&str> = text
            .lines()
            .enumerate()
            .filter(|(line, row)| *line == 0 || row.split(',').nth(1) == Some("all"))
            .map(|(_, row)| row)
            .collect();
        assert!(headline.len() > 15, "{name}: {} rows", headline.len());
        golden::table(&format!("{name}/groups.csv"), &(headline.join("\n") + "\n"), 1e-6);
    }
}

/// Scenarios of which every result file is held, each by its digest, and products apart: the engines, and
/// the instruments whose files differ.
const WHOLE: [&str; 9] = [
    "02-gassa",
    "09-cbam-2030",
    "13-eu-steel-quota",
    "16-abatement-support",
    "17-revenue-fund",
    "19-gassa-2030",
    "20-regimes-late-2026",
    "23-gassa-spatial",
    "26-circumvention",
];

#[test]
fn every_result_file_of_some_scenarios_is_the_one_that_was_kept() {
    let (mut kinds, mut engines) = (BTreeSet::new(), BTreeSet::new());
    for name in WHOLE {
        let (scenario, baseline, outcome) = run(&root().join(format!("scenarios/{name}.toml")));
        engines.insert(format!("{:?}", scenario.engine()));
        let mut digests = golden::DIGEST.to_owned();
        for table in tables(&baseline, &outcome) {
            let file = table.file(Format::Csv).unwrap_or_else(|error| panic!("{error}"));
            let text = String::from_utf8_lossy(&file.bytes).into_owned();
            digests += &golden::digest(&file.name, &text);
            if table.name == "groups" {
                let of_products = |(line, row): &(usize, &str)| {
                    *line == 0 || row.split(',').nth(1).is_some_and(|product| product != "all")
                };
                let apart: Vec<&str> =
                    text.lines().enumerate().filter(of_products).map(|(_, row)| row).collect();
                assert!(apart.len() > 30, "{name}: {} rows of products", apart.len());
                golden::table(&format!("{name}/groups-by-product.csv"), &(apart.join("\n") + "\n"), 1e-6);
            }
            kinds.insert(table.name.clone());
        }
        golden::table(&format!("{name}/digests.csv"), &digests, golden::DIGITS);
    }
    // each file that a run can have is held somewhere
    for kind in ["indicators", "groups", "flows", "exporters", "importers", "equity", "owners", "estimates"] {
        assert!(kinds.contains(kind), "{kind}: {kinds:?}");
    }
    for kind in ["clauses", "transshipment", "capacity"] {
        assert!(kinds.contains(kind), "{kind}: {kinds:?}");
    }
    assert!(engines.len() >= 2, "{engines:?}");
}

/// Holds a path against its golden file: groups in every year, all products together.
fn golden_path(path: &Path) {
    let scenario = Scenario::read(path).unwrap_or_else(|problems| panic!("{problems}"));
    assert!(!scenario.description().is_empty(), "{} lacks a description", path.display());
    let folder = scenario.data_folder().unwrap_or_else(|problems| panic!("{problems}"));
    let baseline = Arc::new(scenario.world(&folder).unwrap_or_else(|problems| panic!("{problems}")));
    let model = scenario.model(Arc::clone(&baseline)).unwrap_or_else(|error| panic!("{error}"));
    let years =
        zollverein::scenario::path::solve(&scenario, &model).unwrap_or_else(|error| panic!("{error}"));
    let outcomes: Vec<(i32, &Outcome)> = years.iter().map(|year| (year.year, &year.outcome)).collect();
    let table = zollverein::tables::path(&baseline, &outcomes);
    let file = table.file(Format::Csv).unwrap_or_else(|error| panic!("{error}"));
    let text = String::from_utf8_lossy(&file.bytes).into_owned();
    let (mut kept, mut countries) = (vec![], 0);
    for (line, row) in text.lines().enumerate() {
        let cells: Vec<&str> = row.split(',').collect();
        let of_country = baseline.country(cells[1]).is_some();
        countries += usize::from(of_country);
        if line == 0 || (cells[2] == "all" && !of_country) {
            kept.push(row);
        }
    }
    assert!(kept.len() > 15 * years.len() && countries > 3 * years.len(), "{}", kept.len());
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    golden::table(&format!("{name}/path.csv"), &(kept.join("\n") + "\n"), 1e-6);
}

#[test]
fn the_status_quo_changes_nothing() {
    let (_, baseline, outcome) = run(&root().join("scenarios/01-status-quo.toml"));
    let mut compared = 0;
    for indicator in Indicator::ALL {
        for country in baseline.country_ids() {
            for product in baseline.product_ids().map(Some).chain([None]) {
                let Some(level) = outcome.indicators.get(indicator, country, product) else { continue };
                let scale = match indicator {
                    // these have only a change: it is held against what is bought and sold there
                    Indicator::ConsumerSurplus | Indicator::ProducerSurplus | Indicator::Welfare => {
                        turnover(&baseline, &outcome, country)
                    }
                    _ => level.baseline.abs(),
                };
                assert!(
                    level.change().abs() <= 1e-12 * scale,
                    "{} of {}: {level:?}",
                    indicator.name(),
                    baseline.countries[country.index()].code
                );
                compared += 1;
            }
        }
    }
    assert!(compared > 3_000, "{compared}");
    for (arc, quantity) in baseline.arcs.iter().zip(&outcome.equilibrium.quantity) {
        assert!((quantity.value() / arc.quantity.value() - 1.0).abs() <= 1e-12);
    }
}

/// What a country buys and sells of all products in the baseline, million USD.
fn turnover(baseline: &Baseline, outcome: &Outcome, country: CountryId) -> f64 {
    let bought = baseline
        .product_ids()
        .filter_map(|product| outcome.equilibrium.market(country, product))
        .map(|market| market.expenditure_before);
    let made = baseline.producers.iter().filter(|producer| producer.country == country);
    let sold = made.map(|producer| producer.output * producer.price);
    bought.chain(sold).sum::<MillionUsd>().value()
}

#[test]
fn the_toy_tariff_comes_out_as_its_comments_say() {
    let (_, baseline, outcome) = run(&root().join("scenarios/06-toy-25.toml"));
    let steel = baseline.product("steel");
    let level = |indicator, country: &str| {
        let country = baseline.country(country).unwrap_or_else(|| panic!("no {country}"));
        outcome.indicators.get(indicator, country, steel).unwrap_or_default()
    };
    assert!((level(Indicator::Output, "BOR").value - 9_500.0).abs() < 1e-6);
    assert!((level(Indicator::Output, "COR").value - 960.0).abs() < 1e-6);
    let revenue = 0.25 * (3_900.0 + 313.6) / 1.25;
    assert!((level(Indicator::GovernmentRevenue, "ARD").change() - revenue).abs() < 1e-6);
}

#[test]
fn the_committed_schema_is_the_one_of_the_types() {
    let made = format!("{:#}\n", Scenario::schema());
    let path = root().join("schema/scenario.json");
    if std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
        assert!(std::fs::write(&path, &made).is_ok());
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == made, "schema/scenario.json is stale: zollverein schema > schema/scenario.json");
}

#[test]
fn every_number_of_a_scenario_can_be_changed_by_its_path() {
    for path in shipped() {
        let scenario = Scenario::read(&path).unwrap_or_else(|problems| panic!("{problems}"));
        for number in scenario.numbers() {
            let value = scenario.number(&number).unwrap_or_else(|| panic!("no number at {number}"));
            let changed = scenario.with(&number, value + 1.0).unwrap_or_else(|problems| panic!("{problems}"));
            assert_ne!(changed.digest(), scenario.digest(), "{number}");
            let back = changed.with(&number, value).unwrap_or_else(|problems| panic!("{problems}"));
            assert_eq!(back.digest(), scenario.digest(), "{number}");
        }
    }
}

#[test]
fn the_readme_of_a_folder_names_each_of_its_files() {
    for folder in ["scenarios", "scenarios/batch"] {
        let text = std::fs::read_to_string(root().join(folder).join("README.md")).unwrap_or_default();
        let names: BTreeSet<String> = of_folder(folder)
            .iter()
            .map(|p| p.file_name().unwrap_or_default().to_string_lossy().into_owned())
            .collect();
        assert!(names.len() >= 4, "{folder}");
        for name in &names {
            assert!(text.contains(&format!("({name})")), "{name} is not in {folder}/README.md");
        }
    }
}

#[test]
fn every_plan_that_is_shipped_reads() {
    for plan in of_folder("scenarios/batch") {
        Plan::read(&plan, None).unwrap_or_else(|problems| panic!("{problems}"));
    }
}

/// What is done to rows.
type Change<'a> = &'a dyn Fn(&mut Vec<(f64, f64)>);

#[test]
fn a_digest_sees_a_wrong_cell_errors_that_cancel_and_lines_that_change_places() {
    let row = |at: usize, a: f64, b: f64| format!("c{at},{a},{b},\n");
    let rows: Vec<(f64, f64)> =
        (0..600).map(|at| (1e4 + f64::from(at), 0.5 / (1.0 + f64::from(at)))).collect();
    let file = |rows: &[(f64, f64)]| {
        let body: String = rows.iter().enumerate().map(|(at, (a, b))| row(at, *a, *b)).collect();
        golden::digest("x.csv", &format!("who,large,small,open\n{body}"))
    };
    let kept = golden::DIGEST.to_owned() + &file(&rows);
    let differs = |rows: &[(f64, f64)]| {
        golden::differences(&kept, &(golden::DIGEST.to_owned() + &file(rows)), golden::DIGITS)
    };
    assert_eq!(differs(&rows), Vec::<String>::new());
    let changed = |change: Change<'_>| {
        let mut rows = rows.clone();
        change(&mut rows);
        differs(&rows)
    };
    // one cell, named by file, lines and column
    let found = changed(&|rows| rows[300].0 *= 1.01);
    assert!(found.iter().any(|one| one.contains("x.csv lines 258 to 513 large")), "{found:?}");
    assert!(found.iter().all(|one| one.contains(" 258 to 513 ")), "{found:?}");
    assert_eq!(changed(&|rows| rows[10].1 *= 1.1).len(), 1);
    assert!(!changed(&|rows| (rows[3].0, rows[9].0) = (rows[3].0 + 50.0, rows[9].0 - 50.0)).is_empty());
    assert!(!changed(&|rows| rows.swap(20, 140)).is_empty());
    assert!(!changed(&|rows| rows[0].1 = 0.0).is_empty());
    // the last digits are let be
    let digits = changed(&|rows| rows.iter_mut().for_each(|row| row.0 *= 1.0 + 1e-12));
    assert!(digits.is_empty(), "{digits:?}");
    // a number that is no longer known, and a word
    let text = golden::digest("x.csv", "a,b\nx,1\ny,\n");
    let other = golden::digest("x.csv", "a,b\nx,1\ny,0\n");
    assert!(!golden::differences(&text, &other, golden::DIGITS).is_empty());
    let word = golden::digest("x.csv", "a,b\nx,1\nz,\n");
    assert!(!golden::differences(&text, &word, golden::DIGITS).is_empty());
}

#[test]
fn the_comparer_sees_a_change_of_a_part_in_ten_thousand() {
    let kept = "group,indicator,value\nworld,output,1000\nworld,jobs,\n";
    assert!(golden::differences(kept, kept, 1e-6).is_empty());
    let off = kept.replace("1000", "1000.1");
    let found = golden::differences(kept, &off, 1e-6);
    assert_eq!(found, ["line 2, world output: value 1000 -> 1000.1"]);
    assert!(golden::differences(kept, &kept.replace("1000", "1000.0000001"), 1e-6).is_empty());
    assert_eq!(golden::differences(kept, &kept.replace("jobs,", "jobs,0"), 1e-6).len(), 1);
}
