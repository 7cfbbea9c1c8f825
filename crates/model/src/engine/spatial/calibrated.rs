//! A product of the baseline as a network whose exact optimum it is (S3).

use super::network::{Curve, Detour, Limit, Link, Network, Place, Promise};
use super::program::Condition;
use super::rounds::Worst;
use super::ways::{Via, Ways};
use crate::baseline::opening::Lanes;
use crate::baseline::{ArcId, Baseline, CountryId, Parameter, ProductId};
use crate::engine::blocks;
use crate::engine::supply::Supply;
use crate::policy::Terms;
use crate::policy::terms::Promise as Promised;
use crate::units::UsdPerTonne;

/// The largest output that is looked at where capacity is not known, over the baseline's.
const UNLIMITED: f64 = 16.0;
/// The largest use that is looked at, over the baseline's.
const MOST_USED: f64 = 4.0;

/// A product's network and where its parts stand in the baseline.
#[derive(Debug, Clone)]
pub struct Calibrated {
    /// The product.
    pub product: ProductId,
    /// The network under some terms.
    pub network: Network,
    /// By source: the producer's position.
    pub(super) makers: Vec<usize>,
    /// By market: the importer's position.
    pub(super) importers: Vec<usize>,
    /// The arc of the first link.
    pub(super) first: usize,
    /// By link: shipments in the baseline, kt.
    pub(super) before: Vec<f64>,
    /// By detour: the way through a hub.
    pub(super) hubs: Vec<Via>,
    /// By limit: position among the quotas of the terms.
    pub(super) quotas: Vec<usize>,
    /// By promise: position among the mandates of the terms.
    pub(super) mandates: Vec<usize>,
}

impl Calibrated {
    /// The network of a product: calibrated so that the baseline is its exact optimum under the
    /// duties in force (S3), with the costs and limits of some terms and what opens beyond its ways.
    #[must_use]
    pub fn new(baseline: &Baseline, terms: &Terms, product: ProductId, ways: &Ways) -> Self {
        let arcs = baseline.arcs_of(product);
        let first = arcs.start;
        let mut makers: Vec<usize> = arcs.clone().map(|arc| baseline.arcs[arc].producer.index()).collect();
        makers.sort_unstable();
        makers.dedup();
        let mut found = Self {
            product,
            network: Network::default(),
            makers,
            importers: vec![],
            first,
            before: arcs.clone().map(|arc| baseline.arcs[arc].quantity.value()).collect(),
            hubs: ways.through_hubs(baseline, terms, product),
            quotas: vec![],
            mandates: vec![],
        };
        let lanes = Lanes::new(baseline, product);
        found.network.sources = found.makers.iter().map(|maker| source(baseline, *maker)).collect();
        for importer in baseline.country_ids() {
            let into = baseline.arcs_into(importer, product);
            if into.is_empty() {
                continue;
            }
            let landed = |arc: usize| landed_before(baseline, ArcId::at(arc));
            let used: f64 = into.clone().map(|arc| baseline.arcs[arc].quantity.value()).sum();
            let spent: f64 = into.clone().map(|arc| baseline.arcs[arc].quantity.value() * landed(arc)).sum();
            let price = spent / used;
            let elasticity = baseline.behaviour.get(Parameter::Demand, product, importer);
            let market = found.network.markets.len();
            found.importers.push(importer.index());
            found.network.markets.push(Place {
                curve: Curve::Demand { price, quantity: used, elasticity },
                centre: used,
                extent: MOST_USED * used,
                capacity: f64::INFINITY,
            });
            for arc in into {
                let link = if baseline.arcs[arc].quantity.value() > 0.0 {
                    found.link(baseline, terms, arc, market, price)
                } else {
                    found.opening(baseline, terms, &lanes, arc, market, price, ways.entry.value())
                };
                found.network.links.push(link);
            }
        }
        found.network.detours = found.hubs.iter().map(|via| found.through(baseline, terms, via)).collect();
        found.limit(terms);
        found
    }

