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
use crate::engine::armington::side::{Condition, Sides};
use crate::engine::armington::state::{Shipped, State};
use crate::policy::Terms;
use zollverein_numeric::dense::{Matrix, greatest};
use zollverein_numeric::newton::{self, Root, Settings, Stuck, System};

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
/// Steps of groping at most.
const GROPES: usize = 150;
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
        self.sides.lay(self.kernel, self.job, &self.values, self.states);
        self.work.forget();
        self.kernel.demand(self.job, &z[..makers], self.work);
    }
}

/// Calls with what is shipped at the prices last asked about.
pub(super) fn with_shipped<T>(
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
        let costs = self.sides.costs(makers, &self.values, self.states);
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
    let conditions = sides.conditions.len();
    let base: Vec<Paid> = (0..kernel.arcs.len()).map(|arc| kernel.paid(terms, arc)).collect();
    let mut search = Search {
        kernel,
        sides,
        base: &base,
        job,
        work,
        settings,
        x: nearby.map_or_else(|| vec![0.0; kernel.makers.len()], |near| near.root.x.clone()),
        values: nearby.map_or_else(|| vec![0.0; conditions], |near| near.values.clone()),
        states: nearby.map_or_else(|| vec![State::Held(0.0); conditions], |near| near.states.clone()),
        bordered: None,
        steps: 0,
        factorisations: 0,
    };
    if nearby.is_none() {
        search.guess();
    }
    match search.by_active_set() {
        Ok(solved) => Ok(solved),
        Err(_) => {
            search.x.fill(0.0);
            search.values.fill(0.0);
            search.grope()?;
            search.by_active_set()
        }
    }
}

/// A search for prices and values.
struct Search<'b, 'a> {
    kernel: &'b Kernel,
    sides: &'b Sides<'a>,
    base: &'b [Paid],
    job: &'b mut Job<'a>,
    work: &'b mut Work,
    settings: Settings,
    x: Vec<f64>,
    values: Vec<f64>,
    states: Vec<State>,
    /// The inverse Jacobian made last, with the states it belongs to.
    bordered: Option<(Vec<State>, Matrix)>,
    steps: usize,
    factorisations: usize,
}

impl Search<'_, '_> {
    /// The joint system's root with the states as they are; moves there.
    fn solve_joint(&mut self, accuracy: Settings) -> Result<Root, Unsettled> {
        let (kernel, sides) = (self.kernel, self.sides);
        for (value, state) in self.values.iter_mut().zip(&self.states) {
            if let State::Held(at) = state {
                *value = *at;
            }
        }
        let free = free(&self.states);
        let mut z = self.x.clone();
        z.extend(free.iter().map(|(condition, _)| self.values[*condition]));
        // abatement stays outside the border, so that an inverse with it is soon out of date
        let lasts = !free.iter().any(|(condition, _)| sides.is_abater(*condition));
        let known = self.bordered.as_ref().is_some_and(|(states, _)| lasts && *states == self.states);
        if free.is_empty() {
            self.bordered = None;
        } else if !known {
            let settled = Settled::new(kernel, sides, self.base, &self.x, &self.values, &self.states);
            let inverse = settled.inverse(&kernel.inverse).or_else(|| settled.jacobian().inverse());
            // where it is singular the solver gets stuck and says where
            let inverse = inverse.unwrap_or_else(|| Matrix::zeros(z.len()));
            self.bordered = Some((self.states.clone(), inverse));
        }
        let mut joint = Joint {
            kernel,
            sides,
            base: self.base,
            job: self.job,
            work: self.work,
            values: self.values.clone(),
            states: &self.states,
            free,
        };
        let inverse = self.bordered.as_ref().map_or(&kernel.inverse, |(_, inverse)| inverse);
        let root = newton::solve(&mut joint, z, inverse, accuracy).map_err(Unsettled::Stuck)?;
        joint.place(&root.x);
        self.values = joint.values;
        self.steps += root.steps;
        self.factorisations += root.factorisations;
        self.x = root.x[..kernel.makers.len()].to_vec();
        Ok(root)
    }

    /// Takes the states that baseline shipments suggest.
    fn guess(&mut self) {
        self.sides.lay(self.kernel, self.job, &self.values, &self.states);
        self.work.forget();
        self.kernel.demand(self.job, &self.x, self.work);
        (self.states, self.values) = self.followed(10.0 * ROUGH).into_iter().unzip();
    }

