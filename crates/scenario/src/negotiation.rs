//! `[negotiation]`: what may be moved, what is wanted, and what bounds it beside the parties' red lines.

use super::check::moves_in_steps;
use super::form::known_schema;
use super::party::{Measure, Measured, Party, RedLine, RedLineForm, Said, red_line};
use super::{Patch, Scenario, beside, nearest_place};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::PathBuf;
use zollverein_model::baseline::{Baseline, CountrySet};
use zollverein_model::policy::Reading;
use zollverein_model::problem::{Problems, instead};

/// `[negotiation]`: what may be moved and what is wanted; `zollverein negotiate` reads it.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NegotiationForm {
    /// Numbers of the scenario that may be moved.
    #[serde(default)]
    pub number: Vec<NumberForm>,
    /// Values of the scenario that may be chosen: memberships, thresholds, on and off.
    #[serde(default)]
    pub menu: Vec<MenuForm>,
    /// What is wanted; left out: the payoffs of all who sign, added up.
    #[serde(default)]
    pub objective: Vec<ObjectiveForm>,
    /// Bounds that hold whoever signs: equity floors, for instance.
    #[serde(default)]
    pub floor: Vec<RedLineForm>,
    /// Parties that must sign; left out: all.
    pub signatories: Option<Vec<String>>,
    /// False asks of those who sign only that no red line is crossed, and lets them lose; left out: true.
    pub nobody_loses: Option<bool>,
    /// What holds without an agreement: a scenario file, relative to this one; left out: the status quo.
    pub disagreement: Option<String>,
    /// How many places a search starts from; left out: 3.
    pub starts: Option<i32>,
    /// For what is drawn by chance; left out: 1.
    pub seed: Option<i32>,
    /// Which parties could be in a club.
    pub coalition: Option<CoalitionForm>,
    /// Who is to be compensated, and from what.
    pub compensation: Option<CompensationForm>,
}

/// `[[negotiation.number]]`: a number that may be moved.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NumberForm {
    /// Name of the number, unique among numbers.
    pub name: String,
    /// Its path in the scenario, `arrangement.gassa.outside.floor_percent` for instance.
    pub what: String,
    /// The least it may be.
    pub from: f64,
    /// The most it may be.
    pub to: f64,
    /// The party that sets it, where parties answer each other; left out: it is agreed by all.
    pub by: Option<String>,
}

/// `[[negotiation.menu]]`: values one of which is chosen.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MenuForm {
    /// Name of the menu, unique among menus.
    pub name: String,
    /// The path of what is chosen, `exemption.ldc.enabled` for instance.
    pub what: String,
    /// What can be chosen: at least two values of the kind that the path takes.
    pub values: Vec<serde_json::Value>,
}

/// `[[negotiation.objective]]`: something wanted.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ObjectiveForm {
    /// Name of the objective, unique among objectives.
    pub name: String,
    /// What one unit of it counts where objectives are added up; below zero: less is better; left out: 1.
    pub weight: Option<f64>,
    /// The party whose payoff it is; or name an indicator.
    pub party: Option<String>,
    /// An indicator of the result files; or name a party.
    pub indicator: Option<String>,
    /// Whose: countries or groups.
    pub of: Option<Vec<String>>,
    /// Of which product; left out: all together.
    pub product: Option<String>,
    /// What of it is meant; left out: `change`.
    pub measure: Option<Measure>,
}

/// `[negotiation.coalition]`: which parties could be in a club.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CoalitionForm {
    /// The path of the list that names members, `arrangement.gassa.members` for instance.
    pub members: String,
    /// Parties that are in or out, at most 40; from 13 on not every club is looked at, and Shapley values are
    /// drawn from orders by chance.
    pub candidates: Vec<String>,
    /// Countries and groups that begin the club, each a player with the candidates: a party that speaks for it, or
    /// else its welfare; left out: none.
    pub founders: Option<Vec<String>>,
    /// Who must agree to a newcomer; left out: `unanimous`.
    pub admission: Option<AdmissionName>,
}

/// Who lets newcomers in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AdmissionName {
    /// A newcomer must leave no member with less, founders included.
    #[default]
    Unanimous,
    /// A newcomer must leave more than half of the members with no less.
    Majority,
    /// A newcomer must leave no founder with less.
    FoundersVeto,
    /// Whoever wants to can join.
    Open,
}

/// `[negotiation.compensation]`: who is to be compensated, and from what.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompensationForm {
    /// Countries or groups whose members may be paid; left out: the least developed countries, `LDC`.
    pub recipients: Option<Vec<String>>,
    /// What there is to be paid out, in million USD a year; left out: the least that leaves none worse off.
    pub fund_million_usd: Option<f64>,
    /// The share that administration takes; left out: 0.
    pub overhead_percent: Option<f64>,
}

