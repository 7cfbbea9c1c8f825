//! What stands on the brief: what is assumed, who pays, bands, what is not to be expected, what drives it.

use crate::support::program::{root, stderr, stdout, toy, write, zollverein};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use zollverein::scenario::Scenario;

const GASSA: &str = "scenarios/02-gassa.toml";
const ACCEPTED: [&str; 4] = [
    GASSA,
    "scenarios/09-cbam-2030.toml",
    "scenarios/13-eu-steel-quota.toml",
    "scenarios/20-regimes-late-2026.toml",
];
const HEADINGS: [&str; 4] =
    ["## Who pays and who gains", "## What is not to be expected", "## What drives it", "## In short"];

/// The brief in Markdown, without the signs that keep text from being taken for markup.
fn brief(scenario: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a.md");
    let output = zollverein(&["brief", scenario, "--out", &file.display().to_string()]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    fs::read_to_string(file).expect("the brief").replace('\\', "")
}

fn scenario(path: &str) -> Scenario {
    Scenario::read(&root().join(path)).unwrap_or_else(|problems| panic!("{problems}"))
}

/// What stands below a heading, up to the next.
fn below<'a>(text: &'a str, heading: &str) -> &'a str {
    let from = text.split_once(heading).unwrap_or_else(|| panic!("no {heading}: {text}")).1;
    from.split("\n## ").next().unwrap_or_default()
}

/// A number as print has it.
fn number(text: &str) -> f64 {
    let plain = text.trim().replace('\u{2212}', "-").replace(['+', ','], "");
    plain.parse().unwrap_or_else(|_| panic!("{text:?} is no number"))
}

