//! The file that describes a data folder, and what looking a folder over finds.

use serde::Serialize;

/// The file that describes a data folder.
pub const DESCRIPTION: &str = "datapackage.json";

/// A figure that tells whether a baseline is plausible.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// The product it is about; `None` for the folder as a whole.
    pub product: Option<String>,
    /// What was looked at.
    pub what: String,
    /// The figure; `None` where the data do not give it.
    pub value: Option<f64>,
    /// Its unit.
    pub unit: &'static str,
    /// Why it deserves a look, if it does.
    pub remark: Option<String>,
}
