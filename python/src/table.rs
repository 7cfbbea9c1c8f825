//! A table, as Python sees it.

use crate::arrow;
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict, PyList};
use std::fmt::Write as _;
use std::sync::Arc;
use zollverein::tables as table;

/// Rows that a notebook shows.
const SHOWN: usize = 20;

/// A table of results or data: named columns of text or of numbers, a number that is not known is
/// `None`. Any library that reads Arrow takes it as it is: `polars.DataFrame(table)`,
/// `pyarrow.table(table)`, `pandas.DataFrame.from_arrow(table)`, `duckdb.from_arrow(table)`.
#[pyclass(frozen, module = "zollverein")]
#[derive(Debug)]
pub struct Table(pub Arc<table::Table>);

/// Tables by name, in order.
pub fn by_name(
    py: Python<'_>,
    tables: impl IntoIterator<Item = Arc<table::Table>>,
) -> PyResult<Bound<'_, PyDict>> {
    let named = PyDict::new(py);
    for table in tables {
        named.set_item(table.name.clone(), Table(table))?;
    }
    Ok(named)
}

#[pymethods]
impl Table {
    /// What it is called.
    #[getter]
    fn name(&self) -> &str {
        &self.0.name
    }

    /// The names of its columns; units are their endings.
    #[getter]
    fn columns(&self) -> Vec<&str> {
        self.0.columns.iter().map(|(name, _)| name.as_str()).collect()
    }

    fn __len__(&self) -> usize {
        self.0.rows()
    }

    /// The cells of a column.
    fn __getitem__<'py>(&self, py: Python<'py>, column: &str) -> PyResult<Bound<'py, PyList>> {
        match self.0.column(column) {
            Some(table::Column::Text(cells)) => PyList::new(py, cells),
            Some(table::Column::Number(cells)) => PyList::new(py, cells),
            Some(table::Column::Known(cells)) => PyList::new(py, cells),
            None => Err(PyKeyError::new_err(column.to_owned())),
        }
    }

    /// The columns by name, each a list.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let all = PyDict::new(py);
        for (name, _) in &self.0.columns {
            all.set_item(name, self.__getitem__(py, name)?)?;
        }
        Ok(all)
    }

    /// The table as a data frame of pandas, which must be there.
    fn to_pandas<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let frame = py.import("pandas")?.getattr("DataFrame")?;
        frame.call1((self.to_dict(py)?,))
    }

    /// The table as a data frame of polars, which must be there.
    fn to_polars<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("polars")?.getattr("DataFrame")?.call1((slf,))
    }

    /// Arrow's interface: a capsule with a stream of one batch. The schema that is asked for is a wish
    /// only, and is not granted.
    #[pyo3(signature = (requested_schema = None))]
    #[allow(clippy::needless_pass_by_value)] // as Arrow's interface has it
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let _ = requested_schema;
        arrow::stream(py, &self.0)
    }

    fn __repr__(&self) -> String {
        format!("<Table {}: {} rows of {}>", self.0.name, self.0.rows(), self.columns().join(", "))
    }

    fn _repr_html_(&self) -> String {
        html(&self.0)
    }
}

/// A table as HTML; of a long one the first rows.
pub fn html(table: &table::Table) -> String {
    let mut text = String::from("<table><thead><tr>");
    for (name, _) in &table.columns {
        let _ = write!(text, "<th>{}</th>", escaped(name));
    }
    text.push_str("</tr></thead><tbody>");
    for row in 0..table.rows().min(SHOWN) {
        text.push_str("<tr>");
        for (_, column) in &table.columns {
            let _ = match column {
                table::Column::Text(cells) => write!(text, "<td>{}</td>", escaped(&cells[row])),
                table::Column::Number(cells) => write!(text, "<td>{}</td>", short(cells[row])),
                table::Column::Known(cells) => {
                    write!(text, "<td>{}</td>", cells[row].map_or_else(|| "–".to_owned(), short))
                }
            };
        }
        text.push_str("</tr>");
    }
    text.push_str("</tbody></table>");
    if table.rows() > SHOWN {
        let _ = write!(text, "<p>{} rows in all</p>", table.rows());
    }
    text
}

/// A number with about five digits.
fn short(value: f64) -> String {
    match value.abs() {
        size if size >= 1000.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.2}"),
        size if size >= 1e-3 || size == 0.0 => format!("{value:.4}"),
        _ => format!("{value:.2e}"),
    }
}

/// Text in which nothing is HTML.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
