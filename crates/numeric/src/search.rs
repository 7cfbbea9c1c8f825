//! Searches in one number: the largest value in bounds, and where a value is zero; and the random
//! numbers of this folder.

/// The golden section of one: (3 − √5) / 2.
const GOLDEN: f64 = 0.381_966_011_250_105_1;

/// A point and its value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Best {
    /// Where.
    pub at: f64,
    /// The value there.
    pub value: f64,
    /// How often the function was asked.
    pub asked: usize,
}

/// The largest value of a function in bounds, found by a grid of `grid` + 1 points and then Brent's
/// method (golden section and parabolas; Brent 1973, chapter 5) around the best of them, and
/// sharpened where the slope is zero. A function with several tops may have a higher one between
/// points of the grid.
///
/// # Errors
/// The function's own.
pub fn largest<E>(
    bounds: (f64, f64),
    grid: usize,
    mut value: impl FnMut(f64) -> Result<f64, E>,
) -> Result<Best, E> {
    let (low, high) = bounds;
    let width = high - low;
    let mut asked = 0;
    let mut ask = |at: f64| {
        asked += 1;
        value(at)
    };
    if width <= 0.0 {
        let found = ask(low)?;
        return Ok(Best { at: low, value: found, asked });
    }
    let cells = grid.max(2);
    let point = |k: usize| if k == cells { high } else { low + width * k as f64 / cells as f64 };
    let mut best = (low, f64::NEG_INFINITY, 0);
    for k in 0..=cells {
        let found = ask(point(k))?;
        if found > best.1 {
            best = (point(k), found, k);
        }
    }
    let bracket = (point(best.2.saturating_sub(1)), point((best.2 + 1).min(cells)));
    let (mut at, mut top) = brent(bracket, (best.0, best.1), 1e-7 * width, &mut ask)?;
    // where values are flat their slope still has a sign: sharpen by the slope
    let step = (1e-3 * width).min(0.5 * (at - low)).min(0.5 * (high - at));
    if step > 1e-6 * width {
        let sharper = flat_at(at, step, &mut ask)?;
        if sharper > low && sharper < high {
            let found = ask(sharper)?;
            if found >= top - 1e-13 * top.abs() {
                (at, top) = (sharper, found);
            }
        }
    }
    // a top at a bound is that bound, not a point near it
    for end in [low, high] {
        if at != end && (at - end).abs() <= 1e-6 * width {
            let found = ask(end)?;
            if found >= top {
                (at, top) = (end, found);
            }
        }
    }
    Ok(Best { at, value: top, asked })
}

/// Brent's method from a point inside a bracket.
fn brent<E>(
    bracket: (f64, f64),
    start: (f64, f64),
    tolerance: f64,
    ask: &mut impl FnMut(f64) -> Result<f64, E>,
) -> Result<(f64, f64), E> {
    let (mut low, mut high) = bracket;
    // the best, the second best, and the second best before
    let [mut x, mut w, mut v] = [start; 3];
    let (mut step, mut before) = (0.0_f64, 0.0_f64);
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        if (x.0 - middle).abs() + 0.5 * (high - low) <= 2.0 * tolerance {
            break;
        }
        let mut golden = true;
        if before.abs() > tolerance {
            let r = (x.0 - w.0) * (x.1 - v.1);
            let q = (x.0 - v.0) * (x.1 - w.1);
            let mut p = (x.0 - v.0) * q - (x.0 - w.0) * r;
            let mut q = 2.0 * (q - r);
            if q > 0.0 {
                p = -p;
            }
            q = q.abs();
            let last = before;
            before = step;
            if p.abs() < (0.5 * q * last).abs() && p > q * (low - x.0) && p < q * (high - x.0) {
                step = p / q;
                let u = x.0 + step;
                if u - low < 2.0 * tolerance || high - u < 2.0 * tolerance {
                    step = if x.0 < middle { tolerance } else { -tolerance };
                }
                golden = false;
            }
        }
        if golden {
            before = if x.0 < middle { high - x.0 } else { low - x.0 };
            step = GOLDEN * before;
        }
        let away = if step.abs() >= tolerance { step } else { tolerance.copysign(step) };
        let at = (x.0 + away).clamp(bracket.0, bracket.1);
        let u = (at, ask(at)?);
        if u.1 >= x.1 {
            if u.0 < x.0 {
                high = x.0;
            } else {
                low = x.0;
            }
            (v, w, x) = (w, x, u);
        } else {
            if u.0 < x.0 {
                low = u.0;
            } else {
                high = u.0;
            }
            if u.1 >= w.1 || w.0 == x.0 {
                (v, w) = (w, u);
            } else if u.1 >= v.1 || v.0 == x.0 || v.0 == w.0 {
                v = u;
            }
        }
    }
    Ok(x)
}

