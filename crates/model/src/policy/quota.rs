//! A quota: tonnes that enter at one rate, and more at a higher rate or not at all.

use crate::baseline::group::normalised;
use crate::baseline::{ArcId, Baseline, CountryId, CountrySet, ProductId};
use crate::policy::Instrument;
use crate::policy::reading::Reading;
use crate::policy::scope::{Scope, ScopeKeys};
use crate::policy::{Duty, Limit, Measure};
use crate::units::{Kilotonnes, UsdPerTonne};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// `[[quota]]`: a tariff-rate quota, or an absolute one.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuotaForm {
    /// Name of the clause, unique among quotas.
    pub name: String,
    /// False switches the clause off.
    pub enabled: Option<bool>,
    /// Countries or groups that apply it; each entry is one customs territory with a quota of its own.
    pub importers: Vec<String>,
    /// Countries or groups whose shipments count; left out: everyone outside the importers.
    pub exporters: Option<Vec<String>>,
    /// Countries or groups that it spares.
    #[serde(default)]
    pub except: Vec<String>,
    /// Products, each with a quota of its own; left out: all.
    pub products: Option<Vec<String>>,
    /// Production routes; left out: all.
    pub routes: Option<Vec<String>>,
    /// The percent of the trade in scope that the clause really covers, of each product (above 0, at most
    /// 100); left out: all of it.
    pub covers_percent: Option<f64>,
    /// Tonnes a year within the quota, in kt; for one customs territory and one product.
    pub quota_kt: Option<f64>,
    /// The quota in percent of the baseline's imports that share it (of those that it covers), for each
    /// territory and product.
    pub quota_percent: Option<f64>,
    /// Quotas of their own for some exporters, countries or groups, in kt.
    #[serde(default)]
    pub exporters_kt: BTreeMap<String, f64>,
    /// Who may use the quota of `quota_kt` or `quota_percent`; left out: `shared`.
    pub allocation: Option<Allocation>,
    /// Rate within the quota, in percent of the customs value; left out: 0.
    pub in_quota_percent: Option<f64>,
    /// Rate above the quota, in percent of the customs value; left out: nothing enters above it.
    pub out_of_quota_percent: Option<f64>,
    /// What becomes of the duties in force on the shipments; left out: `add_to`.
    pub duties_in_force: Option<QuotaDuties>,
    /// Who hands out the right to ship within the quota, and so who has the rent; left out:
    /// `first_come_first_served`.
    pub administration: Option<Administration>,
    /// The share of the quota rent that exporters get, in percent, the rest going by `administration`;
    /// left out: as `administration` says.
    pub rent_to_exporters_percent: Option<f64>,
}

/// How the right to ship within a quota is given, which says who has the quota rent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Administration {
    /// Whoever clears customs first: importers have the rent.
    #[default]
    FirstComeFirstServed,
    /// The importer's government sells licences: its treasury has the rent.
    Auction,
    /// The exporters' side hands out licences: exporters have the rent.
    ExporterLicences,
    /// Licences are given to importers for nothing: importers have the rent.
    ImporterLicences,
}

/// Who may use a quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Allocation {
    /// All exporters in scope together, whoever ships.
    #[default]
    Shared,
    /// Each exporter a part in proportion to its shipments in the baseline.
    PerExporter,
}

/// What becomes of the duties in force on shipments that a quota counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QuotaDuties {
    /// The rates within and above the quota come on top of them.
    #[default]
    AddTo,
    /// The rates within and above the quota take their place.
    Replace,
}

/// A quota on resolved countries.
#[derive(Debug, Clone, PartialEq)]
pub struct TariffRateQuota {
    /// Name of the clause.
    pub name: String,
    /// What it is on. With quotas for named exporters only, others in it pay nothing by the clause.
    pub scope: Scope,
    /// What it puts on each arc: within the quota, or above it where the quota is zero.
    pub measures: Vec<(ArcId, Measure)>,
    /// The quotas above zero, by territory, product and exporters.
    pub limits: Vec<Limit>,
}

