//! What each group's and country's changes rest on: shipments observed or estimated, duties read or not.

use crate::{Cell, Table};
use zollverein_model::baseline::{Baseline, CountrySet};
use zollverein_model::indicator::estimates::{Contributions, SHARED_OUT};
use zollverein_model::indicator::shown_groups;
use zollverein_model::model::Outcome;
use zollverein_model::units::percent;

/// A row for each group or country, product and indicator that changes.
pub(super) fn table(baseline: &Baseline, outcome: &Outcome) -> Table {
    let found = Contributions::of(baseline, &outcome.terms, &outcome.status_quo, &outcome.equilibrium);
    let groups = shown_groups(baseline, &outcome.members);
    let countries = baseline.country_ids().map(|country| {
        let mut set = CountrySet::none(baseline.countries.len());
        set.insert(country);
        ("country", baseline.countries[country.index()].code.clone(), set)
    });
    let mut rows: Vec<Vec<Cell>> = vec![];
    for (scope, name, set) in
        groups.into_iter().map(|group| ("group", group.name, group.set)).chain(countries)
    {
        for (position, by_indicator) in found.of_set(&set).into_iter().enumerate() {
            let product = baseline.products.get(position).map_or("all", |product| &product.code);
            for (indicator, rests) in SHARED_OUT.iter().zip(by_indicator) {
                let Some(rests) = rests else { continue };
                rows.push(vec![scope.into(), name.as_str().into(), product.into(), indicator.name().into()]);
                if let Some(row) = rows.last_mut() {
                    row.extend(rests.on.map(|share| Cell::from(percent(share))));
                    row.push(percent(rests.on_unsaid).into());
                    row.extend(rests.duties.map(|share| Cell::from(percent(share))));
                    row.push(percent(rests.duties_unsaid).into());
                }
            }
        }
    }
    let columns = [
        "scope",
        "name",
        "product",
        "indicator",
        "on_pairs_percent",
        "on_blocs_percent",
        "on_customs_values_percent",
        "on_estimates_percent",
        "on_unsaid_percent",
        "duties_read_percent",
        "duties_reported_percent",
        "duties_estimated_percent",
        "duties_general_percent",
        "duties_unsaid_percent",
    ];
    Table::new("estimates", &columns, rows)
}
