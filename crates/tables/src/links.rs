//! Shipments between countries, the routes of an exporter taken together.

use crate::{Column, Table};
use zollverein_model::baseline::{Baseline, CountryId, ProductId};
use zollverein_model::model::Outcome;

/// What is shipped from where to where.
type Ends = (ProductId, CountryId, CountryId);

/// The table `links`: what each exporter ships to each importer, before and after, in kt; sales at
/// home are left out. It is the table of flows added up over routes.
#[must_use]
pub fn links(baseline: &Baseline, outcome: &Outcome) -> Table {
    let arcs = baseline.arcs.iter().zip(&outcome.equilibrium.quantity);
    let crossing = arcs.filter_map(|(arc, after)| {
        let flow = baseline.trade.flow(arc.flow);
        let ends = (flow.product, flow.exporter, flow.importer);
        (!flow.is_home()).then(|| (ends, arc.quantity.value(), after.value()))
    });
    let mut crossing: Vec<_> = crossing.collect();
    crossing.sort_by_key(|(ends, ..)| *ends); // routes stay in their order, so that sums are the same in every run
    let links: Vec<_> = crossing
        .chunk_by(|(a, ..), (b, ..)| a == b)
        .map(|routes| {
            routes.iter().fold((routes[0].0, 0.0, 0.0), |sum, of| (sum.0, sum.1 + of.1, sum.2 + of.2))
        })
        .collect();
    let text = |name: &str, of: &dyn Fn(&Ends) -> String| {
        (name.to_owned(), Column::Text(links.iter().map(|(ends, ..)| of(ends)).collect()))
    };
    let code = |country: CountryId| baseline.countries[country.index()].code.clone();
    let columns = vec![
        text("exporter", &|ends| code(ends.1)),
        text("importer", &|ends| code(ends.2)),
        text("product", &|ends| baseline.products[ends.0.index()].code.clone()),
        ("baseline_kt".to_owned(), Column::Number(links.iter().map(|link| link.1).collect())),
        ("value_kt".to_owned(), Column::Number(links.iter().map(|link| link.2).collect())),
    ];
    Table { name: "links".to_owned(), columns }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables;
    use std::sync::Arc;
    use zollverein_model::indicator::fixture;

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
            home_price_alone: None,
            aimed: vec![],
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
