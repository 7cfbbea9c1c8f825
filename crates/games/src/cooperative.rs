//! Cooperative games: what each set of players is worth by itself, and whether the worth of all
//! can be shared so that no set would rather go alone.
//!
//! A set is a number whose bit i says whether player i is in it.

use zollverein_numeric::linear::{Backend, ColumnId, LinearError, Program, Relation, RowId, Sense};

/// The most players of a game of which every set is looked at: 4,096 sets.
pub const MOST_PLAYERS: usize = 12;

/// Differences smaller than this share of the largest worth count as none.
const TOLERANCE: f64 = 1e-9;

/// A game in characteristic form: the worth of every set of players, in one unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Game {
    players: usize,
    values: Vec<f64>,
}

/// Why a list of worths is no game.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GameError {
    /// Too few or too many players.
    #[error("{0} players; from 1 to {MOST_PLAYERS} can be looked at, since each more doubles the work")]
    Players(usize),
    /// Not one worth for each set.
    #[error("{found} worths for {players} players; one for each of {} sets is needed, the empty one first", 1_usize << .players)]
    Sets {
        /// How many players.
        players: usize,
        /// How many worths.
        found: usize,
    },
    /// A worth is not a number.
    #[error("the worth of set {0:b} is not a finite number")]
    NotFinite(usize),
    /// The linear program behind an answer has no solution.
    #[error("a linear program of the game: {0}")]
    Linear(#[from] LinearError),
}

/// Two sets that a property is broken by, and by how much.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Breach {
    /// One set.
    pub one: usize,
    /// The other.
    pub other: usize,
    /// By how much, in the unit of the game; above zero.
    pub amount: f64,
}

/// What kind of game it is: each property, or the pair of sets that breaks it most.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Facts {
    /// More players are never worth less: `v(S) ≤ v(T)` where T holds S.
    pub monotone: Option<Breach>,
    /// Sets without a common player are worth no less together: `v(S) + v(T) ≤ v(S and T)`.
    pub superadditive: Option<Breach>,
    /// A player adds no less to a larger set: `v(S) + v(T) ≤ v(S or T) + v(S and T)`. A convex game
    /// has a core, and the Shapley value is in it (Shapley 1971).
    pub convex: Option<Breach>,
}

/// How far the worth of all goes.
#[derive(Debug, Clone, PartialEq)]
pub struct Core {
    /// The least ε with which the worth of all can be shared so that no set misses more than ε of
    /// its own worth: the core has a point exactly when it is not above zero. For one player zero.
    pub least: f64,
    /// A sharing with this ε: a point of the least core, and of the core if there is one.
    pub point: Vec<f64>,
    /// Sets and their weights that prove the ε (Bondareva 1963, Shapley 1967): every player is in
    /// sets of the same total weight, and the weighted worth exceeds that of all by ε.
    pub proof: Vec<(usize, f64)>,
}

impl Core {
    /// Whether the core has a point: no set gains by going alone.
    #[must_use]
    pub fn exists(&self, game: &Game) -> bool {
        self.least <= TOLERANCE * game.scale()
    }
}

impl Game {
    /// A game of the worths of all sets, by set; the empty one first. The worth of the empty set
    /// is taken from all others, so that nobody is worth nothing.
    ///
    /// # Errors
    /// [`GameError`] where the list does not fit the players or holds no numbers.
    pub fn new(players: usize, mut values: Vec<f64>) -> Result<Self, GameError> {
        if players == 0 || players > MOST_PLAYERS {
            return Err(GameError::Players(players));
        }
        if values.len() != 1 << players {
            return Err(GameError::Sets { players, found: values.len() });
        }
        if let Some(set) = values.iter().position(|value| !value.is_finite()) {
            return Err(GameError::NotFinite(set));
        }
        let nobody = values[0];
        for value in &mut values {
            *value -= nobody;
        }
        Ok(Self { players, values })
    }

    /// How many players.
    #[must_use]
    pub fn players(&self) -> usize {
        self.players
    }

