//! Models trade-agreement tariffs on steel, aluminium and other traded goods.
//!
//! A scenario states a policy; a policy adds up to terms; an engine finds the
//! equilibrium under the terms; indicators compare it with the baseline.
//! The modules stand in that order, bottom to top, and each uses only those
//! above it in this list (`tests/architecture.rs` holds them to it).

pub mod problem;

pub mod units;

pub mod baseline;

pub mod policy;

pub mod engine;

pub mod indicator;

pub mod model;

pub mod diagnose;

pub mod scenario;

pub mod explain;

pub mod path;

pub mod negotiation;

pub mod stamp;

pub mod table;

pub mod batch;

pub mod brief;

pub mod web;

pub mod cli;
