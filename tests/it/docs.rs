//! What the book and the README show is what the program does.
//!
//! Every ```` ```console ```` block is run, in order, in a copy of scenarios and data; lines that do
//! not begin with `$` must be among what the command prints, in order (`…` stands for any lines;
//! how far apart words stand does not matter).
//! ```` ```toml,file=NAME ```` blocks are written first. ```` ```sh ```` blocks may only call make.
//! Blocks of Python are run by `python/tests/test_docs.py`.

use crate::support::reference;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The pages: README and the others at the root, the folders' READMEs, and the book.
fn pages() -> Vec<(PathBuf, String)> {
    let mut paths: Vec<PathBuf> =
        ["README.md", "CONTRIBUTING.md", "data/README.md", "data/toy/README.md", "scenarios/README.md"]
            .iter()
            .map(|page| root().join(page))
            .collect();
    below(&root().join("docs/src"), &mut paths);
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), std::fs::read_to_string(&path).expect("a page"))).collect()
}

fn below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder of pages") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            below(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
}

/// The fenced blocks of a page: what stands after the fence, and the lines.
fn blocks(page: &str) -> Vec<(String, Vec<String>)> {
    let mut blocks: Vec<(String, Vec<String>)> = vec![];
    let mut open: Option<(usize, usize)> = None; // indentation and length of the fence
    for line in page.lines() {
        let indentation = line.len() - line.trim_start().len();
        let ticks = line.trim_start().chars().take_while(|c| *c == '`').count();
        match open {
            None if ticks >= 3 => {
                blocks.push((line.trim_start_matches([' ', '`']).to_owned(), vec![]));
                open = Some((indentation, ticks));
            }
            Some((_, length)) if ticks >= length && line.trim() == "`".repeat(ticks) => open = None,
            Some((indentation, _)) => {
                let text = line.get(indentation.min(line.len() - line.trim_start().len())..).unwrap_or("");
                if let Some((_, lines)) = blocks.last_mut() {
                    lines.push(text.to_owned());
                }
            }
            None => {}
        }
    }
    blocks
}

/// A place to run commands in: the repository's data and scenarios, copied.
fn sandbox() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for name in ["data", "scenarios"] {
        copy(&root().join(name), &folder.path().join(name));
    }
    std::fs::create_dir(folder.path().join("schema")).expect("a folder");
    folder
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("a copy");
        }
    }
}

/// Runs one command line; returns what it prints, or what went wrong.
fn run(line: &str, folder: &Path) -> Result<String, String> {
    let mut words: Vec<&str> = line.split_whitespace().collect();
    let into = words.iter().position(|word| *word == ">").map(|at| words.split_off(at));
    let Some(("zollverein", arguments)) = words.split_first().map(|(first, rest)| (*first, rest)) else {
        return Err(format!("`{line}` is not a zollverein command, and console blocks hold nothing else"));
    };
    if line.contains(['"', '\'', '|', '&', ';', '*', '$']) {
        return Err(format!("`{line}` needs a shell; keep it plain"));
    }
    let output = Command::new(env!("CARGO_BIN_EXE_zollverein"))
        .args(arguments)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .output()
        .map_err(|error| error.to_string())?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if !output.status.success() {
        return Err(format!("`{line}` ends with {}\n{}", output.status, text(&output.stderr)));
    }
    if let Some(file) = into.and_then(|words| words.get(1).copied()) {
        std::fs::write(folder.join(file), &output.stdout).map_err(|error| error.to_string())?;
    }
    Ok(text(&output.stdout) + &text(&output.stderr))
}

/// What is shown and not printed, in order; `…` lets lines be left out.
fn not_printed(shown: &[String], printed: &str) -> Option<String> {
    let plain = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut lines = printed.lines().map(plain).filter(|line| !line.is_empty()).peekable();
    let mut skipping = false;
    for line in shown.iter().map(|line| plain(line)).filter(|line| !line.is_empty()) {
        if line == "…" {
            skipping = true;
            continue;
        }
        let found = if skipping { lines.any(|l| l == line) } else { lines.next().as_ref() == Some(&line) };
        skipping = false;
        if !found {
            return Some(line);
        }
    }
    if skipping || lines.peek().is_none() || shown.iter().all(|line| line.trim().is_empty()) {
        return None;
    }
    Some("(the output goes on; end the block with …)".to_owned())
}

