//! Who pays, collects and receives what under some terms at an equilibrium:
//! duties, quota rents, premiums, support and the use of revenue.
//!
//! Every dollar that a purchaser pays beyond the mill price and freight is found
//! again with a government, an exporter, a fund or in the cost of proof; every
//! dollar that a programme spends is somebody's. `tests/it/economics.rs` holds the
//! sums to it. Amounts are million USD a year.

mod cap;

use crate::baseline::{ArcId, Baseline, CountryId, ProductId};
use crate::engine::Equilibrium;
use crate::policy::Terms;
use crate::policy::terms::{Abater, Duty, Key, Payer, Purpose, RevenueUse};
use crate::units::{Kilotonnes, KilotonnesCo2e, MillionUsd};

/// What belongs to a country and product beyond its own surplus and the duties it collects.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Account {
    /// What its government collects on quotas: the rent of licences it sells, and the duty above the quota.
    pub quota_revenue: f64,
    /// Quota rent that its exporters get.
    pub quota_rent: f64,
    /// Quota rent that its importers get.
    pub importers_rent: f64,
    /// Premiums on green tonnes and support of abatement that it pays, administration included.
    pub outlay: f64,
    /// Revenue of its own that goes into uses beyond its general budget.
    pub paid_in: f64,
    /// What it receives from uses of revenue, loans that come back to it included.
    pub received: f64,
}

/// What becomes of a support.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SupportAccount {
    /// Paid to producers for good.
    pub granted: f64,
    /// Lent, and paid back.
    pub lent: f64,
    /// Cost of administration.
    pub overhead: f64,
}

impl SupportAccount {
    /// What it takes out of its money: grants, loans and administration.
    #[must_use]
    pub fn drawn(&self) -> f64 {
        self.granted + self.lent + self.overhead
    }
}

/// What becomes of a use of revenue.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct UseAccount {
    /// What it has: its share of earmarked revenue, once money flows.
    pub available: f64,
    /// Paid to recipients for good.
    pub granted: f64,
    /// Lent to recipients, and paid back.
    pub lent: f64,
    /// Cost of administration.
    pub overhead: f64,
    /// Paid in and not paid out: not yet flowing, or nobody to receive it.
    pub held: f64,
    /// Drawn by support that names it.
    pub drawn: f64,
    /// Left with those who collected it, because no recipient may get more.
    pub left: f64,
}

/// The accounts of an equilibrium.
#[derive(Debug, Clone, PartialEq)]
pub struct Accounts {
    countries: usize,
    /// By product and country.
    by_country: Vec<Account>,
    /// Earmarked revenue collected, by product and country.
    earmarked: Vec<f64>,
    /// By quota of the terms: the whole rent.
    pub rents: Vec<f64>,
    /// By mandate of the terms: premiums paid.
    pub premiums: Vec<f64>,
    /// By support of the terms.
    pub supports: Vec<SupportAccount>,
    /// By use of the terms.
    pub uses: Vec<UseAccount>,
    /// Spent on proof, in all.
    pub proof: f64,
    /// By exporter: earmarked revenue that importers collect on its shipments.
    paid_on_exports: Vec<f64>,
    /// Emissions abated by effort, kt CO2e, by product and country.
    abated: Vec<f64>,
}

/// The duty on an arc at what its producer abates, quotas apart; where some of its metal comes
/// through third countries, the mean over the ways.
#[must_use]
pub fn duties(terms: &Terms, equilibrium: &Equilibrium, arcs: usize) -> Vec<Duty> {
    let mut duties: Vec<Duty> = (0..arcs).map(|arc| terms.duty(ArcId::at(arc))).collect();
    for (abater, abated) in abating(terms, equilibrium) {
        for part in &abater.duties {
            let duty = &mut duties[part.arc.index()];
            *duty = duty.plus(part.change(abated), 1.0);
        }
    }
    for via in &equilibrium.transshipped {
        let share = via.quantity / equilibrium.quantity[via.arc.index()];
        let duty = &mut duties[via.arc.index()];
        *duty = duty.plus(via.duty.plus(terms.duty(via.arc), -1.0), share);
    }
    duties
}

