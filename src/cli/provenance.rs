//! `zollverein data explain`: where the figures of a row come from.

use crate::cli::ExplainData;
use crate::cli::output::Output;
use serde_json::json;
use std::fmt::Write as _;
use zollverein_data::provenance::{self, Cell};
use zollverein_model::baseline::confidence::CONFIDENCE;

/// Explains a row, cell by cell.
pub fn explain(arguments: &ExplainData, output: Output) -> anyhow::Result<()> {
    let cells = provenance::explain(&arguments.data, &arguments.table, &arguments.row)?;
    if arguments.json {
        return output.json(&json!(cells));
    }
    let mut text = String::new();
    if let Some(first) = cells.first() {
        let row: Vec<&str> = first.row.values().map(String::as_str).collect();
        let _ = writeln!(
            text,
            "{} {}: line {} of {}",
            first.table,
            arguments.row.join(" "),
            first.line,
            arguments.data.join(format!("{}.csv", first.table)).display()
        );
        if row.contains(&"*") && !arguments.row.iter().any(|name| name == "*") {
            text.push_str("There is no row of its own; the one for all without one (*) holds.\n");
        }
    }
    for cell in cells.iter().filter(|cell| !cell.row.contains_key(cell.column.as_str())) {
        if !matches!(cell.column.as_str(), "source" | "estimated" | "confidence") {
            put(&mut text, cell);
        }
    }
    output.data(&text)
}

fn put(text: &mut String, cell: &Cell) {
    let said = |what: &Option<String>| what.clone().unwrap_or_else(|| "not said".to_owned());
    let value = if cell.value.is_empty() { "not known" } else { &cell.value };
    let unit = cell.unit.map_or_else(String::new, |unit| format!(" {unit}"));
    let confidence = said(&cell.confidence);
    let meaning = CONFIDENCE.iter().find(|(word, _)| *word == confidence).map_or("", |(_, meaning)| *meaning);
    let comma = if meaning.is_empty() { "" } else { ": " };
    // writing to a String cannot fail
    let _ = write!(
        text,
        "\n{} = {value}{unit}\n  source      {}\n  rule        {}\n  confidence  {confidence}{comma}{meaning}\n  licence     {}\n",
        cell.column,
        said(&cell.source),
        said(&cell.rule),
        said(&cell.licence),
    );
}
