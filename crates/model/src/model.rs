//! The model: a baseline, an engine and the status quo; evaluates a policy into an outcome.

use crate::baseline::{Baseline, CountrySet};
use crate::engine::tangent::Line;
use crate::engine::{Engine, Equilibrium, SolveError};
use crate::indicator::Indicators;
use crate::policy::{Policy, Terms};
use rayon::prelude::*;
use std::sync::Arc;

/// Answers the one question that everything above asks: what follows from a policy?
#[derive(Debug, Clone)]
pub struct Model {
    /// The world before.
    pub baseline: Arc<Baseline>,
    engine: Arc<dyn Engine>,
    status_quo: Arc<Equilibrium>,
}

/// What follows from a policy.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The countries that apply the policy.
    pub members: CountrySet,
    /// The duties it adds up to.
    pub terms: Terms,
    /// Where markets settle under the duties in force.
    pub status_quo: Arc<Equilibrium>,
    /// Where markets settle under the policy.
    pub equilibrium: Equilibrium,
    /// Both compared, by country and product.
    pub indicators: Indicators,
    /// The indicators that one accounting standard for all importers would give, where standards
    /// differ and the caller has asked (the scenario does).
    pub harmonised: Option<Indicators>,
    /// The indicators under what the policy charges own makers at home and nothing else, where it charges
    /// them and the caller has asked (the scenario does): what leakage is compared with.
    pub home_price_alone: Option<Indicators>,
    /// By arc: whether a clause means to put a duty on it; empty where the caller has not asked (the
    /// scenario does).
    pub aimed: Vec<bool>,
}

impl Model {
    /// A model of a world with a way of finding equilibria; solves the status quo once.
    ///
    /// # Errors
    /// [`SolveError`] where not even the duties in force give an equilibrium.
    pub fn new(baseline: Arc<Baseline>, engine: Arc<dyn Engine>) -> Result<Self, SolveError> {
        let status_quo = Arc::new(engine.solve(&baseline, &Terms::in_force(&baseline))?);
        Ok(Self { baseline, engine, status_quo })
    }

    /// The engine's name.
    #[must_use]
    pub fn engine(&self) -> &'static str {
        self.engine.name()
    }

    /// What the engine was set to, by name.
    #[must_use]
    pub fn engine_settings(&self) -> Vec<(&'static str, f64)> {
        self.engine.settings()
    }

    /// The indicators under an outcome's charges on own makers alone; `None` where it has none.
    ///
    /// # Errors
    /// [`SolveError`] where markets do not settle.
    pub fn home_price_alone(&self, outcome: &Outcome) -> Result<Option<Indicators>, SolveError> {
        let Some(terms) = outcome.terms.home_price_alone(&self.baseline) else { return Ok(None) };
        let equilibrium = self.engine.solve(&self.baseline, &terms)?;
        Ok(Some(Indicators::of(&self.baseline, &terms, &equilibrium)))
    }

    /// What follows from a policy.
    ///
    /// # Errors
    /// [`SolveError`] where markets do not settle.
    pub fn evaluate(&self, policy: &Policy) -> Result<Outcome, SolveError> {
        let terms = policy.terms(&self.baseline);
        let equilibrium = self.engine.solve(&self.baseline, &terms)?;
        let indicators = Indicators::of(&self.baseline, &terms, &equilibrium);
        Ok(Outcome {
            members: policy.members(&self.baseline),
            terms,
            status_quo: Arc::clone(&self.status_quo),
            equilibrium,
            indicators,
            harmonised: None,
            home_price_alone: None,
            aimed: vec![],
        })
    }

    /// Whether the engine knows how its equilibria respond ([`Model::tangents`]).
    #[must_use]
    pub fn knows_response(&self) -> bool {
        self.engine.knows_response()
    }

    /// By line: the outcomes at each of its steps on the line that touches the curve of outcomes at one of a
    /// policy. The slope of any figure of an outcome along the steps ([`crate::engine::tangent::slope`]) is its
    /// exact slope along the number, quotas, mandates, abatement and uses of revenue included. `None` where
    /// the response is not defined (a quota about to bind, support that runs out of money) or not known
    /// to the engine: take differences of outcomes there.
    #[must_use]
    pub fn tangents(&self, outcome: &Outcome, lines: &[Line]) -> Vec<Option<Vec<Outcome>>> {
        let found = self.engine.tangents(&self.baseline, &outcome.terms, &outcome.equilibrium, lines);
        let at_step = |terms: &Terms, equilibrium: Equilibrium| Outcome {
            members: outcome.members.clone(),
            terms: terms.clone(),
            status_quo: Arc::clone(&self.status_quo),
            indicators: Indicators::of(&self.baseline, terms, &equilibrium),
            equilibrium,
            harmonised: None,
            home_price_alone: None,
            aimed: outcome.aimed.clone(),
        };
        let of_line = |(line, found): (&Line, Option<Vec<Equilibrium>>)| {
            let steps = line.terms.iter().zip(found?);
            Some(steps.map(|(terms, equilibrium)| at_step(terms, equilibrium)).collect())
        };
        lines.par_iter().zip(found).map(of_line).collect()
    }
}