/// What goes wrong when the commands of a page are run, and how many there are.
fn faults_of(name: &str, page: &str, folder: &Path) -> (Vec<String>, usize) {
    let (mut faults, mut commands) = (vec![], 0);
    for (kind, lines) in blocks(page) {
        if let Some(file) = kind.strip_prefix("toml,file=") {
            std::fs::write(folder.join(file), lines.join("\n")).expect("a scenario of a page is written");
        } else if kind.starts_with("toml") {
            if let Err(error) = toml::from_str::<toml::Value>(&lines.join("\n")) {
                faults.push(format!("{name}: {error}"));
            }
        } else if kind == "sh" {
            let makefile = std::fs::read_to_string(root().join("Makefile")).expect("Makefile");
            for line in lines.iter().map(|line| line.split('#').next().unwrap_or("").trim()) {
                let target =
                    line.strip_prefix("make ").map(|rest| rest.split_whitespace().next().unwrap_or(""));
                let known = target.is_some_and(|target| makefile.contains(&format!("\n{target}:")));
                if !known && !line.is_empty() {
                    faults.push(format!("{name}: `{line}` is no target of the Makefile"));
                }
            }
        } else if kind == "console" {
            let mut here = 0;
            while here < lines.len() {
                let Some(line) = lines[here].strip_prefix("$ ") else {
                    faults.push(format!("{name}: output `{}` without a command", lines[here]));
                    break;
                };
                let shown: Vec<String> =
                    lines[here + 1..].iter().take_while(|line| !line.starts_with("$ ")).cloned().collect();
                commands += 1;
                match run(line, folder) {
                    Err(fault) => faults.push(format!("{name}: {fault}")),
                    Ok(printed) => {
                        if let Some(missing) = not_printed(&shown, &printed) {
                            faults.push(format!(
                                "{name}: `{line}` does not print\n    {missing}\nbut\n{printed}"
                            ));
                        }
                    }
                }
                here += 1 + shown.len();
            }
        } else if kind.is_empty() || !["text", "json", "rust", "csv", "python"].contains(&kind.as_str()) {
            faults.push(format!(
                "{name}: a block is marked `{kind}`; say console, sh, toml, text or another known kind"
            ));
        }
    }
    (faults, commands)
}

