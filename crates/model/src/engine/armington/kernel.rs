//! One product's markets, calibrated to the baseline and laid out for speed.
//!
//! A flow whose landed price moves in proportion to its producer's price (no
//! freight, no charge) and that one route supplies is *plain*: its power is the
//! producer's own, taken once, so that all plain flows of a market are a scalar
//! product. Every other flow takes its own logarithm and power.

use crate::baseline::{ArcId, Baseline, CountryId, Parameter, ProductId};
use crate::engine::ces::takes_sums;
use crate::engine::supply::Supply;
use crate::policy::Terms;
use std::ops::Range;
use zollverein_numeric::dense::Matrix;

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
    /// The flows that take their own power, home first: a part of [`Kernel::open_flows`].
    pub open: Range<usize>,
    /// Plain import flows.
    pub runs: Vec<Run>,
    /// Their coefficients: a part of [`Kernel::plain_share`] and [`Kernel::plain_weight`].
    pub plain: Range<usize>,
    /// Where one rate is in force on all plain flows: value shares over sales shares times the
    /// producers' sales values, one number for the market. Then one table serves both passes.
    pub uniform: Option<f64>,
}

/// Plain flows of a market whose producers stand side by side.
#[derive(Debug, Clone)]
pub(super) struct Run {
    /// First producer.
    pub first: usize,
    /// Coefficients, a part of [`Kernel::plain_share`] and [`Kernel::plain_weight`].
    pub cells: Range<usize>,
    /// First arc; its flows have one arc each, side by side.
    pub arc: usize,
}

impl Run {
    /// The producers, side by side.
    pub fn makers(&self) -> Range<usize> {
        self.first..self.first + self.cells.len()
    }

    /// Its coefficients among those of its market.
    pub fn within(&self, market: &Market) -> Range<usize> {
        self.cells.start - market.plain.start..self.cells.end - market.plain.start
    }
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
    /// Its coefficients in [`Kernel::plain_share`] and [`Kernel::plain_weight`] if it is plain.
    pub plain: Option<usize>,
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
    /// What of the freight is in the customs value, USD/t: all where customs take the cif value, else none.
    pub customs_freight: f64,
    /// Duty in force, as a fraction.
    pub in_force: f64,
    /// Landed price in the baseline, USD/t.
    pub landed: f64,
    /// Shipments in the baseline, kt.
    pub quantity: f64,
}

impl ArcCell {
    /// What a tonne costs whatever its mill price: freight, the duty on freight that is in the customs
    /// value, and charges, USD/t.
    pub fn beyond_mill(&self, paid: Paid) -> f64 {
        self.freight + self.customs_freight * paid.rate + paid.per_tonne
    }
}

/// What is paid on an arc, whoever collects it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Paid {
    /// Rate on the customs value, as a fraction.
    pub rate: f64,
    /// USD/t.
    pub per_tonne: f64,
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
    /// Baseline value shares of plain flows.
    pub plain_share: Vec<f64>,
    /// Shares of plain flows in their producers' sales.
    pub plain_weight: Vec<f64>,
    /// Baseline quantities of plain flows, kt.
    pub plain_quantity: Vec<f64>,
    /// Baseline landed prices of plain flows, USD/t.
    pub plain_landed: Vec<f64>,
    /// σ2 of plain flows, the same in all markets that have any.
    pub plain_sigma: f64,
    /// By producer: the value of its baseline sales at the mill, thousand USD.
    pub sales_value: Vec<f64>,
    /// Flows that take their own power, market by market, home first.
    pub open_flows: Vec<usize>,
    /// The inverse Jacobian of the baseline, shared by every scenario.
    pub inverse: Matrix,
}

impl Kernel {
    /// The markets of a product.
    pub fn new(baseline: &Baseline, product: ProductId) -> Self {
        let mut kernel = Self::laid_out(baseline, product);
        kernel.refresh_inverse(baseline);
        kernel
    }

    /// The markets of a product whose inverse Jacobian is still to be taken.
    pub fn laid_out(baseline: &Baseline, product: ProductId) -> Self {
        let arcs = baseline.arcs_of(product);
        let first_arc = arcs.start;
        let mut makers: Vec<usize> = arcs.clone().map(|arc| baseline.arcs[arc].producer.index()).collect();
        makers.sort_unstable();
        makers.dedup();
        let mut maker_of = vec![usize::MAX; baseline.producers.len()];
        for (maker, producer) in makers.iter().enumerate() {
            maker_of[*producer] = maker;
        }
        let supply =
            makers.iter().map(|producer| Supply::of(baseline, &baseline.producers[*producer])).collect();
        let mut kernel = Self {
            product,
            first_arc,
            supply,
            markets: vec![],
            flows: vec![],
            arcs: vec![],
            plain_share: vec![],
            plain_weight: vec![],
            plain_quantity: vec![],
            plain_landed: vec![],
            plain_sigma: 2.0,
            sales_value: vec![0.0; makers.len()],
            open_flows: vec![],
            inverse: Matrix::zeros(makers.len()),
            makers,
        };
        kernel.fill(baseline, arcs, &maker_of);
        kernel.calibrate();
        kernel
    }

