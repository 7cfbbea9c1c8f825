//! The use of revenue: what is done with money that the policy's duties bring in.

use crate::baseline::{CountryId, CountrySet};
use crate::policy::reading::Reading;
use crate::policy::terms::{self, Purpose, RevenueUse};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// `[revenue]`: earmarks the revenue of clauses.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RevenueForm {
    /// False switches it off: all revenue stays in the general budget.
    pub enabled: Option<bool>,
    /// Clauses whose additional revenue is earmarked, for instance `tariff.core`; left out: all.
    pub clauses: Option<Vec<String>>,
    /// What is done with it; what no use takes stays in the general budget.
    #[serde(default, rename = "use")]
    pub uses: Vec<RevenueUseForm>,
}

/// `[[revenue.use]]`: a part of the earmarked revenue.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RevenueUseForm {
    /// Name of the use, unique among uses.
    pub name: String,
    /// False switches it off: its part stays in the general budget.
    pub enabled: Option<bool>,
    /// The share of the earmarked revenue that it takes, in percent; all uses together at most 100.
    pub share_percent: f64,
    /// What is done with it.
    pub to: UseTo,
    /// With `to = "fund"`: countries or groups that are paid.
    pub recipients: Option<Vec<String>>,
    /// With `to = "fund"`: countries or groups among the recipients that are not paid.
    pub except: Option<Vec<String>>,
    /// With `to = "fund"`: how the fund is shared out.
    pub key: Option<FundKey>,
    /// With `to = "fund"`: the most that a recipient gets; left out: no limit. What nobody may get stays
    /// with those who collected it.
    pub cap: Option<FundCap>,
    /// Cost of administration, in percent of its part; left out: 0.
    pub overhead_percent: Option<f64>,
    /// With `to = "fund"`: the share of payments that is a grant, in percent, the rest being loans; left out: 100.
    pub grant_equivalent_percent: Option<f64>,
    /// The year in which it is agreed; needs the scenario's `year`.
    pub start_year: Option<i32>,
    /// Years from then until the first payment; the money is held until then; left out: 0.
    pub delay_years: Option<i32>,
}

/// What is done with revenue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UseTo {
    /// It goes back to the purchasers of the country that collected it.
    Rebate,
    /// It goes to `recipients` by a `key`.
    Fund,
    /// It pays for the `[[support]]` that names it.
    Support,
}

/// How a fund is shared out among its recipients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FundKey {
    /// By the earmarked duty that was paid on a country's exports.
    DutyPaid,
    /// By the value of exports to the collecting countries that was lost.
    ExportsLost,
    /// By population.
    PerHead,
    /// By tonnes of CO2e abated.
    TonneAbated,
}

/// The most that a recipient of a fund gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FundCap {
    /// Its loss of welfare before any use of revenue, less what earlier funds gave it.
    Loss,
}

/// The use of revenue on resolved countries.
#[derive(Debug, Clone, PartialEq)]
pub struct Revenue {
    /// The clauses whose revenue is earmarked; `None`: all.
    pub clauses: Option<Vec<String>>,
    /// The uses that are switched on, in the order of clause names.
    pub uses: Vec<RevenueUse>,
}

impl RevenueForm {
    /// The clauses of the uses that pay for support, and whether each is switched on.
    #[must_use]
    pub fn funding(&self) -> BTreeMap<String, bool> {
        let on = |enabled: Option<bool>| enabled != Some(false);
        let funding = self.uses.iter().filter(|form| form.to == UseTo::Support);
        funding
            .map(|form| (format!("revenue.use.{}", form.name), on(self.enabled) && on(form.enabled)))
            .collect()
    }
}

impl Revenue {
    /// The use of revenue that a form states; `known` are the clauses there are.
    #[must_use]
    pub fn read(form: &RevenueForm, reading: &Reading<'_>, known: &[String]) -> Self {
        if form.uses.is_empty() {
            reading.problem(
                "revenue",
                "it does not say what revenue is used for",
                "add a [[revenue.use]], or take [revenue] out",
            );
        }
        for (position, clause) in form.clauses.iter().flatten().enumerate() {
            if !known.contains(clause) {
                reading.problem(
                    &format!("revenue.clauses[{position}]"),
                    format!("`{clause}` is no clause of this scenario that brings in revenue"),
                    crate::problem::instead(clause, known.iter().map(String::as_str)),
                );
            }
        }
        let on = form.uses.iter().filter(|form| form.enabled != Some(false));
        let mut uses: Vec<RevenueUse> = on.map(|form| revenue_use(form, reading)).collect();
        uses.sort_by(|a, b| a.clause.cmp(&b.clause));
        let total: f64 = uses.iter().map(|revenue_use| revenue_use.share).sum();
        if total > 1.0 + 1e-12 {
            reading.problem(
                "revenue.use",
                format!("the uses take {} % of revenue together", (total * 1e6).round() / 1e4),
                "lower their share_percent to at most 100 in all",
            );
        }
        Self { clauses: form.clauses.clone(), uses }
    }

