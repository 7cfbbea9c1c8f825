//! What only the spatial engine finds: metal through third countries, and what capacity is worth.

use crate::{Cell, Table};
use zollverein_model::baseline::{Baseline, CountryId};
use zollverein_model::engine::accounts;
use zollverein_model::model::Outcome;
use zollverein_model::units::{Kilotonnes, percent};

/// Tonnes through each hub, and the duty that they avoid; none where nothing passes through one.
#[must_use]
pub fn transshipment(baseline: &Baseline, outcome: &Outcome) -> Option<Table> {
    let code = |country: CountryId| baseline.countries[country.index()].code.as_str();
    let vias = &outcome.equilibrium.transshipped;
    // a column of its own for what comes before the hub, where anything does
    let longer = vias.iter().any(|via| !via.through.is_empty());
    let rows = vias.iter().map(|via| {
        let flow = baseline.flow_of(via.arc);
        let producer = baseline.producer_of(via.arc);
        let direct = outcome.terms.duty(via.arc);
        let value = accounts::value(baseline, &outcome.equilibrium, via.arc, via.quantity);
        let avoided = direct.plus(via.duty, -1.0);
        let mut row: Vec<Cell> = vec![
            code(flow.exporter).into(),
            code(via.hub).into(),
            code(flow.importer).into(),
            baseline.products[flow.product.index()].code.as_str().into(),
            baseline.routes[producer.route.index()].code.as_str().into(),
            via.quantity.value().into(),
            percent(direct.rate).into(),
            percent(via.duty.rate).into(),
            (value * avoided.rate + via.quantity * avoided.per_tonne()).value().into(),
        ];
        if longer {
            let through: Vec<&str> = via.through.iter().map(|country| code(*country)).collect();
            row.push(through.join(" ").into());
        }
        row
    });
    let mut columns = vec![
        "exporter",
        "hub",
        "importer",
        "product",
        "route",
        "quantity_kt",
        "duty_direct_percent",
        "duty_paid_percent",
        "duty_avoided_million_usd",
    ];
    if longer {
        columns.push("through");
    }
    Some(Table::new("transshipment", &columns, rows)).filter(|table| table.rows() > 0)
}

/// What one more tonne a year of each producer's capacity is worth; none where the engine does not say.
#[must_use]
pub fn capacity(baseline: &Baseline, outcome: &Outcome) -> Option<Table> {
    let states = &outcome.equilibrium.producers;
    let before = &outcome.status_quo.producers;
    let all = baseline.producers.iter().zip(states).zip(before);
    let known = all.filter(|((_, state), _)| state.worth_of_capacity.value() > 0.0);
    let rows = known.map(|((producer, state), before)| {
        let row: Vec<Cell> = vec![
            baseline.countries[producer.country.index()].code.as_str().into(),
            baseline.products[producer.product.index()].code.as_str().into(),
            baseline.routes[producer.route.index()].code.as_str().into(),
            producer.capacity.map(Kilotonnes::value).into(),
            producer.output.value().into(),
            state.output.value().into(),
            before.worth_of_capacity.value().into(),
            state.worth_of_capacity.value().into(),
        ];
        row
    });
    let columns = [
        "country",
        "product",
        "route",
        "capacity_kt",
        "output_before_kt",
        "output_kt",
        "worth_before_usd_per_t",
        "worth_usd_per_t",
    ];
    Some(Table::new("capacity", &columns, rows)).filter(|table| table.rows() > 0)
}
