//! The emission intensity that counts for a shipment.

use crate::units::Intensity;

/// The intensity that counts for a shipment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Counted {
    /// As it counts before any abatement.
    pub intensity: Intensity,
    /// How far it falls if the producer abates everything.
    pub response: Intensity,
}

impl Counted {
    /// The producer's own intensity, in which all its effort shows.
    #[must_use]
    pub fn own(intensity: Intensity) -> Self {
        Self { intensity, response: intensity }
    }

    /// A default value with a mark-up (a fraction), in which no effort shows.
    #[must_use]
    pub fn default_value(value: Intensity, markup: f64) -> Self {
        Self { intensity: value * (1.0 + markup), response: Intensity::ZERO }
    }
}
