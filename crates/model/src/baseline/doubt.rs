//! How far a world's tables may be off, and worlds drawn within it: shipments by what they rest on,
//! mill prices, emission intensities.
//!
//! Every drawn world is balanced like the tables: sales equal output for each country and product, what
//! was observed as a sum meets the sum that was drawn, and importers buy the tonnes they bought, but for
//! the few in a thousand by which drawn sums of a country's exports and imports leave no other room. The
//! deviations below are stated once, here, with the reason for each.

use crate::baseline::ids::FlowId;
use crate::baseline::observation::{Basis, ObservationKind, Side};
use crate::baseline::{Baseline, CountryId};
use crate::units::Kilotonnes;
use std::collections::HashMap;

/// The standard deviation of the logarithm of a shipment.
///
/// * An observed pair, 2 %: two customs offices rarely print the same tonnes; rounding, transit and
///   the turn of the year leave a few per cent.
/// * A member's part of an observed sum, 30 %: the sum is known, the split is balanced.
/// * A customs value, 15 %: the spread of unit values across grades.
/// * An estimate, 50 %, most of it shared with the exporter's other estimates in the importer's region
///   ([`SHARED`]): the estimates of the EU's imports by origin that version 0.1.0 shipped missed what
///   Eurostat printed by a deviation of 0.47 (steel) and 0.71 (aluminium) in logs, by tonnes, and those
///   were sums over 27 members. A table that does not say what a shipment rests on counts as an estimate.
#[must_use]
pub const fn of_shipment(basis: Option<Basis>) -> f64 {
    match basis {
        Some(Basis::Pair) => 0.02,
        Some(Basis::Bloc) => 0.30,
        Some(Basis::CustomsValue) => 0.15,
        Some(Basis::Estimate) | None => 0.50,
    }
}

/// The part of the deviation of an estimate that all estimates from one exporter into one region share.
pub const SHARED: f64 = 0.40;

/// The standard deviation of the logarithm of an observed sum: tonnes 2 % as for a pair, tonnes from
/// a customs value 15 %.
#[must_use]
pub const fn of_sum(kind: ObservationKind) -> f64 {
    match kind {
        ObservationKind::Pair | ObservationKind::Bloc | ObservationKind::Total => 0.02,
        ObservationKind::CustomsValue => 0.15,
    }
}

/// The standard deviation of the logarithm of a mill price: what all producers of a product share
/// (the level of the year), and each country's own, which stands at unit values of mixed grades.
pub const PRICE: (f64, f64) = (0.05, 0.10);

/// The standard deviation of the logarithm of an emission intensity: what all producers of a route
/// share (the boundary of the account), and each producer's own: published figures of one country's
/// blast furnaces differ by 15 to 25 %.
pub const INTENSITY: (f64, f64) = (0.05, 0.15);

/// The rest of the deviation of an estimate: `0.50² = SHARED² + OWN²`.
const OWN: f64 = 0.30;
/// Rounds of balancing.
const ROUNDS: usize = 12;
/// A round changes a shipment by these factors at most.
const FACTORS: (f64, f64) = (0.3, 3.0);

/// Standard normal numbers by what they are for.
pub trait Normals {
    /// The number of a thing of some sort: the same whenever it is asked for.
    fn normal(&self, sort: Sort, position: usize) -> f64;
}

/// What a number is drawn for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// A flow, by its position.
    Flow,
    /// The estimates from an exporter into a region.
    Lane,
    /// An observed sum.
    Sum,
    /// A product's price level.
    PriceLevel,
    /// A country's price of a product.
    Price,
    /// A route's account of emissions.
    Account,
    /// A producer's intensity.
    Intensity,
}

/// A sum that was observed.
#[derive(Debug, Clone)]
struct Sum {
    flows: Vec<u32>,
    observed: f64,
    deviation: f64,
}

/// The shipments of a world and how sure each is, laid out for many draws.
#[derive(Debug, Clone)]
pub struct Doubt {
    quantity: Vec<f64>,
    deviation: Vec<f64>,
    /// By flow: its lane from an exporter into a region, where it is an estimate.
    lane: Vec<Option<u32>>,
    lanes: usize,
    home: Vec<bool>,
    exporter: Vec<u32>,
    importer: Vec<u32>,
    /// By product and country: tonnes sold and bought.
    sold: Vec<f64>,
    bought: Vec<f64>,
    sums: Vec<Sum>,
    /// By arc: its flow and its producer's share of the exporter's output.
    arcs: Vec<(FlowId, f64)>,
}

