//! A page as markup for typst: all that a page says stands in quoted strings, which nothing in them ends.

use crate::page::{Bars, Block, Grid, Page, Setter, Tile, Tone};
use crate::words;
use std::fmt::Write as _;

/// How it is set.
const STYLE: &str = include_str!("brief.typ");

/// Sets a page as a typst document. Charts over years have no place in a brief and are given in words.
#[derive(Debug, Clone, Copy, Default)]
pub struct Typst;

impl Setter for Typst {
    fn set(&self, page: &Page) -> String {
        set(page)
    }
}

fn set(page: &Page) -> String {
    let mut text = format!(
        "{STYLE}\n#brief(\n  title: {},\n  lead: {},\n  foot: {},\n  blocks: (\n",
        quoted(&page.title),
        quoted(&page.description),
        quoted(&page.foot)
    );
    for block in &page.blocks {
        let (kind, rest) = match block {
            Block::Heading(said) => ("heading", format!("said: {}", quoted(said))),
            Block::Paragraph(said) => ("paragraph", format!("said: {}", quoted(said))),
            Block::List(items) => ("list", format!("items: {}", list(items.iter().map(|item| quoted(item))))),
            Block::Facts(facts) => {
                let said = facts.facts.iter().map(|fact| quoted(&fact.line()));
                ("list", format!("items: {}", list(std::iter::once(quoted(&facts.about)).chain(said))))
            }
            Block::Tiles(tiles) => ("tiles", format!("tiles: {}", list(tiles.iter().map(tile)))),
            Block::Charts(charts) => {
                let drawn =
                    charts.iter().filter(|chart| chart.bars.iter().any(|bar| !words::is_nothing(bar.value)));
                ("charts", format!("charts: {}", list(drawn.map(bars))))
            }
            Block::Lines(charts) => {
                let said =
                    charts.iter().map(|chart| quoted(&format!("{}. {}", chart.title, chart.in_words())));
                ("list", format!("items: {}", list(said)))
            }
            Block::Table(grid) => ("table", table(grid)),
        };
        let _ = writeln!(text, "    (kind: \"{kind}\", {rest}),"); // writing to a String cannot fail
    }
    text.push_str("  ),\n)\n");
    text
}

fn tile(tile: &Tile) -> String {
    format!(
        "(label: {}, said: {}, unit: {}, tone: \"{}\")",
        quoted(&tile.label),
        quoted(&tile.value),
        quoted(&tile.unit),
        tone(tile.tone)
    )
}

fn bars(chart: &Bars) -> String {
    let bars = chart.bars.iter().filter(|bar| bar.value.is_finite()).map(|bar| {
        let (label, said) = (quoted(&bar.label), quoted(&words::change(bar.value)));
        format!("(label: {label}, value: {:.6}, said: {said})", bar.value)
    });
    format!(
        "(title: {}, unit: {}, rise-is-gain: {}, words: {}, bars: {})",
        quoted(&chart.title),
        quoted(&chart.unit),
        chart.rise_is_gain,
        quoted(&format!("{}. {}", chart.title, chart.in_words())),
        list(bars)
    )
}

fn table(grid: &Grid) -> String {
    let numbers = (0..grid.heads.len()).map(|column| {
        let number = grid.rows.first().and_then(|row| row.get(column)).is_some_and(|cell| cell.number);
        number.to_string()
    });
    let rows = grid.rows.iter().map(|row| {
        list(row.iter().map(|cell| format!("(said: {}, tone: \"{}\")", quoted(&cell.text), tone(cell.tone))))
    });
    format!(
        "caption: {}, heads: {}, numbers: {}, rows: {}, note: {}",
        quoted(&grid.caption),
        list(grid.heads.iter().map(|head| quoted(head))),
        list(numbers),
        list(rows),
        quoted(&grid.note)
    )
}

fn tone(tone: Tone) -> &'static str {
    match tone {
        Tone::Gain => "gain",
        Tone::Loss => "loss",
        Tone::Plain => "plain",
    }
}

fn list(items: impl Iterator<Item = String>) -> String {
    let mut text = "(".to_owned();
    for item in items {
        let _ = write!(text, "{item}, "); // writing to a String cannot fail
    }
    // a trailing comma makes a list of one item a list; none at all is `()`
    text.truncate(text.trim_end().len());
    text.push(')');
    text
}

/// A string of typst that says the text.
fn quoted(text: &str) -> String {
    let mut safe = "\"".to_owned();
    for character in text.chars() {
        match character {
            '\\' | '"' => safe.extend(['\\', character]),
            other if other.is_control() => safe.push(' '),
            other => safe.push(other),
        }
    }
    safe.push('"');
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_user_wrote_stays_within_its_string() {
        let page = Page {
            title: "\"); #panic(\"a\\".to_owned(),
            description: "a\nb".to_owned(),
            blocks: vec![Block::List(vec!["#read(\"/etc/passwd\")".to_owned()]), Block::List(vec![])],
            foot: String::new(),
        };
        let text = set(&page);
        assert!(text.contains(r#"title: "\"); #panic(\"a\\","#), "{text}");
        assert!(text.contains("lead: \"a b\","));
        assert!(text.contains(r##"(kind: "list", items: ("#read(\"/etc/passwd\")",)),"##), "{text}");
        assert!(text.contains("(kind: \"list\", items: ()),"));
    }
}
