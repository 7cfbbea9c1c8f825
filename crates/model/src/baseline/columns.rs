//! What every column of a data folder means: type, unit, whether it must be
//! filled, in one place for the data package, its check and the docs.

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A number.
    Number,
    /// True or False.
    Flag,
}

impl Kind {
    /// The name of the type in a Frictionless table schema.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Number => "number",
            Self::Flag => "boolean",
        }
    }
}

/// A column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name in the file.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// The unit of its numbers; `None` for text, flags and names.
    pub unit: Option<&'static str>,
    /// Whether every row must fill it.
    pub required: bool,
    /// What it says, in a sentence.
    pub meaning: &'static str,
}

const fn text(name: &'static str, meaning: &'static str) -> Column {
    Column { name, kind: Kind::Text, unit: None, required: true, meaning }
}

const fn remark(name: &'static str, meaning: &'static str) -> Column {
    Column { name, kind: Kind::Text, unit: None, required: false, meaning }
}

const fn flag(name: &'static str, meaning: &'static str) -> Column {
    Column { name, kind: Kind::Flag, unit: None, required: false, meaning }
}

const fn number(name: &'static str, unit: &'static str, meaning: &'static str) -> Column {
    Column { name, kind: Kind::Number, unit: Some(unit), required: true, meaning }
}

const fn number_if_any(name: &'static str, unit: &'static str, meaning: &'static str) -> Column {
    Column { name, kind: Kind::Number, unit: Some(unit), required: false, meaning }
}

const SOURCE: Column = remark("source", "Where the row comes from.");
const NOTE: Column = remark("note", "What else is worth knowing about the row.");
const ESTIMATED: Column =
    flag("estimated", "True where the figure is an estimate, False where it was published.");

/// A table of a data folder: file, what makes a row unique, what it holds, its columns.
#[derive(Debug, Clone, Copy)]
pub struct TableColumns {
    /// The file's name.
    pub file: &'static str,
    /// What a row is, in a sentence.
    pub meaning: &'static str,
    /// The columns that together name a row.
    pub key: &'static [&'static str],
    /// The columns that are known.
    pub columns: &'static [Column],
}

