//! Stability of agreements: who would leave, who would join, and in which order an agreement can grow.
//!
//! A payoff to every player is given for every set of members; the rule by which outsiders act is
//! part of how these were found. A set is a number whose bit i says whether player i is a member.
//! The notions are those of d'Aspremont and others (1983), Carraro and Siniscalco (1993) and Barrett (1994).

/// What every set of members means for every player.
#[derive(Debug, Clone, PartialEq)]
pub struct Membership {
    players: usize,
    /// By set and player: the payoff.
    payoffs: Vec<Vec<f64>>,
    /// Differences up to this count as none.
    tolerance: f64,
}

/// How a set of members stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// The members.
    pub set: usize,
    /// Members that would be better off outside, and by how much.
    pub leave: Vec<(usize, f64)>,
    /// Outsiders that would be better off as members, and by how much.
    pub join: Vec<(usize, f64)>,
    /// What members together have beyond what each would have alone outside: not below zero means
    /// that transfers among them can keep all of them in.
    pub spare: f64,
}

impl Standing {
    /// Nobody gains by leaving.
    #[must_use]
    pub fn is_internal(&self) -> bool {
        self.leave.is_empty()
    }

    /// Nobody gains by joining.
    #[must_use]
    pub fn is_external(&self) -> bool {
        self.join.is_empty()
    }

    /// Both.
    #[must_use]
    pub fn is_stable(&self) -> bool {
        self.is_internal() && self.is_external()
    }
}

/// Who lets newcomers in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Whoever wants to can join.
    Open,
    /// A newcomer must leave no member with less, founder or not.
    Unanimous,
    /// A newcomer must leave more than half of the members, founders included, with no less.
    Majority,
    /// A newcomer must leave no founder with less.
    FoundersVeto,
}

/// A step by which an agreement grows.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Who joins.
    pub player: usize,
    /// Members after the step.
    pub set: usize,
    /// What it gains by joining.
    pub gain: f64,
    /// What the members before it gain together.
    pub members_gain: f64,
    /// By member before it: what it gains.
    pub gains: Vec<(usize, f64)>,
}

impl Membership {
    /// Payoffs by set and player; `None` where there is not one payoff for each of at most 20 players
    /// and each set, or one is no number.
    #[must_use]
    pub fn new(payoffs: Vec<Vec<f64>>) -> Option<Self> {
        let players = payoffs.first()?.len();
        let complete = (1..=20).contains(&players) && payoffs.len() == 1 << players;
        let sound = |row: &Vec<f64>| row.len() == players && row.iter().all(|payoff| payoff.is_finite());
        if !complete || !payoffs.iter().all(sound) {
            return None;
        }
        let largest = payoffs.iter().flatten().fold(0.0_f64, |most, payoff| most.max(payoff.abs()));
        Some(Self { players, payoffs, tolerance: 1e-9 * largest })
    }

    /// How many players.
    #[must_use]
    pub fn players(&self) -> usize {
        self.players
    }

    /// A player's payoff under a set of members.
    #[must_use]
    pub fn payoff(&self, set: usize, player: usize) -> f64 {
        self.payoffs[set][player]
    }

    /// What the members of a set have together.
    #[must_use]
    pub fn together(&self, set: usize) -> f64 {
        members(set, self.players).map(|player| self.payoffs[set][player]).sum()
    }

    /// What a player gains by changing sides.
    fn gain(&self, set: usize, player: usize) -> f64 {
        self.payoffs[set ^ (1 << player)][player] - self.payoffs[set][player]
    }

    /// How a set of members stands.
    #[must_use]
    pub fn standing(&self, set: usize) -> Standing {
        let gains = |inside: bool| {
            let of = (0..self.players).filter(move |player| (set >> player & 1 == 1) == inside);
            let gains = of.map(|player| (player, self.gain(set, player)));
            gains.filter(|(_, gain)| *gain > self.tolerance).collect::<Vec<_>>()
        };
        let spare = -members(set, self.players).map(|player| self.gain(set, player)).sum::<f64>();
        Standing { set, leave: gains(true), join: gains(false), spare }
    }

    /// Every set of members that is stable, in rising order.
    #[must_use]
    pub fn stable(&self) -> Vec<usize> {
        (0..self.payoffs.len()).filter(|set| self.standing(*set).is_stable()).collect()
    }

    /// What becomes of everybody if a player joins a set.
    fn joining(&self, set: usize, player: usize) -> Step {
        let after = set | 1 << player;
        let gain = |one: usize| self.payoffs[after][one] - self.payoffs[set][one];
        let gains: Vec<(usize, f64)> =
            members(set, self.players).map(|member| (member, gain(member))).collect();
        let members_gain = gains.iter().map(|(_, gain)| gain).sum();
        Step { player, set: after, gain: gain(player), members_gain, gains }
    }

    /// Whether the members of a set let a newcomer in.
    fn admits(&self, step: &Step, founders: usize, admission: Admission) -> bool {
        let content = |gain: f64| gain >= -self.tolerance;
        match admission {
            Admission::Open => true,
            Admission::Unanimous => step.gains.iter().all(|(_, gain)| content(*gain)),
            Admission::Majority => {
                let agree = step.gains.iter().filter(|(_, gain)| content(*gain)).count();
                step.gains.is_empty() || 2 * agree > step.gains.len()
            }
            Admission::FoundersVeto => {
                let mut own = step.gains.iter().filter(|(member, _)| founders >> member & 1 == 1);
                own.all(|(_, gain)| content(*gain))
            }
        }
    }

    fn step(&self, set: usize, player: usize, founders: usize, admission: Admission) -> Option<Step> {
        let step = self.joining(set, player);
        (step.gain > self.tolerance && self.admits(&step, founders, admission)).then_some(step)
    }

