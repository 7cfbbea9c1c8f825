//! Who owns producers: the share of their surplus that falls to owners abroad.

use crate::baseline::ids::CountryId;

/// The share of producers' surplus of a country and product that falls to owners abroad.
#[derive(Debug, Clone, PartialEq)]
pub struct Ownership {
    /// The share that falls to all owners abroad together, as a fraction.
    pub foreign: f64,
    /// The shares of owners' countries that are named and in the data, as fractions of the whole surplus.
    pub owners: Vec<(CountryId, f64)>,
}

impl Ownership {
    /// The share that falls to owners abroad whose country is not named or not in the data.
    #[must_use]
    pub fn not_known(&self) -> f64 {
        (self.foreign - self.owners.iter().map(|(_, share)| share).sum::<f64>()).max(0.0)
    }
}

/// What a text such as `GBR 38; JPN 15; others 4` says: codes with percentages. `others` is not
/// named.
///
/// # Errors
/// The part of the text that is not a name and a number.
pub(super) fn owners(text: &str) -> Result<Vec<(&str, f64)>, &str> {
    text.split(';')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (name, percent) = part.split_once(char::is_whitespace).ok_or(part)?;
            let percent: f64 = percent.trim().parse().map_err(|_| part)?;
            if percent.is_finite() && (0.0..=100.0).contains(&percent) {
                Ok((name, percent))
            } else {
                Err(part)
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_are_read_with_their_shares() {
        assert_eq!(
            owners("GBR 38; JPN 15;others 4.5 "),
            Ok(vec![("GBR", 38.0), ("JPN", 15.0), ("others", 4.5)])
        );
        assert_eq!(owners(""), Ok(vec![]));
        assert_eq!(owners("GBR 38; JPN"), Err("JPN"));
        assert_eq!(owners("GBR 138"), Err("GBR 138"));
        assert_eq!(owners("GBR NaN"), Err("GBR NaN"));
    }
}
