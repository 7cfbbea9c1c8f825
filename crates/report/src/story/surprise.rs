//! What a reader would not expect of the proposal: trade that moves against the aim of its clauses,
//! and those who apply it and lose by it.

use super::actors::{Actor, territories};
use super::intervals;
use crate::facts::Facts;
use crate::words;
use std::collections::BTreeMap;
use zollverein_model::baseline::{CountrySet, ProductId};
use zollverein_model::engine::accounts;
use zollverein_model::indicator::Indicator;
use zollverein_model::units::percent;

/// A change of trade below this share of it is none worth a sentence.
const SHARE: f64 = 0.02;
/// So many sellers are named in a sentence.
const NAMED: usize = 4;
/// A change of a duty below this, as a fraction of the value, is none worth a sentence.
const POINT: f64 = 0.002;

/// Where other suppliers' duty rises by less than this more, it is sales lost elsewhere that explain a rise.
const DIVERTED: f64 = 0.01;

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
pub(crate) fn sentences(facts: &Facts<'_>) -> Vec<String> {
    let members = territories(facts, &facts.outcome.members);
    let all = territories(facts, &facts.world);
    let losing = members.iter().filter_map(|member| losing(facts, member)).collect();
    // the largest of each kind before the rest, so that one kind does not hide the others
    let (mut first, mut rest) = (vec![], vec![]);
    for mut kind in trade(facts, &members, &all).into_iter().chain([losing]) {
        kind.sort_by(by_weight);
        rest.extend(kind.split_off(kind.len().min(1)));
        first.extend(kind);
    }
    first.sort_by(by_weight);
    rest.sort_by(by_weight);
    first.into_iter().chain(rest).map(|(_, said)| said).collect()
}

/// The largest first.
fn by_weight(one: &Weighed, other: &Weighed) -> std::cmp::Ordering {
    other.0.total_cmp(&one.0)
}

/// What is said where nothing goes against the aim: who pays for it.
pub(crate) fn none(facts: &Facts<'_>) -> String {
    let of = |actor: &Actor, indicator| facts.change(&actor.set, indicator).unwrap_or(0.0);
    let members = territories(facts, &facts.outcome.members);
    let paying = members
        .iter()
        .min_by(|a, b| of(a, Indicator::ConsumerSurplus).total_cmp(&of(b, Indicator::ConsumerSurplus)));
    let trade_off = paying.filter(|actor| of(actor, Indicator::ConsumerSurplus) < 0.0).map_or_else(
        String::new,
        |actor| {
            let band = super::actors::band(facts, actor);
            format!(
                " Its price is paid at home: {}, purchasers {}, producers {} million USD a year.",
                actor.label,
                intervals::said(of(actor, Indicator::ConsumerSurplus), band),
                intervals::said(of(actor, Indicator::ProducerSurplus), band)
            )
        },
    );
    format!(
        "No imports rise that the clauses hold back, and none of those who apply them loses by them.{trade_off}"
    )
}

/// A member that loses by what it applies itself.
fn losing(facts: &Facts<'_>, member: &Actor) -> Option<Weighed> {
    let welfare = facts.change(&member.set, Indicator::Welfare)?;
    let of = |indicator| facts.change(&member.set, indicator).unwrap_or(0.0);
    let band = super::actors::band(facts, member);
    let said = |change: f64| intervals::said(change, band);
    let rents = match of(Indicator::ImportersRent) {
        rents if words::is_nothing(rents) => String::new(),
        rents => format!(", importers' quota rents {}", said(rents)),
    };
    let together = facts.stand_as_one() || member.set == facts.outcome.members;
    (welfare < 0.0 && !words::is_nothing(welfare)).then(|| {
        (
            -welfare,
            format!(
                "{} {}: {} million USD a year (purchasers {}, producers {}, treasury {}{rents}).",
                member.label,
                if together {
                    "applies the measure and loses by it"
                } else {
                    "loses by the measures taken together, its own among them"
                },
                said(welfare),
                said(of(Indicator::ConsumerSurplus)),
                said(of(Indicator::ProducerSurplus)),
                said(of(Indicator::GovernmentRevenue))
            ),
        )
    })
}

/// Trade that moves against the aim: what clauses mean to hold back, and trade within an arrangement.
fn trade(facts: &Facts<'_>, members: &[Actor], all: &[Actor]) -> [Vec<Weighed>; 2] {
    let ways = ways(facts, all);
    let (mut held_back, mut within) = (vec![], vec![]);
    for member in members {
        let importer = all.iter().position(|one| one.label == member.label).unwrap_or(usize::MAX);
        for product in facts.baseline.product_ids() {
            let sellers = all.iter().enumerate().filter_map(|(at, seller)| {
                Some((seller, ways.get(&(product, importer, at)).filter(|way| way.before > 0.0)?))
            });
            let elsewhere = |seller: &Actor| {
                let at = all.iter().position(|one| one.label == seller.label).unwrap_or(usize::MAX);
                let other = |to: &usize| *to != importer && *to != at;
                let sales = (0..all.len()).filter(other).filter_map(|to| ways.get(&(product, to, at)));
                sales.map(Way::change).sum::<f64>()
            };
            let market = Market { facts, product, member, sellers: sellers.collect() };
            held_back.extend(market.aimed_at(&elsewhere));
            within.extend(market.among_members());
        }
    }
    [held_back, within]
}

