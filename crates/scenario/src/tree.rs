//! A scenario file as a tree whose every value knows the file, line and column
//! it stands at, so that files can be laid over each other and faults still be
//! shown where they were written.

use std::collections::BTreeMap;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use zollverein_model::problem::{Place, Problems};

/// A value and where it stands; in a table, where its key stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where it stands.
    pub place: Place,
}

/// A value of a scenario file.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Text in quotes.
    Text(String),
    /// A whole number.
    Whole(i64),
    /// A number with a decimal point or exponent; it may be NaN or infinite until checked.
    Number(f64),
    /// True or false.
    Truth(bool),
    /// A date or time, which no key takes.
    Date(String),
    /// A list.
    List(Vec<Node>),
    /// A table.
    Table(BTreeMap<String, Node>),
}

impl Value {
    /// The value in a few words, for messages.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self {
            Self::Text(text) => format!("the text {text:?}"),
            Self::Whole(number) => format!("the number {number}"),
            Self::Number(number) => format!("the number {number}"),
            Self::Truth(truth) => truth.to_string(),
            Self::Date(date) => format!("the date {date}"),
            Self::List(_) => "a list".to_owned(),
            Self::Table(_) => "a table".to_owned(),
        }
    }
}

impl Node {
    /// The tree of one file's text; syntax faults, all of them, go to `problems`.
    #[must_use]
    pub fn parse(file: &str, text: &str, problems: &mut Problems) -> Option<Self> {
        let lines = Lines::new(file, text);
        let (document, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            let at = error.span().map_or(0, |span| span.start);
            problems.add(
                lines.place(at),
                format!("this is no valid TOML: {}", error.message().replace('\n', ", ")),
                "mend the line; text stands in quotes, lists in [ ], and each key once",
            );
        }
        if !errors.is_empty() {
            return None;
        }
        Some(Self { value: table(document.get_ref(), &lines, problems), place: Place::file(file) })
    }