    /// The set of all players.
    #[must_use]
    pub fn all(&self) -> usize {
        self.values.len() - 1
    }

    /// The worth of a set.
    #[must_use]
    pub fn worth(&self, set: usize) -> f64 {
        self.values[set]
    }

    /// The largest worth in size, at least the smallest positive number.
    pub(super) fn scale(&self) -> f64 {
        self.values.iter().fold(f64::MIN_POSITIVE, |most, value| most.max(value.abs()))
    }

    /// What a sharing leaves a set to wish for: its worth less what its players get.
    #[must_use]
    pub fn excess(&self, set: usize, sharing: &[f64]) -> f64 {
        self.values[set] - total(set, sharing)
    }

    /// The largest excess of any set but the empty one and that of all; −∞ for one player.
    #[must_use]
    pub fn largest_excess(&self, sharing: &[f64]) -> f64 {
        (1..self.all()).map(|set| self.excess(set, sharing)).fold(f64::NEG_INFINITY, f64::max)
    }

    /// Whether a sharing gives out the worth of all and no set gains by going alone.
    #[must_use]
    pub fn in_core(&self, sharing: &[f64]) -> bool {
        let tolerance = 10.0 * TOLERANCE * self.scale();
        self.excess(self.all(), sharing).abs() <= tolerance && self.largest_excess(sharing) <= tolerance
    }

    /// The Shapley value of each player ([`crate::decomposition::shapley`]).
    #[must_use]
    pub fn shapley(&self) -> Vec<f64> {
        crate::decomposition::shapley(self.players, |set| self.values[set])
    }

    /// What kind of game it is.
    #[must_use]
    pub fn facts(&self) -> Facts {
        let tolerance = TOLERANCE * self.scale();
        let all = self.all();
        let [mut monotone, mut superadditive, mut convex] = [None::<Breach>; 3];
        let note = |worst: &mut Option<Breach>, one: usize, other: usize, amount: f64| {
            if amount > tolerance && worst.is_none_or(|before| amount > before.amount) {
                *worst = Some(Breach { one, other, amount });
            }
        };
        for set in 0..=all {
            let outside: Vec<usize> = (0..self.players).map(|i| 1 << i).filter(|i| set & i == 0).collect();
            for (position, i) in outside.iter().enumerate() {
                note(&mut monotone, set, set | i, self.values[set] - self.values[set | i]);
                for j in &outside[position + 1..] {
                    let (one, other) = (set | i, set | j);
                    let amount =
                        self.values[one] + self.values[other] - self.values[one | j] - self.values[set];
                    note(&mut convex, one, other, amount);
                }
            }
            // the others' sets, each pair once: the set with the lower first player comes first
            let others = all & !set;
            let mut other = others;
            while other > 0 {
                if set > other {
                    let amount = self.values[set] + self.values[other] - self.values[set | other];
                    note(&mut superadditive, other, set, amount);
                }
                other = (other - 1) & others;
            }
        }
        Facts { monotone, superadditive, convex }
    }

    /// The least core, and so whether there is a core:
    ///
    /// ```text
    /// min ε   with   x(S) + ε ≥ v(S) for every set S but the empty one and that of all,   x(N) = v(N)
    /// ```
    ///
    /// # Errors
    /// [`GameError::Linear`] where the solver gives up.
    pub fn core(&self, backend: Backend) -> Result<Core, GameError> {
        if self.players == 1 {
            return Ok(Core { least: 0.0, point: self.values[1..].to_vec(), proof: vec![] });
        }
        let stage = Stage::of(self, &|_| 1.0);
        let found = stage.solve(backend)?;
        Ok(Core { least: found.excess, point: found.sharing, proof: found.proof })
    }
}

/// What a set's players get together.
pub(super) fn total(set: usize, sharing: &[f64]) -> f64 {
    sharing.iter().enumerate().filter(|(player, _)| set >> player & 1 == 1).map(|(_, share)| share).sum()
}

