//! Sums of indicators over groups of countries: members, outsiders, income
//! groups, least developed countries and whatever else the data or a scenario name.

use crate::baseline::{Baseline, Country, CountryId, CountrySet, ProductId, group::GroupKind};
use crate::engine::Equilibrium;
use crate::indicator::{Indicator, Indicators, Level};
use crate::units::Kilotonnes;

/// What partition or list a shown group belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// Every country.
    World,
    /// Members of the policy, and all others: together the world.
    Club,
    /// Least developed, landlocked, island, union or organisation; they may overlap.
    Status,
    /// Income groups and the countries without one: together the world.
    Income,
    /// Regions and the countries without one: together the world.
    Region,
    /// Named by the user; they may overlap.
    Own,
}

/// A group as tables show it.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// Its name in files.
    pub name: String,
    /// Its name in words.
    pub label: String,
    /// Where it belongs.
    pub section: Section,
    /// Who is in it.
    pub set: CountrySet,
}

/// Every group that has a country in it, in the order of tables: world, members
/// and outside, status groups, income groups from the poorest (GDP per head),
/// regions, own groups.
#[must_use]
pub fn shown_groups(baseline: &Baseline, members: &CountrySet) -> Vec<Shown> {
    let mut shown = vec![];
    let mut put = |name: &str, label: &str, section: Section, set: CountrySet| {
        if !set.is_empty() {
            shown.push(Shown { name: name.to_owned(), label: label.to_owned(), section, set });
        }
    };
    put("world", "World", Section::World, CountrySet::all(baseline.countries.len()));
    put("members", "Members", Section::Club, members.clone());
    put("outside", "Outside", Section::Club, members.complement());
    let sections = [
        (GroupKind::Status, Section::Status, ""),
        (GroupKind::Income, Section::Income, "income_group_not_known"),
        (GroupKind::Region, Section::Region, "region_not_known"),
        (GroupKind::Own, Section::Own, ""),
    ];
    for (kind, section, rest) in sections {
        let mut groups: Vec<_> = baseline.groups.values().filter(|group| group.kind == kind).collect();
        if section == Section::Income {
            let wealth = |set: &CountrySet| gdp_per_head(baseline, set).unwrap_or(f64::INFINITY);
            groups.sort_by(|a, b| wealth(&a.members).total_cmp(&wealth(&b.members)));
        }
        let mut unclassified = CountrySet::all(baseline.countries.len());
        for group in &groups {
            unclassified.remove(&group.members);
            let taken = ["members", "outside"].contains(&group.name.as_str());
            let name = if taken { format!("{} (own group)", group.name) } else { group.name.clone() };
            put(&name, &group.label, section, group.members.clone());
        }
        if !rest.is_empty() && !groups.is_empty() {
            let what = if section == Section::Income { "Income group" } else { "Region" };
            put(rest, &format!("{what} not known"), section, unclassified);
        }
    }
    shown
}

/// The countries of a set by customs territory: a customs union that is in it as a whole is one,
/// every other country is one of its own. Names are those of result files.
#[must_use]
pub fn territories(baseline: &Baseline, of: &CountrySet) -> Vec<Shown> {
    let mut left = of.clone();
    let mut found = vec![];
    if let Some(union) = baseline.customs_union()
        && union.members.iter().all(|country| left.contains(country))
    {
        left.remove(&union.members);
        found.push(Shown {
            name: union.name.clone(),
            label: union.label.clone(),
            section: Section::Status,
            set: union.members.clone(),
        });
    }
    found.extend(left.iter().map(|country| {
        let Country { code, name, .. } = &baseline.countries[country.index()];
        Shown {
            name: code.clone(),
            label: name.clone(),
            section: Section::Own,
            set: CountrySet::of(baseline.countries.len(), [country]),
        }
    }));
    found
}

/// GDP per head in US dollars of the countries of a set for which both are known.
fn gdp_per_head(baseline: &Baseline, set: &CountrySet) -> Option<f64> {
    let (mut gdp, mut people) = (0.0, 0.0);
    for country in set.iter() {
        let country = &baseline.countries[country.index()];
        if let (Some(more), Some(heads)) = (country.gdp_usd, country.population) {
            gdp += more;
            people += heads;
        }
    }
    (people > 0.0).then(|| gdp / people)
}

