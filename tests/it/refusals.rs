//! Broken input: the program names the place and the remedy, and shows no result.

use crate::support::program::{edit, program, snapshot, stderr, stdout, toy, write};
use std::fs;
use std::path::Path;

const GOOD: &str =
    "baseline = \"data\"\n\n[[tariff]]\nname = \"core\"\nimporters = [\"ARD\"]\nrate_percent = 25\n";

/// Runs `check` and `run` on a broken input; both must end with code 2 and name all of `told`.
fn refused(what: &str, folder: &Path, told: &[&str]) {
    for command in ["check", "run"] {
        let output = program(&[command, "a.toml"]).current_dir(folder).output();
        let Ok(output) = output else { panic!("{what}: it did not start") };
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{what}: {said}");
        assert!(output.stdout.is_empty(), "{what}: {}", stdout(&output));
        for part in told {
            assert!(said.contains(part), "{what}: no {part:?} in\n{said}");
        }
        assert!(said.contains("remedy: "), "{what}: {said}");
    }
}

#[test]
fn broken_scenarios_are_refused_with_place_and_remedy() {
    let cases: [(&str, &str, &[&str]); 7] = [
        (
            "unknown key",
            "rate_percnt = 25",
            &[
                "a.toml:6:1: tariff.core: the key `rate_percnt` is not known here",
                "did you mean `rate_percent`?",
            ],
        ),
        (
            "wrong type",
            "rate_percent = \"25 %\"",
            &[
                "a.toml:6:1: tariff.core.rate_percent: expected a number, found the text \"25 %\"",
                "write rate_percent = 25",
            ],
        ),
        (
            "unknown country",
            "rate_percent = 25\nexporters = [\"BOX\"]",
            &["a.toml:7:14: tariff.core.exporters[0]: `BOX` is no country or group", "did you mean `BOR`?"],
        ),
        (
            "NaN",
            "rate_percent = nan",
            &["a.toml:6:1: tariff.core.rate_percent: nan is not a finite number", "give a finite number"],
        ),
        (
            "tiers out of order",
            "rate_percent = 1\n[[carbon_tariff]]\nname = \"c\"\nimporters = [\"ARD\"]\nbenchmark = { basis = \"importer_average\" }\n\
             tiers = [{ above = 2, additional_percent = 1 }, { above = 1, additional_percent = 2 }]",
            &[
                "a.toml:11:49: carbon_tariff.c.tiers[1]: threshold 1 does not exceed the one before, 2",
                "rising order",
            ],
        ),
        (
            "empty scope",
            "rate_percent = 25\nexporters = [\"ARD\"]",
            &["a.toml:3:1: tariff.core: no trade of the baseline is in its scope", "widen importers"],
        ),
        (
            "circle of extends",
            "rate_percent = 25",
            &["circular `extends`: a.toml -> b.toml -> a.toml", "extend nothing"],
        ),
    ];
    for (what, line, told) in cases {
        let folder = toy();
        let circle = if what.starts_with("circle") { "extends = \"b.toml\"\n" } else { "" };
        write(folder.path(), "b.toml", "extends = \"a.toml\"\n");
        write(folder.path(), "a.toml", &format!("{circle}{}", GOOD.replace("rate_percent = 25", line)));
        refused(what, folder.path(), told);
    }
}

#[test]
fn broken_data_are_refused_with_place_and_remedy() {
    let cases: [(&str, &str, &str, &str, &[&str]); 7] = [
        (
            "NaN",
            "production.csv",
            "ARD,steel,blast,2000,2500,1000",
            "ARD,steel,blast,NaN,2500,1000",
            &["data/production.csv:2: `output_kt` is `NaN`, which is not a finite number"],
        ),
        (
            "negative flow",
            "flows.csv",
            "ARD,BOR,steel,200",
            "ARD,BOR,steel,-200",
            &["data/flows.csv:3: `quantity_kt` is `-200`, which is negative", "give a number of 0 or more"],
        ),
        (
            "sales other than output",
            "flows.csv",
            "ARD,ARD,steel,4500",
            "ARD,ARD,steel,4400",
            &[
                "data/production.csv:2: ARD makes 5000 kt of steel and ships 4900 kt",
                "change its home sales in flows.csv by 100 kt",
            ],
        ),
        (
            "duplicate flow",
            "flows.csv",
            "ARD,BOR,steel,200,0,invented,False\n",
            "ARD,BOR,steel,100,0,invented,False\nARD,BOR,steel,100,0,invented,False\n",
            &[
                "data/flows.csv:4: the same exporter, importer and product as line 3",
                "add the two up in one row",
            ],
        ),
        (
            "capacity below output",
            "production.csv",
            "ARD,steel,blast,2000,2500",
            "ARD,steel,blast,2000,1500",
            &["data/production.csv:2: `capacity_kt` 1500 is below `output_kt` 2000", "raise the capacity"],
        ),
        (
            "unknown country",
            "flows.csv",
            "ARD,BOR,steel,200",
            "ARD,BOX,steel,200",
            &["data/flows.csv:3: country `BOX` is not known", "did you mean `BOR`?"],
        ),
        (
            "missing file",
            "flows.csv",
            "",
            "",
            &["data/flows.csv: the file is missing", "add it with the columns exporter"],
        ),
    ];
    for (what, file, from, to, told) in cases {
        let folder = toy();
        write(folder.path(), "a.toml", GOOD);
        let data = folder.path().join("data");
        if from.is_empty() {
            assert!(fs::remove_file(data.join(file)).is_ok());
        } else {
            edit(&data, file, from, to);
        }
        refused(what, folder.path(), told);
    }
}

