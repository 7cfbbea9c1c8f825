//! The scenario file: read, laid over those it extends, checked, and turned
//! into a policy on a baseline.
//!
//! Every value keeps the file, line and column it was written at. A path such
//! as `tariff.core.rate_percent` names it: faults are shown by path, and
//! [`Scenario::with`] changes the value at one and checks everything again.

#[cfg(test)]
mod policy_tests;
#[cfg(test)]
mod tests;

#[cfg(test)]
mod tests_programmes;

mod about;
mod bands;
mod check;
mod evaluate;
mod load;
mod negotiation;
mod part;
mod party;
mod patcher;
mod spatial;
mod text;
mod tree;
mod values;
mod words;
mod words_programmes;

pub mod draw;
pub mod explain;
pub mod form;
pub mod keyed;
pub mod path;

pub use negotiation::{AdmissionName, Agenda, Coalition, Compensation, Menu, Number, Objective, Wanted};
pub use party::{Measure, Measured, Party, RedLine};
pub use patcher::Patcher;
pub use spatial::without_effect;
pub use values::Moved;

use form::{EngineName, ScenarioForm};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tree::{Node, Value};
use zollverein_model::baseline::group::{Group, GroupKind, normalised};
use zollverein_model::baseline::read::sha256;
use zollverein_model::baseline::{ArcId, Baseline, read};
use zollverein_model::engine::spatial::Ways;
use zollverein_model::engine::{Armington, Engine, Gsim, SolveError, Spatial};
use zollverein_model::model::Model;
use zollverein_model::policy::revenue::RevenueForm;
use zollverein_model::policy::support::{Footing, require_at_most_the_cost};
use zollverein_model::policy::{
    Abatement, Arrangement, CarbonTariff, Cbam, CounterDuty, Exemption, OversupplyTariff, Policy,
    Procurement, ProofOfIntensity, Reading, Revenue, Standard, Support, Tariff, TariffRateQuota,
};
use zollverein_model::problem::{Place, Problems, instead};

/// The data folder taken where neither the command line nor the scenario names one.
pub const USUAL_DATA: &str = "data/2023";

/// A scenario that has been read and whose keys and types are right.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    path: PathBuf,
    tree: Node,
    form: ScenarioForm,
}

impl Scenario {
    /// Reads a scenario file and those it extends.
    ///
    /// # Errors
    /// Every fault that needs no data to be seen: files that are missing or no
    /// TOML, keys unknown or missing, values of the wrong type, repeated names.
    pub fn read(path: &Path) -> Result<Self, Problems> {
        let mut problems = Problems::new();
        let (tree, complete) = load::load(path, &mut problems);
        let tree = tree.unwrap_or(Node {
            value: Value::Table(BTreeMap::new()),
            place: Place::file(path.display().to_string()),
        });
        Self::checked(path, tree, complete, problems)
    }

    /// The data folder that a scenario file names or that is usual beside it,
    /// found even where the rest of the file is faulty.
    #[must_use]
    pub fn data_meant(path: &Path) -> Option<PathBuf> {
        let (tree, _) = load::load(path, &mut Problems::new());
        let named = tree.as_ref().and_then(|tree| tree.get("baseline"));
        match named {
            Some(node) => Some(beside(&node.place, node.text()?)),
            None => usual_data(Some(path)).ok(),
        }
    }

    /// The faults that a baseline shows in the sound part of a file that cannot be used as a
    /// whole: unknown names, values out of range. What follows only from keys that had to be left
    /// out is not among them.
    #[must_use]
    pub fn further_problems(path: &Path, baseline: &Baseline) -> Problems {
        let (tree, _) = load::load(path, &mut Problems::new());
        let Some(tree) = tree else { return Problems::new() };
        let (tree, lost) = check::sound_part(&tree, form::known_schema());
        let Ok(form) = serde_json::from_value::<ScenarioForm>(tree.json()) else { return Problems::new() };
        let part = Self { path: path.to_owned(), tree, form };
        let (groups, mut problems) = match part.groups(baseline) {
            Ok(groups) => (groups, Problems::new()),
            Err(problems) => (BTreeMap::new(), problems),
        };
        if !problems.is_empty() || lost.iter().any(|path| path.starts_with("groups")) {
            return problems;
        }
        let places = part.tree.places();
        let place = |path: &str| nearest_place(&places, path);
        let reading = Reading::new(baseline, &groups, part.year(), &place);
        part.instruments(&reading);
        problems.append(reading.into_problems_but(&|at| {
            lost.iter().any(|path| path == at) || (!lost.is_empty() && at.contains(".clauses["))
        }));
        problems
    }

