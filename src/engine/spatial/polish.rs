//! From the solution of the linear program to the solution on the curves themselves.
//!
//! The program has found which ways are used and which limits bind, up to its steps. The
//! conditions of the spatial problem are equations in the prices of sources and markets and the
//! premiums of limits and promises; each way ships what they leave to it, or nothing. A semismooth
//! Newton method closes the gap that steps leave, ad valorem rates included (S3, S5).

use super::network::{Curve, Detour, Link, Network, Place, Solved};
use crate::engine::dense::Matrix;

/// Newton steps at most.
const STEPS: usize = 60;
/// Halvings of a step at most.
const HALVINGS: usize = 12;
/// Largest equation left, as a share of quantities.
const ACCEPTED: f64 = 1e-11;
/// How a lack of tonnes weighs against a premium: about what closes it, as for A9.
const WEIGHT: f64 = 0.1;

/// Prices of sources and of markets, premiums of limits (rates) and of promises (USD/t).
struct Unknowns<'a> {
    network: &'a Network,
    values: Vec<f64>,
}

/// The quantity at a price, and its derivative.
pub(super) fn quantity(place: &Place, price: f64) -> (f64, f64) {
    let (quantity, slope) = match place.curve {
        Curve::Linear { at_zero, slope } => ((price - at_zero) / slope, 1.0 / slope),
        Curve::Supply { price: before, output, curve } => {
            let made = curve.log_output((price / before).ln()).exp();
            (output * made, output * made * curve.elasticity_at(made) / price)
        }
        Curve::Demand { price: before, quantity, elasticity } => {
            let used = quantity * (price / before).powf(-elasticity);
            (used, -elasticity * used / price)
        }
    };
    if quantity <= 0.0 {
        (0.0, 0.0)
    } else if quantity >= place.capacity {
        (place.capacity, 0.0)
    } else {
        (quantity, slope)
    }
}

