//! Exact derivatives at an equilibrium: how prices and quantities move with the
//! duties, one direction at a time (`dx = −J⁻¹·∂F`), and how a number made of
//! prices and quantities moves with every duty at once (adjoint, `Jᵀλ = g`).
//!
//! Premiums of quotas and mandates and the abatement of producers move along while they are off
//! their limits; those at a limit stay there. The share of abatement that short money supports is held.

use crate::baseline::{ArcId, Baseline};
use crate::engine::armington::Armington;
use crate::engine::armington::border::Settled;
use crate::engine::armington::kernel::{Kernel, Paid};
use crate::engine::armington::point::net;
use crate::engine::armington::side::{Condition, Sides};
use crate::engine::armington::state::{Shipped, State};
use crate::engine::blocks;
use crate::engine::{Equilibrium, SolveError};
use crate::policy::{Duty, Terms};
use crate::units::UsdPerTonne;
use zollverein_numeric::dense::{Matrix, dot};

/// How an equilibrium moves along a direction of duties or of other terms.
#[derive(Debug, Clone, PartialEq)]
pub struct Sensitivity {
    /// By producer: derivative of the log mill price.
    pub log_price: Vec<f64>,
    /// By arc: derivative of the log quantity.
    pub log_quantity: Vec<f64>,
    /// By quota: derivative of the premium (a fraction).
    pub quota_premium: Vec<f64>,
    /// By mandate: derivative of the premium, USD/t.
    pub mandate_premium: Vec<f64>,
    /// By producer: derivative of the share abated.
    pub abated: Vec<f64>,
}

/// A number's derivatives with respect to the parts of an equilibrium: what the adjoint starts from.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    /// By producer: with respect to the log mill price.
    pub log_price: Vec<f64>,
    /// By arc: with respect to the log quantity.
    pub log_quantity: Vec<f64>,
}

/// A number's derivatives with respect to the duty on every arc, effects through markets included.
#[derive(Debug, Clone, PartialEq)]
pub struct Gradient {
    /// By arc: with respect to the rate (a fraction).
    pub rate: Vec<f64>,
    /// By arc: with respect to the charge, per USD/t.
    pub charge: Vec<f64>,
}

/// Side values of one product and whether they can move.
struct Values {
    values: Vec<f64>,
    states: Vec<State>,
}

impl Values {
    fn of(sides: &Sides<'_>, terms: &Terms, equilibrium: &Equilibrium) -> Self {
        let value = |condition: &Condition<'_>| match condition {
            Condition::Quota(quota) => equilibrium.quotas[quota.of].premium,
            Condition::Mandate(mandate) => equilibrium.mandates[mandate.of].premium.value() / mandate.unit,
            Condition::Abater(abater) => {
                equilibrium.producers[terms.abaters[abater.of].producer.index()].abated
            }
        };
        let values: Vec<f64> = sides.conditions.iter().map(value).collect();
        let states = sides.conditions.iter().zip(&values).map(|(c, value)| c.state_at(*value)).collect();
        Self { values, states }
    }
}

impl Settled<'_> {
    /// ∂ log landed / ∂ charge of an arc.
    fn by_charge(&self, arc: usize) -> f64 {
        1.0 / self.point.landed[arc]
    }

    /// Each equation at this point: market clearing, then those of free values.
    fn residual(&self, x: &[f64]) -> Vec<f64> {
        let kernel = self.kernel;
        let costs = self.sides.costs(x.len(), self.values, self.states);
        let supply = kernel.supply.iter().zip(x.iter().zip(&costs));
        let mut residual: Vec<f64> = self
            .point
            .log_demand
            .iter()
            .zip(supply)
            .map(|(demand, (supply, (x, cost)))| demand - supply.log_output(net(*x, *cost)))
            .collect();
        let quantity = |arc: &usize| kernel.arcs[*arc].quantity * self.point.log_quantity[*arc].exp();
        let shipped = Shipped {
            quantity: self.sides.watched.iter().map(quantity).collect(),
            demand: &|maker| self.point.log_demand[maker].exp(),
            price: &|maker| x[maker].exp(),
        };
        for (condition, piece) in &self.free {
            let value = self.values[*condition];
            residual.push(self.sides.conditions[*condition].gap(*piece, value, &shipped));
        }
        residual
    }

    /// How the product's markets move when landed prices are pushed (logs, by arc) and equations
    /// with them; adds to a sensitivity.
    fn respond(
        &self,
        mut landed: Vec<f64>,
        pushed: &[f64],
        baseline: &Baseline,
        terms: &Terms,
        moved: &mut Sensitivity,
    ) -> Result<(), SolveError> {
        let kernel = self.kernel;
        let right: Vec<f64> = pushed.iter().map(|push| -push).collect();
        let jacobian = self.jacobian();
        let z = jacobian.solve(&right).ok_or_else(|| singular(baseline, kernel, &jacobian))?;
        let (x, values) = z.split_at(kernel.makers.len());
        for (a, cell) in kernel.arcs.iter().enumerate() {
            landed[a] += self.point.theta[a] * x[cell.maker];
        }
        for ((condition, piece), value) in self.free.iter().zip(values) {
            for (a, by) in self.on_landed(*condition, *piece) {
                landed[a] += by * value;
            }
            match &self.sides.conditions[*condition] {
                Condition::Quota(quota) => moved.quota_premium[quota.of] = *value,
                Condition::Mandate(mandate) => moved.mandate_premium[mandate.of] = value * mandate.unit,
                Condition::Abater(abater) => {
                    moved.abated[terms.abaters[abater.of].producer.index()] = *value;
                }
            }
        }
        let log_quantity = self.point.forwards(kernel, &landed);
        moved.log_quantity[kernel.first_arc..kernel.first_arc + log_quantity.len()]
            .copy_from_slice(&log_quantity);
        for (producer, x) in kernel.makers.iter().zip(x) {
            moved.log_price[*producer] = *x;
        }
        Ok(())
    }
}