    /// The entry of a table.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        match &self.value {
            Value::Table(entries) => entries.get(key),
            _ => None,
        }
    }

    /// The text, if it is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// This tree laid over another: tables are joined key by key, lists of
    /// clauses by `name`, everything else replaces what was there.
    #[must_use]
    pub fn over(self, base: Self) -> Self {
        join(base, self, "")
    }

    /// The tree with its children's paths, in order: `visit` is called with each path and node.
    pub fn visit<'a>(&'a self, path: &str, visit: &mut dyn FnMut(&str, &'a Self)) {
        visit(path, self);
        for (path, child) in self.children(path) {
            child.visit(&path, visit);
        }
    }

    /// The children with their paths.
    #[must_use]
    pub fn children(&self, path: &str) -> Vec<(String, &Self)> {
        match &self.value {
            Value::Table(entries) => {
                entries.iter().map(|(key, child)| (key_path(path, key), child)).collect()
            }
            Value::List(items) => items
                .iter()
                .enumerate()
                .map(|(position, child)| (item_path(path, position, child), child))
                .collect(),
            _ => vec![],
        }
    }

    /// The node at a path such as `tariff.core.rate_percent`.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<&Self> {
        let mut here = (String::new(), self);
        while here.0 != path {
            here = here.1.children(&here.0).into_iter().find(|(child, _)| leads(child, path))?;
        }
        Some(here.1)
    }

    /// Where the node at a path stands in [`Node::json`] (RFC 6901).
    pub fn pointer(&self, path: &str) -> Option<String> {
        let (mut pointer, mut here, mut node) = (String::new(), String::new(), self);
        while here != path {
            let (step, at, child) = match &node.value {
                Value::Table(entries) => entries.iter().find_map(|(key, child)| {
                    let at = key_path(&here, key);
                    leads(&at, path).then(|| (key.replace('~', "~0").replace('/', "~1"), at, child))
                }),
                Value::List(items) => items.iter().enumerate().find_map(|(position, child)| {
                    let at = item_path(&here, position, child);
                    leads(&at, path).then(|| (position.to_string(), at, child))
                }),
                _ => None,
            }?;
            pointer = format!("{pointer}/{step}");
            (here, node) = (at, child);
        }
        Some(pointer)
    }

    /// The node at a path, to be changed.
    pub fn at_mut(&mut self, path: &str) -> Option<&mut Self> {
        self.descend("", path)
    }

    fn descend(&mut self, here: &str, path: &str) -> Option<&mut Self> {
        if here == path {
            return Some(self);
        }
        match &mut self.value {
            Value::Table(entries) => entries.iter_mut().find_map(|(key, child)| {
                let at = key_path(here, key);
                if leads(&at, path) { child.descend(&at, path) } else { None }
            }),
            Value::List(items) => items.iter_mut().enumerate().find_map(|(position, child)| {
                let at = item_path(here, position, child);
                if leads(&at, path) { child.descend(&at, path) } else { None }
            }),
            _ => None,
        }
    }

    /// Where each path stands.
    #[must_use]
    pub fn places(&self) -> BTreeMap<String, Place> {
        let mut places = BTreeMap::new();
        self.visit("", &mut |path, node| {
            places.insert(path.to_owned(), node.place.clone());
        });
        places
    }

    /// The tree as JSON; only finite numbers can be told, others become null.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            Value::Text(text) | Value::Date(text) => Json::from(text.as_str()),
            Value::Whole(number) => Json::from(*number),
            Value::Number(number) => Json::from(*number),
            Value::Truth(truth) => Json::from(*truth),
            Value::List(items) => items.iter().map(Self::json).collect(),
            Value::Table(entries) => {
                Json::Object(entries.iter().map(|(key, child)| (key.clone(), child.json())).collect())
            }
        }
    }

    /// The tree as one line of text that depends on what it says and not on how
    /// it is written: keys sorted, clauses sorted, 25 and 25.0 the same.
    #[must_use]
    pub fn canonical(&self) -> String {
        self.canonical_at("")
    }

    /// The same at a path of keys alone, without names and positions: clauses stand in lists at the
    /// same keys whatever their names and order are.
    fn canonical_at(&self, keys: &str) -> String {
        match &self.value {
            Value::Text(text) | Value::Date(text) => format!("{text:?}"),
            Value::Whole(number) => format!("{:?}", *number as f64),
            Value::Number(number) => format!("{number:?}"),
            Value::Truth(truth) => truth.to_string(),
            Value::List(items) => {
                let mut parts: Vec<String> = items.iter().map(|item| item.canonical_at(keys)).collect();
                let any_order = !keys.contains('.') || NESTED.contains(&keys) || RULES_OF_MEMBERS == keys;
                if any_order && is_clauses(items) {
                    parts.sort_unstable();
                }
                format!("[{}]", parts.join(","))
            }
            Value::Table(entries) => {
                let parts: Vec<String> = entries
                    .iter()
                    .map(|(key, child)| format!("{key:?}:{}", child.canonical_at(&key_path(keys, key))))
                    .collect();
                format!("{{{}}}", parts.join(","))
            }
        }
    }
}

