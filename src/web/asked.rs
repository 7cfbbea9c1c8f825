//! What can be asked: the forms of requests, from which the interface's description is made too.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Where a scenario comes from: exactly one of `base`, `proposal`, `toml` and `scenario`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// A file of the folder of scenarios, by name.
    pub base: Option<String>,
    /// A proposal that was kept.
    pub proposal: Option<Kept>,
    /// The text of a scenario file.
    pub toml: Option<String>,
    /// A scenario with the keys of a scenario file, as JSON.
    pub scenario: Option<Map<String, Value>>,
    /// With `toml` or `scenario`: the file of the folder of scenarios it was made from; its name goes into the stamp.
    pub file: Option<String>,
    /// Values to put in place of others, by path, for instance `tariff.core.rate_percent`.
    #[serde(default)]
    pub patches: Map<String, Value>,
    /// The year, in the place of the one or those it names.
    pub year: Option<i32>,
}

/// A proposal that was kept.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// Its name.
    pub name: String,
    /// The round, counted from 1.
    pub round: u32,
}

/// How tables are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// As `zollverein run --json` writes them: the stamp, and each table as a list of objects.
    #[default]
    Rows,
    /// Each table as an object of columns, and what the scenario says about itself.
    Columns,
}

/// Asks what follows from a scenario.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Evaluate {
    /// The scenario.
    pub source: Source,
    /// How tables are written; left out: `rows`.
    #[serde(default)]
    pub layout: Layout,
    /// With `columns`: the tables, by name (`links`, `indicators`, `groups`, …); left out: those of results but `flows` and `owners`. Only by name: `relative`, changes in percent, and `owners_differing`, where welfare by owner differs from welfare by place.
    pub tables: Option<Vec<String>>,
    /// With `columns`: only rows of these products; `all` means all together, and in tables of shipments every row. Left out: every row.
    pub products: Option<Vec<String>>,
    /// With `columns`: for tables that the asker has, by name, the mark that came with them (`marks`). Where it
    /// still holds, columns of text and of the baseline are left out.
    #[serde(default)]
    pub have: BTreeMap<String, String>,
}

/// Asks what a scenario says.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Open {
    /// The scenario.
    pub source: Source,
}

/// How a brief is set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sheet {
    /// One file of HTML.
    #[default]
    Html,
    /// One A4 page.
    Pdf,
}

/// Asks for the brief of a scenario.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Brief {
    /// The scenario.
    pub source: Source,
    /// How it is set; left out: `html`.
    #[serde(default)]
    pub format: Sheet,
}

/// Asks for scenarios side by side.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Compare {
    /// Two to six scenarios; differences are to the first.
    pub scenarios: Vec<Source>,
}

/// Asks to keep a scenario as a further round of a proposal.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Keep {
    /// The proposal's name: letters without accents, digits, `-` and `_`.
    pub name: String,
    /// The scenario.
    pub source: Source,
}

/// Asks how parties stand at the rounds of a proposal.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rounds {
    /// The proposal's name.
    pub name: String,
    /// The year, in the place of those that its rounds name.
    pub year: Option<i32>,
}

/// Asks which clause causes what.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Explain {
    /// The scenario.
    pub source: Source,
    /// Whose change is shared out: codes of countries.
    #[serde(default)]
    pub countries: Vec<String>,
    /// Whose change is shared out: names of groups; with neither: world, members, outside and LDC.
    #[serde(default)]
    pub groups: Vec<String>,
    /// What is measured; left out: `welfare`.
    pub indicator: Option<String>,
    /// Of which product; left out: all together.
    pub product: Option<String>,
    /// Whether all clauses of a kind count as one.
    #[serde(default)]
    pub by_kind: bool,
    /// Whether an arrangement counts as one, and its parts are not taken apart.
    #[serde(default)]
    pub whole: bool,
}

/// A question of a negotiation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QuestionName {
    /// The agreement that is worth most under everybody's red lines.
    Design,
    /// How much of one objective must be given up for more of another.
    Frontier,
    /// The agreements that rules of fairness choose.
    Bargain,
    /// The least concession that brings a party in.
    Redline,
    /// Duties that answer each other.
    Retaliate,
    /// Which clubs are stable.
    Coalition,
    /// What fund leaves no recipient worse off.
    Compensate,
}

/// Asks a question of a negotiation.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Negotiate {
    /// The scenario, with parties and what may be moved.
    pub source: Source,
    /// The question.
    pub question: QuestionName,
    /// With `redline`: the party by name.
    pub party: Option<String>,
    /// With `frontier`: two or three objectives by name; left out: the first two.
    pub objectives: Option<Vec<String>>,
    /// With `frontier`: how many points, at most 201; left out: 21.
    pub points: Option<usize>,
}

/// Asks where the cells of a row of a data folder come from.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// The data folder by name; left out: the usual one.
    pub data: Option<String>,
    /// The table: `flows`, `production`, `duties`, …
    pub table: String,
    /// What names the row, in the order of the table's key columns: `["CHN", "VNM", "steel"]`.
    pub key: Vec<String>,
}
