//! A scenario's duties in the layout of the [`Kernel`].

use crate::baseline::ArcId;
use crate::engine::armington::kernel::{Kernel, Paid};
use crate::policy::Terms;
use std::ops::Range;

/// A scenario's duties, laid out as the kernel wants them: the flows that take
/// their own power (*open* flows) market by market, and the coefficients of
/// plain flows where they differ from the baseline's.
#[derive(Debug)]
pub(super) struct Job<'a> {
    pub terms: &'a Terms,
    pub arcs: OpenArcs,
    pub flows: OpenFlows,
    /// By market: its part of `flows`.
    pub markets: Vec<Range<usize>>,
    /// Coefficients of plain flows in markets where a duty on one of them changed.
    share: Vec<f64>,
    weight: Vec<f64>,
    /// By market: where they begin.
    own: Vec<Option<usize>>,
    /// Plain flows that pay another rate: the arc.
    pub changed: Vec<usize>,
    /// The arcs that were asked to be open, by their positions among the open ones.
    pub watched: Vec<usize>,
}

/// Arcs of open flows: landed price over the baseline's is `(slope·p + fixed)/landed`.
#[derive(Debug, Default)]
pub(super) struct OpenArcs {
    /// The arc, a position in [`Kernel::arcs`].
    pub arc: Vec<usize>,
    /// Its producer.
    pub maker: Vec<usize>,
    /// Its open flow.
    pub flow: Vec<usize>,
    /// `π(1+τ)`, USD/t.
    pub slope: Vec<f64>,
    /// `f(1+τ) + c`, USD/t.
    pub fixed: Vec<f64>,
    /// Landed price in the baseline, USD/t.
    pub landed: Vec<f64>,
    /// Value share in its flow.
    pub share: Vec<f64>,
    /// Share in its producer's sales.
    pub weight: Vec<f64>,
    /// 1 − σ3 of its market.
    pub power: Vec<f64>,
}

/// Open flows.
#[derive(Debug, Default)]
pub(super) struct OpenFlows {
    /// Its part of the open arcs.
    pub arcs: Vec<Range<usize>>,
    /// Value share among the market's imports.
    pub share: Vec<f64>,
    /// 1 − σ3 of its market.
    pub inner: Vec<f64>,
    /// 1 − σ2 of its market.
    pub outer: Vec<f64>,
}

/// What another rate makes of a plain flow's coefficients. Most arcs of a market change alike: the
/// last rate, rate in force, and their two powers are kept.
#[derive(Debug, Default)]
struct Shifts(Option<(f64, f64, f64, f64)>);

impl Shifts {
    /// The factors of share and weight.
    fn of(&mut self, rate: f64, in_force: f64, sigma: f64) -> (f64, f64) {
        match self.0 {
            Some((r, f, of_share, of_weight)) if (r, f) == (rate, in_force) => (of_share, of_weight),
            _ => {
                let shift = ((1.0 + rate) / (1.0 + in_force)).ln();
                let (of_share, of_weight) = (((1.0 - sigma) * shift).exp(), (-sigma * shift).exp());
                self.0 = Some((rate, in_force, of_share, of_weight));
                (of_share, of_weight)
            }
        }
    }
}

impl Job<'_> {
    /// Whether a market has coefficients of its own.
    pub fn is_own(&self, market: usize) -> bool {
        self.own[market].is_some()
    }
}

