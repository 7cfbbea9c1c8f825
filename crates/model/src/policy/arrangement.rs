//! A joint arrangement such as GASSA: zero duty inside for clean metal, a joint
//! tariff outside that rises with intensity and oversupply.

use crate::baseline::{ArcId, Baseline, CountrySet};
use crate::policy::benchmark::{Benchmark, BenchmarkForm, Emissions, needed_benchmark};
use crate::policy::counted::Counted;
use crate::policy::origin::OriginRule;
use crate::policy::part::ArrangementPart;
use crate::policy::phase::{YearForm, phase_in};
use crate::policy::reading::Reading;
use crate::policy::schedule::{
    CarbonRule, ExcessMeasure, OversupplyForm, OversupplyRule, TierForm, TiersBy, excess,
};
use crate::policy::scope::{Scope, union};
use crate::policy::standard::Standard;
use crate::policy::{ByIntensity, Duty, Instrument, Measure};
use crate::units::Intensity;
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;

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
    /// Which emissions count; left out: the standard's, else `total`.
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
    /// The share of it that holds by year, linear in between and nothing before; needs the scenario's `year`.
    pub phase_in: Option<Vec<YearForm>>,
    /// What decides where metal comes from that is shipped through a third country; left out:
    /// `melted_and_poured`.
    pub origin: Option<OriginRule>,
    /// Parts that are switched off, as `["tiers"]`; left out: none.
    #[serde(default)]
    pub without_parts: Vec<ArrangementPart>,
}

impl ArrangementForm {
    /// The parts that it has and that are on.
    #[must_use]
    pub fn parts(&self) -> Vec<ArrangementPart> {
        let outside = &self.outside;
        let rules = [
            (ArrangementPart::Tiers, !outside.tiers.is_empty()),
            (ArrangementPart::Charge, outside.usd_per_tco2e.is_some()),
            (ArrangementPart::Surcharge, outside.oversupply.is_some()),
        ];
        // an arrangement that puts nothing in place of outsiders' duties abolishes them: that is its floor
        let abolishes =
            self.duties_in_force == Some(DutiesInForce::Replace) && rules.iter().all(|(_, has)| !has);
        let floor = (ArrangementPart::Floor, outside.floor_percent.is_some() || abolishes);
        let inside = (ArrangementPart::Inside, self.members.len() > 1 || self.accession.is_some());
        let all = [inside, floor].into_iter().chain(rules);
        all.filter(|(part, has)| *has && !self.without_parts.contains(part)).map(|(part, _)| part).collect()
    }
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
    /// Rate on every outsider, in percent of the customs value.
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
    #[schemars(extend("x-steps" = true))]
    pub max_intensity_multiple: Option<f64>,
    /// Highest excess capacity (1 − output/capacity), in percent.
    #[schemars(extend("x-steps" = true))]
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
    /// Which emissions count, by customs territory.
    pub emissions: Vec<Emissions>,
    /// Which intensity counts.
    pub standard: Arc<Standard>,
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
    /// The share that is phased in.
    pub phased_in: f64,
    /// What decides where metal comes from.
    pub origin: OriginRule,
    /// The parts that are on.
    pub parts: Vec<ArrangementPart>,
}

impl Arrangement {
    /// The arrangement that a form states.
    #[must_use]
    pub fn read(form: &ArrangementForm, reading: &Reading<'_>, standard: &Arc<Standard>) -> Self {
        let path = format!("arrangement.{}", form.name);
        let baseline = reading.baseline;
        let founding = form.intensity.or(standard.common_emissions()).unwrap_or_default();
        let products = reading.products(&format!("{path}.products"), form.products.as_deref());
        let mut territories = reading.territories(&format!("{path}.members"), &form.members);
        let founders = union(baseline, &territories);
        let joined = accession(form, reading, &path, founding, &founders, &products);
        let acceded = union(baseline, &joined);
        territories.extend(joined);
        let members = union(baseline, &territories);
        let emissions =
            standard.emissions(reading, &path, form.intensity, Emissions::default(), &territories);
        let routes = vec![true; baseline.routes.len()];
        let scope = |exporters: CountrySet| Scope {
            territories: territories.clone(),
            exporters,
            products: products.clone(),
            routes: routes.clone(),
            covers: 1.0,
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
            &emissions,
            &territories,
            &products,
        );
        if !inside_rule.is_empty() || !outside_rule.is_empty() {
            standard.require(reading, &path, &emissions, &territories, &products);
        }
        if reading.is_clean(&path) && outside.is_empty(baseline) && inside.is_empty(baseline) {
            reading.problem(&path, "no trade of the baseline is in its scope", "check members and products");
        }
        // faults are looked for in all of it; then what is switched off goes
        let parts = form.parts();
        let has = |part| parts.contains(&part);
        let (inside_rule, outside_rule) = (
            if has(ArrangementPart::Inside) { inside_rule } else { CarbonRule::default() },
            outside_rule.reduced(has(ArrangementPart::Tiers), has(ArrangementPart::Charge)),
        );
        let floor = if has(ArrangementPart::Floor) { floor } else { 0.0 };
        let oversupply = oversupply.filter(|_| has(ArrangementPart::Surcharge));
        Self {
            name: form.name.clone(),
            inside,
            outside,
            acceded,
            emissions,
            standard: Arc::clone(standard),
            benchmark,
            duties_in_force: form.duties_in_force.unwrap_or_default(),
            inside_rule,
            floor,
            outside_rule,
            oversupply,
            phased_in: phase_in(reading, &path, form.phase_in.as_deref()),
            origin: form.origin.unwrap_or_default(),
            parts,
        }
    }

