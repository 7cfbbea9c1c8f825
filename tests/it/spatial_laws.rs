//! Engine S: the laws that any equilibrium obeys, and duals against differences.

use crate::support::random::{in_two, raised, relative, world};
use proptest::prelude::*;
use zollverein::baseline::{ArcId, Baseline};
use zollverein::engine::spatial::network::{Curve, Limit, Link, Network, Place, Solved};
use zollverein::engine::spatial::{Calibrated, Settings, Ways};
use zollverein::engine::supply::Supply;
use zollverein::engine::{Accounts, Engine, Equilibrium, Spatial};
use zollverein::indicator::{Indicator, Indicators};
use zollverein::policy::Terms;
use zollverein::policy::terms::Quota;
use zollverein::units::Kilotonnes;

fn solved(baseline: &Baseline, terms: &Terms) -> Equilibrium {
    Spatial::default().solve(baseline, terms).unwrap_or_else(|error| panic!("{error}"))
}

fn output(baseline: &Baseline, equilibrium: &Equilibrium, country: &str) -> f64 {
    let producers = baseline.producers.iter().zip(&equilibrium.producers);
    let country = baseline.country(country);
    producers.filter(|(p, _)| Some(p.country) == country).map(|(_, state)| state.output.value()).sum()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Every dollar that purchasers pay beyond mill price and freight is a government's or an
    /// exporter's, with duties and a quota.
    #[test]
    fn every_dollar_is_found_again(world in world(), rate in 0.0..0.6_f64, share in 0.2..1.2_f64, gap in 0.05..0.4_f64) {
        let baseline = world.baseline();
        let mut terms = raised(&baseline, rate, 10.0, |_, to| to == "C1");
        let arcs: Vec<ArcId> = (0..baseline.arcs.len())
            .map(ArcId::at)
            .filter(|arc| {
                let flow = baseline.flow_of(*arc);
                !flow.is_home() && baseline.countries[flow.importer.index()].code == "C0"
            })
            .collect();
        let before: f64 = arcs.iter().map(|arc| baseline.arcs[arc.index()].quantity.value()).sum();
        terms.quotas.push(Quota {
            clause: "quota.q".to_owned(),
            label: "q".to_owned(),
            product: baseline.flow_of(arcs[0]).product,
            quantity: Kilotonnes(share * before),
            beside: Kilotonnes(0.0),
            arcs: arcs.into_iter().map(|arc| (arc, 1.0)).collect(),
            gap: Some(gap),
            rent_to_exporters: 0.3,
            rent_to_treasury: 0.2,
            earmarked: false,
        });
        let Ok(found) = Spatial::default().solve(&baseline, &terms) else {
            return Err(TestCaseError::reject("refused, with a reason"));
        };
        let table = Indicators::of(&baseline, &terms, &found);
        let sum = |indicator| -> f64 {
            baseline.country_ids().filter_map(|c| table.get(indicator, c, None)).map(|l| l.value).sum()
        };
        let (mut paid, mut mills) = (0.0, 0.0);
        for position in 0..baseline.arcs.len() {
            let (arc, tonnes) = (ArcId::at(position), found.quantity[position]);
            paid += (tonnes * found.landed_price[position]).value();
            mills += (tonnes * (found.mill_price(&baseline, arc) + baseline.flow_of(arc).freight)).value();
        }
        let rents = sum(Indicator::QuotaRent) + sum(Indicator::ImportersRent);
        let collected = sum(Indicator::GovernmentRevenue) + rents;
        prop_assert!(relative(paid, mills + collected) <= 1e-9, "{paid} {mills} {collected}");
        prop_assert!(relative(sum(Indicator::Exports), sum(Indicator::Imports)) <= 1e-9);
        prop_assert!(relative(sum(Indicator::Use), sum(Indicator::Output)) <= 1e-9);
        prop_assert!(Accounts::of(&baseline, &terms, &found).rents[0] >= -1e-12);
    }

    #[test]
    fn splitting_an_exporter_in_two_alike_changes_nothing(world in world(), rate in 0.0..0.6_f64) {
        let baseline = world.baseline();
        let on = |from: &str, to: &str| from.starts_with('X') && to == "C0";
        let whole = solved(&baseline, &raised(&baseline, rate, 0.0, on));
        let other = in_two(&world, "X").baseline();
        let halved = solved(&other, &raised(&other, rate, 0.0, on));
        let both = output(&other, &halved, "X1") + output(&other, &halved, "X2");
        prop_assert!(relative(output(&baseline, &whole, "X"), both) <= 1e-6 || both < 1e-9);
        for country in ["C0", "C1"] {
            prop_assert!(relative(output(&baseline, &whole, country), output(&other, &halved, country)) <= 1e-6);
        }
    }

    /// Substitutes all: metal is one good.
    #[test]
    fn a_duty_lowers_the_trade_it_is_on_and_the_price_its_exporter_gets(world in world(), rate in 0.01..0.6_f64) {
        let baseline = world.baseline();
        let after = solved(&baseline, &raised(&baseline, rate, 0.0, |from, to| from == "X" && to == "C0"));
        for (a, arc) in baseline.arcs.iter().enumerate() {
            let flow = baseline.trade.flow(arc.flow);
            let code = |c: zollverein::baseline::CountryId| baseline.countries[c.index()].code.as_str();
            if code(flow.exporter) == "X" && code(flow.importer) == "C0" {
                let (before, now) = (arc.quantity.value(), after.quantity[a].value());
                prop_assert!(now < before, "{} then {}", before, now);
                let producer = &baseline.producers[arc.producer.index()];
                prop_assert!(after.producers[arc.producer.index()].price.value() < producer.price.value() * (1.0 + 1e-12));
            }
        }
    }

    #[test]
    fn exempting_a_country_never_lowers_its_supply(world in world(), rate in 0.01..0.6_f64) {
        let baseline = world.baseline();
        let taxed = solved(&baseline, &raised(&baseline, rate, 0.0, |_, to| to == "C0"));
        let exempt = solved(&baseline, &raised(&baseline, rate, 0.0, |from, to| to == "C0" && from != "X"));
        prop_assert!(output(&baseline, &exempt, "X") >= output(&baseline, &taxed, "X") * (1.0 - 1e-7) - 1e-9);
    }

    /// The whole world's welfare, revenue included, is largest without any duty.
    #[test]
    fn no_duty_at_all_is_best_for_the_world(world in world(), rate in 0.01..0.6_f64) {
        let mut free = world.clone();
        free.shipments.iter_mut().for_each(|shipment| shipment.duty = 0.0);
        let baseline = free.baseline();
        let terms = raised(&baseline, rate, 0.0, |_, to| to == "C0");
        let table = Indicators::of(&baseline, &terms, &solved(&baseline, &terms));
        let welfare: f64 = baseline
            .country_ids()
            .filter_map(|c| table.get(Indicator::Welfare, c, None))
            .map(zollverein::indicator::Level::change)
            .sum();
        prop_assert!(welfare <= 1e-9, "{welfare}");
    }
}

