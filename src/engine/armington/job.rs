//! A scenario's duties in the layout of the [`Kernel`].

use crate::baseline::ArcId;
use crate::engine::armington::kernel::Kernel;
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
        // most arcs of a market change alike: rate, rate in force, and the two powers
        let mut last = (f64::NAN, f64::NAN, 0.0, 0.0);
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
                if (last.0, last.1) != (duty.rate, arc.in_force) {
                    let shift = ((1.0 + duty.rate) / (1.0 + arc.in_force)).ln();
                    let sigma = self.plain_sigma;
                    last = (duty.rate, arc.in_force, ((1.0 - sigma) * shift).exp(), (-sigma * shift).exp());
                }
                job.share[at] = flow.share * last.2;
                job.weight[at] = arc.weight * last.3;
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
            job.arcs.fixed.push(cell.freight * (1.0 + duty.rate) + duty.per_tonne().value());
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
