//! What a brief says, as numbers: gathered once from an outcome, for the page
//! and the terminal alike.

use crate::{Report, words};
use zollverein_batch::Band;
use zollverein_model::baseline::group::{GroupKind, normalised};
use zollverein_model::baseline::{Baseline, CountryId, CountrySet, ProductId};
use zollverein_model::indicator::emissions::{AtHomePrice, Balance};
use zollverein_model::indicator::equity::{Burdens, Change};
use zollverein_model::indicator::estimates::{self, Contributions, Rests};
use zollverein_model::indicator::exposure::{Exposure, exposures};
use zollverein_model::indicator::trade::{ExporterTrade, ImporterTrade, exporters, importers};
use zollverein_model::indicator::{
    Indicator, Level, Section, Shown, Total, Totals, shown_groups, territories,
};
use zollverein_model::model::Outcome;

/// Income groups of those that are in none; result files have them, headlines do not.
const UNCLASSIFIED: [&str; 2] = ["not_classified", "income_group_not_known"];

/// The sign of a least developed country.
pub(super) const LDC: char = '▲';

/// Whether a group is that of the least developed countries.
pub(super) fn is_ldc_group(group: &Shown) -> bool {
    group.section == Section::Status && normalised(&group.name) == "ldc"
}

/// A group's label, with the sign of the least developed countries.
pub(super) fn label(group: &Shown) -> String {
    let label = words::plain(&group.label);
    if is_ldc_group(group) { format!("{label} {LDC}") } else { label }
}

/// The numbers of a brief.
pub(super) struct Facts<'a> {
    pub report: &'a Report<'a>,
    pub baseline: &'a Baseline,
    pub outcome: &'a Outcome,
    pub totals: Totals<'a>,
    pub groups: Vec<Shown>,
    pub burdens: Burdens,
    /// Emissions of all products together.
    pub balance: Balance,
    /// By product, and all together (`None`).
    pub exporters: Vec<ExporterTrade>,
    pub importers: Vec<ImporterTrade>,
    pub exposures: Vec<Exposure>,
    pub world: CountrySet,
    pub outside: CountrySet,
    /// The least developed countries, if the data name them.
    pub ldc: Option<CountrySet>,
}

impl<'a> Facts<'a> {
    pub(super) fn of(report: &'a Report<'a>) -> Self {
        let (baseline, outcome) = (report.baseline, report.outcome);
        let totals = Totals::new(baseline, &outcome.indicators, &outcome.equilibrium);
        let balance = Balance::of(baseline, &totals, &outcome.equilibrium, &outcome.members, None);
        let mut facts = Self {
            report,
            baseline,
            outcome,
            groups: shown_groups(baseline, &outcome.members),
            burdens: Burdens::of(baseline, &outcome.indicators, &outcome.equilibrium),
            balance,
            exporters: exporters(baseline, &outcome.equilibrium, &outcome.members),
            importers: importers(baseline, &outcome.equilibrium, &outcome.members),
            exposures: exposures(baseline, &outcome.members),
            world: CountrySet::all(baseline.countries.len()),
            outside: outcome.members.complement(),
            ldc: baseline.groups.get("ldc").map(|group| group.members.clone()),
            totals,
        };
        if !facts.stand_as_one() {
            let members = facts.groups.iter_mut().filter(|group| group.section == Section::Club);
            for group in members.filter(|group| group.name == "members") {
                "Members, not one arrangement".clone_into(&mut group.label);
            }
        }
        facts
    }

    /// Whether the members stand as one: one customs territory, or the members of one arrangement. A sum
    /// over others is of countries that may tax each other.
    pub(super) fn stand_as_one(&self) -> bool {
        let members = &self.outcome.members;
        self.outcome.terms.blocs.contains(members) || territories(self.baseline, members).len() < 2
    }

    /// Those members together in a sentence.
    pub(super) fn members_together(&self) -> String {
        if self.stand_as_one() {
            return "members".to_owned();
        }
        let count = territories(self.baseline, &self.outcome.members).len();
        format!("the {count} that apply measures, each its own and also on each other,")
    }

    /// Whether anything changes in the markets of a product.
    pub(super) fn moves(&self, product: ProductId) -> bool {
        let of = |indicator| self.totals.get(&self.world, indicator, Some(product)).level;
        let prices = self.baseline.country_ids().any(|country| {
            let level = self.outcome.indicators.get(Indicator::PriceIndex, country, Some(product));
            level.and_then(Level::relative).is_some_and(|change| !words::is_nothing(100.0 * change))
        });
        prices || of(Indicator::Output).is_some_and(|level| !words::is_nothing(level.change()))
    }

    /// A country's name, with the sign of the least developed.
    pub(super) fn name(&self, country: CountryId) -> String {
        let name = words::plain(&self.baseline.countries[country.index()].name);
        if self.is_ldc(country) { format!("{name} {LDC}") } else { name }
    }

    /// Whether the data call a country least developed.
    pub(super) fn is_ldc(&self, country: CountryId) -> bool {
        self.ldc.as_ref().is_some_and(|set| set.contains(country))
    }

    pub(super) fn product(&self, product: ProductId) -> String {
        words::plain(&self.baseline.products[product.index()].name)
    }

    pub(super) fn total(&self, set: &CountrySet, indicator: Indicator) -> Total {
        self.totals.get(set, indicator, None)
    }

