//! How far the headline figures of a scenario move with what is not known for sure: by default a
//! hundred odd draws of elasticities, shipments, intensities and mill prices, else what the
//! scenario's `[uncertainty]` draws. Each draw is a world of its own, solved to the usual tolerance.

use crate::BatchError;
use crate::evaluate::{Evaluated, Evaluator};
use crate::figures::{EVERY_PARTY, Named, PAYOFF, RED_LINE_KEPT, SIGNS, red_line_kept};
use crate::indices::quantile;
use crate::kept::{keep, key, read};
use crate::origin::Origin;
use crate::plan::{Description, Plan};
use crate::points::{Points, Study};
use crate::summary::{QUANTILES, spread};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use zollverein_model::baseline::Baseline;
use zollverein_scenario::Scenario;
use zollverein_tables::{Cell, Table};

/// What figures the sources of doubt are told of in files.
const SOURCES_OF: [&str; 2] = ["welfare", "emissions"];

/// How a party stands over the draws.
#[derive(Debug, Clone, PartialEq)]
pub struct Standings {
    /// The party.
    pub party: String,
    /// The share of draws in which it would sign: it loses nothing and sees no red line crossed.
    pub signs: Option<f64>,
    /// The share of draws in which each of its red lines is crossed.
    pub crossed: Vec<(String, f64)>,
}

/// A band whose half is below this share of the figure leaves it more than two digits.
const NARROW: f64 = 0.05;

/// Headline figures over draws of what is not known for sure.
#[derive(Debug, Clone, PartialEq)]
pub struct Intervals {
    /// Draws.
    pub draws: usize,
    /// Draws that gave no figure.
    pub failed: usize,
    /// What was drawn, by name.
    pub inputs: Vec<String>,
    /// What sorts of numbers were drawn.
    pub origins: Vec<Origin>,
    figures: Vec<Named>,
    /// By figure: its value where nothing is drawn.
    central: Vec<f64>,
    /// By figure and draw; NaN where not known.
    values: Vec<Vec<f64>>,
    points: Points,
}

/// Where draws put a figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    /// The figure where nothing is drawn.
    pub central: f64,
    /// 5 of 100 draws lie below.
    pub low: f64,
    /// 5 of 100 draws lie above.
    pub high: f64,
    /// The share of draws that have the sign of the central figure.
    pub with_sign: f64,
}

impl Band {
    /// The band of a figure over draws; `None` where it is not known.
    fn of(central: f64, values: impl Iterator<Item = f64>) -> Option<Self> {
        let mut known: Vec<f64> = values.filter(|value| value.is_finite()).collect();
        if known.is_empty() || !central.is_finite() {
            return None;
        }
        known.sort_by(f64::total_cmp);
        let sign = |value: f64| (value > 0.0, value < 0.0);
        let alike = known.iter().filter(|value| sign(**value) == sign(central)).count();
        let (low, high) = (quantile(&known, 0.05), quantile(&known, 0.95));
        Some(Self { central, low, high, with_sign: alike as f64 / known.len() as f64 })
    }

    /// The band of the figure times a number above zero.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        let Self { central, low, high, with_sign } = self;
        Self { central: central * factor, low: low * factor, high: high * factor, with_sign }
    }

    /// To what the figure and the ends of its band are rounded in print: where half the band is more
    /// than a twentieth of the figure, to two significant digits of the larger of the two, else to two
    /// of half the band; `None` where nothing is in doubt.
    #[must_use]
    pub fn rounded_to(&self) -> Option<f64> {
        let half = 0.5 * (self.high - self.low);
        if !half.is_finite() || half <= 0.0 {
            return None;
        }
        let wide = half > NARROW * self.central.abs();
        let size = if wide { half.max(self.central.abs()) } else { half };
        Some(10_f64.powi(exponent(size) - 1))
    }
}

/// The power of ten of a number's first digit.
fn exponent(number: f64) -> i32 {
    #[allow(clippy::cast_possible_truncation)] // from -324 to 308
    let exponent = number.log10().floor() as i32;
    exponent
}

