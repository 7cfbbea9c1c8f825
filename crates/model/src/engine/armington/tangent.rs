//! Equilibria on the line that touches the curve of equilibria along a number of a policy.
//!
//! With the states of all conditions as they are, prices and free side values solve `F(x, terms) = 0`.
//! Along a number `t`, `dx/dt = −J⁻¹·∂F/∂t`, with one inverse a product for all numbers and `∂F/∂t` by
//! differences of the equations alone. At a step the engine's own functions give what follows from the
//! moved prices. A condition that would change its state within the steps has a kink there: no answer.

use crate::baseline::Baseline;
use crate::engine::Equilibrium;
use crate::engine::armington::active::{Solved, with_shipped};
use crate::engine::armington::border::{Settled, free};
use crate::engine::armington::job::Job;
use crate::engine::armington::kernel::Kernel;
use crate::engine::armington::point::net;
use crate::engine::armington::sensitivity::{at_equilibrium, supported};
use crate::engine::armington::side::Sides;
use crate::engine::armington::state::State;
use crate::engine::armington::{Armington, Found, finance};
use crate::engine::tangent::Line;
use crate::policy::Terms;
use crate::policy::terms::Quota;
use rayon::prelude::*;
use zollverein_numeric::dense::Matrix;
use zollverein_numeric::newton::Root;

/// One product's markets under the terms of a step.
struct Stepped<'a> {
    sides: Sides<'a>,
    job: Job<'a>,
    /// Side values: free ones as in the equilibrium, held ones at their limit under the terms.
    values: Vec<f64>,
    states: Vec<State>,
}

impl<'a> Stepped<'a> {
    /// `None` where the terms have other conditions than the equilibrium, or other limits.
    fn new(settled: &Settled<'_>, terms: &'a Terms, supported: &[f64]) -> Option<Self> {
        let sides = Sides::new(settled.kernel, terms, supported);
        if sides.conditions.len() != settled.sides.conditions.len() {
            return None;
        }
        let (mut values, mut states) = (vec![], vec![]);
        let here = settled.sides.conditions.iter().zip(&sides.conditions);
        for ((before, after), (value, state)) in here.zip(settled.values.iter().zip(settled.states)) {
            let value = before.moved_limit(after, *state, *value)?;
            values.push(value);
            states.push(match state {
                State::Held(_) => State::Held(value),
                State::Free(piece) => State::Free(*piece),
            });
        }
        let job = settled.kernel.job(terms, &sides.watched);
        Some(Self { sides, job, values, states })
    }

    /// Lays out prices and side values.
    fn lay(&mut self, kernel: &Kernel, x: &[f64], found: &mut Found) {
        self.sides.lay(kernel, &mut self.job, &self.values, &self.states);
        found.work.forget();
        kernel.demand(&self.job, x, &mut found.work);
    }

    /// Each equation as laid out: market clearing, then those of free values.
    fn residual(&self, kernel: &Kernel, x: &[f64], found: &Found) -> Vec<f64> {
        let costs = self.sides.costs(x.len(), &self.values, &self.states);
        let supply = kernel.supply.iter().zip(x.iter().zip(&costs)).enumerate();
        let mut residual: Vec<f64> = supply
            .map(|(maker, (supply, (x, cost)))| {
                found.work.demand_for(maker).ln() - supply.log_output(net(*x, *cost))
            })
            .collect();
        with_shipped(kernel, &self.sides, &self.job, &found.work, |shipped| {
            for (condition, piece) in free(&self.states) {
                residual.push(self.sides.conditions[condition].gap(piece, self.values[condition], shipped));
            }
        });
        residual
    }

    /// Whether every condition stays as it is at what is laid out.
    fn stays(&self, kernel: &Kernel, found: &Found) -> bool {
        with_shipped(kernel, &self.sides, &self.job, &found.work, |shipped| {
            let mut conditions = self.sides.conditions.iter().zip(&self.states).zip(&self.values);
            conditions
                .all(|((condition, state), value)| condition.next(*state, *value, shipped, 0.0).0 == *state)
        })
    }
}

