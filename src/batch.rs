//! Many draws or sweeps of a scenario: parallel, resumable, reproducible.

mod distribution;
mod evaluate;
mod figures;
mod form;
mod plan;
mod points;
mod sobol;
mod target;

pub use evaluate::{Evaluated, Evaluator, Failure};
pub use plan::{Description, Plan};
