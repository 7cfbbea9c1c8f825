//! Laws that any equilibrium obeys, on random small worlds.
//!
//! Not tested because not laws: that every rival of a taxed exporter gains, and
//! that revenue or welfare move one way with the rate.

use crate::support::random::{in_two, raised, relative, world};
use crate::support::worlds::{Shipment, World};
use proptest::prelude::*;
use zollverein::baseline::{ArcId, Baseline, CountrySet, Valuation};
use zollverein::engine::armington::Weights;
use zollverein::engine::tangent::{Line, slope, steps};
use zollverein::engine::{Accounts, Armington, Engine, Equilibrium, Gsim, Spatial};
use zollverein::indicator::{Indicator, Indicators};
use zollverein::policy::terms::{
    Abater, ByIntensity, CarbonDuty, Collected, Key, Mandate, Payer, Promise, Purpose, Quota, RevenueUse,
    Support,
};
use zollverein::policy::{Duty, Terms};
use zollverein::units::{Intensity, Kilotonnes, MillionUsd, UsdPerTonne, UsdPerTonneCo2e};

/// A world where goods are substitutes, not complements: every σ at least the one outside it.
fn substitutes() -> impl Strategy<Value = World> {
    world().prop_map(|mut world| {
        let b = &mut world.behaviour;
        let mut rising = [b.demand, b.home_import, b.origins, b.routes];
        rising.sort_by(f64::total_cmp);
        [b.demand, b.home_import, b.origins, b.routes] = rising;
        world
    })
}

fn solved(baseline: &Baseline, terms: &Terms) -> Equilibrium {
    Armington::new(baseline).solve(baseline, terms).unwrap_or_else(|error| panic!("{error}"))
}

fn output(baseline: &Baseline, equilibrium: &Equilibrium, country: &str) -> f64 {
    let producers = baseline.producers.iter().zip(&equilibrium.producers);
    let country = baseline.country(country);
    producers.filter(|(p, _)| Some(p.country) == country).map(|(_, state)| state.output.value()).sum()
}

/// Duties, a quota, a purchase commitment, abatement, support on a budget and uses of revenue on a world.
#[derive(Debug, Clone)]
struct Proposal {
    kappa: f64,
    /// Quota over baseline shipments, and its gap.
    quota: (f64, f64),
    /// Promised share of use over the share in the baseline.
    promise: f64,
    cost: f64,
    limit: f64,
    support: f64,
    budget: f64,
}

fn proposal() -> impl Strategy<Value = Proposal> {
    (
        (0.0..120.0_f64, 0.3..1.5_f64, 0.05..1.0_f64, 0.5..1.5_f64),
        (20.0..300.0_f64, 0.05..0.9_f64, prop_oneof![Just(0.0), Just(1.0), 0.0..1.0_f64], 0.0..50.0_f64),
    )
        .prop_map(|((kappa, quota, gap, promise), (cost, limit, support, budget))| Proposal {
            kappa,
            quota: (quota, gap),
            promise,
            cost,
            limit,
            support,
            budget,
        })
}

