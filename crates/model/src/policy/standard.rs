//! The accounting standard: which emission intensity counts where a duty depends on it, whose
//! verification is recognised, and what proof costs.

use crate::baseline::{ArcId, Baseline, CountryId, CountrySet, Producer, ProductId};
use crate::policy::benchmark::Emissions;
use crate::policy::counted::Counted;
use crate::policy::reading::Reading;
use crate::policy::{Duty, Instrument, Measure};
use crate::units::{Intensity, UsdPerTonne};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Which intensity counts for a shipment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The producer's own, verified.
    #[default]
    Verified,
    /// The output-weighted mean of the exporting country's routes.
    CountryAverage,
    /// The default value of the data folder, with a mark-up.
    Default,
}

/// `[standard]`: how emission intensities are counted by the clauses that measure them.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StandardForm {
    /// False leaves the standard out.
    pub enabled: Option<bool>,
    /// Which intensity counts; left out: `verified`.
    pub method: Option<Method>,
    /// Which emissions count in clauses that do not say.
    pub emissions: Option<Emissions>,
    /// Mark-up on default values, in percent; left out: 0.
    pub markup_percent: Option<f64>,
    /// Countries or groups whose verification counts; others get default values. Left out: all.
    pub recognises: Option<Vec<String>>,
    /// What proof of an intensity costs, in USD per tonne of metal; left out: 0.
    pub verification_usd_per_t: Option<f64>,
    /// Whether the one standard holds for all importers; left out: true.
    pub harmonised: Option<bool>,
    /// Importers with rules of their own; they count only where `harmonised = false`.
    #[serde(default)]
    pub member: Vec<StandardMemberForm>,
}

/// `[[standard.member]]`: the rules of some importers. What it leaves out is as in `[standard]`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StandardMemberForm {
    /// Name of these rules, unique among them.
    pub name: String,
    /// Countries or groups that count by these rules.
    pub importers: Vec<String>,
    /// Which intensity counts.
    pub method: Option<Method>,
    /// Which emissions count in clauses that do not say.
    pub emissions: Option<Emissions>,
    /// Mark-up on default values, in percent.
    pub markup_percent: Option<f64>,
    /// Countries or groups whose verification counts; others get default values.
    pub recognises: Option<Vec<String>>,
    /// What proof of an intensity costs, in USD per tonne of metal.
    pub verification_usd_per_t: Option<f64>,
}

/// The rules of one standard.
#[derive(Debug, Clone, PartialEq)]
struct Rules {
    method: Method,
    emissions: Option<Emissions>,
    /// On default values, as a fraction.
    markup: f64,
    /// Whose verification counts.
    recognised: CountrySet,
    verification: UsdPerTonne,
}

/// By country and product: output (kt) of known intensity and its mean, for total and direct emissions.
type Means = BTreeMap<(CountryId, ProductId), [Option<(f64, Intensity)>; 2]>;

/// The standards by which importers count emission intensities.
#[derive(Debug, Clone, PartialEq)]
pub struct Standard {
    /// The common rules first, then those of members.
    rules: Vec<Rules>,
    /// By importer: the position of its rules.
    of: Vec<usize>,
    /// Country averages; empty where no rules ask for them.
    means: Means,
}

impl Standard {
    /// Without a standard in the scenario: each producer's own intensity counts, and proof costs nothing.
    #[must_use]
    pub fn none(countries: usize) -> Self {
        let rules = Rules {
            method: Method::Verified,
            emissions: None,
            markup: 0.0,
            recognised: CountrySet::all(countries),
            verification: UsdPerTonne::ZERO,
        };
        Self { rules: vec![rules], of: vec![0; countries], means: BTreeMap::new() }
    }

    /// The standard that a form states.
    #[must_use]
    pub fn read(form: Option<&StandardForm>, reading: &Reading<'_>) -> Self {
        let baseline = reading.baseline;
        let mut standard = Self::none(baseline.countries.len());
        let Some(form) = form.filter(|form| form.enabled != Some(false)) else { return standard };
        let common = StandardMemberForm {
            name: String::new(),
            importers: vec![],
            method: form.method,
            emissions: form.emissions,
            markup_percent: form.markup_percent,
            recognises: form.recognises.clone(),
            verification_usd_per_t: form.verification_usd_per_t,
        };
        standard.rules[0] = rules(&common, &standard.rules[0], reading, "standard");
        let apart = form.harmonised == Some(false);
        if apart && form.member.is_empty() {
            reading.problem(
                "standard.harmonised",
                "standards are said to differ and no member has rules of its own",
                "add [[standard.member]] tables, or take harmonised out",
            );
        }
        let mut names = BTreeSet::new();
        for (position, member) in form.member.iter().enumerate() {
            let path = format!("standard.member[{position}]");
            if !names.insert(member.name.as_str()) {
                reading.problem(
                    &format!("{path}.name"),
                    format!("a second member is named `{}`", member.name),
                    "give it another name",
                );
            }
            let importers = reading.countries(&format!("{path}.importers"), &member.importers);
            let own = rules(member, &standard.rules[0], reading, &path);
            if !apart {
                continue;
            }
            for importer in importers.iter() {
                if standard.of[importer.index()] != 0 {
                    reading.problem(
                        &format!("{path}.importers"),
                        format!(
                            "{} already has the rules of another member",
                            baseline.countries[importer.index()].code
                        ),
                        "name each importer once",
                    );
                }
                standard.of[importer.index()] = standard.rules.len();
            }
            standard.rules.push(own);
        }
        if standard.rules.iter().any(|rules| rules.method == Method::CountryAverage) {
            standard.means = means(baseline);
        }
        standard
    }