/// A member's purchases of a product abroad, by seller.
struct Market<'a> {
    facts: &'a Facts<'a>,
    product: ProductId,
    member: &'a Actor,
    sellers: Vec<(&'a Actor, &'a Way)>,
}

impl Market<'_> {
    /// Whether a seller is in one arrangement with the buyer.
    fn is_ally(&self, seller: &Actor) -> bool {
        let both = |bloc: &CountrySet| {
            self.member.set.iter().chain(seller.set.iter()).all(|country| bloc.contains(country))
        };
        self.facts.outcome.terms.blocs.iter().any(both)
    }

    /// The product's name without what stands in brackets behind it.
    fn imports(&self) -> String {
        let name = self.facts.product(self.product).to_lowercase();
        let name = name.split(" (").next().unwrap_or_default().to_owned();
        format!("Imports of {name} into {}", self.member.label)
    }

    /// Imports rise that a clause means to hold back; `elsewhere` is the change of a seller's exports to
    /// all others, kt.
    fn aimed_at(&self, elsewhere: &dyn Fn(&Actor) -> f64) -> Option<Weighed> {
        let against = |(seller, way): &&(&Actor, &Way)| {
            way.change() > 0.0 && way.moves() && way.aimed >= 0.5 * way.before && !self.is_ally(seller)
        };
        let mut rising: Vec<&(&Actor, &Way)> = self.sellers.iter().filter(against).collect();
        rising.sort_by(|a, b| b.1.worth().total_cmp(&a.1.worth()));
        let worth: f64 = rising.iter().map(|(_, way)| way.worth()).sum();
        let why = self.why(&rising, rising.iter().map(|(seller, _)| elsewhere(seller)).sum());
        let mut names: Vec<String> = rising
            .iter()
            .take(NAMED)
            .map(|(seller, way)| {
                let share = percent(way.change() / way.before);
                format!("{} ({} %, {} kt)", seller.label, words::change(share), words::change(way.change()))
            })
            .collect();
        let more = rising.len().saturating_sub(NAMED);
        if more > 0 {
            names.push(words::counted(more, "other", "others"));
        }
        let text = format!(
            "{} rise from {}, though the proposal means to hold them back: {why}.",
            self.imports(),
            words::listed(&names)
        );
        (!rising.is_empty()).then_some((worth, text))
    }

    /// Why imports from some sellers rise: their own duty, that of the others, or lost sales elsewhere (kt).
    fn why(&self, rising: &[&(&Actor, &Way)], elsewhere: f64) -> String {
        let (mut own, mut others, mut unmoved) = (Way::default(), Way::default(), 0.0);
        for (seller, way) in &self.sellers {
            if !rising.iter().any(|(one, _)| one.label == seller.label) {
                others.add(way);
                continue;
            }
            own.add(way);
            let (before, after) = way.rates();
            unmoved += if after - before < POINT { way.before } else { 0.0 };
        }
        let ((before, after), (others_before, others_after)) = (own.rates(), others.rates());
        let rate = |fraction: f64| words::figure(percent(fraction));
        let ahead = (others_after - others_before) - (after - before);
        if unmoved >= 0.5 * own.before && ahead > POINT {
            let share = if unmoved < own.before {
                format!("for {} of these tonnes ", words::share(unmoved / own.before))
            } else {
                String::new()
            };
            format!(
                "{share}the duty in force already exceeds the new one, so that they pay {} % of the mill value \
                 after {} %, while other suppliers pay {} % after {} %",
                rate(after),
                rate(before),
                rate(others_after),
                rate(others_before)
            )
        } else if ahead < DIVERTED && elsewhere < 0.0 {
            format!("they lose sales of {} to all other countries", words::mass(elsewhere))
        } else {
            format!(
                "their duty changes by {} points of the mill value, that of other suppliers by {}",
                words::change(percent(after - before)),
                words::change(percent(others_after - others_before))
            )
        }
    }

    /// Trade among members falls because they pay each other more than before.
    fn among_members(&self) -> Vec<Weighed> {
        let falling = self.sellers.iter().filter(|(seller, way)| {
            let (before, after) = way.rates();
            self.is_ally(seller) && way.change() < 0.0 && way.moves() && after - before > POINT
        });
        falling
            .map(|(seller, way)| {
                let (before, after) = way.rates();
                let text = format!(
                    "{} from {} fall by {} % ({} kt) though both are members: the duty between them goes from {} to \
                     {} % of the mill value.",
                    self.imports(),
                    seller.label,
                    words::figure(percent((way.change() / way.before).abs())),
                    words::change(way.change()),
                    words::figure(percent(before)),
                    words::figure(percent(after))
                );
                (way.worth().abs(), text)
            })
            .collect()
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
        let customs = kt * (mill + baseline.customs_freight(flow).value()) / 1e3;
        let duty = duties[position];
        let way = Way {
            before: kt,
            after: outcome.equilibrium.quantity[position].value(),
            price: kt * mill / 1e3,
            duty: customs * flow.duty,
            paid: customs * duty.rate + kt * duty.charge.value() / 1e3,
            aimed: if facts.report.outcome.aimed.get(position) == Some(&true) { kt } else { 0.0 },
        };
        ways.entry((flow.product, importer, exporter)).or_default().add(&way);
    }
    ways
}
