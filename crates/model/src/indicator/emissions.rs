//! Emissions of members, of the rest and of the world, and leakage between them.

use crate::baseline::{ArcId, Baseline, CountrySet, ProductId};
use crate::engine::Equilibrium;
use crate::indicator::{Indicator, Level, Totals};

/// A change smaller than this share of the level counts as none.
const NOTHING: f64 = 1e-9;

/// Emissions before and after, kt CO2e a year.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Balance {
    /// Of production in the countries that apply the policy; `None` if there are none or none is known.
    pub members: Option<Level>,
    /// Of production in all other countries.
    pub outside: Option<Level>,
    /// Of production everywhere.
    pub world: Option<Level>,
    /// Embodied in what members import from outside, at the producers' intensities;
    /// `None` where an intensity is not known.
    pub imported: Option<Level>,
    /// Producing countries whose emissions are not known and are in no figure here.
    pub not_known: usize,
}

/// A change inside below this share of the change outside is too small to divide by.
const SMALL: f64 = 0.2;

/// The leakage rate, or why there is none to report. Leakage itself is an amount: the change of
/// emissions outside ([`Balance::outside`]).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Leakage {
    /// The rise outside over the fall inside: 1 means that nothing is won for the
    /// climate; below 0, emissions outside fall too.
    Ratio(f64),
    /// Members' own emissions change by less than a fifth of the change outside, so that the ratio says nothing.
    Small,
    /// No country applies the policy.
    NoMembers,
    /// Emissions of some producing countries are not known.
    NotKnown {
        /// How many.
        countries: usize,
    },
    /// Members' emissions do not fall, so that the ratio has no meaning.
    MembersDoNotCut,
}

impl Leakage {
    /// The ratio, where it is defined.
    #[must_use]
    pub fn ratio(self) -> Option<f64> {
        if let Self::Ratio(ratio) = self { Some(ratio) } else { None }
    }

    /// Why it is not defined, in words; empty where it is.
    #[must_use]
    pub fn reason(self) -> String {
        match self {
            Self::Ratio(_) => String::new(),
            Self::Small => {
                "members' own emissions change by less than a fifth of the change outside".to_owned()
            }
            Self::NoMembers => "no country applies the policy".to_owned(),
            Self::NotKnown { countries: 1 } => "emissions of one producing country are not known".to_owned(),
            Self::NotKnown { countries } => {
                format!("emissions of {countries} producing countries are not known")
            }
            Self::MembersDoNotCut => "members' own emissions do not fall".to_owned(),
        }
    }
}

/// How emissions outside change with a policy and under its home price alone, kt CO2e a year.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AtHomePrice {
    /// The change under the whole policy.
    pub with_measures: f64,
    /// The change where own makers are charged as much and nothing else is done.
    pub without: f64,
}

impl AtHomePrice {
    /// The two changes; `None` where emissions outside are not known.
    #[must_use]
    pub fn of(
        outside: Option<Level>,
        alone: &Totals<'_>,
        members: &CountrySet,
        product: Option<ProductId>,
    ) -> Option<Self> {
        let without = alone.get(&members.complement(), Indicator::Emissions, product);
        (without.not_known == 0).then_some(())?;
        Some(Self { with_measures: outside?.change(), without: without.level?.change() })
    }

    /// The leakage that the measures at the border avoid; below zero, what they add to it.
    #[must_use]
    pub fn avoided(self) -> f64 {
        self.without - self.with_measures
    }
}

impl Balance {
    /// The balance of one product or (`None`) of all together.
    #[must_use]
    pub fn of(
        baseline: &Baseline,
        totals: &Totals<'_>,
        equilibrium: &Equilibrium,
        members: &CountrySet,
        product: Option<ProductId>,
    ) -> Self {
        let world = CountrySet::all(baseline.countries.len());
        let whole = totals.get(&world, Indicator::Emissions, product);
        Self {
            members: totals.get(members, Indicator::Emissions, product).level,
            outside: totals.get(&members.complement(), Indicator::Emissions, product).level,
            world: whole.level,
            imported: imported(baseline, equilibrium, members, product),
            not_known: whole.not_known,
        }
    }

    /// The rise of emissions outside over their fall inside.
    #[must_use]
    pub fn leakage(&self) -> Leakage {
        if self.not_known > 0 {
            return Leakage::NotKnown { countries: self.not_known };
        }
        let Some(members) = self.members else { return Leakage::NoMembers };
        if -members.change() <= NOTHING * members.baseline {
            return Leakage::MembersDoNotCut;
        }
        let outside = self.outside.map_or(0.0, Level::change);
        if members.change().abs() < SMALL * outside.abs() {
            return Leakage::Small;
        }
        Leakage::Ratio(outside / -members.change())
    }

    /// The fall in members' imported emissions that world emissions do not share
    /// (S7), kt CO2e: metal sent elsewhere (resource shuffling) or made at home
    /// instead. `None` where imported emissions do not fall or are not known.
    #[must_use]
    pub fn not_shared(&self) -> Option<f64> {
        let imported = self.imported?;
        let fall = -imported.change();
        if self.not_known > 0 || fall <= NOTHING * imported.baseline {
            return None;
        }
        Some((fall - (-self.world?.change()).max(0.0)).max(0.0))
    }
}