#[test]
fn several_problems_at_once_are_all_listed() {
    let folder = toy();
    let data = folder.path().join("data");
    edit(&data, "flows.csv", "ARD,BOR,steel,200", "ARD,BOR,steel,-200");
    edit(&data, "production.csv", "BOR,steel,electric,2000,3000", "BOR,steel,electric,2000,1000");
    write(folder.path(), "a.toml", &format!("engin = \"gsim\"\n{GOOD}colour = 3\n"));
    let told = [
        "a.toml:1:1: the key `engin` is not known here",
        "a.toml:8:1: tariff.core: the key `colour` is not known here",
        "data/flows.csv:3: `quantity_kt` is `-200`",
        "data/production.csv:5: `capacity_kt` 1000 is below",
    ];
    refused("several at once", folder.path(), &told);
    let json = program(&["check", "a.toml", "--json"]).current_dir(folder.path()).output();
    let json: serde_json::Value =
        json.ok().and_then(|output| serde_json::from_slice(&output.stdout).ok()).unwrap_or_default();
    assert!(
        json["sound"] == false && json["problems"].as_array().is_some_and(|all| all.len() >= 4),
        "{json}"
    );
}

#[test]
fn a_misspelt_key_does_not_hide_misspelt_names() {
    let folder = toy();
    let clauses = "[[tariff]]\nname = \"a\"\nimporters = [\"BRO\"]\nrate_percnt = 3\n\
                   [[carbon_tariff]]\nname = \"c\"\nimporters = [\"BOR\"]\ntiers_by = \"intensity\"\n\
                   tiers = [{ above = 2, additional_percent = 3 }, { above = 1, additional_percent = 3 }]\n";
    write(folder.path(), "a.toml", &format!("baseline = \"data\"\n{clauses}"));
    let told = [
        "a.toml:5:1: tariff.a: the key `rate_percnt` is not known here",
        "`BRO` is no country or group of the baseline",
        "did you mean `BOR`?",
        "does not exceed the one before",
    ];
    refused("keys and names", folder.path(), &told);
    let output = program(&["run", "a.toml"]).current_dir(folder.path()).output();
    let said = stderr(&output.unwrap_or_else(|error| panic!("{error}")));
    assert!(!said.contains("neither sets nor adds"), "a fault that follows from another is not told: {said}");
}

#[test]
fn a_scenario_or_data_folder_that_is_not_there_is_named() {
    snapshot("missing-scenario", 2, &["run", "scenarios/03-gassa.toml"]);
    snapshot("missing-data", 2, &["run", "scenarios/02-gassa.toml", "--data", "data/2032"]);
    snapshot("diagnose-missing-data", 2, &["diagnose", "--data", "data/2032"]);
}

#[test]
fn markets_that_do_not_settle_end_with_code_3() {
    let folder = toy();
    let data = folder.path().join("data");
    edit(&data, "elasticities.csv", "steel,supply,*,1,", "steel,supply,*,1e-300,");
    edit(&data, "elasticities.csv", "steel,demand,*,1,", "steel,demand,*,1e-300,");
    write(folder.path(), "a.toml", GOOD);
    let output = program(&["run", "a.toml"]).current_dir(folder.path()).output();
    let Ok(output) = output else { panic!("it did not start") };
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("no equilibrium"), "{said}");
    assert!(output.stdout.is_empty(), "nothing nearly solved is shown");
}

#[test]
fn a_plan_for_which_no_data_are_found_tells_its_own_faults_too() {
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    write(folder.path(), "a.toml", &GOOD.replace("baseline = \"data\"\n", ""));
    write(
        folder.path(),
        "p.toml",
        "scenario = \"a.toml\"\ndraws = 0\n[[draw]]\nwhat = \"tariff.core.rate_percent\"\nlow = 3\nhigh = 1\n",
    );
    let output = program(&["batch", "p.toml", "--out", "out"]).current_dir(folder.path()).output();
    let Ok(output) = output else { panic!("it did not start") };
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    for told in ["p.toml:2:1: draws", "draw[0]", "data"] {
        assert!(said.contains(told), "no {told:?} in\n{said}");
    }
}

#[test]
fn nothing_to_merge_is_a_problem_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    let merged = zollverein::batch::merge(&[], &folder.path().join("out"), zollverein::tables::Format::Csv);
    let said = merged.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(said.contains("1 problem") && said.contains("remedy: name the folders"), "{said}");
}