/// Puts one product's part of the equilibria on the line into what is found; `None` at a kink.
fn along(
    settled: &Settled<'_>,
    x: &[f64],
    inverse: &Matrix,
    line: &Line,
    supported: &[f64],
    found: &mut [Found],
) -> Option<()> {
    let kernel = settled.kernel;
    let terms = line.terms.iter();
    let mut stepped: Vec<Stepped<'_>> =
        terms.map(|terms| Stepped::new(settled, terms, supported)).collect::<Option<_>>()?;
    let mut pushed = vec![0.0; x.len() + settled.free.len()];
    for ((stepped, step), found) in stepped.iter_mut().zip(&line.steps).zip(&mut *found) {
        stepped.lay(kernel, x, found);
        for (pushed, residual) in pushed.iter_mut().zip(stepped.residual(kernel, x, found)) {
            *pushed -= step.weight * residual;
        }
    }
    let mut response = vec![0.0; pushed.len()];
    inverse.apply(&pushed, &mut response);
    if !response.iter().all(|by| by.is_finite()) {
        return None;
    }
    for ((mut stepped, step), found) in stepped.into_iter().zip(&line.steps).zip(found) {
        let x: Vec<f64> = x.iter().zip(&response).map(|(x, by)| x + step.by * by).collect();
        for ((condition, _), by) in settled.free.iter().zip(&response[x.len()..]) {
            stepped.values[*condition] += step.by * by;
        }
        stepped.lay(kernel, &x, found);
        if !stepped.stays(kernel, found) {
            return None;
        }
        let costs = stepped.sides.costs(x.len(), &stepped.values, &stepped.states);
        let root = Root { x, residual: 0.0, steps: 0, factorisations: 0 };
        found.take(kernel, &stepped.job, &root, &costs);
        let solved = Solved { root, values: stepped.values, states: stepped.states };
        found.take_sides(kernel, &stepped.job, &stepped.sides, &solved);
    }
    Some(())
}

impl Armington {
    /// By line: the equilibria on the line at each of its steps. `None` where the response is not defined:
    /// a condition would change its state, the Jacobian has no inverse, or money for support is short.
    pub(super) fn on_tangents(
        &self,
        baseline: &Baseline,
        terms: &Terms,
        equilibrium: &Equilibrium,
        lines: &[Line],
    ) -> Vec<Option<Vec<Equilibrium>>> {
        let supported = supported(terms, equilibrium);
        // what short money supports follows from all of trade: its response is not known
        let enough = supported.iter().all(|share| *share >= 1.0);
        // a number that moves in steps changes which arcs a condition is about
        let same_arcs = |one: &Quota, other: &Quota| {
            one.arcs.iter().map(|(arc, _)| arc).eq(other.arcs.iter().map(|(arc, _)| arc))
        };
        let alike = |other: &Terms| {
            other.quotas.len() == terms.quotas.len()
                && other.quotas.iter().zip(&terms.quotas).all(|(a, b)| same_arcs(a, b))
                && other.mandates.len() == terms.mandates.len()
                && other.mandates.iter().zip(&terms.mandates).all(|(a, b)| a.green == b.green)
                && other.supports.len() == terms.supports.len()
                && other.abaters.len() == terms.abaters.len()
                && other.abaters.iter().zip(&terms.abaters).all(|(a, b)| a.producer == b.producer)
        };
        let begin = |line: &Line| {
            let begun = || line.terms.iter().map(|terms| Found::new(baseline, terms, &supported)).collect();
            (enough && line.terms.iter().all(alike)).then(begun)
        };
        let mut found: Vec<Option<Vec<Found>>> = lines.iter().map(begin).collect();
        for kernel in &self.kernels {
            let looked = at_equilibrium(kernel, baseline, terms, equilibrium, &mut |settled, x| {
                let inverse = settled.jacobian().inverse();
                found.par_iter_mut().zip(lines).for_each(|(found, line)| {
                    let whole = found
                        .as_mut()
                        .zip(inverse.as_ref())
                        .and_then(|(found, inverse)| along(settled, x, inverse, line, &supported, found));
                    if whole.is_none() {
                        *found = None;
                    }
                });
                Ok(())
            });
            if looked.is_err() {
                found.fill_with(|| None);
            }
        }
        let finished = |(found, line): (Option<Vec<Found>>, &Line)| {
            let all: Vec<Equilibrium> = found?.into_iter().map(|found| found.equilibrium(baseline)).collect();
            let mut both = line.terms.iter().zip(&all);
            both.all(|(terms, there)| finance::suffices(baseline, terms, there)).then_some(all)
        };
        found.into_iter().zip(lines).map(finished).collect()
    }
}
