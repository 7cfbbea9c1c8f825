//! Engine A: partial equilibrium with goods that differ by origin and by route.
//!
//! Purchasers choose between home and imports, among origins and among an
//! origin's routes (nested CES, A1–A5); producers answer price along a curve
//! that steepens towards capacity (A6). The unknowns are log producer prices,
//! one system a product (A7); the duties in force are its exact solution. Quotas,
//! mandates and abatement add a value and an equation each (A9 to A11).

mod abate;
mod active;
mod border;
mod finance;
mod job;
mod kernel;
mod market;
mod point;
mod sensitivity;
mod side;
mod state;
mod tangent;
mod tune;

pub use sensitivity::{Gradient, Sensitivity, Weights};
pub use tune::{Tuned, Tuning};

use crate::baseline::Baseline;
use crate::engine::blocks;
use crate::engine::ces::consumer_gain;
use crate::engine::tangent::Line;
use crate::engine::{
    Convergence, Engine, Equilibrium, MandateState, MarketState, ProducerState, QuotaState, SolveError,
};
use crate::policy::Terms;
use crate::units::{Kilotonnes, MillionUsd, UsdPerTonne};
use active::{Solved, Unsettled};
use job::Job;
use kernel::{Kernel, Paid};
use market::Work;
use point::{Point, net};
use side::{Condition, Sides};
use zollverein_numeric::dense::{Matrix, greatest};
use zollverein_numeric::newton::{self, Root, Settings, Stuck, System};

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

    /// The log producer prices that clear one product's markets where nothing but duties is paid.
    fn clear(
        &self,
        kernel: &Kernel,
        baseline: &Baseline,
        job: &Job<'_>,
        work: &mut Work,
    ) -> Result<Root, SolveError> {
        let mut markets = Markets { kernel, job, work };
        let start = vec![0.0; kernel.makers.len()];
        newton::solve(&mut markets, start, &kernel.inverse, self.settings)
            .map_err(|stuck| self.stuck(kernel, baseline, stuck))
    }

    /// The producer or the condition whose equation is furthest from holding, in words.
    fn stuck(&self, kernel: &Kernel, baseline: &Baseline, stuck: Stuck) -> SolveError {
        let market = match kernel.makers.get(stuck.equation) {
            Some(producer) => {
                let country = baseline.producers[*producer].country;
                let words = producer_in_words(baseline, *producer);
                blocks::within(baseline, kernel.product, country, words)
            }
            None => format!("a condition on {}", baseline.products[kernel.product.index()].code),
        };
        SolveError::NotConverged {
            iterations: stuck.steps,
            market,
            residual: stuck.residual,
            tolerance: self.settings.accepted,
        }
    }

    /// The equilibrium with money for a share of what could be supported, by support; `nearby`, by
    /// product, is where a similar one was found.
    fn settle(
        &self,
        baseline: &Baseline,
        terms: &Terms,
        supported: &[f64],
        nearby: &[Option<Solved>],
    ) -> Result<(Equilibrium, Vec<Option<Solved>>), SolveError> {
        let mut found = Found::new(baseline, terms, supported);
        let mut solutions = vec![];
        for (position, kernel) in self.kernels.iter().enumerate() {
            let sides = Sides::new(kernel, terms, supported);
            let mut job = kernel.job(terms, &sides.watched);
            if sides.conditions.is_empty() {
                let root = self.clear(kernel, baseline, &job, &mut found.work)?;
                found.take(kernel, &job, &root, &vec![0.0; kernel.makers.len()]);
                solutions.push(None);
                continue;
            }
            let near = nearby.get(position).and_then(Option::as_ref);
            let work = &mut found.work;
            let solved = active::solve(kernel, terms, &sides, &mut job, work, self.settings, near).map_err(
                |unsettled| match unsettled {
                    Unsettled::Stuck(stuck) => self.stuck(kernel, baseline, stuck),
                    Unsettled::Restless(condition) => {
                        let producer = |maker: usize| producer_in_words(baseline, kernel.makers[maker]);
                        let what = active::describe(&sides.conditions[condition], terms, &producer);
                        SolveError::Restless { what }
                    }
                },
            )?;
            found.take(
                kernel,
                &job,
                &solved.root,
                &sides.costs(kernel.makers.len(), &solved.values, &solved.states),
            );
            found.take_sides(kernel, &job, &sides, &solved);
            solutions.push(Some(solved));
        }
        Ok((found.equilibrium(baseline), solutions))
    }
}

fn producer_in_words(baseline: &Baseline, producer: usize) -> String {
    let producer = &baseline.producers[producer];
    format!(
        "{} {} ({})",
        baseline.countries[producer.country.index()].name,
        baseline.products[producer.product.index()].code,
        baseline.routes[producer.route.index()].code
    )
}

