//! A page as PDF, by the program `zollverein-pdf` that stands beside this one.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use zollverein_model::problem::{Place, Problems};

/// Markup of typst as one page of PDF.
///
/// # Errors
/// The program is not there, or says no.
pub(super) fn set(markup: &str) -> Result<Vec<u8>, Problems> {
    let beside = beside().filter(|program| program.is_file());
    let Some(program) = beside else {
        return Err(refused(
            "no PDF can be made: the program zollverein-pdf is not beside this one",
            "build it once (`make pdf`, or cargo build --release -p zollverein-pdf), or take --format html and \
             print it from a browser",
        ));
    };
    let failed = |error: std::io::Error| {
        refused(
            &format!("no PDF can be made: {} cannot be run: {error}", program.display()),
            "build it anew: make pdf",
        )
    };
    let mut child = Command::new(&program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        // it reads all before it writes; if it ends early, it says why
        let _ = stdin.write_all(markup.as_bytes());
    }
    let done = child.wait_with_output().map_err(failed)?;
    if done.status.success() && done.stdout.starts_with(b"%PDF-") {
        return Ok(done.stdout);
    }
    let said = String::from_utf8_lossy(&done.stderr).trim().to_owned();
    let said = if said.is_empty() { done.status.to_string() } else { said };
    Err(refused(&format!("no PDF can be made: {said}"), "take --format html and print it from a browser"))
}

/// Where the program stands if it is there.
fn beside() -> Option<PathBuf> {
    let own = std::env::current_exe().ok()?;
    Some(own.with_file_name(format!("zollverein-pdf{}", std::env::consts::EXE_SUFFIX)))
}

fn refused(what: &str, remedy: &str) -> Problems {
    Problems::one(Place::file("--format pdf"), what, remedy)
}