impl Intervals {
    /// The intervals of a scenario on a data folder and the world that it has been opened on; `None`
    /// where [`Scenario::without_bands`] says why. `step` is told how many evaluations there are before each, and
    /// says whether to go on.
    ///
    /// # Errors
    /// What is drawn is at fault; [`BatchError::Stopped`].
    pub fn of(
        scenario: &Scenario,
        folder: &Path,
        world: &Baseline,
        cache: Option<&Path>,
        step: &(dyn Fn(usize) -> bool + Sync),
    ) -> Result<Option<Self>, BatchError> {
        if scenario.without_bands().is_some() {
            return Ok(None);
        }
        let plan = Plan::of_intervals(scenario, folder, world)?;
        let description = &plan.description;
        let points = description.points();
        let evaluations = points.sampled() + usize::from(!plan.inputs.is_empty());
        let key = key(description);
        let file = cache.map(|cache| cache.join("intervals").join(format!("{key}.json")));
        let width = description.figures.len();
        let known = file.as_deref().and_then(|file| read(file, &key, evaluations, width));
        let found = match known {
            Some(found) => found,
            None => {
                let found = computed(&plan, evaluations, step)?;
                if let Some(file) = &file {
                    keep(file, key, &found);
                }
                found
            }
        };
        Ok(Some(Self::made(description, points, found)))
    }

    fn made(description: &Description, points: Points, mut found: Vec<Vec<f64>>) -> Self {
        let central = if found.len() > points.sampled() { found.pop() } else { found.first().cloned() };
        let central = central.unwrap_or_default();
        let at = |all: &[f64], figure: usize| all.get(figure).copied().unwrap_or(f64::NAN);
        let figures = 0..description.figures.len();
        let values = figures.clone().map(|figure| found.iter().map(|draw| at(draw, figure)).collect());
        let mut origins: Vec<Origin> =
            description.inputs.iter().map(|input| Origin::of(&input.what)).collect();
        origins.sort_unstable();
        origins.dedup();
        Self {
            draws: found.len(),
            failed: found.iter().filter(|figures| figures.is_empty()).count(),
            inputs: description.inputs.iter().map(|input| input.what.clone()).collect(),
            origins,
            figures: description.figures.clone(),
            central: figures.map(|figure| at(&central, figure)).collect(),
            values: values.collect(),
            points,
        }
    }

    /// Whose figure of what there is, all products together.
    pub fn figures(&self) -> impl Iterator<Item = (&str, &str)> {
        let whole = self.figures.iter().filter(|figure| figure.product == "all");
        whole.map(|figure| (figure.group.as_str(), figure.indicator.as_str()))
    }

    /// The position of an indicator of a group, all products together.
    fn position(&self, group: &str, indicator: &str) -> Option<usize> {
        let is = |one: &Named| one.group == group && one.indicator == indicator && one.product == "all";
        self.figures.iter().position(is)
    }

    /// Where draws put the change of an indicator of a group, all products together.
    #[must_use]
    pub fn band(&self, group: &str, indicator: &str) -> Option<Band> {
        self.band_at(self.position(group, indicator)?)
    }

    fn band_at(&self, position: usize) -> Option<Band> {
        Band::of(self.central[position], self.values[position].iter().copied())
    }

    /// Where draws put the figure of this scenario less that of another, draw by draw; `None` where the
    /// two were not drawn alike.
    #[must_use]
    pub fn less(&self, other: &Self, group: &str, indicator: &str) -> Option<Band> {
        if (&self.inputs, &self.points) != (&other.inputs, &other.points) {
            return None;
        }
        let (own, theirs) = (self.position(group, indicator)?, other.position(group, indicator)?);
        let values = self.values[own].iter().zip(&other.values[theirs]).map(|(own, theirs)| own - theirs);
        Band::of(self.central[own] - other.central[theirs], values)
    }

    /// Between which values 90 of 100 draws put the change of an indicator of a group.
    #[must_use]
    pub fn get(&self, group: &str, indicator: &str) -> Option<(f64, f64)> {
        self.band(group, indicator).map(|band| (band.low, band.high))
    }

    /// The share of draws in which something is so that is so or not.
    fn share(&self, group: &str, indicator: &str) -> Option<f64> {
        let values = &self.values[self.position(group, indicator)?];
        let known = values.iter().filter(|value| value.is_finite());
        let count = known.clone().count();
        (count > 0).then(|| known.sum::<f64>() / count as f64)
    }

    /// The share of draws in which a party would sign.
    #[must_use]
    pub fn signs(&self, party: &str) -> Option<f64> {
        self.share(party, SIGNS)
    }

    /// The share of draws in which every party would sign.
    #[must_use]
    pub fn could_be_signed(&self) -> Option<f64> {
        self.share(EVERY_PARTY, SIGNS)
    }