/// The producers that abate, with what they abate.
fn abating<'a>(terms: &'a Terms, equilibrium: &'a Equilibrium) -> impl Iterator<Item = (&'a Abater, f64)> {
    let share = |abater: &Abater| equilibrium.producers[abater.producer.index()].abated;
    terms.abaters.iter().map(move |abater| (abater, share(abater))).filter(|(_, abated)| *abated > 0.0)
}

impl Accounts {
    /// The accounts of an equilibrium.
    #[must_use]
    pub fn of(baseline: &Baseline, terms: &Terms, equilibrium: &Equilibrium) -> Self {
        let cells = baseline.products.len() * baseline.countries.len();
        let mut accounts = Self {
            countries: baseline.countries.len(),
            by_country: vec![Account::default(); cells],
            earmarked: vec![0.0; cells],
            rents: vec![0.0; terms.quotas.len()],
            premiums: vec![0.0; terms.mandates.len()],
            supports: vec![SupportAccount::default(); terms.supports.len()],
            uses: vec![UseAccount::default(); terms.uses.len()],
            proof: 0.0,
            paid_on_exports: vec![0.0; baseline.countries.len()],
            abated: vec![0.0; cells],
        };
        for (position, quantity) in equilibrium.quantity.iter().enumerate() {
            accounts.proof += (*quantity * terms.duty(ArcId::at(position)).proof).value();
        }
        accounts.quotas(baseline, terms, equilibrium);
        accounts.mandates(baseline, terms, equilibrium);
        accounts.earmark(baseline, terms, equilibrium);
        accounts.support(baseline, terms, equilibrium);
        accounts.use_revenue(baseline, terms, equilibrium);
        accounts
    }

    /// The account of a country and product.
    #[must_use]
    pub fn get(&self, country: CountryId, product: ProductId) -> Account {
        self.by_country[self.cell(country, product)]
    }

    /// Earmarked revenue that a country collects on a product.
    #[must_use]
    pub fn earmarked(&self, country: CountryId, product: ProductId) -> MillionUsd {
        MillionUsd(self.earmarked[self.cell(country, product)])
    }

    /// What a country's makers of a product abate by effort, at their output in equilibrium.
    #[must_use]
    pub fn abated(&self, country: CountryId, product: ProductId) -> KilotonnesCo2e {
        KilotonnesCo2e(self.abated[self.cell(country, product)])
    }

    fn cell(&self, country: CountryId, product: ProductId) -> usize {
        product.index() * self.countries + country.index()
    }

    fn at(&mut self, country: CountryId, product: ProductId) -> &mut Account {
        let cell = self.cell(country, product);
        &mut self.by_country[cell]
    }

    /// A9: rents within quotas, duties above them.
    fn quotas(&mut self, baseline: &Baseline, terms: &Terms, equilibrium: &Equilibrium) {
        for (position, (quota, state)) in terms.quotas.iter().zip(&equilibrium.quotas).enumerate() {
            if state.premium <= 0.0 {
                continue;
            }
            let within = (quota.quantity / state.shipped).min(1.0);
            for (arc, share) in &quota.arcs {
                let flow = baseline.flow_of(*arc);
                let tonnes = equilibrium.quantity[arc.index()];
                let premium = value(baseline, equilibrium, *arc, tonnes).value() * state.premium * share;
                let rent = premium * within;
                // what enters above the quota pays a duty like any other
                let collected = premium - rent + rent * quota.rent_to_treasury;
                self.rents[position] += rent;
                self.at(flow.exporter, flow.product).quota_rent += rent * quota.rent_to_exporters;
                let importer = self.at(flow.importer, flow.product);
                importer.importers_rent += rent * quota.rent_to_importers();
                importer.quota_revenue += collected;
                if quota.earmarked {
                    let cell = self.cell(flow.importer, flow.product);
                    self.earmarked[cell] += collected;
                    self.paid_on_exports[flow.exporter.index()] += collected;
                }
            }
        }
    }

