//! One product's markets, calibrated to the baseline and laid out for speed.
//!
//! A flow whose landed price moves in proportion to its producer's price (no
//! freight, no charge) and that one route supplies is *plain*: its power is the
//! producer's own, taken once, so that all plain flows of a market are a scalar
//! product. Every other flow takes its own logarithm and power.

use crate::baseline::{ArcId, Baseline, Parameter, ProductId};
use crate::engine::ces::{log_index, log_index_of_sum, takes_sums};
use crate::engine::dense::{Matrix, dot};
use crate::engine::supply::Supply;
use crate::policy::Terms;
use crate::units::Kilotonnes;
use std::ops::Range;

/// A market: one importer's purchases of the product.
#[derive(Debug, Clone)]
pub(super) struct Market {
    /// The importer's position among the countries.
    pub importer: usize,
    /// σ1, home against imports.
    pub sigma1: f64,
    /// σ2, among origins of imports.
    pub sigma2: f64,
    /// σ3, among routes of one origin.
    pub sigma3: f64,
    /// η, demand as a whole.
    pub eta: f64,
    /// Its flows, a part of [`Kernel::flows`].
    pub flows: Range<usize>,
    /// The home flow, if there is one.
    pub home: Option<usize>,
    /// Baseline share of imports in what purchasers pay.
    pub share_imports: f64,
    /// What purchasers paid in the baseline, in thousand USD (kt · USD/t).
    pub expenditure: f64,
    /// Import flows that take their own power.
    general: Vec<usize>,
    /// Plain import flows.
    runs: Vec<Run>,
}

/// Plain flows of a market whose producers stand side by side.
#[derive(Debug, Clone)]
struct Run {
    /// First producer.
    first: usize,
    /// Coefficients, a part of [`Kernel::plain_share`] and [`Kernel::plain_weight`].
    cells: Range<usize>,
}

/// A flow into a market.
#[derive(Debug, Clone)]
pub(super) struct FlowCell {
    /// The market, a position in [`Kernel::markets`].
    pub market: usize,
    /// Its arcs, a part of [`Kernel::arcs`].
    pub arcs: Range<usize>,
    /// Baseline value share among the market's imports (1 for the home flow).
    pub share: f64,
    plain: bool,
}

/// A producer's part of a flow.
#[derive(Debug, Clone, Copy)]
pub(super) struct ArcCell {
    /// The producer, a position in [`Kernel::makers`].
    pub maker: usize,
    /// The flow, a position in [`Kernel::flows`].
    pub flow: usize,
    /// Baseline value share in its flow.
    pub share: f64,
    /// Baseline share in its producer's sales.
    pub weight: f64,
    /// Mill price in the baseline, USD/t.
    pub mill: f64,
    /// Freight, USD/t.
    pub freight: f64,
    /// Duty in force, as a fraction.
    pub in_force: f64,
    /// Landed price in the baseline, USD/t.
    pub landed: f64,
    /// Shipments in the baseline, kt.
    pub quantity: f64,
}

/// The markets of one product.
#[derive(Debug, Clone)]
pub(super) struct Kernel {
    pub product: ProductId,
    /// The product's arcs in the baseline: arc `a` here is `first_arc + a` there.
    pub first_arc: usize,
    /// Producers with output, by their position in the baseline.
    pub makers: Vec<usize>,
    pub supply: Vec<Supply>,
    pub markets: Vec<Market>,
    pub flows: Vec<FlowCell>,
    pub arcs: Vec<ArcCell>,
    plain_share: Vec<f64>,
    plain_weight: Vec<f64>,
    /// σ2 of plain flows, the same in all markets that have any.
    plain_sigma: f64,
    /// The inverse Jacobian of the baseline, shared by every scenario.
    pub inverse: Matrix,
}

/// What a market's prices and quantities come to, in logs relative to the baseline.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Settled {
    /// Price index of all purchases.
    pub log_price: f64,
    /// Factor of plain import flows: quantity ratio over `p^{−σ2}`.
    import_factor: f64,
}

/// The scenario's side of the kernel: how its duties differ from those in force.
#[derive(Debug)]
pub(super) struct Job<'a> {
    pub terms: &'a Terms,
    /// Plain flows with another rate, by market.
    corrections: Vec<Correction>,
    /// Plain flows that now pay a charge: market and flow.
    charged: Vec<(usize, usize)>,
}

/// A plain flow's coefficients, less what they are in the baseline.
#[derive(Debug, Clone, Copy)]
struct Correction {
    market: usize,
    maker: usize,
    arc: usize,
    share: f64,
    weight: f64,
}

