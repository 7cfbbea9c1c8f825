//! What follows from a scenario, the cost of disharmony included.

use super::Scenario;
use crate::engine::SolveError;
use crate::model::{Model, Outcome};
use crate::policy::Policy;

impl Scenario {
    /// What follows from the scenario's policy on a model. Where accounting standards differ, the
    /// outcome also holds what would follow if all importers had one: the difference is the cost of
    /// disharmony.
    ///
    /// # Errors
    /// [`SolveError`] where markets do not settle, with the standards as they are or with one.
    pub fn outcome(&self, model: &Model, policy: &Policy) -> Result<Outcome, SolveError> {
        let mut outcome = model.evaluate(policy)?;
        let harmonised = self.harmonised().and_then(|scenario| scenario.policy(&model.baseline).ok());
        if let Some(policy) = harmonised {
            outcome.harmonised = Some(model.evaluate(&policy)?.indicators);
        }
        Ok(outcome)
    }
}
