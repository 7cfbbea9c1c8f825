//! Who sells to whom: market access lost, trade diverted and created.

use crate::baseline::{ArcId, Baseline, CountryId, CountrySet, ProductId};
use crate::engine::Equilibrium;
use crate::indicator::Level;

/// Sales of a kind, before and after.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Sales {
    /// Tonnes shipped, kt a year.
    pub tonnes: Level,
    /// Their value at the mill, million USD a year.
    pub value: Level,
}

impl Sales {
    fn add(&mut self, other: Self) {
        self.tonnes.baseline += other.tonnes.baseline;
        self.tonnes.value += other.tonnes.value;
        self.value.baseline += other.value.baseline;
        self.value.value += other.value.value;
    }
}

/// Where an exporter's metal goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExporterTrade {
    /// The exporter.
    pub exporter: CountryId,
    /// The product; `None` for all together.
    pub product: Option<ProductId>,
    /// To members other than itself.
    pub to_members: Sales,
    /// To countries outside other than itself.
    pub to_outside: Sales,
    /// To other members of its customs union.
    pub within_union: Sales,
    /// At home.
    pub home: Sales,
}

impl ExporterTrade {
    /// Sales to members lost, at the mill, million USD; zero where they do not fall.
    #[must_use]
    pub fn market_access_loss(&self) -> f64 {
        (-self.to_members.value.change()).max(0.0)
    }

    /// Tonnes that members no longer buy and that find another market abroad or at
    /// home, kt: the rise there, at most the fall in sales to members.
    #[must_use]
    pub fn diverted(&self) -> f64 {
        let lost = (-self.to_members.tonnes.change()).max(0.0);
        let found =
            self.to_outside.tonnes.change() + self.within_union.tonnes.change() + self.home.tonnes.change();
        found.clamp(0.0, lost)
    }

    /// Exports out of the customs territory.
    #[must_use]
    pub fn exports(&self) -> Sales {
        let mut sum = self.to_members;
        sum.add(self.to_outside);
        sum
    }
}

/// Where a member's metal comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ImporterTrade {
    /// The importer.
    pub importer: CountryId,
    /// The product; `None` for all together.
    pub product: Option<ProductId>,
    /// From other members.
    pub from_members: Sales,
    /// From outside.
    pub from_outside: Sales,
    /// From other members of its customs union.
    pub within_union: Sales,
    /// Made at home.
    pub home: Sales,
}

impl ImporterTrade {
    fn fall(&self) -> f64 {
        (-self.from_outside.tonnes.change()).max(0.0)
    }

    /// Purchases from outside that other members take over (trade diversion), kt.
    #[must_use]
    pub fn diverted_to_members(&self) -> f64 {
        self.from_members.tonnes.change().clamp(0.0, self.fall())
    }

    /// Purchases from outside that producers at home and in the own customs union take over, kt, after
    /// what members take.
    #[must_use]
    pub fn replaced_at_home(&self) -> f64 {
        (self.home.tonnes.change() + self.within_union.tonnes.change())
            .clamp(0.0, self.fall() - self.diverted_to_members())
    }

    /// Purchases from outside that nobody replaces, kt.
    #[must_use]
    pub fn not_replaced(&self) -> f64 {
        self.fall() - self.diverted_to_members() - self.replaced_at_home()
    }

    /// Purchases from other members beyond what they take from outsiders (trade creation), kt.
    #[must_use]
    pub fn created(&self) -> f64 {
        (self.from_members.tonnes.change() - self.diverted_to_members()).max(0.0)
    }
}

/// Each exporter's trade, by country and product; after a country's products
/// the sum over them. Exporters that ship nothing are left out.
#[must_use]
pub fn exporters(baseline: &Baseline, equilibrium: &Equilibrium, members: &CountrySet) -> Vec<ExporterTrade> {
    split(baseline, equilibrium, members, Side::Exporter)
        .into_iter()
        .map(|(exporter, product, [to_members, to_outside, within_union, home])| ExporterTrade {
            exporter,
            product,
            to_members,
            to_outside,
            within_union,
            home,
        })
        .collect()
}