/// Every table that a data folder may have, in the order in which they build on each other.
pub const TABLES: [TableColumns; 15] = [
    TableColumns {
        file: "countries.csv",
        meaning: "Countries, with the groups they are in.",
        key: &["iso3"],
        columns: &[
            text(
                "iso3",
                "Code by which every other table names the country; ISO 3166-1 alpha-3 for real ones.",
            ),
            text("name", "Name in English."),
            remark("region", "Region (World Bank); makes a group."),
            remark("income_group", "Income group (World Bank); makes a group."),
            flag("ldc", "On the United Nations' list of least developed countries; makes the group LDC."),
            flag("lldc", "Landlocked developing country; makes the group LLDC."),
            flag("sids", "Small island developing state; makes the group SIDS."),
            flag("eu", "Member of the European Union; makes the group EU27."),
            flag("oecd", "Member of the OECD; makes the group OECD."),
            number_if_any("gdp_usd", "USD", "Gross domestic product of the year, current US dollars."),
            number_if_any("population", "persons", "Inhabitants."),
            number_if_any(
                "carbon_price_usd_per_tco2e",
                "USD/tCO2e",
                "Carbon price paid by industry; zero where none is known to be in force.",
            ),
            number_if_any(
                "grid_tco2e_per_mwh",
                "tCO2e/MWh",
                "Emission intensity of electricity from the grid.",
            ),
            SOURCE,
        ],
    },
    TableColumns {
        file: "products.csv",
        meaning: "Products.",
        key: &["product"],
        columns: &[
            text("product", "Code by which every other table names the product."),
            text("name", "Name in English."),
            remark("hs", "Headings of the Harmonised System that it covers."),
            number_if_any("reference_price_usd_per_t", "USD/t", "World price level, for orientation."),
            SOURCE,
        ],
    },
    TableColumns {
        file: "routes.csv",
        meaning: "Ways of making a product.",
        key: &["route", "product"],
        columns: &[
            text("route", "Code by which production.csv names the route."),
            text("product", "The product it makes."),
            text("name", "Name in English."),
            NOTE,
        ],
    },
    TableColumns {
        file: "production.csv",
        meaning: "Output of a product by country and route.",
        key: &["country", "product", "route"],
        columns: &[
            text("country", "The country that makes it."),
            text("product", "The product."),
            text("route", "The route."),
            number("output_kt", "kt", "Output of the year."),
            number_if_any("capacity_kt", "kt", "Capacity of the year, at least the output."),
            number("price_usd_per_t", "USD/t", "Mill price."),
            number_if_any(
                "intensity_tco2e_per_t",
                "tCO2e/t",
                "Emissions per tonne of product, direct and of purchased power (scope 1 and 2).",
            ),
            number_if_any(
                "direct_intensity_tco2e_per_t",
                "tCO2e/t",
                "Direct emissions per tonne of product (scope 1).",
            ),
            SOURCE,
            ESTIMATED,
            NOTE,
        ],
    },
    TableColumns {
        file: "flows.csv",
        meaning: "Shipments of a product by exporter and importer; home sales have the same country twice.",
        key: &["exporter", "importer", "product"],
        columns: &[
            text("exporter", "The country that makes what is shipped."),
            text("importer", "The country that uses it."),
            text("product", "The product."),
            number("quantity_kt", "kt", "Shipments of the year."),
            number_if_any("freight_usd_per_t", "USD/t", "Freight and insurance from mill to border."),
            SOURCE,
            ESTIMATED,
            NOTE,
        ],
    },
    TableColumns {
        file: "duties.csv",
        meaning: "Ad valorem duties in force, every layer added up.",
        key: &["importer", "exporter", "product"],
        columns: &[
            text("importer", "The country that charges it."),
            text("exporter", "The country of origin, or * for every origin without a row of its own."),
            text("product", "The product."),
            number("rate_percent", "percent of the customs value", "The rate."),
            remark("kind", "What sort of duty it is."),
            remark(
                "confidence",
                "How far the rate can be trusted; general ones want re-reading before publication.",
            ),
            SOURCE,
            NOTE,
        ],
    },
    TableColumns {
        file: "elasticities.csv",
        meaning: "Elasticities of substitution, demand and supply.",
        key: &["product", "parameter", "country"],
        columns: &[
            text("product", "The product."),
            text("parameter", "Which elasticity."),
            remark("country", "The country, or * for every country without a row of its own."),
            number("value", "1", "The value used."),
            number_if_any("low", "1", "Low end of the range in the literature."),
            number_if_any("high", "1", "High end of the range in the literature."),
            SOURCE,
            ESTIMATED,
        ],
    },
    TableColumns {
        file: "employment.csv",
        meaning: "Jobs in making a product.",
        key: &["country", "product"],
        columns: &[
            text("country", "The country, or * for every country without a row of its own."),
            text("product", "The product."),
            number("jobs_per_kt", "persons/kt", "Persons employed per kt of output."),
            SOURCE,
            ESTIMATED,
        ],
    },
    TableColumns {
        file: "defaults.csv",
        meaning: "Default values of direct emission intensity, for metal whose own intensity is not proven.",
        key: &["country", "product"],
        columns: &[
            text("country", "The country of origin, or * for every country without a row of its own."),
            text("product", "The product."),
            number(
                "default_tco2e_per_t",
                "tCO2e/t",
                "Direct emissions per tonne of product, before any mark-up.",
            ),
            remark(
                "benchmark_route",
                "The route whose benchmark of free allocation goes with the default value; empty: the maker's own.",
            ),
            SOURCE,
            NOTE,
        ],
    },
    TableColumns {
        file: "groups.csv",
        meaning: "Further groups of countries, a row for each member.",
        key: &["group", "country"],
        columns: &[text("group", "The group's name."), text("country", "A member.")],
    },
    TableColumns {
        file: "abatement.csv",
        meaning: "What it costs producers to cut their emissions; used where a scenario switches abatement on.",
        key: &["country", "product", "route"],
        columns: &[
            text("country", "The country, or * for every country without a row of its own."),
            text("product", "The product."),
            text("route", "The route."),
            number(
                "cost_usd_per_tco2e",
                "USD/tCO2e",
                "What the last tonne of CO2e would cost if all were abated; cost rises to it in a straight line from zero.",
            ),
            number("max_percent", "percent of the intensity", "The largest share that can be abated."),
            SOURCE,
            ESTIMATED,
        ],
    },
    TableColumns {
        file: "observations.csv",
        meaning: "Quantities that were observed, which the flows obey to the last printed digit.",
        key: &["exporter", "importer", "product"],
        columns: &[
            text("exporter", "Country or group that makes what is shipped, or * for every country."),
            text("importer", "Country or group that uses it, or * for every country."),
            text("product", "The product."),
            number(
                "quantity_kt",
                "kt",
                "Shipments observed; home sales and, opposite *, a group's own trade left out.",
            ),
            text("kind", "pair, bloc, customs_value (a value over an assumed unit value) or total."),
            remark("year", "The year of the observation."),
            SOURCE,
            remark("licence", "The terms of the source."),
        ],
    },
    TableColumns {
        file: "embargoes.csv",
        meaning: "Bans on imports.",
        key: &["importer", "exporter", "product"],
        columns: &[
            text("importer", "Country or group that bans, or * for every country."),
            text("exporter", "Country or group whose metal is banned, or * for every country."),
            text("product", "The product."),
            remark("from", "The day from which it holds."),
            remark("to", "The day until which it held; empty: it still holds."),
            number(
                "banned_percent",
                "percent of the trade",
                "The share that is banned in the year of the data; where it is 100 there is no flow.",
            ),
            number_if_any(
                "banned_percent_late_2026",
                "percent of the trade",
                "The share that is banned at the end of 2026; for orientation, not used in computing.",
            ),
            remark("confidence", "How far the row can be trusted."),
            SOURCE,
            NOTE,
        ],
    },
    TableColumns {
        file: "valuation_basis.csv",
        meaning: "What customs put ad valorem duties on.",
        key: &["importer"],
        columns: &[
            text("importer", "The country that charges duties."),
            text(
                "basis",
                "cif: freight and insurance to the border are part of the value; fob: they are not.",
            ),
            remark("confidence", "How far the row can be trusted."),
            SOURCE,
            NOTE,
        ],
    },
    TableColumns {
        file: "owners.csv",
        meaning: "Owners abroad of producers.",
        key: &["country", "product"],
        columns: &[
            text("country", "The country in which metal is made."),
            text("product", "The product."),
            number(
                "foreign_percent",
                "percent of producers' surplus",
                "The share that falls to owners abroad in the year of the data.",
            ),
            remark(
                "owners_percent",
                "Owners' countries with their shares in percent, as `GBR 38; JPN 15; others 4`.",
            ),
            remark("main_owners", "The largest owners by name."),
            SOURCE,
            ESTIMATED,
            NOTE,
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::read;

    #[test]
    fn the_columns_cover_exactly_the_tables_that_are_read() {
        let mut described: Vec<&str> = TABLES.iter().map(|table| table.file).collect();
        let mut readable: Vec<&str> = read::REQUIRED.iter().chain(&read::OPTIONAL).copied().collect();
        described.sort_unstable();
        readable.sort_unstable();
        assert_eq!(described, readable);
    }

    #[test]
    fn keys_are_columns_and_suffixes_agree_with_units() {
        for table in &TABLES {
            for key in table.key {
                assert!(table.columns.iter().any(|column| column.name == *key), "{}: {key}", table.file);
            }
            for column in table.columns {
                let expected = match column.name {
                    name if name.ends_with("_usd_per_t") => Some("USD/t"),
                    name if name.ends_with("_tco2e_per_t") => Some("tCO2e/t"),
                    name if name.ends_with("jobs_per_kt") => Some("persons/kt"),
                    name if name.ends_with("_kt") => Some("kt"),
                    _ => continue,
                };
                assert_eq!(column.unit, expected, "{}", column.name);
            }
        }
    }
}
