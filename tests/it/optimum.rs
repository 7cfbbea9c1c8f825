//! The best point under limits: known optima, shadow prices, menus, and against random points.

use std::convert::Infallible;
use zollverein::games::optimum::{Found, Point, Search, Space, Values, best};

fn find(space: &Space, start: &Point, function: &(dyn Fn(&Point) -> Values + Sync)) -> Found {
    let Ok(found) =
        best(space, start, &|point: &Point| Ok::<_, Infallible>(function(point)), &Search::default());
    found
}

fn close(found: f64, expected: f64, within: f64) {
    assert!((found - expected).abs() <= within, "{found} is not {expected}");
}

/// Rosen and Suzuki (1965): x = (0, 1, 2, −1), f = 44, with two limits binding at prices 1 and 2.
#[test]
fn rosen_and_suzukis_problem() {
    let function = |point: &Point| {
        let [a, b, c, d] = point.numbers[..] else { panic!("four numbers") };
        let objective = -(a * a + b * b + 2.0 * c * c + d * d - 5.0 * a - 5.0 * b - 21.0 * c + 7.0 * d);
        let limits = vec![
            8.0 - (a * a + b * b + c * c + d * d + a - b + c - d),
            10.0 - (a * a + 2.0 * b * b + c * c + 2.0 * d * d - a - d),
            5.0 - (2.0 * a * a + b * b + c * c + 2.0 * a - b - d),
        ];
        Values { objective, limits }
    };
    let space = Space { bounds: vec![(-3.0, 3.0); 4], menus: vec![], scales: vec![1.0; 3] };
    let start = Point { numbers: vec![-1.0, 0.0, 0.5, 1.0], choices: vec![] };
    let found = find(&space, &start, &function);
    close(found.values.objective, 44.0, 1e-6);
    for (number, expected) in found.point.numbers.iter().zip([0.0, 1.0, 2.0, -1.0]) {
        close(*number, expected, 1e-5);
    }
    for (price, expected) in found.prices.iter().flatten().zip([1.0, 0.0, 2.0]) {
        close(*price, expected, 1e-5);
    }
    assert!(found.residual <= 1e-6 && found.miss == 0.0, "{found:?}");
}

/// A flat top: the fourth power and the square meet at 0.7.
#[test]
fn a_top_inside_the_box_is_found_to_the_last_digits() {
    let function = |point: &Point| {
        let x = &point.numbers;
        let objective =
            -(x[0] - 0.3).powi(2) - 2.0 * (x[1] - 0.7).powi(4) - (x[0] - 0.3) * (x[1] - 0.7) * 0.1;
        Values { objective: objective - (x[1] - 0.7).powi(2), limits: vec![] }
    };
    let space = Space { bounds: vec![(0.0, 1.0), (0.0, 2.0)], menus: vec![], scales: vec![] };
    let found = find(&space, &Point { numbers: vec![0.9, 0.1], choices: vec![] }, &function);
    close(found.point.numbers[0], 0.3, 1e-7);
    close(found.point.numbers[1], 0.7, 1e-7);
    assert!(found.residual <= 1e-6, "{found:?}");
}

/// Two menus change where the top is and what a limit costs; no random point is better.
#[test]
fn menus_limits_and_numbers_together_are_beaten_by_no_random_point() {
    let function = |point: &Point| {
        let x = &point.numbers;
        let (a, b) = (point.choices[0] as f64, point.choices[1] as f64);
        let objective = (x[0] + 1.0).ln() * (1.0 + a) + (x[1] + 0.5 + 0.2 * b).sqrt() + 0.3 * x[2]
            - 0.2 * x[2] * x[2]
            - 0.35 * a * a
            - 0.1 * b;
        let limits = vec![1.5 - x[0] - x[1] * x[1] - 0.3 * a, 1.2 - x[1] * (1.0 + x[2]) + 0.25 * b];
        Values { objective, limits }
    };
    let space = Space { bounds: vec![(0.0, 2.0); 3], menus: vec![3, 2], scales: vec![1.0; 2] };
    let found = find(&space, &Point { numbers: vec![0.0; 3], choices: vec![0, 0] }, &function);
    assert!(found.residual <= 1e-6 && found.miss == 0.0, "{found:?}");
    let mut random = zollverein::numeric::search::Random::new(7);
    for _ in 0..100_000 {
        let numbers = (0..3).map(|_| 2.0 * random.unit()).collect();
        let choices = vec![random.below(3), random.below(2)];
        let values = function(&Point { numbers, choices });
        if values.limits.iter().all(|limit| *limit >= 0.0) {
            assert!(values.objective <= found.values.objective + 1e-9, "{values:?} beats {found:?}");
        }
    }
    // shadow prices against the same problem with a little more room
    for at in 0..2 {
        let wider = |point: &Point| {
            let mut values = function(point);
            values.limits[at] += 1e-3;
            values
        };
        let more = find(&space, &found.point, &wider);
        let price = (more.values.objective - found.values.objective) / 1e-3;
        close(found.prices.as_ref().expect("known")[at], price, 0.02 * price.abs().max(1e-3));
    }
}

/// Limits that cannot both be kept leave the least miss, and say so.
#[test]
fn limits_that_conflict_are_missed_and_not_hidden() {
    let function = |point: &Point| {
        let x = point.numbers[0];
        Values { objective: x, limits: vec![x - 0.8, 0.2 - x] }
    };
    let space = Space { bounds: vec![(0.0, 1.0)], menus: vec![], scales: vec![1.0; 2] };
    let found = find(&space, &Point { numbers: vec![0.5], choices: vec![] }, &function);
    assert!(found.miss >= 0.3 - 1e-9, "{found:?}");
}

/// A limit that is not a number is not kept, however much the point is worth.
#[test]
fn a_limit_that_is_not_a_number_is_never_kept() {
    let function = |point: &Point| {
        let unknown = point.choices[0] == 1 || point.numbers[0] > 0.9;
        let limit = if unknown { f64::NAN } else { 0.5 - point.numbers[0] };
        Values { objective: point.numbers[0] + 10.0 * point.choices[0] as f64, limits: vec![limit, 1.0] }
    };
    let space = Space { bounds: vec![(0.0, 1.0)], menus: vec![2], scales: vec![1.0; 2] };
    for choice in [0, 1] {
        let found = find(&space, &Point { numbers: vec![0.25], choices: vec![choice] }, &function);
        assert_eq!((found.point.choices[0], found.miss), (0, 0.0), "{found:?}");
        close(found.point.numbers[0], 0.5, 1e-6);
    }
}
