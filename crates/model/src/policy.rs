//! A policy: the instruments of a proposal, and their sum, the terms.
//!
//! Each instrument has one file here with its form in a scenario, its rule and
//! what it puts on each arc. Instruments compile to [`Terms`] and to nothing
//! else; engines see terms, never instruments.
//!
//! Quotas limit what enters at their lower rate. Procurement, abatement, support and the use of
//! revenue put no duty on arcs: they add to the terms what their own files say.
//!
//! Order of adding up, whatever the order in the file: duties in force, then
//! instruments that *set* a rate (the highest set rate holds), then instruments
//! that *add*, then exemptions, which give back the share they name.

pub mod abatement;
mod aim;
pub mod arrangement;
pub mod benchmark;
pub mod carbon;
pub mod cbam;
pub mod counted;
pub mod counter_duty;
pub mod exemption;
pub mod ledger;
pub mod levy;
pub mod origin;
pub mod oversupply;
pub mod part;
pub mod phase;
pub mod procurement;
pub mod quota;
pub mod reading;
pub mod revenue;
pub mod schedule;
pub mod scope;
pub mod standard;
pub mod support;
pub mod tariff;
pub mod terms;

pub use abatement::Abatement;
pub use arrangement::Arrangement;
pub use carbon::CarbonTariff;
pub use cbam::Cbam;
pub use counter_duty::CounterDuty;
pub use exemption::Exemption;
pub use ledger::{Contribution, Limit, Measure};
pub use origin::OriginRule;
pub use oversupply::OversupplyTariff;
pub use part::ArrangementPart;
pub use procurement::Procurement;
pub use quota::TariffRateQuota;
pub use reading::Reading;
pub use revenue::Revenue;
pub use scope::Scope;
pub use standard::{ProofOfIntensity, Standard};
pub use support::Support;
pub use tariff::Tariff;
pub use terms::{ByIntensity, Duty, Terms};

use crate::baseline::{ArcId, Baseline, CountrySet, ProducerId};
use ledger::Ledger;
use std::collections::BTreeMap;
use terms::{Abater, ByLastShipper, CarbonDuty};

/// The instruments of a proposal. Names are unique within a kind.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Policy {
    /// Plain tariffs.
    pub tariffs: Vec<Tariff>,
    /// Tariffs by emission intensity.
    pub carbon_tariffs: Vec<CarbonTariff>,
    /// Tariffs by the exporter's oversupply.
    pub oversupply_tariffs: Vec<OversupplyTariff>,
    /// Joint arrangements with inside and outside rules.
    pub arrangements: Vec<Arrangement>,
    /// Quotas.
    pub quotas: Vec<TariffRateQuota>,
    /// Carbon border adjustments.
    pub cbams: Vec<Cbam>,
    /// Answers of those who are hit.
    pub counter_duties: Vec<CounterDuty>,
    /// The cost of proof under the accounting standard, if there is any.
    pub proof: Option<ProofOfIntensity>,
    /// Exemptions from any of the above.
    pub exemptions: Vec<Exemption>,
    /// Promises to use green metal.
    pub procurements: Vec<Procurement>,
    /// Whether producers can abate, and at which cost.
    pub abatement: Option<Abatement>,
    /// Support of abatement.
    pub supports: Vec<Support>,
    /// What revenue is used for.
    pub revenue: Option<Revenue>,
}

/// What every instrument that puts a duty on arcs can do.
pub trait Instrument {
    /// The kind and name by which files and reports address it, for instance `tariff.core`.
    fn clause(&self) -> String;
    /// The countries that apply it.
    fn importers(&self, baseline: &Baseline) -> CountrySet;
    /// Calls `put` for each arc that it bears on.
    fn measures(&self, baseline: &Baseline, put: &mut dyn FnMut(ArcId, Measure));

    /// The share of it that is phased in by the scenario's year.
    fn phased_in(&self) -> f64 {
        1.0
    }

    /// The share of the trade in its scope that it really covers: its measures hold by this share.
    fn covers(&self) -> f64 {
        1.0
    }

    /// What decides where metal comes from that is shipped through a third country.
    fn origin(&self) -> OriginRule {
        OriginRule::MeltedAndPoured
    }