/// An indicator of a group.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Total {
    /// The sum or mean of the members whose figure is known; `None` if none is.
    pub level: Option<Level>,
    /// Members that ought to have a figure and have none; where it is not zero the level is partial.
    pub not_known: usize,
}

/// A ratio of a group, such as a change of welfare per head.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Relative {
    /// The ratio over the members whose denominator is known.
    pub value: f64,
    /// Members left out because it is not.
    pub not_known: usize,
}

/// Adds indicators up over groups.
#[derive(Debug, Clone)]
pub struct Totals<'a> {
    baseline: &'a Baseline,
    indicators: &'a Indicators,
    equilibrium: &'a Equilibrium,
    /// By product and country, kt.
    capacity: Vec<f64>,
}

impl<'a> Totals<'a> {
    /// Totals of the indicators of an equilibrium.
    #[must_use]
    pub fn new(baseline: &'a Baseline, indicators: &'a Indicators, equilibrium: &'a Equilibrium) -> Self {
        let mut capacity = vec![0.0; baseline.products.len() * baseline.countries.len()];
        for producer in &baseline.producers {
            capacity[producer.product.index() * baseline.countries.len() + producer.country.index()] +=
                producer.capacity.map_or(0.0, Kilotonnes::value);
        }
        Self { baseline, indicators, equilibrium, capacity }
    }

    /// An indicator of a group for one product or (`None`) for all together. Amounts
    /// are added up; the price index is weighted by what purchasers paid in the
    /// baseline; utilisation is output over capacity of the group. Trade is external: what members of a
    /// customs union, or of the one arrangement that the group is, ship to each other is not in its
    /// exports and imports and is its shipments among members instead; for every group
    /// `gross exports = exports + shipments among members`.
    #[must_use]
    pub fn get(&self, set: &CountrySet, indicator: Indicator, product: Option<ProductId>) -> Total {
        let not_known = set.iter().filter(|country| self.lacks(*country, indicator, product)).count();
        let (mut sum, mut weights, mut any) = (Level::default(), 0.0, false);
        for country in set.iter() {
            for (level, weight) in self.parts(country, indicator, product) {
                any = true;
                weights += weight;
                sum.baseline += level.baseline * weight;
                sum.value += level.value * weight;
            }
        }
        let among = self.indicators.among(set, indicator, product);
        any |= among != Level::default();
        sum.baseline += among.baseline;
        sum.value += among.value;
        let level = match indicator {
            Indicator::PriceIndex | Indicator::Utilisation => (weights > 0.0)
                .then(|| Level { baseline: sum.baseline / weights, value: sum.value / weights }),
            _ => any.then_some(sum),
        };
        Total { level, not_known }
    }

    /// The known figures of a country that a total is made of, with their weights.
    fn parts(
        &self,
        country: CountryId,
        indicator: Indicator,
        product: Option<ProductId>,
    ) -> Vec<(Level, f64)> {
        self.baseline
            .product_ids()
            .filter(|one| product.is_none_or(|wanted| wanted == *one))
            .filter_map(|one| {
                let level = self.indicators.get(indicator, country, Some(one))?;
                let weight = match indicator {
                    Indicator::PriceIndex => {
                        self.equilibrium.market(country, one)?.expenditure_before.value()
                    }
                    Indicator::Utilisation => {
                        self.capacity[one.index() * self.baseline.countries.len() + country.index()]
                    }
                    _ => 1.0,
                };
                Some((level, weight))
            })
            .collect()
    }

    /// Whether a country does what an indicator measures and has no figure of it.
    fn lacks(&self, country: CountryId, indicator: Indicator, product: Option<ProductId>) -> bool {
        let mut products =
            self.baseline.product_ids().filter(|one| product.is_none_or(|wanted| wanted == *one));
        products.any(|one| self.indicators.lacks(indicator, country, one))
    }

    /// The change of welfare per head in US dollars, over the countries whose
    /// population is known.
    #[must_use]
    pub fn welfare_per_head(&self, set: &CountrySet) -> Option<Relative> {
        let heads = |country: CountryId| self.baseline.countries[country.index()].population;
        self.change_over(set, Indicator::Welfare, None, heads)
    }