impl Kernel {
    /// A scenario's duties in the kernel's layout; the flows of the arcs to be watched (in order)
    /// take their own power, so that what is paid on them can change while prices are sought.
    pub fn job<'a>(&self, terms: &'a Terms, watched: &[usize]) -> Job<'a> {
        let mut job = Job {
            terms,
            arcs: OpenArcs::default(),
            flows: OpenFlows::default(),
            markets: Vec::with_capacity(self.markets.len()),
            share: vec![],
            weight: vec![],
            own: vec![None; self.markets.len()],
            changed: vec![],
            watched: vec![],
        };
        let charged = self.change_plain_flows(&mut job, watched);
        let mut next = 0;
        for (m, market) in self.markets.iter().enumerate() {
            let start = job.flows.arcs.len();
            for flow in &self.open_flows[market.open.clone()] {
                self.open(*flow, &mut job);
            }
            while let Some((_, flow)) = charged.get(next).filter(|(at, _)| *at == m) {
                self.open(*flow, &mut job);
                next += 1;
            }
            job.markets.push(start..job.flows.arcs.len());
        }
        if !watched.is_empty() {
            let mut place = vec![0; self.arcs.len()];
            for (at, arc) in job.arcs.arc.iter().enumerate() {
                place[*arc] = at;
            }
            job.watched = watched.iter().map(|arc| place[*arc]).collect();
        }
        job
    }

    /// Coefficients of plain flows under changed duties; the flows (with their market) that a
    /// charge makes open, or that are to be watched.
    fn change_plain_flows(&self, job: &mut Job<'_>, watched: &[usize]) -> Vec<(usize, usize)> {
        let mut charged = vec![];
        let mut shifts = Shifts::default();
        let mut watched = watched.iter().copied().peekable();
        let mut changes = self.changed(job.terms).peekable();
        while let Some(changed) = [changes.peek(), watched.peek()].into_iter().flatten().min().copied() {
            changes.next_if_eq(&changed);
            let open = watched.next_if_eq(&changed).is_some();
            let arc = &self.arcs[changed];
            let flow = &self.flows[arc.flow];
            let Some(cell) = flow.plain else { continue };
            let all = self.markets[flow.market].plain.clone();
            let start = *job.own[flow.market].get_or_insert_with(|| {
                job.share.extend_from_slice(&self.plain_share[all.clone()]);
                job.weight.extend_from_slice(&self.plain_weight[all.clone()]);
                job.share.len() - all.len()
            });
            let at = start + cell - all.start;
            let duty = job.terms.duty(ArcId::at(self.first_arc + changed));
            if !open && duty.per_tonne().value() == 0.0 {
                let (of_share, of_weight) = shifts.of(duty.rate, arc.in_force, self.plain_sigma);
                job.share[at] = flow.share * of_share;
                job.weight[at] = arc.weight * of_weight;
                job.changed.push(changed);
            } else {
                // it breaks the proportion: the flow takes its own power
                job.share[at] = 0.0;
                job.weight[at] = 0.0;
                charged.push((flow.market, arc.flow));
            }
        }
        charged
    }

    fn open(&self, flow: usize, job: &mut Job<'_>) {
        let start = job.arcs.arc.len();
        let cell = &self.flows[flow];
        let market = &self.markets[cell.market];
        for arc in cell.arcs.clone() {
            let cell = &self.arcs[arc];
            let duty = job.terms.duty(ArcId::at(self.first_arc + arc));
            job.arcs.arc.push(arc);
            job.arcs.maker.push(cell.maker);
            job.arcs.flow.push(job.flows.arcs.len());
            job.arcs.slope.push(cell.mill * (1.0 + duty.rate));
            let paid = Paid { rate: duty.rate, per_tonne: duty.per_tonne().value() };
            job.arcs.fixed.push(cell.beyond_mill(paid));
            job.arcs.landed.push(cell.landed);
            job.arcs.share.push(cell.share);
            job.arcs.weight.push(cell.weight);
            job.arcs.power.push(1.0 - market.sigma3);
        }
        job.flows.arcs.push(start..job.arcs.arc.len());
        job.flows.share.push(cell.share);
        job.flows.inner.push(1.0 - market.sigma3);
        job.flows.outer.push(1.0 - market.sigma2);
    }

    /// Takes elasticities into a job that was laid out before [`Kernel::tune`].
    pub fn tune_job(&self, job: &mut Job<'_>) {
        for (power, arc) in job.arcs.power.iter_mut().zip(&job.arcs.arc) {
            *power = 1.0 - self.markets[self.flows[self.arcs[*arc].flow].market].sigma3;
        }
        for (market, flows) in self.markets.iter().zip(&job.markets) {
            job.flows.inner[flows.clone()].fill(1.0 - market.sigma3);
            job.flows.outer[flows.clone()].fill(1.0 - market.sigma2);
        }
        let mut shifts = Shifts::default();
        for changed in &job.changed {
            let arc = &self.arcs[*changed];
            let flow = &self.flows[arc.flow];
            let (Some(cell), Some(start)) = (flow.plain, job.own[flow.market]) else { continue };
            let at = start + cell - self.markets[flow.market].plain.start;
            let rate = job.terms.duty(ArcId::at(self.first_arc + changed)).rate;
            let (of_share, of_weight) = shifts.of(rate, arc.in_force, self.plain_sigma);
            job.share[at] = flow.share * of_share;
            job.weight[at] = arc.weight * of_weight;
        }
    }

    /// Share and weight coefficients of a market's plain flows under a job.
    #[inline]
    pub fn plain<'a>(&'a self, m: usize, job: &'a Job<'_>) -> (&'a [f64], &'a [f64]) {
        let all = self.markets[m].plain.clone();
        match job.own[m] {
            None => (&self.plain_share[all.clone()], &self.plain_weight[all]),
            Some(start) => (&job.share[start..start + all.len()], &job.weight[start..start + all.len()]),
        }
    }
}
