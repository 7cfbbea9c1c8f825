//! Red-line search (N4): the least concession with which a party accepts a proposal.

use super::payoff::Standing;
use super::talks::{Position, Talks, TalksError};
use super::worth::{Worth, unseen};
use std::sync::Arc;
use zollverein_games::miss;
use zollverein_games::optimum::{self, KEPT, Point, Search, Status, Values};
use zollverein_numeric::dense::smallest;
use zollverein_numeric::search::zero;

/// What would bring a party in.
#[derive(Debug, Clone, PartialEq)]
pub struct Concessions {
    /// The party, by position.
    pub party: usize,
    /// How all stand at the proposal.
    pub before: Arc<Position>,
    /// Whether the party signs the proposal as it is; then nothing has to be conceded, and the values
    /// below say how far each number could be moved before it no longer does.
    pub signs: bool,
    /// By number of the agenda: the value nearest to the proposal's at which it would just sign, all
    /// else as proposed; `None` where no value within the bounds is.
    pub numbers: Vec<Option<Concession>>,
    /// By menu: the choices with which it would sign, all else as proposed.
    pub menus: Vec<Vec<(usize, Arc<Position>)>>,
    /// The package that moves all numbers least; `None` if it signs already, or no package was found.
    pub package: Option<Package>,
    /// Whether the search came to its end.
    pub complete: bool,
}

/// One number moved until the party signs.
#[derive(Debug, Clone, PartialEq)]
pub struct Concession {
    /// The value.
    pub value: f64,
    /// How far it is from the proposal's, as a share of the number's range.
    pub share: f64,
    /// How all stand there.
    pub position: Arc<Position>,
}

/// All numbers moved together.
#[derive(Debug, Clone, PartialEq)]
pub struct Package {
    /// The point of the agenda.
    pub point: Point,
    /// The root of the sum of squares of moves, each as a share of its number's range.
    pub distance: f64,
    /// How all stand there.
    pub position: Arc<Position>,
    /// How far slopes are from being held; 0 at a local best.
    pub residual: f64,
    /// How the search for it ended.
    pub status: Status,
}

/// Points that a search along a number looks at first.
const GRID: usize = 24;

/// What would bring a party in, its own payoff and red lines alone asked for: for each number and menu
/// by itself, and for all numbers together the package
///
/// ```text
/// min Σ ((x − proposed) / range)²   with   payoff ≥ that without an agreement, no red line crossed
/// ```
///
/// # Errors
/// The agenda moves nothing; faults of a proposal, no equilibrium at one, the wish to stop before
/// anything was found.
pub fn concessions(talks: &Talks, party: usize) -> Result<Concessions, TalksError> {
    talks.require_movable()?;
    let asker = Asker { talks, party };
    let start = talks.start();
    let before = talks.position(&start)?;
    let scales = asker.scales(&before);
    let signs = talks.signs(party, &before);
    let mut found =
        Concessions { party, before, signs, numbers: vec![], menus: vec![], package: None, complete: true };
    match asker.fill(&start, &scales, &mut found) {
        Ok(()) => {}
        Err(TalksError::Stopped) => found.complete = false,
        Err(error) => return Err(error),
    }
    found.numbers.resize(talks.agenda.numbers.len(), None);
    found.menus.resize(talks.agenda.menus.len(), vec![]);
    Ok(found)
}

struct Asker<'a> {
    talks: &'a Talks,
    party: usize,
}

