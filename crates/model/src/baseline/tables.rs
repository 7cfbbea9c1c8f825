//! The rows of a baseline as they stand in files, before anything is checked
//! against anything else. Programs that make their own worlds start here.

/// A row with the line it stood on.
#[derive(Debug, Clone, PartialEq)]
pub struct Row<T> {
    /// Line of the file, counted from 1; 0 if it never was in a file.
    pub line: usize,
    /// The row itself.
    pub row: T,
}

impl<T> From<T> for Row<T> {
    fn from(row: T) -> Self {
        Self { line: 0, row }
    }
}

/// A table: its rows, and the name it is called by in messages.
#[derive(Debug, Clone, PartialEq)]
pub struct Table<T> {
    /// The file, for messages.
    pub file: String,
    /// The rows.
    pub rows: Vec<Row<T>>,
}

impl<T> Table<T> {
    /// A table of rows that never were in a file.
    pub fn new(name: &str, rows: impl IntoIterator<Item = T>) -> Self {
        Self { file: name.to_owned(), rows: rows.into_iter().map(Row::from).collect() }
    }
}

/// A row of `countries.csv`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CountryRow {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Region.
    pub region: Option<String>,
    /// Income group.
    pub income_group: Option<String>,
    /// Columns of true and false, by name: membership of groups.
    pub flags: Vec<(String, bool)>,
    /// Gross domestic product, US dollars.
    pub gdp_usd: Option<f64>,
    /// Inhabitants.
    pub population: Option<f64>,
    /// Carbon price, USD per tonne of CO2 equivalent.
    pub carbon_price: Option<f64>,
}

/// A row of `products.csv`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ProductRow {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
}

/// A row of `routes.csv`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RouteRow {
    /// Code.
    pub code: String,
    /// Product code.
    pub product: String,
    /// Name.
    pub name: String,
}

/// A row of `production.csv`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ProductionRow {
    /// Country code.
    pub country: String,
    /// Product code.
    pub product: String,
    /// Route code.
    pub route: String,
    /// Output, kt a year.
    pub output_kt: f64,
    /// Capacity, kt a year.
    pub capacity_kt: Option<f64>,
    /// Mill price, USD per tonne.
    pub price_usd_per_t: f64,
    /// Intensity (direct and purchased power), tCO2e per tonne.
    pub intensity: Option<f64>,
    /// Direct intensity, tCO2e per tonne.
    pub direct_intensity: Option<f64>,
}

/// A row of `flows.csv`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FlowRow {
    /// Exporter's code.
    pub exporter: String,
    /// Importer's code; the exporter's own for home sales.
    pub importer: String,
    /// Product code.
    pub product: String,
    /// Shipments, kt a year.
    pub quantity_kt: f64,
    /// Freight and insurance, USD per tonne.
    pub freight_usd_per_t: f64,
    /// Whether the quantity is an estimate, if the table says.
    pub estimated: Option<bool>,
}

/// A row of `duties.csv`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DutyRow {
    /// Importer's code.
    pub importer: String,
    /// Exporter's code, or `*` for the importer's default.
    pub exporter: String,
    /// Product code.
    pub product: String,
    /// Ad valorem rate on the customs value, percent.
    pub rate_percent: f64,
    /// How far the rate can be trusted, one of [`crate::baseline::confidence::CONFIDENCE`].
    pub confidence: Option<String>,
}

/// A row of `elasticities.csv`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ElasticityRow {
    /// Product code.
    pub product: String,
    /// Parameter name (see [`crate::baseline::Parameter`]).
    pub parameter: String,
    /// Country code, or `*` for every country without a row of its own.
    pub country: String,
    /// The value used.
    pub value: f64,
}

/// A row of `employment.csv`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EmploymentRow {
    /// Country code, or `*` for every country without a row of its own.
    pub country: String,
    /// Product code.
    pub product: String,
    /// Jobs per kt of output.
    pub jobs_per_kt: f64,
}