/// Quasi-welfare of a solution: area under demand less that under supply less the cost of ways, by
/// Simpson's rule on the curves. Only for networks without ad valorem rates.
fn quasi_welfare(network: &Network, solved: &Solved) -> f64 {
    let area = |place: &Place, quantity: f64| {
        // demand from a tenth of the centre: what lies below is the same in every solution
        let from = if matches!(place.curve, Curve::Demand { .. }) { 0.1 * place.centre } else { 0.0 };
        let panels = 20_000;
        let width = (quantity - from) / f64::from(panels);
        let at = |step: f64| place.curve.price_at(from + step * width);
        (0..panels)
            .map(|panel| {
                let panel = f64::from(panel);
                (at(panel) + 4.0 * at(panel + 0.5) + at(panel + 1.0)) * width / 6.0
            })
            .sum::<f64>()
    };
    let used: f64 = network.markets.iter().zip(&solved.markets).map(|(m, used)| area(m, used.quantity)).sum();
    let made: f64 = network.sources.iter().zip(&solved.sources).map(|(s, made)| area(s, made.quantity)).sum();
    let shipped: f64 =
        network.links.iter().zip(&solved.shipped).map(|(l, x)| l.fixed * x + 0.5 * l.slope * x * x).sum();
    used - made - shipped
}

fn two_by_two() -> Network {
    let source = |price: f64, output: f64, curvature: f64, utilisation: f64| {
        let curve = Supply::new(1.3, curvature, utilisation);
        Place {
            curve: Curve::Supply { price, output, curve },
            centre: output,
            extent: output / utilisation,
            capacity: output / utilisation,
        }
    };
    let market = |price: f64, quantity: f64, elasticity: f64| Place {
        curve: Curve::Demand { price, quantity, elasticity },
        centre: quantity,
        extent: 4.0 * quantity,
        capacity: f64::INFINITY,
    };
    let link = |source, market, fixed| Link {
        source,
        market,
        fixed,
        rate: 0.0,
        freight: 0.0,
        slope: 0.8,
        centre: 40.0,
        scale: 40.0,
    };
    Network {
        // the first has no curvature: its capacity is a wall; the second's cost rises towards it
        sources: vec![source(400.0, 70.0, 0.0, 0.95), source(450.0, 80.0, 0.3, 0.8)],
        markets: vec![market(600.0, 90.0, 0.5), market(580.0, 70.0, 0.8)],
        links: vec![link(0, 0, 60.0), link(0, 1, 90.0), link(1, 0, 50.0), link(1, 1, 30.0)],
        ..Network::default()
    }
}

fn exact(network: &Network) -> Solved {
    network.solve(&Settings::default()).unwrap_or_else(|failure| panic!("{failure:?}"))
}

