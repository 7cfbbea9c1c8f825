//! Names of the baseline's things and their positions, and figures that tables give by them.

use crate::baseline::ids::{CountryId, ProductId};
use crate::baseline::tables::{Row, Table};
use crate::problem::{Place, Problems, instead};
use std::collections::{BTreeMap, HashMap};

/// The names of one kind of thing, with their positions.
pub(super) struct Names {
    kind: &'static str,
    /// The position of each name.
    pub(super) position: HashMap<String, usize>,
    sorted: Vec<String>,
}

impl Names {
    /// Collects the names of a table in order of name, reporting repetitions.
    pub(super) fn new<T>(
        kind: &'static str,
        table: &Table<T>,
        name: impl Fn(&T) -> String,
        problems: &mut Problems,
    ) -> Self {
        let mut first: BTreeMap<String, usize> = BTreeMap::new();
        for Row { line, row } in &table.rows {
            let name = name(row);
            if let Some(before) = first.get(&name) {
                problems.add(
                    Place::line(&table.file, *line),
                    format!("{kind} `{name}` stands twice, first in line {before}"),
                    "remove one of the two rows",
                );
            } else {
                first.insert(name, *line);
            }
        }
        if first.is_empty() {
            problems.add(Place::file(&table.file), format!("there is no {kind}"), "add at least one row");
        }
        let sorted: Vec<String> = first.into_keys().collect();
        let position = sorted.iter().cloned().enumerate().map(|(position, name)| (name, position)).collect();
        Self { kind, position, sorted }
    }

    /// The position of a name, an unknown one reported.
    pub(super) fn find(
        &self,
        name: &str,
        place: impl FnOnce() -> Place,
        problems: &mut Problems,
    ) -> Option<usize> {
        let found = self.position.get(name).copied();
        if found.is_none() && !name.is_empty() {
            problems.add(
                place(),
                format!("{} `{name}` is not known", self.kind),
                instead(name, self.sorted.iter().map(String::as_str)),
            );
        }
        found
    }
}

/// Figures by country and product: a row's own, and that of the country `*` for every country
/// without one. `read` takes country, product and figure from a row.
pub(super) fn by_country<T, V: Copy>(
    what: &str,
    table: &Table<T>,
    read: impl Fn(&T) -> (String, String, V),
    countries: &Names,
    products: &Names,
    problems: &mut Problems,
) -> BTreeMap<(CountryId, ProductId), V> {
    let mut general: BTreeMap<usize, V> = BTreeMap::new();
    let mut figures = BTreeMap::new();
    for Row { line, row } in &table.rows {
        let place = || Place::line(&table.file, *line);
        let (country, product, value) = read(row);
        let Some(product_at) = products.find(&product, place, problems) else { continue };
        let twice = if country == "*" {
            general.insert(product_at, value).is_some()
        } else {
            let Some(country) = countries.find(&country, place, problems) else { continue };
            figures.insert((CountryId::at(country), ProductId::at(product_at)), value).is_some()
        };
        if twice {
            problems.add(
                place(),
                format!("{what} of `{product}` for `{country}` stand twice"),
                "keep one of the rows",
            );
        }
    }
    for (product, value) in general {
        for country in 0..countries.position.len() {
            figures.entry((CountryId::at(country), ProductId::at(product))).or_insert(value);
        }
    }
    figures
}
