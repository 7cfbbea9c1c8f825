//! How much of a figure's variance each input accounts for, and how strongly each moves it.
//!
//! With `f(A)`, `f(B)` the figure on two independent samples and `f(AB_i)` on the first with input
//! `i` of the second, over `N` draws:
//!
//! * first order (Saltelli and others 2010): `S_i = (1/N) Σ f(B)·(f(AB_i) − f(A)) / V`,
//! * total order (Jansen 1999): `T_i = (1/2N) Σ (f(A) − f(AB_i))² / V`,
//!
//! where `V` is the variance over both samples. The figure is first taken less its mean, which
//! changes no index and lessens the error. Error bars come from drawing the `N` rows anew
//! (bootstrap). Elementary effects are those of Morris 1991, with `μ*` of Campolongo and others 2007.

use zollverein_numeric::search::Random;

/// Bootstrap samples.
const RESAMPLES: usize = 400;

/// An index with its error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Index {
    /// The estimate.
    pub value: f64,
    /// Its standard error by bootstrap.
    pub error: f64,
    /// 2.5 % of the bootstrap samples lie below.
    pub low: f64,
    /// 2.5 % of the bootstrap samples lie above.
    pub high: f64,
}

/// Both indices of an input.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Indices {
    /// First order: what it accounts for alone.
    pub first: Index,
    /// Total order: what it accounts for alone and together with others.
    pub total: Index,
}

/// The indices of each input. `a` and `b` are the figure by draw on the two samples, `mixed` by
/// input on the first with one input of the second. `None` where the figure does not vary.
#[must_use]
pub fn sobol(a: &[f64], b: &[f64], mixed: &[Vec<f64>], seed: u64) -> Option<Vec<Indices>> {
    let draws = a.len();
    let mean = a.iter().chain(b).sum::<f64>() / (2 * draws) as f64;
    let centred = |values: &[f64]| -> Vec<f64> { values.iter().map(|value| value - mean).collect() };
    let (a, b) = (centred(a), centred(b));
    let mixed: Vec<Vec<f64>> = mixed.iter().map(|values| centred(values)).collect();
    let all: Vec<usize> = (0..draws).collect();
    let estimates = estimate(&a, &b, &mixed, &all)?;
    let mut random = Random::new(seed);
    let mut samples: Vec<Vec<(f64, f64)>> = vec![vec![]; mixed.len()];
    for _ in 0..RESAMPLES {
        let rows: Vec<usize> = (0..draws).map(|_| random.below(draws)).collect();
        for (sample, found) in samples.iter_mut().zip(estimate(&a, &b, &mixed, &rows).unwrap_or_default()) {
            sample.push(found);
        }
    }
    let index = |value: f64, mut sample: Vec<f64>| {
        let count = sample.len().max(1) as f64;
        let mean = sample.iter().sum::<f64>() / count;
        let square = sample.iter().map(|one| (one - mean).powi(2)).sum::<f64>();
        sample.sort_by(f64::total_cmp);
        let (low, high) = (quantile(&sample, 0.025), quantile(&sample, 0.975));
        Index { value, error: (square / (count - 1.0).max(1.0)).sqrt(), low, high }
    };
    let inputs = estimates.into_iter().zip(samples);
    let indices = inputs.map(|((first, total), samples)| Indices {
        first: index(first, samples.iter().map(|sample| sample.0).collect()),
        total: index(total, samples.iter().map(|sample| sample.1).collect()),
    });
    Some(indices.collect())
}

/// First and total order by input, over some rows.
fn estimate(a: &[f64], b: &[f64], mixed: &[Vec<f64>], rows: &[usize]) -> Option<Vec<(f64, f64)>> {
    let count = rows.len() as f64;
    let sum: f64 = rows.iter().map(|row| a[*row] + b[*row]).sum();
    let squares: f64 = rows.iter().map(|row| a[*row] * a[*row] + b[*row] * b[*row]).sum();
    let variance = squares / (2.0 * count) - (sum / (2.0 * count)).powi(2);
    let scale = squares / (2.0 * count);
    if variance <= 1e-24 * scale || !variance.is_finite() || rows.is_empty() {
        return None;
    }
    let of = |mixed: &Vec<f64>| {
        let (mut first, mut total) = (0.0, 0.0);
        for row in rows {
            first += b[*row] * (mixed[*row] - a[*row]);
            total += (a[*row] - mixed[*row]).powi(2);
        }
        (first / count / variance, total / (2.0 * count) / variance)
    };
    Some(mixed.iter().map(of).collect())
}

/// What the elementary effects of an input come to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effects {
    /// Their mean.
    pub mean: f64,
    /// The mean of their sizes, `μ*`.
    pub size: f64,
    /// Their standard deviation: above zero where the input acts through others or not in proportion.
    pub deviation: f64,
    /// How many there are.
    pub count: usize,
}

