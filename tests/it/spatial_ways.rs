//! Engine S beyond the ways of the baseline: links that open, hubs, rules of origin, sorting.

use crate::support::random::{raised, relative, world};
use crate::support::worlds;
use proptest::prelude::*;
use std::path::Path;
use std::sync::Arc;
use zollverein::baseline::opening::Lanes;
use zollverein::baseline::{ArcId, Baseline};
use zollverein::engine::spatial::network::{Curve, Detour, Link, Network, Place, Solved};
use zollverein::engine::spatial::{Settings, Ways};
use zollverein::engine::{Engine, Equilibrium, SolveError, Spatial};
use zollverein::indicator::{Indicator, Indicators, shuffling};
use zollverein::model::Outcome;
use zollverein::policy::Terms;
use zollverein::policy::terms::{ByLastShipper, Quota};
use zollverein::scenario::Scenario;
use zollverein::units::{Kilotonnes, UsdPerTonne};

fn folder(name: &str) -> Baseline {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(name);
    zollverein::baseline::read::folder(&path).unwrap_or_else(|problems| panic!("{problems}"))
}

fn solved(ways: &Ways, baseline: &Baseline, terms: &Terms) -> Equilibrium {
    Spatial::with_ways(ways.clone()).solve(baseline, terms).unwrap_or_else(|error| panic!("{error}"))
}

fn code(baseline: &Baseline, country: zollverein::baseline::CountryId) -> &str {
    &baseline.countries[country.index()].code
}

/// A scenario's outcome, from its text.
fn outcome(name: &str, text: &str) -> (Arc<Baseline>, Outcome) {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join(format!("{name}.toml"));
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    std::fs::write(&path, text.replace("DATA", &data.display().to_string())).expect("written");
    let scenario = Scenario::read(&path).unwrap_or_else(|problems| panic!("{problems}"));
    let folder = scenario.data_folder().expect("a folder");
    let baseline = Arc::new(scenario.world(&folder).unwrap_or_else(|problems| panic!("{problems}")));
    let policy = scenario.policy(&baseline).unwrap_or_else(|problems| panic!("{problems}"));
    let model = scenario.model(Arc::clone(&baseline)).expect("a model");
    let outcome = scenario.outcome(&model, &policy).unwrap_or_else(|error| panic!("{error}"));
    (baseline, outcome)
}

#[test]
fn links_that_open_leave_the_real_baseline_as_it_is() {
    let baseline = folder("2023");
    let opened = baseline.opened();
    assert!(opened.arcs.len() > 2 * baseline.arcs.len(), "{} arcs", opened.arcs.len());
    let found = solved(&Ways::default(), &opened, &Terms::in_force(&opened));
    for (arc, quantity) in opened.arcs.iter().zip(&found.quantity) {
        let (before, after) = (arc.quantity.value(), quantity.value());
        if before == 0.0 {
            assert!(after <= 1e-9, "{after} kt on a link that nobody used");
        } else {
            assert!(relative(before, after) <= 1e-9);
        }
    }
    for (producer, state) in opened.producers.iter().zip(&found.producers) {
        assert!(
            producer.output.value() == 0.0 || relative(producer.price.value(), state.price.value()) <= 1e-9
        );
    }
}

