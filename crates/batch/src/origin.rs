//! What sort of number is drawn: elasticities, shipments and so on.

/// What sort of number is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Elasticities.
    Elasticities,
    /// Shipments of the baseline.
    Flows,
    /// Emission intensities.
    Intensities,
    /// Mill prices.
    Prices,
    /// Capacities.
    Capacities,
    /// Numbers of the scenario.
    Scenario,
}

impl Origin {
    /// Every sort.
    pub const ALL: [Self; 6] =
        [Self::Elasticities, Self::Flows, Self::Intensities, Self::Prices, Self::Capacities, Self::Scenario];

    /// The sort of an input, by its name.
    #[must_use]
    pub fn of(what: &str) -> Self {
        match what.strip_prefix("data.").map(|rest| rest.split('.').next().unwrap_or(rest)) {
            Some("elasticity") => Self::Elasticities,
            Some("flows") => Self::Flows,
            Some("intensity" | "intensities") => Self::Intensities,
            Some("price" | "prices") => Self::Prices,
            Some("capacity") => Self::Capacities,
            _ => Self::Scenario,
        }
    }

    /// Its name in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Elasticities => "elasticities",
            Self::Flows => "flows",
            Self::Intensities => "intensities",
            Self::Prices => "prices",
            Self::Capacities => "capacities",
            Self::Scenario => "scenario",
        }
    }

    /// What it is in words.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Elasticities => "elasticities",
            Self::Flows => "trade flows",
            Self::Intensities => "emission intensities",
            Self::Prices => "mill prices",
            Self::Capacities => "capacities",
            Self::Scenario => "numbers of the scenario",
        }
    }
}
