//! What instruments compile to, and all that an engine sees of a policy: the
//! duty on each arc, quotas, mandates, what abating producers save, support and
//! the use of revenue. Nothing here knows which instrument it comes from; a
//! clause's name stays only as a label for reports.

use crate::baseline::{ArcId, Baseline, CountryId, CountrySet, ProducerId, ProductId};
use crate::units::{Intensity, Kilotonnes, MillionUsd, UsdPerTonne, UsdPerTonneCo2e};

/// What is paid on an arc: ad valorem on the customs value, and on each tonne.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Duty {
    /// Rate on the customs value, as a fraction; the importer's government collects it.
    pub rate: f64,
    /// Charge on each tonne that the importer's government collects.
    pub charge: UsdPerTonne,
    /// Charge on each tonne that the exporter's own government collects, such as a carbon price
    /// on its own makers.
    pub at_origin: UsdPerTonne,
    /// Cost of proof on each tonne, spent and collected by nobody.
    pub proof: UsdPerTonne,
}

impl Duty {
    /// A rate and a charge, both the importer's.
    #[must_use]
    pub fn new(rate: f64, charge: UsdPerTonne) -> Self {
        Self { rate, charge, ..Self::default() }
    }

    /// All that is paid on each tonne, whoever collects it.
    #[must_use]
    pub fn per_tonne(self) -> UsdPerTonne {
        self.charge + self.at_origin + self.proof
    }

    /// This duty and a share of another.
    #[must_use]
    pub fn plus(self, other: Self, share: f64) -> Self {
        Self {
            rate: self.rate + other.rate * share,
            charge: self.charge + other.charge * share,
            at_origin: self.at_origin + other.at_origin * share,
            proof: self.proof + other.proof * share,
        }
    }
}

/// A limit on a product's tonnes over some arcs: what enters within it pays the duty
/// of [`Terms::duty`], what enters above it `gap` more.
#[derive(Debug, Clone, PartialEq)]
pub struct Quota {
    /// The clause it comes from.
    pub clause: String,
    /// Whose quota it is, in words: `EU27, steel from TUR`.
    pub label: String,
    /// The product; a quota never spans two.
    pub product: ProductId,
    /// Tonnes a year that enter before the gap bites, above zero: those within the quota and those
    /// beside it.
    pub quantity: Kilotonnes,
    /// The tonnes among them that the clause does not cover, for reports: the law's quota is the rest.
    pub beside: Kilotonnes,
    /// The arcs that use it, in order, each with the share of the gap that bites there (0 to 1).
    pub arcs: Vec<(ArcId, f64)>,
    /// Out-of-quota rate less in-quota rate, a fraction above zero; `None`: nothing enters above the quota.
    pub gap: Option<f64>,
    /// The share of the quota rent that exporters get.
    pub rent_to_exporters: f64,
    /// The share of the quota rent that the importer's treasury gets, for instance by an auction;
    /// importers have what neither has.
    pub rent_to_treasury: f64,
    /// Whether the treasury's part of the rent, and what is paid above the quota, is earmarked revenue.
    pub earmarked: bool,
}

impl Quota {
    /// The share of the quota rent that importers get.
    #[must_use]
    pub fn rent_to_importers(&self) -> f64 {
        (1.0 - self.rent_to_exporters - self.rent_to_treasury).max(0.0)
    }
}

/// The part of the duty on an arc that goes by who shipped the metal last: the producer's metal
/// escapes it through a third country, and the third country's part is paid in its place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ByLastShipper {
    /// The arc.
    pub arc: ArcId,
    /// What clauses that go by the last shipper change in its duty; within [`Terms::duty`].
    pub duty: Duty,
    /// What of it is earmarked revenue.
    pub earmarked: Duty,
}

/// A market's promise that a share of its use, or a number of tonnes, is green.
#[derive(Debug, Clone, PartialEq)]
pub struct Mandate {
    /// The clause it comes from.
    pub clause: String,
    /// The market.
    pub importer: CountryId,
    /// The product.
    pub product: ProductId,
    /// The arcs into the market that count as green, in order.
    pub green: Vec<ArcId>,
    /// What is promised.
    pub promise: Promise,
    /// The highest premium that is paid on a green tonne.
    pub cap: UsdPerTonne,
}

/// What a mandate promises.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Promise {
    /// A share of the market's use, as a fraction.
    Share(f64),
    /// Tonnes a year.
    Tonnes(Kilotonnes),
}

