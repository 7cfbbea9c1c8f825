//! What drives a result: the clauses' parts in what its main actors gain or lose, where that is cheap.

use super::{Explanation, Question, Target, explain};
use crate::Scenario;
use crate::form::EngineName;
use zollverein_model::baseline::CountrySet;
use zollverein_model::indicator::{Indicator, Level, Totals, shown_groups, territories};
use zollverein_model::model::{Model, Outcome};

/// So many equilibria are looked at for a brief, at most.
const EVALUATIONS: usize = 32;
/// So many members are looked at, those that gain or lose most.
const MEMBERS: usize = 3;

/// What each clause, or each kind of clause where they are many, causes for the main members and the
/// world; `None` where there are too many clauses, or where an equilibrium takes long.
#[must_use]
pub fn driver(scenario: &Scenario, model: &Model, outcome: &Outcome) -> Option<Explanation> {
    if scenario.engine() == EngineName::Spatial || !scenario.years().is_empty() {
        return None;
    }
    let targets = targets(model, outcome);
    let fewest = |by_kind: bool, whole: bool| {
        let question = Question {
            indicator: Indicator::Welfare,
            product: None,
            targets: targets.clone(),
            keep: vec![],
            by_kind,
            whole,
        };
        (super::evaluations(scenario, &question)? <= EVALUATIONS).then_some(question)
    };
    let question = fewest(false, false).or_else(|| fewest(false, true)).or_else(|| fewest(true, true))?;
    explain(scenario, model, outcome, question).ok()
}

/// The members that gain or lose most, and the world.
fn targets(model: &Model, outcome: &Outcome) -> Vec<Target> {
    let baseline = &model.baseline;
    let totals = Totals::new(baseline, &outcome.indicators, &outcome.equilibrium);
    let mut members = territories(baseline, &outcome.members);
    let size =
        |set: &CountrySet| totals.get(set, Indicator::Welfare, None).level.map_or(0.0, Level::change).abs();
    members.sort_by(|a, b| size(&b.set).total_cmp(&size(&a.set)));
    members.truncate(MEMBERS);
    let world = shown_groups(baseline, &outcome.members).into_iter().filter(|group| group.name == "world");
    let target = |group: zollverein_model::indicator::Shown| Target {
        name: group.name,
        label: group.label,
        set: group.set,
    };
    members.into_iter().chain(world).map(target).collect()
}
