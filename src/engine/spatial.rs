//! Engine S: least-cost trade over production routes, by linear programs on the trade-flow graph.
//!
//! Metal of a product is one good wherever it is made. Each market has one price; each producer
//! answers along the supply curve with a capacity (A6); each arc of the trade graph costs freight,
//! duty and what calibration adds, so that the baseline is the exact optimum (S1 to S4). Ad
//! valorem duties follow the last prices, and steps close in on the solution (S3, S5).

pub mod network;
mod polish;
mod program;
mod rounds;
mod steps;

pub use rounds::{Failure, Held, Settings, Worst};

use crate::baseline::{ArcId, Baseline, Parameter, ProductId};
use crate::engine::ces::consumer_gain;
use crate::engine::linear::LinearError;
use crate::engine::supply::Supply;
use crate::engine::{
    Convergence, Engine, Equilibrium, MandateState, MarketState, ProducerState, QuotaState, SolveError,
};
use crate::policy::Terms;
use crate::policy::terms::Promise as Promised;
use crate::units::{Kilotonnes, MillionUsd, UsdPerTonne};
use network::{Curve, Limit, Link, Network, Place, Promise, Solved};
use rayon::prelude::*;

/// The largest output that is looked at where capacity is not known, over the baseline's.
const UNLIMITED: f64 = 16.0;
/// The largest use that is looked at, over the baseline's.
const MOST_USED: f64 = 4.0;

/// The engine.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Spatial {
    /// How its programs are solved.
    pub settings: Settings,
}

/// A product's network and where its parts stand in the baseline.
#[derive(Debug, Clone)]
pub struct Calibrated {
    /// The product.
    pub product: ProductId,
    /// The network under some terms.
    pub network: Network,
    /// By source: the producer's position.
    makers: Vec<usize>,
    /// By market: the importer's position.
    importers: Vec<usize>,
    /// The arc of the first link.
    first: usize,
    /// By link: shipments in the baseline, kt.
    before: Vec<f64>,
    /// By limit: position among the quotas of the terms.
    quotas: Vec<usize>,
    /// By promise: position among the mandates of the terms.
    mandates: Vec<usize>,
}

impl Calibrated {
    /// The network of a product: calibrated so that the baseline is its exact optimum under the
    /// duties in force (S3), with the costs and limits of some terms.
    #[must_use]
    pub fn new(baseline: &Baseline, terms: &Terms, product: ProductId) -> Self {
        let arcs = baseline.arcs_of(product);
        let first = arcs.start;
        let mut makers: Vec<usize> = arcs.clone().map(|arc| baseline.arcs[arc].producer.index()).collect();
        makers.sort_unstable();
        makers.dedup();
        let mut found = Self {
            product,
            network: Network::default(),
            makers,
            importers: vec![],
            first,
            before: arcs.clone().map(|arc| baseline.arcs[arc].quantity.value()).collect(),
            quotas: vec![],
            mandates: vec![],
        };
        found.network.sources = found.makers.iter().map(|maker| source(baseline, *maker)).collect();
        for importer in baseline.country_ids() {
            let into = baseline.arcs_into(importer, product);
            if into.is_empty() {
                continue;
            }
            let landed = |arc: usize| landed_before(baseline, ArcId::at(arc));
            let used: f64 = into.clone().map(|arc| baseline.arcs[arc].quantity.value()).sum();
            let spent: f64 = into.clone().map(|arc| baseline.arcs[arc].quantity.value() * landed(arc)).sum();
            let price = spent / used;
            let elasticity = baseline.behaviour.get(Parameter::Demand, product, importer);
            let market = found.network.markets.len();
            found.importers.push(importer.index());
            found.network.markets.push(Place {
                curve: Curve::Demand { price, quantity: used, elasticity },
                centre: used,
                extent: MOST_USED * used,
                capacity: f64::INFINITY,
            });
            for arc in into {
                found.network.links.push(found.link(baseline, terms, arc, market, price));
            }
        }
        found.limit(terms);
        found
    }

    /// S3: marginal cost of an arc, `P0_j − π_v` at the baseline's shipments and rising by
    /// `P0_vj/(σ·x0)` a tonne; σ1 at home, σ2 abroad.
    fn link(&self, baseline: &Baseline, terms: &Terms, arc: usize, market: usize, price: f64) -> Link {
        let id = ArcId::at(arc);
        let (flow, producer, duty) = (baseline.flow_of(id), baseline.producer_of(id), terms.duty(id));
        let shipped = baseline.arcs[arc].quantity.value();
        let parameter =
            if flow.is_home() { Parameter::SubstitutionHomeImport } else { Parameter::SubstitutionOrigins };
        let sigma = baseline.behaviour.get(parameter, self.product, flow.importer);
        let slope = landed_before(baseline, id) / (sigma * shipped);
        let (mill, freight) = (producer.price.value(), flow.freight.value());
        let in_force = flow.duty * (mill + freight);
        Link {
            source: self.makers.partition_point(|maker| *maker < baseline.arcs[arc].producer.index()),
            market,
            fixed: price - mill - slope * shipped - in_force + duty.per_tonne().value(),
            rate: duty.rate,
            freight,
            slope,
            centre: shipped,
            scale: shipped,
        }
    }

