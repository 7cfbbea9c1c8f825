//! What cargo cannot say of the architecture: the homes of outside crates, no circle of modules inside
//! a crate, no instrument in an engine, no panic that an input reaches, no file that is too long.
//! That crates depend only on those below them, cargo sees to.
//!
//! The checks read the sources as text, comments and strings left out. Each has
//! a test with a made-up violation, so that it is known to catch one.

use crate::support::sources::{Source, Tree, repository, rust_files};

/// Outside crates and the files that alone may use them; a trailing `/` names a folder.
const HOMES: [(&str, &[&str]); 24] = [
    ("anyhow", &["src/cli.rs", "src/cli/", "src/main.rs"]),
    ("axum", &["src/web.rs", "src/web/"]),
    ("clap", &["src/cli.rs", "src/cli/"]),
    ("clap_complete", &["src/cli.rs", "src/cli/"]),
    ("clap_mangen", &["src/cli.rs", "src/cli/"]),
    ("csv", &["crates/model/src/baseline/sheet.rs", "crates/data/src/import/", "crates/tables/src/"]),
    ("faer", &["crates/numeric/src/"]),
    ("futures_util", &["src/web.rs", "src/web/"]),
    ("getrandom", &["src/web.rs", "src/web/"]),
    ("good_lp", &["crates/numeric/src/linear.rs", "crates/numeric/src/linear/"]),
    ("highs", &["crates/numeric/src/linear.rs", "crates/numeric/src/linear/"]),
    ("hyper", &["src/web.rs", "src/web/"]),
    ("hyper_util", &["src/web.rs", "src/web/"]),
    ("indicatif", &["src/cli.rs", "src/cli/"]),
    ("petgraph", &["crates/model/src/baseline/trade.rs", "crates/model/src/baseline/graph.rs"]),
    ("plotters", &["crates/report/src/"]),
    ("polars", &["crates/tables/src/"]),
    ("pulp", &["crates/numeric/src/"]),
    ("rust_xlsxwriter", &["crates/tables/src/workbook.rs"]),
    ("sha2", &["crates/model/src/baseline/"]),
    ("signal_hook", &["src/cli.rs", "src/cli/"]),
    ("strsim", &["crates/model/src/problem.rs"]),
    ("tokio", &["src/web.rs", "src/web/"]),
    ("wide", &["crates/numeric/src/"]),
];

/// Panics outside tests that no input can reach, with the reason beside them in the code.
const PANICS: [(&str, usize); 2] =
    [("crates/model/src/baseline/ids.rs", 1), ("crates/model/src/baseline/read.rs", 1)];

/// A world made by hand for the tests of several crates: it is not part of the program.
const FIXTURE: &str = "crates/model/src/indicator/fixture.rs";

const LINES: usize = 600;

/// Uses of an outside crate away from its home.
fn away_from_home(source: &Source) -> Vec<String> {
    let at_home = |homes: &[&str]| {
        homes
            .iter()
            .any(|home| source.file == *home || (home.ends_with('/') && source.file.starts_with(home)))
    };
    HOMES
        .iter()
        .filter(|(name, homes)| !at_home(homes) && source.uses_crate(name))
        .map(|(name, homes)| format!("{}: {name} lives only in {}", source.file, homes.join(", ")))
        .collect()
}

/// What an engine says of policies beyond their terms.
fn instruments_in_engine(source: &Source, instruments: &[String]) -> Vec<String> {
    if source.package != "model" || source.module.first().map(String::as_str) != Some("engine") {
        return vec![];
    }
    let terms = ["Terms", "Duty", "terms"];
    let mut faults: Vec<String> = source
        .paths
        .iter()
        .filter(|path| path[0] == "policy" && path.get(1).is_none_or(|name| !terms.contains(&name.as_str())))
        .map(|path| format!("{}: an engine knows terms only, not {}", source.file, path.join("::")))
        .collect();
    faults.extend(
        instruments
            .iter()
            .filter(|name| source.tokens.contains(name))
            .map(|name| format!("{}: names the instrument {name}", source.file)),
    );
    faults
}

/// Panics outside tests, beyond those allowed.
fn panics(source: &Source) -> Vec<String> {
    let allowed = PANICS.iter().find(|(file, _)| *file == source.file).map_or(0, |(_, count)| *count);
    let found = source.panics();
    if found.len() > allowed {
        return vec![format!("{}: {} outside tests", source.file, found.join(", "))];
    }
    vec![]
}

fn too_long(file: &str, lines: usize) -> Vec<String> {
    if lines > LINES { vec![format!("{file}: {lines} lines, at most {LINES}")] } else { vec![] }
}

