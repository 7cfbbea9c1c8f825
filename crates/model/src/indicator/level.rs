//! The table of levels: indicator by country and product, before and after.

use crate::baseline::{Baseline, CountryId, CountrySet, ProductId};
use crate::engine::{Accounts, Equilibrium, accounts};
use crate::policy::Terms;
use crate::units::{Intensity, Kilotonnes};
use serde::Serialize;

/// What is measured; names and units are those of the result files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Indicator {
    /// Tonnes made.
    Output,
    /// Tonnes shipped out of the customs territory.
    Exports,
    /// Tonnes received from outside the customs territory.
    Imports,
    /// Tonnes used, home sales included.
    Use,
    /// Value of exports out of the customs territory, at the mill.
    ExportValue,
    /// Value of imports into the customs territory, at the border (mill price and freight, before duty).
    ImportValue,
    /// Tonnes shipped to other members of the customs union, or of the one arrangement that a group is.
    ShipmentsAmongMembers,
    /// Tonnes shipped to any other country, members of the own customs union included.
    GrossExports,
    /// Tonnes received from any other country, members of the own customs union included.
    GrossImports,
    /// Purchasers' price, 1 in the baseline.
    PriceIndex,
    /// Gain of those who buy.
    ConsumerSurplus,
    /// Gain of those who make.
    ProducerSurplus,
    /// Duties and charges collected, and the rent of quota licences that the government sells.
    GovernmentRevenue,
    /// Consumer and producer surplus, the change in revenue, quota rents and transfers received,
    /// less programme outlays.
    Welfare,
    /// Emissions of production.
    Emissions,
    /// Emissions embodied in imports into the customs territory.
    ImportedEmissions,
    /// Output over capacity.
    Utilisation,
    /// Persons employed in making the product.
    Jobs,
    /// Quota rents that exporters get; only under quotas.
    QuotaRent,
    /// Quota rents that importers get; only under quotas.
    ImportersRent,
    /// Premiums on green tonnes and support of abatement paid; only under such programmes.
    ProgrammeOutlay,
    /// Revenue received from uses of revenue less revenue paid into them; only under a use of revenue.
    Transfers,
    /// Welfare less transfers; only under a use of revenue.
    WelfareBeforeTransfers,
}

impl Indicator {
    /// All indicators, in the order of the result files.
    pub const ALL: [Self; 23] = [
        Self::Output,
        Self::Exports,
        Self::Imports,
        Self::Use,
        Self::ExportValue,
        Self::ImportValue,
        Self::ShipmentsAmongMembers,
        Self::GrossExports,
        Self::GrossImports,
        Self::PriceIndex,
        Self::ConsumerSurplus,
        Self::ProducerSurplus,
        Self::GovernmentRevenue,
        Self::Welfare,
        Self::Emissions,
        Self::ImportedEmissions,
        Self::Utilisation,
        Self::Jobs,
        Self::QuotaRent,
        Self::ImportersRent,
        Self::ProgrammeOutlay,
        Self::Transfers,
        Self::WelfareBeforeTransfers,
    ];

    /// The name in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Output => "output",
            Self::Exports => "exports",
            Self::Imports => "imports",
            Self::Use => "use",
            Self::ExportValue => "export_value",
            Self::ImportValue => "import_value",
            Self::ShipmentsAmongMembers => "shipments_among_members",
            Self::GrossExports => "gross_exports",
            Self::GrossImports => "gross_imports",
            Self::PriceIndex => "price_index",
            Self::ConsumerSurplus => "consumer_surplus",
            Self::ProducerSurplus => "producer_surplus",
            Self::GovernmentRevenue => "government_revenue",
            Self::Welfare => "welfare",
            Self::Emissions => "emissions",
            Self::ImportedEmissions => "imported_emissions",
            Self::Utilisation => "utilisation",
            Self::Jobs => "jobs",
            Self::QuotaRent => "quota_rent",
            Self::ImportersRent => "importers_rent",
            Self::ProgrammeOutlay => "programme_outlay",
            Self::Transfers => "transfers",
            Self::WelfareBeforeTransfers => "welfare_before_transfers",
        }
    }

    /// The unit in files: kt, `million_usd`, ratio, `kt_co2e` or jobs.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Output
            | Self::Exports
            | Self::Imports
            | Self::Use
            | Self::ShipmentsAmongMembers
            | Self::GrossExports
            | Self::GrossImports => "kt",
            Self::ExportValue
            | Self::ImportValue
            | Self::ConsumerSurplus
            | Self::ProducerSurplus
            | Self::GovernmentRevenue
            | Self::Welfare
            | Self::QuotaRent
            | Self::ImportersRent
            | Self::ProgrammeOutlay
            | Self::Transfers
            | Self::WelfareBeforeTransfers => "million_usd",
            Self::PriceIndex | Self::Utilisation => "ratio",
            Self::Emissions | Self::ImportedEmissions => "kt_co2e",
            Self::Jobs => "jobs",
        }
    }
}