/// What a negotiation is about, on resolved countries.
#[derive(Debug, Clone, PartialEq)]
pub struct Agenda {
    /// Numbers that may be moved.
    pub numbers: Vec<Number>,
    /// What may be chosen.
    pub menus: Vec<Menu>,
    /// What is wanted; never empty where there is a party.
    pub objectives: Vec<Objective>,
    /// Bounds that hold whoever signs.
    pub floors: Vec<RedLine>,
    /// Those of the parties that must sign, by position.
    pub signatories: Vec<usize>,
    /// Whether those who sign must not lose.
    pub nobody_loses: bool,
    /// How many places a search starts from.
    pub starts: usize,
    /// For what is drawn by chance.
    pub seed: u64,
    /// Which parties could be in a club.
    pub coalition: Option<Coalition>,
    /// Who is to be compensated.
    pub compensation: Compensation,
}

/// A number that may be moved.
#[derive(Debug, Clone, PartialEq)]
pub struct Number {
    /// Its name.
    pub name: String,
    /// Its path in the scenario.
    pub path: String,
    /// The least and the most it may be.
    pub bounds: (f64, f64),
    /// What the scenario proposes, within the bounds.
    pub proposed: f64,
    /// The party that sets it, by position.
    pub by: Option<usize>,
}

/// Values one of which is chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Menu {
    /// Its name.
    pub name: String,
    /// The path of what is chosen.
    pub path: String,
    /// What can be chosen.
    pub values: Vec<serde_json::Value>,
    /// What the scenario proposes, by position; the first where it proposes none of them.
    pub proposed: usize,
}

impl Menu {
    /// A choice as a value of the scenario; `None` beyond the last.
    #[must_use]
    pub fn patch(&self, choice: usize) -> Option<Patch> {
        Patch::from_json(self.values.get(choice)?)
    }

    /// A choice as it stands in a file.
    #[must_use]
    pub fn said(&self, choice: usize) -> String {
        self.values.get(choice).map_or_else(String::new, ToString::to_string)
    }
}

/// Something wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct Objective {
    /// Its name.
    pub name: String,
    /// What one unit of it counts where objectives are added up.
    pub weight: f64,
    /// What it is.
    pub what: Wanted,
}

/// What is wanted.
#[derive(Debug, Clone, PartialEq)]
pub enum Wanted {
    /// The payoff of a party, by position; million USD a year.
    Payoff(usize),
    /// A figure of the outcome.
    Figure(Measured),
}

impl Objective {
    /// Its unit, as in files.
    #[must_use]
    pub fn unit(&self) -> &'static str {
        match &self.what {
            Wanted::Payoff(_) => "million_usd",
            Wanted::Figure(figure) => figure.unit(),
        }
    }
}

/// Which parties could be in a club.
#[derive(Debug, Clone, PartialEq)]
pub struct Coalition {
    /// The path of the list that names members.
    pub path: String,
    /// Parties that are in or out, by position.
    pub candidates: Vec<usize>,
    /// By candidate: the names that stand for it in the list.
    pub names: Vec<Vec<String>>,
    /// The founders, each a player: the name in the list of members, and what it values.
    pub founders: Vec<Party>,
    /// Whether members must agree to a newcomer.
    pub admission: AdmissionName,
}

/// Who is to be compensated, and from what.
#[derive(Debug, Clone, PartialEq)]
pub struct Compensation {
    /// Who may be paid.
    pub recipients: CountrySet,
    /// What there is, million USD a year; `None`: the least that leaves none worse off.
    pub fund: Option<f64>,
    /// The share that administration takes, a ratio.
    pub overhead: f64,
}

/// The most candidates of a club.
pub const MOST_CANDIDATES: usize = 40;

impl Scenario {
    /// What a negotiation on the scenario is about: its `[negotiation]`, with what is usual where it
    /// leaves something out.
    ///
    /// # Errors
    /// Every name that is not known, every path that leads nowhere or takes another kind of value, and
    /// every value that cannot be meant, with its path and line.
    pub fn agenda(&self, baseline: &Baseline, parties: &[Party]) -> Result<Agenda, Problems> {
        let groups = self.groups(baseline)?;
        let places = self.tree.places();
        let place = |path: &str| nearest_place(&places, path);
        let reading = Reading::new(baseline, &groups, self.year(), &place);
        let usual = NegotiationForm::default();
        let form = self.form.negotiation.as_ref().unwrap_or(&usual);
        let read = Read { scenario: self, parties, reading: &reading };
        let agenda = read.agenda(form);
        reading.into_problems().into_result(agenda)
    }

    /// The scenario file that holds without an agreement; `None`: the status quo.
    #[must_use]
    pub fn disagreement(&self) -> Option<PathBuf> {
        let file = self.form.negotiation.as_ref()?.disagreement.as_ref()?;
        let node = self.tree.at("negotiation.disagreement");
        Some(node.map_or_else(|| PathBuf::from(file), |node| beside(&node.place, file)))
    }
}