/// Some exporters' arcs into a territory, which use one quota.
struct Share {
    label: String,
    product: ProductId,
    arcs: Vec<ArcId>,
    quantity: f64, // kt
    beside: f64,   // kt
}

impl TariffRateQuota {
    /// The quota that a form states.
    #[must_use]
    pub fn read(form: &QuotaForm, reading: &Reading<'_>) -> Self {
        let path = format!("quota.{}", form.name);
        let at = |key: &str| format!("{path}.{key}");
        let scope = Scope::read(
            reading,
            &path,
            &ScopeKeys {
                importers: &form.importers,
                exporters: form.exporters.as_deref(),
                except: &form.except,
                products: form.products.as_deref(),
                routes: form.routes.as_deref(),
                covers_percent: form.covers_percent,
            },
        );
        require_quantity(form, reading, &path);
        require_one_market(form, reading, &path, &scope);
        let within = reading.rate(&at("in_quota_percent"), form.in_quota_percent.unwrap_or(0.0));
        let above = form.out_of_quota_percent.map(|rate| reading.rate(&at("out_of_quota_percent"), rate));
        if above.is_some_and(|above| above < within) {
            reading.problem(
                &at("out_of_quota_percent"),
                format!("{} is below the rate within the quota", form.out_of_quota_percent.unwrap_or(0.0)),
                "give at least in_quota_percent; a quota that makes more imports dearer has a higher rate above it",
            );
        }
        let (rent_to_exporters, rent_to_treasury) = rent_shares(form, reading, &path);
        let measure = |rate| match form.duties_in_force.unwrap_or_default() {
            QuotaDuties::AddTo => Measure::Add(Duty::new(rate, UsdPerTonne::ZERO)),
            QuotaDuties::Replace => Measure::Set(rate),
        };
        let (within, above) = (measure(within), above.map(measure));
        let (mut measures, mut limits) = (vec![], vec![]);
        for share in shares(form, reading, &path, &scope) {
            if share.quantity > 0.0 {
                measures.extend(share.arcs.iter().map(|arc| (*arc, within)));
                limits.push(Limit {
                    label: share.label,
                    product: share.product,
                    quantity: Kilotonnes(share.quantity),
                    beside: Kilotonnes(share.beside),
                    arcs: share.arcs,
                    above,
                    rent_to_exporters,
                    rent_to_treasury,
                });
            } else if let Some(above) = above {
                // a quota of nothing is the rate above it, and nothing else
                measures.extend(share.arcs.iter().map(|arc| (*arc, above)));
            } else if reading.is_clean(&path) {
                reading.problem(
                    &path,
                    format!("{}: a quota of 0 kt above which nothing enters forbids trade", share.label),
                    "give out_of_quota_percent, as high as you like; a ban is a tariff with a prohibitive rate, such as rate_percent = 1000",
                );
            }
        }
        measures.sort_by_key(|(arc, _)| *arc);
        Self { name: form.name.clone(), scope, measures, limits }
    }
}

/// The shares of the quota rent that exporters and the importer's treasury get.
fn rent_shares(form: &QuotaForm, reading: &Reading<'_>, path: &str) -> (f64, f64) {
    let at = format!("{path}.rent_to_exporters_percent");
    let stated = form.rent_to_exporters_percent.map(|share| (share, reading.share(&at, share)));
    match (form.administration.unwrap_or_default(), stated) {
        (Administration::ExporterLicences, Some((percent, share))) if share < 1.0 => {
            reading.problem(
                &at,
                format!("exporters hold the licences, and yet exporters get {percent} % of the rent"),
                "take it out, or choose the administration that gives others the rest",
            );
            (share, 0.0)
        }
        (Administration::Auction, Some((percent, share))) if share > 0.0 => {
            reading.problem(
                &at,
                format!("the licences are sold at auction and exporters get {percent} % of the rent"),
                "take it out: what licences are worth is paid to the treasury; or choose another administration",
            );
            (share, 1.0 - share)
        }
        (Administration::ExporterLicences, _) => (1.0, 0.0),
        (Administration::Auction, _) => (0.0, 1.0),
        (_, stated) => (stated.map_or(0.0, |(_, share)| share), 0.0),
    }
}

