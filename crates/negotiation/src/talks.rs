//! A negotiation at work: a scenario, its parties and its agenda on a model, and how all of them stand
//! at any point of the agenda.

use super::disagreement;
use super::payoff::{Held, Standing};
use super::pool::Pool;
use rayon::prelude::*;
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use zollverein_games::optimum::{Point, Space, Values};
use zollverein_model::baseline::Baseline;
use zollverein_model::engine::SolveError;
use zollverein_model::engine::tangent::{Line, Step, steps};
use zollverein_model::indicator::Totals;
use zollverein_model::model::{Model, Outcome};
use zollverein_model::policy::Policy;
use zollverein_model::problem::{Place, Problems};
use zollverein_scenario::{Agenda, Objective, Party, Patcher, Scenario, Wanted};

/// What goes on, for whoever watches, and the wish to stop.
#[derive(Debug, Default)]
pub struct Watch {
    stop: Arc<AtomicBool>,
    solved: AtomicUsize,
    of: AtomicUsize,
    before: Before,
}

/// What is done before each evaluation.
#[derive(Default)]
struct Before(Option<Box<dyn Fn() + Send + Sync>>);

impl std::fmt::Debug for Before {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Before").field(&self.0.is_some()).finish()
    }
}

impl Watch {
    /// A watch of work that shares its cores: before each evaluation it does `before`, which may wait.
    #[must_use]
    pub fn waiting(before: impl Fn() + Send + Sync + 'static) -> Self {
        Self { before: Before(Some(Box::new(before))), ..Self::default() }
    }

    /// To be asked before each evaluation: whether to go on. It waits where the cores are wanted by others.
    #[must_use]
    pub fn goes_on(&self) -> bool {
        if let (false, Some(before)) = (self.stopped(), &self.before.0) {
            before();
        }
        !self.stopped()
    }

    /// Asks the work to stop; it ends with what it has.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// The wish as a flag, for whoever can only set one.
    #[must_use]
    pub fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.stop)
    }

    /// Whether it was asked to stop.
    #[must_use]
    pub fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// How many equilibria were found so far, and of how many if that is known.
    #[must_use]
    pub fn solved(&self) -> (usize, Option<usize>) {
        let of = self.of.load(Ordering::Relaxed);
        (self.solved.load(Ordering::Relaxed), (of > 0).then_some(of))
    }

    pub(super) fn announce(&self, more: usize) {
        self.of.fetch_add(more, Ordering::Relaxed);
    }

    fn one_more(&self) {
        self.solved.fetch_add(1, Ordering::Relaxed);
    }
}

/// Why a negotiation has no answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TalksError {
    /// The scenario, or a point of its agenda, is faulty.
    #[error("{0}")]
    Problems(#[from] Problems),
    /// Markets do not settle at a point of the agenda.
    #[error("at {at}: {error}")]
    Solve {
        /// The point, in words.
        at: String,
        /// Why.
        error: SolveError,
    },
    /// Somebody asked to stop before there was anything to tell.
    #[error("stopped before there was anything to tell")]
    Stopped,
    /// A linear program behind the answer has no solution.
    #[error("{0}")]
    Linear(String),
}

/// How all stand at a point of the agenda.
#[derive(Debug, Clone, PartialEq)]
pub struct Position {
    /// By objective, in its unit.
    pub objectives: Vec<f64>,
    /// By party.
    pub standings: Vec<Standing>,
    /// By floor.
    pub floors: Vec<Held>,
}

/// A bound that an agreement keeps.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// What it is called: `PARTY.RED_LINE`, `PARTY.payoff` or `floor.FLOOR`; `.at_most` behind the
    /// name of one with two bounds, for the higher one.
    pub name: String,
    /// Its unit, as in files.
    pub unit: &'static str,
    /// The bound, in its unit.
    pub bound: f64,
    /// A size against which a miss is measured, in its unit, above zero.
    pub scale: f64,
    /// Whether the bound is the most that may be, not the least.
    pub is_most: bool,
    of: Bounded,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bounded {
    Payoff(usize),
    RedLine(usize, usize),
    Floor(usize),
}

