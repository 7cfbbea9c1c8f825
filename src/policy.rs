//! A policy: the instruments of a proposal, and their sum, the terms.
//!
//! Each instrument has one file here with its form in a scenario, its rule and
//! what it puts on each arc. Instruments compile to [`Terms`] and to nothing
//! else; engines see terms, never instruments.
//!
//! Order of adding up, whatever the order in the file: duties in force, then
//! instruments that *set* a rate (the highest set rate holds), then instruments
//! that *add*, then exemptions, which give back the share they name.

pub mod arrangement;
pub mod benchmark;
pub mod carbon;
pub mod exemption;
pub mod ledger;
pub mod oversupply;
pub mod reading;
pub mod schedule;
pub mod scope;
pub mod tariff;
pub mod terms;

pub use arrangement::Arrangement;
pub use carbon::CarbonTariff;
pub use exemption::Exemption;
pub use oversupply::OversupplyTariff;
pub use reading::Reading;
pub use scope::Scope;
pub use tariff::Tariff;
pub use ledger::{Contribution, Limit, Measure};
pub use terms::{ByIntensity, Duty, Terms};

use crate::baseline::{ArcId, Baseline, CountrySet};
use ledger::Ledger;

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
    /// Exemptions from any of the above.
    pub exemptions: Vec<Exemption>,
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
        all.sort_by_key(|instrument| instrument.clause());
        all
    }

    /// The countries that apply any instrument: the *members* in reports.
    #[must_use]
    pub fn members(&self, baseline: &Baseline) -> CountrySet {
        let mut members = CountrySet::none(baseline.countries.len());
        for instrument in self.instruments().iter().filter(|instrument| instrument.makes_members()) {
            members.extend(&instrument.importers(baseline));
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
                terms.quotas.extend(ledger.quota(baseline, clause, &limit));
            }
        }
        terms
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
            let holds = instrument.phased_in();
            instrument.measures(baseline, &mut |arc, measure| ledger.enter(clause, arc, measure, holds));
        }
        ledger.sort();
        for exemption in &self.exemptions {
            exemption.apply(baseline, &mut ledger);
        }
        ledger
    }
}