/// Reports a form that says no quantity, or says it twice.
fn require_quantity(form: &QuotaForm, reading: &Reading<'_>, path: &str) {
    if form.quota_kt.is_some() && form.quota_percent.is_some() {
        reading.problem(
            &format!("{path}.quota_percent"),
            "both quota_kt and quota_percent are given",
            "keep one of them",
        );
    }
    let for_the_rest = form.quota_kt.is_some() || form.quota_percent.is_some();
    if !for_the_rest && form.exporters_kt.is_empty() {
        reading.problem(
            path,
            "it does not say how much may enter",
            "give quota_kt, quota_percent or exporters_kt",
        );
    }
    if form.allocation.is_some() && !for_the_rest {
        reading.problem(
            &format!("{path}.allocation"),
            "there is no quota to allocate: exporters_kt names each one's",
            "take it out, or give quota_kt or quota_percent",
        );
    }
}

/// Reports tonnes that could be those of several territories or products.
fn require_one_market(form: &QuotaForm, reading: &Reading<'_>, path: &str, scope: &Scope) {
    let products = scope.products.iter().filter(|named| **named).count();
    if (scope.territories.len(), products) == (1, 1) || !reading.is_clean(path) {
        return;
    }
    let keys = [("quota_kt", form.quota_kt.is_some()), ("exporters_kt", !form.exporters_kt.is_empty())];
    for (key, _) in keys.iter().filter(|(_, given)| *given) {
        reading.problem(
            &format!("{path}.{key}"),
            format!(
                "tonnes are given for {} customs territories and {products} products",
                scope.territories.len()
            ),
            "name one importer and one product, a clause for each; or give quota_percent",
        );
    }
}

/// Every quota of the clause, with the arcs that use it.
fn shares(form: &QuotaForm, reading: &Reading<'_>, path: &str, scope: &Scope) -> Vec<Share> {
    let baseline = reading.baseline;
    let own = own_quotas(form, reading, path, scope);
    let tonnes = form.quota_kt.map(|kt| reading.within(&format!("{path}.quota_kt"), kt, 0.0, 1e15, "kt"));
    let percent = form.quota_percent.map(|p| reading.rate(&format!("{path}.quota_percent"), p));
    let per_exporter = form.allocation == Some(Allocation::PerExporter);
    // what the clause does not cover goes on entering as in the baseline
    let beside = |arcs: &[ArcId]| (1.0 - scope.covers) * shipped(baseline, arcs);
    // by product, territory and who shares; the last place of all is the rest's
    let mut arcs: BTreeMap<(ProductId, usize, usize), Vec<ArcId>> = BTreeMap::new();
    scope.each_arc(baseline, &mut |arc, territory| {
        let producer = baseline.producer_of(arc);
        let owner = own.iter().position(|(_, members, _)| members.contains(producer.country));
        let key = (producer.product, territory, owner.unwrap_or(own.len()));
        arcs.entry(key).or_default().push(arc);
    });
    let mut shares = vec![];
    for ((product, territory, owner), arcs) in arcs {
        let of = format!(
            "{}: {}",
            territory_name(form, reading, &scope.territories[territory], territory),
            baseline.products[product.index()].code
        );
        if let Some((name, _, quantity)) = own.get(owner) {
            let label = format!("{of} from {name}");
            shares.push(Share { label, product, beside: beside(&arcs), arcs, quantity: *quantity });
            continue;
        }
        let before = shipped(baseline, &arcs);
        let Some(quantity) = tonnes.or(percent.map(|share| share * scope.covers * before)) else { continue };
        if !per_exporter {
            let label = format!("{of}{}", rest_name(form));
            shares.push(Share { label, product, beside: beside(&arcs), arcs, quantity });
            continue;
        }
        let mut by_exporter: BTreeMap<_, Vec<ArcId>> = BTreeMap::new();
        for arc in arcs {
            by_exporter.entry(baseline.producer_of(arc).country).or_default().push(arc);
        }
        for (exporter, arcs) in by_exporter {
            let label = format!("{of} from {}", baseline.countries[exporter.index()].code);
            let quantity = quantity * shipped(baseline, &arcs) / before;
            shares.push(Share { label, product, beside: beside(&arcs), arcs, quantity });
        }
    }
    shares
}

