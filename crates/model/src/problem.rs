//! What is wrong with an input, where, and what would put it right.
//!
//! Reading never stops at the first fault: problems are collected and shown
//! together.

use std::fmt;

/// A position in an input: a file, and a line and column where they are known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Place {
    /// The file's name as the user gave it.
    pub file: String,
    /// Line, counted from 1.
    pub line: Option<usize>,
    /// Column, counted from 1.
    pub column: Option<usize>,
}

impl Place {
    /// A whole file.
    #[must_use]
    pub fn file(file: impl Into<String>) -> Self {
        Self { file: file.into(), line: None, column: None }
    }

    /// A line of a file.
    #[must_use]
    pub fn line(file: impl Into<String>, line: usize) -> Self {
        Self { file: file.into(), line: Some(line), column: None }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
            if let Some(column) = self.column {
                write!(f, ":{column}")?;
            }
        }
        Ok(())
    }
}

/// One fault of an input.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where it is.
    pub place: Place,
    /// What is wrong, with the value as it stands in the input.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}\n    remedy: {}", self.place, self.what, self.remedy)
    }
}

/// Names above this many bytes are not compared with others.
const LONGEST_NAME: usize = 200;

/// How many characters of a text are shown; a value from a file can have millions.
const SHOWN: usize = 1_000;

/// A text with its middle left out where it is very long.
fn shortened(text: String) -> String {
    if text.len() <= 4 * SHOWN {
        return text;
    }
    let end = |at: usize| text.char_indices().nth(at).map_or(text.len(), |(at, _)| at);
    let beginning = &text[..end(SHOWN)];
    let tail = text.char_indices().rev().nth(200).map_or(0, |(at, _)| at);
    format!("{beginning} … ({} bytes in all) … {}", text.len(), &text[tail..])
}

/// Every fault found in an input, in the order of files and lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// No problem so far.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A single fault.
    #[must_use]
    pub fn one(place: Place, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        let mut problems = Self::new();
        problems.add(place, what, remedy);
        problems
    }

    /// Adds a fault.
    pub fn add(&mut self, place: Place, what: impl Into<String>, remedy: impl Into<String>) {
        self.0.push(Problem { place, what: shortened(what.into()), remedy: shortened(remedy.into()) });
    }

    /// Adds all faults of another list.
    pub fn append(&mut self, other: Problems) {
        self.0.extend(other.0);
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The faults.
    #[must_use]
    pub fn as_slice(&self) -> &[Problem] {
        &self.0
    }

    /// The problems as the error of something that has failed, sorted by place and without
    /// repetitions. A failure without a reason is a fault of the program, and says so: an error
    /// never counts nought problems.
    #[must_use]
    pub fn into_error(self) -> Problems {
        let nothing_said = || {
            let what = "internal error: this was refused, and no reason was noted";
            Self::one(Place::default(), what, "please report it with the input that led here")
        };
        self.into_result(()).err().unwrap_or_else(nothing_said)
    }

    /// The value if nothing is wrong.
    ///
    /// # Errors
    /// The problems themselves, sorted by place and without repetitions, if
    /// there are any.
    pub fn into_result<T>(mut self, value: T) -> Result<T, Problems> {
        if self.0.is_empty() {
            Ok(value)
        } else {
            self.0.sort();
            self.0.dedup();
            Err(self)
        }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        writeln!(f, "{count} problem{} in the input:", if count == 1 { "" } else { "s" })?;
        for (n, problem) in self.0.iter().enumerate() {
            if n > 0 {
                writeln!(f)?;
            }
            write!(f, "  {problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// The known name most like a misspelt one, if any is near enough to be meant.
#[must_use]
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > LONGEST_NAME {
        return None; // likeness takes time and memory by the product of both lengths
    }
    let wanted = name.to_lowercase();
    known
        .into_iter()
        .filter(|candidate| candidate.len() <= LONGEST_NAME)
        .map(|candidate| (likeness(&wanted, &candidate.to_lowercase()), candidate))
        .filter(|(likeness, _)| *likeness >= 0.72)
        .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(a.1)))
        .map(|(_, candidate)| candidate)
}

/// How alike two names are, 0 to 1; letters swapped make them as good as one wrong letter.
fn likeness(a: &str, b: &str) -> f64 {
    let longest = a.chars().count().max(b.chars().count()).max(1);
    let swapped = strsim::damerau_levenshtein(a, b) == 1 && longest > 2;
    strsim::jaro_winkler(a, b).max(if swapped { 0.8 } else { 0.0 })
}

/// The remedy for a name that is not known: the nearest that is, else some that are.
#[must_use]
pub fn instead<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match nearest(name, known.iter().copied()) {
        Some(candidate) => format!("did you mean `{candidate}`?"),
        None if known.is_empty() => "nothing of that kind is known here".to_owned(),
        None => {
            let shown: Vec<String> = known.iter().take(12).map(|k| format!("`{k}`")).collect();
            let more = if known.len() > 12 { ", …" } else { "" };
            format!("known are {}{more}", shown.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_very_long_value_is_shown_in_part() {
        let mut problems = Problems::new();
        problems.add(Place::file("a"), format!("`{}` is no number", "é".repeat(1 << 20)), "write one");
        let what = &problems.as_slice()[0].what;
        assert!(what.len() < 5_000 && what.starts_with("`éé") && what.ends_with("is no number"), "{what}");
        problems.add(Place::file("a"), "é".repeat(1_500), "");
        assert_eq!(problems.as_slice()[1].what, "é".repeat(1_500));
    }

    #[test]
    fn a_misspelt_name_gets_its_neighbour() {
        assert_eq!(nearest("steal", ["steel", "aluminium"]), Some("steel"));
        assert_eq!(nearest("USB", ["USA", "CHN"]), Some("USA"));
        assert_eq!(nearest("BRO", ["BOR", "CHN"]), Some("BOR"));
        assert_eq!(nearest("zzz", ["steel"]), None);
    }

    #[test]
    fn a_failure_always_has_a_reason() {
        assert_eq!(Problems::new().into_error().as_slice().len(), 1);
        let told = Problems::one(Place::line("a.csv", 2), "early", "x");
        let mut twice = told.clone();
        twice.append(told.clone());
        assert_eq!(twice.into_error(), told);
    }

    #[test]
    fn problems_come_sorted_and_once() {
        let mut problems = Problems::new();
        problems.add(Place::line("b.csv", 9), "late", "x");
        problems.add(Place::line("a.csv", 2), "early", "x");
        problems.add(Place::line("a.csv", 2), "early", "x");
        let Err(problems) = problems.into_result(()) else { unreachable!() };
        let places: Vec<String> = problems.as_slice().iter().map(|p| p.place.to_string()).collect();
        assert_eq!(places, ["a.csv:2", "b.csv:9"]);
    }
}
