//! Ways beyond those of the baseline: links that open, and hubs that metal passes through.

use crate::baseline::opening::Lanes;
use crate::baseline::{ArcId, Baseline, CountryId, ProductId, graph};
use crate::policy::Terms;
use crate::policy::terms::{ByLastShipper, Duty};
use crate::units::UsdPerTonne;
use std::collections::BTreeMap;

/// What opens beyond the ways that the baseline uses.
#[derive(Debug, Clone, PartialEq)]
pub struct Ways {
    /// What the first tonne on a link without shipments in the baseline costs beyond what kept it
    /// away, USD/t.
    pub entry: UsdPerTonne,
    /// Countries that metal can be shipped through, in order.
    pub hubs: Vec<CountryId>,
    /// Handling in a hub, USD/t, beside freight there and on.
    pub handling: UsdPerTonne,
    /// The most hubs that metal passes through on one way.
    pub longest: usize,
}

impl Default for Ways {
    fn default() -> Self {
        Self { entry: UsdPerTonne::ZERO, hubs: vec![], handling: UsdPerTonne::ZERO, longest: 1 }
    }
}

/// A way through hubs.
#[derive(Debug, Clone, PartialEq)]
pub struct Via {
    /// The arc from the producer to the market; its duty is that of the direct way.
    pub arc: ArcId,
    /// The countries it passes through before the hub, in order; none on a way through one.
    pub through: Vec<CountryId>,
    /// The country that ships it last.
    pub hub: CountryId,
    /// The duty that is paid: that of the arc, with the hub's part instead of the producer's
    /// for what goes by the last shipper.
    pub duty: Duty,
    /// The arc whose part is paid: the hub's cheapest into the market; none if the hub has no duty there.
    pub paid_as: Option<ArcId>,
    /// Freight over all legs and handling, beyond the direct way's freight, USD/t.
    pub detour: f64,
    /// The smallest of the legs' shipments, kt: how much passes unnoticed.
    pub size: f64,
}

/// The cheapest ways from an exporter to hubs.
struct Routes {
    /// The hubs that may be used.
    hubs: Vec<CountryId>,
    /// By hub: its ways, each cheaper than those through fewer hubs.
    ways: Vec<Vec<graph::Way>>,
}

impl Ways {
    /// The ways through hubs into which a duty by the last shipper sends a product's metal; only
    /// those that save duty at the prices of the baseline.
    ///
    /// Which duty is paid hangs on the last hub alone. To each last hub metal takes the way of least
    /// freight and handling through one hub, and a longer one where that costs less: so there are at
    /// most as many ways for an arc as hubs times the longest way.
    #[must_use]
    pub fn through_hubs(&self, baseline: &Baseline, terms: &Terms, product: ProductId) -> Vec<Via> {
        let mut found = vec![];
        if self.hubs.is_empty() || terms.by_last_shipper.is_empty() {
            return found;
        }
        let lanes = Lanes::new(baseline, product);
        let mut routes: BTreeMap<(CountryId, CountryId), Routes> = BTreeMap::new();
        for own in &terms.by_last_shipper {
            let flow = baseline.flow_of(own.arc);
            if flow.product != product {
                continue;
            }
            let ends = (flow.exporter, flow.importer);
            let routes = routes.entry(ends).or_insert_with(|| self.routes(&lanes, ends.0, ends.1));
            for (hub, ways) in routes.hubs.iter().zip(&routes.ways) {
                for way in ways {
                    let before = &way.stops[..way.stops.len() - 1];
                    let through: Vec<CountryId> = before.iter().map(|stop| routes.hubs[*stop]).collect();
                    found.extend(self.via(baseline, terms, &lanes, own, (through, *hub), way.cost));
                }
            }
        }
        found
    }

    /// The cheapest ways from an exporter to each hub, on the way to an importer.
    fn routes(&self, lanes: &Lanes, exporter: CountryId, importer: CountryId) -> Routes {
        let elsewhere = |hub: &CountryId| *hub != exporter && *hub != importer;
        let hubs: Vec<CountryId> = self.hubs.iter().copied().filter(elsewhere).collect();
        let freight = |from, to| lanes.freight(from, to).map(UsdPerTonne::value);
        let enter = |hub: usize| freight(exporter, hubs[hub]);
        // what leaves a hub has been handled there
        let between =
            |from: usize, to: usize| freight(hubs[from], hubs[to]).map(|leg| leg + self.handling.value());
        let ways = graph::cheapest(hubs.len(), self.longest, enter, between);
        Routes { hubs, ways }
    }

    /// The way through some hubs and a last one, with what it costs up to there.
    fn via(
        &self,
        baseline: &Baseline,
        terms: &Terms,
        lanes: &Lanes,
        own: &ByLastShipper,
        (through, hub): (Vec<CountryId>, CountryId),
        there: f64,
    ) -> Option<Via> {
        let flow = baseline.flow_of(own.arc);
        let on = lanes.freight(hub, flow.importer)?;
        let value = baseline.customs_value(flow, baseline.producer_of(own.arc).price).value();
        let paid = |duty: Duty| duty.rate * value + duty.per_tonne().value();
        // who declares another origin declares the cheapest
        let into = baseline.arcs_into(flow.importer, flow.product).map(ArcId::at);
        let of_hub = into.filter(|arc| baseline.producer_of(*arc).country == hub);
        let part = |arc: ArcId| {
            let found = terms.by_last_shipper.binary_search_by_key(&arc, |part| part.arc);
            found.map_or(Duty::default(), |at| terms.by_last_shipper[at].duty)
        };
        let declared = of_hub.map(|arc| (arc, part(arc))).min_by(|a, b| paid(a.1).total_cmp(&paid(b.1)));
        let instead = declared.map_or(Duty::default(), |(_, duty)| duty);
        if paid(instead) >= paid(own.duty) {
            return None;
        }
        let share = baseline.share_of_output(baseline.arcs[own.arc.index()].producer);
        let stops = || [flow.exporter].into_iter().chain(through.iter().copied()).chain([hub, flow.importer]);
        let legs = stops().zip(stops().skip(1)).enumerate().map(|(at, (from, to))| {
            let size = lanes.size(from, to);
            // the first leg is shared with the exporter's other routes
            if at == 0 { size.value() * share } else { size.value() }
        });
        let size = legs.reduce(f64::min).unwrap_or(0.0);
        Some(Via {
            arc: own.arc,
            duty: terms.duty(own.arc).plus(own.duty, -1.0).plus(instead, 1.0),
            paid_as: declared.map(|(arc, _)| arc),
            detour: (UsdPerTonne(there) + on + self.handling).value() - flow.freight.value(),
            size,
            through,
            hub,
        })
        .filter(|via| via.size > 0.0)
    }
}