/// The same plants with another capacity: cost away from it stays.
fn with_capacity(network: &Network, source: usize, capacity: f64) -> Network {
    let mut other = network.clone();
    let place = &mut other.sources[source];
    let Curve::Supply { price, output, curve } = place.curve else { unreachable!("a supply curve") };
    let utilisation = output / capacity;
    let price = price * ((1.0 - curve.utilisation) / (1.0 - utilisation)).powf(curve.curvature);
    place.curve = Curve::Supply { price, output, curve: Supply { utilisation, ..curve } };
    (place.extent, place.capacity) = (capacity, capacity);
    other
}

#[test]
fn what_capacity_is_worth_is_the_slope_of_quasi_welfare() {
    let network = two_by_two();
    let found = exact(&network);
    for source in 0..2 {
        let place = &network.sources[source];
        let Curve::Supply { price, output, curve } = place.curve else { unreachable!("a supply curve") };
        let worth = found.scarcity[source]
            + price
                * curve.worth_of_capacity(curve.log_price((found.sources[source].quantity / output).ln()));
        let step = 1e-3 * place.capacity;
        let at = |more: f64| {
            let other = with_capacity(&network, source, place.capacity + more);
            quasi_welfare(&other, &exact(&other))
        };
        let slope = (at(step) - at(-step)) / (2.0 * step);
        assert!(worth > 1.0, "source {source}: {worth} USD/t");
        assert!(relative(worth, slope) < 1e-4, "source {source}: {worth} and {slope}");
    }
    assert!(found.scarcity[0] > 0.0 && found.scarcity[1] == 0.0, "{:?}", found.scarcity);
}

#[test]
fn a_quotas_premium_is_the_slope_of_quasi_welfare() {
    let mut network = two_by_two();
    let free = exact(&network);
    network.limits.push(Limit { quantity: 0.7 * free.shipped[2], links: vec![(2, 1.0)], gap: None });
    let found = exact(&network);
    let premium = found.premiums[0] * found.sources[1].quantity.signum() * found.sources[1].price; // a rate on the price
    let step = 1e-3 * network.limits[0].quantity;
    let at = |more: f64| {
        let mut other = network.clone();
        other.limits[0].quantity += more;
        quasi_welfare(&other, &exact(&other))
    };
    let slope = (at(step) - at(-step)) / (2.0 * step);
    assert!(premium > 1.0 && relative(premium, slope) < 1e-4, "{premium} and {slope}");
}

#[test]
fn prices_are_the_slopes_of_quasi_welfare() {
    let network = two_by_two();
    let found = exact(&network);
    // one more tonne that costs 50 USD at a market is worth its price less that: a source with a wall
    let cost = 50.0;
    let gift = |market: usize, tonnes: f64| {
        let mut other = network.clone();
        other.sources.push(Place {
            curve: Curve::Linear { at_zero: 0.0, slope: 2.0 * cost / tonnes },
            centre: tonnes,
            extent: tonnes,
            capacity: tonnes,
        });
        let source = other.sources.len() - 1;
        other.links.push(Link {
            source,
            market,
            fixed: 0.0,
            rate: 0.0,
            freight: 0.0,
            slope: 0.01,
            centre: tonnes,
            scale: tonnes,
        });
        quasi_welfare(&other, &exact(&other))
    };
    for market in 0..2 {
        let slope = cost + (gift(market, 0.02) - gift(market, 0.01)) / 0.01;
        assert!(
            relative(found.markets[market].price, slope) < 1e-3,
            "{:?} and {slope}",
            found.markets[market]
        );
    }
}

#[test]
fn the_toys_network_has_the_baselines_prices_and_what_its_capacity_is_worth() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("data/toy");
    let baseline = zollverein::baseline::read::folder(&path).expect("the toy");
    let terms = Terms::in_force(&baseline);
    let product = baseline.product("steel").expect("steel");
    let network = Calibrated::new(&baseline, &terms, product, &Ways::default()).network;
    let found = exact(&network);
    for (source, made) in network.sources.iter().zip(&found.sources) {
        assert!(relative(source.centre, made.quantity) < 1e-9);
        assert!(relative(source.curve.price_at(source.centre), made.price) < 1e-9);
    }
    for source in 0..network.sources.len() {
        let Curve::Supply { price, output, curve } = network.sources[source].curve else { continue };
        let capacity = network.sources[source].capacity;
        if !capacity.is_finite() {
            continue;
        }
        // numbers by the integral itself: κ·u0²·∫ p·h/(1−u0·h) dh from 0 to 1
        let panels = 200_000;
        let sum: f64 = (0..panels)
            .map(|panel| {
                let h = (f64::from(panel) + 0.5) / f64::from(panels);
                curve.log_price(h.ln()).exp() * h / (1.0 - curve.utilisation * h) / f64::from(panels)
            })
            .sum();
        let expected = price * curve.curvature * curve.utilisation * curve.utilisation * sum;
        assert!(relative(price * curve.worth_of_capacity(0.0), expected) < 1e-5 || curve.curvature == 0.0);
        let _ = output;
    }
}
