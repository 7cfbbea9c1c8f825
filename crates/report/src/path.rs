//! A path of years for people and machines: a table over years, a page and every year's files.

use crate::compare::HEADLINES;
use crate::page::{Block, Cell, Grid, Line, Lines, Page, Setter, Tone};
use crate::stamp::PathStamp;
use crate::story::intervals;
use crate::{Html, Markdown, Report, files, words};
use serde_json::{Map, Value};
use std::fmt::Write as _;
use zollverein_model::baseline::{Baseline, CountrySet};
use zollverein_model::indicator::{Indicator, Level, Section, Shown, Totals, shown_groups};
use zollverein_model::model::Outcome;
use zollverein_scenario::Scenario;
use zollverein_tables::{self as table, Artefact, Format, WriteError};

/// All that a report on a path draws on.
#[derive(Debug, Clone, Copy)]
pub struct PathReport<'a> {
    /// What is reported on.
    pub scenario: &'a Scenario,
    /// The world before.
    pub baseline: &'a Baseline,
    /// The report on each year, in rising order.
    pub years: &'a [(i32, Report<'a>)],
    /// What it was made from and how.
    pub stamp: &'a PathStamp,
}

/// A headline indicator of one group, by year.
struct Row {
    group: Shown,
    /// The change in each year and how many members have no figure.
    changes: Vec<(Option<f64>, usize)>,
    /// Between which values 90 of 100 draws put it, by year.
    between: Vec<Option<(f64, f64)>>,
}

impl<'a> PathReport<'a> {
    fn outcomes(&self) -> Vec<(i32, &'a Outcome)> {
        self.years.iter().map(|(year, report)| (*year, report.outcome)).collect()
    }

    /// Everyone who applies the policy in some year.
    fn members(&self) -> CountrySet {
        let mut members = CountrySet::none(self.baseline.countries.len());
        for (_, outcome) in self.outcomes() {
            members.extend(&outcome.members);
        }
        members
    }

    /// World, club, status and income groups, with the change of an indicator in each year. Members
    /// and outside are each year's own.
    fn rows(&self, indicator: Indicator) -> Vec<Row> {
        let shown = shown_groups(self.baseline, &self.members());
        let headline = shown.into_iter().filter(|group| group.section != Section::Region);
        let mut rows: Vec<Row> =
            headline.map(|group| Row { group, changes: vec![], between: vec![] }).collect();
        for (_, Report { outcome, intervals, .. }) in self.years {
            let totals = Totals::new(self.baseline, &outcome.indicators, &outcome.equilibrium);
            for row in &mut rows {
                let outside = outcome.members.complement();
                let set = match (row.group.section, row.group.name.as_str()) {
                    (Section::Club, "members") => &outcome.members,
                    (Section::Club, _) => &outside,
                    _ => &row.group.set,
                };
                let total = totals.get(set, indicator, None);
                row.changes.push((total.level.map(Level::change), total.not_known));
                row.between.push(intervals.and_then(|known| known.get(&row.group.name, indicator.name())));
            }
        }
        rows
    }

    /// What was drawn in each year, in a sentence; `None` where nothing was.
    fn drawn(&self) -> Option<String> {
        self.years.iter().find_map(|(_, report)| report.intervals).map(intervals::drawn)
    }

    fn heads(&self) -> impl Iterator<Item = String> {
        self.years.iter().map(|(year, _)| year.to_string())
    }
}

fn said(change: (Option<f64>, usize)) -> String {
    let star = if change.1 > 0 { "*" } else { "" };
    change.0.map_or_else(|| "–".to_owned(), |value| format!("{}{star}", words::change(value)))
}

/// The headline indicators over the years in aligned columns of plain text, a line end last.
#[must_use]
pub fn path_terminal(report: &PathReport<'_>) -> String {
    const NAME: usize = 33;
    let mut text = format!("{}\n", words::plain(&report.scenario.title()));
    // writing to a String cannot fail, here and below
    for (indicator, what, unit) in HEADLINES {
        let _ = write!(text, "\n{:NAME$}", format!("{what},"));
        for year in report.heads() {
            let _ = write!(text, "{year:>12}");
        }
        let _ = writeln!(text, "\n{unit}");
        for row in report.rows(indicator) {
            let _ = write!(text, "{:NAME$}", words::cut(&words::plain(&row.group.label), NAME - 1));
            for change in row.changes {
                let _ = write!(text, "{:>12}", said(change));
            }
            text.push('\n');
            if row.between.iter().any(Option::is_some) {
                for (bound, of) in [("90 of 100 draws from", 0), ("to", 1)] {
                    let _ = write!(text, "{:>width$} ", bound, width = NAME - 1);
                    for between in &row.between {
                        let value = between.map(|(low, high)| words::change([low, high][of]));
                        let _ = write!(text, "{:>12}", value.unwrap_or_else(|| "–".to_owned()));
                    }
                    text.push('\n');
                }
            }
        }
    }
    text.push_str(
        "\nEach year is an equilibrium of its own, held against the baseline.\n\
         –: not known   *: figures of some members are not known and not counted\n",
    );
    let _ = match (report.drawn(), report.years.first()) {
        (Some(drawn), _) => writeln!(text, "{drawn}"),
        (None, Some((year, _))) => writeln!(
            text,
            "The years carry no bands: [uncertainty] in the scenario draws them for each, --year {year} for one."
        ),
        (None, None) => Ok(()),
    };
    text
}

