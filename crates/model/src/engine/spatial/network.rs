//! A network of sources and markets, the links between them, and what limits them: the sets of
//! the spatial problem, free of steps and of the way it is solved.

use crate::engine::supply::Supply;

/// An inverse curve: the price at which a quantity is supplied or bought.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Curve {
    /// A straight line, USD/t at nothing and its slope.
    Linear {
        /// Price at a quantity of nothing.
        at_zero: f64,
        /// Change of price by quantity.
        slope: f64,
    },
    /// A6: supply with a capacity, around a baseline price and output.
    Supply {
        /// Price in the baseline.
        price: f64,
        /// Output in the baseline.
        output: f64,
        /// The curve in ratios.
        curve: Supply,
    },
    /// Demand of constant elasticity through a baseline price and quantity.
    Demand {
        /// Price in the baseline.
        price: f64,
        /// Quantity in the baseline.
        quantity: f64,
        /// η, above zero.
        elasticity: f64,
    },
}

impl Curve {
    /// The price at a quantity.
    #[must_use]
    pub fn price_at(&self, quantity: f64) -> f64 {
        match *self {
            Self::Linear { at_zero, slope } => at_zero + slope * quantity,
            Self::Supply { price, output, curve } => {
                let ratio = quantity / output;
                if ratio <= 0.0 { 0.0 } else { price * curve.log_price(ratio.ln()).exp() }
            }
            Self::Demand { price, quantity: before, elasticity } => {
                price * (quantity / before).powf(-1.0 / elasticity)
            }
        }
    }
}

/// Where metal comes from, or where it is used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// Its inverse curve.
    pub curve: Curve,
    /// Where steps are centred at first.
    pub centre: f64,
    /// The largest quantity that is looked at.
    pub extent: f64,
    /// The most that a source can make; ∞ where there is no limit. Not used of markets.
    pub capacity: f64,
}

/// A way from a source to a market. What the `x`-th tonne costs beside the source's price `p` is
/// `fixed + rate·(p + freight) + slope·x` (S2, S3).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Link {
    /// Position among the sources.
    pub source: usize,
    /// Position among the markets.
    pub market: usize,
    /// USD/t whatever is shipped: freight, charges and what calibration adds.
    pub fixed: f64,
    /// Ad valorem rate on price and freight, as a fraction.
    pub rate: f64,
    /// Freight within the value that the rate is taken of, USD/t.
    pub freight: f64,
    /// USD/t by tonne shipped; 0 where links are all alike.
    pub slope: f64,
    /// Where kinks are put at first.
    pub centre: f64,
    /// The finest first step.
    pub scale: f64,
}

/// A way around a charge: a part of a link's shipments that goes through a third place. The `y`-th
/// tonne of it costs `fixed + rate·(p + freight) + slope·y` beside what the link costs; below zero it saves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Detour {
    /// Position among the links.
    pub link: usize,
    /// USD/t.
    pub fixed: f64,
    /// Ad valorem rate beside the link's, as a fraction.
    pub rate: f64,
    /// USD/t by tonne, above zero.
    pub slope: f64,
    /// The finest first step.
    pub scale: f64,
}

/// A limit on tonnes over some links.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// Tonnes within it.
    pub quantity: f64,
    /// Links, each with the share of the premium that bites there.
    pub links: Vec<(usize, f64)>,
    /// What is paid above the limit, as a rate on price and freight; `None`: nothing may be shipped above it.
    pub gap: Option<f64>,
}

/// A promise to buy green tonnes in a market.
#[derive(Debug, Clone, PartialEq)]
pub struct Promise {
    /// Position among the markets.
    pub market: usize,
    /// Links that count as green.
    pub green: Vec<usize>,
    /// The promised share of the market's use; `None`: tonnes.
    pub share: Option<f64>,
    /// Tonnes promised, where no share is.
    pub tonnes: f64,
    /// The highest premium, USD/t.
    pub cap: f64,
}

/// The spatial problem.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Network {
    /// Where metal is made.
    pub sources: Vec<Place>,
    /// Where it is used.
    pub markets: Vec<Place>,
    /// The ways between.
    pub links: Vec<Link>,
    /// Ways around, together never more than their link's shipments; those of a link stand together.
    pub detours: Vec<Detour>,
    /// Quotas.
    pub limits: Vec<Limit>,
    /// Mandates.
    pub promises: Vec<Promise>,
}

/// What a source makes or a market uses, and its price.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Traded {
    /// Tonnes, in the network's unit.
    pub quantity: f64,
    /// USD/t.
    pub price: f64,
}

/// A solution of the spatial problem.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Solved {
    /// By source: what it makes.
    pub sources: Vec<Traded>,
    /// By source: what one more unit of capacity is worth.
    pub scarcity: Vec<f64>,
    /// By market: what it uses.
    pub markets: Vec<Traded>,
    /// By link: shipments.
    pub shipped: Vec<f64>,
    /// By detour: the part of its link's shipments that takes it.
    pub detoured: Vec<f64>,
    /// By limit: the premium as a rate on price and freight, where its share is 1.
    pub premiums: Vec<f64>,
    /// By promise: premium on a green tonne.
    pub green: Vec<f64>,
    /// Linear programs solved.
    pub rounds: usize,
    /// Simplex steps in all.
    pub steps: usize,
    /// What is left of the conditions, as a share of prices.
    pub residual: f64,
    /// How far the linear program's prices were from these, as a share of them: what its steps cost
    /// in accuracy.
    pub step_error: f64,
}
