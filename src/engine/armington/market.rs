//! One product's markets at given producer prices: demand, quantities, price
//! indices (A1–A5) on the fast layout of [`Kernel`].

use crate::baseline::ArcId;
use crate::engine::armington::kernel::{Kernel, Market, Run};
use crate::engine::ces::{log_index, log_index_of_sum, takes_sums};
use crate::engine::dense::dot;
use crate::engine::lanes;
use crate::policy::Terms;
use std::ops::Range;

/// What a market's prices and quantities come to, in logs relative to the baseline.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Settled {
    /// Price index of all purchases.
    pub log_price: f64,
    /// Factor of plain import flows: quantity ratio over `p^{−σ2}`.
    import_factor: f64,
}

/// A scenario's duties, laid out as the kernel wants them.
#[derive(Debug)]
pub(super) struct Job<'a> {
    pub terms: &'a Terms,
    /// Arcs of open flows, market by market.
    arcs: Vec<OpenArc>,
    /// Open flows, market by market: the kernel's, and plain flows that now pay a charge.
    flows: Vec<OpenFlow>,
    /// By market: its part of `flows`.
    markets: Vec<Range<usize>>,
    /// Coefficients of plain flows in markets where a duty on one of them changed.
    share: Vec<f64>,
    weight: Vec<f64>,
    /// By market: where they begin.
    own: Vec<Option<usize>>,
    /// Plain flows that pay another rate: the arc.
    changed: Vec<usize>,
}

/// An arc with its duty: `ratio = (mill·p + freight)·(1+τ) + c` over the baseline's.
#[derive(Debug, Clone, Copy)]
struct OpenArc {
    arc: usize,
    maker: usize,
    /// `π(1+τ)`, USD/t.
    slope: f64,
    /// `f(1+τ) + c`, USD/t.
    fixed: f64,
    /// Landed price in the baseline, USD/t.
    landed: f64,
    share: f64,
    weight: f64,
}

/// A flow that takes its own power.
#[derive(Debug, Clone)]
struct OpenFlow {
    /// Its part of `Job::arcs`.
    arcs: Range<usize>,
    share: f64,
}

/// Vectors to work in.
#[derive(Debug, Default)]
pub(super) struct Work {
    // by producer
    price: Vec<f64>,
    power: Vec<f64>,
    power_over_price: Vec<f64>,
    demand: Vec<f64>,
    // by open arc
    ratio: Vec<f64>,
    log_ratio: Vec<f64>,
    arc_power: Vec<f64>,
    // by open flow
    sum: Vec<f64>,
    log_flow: Vec<f64>,
    flow_power: Vec<f64>,
    // by open flow, for quantities
    quantity: Vec<f64>,
}