/// Sums elementary effects up; `None` without one.
#[must_use]
pub fn effects(effects: &[f64]) -> Option<Effects> {
    let count = effects.len() as f64;
    let mean = effects.iter().sum::<f64>() / count;
    let size = effects.iter().map(|effect| effect.abs()).sum::<f64>() / count;
    let squares = effects.iter().map(|effect| (effect - mean).powi(2)).sum::<f64>();
    let deviation = (squares / (count - 1.0).max(1.0)).sqrt();
    (!effects.is_empty()).then_some(Effects { mean, size, deviation, count: effects.len() })
}

/// A quantile of sorted values, linear between neighbours; NaN of none.
#[must_use]
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let at = share * last as f64;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // from 0 to `last`
    let below = (at.floor() as usize).min(last);
    let above = (below + 1).min(last);
    let part = at - below as f64;
    if part == 0.0 { sorted[below] } else { sorted[below] + (sorted[above] - sorted[below]) * part }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::points::{Filling, Points, Set, Study};
    use std::f64::consts::PI;

    /// Evaluates a function on the points of a study.
    fn evaluated(points: &Points, of: impl Fn(&[f64]) -> f64) -> Vec<(Set, f64)> {
        (0..points.sampled())
            .map(|number| {
                let point = points.point(number);
                let at: Vec<f64> = point.at.iter().map(|at| at.unwrap_or(0.5)).collect();
                (point.set, of(&at))
            })
            .collect()
    }

    /// Ishigami and Homma 1990 with a = 7, b = 0.1 on (−π, π)³: first order 0.3139, 0.4424 and 0,
    /// total order 0.5576, 0.4424 and 0.2437.
    #[test]
    fn indices_of_ishigami_are_the_known_ones_to_a_hundredth() {
        let points = Points::new(1, 8192, 3, Filling::Sobol, Study::Indices, 1);
        let (mut a, mut b, mut mixed) = (vec![], vec![], vec![vec![]; 3]);
        let ishigami = |at: &[f64]| {
            let x: Vec<f64> = at.iter().map(|at| PI * (2.0 * at - 1.0)).collect();
            x[0].sin() + 7.0 * x[1].sin().powi(2) + 0.1 * x[2].powi(4) * x[0].sin()
        };
        for (set, value) in evaluated(&points, ishigami) {
            match set {
                Set::A => a.push(value),
                Set::B => b.push(value),
                Set::Mixed(input) => mixed[input].push(value),
                other => panic!("{other:?}"),
            }
        }
        let found = sobol(&a, &b, &mixed, 5).expect("it varies");
        let known = [(0.3139, 0.5576), (0.4424, 0.4424), (0.0, 0.2437)];
        for (found, (first, total)) in found.iter().zip(known) {
            assert!((found.first.value - first).abs() < 0.01, "{found:?} against {first}");
            assert!((found.total.value - total).abs() < 0.01, "{found:?} against {total}");
            assert!(found.first.error > 0.0 && found.first.low <= found.first.high);
            assert!(found.total.low <= found.total.value && found.total.value <= found.total.high);
        }
    }

    #[test]
    fn a_figure_that_does_not_vary_has_no_index() {
        assert_eq!(sobol(&[2.0; 8], &[2.0; 8], &[vec![2.0; 8]], 1), None);
    }

    /// f = 2x₁ + x₂x₃: effects of x₁ are 2 throughout; those of x₂ are x₃, which has mean 1/2.
    #[test]
    fn elementary_effects_of_a_known_function() {
        use crate::points::STEP;
        let points = Points::new(1, 400, 4, Filling::Random, Study::Morris, 9);
        let values = evaluated(&points, |x| 2.0 * x[0] + x[1] * x[2]);
        let mut by_input = vec![vec![]; 4];
        for path in 0..400 {
            for (step, input) in points.order(path).into_iter().enumerate() {
                let (before, after) = (path * 5 + step, path * 5 + step + 1);
                let (from, to) = (points.point(before).at[input], points.point(after).at[input]);
                let sign = if to > from { 1.0 } else { -1.0 };
                by_input[input].push(sign * (values[after].1 - values[before].1) / STEP);
            }
        }
        let found: Vec<Effects> = by_input.iter().filter_map(|one| effects(one)).collect();
        assert!((found[0].mean - 2.0).abs() < 1e-12 && found[0].deviation < 1e-12, "{:?}", found[0]);
        assert!((found[1].size - 0.5).abs() < 0.05 && found[1].deviation > 0.1, "{:?}", found[1]);
        assert!((found[2].size - 0.5).abs() < 0.05, "{:?}", found[2]);
        assert_eq!((found[3].size, found[3].count), (0.0, 400));
    }

    #[test]
    fn quantiles_lie_between_neighbours() {
        let sorted = [1.0, 2.0, 4.0];
        assert_eq!(
            [0.0, 0.25, 0.5, 0.75, 1.0].map(|share| quantile(&sorted, share)),
            [1.0, 1.5, 2.0, 3.0, 4.0]
        );
        assert!(quantile(&[], 0.5).is_nan());
    }
}
