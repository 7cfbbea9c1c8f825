//! `zollverein diagnose`: the laws that any equilibrium obeys, tested on the data in use, and how
//! strongly makers answer price there.

use crate::cli::Diagnose;
use crate::cli::open;
use crate::cli::output::{Failed, Output, number};
use serde_json::json;
use std::collections::BTreeMap;
use zollverein_model::baseline::{Baseline, CountryId, CountrySet, ProductId, read};
use zollverein_model::diagnose::Check;
use zollverein_model::diagnose::supply::{Answer, answers};
use zollverein_model::policy::Reading;
use zollverein_model::problem::{Place, Problems};
use zollverein_report::{Block, Cell, Grid, Page, Plain, Setter};
use zollverein_scenario::usual_data;

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
    let checks = zollverein_model::diagnose::run(&baseline)?;
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
        let data = folder.display().to_string();
        output
            .json(&json!({ "data": data, "checks": rows, "supply": answers, "blocks": listed(&baseline) }))?;
    } else {
        output.data(&Plain.set(&Page {
            title: String::new(),
            description: String::new(),
            blocks: vec![
                Block::Table(laws(&checks)),
                Block::Table(supply(&answers)),
                Block::Table(blocks(&baseline)),
            ],
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

/// The blocks of each product's trade, for programs.
fn listed(baseline: &Baseline) -> Vec<serde_json::Value> {
    let codes = |of: &[CountryId]| -> Vec<String> {
        of.iter().map(|country| baseline.countries[country.index()].code.clone()).collect()
    };
    let of_product =
        |product: ProductId| baseline.trade.blocks(product).into_iter().map(move |block| (product, block));
    baseline
        .product_ids()
        .flat_map(of_product)
        .map(|(product, block)| {
            json!({
                "product": baseline.products[product.index()].code,
                "makers": codes(&block.makers),
                "users": codes(&block.users),
                "shipped_kt": block.shipped.value(),
            })
        })
        .collect()
}

/// The blocks of each product's trade as a table.
fn blocks(baseline: &Baseline) -> Grid {
    let mut rows = vec![];
    for product in baseline.product_ids() {
        for block in baseline.trade.blocks(product) {
            rows.push(vec![
                Cell::words(&baseline.products[product.index()].code),
                Cell::figure(block.makers.len().to_string()),
                Cell::figure(block.users.len().to_string()),
                Cell::figure(number(block.shipped.value(), 0)),
                Cell::words(block.in_words(baseline)),
            ]);
        }
    }
    Grid {
        caption: "Blocks of trade: makers and users that shipments connect".to_owned(),
        heads: ["product", "makers", "users", "shipped, kt", "countries"].map(str::to_owned).to_vec(),
        rows,
        note: String::new(),
    }
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
