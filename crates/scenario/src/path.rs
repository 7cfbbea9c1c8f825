//! A path: one scenario in several years, each an equilibrium of its own, solved in their order.

use crate::Scenario;
use zollverein_model::baseline::Baseline;
use zollverein_model::engine::{Accounts, SolveError};
use zollverein_model::model::{Model, Outcome};
use zollverein_model::problem::Problems;

/// One year of a path.
#[derive(Debug, Clone)]
pub struct Year {
    /// The year.
    pub year: i32,
    /// The scenario about it.
    pub scenario: Scenario,
    /// What follows.
    pub outcome: Outcome,
}

/// Why a path cannot be gone.
#[derive(Debug, thiserror::Error)]
pub enum PathError {
    /// The scenario is at fault in some year.
    #[error(transparent)]
    Input(#[from] Problems),
    /// Markets do not settle in a year.
    #[error("in {year}")]
    Solve {
        /// The year.
        year: i32,
        /// What the engine says.
        source: SolveError,
    },
}

/// The faults that a scenario shows in any of its years; each is told once.
///
/// # Errors
/// The faults.
pub fn check(scenario: &Scenario, baseline: &Baseline) -> Result<(), Problems> {
    let mut problems = Problems::new();
    for year in scenario.years() {
        let read = scenario.at_year(*year).and_then(|scenario| scenario.policy(baseline));
        problems.append(read.err().unwrap_or_default());
    }
    problems.into_result(())
}

/// Solves every year of a scenario, the first one first.
///
/// # Errors
/// [`PathError::Input`] for the faults of all years, before any is solved; [`PathError::Solve`]
/// naming the first year whose markets do not settle.
pub fn solve(scenario: &Scenario, model: &Model) -> Result<Vec<Year>, PathError> {
    check(scenario, &model.baseline)?;
    let mut solved: Vec<Year> = vec![];
    for year in scenario.years() {
        let scenario = next(scenario, *year, &model.baseline, &solved)?;
        let policy = scenario.policy(&model.baseline)?;
        let outcome =
            scenario.outcome(model, &policy).map_err(|source| PathError::Solve { year: *year, source })?;
        solved.push(Year { year: *year, scenario, outcome });
    }
    Ok(solved)
}

/// The scenario of a year. What the years before leave behind reaches it here: where abatement gets
/// cheaper with deployment, what they have abated is added to what the scenario says is deployed,
/// each year's abatement for the years until the next one. All else is that of a plain run.
fn next(scenario: &Scenario, year: i32, baseline: &Baseline, before: &[Year]) -> Result<Scenario, Problems> {
    const DEPLOYED: &str = "abatement.deployed_kt_co2e";
    let scenario = scenario.at_year(year)?;
    let learns = scenario.form().abatement.as_ref().is_some_and(|a| a.learning_percent.is_some());
    let (Some(stated), true) = (scenario.number(DEPLOYED), learns) else { return Ok(scenario) };
    let later = before.iter().skip(1).map(|one| one.year).chain([year]);
    let mut deployed = stated;
    for (one, later) in before.iter().zip(later) {
        deployed += abated(baseline, &one.outcome) * f64::from(later - one.year);
    }
    scenario.with(DEPLOYED, deployed)
}

/// What all producers abate by effort in an outcome, kt CO2e a year.
fn abated(baseline: &Baseline, outcome: &Outcome) -> f64 {
    let accounts = Accounts::of(baseline, &outcome.terms, &outcome.equilibrium);
    let mut sum = 0.0;
    for product in baseline.product_ids() {
        sum += baseline.country_ids().map(|country| accounts.abated(country, product).value()).sum::<f64>();
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;
    use std::sync::Arc;

    const TEXT: &str = "[[tariff]]\nname = \"a\"\nimporters = [\"ARD\"]\nadditional_percent = 20\n\
        [[exemption]]\nname = \"b\"\nexporters = [\"BOR\"]\nphase = [{ year = 2026, share_percent = 100 }, \
        { year = 2030, share_percent = 0 }]\n";

    fn read(text: &str) -> (Scenario, Model) {
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        let file = folder.path().join("a.toml");
        assert!(std::fs::write(&file, text).is_ok());
        let scenario = Scenario::read(&file).unwrap_or_else(|problems| panic!("{problems}"));
        let world =
            scenario.world(Path::new("../../data/toy")).unwrap_or_else(|problems| panic!("{problems}"));
        let model = scenario.model(Arc::new(world)).unwrap_or_else(|error| panic!("{error}"));
        (scenario, model)
    }

    #[test]
    fn what_earlier_years_abate_makes_later_abatement_cheaper() {
        let text = "years = [2026, 2028]\n[[carbon_tariff]]\nname = \"c\"\nimporters = [\"ARD\"]\n\
            products = [\"steel\"]\nbenchmark = { basis = \"fixed\", tco2e_per_t = { steel = 0.0 } }\n\
            usd_per_tco2e = 30\n[abatement]\nlearning_percent = 20\nreference_kt_co2e = 1000\ndeployed_kt_co2e = 1000\n";
        let (scenario, model) = read(text);
        let years = solve(&scenario, &model).unwrap_or_else(|error| panic!("{error}"));
        let first = abated(&model.baseline, &years[0].outcome);
        assert!(first > 0.0);
        let deployed = years[1].scenario.number("abatement.deployed_kt_co2e").unwrap_or_default();
        assert!((deployed - (1000.0 + 2.0 * first)).abs() < 1e-9 * deployed, "{deployed}");
        assert!(abated(&model.baseline, &years[1].outcome) > first);
    }

    #[test]
    fn each_year_is_that_of_a_plain_run_bit_for_bit() {
        let (scenario, model) = read(&format!("years = [2026, 2028, 2030]\n{TEXT}"));
        let years = solve(&scenario, &model).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(years.iter().map(|year| year.year).collect::<Vec<_>>(), [2026, 2028, 2030]);
        for year in &years {
            let (plain, model) = read(&format!("year = {}\n{TEXT}", year.year));
            let policy = plain.policy(&model.baseline).unwrap_or_else(|problems| panic!("{problems}"));
            let outcome = model.evaluate(&policy).unwrap_or_else(|error| panic!("{error}"));
            assert!(outcome.indicators == year.outcome.indicators && outcome.terms == year.outcome.terms);
            assert_eq!(plain.digest(), year.scenario.digest());
        }
        assert!(years[0].outcome.indicators != years[1].outcome.indicators);
    }

    #[test]
    fn faults_of_all_years_are_told_once_and_before_any_is_solved() {
        let (scenario, model) =
            read(&format!("years = [2026, 2030]\n{}", TEXT.replace("\"BOR\"", "\"BRO\"")));
        let Err(PathError::Input(problems)) = solve(&scenario, &model) else { panic!("BRO is nobody") };
        assert_eq!(problems.as_slice().len(), 1, "{problems}");
    }
}
