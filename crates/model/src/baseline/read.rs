//! A data folder to a baseline, every problem reported at once.

use crate::baseline::Baseline;
use crate::baseline::file;
use crate::baseline::group::STATUS_GROUPS;
use crate::baseline::obey;
use crate::baseline::sheet::{Fields, Sheet};
use crate::baseline::tables::{
    AbatementRow, CountryRow, DefaultRow, DutyRow, ElasticityRow, EmploymentRow, FlowRow, GroupRow,
    ProductRow, ProductionRow, RouteRow, Row, Table, Tables,
};
use crate::problem::{Place, Problems, instead, nearest};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::Path;

/// A file that a baseline was read from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Source {
    /// File name within the folder.
    pub file: String,
    /// SHA-256 of the header and the sorted rows, so that the order of rows,
    /// which changes no result, changes no stamp.
    pub rows_sha256: String,
}

/// The tables that a data folder must have.
pub const REQUIRED: [&str; 6] =
    ["countries.csv", "products.csv", "routes.csv", "production.csv", "flows.csv", "elasticities.csv"];
/// The tables that it may have.
pub const OPTIONAL: [&str; 9] = [
    "duties.csv",
    "employment.csv",
    "defaults.csv",
    "groups.csv",
    "abatement.csv",
    "observations.csv",
    "embargoes.csv",
    "valuation_basis.csv",
    "owners.csv",
];

/// Columns that explain figures and are not used in computing.
const REMARKS: [&str; 9] =
    ["source", "note", "kind", "confidence", "estimated", "low", "high", "hs", "reference_price_usd_per_t"];

/// Reads a data folder.
///
/// # Errors
/// Every problem of every file: missing files and columns, values that are no
/// numbers, unknown names, duplicates, sales that differ from output.
pub fn folder(folder: &Path) -> Result<Baseline, Problems> {
    folder_with(folder, &BTreeMap::new())
}

/// Reads a data folder with some of its tables given as the bytes of a CSV file, by file name, in
/// the place of those in the folder. The result says in its notes which were given.
///
/// # Errors
/// As for [`folder`], and a name that is no table of a data folder.
pub fn folder_with(folder: &Path, given: &BTreeMap<String, Vec<u8>>) -> Result<Baseline, Problems> {
    let mut problems = Problems::new();
    let known = || REQUIRED.iter().chain(&OPTIONAL).copied();
    for name in given.keys().filter(|name| known().all(|known| known != name.as_str())) {
        let what = format!("{name} is no table of a data folder");
        problems.add(Place::file(folder.display().to_string()), what, instead(name, known()));
    }
    let mut reader = Reader { folder, given, problems: &mut problems, sources: vec![], notes: vec![] };
    for name in given.keys() {
        reader.notes.push(format!("{name} was given in the place of the folder's"));
    }
    let tables = reader.tables();
    let (mut sources, notes) = (reader.sources, reader.notes);
    sources.sort();
    let Some(mut tables) = tables else {
        return Err(problems.into_error());
    };
    tables.notes.extend(notes);
    match Baseline::new(&tables) {
        Ok(mut baseline) => {
            obey::check(&baseline, &tables, &mut problems);
            baseline.sources = sources;
            problems.into_result(baseline)
        }
        Err(more) => {
            problems.append(more);
            Err(problems.into_error())
        }
    }
}

/// Reads a data folder's tables as they stand, for changing them.
///
/// # Errors
/// Every problem that [`folder`] finds, in the tables and between them.
pub fn tables(path: &Path) -> Result<Tables, Problems> {
    folder(path)?;
    let mut problems = Problems::new();
    let given = BTreeMap::new();
    let mut reader =
        Reader { folder: path, given: &given, problems: &mut problems, sources: vec![], notes: vec![] };
    let tables = reader.tables();
    match tables {
        Some(tables) => problems.into_result(tables),
        None => Err(problems.into_error()),
    }
}

mod evidence;

struct Reader<'a> {
    folder: &'a Path,
    given: &'a BTreeMap<String, Vec<u8>>,
    problems: &'a mut Problems,
    sources: Vec<Source>,
    notes: Vec<String>,
}