    /// Quotas and mandates of the terms (S4).
    fn limit(&mut self, terms: &Terms) {
        for (at, quota) in terms.quotas.iter().enumerate().filter(|(_, q)| q.product == self.product) {
            self.network.limits.push(Limit {
                quantity: quota.quantity.value(),
                links: quota.arcs.iter().map(|(arc, share)| (arc.index() - self.first, *share)).collect(),
                gap: quota.gap,
            });
            self.quotas.push(at);
        }
        for (at, mandate) in terms.mandates.iter().enumerate().filter(|(_, m)| m.product == self.product) {
            let importer = mandate.importer.index();
            let Some(market) = self.importers.iter().position(|own| *own == importer) else { continue };
            let (share, tonnes) = match mandate.promise {
                Promised::Share(share) => (Some(share), 0.0),
                Promised::Tonnes(tonnes) => (None, tonnes.value()),
            };
            self.network.promises.push(Promise {
                market,
                green: mandate.green.iter().map(|arc| arc.index() - self.first).collect(),
                share,
                tonnes,
                cap: mandate.cap.value(),
            });
            self.mandates.push(at);
        }
    }
}

/// A producer with its supply curve (A6) and its capacity.
fn source(baseline: &Baseline, maker: usize) -> Place {
    let producer = &baseline.producers[maker];
    let get = |parameter| baseline.behaviour.get(parameter, producer.product, producer.country);
    let (price, output) = (producer.price.value(), producer.output.value());
    let utilisation = producer.capacity.map_or(0.0, |capacity| output / capacity.value());
    let curve = Supply::new(get(Parameter::Supply), get(Parameter::CapacityCurvature), utilisation);
    let limited = curve.utilisation > 0.0;
    let capacity = if limited { output / curve.utilisation } else { f64::INFINITY };
    Place {
        curve: Curve::Supply { price, output, curve },
        centre: output,
        extent: if limited { capacity } else { UNLIMITED * output },
        capacity,
    }
}

fn landed_before(baseline: &Baseline, arc: ArcId) -> f64 {
    let flow = baseline.flow_of(arc);
    (baseline.producer_of(arc).price + flow.freight).value() * (1.0 + flow.duty)
}

impl Spatial {
    /// The engine with other settings.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self { settings }
    }

    fn fail(baseline: &Baseline, own: &Calibrated, failure: Failure, settings: &Settings) -> SolveError {
        let product = baseline.products[own.product.index()].code.clone();
        match failure {
            Failure::Linear(LinearError::Infeasible(rows)) => SolveError::Infeasible {
                product,
                conflict: rows.into_iter().map(|row| own.row(baseline, row)).collect(),
            },
            Failure::Linear(error) => SolveError::Program { product, why: error.to_string() },
            Failure::Cycles { rounds, residual, worst } => SolveError::Cycles {
                rounds,
                residual,
                tolerance: settings.tolerance,
                place: own.place(baseline, worst),
            },
        }
    }
}

impl Calibrated {
    fn maker(&self, baseline: &Baseline, source: usize) -> String {
        let producer = &baseline.producers[self.makers[source]];
        let (country, route) = (producer.country.index(), producer.route.index());
        format!("{} {}", baseline.countries[country].code, baseline.routes[route].code)
    }

    fn importer(&self, baseline: &Baseline, market: usize) -> String {
        baseline.countries[self.importers[market]].code.clone()
    }

    fn place(&self, baseline: &Baseline, worst: Worst) -> String {
        let product = &baseline.products[self.product.index()].code;
        match worst {
            Worst::Source(at) => format!("supply of {product}, {}", self.maker(baseline, at)),
            Worst::Market(at) => format!("use of {product} in {}", self.importer(baseline, at)),
            Worst::Link(at) => {
                let link = &self.network.links[at];
                format!(
                    "{product} from {} to {}",
                    self.maker(baseline, link.source),
                    self.importer(baseline, link.market)
                )
            }
        }
    }

