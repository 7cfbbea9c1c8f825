//! Random small worlds and duties on them, for laws.

use super::worlds::{Behaviour, Maker, Shipment, World};
use proptest::prelude::*;
use zollverein::baseline::{ArcId, Baseline};
use zollverein::policy::{Duty, Terms};
use zollverein::units::UsdPerTonne;

/// An elasticity, now and then exactly one, where formulas change form.
fn elasticity(low: f64, high: f64) -> impl Strategy<Value = f64> {
    prop_oneof![1 => Just(1.0), 1 => Just(1.0005), 6 => low..high]
}

fn behaviour() -> impl Strategy<Value = Behaviour> {
    (
        elasticity(0.5, 6.0),
        elasticity(0.5, 10.0),
        elasticity(0.5, 16.0),
        elasticity(0.1, 1.5),
        0.3..5.0_f64,
        prop_oneof![Just(0.0), 0.01..0.5_f64],
    )
        .prop_map(|(home_import, origins, routes, demand, supply, curvature)| Behaviour {
            home_import,
            origins,
            routes,
            demand,
            supply,
            curvature,
        })
}

/// A world of three to five countries and one or two routes; country `X` only exports.
pub fn world() -> impl Strategy<Value = World> {
    (3..6_usize, behaviour(), any::<bool>(), prop::collection::vec(0.0..1.0_f64, 200)).prop_map(
        |(n, behaviour, freight, random)| {
            let mut random = random.into_iter().cycle();
            let mut next = move || random.next().unwrap_or(0.5);
            let name = |i: usize| if i + 1 == n { "X".to_owned() } else { format!("C{i}") };
            let mut world = World {
                countries: (0..n).map(name).collect(),
                makers: vec![],
                shipments: vec![],
                behaviour,
                own_supply: vec![],
                fob: vec![],
            };
            world.fob = (0..n).filter(|_| next() < 0.4).map(name).collect();
            for i in 0..n {
                let mut output = 0.0;
                for j in 0..n - 1 {
                    // about a quarter of the links are empty
                    if i != j && next() < 0.25 && !(i + 1 == n && j == 0) {
                        continue;
                    }
                    let quantity = if i == j { 20.0 } else { 1.0 } * (0.1 + 10.0 * next());
                    output += quantity;
                    let freight = if freight && i != j { 100.0 * next() } else { 0.0 };
                    let duty = if i == j { 0.0 } else { 30.0 * next() };
                    world.shipments.push(Shipment { from: name(i), to: name(j), quantity, freight, duty });
                }
                let routes = 1 + usize::from(next() < 0.5);
                let price = 300.0 + 600.0 * next();
                let first = if routes == 1 { 1.0 } else { 0.2 + 0.6 * next() };
                for (route, share) in [("bf", first), ("eaf", 1.0 - first)].into_iter().take(routes) {
                    world.makers.push(Maker {
                        country: name(i),
                        route: route.to_owned(),
                        output: output * share,
                        capacity: (next() < 0.7).then(|| output * share * (1.02 + next())),
                        price,
                        intensity: 0.3 + 2.5 * next(),
                    });
                }
            }
            world
        },
    )
}

/// Duties: so much on top of those in force, and a charge, on chosen arcs.
pub fn raised(baseline: &Baseline, rate: f64, charge: f64, on: impl Fn(&str, &str) -> bool) -> Terms {
    let code = |country: zollverein::baseline::CountryId| baseline.countries[country.index()].code.as_str();
    let arcs = (0..baseline.arcs.len()).map(ArcId::at).filter(|arc| {
        let flow = baseline.flow_of(*arc);
        !flow.is_home() && on(code(flow.exporter), code(flow.importer))
    });
    let duty = |arc| Duty::new(baseline.flow_of(arc).duty + rate, UsdPerTonne(charge));
    Terms::with(baseline, arcs.map(|arc| (arc, duty(arc))))
}

/// The relative difference of two numbers.
pub fn relative(a: f64, b: f64) -> f64 {
    (a - b).abs() / a.abs().max(b.abs()).max(1e-300)
}

/// A world in which one country is two, each half of it: `X` becomes `X1` and `X2`.
pub fn in_two(world: &World, country: &str) -> World {
    let names = [format!("{country}1"), format!("{country}2")];
    let mut split = world.clone();
    split.countries.retain(|c| c != country);
    split.countries.extend(names.clone());
    let halves = |name: &str| if name == country { names.to_vec() } else { vec![] };
    if split.fob.iter().any(|c| c == country) {
        split.fob.extend(names.clone());
        split.fob.retain(|c| c != country);
    }
    split.makers = world
        .makers
        .iter()
        .flat_map(|maker| match &halves(&maker.country)[..] {
            [] => vec![maker.clone()],
            names => names
                .iter()
                .map(|name| Maker {
                    country: name.clone(),
                    output: maker.output / 2.0,
                    capacity: maker.capacity.map(|c| c / 2.0),
                    ..maker.clone()
                })
                .collect(),
        })
        .collect();
    split.shipments = world
        .shipments
        .iter()
        .flat_map(|shipment| match &halves(&shipment.from)[..] {
            [] => vec![shipment.clone()],
            names => names
                .iter()
                .map(|name| Shipment {
                    from: name.clone(),
                    quantity: shipment.quantity / 2.0,
                    ..shipment.clone()
                })
                .collect(),
        })
        .collect();
    split
}
