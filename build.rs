//! Puts the page of the workbench into the program, if it has been built.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
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
