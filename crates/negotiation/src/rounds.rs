//! A negotiation record: proposals round by round, how each party stands at them, and what moved.

use super::payoff::Standing;
use zollverein_model::baseline::Baseline;
use zollverein_model::model::Outcome;
use zollverein_scenario::{Moved, Party, Scenario};

/// A proposal that has been solved.
#[derive(Debug)]
pub struct Proposal<'a> {
    /// What the round is called: the file's name.
    pub name: String,
    /// The proposal.
    pub scenario: &'a Scenario,
    /// Its parties.
    pub parties: Vec<Party>,
    /// The world before.
    pub baseline: &'a Baseline,
    /// What follows.
    pub outcome: &'a Outcome,
    /// By party: what it has without an agreement, million USD a year ([`super::disagreement::payoffs`]).
    pub disagreement: Vec<f64>,
}

/// A round.
#[derive(Debug, Clone, PartialEq)]
pub struct Round {
    /// What it is called.
    pub name: String,
    /// The proposal's title.
    pub title: String,
    /// By party of [`Record::parties`]: how it stands; `None` where the proposal does not name it.
    pub standings: Vec<Option<Standing>>,
    /// By party: what it has without an agreement, million USD a year; 0 where the proposal does not name it.
    pub disagreement: Vec<f64>,
    /// What the proposal says otherwise than the one before, parties apart.
    pub moved: Vec<Moved>,
}

impl Round {
    /// Whether a party would sign; `None` where the proposal does not name it.
    #[must_use]
    pub fn signs(&self, party: usize) -> Option<bool> {
        let standing = self.standings[party].as_ref()?;
        Some(standing.signs(self.disagreement[party]))
    }

    /// Whether every party of the record would sign.
    #[must_use]
    pub fn could_be_signed(&self) -> bool {
        (0..self.standings.len()).all(|party| self.signs(party) == Some(true))
    }
}

/// A negotiation record.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The parties, by name, as they first appear.
    pub parties: Vec<Party>,
    /// The rounds, in their order.
    pub rounds: Vec<Round>,
}

impl Record {
    /// The record of some proposals, in their order.
    #[must_use]
    pub fn of(proposals: &[Proposal<'_>]) -> Self {
        let mut parties: Vec<Party> = vec![];
        for party in proposals.iter().flat_map(|proposal| &proposal.parties) {
            if !parties.iter().any(|known| known.name == party.name) {
                parties.push(party.clone());
            }
        }
        let mut rounds: Vec<Round> = vec![];
        let mut before: Option<&Scenario> = None;
        for proposal in proposals {
            let named = |party: &Party| proposal.parties.iter().position(|own| own.name == party.name);
            let standing = |party: &Party| {
                let own = &proposal.parties[named(party)?];
                Some(Standing::of(own, proposal.baseline, proposal.outcome))
            };
            let without = |party: &Party| {
                named(party).and_then(|at| proposal.disagreement.get(at)).copied().unwrap_or(0.0)
            };
            let mut moved = before.map(|before| before.moved(proposal.scenario)).unwrap_or_default();
            moved.retain(|one| !one.path.starts_with("party."));
            rounds.push(Round {
                name: proposal.name.clone(),
                title: proposal.scenario.title(),
                standings: parties.iter().map(standing).collect(),
                disagreement: parties.iter().map(without).collect(),
                moved,
            });
            before = Some(proposal.scenario);
        }
        Self { parties, rounds }
    }

    /// The rounds that every party would sign (the zone of possible agreement, as far as the
    /// proposals show it), by position.
    #[must_use]
    pub fn zone(&self) -> Vec<usize> {
        (0..self.rounds.len()).filter(|round| self.rounds[*round].could_be_signed()).collect()
    }

    /// A party's payoff in each round, million USD a year.
    #[must_use]
    pub fn payoffs(&self, party: usize) -> Vec<Option<f64>> {
        let of = |round: &Round| round.standings[party].as_ref().map(|one| one.payoff.total());
        self.rounds.iter().map(of).collect()
    }
}
