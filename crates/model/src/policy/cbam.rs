//! A carbon border adjustment (CBAM): imports pay the importer's carbon price on the emissions
//! above what its own makers get free; the same price falls on them as free allocation ends.

mod values;

use crate::baseline::{ArcId, Baseline, CountrySet, Producer, RouteId};
use crate::policy::benchmark::Emissions;
use crate::policy::counted::Counted;
use crate::policy::phase::{Dated, YearForm};
use crate::policy::reading::Reading;
use crate::policy::scope::{Scope, ScopeKeys};
use crate::policy::standard::Standard;
use crate::policy::terms::Collected;
use crate::policy::{ByIntensity, Duty, Instrument, Measure};
use crate::problem::instead;
use crate::units::{Intensity, UsdPerTonne, UsdPerTonneCo2e};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

pub use values::{MarkupSchedule, Values};

/// Percent of the benchmark that is charged: Directive 2003/87/EC, Article 10a(1a).
const EU_CHARGED: [(i32, f64); 9] = [
    (2026, 2.5),
    (2027, 5.0),
    (2028, 10.0),
    (2029, 22.5),
    (2030, 48.5),
    (2031, 61.0),
    (2032, 73.5),
    (2033, 86.0),
    (2034, 100.0),
];

/// `[[cbam]]`: a carbon price on imports, and on own makers as their free allocation ends.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CbamForm {
    /// Name of the clause, unique among border adjustments.
    pub name: String,
    /// False switches the clause off.
    pub enabled: Option<bool>,
    /// Countries or groups that apply it; each entry is one customs territory.
    pub importers: Vec<String>,
    /// Countries or groups whose metal is charged; left out: everyone outside the importers.
    pub exporters: Option<Vec<String>>,
    /// Countries or groups that it spares.
    #[serde(default)]
    pub except: Vec<String>,
    /// Products; left out: all.
    pub products: Option<Vec<String>>,
    /// Production routes; left out: all.
    pub routes: Option<Vec<String>>,
    /// The percent of the trade in scope that the clause really covers, of each product (above 0, at most
    /// 100); left out: all of it.
    pub covers_percent: Option<f64>,
    /// The carbon price, in USD per tonne of CO2e; left out: the importing territory's in the data.
    pub carbon_price_usd_per_tco2e: Option<f64>,
    /// Which emissions count; left out: the standard's, else `direct`.
    pub intensity: Option<Emissions>,
    /// What own makers get free, and so imports too; left out: nothing is free.
    pub free_allocation: Option<FreeAllocationForm>,
    /// Which values declarants use; left out: `own`, or `default` where `default_values = true`.
    pub values: Option<Values>,
    /// `true` is `values = "default"`, `false` is `values = "own"`.
    pub default_values: Option<bool>,
    /// Mark-up on default values, in percent; left out: 0.
    pub markup_percent: Option<f64>,
    /// Mark-up on default values by year, linear in between; needs the scenario's `year`.
    pub markup: Option<Vec<YearForm>>,
    /// A mark-up in law, by year.
    pub markup_schedule: Option<MarkupSchedule>,
    /// Whether the carbon price in the country of origin is taken off; left out: true.
    pub credit_origin_price: Option<bool>,
    /// The percent of emissions that origins with a carbon price leave free of it: what was paid there on
    /// the rest is taken off. Left out: origins are taken to leave free what the importer does.
    pub origin_free_percent: Option<f64>,
    /// The price and the end of free allocation on own makers; left out: only imports are charged.
    pub home: Option<HomeForm>,
}

/// `free_allocation = { … }`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FreeAllocationForm {
    /// Benchmarks by route, or by product for all its other routes, in tCO2e per tonne.
    pub tco2e_per_t: BTreeMap<String, f64>,
    /// The percent of the benchmark that is charged; the rest is free.
    pub charged_percent: Option<f64>,
    /// The percent that is charged by year, linear in between, nothing at all before; needs the scenario's `year`.
    pub charged: Option<Vec<YearForm>>,
    /// A schedule in law, in the place of `charged`.
    pub schedule: Option<ChargedSchedule>,
}

