//! Where a batch looks: points of the unit cube, each a pure function of seed and number.

use crate::sobol::Sobol;
use zollverein_numeric::search::Random;

/// How draws fill the unit cube.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filling {
    /// Each draw by itself.
    Random,
    /// One draw in each of as many strata as there are draws, in every dimension.
    LatinHypercube,
    /// The Sobol' sequence, shifted at random.
    Sobol,
}

/// What is made of the draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Study {
    /// They are a sample.
    Sample,
    /// Two samples and, for each input, the first with that input of the second (Saltelli 2010).
    Indices,
    /// Paths on a grid, each of which moves every input once (Morris 1991).
    Morris,
    /// Half as many samples of each group of inputs as there are draws: two draws share a sample of one
    /// group and of no other, so that the draws also tell how much each group accounts for.
    Paired,
}

/// What a point belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Set {
    /// A sample.
    Draw,
    /// The first of two samples.
    A,
    /// The second.
    B,
    /// The first with an input of the second.
    Mixed(usize),
    /// A step of a path: none or the first steps made.
    Path(usize),
    /// All inputs at their central values.
    Central,
    /// One input low.
    Low(usize),
    /// One input high.
    High(usize),
}

impl Set {
    /// The word for it in files.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Draw => "draw",
            Self::A => "sample_a",
            Self::B => "sample_b",
            Self::Mixed(_) => "mixed",
            Self::Path(_) => "path",
            Self::Central => "central",
            Self::Low(_) => "low",
            Self::High(_) => "high",
        }
    }
}

/// A point: where it stands in the grid of what is varied, and where in the unit cube each input is;
/// `None`: at its central value.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// The cell of the grid.
    pub cell: usize,
    /// What it belongs to.
    pub set: Set,
    /// By input.
    pub at: Vec<Option<f64>>,
}

/// All points of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct Points {
    /// Cells of the grid; at each the same points.
    pub cells: usize,
    /// Draws, samples or paths at each.
    pub draws: usize,
    /// Inputs drawn.
    pub inputs: usize,
    /// How draws fill the cube.
    pub filling: Filling,
    /// What is made of them.
    pub study: Study,
    /// By input: the group that it is drawn with, where draws are paired.
    pub groups: Vec<usize>,
    seed: u64,
    sequence: Sobol,
    shifts: Vec<u32>,
}

/// Where in its distribution an input is low and high for the tornado.
pub const LOW_HIGH: (f64, f64) = (0.05, 0.95);
/// Levels of the grid on which paths run, and how many of them a step spans.
const LEVELS: usize = 4;
/// The length of a step of a path in the unit cube.
pub const STEP: f64 = 0.5;

/// Bits that depend on every bit of some numbers.
pub fn mixed(numbers: [u64; 3]) -> u64 {
    numbers.into_iter().fold(0, |state, number| Random::new(state ^ Random::new(number).bits()).bits())
}

