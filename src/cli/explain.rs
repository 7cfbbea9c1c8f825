//! `zollverein explain`: which clause causes what.

use crate::baseline::{Baseline, CountrySet, ProductId};
use crate::brief::{Explained, explained_files, explained_json, explained_terminal};
use crate::cli::Explain;
use crate::cli::open;
use crate::cli::output::Output;
use crate::explain::{ExplainError, Question, Target, explain as taken_apart};
use crate::indicator::{Indicator, Shown, shown_groups};
use crate::problem::{Place, Problems, instead};
use crate::table;
use std::sync::Arc;

/// Shares a change out among the clauses that cause it.
pub fn explain(arguments: &Explain, output: Output) -> anyhow::Result<()> {
    let waiting = output.waiting("evaluating every set of clauses");
    let opened = open::open_year(&arguments.scenario, arguments.data.as_deref(), arguments.year)?;
    let baseline = Arc::new(opened.baseline);
    let members = opened.policy.members(&baseline);
    let question = question(arguments, &baseline, &members)?;
    let model = opened.scenario.model(Arc::clone(&baseline))?;
    let outcome = model.evaluate(&opened.policy)?;
    let explanation =
        taken_apart(&opened.scenario, &model, &outcome, question).map_err(|error| match error {
            ExplainError::Input(problems) => anyhow::Error::new(problems),
            ExplainError::Solve { ref clauses, ref source } => {
                let told = format!("with {clauses} on and the other clauses off: {source}");
                anyhow::Error::new(source.clone()).context(told)
            }
        })?;
    let stamp = open::stamp(&opened.scenario, &opened.folder, &model, &outcome);
    let (title, clauses) = (opened.scenario.title(), opened.scenario.clauses());
    let report = Explained {
        title: &title,
        clauses: &clauses,
        baseline: &baseline,
        explanation: &explanation,
        stamp: &stamp,
    };
    if let Some(folder) = &arguments.out {
        table::write(folder, &explained_files(&report)?)?;
    }
    drop(waiting);
    if arguments.json {
        output.json(&explained_json(&report))?;
    } else if !arguments.quiet {
        output.data(&explained_terminal(&report))?;
    }
    if !opened.scenario.years().is_empty() {
        output.say(&open::first_year(&opened.scenario));
    }
    if let Some(folder) = &arguments.out {
        output.say(&format!("Results are in {0}: open {0}/explain.html.", folder.display()));
    }
    Ok(())
}

/// What is asked, with every name that is not known.
fn question(arguments: &Explain, baseline: &Baseline, members: &CountrySet) -> Result<Question, Problems> {
    let mut problems = Problems::new();
    let mut unknown = |option: &str, kind: &str, name: &str, known: &[&str]| {
        let what = format!("`{name}` is no {kind}");
        problems.add(Place::file(option), what, instead(name, known.iter().copied()));
    };
    let indicators: Vec<&str> = Indicator::ALL.iter().map(|indicator| indicator.name()).collect();
    let indicator = Indicator::ALL.into_iter().find(|one| one.name() == arguments.indicator);
    if indicator.is_none() {
        unknown("--indicator", "indicator", &arguments.indicator, &indicators);
    }
    let product: Option<ProductId> = arguments.product.as_deref().and_then(|name| {
        let found = baseline.product(name);
        if found.is_none() {
            let known: Vec<&str> = baseline.products.iter().map(|product| product.code.as_str()).collect();
            unknown("--product", "product of the data", name, &known);
        }
        found
    });
    let mut targets = vec![];
    for name in arguments.country.iter().flatten() {
        let Some(country) = baseline.country(name) else {
            let known: Vec<&str> = baseline.countries.iter().map(|country| country.code.as_str()).collect();
            unknown("--country", "code of a country of the data", name, &known);
            continue;
        };
        let label = baseline.countries[country.index()].name.clone();
        let set = CountrySet::of(baseline.countries.len(), [country]);
        targets.push(Target { name: name.clone(), label, set });
    }
    let shown = shown_groups(baseline, members);
    let group = |name: &str| {
        let key = crate::baseline::group::normalised(name);
        shown.iter().find(|group| crate::baseline::group::normalised(&group.name) == key)
    };
    let target = |group: &Shown| Target {
        name: group.name.clone(),
        label: group.label.clone(),
        set: group.set.clone(),
    };
    for name in arguments.group.iter().flatten() {
        match group(name) {
            Some(found) => targets.push(target(found)),
            None => {
                let known: Vec<&str> = shown.iter().map(|group| group.name.as_str()).collect();
                unknown("--group", "group with a country in it", name, &known);
            }
        }
    }
    if arguments.country.is_none() && arguments.group.is_none() {
        targets.extend(["world", "members", "outside", "LDC"].into_iter().filter_map(group).map(target));
    }
    let keep = arguments.keep.clone().unwrap_or_default();
    let indicator = indicator.unwrap_or(Indicator::Welfare);
    problems.into_result(Question { indicator, product, targets, keep, by_kind: arguments.by_kind })
}
