//! Tells the program which commit it was built from, for the stamp of results, and puts the page
//! of the workbench in, if it has been built.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    // with the sources it turns dirty, and then the library is compiled anew anyway
    for path in ["build.rs", "src", "Cargo.toml", "Cargo.lock"] {
        println!("cargo::rerun-if-changed={path}");
    }
    println!("cargo::rerun-if-env-changed=ZOLLVEREIN_GIT");
    let stated = std::env::var("ZOLLVEREIN_GIT").ok().filter(|commit| !commit.is_empty());
    println!(
        "cargo::rustc-env=ZOLLVEREIN_GIT={}",
        stated.or_else(commit).unwrap_or_else(|| "unknown".to_owned())
    );
    if std::env::var_os("CARGO_FEATURE_WEB").is_some() {
        page();
    }
}

/// Lists the files of `web/dist` for `src/web/page.rs`; an empty list if the page was not built.
fn page() {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("web/dist");
    println!("cargo::rerun-if-changed=web/dist");
    let mut files = vec![];
    below(&root, "", &mut files);
    files.sort();
    if !files.iter().any(|(name, _)| name == "index.html") {
        files.clear();
        println!(
            "cargo::warning=the page of the workbench is absent: `make web` builds it (Node is needed once)"
        );
    }
    let mut list = "/// The files of the page, by path.\nstatic FILES: &[(&str, &[u8])] = &[\n".to_owned();
    for (name, path) in &files {
        let _ = writeln!(list, "    ({name:?}, include_bytes!({:?})),", path.display().to_string());
    }
    list.push_str("];\n");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default()).join("page.rs");
    if let Err(error) = std::fs::write(&out, list) {
        println!("cargo::error=cannot write {}: {error}", out.display());
    }
}

fn below(folder: &Path, prefix: &str, files: &mut Vec<(String, PathBuf)>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => below(&entry.path(), &format!("{name}/"), files),
            Ok(kind) if kind.is_file() && !name.ends_with(".gitkeep") => files.push((name, entry.path())),
            _ => {}
        }
    }
}

/// The short hash of the commit, `-dirty` where tracked sources differ from it;
/// asks to be run again when another commit is checked out or made.
fn commit() -> Option<String> {
    let hash = git(&["rev-parse", "--short=12", "HEAD"])?;
    let branch = git(&["symbolic-ref", "--quiet", "HEAD"]).unwrap_or_else(|| "HEAD".to_owned());
    for file in ["HEAD", "logs/HEAD", branch.as_str()] {
        let path = git(&["rev-parse", "--git-path", file])?;
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
        "src",
        "Cargo.toml",
        "Cargo.lock",
    ])?;
    Some(if changed.is_empty() { hash } else { format!("{hash}-dirty") })
}

fn git(arguments: &[&str]) -> Option<String> {
    let output =
        Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}