    /// What a source, its freight and its elasticity of substitution in a market have to do with an arc.
    fn end(&self, baseline: &Baseline, arc: usize) -> End {
        let id = ArcId::at(arc);
        let (flow, producer) = (baseline.flow_of(id), baseline.producer_of(id));
        let parameter =
            if flow.is_home() { Parameter::SubstitutionHomeImport } else { Parameter::SubstitutionOrigins };
        End {
            source: self.makers.partition_point(|maker| *maker < baseline.arcs[arc].producer.index()),
            sigma: baseline.behaviour.get(parameter, self.product, flow.importer),
            landed: landed_before(baseline, id),
            mill: producer.price.value(),
            freight: flow.freight.value(),
            customs_freight: baseline.customs_freight(flow).value(),
            in_force: flow.duty * baseline.customs_value(flow, producer.price).value(),
        }
    }

    /// S3: marginal cost of an arc, `P0_j − π_v` at the baseline's shipments and rising by
    /// `P0_vj/(σ·x0)` a tonne; σ1 at home, σ2 abroad.
    fn link(&self, baseline: &Baseline, terms: &Terms, arc: usize, market: usize, price: f64) -> Link {
        let (end, duty) = (self.end(baseline, arc), terms.duty(ArcId::at(arc)));
        let shipped = baseline.arcs[arc].quantity.value();
        let slope = end.landed / (end.sigma * shipped);
        Link {
            source: end.source,
            market,
            fixed: price - end.mill - slope * shipped - end.in_force + duty.per_tonne().value(),
            rate: duty.rate,
            freight: end.customs_freight,
            slope,
            centre: shipped,
            scale: shipped,
        }
    }

    /// S1: a link that the baseline does not use. Its first tonne costs what keeps it away there, the
    /// gap between the two prices or estimated freight and duty if they are more, and the cost of
    /// entry; cost rises with what shipments would be if all bought alike.
    #[allow(clippy::too_many_arguments)] // each is one quantity of the equation
    fn opening(
        &self,
        baseline: &Baseline,
        terms: &Terms,
        lanes: &Lanes,
        arc: usize,
        market: usize,
        price: f64,
        entry: f64,
    ) -> Link {
        let (end, id) = (self.end(baseline, arc), ArcId::at(arc));
        let (duty, flow) = (terms.duty(id), baseline.flow_of(id));
        let size = lanes.size(flow.exporter, flow.importer).value()
            * baseline.share_of_output(baseline.arcs[arc].producer);
        let away = (price - end.mill).max(end.freight + end.in_force);
        Link {
            source: end.source,
            market,
            fixed: away + entry - end.in_force + duty.per_tonne().value(),
            rate: duty.rate,
            freight: end.customs_freight,
            slope: end.landed / (end.sigma * size),
            centre: 0.0,
            scale: size,
        }
    }

    /// S1: the way through a hub. Beside the direct way it costs the detour and handling, and the duty
    /// of who shipped the metal last in the place of the maker's, on the same customs value; cost
    /// rises with the smaller leg.
    fn through(&self, baseline: &Baseline, terms: &Terms, via: &Via) -> Detour {
        let end = self.end(baseline, via.arc.index());
        let instead = via.duty.plus(terms.duty(via.arc), -1.0);
        Detour {
            link: via.arc.index() - self.first,
            fixed: via.detour.max(0.0) + instead.per_tonne().value(),
            rate: instead.rate,
            slope: end.landed / (end.sigma * via.size),
            scale: via.size,
        }
    }

    /// Quotas and mandates of the terms (S4).
    fn limit(&mut self, terms: &Terms) {
        for (at, quota) in terms.quotas.iter().enumerate().filter(|(_, q)| q.product == self.product) {
            self.network.limits.push(Limit {
                quantity: quota.quantity.value(),
                links: quota.arcs.iter().map(|(arc, share)| (arc.index() - self.first, *share)).collect(),
                gap: quota.gap,
            });
            self.quotas.push(at);
        }
        for (at, mandate) in terms.mandates.iter().enumerate().filter(|(_, m)| m.product == self.product) {
            let importer = mandate.importer.index();
            let Some(market) = self.importers.iter().position(|own| *own == importer) else { continue };
            let (share, tonnes) = match mandate.promise {
                Promised::Share(share) => (Some(share), 0.0),
                Promised::Tonnes(tonnes) => (None, tonnes.value()),
            };
            self.network.promises.push(Promise {
                market,
                green: mandate.green.iter().map(|arc| arc.index() - self.first).collect(),
                share,
                tonnes,
                cap: mandate.cap.value(),
            });
            self.mandates.push(at);
        }
    }
}

