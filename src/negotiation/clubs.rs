//! Coalitions on a model (N6): every club that candidates could form, which of them hold, in which
//! order one can grow, and how its worth could be shared.

use super::cooperative::{self, Core, Facts, Game};
use super::nucleolus::{Excess, nucleolus};
use super::shapley::{Orders, Sampled};
use super::stability::{Admission, Membership, Standing, Step, members};
use super::talks::{Talks, TalksError};
use crate::engine::linear::Backend;
use crate::problem::Problems;
use crate::scenario::{AdmissionName, Coalition, Patch, Scenario};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Pairs of orders that are drawn where there are too many clubs to look at each.
const PAIRS: usize = 24;

/// What each club means.
#[derive(Debug, Clone, PartialEq)]
pub struct Clubs {
    /// By candidate: its position among the parties.
    pub candidates: Vec<usize>,
    /// By set of candidates that was looked at: the payoff of each candidate, million USD a year
    /// against the baseline. Bit i of a set says whether candidate i is in.
    pub payoffs: BTreeMap<usize, Vec<f64>>,
    /// What follows where every set was looked at.
    pub whole: Option<Whole>,
    /// Shapley values from orders drawn by chance, where there are too many sets.
    pub sampled: Option<Sampled>,
    /// Whether all sets that were asked for are there.
    pub complete: bool,
}

/// What follows from the payoffs of every set.
#[derive(Debug, Clone, PartialEq)]
pub struct Whole {
    /// By set: who would leave, and who would join.
    pub standings: Vec<Standing>,
    /// The sets that nobody would leave and nobody would join.
    pub stable: Vec<usize>,
    /// How the club grows from nobody, each time by whoever gains most among those let in.
    pub accession: Vec<Step>,
    /// By set: what its members gain together against no club, million USD a year.
    pub game: Game,
    /// What kind of game that is.
    pub facts: Facts,
    /// Whether the worth of all can be shared so that no set would rather go alone.
    pub core: Core,
    /// By candidate: its Shapley value, million USD a year.
    pub shapley: Vec<f64>,
    /// By candidate: the nucleolus; `None` where candidates alone are worth more than all together.
    pub nucleolus: Option<Vec<f64>>,
}

/// What each club of an agenda's candidates means. The rule for outsiders: those that are not in keep
/// the duties that they have in the scenario without being members, form no club of their own, and do
/// not retaliate. A set's worth is `v(S) = Σ over S of (payoff in S − payoff without a club)`.
///
/// # Errors
/// The agenda names no candidates; a club that is no scenario; no equilibrium with one; the wish to
/// stop before one was looked at.
pub fn clubs(talks: &Talks) -> Result<Clubs, TalksError> {
    talks.require(
        talks.agenda.coalition.is_some(),
        "the negotiation names no candidates for a club",
        "add [negotiation.coalition] with members = \"PATH\" and candidates = [ … ]",
    )?;
    let Some(coalition) = &talks.agenda.coalition else { return Err(TalksError::Stopped) };
    let count = coalition.candidates.len();
    let every = count <= cooperative::MOST_PLAYERS;
    let orders = Orders::new(count, if every { 1 } else { PAIRS }, talks.agenda.seed);
    let sets: Vec<usize> = if every { (0..1_usize << count).collect() } else { orders.sets() };
    talks.watch.announce(sets.len());
    let answers: Vec<Result<Vec<f64>, TalksError>> =
        sets.par_iter().map(|set| payoffs(talks, coalition, *set)).collect();
    let (mut found, mut complete) = (BTreeMap::new(), true);
    for (set, answer) in sets.iter().zip(answers) {
        match answer {
            Ok(payoffs) => {
                found.insert(*set, payoffs);
            }
            Err(TalksError::Stopped) => complete = false,
            Err(error) => return Err(error),
        }
    }
    if found.is_empty() {
        return Err(TalksError::Stopped);
    }
    let none = found.get(&0).cloned();
    let worth = |set: usize| {
        let own = found.get(&set);
        let gains = members(set, count).map(|player| Some(own?[player] - none.as_ref()?[player]));
        gains.sum::<Option<f64>>().unwrap_or(0.0)
    };
    let sampled = (complete && !every).then(|| orders.shapley(worth));
    let whole = if complete && every { Some(whole(coalition, &found, worth)?) } else { None };
    Ok(Clubs { candidates: coalition.candidates.clone(), payoffs: found, whole, sampled, complete })
}

/// The scenario in which a set of candidates are members.
///
/// # Errors
/// The club is none that the scenario takes.
pub fn club(talks: &Talks, coalition: &Coalition, set: usize) -> Result<Scenario, Problems> {
    let own = members(set, coalition.candidates.len()).flat_map(|player| &coalition.names[player]);
    let names: Vec<String> = coalition.founders.iter().chain(own).cloned().collect();
    let patch = Patch::from_json(&names.into());
    talks.scenario.with_each(patch.map(|patch| (coalition.path.clone(), patch)))
}

fn payoffs(talks: &Talks, coalition: &Coalition, set: usize) -> Result<Vec<f64>, TalksError> {
    let nobody = set == 0 && coalition.founders.is_empty();
    // a club of nobody is no clause at all
    let scenario = if nobody { without(talks, coalition)? } else { club(talks, coalition, set)? };
    let standings = talks.standings(&talks.outcome_of(&scenario)?);
    Ok(coalition.candidates.iter().map(|party| standings[*party].payoff.total()).collect())
}

/// The scenario without the club's clause.
fn without(talks: &Talks, coalition: &Coalition) -> Result<Scenario, Problems> {
    let clause = coalition.path.rsplit_once('.').map_or("", |(clause, _)| clause);
    talks.scenario.with(&format!("{clause}.enabled"), false)
}

fn whole(
    coalition: &Coalition,
    found: &BTreeMap<usize, Vec<f64>>,
    worth: impl Fn(usize) -> f64,
) -> Result<Whole, TalksError> {
    let linear = |error: cooperative::GameError| TalksError::Linear(error.to_string());
    let membership = Membership::new(found.values().cloned().collect())
        .ok_or_else(|| TalksError::Linear("the payoffs are no game".to_owned()))?;
    let admission = match coalition.admission {
        AdmissionName::Unanimous => Admission::Unanimous,
        AdmissionName::Open => Admission::Open,
    };
    let count = coalition.candidates.len();
    let game = Game::new(count, (0..1_usize << count).map(worth).collect()).map_err(linear)?;
    Ok(Whole {
        standings: (0..1_usize << count).map(|set| membership.standing(set)).collect(),
        stable: membership.stable(),
        accession: membership.accession(0, admission),
        facts: game.facts(),
        core: game.core(Backend::default()).map_err(linear)?,
        shapley: game.shapley(),
        nucleolus: nucleolus(&game, Excess::BySet, Backend::default()).map_err(linear)?,
        game,
    })
}