    /// A row of the program in words, by the order in which the program writes them.
    fn row(&self, baseline: &Baseline, row: usize) -> String {
        let (sources, markets) = (self.network.sources.len(), self.network.markets.len());
        if row < sources {
            return format!("shipments of {} add up to its output", self.maker(baseline, row));
        }
        if row < sources + markets {
            return format!("arrivals in {} add up to its use", self.importer(baseline, row - sources));
        }
        let limited: Vec<usize> =
            (0..sources).filter(|at| self.network.sources[*at].capacity.is_finite()).collect();
        match limited.get(row - sources - markets) {
            Some(at) => format!("capacity of {}", self.maker(baseline, *at)),
            None => "a quota or a purchase commitment".to_owned(),
        }
    }
}

impl Engine for Spatial {
    fn name(&self) -> &'static str {
        "spatial"
    }

    fn settings(&self) -> Vec<(&'static str, f64)> {
        vec![
            ("step_error_accepted", self.settings.tolerance),
            ("rounds_at_most", self.settings.rounds as f64),
            ("first_step_width", self.settings.width),
        ]
    }

    fn solve(&self, baseline: &Baseline, terms: &Terms) -> Result<Equilibrium, SolveError> {
        self.sweep(baseline, std::slice::from_ref(terms)).pop().unwrap_or_else(|| {
            Err(SolveError::Program { product: String::new(), why: "nothing was asked".to_owned() })
        })
    }
}

impl Spatial {
    /// The equilibria under each of some terms, one after the other: each linear program starts from
    /// the last one's solution, so that terms that differ in numbers only cost little.
    pub fn sweep(&self, baseline: &Baseline, terms: &[Terms]) -> Vec<Result<Equilibrium, SolveError>> {
        let products: Vec<ProductId> =
            baseline.product_ids().filter(|product| !baseline.arcs_of(*product).is_empty()).collect();
        let solved: Vec<Vec<Result<(Calibrated, Solved), SolveError>>> =
            products.into_par_iter().map(|product| self.product(baseline, terms, product)).collect();
        let mut columns: Vec<_> = solved.into_iter().map(Vec::into_iter).collect();
        let together = |terms: &Terms| {
            let row: Vec<_> = columns.iter_mut().filter_map(Iterator::next).collect();
            let mut found = Found::new(baseline, terms);
            for product in row {
                let (own, solved) = product?;
                found.take(baseline, terms, &own, &solved);
            }
            Ok(found.equilibrium(baseline))
        };
        terms.iter().map(together).collect()
    }

    /// One product under each of some terms.
    fn product(
        &self,
        baseline: &Baseline,
        terms: &[Terms],
        product: ProductId,
    ) -> Vec<Result<(Calibrated, Solved), SolveError>> {
        let mut held: Option<(Network, Held)> = None;
        let mut solve = |terms: &Terms| {
            if !terms.abaters.is_empty() {
                return Err(SolveError::NoAbatement { engine: self.name() });
            }
            let own = Calibrated::new(baseline, terms, product);
            let warm =
                held.take().filter(|(network, _)| network.is_like(&own.network)).map(|(_, held)| Ok(held));
            let solved = warm.unwrap_or_else(|| own.network.hold(&self.settings)).and_then(|mut solver| {
                let solved = solver.solve(&own.network, &self.settings)?;
                held = Some((own.network.clone(), solver));
                Ok(solved)
            });
            match solved {
                Ok(solved) => Ok((own, solved)),
                Err(failure) => Err(Self::fail(baseline, &own, failure, &self.settings)),
            }
        };
        terms.iter().map(&mut solve).collect()
    }
}

/// An equilibrium while its products are put together.
struct Found {
    quantity: Vec<Kilotonnes>,
    landed: Vec<UsdPerTonne>,
    producers: Vec<ProducerState>,
    markets: Vec<Option<MarketState>>,
    quotas: Vec<QuotaState>,
    mandates: Vec<MandateState>,
    supported: Vec<f64>,
    convergence: Convergence,
}

impl Found {
    fn new(baseline: &Baseline, terms: &Terms) -> Self {
        Self {
            quantity: vec![Kilotonnes::ZERO; baseline.arcs.len()],
            landed: vec![UsdPerTonne::ZERO; baseline.arcs.len()],
            producers: ProducerState::before(baseline),
            markets: vec![None; baseline.products.len() * baseline.countries.len()],
            quotas: vec![QuotaState::default(); terms.quotas.len()],
            mandates: vec![MandateState::default(); terms.mandates.len()],
            supported: vec![1.0; terms.supports.len()],
            convergence: Convergence::default(),
        }
    }