    /// Whether a clause's revenue is earmarked.
    #[must_use]
    pub fn earmarks(&self, clause: &str) -> bool {
        !self.uses.is_empty() && self.clauses.as_ref().is_none_or(|named| named.iter().any(|n| n == clause))
    }
}

fn revenue_use(form: &RevenueUseForm, reading: &Reading<'_>) -> RevenueUse {
    let path = format!("revenue.use.{}", form.name);
    let at = |key: &str| format!("{path}.{key}");
    if form.to != UseTo::Fund {
        let keys = [
            ("recipients", form.recipients.is_some()),
            ("except", form.except.is_some()),
            ("key", form.key.is_some()),
            ("cap", form.cap.is_some()),
            ("grant_equivalent_percent", form.grant_equivalent_percent.is_some()),
        ];
        for (key, _) in keys.iter().filter(|(_, given)| *given) {
            reading.problem(
                &at(key),
                "it goes with to = \"fund\" only",
                match (form.to, *key) {
                    (UseTo::Support, "grant_equivalent_percent") => "say it in the [[support]] that is paid",
                    _ => "take it out, or write to = \"fund\"",
                },
            );
        }
    }
    let purpose = match form.to {
        UseTo::Rebate => Purpose::Rebate,
        UseTo::Support => Purpose::Support,
        UseTo::Fund => fund(form, reading, &path),
    };
    RevenueUse {
        share: reading.share(&at("share_percent"), form.share_percent),
        purpose,
        overhead: form.overhead_percent.map_or(0.0, |over| reading.share(&at("overhead_percent"), over)),
        grant: form
            .grant_equivalent_percent
            .map_or(1.0, |grant| reading.share(&at("grant_equivalent_percent"), grant)),
        flowing: reading.has_begun(&path, "start_year", form.start_year, form.delay_years),
        at_most_loss: form.cap == Some(FundCap::Loss),
        clause: path,
    }
}

fn fund(form: &RevenueUseForm, reading: &Reading<'_>, path: &str) -> Purpose {
    let baseline = reading.baseline;
    let mut recipients = match form.recipients.as_deref() {
        Some(names) if !names.is_empty() => reading.countries(&format!("{path}.recipients"), names),
        _ => {
            reading.problem(path, "the fund pays nobody", "add recipients = [\"LDC\"], for instance");
            CountrySet::none(baseline.countries.len())
        }
    };
    if let Some(names) = form.except.as_deref() {
        let before = recipients.len();
        recipients.remove(&reading.countries(&format!("{path}.except"), names));
        if before > 0 && recipients.is_empty() {
            reading.problem(
                &format!("{path}.except"),
                "it leaves no recipient",
                "leave out fewer countries, or add recipients",
            );
        }
    }
    let key = match form.key {
        Some(FundKey::DutyPaid) => terms::Key::DutyPaid,
        Some(FundKey::ExportsLost) => terms::Key::ExportsLost,
        Some(FundKey::PerHead) => terms::Key::PerHead,
        Some(FundKey::TonneAbated) => terms::Key::TonneAbated,
        None => {
            reading.problem(
                path,
                "it does not say how the fund is shared out",
                "add key = \"duty_paid\", \"exports_lost\", \"per_head\" or \"tonne_abated\"",
            );
            terms::Key::DutyPaid
        }
    };
    let peopled = |country: CountryId| {
        baseline.countries[country.index()].population.is_some_and(|people| people > 0.0)
    };
    if key == terms::Key::PerHead && !recipients.is_empty() && !recipients.iter().any(peopled) {
        reading.problem(
            &format!("{path}.key"),
            "the population of no recipient is known",
            "fill population in countries.csv, or take another key",
        );
    }
    Purpose::Fund(recipients, key)
}
