//! Quotas and clauses that put no duty on anything, in words, one sentence each, for reports.

use crate::form::ScenarioForm;
use crate::words::{list, scope};
use zollverein_model::policy::abatement::AbatementForm;
use zollverein_model::policy::benchmark::Emissions;
use zollverein_model::policy::procurement::ProcurementForm;
use zollverein_model::policy::quota::{Administration, Allocation, QuotaDuties, QuotaForm};
use zollverein_model::policy::revenue::{FundCap, FundKey, RevenueForm, RevenueUseForm, UseTo};
use zollverein_model::policy::support::SupportForm;

/// A sentence for each of these clauses that is switched on, in the order of the file.
#[must_use]
pub fn clauses(form: &ScenarioForm) -> Vec<String> {
    let on = |enabled: Option<bool>| enabled != Some(false);
    let mut all = vec![];
    all.extend(form.quota.iter().filter(|clause| on(clause.enabled)).map(quota));
    all.extend(form.procurement.iter().filter(|clause| on(clause.enabled)).map(procurement));
    all.extend(form.abatement.iter().filter(|clause| on(clause.enabled)).map(abatement));
    all.extend(form.support.iter().filter(|clause| on(clause.enabled)).map(support));
    for revenue in form.revenue.iter().filter(|revenue| on(revenue.enabled)) {
        let uses = revenue.uses.iter().filter(|clause| on(clause.enabled));
        all.extend(uses.map(|clause| revenue_use(revenue, clause)));
    }
    all
}

fn quota(form: &QuotaForm) -> String {
    let scope = scope(
        &form.importers,
        form.exporters.as_deref(),
        &form.except,
        form.products.as_deref(),
        form.routes.as_deref(),
        form.covers_percent,
    );
    let mut tonnes: Vec<String> =
        form.exporters_kt.iter().map(|(name, kt)| format!("{kt} kt of {name}")).collect();
    let others = if tonnes.is_empty() { "" } else { " of the others" };
    tonnes.extend(form.quota_kt.map(|kt| format!("{kt} kt{others}")));
    tonnes.extend(form.quota_percent.map(|share| format!("{share} % of baseline imports{others}")));
    let allocated = match form.allocation.unwrap_or_default() {
        Allocation::PerExporter => ", split by past shipments",
        Allocation::Shared => "",
    };
    let (in_force, off) = match form.duties_in_force.unwrap_or_default() {
        QuotaDuties::AddTo => ("on top of the duties in force", "points "),
        QuotaDuties::Replace => ("in the place of the duties in force", "% "),
    };
    let above = match form.out_of_quota_percent {
        Some(rate) => format!("{rate} {off}above, {in_force}"),
        None => format!("nothing above ({in_force})"),
    };
    let administration = form.administration.unwrap_or_default();
    let (how, whose) = match administration {
        Administration::FirstComeFirstServed => ("first come, first served", "importers"),
        Administration::Auction => ("licences by auction", "the treasury"),
        Administration::ExporterLicences => ("licences of exporters", "exporters"),
        Administration::ImporterLicences => ("licences of importers", "importers"),
    };
    let rent = match form.rent_to_exporters_percent {
        Some(share) if share > 0.0 && administration != Administration::ExporterLicences => {
            format!("; {how}: exporters get {share} % of the quota rent, {whose} the rest")
        }
        _ => format!("; {how}: {whose} get{} the quota rent", if whose == "the treasury" { "s" } else { "" }),
    };
    format!(
        "Quota `{}`: {scope}: {}{allocated} enter at {} {off}and {above}{rent}.",
        form.name,
        list(&tonnes),
        form.in_quota_percent.unwrap_or(0.0)
    )
}

