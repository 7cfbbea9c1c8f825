//! What is drawn: numbers of the scenario by path, and figures of the data.

use zollverein_model::baseline::group::normalised;
use zollverein_model::baseline::ranges::ElasticityRange;
use zollverein_model::baseline::{Baseline, CountryId, Parameter, ProducerId, ProductId};
use zollverein_model::problem::instead;
use zollverein_model::units::Kilotonnes;
use zollverein_scenario::Scenario;

/// What an input changes.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// A number of the scenario.
    Path(String),
    /// An elasticity of a product in some countries.
    Elasticity(Parameter, ProductId, Vec<CountryId>),
    /// The emission intensities of some producers, by a factor.
    Intensity(Vec<ProducerId>),
    /// The mill prices of some producers, by a factor.
    Price(Vec<ProducerId>),
    /// The capacities of some producers, by a factor.
    Capacity(Vec<ProducerId>),
    /// A whole table of the data, drawn as [`zollverein_model::baseline::doubt`] says.
    Table(Drawn),
}

/// A table of the data that is drawn as a whole: its value names the draw, and zero is the table as it
/// stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drawn {
    /// Shipments, balanced.
    Flows,
    /// Mill prices.
    Prices,
    /// Emission intensities.
    Intensities,
}

impl Drawn {
    /// Every table that can be drawn, by what a plan calls it.
    pub const ALL: [(&'static str, Self); 3] =
        [("data.flows", Self::Flows), ("data.prices", Self::Prices), ("data.intensities", Self::Intensities)];

    /// The table that a `what` names.
    #[must_use]
    pub fn named(what: &str) -> Option<Self> {
        Self::ALL.iter().find(|(name, _)| *name == what).map(|(_, table)| *table)
    }
}

/// An input before its distribution is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// What it is called.
    pub name: String,
    /// What it changes.
    pub target: Target,
    /// Its usual value, with a range if the data give one; `None` for a factor, which is usually 1.
    pub usual: Option<(f64, Option<(f64, f64)>)>,
}

/// What is wrong, and a remedy.
type Fault = (String, String);

/// The kinds of data that can be drawn.
const KINDS: [&str; 7] = ["elasticity", "intensity", "price", "capacity", "flows", "prices", "intensities"];

/// The inputs that a `what` names: one, or one for each elasticity of those it covers.
///
/// # Errors
/// A path or name that leads nowhere.
pub fn find(
    what: &str,
    scenario: &Scenario,
    baseline: &Baseline,
    ranges: &[ElasticityRange],
) -> Result<Vec<Found>, Fault> {
    let Some(data) = what.strip_prefix("data.") else {
        let value = scenario.number(what).ok_or_else(|| {
            let numbers = scenario.numbers();
            let known = numbers.iter().map(String::as_str).chain(["data.elasticity", "data.intensity"]);
            (format!("no number of the scenario stands at `{what}`"), instead(what, known))
        })?;
        let target = Target::Path(what.to_owned());
        return Ok(vec![Found { name: what.to_owned(), target, usual: Some((value, None)) }]);
    };
    if let Some(table) = Drawn::named(what) {
        return Ok(vec![Found { name: what.to_owned(), target: Target::Table(table), usual: None }]);
    }
    let parts: Vec<&str> = data.split('.').collect();
    let (kind, of) = parts.split_first().unwrap_or((&"", &[]));
    match *kind {
        "elasticity" => elasticities(of, baseline, ranges),
        "intensity" | "price" | "capacity" => {
            let producers = producers(of, baseline)?;
            let target = match *kind {
                "intensity" => Target::Intensity(producers),
                "price" => Target::Price(producers),
                _ => Target::Capacity(producers),
            };
            Ok(vec![Found { name: what.to_owned(), target, usual: None }])
        }
        table @ ("flows" | "prices" | "intensities") => {
            Err((format!("data.{table} is drawn as a whole"), format!("write data.{table}")))
        }
        other => Err((format!("data.{other} cannot be drawn"), instead(other, KINDS))),
    }
}

fn product(code: &str, baseline: &Baseline) -> Result<ProductId, Fault> {
    baseline.product(code).ok_or_else(|| {
        let known = baseline.products.iter().map(|product| product.code.as_str());
        (format!("product `{code}` is not known"), instead(code, known))
    })
}

/// `[PRODUCT[.PARAMETER[.COUNTRY]]]`: rows of `elasticities.csv`.
fn elasticities(of: &[&str], baseline: &Baseline, ranges: &[ElasticityRange]) -> Result<Vec<Found>, Fault> {
    if of.len() > 3 {
        return Err((
            "too many parts".to_owned(),
            "write data.elasticity.PRODUCT.PARAMETER.COUNTRY at most".to_owned(),
        ));
    }
    if let Some(code) = of.first() {
        product(code, baseline)?;
    }
    if let Some(name) = of.get(1).filter(|name| Parameter::named(name).is_none()) {
        let known = Parameter::ALL.map(Parameter::name);
        return Err((format!("parameter `{name}` is not known"), instead(name, known)));
    }
    let chosen = |row: &&ElasticityRange| {
        of.first().is_none_or(|code| row.product == *code)
            && of.get(1).is_none_or(|name| row.parameter.name() == *name)
            && of.get(2).is_none_or(|country| row.country.as_deref() == Some(country))
            // of several only those that have a range
            && (row.range.is_some() || of.len() >= 2)
    };
    let mut found = vec![];
    for row in ranges.iter().filter(chosen) {
        let Some(product) = baseline.product(&row.product) else { continue };
        let own = |country: CountryId| {
            let code = &baseline.countries[country.index()].code;
            let same =
                |other: &&ElasticityRange| other.product == row.product && other.parameter == row.parameter;
            ranges.iter().filter(same).any(|other| other.country.as_ref() == Some(code))
        };
        let countries: Vec<CountryId> = match &row.country {
            Some(code) => baseline.country(code).into_iter().collect(),
            None => baseline.country_ids().filter(|country| !own(*country)).collect(),
        };
        let end = row.country.as_ref().map_or_else(String::new, |country| format!(".{country}"));
        found.push(Found {
            name: format!("data.elasticity.{}.{}{end}", row.product, row.parameter.name()),
            target: Target::Elasticity(row.parameter, product, countries),
            usual: Some((row.value, row.range)),
        });
    }
    if found.is_empty() {
        let what = format!("elasticities.csv has no row with a range for `{}`", of.join("."));
        return Err((what, "name rows that are there, with the columns low and high filled in".to_owned()));
    }
    Ok(found)
}

/// `[PRODUCT[.COUNTRY or GROUP[.ROUTE]]]`: producers.
fn producers(of: &[&str], baseline: &Baseline) -> Result<Vec<ProducerId>, Fault> {
    if of.len() > 3 {
        let remedy = "write data.intensity.PRODUCT.COUNTRY.ROUTE at most; a group may stand for the country";
        return Err(("too many parts".to_owned(), remedy.to_owned()));
    }
    let wanted = of.first().map(|code| product(code, baseline)).transpose()?;
    let countries = match of.get(1) {
        None => None,
        Some(name) => {
            let group = baseline.groups.get(&normalised(name)).map(|group| group.members.iter().collect());
            let one = || baseline.country(name).map(|country| vec![country]);
            let found: Option<Vec<CountryId>> = group.or_else(one);
            Some(found.ok_or_else(|| {
                let groups = baseline.groups.values().map(|group| group.name.as_str());
                let known = groups.chain(baseline.countries.iter().map(|country| country.code.as_str()));
                (format!("`{name}` is no group and no country"), instead(name, known))
            })?)
        }
    };
    if let Some(code) = of.get(2).filter(|code| baseline.routes.iter().all(|route| route.code != **code)) {
        let known = baseline.routes.iter().map(|route| route.code.as_str());
        return Err((format!("route `{code}` is not known"), instead(code, known)));
    }
    let chosen = baseline.producers.iter().enumerate().filter(|(_, producer)| {
        producer.output > Kilotonnes::ZERO
            && wanted.is_none_or(|product| product == producer.product)
            && countries.as_ref().is_none_or(|countries| countries.contains(&producer.country))
            && of.get(2).is_none_or(|route| baseline.routes[producer.route.index()].code == *route)
    });
    let found: Vec<ProducerId> = chosen.map(|(position, _)| ProducerId::at(position)).collect();
    if found.is_empty() {
        return Err((
            format!("nobody makes `{}`", of.join(".")),
            "name producers that are in the data".to_owned(),
        ));
    }
    Ok(found)
}
