//! Engine S: least-cost trade over production routes, by linear programs on the trade-flow graph.
//!
//! Metal of a product is one good wherever it is made. Each market has one price; each producer
//! answers along the supply curve with a capacity (A6); each arc of the trade graph costs freight,
//! duty and what calibration adds, so that the baseline is the exact optimum (S1 to S4). Ad
//! valorem duties follow the last prices, and steps close in on the solution (S3, S5).

mod calibrated;
mod feasible;
mod found;
pub mod network;
mod polish;
mod program;
mod rounds;
mod steps;
mod ways;

pub use calibrated::Calibrated;
pub use feasible::Short;
pub use program::Condition;
pub use rounds::{Failure, Held, Settings, Worst};
pub use ways::{Via, Ways};

use crate::baseline::{Baseline, ProductId};
use crate::engine::{Engine, Equilibrium, SolveError};
use crate::policy::Terms;
use found::Found;
use network::{Network, Solved};
use rayon::prelude::*;

/// The engine.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Spatial {
    /// How its programs are solved.
    pub settings: Settings,
    /// What opens beyond the ways that the baseline uses.
    pub ways: Ways,
}

impl Spatial {
    /// The engine with other settings, on the ways of the baseline.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self { settings, ..Self::default() }
    }

    /// The engine with ways beyond those of the baseline.
    #[must_use]
    pub fn with_ways(ways: Ways) -> Self {
        Self { ways, ..Self::default() }
    }

    fn fail(
        baseline: &Baseline,
        terms: &Terms,
        own: &Calibrated,
        failure: Failure,
        settings: &Settings,
    ) -> SolveError {
        let product = baseline.products[own.product.index()].code.clone();
        match failure {
            Failure::Conflict(conditions) => SolveError::Infeasible {
                product,
                conflict: conditions.into_iter().map(|row| own.condition(baseline, terms, row)).collect(),
                short: own.short(baseline, terms),
            },
            Failure::Linear(error) => SolveError::Program { product, why: error.to_string() },
            Failure::Cycles { rounds, residual, worst } => SolveError::Cycles {
                rounds,
                residual,
                tolerance: settings.tolerance,
                place: own.place_in_block(baseline, worst),
                short: own.short(baseline, terms),
            },
        }
    }
}

impl Engine for Spatial {
    fn name(&self) -> &'static str {
        "spatial"
    }

    fn settings(&self) -> Vec<(&'static str, f64)> {
        let mut settings = vec![
            ("step_error_accepted", self.settings.tolerance),
            ("rounds_at_most", self.settings.rounds as f64),
            ("first_step_width", self.settings.width),
        ];
        // what opens beyond the ways of the baseline, where anything does
        if self.ways != Ways::default() {
            settings.push(("entry_usd_per_t", self.ways.entry.value()));
            settings.push(("hubs", self.ways.hubs.len() as f64));
            settings.push(("hub_handling_usd_per_t", self.ways.handling.value()));
            if self.ways.longest != 1 {
                settings.push(("hubs_at_most", self.ways.longest as f64));
            }
        }
        settings
    }

    fn solve(&self, baseline: &Baseline, terms: &Terms) -> Result<Equilibrium, SolveError> {
        self.sweep(baseline, std::slice::from_ref(terms)).pop().unwrap_or_else(|| {
            Err(SolveError::Program { product: String::new(), why: "nothing was asked".to_owned() })
        })
    }
}

impl Spatial {
    /// The equilibria under each of some terms, one after the other: each linear program starts from
    /// the last one's solution, so that terms that differ in numbers only cost little.
    pub fn sweep(&self, baseline: &Baseline, terms: &[Terms]) -> Vec<Result<Equilibrium, SolveError>> {
        let products: Vec<ProductId> =
            baseline.product_ids().filter(|product| !baseline.arcs_of(*product).is_empty()).collect();
        let solved: Vec<Vec<Result<(Calibrated, Solved), SolveError>>> =
            products.into_par_iter().map(|product| self.product(baseline, terms, product)).collect();
        let mut columns: Vec<_> = solved.into_iter().map(Vec::into_iter).collect();
        let together = |terms: &Terms| {
            let row: Vec<_> = columns.iter_mut().filter_map(Iterator::next).collect();
            let mut found = Found::new(baseline, terms);
            for product in row {
                let (own, solved) = product?;
                found.take(baseline, terms, &own, &solved);
            }
            found.equilibrium(baseline).of_numbers(baseline)
        };
        terms.iter().map(together).collect()
    }

    /// One product under each of some terms.
    fn product(
        &self,
        baseline: &Baseline,
        terms: &[Terms],
        product: ProductId,
    ) -> Vec<Result<(Calibrated, Solved), SolveError>> {
        let mut held: Option<(Network, Held)> = None;
        let mut solve = |terms: &Terms| {
            if !terms.abaters.is_empty() {
                return Err(SolveError::NoAbatement { engine: self.name() });
            }
            let own = Calibrated::new(baseline, terms, product, &self.ways);
            let warm =
                held.take().filter(|(network, _)| network.is_like(&own.network)).map(|(_, held)| Ok(held));
            let solved = warm.unwrap_or_else(|| own.network.hold(&self.settings)).and_then(|mut solver| {
                let solved = solver.solve(&own.network, &self.settings)?;
                held = Some((own.network.clone(), solver));
                Ok(solved)
            });
            match solved {
                Ok(solved) => Ok((own, solved)),
                Err(failure) => Err(Self::fail(baseline, terms, &own, failure, &self.settings)),
            }
        };
        terms.iter().map(&mut solve).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::CountryId;
    use crate::units::UsdPerTonne;

    #[test]
    fn settings_say_how_it_is_solved_and_what_opens() {
        let plain = [("step_error_accepted", 1e-3), ("rounds_at_most", 9.0), ("first_step_width", 0.04)];
        let settings = Settings { tolerance: 1e-3, rounds: 9, ..Settings::default() };
        assert_eq!(Spatial::new(settings).settings(), plain);
        let ways = Ways {
            entry: UsdPerTonne(20.0),
            hubs: vec![CountryId::at(2)],
            handling: UsdPerTonne(5.0),
            longest: 1,
        };
        let opened = [("entry_usd_per_t", 20.0), ("hubs", 1.0), ("hub_handling_usd_per_t", 5.0)];
        let through_one = Spatial { settings, ways: ways.clone() };
        assert_eq!(through_one.settings(), [plain, opened].concat());
        let through_two = Spatial { settings, ways: Ways { longest: 2, ..ways } };
        assert_eq!(through_two.settings().last(), Some(&("hubs_at_most", 2.0)));
    }
}