    /// A10: premiums on green tonnes.
    fn mandates(&mut self, baseline: &Baseline, terms: &Terms, equilibrium: &Equilibrium) {
        for (position, (mandate, state)) in terms.mandates.iter().zip(&equilibrium.mandates).enumerate() {
            let tonnes: Kilotonnes = mandate.green.iter().map(|arc| equilibrium.quantity[arc.index()]).sum();
            let paid = (tonnes * state.premium).value();
            self.premiums[position] = paid;
            if baseline.arcs_into(mandate.importer, mandate.product).is_empty() {
                continue;
            }
            self.at(mandate.importer, mandate.product).outlay += paid;
        }
    }

    /// Earmarked revenue by who collects it and on whose exports.
    fn earmark(&mut self, baseline: &Baseline, terms: &Terms, equilibrium: &Equilibrium) {
        let mut collect = |arc: ArcId, tonnes: Kilotonnes, duty: Duty| {
            let flow = baseline.flow_of(arc);
            let border =
                (value(baseline, equilibrium, arc, tonnes) * duty.rate + tonnes * duty.charge).value();
            let origin = (tonnes * duty.at_origin).value();
            let (importer, exporter) =
                (self.cell(flow.importer, flow.product), self.cell(flow.exporter, flow.product));
            self.earmarked[importer] += border;
            self.earmarked[exporter] += origin;
            self.paid_on_exports[flow.exporter.index()] += border;
        };
        for (arc, duty) in &terms.earmarked {
            collect(*arc, equilibrium.quantity[arc.index()], *duty);
        }
        let part = |arc: ArcId| {
            let found = terms.by_last_shipper.binary_search_by_key(&arc, |part| part.arc);
            found.map_or(Duty::default(), |at| terms.by_last_shipper[at].earmarked)
        };
        for via in &equilibrium.transshipped {
            let instead = via.paid_as.map_or(Duty::default(), part);
            collect(via.arc, via.quantity, instead.plus(part(via.arc), -1.0));
        }
        for (abater, abated) in abating(terms, equilibrium) {
            for part in abater.duties.iter().filter(|part| part.earmarked) {
                collect(part.arc, equilibrium.quantity[part.arc.index()], part.change(abated));
            }
        }
        // a clause that lowers a duty earns nothing to be used
        for amount in &mut self.earmarked {
            *amount = amount.max(0.0);
        }
    }

    /// A11: grants to abating producers, by who pays them.
    fn support(&mut self, baseline: &Baseline, terms: &Terms, equilibrium: &Equilibrium) {
        let mut by_product = vec![vec![0.0; baseline.products.len()]; terms.supports.len()];
        for (abater, abated) in abating(terms, equilibrium) {
            let producer = &baseline.producers[abater.producer.index()];
            let output = equilibrium.producers[abater.producer.index()].output;
            let cell = self.cell(producer.country, producer.product);
            self.abated[cell] += (output * abater.intensity).value() * abated;
            for (of, share) in &abater.supports {
                let granted = (output * abater.grant(*share, abated, equilibrium.supported[*of])).value();
                let support = &terms.supports[*of];
                let account = &mut self.supports[*of];
                let handed_out = if support.grant > 0.0 { granted / support.grant } else { 0.0 };
                account.granted += granted;
                account.lent += handed_out - granted;
                account.overhead += handed_out * support.overhead;
                by_product[*of][producer.product.index()] += granted + handed_out * support.overhead;
            }
        }
        // collectors bear what revenue pays in proportion to all that they collect
        let collected = self.collected_by_country();
        let total: f64 = collected.iter().sum();
        for (support, by_product) in terms.supports.iter().zip(by_product) {
            for (product, outlay) in baseline.product_ids().zip(by_product).filter(|(_, paid)| *paid > 0.0) {
                match &support.payer {
                    Payer::Budget(payers, _) => {
                        for (country, share) in payers {
                            self.at(*country, product).outlay += outlay * share;
                        }
                    }
                    Payer::Revenue(_) => {
                        for (country, part) in baseline.country_ids().zip(&collected) {
                            self.at(country, product).outlay += outlay * part / total.max(f64::MIN_POSITIVE);
                        }
                    }
                }
            }
        }
        for (support, account) in terms.supports.iter().zip(self.supports.clone()) {
            if let Payer::Revenue(of) = support.payer {
                self.uses[of].drawn += account.drawn();
            }
        }
    }

