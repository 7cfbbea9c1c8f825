//! The architecture, held: who may use whom, where outside crates live, how long a file may be.
//!
//! The checks read the sources as text, comments and strings left out. Each has
//! a test with a made-up violation, so that it is known to catch one.

mod sources;

use sources::{Source, modules_of, repository, rust_files};

/// Outside crates and the files that alone may use them; a trailing `/` names a folder.
const HOMES: [(&str, &[&str]); 20] = [
    ("axum", &["src/web.rs", "src/web/"]),
    ("futures-util", &["src/web.rs", "src/web/"]),
    ("getrandom", &["src/web.rs", "src/web/"]),
    ("hyper", &["src/web.rs", "src/web/"]),
    ("hyper-util", &["src/web.rs", "src/web/"]),
    ("tokio", &["src/web.rs", "src/web/"]),
    ("good_lp", &["src/engine/linear.rs", "src/engine/linear/"]),
    ("highs", &["src/engine/linear.rs", "src/engine/linear/"]),
    ("polars", &["src/table.rs", "src/table/"]),
    ("rust_xlsxwriter", &["src/table/workbook.rs"]),
    ("clap", &["src/cli.rs", "src/cli/"]),
    ("clap_complete", &["src/cli.rs", "src/cli/"]),
    ("clap_mangen", &["src/cli.rs", "src/cli/"]),
    ("indicatif", &["src/cli.rs", "src/cli/"]),
    ("signal-hook", &["src/cli.rs", "src/cli/"]),
    ("petgraph", &["src/baseline/trade.rs", "src/baseline/graph.rs"]),
    ("anyhow", &["src/cli.rs", "src/cli/", "src/main.rs"]),
    ("plotters", &["src/brief.rs", "src/brief/"]),
    ("csv", &["src/baseline/sheet.rs", "src/baseline/import/", "src/table.rs", "src/table/"]),
    ("once_cell", &[]), // only named, for its features
];

/// Folders whose files keep to themselves, and the files in each that all may use.
const SIBLINGS: [(&str, &[&str]); 3] = [
    (
        "policy",
        &[
            "benchmark",
            "ledger",
            "levy",
            "origin",
            "part",
            "phase",
            "reading",
            "schedule",
            "scope",
            "standard",
            "terms",
        ],
    ),
    ("engine", &["accounts", "blocks", "ces", "dense", "lanes", "linear", "newton", "supply"]),
    ("indicator", &["level", "group", "fixture"]),
];

/// Panics outside tests that no input can reach, with the reason beside them in the code.
const PANICS: [(&str, usize); 2] = [("src/baseline/trade.rs", 1), ("src/baseline/read.rs", 1)];

const LINES: usize = 600;

/// Uses of a module above the file's own, and of names that are no module.
fn upward(source: &Source, order: &[String]) -> Vec<String> {
    let Some(own) = source.module.first() else { return vec![] };
    let position = |name: &str| order.iter().position(|module| module == name);
    let Some(own) = position(own) else {
        return vec![format!("{}: its module is not declared in src/lib.rs", source.file)];
    };
    let mut faults = vec![];
    for path in &source.paths {
        let Some(target) = path.first() else { continue };
        match position(target) {
            Some(target) if target <= own => {}
            Some(_) => faults.push(format!("{}: uses crate::{} above it", source.file, path.join("::"))),
            None => faults.push(format!("{}: crate::{target} is no module of src/lib.rs", source.file)),
        }
    }
    faults
}

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

/// Uses of a sibling that is not shared. `parents` are the folders' own files, for what they re-export.
fn sibling_uses(source: &Source, parents: &[Source]) -> Vec<String> {
    let [folder, own, ..] = source.module.as_slice() else { return vec![] };
    let Some((_, shared)) = SIBLINGS.iter().find(|(name, _)| name == folder) else { return vec![] };
    let parent = parents.iter().find(|parent| parent.module == [folder.clone()]);
    let mut faults = vec![];
    for path in source.paths.iter().filter(|path| path.first() == Some(folder)) {
        let Some(name) = path.get(1) else { continue };
        let exported = parent.and_then(|parent| parent.exports.get(name)).unwrap_or(name);
        let is_file = parent.is_some_and(|parent| parent.children.contains(exported));
        if is_file && exported != own && !shared.contains(&exported.as_str()) {
            faults.push(format!("{}: uses its sibling {}", source.file, path.join("::")));
        }
    }
    faults
}

