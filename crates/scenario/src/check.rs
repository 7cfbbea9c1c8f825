//! Holds a scenario's tree against the JSON Schema of scenario files and
//! reports every key that is unknown, missing or of the wrong type.

use crate::tree::{Node, Value, holds_clauses, is_name, item_path, key_path};
use serde_json::Value as Json;
use zollverein_model::problem::{Place, Problems, instead};

/// Checks a tree; `complete` is false where an extended file could not be read,
/// so that what is missing may be said there.
pub fn check(tree: &Node, schema: &Json, complete: bool, problems: &mut Problems) {
    Check { schema, complete, problems }.node("", tree, schema);
}

/// The part of a tree without faults: keys that have one are left out, and with them the clauses
/// that cannot do without. Also the paths of what lost a key. With it the names and values of the
/// rest can be checked although the file as a whole cannot be used.
pub fn sound_part(tree: &Node, schema: &Json) -> (Node, Vec<String>) {
    let mut lost = vec![];
    let mut problems = Problems::new();
    let check = Check { schema, complete: true, problems: &mut problems };
    let part = check.sound("", tree, schema, &mut lost);
    let empty = || Node { value: Value::Table(std::collections::BTreeMap::new()), place: tree.place.clone() };
    (part.unwrap_or_else(empty), lost)
}

/// The kinds of clauses that a schema knows: the keys of the top level whose table, or each of
/// whose tables, says by `enabled` whether it holds.
pub fn kinds_of_clauses(schema: &Json) -> Vec<String> {
    let mut problems = Problems::new();
    let check = Check { schema, complete: true, problems: &mut problems };
    let properties = schema.get("properties").and_then(Json::as_object);
    let mut kinds = vec![];
    for (kind, of) in properties.into_iter().flatten() {
        let of = check.resolved(of);
        let table = of.get("items").map_or(of, |items| check.resolved(items));
        if table.get("properties").is_some_and(|keys| keys.get("enabled").is_some()) {
            kinds.push(kind.clone());
        }
    }
    kinds
}

/// The attribute in the schema of a number that moves outcomes in steps: a threshold that something
/// is above or below. It stands at the number's field in its form.
const STEPS: &str = "x-steps";

/// Whether the number at a path moves outcomes in steps: it is a threshold, or takes whole numbers
/// only. False where the schema has no number there.
pub fn moves_in_steps(schema: &Json, path: &str) -> bool {
    let mut problems = Problems::new();
    let check = Check { schema, complete: true, problems: &mut problems };
    let mut here = schema;
    let mut steps = false;
    // names and positions of a list's items, keys of a table
    for part in path.split(['.', '[']) {
        let table = check.resolved(here);
        let next = match table.get("items") {
            Some(of) => Some(of),
            None => {
                let known = table.get("properties").and_then(|known| known.get(part));
                known.or_else(|| table.get("additionalProperties").filter(|others| others.is_object()))
            }
        };
        let Some(next) = next else { return false };
        here = next;
        steps |= here.get(STEPS).and_then(Json::as_bool).unwrap_or(false);
    }
    match kind(check.resolved(here)) {
        Some("integer") => true,
        Some("number") => steps,
        _ => false,
    }
}

/// Checks the years of a path.
pub fn years(tree: &Node, problems: &mut Problems) {
    let Some(node) = tree.get("years") else { return };
    if let Some(year) = tree.get("year") {
        problems.add(
            year.place.clone(),
            "year: `years` is given too",
            "keep one of them: year = 2030 for one year, years = [2026, 2030] for a path",
        );
    }
    let Value::List(items) = &node.value else { return };
    if items.len() < 2 {
        problems.add(
            node.place.clone(),
            format!("years: {} given, and a path has at least two", items.len()),
            "add years, or write year = … for one",
        );
    }
    let mut before: Option<i64> = None;
    for (position, item) in items.iter().enumerate() {
        let Value::Whole(year) = item.value else { continue };
        if let Some(before) = before.filter(|before| year <= *before) {
            problems.add(
                item.place.clone(),
                format!("years[{position}]: {year} does not come after {before}"),
                "put the years in rising order, each once",
            );
        }
        before = Some(year);
    }
}

struct Check<'a> {
    schema: &'a Json,
    complete: bool,
    problems: &'a mut Problems,
}

impl<'a> Check<'a> {
    fn node(&mut self, path: &str, node: &Node, schema: &'a Json) {
        let schema = self.resolved(schema);
        if let Some(choices) = choices(schema) {
            self.choice(path, node, &choices);
            return;
        }
        match (kind(schema), &node.value) {
            (Some("object"), Value::Table(_)) => self.table(path, node, schema),
            (Some("array"), Value::List(items)) => {
                let Some(of) = schema.get("items") else { return };
                for (position, item) in items.iter().enumerate() {
                    self.node(&item_path(path, position, item), item, of);
                }
            }
            (Some("string"), Value::Text(text)) => self.name(path, node, text),
            (Some("boolean"), Value::Truth(_)) | (Some("number"), Value::Whole(_)) | (None, _) => {}
            (Some("number"), Value::Number(number)) if number.is_finite() => {}
            (Some("number"), Value::Number(number)) => self.add(
                path,
                &node.place,
                format!("{} is not a finite number", number.to_string().to_lowercase()),
                "give a finite number, or take the key out",
            ),
            (Some("integer"), Value::Whole(number)) => {
                if i32::try_from(*number).is_err() {
                    self.add(path, &node.place, format!("{number} is out of range"), "give a smaller number");
                }
            }
            (Some(wanted), found) => self.wrong_type(path, node, wanted, found),
        }
    }

