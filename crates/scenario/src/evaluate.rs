//! What follows from a scenario, with what it is compared with: one standard for all, a home price alone.

use super::Scenario;
use zollverein_model::engine::SolveError;
use zollverein_model::model::{Model, Outcome};
use zollverein_model::policy::Policy;

impl Scenario {
    /// What follows from the scenario's policy on a model. Where accounting standards differ, the
    /// outcome also holds what would follow if all importers had one: the difference is the cost of
    /// disharmony. Where own makers are charged, it holds what would follow from that alone: the
    /// difference in emissions outside is what the measures at the border do about leakage. And it holds
    /// which shipments clauses aim at.
    ///
    /// # Errors
    /// [`SolveError`] where markets do not settle, with the standards as they are, with one, or under
    /// the home price alone.
    pub fn outcome(&self, model: &Model, policy: &Policy) -> Result<Outcome, SolveError> {
        let mut outcome = model.evaluate(policy)?;
        let harmonised = self.harmonised().and_then(|scenario| scenario.policy(&model.baseline).ok());
        if let Some(policy) = harmonised {
            outcome.harmonised = Some(model.evaluate(&policy)?.indicators);
        }
        outcome.home_price_alone = model.home_price_alone(&outcome)?;
        outcome.aimed = policy.aims_at(&model.baseline);
        Ok(outcome)
    }
}