    /// Whether those who apply it count as members; not so for those who answer with duties of their own.
    fn makes_members(&self) -> bool {
        true
    }

    /// What in its measures depends on a producer's intensity, by arc; asked for only where
    /// producers can abate.
    fn by_intensity(&self, _baseline: &Baseline, _put: &mut dyn FnMut(ArcId, ByIntensity)) {}

    /// The limits above which other measures take the place of its own.
    fn limits(&self, _baseline: &Baseline) -> Vec<Limit> {
        vec![]
    }
}

impl Policy {
    /// No instrument: the duties in force stay.
    #[must_use]
    pub fn status_quo() -> Self {
        Self::default()
    }

    /// Every instrument that puts duties on arcs, in the order of clause names.
    #[must_use]
    pub fn instruments(&self) -> Vec<&dyn Instrument> {
        let mut all: Vec<&dyn Instrument> = vec![];
        all.extend(self.tariffs.iter().map(|i| i as &dyn Instrument));
        all.extend(self.carbon_tariffs.iter().map(|i| i as &dyn Instrument));
        all.extend(self.oversupply_tariffs.iter().map(|i| i as &dyn Instrument));
        all.extend(self.arrangements.iter().map(|i| i as &dyn Instrument));
        all.extend(self.quotas.iter().map(|i| i as &dyn Instrument));
        all.extend(self.cbams.iter().map(|i| i as &dyn Instrument));
        all.extend(self.counter_duties.iter().map(|i| i as &dyn Instrument));
        all.extend(self.proof.iter().map(|i| i as &dyn Instrument));
        all.sort_by_key(|instrument| instrument.clause());
        all
    }