/// Indicators of trade that leave out what members of one customs territory ship to each other.
pub(super) const IS_EXTERNAL: [Indicator; 6] = [
    Indicator::Exports,
    Indicator::Imports,
    Indicator::ExportValue,
    Indicator::ImportValue,
    Indicator::ImportedEmissions,
    Indicator::ShipmentsAmongMembers,
];

/// An indicator before and after.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Level {
    /// In the baseline; 0 for surplus and welfare, which have only a change.
    pub baseline: f64,
    /// In the counterfactual.
    pub value: f64,
}

impl Level {
    /// After less before.
    #[must_use]
    pub fn change(self) -> f64 {
        self.value - self.baseline
    }

    /// The change relative to the baseline; `None` where the baseline is zero.
    #[must_use]
    pub fn relative(self) -> Option<f64> {
        (self.baseline != 0.0).then(|| self.value / self.baseline - 1.0)
    }
}

/// Every indicator of every country and product, and of each country's products together.
#[derive(Debug, Clone, PartialEq)]
pub struct Indicators {
    countries: usize,
    products: usize,
    values: Vec<Option<Level>>,
    blocs: Vec<Bloc>,
}

/// Countries that stand as one arrangement, and what they ship to each other across the borders of their
/// customs territories.
#[derive(Debug, Clone, PartialEq)]
struct Bloc {
    members: CountrySet,
    /// By product, then all together, and by indicator of [`IS_EXTERNAL`]: what has to be added to the
    /// sum over the members to get the figure of the arrangement.
    among: Vec<[Level; IS_EXTERNAL.len()]>,
}

impl Indicators {
    /// An indicator of a country, for one product or (`None`) for all together;
    /// `None` where the data do not give it, which is not the same as zero.
    #[must_use]
    pub fn get(&self, indicator: Indicator, country: CountryId, product: Option<ProductId>) -> Option<Level> {
        self.values[self.position(indicator, country, product)]
    }

    /// What has to be added to the sum over the countries of a set so that trade among them is not
    /// external: nothing, but for a set that is one arrangement.
    #[must_use]
    pub(super) fn among(&self, set: &CountrySet, indicator: Indicator, product: Option<ProductId>) -> Level {
        let at = IS_EXTERNAL.iter().position(|external| *external == indicator);
        let bloc = self.blocs.iter().find(|bloc| bloc.members == *set);
        let column = product.map_or(self.products, ProductId::index);
        bloc.zip(at).map_or_else(Level::default, |(bloc, at)| bloc.among[column][at])
    }

    /// Whether a country makes or buys a product and the data do not give an indicator of that.
    #[must_use]
    pub(super) fn lacks(&self, indicator: Indicator, country: CountryId, product: ProductId) -> bool {
        let activity = match indicator {
            Indicator::Emissions | Indicator::Utilisation | Indicator::Jobs => Indicator::Output,
            Indicator::ImportedEmissions => Indicator::Imports,
            _ => return false,
        };
        let does = self.get(activity, country, Some(product)).unwrap_or_default();
        (does.baseline > 0.0 || does.value > 0.0) && self.get(indicator, country, Some(product)).is_none()
    }

    fn position(&self, indicator: Indicator, country: CountryId, product: Option<ProductId>) -> usize {
        let column = product.map_or(self.products, ProductId::index);
        (indicator as usize * (self.products + 1) + column) * self.countries + country.index()
    }