/// The sources of the program and of the crates beside it.
fn library() -> Vec<Source> {
    let sources: Vec<Source> = ["src", "crates"]
        .into_iter()
        .flat_map(|folder| rust_files(&repository().join(folder)))
        .filter(|(file, _)| file.contains("src/"))
        .map(|(file, text)| Source::read(&file, &text))
        .collect();
    assert!(sources.len() > 200, "the sources were not found");
    assert!(sources.iter().any(|source| source.paths.len() > 5), "no path was read");
    sources
}

fn none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn modules_of_a_folder_use_each_other_in_no_circle() {
    let sources = library();
    let mut packages: Vec<&str> = sources.iter().map(|source| source.package.as_str()).collect();
    packages.dedup();
    assert!(packages.len() >= 10, "the crates were not found: {packages:?}");
    none(&packages.iter().flat_map(|name| Tree::of(&sources, name).circles()).collect::<Vec<_>>());
}

#[test]
fn outside_crates_stay_at_home() {
    let sources = library();
    none(&sources.iter().flat_map(away_from_home).collect::<Vec<_>>());
    let manifest = std::fs::read_to_string(repository().join("Cargo.toml")).expect("Cargo.toml");
    for (name, homes) in HOMES {
        let dashed = name.replace('_', "-");
        let is_stated = |name: &str| manifest.contains(&format!("\n{name} = "));
        assert!(is_stated(name) || is_stated(&dashed), "{name} has a home and is no dependency");
        for home in homes {
            assert!(repository().join(home).exists(), "{name} lives in {home}, which is gone");
        }
    }
}

/// What is said of typst where it does not belong: it lives in the package `pdf`, which knows nothing of ours.
fn typst_away_from_home(source: &Source) -> Vec<String> {
    let names = ["typst", "typst_layout", "typst_pdf", "zollverein_pdf"];
    let used = names.iter().filter(|name| source.uses_crate(name));
    used.map(|name| format!("{}: {name} lives only in pdf/", source.file)).collect()
}

#[test]
fn typst_keeps_to_a_package_of_its_own() {
    let sources = library();
    none(&sources.iter().flat_map(typst_away_from_home).collect::<Vec<_>>());
    let read = |file: &str| std::fs::read_to_string(repository().join(file)).unwrap_or_default();
    let (own, pdf) = (read("Cargo.toml"), read("pdf/Cargo.toml"));
    assert!(own.contains("default-members = [\".\", \"crates/*\"]"), "a usual build leaves the package out");
    assert!(!own.contains("\ntypst") && !own.contains("zollverein-pdf"), "one build would join features");
    assert!(pdf.contains("\ntypst = ") && !pdf.contains("\nzollverein = "));
}

#[test]
fn engines_name_no_instrument() {
    let sources = library();
    let mut instruments: Vec<String> =
        sources.iter().flat_map(|source| source.implementors_of("Instrument")).collect();
    assert!(instruments.len() >= 4, "the instruments were not read: {instruments:?}");
    // those that put no duty on arcs implement no trait; Support and Revenue are also names of terms
    let others = ["Instrument", "Exemption", "Policy", "Procurement", "Abatement", "Standard"];
    instruments.extend(others.map(str::to_owned));
    none(&sources.iter().flat_map(|source| instruments_in_engine(source, &instruments)).collect::<Vec<_>>());
}

#[test]
fn no_input_can_reach_a_panic_by_unwrap() {
    let sources = library();
    let in_tests_only = |source: &&Source| {
        let Some((own, parent)) = source.module.split_last() else { return false };
        let above = |s: &&Source| s.package == source.package && s.module == parent;
        source.file == FIXTURE || sources.iter().filter(above).any(|s| s.test_children.contains(own))
    };
    none(&sources.iter().filter(|source| !in_tests_only(source)).flat_map(panics).collect::<Vec<_>>());
}

#[test]
fn no_file_is_longer_than_600_lines() {
    let mut files = vec![];
    for folder in ["src", "crates", "tests", "benches", "examples", "pdf/src", "pdf/tests"] {
        files.extend(rust_files(&repository().join(folder)));
    }
    assert!(files.len() > 20, "the files were not found");
    none(&files.iter().flat_map(|(file, text)| too_long(file, text.lines().count())).collect::<Vec<_>>());
}

mod each_check_catches_a_made_up_violation {
    use super::*;

    fn circles(files: &[(&str, &str)]) -> usize {
        let sources: Vec<Source> = files.iter().map(|(file, text)| Source::read(file, text)).collect();
        Tree::of(&sources, "model").circles().len()
    }