    /// The share of draws in which a party's red line is crossed.
    #[must_use]
    pub fn crossed(&self, party: &str, red_line: &str) -> Option<f64> {
        self.share(party, &red_line_kept(red_line)).map(|kept| 1.0 - kept)
    }

    /// How the parties of the scenario stand over the draws, in its order.
    #[must_use]
    pub fn standings(&self) -> Vec<Standings> {
        let parties = self.figures.iter().filter(|one| one.indicator == PAYOFF);
        let of = |party: &Named| {
            let own = self.figures.iter().filter(|one| one.group == party.group);
            let lines = own.filter_map(|one| one.indicator.strip_prefix(RED_LINE_KEPT));
            let crossed = |line: &str| Some((line.to_owned(), self.crossed(&party.group, line)?));
            Standings {
                party: party.group.clone(),
                signs: self.signs(&party.group),
                crossed: lines.filter_map(crossed).collect(),
            }
        };
        parties.map(of).collect()
    }

    /// What the doubt about a figure comes from: the share of its variance that each sort of number
    /// accounts for alone (first order, by draws that share a sample of it), the largest first.
    /// Empty where the figure does not vary.
    #[must_use]
    pub fn sources(&self, group: &str, indicator: &str) -> Vec<(Origin, f64)> {
        let Some(values) = self.position(group, indicator).map(|position| &self.values[position]) else {
            return vec![];
        };
        let known: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
        let count = known.len() as f64;
        let mean = known.iter().sum::<f64>() / count;
        let variance = known.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
        if variance.is_nan() || variance <= 1e-24 * mean * mean || variance == 0.0 {
            return vec![];
        }
        if self.points.study != Study::Paired {
            return self.origins.first().map(|origin| (*origin, 1.0)).into_iter().collect();
        }
        let of = |origin: &Origin| {
            let pairs = self.points.pairs(*origin as usize);
            let products: Vec<f64> = pairs
                .map(|(one, other)| (values[one] - mean) * (values[other] - mean))
                .filter(|product| product.is_finite())
                .collect();
            let covariance = products.iter().sum::<f64>() / products.len().max(1) as f64;
            (*origin, (covariance / variance).clamp(0.0, 1.0))
        };
        let mut shares: Vec<(Origin, f64)> = self.origins.iter().map(of).collect();
        // shares of a few draws may add up to more than there is
        let all = shares.iter().map(|(_, share)| share).sum::<f64>().max(1.0);
        for (_, share) in &mut shares {
            *share /= all;
        }
        shares.sort_by(|a, b| b.1.total_cmp(&a.1));
        shares
    }

    /// The table `intervals` of the result files.
    #[must_use]
    pub fn table(&self) -> Table {
        let rows = self.figures.iter().enumerate().map(|(position, figure)| -> Vec<Cell> {
            let band = self.band_at(position);
            let known = |of: &dyn Fn(Band) -> f64| Cell::Known(band.map(of));
            let mut row: Vec<Cell> = [&figure.group, &figure.product, &figure.indicator, &figure.unit]
                .map(|t| t.as_str().into())
                .into();
            row.extend([known(&|band| band.central), known(&|band| band.with_sign)]);
            row.extend(spread(self.values[position].clone()));
            row
        });
        let head = ["group", "product", "indicator", "unit", "central", "share_with_sign"];
        let spread = ["draws", "not_known", "mean", "sd", "min"];
        let quantiles = QUANTILES.iter().map(|(name, _)| *name);
        let columns: Vec<&str> = head.into_iter().chain(spread).chain(quantiles).chain(["max"]).collect();
        Table::new("intervals", &columns, rows)
    }

    /// The table `doubt` of the result files: what the doubt about the main figures comes from.
    #[must_use]
    pub fn sources_table(&self) -> Table {
        // of groups: a country has welfare and no emissions among the figures
        let of_group = |group: &str| self.position(group, SOURCES_OF[1]).is_some();
        let shown =
            self.figures().filter(|(group, indicator)| SOURCES_OF.contains(indicator) && of_group(group));
        let rows = shown.flat_map(|(group, indicator)| {
            let sources = self.sources(group, indicator).into_iter();
            sources.map(move |(origin, share)| -> Vec<Cell> {
                vec![group.into(), indicator.into(), origin.name().into(), share.into()]
            })
        });
        Table::new("doubt", &["group", "indicator", "source", "share_of_variance"], rows)
    }
}

