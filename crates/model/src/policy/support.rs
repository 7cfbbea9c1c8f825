//! Support: money that pays a share of what abatement costs producers in named countries.

use crate::baseline::{Baseline, CountryId, CountrySet, ProducerId};
use crate::policy::reading::Reading;
use crate::policy::terms;
use crate::units::MillionUsd;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// `[[support]]`: a share of abatement cost, paid from a budget or from revenue.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SupportForm {
    /// Name of the clause, unique among support.
    pub name: String,
    /// False switches the clause off.
    pub enabled: Option<bool>,
    /// Countries or groups whose producers get it.
    pub countries: Vec<String>,
    /// Products; left out: all.
    pub products: Option<Vec<String>>,
    /// Production routes; left out: all.
    pub routes: Option<Vec<String>>,
    /// The share of abatement cost that is handed out, in percent.
    pub share_percent: f64,
    /// The share of it that is a grant, in percent, the rest being a loan; left out: 100.
    pub grant_equivalent_percent: Option<f64>,
    /// Cost of administration, in percent of what is handed out; left out: 0.
    pub overhead_percent: Option<f64>,
    /// Countries or groups whose governments pay, in proportion to their GDP.
    pub payers: Option<Vec<String>>,
    /// With `payers`: the most that is handed out in a year, in million USD; left out: no limit.
    pub budget_million_usd: Option<f64>,
    /// In the place of `payers`: the name of the `[[revenue.use]]` that pays.
    pub from_revenue: Option<String>,
    /// The year in which it is agreed; needs the scenario's `year`.
    pub start_year: Option<i32>,
    /// Years from then until the first money reaches a producer; left out: 0.
    pub delay_years: Option<i32>,
}

/// Support on resolved countries.
#[derive(Debug, Clone, PartialEq)]
pub struct Support {
    /// Name of the clause.
    pub name: String,
    /// Whose producers get it.
    pub countries: CountrySet,
    /// By product: whether it is in scope.
    pub products: Vec<bool>,
    /// By route: whether it is in scope.
    pub routes: Vec<bool>,
    /// The share of abatement cost that reaches a producer as a grant.
    pub grant_share: f64,
    /// The share of what is handed out that is a grant.
    pub grant: f64,
    /// Cost of administration over what is handed out.
    pub overhead: f64,
    /// Who pays.
    pub payer: Payer,
    /// Whether money flows by the scenario's year: it has begun, and the use of revenue that pays is
    /// switched on.
    pub flowing: bool,
}

/// Who pays for support.
#[derive(Debug, Clone, PartialEq)]
pub enum Payer {
    /// Governments with the share that each bears, and the most that is handed out a year.
    Budget(Vec<(CountryId, f64)>, Option<MillionUsd>),
    /// The use of revenue of this clause, for instance `revenue.use.clean-metal`.
    Revenue(String),
}

/// What support builds on elsewhere in a scenario. Where that is there but switched off, support has
/// no effect; where it is not there at all, that is a fault.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Footing {
    /// Whether producers can abate; `None` where the scenario does not speak of abatement.
    pub abatement: Option<bool>,
    /// The clauses of uses of revenue that pay for support, and whether each is switched on.
    pub funding: BTreeMap<String, bool>,
}

impl Support {
    /// The support that a form states.
    #[must_use]
    pub fn read(form: &SupportForm, reading: &Reading<'_>, footing: &Footing) -> Self {
        let path = format!("support.{}", form.name);
        let at = |key: &str| format!("{path}.{key}");
        if footing.abatement.is_none() {
            reading.problem(
                &path,
                "support pays for abatement, and producers cannot abate in this scenario",
                "add an [abatement] table",
            );
        }
        let countries = reading.countries(&at("countries"), &form.countries);
        let products = reading.products(&at("products"), form.products.as_deref());
        let routes = reading.routes(&at("routes"), form.routes.as_deref(), &products);
        let share = reading.share(&at("share_percent"), form.share_percent);
        let grant = form
            .grant_equivalent_percent
            .map_or(1.0, |grant| reading.share(&at("grant_equivalent_percent"), grant));
        let payer = payer(form, reading, &path, &footing.funding);
        let funded = match &payer {
            Payer::Budget(..) => true,
            Payer::Revenue(clause) => footing.funding.get(clause) == Some(&true),
        };
        let support = Self {
            name: form.name.clone(),
            countries,
            products,
            routes,
            grant_share: share * grant,
            grant,
            overhead: form.overhead_percent.map_or(0.0, |over| reading.rate(&at("overhead_percent"), over)),
            payer,
            flowing: reading.has_begun(&path, "start_year", form.start_year, form.delay_years) && funded,
        };
        let baseline = reading.baseline;
        if footing.abatement == Some(true)
            && reading.is_clean(&path)
            && !baseline.abatement.is_empty()
            && !baseline.abatement.keys().any(|producer| support.covers(baseline, *producer))
        {
            reading.problem(
                &path,
                "no producer in its scope can abate",
                "check countries, products and routes, and abatement.csv of the data folder",
            );
        }
        support
    }

    /// The kind and name by which files and reports address it.
    #[must_use]
    pub fn clause(&self) -> String {
        format!("support.{}", self.name)
    }