impl Proposal {
    fn terms(&self, baseline: &Baseline) -> Terms {
        let product = baseline.product("metal").expect("metal");
        let first = baseline.country("C0").expect("C0");
        let abroad = |arc: &ArcId| !baseline.flow_of(*arc).is_home();
        let into = || baseline.arcs_into(first, product).map(ArcId::at);
        let rule = |arc: ArcId| {
            let counted = baseline.producer_of(arc).intensity.expect("known");
            let steps = vec![(Intensity(1.0), 0.05), (Intensity(2.0), 0.12)];
            let (per_tonne_co2e, collected) = (UsdPerTonneCo2e(self.kappa), Collected::ByImporter);
            ByIntensity {
                counted,
                response: counted,
                per_tonne_co2e,
                free: Intensity(0.7),
                at_most: None,
                steps,
                collected,
            }
        };
        let duty = |arc: ArcId| {
            let in_force = Duty::new(baseline.flow_of(arc).duty, UsdPerTonne::ZERO);
            (arc, in_force.plus(rule(arc).duty(0.0), 1.0))
        };
        let mut terms = Terms::with(baseline, into().filter(abroad).map(duty));
        terms.earmarked = into().filter(abroad).map(|arc| (arc, rule(arc).duty(0.0))).collect();
        let limited: Vec<ArcId> = into().filter(abroad).filter(|arc| arc.index() % 2 == 0).collect();
        let shipped: f64 = limited.iter().map(|arc| baseline.arcs[arc.index()].quantity.value()).sum();
        if shipped > 0.0 {
            terms.quotas.push(Quota {
                clause: "quota.law".to_owned(),
                label: "law".to_owned(),
                product,
                quantity: Kilotonnes(self.quota.0 * shipped),
                beside: Kilotonnes(0.0),
                arcs: limited.into_iter().map(|arc| (arc, 1.0)).collect(),
                gap: Some(self.quota.1),
                rent_to_exporters: 0.3,
                rent_to_treasury: 0.2,
                earmarked: true,
            });
        }
        let clean = |arc: &ArcId| baseline.producer_of(*arc).intensity.is_some_and(|e| e.value() < 1.5);
        let tonnes = |arcs: &[ArcId]| -> f64 {
            arcs.iter().map(|arc| baseline.arcs[arc.index()].quantity.value()).sum()
        };
        let green: Vec<ArcId> = into().filter(clean).collect();
        let share = tonnes(&green) / tonnes(&into().collect::<Vec<_>>());
        terms.mandates.push(Mandate {
            clause: "procurement.law".to_owned(),
            importer: first,
            product,
            green,
            promise: Promise::Share((self.promise * share).min(1.0)),
            cap: UsdPerTonne(60.0),
        });
        for (position, producer) in baseline.producers.iter().enumerate() {
            let own = |arc: &ArcId| baseline.arcs[arc.index()].producer.index() == position;
            let duties = into().filter(abroad).filter(own);
            terms.abaters.push(Abater {
                producer: baseline.arcs
                    [(0..baseline.arcs.len()).find(|arc| own(&ArcId::at(*arc))).expect("it sells")]
                .producer,
                cost: UsdPerTonneCo2e(self.cost),
                intensity: producer.intensity.expect("known"),
                limit: self.limit,
                supports: vec![(0, self.support)],
                duties: duties
                    .map(|arc| CarbonDuty { arc, rule: rule(arc), stays: 1.0, earmarked: true })
                    .collect(),
            });
        }
        let payer = Payer::Budget(vec![(first, 1.0)], Some(MillionUsd(self.budget)));
        terms.supports.push(Support { clause: "support.law".to_owned(), payer, grant: 0.7, overhead: 0.1 });
        let recipients = CountrySet::of(baseline.countries.len(), baseline.country("X"));
        let uses = [(0.5, Purpose::Fund(recipients, Key::ExportsLost)), (0.3, Purpose::Rebate)];
        terms.uses = uses
            .map(|(share, purpose)| RevenueUse {
                clause: "revenue.use.law".to_owned(),
                share,
                purpose,
                overhead: 0.05,
                grant: 0.5,
                flowing: true,
                at_most_loss: share == 0.5,
            })
            .to_vec();
        terms
    }
}