impl Doubt {
    /// The doubt about a world's shipments.
    #[must_use]
    pub fn of(world: &Baseline) -> Self {
        let countries = world.countries.len();
        let margins = world.products.len() * countries;
        let count = world.trade.count();
        let at = |position: usize| u32::try_from(position).unwrap_or(u32::MAX);
        let mut doubt = Self {
            quantity: Vec::with_capacity(count),
            deviation: Vec::with_capacity(count),
            lane: Vec::with_capacity(count),
            lanes: 0,
            home: Vec::with_capacity(count),
            exporter: Vec::with_capacity(count),
            importer: Vec::with_capacity(count),
            sold: vec![0.0; margins],
            bought: vec![0.0; margins],
            sums: vec![],
            arcs: vec![],
        };
        let mut lanes: HashMap<(usize, Option<&str>), u32> = HashMap::new();
        for (_, flow) in world.trade.flows() {
            let margin = |country: CountryId| flow.product.index() * countries + country.index();
            let (exporter, importer) = (margin(flow.exporter), margin(flow.importer));
            doubt.quantity.push(flow.quantity.value());
            doubt.deviation.push(of_shipment(flow.basis));
            let region = world.countries[flow.importer.index()].region.as_deref();
            let next = at(lanes.len());
            let estimate = matches!(flow.basis, Some(Basis::Estimate) | None) && !flow.is_home();
            doubt.lane.push(estimate.then(|| *lanes.entry((exporter, region)).or_insert(next)));
            doubt.home.push(flow.is_home());
            doubt.exporter.push(at(exporter));
            doubt.importer.push(at(importer));
            doubt.sold[exporter] += flow.quantity.value();
            doubt.bought[importer] += flow.quantity.value();
        }
        doubt.lanes = lanes.len();
        for observation in &world.observations {
            if matches!((&observation.exporter, &observation.importer), (Side::Country(_), Side::Country(_)))
            {
                continue; // the shipment's own deviation says it
            }
            let covered = world
                .trade
                .flows()
                .filter(|(_, flow)| observation.covers(flow.product, flow.exporter, flow.importer));
            let flows: Vec<u32> = covered.map(|(id, _)| at(id.index())).collect();
            let observed = flows.iter().map(|flow| doubt.quantity[*flow as usize]).sum();
            if observed > 0.0 {
                doubt.sums.push(Sum { flows, observed, deviation: of_sum(observation.kind) });
            }
        }
        // whatever the order of rows in the table
        doubt.sums.sort_by(|a, b| a.flows.cmp(&b.flows).then(a.deviation.total_cmp(&b.deviation)));
        let mut output = HashMap::new();
        for producer in &world.producers {
            *output.entry((producer.product, producer.country)).or_insert(0.0) += producer.output.value();
        }
        doubt.arcs = world
            .arcs
            .iter()
            .map(|arc| {
                let made = &world.producers[arc.producer.index()];
                let all = output.get(&(made.product, made.country)).copied().unwrap_or(1.0);
                (arc.flow, made.output.value() / all)
            })
            .collect();
        doubt
    }

    /// Draws the shipments of a world anew: the one it was made for, whatever else was drawn in it.
    pub fn draw_flows(&self, normals: &dyn Normals, world: &mut Baseline) {
        let mut quantity = self.quantity.clone();
        let shared: Vec<f64> =
            (0..self.lanes).map(|lane| SHARED * normals.normal(Sort::Lane, lane)).collect();
        for (flow, quantity) in quantity.iter_mut().enumerate() {
            // home sales are what is left: they follow from the margins
            if !self.home[flow] && *quantity > 0.0 {
                let (own, shared) = match self.lane[flow] {
                    Some(lane) => (OWN, shared[lane as usize]),
                    None => (self.deviation[flow], 0.0),
                };
                *quantity *= (own * normals.normal(Sort::Flow, flow) + shared).exp();
            }
        }
        let drawn = |(position, sum): (usize, &Sum)| {
            sum.observed * (sum.deviation * normals.normal(Sort::Sum, position)).exp()
        };
        let sums: Vec<f64> = self.sums.iter().enumerate().map(drawn).collect();
        // what is least sure gives way most: a margin's gap is spread by variance
        let spread: Vec<f64> = self.deviation.iter().map(|deviation| deviation * deviation).collect();
        for _ in 0..ROUNDS {
            close(&mut quantity, &spread, &self.importer, &self.bought);
            for (sum, target) in self.sums.iter().zip(&sums) {
                sum.close(*target, &spread, &mut quantity);
            }
            close(&mut quantity, &spread, &self.exporter, &self.sold);
        }
        // sales equal output to the last bit that sums have
        let mut sold = vec![0.0; self.sold.len()];
        for (quantity, margin) in quantity.iter().zip(&self.exporter) {
            sold[*margin as usize] += quantity;
        }
        for (quantity, margin) in quantity.iter_mut().zip(&self.exporter) {
            let margin = *margin as usize;
            if sold[margin] > 0.0 {
                *quantity *= self.sold[margin] / sold[margin];
            }
        }
        world.trade.set_quantities(&quantity);
        for (arc, (flow, share)) in world.arcs.iter_mut().zip(&self.arcs) {
            arc.quantity = Kilotonnes(quantity[flow.index()] * share);
        }
    }
}

