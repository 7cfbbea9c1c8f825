//! The questions of a negotiation, each put to a negotiation and answered.

use super::{
    Answer, bargains_answer, clubs_answer, concessions_answer, design_answer, frontier_answer, fund_answer,
    retaliation_answer,
};
use crate::negotiation::bargaining::Rule;
use crate::negotiation::talks::{Talks, TalksError};
use crate::negotiation::{agreement, answers, clubs, concession, design, frontier, fund};
use crate::problem::{Place, Problems, instead};

/// A question of a negotiation.
#[derive(Debug, Clone, PartialEq)]
pub enum Question {
    /// The agreement that is worth most.
    Design,
    /// How much of one objective must be given up for more of another.
    Frontier {
        /// Two or three objectives by name; the first two where none are named.
        objectives: Option<Vec<String>>,
        /// Agreements to look for.
        points: usize,
    },
    /// The agreements that rules of fairness choose.
    Bargain {
        /// The rules.
        rules: Vec<Rule>,
    },
    /// The least concession with which a party accepts.
    Redline {
        /// The party by name.
        party: String,
    },
    /// Where duties that answer each other end.
    Retaliate,
    /// Which clubs are stable.
    Coalition,
    /// What fund leaves nobody worse off.
    Compensate,
}

impl Question {
    /// The answer.
    ///
    /// # Errors
    /// Names that the negotiation does not know; whatever keeps the question from an answer.
    pub fn ask(&self, talks: &Talks) -> Result<Answer, TalksError> {
        Ok(match self {
            Self::Design => design_answer(talks, &design::design(talks)?),
            Self::Frontier { objectives, points } => {
                let objectives = self::objectives(talks, objectives.as_deref())?;
                frontier_answer(talks, &frontier::frontier(talks, &objectives, *points)?)
            }
            Self::Bargain { rules } => bargains_answer(talks, &agreement::bargains(talks, rules)?),
            Self::Redline { party } => {
                let party = self::party(talks, party)?;
                concessions_answer(talks, &concession::concessions(talks, party)?)
            }
            Self::Retaliate => retaliation_answer(talks, &answers::retaliation(talks)?),
            Self::Coalition => clubs_answer(talks, &clubs::clubs(talks)?),
            Self::Compensate => fund_answer(talks, &fund::fund(talks)?),
        })
    }
}

fn party(talks: &Talks, name: &str) -> Result<usize, Problems> {
    let found = talks.parties.iter().position(|party| party.name == name);
    let mut problems = Problems::new();
    if found.is_none() {
        problems.add(
            Place::file(talks.scenario.path().display().to_string()),
            format!("--party: `{name}` is no party of the scenario"),
            instead(name, talks.parties.iter().map(|party| party.name.as_str())),
        );
    }
    problems.into_result(found.unwrap_or(0))
}

/// The objectives of a frontier, by position.
fn objectives(talks: &Talks, names: Option<&[String]>) -> Result<Vec<usize>, Problems> {
    let all = &talks.agenda.objectives;
    let Some(names) = names else { return Ok((0..all.len().min(2)).collect()) };
    let mut problems = Problems::new();
    let mut found = vec![];
    for name in names {
        match all.iter().position(|objective| objective.name == *name) {
            Some(at) => found.push(at),
            None => problems.add(
                Place::file(talks.scenario.path().display().to_string()),
                format!("--objectives: `{name}` is no objective of the negotiation"),
                instead(name, all.iter().map(|objective| objective.name.as_str())),
            ),
        }
    }
    problems.into_result(found)
}
