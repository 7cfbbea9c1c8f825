//! How the burden is shared: between rich and poor, and who bears the most.
//!
//! A country's *burden* is its loss of welfare; a country that gains bears none.
//! Measures of inequality weight each country by its people.

use crate::baseline::{Baseline, CountryId, CountrySet, ProductId};
use crate::engine::Equilibrium;
use crate::indicator::{Indicator, Indicators};

/// A change of welfare below this share of what a country buys and makes is the
/// arithmetic's own and counts as none.
const NOTHING: f64 = 1e-9;

/// A value and the weight (people) it stands for.
pub type Weighted = (f64, f64);

/// The Gini coefficient: half the mean absolute difference over the mean (ratio,
/// 0 equal). `None` where the mean is not above zero.
#[must_use]
pub fn gini(values: &[Weighted]) -> Option<f64> {
    let ranked: Vec<(f64, f64, f64)> = values.iter().map(|(x, w)| (*x, *x, *w)).collect();
    concentration_index(&ranked)
}

/// The mean; `None` unless it is above zero.
fn mean(values: &[Weighted]) -> Option<f64> {
    let weight: f64 = values.iter().map(|(_, w)| w).sum();
    let sum: f64 = values.iter().map(|(x, w)| x * w).sum();
    (weight > 0.0 && sum > 0.0).then(|| sum / weight)
}

fn average(values: &[Weighted], term: impl Fn(f64) -> f64) -> f64 {
    let weight: f64 = values.iter().map(|(_, w)| w).sum();
    values.iter().map(|(x, w)| term(*x) * w).sum::<f64>() / weight
}

/// Theil's T: the mean of r ln r, r the value over the mean (0 equal; a zero value
/// adds nothing).
#[must_use]
pub fn theil_t(values: &[Weighted]) -> Option<f64> {
    let mean = mean(values)?;
    Some(average(values, |x| if x > 0.0 { x / mean * (x / mean).ln() } else { 0.0 }))
}

/// The mean log deviation (Theil's L): the mean of −ln r; `None` where a value is
/// not above zero.
#[must_use]
pub fn mean_log_deviation(values: &[Weighted]) -> Option<f64> {
    let mean = mean(values)?;
    values.iter().all(|(x, _)| *x > 0.0).then(|| average(values, |x| -(x / mean).ln()))
}

/// Atkinson's index for an aversion ε > 0: one less the equally distributed
/// equivalent over the mean (ratio); 1 where ε ≥ 1 and a value is zero.
#[must_use]
pub fn atkinson(values: &[Weighted], aversion: f64) -> Option<f64> {
    let mean = mean(values)?;
    if aversion >= 1.0 && values.iter().any(|(x, w)| *x <= 0.0 && *w > 0.0) {
        return Some(1.0);
    }
    let equivalent = if (aversion - 1.0).abs() < 1e-12 {
        average(values, |x| (x / mean).ln()).exp()
    } else {
        average(values, |x| (x / mean).powf(1.0 - aversion)).powf(1.0 / (1.0 - aversion))
    };
    Some(1.0 - equivalent)
}

/// Points of the concentration curve: for items (rank, value, weight), from the
/// lowest rank up, the share of weight and the share of value so far; begins
/// with (0, 0). `None` where the values do not add up to more than zero.
#[must_use]
pub fn concentration_curve(items: &[(f64, f64, f64)]) -> Option<Vec<(f64, f64)>> {
    let weight: f64 = items.iter().map(|(_, _, w)| w).sum();
    let whole: f64 = items.iter().map(|(_, x, w)| x * w).sum();
    if weight <= 0.0 || whole <= 0.0 {
        return None;
    }
    let mut sorted = items.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut people, mut value) = (0.0, 0.0);
    let mut curve = vec![(0.0, 0.0)];
    // items of one rank share it: one straight piece of the curve
    for equals in sorted.chunk_by(|a, b| a.0 == b.0) {
        people += equals.iter().map(|(_, _, w)| w).sum::<f64>();
        value += equals.iter().map(|(_, x, w)| x * w).sum::<f64>();
        curve.push((people / weight, value / whole));
    }
    Some(curve)
}