#[test]
fn with_every_kind_of_term_markets_settle_conditions_hold_and_no_dollar_is_lost() {
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    let cases = config.cases;
    let refused = std::cell::Cell::new(0_u32);
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let held = runner.run(&(substitutes(), proposal()), |(world, proposal)| {
        let baseline = world.baseline();
        let terms = proposal.terms(&baseline);
        let Ok(found) = Armington::new(&baseline).solve(&baseline, &terms) else {
            // tiers make choices jump: there may be no equilibrium, and then the engine says so
            refused.set(refused.get() + 1);
            return Ok(());
        };
        prop_assert!(found.convergence.residual <= 1e-10);
        for (quota, state) in terms.quotas.iter().zip(&found.quotas) {
            let left = (quota.quantity / state.shipped).ln();
            let gap = quota.gap.unwrap_or(f64::INFINITY);
            let complementarity = state.premium.min(left).max(state.premium - gap);
            prop_assert!(complementarity.abs() <= 1e-8, "{:?}: {:e}", state, complementarity);
        }
        for (mandate, state) in terms.mandates.iter().zip(&found.mandates) {
            let over = (state.green / state.promised).ln();
            let (premium, cap) = (state.premium.value() / 500.0, mandate.cap.value() / 500.0);
            if !mandate.green.is_empty() {
                let complementarity = premium.min(over).max(premium - cap);
                prop_assert!(complementarity.abs() <= 1e-8, "{:?}: {:e}", state, complementarity);
            }
        }
        for abater in &terms.abaters {
            let abated = found.producers[abater.producer.index()].abated;
            prop_assert!((0.0..=abater.limit).contains(&abated));
        }
        let accounts = Accounts::of(&baseline, &terms, &found);
        prop_assert!(
            accounts.supports[0].drawn() - accounts.supports[0].overhead <= proposal.budget * (1.0 + 1e-9)
        );
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
        let premiums: f64 = accounts.premiums.iter().sum();
        let rents = sum(Indicator::QuotaRent) + sum(Indicator::ImportersRent);
        let collected = sum(Indicator::GovernmentRevenue) + rents;
        prop_assert!(relative(paid, mills + collected - premiums) <= 1e-9);
        let kept: f64 = accounts.uses.iter().map(|u| u.overhead + u.held).sum();
        prop_assert!((sum(Indicator::Transfers) + kept).abs() <= 1e-9 * (1.0 + collected.abs()));
        let parts = sum(Indicator::ConsumerSurplus)
            + sum(Indicator::ProducerSurplus)
            + baseline
                .country_ids()
                .filter_map(|c| table.get(Indicator::GovernmentRevenue, c, None))
                .map(zollverein::indicator::Level::change)
                .sum::<f64>()
            + rents
            - sum(Indicator::ProgrammeOutlay)
            + sum(Indicator::Transfers);
        prop_assert!((sum(Indicator::Welfare) - parts).abs() <= 1e-9 * (1.0 + paid));
        Ok(())
    });
    held.unwrap_or_else(|error| panic!("{error}"));
    assert!(refused.get() * 100 <= cases, "no equilibrium is found in {} of {cases} worlds", refused.get());
}

#[test]
fn duties_are_taken_of_the_fob_value_where_customs_do() {
    let mut toy = zollverein::baseline::read::folder(std::path::Path::new("data/toy")).expect("the toy");
    let (product, importer) = (toy.product("aluminium").expect("it"), toy.country("ARD").expect("ARD"));
    let arc = toy
        .arcs_into(importer, product)
        .map(ArcId::at)
        .find(|arc| toy.flow_of(*arc).freight.value() > 0.0)
        .expect("freight is paid on aluminium");
    let duty = |baseline: &Baseline| {
        let terms = Terms::with(baseline, [(arc, Duty::new(0.25, UsdPerTonne(7.0)))]);
        let fob = baseline.countries[importer.index()].valuation == Valuation::Fob;
        // collected less what rates on the customs value and charges come to
        let left = |found: &Equilibrium| {
            let table = Indicators::of(baseline, &terms, found);
            let mut left =
                table.get(Indicator::GovernmentRevenue, importer, Some(product)).expect("known").value;
            for arc in baseline.arcs_into(importer, product).map(ArcId::at) {
                let (duty, flow) = (terms.duty(arc), baseline.flow_of(arc));
                let freight = if fob { 0.0 } else { flow.freight.value() };
                let value = found.mill_price(baseline, arc).value() + freight;
                left -=
                    found.quantity[arc.index()].value() * (value * duty.rate + duty.charge.value()) * 1e-3;
            }
            left
        };
        let by_engine: Vec<(f64, f64, f64)> = [&Armington::new(baseline) as &dyn Engine, &Spatial::default()]
            .into_iter()
            .map(|engine| {
                let found = engine.solve(baseline, &terms).expect("it solves");
                let mill = found.mill_price(baseline, arc).value();
                (mill, found.landed_price[arc.index()].value(), left(&found))
            })
            .collect();
        by_engine
    };
    let freight = toy.flow_of(arc).freight.value();
    for (mill, landed, left) in duty(&toy) {
        assert!(relative(landed, (mill + freight) * 1.25 + 7.0) <= 1e-12, "cif: {landed}");
        assert!(left.abs() <= 1e-9, "{left}");
    }
    toy.countries[importer.index()].valuation = Valuation::Fob;
    for (mill, landed, left) in duty(&toy) {
        assert!(relative(landed, mill * 1.25 + freight + 7.0) <= 1e-12, "fob: {landed}");
        assert!(left.abs() <= 1e-9, "{left}");
    }
}

