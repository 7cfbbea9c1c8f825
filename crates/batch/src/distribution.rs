//! Distributions by their quantiles, so that any filling of the unit cube can be drawn from.

use std::fmt;
use zollverein_scenario::draw::{DrawForm, Shape};

/// A distribution whose numbers make sense.
#[derive(Debug, Clone, PartialEq)]
pub enum Distribution {
    /// Every value between two alike.
    Uniform {
        /// Lowest.
        low: f64,
        /// Highest.
        high: f64,
    },
    /// A triangle.
    Triangular {
        /// Lowest.
        low: f64,
        /// Most likely.
        mode: f64,
        /// Highest.
        high: f64,
    },
    /// The normal distribution.
    Normal {
        /// Mean.
        mean: f64,
        /// Standard deviation.
        sd: f64,
    },
    /// A number whose logarithm is normal.
    Lognormal {
        /// Median.
        median: f64,
        /// Standard deviation of the logarithm.
        sigma: f64,
    },
    /// One of some values.
    Discrete {
        /// The values.
        values: Vec<f64>,
        /// The probability of each value or one before it.
        cumulative: Vec<f64>,
    },
    /// A table drawn as a whole: the number names the draw.
    Table,
}

impl fmt::Display for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uniform { low, high } => write!(f, "uniform({low}, {high})"),
            Self::Triangular { low, mode, high } => write!(f, "triangular({low}, {mode}, {high})"),
            Self::Normal { mean, sd } => write!(f, "normal({mean}, {sd})"),
            Self::Lognormal { median, sigma } => write!(f, "lognormal({median}, {sigma})"),
            Self::Discrete { values, .. } => write!(f, "discrete({values:?})"),
            Self::Table => write!(f, "lognormal by row"),
        }
    }
}