#[test]
fn every_command_that_is_shown_works_and_prints_what_is_shown() {
    let (mut faults, mut commands) = (vec![], 0);
    for (path, page) in pages() {
        let folder = sandbox();
        let name = path.strip_prefix(root()).unwrap_or(&path).display().to_string();
        let (found, run) = faults_of(&name, &page, folder.path());
        faults.extend(found);
        commands += run;
    }
    assert!(commands > 25, "only {commands} commands were found");
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn a_wrong_command_or_output_would_be_noticed() {
    let folder = sandbox();
    let count = |page: &str| faults_of("page", page, folder.path()).0.len();
    assert_eq!(count("```console\n$ zollverein check scenarios/06-toy-25.toml\n```\n"), 0);
    assert_eq!(count("```console\n$ zollverein check scenarios/no-such.toml\n```\n"), 1);
    assert_eq!(count("```console\n$ zollverein chekc scenarios/06-toy-25.toml\n```\n"), 1);
    assert_eq!(count("```console\n$ rm -rf data\n```\n"), 1);
    assert_eq!(count("```console\n$ zollverein data list data\n…\nsomething else\n```\n"), 1);
    assert_eq!(count("```console\n$ zollverein run scenarios/06-toy-25.toml\n…\nWorld −73.8\n…\n```\n"), 1);
    assert_eq!(count("```sh\nmake nothing-of-the-kind\n```\n"), 1);
    assert_eq!(count("```toml\na = = 1\n```\n"), 1);
}

#[test]
fn every_key_of_a_scenario_is_explained() {
    let page = std::fs::read_to_string(root().join("docs/src/reference/scenario.md")).expect("the page");
    let mut keys = BTreeSet::new();
    properties(&zollverein::scenario::form::schema(), &mut keys);
    assert!(keys.len() > 40, "{keys:?}");
    let explained = |key: &str| {
        [
            format!("`{key}`"),
            format!("`{key}:"),
            format!("`[{key}]`"),
            format!("`[[{key}]]`"),
            format!("{key} ="),
        ]
        .iter()
        .any(|shown| page.contains(shown))
    };
    let missing: Vec<&String> = keys.iter().filter(|key| !explained(key)).collect();
    assert!(missing.is_empty(), "docs/src/reference/scenario.md leaves out {missing:?}");
}

#[test]
fn generated_pages_are_what_the_program_says() {
    let keys = reference::keys(&zollverein::scenario::form::schema());
    let commands = reference::commands();
    assert!(keys.matches("| `").count() > 150, "only {} keys", keys.matches("| `").count());
    assert!(commands.matches("\n## ").count() > 12, "only {} commands", commands.matches("\n## ").count());
    for (name, made) in [("keys", keys), ("cli", commands)] {
        let path = root().join(format!("docs/src/reference/{name}.md"));
        if std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
            std::fs::write(&path, &made).expect("the page is written");
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        let differing = kept.lines().zip(made.lines()).find(|(kept, made)| kept != made);
        assert!(kept == made, "{} is stale, first at {differing:?}: `make golden`", path.display());
    }
}

fn properties(schema: &serde_json::Value, keys: &mut BTreeSet<String>) {
    match schema {
        serde_json::Value::Object(entries) => {
            if let Some(serde_json::Value::Object(properties)) = entries.get("properties") {
                keys.extend(properties.keys().cloned());
            }
            entries.values().for_each(|value| properties(value, keys));
        }
        serde_json::Value::Array(values) => values.iter().for_each(|value| properties(value, keys)),
        _ => {}
    }
}

#[test]
fn every_column_of_the_results_is_explained() {
    let page = std::fs::read_to_string(root().join("docs/src/reference/results.md")).expect("the page");
    let folder = sandbox();
    let path = "extends = \"06-toy-25.toml\"\nyears = [2026, 2030]\n";
    std::fs::write(folder.path().join("scenarios/path.toml"), path).expect("a path");
    for command in [
        "run scenarios/06-toy-25.toml --out out",
        "explain scenarios/06-toy-25.toml --out why",
        "run scenarios/path.toml --out years",
    ] {
        run(&format!("zollverein {command} --quiet"), folder.path()).expect("results");
    }
    let mut files = 0;
    let folders = ["out", "why", "years"].map(|name| folder.path().join(name));
    let entries = folders.iter().flat_map(|folder| std::fs::read_dir(folder).expect("results"));
    for entry in entries.filter(|entry| entry.as_ref().is_ok_and(|entry| entry.path().is_file())) {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        files += 1;
        assert!(page.contains(&format!("`{name}`")), "{name} is not explained");
        if path.extension().is_some_and(|extension| extension == "csv") {
            let text = std::fs::read_to_string(&path).expect("a table");
            for column in text.lines().next().unwrap_or("").split(',') {
                assert!(page.contains(&format!("`{column}`")), "{column} of {name} is not explained");
            }
        }
    }
    assert!(files >= 12, "only {files} result files");
}

#[test]
fn every_link_leads_somewhere_and_every_page_is_in_the_summary() {
    let summary = std::fs::read_to_string(root().join("docs/src/SUMMARY.md")).expect("the summary");
    let mut faults = vec![];
    for (path, page) in pages() {
        if let Ok(inside) = path.strip_prefix(root().join("docs/src")) {
            let name = inside.to_string_lossy().replace('\\', "/");
            if name != "SUMMARY.md" && !summary.contains(&format!("({name})")) {
                faults.push(format!("{name} is not in SUMMARY.md"));
            }
        }
        for part in page.split("](").skip(1) {
            let target = part.split([')', '#']).next().unwrap_or("");
            let file = path.parent().unwrap_or(&path).join(target);
            if !target.is_empty() && !target.contains("://") && !file.exists() {
                faults.push(format!("{}: {target} does not exist", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}
