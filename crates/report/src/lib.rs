//! An outcome for people: a page in Markdown and HTML, a summary for the
//! terminal, several outcomes side by side, and the same numbers as JSON.
//!
//! The page is written once, as a [`Page`] of plain blocks, and then set in
//! Markdown or HTML, so that the two never say different things.

mod aligned;
mod chart;
mod climate;
mod compare;
mod explain;
mod facts;
mod html;
mod lines;
mod markdown;
mod markup;
mod negotiate;
mod page;
mod path;
mod pdf;
mod plain;
mod rounds;
mod story;
mod terminal;
mod words;

pub mod stamp;

pub use aligned::{Lean, columns};
pub use climate::{Climate, climate};
pub use compare::{Compared, Comparison, comparison};
pub use explain::{Explained, explained_files, explained_json, explained_terminal};
pub use html::{Html, Sheet};
pub use markdown::Markdown;
pub use markup::Typst;
pub use negotiate::{Answer, Question, clubs_answer, design_answer, frontier_answer};
pub use page::{Bar, Bars, Block, Cell, Fact, FactList, Grid, Line, Lines, Page, Setter, Tile, Tone};
pub use path::{PathReport, path_files, path_json, path_terminal};
pub use plain::Plain;
pub use rounds::{rounds_json, rounds_tables, rounds_text};

use crate::stamp::Stamp;
use facts::Facts;
use serde_json::{Map, Value};
use zollverein_batch::Intervals;
use zollverein_model::baseline::Baseline;
use zollverein_model::model::Outcome;
use zollverein_model::problem::Problems;
use zollverein_model::units::UsdPerTonneCo2e;
use zollverein_scenario::Scenario;
use zollverein_scenario::explain::Explanation;
use zollverein_tables::{self as table, Artefact, Format, Table, WriteError, iamc};

/// All that a report on an outcome draws on.
#[derive(Debug, Clone)]
pub struct Report<'a> {
    /// What the proposal is called.
    pub title: String,
    /// What it is, in a sentence or two.
    pub description: &'a str,
    /// What of it is assumed, in words.
    pub assumptions: Option<&'a str>,
    /// Which clause causes what, if it has been taken apart.
    pub driver: Option<&'a Explanation>,
    /// Its clauses, each in words.
    pub clauses: Vec<String>,
    /// The world before.
    pub baseline: &'a Baseline,
    /// What follows.
    pub outcome: &'a Outcome,
    /// What it was made from and how.
    pub stamp: &'a Stamp,
    /// The value of a tonne of CO2e by which to value the change of emissions, if one is asked for.
    pub social_cost: Option<UsdPerTonneCo2e>,
    /// How far the headline figures move with what is not known for sure.
    pub intervals: Option<&'a Intervals>,
    /// Why there are no intervals, where there are none.
    pub without_bands: Option<&'static str>,
    /// The year that the scenario is about, if it names one.
    pub of_year: Option<i32>,
}

impl<'a> Report<'a> {
    /// What there is to report on an outcome of a scenario.
    #[must_use]
    pub fn of(
        scenario: &'a Scenario,
        baseline: &'a Baseline,
        outcome: &'a Outcome,
        stamp: &'a Stamp,
        intervals: Option<&'a Intervals>,
    ) -> Self {
        Self {
            title: scenario.title(),
            description: scenario.description(),
            assumptions: scenario.assumptions(),
            driver: None,
            clauses: scenario.clauses(),
            baseline,
            outcome,
            stamp,
            social_cost: scenario.social_cost(),
            intervals,
            without_bands: match intervals {
                Some(_) => None,
                None => Some(scenario.without_bands().unwrap_or("none were asked for")),
            },
            of_year: scenario.year(),
        }
    }

    /// The same with what each clause causes.
    #[must_use]
    pub fn driven_by(self, driver: Option<&'a Explanation>) -> Self {
        Self { driver, ..self }
    }

    /// The year of the results: the scenario's, else that of the data.
    #[must_use]
    pub fn year(&self) -> Option<i32> {
        self.of_year.or(self.baseline.year)
    }
}

/// The page in Markdown.
#[must_use]
pub fn markdown(report: &Report<'_>) -> String {
    Markdown.set(&story::page(&Facts::of(report)))
}

/// The page in HTML: one file that asks for nothing else, in light and dark.
#[must_use]
pub fn html(report: &Report<'_>) -> String {
    Html.set(&story::page(&Facts::of(report)))
}

/// The brief: the page on one sheet of paper, in HTML that asks for nothing else.
#[must_use]
pub fn short_html(report: &Report<'_>) -> String {
    Sheet.set(&story::short(&Facts::of(report)))
}

/// The brief in Markdown.
#[must_use]
pub fn short_markdown(report: &Report<'_>) -> String {
    Markdown.set(&story::short(&Facts::of(report)))
}

/// The brief as markup for typst, from which `zollverein-pdf` makes the PDF.
#[must_use]
pub fn short_markup(report: &Report<'_>) -> String {
    Typst.set(&story::short(&Facts::of(report)))
}

/// The brief as PDF: one A4 page, tagged, the same bytes for the same outcome.
///
/// # Errors
/// The program `zollverein-pdf` is not beside this one, or the text does not go onto one page.
pub fn short_pdf(report: &Report<'_>) -> Result<Vec<u8>, Problems> {
    pdf::set(&short_markup(report))
}

/// A summary in aligned columns of plain text, with colours if asked for.
#[must_use]
pub fn terminal(report: &Report<'_>, colour: bool) -> String {
    terminal::summary(&Facts::of(report), colour)
}

/// The stamp and the tables as JSON, with the numbers of the files; flows, which
/// are many, are left to the files.
#[must_use]
pub fn json(report: &Report<'_>) -> Value {
    let tables = table::tables(report.baseline, report.outcome);
    let mut object = Map::new();
    object.insert("stamp".to_owned(), serde_json::to_value(report.stamp).unwrap_or_default());
    for table in tables.iter().filter(|table| table.name != "flows") {
        object.insert(table.name.clone(), table.json());
    }
    if let Some(intervals) = report.intervals {
        for table in [intervals.table(), intervals.sources_table()] {
            object.insert(table.name.clone(), table.json());
        }
    }
    Value::Object(object)
}

/// Every result file: the tables in a format, `brief.md`, `brief.html`, and
/// `run.json` with the digests of the others. Write them with [`table::write`].
///
/// # Errors
/// [`WriteError::Encode`] where a table does not go into the format.
pub fn files(report: &Report<'_>, format: Format) -> Result<Vec<Artefact>, WriteError> {
    let mut tables: Vec<Table> = table::tables(report.baseline, report.outcome);
    tables.extend(report.intervals.into_iter().flat_map(|known| [known.table(), known.sources_table()]));
    let mut files = match format {
        Format::Iamc => {
            let head = iamc::Head {
                model: format!("zollverein {}", report.stamp.version),
                scenario: report.title.clone(),
                year: report.year(),
            };
            vec![iamc::of_outcome(&head, &tables).file(format)?]
        }
        _ => table::files(&tables, format, &report.stamp.json())?,
    };
    let page = story::page(&Facts::of(report));
    files.push(Artefact::text("brief.md", Markdown.set(&page)));
    files.push(Artefact::text("brief.html", Html.set(&page)));
    let mut stamp = report.stamp.clone();
    stamp.results = files.iter().map(|file| (file.name.clone(), file.sha256())).collect();
    files.push(Artefact::text("run.json", stamp.json()));
    Ok(files)
}

#[cfg(test)]
mod tests;
