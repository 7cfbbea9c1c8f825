//! The page of an outcome: what is proposed, who gains and who loses, prices,
//! emissions, what was at stake, and what the numbers rest on.

mod actors;
mod cells;
mod clauses;
mod driver;
mod emissions;
pub(super) mod intervals;
pub(super) mod leakage;
mod limits;
mod opening;
pub(super) mod owners;
mod programmes;
mod sharing;
mod short;
pub(super) mod surprise;
pub(super) mod tally;
mod trade;
mod ways;

use crate::facts::Facts;
use crate::page::Page;
use crate::words;

pub(super) use short::page as short;

/// The page.
pub(super) fn page(facts: &Facts<'_>) -> Page {
    let mut blocks = vec![];
    opening::put(facts, &mut blocks);
    if facts.anything_changes() {
        intervals::put(facts, &mut blocks);
        sharing::put(facts, &mut blocks);
        programmes::put(facts, &mut blocks);
        trade::put(facts, &mut blocks);
        emissions::put(facts, &mut blocks);
        ways::put(facts, &mut blocks);
    }
    limits::put(facts, &mut blocks);
    Page {
        title: words::plain(&facts.report.title),
        description: words::plain(facts.report.description),
        blocks,
        foot: facts.report.stamp.line(),
    }
}