/// A number above 0 and below 1 made of bits.
pub fn unit(bits: u64) -> f64 {
    ((bits >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
}

impl Points {
    /// The points of a batch.
    #[must_use]
    pub fn new(cells: usize, draws: usize, inputs: usize, filling: Filling, study: Study, seed: u64) -> Self {
        let dimensions = if study == Study::Indices { 2 * inputs } else { inputs };
        let sequence = Sobol::new(if filling == Filling::Sobol { dimensions } else { 0 });
        #[allow(clippy::cast_possible_truncation)] // the upper half of the bits
        let shift = |dimension: usize| (mixed([seed, 1, dimension as u64]) >> 32) as u32;
        Self {
            cells,
            draws,
            inputs,
            filling,
            study,
            groups: vec![],
            seed,
            sequence,
            shifts: (0..dimensions).map(shift).collect(),
        }
    }

    /// Evaluations for the draws of one cell.
    #[must_use]
    pub fn sampled(&self) -> usize {
        match self.study {
            _ if self.inputs == 0 => 1,
            Study::Sample | Study::Paired => self.draws,
            Study::Indices => self.draws * (self.inputs + 2),
            Study::Morris => self.draws * (self.inputs + 1),
        }
    }

    /// Evaluations of one cell: the draws, and those of the tornado.
    #[must_use]
    pub fn of_cell(&self) -> usize {
        let tornado = self.inputs > 0 && self.study != Study::Morris;
        self.sampled() + if tornado { 2 * self.inputs + 1 } else { 0 }
    }

    /// Evaluations in all.
    #[must_use]
    pub fn total(&self) -> usize {
        self.cells * self.of_cell()
    }

    /// The point of a number below [`Points::total`].
    #[must_use]
    pub fn point(&self, number: usize) -> Point {
        let (cell, within) = (number / self.of_cell(), number % self.of_cell());
        let (set, at) = self.within(within);
        Point { cell, set, at }
    }

    fn within(&self, number: usize) -> (Set, Vec<Option<f64>>) {
        let inputs = self.inputs;
        if inputs == 0 {
            return (Set::Draw, vec![]);
        }
        if let Some(number) = number.checked_sub(self.sampled()) {
            let mut at = vec![None; inputs];
            if number == 0 {
                return (Set::Central, at);
            }
            let (input, high) = ((number - 1) / 2, (number - 1) % 2 == 1);
            at[input] = Some(if high { LOW_HIGH.1 } else { LOW_HIGH.0 });
            return (if high { Set::High(input) } else { Set::Low(input) }, at);
        }
        match self.study {
            Study::Sample => (Set::Draw, (0..inputs).map(|k| Some(self.coordinate(number, k))).collect()),
            Study::Paired => {
                let of = |input: usize| {
                    let group = self.groups.get(input).copied().unwrap_or(0);
                    Some(self.stratified(self.sample(number, group), input, self.samples()))
                };
                (Set::Draw, (0..inputs).map(of).collect())
            }
            Study::Indices => {
                let (draw, part) = (number / (inputs + 2), number % (inputs + 2));
                let of = |k: usize| Some(self.coordinate(draw, k));
                match part {
                    0 => (Set::A, (0..inputs).map(of).collect()),
                    1 => (Set::B, (inputs..2 * inputs).map(of).collect()),
                    _ => {
                        let moved = part - 2;
                        let from = |k: usize| if k == moved { of(inputs + k) } else { of(k) };
                        (Set::Mixed(moved), (0..inputs).map(from).collect())
                    }
                }
            }
            Study::Morris => {
                let (path, steps) = (number / (inputs + 1), number % (inputs + 1));
                let order = self.order(path);
                let at = (0..inputs).map(|k| {
                    let start = self.level(path, k);
                    let moved = order[..steps].contains(&k);
                    let up = start < 0.5;
                    Some(if moved { start + if up { STEP } else { -STEP } } else { start })
                });
                (Set::Path(steps), at.collect())
            }
        }
    }

    /// How many samples of each group there are where draws are paired.
    fn samples(&self) -> usize {
        self.draws.div_ceil(2)
    }

    /// The sample of a group that a paired draw takes.
    fn sample(&self, draw: usize, group: usize) -> usize {
        let samples = self.samples();
        if draw < samples { draw } else { (draw - samples + group + 1) % samples }
    }

    /// The pairs of draws that share a sample of a group.
    pub fn pairs(&self, group: usize) -> impl Iterator<Item = (usize, usize)> + '_ {
        (self.samples()..self.draws).map(move |draw| (self.sample(draw, group), draw))
    }

    /// The order in which a path moves the inputs.
    #[must_use]
    pub fn order(&self, path: usize) -> Vec<usize> {
        let mut random = Random::new(mixed([self.seed, 3, path as u64]));
        let mut order: Vec<usize> = (0..self.inputs).collect();
        for last in (1..self.inputs).rev() {
            order.swap(last, random.below(last + 1));
        }
        order
    }

    /// Where a path begins: the middle of one of the levels.
    fn level(&self, path: usize, input: usize) -> f64 {
        let level = Random::new(mixed([self.seed ^ (4 << 32), path as u64, input as u64])).below(LEVELS);
        (level as f64 + 0.5) / LEVELS as f64
    }

    /// A coordinate of a draw.
    fn coordinate(&self, draw: usize, dimension: usize) -> f64 {
        match self.filling {
            Filling::Random => unit(mixed([self.seed, draw as u64, dimension as u64])),
            Filling::LatinHypercube => self.stratified(draw, dimension, self.draws),
            Filling::Sobol => {
                let bits = self.sequence.bits(draw as u64, dimension) ^ self.shifts[dimension];
                (f64::from(bits) + 0.5) / 2.0_f64.powi(32)
            }
        }
    }
}

impl Points {
    /// A coordinate of one of some draws, each in a stratum of its own.
    fn stratified(&self, draw: usize, dimension: usize, strata: usize) -> f64 {
        let stratum = shuffled(draw, strata, mixed([self.seed, 2, dimension as u64]));
        let within = unit(mixed([self.seed ^ (2 << 32), draw as u64, dimension as u64]));
        ((stratum as f64 + within) / strata as f64).clamp(f64::EPSILON, 1.0 - f64::EPSILON)
    }
}

/// Where a permutation of `0..count` puts a number, without making the whole: a Feistel network on
/// the next even power of two, walked until it comes back into range (Black and Rogaway, *Ciphers
/// with arbitrary finite domains*, 2002).
fn shuffled(number: usize, count: usize, key: u64) -> usize {
    let mut half = 1;
    while (1_u64 << (2 * half)) < count as u64 {
        half += 1;
    }
    let mask = (1_u64 << half) - 1;
    let mut at = number as u64;
    loop {
        let (mut left, mut right) = (at >> half, at & mask);
        for round in 0..6 {
            (left, right) = (right, left ^ (mixed([key, round, right]) & mask));
        }
        at = left << half | right;
        if at < count as u64 {
            return usize::try_from(at).unwrap_or(number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_latin_hypercube_has_one_draw_in_each_stratum() {
        for draws in [1, 2, 7, 64, 1000] {
            let points = Points::new(1, draws, 5, Filling::LatinHypercube, Study::Sample, 7);
            for input in 0..5 {
                let mut held = vec![0; draws];
                for number in 0..draws {
                    let at = points.point(number).at[input].expect("it is drawn");
                    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                    let stratum = (at * draws as f64) as usize;
                    held[stratum] += 1;
                }
                assert!(held.iter().all(|count| *count == 1), "{draws} draws, input {input}: {held:?}");
            }
        }
    }

    #[test]
    fn random_draws_are_spread_and_not_alike() {
        let points = Points::new(1, 4000, 3, Filling::Random, Study::Sample, 1);
        let at = |input: usize| -> Vec<f64> {
            (0..4000).map(|n| points.point(n).at[input].expect("it is drawn")).collect()
        };
        for input in 0..3 {
            let mean = at(input).iter().sum::<f64>() / 4000.0;
            assert!((mean - 0.5).abs() < 0.02, "{mean}"); // four standard errors are 0.018
        }
        let (a, b) = (at(0), at(1));
        let covariance = a.iter().zip(&b).map(|(a, b)| (a - 0.5) * (b - 0.5)).sum::<f64>() / 4000.0;
        assert!(covariance.abs() < 0.006, "{covariance}"); // four standard errors are 0.0053
        let other = Points::new(1, 4000, 3, Filling::Random, Study::Sample, 2);
        assert_ne!(points.point(0).at, other.point(0).at);
    }

    #[test]
    fn mixed_points_take_one_input_of_the_second_sample() {
        let points = Points::new(1, 8, 3, Filling::Sobol, Study::Indices, 3);
        assert_eq!(points.sampled(), 40);
        for draw in 0..8 {
            let at = |part: usize| points.point(draw * 5 + part).at;
            let (a, b) = (at(0), at(1));
            for input in 0..3 {
                let mut expected = a.clone();
                expected[input] = b[input];
                assert_eq!(at(2 + input), expected);
            }
        }
    }

    #[test]
    fn a_path_moves_each_input_once() {
        let points = Points::new(2, 5, 4, Filling::Random, Study::Morris, 3);
        assert_eq!((points.of_cell(), points.total()), (25, 50));
        for path in 0..5 {
            let at = |step: usize| points.point(25 + path * 5 + step).at;
            for (step, input) in points.order(path).into_iter().enumerate() {
                let (before, after) = (at(step), at(step + 1));
                let moved: Vec<usize> = (0..4).filter(|k| before[*k] != after[*k]).collect();
                assert_eq!(moved, [input]);
                let length = after[input].unwrap_or(0.0) - before[input].unwrap_or(0.0);
                assert!(
                    (length.abs() - STEP).abs() < 1e-12
                        && after[input].is_some_and(|at| at > 0.0 && at < 1.0)
                );
            }
        }
    }

    #[test]
    fn paired_draws_share_one_group_and_no_other() {
        let groups = [0, 0, 1, 2];
        let points = Points {
            groups: groups.to_vec(),
            ..Points::new(1, 20, 4, Filling::LatinHypercube, Study::Paired, 5)
        };
        for group in 0..3 {
            let pairs: Vec<(usize, usize)> = points.pairs(group).collect();
            assert_eq!(pairs.len(), 10);
            for (one, other) in pairs {
                let (one, other) = (points.point(one).at, points.point(other).at);
                for input in 0..4 {
                    assert_eq!(one[input] == other[input], groups[input] == group, "{group}: {input}");
                }
            }
        }
        // each sample stands in a stratum of its own, and twice
        let mut held = [0; 10];
        for number in 0..20 {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let stratum = (points.point(number).at[0].expect("it is drawn") * 10.0) as usize;
            held[stratum] += 1;
        }
        assert_eq!(held, [2; 10]);
    }

    #[test]
    fn the_tornado_comes_after_the_draws_of_a_cell() {
        let points = Points::new(2, 3, 2, Filling::Random, Study::Sample, 1);
        assert_eq!(points.of_cell(), 8);
        let sets: Vec<Set> = (3..8).map(|number| points.point(8 + number).set).collect();
        assert_eq!(sets, [Set::Central, Set::Low(0), Set::High(0), Set::Low(1), Set::High(1)]);
        assert_eq!(points.point(8).at, points.point(0).at); // the same draws in every cell
        assert_eq!(Points::new(4, 100, 0, Filling::Random, Study::Sample, 1).total(), 4);
    }
}
