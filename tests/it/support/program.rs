//! The program as a command that tests run, on folders that they make.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The program in the project's folder, with nothing of the environment that changes its output.
pub fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zollverein"));
    command.args(arguments).current_dir(root()).env_remove("COLUMNS").stdin(Stdio::null());
    command
}

pub fn zollverein(arguments: &[&str]) -> Output {
    program(arguments).output().unwrap_or_else(|error| panic!("{error}"))
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Numbers in scientific notation are rounding residues that differ from machine to machine.
pub fn without_residues(text: &str) -> String {
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
pub fn snapshot(name: &str, code: i32, arguments: &[&str]) {
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
    crate::support::golden::text(&format!("cli/{name}.txt"), &without_residues(&shown));
}

/// A folder with a copy of the toy data in `data` and room for scenarios.
pub fn toy() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    copy(&root().join("data/toy"), &folder.path().join("data"));
    folder
}

pub fn copy(from: &Path, to: &Path) {
    let copied = fs::create_dir_all(to).and_then(|()| {
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
        Ok(())
    });
    assert!(copied.is_ok(), "{copied:?}");
}

pub fn write(folder: &Path, name: &str, text: &str) {
    let written = fs::write(folder.join(name), text);
    assert!(written.is_ok(), "{written:?}");
}

/// Replaces one text of a file by another, which must have been there.
pub fn edit(folder: &Path, name: &str, from: &str, to: &str) {
    let path = folder.join(name);
    let text = fs::read_to_string(&path).unwrap_or_default();
    assert!(text.contains(from), "{name} has no {from:?}");
    write(folder, name, &text.replacen(from, to, 1));
}
