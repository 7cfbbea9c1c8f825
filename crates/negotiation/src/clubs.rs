//! Coalitions on a model (N6): every club that founders and candidates could form, which of them hold, in which
//! order one can grow, and how its worth could be shared.

use super::talks::{Talks, TalksError};
use rayon::prelude::*;
use std::collections::BTreeMap;
use zollverein_games::cooperative::{self, Core, Facts, Game};
use zollverein_games::nucleolus::{Excess, nucleolus};
use zollverein_games::shapley::{Orders, Sampled};
use zollverein_games::stability::{Admission, Membership, Standing, Step, members};
use zollverein_model::problem::Problems;
use zollverein_numeric::linear::Backend;
use zollverein_scenario::{AdmissionName, Coalition, Patch, Scenario};

/// Pairs of orders that are drawn where there are too many clubs to look at each.
const PAIRS: usize = 24;

/// Somebody who is in or out of a club.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Player {
    /// Its name: a founder's in the list of members, or a party's.
    pub name: String,
    /// Whether it is one of the founders, who begin the club.
    pub is_founder: bool,
}

/// What each club means.
#[derive(Debug, Clone, PartialEq)]
pub struct Clubs {
    /// The players: founders first, then candidates.
    pub players: Vec<Player>,
    /// By set of players that was looked at: what each player gains against no club, million USD a year.
    /// Bit i of a set says whether player i is in.
    pub payoffs: BTreeMap<usize, Vec<f64>>,
    /// What follows where every set was looked at.
    pub whole: Option<Whole>,
    /// Shapley values from orders drawn by chance, where there are too many sets.
    pub sampled: Option<Sampled>,
    /// Whether all sets that were asked for are there.
    pub complete: bool,
}

impl Clubs {
    /// The set of the founders.
    #[must_use]
    pub fn founders(&self) -> usize {
        self.players.iter().enumerate().filter(|(_, one)| one.is_founder).map(|(at, _)| 1 << at).sum()
    }
}

/// What follows from the payoffs of every set.
#[derive(Debug, Clone, PartialEq)]
pub struct Whole {
    /// By set: who would leave, and who would join.
    pub standings: Vec<Standing>,
    /// The sets that nobody would leave and nobody would join.
    pub stable: Vec<usize>,
    /// Who lets newcomers in.
    pub admission: Admission,
    /// How the club grows from its founders, each time by whoever adds most among those let in.
    pub accession: Vec<Step>,
    /// The willing steps that end at a club with more together than `accession` does, which looks one step
    /// ahead; none where no other order reaches more.
    pub better_accession: Vec<Step>,
    /// Who would gain by joining where the accession ends, and is not let in.
    pub refused: Vec<Step>,
    /// By set: what its members gain together against no club, million USD a year.
    pub game: Game,
    /// What kind of game that is.
    pub facts: Facts,
    /// Whether the worth of all can be shared so that no set would rather go alone.
    pub core: Core,
    /// By player: its Shapley value, million USD a year.
    pub shapley: Vec<f64>,
    /// By player: the nucleolus; `None` where players alone are worth more than all together.
    pub nucleolus: Option<Vec<f64>>,
}

/// What each club of an agenda's founders and candidates means. Founders are players as candidates are: they are
/// asked before anybody is let in, can leave, and share in the worth. The rule for outsiders: those that are not
/// in keep the duties that they have in the scenario without being members, form no club of their own, and do
/// not retaliate. There is one reference, no club: `v(S) = Σ over S of (payoff in S − payoff without a club)`.
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
    let players = players(talks, coalition);
    let count = players.len();
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
    // everything is told against no club; without it, because somebody stopped, against the baseline
    if let Some(none) = found.get(&0).cloned() {
        for payoffs in found.values_mut() {
            payoffs.iter_mut().zip(&none).for_each(|(payoff, without)| *payoff -= without);
        }
    }
    let worth = |set: usize| {
        let own = found.get(&set);
        members(set, count).map(|player| Some(own?[player])).sum::<Option<f64>>().unwrap_or(0.0)
    };
    let sampled = (complete && !every).then(|| orders.shapley(worth));
    let founders = (1_usize << coalition.founders.len()) - 1;
    let whole = if complete && every { Some(whole(coalition, founders, &found, worth)?) } else { None };
    Ok(Clubs { players, payoffs: found, whole, sampled, complete })
}