    /// Whether it is the status quo: nothing in it would change anything, whatever its numbers.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.instruments().is_empty() && self.procurements.is_empty() && self.supports.is_empty()
    }

    /// The countries that apply any instrument, promise to use green metal or pay for support: the
    /// *members* in reports. Who is only paid is none.
    #[must_use]
    pub fn members(&self, baseline: &Baseline) -> CountrySet {
        let mut members = CountrySet::none(baseline.countries.len());
        for instrument in self.instruments().iter().filter(|instrument| instrument.makes_members()) {
            members.extend(&instrument.importers(baseline));
        }
        for procurement in &self.procurements {
            members.extend(&procurement.buyers);
        }
        for support in &self.supports {
            members.extend(&support.payers(baseline));
        }
        members
    }

    /// What the instruments add up to. Total: every policy has terms.
    #[must_use]
    pub fn terms(&self, baseline: &Baseline) -> Terms {
        let instruments = self.instruments();
        let ledger = self.ledger(baseline, &instruments);
        let mut terms = ledger.terms(baseline);
        for (clause, instrument) in instruments.iter().enumerate() {
            for limit in instrument.limits(baseline) {
                terms.quotas.extend(ledger.quota(baseline, clause, instrument.covers(), &limit));
            }
        }
        for quota in &mut terms.quotas {
            quota.earmarked = self.earmarks(&quota.clause);
        }
        let mut procurements: Vec<&Procurement> = self.procurements.iter().collect();
        procurements.sort_by_key(|procurement| procurement.clause());
        terms.mandates =
            procurements.iter().flat_map(|procurement| procurement.mandates().to_vec()).collect();
        if let Some(revenue) = &self.revenue {
            terms.uses.clone_from(&revenue.uses);
            terms.earmarked = ledger.parts_of(baseline, &|clause| revenue.earmarks(clause));
        }
        terms.blocs = self.arrangements.iter().filter_map(Arrangement::bloc).collect();
        terms.by_last_shipper = self.by_last_shipper(baseline, &instruments, &ledger);
        if let Some(abatement) = self.abatement {
            let duties = self.carbon_duties(baseline, &instruments, &ledger);
            (terms.supports, terms.abaters) = self.supported(baseline, abatement, duties, &terms.uses);
        }
        terms
    }

    /// What clauses that go by the last shipper change in the duty on each arc, in order of arcs.
    fn by_last_shipper(
        &self,
        baseline: &Baseline,
        instruments: &[&dyn Instrument],
        ledger: &Ledger,
    ) -> Vec<ByLastShipper> {
        let by_last = |instrument: &&&dyn Instrument| instrument.origin() == OriginRule::LastShipped;
        let clauses: Vec<String> = instruments.iter().filter(by_last).map(|i| i.clause()).collect();
        if clauses.is_empty() {
            return vec![];
        }
        let others: Vec<&dyn Instrument> = instruments.iter().filter(|i| !by_last(i)).copied().collect();
        let (all, others) = (ledger.terms(baseline), self.ledger(baseline, &others).terms(baseline));
        let earmarks = |clause: &str| clauses.iter().any(|own| own == clause) && self.earmarks(clause);
        let earmarked: BTreeMap<ArcId, terms::Duty> =
            ledger.parts_of(baseline, &earmarks).into_iter().collect();
        let arcs = (0..baseline.arcs.len()).map(ArcId::at).filter(|arc| all.duty(*arc) != others.duty(*arc));
        arcs.map(|arc| ByLastShipper {
            arc,
            duty: all.duty(arc).plus(others.duty(arc), -1.0),
            earmarked: earmarked.get(&arc).copied().unwrap_or_default(),
        })
        .collect()
    }

    /// Whether a clause's revenue is earmarked.
    fn earmarks(&self, clause: &str) -> bool {
        self.revenue.as_ref().is_some_and(|revenue| revenue.earmarks(clause))
    }

    /// What depends on each producer's intensity, in the order of clauses.
    fn carbon_duties(
        &self,
        baseline: &Baseline,
        instruments: &[&dyn Instrument],
        ledger: &Ledger,
    ) -> BTreeMap<ProducerId, Vec<CarbonDuty>> {
        let mut duties: BTreeMap<ProducerId, Vec<CarbonDuty>> = BTreeMap::new();
        for (clause, instrument) in instruments.iter().enumerate() {
            let earmarked = self.earmarks(&instrument.clause());
            instrument.by_intensity(baseline, &mut |arc, rule| {
                let producer = baseline.arcs[arc.index()].producer;
                let duty = ledger.carbon(baseline, clause, arc, rule);
                duties.entry(producer).or_default().extend(duty.map(|duty| CarbonDuty { earmarked, ..duty }));
            });
        }
        duties
    }

    /// Support that flows, in the order of clauses, and the producers that can abate with it.
    fn supported(
        &self,
        baseline: &Baseline,
        abatement: Abatement,
        duties: BTreeMap<ProducerId, Vec<CarbonDuty>>,
        uses: &[terms::RevenueUse],
    ) -> (Vec<terms::Support>, Vec<Abater>) {
        let mut ordered: Vec<&Support> = self.supports.iter().collect();
        ordered.sort_by_key(|support| support.clause());
        let flowing: Vec<(&Support, terms::Support)> =
            ordered.into_iter().filter_map(|support| Some((support, support.terms(uses)?))).collect();
        let of = |producer| {
            let covering = flowing.iter().enumerate().filter(|(_, (s, _))| s.covers(baseline, producer));
            covering.map(|(position, (support, _))| (position, support.grant_share)).collect()
        };
        let abaters = abatement.abaters(baseline, duties, &of);
        (flowing.into_iter().map(|(_, terms)| terms).collect(), abaters)
    }

    /// What each clause puts on each arc, after exemptions: the terms, accounted for.
    #[must_use]
    pub fn contributions(&self, baseline: &Baseline) -> Vec<Contribution> {
        self.ledger(baseline, &self.instruments()).contributions(baseline)
    }

    fn ledger(&self, baseline: &Baseline, instruments: &[&dyn Instrument]) -> Ledger {
        let clauses: Vec<String> = instruments.iter().map(|i| i.clause()).collect();
        let mut ledger = Ledger::new(clauses, baseline.arcs.len());
        for (clause, instrument) in instruments.iter().enumerate() {
            let holds = instrument.phased_in() * instrument.covers();
            instrument.measures(baseline, &mut |arc, measure| ledger.enter(clause, arc, measure, holds));
        }
        ledger.sort();
        for exemption in &self.exemptions {
            exemption.apply(baseline, &mut ledger);
        }
        ledger
    }
}
