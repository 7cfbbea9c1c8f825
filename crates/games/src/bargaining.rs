//! Bargains: which of the agreements that everyone prefers to none is fair, by the rules of Nash,
//! Kalai and Smorodinsky, equal gains, and the largest sum.
//!
//! A gain is a payoff less that of the disagreement point. Payoffs of all parties are in one unit.

use std::convert::Infallible;
use zollverein_numeric::linear::{Backend, ColumnId, LinearError, Program, Relation, Sense};
use zollverein_numeric::search::{largest, zero};

/// A rule by which an agreement is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// The largest product of gains, each to the power of its party's weight (Nash 1950; weighted:
    /// Kalai 1977).
    Nash,
    /// The largest common share of what each could gain at most (Kalai and Smorodinsky 1975).
    KalaiSmorodinsky,
    /// The largest smallest gain (Kalai 1977).
    Egalitarian,
    /// The largest weighted sum of gains; for comparison, as it looks at nobody's share.
    Utilitarian,
}

impl Rule {
    /// Every rule.
    pub const ALL: [Self; 4] = [Self::Nash, Self::KalaiSmorodinsky, Self::Egalitarian, Self::Utilitarian];

    /// Its name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Nash => "nash",
            Self::KalaiSmorodinsky => "kalai_smorodinsky",
            Self::Egalitarian => "egalitarian",
            Self::Utilitarian => "utilitarian",
        }
    }
}

/// Two parties' payoffs along the border of what they can reach: the second's falls, and ever
/// faster, as the first's rises.
pub struct Frontier<'a> {
    /// The first party's least and largest payoff.
    pub bounds: (f64, f64),
    /// The second party's payoff at one of the first's.
    pub second: &'a dyn Fn(f64) -> f64,
}

impl Frontier<'_> {
    /// The payoffs that a rule chooses; `None` where no point of the frontier gives both more than
    /// the disagreement point.
    #[must_use]
    pub fn bargain(&self, rule: Rule, disagreement: [f64; 2], weights: [f64; 2]) -> Option<[f64; 2]> {
        let ask = |value: f64| Ok::<f64, Infallible>(value);
        let low = self.bounds.0.max(disagreement[0]);
        // the first's most: where the second has no more than without an agreement
        let Ok(end) = zero((low, self.bounds.1), |x| ask((self.second)(x) - disagreement[1]));
        let high = match end {
            Some(end) => end,
            None if (self.second)(self.bounds.1) > disagreement[1] => self.bounds.1,
            None => return None,
        };
        if high <= low {
            return None;
        }
        let gains = |x: f64| [x - disagreement[0], (self.second)(x) - disagreement[1]];
        let ideal = [high - disagreement[0], (self.second)(low) - disagreement[1]];
        let even = |scale: [f64; 2]| {
            let Ok(at) = zero((low, high), |x| ask(gains(x)[0] / scale[0] - gains(x)[1] / scale[1]));
            // one party's gain is the smaller one throughout: its most
            at.unwrap_or(if gains(high)[0] / scale[0] < gains(high)[1] / scale[1] { high } else { low })
        };
        let top = |value: &dyn Fn(f64) -> f64| {
            let Ok(best) = largest((low, high), 16, |x| ask(value(x)));
            best.at
        };
        let x = match rule {
            Rule::Nash => top(&|x| {
                let [first, second] = gains(x);
                if first <= 0.0 || second <= 0.0 {
                    return f64::MIN;
                }
                weights[0] * first.ln() + weights[1] * second.ln()
            }),
            Rule::KalaiSmorodinsky => even(ideal),
            Rule::Egalitarian => even([1.0, 1.0]),
            Rule::Utilitarian => top(&|x| weights[0] * x + weights[1] * (self.second)(x)),
        };
        Some([x, (self.second)(x)])
    }
}

/// Gains of a proposal, by party.
fn gains(payoffs: &[f64], disagreement: &[f64]) -> Vec<f64> {
    payoffs.iter().zip(disagreement).map(|(payoff, without)| payoff - without).collect()
}