/// A producer that can cut its emissions: it gives up a share `a` of its intensity at a cost of
/// `½·m·e·a²` a tonne of product (A11), less what support pays.
#[derive(Debug, Clone, PartialEq)]
pub struct Abater {
    /// The producer.
    pub producer: ProducerId,
    /// m: what the last tonne of CO2e would cost if all were abated.
    pub cost: UsdPerTonneCo2e,
    /// e: the intensity in the baseline.
    pub intensity: Intensity,
    /// The largest share that can be abated (0 to 1).
    pub limit: f64,
    /// Positions in [`Terms::supports`] and the share of the cost that each pays, as a grant.
    pub supports: Vec<(usize, f64)>,
    /// What depends on its intensity: the duties that fall as it abates.
    pub duties: Vec<CarbonDuty>,
}

impl Abater {
    /// What abating a share costs on each tonne of product, whoever pays: `½·m·e·a²` (A11).
    #[must_use]
    pub fn cost_of(&self, abated: f64) -> UsdPerTonne {
        self.intensity * self.cost * (0.5 * abated * abated)
    }

    /// What one of its supports grants on each tonne of product; `supported` is the share of the
    /// limit up to which there is money.
    #[must_use]
    pub fn grant(&self, share: f64, abated: f64, supported: f64) -> UsdPerTonne {
        self.cost_of(abated.min(self.limit * supported)) * share
    }
}

/// The part of an arc's duty that depends on its producer's intensity. At no abatement it is
/// already within [`Terms::duty`].
#[derive(Debug, Clone, PartialEq)]
pub struct CarbonDuty {
    /// The arc.
    pub arc: ArcId,
    /// The rule.
    pub rule: ByIntensity,
    /// The share of it that holds after exemptions and phase-ins.
    pub stays: f64,
    /// Whether its revenue is earmarked.
    pub earmarked: bool,
}

impl CarbonDuty {
    /// What a share of abatement changes in the arc's duty.
    #[must_use]
    pub fn change(&self, abated: f64) -> Duty {
        Duty::default().plus(self.rule.duty(abated), self.stays).plus(self.rule.duty(0.0), -self.stays)
    }
}

/// A duty by emission intensity: a charge that is linear above a free amount, and steps of a rate.
#[derive(Debug, Clone, PartialEq)]
pub struct ByIntensity {
    /// The intensity that counts, before any abatement.
    pub counted: Intensity,
    /// How far it falls if the producer abates everything; 0 where its own effort is not seen.
    pub response: Intensity,
    /// κ: charge on each tonne of CO2e above the free amount.
    pub per_tonne_co2e: UsdPerTonneCo2e,
    /// The free amount.
    pub free: Intensity,
    /// The most that the charge on a tonne of product comes to, whatever the intensity; `None`: no limit.
    pub at_most: Option<UsdPerTonne>,
    /// Thresholds of intensity, rising, with the rate above each, as a fraction.
    pub steps: Vec<(Intensity, f64)>,
    /// Who collects the charge.
    pub collected: Collected,
}

/// Who collects a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Collected {
    /// The importer's government.
    #[default]
    ByImporter,
    /// The exporter's own.
    ByExporter,
}

impl ByIntensity {
    /// The intensity from which on the charge is at its most; `None` where it has no limit.
    #[must_use]
    pub fn charged_most_from(&self) -> Option<Intensity> {
        let per_tonne = self.per_tonne_co2e.value();
        let most = self.at_most.filter(|_| per_tonne > 0.0)?;
        Some(Intensity(self.free.value() + most.value() / per_tonne))
    }

    /// Whether the charge falls as the intensity that counts does, at some share of abatement.
    #[must_use]
    pub fn charge_falls(&self, abated: f64) -> bool {
        let counted = self.counted.value() - self.response.value() * abated;
        counted > self.free.value() && self.charged_most_from().is_none_or(|most| counted < most.value())
    }

    /// The duty at a share of abatement. A threshold that abatement has just reached is not exceeded.
    #[must_use]
    pub fn duty(&self, abated: f64) -> Duty {
        let counted = Intensity(self.counted.value() - self.response.value() * abated);
        let reached = if abated > 0.0 { 1.0 + 1e-12 } else { 1.0 };
        let exceeded = self.steps.iter().rev().find(|(above, _)| counted.value() > above.value() * reached);
        let excess = Intensity((counted.value() - self.free.value()).max(0.0));
        let charge = excess * self.per_tonne_co2e;
        let charge = self.at_most.filter(|most| *most < charge).unwrap_or(charge);
        let mut duty = Duty { rate: exceeded.map_or(0.0, |(_, rate)| *rate), ..Duty::default() };
        match self.collected {
            Collected::ByImporter => duty.charge = charge,
            Collected::ByExporter => duty.at_origin = charge,
        }
        duty
    }
}