/// A negotiation on a model.
#[derive(Debug)]
pub struct Talks {
    /// The scenario that it begins from.
    pub scenario: Scenario,
    /// The world before.
    pub baseline: Arc<Baseline>,
    /// The parties.
    pub parties: Vec<Party>,
    /// What it is about.
    pub agenda: Agenda,
    /// By party: what it has without an agreement, million USD a year against the baseline.
    pub disagreement: Vec<f64>,
    /// What an agreement keeps: of those who sign and the floors.
    pub limits: Vec<Limit>,
    /// What goes on.
    pub watch: Arc<Watch>,
    model: Model,
    known: Pool<Arc<Position>>,
    /// By choices from the menus: what gives policies at numbers.
    patchers: Mutex<BTreeMap<Vec<usize>, Arc<Patcher>>>,
    /// Outcomes found last, from which slopes are taken.
    recent: Mutex<VecDeque<(Point, Arc<Outcome>)>>,
}

/// How all stand at a step beside a point.
#[derive(Debug, Clone, PartialEq)]
pub struct Aside {
    /// How far from the point, and what a figure there counts in its slope.
    pub step: Step,
    /// How all stand there.
    pub position: Position,
}

/// Positions that are kept, at most; further ones are found anew.
const KEPT: usize = 1 << 17;

/// Outcomes that are kept whole, at most; the response at others is taken after solving again.
const WHOLE: usize = 32;

/// How far apart steps for a slope are, as a share of a number's range. No equilibrium is solved for at a
/// step, so that there is no error of a solver to be outrun: a step is short.
pub(super) const APART: f64 = 3e-4;

impl Talks {
    /// A negotiation on a scenario, which is solved once as it is proposed.
    ///
    /// # Errors
    /// Faults of the scenario, its parties, its agenda and of the file that holds without an agreement;
    /// a bounded figure that the data do not know; no equilibrium.
    pub fn open(scenario: &Scenario, baseline: Arc<Baseline>, watch: Arc<Watch>) -> Result<Self, TalksError> {
        let model = scenario.model(baseline);
        let solved = |error| TalksError::Solve { at: "the status quo".to_owned(), error };
        Self::on(scenario, model.map_err(solved)?, watch)
    }

    /// The same on a model that is ready: one of the scenario's engine, groups and links.
    ///
    /// # Errors
    /// As for [`Talks::open`].
    pub fn on(scenario: &Scenario, model: Model, watch: Arc<Watch>) -> Result<Self, TalksError> {
        let baseline = Arc::clone(&model.baseline);
        let parties = scenario.parties(&baseline)?;
        let mut problems = Problems::new();
        if parties.is_empty() {
            problems.add(
                Place::file(scenario.path().display().to_string()),
                "the scenario names no party",
                "add [[party]] with a name and members: see scenarios/29-parties.toml",
            );
        }
        let agenda = match scenario.agenda(&baseline, &parties) {
            Ok(agenda) => Some(agenda),
            Err(more) => {
                problems.append(more);
                None
            }
        };
        let agenda = problems.into_result(agenda)?.ok_or(TalksError::Stopped)?;
        let mut talks = Self {
            scenario: scenario.clone(),
            baseline,
            disagreement: vec![0.0; parties.len()],
            parties,
            agenda,
            limits: vec![],
            watch,
            model,
            known: Pool::default(),
            patchers: Mutex::default(),
            recent: Mutex::default(),
        };
        let solve = |scenario: &Scenario| talks.outcome_of(scenario);
        talks.disagreement = disagreement::payoffs(&talks.scenario, &talks.parties, &talks.baseline, solve)?;
        let start = talks.position(&talks.start())?;
        talks.limits = talks.bounds(&start)?;
        Ok(talks)
    }

    fn bounds(&self, start: &Position) -> Result<Vec<Limit>, TalksError> {
        let mut limits = vec![];
        let mut problems = Problems::new();
        let mut put = |name: String, line: &zollverein_scenario::RedLine, held: &Held, of: Bounded| {
            let Some(value) = held.value else {
                problems.add(
                    Place::file(self.scenario.path().display().to_string()),
                    format!("{name}: the data do not know {} of these countries", line.of.indicator.name()),
                    "bound another indicator, or other countries",
                );
                return;
            };
            let two = line.bounds.0.is_some() && line.bounds.1.is_some();
            for (bound, is_most) in [(line.bounds.0, false), (line.bounds.1, true)] {
                let Some(bound) = bound else { continue };
                let name = if two && is_most { format!("{name}.at_most") } else { name.clone() };
                let scale = bound.abs().max((value - bound).abs()).max(1e-3);
                limits.push(Limit { name, unit: line.of.unit(), bound, scale, is_most, of });
            }
        };
        for party in &self.agenda.signatories {
            let own = &self.parties[*party];
            for (at, (line, held)) in own.red_lines.iter().zip(&start.standings[*party].red_lines).enumerate()
            {
                put(format!("{}.{}", own.name, line.name), line, held, Bounded::RedLine(*party, at));
            }
        }
        for (at, (floor, held)) in self.agenda.floors.iter().zip(&start.floors).enumerate() {
            put(format!("floor.{}", floor.name), floor, held, Bounded::Floor(at));
        }
        if self.agenda.nobody_loses {
            for party in &self.agenda.signatories {
                let (name, bound) = (&self.parties[*party].name, self.disagreement[*party]);
                let now = start.standings[*party].payoff.total();
                limits.push(Limit {
                    name: format!("{name}.payoff"),
                    unit: "million_usd",
                    bound,
                    scale: bound.abs().max((now - bound).abs()).max(1e-3),
                    is_most: false,
                    of: Bounded::Payoff(*party),
                });
            }
        }
        Ok(problems.into_result(limits)?)
    }

