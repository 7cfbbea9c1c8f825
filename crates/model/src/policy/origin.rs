//! Rules of origin: whose metal a clause takes a shipment for that comes through a third country.

use schemars::JsonSchema;
use serde::Deserialize;

/// What decides where metal comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OriginRule {
    /// The country where it was melted and poured, whatever way it took.
    #[default]
    MeltedAndPoured,
    /// The country that shipped it last.
    LastShipped,
}
