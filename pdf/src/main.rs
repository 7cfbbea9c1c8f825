//! Typst markup on standard input, one page of PDF on standard output; `zollverein brief` calls it.
//!
//! Exit codes: 0 done; 1 with a line on standard error.

use std::io::{Read, Write};
use std::process::ExitCode;

/// The longest markup that is read, in bytes; a brief takes some ten thousand.
const LONGEST: u64 = 1 << 20;

fn main() -> ExitCode {
    match set() {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            let _ = writeln!(std::io::stderr(), "{fault}"); // nobody listens if that is closed
            ExitCode::FAILURE
        }
    }
}

fn set() -> Result<(), String> {
    let mut markup = String::new();
    let read = std::io::stdin().take(LONGEST + 1).read_to_string(&mut markup);
    if read.map_err(|error| format!("the markup cannot be read: {error}"))? as u64 > LONGEST {
        return Err(format!("the markup is longer than {LONGEST} bytes"));
    }
    let page = zollverein_pdf::page(&markup)?;
    let mut stdout = std::io::stdout().lock();
    stdout
        .write_all(&page)
        .and_then(|()| stdout.flush())
        .map_err(|error| format!("nobody takes the page: {error}"))
}
