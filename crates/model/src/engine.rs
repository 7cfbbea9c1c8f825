//! Engines: where markets settle under given terms.
//!
//! An engine takes terms and returns an [`Equilibrium`] or a [`SolveError`];
//! never something nearly solved. It knows nothing of instruments, files or formats.

pub mod accounts;
pub mod armington;
pub mod blocks;
pub mod ces;
pub mod gsim;
pub mod spatial;
pub mod supply;
pub mod tangent;

pub use accounts::Accounts;
pub use armington::Armington;
pub use gsim::Gsim;
pub use spatial::Spatial;

use crate::baseline::{ArcId, Baseline, CountryId, Producer, ProductId};
use crate::policy::Terms;
use crate::policy::terms::Duty;
use crate::units::{Intensity, Kilotonnes, MillionUsd, UsdPerTonne};
use rayon::prelude::*;
use serde::Serialize;

/// A method of finding where markets settle.
pub trait Engine: Send + Sync + std::fmt::Debug {
    /// Its name in scenarios and stamps.
    fn name(&self) -> &'static str;

    /// What it was set to, by name, for the stamp of a result.
    fn settings(&self) -> Vec<(&'static str, f64)>;

    /// The equilibrium under some terms.
    ///
    /// # Errors
    /// [`SolveError`] where markets do not clear to the engine's tolerance; it
    /// names the worst market.
    fn solve(&self, baseline: &Baseline, terms: &Terms) -> Result<Equilibrium, SolveError>;

    /// Whether it knows how its equilibria respond ([`Engine::tangents`]).
    fn knows_response(&self) -> bool {
        false
    }

    /// By line: the equilibria at each of its steps on the line that touches the curve of equilibria at
    /// `equilibrium`, one under `terms`, so that the slope of any figure along the steps is its slope along the
    /// curve. `None` where the response is not defined (at a kink), or not known to the engine.
    fn tangents(
        &self,
        _baseline: &Baseline,
        _terms: &Terms,
        _equilibrium: &Equilibrium,
        lines: &[tangent::Line],
    ) -> Vec<Option<Vec<Equilibrium>>> {
        vec![None; lines.len()]
    }
}

/// Where markets settle. Vectors are in the baseline's order of arcs, producers and markets.
#[derive(Debug, Clone, PartialEq)]
pub struct Equilibrium {
    /// By arc: shipments.
    pub quantity: Vec<Kilotonnes>,
    /// By arc: price in the importing market, duty and charge paid.
    pub landed_price: Vec<UsdPerTonne>,
    /// By producer: what becomes of it.
    pub producers: Vec<ProducerState>,
    /// By market (see [`Equilibrium::market`]); `None` where the product is not used.
    pub markets: Vec<Option<MarketState>>,
    /// Quotas, in the order of the terms.
    pub quotas: Vec<QuotaState>,
    /// Mandates, in the order of the terms.
    pub mandates: Vec<MandateState>,
    /// By support, in the order of the terms: the share of what producers could abate that there is
    /// money to support (1 unless money is short).
    pub supported: Vec<f64>,
    /// What comes through third countries, in order of arcs; only the spatial engine finds any.
    pub transshipped: Vec<Transshipment>,
    /// How well and how quickly it was found.
    pub convergence: Convergence,
    countries: usize,
}

/// A quota in equilibrium.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct QuotaState {
    /// What the right to ship within the quota is worth, as a rate on the customs value on top of the
    /// in-quota duty; 0 where the quota is not used up, the full gap where shipments exceed it.
    pub premium: f64,
    /// Shipments on its arcs, within the quota and above it.
    pub shipped: Kilotonnes,
}

/// A mandate in equilibrium.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct MandateState {
    /// Paid on each green tonne.
    pub premium: UsdPerTonne,
    /// Green tonnes bought.
    pub green: Kilotonnes,
    /// Green tonnes promised.
    pub promised: Kilotonnes,
}

impl MandateState {
    /// Green tonnes that are lacking although the highest premium is paid; 0 where the promise is kept.
    #[must_use]
    pub fn shortfall(&self) -> Kilotonnes {
        let lacking = self.promised - self.green;
        // the promise is met to the accuracy of the solution
        if lacking.value() > 1e-8 * self.promised.value() { lacking } else { Kilotonnes::ZERO }
    }
}

/// A producer in equilibrium.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ProducerState {
    /// Output a year.
    pub output: Kilotonnes,
    /// Mill price.
    pub price: UsdPerTonne,
    /// Producer surplus gained against the baseline.
    pub surplus: MillionUsd,
    /// The share of its baseline intensity that it abates (0 to 1).
    pub abated: f64,
    /// What one more tonne a year of capacity is worth; 0 where the engine does not say.
    pub worth_of_capacity: UsdPerTonne,
}