impl Sum {
    /// Brings the observed sum to a target.
    fn close(&self, target: f64, spread: &[f64], quantity: &mut [f64]) {
        let (mut sum, mut room) = (0.0, 0.0);
        for flow in &self.flows {
            let flow = *flow as usize;
            sum += quantity[flow];
            room += quantity[flow] * spread[flow];
        }
        if room > 0.0 {
            let step = (target - sum) / room;
            for flow in &self.flows {
                let flow = *flow as usize;
                quantity[flow] *= (1.0 + step * spread[flow]).clamp(FACTORS.0, FACTORS.1);
            }
        }
    }
}

/// Brings each margin to its target.
fn close(quantity: &mut [f64], spread: &[f64], margin: &[u32], target: &[f64]) {
    let mut sums = vec![(0.0, 0.0); target.len()];
    for ((quantity, spread), margin) in quantity.iter().zip(spread).zip(margin) {
        let (sum, room) = &mut sums[*margin as usize];
        *sum += quantity;
        *room += quantity * spread;
    }
    let steps: Vec<f64> = sums
        .iter()
        .zip(target)
        .map(|((sum, room), target)| if *room > 0.0 { (target - sum) / room } else { 0.0 })
        .collect();
    for ((quantity, spread), margin) in quantity.iter_mut().zip(spread).zip(margin) {
        *quantity *= (1.0 + steps[*margin as usize] * spread).clamp(FACTORS.0, FACTORS.1);
    }
}

/// Draws mill prices of a world anew, on what stands there.
pub fn draw_prices(normals: &dyn Normals, world: &mut Baseline) {
    let countries = world.countries.len();
    for producer in &mut world.producers {
        let product = producer.product.index();
        let level = PRICE.0 * normals.normal(Sort::PriceLevel, product);
        let own = PRICE.1 * normals.normal(Sort::Price, product * countries + producer.country.index());
        producer.price = producer.price * (level + own).exp();
    }
}

