//! Flows split over their exporter's routes: the arcs, and where each product's and market's stand.

use crate::baseline::ids::ProducerId;
use crate::baseline::ids::{CountryId, FlowId, ProductId};
use crate::baseline::production::Producer;
use crate::baseline::trade::{Arc, Flow};
use std::collections::HashMap;
use std::ops::Range;

/// Arcs in the order of flows, and ranges of them.
pub(super) struct Arcs {
    pub all: Vec<Arc>,
    pub by_product: Vec<Range<usize>>,
    /// By product and importer.
    pub by_market: Vec<Range<usize>>,
}

impl Arcs {
    /// The arcs of flows that are sorted by product, importer and exporter. A country's shipments
    /// carry its national mix of routes (model, chapter 1).
    pub fn new(producers: &[Producer], flows: &[Flow], products: usize, countries: usize) -> Self {
        let mut output: HashMap<(ProductId, CountryId), (f64, Vec<usize>)> = HashMap::new();
        for (position, producer) in producers.iter().enumerate() {
            if producer.output.value() > 0.0 {
                let entry = output.entry((producer.product, producer.country)).or_default();
                entry.0 += producer.output.value();
                entry.1.push(position);
            }
        }
        let mut all = vec![];
        let mut by_market = vec![0..0; products * countries];
        let mut by_product = vec![0..0; products];
        for (position, flow) in flows.iter().enumerate() {
            let Some((total, makers)) = output.get(&(flow.product, flow.exporter)) else { continue };
            let start = all.len();
            for maker in makers {
                let share = producers[*maker].output.value() / total;
                all.push(Arc {
                    flow: FlowId::at(position),
                    producer: ProducerId::at(*maker),
                    quantity: flow.quantity * share,
                });
            }
            let market = flow.product.index() * countries + flow.importer.index();
            for range in [&mut by_market[market], &mut by_product[flow.product.index()]] {
                if range.start == range.end {
                    *range = start..all.len();
                } else {
                    range.end = all.len();
                }
            }
        }
        Self { all, by_product, by_market }
    }
}
