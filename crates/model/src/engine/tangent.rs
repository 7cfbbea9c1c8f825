//! Slopes along a number of a policy: a few steps beside where it stands, the terms at each, and how a
//! slope follows from what is found there.
//!
//! An engine that knows how markets respond gives, at each step, the equilibrium on the line that touches
//! the curve of equilibria. No equilibrium is solved for: prices and side values move along the line, and
//! everything that follows from them (shipments, landed prices, surpluses) is the engine's own function of
//! them. A slope of any figure along the steps is then its slope along the curve (the chain rule).

use crate::policy::Terms;

/// A step beside a number and its weight in the slope there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// How far from the number, in its unit.
    pub by: f64,
    /// What a figure at the step counts in the figure's slope, per unit of the number.
    pub weight: f64,
}

/// Steps for a slope at a number of a range: one either side, `apart` from it, or three on one side where
/// an end of the range is nearer than that (both of second order; Fornberg 1988).
#[must_use]
pub fn steps(at: f64, low: f64, high: f64, apart: f64) -> Vec<Step> {
    let step = |by: f64, weight: f64| Step { by: by * apart, weight: weight / apart };
    if at - apart >= low && at + apart <= high {
        vec![step(-1.0, -0.5), step(1.0, 0.5)]
    } else {
        let side = if at - apart < low { 1.0 } else { -1.0 };
        vec![step(0.0, -1.5 * side), step(side, 2.0 * side), step(2.0 * side, -0.5 * side)]
    }
}

/// The slope of a figure that was found at each step.
#[must_use]
pub fn slope(steps: &[Step], figures: impl IntoIterator<Item = f64>) -> f64 {
    steps.iter().zip(figures).map(|(step, figure)| step.weight * figure).sum()
}

/// The terms along a number of a policy.
#[derive(Debug, Clone)]
pub struct Line {
    /// Steps beside the number.
    pub steps: Vec<Step>,
    /// The terms at each step.
    pub terms: Vec<Terms>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_of_squares_are_exact_inside_and_at_both_ends() {
        for at in [0.0, 1e-4, 0.5, 0.999_9, 1.0] {
            let steps = steps(at, 0.0, 1.0, 1e-3);
            let found = slope(&steps, steps.iter().map(|step| 3.0 * (at + step.by).powi(2) - (at + step.by)));
            assert!((found - (6.0 * at - 1.0)).abs() < 1e-10, "{at}: {found}");
            assert!(steps.iter().all(|step| (-1e-15..=1.0 + 1e-15).contains(&(at + step.by))), "{steps:?}");
        }
    }
}
