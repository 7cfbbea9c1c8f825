//! Supply with a capacity (A6): how output answers price, and what producers gain.

use crate::baseline::{Baseline, Parameter, Producer};

/// A producer's supply curve in ratios to the baseline:
/// `p = h^(1/ε) · ((1−u0)/(1−u0·h))^κ`, with `h` output and `u0` utilisation.
/// Output never passes capacity; the fuller the plants, the steeper the curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Supply {
    /// ε: elasticity of supply away from capacity.
    pub elasticity: f64,
    /// κ: how sharply cost rises near capacity.
    pub curvature: f64,
    /// u0: output over capacity in the baseline; 0 if there is no limit.
    pub utilisation: f64,
}

/// Full plants are taken as this full: at exactly 1 the curve would be vertical
/// above and flat below the baseline.
pub const FULLEST: f64 = 0.9999;

impl Supply {
    /// The curve of a producer.
    #[must_use]
    pub fn new(elasticity: f64, curvature: f64, utilisation: f64) -> Self {
        Self { elasticity, curvature, utilisation: utilisation.clamp(0.0, FULLEST) }
    }

    /// The curve of a producer of a baseline.
    #[must_use]
    pub fn of(baseline: &Baseline, producer: &Producer) -> Self {
        let get = |parameter| baseline.behaviour.get(parameter, producer.product, producer.country);
        let utilisation =
            producer.capacity.map_or(0.0, |capacity| producer.output.value() / capacity.value());
        Self::new(get(Parameter::Supply), get(Parameter::CapacityCurvature), utilisation)
    }

    /// Whether the capacity plays no part in cost.
    pub(super) fn is_unlimited(&self) -> bool {
        self.curvature == 0.0 || self.utilisation == 0.0
    }

    /// A6 in logs: the log price at a log output `w`.
    #[must_use]
    pub fn log_price(&self, w: f64) -> f64 {
        let mut log_price = w / self.elasticity;
        if !self.is_unlimited() {
            let left = 1.0 - self.utilisation * w.exp();
            if left <= 0.0 {
                return f64::INFINITY; // no price brings out more than plants can make
            }
            log_price += self.curvature * ((1.0 - self.utilisation) / left).ln();
        }
        log_price
    }

    /// The elasticity of output at an output ratio: `1/(1/ε + κ·u0·h/(1−u0·h))`.
    #[must_use]
    pub fn elasticity_at(&self, h: f64) -> f64 {
        let used = self.utilisation * h;
        if used >= 1.0 && !self.is_unlimited() {
            return 0.0; // full to the last digit
        }
        1.0 / (1.0 / self.elasticity + self.curvature * used / (1.0 - used))
    }

    /// The log output at a log price (A6 inverted).
    ///
    /// The curve is convex in logs, so Newton runs down to the root from above;
    /// a step past capacity is cut to half the way there. Where the price leaves less slack than a
    /// number can tell from none, plants are full.
    #[must_use]
    pub fn log_output(&self, x: f64) -> f64 {
        if self.is_unlimited() {
            return self.elasticity * x;
        }
        let full = -self.utilisation.ln();
        let slack = (1.0 - self.utilisation).ln() - (x - full / self.elasticity) / self.curvature;
        if slack < LEAST_SLACK {
            return full;
        }
        let mut w = (x * self.elasticity_at(1.0)).min(0.5 * full);
        let mut below = w; // the last output with slack that a number can tell from none
        for _ in 0..60 {
            let h = w.exp();
            let gap = self.log_price(w) - x;
            if !gap.is_finite() {
                w = 0.5 * (below + w);
                continue;
            }
            below = w;
            let step = gap * self.elasticity_at(h);
            let mut next = w - step;
            if next >= full {
                next = 0.5 * (w + full);
            }
            if (next - w).abs() <= 1e-16 + 4.0 * f64::EPSILON * w.abs() {
                return next;
            }
            w = next;
        }
        w
    }

