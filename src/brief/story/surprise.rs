//! What a reader would not expect of the proposal: trade that moves against the aim of its clauses,
//! and those who apply it and lose by it.

use super::actors::{Actor, territories};
use super::intervals;
use crate::baseline::ProductId;
use crate::brief::facts::Facts;
use crate::brief::words;
use crate::engine::accounts;
use crate::indicator::Indicator;
use crate::units::percent;
use std::collections::BTreeMap;

/// A change of trade below this share of it is none worth a sentence.
const SHARE: f64 = 0.02;
/// A change of a duty below this, as a fraction of the value, is none worth a sentence.
const POINT: f64 = 0.002;

/// A way of trade between two customs territories: what it carries and what it pays.
#[derive(Debug, Clone, Copy, Default)]
struct Way {
    before: f64, // kt
    after: f64,  // kt
    price: f64,  // million USD at the mill of the baseline
    duty: f64,   // million USD of duty on the baseline's trade, at the duties in force
    paid: f64,   // million USD of duty on the baseline's trade, at the new duties
    aimed: f64,  // kt of the baseline on which a clause means to put a duty
}

impl Way {
    fn add(&mut self, other: &Self) {
        self.before += other.before;
        self.after += other.after;
        self.price += other.price;
        self.duty += other.duty;
        self.paid += other.paid;
        self.aimed += other.aimed;
    }

    fn change(&self) -> f64 {
        self.after - self.before
    }

    /// The change of trade at the baseline's prices, million USD.
    fn worth(&self) -> f64 {
        if self.before > 0.0 { self.change() * self.price / self.before } else { 0.0 }
    }

    /// Mean duties before and after on the baseline's trade, as fractions of the value at the mill.
    fn rates(&self) -> (f64, f64) {
        if self.price > 0.0 { (self.duty / self.price, self.paid / self.price) } else { (0.0, 0.0) }
    }

    fn moves(&self) -> bool {
        self.change().abs() > SHARE * self.before
    }
}

/// A sentence and how much it is about, million USD a year.
type Weighed = (f64, String);

/// What is not to be expected, the largest first, each in a sentence.
pub(in crate::brief) fn sentences(facts: &Facts<'_>) -> Vec<String> {
    let members = territories(facts, &facts.outcome.members);
    let all = territories(facts, &facts.world);
    let mut found: Vec<Weighed> = trade(facts, &members, &all);
    found.extend(members.iter().filter_map(|member| losing(facts, member)));
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.into_iter().map(|(_, said)| said).collect()
}

/// A member that loses by what it applies itself.
fn losing(facts: &Facts<'_>, member: &Actor) -> Option<Weighed> {
    let welfare = facts.change(&member.set, Indicator::Welfare)?;
    let of = |indicator| facts.change(&member.set, indicator).unwrap_or(0.0);
    let band = super::actors::band(facts, member);
    let said = |change: f64| intervals::said(change, band);
    (welfare < 0.0 && !words::is_nothing(welfare)).then(|| {
        (
            -welfare,
            format!(
                "{} applies the measure and loses by it: {} million USD a year (purchasers {}, producers {}, \
                 treasury {}).",
                member.label,
                said(welfare),
                said(of(Indicator::ConsumerSurplus)),
                said(of(Indicator::ProducerSurplus)),
                said(of(Indicator::GovernmentRevenue))
            ),
        )
    })
}

/// Trade that moves against the aim.
fn trade(facts: &Facts<'_>, members: &[Actor], all: &[Actor]) -> Vec<Weighed> {
    let ways = ways(facts, all);
    let mut found = vec![];
    for (importer, member) in members.iter().enumerate() {
        for product in facts.baseline.product_ids() {
            let into = |exporter: usize| ways.get(&(product, importer_of(all, member), exporter));
            for (exporter, seller) in all.iter().enumerate() {
                let Some(way) = into(exporter).filter(|way| way.moves() && way.before > 0.0) else {
                    continue;
                };
                let others: Vec<&Way> =
                    (0..all.len()).filter(|other| *other != exporter).filter_map(into).collect();
                let is_member = members.iter().any(|one| one.label == seller.label);
                let trade = Moved { facts, product, member, seller, way, others: &others };
                if is_member && importer != exporter {
                    found.extend(trade.among_members());
                } else if !is_member {
                    found.extend(trade.aimed_at());
                }
            }
        }
    }
    found
}