    #[test]
    fn circles_of_modules() {
        let lib = ("crates/model/src/lib.rs", "pub mod policy;\npub mod engine;");
        let policy = "crates/model/src/policy.rs";
        let engine = "crates/model/src/engine.rs";
        let other = |text| circles(&[lib, (policy, "use crate::engine::Engine;"), (engine, text)]);
        assert_eq!(other("use crate::problem::Place;"), 0);
        assert_eq!(other("use crate::policy::Policy;"), 1);
        assert_eq!(other("use super::policy::Policy;"), 1);
        assert_eq!(other("fn f() -> crate::policy::Policy { todo!() }"), 1);
        assert_eq!(other("use crate::{problem::Place, policy::{Policy, terms}};"), 1);
        assert_eq!(other("// use crate::policy::X;\nconst A: &str = \"crate::policy::X\";"), 0);
        assert_eq!(other("#[cfg(test)]\nmod tests { use crate::policy::Policy; }"), 0);
    }

    #[test]
    fn circles_inside_a_folder() {
        let lib = ("crates/model/src/lib.rs", "pub mod policy;");
        let parent = (
            "crates/model/src/policy.rs",
            "mod tariff; mod scope; mod terms; pub use scope::Scope; fn f() {}",
        );
        let tariff = "crates/model/src/policy/tariff.rs";
        let scope = "crates/model/src/policy/scope.rs";
        let both = |a, b| circles(&[lib, parent, (tariff, a), (scope, b)]);
        assert_eq!(both("use super::scope::Scope;", ""), 0);
        assert_eq!(both("use super::f;", "use crate::policy::f;"), 0);
        assert_eq!(both("use super::scope::Scope;", "use crate::policy::tariff::Tariff;"), 1);
        // a name that the folder's own file re-exports is the module's
        assert_eq!(both("use crate::policy::Scope;", "use super::tariff;"), 1);
        let three = |c| {
            let terms = ("crates/model/src/policy/terms.rs", c);
            circles(&[lib, parent, (tariff, "use super::scope;"), (scope, "use super::terms;"), terms])
        };
        assert_eq!(three("use super::tariff;"), 1);
        assert_eq!(three(""), 0);
    }

    #[test]
    fn crates_away_from_home() {
        let caught = |file: &str, text: &str| away_from_home(&Source::read(file, text)).len();
        assert_eq!(caught("crates/tables/src/csv.rs", "use polars::prelude::*;"), 0);
        assert_eq!(caught("crates/report/src/lib.rs", "use polars::prelude::*;"), 1);
        assert_eq!(caught("crates/report/src/lib.rs", "fn f(x: ::polars::Frame) {}"), 1);
        assert_eq!(caught("crates/model/src/engine.rs", "use {anyhow::Result, std::fmt};"), 1);
        assert_eq!(caught("crates/model/src/engine.rs", "use petgraph as graph;"), 1);
        assert_eq!(
            caught(
                "crates/model/src/engine.rs",
                "// petgraph::graph is elsewhere\nlet csv = crate::table::csv::X;"
            ),
            0
        );
    }

    #[test]
    fn typst_in_the_program() {
        let caught = |text: &str| typst_away_from_home(&Source::read("crates/report/src/pdf.rs", text)).len();
        assert_eq!(caught("use typst_pdf::PdfOptions;"), 1);
        assert_eq!(caught("use crate::typst::set;"), 0);
    }

    #[test]
    fn instruments_in_an_engine() {
        let instruments = Source::read("crates/model/src/policy/tariff.rs", "impl Instrument for Tariff {}")
            .implementors_of("Instrument");
        let caught = |text: &str| {
            instruments_in_engine(&Source::read("crates/model/src/engine/armington.rs", text), &instruments)
                .len()
        };
        assert_eq!(caught("use crate::policy::Terms; use crate::policy::terms::Duty;"), 0);
        assert_eq!(caught("use crate::policy::Policy;"), 1);
        assert_eq!(caught("fn f(t: &Tariff) {}"), 1);
    }

    #[test]
    fn panics_outside_tests() {
        let caught = |text: &str| panics(&Source::read("src/model.rs", text)).len();
        assert_eq!(caught("fn f() { x.unwrap_or(1); }"), 0);
        assert_eq!(caught("fn f() { x.unwrap(); }"), 1);
        assert_eq!(caught("fn f() { x.expect(\"y\"); }"), 1);
        assert_eq!(caught("fn f() { panic!(\"y\"); }"), 1);
        assert_eq!(caught("fn f() {}\n#[cfg(test)]\nmod tests { fn g() { x.unwrap(); } }"), 0);
        assert_eq!(caught("#[cfg(test)]\nmod tests { fn g() { x.unwrap(); } }\nfn f() { todo!() }"), 1);
        assert_eq!(
            caught("// x.unwrap()\nconst A: &str = \"panic!()\"; const B: char = '\"'; // todo!()"),
            0
        );
    }

    #[test]
    fn long_files() {
        assert_eq!(too_long("src/a.rs", 600).len(), 0);
        assert_eq!(too_long("src/a.rs", 601).len(), 1);
    }
}