/// The proposal among some that a rule chooses, by position; `None` if each of them leaves some
/// party with less than without an agreement. Of equals the first is taken.
#[must_use]
pub fn among(rule: Rule, proposals: &[Vec<f64>], disagreement: &[f64], weights: &[f64]) -> Option<usize> {
    let acceptable: Vec<(usize, Vec<f64>)> = proposals
        .iter()
        .enumerate()
        .map(|(at, payoffs)| (at, gains(payoffs, disagreement)))
        .filter(|(_, gains)| gains.iter().all(|gain| *gain >= 0.0))
        .collect();
    let most = |party: usize| acceptable.iter().map(|(_, gains)| gains[party]).fold(0.0, f64::max);
    let ideal: Vec<f64> = (0..disagreement.len()).map(most).collect();
    // compared from the left: later numbers decide between equals of the earlier ones
    let key = |gains: &[f64]| -> Vec<f64> {
        let sorted = |mut values: Vec<f64>| {
            values.sort_by(f64::total_cmp);
            values
        };
        match rule {
            Rule::Nash => vec![gains.iter().zip(weights).map(|(gain, weight)| weight * gain.ln()).sum()],
            Rule::KalaiSmorodinsky => {
                let share = |(gain, most): (&f64, &f64)| if *most > 0.0 { gain / most } else { 1.0 };
                sorted(gains.iter().zip(&ideal).map(share).collect())
            }
            Rule::Egalitarian => sorted(gains.to_vec()),
            Rule::Utilitarian => vec![gains.iter().zip(weights).map(|(gain, weight)| weight * gain).sum()],
        }
    };
    let mut best: Option<(usize, Vec<f64>)> = None;
    for (at, gains) in &acceptable {
        let own = key(gains);
        let better = best.as_ref().is_none_or(|(_, before)| {
            let differ = own.iter().zip(before).find(|(a, b)| a != b);
            differ.is_some_and(|(a, b)| a > b)
        });
        if better {
            best = Some((*at, own));
        }
    }
    best.map(|(at, _)| at)
}

/// A mixture of proposals: what is agreed is each of them for a share of the time, or by lot.
#[derive(Debug, Clone, PartialEq)]
pub struct Mixture {
    /// By proposal: its share; they add up to one.
    pub shares: Vec<f64>,
    /// By party: the payoff.
    pub payoffs: Vec<f64>,
}

/// The mixture of some proposals that a rule chooses; `None` if none leaves everyone at least what
/// there is without an agreement.
///
/// Nash's rule is a concave problem; its logarithms are met by tangents, one more a round
/// (Kelley 1960), until what the tangents promise is reached to 1e-10.
///
/// # Errors
/// [`LinearError`] where a program is not solved.
pub fn mixed(
    rule: Rule,
    proposals: &[Vec<f64>],
    disagreement: &[f64],
    weights: &[f64],
    backend: Backend,
) -> Result<Option<Mixture>, LinearError> {
    let mix = Mix { proposals, disagreement, backend };
    let parties = disagreement.len();
    let sum = |of: &[f64]| -> Vec<(usize, f64)> {
        of.iter().enumerate().map(|(party, weight)| (party, *weight)).collect()
    };
    let found = match rule {
        Rule::Utilitarian => mix.solve(&[sum(weights)], &[])?,
        Rule::Egalitarian => {
            mix.solve(&(0..parties).map(|party| vec![(party, 1.0)]).collect::<Vec<_>>(), &[])?
        }
        Rule::KalaiSmorodinsky => {
            let mut ideal = vec![];
            for (party, without) in disagreement.iter().enumerate() {
                match mix.solve(&[vec![(party, 1.0)]], &[])? {
                    Some(best) => ideal.push(best.payoffs[party] - without),
                    None => return Ok(None),
                }
            }
            // who can gain nothing has no share to be compared
            let shares = (0..parties).filter(|party| ideal[*party] > 0.0);
            mix.solve(&shares.map(|party| vec![(party, 1.0 / ideal[party])]).collect::<Vec<_>>(), &[])?
        }
        Rule::Nash => return nash(&mix, weights),
    };
    Ok(found)
}

/// Mixtures of proposals against a disagreement point.
struct Mix<'a> {
    proposals: &'a [Vec<f64>],
    disagreement: &'a [f64],
    backend: Backend,
}

/// A tangent on the sum of logs: `Σ (1/gain) · (gain − at)` by party, and the value at the point.
struct Tangent {
    slopes: Vec<f64>,
    at: Vec<f64>,
    value: f64,
}

