//! `zollverein diagnose`: the laws that any equilibrium obeys, tested on the data in use, and how
//! strongly makers answer price there.

use crate::baseline::{Baseline, CountrySet, read};
use crate::brief::{Block, Cell, Grid, Page, Plain, Setter};
use crate::cli::Diagnose;
use crate::cli::open;
use crate::cli::output::{Failed, Output, number};
use crate::diagnose::Check;
use crate::diagnose::supply::{Answer, answers};
use crate::policy::Reading;
use crate::problem::{Place, Problems};
use crate::scenario::usual_data;
use serde_json::json;
use std::collections::BTreeMap;

/// Prints a table of the checks, and one of elasticities of supply.
pub fn diagnose(arguments: &Diagnose, output: Output) -> anyhow::Result<()> {
    let waiting = output.waiting("solving");
    let (folder, baseline) = if let Some(path) = &arguments.scenario {
        let opened = open::open(path, arguments.data.as_deref())?;
        (opened.folder, opened.baseline)
    } else {
        let folder = arguments.data.clone().map_or_else(|| usual_data(None), Ok)?;
        let baseline = read::folder(&folder)?;
        (folder, baseline)
    };
    let answers = answers(&baseline, &asked(arguments, &baseline)?);
    let checks = crate::diagnose::run(&baseline)?;
    drop(waiting);
    let failed = checks.iter().filter(|check| !check.passed()).count();
    if arguments.json {
        let rows: Vec<serde_json::Value> = checks
            .iter()
            .map(|check| {
                json!({
                    "name": check.name,
                    "value": check.value,
                    "limit": check.limit,
                    "passed": check.passed(),
                    "note": check.note,
                })
            })
            .collect();
        output.json(&json!({ "data": folder.display().to_string(), "checks": rows, "supply": answers }))?;
    } else {
        output.data(&Plain.set(&Page {
            title: String::new(),
            description: String::new(),
            blocks: vec![Block::Table(laws(&checks)), Block::Table(supply(&answers))],
            foot: String::new(),
        }))?;
    }
    if failed > 0 {
        let all = checks.len();
        return Err(Failed(format!("{failed} of {all} checks failed on {}", folder.display())).into());
    }
    output.say(&format!("All {} checks passed on {}.", checks.len(), folder.display()));
    Ok(())
}

/// The countries that are asked for by name; none unless some are.
fn asked(arguments: &Diagnose, baseline: &Baseline) -> Result<CountrySet, Problems> {
    let none = BTreeMap::new();
    let place = |path: &str| Place::file(path.split('[').next().unwrap_or(path));
    let reading = Reading::new(baseline, &none, None, &place);
    let nobody = CountrySet::none(baseline.countries.len());
    let asked = arguments.country.as_ref();
    let found = asked.map_or(nobody, |names| reading.countries("--country", names));
    reading.into_problems().into_result(found)
}

/// How far each law is kept as a table.
fn laws(checks: &[Check]) -> Grid {
    let row = |check: &Check| {
        vec![
            Cell::words(if check.passed() { "passed" } else { "FAILED" }),
            Cell::words(check.name),
            Cell::figure(format!("{:.1e}", check.value)),
            Cell::figure(format!("{:.0e}", check.limit)),
            Cell::words(check.note),
        ]
    };
    Grid {
        caption: String::new(),
        heads: ["", "law", "departure", "limit", "measured"].map(str::to_owned).to_vec(),
        rows: checks.iter().map(row).collect(),
        note: String::new(),
    }
}

/// The elasticities of supply as a table.
fn supply(answers: &[Answer]) -> Grid {
    let row = |answer: &Answer| {
        vec![
            Cell::words(&answer.product),
            Cell::words(&answer.country),
            Cell::words(&answer.route),
            Cell::figure(number(answer.output_kt, 0)),
            Cell::figure(answer.utilisation_percent.map_or("not known".to_owned(), |share| number(share, 0))),
            Cell::figure(number(answer.stated, 2)),
            Cell::figure(number(answer.effective, 2)),
            Cell::words(format!("{} to {}", number(answer.least, 2), number(answer.most, 2))),
        ]
    };
    let heads =
        ["product", "country", "route", "output, kt", "used, %", "stated", "effective", "of single makers"];
    Grid {
        caption: "Elasticity of supply at the baseline, weighted by output: stated (away from capacity) and \
                  effective (with capacity)"
            .to_owned(),
        heads: heads.map(str::to_owned).to_vec(),
        rows: answers.iter().map(row).collect(),
        note: String::new(),
    }
}