/// Vectors that the kernel works in, by producer.
#[derive(Debug, Default)]
pub(super) struct Work {
    price: Vec<f64>,
    power: Vec<f64>,
    power_over_price: Vec<f64>,
    demand: Vec<f64>,
    flows: Vec<OpenFlow>,
    ratios: Vec<(usize, f64)>,
}

/// A flow between the two passes over its market.
#[derive(Debug, Clone, Copy)]
struct OpenFlow {
    flow: usize,
    log_price: f64,
    /// The flow's arcs in `Work::ratios`.
    arcs: (usize, usize),
}

impl Kernel {
    /// The markets of a product.
    pub fn new(baseline: &Baseline, product: ProductId) -> Self {
        let arcs = baseline.arcs_of(product);
        let first_arc = arcs.start;
        let mut makers: Vec<usize> = arcs.clone().map(|arc| baseline.arcs[arc].producer.index()).collect();
        makers.sort_unstable();
        makers.dedup();
        let mut maker_of = vec![usize::MAX; baseline.producers.len()];
        for (maker, producer) in makers.iter().enumerate() {
            maker_of[*producer] = maker;
        }
        let behaviour = |parameter, producer: usize| {
            baseline.behaviour.get(parameter, product, baseline.producers[producer].country)
        };
        let supply = makers
            .iter()
            .map(|producer| {
                let capacity =
                    baseline.producers[*producer].capacity.map_or(f64::INFINITY, Kilotonnes::value);
                Supply::new(
                    behaviour(Parameter::Supply, *producer),
                    behaviour(Parameter::CapacityCurvature, *producer),
                    baseline.producers[*producer].output.value() / capacity,
                )
            })
            .collect();
        let mut kernel = Self {
            product,
            first_arc,
            supply,
            markets: vec![],
            flows: vec![],
            arcs: vec![],
            plain_share: vec![],
            plain_weight: vec![],
            plain_sigma: 2.0,
            inverse: Matrix::zeros(makers.len()),
            makers,
        };
        kernel.fill(baseline, arcs, &maker_of);
        kernel.calibrate(baseline);
        kernel
    }

    /// Lays out markets, flows and arcs in the baseline's order.
    fn fill(&mut self, baseline: &Baseline, arcs: Range<usize>, maker_of: &[usize]) {
        let mut sales = vec![0.0; self.makers.len()];
        for arc in arcs {
            let flow = baseline.flow_of(ArcId::at(arc));
            let producer = baseline.producer_of(ArcId::at(arc));
            let maker = maker_of[baseline.arcs[arc].producer.index()];
            let importer = flow.importer.index();
            if self.markets.last().is_none_or(|market| market.importer != importer) {
                let get = |parameter| baseline.behaviour.get(parameter, self.product, flow.importer);
                self.markets.push(Market {
                    importer,
                    sigma1: get(Parameter::SubstitutionHomeImport),
                    sigma2: get(Parameter::SubstitutionOrigins),
                    sigma3: get(Parameter::SubstitutionRoutes),
                    eta: get(Parameter::Demand),
                    flows: self.flows.len()..self.flows.len(),
                    home: None,
                    share_imports: 0.0,
                    expenditure: 0.0,
                    general: vec![],
                    runs: vec![],
                });
            }
            let market = self.markets.len() - 1;
            let new_flow = arc == self.first_arc || baseline.arcs[arc].flow != baseline.arcs[arc - 1].flow;
            if new_flow {
                let start = self.arcs.len();
                self.flows.push(FlowCell { market, arcs: start..start, share: 0.0, plain: false });
                self.markets[market].flows.end = self.flows.len();
                if flow.is_home() {
                    self.markets[market].home = Some(self.flows.len() - 1);
                }
            }
            let (mill, freight) = (producer.price.value(), flow.freight.value());
            let quantity = baseline.arcs[arc].quantity.value();
            sales[maker] += quantity;
            self.arcs.push(ArcCell {
                maker,
                flow: self.flows.len() - 1,
                share: 0.0,
                weight: quantity,
                mill,
                freight,
                in_force: flow.duty,
                landed: (mill + freight) * (1.0 + flow.duty), // A1 in the baseline
                quantity,
            });
            if let Some(cell) = self.flows.last_mut() {
                cell.arcs.end = self.arcs.len();
            }
        }
        for arc in &mut self.arcs {
            arc.weight /= sales[arc.maker];
        }
    }

