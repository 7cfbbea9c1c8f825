//! One product's markets at given producer prices: demand, quantities, price
//! indices (A1–A5) on the fast layout of [`Kernel`].
//!
//! Each equation runs over all markets at once, so that logarithms and powers
//! are taken of long vectors.

use crate::engine::armington::job::Job;
use crate::engine::armington::kernel::Kernel;
use crate::engine::ces::{log_index, takes_sums};
use zollverein_numeric::dense::{add_multiple, dot};
use zollverein_numeric::lanes;

/// Vectors to work in; what they hold belongs to the prices last asked about.
#[derive(Debug, Default)]
pub(super) struct Work {
    /// The log prices last asked about.
    at: Vec<f64>,
    // by producer
    price: Vec<f64>,
    power: Vec<f64>,
    power_over_price: Vec<f64>,
    /// The power times the value of the producer's sales.
    value_power: Vec<f64>,
    plain_demand: Vec<f64>,
    demand: Vec<f64>,
    // by open arc
    ratio: Vec<f64>,
    log_ratio: Vec<f64>,
    arc_power: Vec<f64>,
    // by open flow
    sum: Vec<f64>,
    log_flow: Vec<f64>,
    flow_power: Vec<f64>,
    /// Quantity ratio of the flow's arcs over `r^{−σ3}`.
    flow_factor: Vec<f64>,
    // by market
    home: Vec<f64>,
    imports: Vec<f64>,
    /// Log price index of all purchases.
    index: Vec<f64>,
    /// Quantity ratio of plain imports over `p^{−σ2}`.
    import_factor: Vec<f64>,
    home_factor: Vec<f64>,
    scratch: [Vec<f64>; 3],
}

impl Work {
    /// Forgets what it holds: the duties have changed.
    pub fn forget(&mut self) {
        self.at.clear();
    }

    /// The quantity ratio of an open arc, at the prices last asked about.
    pub fn ratio_of(&self, job: &Job<'_>, at: usize) -> f64 {
        self.flow_factor[job.arcs.flow[at]] * (self.arc_power[at] / self.ratio[at])
    }

    /// The price of a producer over its baseline, at the prices last asked about.
    pub fn price_of(&self, maker: usize) -> f64 {
        self.price[maker]
    }

    /// Demand for a producer over its baseline sales, at the prices last asked about.
    pub fn demand_for(&self, maker: usize) -> f64 {
        self.demand[maker]
    }
}

impl Kernel {
    /// Demand for each producer over its baseline sales, at log producer prices.
    pub fn demand<'w>(&self, job: &Job<'_>, x: &[f64], work: &'w mut Work) -> &'w [f64] {
        self.resize(job, x, work);
        self.origins(job, work);
        self.imports(job, work);
        self.purchases(job, work);
        self.quantities(job, work);
        &work.demand
    }

    fn resize(&self, job: &Job<'_>, x: &[f64], work: &mut Work) {
        work.at.clear();
        work.at.extend_from_slice(x);
        let Work { price, power, power_over_price, value_power, plain_demand, demand, .. } = work;
        for vector in [&mut *price, power, power_over_price, value_power, plain_demand, demand] {
            vector.resize(x.len(), 0.0);
        }
        for vector in [&mut work.ratio, &mut work.log_ratio, &mut work.arc_power] {
            vector.resize(job.arcs.arc.len(), 0.0);
        }
        for vector in [&mut work.sum, &mut work.log_flow, &mut work.flow_power, &mut work.flow_factor] {
            vector.resize(job.flows.arcs.len(), 0.0);
        }
        let [a, b, c] = &mut work.scratch;
        let Work { home, imports, index, import_factor, home_factor, .. } = work;
        for vector in [home, imports, index, import_factor, home_factor, a, b, c] {
            vector.resize(self.markets.len(), 0.0);
        }
        lanes::exp(1.0, x, &mut work.price);
        if !self.plain_share.is_empty() {
            lanes::exp(1.0 - self.plain_sigma, x, &mut work.power);
            for ((ratio, power), price) in work.power_over_price.iter_mut().zip(&work.power).zip(&work.price)
            {
                *ratio = power / price;
            }
            let values = work.value_power.iter_mut().zip(&work.power).zip(&self.sales_value);
            for ((value_power, power), value) in values {
                *value_power = power * value;
            }
        }
    }