    fn slot(&mut self, indicator: Indicator, country: CountryId, product: ProductId) -> &mut Option<Level> {
        let position = self.position(indicator, country, Some(product));
        &mut self.values[position]
    }

    fn add(
        &mut self,
        indicator: Indicator,
        country: CountryId,
        product: ProductId,
        baseline: f64,
        value: f64,
    ) {
        let level = self.slot(indicator, country, product).get_or_insert_default();
        level.baseline += baseline;
        level.value += value;
    }

    /// The indicators of an equilibrium under some terms.
    #[must_use]
    pub fn of(baseline: &Baseline, terms: &Terms, equilibrium: &Equilibrium) -> Self {
        let (countries, products) = (baseline.countries.len(), baseline.products.len());
        let mut table = Self {
            countries,
            products,
            values: vec![None; Indicator::ALL.len() * (products + 1) * countries],
            blocs: vec![],
        };
        table.production(baseline, equilibrium);
        table.trade(baseline, terms, equilibrium);
        table.arrangements(baseline, terms, equilibrium);
        table.programmes(baseline, terms, equilibrium);
        table.welfare(baseline);
        table.all_products(baseline, equilibrium);
        table
    }

    fn production(&mut self, baseline: &Baseline, equilibrium: &Equilibrium) {
        let mut capacity = vec![Some(0.0); self.countries * self.products];
        let mut unknown_emissions = vec![];
        for (producer, after) in baseline.producers.iter().zip(&equilibrium.producers) {
            let (country, product) = (producer.country, producer.product);
            let (before, output) = (producer.output.value(), after.output.value());
            self.add(Indicator::Output, country, product, before, output);
            self.add(Indicator::ProducerSurplus, country, product, 0.0, after.surplus.value());
            match producer.intensity {
                Some(e) => {
                    let emitted = output * after.intensity(e).value();
                    self.add(Indicator::Emissions, country, product, before * e.value(), emitted);
                }
                None if before > 0.0 => unknown_emissions.push((country, product)),
                None => {}
            }
            if let Some(jobs) = baseline.jobs.get(&(country, product)) {
                self.add(Indicator::Jobs, country, product, before * jobs.value(), output * jobs.value());
            }
            let sum = &mut capacity[product.index() * self.countries + country.index()];
            *sum = sum.zip(producer.capacity).map(|(sum, more)| sum + more.value());
        }
        for (country, product) in unknown_emissions {
            *self.slot(Indicator::Emissions, country, product) = None;
        }
        for product in baseline.product_ids() {
            for country in baseline.country_ids() {
                let made = self.get(Indicator::Output, country, Some(product));
                let capacity = capacity[product.index() * self.countries + country.index()];
                if let (Some(made), Some(capacity)) = (made, capacity)
                    && capacity > 0.0
                {
                    let (before, after) = (made.baseline / capacity, made.value / capacity);
                    self.add(Indicator::Utilisation, country, product, before, after);
                }
            }
        }
    }

