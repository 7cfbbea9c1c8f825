//! Files that mean harm, or were mangled on their way: the program says what is wrong, in bounded
//! time and memory, and shows and writes nothing.

use crate::support::fuzzing;
use crate::support::fuzzing::Dice;
use crate::support::program;
use crate::support::program::{edit, program, stderr, stdout, toy, write};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::mpsc::channel;
use std::time::Duration;
use zollverein::baseline::sheet::Sheet;
use zollverein::problem::Problems;

const GOOD: &str =
    "baseline = \"data\"\n\n[[tariff]]\nname = \"core\"\nimporters = [\"ARD\"]\nrate_percent = 25\n";

/// Runs the program in a folder; one that waits for ever, or writes without end, fails the test.
fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = program(arguments);
    command.current_dir(folder);
    let (sender, receiver) = channel();
    std::thread::spawn(move || sender.send(command.output()));
    // no measure of speed: what hangs hangs for ever
    match receiver.recv_timeout(Duration::from_mins(5)) {
        Ok(Ok(output)) => output,
        other => panic!("{arguments:?} did not end: {other:?}"),
    }
}

/// `run` with results asked for must end with code 2, name `told`, and leave nothing behind.
fn refused(what: &str, folder: &Path, told: &[&str]) {
    for arguments in [&["check", "a.toml"][..], &["run", "a.toml", "--out", "out"]] {
        let output = run(folder, arguments);
        let said = stderr(&output);
        let beginning: String = said.chars().take(2_000).collect();
        assert_eq!(output.status.code(), Some(2), "{what}: {beginning}");
        assert!(output.stdout.is_empty(), "{what}: {}", stdout(&output));
        for part in told {
            assert!(said.contains(part), "{what}: no {part:?} in\n{beginning}");
        }
        assert!(said.contains("remedy: "), "{what}: {beginning}");
        assert!(!folder.join("out").exists(), "{what}: something was written");
        assert!(said.len() < 100_000, "{what}: {} bytes of messages", said.len());
    }
}

/// A folder with the toy data and a sound scenario.
fn sound() -> tempfile::TempDir {
    let folder = toy();
    write(folder.path(), "a.toml", GOOD);
    folder
}

fn scenario(what: &str, bytes: &[u8], told: &[&str]) {
    let folder = toy();
    fs::write(folder.path().join("a.toml"), bytes).unwrap_or_else(|error| panic!("{error}"));
    refused(what, folder.path(), told);
}

