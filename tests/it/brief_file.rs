//! `zollverein brief`: one page in a file, and what is refused.

use crate::support::program;
use crate::support::program::{stderr, toy, write, zollverein};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const GASSA: &str = "scenarios/02-gassa.toml";

fn brief(scenario: &str, out: &Path, more: &[&str]) -> Output {
    let out = out.display().to_string();
    zollverein(&[&["brief", scenario, "--out", &out], more].concat())
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> =
        entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort();
    names
}

#[test]
fn the_page_is_one_small_file_that_asks_for_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let (one, other) = (folder.path().join("a.html"), folder.path().join("b.html"));
    fs::write(&other, "an older brief").expect("it writes");
    for file in [&one, &other] {
        let output = brief(GASSA, file, &[]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert!(output.stdout.is_empty());
    }
    assert_eq!(names(folder.path()), ["a.html", "b.html"], "nothing else is left behind");
    let text = fs::read_to_string(&one).expect("the page");
    assert_eq!(
        text,
        fs::read_to_string(&other).expect("the page"),
        "the same bytes, and no trace of the older"
    );
    assert!(text.len() <= 500_000, "{} bytes", text.len());
    for ask in ["<script", "src=", "href=", "url(", "@import", "<link", "<iframe", "<object", "srcset"] {
        assert!(!text.contains(ask), "{ask}");
    }
    let outside = text.replace("http://www.w3.org/2000/svg", "");
    assert!(!outside.contains("http:") && !outside.contains("https:"), "no address but the name of SVG");
    for part in [
        "<h2>In short</h2>",
        "<svg",
        "What drives it",
        "It is no forecast",
        "Partial equilibrium",
        "imply no position on the legal status",
        "02-gassa.toml (sha256",
        "size: A4",
    ] {
        assert!(text.contains(part), "{part}");
    }
}

#[test]
fn the_format_is_what_is_asked_for_or_what_the_ending_says() {
    let folder = toy();
    let at = |name: &str| folder.path().join(name);
    write(folder.path(), "a.toml", "title = \"None\"\nbaseline = \"data\"\n");
    let scenario = at("a.toml").display().to_string();
    assert_eq!(brief(&scenario, &at("new/a.md"), &[]).status.code(), Some(0));
    let text = fs::read_to_string(at("new/a.md")).expect("the page");
    assert!(text.starts_with("# None") && text.contains("Nothing changes"), "{text}");
    assert_eq!(brief(&scenario, &at("a.txt"), &["--format", "html"]).status.code(), Some(0));
    assert!(fs::read_to_string(at("a.txt")).is_ok_and(|text| text.starts_with("<!doctype html>")));
    assert_eq!(
        brief("scenarios/18-gassa-phased.toml", &at("b.md"), &["--year", "2034"]).status.code(),
        Some(0)
    );
}

#[test]
fn what_cannot_be_meant_is_refused_and_nothing_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let refused = |out: &Path, more: &[&str], said: &[&str]| {
        let output = brief("scenarios/none.toml", out, more);
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        for part in said {
            assert!(stderr(&output).contains(part), "{part}: {}", stderr(&output));
        }
    };
    refused(&folder.path().join("a.pdf"), &["--format", "docx"], &["docx", "html, pdf, md"]);
    // faults of the file and of the scenario come together
    refused(&folder.path().join("a.doc"), &[], &["does not say which format", "--format", "none.toml"]);
    refused(folder.path(), &["--format", "html"], &["names no file", "none.toml"]);
    assert!(names(folder.path()).is_empty());
}

/// The program in a folder of its own, with or without another beside it.
#[cfg(unix)]
fn alone(folder: &Path, beside: Option<&str>, out: &str) -> Output {
    use std::os::unix::fs::PermissionsExt;
    let own = folder.join("zollverein");
    if !own.exists() {
        let from = env!("CARGO_BIN_EXE_zollverein");
        if fs::hard_link(from, &own).is_err() {
            fs::copy(from, &own).expect("a copy");
        }
    }
    if let Some(script) = beside {
        let path = folder.join("zollverein-pdf");
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("it writes");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it may be run");
    }
    let mut command = Command::new(own);
    command.args(["brief", GASSA, "--out"]).arg(folder.join(out)).current_dir(program::root());
    command.output().expect("it runs")
}

#[cfg(unix)]
#[test]
fn a_pdf_is_made_by_the_program_beside_or_refused_with_the_remedy() {
    let folder = tempfile::tempdir().expect("a folder");
    let absent = alone(folder.path(), None, "a.pdf");
    assert_eq!(absent.status.code(), Some(2), "{}", stderr(&absent));
    assert!(stderr(&absent).contains("zollverein-pdf is not beside") && stderr(&absent).contains("make pdf"));
    let failing = alone(folder.path(), Some("cat > /dev/null; echo too long >&2; exit 1"), "a.pdf");
    assert_eq!(failing.status.code(), Some(2));
    assert!(stderr(&failing).contains("too long"), "{}", stderr(&failing));
    let wrong = alone(folder.path(), Some("cat > /dev/null; echo no page"), "a.pdf");
    assert_eq!(wrong.status.code(), Some(2), "what is no PDF is not written");
    assert!(!folder.path().join("a.pdf").exists());
    let made = alone(folder.path(), Some("printf '%%PDF-1.7 '; cat"), "a.pdf");
    assert_eq!(made.status.code(), Some(0), "{}", stderr(&made));
    let markup = fs::read_to_string(folder.path().join("a.pdf")).expect("the page");
    for part in ["#brief(", "kind: \"tiles\"", "Members: ", "sha256", "imply no position"] {
        assert!(markup.contains(part), "{part}");
    }
}