    /// A1, A2: landed prices and each origin's price index.
    fn origins(&self, job: &Job<'_>, work: &mut Work) {
        let arcs = &job.arcs;
        let columns = arcs.maker.iter().zip(&arcs.slope).zip(&arcs.fixed).zip(&arcs.landed);
        for (ratio, (((maker, slope), fixed), landed)) in work.ratio.iter_mut().zip(columns) {
            *ratio = (slope * work.price[*maker] + fixed) / landed;
        }
        lanes::ln(&work.ratio, &mut work.log_ratio);
        lanes::exp_each(&arcs.power, &work.log_ratio, &mut work.arc_power);
        for (sum, arcs) in work.sum.iter_mut().zip(&job.flows.arcs) {
            let powers = &work.arc_power[arcs.clone()];
            *sum = job.arcs.share[arcs.clone()].iter().zip(powers).map(|(share, power)| share * power).sum();
        }
        lanes::ln(&work.sum, &mut work.log_flow);
        for (log, inner) in work.log_flow.iter_mut().zip(&job.flows.inner) {
            *log /= inner;
        }
        for (m, market) in self.markets.iter().enumerate().filter(|(_, m)| !takes_sums(m.sigma3)) {
            for flow in job.markets[m].clone() {
                let arcs = job.flows.arcs[flow].clone();
                let logs = work.log_ratio[arcs.clone()].iter().copied();
                work.log_flow[flow] =
                    log_index(market.sigma3, job.arcs.share[arcs].iter().copied().zip(logs));
            }
        }
    }

    /// A3: the price index of imports.
    fn imports(&self, job: &Job<'_>, work: &mut Work) {
        lanes::exp_each(&job.flows.outer, &work.log_flow, &mut work.flow_power);
        let [sums, ..] = &mut work.scratch;
        for (m, market) in self.markets.iter().enumerate() {
            let flows = job.markets[m].clone();
            let foreign = flows.start + usize::from(market.home.is_some())..flows.end;
            work.home[m] = if market.home.is_some() { work.log_flow[flows.start] } else { 0.0 };
            let (shares, weights) = self.plain(m, job);
            let mut sum = 0.0;
            match market.uniform.filter(|_| !job.is_own(m)) {
                Some(ratio) => {
                    for run in &market.runs {
                        sum += dot(&weights[run.within(market)], &work.value_power[run.makers()]);
                    }
                    sum *= ratio;
                }
                None => {
                    for run in &market.runs {
                        sum += dot(&shares[run.within(market)], &work.power[run.makers()]);
                    }
                }
            }
            for (share, power) in job.flows.share[foreign.clone()].iter().zip(&work.flow_power[foreign]) {
                sum += share * power;
            }
            sums[m] = if market.share_imports > 0.0 { sum } else { 1.0 };
        }
        lanes::ln(sums, &mut work.imports);
        for (m, market) in self.markets.iter().enumerate() {
            work.imports[m] /= 1.0 - market.sigma2;
            if !takes_sums(market.sigma2) {
                let flows = job.markets[m].clone();
                let foreign = flows.start + usize::from(market.home.is_some())..flows.end;
                let logs = work.log_flow[foreign.clone()].iter().copied();
                work.imports[m] =
                    log_index(market.sigma2, job.flows.share[foreign].iter().copied().zip(logs));
            }
        }
    }

