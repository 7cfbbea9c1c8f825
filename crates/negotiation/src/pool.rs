//! Every point that was asked about, so that nothing is found twice and an answer can be set against all of them.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use zollverein_games::optimum::Point;

/// Points with what is known of each, in an order that does not depend on threads.
#[derive(Debug)]
pub(super) struct Pool<T>(Mutex<BTreeMap<Vec<u64>, (Point, T)>>);

fn key(point: &Point) -> Vec<u64> {
    let mut key: Vec<u64> = point.choices.iter().map(|choice| *choice as u64).collect();
    key.extend(point.numbers.iter().map(|number| number.to_bits()));
    key
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Pool<T> {
    /// Keeps a point.
    pub fn see(&self, point: &Point, known: T) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(key(point)).or_insert_with(|| (point.clone(), known));
    }

    /// What is known of a point, if it was kept.
    pub fn get(&self, point: &Point) -> Option<T> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&key(point)).map(|(_, known)| known.clone())
    }

    /// Every point with what is known of it, in order.
    pub fn all(&self) -> Vec<(Point, T)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// How many points there are.
    pub fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The point that is worth most, what is known of it and its worth; `None` where none is worth anything.
    /// Of equals the first in order.
    pub fn best(&self, worth: impl Fn(&T) -> Option<f64>) -> Option<(Point, T, f64)> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut best: Option<(&(Point, T), f64)> = None;
        for one in all.values() {
            let Some(own) = worth(&one.1).filter(|own| !own.is_nan()) else { continue };
            if best.is_none_or(|(_, known)| own > known) {
                best = Some((one, own));
            }
        }
        best.map(|((point, known), own)| (point.clone(), known.clone(), own))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(number: f64) -> Point {
        Point { numbers: vec![number], choices: vec![] }
    }

    #[test]
    fn the_best_point_is_the_first_in_order_among_equals_and_points_count_once() {
        let pool = Pool::default();
        for number in [2.0, 1.0, 3.0, 1.0, -4.0] {
            pool.see(&at(number), number);
        }
        assert_eq!(pool.len(), 4);
        assert_eq!((pool.get(&at(3.0)), pool.get(&at(9.0))), (Some(3.0), None));
        assert_eq!(pool.all().len(), 4);
        assert_eq!(pool.best(|number| Some(-number.abs())).map(|(point, ..)| point), Some(at(1.0)));
        assert_eq!(
            pool.best(|number| (*number > 1.5).then_some(7.0)).map(|(point, ..)| point),
            Some(at(2.0))
        );
        assert_eq!(pool.best(|_| None), None);
        assert_eq!(pool.best(|_| Some(f64::NAN)), None);
    }
}