    /// Which emissions count in each customs territory of a clause: its own key, else the standard's,
    /// else the usual ones. Territories that standards split are reported.
    pub(super) fn emissions(
        &self,
        reading: &Reading<'_>,
        path: &str,
        own: Option<Emissions>,
        usual: Emissions,
        territories: &[CountrySet],
    ) -> Vec<Emissions> {
        let mut all = vec![];
        for territory in territories {
            let mut positions = territory.iter().map(|country| self.of[country.index()]);
            let first = positions.next().unwrap_or(0);
            if positions.any(|position| position != first) {
                reading.problem(
                    path,
                    "a customs territory of this clause is split between two standards",
                    "name the whole territory in one [[standard.member]]",
                );
            }
            all.push(own.or(self.rules[first].emissions).unwrap_or(usual));
        }
        all
    }

    /// The emissions of the common rules.
    pub(super) fn common_emissions(&self) -> Option<Emissions> {
        self.rules[0].emissions
    }

    /// The intensity that counts where an importer measures a producer's metal; `None` where the
    /// data do not give it.
    #[must_use]
    pub fn counted(
        &self,
        baseline: &Baseline,
        importer: CountryId,
        producer: &Producer,
        emissions: Emissions,
    ) -> Option<Counted> {
        let rules = &self.rules[self.of[importer.index()]];
        match rules.method {
            Method::Verified if rules.recognised.contains(producer.country) => {
                emissions.of(producer).map(Counted::own)
            }
            Method::CountryAverage => {
                let means = self.means.get(&(producer.country, producer.product))?;
                let (output, mean) = means[emissions as usize]?;
                let own = emissions.of(producer).map_or(0.0, Intensity::value);
                let share = producer.output.value() / output;
                Some(Counted { intensity: mean, response: Intensity(own * share) })
            }
            Method::Verified | Method::Default => baseline
                .intensity_defaults
                .get(&(producer.country, producer.product))
                .map(|value| Counted::default_value(value.intensity, rules.markup)),
        }
    }

    /// Reports products in scope of which the intensity that counts is not in the data.
    pub(super) fn require(
        &self,
        reading: &Reading<'_>,
        path: &str,
        emissions: &[Emissions],
        territories: &[CountrySet],
        products: &[bool],
    ) {
        let baseline = reading.baseline;
        let mut asked: Vec<(CountryId, Emissions)> = vec![];
        for (territory, emissions) in territories.iter().zip(emissions) {
            let Some(importer) = territory.iter().next() else { continue };
            let same = |(other, of): &(CountryId, Emissions)| {
                self.of[other.index()] == self.of[importer.index()] && of == emissions
            };
            if !asked.iter().any(same) {
                asked.push((importer, *emissions));
            }
        }
        let mut total_defaults = false;
        for product in baseline.product_ids().filter(|product| products[product.index()]) {
            let mut made =
                baseline.producers.iter().filter(|p| p.product == product && p.output.value() > 0.0);
            let lacking = made.find_map(|producer| {
                let (importer, _) = asked
                    .iter()
                    .find(|(importer, of)| self.counted(baseline, *importer, producer, *of).is_none())?;
                Some((producer, *importer))
            });
            for (importer, of) in &asked {
                let rules = &self.rules[self.of[importer.index()]];
                total_defaults |= *of == Emissions::Total && rules.uses_defaults();
            }
            let Some((producer, importer)) = lacking else { continue };
            let what = &baseline.products[product.index()].code;
            let whose = &baseline.countries[producer.country.index()].code;
            if self.rules[self.of[importer.index()]].counts_defaults_of(producer.country) {
                lacks_default(reading, path, what, whose);
            } else {
                reading.problem(
                    path,
                    format!("the data give no emission intensity for {what} of {whose}"),
                    "fill the intensity columns of production.csv, or leave the product out",
                );
            }
        }
        if total_defaults {
            direct_only(reading, path);
        }
    }

