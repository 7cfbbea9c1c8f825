//! The program as a person meets it: what each command prints and with which
//! exit code it ends, on good input and on broken.

use crate::support::program::{copy, edit, program, root, snapshot, stderr, stdout, toy, write, zollverein};
use std::fs;
use std::path::Path;
use std::process::Stdio;

#[test]
fn help_leads_with_examples() {
    snapshot("help", 0, &["--help"]);
    for command in [
        "run",
        "brief",
        "check",
        "terms",
        "compare",
        "explain",
        "rounds",
        "batch",
        "verify",
        "diagnose",
        "data",
        "man",
        "completions",
        "schema",
    ] {
        snapshot(&format!("help-{command}"), 0, &[command, "--help"]);
    }
}

#[test]
fn a_projected_folder_is_made_whole_or_not_at_all() {
    let folder = toy();
    let head = "figure,country,product,route,change,value,unit,source,status\n";
    write(folder.path(), "p.csv", &format!("{head}output,ARD,steel,,factor,1.2,1,mine,assumed\n"));
    let project = |more: &[&str]| {
        let arguments = ["data", "project", "data", "--by", "p.csv", "--year", "2030", "--to"];
        let output = program(&[&arguments, more].concat()).current_dir(folder.path()).output();
        output.unwrap_or_else(|error| panic!("{error}"))
    };
    let first = project(&["new/world"]);
    assert_eq!(first.status.code(), Some(0), "{}", stderr(&first));
    assert!(stdout(&first).contains("steel"), "{}", stdout(&first));
    assert!(stderr(&first).contains("0 cited and 1 assumed"), "{}", stderr(&first));
    let again = project(&["new/world"]);
    assert_eq!(again.status.code(), Some(2));
    assert!(stderr(&again).contains("--force"), "{}", stderr(&again));
    assert_eq!(project(&["new/world", "--force", "--json"]).status.code(), Some(0));
    let itself = project(&["data", "--force"]);
    assert!(stderr(&itself).contains("the folder to begin from"), "{}", stderr(&itself));
    assert!(fs::create_dir(folder.path().join("mine")).is_ok());
    assert!(stderr(&project(&["mine", "--force"])).contains("no data folder"));
    // faults of the data and of the file come together, and nothing is left behind
    write(folder.path(), "p.csv", &format!("{head}output,ARD,steel,,grow,1.2,1,mine,assumed\n"));
    edit(folder.path(), "data/countries.csv", "Arden", "Ardem");
    let faulty = project(&["other"]);
    assert_eq!(faulty.status.code(), Some(2));
    assert!(
        stderr(&faulty).contains("p.csv:2") && stderr(&faulty).contains("countries.csv"),
        "{}",
        stderr(&faulty)
    );
    let left: Vec<String> = fs::read_dir(folder.path())
        .map(|entries| entries.filter_map(|e| e.ok()?.file_name().into_string().ok()).collect())
        .unwrap_or_default();
    assert!(!left.iter().any(|name| name == "other" || name.starts_with(".zollverein")), "{left:?}");
}

#[test]
fn wrong_usage_is_explained() {
    snapshot("usage-unknown-option", 2, &["run", "scenarios/02-gassa.toml", "--outt", "x"]);
    snapshot("usage-no-command", 2, &[]);
    snapshot("usage-one-to-compare", 2, &["compare", "scenarios/02-gassa.toml"]);
}

#[test]
fn check_lists_what_a_scenario_says_and_what_deserves_a_look() {
    snapshot("check-gassa", 0, &["check", "scenarios/02-gassa.toml"]);
    snapshot("check-accession", 0, &["check", "scenarios/07-gassa-accession.toml"]);
    snapshot("check-json", 0, &["check", "scenarios/06-toy-25.toml", "--json"]);
}

