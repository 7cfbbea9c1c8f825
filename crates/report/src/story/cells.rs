//! Cells of shown tables, from numbers.

use crate::page::{Cell, Tone};
use crate::words;
use zollverein_model::indicator::{Level, Total};
use zollverein_model::units::percent;

/// What stands for a figure that is not known.
pub(super) const NOT_KNOWN: &str = "–";

/// What tables with such figures say.
pub(super) const LEGEND: &str = "–: not known. *: figures of some members are not known and not counted.";

/// Words.
pub(super) fn words_cell(text: impl Into<String>) -> Cell {
    Cell { text: text.into(), number: false, tone: Tone::Plain }
}

/// A level, without sign or tone.
pub(super) fn level(value: Option<f64>) -> Cell {
    let text = value.map_or_else(|| NOT_KNOWN.to_owned(), words::figure);
    Cell { text, number: true, tone: Tone::Plain }
}

/// A change, welcome where it rises.
pub(super) fn change(value: Option<f64>) -> Cell {
    let text = value.map_or_else(|| NOT_KNOWN.to_owned(), words::change);
    Cell { text, number: true, tone: tone(value) }
}

/// A change, unwelcome where it rises.
pub(super) fn unwelcome(value: Option<f64>) -> Cell {
    Cell { tone: tone(value.map(|v| -v)), ..change(value) }
}

/// A change about which the reader may think either way.
pub(super) fn plain_change(value: Option<f64>) -> Cell {
    Cell { tone: Tone::Plain, ..change(value) }
}

/// A ratio as percent with sign.
pub(super) fn percent_change(ratio: Option<f64>) -> Cell {
    change(ratio.map(percent))
}

/// A total's relative change in percent.
pub(super) fn relative(total: Total) -> Cell {
    percent_change(total.level.and_then(Level::relative))
}

/// Marks a cell whose total leaves some members out.
pub(super) fn partial(cell: Cell, not_known: usize) -> Cell {
    if not_known > 0 && cell.text != NOT_KNOWN {
        return Cell { text: format!("{}*", cell.text), ..cell };
    }
    cell
}

fn tone(value: Option<f64>) -> Tone {
    value.filter(|v| !words::is_nothing(*v)).map_or(Tone::Plain, Tone::of)
}