/// What an engine says of policies beyond their terms.
fn instruments_in_engine(source: &Source, instruments: &[String]) -> Vec<String> {
    if source.module.first().map(String::as_str) != Some("engine") {
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

/// The library's sources, and the order of its modules.
fn library() -> (Vec<Source>, Vec<String>) {
    let sources: Vec<Source> = rust_files(&repository().join("src"))
        .into_iter()
        .map(|(file, text)| Source::read(&file, &text))
        .filter(|source| source.file != "src/lib.rs")
        .collect();
    let lib = std::fs::read_to_string(repository().join("src/lib.rs")).expect("src/lib.rs");
    (sources, modules_of(&lib))
}

fn none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn modules_use_only_those_below_them() {
    let (sources, order) = library();
    assert!(order.len() >= 10 && order[0] == "problem", "the order was not read: {order:?}");
    assert!(sources.iter().any(|source| source.paths.len() > 5), "no path was read");
    none(&sources.iter().flat_map(|source| upward(source, &order)).collect::<Vec<_>>());
}

#[test]
fn lib_rs_declares_modules_and_nothing_else() {
    let lib = std::fs::read_to_string(repository().join("src/lib.rs")).expect("src/lib.rs");
    let other: Vec<&str> = lib
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with("//!") && !line.starts_with("pub mod "))
        .collect();
    assert!(other.is_empty(), "{other:?}");
}

#[test]
fn outside_crates_stay_at_home() {
    let (sources, _) = library();
    none(&sources.iter().flat_map(away_from_home).collect::<Vec<_>>());
    let manifest = std::fs::read_to_string(repository().join("Cargo.toml")).expect("Cargo.toml");
    for (name, _) in HOMES {
        assert!(manifest.contains(&format!("\n{name} = ")), "{name} has a home and is no dependency");
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
    let (sources, _) = library();
    none(&sources.iter().flat_map(typst_away_from_home).collect::<Vec<_>>());
    let read = |file: &str| std::fs::read_to_string(repository().join(file)).unwrap_or_default();
    let (own, pdf) = (read("Cargo.toml"), read("pdf/Cargo.toml"));
    assert!(own.contains("default-members = [\".\"]"), "a usual build leaves the package out");
    assert!(!own.contains("\ntypst") && !own.contains("zollverein-pdf"), "one build would join features");
    assert!(pdf.contains("\ntypst = ") && !pdf.contains("\nzollverein = "));
}

#[test]
fn siblings_meet_only_in_shared_files() {
    let (sources, _) = library();
    none(&sources.iter().flat_map(|source| sibling_uses(source, &sources)).collect::<Vec<_>>());
}

#[test]
fn engines_name_no_instrument() {
    let (sources, _) = library();
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
    let (sources, _) = library();
    let in_tests_only = |source: &&Source| {
        let Some((own, parent)) = source.module.split_last() else { return false };
        sources.iter().any(|s| s.module == parent && s.test_children.contains(own))
    };
    none(&sources.iter().filter(|source| !in_tests_only(source)).flat_map(panics).collect::<Vec<_>>());
}

#[test]
fn no_file_is_longer_than_600_lines() {
    let mut files = vec![];
    for folder in ["src", "tests", "benches", "examples", "pdf/src", "pdf/tests"] {
        files.extend(rust_files(&repository().join(folder)));
    }
    assert!(files.len() > 20, "the files were not found");
    none(&files.iter().flat_map(|(file, text)| too_long(file, text.lines().count())).collect::<Vec<_>>());
}

mod each_check_catches_a_made_up_violation {
    use super::*;

    fn order() -> Vec<String> {
        modules_of("//! x\npub mod problem;\n\npub mod policy;\n\npub mod engine;\n\npub mod cli;\n")
    }

    fn caught(file: &str, text: &str) -> usize {
        upward(&Source::read(file, text), &order()).len()
    }

    #[test]
    fn upward_paths() {
        assert_eq!(caught("src/policy.rs", "use crate::problem::Place;"), 0);
        assert_eq!(caught("src/policy.rs", "use crate::engine::Engine;"), 1);
        assert_eq!(
            caught("src/policy/tariff.rs", "use crate::{problem::Place, engine::{Engine, newton}};"),
            2
        );
        assert_eq!(caught("src/policy/tariff.rs", "fn f() -> crate::cli::Run { todo!() }"), 1);
        assert_eq!(caught("src/policy.rs", "use super::engine::Engine;"), 1);
        assert_eq!(caught("src/policy/tariff.rs", "use super::super::engine;"), 1);
        assert_eq!(caught("src/policy/tariff.rs", "use super::terms::Duty;"), 0);
        assert_eq!(
            caught("src/policy.rs", "mod tests { use super::*; use super::super::engine::Engine; }"),
            1
        );
        assert_eq!(
            caught("src/policy.rs", "// use crate::engine::Engine;\nconst A: &str = \"crate::engine::X\";"),
            0
        );
        assert_eq!(caught("src/policy.rs", "use crate::helpers::x;"), 1);
    }

    #[test]
    fn crates_away_from_home() {
        let caught = |file: &str, text: &str| away_from_home(&Source::read(file, text)).len();
        assert_eq!(caught("src/table/csv.rs", "use polars::prelude::*;"), 0);
        assert_eq!(caught("src/brief.rs", "use polars::prelude::*;"), 1);
        assert_eq!(caught("src/brief.rs", "fn f(x: ::polars::Frame) {}"), 1);
        assert_eq!(caught("src/engine.rs", "use {anyhow::Result, std::fmt};"), 1);
        assert_eq!(caught("src/engine.rs", "use petgraph as graph;"), 1);
        assert_eq!(
            caught("src/engine.rs", "// petgraph::graph is elsewhere\nlet csv = crate::table::csv::X;"),
            0
        );
    }

    #[test]
    fn typst_in_the_program() {
        let caught = |text: &str| typst_away_from_home(&Source::read("src/brief/pdf.rs", text)).len();
        assert_eq!(caught("use typst_pdf::PdfOptions;"), 1);
        assert_eq!(caught("use crate::brief::typst::set;"), 0);
    }

    #[test]
    fn siblings() {
        let parent = Source::read(
            "src/policy.rs",
            "pub mod tariff; pub mod scope; mod carbon; pub use carbon::CarbonTariff;",
        );
        let caught = |text: &str| {
            let source = Source::read("src/policy/tariff.rs", text);
            sibling_uses(&source, std::slice::from_ref(&parent)).len()
        };
        assert_eq!(caught("use crate::policy::scope::Scope;"), 0);
        assert_eq!(caught("use crate::policy::carbon::rate;"), 1);
        assert_eq!(caught("use crate::policy::CarbonTariff;"), 1);
        assert_eq!(caught("use super::carbon;"), 1);
    }

    #[test]
    fn instruments_in_an_engine() {
        let instruments = Source::read("src/policy/tariff.rs", "impl Instrument for Tariff {}")
            .implementors_of("Instrument");
        let caught = |text: &str| {
            instruments_in_engine(&Source::read("src/engine/armington.rs", text), &instruments).len()
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