#[test]
fn freight_is_known_where_metal_is_shipped_and_estimated_where_it_is_not() {
    let baseline = folder("2023");
    let steel = baseline.product("steel").expect("steel");
    let lanes = Lanes::new(&baseline, steel);
    let opened = baseline.opened();
    for (_, flow) in opened.trade.flows().filter(|(_, flow)| flow.product == steel && !flow.is_home()) {
        let freight = lanes.freight(flow.exporter, flow.importer).expect("both trade");
        assert_eq!(freight, flow.freight);
        if flow.quantity.value() == 0.0 {
            assert!(!lanes.is_used(flow.exporter, flow.importer));
            assert_eq!(flow.basis, Some(zollverein::baseline::Basis::Estimate));
            let rate = baseline.duty_in_force(flow.exporter, flow.importer, steel).unwrap_or(0.0);
            assert_eq!(flow.duty, rate);
        }
    }
    // natural sizes add up to what is shipped abroad, home pairs apart
    let sum: f64 = baseline
        .country_ids()
        .flat_map(|from| baseline.country_ids().map(move |to| (from, to)))
        .filter(|(from, to)| from != to && !lanes.is_used(*from, *to))
        .map(|(from, to)| lanes.size(from, to).value())
        .sum();
    let shipped: f64 = baseline
        .trade
        .flows()
        .filter(|(_, flow)| flow.product == steel && !flow.is_home())
        .map(|(_, flow)| flow.quantity.value())
        .sum();
    assert!(sum > 0.0 && sum < shipped, "{sum} of {shipped} kt");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn open_links_ship_nothing_without_a_policy_and_less_the_dearer_entry_is(
        world in world(), rate in 0.05..1.0_f64, entry in 1.0..200.0_f64,
    ) {
        let opened = world.baseline().opened();
        let on_new = |ways: &Ways, terms: &Terms| -> f64 {
            let found = solved(ways, &opened, terms);
            opened.arcs.iter().zip(&found.quantity).filter(|(arc, _)| arc.quantity.value() == 0.0).map(|(_, x)| x.value()).sum()
        };
        let all: f64 = opened.arcs.iter().map(|arc| arc.quantity.value()).sum();
        prop_assert!(on_new(&Ways::default(), &Terms::in_force(&opened)) <= 1e-9 * all);
        let terms = raised(&opened, rate, 0.0, |from, to| from == "X" && to == "C0");
        let dear = Ways { entry: UsdPerTonne(entry), ..Ways::default() };
        prop_assert!(on_new(&dear, &terms) <= on_new(&Ways::default(), &terms) + 1e-6 * all);
    }

    /// Only metal that a duty is put on goes through a hub, no more of it than arrives, and at a lower duty.
    /// That buyers behind the duty are never worse off for a way more is no law: their own mills may sell
    /// more elsewhere (a world was found in which they lose 0.0062 of 44.8 million USD spent).
    #[test]
    fn hubs_carry_what_saves_duty_and_every_dollar_is_found_again(
        world in world(), rate in 0.05..0.8_f64, handling in 0.0..60.0_f64,
    ) {
        let baseline = world.baseline();
        let terms = by_last_shipper(&baseline, rate);
        let hub = baseline.country("C1").expect("C1");
        let ways = Ways { hubs: vec![hub], handling: UsdPerTonne(handling), ..Ways::default() };
        let found = solved(&ways, &baseline, &terms);
        prop_assert!(found.convergence.residual <= Settings::default().tolerance);
        for via in &found.transshipped {
            prop_assert!(via.quantity.value() <= found.quantity[via.arc.index()].value() * (1.0 + 1e-9));
            prop_assert!(via.duty.rate < terms.duty(via.arc).rate);
            prop_assert!(code(&baseline, baseline.flow_of(via.arc).exporter) == "X");
        }
        let product = baseline.product_ids().next().expect("one");
        // purchasers pay mills, freight, detours and governments
        let table = Indicators::of(&baseline, &terms, &found);
        let collected: f64 = baseline.country_ids().filter_map(|c| table.get(Indicator::GovernmentRevenue, c, None)).map(|l| l.value).sum();
        let (mut paid, mut mills) = (0.0, 0.0);
        for position in 0..baseline.arcs.len() {
            let (arc, tonnes) = (ArcId::at(position), found.quantity[position]);
            paid += (tonnes * found.landed_price[position]).value();
            mills += (tonnes * (found.mill_price(&baseline, arc) + baseline.flow_of(arc).freight)).value();
        }
        let lanes = Lanes::new(&baseline, product);
        let detours: f64 = found.transshipped.iter().map(|via| {
            let flow = baseline.flow_of(via.arc);
            let (there, on) = (lanes.freight(flow.exporter, hub).expect("a lane"), lanes.freight(hub, flow.importer).expect("a lane"));
            let beyond = (there + on).value() + handling - flow.freight.value();
            via.quantity.value() * beyond.max(0.0) * 1e-3
        }).sum();
        prop_assert!(relative(paid, mills + collected + detours) <= 1e-9, "{paid} {mills} {collected} {detours}");
        // a detour dearer than any duty is never taken
        let dear = Ways { handling: UsdPerTonne(5000.0), ..ways };
        prop_assert!(solved(&dear, &baseline, &terms).transshipped.is_empty());
    }
}

