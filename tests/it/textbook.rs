//! Published problems with their published answers.

use crate::support::worlds::{Behaviour, Maker, Shipment, World};
use serde_json::Value;
use zollverein::baseline::{ArcId, Baseline};
use zollverein::engine::{Armington, Engine, Equilibrium, Gsim};
use zollverein::indicator::{Indicator, Indicators};
use zollverein::policy::cbam::{at_the_border, free_amount};
use zollverein::policy::counted::Counted;
use zollverein::policy::{Duty, Terms};
use zollverein::units::{Intensity, UsdPerTonne, UsdPerTonneCo2e};

fn case(name: &str) -> Value {
    let path = format!("{}/tests/cases/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|item| item.as_f64().expect("a number")).collect()
}

fn matrix(value: &Value) -> Vec<Vec<f64>> {
    value.as_array().expect("rows").iter().map(numbers).collect()
}

fn near(what: &str, found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{what}: {found}, published {expected}");
}

/// Francois and Hall's four regions as a world: one USD of trade is one tonne at a mill price of
/// one thousand USD per kt, so that values in kt · USD/t are the example's millions.
struct FourRegions {
    baseline: Baseline,
    terms: Terms,
    regions: Vec<String>,
    case: Value,
}

fn four_regions() -> FourRegions {
    let case = case("gsim_4x4_us_eu_fta");
    let inputs = &case["inputs"];
    let regions: Vec<String> = inputs["regions"]
        .as_array()
        .expect("regions")
        .iter()
        .map(|r| r.as_str().expect("a name").to_owned())
        .collect();
    let (trade, before, after) = (
        matrix(&inputs["trade_world_prices"]),
        matrix(&inputs["tariff_power_initial"]),
        matrix(&inputs["tariff_power_final"]),
    );
    let mut makers = vec![];
    let mut shipments = vec![];
    for (i, from) in regions.iter().enumerate() {
        let output: f64 = trade[i].iter().sum();
        makers.push(Maker {
            country: from.clone(),
            route: "only".to_owned(),
            output,
            capacity: None,
            price: 1000.0,
            intensity: 1.0,
        });
        for (j, to) in regions.iter().enumerate().filter(|(j, _)| trade[i][*j] > 0.0) {
            let duty = 100.0 * (before[i][j] - 1.0);
            shipments.push(Shipment {
                from: from.clone(),
                to: to.clone(),
                quantity: trade[i][j],
                freight: 0.0,
                duty,
            });
        }
    }
    let behaviour =
        Behaviour { home_import: 5.0, origins: 5.0, routes: 5.0, demand: 1.25, supply: 1.5, curvature: 0.0 };
    let baseline =
        World { countries: regions.clone(), makers, shipments, behaviour, own_supply: vec![], fob: vec![] }
            .baseline();
    let place = |code: &str| regions.iter().position(|r| r == code).expect("a region");
    let changes = (0..baseline.arcs.len()).map(ArcId::at).map(|arc| {
        let flow = baseline.flow_of(arc);
        let (i, j) = (
            place(&baseline.countries[flow.exporter.index()].code),
            place(&baseline.countries[flow.importer.index()].code),
        );
        (arc, Duty::new(after[i][j] - 1.0, UsdPerTonne::ZERO))
    });
    let terms = Terms::with(&baseline, changes.collect::<Vec<_>>());
    FourRegions { baseline, terms, regions, case }
}

impl FourRegions {
    fn indicator(&self, equilibrium: &Equilibrium, indicator: Indicator, region: &str) -> f64 {
        let table = Indicators::of(&self.baseline, &self.terms, equilibrium);
        let country = self.baseline.country(region).expect("a region");
        table.get(indicator, country, None).expect("known").change()
    }
}

#[test]
fn gsim_gives_the_us_eu_agreement_of_francois_and_hall() {
    let world = four_regions();
    let equilibrium = Gsim.solve(&world.baseline, &world.terms).expect("a linear system");
    let expected = &world.case["expected"];
    let printed = numbers(&world.case["published"]["world_price_change"]);
    let rows = [
        ("consumer_surplus_change", Indicator::ConsumerSurplus),
        ("producer_surplus_change", Indicator::ProducerSurplus),
        ("tariff_revenue_change", Indicator::GovernmentRevenue),
        ("net_welfare_change", Indicator::Welfare),
    ];
    for (r, region) in world.regions.iter().enumerate() {
        let country = world.baseline.country(region).expect("a region");
        let producer =
            world.baseline.producers.iter().position(|p| p.country == country).expect("a producer");
        let state = equilibrium.producers[producer];
        let price = state.price / world.baseline.producers[producer].price - 1.0;
        let output = state.output / world.baseline.producers[producer].output - 1.0;
        near(region, price, numbers(&expected["world_price_change"])[r], 1e-8);
        near(region, price, printed[r], 5e-5);
        near(region, output, numbers(&expected["output_change"])[r], 1e-8);
        let product = world.baseline.product("metal").expect("the product");
        let index = equilibrium.market(country, product).expect("a market").price_index - 1.0;
        near(region, index, numbers(&expected["composite_price_change"])[r], 1e-8);
        for (key, indicator) in rows {
            let found = world.indicator(&equilibrium, indicator, region);
            near(&format!("{region} {key}"), found, numbers(&expected[key])[r], 1e-6);
        }
    }
    let trade = matrix(&expected["new_trade_value"]);
    for (a, arc) in world.baseline.arcs.iter().enumerate() {
        let flow = world.baseline.trade.flow(arc.flow);
        let at = |c: zollverein::baseline::CountryId| {
            world
                .regions
                .iter()
                .position(|r| *r == world.baseline.countries[c.index()].code)
                .expect("a region")
        };
        let value = equilibrium.quantity[a] * equilibrium.mill_price(&world.baseline, ArcId::at(a));
        near("trade value", value.value(), trade[at(flow.exporter)][at(flow.importer)], 1e-6);
    }
}

#[test]
fn the_linear_answer_is_far_from_the_exact_one_and_says_how_far() {
    let world = four_regions();
    let linear = Gsim.solve(&world.baseline, &world.terms).expect("linear");
    let exact = Armington::new(&world.baseline).solve(&world.baseline, &world.terms).expect("exact");
    println!("{:8}{:>12}{:>12}{:>12}   welfare, million USD", "region", "linear", "exact", "error");
    for region in &world.regions {
        let [l, e] = [&linear, &exact].map(|found| world.indicator(found, Indicator::Welfare, region));
        println!("{region:8}{l:12.1}{e:12.1}{:12.1}", l - e);
    }
    // the two figures that the model chapter prints
    near("US, linear", world.indicator(&linear, Indicator::Welfare, "US"), 18.2, 0.05);
    near("US, exact", world.indicator(&exact, Indicator::Welfare, "US"), 51.9, 0.05);
}

#[test]
fn both_engines_agree_up_to_the_square_of_the_shock() {
    let world = four_regions();
    let engine = Armington::new(&world.baseline);
    let product = world.baseline.product("metal").expect("the product");
    let gap = |share: f64| {
        let changes = world.terms.changed().iter().map(|arc| {
            let in_force = world.baseline.flow_of(*arc).duty;
            let rate = in_force + share * (world.terms.duty(*arc).rate - in_force);
            (*arc, Duty::new(rate, UsdPerTonne::ZERO))
        });
        let terms = Terms::with(&world.baseline, changes.collect::<Vec<_>>());
        let linear = Gsim.solve(&world.baseline, &terms).expect("linear");
        let exact = engine.solve(&world.baseline, &terms).expect("exact");
        let prices = linear
            .producers
            .iter()
            .zip(&exact.producers)
            .map(|(a, b)| (a.price.value() - b.price.value()).abs());
        let indices = world.baseline.country_ids().map(|country| {
            let index = |e: &Equilibrium| e.market(country, product).expect("a market").price_index;
            1000.0 * (index(&linear) - index(&exact)).abs()
        });
        prices.chain(indices).fold(0.0, f64::max)
    };
    let slope = (gap(0.02) / gap(0.01)).log2();
    assert!((slope - 2.0).abs() < 0.1, "slope {slope}");
    let slope = (gap(0.005) / gap(0.0025)).log2();
    assert!((slope - 2.0).abs() < 0.1, "slope {slope}");
}

/// Four sources and one market: three importers of a domestic market D, each source sells only there.
fn four_sources() -> (Baseline, Terms, Value) {
    let case = case("usitc_ces_four_sources");
    let supply = numbers(&case["inputs"]["supply_elasticity"]);
    let tariff = numbers(&case["inputs"]["new_tariff"]);
    let names = ["A", "B", "C", "D"].map(str::to_owned);
    let maker = |name: &String| Maker {
        country: name.clone(),
        route: "only".to_owned(),
        output: 100.0,
        capacity: None,
        price: 1000.0,
        intensity: 1.0,
    };
    let shipment = |name: &String| Shipment {
        from: name.clone(),
        to: "D".to_owned(),
        quantity: 100.0,
        freight: 0.0,
        duty: 0.0,
    };
    let sigma = case["inputs"]["elasticity_substitution"].as_f64().expect("a number");
    let demand = -case["inputs"]["total_demand_price_elasticity"].as_f64().expect("a number");
    let world = World {
        countries: names.to_vec(),
        makers: names.iter().map(maker).collect(),
        shipments: names.iter().map(shipment).collect(),
        behaviour: Behaviour {
            home_import: sigma,
            origins: sigma,
            routes: sigma,
            demand,
            supply: 1.0,
            curvature: 0.0,
        },
        fob: vec![],
        own_supply: names.iter().cloned().zip(supply).collect(),
    };
    let baseline = world.baseline();
    let changes = (0..4).map(ArcId::at).map(|arc| {
        let code = &baseline.countries[baseline.flow_of(arc).exporter.index()].code;
        let at = names.iter().position(|name| name == code).expect("a source");
        (arc, Duty::new(tariff[at], UsdPerTonne::ZERO))
    });
    let terms = Terms::with(&baseline, changes.collect::<Vec<_>>());
    (baseline, terms, case)
}

#[test]
fn four_sources_settle_where_riker_and_schreiber_put_them() {
    let (baseline, terms, case) = four_sources();
    let equilibrium = Armington::new(&baseline).solve(&baseline, &terms).expect("an equilibrium");
    let exact = &case["expected"]["exact"];
    for (a, _) in baseline.arcs.iter().enumerate() {
        let producer = baseline.arcs[a].producer.index();
        let state = equilibrium.producers[producer];
        near("producer price", state.price.value() / 1000.0, numbers(&exact["producer_price"])[a], 1e-8);
        let landed = equilibrium.landed_price[a].value() / 1000.0;
        near("consumer price", landed, numbers(&exact["consumer_price"])[a], 1e-8);
        near("quantity", equilibrium.quantity[a].value() / 100.0, numbers(&exact["quantity_ratio"])[a], 1e-8);
    }
    let market =
        equilibrium.market(baseline.country("D").expect("D"), baseline.product("metal").expect("metal"));
    near(
        "price index",
        market.expect("a market").price_index,
        exact["price_index"].as_f64().expect("a number"),
        1e-8,
    );
}

#[test]
fn four_sources_linearised_are_the_one_step_solution() {
    let (baseline, terms, case) = four_sources();
    let linear = Gsim.solve(&baseline, &terms).expect("a linear system");
    let expected = &case["expected"]["linear_1step"];
    for (a, _) in baseline.arcs.iter().enumerate() {
        let producer = baseline.arcs[a].producer.index();
        let price = linear.producers[producer].price.value() / 1000.0;
        near("producer price", price, numbers(&expected["producer_price"])[a], 1e-8);
        near("quantity", linear.quantity[a].value() / 100.0, numbers(&expected["quantity_ratio"])[a], 1e-8);
    }
}

#[test]
fn a_border_adjustment_charges_what_the_formula_says() {
    let case = case("cbam_charge_formula");
    let rows = case["expected"].as_array().expect("rows");
    assert!(rows.len() >= 6);
    for row in rows {
        let number = |key: &str| row[key].as_f64().expect("a number");
        let free = free_amount(Intensity(number("bench")), 1.0 - number("free"));
        let rule = at_the_border(
            Counted::own(Intensity(number("e"))),
            UsdPerTonneCo2e(number("p_eu")),
            UsdPerTonneCo2e(number("p_o")),
            free,
        );
        let charge = rule.duty(0.0).charge.value();
        near("charge", charge, number("charge_per_t"), 1e-10);
        near("ad valorem", charge / number("price"), number("ad_valorem_equiv"), 1e-10);
    }
}
