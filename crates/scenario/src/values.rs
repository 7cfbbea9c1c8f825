//! What a scenario says, value by value, and what moved between two.

use super::tree::Value;
use super::{Scenario, nearest_place};
use std::collections::BTreeMap;
use zollverein_model::problem::Place;

/// A value that differs between two scenarios.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Its path, `tariff.core.rate_percent` for instance.
    pub path: String,
    /// What the first says there; `None`: nothing.
    pub before: Option<String>,
    /// What the second says there; `None`: nothing.
    pub after: Option<String>,
}

impl Scenario {
    /// Where a path stands, or the nearest thing around it.
    #[must_use]
    pub fn place(&self, path: &str) -> Place {
        nearest_place(&self.tree.places(), path)
    }

    /// Every value by its path, as it would be written in a file.
    #[must_use]
    pub fn values(&self) -> BTreeMap<String, String> {
        let mut values = BTreeMap::new();
        self.tree.visit("", &mut |path, node| {
            let text = match &node.value {
                Value::Text(text) => format!("{text:?}"),
                Value::Date(date) => date.clone(),
                Value::Whole(number) => number.to_string(),
                Value::Number(number) => number.to_string(),
                Value::Truth(truth) => truth.to_string(),
                Value::List(items) if items.is_empty() => "[]".to_owned(),
                Value::List(_) | Value::Table(_) => return,
            };
            values.insert(path.to_owned(), text);
        });
        values
    }

    /// What another scenario says otherwise, in order of path; titles and descriptions left out.
    #[must_use]
    pub fn moved(&self, after: &Self) -> Vec<Moved> {
        let (mut before, after) = (self.values(), after.values());
        let mut moved = vec![];
        for (path, value) in &after {
            let old = before.remove(path);
            if old.as_ref() != Some(value) {
                moved.push(Moved { path: path.clone(), before: old, after: Some(value.clone()) });
            }
        }
        let gone = before.into_iter();
        moved.extend(gone.map(|(path, old)| Moved { path, before: Some(old), after: None }));
        moved.retain(|one| !["title", "description", "assumptions"].contains(&one.path.as_str()));
        moved.sort_by(|a, b| a.path.cmp(&b.path));
        moved
    }
}
