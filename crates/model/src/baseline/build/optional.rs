//! Tables by country that a folder may leave out: jobs, and what abatement costs.

use super::Build;
use crate::baseline::ids::{CountryId, ProductId};
use crate::baseline::ids::{ProducerId, RouteId};
use crate::baseline::production::AbatementOption;
use crate::baseline::tables::{AbatementRow, Row};
use crate::problem::{Place, instead};
use crate::units::{JobsPerKilotonne, UsdPerTonneCo2e, fraction};
use std::collections::{BTreeMap, HashMap};

impl Build<'_> {
    pub(super) fn jobs(&mut self) {
        let Some(table) = &self.tables.employment else { return };
        let mut general: HashMap<usize, f64> = HashMap::new();
        for Row { line, row } in &table.rows {
            let place = || Place::line(&table.file, *line);
            let Some(product) = self.product.find(&row.product, place, &mut self.problems) else { continue };
            let twice = if row.country == "*" {
                general.insert(product, row.jobs_per_kt).is_some()
            } else {
                let Some(country) = self.country.find(&row.country, place, &mut self.problems) else {
                    continue;
                };
                let key = (CountryId::at(country), ProductId::at(product));
                self.jobs.insert(key, JobsPerKilotonne(row.jobs_per_kt)).is_some()
            };
            if twice {
                self.problems.add(
                    place(),
                    format!("jobs of `{}` for `{}` stand twice", row.product, row.country),
                    "keep one of the rows",
                );
            }
        }
        for (product, jobs) in general {
            for country in 0..self.countries.len() {
                self.jobs
                    .entry((CountryId::at(country), ProductId::at(product)))
                    .or_insert(JobsPerKilotonne(jobs));
            }
        }
    }

    /// What abatement costs each producer for which the table has a row.
    pub(super) fn abatement(&mut self) -> BTreeMap<ProducerId, AbatementOption> {
        let Some(table) = &self.tables.abatement else { return BTreeMap::new() };
        let mut rows: HashMap<(Option<CountryId>, RouteId), AbatementOption> = HashMap::new();
        for Row { line, row } in &table.rows {
            let place = || Place::line(&table.file, *line);
            let country = if row.country == "*" {
                Some(None)
            } else {
                let found = self.country.find(&row.country, place, &mut self.problems);
                found.map(|country| Some(CountryId::at(country)))
            };
            let product = self.product.find(&row.product, place, &mut self.problems);
            let (Some(country), Some(product)) = (country, product) else { continue };
            let Some(route) = self.route.get(&(product, row.route.clone())).copied() else {
                let known = self.routes.iter().filter(|route| route.product.index() == product);
                self.problems.add(
                    place(),
                    format!("route `{}` of `{}` is not known", row.route, row.product),
                    instead(&row.route, known.map(|route| route.code.as_str())),
                );
                continue;
            };
            for (what, remedy) in faults(row) {
                self.problems.add(place(), what, remedy);
            }
            let option = AbatementOption {
                cost: UsdPerTonneCo2e(row.cost_usd_per_tco2e),
                limit: fraction(row.max_percent),
            };
            if rows.insert((country, route), option).is_some() {
                self.problems.add(
                    place(),
                    format!(
                        "abatement of `{}` by `{}` in `{}` stands twice",
                        row.product, row.route, row.country
                    ),
                    "keep one of the rows",
                );
            }
        }
        let of = |(position, producer): (usize, &crate::baseline::Producer)| {
            let own = rows.get(&(Some(producer.country), producer.route));
            Some((ProducerId::at(position), *own.or_else(|| rows.get(&(None, producer.route)))?))
        };
        self.producers.iter().enumerate().filter_map(of).collect()
    }
}

/// Numbers of a row that cannot be, with what to do about them.
fn faults(row: &AbatementRow) -> Vec<(String, &'static str)> {
    let mut faults = vec![];
    if row.cost_usd_per_tco2e == 0.0 {
        faults.push((
            format!("`cost_usd_per_tco2e` is {}", row.cost_usd_per_tco2e),
            "give a cost above zero; where nothing can be abated write max_percent 0",
        ));
    }
    if row.max_percent > 100.0 {
        faults.push((format!("`max_percent` is {}", row.max_percent), "give 0 to 100 percent"));
    }
    faults
}