    /// The space of the agenda, with the limits of an agreement.
    #[must_use]
    pub fn space(&self) -> Space {
        Space {
            bounds: self.agenda.numbers.iter().map(|number| number.bounds).collect(),
            menus: self.agenda.menus.iter().map(|menu| menu.values.len()).collect(),
            scales: self.limits.iter().map(|limit| limit.scale).collect(),
        }
    }

    /// What the scenario proposes, as a point of the agenda.
    #[must_use]
    pub fn start(&self) -> Point {
        Point {
            numbers: self.agenda.numbers.iter().map(|number| number.proposed).collect(),
            choices: self.agenda.menus.iter().map(|menu| menu.proposed).collect(),
        }
    }

    /// The scenario at a point of the agenda.
    ///
    /// # Errors
    /// What is wrong with the scenario there.
    pub fn proposal(&self, point: &Point) -> Result<Scenario, Problems> {
        let numbers = self.agenda.numbers.iter().zip(&point.numbers);
        let mut changes: Vec<_> =
            numbers.map(|(number, value)| (number.path.clone(), (*value).into())).collect();
        let menus = self.agenda.menus.iter().zip(&point.choices);
        changes.extend(menus.filter_map(|(menu, choice)| Some((menu.path.clone(), menu.patch(*choice)?))));
        self.scenario.with_each(changes)
    }

    /// The point in words.
    #[must_use]
    pub fn said(&self, point: &Point) -> String {
        let numbers = self.agenda.numbers.iter().zip(&point.numbers);
        let mut parts: Vec<String> =
            numbers.map(|(number, value)| format!("{} = {value}", number.name)).collect();
        let menus = self.agenda.menus.iter().zip(&point.choices);
        parts.extend(menus.map(|(menu, choice)| format!("{} = {}", menu.name, menu.said(*choice))));
        if parts.is_empty() { "the scenario as it is".to_owned() } else { parts.join(", ") }
    }

    /// What follows from a scenario on the negotiation's data.
    ///
    /// # Errors
    /// Faults of the scenario, no equilibrium, the wish to stop.
    pub fn outcome_of(&self, scenario: &Scenario) -> Result<Outcome, TalksError> {
        let at = || scenario.path().display().to_string();
        self.evaluated(|| scenario.policy(&self.baseline), at)
    }

    /// What follows from a policy, which is read once the watch lets the work go on; `at` says whose it is.
    /// Every equilibrium of a negotiation is found here.
    fn evaluated(
        &self,
        policy: impl FnOnce() -> Result<Policy, Problems>,
        at: impl FnOnce() -> String,
    ) -> Result<Outcome, TalksError> {
        if !self.watch.goes_on() {
            return Err(TalksError::Stopped);
        }
        let outcome = self.model.evaluate(&policy()?);
        self.watch.one_more();
        outcome.map_err(|error| TalksError::Solve { at: at(), error })
    }

    /// How all parties stand at an outcome.
    #[must_use]
    pub fn standings(&self, outcome: &Outcome) -> Vec<Standing> {
        let totals = Totals::new(&self.baseline, &outcome.indicators, &outcome.equilibrium);
        self.parties.iter().map(|party| Standing::at(party, &self.baseline, &totals)).collect()
    }

    /// How some parties, of this negotiation or not, stand at an outcome.
    #[must_use]
    pub fn standings_of(&self, parties: &[Party], outcome: &Outcome) -> Vec<Standing> {
        let totals = Totals::new(&self.baseline, &outcome.indicators, &outcome.equilibrium);
        parties.iter().map(|party| Standing::at(party, &self.baseline, &totals)).collect()
    }

