//! The description of the interface (`OpenAPI` 3.1), made from the forms of requests. `OpenAPI` 3.1
//! takes JSON Schema as it is, so the generator of the scenarios' schema serves here too.

use crate::web::asked::{Brief, Compare, Evaluate, Explain, Keep, Negotiate, Open, Provenance, Rounds};
use schemars::{JsonSchema, schema_for};
use serde_json::{Map, Value, json};
use zollverein_scenario::Scenario;

/// The description.
pub fn description() -> Value {
    let mut schemas = Map::new();
    let mut paths = Map::new();
    let answers = json!({
        "200": { "description": "the answer", "content": { "application/json": {} } },
        "400": { "description": "no JSON, or not the keys of the request" },
        "401": { "description": "the key is missing" },
        "403": { "description": "the request comes from a page of another origin" },
        "413": { "description": "the body is too large" },
        "415": { "description": "the body is not application/json" },
        "421": { "description": "the Host is not this server" },
        "422": { "description": "problems of the scenario, each with place, what and remedy; or markets do not settle" },
        "503": { "description": "too much is asked at once" },
    });
    let asked = [
        ("/api/scenarios", "Scenarios to begin from, proposals that were kept, data folders"),
        ("/api/schema", "JSON Schema of scenarios"),
        ("/api/baseline", "Countries, products, routes, groups and producers of the usual data folder"),
        ("/api/batches", "Finished batches"),
        ("/api/openapi.json", "This description"),
    ];
    for (path, summary) in asked {
        paths.insert(path.to_owned(), json!({ "get": { "summary": summary, "responses": answers } }));
    }
    let named = |name: &str, kind: &str| json!([{ "name": name, "in": "path", "required": true, "schema": { "type": kind } }]);
    paths.insert(
        "/api/baseline/{name}".to_owned(),
        json!({ "get": { "summary": "The same of a data folder by name", "parameters": named("name", "string"), "responses": answers } }),
    );
    let summary = "What a batch came to: its plan and its result tables by columns";
    paths.insert(
        "/api/batches/{name}".to_owned(),
        json!({ "get": { "summary": summary, "parameters": named("name", "string"), "responses": answers } }),
    );
    paths.insert(
        "/api/jobs/{number}".to_owned(),
        json!({
            "get": {
                "summary": "Events of a job (text/event-stream): progress with done and total; done with result or error",
                "parameters": named("number", "integer"),
                "responses": answers,
            },
            "delete": { "summary": "Stops a job", "parameters": named("number", "integer"), "responses": answers },
        }),
    );
    let mut post = |path: &str, summary: &str, (name, schema): (&str, Value)| {
        let reference = json!({ "$ref": format!("#/components/schemas/{name}") });
        let body = json!({ "required": true, "content": { "application/json": { "schema": reference } } });
        schemas.insert(name.to_owned(), schema);
        paths.insert(
            path.to_owned(),
            json!({ "post": { "summary": summary, "requestBody": body, "responses": answers } }),
        );
    };
    post("/api/open", "What a scenario says: as JSON, as a file, in words", form::<Open>("Open"));
    post(
        "/api/evaluate",
        "What follows from a scenario: as `zollverein run --json`",
        form::<Evaluate>("Evaluate"),
    );
    post(
        "/api/compare",
        "Scenarios side by side: as `zollverein compare --json`",
        form::<Compare>("Compare"),
    );
    post("/api/brief", "The page that `zollverein brief` writes", form::<Brief>("Brief"));
    post("/api/proposals", "Keeps a scenario as a further round of a proposal", form::<Keep>("Keep"));
    let summary = "How parties stand at the rounds of a proposal: as `zollverein rounds --json`";
    post("/api/rounds", summary, form::<Rounds>("Rounds"));
    post("/api/explain", "Begins a job: which clause causes what", form::<Explain>("Explain"));
    let summary =
        "Begins a job: a question of a negotiation, answered as `zollverein negotiate --json` writes it";
    post("/api/negotiate", summary, form::<Negotiate>("Negotiate"));
    let summary = "Begins a job: between which values draws of what is not known put the headline figures";
    post("/api/intervals", summary, form::<Open>("Open"));
    let summary = "Where the cells of a row of the data come from: as `zollverein data explain --json`";
    post("/api/provenance", summary, form::<Provenance>("Provenance"));
    paths["/api/brief"]["post"]["responses"]["200"]["content"] =
        json!({ "text/html": {}, "application/pdf": {} });
    schemas.insert("Scenario".to_owned(), rooted("Scenario", Scenario::schema()));
    json!({
        "openapi": "3.1.0",
        "info": { "title": "zollverein serve", "version": env!("CARGO_PKG_VERSION") },
        "paths": paths,
        "components": { "schemas": schemas },
    })
}

fn form<T: JsonSchema>(name: &'static str) -> (&'static str, Value) {
    (name, rooted(name, schema_for!(T).to_value()))
}

/// A schema whose references lead to where it now stands.
fn rooted(name: &str, schema: Value) -> Value {
    match schema {
        Value::Object(entries) => entries
            .into_iter()
            .map(|(key, value)| match value {
                Value::String(target) if key == "$ref" => {
                    let at = format!("#/components/schemas/{name}/");
                    (key, Value::String(target.replacen("#/", &at, 1)))
                }
                value => (key, rooted(name, value)),
            })
            .collect(),
        Value::Array(items) => items.into_iter().map(|item| rooted(name, item)).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(entries) => {
                found.extend(entries.get("$ref").and_then(Value::as_str).map(str::to_owned));
                entries.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let description = description();
        let mut found = vec![];
        references(&description, &mut found);
        assert!(found.len() > 40, "{found:?}");
        let lost: Vec<&String> = found
            .iter()
            .filter(|target| description.pointer(target.trim_start_matches('#')).is_none())
            .collect();
        assert!(lost.is_empty(), "{lost:?}");
    }
}
