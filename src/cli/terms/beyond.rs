//! What a policy says beyond duties: quotas, purchase commitments, abatement,
//! support and uses of revenue, a line each.

use crate::cli::output::number;
use serde_json::{Value, json};
use zollverein_model::baseline::{ArcId, Baseline};
use zollverein_model::policy::Terms;
use zollverein_model::policy::terms::{Key, Mandate, Payer, Promise, Purpose, Quota, RevenueUse, Support};
use zollverein_model::units::{MillionUsd, percent};

/// One of them, in words and as JSON.
pub struct Entry {
    pub words: String,
    pub json: Value,
}

/// Those that bear on a shipment that is asked for, by kind; kinds of which there is none are left out.
pub fn all(
    baseline: &Baseline,
    terms: &Terms,
    wanted: &dyn Fn(ArcId) -> bool,
) -> Vec<(&'static str, Vec<Entry>)> {
    let quotas = terms.quotas.iter().filter(|quota| quota.arcs.iter().any(|(arc, _)| wanted(*arc)));
    let bought = |mandate: &&Mandate| {
        baseline.arcs_into(mandate.importer, mandate.product).any(|arc| wanted(ArcId::at(arc)))
    };
    let mandates = terms.mandates.iter().filter(bought);
    let supports = terms.supports.iter().enumerate();
    let kinds = [
        ("quotas", quotas.map(|quota| of_quota(terms, quota)).collect::<Vec<Entry>>()),
        ("purchase_commitments", mandates.map(|mandate| of_mandate(baseline, mandate)).collect()),
        ("support", supports.map(|(at, support)| of_support(baseline, terms, at, support)).collect()),
        ("revenue_uses", terms.uses.iter().map(of_use).collect()),
    ];
    kinds.into_iter().filter(|(_, entries)| !entries.is_empty()).collect()
}

/// A share in percent without the last bits that a change of unit leaves.
fn rounded(share: f64) -> f64 {
    (percent(share) * 1e9).round() / 1e9
}

/// The least and the most of some rates, in percent.
fn span(rates: impl Iterator<Item = f64>) -> (f64, f64) {
    rates.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), rate| {
        (low.min(rounded(rate)), high.max(rounded(rate)))
    })
}

fn span_in_words((low, high): (f64, f64)) -> String {
    let (low, high) = (number(low, 2), number(high, 2));
    if low == high { format!("{low} %") } else { format!("{low} to {high} %") }
}

fn of_quota(terms: &Terms, quota: &Quota) -> Entry {
    let within = span(quota.arcs.iter().map(|(arc, _)| terms.duty(*arc).rate));
    let above =
        quota.gap.map(|gap| span(quota.arcs.iter().map(|(arc, share)| terms.duty(*arc).rate + gap * share)));
    let beyond = above.map_or_else(
        || "nothing enters above it".to_owned(),
        |above| format!("{} above it", span_in_words(above)),
    );
    let beside = match quota.beside.value() {
        tonnes if tonnes > 0.0 => {
            format!(
                "; {} kt of the baseline are not covered, and rates are means over both",
                number(tonnes, 0)
            )
        }
        _ => String::new(),
    };
    let words = format!(
        "{}  {}: {} kt a year at {}, {beyond}; shared by {} shipments by route; quota rent: {}{beside}",
        quota.clause,
        quota.label,
        number((quota.quantity - quota.beside).value(), 3),
        span_in_words(within),
        quota.arcs.len(),
        rent_in_words(quota)
    );
    let json = json!({
        "clause": quota.clause,
        "label": quota.label,
        "quota_kt": (quota.quantity - quota.beside).value(),
        "not_covered_kt": quota.beside.value(),
        "duty_within_percent": [within.0, within.1],
        "duty_above_percent": above.map(|(low, high)| vec![low, high]),
        "shipments": quota.arcs.len(),
        "rent_to_importers_percent": rounded(quota.rent_to_importers()),
        "rent_to_treasury_percent": rounded(quota.rent_to_treasury),
        "rent_to_exporters_percent": rounded(quota.rent_to_exporters),
        "earmarked": quota.earmarked,
    });
    Entry { words, json }
}

/// Who has the rent of a quota: `80 % to importers, 20 % to exporters`.
fn rent_in_words(quota: &Quota) -> String {
    let parts = [
        (quota.rent_to_importers(), "importers"),
        (quota.rent_to_treasury, "the treasury"),
        (quota.rent_to_exporters, "exporters"),
    ];
    let having = parts.iter().filter(|(share, _)| *share > 0.0);
    let words: Vec<String> =
        having.map(|(share, who)| format!("{} % to {who}", number(percent(*share), 2))).collect();
    words.join(", ")
}

