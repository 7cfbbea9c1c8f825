//! Bands of headline figures: drawn by default, the same on any number of threads, and of what they say.

use crate::support::program::{program, stderr, stdout, toy, write};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const SCENARIO: &str = "title = \"Toy\"\nbaseline = \"data\"\n[[tariff]]\nname = \"a\"\nimporters = [\"ARD\"]\nrate_percent = 25\n";

/// What a command says in a folder, without a cache.
fn said(folder: &Path, arguments: &[&str], threads: &str) -> String {
    let mut command = program(arguments);
    command.current_dir(folder).env("ZOLLVEREIN_CACHE", "").env("RAYON_NUM_THREADS", threads);
    let output = command.output().unwrap_or_else(|error| panic!("{error}"));
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output)
}

/// The rows of a table by group and indicator, all products together, each by column.
fn rows(folder: &Path, file: &str) -> BTreeMap<(String, String), BTreeMap<String, String>> {
    let text = fs::read_to_string(folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    let mut lines = text.lines();
    let head: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let row = |line: &str| -> BTreeMap<String, String> {
        head.iter().zip(line.split(',')).map(|(name, cell)| ((*name).to_owned(), cell.to_owned())).collect()
    };
    lines.map(row).map(|row| ((row["group"].clone(), row["indicator"].clone()), row)).collect()
}

fn number(row: &BTreeMap<String, String>, column: &str) -> f64 {
    row[column].parse().unwrap_or_else(|error| panic!("{column} {:?}: {error}", row[column]))
}

#[test]
fn headline_figures_carry_bands_unless_they_are_left_out() {
    let folder = toy();
    write(folder.path(), "s.toml", SCENARIO);
    write(folder.path(), "none.toml", &format!("bands = false\n{SCENARIO}"));
    let told = said(folder.path(), &["run", "s.toml", "--out", "a"], "2");
    assert!(
        told.contains("Of 160 draws of elasticities, trade flows, emission intensities and mill prices"),
        "{told}"
    );
    assert!(told.contains("Largest source"), "{told}");
    let drawn = rows(&folder.path().join("a"), "intervals.csv");
    let welfare = &drawn[&("world".to_owned(), "welfare".to_owned())];
    assert!(
        number(welfare, "p5") < number(welfare, "central")
            && number(welfare, "central") < number(welfare, "p95")
    );
    assert!((0.0..=1.0).contains(&number(welfare, "share_with_sign")) && number(welfare, "draws") == 160.0);
    // every figure of the summary's table has its band
    for group in ["world", "members", "outside"] {
        for indicator in [
            "welfare",
            "welfare_per_gdp",
            "exports",
            "output",
            "emissions",
            "export_value",
            "government_revenue",
        ] {
            assert!(drawn.contains_key(&(group.to_owned(), indicator.to_owned())), "{group} {indicator}");
        }
    }
    let brief = fs::read_to_string(folder.path().join("a/brief.md")).expect("the brief");
    assert!(
        brief.contains("in 90 of 100 draws") && brief.contains("How sure the headline figures are"),
        "{brief}"
    );
    for (arguments, why) in [
        (["run", "none.toml", "--out", "b"].as_slice(), "the scenario says bands = false"),
        (&["run", "s.toml", "--no-bands", "--out", "c"], "none were asked for"),
    ] {
        let told = said(folder.path(), arguments, "2");
        assert!(told.contains(&format!("carry no bands: {why}.")) && !told.contains("90 of 100"), "{told}");
        assert!(!folder.path().join(arguments.last().unwrap_or(&"")).join("intervals.csv").exists());
    }
    // what was written without bands is repeated without them
    said(folder.path(), &["verify", "c/run.json"], "2");
    said(folder.path(), &["verify", "a/run.json"], "2");
}

#[test]
fn bands_have_the_same_bytes_on_any_number_of_threads() {
    let folder = toy();
    write(folder.path(), "s.toml", SCENARIO);
    for threads in ["1", "3"] {
        said(folder.path(), &["run", "s.toml", "--quiet", "--out", threads], threads);
    }
    for file in ["intervals.csv", "doubt.csv", "brief.md"] {
        let read = |threads: &str| fs::read(folder.path().join(threads).join(file)).expect("a file");
        assert_eq!(read("1"), read("3"), "{file}");
    }
}

#[test]
fn a_red_line_through_the_median_is_crossed_in_half_of_the_draws() {
    let folder = toy();
    write(folder.path(), "s.toml", SCENARIO);
    said(folder.path(), &["run", "s.toml", "--quiet", "--out", "first"], "2");
    let median = number(
        &rows(&folder.path().join("first"), "intervals.csv")[&("BOR".to_owned(), "welfare".to_owned())],
        "p50",
    );
    let party = |bound: f64| {
        format!(
            "{SCENARIO}[[party]]\nname = \"bor\"\nmembers = [\"BOR\"]\n[[party.red_line]]\nname = \"loss\"\n\
             indicator = \"welfare\"\nat_least = {bound}\n[[party]]\nname = \"ard\"\nmembers = [\"ARD\"]\n"
        )
    };
    fs::create_dir(folder.path().join("talks")).expect("a folder");
    let near = |bound: f64| format!("{}\n", party(bound).replace("\"data\"", "\"../data\""));
    write(folder.path(), "talks/r1.toml", &near(median));
    write(folder.path(), "talks/r2.toml", &near(-1e6));
    let told = said(folder.path(), &["rounds", "talks", "--out", "record"], "2");
    assert!(
        told.contains("crossed in … of draws")
            && told.contains("Could be signed by every party in … of draws"),
        "{told}"
    );
    let text = fs::read_to_string(folder.path().join("record/rounds.csv")).expect("a table");
    let crossed = |round: &str| -> f64 {
        let row = text.lines().find(|line| line.starts_with(&format!("{round},bor,red_line.loss,")));
        row.and_then(|row| row.rsplit(',').next()?.parse().ok()).unwrap_or_else(|| panic!("{text}"))
    };
    assert!((crossed("r1") - 0.5).abs() < 0.01, "{text}");
    assert_eq!(crossed("r2"), 0.0);
    write(folder.path(), "p.toml", &party(median));
    let told = said(folder.path(), &["run", "p.toml"], "2");
    assert!(
        told.contains("its red line “loss” is crossed in 50 %")
            && told.contains("It could be signed by every party in "),
        "{told}"
    );
}

#[test]
fn a_comparison_carries_the_band_of_each_change_and_of_the_difference() {
    let folder = toy();
    write(folder.path(), "s.toml", SCENARIO);
    write(folder.path(), "t.toml", &SCENARIO.replace("rate_percent = 25", "rate_percent = 26"));
    let told = said(folder.path(), &["compare", "s.toml", "t.toml"], "2");
    assert!(told.contains("90 of 100 draws from") && told.contains("draws with this sign"), "{told}");
    let json: serde_json::Value =
        serde_json::from_str(&said(folder.path(), &["compare", "s.toml", "t.toml", "--json"], "2"))
            .expect("JSON");
    let rows = json["comparison"].as_array().expect("rows");
    let row = rows
        .iter()
        .filter(|row| row["group"] == "world" && row["product"] == "all" && row["indicator"] == "welfare")
        .nth(1)
        .expect("the second scenario");
    let number = |key: &str| row[key].as_f64().unwrap_or_else(|| panic!("{key} of {row}"));
    // both see the same draws: a point more is worse in nearly all, and by far less than either is in doubt
    assert!(
        number("difference_p95") - number("difference_p5") < 0.5 * (number("p95") - number("p5")),
        "{row}"
    );
    assert!(number("difference_share_with_sign") > 0.9, "{row}");
}

#[test]
fn more_draws_than_are_for_a_page_are_refused_and_a_slow_engine_says_why_it_has_none() {
    let folder = toy();
    write(folder.path(), "s.toml", &format!("{SCENARIO}[uncertainty]\ndraws = 1000000000\n"));
    let output = program(&["run", "s.toml"]).current_dir(folder.path()).output().expect("it starts");
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("uncertainty.draws: 1000000000 is out of range"), "{}", stderr(&output));
    write(folder.path(), "spatial.toml", &format!("engine = \"spatial\"\n{SCENARIO}"));
    let told = said(folder.path(), &["run", "spatial.toml"], "2");
    assert!(told.contains("carry no bands: the spatial engine takes seconds for each draw"), "{told}");
    write(
        folder.path(),
        "drawn.toml",
        &format!("{SCENARIO}[[uncertainty.draw]]\nwhat = \"data.flows\"\nsigma = 0.3\n"),
    );
    let output = program(&["run", "drawn.toml"]).current_dir(folder.path()).output().expect("it starts");
    assert!(stderr(&output).contains("uncertainty.draw[0]: `data.flows` is a table"), "{}", stderr(&output));
}