/// A duty of C0 on X that goes by the last shipper.
fn by_last_shipper(baseline: &Baseline, rate: f64) -> Terms {
    let mut terms = raised(baseline, rate, 0.0, |from, to| from == "X" && to == "C0");
    let parts = terms.changed().iter().map(|arc| {
        let in_force = baseline.flow_of(*arc).duty;
        let duty = zollverein::policy::Duty::new(terms.duty(*arc).rate - in_force, UsdPerTonne::ZERO);
        ByLastShipper { arc: *arc, duty, earmarked: zollverein::policy::Duty::default() }
    });
    terms.by_last_shipper = parts.collect();
    terms
}

/// One source, one market, a link with a charge and ways around it; worked by hand.
#[test]
fn detours_share_a_links_shipments_as_worked_by_hand() {
    // supply p = 100 + x, demand P = 500 − x, the link costs 100 + x; around: −60 + 2·y and −30 + y
    let place = |at_zero: f64, slope: f64| Place {
        curve: Curve::Linear { at_zero, slope },
        centre: 75.0,
        extent: 500.0,
        capacity: f64::INFINITY,
    };
    let link = Link {
        source: 0,
        market: 0,
        fixed: 100.0,
        rate: 0.0,
        freight: 0.0,
        slope: 1.0,
        centre: 75.0,
        scale: 75.0,
    };
    let detour = |fixed: f64, slope: f64| Detour { link: 0, fixed, rate: 0.0, slope, scale: 20.0 };
    let network = |detours: Vec<Detour>| Network {
        sources: vec![place(100.0, 1.0)],
        markets: vec![place(500.0, -1.0)],
        links: vec![link],
        detours,
        ..Network::default()
    };
    let solve = |network: &Network| -> Solved { network.solve(&Settings::default()).expect("a solution") };
    let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-6, "{a} and {b}");
    // without: 500 − x = 100 + x + 100 + x, x = 100
    near(solve(&network(vec![])).shipped[0], 100.0);
    // 30 and 30 tonnes save what they cost more; 40 go straight, so nothing else moves
    let found = solve(&network(vec![detour(-60.0, 2.0), detour(-30.0, 1.0)]));
    near(found.shipped[0], 100.0);
    near(found.detoured[0], 30.0);
    near(found.detoured[1], 30.0);
    // savings of 300 and 150: all that is shipped goes around. ν = what a tonne more is worth:
    // (300 − ν)/2 + (150 − ν) = x and 300 − 3·x + ν = 0, so 300 − 1.5·(3·x − 300) = x
    let found = solve(&network(vec![detour(-300.0, 2.0), detour(-150.0, 1.0)]));
    let x = found.shipped[0];
    let worth = 3.0 * x - 300.0;
    near(found.detoured[0], (300.0 - worth) / 2.0);
    near(found.detoured[1], 150.0 - worth);
    near(found.detoured[0] + found.detoured[1], x);
    near(x, 750.0 / 5.5);
}

const TOY: &str = r#"
baseline = "DATA/toy"
engine = "spatial"
[[tariff]]
name = "core"
importers = ["ARD"]
exporters = ["BOR"]
products = ["steel"]
additional_percent = 40
origin = "ORIGIN"
[spatial]
hubs = ["COR"]
hub_usd_per_t = 5
"#;

