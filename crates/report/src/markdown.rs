//! A page in Markdown.

use crate::page::{Block, Grid, Page, Setter};
use std::fmt::Write as _;

/// Sets a page in Markdown; charts are given in words.
#[derive(Debug, Clone, Copy, Default)]
pub struct Markdown;

impl Setter for Markdown {
    fn set(&self, page: &Page) -> String {
        set(page)
    }
}

fn set(page: &Page) -> String {
    let mut text = format!("# {}\n\n", escaped(&page.title));
    if !page.description.is_empty() {
        let _ = writeln!(text, "{}\n", escaped(&page.description)); // writing to a String cannot fail
    }
    for block in &page.blocks {
        match block {
            Block::Heading(heading) => {
                let _ = writeln!(text, "## {}\n", escaped(heading));
            }
            Block::Paragraph(paragraph) => {
                let _ = writeln!(text, "{}\n", escaped(paragraph));
            }
            Block::List(items) => {
                for item in items {
                    let _ = writeln!(text, "* {}", escaped(item));
                }
                text.push('\n');
            }
            Block::Facts(facts) => {
                let _ = writeln!(text, "{}\n", escaped(&facts.about));
                for fact in &facts.facts {
                    let _ = writeln!(text, "* {}", escaped(&fact.line()));
                }
                text.push('\n');
            }
            Block::Tiles(tiles) => {
                for tile in tiles {
                    let (label, unit) = (escaped(&tile.label), escaped(&tile.unit));
                    let _ = writeln!(text, "* {label}: **{}** {unit}", tile.value);
                }
                text.push('\n');
            }
            Block::Charts(charts) => {
                for one in charts {
                    let (title, words) = (escaped(&one.title), escaped(&one.in_words()));
                    let _ = writeln!(text, "**{title}.** {words}\n");
                }
            }
            Block::Lines(charts) => {
                for one in charts {
                    let (title, words) = (escaped(&one.title), escaped(&one.in_words()));
                    let _ = writeln!(text, "**{title}.** {words}\n");
                }
            }
            Block::Table(grid) => table(&mut text, grid),
        }
    }
    let _ = writeln!(text, "---\n\n{}", escaped(&page.foot));
    text
}

fn table(text: &mut String, grid: &Grid) {
    let _ = writeln!(text, "**{}**\n", escaped(&grid.caption));
    let heads: Vec<String> = grid.heads.iter().map(|head| escaped(head)).collect();
    let _ = writeln!(text, "| {} |", heads.join(" | "));
    let numbers = |column: usize| grid.rows.first().is_some_and(|row| row[column].number);
    let rules: Vec<&str> =
        (0..heads.len()).map(|column| if numbers(column) { "--:" } else { ":--" }).collect();
    let _ = writeln!(text, "| {} |", rules.join(" | "));
    for row in &grid.rows {
        let cells: Vec<String> = row.iter().map(|cell| escaped(&cell.text)).collect();
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    text.push('\n');
    if !grid.note.is_empty() {
        let _ = writeln!(text, "{}\n", escaped(&grid.note));
    }
}

/// Text in which nothing is taken for markup.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '~') {
            safe.push('\\');
        }
        safe.push(if character.is_control() { ' ' } else { character });
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{Cell, Tone};

    #[test]
    fn names_do_not_break_the_table() {
        let cell = |text: &str, number| Cell { text: text.to_owned(), number, tone: Tone::Plain };
        let page = Page {
            title: "A *bold* plan".to_owned(),
            description: String::new(),
            blocks: vec![Block::Table(Grid {
                caption: "Who".to_owned(),
                heads: vec!["Country".to_owned(), "kt".to_owned()],
                rows: vec![vec![cell("a|b_c", false), cell("1", true)]],
                note: String::new(),
            })],
            foot: "stamp".to_owned(),
        };
        let text = "# A \\*bold\\* plan\n\n**Who**\n\n| Country | kt |\n| :-- | --: |\n| a\\|b\\_c | 1 |\n\n---\n\nstamp\n";
        assert_eq!(set(&page), text);
    }
}
