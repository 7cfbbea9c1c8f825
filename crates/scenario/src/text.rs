//! Scenarios that stand in no file: from text or JSON, and back.

use super::tree::{Node, Value, item_path, key_path};
use super::{Patch, Scenario, form, load};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use std::path::Path;
use zollverein_model::problem::{Place, Problems};

impl Scenario {
    /// Reads a scenario from the text of a file that need not exist; paths in it count from there.
    ///
    /// # Errors
    /// As for [`Scenario::read`], and `extends`: a text reaches no file.
    pub fn parse(path: &Path, text: &str) -> Result<Self, Problems> {
        let mut problems = Problems::new();
        let name = path.display().to_string();
        let tree = Node::parse(&name, text.strip_prefix('\u{feff}').unwrap_or(text), &mut problems);
        let tree = tree.unwrap_or_else(|| empty(Place::file(&name)));
        Self::alone(path, tree, problems)
    }

    /// Reads a scenario from JSON with the keys of a scenario file. The place of a fault is the
    /// path of the value; a key that is `null` counts as left out.
    ///
    /// # Errors
    /// As for [`Scenario::parse`].
    pub fn from_json(path: &Path, json: &Json) -> Result<Self, Problems> {
        let mut problems = Problems::new();
        let mut tree = node(json, "", &mut problems);
        if !matches!(tree.value, Value::Table(_)) {
            let what = format!("a scenario is a table, and this is {}", tree.value.in_words());
            problems.add(Place::file(path.display().to_string()), what, "send an object of keys");
            tree = empty(tree.place);
        }
        if let Value::Table(entries) = &mut tree.value
            && let Some(baseline) = entries.get_mut("baseline")
        {
            baseline.place = Place::file(path.display().to_string()); // it is relative to that
        }
        Self::alone(path, tree, problems)
    }

    fn alone(path: &Path, tree: Node, mut problems: Problems) -> Result<Self, Problems> {
        if let Some(extends) = tree.get("extends") {
            problems.add(
                extends.place.clone(),
                "extends: this scenario stands in no file, and so it extends none",
                "send the whole scenario, or put the file into the folder of scenarios",
            );
        }
        load::repeated(&tree, &mut problems);
        Self::checked(path, tree, true, problems)
    }

    /// What it says as JSON, those it extends included; keys in the order of the schema.
    #[must_use]
    pub fn json(&self) -> Json {
        ordered(self.tree.json(), &order(form::known_schema()))
    }

    /// What it says as the text of a scenario file that extends no other; comments are not in it.
    ///
    /// # Errors
    /// What the writer of TOML says; no scenario that could be read is known to bring it about.
    pub fn toml(&self) -> Result<String, toml::ser::Error> {
        toml::to_string_pretty(&self.json())
    }
}

impl Patch {
    /// A value of JSON; `None` for `null`, and for what holds one.
    #[must_use]
    pub fn from_json(json: &Json) -> Option<Self> {
        let mut problems = Problems::new();
        let node = node(json, "", &mut problems);
        (problems.is_empty() && !json.is_null()).then_some(Self(node.value))
    }
}

fn empty(place: Place) -> Node {
    Node { value: Value::Table(BTreeMap::new()), place }
}

/// The tree of a JSON value; the place of each node is its path.
fn node(json: &Json, path: &str, problems: &mut Problems) -> Node {
    let place = Place::file(path);
    let value = match json {
        Json::Null => {
            problems.add(place.clone(), "there is nothing here", "give a value, or leave the key out");
            Value::Truth(false)
        }
        Json::Bool(truth) => Value::Truth(*truth),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Value::Whole(whole),
            None => Value::Number(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(items) => Value::List(
            items
                .iter()
                .enumerate()
                .map(|(position, item)| node(item, &item_path(path, position, &named(item)), problems))
                .collect(),
        ),
        Json::Object(entries) => Value::Table(
            entries
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(key, value)| (key.clone(), node(value, &key_path(path, key), problems)))
                .collect(),
        ),
    };
    Node { value, place }
}

/// A table with the `name` of another alone, by which its path is told.
fn named(item: &Json) -> Node {
    let mut table = empty(Place::default());
    if let (Value::Table(entries), Some(name)) = (&mut table.value, item.get("name").and_then(Json::as_str)) {
        let value = Value::Text(name.to_owned());
        entries.insert("name".to_owned(), Node { value, place: Place::default() });
    }
    table
}

