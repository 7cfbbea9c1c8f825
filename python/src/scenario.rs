//! A scenario, as Python sees it.

use crate::error::Fault;
use crate::outcome::{Outcome, evaluate};
use crate::{baseline::Baseline, table::escaped};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::path::{Path, PathBuf};
use zollverein::problem::Problems;
use zollverein::scenario::{self, Patch};
use zollverein::tables::{Artefact, write};

/// A proposal: clauses, and on which data. Never changed; `with_` makes another.
#[pyclass(frozen, module = "zollverein", eq)]
#[derive(Debug, PartialEq)]
pub struct Scenario(pub scenario::Scenario);

/// What stands in for the file of a scenario that has none.
const NO_FILE: &str = "scenario.toml";

/// A value of Python as JSON.
fn json(value: &Bound<'_, PyAny>) -> PyResult<serde_json::Value> {
    let text: String =
        value.py().import("zollverein._plain")?.getattr("json_text")?.call1((value,))?.extract()?;
    serde_json::from_str(&text).map_err(|error| PyTypeError::new_err(error.to_string()))
}

/// A value of Python as the value of a scenario.
fn patch(path: &str, value: &Bound<'_, PyAny>) -> Result<Patch, Fault> {
    let value = json(value)?;
    Patch::from_json(&value)
        .ok_or_else(|| Fault::one(path, format!("{value} is no value of a scenario"), "give another"))
}

/// JSON as Python has it.
pub fn python<'py>(py: Python<'py>, value: &serde_json::Value) -> PyResult<Bound<'py, PyAny>> {
    py.import("json")?.getattr("loads")?.call1((value.to_string(),))
}

#[pymethods]
impl Scenario {
    /// A scenario from a file, or from a `dict` with the keys of one.
    #[new]
    fn new(source: &Bound<'_, PyAny>) -> Result<Self, Fault> {
        if source.is_instance_of::<PyDict>() {
            let json = json(source)?;
            return Ok(Self(scenario::Scenario::from_json(Path::new(NO_FILE), &json)?));
        }
        let path: PathBuf = source.extract()?;
        Ok(Self(scenario::Scenario::read(&path)?))
    }

    /// A scenario from the text of a file; paths in it count from where `path` says it is.
    #[staticmethod]
    #[pyo3(signature = (text, path = None))]
    #[allow(clippy::needless_pass_by_value)]
    fn parse(text: &str, path: Option<PathBuf>) -> Result<Self, Fault> {
        let path = path.unwrap_or_else(|| PathBuf::from(NO_FILE));
        Ok(Self(scenario::Scenario::parse(&path, text)?))
    }

    /// The same scenario with the value at a path changed, or put in: `with_("tariff.core.rate_percent", 30)`.
    fn with_(&self, path: &str, value: &Bound<'_, PyAny>) -> Result<Self, Fault> {
        Ok(Self(self.0.with(path, patch(path, value)?)?))
    }

    /// The same scenario with the values at several paths changed at once.
    fn with_each(&self, changes: &Bound<'_, PyDict>) -> Result<Self, Fault> {
        let mut patches = vec![];
        for (key, value) in changes {
            let at: String = key.extract()?;
            let value = patch(&at, &value)?;
            patches.push((at, value));
        }
        Ok(Self(self.0.with_each(patches)?))
    }

    /// The same scenario about one year, in the place of the one or those it names.
    fn at_year(&self, year: i32) -> Result<Self, Fault> {
        Ok(Self(self.0.at_year(year)?))
    }

    /// What follows from it: see `evaluate`.
    #[pyo3(signature = (baseline = None, bands = true))]
    fn run(
        slf: &Bound<'_, Self>,
        baseline: Option<&Bound<'_, Baseline>>,
        bands: bool,
    ) -> Result<Outcome, Fault> {
        evaluate(slf.py(), slf, baseline, bands)
    }

    /// The number at a path, if one stands there.
    fn number(&self, path: &str) -> Option<f64> {
        self.0.number(path)
    }

    /// The paths of all numbers.
    #[getter]
    fn numbers(&self) -> Vec<String> {
        self.0.numbers()
    }

    /// The file it was read from, as it was named.
    #[getter]
    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Its title.
    #[getter]
    fn title(&self) -> String {
        self.0.title()
    }

    /// What it is about.
    #[getter]
    fn description(&self) -> &str {
        self.0.description()
    }

    /// A sentence for each clause that is switched on.
    #[getter]
    fn clauses(&self) -> Vec<String> {
        self.0.clauses()
    }

    /// The years of a path; none if it is about one year.
    #[getter]
    fn years(&self) -> Vec<i32> {
        self.0.years().to_vec()
    }

    /// SHA-256 of what it says.
    #[getter]
    fn digest(&self) -> String {
        self.0.digest()
    }

    /// Its keys and values, those it extends included.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        python(py, &self.0.json())
    }

    /// The text of a scenario file that says the same.
    fn to_toml(&self) -> Result<String, Fault> {
        self.0.toml().map_err(|error| Fault::Other(error.to_string()))
    }

    /// Writes it as a scenario file.
    #[allow(clippy::needless_pass_by_value)]
    fn save(&self, path: PathBuf) -> Result<(), Fault> {
        let file = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let file = file.ok_or_else(|| {
            Fault::one(&path.display().to_string(), "this is no name of a file", "name a file")
        })?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        Ok(write(folder.unwrap_or(Path::new(".")), &[Artefact::text(&file, self.to_toml()?)])?)
    }

    fn __repr__(&self) -> String {
        format!("<Scenario {}: {}>", self.0.path().display(), self.0.title())
    }

    fn _repr_html_(&self) -> String {
        let clauses: Vec<String> =
            self.0.clauses().iter().map(|clause| format!("<li>{}</li>", escaped(clause))).collect();
        let (title, about) = (escaped(&self.0.title()), escaped(self.0.description()));
        format!("<p><b>{title}</b></p><p>{about}</p><ul>{}</ul>", clauses.concat())
    }
}

/// The data of a scenario: those given, or the folder that it names.
pub fn folder(
    scenario: &scenario::Scenario,
    baseline: Option<&Bound<'_, Baseline>>,
) -> Result<PathBuf, Problems> {
    baseline.map_or_else(|| scenario.data_folder(), |baseline| Ok(baseline.get().folder.clone()))
}
