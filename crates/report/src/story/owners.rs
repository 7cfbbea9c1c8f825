//! Welfare by place and by owner, where the two say different things.

use super::cells::{change, words_cell};
use crate::facts::Facts;
use crate::page::Grid;
use crate::words;
use zollverein_model::indicator::owners::{Owned, Owners};

/// So many countries a sentence names, and a table.
const NAMED: usize = 4;
const LISTED: usize = 12;

/// All products together, of countries where both views are told.
fn differing(facts: &Facts<'_>) -> Vec<Owned> {
    Owners::of(facts.baseline, &facts.outcome.indicators)
        .map_or_else(Vec::new, |owners| owners.differing(None))
}

/// Where the two views differ most.
pub(crate) fn sentence(facts: &Facts<'_>) -> Option<String> {
    let rows = differing(facts);
    let named: Vec<String> = rows
        .iter()
        .take(NAMED)
        .filter_map(|row| {
            let by_owner = words::change(row.by_owner()?);
            let by_place = words::change(row.by_place);
            Some(format!("{} {by_place} by place and {by_owner} by owner", facts.name(row.country)))
        })
        .collect();
    let more = match rows.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!("; {more} more differ in sign or by half"),
    };
    (!named.is_empty()).then(|| {
        format!(
            "Welfare is counted where metal is made; part of the producers' gain or loss is that of owners \
             abroad (million USD a year): {}{more}.",
            named.join("; ")
        )
    })
}

/// The countries where the two views differ.
pub(super) fn table(facts: &Facts<'_>) -> Option<Grid> {
    let rows = differing(facts);
    if rows.is_empty() {
        return None;
    }
    let cells = rows.iter().take(LISTED).map(|row| {
        vec![
            words_cell(facts.name(row.country)),
            change(Some(row.by_place)),
            change(Some(-row.to_abroad)),
            change(Some(row.from_abroad)),
            change(row.by_owner()),
        ]
    });
    let names = [
        "Country",
        "By place",
        "Borne by owners abroad, taken out",
        "Of producers abroad that it owns",
        "By owner",
    ];
    Some(Grid {
        caption: "Welfare by place and by owner, million USD a year, where they differ in sign or by half"
            .to_owned(),
        heads: names.map(str::to_owned).to_vec(),
        rows: cells.collect(),
        note: "By owner, producers' gains and losses count in the countries of those who own them. Only countries \
               whose owners the data know are listed; that others are not does not mean that nobody abroad owns \
               producers there."
            .to_owned(),
    })
}
