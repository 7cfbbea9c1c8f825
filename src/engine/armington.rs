//! Engine A: partial equilibrium with goods that differ by origin and by route.
//!
//! Purchasers choose between home and imports, among origins and among an
//! origin's routes (nested CES, A1–A5); producers answer price along a curve
//! that steepens towards capacity (A6). The unknowns are log producer prices,
//! one system a product (A7); the duties in force are its exact solution.

mod job;
mod kernel;
mod market;
mod point;
mod sensitivity;

pub use sensitivity::{Gradient, Sensitivity, Weights};

use crate::baseline::Baseline;
use crate::engine::ces::consumer_gain;
use crate::engine::dense::Matrix;
use crate::engine::newton::{self, Root, Settings, System};
use crate::engine::{Convergence, Engine, Equilibrium, MarketState, ProducerState, SolveError};
use crate::policy::Terms;
use crate::units::{Kilotonnes, MillionUsd, UsdPerTonne};
use job::Job;
use kernel::Kernel;
use market::Work;
use point::Point;

/// The engine, calibrated to a baseline.
#[derive(Debug, Clone)]
pub struct Armington {
    kernels: Vec<Kernel>,
    settings: Settings,
}

impl Armington {
    /// The engine for a baseline: shares and the baseline's inverse Jacobian are taken once.
    #[must_use]
    pub fn new(baseline: &Baseline) -> Self {
        let kernels = baseline
            .product_ids()
            .filter(|product| !baseline.arcs_of(*product).is_empty())
            .map(|product| Kernel::new(baseline, product))
            .collect();
        Self { kernels, settings: Settings::default() }
    }

    /// The log producer prices that clear one product's markets.
    fn clear(
        &self,
        kernel: &Kernel,
        baseline: &Baseline,
        job: &Job<'_>,
        work: &mut Work,
    ) -> Result<Root, SolveError> {
        let mut markets = Markets { kernel, job, work };
        let start = vec![0.0; kernel.makers.len()];
        newton::solve(&mut markets, start, &kernel.inverse, self.settings).map_err(|stuck| {
            let producer = &baseline.producers[kernel.makers[stuck.equation]];
            SolveError::NotConverged {
                iterations: stuck.steps,
                market: format!(
                    "{} {} ({})",
                    baseline.countries[producer.country.index()].name,
                    baseline.products[producer.product.index()].code,
                    baseline.routes[producer.route.index()].code
                ),
                residual: stuck.residual,
                tolerance: self.settings.accepted,
            }
        })
    }
}

/// A7 for one product: log demand less log supply of each producer.
struct Markets<'a, 'b> {
    kernel: &'a Kernel,
    job: &'a Job<'a>,
    work: &'b mut Work,
}

impl System for Markets<'_, '_> {
    fn residual(&mut self, x: &[f64], out: &mut [f64]) {
        let demand = self.kernel.demand(self.job, x, self.work);
        for (((out, demand), supply), x) in out.iter_mut().zip(demand).zip(&self.kernel.supply).zip(x) {
            *out = demand.ln() - supply.log_output(*x);
        }
    }

    fn jacobian(&mut self, x: &[f64]) -> Matrix {
        Point::at(self.kernel, self.job.terms, x).jacobian(self.kernel)
    }
}

impl Engine for Armington {
    fn name(&self) -> &'static str {
        "armington"
    }

    fn settings(&self) -> Vec<(&'static str, f64)> {
        vec![
            ("residual_target", self.settings.target),
            ("residual_accepted", self.settings.accepted),
            ("steps_at_most", self.settings.steps as f64),
        ]
    }

    fn solve(&self, baseline: &Baseline, terms: &Terms) -> Result<Equilibrium, SolveError> {
        let mut quantity = vec![0.0; baseline.arcs.len()];
        let mut landed = vec![0.0; baseline.arcs.len()];
        let mut producers = ProducerState::before(baseline);
        let countries = baseline.countries.len();
        let mut markets = vec![None; baseline.products.len() * countries];
        let mut convergence = Convergence::default();
        let mut work = Work::default();
        for kernel in &self.kernels {
            let job = kernel.job(terms);
            let root = self.clear(kernel, baseline, &job, &mut work)?;
            convergence.iterations = convergence.iterations.max(root.steps);
            convergence.factorisations = convergence.factorisations.max(root.factorisations);
            convergence.residual = convergence.residual.max(root.residual);
            for ((producer, supply), x) in kernel.makers.iter().zip(&kernel.supply).zip(&root.x) {
                let state = &mut producers[*producer];
                let sales = state.output * state.price;
                state.surplus = sales * supply.surplus(*x);
                state.output = state.output * supply.log_output(*x).exp();
                state.price = state.price * x.exp();
            }
            let offset = kernel.product.index() * countries;
            for (market, log_price) in kernel.markets.iter().zip(kernel.indices(&job, &root.x, &mut work)) {
                let spent = MillionUsd(market.expenditure * 1e-3); // kt · USD/t
                markets[offset + market.importer] = Some(MarketState {
                    price_index: log_price.exp(),
                    expenditure_before: spent,
                    surplus: spent * consumer_gain(market.eta, *log_price),
                });
            }
            let arcs = kernel.first_arc..kernel.first_arc + kernel.arcs.len();
            kernel.settle(&job, &root.x, &mut work, &mut quantity[arcs.clone()], &mut landed[arcs]);
        }
        let quantity = quantity.into_iter().map(Kilotonnes).collect();
        let landed = landed.into_iter().map(UsdPerTonne).collect();
        Ok(Equilibrium::new(baseline, quantity, landed, producers, markets, convergence))
    }
}