impl Sensitivity {
    fn none(baseline: &Baseline, terms: &Terms) -> Self {
        Self {
            log_price: vec![0.0; baseline.producers.len()],
            log_quantity: vec![0.0; baseline.arcs.len()],
            quota_premium: vec![0.0; terms.quotas.len()],
            mandate_premium: vec![0.0; terms.mandates.len()],
            abated: vec![0.0; baseline.producers.len()],
        }
    }
}

impl Armington {
    /// How the equilibrium under some terms moves when duties change in a direction.
    ///
    /// `direction` gives, for chosen arcs, the derivative of the duty.
    ///
    /// # Errors
    /// [`SolveError::Singular`] where the Jacobian has no inverse.
    pub fn sensitivity(
        &self,
        baseline: &Baseline,
        terms: &Terms,
        equilibrium: &Equilibrium,
        direction: &[(ArcId, Duty)],
    ) -> Result<Sensitivity, SolveError> {
        let mut moved = Sensitivity::none(baseline, terms);
        for kernel in &self.kernels {
            at_equilibrium(kernel, baseline, terms, equilibrium, &mut |settled, _| {
                let mut landed = vec![0.0; kernel.arcs.len()];
                for (arc, duty) in direction {
                    let Some(a) = arc.index().checked_sub(kernel.first_arc).filter(|a| *a < landed.len())
                    else {
                        continue;
                    };
                    landed[a] += duty.rate * settled.point.by_rate(a)
                        + duty.per_tonne().value() * settled.by_charge(a);
                }
                let direct = settled.point.forwards(kernel, &landed);
                let mut pushed = settled.clearing(&direct);
                for (condition, piece) in &settled.free {
                    pushed.push(dot(&settled.weights(*condition, *piece), &direct));
                }
                settled.respond(landed, &pushed, baseline, terms, &mut moved)
            })?;
        }
        Ok(moved)
    }

    /// How the equilibrium under some terms moves with any number of a policy: `less` and `more` are
    /// the terms with the number a little lower and higher, `width` apart. Only the equations are
    /// taken by differences; the equilibrium's response to them is exact.
    ///
    /// # Errors
    /// [`SolveError::Singular`] where the Jacobian has no inverse; [`SolveError::Incomparable`] where
    /// the terms differ in which quotas, mandates or abating producers there are.
    pub fn sensitivity_along(
        &self,
        baseline: &Baseline,
        terms: &Terms,
        equilibrium: &Equilibrium,
        (less, more): (&Terms, &Terms),
        width: f64,
    ) -> Result<Sensitivity, SolveError> {
        let mut moved = Sensitivity::none(baseline, terms);
        for kernel in &self.kernels {
            at_equilibrium(kernel, baseline, terms, equilibrium, &mut |settled, x| {
                let aside = |terms: &Terms| -> Result<(Vec<f64>, Vec<f64>), SolveError> {
                    let sides = Sides::new(kernel, terms, &supported(terms, equilibrium));
                    if sides.conditions.len() != settled.sides.conditions.len() {
                        let product = baseline.products[kernel.product.index()].code.clone();
                        return Err(SolveError::Incomparable { product });
                    }
                    let paid = paid(kernel, terms);
                    let there = Settled::new(kernel, &sides, &paid, x, settled.values, settled.states);
                    let landed = there.point.landed.iter().map(|price| price.ln()).collect();
                    Ok((landed, there.residual(x)))
                };
                let ((landed, pushed), (landed_below, pushed_below)) = (aside(more)?, aside(less)?);
                let slope = |more: &[f64], less: &[f64]| -> Vec<f64> {
                    more.iter().zip(less).map(|(more, less)| (more - less) / width).collect()
                };
                let landed = slope(&landed, &landed_below);
                settled.respond(landed, &slope(&pushed, &pushed_below), baseline, terms, &mut moved)
            })?;
        }
        Ok(moved)
    }

