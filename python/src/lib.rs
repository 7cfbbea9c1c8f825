//! zollverein as a package of Python: the native half, `zollverein._core`.
//!
//! Python's side (`python/zollverein`) names what is public. Long work goes on in a thread of its own
//! with Python's lock released ([`watch`]); tables cross by Arrow's C interface ([`arrow`]); every error
//! has the text of the command line ([`error`]).

// arguments of functions that Python calls come by value
#![allow(clippy::needless_pass_by_value)]

mod answer;
mod arrow;
mod baseline;
mod batch;
mod error;
mod outcome;
mod scenario;
mod table;
mod watch;

/// The native half of the package.
#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use super::answer::{Answer, negotiate};
    #[pymodule_export]
    use super::arrow::csv_of_stream;
    #[pymodule_export]
    use super::baseline::{Baseline, load_baseline};
    #[pymodule_export]
    use super::batch::{Batch, Plan, batch, merge};
    #[pymodule_export]
    use super::outcome::{Outcome, evaluate};
    #[pymodule_export]
    use super::scenario::Scenario;
    #[pymodule_export]
    use super::table::Table;

    #[pymodule_init]
    fn init(module: &pyo3::Bound<'_, pyo3::types::PyModule>) -> pyo3::PyResult<()> {
        use pyo3::types::PyModuleMethods as _;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
