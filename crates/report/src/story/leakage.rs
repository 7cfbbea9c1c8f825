//! Leakage in words: an amount, set against the same home price without measures at the border.

use crate::facts::Facts;
use crate::words;
use zollverein_model::indicator::emissions::Leakage;
use zollverein_model::units::percent;

/// A sentence on leakage; `None` where the changes of emissions, shown elsewhere, say all there is.
pub(crate) fn sentence(facts: &Facts<'_>) -> Option<String> {
    if let Some(found) = facts.at_home_price() {
        let moves = |change: f64| {
            format!("{} by {}", if change < 0.0 { "fall" } else { "rise" }, words::mass(change))
        };
        return Some(format!(
            "Leakage: at the home price alone emissions outside would {} CO2e a year; with the measures at the border \
             they {}, {} {}.",
            moves(found.without),
            moves(found.with_measures),
            words::mass(found.avoided()),
            if found.avoided() < 0.0 { "more" } else { "less" }
        ));
    }
    let outside = facts.balance.outside?.change();
    match facts.balance.leakage() {
        Leakage::Ratio(ratio) if outside > 0.0 => Some(format!(
            "Leakage: emissions outside rise by {} CO2e a year, {} % of the fall inside.",
            words::mass(outside),
            words::figure(percent(ratio))
        )),
        Leakage::Ratio(_) => Some(format!(
            "There is no leakage: emissions outside fall by {} CO2e a year.",
            words::mass(outside)
        )),
        Leakage::NotKnown { .. } => {
            Some(format!("Leakage is not known: {}.", facts.balance.leakage().reason()))
        }
        Leakage::Small | Leakage::NoMembers | Leakage::MembersDoNotCut => None,
    }
}