/// An arc's figures in the baseline, USD/t but for the first two.
struct End {
    source: usize,
    sigma: f64,
    landed: f64,
    mill: f64,
    freight: f64,
    customs_freight: f64,
    in_force: f64,
}

/// A producer with its supply curve (A6) and its capacity.
fn source(baseline: &Baseline, maker: usize) -> Place {
    let producer = &baseline.producers[maker];
    let (price, output) = (producer.price.value(), producer.output.value());
    let curve = Supply::of(baseline, producer);
    let limited = curve.utilisation > 0.0;
    let capacity = if limited { output / curve.utilisation } else { f64::INFINITY };
    Place {
        curve: Curve::Supply { price, output, curve },
        centre: output,
        extent: if limited { capacity } else { UNLIMITED * output },
        capacity,
    }
}

fn landed_before(baseline: &Baseline, arc: ArcId) -> f64 {
    let flow = baseline.flow_of(arc);
    baseline.landed(flow, baseline.producer_of(arc).price, flow.duty, UsdPerTonne::ZERO).value()
}

impl Calibrated {
    fn maker(&self, baseline: &Baseline, source: usize) -> String {
        let producer = &baseline.producers[self.makers[source]];
        let (country, route) = (producer.country.index(), producer.route.index());
        format!("{} {}", baseline.countries[country].code, baseline.routes[route].code)
    }

    fn importer(&self, baseline: &Baseline, market: usize) -> String {
        baseline.countries[self.importers[market]].code.clone()
    }

    pub(super) fn place(&self, baseline: &Baseline, worst: Worst) -> String {
        let product = &baseline.products[self.product.index()].code;
        match worst {
            Worst::Source(at) => format!("supply of {product}, {}", self.maker(baseline, at)),
            Worst::Market(at) => format!("use of {product} in {}", self.importer(baseline, at)),
            Worst::Link(at) => {
                let link = &self.network.links[at];
                format!(
                    "{product} from {} to {}",
                    self.maker(baseline, link.source),
                    self.importer(baseline, link.market)
                )
            }
        }
    }

    /// The worst place, with the block of trade it is in where there are several.
    pub(super) fn place_in_block(&self, baseline: &Baseline, worst: Worst) -> String {
        let importer = |market: usize| CountryId::at(self.importers[market]);
        let country = match worst {
            Worst::Source(at) => baseline.producers[self.makers[at]].country,
            Worst::Market(at) => importer(at),
            Worst::Link(at) => baseline.producers[self.makers[self.network.links[at].source]].country,
        };
        blocks::within(baseline, self.product, country, self.place(baseline, worst))
    }

    /// Promises that no shipments could keep, and what limits them, in words.
    pub(super) fn short(&self, baseline: &Baseline, terms: &Terms) -> Option<String> {
        let short = self.network.short()?;
        let promises = short.promises.iter().map(|at| Condition::Promise(*at));
        let sources = short.sources.iter().map(|at| Condition::Capacity(*at));
        let full = sources.chain(short.limits.iter().map(|at| Condition::Limit(*at)));
        let words = |conditions: Vec<Condition>| {
            let all: Vec<String> =
                conditions.into_iter().map(|own| self.condition(baseline, terms, own)).collect();
            all.join(", ")
        };
        let (promises, full) = (words(promises.collect()), words(full.collect()));
        let (asked, possible) = (short.promised * 1e3, short.possible * 1e3);
        let nothing = if full.is_empty() { "no green way leads there".to_owned() } else { full };
        Some(format!(
            "{promises} ask for {asked:.0} t of green metal, and {possible:.0} t can be delivered at any price ({nothing})"
        ))
    }