    fn trade(&mut self, baseline: &Baseline, terms: &Terms, equilibrium: &Equilibrium) {
        let mut of_unknown_intensity = vec![];
        let duties = accounts::duties(terms, equilibrium, baseline.arcs.len());
        let union = baseline.customs_union().map(|union| &union.members);
        for (position, arc) in baseline.arcs.iter().enumerate() {
            let flow = baseline.trade.flow(arc.flow);
            let producer = &baseline.producers[arc.producer.index()];
            let (from, to, product) = (flow.exporter, flow.importer, flow.product);
            let (before, after) = (arc.quantity, equilibrium.quantity[position]);
            let state = &equilibrium.producers[arc.producer.index()];
            let mill = state.price;
            self.add(Indicator::Use, to, product, before.value(), after.value());
            let duty = duties[position];
            let customs = |tonnes, mill| tonnes * baseline.customs_value(flow, mill);
            let revenue = customs(after, mill) * duty.rate + after * duty.charge;
            self.add(
                Indicator::GovernmentRevenue,
                to,
                product,
                (customs(before, producer.price) * flow.duty).value(),
                revenue.value(),
            );
            if duty.at_origin.value() != 0.0 {
                let charged = (after * duty.at_origin).value();
                self.add(Indicator::GovernmentRevenue, from, product, 0.0, charged);
            }
            if flow.is_home() {
                continue;
            }
            // who trades within a customs union alone exports nothing, which is known
            let within = union.is_some_and(|union| union.contains_both(from, to));
            let mut tonnes = |indicator, country, counts: bool| {
                let counted = |kt: Kilotonnes| if counts { kt.value() } else { 0.0 };
                self.add(indicator, country, product, counted(before), counted(after));
            };
            tonnes(Indicator::GrossExports, from, true);
            tonnes(Indicator::GrossImports, to, true);
            tonnes(Indicator::Exports, from, !within);
            tonnes(Indicator::Imports, to, !within);
            if union.is_some_and(|union| union.contains(from)) {
                tonnes(Indicator::ShipmentsAmongMembers, from, within);
            }
            let (before, after) = if within { (Kilotonnes::ZERO, Kilotonnes::ZERO) } else { (before, after) };
            let cif_before = before * (producer.price + flow.freight);
            let cif = after * (mill + flow.freight);
            let (fob_before, fob) = (before * producer.price, after * mill);
            self.add(Indicator::ExportValue, from, product, fob_before.value(), fob.value());
            self.add(Indicator::ImportValue, to, product, cif_before.value(), cif.value());
            let e = producer.intensity.unwrap_or_else(|| {
                if before.value() > 0.0 || after.value() > 0.0 {
                    of_unknown_intensity.push((to, product));
                }
                Intensity::ZERO
            });
            let embodied = after.value() * state.intensity(e).value();
            self.add(Indicator::ImportedEmissions, to, product, before.value() * e.value(), embodied);
        }
        for (country, product) in of_unknown_intensity {
            *self.slot(Indicator::ImportedEmissions, country, product) = None;
        }
        for product in baseline.product_ids() {
            for country in baseline.country_ids() {
                if let Some(market) = equilibrium.market(country, product) {
                    self.add(Indicator::PriceIndex, country, product, 1.0, market.price_index);
                    self.add(Indicator::ConsumerSurplus, country, product, 0.0, market.surplus.value());
                }
            }
        }
    }

    /// What the members of each arrangement ship to each other, beyond what stays in a customs union.
    fn arrangements(&mut self, baseline: &Baseline, terms: &Terms, equilibrium: &Equilibrium) {
        let union = baseline.customs_union().map(|union| &union.members);
        for members in &terms.blocs {
            let mut among = vec![[Level::default(); IS_EXTERNAL.len()]; self.products + 1];
            for (position, arc) in baseline.arcs.iter().enumerate() {
                let flow = baseline.trade.flow(arc.flow);
                let (from, to) = (flow.exporter, flow.importer);
                let within = union.is_some_and(|union| union.contains_both(from, to));
                if flow.is_home() || within || !(members.contains(from) && members.contains(to)) {
                    continue;
                }
                let producer = &baseline.producers[arc.producer.index()];
                let state = &equilibrium.producers[arc.producer.index()];
                let (before, after) = (arc.quantity, equilibrium.quantity[position]);
                let level = |baseline: f64, value: f64| Level { baseline, value };
                let tonnes = level(before.value(), after.value());
                let fob = level((before * producer.price).value(), (after * state.price).value());
                let cif = level(
                    (before * (producer.price + flow.freight)).value(),
                    (after * (state.price + flow.freight)).value(),
                );
                let embodied = producer.intensity.map_or_else(Level::default, |e| {
                    level((before * e).value(), (after * state.intensity(e)).value())
                });
                let parts = [tonnes, tonnes, fob, cif, embodied];
                for column in [flow.product.index(), self.products] {
                    let sums = &mut among[column];
                    for (sum, part) in sums.iter_mut().zip(parts) {
                        sum.baseline -= part.baseline;
                        sum.value -= part.value;
                    }
                    let shipments = &mut sums[IS_EXTERNAL.len() - 1];
                    shipments.baseline += tonnes.baseline;
                    shipments.value += tonnes.value;
                }
            }
            self.blocs.push(Bloc { members: members.clone(), among });
        }
    }