/// The rows of the first table below a heading: names of columns, and cells by name of row.
fn table(text: &str) -> (Vec<String>, BTreeMap<String, Vec<String>>) {
    let cells = |line: &str| -> Vec<String> {
        line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    let mut lines = text.lines().filter(|line| line.starts_with('|'));
    let heads = lines.next().map(cells).unwrap_or_default();
    let rows = lines.skip(1).map(cells).map(|row| (row[0].clone(), row)).collect();
    (heads, rows)
}

#[test]
fn what_is_assumed_and_every_clause_stand_whole_on_the_brief() {
    for path in ACCEPTED {
        let (text, scenario) = (brief(path), scenario(path));
        let assumed = scenario.assumptions().unwrap_or_else(|| panic!("{path} says what it assumes"));
        assert!(text.contains(&format!("Assumed: {assumed}")), "{path}: {text}");
        assert!(text.contains(scenario.description()), "{path}: {text}");
        for heading in HEADINGS {
            assert!(below(&text, heading).len() > 40, "{path}: {heading}");
        }
        assert!(
            !text.contains('…') || text.matches('…').count() == text.matches("…)").count(),
            "{path}: cut"
        );
        for clause in scenario.clauses() {
            // what the clause does, behind its name and who applies it; names of groups are in words
            let does = clause.split_once(" on ").map_or(clause.as_str(), |(_, does)| does);
            let does = does.trim_end_matches('.').replace('`', "");
            let said = text.replace(['“', '”', '_'], " ");
            let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(words(&said).contains(&words(&does.replace('_', " "))), "{path}: {does}");
        }
    }
}

#[test]
fn each_party_has_purchasers_producers_treasury_net_and_a_band() {
    for (path, parties) in [
        (GASSA, ["United States", "European Union"]),
        (ACCEPTED[1], ["European Union", "United Kingdom"]),
        (ACCEPTED[2], ["European Union", "World"]),
        (ACCEPTED[3], ["United States", "Canada"]),
    ] {
        let text = brief(path);
        let (heads, rows) = table(below(&text, HEADINGS[0]));
        assert_eq!(heads[..4], ["Change", "Purchasers", "Producers", "Treasury"], "{path}");
        let net = heads.iter().position(|head| head == "Net").expect("a net");
        for party in parties {
            let row = rows.get(party).unwrap_or_else(|| panic!("{path}: no row of {party}: {text}"));
            let parts: Vec<f64> = row[1..net].iter().map(|cell| number(cell)).collect();
            let size: f64 = parts.iter().map(|part| part.abs()).sum();
            assert!(size > 0.0, "{path} {party}");
            // each cell is rounded to the step of the net's band
            let gap = (parts.iter().sum::<f64>() - number(&row[net])).abs();
            assert!(gap <= 0.05 * size, "{path} {party}: {row:?}");
            let (low, high) = row[net + 1].split_once(" to ").unwrap_or_else(|| panic!("no band: {row:?}"));
            assert!(number(low) <= number(high) && row[net + 2].ends_with('%'), "{row:?}");
        }
    }
}

/// Some columns of a table in a file.
fn columns<const N: usize>(file: &Path, names: [&str; N]) -> Vec<[String; N]> {
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_path(file).expect("a table");
    let heads = reader.headers().expect("heads").clone();
    let at = names.map(|name| heads.iter().position(|head| head == name).expect("the column"));
    let rows = reader.records().map(|row| {
        let row = row.expect("a row");
        at.map(|column| row[column].to_owned())
    });
    rows.collect()
}

/// Steel that the United States import, by exporter: kt before and after.
fn american_steel(folder: &Path) -> BTreeMap<String, [f64; 2]> {
    let names = ["importer", "product", "exporter", "baseline_kt", "value_kt"];
    let mut found: BTreeMap<String, [f64; 2]> = BTreeMap::new();
    for [importer, product, exporter, before, after] in columns(&folder.join("flows.csv"), names) {
        if importer == "USA" && product == "steel" && exporter != "USA" {
            let sum = found.entry(exporter).or_default();
            sum[0] += number(&before);
            sum[1] += number(&after);
        }
    }
    found
}

#[test]
fn the_brief_says_which_imports_rise_that_the_proposal_means_to_hold_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().display().to_string();
    let output = zollverein(&["run", GASSA, "--out", &out, "--no-bands", "--quiet"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let countries = columns(&root().join("data/2023/countries.csv"), ["iso3", "name", "eu"]);
    let european: Vec<&String> =
        countries.iter().filter(|[.., eu]| eu == "True").map(|[code, ..]| code).collect();
    assert_eq!(european.len(), 27);
    // every outsider is under the floor, so whoever sells more does so against the aim
    let steel = american_steel(folder.path());
    let outside = steel.iter().filter(|(code, _)| !european.contains(code));
    let (top, [before, after]) = outside
        .max_by(|a, b| (a.1[1] - a.1[0]).total_cmp(&(b.1[1] - b.1[0])))
        .expect("somebody sells steel to the United States");
    assert!(after - before > 50.0, "{top}: {before} {after}");
    let name = countries.iter().find(|[code, ..]| code == top).map(|[_, name, _]| name).expect("its name");
    let said = brief(GASSA);
    let said = below(&said, HEADINGS[1]);
    let sentence = said.lines().find(|line| line.contains("steel") && line.contains("into United States"));
    let sentence = sentence.unwrap_or_else(|| panic!("{said}"));
    assert!(sentence.contains("though the proposal means to hold them back"), "{sentence}");
    assert!(sentence.contains("the duty in force already exceeds the new one"), "{sentence}");
    // the first seller named is the one whose sales rise most, and the figure is that of the file
    let figure = format!("rise from {name} (+{:.1} %", 100.0 * (after / before - 1.0));
    assert!(sentence.contains(&figure), "{figure}: {sentence}");
}

#[test]
fn trade_within_an_arrangement_that_its_members_tax_more_is_a_surprise() {
    let folder = toy();
    let head = "baseline = \"data\"\n[[arrangement]]\nname = \"club\"\nmembers = [\"ARD\", \"BOR\"]\n\
                benchmark = { basis = \"importer_average\" }\noutside = { floor_percent = 5 }\n";
    let said = |inside: &str| {
        write(folder.path(), "a.toml", &format!("{head}{inside}"));
        let text = brief(&folder.path().join("a.toml").display().to_string());
        below(&text, HEADINGS[1]).to_owned()
    };
    let taxed = said("inside = { usd_per_tco2e = 200 }\n");
    assert!(taxed.contains("into Arden from Boria fall by"), "{taxed}");
    assert!(taxed.contains("though both are members: the duty between them goes from 0 to "), "{taxed}");
    assert!(!said("").contains("both are members"), "nobody pays more inside");
}

#[test]
fn a_surprise_is_no_duty_between_countries_that_are_in_no_arrangement() {
    let text = brief(ACCEPTED[3]);
    assert!(text.contains("Applied by: ") && !text.contains("Members: "), "{text}");
    assert!(!text.contains("both are members") && !text.contains("members'"), "{text}");
    assert!(!text.contains("canada_partners") && text.contains("canada partners"), "{text}");
    assert!(brief(GASSA).contains("Members: European Union (27 countries) and United States."));
}

#[test]
fn nothing_untouched_nothing_unclassified_and_no_needless_digits_are_shown() {
    let quota = brief(ACCEPTED[2]);
    assert!(!quota.contains("luminium"), "a quota on steel says nothing of aluminium: {quota}");
    for path in ACCEPTED {
        let text = brief(path);
        for never in ["Not classified", "not known and", "| OECD", "High income", "kt CO2e a year ·"] {
            assert!(!text.contains(never), "{path}: {never}");
        }
        let short = below(&text, HEADINGS[3]);
        assert!(short.contains(" Mt CO2e a year"), "{path}: {short}");
    }
    assert!(below(&brief(GASSA), HEADINGS[0]).contains("less than 0.01 % of GDP"));
}

#[test]
fn the_brief_names_what_drives_it() {
    let text = brief(GASSA);
    let said = below(&text, HEADINGS[2]);
    for part in ["United States", "European Union", "World", "floor", "tiers", "surcharge", "inside"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    // one clause causes everything
    assert!(below(&brief(ACCEPTED[2]), HEADINGS[2]).contains("one clause"));
    // forty clauses are taken by kind
    assert!(below(&brief(ACCEPTED[3]), HEADINGS[2]).contains("quota"));
}

#[test]
fn explain_names_the_parts_of_gassa_and_they_add_up() {
    let output = zollverein(&["explain", GASSA, "--group", "EU27,world,members", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let value: serde_json::Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    let rows = value["contributions"].as_array().unwrap_or_else(|| panic!("{value:#}"));
    let mut sums: BTreeMap<&str, (f64, f64, f64)> = BTreeMap::new();
    let mut names: Vec<&str> = vec![];
    for row in rows {
        let (name, clause) = (row["group"].as_str(), row["clause"].as_str());
        let (name, clause) = (name.unwrap_or_default(), clause.unwrap_or_default());
        let of = |key: &str| row[key].as_f64().unwrap_or_else(|| panic!("{key}: {row}"));
        let sum = sums.entry(name).or_default();
        sum.0 += of("contribution");
        sum.1 += of("contribution").abs();
        sum.2 = of("change");
        if !names.contains(&clause) {
            names.push(clause);
        }
    }
    assert_eq!(names, ["inside", "floor", "tiers", "surcharge"].map(|p| format!("arrangement.gassa.{p}")));
    assert_eq!(sums.len(), 3);
    for (name, (sum, size, change)) in sums {
        assert!(size > 1.0 && (sum - change).abs() <= 1e-9 * size, "{name}: {sum} is not {change}");
    }
    let told = stdout(&zollverein(&["explain", GASSA, "--group", "EU27"]));
    assert!(told.contains("European Union gains ") || told.contains("European Union loses "), "{told}");
    let whole = stdout(&zollverein(&["explain", GASSA, "--group", "EU27", "--whole"]));
    assert!(whole.contains("arrangement.gassa ") && !whole.contains("gassa.tiers"), "{whole}");
}

#[test]
fn what_is_marked_as_assumed_must_be_said_and_must_be_there() {
    let folder = toy();
    let clause =
        "baseline = \"data\"\n[[tariff]]\nname = \"core\"\nimporters = [\"ARD\"]\nrate_percent = 25\n";
    let checked = |head: &str| {
        write(folder.path(), "a.toml", &format!("{head}{clause}"));
        let output = zollverein(&["check", &folder.path().join("a.toml").display().to_string()]);
        (output.status.code(), stdout(&output) + &stderr(&output))
    };
    let (code, told) = checked("assumed = [\"tariff.core.rate_percent\"]\n");
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("a.toml:1") && told.contains("add assumptions = "), "{told}");
    let (code, told) = checked("assumptions = \"The rate is ours.\"\nassumed = [\"tariff.cor\"]\n");
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("`tariff.cor` leads to nothing") && told.contains("tariff.core"), "{told}");
    let (code, told) = checked("assumptions = \"The rate is ours.\"\nassumed = [\"tariff.core\"]\n");
    assert_eq!(code, Some(0), "{told}");
}

/// The comments of the shipped scenarios say how far each figure is known; who says "assumed" there says
/// so on every page.
#[test]
fn scenarios_whose_comments_say_assumed_say_so_on_the_page() {
    let mut seen = 0;
    for entry in fs::read_dir(root().join("scenarios")).expect("scenarios") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|ending| ending != "toml") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a scenario");
        let comments = text.lines().filter_map(|line| line.split_once('#')).map(|(_, said)| said.trim());
        if comments.into_iter().any(|said| said.starts_with("assumed")) {
            let scenario = Scenario::read(&path).unwrap_or_else(|problems| panic!("{problems}"));
            assert!(scenario.assumptions().is_some(), "{} keeps what it assumes to itself", path.display());
            seen += 1;
        }
    }
    assert!(seen > 5, "{seen}");
}
