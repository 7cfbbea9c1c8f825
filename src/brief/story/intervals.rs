//! How far the headline figures move with what is not known for sure.

use crate::baseline::CountrySet;
use crate::batch::Intervals;
use crate::brief::facts::{Facts, label};
use crate::brief::page::{Block, Cell, Grid, Tone};
use crate::brief::words;

/// What is shown: heading, indicator, and what a hundredfold makes of it.
pub(in crate::brief) const SHOWN: [(&str, &str, f64); 3] = [
    ("welfare, million USD", "welfare", 1.0),
    ("welfare, % of GDP", "welfare_per_gdp", 100.0),
    ("emissions, kt CO2e", "emissions", 1.0),
];

/// A range in words, or a dash where it is not known.
pub(in crate::brief) fn range(intervals: &Intervals, group: &str, indicator: &str, factor: f64) -> String {
    intervals.get(group, indicator).map_or_else(
        || "–".to_owned(),
        |(low, high)| format!("{} to {}", words::change(low * factor), words::change(high * factor)),
    )
}

/// What was drawn, in a sentence.
pub(in crate::brief) fn drawn(intervals: &Intervals) -> String {
    let inputs = words::counted(intervals.inputs.len(), "number", "numbers");
    let failed = match intervals.failed {
        0 => String::new(),
        failed => format!(" {} gave no figure and is not counted.", words::counted(failed, "draw", "draws")),
    };
    format!(
        "Of {} draws of {inputs} that are not known for sure, 90 in 100 lie between these. What was not drawn counts as known.{failed}",
        intervals.draws
    )
}

/// Puts the ranges on the page, where the scenario asks for them.
pub(super) fn put(facts: &Facts<'_>, blocks: &mut Vec<Block>) {
    let Some(intervals) = facts.report.intervals else { return };
    let empty = |set: &CountrySet| set.is_empty();
    let rows = facts.headline_groups().filter(|group| !empty(&group.set)).map(|group| {
        let cell = |text: String, number| Cell { text, number, tone: Tone::Plain };
        let mut row = vec![cell(label(group), false)];
        let ranges = SHOWN
            .iter()
            .map(|(_, indicator, factor)| cell(range(intervals, &group.name, indicator, *factor), true));
        row.extend(ranges);
        row
    });
    let heads = std::iter::once("Change a year").chain(SHOWN.iter().map(|(head, ..)| *head));
    blocks.push(Block::Table(Grid {
        caption: "How sure the headline figures are".to_owned(),
        heads: heads.map(str::to_owned).collect(),
        rows: rows.collect(),
        note: drawn(intervals),
    }));
}
