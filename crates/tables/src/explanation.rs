//! The table of what each clause causes.

use crate::{Cell, Table};
use zollverein_model::baseline::Baseline;
use zollverein_scenario::explain::Explanation;

/// `explain`: a row for each target and clause.
#[must_use]
pub fn explanation(baseline: &Baseline, explanation: &Explanation) -> Table {
    let product = explanation.product.map_or("all", |product| &baseline.products[product.index()].code);
    let mut rows: Vec<Vec<Cell>> = vec![];
    for part in &explanation.parts {
        for (position, clause) in explanation.clauses.iter().enumerate() {
            rows.push(vec![
                part.target.name.as_str().into(),
                product.into(),
                explanation.indicator.name().into(),
                explanation.indicator.unit().into(),
                clause.as_str().into(),
                part.contributions[position].into(),
                part.share(position).into(),
                part.change().into(),
                part.without.into(),
                part.with.into(),
            ]);
        }
    }
    let columns = [
        "group",
        "product",
        "indicator",
        "unit",
        "clause",
        "contribution",
        "share_of_change_ratio",
        "change",
        "value_without_clauses",
        "value_with_clauses",
    ];
    Table::new("explain", &columns, rows)
}
