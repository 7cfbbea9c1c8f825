//! An engine tuned to other elasticities and capacities: a draw of them changes little of what the
//! engine knows, and only that is made anew.
//!
//! Layout, shares and the terms' coefficients stay. The inverse Jacobian that steps begin with is
//! made of the Jacobian's parts by parameter (A8 is linear in each elasticity at given shares), taken
//! once where markets settle under the usual elasticities; prices are first guessed from solutions
//! at a few other elasticities. Both only shorten the way: what is accepted as a solution is the same.

use crate::baseline::{Baseline, ProductId};
use crate::engine::armington::job::Job;
use crate::engine::armington::kernel::{Kernel, Paid};
use crate::engine::armington::market::Work;
use crate::engine::armington::point::Point;
use crate::engine::armington::side::Sides;
use crate::engine::armington::{Armington, Found, Markets};
use crate::engine::{Engine, Equilibrium, SolveError};
use crate::policy::Terms;
use zollverein_numeric::dense::Matrix;
use zollverein_numeric::newton;
use zollverein_numeric::newton::Settings;

/// Parameters of demand in A8: σ1, σ2, σ3 and η.
const DEMAND: usize = 4;

/// What tuned engines share: made once for a world and terms, and never changed.
#[derive(Debug, Clone)]
pub struct Tuning {
    /// By product of the engine; none where quotas, commitments or abatement are at work.
    products: Vec<Option<Reference>>,
}

/// A product's markets where they settle at the usual elasticities.
#[derive(Debug, Clone)]
struct Reference {
    /// The Jacobian's part that is linear in each parameter of demand, at its usual values.
    parts: [Matrix; DEMAND],
    /// By market: the usual values.
    usual: Vec<[f64; DEMAND]>,
    /// Log producer prices.
    x: Vec<f64>,
}

/// The parameters of demand of each market.
fn demand_of(kernel: &Kernel) -> Vec<[f64; DEMAND]> {
    kernel.markets.iter().map(|m| [m.sigma1, m.sigma2, m.sigma3, m.eta]).collect()
}

impl Reference {
    /// The Jacobian's parts at a solution.
    fn at(kernel: &Kernel, terms: &Terms, x: Vec<f64>) -> Self {
        let paid: Vec<Paid> = (0..kernel.arcs.len()).map(|arc| kernel.paid(terms, arc)).collect();
        let point = Point::at(kernel, &paid, &x, &vec![0.0; x.len()]);
        let usual = demand_of(kernel);
        let part = |parameter: usize| {
            let mut alone = kernel.clone();
            for (market, usual) in alone.markets.iter_mut().zip(&usual) {
                let only = |k: usize| if k == parameter { usual[k] } else { 0.0 };
                (market.sigma1, market.sigma2, market.sigma3, market.eta) =
                    (only(0), only(1), only(2), only(3));
            }
            point.demand_jacobian(&alone)
        };
        Self { parts: [part(0), part(1), part(2), part(3)], usual, x }
    }

    /// The inverse Jacobian at other elasticities; `None` where they do not differ by one factor a
    /// parameter from the usual ones, or the matrix is singular.
    fn inverse(&self, kernel: &Kernel) -> Option<Matrix> {
        if (kernel.makers.len(), kernel.markets.len()) != (self.x.len(), self.usual.len()) {
            return None;
        }
        let mut factors = [None; DEMAND];
        for (now, usual) in demand_of(kernel).iter().zip(&self.usual) {
            for (factor, (now, usual)) in factors.iter_mut().zip(now.iter().zip(usual)) {
                let ratio = now / usual;
                let known = *factor.get_or_insert(ratio);
                if (ratio - known).abs() > 1e-12 * known.abs() {
                    return None;
                }
            }
        }
        let mut jacobian = Matrix::zeros(kernel.makers.len());
        for (factor, part) in factors.into_iter().zip(&self.parts) {
            jacobian.add(factor?, part);
        }
        for (maker, (supply, x)) in kernel.supply.iter().zip(&self.x).enumerate() {
            jacobian.row_mut(maker)[maker] -= supply.elasticity_at(supply.log_output(*x).exp());
        }
        jacobian.inverse()
    }
}

impl Tuning {
    /// What engines tuned from this one share, under some terms. An equilibrium that is not found at
    /// the usual elasticities leaves nothing to begin from, and is no fault here.
    #[must_use]
    pub fn new(engine: &Armington, baseline: &Baseline, terms: &Terms) -> Self {
        let supported = vec![1.0; terms.supports.len()];
        let reference = |kernel: &Kernel| {
            if !Sides::new(kernel, terms, &supported).conditions.is_empty() {
                return None;
            }
            let job = kernel.job(terms, &[]);
            let root = engine.clear(kernel, baseline, &job, &mut Work::default()).ok()?;
            Some(Reference::at(kernel, terms, root.x))
        };
        Self { products: engine.kernels.iter().map(reference).collect() }
    }