#[test]
fn melted_and_poured_leaves_no_way_around_and_the_last_shipper_does() {
    let (_, melted) = outcome("melted", &TOY.replace("ORIGIN", "melted_and_poured"));
    assert!(melted.equilibrium.transshipped.is_empty());
    let (baseline, last) = outcome("last", &TOY.replace("ORIGIN", "last_shipped"));
    assert!(!last.equilibrium.transshipped.is_empty(), "nothing goes through COR");
    let through: f64 = last.equilibrium.transshipped.iter().map(|via| via.quantity.value()).sum();
    for via in &last.equilibrium.transshipped {
        let flow = baseline.flow_of(via.arc);
        assert_eq!((code(&baseline, flow.exporter), code(&baseline, via.hub)), ("BOR", "COR"));
        // the duty in force stays, for that goes by where metal was made
        assert!((via.duty.rate - flow.duty).abs() < 1e-12, "{:?}", via.duty);
    }
    let shipped = |o: &Outcome| {
        let into = baseline.country("ARD").expect("ARD");
        let arcs = (0..baseline.arcs.len()).map(ArcId::at);
        arcs.filter(|arc| {
            let flow = baseline.flow_of(*arc);
            flow.importer == into && code(&baseline, flow.exporter) == "BOR"
        })
        .map(|arc| o.equilibrium.quantity[arc.index()].value())
        .sum::<f64>()
    };
    // while some still comes straight, the last tonne pays what it paid before
    assert!(through > 0.0 && shipped(&last) >= shipped(&melted) * (1.0 - 1e-9));
    let revenue = |o: &Outcome| {
        o.indicators
            .get(Indicator::GovernmentRevenue, baseline.country("ARD").expect("ARD"), None)
            .expect("known")
            .value
    };
    // the importer collects the duty on what comes straight, and only the one in force on the rest
    let mut expected = 0.0;
    for position in 0..baseline.arcs.len() {
        let arc = ArcId::at(position);
        let flow = baseline.flow_of(arc);
        if code(&baseline, flow.importer) != "ARD" {
            continue;
        }
        let value = |tonnes: f64| {
            tonnes * (last.equilibrium.mill_price(&baseline, arc) + flow.freight).value() * 1e-3
        };
        let around: f64 = last
            .equilibrium
            .transshipped
            .iter()
            .filter(|via| via.arc == arc)
            .map(|via| via.quantity.value())
            .sum();
        let straight = last.equilibrium.quantity[position].value() - around;
        expected += value(straight) * last.terms.duty(arc).rate + value(around) * flow.duty;
    }
    assert!(relative(revenue(&last), expected) < 1e-9, "{} {expected}", revenue(&last));
}

#[test]
fn a_hub_inside_the_territory_and_costs_without_a_use_are_refused_with_their_lines() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("s.toml");
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/toy");
    let text = TOY.replace("ORIGIN", "last_shipped").replace("\"COR\"", "\"COR\", \"ARD\"")
        + "entry_usd_per_t = 3\n";
    std::fs::write(&path, text.replace("DATA/toy", &data.display().to_string())).expect("written");
    let scenario = Scenario::read(&path).expect("a scenario");
    let problems = scenario.policy(&folder("toy")).expect_err("two faults").to_string();
    assert!(problems.contains("ARD applies tariff.core itself"), "{problems}");
    assert!(
        problems.contains("spatial.entry_usd_per_t") && problems.contains("new_links = true"),
        "{problems}"
    );
}