/// Money that pays a share of abatement cost. Where it does not suffice, every producer's
/// supported amount is cut by the same factor.
#[derive(Debug, Clone, PartialEq)]
pub struct Support {
    /// The clause it comes from.
    pub clause: String,
    /// Who pays.
    pub payer: Payer,
    /// The share of what is handed out that is a grant; the rest is a loan that comes back.
    pub grant: f64,
    /// Cost of administration over what is handed out.
    pub overhead: f64,
}

/// Who pays for support.
#[derive(Debug, Clone, PartialEq)]
pub enum Payer {
    /// Governments, with the share that each bears, and the most that is handed out a year.
    Budget(Vec<(CountryId, f64)>, Option<MillionUsd>),
    /// Revenue: a position in [`Terms::uses`].
    Revenue(usize),
}

/// A use of earmarked revenue.
#[derive(Debug, Clone, PartialEq)]
pub struct RevenueUse {
    /// The clause it comes from.
    pub clause: String,
    /// The share of earmarked revenue that goes to it.
    pub share: f64,
    /// What is done with it.
    pub purpose: Purpose,
    /// The share that administration costs.
    pub overhead: f64,
    /// The share of what is paid out that is a grant; the rest is a loan that comes back.
    pub grant: f64,
    /// Whether money already reaches the recipients; before that the fund holds it.
    pub flowing: bool,
    /// Whether no recipient of a fund gets more than it loses; what none may get stays with the collectors.
    pub at_most_loss: bool,
}

/// What revenue is used for.
#[derive(Debug, Clone, PartialEq)]
pub enum Purpose {
    /// It goes back to the purchasers of the country that collected it.
    Rebate,
    /// It goes to countries by a key.
    Fund(CountrySet, Key),
    /// It pays for support that names it; what is not needed stays with the collectors.
    Support,
}

/// How a fund is shared out among its recipients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// By the earmarked duty that was paid on a country's exports.
    DutyPaid,
    /// By the value of exports to the collecting countries that was lost.
    ExportsLost,
    /// By population.
    PerHead,
    /// By tonnes of CO2e abated.
    TonneAbated,
}

/// The terms that an engine solves under.
#[derive(Debug, Clone, PartialEq)]
pub struct Terms {
    /// The duty on each arc, in the baseline's order of arcs; within the quota where there is one.
    duties: Vec<Duty>,
    /// The arcs whose duty is not the one in force, in order.
    changed: Vec<ArcId>,
    /// Quotas, in the order of clauses.
    pub quotas: Vec<Quota>,
    /// Mandates, in the order of clauses.
    pub mandates: Vec<Mandate>,
    /// Producers that can abate, in the baseline's order; none unless the policy says so.
    pub abaters: Vec<Abater>,
    /// Support, in the order of clauses.
    pub supports: Vec<Support>,
    /// Uses of revenue, in the order of clauses.
    pub uses: Vec<RevenueUse>,
    /// The part of the duty on an arc (at no abatement, quotas apart) whose revenue is earmarked.
    pub earmarked: Vec<(ArcId, Duty)>,
    /// What goes by the last shipper, in order of arcs; empty where every clause goes by where metal
    /// was melted and poured.
    pub by_last_shipper: Vec<ByLastShipper>,
    /// Sets of countries that stand as one arrangement. Engines ignore them; reports tell trade within
    /// one of them from trade with others.
    pub blocs: Vec<CountrySet>,
}

impl Terms {
    /// The duties in force, and nothing else.
    #[must_use]
    pub fn in_force(baseline: &Baseline) -> Self {
        let duties = (0..baseline.arcs.len())
            .map(|arc| Duty { rate: baseline.flow_of(ArcId::at(arc)).duty, ..Duty::default() })
            .collect();
        Self {
            duties,
            changed: vec![],
            quotas: vec![],
            mandates: vec![],
            abaters: vec![],
            supports: vec![],
            uses: vec![],
            earmarked: vec![],
            by_last_shipper: vec![],
            blocs: vec![],
        }
    }

    /// What own governments charge their own makers, and no measure besides: the duties in force at
    /// borders, no quota, no commitment, no support. `None` where own makers are charged nothing.
    #[must_use]
    pub fn home_price_alone(&self, baseline: &Baseline) -> Option<Self> {
        let own = self.changed.iter().filter_map(|arc| {
            let at_origin = self.duty(*arc).at_origin;
            let rate = baseline.flow_of(*arc).duty;
            (at_origin != UsdPerTonne::ZERO).then_some((*arc, Duty { rate, at_origin, ..Duty::default() }))
        });
        let mut alone = Self::with(baseline, own);
        if alone.changed.is_empty() {
            return None;
        }
        let own = |part: &&CarbonDuty| part.rule.collected == Collected::ByExporter;
        alone.abaters = self
            .abaters
            .iter()
            .map(|abater| Abater {
                supports: vec![],
                duties: abater.duties.iter().filter(own).cloned().collect(),
                ..abater.clone()
            })
            .collect();
        Some(alone)
    }

