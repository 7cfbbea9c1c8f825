//! `zollverein data import`: a data folder from the user's own files, whole or not at all.

use crate::cli::Import;
use crate::cli::new_folder;
use crate::cli::output::{Lean, Output, columns, number};
use serde_json::json;
use zollverein_data::import::{self, Balance, Plan};
use zollverein_model::problem::Problems;
use zollverein_model::units::percent;

/// Imports and shows what became of the files.
pub fn import(arguments: &Import, output: Output) -> anyhow::Result<()> {
    let waiting = output.waiting("reading the files");
    let plan = match (new_folder::free(&arguments.to, None, arguments.force), Plan::read(&arguments.plan)) {
        (Ok(()), Ok(plan)) => plan,
        (Err(taken), Ok(_)) => return Err(taken),
        (taken, Err(problems)) => {
            let mut all = taken.err().and_then(|error| error.downcast::<Problems>().ok()).unwrap_or_default();
            all.append(problems);
            return Ok(all.into_result(())?);
        }
    };
    let imported = import::import(&plan)?;
    new_folder::write(&imported.tables, &imported.description, &arguments.to)?;
    drop(waiting);
    let account = &imported.account;
    for note in &account.notes {
        output.say(&format!("note: {note}"));
    }
    output.say(&format!(
        "{} is written, from {} rows of trade files, {} of them of other years, products or breakdowns",
        arguments.to.display(),
        account.rows,
        account.other_rows
    ));
    if arguments.json {
        return output.json(&json!(account));
    }
    output.data(&table(&account.products))
}

fn table(products: &[Balance]) -> String {
    let rows: Vec<Vec<String>> = products
        .iter()
        .map(|balance| {
            let share =
                if balance.traded_kt > 0.0 { percent(balance.estimated_kt / balance.traded_kt) } else { 0.0 };
            vec![
                balance.product.clone(),
                number(balance.output_kt, 3),
                number(balance.home_kt, 3),
                number(balance.reported_kt, 3),
                number(balance.traded_kt, 3),
                number(share, 1),
                number(balance.taken_out_kt, 3),
                number(balance.made_up_kt, 3),
                number(balance.residual_kt, 3),
            ]
        })
        .collect();
    let headings = [
        ("product, kt", Lean::Left),
        ("output", Lean::Right),
        ("home", Lean::Right),
        ("reported", Lean::Right),
        ("traded", Lean::Right),
        ("estimated %", Lean::Right),
        ("taken out", Lean::Right),
        ("made up", Lean::Right),
        ("residual", Lean::Right),
    ];
    columns(&headings, &rows)
}
