//! A joint arrangement such as GASSA: zero duty inside for clean metal, a joint
//! tariff outside that rises with intensity and oversupply.

use crate::baseline::{ArcId, Baseline, CountrySet};
use crate::policy::Instrument;
use crate::policy::benchmark::{Benchmark, BenchmarkForm, Emissions, needed_benchmark, require_intensities};
use crate::policy::reading::Reading;
use crate::policy::schedule::{
    CarbonRule, ExcessMeasure, OversupplyForm, OversupplyRule, TierForm, TiersBy, excess,
};
use crate::policy::scope::{Scope, union};
use crate::policy::{Duty, Measure};
use crate::units::Intensity;
use schemars::JsonSchema;
use serde::Deserialize;

/// `[[arrangement]]`: members, what they charge each other and what they charge others.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ArrangementForm {
    /// Name of the clause, unique among arrangements.
    pub name: String,
    /// False switches the clause off.
    pub enabled: Option<bool>,
    /// Founding members, countries or groups; each entry is one customs territory.
    pub members: Vec<String>,
    /// Products; left out: all.
    pub products: Option<Vec<String>>,
    /// Which emissions count; left out: `total`.
    pub intensity: Option<Emissions>,
    /// What intensities are measured against.
    pub benchmark: Option<BenchmarkForm>,
    /// What becomes of the duties in force on outsiders; left out: `add_to`.
    pub duties_in_force: Option<DutiesInForce>,
    /// What members charge each other above the benchmark; at or below it the duty is zero.
    pub inside: Option<InsideForm>,
    /// What members charge others.
    pub outside: OutsideForm,
    /// Who else counts as a member.
    pub accession: Option<AccessionForm>,
}

/// What becomes of the duties in force on outsiders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DutiesInForce {
    /// The joint tariff comes on top of them.
    #[default]
    AddTo,
    /// The joint tariff takes their place.
    Replace,
    /// The higher of the two is paid.
    AtLeast,
}

/// `inside = { … }`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InsideForm {
    /// Charge on each tonne of CO2e above the benchmark, in USD.
    pub usd_per_tco2e: Option<f64>,
}

/// `outside = { … }`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutsideForm {
    /// Rate on every outsider, in percent of the cif value.
    pub floor_percent: Option<f64>,
    /// Rates by intensity on top of the floor: the highest threshold exceeded holds.
    #[serde(default)]
    pub tiers: Vec<TierForm>,
    /// What thresholds are measured in; left out: multiples of the benchmark.
    pub tiers_by: Option<TiersBy>,
    /// Charge on each tonne of CO2e above the benchmark, in USD.
    pub usd_per_tco2e: Option<f64>,
    /// Surcharge on oversupply, on top of floor and tier.
    pub oversupply: Option<OversupplyForm>,
}

/// `accession = { … }`: outsiders that meet the conditions count as members.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessionForm {
    /// Countries or groups that may join; each entry is one customs territory.
    pub open_to: Vec<String>,
    /// Highest mean intensity, as a multiple of the founding members' mean.
    pub max_intensity_multiple: Option<f64>,
    /// Highest excess capacity (1 − output/capacity), in percent.
    pub max_excess_percent: Option<f64>,
}

/// An arrangement on resolved countries.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrangement {
    /// Name of the clause.
    pub name: String,
    /// Trade among members: importing territories, exporters that are members.
    pub inside: Scope,
    /// Trade of outsiders with members.
    pub outside: Scope,
    /// The countries that joined by meeting the conditions.
    pub acceded: CountrySet,
    /// Which emissions count.
    pub emissions: Emissions,
    /// What intensities are measured against.
    pub benchmark: Option<Benchmark>,
    /// What becomes of duties in force on outsiders.
    pub duties_in_force: DutiesInForce,
    /// The charge among members.
    pub inside_rule: CarbonRule,
    /// The rate on every outsider, as a fraction.
    pub floor: f64,
    /// Tiers and charge on outsiders.
    pub outside_rule: CarbonRule,
    /// Surcharge on outsiders' oversupply.
    pub oversupply: Option<OversupplyRule>,
}

