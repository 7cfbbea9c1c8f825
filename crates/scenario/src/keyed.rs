//! A TOML file of some form, checked like a scenario file: every unknown key and wrong type at its
//! line and column.

use super::tree::{Node, Value};
use super::{check, load, nearest_place};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::path::Path;
use zollverein_model::problem::{Place, Problems};

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
/// The file cannot be read or is no TOML; keys that are unknown or missing, values of the wrong
/// type; with the sound part of it, if there is one, to look for further faults in.
pub fn read<T: DeserializeOwned + JsonSchema>(
    path: &Path,
    aside: &[&str],
) -> Result<Keyed<T>, (Problems, Option<Keyed<T>>)> {
    let mut problems = Problems::new();
    let Some(tree) = load::read(path, &mut problems) else {
        return Err((problems, None));
    };
    let schema = schemars::schema_for!(T).to_value();
    check::check(&tree, &schema, true, &mut problems);
    let faulty = !problems.is_empty();
    let tree = if faulty { check::sound_part(&tree, &schema).0 } else { tree };
    let keyed = match serde_json::from_value::<T>(tree.json()) {
        Ok(form) => {
            let places = tree.places();
            let mut said = Node { value: tree.value, place: tree.place };
            if let Value::Table(entries) = &mut said.value {
                entries.retain(|key, _| !aside.contains(&key.as_str()));
            }
            Some(Keyed { form, canonical: said.canonical(), places })
        }
        Err(error) => {
            if !faulty {
                let place = Place::file(path.display().to_string());
                problems.add(place, error.to_string(), "mend the value");
            }
            None
        }
    };
    match keyed {
        Some(keyed) if problems.is_empty() => Ok(keyed),
        keyed => Err((problems, keyed)),
    }
}
