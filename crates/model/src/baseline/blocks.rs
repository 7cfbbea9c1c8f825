//! Blocks of a product's trade: makers and users that shipments connect. What happens in one block
//! does not reach another through the product's own prices.

use crate::baseline::{Baseline, CountryId, ProductId, Trade, graph};
use crate::units::Kilotonnes;

/// How many countries of a block are named before the rest are counted.
const NAMED: usize = 3;

/// Countries that make and countries that use a product and that shipments connect.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// Those that make it, in order.
    pub makers: Vec<CountryId>,
    /// Those that use it, in order.
    pub users: Vec<CountryId>,
    /// What they ship, home sales included.
    pub shipped: Kilotonnes,
}

impl Trade {
    /// The blocks of a product's trade, the largest first.
    #[must_use]
    pub fn blocks(&self, product: ProductId) -> Vec<Block> {
        let used = || self.flows().map(|(_, flow)| flow).filter(|flow| flow.product == product);
        let used = || used().filter(|flow| flow.quantity.value() > 0.0);
        let most = used().map(|flow| flow.exporter.max(flow.importer).index() + 1).max().unwrap_or(0);
        // a country makes at one node and uses at another: its home sales may be all that connects them
        let edges = used().map(|flow| (flow.exporter.index(), most + flow.importer.index()));
        let mut block_of = vec![0; 2 * most];
        let all = graph::blocks(2 * most, edges);
        let mut found: Vec<Block> = vec![];
        for (at, nodes) in all.iter().enumerate() {
            for node in nodes {
                block_of[*node] = at;
            }
            let (makers, users): (Vec<usize>, Vec<usize>) = nodes.iter().partition(|node| **node < most);
            found.push(Block {
                makers: makers.into_iter().map(CountryId::at).collect(),
                users: users.into_iter().map(|node| CountryId::at(node - most)).collect(),
                shipped: Kilotonnes::ZERO,
            });
        }
        for flow in used() {
            found[block_of[flow.exporter.index()]].shipped += flow.quantity;
        }
        // a country that neither makes nor uses the product is in no block
        found.retain(|block| block.shipped.value() > 0.0);
        found.sort_by(|a, b| b.shipped.value().total_cmp(&a.shipped.value()));
        found
    }
}

impl Block {
    /// Its countries, each once.
    #[must_use]
    pub fn countries(&self) -> Vec<CountryId> {
        let mut all: Vec<CountryId> = self.makers.iter().chain(&self.users).copied().collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The first of its countries, and how many more there are.
    #[must_use]
    pub fn in_words(&self, baseline: &Baseline) -> String {
        in_words(baseline, &self.countries())
    }
}

/// The first of some countries, and how many more there are.
#[must_use]
pub fn in_words(baseline: &Baseline, countries: &[CountryId]) -> String {
    let code = |country: &CountryId| baseline.countries[country.index()].code.clone();
    let named: Vec<String> = countries.iter().take(NAMED).map(code).collect();
    match countries.len().saturating_sub(NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

impl Baseline {
    /// The block of a product's trade that a country makes or uses it in, in words; `None` where all of
    /// the product's trade is one block.
    #[must_use]
    pub fn block_in_words(&self, product: ProductId, country: CountryId) -> Option<String> {
        let blocks = self.trade.blocks(product);
        let own = blocks.iter().find(|block| block.makers.contains(&country));
        let own = own.or_else(|| blocks.iter().find(|block| block.users.contains(&country)));
        own.filter(|_| blocks.len() > 1).map(|block| block.in_words(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::Flow;
    use crate::units::UsdPerTonne;

    fn flow(exporter: usize, importer: usize, kt: f64) -> Flow {
        Flow {
            exporter: CountryId::at(exporter),
            importer: CountryId::at(importer),
            product: ProductId::at(0),
            quantity: Kilotonnes(kt),
            freight: UsdPerTonne::ZERO,
            duty: 0.0,
            basis: None,
            duty_confidence: None,
        }
    }

    #[test]
    fn makers_and_users_that_ship_to_each_other_are_a_block_and_open_links_of_nothing_join_none() {
        let ids = |all: &[usize]| all.iter().map(|at| CountryId::at(*at)).collect::<Vec<_>>();
        let mut flows = vec![flow(0, 1, 5.0), flow(1, 2, 7.0), flow(3, 3, 9.0), flow(0, 3, 0.0)];
        let found = Trade::new(5, flows.clone()).blocks(ProductId::at(0));
        let block = |makers: &[usize], users: &[usize], kt| Block {
            makers: ids(makers),
            users: ids(users),
            shipped: Kilotonnes(kt),
        };
        // 1 buys from 0 and sells to 2, and no home sale ties its making to its use
        assert_eq!(found, [block(&[3], &[3], 9.0), block(&[1], &[2], 7.0), block(&[0], &[1], 5.0)]);
        flows.push(flow(1, 1, 2.0));
        let found = Trade::new(5, flows).blocks(ProductId::at(0));
        assert_eq!(found, [block(&[0, 1], &[1, 2], 14.0), block(&[3], &[3], 9.0)]);
        assert!(Trade::new(5, vec![]).blocks(ProductId::at(0)).is_empty());
    }
}