/// Metal that reaches its market through third countries.
#[derive(Debug, Clone, PartialEq)]
pub struct Transshipment {
    /// The arc from its producer to its market; its shipments are within [`Equilibrium::quantity`] there.
    pub arc: ArcId,
    /// The countries it passes through before the hub, in order.
    pub through: Vec<CountryId>,
    /// The country that ships it last.
    pub hub: CountryId,
    /// Tonnes.
    pub quantity: Kilotonnes,
    /// The duty that it pays, on the customs value of the direct way.
    pub duty: Duty,
    /// The arc from the third country whose part is paid; `None` if it pays nothing there.
    pub paid_as: Option<ArcId>,
}

impl ProducerState {
    /// What is left of an intensity.
    #[must_use]
    pub fn intensity(&self, before: Intensity) -> Intensity {
        if self.abated == 0.0 { before } else { before * (1.0 - self.abated) }
    }

    /// Every producer as it is in the baseline.
    #[must_use]
    pub fn before(baseline: &Baseline) -> Vec<Self> {
        let state = |p: &Producer| Self { output: p.output, price: p.price, ..Self::default() };
        baseline.producers.iter().map(state).collect()
    }
}

/// A market (importer and product) in equilibrium.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MarketState {
    /// Purchasers' price index, 1 in the baseline.
    pub price_index: f64,
    /// What purchasers paid in the baseline.
    pub expenditure_before: MillionUsd,
    /// Consumer surplus gained against the baseline.
    pub surplus: MillionUsd,
}

/// How an equilibrium was found.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Convergence {
    /// Steps of the slowest product.
    pub iterations: usize,
    /// Jacobian factorisations of the slowest product, the shared one of the baseline not counted; in
    /// the spatial engine simplex steps.
    pub factorisations: usize,
    /// Largest gap between the logs of demand and supply.
    pub residual: f64,
}

impl Equilibrium {
    /// An equilibrium of a world; vectors as documented on the fields.
    #[must_use]
    pub fn new(
        baseline: &Baseline,
        quantity: Vec<Kilotonnes>,
        landed_price: Vec<UsdPerTonne>,
        producers: Vec<ProducerState>,
        markets: Vec<Option<MarketState>>,
        convergence: Convergence,
    ) -> Self {
        let countries = baseline.countries.len();
        Self {
            quantity,
            landed_price,
            producers,
            markets,
            quotas: vec![],
            mandates: vec![],
            supported: vec![],
            transshipped: vec![],
            convergence,
            countries,
        }
    }

    /// The equilibrium, if every figure of it is a number: an engine hands out no other.
    ///
    /// # Errors
    /// [`SolveError::NotANumber`], with the first figure that is not.
    pub fn of_numbers(self, baseline: &Baseline) -> Result<Self, SolveError> {
        match self.not_a_number(baseline) {
            Some(what) => Err(SolveError::NotANumber { what }),
            None => Ok(self),
        }
    }

    /// The first figure that is infinite or not a number, in words.
    fn not_a_number(&self, baseline: &Baseline) -> Option<String> {
        let country = |id: CountryId| baseline.countries[id.index()].code.as_str();
        let product = |id: ProductId| baseline.products[id.index()].code.as_str();
        let arcs = self.quantity.iter().zip(&self.landed_price);
        let arcs = arcs.map(|(kt, price)| kt.value().is_finite() && price.value().is_finite());
        if let Some(at) = arcs.into_iter().position(|is| !is) {
            let flow = baseline.flow_of(ArcId::at(at));
            let (from, to) = (country(flow.exporter), country(flow.importer));
            return Some(format!("the shipment of {} from {from} to {to}", product(flow.product)));
        }
        let producers = self.producers.iter().map(|state| {
            [state.output.value(), state.price.value(), state.surplus.value(), state.abated]
                .into_iter()
                .chain([state.worth_of_capacity.value()])
                .all(f64::is_finite)
        });
        if let Some(at) = producers.into_iter().position(|is| !is) {
            let of = &baseline.producers[at];
            return Some(format!("the output of {} in {}", product(of.product), country(of.country)));
        }
        let markets = self.markets.iter().map(|market| {
            market.as_ref().is_none_or(|m| m.price_index.is_finite() && m.surplus.value().is_finite())
        });
        if let Some(at) = markets.into_iter().position(|is| !is) {
            let (of, importer) = (ProductId::at(at / self.countries), CountryId::at(at % self.countries));
            return Some(format!("the market of {} in {}", product(of), country(importer)));
        }
        let quotas = self.quotas.iter().all(|q| q.premium.is_finite() && q.shipped.value().is_finite());
        let mandates =
            self.mandates.iter().all(|m| m.premium.value().is_finite() && m.green.value().is_finite());
        let limits = quotas && mandates && self.supported.iter().all(|share| share.is_finite());
        (!limits)
            .then(|| "the premium of a quota or of green metal, or the share that is supported".to_owned())
    }

    /// The market of a product in a country.
    #[must_use]
    pub fn market(&self, importer: CountryId, product: ProductId) -> Option<&MarketState> {
        self.markets[product.index() * self.countries + importer.index()].as_ref()
    }

    /// The mill price of an arc's producer.
    #[must_use]
    pub fn mill_price(&self, baseline: &Baseline, arc: ArcId) -> UsdPerTonne {
        self.producers[baseline.arcs[arc.index()].producer.index()].price
    }
}

