//! Which clause, or which part of it, causes most of what the main actors gain or lose.

use super::intervals;
use crate::facts::Facts;
use crate::words;
use zollverein_scenario::explain::Part;

/// So many causes are named for each actor; the others are summed up.
const NAMED: usize = 4;
/// So many actors are spoken of.
const ACTORS: usize = 3;
/// What is said where no explanation was made.
const NOT_TAKEN_APART: &str = "The clauses were not taken apart here, because that takes too many equilibria: \
    `zollverein explain` shares the result out among them, with --by-kind where they are many.";

/// A sentence for each of the main actors; where there is only one clause, or where the clauses were
/// not taken apart, that is said.
pub(super) fn sentences(facts: &Facts<'_>) -> Vec<String> {
    let Some(explanation) = facts.report.driver else {
        return vec![NOT_TAKEN_APART.to_owned()];
    };
    if let [only] = &explanation.clauses[..] {
        return vec![format!("There is one clause, “{}”: it causes all of it.", named(only, &[]))];
    }
    let mut parts: Vec<&Part> = explanation.parts.iter().collect();
    let is_world = |part: &Part| part.target.name == "world";
    parts.sort_by(|a, b| is_world(a).cmp(&is_world(b)).then(b.change().abs().total_cmp(&a.change().abs())));
    let own = parts.len().saturating_sub(1).min(ACTORS);
    let world = parts.iter().copied().filter(|part| is_world(part));
    let shown: Vec<&Part> =
        parts.iter().copied().filter(|part| !is_world(part)).take(own).chain(world).collect();
    shown.into_iter().filter_map(|part| sentence(facts, part, &explanation.clauses)).collect()
}

fn sentence(facts: &Facts<'_>, part: &Part, clauses: &[String]) -> Option<String> {
    if words::is_nothing(part.change()) {
        return None;
    }
    let band = facts.report.intervals.and_then(|found| found.band(&part.target.name, "welfare"));
    let said = |change: f64| intervals::said(change, band);
    let mut order: Vec<usize> = (0..part.contributions.len()).collect();
    order.sort_by(|a, b| part.contributions[*b].abs().total_cmp(&part.contributions[*a].abs()));
    let mut causes: Vec<String> = order
        .iter()
        .take(NAMED)
        .map(|at| format!("{} {}", named(&clauses[*at], clauses), said(part.contributions[*at])))
        .collect();
    let others = &order[order.len().min(NAMED)..];
    if !others.is_empty() {
        let sum = others.iter().map(|at| part.contributions[*at]).sum();
        causes.push(format!("{} {}", words::counted(others.len(), "other", "others"), said(sum)));
    }
    Some(format!(
        "{} {} million USD a year, of which {}.",
        words::plain(&part.target.label),
        said(part.change()),
        words::listed(&causes)
    ))
}

/// A clause's name: without its kind, and of the parts of the one clause the part alone.
fn named(clause: &str, clauses: &[String]) -> String {
    let head = |path: &str| path.split('.').take(2).collect::<Vec<_>>().join(".");
    let one = !clauses.is_empty() && clauses.iter().all(|other| head(other) == head(clause));
    match clause.splitn(3, '.').collect::<Vec<_>>()[..] {
        [_, _, part] if one => part.to_owned(),
        [_, name, part] => format!("{name}: {part}"),
        [_, name] => name.to_owned(),
        _ => clause.replace('_', " "),
    }
}