    /// How a number moves with the duty on every arc, by one transposed solve a product.
    ///
    /// # Errors
    /// [`SolveError::Singular`] where the Jacobian has no inverse.
    pub fn adjoint(
        &self,
        baseline: &Baseline,
        terms: &Terms,
        equilibrium: &Equilibrium,
        weights: &Weights,
    ) -> Result<Gradient, SolveError> {
        let mut gradient =
            Gradient { rate: vec![0.0; baseline.arcs.len()], charge: vec![0.0; baseline.arcs.len()] };
        for kernel in &self.kernels {
            at_equilibrium(kernel, baseline, terms, equilibrium, &mut |settled, _| {
                let arcs = kernel.first_arc..kernel.first_arc + kernel.arcs.len();
                let mut on_landed = settled.point.backwards(kernel, &weights.log_quantity[arcs]);
                let mut on_unknowns = settled.by_price(&on_landed);
                for (on, producer) in on_unknowns.iter_mut().zip(&kernel.makers) {
                    *on += weights.log_price[*producer];
                }
                for (condition, piece) in &settled.free {
                    let moved = settled.on_landed(*condition, *piece).into_iter();
                    on_unknowns.push(moved.map(|(a, by)| on_landed[a] * by).sum());
                }
                let jacobian = settled.jacobian();
                let lambda = jacobian
                    .solve_transposed(&on_unknowns)
                    .ok_or_else(|| singular(baseline, kernel, &jacobian))?;
                let mut through: Vec<f64> = kernel
                    .arcs
                    .iter()
                    .enumerate()
                    .map(|(a, cell)| -lambda[cell.maker] * settled.point.sales_share[a])
                    .collect();
                for ((condition, piece), lambda) in settled.free.iter().zip(&lambda[kernel.makers.len()..]) {
                    for (through, weight) in through.iter_mut().zip(settled.weights(*condition, *piece)) {
                        *through -= lambda * weight;
                    }
                }
                for (on, through) in on_landed.iter_mut().zip(settled.point.backwards(kernel, &through)) {
                    *on += through;
                }
                for (a, on) in on_landed.iter().enumerate() {
                    gradient.rate[kernel.first_arc + a] = on * settled.point.by_rate(a);
                    gradient.charge[kernel.first_arc + a] = on * settled.by_charge(a);
                }
                Ok(())
            })?;
        }
        Ok(gradient)
    }
}

/// By support: the share of abatement that there is money for.
pub(super) fn supported(terms: &Terms, equilibrium: &Equilibrium) -> Vec<f64> {
    let mut supported = equilibrium.supported.clone();
    supported.resize(terms.supports.len(), 1.0);
    supported
}

fn paid(kernel: &Kernel, terms: &Terms) -> Vec<Paid> {
    (0..kernel.arcs.len()).map(|arc| kernel.paid(terms, arc)).collect()
}

/// What is done with a product's markets at an equilibrium, and its log producer prices.
pub(super) type Look<'a> = dyn FnMut(&Settled<'_>, &[f64]) -> Result<(), SolveError> + 'a;

/// Calls with a product's markets at an equilibrium and its log producer prices.
pub(super) fn at_equilibrium(
    kernel: &Kernel,
    baseline: &Baseline,
    terms: &Terms,
    equilibrium: &Equilibrium,
    call: &mut Look<'_>,
) -> Result<(), SolveError> {
    let log_price = |producer: &usize| {
        let before: UsdPerTonne = baseline.producers[*producer].price;
        (equilibrium.producers[*producer].price / before).ln()
    };
    let x: Vec<f64> = kernel.makers.iter().map(log_price).collect();
    let sides = Sides::new(kernel, terms, &supported(terms, equilibrium));
    let Values { values, states } = Values::of(&sides, terms, equilibrium);
    let settled = Settled::new(kernel, &sides, &paid(kernel, terms), &x, &values, &states);
    call(&settled, &x)
}

fn singular(baseline: &Baseline, kernel: &Kernel, jacobian: &Matrix) -> SolveError {
    blocks::singular(baseline, kernel.product, &kernel.makers, jacobian)
}