#[test]
fn sorting_moves_clean_metal_to_where_dirty_metal_pays_and_never_more_than_there_is() {
    let (baseline, tiered) = outcome(
        "tiers",
        r#"
baseline = "DATA/toy"
[[carbon_tariff]]
name = "carbon"
importers = ["ARD"]
products = ["steel"]
usd_per_tco2e = 100
benchmark = { basis = "fixed", tco2e_per_t = { steel = 0.3 } }
"#,
    );
    let most = |o: &Outcome| {
        shuffling::most(&baseline, &o.terms, &o.equilibrium, &o.members).expect("solved").expect("known")
    };
    let sorted = most(&tiered);
    assert!(sorted.moved > 0.0 && sorted.saved > 0.0, "{sorted:?}");
    // by hand: each exporter's clean metal up to all that it ships to ARD
    let steel = baseline.product("steel").expect("steel");
    let mut expected = 0.0;
    for exporter in baseline.country_ids().filter(|c| code(&baseline, *c) != "ARD") {
        let arcs: Vec<ArcId> = (0..baseline.arcs.len())
            .map(ArcId::at)
            .filter(|arc| {
                baseline.flow_of(*arc).exporter == exporter && baseline.flow_of(*arc).product == steel
            })
            .collect();
        let quantity = |arc: &ArcId| tiered.equilibrium.quantity[arc.index()].value();
        let mut wanted: f64 = arcs
            .iter()
            .filter(|a| code(&baseline, baseline.flow_of(**a).importer) == "ARD")
            .map(quantity)
            .sum();
        let mut plants: Vec<(f64, f64)> = baseline
            .producers
            .iter()
            .zip(&tiered.equilibrium.producers)
            .filter(|(p, _)| p.country == exporter && p.product == steel)
            .map(|(p, state)| (p.intensity.expect("known").value(), state.output.value()))
            .collect();
        plants.sort_by(|a, b| a.0.total_cmp(&b.0));
        for (intensity, output) in plants {
            let taken = wanted.min(output);
            expected += taken * intensity;
            wanted -= taken;
        }
    }
    let aluminium: f64 = (0..baseline.arcs.len())
        .map(ArcId::at)
        .filter(|arc| {
            let flow = baseline.flow_of(*arc);
            flow.product != steel && !flow.is_home() && code(&baseline, flow.importer) == "ARD"
        })
        .map(|arc| {
            tiered.equilibrium.quantity[arc.index()].value()
                * baseline.producer_of(arc).intensity.expect("known").value()
        })
        .sum();
    assert!(
        relative(sorted.imported.value, expected + aluminium) < 1e-9,
        "{sorted:?} {expected} {aluminium}"
    );
    // who gains nothing by it moves nothing: a duty alike on all routes
    let (_, plain) = outcome(
        "plain",
        "baseline = \"DATA/toy\"\n[[tariff]]\nname = \"t\"\nimporters = [\"ARD\"]\nadditional_percent = 20\n",
    );
    let still = most(&plain);
    assert!(still.moved < 1e-9 && still.saved.abs() < 1e-9, "{still:?}");
}

#[test]
fn limits_that_cannot_all_be_met_are_named() {
    let baseline = folder("toy");
    let mut terms = Terms::in_force(&baseline);
    let into: Vec<ArcId> = (0..baseline.arcs.len())
        .map(ArcId::at)
        .filter(|arc| {
            let flow = baseline.flow_of(*arc);
            !flow.is_home()
                && code(&baseline, flow.importer) == "ARD"
                && baseline.products[flow.product.index()].code == "steel"
        })
        .collect();
    terms.quotas.push(Quota {
        clause: "quota.none".to_owned(),
        label: "ARD: steel".to_owned(),
        product: baseline.flow_of(into[0]).product,
        quantity: Kilotonnes(-1.0), // never from a file: a quota is above zero there
        beside: Kilotonnes(0.0),
        arcs: into.into_iter().map(|arc| (arc, 1.0)).collect(),
        gap: None,
        rent_to_exporters: 0.0,
        rent_to_treasury: 0.0,
        earmarked: false,
    });
    match Spatial::default().solve(&baseline, &terms) {
        Err(SolveError::Infeasible { product, conflict, .. }) => {
            assert_eq!(product, "steel");
            assert!(
                conflict.iter().any(|row| row.contains("quota `quota.none` (ARD: steel)")),
                "{conflict:?}"
            );
        }
        other => panic!("{other:?}"),
    }
}

/// A world in which the duty on X is avoided through B alone: A pays it too. X lies far from B and near
/// to A, and A near to B.
fn far_from_the_hub() -> Baseline {
    let names = ["C0", "A", "B", "X"];
    let home = names.map(|name| (name, name, 40.0, 0.0));
    let abroad = [
        ("X", "C0", 20.0, 20.0),
        ("X", "A", 5.0, 10.0),
        ("X", "B", 5.0, 200.0),
        ("A", "B", 5.0, 10.0),
        ("A", "C0", 5.0, 200.0),
        ("B", "C0", 5.0, 10.0),
    ];
    let all = home.into_iter().chain(abroad);
    let shipments: Vec<worlds::Shipment> = all
        .map(|(from, to, quantity, freight)| worlds::Shipment {
            from: from.to_owned(),
            to: to.to_owned(),
            quantity,
            freight,
            duty: 0.0,
        })
        .collect();
    let made = |name: &str| shipments.iter().filter(|own| own.from == name).map(|own| own.quantity).sum();
    let makers = names.map(|name| worlds::Maker {
        country: name.to_owned(),
        route: "bf".to_owned(),
        output: made(name),
        capacity: None,
        price: 500.0,
        intensity: 2.0,
    });
    let behaviour = worlds::Behaviour {
        home_import: 2.0,
        origins: 4.0,
        routes: 8.0,
        demand: 0.5,
        supply: 1.0,
        curvature: 0.0,
    };
    let world = worlds::World {
        countries: names.map(str::to_owned).to_vec(),
        makers: makers.to_vec(),
        shipments,
        behaviour,
        own_supply: vec![],
        fob: vec![],
    };
    world.baseline()
}