/// A schedule in law by which free allocation ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum ChargedSchedule {
    /// The EU's: 2.5 % of the benchmark charged in 2026, 48.5 % in 2030, all from 2034.
    #[serde(rename = "eu_2026_2034")]
    Eu,
}

/// `home = { … }`.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HomeForm {
    /// Whether own makers pay on what they export too; left out: false.
    pub exports: Option<bool>,
}

/// A border adjustment on resolved countries.
#[derive(Debug, Clone, PartialEq)]
pub struct Cbam {
    /// Name of the clause.
    pub name: String,
    /// Which imports it is on.
    pub scope: Scope,
    /// The carbon price, by customs territory.
    pub price: Vec<UsdPerTonneCo2e>,
    /// Which emissions count, by customs territory.
    pub emissions: Vec<Emissions>,
    /// Which intensity counts.
    pub standard: Arc<Standard>,
    /// Which values declarants use.
    pub values: Values,
    /// The mark-up on default values, as a fraction.
    pub markup: f64,
    /// Benchmarks of free allocation, by route.
    pub benchmarks: Vec<Intensity>,
    /// The share of the benchmark that is charged; `None` before the schedule begins: nothing is paid.
    pub charged: Option<f64>,
    /// Whether the carbon price of the origin is taken off.
    pub credit: bool,
    /// The share of emissions that origins leave free of their price; `None`: as the importer does.
    pub origin_free: Option<f64>,
    /// Whether own makers pay: `Some(true)` on exports too.
    pub home: Option<bool>,
}

/// What is free on each tonne: `(1−s)·B`.
#[must_use]
pub fn free_amount(benchmark: Intensity, charged: f64) -> Intensity {
    benchmark * (1.0 - charged)
}

/// The charge on an import, `max(0, P_home − P_origin)·max(0, e − (1−s)·B)`, as a rule by intensity.
#[must_use]
pub fn at_the_border(
    counted: Counted,
    home: UsdPerTonneCo2e,
    origin: UsdPerTonneCo2e,
    free: Intensity,
) -> ByIntensity {
    ByIntensity {
        counted: counted.intensity,
        response: counted.response,
        per_tonne_co2e: UsdPerTonneCo2e((home - origin).value().max(0.0)),
        free,
        at_most: None,
        steps: vec![],
        collected: Collected::ByImporter,
    }
}

/// The charge on an import less the price effectively paid at origin on all its emissions,
/// `max(0, P_home·(e − (1−s)·B) − P_paid·e)`, as a rule by intensity.
#[must_use]
pub fn net_of_price_paid(
    counted: Counted,
    home: UsdPerTonneCo2e,
    paid: UsdPerTonneCo2e,
    free: Intensity,
) -> ByIntensity {
    // P_home·(e − f) − P_paid·e = (P_home − P_paid)·(e − f·P_home/(P_home − P_paid))
    let rest = (home - paid).value();
    let free = if rest > 0.0 { free * (home.value() / rest) } else { free };
    at_the_border(counted, home, paid, free)
}

/// What an own maker pays, `P_home·max(0, e − (1−s)·B)`, as a rule by intensity.
#[must_use]
pub fn at_home(own: Counted, home: UsdPerTonneCo2e, free: Intensity) -> ByIntensity {
    let rule = at_the_border(own, home, UsdPerTonneCo2e::ZERO, free);
    ByIntensity { collected: Collected::ByExporter, ..rule }
}