    fn take(&mut self, baseline: &Baseline, terms: &Terms, own: &Calibrated, solved: &Solved) {
        let convergence = &mut self.convergence;
        convergence.iterations = convergence.iterations.max(solved.rounds);
        convergence.factorisations = convergence.factorisations.max(solved.steps);
        convergence.residual = convergence.residual.max(solved.residual);
        for ((maker, place), (output, price)) in
            own.makers.iter().zip(&own.network.sources).zip(&solved.sources)
        {
            self.producers[*maker] = produced(place, *output, *price);
        }
        for (at, link) in own.network.links.iter().enumerate() {
            let (arc, price) = (own.first + at, solved.sources[link.source].1);
            let duty = terms.duty(ArcId::at(arc));
            let cif = price + link.freight;
            self.quantity[arc] = Kilotonnes(solved.shipped[at]);
            self.landed[arc] = UsdPerTonne(cif * (1.0 + duty.rate) + duty.per_tonne().value());
        }
        self.limits(own, solved);
        let offset = own.product.index() * baseline.countries.len();
        for (at, importer) in own.importers.iter().enumerate() {
            self.markets[offset + importer] = Some(used(own, solved, at));
        }
    }

    /// Premiums, and what they add to landed prices.
    fn limits(&mut self, own: &Calibrated, solved: &Solved) {
        for ((at, limit), rate) in own.quotas.iter().zip(&own.network.limits).zip(&solved.premiums) {
            for (link, share) in &limit.links {
                let source = own.network.links[*link].source;
                let cif = solved.sources[source].1 + own.network.links[*link].freight;
                let arc = own.first + link;
                self.landed[arc] += UsdPerTonne(rate * share * cif);
            }
            let shipped = limit.links.iter().map(|(link, _)| solved.shipped[*link]).sum();
            self.quotas[*at] = QuotaState { premium: *rate, shipped: Kilotonnes(shipped) };
        }
        for ((at, promise), premium) in own.mandates.iter().zip(&own.network.promises).zip(&solved.green) {
            for link in &promise.green {
                let arc = own.first + link;
                self.landed[arc] += UsdPerTonne(-premium);
            }
            let green: f64 = promise.green.iter().map(|link| solved.shipped[*link]).sum();
            let promised =
                promise.share.map_or(promise.tonnes, |share| share * solved.markets[promise.market].0);
            self.mandates[*at] = MandateState {
                premium: UsdPerTonne(*premium),
                green: Kilotonnes(green),
                promised: Kilotonnes(promised),
            };
        }
    }

    fn equilibrium(self, baseline: &Baseline) -> Equilibrium {
        let mut equilibrium = Equilibrium::new(
            baseline,
            self.quantity,
            self.landed,
            self.producers,
            self.markets,
            self.convergence,
        );
        equilibrium.quotas = self.quotas;
        equilibrium.mandates = self.mandates;
        equilibrium.supported = self.supported;
        equilibrium
    }
}

/// A producer at an output and a price. At its capacity the price may stand above the curve; the
/// difference is scarcity rent and part of its surplus.
fn produced(place: &Place, output: f64, price: f64) -> ProducerState {
    let Curve::Supply { price: before, output: y0, curve } = place.curve else {
        return ProducerState::default();
    };
    let ratio = output / y0;
    let (on_curve, marginal) = if ratio > 0.0 {
        let log = curve.log_price(ratio.ln());
        (curve.surplus(log), log.exp())
    } else {
        (curve.surplus(LOWEST), 0.0)
    };
    let surplus = on_curve + ratio * (price / before - marginal);
    ProducerState {
        output: Kilotonnes(output),
        price: UsdPerTonne(price),
        surplus: MillionUsd(before * y0 * 1e-3 * surplus),
        abated: 0.0,
    }
}

/// A log price at which output is nothing to any digit.
const LOWEST: f64 = -40.0;

/// A market: what purchasers gain is the area below their demand less what they pay, and what
/// rising marginal cost on each way leaves them, `½·s·x²` (the gain from having many sources).
fn used(own: &Calibrated, solved: &Solved, market: usize) -> MarketState {
    let Curve::Demand { price, quantity, elasticity } = own.network.markets[market].curve else {
        return MarketState {
            price_index: 1.0,
            expenditure_before: MillionUsd::ZERO,
            surplus: MillionUsd::ZERO,
        };
    };
    let index = solved.markets[market].1 / price;
    let spent = MillionUsd(price * quantity * 1e-3); // kt · USD/t
    let mut variety = 0.0;
    for (at, link) in own.network.links.iter().enumerate().filter(|(_, link)| link.market == market) {
        let (now, before) = (solved.shipped[at], own.before[at]);
        variety += 0.5 * link.slope * (now - before) * (now + before);
    }
    MarketState {
        price_index: index,
        expenditure_before: spent,
        surplus: spent * consumer_gain(elasticity, index.ln()) + MillionUsd(variety * 1e-3),
    }
}
