//! Graphs without economics: cheapest ways, blocks that hang together, what pipes can carry, orders.
//!
//! The algorithms are petgraph's; nodes are positions, so that whoever asks needs no graph of their own.

use petgraph::algo::{dijkstra, dinics, tarjan_scc, toposort};
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::unionfind::UnionFind;
use std::collections::{BTreeMap, VecDeque};

/// The blocks of nodes that edges connect, whichever way they point: each in rising order, ordered by
/// the first of each; a node without edges is a block of its own.
#[must_use]
pub fn blocks(nodes: usize, edges: impl IntoIterator<Item = (usize, usize)>) -> Vec<Vec<usize>> {
    let mut sets = UnionFind::<usize>::new(nodes);
    for (from, to) in edges {
        sets.union(from, to);
    }
    let mut by_first: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut first_of: BTreeMap<usize, usize> = BTreeMap::new();
    for node in 0..nodes {
        let first = *first_of.entry(sets.find(node)).or_insert(node);
        by_first.entry(first).or_default().push(node);
    }
    by_first.into_values().collect()
}

/// An order in which the first of each pair stands before the second.
///
/// # Errors
/// A circle, its first node repeated at the end: `[a, b, a]`; the shortest from the lowest node that is in one.
pub fn order(nodes: usize, before: &[(usize, usize)]) -> Result<Vec<usize>, Vec<usize>> {
    let mut graph = DiGraph::<(), ()>::new();
    for _ in 0..nodes {
        graph.add_node(());
    }
    for (from, to) in before {
        graph.update_edge(NodeIndex::new(*from), NodeIndex::new(*to), ());
    }
    match toposort(&graph, None) {
        Ok(order) => Ok(order.into_iter().map(NodeIndex::index).collect()),
        Err(_) => Err(circle(&graph)),
    }
}

/// The shortest circle through the lowest node that is in one.
fn circle(graph: &DiGraph<(), ()>) -> Vec<usize> {
    let in_circle = tarjan_scc(graph)
        .into_iter()
        .filter(|set| set.len() > 1 || set.iter().any(|node| graph.contains_edge(*node, *node)))
        .flatten()
        .min();
    let Some(start) = in_circle else { return vec![] };
    let mut from: BTreeMap<NodeIndex, NodeIndex> = BTreeMap::new();
    let mut waiting = VecDeque::from([start]);
    while let Some(node) = waiting.pop_front() {
        let mut next: Vec<NodeIndex> = graph.neighbors(node).collect();
        next.sort_unstable();
        for other in next {
            from.entry(other).or_insert_with(|| {
                waiting.push_back(other);
                node
            });
        }
        if from.contains_key(&start) {
            break;
        }
    }
    let mut circle = vec![start.index()];
    let mut at = start;
    while let Some(before) = from.get(&at) {
        circle.push(before.index());
        at = *before;
        if at == start {
            break;
        }
    }
    circle.reverse();
    circle
}

/// A way over stops, and what it costs up to the last of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Way {
    /// The stops in order; at least one.
    pub stops: Vec<usize>,
    /// What the way costs.
    pub cost: f64,
}

