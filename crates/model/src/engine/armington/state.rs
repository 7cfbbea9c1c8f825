//! The state of a condition, and what is shipped where prices stand.

/// Whether a value is held or free.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum State {
    /// Held at a number.
    Held(f64),
    /// Bound by its equation; for abatement, on this piece of the producer's cost.
    Free(usize),
}

/// What is shipped and at which prices, as the conditions see it.
pub(super) struct Shipped<'s> {
    /// By watched arc, kt.
    pub quantity: Vec<f64>,
    /// By producer: sales over those of the baseline.
    pub demand: &'s dyn Fn(usize) -> f64,
    /// By producer: price over the baseline's.
    pub price: &'s dyn Fn(usize) -> f64,
}