    /// The change of welfare over GDP, as a ratio, over the countries whose GDP is known.
    #[must_use]
    pub fn welfare_per_gdp(&self, set: &CountrySet) -> Option<Relative> {
        self.change_per_gdp(set, Indicator::Welfare, None)
    }

    /// The change of an indicator in million USD over GDP, as a ratio, for one product or (`None`) for all
    /// together, over the countries whose GDP is known.
    #[must_use]
    pub fn change_per_gdp(
        &self,
        set: &CountrySet,
        indicator: Indicator,
        product: Option<ProductId>,
    ) -> Option<Relative> {
        self.change_over(set, indicator, product, |country| self.baseline.countries[country.index()].gdp_usd)
    }

    fn change_over(
        &self,
        set: &CountrySet,
        indicator: Indicator,
        product: Option<ProductId>,
        of: impl Fn(CountryId) -> Option<f64>,
    ) -> Option<Relative> {
        let (mut usd, mut amount, mut not_known) = (0.0, 0.0, 0);
        for country in set.iter() {
            match of(country).filter(|amount| *amount > 0.0) {
                Some(more) => {
                    amount += more;
                    let level = self.indicators.get(indicator, country, product);
                    usd += level.map_or(0.0, |level| level.change() * 1e6);
                }
                None => not_known += 1,
            }
        }
        (amount > 0.0).then(|| Relative { value: usd / amount, not_known })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::{fixture, level::IS_EXTERNAL};

    #[test]
    fn external_trade_and_shipments_among_members_make_gross_trade() {
        let world = fixture::world();
        let after = fixture::equilibrium(&world);
        let mut terms = fixture::terms(&world);
        terms.blocs = vec![fixture::members(&world)];
        let indicators = Indicators::of(&world, &terms, &after);
        let totals = Totals::new(&world, &indicators, &after);
        let near = |a: Level, b: Level| {
            (a.baseline - b.baseline).abs() <= 1e-9 * b.baseline.abs().max(1.0)
                && (a.value - b.value).abs() <= 1e-9 * b.value.abs().max(1.0)
        };
        for group in shown_groups(&world, &fixture::members(&world)) {
            for product in world.product_ids().map(Some).chain([None]) {
                let of = |indicator| totals.get(&group.set, indicator, product).level.unwrap_or_default();
                let among = of(Indicator::ShipmentsAmongMembers);
                for (external, gross) in [
                    (Indicator::Exports, Indicator::GrossExports),
                    (Indicator::Imports, Indicator::GrossImports),
                ] {
                    let external = of(external);
                    let sum = Level {
                        baseline: external.baseline + among.baseline,
                        value: external.value + among.value,
                    };
                    assert!(near(sum, of(gross)), "{} {sum:?} {:?}", group.name, of(gross));
                }
            }
        }
        // AAA and BBB trade with each other, and that is no export of theirs together
        let members = fixture::members(&world);
        let among = totals.get(&members, Indicator::ShipmentsAmongMembers, None).level.unwrap_or_default();
        assert!(among.baseline > 0.0, "{among:?}");
    }

    fn named<'a>(shown: &'a [Shown], name: &str) -> &'a CountrySet {
        &shown.iter().find(|group| group.name == name).expect("the group is shown").set
    }

    #[test]
    fn members_and_outside_and_income_groups_add_up_to_the_world() {
        let world = fixture::world();
        let (indicators, after) = (fixture::indicators(&world), fixture::equilibrium(&world));
        let totals = Totals::new(&world, &indicators, &after);
        let shown = shown_groups(&world, &fixture::members(&world));
        let everyone = CountrySet::all(world.countries.len());
        let products: Vec<_> = world.product_ids().map(Some).chain([None]).collect();
        for indicator in Indicator::ALL {
            if matches!(indicator, Indicator::PriceIndex | Indicator::Utilisation) {
                continue;
            }
            for product in &products {
                let whole = totals.get(&everyone, indicator, *product).level.unwrap_or_default();
                for section in [Section::Club, Section::Income, Section::Region] {
                    let parts: Vec<Level> = shown
                        .iter()
                        .filter(|group| group.section == section)
                        .filter_map(|group| totals.get(&group.set, indicator, *product).level)
                        .collect();
                    let before: f64 = parts.iter().map(|l| l.baseline).sum();
                    let value: f64 = parts.iter().map(|l| l.value).sum();
                    if section == Section::Club && IS_EXTERNAL.contains(&indicator) {
                        continue; // trade of members with each other is in neither of the two
                    }
                    assert!((before - whole.baseline).abs() <= 1e-9 * whole.baseline.abs().max(1.0));
                    assert!((value - whole.value).abs() <= 1e-9 * whole.value.abs().max(1.0));
                }
            }
        }
    }

    #[test]
    fn group_utilisation_is_output_over_capacity() {
        let world = fixture::world();
        let (indicators, after) = (fixture::indicators(&world), fixture::equilibrium(&world));
        let totals = Totals::new(&world, &indicators, &after);
        let members = fixture::members(&world);
        let level = totals.get(&members, Indicator::Utilisation, world.product("steel")).level;
        // AAA 100 of 125 and BBB 100 of 125 before; 110 (10 kt of it at 1.2) and 110 after
        let level = level.expect("capacities are known");
        assert!((level.baseline - 0.8).abs() < 1e-12);
        assert!((level.value - (110.0 + 1.0 + 110.0) / 250.0).abs() < 1e-12);
    }

    #[test]
    fn group_prices_are_weighted_by_expenditure() {
        let world = fixture::world();
        let (indicators, after) = (fixture::indicators(&world), fixture::equilibrium(&world));
        let totals = Totals::new(&world, &indicators, &after);
        let everyone = CountrySet::all(world.countries.len());
        let level = totals.get(&everyone, Indicator::PriceIndex, world.product("aluminium")).level;
        // members buy 20 + 8 kt of 60 kt, all at 2000 USD/t
        let expected = 1.1 * 28.0 / 60.0 + 0.98 * 32.0 / 60.0;
        assert!((level.expect("it is used").value - expected).abs() < 1e-12);
    }

    #[test]
    fn jobs_that_the_data_do_not_give_are_counted_as_not_known() {
        let world = fixture::world();
        let (indicators, after) = (fixture::indicators(&world), fixture::equilibrium(&world));
        let totals = Totals::new(&world, &indicators, &after);
        let shown = shown_groups(&world, &fixture::members(&world));
        let jobs = totals.get(named(&shown, "LDC"), Indicator::Jobs, world.product("aluminium"));
        assert_eq!(jobs, Total { level: None, not_known: 1 });
        let jobs = totals.get(named(&shown, "outside"), Indicator::Jobs, None);
        assert_eq!(jobs.not_known, 2);
        assert_eq!(jobs.level.map(|l| l.baseline), Some(960.0)); // 320 kt of steel, 3 jobs each
    }

    #[test]
    fn welfare_per_head_leaves_out_who_has_no_population() {
        let world = fixture::world();
        let (indicators, after) = (fixture::indicators(&world), fixture::equilibrium(&world));
        let totals = Totals::new(&world, &indicators, &after);
        let shown = shown_groups(&world, &fixture::members(&world));
        assert_eq!(totals.welfare_per_head(named(&shown, "income_group_not_known")), None);
        let outside = totals.welfare_per_head(named(&shown, "outside")).expect("two are known");
        assert_eq!(outside.not_known, 1);
        let change: f64 = ["CCC", "DDD"]
            .into_iter()
            .filter_map(|c| indicators.get(Indicator::Welfare, world.country(c)?, None))
            .map(Level::change)
            .sum();
        assert!((outside.value - change * 1e6 / 220e6).abs() < 1e-12);
    }

    #[test]
    fn income_groups_stand_from_the_poorest() {
        let world = fixture::world();
        let shown = shown_groups(&world, &fixture::members(&world));
        let names: Vec<&str> =
            shown.iter().filter(|g| g.section == Section::Income).map(|g| g.name.as_str()).collect();
        assert_eq!(names, ["low_income", "upper_middle_income", "high_income", "income_group_not_known"]);
    }
}
