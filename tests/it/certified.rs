//! Ten small worlds against values computed to fifty digits by `tests/certified/make.py`.
//!
//! That script knows the equations of the book and nothing of this program. Ten digits are asked
//! for; what the program finds is usually right to fourteen.

use crate::support::worlds::{Behaviour, Maker, Shipment, World};
use serde_json::Value;
use zollverein::baseline::{ArcId, Baseline};
use zollverein::engine::{Armington, Engine, Equilibrium};
use zollverein::policy::terms::{Mandate, Promise, Quota};
use zollverein::policy::{Duty, Terms};
use zollverein::units::{Kilotonnes, UsdPerTonne};

/// Agreement asked for, relative.
const DIGITS: f64 = 1e-10;
/// A gain can be a small difference of large figures. It is right, too, if it is off by no more than
/// this part of what is sold or spent.
const OF_TURNOVER: f64 = 1e-12;

/// A figure of a world, what is certified, and the turnover of which it is a part (0: none).
struct Figure {
    what: String,
    found: f64,
    certified: f64,
    turnover: f64,
}

fn cases() -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/certified/worlds.json");
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let value: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
    value["worlds"].as_array().expect("worlds").clone()
}

fn number(value: &Value) -> f64 {
    match value.as_str() {
        Some(text) => text.parse().unwrap_or_else(|error| panic!("{text}: {error}")),
        None => value.as_f64().unwrap_or_else(|| panic!("{value} is no number")),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("{value} is no list"))
}

fn world(case: &Value) -> World {
    let makers = list(&case["makers"]).iter().map(|row| Maker {
        country: text(&row[0]),
        route: text(&row[1]),
        output: number(&row[2]),
        capacity: row[3].as_f64(),
        price: number(&row[4]),
        intensity: 1.0,
    });
    let shipments = list(&case["shipments"]).iter().map(|row| Shipment {
        from: text(&row[0]),
        to: text(&row[1]),
        quantity: number(&row[2]),
        freight: number(&row[3]),
        duty: number(&row[4]),
    });
    let own_supply = case["own_supply"].as_object().expect("a table");
    World {
        countries: list(&case["countries"]).iter().map(text).collect(),
        makers: makers.collect(),
        shipments: shipments.collect(),
        behaviour: Behaviour {
            home_import: number(&case["sigma"][0]),
            origins: number(&case["sigma"][1]),
            routes: number(&case["sigma"][2]),
            demand: number(&case["eta"]),
            supply: number(&case["epsilon"]),
            curvature: number(&case["kappa"]),
        },
        fob: vec![],
        own_supply: own_supply.iter().map(|(country, value)| (country.clone(), number(value))).collect(),
    }
}

/// Exporter, importer and route of an arc.
fn names(baseline: &Baseline, arc: ArcId) -> [&str; 3] {
    let (flow, producer) = (baseline.flow_of(arc), baseline.producer_of(arc));
    [
        &baseline.countries[flow.exporter.index()].code,
        &baseline.countries[flow.importer.index()].code,
        &baseline.routes[producer.route.index()].code,
    ]
}

fn arcs(baseline: &Baseline) -> impl Iterator<Item = ArcId> {
    (0..baseline.arcs.len()).map(ArcId::at)
}

fn terms(case: &Value, baseline: &Baseline) -> Terms {
    let duty = |arc: ArcId| {
        let [exporter, importer, route] = names(baseline, arc);
        let hits = |row: &&Value| {
            exporter != importer
                && row[1] == importer
                && (row[0] == "*" || row[0] == exporter)
                && (row[2] == "*" || row[2] == route)
        };
        let in_force = baseline.flow_of(arc).duty;
        let last = list(&case["duties"]).iter().rfind(hits)?;
        Some((arc, Duty::new(last[3].as_f64().unwrap_or(in_force), UsdPerTonne(number(&last[4])))))
    };
    let mut terms = Terms::with(baseline, arcs(baseline).filter_map(duty));
    for quota in list(&case["quotas"]) {
        let uses = |arc: &ArcId| {
            let [exporter, importer, _] = names(baseline, *arc);
            exporter != importer
                && quota["importer"] == importer
                && list(&quota["exporters"]).iter().any(|code| code == exporter)
        };
        let arcs: Vec<(ArcId, f64)> = arcs(baseline).filter(uses).map(|arc| (arc, 1.0)).collect();
        assert!(!arcs.is_empty(), "{quota} is on no shipment");
        terms.quotas.push(Quota {
            clause: "quota.certified".to_owned(),
            label: quota.to_string(),
            product: baseline.flow_of(arcs[0].0).product,
            quantity: Kilotonnes(number(&quota["kt"])),
            beside: Kilotonnes(0.0),
            arcs,
            gap: quota["gap"].as_f64(),
            rent_to_exporters: 0.0,
            rent_to_treasury: 0.0,
            earmarked: false,
        });
    }
    for mandate in list(&case["mandates"]) {
        let green = |arc: &ArcId| {
            let [_, importer, route] = names(baseline, *arc);
            mandate["importer"] == importer && mandate["route"] == route
        };
        let green: Vec<ArcId> = arcs(baseline).filter(green).collect();
        assert!(!green.is_empty(), "{mandate} is on no shipment");
        let flow = baseline.flow_of(green[0]);
        terms.mandates.push(Mandate {
            clause: "procurement.certified".to_owned(),
            importer: flow.importer,
            product: flow.product,
            green,
            promise: Promise::Share(number(&mandate["share"])),
            cap: UsdPerTonne(number(&mandate["cap"])),
        });
    }
    terms
}

