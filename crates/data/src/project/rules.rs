//! The projection file: a rule a row.

use std::collections::BTreeMap;
use std::path::Path;
use zollverein_model::baseline::file::read;
use zollverein_model::baseline::read::sha256;
use zollverein_model::baseline::sheet::{Fields, Sheet};
use zollverein_model::baseline::tables::{ProductionRow, Tables};
use zollverein_model::problem::{Place, Problems, instead};

/// The columns of a projection file; all must be there, and no other.
pub const COLUMNS: [&str; 9] =
    ["figure", "country", "product", "route", "change", "value", "unit", "source", "status"];

/// A figure that can be projected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Figure {
    /// Use of a product in a country, kt a year.
    Demand,
    /// Output, kt a year.
    Output,
    /// Capacity, kt a year.
    Capacity,
    /// Intensity, direct and of purchased power, tCO2e per tonne.
    Intensity,
    /// Direct intensity, tCO2e per tonne.
    DirectIntensity,
    /// Mill price, USD per tonne.
    Price,
    /// Carbon price of a country, USD per tonne of CO2e.
    CarbonPrice,
    /// Inhabitants.
    Population,
    /// Gross domestic product, USD.
    Gdp,
}

impl Figure {
    /// Every figure.
    pub const ALL: [Self; 9] = [
        Self::Demand,
        Self::Output,
        Self::Capacity,
        Self::Intensity,
        Self::DirectIntensity,
        Self::Price,
        Self::CarbonPrice,
        Self::Population,
        Self::Gdp,
    ];

    /// Its name in the file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Demand => "demand",
            Self::Output => "output",
            Self::Capacity => "capacity",
            Self::Intensity => "intensity",
            Self::DirectIntensity => "direct_intensity",
            Self::Price => "price",
            Self::CarbonPrice => "carbon_price",
            Self::Population => "population",
            Self::Gdp => "gdp",
        }
    }

    /// The unit of its levels, as in the description of data folders.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Demand | Self::Output | Self::Capacity => "kt",
            Self::Intensity | Self::DirectIntensity => "tCO2e/t",
            Self::Price => "USD/t",
            Self::CarbonPrice => "USD/tCO2e",
            Self::Population => "persons",
            Self::Gdp => "USD",
        }
    }

    /// Whether it is a figure of a product, not of a country as a whole.
    #[must_use]
    pub const fn of_product(self) -> bool {
        !matches!(self, Self::CarbonPrice | Self::Population | Self::Gdp)
    }

    /// Whether the routes' figures add up to the country's; otherwise it is their mean by output.
    #[must_use]
    pub const fn adds_up(self) -> bool {
        matches!(self, Self::Output | Self::Capacity)
    }

    /// Its value in a row of `production.csv`, if it stands there.
    #[must_use]
    pub fn of(self, row: &ProductionRow) -> Option<f64> {
        match self {
            Self::Output => Some(row.output_kt),
            Self::Capacity => row.capacity_kt,
            Self::Intensity => row.intensity,
            Self::DirectIntensity => row.direct_intensity,
            Self::Price => Some(row.price_usd_per_t),
            Self::Demand | Self::CarbonPrice | Self::Population | Self::Gdp => None,
        }
    }
}

/// How a figure changes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Change {
    /// To a value in the figure's unit.
    Level(f64),
    /// By a factor.
    Factor(f64),
    /// By so many percent a year, from the year of the data.
    PercentPerYear(f64),
}

impl Change {
    const NAMES: [&'static str; 3] = ["level", "factor", "percent_per_year"];

    /// The figure after so many years; `None` where it is not known and no level is given.
    #[must_use]
    pub fn on(self, before: Option<f64>, years: u32) -> Option<f64> {
        match self {
            Self::Level(level) => Some(level),
            Self::Factor(factor) => before.map(|before| before * factor),
            // factor by factor: the same bits on every machine, unlike a power
            Self::PercentPerYear(percent) => {
                before.map(|before| (0..years).fold(before, |value, _| value * (1.0 + percent / 100.0)))
            }
        }
    }
}

/// How well a rule is founded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Its source states it.
    Cited,
    /// It is an assumption, which its source explains.
    Assumed,
}

/// What a rule is on; `None` is all.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The figure.
    pub figure: Figure,
    /// The product; none for a country's figures.
    pub product: Option<String>,
    /// The country; none: each without a row of its own.
    pub country: Option<String>,
    /// The route; none: all of the product, in proportion.
    pub route: Option<String>,
}

/// A row of a projection file.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Its line.
    pub line: usize,
    /// What it does.
    pub change: Change,
    /// Who says so, or why it is assumed.
    pub source: String,
    /// How well it is founded.
    pub status: Status,
}

/// A projection file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Projection {
    /// The file, for messages.
    pub file: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// Its rules; their order in the file does not matter.
    pub rules: BTreeMap<Key, Rule>,
}

