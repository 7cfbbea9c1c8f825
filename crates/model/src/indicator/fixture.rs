//! A world of five countries and an equilibrium made by hand, for tests.

use crate::baseline::tables::{
    CountryRow, ElasticityRow, EmploymentRow, FlowRow, ProductRow, ProductionRow, RouteRow, Table, Tables,
};
use crate::baseline::{ArcId, Baseline, CountrySet, Parameter};
use crate::engine::{Convergence, Equilibrium, MarketState, ProducerState};
use crate::indicator::Indicators;
use crate::policy::{Duty, Terms};
use crate::units::{Kilotonnes, MillionUsd, UsdPerTonne};

fn country(code: &str, income: Option<&str>, ldc: bool, gdp: Option<f64>, people: Option<f64>) -> CountryRow {
    CountryRow {
        code: code.to_owned(),
        name: format!("Land {code}"),
        region: income.map(|_| "Somewhere".to_owned()),
        income_group: income.map(str::to_owned),
        flags: vec![("ldc".to_owned(), ldc)],
        gdp_usd: gdp,
        population: people,
        carbon_price: None,
    }
}

fn made(country: &str, product: &str, route: &str, output: f64, price: f64, e: f64) -> ProductionRow {
    ProductionRow {
        country: country.to_owned(),
        product: product.to_owned(),
        route: route.to_owned(),
        output_kt: output,
        capacity_kt: Some(output * 1.25),
        price_usd_per_t: price,
        intensity: Some(e),
        direct_intensity: Some(e),
    }
}

fn flow(exporter: &str, importer: &str, product: &str, quantity_kt: f64) -> FlowRow {
    FlowRow {
        exporter: exporter.to_owned(),
        importer: importer.to_owned(),
        product: product.to_owned(),
        quantity_kt,
        freight_usd_per_t: if exporter == importer { 0.0 } else { 50.0 },
        estimated: Some(exporter != importer),
    }
}

/// The tables: AAA and BBB will be members; CCC, DDD (least developed) and EEE
/// (without income, GDP and population) stay outside.
#[must_use]
pub fn tables() -> Tables {
    let mut elasticities = vec![];
    for product in ["steel", "aluminium"] {
        for parameter in Parameter::ALL {
            elasticities.push(ElasticityRow {
                product: product.to_owned(),
                parameter: parameter.name().to_owned(),
                country: "*".to_owned(),
                value: 2.0,
            });
        }
    }
    let product = |code: &str, name: &str| ProductRow { code: code.to_owned(), name: name.to_owned() };
    let route = |code: &str, product: &str| RouteRow {
        code: code.to_owned(),
        product: product.to_owned(),
        name: format!("Route {code}"),
    };
    Tables {
        countries: Table::new(
            "countries.csv",
            [
                country("AAA", Some("High income"), false, Some(1e12), Some(50e6)),
                country("BBB", Some("High income"), false, Some(2e12), Some(100e6)),
                country("CCC", Some("Upper middle income"), false, Some(1e12), Some(200e6)),
                country("DDD", Some("Low income"), true, Some(1e10), Some(20e6)),
                country("EEE", None, false, None, None),
            ],
        ),
        products: Table::new("products.csv", [product("steel", "Steel"), product("aluminium", "Aluminium")]),
        routes: Table::new(
            "routes.csv",
            [route("bf", "steel"), route("eaf", "steel"), route("primary", "aluminium")],
        ),
        production: Table::new(
            "production.csv",
            [
                made("AAA", "steel", "bf", 60.0, 800.0, 2.0),
                made("AAA", "steel", "eaf", 40.0, 800.0, 0.5),
                made("BBB", "steel", "bf", 100.0, 900.0, 2.0),
                made("CCC", "steel", "bf", 300.0, 500.0, 2.5),
                made("DDD", "steel", "eaf", 20.0, 500.0, 1.0),
                made("CCC", "aluminium", "primary", 50.0, 2000.0, 10.0),
                made("DDD", "aluminium", "primary", 10.0, 2000.0, 4.0),
            ],
        ),
        flows: Table::new(
            "flows.csv",
            [
                flow("AAA", "AAA", "steel", 70.0),
                flow("AAA", "BBB", "steel", 20.0),
                flow("AAA", "CCC", "steel", 10.0),
                flow("BBB", "BBB", "steel", 80.0),
                flow("BBB", "AAA", "steel", 20.0),
                flow("CCC", "AAA", "steel", 60.0),
                flow("CCC", "BBB", "steel", 40.0),
                flow("CCC", "CCC", "steel", 160.0),
                flow("CCC", "EEE", "steel", 40.0),
                flow("DDD", "AAA", "steel", 10.0),
                flow("DDD", "DDD", "steel", 10.0),
                flow("CCC", "CCC", "aluminium", 30.0),
                flow("CCC", "AAA", "aluminium", 20.0),
                flow("DDD", "BBB", "aluminium", 8.0),
                flow("DDD", "CCC", "aluminium", 2.0),
            ],
        ),
        duties: None,
        elasticities: Table::new("elasticities.csv", elasticities),
        employment: Some(Table::new(
            "employment.csv",
            [EmploymentRow { country: "*".to_owned(), product: "steel".to_owned(), jobs_per_kt: 3.0 }],
        )),
        defaults: None,
        groups: None,
        abatement: None,
        observations: None,
        embargoes: None,
        valuation: None,
        owners: None,
        notes: vec!["figures are made up".to_owned()],
        year: Some(2023),
    }
}