impl Unknowns<'_> {
    fn market(&self, at: usize) -> usize {
        self.network.sources.len() + at
    }

    fn limit(&self, at: usize) -> usize {
        self.market(self.network.markets.len()) + at
    }

    fn promise(&self, at: usize) -> usize {
        self.limit(self.network.limits.len()) + at
    }

    /// What a first tonne on each link earns, and how that moves with the unknowns: `(unknown, derivative)`.
    fn margins(&self) -> (Vec<f64>, Vec<Vec<(usize, f64)>>) {
        let network = self.network;
        let mut margin: Vec<f64> = vec![];
        let mut moves: Vec<Vec<(usize, f64)>> = vec![];
        for link in &network.links {
            let (from, into) = (link.source, self.market(link.market));
            let price = self.values[from];
            margin.push(self.values[into] - price - link.fixed - link.rate * (price + link.freight));
            moves.push(vec![(from, -1.0 - link.rate), (into, 1.0)]);
        }
        for (at, limit) in network.limits.iter().enumerate() {
            let premium = self.values[self.limit(at)];
            for (position, share) in &limit.links {
                let link = &network.links[*position];
                let value = self.values[link.source] + link.freight;
                margin[*position] -= premium * share * value;
                moves[*position][0].1 -= premium * share;
                moves[*position].push((self.limit(at), -share * value));
            }
        }
        for (at, promise) in network.promises.iter().enumerate() {
            for position in &promise.green {
                margin[*position] += self.values[self.promise(at)];
                moves[*position].push((self.promise(at), 1.0));
            }
        }
        (margin, moves)
    }

    /// What links ship, and how that moves with the unknowns: `(unknown, derivative)`.
    fn shipments(&self) -> (Vec<f64>, Vec<Vec<(usize, f64)>>) {
        let network = self.network;
        let (mut margin, mut moves) = self.margins();
        self.with_detours(&mut margin, &mut moves);
        let mut shipped = margin;
        for ((shipped, moves), link) in shipped.iter_mut().zip(&mut moves).zip(&network.links) {
            *shipped /= link.slope;
            if *shipped > 0.0 {
                for (_, derivative) in moves.iter_mut() {
                    *derivative /= link.slope;
                }
            } else {
                *shipped = 0.0;
                moves.clear();
            }
        }
        (shipped, moves)
    }

    /// Adds to each link's margin what one more tonne on it is worth because it can take a detour:
    /// nothing while some of its shipments take none.
    fn with_detours(&self, margin: &mut [f64], moves: &mut [Vec<(usize, f64)>]) {
        for own in self.network.detours.chunk_by(|a, b| a.link == b.link) {
            let at = own[0].link;
            let link = &self.network.links[at];
            let worth = worth_of_shipping(link, own, self.values[link.source], margin[at]);
            if worth <= 0.0 {
                continue;
            }
            // (margin + worth)/s = Σ (saving − worth)/s_h over those taken
            let price = self.values[link.source];
            let taken = own.iter().filter(|detour| saving(link, detour, price) > worth);
            let (mut along, mut by_price) = (0.0, 0.0);
            for detour in taken {
                along += 1.0 / detour.slope;
                by_price -= detour.rate / detour.slope;
            }
            let share = 1.0 / (1.0 / link.slope + along);
            margin[at] += worth;
            for (_, derivative) in &mut moves[at] {
                *derivative *= 1.0 - share / link.slope;
            }
            moves[at].push((link.source, share * by_price));
        }
    }

    /// What takes each detour.
    fn detoured(&self, margin: &[f64]) -> Vec<f64> {
        let mut tonnes = vec![];
        for own in self.network.detours.chunk_by(|a, b| a.link == b.link) {
            let link = &self.network.links[own[0].link];
            let price = self.values[link.source];
            let worth = worth_of_shipping(link, own, price, margin[own[0].link]);
            let taken = |detour: &Detour| ((saving(link, detour, price) - worth) / detour.slope).max(0.0);
            tonnes.extend(own.iter().map(taken));
        }
        tonnes
    }

    /// Every equation's value, and the Jacobian if it is asked for.
    fn equations(&self, with_jacobian: bool) -> (Vec<f64>, Option<Matrix>) {
        let network = self.network;
        let (shipped, moves) = self.shipments();
        let mut out = vec![0.0; self.values.len()];
        let mut jacobian = with_jacobian.then(|| Matrix::zeros(self.values.len()));
        let mut add = |row: usize, column: usize, value: f64| {
            if let Some(jacobian) = &mut jacobian {
                jacobian.row_mut(row)[column] += value;
            }
        };
        let places = network.sources.iter().chain(&network.markets).enumerate();
        let mut scale = vec![1.0; self.values.len()];
        for (at, place) in places {
            let (quantity, slope) = quantity(place, self.values[at]);
            scale[at] = 1.0 / place.centre.max(1e-9 * place.extent);
            out[at] = -quantity * scale[at];
            add(at, at, -slope * scale[at]);
        }
        for ((link, shipped), moves) in network.links.iter().zip(&shipped).zip(&moves) {
            for row in [link.source, self.market(link.market)] {
                out[row] += shipped * scale[row];
                for (column, derivative) in moves {
                    add(row, *column, derivative * scale[row]);
                }
            }
        }
        for (at, limit) in network.limits.iter().enumerate() {
            let row = self.limit(at);
            let premium = self.values[row];
            let total: f64 = limit.links.iter().map(|(link, _)| shipped[*link]).sum();
            let spare = WEIGHT * (1.0 - total / limit.quantity);
            let above = limit.gap.map_or(f64::NEG_INFINITY, |gap| premium - gap);
            out[row] = premium.min(spare).max(above);
            if above >= premium.min(spare) || premium <= spare {
                add(row, row, 1.0);
            } else {
                for (link, _) in &limit.links {
                    for (column, derivative) in &moves[*link] {
                        add(row, *column, -WEIGHT * derivative / limit.quantity);
                    }
                }
            }
        }
        for (at, promise) in network.promises.iter().enumerate() {
            let row = self.promise(at);
            let unit = network.markets[promise.market].curve.price_at(network.markets[promise.market].centre);
            let premium = self.values[row] / unit;
            let market = self.market(promise.market);
            let (used, slope) = quantity(&network.markets[promise.market], self.values[market]);
            let promised = promise.share.map_or(promise.tonnes, |share| share * used);
            let green: f64 = promise.green.iter().map(|link| shipped[*link]).sum();
            let whole = network.markets[promise.market].centre;
            let spare = WEIGHT * (green - promised) / whole;
            let above = premium - promise.cap / unit;
            out[row] = premium.min(spare).max(above);
            if above >= premium.min(spare) || premium <= spare {
                add(row, row, 1.0 / unit);
            } else {
                for link in &promise.green {
                    for (column, derivative) in &moves[*link] {
                        add(row, *column, WEIGHT * derivative / whole);
                    }
                }
                add(row, market, -WEIGHT * promise.share.unwrap_or(0.0) * slope / whole);
            }
        }
        (out, jacobian)
    }
}

/// What a detour's first tonne saves at a source's price.
fn saving(link: &Link, detour: &Detour, price: f64) -> f64 {
    -(detour.fixed + detour.rate * (price + link.freight))
}

