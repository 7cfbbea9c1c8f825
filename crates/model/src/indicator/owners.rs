//! Welfare by owner (GNI view): the part of producers' surplus that falls to owners abroad is counted
//! where the owners are, and not where the metal is made (GDP view).
//!
//! Nothing is lost on the way: over countries, [`Owners::not_named`] and [`Owners::not_known`], welfare by
//! owner adds up to welfare by place.

use crate::baseline::{Baseline, CountryId, Ownership, ProductId};
use crate::indicator::{Indicator, Indicators, Level};

/// A difference below this between the two views is not worth a line, million USD a year.
const WORTH_A_LINE: f64 = 1.0;

/// What is known of who owns a country's producers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Of all producers whose surplus changes.
    Yes,
    /// Of some or none of them.
    No,
    /// No producer's surplus changes.
    NoProducers,
}

impl Known {
    /// The name in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Yes => "known",
            Self::No => "not known",
            Self::NoProducers => "no producers",
        }
    }
}

/// A country's change of welfare by place, and what its producers and owners move across borders;
/// million USD a year.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Owned {
    /// Where.
    pub country: CountryId,
    /// The product; `None` for all together.
    pub product: Option<ProductId>,
    /// Welfare as the indicator has it: surplus is counted where metal is made.
    pub by_place: f64,
    /// The change of its producers' surplus that falls to owners abroad.
    pub to_abroad: f64,
    /// The change of surplus made abroad that falls to its owners.
    pub from_abroad: f64,
    /// Whether it is known who owns its producers.
    pub known: Known,
}

impl Owned {
    /// Welfare by owner; `None` where it is not known who owns its producers.
    #[must_use]
    pub fn by_owner(&self) -> Option<f64> {
        (self.known != Known::No).then(|| self.moved())
    }

    /// Whether the two views differ in sign or by half of welfare by place.
    #[must_use]
    pub fn differs(&self) -> bool {
        self.by_owner().is_some_and(|by_owner| {
            let opposed = by_owner * self.by_place < 0.0;
            let moved = (by_owner - self.by_place).abs();
            opposed || (moved > 0.0 && moved >= 0.5 * self.by_place.abs())
        })
    }

    /// How far the two views are from each other; 0 where the one by owner is not known.
    #[must_use]
    pub fn gap(&self) -> f64 {
        self.by_owner().map_or(0.0, |by_owner| (by_owner - self.by_place).abs())
    }

    fn moved(&self) -> f64 {
        self.by_place - self.to_abroad + self.from_abroad
    }
}

/// Welfare by place and by owner, of countries and of those owners that have none.
#[derive(Debug, Clone, PartialEq)]
pub struct Owners {
    /// By country and product, all products of a country last; countries that nothing concerns are
    /// left out.
    pub countries: Vec<Owned>,
    products: usize,
    not_named: Vec<f64>,
}

impl Owners {
    /// Both views under some indicators; `None` where the data say nothing of owners.
    #[must_use]
    pub fn of(baseline: &Baseline, indicators: &Indicators) -> Option<Self> {
        if baseline.owners.is_empty() {
            return None;
        }
        let (countries, products) = (baseline.countries.len(), baseline.products.len());
        let mut not_named = vec![0.0; products + 1];
        let mut to = vec![0.0; (products + 1) * countries];
        let mut from = to.clone();
        for ((country, product), ownership) in &baseline.owners {
            let Some(surplus) = indicators.get(Indicator::ProducerSurplus, *country, Some(*product)) else {
                continue;
            };
            for column in [product.index(), products] {
                let change = surplus.change();
                let unnamed = change * ownership.not_known();
                not_named[column] += unnamed;
                to[column * countries + country.index()] += unnamed;
                for (owner, share) in &ownership.owners {
                    to[column * countries + country.index()] += change * share;
                    from[column * countries + owner.index()] += change * share;
                }
            }
        }
        let mut rows = vec![];
        for country in baseline.country_ids() {
            for product in baseline.product_ids().map(Some).chain([None]) {
                let at = product.map_or(products, ProductId::index) * countries + country.index();
                let welfare = indicators.get(Indicator::Welfare, country, product).map(Level::change);
                if welfare.is_some() || from[at] != 0.0 {
                    rows.push(Owned {
                        country,
                        product,
                        by_place: welfare.unwrap_or(0.0),
                        to_abroad: to[at],
                        from_abroad: from[at],
                        known: known(baseline, indicators, country, product),
                    });
                }
            }
        }
        Some(Self { countries: rows, products, not_named })
    }

    /// The countries where both views are to be told, for one product or (`None`) for all together: they
    /// differ in sign or by half, and by a million USD at least. The largest difference comes first.
    #[must_use]
    pub fn differing(&self, product: Option<ProductId>) -> Vec<Owned> {
        let told = |row: &&Owned| row.product == product && row.differs() && row.gap() >= WORTH_A_LINE;
        let mut rows: Vec<Owned> = self.countries.iter().filter(told).copied().collect();
        rows.sort_by(|a, b| b.gap().total_cmp(&a.gap()));
        rows
    }

    /// What falls to owners abroad whose country is not named or not in the data.
    #[must_use]
    pub fn not_named(&self, product: Option<ProductId>) -> f64 {
        self.not_named[product.map_or(self.products, ProductId::index)]
    }

