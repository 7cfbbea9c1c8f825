//! The world before a policy, as Python sees it.

use crate::error::Fault;
use crate::table::Table;
use crate::watch::during;
use pyo3::prelude::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zollverein::baseline;
use zollverein::baseline::file;
use zollverein::baseline::read::{OPTIONAL, REQUIRED, folder_with};
use zollverein::baseline::sheet::Sheet;
use zollverein::problem::Problems;
use zollverein::tables::{Artefact, Cell, write};

/// The world before a policy: a data folder, with the tables that were given in the place of its own.
#[pyclass(frozen, module = "zollverein")]
#[derive(Debug)]
pub struct Baseline {
    /// The folder.
    pub folder: PathBuf,
    /// Tables given, as CSV, by file name.
    pub given: BTreeMap<String, Vec<u8>>,
    /// What they make.
    pub world: Arc<baseline::Baseline>,
}

/// Reads a data folder, with some tables given as CSV in the place of its own.
#[pyfunction]
#[pyo3(signature = (path, given))]
pub fn load_baseline(
    py: Python<'_>,
    path: PathBuf,
    given: BTreeMap<String, Vec<u8>>,
) -> Result<Baseline, Fault> {
    let world = during(py, None, &|| (0, None), &|| (), || Ok(folder_with(&path, &given)?))?;
    Ok(Baseline { folder: path, given, world: Arc::new(world) })
}

#[pymethods]
impl Baseline {
    /// The data folder.
    #[getter]
    fn path(&self) -> &Path {
        &self.folder
    }

    /// The year of the figures, if the folder says it.
    #[getter]
    fn year(&self) -> Option<i32> {
        self.world.year
    }

    /// What the data leave out, and what was given in the place of a table.
    #[getter]
    fn notes(&self) -> Vec<String> {
        self.world.notes.clone()
    }

    /// The codes of the countries.
    #[getter]
    fn countries(&self) -> Vec<&str> {
        self.world.countries.iter().map(|country| country.code.as_str()).collect()
    }

    /// The codes of the products.
    #[getter]
    fn products(&self) -> Vec<&str> {
        self.world.products.iter().map(|product| product.code.as_str()).collect()
    }

    /// An input table by name (`production`, `flows`, `elasticities` …), as it was read.
    fn table(&self, name: &str) -> Result<Table, Fault> {
        let file = format!("{name}.csv");
        let bytes = self.bytes(&file)?;
        let sheet = Sheet::parse(&file, &bytes, &mut Problems::new());
        let columns: Vec<String> = sheet.columns().map(str::to_owned).collect();
        let rows: Vec<Vec<String>> = sheet
            .rows()
            .map(|fields| {
                columns.iter().map(|column| fields.text_if_any(column).unwrap_or_default()).collect()
            })
            .collect();
        let numbers: Vec<bool> =
            (0..columns.len()).map(|at| rows.iter().all(|row| is_number_or_empty(&row[at]))).collect();
        let cell = |at: usize, text: String| {
            if numbers[at] { Cell::Known(text.parse().ok()) } else { Cell::Text(text) }
        };
        let rows = rows
            .into_iter()
            .map(|row| row.into_iter().enumerate().map(|(at, text)| cell(at, text)).collect::<Vec<_>>());
        let names: Vec<&str> = columns.iter().map(String::as_str).collect();
        Ok(Table(Arc::new(zollverein::tables::Table::new(name, &names, rows))))
    }

    /// Writes the tables into a new folder, for batches and for the command line.
    fn save(&self, path: PathBuf) -> Result<(), Fault> {
        let mut files = vec![];
        for name in REQUIRED.iter().chain(&OPTIONAL) {
            if self.given.contains_key(*name) || self.folder.join(name).exists() {
                files.push(Artefact { name: (*name).to_owned(), bytes: self.bytes(name)? });
            }
        }
        if let Some(year) = self.world.year {
            let text = serde_json::json!({ "name": "own-data", "year": year, "resources": [] });
            files.push(Artefact::text("datapackage.json", format!("{text:#}\n")));
        }
        Ok(write(&path, &files)?)
    }

    fn __repr__(&self) -> String {
        let world = &self.world;
        format!(
            "<Baseline {}: {} countries, {} products, {} flows>",
            self.folder.display(),
            world.countries.len(),
            world.products.len(),
            world.trade.flows().count()
        )
    }
}

impl Baseline {
    /// The bytes of an input table.
    fn bytes(&self, file: &str) -> Result<Vec<u8>, Fault> {
        if let Some(bytes) = self.given.get(file) {
            return Ok(bytes.clone());
        }
        let path = self.folder.join(file);
        file::read(&path).map_err(|error| {
            let known = [&REQUIRED[..], &OPTIONAL[..]].concat();
            let remedy = zollverein::problem::instead(file, known);
            Fault::one(&path.display().to_string(), format!("there is no such table: {error}"), remedy)
        })
    }
}

/// Whether a cell is a number as tables write them, or empty.
fn is_number_or_empty(text: &str) -> bool {
    let begins = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'));
    text.is_empty() || (begins && text.parse::<f64>().is_ok_and(f64::is_finite))
}
