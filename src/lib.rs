//! Models trade-agreement tariffs on steel, aluminium and other traded goods.
//!
//! A scenario states a policy; a policy adds up to terms; an engine finds the
//! equilibrium under the terms; indicators compare it with the baseline;
//! negotiation searches over policies.
//!
//! The parts are crates of their own under `crates/`, shown here under one name. Each depends only
//! on those below it, which cargo sees to:
//! [`numeric`] ‹ [`games`] and `model` ([`problem`] to [`diagnose`]) ‹ [`data`], [`scenario`] ‹
//! [`negotiation`], [`tables`] ‹ [`batch`] ‹ [`report`] ‹ [`web`] ‹ [`cli`].

pub use zollverein_batch as batch;
pub use zollverein_data as data;
pub use zollverein_games as games;
pub use zollverein_model::{baseline, diagnose, engine, indicator, model, policy, problem, units};
pub use zollverein_negotiation as negotiation;
pub use zollverein_numeric as numeric;
pub use zollverein_report as report;
pub use zollverein_scenario as scenario;
pub use zollverein_tables as tables;

#[cfg(feature = "web")]
pub mod web;

pub mod cli;
