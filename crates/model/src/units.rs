//! Quantities as types, so that tonnes are never added to dollars.
//!
//! A data file names its unit in the column (`quantity_kt`); the value takes its
//! type the moment it is read. Pure ratios and rates stay `f64` (a fraction: 0.25
//! for 25 %). Kernels work on the inner number and name the unit in a comment.

use serde::Serialize;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default, Serialize)]
        #[serde(transparent)]
        pub struct $name(pub f64);

        impl $name {
            /// Nothing of it.
            pub const ZERO: Self = Self(0.0);
            /// The bare number, in the unit of the type.
            #[must_use]
            pub const fn value(self) -> f64 {
                self.0
            }
        }
        impl Add for $name {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self(self.0 + other.0)
            }
        }
        impl AddAssign for $name {
            fn add_assign(&mut self, other: Self) {
                self.0 += other.0;
            }
        }
        impl Sub for $name {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                Self(self.0 - other.0)
            }
        }
        impl Neg for $name {
            type Output = Self;
            fn neg(self) -> Self {
                Self(-self.0)
            }
        }
        impl Mul<f64> for $name {
            type Output = Self;
            fn mul(self, factor: f64) -> Self {
                Self(self.0 * factor)
            }
        }
        impl Div<f64> for $name {
            type Output = Self;
            fn div(self, divisor: f64) -> Self {
                Self(self.0 / divisor)
            }
        }
        impl Div for $name {
            type Output = f64;
            fn div(self, other: Self) -> f64 {
                self.0 / other.0
            }
        }
        impl Sum for $name {
            fn sum<I: Iterator<Item = Self>>(items: I) -> Self {
                Self(items.map(|item| item.0).sum())
            }
        }
    };
}

macro_rules! product {
    ($left:ident * $right:ident = $result:ident, $scale:expr) => {
        impl Mul<$right> for $left {
            type Output = $result;
            fn mul(self, other: $right) -> $result {
                $result(self.0 * other.0 * $scale)
            }
        }
        impl Mul<$left> for $right {
            type Output = $result;
            fn mul(self, other: $left) -> $result {
                other * self
            }
        }
    };
}

quantity!(
    /// Thousand tonnes (kt).
    Kilotonnes
);
quantity!(
    /// US dollars per tonne (USD/t).
    UsdPerTonne
);
quantity!(
    /// Million US dollars.
    MillionUsd
);
quantity!(
    /// Tonnes of CO2 equivalent per tonne of product (tCO2e/t).
    Intensity
);
quantity!(
    /// Thousand tonnes of CO2 equivalent (kt CO2e).
    KilotonnesCo2e
);
quantity!(
    /// US dollars per tonne of CO2 equivalent (USD/tCO2e).
    UsdPerTonneCo2e
);
quantity!(
    /// Jobs, in persons.
    Jobs
);
quantity!(
    /// Jobs per thousand tonnes of output (persons/kt).
    JobsPerKilotonne
);

// kt · USD/t = thousand USD = 0.001 million USD
product!(Kilotonnes * UsdPerTonne = MillionUsd, 1e-3);
// kt · tCO2e/t = kt CO2e
product!(Kilotonnes * Intensity = KilotonnesCo2e, 1.0);
// tCO2e/t · USD/tCO2e = USD/t
product!(Intensity * UsdPerTonneCo2e = UsdPerTonne, 1.0);
// kt CO2e · USD/tCO2e = thousand USD
product!(KilotonnesCo2e * UsdPerTonneCo2e = MillionUsd, 1e-3);
// kt · persons/kt = persons
product!(Kilotonnes * JobsPerKilotonne = Jobs, 1.0);

/// A rate in percent, as files state it, as the fraction that code uses.
#[must_use]
pub fn fraction(percent: f64) -> f64 {
    percent / 100.0
}

/// A fraction as the percent that people read.
#[must_use]
pub fn percent(fraction: f64) -> f64 {
    fraction * 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_kilotonnes_at_900_dollars_are_1_8_million() {
        let value = Kilotonnes(2.0) * UsdPerTonne(900.0);
        assert!((value.value() - 1.8).abs() < 1e-12);
    }

    #[test]
    fn a_charge_is_intensity_times_carbon_price() {
        assert_eq!(Intensity(2.0) * UsdPerTonneCo2e(80.0), UsdPerTonne(160.0));
    }
}
