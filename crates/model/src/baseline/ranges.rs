//! The ranges in which a data folder puts its elasticities: the columns `low` and `high` of
//! `elasticities.csv`, which no equilibrium uses and draws do.

use crate::baseline::behaviour::Parameter;
use crate::baseline::sheet::Sheet;
use crate::problem::{Place, Problems};
use std::path::Path;

/// A row of `elasticities.csv`.
#[derive(Debug, Clone, PartialEq)]
pub struct ElasticityRange {
    /// The product's code.
    pub product: String,
    /// The parameter.
    pub parameter: Parameter,
    /// The country's code; `None`: all countries without a row of their own.
    pub country: Option<String>,
    /// Its value.
    pub value: f64,
    /// Lowest and highest value, where both are given.
    pub range: Option<(f64, f64)>,
}

/// The rows of a folder that has been read as a baseline without a fault.
///
/// # Errors
/// The file cannot be read; a range that is no number, or does not hold its value.
pub fn elasticities(folder: &Path) -> Result<Vec<ElasticityRange>, Problems> {
    let mut problems = Problems::new();
    let path = folder.join("elasticities.csv");
    let name = path.display().to_string();
    let bytes = match crate::baseline::file::read(&path) {
        Ok(bytes) => bytes,
        Err(error) => {
            let what = format!("the file cannot be read: {error}");
            problems.add(Place::file(name), what, "check the data folder");
            return Err(problems);
        }
    };
    let sheet = Sheet::parse(&name, &bytes, &mut problems);
    let mut rows = vec![];
    for fields in sheet.rows() {
        let parameter = Parameter::named(&fields.text("parameter", &mut problems));
        let value = fields.amount("value", &mut problems);
        let bounds =
            (fields.amount_if_any("low", &mut problems), fields.amount_if_any("high", &mut problems));
        let range = match bounds {
            (Some(low), Some(high)) if low <= value && value <= high => Some((low, high)),
            (Some(low), Some(high)) => {
                problems.add(
                    Place::line(&name, fields.line),
                    format!("the value {value} is not between low {low} and high {high}"),
                    "give a range that holds the value",
                );
                None
            }
            _ => None,
        };
        let country = fields.text_if_any("country").filter(|country| country != "*");
        let Some(parameter) = parameter else { continue };
        let product = fields.text("product", &mut problems);
        rows.push(ElasticityRange { product, parameter, country, value, range });
    }
    problems.into_result(rows)
}