    /// A scenario's tree, checked.
    fn checked(path: &Path, tree: Node, complete: bool, mut problems: Problems) -> Result<Self, Problems> {
        check::check(&tree, form::known_schema(), complete, &mut problems);
        if let Some(cost) = tree.get("social_cost_usd_per_tco2e") {
            let negative = match cost.value {
                Value::Whole(number) => number < 0,
                Value::Number(number) => number < 0.0,
                _ => false,
            };
            if negative {
                let what = format!("social_cost_usd_per_tco2e: {} is negative", cost.value.in_words());
                problems.add(cost.place.clone(), what, "give a number of 0 or more");
            }
        }
        check::years(&tree, &mut problems);
        let form = match serde_json::from_value::<ScenarioForm>(tree.json()) {
            Ok(form) => form,
            Err(error) => {
                if problems.is_empty() {
                    let place = Place::file(path.display().to_string());
                    problems.add(place, error.to_string(), "compare the file with `zollverein schema`");
                }
                ScenarioForm::default()
            }
        };
        problems.into_result(Self { path: path.to_owned(), tree, form })
    }

    /// The same scenario with the value at a path changed, or put in where the
    /// key was left out; everything is checked again.
    ///
    /// # Errors
    /// A path that leads nowhere, and whatever [`Scenario::read`] finds wrong.
    pub fn with(&self, path: &str, value: impl Into<Patch>) -> Result<Self, Problems> {
        self.with_each([(path.to_owned(), value.into())])
    }

    /// The same scenario with the values at several paths changed at once, as [`Scenario::with`]
    /// changes one.
    ///
    /// # Errors
    /// As for one.
    pub fn with_each(&self, changes: impl IntoIterator<Item = (String, Patch)>) -> Result<Self, Problems> {
        Self::checked(&self.path, self.patched(changes)?, true, Problems::new())
    }

    /// The tree with the values at several paths changed, unchecked.
    fn patched(&self, changes: impl IntoIterator<Item = (String, Patch)>) -> Result<Node, Problems> {
        let mut tree = self.tree.clone();
        for (path, Patch(value)) in changes {
            let (parent, key) = path.rsplit_once('.').unwrap_or(("", &path));
            if let Some(node) = tree.at_mut(&path) {
                node.value = value;
            } else if let Some(Node { value: Value::Table(entries), place }) = tree.at_mut(parent) {
                let place = place.clone();
                entries.insert(key.to_owned(), Node { value, place });
            } else {
                let places = self.tree.places();
                let mut problems = Problems::new();
                problems.add(
                    Place::file(self.path.display().to_string()),
                    format!("the path `{path}` leads nowhere in this scenario"),
                    instead(&path, places.keys().map(String::as_str).filter(|known| !known.is_empty())),
                );
                return problems.into_result(tree);
            }
        }
        Ok(tree)
    }

    /// The clauses that are switched on, by path and in order of name: `tariff.core`, and the
    /// kind alone where a scenario has one of it. Each is switched off by `enabled = false`.
    #[must_use]
    pub fn clause_paths(&self) -> Vec<String> {
        let kinds = check::kinds_of_clauses(form::known_schema());
        let mut paths = vec![];
        for kind in kinds {
            let Some(node) = self.tree.get(&kind) else { continue };
            let alone = vec![(kind.clone(), node)];
            let clauses = if matches!(node.value, Value::List(_)) { node.children(&kind) } else { alone };
            for (path, clause) in clauses {
                if clause.get("enabled").is_none_or(|enabled| enabled.value != Value::Truth(false)) {
                    paths.push(path);
                }
            }
        }
        paths.sort_unstable();
        paths
    }

    /// The years of a path, in rising order; none if the scenario is about one year, or names none.
    #[must_use]
    pub fn years(&self) -> &[i32] {
        self.form.years.as_deref().unwrap_or_default()
    }

    /// The year that ratchets and phases count to; of a path the first.
    #[must_use]
    pub fn year(&self) -> Option<i32> {
        self.form.year.or_else(|| self.years().first().copied())
    }

    /// The same scenario about one year, in the place of the one or those it names.
    ///
    /// # Errors
    /// Whatever [`Scenario::read`] finds wrong.
    pub fn at_year(&self, year: i32) -> Result<Self, Problems> {
        let mut tree = self.tree.clone();
        let place = tree.place.clone();
        if let Value::Table(entries) = &mut tree.value {
            let named = [entries.remove("years"), entries.remove("year")].into_iter().flatten().next();
            let place = named.map_or(place, |node| node.place);
            entries.insert("year".to_owned(), Node { value: Value::Whole(year.into()), place });
        }
        Self::checked(&self.path, tree, true, Problems::new())
    }

