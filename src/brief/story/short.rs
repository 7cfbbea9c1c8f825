//! The story on one page: the parts of the long one that a reader needs who has a minute.

use super::{emissions, limits, opening, sharing};
use crate::brief::facts::Facts;
use crate::brief::page::{Block, Page};
use crate::brief::words;

/// How many clauses are said, and how many characters of each and of what the scenario says of itself.
const CLAUSES: usize = 6;
const LONG: usize = 260;
/// How many characters the list of members takes.
const MEMBERS: usize = 420;
const TITLE: usize = 120;

/// What a brief does not say of territories, and what its figures are not.
const DISCLAIMER: &str = "Names, codes and groups of countries imply no position on the legal status of any \
    territory. The figures are a model's, not a forecast.";

/// The short page.
pub(in crate::brief) fn page(facts: &Facts<'_>) -> Page {
    let mut blocks = vec![Block::Paragraph(words::cut(&opening::members(facts), MEMBERS))];
    let clauses = clauses(facts);
    if !clauses.is_empty() {
        blocks.push(Block::List(clauses));
    }
    blocks.push(Block::Heading("In short".to_owned()));
    if facts.anything_changes() {
        blocks.push(Block::Tiles(opening::tiles(facts)));
        blocks.push(Block::List(opening::sentences(facts)));
        blocks.push(Block::Heading("Who gains and who loses".to_owned()));
        let charts = [sharing::by_group(facts), sharing::by_exporter(facts), emissions::chart(facts)];
        blocks.push(Block::Charts(charts.into_iter().filter(|chart| !chart.bars.is_empty()).collect()));
        blocks.push(Block::Table(sharing::groups(facts)));
    } else {
        blocks.push(Block::Paragraph(opening::NOTHING.to_owned()));
    }
    blocks.push(Block::Heading("What these numbers rest on".to_owned()));
    let mut said = limits::method(facts);
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
        title: words::cut(&words::plain(&facts.report.title), TITLE),
        description: words::cut(&words::plain(facts.report.description), LONG),
        blocks,
        foot: facts.report.stamp.line(),
    }
}

/// The first clauses in words, and how many more there are.
fn clauses(facts: &Facts<'_>) -> Vec<String> {
    let all = opening::clauses(facts);
    let more = all.len().saturating_sub(CLAUSES);
    let mut said: Vec<String> = all.iter().take(CLAUSES).map(|clause| words::cut(clause, LONG)).collect();
    if more > 0 {
        said.push(format!("{} not said here.", words::counted(more, "more clause is", "more clauses are")));
    }
    said
}