/// The concentration index: one less twice the area under the concentration
/// curve (−1 to 1; negative where the low ranks carry more than their share).
#[must_use]
pub fn concentration_index(items: &[(f64, f64, f64)]) -> Option<f64> {
    let curve = concentration_curve(items)?;
    let area: f64 = curve.windows(2).map(|p| (p[1].0 - p[0].0) * (p[1].1 + p[0].1)).sum();
    Some(1.0 - area)
}

/// The share of value that the lowest part (ratio) of weight by rank carries.
#[must_use]
pub fn share_of_lowest(items: &[(f64, f64, f64)], part: f64) -> Option<f64> {
    let curve = concentration_curve(items)?;
    curve.windows(2).find(|p| p[1].0 >= part - 1e-12).map(|p| {
        let run = p[1].0 - p[0].0;
        if run > 0.0 { p[0].1 + (p[1].1 - p[0].1) * (part - p[0].0) / run } else { p[1].1 }
    })
}

/// A country's change of welfare against its size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// Where.
    pub country: CountryId,
    /// Change of welfare, million USD a year; exactly zero if only the arithmetic's own.
    pub welfare: f64,
    /// Over GDP (ratio), if GDP is known.
    pub per_gdp: Option<f64>,
    /// Per head, USD, if population is known.
    pub per_head: Option<f64>,
}

impl Change {
    /// The loss of welfare, million USD; zero for a country that gains.
    #[must_use]
    pub fn burden(&self) -> f64 {
        (-self.welfare).max(0.0)
    }
}

/// The changes of all countries, and measures over them.
#[derive(Debug, Clone, PartialEq)]
pub struct Burdens {
    /// Every country that trades, makes or uses any product, in the baseline's order.
    pub changes: Vec<Change>,
    /// Countries among them that no measure per GDP or per head can count, because
    /// GDP or population is not known.
    pub not_known: Vec<CountryId>,
    /// (income per head, burden per head, people): the countries that can be ranked.
    ranked: Vec<(f64, f64, f64)>,
    /// The same with gains as burdens below zero.
    net: Vec<(f64, f64, f64)>,
}

impl Burdens {
    /// The burdens under some indicators.
    #[must_use]
    pub fn of(baseline: &Baseline, indicators: &Indicators, equilibrium: &Equilibrium) -> Self {
        Self::by(baseline, indicators, equilibrium, Indicator::Welfare)
    }

    /// The burdens by one way of counting welfare: with transfers or before them.
    #[must_use]
    pub fn by(
        baseline: &Baseline,
        indicators: &Indicators,
        equilibrium: &Equilibrium,
        welfare: Indicator,
    ) -> Self {
        let mut burdens = Self { changes: vec![], not_known: vec![], ranked: vec![], net: vec![] };
        let size = sizes(baseline, equilibrium);
        for country in baseline.country_ids() {
            let Some(level) = indicators.get(welfare, country, None) else { continue };
            let nothing = level.change().abs() <= NOTHING * size[country.index()];
            let welfare = if nothing { 0.0 } else { level.change() };
            let figures = &baseline.countries[country.index()];
            let over = |amount: Option<f64>| amount.filter(|a| *a > 0.0).map(|a| welfare * 1e6 / a);
            let change = Change {
                country,
                welfare,
                per_gdp: over(figures.gdp_usd),
                per_head: over(figures.population),
            };
            burdens.changes.push(change);
            match (change.per_gdp, change.per_head, figures.gdp_usd, figures.population) {
                (Some(_), Some(per_head), Some(gdp), Some(people)) => {
                    burdens.ranked.push((gdp / people, (-per_head).max(0.0), people));
                    burdens.net.push((gdp / people, -per_head, people));
                }
                _ => burdens.not_known.push(country),
            }
        }
        burdens
    }

    /// How many countries lose.
    #[must_use]
    pub fn losing(&self) -> usize {
        self.changes.iter().filter(|change| change.welfare < 0.0).count()
    }

    /// How many countries gain.
    #[must_use]
    pub fn gaining(&self) -> usize {
        self.changes.iter().filter(|change| change.welfare > 0.0).count()
    }

    /// Burdens per head with the people who bear them.
    #[must_use]
    pub fn per_head(&self) -> Vec<Weighted> {
        self.ranked.iter().map(|(_, burden, people)| (*burden, *people)).collect()
    }