fn procurement(form: &ProcurementForm) -> String {
    let promise = match (form.share_percent, form.commitment_kt) {
        (Some(share), _) => format!("{share} % of their use"),
        (None, Some(kt)) => format!("{kt} kt"),
        (None, None) => "nothing".to_owned(),
    };
    let limits: Vec<String> = form
        .green_tco2e_per_t
        .iter()
        .map(|(product, limit)| format!("{limit} tCO2e/t for {product}"))
        .collect();
    let what = match form.intensity.unwrap_or_default() {
        Emissions::Total => "",
        Emissions::Direct => ", direct emissions only",
    };
    format!(
        "Procurement `{}`: {} promise that {promise} of {} is green (at most {}{what}) and pay up to {} USD/t more for it{}.",
        form.name,
        list(&form.countries),
        form.products.as_deref().map_or("each product".to_owned(), list),
        list(&limits),
        form.max_premium_usd_per_t,
        form.from_year.map_or(String::new(), |year| format!(" from {year} on"))
    )
}

fn abatement(form: &AbatementForm) -> String {
    let learning = match (form.learning_percent, form.deployed_kt_co2e, form.reference_kt_co2e) {
        (Some(learning), Some(deployed), Some(reference)) => format!(
            ", less {learning} % with each doubling of deployment ({deployed} kt CO2e so far, {reference} where the costs hold)"
        ),
        _ => String::new(),
    };
    format!("Abatement: producers cut emissions where that pays, at the costs of the data folder{learning}.")
}

fn support(form: &SupportForm) -> String {
    let products = form.products.as_deref().map_or("any product".to_owned(), list);
    let routes = form.routes.as_deref().map_or(String::new(), |routes| format!(" by {}", list(routes)));
    let payer = match (&form.payers, &form.from_revenue) {
        (Some(payers), _) => format!("{} by GDP", list(payers)),
        (None, Some(name)) => format!("the use `{name}` of revenue"),
        (None, None) => "nobody".to_owned(),
    };
    let most =
        form.budget_million_usd.map_or(String::new(), |most| format!(", at most {most} million USD a year"));
    format!(
        "Support `{}`: {} % of the abatement cost of {products}{routes} in {}{}, paid by {payer}{most}{}.",
        form.name,
        form.share_percent,
        list(&form.countries),
        grant(form.grant_equivalent_percent),
        costs_and_time(form.overhead_percent, form.start_year, form.delay_years)
    )
}

fn revenue_use(revenue: &RevenueForm, form: &RevenueUseForm) -> String {
    let of = revenue.clauses.as_deref().map_or("every clause".to_owned(), list);
    let goes = match form.to {
        UseTo::Rebate => "goes back to the purchasers of those who collect it".to_owned(),
        UseTo::Support => "pays for support that names it".to_owned(),
        UseTo::Fund => {
            let key = match form.key {
                Some(FundKey::DutyPaid) => " by duty paid",
                Some(FundKey::ExportsLost) => " by exports lost",
                Some(FundKey::PerHead) => " by population",
                Some(FundKey::TonneAbated) => " by tonnes abated",
                None => "",
            };
            let to = list(form.recipients.as_deref().unwrap_or_default());
            let except = form.except.as_deref().filter(|names| !names.is_empty());
            let except = except.map_or(String::new(), |names| format!(" except {}", list(names)));
            let cap = match form.cap {
                Some(FundCap::Loss) => ", to none more than it loses",
                None => "",
            };
            format!("goes to {to}{except}{key}{}{cap}", grant(form.grant_equivalent_percent))
        }
    };
    format!(
        "Revenue `{}`: {} % of the additional revenue of {of} {goes}{}.",
        form.name,
        form.share_percent,
        costs_and_time(form.overhead_percent, form.start_year, form.delay_years)
    )
}

fn grant(percent: Option<f64>) -> String {
    percent.map_or(String::new(), |grant| format!(" ({grant} % of it as a grant)"))
}

fn costs_and_time(overhead: Option<f64>, start: Option<i32>, delay: Option<i32>) -> String {
    let overhead = overhead.map_or(String::new(), |over| format!(", {over} % for administration"));
    let start = start.map_or(String::new(), |year| format!(", agreed in {year}"));
    let delay = delay.map_or(String::new(), |years| format!(", first money after {years} years"));
    format!("{overhead}{start}{delay}")
}