    /// What proof costs on the arcs on which clauses measure intensities; `None` if nothing.
    ///
    /// A producer pays on each of its arcs for every standard that it must satisfy on any of them.
    #[must_use]
    pub fn proof(&self, baseline: &Baseline, measured: &BTreeSet<ArcId>) -> Option<ProofOfIntensity> {
        let mut needed: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        let mut proven = vec![];
        for arc in measured {
            let (producer, importer) = (baseline.arcs[arc.index()].producer, baseline.flow_of(*arc).importer);
            let standard = self.of[importer.index()];
            let rules = &self.rules[standard];
            let country = baseline.producers[producer.index()].country;
            if rules.method == Method::Verified && rules.recognised.contains(country) {
                needed.entry(producer.index()).or_default().insert(standard);
                proven.push((*arc, producer.index()));
            }
        }
        let mut proof =
            ProofOfIntensity { importers: CountrySet::none(baseline.countries.len()), costs: vec![] };
        for (arc, producer) in proven {
            let standards = needed.get(&producer).into_iter().flatten();
            let cost: UsdPerTonne = standards.map(|standard| self.rules[*standard].verification).sum();
            if cost > UsdPerTonne::ZERO {
                proof.importers.insert(baseline.flow_of(arc).importer);
                proof.costs.push((arc, cost));
            }
        }
        (!proof.costs.is_empty()).then_some(proof)
    }
}

impl Rules {
    fn counts_defaults_of(&self, country: CountryId) -> bool {
        match self.method {
            Method::Default => true,
            Method::Verified => !self.recognised.contains(country),
            Method::CountryAverage => false,
        }
    }

    fn uses_defaults(&self) -> bool {
        self.method == Method::Default
            || (self.method == Method::Verified && !self.recognised.complement().is_empty())
    }
}

/// Reports that the data give no default value.
pub(super) fn lacks_default(reading: &Reading<'_>, path: &str, product: &str, country: &str) {
    let what = if reading.baseline.intensity_defaults.is_empty() {
        "default values count and the data folder has none".to_owned()
    } else {
        format!("the data give no default value for {product} of {country}")
    };
    reading.problem(path, what, "add rows to defaults.csv (country `*` stands for all others)");
}

/// Reports default values, which are of direct emissions, where total ones are to count.
pub(super) fn direct_only(reading: &Reading<'_>, path: &str) {
    reading.problem(
        path,
        "default values are of direct emissions, and total emissions are to count",
        "write intensity = \"direct\"",
    );
}

/// Rules with their own keys, and another's where they have none.
fn rules(form: &StandardMemberForm, usual: &Rules, reading: &Reading<'_>, path: &str) -> Rules {
    let at = |key: &str| format!("{path}.{key}");
    Rules {
        method: form.method.unwrap_or(usual.method),
        emissions: form.emissions.or(usual.emissions),
        markup: form
            .markup_percent
            .map_or(usual.markup, |percent| reading.rate(&at("markup_percent"), percent)),
        recognised: form
            .recognises
            .as_ref()
            .map_or_else(|| usual.recognised.clone(), |names| reading.countries(&at("recognises"), names)),
        verification: form
            .verification_usd_per_t
            .map_or(usual.verification, |cost| UsdPerTonne(reading.usd(&at("verification_usd_per_t"), cost))),
    }
}

/// Output-weighted means over the routes of known intensity, for total and direct emissions.
fn means(baseline: &Baseline) -> Means {
    let mut sums: BTreeMap<(CountryId, ProductId), [(f64, f64); 2]> = BTreeMap::new();
    for producer in baseline.producers.iter().filter(|producer| producer.output.value() > 0.0) {
        let sum = sums.entry((producer.country, producer.product)).or_default();
        for emissions in [Emissions::Total, Emissions::Direct] {
            if let Some(intensity) = emissions.of(producer) {
                let (output, emitted) = &mut sum[emissions as usize];
                *output += producer.output.value();
                *emitted += producer.output.value() * intensity.value();
            }
        }
    }
    let mean = |(output, emitted): (f64, f64)| (output > 0.0).then(|| (output, Intensity(emitted / output)));
    sums.into_iter().map(|(key, sum)| (key, sum.map(mean))).collect()
}

/// The clause `standard`: the cost of proof, once on each arc however many clauses measure there.
#[derive(Debug, Clone, PartialEq)]
pub struct ProofOfIntensity {
    /// Into whose markets proof is needed.
    importers: CountrySet,
    /// The cost on each arc.
    costs: Vec<(ArcId, UsdPerTonne)>,
}

impl Instrument for ProofOfIntensity {
    fn clause(&self) -> String {
        "standard".to_owned()
    }

    fn importers(&self, _baseline: &Baseline) -> CountrySet {
        self.importers.clone()
    }

    fn measures(&self, _baseline: &Baseline, put: &mut dyn FnMut(ArcId, Measure)) {
        for (arc, cost) in &self.costs {
            put(*arc, Measure::Add(Duty { proof: *cost, ..Duty::default() }));
        }
    }

    fn makes_members(&self) -> bool {
        false
    }
}
