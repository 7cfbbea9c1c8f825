//! Shares and slopes of one product's markets at given prices: the Jacobian
//! (A8), and how a small change of landed prices moves quantities, forwards and
//! backwards. Written equation by equation, apart from the fast layout.

use crate::baseline::Baseline;
use crate::engine::armington::kernel::{Kernel, Paid};
use crate::engine::ces::log_index;
use crate::policy::Terms;
use zollverein_numeric::dense::Matrix;

/// Markets at log producer prices `x`, by the kernel's arcs, flows and markets.
#[derive(Debug, Clone)]
pub(super) struct Point {
    /// By arc: share of the arc in its flow's value, `r_{t|ij}`.
    in_flow: Vec<f64>,
    /// By flow: share among the market's imports (1 for home), `r_{i|M}`.
    in_imports: Vec<f64>,
    /// By market: share of imports in all purchases, `r_M`.
    imports: Vec<f64>,
    /// By arc: the producer price's weight in the landed price, `θ = π·p·(1+τ)/P`.
    pub theta: Vec<f64>,
    /// By arc: landed price, USD/t.
    pub landed: Vec<f64>,
    /// By arc: derivative of the log landed price with respect to the rate.
    by_rate: Vec<f64>,
    /// By arc: log of the quantity over its baseline.
    pub log_quantity: Vec<f64>,
    /// By arc: share in its producer's sales, `W`.
    pub sales_share: Vec<f64>,
    /// By producer: log of demand over baseline sales.
    pub log_demand: Vec<f64>,
    /// By producer: elasticity of output to its price.
    pub elasticity: Vec<f64>,
}

impl Point {
    /// The markets at what is paid on each arc and at log producer prices; `cost` is what abatement
    /// costs each producer on a tonne, over its baseline price (0 for most).
    pub fn at(kernel: &Kernel, paid: &[Paid], x: &[f64], cost: &[f64]) -> Self {
        let arcs = kernel.arcs.len();
        let mut point = Self {
            in_flow: vec![0.0; arcs],
            in_imports: vec![0.0; kernel.flows.len()],
            imports: vec![0.0; kernel.markets.len()],
            theta: vec![0.0; arcs],
            landed: vec![0.0; arcs],
            by_rate: vec![0.0; arcs],
            log_quantity: vec![0.0; arcs],
            sales_share: vec![0.0; arcs],
            log_demand: vec![0.0; x.len()],
            elasticity: kernel
                .supply
                .iter()
                .zip(x.iter().zip(cost))
                .map(|(s, (x, cost))| {
                    s.elasticity_at(s.log_output(net(*x, *cost)).exp()) * gross_up(*x, *cost)
                })
                .collect(),
        };
        let mut log_ratio = vec![0.0; arcs];
        for (a, cell) in kernel.arcs.iter().enumerate() {
            let landed = kernel.landed(paid[a], a, x[cell.maker].exp());
            let mill = cell.mill * x[cell.maker].exp();
            point.landed[a] = landed;
            point.by_rate[a] = (mill + cell.customs_freight) / landed;
            point.theta[a] = mill * (1.0 + paid[a].rate) / landed;
            log_ratio[a] = (landed / cell.landed).ln();
        }
        let mut log_flow = vec![0.0; kernel.flows.len()];
        for (m, market) in kernel.markets.iter().enumerate() {
            // A2
            for flow in market.flows.clone() {
                let cells = kernel.flows[flow].arcs.clone();
                let items = cells.clone().map(|a| (kernel.arcs[a].share, log_ratio[a]));
                log_flow[flow] = log_index(market.sigma3, items);
                for a in cells {
                    let relative = log_ratio[a] - log_flow[flow];
                    point.in_flow[a] = kernel.arcs[a].share * ((1.0 - market.sigma3) * relative).exp();
                }
            }
            // A3
            let foreign = || market.flows.clone().filter(|flow| market.home != Some(*flow));
            let has_imports = market.share_imports > 0.0;
            let log_imports = if has_imports {
                log_index(market.sigma2, foreign().map(|flow| (kernel.flows[flow].share, log_flow[flow])))
            } else {
                0.0
            };
            for flow in foreign() {
                let relative = log_flow[flow] - log_imports;
                point.in_imports[flow] = kernel.flows[flow].share * ((1.0 - market.sigma2) * relative).exp();
            }
            // A4
            let home = market.home.map(|flow| (1.0 - market.share_imports, log_flow[flow]));
            let imports = has_imports.then_some((market.share_imports, log_imports));
            let log_price = log_index(market.sigma1, home.into_iter().chain(imports));
            point.imports[m] =
                market.share_imports * ((1.0 - market.sigma1) * (log_imports - log_price)).exp();
            if let Some(flow) = market.home {
                point.in_imports[flow] = 1.0;
            }
            // A5
            let log_use = -market.eta * log_price;
            for flow in market.flows.clone() {
                let log_shipped = if market.home == Some(flow) {
                    log_use - market.sigma1 * (log_flow[flow] - log_price)
                } else {
                    log_use
                        - market.sigma1 * (log_imports - log_price)
                        - market.sigma2 * (log_flow[flow] - log_imports)
                };
                for a in kernel.flows[flow].arcs.clone() {
                    point.log_quantity[a] = log_shipped - market.sigma3 * (log_ratio[a] - log_flow[flow]);
                }
            }
        }
        let mut demand = vec![0.0; x.len()];
        for (a, cell) in kernel.arcs.iter().enumerate() {
            point.sales_share[a] = cell.weight * point.log_quantity[a].exp();
            demand[cell.maker] += point.sales_share[a];
        }
        for (a, cell) in kernel.arcs.iter().enumerate() {
            point.sales_share[a] /= demand[cell.maker];
        }
        point.log_demand = demand.into_iter().map(f64::ln).collect();
        point
    }