    /// The change of an indicator over a group, all products together.
    pub(super) fn change(&self, set: &CountrySet, indicator: Indicator) -> Option<f64> {
        self.total(set, indicator).level.map(Level::change)
    }

    /// Where draws put the change of an indicator of a group or country, by its name in files.
    pub(super) fn band(&self, name: &str, indicator: &str) -> Option<Band> {
        self.report.intervals.and_then(|known| known.band(name, indicator))
    }

    /// Whether welfare has parts beyond surplus and revenue.
    pub(super) fn programmes(&self) -> bool {
        let terms = &self.outcome.terms;
        !(terms.quotas.is_empty()
            && terms.mandates.is_empty()
            && terms.supports.is_empty()
            && terms.uses.is_empty())
    }

    /// Emissions outside with the policy and under its home price alone; `None` where it has none.
    pub(super) fn at_home_price(&self) -> Option<AtHomePrice> {
        let alone = self.outcome.home_price_alone.as_ref()?;
        let alone = Totals::new(self.baseline, alone, &self.outcome.status_quo);
        AtHomePrice::of(self.balance.outside, &alone, &self.outcome.members, None)
    }

    /// Whether the policy has quotas.
    pub(super) fn quotas(&self) -> bool {
        !self.outcome.terms.quotas.is_empty()
    }

    /// Exporters' quota rents and transfers received less programme outlays of a group, million USD.
    pub(super) fn beyond_duties(&self, set: &CountrySet) -> f64 {
        let of = |indicator| self.change(set, indicator).unwrap_or(0.0);
        of(Indicator::QuotaRent) + of(Indicator::Transfers) - of(Indicator::ProgrammeOutlay)
    }

    /// World, members, outside, income groups and status groups: the groups of headline tables, without
    /// those of countries that are in no income group.
    pub(super) fn headline_groups(&self) -> impl Iterator<Item = &Shown> {
        let unclassified = |group: &Shown| {
            group.section == Section::Income && UNCLASSIFIED.contains(&normalised(&group.name).as_str())
        };
        self.groups.iter().filter(move |group| group.section != Section::Region && !unclassified(group))
    }

    /// Whether the outcome changes any country's welfare.
    pub(super) fn anything_changes(&self) -> bool {
        self.burdens.losing() + self.burdens.gaining() > 0
    }

    /// What is said of members of an arrangement, or else of those who apply measures each by itself.
    pub(super) fn said<'b>(&self, of_members: &'b str, of_appliers: &'b str) -> &'b str {
        if self.stand_as_one() { of_members } else { of_appliers }
    }

    /// The members in words: whole status and own groups by name, then countries.
    pub(super) fn members(&self) -> Vec<String> {
        let mut left = self.outcome.members.clone();
        let mut groups: Vec<_> = self
            .baseline
            .groups
            .values()
            .filter(|group| matches!(group.kind, GroupKind::Status | GroupKind::Own))
            .filter(|group| group.members.count() > 2)
            .collect();
        groups.sort_by_key(|group| std::cmp::Reverse(group.members.count()));
        let mut named = vec![];
        for group in groups {
            if group.members.iter().all(|country| left.contains(country)) {
                left.remove(&group.members);
                named.push(format!("{} ({} countries)", words::plain(&group.label), group.members.count()));
            }
        }
        named.extend(left.iter().map(|country| self.name(country)));
        named
    }

    /// Countries by loss of welfare per GDP, the hardest hit first; only those that lose.
    pub(super) fn hardest_hit(&self) -> Vec<Change> {
        self.by_gdp(|ratio| ratio < 0.0, |a, b| a.total_cmp(&b))
    }

    /// Countries by gain of welfare per GDP, the largest first; only those that gain.
    pub(super) fn best_off(&self) -> Vec<Change> {
        self.by_gdp(|ratio| ratio > 0.0, |a, b| b.total_cmp(&a))
    }

    fn by_gdp(
        &self,
        keep: impl Fn(f64) -> bool,
        order: impl Fn(f64, f64) -> std::cmp::Ordering,
    ) -> Vec<Change> {
        let mut changes: Vec<(f64, Change)> = self
            .burdens
            .changes
            .iter()
            .filter_map(|change| Some((change.per_gdp?, *change)))
            .filter(|(ratio, _)| keep(*ratio))
            .collect();
        changes.sort_by(|a, b| order(a.0, b.0));
        changes.into_iter().map(|(_, change)| change).collect()
    }

    /// An exporter's trade, all products together.
    pub(super) fn exporter(&self, country: CountryId) -> Option<&ExporterTrade> {
        self.exporters.iter().find(|row| row.exporter == country && row.product.is_none())
    }

    /// What the changes of the world's welfare and emissions rest on, counted by what each shipment
    /// contributes; `None` where nothing changes.
    pub(super) fn resting(&self) -> [Option<Rests>; 2] {
        if !self.anything_changes() {
            return [None; 2];
        }
        let outcome = self.outcome;
        let found =
            Contributions::of(self.baseline, &outcome.terms, &outcome.status_quo, &outcome.equilibrium);
        [Indicator::Welfare, Indicator::Emissions].map(|indicator| found.rests(&self.world, indicator))
    }

    /// What the tonnes shipped between countries in the baseline rest on, in words; `None` where
    /// nothing is shipped or nothing is said.
    pub(super) fn tonnes_rest_on(&self) -> Option<String> {
        let (on, unsaid) = estimates::of_tonnes(self.baseline, None)?;
        (unsaid < 1.0).then(|| words::bases(&on, unsaid))
    }
}
