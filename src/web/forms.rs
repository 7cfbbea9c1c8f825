//! What the page's forms have to know of a key beside its type: the unit of a number and how far its
//! slider reaches, and what a text or a list of names can name. It is sent with the schema, so that the
//! page guesses nothing from names of keys.

use serde_json::{Map, Value, json};
use zollverein_scenario::Scenario;

/// A number on a slider: between which values it moves, in which steps, its unit, and where a new one begins.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Slider {
    from: f64,
    to: f64,
    step: f64,
    unit: &'static str,
    usual: f64,
}

impl Slider {
    const fn new(from: f64, to: f64, step: f64, unit: &'static str, usual: f64) -> Self {
        Self { from, to, step, unit, usual }
    }

    fn json(self) -> Value {
        let Self { from, to, step, unit, usual } = self;
        json!({ "from": from, "to": to, "step": step, "unit": unit, "usual": usual })
    }
}

/// The keys of numbers whose names say no unit.
const OWN: [(&str, Slider); 21] = [
    ("delay_years", Slider::new(0.0, 20.0, 1.0, "years", 1.0)),
    ("year", Slider::new(2020.0, 2050.0, 1.0, "year", 2030.0)),
    ("start_year", Slider::new(2020.0, 2050.0, 1.0, "year", 2030.0)),
    ("from_year", Slider::new(2020.0, 2050.0, 1.0, "year", 2030.0)),
    ("hubs_at_most", Slider::new(1.0, 5.0, 1.0, "own", 1.0)),
    ("starts", Slider::new(1.0, 50.0, 1.0, "own", 1.0)),
    ("seed", Slider::new(1.0, 50.0, 1.0, "own", 1.0)),
    ("draws", Slider::new(10.0, 2000.0, 10.0, "own", 100.0)),
    ("at_least", Slider::new(-100.0, 100.0, 1.0, "own", 0.0)),
    ("at_most", Slider::new(-100.0, 100.0, 1.0, "own", 0.0)),
    ("from", Slider::new(-100.0, 100.0, 1.0, "own", 0.0)),
    ("to", Slider::new(-100.0, 100.0, 1.0, "own", 50.0)),
    ("weight", Slider::new(-100.0, 100.0, 1.0, "own", 0.0)),
    ("usd_per_job", Slider::new(0.0, 200_000.0, 1_000.0, "usd_per_job", 50_000.0)),
    ("ratchet_percent_per_year", Slider::new(0.0, 15.0, 0.5, "percent", 2.0)),
    ("slope", Slider::new(0.0, 3.0, 0.05, "ratio", 0.5)),
    ("max_intensity_multiple", MULTIPLE),
    ("bargaining_power", MULTIPLE),
    ("consumers_weight", MULTIPLE),
    ("producers_weight", MULTIPLE),
    ("revenue_weight", MULTIPLE),
];

const MULTIPLE: Slider = Slider::new(0.0, 4.0, 0.05, "multiple", 1.0);
/// What is drawn from is in the unit of what is drawn.
const OF_A_DRAW: [&str; 8] = ["above", "high", "low", "mean", "median", "mode", "sd", "sigma"];

/// The endings that say a number's unit; the first that fits.
const ENDINGS: [(&str, Slider); 7] = [
    ("percent", Slider::new(0.0, 100.0, 0.5, "percent", 10.0)),
    ("usd_per_tco2e", Slider::new(0.0, 300.0, 1.0, "usd_per_tco2e", 50.0)),
    ("tco2e_per_t", Slider::new(0.0, 5.0, 0.01, "tco2e_per_t", 1.0)),
    ("usd_per_t", Slider::new(0.0, 300.0, 1.0, "usd_per_t", 20.0)),
    ("million_usd", Slider::new(0.0, 10_000.0, 10.0, "million_usd", 500.0)),
    ("kt_co2e", Slider::new(0.0, 100_000.0, 500.0, "kt_co2e", 20_000.0)),
    ("_kt", Slider::new(0.0, 50_000.0, 50.0, "kt", 5_000.0)),
];

fn slider(key: &str) -> Option<Slider> {
    let own = OWN.iter().find(|(name, _)| *name == key).map(|(_, slider)| *slider);
    let of_a_draw = || OF_A_DRAW.contains(&key).then_some(MULTIPLE);
    let by_unit = || ENDINGS.iter().find(|(ending, _)| key.ends_with(ending)).map(|(_, slider)| *slider);
    own.or_else(of_a_draw).or_else(by_unit)
}

