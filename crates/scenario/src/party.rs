//! Parties to a negotiation: who they are, what they value, and what they do not sign.

use super::{Scenario, nearest_place};
use schemars::JsonSchema;
use serde::Deserialize;
use zollverein_model::baseline::{Baseline, CountrySet, ProductId};
use zollverein_model::indicator::{Indicator, Totals};
use zollverein_model::policy::Reading;
use zollverein_model::problem::{Problems, instead};
use zollverein_model::units::{UsdPerTonneCo2e, percent};

/// `[[party]]`: a party to a negotiation.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PartyForm {
    /// Name of the party, unique among parties.
    pub name: String,
    /// Countries or groups that it speaks for.
    pub members: Vec<String>,
    /// What a dollar of its purchasers counts; left out: 1.
    pub consumers_weight: Option<f64>,
    /// What a dollar of its producers counts: their political weight; left out: 1.
    pub producers_weight: Option<f64>,
    /// What a dollar of its governments counts, programmes and transfers included; left out: 1.
    pub revenue_weight: Option<f64>,
    /// What it gives for a fall of world emissions, in USD per tonne of CO2 equivalent; left out: 0.
    pub emissions_usd_per_tco2e: Option<f64>,
    /// What it gives for a job of its own, in USD a year; left out: 0.
    pub usd_per_job: Option<f64>,
    /// Its power in bargains that know such weights; left out: 1.
    pub bargaining_power: Option<f64>,
    /// What it does not sign.
    #[serde(default)]
    pub red_line: Vec<RedLineForm>,
}

/// `[[party.red_line]]`: a bound on an indicator, without which the party does not sign.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RedLineForm {
    /// Name of the red line, unique within its party.
    pub name: String,
    /// An indicator of the result files, `welfare` for instance.
    pub indicator: String,
    /// Whose: countries or groups; left out: the party's members.
    pub of: Option<Vec<String>>,
    /// Of which product; left out: all together.
    pub product: Option<String>,
    /// What of it is bounded; left out: `change`.
    pub measure: Option<Measure>,
    /// The least that is signed, in the indicator's unit, or in percent.
    pub at_least: Option<f64>,
    /// The most that is signed, in the indicator's unit, or in percent.
    pub at_most: Option<f64>,
}

/// What of an indicator is bounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// The change against the baseline.
    #[default]
    Change,
    /// The level after it.
    Level,
    /// The change in percent of the baseline.
    Percent,
}

/// A party on resolved countries.
#[derive(Debug, Clone, PartialEq)]
pub struct Party {
    /// Its name.
    pub name: String,
    /// The countries that it speaks for.
    pub members: CountrySet,
    /// What a dollar of purchasers, of producers and of governments counts.
    pub weights: [f64; 3],
    /// What it gives for a fall of world emissions.
    pub emissions: UsdPerTonneCo2e,
    /// What it gives for a job of its own, USD a year.
    pub usd_per_job: f64,
    /// Its power in bargains.
    pub power: f64,
    /// What it does not sign.
    pub red_lines: Vec<RedLine>,
}

impl Party {
    /// A party that values the welfare of some countries, and nothing else.
    #[must_use]
    pub fn of_welfare(members: CountrySet) -> Self {
        Self {
            name: String::new(),
            members,
            weights: [1.0; 3],
            emissions: UsdPerTonneCo2e(0.0),
            usd_per_job: 0.0,
            power: 1.0,
            red_lines: vec![],
        }
    }
}

/// A figure of an outcome: an indicator of some countries.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// What is measured.
    pub indicator: Indicator,
    /// Whose.
    pub of: CountrySet,
    /// Of which product; `None`: all together.
    pub product: Option<ProductId>,
    /// What of it.
    pub measure: Measure,
}

impl Measured {
    /// The unit, as in files.
    #[must_use]
    pub fn unit(&self) -> &'static str {
        if self.measure == Measure::Percent { "percent" } else { self.indicator.unit() }
    }

    /// The figure at an outcome, in its unit; `None` where it is not known.
    #[must_use]
    pub fn value(&self, totals: &Totals<'_>) -> Option<f64> {
        totals.get(&self.of, self.indicator, self.product).level.and_then(|level| match self.measure {
            Measure::Change => Some(level.change()),
            Measure::Level => Some(level.value),
            Measure::Percent => level.relative().map(percent),
        })
    }
}

/// A red line on resolved countries.
#[derive(Debug, Clone, PartialEq)]
pub struct RedLine {
    /// Its name.
    pub name: String,
    /// What is bounded.
    pub of: Measured,
    /// The least and the most that is signed, in the unit of what is bounded.
    pub bounds: (Option<f64>, Option<f64>),
}

impl Scenario {
    /// The parties that the scenario names, in the order of the file.
    ///
    /// # Errors
    /// Every name that is not known and every value that cannot be meant, with its path and line.
    pub fn parties(&self, baseline: &Baseline) -> Result<Vec<Party>, Problems> {
        let groups = self.groups(baseline)?;
        let places = self.tree.places();
        let place = |path: &str| nearest_place(&places, path);
        let reading = Reading::new(baseline, &groups, self.year(), &place);
        let parties = read(&self.form.party, &reading);
        reading.into_problems().into_result(parties)
    }
}