    /// How all stand at an outcome. An objective that is not known counts as not a number.
    #[must_use]
    pub fn position_at(&self, outcome: &Outcome) -> Position {
        let totals = Totals::new(&self.baseline, &outcome.indicators, &outcome.equilibrium);
        let parties = self.parties.iter();
        let standings: Vec<Standing> =
            parties.map(|party| Standing::at(party, &self.baseline, &totals)).collect();
        let worth = |objective: &Objective| match &objective.what {
            Wanted::Payoff(party) => standings[*party].payoff.total(),
            Wanted::Figure(figure) => figure.value(&totals).unwrap_or(f64::NAN),
        };
        let objectives = self.agenda.objectives.iter().map(worth).collect();
        let floors = self.agenda.floors.iter().map(|floor| Held::of(floor, &totals)).collect();
        Position { objectives, standings, floors }
    }

    /// How all stand at a point; found once, then remembered.
    ///
    /// # Errors
    /// Faults of the scenario there, no equilibrium, an objective that is not known, the wish to stop.
    pub fn position(&self, point: &Point) -> Result<Arc<Position>, TalksError> {
        if self.watch.stopped() {
            return Err(TalksError::Stopped);
        }
        self.position_despite_stop(point)
    }

    /// The same, whether or not somebody wishes to stop: for what was asked before.
    pub(super) fn position_despite_stop(&self, point: &Point) -> Result<Arc<Position>, TalksError> {
        if let Some(found) = self.known.get(point) {
            return Ok(found);
        }
        let outcome = self.outcome_at(point)?;
        let position = Arc::new(self.position_at(&outcome));
        let unknown =
            self.agenda.objectives.iter().zip(&position.objectives).find(|(_, worth)| worth.is_nan());
        if let Some((objective, _)) = unknown {
            let mut problems = Problems::new();
            problems.add(
                Place::file(self.scenario.path().display().to_string()),
                format!("negotiation.objective.{}: the data do not know this figure", objective.name),
                "ask for another indicator, or for other countries",
            );
            problems.into_result(())?;
        }
        if self.known.len() < KEPT {
            self.known.see(point, Arc::clone(&position));
        }
        Ok(position)
    }