fn importer_of(all: &[Actor], member: &Actor) -> usize {
    all.iter().position(|one| one.label == member.label).unwrap_or(usize::MAX)
}

/// Trade of a product between two territories, and that of the importer with all others.
struct Moved<'a> {
    facts: &'a Facts<'a>,
    product: ProductId,
    member: &'a Actor,
    seller: &'a Actor,
    way: &'a Way,
    others: &'a [&'a Way],
}

impl Moved<'_> {
    fn what(&self, direction: &str) -> String {
        format!(
            "{}'s imports of {} from {} {direction} {} % ({} kt a year)",
            self.member.label,
            self.facts.product(self.product).to_lowercase(),
            self.seller.label,
            words::figure(percent((self.way.change() / self.way.before).abs())),
            words::change(self.way.change()),
        )
    }

    /// Imports rise that a clause means to hold back.
    fn aimed_at(&self) -> Option<Weighed> {
        if self.way.change() <= 0.0 || self.way.aimed < 0.5 * self.way.before {
            return None;
        }
        let mut rest = Way::default();
        self.others.iter().for_each(|other| rest.add(other));
        let ((before, after), (others_before, others_after)) = (self.way.rates(), rest.rates());
        let rate = |fraction: f64| words::figure(percent(fraction));
        let why = if after - before < POINT {
            format!(
                "its duty does not move ({} % of the mill value), for the duty in force already exceeds the new one, \
                 while other suppliers pay {} % instead of {} %",
                rate(after),
                rate(others_after),
                rate(others_before)
            )
        } else {
            format!(
                "its duty rises by {} points and that of other suppliers by {}",
                rate(after - before),
                rate(others_after - others_before)
            )
        };
        Some((
            self.way.worth().abs(),
            format!("{}, though the proposal means to hold them back: {why}.", self.what("rise")),
        ))
    }

    /// Trade among members falls because they pay each other more than before.
    fn among_members(&self) -> Option<Weighed> {
        let (before, after) = self.way.rates();
        (self.way.change() < 0.0 && after - before > POINT).then(|| {
            (
                self.way.worth().abs(),
                format!(
                    "{} though both are members: the duty goes from {} to {} % of the mill value.",
                    self.what("fall by"),
                    words::figure(percent(before)),
                    words::figure(percent(after))
                ),
            )
        })
    }
}

/// Every way of trade between territories, by product, importer and exporter.
fn ways(facts: &Facts<'_>, all: &[Actor]) -> BTreeMap<(ProductId, usize, usize), Way> {
    let (baseline, outcome) = (facts.baseline, facts.outcome);
    let mut of_country = vec![usize::MAX; baseline.countries.len()];
    for (position, actor) in all.iter().enumerate() {
        for country in actor.set.iter() {
            of_country[country.index()] = position;
        }
    }
    let duties = accounts::duties(&outcome.terms, &outcome.equilibrium, baseline.arcs.len());
    let mut ways: BTreeMap<(ProductId, usize, usize), Way> = BTreeMap::new();
    for (position, arc) in baseline.arcs.iter().enumerate() {
        let flow = baseline.trade.flow(arc.flow);
        let (exporter, importer) = (of_country[flow.exporter.index()], of_country[flow.importer.index()]);
        if exporter == importer {
            continue;
        }
        let (kt, mill) = (arc.quantity.value(), baseline.producers[arc.producer.index()].price.value());
        // kt times USD/t are thousand USD
        let cif = kt * (mill + flow.freight.value()) / 1e3;
        let duty = duties[position];
        let way = Way {
            before: kt,
            after: outcome.equilibrium.quantity[position].value(),
            price: kt * mill / 1e3,
            duty: cif * flow.duty,
            paid: cif * duty.rate + kt * duty.charge.value() / 1e3,
            aimed: if facts.report.aimed.get(position) == Some(&true) { kt } else { 0.0 },
        };
        ways.entry((flow.product, importer, exporter)).or_default().add(&way);
    }
    ways
}
