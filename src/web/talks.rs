//! Questions of a negotiation from the page, and how its parties stand.

use crate::web::asked::{Kept, Negotiate, QuestionName, Rounds, Source};
use crate::web::desk::{Desk, Opened, Step};
use crate::web::fault::Fault;
use serde_json::Value;
use std::sync::Arc;
use zollverein_games::bargaining::Rule;
use zollverein_model::model::Outcome;
use zollverein_negotiation::disagreement;
use zollverein_negotiation::payoff::Standing;
use zollverein_negotiation::rounds::{Proposal, Record};
use zollverein_negotiation::talks::{Talks, TalksError, Watch};
use zollverein_report::{Question, rounds_json};
use zollverein_scenario::{Party, Scenario};
use zollverein_tables::{Cell, Table};

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
                return Err(Fault::of(
                    "points",
                    &format!("{points} points"),
                    &format!("ask for at most {}", POINTS.1),
                ));
            }
            Question::Frontier(asked.objectives.clone(), points)
        }
        QuestionName::Bargain => Question::Bargain(Rule::ALL.to_vec()),
        QuestionName::Redline => {
            let none = || Fault::of("party", "no party is named", "name the one that is to be brought in");
            Question::Redline(asked.party.clone().ok_or_else(none)?)
        }
        QuestionName::Retaliate => Question::Retaliate,
        QuestionName::Coalition => Question::Coalition,
        QuestionName::Compensate => Question::Compensate,
    };
    Ok(question.answer(&talks).map_err(told)?.json())
}

/// How each party stands at the rounds of a proposal and what moved between them, as `zollverein rounds --json`
/// writes it.
///
/// # Errors
/// No round of that name was kept, a fault of one of them, and markets that do not settle.
pub fn rounds(desk: &Desk, asked: &Rounds, step: &Step<'_>) -> Result<Value, Fault> {
    let (mut solved, mut drawn) = (vec![], vec![]);
    for kept in desk.workspace.rounds().into_iter().filter(|kept| kept.name == asked.name) {
        let proposal = Some(Kept { name: kept.name, round: kept.round });
        let opened = desk.open(&Source { proposal, year: asked.year, ..Source::default() })?;
        let parties = opened.scenario.parties(&opened.model.baseline)?;
        let outcome = opened.scenario.outcome(&opened.model, &opened.policy)?;
        drawn.push(opened.intervals(step)?);
        let without = without(desk, &opened, &parties)?;
        let name = kept.file.trim_end_matches(".toml").to_owned();
        solved.push((name, opened, parties, outcome, without));
    }
    if solved.is_empty() {
        return Err(Fault::unknown(format!("no round of a proposal {:?} was kept", asked.name)));
    }
    let proposals: Vec<Proposal<'_>> = solved
        .iter()
        .map(|(name, opened, parties, outcome, without)| Proposal {
            name: name.clone(),
            scenario: &opened.scenario,
            parties: parties.clone(),
            baseline: &opened.model.baseline,
            outcome,
            disagreement: without.clone(),
        })
        .collect();
    Ok(rounds_json(&Record::of(&proposals), &drawn))
}

/// The scenario with what holds without an agreement found in the folder of scenarios: a request
/// reaches no other file.
fn reached(desk: &Desk, scenario: Scenario) -> Result<Scenario, Fault> {
    const KEY: &str = "negotiation.disagreement";
    let named = scenario.form().negotiation.as_ref().and_then(|form| form.disagreement.clone());
    let Some(file) = named else { return Ok(scenario) };
    let path = desk.scenario_file(&file).ok_or_else(|| {
        Fault::of(KEY, &format!("there is no scenario {file:?}"), "name a file of the folder of scenarios")
    })?;
    let whole = path.canonicalize().unwrap_or(path); // else it would count from the scenario's own folder
    Ok(scenario.with(KEY, whole.display().to_string().as_str())?)
}

/// What each party has without an agreement.
fn without(desk: &Desk, opened: &Opened, parties: &[Party]) -> Result<Vec<f64>, Fault> {
    let scenario = reached(desk, opened.scenario.clone())?;
    disagreement::payoffs(&scenario, parties, &opened.model.baseline, |other| {
        let policy = other.policy(&opened.model.baseline)?;
        Ok(other.outcome(&opened.model, &policy)?)
    })
}

/// How the parties of a scenario stand at its outcome; `None` where it names none.
///
/// # Errors
/// Faults of the parties.
pub fn standings(desk: &Desk, opened: &Opened, outcome: &Outcome) -> Result<Option<Table>, Fault> {
    let baseline = &opened.model.baseline;
    let parties = opened.scenario.parties(baseline)?;
    if parties.is_empty() {
        return Ok(None);
    }
    let without = without(desk, opened, &parties)?;
    let mut rows: Vec<Vec<Cell>> = vec![];
    for (party, without) in parties.iter().zip(without) {
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
        put("payoff", "million_usd", Some(payoff), Some(standing.gain(without)), standing.signs(without));
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
        other => Fault::of("source", &other.to_string(), "try smaller duties"),
    }
}