    /// Quota rents, outlays and transfers, where the terms have any.
    fn programmes(&mut self, baseline: &Baseline, terms: &Terms, equilibrium: &Equilibrium) {
        let (quotas, uses) = (!terms.quotas.is_empty(), !terms.uses.is_empty());
        let programmes = !terms.mandates.is_empty() || !terms.supports.is_empty();
        if !(quotas || uses || programmes) {
            return;
        }
        let accounts = Accounts::of(baseline, terms, equilibrium);
        for product in baseline.product_ids() {
            for country in baseline.country_ids() {
                let account = accounts.get(country, product);
                // no row for who neither makes nor uses nor pays nor receives
                let there = self.get(Indicator::Use, country, Some(product)).is_some()
                    || self.get(Indicator::Output, country, Some(product)).is_some();
                let mut put = |shown: bool, indicator, amount: f64| {
                    if amount != 0.0 || (shown && there) {
                        self.add(indicator, country, product, 0.0, amount);
                    }
                };
                put(false, Indicator::GovernmentRevenue, account.quota_revenue);
                put(quotas, Indicator::QuotaRent, account.quota_rent);
                put(quotas, Indicator::ImportersRent, account.importers_rent);
                put(programmes, Indicator::ProgrammeOutlay, account.outlay);
                put(uses, Indicator::Transfers, account.received - account.paid_in);
            }
        }
    }

    fn welfare(&mut self, baseline: &Baseline) {
        const PARTS: [(Indicator, f64); 6] = [
            (Indicator::ConsumerSurplus, 1.0),
            (Indicator::ProducerSurplus, 1.0),
            (Indicator::GovernmentRevenue, 1.0),
            (Indicator::QuotaRent, 1.0),
            (Indicator::ImportersRent, 1.0),
            (Indicator::ProgrammeOutlay, -1.0),
        ];
        for product in baseline.product_ids() {
            for country in baseline.country_ids() {
                for (part, sign) in PARTS {
                    if let Some(level) = self.get(part, country, Some(product)) {
                        self.add(Indicator::Welfare, country, product, 0.0, sign * level.change());
                    }
                }
                if let Some(transfers) = self.get(Indicator::Transfers, country, Some(product)) {
                    let before = self.get(Indicator::Welfare, country, Some(product)).unwrap_or_default();
                    self.add(Indicator::WelfareBeforeTransfers, country, product, 0.0, before.change());
                    self.add(Indicator::Welfare, country, product, 0.0, transfers.change());
                }
            }
        }
    }

    /// Sums over products; the price index is weighted by baseline expenditure,
    /// utilisation is output over capacity of all products together.
    fn all_products(&mut self, baseline: &Baseline, equilibrium: &Equilibrium) {
        for indicator in Indicator::ALL {
            for country in baseline.country_ids() {
                let (mut sum, mut weights, mut any) = (Level::default(), 0.0, false);
                let mut unknown = false;
                for product in baseline.product_ids() {
                    let Some(level) = self.get(indicator, country, Some(product)) else {
                        // a sum of some products would pass for the whole
                        unknown |= self.lacks(indicator, country, product);
                        continue;
                    };
                    let weight = match indicator {
                        Indicator::PriceIndex => equilibrium
                            .market(country, product)
                            .map_or(0.0, |market| market.expenditure_before.value()),
                        Indicator::Utilisation => {
                            let output =
                                self.get(Indicator::Output, country, Some(product)).unwrap_or_default();
                            if level.baseline > 0.0 { output.baseline / level.baseline } else { 0.0 }
                        }
                        _ => 1.0,
                    };
                    any = true;
                    weights += weight;
                    sum.baseline += level.baseline * weight;
                    sum.value += level.value * weight;
                }
                let mean = matches!(indicator, Indicator::PriceIndex | Indicator::Utilisation);
                if mean && weights > 0.0 {
                    sum = Level { baseline: sum.baseline / weights, value: sum.value / weights };
                }
                let position = self.position(indicator, country, None);
                self.values[position] = (any && !unknown).then_some(sum);
            }
        }
    }
}
