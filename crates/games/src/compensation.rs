//! Compensation: how a fund is shared so that those who lose most lose least (N7).
//!
//! Transfers do not feed back into trade: what a country loses stays as it is.

use zollverein_numeric::linear::{Backend, ColumnId, LinearError, Program, Relation, Sense};

/// A country that may be compensated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recipient {
    /// Its change of welfare before the fund, million USD a year; below zero it loses.
    pub change: f64,
    /// Its gross domestic product, million USD a year, above zero.
    pub gdp: f64,
}

/// What a fund does.
#[derive(Debug, Clone, PartialEq)]
pub struct Shares {
    /// By recipient: what it gets, million USD a year.
    pub paid: Vec<f64>,
    /// By recipient: its change after the fund over its product, a ratio.
    pub after: Vec<f64>,
    /// What nobody needs any more, million USD a year.
    pub left: f64,
}

/// The least that makes no recipient worse off, million USD a year, administration included:
/// `Σ max(0, −change) / (1 − overhead)`. `overhead` is the share of a fund that administration takes.
#[must_use]
pub fn cheapest(recipients: &[Recipient], overhead: f64) -> f64 {
    let losses: f64 = recipients.iter().map(|recipient| (-recipient.change).max(0.0)).sum();
    losses / (1.0 - overhead)
}

/// A fund shared out by leximin on the change over product: the worst off is made as well off as can
/// be, then the next, and so on; nobody is lifted above no change at all.
///
/// ```text
/// max θ   with   (change_i + t_i)/gdp_i ≥ θ for those not settled,   = their θ for those settled,
///               Σ t_i ≤ fund,   0 ≤ t_i ≤ max(0, −change_i)
/// ```
///
/// One program a level. Those whose row has a price hold θ where it is and are settled there; a
/// recipient that gets nothing at its level, because it needs nothing, is settled with them.
///
/// # Errors
/// [`LinearError`] where a program is not solved.
pub fn leximin(recipients: &[Recipient], fund: f64, backend: Backend) -> Result<Shares, LinearError> {
    let need = |recipient: &Recipient| (-recipient.change).max(0.0);
    let whole: f64 = recipients.iter().map(need).sum();
    let mut settled: Vec<Option<f64>> = recipients.iter().map(|_| None).collect();
    let mut paid: Vec<f64> = vec![0.0; recipients.len()];
    if whole <= fund {
        paid = recipients.iter().map(need).collect();
        settled = recipients.iter().map(|_| Some(0.0)).collect();
    }
    while settled.iter().any(Option::is_none) {
        let mut program = Program::new(Sense::Maximise);
        let columns: Vec<ColumnId> = recipients.iter().map(|r| program.column(0.0, 0.0, need(r))).collect();
        let level = program.column(1.0, f64::NEG_INFINITY, f64::INFINITY);
        let mut rows = vec![];
        for ((recipient, column), settled) in recipients.iter().zip(&columns).zip(&settled) {
            // in shares of product: (change + t)/gdp
            let before = recipient.change / recipient.gdp;
            let own = (*column, 1.0 / recipient.gdp);
            rows.push(match settled {
                Some(level) => program.row(vec![own], Relation::Equal, level - before),
                None => program.row(vec![own, (level, -1.0)], Relation::AtLeast, -before),
            });
        }
        program.row(columns.iter().map(|column| (*column, 1.0)).collect(), Relation::AtMost, fund);
        let solution = program.solve(backend)?;
        let reached = solution.value(level);
        paid = solution.values(&columns);
        let mut any = false;
        for (at, row) in rows.iter().enumerate() {
            if settled[at].is_none() && solution.price(*row).abs() > 1e-9 {
                // a recipient at its cap cannot be lifted; the others hold the fund's end
                settled[at] = Some(reached);
                any = true;
            }
        }
        if !any {
            break; // no row holds the level: nobody is left who needs anything
        }
    }
    let after = recipients.iter().zip(&paid).map(|(r, paid)| (r.change + paid) / r.gdp).collect();
    let left = fund - paid.iter().sum::<f64>();
    Ok(Shares { paid, after, left })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipients(of: &[(f64, f64)]) -> Vec<Recipient> {
        of.iter().map(|(change, gdp)| Recipient { change: *change, gdp: *gdp }).collect()
    }

    #[test]
    fn the_worst_off_come_first_and_are_brought_level() {
        // −10 %, −4 %, −1 %, +2 %: 8 of 10 lift the first two to −3 %... by hand
        let all = recipients(&[(-10.0, 100.0), (-4.0, 100.0), (-1.0, 100.0), (2.0, 100.0)]);
        for backend in [Backend::Highs, Backend::Microlp] {
            let found = leximin(&all, 8.0, backend).unwrap_or_else(|error| panic!("{error}"));
            // (10 + 4 − 8)/2 = 3 each
            for (paid, wanted) in found.paid.iter().zip([7.0, 1.0, 0.0, 0.0]) {
                assert!((paid - wanted).abs() < 1e-9, "{found:?}");
            }
            assert!(found.left.abs() < 1e-9);
        }
    }

    #[test]
    fn a_fund_that_suffices_leaves_nobody_worse_off_and_keeps_the_rest() {
        let all = recipients(&[(-10.0, 50.0), (-4.0, 900.0), (3.0, 20.0)]);
        assert!((cheapest(&all, 0.0) - 14.0).abs() < 1e-12 && (cheapest(&all, 0.3) - 20.0).abs() < 1e-12);
        let found = leximin(&all, 20.0, Backend::default()).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(found.paid, [10.0, 4.0, 0.0]);
        assert!(found.after.iter().all(|after| *after >= 0.0) && (found.left - 6.0).abs() < 1e-12);
    }

    /// Against every way of sharing a small fund in steps.
    #[test]
    fn no_sharing_in_steps_is_better_in_the_sense_of_leximin() {
        let mut random = zollverein_numeric::search::Random::new(5);
        for _ in 0..40 {
            let all: Vec<Recipient> = (0..3)
                .map(|_| Recipient { change: 4.0 * random.unit() - 5.0, gdp: 50.0 + 100.0 * random.unit() })
                .collect();
            let fund = 4.0 * random.unit();
            let found = leximin(&all, fund, Backend::default()).unwrap_or_else(|error| panic!("{error}"));
            let sorted = |paid: &[f64]| {
                let mut after: Vec<f64> = all.iter().zip(paid).map(|(r, t)| (r.change + t) / r.gdp).collect();
                after.sort_by(f64::total_cmp);
                after
            };
            let ours = sorted(&found.paid);
            let steps = 60;
            for first in 0..=steps {
                for second in 0..=steps - first {
                    let part = |step: i32| fund * f64::from(step) / f64::from(steps);
                    let paid = [part(first), part(second), part(steps - first - second)];
                    if all.iter().zip(&paid).any(|(r, t)| *t > (-r.change).max(0.0) + 1e-12) {
                        continue;
                    }
                    let other = sorted(&paid);
                    let differ = ours.iter().zip(&other).find(|(a, b)| (**a - **b).abs() > 1e-9);
                    assert!(differ.is_none_or(|(a, b)| a > b), "{all:?} {fund} {ours:?} {other:?}");
                }
            }
        }
    }
}
