//! The clauses of a scenario in words, one sentence each, for reports.

use crate::form::ScenarioForm;
use zollverein_model::policy::arrangement::{AccessionForm, ArrangementForm, DutiesInForce};
use zollverein_model::policy::benchmark::{Basis, BenchmarkForm, Emissions};
use zollverein_model::policy::carbon::CarbonTariffForm;
use zollverein_model::policy::counter_duty::CounterDutyForm;
use zollverein_model::policy::exemption::ExemptionForm;
use zollverein_model::policy::oversupply::OversupplyTariffForm;
use zollverein_model::policy::phase::YearForm;
use zollverein_model::policy::schedule::{ExcessMeasure, OversupplyForm, TierForm, TiersBy};
use zollverein_model::policy::tariff::TariffForm;

mod carbon;

/// A sentence for each clause that is switched on, in the order of the file.
#[must_use]
pub fn clauses(form: &ScenarioForm) -> Vec<String> {
    let on = |enabled: Option<bool>| enabled != Some(false);
    let mut all = vec![];
    all.extend(form.arrangement.iter().filter(|clause| on(clause.enabled)).map(arrangement));
    all.extend(form.tariff.iter().filter(|clause| on(clause.enabled)).map(tariff));
    all.extend(form.carbon_tariff.iter().filter(|clause| on(clause.enabled)).map(carbon_tariff));
    all.extend(form.oversupply_tariff.iter().filter(|clause| on(clause.enabled)).map(oversupply_tariff));
    all.extend(form.cbam.iter().filter(|clause| on(clause.enabled)).map(carbon::cbam));
    all.extend(form.counter_duty.iter().filter(|clause| on(clause.enabled)).map(counter_duty));
    all.extend(form.standard.iter().filter(|clause| on(clause.enabled)).map(carbon::standard));
    all.extend(form.exemption.iter().filter(|clause| on(clause.enabled)).map(exemption));
    all
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn list(names: &[String]) -> String {
    match names {
        [] => "nobody".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Who charges what from whom.
pub(super) fn scope(
    importers: &[String],
    exporters: Option<&[String]>,
    except: &[String],
    products: Option<&[String]>,
    routes: Option<&[String]>,
    covers_percent: Option<f64>,
) -> String {
    let what = products.map_or("all products".to_owned(), list);
    let how = routes.map_or(String::new(), |routes| format!(" made by {}", list(routes)));
    let whom = exporters.map_or("everyone outside".to_owned(), list);
    let spared = if except.is_empty() { String::new() } else { format!(" except {}", list(except)) };
    let part = match covers_percent {
        Some(covers) if covers < 100.0 => format!("{covers} % of "),
        _ => String::new(),
    };
    format!("{} on {part}{what}{how} from {whom}{spared}", list(importers))
}

fn tariff(form: &TariffForm) -> String {
    let scope = scope(
        &form.importers,
        form.exporters.as_deref(),
        &form.except,
        form.products.as_deref(),
        form.routes.as_deref(),
        form.covers_percent,
    );
    let does = levy(form.rate_percent, form.additional_percent, form.additional_usd_per_t);
    format!("Tariff `{}`: {scope}: {does}{}.", form.name, phased_in(form.phase_in.as_deref()))
}

fn counter_duty(form: &CounterDutyForm) -> String {
    let scope = scope(
        &form.importers,
        Some(&form.exporters),
        &form.except,
        form.products.as_deref(),
        form.routes.as_deref(),
        form.covers_percent,
    );
    let does = levy(form.rate_percent, form.additional_percent, form.additional_usd_per_t);
    format!("Counter-duty `{}`: {scope}: {does}{}.", form.name, phased_in(form.phase_in.as_deref()))
}

/// What a duty does to the one in force.
fn levy(set: Option<f64>, add: Option<f64>, charge: Option<f64>) -> String {
    let mut does = vec![];
    if let Some(rate) = set {
        does.push(format!("the duty is set to {rate} %"));
    }
    if let Some(rate) = add {
        does.push(format!("{rate} percentage points are added"));
    }
    if let Some(charge) = charge {
        does.push(format!("{charge} USD/t are added"));
    }
    list(&does)
}

/// `, phased in with 25 % in 2026 and 100 % in 2030`, or nothing.
fn phased_in(steps: Option<&[YearForm]>) -> String {
    steps.map_or(String::new(), |steps| format!(", phased in with {}", by_year(steps)))
}

/// `25 % in 2026 and 100 % in 2030`.
fn by_year(steps: &[YearForm]) -> String {
    let parts: Vec<String> =
        steps.iter().map(|step| format!("{} % in {}", step.percent, step.year)).collect();
    list(&parts)
}

fn carbon_tariff(form: &CarbonTariffForm) -> String {
    let scope = scope(
        &form.importers,
        form.exporters.as_deref(),
        &form.except,
        form.products.as_deref(),
        form.routes.as_deref(),
        form.covers_percent,
    );
    let rule = intensity_rule(&form.tiers, form.tiers_by, form.usd_per_tco2e);
    format!(
        "Carbon tariff `{}`: {scope}: {}{}{}.",
        form.name,
        list(&rule),
        measured(form.benchmark.as_ref(), form.intensity),
        phased_in(form.phase_in.as_deref())
    )
}

fn oversupply_tariff(form: &OversupplyTariffForm) -> String {
    let scope = scope(
        &form.importers,
        form.exporters.as_deref(),
        &form.except,
        form.products.as_deref(),
        form.routes.as_deref(),
        form.covers_percent,
    );
    format!(
        "Oversupply tariff `{}`: {scope}: {}{}.",
        form.name,
        list(&oversupply(&form.rule())),
        phased_in(form.phase_in.as_deref())
    )
}

fn arrangement(form: &ArrangementForm) -> String {
    let out = &form.outside;
    let mut rule = vec![];
    if let Some(floor) = out.floor_percent {
        rule.push(format!("{floor} % from everyone"));
    }
    rule.extend(intensity_rule(&out.tiers, out.tiers_by, out.usd_per_tco2e));
    rule.extend(out.oversupply.iter().flat_map(oversupply));
    if rule.is_empty() {
        rule.push("no duty of its own".to_owned());
    }
    let inside = match form.inside.as_ref().and_then(|inside| inside.usd_per_tco2e) {
        Some(charge) => format!("no duty at or below the benchmark, {charge} USD per tCO2e above it"),
        None => "no duty".to_owned(),
    };
    let in_force = match form.duties_in_force.unwrap_or_default() {
        DutiesInForce::AddTo => "on top of the duties in force",
        DutiesInForce::Replace => "in the place of the duties in force",
        DutiesInForce::AtLeast => "or the duty in force where that is higher",
    };
    let products = form.products.as_deref().map_or("all products".to_owned(), list);
    format!(
        "Arrangement `{}` of {} on {products}: inside, {inside}; outside, {} ({in_force}){}{}{}.",
        form.name,
        list(&form.members),
        list(&rule),
        measured(form.benchmark.as_ref(), form.intensity),
        form.accession.as_ref().map_or(String::new(), accession),
        phased_in(form.phase_in.as_deref()),
    )
}

fn accession(form: &AccessionForm) -> String {
    let mut conditions = vec![];
    if let Some(multiple) = form.max_intensity_multiple {
        conditions.push(format!("their intensity is at most {multiple} times the founders'"));
    }
    if let Some(excess) = form.max_excess_percent {
        conditions.push(format!("their excess capacity is at most {excess} %"));
    }
    format!("; {} count as members if {}", list(&form.open_to), list(&conditions))
}

fn exemption(form: &ExemptionForm) -> String {
    let whom = form.exporters.as_deref().map_or("suppliers".to_owned(), list);
    let small = form.de_minimis.map_or(String::new(), |rule| {
        let together = rule
            .together_percent
            .map_or(String::new(), |together| format!(" and at most {together} % together"));
        format!(" with less than {} % of imports each{together}", rule.below_percent)
    });
    let mut shares = vec![];
    for step in form.phase.iter().flatten() {
        shares.push(format!("{} % in {}", step.share_percent, step.year));
    }
    if shares.is_empty() {
        shares.push(format!("{} %", form.share_percent.unwrap_or(100.0)));
    }
    let clauses = form.clauses.as_deref().map_or("every clause".to_owned(), list);
    let products = form.products.as_deref().map_or(String::new(), |p| format!(" for {}", list(p)));
    let importers =
        form.importers.as_deref().map_or(String::new(), |i| format!(" on imports of {}", list(i)));
    format!(
        "Exemption `{}`: {whom}{small} are spared {} of {clauses}{products}{importers}.",
        form.name,
        list(&shares)
    )
}

fn intensity_rule(tiers: &[TierForm], by: Option<TiersBy>, charge: Option<f64>) -> Vec<String> {
    let unit = match by.unwrap_or_default() {
        TiersBy::Benchmark => "times the benchmark",
        TiersBy::Intensity => "tCO2e/t",
    };
    let steps = tiers.iter().map(|tier| (tier.above, tier.additional_percent));
    let mut rule: Vec<String> = ladder(&steps.collect::<Vec<_>>(), unit).into_iter().collect();
    rule.extend(charge.map(|charge| format!("{charge} USD per tCO2e above the benchmark")));
    rule
}

/// Steps of a rate: `5 % above 1, 10 % above 1.5 times the benchmark (the highest step reached)`.
fn ladder(steps: &[(f64, f64)], unit: &str) -> Option<String> {
    let parts: Vec<String> = steps.iter().map(|(above, rate)| format!("{rate} % above {above}")).collect();
    let several = if parts.len() > 1 { " (the highest step reached)" } else { "" };
    (!parts.is_empty()).then(|| format!("{} {unit}{several}", parts.join(" or ")))
}

fn measured(benchmark: Option<&BenchmarkForm>, emissions: Option<Emissions>) -> String {
    let Some(form) = benchmark else { return String::new() };
    let basis = match form.basis {
        Basis::Fixed => "a fixed number".to_owned(),
        Basis::ImporterAverage => "the importer's average intensity".to_owned(),
        Basis::ImporterMaximum => "the importer's highest intensity of a route".to_owned(),
        Basis::MembersAverage => "the members' average intensity".to_owned(),
        Basis::MembersBest => {
            format!("the average of the members' cleanest {} % of output", form.percent.unwrap_or(100.0))
        }
    };
    let by_route = match form.by_route.as_slice() {
        [] => String::new(),
        products => format!(", of {} by the same route", list(products)),
    };
    let ratchet = match (form.ratchet_percent_per_year, form.from_year) {
        (Some(ratchet), Some(from)) => format!(", falling {ratchet} % a year from {from}"),
        _ => String::new(),
    };
    let what = match emissions.unwrap_or_default() {
        Emissions::Total => "direct and power emissions",
        Emissions::Direct => "direct emissions only",
    };
    format!("; benchmark: {basis}{by_route}{ratchet} ({what})")
}

fn oversupply(form: &OversupplyForm) -> Vec<String> {
    let measure = match form.measure.unwrap_or_default() {
        ExcessMeasure::ExcessShare => "excess capacity",
        ExcessMeasure::NetExportShare => "net exports over output",
    };
    let steps = form.steps.iter().flatten().map(|step| (step.above_percent, step.additional_percent));
    let mut rule: Vec<String> =
        ladder(&steps.collect::<Vec<_>>(), &format!("% {measure}")).into_iter().collect();
    if let (Some(slope), Some(threshold), Some(cap)) = (form.slope, form.threshold_percent, form.cap_percent)
    {
        rule.push(format!("{slope} points for each point of {measure} above {threshold} %, at most {cap} %"));
    }
    if let (Some(flagged), Some(rate)) = (&form.flagged, form.flagged_percent) {
        rule.push(format!("{rate} % on {}", list(flagged)));
    }
    rule
}