impl Asker<'_> {
    /// The room of what the party asks for: its payoff against no agreement, then its red lines.
    fn rooms(&self, standing: &Standing) -> Vec<f64> {
        let gain = standing.gain(self.talks.disagreement[self.party]);
        let lines = standing.red_lines.iter().map(|line| line.slack.unwrap_or(f64::NEG_INFINITY));
        std::iter::once(gain).chain(lines).collect()
    }

    fn scales(&self, before: &Position) -> Vec<f64> {
        let own = &self.talks.parties[self.party];
        let standing = &before.standings[self.party];
        let sizes = own
            .red_lines
            .iter()
            .map(|line| line.bounds.0.unwrap_or(0.0).abs().max(line.bounds.1.unwrap_or(0.0).abs()));
        let sizes = std::iter::once(self.talks.disagreement[self.party].abs()).chain(sizes);
        let rooms = self.rooms(standing);
        rooms.iter().zip(sizes).map(|(room, size)| room.abs().min(1e12).max(size).max(1e-3)).collect()
    }

    /// The least room, in shares of scales.
    fn room(&self, position: &Position, scales: &[f64]) -> f64 {
        let rooms = self.rooms(&position.standings[self.party]);
        smallest(f64::INFINITY, rooms.iter().zip(scales).map(|(room, scale)| room / scale))
    }

    fn fill(&self, start: &Point, scales: &[f64], found: &mut Concessions) -> Result<(), TalksError> {
        for at in 0..self.talks.agenda.numbers.len() {
            let one = self.along(start, at, scales)?;
            found.numbers.push(one);
        }
        for (at, menu) in self.talks.agenda.menus.iter().enumerate() {
            let mut good = vec![];
            for choice in (0..menu.values.len()).filter(|choice| *choice != start.choices[at]) {
                let mut point = start.clone();
                point.choices[at] = choice;
                let position = self.talks.position(&point)?;
                if self.talks.signs(self.party, &position) {
                    good.push((choice, position));
                }
            }
            found.menus.push(good);
        }
        if !found.signs && !self.talks.agenda.numbers.is_empty() {
            found.package = self.package(start, scales)?;
        }
        Ok(())
    }

    /// The nearest value of one number at which the party is just at its limit.
    fn along(&self, start: &Point, at: usize, scales: &[f64]) -> Result<Option<Concession>, TalksError> {
        let number = &self.talks.agenda.numbers[at];
        let (low, high) = number.bounds;
        let put = |value: f64| {
            let mut point = start.clone();
            point.numbers[at] = value;
            point
        };
        let room = |value: f64| -> Result<f64, TalksError> {
            Ok(self.room(&*self.talks.position(&put(value))?, scales))
        };
        let own = room(number.proposed)?;
        let mut nearest: Option<f64> = None;
        for end in [low, high] {
            let mut last = (number.proposed, own);
            for step in 1..=GRID {
                let value = if step == GRID {
                    end
                } else {
                    number.proposed + (end - number.proposed) * step as f64 / GRID as f64
                };
                if value == last.0 {
                    break;
                }
                if nearest.is_some_and(|known| {
                    (value - number.proposed).abs() > 2.0 * (known - number.proposed).abs()
                }) {
                    break; // the other side has a nearer one
                }
                let next = (value, room(value)?);
                if (next.1 >= 0.0) != (last.1 >= 0.0) {
                    let root = zero((last.0, next.0), room)?;
                    if let Some(root) = root
                        && nearest.is_none_or(|known| {
                            (root - number.proposed).abs() < (known - number.proposed).abs()
                        })
                    {
                        nearest = Some(root);
                    }
                    break;
                }
                last = next;
            }
        }
        let Some(value) = nearest else { return Ok(None) };
        let position = self.talks.position(&put(value))?;
        let share = (value - number.proposed).abs() / (high - low);
        Ok(Some(Concession { value, share, position }))
    }

    fn package(&self, start: &Point, scales: &[f64]) -> Result<Option<Package>, TalksError> {
        let mut space = self.talks.space();
        space.scales = scales.to_vec();
        let numbers = &self.talks.agenda.numbers;
        let moved = |point: &Point| -> f64 {
            let moves = numbers.iter().zip(&point.numbers);
            moves
                .map(|(number, x)| ((x - number.proposed) / (number.bounds.1 - number.bounds.0)).powi(2))
                .sum()
        };
        let of = |point: &Point, position: &Position| Values {
            objective: -moved(point),
            limits: self.rooms(&position.standings[self.party]),
        };
        let values = Worth { talks: self.talks, of: &of, see: &unseen };
        let all: Vec<usize> = (0..scales.len()).collect();
        // a point at which it signs, then the nearest such point
        let (kept, miss) = miss::least(&space, start, &all, &values)?;
        if miss > KEPT {
            return Ok(None);
        }
        let search = Search { starts: 1, branches: 0, ..Search::default() };
        let found = optimum::best(&space, &kept, &values, &search)?;
        if found.miss > 0.0 {
            return Ok(None);
        }
        let position = self.talks.position(&found.point)?;
        let distance = moved(&found.point).sqrt();
        let (residual, status) = (found.residual, found.status);
        Ok(Some(Package { point: found.point, distance, position, residual, status }))
    }
}
