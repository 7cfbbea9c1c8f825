//! Small worlds for tests and benchmarks: built from tables, never read from files.

use zollverein::baseline::Baseline;
use zollverein::baseline::tables::{
    CountryRow, DutyRow, ElasticityRow, FlowRow, ProductRow, ProductionRow, RouteRow, Table, Tables,
    ValuationRow,
};

/// One country's output by one route.
#[derive(Debug, Clone)]
pub struct Maker {
    /// Country code.
    pub country: String,
    /// Route code.
    pub route: String,
    /// Output, kt.
    pub output: f64,
    /// Capacity, kt; none: no limit.
    pub capacity: Option<f64>,
    /// Mill price, USD/t.
    pub price: f64,
    /// Intensity, tCO2e/t.
    pub intensity: f64,
}

/// One shipment.
#[derive(Debug, Clone)]
pub struct Shipment {
    /// Exporter's code.
    pub from: String,
    /// Importer's code.
    pub to: String,
    /// kt.
    pub quantity: f64,
    /// USD/t.
    pub freight: f64,
    /// Duty in force, percent.
    pub duty: f64,
}

/// Elasticities of a world, the same everywhere.
#[derive(Debug, Clone, Copy)]
pub struct Behaviour {
    /// σ1.
    pub home_import: f64,
    /// σ2.
    pub origins: f64,
    /// σ3.
    pub routes: f64,
    /// η.
    pub demand: f64,
    /// ε.
    pub supply: f64,
    /// κ.
    pub curvature: f64,
}

/// A world of one product, `metal`.
#[derive(Debug, Clone)]
pub struct World {
    /// Country codes.
    pub countries: Vec<String>,
    /// Producers.
    pub makers: Vec<Maker>,
    /// Shipments, home sales included.
    pub shipments: Vec<Shipment>,
    /// Elasticities.
    pub behaviour: Behaviour,
    /// Elasticities of supply that differ by country.
    pub own_supply: Vec<(String, f64)>,
    /// Countries whose customs take the fob value; the others take the cif value.
    pub fob: Vec<String>,
}

impl World {
    /// The world as tables.
    pub fn tables(&self) -> Tables {
        let product = || "metal".to_owned();
        let country =
            |code: &String| CountryRow { code: code.clone(), name: code.clone(), ..Default::default() };
        let mut routes: Vec<&String> = self.makers.iter().map(|maker| &maker.route).collect();
        routes.sort();
        routes.dedup();
        let b = self.behaviour;
        let general = [
            ("substitution_home_import", b.home_import),
            ("substitution_origins", b.origins),
            ("substitution_routes", b.routes),
            ("demand", b.demand),
            ("supply", b.supply),
            ("capacity_curvature", b.curvature),
        ];
        let row = |parameter: &str, country: &str, value| ElasticityRow {
            product: product(),
            parameter: parameter.to_owned(),
            country: country.to_owned(),
            value,
        };
        let elasticities = general
            .map(|(parameter, value)| row(parameter, "*", value))
            .into_iter()
            .chain(self.own_supply.iter().map(|(country, value)| row("supply", country, *value)));
        Tables {
            countries: Table::new("countries", self.countries.iter().map(country)),
            products: Table::new("products", [ProductRow { code: product(), name: product() }]),
            routes: Table::new(
                "routes",
                routes.into_iter().map(|code| RouteRow {
                    code: code.clone(),
                    product: product(),
                    name: code.clone(),
                }),
            ),
            production: Table::new(
                "production",
                self.makers.iter().map(|maker| ProductionRow {
                    country: maker.country.clone(),
                    product: product(),
                    route: maker.route.clone(),
                    output_kt: maker.output,
                    capacity_kt: maker.capacity,
                    price_usd_per_t: maker.price,
                    intensity: Some(maker.intensity),
                    direct_intensity: Some(maker.intensity),
                }),
            ),
            flows: Table::new(
                "flows",
                self.shipments.iter().map(|shipment| FlowRow {
                    exporter: shipment.from.clone(),
                    importer: shipment.to.clone(),
                    product: product(),
                    quantity_kt: shipment.quantity,
                    freight_usd_per_t: shipment.freight,
                    estimated: None,
                }),
            ),
            duties: Some(Table::new(
                "duties",
                self.shipments
                    .iter()
                    .filter(|shipment| shipment.duty > 0.0 || shipment.from != shipment.to)
                    .map(|shipment| DutyRow {
                        importer: shipment.to.clone(),
                        exporter: shipment.from.clone(),
                        product: product(),
                        rate_percent: shipment.duty,
                        confidence: None,
                    }),
            )),
            elasticities: Table::new("elasticities", elasticities),
            employment: None,
            defaults: None,
            groups: None,
            abatement: None,
            observations: None,
            embargoes: None,
            valuation: Some(Table::new(
                "valuation_basis",
                self.countries.iter().map(|importer| ValuationRow {
                    importer: importer.clone(),
                    basis: if self.fob.contains(importer) { "fob" } else { "cif" }.to_owned(),
                }),
            )),
            owners: None,
            notes: vec![],
            year: None,
        }
    }

    /// The world as a baseline.
    pub fn baseline(&self) -> Baseline {
        Baseline::new(&self.tables()).unwrap_or_else(|problems| panic!("{problems}"))
    }
}

/// A dense world of `n` countries for measuring speed: one route, no freight, the same σ at both
/// levels, so that demand has a single level; `(i + 1)` steps make the sizes differ.
#[allow(dead_code)] // the benchmarks use it
pub fn synthetic(n: usize) -> World {
    let code = |i: usize| format!("C{i:03}");
    let mut makers = vec![];
    let mut shipments = vec![];
    for i in 0..n {
        let mut output = 0.0;
        for j in 0..n {
            // larger at home, and uneven in a fixed way
            let quantity = if i == j { 40.0 } else { 1.0 } * (1.0 + ((i * 7 + j * 13) % 11) as f64);
            output += quantity;
            shipments.push(Shipment { from: code(i), to: code(j), quantity, freight: 0.0, duty: 0.0 });
        }
        let price = 500.0 + ((i * 37) % 100) as f64;
        makers.push(Maker {
            country: code(i),
            route: "only".to_owned(),
            output,
            capacity: None,
            price,
            intensity: 1.0 + ((i * 5) % 7) as f64 * 0.2,
        });
    }
    World {
        countries: (0..n).map(code).collect(),
        makers,
        shipments,
        behaviour: Behaviour {
            home_import: 4.0,
            origins: 4.0,
            routes: 4.0,
            demand: 0.8,
            supply: 1.5,
            curvature: 0.0,
        },
        own_supply: vec![],
        fob: vec![],
    }
}
