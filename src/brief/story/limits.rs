//! What the numbers rest on and what they leave out.

use crate::brief::facts::Facts;
use crate::brief::page::Block;
use crate::brief::words;
use crate::units::percent;

/// Puts the chapter on the page.
pub(super) fn put(facts: &Facts<'_>, blocks: &mut Vec<Block>) {
    blocks.push(Block::Heading("What these numbers rest on".to_owned()));
    let stamp = facts.report.stamp;
    let found = stamp.convergence.policy;
    let year = facts.baseline.year.map_or_else(String::new, |year| format!(" of {year}"));
    let mut said = vec![
        format!(
            "A comparison of the world{year} as it was with the same world under the policy, once markets have \
             settled. It is no forecast: other policies, capacity, and the incomes and habits behind demand stay as they \
             were."
        ),
        format!(
            "Partial equilibrium (engine {}): only the products named here adjust; wages, exchange rates, other \
             sectors and retaliation do not. Found in {}, with {}.",
            stamp.engine.name,
            words::counted(found.iterations, "step", "steps"),
            if stamp.engine.name == "spatial" {
                format!("prices off by at most {:.0e} of themselves", found.residual)
            } else {
                format!("demand and supply apart by at most {:.0e} in logs", found.residual)
            }
        ),
        format!(
            "Welfare is the gain of purchasers and producers and the change of government revenue{}. The value of \
             emissions is not in it.",
            if facts.programmes() {
                ", with quota rents and transfers, less what programmes cost; transfers change no one's demand"
            } else {
                ""
            }
        ),
        estimates(facts),
    ];
    said.extend(stamp.notes.iter().map(|note| sentence(&words::plain(note))));
    blocks.push(Block::List(said));
}

fn estimates(facts: &Facts<'_>) -> String {
    let estimates = facts.estimates();
    let Some(share) = estimates.share else {
        return "The data do not say which shipments between countries are estimates.".to_owned();
    };
    let unsaid = if estimates.unsaid > 0.0 {
        format!("; for another {} % of tonnes the data do not say", words::figure(percent(estimates.unsaid)))
    } else {
        String::new()
    };
    let resting = match facts.resting() {
        [Some(welfare), _] => format!(
            " Counted by what each shipment contributes, {} % of the change of the world's welfare rests on estimated \
             flows, home sales included; the file estimates.csv has the share of every number.",
            words::figure(percent(welfare))
        ),
        _ => String::new(),
    };
    format!(
        "Of the tonnes shipped between countries in the baseline {} % are estimates and not published figures{unsaid}.{resting} \
         What is said of single countries is as good as these.",
        words::figure(percent(share))
    )
}

/// A note as a sentence: a capital first, a full stop last.
fn sentence(note: &str) -> String {
    let file_name = note.split_whitespace().next().is_some_and(|word| word.contains(".csv"));
    let mut characters = note.chars();
    let text = match characters.next() {
        Some(first) if !file_name => first.to_uppercase().chain(characters).collect(),
        _ => note.to_owned(),
    };
    if text.ends_with(['.', '!', '?']) { text } else { format!("{text}.") }
}