impl Kernel {
    /// A scenario's duties in the kernel's layout.
    pub fn job<'a>(&self, terms: &'a Terms) -> Job<'a> {
        let mut job = Job {
            terms,
            arcs: Vec::with_capacity(self.arcs.len() - self.plain_share.len()),
            flows: Vec::with_capacity(self.open_flows.len()),
            markets: Vec::with_capacity(self.markets.len()),
            share: vec![],
            weight: vec![],
            own: vec![None; self.markets.len()],
            changed: vec![],
        };
        let mut charged = vec![];
        for changed in self.changed(terms) {
            let arc = self.arcs[changed];
            let flow = &self.flows[arc.flow];
            let Some(cell) = flow.plain else { continue };
            let all = self.markets[flow.market].plain.clone();
            let start = *job.own[flow.market].get_or_insert_with(|| {
                job.share.extend_from_slice(&self.plain_share[all.clone()]);
                job.weight.extend_from_slice(&self.plain_weight[all.clone()]);
                job.share.len() - all.len()
            });
            let at = start + cell - all.start;
            let duty = terms.duty(ArcId::at(self.first_arc + changed));
            if duty.charge.value() == 0.0 {
                let shift = ((1.0 + duty.rate) / (1.0 + arc.in_force)).ln();
                job.share[at] = flow.share * ((1.0 - self.plain_sigma) * shift).exp();
                job.weight[at] = arc.weight * (-self.plain_sigma * shift).exp();
                job.changed.push(changed);
            } else {
                // a charge breaks the proportion: the flow takes its own power
                job.share[at] = 0.0;
                job.weight[at] = 0.0;
                charged.push((flow.market, arc.flow));
            }
        }
        let mut next = 0;
        for (m, market) in self.markets.iter().enumerate() {
            let start = job.flows.len();
            for flow in &self.open_flows[market.open.clone()] {
                self.open(*flow, &mut job);
            }
            for (_, flow) in take(&charged, &mut next, |(at, _)| *at == m) {
                self.open(*flow, &mut job);
            }
            job.markets.push(start..job.flows.len());
        }
        job
    }

    fn open(&self, flow: usize, job: &mut Job<'_>) {
        let start = job.arcs.len();
        for arc in self.flows[flow].arcs.clone() {
            let cell = &self.arcs[arc];
            let duty = job.terms.duty(ArcId::at(self.first_arc + arc));
            job.arcs.push(OpenArc {
                arc,
                maker: cell.maker,
                slope: cell.mill * (1.0 + duty.rate),
                fixed: cell.freight * (1.0 + duty.rate) + duty.charge.value(),
                landed: cell.landed,
                share: cell.share,
                weight: cell.weight,
            });
        }
        job.flows.push(OpenFlow { arcs: start..job.arcs.len(), share: self.flows[flow].share });
    }

    /// Share and weight coefficients of a market's plain flows under a job.
    fn plain<'a>(&'a self, m: usize, job: &'a Job<'_>) -> (&'a [f64], &'a [f64]) {
        let all = self.markets[m].plain.clone();
        match job.own[m] {
            None => (&self.plain_share[all.clone()], &self.plain_weight[all]),
            Some(start) => (&job.share[start..start + all.len()], &job.weight[start..start + all.len()]),
        }
    }

    /// Demand for each producer over its baseline sales, at log producer prices.
    pub fn demand<'w>(&self, job: &Job<'_>, x: &[f64], work: &'w mut Work) -> &'w [f64] {
        self.prepare(job, x, work);
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
        self.prepare(job, x, work);
        let mut factors = vec![0.0; self.markets.len()];
        // open flows come last: a flow that now pays a charge stands among the plain ones too
        let mut open = vec![];
        self.each_market(
            job,
            work,
            &mut |m, settled| {
                factors[m] = settled.import_factor;
                market(m, settled);
            },
            &mut |a, ratio, landed| open.push((a, ratio, landed)),
        );
        for (m, cell) in self.markets.iter().enumerate() {
            let mut flows = cell.flows.clone().filter(|flow| self.flows[*flow].plain.is_some());
            for maker in cell.runs.iter().flat_map(Run::makers) {
                let Some(flow) = flows.next() else { continue };
                let at = self.flows[flow].arcs.start;
                let landed = self.arcs[at].landed * work.price[maker];
                arc(at, factors[m] * work.power_over_price[maker], landed);
            }
        }
        for changed in &job.changed {
            let cell = &self.arcs[*changed];
            let flow = &self.flows[cell.flow];
            let (Some(at), (_, weights)) = (flow.plain, self.plain(flow.market, job)) else { continue };
            let shift = weights[at - self.markets[flow.market].plain.start] / cell.weight;
            let ratio = factors[flow.market] * work.power_over_price[cell.maker] * shift;
            arc(*changed, ratio, self.landed(job.terms, *changed, work.price[cell.maker]));
        }
        for (a, ratio, landed) in open {
            arc(a, ratio, landed);
        }
    }

    fn prepare(&self, job: &Job<'_>, x: &[f64], work: &mut Work) {
        let resize = |vector: &mut Vec<f64>, size: usize| vector.resize(size, 0.0);
        resize(&mut work.price, x.len());
        lanes::exp(1.0, x, &mut work.price);
        work.demand.clear();
        resize(&mut work.demand, x.len());
        if !self.plain_share.is_empty() {
            resize(&mut work.power, x.len());
            lanes::exp(1.0 - self.plain_sigma, x, &mut work.power);
            work.power_over_price.clear();
            work.power_over_price
                .extend(work.power.iter().zip(&work.price).map(|(power, price)| power / price));
        }
        for vector in [&mut work.ratio, &mut work.log_ratio, &mut work.arc_power] {
            resize(vector, job.arcs.len());
        }
        for vector in [&mut work.sum, &mut work.log_flow, &mut work.flow_power, &mut work.quantity] {
            resize(vector, job.flows.len());
        }
    }

    fn each_market(
        &self,
        job: &Job<'_>,
        work: &mut Work,
        settled: &mut impl FnMut(usize, Settled),
        visit: &mut impl FnMut(usize, f64, f64),
    ) {
        for (m, market) in self.markets.iter().enumerate() {
            let flows = job.markets[m].clone();
            let (shares, weights) = self.plain(m, job);
            origins(market, job, flows.clone(), work);
            let prices = prices(market, job, flows.clone(), shares, work);
            let imports = quantities(market, job, flows, weights, prices, work, visit);
            settled(m, Settled { log_price: prices.0, import_factor: imports });
        }
    }
}

