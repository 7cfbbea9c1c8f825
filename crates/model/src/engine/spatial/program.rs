//! The linear program of a network at given steps (S1, S2, S4), and how a solution is read from it.

use super::network::{Link, Network, Place, Solved};
use super::steps;
use std::collections::BTreeMap;
use std::ops::Range;
use zollverein_numeric::linear::{Column, Program, Relation, Sense, Solution};

/// Steps on each side of a curve's centre.
const CURVE: usize = 8;
/// Where a supply curve's price is taken at the latest, over capacity: at capacity it has none.
const FULLEST: f64 = 1.0 - 1e-9;
/// Steps on each side of a link's kink.
const LINK: usize = 7;
/// Steps above nothing on a link that the baseline does not use.
const NEW: usize = 4;

/// Steps on each side of a link's kink; a link that the baseline does not use has none below.
fn each_side(link: &Link) -> usize {
    if link.centre > 0.0 { LINK } else { NEW }
}

/// What the steps and the costs of a round are taken at.
#[derive(Debug, Clone)]
pub(super) struct Guess {
    /// By source: centre and width of the finest step, and price.
    pub sources: Vec<(f64, f64)>,
    pub markets: Vec<(f64, f64)>,
    pub links: Vec<(f64, f64)>,
    pub detours: Vec<(f64, f64)>,
    /// By source: the price that ad valorem rates are taken of.
    pub price: Vec<f64>,
    /// By limit and link of it: what is paid beside the dual, USD/t.
    pub beside: Vec<Vec<f64>>,
    /// By promise: green tonnes to be bought.
    pub target: Vec<f64>,
}

/// Where things stand in the program.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    sources: Vec<Range<usize>>,
    markets: Vec<Range<usize>>,
    links: Vec<Range<usize>>,
    detours: Vec<Range<usize>>,
    /// By limit and link of it: the column of what is shipped above.
    above: Vec<Vec<usize>>,
    /// By promise: the columns of what lacks and of the target.
    promises: Vec<(usize, usize)>,
    /// By source: its capacity row.
    capacity: Vec<Option<usize>>,
    limits: Vec<usize>,
    promised: Vec<usize>,
    /// The first row of what takes detours; none stands behind these.
    around: usize,
}

/// The columns' costs and bounds at a guess, in order.
pub(super) fn columns(network: &Network, guess: &Guess) -> Vec<Column> {
    let mut columns = vec![];
    let mut place = |place: &Place, (centre, width): (f64, f64), sign: f64| {
        let last = CURVE * 2;
        for (step, (from, to)) in
            steps::around(centre, width, (0.0, place.extent), true, CURVE).into_iter().enumerate()
        {
            let upper = if step == last && place.capacity.is_finite() { f64::INFINITY } else { to - from };
            // an empty step costs nothing: the curve may have no price there
            let middle = (0.5 * (from + to)).min(FULLEST * place.extent);
            let cost = if upper > 0.0 { sign * place.curve.price_at(middle) } else { 0.0 };
            columns.push(Column { cost, lower: 0.0, upper });
        }
    };
    for (source, at) in network.sources.iter().zip(&guess.sources) {
        place(source, *at, -1.0);
    }
    for (market, at) in network.markets.iter().zip(&guess.markets) {
        place(market, *at, 1.0);
    }
    let mut beside = vec![0.0; network.links.len()];
    for (limit, extra) in network.limits.iter().zip(&guess.beside) {
        for ((link, _), extra) in limit.links.iter().zip(extra) {
            beside[*link] += extra;
        }
    }
    for ((link, (centre, width)), beside) in network.links.iter().zip(&guess.links).zip(&beside) {
        let fixed = link.fixed + link.rate * (guess.price[link.source] + link.freight) + beside;
        let extent = network.reach(link);
        if link.slope == 0.0 {
            columns.push(Column { cost: -fixed, lower: 0.0, upper: f64::INFINITY });
            continue;
        }
        for (from, to) in steps::around(*centre, *width, (0.0, extent), false, each_side(link)) {
            let cost = -(fixed + link.slope * 0.5 * (from + to));
            columns.push(Column { cost, lower: 0.0, upper: to - from });
        }
    }
    for (detour, (centre, width)) in network.detours.iter().zip(&guess.detours) {
        let link = &network.links[detour.link];
        let fixed = detour.fixed + detour.rate * (guess.price[link.source] + link.freight);
        for (from, to) in steps::around(*centre, *width, (0.0, network.reach(link)), false, NEW) {
            let cost = -(fixed + detour.slope * 0.5 * (from + to));
            columns.push(Column { cost, lower: 0.0, upper: to - from });
        }
    }
    for (limit, extra) in network.limits.iter().zip(&guess.beside) {
        let Some(gap) = limit.gap else { continue };
        for ((link, share), extra) in limit.links.iter().zip(extra) {
            let link = &network.links[*link];
            let charge = gap * share * (guess.price[link.source] + link.freight) - extra;
            columns.push(Column { cost: -charge, lower: 0.0, upper: f64::INFINITY });
        }
    }
    for (promise, target) in network.promises.iter().zip(&guess.target) {
        columns.push(Column { cost: -promise.cap, lower: 0.0, upper: f64::INFINITY });
        columns.push(Column { cost: 0.0, lower: *target, upper: *target });
    }
    columns
}