/// What a text can be; `None` where it is free.
fn text(key: &str) -> Option<&'static str> {
    match key {
        "what" => Some("number"),
        "indicator" => Some("indicator"),
        "product" => Some("product"),
        "members" => Some("member_list"),
        "party" | "by" => Some("party"),
        _ => None,
    }
}

/// What a list of names can name.
fn list(key: &str) -> Option<&'static str> {
    match key {
        "products" | "by_route" => Some("product"),
        "routes" => Some("route"),
        "clauses" | "assumed" => Some("clause"),
        "signatories" | "candidates" => Some("party"),
        "countries" | "except" | "exporters" | "flagged" | "founders" | "hubs" | "importers" | "members"
        | "of" | "open_to" | "payers" | "recipients" | "recognises" => Some("place"),
        _ => None,
    }
}

/// What the keys of a table of numbers name.
fn keys(key: &str) -> Option<&'static str> {
    match key {
        "exporters_kt" => Some("place"),
        "green_tco2e_per_t" => Some("product"),
        "tco2e_per_t" => Some("product_or_route"),
        _ => None,
    }
}

/// The schema of scenarios with `x-slider`, `x-names` and `x-keys`.
pub fn schema() -> Value {
    let mut schema = Scenario::schema();
    annotate(&mut schema);
    schema
}

fn annotate(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if let Some(Value::Object(properties)) = object.get_mut("properties") {
                for (key, of) in properties {
                    if let Value::Object(of) = of {
                        mean(key, of);
                    }
                }
            }
            object.values_mut().for_each(annotate);
        }
        Value::Array(items) => items.iter_mut().for_each(annotate),
        _ => {}
    }
}

/// Whether a schema is of a type, or of it and nothing.
fn is(schema: &Map<String, Value>, types: &[&str]) -> bool {
    let one = |kind: &Value| kind.as_str().is_some_and(|kind| types.contains(&kind));
    schema
        .get("type")
        .is_some_and(|kind| one(kind) || kind.as_array().is_some_and(|some| some.iter().any(one)))
}

/// Says of a key what its type does not.
fn mean(key: &str, of: &mut Map<String, Value>) {
    let is_number =
        |schema: &Value| schema.as_object().is_some_and(|schema| is(schema, &["number", "integer"]));
    let mut said: Vec<(&str, Value)> = vec![];
    if is(of, &["number", "integer"]) {
        said.extend(slider(key).map(|slider| ("x-slider", slider.json())));
    } else if is(of, &["string"]) {
        said.extend(text(key).map(|names| ("x-names", json!(names))));
    } else if is(of, &["array"]) {
        said.extend(list(key).map(|names| ("x-names", json!(names))));
    } else if of.get("additionalProperties").is_some_and(is_number) {
        said.extend(slider(key).map(|slider| ("x-slider", slider.json())));
        said.extend(keys(key).map(|names| ("x-keys", json!(names))));
    }
    of.extend(said.into_iter().map(|(name, value)| (name.to_owned(), value)));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every key of the schema that is of a type and does not say what it has to.
    fn silent(schema: &Value, found: &mut Vec<String>) {
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            for (key, of) in properties {
                let Some(object) = of.as_object() else { continue };
                let of_items = |kind: &str| of["items"]["type"] == kind;
                let number = of["additionalProperties"]["type"] == "number";
                let wanted: &[&str] = if is(object, &["number", "integer"]) {
                    &["x-slider"]
                } else if is(object, &["array"]) && of_items("string") {
                    &["x-names"]
                } else if number {
                    &["x-slider", "x-keys"]
                } else {
                    &[]
                };
                found.extend(
                    wanted.iter().filter(|name| of.get(**name).is_none()).map(|name| format!("{key} {name}")),
                );
            }
        }
        match schema {
            Value::Object(object) => object.values().for_each(|of| silent(of, found)),
            Value::Array(items) => items.iter().for_each(|of| silent(of, found)),
            _ => {}
        }
    }

    #[test]
    fn every_number_has_a_slider_and_every_list_says_what_it_names() {
        let (mut found, mut before) = (vec![], vec![]);
        silent(&Scenario::schema(), &mut before);
        assert!(before.len() > 60, "{before:?}");
        silent(&schema(), &mut found);
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn what_is_no_year_has_no_slider_of_years_and_products_are_no_places() {
        assert_eq!(slider("draws").map(|slider| slider.unit), Some("own"));
        assert_eq!(slider("start_year").map(|slider| slider.unit), Some("year"));
        assert_eq!(slider("carbon_price_usd_per_tco2e").map(|slider| slider.unit), Some("usd_per_tco2e"));
        assert_eq!(
            (list("by_route"), list("assumed"), list("exporters")),
            (Some("product"), Some("clause"), Some("place"))
        );
    }
}