impl Cbam {
    /// The border adjustment that a form states.
    #[must_use]
    pub fn read(form: &CbamForm, reading: &Reading<'_>, standard: &Arc<Standard>) -> Self {
        let path = format!("cbam.{}", form.name);
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
        let territories = &scope.territories;
        let emissions = standard.emissions(reading, &path, form.intensity, Emissions::Direct, territories);
        let (values, markup) = values::read(form, reading, &path);
        if values == Values::Own {
            standard.require(reading, &path, &emissions, territories, &scope.products);
        } else {
            values::require_defaults(reading, &path, &scope, &emissions);
        }
        let origin_free = form.origin_free_percent.map(|percent| {
            let at = format!("{path}.origin_free_percent");
            if form.credit_origin_price == Some(false) {
                reading.problem(
                    &at,
                    "the price at origin is not taken off, and a part of it is said to be free",
                    "take one of the two out",
                );
            }
            reading.share(&at, percent)
        });
        if form.home.is_some() {
            require_own(reading, &path, &scope, &emissions);
        }
        Self {
            name: form.name.clone(),
            price: prices(form, reading, &path, territories),
            benchmarks: benchmarks(form, reading, &path, &scope),
            charged: charged(form, reading, &path),
            emissions,
            standard: Arc::clone(standard),
            values,
            markup,
            origin_free,
            credit: form.credit_origin_price != Some(false),
            home: form.home.map(|home| home.exports == Some(true)),
            scope,
        }
    }

    /// The charge on an import in a territory: on its own value, on the default value, or the lower.
    fn at_border(&self, baseline: &Baseline, arc: ArcId, territory: usize, charged: f64) -> ByIntensity {
        let producer = baseline.producer_of(arc);
        let paid = baseline.countries[producer.country.index()].carbon_price.filter(|_| self.credit);
        let paid = paid.unwrap_or(UsdPerTonneCo2e::ZERO);
        let charge = |counted: Counted, route: RouteId| {
            let free = free_amount(self.benchmarks[route.index()], charged);
            let home = self.price[territory];
            match self.origin_free {
                Some(share) => net_of_price_paid(counted, home, paid * (1.0 - share), free),
                None => at_the_border(counted, home, paid, free),
            }
        };
        let own = || {
            let importer = baseline.flow_of(arc).importer;
            let counted = self.standard.counted(baseline, importer, producer, self.emissions[territory])?;
            Some(charge(counted, producer.route))
        };
        let default = || {
            let value = baseline.intensity_defaults.get(&(producer.country, producer.product))?;
            // with a default value goes the benchmark of the good, whatever the maker's route
            let route = value.benchmark_route.unwrap_or(producer.route);
            Some(charge(Counted::default_value(value.intensity, self.markup), route))
        };
        let rule = match self.values {
            Values::Own => own(),
            Values::Default => default(),
            Values::Cheaper => match (own(), default()) {
                (Some(own), Some(default)) => {
                    let at_most = Some(default.duty(0.0).charge);
                    Some(ByIntensity { at_most, ..own })
                }
                (own, default) => own.or(default),
            },
        };
        rule.unwrap_or_else(|| charge(Counted::own(Intensity::ZERO), producer.route))
    }

    /// Calls `visit` with each charge: its arc, the rule, and what the arc bore in the baseline.
    fn each_charge(&self, baseline: &Baseline, visit: &mut dyn FnMut(ArcId, ByIntensity, UsdPerTonne)) {
        let Some(charged) = self.charged else { return };
        let free = |producer: &Producer| free_amount(self.benchmarks[producer.route.index()], charged);
        self.scope.each_arc(baseline, &mut |arc, territory| {
            visit(arc, self.at_border(baseline, arc, territory, charged), UsdPerTonne::ZERO);
        });
        let Some(exports) = self.home else { return };
        for (position, arc) in baseline.arcs.iter().enumerate() {
            let (producer, importer) =
                (&baseline.producers[arc.producer.index()], baseline.trade.flow(arc.flow).importer);
            let Some(territory) = self.scope.territories.iter().position(|t| t.contains(producer.country))
            else {
                continue;
            };
            let sold_here = exports || self.scope.territories[territory].contains(importer);
            let in_scope =
                self.scope.products[producer.product.index()] && self.scope.routes[producer.route.index()];
            if !sold_here || !in_scope {
                continue;
            }
            let own = Counted::own(self.emissions[territory].of(producer).unwrap_or(Intensity::ZERO));
            let in_force = baseline.countries[producer.country.index()].carbon_price;
            let before = at_home(
                own,
                in_force.unwrap_or(UsdPerTonneCo2e::ZERO),
                self.benchmarks[producer.route.index()],
            );
            let rule = at_home(own, self.price[territory], free(producer));
            visit(ArcId::at(position), rule, before.duty(0.0).at_origin);
        }
    }

