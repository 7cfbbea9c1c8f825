//! Green procurement: a market's promise to use a share or a number of tonnes of green metal, and to
//! pay a premium on it. An advance purchase commitment is one in tonnes, from a year on.

use crate::baseline::{ArcId, CountrySet, ProductId};
use crate::policy::benchmark::Emissions;
use crate::policy::reading::Reading;
use crate::policy::terms::{Mandate, Promise};
use crate::units::{Kilotonnes, UsdPerTonne};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// `[[procurement]]`: a promise to use green metal.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProcurementForm {
    /// Name of the clause, unique among procurement.
    pub name: String,
    /// False switches the clause off.
    pub enabled: Option<bool>,
    /// Countries or groups that promise; each country is a market of its own.
    pub countries: Vec<String>,
    /// Products; left out: all.
    pub products: Option<Vec<String>>,
    /// The share of a country's use of a product that is to be green, in percent.
    pub share_percent: Option<f64>,
    /// In the place of `share_percent`: tonnes a year that are to be green, in kt; for one country and one product.
    pub commitment_kt: Option<f64>,
    /// The highest intensity that is green, in tCO2e per tonne, by product.
    #[schemars(extend("x-steps" = true))]
    pub green_tco2e_per_t: BTreeMap<String, f64>,
    /// Which emissions count; left out: `total`.
    pub intensity: Option<Emissions>,
    /// The highest premium paid on a green tonne, in USD per tonne.
    pub max_premium_usd_per_t: f64,
    /// The year from which it holds; needs the scenario's `year`; left out: always.
    pub from_year: Option<i32>,
}

/// Procurement on resolved countries.
#[derive(Debug, Clone, PartialEq)]
pub struct Procurement {
    /// Name of the clause.
    pub name: String,
    /// Who promises.
    pub buyers: CountrySet,
    /// The mandates by product and market; none before the clause holds.
    mandates: Vec<Mandate>,
}

impl Procurement {
    /// The procurement that a form states.
    #[must_use]
    pub fn read(form: &ProcurementForm, reading: &Reading<'_>) -> Self {
        let path = format!("procurement.{}", form.name);
        let at = |key: &str| format!("{path}.{key}");
        let baseline = reading.baseline;
        if form.countries.is_empty() {
            reading.problem(&at("countries"), "the list is empty", "name at least one country or group");
        }
        let buyers = reading.countries(&at("countries"), &form.countries);
        let products = reading.products(&at("products"), form.products.as_deref());
        let wanted: Vec<ProductId> =
            baseline.product_ids().filter(|product| products[product.index()]).collect();
        let promise = promise(form, reading, &path, buyers.count(), wanted.len());
        let highest = highest_intensities(form, reading, &path, &wanted);
        let cap = UsdPerTonne(reading.usd(&at("max_premium_usd_per_t"), form.max_premium_usd_per_t));
        let emissions = form.intensity.unwrap_or_default();
        let mut mandates = vec![];
        for (product, limit) in wanted.iter().zip(highest) {
            for importer in buyers.iter() {
                let market = baseline.arcs_into(importer, *product);
                if market.is_empty() {
                    continue; // nothing is used there
                }
                let is_green = |arc: &ArcId| {
                    let intensity = emissions.of(baseline.producer_of(*arc));
                    intensity.is_some_and(|intensity| intensity.value() <= limit)
                };
                mandates.push(Mandate {
                    clause: path.clone(),
                    importer,
                    product: *product,
                    green: market.map(ArcId::at).filter(is_green).collect(),
                    promise,
                    cap,
                });
            }
        }
        if mandates.is_empty() && reading.is_clean(&path) {
            reading.problem(&path, "no market is in its scope", "check countries and products");
        }
        require_moderate_premium(reading, &at("max_premium_usd_per_t"), cap, &mandates);
        if !reading.has_begun(&path, "from_year", form.from_year, None) {
            mandates.clear();
        }
        Self { name: form.name.clone(), buyers, mandates }
    }

    /// The kind and name by which files and reports address it.
    #[must_use]
    pub fn clause(&self) -> String {
        format!("procurement.{}", self.name)
    }

    /// The mandates, by product and market.
    #[must_use]
    pub fn mandates(&self) -> &[Mandate] {
        &self.mandates
    }
}

/// What is promised: exactly one of the two keys.
fn promise(
    form: &ProcurementForm,
    reading: &Reading<'_>,
    path: &str,
    buyers: usize,
    products: usize,
) -> Promise {
    match (form.share_percent, form.commitment_kt) {
        (Some(share), None) => Promise::Share(reading.share(&format!("{path}.share_percent"), share)),
        (None, Some(kt)) => {
            let at = format!("{path}.commitment_kt");
            if reading.is_clean(path) && (buyers, products) != (1, 1) {
                reading.problem(
                    &at,
                    format!("tonnes are given for {buyers} countries and {products} products"),
                    "name one country and one product, a clause for each; or give share_percent",
                );
            }
            Promise::Tonnes(Kilotonnes(reading.within(&at, kt, 0.0, 1e9, "kt")))
        }
        (share, _) => {
            let what = match share {
                Some(_) => "both share_percent and commitment_kt are given",
                None => "it does not say how much is to be green",
            };
            reading.problem(path, what, "give exactly one of share_percent and commitment_kt");
            Promise::Share(0.0)
        }
    }
}

/// The highest green intensity of each product in scope, tCO2e per tonne.
fn highest_intensities(
    form: &ProcurementForm,
    reading: &Reading<'_>,
    path: &str,
    products: &[ProductId],
) -> Vec<f64> {
    let at = format!("{path}.green_tco2e_per_t");
    for name in form.green_tco2e_per_t.keys() {
        let _ = reading.products(&at, Some(std::slice::from_ref(name)));
    }
    let of = |product: &ProductId| {
        let code = &reading.baseline.products[product.index()].code;
        match form.green_tco2e_per_t.get(code) {
            Some(limit) => reading.within(&format!("{at}.{code}"), *limit, 0.0, 1000.0, "tCO2e/t"),
            None => {
                reading.problem(
                    &at,
                    format!("it does not say which {code} is green"),
                    format!("add {code} = …, or leave the product out of products"),
                );
                0.0
            }
        }
    };
    products.iter().map(of).collect()
}

/// Reports a premium that is nothing, or so high that a purchaser could pay less than nothing.
fn require_moderate_premium(reading: &Reading<'_>, at: &str, cap: UsdPerTonne, mandates: &[Mandate]) {
    if !reading.is_clean(at) {
        return;
    }
    if cap.value() <= 0.0 {
        reading.problem(at, "a premium of 0 USD/t moves nothing", "give a number above zero");
        return;
    }
    let baseline = reading.baseline;
    let green = mandates.iter().flat_map(|mandate| &mandate.green).map(|arc| baseline.producer_of(*arc));
    let Some(cheapest) = green.min_by(|a, b| a.price.value().total_cmp(&b.price.value())) else { return };
    if cap.value() > cheapest.price.value() / 2.0 {
        reading.problem(
            at,
            format!(
                "{} USD/t is more than half the lowest mill price of a green shipment ({} USD/t for {} of {}), \
                 and what purchasers pay must stay above zero",
                cap.value(),
                cheapest.price.value(),
                baseline.products[cheapest.product.index()].code,
                baseline.countries[cheapest.country.index()].code
            ),
            format!("give at most {} USD/t", cheapest.price.value() / 2.0),
        );
    }
}