/// The program of a network.
pub(super) fn program(network: &Network, guess: &Guess) -> (Program, Layout) {
    let mut program = Program::new(Sense::Maximise);
    program.columns = columns(network, guess);
    let mut next = 0;
    let mut take = |count: usize| {
        next += count;
        next - count..next
    };
    let sources: Vec<Range<usize>> = network.sources.iter().map(|_| take(2 * CURVE + 1)).collect();
    let markets: Vec<Range<usize>> = network.markets.iter().map(|_| take(2 * CURVE + 1)).collect();
    let links: Vec<Range<usize>> = network
        .links
        .iter()
        .map(|link| take(if link.slope == 0.0 { 1 } else { 2 * each_side(link) }))
        .collect();
    let detours: Vec<Range<usize>> = network.detours.iter().map(|_| take(2 * NEW)).collect();
    let above: Vec<Vec<usize>> = network
        .limits
        .iter()
        .map(|limit| if limit.gap.is_some() { take(limit.links.len()).collect() } else { vec![] })
        .collect();
    let promises: Vec<(usize, usize)> = network
        .promises
        .iter()
        .map(|_| {
            let own = take(2);
            (own.start, own.start + 1)
        })
        .collect();

    let mut from = vec![vec![]; sources.len()];
    let mut into = vec![vec![]; markets.len()];
    for (link, own) in network.links.iter().zip(&links) {
        from[link.source].extend(own.clone().map(|column| (column, 1.0)));
        into[link.market].extend(own.clone().map(|column| (column, -1.0)));
    }
    // what is shipped is made: one more tonne from nowhere would be worth the source's price
    for (mut entries, own) in from.into_iter().zip(&sources) {
        entries.extend(own.clone().map(|column| (column, -1.0)));
        program.row(entries, Relation::Equal, 0.0);
    }
    // what is used arrives
    for (mut entries, own) in into.into_iter().zip(&markets) {
        entries.extend(own.clone().map(|column| (column, 1.0)));
        program.row(entries, Relation::Equal, 0.0);
    }
    let capacity = network.sources.iter().zip(&sources).map(|(source, own)| {
        let entries = own.clone().map(|column| (column, 1.0)).collect();
        source.capacity.is_finite().then(|| program.row(entries, Relation::AtMost, source.capacity))
    });
    let capacity = capacity.collect();
    let mut limits = vec![];
    for (limit, above) in network.limits.iter().zip(&above) {
        let mut entries = vec![];
        for (link, _) in &limit.links {
            entries.extend(links[*link].clone().map(|column| (column, 1.0)));
        }
        entries.extend(above.iter().map(|column| (*column, -1.0)));
        limits.push(program.row(entries, Relation::AtMost, limit.quantity));
        for (column, (link, _)) in above.iter().zip(&limit.links) {
            let mut entries = vec![(*column, 1.0)];
            entries.extend(links[*link].clone().map(|column| (column, -1.0)));
            program.row(entries, Relation::AtMost, 0.0);
        }
    }
    let mut promised = vec![];
    for (promise, (lacks, target)) in network.promises.iter().zip(&promises) {
        let mut entries = vec![(*lacks, 1.0), (*target, -1.0)];
        for link in &promise.green {
            entries.extend(links[*link].clone().map(|column| (column, 1.0)));
        }
        promised.push(program.row(entries, Relation::AtLeast, 0.0));
    }
    // what takes a detour is shipped on its link
    let mut around: BTreeMap<usize, Vec<(usize, f64)>> = BTreeMap::new();
    for (detour, own) in network.detours.iter().zip(&detours) {
        let entries = around
            .entry(detour.link)
            .or_insert_with(|| links[detour.link].clone().map(|column| (column, -1.0)).collect());
        entries.extend(own.clone().map(|column| (column, 1.0)));
    }
    let first = program.rows.len();
    for entries in around.into_values() {
        program.row(entries, Relation::AtMost, 0.0);
    }
    (
        program,
        Layout {
            sources,
            markets,
            links,
            detours,
            above,
            promises,
            capacity,
            limits,
            promised,
            around: first,
        },
    )
}

