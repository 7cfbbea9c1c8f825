//! The disagreement point: what each party has if there is no agreement.

use super::payoff::Standing;
use zollverein_model::baseline::Baseline;
use zollverein_model::model::Outcome;
use zollverein_model::problem::Problems;
use zollverein_scenario::{Party, Scenario};

/// By party: its payoff without an agreement, million USD a year against the baseline. That is its payoff at the
/// scenario file that `[negotiation] disagreement` names, and 0, the status quo, where it names none. `solve`
/// gives what follows from a scenario on the negotiation's data.
///
/// # Errors
/// Faults of that file, and the solver's own.
pub fn payoffs<E: From<Problems>>(
    scenario: &Scenario,
    parties: &[Party],
    baseline: &Baseline,
    solve: impl FnOnce(&Scenario) -> Result<Outcome, E>,
) -> Result<Vec<f64>, E> {
    let Some(file) = scenario.disagreement() else { return Ok(vec![0.0; parties.len()]) };
    let outcome = solve(&Scenario::read(&file)?)?;
    let payoff = |party| Standing::of(party, baseline, &outcome).payoff.total();
    Ok(parties.iter().map(payoff).collect())
}
