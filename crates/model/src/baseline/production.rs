//! Production routes and producers: output, capacity, price and emission intensity.

use crate::baseline::ids::{CountryId, ProductId, RouteId};
use crate::units::{Intensity, Kilotonnes, UsdPerTonne, UsdPerTonneCo2e};

/// A way of making a product: blast furnace, scrap-fed electric arc furnace, smelter …
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// Its code in the files.
    pub code: String,
    /// Its name.
    pub name: String,
    /// What it makes.
    pub product: ProductId,
}

/// A country's making of a product by one route (a *variety* in the equations).
#[derive(Debug, Clone, PartialEq)]
pub struct Producer {
    /// Where.
    pub country: CountryId,
    /// What.
    pub product: ProductId,
    /// How.
    pub route: RouteId,
    /// Output a year.
    pub output: Kilotonnes,
    /// Capacity a year, at least the output; `None` if not known (supply then has no limit).
    pub capacity: Option<Kilotonnes>,
    /// Mill price.
    pub price: UsdPerTonne,
    /// Emission intensity, direct and of purchased power; `None` if not known.
    pub intensity: Option<Intensity>,
    /// Direct emission intensity; `None` if not known.
    pub direct_intensity: Option<Intensity>,
}

/// A default value of direct emission intensity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DefaultValue {
    /// The value before any mark-up.
    pub intensity: Intensity,
    /// The route whose benchmark of free allocation goes with it; `None`: the maker's own.
    pub benchmark_route: Option<RouteId>,
}

/// What a producer can do about its emissions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AbatementOption {
    /// What the last tonne of CO2e would cost if all were abated; cost rises to it in a straight line.
    pub cost: UsdPerTonneCo2e,
    /// The largest share of its intensity that can be abated, as a fraction.
    pub limit: f64,
}
