//! Which numbers of the plan's files the new folder obeys: pairs, blocs and totals.

use crate::import::plan::Plan;
use crate::import::said;
use crate::import::settle::{Given, Origin, Shipments, is_estimate};

/// A number is obeyed within half a tonne, kt, less what sums in other orders differ by.
const TONNE: f64 = 0.000_5 * 0.999;

/// A number that the flows obey.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// A country, a group or `*`.
    pub exporter: String,
    /// A country, a group or `*`.
    pub importer: String,
    /// The product of the plan.
    pub product: u16,
    /// kt.
    pub kt: f64,
    /// Whether it is written as the flow is; else in whole tonnes.
    pub exact: bool,
    /// `pair`, `bloc` or `total`.
    pub kind: &'static str,
    /// Where it comes from.
    pub source: String,
    /// The terms of the source.
    pub licence: String,
}

/// The numbers of a product that its shipments obey: reports that stand as they are, pairs that are
/// held, blocs, and totals of the plan's files where transit or a gap has not changed them.
pub fn of(plan: &Plan, product: u16, given: &Given<'_>, shipments: &Shipments) -> Vec<Observed> {
    let code = |country: u16| given.countries[usize::from(country)].clone();
    let mut all = vec![];
    for ((from, to), (kt, origin)) in shipments {
        if from == to || is_estimate(origin) {
            continue;
        }
        let held = given.pairs.get(&(*from, *to)).filter(|_| matches!(origin, Origin::Pair(_)));
        let (source, licence) = match held {
            Some(held) => (held.source.clone(), held.licence.clone()),
            None => (said::trade_source(plan), said::trade_licence(plan)),
        };
        // a floor is a least quantity, and no observation of the quantity
        if held.is_none_or(|held| held.fixed) {
            let (exporter, importer) = (code(*from), code(*to));
            all.push(Observed {
                exporter,
                importer,
                product,
                kt: *kt,
                exact: true,
                kind: "pair",
                source,
                licence,
            });
        }
    }
    let sum = |covers: &dyn Fn(u16, u16) -> bool| -> f64 {
        let own = shipments.iter().filter(|((from, to), _)| from != to && covers(*from, *to));
        own.map(|(_, (kt, _))| kt).sum()
    };
    let mut put = |ends: [String; 2], kt: f64, found: f64, kind, source: &str, licence: &str| {
        let kt = (kt * 1e3).round() / 1e3;
        if (found - kt).abs() <= TONNE {
            let [exporter, importer] = ends;
            let (source, licence) = (source.to_owned(), licence.to_owned());
            all.push(Observed { exporter, importer, product, kt, exact: false, kind, source, licence });
        }
    };
    for bloc in &given.blocs {
        let name = |end: &super::blocs::End| end.name(given.countries).to_owned();
        let ends = [name(&bloc.exporter), name(&bloc.importer)];
        let found = sum(&|from, to| bloc.covers(from, to));
        put(ends, bloc.kt, found, bloc.kind(), &bloc.source, &bloc.licence);
    }
    for (country, total) in &given.totals {
        if let Some(kt) = total.exports {
            let found = sum(&|from, _| from == *country);
            put([code(*country), "*".to_owned()], kt, found, "total", &total.source, &total.licence);
        }
        if let Some(kt) = total.imports {
            let found = sum(&|_, to| to == *country);
            put(["*".to_owned(), code(*country)], kt, found, "total", &total.source, &total.licence);
        }
    }
    all
}