    fn table(&mut self, path: &str, node: &Node, schema: &'a Json) {
        let Value::Table(entries) = &node.value else { return };
        let properties = schema.get("properties").and_then(Json::as_object);
        let others = schema.get("additionalProperties").filter(|others| others.is_object());
        for (key, child) in entries {
            let at = key_path(path, key);
            match (properties.and_then(|known| known.get(key)), others) {
                (Some(of), _) | (None, Some(of)) => self.node(&at, child, of),
                (None, None) => {
                    let known = properties.into_iter().flat_map(|known| known.keys());
                    self.add(
                        path,
                        &child.place,
                        format!("the key `{key}` is not known here"),
                        instead(key, known.map(String::as_str)),
                    );
                }
            }
            if path == "groups" && !is_name(key) {
                self.bad_name(&at, &child.place, key);
            }
        }
        let required = schema.get("required").and_then(Json::as_array);
        for key in required.into_iter().flatten().filter_map(Json::as_str) {
            if self.complete && !entries.contains_key(key) {
                let meaning = properties
                    .and_then(|known| known.get(key)?.get("description")?.as_str())
                    .unwrap_or_default()
                    .replace('\n', " ");
                self.add(
                    path,
                    &node.place,
                    format!("the key `{key}` is missing"),
                    format!("add {key} = … ({})", meaning.trim_end_matches('.')),
                );
            }
        }
    }

    /// A node without its faulty parts; `None` if nothing of use is left.
    fn sound(&self, path: &str, node: &Node, schema: &'a Json, lost: &mut Vec<String>) -> Option<Node> {
        let mut problems = Problems::new();
        Check { schema: self.schema, complete: true, problems: &mut problems }.node(path, node, schema);
        if problems.is_empty() {
            return Some(node.clone());
        }
        let schema = self.resolved(schema);
        lost.push(path.to_owned());
        match &node.value {
            Value::List(items) => {
                let of = schema.get("items")?;
                let kept = items.iter().enumerate().filter_map(|(position, item)| {
                    self.sound(&item_path(path, position, item), item, of, lost)
                });
                Some(Node { value: Value::List(kept.collect()), place: node.place.clone() })
            }
            Value::Table(entries) => {
                let properties = schema.get("properties").and_then(Json::as_object)?;
                let mut kept = std::collections::BTreeMap::new();
                for (key, child) in entries {
                    let of = properties.get(key);
                    if let Some(child) = of.and_then(|of| self.sound(&key_path(path, key), child, of, lost)) {
                        kept.insert(key.clone(), child);
                    }
                }
                let required = schema.get("required").and_then(Json::as_array);
                let complete =
                    required.into_iter().flatten().filter_map(Json::as_str).all(|key| kept.contains_key(key));
                complete.then(|| Node { value: Value::Table(kept), place: node.place.clone() })
            }
            _ => None,
        }
    }

    /// A clause's name can be part of a path.
    fn name(&mut self, path: &str, node: &Node, text: &str) {
        if path.rsplit('.').next() == Some("name") && path.contains('.') && !is_name(text) {
            self.bad_name(path, &node.place, text);
        }
    }

    fn bad_name(&mut self, path: &str, place: &Place, name: &str) {
        self.add(
            path,
            place,
            format!("{name:?} cannot be a name"),
            "use letters A to Z, digits, _ and -, without blanks or accents",
        );
    }

    fn choice(&mut self, path: &str, node: &Node, choices: &[&str]) {
        let quoted: Vec<String> = choices.iter().map(|choice| format!("{choice:?}")).collect();
        match &node.value {
            Value::Text(text) if choices.contains(&text.as_str()) => {}
            Value::Text(text) => self.add(
                path,
                &node.place,
                format!("{text:?} is none of {}", quoted.join(", ")),
                instead(text, choices.iter().copied()),
            ),
            found => self.add(
                path,
                &node.place,
                format!("expected one of {}, found {}", quoted.join(", "), found.in_words()),
                format!("write {}, for instance", quoted.first().map_or("", String::as_str)),
            ),
        }
    }

    fn wrong_type(&mut self, path: &str, node: &Node, wanted: &str, found: &Value) {
        let key = path.rsplit('.').next().unwrap_or(path);
        let (expected, remedy) = match wanted {
            "number" => ("a number", format!("write {key} = 25, without quotes or a percent sign")),
            "integer" => ("a whole number", format!("write {key} = 2030, for instance")),
            "string" => ("text in quotes", format!("write {key} = \"…\"")),
            "boolean" => ("true or false", format!("write {key} = true or {key} = false")),
            "array" if holds_clauses(path) => {
                ("a list of tables", format!("head the table [[{path}]], with two brackets"))
            }
            "array" => ("a list", format!("write {key} = [ … ]")),
            _ => ("a table", format!("write {key} = {{ key = value }}")),
        };
        self.add(path, &node.place, format!("expected {expected}, found {}", found.in_words()), remedy);
    }