    fn collected_by_country(&self) -> Vec<f64> {
        let of = |country: usize| self.earmarked.iter().skip(country).step_by(self.countries).sum();
        (0..self.countries).map(of).collect()
    }

    /// The uses of earmarked revenue.
    fn use_revenue(&mut self, baseline: &Baseline, terms: &Terms, equilibrium: &Equilibrium) {
        let total: f64 = self.earmarked.iter().sum();
        let by_country = self.collected_by_country();
        let capped = terms.uses.iter().any(|purpose| purpose.at_most_loss);
        let mut room = if capped { self.losses(baseline, terms, equilibrium) } else { vec![] };
        for (position, purpose) in terms.uses.iter().enumerate() {
            let income = total * purpose.share;
            let mut account = self.uses[position];
            account.available = if purpose.flowing { income } else { 0.0 };
            if purpose.purpose != Purpose::Support && income > 0.0 {
                let keys = match &purpose.purpose {
                    Purpose::Fund(recipients, key) => {
                        let weigh =
                            |country: CountryId| self.key(baseline, equilibrium, *key, country, &by_country);
                        let mut weights = vec![0.0; self.countries];
                        for country in recipients.iter() {
                            weights[country.index()] = weigh(country);
                        }
                        weights
                    }
                    _ => by_country.clone(),
                };
                let (spent, keys) = cap::within(purpose, income, keys, &mut room);
                account.left = income - spent;
                self.pay(baseline, purpose, spent, total, &keys, &mut account);
            }
            self.uses[position] = account;
        }
    }

    /// Pays a use in and out.
    fn pay(
        &mut self,
        baseline: &Baseline,
        purpose: &RevenueUse,
        income: f64,
        total: f64,
        keys: &[f64],
        account: &mut UseAccount,
    ) {
        let whole: f64 = keys.iter().sum();
        let flows = purpose.flowing && whole > 0.0;
        account.overhead = if flows { income * purpose.overhead } else { 0.0 };
        let out = income - account.overhead;
        account.granted = if flows { out * purpose.grant } else { 0.0 };
        account.lent = if flows { out - account.granted } else { 0.0 };
        account.held = if flows { 0.0 } else { income };
        for product in baseline.product_ids() {
            let cells = product.index() * self.countries..(product.index() + 1) * self.countries;
            let of_product: f64 = self.earmarked[cells].iter().sum::<f64>() / total;
            for country in baseline.country_ids() {
                let cell = self.cell(country, product);
                let collected = self.earmarked[cell] / total;
                let entry = &mut self.by_country[cell];
                entry.paid_in += income * collected;
                entry.received += account.lent * collected;
                if flows {
                    entry.received += account.granted * of_product * keys[country.index()] / whole;
                }
            }
        }
    }

    /// A recipient's weight under a key.
    fn key(
        &self,
        baseline: &Baseline,
        equilibrium: &Equilibrium,
        key: Key,
        country: CountryId,
        collected: &[f64],
    ) -> f64 {
        match key {
            Key::DutyPaid => self.paid_on_exports[country.index()].max(0.0),
            Key::PerHead => baseline.countries[country.index()].population.unwrap_or(0.0),
            Key::TonneAbated => {
                baseline.product_ids().map(|product| self.abated(country, product).value()).sum()
            }
            Key::ExportsLost => {
                let mut lost = 0.0;
                for (position, arc) in baseline.arcs.iter().enumerate() {
                    let flow = baseline.flow_of(ArcId::at(position));
                    if flow.exporter != country || flow.is_home() || collected[flow.importer.index()] <= 0.0 {
                        continue;
                    }
                    let producer = &baseline.producers[arc.producer.index()];
                    let after = equilibrium.quantity[position]
                        * equilibrium.mill_price(baseline, ArcId::at(position));
                    lost += (arc.quantity * producer.price - after).value();
                }
                lost.max(0.0)
            }
        }
    }
}

/// The customs value of tonnes of an arc's metal: mill price and, where customs count it, freight on
/// the direct way.
#[must_use]
pub fn value(baseline: &Baseline, equilibrium: &Equilibrium, arc: ArcId, tonnes: Kilotonnes) -> MillionUsd {
    tonnes * baseline.customs_value(baseline.flow_of(arc), equilibrium.mill_price(baseline, arc))
}
