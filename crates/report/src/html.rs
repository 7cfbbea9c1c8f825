//! A page in HTML: one file, no script, nothing asked for from elsewhere.

use crate::page::{Bars, Block, Grid, Page, Setter, Tile, Tone};
use crate::words::escaped;
use crate::{chart, lines};
use std::fmt::Write as _;

const STYLE: &str = include_str!("brief.css");
/// What sets a brief on one sheet of paper, beyond that.
const SHEET: &str = include_str!("sheet.css");

/// Sets a page as an HTML document.
#[derive(Debug, Clone, Copy, Default)]
pub struct Html;

impl Setter for Html {
    fn set(&self, page: &Page) -> String {
        styled(page, "")
    }
}

/// Sets a page as an HTML document that prints on one sheet of paper: much text in smaller letters.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sheet;

impl Setter for Sheet {
    fn set(&self, page: &Page) -> String {
        let size = format!("@media print {{ body {{ font-size: {:.1}px; }} }}\n", letters(page));
        styled(page, &format!("{SHEET}{size}"))
    }
}

/// The size of letters in which a page goes onto one sheet, in pixels of a browser, rounded down to tenths.
fn letters(page: &Page) -> f64 {
    /// Letters of ordinary size.
    const LARGEST: f64 = 8.6;
    /// So many characters go onto a sheet in them, with room to spare.
    const ROOM: f64 = 8000.0;
    /// Charts take the room of so many characters, tiles and each row of a table too.
    const CHARTS: usize = 1450;
    const TILES: usize = 700;
    const ROW: usize = 120;
    let characters: usize = page
        .blocks
        .iter()
        .map(|block| match block {
            Block::Heading(_) => ROW,
            Block::Paragraph(text) => text.chars().count(),
            Block::List(items) => items.iter().map(|item| item.chars().count().max(ROW)).sum(),
            Block::Facts(facts) => (facts.facts.len() + 1) * ROW,
            Block::Tiles(_) => TILES,
            Block::Charts(_) | Block::Lines(_) => CHARTS,
            Block::Table(grid) => (grid.rows.len() + 2) * ROW,
        })
        .sum();
    #[allow(clippy::cast_precision_loss)] // a page's characters
    let share = ROOM / (characters as f64).max(1.0);
    (LARGEST * share.sqrt().min(1.0) * 10.0).floor() / 10.0
}

fn styled(page: &Page, more: &str) -> String {
    let title = escaped(&page.title);
    let mut text = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
         <style>\n{STYLE}{more}</style>\n</head>\n<body>\n<main>\n<header>\n<h1>{title}</h1>\n"
    );
    // writing to a String cannot fail, here and below
    if !page.description.is_empty() {
        let _ = writeln!(text, "<p class=\"lead\">{}</p>", escaped(&page.description));
    }
    text.push_str("</header>\n");
    let mut charts = 0;
    for block in &page.blocks {
        match block {
            Block::Heading(heading) => {
                let _ = writeln!(text, "<h2>{}</h2>", escaped(heading));
            }
            Block::Paragraph(paragraph) => {
                let _ = writeln!(text, "<p>{}</p>", escaped(paragraph));
            }
            Block::List(items) => {
                text.push_str("<ul>\n");
                for item in items {
                    let _ = writeln!(text, "<li>{}</li>", escaped(item));
                }
                text.push_str("</ul>\n");
            }
            Block::Facts(facts) => {
                let _ = writeln!(text, "<p>{}</p>\n<ul>", escaped(&facts.about));
                for fact in &facts.facts {
                    let _ = writeln!(text, "<li>{}</li>", escaped(&fact.line()));
                }
                text.push_str("</ul>\n");
            }
            Block::Tiles(tiles) => tiles_into(&mut text, tiles),
            Block::Charts(bars) => charts_into(&mut text, bars, &mut charts),
            Block::Lines(lines) => {
                let drawn = lines.iter().map(|one| {
                    charts += 1;
                    (&one.title, &one.unit, lines::svg(one, &format!("chart{charts}")))
                });
                figures_into(&mut text, drawn);
            }
            Block::Table(grid) => table_into(&mut text, grid),
        }
    }
    let _ = write!(text, "<footer>{}</footer>\n</main>\n</body>\n</html>\n", escaped(&page.foot));
    text
}