    /// The states and values that follow from what is shipped.
    fn followed(&self, tolerance: f64) -> Vec<(State, f64)> {
        with_shipped(self.kernel, self.sides, self.job, self.work, |shipped| {
            let conditions = self.sides.conditions.iter().zip(&self.states).zip(&self.values);
            conditions.map(|((c, state), value)| c.next(*state, *value, shipped, tolerance)).collect()
        })
    }

    fn rough(&self) -> Settings {
        Settings { target: ROUGH, accepted: 10.0 * ROUGH, ..self.settings }
    }

    /// Solves with given states and corrects those that the solution contradicts, until none is.
    fn by_active_set(&mut self) -> Result<Solved, Unsettled> {
        let mut rough = true;
        let mut retreated = vec![false; self.states.len()];
        for round in 0..ROUNDS {
            let accuracy = if rough { self.rough() } else { self.settings };
            let root = match self.solve_joint(accuracy) {
                Ok(root) => root,
                Err(stuck) => {
                    if self.retreat(&mut retreated) {
                        continue;
                    }
                    return Err(stuck);
                }
            };
            let tolerance = if rough { 10.0 * ROUGH } else { self.settings.accepted };
            let next = self.followed(tolerance);
            let first = next.iter().zip(&self.states).position(|((new, _), old)| new != old);
            match first {
                None if rough => rough = false,
                None => {
                    let (steps, factorisations) = (self.steps, self.factorisations);
                    let root = Root { x: self.x.clone(), residual: root.residual, steps, factorisations };
                    return Ok(Solved { root, values: self.values.clone(), states: self.states.clone() });
                }
                Some(first) if round >= FREELY => {
                    // states that change in turn: the first alone, as in Bland's rule
                    if round + 1 == ROUNDS {
                        return Err(Unsettled::Restless(first));
                    }
                    (self.states[first], self.values[first]) = next[first];
                }
                Some(_) => (self.states, self.values) = next.into_iter().unzip(),
            }
        }
        Err(Unsettled::Restless(0))
    }

    /// Where no root is found: holds the free premiums of commitments, and after them those of quotas,
    /// at their highest, each once; false where none is left. A promise beyond reach, or one that a
    /// quota forbids to keep, has no root at any premium.
    fn retreat(&mut self, retreated: &mut [bool]) -> bool {
        for mandates in [true, false] {
            let mut any = false;
            let conditions = self.sides.conditions.iter().zip(&mut self.states).zip(&mut *retreated);
            for ((condition, state), retreated) in conditions {
                let of_kind = matches!(condition, Condition::Mandate(_)) == mandates;
                if let (true, State::Free(_), Some(most), false) =
                    (of_kind, *state, condition.most(), *retreated)
                {
                    (*state, *retreated, any) = (State::Held(most), true, true);
                }
            }
            if any {
                return true;
            }
        }
        false
    }

    /// Moves values towards what each condition asks for, a little at a time, with all of them held
    /// while markets clear: slow, and sure to stay where prices are sound. For conditions that
    /// contradict each other as long as none is at its limit.
    fn grope(&mut self) -> Result<(), Unsettled> {
        for _ in 0..GROPES {
            self.states = self.values.iter().map(|value| State::Held(*value)).collect();
            self.solve_joint(self.rough())?;
            let wanted: Vec<f64> = with_shipped(self.kernel, self.sides, self.job, self.work, |shipped| {
                let conditions = self.sides.conditions.iter().zip(&self.values);
                conditions.map(|(condition, value)| condition.nudged(*value, shipped)).collect()
            });
            let moves = wanted.iter().zip(&self.values).map(|(a, b)| (a - b).abs());
            let farthest = greatest(0.0, moves);
            self.values = wanted;
            if farthest < 10.0 * ROUGH {
                break;
            }
        }
        let conditions = self.sides.conditions.iter().zip(&self.values);
        self.states = with_shipped(self.kernel, self.sides, self.job, self.work, |shipped| {
            conditions
                .map(|(condition, value)| match condition {
                    Condition::Abater(_) => condition.next(State::Held(*value), *value, shipped, 0.0).0,
                    _ => condition.state_at(*value),
                })
                .collect()
        });
        Ok(())
    }
}

/// A condition in words.
pub(super) fn describe(
    condition: &Condition<'_>,
    terms: &Terms,
    producer: &dyn Fn(usize) -> String,
) -> String {
    match condition {
        Condition::Quota(quota) => format!("the quota {}", terms.quotas[quota.of].label),
        Condition::Mandate(mandate) => terms.mandates[mandate.of].clause.clone(),
        Condition::Abater(abater) => format!("the abatement of {}", producer(abater.maker)),
    }
}
