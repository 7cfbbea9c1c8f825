//! Problems of large files: the first of each file in full, the others counted.

use std::collections::BTreeMap;
use zollverein_model::problem::{Place, Problem, Problems};

/// So many problems of a file are shown; the others are counted.
pub const SHOWN: usize = 20;

/// Problems by file, at most [`SHOWN`] of each in full.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    files: BTreeMap<String, (Vec<Problem>, usize)>,
}

impl Faults {
    /// Adds a problem. Those of a file must come in the order of its lines.
    pub fn add(&mut self, place: Place, what: impl Into<String>, remedy: impl Into<String>) {
        self.put(Problem { place, what: what.into(), remedy: remedy.into() });
    }

    fn put(&mut self, problem: Problem) {
        let (shown, more) = self.files.entry(problem.place.file.clone()).or_default();
        if shown.len() < SHOWN {
            shown.push(problem);
        } else {
            *more += 1;
        }
    }

    /// Adds the problems of a later part of the same files, or of others.
    pub fn append(&mut self, other: Self) {
        for (file, (shown, more)) in other.files {
            for problem in shown {
                self.put(problem);
            }
            self.files.entry(file).or_default().1 += more;
        }
    }

    /// Adds problems that were collected elsewhere.
    pub fn take(&mut self, problems: Problems) {
        let sorted = problems.into_result(()).err().unwrap_or_default();
        for problem in sorted.as_slice() {
            self.put(problem.clone());
        }
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.values().all(|(shown, more)| shown.is_empty() && *more == 0)
    }

    /// The value if nothing is wrong.
    ///
    /// # Errors
    /// The problems, with a line for each file that says how many more it has.
    pub fn into_result<T>(self, value: T) -> Result<T, Problems> {
        let mut problems = Problems::new();
        for (file, (shown, more)) in self.files {
            let last = shown.last().and_then(|problem| problem.place.line);
            for Problem { place, what, remedy } in shown {
                problems.add(place, what, remedy);
            }
            if more > 0 {
                let place = Place { file, line: last, column: None };
                problems.add(place, format!("… and {more} more in this file"), "mend these first");
            }
        }
        problems.into_result(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_are_shown_and_the_others_counted() {
        let (mut early, mut late) = (Faults::default(), Faults::default());
        for line in 1..=15 {
            early.add(Place::line("a.csv", line), "bad", "mend it");
            late.add(Place::line("a.csv", 100 + line), "bad", "mend it");
        }
        early.append(late);
        let Err(problems) = early.into_result(()) else { unreachable!() };
        let shown: Vec<String> = problems.as_slice().iter().map(|p| p.what.clone()).collect();
        assert_eq!(shown.len(), SHOWN + 1);
        assert_eq!(shown.last().map(String::as_str), Some("… and 10 more in this file"));
    }
}
