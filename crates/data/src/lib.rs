//! Data folders: imported from what agencies publish, projected to a later year, described, and
//! looked over for what is implausible. No solve needs any of it.

pub mod description;
pub mod import;
pub mod outliers;
pub mod package;
mod plausible;
pub mod project;
pub mod provenance;