/// What is wrong with a distribution: the key, what, and a remedy.
pub type Fault = (&'static str, String, String);

impl Distribution {
    /// The distribution of a form. `usual` is a value, with a range if one is known, for an input
    /// whose form does not say the numbers.
    ///
    /// # Errors
    /// Every fault of the form.
    pub fn read(form: &DrawForm, usual: Option<(f64, Option<(f64, f64)>)>) -> Result<Self, Vec<Fault>> {
        let mut read = Reading { faults: vec![] };
        let range = usual.and_then(|(_, range)| range);
        let shape = match form.distribution {
            Some(shape) => shape,
            None if range.is_some() => Shape::Triangular,
            None => {
                let remedy = "add distribution = \"triangular\", low, mode and high, for instance";
                return Err(vec![("what", "no distribution is named".to_owned(), remedy.to_owned())]);
            }
        };
        read.strangers(form, shape);
        let low = || form.low.or(range.map(|range| range.0));
        let high = || form.high.or(range.map(|range| range.1));
        let made = match shape {
            Shape::Uniform => {
                let (low, high) = (read.number("low", low()), read.number("high", high()));
                read.order("low", low, "high", high);
                Self::Uniform { low, high }
            }
            Shape::Triangular => {
                let usual = usual.map(|(value, _)| value);
                let (low, high) = (read.number("low", low()), read.number("high", high()));
                let mode = read.number("mode", form.mode.or(usual));
                read.order("low", low, "mode", mode);
                read.order("mode", mode, "high", high);
                Self::Triangular { low, mode, high }
            }
            Shape::Normal => {
                let (mean, sd) = (read.number("mean", form.mean), read.number("sd", form.sd));
                read.positive("sd", sd);
                Self::Normal { mean, sd }
            }
            Shape::Lognormal => {
                let (median, sigma) = (read.number("median", form.median), read.number("sigma", form.sigma));
                read.positive("median", median);
                read.positive("sigma", sigma);
                Self::Lognormal { median, sigma }
            }
            Shape::Discrete => read.discrete(form),
        };
        if read.faults.is_empty() { Ok(made) } else { Err(read.faults) }
    }

    /// The value that a share of all values does not exceed; the share lies above 0 and below 1.
    #[must_use]
    pub fn quantile(&self, share: f64) -> f64 {
        match self {
            Self::Uniform { low, high } => low + (high - low) * share,
            Self::Triangular { low, mode, high } => {
                let width = high - low;
                if width == 0.0 {
                    return *mode;
                }
                let below = (mode - low) / width;
                if share < below {
                    low + (share * width * (mode - low)).sqrt()
                } else {
                    high - ((1.0 - share) * width * (high - mode)).sqrt()
                }
            }
            Self::Normal { mean, sd } => mean + sd * standard_normal(share),
            Self::Lognormal { median, sigma } => median * (sigma * standard_normal(share)).exp(),
            Self::Discrete { values, cumulative } => {
                let at = cumulative.partition_point(|known| *known <= share);
                values.get(at).or(values.last()).copied().unwrap_or(f64::NAN)
            }
            Self::Table => share,
        }
    }

    /// The value in the middle: the most likely of a triangle, the median of others.
    #[must_use]
    pub fn central(&self) -> f64 {
        match self {
            Self::Triangular { mode, .. } => *mode,
            Self::Table => 0.0,
            _ => self.quantile(0.5),
        }
    }
}

struct Reading {
    faults: Vec<Fault>,
}

impl Reading {
    fn number(&mut self, key: &'static str, value: Option<f64>) -> f64 {
        value.unwrap_or_else(|| {
            self.faults.push(("what", format!("`{key}` is missing"), format!("add {key} = …")));
            f64::NAN
        })
    }

    fn order(&mut self, lower: &'static str, a: f64, higher: &'static str, b: f64) {
        if a > b {
            let what = format!("`{lower}` {a} is above `{higher}` {b}");
            self.faults.push((lower, what, "put them in rising order".to_owned()));
        }
    }

    fn positive(&mut self, key: &'static str, value: f64) {
        if value <= 0.0 {
            self.faults.push((key, format!("`{key}` is {value}"), "give a number above zero".to_owned()));
        }
    }

    /// Keys that the shape does not know.
    fn strangers(&mut self, form: &DrawForm, shape: Shape) {
        let known: &[&str] = match shape {
            Shape::Uniform => &["low", "high"],
            Shape::Triangular => &["low", "mode", "high"],
            Shape::Normal => &["mean", "sd"],
            Shape::Lognormal => &["median", "sigma"],
            Shape::Discrete => &["values", "weights"],
        };
        let given = [
            ("low", form.low.is_some()),
            ("high", form.high.is_some()),
            ("mode", form.mode.is_some()),
            ("mean", form.mean.is_some()),
            ("sd", form.sd.is_some()),
            ("median", form.median.is_some()),
            ("sigma", form.sigma.is_some()),
            ("values", !form.values.is_empty()),
            ("weights", !form.weights.is_empty()),
        ];
        for (key, _) in given.into_iter().filter(|(key, given)| *given && !known.contains(key)) {
            let what = format!("`{key}` says nothing of this distribution");
            self.faults.push((key, what, format!("it knows {}", known.join(", "))));
        }
    }

    fn discrete(&mut self, form: &DrawForm) -> Distribution {
        let values = form.values.clone();
        if values.is_empty() {
            self.faults.push(("what", "`values` is missing".to_owned(), "add values = [ … ]".to_owned()));
        }
        let weights = if form.weights.is_empty() { vec![1.0; values.len()] } else { form.weights.clone() };
        if weights.len() != values.len() {
            let what = format!("{} weights for {} values", weights.len(), values.len());
            self.faults.push(("weights", what, "give each value one weight".to_owned()));
        }
        let whole: f64 = weights.iter().sum();
        if weights.iter().any(|weight| *weight < 0.0) || (whole <= 0.0 && !values.is_empty()) {
            let what = "a weight is below zero, or all are zero".to_owned();
            self.faults.push(("weights", what, "give weights of zero or more".to_owned()));
        }
        let mut sum = 0.0;
        let cumulative = weights.iter().map(|weight| {
            sum += weight / whole;
            sum
        });
        Distribution::Discrete { cumulative: cumulative.collect(), values }
    }
}

/// Quantile of the standard normal distribution: algorithm AS 241, PPND16 (Wichura, *Applied
/// Statistics* 37, 1988), good to about 1 part in 10¹⁶.
#[must_use]
pub fn standard_normal(share: f64) -> f64 {
    let centred = share - 0.5;
    if centred.abs() <= 0.425 {
        let r = 0.180_625 - centred * centred;
        return centred * horner(&CENTRE, r) / horner(&CENTRE_UNDER, r);
    }
    let tail = if centred < 0.0 { share } else { 1.0 - share };
    let r = (-tail.ln()).sqrt();
    let size = if r <= 5.0 {
        horner(&MIDDLE, r - 1.6) / horner(&MIDDLE_UNDER, r - 1.6)
    } else {
        horner(&FAR, r - 5.0) / horner(&FAR_UNDER, r - 5.0)
    };
    size.copysign(centred)
}

/// A polynomial, the constant first.
fn horner(coefficients: &[f64; 8], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, coefficient| sum * x + coefficient)
}

