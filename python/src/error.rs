//! Errors, as Python sees them: the classes of `zollverein._errors`, with the text of the command line.

use pyo3::exceptions::{PyOSError, PyRuntimeError};
use pyo3::prelude::*;
use zollverein::batch::BatchError;
use zollverein::engine::SolveError;
use zollverein::negotiation::talks::TalksError;
use zollverein::problem::{Place, Problems};
use zollverein::tables::WriteError;

/// What went wrong, before it is Python's.
#[derive(Debug)]
pub enum Fault {
    /// Faults of the input.
    Input(Problems),
    /// Markets do not settle.
    Solve(String),
    /// Files.
    Files(String),
    /// Something else of zollverein.
    Other(String),
    /// A fault of the program.
    Internal,
    /// Python's own.
    Python(PyErr),
}

impl Fault {
    /// One fault of the input.
    pub fn one(file: &str, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Input(Problems::one(Place::file(file), what, remedy))
    }
}

impl From<Problems> for Fault {
    fn from(problems: Problems) -> Self {
        Self::Input(problems)
    }
}

impl From<SolveError> for Fault {
    fn from(error: SolveError) -> Self {
        Self::Solve(error.to_string())
    }
}

impl From<WriteError> for Fault {
    fn from(error: WriteError) -> Self {
        Self::Files(error.to_string())
    }
}

impl From<BatchError> for Fault {
    fn from(error: BatchError) -> Self {
        match error {
            BatchError::Input(problems) => Self::Input(problems),
            BatchError::Stopped => Self::Other(error.to_string()),
            BatchError::Folder(_) | BatchError::Write(_) => Self::Files(error.to_string()),
        }
    }
}

impl From<TalksError> for Fault {
    fn from(error: TalksError) -> Self {
        match error {
            TalksError::Problems(problems) => Self::Input(problems),
            TalksError::Solve { .. } => Self::Solve(error.to_string()),
            other => Self::Other(other.to_string()),
        }
    }
}

impl From<PyErr> for Fault {
    fn from(error: PyErr) -> Self {
        Self::Python(error)
    }
}

impl From<Fault> for PyErr {
    fn from(fault: Fault) -> Self {
        Python::attach(|py| {
            let made = match fault {
                Fault::Python(error) => return error,
                Fault::Files(text) => return PyOSError::new_err(text),
                Fault::Internal => {
                    return PyRuntimeError::new_err("zollverein broke off: this is a fault of the program");
                }
                Fault::Input(problems) => input(py, &problems),
                Fault::Solve(text) => plain(py, "SolveError", text),
                Fault::Other(text) => plain(py, "ZollvereinError", text),
            };
            made.unwrap_or_else(|error| error)
        })
    }
}

fn plain(py: Python<'_>, class: &str, text: String) -> PyResult<PyErr> {
    let error = py.import("zollverein._errors")?.getattr(class)?.call1((text,))?;
    Ok(PyErr::from_value(error))
}

fn input(py: Python<'_>, problems: &Problems) -> PyResult<PyErr> {
    let module = py.import("zollverein._errors")?;
    let problem = module.getattr("Problem")?;
    let listed: Vec<Bound<'_, PyAny>> = problems
        .as_slice()
        .iter()
        .map(|one| {
            let place = &one.place;
            problem.call1((&place.file, place.line, place.column, &one.what, &one.remedy))
        })
        .collect::<PyResult<_>>()?;
    let error = module.getattr("InputError")?.call1((problems.to_string(), listed))?;
    Ok(PyErr::from_value(error))
}