/// One linear program of the sequence that leads to the nucleolus; the first one is the least core.
///
/// ```text
/// min t   with   x(S) + w(S) t ≥ v(S) for every open set S,   x(S) = b(S) for every settled one
/// ```
///
/// Rows are added as they turn out to be broken, since few of the many sets ever bind.
pub(super) struct Stage<'a> {
    game: &'a Game,
    weight: &'a dyn Fn(usize) -> f64,
    /// The least each player may get.
    pub least: Vec<f64>,
    /// Whether a set's excess may still be lowered.
    pub open: Vec<bool>,
    /// Sets whose total is settled, and the total; those of the first stage: all players.
    pub settled: Vec<(usize, f64)>,
    /// Open sets that have bound before.
    pub likely: Vec<usize>,
}

/// The solution of a stage.
pub(super) struct Staged {
    /// The excess `t`.
    pub excess: f64,
    /// A sharing that reaches it.
    pub sharing: Vec<f64>,
    /// Open sets that hold the excess where it is, and their weights.
    pub proof: Vec<(usize, f64)>,
}

impl<'a> Stage<'a> {
    pub fn of(game: &'a Game, weight: &'a dyn Fn(usize) -> f64) -> Self {
        let all = game.all();
        let mut open = vec![true; all + 1];
        (open[0], open[all]) = (false, false);
        Self {
            game,
            weight,
            least: vec![f64::NEG_INFINITY; game.players],
            open,
            settled: vec![(all, game.values[all])],
            likely: vec![],
        }
    }