impl Projection {
    /// Reads a projection file.
    ///
    /// # Errors
    /// Every fault of the file, each with its line.
    pub fn read(path: &Path) -> Result<Self, Problems> {
        let file = path.display().to_string();
        match read(path) {
            Ok(bytes) => Self::parse(&file, &bytes),
            Err(error) => {
                let mut problems = Problems::new();
                let what = format!("the projection file cannot be read: {error}");
                problems.add(Place::file(&file), what, "name a CSV file such as data/projections/2030.csv");
                problems.into_result(Self::default())
            }
        }
    }

    /// The projection in some bytes of CSV.
    ///
    /// # Errors
    /// Every fault, each with its line.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, Problems> {
        let mut problems = Problems::new();
        let sheet = Sheet::parse(file, bytes, &mut problems);
        sheet.require(&COLUMNS, &mut problems);
        let complete = COLUMNS.iter().all(|column| sheet.has(column));
        for column in sheet.columns().filter(|column| !COLUMNS.contains(column)) {
            problems.add(
                Place::line(file, 1),
                format!("column `{column}` is not known"),
                instead(column, COLUMNS),
            );
        }
        let mut rules: BTreeMap<Key, Rule> = BTreeMap::new();
        for fields in sheet.rows().filter(|_| complete) {
            let Some((key, rule)) = row(&fields, &mut problems) else { continue };
            if let Some(first) = rules.get(&key) {
                problems.add(
                    fields.place(),
                    format!("the same figure, country, product and route as line {}", first.line),
                    "keep one of the two rows",
                );
            } else {
                rules.insert(key, rule);
            }
        }
        problems.into_result(Self { file: file.to_owned(), sha256: sha256(bytes), rules })
    }

    /// Where a rule stands.
    #[must_use]
    pub fn place(&self, rule: &Rule) -> Place {
        Place::line(&self.file, rule.line)
    }

    /// Whether tables have all that a rule names.
    #[must_use]
    pub fn knows(&self, tables: &Tables, key: &Key) -> bool {
        let country = key.country.as_ref();
        let product = key.product.as_ref();
        country.is_none_or(|code| tables.countries.rows.iter().any(|row| row.row.code == *code))
            && product.is_none_or(|code| tables.products.rows.iter().any(|row| row.row.code == *code))
            && key
                .route
                .as_ref()
                .is_none_or(|code| tables.routes.rows.iter().any(|row| row.row.code == *code))
    }

    /// How many rules are cited, and how many assumed.
    #[must_use]
    pub fn founded(&self) -> (usize, usize) {
        let cited = self.rules.values().filter(|rule| rule.status == Status::Cited).count();
        (cited, self.rules.len() - cited)
    }
}

/// One row; `None` where it has a fault.
fn row(fields: &Fields<'_>, problems: &mut Problems) -> Option<(Key, Rule)> {
    let before = problems.as_slice().len();
    let mut fault = |what: String, remedy: String| problems.add(fields.place(), what, remedy);
    let name = fields.text_if_any("figure").unwrap_or_default();
    let figure = Figure::ALL.into_iter().find(|figure| figure.name() == name);
    if figure.is_none() {
        fault(format!("figure `{name}` is not known"), instead(&name, Figure::ALL.map(Figure::name)));
    }
    let all = |text: Option<String>| text.filter(|text| text != "*");
    let country = fields.text_if_any("country");
    if country.is_none() {
        fault(
            "`country` is empty".to_owned(),
            "give a code, or * for all without a row of their own".to_owned(),
        );
    }
    let product = fields.text_if_any("product");
    let route = all(fields.text_if_any("route"));
    if let Some(figure) = figure {
        match (figure.of_product(), &product) {
            (true, None) => fault(
                format!("`product` is empty, and `{name}` is a figure of a product"),
                "name the product".to_owned(),
            ),
            (false, Some(product)) => fault(
                format!("`product` is `{product}`, and `{name}` is a figure of a country"),
                "leave `product` empty".to_owned(),
            ),
            _ => {}
        }
        if let Some(route) = route.as_ref().filter(|_| !figure.of_product() || figure == Figure::Demand) {
            fault(
                format!("`route` is `{route}`, and `{name}` has no routes"),
                "leave `route` empty".to_owned(),
            );
        }
    }
    let change = fields.text_if_any("change").unwrap_or_default();
    if !Change::NAMES.contains(&change.as_str()) {
        fault(format!("change `{change}` is not known"), instead(&change, Change::NAMES));
    }
    let unit = fields.text_if_any("unit").unwrap_or_default();
    let expected = match (change.as_str(), figure) {
        ("level", Some(figure)) => Some(figure.unit()),
        ("factor", _) => Some("1"),
        ("percent_per_year", _) => Some("percent"),
        _ => None,
    };
    if let Some(expected) = expected.filter(|expected| *expected != unit) {
        fault(
            format!("`unit` is `{unit}`; a {change} of `{name}` is in `{expected}`"),
            format!("convert the value to {expected} and write that unit"),
        );
    }
    let status = fields.text_if_any("status").unwrap_or_default();
    let status = match status.as_str() {
        "cited" => Some(Status::Cited),
        "assumed" => Some(Status::Assumed),
        _ => {
            fault(
                format!("status `{status}` is not known"),
                "write `cited` where the source states the value, else `assumed`".to_owned(),
            );
            None
        }
    };
    let value = fields.number("value", problems);
    let source = fields.text("source", problems);
    if let Some(value) = value {
        in_range(fields, figure, &change, value, problems);
    }
    let (figure, status, value) = (figure?, status?, value?);
    let change = match change.as_str() {
        "level" => Change::Level(value),
        "factor" => Change::Factor(value),
        _ => Change::PercentPerYear(value),
    };
    let key = Key { figure, product, country: all(country), route };
    let sound = problems.as_slice().len() == before;
    sound.then_some((key, Rule { line: fields.line, change, source, status }))
}

