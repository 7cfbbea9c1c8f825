//! How many countries gain and lose, and of how many a group's figure is.

use crate::facts::Facts;
use crate::words;
use zollverein_model::baseline::CountrySet;
use zollverein_model::indicator::equity::Change;

/// A country is counted as gaining or losing from so much a year, million USD: less is nothing at the
/// precision that these figures have.
const COUNTS: f64 = 1.0;

/// Countries on the United Nations' list of the least developed since 13 December 2024, when São Tomé and
/// Príncipe left it.
const LEAST_DEVELOPED: usize = 44;

/// How many countries gain and lose an amount worth counting, and how many of them have one policy of trade.
pub(crate) fn sentence(facts: &Facts<'_>) -> String {
    let of = |counts: &dyn Fn(f64) -> bool| -> Vec<&Change> {
        facts.burdens.changes.iter().filter(|change| counts(change.welfare)).collect()
    };
    let (gaining, losing) = (of(&|change| change >= COUNTS), of(&|change| change <= -COUNTS));
    let less = of(&|change| change != 0.0 && change.abs() < COUNTS).len();
    let union = facts.baseline.customs_union();
    let among = |changes: &[&Change]| match union {
        Some(union) => changes.iter().filter(|change| union.members.contains(change.country)).count(),
        None => 0,
    };
    let (gainers, losers) = (among(&gaining), among(&losing));
    let mut text = format!(
        "{} at least 1 million USD a year, {}",
        words::counted(gaining.len(), "country gains", "countries gain"),
        words::counted(losing.len(), "loses", "lose")
    );
    if less > 0 {
        text = format!("{text}, {}", words::counted(less, "gains or loses less", "gain or lose less"));
    }
    match union.filter(|_| gainers + losers > 0) {
        Some(union) => format!(
            "{text}; {gainers} of those that gain and {losers} of those that lose are in one customs union ({}).",
            words::plain(&union.label)
        ),
        None => format!("{text}."),
    }
}

/// How many of the least developed countries a set of them holds, between brackets; nothing for a set
/// that is larger than the list.
pub(super) fn of_the_list(set: &CountrySet) -> String {
    let count = set.count();
    if count > LEAST_DEVELOPED {
        return String::new();
    }
    format!(" ({count} of the {LEAST_DEVELOPED} on the United Nations' list are in the data)")
}
