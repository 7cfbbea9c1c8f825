//! The nucleolus: the sharing under which the most dissatisfied set is as little dissatisfied as
//! can be, then the next one, and so on (Schmeidler 1969).
//!
//! Found by a sequence of linear programs (Maschler, Peleg and Shapley 1979): each lowers the
//! largest excess of the sets that are still open, and settles those that hold it where it is.
//! Sets whose total follows from settled ones are closed with them, so that there are at most as
//! many programs as players.

use super::cooperative::{Game, GameError, Stage};
use zollverein_numeric::linear::Backend;

/// How the dissatisfaction of large and small sets compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Excess {
    /// By set: what it misses of its worth. The nucleolus.
    BySet,
    /// By head: what it misses, over its number of players. The per-capita nucleolus.
    ByHead,
}

/// The nucleolus, by player; `None` where players alone are worth more than all together, so that
/// no sharing gives everyone at least what they have alone.
///
/// # Errors
/// [`GameError::Linear`] where the solver gives up.
pub fn nucleolus(game: &Game, excess: Excess, backend: Backend) -> Result<Option<Vec<f64>>, GameError> {
    let (players, all) = (game.players(), game.all());
    let alone: Vec<f64> = (0..players).map(|player| game.worth(1 << player)).collect();
    let spare = game.worth(all) - alone.iter().sum::<f64>();
    if spare < -1e-12 * game.scale() {
        return Ok(None);
    }
    if players == 1 || spare <= 1e-12 * game.scale() {
        return Ok(Some(alone));
    }
    let weight = |set: usize| match excess {
        Excess::BySet => 1.0,
        Excess::ByHead => f64::from(set.count_ones()),
    };
    let mut stage = Stage::of(game, &weight);
    stage.least.clone_from(&alone);
    let mut span = Span::new(players);
    span.add(all);
    loop {
        let found = stage.solve(backend)?;
        let before = span.rank();
        for (set, _) in &found.proof {
            if span.add(*set) {
                stage.settled.push((*set, game.worth(*set) - weight(*set) * found.excess));
            }
            stage.likely.push(*set);
        }
        if span.rank() >= players || span.rank() == before {
            return Ok(Some(found.sharing));
        }
        for set in 1..all {
            stage.open[set] = stage.open[set] && !span.holds(set);
        }
        if !stage.open.contains(&true) {
            return Ok(Some(found.sharing));
        }
    }
}

/// The sets whose totals follow from those of some sets: the span of their indicator vectors.
struct Span {
    players: usize,
    /// Rows in echelon form, each with the place of its first entry, which is one.
    rows: Vec<(usize, Vec<f64>)>,
}

impl Span {
    fn new(players: usize) -> Self {
        Self { players, rows: vec![] }
    }

    fn rank(&self) -> usize {
        self.rows.len()
    }

    /// What of a set's vector does not follow from the rows.
    fn rest(&self, set: usize) -> Option<(usize, Vec<f64>)> {
        let mut vector: Vec<f64> =
            (0..self.players).map(|player| if set >> player & 1 == 1 { 1.0 } else { 0.0 }).collect();
        for (first, row) in &self.rows {
            let factor = vector[*first];
            if factor != 0.0 {
                vector.iter_mut().zip(row).for_each(|(cell, known)| *cell -= factor * known);
            }
        }
        let first = vector.iter().position(|cell| cell.abs() > 1e-9)?;
        let lead = vector[first];
        for cell in &mut vector {
            *cell /= lead;
        }
        Some((first, vector))
    }

    fn holds(&self, set: usize) -> bool {
        self.rest(set).is_none()
    }

    /// Adds a set; whether it did not follow already.
    fn add(&mut self, set: usize) -> bool {
        let Some((first, vector)) = self.rest(set) else { return false };
        // the earlier rows lose the new lead, so that one pass reduces
        for (_, row) in &mut self.rows {
            let factor = row[first];
            row.iter_mut().zip(&vector).for_each(|(cell, known)| *cell -= factor * known);
        }
        self.rows.push((first, vector));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(values: &[f64], players: usize, excess: Excess) -> Option<Vec<f64>> {
        let game = Game::new(players, values.to_vec()).unwrap_or_else(|error| panic!("{error}"));
        let [one, other] = [Backend::Highs, Backend::Microlp]
            .map(|backend| nucleolus(&game, excess, backend).unwrap_or_else(|error| panic!("{error}")));
        for (a, b) in one.iter().flatten().zip(other.iter().flatten()) {
            assert!((a - b).abs() < 1e-9, "{one:?} {other:?}");
        }
        one
    }

    /// An estate of 200 and claims of 100, 200 and 300 (Aumann and Maschler 1985); worths by
    /// set: none, 1, 2, 12, 3, 13, 23, 123.
    #[test]
    fn the_estate_of_the_talmud() {
        let values = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 100.0, 200.0];
        let shares = found(&values, 3, Excess::BySet).unwrap_or_default();
        for (share, wanted) in shares.iter().zip([50.0, 75.0, 75.0]) {
            assert!((share - wanted).abs() < 1e-9, "{shares:?}");
        }
    }

    #[test]
    fn two_players_share_what_they_add_in_halves() {
        // 10 together, 2 and 4 alone: 4 to share
        assert_eq!(found(&[0.0, 2.0, 4.0, 10.0], 2, Excess::BySet), Some(vec![4.0, 6.0]));
    }

    #[test]
    fn there_is_none_where_players_have_more_alone() {
        assert_eq!(found(&[0.0, 2.0, 4.0, 5.0], 2, Excess::BySet), None);
        assert_eq!(found(&[0.0, 2.0, 4.0, 6.0], 2, Excess::ByHead), Some(vec![2.0, 4.0]));
    }

    #[test]
    fn totals_follow_from_settled_ones() {
        let mut span = Span::new(3);
        assert!(span.add(0b111) && span.add(0b011));
        assert!(span.holds(0b100) && !span.holds(0b001) && !span.add(0b100));
        assert!(span.add(0b101) && span.rank() == 3 && span.holds(0b010));
    }
}