/// Every figure of a world with its certified value.
fn figures(case: &Value, baseline: &Baseline, found: &Equilibrium) -> Vec<Figure> {
    let expected = &case["expected"];
    let mut figures = vec![];
    let mut put = |what: String, found: f64, certified: f64, turnover: f64| {
        figures.push(Figure { what, found, certified, turnover });
    };
    for (position, maker) in list(&case["makers"]).iter().enumerate() {
        let at = (0..baseline.producers.len())
            .find(|at| {
                let producer = &baseline.producers[*at];
                maker[0] == baseline.countries[producer.country.index()].code.as_str()
                    && maker[1] == baseline.routes[producer.route.index()].code.as_str()
            })
            .unwrap_or_else(|| panic!("{maker} is no producer"));
        let state = &found.producers[at];
        let sales = (baseline.producers[at].output * baseline.producers[at].price).value();
        for (what, value, turnover) in [
            ("output_kt", state.output.value(), 0.0),
            ("mill_price_usd_per_t", state.price.value(), 0.0),
            ("producers_gain_million_usd", state.surplus.value(), sales),
        ] {
            put(format!("{maker} {what}"), value, number(&expected[what][position]), turnover);
        }
    }
    let shipments = list(&expected["shipments"]);
    assert_eq!(shipments.len(), baseline.arcs.len(), "shipments");
    for row in shipments {
        let arc = arcs(baseline)
            .find(|arc| names(baseline, *arc).iter().enumerate().all(|(k, name)| row[k] == *name))
            .unwrap_or_else(|| panic!("{row} is no shipment"));
        let name = names(baseline, arc).join(" ");
        put(format!("{name} kt"), found.quantity[arc.index()].value(), number(&row[3]), 0.0);
        put(format!("{name} USD/t"), found.landed_price[arc.index()].value(), number(&row[4]), 0.0);
    }
    let product = baseline.flow_of(ArcId::at(0)).product;
    for (code, index) in expected["price_index"].as_object().expect("a table") {
        let country = baseline.country(code).unwrap_or_else(|| panic!("{code} is no country"));
        let market = found.market(country, product).unwrap_or_else(|| panic!("{code} has no market"));
        let gain = number(&expected["consumers_gain_million_usd"][code]);
        put(format!("{code} price index"), market.price_index, number(index), 0.0);
        let spent = market.expenditure_before.value();
        put(format!("{code} consumers' gain"), market.surplus.value(), gain, spent);
    }
    let quotas = found.quotas.iter().map(|quota| quota.premium);
    let premiums = quotas.chain(found.mandates.iter().map(|mandate| mandate.premium.value()));
    let certified = list(&expected["premiums"]);
    for (position, (premium, expected)) in premiums.zip(certified).enumerate() {
        put(format!("premium {position}"), premium, number(expected), 0.0);
    }
    figures
}

#[test]
fn ten_worlds_agree_with_fifty_digits_to_ten() {
    let cases = cases();
    assert!(cases.len() >= 10, "{} worlds", cases.len());
    let (mut compared, mut faults) = (0, vec![]);
    for case in &cases {
        let title = text(&case["title"]);
        let baseline = world(case).baseline();
        let terms = terms(case, &baseline);
        let found = Armington::new(&baseline)
            .solve(&baseline, &terms)
            .unwrap_or_else(|error| panic!("{title}: {error}"));
        for Figure { what, found, certified, turnover } in figures(case, &baseline, &found) {
            compared += 1;
            // zero is exact: a slack quota has no premium
            if (found - certified).abs() > (DIGITS * certified.abs()).max(OF_TURNOVER * turnover) {
                faults.push(format!("{title}: {what} is {found:e}, certified {certified:e}"));
            }
        }
    }
    assert!(compared > 400, "only {compared} figures");
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}
