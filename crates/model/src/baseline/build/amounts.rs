//! Every amount of the tables is a finite number that is not negative, whether the tables were read from
//! files, which refuse others already, or made in memory.

use crate::baseline::sheet::fault_of_amount;
use crate::baseline::tables::{Table, Tables};
use crate::problem::{Place, Problems};

/// An amount of a row by its column; `None` where the row leaves it open.
type Amount = (&'static str, Option<f64>);

/// Adds what is wrong with amounts, each with its file, line, column and value.
pub(super) fn check(tables: &Tables, problems: &mut Problems) {
    each(&tables.countries, problems, |row| {
        vec![
            ("gdp_usd", row.gdp_usd),
            ("population", row.population),
            ("carbon_price_usd_per_tco2e", row.carbon_price),
        ]
    });
    each(&tables.production, problems, |row| {
        vec![
            ("output_kt", Some(row.output_kt)),
            ("capacity_kt", row.capacity_kt),
            ("price_usd_per_t", Some(row.price_usd_per_t)),
            ("intensity_tco2e_per_t", row.intensity),
            ("direct_intensity_tco2e_per_t", row.direct_intensity),
        ]
    });
    each(&tables.flows, problems, |row| {
        vec![("quantity_kt", Some(row.quantity_kt)), ("freight_usd_per_t", Some(row.freight_usd_per_t))]
    });
    each(&tables.elasticities, problems, |row| vec![("value", Some(row.value))]);
    if let Some(table) = &tables.duties {
        each(table, problems, |row| vec![("rate_percent", Some(row.rate_percent))]);
    }
    if let Some(table) = &tables.employment {
        each(table, problems, |row| vec![("jobs_per_kt", Some(row.jobs_per_kt))]);
    }
    if let Some(table) = &tables.defaults {
        each(table, problems, |row| vec![("default_tco2e_per_t", Some(row.default_tco2e_per_t))]);
    }
    if let Some(table) = &tables.abatement {
        each(table, problems, |row| {
            vec![("cost_usd_per_tco2e", Some(row.cost_usd_per_tco2e)), ("max_percent", Some(row.max_percent))]
        });
    }
    if let Some(table) = &tables.observations {
        each(table, problems, |row| vec![("quantity_kt", Some(row.quantity_kt))]);
    }
    if let Some(table) = &tables.embargoes {
        each(table, problems, |row| vec![("banned_percent", Some(row.banned_percent))]);
    }
    if let Some(table) = &tables.owners {
        each(table, problems, |row| vec![("foreign_percent", Some(row.foreign_percent))]);
    }
}

fn each<T>(table: &Table<T>, problems: &mut Problems, amounts: impl Fn(&T) -> Vec<Amount>) {
    for row in &table.rows {
        for (column, amount) in amounts(&row.row) {
            let Some(amount) = amount else { continue };
            if let Some((what, remedy)) = fault_of_amount(amount) {
                problems.add(
                    Place::line(&table.file, row.line),
                    format!("`{column}` is `{amount}`, which {what}"),
                    remedy,
                );
            }
        }
    }
}
