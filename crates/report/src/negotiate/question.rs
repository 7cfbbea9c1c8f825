//! The questions that can be asked of a negotiation, and who answers each.

use super::Answer;
use super::agreement::bargains_answer;
use super::clubs::clubs_answer;
use super::concession::concessions_answer;
use super::design::design_answer;
use super::frontier::frontier_answer;
use super::fund::fund_answer;
use super::retaliation::retaliation_answer;
use zollverein_games::bargaining::Rule;
use zollverein_model::problem::{Place, Problems, instead};
use zollverein_negotiation::talks::{Talks, TalksError};
use zollverein_negotiation::{agreement, answers, clubs, concession, design, frontier, fund};

/// A question of a negotiation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// The agreement that is worth most under everybody's red lines.
    Design,
    /// The frontier between objectives by name (`None`: the first two), with so many points.
    Frontier(Option<Vec<String>>, usize),
    /// The agreements that rules of bargaining choose.
    Bargain(Vec<Rule>),
    /// The least concession that brings a party in, by name.
    Redline(String),
    /// Duties that answer each other.
    Retaliate,
    /// Which clubs are stable, and how their worth can be shared.
    Coalition,
    /// What fund leaves no recipient worse off.
    Compensate,
}

impl Question {
    /// The answer on a negotiation.
    ///
    /// # Errors
    /// Names that are not known, and whatever the question's own search says.
    pub fn answer(&self, talks: &Talks) -> Result<Answer, TalksError> {
        Ok(match self {
            Self::Design => design_answer(talks, &design::design(talks)?),
            Self::Frontier(names, points) => {
                let objectives = objectives(talks, names.as_deref())?;
                frontier_answer(talks, &frontier::frontier(talks, &objectives, *points)?)
            }
            Self::Bargain(rules) => bargains_answer(talks, &agreement::bargains(talks, rules)?),
            Self::Redline(name) => {
                let parties: Vec<&str> = talks.parties.iter().map(|party| party.name.as_str()).collect();
                let party = found(talks, "party", "party", name, &parties)?;
                concessions_answer(talks, &concession::concessions(talks, party)?)
            }
            Self::Retaliate => retaliation_answer(talks, &answers::retaliation(talks)?),
            Self::Coalition => clubs_answer(talks, &clubs::clubs(talks)?),
            Self::Compensate => fund_answer(talks, &fund::fund(talks)?),
        })
    }
}

/// The objectives of a frontier, by position; the first two where none are named.
fn objectives(talks: &Talks, names: Option<&[String]>) -> Result<Vec<usize>, Problems> {
    let known: Vec<&str> = talks.agenda.objectives.iter().map(|objective| objective.name.as_str()).collect();
    let Some(names) = names else { return Ok((0..known.len().min(2)).collect()) };
    let mut problems = Problems::new();
    let mut all = vec![];
    for name in names {
        match found(talks, "objectives", "objective", name, &known) {
            Ok(at) if all.contains(&at) => problems.add(
                Place::file(talks.scenario.path().display().to_string()),
                format!("objectives: `{name}` is named twice"),
                "name different objectives",
            ),
            Ok(at) => all.push(at),
            Err(more) => problems.append(more),
        }
    }
    problems.into_result(all)
}

/// The position of a name among those that are known.
fn found(talks: &Talks, key: &str, kind: &str, name: &str, known: &[&str]) -> Result<usize, Problems> {
    let mut problems = Problems::new();
    let at = known.iter().position(|one| *one == name);
    if at.is_none() {
        problems.add(
            Place::file(talks.scenario.path().display().to_string()),
            format!("{key}: `{name}` is no {kind} of the negotiation"),
            instead(name, known.iter().copied()),
        );
    }
    problems.into_result(at.unwrap_or_default())
}