/// Draws emission intensities of a world anew, on what stands there.
pub fn draw_intensities(normals: &dyn Normals, world: &mut Baseline) {
    for (position, producer) in world.producers.iter_mut().enumerate() {
        let account = INTENSITY.0 * normals.normal(Sort::Account, producer.route.index());
        let own = INTENSITY.1 * normals.normal(Sort::Intensity, position);
        let factor = (account + own).exp();
        producer.intensity = producer.intensity.map(|intensity| intensity * factor);
        producer.direct_intensity = producer.direct_intensity.map(|intensity| intensity * factor);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::read;
    use std::path::Path;

    /// Numbers that look random: a hash of sort and position, by Box and Muller.
    struct Mixed(u64);

    impl Normals for Mixed {
        fn normal(&self, sort: Sort, position: usize) -> f64 {
            let unit = |salt: u64| {
                let mut x = self.0 ^ (sort as u64) << 40 ^ (position as u64) << 8 ^ salt;
                for _ in 0..3 {
                    x = (x ^ (x >> 31)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
                }
                ((x >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
            };
            (-2.0 * unit(1).ln()).sqrt() * (std::f64::consts::TAU * unit(2)).cos()
        }
    }

    fn real() -> Baseline {
        read::folder(Path::new("../../data/2023")).unwrap_or_else(|problems| panic!("{problems}"))
    }

    #[allow(clippy::type_complexity)] // sums by row and by column
    fn margins(world: &Baseline) -> (HashMap<(usize, usize), f64>, HashMap<(usize, usize), f64>) {
        let (mut sold, mut bought) = (HashMap::new(), HashMap::new());
        for (_, flow) in world.trade.flows() {
            let product = flow.product.index();
            *sold.entry((product, flow.exporter.index())).or_insert(0.0) += flow.quantity.value();
            *bought.entry((product, flow.importer.index())).or_insert(0.0) += flow.quantity.value();
        }
        (sold, bought)
    }

    #[test]
    fn a_drawn_world_sells_what_it_makes_and_buys_what_it_bought() {
        let world = real();
        let doubt = Doubt::of(&world);
        let (sold, bought) = margins(&world);
        let all: f64 = bought.values().sum();
        for seed in 1..6 {
            let mut drawn = world.clone();
            doubt.draw_flows(&Mixed(seed), &mut drawn);
            let (sold_then, bought_then) = margins(&drawn);
            for (margin, tonnes) in &sold {
                let off = (sold_then[margin] / tonnes - 1.0).abs();
                assert!(off < 1e-12, "seed {seed}: {margin:?} sells {} of {tonnes}", sold_then[margin]);
            }
            let off: f64 = bought.iter().map(|(m, tonnes)| (bought_then[m] - tonnes).abs()).sum();
            assert!(off < 8e-3 * all, "seed {seed}: importers off by {off} of {all} kt");
            let by_producer: f64 = drawn.arcs.iter().map(|arc| arc.quantity.value()).sum();
            assert!((by_producer / all - 1.0).abs() < 1e-9);
            assert!(drawn.trade.flows().all(|(_, flow)| flow.quantity.value() > 0.0));
        }
    }

    #[test]
    fn what_is_known_better_moves_less() {
        let world = real();
        let doubt = Doubt::of(&world);
        let mut squares = [(0.0, 0.0); 4];
        let mut sums: (f64, f64) = (0.0, 0.0);
        for seed in 1..9 {
            let mut drawn = world.clone();
            doubt.draw_flows(&Mixed(seed), &mut drawn);
            for ((_, before), (_, after)) in world.trade.flows().zip(drawn.trade.flows()) {
                if before.is_home() || before.quantity.value() < 1.0 {
                    continue;
                }
                let Some(basis) = before.basis else { continue };
                let (square, count) = &mut squares[basis.index()];
                *square += (after.quantity.value() / before.quantity.value()).ln().powi(2);
                *count += 1.0;
            }
            for sum in &doubt.sums {
                let now = |world: &Baseline| -> f64 {
                    let of = |flow: &u32| world.trade.flow(FlowId::at(*flow as usize)).quantity.value();
                    sum.flows.iter().map(of).sum()
                };
                if sum.deviation < 0.1 {
                    sums.0 += (now(&drawn) / now(&world)).ln().powi(2);
                    sums.1 += 1.0;
                }
            }
        }
        let deviation = |basis: Basis| {
            let (square, count): (f64, f64) = squares[basis.index()];
            (square / count).sqrt()
        };
        let [pair, bloc, value, estimate] = Basis::ALL.map(deviation);
        let sum = (sums.0 / sums.1).sqrt();
        assert!(pair < 0.05 && sum < 0.08, "pair {pair}, sums {sum}");
        assert!(pair < value && value < estimate && sum < bloc && bloc < estimate);
        assert!((0.4..0.7).contains(&estimate), "{estimate}");
    }

    #[test]
    fn what_estimates_share_and_own_makes_their_deviation() {
        let whole = of_shipment(Some(Basis::Estimate));
        assert!((SHARED.hypot(OWN) - whole).abs() < 1e-12);
    }

    #[test]
    fn no_draw_leaves_the_tables_as_they_are() {
        struct Nothing;
        impl Normals for Nothing {
            fn normal(&self, _: Sort, _: usize) -> f64 {
                0.0
            }
        }
        let world = real();
        let mut drawn = world.clone();
        Doubt::of(&world).draw_flows(&Nothing, &mut drawn);
        draw_prices(&Nothing, &mut drawn);
        draw_intensities(&Nothing, &mut drawn);
        for ((_, before), (_, after)) in world.trade.flows().zip(drawn.trade.flows()) {
            let (before, after) = (before.quantity.value(), after.quantity.value());
            assert!((after / before - 1.0).abs() < 1e-12, "{before} and {after}");
        }
        assert_eq!(world.producers, drawn.producers);
    }
}