    /// Its members, founders and acceded, where it does anything at all.
    #[must_use]
    pub fn bloc(&self) -> Option<CountrySet> {
        let mut members = CountrySet::none(self.inside.exporters.len());
        self.inside.territories.iter().for_each(|territory| members.extend(territory));
        (!self.parts.is_empty()).then_some(members)
    }

    /// Whether it changes duties among members.
    fn acts_inside(&self) -> bool {
        self.parts.contains(&ArrangementPart::Inside)
    }

    /// Whether it changes duties on outsiders.
    fn acts_outside(&self) -> bool {
        self.parts.iter().any(|part| *part != ArrangementPart::Inside)
    }

    /// Calls `visit` with each arc of a scope, the intensity that counts there and the benchmark.
    fn each_counted(
        &self,
        scope: &Scope,
        baseline: &Baseline,
        visit: &mut dyn FnMut(ArcId, Counted, Option<Intensity>),
    ) {
        scope.each_arc(baseline, &mut |arc, territory| {
            let producer = baseline.producer_of(arc);
            let importer = baseline.flow_of(arc).importer;
            let counted = self.standard.counted(baseline, importer, producer, self.emissions[territory]);
            let benchmark = self.benchmark.as_ref().and_then(|b| b.level(territory, producer));
            visit(arc, counted.unwrap_or(Counted::own(Intensity::ZERO)), benchmark);
        });
    }

    /// Calls `visit` with each arc on which it measures intensities.
    pub fn each_measured(&self, baseline: &Baseline, visit: &mut dyn FnMut(ArcId)) {
        for (scope, rule) in [(&self.inside, &self.inside_rule), (&self.outside, &self.outside_rule)] {
            if self.phased_in > 0.0 && !rule.is_empty() {
                scope.each_arc(baseline, &mut |arc, _| visit(arc));
            }
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
    let makes = |country, product| baseline.producers_in(country, product).any(|p| p.output.value() > 0.0);
    // what is not known is not shown to meet a condition
    let meets = |candidate: &CountrySet| {
        let mut makes_any = false;
        for product in baseline.product_ids().filter(|product| products[product.index()]) {
            let makers: Vec<_> = candidate.iter().filter(|country| makes(*country, product)).collect();
            if makers.is_empty() {
                continue;
            }
            makes_any = true;
            let clean = multiple.is_none_or(|multiple| {
                let levels = mean(candidate, product).zip(mean(founders, product));
                levels.is_some_and(|(own, level)| own <= multiple * level)
            });
            let lean = excess_limit.is_none_or(|limit| {
                let share = |country| excess(baseline, ExcessMeasure::ExcessShare, country, product);
                makers.iter().all(|country| share(*country).is_some_and(|share| share <= limit))
            });
            if !(clean && lean) {
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
        if self.acts_inside() {
            self.measures_inside(baseline, put);
        }
        if self.acts_outside() {
            self.measures_outside(baseline, put);
        }
    }

    fn phased_in(&self) -> f64 {
        self.phased_in
    }

    fn origin(&self) -> OriginRule {
        self.origin
    }

    fn by_intensity(&self, baseline: &Baseline, put: &mut dyn FnMut(ArcId, ByIntensity)) {
        for (scope, rule) in [(&self.inside, &self.inside_rule), (&self.outside, &self.outside_rule)] {
            if !rule.is_empty() {
                self.each_counted(scope, baseline, &mut |arc, counted, benchmark| {
                    put(arc, rule.by_intensity(counted, benchmark));
                });
            }
        }
    }
}

impl Arrangement {
    fn measures_inside(&self, baseline: &Baseline, put: &mut dyn FnMut(ArcId, Measure)) {
        self.each_counted(&self.inside, baseline, &mut |arc, counted, benchmark| {
            put(arc, Measure::Set(0.0));
            let charge = self.inside_rule.charge(counted.intensity, benchmark);
            if charge.value() > 0.0 {
                put(arc, Measure::Add(Duty::new(0.0, charge)));
            }
        });
    }

    fn measures_outside(&self, baseline: &Baseline, put: &mut dyn FnMut(ArcId, Measure)) {
        self.each_counted(&self.outside, baseline, &mut |arc, counted, benchmark| {
            let producer = baseline.producer_of(arc);
            let surcharge =
                self.oversupply.as_ref().map_or(0.0, |rule| rule.rate(producer.country, producer.product));
            let rate = self.floor + self.outside_rule.tier_rate(counted.intensity, benchmark) + surcharge;
            match self.duties_in_force {
                DutiesInForce::AddTo => {}
                DutiesInForce::Replace => put(arc, Measure::Set(rate)),
                DutiesInForce::AtLeast => put(arc, Measure::AtLeast(rate)),
            }
            let added = if self.duties_in_force == DutiesInForce::AddTo { rate } else { 0.0 };
            let duty = Duty::new(added, self.outside_rule.charge(counted.intensity, benchmark));
            if duty != Duty::default() {
                put(arc, Measure::Add(duty));
            }
        });
    }
}