/// A row of `defaults.csv`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DefaultRow {
    /// Country code, or `*` for every country without a row of its own.
    pub country: String,
    /// Product code.
    pub product: String,
    /// Default value of direct intensity before any mark-up, tCO2e per tonne.
    pub default_tco2e_per_t: f64,
    /// The route whose benchmark of free allocation goes with the default value.
    pub benchmark_route: Option<String>,
}

/// A row of `groups.csv`: one membership.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GroupRow {
    /// Group name.
    pub group: String,
    /// Country code.
    pub country: String,
}

/// A row of `abatement.csv`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AbatementRow {
    /// Country code, or `*` for every country without a row of its own.
    pub country: String,
    /// Product code.
    pub product: String,
    /// Route code.
    pub route: String,
    /// What the last tonne would cost if all were abated, USD per tonne of CO2 equivalent.
    pub cost_usd_per_tco2e: f64,
    /// The largest share of intensity that can be abated, percent.
    pub max_percent: f64,
}

/// A row of `observations.csv`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ObservationRow {
    /// Exporter: a country's code, a group's name, or `*`.
    pub exporter: String,
    /// Importer: a country's code, a group's name, or `*`.
    pub importer: String,
    /// Product code.
    pub product: String,
    /// Shipments observed, kt a year.
    pub quantity_kt: f64,
    /// Half a unit in the last digit that the quantity was printed with, kt.
    pub half_unit_kt: f64,
    /// `pair`, `bloc`, `customs_value` or `total`.
    pub kind: String,
}

/// A row of `embargoes.csv`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EmbargoRow {
    /// Who bans: a country's code, a group's name, or `*`.
    pub importer: String,
    /// Whose metal is banned: a country's code, a group's name, or `*`.
    pub exporter: String,
    /// Product code.
    pub product: String,
    /// The share of the trade that is banned in the year of the data, percent.
    pub banned_percent: f64,
}

/// A row of `valuation_basis.csv`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ValuationRow {
    /// Importer's code.
    pub importer: String,
    /// `cif` or `fob`.
    pub basis: String,
}

/// A row of `owners.csv`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OwnershipRow {
    /// Country code.
    pub country: String,
    /// Product code.
    pub product: String,
    /// The share of producers' surplus that falls to owners abroad, percent.
    pub foreign_percent: f64,
    /// Owners' countries with their shares in percent, such as `GBR 38; JPN 15; others 4`.
    pub owners_percent: Option<String>,
}

/// Every table of a data folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Tables {
    /// Countries.
    pub countries: Table<CountryRow>,
    /// Products.
    pub products: Table<ProductRow>,
    /// Routes.
    pub routes: Table<RouteRow>,
    /// Production by country, product and route.
    pub production: Table<ProductionRow>,
    /// Shipments, home sales included.
    pub flows: Table<FlowRow>,
    /// Duties in force; absent: none is known.
    pub duties: Option<Table<DutyRow>>,
    /// Elasticities.
    pub elasticities: Table<ElasticityRow>,
    /// Jobs per kt; absent: none is known.
    pub employment: Option<Table<EmploymentRow>>,
    /// Default values of direct intensity; absent: none is known.
    pub defaults: Option<Table<DefaultRow>>,
    /// Further groups of countries.
    pub groups: Option<Table<GroupRow>>,
    /// Abatement by country, product and route; absent: none is possible.
    pub abatement: Option<Table<AbatementRow>>,
    /// Quantities that were observed and that the flows obey; absent: none is named.
    pub observations: Option<Table<ObservationRow>>,
    /// Bans on imports; absent: none is named.
    pub embargoes: Option<Table<EmbargoRow>>,
    /// What customs put ad valorem duties on; absent: the cif value everywhere.
    pub valuation: Option<Table<ValuationRow>>,
    /// Owners abroad; absent: ownership is not known.
    pub owners: Option<Table<OwnershipRow>>,
    /// What else reading found worth saying.
    pub notes: Vec<String>,
    /// The year of the figures, if known.
    pub year: Option<i32>,
}
