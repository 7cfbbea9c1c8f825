//! Sets and named groups of countries.

use crate::baseline::ids::CountryId;

/// A set of countries.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CountrySet {
    member: Vec<bool>,
}

impl CountrySet {
    /// No country, of a world of so many.
    #[must_use]
    pub fn none(countries: usize) -> Self {
        Self { member: vec![false; countries] }
    }

    /// Every country of a world of so many.
    #[must_use]
    pub fn all(countries: usize) -> Self {
        Self { member: vec![true; countries] }
    }

    /// The set of some countries.
    pub fn of(countries: usize, members: impl IntoIterator<Item = CountryId>) -> Self {
        let mut set = Self::none(countries);
        for member in members {
            set.insert(member);
        }
        set
    }

    /// Whether a country is in it.
    #[must_use]
    pub fn contains(&self, country: CountryId) -> bool {
        self.member[country.index()]
    }

    /// Whether two countries are both in it.
    #[must_use]
    pub fn contains_both(&self, one: CountryId, other: CountryId) -> bool {
        self.contains(one) && self.contains(other)
    }

    /// Puts a country in.
    pub fn insert(&mut self, country: CountryId) {
        self.member[country.index()] = true;
    }

    /// Puts all countries of another set in.
    pub fn extend(&mut self, other: &Self) {
        for (mine, theirs) in self.member.iter_mut().zip(&other.member) {
            *mine |= theirs;
        }
    }

    /// Takes all countries of another set out.
    pub fn remove(&mut self, other: &Self) {
        for (mine, theirs) in self.member.iter_mut().zip(&other.member) {
            *mine &= !theirs;
        }
    }

    /// The countries outside it.
    #[must_use]
    pub fn complement(&self) -> Self {
        Self { member: self.member.iter().map(|m| !m).collect() }
    }

    /// Of how many countries it is a set: how many the world has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.member.len()
    }

    /// Whether no country is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.member.contains(&true)
    }

    /// How many countries are in it.
    #[must_use]
    pub fn count(&self) -> usize {
        self.member.iter().filter(|m| **m).count()
    }

    /// The countries in it, in order.
    pub fn iter(&self) -> impl Iterator<Item = CountryId> + '_ {
        self.member.iter().enumerate().filter(|(_, m)| **m).map(|(position, _)| CountryId::at(position))
    }
}

/// What sort of group it is: it decides in which tables the group is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GroupKind {
    /// Every country.
    World,
    /// Least developed, landlocked, island, member of a union or organisation.
    Status,
    /// Income group.
    Income,
    /// Region.
    Region,
    /// Named by the user, in `groups.csv` or in a scenario.
    Own,
}

/// A named group of countries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The name shown and accepted, for instance `LDC` or `low_income`.
    pub name: String,
    /// What it stands for in words.
    pub label: String,
    /// What sort of group it is.
    pub kind: GroupKind,
    /// Who is in it.
    pub members: CountrySet,
}

/// Columns of `countries.csv` that make groups with a customary name: column,
/// group name, label. Any other column of true and false makes a group of its own name.
pub const STATUS_GROUPS: [(&str, &str, &str); 5] = [
    ("ldc", "LDC", "Least developed countries"),
    ("lldc", "LLDC", "Landlocked developing countries"),
    ("sids", "SIDS", "Small island developing states"),
    ("eu", "EU27", "European Union"),
    ("oecd", "OECD", "OECD members"),
];

/// A group name as it is looked up: lower case, everything but letters and
/// digits folded into single underscores, so that `Low income` finds `low_income`.
#[must_use]
pub fn normalised(name: &str) -> String {
    let mut key = String::with_capacity(name.len());
    for character in name.chars() {
        if character.is_alphanumeric() {
            key.extend(character.to_lowercase());
        } else if !key.ends_with('_') && !key.is_empty() {
            key.push('_');
        }
    }
    key.trim_end_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_however_written() {
        assert_eq!(normalised("Low income"), "low_income");
        assert_eq!(normalised("Europe & Central Asia"), "europe_central_asia");
        assert_eq!(normalised("EU27"), "eu27");
    }

    #[test]
    fn complement_and_remove_partition_the_world() {
        let mut set = CountrySet::of(4, [CountryId::at(1), CountryId::at(3)]);
        assert_eq!(set.complement().count(), 2);
        set.remove(&CountrySet::of(4, [CountryId::at(3)]));
        assert_eq!(set.iter().map(CountryId::index).collect::<Vec<_>>(), [1]);
    }
}