    /// The duties in force with other duties on some arcs.
    #[must_use]
    pub fn with(baseline: &Baseline, changes: impl IntoIterator<Item = (ArcId, Duty)>) -> Self {
        let mut terms = Self::in_force(baseline);
        for (arc, duty) in changes {
            terms.duties[arc.index()] = duty;
        }
        terms.changed = (0..terms.duties.len())
            .map(ArcId::at)
            .filter(|arc| {
                let in_force = Duty { rate: baseline.flow_of(*arc).duty, ..Duty::default() };
                terms.duty(*arc) != in_force
            })
            .collect();
        terms
    }

    /// The arcs whose duty is not the one in force, in order.
    #[must_use]
    pub fn changed(&self) -> &[ArcId] {
        &self.changed
    }

    /// The duty on an arc: within the quota, and at no abatement.
    #[must_use]
    pub fn duty(&self, arc: ArcId) -> Duty {
        self.duties[arc.index()]
    }

    /// What markets would feel beyond duties, in words; `None` if there is nothing of the kind.
    #[must_use]
    pub fn beyond_duties(&self) -> Option<&'static str> {
        let beyond = [
            (self.quotas.is_empty(), "quotas"),
            (self.mandates.is_empty(), "green purchase commitments"),
            (self.abaters.is_empty(), "abatement"),
        ];
        beyond.into_iter().find(|(none, _)| !none).map(|(_, what)| what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duty_by_intensity_falls_with_abatement_step_by_step() {
        let mut rule = ByIntensity {
            counted: Intensity(2.0),
            response: Intensity(1.5),
            per_tonne_co2e: UsdPerTonneCo2e(40.0),
            free: Intensity(0.8),
            at_most: None,
            steps: vec![(Intensity(0.95), 0.05), (Intensity(1.7), 0.1)],
            collected: Collected::ByImporter,
        };
        // at 2.0, 1.7, 1.25, 0.95 and 0.5 tCO2e/t; a threshold just reached, rounding apart, is not exceeded
        for (abated, rate, charge) in
            [(0.0, 0.1, 48.0), (0.2, 0.05, 36.0), (0.5, 0.05, 18.0), (0.7, 0.0, 6.0), (1.0, 0.0, 0.0)]
        {
            let duty = rule.duty(abated);
            assert_eq!(duty.rate, rate, "{abated}");
            assert!(
                (duty.charge.value() - charge).abs() < 1e-12 && duty.at_origin.value() == 0.0,
                "{duty:?}"
            );
        }
        rule.counted = Intensity(1.7);
        assert_eq!(rule.duty(0.0).rate, 0.05);
        rule.collected = Collected::ByExporter;
        let duty = rule.duty(0.0);
        assert!((duty.at_origin.value() - 36.0).abs() < 1e-12 && duty.charge.value() == 0.0, "{duty:?}");
        // a limit holds until so much is abated that less is charged
        rule.at_most = Some(UsdPerTonne(24.0));
        assert_eq!(rule.charged_most_from(), Some(Intensity(0.8 + 0.6)));
        assert_eq!(rule.duty(0.1).at_origin.value(), 24.0);
        assert!((rule.duty(0.4).at_origin.value() - 12.0).abs() < 1e-12);
        assert!(!rule.charge_falls(0.1) && rule.charge_falls(0.4) && !rule.charge_falls(0.9));
        rule.at_most = None;
        // a half of it stays, and abating a fifth saves 12 USD/t of it
        let carbon = CarbonDuty { arc: ArcId::at(0), rule, stays: 0.5, earmarked: false };
        assert!((carbon.change(0.2).per_tonne().value() + 6.0).abs() < 1e-12);
    }

    #[test]
    fn what_abatement_costs_rises_with_its_square_and_is_granted_up_to_what_is_supported() {
        let abater = Abater {
            producer: ProducerId::at(0),
            cost: UsdPerTonneCo2e(100.0),
            intensity: Intensity(2.0),
            limit: 0.5,
            supports: vec![],
            duties: vec![],
        };
        assert_eq!(abater.cost_of(0.3).value(), 9.0);
        assert!((abater.grant(0.4, 0.3, 1.0).value() - 3.6).abs() < 1e-12);
        assert!((abater.grant(0.4, 0.3, 0.2).value() - 0.4).abs() < 1e-12); // a tenth is abated with it
    }
}
