//! The story on one page: the parts of the long one that a reader needs who has a minute.
//!
//! Nothing on it is cut by its length: what does not go onto one sheet is refused where the sheet is set.

use super::{actors, clauses, driver, intervals, limits, opening, sharing, surprise};
use crate::facts::Facts;
use crate::page::{Bars, Block, Grid, Page};
use crate::words;

/// So many clauses are said each by itself; more of them stand at the end, in fewer words.
const APART: usize = 6;
/// So many surprises are told.
const SURPRISES: usize = 2;

/// What a brief does not say of territories, and what its figures are not.
const DISCLAIMER: &str = "Names, codes and groups of countries imply no position on the legal status of any \
    territory. The figures are a model's, not a forecast.";

/// The short page.
pub(crate) fn page(facts: &Facts<'_>) -> Page {
    let mut blocks = vec![];
    blocks.extend(opening::assumed(facts).map(Block::Paragraph));
    blocks.push(Block::Paragraph(limits::grounds(facts)));
    blocks.push(Block::Paragraph(opening::members(facts)));
    let clauses = clauses::each(facts);
    let many = clauses.len() > APART;
    if many {
        let count = clauses.len();
        blocks.push(Block::Paragraph(format!("{count} clauses, all of which stand below.")));
    } else if !clauses.is_empty() {
        blocks.push(Block::List(clauses));
    }
    if facts.anything_changes() {
        blocks.push(Block::Heading("Who pays and who gains".to_owned()));
        blocks.push(Block::Tiles(opening::tiles(facts)));
        blocks.push(Block::Table(Grid { caption: "Million USD a year".to_owned(), ..actors::table(facts) }));
        let mut surprises = surprise::sentences(facts);
        surprises.truncate(SURPRISES);
        if surprises.is_empty() {
            surprises.push(surprise::none(facts));
        }
        blocks.extend(list("What is not to be expected", surprises));
        blocks.extend(list("What drives it", driver::sentences(facts)));
        blocks.push(Block::Heading("In short".to_owned()));
        blocks.push(Block::List(opening::sentences(facts)));
        // the room of charts goes to the clauses where they are many
        let charts = [actors::chart(facts), sharing::by_exporter(facts)];
        let charts: Vec<Bars> = charts.into_iter().filter(|chart| !many && !chart.bars.is_empty()).collect();
        if !charts.is_empty() {
            blocks.push(Block::Charts(charts));
        }
    } else {
        blocks.push(Block::Paragraph(opening::NOTHING.to_owned()));
    }
    blocks.push(Block::Heading("What these numbers rest on".to_owned()));
    let mut said = match facts.report.intervals.filter(|_| facts.anything_changes()) {
        Some(known) => {
            [Some(intervals::drawn(known)), intervals::doubt(facts)].into_iter().flatten().collect()
        }
        None => intervals::absent(facts).into_iter().collect::<Vec<_>>(),
    };
    said.extend(limits::method(facts));
    let notes = facts.report.stamp.notes.len();
    if notes > 0 {
        said.push(format!(
            "{} on the data and on assumptions made for them in the long page: `zollverein run --out`.",
            words::counted(notes, "note stands", "notes stand")
        ));
    }
    blocks.push(Block::List(said));
    if many {
        blocks.push(Block::Heading("The clauses".to_owned()));
        blocks.push(Block::Paragraph(clauses::together(facts).join(" ")));
    }
    blocks.push(Block::Paragraph(DISCLAIMER.to_owned()));
    Page {
        title: words::plain(&facts.report.title),
        description: words::plain(facts.report.description),
        blocks,
        foot: facts.report.stamp.line(),
    }
}

/// A heading with a list below it, if there is anything in it.
fn list(heading: &str, items: impl IntoIterator<Item = String>) -> Vec<Block> {
    let items: Vec<String> = items.into_iter().collect();
    if items.is_empty() {
        return vec![];
    }
    vec![Block::Heading(heading.to_owned()), Block::List(items)]
}