struct Read<'a> {
    scenario: &'a Scenario,
    parties: &'a [Party],
    reading: &'a Reading<'a>,
}

impl Read<'_> {
    fn agenda(&self, form: &NegotiationForm) -> Agenda {
        let floors = form.floor.iter().map(|floor| red_line(floor, "negotiation.floor", None, self.reading));
        let signatories: Vec<usize> = match &form.signatories {
            Some(names) => {
                let all = names.iter().filter_map(|name| self.party("negotiation.signatories", name));
                all.collect::<BTreeSet<_>>().into_iter().collect()
            }
            None => (0..self.parties.len()).collect(),
        };
        let mut objectives: Vec<Objective> =
            form.objective.iter().filter_map(|form| self.objective(form)).collect();
        if form.objective.is_empty() {
            objectives.extend(signatories.iter().map(|party| Objective {
                name: self.parties[*party].name.clone(),
                weight: 1.0,
                what: Wanted::Payoff(*party),
            }));
        }
        Agenda {
            numbers: form.number.iter().map(|form| self.number(form)).collect(),
            menus: form.menu.iter().map(|form| self.menu(form)).collect(),
            objectives,
            floors: floors.collect(),
            signatories,
            nobody_loses: form.nobody_loses.unwrap_or(true),
            starts: self.count("negotiation.starts", form.starts, 3, (1, 1000)),
            seed: self.count("negotiation.seed", form.seed, 1, (0, usize::MAX)) as u64,
            coalition: form.coalition.as_ref().map(|form| self.coalition(form)),
            compensation: self.compensation(form.compensation.as_ref()),
        }
    }

    fn count(&self, path: &str, value: Option<i32>, usual: usize, bounds: (usize, usize)) -> usize {
        let Some(value) = value else { return usual };
        match usize::try_from(value) {
            Ok(count) if count >= bounds.0 && count <= bounds.1 => count,
            _ => {
                let what = format!("{value} cannot be meant");
                self.reading.problem(path, what, format!("give a whole number of at least {}", bounds.0));
                usual
            }
        }
    }

    fn party(&self, path: &str, name: &str) -> Option<usize> {
        let found = self.parties.iter().position(|party| party.name == name);
        if found.is_none() {
            let known = self.parties.iter().map(|party| party.name.as_str());
            self.reading.problem(path, format!("`{name}` is no party of the scenario"), instead(name, known));
        }
        found
    }

    fn number(&self, form: &NumberForm) -> Number {
        let path = format!("negotiation.number.{}", form.name);
        if !(form.from.is_finite() && form.to.is_finite() && form.from < form.to) {
            let what = format!("from {} is not below to {}", form.from, form.to);
            self.reading.problem(&path, what, "give the least and the most that the number may be");
        } else if moves_in_steps(known_schema(), &form.what) {
            self.reading.problem(
                &format!("{path}.what"),
                format!("`{}` moves outcomes in steps, and a search by slopes sees none", form.what),
                "make it a [[negotiation.menu]] with the values that may be chosen",
            );
        } else {
            for (key, end) in [("from", form.from), ("to", form.to)] {
                self.takes(&format!("{path}.{key}"), &form.what, Patch::from(end));
            }
        }
        let proposed = self.scenario.number(&form.what).unwrap_or(form.from);
        let by = form.by.as_ref().and_then(|name| self.party(&format!("{path}.by"), name));
        Number {
            name: form.name.clone(),
            path: form.what.clone(),
            bounds: (form.from, form.to),
            proposed: proposed.clamp(form.from.min(form.to), form.to.max(form.from)),
            by,
        }
    }

    /// Says so if the scenario does not take a value at a path.
    fn takes(&self, at: &str, path: &str, value: Patch) {
        let changed = self.scenario.with(path, value);
        let judged = changed.and_then(|changed| changed.policy(self.reading.baseline));
        if let Err(problems) = judged {
            let all: Vec<String> = problems.as_slice().iter().map(|one| one.what.clone()).collect();
            let remedy = problems.as_slice().first().map_or_else(String::new, |one| one.remedy.clone());
            self.reading.problem(at, format!("{path} does not take this: {}", all.join("; ")), remedy);
        }
    }

    fn menu(&self, form: &MenuForm) -> Menu {
        let path = format!("negotiation.menu.{}", form.name);
        if form.values.len() < 2 {
            self.reading.problem(&path, "there is nothing to choose", "give at least two values");
        }
        for (position, value) in form.values.iter().enumerate() {
            let at = format!("{path}.values[{position}]");
            match Patch::from_json(value) {
                Some(patch) => self.takes(&at, &form.what, patch),
                None => {
                    self.reading.problem(&at, format!("{value} is no value"), "give a value of a scenario");
                }
            }
        }
        let own = self.scenario.tree.at(&form.what).map(super::tree::Node::json);
        let same = |value: &serde_json::Value| {
            own.as_ref().is_some_and(|own| match (own.as_f64(), value.as_f64()) {
                (Some(one), Some(other)) => one == other,
                _ => own == value,
            })
        };
        Menu {
            name: form.name.clone(),
            path: form.what.clone(),
            proposed: form.values.iter().position(same).unwrap_or(0),
            values: form.values.clone(),
        }
    }

    fn objective(&self, form: &ObjectiveForm) -> Option<Objective> {
        let path = format!("negotiation.objective.{}", form.name);
        let weight = form.weight.unwrap_or(1.0);
        if weight == 0.0 || !weight.is_finite() {
            let what = format!("a weight of {weight} asks for nothing");
            self.reading.problem(&format!("{path}.weight"), what, "give a number above or below zero");
        }
        let what = match (&form.party, &form.indicator) {
            (Some(name), None) => Wanted::Payoff(self.party(&format!("{path}.party"), name)?),
            (None, Some(indicator)) => {
                let said = Said {
                    indicator,
                    of: form.of.as_deref(),
                    product: form.product.as_deref(),
                    measure: form.measure,
                };
                Wanted::Figure(said.measured(&path, None, self.reading))
            }
            _ => {
                let remedy = "give one of them: party = \"…\", or indicator = \"…\" and of = [ … ]";
                self.reading.problem(&path, "it names a party and an indicator, or neither", remedy);
                return None;
            }
        };
        Some(Objective { name: form.name.clone(), weight, what })
    }

    fn coalition(&self, form: &CoalitionForm) -> Coalition {
        let path = "negotiation.coalition";
        let at = |key: &str| format!("{path}.{key}");
        let mut candidates: Vec<usize> = vec![];
        for name in &form.candidates {
            let Some(party) = self.party(&at("candidates"), name) else { continue };
            if candidates.contains(&party) {
                let what = format!("`{name}` is named twice");
                self.reading.problem(&at("candidates"), what, "name each candidate once");
            } else {
                candidates.push(party);
            }
        }
        if form.candidates.is_empty() || form.candidates.len() > MOST_CANDIDATES {
            let what = format!("{} candidates", form.candidates.len());
            let remedy = format!("name from 1 to {MOST_CANDIDATES} of the parties");
            self.reading.problem(&at("candidates"), what, remedy);
        }
        let founders = form.founders.clone().unwrap_or_default();
        let founding: Vec<Party> = self.founders(&at("founders"), &founders);
        let names = candidates.iter().map(|party| {
            let own = self.scenario.form.party.iter().find(|form| form.name == self.parties[*party].name);
            own.map(|form| form.members.clone()).unwrap_or_default()
        });
        let names: Vec<Vec<String>> = names.collect();
        let all: Vec<String> = founders.iter().chain(names.iter().flatten()).cloned().collect();
        if let Some(patch) = Patch::from_json(&all.into()) {
            self.takes(&at("members"), &form.members, patch);
        }
        Coalition {
            path: form.members.clone(),
            candidates,
            names,
            founders: founding,
            admission: form.admission.unwrap_or_default(),
        }
    }

    /// The founders as players: the party that speaks for the same countries, or else plain welfare.
    fn founders(&self, path: &str, names: &[String]) -> Vec<Party> {
        let plain = |(position, name): (usize, &String)| {
            let one = std::slice::from_ref(name);
            let members = self.reading.countries(&format!("{path}[{position}]"), one);
            let speaks = self.parties.iter().find(|party| party.members == members);
            let party = speaks.cloned().unwrap_or_else(|| Party::of_welfare(members));
            Party { name: name.clone(), ..party }
        };
        names.iter().enumerate().map(plain).collect()
    }

    fn compensation(&self, form: Option<&CompensationForm>) -> Compensation {
        let path = "negotiation.compensation";
        let baseline = self.reading.baseline;
        let recipients = match form.and_then(|form| form.recipients.as_ref()) {
            Some(names) => self.reading.countries(&format!("{path}.recipients"), names),
            None => baseline
                .groups
                .get("ldc")
                .map_or_else(|| CountrySet::none(baseline.countries.len()), |group| group.members.clone()),
        };
        let number = |key: &str, value: f64, most: f64, unit: &str| {
            self.reading.within(&format!("{path}.{key}"), value, 0.0, most, unit)
        };
        Compensation {
            recipients,
            fund: form
                .and_then(|form| form.fund_million_usd)
                .map(|fund| number("fund_million_usd", fund, 1e9, "million USD")),
            overhead: form
                .and_then(|form| form.overhead_percent)
                .map_or(0.0, |percent| number("overhead_percent", percent, 99.0, "percent") / 100.0),
        }
    }
}