    /// Calls `visit` with each arc on which it measures producers' intensities at the border.
    pub fn each_measured(&self, baseline: &Baseline, visit: &mut dyn FnMut(ArcId)) {
        let Some(charged) = self.charged.filter(|_| self.values != Values::Default) else { return };
        self.scope.each_arc(baseline, &mut |arc, territory| {
            // who pays no less on its own value proves nothing
            let rule = self.at_border(baseline, arc, territory, charged);
            let most = rule.at_most;
            let own = ByIntensity { at_most: None, ..rule }.duty(0.0).charge;
            if most.is_none_or(|most| own < most) {
                visit(arc);
            }
        });
    }
}

impl Instrument for Cbam {
    fn clause(&self) -> String {
        format!("cbam.{}", self.name)
    }

    fn importers(&self, baseline: &Baseline) -> CountrySet {
        self.scope.importers(baseline)
    }

    fn covers(&self) -> f64 {
        self.scope.covers
    }

    fn measures(&self, baseline: &Baseline, put: &mut dyn FnMut(ArcId, Measure)) {
        // a shipment between two territories of one clause may bear both sides
        let mut sums: BTreeMap<ArcId, Duty> = BTreeMap::new();
        self.each_charge(baseline, &mut |arc, rule, before| {
            let duty = rule.duty(0.0);
            let more =
                |charge: UsdPerTonne, before: UsdPerTonne| UsdPerTonne((charge - before).value().max(0.0));
            let increase = Duty { at_origin: more(duty.at_origin, before), ..duty };
            let sum = sums.entry(arc).or_default();
            *sum = sum.plus(increase, 1.0);
        });
        for (arc, duty) in sums.into_iter().filter(|(_, duty)| *duty != Duty::default()) {
            put(arc, Measure::Add(duty));
        }
    }

    fn by_intensity(&self, baseline: &Baseline, put: &mut dyn FnMut(ArcId, ByIntensity)) {
        self.each_charge(baseline, &mut |arc, rule, before| {
            let falls_at_home = rule.collected == Collected::ByExporter;
            if !falls_at_home || rule.duty(0.0).at_origin > before {
                put(arc, rule);
            }
        });
    }
}

/// The carbon price in each territory: the number given, else the data's.
fn prices(
    form: &CbamForm,
    reading: &Reading<'_>,
    path: &str,
    territories: &[CountrySet],
) -> Vec<UsdPerTonneCo2e> {
    let at = format!("{path}.carbon_price_usd_per_tco2e");
    if let Some(price) = form.carbon_price_usd_per_tco2e {
        return vec![UsdPerTonneCo2e(reading.usd(&at, price)); territories.len()];
    }
    let mut prices = vec![];
    for territory in territories {
        let known: Vec<Option<UsdPerTonneCo2e>> = territory
            .iter()
            .map(|country| reading.baseline.countries[country.index()].carbon_price)
            .collect();
        let first = known.first().copied().flatten().unwrap_or(UsdPerTonneCo2e::ZERO);
        let fault = if known.windows(2).any(|pair| pair[0] != pair[1]) {
            Some("the data give the territory's countries different carbon prices")
        } else if first <= UsdPerTonneCo2e::ZERO && !known.is_empty() {
            Some("the data give the importing territory no carbon price")
        } else {
            None
        };
        if let Some(fault) = fault {
            reading.problem(&at, fault, "give the number: carbon_price_usd_per_tco2e = …");
        }
        prices.push(first);
    }
    prices
}