/// An equilibrium while its products are put together.
struct Found {
    countries: usize,
    quantity: Vec<f64>,
    landed: Vec<f64>,
    producers: Vec<ProducerState>,
    markets: Vec<Option<MarketState>>,
    quotas: Vec<QuotaState>,
    mandates: Vec<MandateState>,
    abated: Vec<usize>,
    supported: Vec<f64>,
    convergence: Convergence,
    work: Work,
}

impl Found {
    fn new(baseline: &Baseline, terms: &Terms, supported: &[f64]) -> Self {
        let countries = baseline.countries.len();
        Self {
            countries,
            quantity: vec![0.0; baseline.arcs.len()],
            landed: vec![0.0; baseline.arcs.len()],
            producers: ProducerState::before(baseline),
            markets: vec![None; baseline.products.len() * countries],
            quotas: vec![QuotaState::default(); terms.quotas.len()],
            mandates: vec![MandateState::default(); terms.mandates.len()],
            abated: terms.abaters.iter().map(|abater| abater.producer.index()).collect(),
            supported: supported.to_vec(),
            convergence: Convergence::default(),
            work: Work::default(),
        }
    }

    /// Takes one product's solution: prices and, by producer, the cost of abatement.
    fn take(&mut self, kernel: &Kernel, job: &Job<'_>, root: &Root, costs: &[f64]) {
        let convergence = &mut self.convergence;
        convergence.iterations = convergence.iterations.max(root.steps);
        convergence.factorisations = convergence.factorisations.max(root.factorisations);
        convergence.residual = greatest(convergence.residual, [root.residual]);
        let solutions = kernel.makers.iter().zip(&kernel.supply).zip(root.x.iter().zip(costs));
        for ((producer, supply), (x, cost)) in solutions {
            let state = &mut self.producers[*producer];
            let sales = state.output * state.price;
            let net = net(*x, *cost);
            state.surplus = sales * supply.surplus(net);
            state.output = state.output * supply.log_output(net).exp();
            state.price = state.price * x.exp();
        }
        let offset = kernel.product.index() * self.countries;
        for (market, log_price) in kernel.markets.iter().zip(kernel.indices(job, &root.x, &mut self.work)) {
            let spent = MillionUsd(market.expenditure * 1e-3); // kt · USD/t
            self.markets[offset + market.importer] = Some(MarketState {
                price_index: log_price.exp(),
                expenditure_before: spent,
                surplus: spent * consumer_gain(market.eta, *log_price),
            });
        }
        let arcs = kernel.first_arc..kernel.first_arc + kernel.arcs.len();
        let (quantity, landed) = (&mut self.quantity[arcs.clone()], &mut self.landed[arcs]);
        kernel.settle(job, &root.x, &mut self.work, quantity, landed);
    }

    /// Takes the values of one product's conditions.
    fn take_sides(&mut self, kernel: &Kernel, job: &Job<'_>, sides: &Sides<'_>, solved: &Solved) {
        let quantities = sides.quantities(kernel, job, &self.work);
        for (condition, value) in sides.conditions.iter().zip(&solved.values) {
            match condition {
                Condition::Quota(quota) => {
                    let shipped = quota.cells.iter().map(|(cell, _)| quantities[*cell]).sum();
                    self.quotas[quota.of] = QuotaState { premium: *value, shipped: Kilotonnes(shipped) };
                }
                Condition::Mandate(mandate) => {
                    let (green, promised) = mandate.green_and_promised(&quantities);
                    self.mandates[mandate.of] = MandateState {
                        premium: UsdPerTonne(value * mandate.unit),
                        green: Kilotonnes(green),
                        promised: Kilotonnes(promised),
                    };
                }
                Condition::Abater(abater) => self.producers[self.abated[abater.of]].abated = *value,
            }
        }
    }

    fn equilibrium(self, baseline: &Baseline) -> Equilibrium {
        let quantity = self.quantity.into_iter().map(Kilotonnes).collect();
        let landed = self.landed.into_iter().map(UsdPerTonne).collect();
        let (producers, markets) = (self.producers, self.markets);
        let mut equilibrium =
            Equilibrium::new(baseline, quantity, landed, producers, markets, self.convergence);
        equilibrium.quotas = self.quotas;
        equilibrium.mandates = self.mandates;
        equilibrium.supported = self.supported;
        equilibrium
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
        let arcs = 0..self.kernel.arcs.len();
        let paid: Vec<Paid> = arcs.map(|arc| self.kernel.paid(self.job.terms, arc)).collect();
        Point::at(self.kernel, &paid, x, &vec![0.0; x.len()]).jacobian(self.kernel)
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
        finance::solve(self, baseline, terms)?.of_numbers(baseline)
    }

    fn knows_response(&self) -> bool {
        true
    }

    fn tangents(
        &self,
        baseline: &Baseline,
        terms: &Terms,
        equilibrium: &Equilibrium,
        lines: &[Line],
    ) -> Vec<Option<Vec<Equilibrium>>> {
        self.on_tangents(baseline, terms, equilibrium, lines)
    }
}
