//! Elasticities of demand, supply and substitution, by product and, where the
//! data say so, by country.

use crate::baseline::ids::{CountryId, ProductId};

/// A behavioural parameter; the names are those of `elasticities.csv`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Parameter {
    /// σ1: home sales against imports.
    SubstitutionHomeImport,
    /// σ2: among origins of imports.
    SubstitutionOrigins,
    /// σ3: among routes of one origin.
    SubstitutionRoutes,
    /// η: demand for the product as a whole (absolute value).
    Demand,
    /// ε: supply away from capacity.
    Supply,
    /// κ: how sharply cost rises near capacity.
    CapacityCurvature,
}

impl Parameter {
    /// All parameters.
    pub const ALL: [Self; 6] = [
        Self::SubstitutionHomeImport,
        Self::SubstitutionOrigins,
        Self::SubstitutionRoutes,
        Self::Demand,
        Self::Supply,
        Self::CapacityCurvature,
    ];

    /// The name in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SubstitutionHomeImport => "substitution_home_import",
            Self::SubstitutionOrigins => "substitution_origins",
            Self::SubstitutionRoutes => "substitution_routes",
            Self::Demand => "demand",
            Self::Supply => "supply",
            Self::CapacityCurvature => "capacity_curvature",
        }
    }

    /// The parameter of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|parameter| parameter.name() == name)
    }

    /// Whether a value is admissible: positive, and for the curvature also zero.
    #[must_use]
    pub fn admits(self, value: f64) -> bool {
        value.is_finite() && (value > 0.0 || (self == Self::CapacityCurvature && value == 0.0))
    }
}

/// Every elasticity, complete: one value for each parameter, product and country.
#[derive(Debug, Clone, PartialEq)]
pub struct Behaviour {
    countries: usize,
    products: usize,
    values: Vec<f64>,
}

impl Behaviour {
    /// A table whose every value is given by a function.
    pub fn new(
        countries: usize,
        products: usize,
        value: impl Fn(Parameter, ProductId, CountryId) -> f64,
    ) -> Self {
        let mut values = Vec::with_capacity(Parameter::ALL.len() * products * countries);
        for parameter in Parameter::ALL {
            for product in 0..products {
                for country in 0..countries {
                    values.push(value(parameter, ProductId::at(product), CountryId::at(country)));
                }
            }
        }
        Self { countries, products, values }
    }

    /// A parameter of a product in a country.
    #[must_use]
    pub fn get(&self, parameter: Parameter, product: ProductId, country: CountryId) -> f64 {
        self.values[self.position(parameter, product, country)]
    }

    /// The same table with one parameter of a product changed in every country.
    #[must_use]
    pub fn with(&self, parameter: Parameter, product: ProductId, value: f64) -> Self {
        let mut changed = self.clone();
        for country in 0..self.countries {
            let position = self.position(parameter, product, CountryId::at(country));
            changed.values[position] = value;
        }
        changed
    }

    /// Puts a value in the place of another.
    pub fn set(&mut self, parameter: Parameter, product: ProductId, country: CountryId, value: f64) {
        let position = self.position(parameter, product, country);
        self.values[position] = value;
    }

    fn position(&self, parameter: Parameter, product: ProductId, country: CountryId) -> usize {
        (parameter as usize * self.products + product.index()) * self.countries + country.index()
    }
}
