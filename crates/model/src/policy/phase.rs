//! Percentages that change with the years: phase-ins and schedules.

use crate::policy::reading::Reading;
use schemars::JsonSchema;
use serde::Deserialize;

/// A percentage from a year on, on the way to the next one given.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct YearForm {
    /// The year.
    pub year: i32,
    /// The value in that year, in percent.
    pub percent: f64,
}

/// Fractions by year, and the year that is asked about.
#[derive(Debug, Clone, PartialEq)]
pub struct Dated {
    /// Years, rising, each with its fraction; at least one.
    steps: Vec<(i32, f64)>,
    year: i32,
}

impl Dated {
    /// The values that a list in a file states, in percent under `key`, for the scenario's year.
    /// `fraction` makes a fraction of a percentage at a path. `None` after a fault.
    pub(super) fn read(
        reading: &Reading<'_>,
        path: &str,
        key: &str,
        steps: &[(i32, f64)],
        fraction: &dyn Fn(&str, f64) -> f64,
    ) -> Option<Self> {
        let mut read: Vec<(i32, f64)> = vec![];
        for (position, (year, percent)) in steps.iter().enumerate() {
            let at = format!("{path}[{position}]");
            if read.last().is_some_and(|(before, _)| year <= before) {
                reading.problem(&at, format!("year {year} is out of order"), "put the years in rising order");
            }
            read.push((*year, fraction(&format!("{at}.{key}"), *percent)));
        }
        if read.is_empty() {
            let what = key.trim_end_matches("_percent");
            reading.problem(path, "the list is empty", format!("give at least one year and {what}"));
            return None;
        }
        let year = asked(reading, path)?;
        Some(Self { steps: read, year })
    }

    /// A schedule that is in the program, for the scenario's year. `None` after a fault.
    pub(super) fn named(reading: &Reading<'_>, path: &str, percentages: &[(i32, f64)]) -> Option<Self> {
        let year = asked(reading, path)?;
        Some(Self { steps: percentages.iter().map(|(y, p)| (*y, p / 100.0)).collect(), year })
    }

    /// The value of the year: linear between the years given, the first before them, the last after.
    #[must_use]
    pub fn value(&self) -> f64 {
        let at_or_before = self.steps.iter().rev().find(|(year, _)| *year <= self.year);
        let after = self.steps.iter().find(|(year, _)| *year > self.year);
        match (at_or_before, after) {
            (Some((from, a)), Some((to, b))) => {
                a + (b - a) * f64::from(self.year - from) / f64::from(to - from)
            }
            (Some((_, value)), None) | (None, Some((_, value))) => *value,
            (None, None) => 0.0,
        }
    }

    /// The value of the year; `None` before the first year given.
    #[must_use]
    pub fn once_begun(&self) -> Option<f64> {
        self.steps.first().is_some_and(|(first, _)| self.year >= *first).then(|| self.value())
    }
}

/// The scenario's year, its absence reported.
fn asked(reading: &Reading<'_>, path: &str) -> Option<i32> {
    if reading.year.is_none() {
        reading.problem(path, "the scenario names no year", "add year = … at its top");
    }
    reading.year
}

/// The share of a clause that its `phase_in` lets hold in the scenario's year: all without one,
/// nothing before its first year.
pub(super) fn phase_in(reading: &Reading<'_>, clause: &str, steps: Option<&[YearForm]>) -> f64 {
    let Some(steps) = steps else { return 1.0 };
    let steps: Vec<(i32, f64)> = steps.iter().map(|step| (step.year, step.percent)).collect();
    let path = format!("{clause}.phase_in");
    let dated = Dated::read(reading, &path, "percent", &steps, &|at, percent| reading.share(at, percent));
    dated.map_or(1.0, |dated| dated.once_begun().unwrap_or(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(year: i32) -> Dated {
        Dated { steps: vec![(2026, 0.25), (2028, 0.75), (2030, 1.0)], year }
    }

    #[test]
    fn values_are_linear_between_years_and_the_last_one_stays() {
        let values = [2026, 2027, 2028, 2029, 2030, 2050].map(|year| at(year).value());
        assert_eq!(values, [0.25, 0.5, 0.75, 0.875, 1.0, 1.0]);
    }

    #[test]
    fn before_the_first_year_there_is_the_first_value_or_nothing() {
        assert_eq!((at(2025).value(), at(2025).once_begun()), (0.25, None));
        assert_eq!(at(2026).once_begun(), Some(0.25));
    }
}