    /// ∂ log landed / ∂ rate of an arc.
    pub fn by_rate(&self, arc: usize) -> f64 {
        self.by_rate[arc]
    }

    /// `J = ∂(log demand − log supply)/∂x` (A8).
    pub fn jacobian(&self, kernel: &Kernel) -> Matrix {
        let mut jacobian = self.demand_jacobian(kernel);
        for (maker, elasticity) in self.elasticity.iter().enumerate() {
            jacobian.row_mut(maker)[maker] -= elasticity;
        }
        jacobian
    }

    /// `∂ log demand/∂x`: A8 without supply.
    pub fn demand_jacobian(&self, kernel: &Kernel) -> Matrix {
        let mut jacobian = Matrix::zeros(kernel.makers.len());
        for (m, market) in kernel.markets.iter().enumerate() {
            let first = kernel.flows[market.flows.start].arcs.start;
            let last = kernel.flows[market.flows.end - 1].arcs.end;
            // what each arc's price adds to every quantity of the market, and to its imports'
            let mut shared = Vec::with_capacity(last - first);
            for w in first..last {
                let flow = kernel.arcs[w].flow;
                let home = market.home == Some(flow);
                let in_nest = self.in_imports[flow] * self.in_flow[w];
                let part = if home { 1.0 - self.imports[m] } else { self.imports[m] };
                let among_imports = if home { 0.0 } else { (market.sigma2 - market.sigma1) * in_nest };
                shared.push((
                    kernel.arcs[w].maker,
                    (market.sigma1 - market.eta) * part * in_nest * self.theta[w],
                    among_imports * self.theta[w],
                ));
            }
            for v in first..last {
                let flow = kernel.arcs[v].flow;
                let home = market.home == Some(flow);
                let weight = self.sales_share[v];
                let upper = if home { market.sigma1 } else { market.sigma2 };
                let row = jacobian.row_mut(kernel.arcs[v].maker);
                if home {
                    for (column, everywhere, _) in &shared {
                        row[*column] += weight * everywhere;
                    }
                } else {
                    for (column, everywhere, among_imports) in &shared {
                        row[*column] += weight * (everywhere + among_imports);
                    }
                }
                for w in kernel.flows[flow].arcs.clone() {
                    row[kernel.arcs[w].maker] +=
                        weight * (market.sigma3 - upper) * self.in_flow[w] * self.theta[w];
                }
                row[kernel.arcs[v].maker] -= weight * market.sigma3 * self.theta[v];
            }
        }
        jacobian
    }

