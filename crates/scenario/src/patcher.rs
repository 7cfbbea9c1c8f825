//! The policy of a scenario whose numbers at given paths are moved many times: paths, groups, parties and
//! keys are resolved once, and what remains for each set of numbers is the reading of the clauses.

use super::form::{ScenarioForm, known_schema};
use super::tree::{Node, Value};
use super::{Patch, Scenario, check, party};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::sync::Arc;
use zollverein_model::baseline::Baseline;
use zollverein_model::baseline::group::Group;
use zollverein_model::policy::{Policy, Reading};
use zollverein_model::problem::{Place, Problems};

/// Gives the policy of a scenario with other numbers at some paths.
#[derive(Debug, Clone)]
pub struct Patcher {
    scenario: Scenario,
    baseline: Arc<Baseline>,
    paths: Vec<String>,
    resolved: Option<Resolved>,
}

/// What is the same for all numbers.
#[derive(Debug, Clone)]
struct Resolved {
    groups: BTreeMap<String, Group>,
    /// The keys that a policy is read from.
    template: Json,
    /// By path: where its value stands there.
    pointers: Vec<String>,
}

impl Scenario {
    /// Gives the policy on a baseline at any numbers in place of those at some paths, without
    /// reading parties, groups and keys again for each.
    #[must_use]
    pub fn patcher(&self, paths: Vec<String>, baseline: Arc<Baseline>) -> Patcher {
        let resolved = self.resolved(&paths, &baseline);
        Patcher { scenario: self.clone(), baseline, paths, resolved }
    }

    /// `None` where a path leads beyond the clauses, or where the rest of the scenario is faulty: then
    /// everything is read again, and the faults are told.
    fn resolved(&self, paths: &[String], baseline: &Baseline) -> Option<Resolved> {
        let kinds = check::kinds_of_clauses(known_schema());
        let in_clause = |path: &String| {
            let kind = path.split(['.', '[']).next().unwrap_or("");
            kinds.iter().any(|known| known == kind)
        };
        if !paths.iter().all(in_clause) {
            return None;
        }
        let groups = self.groups(baseline).ok()?;
        let place = |_: &str| Place::default();
        let reading = Reading::new(baseline, &groups, self.year(), &place);
        party::read(&self.form.party, &reading);
        self.require_assumptions(&reading);
        if !reading.into_problems().is_empty() {
            return None;
        }
        let tree = self.patched(paths.iter().map(|path| (path.clone(), Patch(Value::Whole(0))))).ok()?;
        let pointers = paths.iter().map(|path| tree.pointer(path)).collect::<Option<_>>()?;
        let mut template = tree.json();
        let entries = template.as_object_mut()?;
        entries.remove("party");
        entries.remove("negotiation");
        Some(Resolved { groups, template, pointers })
    }
}

impl Patcher {
    /// The policy at numbers, in the order of the paths. Every value that the scenario would refuse
    /// is refused, in the same words.
    ///
    /// # Errors
    /// As for [`Scenario::with_each`] and [`Scenario::policy`].
    pub fn policy(&self, numbers: &[f64]) -> Result<Policy, Problems> {
        if let Some(policy) = self.resolved.as_ref().and_then(|known| self.read(known, numbers)) {
            return Ok(policy);
        }
        let changes = self.paths.iter().zip(numbers);
        let moved =
            self.scenario.with_each(changes.map(|(path, number)| (path.clone(), (*number).into())))?;
        moved.policy(&self.baseline)
    }

    /// `None` where anything is wrong.
    fn read(&self, known: &Resolved, numbers: &[f64]) -> Option<Policy> {
        let mut json = known.template.clone();
        for (pointer, number) in known.pointers.iter().zip(numbers) {
            if !number.is_finite() {
                return None;
            }
            let Patch(value) = Patch::from(*number);
            *json.pointer_mut(pointer)? = Node { value, place: Place::default() }.json();
        }
        let form: ScenarioForm = serde_json::from_value(json).ok()?;
        let tree = Node { value: Value::Table(BTreeMap::new()), place: Place::default() };
        let moved = Scenario { path: self.scenario.path.clone(), tree, form };
        let place = |_: &str| Place::default();
        let reading = Reading::new(&self.baseline, &known.groups, self.scenario.year(), &place);
        let policy = moved.instruments(&reading);
        reading.into_problems().is_empty().then_some(policy)
    }
}
