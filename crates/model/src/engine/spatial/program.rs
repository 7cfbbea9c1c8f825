//! The linear program of a network at given steps (S1, S2, S4), and how a solution is read from it.

use super::network::{Link, Network, Place, Solved, Traded};
use super::steps;
use std::collections::BTreeMap;
use zollverein_numeric::linear::{Column, ColumnId, Program, Relation, RowId, Sense, Solution};

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

/// Where the steps of a curve are finest, and how wide the finest one is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Finest {
    pub centre: f64,
    pub width: f64,
}

/// What the steps and the costs of a round are taken at.
#[derive(Debug, Clone)]
pub(super) struct Guess {
    pub sources: Vec<Finest>,
    pub markets: Vec<Finest>,
    pub links: Vec<Finest>,
    pub detours: Vec<Finest>,
    /// By source: the price that ad valorem rates are taken of.
    pub price: Vec<f64>,
    /// By limit and link of it: what is paid beside the dual, USD/t.
    pub beside: Vec<Vec<f64>>,
    /// By promise: green tonnes to be bought.
    pub target: Vec<f64>,
}

/// Something for each column of a network's program: what the column is, or its handle.
#[derive(Debug, Clone)]
pub(super) struct Columns<T> {
    /// By source and step.
    sources: Vec<Vec<T>>,
    /// By market and step.
    markets: Vec<Vec<T>>,
    /// By link and step.
    links: Vec<Vec<T>>,
    /// By detour and step.
    detours: Vec<Vec<T>>,
    /// By limit and link of it: what is shipped above; none where nothing may be.
    above: Vec<Vec<T>>,
    promises: Vec<Promised<T>>,
}

/// The columns of a promise.
#[derive(Debug, Clone)]
struct Promised<T> {
    lacks: T,
    target: T,
}

impl<T> Columns<T> {
    /// The same of each column, in the order in which the program holds them.
    fn map<U>(&self, mut change: impl FnMut(&T) -> U) -> Columns<U> {
        let mut all =
            |own: &[Vec<T>]| own.iter().map(|own| own.iter().map(&mut change).collect()).collect::<Vec<_>>();
        let (sources, markets) = (all(&self.sources), all(&self.markets));
        let (links, detours, above) = (all(&self.links), all(&self.detours), all(&self.above));
        let promises = self
            .promises
            .iter()
            .map(|own| Promised { lacks: change(&own.lacks), target: change(&own.target) })
            .collect();
        Columns { sources, markets, links, detours, above, promises }
    }

    /// All of them, in the order in which the program holds them.
    pub fn all(&self) -> impl Iterator<Item = &T> {
        let steps = [&self.sources, &self.markets, &self.links, &self.detours, &self.above];
        let promises = self.promises.iter().flat_map(|own| [&own.lacks, &own.target]);
        steps.into_iter().flatten().flatten().chain(promises)
    }
}

/// What a row of the program holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// What a source ships is made.
    Made(usize),
    /// What a market uses arrives.
    Used(usize),
    /// A source makes no more than its capacity.
    Capacity(usize),
    /// A limit is kept.
    Limit(usize),
    /// What is above a limit on a link is shipped on it.
    Above {
        /// The limit.
        limit: usize,
        /// Position among the limit's links.
        at: usize,
    },
    /// A promise is kept.
    Promise(usize),
    /// What takes the detours of a link is shipped on it; by their order.
    Around(usize),
}

/// The handles of the program's columns and rows.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub columns: Columns<ColumnId>,
    made: Vec<RowId>,
    used: Vec<RowId>,
    /// By source: its capacity row.
    capacity: Vec<Option<RowId>>,
    limits: Vec<RowId>,
    promised: Vec<RowId>,
    /// What each row holds.
    conditions: BTreeMap<RowId, Condition>,
}

