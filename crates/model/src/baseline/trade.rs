//! The trade-flow graph: countries are nodes, shipments of a product are edges.

use crate::baseline::ids::{CountryId, FlowId, ProducerId, ProductId};
use crate::baseline::observation::Basis;
use crate::units::{Kilotonnes, UsdPerTonne, UsdPerTonneCo2e};
use petgraph::graph::{DiGraph, EdgeIndex, NodeIndex};

/// A country of the model.
#[derive(Debug, Clone, PartialEq)]
pub struct Country {
    /// Its code, ISO 3166-1 alpha-3 in the tables we ship.
    pub code: String,
    /// Its name.
    pub name: String,
    /// World Bank region, if known.
    pub region: Option<String>,
    /// World Bank income group, if known.
    pub income_group: Option<String>,
    /// Gross domestic product in US dollars, if known.
    pub gdp_usd: Option<f64>,
    /// Inhabitants, if known.
    pub population: Option<f64>,
    /// Carbon price paid by industry, if known (a known zero is a zero).
    pub carbon_price: Option<UsdPerTonneCo2e>,
    /// What its customs put ad valorem duties on.
    pub valuation: Valuation,
}

/// What customs put ad valorem duties on.
///
/// The choice is left to each country by article 8.2 of the WTO's agreement on customs valuation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Valuation {
    /// The value with freight and insurance to the border.
    #[default]
    Cif,
    /// The value at the exporter's border, freight left out.
    Fob,
}

impl Valuation {
    /// Its name in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cif => "cif",
            Self::Fob => "fob",
        }
    }
}

/// How far a duty in force can be trusted, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DutyConfidence {
    /// Read in the act, schedule or publication that the row names.
    Read,
    /// Told by the press, an association or another secondary source.
    Reported,
    /// Computed by a rule with judgement in it.
    Estimated,
    /// General knowledge that was not read again.
    General,
}

impl DutyConfidence {
    /// Every confidence, the best first.
    pub const ALL: [Self; 4] = [Self::Read, Self::Reported, Self::Estimated, Self::General];

    /// Its name in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Reported => "reported",
            Self::Estimated => "estimated",
            Self::General => "general",
        }
    }

    /// What a word of the column `confidence` of `duties.csv` means here.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        match word {
            "reported" | "cited" => Some(Self::Read),
            "secondary" => Some(Self::Reported),
            "derived" | "estimated" | "assumed" | "invented" => Some(Self::Estimated),
            "general" => Some(Self::General),
            _ => None,
        }
    }

    /// The position in [`DutyConfidence::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// A traded product.
#[derive(Debug, Clone, PartialEq)]
pub struct Product {
    /// Its code in the files.
    pub code: String,
    /// Its name.
    pub name: String,
}

/// A country's shipments of a product to a market, home sales included.
#[derive(Debug, Clone, PartialEq)]
pub struct Flow {
    /// Where it is made.
    pub exporter: CountryId,
    /// Where it is used.
    pub importer: CountryId,
    /// What is shipped.
    pub product: ProductId,
    /// Shipments a year.
    pub quantity: Kilotonnes,
    /// Freight and insurance.
    pub freight: UsdPerTonne,
    /// The ad valorem duty in force on the cif value, as a fraction.
    pub duty: f64,
    /// What the quantity rests on; `None` if the tables do not say.
    pub basis: Option<Basis>,
    /// How far the duty in force can be trusted; `None` if the tables do not say, or name no duty.
    pub duty_confidence: Option<DutyConfidence>,
}

impl Flow {
    /// Whether it stays in the country.
    #[must_use]
    pub fn is_home(&self) -> bool {
        self.exporter == self.importer
    }
}

/// The part of a flow that one producer makes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Arc {
    /// The flow it is part of.
    pub flow: FlowId,
    /// Who makes it.
    pub producer: ProducerId,
    /// Shipments a year.
    pub quantity: Kilotonnes,
}

/// The graph of all flows.
#[derive(Debug, Clone)]
pub struct Trade {
    graph: DiGraph<CountryId, Flow, u32>,
}

impl Trade {
    /// The graph of some flows among a number of countries; edges keep the given order.
    #[must_use]
    pub fn new(countries: usize, flows: Vec<Flow>) -> Self {
        let mut graph = DiGraph::with_capacity(countries, flows.len());
        for position in 0..countries {
            graph.add_node(CountryId::at(position));
        }
        for flow in flows {
            graph.add_edge(node(flow.exporter), node(flow.importer), flow);
        }
        Self { graph }
    }

    /// A flow.
    #[must_use]
    pub fn flow(&self, id: FlowId) -> &Flow {
        &self.graph[EdgeIndex::new(id.index())]
    }

    /// All flows in order.
    pub fn flows(&self) -> impl Iterator<Item = (FlowId, &Flow)> {
        self.graph.edge_weights().enumerate().map(|(position, flow)| (FlowId::at(position), flow))
    }

    /// The same graph with every flow changed by a function that keeps its ends.
    #[must_use]
    pub fn map(&self, change: impl Fn(&Flow) -> Flow) -> Self {
        Self { graph: self.graph.map(|_, country| *country, |_, flow| change(flow)) }
    }

    /// Puts other quantities on the flows, in their order.
    pub fn set_quantities(&mut self, quantities: &[f64]) {
        for (flow, quantity) in self.graph.edge_weights_mut().zip(quantities) {
            flow.quantity = Kilotonnes(*quantity);
        }
    }

    /// How many flows there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.graph.edge_count()
    }
}

fn node(country: CountryId) -> NodeIndex<u32> {
    NodeIndex::new(country.index())
}
