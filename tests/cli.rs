//! The program as a person meets it: what each command prints and with which
//! exit code it ends, on good input and on broken.

#[path = "support/golden.rs"]
#[allow(dead_code)] // each test uses its part
mod golden;

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The program in the project's folder, with nothing of the environment that changes its output.
fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zollverein"));
    command.args(arguments).current_dir(root()).env_remove("COLUMNS").stdin(Stdio::null());
    command
}

fn zollverein(arguments: &[&str]) -> Output {
    program(arguments).output().unwrap_or_else(|error| panic!("{error}"))
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Numbers in scientific notation are rounding residues that differ from machine to machine.
fn without_residues(text: &str) -> String {
    let is_residue = |word: &str| {
        let parts: Vec<&str> = word.splitn(2, "e-").collect();
        parts.len() == 2 && parts.iter().all(|part| part.parse::<f64>().is_ok()) && parts[0].contains('.')
    };
    let mut shown = String::new();
    for piece in text.split_inclusive([' ', '\n']) {
        let word = piece.trim_end();
        if is_residue(word) {
            shown.push_str(
                &word.chars().map(|c| if c.is_ascii_digit() { '#' } else { c }).collect::<String>(),
            );
            shown.push_str(&piece[word.len()..]);
        } else {
            shown.push_str(piece);
        }
    }
    shown
}

/// Compares a command's exit code, standard output and standard error with a kept file.
fn snapshot(name: &str, code: i32, arguments: &[&str]) {
    let output = zollverein(arguments);
    let shown = format!(
        "$ zollverein {}\nexit code {}\n--- standard output\n{}--- standard error\n{}",
        arguments.join(" "),
        output.status.code().unwrap_or(-1),
        stdout(&output),
        stderr(&output)
    );
    assert_eq!(output.status.code(), Some(code), "{shown}");
    assert!(!shown.contains('\u{1b}'), "colour without a terminal: {shown}");
    golden::text(&format!("cli/{name}.txt"), &without_residues(&shown));
}

/// A folder with a copy of the toy data in `data` and room for scenarios.
fn toy() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    copy(&root().join("data/toy"), &folder.path().join("data"));
    folder
}

fn copy(from: &Path, to: &Path) {
    let copied = fs::create_dir_all(to).and_then(|()| {
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
        Ok(())
    });
    assert!(copied.is_ok(), "{copied:?}");
}

fn write(folder: &Path, name: &str, text: &str) {
    let written = fs::write(folder.join(name), text);
    assert!(written.is_ok(), "{written:?}");
}

/// Replaces one text of a file by another, which must have been there.
fn edit(folder: &Path, name: &str, from: &str, to: &str) {
    let path = folder.join(name);
    let text = fs::read_to_string(&path).unwrap_or_default();
    assert!(text.contains(from), "{name} has no {from:?}");
    write(folder, name, &text.replacen(from, to, 1));
}

#[test]
fn help_leads_with_examples() {
    snapshot("help", 0, &["--help"]);
    for command in
        ["run", "check", "terms", "compare", "explain", "diagnose", "data", "man", "completions", "schema"]
    {
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
        let plain = zollverein(&["run", path, "--year", year, "--out", &out(year), "--quiet"]);
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
            &["b.toml:1:1: the scenario extends itself", "extend nothing"],
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