/// A1, A2: landed prices and each origin's price index.
fn origins(market: &Market, job: &Job<'_>, flows: Range<usize>, work: &mut Work) {
    let Some((first, last)) = job.flows[flows.clone()].first().zip(job.flows[flows.clone()].last()) else {
        return;
    };
    let arcs = first.arcs.start..last.arcs.end;
    for (ratio, arc) in work.ratio[arcs.clone()].iter_mut().zip(&job.arcs[arcs.clone()]) {
        *ratio = (arc.slope * work.price[arc.maker] + arc.fixed) / arc.landed;
    }
    lanes::ln(&work.ratio[arcs.clone()], &mut work.log_ratio[arcs.clone()]);
    let a = 1.0 - market.sigma3;
    lanes::exp(a, &work.log_ratio[arcs.clone()], &mut work.arc_power[arcs]);
    let cells = &job.flows[flows.clone()];
    if takes_sums(market.sigma3) {
        for (sum, flow) in work.sum[flows.clone()].iter_mut().zip(cells) {
            let powers = &work.arc_power[flow.arcs.clone()];
            *sum = job.arcs[flow.arcs.clone()].iter().zip(powers).map(|(arc, p)| arc.share * p).sum();
        }
        lanes::ln(&work.sum[flows.clone()], &mut work.log_flow[flows.clone()]);
        for log in &mut work.log_flow[flows] {
            *log /= a;
        }
    } else {
        for (log, flow) in work.log_flow[flows].iter_mut().zip(cells) {
            let logs = &work.log_ratio[flow.arcs.clone()];
            let shares = job.arcs[flow.arcs.clone()].iter().map(|arc| arc.share);
            *log = log_index(market.sigma3, shares.zip(logs.iter().copied()));
        }
    }
}

/// A3, A4: the log price indices of all purchases and of imports.
fn prices(
    market: &Market,
    job: &Job<'_>,
    flows: Range<usize>,
    shares: &[f64],
    work: &mut Work,
) -> (f64, f64) {
    let home = market.home.map(|_| work.log_flow[flows.start]);
    let foreign = flows.start + usize::from(home.is_some())..flows.end;
    let log_imports = if market.share_imports == 0.0 {
        0.0
    } else if takes_sums(market.sigma2) {
        let a = 1.0 - market.sigma2;
        let mut sum = 0.0;
        for run in &market.runs {
            sum += dot(&shares[run.within(market)], &work.power[run.makers()]);
        }
        lanes::exp(a, &work.log_flow[foreign.clone()], &mut work.flow_power[foreign.clone()]);
        for (flow, power) in job.flows[foreign.clone()].iter().zip(&work.flow_power[foreign]) {
            sum += flow.share * power;
        }
        log_index_of_sum(market.sigma2, sum)
    } else {
        let shares = job.flows[foreign.clone()].iter().map(|flow| flow.share);
        log_index(market.sigma2, shares.zip(work.log_flow[foreign].iter().copied()))
    };
    let log_price = match home {
        None => log_imports,
        Some(home) if market.share_imports == 0.0 => home,
        Some(home) => {
            let shares = [(1.0 - market.share_imports, home), (market.share_imports, log_imports)];
            log_index(market.sigma1, shares.into_iter())
        }
    };
    (log_price, log_imports)
}

/// A5: adds what the market takes to each producer's demand; the factor of plain imports.
fn quantities(
    market: &Market,
    job: &Job<'_>,
    flows: Range<usize>,
    weights: &[f64],
    (log_price, log_imports): (f64, f64),
    work: &mut Work,
    visit: &mut impl FnMut(usize, f64, f64),
) -> f64 {
    let log_use = -market.eta * log_price;
    let imports = log_use - market.sigma1 * (log_imports - log_price) + market.sigma2 * log_imports;
    let import_factor = imports.exp();
    for run in &market.runs {
        let weights = &weights[run.within(market)];
        let powers = &work.power_over_price[run.makers()];
        for ((demand, weight), power) in work.demand[run.makers()].iter_mut().zip(weights).zip(powers) {
            *demand += import_factor * (weight * power);
        }
    }
    // x_ij/r^{1−σ3} = x_M·P_M^{σ2}·P_ij^{σ3−σ2}, and P_ij^{σ3−σ2} is P_ij^{1−σ2} over P_ij^{1−σ3}
    let (log_flow, quantity) = (&work.log_flow[flows.clone()], &mut work.quantity[flows.clone()]);
    if takes_sums(market.sigma2) && takes_sums(market.sigma3) {
        let powers = work.flow_power[flows.clone()].iter().zip(&work.sum[flows.clone()]);
        for (quantity, (power, sum)) in quantity.iter_mut().zip(powers) {
            *quantity = import_factor * (power / sum);
        }
    } else {
        for (quantity, log) in quantity.iter_mut().zip(log_flow) {
            *quantity = import_factor * ((market.sigma3 - market.sigma2) * log).exp();
        }
    }
    if market.home.is_some() {
        let home = log_flow[0];
        quantity[0] = (log_use - market.sigma1 * (home - log_price) + market.sigma3 * home).exp();
    }
    for (flow, quantity) in job.flows[flows].iter().zip(quantity) {
        for at in flow.arcs.clone() {
            let arc = &job.arcs[at];
            let ratio = *quantity * (work.arc_power[at] / work.ratio[at]);
            work.demand[arc.maker] += arc.weight * ratio;
            visit(arc.arc, ratio, work.ratio[at] * arc.landed);
        }
    }
    import_factor
}

/// The items from `*next` on that belong, moving `*next` past them.
fn take<'a, T>(items: &'a [T], next: &mut usize, belongs: impl Fn(&T) -> bool) -> &'a [T] {
    let start = *next;
    while *next < items.len() && belongs(&items[*next]) {
        *next += 1;
    }
    &items[start..*next]
}