/// Exporters with a quota of their own: name, who is meant, kt.
fn own_quotas(
    form: &QuotaForm,
    reading: &Reading<'_>,
    path: &str,
    scope: &Scope,
) -> Vec<(String, CountrySet, f64)> {
    let baseline = reading.baseline;
    let mut shipping = CountrySet::none(baseline.countries.len());
    scope.each_arc(baseline, &mut |arc, _| shipping.insert(baseline.producer_of(arc).country));
    let mut seen = CountrySet::none(baseline.countries.len());
    let mut own = vec![];
    let scope_is_clean = reading.is_clean(path);
    for (name, kt) in &form.exporters_kt {
        let at = format!("{path}.exporters_kt.{name}");
        let mut members = reading.countries(&at, std::slice::from_ref(name));
        let codes = |chosen: &dyn Fn(CountryId) -> bool| -> Vec<&str> {
            let chosen = members.iter().filter(|country| chosen(*country));
            chosen.map(|country| baseline.countries[country.index()].code.as_str()).collect()
        };
        let outside = codes(&|country| !scope.exporters.contains(country));
        let double = codes(&|country| seen.contains(country));
        let (found, faults) =
            ((outside.join(", "), double.join(", ")), scope_is_clean && !members.is_empty());
        if faults && !outside.is_empty() {
            reading.problem(
                &at,
                format!("the clause is not on exports of {}", found.0),
                "name exporters of its scope, or widen exporters",
            );
        } else if faults && !double.is_empty() {
            reading.problem(
                &at,
                format!("`{name}` names {} a second time", found.1),
                "give each exporter one quota",
            );
        } else if faults && !members.iter().any(|country| shipping.contains(country)) {
            reading.problem(
                &at,
                format!("no trade of the baseline would use the quota of `{name}`"),
                "take it out: exporters without shipments in the baseline stay without",
            );
        }
        members.remove(&seen);
        seen.extend(&members);
        own.push((name.clone(), members, reading.within(&at, *kt, 0.0, 1e15, "kt")));
    }
    own
}

/// Shipments of the baseline on some arcs, kt.
fn shipped(baseline: &Baseline, arcs: &[ArcId]) -> f64 {
    arcs.iter().map(|arc| baseline.arcs[arc.index()].quantity.value()).sum()
}

/// A customs territory in words: a country's code, or the name it was given.
fn territory_name(
    form: &QuotaForm,
    reading: &Reading<'_>,
    territory: &CountrySet,
    position: usize,
) -> String {
    let mut members = territory.iter();
    if let (Some(only), None) = (members.next(), members.next()) {
        return reading.baseline.countries[only.index()].code.clone();
    }
    let name = form.importers.get(position).map_or("", String::as_str);
    let key = normalised(name);
    let group = reading.groups.get(&key).or_else(|| reading.baseline.groups.get(&key));
    group.map_or_else(|| name.to_owned(), |group| group.name.clone())
}

/// Who shares a quota that is nobody's own, in words.
fn rest_name(form: &QuotaForm) -> String {
    match form.exporters.as_deref() {
        _ if !form.exporters_kt.is_empty() => " from others".to_owned(),
        Some([one]) => format!(" from {one}"),
        Some([one, two]) => format!(" from {one} and {two}"),
        _ => String::new(),
    }
}

impl Instrument for TariffRateQuota {
    fn clause(&self) -> String {
        format!("quota.{}", self.name)
    }

    fn importers(&self, baseline: &Baseline) -> CountrySet {
        self.scope.importers(baseline)
    }

    fn covers(&self) -> f64 {
        self.scope.covers
    }

    fn measures(&self, _baseline: &Baseline, put: &mut dyn FnMut(ArcId, Measure)) {
        for (arc, measure) in &self.measures {
            put(*arc, *measure);
        }
    }

    fn limits(&self, _baseline: &Baseline) -> Vec<Limit> {
        self.limits.clone()
    }
}