    /// A condition of the program in words.
    pub(super) fn condition(&self, baseline: &Baseline, terms: &Terms, own: Condition) -> String {
        match own {
            Condition::Made(at) => format!("shipments of {} add up to its output", self.maker(baseline, at)),
            Condition::Used(at) => format!("arrivals in {} add up to its use", self.importer(baseline, at)),
            Condition::Capacity(at) => format!("capacity of {}", self.maker(baseline, at)),
            Condition::Limit(at) | Condition::Above { limit: at, .. } => {
                let quota = &terms.quotas[self.quotas[at]];
                format!("quota `{}` ({}) of {} kt", quota.clause, quota.label, quota.quantity.value())
            }
            Condition::Promise(at) => {
                let mandate = &terms.mandates[self.mandates[at]];
                let importer = &baseline.countries[mandate.importer.index()].code;
                format!("purchase commitment `{}` in {importer}", mandate.clause)
            }
            Condition::Around(_) => "what goes through hubs is shipped".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::program::program;
    use super::super::rounds::Settings;
    use super::*;
    use crate::baseline::read;
    use crate::policy::terms::{Mandate, Quota};
    use crate::units::Kilotonnes;

    #[test]
    fn rows_are_named_in_the_order_in_which_the_program_writes_them() {
        let toy = read::folder(std::path::Path::new("../../data/toy"))
            .unwrap_or_else(|problems| panic!("{problems}"));
        let (steel, ard) = (toy.product("steel").expect("steel"), toy.country("ARD").expect("ARD"));
        let into: Vec<ArcId> = toy.arcs_into(ard, steel).map(ArcId::at).collect();
        let mut terms = Terms::in_force(&toy);
        for (clause, gap) in [("quota.a", None), ("quota.b", Some(0.2)), ("quota.c", None)] {
            terms.quotas.push(Quota {
                clause: clause.to_owned(),
                label: String::new(),
                product: steel,
                quantity: Kilotonnes(1000.0),
                beside: Kilotonnes(0.0),
                arcs: into.iter().map(|arc| (*arc, 1.0)).collect(),
                gap,
                rent_to_exporters: 0.0,
                rent_to_treasury: 0.0,
                earmarked: false,
            });
        }
        for clause in ["procurement.a", "procurement.b"] {
            let (green, promise) = (into.clone(), Promised::Share(0.1));
            let cap = UsdPerTonne(10.0);
            terms.mandates.push(Mandate {
                clause: clause.to_owned(),
                importer: ard,
                product: steel,
                green,
                promise,
                cap,
            });
        }
        let own = Calibrated::new(&toy, &terms, steel, &Ways::default());
        let text = own.network.text(&Settings::default());
        let rows = text.lines().filter_map(|line| line.trim().split_once(": ")).map(|(name, _)| name);
        let rows: Vec<&str> = rows.filter(|name| !name.starts_with("obj")).collect();
        let (_, layout) = program(&own.network, &own.network.first(&Settings::default()));
        let conditions: Vec<Condition> = layout.conditions().collect();
        assert_eq!(rows.len(), conditions.len());
        let mut seen = std::collections::BTreeSet::new();
        for (name, condition) in rows.iter().zip(conditions) {
            let words = own.condition(&toy, &terms, condition);
            let kind = match name.split('_').next() {
                Some("made") => "shipments of ",
                Some("used") => "arrivals in ",
                Some("capacity") => "capacity of ",
                Some("promise") => "purchase commitment ",
                _ => "quota ",
            };
            assert!(words.starts_with(kind), "{name}: {words}");
            let number =
                name.split('_').nth(1).and_then(|number| number.parse::<usize>().ok()).expect("a number");
            match kind {
                "quota " => assert!(words.contains(&terms.quotas[number].clause), "{name}: {words}"),
                "purchase commitment " => {
                    assert!(words.contains(&terms.mandates[number].clause), "{name}: {words}");
                }
                _ => assert!(seen.insert(words), "{name} stands twice"),
            }
        }
        for (worst, words) in [
            (Worst::Source(0), "supply of steel, ARD blast"),
            (Worst::Market(1), "use of steel in BOR"),
            (Worst::Link(0), "steel from ARD blast to ARD"),
        ] {
            assert_eq!(own.place(&toy, worst), words);
        }
    }
}