/// The columns' costs and bounds at a guess.
pub(super) fn columns(network: &Network, guess: &Guess) -> Columns<Column> {
    let place = |place: &Place, at: Finest, sign: f64| {
        let last = CURVE * 2;
        let mut columns = vec![];
        for (step, (from, to)) in
            steps::around(at.centre, at.width, (0.0, place.extent), true, CURVE).into_iter().enumerate()
        {
            let upper = if step == last && place.capacity.is_finite() { f64::INFINITY } else { to - from };
            // an empty step costs nothing: the curve may have no price there
            let middle = (0.5 * (from + to)).min(FULLEST * place.extent);
            let cost = if upper > 0.0 { sign * place.curve.price_at(middle) } else { 0.0 };
            columns.push(Column { cost, lower: 0.0, upper });
        }
        columns
    };
    let steps_of = |at: Finest, extent: f64, each_side: usize, fixed: f64, slope: f64| {
        let steps = steps::around(at.centre, at.width, (0.0, extent), false, each_side).into_iter();
        let column = |(from, to): (f64, f64)| {
            let cost = -(fixed + slope * 0.5 * (from + to));
            Column { cost, lower: 0.0, upper: to - from }
        };
        steps.map(column).collect::<Vec<_>>()
    };
    let mut beside = vec![0.0; network.links.len()];
    for (limit, extra) in network.limits.iter().zip(&guess.beside) {
        for ((link, _), extra) in limit.links.iter().zip(extra) {
            beside[*link] += extra;
        }
    }
    let links = network.links.iter().zip(&guess.links).zip(&beside).map(|((link, at), beside)| {
        let fixed = link.fixed + link.rate * (guess.price[link.source] + link.freight) + beside;
        if link.slope == 0.0 {
            return vec![Column { cost: -fixed, lower: 0.0, upper: f64::INFINITY }];
        }
        steps_of(*at, network.reach(link), each_side(link), fixed, link.slope)
    });
    let detours = network.detours.iter().zip(&guess.detours).map(|(detour, at)| {
        let link = &network.links[detour.link];
        let fixed = detour.fixed + detour.rate * (guess.price[link.source] + link.freight);
        steps_of(*at, network.reach(link), NEW, fixed, detour.slope)
    });
    let above = network.limits.iter().zip(&guess.beside).map(|(limit, extra)| {
        let Some(gap) = limit.gap else { return vec![] };
        let charged = limit.links.iter().zip(extra).map(|((link, share), extra)| {
            let link = &network.links[*link];
            let charge = gap * share * (guess.price[link.source] + link.freight) - extra;
            Column { cost: -charge, lower: 0.0, upper: f64::INFINITY }
        });
        charged.collect()
    });
    let promises = network.promises.iter().zip(&guess.target).map(|(promise, target)| Promised {
        lacks: Column { cost: -promise.cap, lower: 0.0, upper: f64::INFINITY },
        target: Column { cost: 0.0, lower: *target, upper: *target },
    });
    Columns {
        sources: network.sources.iter().zip(&guess.sources).map(|(own, at)| place(own, *at, -1.0)).collect(),
        markets: network.markets.iter().zip(&guess.markets).map(|(own, at)| place(own, *at, 1.0)).collect(),
        links: links.collect(),
        detours: detours.collect(),
        above: above.collect(),
        promises: promises.collect(),
    }
}

/// Rows while they are written, with what each holds.
struct Rows {
    program: Program,
    conditions: BTreeMap<RowId, Condition>,
}

impl Rows {
    fn add(&mut self, own: Condition, entries: Entries, relation: Relation, right: f64) -> RowId {
        let row = self.program.row(entries, relation, right);
        self.conditions.insert(row, own);
        row
    }
}

/// Columns of a row with their coefficients.
type Entries = Vec<(ColumnId, f64)>;

/// Some columns, all with one coefficient.
fn each(columns: &[ColumnId], coefficient: f64) -> impl Iterator<Item = (ColumnId, f64)> {
    columns.iter().map(move |column| (*column, coefficient))
}

