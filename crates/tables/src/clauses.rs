//! What comes of the clauses that are more than duties: quotas, purchase
//! commitments, abatement, support and uses of revenue, figure by figure.

use crate::{Cell, Table};
use zollverein_model::baseline::{Baseline, CountrySet};
use zollverein_model::engine::Accounts;
use zollverein_model::indicator::{Indicator, Indicators, Level};
use zollverein_model::model::Outcome;
use zollverein_model::policy::terms::Payer;
use zollverein_model::units::percent;

/// A figure of a clause.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// The clause, for instance `quota.eu`.
    pub clause: String,
    /// What of it: a quota's label, a market, a producer; empty for the clause as a whole.
    pub item: String,
    /// What is measured.
    pub figure: &'static str,
    /// The unit, as in files.
    pub unit: &'static str,
    /// The figure.
    pub value: f64,
}

/// The figures of an outcome; none where the policy is duties alone.
#[must_use]
pub fn figures(baseline: &Baseline, outcome: &Outcome) -> Vec<Figure> {
    let (terms, found) = (&outcome.terms, &outcome.equilibrium);
    let mut figures = vec![];
    let accounts = Accounts::of(baseline, terms, found);
    let mut put = |clause: &str, item: &str, figure, unit, value| {
        figures.push(Figure { clause: clause.to_owned(), item: item.to_owned(), figure, unit, value });
    };
    for ((quota, state), rent) in terms.quotas.iter().zip(&found.quotas).zip(&accounts.rents) {
        let (clause, item) = (quota.clause.as_str(), quota.label.as_str());
        put(clause, item, "quota", "kt", (quota.quantity - quota.beside).value());
        put(clause, item, "shipped", "kt", (state.shipped - quota.beside).value().max(0.0));
        if quota.beside.value() > 0.0 {
            put(clause, item, "not_covered", "kt", quota.beside.value());
        }
        put(clause, item, "premium", "percent", percent(state.premium));
        if let Some(gap) = quota.gap {
            put(clause, item, "premium_at_most", "percent", percent(gap));
        }
        put(clause, item, "rent", "million_usd", *rent);
        put(clause, item, "rent_to_importers", "million_usd", rent * quota.rent_to_importers());
        put(clause, item, "rent_to_treasury", "million_usd", rent * quota.rent_to_treasury);
        put(clause, item, "rent_to_exporters", "million_usd", rent * quota.rent_to_exporters);
    }
    for ((mandate, state), paid) in terms.mandates.iter().zip(&found.mandates).zip(&accounts.premiums) {
        let country = &baseline.countries[mandate.importer.index()].code;
        let item = format!("{country}: {}", baseline.products[mandate.product.index()].code);
        let clause = mandate.clause.as_str();
        put(clause, &item, "promised", "kt", state.promised.value());
        put(clause, &item, "green", "kt", state.green.value());
        put(clause, &item, "shortfall", "kt", state.shortfall().value());
        put(clause, &item, "premium", "usd_per_t", state.premium.value());
        put(clause, &item, "paid", "million_usd", *paid);
    }
    for abater in &terms.abaters {
        let state = found.producers[abater.producer.index()];
        if state.abated == 0.0 {
            continue;
        }
        let producer = &baseline.producers[abater.producer.index()];
        let item = format!(
            "{}: {} by {}",
            baseline.countries[producer.country.index()].code,
            baseline.products[producer.product.index()].code,
            baseline.routes[producer.route.index()].code
        );
        let tonnes = (state.output * abater.intensity).value() * state.abated;
        let cost = (state.output * abater.cost_of(state.abated)).value();
        put("abatement", &item, "abated", "percent", percent(state.abated));
        put("abatement", &item, "abated", "kt_co2e", tonnes);
        put("abatement", &item, "cost", "million_usd", cost);
    }
    for ((support, account), supported) in terms.supports.iter().zip(&accounts.supports).zip(&found.supported)
    {
        let clause = support.clause.as_str();
        if let Payer::Budget(_, Some(budget)) = &support.payer {
            put(clause, "", "budget", "million_usd", budget.value());
        }
        put(clause, "", "granted", "million_usd", account.granted);
        put(clause, "", "lent", "million_usd", account.lent);
        put(clause, "", "overhead", "million_usd", account.overhead);
        put(clause, "", "supported_share_of_what_can_be_abated", "percent", percent(*supported));
    }
    for (purpose, account) in terms.uses.iter().zip(&accounts.uses) {
        let clause = purpose.clause.as_str();
        put(clause, "", "available", "million_usd", account.available);
        put(clause, "", "granted", "million_usd", account.granted);
        put(clause, "", "lent", "million_usd", account.lent);
        put(clause, "", "overhead", "million_usd", account.overhead);
        put(clause, "", "held", "million_usd", account.held);
        put(clause, "", "drawn_by_support", "million_usd", account.drawn);
        if purpose.at_most_loss {
            put(clause, "", "left_with_collectors", "million_usd", account.left);
        }
    }
    if accounts.proof > 0.0 {
        put("standard", "", "cost_of_proof", "million_usd", accounts.proof);
    }
    if let Some(harmonised) = &outcome.harmonised {
        let world = CountrySet::all(baseline.countries.len());
        let sets =
            [("members", &outcome.members), ("outside", &outcome.members.complement()), ("world", &world)];
        for (name, set) in sets {
            let welfare = |indicators: &Indicators| -> f64 {
                let levels = set.iter().filter_map(|c| indicators.get(Indicator::Welfare, c, None));
                levels.map(Level::change).sum()
            };
            let cost = welfare(harmonised) - welfare(&outcome.indicators);
            put("standard", name, "cost_of_disharmony", "million_usd", cost);
        }
    }
    figures
}

/// The table of figures; `None` where there are none, so that a policy of duties alone has no such file.
#[must_use]
pub fn table(baseline: &Baseline, outcome: &Outcome) -> Option<Table> {
    let figures = figures(baseline, outcome);
    let row = |figure: Figure| -> Vec<Cell> {
        vec![
            figure.clause.as_str().into(),
            figure.item.as_str().into(),
            figure.figure.into(),
            figure.unit.into(),
            figure.value.into(),
        ]
    };
    let rows: Vec<Vec<Cell>> = figures.into_iter().map(row).collect();
    (!rows.is_empty()).then(|| Table::new("clauses", &["clause", "item", "figure", "unit", "value"], rows))
}
