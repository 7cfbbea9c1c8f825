//! Questions of a negotiation from the page, and how its parties stand.

use crate::brief::Question;
use crate::model::Outcome;
use crate::negotiation::bargaining::Rule;
use crate::negotiation::payoff::Standing;
use crate::negotiation::talks::{Talks, TalksError, Watch};
use crate::problem::{Place, Problems};
use crate::scenario::Scenario;
use crate::table::{Cell, Table};
use crate::web::asked::{Negotiate, QuestionName};
use crate::web::desk::{Desk, Opened};
use crate::web::fault::Fault;
use serde_json::Value;
use std::sync::Arc;

/// The points of a frontier: where none are asked for, and at most.
const POINTS: (usize, usize) = (21, 201);

/// The answer to a question, as `zollverein negotiate --json` writes it.
///
/// # Errors
/// Every fault of scenario and question, markets that do not settle, or that it was stopped before
/// there was anything to tell.
pub fn negotiate(desk: &Desk, asked: &Negotiate, watch: Arc<Watch>) -> Result<Value, Fault> {
    let opened = desk.open(&asked.source)?;
    let scenario = reached(desk, opened.scenario)?;
    let talks = Talks::on(&scenario, opened.model, watch).map_err(told)?;
    let question = match asked.question {
        QuestionName::Design => Question::Design,
        QuestionName::Frontier => {
            let points = asked.points.unwrap_or(POINTS.0);
            if points > POINTS.1 {
                return Err(refused(
                    "points",
                    &format!("{points} points"),
                    &format!("ask for at most {}", POINTS.1),
                ));
            }
            Question::Frontier(asked.objectives.clone(), points)
        }
        QuestionName::Bargain => Question::Bargain(Rule::ALL.to_vec()),
        QuestionName::Redline => {
            let none = || refused("party", "no party is named", "name the one that is to be brought in");
            Question::Redline(asked.party.clone().ok_or_else(none)?)
        }
        QuestionName::Retaliate => Question::Retaliate,
        QuestionName::Coalition => Question::Coalition,
        QuestionName::Compensate => Question::Compensate,
    };
    Ok(question.answer(&talks).map_err(told)?.json())
}

/// The scenario with what holds without an agreement found in the folder of scenarios: a request
/// reaches no other file.
fn reached(desk: &Desk, scenario: Scenario) -> Result<Scenario, Fault> {
    const KEY: &str = "negotiation.disagreement";
    let named = scenario.form().negotiation.as_ref().and_then(|form| form.disagreement.clone());
    let Some(file) = named else { return Ok(scenario) };
    let path = desk.scenario_file(&file).ok_or_else(|| {
        refused(KEY, &format!("there is no scenario {file:?}"), "name a file of the folder of scenarios")
    })?;
    let whole = path.canonicalize().unwrap_or(path); // else it would count from the scenario's own folder
    Ok(scenario.with(KEY, whole.display().to_string().as_str())?)
}

/// How the parties of a scenario stand at its outcome; `None` where it names none.
///
/// # Errors
/// Faults of the parties.
pub fn standings(opened: &Opened, outcome: &Outcome) -> Result<Option<Table>, Fault> {
    let baseline = &opened.model.baseline;
    let parties = opened.scenario.parties(baseline)?;
    if parties.is_empty() {
        return Ok(None);
    }
    let mut rows: Vec<Vec<Cell>> = vec![];
    for party in &parties {
        let standing = Standing::of(party, baseline, outcome);
        let mut put = |figure: &str, unit: &str, value: Option<f64>, slack: Option<f64>, kept: bool| {
            let kept = if kept { "yes" } else { "no" };
            rows.push(vec![
                party.name.as_str().into(),
                figure.into(),
                unit.into(),
                value.into(),
                slack.into(),
                kept.into(),
            ]);
        };
        let payoff = standing.payoff.total();
        put("payoff", "million_usd", Some(payoff), Some(payoff), standing.signs());
        for (line, held) in party.red_lines.iter().zip(&standing.red_lines) {
            put(&line.name, line.of.unit(), held.value, held.slack, held.kept);
        }
    }
    Ok(Some(Table::new("standings", &["party", "figure", "unit", "value", "slack", "kept"], rows)))
}

fn told(error: TalksError) -> Fault {
    match error {
        TalksError::Problems(problems) => problems.into(),
        TalksError::Stopped => Fault::own("stopped"),
        other => refused("source", &other.to_string(), "try smaller duties"),
    }
}

fn refused(place: &str, what: &str, remedy: &str) -> Fault {
    let mut problems = Problems::new();
    problems.add(Place::file(place), what, remedy);
    problems.into()
}