    /// The same scenario with one accounting standard for all importers, where its own says that
    /// standards differ. The two outcomes' difference is the cost of disharmony.
    #[must_use]
    pub fn harmonised(&self) -> Option<Self> {
        let standard = self.form.standard.as_ref().filter(|standard| standard.enabled != Some(false))?;
        if standard.harmonised != Some(false) {
            return None;
        }
        self.with("standard.harmonised", true).ok()
    }

    /// The number at a path, if one stands there.
    #[must_use]
    pub fn number(&self, path: &str) -> Option<f64> {
        match self.tree.at(path)?.value {
            Value::Whole(number) => Some(number as f64),
            Value::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The paths of all numbers, in order of name.
    #[must_use]
    pub fn numbers(&self) -> Vec<String> {
        let mut paths = vec![];
        self.tree.visit("", &mut |path, node| {
            if matches!(node.value, Value::Whole(_) | Value::Number(_)) {
                paths.push(path.to_owned());
            }
        });
        paths
    }

    /// The file it was read from, as it was named.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The keys as types.
    #[must_use]
    pub fn form(&self) -> &ScenarioForm {
        &self.form
    }

    /// How markets settle.
    #[must_use]
    pub fn engine(&self) -> EngineName {
        self.form.engine.unwrap_or_default()
    }

    /// SHA-256 of what the scenario says, those it extends included; the order
    /// of keys and clauses, comments and notation (25 or 25.0) change nothing.
    #[must_use]
    pub fn digest(&self) -> String {
        sha256(self.tree.canonical().as_bytes())
    }

    /// The JSON Schema of scenario files.
    #[must_use]
    pub fn schema() -> serde_json::Value {
        form::schema()
    }

    /// The data folder it is about: the one it names, else `data/2023` in a
    /// folder above the scenario file, else above the working directory.
    ///
    /// # Errors
    /// No folder is named and none is found.
    pub fn data_folder(&self) -> Result<PathBuf, Problems> {
        if let (Some(named), Some(node)) = (&self.form.baseline, self.tree.get("baseline")) {
            return Ok(beside(&node.place, named));
        }
        usual_data(Some(&self.path))
    }

    /// The world before the policy: a data folder, with the scenario's own groups.
    ///
    /// # Errors
    /// Every problem of the folder and of the groups.
    pub fn world(&self, folder: &Path) -> Result<Baseline, Problems> {
        self.on(read::folder(folder)?)
    }

    /// A baseline as this scenario sees it: with its own groups, and with its links open.
    ///
    /// # Errors
    /// Every problem of the groups.
    pub fn on(&self, mut baseline: Baseline) -> Result<Baseline, Problems> {
        let groups = self.groups(&baseline)?;
        baseline.groups.extend(groups);
        Ok(if self.opens_links() { baseline.opened() } else { baseline })
    }

    /// A model of a baseline with the scenario's engine.
    ///
    /// # Errors
    /// [`SolveError`] where not even the duties in force give an equilibrium.
    pub fn model(&self, baseline: Arc<Baseline>) -> Result<Model, SolveError> {
        let engine: Arc<dyn Engine> = match self.engine() {
            EngineName::Armington => Arc::new(Armington::new(&baseline)),
            EngineName::Gsim => Arc::new(Gsim),
            EngineName::Spatial => Arc::new(Spatial::with_ways(self.ways(&baseline))),
        };
        Model::new(baseline, engine)
    }

    /// What opens beyond the ways of the baseline. Faults are those of [`Scenario::policy`].
    fn ways(&self, baseline: &Baseline) -> Ways {
        let groups = self.groups(baseline).unwrap_or_default();
        let place = |_: &str| Place::default();
        spatial::ways(&self.form, &Reading::new(baseline, &groups, self.year(), &place))
    }

    /// The policy on a baseline.
    ///
    /// # Errors
    /// Every name that is not known and every value that cannot be meant, each
    /// with its path and line.
    pub fn policy(&self, baseline: &Baseline) -> Result<Policy, Problems> {
        let mut problems = Problems::new();
        let groups = self.groups(baseline).unwrap_or_else(|faults| {
            problems.append(faults);
            BTreeMap::new()
        });
        let faulty_groups = !problems.is_empty();
        let places = self.tree.places();
        let place = |path: &str| nearest_place(&places, path);
        let reading = Reading::new(baseline, &groups, self.year(), &place);
        let policy = self.instruments(&reading);
        party::read(&self.form.party, &reading);
        self.require_assumptions(&reading);
        // faults of a group's definition would come back as unknown names
        if !faulty_groups {
            problems.append(reading.into_problems());
        }
        problems.into_result(policy)
    }

    /// The clauses that are switched on, read against a baseline.
    fn instruments(&self, reading: &Reading<'_>) -> Policy {
        let form = &self.form;
        let on = |enabled: Option<bool>| enabled != Some(false);
        let mut known: Vec<String> = vec![];
        known.extend(form.arrangement.iter().map(|clause| format!("arrangement.{}", clause.name)));
        known.extend(form.carbon_tariff.iter().map(|clause| format!("carbon_tariff.{}", clause.name)));
        known.extend(form.cbam.iter().map(|clause| format!("cbam.{}", clause.name)));
        known.extend(form.counter_duty.iter().map(|clause| format!("counter_duty.{}", clause.name)));
        known
            .extend(form.oversupply_tariff.iter().map(|clause| format!("oversupply_tariff.{}", clause.name)));
        known.extend(form.standard.iter().map(|_| "standard".to_owned()));
        known.extend(form.tariff.iter().map(|clause| format!("tariff.{}", clause.name)));
        known.extend(form.quota.iter().map(|clause| format!("quota.{}", clause.name)));
        let standard = Arc::new(Standard::read(form.standard.as_ref(), reading));
        let mut policy = Policy::status_quo();
        for clause in form.tariff.iter().filter(|clause| on(clause.enabled)) {
            policy.tariffs.push(Tariff::read(clause, reading));
        }
        for clause in form.carbon_tariff.iter().filter(|clause| on(clause.enabled)) {
            policy.carbon_tariffs.push(CarbonTariff::read(clause, reading, &standard));
        }
        for clause in form.oversupply_tariff.iter().filter(|clause| on(clause.enabled)) {
            policy.oversupply_tariffs.push(OversupplyTariff::read(clause, reading));
        }
        for clause in form.arrangement.iter().filter(|clause| on(clause.enabled)) {
            policy.arrangements.push(Arrangement::read(clause, reading, &standard));
        }
        for clause in form.quota.iter().filter(|clause| on(clause.enabled)) {
            policy.quotas.push(TariffRateQuota::read(clause, reading));
        }
        for clause in form.cbam.iter().filter(|clause| on(clause.enabled)) {
            policy.cbams.push(Cbam::read(clause, reading, &standard));
        }
        for clause in form.counter_duty.iter().filter(|clause| on(clause.enabled)) {
            policy.counter_duties.push(CounterDuty::read(clause, reading));
        }
        policy.proof = proof(&policy, &standard, reading.baseline);
        for clause in form.exemption.iter().filter(|clause| on(clause.enabled)) {
            policy.exemptions.push(Exemption::read(clause, reading, &known));
        }
        spatial::require_hubs_outside(&policy, &spatial::ways(form, reading), reading);
        self.programmes(reading, &known, &mut policy);
        policy
    }

    /// The clauses that put no duty on anything; `known` are those that bring in revenue.
    fn programmes(&self, reading: &Reading<'_>, known: &[String], policy: &mut Policy) {
        let form = &self.form;
        let on = |enabled: Option<bool>| enabled != Some(false);
        for clause in form.procurement.iter().filter(|clause| on(clause.enabled)) {
            policy.procurements.push(Procurement::read(clause, reading));
        }
        let abatement = form.abatement.as_ref().filter(|form| on(form.enabled));
        policy.abatement = abatement.map(|form| Abatement::read(form, reading));
        let revenue = form.revenue.as_ref().filter(|form| on(form.enabled));
        policy.revenue = revenue.map(|form| Revenue::read(form, reading, known));
        let footing = Footing {
            abatement: form.abatement.as_ref().map(|form| on(form.enabled)),
            funding: form.revenue.as_ref().map(RevenueForm::funding).unwrap_or_default(),
        };
        for clause in form.support.iter().filter(|clause| on(clause.enabled)) {
            policy.supports.push(Support::read(clause, reading, &footing));
        }
        require_at_most_the_cost(&policy.supports, reading);
    }

    /// The scenario's own groups, resolved.
    fn groups(&self, baseline: &Baseline) -> Result<BTreeMap<String, Group>, Problems> {
        let places = self.tree.places();
        let place = |path: &str| nearest_place(&places, path);
        let none = BTreeMap::new();
        let reading = Reading::new(baseline, &none, self.year(), &place);
        let mut groups: BTreeMap<String, Group> = BTreeMap::new();
        for (name, names) in &self.form.groups {
            let path = format!("groups.{name}");
            let key = normalised(name);
            if names.is_empty() {
                reading.problem(&path, "the list is empty", "name at least one country or group");
            }
            let members = reading.countries(&path, names);
            let group = Group { name: name.clone(), label: name.clone(), kind: GroupKind::Own, members };
            let taken = baseline.groups.get(&key).is_some_and(|before| *before != group)
                || baseline.countries.iter().any(|country| normalised(&country.code) == key)
                || groups.contains_key(&key)
                || key == "all";
            if taken {
                reading.problem(
                    &path,
                    "the name already stands for a country or another group",
                    "give the group another name",
                );
            }
            groups.insert(key, group);
        }
        reading.into_problems().into_result(groups)
    }
}

/// What proof of intensities costs on the arcs on which clauses measure them.
fn proof(policy: &Policy, standard: &Standard, baseline: &Baseline) -> Option<ProofOfIntensity> {
    let mut measured = BTreeSet::new();
    let mut measure = |arc: ArcId| {
        measured.insert(arc);
    };
    policy.carbon_tariffs.iter().for_each(|clause| clause.each_measured(baseline, &mut measure));
    policy.arrangements.iter().for_each(|clause| clause.each_measured(baseline, &mut measure));
    policy.cbams.iter().for_each(|clause| clause.each_measured(baseline, &mut measure));
    standard.proof(baseline, &measured)
}

/// A value to be put in place of another.
#[derive(Debug, Clone)]
pub struct Patch(Value);

impl From<f64> for Patch {
    /// A whole number stays one, so that it also fits keys such as `year`.
    fn from(number: f64) -> Self {
        const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53
        if number.fract() == 0.0 && number.abs() <= EXACT {
            #[allow(clippy::cast_possible_truncation)] // exact up to 2^53
            return Self(Value::Whole(number as i64));
        }
        Self(Value::Number(number))
    }
}

impl From<bool> for Patch {
    fn from(truth: bool) -> Self {
        Self(Value::Truth(truth))
    }
}

impl From<&str> for Patch {
    fn from(text: &str) -> Self {
        Self(Value::Text(text.to_owned()))
    }
}

/// The usual data folder, above a file or the working directory.
///
/// # Errors
/// There is none.
pub fn usual_data(beside: Option<&Path>) -> Result<PathBuf, Problems> {
    let real = beside.and_then(|path| path.canonicalize().ok());
    let here = std::env::current_dir().ok();
    let as_named = beside.into_iter().flat_map(|path| path.ancestors().skip(1));
    let linked = real.iter().flat_map(|path| path.ancestors().skip(1));
    let above = here.iter().flat_map(|path| path.ancestors().skip(1));
    let mut folders = as_named.chain(linked).chain(std::iter::once(Path::new(""))).chain(above);
    let found = folders.find_map(|folder| Some(folder.join(USUAL_DATA)).filter(|data| data.is_dir()));
    let mut problems = Problems::new();
    if found.is_none() {
        problems.add(
            Place::file(beside.unwrap_or(Path::new(".")).display().to_string()),
            format!("no data folder is named and there is no {USUAL_DATA} above"),
            "name one: --data DIR, or baseline = \"…\" in the scenario",
        );
    }
    problems.into_result(found.unwrap_or_default())
}

/// A path that is relative to the file it stands in.
fn beside(place: &Place, path: &str) -> PathBuf {
    plain(&Path::new(&place.file).parent().unwrap_or(Path::new("")).join(path))
}

/// A path without `name/..` and `.`, for people to read; it names the same
/// folder unless one of them is a link, so it is only used where it exists.
fn plain(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut short = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(short.components().next_back(), Some(Component::Normal(_))) => {
                short.pop();
            }
            other => short.push(other),
        }
    }
    let same = short.canonicalize().ok().is_some_and(|real| path.canonicalize().is_ok_and(|it| it == real));
    if same { short } else { path.to_owned() }
}

/// Where a path stands, or the nearest thing around it.
fn nearest_place(places: &BTreeMap<String, Place>, path: &str) -> Place {
    let mut path = path;
    loop {
        if let Some(place) = places.get(path) {
            return place.clone();
        }
        match path.rfind(['.', '[']) {
            Some(cut) => path = &path[..cut],
            None => return places.get("").cloned().unwrap_or_default(),
        }
    }
}