    fn add(&mut self, path: &str, place: &Place, what: impl AsRef<str>, remedy: impl Into<String>) {
        let what = what.as_ref();
        let what = if path.is_empty() { what.to_owned() } else { format!("{path}: {what}") };
        self.problems.add(place.clone(), what, remedy);
    }

    /// The schema with references followed and the null of optional keys left out.
    fn resolved(&self, schema: &'a Json) -> &'a Json {
        let mut schema = schema;
        loop {
            let next = if let Some(name) = schema.get("$ref").and_then(Json::as_str) {
                name.strip_prefix('#').and_then(|pointer| self.schema.pointer(pointer))
            } else {
                let any = schema.get("anyOf").and_then(Json::as_array);
                any.and_then(|options| options.iter().find(|option| kind(option) != Some("null")))
            };
            match next {
                Some(next) => schema = next,
                None => return schema,
            }
        }
    }
}

/// The type that a schema asks for.
fn kind(schema: &Json) -> Option<&str> {
    match schema.get("type")? {
        Json::String(kind) => Some(kind),
        Json::Array(kinds) => kinds.iter().filter_map(Json::as_str).find(|kind| *kind != "null"),
        _ => None,
    }
}

/// The texts that a schema of an enumeration admits.
fn choices(schema: &Json) -> Option<Vec<&str>> {
    if let Some(options) = schema.get("enum").and_then(Json::as_array) {
        return Some(options.iter().filter_map(Json::as_str).collect());
    }
    let options = schema.get("oneOf").and_then(Json::as_array)?;
    let mut all = vec![];
    for option in options {
        match (option.get("const"), option.get("enum").and_then(Json::as_array)) {
            (Some(constant), _) => all.extend(constant.as_str()),
            (None, Some(several)) => all.extend(several.iter().filter_map(Json::as_str)),
            (None, None) => return None,
        }
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::known_schema;
    use std::collections::BTreeSet;

    /// The paths of all numbers that a schema knows, items of lists and keys of tables called `x`.
    fn numbers(check: &Check<'_>, schema: &Json, path: &str, found: &mut Vec<String>) {
        let schema = check.resolved(schema);
        match kind(schema) {
            Some("number" | "integer") => found.push(path.to_owned()),
            Some("array") => {
                if let Some(of) = schema.get("items") {
                    numbers(check, of, &key_path(path, "x"), found);
                }
            }
            Some("object") => {
                let known = schema.get("properties").and_then(Json::as_object);
                for (key, of) in known.into_iter().flatten() {
                    numbers(check, of, &key_path(path, key), found);
                }
                if let Some(of) = schema.get("additionalProperties").filter(|of| of.is_object()) {
                    numbers(check, of, &key_path(path, "x"), found);
                }
            }
            _ => {}
        }
    }

    #[test]
    fn every_number_of_the_schema_says_whether_it_moves_outcomes_in_steps() {
        let schema = known_schema();
        let mut problems = Problems::new();
        let check = Check { schema, complete: true, problems: &mut problems };
        let mut all = vec![];
        numbers(&check, schema, "", &mut all);
        assert!(all.len() > 90, "{} numbers", all.len());
        // whole numbers: years, delays, counts, seeds
        let whole = |path: &String| {
            [
                "year",
                "years.x",
                "from_year",
                "start_year",
                "delay_years",
                "draws",
                "starts",
                "seed",
                "points",
                "hubs_at_most",
            ]
            .iter()
            .any(|key| path == key || path.ends_with(&format!(".{key}")))
        };
        let thresholds = BTreeSet::from([
            "arrangement.x.accession.max_excess_percent",
            "arrangement.x.accession.max_intensity_multiple",
            "arrangement.x.outside.oversupply.steps.x.above_percent",
            "arrangement.x.outside.tiers.x.above",
            "carbon_tariff.x.tiers.x.above",
            "exemption.x.de_minimis.below_percent",
            "exemption.x.de_minimis.together_percent",
            "oversupply_tariff.x.steps.x.above_percent",
            "procurement.x.green_tco2e_per_t.x",
        ]);
        for path in &all {
            let wanted = whole(path) || thresholds.contains(path.as_str());
            assert_eq!(
                moves_in_steps(schema, path),
                wanted,
                "{path}: is it a threshold? Then mark its field"
            );
        }
        for path in thresholds {
            assert!(all.iter().any(|known| known == path), "{path} is not in the schema");
        }
        // with names and positions, as scenarios have them
        let tiers = "arrangement.gassa.outside.tiers[2].above";
        assert!(moves_in_steps(schema, tiers) && moves_in_steps(schema, "support.fund.start_year"));
        assert!(!moves_in_steps(schema, "tariff.core.rate_percent"));
        assert!(!moves_in_steps(schema, "tariff.core.no_such_key") && !moves_in_steps(schema, "title"));
    }
}