/// The benchmark of each route that imports or own makers use: its own number, else its product's.
fn benchmarks(form: &CbamForm, reading: &Reading<'_>, path: &str, scope: &Scope) -> Vec<Intensity> {
    let baseline = reading.baseline;
    let mut levels = vec![Intensity::ZERO; baseline.routes.len()];
    let Some(free) = &form.free_allocation else { return levels };
    let path = format!("{path}.free_allocation.tco2e_per_t");
    let codes = baseline.routes.iter().map(|r| r.code.as_str());
    let known: Vec<&str> = codes.chain(baseline.products.iter().map(|p| p.code.as_str())).collect();
    let mut read: BTreeMap<&str, Intensity> = BTreeMap::new();
    for (code, value) in &free.tco2e_per_t {
        let at = format!("{path}.{code}");
        if !known.contains(&code.as_str()) {
            reading.problem(
                &at,
                format!("`{code}` is no route or product of the baseline"),
                instead(code, known.iter().copied()),
            );
        }
        let value = reading.within(&at, *value, 0.0, 1000.0, "tCO2e per tonne");
        read.insert(code, Intensity(value));
    }
    for (level, (position, route)) in levels.iter_mut().zip(baseline.routes.iter().enumerate()) {
        if !scope.products[route.product.index()] || !scope.routes[position] {
            continue;
        }
        let product = &baseline.products[route.product.index()].code;
        match read.get(route.code.as_str()).or_else(|| read.get(product.as_str())) {
            Some(value) => *level = *value,
            None => reading.problem(
                &path,
                format!("it has no number for route `{}` of `{product}`", route.code),
                format!("add {} = …, or {product} = … for all its routes", route.code),
            ),
        }
    }
    levels
}

/// The share of the benchmark that is charged in the scenario's year; `None` before it begins.
fn charged(form: &CbamForm, reading: &Reading<'_>, path: &str) -> Option<f64> {
    let Some(free) = &form.free_allocation else { return Some(1.0) };
    let path = format!("{path}.free_allocation");
    let given = [free.charged_percent.is_some(), free.charged.is_some(), free.schedule.is_some()];
    if given.iter().filter(|given| **given).count() != 1 {
        reading.problem(
            &path,
            "it takes exactly one of charged_percent, charged and schedule",
            "keep the one that is meant, charged_percent = 48.5 for instance",
        );
        return Some(1.0);
    }
    if let Some(percent) = free.charged_percent {
        return Some(reading.share(&format!("{path}.charged_percent"), percent));
    }
    let dated = match &free.charged {
        Some(steps) => {
            let steps: Vec<(i32, f64)> = steps.iter().map(|step| (step.year, step.percent)).collect();
            let share = |at: &str, percent: f64| reading.share(at, percent);
            Dated::read(reading, &format!("{path}.charged"), "percent", &steps, &share)
        }
        None => Dated::named(reading, &format!("{path}.schedule"), &EU_CHARGED),
    };
    dated.map_or(Some(1.0), |dated| dated.once_begun())
}

/// Reports own makers in scope without a known intensity.
fn require_own(reading: &Reading<'_>, path: &str, scope: &Scope, emissions: &[Emissions]) {
    let baseline = reading.baseline;
    for (territory, emissions) in scope.territories.iter().zip(emissions) {
        let unknown = baseline.producers.iter().find(|producer| {
            territory.contains(producer.country)
                && scope.products[producer.product.index()]
                && scope.routes[producer.route.index()]
                && producer.output.value() > 0.0
                && emissions.of(producer).is_none()
        });
        if let Some(producer) = unknown.filter(|_| reading.is_clean(path)) {
            reading.problem(
                path,
                format!(
                    "the data give no emission intensity for {} of {}",
                    baseline.products[producer.product.index()].code,
                    baseline.countries[producer.country.index()].code
                ),
                "fill the intensity columns of production.csv, or take home out",
            );
        }
    }
}