/// The world of [`tables`].
#[must_use]
pub fn world() -> Baseline {
    match Baseline::new(&tables()) {
        Ok(baseline) => baseline,
        Err(problems) => panic!("{problems}"),
    }
}

/// AAA and BBB.
#[must_use]
pub fn members(baseline: &Baseline) -> CountrySet {
    CountrySet::of(baseline.countries.len(), ["AAA", "BBB"].into_iter().filter_map(|c| baseline.country(c)))
}

/// What members buy from outside is halved, what outsiders sell elsewhere rises by
/// a fifth, members' own sales rise by a tenth; surpluses as written below.
#[must_use]
pub fn equilibrium(baseline: &Baseline) -> Equilibrium {
    let members = members(baseline);
    let mut output = vec![0.0; baseline.producers.len()];
    let mut quantity = vec![];
    let mut landed = vec![];
    for arc in &baseline.arcs {
        let flow = baseline.trade.flow(arc.flow);
        let factor = match (members.contains(flow.exporter), members.contains(flow.importer)) {
            (false, true) => 0.5,
            (true, true) => 1.1,
            _ => 1.2,
        };
        let after = arc.quantity * factor;
        output[arc.producer.index()] += after.value();
        quantity.push(after);
        landed.push(baseline.producers[arc.producer.index()].price + flow.freight);
    }
    let producers = baseline
        .producers
        .iter()
        .zip(output)
        .map(|(producer, output)| ProducerState {
            output: Kilotonnes(output),
            price: producer.price,
            surplus: MillionUsd((output - producer.output.value()) * 0.1),
            ..ProducerState::default()
        })
        .collect();
    let mut markets = vec![];
    for product in baseline.product_ids() {
        for importer in baseline.country_ids() {
            let arcs = baseline.arcs_into(importer, product);
            let spent: MillionUsd = arcs
                .clone()
                .map(|a| {
                    baseline.arcs[a].quantity * baseline.producers[baseline.arcs[a].producer.index()].price
                })
                .sum();
            let inside = members.contains(importer);
            markets.push((!arcs.is_empty()).then(|| MarketState {
                price_index: if inside { 1.1 } else { 0.98 },
                expenditure_before: spent,
                surplus: spent * if inside { -0.1 } else { 0.02 },
            }));
        }
    }
    let convergence = Convergence { iterations: 4, factorisations: 1, residual: 1e-12 };
    Equilibrium::new(baseline, quantity, landed, producers, markets, convergence)
}

/// A duty of a quarter and 10 USD/t on what members buy from outside.
#[must_use]
pub fn terms(baseline: &Baseline) -> Terms {
    let members = members(baseline);
    let hit = (0..baseline.arcs.len()).map(ArcId::at).filter(|arc| {
        let flow = baseline.flow_of(*arc);
        members.contains(flow.importer) && !members.contains(flow.exporter)
    });
    Terms::with(baseline, hit.map(|arc| (arc, Duty::new(0.25, UsdPerTonne(10.0)))))
}

/// The indicators of [`equilibrium`] under [`terms`].
#[must_use]
pub fn indicators(baseline: &Baseline) -> Indicators {
    Indicators::of(baseline, &terms(baseline), &equilibrium(baseline))
}
