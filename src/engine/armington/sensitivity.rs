//! Exact derivatives at an equilibrium: how prices and quantities move with the
//! duties, one direction at a time (`dx = −J⁻¹·∂F`), and how a number made of
//! prices and quantities moves with every duty at once (adjoint, `Jᵀλ = g`).

use crate::baseline::{ArcId, Baseline};
use crate::engine::armington::Armington;
use crate::engine::armington::kernel::Kernel;
use crate::engine::armington::point::Point;
use crate::engine::dense::Matrix;
use crate::engine::{Equilibrium, SolveError};
use crate::policy::{Duty, Terms};
use crate::units::UsdPerTonne;

/// How an equilibrium moves along a direction of duties.
#[derive(Debug, Clone, PartialEq)]
pub struct Sensitivity {
    /// By producer: derivative of the log mill price.
    pub log_price: Vec<f64>,
    /// By arc: derivative of the log quantity.
    pub log_quantity: Vec<f64>,
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

/// A product's markets at an equilibrium, with the derivatives of landed prices.
struct Local<'a> {
    kernel: &'a Kernel,
    point: Point,
    jacobian: Matrix,
}

impl Local<'_> {
    /// ∂ log landed / ∂ rate, by the kernel's arcs.
    fn by_rate(&self, terms: &Terms, arc: usize) -> f64 {
        let duty = terms.duty(ArcId::at(self.kernel.first_arc + arc));
        let landed = self.point.landed[arc];
        (landed - duty.per_tonne().value()) / (1.0 + duty.rate) / landed
    }

    /// ∂ log landed / ∂ charge, by the kernel's arcs.
    fn by_charge(&self, arc: usize) -> f64 {
        1.0 / self.point.landed[arc]
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
        let mut moved = Sensitivity {
            log_price: vec![0.0; baseline.producers.len()],
            log_quantity: vec![0.0; baseline.arcs.len()],
        };
        for local in self.locals(baseline, terms, equilibrium) {
            let kernel = local.kernel;
            let mut landed = vec![0.0; kernel.arcs.len()];
            for (arc, duty) in direction {
                let Some(a) = arc.index().checked_sub(kernel.first_arc).filter(|a| *a < landed.len()) else {
                    continue;
                };
                landed[a] += duty.rate * local.by_rate(terms, a) + duty.per_tonne().value() * local.by_charge(a);
            }
            let direct = local.point.forwards(kernel, &landed);
            let mut gap = vec![0.0; kernel.makers.len()];
            for (a, cell) in kernel.arcs.iter().enumerate() {
                gap[cell.maker] -= local.point.sales_share[a] * direct[a];
            }
            let x = local.jacobian.solve(&gap).ok_or_else(|| singular(baseline, kernel))?;
            for (a, cell) in kernel.arcs.iter().enumerate() {
                landed[a] += local.point.theta[a] * x[cell.maker];
            }
            let log_quantity = local.point.forwards(kernel, &landed);
            moved.log_quantity[kernel.first_arc..kernel.first_arc + log_quantity.len()]
                .copy_from_slice(&log_quantity);
            for (producer, x) in kernel.makers.iter().zip(x) {
                moved.log_price[*producer] = x;
            }
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
        for local in self.locals(baseline, terms, equilibrium) {
            let kernel = local.kernel;
            let arcs = kernel.first_arc..kernel.first_arc + kernel.arcs.len();
            let mut on_landed = local.point.backwards(kernel, &weights.log_quantity[arcs]);
            let mut on_price: Vec<f64> = kernel.makers.iter().map(|p| weights.log_price[*p]).collect();
            for (a, cell) in kernel.arcs.iter().enumerate() {
                on_price[cell.maker] += local.point.theta[a] * on_landed[a];
            }
            let lambda =
                local.jacobian.solve_transposed(&on_price).ok_or_else(|| singular(baseline, kernel))?;
            let through: Vec<f64> = kernel
                .arcs
                .iter()
                .enumerate()
                .map(|(a, cell)| -lambda[cell.maker] * local.point.sales_share[a])
                .collect();
            for (on, through) in on_landed.iter_mut().zip(local.point.backwards(kernel, &through)) {
                *on += through;
            }
            for (a, on) in on_landed.iter().enumerate() {
                gradient.rate[kernel.first_arc + a] = on * local.by_rate(terms, a);
                gradient.charge[kernel.first_arc + a] = on * local.by_charge(a);
            }
        }
        Ok(gradient)
    }

    fn locals<'a>(
        &'a self,
        baseline: &'a Baseline,
        terms: &'a Terms,
        equilibrium: &'a Equilibrium,
    ) -> impl Iterator<Item = Local<'a>> {
        self.kernels.iter().map(move |kernel| {
            let x: Vec<f64> = kernel
                .makers
                .iter()
                .map(|producer| {
                    let before: UsdPerTonne = baseline.producers[*producer].price;
                    (equilibrium.producers[*producer].price / before).ln()
                })
                .collect();
            let point = Point::at(kernel, terms, &x);
            let jacobian = point.jacobian(kernel);
            Local { kernel, point, jacobian }
        })
    }
}

fn singular(baseline: &Baseline, kernel: &Kernel) -> SolveError {
    SolveError::Singular { product: baseline.products[kernel.product.index()].code.clone() }
}