    /// A4, and the exponents of A5: price indices and the factors of quantities.
    fn purchases(&self, job: &Job<'_>, work: &mut Work) {
        let [powers, a, b] = &mut work.scratch;
        for (power, market) in powers.iter_mut().zip(&self.markets) {
            *power = 1.0 - market.sigma1;
        }
        lanes::exp_each(powers, &work.home, a);
        lanes::exp_each(powers, &work.imports, b);
        for ((a, b), market) in a.iter_mut().zip(b.iter()).zip(&self.markets) {
            *a = (1.0 - market.share_imports) * *a + market.share_imports * b;
        }
        lanes::ln(a, &mut work.index);
        for (m, market) in self.markets.iter().enumerate() {
            let (home, imports) = (work.home[m], work.imports[m]);
            work.index[m] = if market.home.is_none() {
                imports
            } else if market.share_imports == 0.0 {
                home
            } else if takes_sums(market.sigma1) {
                work.index[m] / (1.0 - market.sigma1)
            } else {
                let shares = [(1.0 - market.share_imports, home), (market.share_imports, imports)];
                log_index(market.sigma1, shares.into_iter())
            };
            let log_use = -market.eta * work.index[m];
            a[m] = log_use - market.sigma1 * (imports - work.index[m]) + market.sigma2 * imports;
            b[m] = log_use - market.sigma1 * (home - work.index[m]) + market.sigma3 * home;
        }
        lanes::exp(1.0, a, &mut work.import_factor);
        lanes::exp(1.0, b, &mut work.home_factor);
        // x_ij/r^{−σ3} = x_M·P_M^{σ2}·P_ij^{σ3−σ2}, and P_ij^{σ3−σ2} is P_ij^{1−σ2} over P_ij^{1−σ3}
        for (m, market) in self.markets.iter().enumerate() {
            let sums = takes_sums(market.sigma3);
            for flow in job.markets[m].clone() {
                let ratio = if sums {
                    work.flow_power[flow] / work.sum[flow]
                } else {
                    ((market.sigma3 - market.sigma2) * work.log_flow[flow]).exp()
                };
                work.flow_factor[flow] = work.import_factor[m] * ratio;
            }
            if market.home.is_some() {
                work.flow_factor[job.markets[m].start] = work.home_factor[m];
            }
        }
    }

    /// A5: what all markets take of each producer.
    fn quantities(&self, job: &Job<'_>, work: &mut Work) {
        work.plain_demand.fill(0.0);
        for (m, market) in self.markets.iter().enumerate() {
            let (_, weights) = self.plain(m, job);
            for run in &market.runs {
                let demand = &mut work.plain_demand[run.makers()];
                add_multiple(demand, work.import_factor[m], &weights[run.within(market)]);
            }
        }
        for ((demand, plain), power) in
            work.demand.iter_mut().zip(&work.plain_demand).zip(&work.power_over_price)
        {
            *demand = plain * power;
        }
        for (arcs, factor) in job.flows.arcs.iter().zip(&work.flow_factor) {
            for at in arcs.clone() {
                let ratio = factor * (work.arc_power[at] / work.ratio[at]);
                work.demand[job.arcs.maker[at]] += job.arcs.weight[at] * ratio;
            }
        }
    }

    /// By market: the log price index, at log producer prices.
    pub fn indices<'w>(&self, job: &Job<'_>, x: &[f64], work: &'w mut Work) -> &'w [f64] {
        if work.at != x {
            self.demand(job, x, work);
        }
        &work.index
    }

    /// Writes each arc's quantity (kt) and landed price (USD/t) at log producer prices.
    pub fn settle(
        &self,
        job: &Job<'_>,
        x: &[f64],
        work: &mut Work,
        quantity: &mut [f64],
        landed: &mut [f64],
    ) {
        if work.at != x {
            self.demand(job, x, work);
        }
        for (m, market) in self.markets.iter().enumerate() {
            for run in &market.runs {
                let arcs = run.arc..run.arc + run.cells.len();
                let before =
                    self.plain_quantity[run.cells.clone()].iter().zip(&self.plain_landed[run.cells.clone()]);
                let prices = work.power_over_price[run.makers()].iter().zip(&work.price[run.makers()]);
                let after = quantity[arcs.clone()].iter_mut().zip(&mut landed[arcs]);
                for (((quantity, landed), (before, paid)), (power, price)) in after.zip(before).zip(prices) {
                    *quantity = before * (work.import_factor[m] * power);
                    *landed = paid * price;
                }
            }
        }
        for changed in &job.changed {
            let cell = &self.arcs[*changed];
            let flow = &self.flows[cell.flow];
            let Some(at) = flow.plain else { continue };
            let weight = self.plain(flow.market, job).1[at - self.markets[flow.market].plain.start];
            quantity[*changed] *= weight / cell.weight;
            landed[*changed] = self.landed(self.paid(job.terms, *changed), *changed, work.price[cell.maker]);
        }
        // open flows come last: one that now pays a charge stands among the plain ones too
        for (arcs, factor) in job.flows.arcs.iter().zip(&work.flow_factor) {
            for at in arcs.clone() {
                let arc = job.arcs.arc[at];
                quantity[arc] = self.arcs[arc].quantity * (factor * (work.arc_power[at] / work.ratio[at]));
                landed[arc] = work.ratio[at] * job.arcs.landed[at];
            }
        }
    }
}
