//! The story on one page: the parts of the long one that a reader needs who has a minute.
//!
//! Nothing on it is cut by its length: what does not go onto one sheet is refused where the sheet is set.

use super::{actors, driver, emissions, intervals, limits, opening, sharing, surprise};
use crate::brief::facts::Facts;
use crate::brief::page::{Block, Page};
use crate::brief::words;

/// So many clauses are said each by itself; with more, they are said in one paragraph.
const APART: usize = 6;
/// So many surprises are told.
const SURPRISES: usize = 2;

/// What a brief does not say of territories, and what its figures are not.
const DISCLAIMER: &str = "Names, codes and groups of countries imply no position on the legal status of any \
    territory. The figures are a model's, not a forecast.";

/// The short page.
pub(in crate::brief) fn page(facts: &Facts<'_>) -> Page {
    let mut blocks = vec![];
    blocks.extend(opening::assumed(facts).map(Block::Paragraph));
    blocks.push(Block::Paragraph(limits::grounds(facts)));
    blocks.push(Block::Paragraph(opening::members(facts)));
    blocks.extend(clauses(facts));
    if facts.anything_changes() {
        blocks.push(Block::Heading("Who pays and who gains".to_owned()));
        blocks.push(Block::Tiles(opening::tiles(facts)));
        blocks.push(Block::Table(actors::table(facts)));
        blocks.extend(list(
            "What is not to be expected",
            surprise::sentences(facts).into_iter().take(SURPRISES),
        ));
        blocks.extend(list("What drives it", driver::sentences(facts)));
        blocks.push(Block::Heading("In short".to_owned()));
        blocks.push(Block::List(opening::sentences(facts)));
        let charts = [actors::chart(facts), sharing::by_exporter(facts), emissions::chart(facts)];
        blocks.push(Block::Charts(charts.into_iter().filter(|chart| !chart.bars.is_empty()).collect()));
    } else {
        blocks.push(Block::Paragraph(opening::NOTHING.to_owned()));
    }
    blocks.push(Block::Heading("What these numbers rest on".to_owned()));
    let mut said = match facts.report.intervals.filter(|_| facts.anything_changes()) {
        Some(known) => {
            [Some(intervals::drawn(known)), intervals::doubt(known)].into_iter().flatten().collect()
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

/// The clauses in words, all of them.
fn clauses(facts: &Facts<'_>) -> Option<Block> {
    let all = opening::clauses(facts);
    match all.len() {
        0 => None,
        count if count <= APART => Some(Block::List(all)),
        count => Some(Block::Paragraph(format!("{count} clauses. {}", all.join(" ")))),
    }
}
