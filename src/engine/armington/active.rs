//! Equilibrium with side conditions: markets clear, and each quota, mandate and
//! abating producer is at a limit or meets its equation.
//!
//! The semismooth Newton method for A9 to A11 in its active-set form
//! (Hintermüller, Ito and Kunisch, *SIAM J. Optim.* 13, 2002): with the states of
//! the conditions given, the joint system in log prices and free values is
//! smooth and solved by quasi-Newton; the solution says which states change.

use crate::engine::armington::border::{Settled, free};
use crate::engine::armington::job::Job;
use crate::engine::armington::kernel::{Kernel, Paid};
use crate::engine::armington::market::Work;
use crate::engine::armington::point::net;
use crate::engine::armington::side::{Condition, Shipped, Sides, State};
use crate::engine::dense::Matrix;
use crate::engine::newton::{self, Root, Settings, Stuck, System};
use crate::policy::Terms;

/// Prices and side values at which markets settle.
#[derive(Debug, Clone)]
pub(super) struct Solved {
    pub root: Root,
    /// By condition.
    pub values: Vec<f64>,
    pub states: Vec<State>,
}

/// Rounds in which states may change freely; after them one condition at a time.
const FREELY: usize = 15;
/// Rounds at most.
const ROUNDS: usize = 200;
/// Accuracy while states are being found.
const ROUGH: f64 = 1e-5;

/// A7 and the equations of free values.
struct Joint<'b, 'a> {
    kernel: &'b Kernel,
    sides: &'b Sides<'a>,
    base: &'b [Paid],
    job: &'b mut Job<'a>,
    work: &'b mut Work,
    values: Vec<f64>,
    states: &'b [State],
    free: Vec<(usize, usize)>,
}

impl Joint<'_, '_> {
    /// Takes the free values from the unknowns and lays out what is paid.
    fn place(&mut self, z: &[f64]) {
        let makers = self.kernel.makers.len();
        for ((condition, _), value) in self.free.iter().zip(&z[makers..]) {
            self.values[*condition] = *value;
        }
        self.sides.lay(self.kernel, self.job, &self.values);
        self.work.forget();
        self.kernel.demand(self.job, &z[..makers], self.work);
    }
}