/// The parties of a form; faults go to the reading's problems.
pub(super) fn read(forms: &[PartyForm], reading: &Reading<'_>) -> Vec<Party> {
    forms.iter().map(|form| party(form, reading)).collect()
}

fn party(form: &PartyForm, reading: &Reading<'_>) -> Party {
    const MOST: f64 = 1e6;
    let path = format!("party.{}", form.name);
    let number = |key: &str, value: Option<f64>, usual: f64, unit: &str| {
        value.map_or(usual, |value| reading.within(&format!("{path}.{key}"), value, 0.0, MOST, unit))
    };
    if form.members.is_empty() {
        reading.problem(&format!("{path}.members"), "it speaks for nobody", "name a country or group");
    }
    let members = reading.countries(&format!("{path}.members"), &form.members);
    let lines = format!("{path}.red_line");
    let red_lines =
        form.red_line.iter().map(|line| red_line(line, &lines, Some(&members), reading)).collect();
    Party {
        name: form.name.clone(),
        weights: [
            number("consumers_weight", form.consumers_weight, 1.0, ""),
            number("producers_weight", form.producers_weight, 1.0, ""),
            number("revenue_weight", form.revenue_weight, 1.0, ""),
        ],
        emissions: UsdPerTonneCo2e(number(
            "emissions_usd_per_tco2e",
            form.emissions_usd_per_tco2e,
            0.0,
            "USD",
        )),
        usd_per_job: number("usd_per_job", form.usd_per_job, 0.0, "USD"),
        power: number("bargaining_power", form.bargaining_power, 1.0, ""),
        members,
        red_lines,
    }
}

/// Reads a red line; `owner` is the path of what it belongs to, `members` whose figures are bounded
/// where it does not say.
pub(super) fn red_line(
    form: &RedLineForm,
    owner: &str,
    members: Option<&CountrySet>,
    reading: &Reading<'_>,
) -> RedLine {
    let path = format!("{owner}.{}", form.name);
    match (form.at_least, form.at_most) {
        (None, None) => {
            reading.problem(&path, "it bounds nothing", "give at_least or at_most");
        }
        (Some(least), Some(most)) if least > most => {
            let what = format!("at_least {least} is above at_most {most}: nothing could be signed");
            reading.problem(&path, what, "let at_least be the smaller one");
        }
        _ => {}
    }
    let said = Said {
        indicator: &form.indicator,
        of: form.of.as_deref(),
        product: form.product.as_deref(),
        measure: form.measure,
    };
    RedLine {
        name: form.name.clone(),
        of: said.measured(&path, members, reading),
        bounds: (form.at_least, form.at_most),
    }
}

/// What a clause says of a figure.
pub(super) struct Said<'a> {
    pub indicator: &'a str,
    pub of: Option<&'a [String]>,
    pub product: Option<&'a str>,
    pub measure: Option<Measure>,
}

impl Said<'_> {
    /// The figure that is meant; `members` are those where it does not say whose.
    pub fn measured(&self, path: &str, members: Option<&CountrySet>, reading: &Reading<'_>) -> Measured {
        let at = |key: &str| format!("{path}.{key}");
        let found = Indicator::ALL.into_iter().find(|one| one.name() == self.indicator);
        if found.is_none() {
            let known = Indicator::ALL.iter().map(|indicator| indicator.name());
            let what = format!("`{}` is no indicator of the result files", self.indicator);
            reading.problem(&at("indicator"), what, instead(self.indicator, known));
        }
        let indicator = found.unwrap_or(Indicator::Welfare);
        let product = self.product.and_then(|name| {
            let found = reading.baseline.product(name);
            if found.is_none() {
                let known = reading.baseline.products.iter().map(|product| product.code.as_str());
                let what = format!("`{name}` is no product of the data");
                reading.problem(&at("product"), what, instead(name, known));
            }
            found
        });
        let of = match (self.of, members) {
            (Some(names), _) => reading.countries(&at("of"), names),
            (None, Some(members)) => members.clone(),
            (None, None) => {
                reading.problem(
                    path,
                    "it does not say whose figure is meant",
                    "add of = [\"LDC\"], for instance",
                );
                CountrySet::none(reading.baseline.countries.len())
            }
        };
        let measure = self.measure.unwrap_or_default();
        let no_level = [
            Indicator::ConsumerSurplus,
            Indicator::ProducerSurplus,
            Indicator::Welfare,
            Indicator::QuotaRent,
            Indicator::ImportersRent,
            Indicator::ProgrammeOutlay,
            Indicator::Transfers,
            Indicator::WelfareBeforeTransfers,
        ];
        if measure == Measure::Percent && no_level.contains(&indicator) {
            let what = format!("{} is a change from nothing: it has no percent", indicator.name());
            reading.problem(&at("measure"), what, "bound the change itself: measure = \"change\"");
        }
        Measured { indicator, of, product, measure }
    }
}