impl Arrangement {
    /// The arrangement that a form states.
    #[must_use]
    pub fn read(form: &ArrangementForm, reading: &Reading<'_>) -> Self {
        let path = format!("arrangement.{}", form.name);
        let baseline = reading.baseline;
        let emissions = form.intensity.unwrap_or_default();
        let products = reading.products(&format!("{path}.products"), form.products.as_deref());
        let mut territories = reading.territories(&format!("{path}.members"), &form.members);
        let founders = union(baseline, &territories);
        let joined = accession(form, reading, &path, emissions, &founders, &products);
        let acceded = union(baseline, &joined);
        territories.extend(joined);
        let members = union(baseline, &territories);
        let routes = vec![true; baseline.routes.len()];
        let scope = |exporters: CountrySet| Scope {
            territories: territories.clone(),
            exporters,
            products: products.clone(),
            routes: routes.clone(),
        };
        let (inside, outside) = (scope(members.clone()), scope(members.complement()));
        let at = |key: &str| format!("{path}.{key}");
        let inside_rule = CarbonRule::read(
            reading,
            &at("inside"),
            &[],
            None,
            form.inside.as_ref().and_then(|inside| inside.usd_per_tco2e),
        );
        let out = &form.outside;
        let outside_rule =
            CarbonRule::read(reading, &at("outside"), &out.tiers, out.tiers_by, out.usd_per_tco2e);
        let floor = out.floor_percent.map_or(0.0, |rate| reading.rate(&at("outside.floor_percent"), rate));
        let oversupply = out
            .oversupply
            .as_ref()
            .map(|form| OversupplyRule::read(form, reading, &at("outside.oversupply")));
        let needs = if inside_rule.needs_benchmark() { &inside_rule } else { &outside_rule };
        let benchmark = needed_benchmark(
            reading,
            &path,
            form.benchmark.as_ref(),
            needs,
            emissions,
            &territories,
            &products,
        );
        if !inside_rule.is_empty() || !outside_rule.is_empty() {
            require_intensities(reading, &path, emissions, &products);
        }
        if reading.is_clean(&path) && outside.is_empty(baseline) && inside.is_empty(baseline) {
            reading.problem(&path, "no trade of the baseline is in its scope", "check members and products");
        }
        Self {
            name: form.name.clone(),
            inside,
            outside,
            acceded,
            emissions,
            benchmark,
            duties_in_force: form.duties_in_force.unwrap_or_default(),
            inside_rule,
            floor,
            outside_rule,
            oversupply,
        }
    }
}

/// The territories that meet the conditions of accession.
fn accession(
    form: &ArrangementForm,
    reading: &Reading<'_>,
    path: &str,
    emissions: Emissions,
    founders: &CountrySet,
    products: &[bool],
) -> Vec<CountrySet> {
    let Some(accession) = &form.accession else { return vec![] };
    let path = format!("{path}.accession");
    let baseline = reading.baseline;
    let multiple = accession
        .max_intensity_multiple
        .map(|m| reading.within(&format!("{path}.max_intensity_multiple"), m, 0.0, 1000.0, ""));
    let excess_limit =
        accession.max_excess_percent.map(|p| reading.share(&format!("{path}.max_excess_percent"), p));
    if multiple.is_none() && excess_limit.is_none() {
        reading.problem(
            &path,
            "accession has no condition",
            "give max_intensity_multiple or max_excess_percent, or name the countries as members",
        );
    }
    let mean = |countries: &CountrySet, product| {
        let (mut output, mut emitted) = (0.0, 0.0);
        for producer in
            baseline.producers.iter().filter(|p| p.product == product && countries.contains(p.country))
        {
            output += producer.output.value();
            emitted += producer.output.value() * emissions.of(producer)?.value();
        }
        (output > 0.0).then(|| emitted / output)
    };
    let meets = |candidate: &CountrySet| {
        let mut makes_any = false;
        for product in baseline.product_ids().filter(|product| products[product.index()]) {
            let Some(intensity) = mean(candidate, product) else { continue };
            makes_any = true;
            if let (Some(multiple), Some(level)) = (multiple, mean(founders, product))
                && intensity > multiple * level
            {
                return false;
            }
            let over = |country| {
                excess(baseline, ExcessMeasure::ExcessShare, country, product)
                    .is_some_and(|share| excess_limit.is_some_and(|limit| share > limit))
            };
            if candidate.iter().any(over) {
                return false;
            }
        }
        makes_any
    };
    let mut joined = vec![];
    for mut candidate in reading.territories(&format!("{path}.open_to"), &accession.open_to) {
        candidate.remove(founders);
        if !candidate.is_empty() && meets(&candidate) {
            joined.push(candidate);
        }
    }
    joined
}

impl Instrument for Arrangement {
    fn clause(&self) -> String {
        format!("arrangement.{}", self.name)
    }

    fn importers(&self, baseline: &Baseline) -> CountrySet {
        self.outside.importers(baseline)
    }

    fn measures(&self, baseline: &Baseline, put: &mut dyn FnMut(ArcId, Measure)) {
        let intensity = |arc| self.emissions.of(baseline.producer_of(arc)).unwrap_or(Intensity::ZERO);
        let level = |arc, territory| {
            let product = baseline.producer_of(arc).product;
            self.benchmark.as_ref().and_then(|benchmark| benchmark.level(territory, product))
        };
        self.inside.each_arc(baseline, &mut |arc, territory| {
            put(arc, Measure::Set(0.0));
            let charge = self.inside_rule.charge(intensity(arc), level(arc, territory));
            if charge.value() > 0.0 {
                put(arc, Measure::Add(Duty::new(0.0, charge)));
            }
        });
        self.outside.each_arc(baseline, &mut |arc, territory| {
            let producer = baseline.producer_of(arc);
            let (e, b) = (intensity(arc), level(arc, territory));
            let surcharge =
                self.oversupply.as_ref().map_or(0.0, |rule| rule.rate(producer.country, producer.product));
            let rate = self.floor + self.outside_rule.tier_rate(e, b) + surcharge;
            match self.duties_in_force {
                DutiesInForce::AddTo => {}
                DutiesInForce::Replace => put(arc, Measure::Set(rate)),
                DutiesInForce::AtLeast => put(arc, Measure::AtLeast(rate)),
            }
            let added = if self.duties_in_force == DutiesInForce::AddTo { rate } else { 0.0 };
            let duty = Duty::new(added, self.outside_rule.charge(e, b));
            if duty != Duty::default() {
                put(arc, Measure::Add(duty));
            }
        });
    }
}