/// What one more tonne on a link is worth because it can take a detour, at the margin that the
/// link's first tonne earns without: 0 where fewer tonnes save by a detour than are shipped. Else
/// the worth `ν` at which `(margin + ν)/s = Σ max(0, saving − ν)/s_h`, all that is shipped.
fn worth_of_shipping(link: &Link, own: &[Detour], price: f64, margin: f64) -> f64 {
    let mut savings: Vec<(f64, f64)> =
        own.iter().map(|detour| (saving(link, detour, price), detour.slope)).collect();
    savings.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut along, mut saved) = (1.0 / link.slope, -margin / link.slope);
    let mut worth = f64::NEG_INFINITY;
    for (saving, slope) in savings {
        // a detour is taken where it saves more than a tonne is worth
        if saving <= worth {
            break;
        }
        along += 1.0 / slope;
        saved += saving / slope;
        worth = saved / along;
    }
    worth.max(0.0)
}

/// The size of what is left of equations.
fn size(equations: &[f64]) -> f64 {
    equations
        .iter()
        .fold(0.0, |largest, value| if value.is_nan() { f64::NAN } else { value.abs().max(largest) })
}

/// The solution on the curves, from one on steps; `None` where Newton does not get there.
pub(super) fn polish(network: &Network, near: &Solved) -> Option<Solved> {
    if network.links.iter().any(|link| link.slope <= 0.0) {
        return None;
    }
    // who ships nothing has a price of nothing in the program
    let places = network.sources.iter().chain(&network.markets);
    let prices = near.sources.iter().chain(&near.markets).zip(places);
    let prices = prices.map(|((_, price), place)| price.max(1e-3 * place.curve.price_at(place.centre)));
    let values = prices.chain(near.premiums.iter().copied()).chain(near.green.iter().copied()).collect();
    let mut at = Unknowns { network, values };
    let positive = network.sources.len() + network.markets.len();
    if at.values[..positive].iter().any(|price| *price <= 0.0) {
        return None;
    }
    let mut left = f64::INFINITY;
    for step in 0..STEPS {
        let (equations, jacobian) = at.equations(true);
        left = size(&equations);
        if left <= ACCEPTED {
            return Some(at.solved(near, step));
        }
        let change = jacobian?.solve(&equations)?;
        let mut share = 1.0;
        // prices stay above zero
        for (value, change) in at.values[..positive].iter().zip(&change) {
            if *change > 0.8 * value {
                share = f64::min(share, 0.8 * value / change);
            }
        }
        let before = at.values.clone();
        for halving in 0..=HALVINGS {
            for ((value, before), change) in at.values.iter_mut().zip(&before).zip(&change) {
                *value = before - share * change;
            }
            let now = size(&at.equations(false).0);
            if now < left || (halving == HALVINGS && now.is_finite()) {
                break;
            }
            share *= 0.5;
        }
    }
    // rounding may keep equations of very small places from the last digits
    (left <= 1e3 * ACCEPTED).then(|| at.solved(near, STEPS))
}

impl Unknowns<'_> {
    fn solved(&self, near: &Solved, steps: usize) -> Solved {
        let network = self.network;
        let (shipped, _) = self.shipments();
        let (mut made, mut used) = (vec![0.0; network.sources.len()], vec![0.0; network.markets.len()]);
        for (link, shipped) in network.links.iter().zip(&shipped) {
            made[link.source] += shipped;
            used[link.market] += shipped;
        }
        let scarcity = network.sources.iter().zip(&made).zip(&self.values).map(|((source, made), price)| {
            let full = *made >= source.capacity * (1.0 - 1e-9);
            if full { (price - source.curve.price_at(*made)).max(0.0) } else { 0.0 }
        });
        Solved {
            scarcity: scarcity.collect(),
            sources: made.into_iter().zip(self.values.iter().copied()).collect(),
            markets: used.into_iter().zip(self.values[network.sources.len()..].iter().copied()).collect(),
            shipped,
            detoured: self.detoured(&self.margins().0),
            premiums: (0..network.limits.len()).map(|at| self.values[self.limit(at)].max(0.0)).collect(),
            green: (0..network.promises.len()).map(|at| self.values[self.promise(at)].max(0.0)).collect(),
            rounds: near.rounds + steps,
            steps: near.steps,
            residual: near.residual,
            step_error: near
                .sources
                .iter()
                .chain(&near.markets)
                .zip(&self.values)
                .map(|((_, price), value)| (price / value - 1.0).abs())
                .fold(0.0, f64::max),
        }
    }
}