#[test]
fn metal_passes_through_two_hubs_where_that_is_cheaper_than_through_one() {
    let baseline = far_from_the_hub();
    let country = |name: &str| baseline.country(name).expect("a country");
    let mut terms = raised(&baseline, 0.25, 0.0, |from, to| ["X", "A"].contains(&from) && to == "C0");
    let duty = zollverein::policy::Duty::new(0.25, UsdPerTonne::ZERO);
    let earmarked = zollverein::policy::Duty::default();
    let own = terms.changed().iter().map(|arc| ByLastShipper { arc: *arc, duty, earmarked });
    terms.by_last_shipper = own.collect();
    let through = |longest: usize| {
        let (hubs, handling) = (vec![country("A"), country("B")], UsdPerTonne(5.0));
        let ways = Ways { hubs, handling, longest, ..Ways::default() };
        let vias = ways.through_hubs(&baseline, &terms, baseline.product_ids().next().expect("one"));
        (vias, solved(&ways, &baseline, &terms))
    };
    // 200 + 10 + 5 less 20 is more than a quarter of 520; from A there is B, 10 away
    let (one, found) = through(1);
    assert!(one.iter().all(|via| via.hub == country("B") && via.through.is_empty()), "{one:?}");
    assert!(one.iter().any(|via| via.detour == 195.0) && found.transshipped.is_empty(), "{found:?}");
    let (two, found) = through(2);
    let is_long = |via: &&zollverein::engine::spatial::Via| !via.through.is_empty();
    let long = two.iter().find(is_long).expect("a way through two");
    assert_eq!((long.through.as_slice(), long.hub), ([country("A")].as_slice(), country("B")));
    // X to A, A to B and B to C0 at 10 each, handling in both, less 20
    assert_eq!((long.detour, long.size), (20.0, 5.0));
    // one more way, and no other is lost
    assert_eq!(two.len(), one.len() + 1);
    let taken: Vec<_> = found.transshipped.iter().filter(|via| via.quantity.value() > 1e-6).collect();
    assert!(!taken.is_empty(), "{found:?}");
    let long: Vec<_> = taken.iter().filter(|via| via.through == [country("A")]).collect();
    assert!(!long.is_empty() && long.iter().all(|via| via.hub == country("B")), "{taken:?}");
    // with more hubs allowed than there are, nothing changes
    assert_eq!(through(5).0, two);
}

#[test]
fn how_many_hubs_stand_on_a_way_is_asked_for_in_the_scenario() {
    let text = TOY.replace("ORIGIN", "last_shipped");
    let (_, one) = outcome("one", &text);
    let (_, also_one) = outcome("also", &format!("{text}hubs_at_most = 1\n"));
    assert_eq!(one.equilibrium, also_one.equilibrium);
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("s.toml");
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/toy");
    for (asked, told) in [("hubs_at_most = 0", "0 is out of range"), ("hubs_at_most = 6", "from 1 to 5")] {
        let text = text.replace("DATA/toy", &data.display().to_string());
        std::fs::write(&path, format!("{text}{asked}\n")).expect("written");
        let scenario = Scenario::read(&path).expect("a scenario");
        let faults = scenario.model(Arc::new(folder("toy"))).err().map(|problems| problems.to_string());
        let said = scenario.policy(&folder("toy")).err().map(|problems| problems.to_string());
        let said = format!("{faults:?} {said:?}");
        assert!(said.contains("spatial.hubs_at_most") && said.contains(told), "{said}");
    }
}
