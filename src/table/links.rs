//! Shipments between countries, the routes of an exporter taken together.

use crate::baseline::{Baseline, CountryId, ProductId};
use crate::model::Outcome;
use crate::table::Table;
use std::collections::BTreeMap;

/// The table `links`: what each exporter ships to each importer, before and after, in kt; sales at
/// home are left out. It is the table of flows added up over routes.
#[must_use]
pub fn links(baseline: &Baseline, outcome: &Outcome) -> Table {
    let mut sums: BTreeMap<(ProductId, CountryId, CountryId), (f64, f64)> = BTreeMap::new();
    for (position, arc) in baseline.arcs.iter().enumerate() {
        let flow = baseline.trade.flow(arc.flow);
        if !flow.is_home() {
            let sum = sums.entry((flow.product, flow.exporter, flow.importer)).or_default();
            sum.0 += arc.quantity.value();
            sum.1 += outcome.equilibrium.quantity[position].value();
        }
    }
    let code = |country: CountryId| baseline.countries[country.index()].code.as_str();
    let rows = sums.into_iter().map(|((product, exporter, importer), (before, after))| {
        vec![
            code(exporter).into(),
            code(importer).into(),
            baseline.products[product.index()].code.as_str().into(),
            before.into(),
            after.into(),
        ]
    });
    Table::new("links", &["exporter", "importer", "product", "baseline_kt", "value_kt"], rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::fixture;
    use crate::table::{Column, tables};
    use std::sync::Arc;

    #[test]
    fn links_add_up_to_the_flows_that_cross_a_border() {
        let world = fixture::world();
        let outcome = Outcome {
            members: fixture::members(&world),
            terms: fixture::terms(&world),
            status_quo: Arc::new(fixture::equilibrium(&world)),
            equilibrium: fixture::equilibrium(&world),
            indicators: fixture::indicators(&world),
            harmonised: None,
        };
        let numbers = |table: &Table, name: &str| match table.column(name) {
            Some(Column::Number(cells)) => cells.clone(),
            other => panic!("{other:?}"),
        };
        let texts = |table: &Table, name: &str| match table.column(name) {
            Some(Column::Text(cells)) => cells.clone(),
            other => panic!("{other:?}"),
        };
        let links = links(&world, &outcome);
        let tables = tables(&world, &outcome);
        let flows = tables.iter().find(|table| table.name == "flows").expect("flows");
        let (from, to) = (texts(flows, "exporter"), texts(flows, "importer"));
        for name in ["baseline_kt", "value_kt"] {
            let crossing: f64 = numbers(flows, name)
                .iter()
                .zip(from.iter().zip(&to))
                .filter(|(_, (a, b))| a != b)
                .map(|(kt, _)| kt)
                .sum();
            let linked: f64 = numbers(&links, name).iter().sum();
            assert!(crossing > 0.0 && (crossing - linked).abs() < 1e-9, "{name}: {crossing} {linked}");
        }
        assert!(links.rows() < flows.rows());
    }
}