fn table(what: &str, file: &str, bytes: &[u8], told: &[&str]) {
    let folder = sound();
    fs::write(folder.path().join("data").join(file), bytes).unwrap_or_else(|error| panic!("{error}"));
    refused(what, folder.path(), told);
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A file of many bytes that takes no room on the disk.
fn sparse(path: &Path, bytes: u64) {
    let made =
        fs::OpenOptions::new().append(true).create(true).open(path).and_then(|file| file.set_len(bytes));
    assert!(made.is_ok(), "{}: {made:?}", path.display());
}

#[test]
fn the_sound_folder_is_sound() {
    let folder = sound();
    let output = run(folder.path(), &["run", "a.toml", "--out", "out"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(folder.path().join("out/groups.csv").exists());
}

#[test]
fn extends_reaches_no_file_outside_the_folder_of_scenarios() {
    let around = tempfile::tempdir().expect("a folder");
    let inner = around.path().join("one/two/three");
    fs::create_dir_all(&inner).expect("folders");
    write(around.path(), "secret.toml", "title = \"the secret\"\n");
    for (name, path) in [
        ("up", "../../../secret.toml".to_owned()),
        ("up and down", "../three/../../../secret.toml".to_owned()),
        ("absolute", around.path().join("secret.toml").display().to_string()),
        ("the machine's", "../../../../../../../../../../etc/passwd".to_owned()),
        ("a folder", "..".to_owned()),
        ("nothing", String::new()),
    ] {
        write(&inner, "a.toml", &format!("extends = {path:?}\n{GOOD}"));
        let output = run(&inner, &["check", "a.toml"]);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{name}: {said}");
        assert!(!said.contains("the secret") && !said.contains("root:"), "{name}: {said}");
    }
}

#[cfg(unix)]
#[test]
fn links_lead_neither_out_of_the_folder_nor_round_in_circles() {
    use std::os::unix::fs::symlink;
    let around = tempfile::tempdir().expect("a folder");
    let inner = around.path().join("one/two");
    fs::create_dir_all(&inner).expect("folders");
    write(around.path(), "secret.toml", "title = \"the secret\"\n");
    symlink("../../secret.toml", inner.join("harmless.toml")).expect("a link");
    symlink("round.toml", inner.join("and-round.toml")).expect("a link");
    symlink("and-round.toml", inner.join("round.toml")).expect("a link");
    symlink("a.toml", inner.join("myself.toml")).expect("a link");
    for (link, told) in [
        ("harmless.toml", "lies outside the folder of scenarios"),
        ("round.toml", "cannot be reached"),
        ("myself.toml", "circular `extends`: a.toml -> a.toml"),
    ] {
        write(&inner, "a.toml", &format!("extends = \"{link}\"\n{GOOD}"));
        let output = run(&inner, &["check", "a.toml"]);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{link}: {said}");
        assert!(said.contains(told) && !said.contains("the secret"), "{link}: {said}");
    }
}

#[cfg(unix)]
#[test]
fn folders_pipes_and_devices_are_no_files() {
    use std::os::unix::fs::symlink;
    let pipe = |path: &Path| {
        let made = Command::new("mkfifo").arg(path).status();
        assert!(made.is_ok_and(|status| status.success()), "mkfifo {}", path.display());
    };
    for file in ["data/flows.csv", "data/duties.csv", "data/countries.csv", "a.toml"] {
        for kind in ["a folder", "a pipe", "a device"] {
            let folder = sound();
            let path = folder.path().join(file);
            fs::remove_file(&path).expect("it was there");
            match kind {
                "a folder" => fs::create_dir(&path).expect("a folder"),
                "a pipe" => pipe(&path),
                _ => symlink("/dev/zero", &path).expect("a link"),
            }
            refused(&format!("{file} is {kind}"), folder.path(), &[file]);
        }
    }
    // a description is read too, and is no table
    let folder = sound();
    let description = folder.path().join("data/datapackage.json");
    fs::remove_file(&description).expect("it was there");
    pipe(&description);
    assert_eq!(run(folder.path(), &["check", "a.toml"]).status.code(), Some(0));
    run(folder.path(), &["data", "verify", "data"]);
    run(folder.path(), &["data", "list", "."]);
}

#[test]
fn a_file_of_a_gigabyte_is_refused_by_its_size() {
    const GIGABYTE: u64 = 1 << 30;
    for (file, limit) in [("data/flows.csv", "268435456"), ("a.toml", "1048576")] {
        let folder = sound();
        sparse(&folder.path().join(file), GIGABYTE);
        refused(file, folder.path(), &["1073741824 bytes", limit]);
    }
    let folder = sound();
    sparse(&folder.path().join("data/datapackage.json"), GIGABYTE);
    assert_eq!(run(folder.path(), &["check", "a.toml"]).status.code(), Some(0));
    sparse(&folder.path().join("p.csv"), GIGABYTE);
    let project = ["data", "project", "data", "--by", "p.csv", "--year", "2030", "--to", "new"];
    assert_eq!(run(folder.path(), &project).status.code(), Some(2));
    assert!(!folder.path().join("new").exists());
}

#[test]
fn a_long_line_is_one_fault_and_its_message_is_short() {
    let mut line = b"exporter,importer,product,quantity_kt\nARD,ARD,steel,".to_vec();
    line.extend(vec![b'9'; 20 << 20]);
    table("a number of 20 MiB", "flows.csv", &line, &["flows.csv:2"]);
    let mut quoted = b"exporter,importer,product,quantity_kt\n\"".to_vec();
    quoted.extend(vec![b'\n'; 1 << 20]);
    table("a quote that is never closed", "flows.csv", &quoted, &["flows.csv:2"]);
    scenario("a long key", format!("{} = 1\n", "k".repeat(900_000)).as_bytes(), &["a.toml:1"]);
    scenario("a long text", format!("title = \"{}\n", "k".repeat(900_000)).as_bytes(), &["a.toml:1"]);
}

#[test]
fn no_depth_of_brackets_or_dots_brings_the_program_down() {
    const DEEP: usize = 100_000;
    for (what, text) in [
        ("lists", format!("groups = {}{}\n", "[".repeat(DEEP), "]".repeat(DEEP))),
        ("lists that are never closed", format!("groups = {}", "[".repeat(DEEP))),
        ("tables", format!("groups = {}1{}\n", "{a=".repeat(DEEP), "}".repeat(DEEP))),
        ("dotted keys", format!("a{} = 1\n", ".a".repeat(DEEP))),
        ("a dotted heading", format!("[a{}]\n", ".a".repeat(DEEP))),
        ("a dotted heading of a list", format!("[[a{}]]\n", ".a".repeat(DEEP))),
        ("dots in an inline table", format!("groups = {{ a{} = 1 }}\n", ".a".repeat(DEEP))),
    ] {
        scenario(what, text.as_bytes(), &["a.toml"]);
    }
    let folder = sound();
    write(folder.path(), "data/datapackage.json", &format!("{}{}", "[".repeat(DEEP), "]".repeat(DEEP)));
    refused("JSON", folder.path(), &["datapackage.json", "recursion limit"]);
}

#[test]
fn numbers_that_are_none_are_refused_wherever_they_stand() {
    for number in ["1e999", "-1e999", "nan", "+nan", "inf", "-inf"] {
        scenario(number, GOOD.replace("25", number).as_bytes(), &["a.toml:6", "finite"]);
    }
    for number in ["1e999", "-1e999", "NaN", "nan", "inf", "-inf", "Infinity", "0x10", "1,5", "1_000", "١"] {
        let folder = sound();
        edit(folder.path(), "data/flows.csv", "ARD,BOR,steel,200,", &format!("ARD,BOR,steel,\"{number}\","));
        refused(number, folder.path(), &["flows.csv:3", "quantity_kt"]);
        let folder = sound();
        edit(
            folder.path(),
            "data/elasticities.csv",
            "steel,supply,*,1,",
            &format!("steel,supply,*,\"{number}\","),
        );
        refused(number, folder.path(), &["elasticities.csv", "value"]);
    }
}

#[test]
fn numbers_at_the_ends_of_what_can_be_written_give_no_false_result() {
    for number in ["1e308", "5e-324", "1e-300"] {
        for (file, from, to) in [
            (
                "data/production.csv",
                "ARD,steel,blast,2000,2500,1000",
                format!("ARD,steel,blast,2000,2500,{number}"),
            ),
            ("data/elasticities.csv", "steel,supply,*,1,", format!("steel,supply,*,{number},")),
            ("data/elasticities.csv", "steel,demand,*,1,", format!("steel,demand,*,{number},")),
            (
                "data/elasticities.csv",
                "steel,substitution_origins,*,1,",
                format!("steel,substitution_origins,*,{number},"),
            ),
        ] {
            let folder = sound();
            edit(folder.path(), file, from, &to);
            let output = run(folder.path(), &["run", "a.toml", "--json", "--quiet"]);
            let code = output.status.code();
            assert!(matches!(code, Some(0 | 2 | 3)), "{to}: {code:?} {}", stderr(&output));
            let shown = stdout(&output);
            assert!(!shown.contains("NaN") && !shown.contains("inf"), "{to}: a result that is no number");
        }
    }
}

#[test]
fn marks_line_ends_and_encodings_of_other_machines() {
    // what can be read without doubt is read
    let folder = sound();
    write(folder.path(), "a.toml", &format!("\u{feff}{}", GOOD.replace('\n', "\r\n")));
    let tables: Vec<_> = fs::read_dir(folder.path().join("data")).expect("a folder").flatten().collect();
    for entry in tables.iter().filter(|entry| entry.path().extension().is_some_and(|ending| ending == "csv"))
    {
        let text = fs::read_to_string(entry.path()).expect("a table");
        fs::write(entry.path(), format!("\u{feff}{}", text.replace('\n', "\r\n"))).expect("a table");
    }
    let mangled = run(folder.path(), &["run", "a.toml"]);
    let plain = sound();
    let plain = run(plain.path(), &["run", "a.toml"]);
    assert_eq!(mangled.status.code(), Some(0), "{}", stderr(&mangled));
    assert_eq!(stdout(&mangled), stdout(&plain));

    // what cannot is refused
    scenario("UTF-16", &[b"\xff\xfe".to_vec(), utf16(GOOD)].concat(), &["a.toml:1", "UTF-8"]);
    scenario("UTF-16 without its mark", &utf16(GOOD), &["a.toml:1"]);
    scenario("a byte of zero", GOOD.replace("core", "co\0re").as_bytes(), &["a.toml:4"]);
    scenario("Latin-1", b"title = \"Z\xf6lle\"\n", &["a.toml:1", "UTF-8"]);
    let flows = "exporter,importer,product,quantity_kt\nARD,ARD,steel,1\n";
    table("UTF-16", "flows.csv", &[b"\xff\xfe".to_vec(), utf16(flows)].concat(), &["flows.csv:1", "UTF-8"]);
    table("UTF-16 without its mark", "flows.csv", &utf16(flows), &["flows.csv:1", "UTF-16"]);
    table(
        "a byte of zero",
        "flows.csv",
        b"exporter,importer,product,quantity_kt\nA\0D,ARD,steel,1\n",
        &["flows.csv:2"],
    );
    table("Latin-1", "countries.csv", b"iso3,name\nARD,C\xf4te\n", &["countries.csv:2", "UTF-8"]);
}

#[test]
fn headers_that_are_repeated_empty_or_missing() {
    table(
        "a column twice",
        "flows.csv",
        b"exporter,importer,product,quantity_kt,quantity_kt\nARD,ARD,steel,1,2\n",
        &["flows.csv:1: column `quantity_kt` stands twice", "keep one of them"],
    );
    table("no byte", "flows.csv", b"", &["flows.csv:1"]);
    table("only line ends", "flows.csv", b"\n\n\n", &["flows.csv:1"]);
    table("only a header", "countries.csv", b"iso3,name\n", &["countries.csv"]);
    table(
        "rows of other lengths",
        "flows.csv",
        b"exporter,importer,product,quantity_kt\nARD,ARD\n",
        &["flows.csv:2: 2 fields"],
    );
}

#[test]
fn no_text_leaves_the_program_as_a_formula() {
    const FORMULA: &str = "=HYPERLINK(\"http://example.org\",\"x\")";
    for formula in [FORMULA, "+1+1", "-1+1", "@SUM(1)"] {
        // as the name of a clause it is refused, as a group it reaches the tables
        scenario(formula, GOOD.replace("core", &formula.replace('"', "'")).as_bytes(), &["a.toml"]);
    }
    let folder = sound();
    let group = "\n[groups]\n\"=1+1\" = [\"ARD\"]\n\"-2\" = [\"BOR\"]\n";
    write(folder.path(), "a.toml", &format!("{GOOD}{group}"));
    let output = run(folder.path(), &["run", "a.toml", "--out", "out"]);
    if output.status.code() == Some(0) {
        harmless(&folder.path().join("out"));
    }
    // remarks go into a projected folder as they are, but for their first sign
    let folder = sound();
    edit(folder.path(), "data/flows.csv", "ARD,BOR,steel,200,0,invented", "ARD,BOR,steel,200,0,=1+1");
    let rule = "figure,country,product,route,change,value,unit,source,status\n\
        demand,*,steel,,factor,1.1,ratio,invented,assumed\n";
    write(folder.path(), "p.csv", rule);
    let project = ["data", "project", "data", "--by", "p.csv", "--year", "2030", "--to", "new"];
    let output = run(folder.path(), &project);
    if output.status.code() == Some(0) {
        harmless(&folder.path().join("new"));
    } else {
        assert!(stderr(&output).contains("remedy"), "{}", stderr(&output));
    }
    // and numbers stay numbers
    let mut problems = Problems::new();
    let sheet = Sheet::parse("t.csv", b"note,n\n=1+1,-5\n-5,+2\n", &mut problems);
    let text = String::from_utf8(sheet.edited(&std::collections::BTreeMap::new())).expect("UTF-8");
    assert_eq!(text, "note,n\n'=1+1,-5\n-5,+2\n");
}

/// No field of a CSV file in a folder begins like a formula.
fn harmless(folder: &Path) {
    let mut fields = 0;
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        if entry.path().extension().is_none_or(|ending| ending != "csv") {
            continue;
        }
        let mut reader = csv::Reader::from_path(entry.path()).expect("a table");
        for record in reader.records() {
            for field in &record.expect("a row") {
                fields += 1;
                let formula = field.starts_with(['=', '+', '-', '@', '\t', '\r']);
                assert!(!formula || field.parse::<f64>().is_ok(), "{}: {field}", entry.path().display());
            }
        }
    }
    assert!(fields > 100, "only {fields} fields");
}

/// The corpus of a fuzz target: what is committed under `fuzz/corpus`, and files of the project.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let read = |path: &Path| fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let files = |folder: &str| {
        let entries =
            fs::read_dir(program::root().join(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
        let mut files: Vec<_> =
            entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()).collect();
        files.sort();
        files
    };
    let mut corpus: Vec<Vec<u8>> =
        files(&format!("fuzz/corpus/{target}")).iter().map(|path| read(path)).collect();
    match target {
        "scenario" => corpus.extend(files("scenarios").iter().map(|path| read(path))),
        "csv_folder" => {
            let toy = program::root().join("data/toy");
            let files = (0..).zip(fuzzing::TABLES);
            corpus.extend(files.map(|(which, name)| [vec![which], read(&toy.join(name))].concat()));
        }
        "baci" => {
            let files = (0..).zip(fuzzing::IMPORTED);
            corpus.extend(files.map(|(which, name)| [vec![which], fuzzing::imported(name)].concat()));
        }
        _ => {}
    }
    assert!(corpus.len() >= 4, "{target}: {} files", corpus.len());
    corpus
}

/// Runs a target on its corpus and on so many mutations of it; the seed is fixed, so that a
/// failure comes again. The bytes that bring it about are kept in `fuzz/artifacts`.
fn smoke(target: &str, runs: usize, function: fn(&[u8])) {
    let corpus = corpus(target);
    let mut dice = Dice(20_261_127);
    let times = std::env::var("ZOLLVEREIN_FUZZ_TIMES").ok().and_then(|times| times.parse().ok());
    for run in 0..corpus.len() + runs * times.unwrap_or(1_usize) {
        let bytes = match corpus.get(run) {
            Some(bytes) => bytes.clone(),
            None => {
                let (one, other) = (dice.below(corpus.len()), dice.below(corpus.len()));
                dice.mutate(&corpus[one], &corpus[other])
            }
        };
        if std::panic::catch_unwind(|| function(&bytes)).is_err() {
            let folder = program::root().join("fuzz/artifacts").join(target);
            let path = folder.join(format!("smoke-{run}"));
            let kept = fs::create_dir_all(&folder).and_then(|()| fs::write(&path, &bytes));
            panic!("run {run} of {target} has panicked; its bytes are in {} ({kept:?})", path.display());
        }
    }
}

#[test]
fn mutated_scenarios_bring_no_panic() {
    smoke("scenario", 4_000, fuzzing::scenario);
}

#[test]
fn mutated_tables_bring_no_panic() {
    smoke("csv_folder", 1_500, fuzzing::csv_folder);
}

#[test]
fn mutated_files_of_an_import_bring_no_panic() {
    smoke("baci", 2_000, fuzzing::baci);
}

#[test]
fn the_kept_parts_of_a_batch_are_laid_out_as_today() {
    for (name, bytes) in fuzzing::parts() {
        let path = program::root().join("fuzz/corpus/parquet").join(name);
        if std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
            fs::write(&path, &bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        }
        let kept = fs::read(&path).unwrap_or_default();
        assert!(kept == bytes, "{}: UPDATE_GOLDEN=1 writes it anew", path.display());
    }
}

#[test]
fn mutated_parts_of_a_batch_bring_no_panic() {
    smoke("parquet", 4_000, fuzzing::parquet);
}

#[cfg(feature = "web")]
#[test]
fn mutated_requests_bring_no_panic() {
    smoke("http_body", 6_000, fuzzing::http_body);
}