    /// What follows from a point.
    fn outcome_at(&self, point: &Point) -> Result<Arc<Outcome>, TalksError> {
        if self.watch.stopped() {
            return Err(TalksError::Stopped);
        }
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, outcome)) = recent.iter().find(|(known, _)| known == point) {
            return Ok(Arc::clone(outcome));
        }
        drop(recent);
        let outcome = Arc::new(self.evaluated(|| self.policy(point), || self.said(point))?);
        if self.model.knows_response() {
            let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
            recent.truncate(WHOLE - 1);
            recent.push_front((point.clone(), Arc::clone(&outcome)));
        }
        Ok(outcome)
    }

    /// The policy at a point.
    fn policy(&self, point: &Point) -> Result<Policy, Problems> {
        match self.patcher(&point.choices) {
            Ok(patcher) => patcher.policy(&point.numbers),
            // choices that are refused with the numbers proposed
            Err(_) => self.proposal(point)?.policy(&self.baseline),
        }
    }

    fn patcher(&self, choices: &[usize]) -> Result<Arc<Patcher>, Problems> {
        let mut patchers = self.patchers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = patchers.get(choices) {
            return Ok(Arc::clone(known));
        }
        let menus = self.agenda.menus.iter().zip(choices);
        let chosen = menus.filter_map(|(menu, choice)| Some((menu.path.clone(), menu.patch(*choice)?)));
        let scenario = self.scenario.with_each(chosen)?;
        let paths = self.agenda.numbers.iter().map(|number| number.path.clone()).collect();
        let patcher = Arc::new(scenario.patcher(paths, Arc::clone(&self.baseline)));
        patchers.insert(choices.to_vec(), Arc::clone(&patcher));
        Ok(patcher)
    }

    /// By number of the agenda: how all stand at each of some steps beside a point, on the line that touches
    /// the curve of outcomes there ([`Model::tangents`]). `None` where the response is not defined or not known,
    /// and for numbers that are not asked for.
    ///
    /// # Errors
    /// As for [`Talks::position`].
    pub fn tangents(&self, point: &Point, numbers: &[usize]) -> Result<Vec<Option<Vec<Aside>>>, TalksError> {
        let unknown = || vec![None; self.agenda.numbers.len()];
        if !self.model.knows_response() {
            return Ok(unknown());
        }
        let Ok(patcher) = self.patcher(&point.choices) else { return Ok(unknown()) };
        let outcome = self.outcome_at(point)?;
        let line = |at: usize| -> Option<Line> {
            let (low, high) = self.agenda.numbers[at].bounds;
            let steps = steps(point.numbers[at], low, high, APART * (high - low));
            let terms = |step: &Step| {
                let mut numbers = point.numbers.clone();
                numbers[at] = (numbers[at] + step.by).clamp(low, high);
                Some(patcher.policy(&numbers).ok()?.terms(&self.baseline))
            };
            let terms = steps.iter().map(terms).collect::<Option<_>>()?;
            Some(Line { steps, terms })
        };
        let asked = (0..self.agenda.numbers.len()).into_par_iter();
        let asked = asked.map(|at| numbers.contains(&at).then(|| line(at)).flatten());
        let lines: Vec<Option<Line>> = asked.collect();
        let (places, lines): (Vec<usize>, Vec<Line>) =
            lines.into_iter().enumerate().filter_map(|(at, line)| Some((at, line?))).unzip();
        let found = self.model.tangents(&outcome, &lines);
        let mut tangents = unknown();
        for ((at, line), outcomes) in places.into_iter().zip(lines).zip(found) {
            let aside = |(step, outcome): (&Step, &Outcome)| Aside {
                step: *step,
                position: self.position_at(outcome),
            };
            tangents[at] = outcomes.map(|all| line.steps.iter().zip(&all).map(aside).collect());
        }
        Ok(tangents)
    }

    /// Every point that was looked at, with how all stand there, in order of the points.
    #[must_use]
    pub fn seen(&self) -> Vec<(Point, Arc<Position>)> {
        self.known.all()
    }

    /// The room of each limit at a position, in its unit; below zero it is missed.
    #[must_use]
    pub fn room(&self, position: &Position) -> Vec<f64> {
        let value = |limit: &Limit| match limit.of {
            Bounded::Payoff(party) => Some(position.standings[party].payoff.total()),
            Bounded::RedLine(party, line) => position.standings[party].red_lines[line].value,
            Bounded::Floor(floor) => position.floors[floor].value,
        };
        let room = |limit: &Limit| {
            let value = value(limit).unwrap_or(f64::NAN);
            let room = if limit.is_most { limit.bound - value } else { value - limit.bound };
            if room.is_nan() { -limit.scale } else { room } // not known is not kept
        };
        self.limits.iter().map(room).collect()
    }

    /// All objectives at a position, added up by their weights.
    #[must_use]
    pub fn objective(&self, position: &Position) -> f64 {
        let objectives = self.agenda.objectives.iter().zip(&position.objectives);
        objectives.map(|(objective, worth)| objective.weight * worth).sum()
    }

    /// What a point is worth to a search for the largest objective.
    ///
    /// # Errors
    /// As for [`Talks::position`].
    pub fn values(&self, point: &Point) -> Result<Values, TalksError> {
        Ok(self.worth(&*self.position(point)?))
    }

    /// What a position is worth to a search for the largest objective.
    #[must_use]
    pub fn worth(&self, position: &Position) -> Values {
        Values { objective: self.objective(position), limits: self.room(position) }
    }

    /// By party: what it gains against no agreement, million USD a year.
    #[must_use]
    pub fn gains(&self, position: &Position) -> Vec<f64> {
        let standings = position.standings.iter().zip(&self.disagreement);
        standings.map(|(standing, without)| standing.gain(*without)).collect()
    }

    /// Whether a party signs at a position ([`Standing::signs`]).
    #[must_use]
    pub fn signs(&self, party: usize, position: &Position) -> bool {
        position.standings[party].signs(self.disagreement[party])
    }

    /// Whether a party is one of those that must sign; the others are not asked.
    #[must_use]
    pub fn is_asked(&self, party: usize) -> bool {
        self.agenda.signatories.contains(&party)
    }

    /// Says that something must be given, if it is not.
    ///
    /// # Errors
    /// That, with the remedy.
    pub fn require(&self, given: bool, what: &str, remedy: &str) -> Result<(), Problems> {
        let mut problems = Problems::new();
        if !given {
            problems.add(Place::file(self.scenario.path().display().to_string()), what, remedy);
        }
        problems.into_result(())
    }

    /// Says that something must be movable, if nothing is.
    ///
    /// # Errors
    /// That, with the remedy.
    pub fn require_movable(&self) -> Result<(), Problems> {
        self.require(
            !self.agenda.numbers.is_empty() || !self.agenda.menus.is_empty(),
            "the negotiation moves nothing",
            "add [[negotiation.number]] or [[negotiation.menu]] to the scenario",
        )
    }
}