    /// Who would gain by joining a set and is not let in, with what everybody would gain.
    #[must_use]
    pub fn refused(&self, set: usize, founders: usize, admission: Admission) -> Vec<Step> {
        let outside = (0..self.players).filter(|player| set >> player & 1 == 0);
        let wishing =
            outside.map(|player| self.joining(set, player)).filter(|step| step.gain > self.tolerance);
        wishing.filter(|step| !self.admits(step, founders, admission)).collect()
    }

    /// Who should be asked next, and next: at each step the newcomer that gains by joining and adds
    /// most to the members' payoff together, its own included; until nobody is left.
    #[must_use]
    pub fn accession(&self, founders: usize, admission: Admission) -> Vec<Step> {
        let mut steps: Vec<Step> = vec![];
        let mut set = founders;
        loop {
            let outside = (0..self.players).filter(|player| set >> player & 1 == 0);
            let possible = outside.filter_map(|player| self.step(set, player, founders, admission));
            let best = possible.reduce(|best, step| {
                if step.gain + step.members_gain > best.gain + best.members_gain { step } else { best }
            });
            let Some(step) = best else { return steps };
            set = step.set;
            steps.push(step);
        }
    }

    /// The way of willing steps to a set of members that has more together than the one [`Self::accession`]
    /// ends at, which looks one step ahead: somebody that adds little at first can bring others in. None
    /// where no way reaches more.
    #[must_use]
    pub fn better_accession(&self, founders: usize, admission: Admission) -> Vec<Step> {
        let end = |steps: &[Step]| self.together(steps.last().map_or(founders, |step| step.set));
        let best = self.best_accession(founders, admission);
        let more = end(&best) - end(&self.accession(founders, admission));
        if more > self.tolerance { best } else { vec![] }
    }

    /// The way of willing steps from the founders to the set of members that has most together, of
    /// all sets that such ways reach.
    fn best_accession(&self, founders: usize, admission: Admission) -> Vec<Step> {
        let mut from: Vec<Option<Step>> = vec![None; self.payoffs.len()];
        let mut reached = vec![false; self.payoffs.len()];
        reached[founders] = true;
        // steps lead to larger numbers only
        for set in founders..self.payoffs.len() {
            if !reached[set] {
                continue;
            }
            for player in (0..self.players).filter(|player| set >> player & 1 == 0) {
                if let Some(step) = self.step(set, player, founders, admission)
                    && !reached[step.set]
                {
                    let after = step.set;
                    reached[after] = true;
                    from[after] = Some(step);
                }
            }
        }
        let ends = (founders..self.payoffs.len()).filter(|set| reached[*set]);
        let best = ends.reduce(|best, set| if self.together(set) > self.together(best) { set } else { best });
        let mut steps = vec![];
        let mut set = best.unwrap_or(founders);
        while let Some(step) = from[set].clone() {
            set = step.set & !(1 << step.player);
            steps.push(step);
        }
        steps.reverse();
        steps
    }
}

/// The players of a set.
pub fn members(set: usize, players: usize) -> impl Iterator<Item = usize> {
    (0..players).filter(move |player| set >> player & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two players: the first gains 3 by a pact of both, the second loses 1.
    fn pact() -> Membership {
        let payoffs = vec![vec![0.0, 0.0], vec![0.0, 0.0], vec![0.0, 0.0], vec![3.0, -1.0]];
        Membership::new(payoffs).unwrap_or_else(|| panic!("a game"))
    }

    #[test]
    fn who_leaves_and_what_transfers_could_do() {
        let both = pact().standing(0b11);
        assert_eq!(both.leave, [(1, 1.0)]);
        assert!(!both.is_internal() && both.is_external());
        assert_eq!(both.spare, 2.0); // 3 − 1: the first can pay the second
        // with the second in, the first would join; with the first in, the second would not
        assert_eq!(pact().stable(), [0b00, 0b01]);
    }

    #[test]
    fn a_greedy_order_may_miss_what_the_best_order_reaches() {
        // three players beside a founder (bit 0): 1 adds 2 now; 2 adds 1 now and brings in 3, who adds 9,
        // but comes only where 1 is not
        let payoff = |set: usize| -> Vec<f64> {
            let has = |player: usize| set >> player & 1 == 1;
            let mut own = vec![0.0; 4];
            if !has(0) {
                return own;
            }
            own[1] = if has(1) { 2.0 } else { 0.0 };
            own[2] = if has(2) { 1.0 } else { 0.0 };
            own[3] = if has(3) && has(2) && !has(1) {
                9.0
            } else if has(3) {
                -1.0
            } else {
                0.0
            };
            own
        };
        let game = Membership::new((0..16).map(payoff).collect()).unwrap_or_else(|| panic!("a game"));
        let names = |steps: Vec<Step>| steps.iter().map(|step| step.player).collect::<Vec<_>>();
        assert_eq!(names(game.accession(1, Admission::Open)), [1, 2]);
        assert_eq!(names(game.better_accession(1, Admission::Open))[..2], [2, 3]);
    }

    #[test]
    fn unanimity_keeps_out_who_takes_from_a_member() {
        let payoffs = vec![vec![0.0, 0.0], vec![5.0, 0.0], vec![0.0, 0.0], vec![4.0, 3.0]];
        let game = Membership::new(payoffs).unwrap_or_else(|| panic!("a game"));
        assert_eq!(game.accession(0b01, Admission::Open).len(), 1);
        assert!(game.accession(0b01, Admission::Unanimous).is_empty());
        // no order of one newcomer is better than the only one
        assert!(game.better_accession(0b01, Admission::Open).is_empty());
    }
}
