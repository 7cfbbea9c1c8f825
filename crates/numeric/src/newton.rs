//! Damped Newton on a system of equations; knows no economics.
//!
//! It starts from a factorised Jacobian that many systems share and corrects it
//! by Broyden's rank-one updates, so that a step costs a matrix-vector product.
//! Only when steps stop paying is the Jacobian taken anew where it stands, and
//! the step then damped until the residual falls.

use crate::dense::{Matrix, dot, largest};

/// A square system `F(x) = 0`.
pub trait System {
    /// Writes `F(x)` to `out`.
    fn residual(&mut self, x: &[f64], out: &mut [f64]);
    /// `∂F/∂x` at `x`.
    fn jacobian(&mut self, x: &[f64]) -> Matrix;
}

/// When to stop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Residual aimed at (largest absolute value).
    pub target: f64,
    /// Residual accepted once steps no longer reduce it; above it there is no solution.
    pub accepted: f64,
    /// Steps at most.
    pub steps: usize,
    /// Longest step in any unknown.
    pub longest: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { target: 1e-11, accepted: 1e-10, steps: 200, longest: 3.0 }
    }
}

/// A root.
#[derive(Debug, Clone, PartialEq)]
pub struct Root {
    /// Where it is.
    pub x: Vec<f64>,
    /// Largest absolute residual there.
    pub residual: f64,
    /// Steps taken.
    pub steps: usize,
    /// Jacobians factorised on the way.
    pub factorisations: usize,
}

/// No root was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stuck {
    /// Largest absolute residual at the best point.
    pub residual: f64,
    /// The equation it belongs to.
    pub equation: usize,
    /// Steps taken.
    pub steps: usize,
}

/// A step must bring the residual below this share of the last, or the Jacobian is taken anew.
const PAYS: f64 = 0.7;
/// Halvings of a Newton step before it is given up.
const HALVINGS: usize = 30;

/// Finds a root from a start, with the inverse Jacobian of a nearby system.
///
/// # Errors
/// [`Stuck`] if no point with an accepted residual is found.
pub fn solve(
    system: &mut impl System,
    start: Vec<f64>,
    inverse: &Matrix,
    settings: Settings,
) -> Result<Root, Stuck> {
    let n = start.len();
    let mut x = start;
    let mut f = vec![0.0; n];
    system.residual(&x, &mut f);
    let (mut residual, mut equation) = largest(&f);
    let (mut steps, mut factorisations) = (0, 0);
    let mut own: Option<Matrix> = None;
    let mut updates = Updates::default();
    let (mut trial, mut trial_f) = (vec![0.0; n], vec![0.0; n]);
    while residual > settings.target {
        if steps >= settings.steps {
            break;
        }
        steps += 1;
        let step = updates.step(own.as_ref().unwrap_or(inverse), &f);
        let length = clamp(&step, settings.longest);
        advance(&x, &step, length, &mut trial);
        system.residual(&trial, &mut trial_f);
        let (next, at) = largest(&trial_f);
        if next <= PAYS * residual {
            std::mem::swap(&mut x, &mut trial);
            std::mem::swap(&mut f, &mut trial_f);
            (residual, equation) = (next, at);
            updates.push(step, length);
            continue;
        }
        if residual <= settings.accepted && next > 0.5 * residual {
            break; // as good as rounding allows
        }
        // take the Jacobian anew and damp
        let Some(newton) = system.jacobian(&x).inverse() else { break };
        factorisations += 1;
        updates = Updates::default();
        let step = updates.step(&newton, &f);
        let mut length = clamp(&step, settings.longest);
        let mut better = false;
        for _ in 0..HALVINGS {
            advance(&x, &step, length, &mut trial);
            system.residual(&trial, &mut trial_f);
            let (next, at) = largest(&trial_f);
            if next < (1.0 - 1e-4 * length) * residual {
                std::mem::swap(&mut x, &mut trial);
                std::mem::swap(&mut f, &mut trial_f);
                (residual, equation) = (next, at);
                better = true;
                break;
            }
            length *= 0.5;
        }
        own = Some(newton);
        if !better {
            break;
        }
        updates.push(step, length);
    }
    if residual <= settings.accepted {
        Ok(Root { x, residual, steps, factorisations })
    } else {
        Err(Stuck { residual, equation, steps })
    }
}

/// `trial = x + length · step`.
fn advance(x: &[f64], step: &[f64], length: f64, trial: &mut [f64]) {
    for ((trial, x), step) in trial.iter_mut().zip(x).zip(step) {
        *trial = x + length * step;
    }
}

/// The share of a step that keeps every unknown's move within bounds.
fn clamp(step: &[f64], longest: f64) -> f64 {
    let (size, _) = largest(step);
    if size > longest { longest / size } else { 1.0 }
}

/// Broyden's updates of an inverse Jacobian, kept as the steps taken
/// (Kelley, *Solving Nonlinear Equations with Newton's Method*, 2003, ch. 4).
#[derive(Default)]
struct Updates {
    steps: Vec<(Vec<f64>, f64)>,
}