    /// Value shares, plain runs and the inverse Jacobian.
    fn calibrate(&mut self, baseline: &Baseline) {
        let value = |arcs: &[ArcCell]| arcs.iter().map(|arc| arc.quantity * arc.landed).sum::<f64>();
        for market in 0..self.markets.len() {
            let (mut imports, mut all) = (0.0, 0.0);
            for flow in self.markets[market].flows.clone() {
                let cells = self.flows[flow].arcs.clone();
                let paid = value(&self.arcs[cells.clone()]);
                for arc in &mut self.arcs[cells] {
                    arc.share = arc.quantity * arc.landed / paid;
                }
                all += paid;
                if self.markets[market].home != Some(flow) {
                    imports += paid;
                }
                self.flows[flow].share = paid;
            }
            for flow in self.markets[market].flows.clone() {
                let home = self.markets[market].home == Some(flow);
                self.flows[flow].share = if home { 1.0 } else { self.flows[flow].share / imports };
            }
            self.markets[market].expenditure = all;
            self.markets[market].share_imports = imports / all;
        }
        self.lay_out_plain_flows();
        let terms = Terms::in_force(baseline);
        let size = self.makers.len();
        let jacobian = super::point::Point::at(self, &terms, &vec![0.0; size]).jacobian(self);
        // a baseline whose Jacobian is singular starts from the unit matrix and factorises on the way
        self.inverse = jacobian.inverse().unwrap_or_else(|| {
            let mut unit = Matrix::zeros(size);
            for row in 0..size {
                unit.row_mut(row)[row] = -1.0;
            }
            unit
        });
    }

    fn lay_out_plain_flows(&mut self) {
        let takes = |market: &Market| takes_sums(market.sigma2);
        let Some(sigma) = self.markets.iter().find(|m| takes(m)).map(|m| m.sigma2) else {
            for market in &mut self.markets {
                let home = market.home;
                market.general = market.flows.clone().filter(|flow| home != Some(*flow)).collect();
            }
            return;
        };
        self.plain_sigma = sigma;
        for market in &mut self.markets {
            for flow in market.flows.clone().filter(|flow| market.home != Some(*flow)) {
                let cell = &mut self.flows[flow];
                let arc = &self.arcs[cell.arcs.start];
                if cell.arcs.len() != 1 || arc.freight != 0.0 || market.sigma2 != sigma {
                    market.general.push(flow);
                    continue;
                }
                cell.plain = true;
                let next = self.plain_share.len();
                match market.runs.last_mut() {
                    Some(run) if run.first + run.cells.len() == arc.maker => run.cells.end = next + 1,
                    _ => market.runs.push(Run { first: arc.maker, cells: next..next + 1 }),
                }
                self.plain_share.push(cell.share);
                self.plain_weight.push(arc.weight);
            }
        }
    }