/// Whether a path is, or leads to, another.
fn leads(path: &str, target: &str) -> bool {
    target.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// The path of a table's entry.
#[must_use]
pub fn key_path(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// By their keys: lists of clauses below the top level.
const NESTED: [&str; 6] = [
    "revenue.use",
    "negotiation.number",
    "negotiation.menu",
    "negotiation.objective",
    "negotiation.floor",
    RED_LINES,
];
const RED_LINES: &str = "party.red_line";

/// The rules of importers apart: named, in any order, and addressed by position.
const RULES_OF_MEMBERS: &str = "standard.member";

/// Whether the list at a path is one of clauses: those of the top level are, the uses of revenue,
/// the red lines of a party and what a negotiation is about.
#[must_use]
pub fn holds_clauses(path: &str) -> bool {
    let is_red_line = || {
        let party = path.strip_prefix("party.").and_then(|rest| rest.strip_suffix(".red_line"));
        party.is_some_and(is_name)
    };
    let is_nested = || path != RED_LINES && NESTED.contains(&path);
    !path.contains(['.', '[']) || is_nested() || is_red_line()
}

/// The path of a list's item: clauses by name, others by position.
#[must_use]
pub fn item_path(path: &str, position: usize, item: &Node) -> String {
    match item.get("name").and_then(Node::text) {
        Some(name) if holds_clauses(path) && is_name(name) => format!("{path}.{name}"),
        _ => format!("{path}[{position}]"),
    }
}

/// Whether a text can name a clause or a group.
#[must_use]
pub fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

/// Whether a list is one of clauses: tables all.
#[must_use]
pub fn is_clauses(items: &[Node]) -> bool {
    !items.is_empty() && items.iter().all(|item| matches!(item.value, Value::Table(_)))
}

fn join(base: Node, over: Node, path: &str) -> Node {
    let value = match (base.value, over.value) {
        (Value::Table(mut entries), Value::Table(new)) => {
            for (key, child) in new {
                let joined = match entries.remove(&key) {
                    Some(before) => join(before, child, &key_path(path, &key)),
                    None => child,
                };
                entries.insert(key, joined);
            }
            Value::Table(entries)
        }
        (Value::List(mut items), Value::List(new))
            if holds_clauses(path) && is_clauses(&items) && is_clauses(&new) =>
        {
            for clause in new {
                let name = clause.get("name").and_then(Node::text);
                let same = items
                    .iter()
                    .position(|item| name.is_some() && item.get("name").and_then(Node::text) == name);
                match same {
                    Some(position) => {
                        let before = items.remove(position);
                        let at = item_path(path, position, &clause);
                        items.insert(position, join(before, clause, &at));
                    }
                    None => items.push(clause),
                }
            }
            Value::List(items)
        }
        (_, value) => value,
    };
    Node { value, place: over.place }
}

fn table(entries: &DeTable<'_>, lines: &Lines<'_>, problems: &mut Problems) -> Value {
    let mut read = BTreeMap::new();
    for (key, child) in entries {
        let place = lines.place(key.span().start);
        read.insert(key.get_ref().to_string(), Node { value: value(child, lines, problems), place });
    }
    Value::Table(read)
}

fn value(node: &Spanned<DeValue<'_>>, lines: &Lines<'_>, problems: &mut Problems) -> Value {
    match node.get_ref() {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Value::Whole(number),
            Err(_) => {
                problems.add(
                    lines.place(node.span().start),
                    format!("the whole number {number} is too large"),
                    "give a number that can be meant",
                );
                Value::Whole(0)
            }
        },
        DeValue::Float(number) => Value::Number(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(truth) => Value::Truth(*truth),
        DeValue::Datetime(date) => Value::Date(date.to_string()),
        DeValue::Array(items) => Value::List(
            items
                .iter()
                .map(|item| Node {
                    value: value(item, lines, problems),
                    place: lines.place(item.span().start),
                })
                .collect(),
        ),
        DeValue::Table(entries) => table(entries, lines, problems),
    }
}

/// Turns byte positions of a text into lines and columns.
struct Lines<'a> {
    file: &'a str,
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn new(file: &'a str, text: &'a str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { file, text, starts: std::iter::once(0).chain(breaks).collect() }
    }

    fn place(&self, byte: usize) -> Place {
        let line = self.starts.partition_point(|start| *start <= byte).max(1);
        let before = self.text.get(self.starts[line - 1]..byte).unwrap_or("");
        Place { file: self.file.to_owned(), line: Some(line), column: Some(before.chars().count() + 1) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(file: &str, text: &str) -> Node {
        let mut problems = Problems::new();
        let node = Node::parse(file, text, &mut problems);
        assert!(problems.is_empty(), "{problems}");
        node.unwrap_or_else(|| unreachable!())
    }

    const BASE: &str = "title = \"base\"\n[[tariff]]\nname = \"core\"\nrate_percent = 25\n\
                        importers = [\"USA\"]\n[[tariff]]\nname = \"more\"\nadditional_percent = 5\n";

    #[test]
    fn paths_name_clauses_and_know_their_lines() {
        let node = tree("a.toml", BASE);
        let places = node.places();
        assert_eq!(places["tariff.core.rate_percent"].to_string(), "a.toml:4:1");
        assert_eq!(places["tariff.core.importers[0]"].to_string(), "a.toml:5:14");
        assert_eq!(places["tariff.more"].to_string(), "a.toml:6:1");
        assert_eq!(node.at("tariff.core.rate_percent").map(|n| &n.value), Some(&Value::Whole(25)));
        assert_eq!(node.at("tariff.cor"), None);
    }

    #[test]
    fn a_file_laid_over_another_changes_what_it_names_and_keeps_the_rest() {
        let over = "[[tariff]]\nname = \"core\"\nrate_percent = 50.0\n[[tariff]]\nname = \"new\"\n";
        let node = tree("b.toml", over).over(tree("a.toml", BASE));
        let places = node.places();
        assert_eq!(places["tariff.core.rate_percent"].to_string(), "b.toml:3:1");
        assert_eq!(places["tariff.core.importers"].to_string(), "a.toml:5:1");
        assert!(places.contains_key("tariff.new") && places.contains_key("tariff.more"));
        assert_eq!(node.at("title").and_then(Node::text), Some("base"));
    }

    #[test]
    fn the_canonical_text_ignores_order_and_notation() {
        let a = tree("a", "x = 1\n[[t]]\nname = \"b\"\n[[t]]\nname = \"a\"\n");
        let b = tree("b", "[[t]]\nname = 'a'\n[[t]]\nname = 'b'\n").over(tree("c", "x = 1.0"));
        assert_eq!(a.canonical(), b.canonical());
        assert_ne!(a.canonical(), tree("d", "x = 2").canonical());
    }

    #[test]
    fn no_order_of_clauses_changes_the_canonical_text_and_the_order_of_steps_does() {
        let lists = [
            ("[[revenue.use]]", ""),
            ("[[negotiation.number]]", ""),
            ("[[negotiation.menu]]", ""),
            ("[[negotiation.objective]]", ""),
            ("[[negotiation.floor]]", ""),
            ("[[standard.member]]", ""),
            ("[[party.red_line]]", "[[party]]\nname = \"p\"\n"),
            ("[[party.red_line]]", "[[party]]\n"), // a name may be missing where a file is not whole
            ("[[party]]", ""),
        ];
        for (head, before) in lists {
            let clause = |name: &str, value: i32| format!("{head}\nname = \"{name}\"\nx = {value}\n");
            let (one, other) = (clause("b", 1), clause("a", 2));
            let there = tree("a", &format!("{before}{one}{other}")).canonical();
            assert_eq!(there, tree("a", &format!("{before}{other}{one}")).canonical(), "{before}{head}");
            assert_ne!(there, tree("a", &format!("{before}{one}{one}")).canonical(), "{head}");
        }
        let steps = |list: &str| tree("a", &format!("[[cbam]]\nname = \"a\"\nmarkup = {list}\n")).canonical();
        assert_ne!(
            steps("[{ year = 2026 }, { year = 2030 }]"),
            steps("[{ year = 2030 }, { year = 2026 }]"),
            "years must rise: another order is another, faulty file"
        );
    }

    #[test]
    fn syntax_faults_are_reported_together_with_their_lines() {
        let mut problems = Problems::new();
        assert_eq!(Node::parse("x.toml", "a = \nb = 1\nc = [1,,2]\n", &mut problems), None);
        let mut places: Vec<String> = problems.as_slice().iter().map(|p| p.place.to_string()).collect();
        places.sort();
        assert_eq!(places, ["x.toml:1:5", "x.toml:3:8"]);
    }
}
