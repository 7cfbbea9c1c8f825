//! Answers to questions of a negotiation: in plain words, as tables, as charts, as JSON, and as
//! proposals that can be run.

mod agreement;
mod chart;
mod clubs;
mod concession;
mod design;
mod frontier;
mod fund;
mod question;
mod retaliation;

pub use clubs::clubs_answer;
pub use design::design_answer;
pub use frontier::frontier_answer;
pub use question::Question;

use crate::page::{Bar, Bars, Block, Page};
use crate::{chart as bars, words};
use serde_json::{Map, Value, json};
use zollverein_games::optimum::Point;
use zollverein_negotiation::talks::{Position, Talks};
use zollverein_scenario::Scenario;
use zollverein_tables::{Artefact, Cell, Format, Table, WriteError};

/// An answer to a question of a negotiation.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The question: `design`, `frontier` …
    pub question: &'static str,
    /// The answer for people, in aligned plain text.
    pub text: String,
    /// The same as tables.
    pub tables: Vec<Table>,
    /// Figures about the search and the answer as a whole, by name; the unit is in the name.
    pub facts: Vec<(&'static str, Value)>,
    /// Charts, each a file of its own.
    pub charts: Vec<Artefact>,
    /// Proposals that the answer found, by file name without its ending.
    pub proposals: Vec<(String, Scenario)>,
    /// Whether the work came to its end; else this is what was done until it was stopped.
    pub complete: bool,
}

impl Answer {
    /// The answer as JSON: facts, the tables by name, and what it says in words.
    #[must_use]
    pub fn json(&self) -> Value {
        let mut object = Map::new();
        object.insert("question".to_owned(), json!(self.question));
        object.insert("complete".to_owned(), json!(self.complete));
        let facts: Map<String, Value> =
            self.facts.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        object.insert("facts".to_owned(), Value::Object(facts));
        for table in &self.tables {
            object.insert(table.name.clone(), table.json());
        }
        object.insert("words".to_owned(), json!(self.text));
        Value::Object(object)
    }

    /// Every file of the answer: tables as CSV, charts, proposals as scenario files, and the JSON.
    ///
    /// # Errors
    /// A table or a proposal that does not go into its format.
    pub fn files(&self) -> Result<Vec<Artefact>, WriteError> {
        let mut files = vec![];
        for table in &self.tables {
            files.push(table.file(Format::Csv)?);
        }
        files.extend(self.charts.iter().cloned());
        for (name, proposal) in &self.proposals {
            let file = format!("{name}.toml");
            let text = proposal.toml();
            let text =
                text.map_err(|error| WriteError::Encode { file: file.clone(), what: error.to_string() })?;
            files.push(Artefact::text(&file, text));
        }
        files.push(Artefact::text(&format!("{}.json", self.question), format!("{:#}\n", self.json())));
        Ok(files)
    }
}

/// What the numbers and menus are at some points: a row for each number, a column of rows for each point.
fn numbers(talks: &Talks, points: &[(String, Point)]) -> Table {
    let mut rows: Vec<Vec<Cell>> = vec![];
    for (name, point) in points {
        for (number, value) in talks.agenda.numbers.iter().zip(&point.numbers) {
            let said = value.to_string();
            rows.push(cells(&[name, &number.name, &number.path, &said]));
        }
        for (menu, choice) in talks.agenda.menus.iter().zip(&point.choices) {
            rows.push(cells(&[name, &menu.name, &menu.path, &menu.said(*choice)]));
        }
    }
    Table::new("numbers", &["point", "name", "path", "value"], rows)
}

fn cells(texts: &[&str]) -> Vec<Cell> {
    texts.iter().map(|text| Cell::from(*text)).collect()
}

