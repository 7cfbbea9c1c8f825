//! `zollverein brief`: a scenario on one page, to hand out.

use crate::cli::open::{self, Banded, Opening};
use crate::cli::output::Output;
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};
use zollverein_batch::usual_cache;
use zollverein_model::problem::{Place, Problems};
use zollverein_report as brief;
use zollverein_tables::{self as table, Artefact};

#[derive(Args)]
pub struct Brief {
    #[command(flatten)]
    opening: Opening,
    #[command(flatten)]
    banded: Banded,
    /// The file; one that is there already is replaced
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Format; left out: what the ending of the file says
    #[arg(long, value_enum)]
    format: Option<BriefFormat>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BriefFormat {
    /// One file that opens in a browser, without a network
    Html,
    /// One A4 page
    Pdf,
    /// Markdown
    Md,
}

/// Writes the page.
pub fn brief(arguments: &Brief, output: Output) -> anyhow::Result<()> {
    let waiting = output.waiting("reading the data and solving");
    let target = target(arguments);
    let opened = arguments.opening.open();
    let ((format, folder, name), opened) = match (target, opened) {
        (Ok(target), Ok(opened)) => (target, opened),
        (Err(mut problems), Err(more)) => {
            problems.append(more);
            return Err(problems.into());
        }
        (Err(problems), _) | (_, Err(problems)) => return Err(problems.into()),
    };
    let solved = opened.solve(usual_cache().as_deref(), !arguments.banded.no_bands)?;
    let driver = solved.driver();
    let report = solved.report().driven_by(driver.as_ref());
    let bytes = match format {
        BriefFormat::Html => brief::short_html(&report).into_bytes(),
        BriefFormat::Pdf => brief::short_pdf(&report)?,
        BriefFormat::Md => brief::short_markdown(&report).into_bytes(),
    };
    table::write(&folder, &[Artefact { name, bytes }])?;
    drop(waiting);
    if !solved.scenario.years().is_empty() {
        output.say(&open::first_year(&solved.scenario));
    }
    output.say(&format!("The brief is in {}.", arguments.out.display()));
    Ok(())
}

/// The format, and the folder and name of the file.
fn target(arguments: &Brief) -> Result<(BriefFormat, PathBuf, String), Problems> {
    let out = &arguments.out;
    let mut problems = Problems::new();
    let place = || Place::file("--out");
    let ending = out.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
    let format = arguments.format.or(match ending.as_deref() {
        Some("html" | "htm") => Some(BriefFormat::Html),
        Some("pdf") => Some(BriefFormat::Pdf),
        Some("md") => Some(BriefFormat::Md),
        _ => None,
    });
    if format.is_none() {
        let what = format!("the ending of {} does not say which format is meant", out.display());
        problems.add(place(), what, "end it in .html, .pdf or .md, or say --format html, pdf or md");
    }
    let name = out.file_name().and_then(|name| name.to_str()).map(str::to_owned);
    if name.is_none() || out.is_dir() {
        let what = format!("{} names no file", out.display());
        problems.add(place(), what, "name a file, for instance brief.html");
    }
    let folder = match out.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    if folder.exists() && !folder.is_dir() {
        let what = format!("{} is a file, not a folder", folder.display());
        problems.add(place(), what, "name a file in a folder");
    }
    match (format, name) {
        (Some(format), Some(name)) => problems.into_result((format, folder.to_owned(), name)),
        _ => Err(problems.into_error()),
    }
}
