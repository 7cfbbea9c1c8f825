//! Sums over groups of countries that shipments are held to: one origin into a group of importers,
//! all that a group imports from outside.

use crate::import::codes::Countries;
use std::collections::{BTreeMap, BTreeSet};
use zollverein_model::baseline::Baseline;
use zollverein_model::baseline::group::normalised;
use zollverein_model::baseline::sheet::Fields;
use zollverein_model::problem::{Place, Problems, instead};

/// One end of a bloc.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// A country.
    Country(u16),
    /// A group, by name.
    Group(String, BTreeSet<u16>),
    /// Every country; opposite a group, every country outside it.
    World,
}

impl End {
    fn contains(&self, country: u16) -> bool {
        match self {
            Self::Country(own) => *own == country,
            Self::Group(_, members) => members.contains(&country),
            Self::World => true,
        }
    }

    /// Its name in files.
    #[must_use]
    pub fn name<'a>(&'a self, codes: &'a [String]) -> &'a str {
        match self {
            Self::Country(own) => &codes[usize::from(*own)],
            Self::Group(name, _) => name,
            Self::World => "*",
        }
    }
}

/// A sum that was observed.
#[derive(Debug, Clone, PartialEq)]
pub struct Bloc {
    /// Where the metal is made.
    pub exporter: End,
    /// Where it goes.
    pub importer: End,
    /// kt, in whole tonnes.
    pub kt: f64,
    /// Where it comes from.
    pub source: String,
    /// The terms of the source.
    pub licence: String,
    /// Where it stands.
    pub place: Place,
}

impl Bloc {
    /// Whether a shipment is part of it. Home sales never are.
    #[must_use]
    pub fn covers(&self, from: u16, to: u16) -> bool {
        let within = match (&self.exporter, &self.importer) {
            (End::World, End::Group(_, members)) => members.contains(&from),
            (End::Group(_, members), End::World) => members.contains(&to),
            _ => false,
        };
        from != to && !within && self.exporter.contains(from) && self.importer.contains(to)
    }

    /// The bloc in words.
    #[must_use]
    pub fn words(&self, codes: &[String]) -> String {
        format!("{} into {}", self.exporter.name(codes), self.importer.name(codes))
    }

    /// What sort of observation it is.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        if self.exporter == End::World || self.importer == End::World { "total" } else { "bloc" }
    }
}

/// The groups of the base folder, by their normalised names.
pub struct Groups(BTreeMap<String, (String, BTreeSet<u16>)>);

impl Groups {
    /// No group.
    #[must_use]
    pub fn none() -> Self {
        Self(BTreeMap::new())
    }

    /// The groups of a base folder.
    #[must_use]
    pub fn of(base: &Baseline, countries: &Countries) -> Self {
        let groups = base.groups.iter().map(|(key, group)| {
            let code = |country| &base.countries[zollverein_model::baseline::CountryId::index(country)].code;
            let members = group.members.iter().filter_map(|country| countries.named(code(country)));
            (key.clone(), (group.name.clone(), members.collect()))
        });
        Self(groups.collect())
    }

    /// One end of a row: a country's code, a group's name, a country's name in words, or `*`.
    fn end(
        &self,
        row: &Fields<'_>,
        column: &str,
        countries: &Countries,
        problems: &mut Problems,
    ) -> Option<End> {
        let name = row.text(column, problems);
        if name == "*" {
            return Some(End::World);
        }
        if let Some(country) = countries.named(&name) {
            return Some(End::Country(country));
        }
        if let Some((name, members)) = self.0.get(&normalised(&name)) {
            return Some(End::Group(name.clone(), members.clone()));
        }
        let found = countries.of_name(&name).map(End::Country);
        if found.is_none() && !name.is_empty() {
            let known = countries.codes.iter().chain(self.0.values().map(|(name, _)| name));
            let remedy = instead(&name, known.map(String::as_str));
            problems.add(row.place(), format!("{column} `{name}` is not a country or group"), remedy);
        }
        found
    }

    /// The ends of a row, one of which is a group.
    pub fn ends(
        &self,
        row: &Fields<'_>,
        countries: &Countries,
        problems: &mut Problems,
    ) -> Option<(End, End)> {
        let exporter = self.end(row, "exporter", countries, problems);
        let importer = self.end(row, "importer", countries, problems);
        let (exporter, importer) = (exporter?, importer?);
        let group = |end: &End| matches!(end, End::Group(..));
        if !group(&exporter) && !group(&importer) {
            problems.add(
                row.place(),
                "a bloc has a group at one end at least",
                "name a group; two countries go into a [[pairs]] file, a country's total into a [[totals]] file",
            );
            return None;
        }
        Some((exporter, importer))
    }
}
