//! Steps in the place of curves: fine around a centre, twice as wide at each step away from it.

/// Steps from `low` to `high`, rising, each `(from, to)`; some may be empty.
///
/// A curve's steps are *centred*: the middle one lies astride the centre, so that its price is the
/// curve's price there. A link's steps have a *kink* at the centre. Where steps stand is what
/// makes a calibrated network return both its flows and its prices (S3).
pub(super) fn around(
    centre: f64,
    width: f64,
    (low, high): (f64, f64),
    centred: bool,
    each_side: usize,
) -> Vec<(f64, f64)> {
    let half = if centred { 0.5 * width } else { 0.0 };
    let (below, above) = ((centre - half).max(low), (centre + half).min(high));
    let mut steps = Vec::with_capacity(2 * each_side + 1);
    for step in (0..each_side).rev() {
        let from = if step + 1 == each_side { low } else { (below - width * reach(step + 1)).max(low) };
        let to = (below - width * reach(step)).max(low);
        steps.push((from, to));
    }
    if centred {
        steps.push((below, above));
    }
    for step in 0..each_side {
        let from = (above + width * reach(step)).min(high);
        let to = if step + 1 == each_side { high } else { (above + width * reach(step + 1)).min(high) };
        steps.push((from, to));
    }
    steps
}

/// 2ᵏ − 1
fn reach(steps: usize) -> f64 {
    (1_u64 << steps) as f64 - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_cover_the_range_without_gaps_and_stand_where_they_should() {
        for (centre, width) in [(10.0, 1.0), (0.0, 0.5), (99.9, 4.0), (10.0, 1e-6)] {
            for centred in [true, false] {
                let steps = around(centre, width, (0.0, 100.0), centred, 6);
                assert_eq!(steps[0].0, 0.0);
                assert_eq!(steps[steps.len() - 1].1, 100.0);
                assert!(steps.windows(2).all(|pair| pair[0].1 == pair[1].0), "{steps:?}");
                assert!(steps.iter().all(|(from, to)| from <= to));
                let at_centre = steps.iter().any(|(from, to)| *from == centre || *to == centre);
                assert!(centred || at_centre, "{steps:?}");
            }
        }
        assert_eq!(
            around(10.0, 2.0, (0.0, 100.0), true, 2),
            [(0.0, 7.0), (7.0, 9.0), (9.0, 11.0), (11.0, 13.0), (13.0, 100.0)]
        );
    }

    #[test]
    fn steps_double_away_from_the_centre_on_both_sides() {
        assert_eq!(
            around(50.0, 2.0, (0.0, 100.0), true, 4),
            [
                (0.0, 35.0),
                (35.0, 43.0),
                (43.0, 47.0),
                (47.0, 49.0),
                (49.0, 51.0),
                (51.0, 53.0),
                (53.0, 57.0),
                (57.0, 65.0),
                (65.0, 100.0)
            ]
        );
        assert_eq!(
            around(50.0, 2.0, (10.0, 60.0), false, 3),
            [(10.0, 44.0), (44.0, 48.0), (48.0, 50.0), (50.0, 52.0), (52.0, 56.0), (56.0, 60.0)]
        );
    }
}
