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

/// A shown table.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// What it shows.
    pub caption: String,
    /// Heads of columns, with units.
    pub heads: Vec<String>,
    /// Rows.
    pub rows: Vec<Vec<Cell>>,
    /// What a reader must know besides.
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

/// A part of a page.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// A heading.
    Heading(String),
    /// A paragraph.
    Paragraph(String),
    /// A list.
    List(Vec<String>),
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
    /// Its title.
    pub title: String,
    /// What it is about.
    pub description: String,
    /// Its parts.
    pub blocks: Vec<Block>,
    /// The stamp in one line.
    pub foot: String,
}