impl Mix<'_> {
    /// The mixture with the largest smallest of some sums of gains, below some tangents.
    fn solve(
        &self,
        sums: &[Vec<(usize, f64)>],
        tangents: &[Tangent],
    ) -> Result<Option<Mixture>, LinearError> {
        let mut program = Program::new(Sense::Maximise);
        let shares: Vec<ColumnId> = self.proposals.iter().map(|_| program.column(0.0, 0.0, 1.0)).collect();
        let least = program.column(1.0, f64::NEG_INFINITY, f64::INFINITY);
        program.row(shares.iter().map(|share| (*share, 1.0)).collect(), Relation::Equal, 1.0);
        let gain = |party: usize, factor: f64, entries: &mut [f64]| {
            for (entry, proposal) in entries.iter_mut().zip(self.proposals) {
                *entry += factor * (proposal[party] - self.disagreement[party]);
            }
        };
        let mut row = |coefficients: Vec<f64>, own: f64, right: f64| {
            let mut entries: Vec<(ColumnId, f64)> = shares.iter().copied().zip(coefficients).collect();
            if own != 0.0 {
                entries.push((least, own));
            }
            program.row(entries, Relation::AtLeast, right);
        };
        for party in 0..self.disagreement.len() {
            let mut entries = vec![0.0; self.proposals.len()];
            gain(party, 1.0, &mut entries);
            row(entries, 0.0, 0.0);
        }
        for sum in sums {
            let mut entries = vec![0.0; self.proposals.len()];
            for (party, factor) in sum {
                gain(*party, *factor, &mut entries);
            }
            row(entries, -1.0, 0.0);
        }
        for tangent in tangents {
            let mut entries = vec![0.0; self.proposals.len()];
            let mut right = -tangent.value;
            for (party, slope) in tangent.slopes.iter().enumerate() {
                gain(party, *slope, &mut entries);
                right += slope * tangent.at[party];
            }
            row(entries, -1.0, right);
        }
        match program.solve(self.backend) {
            Ok(solution) => {
                let shares = solution.values(&shares);
                let payoff = |party: usize| {
                    shares.iter().zip(self.proposals).map(|(share, proposal)| share * proposal[party]).sum()
                };
                let payoffs = (0..self.disagreement.len()).map(payoff).collect();
                Ok(Some(Mixture { shares, payoffs }))
            }
            Err(LinearError::Infeasible(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// The mixture with the largest weighted product of gains.
fn nash(mix: &Mix<'_>, weights: &[f64]) -> Result<Option<Mixture>, LinearError> {
    const ROUNDS: usize = 400;
    let parties = mix.disagreement.len();
    let each: Vec<Vec<(usize, f64)>> = (0..parties).map(|party| vec![(party, 1.0)]).collect();
    let Some(start) = mix.solve(&each, &[])? else { return Ok(None) };
    let value =
        |gains: &[f64]| -> f64 { gains.iter().zip(weights).map(|(gain, weight)| weight * gain.ln()).sum() };
    if gains(&start.payoffs, mix.disagreement).iter().any(|gain| *gain <= 0.0) {
        return Ok(Some(start)); // somebody can gain nothing: the product is nothing whatever is agreed
    }
    let mut best = start.clone();
    let mut tangents: Vec<Tangent> = vec![];
    let mut next = start;
    for _ in 0..ROUNDS {
        let at = gains(&next.payoffs, mix.disagreement);
        // tangents stand where every gain is above nothing: half the way back from a border
        let inner: Vec<f64> = at
            .iter()
            .zip(gains(&best.payoffs, mix.disagreement))
            .map(|(gain, known)| if *gain > 1e-9 * known { *gain } else { 0.5 * (gain + known) })
            .collect();
        let slopes = inner.iter().zip(weights).map(|(gain, weight)| weight / gain).collect();
        tangents.push(Tangent { slopes, value: value(&inner), at: inner });
        if at.iter().all(|gain| *gain > 0.0) && value(&at) > value(&gains(&best.payoffs, mix.disagreement)) {
            best = next;
        }
        let Some(promised) = mix.solve(&[], &tangents)? else { return Ok(Some(best)) };
        let own = gains(&promised.payoffs, mix.disagreement);
        let promise = tangents.iter().map(|tangent| {
            let moved = own.iter().zip(&tangent.at).zip(&tangent.slopes);
            tangent.value + moved.map(|((own, at), slope)| slope * (own - at)).sum::<f64>()
        });
        let promise = promise.fold(f64::INFINITY, f64::min);
        next = promised;
        if promise - value(&gains(&best.payoffs, mix.disagreement)) <= 1e-10 {
            break;
        }
    }
    Ok(Some(sharpened(mix, weights, best)))
}

/// A mixture whose product of gains is as large as moving shares between any two of its proposals
/// can make it: programs end at the solver's tolerance, of which the shares are only the root.
fn sharpened(mix: &Mix<'_>, weights: &[f64], found: Mixture) -> Mixture {
    const ROUNDS: usize = 200;
    let Mixture { mut shares, mut payoffs } = found;
    let taken: Vec<usize> = (0..shares.len()).filter(|at| shares[*at] > 1e-7).collect();
    for _ in 0..ROUNDS {
        let mut moved = 0.0_f64;
        for (position, one) in taken.iter().enumerate() {
            for other in &taken[position + 1..] {
                // what each party's payoff gains by a share that moves to the first
                let step: Vec<f64> =
                    mix.proposals[*one].iter().zip(&mix.proposals[*other]).map(|(a, b)| a - b).collect();
                let slope = |by: f64| -> f64 {
                    let own = payoffs.iter().zip(mix.disagreement).zip(&step).zip(weights);
                    own.map(|(((payoff, without), step), weight)| {
                        weight * step / (payoff + by * step - without)
                    })
                    .sum()
                };
                // not so far that a gain ends
                let mut bounds = (-shares[*one], shares[*other]);
                for ((payoff, without), step) in payoffs.iter().zip(mix.disagreement).zip(&step) {
                    let end = -(payoff - without) / step * (1.0 - 1e-9);
                    if *step > 0.0 {
                        bounds.0 = bounds.0.max(end);
                    } else if *step < 0.0 {
                        bounds.1 = bounds.1.min(end);
                    }
                }
                let Ok(at) = zero(bounds, |by| Ok::<f64, Infallible>(slope(by)));
                let by = at.unwrap_or(if slope(bounds.1) > 0.0 { bounds.1 } else { bounds.0 });
                shares[*one] += by;
                shares[*other] -= by;
                payoffs.iter_mut().zip(&step).for_each(|(payoff, step)| *payoff += by * step);
                moved = moved.max(by.abs());
            }
        }
        if moved <= 1e-14 {
            break;
        }
    }
    Mixture { shares, payoffs }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three proposals to share 10: all to one, all to the other, and 4 each.
    fn proposals() -> Vec<Vec<f64>> {
        vec![vec![10.0, 0.0], vec![0.0, 10.0], vec![4.0, 4.0]]
    }

    #[test]
    fn among_proposals_each_rule_chooses_its_own_and_none_that_somebody_refuses() {
        let half = [0.5, 0.5];
        assert_eq!(among(Rule::Nash, &proposals(), &[0.0, 0.0], &half), Some(2));
        assert_eq!(among(Rule::Egalitarian, &proposals(), &[0.0, 0.0], &half), Some(2));
        assert_eq!(among(Rule::KalaiSmorodinsky, &proposals(), &[0.0, 0.0], &half), Some(2));
        assert_eq!(among(Rule::Utilitarian, &proposals(), &[0.0, 0.0], &half), Some(0));
        assert_eq!(among(Rule::Nash, &proposals(), &[5.0, 0.0], &half), Some(0));
        assert_eq!(among(Rule::Nash, &proposals(), &[5.0, 1.0], &half), None);
    }

    #[test]
    fn mixtures_share_the_pie_and_give_each_its_disagreement_payoff_first() {
        for backend in [Backend::Highs, Backend::Microlp] {
            let of = |rule, disagreement: [f64; 2], weights: [f64; 2]| {
                let found = mixed(rule, &proposals(), &disagreement, &weights, backend);
                found.unwrap_or_else(|error| panic!("{error}"))
            };
            let near = |found: Option<Mixture>, wanted: [f64; 2]| {
                let found = found.unwrap_or_else(|| panic!("a mixture"));
                let off = found.payoffs.iter().zip(wanted).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
                assert!(off < 1e-9, "{found:?} {wanted:?}");
                assert!((found.shares.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            };
            near(of(Rule::Egalitarian, [0.0, 0.0], [0.5, 0.5]), [5.0, 5.0]);
            near(of(Rule::Nash, [0.0, 0.0], [0.5, 0.5]), [5.0, 5.0]);
            // 2 and 1 first, then 7 to share by the weights
            near(of(Rule::Nash, [2.0, 1.0], [0.7, 0.3]), [2.0 + 4.9, 1.0 + 2.1]);
            near(of(Rule::KalaiSmorodinsky, [2.0, 1.0], [0.5, 0.5]), [5.5, 4.5]);
            assert_eq!(of(Rule::Nash, [6.0, 5.0], [0.5, 0.5]), None);
        }
    }
}
