//! What was observed, what is banned, what customs put duties on, and who owns producers.

use super::Build;
use crate::baseline::group::normalised;
use crate::baseline::ids::{CountryId, ProductId};
use crate::baseline::observation::{Basis, Embargo, Observation, ObservationKind, Side};
use crate::baseline::ownership::{Ownership, owners};
use crate::baseline::tables::Row;
use crate::baseline::trade::Valuation;
use crate::problem::{Place, instead};
use crate::units::{Kilotonnes, fraction};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Shares of owners may exceed the share of all owners abroad by rounding, percentage points.
const ROUNDING: f64 = 0.5;

impl Build<'_> {
    /// What customs put duties on, by importer.
    pub(super) fn valuation(&mut self) {
        let Some(table) = &self.tables.valuation else { return };
        let mut known = vec![0_usize; self.countries.len()];
        for Row { line, row } in &table.rows {
            let place = || Place::line(&table.file, *line);
            let basis = match row.basis.as_str() {
                "cif" => Valuation::Cif,
                "fob" => Valuation::Fob,
                other => {
                    let what = format!("`basis` is `{other}`");
                    self.problems.add(place(), what, "write `cif` or `fob`");
                    continue;
                }
            };
            let Some(importer) = self.country.find(&row.importer, place, &mut self.problems) else {
                continue;
            };
            if known[importer] > 0 {
                let what = format!("`{}` stands twice, first in line {}", row.importer, known[importer]);
                self.problems.add(place(), what, "keep one of the rows");
            }
            known[importer] = *line;
            self.countries[importer].valuation = basis;
        }
        let without = known.iter().filter(|line| **line == 0).count();
        if without > 0 {
            self.notes.push(format!(
                "valuation_basis.csv names no basis for {without} importers: their duties are taken to be on the cif value"
            ));
        }
    }

    /// Observations, bans and owners. Groups must be known.
    pub(super) fn evidence(&mut self) {
        self.observations();
        self.embargoes();
        self.owners();
    }

    /// One end of an observation or a ban: a country, a group, or `*`.
    fn side(&mut self, name: &str, place: Place) -> Option<Side> {
        if name == "*" {
            return Some(Side::World);
        }
        if let Some(position) = self.country.position.get(name) {
            return Some(Side::Country(CountryId::at(*position)));
        }
        if let Some(group) = self.groups.get(&normalised(name)) {
            return Some(Side::Group(group.name.clone(), group.members.clone()));
        }
        if !name.is_empty() {
            let codes = self.countries.iter().map(|country| country.code.as_str());
            let groups = self.groups.values().map(|group| group.name.as_str());
            let remedy = instead(name, codes.chain(groups));
            self.problems.add(place, format!("country or group `{name}` is not known"), remedy);
        }
        None
    }

    fn observations(&mut self) {
        let tables = self.tables;
        let Some(table) = &tables.observations else { return };
        let mut lines = BTreeMap::new();
        for Row { line, row } in &table.rows {
            let place = || Place::line(&table.file, *line);
            let exporter = self.side(&row.exporter, place());
            let importer = self.side(&row.importer, place());
            let product = self.product.find(&row.product, place, &mut self.problems);
            let kind = ObservationKind::named(&row.kind);
            if kind.is_none() && !row.kind.is_empty() {
                let known = ObservationKind::ALL.map(ObservationKind::name);
                let what = format!("`kind` is `{}`", row.kind);
                self.problems.add(place(), what, instead(&row.kind, known));
            }
            let (Some(exporter), Some(importer), Some(product), Some(kind)) =
                (exporter, importer, product, kind)
            else {
                continue;
            };
            if let Some(fault) = misfit(kind, &exporter, &importer) {
                self.problems.add(place(), fault.0, fault.1);
                continue;
            }
            let key = (row.exporter.clone(), row.importer.clone(), product);
            if let Some(first) = lines.insert(key, *line) {
                let what = format!("the same exporter, importer and product as line {first}");
                self.problems.add(place(), what, "keep one of the rows");
                continue;
            }
            self.observations.push(Observation {
                exporter,
                importer,
                product: ProductId::at(product),
                quantity: Kilotonnes(row.quantity_kt),
                kind,
            });
        }
        self.bases();
    }

    /// What each flow rests on: the best observation that covers it.
    fn bases(&mut self) {
        let mut pairs = HashSet::new();
        let mut by_exporter: HashMap<(ProductId, CountryId), Vec<&Observation>> = HashMap::new();
        let mut others = vec![];
        for observation in &self.observations {
            match (&observation.exporter, &observation.importer, observation.kind.basis()) {
                (_, _, None) => {}
                (Side::Country(exporter), Side::Country(importer), Some(Basis::Pair)) => {
                    pairs.insert((observation.product, *exporter, *importer));
                }
                (Side::Country(exporter), ..) => {
                    by_exporter.entry((observation.product, *exporter)).or_default().push(observation);
                }
                _ => others.push(observation),
            }
        }
        for flow in &mut self.flows {
            if pairs.contains(&(flow.product, flow.exporter, flow.importer)) {
                flow.basis = Some(Basis::Pair);
                continue;
            }
            let own = by_exporter.get(&(flow.product, flow.exporter)).map_or(&[][..], Vec::as_slice);
            let covering = own
                .iter()
                .chain(&others)
                .filter(|observation| observation.covers(flow.product, flow.exporter, flow.importer))
                .filter_map(|observation| observation.kind.basis());
            if let Some(best) = covering.min() {
                flow.basis = Some(best);
            }
        }
    }

    fn embargoes(&mut self) {
        let tables = self.tables;
        let Some(table) = &tables.embargoes else { return };
        for Row { line, row } in &table.rows {
            let place = || Place::line(&table.file, *line);
            let importer = self.side(&row.importer, place());
            let exporter = self.side(&row.exporter, place());
            let product = self.product.find(&row.product, place, &mut self.problems);
            if row.banned_percent > 100.0 {
                let what = format!("`banned_percent` is {}", row.banned_percent);
                self.problems.add(place(), what, "give a share from 0 to 100");
            }
            let (Some(importer), Some(exporter), Some(product)) = (importer, exporter, product) else {
                continue;
            };
            let banned = fraction(row.banned_percent);
            self.embargoes.push(Embargo { importer, exporter, product: ProductId::at(product), banned });
        }
    }

    fn owners(&mut self) {
        let Some(table) = &self.tables.owners else { return };
        for Row { line, row } in &table.rows {
            let place = || Place::line(&table.file, *line);
            let country = self.country.find(&row.country, place, &mut self.problems);
            let product = self.product.find(&row.product, place, &mut self.problems);
            let named = match owners(row.owners_percent.as_deref().unwrap_or_default()) {
                Ok(named) => named,
                Err(part) => {
                    let what = format!("`owners_percent` has `{part}`");
                    self.problems.add(
                        place(),
                        what,
                        "write codes with percentages, as `GBR 38; JPN 15; others 4`",
                    );
                    continue;
                }
            };
            let sum: f64 = named.iter().map(|(_, percent)| percent).sum();
            if row.foreign_percent > 100.0 || sum > row.foreign_percent + ROUNDING {
                self.problems.add(
                    place(),
                    format!(
                        "owners add up to {sum} percent and `foreign_percent` is {}",
                        row.foreign_percent
                    ),
                    "give at least the sum of the owners, and at most 100",
                );
            }
            let (Some(country), Some(product)) = (country, product) else { continue };
            let key = (CountryId::at(country), ProductId::at(product));
            // owners in countries that the data do not have are owners abroad that are not known
            let known = named.iter().filter_map(|(name, percent)| {
                let position = self.country.position.get(*name)?;
                Some((CountryId::at(*position), fraction(*percent)))
            });
            let ownership = Ownership { foreign: fraction(row.foreign_percent), owners: known.collect() };
            if self.owners.insert(key, ownership).is_some() {
                let what = format!("owners of `{}` in `{}` stand twice", row.product, row.country);
                self.problems.add(place(), what, "keep one of the rows");
            }
        }
    }
}

/// Why ends do not fit the kind of an observation, with a remedy.
fn misfit(kind: ObservationKind, exporter: &Side, importer: &Side) -> Option<(&'static str, &'static str)> {
    let country = |side: &Side| matches!(side, Side::Country(_));
    let world = |side: &Side| matches!(side, Side::World);
    match kind {
        ObservationKind::Pair if !(country(exporter) && country(importer)) => {
            Some(("a pair has a country at each end", "name two countries, or write `bloc` or `total`"))
        }
        ObservationKind::Pair if exporter == importer => {
            Some(("a pair has two different countries", "home sales follow from output: remove the row"))
        }
        ObservationKind::Bloc
            if world(exporter) || world(importer) || (country(exporter) && country(importer)) =>
        {
            Some((
                "a bloc has a group at one end at least, and no `*`",
                "name a group, or write `pair` or `total`",
            ))
        }
        ObservationKind::Total if world(exporter) == world(importer) => {
            Some(("a total has `*` at one end", "write `*` for the world at one end, or another kind"))
        }
        ObservationKind::CustomsValue if world(exporter) || world(importer) => {
            Some(("a customs value has no `*`", "name countries or groups"))
        }
        _ => None,
    }
}