impl Updates {
    /// The next quasi-Newton step.
    fn step(&self, inverse: &Matrix, f: &[f64]) -> Vec<f64> {
        let mut z = vec![0.0; f.len()];
        inverse.apply(f, &mut z);
        for z in &mut z {
            *z = -*z;
        }
        for pair in self.steps.windows(2) {
            let ((s, square), (next, _)) = (&pair[0], &pair[1]);
            let factor = dot(s, &z) / square;
            for (z, next) in z.iter_mut().zip(next) {
                *z += factor * next;
            }
        }
        if let Some((last, square)) = self.steps.last() {
            let denominator = 1.0 - dot(last, &z) / square;
            if denominator.abs() > 0.1 {
                for z in &mut z {
                    *z /= denominator;
                }
            }
        }
        z
    }

    /// Remembers a full step; a shortened one starts the memory anew.
    fn push(&mut self, step: Vec<f64>, length: f64) {
        if length < 1.0 {
            self.steps.clear();
            return;
        }
        let square = dot(&step, &step);
        if square > 0.0 {
            self.steps.push((step, square));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// x² + y² = 4, x = y: a root at √2.
    struct Circle;

    impl System for Circle {
        fn residual(&mut self, x: &[f64], out: &mut [f64]) {
            out[0] = x[0] * x[0] + x[1] * x[1] - 4.0;
            out[1] = x[0] - x[1];
        }
        fn jacobian(&mut self, x: &[f64]) -> Matrix {
            let mut matrix = Matrix::zeros(2);
            matrix.row_mut(0).copy_from_slice(&[2.0 * x[0], 2.0 * x[1]]);
            matrix.row_mut(1).copy_from_slice(&[1.0, -1.0]);
            matrix
        }
    }

    #[test]
    fn a_circle_meets_the_diagonal() {
        let mut system = Circle;
        let inverse = system.jacobian(&[1.0, 2.0]).inverse().expect("regular");
        let root = solve(&mut system, vec![1.0, 2.0], &inverse, Settings::default()).expect("a root");
        assert!((root.x[0] - 2.0_f64.sqrt()).abs() < 1e-10);
        assert!(root.steps < 12, "{} steps", root.steps);
    }

    /// x² + 1 = 0 has no real root.
    struct Nothing;

    impl System for Nothing {
        fn residual(&mut self, x: &[f64], out: &mut [f64]) {
            out[0] = x[0] * x[0] + 1.0;
        }
        fn jacobian(&mut self, x: &[f64]) -> Matrix {
            let mut matrix = Matrix::zeros(1);
            matrix.row_mut(0)[0] = 2.0 * x[0];
            matrix
        }
    }

    #[test]
    fn without_a_root_it_says_so() {
        let mut system = Nothing;
        let inverse = system.jacobian(&[3.0]).inverse().expect("regular");
        let stuck = solve(&mut system, vec![3.0], &inverse, Settings::default()).expect_err("no root");
        assert!(stuck.residual >= 1.0);
    }

    /// arctan(x) = 0: from beyond 1.39 Newton's full steps go ever farther from the root.
    struct Overshoot;

    impl System for Overshoot {
        fn residual(&mut self, x: &[f64], out: &mut [f64]) {
            out[0] = x[0].atan();
        }
        fn jacobian(&mut self, x: &[f64]) -> Matrix {
            let mut matrix = Matrix::zeros(1);
            matrix.row_mut(0)[0] = 1.0 / (1.0 + x[0] * x[0]);
            matrix
        }
    }

    #[test]
    fn steps_that_go_too_far_are_shortened() {
        for start in [-2.0, 3.5, 20.0, 200.0] {
            let inverse = Overshoot.jacobian(&[start]).inverse().expect("regular");
            for longest in [3.0, f64::INFINITY] {
                let settings = Settings { longest, ..Settings::default() };
                let root = solve(&mut Overshoot, vec![start], &inverse, settings).expect("a root");
                assert!(
                    root.x[0].abs() <= 1e-11 && root.residual == root.x[0].atan().abs(),
                    "{start}: {root:?}"
                );
                assert!(
                    root.steps < 100 && (longest.is_finite() || root.factorisations > 0),
                    "{start}: {root:?}"
                );
            }
        }
    }

    #[test]
    fn a_linear_system_takes_a_step_as_long_as_it_may() {
        struct Line;
        impl System for Line {
            fn residual(&mut self, x: &[f64], out: &mut [f64]) {
                (out[0], out[1]) = (x[0] - 10.0, 2.0 * x[1] + 1.0);
            }
            fn jacobian(&mut self, _: &[f64]) -> Matrix {
                let mut matrix = Matrix::zeros(2);
                (matrix.row_mut(0)[0], matrix.row_mut(1)[1]) = (1.0, 2.0);
                matrix
            }
        }
        let inverse = Line.jacobian(&[]).inverse().expect("regular");
        for (longest, steps) in [(10.0, 1), (9.0, 2), (f64::INFINITY, 1)] {
            let settings = Settings { longest, ..Settings::default() };
            let root = solve(&mut Line, vec![0.0, 0.0], &inverse, settings).expect("a root");
            assert_eq!((root.x, root.steps, root.factorisations), (vec![10.0, -0.5], steps, 0), "{longest}");
        }
        // one step too few: how far it is still off, and in which equation
        let settings = Settings { longest: 4.0, steps: 1, ..Settings::default() };
        let stuck = solve(&mut Line, vec![0.0, 0.0], &inverse, settings).expect_err("too few steps");
        assert_eq!((stuck.equation, stuck.steps), (0, 1));
        assert!((stuck.residual - 6.0).abs() < 1e-12, "{stuck:?}");
    }
}
