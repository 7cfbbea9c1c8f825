//! Logarithms and powers of many numbers at once, four to a vector register.
//!
//! Plain arithmetic throughout, so that the bits do not depend on the machine's
//! mathematical library.

use wide::f64x4;

/// `out[k] = ln x[k]`.
pub fn ln(x: &[f64], out: &mut [f64]) {
    map(x, out, f64x4::ln);
}

/// `out[k] = exp(scale · x[k])`.
pub fn exp(scale: f64, x: &[f64], out: &mut [f64]) {
    let scale = f64x4::splat(scale);
    map(x, out, |x| (scale * x).exp());
}

/// `out[k] = exp(scale[k] · x[k])`.
pub fn exp_each(scale: &[f64], x: &[f64], out: &mut [f64]) {
    for ((out, scale), x) in out.iter_mut().zip(scale).zip(x) {
        *out = scale * x;
    }
    in_place(out, f64x4::exp);
}

fn map(x: &[f64], out: &mut [f64], f: impl Fn(f64x4) -> f64x4) {
    out.copy_from_slice(x);
    in_place(out, f);
}

fn in_place(values: &mut [f64], f: impl Fn(f64x4) -> f64x4) {
    let mut fours = values.chunks_exact_mut(4);
    for four in &mut fours {
        let result = f(f64x4::from([four[0], four[1], four[2], four[3]])).to_array();
        four[0] = result[0];
        four[1] = result[1];
        four[2] = result[2];
        four[3] = result[3];
    }
    let rest = fours.into_remainder();
    let mut four = [1.0; 4];
    for (lane, value) in four.iter_mut().zip(rest.iter()) {
        *lane = *value;
    }
    let result = f(f64x4::from(four)).to_array();
    for (value, lane) in rest.iter_mut().zip(result) {
        *value = lane;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_agree_with_the_standard_library() {
        let x: Vec<f64> = (0..4001).map(|k| 1e-6 * 1.008_f64.powi(k)).collect();
        let mut log = vec![0.0; x.len()];
        ln(&x, &mut log);
        for (x, log) in x.iter().zip(&log) {
            assert!((log - x.ln()).abs() <= 4e-16 * x.ln().abs().max(0.5), "ln {x}: {log}");
        }
        let y: Vec<f64> = (-2000..2001).map(|k| f64::from(k) * 0.01).collect();
        let mut power = vec![0.0; y.len()];
        exp(1.5, &y, &mut power);
        for (y, power) in y.iter().zip(&power) {
            let exact = (1.5 * y).exp();
            assert!((power / exact - 1.0).abs() <= 1e-15, "exp {y}: {power} {exact}");
        }
    }

    #[test]
    fn one_and_zero_are_exact() {
        let mut out = [0.0; 3];
        ln(&[1.0; 3], &mut out);
        assert_eq!(out, [0.0; 3]);
        exp(-14.0, &[0.0; 3], &mut out);
        assert_eq!(out, [1.0; 3]);
    }

    #[test]
    fn extremes_stay_extremes() {
        let mut out = [0.0; 2];
        exp(1.0, &[1000.0, -1000.0], &mut out);
        assert_eq!(out, [f64::INFINITY, 0.0]);
    }
}