    /// Takes elasticities and capacities anew from a world that is otherwise the one it was made for;
    /// the inverse Jacobian stays as it is. False where its layout would no longer be the one that
    /// [`Kernel::new`] makes: the kernel must then be made anew.
    pub fn tune(&mut self, baseline: &Baseline) -> bool {
        for (supply, producer) in self.supply.iter_mut().zip(&self.makers) {
            *supply = Supply::of(baseline, &baseline.producers[*producer]);
        }
        let common = |markets: &[Market]| markets.iter().map(|m| m.sigma2).find(|sigma| takes_sums(*sigma));
        let before = common(&self.markets);
        let mut lies = Vec::with_capacity(self.markets.len());
        for market in &mut self.markets {
            lies.push(before == Some(market.sigma2));
            let country = CountryId::at(market.importer);
            let get = |parameter| baseline.behaviour.get(parameter, self.product, country);
            market.sigma1 = get(Parameter::SubstitutionHomeImport);
            market.sigma2 = get(Parameter::SubstitutionOrigins);
            market.sigma3 = get(Parameter::SubstitutionRoutes);
            market.eta = get(Parameter::Demand);
        }
        let after = common(&self.markets);
        self.plain_sigma = after.unwrap_or(2.0);
        self.markets.iter().zip(lies).all(|(market, lay)| lay == (after == Some(market.sigma2)))
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
                    open: 0..0,
                    runs: vec![],
                    plain: 0..0,
                    uniform: None,
                });
            }
            let market = self.markets.len() - 1;
            let new_flow = arc == self.first_arc || baseline.arcs[arc].flow != baseline.arcs[arc - 1].flow;
            if new_flow {
                let start = self.arcs.len();
                self.flows.push(FlowCell { market, arcs: start..start, share: 0.0, plain: None });
                self.markets[market].flows.end = self.flows.len();
                if flow.is_home() {
                    self.markets[market].home = Some(self.flows.len() - 1);
                }
            }
            let (mill, freight) = (producer.price.value(), flow.freight.value());
            let customs_freight = baseline.customs_freight(flow).value();
            let quantity = baseline.arcs[arc].quantity.value();
            sales[maker] += quantity;
            self.arcs.push(ArcCell {
                maker,
                flow: self.flows.len() - 1,
                share: 0.0,
                weight: quantity,
                mill,
                freight,
                customs_freight,
                in_force: flow.duty,
                landed: mill * (1.0 + flow.duty) + freight + flow.duty * customs_freight, // A1 in the baseline
                quantity,
            });
            if let Some(cell) = self.flows.last_mut() {
                cell.arcs.end = self.arcs.len();
            }
        }
        for arc in &mut self.arcs {
            self.sales_value[arc.maker] += arc.quantity * arc.mill;
            arc.weight /= sales[arc.maker];
        }
    }

    /// Value shares and plain runs.
    fn calibrate(&mut self) {
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
        self.lay_out_flows();
    }

    /// Tells plain flows from those that take their own power.
    fn lay_out_flows(&mut self) {
        let common = self.markets.iter().map(|m| m.sigma2).find(|sigma| takes_sums(*sigma));
        self.plain_sigma = common.unwrap_or(self.plain_sigma);
        for market in &mut self.markets {
            let (start, first_plain) = (self.open_flows.len(), self.plain_share.len());
            self.open_flows.extend(market.home);
            for flow in market.flows.clone().filter(|flow| market.home != Some(*flow)) {
                let cell = &mut self.flows[flow];
                let arc = &self.arcs[cell.arcs.start];
                if cell.arcs.len() != 1 || arc.freight != 0.0 || common != Some(market.sigma2) {
                    self.open_flows.push(flow);
                    continue;
                }
                let next = self.plain_share.len();
                cell.plain = Some(next);
                match market.runs.last_mut() {
                    Some(run) if run.makers().end == arc.maker => run.cells.end = next + 1,
                    _ => market.runs.push(Run {
                        first: arc.maker,
                        cells: next..next + 1,
                        arc: cell.arcs.start,
                    }),
                }
                self.plain_share.push(cell.share);
                self.plain_weight.push(arc.weight);
                self.plain_quantity.push(arc.quantity);
                self.plain_landed.push(arc.landed);
            }
            market.open = start..self.open_flows.len();
            market.plain = first_plain..self.plain_share.len();
            let makers = market.runs.iter().flat_map(Run::makers);
            let ratios = makers.zip(market.plain.clone()).map(|(maker, cell)| {
                self.plain_share[cell] / (self.plain_weight[cell] * self.sales_value[maker])
            });
            let (low, high) = ratios.fold((f64::INFINITY, 0.0_f64), |(a, b), r| (a.min(r), b.max(r)));
            market.uniform = (high > 0.0 && high <= low * (1.0 + 1e-14)).then_some(0.5 * (low + high));
        }
    }

    /// The landed price of an arc at a producer price over its baseline (A1), USD/t.
    pub fn landed(&self, paid: Paid, arc: usize, price: f64) -> f64 {
        let cell = &self.arcs[arc];
        cell.mill * price * (1.0 + paid.rate) + cell.beyond_mill(paid)
    }

    /// What is paid on an arc under some terms.
    pub fn paid(&self, terms: &Terms, arc: usize) -> Paid {
        let duty = terms.duty(ArcId::at(self.first_arc + arc));
        Paid { rate: duty.rate, per_tonne: duty.per_tonne().value() }
    }

    /// The market of an importer, if it uses the product.
    pub fn market_of(&self, importer: CountryId) -> Option<&Market> {
        self.markets.iter().find(|market| market.importer == importer.index())
    }

    /// The arcs into a market.
    pub fn arcs_into(&self, market: &Market) -> Range<usize> {
        let (first, last) = (market.flows.start, market.flows.end - 1);
        self.flows[first].arcs.start..self.flows[last].arcs.end
    }

    /// The product's arcs whose duty is not the one in force.
    pub fn changed<'a>(&'a self, terms: &'a Terms) -> impl Iterator<Item = usize> + 'a {
        let all = terms.changed();
        let start = all.partition_point(|arc| arc.index() < self.first_arc);
        let end = all.partition_point(|arc| arc.index() < self.first_arc + self.arcs.len());
        all[start..end].iter().map(|arc| arc.index() - self.first_arc)
    }
}