impl Layout {
    /// What a solution of the program says of the network; premiums of limits are the duals, USD/t.
    pub fn read(&self, network: &Network, solution: &Solution) -> Solved {
        let sum = |own: &Range<usize>| solution.columns[own.clone()].iter().sum::<f64>();
        let markets = self.sources.len();
        let priced = |own: &[Range<usize>], first: usize| {
            own.iter().enumerate().map(|(at, own)| (sum(own), solution.prices[first + at])).collect()
        };
        debug_assert_eq!(network.links.len(), self.links.len());
        Solved {
            sources: priced(&self.sources, 0),
            scarcity: self.capacity.iter().map(|row| row.map_or(0.0, |row| solution.prices[row])).collect(),
            markets: priced(&self.markets, markets),
            shipped: self.links.iter().map(sum).collect(),
            detoured: self.detours.iter().map(sum).collect(),
            premiums: self.limits.iter().map(|row| solution.prices[*row].max(0.0)).collect(),
            green: self.promised.iter().map(|row| (-solution.prices[*row]).max(0.0)).collect(),
            ..Solved::default()
        }
    }

    /// A column in words.
    pub fn column(&self, position: usize) -> String {
        let within = |name: &str, own: &[Range<usize>]| {
            own.iter()
                .position(|own| own.contains(&position))
                .map(|at| format!("{name}_{at}_{}", position - own[at].start))
        };
        within("y", &self.sources)
            .or_else(|| within("d", &self.markets))
            .or_else(|| within("x", &self.links))
            .or_else(|| within("z", &self.detours))
            .or_else(|| {
                let limit = self.above.iter().position(|own| own.contains(&position))?;
                let at = self.above[limit].iter().position(|column| *column == position)?;
                Some(format!("above_{limit}_{at}"))
            })
            .or_else(|| {
                let at = self.promises.iter().position(|(a, b)| *a == position || *b == position)?;
                let name = if self.promises[at].0 == position { "lacks" } else { "target" };
                Some(format!("{name}_{at}"))
            })
            .unwrap_or_default()
    }

    /// A row in words.
    pub fn row(&self, position: usize) -> String {
        let (sources, markets) = (self.sources.len(), self.markets.len());
        if position < sources {
            return format!("made_{position}");
        }
        if position < sources + markets {
            return format!("used_{}", position - sources);
        }
        if let Some(at) = self.capacity.iter().position(|row| *row == Some(position)) {
            return format!("capacity_{at}");
        }
        if let Some(at) = self.limits.iter().position(|row| *row == position) {
            return format!("limit_{at}");
        }
        if let Some(at) = self.promised.iter().position(|row| *row == position) {
            return format!("promise_{at}");
        }
        if position >= self.around {
            return format!("around_{}", position - self.around);
        }
        let at = self.limits.iter().rposition(|row| *row < position).unwrap_or(0);
        format!("limit_{at}_above_{}", position - self.limits[at] - 1)
    }
}
