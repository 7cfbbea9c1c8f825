//! What the numbers rest on and what they leave out.

use crate::facts::Facts;
use crate::page::Block;
use crate::words;

/// Puts the chapter on the page.
pub(super) fn put(facts: &Facts<'_>, blocks: &mut Vec<Block>) {
    blocks.push(Block::Heading("What these numbers rest on".to_owned()));
    let mut said = method(facts);
    said.push(grounds(facts));
    said.extend(facts.report.stamp.notes.iter().map(|note| sentence(&words::plain(note))));
    blocks.push(Block::List(said));
}

/// What kind of numbers they are, and how much of their ground is estimated.
pub(super) fn method(facts: &Facts<'_>) -> Vec<String> {
    let stamp = facts.report.stamp;
    let found = stamp.convergence.policy;
    let year = facts.baseline.year.map_or_else(String::new, |year| format!(" of {year}"));
    vec![
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
    ]
}

/// What the figures rest on: tonnes observed or estimated, duties read or not.
pub(super) fn grounds(facts: &Facts<'_>) -> String {
    let Some(tonnes) = facts.tonnes_rest_on() else {
        return "The data do not say which shipments between countries are estimates.".to_owned();
    };
    let resting = match facts.resting() {
        [Some(welfare), _] => format!(
            "By what each shipment contributes, the change of the world's welfare rests on {}{}. ",
            words::bases(&welfare.on, welfare.on_unsaid),
            if welfare.duties_unsaid < 1.0 {
                let duties = words::confidences(&welfare.duties, welfare.duties_unsaid);
                format!("; the duties in force behind it are {duties}")
            } else {
                String::new()
            }
        ),
        _ => String::new(),
    };
    format!(
        "{resting}The tonnes shipped between countries rest on {tonnes}. What is said of single countries is as good as \
         these."
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