/// Every key of a schema, in the order in which its types declare them.
fn order(schema: &Json) -> Vec<String> {
    fn visit(schema: &Json, keys: &mut Vec<String>) {
        match schema {
            Json::Object(entries) => {
                for key in entries.get("properties").and_then(Json::as_object).into_iter().flat_map(Map::keys)
                {
                    if !keys.contains(key) {
                        keys.push(key.clone());
                    }
                }
                entries.values().for_each(|value| visit(value, keys));
            }
            Json::Array(items) => items.iter().for_each(|item| visit(item, keys)),
            _ => {}
        }
    }
    let mut keys = vec![];
    visit(schema, &mut keys);
    keys
}

fn ordered(json: Json, keys: &[String]) -> Json {
    match json {
        Json::Object(entries) => {
            let rank = |key: &String| keys.iter().position(|known| known == key).unwrap_or(keys.len());
            let mut entries: Vec<(String, Json)> = entries.into_iter().collect();
            entries.sort_by(|a, b| rank(&a.0).cmp(&rank(&b.0)).then_with(|| a.0.cmp(&b.0)));
            entries.into_iter().map(|(key, value)| (key, ordered(value, keys))).collect()
        }
        Json::Array(items) => items.into_iter().map(|item| ordered(item, keys)).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const TEXT: &str = "title = \"t\"\nbaseline = \"../data/toy\"\n[[tariff]]\nname = \"core\"\nimporters = \
        [\"ARD\"]\nrate_percent = 25\nphase_in = [{ year = 2030, percent = 50 }]\n";

    #[test]
    fn text_and_json_and_text_again_are_the_same_scenario() {
        let path = Path::new("scenarios/mine.toml");
        let read = Scenario::parse(path, TEXT).expect("it is sound");
        let again = Scenario::from_json(path, &read.json()).expect("so is its JSON");
        let third = Scenario::parse(path, &again.toml().expect("it can be written")).expect("and its text");
        assert_eq!(read.digest(), again.digest());
        assert_eq!(read.digest(), third.digest());
        assert_eq!(again.data_folder().ok(), read.data_folder().ok());
        assert_eq!(again.number("tariff.core.phase_in[0].percent"), Some(50.0));
    }

    #[test]
    fn keys_stand_in_the_order_of_the_schema_and_the_title_comes_first() {
        let read = Scenario::parse(Path::new("a.toml"), TEXT).expect("it is sound");
        let text = read.toml().expect("it can be written");
        assert!(text.starts_with("title = \"t\"\n"), "{text}");
        assert!(text.find("name = ") < text.find("rate_percent = "), "{text}");
    }

    #[test]
    fn a_fault_in_json_is_told_by_its_path() {
        let json =
            json!({ "tariff": [{ "name": "core", "importers": ["ARD"], "rate_percent": "high", "x": 1 }] });
        let problems = Scenario::from_json(Path::new("a.toml"), &json).expect_err("two faults");
        let places: Vec<String> = problems.as_slice().iter().map(|p| p.place.file.clone()).collect();
        assert_eq!(places, ["tariff.core.rate_percent", "tariff.core.x"]);
    }

    #[test]
    fn null_is_left_out_and_never_a_value() {
        let json =
            json!({ "year": null, "tariff": [{ "name": "a", "importers": ["ARD"], "rate_percent": 1 }] });
        let read = Scenario::from_json(Path::new("a.toml"), &json).expect("it is sound");
        assert_eq!(read.year(), None);
        let json = json!({ "groups": { "g": ["ARD", null] } });
        assert!(Scenario::from_json(Path::new("a.toml"), &json).is_err());
        assert!(Patch::from_json(&json!(null)).is_none() && Patch::from_json(&json!(2.5)).is_some());
    }

    #[test]
    fn a_text_extends_no_file_and_two_clauses_have_two_names() {
        assert!(Scenario::parse(Path::new("scenarios/x.toml"), "extends = \"02-gassa.toml\"\n").is_err());
        let twice = "[[tariff]]\nname = \"a\"\nimporters = [\"ARD\"]\nrate_percent = 1\n".repeat(2);
        assert!(Scenario::parse(Path::new("a.toml"), &twice).is_err());
        assert!(Scenario::from_json(Path::new("a.toml"), &json!([1, 2])).is_err());
    }
}