    /// What a scenario's duties change in the layout.
    pub fn job<'a>(&self, terms: &'a Terms) -> Job<'a> {
        let mut job = Job { terms, corrections: vec![], charged: vec![] };
        for changed in self.changed(terms) {
            let arc = self.arcs[changed];
            let flow = &self.flows[arc.flow];
            if !flow.plain {
                continue;
            }
            let duty = terms.duty(ArcId::at(self.first_arc + changed));
            let (share, weight) = if duty.charge.value() == 0.0 {
                let shift = ((1.0 + duty.rate) / (1.0 + arc.in_force)).ln();
                let (a, b) = ((1.0 - self.plain_sigma) * shift, -self.plain_sigma * shift);
                (flow.share * a.exp_m1(), arc.weight * b.exp_m1())
            } else {
                job.charged.push((flow.market, arc.flow));
                (-flow.share, -arc.weight)
            };
            job.corrections.push(Correction {
                market: flow.market,
                maker: arc.maker,
                arc: changed,
                share,
                weight,
            });
        }
        job
    }

    /// The product's arcs whose duty is not the one in force.
    fn changed<'a>(&'a self, terms: &'a Terms) -> impl Iterator<Item = usize> + 'a {
        let all = terms.changed();
        let start = all.partition_point(|arc| arc.index() < self.first_arc);
        let end = all.partition_point(|arc| arc.index() < self.first_arc + self.arcs.len());
        all[start..end].iter().map(|arc| arc.index() - self.first_arc)
    }

    /// The landed price of an arc at a log producer price (A1), USD/t.
    pub fn landed(&self, terms: &Terms, arc: usize, price: f64) -> f64 {
        let cell = &self.arcs[arc];
        let duty = terms.duty(ArcId::at(self.first_arc + arc));
        (cell.mill * price + cell.freight) * (1.0 + duty.rate) + duty.charge.value()
    }

    /// Demand for each producer over its baseline sales, at log producer prices (A1–A5).
    pub fn demand<'w>(&self, job: &Job<'_>, x: &[f64], work: &'w mut Work) -> &'w [f64] {
        self.prepare(x, work);
        self.each_market(job, work, &mut |_, _| {}, &mut |_, _, _| {});
        &work.demand
    }

    /// Calls `market` with each market's prices and `arc` with each arc's quantity over its
    /// baseline and its landed price in USD/t.
    pub fn settle(
        &self,
        job: &Job<'_>,
        x: &[f64],
        work: &mut Work,
        market: &mut dyn FnMut(usize, Settled),
        arc: &mut dyn FnMut(usize, f64, f64),
    ) {
        self.prepare(x, work);
        let mut factors = vec![0.0; self.markets.len()];
        self.each_market(
            job,
            work,
            &mut |m, settled| {
                factors[m] = settled.import_factor;
                market(m, settled);
            },
            &mut |a, ratio, landed| arc(a, ratio, landed),
        );
        for (m, cell) in self.markets.iter().enumerate() {
            let mut flows = cell.flows.clone().filter(|flow| self.flows[*flow].plain);
            for run in &cell.runs {
                for maker in run.first..run.first + run.cells.len() {
                    let Some(flow) = flows.next() else { continue };
                    let at = self.flows[flow].arcs.start;
                    arc(
                        at,
                        factors[m] * work.power_over_price[maker],
                        self.arcs[at].landed * work.price[maker],
                    );
                }
            }
        }
        for correction in &job.corrections {
            let cell = &self.arcs[correction.arc];
            let paid = correction.weight + cell.weight; // 0 where it now pays a charge, visited below
            let charged = job.charged.iter().any(|(_, flow)| *flow == cell.flow);
            if !charged {
                let ratio =
                    factors[correction.market] * work.power_over_price[correction.maker] * paid / cell.weight;
                arc(
                    correction.arc,
                    ratio,
                    self.landed(job.terms, correction.arc, work.price[correction.maker]),
                );
            }
        }
        for (m, flow) in &job.charged {
            // the flow's own pass in `each_market` was overwritten by the plain one above
            let at = self.flows[*flow].arcs.start;
            let price = work.price[self.arcs[at].maker];
            let landed = self.landed(job.terms, at, price);
            let log = (landed / self.arcs[at].landed).ln();
            arc(at, factors[*m] * (-self.markets[*m].sigma2 * log).exp(), landed);
        }
    }

    fn prepare(&self, x: &[f64], work: &mut Work) {
        work.price.clear();
        work.price.extend(x.iter().map(|x| x.exp()));
        work.demand.clear();
        work.demand.resize(x.len(), 0.0);
        if !self.plain_share.is_empty() {
            let a = 1.0 - self.plain_sigma;
            work.power.clear();
            work.power.extend(x.iter().map(|x| (a * x).exp()));
            work.power_over_price.clear();
            work.power_over_price
                .extend(work.power.iter().zip(&work.price).map(|(power, price)| power / price));
        }
    }

    fn each_market(
        &self,
        job: &Job<'_>,
        work: &mut Work,
        market: &mut impl FnMut(usize, Settled),
        arc: &mut impl FnMut(usize, f64, f64),
    ) {
        let (mut correction, mut charged) = (0, 0);
        for (m, cell) in self.markets.iter().enumerate() {
            let corrections = take(&job.corrections, &mut correction, |c| c.market == m);
            let charged = take(&job.charged, &mut charged, |(market, _)| *market == m);
            self.one_market(m, cell, job.terms, corrections, charged, work, market, arc);
        }
    }

    #[allow(clippy::too_many_arguments)] // one call, in `each_market`
    fn one_market(
        &self,
        m: usize,
        market: &Market,
        terms: &Terms,
        corrections: &[Correction],
        charged: &[(usize, usize)],
        work: &mut Work,
        settled: &mut impl FnMut(usize, Settled),
        visit: &mut impl FnMut(usize, f64, f64),
    ) {
        work.flows.clear();
        work.ratios.clear();
        // A2: each origin's price index
        let home = market.home.map(|flow| self.open(flow, market, terms, work));
        let first_import = work.flows.len();
        for flow in &market.general {
            self.open(*flow, market, terms, work);
        }
        for (_, flow) in charged {
            self.open(*flow, market, terms, work);
        }
        // A3: imports
        let log_imports = if market.share_imports == 0.0 {
            0.0
        } else if takes_sums(market.sigma2) {
            let a = 1.0 - market.sigma2;
            let mut sum = 0.0;
            for run in &market.runs {
                let powers = &work.power[run.first..run.first + run.cells.len()];
                sum += dot(&self.plain_share[run.cells.clone()], powers);
            }
            for correction in corrections {
                sum += correction.share * work.power[correction.maker];
            }
            for open in &work.flows[first_import..] {
                sum += self.flows[open.flow].share * (a * open.log_price).exp();
            }
            log_index_of_sum(market.sigma2, sum)
        } else {
            let opens = work.flows[first_import..].iter();
            log_index(market.sigma2, opens.map(|open| (self.flows[open.flow].share, open.log_price)))
        };
        // A4: home and imports
        let log_price = match home {
            None => log_imports,
            Some(home) if market.share_imports == 0.0 => home,
            Some(home) => {
                let shares = [(1.0 - market.share_imports, home), (market.share_imports, log_imports)];
                log_index(market.sigma1, shares.into_iter())
            }
        };
        // A5: quantities
        let log_use = -market.eta * log_price;
        let imports = log_use - market.sigma1 * (log_imports - log_price) + market.sigma2 * log_imports;
        let import_factor = imports.exp();
        for run in &market.runs {
            let makers = run.first..run.first + run.cells.len();
            let demand = work.demand[makers.clone()].iter_mut();
            let powers = &work.power_over_price[makers];
            for ((demand, weight), power) in demand.zip(&self.plain_weight[run.cells.clone()]).zip(powers) {
                *demand += import_factor * (weight * power);
            }
        }
        for correction in corrections {
            work.demand[correction.maker] +=
                import_factor * (correction.weight * work.power_over_price[correction.maker]);
        }
        for (position, open) in work.flows.iter().enumerate() {
            let log_flow = if position < first_import {
                log_use - market.sigma1 * (open.log_price - log_price)
            } else {
                imports - market.sigma2 * open.log_price
            };
            let single = open.arcs.1 - open.arcs.0 == 1;
            let flow = (log_flow + if single { 0.0 } else { market.sigma3 * open.log_price }).exp();
            for (arc, ratio) in &work.ratios[open.arcs.0..open.arcs.1] {
                let cell = &self.arcs[*arc];
                let quantity = if single { flow } else { flow * ratio };
                work.demand[cell.maker] += cell.weight * quantity;
                visit(*arc, quantity, self.landed(terms, *arc, work.price[cell.maker]));
            }
        }
        settled(m, Settled { log_price, import_factor });
    }

    /// Opens a flow: its log price index, and for several routes each one's `r^{−σ3}`.
    fn open(&self, flow: usize, market: &Market, terms: &Terms, work: &mut Work) -> f64 {
        let cells = self.flows[flow].arcs.clone();
        let start = work.ratios.len();
        let ratio = |arc: usize, price: f64| self.landed(terms, arc, price) / self.arcs[arc].landed;
        let log_price = if cells.len() == 1 {
            let arc = cells.start;
            work.ratios.push((arc, 1.0));
            ratio(arc, work.price[self.arcs[arc].maker]).ln()
        } else if takes_sums(market.sigma3) {
            let a = 1.0 - market.sigma3;
            let mut sum = 0.0;
            for arc in cells {
                let ratio = ratio(arc, work.price[self.arcs[arc].maker]);
                let power = (a * ratio.ln()).exp();
                sum += self.arcs[arc].share * power;
                work.ratios.push((arc, power / ratio));
            }
            log_index_of_sum(market.sigma3, sum)
        } else {
            for arc in cells.clone() {
                let log = ratio(arc, work.price[self.arcs[arc].maker]).ln();
                work.ratios.push((arc, (-market.sigma3 * log).exp()));
            }
            let items =
                cells.map(|arc| (self.arcs[arc].share, ratio(arc, work.price[self.arcs[arc].maker]).ln()));
            log_index(market.sigma3, items)
        };
        work.flows.push(OpenFlow { flow, log_price, arcs: (start, work.ratios.len()) });
        log_price
    }
}

/// The items from `*next` on that belong, moving `*next` past them.
fn take<'a, T>(items: &'a [T], next: &mut usize, belongs: impl Fn(&T) -> bool) -> &'a [T] {
    let start = *next;
    while *next < items.len() && belongs(&items[*next]) {
        *next += 1;
    }
    &items[start..*next]
}