/// How parties stand at some points: payoff and its parts, red lines and floors.
fn standings(talks: &Talks, points: &[(String, &Position)]) -> Table {
    let mut rows: Vec<Vec<Cell>> = vec![];
    for (name, position) in points {
        let mut put = |party: &str, figure: &str, unit: &str, value: Option<f64>, slack: Option<f64>| {
            let mut row = cells(&[name, party, figure, unit]);
            row.push(value.into());
            row.push(slack.into());
            rows.push(row);
        };
        let gains = talks.gains(position);
        for ((party, standing), gain) in talks.parties.iter().zip(&position.standings).zip(gains) {
            for (part, of) in super::rounds::PARTS {
                let slack = (part == "payoff").then_some(gain);
                put(&party.name, part, "million_usd", Some(of(&standing.payoff)), slack);
            }
            for (line, held) in party.red_lines.iter().zip(&standing.red_lines) {
                put(&party.name, &format!("red_line.{}", line.name), line.of.unit(), held.value, held.slack);
            }
        }
        for (floor, held) in talks.agenda.floors.iter().zip(&position.floors) {
            put("", &format!("floor.{}", floor.name), floor.of.unit(), held.value, held.slack);
        }
        for (objective, worth) in talks.agenda.objectives.iter().zip(&position.objectives) {
            put("", &format!("objective.{}", objective.name), objective.unit(), Some(*worth), None);
        }
    }
    Table::new("standings", &["point", "party", "figure", "unit", "value", "slack"], rows)
}

/// What a party does at a position: those that are not asked to sign neither sign nor refuse.
fn state(talks: &Talks, party: usize, position: &Position) -> &'static str {
    match (talks.is_asked(party), talks.signs(party, position)) {
        (false, _) => "not asked",
        (true, true) => "signs",
        (true, false) => "does not sign",
    }
}

/// Who signs at some points: each party's gain against no agreement, and what it does.
fn signatures(talks: &Talks, points: &[(String, &Position)]) -> Table {
    let mut rows: Vec<Vec<Cell>> = vec![];
    for (name, position) in points {
        for (at, (party, standing)) in talks.parties.iter().zip(&position.standings).enumerate() {
            let without = talks.disagreement[at];
            let lines = party.red_lines.iter().zip(&standing.red_lines).filter(|(_, held)| !held.kept);
            let crossed: Vec<&str> = lines.map(|(line, _)| line.name.as_str()).collect();
            rows.push(vec![
                name.as_str().into(),
                party.name.as_str().into(),
                without.into(),
                standing.gain(without).into(),
                crossed.join(" ").into(),
                state(talks, at, position).into(),
            ]);
        }
    }
    let names =
        ["point", "party", "without_agreement_million_usd", "gain_million_usd", "red_lines_crossed", "signs"];
    Table::new("signatures", &names, rows)
}

/// Bars of each party's payoff at a position, as a file.
fn payoff_bars(talks: &Talks, name: &str, position: &Position) -> Artefact {
    let parties = talks.parties.iter().zip(&position.standings);
    let chart = Bars {
        title: format!("Payoff: {name}"),
        unit: "million USD a year".to_owned(),
        rise_is_gain: true,
        bars: parties
            .map(|(party, standing)| Bar { label: words::plain(&party.name), value: standing.payoff.total() })
            .collect(),
    };
    Artefact::text("payoffs.svg", bars::sheet(&[chart]))
}

/// A proposal at a point, with a title that says where it comes from.
fn proposal(talks: &Talks, point: &Point, what: &str) -> Option<Scenario> {
    let found = talks.proposal(point).ok()?;
    let title = format!("{}: {what}", talks.scenario.title());
    let found = found.with("title", title.as_str()).ok()?;
    // the text stands in no folder: data are found from where it is put
    Some(found)
}

/// An answer on a negotiation as a page under the title of its scenario.
fn page(talks: &Talks, description: String, blocks: Vec<Block>) -> Page {
    Page { title: words::plain(&talks.scenario.title()), description, blocks, foot: String::new() }
}

/// What is said of an answer whose search was stopped.
const STOPPED: &str = "Stopped before the end: this is what was done until then, not the whole answer.";

/// A paragraph that says that work was stopped.
fn unfinished(complete: bool) -> Option<Block> {
    (!complete).then(|| Block::Paragraph(STOPPED.to_owned()))
}

/// A line that says that work was stopped.
fn stopped(complete: bool, text: &mut String) {
    if !complete {
        text.extend(["\n", STOPPED, "\n"]);
    }
}

/// A unit of files in words.
fn unit(name: &str) -> &str {
    super::rounds::unit(name)
}

/// A number that is set, with the digits that tell it from its neighbours.
fn set(value: f64) -> String {
    let text = format!("{value:.4}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".to_owned() } else { text.replace('-', "\u{2212}") }
}