    /// The solution; in units of the game's largest worth inside.
    pub fn solve(&self, backend: Backend) -> Result<Staged, LinearError> {
        const MOST_ADDED: usize = 16;
        let (players, scale) = (self.game.players, self.game.scale());
        let single = |set: &usize| self.open[*set];
        let mut rows: Vec<usize> = (0..players).map(|player| 1 << player).filter(single).collect();
        rows.extend((0..players).map(|player| self.game.all() & !(1 << player)).filter(single));
        rows.extend(self.likely.iter().filter(|set| self.open[**set]));
        rows.sort_unstable();
        rows.dedup();
        loop {
            let mut program = Program::new(Sense::Minimise);
            let shares: Vec<ColumnId> =
                self.least.iter().map(|least| program.column(0.0, least / scale, f64::INFINITY)).collect();
            let excess = program.column(1.0, f64::NEG_INFINITY, f64::INFINITY);
            let shared = |set: usize| -> Vec<(ColumnId, f64)> {
                let own = shares.iter().enumerate().filter(|(player, _)| set >> player & 1 == 1);
                own.map(|(_, share)| (*share, 1.0)).collect()
            };
            let mut held: Vec<(usize, RowId)> = vec![];
            for set in &rows {
                let mut entries = shared(*set);
                entries.push((excess, (self.weight)(*set)));
                held.push((*set, program.row(entries, Relation::AtLeast, self.game.values[*set] / scale)));
            }
            for (set, sum) in &self.settled {
                let entries = shared(*set);
                program.row(entries, Relation::Equal, sum / scale);
            }
            let solution = program.solve(backend)?;
            let sharing: Vec<f64> = shares.iter().map(|share| solution.value(*share) * scale).collect();
            let found = solution.value(excess) * scale;
            let mut broken: Vec<(f64, usize)> = (1..self.game.all())
                .filter(|set| self.open[*set])
                .map(|set| (self.game.excess(set, &sharing) / (self.weight)(set) - found, set))
                .filter(|(by, set)| *by > TOLERANCE * scale && !rows.contains(set))
                .collect();
            if broken.is_empty() {
                let priced = held.iter().map(|(set, row)| (*set, solution.price(*row)));
                let proof = priced.filter(|(_, price)| *price > 1e-7);
                return Ok(Staged { excess: found, sharing, proof: proof.collect() });
            }
            broken.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            rows.extend(broken.into_iter().take(MOST_ADDED).map(|(_, set)| set));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn game(players: usize, values: &[f64]) -> Game {
        Game::new(players, values.to_vec()).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Worths by set: none, 1, 2, 12, 3, 13, 23, 123.
    fn majority() -> Game {
        game(3, &[0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 1.0])
    }

    #[test]
    fn a_majority_of_three_has_no_core_and_a_third_of_the_prize_is_missing() {
        for backend in [Backend::Highs, Backend::Microlp] {
            let core = majority().core(backend).unwrap_or_else(|error| panic!("{error}"));
            assert!(!core.exists(&majority()));
            // any two are worth 1 and get 2/3: the excess is 1/3
            assert!((core.least - 1.0 / 3.0).abs() < 1e-12, "{core:?}");
            let mut sets: Vec<usize> = core.proof.iter().map(|(set, _)| *set).collect();
            sets.sort_unstable();
            assert_eq!(sets, [0b011, 0b101, 0b110]);
            assert!(core.proof.iter().all(|(_, weight)| (weight - 1.0 / 3.0).abs() < 1e-9));
        }
    }

    #[test]
    fn the_owner_of_the_scarce_glove_gets_all_of_the_core() {
        let gloves = game(3, &[0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0]);
        let core = gloves.core(Backend::default()).unwrap_or_else(|error| panic!("{error}"));
        assert!(core.exists(&gloves) && core.least.abs() < 1e-12);
        assert!(gloves.in_core(&[0.0, 0.0, 1.0]) && !gloves.in_core(&[0.1, 0.0, 0.9]));
        assert!(!gloves.in_core(&[0.0, 0.0, 0.9]), "not all is given out");
        assert!(gloves.in_core(&core.point));
    }

    #[test]
    fn properties_name_the_sets_that_break_them_most() {
        let facts = majority().facts();
        assert_eq!((facts.monotone, facts.superadditive), (None, None));
        // two pairs that share a player: 1 + 1 against 1 for all and 0 for the one
        assert_eq!(facts.convex.map(|breach| breach.amount), Some(1.0));
        let odd = game(2, &[0.0, 3.0, 4.0, 5.0]).facts();
        assert_eq!(odd.monotone, None);
        assert_eq!(odd.superadditive, Some(Breach { one: 1, other: 2, amount: 2.0 }));
        let falling = game(2, &[0.0, 3.0, 4.0, 2.0]).facts();
        assert_eq!(falling.monotone, Some(Breach { one: 2, other: 3, amount: 2.0 }));
        // squares of the number of players: the fifth adds more than the fourth
        let squares: Vec<f64> = (0..32_u32).map(|set| f64::from(set.count_ones().pow(2))).collect();
        let facts = game(5, &squares).facts();
        assert_eq!((facts.monotone, facts.superadditive, facts.convex), (None, None, None));
        assert!(game(5, &squares).in_core(&game(5, &squares).shapley()));
    }

    #[test]
    fn what_nobody_has_is_no_ones_worth() {
        let shifted = game(2, &[10.0, 11.0, 12.0, 15.0]);
        assert_eq!((shifted.worth(0), shifted.worth(3)), (0.0, 5.0));
        assert_eq!(shifted.shapley(), [2.0, 3.0]);
    }

    #[test]
    fn lists_that_are_no_game_are_refused() {
        assert_eq!(Game::new(0, vec![0.0]), Err(GameError::Players(0)));
        assert_eq!(Game::new(13, vec![0.0; 8192]), Err(GameError::Players(13)));
        assert_eq!(Game::new(2, vec![0.0; 3]), Err(GameError::Sets { players: 2, found: 3 }));
        assert_eq!(Game::new(1, vec![0.0, f64::NAN]), Err(GameError::NotFinite(1)));
        let told = GameError::Sets { players: 2, found: 3 }.to_string();
        assert_eq!(told, "3 worths for 2 players; one for each of 4 sets is needed, the empty one first");
    }
}
