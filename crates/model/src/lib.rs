//! The model: the world before a policy, policies and the terms that they add up to, engines that
//! find where markets settle under terms, and indicators that compare that with the baseline.
//!
//! The modules stand in that order, bottom to top, and each uses only those above it in this list
//! (`tests/it/architecture.rs` refuses a circle of them).

pub mod problem;

pub mod units;

pub mod baseline;

pub mod policy;

pub mod engine;

pub mod indicator;

pub mod model;

pub mod diagnose;