    /// The concentration index of burdens by income per head.
    #[must_use]
    pub fn concentration(&self) -> Option<f64> {
        concentration_index(&self.ranked)
    }

    /// The share of all burdens that the poorest part (ratio) of people bears, by
    /// income per head of their country.
    #[must_use]
    pub fn share_of_poorest(&self, part: f64) -> Option<f64> {
        share_of_lowest(&self.ranked, part)
    }

    /// Progressivity (Kakwani): the concentration index of burdens less that of
    /// income; above zero the rich bear more than their share of income.
    #[must_use]
    pub fn progressivity(&self) -> Option<f64> {
        Some(self.concentration()? - self.gini_of_income()?)
    }

    fn gini_of_income(&self) -> Option<f64> {
        let income: Vec<Weighted> =
            self.ranked.iter().map(|(income, _, people)| (*income, *people)).collect();
        gini(&income)
    }

    /// The concentration index of losses less gains by income per head; `None` where gains are larger.
    /// It may lie outside −1 to 1.
    #[must_use]
    pub fn net_concentration(&self) -> Option<f64> {
        concentration_index(&self.net)
    }

    /// Progressivity (Kakwani) of losses less gains.
    #[must_use]
    pub fn net_progressivity(&self) -> Option<f64> {
        Some(self.net_concentration()? - self.gini_of_income()?)
    }

    /// The share of all burdens that a group bears (ratio); `None` where nobody loses.
    #[must_use]
    pub fn share_of(&self, set: &CountrySet) -> Option<f64> {
        let whole: f64 = self.changes.iter().map(Change::burden).sum();
        let part: f64 = self.changes.iter().filter(|c| set.contains(c.country)).map(Change::burden).sum();
        (whole > 0.0).then(|| part / whole)
    }

    /// The country of a group that loses most, per GDP; `None` where none is known to lose.
    #[must_use]
    pub fn worst_per_gdp(&self, among: &CountrySet) -> Option<Change> {
        self.worst(among, |change| change.per_gdp)
    }

    /// The country of a group that loses most, per head; `None` where none is known to lose.
    #[must_use]
    pub fn worst_per_head(&self, among: &CountrySet) -> Option<Change> {
        self.worst(among, |change| change.per_head)
    }

    fn worst(&self, among: &CountrySet, by: impl Fn(&Change) -> Option<f64>) -> Option<Change> {
        self.changes
            .iter()
            .filter(|change| among.contains(change.country))
            .filter_map(|change| Some((by(change)?, change)))
            .filter(|(loss, _)| *loss < 0.0)
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, change)| *change)
    }
}

/// What each country buys and makes in the baseline, million USD.
fn sizes(baseline: &Baseline, equilibrium: &Equilibrium) -> Vec<f64> {
    let mut sizes = vec![0.0; baseline.countries.len()];
    for producer in &baseline.producers {
        sizes[producer.country.index()] += (producer.output * producer.price).value();
    }
    for country in baseline.country_ids() {
        for product in baseline.product_ids() {
            sizes[country.index()] += bought(equilibrium, country, product);
        }
    }
    sizes
}