fn class(tone: Tone) -> &'static str {
    match tone {
        Tone::Gain => "gain",
        Tone::Loss => "loss",
        Tone::Plain => "plain",
    }
}

fn tiles_into(text: &mut String, tiles: &[Tile]) {
    text.push_str("<dl class=\"tiles\">\n");
    for tile in tiles {
        let _ = writeln!(
            text,
            "<div><dt>{}</dt><dd class=\"{}\">{}</dd><dd class=\"unit\">{}</dd></div>",
            escaped(&tile.label),
            class(tile.tone),
            escaped(&tile.value),
            escaped(&tile.unit)
        );
    }
    text.push_str("</dl>\n");
}

fn charts_into(text: &mut String, bars: &[Bars], count: &mut usize) {
    let drawn = bars.iter().map(|one| {
        *count += 1;
        (&one.title, &one.unit, chart::svg(one, &format!("chart{count}")))
    });
    figures_into(text, drawn);
}

/// Titles, units and drawings; what could not be drawn is left out.
fn figures_into<'a>(
    text: &mut String,
    figures: impl Iterator<Item = (&'a String, &'a String, Option<String>)>,
) {
    text.push_str("<div class=\"charts\">\n");
    for (title, unit, svg) in figures {
        if let Some(svg) = svg {
            let (title, unit) = (escaped(title), escaped(unit));
            let _ = writeln!(
                text,
                "<figure><figcaption>{title} <span>{unit}</span></figcaption>\n{svg}</figure>"
            );
        }
    }
    text.push_str("</div>\n");
}

fn table_into(text: &mut String, grid: &Grid) {
    // a region that scrolls is reached by keyboard
    let _ = writeln!(
        text,
        "<div class=\"table\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\"><table>\n<caption>{0}</caption>\n<thead><tr>",
        escaped(&grid.caption)
    );
    for (column, head) in grid.heads.iter().enumerate() {
        let number = grid.rows.first().is_some_and(|row| row[column].number);
        let class = if number { " class=\"number\"" } else { "" };
        let (name, unit) = head.split_once(", ").unwrap_or((head, ""));
        let unit = if unit.is_empty() { String::new() } else { format!(" <span>{}</span>", escaped(unit)) };
        let _ = write!(text, "<th scope=\"col\"{class}>{}{unit}</th>", escaped(name));
    }
    text.push_str("</tr></thead>\n<tbody>\n");
    for row in &grid.rows {
        text.push_str("<tr>");
        for (column, cell) in row.iter().enumerate() {
            let said = escaped(&cell.text);
            let _ = if column == 0 {
                write!(text, "<th scope=\"row\">{said}</th>")
            } else if cell.number {
                write!(text, "<td class=\"number {}\">{said}</td>", class(cell.tone))
            } else {
                write!(text, "<td>{said}</td>")
            };
        }
        text.push_str("</tr>\n");
    }
    text.push_str("</tbody>\n</table></div>\n");
    if !grid.note.is_empty() {
        let _ = writeln!(text, "<p class=\"note\">{}</p>", escaped(&grid.note));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_with_much_text_is_set_in_smaller_letters() {
        let page = |text: usize| Page {
            title: String::new(),
            description: String::new(),
            blocks: vec![Block::Paragraph("a".repeat(text))],
            foot: String::new(),
        };
        assert_eq!([0, 7000].map(|text| letters(&page(text))), [8.6, 8.6]);
        assert_eq!(letters(&page(4 * 8000)), 4.3);
        assert!(Sheet.set(&page(4 * 8000)).contains("font-size: 4.3px"));
    }

    #[test]
    fn what_a_user_wrote_is_text_and_never_markup() {
        let page = Page {
            title: "<script>alert(1)</script>".to_owned(),
            description: "a & b".to_owned(),
            blocks: vec![Block::Paragraph("<img src=x>".to_owned())],
            foot: "\"stamp\"".to_owned(),
        };
        let text = Html.set(&page);
        assert!(!text.contains("<script") && !text.contains("<img"));
        assert!(text.contains("&lt;script&gt;") && text.contains("a &amp; b"));
    }
}