/// Where the slope is zero near a point, by secants on slopes from five points each.
fn flat_at<E>(at: f64, step: f64, ask: &mut impl FnMut(f64) -> Result<f64, E>) -> Result<f64, E> {
    let mut slope = |x: f64| -> Result<f64, E> {
        let h = 0.5 * step;
        let near = ask(x + h)? - ask(x - h)?;
        let far = ask(x + step)? - ask(x - step)?;
        Ok((8.0 * near - far) / (12.0 * h))
    };
    let (mut a, mut b) = (at, at + 0.1 * step);
    let (mut fa, mut fb) = (slope(a)?, slope(b)?);
    for _ in 0..3 {
        if fa == fb {
            break;
        }
        let next = b - fb * (b - a) / (fb - fa);
        if !next.is_finite() || (next - at).abs() > step {
            return Ok(at);
        }
        (a, fa) = (b, fb);
        b = next;
        if (b - a).abs() <= 1e-13 * at.abs().max(step) {
            break;
        }
        fb = slope(b)?;
    }
    Ok(b)
}

/// Where a function that changes sign in bounds is zero, by the Illinois method within a bisection;
/// `None` if it has the same sign at both ends.
///
/// # Errors
/// The function's own.
pub fn zero<E>(bounds: (f64, f64), mut value: impl FnMut(f64) -> Result<f64, E>) -> Result<Option<f64>, E> {
    let (mut low, mut high) = bounds;
    let (mut below, mut above) = (value(low)?, value(high)?);
    if below == 0.0 {
        return Ok(Some(low));
    }
    if above == 0.0 {
        return Ok(Some(high));
    }
    if (below > 0.0) == (above > 0.0) {
        return Ok(None);
    }
    let mut last = 0;
    for round in 0..200 {
        if (high - low).abs() <= 4.0 * f64::EPSILON * low.abs().max(high.abs()) {
            break;
        }
        let secant = (low * above - high * below) / (above - below);
        let inside = secant > low.min(high) && secant < low.max(high);
        let at = if inside && round % 4 != 3 { secant } else { 0.5 * (low + high) };
        let found = value(at)?;
        if found == 0.0 {
            return Ok(Some(at));
        }
        if (found > 0.0) == (below > 0.0) {
            (low, below) = (at, found);
            if last == -1 {
                above *= 0.5;
            }
            last = -1;
        } else {
            (high, above) = (at, found);
            if last == 1 {
                below *= 0.5;
            }
            last = 1;
        }
    }
    Ok(Some(if below.abs() < above.abs() { low } else { high }))
}

/// Random numbers from a seed (`SplitMix64`; Steele, Lea and Flood 2014): the same on every machine.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// Begins at a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to below 1.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A whole number below a bound; of a bound of zero, zero.
    pub fn below(&mut self, bound: usize) -> usize {
        let wide = u128::from(self.bits()) * bound as u128;
        usize::try_from(wide >> 64).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    fn top(bounds: (f64, f64), value: impl Fn(f64) -> f64) -> Best {
        let Ok(best) = largest(bounds, 8, |x| Ok::<_, Infallible>(value(x)));
        best
    }

    #[test]
    fn a_top_inside_is_found_to_ten_digits() {
        // ln x − x is largest at 1
        let best = top((0.1, 5.0), |x| x.ln() - x);
        assert!((best.at - 1.0).abs() < 1e-10, "{best:?}");
        assert!(best.asked < 70, "{best:?}");
    }

    #[test]
    fn a_top_at_a_bound_is_the_bound() {
        assert_eq!(top((0.0, 2.0), |x| 3.0 * x).at, 2.0);
        assert_eq!(top((0.0, 2.0), |x| -x * x).at, 0.0);
        assert_eq!(top((1.0, 1.0), |x| x).at, 1.0);
    }

    #[test]
    fn the_higher_of_two_tops_is_found_if_the_grid_sees_it() {
        let best = top((0.0, 10.0), |x| (-(x - 2.0).powi(2)).exp() + 1.5 * (-(x - 8.0).powi(2)).exp());
        assert!((best.at - 8.0).abs() < 1e-6, "{best:?}");
    }

    #[test]
    fn faults_of_the_function_are_handed_on() {
        assert_eq!(largest((0.0, 1.0), 4, |_| Err::<f64, _>("no market")), Err("no market"));
    }

    #[test]
    fn a_zero_is_found_to_the_last_digits() {
        let Ok(root) = zero((0.0, 2.0), |x| Ok::<_, Infallible>(x * x + x - 1.0));
        let wanted = (5.0_f64.sqrt() - 1.0) / 2.0;
        assert!(root.is_some_and(|root| (root - wanted).abs() < 1e-15), "{root:?}");
        let Ok(none) = zero((1.0, 2.0), Ok::<f64, Infallible>);
        assert_eq!(none, None);
    }

    /// The first numbers of the published generator from seed 1234567.
    #[test]
    fn random_numbers_are_those_of_the_published_generator() {
        let mut random = Random::new(1_234_567);
        let drawn = [random.bits(), random.bits(), random.bits()];
        assert_eq!(drawn, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
        assert!((0..1000).all(|_| random.below(3) < 3 && random.unit() < 1.0));
    }
}
