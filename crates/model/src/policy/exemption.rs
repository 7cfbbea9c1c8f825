//! An exemption: gives back, wholly or in part, what other clauses put on an arc.
//! It never touches the duties in force.

use crate::baseline::{ArcId, Baseline, CountryId, CountrySet, ProductId};
use crate::policy::ledger::Ledger;
use crate::policy::phase::Dated;
use crate::policy::reading::Reading;
use crate::policy::scope::Scope;
use schemars::JsonSchema;
use serde::Deserialize;

/// `[[exemption]]`: exporters that a proposal spares.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExemptionForm {
    /// Name of the clause, unique among exemptions.
    pub name: String,
    /// False switches the clause off.
    pub enabled: Option<bool>,
    /// Countries or groups that are spared; left out: all (of use with `de_minimis`).
    pub exporters: Option<Vec<String>>,
    /// Countries or groups on whose imports; left out: all. Each entry is one customs territory.
    pub importers: Option<Vec<String>>,
    /// Products; left out: all.
    pub products: Option<Vec<String>>,
    /// Clauses that it exempts from, for instance `arrangement.gassa`; left out: all.
    pub clauses: Option<Vec<String>>,
    /// The share given back, in percent; left out: 100.
    pub share_percent: Option<f64>,
    /// The share given back by year, linear in between; needs the scenario's `year`.
    pub phase: Option<Vec<PhaseForm>>,
    /// Only small suppliers are spared.
    pub de_minimis: Option<DeMinimisForm>,
}

/// One year of a phase-in.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PhaseForm {
    /// The year.
    pub year: i32,
    /// The share given back in that year, in percent.
    pub share_percent: f64,
}

/// `de_minimis = { … }`, after Article 9.1 of the WTO Agreement on Safeguards.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeMinimisForm {
    /// Spared while its share in the territory's imports of the product is below this, in percent.
    #[schemars(extend("x-steps" = true))]
    pub below_percent: f64,
    /// And while all spared suppliers together stay at or below this, in percent.
    #[schemars(extend("x-steps" = true))]
    pub together_percent: Option<f64>,
}

/// An exemption on resolved countries.
#[derive(Debug, Clone, PartialEq)]
pub struct Exemption {
    /// Name of the clause.
    pub name: String,
    /// Whose exports are spared where.
    pub scope: Scope,
    /// The clauses it exempts from; `None`: all.
    pub clauses: Option<Vec<String>>,
    /// The share given back.
    pub share: f64,
    /// By territory and product: the exporters small enough; `None` without a de-minimis rule.
    small: Option<Vec<Vec<CountrySet>>>,
}

impl Exemption {
    /// The exemption that a form states; `known` are the clauses there are.
    #[must_use]
    pub fn read(form: &ExemptionForm, reading: &Reading<'_>, known: &[String]) -> Self {
        let path = format!("exemption.{}", form.name);
        let at = |key: &str| format!("{path}.{key}");
        let baseline = reading.baseline;
        if form.exporters.is_none() && form.de_minimis.is_none() {
            reading.problem(&path, "it spares nobody in particular", "give exporters or de_minimis");
        }
        let everyone = ["all".to_owned()];
        let territories =
            reading.territories(&at("importers"), form.importers.as_deref().unwrap_or(&everyone));
        let exporters = match &form.exporters {
            Some(names) => reading.countries(&at("exporters"), names),
            None => CountrySet::all(baseline.countries.len()),
        };
        let products = reading.products(&at("products"), form.products.as_deref());
        for (position, clause) in form.clauses.iter().flatten().enumerate() {
            if !known.contains(clause) {
                reading.problem(
                    &at(&format!("clauses[{position}]")),
                    format!("`{clause}` is no clause of this scenario"),
                    crate::problem::instead(clause, known.iter().map(String::as_str)),
                );
            }
        }
        let share = share(form, reading, &path);
        let routes = vec![true; baseline.routes.len()];
        let scope = Scope { territories, exporters, products, routes, covers: 1.0 };
        let small = form.de_minimis.map(|rule| {
            if form.importers.is_none() {
                reading.problem(
                    &at("de_minimis"),
                    "shares in whose imports?",
                    "add importers = […]; each entry counts as one customs territory",
                );
            }
            let below = reading.share(&at("de_minimis.below_percent"), rule.below_percent);
            let together =
                rule.together_percent.map(|p| reading.share(&at("de_minimis.together_percent"), p));
            small_suppliers(baseline, &scope, below, together)
        });
        if reading.is_clean(&path) && scope.is_empty(baseline) {
            reading.problem(
                &path,
                "no trade of the baseline is in its scope",
                "check exporters and importers",
            );
        }
        Self { name: form.name.clone(), scope, clauses: form.clauses.clone(), share, small }
    }

    /// Gives back its share in a ledger.
    pub(super) fn apply(&self, baseline: &Baseline, ledger: &mut Ledger) {
        let covers = |clause: &str| {
            self.clauses.as_ref().is_none_or(|clauses| clauses.iter().any(|name| name == clause))
        };
        let spared = |territory: usize, country: CountryId, product: ProductId| {
            self.small.as_ref().is_none_or(|small| small[territory][product.index()].contains(country))
        };
        self.scope.each_arc(baseline, &mut |arc: ArcId, territory| {
            let producer = baseline.producer_of(arc);
            if spared(territory, producer.country, producer.product) {
                ledger.exempt(arc, &covers, self.share);
            }
        });
    }
}

fn share(form: &ExemptionForm, reading: &Reading<'_>, path: &str) -> f64 {
    let Some(phase) = &form.phase else {
        return form.share_percent.map_or(1.0, |p| reading.share(&format!("{path}.share_percent"), p));
    };
    let at = format!("{path}.phase");
    if form.share_percent.is_some() {
        reading.problem(&at, "both share_percent and phase are given", "keep one of them");
    }
    let steps: Vec<(i32, f64)> = phase.iter().map(|step| (step.year, step.share_percent)).collect();
    let share = |at: &str, percent: f64| reading.share(at, percent);
    Dated::read(reading, &at, "share_percent", &steps, &share).map_or(1.0, |dated| dated.value())
}

/// By territory and product: the exporters below the threshold, if together they are small enough.
fn small_suppliers(
    baseline: &Baseline,
    scope: &Scope,
    below: f64,
    together: Option<f64>,
) -> Vec<Vec<CountrySet>> {
    let countries = baseline.countries.len();
    let mut small = vec![];
    for territory in &scope.territories {
        let mut row = vec![];
        for product in baseline.product_ids() {
            let mut from = vec![0.0; countries];
            for (_, flow) in baseline.trade.flows() {
                if flow.product == product
                    && territory.contains(flow.importer)
                    && !territory.contains(flow.exporter)
                {
                    from[flow.exporter.index()] += flow.quantity.value();
                }
            }
            let total: f64 = from.iter().sum();
            let few = |country: &CountryId| from[country.index()] < below * total;
            let set = CountrySet::of(countries, scope.exporters.iter().filter(few));
            let share =
                set.iter().map(|country| from[country.index()]).sum::<f64>() / total.max(f64::MIN_POSITIVE);
            let within = together.is_none_or(|limit| share <= limit);
            row.push(if within { set } else { CountrySet::none(countries) });
        }
        small.push(row);
    }
    small
}
