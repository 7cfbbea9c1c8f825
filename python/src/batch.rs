//! Batches, as Python sees them.

use crate::error::Fault;
use crate::outcome::format;
use crate::scenario::python;
use crate::table::by_name;
use crate::watch::{Count, during};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zollverein::batch::{self as engine, Done, Shard};
use zollverein::tables as table;

/// A plan of a batch: what is varied and drawn, how often, and what is kept.
#[pyclass(frozen, module = "zollverein")]
pub struct Plan {
    plan: engine::Plan,
    path: PathBuf,
}

#[pymethods]
impl Plan {
    /// Reads a plan, its scenario and the data: those named here, else by the plan, else by the scenario.
    #[new]
    #[pyo3(signature = (path, data = None))]
    #[allow(clippy::needless_pass_by_value)]
    fn new(py: Python<'_>, path: PathBuf, data: Option<PathBuf>) -> Result<Self, Fault> {
        let read = || Ok(engine::Plan::read(&path, data.as_deref())?);
        let plan = during(py, None, &|| (0, None), &|| (), read)?;
        Ok(Self { plan, path })
    }

    /// The file, as it was named.
    #[getter]
    fn path(&self) -> &Path {
        &self.path
    }

    /// What it is called.
    #[getter]
    fn title(&self) -> &str {
        &self.plan.description.title
    }

    /// Evaluations in all.
    #[getter]
    fn evaluations(&self) -> usize {
        self.plan.description.evaluations
    }

    /// Parts: blocks of evaluations that are computed together.
    #[getter]
    fn blocks(&self) -> usize {
        self.plan.description.blocks()
    }

    /// SHA-256 of all that the results depend on.
    #[getter]
    fn digest(&self) -> String {
        self.plan.description.digest()
    }

    /// The content of `plan.json`.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        python(py, &serde_json::to_value(&self.plan.description).unwrap_or_default())
    }

    fn __repr__(&self) -> String {
        format!("<Plan {}: {} evaluations>", self.path.display(), self.evaluations())
    }
}

/// What a batch did and gave.
#[pyclass(frozen, module = "zollverein")]
pub struct Batch {
    computed: usize,
    found: usize,
    out: PathBuf,
    tables: Vec<Arc<table::Table>>,
}

impl Batch {
    fn new(done: Done, out: PathBuf) -> Self {
        let tables = done.tables.into_iter().map(Arc::new).collect();
        Self { computed: done.computed, found: done.found, out, tables }
    }
}

#[pymethods]
impl Batch {
    /// Evaluations computed now.
    #[getter]
    fn computed(&self) -> usize {
        self.computed
    }

    /// Evaluations found finished.
    #[getter]
    fn found(&self) -> usize {
        self.found
    }

    /// The folder with parts and results.
    #[getter]
    fn path(&self) -> &Path {
        &self.out
    }

    /// The result tables by name: `quantiles`, and what else the plan asks for; none of a shard.
    #[getter]
    fn tables<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        by_name(py, self.tables.iter().cloned())
    }

    fn __repr__(&self) -> String {
        format!("<Batch {}: {} computed, {} found>", self.out.display(), self.computed, self.found)
    }

    fn _repr_html_(&self) -> String {
        self.tables.first().map_or_else(String::new, |table| crate::table::html(table))
    }
}

/// Runs a plan, or a shard of it, into a folder, and goes on where an earlier run was.
#[pyfunction]
#[pyo3(signature = (plan, out, *, shard, format, progress))]
#[allow(clippy::needless_pass_by_value)]
pub fn batch(
    py: Python<'_>,
    plan: &Bound<'_, Plan>,
    out: PathBuf,
    shard: Option<(usize, usize)>,
    format: &str,
    progress: Option<Py<PyAny>>,
) -> Result<Batch, Fault> {
    let format = self::format(format)?;
    let shard = match shard {
        Some((shard, of)) if shard == 0 || shard > of => {
            let what = format!("shard ({shard}, {of}) is none");
            return Err(Fault::one("shard", what, "say which of how many, (1, 4) to (4, 4) for instance"));
        }
        other => other.map(|(shard, of)| Shard { shard, of }),
    };
    let plan = &plan.get().plan;
    let count = Count::default();
    let work = || Ok(engine::run(plan, &out, shard, format, &count)?);
    let done = during(py, progress.as_ref(), &|| count.far(), &|| count.stop(), work)?;
    Ok(Batch::new(done, out))
}

/// Puts folders of shards together: the same bytes as of one run.
#[pyfunction]
#[pyo3(signature = (folders, out, *, format))]
pub fn merge(py: Python<'_>, folders: Vec<PathBuf>, out: PathBuf, format: &str) -> Result<Batch, Fault> {
    let format = self::format(format)?;
    let work = || Ok(engine::merge(&folders, &out, format)?);
    let done = during(py, None, &|| (0, None), &|| (), work)?;
    Ok(Batch::new(done, out))
}
