//! The generated pages of the book: every command with its options, every key of a scenario.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Command;

/// What a page begins with, so that nobody edits it.
const MADE: &str =
    "<!-- Made by tests/it/docs.rs from the program itself. Do not edit: `make golden` writes it anew. -->\n";

fn help(words: &[String]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_zollverein"))
        .args(words)
        .arg("--help")
        .env("NO_COLOR", "1")
        .env_remove("COLUMNS")
        .output()
        .unwrap_or_else(|error| panic!("{error}"));
    assert!(output.status.success(), "{words:?} --help fails");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The commands that a help text lists, `help` left out.
fn listed(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    lines
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next().map(str::to_owned))
        .filter(|name| name != "help")
        .collect()
}

/// The page of commands: what `--help` says, command by command.
pub fn commands() -> String {
    let mut page = format!(
        "# Commands and options\n\n{MADE}\nWhat `--help` says. [Commands](../commands.md) is shorter.\n"
    );
    let mut waiting = vec![vec![]];
    while let Some(words) = waiting.pop() {
        let text = help(&words);
        let name = if words.is_empty() {
            "zollverein".to_owned()
        } else {
            format!("zollverein {}", words.join(" "))
        };
        let shown: Vec<&str> = text.trim_end().lines().map(str::trim_end).collect();
        let _ = write!(page, "\n## {name}\n\n```text\n{}\n```\n", shown.join("\n"));
        for name in listed(&text).into_iter().rev() {
            waiting.push(words.iter().cloned().chain([name]).collect());
        }
    }
    page
}

/// The page of keys: every table of a scenario with its keys, from the JSON Schema.
pub fn keys(schema: &Value) -> String {
    let mut page = format!(
        "# Every key of a scenario\n\n{MADE}\nFrom the JSON Schema (`zollverein schema`). [Scenario files](scenario.md) explains how keys work together.\n"
    );
    section(&mut page, "A scenario", schema);
    let empty = serde_json::Map::new();
    let defined = schema["$defs"].as_object().unwrap_or(&empty);
    for (name, form) in defined.iter().collect::<BTreeMap<_, _>>() {
        section(&mut page, name, form);
    }
    page
}

fn section(page: &mut String, name: &str, form: &Value) {
    let _ = write!(page, "\n## {name}\n");
    if let Some(text) = form["description"].as_str() {
        let _ = write!(page, "\n{}\n", one_line(text));
    }
    if let Some(properties) = form["properties"].as_object() {
        page.push_str("\n| key | takes | |\n|---|---|---|\n");
        for (key, property) in properties {
            let required =
                form["required"].as_array().is_some_and(|keys| keys.iter().any(|name| name == key));
            let needed = if required { "Required. " } else { "" };
            let text = one_line(property["description"].as_str().unwrap_or_default());
            let _ = writeln!(page, "| `{key}` | {} | {needed}{text} |", takes(property));
        }
    }
    let choices = form["oneOf"].as_array().or_else(|| form["anyOf"].as_array());
    for choice in choices.into_iter().flatten() {
        let text = one_line(choice["description"].as_str().unwrap_or_default());
        let _ = write!(page, "\n* {}: {text}", takes(choice));
    }
    if choices.is_some() {
        page.push('\n');
    }
    if form["enum"].is_array() {
        let _ = writeln!(page, "\n{}", takes(form));
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

/// What a value may be, in words.
fn takes(value: &Value) -> String {
    if let Some(name) = value["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap_or_default();
        return format!("[{name}](#{})", name.to_lowercase());
    }
    if let Some(choices) = value["anyOf"].as_array().or_else(|| value["oneOf"].as_array()) {
        let shown: Vec<String> =
            choices.iter().filter(|choice| choice["type"] != "null").map(takes).collect();
        return shown.join(" or ");
    }
    if let Some(fixed) = value.get("const") {
        return format!("`{}`", fixed.as_str().unwrap_or_default());
    }
    if let Some(choices) = value["enum"].as_array() {
        let shown: Vec<String> =
            choices.iter().filter_map(Value::as_str).map(|choice| format!("`{choice}`")).collect();
        return shown.join(", ");
    }
    let kinds: Vec<&str> = match &value["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => {
            kinds.iter().filter_map(Value::as_str).filter(|kind| *kind != "null").collect()
        }
        _ => vec![],
    };
    let words = |kind: &&str| match *kind {
        "string" => "text".to_owned(),
        "boolean" => "true or false".to_owned(),
        "integer" => "whole number".to_owned(),
        "array" => format!("list of: {}", takes(&value["items"])),
        "object" if value["additionalProperties"].is_object() => {
            format!("by name: {}", takes(&value["additionalProperties"]))
        }
        "object" => "table".to_owned(),
        other => other.to_owned(),
    };
    kinds.iter().map(words).collect::<Vec<_>>().join(" or ")
}