const CENTRE: [f64; 8] = [
    3.387_132_872_796_366_6,
    133.141_667_891_784_38,
    1_971.590_950_306_551_3,
    13_731.693_765_509_46,
    45_921.953_931_549_87,
    67_265.770_927_008_7,
    33_430.575_583_588_13,
    2_509.080_928_730_122_7,
];
const CENTRE_UNDER: [f64; 8] = [
    1.0,
    42.313_330_701_600_91,
    687.187_007_492_057_9,
    5_394.196_021_424_751,
    21_213.794_301_586_597,
    39_307.895_800_092_71,
    28_729.085_735_721_943,
    5_226.495_278_852_854,
];
const MIDDLE: [f64; 8] = [
    1.423_437_110_749_683_5,
    4.630_337_846_156_546,
    5.769_497_221_460_691,
    3.647_848_324_763_204_5,
    1.270_458_252_452_368_4,
    0.241_780_725_177_450_6,
    0.022_723_844_989_269_184,
    7.745_450_142_783_414e-4,
];
const MIDDLE_UNDER: [f64; 8] = [
    1.0,
    2.053_191_626_637_759,
    1.676_384_830_183_803_8,
    0.689_767_334_985_1,
    0.148_103_976_427_480_08,
    0.015_198_666_563_616_457,
    5.475_938_084_995_345e-4,
    1.050_750_071_644_416_8e-9,
];
const FAR: [f64; 8] = [
    6.657_904_643_501_103,
    5.463_784_911_164_114,
    1.784_826_539_917_291_3,
    0.296_560_571_828_504_9,
    0.026_532_189_526_576_124,
    0.001_242_660_947_388_078_4,
    2.711_555_568_743_487_6e-5,
    2.010_334_399_292_288_1e-7,
];
const FAR_UNDER: [f64; 8] = [
    1.0,
    0.599_832_206_555_888,
    0.136_929_880_922_735_8,
    0.014_875_361_290_850_615,
    7.868_691_311_456_133e-4,
    1.846_318_317_510_054_7e-5,
    1.421_511_758_316_446e-7,
    2.044_263_103_389_939_8e-15,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_quantiles_are_those_of_tables() {
        let known = [
            (0.5, 0.0),
            (0.975, 1.959_963_984_540_054),
            (0.001, -3.090_232_306_167_813_5),
            (0.25, -0.674_489_750_196_081_7),
            (1e-10, -6.361_340_902_404_056),
            (1e-20, -9.262_340_089_798_408),
        ];
        for (share, expected) in known {
            let found = standard_normal(share);
            assert!((found - expected).abs() <= 1e-14 * expected.abs().max(1.0), "{share}: {found}");
        }
    }

    #[test]
    fn a_triangle_has_its_mode_where_the_halves_meet() {
        let triangle = Distribution::Triangular { low: 1.0, mode: 2.0, high: 5.0 };
        // distribution function (x−1)²/4 below the mode, 1 − (5−x)²/12 above it
        assert!((triangle.quantile(0.25) - 2.0).abs() < 1e-15);
        assert!((triangle.quantile(0.09) - 1.6).abs() < 1e-12);
        assert!((triangle.quantile(1.0 - 1.0 / 12.0) - 4.0).abs() < 1e-12);
        assert_eq!(triangle.central(), 2.0);
        assert_eq!(Distribution::Triangular { low: 2.0, mode: 2.0, high: 2.0 }.quantile(0.3), 2.0);
    }

    #[test]
    fn discrete_values_come_by_their_weights() {
        let form = DrawForm {
            distribution: Some(Shape::Discrete),
            values: vec![10.0, 20.0, 30.0],
            weights: vec![1.0, 2.0, 1.0],
            ..DrawForm::default()
        };
        let made = Distribution::read(&form, None).expect("it reads");
        let drawn = [0.1, 0.249, 0.251, 0.749, 0.751, 0.999].map(|share| made.quantile(share));
        assert_eq!(drawn, [10.0, 10.0, 20.0, 20.0, 30.0, 30.0]);
    }

    #[test]
    fn every_fault_of_a_form_is_told() {
        let form = DrawForm {
            distribution: Some(Shape::Uniform),
            low: Some(2.0),
            sd: Some(1.0),
            ..DrawForm::default()
        };
        let faults = Distribution::read(&form, None).expect_err("it is faulty");
        assert_eq!(faults.len(), 2, "{faults:?}"); // `sd` is a stranger, `high` is missing
        let form = DrawForm { distribution: Some(Shape::Uniform), low: Some(2.0), high: Some(1.0), ..form };
        let form = DrawForm { sd: None, ..form };
        assert_eq!(Distribution::read(&form, None).expect_err("the order is wrong").len(), 1);
        let usual = Some((2.0, Some((1.0, 5.0))));
        let made = Distribution::read(&DrawForm::default(), usual).expect("the range of the data");
        assert_eq!(made, Distribution::Triangular { low: 1.0, mode: 2.0, high: 5.0 });
    }
}