/// Why there is no equilibrium to report.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SolveError {
    /// Markets did not clear.
    #[error(
        "no equilibrium: after {iterations} steps demand and supply of {market} still differ by {residual:.1e} \
         (logs; {tolerance:.0e} is accepted). Try smaller duties, or look at that market's data"
    )]
    NotConverged {
        /// Steps taken.
        iterations: usize,
        /// The worst market in words.
        market: String,
        /// Its gap in logs.
        residual: f64,
        /// What would have been accepted.
        tolerance: f64,
    },
    /// The linear system was solved to less than the accuracy asked for, or its answer is no world:
    /// an output, a shipment or a price below zero.
    #[error(
        "no equilibrium: the linear engine's answer for {product} is not usable ({why}). It is right for small \
         changes only: use engine = \"armington\" for this scenario"
    )]
    Unusable {
        /// The product.
        product: String,
        /// What is wrong with it.
        why: String,
    },
    /// The engine solves for duties only.
    #[error(
        "the {engine} engine knows duties only, and the policy has {what}: use engine = \"armington\" for this scenario"
    )]
    DutiesOnly {
        /// The engine.
        engine: &'static str,
        /// What it cannot take into account.
        what: &'static str,
    },
    /// The engine cannot let producers abate.
    #[error(
        "the {engine} engine takes emission intensities as they are, and the policy lets producers abate: leave out \
         [abatement], or use engine = \"armington\" for this scenario"
    )]
    NoAbatement {
        /// The engine.
        engine: &'static str,
    },
    /// Limits that cannot all be kept; without any one of them the rest could be.
    #[error(
        "no equilibrium for {product}: these conditions cannot all be met: {}{}",
        conflict.join("; "),
        short.as_ref().map_or(String::new(), |short| format!("; {short}"))
    )]
    Infeasible {
        /// The product.
        product: String,
        /// The conditions in words.
        conflict: Vec<String>,
        /// Promises that no shipments could keep, and what limits them, in words.
        short: Option<String>,
    },
    /// Duties, quotas and steps that follow the last solution come to rest at none.
    #[error(
        "no equilibrium: after {rounds} linear programs prices still miss by {residual:.1e} of themselves, most in \
         {place} ({tolerance:.0e} is accepted){}. Try smaller ad valorem duties, or engine = \"armington\"",
        short.as_ref().map_or(String::new(), |short| format!("; {short}"))
    )]
    Cycles {
        /// Linear programs solved.
        rounds: usize,
        /// The largest miss, as a share of the price.
        residual: f64,
        /// What would have been accepted.
        tolerance: f64,
        /// Where, in words.
        place: String,
        /// Promises that no shipments could keep, and what limits them, in words.
        short: Option<String>,
    },
    /// A linear program has no solution that can be used.
    #[error("no equilibrium for {product}: the linear program failed: {why}")]
    Program {
        /// The product.
        product: String,
        /// What the solver said.
        why: String,
    },
    /// A quota, a purchase commitment or a producer's abatement does not come to rest.
    #[error(
        "no equilibrium: {what} is driven from one limit to another and comes to rest at none. Try other numbers for \
         the clauses that it depends on"
    )]
    Restless {
        /// The quota, commitment or abatement in words.
        what: String,
    },
    /// Support could not be brought within the money there is.
    #[error(
        "no equilibrium: what `{clause}` hands out does not settle at the money there is (after {rounds} rounds). \
         Try another budget or share"
    )]
    Unfunded {
        /// The clause.
        clause: String,
        /// Rounds taken.
        rounds: usize,
    },
    /// Terms to be compared differ in more than numbers.
    #[error(
        "the terms compared for {product} differ in which quotas, purchase commitments or abating producers there are: \
         a derivative needs them to differ in numbers only"
    )]
    Incomparable {
        /// The product.
        product: String,
    },
    /// A figure of the solution is not a number; never reported as a result.
    #[error(
        "no equilibrium: {what} came out as no number. Try smaller duties, or look at that market's data for \
         elasticities or quantities out of any range; if these are sound, please report it"
    )]
    NotANumber {
        /// The figure in words.
        what: String,
    },
    /// The linear system has no single solution.
    #[error(
        "no equilibrium: the linear system of {product} is singular{}; look for a product that nobody can supply more of",
        block.as_ref().map_or(String::new(), |block| format!(" in the block of {block}"))
    )]
    Singular {
        /// The product.
        product: String,
        /// The makers of the block of trade that has no solution; `None` where all trade is one block.
        block: Option<String>,
    },
}

/// What `keep` takes of each of many equilibria, found in parallel; in the order of the terms,
/// and the same bits on any number of threads. Keeping little keeps memory flat.
pub fn solve_each<T: Send>(
    engine: &dyn Engine,
    baseline: &Baseline,
    terms: &[Terms],
    keep: impl Fn(Result<Equilibrium, SolveError>) -> T + Sync,
) -> Vec<T> {
    terms.par_iter().map(|terms| keep(engine.solve(baseline, terms))).collect()
}
