//! The world before the policy: who makes what, by which route, and ships it
//! where, at which price, duty and emission intensity.
//!
//! A [`Baseline`] is read from a data folder ([`read::folder`]) or built from
//! [`tables::Tables`]; either way every check of the model's chapter 1 has been
//! made, and all its faults are reported at once. Nothing about particular
//! countries, products or routes is in code.

pub mod behaviour;
pub mod blocks;
pub mod columns;
pub mod confidence;
pub mod doubt;
pub mod file;
pub mod graph;
pub mod group;
pub mod ids;
pub mod observation;
pub mod opening;
pub mod ownership;
pub mod production;
pub mod ranges;
pub mod read;
pub mod sheet;
pub mod tables;
pub mod trade;

mod arcs;
mod build;
mod names;
mod obey;

pub use behaviour::{Behaviour, Parameter};
pub use group::{CountrySet, Group, GroupKind};
pub use ids::{ArcId, CountryId, FlowId, ProducerId, ProductId, RouteId};
pub use observation::{Basis, Embargo, Observation};
pub use ownership::Ownership;
pub use production::{AbatementOption, DefaultValue, Producer, Route};
pub use read::Source;
pub use trade::{Arc, Country, DutyConfidence, Flow, Product, Trade, Valuation};

use crate::problem::Problems;
use crate::units::{JobsPerKilotonne, UsdPerTonne};
use std::collections::BTreeMap;
use std::ops::Range;

/// The world before the policy, checked as a whole and never changed.
#[derive(Debug, Clone)]
pub struct Baseline {
    /// Countries, sorted by code; a [`CountryId`] is a position in it.
    pub countries: Vec<Country>,
    /// Products, sorted by code.
    pub products: Vec<Product>,
    /// Production routes, sorted by product and code.
    pub routes: Vec<Route>,
    /// Producers (country × route), sorted by product, country and route.
    pub producers: Vec<Producer>,
    /// The trade-flow graph: countries are nodes, shipments of a product are edges.
    pub trade: Trade,
    /// Shipments by producer: a flow split over the exporter's routes, sorted by
    /// product, importer, exporter and route.
    pub arcs: Vec<Arc>,
    /// Elasticities.
    pub behaviour: Behaviour,
    /// Jobs per kilotonne of output by country and product; `None` where no figure is known.
    pub jobs: BTreeMap<(CountryId, ProductId), JobsPerKilotonne>,
    /// What abatement costs, by producer; empty where the folder does not say it.
    pub abatement: BTreeMap<ProducerId, AbatementOption>,
    /// Default values of direct emission intensity by country and product, before any mark-up; none
    /// where the folder gives none.
    pub intensity_defaults: BTreeMap<(CountryId, ProductId), DefaultValue>,
    /// Owners abroad by country and product; a pair without a figure is not known.
    pub owners: BTreeMap<(CountryId, ProductId), Ownership>,
    /// Quantities that were observed and that the flows obey, in the order of the table.
    pub observations: Vec<Observation>,
    /// Bans on imports in force, in the order of the table.
    pub embargoes: Vec<Embargo>,
    /// Groups of countries by their normalised name.
    pub groups: BTreeMap<String, Group>,
    /// Importers and products for which the tables name no duty: taken as zero, and said so.
    pub duties_unknown: Vec<(CountryId, ProductId)>,
    /// What the folder leaves out, in words: absent tables and columns, assumptions made for them.
    pub notes: Vec<String>,
    /// The files it was read from, with digests; empty if built in memory.
    pub sources: Vec<Source>,
    /// The year of the figures, if the folder says it.
    pub year: Option<i32>,
    /// Duties in force as fractions, by importer, product and exporter; `None` for all without a row.
    in_force: BTreeMap<(CountryId, ProductId, Option<CountryId>), f64>,
    arc_ranges: Vec<Range<usize>>,
    market_ranges: Vec<Range<usize>>,
}

impl Baseline {
    /// The baseline that tables describe.
    ///
    /// # Errors
    /// Every fault of the tables: unknown names, duplicates, values that cannot
    /// be, sales that do not add up to output.
    pub fn new(tables: &tables::Tables) -> Result<Self, Problems> {
        build::baseline(tables)
    }

    /// The country with a code.
    #[must_use]
    pub fn country(&self, code: &str) -> Option<CountryId> {
        self.countries.binary_search_by(|c| c.code.as_str().cmp(code)).ok().map(CountryId::at)
    }

    /// The product with a code.
    #[must_use]
    pub fn product(&self, code: &str) -> Option<ProductId> {
        self.products.binary_search_by(|p| p.code.as_str().cmp(code)).ok().map(ProductId::at)
    }

    /// All countries.
    pub fn country_ids(&self) -> impl Iterator<Item = CountryId> + use<> {
        (0..self.countries.len()).map(CountryId::at)
    }

    /// All products.
    pub fn product_ids(&self) -> impl Iterator<Item = ProductId> + use<> {
        (0..self.products.len()).map(ProductId::at)
    }