#[test]
fn check_notes_clauses_that_meet() {
    let folder = toy();
    write(
        folder.path(),
        "a.toml",
        "baseline = \"data\"\n\
         [[tariff]]\nname = \"one\"\nimporters = [\"COR\"]\nproducts = [\"steel\"]\nrate_percent = 5\n\
         [[tariff]]\nname = \"two\"\nimporters = [\"COR\"]\nexporters = [\"BOR\"]\nrate_percent = 10\n\
         [[tariff]]\nname = \"off\"\nenabled = false\nimporters = [\"ARD\"]\nrate_percent = 1\n\
         [[exemption]]\nname = \"idle\"\nexporters = [\"ARD\"]\nclauses = [\"tariff.two\"]\n",
    );
    let output = program(&["check", "a.toml"]).current_dir(folder.path()).output();
    let text = output.map(|output| stdout(&output)).unwrap_or_default();
    for note in [
        "tariff.off is switched off",
        "tariff.one and tariff.two set the duty on the same trade (2 of the shipments by route",
        "tariff.one lowers duties in force",
        "the exemptions spare no trade",
    ] {
        assert!(text.contains(note), "{note}: {text}");
    }
}

#[test]
fn terms_show_each_duty_and_its_clauses() {
    snapshot("terms-toy", 0, &["terms", "scenarios/06-toy-25.toml"]);
    snapshot("terms-changed", 0, &["terms", "scenarios/06-toy-25.toml", "--changed", "--csv"]);
    snapshot("terms-json", 0, &["terms", "scenarios/06-toy-25.toml", "--exporter", "COR", "--json"]);
    let exempt = ["terms", "scenarios/04-gassa-ldc-exempt.toml", "--importer", "EU27", "--exporter", "MOZ"];
    snapshot("terms-exempt", 0, &exempt);
    snapshot("terms-unknown", 2, &["terms", "scenarios/06-toy-25.toml", "--importer", "ARDEN,BOX"]);
}

#[test]
fn terms_show_what_clauses_say_beyond_duties() {
    let pair = |file, importer, exporter| ["terms", file, "--importer", importer, "--exporter", exporter];
    let everything = "scenarios/22-everything.toml";
    snapshot("terms-everything", 0, &pair(everything, "DEU", "DEU,IND"));
    let json = [pair(everything, "DEU", "MOZ").as_slice(), &["--json"]].concat();
    snapshot("terms-everything-json", 0, &json);
}

