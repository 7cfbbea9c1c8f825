//! How far the headline figures move with what is not known for sure: bands, what the doubt comes
//! from, and in how many draws a party would sign.

use crate::facts::{Facts, label};
use crate::page::{Block, Cell, Grid, Tone};
use crate::words;
use zollverein_batch::{Band, Intervals, Origin};
use zollverein_model::baseline::CountrySet;

/// What is shown: heading, indicator, and what a hundredfold makes of it.
pub(crate) const SHOWN: [(&str, &str, f64); 5] = [
    ("welfare, million USD", "welfare", 1.0),
    ("welfare, % of GDP", "welfare_per_gdp", 100.0),
    ("exports, kt", "exports", 1.0),
    ("output, kt", "output", 1.0),
    ("emissions, kt CO2e", "emissions", 1.0),
];

/// Sources below this share of the variance are not named.
const NAMED: f64 = 0.15;

/// A figure in print: its change, rounded as its band says.
pub(crate) fn said(change: f64, band: Option<Band>) -> String {
    words::rounded(change, band.and_then(|band| band.rounded_to()))
}

/// The ends of a band in words.
pub(crate) fn between(band: Band) -> String {
    let end = |value| words::rounded(value, band.rounded_to());
    format!("{} to {}", end(band.low), end(band.high))
}

/// The band of a group's indicator in words with the share of draws that have the figure's sign, or a
/// dash where it is not known.
pub(crate) fn range(intervals: &Intervals, group: &str, indicator: &str, factor: f64) -> String {
    intervals.band(group, indicator).map_or_else(
        || "–".to_owned(),
        |band| format!("{} ({})", between(band.times(factor)), words::share(band.with_sign)),
    )
}

/// What was drawn, in a sentence.
pub(crate) fn drawn(intervals: &Intervals) -> String {
    let origins: Vec<String> = intervals.origins.iter().map(|origin| origin.label().to_owned()).collect();
    let failed = match intervals.failed {
        0 => String::new(),
        failed => format!(" {} gave no figure and is not counted.", words::counted(failed, "draw", "draws")),
    };
    format!(
        "Of {} draws of {}, 90 in 100 lie between the ends. What was not drawn counts as known.{failed}",
        intervals.draws,
        words::listed(&origins)
    )
}

/// What the brackets of [`range`] hold.
pub(crate) const IN_BRACKETS: &str = "In brackets: the share of draws with the sign of the figure.";

/// The sentence on the largest sources of doubt about what members, else the world, gain or lose; `None`
/// where nothing is in doubt.
pub(crate) fn doubt(facts: &Facts<'_>) -> Option<String> {
    let intervals = facts.report.intervals?;
    let members = facts.said("the members' welfare", "the welfare of those who apply it");
    let of = |(group, what)| Some((intervals.sources(group, "welfare"), what)).filter(|(s, _)| !s.is_empty());
    let (sources, what) =
        [("members", members), ("world", "the world's welfare")].into_iter().find_map(of)?;
    let part = |(origin, share): (Origin, f64)| {
        // a hundred draws tell a share to about a tenth
        format!("{} (about {:.0} %)", origin.label(), (10.0 * share).round() * 10.0)
    };
    let mut named: Vec<String> =
        sources.iter().copied().filter(|(_, share)| *share >= NAMED).map(part).collect();
    if named.is_empty() {
        named.extend(sources.first().copied().map(part));
    }
    let source = if named.len() == 1 { "source" } else { "sources" };
    Some(format!("Largest {source} of doubt about {what}, by share of variance: {}.", words::listed(&named)))
}

/// In which share of draws parties would sign and red lines are crossed, a sentence each.
pub(crate) fn standings(intervals: &Intervals) -> Vec<String> {
    let mut said = vec![];
    for party in intervals.standings() {
        let lines: Vec<String> = party
            .crossed
            .iter()
            .map(|(line, share)| {
                format!("its red line “{}” is crossed in {}", words::plain(line), words::share(*share))
            })
            .collect();
        let lines = if lines.is_empty() { String::new() } else { format!("; {}", words::listed(&lines)) };
        if let Some(signs) = party.signs {
            said.push(format!(
                "{} could sign in {} of the draws{lines}.",
                words::plain(&party.party),
                words::share(signs)
            ));
        }
    }
    said.extend(signed(intervals));
    said
}

/// In which share of draws every party would sign; `None` without parties.
pub(crate) fn signed(intervals: &Intervals) -> Option<String> {
    let share = intervals.could_be_signed()?;
    Some(format!("It could be signed by every party in {} of the draws.", words::share(share)))
}

/// Why there are no bands, in a sentence.
pub(crate) fn absent(facts: &Facts<'_>) -> Option<String> {
    facts.report.without_bands.map(|why| format!("The headline figures carry no bands: {why}."))
}

/// Puts the bands on the page, or says why there are none.
pub(super) fn put(facts: &Facts<'_>, blocks: &mut Vec<Block>) {
    let Some(intervals) = facts.report.intervals else {
        blocks.extend(absent(facts).map(Block::Paragraph));
        return;
    };
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
    let note = [Some(drawn(intervals)), Some(IN_BRACKETS.to_owned()), doubt(facts)];
    let note = note.into_iter().flatten().collect::<Vec<_>>().join(" ");
    blocks.push(Block::Table(Grid {
        caption: "How sure the headline figures are".to_owned(),
        heads: heads.map(str::to_owned).collect(),
        rows: rows.collect(),
        note,
    }));
    let standings = standings(intervals);
    if !standings.is_empty() {
        blocks.push(Block::List(standings));
    }
}