/// Founders, then candidates.
fn players(talks: &Talks, coalition: &Coalition) -> Vec<Player> {
    let founders = coalition.founders.iter().map(|one| Player { name: one.name.clone(), is_founder: true });
    let candidate = |party: &usize| Player { name: talks.parties[*party].name.clone(), is_founder: false };
    founders.chain(coalition.candidates.iter().map(candidate)).collect()
}

/// The scenario in which a set of players are members.
///
/// # Errors
/// The club is none that the scenario takes.
pub fn club(talks: &Talks, coalition: &Coalition, set: usize) -> Result<Scenario, Problems> {
    let founding = coalition.founders.len();
    let players = founding + coalition.candidates.len();
    let names = members(set, players).flat_map(|player| match player.checked_sub(founding) {
        None => vec![coalition.founders[player].name.clone()],
        Some(candidate) => coalition.names[candidate].clone(),
    });
    let patch = Patch::from_json(&names.collect::<Vec<String>>().into());
    talks.scenario.with_each(patch.map(|patch| (coalition.path.clone(), patch)))
}

/// What each player has under a club, against the baseline.
fn payoffs(talks: &Talks, coalition: &Coalition, set: usize) -> Result<Vec<f64>, TalksError> {
    // a club of nobody is no clause at all
    let scenario = if set == 0 { without(talks, coalition)? } else { club(talks, coalition, set)? };
    let outcome = talks.outcome_of(&scenario)?;
    let standings = talks.standings(&outcome);
    let founders = talks.standings_of(&coalition.founders, &outcome);
    let candidates = coalition.candidates.iter().map(|party| &standings[*party]);
    Ok(founders.iter().chain(candidates).map(|standing| standing.payoff.total()).collect())
}

/// The scenario without the club's clause.
fn without(talks: &Talks, coalition: &Coalition) -> Result<Scenario, Problems> {
    let clause = coalition.path.rsplit_once('.').map_or("", |(clause, _)| clause);
    talks.scenario.with(&format!("{clause}.enabled"), false)
}

fn whole(
    coalition: &Coalition,
    founders: usize,
    found: &BTreeMap<usize, Vec<f64>>,
    worth: impl Fn(usize) -> f64,
) -> Result<Whole, TalksError> {
    let linear = |error: cooperative::GameError| TalksError::Linear(error.to_string());
    let membership = Membership::new(found.values().cloned().collect())
        .ok_or_else(|| TalksError::Linear("the payoffs are no game".to_owned()))?;
    let admission = match coalition.admission {
        AdmissionName::Unanimous => Admission::Unanimous,
        AdmissionName::Majority => Admission::Majority,
        AdmissionName::FoundersVeto => Admission::FoundersVeto,
        AdmissionName::Open => Admission::Open,
    };
    let count = membership.players();
    let game = Game::new(count, (0..1_usize << count).map(worth).collect()).map_err(linear)?;
    let accession = membership.accession(founders, admission);
    let end = accession.last().map_or(founders, |step| step.set);
    Ok(Whole {
        better_accession: membership.better_accession(founders, admission),
        standings: (0..1_usize << count).map(|set| membership.standing(set)).collect(),
        stable: membership.stable(),
        refused: membership.refused(end, founders, admission),
        accession,
        admission,
        facts: game.facts(),
        core: game.core(Backend::default()).map_err(linear)?,
        shapley: game.shapley(),
        nucleolus: nucleolus(&game, Excess::BySet, Backend::default()).map_err(linear)?,
        game,
    })
}
