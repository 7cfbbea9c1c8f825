//! The result table of welfare by place and by owner.

use crate::names::product_name;
use crate::{Cell, Table};
use zollverein_model::baseline::Baseline;
use zollverein_model::indicator::owners::Owners;
use zollverein_model::model::Outcome;

/// The table; `None` where the data say nothing of owners.
pub(super) fn table(baseline: &Baseline, outcome: &Outcome) -> Option<Table> {
    let owners = Owners::of(baseline, &outcome.indicators)?;
    let mut rows: Vec<Vec<Cell>> = owners
        .countries
        .iter()
        .map(|row| {
            vec![
                baseline.countries[row.country.index()].code.as_str().into(),
                product_name(baseline, row.product).into(),
                row.known.name().into(),
                row.by_place.into(),
                row.to_abroad.into(),
                row.from_abroad.into(),
                row.by_owner().into(),
            ]
        })
        .collect();
    for product in baseline.product_ids().map(Some).chain([None]) {
        let unnamed = owners.not_named(product);
        let mut put = |who: &str, from_abroad: f64, by_owner: f64| {
            rows.push(vec![
                who.into(),
                product_name(baseline, product).into(),
                "not known".into(),
                0.0.into(),
                0.0.into(),
                from_abroad.into(),
                by_owner.into(),
            ]);
        };
        put("owners_not_known", unnamed, unnamed);
        put("ownership_not_known", 0.0, owners.not_known(product));
    }
    let columns = [
        "country",
        "product",
        "ownership",
        "welfare_by_place_million_usd",
        "surplus_to_owners_abroad_million_usd",
        "surplus_from_abroad_million_usd",
        "welfare_by_owner_million_usd",
    ];
    Some(Table::new("owners", &columns, rows))
}