/// Each member's purchases, by country and product; after a country's products
/// the sum over them.
#[must_use]
pub fn importers(baseline: &Baseline, equilibrium: &Equilibrium, members: &CountrySet) -> Vec<ImporterTrade> {
    split(baseline, equilibrium, members, Side::Importer)
        .into_iter()
        .filter(|(importer, ..)| members.contains(*importer))
        .map(|(importer, product, [from_members, from_outside, within_union, home])| ImporterTrade {
            importer,
            product,
            from_members,
            from_outside,
            within_union,
            home,
        })
        .collect()
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Side {
    Exporter,
    Importer,
}

type Split = (CountryId, Option<ProductId>, [Sales; 4]);

/// Sales by country, product and partner: members, outside, the own customs union, home.
fn split(baseline: &Baseline, equilibrium: &Equilibrium, members: &CountrySet, side: Side) -> Vec<Split> {
    let (countries, products) = (baseline.countries.len(), baseline.products.len());
    let union = baseline.customs_union().map(|union| &union.members);
    let mut cells: Vec<Option<[Sales; 4]>> = vec![None; countries * products];
    for (position, arc) in baseline.arcs.iter().enumerate() {
        let flow = baseline.flow_of(ArcId::at(position));
        let (country, partner) = match side {
            Side::Exporter => (flow.exporter, flow.importer),
            Side::Importer => (flow.importer, flow.exporter),
        };
        let kind = match () {
            () if flow.is_home() => 3,
            () if union.is_some_and(|union| union.contains_both(country, partner)) => 2,
            () => usize::from(!members.contains(partner)),
        };
        let (before, after) = (arc.quantity, equilibrium.quantity[position]);
        let price = baseline.producer_of(ArcId::at(position)).price;
        let price_after = equilibrium.mill_price(baseline, ArcId::at(position));
        let cell = &mut cells[country.index() * products + flow.product.index()];
        cell.get_or_insert_default()[kind].add(Sales {
            tonnes: Level { baseline: before.value(), value: after.value() },
            value: Level { baseline: (before * price).value(), value: (after * price_after).value() },
        });
    }
    let mut rows = vec![];
    for country in baseline.country_ids() {
        let mut all: Option<[Sales; 4]> = None;
        for product in baseline.product_ids() {
            let Some(cell) = cells[country.index() * products + product.index()] else { continue };
            let sum = all.get_or_insert_default();
            for (mine, more) in sum.iter_mut().zip(cell) {
                mine.add(more);
            }
            rows.push((country, Some(product), cell));
        }
        if let Some(all) = all {
            rows.push((country, None, all));
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::{Indicator, fixture};

    #[test]
    fn sales_by_partner_add_up_to_exports_and_imports() {
        let world = fixture::world();
        let (indicators, after) = (fixture::indicators(&world), fixture::equilibrium(&world));
        let members = fixture::members(&world);
        let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * b.abs().max(1.0);
        for row in exporters(&world, &after, &members) {
            let level = |i| indicators.get(i, row.exporter, row.product).unwrap_or_default();
            let (tonnes, value) = (level(Indicator::Exports), level(Indicator::ExportValue));
            assert!(near(row.exports().tonnes.value, tonnes.value));
            assert!(near(row.exports().value.baseline, value.baseline));
            assert!(near(row.exports().value.value, value.value));
            let made = level(Indicator::Output);
            assert!(near(row.exports().tonnes.value + row.home.tonnes.value, made.value));
        }
        for row in importers(&world, &after, &members) {
            let imports = indicators.get(Indicator::Imports, row.importer, row.product).unwrap_or_default();
            assert!(near(row.from_members.tonnes.value + row.from_outside.tonnes.value, imports.value));
            let fall = -row.from_outside.tonnes.change();
            assert!(near(row.diverted_to_members() + row.replaced_at_home() + row.not_replaced(), fall));
        }
    }

    #[test]
    fn lost_sales_that_find_other_markets_are_diverted() {
        let world = fixture::world();
        let after = fixture::equilibrium(&world);
        let rows = exporters(&world, &after, &fixture::members(&world));
        let ccc = rows
            .iter()
            .find(|r| Some(r.exporter) == world.country("CCC") && r.product == world.product("steel"))
            .expect("CCC exports steel");
        assert!((ccc.market_access_loss() - 25.0).abs() < 1e-9); // 50 kt at 500 USD/t
        assert!((ccc.diverted() - 40.0).abs() < 1e-9); // 20 % more of 160 and of 40 kt
        let ddd = rows
            .iter()
            .find(|r| Some(r.exporter) == world.country("DDD") && r.product == world.product("steel"))
            .expect("DDD exports steel");
        assert!((ddd.diverted() - 2.0).abs() < 1e-9); // 5 kt lost, 2 kt sold at home
    }

    #[test]
    fn what_members_no_longer_buy_outside_is_accounted_for() {
        let world = fixture::world();
        let after = fixture::equilibrium(&world);
        let rows = importers(&world, &after, &fixture::members(&world));
        let aaa = rows
            .iter()
            .find(|r| Some(r.importer) == world.country("AAA") && r.product == world.product("steel"))
            .expect("AAA imports steel");
        // 35 kt less from outside: 2 kt more from BBB, 7 kt more at home, 26 kt not at all
        assert!((aaa.diverted_to_members() - 2.0).abs() < 1e-9);
        assert!((aaa.replaced_at_home() - 7.0).abs() < 1e-9);
        assert!((aaa.not_replaced() - 26.0).abs() < 1e-9);
        assert_eq!(aaa.created(), 0.0);
    }
}
