//! A TOML file of some form, checked like a scenario file: every unknown key and wrong type at its
//! line and column.

use super::tree::{Node, Value};
use super::{check, load, nearest_place};
use crate::problem::{Place, Problems};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::path::Path;

/// A file's keys as types, and where each of them stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Keyed<T> {
    /// The keys.
    pub form: T,
    /// What it says, whatever the order and notation.
    pub canonical: String,
    places: BTreeMap<String, Place>,
}

impl<T> Keyed<T> {
    /// Where a path such as `draw[2].low` stands, or the nearest thing around it.
    #[must_use]
    pub fn place(&self, path: &str) -> Place {
        nearest_place(&self.places, path)
    }
}

/// Reads a file. Keys named in `aside` do not count in what it says.
///
/// # Errors
/// The file cannot be read or is no TOML; keys that are unknown or missing, values of the wrong type.
pub fn read<T: DeserializeOwned + JsonSchema>(path: &Path, aside: &[&str]) -> Result<Keyed<T>, Problems> {
    let mut problems = Problems::new();
    let Some(tree) = load::read(path, &mut problems) else {
        return Err(problems);
    };
    let schema = schemars::schema_for!(T).to_value();
    check::check(&tree, &schema, true, &mut problems);
    let form = match serde_json::from_value::<T>(tree.json()) {
        Ok(form) => form,
        Err(error) => {
            if problems.is_empty() {
                let place = Place::file(path.display().to_string());
                problems.add(place, error.to_string(), "mend the value");
            }
            return problems.into_result(()).and(Err(Problems::new()));
        }
    };
    let places = tree.places();
    let mut said = Node { value: tree.value, place: tree.place };
    if let Value::Table(entries) = &mut said.value {
        entries.retain(|key, _| !aside.contains(&key.as_str()));
    }
    problems.into_result(Keyed { form, canonical: said.canonical(), places })
}