#[test]
fn engines_say_their_names_and_how_they_solve() {
    let toy = zollverein::baseline::read::folder(std::path::Path::new("data/toy")).expect("the toy");
    let engines: [&dyn Engine; 3] = [&Armington::new(&toy), &Gsim, &Spatial::default()];
    assert_eq!(engines.map(Engine::name), ["armington", "gsim", "spatial"]);
    let found = Armington::new(&toy).settings();
    assert_eq!(found, [("residual_target", 1e-11), ("residual_accepted", 1e-10), ("steps_at_most", 200.0)]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn duties_in_force_give_back_the_baseline(world in world()) {
        let baseline = world.baseline();
        for engine in [&Armington::new(&baseline) as &dyn Engine, &Gsim] {
            let equilibrium = engine.solve(&baseline, &Terms::in_force(&baseline)).expect("the baseline");
            for (arc, quantity) in baseline.arcs.iter().zip(&equilibrium.quantity) {
                prop_assert!(relative(arc.quantity.value(), quantity.value()) <= 1e-12);
            }
            for (producer, state) in baseline.producers.iter().zip(&equilibrium.producers) {
                prop_assert!(relative(producer.price.value(), state.price.value()) <= 1e-12);
            }
        }
    }

    #[test]
    fn markets_clear_and_everything_adds_up(world in world(), rate in 0.0..1.0_f64, charge in 0.0..100.0_f64) {
        let baseline = world.baseline();
        let terms = raised(&baseline, rate, charge, |_, to| to != "C1");
        let equilibrium = solved(&baseline, &terms);
        prop_assert!(equilibrium.convergence.residual <= 1e-10);
        let table = Indicators::of(&baseline, &terms, &equilibrium);
        let sum = |indicator| -> f64 {
            baseline.country_ids().filter_map(|c| table.get(indicator, c, None)).map(|l| l.value).sum()
        };
        prop_assert!(relative(sum(Indicator::Exports), sum(Indicator::Imports)) <= 1e-9);
        prop_assert!(relative(sum(Indicator::Use), sum(Indicator::Output)) <= 1e-9);
        let (mut paid, mut received) = (0.0, 0.0);
        for position in 0..baseline.arcs.len() {
            let arc = ArcId::at(position);
            let (quantity, duty) = (equilibrium.quantity[position].value(), terms.duty(arc));
            let (flow, mill) = (baseline.flow_of(arc), equilibrium.mill_price(&baseline, arc).value());
            let fob = baseline.countries[flow.importer.index()].valuation == Valuation::Fob;
            let freight = flow.freight.value();
            let customs = if fob { mill } else { mill + freight };
            paid += quantity * equilibrium.landed_price[position].value();
            received += quantity * (mill + freight + customs * duty.rate + duty.charge.value());
        }
        prop_assert!(relative(paid, received) <= 1e-9);
    }

    #[test]
    fn world_welfare_moves_by_what_is_paid_at_borders_on_the_tonnes_that_move(
        world in world(), rate in 0.0..0.5_f64,
    ) {
        let baseline = world.baseline();
        let step = 1e-5;
        let at = |rate: f64| {
            let terms = raised(&baseline, rate, 10.0, |_, to| to != "C1");
            let found = solved(&baseline, &terms);
            let table = Indicators::of(&baseline, &terms, &found);
            let welfare: f64 = baseline
                .country_ids()
                .filter_map(|c| table.get(Indicator::Welfare, c, None))
                .map(zollverein::indicator::Level::change)
                .sum();
            (welfare, terms, found)
        };
        let ((more, ..), (less, ..), (_, terms, found)) = (at(rate + step), at(rate - step), at(rate));
        let (above, below) = (at(rate + step).2, at(rate - step).2);
        let (mut expected, mut scale) = (0.0, 1e-6);
        for (position, quantity) in found.quantity.iter().enumerate() {
            let arc = ArcId::at(position);
            let (duty, flow) = (terms.duty(arc), baseline.flow_of(arc));
            let value = baseline.customs_value(flow, found.mill_price(&baseline, arc)).value();
            let wedge = value * duty.rate + duty.charge.value();
            let moved = (above.quantity[position] - below.quantity[position]).value() / (2.0 * step);
            expected += wedge * moved * 1e-3;
            scale += wedge * moved.abs() * 1e-3 + quantity.value() * value * 1e-6;
        }
        let slope = (more - less) / (2.0 * step);
        prop_assert!((slope - expected).abs() <= 1e-4 * scale, "{slope} {expected} {scale}");
    }

    #[test]
    fn scaling_all_prices_leaves_quantities_and_scaling_all_quantities_leaves_prices(
        world in world(), rate in 0.0..0.6_f64, scale in 0.1..10.0_f64,
    ) {
        let baseline = world.baseline();
        let reference = solved(&baseline, &raised(&baseline, rate, 20.0, |_, _| true));
        let dearer = baseline.scaled(1.0, scale);
        let equilibrium = solved(&dearer, &raised(&dearer, rate, 20.0 * scale, |_, _| true));
        for (a, b) in reference.quantity.iter().zip(&equilibrium.quantity) {
            prop_assert!(relative(a.value(), b.value()) <= 1e-8);
        }
        let larger = baseline.scaled(scale, 1.0);
        let equilibrium = solved(&larger, &raised(&larger, rate, 20.0, |_, _| true));
        for (a, b) in reference.landed_price.iter().zip(&equilibrium.landed_price) {
            prop_assert!(relative(a.value(), b.value()) <= 1e-8);
        }
    }

    #[test]
    fn the_order_of_rows_changes_no_bit_and_the_names_of_countries_no_number(world in world(), rate in 0.0..0.6_f64) {
        let baseline = world.baseline();
        let reference = solved(&baseline, &raised(&baseline, rate, 5.0, |from, _| from == "C0" || from == "X"));
        let mut shuffled = world.clone();
        shuffled.countries.reverse();
        shuffled.makers.reverse();
        shuffled.shipments.reverse();
        let other = shuffled.baseline();
        prop_assert_eq!(&reference, &solved(&other, &raised(&other, rate, 5.0, |from, _| from == "C0" || from == "X")));
        // other names, another order of summing: equal to rounding
        let mut renamed = world;
        let rename = |name: &mut String| *name = name.chars().rev().collect::<String>() + if name == "X" { "A" } else { "" };
        renamed.countries.iter_mut().for_each(rename);
        renamed.fob.iter_mut().for_each(rename);
        renamed.makers.iter_mut().for_each(|m| rename(&mut m.country));
        renamed.shipments.iter_mut().for_each(|s| { rename(&mut s.from); rename(&mut s.to); });
        let other = renamed.baseline();
        let equilibrium = solved(&other, &raised(&other, rate, 5.0, |from, _| from == "0C" || from == "XA"));
        for country in ["C0", "C1", "X"] {
            let new = match country { "C0" => "0C", "C1" => "1C", _ => "XA" };
            prop_assert!(relative(output(&baseline, &reference, country), output(&other, &equilibrium, new)) <= 1e-9);
        }
    }

    #[test]
    fn splitting_an_exporter_in_two_alike_changes_nothing(world in world(), rate in 0.0..0.6_f64) {
        let baseline = world.baseline();
        let terms = raised(&baseline, rate, 0.0, |from, to| from.starts_with('X') && to == "C0");
        let whole = solved(&baseline, &terms);
        let split = in_two(&world, "X");
        let other = split.baseline();
        let halved = solved(&other, &raised(&other, rate, 0.0, |from, to| from.starts_with('X') && to == "C0"));
        let both = output(&other, &halved, "X1") + output(&other, &halved, "X2");
        prop_assert!(relative(output(&baseline, &whole, "X"), both) <= 1e-9);
        for country in ["C0", "C1"] {
            prop_assert!(relative(output(&baseline, &whole, country), output(&other, &halved, country)) <= 1e-9);
        }
    }

    #[test]
    fn a_flow_of_nothing_stays_nothing(world in world(), rate in 0.0..0.6_f64) {
        let mut padded = world.clone();
        for from in &world.countries {
            for to in &world.countries {
                if !world.shipments.iter().any(|s| s.from == *from && s.to == *to) {
                    let (from, to) = (from.clone(), to.clone());
                    padded.shipments.push(Shipment { from, to, quantity: 0.0, freight: 1.0, duty: 0.0 });
                }
            }
        }
        let (baseline, other) = (world.baseline(), padded.baseline());
        let reference = solved(&baseline, &raised(&baseline, rate, 0.0, |_, _| true));
        prop_assert_eq!(reference, solved(&other, &raised(&other, rate, 0.0, |_, _| true)));
    }

    #[test]
    fn a_duty_lowers_the_trade_it_is_on_and_the_price_its_exporter_gets(world in substitutes(), rate in 0.01..0.6_f64) {
        let baseline = world.baseline();
        let after = solved(&baseline, &raised(&baseline, rate, 0.0, |from, to| from == "X" && to == "C0"));
        for (a, arc) in baseline.arcs.iter().enumerate() {
            let flow = baseline.trade.flow(arc.flow);
            if baseline.countries[flow.exporter.index()].code == "X" && baseline.countries[flow.importer.index()].code == "C0" {
                let (before, now) = (arc.quantity.value(), after.quantity[a].value());
                prop_assert!(now < before, "{} then {}", before, now);
                let producer = &baseline.producers[arc.producer.index()];
                prop_assert!(after.producers[arc.producer.index()].price.value() < producer.price.value());
            }
        }
    }

    #[test]
    fn exempting_a_country_never_lowers_its_supply(world in substitutes(), rate in 0.01..0.6_f64) {
        let baseline = world.baseline();
        let taxed = solved(&baseline, &raised(&baseline, rate, 0.0, |_, to| to == "C0"));
        let exempt = solved(&baseline, &raised(&baseline, rate, 0.0, |from, to| to == "C0" && from != "X"));
        prop_assert!(output(&baseline, &exempt, "X") >= output(&baseline, &taxed, "X") * (1.0 - 1e-9));
    }

    #[test]
    fn sensitivities_are_the_slopes_and_the_adjoint_is_their_transpose(world in world(), rate in 0.0..0.4_f64) {
        let baseline = world.baseline();
        let engine = Armington::new(&baseline);
        let terms_at = |step: f64| raised(&baseline, rate + step, 10.0 + 100.0 * step, |_, to| to == "C0");
        let terms = terms_at(0.0);
        let here = solved(&baseline, &terms);
        let direction: Vec<(ArcId, Duty)> =
            terms.changed().iter().map(|arc| (*arc, Duty::new(1.0, UsdPerTonne(100.0)))).collect();
        let moved = engine.sensitivity(&baseline, &terms, &here, &direction).expect("regular");
        let step = 1e-4;
        let (up, down) = (solved(&baseline, &terms_at(step)), solved(&baseline, &terms_at(-step)));
        for (a, slope) in moved.log_quantity.iter().enumerate() {
            let difference = (up.quantity[a] / down.quantity[a]).ln() / (2.0 * step);
            prop_assert!((difference - slope).abs() <= 1e-6 * (1.0 + slope.abs()), "{} {}", difference, slope);
        }
        for (p, slope) in moved.log_price.iter().enumerate() {
            let difference = (up.producers[p].price / down.producers[p].price).ln() / (2.0 * step);
            prop_assert!((difference - slope).abs() <= 1e-6 * (1.0 + slope.abs()), "{} {}", difference, slope);
        }
        // ⟨weights, sensitivity(direction)⟩ = ⟨adjoint(weights), direction⟩
        let weight = |k: usize| ((k * 7 + 3) % 5) as f64 - 2.0;
        let weights = Weights {
            log_price: (0..baseline.producers.len()).map(weight).collect(),
            log_quantity: (0..baseline.arcs.len()).map(|a| weight(a + 1)).collect(),
        };
        let left: f64 = weights.log_price.iter().zip(&moved.log_price).map(|(w, m)| w * m).sum::<f64>()
            + weights.log_quantity.iter().zip(&moved.log_quantity).map(|(w, m)| w * m).sum::<f64>();
        let gradient = engine.adjoint(&baseline, &terms, &here, &weights).expect("regular");
        let right: f64 = direction
            .iter()
            .map(|(arc, duty)| gradient.rate[arc.index()] * duty.rate + gradient.charge[arc.index()] * duty.charge.value())
            .sum();
        prop_assert!((left - right).abs() <= 1e-8 * (1.0 + left.abs()), "{} {}", left, right);
    }

    #[test]
    fn tangents_are_slopes_with_a_quota_that_binds_or_is_slack(world in world(), rate in 0.0..0.4_f64, size in 0.3..1.7_f64) {
        let baseline = world.baseline();
        let engine = Armington::new(&baseline);
        let plain = raised(&baseline, rate, 10.0, |_, to| to == "C0");
        let arcs = plain.changed().to_vec();
        let before: f64 = arcs.iter().map(|arc| solved(&baseline, &plain).quantity[arc.index()].value()).sum();
        let terms_at = |step: f64| {
            let mut terms = raised(&baseline, rate + step, 10.0 + 100.0 * step, |_, to| to == "C0");
            terms.quotas.push(Quota {
                clause: "quota.test".to_owned(),
                label: "a test".to_owned(),
                product: baseline.flow_of(arcs[0]).product,
                quantity: Kilotonnes(size * before * (1.0 + step)),
                beside: Kilotonnes(0.0),
                arcs: arcs.iter().map(|arc| (*arc, 1.0)).collect(),
                // the highest premium moves too
                gap: Some(0.3 + step),
                rent_to_exporters: 0.25,
                rent_to_treasury: 0.5,
                earmarked: false,
            });
            terms
        };
        let terms = terms_at(0.0);
        let here = solved(&baseline, &terms);
        let steps = steps(0.0, -1.0, 1.0, 1e-4);
        let line = Line { terms: steps.iter().map(|step| terms_at(step.by)).collect(), steps: steps.clone() };
        let found = engine.tangents(&baseline, &terms, &here, &[line]).remove(0);
        let kink = (size - 1.0).abs() < 0.01 || here.quotas[0].premium > 0.29 && here.quotas[0].premium < 0.3;
        prop_assume!(!kink);
        let found = found.expect("no quota is about to change its state");
        let step = 1e-4;
        let (up, down) = (solved(&baseline, &terms_at(step)), solved(&baseline, &terms_at(-step)));
        for arc in 0..baseline.arcs.len() {
            let exact = slope(&steps, found.iter().map(|there| there.quantity[arc].value().ln()));
            let difference = (up.quantity[arc] / down.quantity[arc]).ln() / (2.0 * step);
            prop_assert!((difference - exact).abs() <= 1e-5 * (1.0 + exact.abs()), "{} {}", difference, exact);
        }
        let exact = slope(&steps, found.iter().map(|there| there.quotas[0].premium));
        let difference = (up.quotas[0].premium - down.quotas[0].premium) / (2.0 * step);
        prop_assert!((difference - exact).abs() <= 1e-5 * (1.0 + exact.abs()), "{} {}", difference, exact);
    }

    #[test]
    fn very_large_duties_settle_too(world in world(), rate in 1.0..10.0_f64) {
        let baseline = world.baseline();
        let equilibrium = solved(&baseline, &raised(&baseline, rate, 0.0, |_, to| to == "C0"));
        prop_assert!(equilibrium.convergence.residual <= 1e-10);
    }

    #[test]
    fn output_never_passes_capacity(world in world(), rate in 0.0..3.0_f64) {
        let baseline = world.baseline();
        let equilibrium = solved(&baseline, &raised(&baseline, rate, 0.0, |_, to| to == "C0"));
        for (producer, state) in baseline.producers.iter().zip(&equilibrium.producers) {
            if let Some(capacity) = producer.capacity
                && world.behaviour.curvature > 0.0
            {
                prop_assert!(state.output.value() <= capacity.value() * (1.0 + 1e-9));
            }
        }
    }
}
