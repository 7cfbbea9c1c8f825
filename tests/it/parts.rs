//! What a part of a batch holds, and what is refused as one.

use crate::batch::{DRAWS, batch, plan, room, whole};
use crate::support::program::{edit, stderr};
use std::fs;
use std::path::{Path, PathBuf};
use zollverein::baseline::read::sha256;
use zollverein::batch::{Evaluator, Plan, merge, results};
use zollverein::tables::Format;
use zollverein::tables::part::{self, Asked, Numbers, Rows};

/// The part of a block.
fn part_of(folder: &Path, block: usize) -> PathBuf {
    folder.join(format!("parts/{block:06}.parquet"))
}

/// Exchanges a part of a finished folder, and what its journal tells of it.
fn forge(folder: &Path, block: usize, rows: &Rows<'_>) {
    let bytes = rows.bytes().unwrap_or_else(|what| panic!("{what}"));
    let before = sha256(&fs::read(part_of(folder, block)).expect("a part"));
    fs::write(part_of(folder, block), &bytes).expect("it writes");
    edit(folder, "journal.jsonl", &before, &sha256(&bytes));
}

/// What a part of made-up numbers holds, in the columns of a plan.
fn made_up(plan: &Plan, block: usize) -> Rows<'static> {
    let numbers = plan.description.block(block);
    let column = |column| Numbers { column, values: numbers.clone().map(|at| Some(at as f64)).collect() };
    Rows {
        number: numbers.clone().map(|at| i64::try_from(at).expect("a number")).collect(),
        cell: vec![0; numbers.len()],
        set: vec!["draw"; numbers.len()],
        status: vec![part::SOLVED; numbers.len()],
        message: vec![None; numbers.len()],
        numbers: plan.description.columns().into_iter().map(column).collect(),
    }
}

#[test]
fn a_part_has_a_row_for_each_evaluation_and_a_column_for_each_input_and_figure() {
    // the figures of a policy that does not look at the elasticity, and of a world that there cannot be
    let folder = room(
        "scenario = \"s.toml\"\ndraws = 30\nblock = 30\nfigures = [\"world.leakage\", \"world.welfare\"]\n\
        [[draw]]\nwhat = \"data.elasticity.aluminium.demand\"\ndistribution = \"normal\"\nmean = 0.2\nsd = 0.2\n",
    );
    let plan = plan(folder.path());
    whole(&plan, &folder.path().join("o"));
    let columns = plan.description.columns();
    assert_eq!(
        columns,
        ["input.data.elasticity.aluminium.demand", "figure.world.leakage", "figure.world.welfare"]
    );
    let evaluator = Evaluator::new(&plan).unwrap_or_else(|problems| panic!("{problems}"));
    let expected = evaluator.evaluate(0..30, &|| ());
    let asked = Asked { evaluations: 0..30, columns: &columns, wanted: &columns, statuses: true };
    let bytes = fs::read(part_of(&folder.path().join("o"), 0)).expect("a part");
    let found = part::read(&bytes, &asked).unwrap_or_else(|what| panic!("{what}"));
    let known = |value: f64| Some(value).filter(|value| value.is_finite());
    let mut failures = 0;
    for (at, one) in expected.iter().enumerate() {
        assert_eq!(found.numbers[0][at], known(one.inputs[0]));
        let figures = [found.numbers[1][at], found.numbers[2][at]];
        match &one.figures {
            Ok(values) => assert_eq!(figures, [known(values[0]), known(values[1])]),
            Err(failure) => {
                assert_eq!(figures, [None, None]);
                let told = &found.failed[failures];
                assert_eq!(told.number, i64::try_from(at).expect("a number"));
                assert_eq!(
                    (told.status.as_str(), told.message.as_str()),
                    (failure.word(), failure.message())
                );
                failures += 1;
            }
        }
    }
    assert!(failures > 0 && failures < 30 && failures == found.failed.len(), "{failures}");
}

#[test]
fn a_part_whose_columns_are_not_those_of_the_plan_is_refused_with_its_file_and_column() {
    let folder = room(DRAWS);
    let plan = plan(folder.path());
    let out = folder.path().join("o");
    whole(&plan, &out);
    let refused = |rows: &Rows<'_>, told: &str| {
        forge(&out, 3, rows);
        let merged = folder.path().join("merged");
        let told_of = |error: String| {
            assert!(error.contains("000003.parquet") && error.contains(told), "{told}: {error}");
        };
        told_of(results(&out).expect_err(told).to_string());
        told_of(merge(std::slice::from_ref(&out), &merged, Format::Csv).expect_err(told).to_string());
        fs::remove_dir_all(&merged).expect("it goes");
    };
    let welfare = plan.description.columns().iter().position(|name| name == "figure.world.welfare");
    let welfare = welfare.expect("a headline");
    let mut rows = made_up(&plan, 3);
    rows.numbers.remove(welfare);
    refused(&rows, "column `figure.world.welfare` is missing");
    let mut rows = made_up(&plan, 3);
    rows.numbers[welfare].column = "figure.world.wellfare".to_owned();
    refused(&rows, "column `figure.world.wellfare` is none of this plan");
    let mut rows = made_up(&plan, 3);
    rows.numbers[welfare].values[5] = Some(f64::NAN);
    refused(&rows, "column `figure.world.welfare` holds NaN");
    refused(&made_up(&plan, 2), "it holds evaluation 40 where 60 belongs");
    // what fits is taken, and a figure that is not known is not zero
    let mut rows = made_up(&plan, 3);
    rows.numbers[welfare].values[5] = None;
    forge(&out, 3, &rows);
    let found = results(&out).unwrap_or_else(|error| panic!("{error}"));
    let quantiles = found.tables[0].file(Format::Csv).expect("a table").bytes;
    let quantiles = String::from_utf8(quantiles).expect("text");
    let of_welfare = quantiles.lines().find(|line| line.starts_with("world,all,welfare,")).expect("a row");
    assert!(of_welfare.starts_with("world,all,welfare,million_usd,399,1,"), "{of_welfare}");
}

#[test]
fn a_folder_of_an_earlier_layout_is_refused_with_a_remedy() {
    let folder = room(DRAWS);
    assert!(batch(folder.path(), &["p.toml", "--out", "o", "--quiet"]).status.success());
    edit(folder.path(), "o/plan.json", "  \"layout\": 2,\n", "");
    for arguments in [&["p.toml", "--out", "o"][..], &["merge", "o", "--out", "merged"]] {
        let output = batch(folder.path(), arguments);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("layout 1") && said.contains("another folder for --out"), "{said}");
    }
    let error = results(&folder.path().join("o")).expect_err("of layout 1");
    assert!(error.to_string().contains("layout 1"), "{error}");
}
