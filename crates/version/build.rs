//! Tells which commit the program is built from, for the stamps of results.

use std::path::Path;
use std::process::Command;

fn main() {
    // with the sources it turns dirty
    for path in ["build.rs", "../../src", "../../crates", "../../Cargo.toml", "../../Cargo.lock"] {
        println!("cargo::rerun-if-changed={path}");
    }
    println!("cargo::rerun-if-env-changed=ZOLLVEREIN_GIT");
    let stated = std::env::var("ZOLLVEREIN_GIT").ok().filter(|commit| !commit.is_empty());
    let commit = stated.or_else(commit).unwrap_or_default();
    println!("cargo::rustc-env=ZOLLVEREIN_GIT={commit}");
}

/// The short hash of the commit, `-dirty` where tracked sources differ from it;
/// asks to be run again when another commit is checked out or made.
fn commit() -> Option<String> {
    let hash = git(&["rev-parse", "--short=12", "HEAD"])?;
    let branch = git(&["symbolic-ref", "--quiet", "HEAD"]).unwrap_or_else(|| "HEAD".to_owned());
    for file in ["HEAD", "logs/HEAD", branch.as_str()] {
        let path = git(&["rev-parse", "--path-format=absolute", "--git-path", file])?;
        if Path::new(&path).exists() {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    let changed = git(&[
        "--no-optional-locks",
        "status",
        "--porcelain",
        "--untracked-files=no",
        "--",
        ":/src",
        ":/crates",
        ":/Cargo.toml",
        ":/Cargo.lock",
    ])?;
    Some(if changed.is_empty() { hash } else { format!("{hash}-dirty") })
}

fn git(arguments: &[&str]) -> Option<String> {
    let output =
        Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}