    /// What the countries have together for which welfare by owner is not known: by place, but for the
    /// parts that are known to move.
    #[must_use]
    pub fn not_known(&self, product: Option<ProductId>) -> f64 {
        let rows = self.countries.iter().filter(|row| row.product == product && row.known == Known::No);
        rows.map(Owned::moved).sum()
    }
}

/// Whether the data say who owns the producers of a country whose surplus changes.
fn known(
    baseline: &Baseline,
    indicators: &Indicators,
    country: CountryId,
    product: Option<ProductId>,
) -> Known {
    let mut found = Known::NoProducers;
    for one in baseline.product_ids().filter(|one| product.is_none_or(|wanted| wanted == *one)) {
        let surplus = indicators.get(Indicator::ProducerSurplus, country, Some(one));
        if surplus.is_none_or(|surplus| surplus.change() == 0.0) {
            continue;
        }
        let ownership: Option<&Ownership> = baseline.owners.get(&(country, one));
        if ownership.is_none() {
            return Known::No;
        }
        found = Known::Yes;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::fixture;

    /// The world of the fixture, in which CCC's steel belongs to AAA (60 %), to owners that are not
    /// named (10 %) and to CCC.
    fn world() -> Baseline {
        let mut world = fixture::world();
        let id = |code: &str| world.country(code).expect("the country is there");
        let steel = world.product("steel").expect("the product is there");
        let ownership = Ownership { foreign: 0.7, owners: vec![(id("AAA"), 0.6)] };
        world.owners = [((id("CCC"), steel), ownership)].into();
        world
    }

    fn row(world: &Baseline, owners: &Owners, code: &str) -> Owned {
        let country = world.country(code).expect("the country is there");
        let steel = world.product("steel");
        *owners
            .countries
            .iter()
            .find(|row| row.country == country && row.product == steel)
            .expect("the country has a row")
    }

    #[test]
    fn surplus_goes_to_its_owners_and_none_of_it_is_lost() {
        let world = world();
        let indicators = fixture::indicators(&world);
        let owners = Owners::of(&world, &indicators).expect("the data know owners");
        let steel = world.product("steel");
        let ccc = world.country("CCC").expect("the country is there");
        let surplus = indicators.get(Indicator::ProducerSurplus, ccc, steel).unwrap_or_default().change();
        assert!(surplus != 0.0);
        let near = |a: f64, b: f64| assert!((a - b).abs() <= 1e-12, "{a} and {b}");
        let made = row(&world, &owners, "CCC");
        near(made.to_abroad, 0.7 * surplus);
        near(made.by_owner().expect("its owners are known"), made.by_place - 0.7 * surplus);
        near(owners.not_named(steel), 0.1 * surplus);
        let owner = row(&world, &owners, "AAA");
        near(owner.from_abroad, 0.6 * surplus);
        // who owns the producers of AAA is not known, which is not that nobody abroad does
        assert_eq!((owner.known, owner.by_owner()), (Known::No, None));
        for product in [steel, None] {
            let rows = owners.countries.iter().filter(|row| row.product == product);
            let (mut place, mut owned) = (0.0, owners.not_named(product) + owners.not_known(product));
            for row in rows {
                place += row.by_place;
                owned += row.by_owner().unwrap_or(0.0);
            }
            near(place, owned);
        }
    }

    #[test]
    fn views_differ_in_sign_or_by_half() {
        let owned = |by_place, to_abroad| Owned {
            country: CountryId::at(0),
            product: None,
            by_place,
            to_abroad,
            from_abroad: 0.0,
            known: Known::Yes,
        };
        assert!(owned(-10.0, -11.0).differs()); // +1
        assert!(owned(-10.0, -5.0).differs());
        assert!(!owned(-10.0, -4.0).differs());
        assert!(!owned(0.0, 0.0).differs());
        assert!(!Owned { known: Known::No, ..owned(-10.0, -11.0) }.differs());
    }

    #[test]
    fn both_views_are_told_where_they_differ_by_a_million_at_least_the_largest_difference_first() {
        let owned = |at, by_place, to_abroad| Owned {
            country: CountryId::at(at),
            product: None,
            by_place,
            to_abroad,
            from_abroad: 0.0,
            known: Known::Yes,
        };
        let of_a_product = Owned { product: Some(ProductId::at(0)), ..owned(4, -10.0, -30.0) };
        // half, a sign, too little to tell, too small a share, a product alone
        let countries = vec![
            owned(0, -10.0, -6.0),
            owned(1, -10.0, -11.0),
            owned(2, 0.2, 0.9),
            owned(3, -10.0, -2.0),
            of_a_product,
        ];
        let owners = Owners { countries, products: 1, not_named: vec![0.0; 2] };
        let told = |product| owners.differing(product).iter().map(|row| row.country).collect::<Vec<_>>();
        assert_eq!(told(None), [CountryId::at(1), CountryId::at(0)]);
        assert_eq!(told(Some(ProductId::at(0))), [CountryId::at(4)]);
    }

    #[test]
    fn where_the_data_say_nothing_of_owners_there_is_no_such_view() {
        let world = fixture::world();
        assert_eq!(Owners::of(&world, &fixture::indicators(&world)), None);
    }
}