    /// The flow an arc is part of.
    #[must_use]
    pub fn flow_of(&self, arc: ArcId) -> &Flow {
        self.trade.flow(self.arcs[arc.index()].flow)
    }

    /// The producer of an arc's metal.
    #[must_use]
    pub fn producer_of(&self, arc: ArcId) -> &Producer {
        &self.producers[self.arcs[arc.index()].producer.index()]
    }

    /// The positions of the arcs that carry a product.
    #[must_use]
    pub fn arcs_of(&self, product: ProductId) -> Range<usize> {
        self.arc_ranges[product.index()].clone()
    }

    /// The positions of the arcs that end in a market (importer and product, home sales included).
    #[must_use]
    pub fn arcs_into(&self, importer: CountryId, product: ProductId) -> Range<usize> {
        self.market_ranges[product.index() * self.countries.len() + importer.index()].clone()
    }

    /// The ad valorem duty in force between two countries, as a fraction; `None` where the tables
    /// name none. A row for the exporter goes before that for all.
    #[must_use]
    pub fn duty_in_force(&self, exporter: CountryId, importer: CountryId, product: ProductId) -> Option<f64> {
        let named = self.in_force.get(&(importer, product, Some(exporter)));
        // trade within a region that stands as one country pays a duty only if a row says so
        let general = if exporter == importer { None } else { self.in_force.get(&(importer, product, None)) };
        named.or(general).copied()
    }

    /// The members of the customs union that the data know, by the column `eu` of countries.csv.
    #[must_use]
    pub fn customs_union(&self) -> Option<&Group> {
        self.groups.get("eu27").filter(|group| group.kind == GroupKind::Status && !group.members.is_empty())
    }

    /// Producers of a product in a country.
    pub fn producers_in(&self, country: CountryId, product: ProductId) -> impl Iterator<Item = &Producer> {
        self.producers.iter().filter(move |p| p.country == country && p.product == product)
    }

    /// Output over capacity of a product in a country, as a ratio; `None` where
    /// capacity is not known.
    #[must_use]
    pub fn utilisation(&self, country: CountryId, product: ProductId) -> Option<f64> {
        let (mut output, mut capacity) = (0.0, 0.0);
        for producer in self.producers_in(country, product) {
            output += producer.output.value();
            capacity += producer.capacity?.value();
        }
        (capacity > 0.0).then(|| output / capacity)
    }

    /// Exports less imports of a product over its output, as a ratio; `None`
    /// where there is no output.
    #[must_use]
    pub fn net_export_share(&self, country: CountryId, product: ProductId) -> Option<f64> {
        let output: f64 = self.producers_in(country, product).map(|p| p.output.value()).sum();
        let mut net = 0.0;
        for (_, flow) in self.trade.flows() {
            if flow.product == product && !flow.is_home() {
                if flow.exporter == country {
                    net += flow.quantity.value();
                } else if flow.importer == country {
                    net -= flow.quantity.value();
                }
            }
        }
        (output > 0.0).then(|| net / output)
    }

    /// The part of a flow's freight that is in the customs value: all of it where the importer's
    /// customs take the cif value, none where they take the fob value.
    #[must_use]
    pub fn customs_freight(&self, flow: &Flow) -> UsdPerTonne {
        match self.countries[flow.importer.index()].valuation {
            Valuation::Cif => flow.freight,
            Valuation::Fob => UsdPerTonne::ZERO,
        }
    }

    /// What ad valorem duties on a tonne of a flow are taken of, at a mill price.
    #[must_use]
    pub fn customs_value(&self, flow: &Flow, mill: UsdPerTonne) -> UsdPerTonne {
        mill + self.customs_freight(flow)
    }

    /// A1: what a tonne of a flow costs its purchaser at a mill price: price, freight and what is paid on it.
    #[must_use]
    pub fn landed(&self, flow: &Flow, mill: UsdPerTonne, rate: f64, charge: UsdPerTonne) -> UsdPerTonne {
        mill + flow.freight + self.customs_value(flow, mill) * rate + charge
    }

    /// The same world in other units: every quantity and capacity times one factor, every price,
    /// freight and carbon price times another. No result in ratios may change.
    #[must_use]
    pub fn scaled(&self, quantity: f64, price: f64) -> Self {
        let mut scaled = self.clone();
        scaled.trade = self.trade.map(|flow| Flow {
            quantity: flow.quantity * quantity,
            freight: flow.freight * price,
            ..flow.clone()
        });
        for arc in &mut scaled.arcs {
            arc.quantity = arc.quantity * quantity;
        }
        for producer in &mut scaled.producers {
            producer.output = producer.output * quantity;
            producer.capacity = producer.capacity.map(|capacity| capacity * quantity);
            producer.price = producer.price * price;
        }
        for option in scaled.abatement.values_mut() {
            option.cost = option.cost * price;
        }
        for country in &mut scaled.countries {
            country.carbon_price = country.carbon_price.map(|carbon| carbon * price);
        }
        scaled
    }
}