#[test]
fn run_prints_the_result() {
    snapshot("run-toy", 0, &["run", "scenarios/06-toy-25.toml"]);
    let output = zollverein(&["run", "scenarios/06-toy-25.toml", "--json", "--quiet"]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    assert!(output.stderr.is_empty() && json["stamp"]["scenario"]["sha256"].is_string(), "{json}");
    assert!(json["groups"].as_array().is_some_and(|rows| rows.len() > 100));
}

#[test]
fn run_writes_its_files_and_quiet_says_nothing() {
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    for format in ["csv", "parquet"] {
        let out = folder.path().join(format);
        let shown = out.display().to_string();
        let output =
            zollverein(&["run", "scenarios/06-toy-25.toml", "--out", &shown, "--format", format, "--quiet"]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert!(output.stdout.is_empty() && output.stderr.is_empty());
        for name in ["indicators", "groups", "flows"] {
            assert!(out.join(format!("{name}.{format}")).is_file(), "{name}.{format}");
        }
        for name in ["brief.md", "brief.html", "run.json"] {
            assert!(out.join(name).is_file(), "{name}");
        }
    }
}

#[test]
fn compare_sets_scenarios_side_by_side() {
    let files = ["scenarios/01-status-quo.toml", "scenarios/06-toy-25.toml"];
    snapshot("compare-toy", 0, &["compare", files[0], files[1], "--data", "data/toy"]);
    snapshot("compare-other-data", 2, &["compare", files[0], files[1]]);
    let output = zollverein(&["compare", files[1], files[1], "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let rows = json["comparison"].as_array().cloned().unwrap_or_default();
    assert!(rows.len() > 100 && rows.iter().all(|row| row["difference_to_first"].as_f64() == Some(0.0)));
}

#[test]
fn explain_tells_which_clause_causes_what() {
    snapshot("explain-exempt", 0, &["explain", "scenarios/04-gassa-ldc-exempt.toml", "--country", "MOZ"]);
    let unknown = ["--group", "LCD", "--indicator", "wellfare", "--keep", "tariff.x"];
    let gassa = ["explain", "scenarios/04-gassa-ldc-exempt.toml"];
    snapshot("explain-unknown", 2, &[&gassa[..], &unknown[..4]].concat());
    snapshot("explain-unknown-clause", 2, &[&gassa[..], &unknown[4..]].concat());
    snapshot("rounds", 0, &["rounds", "scenarios/talks"]);
    snapshot("rounds-none", 2, &["rounds", "scenarios/no-such-folder"]);
    snapshot("explain-nothing", 2, &["explain", "scenarios/01-status-quo.toml"]);
    let folder = toy();
    let far = "baseline = \"data\"\nengine = \"gsim\"\n[[tariff]]\nname = \"far\"\nimporters = [\"ARD\"]\n\
               additional_percent = 900\n[[exemption]]\nname = \"all\"\nexporters = [\"all\"]\n";
    write(folder.path(), "a.toml", far);
    let output = program(&["explain", "a.toml", "--out", "out"]).current_dir(folder.path()).output();
    let Ok(output) = output else { panic!("it did not start") };
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stderr(&output).contains("with tariff.far on and the other clauses off: no equil"), "{output:?}");
    assert!(output.stdout.is_empty() && !folder.path().join("out").exists());
}

#[test]
fn a_path_gives_each_year_the_files_of_a_plain_run_of_that_year() {
    let path = "scenarios/18-gassa-phased.toml";
    snapshot("run-path", 0, &["run", path]);
    snapshot("compare-path", 2, &["compare", path, "scenarios/02-gassa.toml"]);
    snapshot("check-path", 0, &["check", path, "--year", "2034"]);
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    let out = |name: &str| folder.path().join(name).display().to_string();
    assert_eq!(zollverein(&["run", path, "--out", &out("path"), "--quiet"]).status.code(), Some(0));
    for year in ["2026", "2030", "2034"] {
        let plain = zollverein(&["run", path, "--year", year, "--no-bands", "--out", &out(year), "--quiet"]);
        assert_eq!(plain.status.code(), Some(0), "{}", stderr(&plain));
        let (plain, of_path) =
            (contents(&folder.path().join(year)), contents(&folder.path().join("path").join(year)));
        assert!(plain.len() >= 6 && plain == of_path, "{year} differs");
    }
    for name in ["path.csv", "path.md", "path.html", "run.json"] {
        assert!(folder.path().join("path").join(name).is_file(), "{name}");
    }
}

#[test]
fn diagnose_tells_whether_the_laws_hold() {
    snapshot("diagnose-toy", 0, &["diagnose", "--data", "data/toy"]);
    let output = zollverein(&["diagnose", "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    assert_eq!((output.status.code(), &json["data"]), (Some(0), &serde_json::json!("data/2023")));
    let checks = json["checks"].as_array().cloned().unwrap_or_default();
    assert!(checks.len() >= 4 && checks.iter().all(|check| check["passed"] == true), "{json}");
}

#[test]
fn diagnose_prints_the_elasticity_of_supply_with_capacity() {
    let output = zollverein(&["diagnose", "--data", "data/toy", "--country", "ARD"]);
    let text = stdout(&output);
    assert!(text.contains("effective") && text.contains("ARD"), "{text}");
    let output = zollverein(&["diagnose", "--data", "data/toy", "--country", "ARX"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("--country"), "{}", stderr(&output));
}

#[test]
fn data_folders_are_listed_and_verified() {
    snapshot("data-verify-toy", 0, &["data", "verify", "data/toy"]);
    let listed = stdout(&zollverein(&["data", "list"]));
    assert!(listed.contains("data/2023") && listed.contains("data/toy"), "{listed}");
    let folder = toy();
    edit(&folder.path().join("data"), "countries.csv", "Arden", "Ardem");
    let spoilt = folder.path().join("data").display().to_string();
    let output = zollverein(&["data", "verify", &spoilt]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("countries.csv"), "{}", stderr(&output));
    assert_eq!(zollverein(&["data", "describe", &spoilt, "--write"]).status.code(), Some(0));
    assert_eq!(zollverein(&["data", "verify", &spoilt]).status.code(), Some(0));
    snapshot("data-list-nowhere", 2, &["data", "list", "no-such-folder"]);
}

#[test]
fn the_schema_is_printed_as_committed() {
    let committed = fs::read_to_string(root().join("schema/scenario.json")).unwrap_or_default();
    assert!(stdout(&zollverein(&["schema"])) == committed, "zollverein schema > schema/scenario.json");
}

#[test]
fn shells_get_completions_and_a_manual() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let text = stdout(&zollverein(&["completions", shell]));
        assert!(text.contains("zollverein") && text.contains("diagnose"), "{shell}: {text}");
    }
    let page = stdout(&zollverein(&["man"]));
    assert!(page.contains(".TH zollverein 1") && page.contains("compare"), "{page}");
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    let shown = folder.path().display().to_string();
    assert_eq!(zollverein(&["man", "--dir", &shown]).status.code(), Some(0));
    assert!(folder.path().join("zollverein.1").is_file());
    assert!(folder.path().join("zollverein-run.1").is_file());
}

#[test]
fn an_out_folder_that_cannot_be_ends_with_code_1_and_leaves_what_is_there() {
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    write(folder.path(), "file", "precious");
    let file = folder.path().join("file").display().to_string();
    for out in [file.as_str(), "/proc/zollverein/out"] {
        let output = zollverein(&["run", "scenarios/06-toy-25.toml", "--out", out]);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(out) && said.contains("--out"), "{said}");
        assert!(output.stdout.is_empty(), "no result is shown that was to be kept and is not");
    }
    assert_eq!(fs::read_to_string(folder.path().join("file")).ok().as_deref(), Some("precious"));
}

#[test]
fn a_reader_that_goes_away_is_no_fault() {
    let child =
        program(&["terms", "scenarios/02-gassa.toml"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let Ok(mut child) = child else { panic!("it did not start") };
    drop(child.stdout.take());
    let Ok(output) = child.wait_with_output() else { panic!("it did not end") };
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(!stderr(&output).contains("panicked"), "{}", stderr(&output));
}

/// Every file of a folder with what is in it.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let Ok(entries) = fs::read_dir(folder) else { panic!("no {}", folder.display()) };
    let mut files: Vec<(String, Vec<u8>)> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            Some((entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path()).ok()?))
        })
        .collect();
    files.sort();
    files
}

#[test]
fn results_are_the_same_bytes_on_any_thread_count_and_for_any_order_of_rows() {
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    let data = folder.path().join("data");
    copy(&root().join("data/2023"), &data);
    let data_name = data.display().to_string();
    let run = |out: &str, threads: &str| {
        let out = folder.path().join(out);
        let shown = out.display().to_string();
        let output =
            program(&["run", "scenarios/02-gassa.toml", "--data", &data_name, "--out", &shown, "--quiet"])
                .env("RAYON_NUM_THREADS", threads)
                .output();
        assert_eq!(output.as_ref().ok().and_then(|o| o.status.code()), Some(0), "{output:?}");
        contents(&out)
    };
    let one = run("one", "1");
    assert!(one.len() >= 6, "{}", one.len());
    let same = |made: &[(String, Vec<u8>)], what: &str| {
        for ((name, kept), (_, made)) in one.iter().zip(made) {
            assert!(kept == made, "{name} differs {what}");
        }
        assert_eq!(one.len(), made.len());
    };
    same(&run("two", "2"), "between one thread and two");
    for entry in fs::read_dir(&data).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|ending| ending == "csv") {
            let text = fs::read_to_string(&path).unwrap_or_default();
            let mut lines = text.lines();
            let header = lines.next().unwrap_or_default();
            let rows: Vec<&str> = lines.collect();
            // every third row first, then the rest from the end
            let (mut first, mut rest) = (vec![], vec![]);
            for (position, row) in rows.into_iter().enumerate() {
                if position % 3 == 1 { first.push(row) } else { rest.push(row) }
            }
            rest.reverse();
            let shuffled: Vec<&str> = std::iter::once(header).chain(first).chain(rest).collect();
            assert!(fs::write(&path, shuffled.join("\n") + "\n").is_ok());
        }
    }
    same(&run("shuffled", "2"), "when rows are shuffled");
}