    /// How log quantities move with log landed prices: by arc, in and out (A2–A5 linearised).
    pub fn forwards(&self, kernel: &Kernel, log_landed: &[f64]) -> Vec<f64> {
        let mut log_quantity = vec![0.0; kernel.arcs.len()];
        for (m, market) in kernel.markets.iter().enumerate() {
            let of_flow = |flow: usize| -> f64 {
                kernel.flows[flow].arcs.clone().map(|a| self.in_flow[a] * log_landed[a]).sum()
            };
            let flows: Vec<f64> = market.flows.clone().map(of_flow).collect();
            let (mut imports, mut home) = (0.0, 0.0);
            for (flow, moved) in market.flows.clone().zip(&flows) {
                if market.home == Some(flow) {
                    home = *moved;
                } else {
                    imports += self.in_imports[flow] * moved;
                }
            }
            let price = (1.0 - self.imports[m]) * home + self.imports[m] * imports;
            for (flow, moved) in market.flows.clone().zip(&flows) {
                let shipped = -market.eta * price
                    + if market.home == Some(flow) {
                        -market.sigma1 * (moved - price)
                    } else {
                        -market.sigma1 * (imports - price) - market.sigma2 * (moved - imports)
                    };
                for a in kernel.flows[flow].arcs.clone() {
                    log_quantity[a] = shipped - market.sigma3 * (log_landed[a] - moved);
                }
            }
        }
        log_quantity
    }

    /// The transpose of [`Point::forwards`]: from weights on log quantities to weights on log landed prices.
    pub fn backwards(&self, kernel: &Kernel, weights: &[f64]) -> Vec<f64> {
        let mut on_landed = vec![0.0; kernel.arcs.len()];
        for (m, market) in kernel.markets.iter().enumerate() {
            let (mut on_price, mut on_imports) = (0.0, 0.0);
            let mut on_flow = Vec::with_capacity(market.flows.len());
            for flow in market.flows.clone() {
                let cells = kernel.flows[flow].arcs.clone();
                let weight: f64 = weights[cells].iter().sum();
                on_price += weight * (market.sigma1 - market.eta);
                if market.home == Some(flow) {
                    on_flow.push(weight * (market.sigma3 - market.sigma1));
                } else {
                    on_imports += weight * (market.sigma2 - market.sigma1);
                    on_flow.push(weight * (market.sigma3 - market.sigma2));
                }
            }
            on_imports += self.imports[m] * on_price;
            let on_home = (1.0 - self.imports[m]) * on_price;
            for (flow, mut on) in market.flows.clone().zip(on_flow) {
                on += if market.home == Some(flow) { on_home } else { self.in_imports[flow] * on_imports };
                for a in kernel.flows[flow].arcs.clone() {
                    on_landed[a] = on * self.in_flow[a] - market.sigma3 * weights[a];
                }
            }
        }
        on_landed
    }
}

/// The log of a price after a cost (both over the baseline's price).
pub(super) fn net(x: f64, cost: f64) -> f64 {
    if cost == 0.0 { x } else { (x.exp() - cost).ln() }
}

/// How the log of the price after a cost moves with the log of the price.
fn gross_up(x: f64, cost: f64) -> f64 {
    if cost == 0.0 { 1.0 } else { x.exp() / (x.exp() - cost) }
}

impl Kernel {
    /// Takes the inverse Jacobian anew at the baseline.
    pub fn refresh_inverse(&mut self, baseline: &Baseline) {
        let terms = Terms::in_force(baseline);
        let size = self.makers.len();
        let in_force: Vec<Paid> = (0..self.arcs.len()).map(|arc| self.paid(&terms, arc)).collect();
        let jacobian = Point::at(self, &in_force, &vec![0.0; size], &vec![0.0; size]).jacobian(self);
        // a baseline whose Jacobian is singular starts from the unit matrix and factorises on the way
        self.inverse = jacobian.inverse().unwrap_or_else(|| {
            let mut unit = Matrix::zeros(size);
            for row in 0..size {
                unit.row_mut(row)[row] = -1.0;
            }
            unit
        });
    }
}