/// The lines of a chart: those of the groups that are there.
fn lines(report: &PathReport<'_>, indicator: Indicator, groups: &[&str]) -> Vec<Line> {
    let rows = report.rows(indicator);
    let named = |name: &&str| rows.iter().find(|row| row.group.name.eq_ignore_ascii_case(name));
    let line = |row: &Row| Line {
        label: words::plain(&row.group.label),
        values: row.changes.iter().map(|(change, _)| *change).collect(),
    };
    groups.iter().filter_map(named).map(line).collect()
}

fn page(report: &PathReport<'_>) -> Page {
    let years: Vec<i32> = report.years.iter().map(|(year, _)| *year).collect();
    let chart = |title: &str, unit: &str, indicator, groups: &[&str]| Lines {
        title: title.to_owned(),
        unit: unit.to_owned(),
        years: years.clone(),
        lines: lines(report, indicator, groups),
    };
    let mut blocks = vec![
        Block::Paragraph(format!(
            "Years: {}. Each is an equilibrium of its own, held against the baseline of the data. Only what the \
             clauses say of years differs: ratchets and phases.",
            words::listed(&report.heads().collect::<Vec<_>>())
        )),
        Block::List(
            report.scenario.clauses().iter().map(|clause| words::plain(&clause.replace('`', ""))).collect(),
        ),
        Block::Heading("Over the years".to_owned()),
        Block::Lines(vec![
            chart(
                "Change of welfare",
                "million USD a year",
                Indicator::Welfare,
                &["members", "outside", "LDC"],
            ),
            chart("Change of the world's emissions", "kt CO2e a year", Indicator::Emissions, &["world"]),
        ]),
        Block::Heading("Figures".to_owned()),
    ];
    for (indicator, what, unit) in HEADLINES {
        let tone = |change: f64| match indicator {
            _ if words::is_nothing(change) => Tone::Plain,
            Indicator::Emissions => Tone::of(-change),
            _ => Tone::of(change),
        };
        let rows = report.rows(indicator).into_iter().map(|row| {
            let name = Cell { text: words::plain(&row.group.label), number: false, tone: Tone::Plain };
            let cells = row.changes.iter().zip(&row.between).map(|(change, between)| Cell {
                text: between.map_or_else(
                    || said(*change),
                    |(low, high)| {
                        format!("{} ({} to {})", said(*change), words::change(low), words::change(high))
                    },
                ),
                number: true,
                tone: change.0.map_or(Tone::Plain, tone),
            });
            std::iter::once(name).chain(cells).collect()
        });
        blocks.push(Block::Table(Grid {
            caption: format!("{what}, {unit}"),
            heads: std::iter::once("Group".to_owned()).chain(report.heads()).collect(),
            rows: rows.collect(),
            note: format!(
                "–: not known. *: figures of some members are not known and not counted.{}",
                report.drawn().map_or_else(String::new, |drawn| format!(" In brackets: {drawn}"))
            ),
        }));
    }
    blocks.push(Block::Paragraph(
        "The folder of each year holds its own brief and tables; path.csv holds all years.".to_owned(),
    ));
    Page {
        title: words::plain(&report.scenario.title()),
        description: words::plain(report.scenario.description()),
        blocks,
        foot: report.stamp.line(),
    }
}

/// The stamp and the table of all years as JSON, with the numbers of `path.csv`.
#[must_use]
pub fn path_json(report: &PathReport<'_>) -> Value {
    let mut object = Map::new();
    object.insert("stamp".to_owned(), serde_json::to_value(report.stamp).unwrap_or_default());
    object.insert("path".to_owned(), table::path(report.baseline, &report.outcomes()).json());
    Value::Object(object)
}

/// Every result file: those of each year in a folder named after it, `path` as a table, `path.md`,
/// `path.html`, and `run.json` with the digests of all others. Write them with [`table::write`].
///
/// # Errors
/// [`WriteError::Encode`] where a table does not go into the format.
pub fn path_files(report: &PathReport<'_>, format: Format) -> Result<Vec<Artefact>, WriteError> {
    let mut all = vec![];
    for (year, one) in report.years {
        let named = |file: Artefact| Artefact { name: format!("{year}/{}", file.name), ..file };
        all.extend(files(one, format)?.into_iter().map(named));
    }
    all.push(table::path(report.baseline, &report.outcomes()).file(format)?);
    let page = page(report);
    all.push(Artefact::text("path.md", Markdown.set(&page)));
    all.push(Artefact::text("path.html", Html.set(&page)));
    let mut stamp = report.stamp.clone();
    stamp.results = all.iter().map(|file| (file.name.clone(), file.sha256())).collect();
    all.push(Artefact::text("run.json", stamp.json()));
    Ok(all)
}