impl Reader<'_> {
    fn has(&self, name: &str) -> bool {
        self.given.contains_key(name) || self.folder.join(name).exists()
    }

    fn tables(&mut self) -> Option<Tables> {
        if !self.folder.is_dir() {
            self.problems.add(
                Place::file(self.folder.display().to_string()),
                "there is no such data folder",
                format!("name a folder that holds {}", REQUIRED.join(", ")),
            );
            return None;
        }
        let year = self.year();
        let countries = self.table("countries.csv", &["iso3", "name"], country);
        let products = self.table("products.csv", &["product", "name"], |f, p| ProductRow {
            code: f.text("product", p),
            name: f.text("name", p),
        });
        let routes = self.table("routes.csv", &["route", "product", "name"], |f, p| RouteRow {
            code: f.text("route", p),
            product: f.text("product", p),
            name: f.text("name", p),
        });
        let production = self.table(
            "production.csv",
            &["country", "product", "route", "output_kt", "price_usd_per_t"],
            production,
        );
        let flows =
            self.table("flows.csv", &["exporter", "importer", "product", "quantity_kt"], |f, p| FlowRow {
                exporter: f.text("exporter", p),
                importer: f.text("importer", p),
                product: f.text("product", p),
                quantity_kt: f.amount("quantity_kt", p),
                freight_usd_per_t: f.amount_if_any("freight_usd_per_t", p).unwrap_or(0.0),
                estimated: f.flag_if_any("estimated", p),
            });
        let elasticities =
            self.table("elasticities.csv", &["product", "parameter", "value"], |f, p| ElasticityRow {
                product: f.text("product", p),
                parameter: f.text("parameter", p),
                country: f.text_if_any("country").unwrap_or_else(|| "*".to_owned()),
                value: f.amount("value", p),
            });
        let duties =
            self.optional("duties.csv", &["importer", "exporter", "product", "rate_percent"], |f, p| {
                DutyRow {
                    importer: f.text("importer", p),
                    exporter: f.text("exporter", p),
                    product: f.text("product", p),
                    rate_percent: f.amount("rate_percent", p),
                    confidence: f.text_if_any("confidence"),
                }
            });
        let employment =
            self.optional("employment.csv", &["country", "product", "jobs_per_kt"], |f, p| EmploymentRow {
                country: f.text("country", p),
                product: f.text("product", p),
                jobs_per_kt: f.amount("jobs_per_kt", p),
            });
        let defaults = if self.has("defaults.csv") {
            self.table("defaults.csv", &["country", "product", "default_tco2e_per_t"], |f, p| DefaultRow {
                country: f.text("country", p),
                product: f.text("product", p),
                default_tco2e_per_t: f.amount("default_tco2e_per_t", p),
                benchmark_route: f.text_if_any("benchmark_route"),
            })
        } else {
            None // clauses that need default values say that there are none
        };
        let groups = if self.has("groups.csv") {
            self.optional("groups.csv", &["group", "country"], |f, p| GroupRow {
                group: f.text("group", p),
                country: f.text("country", p),
            })
        } else {
            None // a folder without groups of its own lacks nothing
        };
        let abatement = self.abatement();
        Some(Tables {
            countries: countries?,
            products: products?,
            routes: routes?,
            production: production?,
            flows: flows?,
            duties,
            elasticities: elasticities?,
            employment,
            defaults,
            groups,
            abatement,
            observations: self.observations(),
            embargoes: self.embargoes(),
            valuation: self.valuation(),
            owners: self.owners(),
            notes: vec![],
            year,
        })
    }

    /// What abatement costs; a folder that does not say it lacks nothing until a policy asks.
    fn abatement(&mut self) -> Option<Table<AbatementRow>> {
        if !self.has("abatement.csv") {
            return None;
        }
        let columns = ["country", "product", "route", "cost_usd_per_tco2e", "max_percent"];
        self.table("abatement.csv", &columns, |f, p| AbatementRow {
            country: f.text("country", p),
            product: f.text("product", p),
            route: f.text("route", p),
            cost_usd_per_tco2e: f.amount("cost_usd_per_tco2e", p),
            max_percent: f.amount("max_percent", p),
        })
    }

    /// A table that must be there.
    fn table<T>(
        &mut self,
        name: &str,
        columns: &[&str],
        row: impl Fn(&Fields<'_>, &mut Problems) -> T,
    ) -> Option<Table<T>> {
        let path = self.folder.join(name);
        let given = self.given.get(name);
        let place = if given.is_some() { name.to_owned() } else { path.display().to_string() };
        let bytes = match given.map_or_else(|| file::read(&path), |bytes| Ok(bytes.clone())) {
            Ok(bytes) => bytes,
            Err(error) => {
                let what = if error.kind() == std::io::ErrorKind::NotFound {
                    "the file is missing".to_owned()
                } else {
                    format!("the file cannot be read: {error}")
                };
                self.problems.add(
                    Place::file(place),
                    what,
                    format!("add it with the columns {}", columns.join(", ")),
                );
                return None;
            }
        };
        self.sources.push(Source { file: name.to_owned(), rows_sha256: rows_sha256(&bytes) });
        let sheet = Sheet::parse(&place, &bytes, self.problems);
        sheet.require(columns, self.problems);
        if columns.iter().any(|column| !sheet.has(column)) {
            return None;
        }
        let rows: Vec<Row<T>> =
            sheet.rows().map(|fields| Row { line: fields.line, row: row(&fields, self.problems) }).collect();
        self.remark(name, &sheet);
        Some(Table { file: place, rows })
    }

    /// A table that may be absent, and is then said to be.
    fn optional<T>(
        &mut self,
        name: &str,
        columns: &[&str],
        row: impl Fn(&Fields<'_>, &mut Problems) -> T,
    ) -> Option<Table<T>> {
        if self.has(name) {
            return self.table(name, columns, row);
        }
        let without = match name {
            "duties.csv" => "no duty in force is known, each is taken as zero",
            _ => "jobs are not reported",
        };
        self.notes.push(format!("{name} is absent: {without}"));
        None
    }

    /// Says which known columns are absent and which present ones nothing uses.
    fn remark(&mut self, name: &str, sheet: &Sheet) {
        let absent: &[(&str, &str)] = match name {
            "countries.csv" => &[
                ("region", "regions are not reported"),
                ("income_group", "income groups are not reported"),
                ("gdp_usd", "burdens per GDP are not reported"),
                ("population", "burdens per head are not reported"),
            ],
            "production.csv" => &[
                ("capacity_kt", "supply has no capacity limit and utilisation is not reported"),
                ("intensity_tco2e_per_t", "emissions are not reported"),
                ("direct_intensity_tco2e_per_t", "direct emissions cannot be charged"),
            ],
            "flows.csv" => &[
                ("freight_usd_per_t", "freight is taken as zero"),
                ("estimated", "the share of estimates is not known"),
            ],
            _ => &[],
        };
        let mut known: Vec<&str> = absent.iter().map(|(column, _)| *column).collect();
        for (column, without) in absent {
            if !sheet.has(column) {
                self.notes.push(format!("{name} has no column {column}: {without}"));
            }
        }
        known.retain(|column| !sheet.has(column));
        for column in sheet.unused() {
            if !REMARKS.contains(&column)
                && let Some(meant) = nearest(column, known.iter().copied())
            {
                self.notes.push(format!("{name}: column {column} is not used; did you mean {meant}?"));
            }
        }
    }

    /// The year that the folder's `datapackage.json` gives, if any.
    fn year(&mut self) -> Option<i32> {
        let path = self.folder.join("datapackage.json");
        let text = file::read_to_string(&path).ok()?;
        match serde_json::from_str::<serde_json::Value>(&text) {
            Ok(package) => package.get("year")?.as_i64().and_then(|year| i32::try_from(year).ok()),
            Err(error) => {
                self.problems.add(
                    Place::line(path.display().to_string(), error.line()),
                    format!("the data package description is not JSON: {error}"),
                    "mend it or remove it",
                );
                None
            }
        }
    }
}

fn country(fields: &Fields<'_>, problems: &mut Problems) -> CountryRow {
    for (column, _, _) in STATUS_GROUPS {
        fields.flag_if_any(column, problems);
    }
    CountryRow {
        code: fields.text("iso3", problems),
        name: fields.text("name", problems),
        region: fields.text_if_any("region"),
        income_group: fields.text_if_any("income_group"),
        flags: fields.flags(),
        gdp_usd: fields.amount_if_any("gdp_usd", problems),
        population: fields.amount_if_any("population", problems),
        carbon_price: fields.amount_if_any("carbon_price_usd_per_tco2e", problems),
    }
}

fn production(fields: &Fields<'_>, problems: &mut Problems) -> ProductionRow {
    ProductionRow {
        country: fields.text("country", problems),
        product: fields.text("product", problems),
        route: fields.text("route", problems),
        output_kt: fields.amount("output_kt", problems),
        capacity_kt: fields.amount_if_any("capacity_kt", problems),
        price_usd_per_t: fields.amount("price_usd_per_t", problems),
        intensity: fields.amount_if_any("intensity_tco2e_per_t", problems),
        direct_intensity: fields.amount_if_any("direct_intensity_tco2e_per_t", problems),
    }
}

/// SHA-256 in hexadecimal.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// SHA-256 of a table's header and its sorted lines.
fn rows_sha256(bytes: &[u8]) -> String {
    let mut lines = bytes.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let mut digest = Sha256::new();
    digest.update(lines.next().unwrap_or_default());
    let mut rows: Vec<&[u8]> = lines.filter(|line| !line.is_empty()).collect();
    rows.sort_unstable();
    for row in rows {
        digest.update(b"\n");
        digest.update(row);
    }
    hexadecimal(&digest.finalize())
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}"); // writing to a String cannot fail
        text
    })
}