/// The program of a network.
pub(super) fn program(network: &Network, guess: &Guess) -> (Program, Layout) {
    let mut program = Program::new(Sense::Maximise);
    let columns = columns(network, guess).map(|column| program.add(*column));
    let mut rows = Rows { program, conditions: BTreeMap::new() };
    let mut from: Vec<Entries> = vec![vec![]; network.sources.len()];
    let mut into: Vec<Entries> = vec![vec![]; network.markets.len()];
    for (link, own) in network.links.iter().zip(&columns.links) {
        from[link.source].extend(each(own, 1.0));
        into[link.market].extend(each(own, -1.0));
    }
    // what is shipped is made: one more tonne from nowhere would be worth the source's price
    let made = from.into_iter().zip(&columns.sources).enumerate().map(|(at, (mut entries, own))| {
        entries.extend(each(own, -1.0));
        rows.add(Condition::Made(at), entries, Relation::Equal, 0.0)
    });
    let made = made.collect();
    // what is used arrives
    let used = into.into_iter().zip(&columns.markets).enumerate().map(|(at, (mut entries, own))| {
        entries.extend(each(own, 1.0));
        rows.add(Condition::Used(at), entries, Relation::Equal, 0.0)
    });
    let used = used.collect();
    let capacity = network.sources.iter().zip(&columns.sources).enumerate().map(|(at, (source, own))| {
        let most = source.capacity;
        most.is_finite()
            .then(|| rows.add(Condition::Capacity(at), each(own, 1.0).collect(), Relation::AtMost, most))
    });
    let capacity = capacity.collect();
    let mut limits = vec![];
    for (number, (limit, above)) in network.limits.iter().zip(&columns.above).enumerate() {
        let mut entries = vec![];
        for (link, _) in &limit.links {
            entries.extend(each(&columns.links[*link], 1.0));
        }
        entries.extend(each(above, -1.0));
        limits.push(rows.add(Condition::Limit(number), entries, Relation::AtMost, limit.quantity));
        for (at, (column, (link, _))) in above.iter().zip(&limit.links).enumerate() {
            let mut entries = vec![(*column, 1.0)];
            entries.extend(each(&columns.links[*link], -1.0));
            rows.add(Condition::Above { limit: number, at }, entries, Relation::AtMost, 0.0);
        }
    }
    let mut promised = vec![];
    for (number, (promise, own)) in network.promises.iter().zip(&columns.promises).enumerate() {
        let mut entries = vec![(own.lacks, 1.0), (own.target, -1.0)];
        for link in &promise.green {
            entries.extend(each(&columns.links[*link], 1.0));
        }
        promised.push(rows.add(Condition::Promise(number), entries, Relation::AtLeast, 0.0));
    }
    // what takes a detour is shipped on its link
    let mut around: BTreeMap<usize, Entries> = BTreeMap::new();
    for (detour, own) in network.detours.iter().zip(&columns.detours) {
        let entries =
            around.entry(detour.link).or_insert_with(|| each(&columns.links[detour.link], -1.0).collect());
        entries.extend(each(own, 1.0));
    }
    for (at, entries) in around.into_values().enumerate() {
        rows.add(Condition::Around(at), entries, Relation::AtMost, 0.0);
    }
    let Rows { program, conditions } = rows;
    (program, Layout { columns, made, used, capacity, limits, promised, conditions })
}

impl Layout {
    /// What a solution of the program says of the network; premiums of limits are the duals, USD/t.
    pub fn read(&self, network: &Network, solution: &Solution) -> Solved {
        let sum = |own: &Vec<ColumnId>| own.iter().map(|column| solution.value(*column)).sum::<f64>();
        let traded = |steps: &[Vec<ColumnId>], rows: &[RowId]| {
            let of = |(own, row): (&Vec<ColumnId>, &RowId)| Traded {
                quantity: sum(own),
                price: solution.price(*row),
            };
            steps.iter().zip(rows).map(of).collect()
        };
        debug_assert_eq!(network.links.len(), self.columns.links.len());
        Solved {
            sources: traded(&self.columns.sources, &self.made),
            scarcity: self.capacity.iter().map(|row| row.map_or(0.0, |row| solution.price(row))).collect(),
            markets: traded(&self.columns.markets, &self.used),
            shipped: self.columns.links.iter().map(sum).collect(),
            detoured: self.columns.detours.iter().map(sum).collect(),
            premiums: self.limits.iter().map(|row| solution.price(*row).max(0.0)).collect(),
            green: self.promised.iter().map(|row| (-solution.price(*row)).max(0.0)).collect(),
            ..Solved::default()
        }
    }

    /// What a row holds.
    pub fn condition(&self, row: RowId) -> Option<Condition> {
        self.conditions.get(&row).copied()
    }

    /// What the rows hold, in the order in which the program holds them.
    #[cfg(test)]
    pub fn conditions(&self) -> impl Iterator<Item = Condition> {
        self.conditions.values().copied()
    }

    /// The name of each column.
    pub fn names(&self) -> BTreeMap<ColumnId, String> {
        let mut names = BTreeMap::new();
        let columns = &self.columns;
        let steps = [
            ("y", &columns.sources),
            ("d", &columns.markets),
            ("x", &columns.links),
            ("z", &columns.detours),
            ("above", &columns.above),
        ];
        for (name, all) in steps {
            for (at, own) in all.iter().enumerate() {
                names.extend(own.iter().enumerate().map(|(step, id)| (*id, format!("{name}_{at}_{step}"))));
            }
        }
        for (at, own) in columns.promises.iter().enumerate() {
            names.insert(own.lacks, format!("lacks_{at}"));
            names.insert(own.target, format!("target_{at}"));
        }
        names
    }

    /// The name of a row.
    pub fn row(&self, row: RowId) -> String {
        match self.condition(row) {
            Some(Condition::Made(at)) => format!("made_{at}"),
            Some(Condition::Used(at)) => format!("used_{at}"),
            Some(Condition::Capacity(at)) => format!("capacity_{at}"),
            Some(Condition::Limit(at)) => format!("limit_{at}"),
            Some(Condition::Above { limit, at }) => format!("limit_{limit}_above_{at}"),
            Some(Condition::Promise(at)) => format!("promise_{at}"),
            Some(Condition::Around(at)) => format!("around_{at}"),
            None => String::new(),
        }
    }
}
