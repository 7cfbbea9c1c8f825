//! `zollverein batch`: draws and sweeps of a scenario into a folder, and folders put together.

use crate::cli::output::{Counting, Lean, Output, columns, number};
use crate::cli::{Batch, BatchCommand};
use std::path::Path;
use zollverein_batch::{self as batch, BatchError, Done, Plan, Progress, Shard};
use zollverein_tables::{Column, Table};

impl Progress for Counting {
    fn begin(&self, to_compute: usize, found: usize) {
        self.start(to_compute, found);
    }

    fn one(&self) {
        self.tick();
    }
}

/// Runs a plan, or merges folders.
pub fn batch(arguments: &Batch) -> anyhow::Result<()> {
    if let Some(BatchCommand::Merge { dirs, out, format, quiet }) = &arguments.command {
        let output = Output::new(*quiet);
        let done = batch::merge(dirs, out, format.format()).map_err(plain)?;
        return tell(&done, out, *quiet, output);
    }
    let (Some(plan), Some(out)) = (&arguments.plan, &arguments.out) else {
        anyhow::bail!("name a plan and --out DIR");
    };
    let output = Output::new(arguments.quiet);
    let plan = Plan::read(plan, arguments.data.as_deref())?;
    let counting = output.counting();
    let done = batch::run(&plan, out, arguments.shard, arguments.format.format(), &counting);
    counting.end();
    tell(&done.map_err(plain)?, out, arguments.quiet, output)
}

/// The error as the command line tells errors apart.
pub fn plain(error: BatchError) -> anyhow::Error {
    match error {
        BatchError::Input(problems) => anyhow::Error::new(problems),
        other => anyhow::Error::new(other),
    }
}

fn tell(done: &Done, out: &Path, quiet: bool, output: Output) -> anyhow::Result<()> {
    let Some(quantiles) = done.tables.iter().find(|table| table.name == "quantiles") else {
        let other = done.tables.iter().any(|table| table.name == "effects");
        output.say(&if other {
            format!("Results are in {}.", out.display())
        } else {
            format!(
                "{} evaluations computed, {} found finished. Parts are in {}: `zollverein batch merge` puts shards together.",
                done.computed,
                done.found,
                out.display()
            )
        });
        return Ok(());
    };
    if !quiet {
        output.data(&shown(quantiles))?;
    }
    let failed = done.tables.iter().find(|table| table.name == "failures").map_or(0, Table::rows);
    if failed > 0 {
        output.say(&format!("{failed} evaluations or more gave no figure: see the table failures."));
    }
    let counts = format!("{} evaluations computed, {} found finished", done.computed, done.found);
    output.say(&format!("{counts}. Results are in {}.", out.display()));
    Ok(())
}

/// Every figure with the range of 90 of 100 draws and the median; without draws its value.
fn shown(quantiles: &Table) -> String {
    let text = |name: &str, row: usize| match quantiles.column(name) {
        Some(Column::Text(cells)) => cells[row].clone(),
        Some(Column::Number(cells)) => number(cells[row], 4),
        _ => String::new(),
    };
    let known = |name: &str, row: usize| match quantiles.column(name) {
        Some(Column::Number(cells)) => brief(cells[row]),
        Some(Column::Known(cells)) => cells[row].map_or("not known".to_owned(), brief),
        _ => String::new(),
    };
    let first = quantiles.columns.iter().position(|(name, _)| name == "group").unwrap_or(0);
    let varied: Vec<&str> = quantiles.columns[..first].iter().map(|(name, _)| name.as_str()).collect();
    let last = |path: &'_ str| path.rsplit('.').next().map_or_else(String::new, str::to_owned);
    let alike = |path: &str| varied.iter().filter(|other| last(other) == last(path)).count() > 1;
    let short: Vec<String> =
        varied.iter().map(|path| if alike(path) { (*path).to_owned() } else { last(path) }).collect();
    let drawn = (0..quantiles.rows()).any(|row| text("draws", row) != "1");
    let measures: &[&str] = if drawn { &["p5", "p50", "p95"] } else { &["mean"] };
    let mut headings: Vec<(&str, Lean)> = short.iter().map(|name| (name.as_str(), Lean::Right)).collect();
    headings.extend([("group", Lean::Left), ("change of", Lean::Left), ("unit", Lean::Left)]);
    headings.extend(measures.iter().map(|name| (if drawn { *name } else { "value" }, Lean::Right)));
    let rows: Vec<Vec<String>> = (0..quantiles.rows())
        .map(|row| {
            let mut cells: Vec<String> = varied.iter().map(|name| text(name, row)).collect();
            let indicator = match text("product", row).as_str() {
                "all" => text("indicator", row),
                product => format!("{}, {product}", text("indicator", row)),
            };
            cells.extend([text("group", row), indicator, text("unit", row)]);
            cells.extend(measures.iter().map(|name| known(name, row)));
            cells
        })
        .collect();
    columns(&headings, &rows)
}

/// A number with about four digits.
fn brief(value: f64) -> String {
    match value.abs() {
        size if size >= 1000.0 => number(value, 0),
        size if size >= 10.0 => number(value, 2),
        size if size >= 0.01 || size == 0.0 => number(value, 4),
        _ => format!("{value:.2e}"),
    }
}

/// A shard as it is written: `2/8`.
pub fn shard(text: &str) -> Result<Shard, String> {
    let parts = text.split_once('/').and_then(|(shard, of)| Some((shard.parse().ok()?, of.parse().ok()?)));
    match parts {
        Some((shard, of)) if 1 <= shard && shard <= of => Ok(Shard { shard, of }),
        _ => Err("write which of how many, 1/4 to 4/4 for instance".to_owned()),
    }
}