/// Calls with what is shipped at the prices last asked about.
fn with_shipped<T>(
    kernel: &Kernel,
    sides: &Sides<'_>,
    job: &Job<'_>,
    work: &Work,
    call: impl FnOnce(&Shipped<'_>) -> T,
) -> T {
    let shipped = Shipped {
        quantity: sides.quantities(kernel, job, work),
        demand: &|maker| work.demand_for(maker),
        price: &|maker| work.price_of(maker),
    };
    call(&shipped)
}

impl System for Joint<'_, '_> {
    fn residual(&mut self, z: &[f64], out: &mut [f64]) {
        self.place(z);
        let makers = self.kernel.makers.len();
        let costs = self.sides.costs(makers, &self.values);
        let supply = self.kernel.supply.iter().zip(z.iter().zip(&costs));
        for (maker, (supply, (x, cost))) in supply.enumerate() {
            out[maker] = self.work.demand_for(maker).ln() - supply.log_output(net(*x, *cost));
        }
        with_shipped(self.kernel, self.sides, self.job, self.work, |shipped| {
            for ((condition, piece), out) in self.free.iter().zip(&mut out[makers..]) {
                *out = self.sides.conditions[*condition].gap(*piece, self.values[*condition], shipped);
            }
        });
    }

    fn jacobian(&mut self, z: &[f64]) -> Matrix {
        self.place(z);
        let x = &z[..self.kernel.makers.len()];
        Settled::new(self.kernel, self.sides, self.base, x, &self.values, self.states).jacobian()
    }
}

/// A condition that keeps changing, or markets that do not clear.
pub(super) enum Unsettled {
    Stuck(Stuck),
    /// The condition, its position in [`Sides::conditions`].
    Restless(usize),
}

/// Finds prices and values, from those of a solution nearby if there is one. Leaves the job and the
/// work at the solution.
pub(super) fn solve<'a>(
    kernel: &Kernel,
    terms: &'a Terms,
    sides: &Sides<'a>,
    job: &mut Job<'a>,
    work: &mut Work,
    settings: Settings,
    nearby: Option<&Solved>,
) -> Result<Solved, Unsettled> {
    let makers = kernel.makers.len();
    let base: Vec<Paid> = (0..kernel.arcs.len()).map(|arc| kernel.paid(terms, arc)).collect();
    let mut x = nearby.map_or_else(|| vec![0.0; makers], |near| near.root.x.clone());
    let mut states = nearby.map_or_else(|| vec![State::Held(0.0); sides.conditions.len()], |near| near.states.clone());
    let mut values = nearby.map_or_else(|| vec![0.0; sides.conditions.len()], |near| near.values.clone());
    let (mut steps, mut factorisations) = (0, 0);
    let mut rough = true;
    let mut held_back = vec![false; sides.conditions.len()];
    for round in 0..ROUNDS {
        for (value, state) in values.iter_mut().zip(&states) {
            if let State::Held(at) = state {
                *value = *at;
            }
        }
        let free = free(&states);
        let mut z = x.clone();
        z.extend(free.iter().map(|(condition, _)| values[*condition]));
        let bordered = (!free.is_empty()).then(|| {
            let settled = Settled::new(kernel, sides, &base, &x, &values, &states);
            let inverse = settled.inverse(&kernel.inverse).or_else(|| settled.jacobian().inverse());
            inverse.unwrap_or_else(|| Matrix::zeros(z.len())) // singular: the solver gets stuck and says where
        });
        let accuracy = if rough { Settings { target: ROUGH, accepted: 10.0 * ROUGH, ..settings } } else { settings };
        let mut joint =
            Joint { kernel, sides, base: &base, job, work, values: values.clone(), states: &states, free };
        let root = match newton::solve(&mut joint, z, bordered.as_ref().unwrap_or(&kernel.inverse), accuracy) {
            Ok(root) => root,
            Err(stuck) => {
                // premiums that no equation holds back: try them at their limits, each once
                let retreats = retreat(sides, &mut states, &mut held_back);
                if retreats { continue } else { return Err(Unsettled::Stuck(stuck)) }
            }
        };
        joint.place(&root.x);
        values = joint.values;
        steps += root.steps;
        factorisations += root.factorisations;
        x = root.x[..makers].to_vec();
        let tolerance = if rough { 10.0 * ROUGH } else { settings.accepted };
        let next: Vec<(State, f64)> = with_shipped(kernel, sides, job, work, |shipped| {
            let conditions = sides.conditions.iter().zip(&states).zip(&values);
            conditions.map(|((c, state), value)| c.next(*state, *value, shipped, tolerance)).collect()
        });
        let first = next.iter().zip(&states).position(|((new, _), old)| new != old);
        match first {
            None if rough => rough = false,
            None => {
                let root = Root { x, residual: root.residual, steps, factorisations };
                return Ok(Solved { root, values, states });
            }
            Some(first) if round >= FREELY => {
                // states that change in turn: the first alone, as in Bland's rule
                if round + 1 == ROUNDS {
                    return Err(Unsettled::Restless(first));
                }
                (states[first], values[first]) = next[first];
            }
            Some(_) => (states, values) = next.into_iter().unzip(),
        }
    }
    Err(Unsettled::Restless(0))
}

/// Holds every free premium at its upper limit that has not been held so before; whether there was one.
fn retreat(sides: &Sides<'_>, states: &mut [State], held_back: &mut [bool]) -> bool {
    let mut any = false;
    for ((condition, state), held) in sides.conditions.iter().zip(states).zip(held_back) {
        if let (State::Free(_), Some(upper), false) = (*state, condition.upper(), *held) {
            (*state, *held, any) = (State::Held(upper), true, true);
        }
    }
    any
}

/// A condition in words.
pub(super) fn describe(condition: &Condition<'_>, terms: &Terms, producer: &dyn Fn(usize) -> String) -> String {
    match condition {
        Condition::Quota(quota) => format!("the quota {}", terms.quotas[quota.of].label),
        Condition::Mandate(mandate) => terms.mandates[mandate.of].clause.clone(),
        Condition::Abater(abater) => format!("the abatement of {}", producer(abater.maker)),
    }
}
