//! Border adjustments and accounting standards in words.

use super::{by_year, list, scope};
use zollverein_model::policy::benchmark::Emissions;
use zollverein_model::policy::cbam::{CbamForm, FreeAllocationForm, Values};
use zollverein_model::policy::standard::{Method, StandardForm};

/// A border adjustment in a sentence.
pub fn cbam(form: &CbamForm) -> String {
    let scope = scope(
        &form.importers,
        form.exporters.as_deref(),
        &form.except,
        form.products.as_deref(),
        form.routes.as_deref(),
        form.covers_percent,
    );
    let price = form
        .carbon_price_usd_per_tco2e
        .map_or("the importer's carbon price".to_owned(), |price| format!("{price} USD per tCO2e"));
    let credit = match (form.credit_origin_price, form.origin_free_percent) {
        (Some(false), _) => String::new(),
        (_, None) => ", less the price paid at origin,".to_owned(),
        (_, Some(free)) => {
            format!(", less the price paid at origin (where {free} % of emissions are free of it),")
        }
    };
    let free = form.free_allocation.as_ref().map_or(String::new(), free_allocation);
    let by_flag = if form.default_values == Some(true) { Values::Default } else { Values::Own };
    let defaults = match form.values.unwrap_or(by_flag) {
        Values::Own => "",
        Values::Default => "; default values count",
        Values::Cheaper => "; declarants use their own or the default value, whichever costs less,",
    };
    let markup = match (form.markup_percent, &form.markup, form.markup_schedule) {
        (Some(percent), ..) => format!(" with a mark-up of {percent} %"),
        (None, Some(steps), _) => format!(" with a mark-up of {}", by_year(steps)),
        (None, None, Some(_)) => " with the EU's mark-up".to_owned(),
        (None, None, None) => String::new(),
    };
    let home = match form.home {
        Some(home) if home.exports == Some(true) => "; own makers pay on all their sales",
        Some(_) => "; own makers pay on their sales inside",
        None => "",
    };
    let emissions = emissions(form.intensity);
    format!(
        "Border adjustment `{}`: {scope}: {price}{credit} on {emissions}{free}{defaults}{markup}{home}.",
        form.name
    )
}

fn free_allocation(form: &FreeAllocationForm) -> String {
    let charged = match (form.charged_percent, &form.charged) {
        (Some(percent), _) => format!("{percent} %"),
        (None, Some(steps)) => by_year(steps),
        (None, None) => "the EU's percentage".to_owned(),
    };
    format!(" above the free allocation ({charged} of the benchmark is charged)")
}

fn emissions(form: Option<Emissions>) -> &'static str {
    match form {
        Some(Emissions::Total) => "direct and power emissions",
        Some(Emissions::Direct) => "direct emissions",
        None => "the emissions",
    }
}

/// An accounting standard in a sentence.
pub fn standard(form: &StandardForm) -> String {
    let cost = |cost: Option<f64>| cost.map_or(String::new(), |cost| format!(", proof costs {cost} USD/t"));
    let whose = |names: Option<&[String]>| {
        names.map_or(String::new(), |names| format!(", of {} only (others: default values)", list(names)))
    };
    let counts = |method: Option<Method>| match method.unwrap_or_default() {
        Method::Verified => "verified intensities count",
        Method::CountryAverage => "country averages count",
        Method::Default => "default values count",
    };
    let common = format!(
        "{}{}{}",
        counts(form.method),
        whose(form.recognises.as_deref()),
        cost(form.verification_usd_per_t)
    );
    let mut apart = vec![];
    if form.harmonised == Some(false) {
        for member in &form.member {
            apart.push(format!(
                "for {} {}{}{}",
                list(&member.importers),
                counts(member.method.or(form.method)),
                whose(member.recognises.as_deref()),
                cost(member.verification_usd_per_t)
            ));
        }
    }
    let apart = if apart.is_empty() { String::new() } else { format!("; {}", apart.join("; ")) };
    format!("Accounting standard: {common}{apart}.")
}
