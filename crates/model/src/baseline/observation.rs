//! What was observed of trade: quantities of pairs, blocs and totals that the flows must obey, and
//! bans that forbid shipments.

use crate::baseline::group::CountrySet;
use crate::baseline::ids::{CountryId, ProductId};
use crate::units::Kilotonnes;

/// What the quantity of a shipment rests on, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Basis {
    /// The quantity of this exporter and importer was observed or published.
    Pair,
    /// The sum over a group of importers or exporters was observed; the split within it is estimated.
    Bloc,
    /// A customs value was observed and turned into tonnes by an assumed unit value.
    CustomsValue,
    /// An estimate.
    Estimate,
}

impl Basis {
    /// Every basis, the best first.
    pub const ALL: [Self; 4] = [Self::Pair, Self::Bloc, Self::CustomsValue, Self::Estimate];

    /// Its name in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pair => "pair",
            Self::Bloc => "bloc",
            Self::CustomsValue => "customs_value",
            Self::Estimate => "estimate",
        }
    }

    /// What it is in words, in the plural.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Pair => "pairs observed",
            Self::Bloc => "blocs observed",
            Self::CustomsValue => "customs values",
            Self::Estimate => "estimates",
        }
    }

    /// The position in [`Basis::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// What sort of number an observation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObservationKind {
    /// Tonnes of one exporter into one importer.
    Pair,
    /// Tonnes between one country and a group of countries.
    Bloc,
    /// Tonnes from a customs value over an assumed unit value.
    CustomsValue,
    /// All exports of a country, or all imports of a country or a group.
    Total,
}

impl ObservationKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Pair, Self::Bloc, Self::CustomsValue, Self::Total];

    /// Its name in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self.basis() {
            Some(basis) => basis.name(),
            None => "total",
        }
    }

    /// The kind with a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// What a shipment within the observation rests on; `None` for totals, which say nothing of a cell.
    #[must_use]
    pub const fn basis(self) -> Option<Basis> {
        match self {
            Self::Pair => Some(Basis::Pair),
            Self::Bloc => Some(Basis::Bloc),
            Self::CustomsValue => Some(Basis::CustomsValue),
            Self::Total => None,
        }
    }
}

/// One end of an observation or a ban.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Side {
    /// One country.
    Country(CountryId),
    /// A group of countries, by name.
    Group(String, CountrySet),
    /// Every country: written `*`.
    World,
}

impl Side {
    /// Whether a country is part of it.
    #[must_use]
    pub fn contains(&self, country: CountryId) -> bool {
        match self {
            Self::Country(own) => *own == country,
            Self::Group(_, set) => set.contains(country),
            Self::World => true,
        }
    }
}

/// Whether a shipment between two countries lies between two ends. Home sales never do; the world
/// opposite a group is the world outside that group.
#[must_use]
pub fn lies_between(from: &Side, to: &Side, exporter: CountryId, importer: CountryId) -> bool {
    let within = match (from, to) {
        (Side::World, Side::Group(_, set)) => set.contains(exporter),
        (Side::Group(_, set), Side::World) => set.contains(importer),
        _ => false,
    };
    exporter != importer && !within && from.contains(exporter) && to.contains(importer)
}

/// A quantity that was observed, and that the flows obey.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// Where the metal is made.
    pub exporter: Side,
    /// Where it is used.
    pub importer: Side,
    /// The product.
    pub product: ProductId,
    /// Shipments a year.
    pub quantity: Kilotonnes,
    /// What sort of number it is.
    pub kind: ObservationKind,
}

impl Observation {
    /// Whether a shipment is part of what was observed.
    #[must_use]
    pub fn covers(&self, product: ProductId, exporter: CountryId, importer: CountryId) -> bool {
        self.product == product && lies_between(&self.exporter, &self.importer, exporter, importer)
    }
}

/// A ban on imports.
#[derive(Debug, Clone, PartialEq)]
pub struct Embargo {
    /// Who bans.
    pub importer: Side,
    /// Whose metal is banned.
    pub exporter: Side,
    /// The product.
    pub product: ProductId,
    /// The share of the trade that the ban covers in the year of the data, as a fraction.
    pub banned: f64,
}

impl Embargo {
    /// Whether the ban is on all of a shipment.
    #[must_use]
    pub fn forbids(&self, product: ProductId, exporter: CountryId, importer: CountryId) -> bool {
        self.banned >= 1.0
            && self.product == product
            && lies_between(&self.exporter, &self.importer, exporter, importer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_world_opposite_a_group_is_the_world_outside_it() {
        let at = CountryId::at;
        let union = Side::Group("union".to_owned(), CountrySet::of(4, [at(0), at(1)]));
        assert!(lies_between(&Side::World, &union, at(2), at(0)));
        assert!(!lies_between(&Side::World, &union, at(1), at(0)), "a shipment within the group");
        assert!(lies_between(&Side::Country(at(1)), &union, at(1), at(0)), "arrivals from a member");
        assert!(!lies_between(&Side::Country(at(1)), &union, at(1), at(1)), "home sales are no trade");
        assert!(lies_between(&union, &Side::World, at(0), at(3)));
        assert!(!lies_between(&union, &Side::World, at(0), at(1)));
    }
}