    /// Log producer prices by product, where known.
    #[must_use]
    pub fn prices(&self) -> Vec<Vec<f64>> {
        let of = |known: &Option<Reference>| known.as_ref().map_or_else(Vec::new, |known| known.x.clone());
        self.products.iter().map(of).collect()
    }
}

/// An engine that is tuned to one world after another, under the same terms.
#[derive(Debug)]
pub struct Tuned<'a> {
    engine: Armington,
    tuning: &'a Tuning,
    terms: &'a Terms,
    /// By product; none where quotas, commitments or abatement are at work.
    jobs: Option<Vec<Job<'a>>>,
    work: Work,
}

impl<'a> Tuned<'a> {
    /// An engine under some terms.
    #[must_use]
    pub fn new(engine: &Armington, tuning: &'a Tuning, terms: &'a Terms) -> Self {
        Self::under(engine.clone(), tuning, terms)
    }

    fn under(engine: Armington, tuning: &'a Tuning, terms: &'a Terms) -> Self {
        let supported = vec![1.0; terms.supports.len()];
        let plain = engine.kernels.iter().all(|k| Sides::new(k, terms, &supported).conditions.is_empty());
        let jobs = plain.then(|| engine.kernels.iter().map(|kernel| kernel.job(terms, &[])).collect());
        Self { engine, tuning, terms, jobs, work: Work::default() }
    }

    /// Takes the elasticities and capacities of a world that is otherwise the one it was made for.
    pub fn tune(&mut self, baseline: &Baseline) {
        for (position, kernel) in self.engine.kernels.iter_mut().enumerate() {
            let reference = self.tuning.products.get(position).and_then(Option::as_ref);
            if !kernel.tune(baseline) {
                *kernel = Kernel::new(baseline, kernel.product);
                if let Some(job) = self.jobs.as_mut().and_then(|jobs| jobs.get_mut(position)) {
                    *job = kernel.job(self.terms, &[]);
                }
                continue;
            }
            let plain = reference.filter(|_| self.jobs.is_some());
            match plain.and_then(|reference| reference.inverse(kernel)) {
                Some(inverse) => kernel.inverse = inverse,
                None => kernel.refresh_inverse(baseline),
            }
            if let Some(job) = self.jobs.as_mut().and_then(|jobs| jobs.get_mut(position)) {
                kernel.tune_job(job);
            }
        }
    }

    /// An engine calibrated to a world in which prices or shipments differ. The Jacobian that steps
    /// begin with has the world's elasticities and the usual shares.
    #[must_use]
    pub fn calibrated(baseline: &Baseline, tuning: &'a Tuning, terms: &'a Terms) -> Self {
        let products = baseline.product_ids().filter(|product| !baseline.arcs_of(*product).is_empty());
        let kernel = |(position, product): (usize, ProductId)| {
            let mut kernel = Kernel::laid_out(baseline, product);
            let reference: Option<&Reference> = tuning.products.get(position).and_then(Option::as_ref);
            match reference.and_then(|reference| reference.inverse(&kernel)) {
                Some(inverse) => kernel.inverse = inverse,
                None => kernel.refresh_inverse(baseline),
            }
            kernel
        };
        let kernels = products.enumerate().map(kernel).collect();
        Self::under(Armington { kernels, settings: Settings::default() }, tuning, terms)
    }

    /// The equilibrium of the world it was tuned to, begun at guessed log producer prices by product
    /// (an empty guess: at those of the baseline).
    ///
    /// # Errors
    /// [`SolveError`] where markets do not settle.
    pub fn solve(&mut self, baseline: &Baseline, guess: &[Vec<f64>]) -> Result<Equilibrium, SolveError> {
        if self.jobs.is_none() {
            return self.engine.solve(baseline, self.terms);
        }
        match self.quickly(baseline, guess) {
            Some(found) => found.of_numbers(baseline),
            // from the baseline's prices, and its own Jacobian
            None => Armington::new(baseline).solve(baseline, self.terms),
        }
    }

    /// The log producer prices by product at which markets settle; to guess others by.
    ///
    /// # Errors
    /// [`SolveError`] where they do not.
    pub fn prices(&mut self, baseline: &Baseline) -> Result<Vec<Vec<f64>>, SolveError> {
        let Some(jobs) = &self.jobs else { return Ok(vec![]) };
        let kernels = self.engine.kernels.iter().zip(jobs);
        let clear = |(kernel, job)| Ok(self.engine.clear(kernel, baseline, job, &mut Work::default())?.x);
        kernels.map(clear).collect()
    }

