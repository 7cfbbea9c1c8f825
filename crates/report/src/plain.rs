//! A page in plain text, for a terminal or a pipe.

use crate::aligned::{Lean, columns};
use crate::page::{Block, Cell, Grid, Page, Setter};
use std::fmt::Write as _;

/// Sets a page in plain text: blocks apart by an empty line, charts in words, tables in aligned columns.
#[derive(Debug, Clone, Copy, Default)]
pub struct Plain;

impl Setter for Plain {
    fn set(&self, page: &Page) -> String {
        let mut text = String::new();
        // writing to a String cannot fail, here and below
        for line in std::iter::once(page.title.as_str()).chain(page.description.lines()) {
            if !line.is_empty() {
                let _ = writeln!(text, "{}", clean(line));
            }
        }
        let mut under_heading = false;
        for block in &page.blocks {
            if !text.is_empty() && !under_heading {
                text.push('\n');
            }
            under_heading = matches!(block, Block::Heading(_));
            put(&mut text, block);
        }
        if !page.foot.is_empty() {
            let _ = writeln!(text, "\n{}", clean(&page.foot));
        }
        text
    }
}

/// A user's text without control characters, in one line.
fn clean(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_whitespace() || !c.is_control())
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

fn put(text: &mut String, block: &Block) {
    let _ = match block {
        Block::Heading(said) | Block::Paragraph(said) => writeln!(text, "{}", clean(said)),
        Block::List(items) => items.iter().try_for_each(|item| writeln!(text, "  - {}", clean(item))),
        Block::Facts(facts) => writeln!(text, "{}", clean(&facts.about)).and_then(|()| {
            let mut all = facts.facts.iter();
            all.try_for_each(|fact| writeln!(text, "  {}", clean(&fact.line())))
        }),
        Block::Tiles(tiles) => tiles.iter().try_for_each(|tile| {
            let (label, unit) = (clean(&tile.label), clean(&tile.unit));
            writeln!(text, "  {label}: {} {unit}", clean(&tile.value))
        }),
        Block::Charts(charts) => charts
            .iter()
            .try_for_each(|one| writeln!(text, "{}. {}", clean(&one.title), clean(&one.in_words()))),
        Block::Lines(charts) => charts
            .iter()
            .try_for_each(|one| writeln!(text, "{}. {}", clean(&one.title), clean(&one.in_words()))),
        Block::Table(grid) => {
            table(text, grid);
            Ok(())
        }
    };
}

/// The caption, an empty line, the columns and the note right under them.
fn table(text: &mut String, grid: &Grid) {
    if !grid.caption.is_empty() {
        let _ = writeln!(text, "{}\n", clean(&grid.caption)); // writing to a String cannot fail
    }
    let lean = |column: usize| {
        let number = grid.rows.first().and_then(|row| row.get(column)).is_some_and(|cell| cell.number);
        if number { Lean::Right } else { Lean::Left }
    };
    let heads: Vec<String> = grid.heads.iter().map(|head| clean(head)).collect();
    let heads: Vec<(&str, Lean)> =
        heads.iter().enumerate().map(|(column, head)| (head.as_str(), lean(column))).collect();
    let said = |row: &Vec<Cell>| row.iter().map(|cell| clean(&cell.text)).collect();
    let rows: Vec<Vec<String>> = grid.rows.iter().map(said).collect();
    text.push_str(&columns(&heads, &rows));
    for line in grid.note.lines() {
        let _ = writeln!(text, "{}", clean(line));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{Fact, FactList};

    fn page(blocks: Vec<Block>) -> Page {
        Page { title: "A plan".to_owned(), description: String::new(), blocks, foot: String::new() }
    }

    #[test]
    fn blocks_stand_apart_and_what_a_heading_heads_right_under_it() {
        let grid = Grid {
            caption: "Who".to_owned(),
            heads: vec!["Country".to_owned(), "kt".to_owned()],
            rows: vec![vec![Cell::words("Ardia"), Cell::figure("1")]],
            note: "of two".to_owned(),
        };
        let facts = FactList { about: "Data".to_owned(), facts: vec![Fact::new("folder", "toy")] };
        let blocks = vec![
            Block::Facts(facts),
            Block::Heading("Notes".to_owned()),
            Block::List(vec!["one".to_owned()]),
            Block::Table(grid),
            Block::Paragraph("The end.".to_owned()),
        ];
        let text = "A plan\n\nData\n  folder: toy\n\nNotes\n  - one\n\nWho\n\nCountry  kt\nArdia     1\nof two\n\nThe end.\n";
        assert_eq!(Plain.set(&page(blocks)), text);
    }

    #[test]
    fn what_a_user_wrote_does_not_steer_the_terminal() {
        let text = Plain.set(&page(vec![Block::List(vec!["\u{1b}[31mred\u{7}".to_owned()])]));
        assert!(!text.contains('\u{1b}') && !text.contains('\u{7}') && text.contains("red"), "{text:?}");
    }

    #[test]
    fn every_setter_says_every_fact() {
        let facts = vec![Fact::new("folder", "toy"), Fact::new("year", "2023")];
        let page = page(vec![Block::Facts(FactList { about: "Data".to_owned(), facts })]);
        let setters: [&dyn Setter; 5] =
            [&Plain, &crate::Html, &crate::Sheet, &crate::Markdown, &crate::Typst];
        for (at, setter) in setters.into_iter().enumerate() {
            let text = setter.set(&page);
            let said = ["A plan", "Data", "folder: toy", "year: 2023"];
            assert!(said.iter().all(|words| text.contains(words)), "setter {at}: {text}");
        }
    }
}