/// The cheapest way to each stop with each number of stops up to `longest`, by stop and then by number,
/// where it is cheaper than every way to that stop with fewer. `enter` is what the first leg costs,
/// `between` what a leg from one stop to another costs, none of them below zero; `None`: there is no such leg.
#[must_use]
pub fn cheapest(
    stops: usize,
    longest: usize,
    enter: impl Fn(usize) -> Option<f64>,
    between: impl Fn(usize, usize) -> Option<f64>,
) -> Vec<Vec<Way>> {
    // a stop as the n-th on the way is a node of its own, so that ways have no more stops than they may
    let longest = longest.min(stops);
    let mut graph = DiGraph::<(), f64>::new();
    let start = graph.add_node(());
    let layers: Vec<Vec<NodeIndex>> =
        (0..longest).map(|_| (0..stops).map(|_| graph.add_node(())).collect()).collect();
    if let Some(first) = layers.first() {
        for (stop, node) in first.iter().enumerate() {
            if let Some(cost) = enter(stop) {
                graph.add_edge(start, *node, cost);
            }
        }
    }
    for pair in layers.windows(2) {
        for (from, left) in pair[0].iter().enumerate() {
            for (to, right) in pair[1].iter().enumerate().filter(|(to, _)| *to != from) {
                if let Some(cost) = between(from, to) {
                    graph.add_edge(*left, *right, cost);
                }
            }
        }
    }
    let costs = dijkstra(&graph, start, None, |edge| *edge.weight());
    let back = |layer: usize, stop: usize| {
        let mut way = vec![stop];
        for layer in (1..=layer).rev() {
            let to = way[way.len() - 1];
            let reached = costs.get(&layers[layer][to])?;
            let before = (0..stops).filter(|from| *from != to).find(|from| {
                let cost = costs.get(&layers[layer - 1][*from]).zip(between(*from, to));
                cost.is_some_and(|(so_far, leg)| so_far + leg == *reached)
            })?;
            way.push(before);
        }
        way.reverse();
        Some(way)
    };
    let mut found = vec![vec![]; stops];
    for (stop, ways) in found.iter_mut().enumerate() {
        let mut least = f64::INFINITY;
        for (layer, nodes) in layers.iter().enumerate() {
            let Some(cost) = costs.get(&nodes[stop]).copied().filter(|cost| *cost < least) else { continue };
            if let Some(stops) = back(layer, stop) {
                least = cost;
                ways.push(Way { stops, cost });
            }
        }
    }
    found
}

/// A pipe between two nodes and the most that it carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pipe {
    /// Where it begins.
    pub from: usize,
    /// Where it ends.
    pub to: usize,
    /// The most that it carries, in whole units.
    pub most: u64,
}

/// The most that pipes carry from a source to a sink, and why not more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// The most.
    pub most: u64,
    /// By node: whether more could still reach it from the source. The pipes that leave these nodes for
    /// others are full: they are the cut nearest to the source.
    pub before_cut: Vec<bool>,
    /// By node: whether more could still get from it to the sink. The pipes that enter these nodes from
    /// others are full: they are the cut nearest to the sink.
    pub after_cut: Vec<bool>,
}

/// The most that pipes carry from a source to a sink (Dinic 1970).
#[must_use]
pub fn carried(nodes: usize, pipes: &[Pipe], source: usize, sink: usize) -> Carried {
    let mut graph = DiGraph::<(), u64>::new();
    let at: Vec<NodeIndex> = (0..nodes).map(|_| graph.add_node(())).collect();
    let open: Vec<&Pipe> = pipes.iter().filter(|pipe| pipe.most > 0 && pipe.from != pipe.to).collect();
    for pipe in &open {
        graph.add_edge(at[pipe.from], at[pipe.to], pipe.most);
    }
    let (most, flows) = dinics(&graph, at[source], at[sink]);
    let (mut onwards, mut backwards) = (vec![vec![]; nodes], vec![vec![]; nodes]);
    for (pipe, flow) in open.iter().zip(&flows) {
        let ways = [(*flow < pipe.most, pipe.from, pipe.to), (*flow > 0, pipe.to, pipe.from)];
        for (_, from, to) in ways.into_iter().filter(|(more, ..)| *more) {
            onwards[from].push(to);
            backwards[to].push(from);
        }
    }
    Carried { most, before_cut: reached(&onwards, source), after_cut: reached(&backwards, sink) }
}