    fn quickly(&mut self, baseline: &Baseline, guess: &[Vec<f64>]) -> Option<Equilibrium> {
        let jobs = self.jobs.as_ref()?;
        let mut found = Found::new(baseline, self.terms, &vec![1.0; self.terms.supports.len()]);
        std::mem::swap(&mut found.work, &mut self.work);
        found.work.forget();
        for (position, (kernel, job)) in self.engine.kernels.iter().zip(jobs).enumerate() {
            let size = kernel.makers.len();
            let start = guess.get(position).filter(|x| x.len() == size).cloned();
            let mut markets = Markets { kernel, job, work: &mut found.work };
            let start = start.unwrap_or_else(|| vec![0.0; size]);
            let root = newton::solve(&mut markets, start, &kernel.inverse, self.engine.settings).ok()?;
            found.take(kernel, job, &root, &vec![0.0; size]);
        }
        std::mem::swap(&mut found.work, &mut self.work);
        Some(found.equilibrium(baseline))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::{ArcId, Parameter, read};
    use crate::policy::Duty;
    use crate::units::{Kilotonnes, UsdPerTonne};
    use std::path::Path;

    /// The toy world with 25 % and 3 USD/t on each third shipment.
    fn toy() -> (Baseline, Terms) {
        let toy = read::folder(Path::new("../../data/toy")).unwrap_or_else(|problems| panic!("{problems}"));
        let arcs = (0..toy.arcs.len()).step_by(3).map(ArcId::at).filter(|arc| !toy.flow_of(*arc).is_home());
        let terms = Terms::with(&toy, arcs.map(|arc| (arc, Duty::new(0.25, UsdPerTonne(3.0)))));
        (toy, terms)
    }

    fn same(found: &Equilibrium, fresh: &Equilibrium) {
        for (found, fresh) in found.quantity.iter().zip(&fresh.quantity) {
            assert!((found.value() / fresh.value() - 1.0).abs() < 1e-9, "{found:?} and {fresh:?}");
        }
        for (found, fresh) in found.producers.iter().zip(&fresh.producers) {
            assert!((found.price.value() / fresh.price.value() - 1.0).abs() < 1e-9);
            assert!((found.surplus.value() - fresh.surplus.value()).abs() < 1e-6);
        }
    }

    #[test]
    fn a_tuned_engine_finds_what_a_new_one_finds() {
        let (toy, terms) = toy();
        let engine = Armington::new(&toy);
        let tuning = Tuning::new(&engine, &toy, &terms);
        let mut tuned = Tuned::new(&engine, &tuning, &terms);
        same(&tuned.solve(&toy, &[]).expect("the usual world"), &engine.solve(&toy, &terms).expect("solved"));
        let (mut world, mut before) = (toy.clone(), vec![]);
        // one factor for all, then one country apart, then capacities, then prices
        for step in 0..4 {
            match step {
                0 => {
                    for product in toy.product_ids() {
                        for (parameter, factor) in [
                            (Parameter::SubstitutionOrigins, 3.0),
                            (Parameter::SubstitutionRoutes, 2.0),
                            (Parameter::Demand, 0.6),
                            (Parameter::Supply, 1.7),
                        ] {
                            world.behaviour = world.behaviour.with(parameter, product, factor);
                        }
                    }
                }
                1 => {
                    let (steel, ard) =
                        (toy.product("steel").expect("steel"), toy.country("ARD").expect("ARD"));
                    world.behaviour.set(Parameter::Demand, steel, ard, 0.9);
                }
                2 => {
                    for producer in &mut world.producers {
                        producer.capacity =
                            producer.capacity.map(|capacity| Kilotonnes(1.1 * capacity.value()));
                    }
                }
                _ => {
                    world.producers[0].price = UsdPerTonne(1.2 * world.producers[0].price.value());
                    tuned = Tuned::calibrated(&world, &tuning, &terms);
                }
            }
            if step < 3 {
                tuned.tune(&world);
            }
            let fresh = Armington::new(&world).solve(&world, &terms).expect("it settles");
            let found = tuned.solve(&world, &before).expect("it settles");
            same(&found, &fresh);
            // from its own prices there is no step left to go
            let prices = tuned.prices(&world).expect("they settle");
            let again = tuned.solve(&world, &prices).expect("it settles");
            same(&again, &fresh);
            assert_eq!(again.convergence.iterations, 0, "{step}");
            assert!(found.convergence.iterations > 0, "{step}");
            before = prices;
        }
    }

    #[test]
    fn the_jacobian_by_parameters_is_the_one_where_markets_settle() {
        let (toy, terms) = toy();
        let engine = Armington::new(&toy);
        let tuning = Tuning::new(&engine, &toy, &terms);
        let prices = tuning.prices();
        for ((kernel, reference), x) in engine.kernels.iter().zip(&tuning.products).zip(&prices) {
            let inverse = reference.as_ref().expect("it settles").inverse(kernel).expect("regular");
            let paid: Vec<Paid> = (0..kernel.arcs.len()).map(|arc| kernel.paid(&terms, arc)).collect();
            let point = Point::at(kernel, &paid, x, &vec![0.0; x.len()]);
            let whole = point.jacobian(kernel).inverse().expect("regular");
            assert!(x.iter().any(|x| x.abs() > 1e-4), "{x:?}");
            for row in 0..whole.size() {
                for (found, wanted) in inverse.row(row).iter().zip(whole.row(row)) {
                    assert!((found - wanted).abs() < 1e-9, "{row}: {found}, not {wanted}");
                }
            }
        }
    }
}
