//! From the solution of the linear program to the solution on the curves themselves.
//!
//! The program has found which ways are used and which limits bind, up to its steps. The
//! conditions of the spatial problem are equations in the prices of sources and markets and the
//! premiums of limits and promises; each way ships what they leave to it, or nothing. A semismooth
//! Newton method closes the gap that steps leave, ad valorem rates included (S3, S5).

use super::network::{Curve, Detour, Link, Network, Place, Solved, Traded};
use zollverein_numeric::dense::{Matrix, greatest};

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

/// What is made or used at a price.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct AtPrice {
    pub tonnes: f64,
    /// By price, tonnes for each USD/t.
    pub slope: f64,
}

/// The quantity at a price, and its derivative.
pub(super) fn quantity(place: &Place, price: f64) -> AtPrice {
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
        AtPrice { tonnes: 0.0, slope: 0.0 }
    } else if quantity >= place.capacity {
        AtPrice { tonnes: place.capacity, slope: 0.0 }
    } else {
        AtPrice { tonnes: quantity, slope }
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
            let AtPrice { tonnes, slope } = quantity(place, self.values[at]);
            scale[at] = 1.0 / place.centre.max(1e-9 * place.extent);
            out[at] = -tonnes * scale[at];
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
            let AtPrice { tonnes: used, slope } =
                quantity(&network.markets[promise.market], self.values[market]);
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

/// What a detour saves, USD/t: its first tonne, and less by each tonne more.
struct Saving {
    first: f64,
    slope: f64,
}

/// What a detour's first tonne saves at a source's price.
fn saving(link: &Link, detour: &Detour, price: f64) -> f64 {
    -(detour.fixed + detour.rate * (price + link.freight))
}

/// What one more tonne on a link is worth because it can take a detour, at the margin that the
/// link's first tonne earns without: 0 where fewer tonnes save by a detour than are shipped. Else
/// the worth `ν` at which `(margin + ν)/s = Σ max(0, saving − ν)/s_h`, all that is shipped.
fn worth_of_shipping(link: &Link, own: &[Detour], price: f64, margin: f64) -> f64 {
    let mut savings: Vec<Saving> =
        own.iter().map(|detour| Saving { first: saving(link, detour, price), slope: detour.slope }).collect();
    savings.sort_by(|a, b| b.first.total_cmp(&a.first));
    let (mut along, mut saved) = (1.0 / link.slope, -margin / link.slope);
    let mut worth = f64::NEG_INFINITY;
    for Saving { first: saving, slope } in savings {
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
    greatest(0.0, equations.iter().map(|value| value.abs()))
}

/// The solution on the curves, from one on steps; `None` where Newton does not get there.
pub(super) fn polish(network: &Network, near: &Solved) -> Option<Solved> {
    if network.links.iter().any(|link| link.slope <= 0.0) {
        return None;
    }
    // who ships nothing has a price of nothing in the program
    let places = network.sources.iter().chain(&network.markets);
    let prices = near.sources.iter().chain(&near.markets).zip(places);
    let prices = prices.map(|(near, place)| near.price.max(1e-3 * place.curve.price_at(place.centre)));
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
        let traded = |tonnes: Vec<f64>, prices: &[f64]| {
            let of = |(quantity, price): (f64, &f64)| Traded { quantity, price: *price };
            tonnes.into_iter().zip(prices).map(of).collect()
        };
        Solved {
            scarcity: scarcity.collect(),
            sources: traded(made, &self.values),
            markets: traded(used, &self.values[network.sources.len()..]),
            shipped,
            detoured: self.detoured(&self.margins().0),
            premiums: (0..network.limits.len()).map(|at| self.values[self.limit(at)].max(0.0)).collect(),
            green: (0..network.promises.len()).map(|at| self.values[self.promise(at)].max(0.0)).collect(),
            rounds: near.rounds + steps,
            steps: near.steps,
            residual: near.residual,
            step_error: greatest(
                0.0,
                near.sources
                    .iter()
                    .chain(&near.markets)
                    .zip(&self.values)
                    .map(|(near, value)| (near.price / value - 1.0).abs()),
            ),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::engine::spatial::network::{Limit, Promise};
    use crate::engine::spatial::rounds::Settings;
    use crate::engine::supply::Supply;

    fn near(found: f64, wanted: f64) {
        assert!((found - wanted).abs() <= 1e-12 * wanted.abs().max(1.0), "{found}, not {wanted}");
    }

    fn line(at_zero: f64, slope: f64) -> Place {
        let curve = Curve::Linear { at_zero, slope };
        Place { curve, centre: 100.0, extent: 400.0, capacity: f64::INFINITY }
    }

    /// One source, one market, one link: p = q, P = 200 − q, the link costs 10 + (p + 20)/10 + x/2.
    pub fn simple() -> Network {
        let link = Link {
            source: 0,
            market: 0,
            fixed: 10.0,
            rate: 0.1,
            freight: 20.0,
            slope: 0.5,
            centre: 100.0,
            scale: 100.0,
        };
        Network {
            sources: vec![line(0.0, 1.0)],
            markets: vec![line(200.0, -1.0)],
            links: vec![link],
            limits: vec![Limit { quantity: 40.0, links: vec![(0, 0.5)], gap: None }],
            promises: vec![Promise { market: 0, green: vec![0], share: Some(0.25), tonnes: 0.0, cap: 30.0 }],
            ..Network::default()
        }
    }

    /// Three sources and two markets with curves of every kind, and two of each kind of condition.
    pub fn rich() -> Network {
        let supply = |price: f64, output: f64, curvature: f64| {
            let curve = Supply::new(1.3, curvature, 0.8);
            let capacity = output / 0.8;
            Place {
                curve: Curve::Supply { price, output, curve },
                centre: output,
                extent: capacity,
                capacity,
            }
        };
        let market = |price: f64, quantity: f64, elasticity: f64| Place {
            curve: Curve::Demand { price, quantity, elasticity },
            centre: quantity,
            extent: 4.0 * quantity,
            capacity: f64::INFINITY,
        };
        let link = |source, market, fixed, rate, slope| Link {
            source,
            market,
            fixed,
            rate,
            freight: 15.0,
            slope,
            centre: 40.0,
            scale: 40.0,
        };
        let around = |link, fixed, rate, slope| Detour { link, fixed, rate, slope, scale: 10.0 };
        Network {
            sources: vec![supply(400.0, 70.0, 0.3), supply(450.0, 80.0, 0.0), line(300.0, 1.5)],
            markets: vec![market(600.0, 90.0, 0.5), market(580.0, 70.0, 0.8)],
            links: vec![
                link(0, 0, 60.0, 0.05, 0.8),
                link(0, 1, 90.0, 0.0, 0.9),
                link(1, 0, 50.0, 0.15, 0.7),
                link(1, 1, 30.0, 0.1, 1.1),
                link(2, 0, 70.0, 0.02, 1.3),
                link(2, 1, 40.0, 0.2, 0.6),
            ],
            detours: vec![
                around(2, 5.0, -0.08, 1.5),
                around(2, -60.0, -0.02, 0.9),
                around(3, -120.0, -0.1, 0.4),
                around(3, -40.0, 0.0, 0.8),
            ],
            limits: vec![
                Limit { quantity: 55.0, links: vec![(0, 1.0), (4, 0.5)], gap: None },
                Limit { quantity: 30.0, links: vec![(3, 0.75), (5, 1.0)], gap: Some(0.05) },
            ],
            promises: vec![
                Promise { market: 0, green: vec![4], share: Some(0.45), tonnes: 0.0, cap: 60.0 },
                Promise { market: 1, green: vec![1, 5], share: None, tonnes: 60.0, cap: 400.0 },
            ],
        }
    }

    #[test]
    fn equations_are_those_of_a_pencil() {
        let mut network = simple();
        let at =
            |network: &Network| Unknowns { network, values: vec![60.0, 130.0, 0.2, 5.0] }.equations(false).0;
        // (130 − 60 − 10 − 8 − 0.2·0.5·80 + 5)/0.5 = 98 shipped; 60 made, 70 used
        for (found, wanted) in at(&network).into_iter().zip([0.38, 0.28, 0.1 * (1.0 - 98.0 / 40.0), 0.05]) {
            near(found, wanted);
        }
        // nothing above a gap of 0.25 is paid; the promise is in tonnes and not kept
        network.limits[0].gap = Some(0.25);
        (network.promises[0].share, network.promises[0].tonnes) = (None, 108.0);
        let found = at(&network);
        near(found[2], 0.2 - 0.25);
        near(found[3], 0.1 * (98.0 - 108.0) / 100.0);
        network.promises[0].cap = 5.5; // all but reached
        near(at(&network)[3], 0.05 - 0.055);
    }

    #[test]
    fn detours_are_those_of_a_pencil() {
        let around = |fixed, rate, slope| Detour { link: 0, fixed, rate, slope, scale: 1.0 };
        let mut network = simple();
        (network.limits, network.promises) = (vec![], vec![]);
        // at p = 60 they save 30 and 10; a tonne more is worth 5.25 where (49 + 5.25)/0.5 = 99 + 9.5
        network.detours = vec![around(-22.0, -0.1, 0.25), around(-10.0, 0.0, 0.5)];
        let at = Unknowns { network: &network, values: vec![60.0, 127.0] };
        near(at.shipments().0[0], 108.5);
        let taken = at.detoured(&at.margins().0);
        near(taken[0], 99.0);
        near(taken[1], 9.5);
        // saving 2 and 1 they take 8 and 2 of the 98 shipped, and change nothing
        network.detours = vec![around(6.0, -0.1, 0.25), around(-1.0, 0.0, 0.5)];
        let at = Unknowns { network: &network, values: vec![60.0, 127.0] };
        near(at.shipments().0[0], 98.0);
        near(at.detoured(&at.margins().0)[0], 8.0);
    }

    #[test]
    fn quantities_stop_at_nothing_and_at_capacity() {
        let mut place = line(20.0, 2.0);
        place.capacity = 50.0;
        assert_eq!(
            [10.0, 20.0, 60.0, 120.0, 130.0].map(|p| quantity(&place, p)).map(|at| (at.tonnes, at.slope)),
            [(0.0, 0.0), (0.0, 0.0), (20.0, 0.5), (50.0, 0.0), (50.0, 0.0)]
        );
    }

    #[test]
    fn the_jacobian_is_the_slope_of_the_equations() {
        let network = rich();
        let mut compared = vec![false; 81];
        for point in 0..200_u32 {
            // prices around those of the baseline, premiums from nothing to beyond their highest
            let spread =
                |unknown: u32| f64::from((point * 37 + unknown * 61 + point * unknown * 13) % 101) / 101.0;
            let near = [400.0, 450.0, 420.0, 600.0, 580.0];
            let prices = (0..5).map(|at| near[at as usize] * (0.8 + 0.4 * spread(at)));
            let premiums = [(5, 0.3), (6, 0.08), (7, 80.0), (8, 500.0)].map(|(at, most)| most * spread(at));
            let values: Vec<f64> = prices.chain(premiums).collect();
            let at = |values: Vec<f64>| Unknowns { network: &network, values };
            let (here, jacobian) = at(values.clone()).equations(true);
            let jacobian = jacobian.expect("it was asked for");
            for column in 0..9 {
                let step = 1e-6 * values[column].max(1.0);
                let moved = |by: f64| {
                    let mut values = values.clone();
                    values[column] += by;
                    at(values).equations(false).0
                };
                let (before, after) = (moved(-step), moved(step));
                for row in 0..9 {
                    let [left, right] = [(here[row] - before[row]) / step, (after[row] - here[row]) / step];
                    if (left - right).abs() > 1e-6 * left.abs().max(1e-3) {
                        continue; // a bend
                    }
                    let found = jacobian.row(row)[column];
                    let slope = 0.5 * (left + right);
                    assert!(
                        (found - slope).abs() <= 1e-5 * slope.abs().max(1e-3),
                        "{point}: {row}, {column}: {found}, not {slope}"
                    );
                    compared[row * 9 + column] |= found != 0.0;
                }
            }
        }
        assert!(compared.iter().filter(|seen| **seen).count() > 40, "{compared:?}");
    }

    #[test]
    fn a_solution_keeps_every_condition_and_newton_leaves_it_there() {
        let network = rich();
        let found = network.solve(&Settings::default()).expect("a solution");
        let again = polish(&network, &found).expect("Newton is there");
        assert_eq!((again.rounds, &again.shipped), (found.rounds, &found.shipped));
        assert!(
            found.step_error > 1e-6 && again.step_error == 0.0,
            "{} {}",
            found.step_error,
            again.step_error
        );
        for (limit, premium) in network.limits.iter().zip(&found.premiums) {
            let total: f64 = limit.links.iter().map(|(link, _)| found.shipped[*link]).sum();
            match limit.gap {
                None => assert!(
                    *premium > 0.0 && (total / limit.quantity - 1.0).abs() < 1e-9,
                    "{total} {premium}"
                ),
                Some(gap) => {
                    assert!((premium - gap).abs() < 1e-12 && total > limit.quantity, "{total} {premium}");
                }
            }
        }
        let mut kept = 0;
        for (promise, premium) in network.promises.iter().zip(&found.green) {
            let green: f64 = promise.green.iter().map(|link| found.shipped[*link]).sum();
            let used = found.markets[promise.market].quantity;
            let over = green / promise.share.map_or(promise.tonnes, |share| share * used) - 1.0;
            let free = *premium > 0.0 && *premium < promise.cap;
            assert!(
                if free { over.abs() < 1e-9 } else { (over > 0.0) == (*premium == 0.0) },
                "{over} {premium}"
            );
            kept += usize::from(free);
        }
        assert!(kept > 0, "{:?}", found.green);
    }
}
