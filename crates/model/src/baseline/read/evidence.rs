//! Tables that a folder may leave out: observations, bans, valuation, owners.

use super::Reader;
use crate::baseline::tables::{EmbargoRow, ObservationRow, OwnershipRow, Table, ValuationRow};

impl Reader<'_> {
    /// Quantities observed. Where other flows are given instead of the folder's, its observations are
    /// not theirs.
    pub(super) fn observations(&mut self) -> Option<Table<ObservationRow>> {
        const NAME: &str = "observations.csv";
        if !self.has(NAME) {
            return None; // flows then say by themselves whether they are estimates
        }
        if self.given.contains_key("flows.csv") && !self.given.contains_key(NAME) {
            let note = "flows.csv was given: the folder's observations.csv is not used";
            self.notes.push(note.to_owned());
            return None;
        }
        let columns = ["exporter", "importer", "product", "quantity_kt", "kind"];
        self.table(NAME, &columns, |f, p| ObservationRow {
            exporter: f.text("exporter", p),
            importer: f.text("importer", p),
            product: f.text("product", p),
            quantity_kt: f.amount("quantity_kt", p),
            half_unit_kt: half_unit(&f.text_if_any("quantity_kt").unwrap_or_default()),
            kind: f.text("kind", p),
        })
    }

    /// Bans on imports.
    pub(super) fn embargoes(&mut self) -> Option<Table<EmbargoRow>> {
        if !self.has("embargoes.csv") {
            return None;
        }
        let columns = ["importer", "exporter", "product", "banned_percent"];
        self.table("embargoes.csv", &columns, |f, p| EmbargoRow {
            importer: f.text("importer", p),
            exporter: f.text("exporter", p),
            product: f.text("product", p),
            banned_percent: f.amount("banned_percent", p),
        })
    }

    /// What customs put ad valorem duties on.
    pub(super) fn valuation(&mut self) -> Option<Table<ValuationRow>> {
        if !self.has("valuation_basis.csv") {
            return None;
        }
        self.table("valuation_basis.csv", &["importer", "basis"], |f, p| ValuationRow {
            importer: f.text("importer", p),
            basis: f.text("basis", p),
        })
    }

    /// Owners abroad.
    pub(super) fn owners(&mut self) -> Option<Table<OwnershipRow>> {
        if !self.has("owners.csv") {
            return None;
        }
        self.table("owners.csv", &["country", "product", "foreign_percent"], |f, p| OwnershipRow {
            country: f.text("country", p),
            product: f.text("product", p),
            foreign_percent: f.amount("foreign_percent", p),
            owners_percent: f.text_if_any("owners_percent"),
        })
    }
}

/// Half a unit in the last digit that a number was printed with.
fn half_unit(text: &str) -> f64 {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let decimals = mantissa.split_once('.').map_or(0, |(_, decimals)| decimals.trim().len());
    let exponent: i32 = exponent.trim().parse().unwrap_or(0);
    0.5 * 10_f64.powi(exponent.saturating_sub(i32::try_from(decimals).unwrap_or(i32::MAX)))
}

#[cfg(test)]
mod tests {
    use super::half_unit;

    #[test]
    fn a_number_is_as_exact_as_it_was_printed() {
        assert_eq!(half_unit("12"), 0.5);
        assert_eq!(half_unit("12.340"), 0.5e-3);
        assert_eq!(half_unit("1.2e3"), 50.0);
    }
}