    /// Whether a producer gets it.
    #[must_use]
    pub fn covers(&self, baseline: &Baseline, producer: ProducerId) -> bool {
        let made = &baseline.producers[producer.index()];
        self.countries.contains(made.country)
            && self.products[made.product.index()]
            && self.routes[made.route.index()]
    }

    /// The governments that pay.
    #[must_use]
    pub fn payers(&self, baseline: &Baseline) -> CountrySet {
        let shares = match &self.payer {
            Payer::Budget(shares, _) => shares.as_slice(),
            Payer::Revenue(_) => &[],
        };
        CountrySet::of(baseline.countries.len(), shares.iter().map(|(country, _)| *country))
    }

    /// What it comes to, with the uses of revenue in their order; `None` before money flows.
    #[must_use]
    pub fn terms(&self, uses: &[terms::RevenueUse]) -> Option<terms::Support> {
        let payer = match &self.payer {
            Payer::Budget(shares, most) => terms::Payer::Budget(shares.clone(), *most),
            Payer::Revenue(clause) => {
                terms::Payer::Revenue(uses.iter().position(|revenue_use| revenue_use.clause == *clause)?)
            }
        };
        self.flowing.then(|| terms::Support {
            clause: self.clause(),
            payer,
            grant: self.grant,
            overhead: self.overhead,
        })
    }
}

/// Who pays: exactly one of the two keys.
fn payer(form: &SupportForm, reading: &Reading<'_>, path: &str, funding: &BTreeMap<String, bool>) -> Payer {
    let at = |key: &str| format!("{path}.{key}");
    match (&form.payers, &form.from_revenue) {
        (Some(names), None) => {
            let most = form.budget_million_usd.map(|most| {
                MillionUsd(reading.within(&at("budget_million_usd"), most, 0.0, 1e9, "million USD"))
            });
            Payer::Budget(by_gdp(reading, &at("payers"), names), most)
        }
        (None, Some(name)) => {
            if form.budget_million_usd.is_some() {
                reading.problem(
                    &at("budget_million_usd"),
                    "revenue pays, and it is limited by itself",
                    "take it out, or name payers in the place of from_revenue",
                );
            }
            let clause = format!("revenue.use.{name}");
            if !funding.contains_key(&clause) {
                let known = funding.keys().filter_map(|clause| clause.strip_prefix("revenue.use."));
                reading.problem(
                    &at("from_revenue"),
                    format!("`{name}` is no [[revenue.use]] with to = \"support\""),
                    crate::problem::instead(name, known),
                );
            }
            Payer::Revenue(clause)
        }
        (payers, _) => {
            let what =
                if payers.is_some() { "both payers and from_revenue are given" } else { "nobody pays" };
            reading.problem(path, what, "give exactly one of payers and from_revenue");
            Payer::Budget(vec![], None)
        }
    }
}

/// Countries with their shares in GDP.
fn by_gdp(reading: &Reading<'_>, path: &str, names: &[String]) -> Vec<(CountryId, f64)> {
    let baseline = reading.baseline;
    if names.is_empty() {
        reading.problem(path, "the list is empty", "name at least one country or group");
    }
    let mut shares = vec![];
    let mut unknown: Vec<&str> = vec![];
    for country in reading.countries(path, names).iter() {
        let entry = &baseline.countries[country.index()];
        match entry.gdp_usd.filter(|gdp| *gdp > 0.0) {
            Some(gdp) => shares.push((country, gdp)),
            None => unknown.push(&entry.code),
        }
    }
    if !unknown.is_empty() {
        reading.problem(
            path,
            format!("payers share by GDP, and that of {} is not known", unknown.join(", ")),
            "fill gdp_usd in countries.csv, or leave them out",
        );
    }
    let total: f64 = shares.iter().map(|(_, gdp)| gdp).sum();
    shares.into_iter().map(|(country, gdp)| (country, gdp / total)).collect()
}

/// Reports producers whose abatement would be paid more than once over.
pub fn require_at_most_the_cost(supports: &[Support], reading: &Reading<'_>) {
    let baseline = reading.baseline;
    let mut reported: Vec<Vec<String>> = vec![];
    for producer in baseline.abatement.keys() {
        let mut covering: Vec<&Support> = supports
            .iter()
            .filter(|support| support.flowing && support.covers(baseline, *producer))
            .collect();
        covering.sort_by_key(|support| support.clause());
        let total: f64 = covering.iter().map(|support| support.grant_share).sum();
        let clauses: Vec<String> = covering.iter().map(|support| support.clause()).collect();
        if total <= 1.0 + 1e-12 || reported.contains(&clauses) {
            continue;
        }
        let made = &baseline.producers[producer.index()];
        reading.problem(
            clauses.last().map_or("support", String::as_str),
            format!(
                "{} together pay {} % of the abatement cost of {} by {} in {}",
                clauses.join(" and "),
                (total * 1e6).round() / 1e4,
                baseline.products[made.product.index()].code,
                baseline.routes[made.route.index()].code,
                baseline.countries[made.country.index()].code
            ),
            "lower share_percent, or narrow countries, products or routes, to at most 100 %",
        );
        reported.push(clauses);
    }
}