/// Emissions embodied in what members import from outside.
fn imported(
    baseline: &Baseline,
    equilibrium: &Equilibrium,
    members: &CountrySet,
    product: Option<ProductId>,
) -> Option<Level> {
    let mut sum: Option<Level> = None;
    for (position, arc) in baseline.arcs.iter().enumerate() {
        let flow = baseline.flow_of(ArcId::at(position));
        if !members.contains(flow.importer)
            || members.contains(flow.exporter)
            || product.is_some_and(|wanted| wanted != flow.product)
        {
            continue;
        }
        let intensity = baseline.producer_of(ArcId::at(position)).intensity?;
        let after = equilibrium.producers[arc.producer.index()].intensity(intensity);
        let level = sum.get_or_insert_default();
        level.baseline += (arc.quantity * intensity).value();
        level.value += (equilibrium.quantity[position] * after).value();
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::fixture;

    fn level(baseline: f64, value: f64) -> Level {
        Level { baseline, value }
    }

    fn balance(members: Option<Level>, outside: Level, world: Level) -> Balance {
        let (outside, world) = (Some(outside), Some(world));
        Balance { members, outside, world, imported: Some(level(50.0, 30.0)), not_known: 0 }
    }

    #[test]
    fn leakage_is_the_rise_outside_over_the_fall_inside() {
        let one = balance(Some(level(100.0, 90.0)), level(200.0, 204.0), level(300.0, 294.0));
        assert_eq!(one.leakage(), Leakage::Ratio(0.4));
        assert_eq!(one.not_shared(), Some(14.0)); // imports fall by 20, the world by 6
    }

    #[test]
    fn no_rate_of_leakage_has_a_small_change_inside_below_the_line() {
        let with = |inside: f64| {
            let members = Some(level(100.0, 100.0 + inside));
            balance(members, level(200.0, 190.0), level(300.0, 290.0 + inside)).leakage()
        };
        assert_eq!(with(-1.2), Leakage::Small);
        assert!(with(-1.2).reason().contains("less than a fifth"));
        assert_eq!(with(-1.2).ratio(), None);
        assert_eq!(with(-4.0), Leakage::Ratio(-2.5));
    }

    #[test]
    fn leakage_is_undefined_where_members_do_not_cut() {
        let one = balance(Some(level(100.0, 101.0)), level(200.0, 190.0), level(300.0, 291.0));
        assert_eq!(one.leakage(), Leakage::MembersDoNotCut);
        assert!(one.leakage().reason().contains("do not fall"));
        let still = balance(Some(level(100.0, 100.0)), level(200.0, 200.0), level(300.0, 300.0));
        assert_eq!(still.leakage(), Leakage::MembersDoNotCut);
        let nobody = balance(None, level(200.0, 200.0), level(200.0, 200.0));
        assert_eq!(nobody.leakage(), Leakage::NoMembers);
    }

    #[test]
    fn members_and_outside_make_the_world_and_imports_are_traced_to_their_makers() {
        let world = fixture::world();
        let (indicators, after) = (fixture::indicators(&world), fixture::equilibrium(&world));
        let totals = Totals::new(&world, &indicators, &after);
        let members = fixture::members(&world);
        let steel = world.product("steel");
        let balance = Balance::of(&world, &totals, &after, &members, steel);
        let (inside, outside) = (balance.members.expect("known"), balance.outside.expect("known"));
        let whole = balance.world.expect("known");
        assert!((inside.change() + outside.change() - whole.change()).abs() < 1e-9);
        // from outside: 100 kt of CCC at 2.5 and 10 kt of DDD at 1.0, halved
        assert_eq!(balance.imported, Some(level(260.0, 130.0)));
    }

    #[test]
    fn an_unknown_intensity_leaves_imported_emissions_open_where_the_metal_goes_and_nowhere_else() {
        let whole = fixture::world();
        let known = fixture::indicators(&whole);
        let mut tables = fixture::tables();
        tables.production.rows[3].row.intensity = None; // CCC steel
        let world = crate::baseline::Baseline::new(&tables).expect("a sound world");
        let (indicators, after) = (fixture::indicators(&world), fixture::equilibrium(&world));
        let totals = Totals::new(&world, &indicators, &after);
        let steel = world.product("steel");
        let ships = |to: crate::baseline::CountryId| {
            world.trade.flows().any(|(_, flow)| {
                flow.importer == to
                    && !flow.is_home()
                    && Some(flow.product) == steel
                    && world.countries[flow.exporter.index()].code == "CCC"
            })
        };
        let (mut open, mut told) = (0, 0);
        for country in world.country_ids() {
            for product in world.product_ids().map(Some).chain([None]) {
                let found = indicators.get(Indicator::ImportedEmissions, country, product);
                let concerned = ships(country) && (product == steel || product.is_none());
                let before = known.get(Indicator::ImportedEmissions, country, product);
                assert_eq!(found, if concerned { None } else { before }, "{country:?} {product:?}");
                open += usize::from(concerned);
                told += usize::from(found.is_some());
            }
            let of_country = CountrySet::of(world.countries.len(), [country]);
            let counted = totals.get(&of_country, Indicator::ImportedEmissions, steel).not_known;
            assert_eq!(counted, usize::from(ships(country)), "{country:?}");
        }
        assert!(open >= 2 && told >= 4, "{open} {told}");
    }

    #[test]
    fn an_unknown_intensity_is_said_and_not_taken_as_zero() {
        let mut tables = fixture::tables();
        tables.production.rows[3].row.intensity = None; // CCC steel
        let world = crate::baseline::Baseline::new(&tables).expect("a sound world");
        let (indicators, after) = (fixture::indicators(&world), fixture::equilibrium(&world));
        let totals = Totals::new(&world, &indicators, &after);
        let members = fixture::members(&world);
        let balance = Balance::of(&world, &totals, &after, &members, world.product("steel"));
        assert_eq!(balance.leakage(), Leakage::NotKnown { countries: 1 });
        assert_eq!(balance.imported, None);
        assert_eq!(balance.not_shared(), None);
    }
}