fn of_mandate(baseline: &Baseline, mandate: &Mandate) -> Entry {
    let importer = &baseline.countries[mandate.importer.index()].code;
    let product = &baseline.products[mandate.product.index()].code;
    let (promise, share, tonnes) = match mandate.promise {
        Promise::Share(share) => {
            (format!("{} % of use", number(percent(share), 2)), Some(rounded(share)), None)
        }
        Promise::Tonnes(tonnes) => {
            (format!("{} kt a year", number(tonnes.value(), 3)), None, Some(tonnes.value()))
        }
    };
    let words = format!(
        "{}  {importer}, {product}: {promise} is green, at up to {} USD/t more; {} shipments by route are green",
        mandate.clause,
        number(mandate.cap.value(), 2),
        mandate.green.len()
    );
    let json = json!({
        "clause": mandate.clause,
        "importer": importer,
        "product": product,
        "promised_percent_of_use": share,
        "promised_kt": tonnes,
        "premium_at_most_usd_per_t": mandate.cap.value(),
        "green_shipments": mandate.green.len(),
    });
    Entry { words, json }
}

fn of_support(baseline: &Baseline, terms: &Terms, at: usize, support: &Support) -> Entry {
    let shares = terms.abaters.iter().flat_map(|abater| &abater.supports).filter(|(of, _)| *of == at);
    let shares: Vec<f64> = shares.map(|(_, share)| *share).collect();
    let granted = shares.first().copied().unwrap_or(0.0);
    let (payer, payers, budget, revenue) = match &support.payer {
        Payer::Budget(payers, most) => {
            let codes: Vec<&str> =
                payers.iter().map(|(country, _)| baseline.countries[country.index()].code.as_str()).collect();
            let limit = most.map_or_else(String::new, |most| {
                format!(", at most {} million USD a year", number(most.value(), 2))
            });
            let words = format!("{} governments by their GDP{limit}", codes.len());
            (words, Some(codes), most.map(MillionUsd::value), None)
        }
        Payer::Revenue(of) => {
            let clause = terms.uses.get(*of).map_or("", |purpose| purpose.clause.as_str());
            (clause.to_owned(), None, None, Some(clause))
        }
    };
    let words = format!(
        "{}  grants {} % of the abatement cost of {} producers; administration {} %; paid by {payer}",
        support.clause,
        number(percent(granted), 2),
        shares.len(),
        number(percent(support.overhead), 2)
    );
    let json = json!({
        "clause": support.clause,
        "granted_percent_of_cost": rounded(granted),
        "producers": shares.len(),
        "overhead_percent": rounded(support.overhead),
        "payers": payers,
        "budget_million_usd": budget,
        "from_revenue": revenue,
    });
    Entry { words, json }
}

fn of_use(purpose: &RevenueUse) -> Entry {
    let (to, words, key) = match &purpose.purpose {
        Purpose::Rebate => ("rebate", "back to purchasers".to_owned(), None),
        Purpose::Support => ("support", "to support".to_owned(), None),
        Purpose::Fund(recipients, key) => {
            let (key, by) = match key {
                Key::DutyPaid => ("duty_paid", "duty paid"),
                Key::ExportsLost => ("exports_lost", "exports lost"),
                Key::PerHead => ("per_head", "population"),
                Key::TonneAbated => ("tonne_abated", "tonnes abated"),
            };
            let most = if purpose.at_most_loss { ", to none more than it loses" } else { "" };
            ("fund", format!("to {} countries by {by}{most}", recipients.iter().count()), Some(key))
        }
    };
    let held = if purpose.flowing { "" } else { "; held until payments begin" };
    let words = format!(
        "{}  {} % of earmarked revenue {words}; administration {} %{held}",
        purpose.clause,
        number(percent(purpose.share), 2),
        number(percent(purpose.overhead), 2)
    );
    let json = json!({
        "clause": purpose.clause,
        "share_percent": rounded(purpose.share),
        "to": to,
        "key": key,
        "overhead_percent": rounded(purpose.overhead),
        "grant_equivalent_percent": rounded(purpose.grant),
        "flowing": purpose.flowing,
        "at_most_loss": purpose.at_most_loss,
    });
    Entry { words, json }
}