    /// Producer surplus gained, over baseline sales: `∫ h dp` from 1 to the price.
    ///
    /// Equal to `p·h − 1 − ∫₁ʰ p(z)dz`; taken over the log price, where the
    /// integrand stays smooth up to capacity, by Gauss-Legendre quadrature. The bend towards capacity
    /// takes a log price of about κ, which panels must not step over.
    #[must_use]
    pub fn surplus(&self, x: f64) -> f64 {
        if self.is_unlimited() {
            // ∫ p^ε dp
            let power = self.elasticity + 1.0;
            return (power * x).exp_m1() / power;
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a small positive count
        let panels = (x.abs() / PANEL.min(KNEE * self.curvature)).ceil().clamp(1.0, 64.0) as usize;
        let width = x / panels as f64;
        let mut sum = 0.0;
        for panel in 0..panels {
            let middle = (panel as f64 + 0.5) * width;
            for (node, weight) in GAUSS {
                for sign in [-1.0, 1.0] {
                    let t = middle + sign * node * 0.5 * width;
                    sum += weight * 0.5 * width * (self.log_output(t) + t).exp();
                }
            }
        }
        sum
    }
}

impl Supply {
    /// What one more unit of capacity a year is worth over the baseline price, by what it saves in
    /// cost near capacity (A6) at a log price: `−∫₀ʰ ∂p/∂K dz`, cost away from capacity held fixed.
    ///
    /// By parts `u0·(h·p − (1 + 1/ε)·∫₀ʰ p dz)`; 0 where the curve has no curvature, for there only
    /// the limit itself is worth something.
    #[must_use]
    pub fn worth_of_capacity(&self, x: f64) -> f64 {
        if self.is_unlimited() {
            return 0.0;
        }
        let log = x.max(LOWEST);
        let sold = (self.log_output(log) + log).exp();
        let rent = self.surplus(log) - self.surplus(LOWEST);
        (self.utilisation * (sold - (1.0 + 1.0 / self.elasticity) * (sold - rent))).max(0.0)
    }
}

/// The log of the least slack, a share of capacity, that is told from none: some hundred times what
/// rounding leaves of the difference between capacity and output.
const LEAST_SLACK: f64 = -31.0;

/// A log price at which output is nothing to any digit.
pub const LOWEST: f64 = -40.0;

/// Longest panel of the quadrature, in log price.
const PANEL: f64 = 0.25;

/// Longest panel over κ.
const KNEE: f64 = 4.0;

/// Nodes and weights of eight-point Gauss-Legendre quadrature on [−1, 1], positive half
/// (Abramowitz and Stegun, table 25.4).
const GAUSS: [(f64, f64); 4] = [
    (0.183_434_642_495_649_8, 0.362_683_783_378_362),
    (0.525_532_409_916_329, 0.313_706_645_877_887_3),
    (0.796_666_477_413_626_7, 0.222_381_034_453_374_48),
    (0.960_289_856_497_536_2, 0.101_228_536_290_376_26),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_and_its_inverse_agree() {
        for utilisation in [0.0, 0.5, 0.9, 0.99, 1.0] {
            let supply = Supply::new(2.0, 0.1, utilisation);
            let full = -supply.utilisation.max(1e-3).ln();
            for w in [-2.0, -0.3, -1e-3, 0.0, 0.5 * full, 0.999 * full] {
                let found = supply.log_output(supply.log_price(w));
                assert!((found - w).abs() < 1e-12, "u0 {utilisation}, w {w}: {found}");
            }
            assert!(supply.utilisation * supply.log_output(5.0).exp() <= 1.0, "past capacity");
        }
    }

    #[test]
    fn a_price_above_all_slack_fills_the_plants_and_every_figure_stays_a_number() {
        for (curvature, utilisation) in [(0.001, 0.98), (0.02, 0.98), (0.02, 0.5), (0.3, 1.0)] {
            let supply = Supply::new(3.0, curvature, utilisation);
            let full = 1.0 / supply.utilisation;
            let mut before = 0.0;
            for step in 0..4_000 {
                let x = f64::from(step) * 0.0025;
                let output = supply.log_output(x).exp();
                let at = format!("kappa {curvature}, u0 {utilisation}, x {x}: {output}");
                assert!(output >= before * (1.0 - 1e-14) && output <= full * (1.0 + 1e-15), "{at}");
                before = output;
                if step % 40 == 0 {
                    let elasticity = supply.elasticity_at(output);
                    assert!((0.0..=3.0).contains(&elasticity), "{at}: {elasticity}");
                    assert!(supply.surplus(x).is_finite() && supply.worth_of_capacity(x).is_finite(), "{at}");
                }
            }
            assert!((before / full - 1.0).abs() < 1e-13, "{before} of {full}");
        }
    }

    #[test]
    fn baseline_price_gives_baseline_output_exactly() {
        assert_eq!(Supply::new(2.0, 0.1, 0.8).log_output(0.0), 0.0);
        assert_eq!(Supply::new(2.0, 0.1, 0.8).surplus(0.0), 0.0);
    }

    #[test]
    fn surplus_equals_revenue_less_cost() {
        // p·h − 1 − ∫₁ʰ p dz, the integral by Simpson's rule with many steps
        for (utilisation, x) in [(0.7, 0.3), (0.9, -0.4), (0.95, 0.1), (0.0, 0.2)] {
            let supply = Supply::new(2.0, 0.1, utilisation);
            let h = supply.log_output(x).exp();
            let steps = 20_000;
            let width = (h - 1.0) / f64::from(steps);
            let price = |z: f64| supply.log_price(z.ln()).exp();
            let mut cost = price(1.0) + price(h);
            for step in 1..steps {
                let weight = if step % 2 == 1 { 4.0 } else { 2.0 };
                cost += weight * price(1.0 + width * f64::from(step));
            }
            let expected = x.exp() * h - 1.0 - cost * width / 3.0;
            let surplus = supply.surplus(x);
            assert!((surplus - expected).abs() < 1e-10, "{utilisation} {x}: {surplus} against {expected}");
        }
    }

    #[test]
    fn surplus_is_right_where_the_curve_bends_sharply() {
        // with mpmath to 25 digits: ∫ h dp = p·h − 1 − ∫₁ʰ p dz at κ = 0.02, ε = 5
        for (utilisation, x, expected) in [
            (0.74, 0.25, 0.364_964_772_175_906_6),
            (0.833_333_333_333_333_4, 0.25, 0.332_829_465_829_537_45),
            (0.999_9, -0.25, -0.202_114_588_410_620_96),
        ] {
            let found = Supply::new(5.0, 0.02, utilisation).surplus(x);
            assert!((found - expected).abs() < 1e-12, "{utilisation}: {found}, not {expected}");
        }
    }

    #[test]
    fn elasticity_is_the_slope_in_logs() {
        let supply = Supply::new(2.0, 0.3, 0.85);
        let (x, step) = (0.1, 1e-6);
        let slope = (supply.log_output(x + step) - supply.log_output(x - step)) / (2.0 * step);
        assert!((slope - supply.elasticity_at(supply.log_output(x).exp())).abs() < 1e-8);
    }
}
