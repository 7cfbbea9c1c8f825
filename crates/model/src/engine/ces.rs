//! Constant elasticity of substitution, one equation a function, in logs.

/// Below this distance of σ from 1 sums are taken so that nothing cancels.
const NEAR_ONE: f64 = 1e-3;

/// The log of a CES price index relative to the baseline (A2–A4):
/// `ln [Σ s·exp((1−σ)·l)]^{1/(1−σ)}` over pairs of baseline value share `s` and
/// log price ratio `l`. The Cobb-Douglas limit `Σ s·l` at σ = 1 included.
pub fn log_index(sigma: f64, items: impl Iterator<Item = (f64, f64)>) -> f64 {
    let a = 1.0 - sigma;
    if a == 0.0 {
        return items.map(|(share, log)| share * log).sum();
    }
    if a.abs() < NEAR_ONE {
        let sum: f64 = items.map(|(share, log)| share * (a * log).exp_m1()).sum();
        return sum.ln_1p() / a;
    }
    let sum: f64 = items.map(|(share, log)| share * (a * log).exp()).sum();
    sum.ln() / a
}

/// Whether sums of powers may be used for this σ.
#[must_use]
pub fn takes_sums(sigma: f64) -> bool {
    (1.0 - sigma).abs() >= NEAR_ONE
}

/// What purchasers gain from a price index `P` (log), over what they spent (W):
/// `(1−P^{1−η})/(1−η)`, `−ln P` at η = 1.
#[must_use]
pub fn consumer_gain(eta: f64, log_price: f64) -> f64 {
    let a = 1.0 - eta;
    if a == 0.0 { -log_price } else { -(a * log_price).exp_m1() / a }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_of_equal_prices_is_that_price() {
        for sigma in [0.5, 1.0, 1.000_5, 3.0, 15.0] {
            let index = log_index(sigma, [(0.3, 0.2), (0.7, 0.2)].into_iter());
            assert!((index - 0.2).abs() < 1e-12, "σ {sigma}: {index}");
        }
    }

    #[test]
    fn cobb_douglas_is_the_limit() {
        let items = [(0.3, 0.2), (0.7, -0.1)];
        let at_one = log_index(1.0, items.into_iter());
        assert!((at_one - (0.06 - 0.07)).abs() < 1e-15);
        let near = log_index(1.0 + 1e-9, items.into_iter());
        assert!((near - at_one).abs() < 1e-10);
    }

    #[test]
    fn gain_is_the_area_under_demand() {
        // η = 2: ∫ from P to 1 of z^-2 dz = 1/P − 1
        assert!((consumer_gain(2.0, 1.25_f64.ln()) - (0.8 - 1.0)).abs() < 1e-15);
        assert!((consumer_gain(1.0, 0.5) + 0.5).abs() < 1e-15);
    }

    #[test]
    fn close_to_one_the_index_has_its_series() {
        // Σ s·l + ½·a·(Σ s·l² − (Σ s·l)²), the next term below 1e-13
        let items = [(0.3, 0.2), (0.7, -0.1)];
        let (mean, square) = (-0.01, 0.3 * 0.04 + 0.7 * 0.01);
        for a in [1e-6, -1e-6, 3e-7, 1e-8, -1e-9, 7e-11] {
            let wanted = mean + 0.5 * a * (square - mean * mean);
            let found = log_index(1.0 - a, items.into_iter());
            assert!((found - wanted).abs() < 1e-13, "{a}: {found}, not {wanted}");
        }
        assert!(takes_sums(1.0011) && takes_sums(0.9) && !takes_sums(1.0009) && !takes_sums(0.9991));
    }
}
