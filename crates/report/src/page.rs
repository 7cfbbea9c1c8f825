//! A page as plain blocks, before it is set in any format.

use crate::words;

/// Whether a number is welcome, for colour; a sign always stands with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// A gain: cool.
    Gain,
    /// A loss: warm.
    Loss,
    /// Neither.
    Plain,
}

impl Tone {
    /// The tone of a change of something that is wanted.
    #[must_use]
    pub fn of(change: f64) -> Self {
        match change {
            c if c < 0.0 => Self::Loss,
            c if c > 0.0 => Self::Gain,
            _ => Self::Plain,
        }
    }
}

/// A cell of a shown table.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// What it says.
    pub text: String,
    /// Whether it is a number (set flush right).
    pub number: bool,
    /// Its tone.
    pub tone: Tone,
}

impl Cell {
    /// Words.
    #[must_use]
    pub fn words(text: impl Into<String>) -> Self {
        Self { text: text.into(), number: false, tone: Tone::Plain }
    }

    /// A number that is neither welcome nor unwelcome.
    #[must_use]
    pub fn figure(text: impl Into<String>) -> Self {
        Self { text: text.into(), number: true, tone: Tone::Plain }
    }
}

/// A shown table.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// What it shows.
    pub caption: String,
    /// Heads of columns, with units.
    pub heads: Vec<String>,
    /// Rows.
    pub rows: Vec<Vec<Cell>>,
    /// What a reader must know besides, in one or more lines; empty where nothing.
    pub note: String,
}

/// A bar of a chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// What it stands for.
    pub label: String,
    /// Its length, in the chart's unit.
    pub value: f64,
}

/// A chart of bars.
#[derive(Debug, Clone, PartialEq)]
pub struct Bars {
    /// What it shows.
    pub title: String,
    /// The unit of its values, in words.
    pub unit: String,
    /// Whether a rise is a gain (else a fall is).
    pub rise_is_gain: bool,
    /// The bars from top to bottom.
    pub bars: Vec<Bar>,
}

impl Bars {
    /// Its values in a sentence, for those who do not see it.
    #[must_use]
    pub fn in_words(&self) -> String {
        let values: Vec<String> =
            self.bars.iter().map(|bar| format!("{} {}", bar.label, words::change(bar.value))).collect();
        format!("Bars in {}: {}.", self.unit, values.join("; "))
    }
}

/// A line of a chart over years.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// What it stands for.
    pub label: String,
    /// Its value in each of the chart's years; `None`: not known.
    pub values: Vec<Option<f64>>,
}

/// A chart of lines over years.
#[derive(Debug, Clone, PartialEq)]
pub struct Lines {
    /// What it shows.
    pub title: String,
    /// The unit of its values, in words.
    pub unit: String,
    /// The years, rising.
    pub years: Vec<i32>,
    /// The lines.
    pub lines: Vec<Line>,
}

impl Lines {
    /// Its values in a sentence, for those who do not see it.
    #[must_use]
    pub fn in_words(&self) -> String {
        let line = |line: &Line| {
            let points = self.years.iter().zip(&line.values);
            let said = points.map(|(year, value)| {
                format!("{} in {year}", value.map_or_else(|| "not known".to_owned(), words::change))
            });
            format!("{} {}", line.label, said.collect::<Vec<_>>().join(", "))
        };
        format!("Lines in {}: {}.", self.unit, self.lines.iter().map(line).collect::<Vec<_>>().join("; "))
    }
}

/// A number that stands out.
#[derive(Debug, Clone, PartialEq)]
pub struct Tile {
    /// What it is.
    pub label: String,
    /// The number.
    pub value: String,
    /// Its unit and what it compares with.
    pub unit: String,
    /// Its tone.
    pub tone: Tone,
}

/// Something with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// What it is.
    pub name: String,
    /// What it is worth, with its unit.
    pub value: String,
}

impl Fact {
    /// A fact of that name.
    #[must_use]
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }

    /// Name and value in one line.
    #[must_use]
    pub fn line(&self) -> String {
        format!("{}: {}", self.name, self.value)
    }
}

/// Facts about one thing.
#[derive(Debug, Clone, PartialEq)]
pub struct FactList {
    /// What they are about.
    pub about: String,
    /// The facts.
    pub facts: Vec<Fact>,
}

/// A part of a page.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// A heading.
    Heading(String),
    /// A paragraph.
    Paragraph(String),
    /// A list.
    List(Vec<String>),
    /// Facts about one thing.
    Facts(FactList),
    /// Numbers that stand out.
    Tiles(Vec<Tile>),
    /// Charts side by side.
    Charts(Vec<Bars>),
    /// Charts over years side by side.
    Lines(Vec<Lines>),
    /// A table.
    Table(Grid),
}

/// A page.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// Its title; empty where it has none.
    pub title: String,
    /// What it is about, in one or more lines.
    pub description: String,
    /// Its parts.
    pub blocks: Vec<Block>,
    /// The stamp in one line; empty where it has none.
    pub foot: String,
}

/// Sets a page in one format; each format is one setter in a file of its own.
pub trait Setter {
    /// The page as text of the format.
    fn set(&self, page: &Page) -> String;
}