/// The figures of each evaluation; none of one that failed.
fn computed(
    plan: &Plan,
    evaluations: usize,
    step: &(dyn Fn(usize) -> bool + Sync),
) -> Result<Vec<Vec<f64>>, BatchError> {
    let evaluator = Evaluator::new(plan)?;
    let stopped = AtomicBool::new(false);
    let go_on = || {
        if !step(evaluations) {
            stopped.store(true, Ordering::Relaxed);
        }
        !stopped.load(Ordering::Relaxed)
    };
    let block = plan.description.block;
    // threads of its own: a pool that others use would not let one stop before another is done
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut made = vec![];
        loop {
            let start = next.fetch_add(block, Ordering::Relaxed);
            if start >= evaluations || stopped.load(Ordering::Relaxed) {
                return made;
            }
            match evaluator.evaluate_while(start..(start + block).min(evaluations), &go_on) {
                Some(evaluated) => made.push((start, evaluated)),
                None => return made,
            }
        }
    };
    let mut found: Vec<(usize, Vec<Evaluated>)> = std::thread::scope(|scope| {
        let threads = rayon::current_num_threads().min(evaluations.div_ceil(block));
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        let joined = workers.into_iter().map(std::thread::ScopedJoinHandle::join);
        joined.flat_map(|made| made.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    if stopped.load(Ordering::Relaxed) {
        return Err(BatchError::Stopped);
    }
    found.sort_by_key(|(start, _)| *start);
    let all = found.into_iter().flat_map(|(_, evaluated)| evaluated);
    Ok(all.map(|one| one.figures.unwrap_or_default()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::points::Filling;

    fn band(central: f64, low: f64, high: f64) -> Band {
        Band { central, low, high, with_sign: 1.0 }
    }

    #[test]
    fn figures_are_rounded_as_their_bands_say() {
        assert_eq!(band(-262.0, -699.0, -101.0).rounded_to(), Some(10.0));
        assert_eq!(band(12.0, -500.0, 500.0).rounded_to(), Some(10.0));
        assert_eq!(band(13_730.0, 13_530.0, 13_930.0).rounded_to(), Some(10.0));
        assert_eq!(band(0.45, 0.1, 0.8).rounded_to(), Some(0.01));
        assert_eq!(band(5.0, 5.0, 5.0).rounded_to(), None);
    }

    #[test]
    fn a_share_is_of_the_draws_with_the_sign_of_the_figure() {
        let of = |central| Band::of(central, [-1.0, 2.0, 3.0, f64::NAN, 4.0].into_iter());
        assert_eq!(of(1.0).map(|band| band.with_sign), Some(0.75));
        assert_eq!(of(-1.0).map(|band| band.with_sign), Some(0.25));
        assert_eq!(of(f64::NAN), None);
    }

    #[test]
    fn the_sources_of_doubt_are_found_from_draws_that_share_a_sample() {
        // 3x + 4y + z·w over the unit cube: variances 9/12, 16/12 and about a tenth of one
        let draws = 4000;
        let mut points = Points::new(1, draws, 4, Filling::LatinHypercube, Study::Paired, 3);
        points.groups = vec![Origin::Elasticities as usize, Origin::Flows as usize, 2, 2];
        let figure = |number: usize| {
            let at = points.point(number).at;
            let of = |input: usize| at[input].unwrap_or(f64::NAN);
            3.0 * of(0) + 4.0 * of(1) + of(2) * of(3)
        };
        let name = |what: &str| what.to_owned();
        let named = Named {
            name: name("world.welfare"),
            group: name("world"),
            product: name("all"),
            indicator: name("welfare"),
            unit: name("million_usd"),
        };
        let drawn = Intervals {
            draws,
            failed: 0,
            inputs: vec![],
            origins: vec![Origin::Elasticities, Origin::Flows, Origin::Intensities],
            figures: vec![named],
            central: vec![3.75],
            values: vec![(0..draws).map(figure).collect()],
            points: points.clone(),
        };
        let sources = drawn.sources("world", "welfare");
        let whole = 9.0 / 12.0 + 16.0 / 12.0 + 7.0 / 144.0;
        let wanted = [
            (Origin::Flows, 16.0 / 12.0 / whole),
            (Origin::Elasticities, 9.0 / 12.0 / whole),
            (Origin::Intensities, 7.0 / 144.0 / whole),
        ];
        for ((found, share), (origin, wanted)) in sources.iter().zip(wanted) {
            assert_eq!(*found, origin, "{sources:?}");
            assert!((share - wanted).abs() < 0.05, "{origin:?}: {share}, not {wanted}");
        }
    }
}