/// The nodes that are reached from one.
fn reached(next: &[Vec<usize>], start: usize) -> Vec<bool> {
    let mut seen = vec![false; next.len()];
    let mut waiting = vec![start];
    while let Some(node) = waiting.pop() {
        if !std::mem::replace(&mut seen[node], true) {
            waiting.extend(&next[node]);
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn blocks_are_what_edges_connect_whichever_way_they_point() {
        assert_eq!(blocks(6, [(4, 0), (2, 4), (5, 1)]), [vec![0, 2, 4], vec![1, 5], vec![3]]);
        assert_eq!(blocks(0, []), Vec::<Vec<usize>>::new());
    }

    #[test]
    fn an_order_keeps_every_pair_and_a_circle_is_named_in_full() {
        let pairs = [(2, 0), (0, 1), (3, 1)];
        let found = order(4, &pairs).expect("no circle");
        let place = |node| found.iter().position(|own| *own == node);
        assert!(found.len() == 4 && pairs.iter().all(|(a, b)| place(*a) < place(*b)), "{found:?}");
        assert_eq!(order(4, &[(3, 1), (1, 2), (2, 1), (0, 3)]), Err(vec![1, 2, 1]));
        assert_eq!(order(3, &[(0, 1), (1, 2), (2, 0)]), Err(vec![0, 1, 2, 0]));
        assert_eq!(order(2, &[(1, 1)]), Err(vec![1, 1]));
    }

    #[test]
    fn a_way_over_two_stops_is_found_where_it_is_cheaper_and_may_be_taken() {
        // straight to stop 1 costs 10, over stop 0 it costs 2 + 3
        let enter = |stop: usize| Some([2.0, 10.0][stop]);
        let between = |from: usize, to: usize| ((from, to) == (0, 1)).then_some(3.0);
        let way = |stops: &[usize], cost| Way { stops: stops.to_vec(), cost };
        let found = cheapest(2, 2, enter, between);
        assert_eq!(found, [vec![way(&[0], 2.0)], vec![way(&[1], 10.0), way(&[0, 1], 5.0)]]);
        let found = cheapest(2, 1, enter, between);
        assert_eq!(found, [vec![way(&[0], 2.0)], vec![way(&[1], 10.0)]]);
        assert_eq!(cheapest(0, 3, enter, between), Vec::<Vec<Way>>::new());
    }

    #[test]
    fn what_pipes_carry_is_held_by_the_cut() {
        let pipe = |from, to, most| Pipe { from, to, most };
        let pipes = [pipe(0, 1, 10), pipe(0, 2, 5), pipe(1, 3, 4), pipe(2, 3, 9), pipe(1, 2, 1)];
        let found = carried(4, &pipes, 0, 3);
        // pipes 1 to 3 and 1 to 2 and 0 to 2 are full; only 2 has room left to 3
        assert_eq!(found.most, 10);
        assert_eq!(found.before_cut, [true, true, false, false]);
        assert_eq!(found.after_cut, [false, false, true, true]);
        let nothing = carried(2, &[], 0, 1);
        assert_eq!((nothing.most, nothing.before_cut), (0, vec![true, false]));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

        /// Against every way written out.
        #[test]
        fn no_way_of_at_most_three_stops_is_cheaper(
            enter in prop::collection::vec(0.0..9.0_f64, 4), legs in prop::collection::vec(0.0..9.0_f64, 16),
        ) {
            let between = |from: usize, to: usize| (from != to).then(|| legs[4 * from + to]);
            let found = cheapest(4, 3, |stop| Some(enter[stop]), between);
            for (last, ways) in found.iter().enumerate() {
                let mut least = enter[last];
                for (a, first) in enter.iter().enumerate() {
                    least = between(a, last).map_or(least, |leg| least.min(first + leg));
                    for b in 0..4 {
                        let both = between(a, b).zip(between(b, last));
                        least = both.map_or(least, |(one, two)| least.min(first + one + two));
                    }
                }
                let cheapest = ways.last().map_or(f64::INFINITY, |way| way.cost);
                prop_assert!((cheapest - least).abs() < 1e-12);
                prop_assert!(ways.windows(2).all(|pair| pair[1].cost < pair[0].cost
                    && pair[1].stops.len() > pair[0].stops.len()));
            }
        }

        /// The pipes that leave the nodes before the cut carry in all what is carried.
        #[test]
        fn the_cut_is_as_large_as_the_flow(sizes in prop::collection::vec(0..20_u64, 36)) {
            let pipes: Vec<Pipe> = sizes.iter().enumerate()
                .map(|(at, most)| Pipe { from: at / 6, to: at % 6, most: *most }).collect();
            let found = carried(6, &pipes, 0, 5);
            let cut: u64 = pipes.iter()
                .filter(|pipe| found.before_cut[pipe.from] && !found.before_cut[pipe.to])
                .map(|pipe| pipe.most).sum();
            prop_assert_eq!(cut, found.most);
            let late: u64 = pipes.iter()
                .filter(|pipe| !found.after_cut[pipe.from] && found.after_cut[pipe.to])
                .map(|pipe| pipe.most).sum();
            prop_assert_eq!(late, found.most);
            prop_assert!(found.before_cut[0] && !found.before_cut[5]);
        }
    }
}