fn in_range(fields: &Fields<'_>, figure: Option<Figure>, change: &str, value: f64, problems: &mut Problems) {
    let price = figure == Some(Figure::Price);
    let (sound, remedy) = match change {
        "percent_per_year" => (value > -100.0, "give more than -100"),
        _ if price => (value > 0.0, "give a number above zero"),
        _ => (value >= 0.0, "give a number of 0 or more"),
    };
    if !sound {
        problems.add(fields.place(), format!("`value` is {value}, which a {change} cannot be"), remedy);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<String> {
        match Projection::parse("p.csv", text.as_bytes()) {
            Ok(_) => vec![],
            Err(problems) => problems.as_slice().iter().map(ToString::to_string).collect(),
        }
    }

    const HEAD: &str = "figure,country,product,route,change,value,unit,source,status\n";

    #[test]
    fn rows_become_rules() {
        let text = format!(
            "{HEAD}output,IND,steel,,level,238170,kt,Policy 2017,cited\ngdp,*,,*,percent_per_year,2.5,percent,mine,assumed\n"
        );
        let projection = Projection::parse("p.csv", text.as_bytes()).expect("it is sound");
        assert_eq!(projection.founded(), (1, 1));
        let (key, rule) = projection.rules.iter().next().expect("a rule");
        assert_eq!(
            (key.figure, key.country.as_deref(), key.route.as_deref()),
            (Figure::Output, Some("IND"), None)
        );
        assert_eq!((rule.line, rule.change), (2, Change::Level(238_170.0)));
    }

    #[test]
    fn every_fault_is_named_with_line_value_and_remedy() {
        let text = format!(
            "{HEAD}outputt,IND,steel,,level,1,kt,s,cited\noutput,IND,,,level,x,kt,s,cited\n\
             output,IND,steel,,level,-1,Mt,,sure\ngdp,IND,steel,eaf,grow,1,USD,s,cited\n\
             output,*,steel,,factor,2,1,s,cited\noutput,*,steel,*,factor,3,1,s,cited\n\
             price,*,steel,,factor,0,1,s,cited\npopulation,,,,percent_per_year,-100,percent,s,cited\n"
        );
        let faults = faults(&text);
        for wanted in [
            "p.csv:2: figure `outputt` is not known\n    remedy: did you mean `output`?",
            "p.csv:3: `product` is empty",
            "p.csv:3: `value` is `x`, which is not a number",
            "p.csv:4: `value` is -1",
            "p.csv:4: `unit` is `Mt`; a level of `output` is in `kt`",
            "p.csv:4: `source` is empty",
            "p.csv:4: status `sure` is not known",
            "p.csv:5: `product` is `steel`",
            "p.csv:5: `route` is `eaf`",
            "p.csv:5: change `grow` is not known",
            "p.csv:7: the same figure, country, product and route as line 6",
            "p.csv:8: `value` is 0",
            "p.csv:9: `country` is empty",
            "p.csv:9: `value` is -100",
        ] {
            assert!(faults.iter().any(|fault| fault.starts_with(wanted)), "{wanted}\n{faults:#?}");
        }
        assert_eq!(faults.len(), 14, "{faults:#?}");
    }

    #[test]
    fn columns_missing_and_unknown_are_named_together() {
        let faults =
            faults("figure,country,product,route,change,valeu,unit,source,status\na,b,c,d,e,f,g,h,i\n");
        assert_eq!(faults.len(), 2, "{faults:?}");
        assert!(faults.iter().any(|fault| fault.contains("column `value` is missing")));
        assert!(faults.iter().any(|fault| fault.contains("column `valeu` is not known")));
    }
}
