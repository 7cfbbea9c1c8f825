//! Indicators of a country, a group and the world: who gains, who loses, who emits.
//!
//! Every indicator compares a counterfactual equilibrium with the baseline, by
//! country and product; sums over products and over groups add up to 1e-9 relative.

pub mod emissions;
pub mod equity;
pub mod estimates;
pub mod exposure;
pub mod fund;
pub mod group;
pub mod owners;
pub mod shuffling;
pub mod trade;

mod level;

#[doc(hidden)]
pub mod fixture;

pub use group::{Section, Shown, Total, Totals, shown_groups, territories};
pub use level::{Indicator, Indicators, Level};