fn bought(equilibrium: &Equilibrium, country: CountryId, product: ProductId) -> f64 {
    equilibrium.market(country, product).map_or(0.0, |market| market.expenditure_before.value())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::fixture;
    use serde_json::Value;

    fn plain(values: &[f64]) -> Vec<Weighted> {
        values.iter().map(|x| (*x, 1.0)).collect()
    }

    fn near(value: Option<f64>, expected: f64) {
        let value = value.expect("it is defined");
        assert!((value - expected).abs() < 1e-12, "{value} is not {expected}");
    }

    #[test]
    fn measures_agree_with_their_closed_forms() {
        let text = include_str!("../../../../tests/cases/equity_metrics.json");
        let case: Value = serde_json::from_str(text).expect("JSON");
        let values: Vec<f64> =
            case["inputs"]["x"].as_array().expect("x").iter().filter_map(Value::as_f64).collect();
        let expected = |key: &str| case["expected"][key].as_f64().expect("a number");
        let values = plain(&values);
        near(gini(&values), expected("gini"));
        near(theil_t(&values), expected("theil"));
        near(mean_log_deviation(&values), expected("mld"));
        near(atkinson(&values, 0.5), expected("atkinson_0_5"));
        near(atkinson(&values, 1.0), expected("atkinson_1"));
        near(atkinson(&values, 2.0), expected("atkinson_2"));
    }

    #[test]
    fn a_weight_of_two_is_two_of_a_kind() {
        let twice = plain(&[1.0, 3.0, 3.0, 7.0]);
        let weighted = [(1.0, 1.0), (3.0, 2.0), (7.0, 1.0)];
        near(gini(&weighted), gini(&twice).unwrap_or(f64::NAN));
        near(theil_t(&weighted), theil_t(&twice).unwrap_or(f64::NAN));
        near(mean_log_deviation(&weighted), mean_log_deviation(&twice).unwrap_or(f64::NAN));
        near(atkinson(&weighted, 0.5), atkinson(&twice, 0.5).unwrap_or(f64::NAN));
    }

    #[test]
    fn no_burden_at_all_has_no_inequality_to_measure() {
        assert_eq!(gini(&plain(&[0.0, 0.0])), None);
        assert_eq!(theil_t(&[]), None);
        assert_eq!(mean_log_deviation(&plain(&[0.0, 1.0])), None);
        near(atkinson(&plain(&[0.0, 1.0]), 1.0), 1.0);
    }

    #[test]
    fn burdens_on_the_poor_concentrate_below_zero() {
        // poorest first: all of the burden on the poorest of four
        let items = [(1.0, 8.0, 1.0), (2.0, 0.0, 1.0), (3.0, 0.0, 1.0), (4.0, 0.0, 1.0)];
        near(concentration_index(&items), -0.75);
        near(share_of_lowest(&items, 0.25), 1.0);
        near(share_of_lowest(&items, 0.125), 0.5);
        let rich = [(1.0, 0.0, 1.0), (2.0, 0.0, 1.0), (3.0, 0.0, 1.0), (4.0, 8.0, 1.0)];
        near(concentration_index(&rich), 0.75);
    }

    #[test]
    fn gains_of_the_rich_make_a_burden_on_the_poor_heavier_net_than_gross() {
        let burdens = |rich: f64| Burdens {
            changes: vec![],
            not_known: vec![],
            ranked: vec![(1.0, 4.0, 1.0), (3.0, f64::max(rich, 0.0), 1.0)],
            net: vec![(1.0, 4.0, 1.0), (3.0, rich, 1.0)],
        };
        // by hand: shares of the burden 4 and −2 of 2; the curve is (½, 2), (1, 1)
        near(burdens(-2.0).concentration(), -0.5);
        near(burdens(-2.0).net_concentration(), -1.5);
        near(burdens(-2.0).net_progressivity(), -1.75);
        // nobody gains: the two are the same
        near(burdens(2.0).net_progressivity(), burdens(2.0).progressivity().unwrap_or(f64::NAN));
        assert_eq!(burdens(-5.0).net_concentration(), None);
    }

    #[test]
    fn the_order_of_countries_changes_nothing() {
        let items = [(2.0, 5.0, 1.0), (2.0, 1.0, 3.0), (1.0, 2.0, 2.0)];
        let mut turned = items;
        turned.reverse();
        near(concentration_index(&items), concentration_index(&turned).unwrap_or(f64::NAN));
    }

    #[test]
    fn worst_off_is_who_loses_most_against_its_gdp() {
        let world = fixture::world();
        let (indicators, after) = (fixture::indicators(&world), fixture::equilibrium(&world));
        let burdens = Burdens::of(&world, &indicators, &after);
        let everyone = CountrySet::all(world.countries.len());
        let worst = burdens.worst_per_gdp(&everyone).expect("somebody loses");
        for change in &burdens.changes {
            if let Some(ratio) = change.per_gdp {
                assert!(worst.per_gdp.expect("known") <= ratio);
            }
        }
        assert_eq!(burdens.not_known, world.country("EEE").into_iter().collect::<Vec<_>>());
        assert_eq!(burdens.share_of(&everyone), Some(1.0));
        assert_eq!(burdens.losing() + burdens.gaining(), 5);
    }
}
