//! Ways beyond those of the baseline: links that open, and hubs that metal passes through.

use crate::baseline::opening::Lanes;
use crate::baseline::{ArcId, Baseline, CountryId, ProductId};
use crate::policy::Terms;
use crate::policy::terms::{ByLastShipper, Duty};
use crate::units::UsdPerTonne;

/// What opens beyond the ways that the baseline uses.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ways {
    /// What the first tonne on a link without shipments in the baseline costs beyond what kept it
    /// away, USD/t.
    pub entry: UsdPerTonne,
    /// Countries that metal can be shipped through, in order.
    pub hubs: Vec<CountryId>,
    /// Handling in a hub, USD/t, beside freight there and on.
    pub handling: UsdPerTonne,
}

/// A way through a hub.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Via {
    /// The arc from the producer to the market; its duty is that of the direct way.
    pub arc: ArcId,
    /// The country it passes through.
    pub hub: CountryId,
    /// The duty that is paid: that of the arc, with the hub's part in the place of the producer's
    /// for what goes by the last shipper.
    pub duty: Duty,
    /// The arc whose part is paid: the hub's cheapest into the market; none if the hub has no duty there.
    pub paid_as: Option<ArcId>,
    /// Freight over both legs and handling, beyond the direct way's freight, USD/t.
    pub detour: f64,
    /// The smaller of the two legs' shipments, kt: how much passes unnoticed.
    pub size: f64,
}

impl Ways {
    /// The ways through hubs into which a duty by the last shipper sends a product's metal; only
    /// those that save duty at the prices of the baseline.
    #[must_use]
    pub fn through_hubs(&self, baseline: &Baseline, terms: &Terms, product: ProductId) -> Vec<Via> {
        let mut found = vec![];
        if self.hubs.is_empty() || terms.by_last_shipper.is_empty() {
            return found;
        }
        let lanes = Lanes::new(baseline, product);
        for own in &terms.by_last_shipper {
            let flow = baseline.flow_of(own.arc);
            if flow.product != product {
                continue;
            }
            for hub in &self.hubs {
                let elsewhere = *hub != flow.exporter && *hub != flow.importer;
                found.extend(self.via(baseline, terms, &lanes, own, *hub).filter(|_| elsewhere));
            }
        }
        found
    }

    fn via(
        &self,
        baseline: &Baseline,
        terms: &Terms,
        lanes: &Lanes,
        own: &ByLastShipper,
        hub: CountryId,
    ) -> Option<Via> {
        let flow = baseline.flow_of(own.arc);
        let (there, on) = (lanes.freight(flow.exporter, hub)?, lanes.freight(hub, flow.importer)?);
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
        Some(Via {
            arc: own.arc,
            hub,
            duty: terms.duty(own.arc).plus(own.duty, -1.0).plus(instead, 1.0),
            paid_as: declared.map(|(arc, _)| arc),
            detour: (there + on + self.handling).value() - flow.freight.value(),
            size: (lanes.size(flow.exporter, hub).value() * share)
                .min(lanes.size(hub, flow.importer).value()),
        })
        .filter(|via| via.size > 0.0)
    }
}
