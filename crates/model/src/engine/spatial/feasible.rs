//! Whether promises of green tonnes can be kept at all: by the capacities of green makers and the quotas
//! that nothing may be shipped above. Pipes from makers through quotas to promises carry what can be
//! kept; the narrowest cut names what cannot. Demand and price are left out, so that what is called
//! impossible here is so at any price.

use super::network::Network;
use crate::baseline::graph::{Pipe, carried};
use std::collections::BTreeSet;

/// Parts of a network's unit of tonnes that pipes carry: whole units.
const UNITS: f64 = 1e6;

/// Promises that cannot be kept together, and what limits them.
#[derive(Debug, Clone, PartialEq)]
pub struct Short {
    /// Positions of the promises.
    pub promises: Vec<usize>,
    /// Sources that are full.
    pub sources: Vec<usize>,
    /// Limits that are full.
    pub limits: Vec<usize>,
    /// What is promised.
    pub promised: f64,
    /// What can be delivered at most.
    pub possible: f64,
}

/// What a node of the pipes stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Node {
    From,
    Source(usize),
    /// A limit's entry, and its exit: what passes between them is within it.
    Limit(usize),
    Through(usize),
    Promise(usize),
    Into,
}

impl Network {
    /// Promises of tonnes that no shipments could keep; `None` where they could be kept. Promised shares
    /// of use follow the use and are left out; a link in several limits counts for the first.
    #[must_use]
    pub fn short(&self) -> Option<Short> {
        let mut pipes: Vec<(Node, Node, f64)> = vec![];
        let limit_of = |link: usize| {
            let hard = |limit: &super::network::Limit| limit.gap.is_none();
            let within = |limit: &super::network::Limit| limit.links.iter().any(|(own, _)| *own == link);
            self.limits.iter().position(|limit| hard(limit) && within(limit))
        };
        let promised =
            self.promises.iter().enumerate().filter(|(_, own)| own.share.is_none() && own.tonnes > 0.0);
        for (at, promise) in promised {
            pipes.push((Node::Promise(at), Node::Into, promise.tonnes));
            for link in &promise.green {
                let source = Node::Source(self.links[*link].source);
                match limit_of(*link) {
                    Some(limit) => {
                        pipes.push((source, Node::Limit(limit), f64::INFINITY));
                        pipes.push((Node::Through(limit), Node::Promise(at), f64::INFINITY));
                    }
                    None => pipes.push((source, Node::Promise(at), f64::INFINITY)),
                }
            }
        }
        pipes.sort_by_key(|pipe| (pipe.0, pipe.1));
        pipes.dedup_by_key(|pipe| (pipe.0, pipe.1));
        let used: BTreeSet<Node> = pipes.iter().flat_map(|pipe| [pipe.0, pipe.1]).collect();
        for node in &used {
            match *node {
                Node::Source(at) => pipes.push((Node::From, *node, self.sources[at].capacity)),
                Node::Limit(at) => pipes.push((*node, Node::Through(at), self.limits[at].quantity)),
                _ => {}
            }
        }
        let nodes: Vec<Node> =
            used.into_iter().chain([Node::From, Node::Into]).collect::<BTreeSet<_>>().into_iter().collect();
        let place = |node: Node| nodes.binary_search(&node).unwrap_or(0);
        let all: f64 = self.promises.iter().filter(|own| own.share.is_none()).map(|own| own.tonnes).sum();
        let most = |quantity: f64| units(quantity.min(all));
        let whole: Vec<Pipe> = pipes
            .iter()
            .map(|(from, to, quantity)| Pipe { from: place(*from), to: place(*to), most: most(*quantity) })
            .collect();
        let found = carried(nodes.len(), &whole, place(Node::From), place(Node::Into));
        // whole units round each promise by half of one at most
        if found.most + self.promises.len() as u64 >= units(all) {
            return None;
        }
        let behind = |node: &Node| found.after_cut[place(*node)];
        let mut short =
            Short { promises: vec![], sources: vec![], limits: vec![], promised: 0.0, possible: 0.0 };
        for (pipe, (from, to, quantity)) in whole.iter().zip(&pipes) {
            // behind the cut stand the promises that are not all kept, and before it what is full
            if let (Node::Promise(at), true) = (*from, behind(from)) {
                short.promises.push(at);
                short.promised += quantity;
            }
            if !behind(from) && behind(to) {
                match *to {
                    Node::Source(at) => short.sources.push(at),
                    Node::Through(at) => short.limits.push(at),
                    _ => continue,
                }
                short.possible += pipe.most as f64 / UNITS;
            }
        }
        Some(short)
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // not below zero, and finite
fn units(quantity: f64) -> u64 {
    (quantity * UNITS).round().max(0.0) as u64
}

#[cfg(test)]
mod tests {
    use super::super::network::{Limit, Promise};
    use super::super::polish::tests::rich;
    use super::*;

    #[test]
    fn promises_beyond_capacities_and_quotas_name_what_is_full() {
        // links 0 and 1 of source 0 into both markets; it can make 87.5
        let mut network = rich();
        network.limits.clear();
        let promise = |market, green: &[usize], tonnes| Promise {
            market,
            green: green.to_vec(),
            share: None,
            tonnes,
            cap: 50.0,
        };
        network.promises = vec![promise(0, &[0], 50.0), promise(1, &[1], 37.0)];
        assert_eq!(network.short(), None);
        network.promises[1].tonnes = 60.0;
        let found = network.short().expect("110 of 87.5");
        assert_eq!((found.promises, found.sources, found.limits), (vec![0, 1], vec![0], vec![]));
        assert_eq!(found.promised, 110.0);
        assert!((found.possible - 87.5).abs() < 1e-9);
        // a quota of 20 into the second market, which another source may serve too
        network.limits = vec![Limit { quantity: 20.0, links: vec![(1, 1.0)], gap: None }];
        let found = network.short().expect("60 of 20");
        assert_eq!((&found.promises, &found.limits, found.possible), (&vec![1], &vec![0], 20.0));
        network.promises[1].green.push(3);
        assert_eq!(network.short(), None);
        // what may be exceeded at a price limits no promise
        network.promises[1] = promise(1, &[1], 30.0);
        network.limits[0].gap = Some(0.1);
        assert_eq!(network.short(), None);
        assert_eq!(Network { promises: vec![], ..network }.short(), None);
    }
}
