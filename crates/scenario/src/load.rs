//! A scenario file, and those it extends, to one tree.
//!
//! `extends` names a file relative to the one that says it. It must lie in the
//! folder above that of the first file, or anywhere below it, once links have
//! been followed: a scenario from a stranger reaches no file elsewhere.

use crate::tree::{Node, Value};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use zollverein_model::baseline::graph;
use zollverein_model::problem::{Place, Problems};

/// The largest scenario file that is read, in bytes.
const LARGEST: u64 = 1 << 20;

/// The tree of a file laid over those it extends, and whether it is complete:
/// false where an extended file could not be read.
pub fn load(path: &Path, problems: &mut Problems) -> (Option<Node>, bool) {
    let mut layers: Vec<Node> = vec![];
    let mut seen: Vec<PathBuf> = vec![];
    let mut next = Some((path.to_owned(), None));
    let mut complete = true;
    let root = root(path);
    while let Some((file, said)) = next.take() {
        let place = said.unwrap_or_else(|| Place::file(file.display().to_string()));
        match resolve(&file, root.as_deref(), &seen, &place, problems) {
            Some(real) => seen.push(real),
            None => {
                complete = false;
                break;
            }
        }
        let Some(mut tree) = read(&file, problems) else {
            complete = false;
            break;
        };
        repeated(&tree, problems);
        if let Value::Table(entries) = &mut tree.value
            && let Some(extends) = entries.remove("extends")
        {
            match extended(&file, &extends, problems) {
                Some(base) => next = Some((base, Some(extends.place))),
                None => complete = false,
            }
        }
        layers.push(tree);
    }
    (layers.into_iter().rev().reduce(|base, over| over.over(base)), complete)
}

/// The folder that no extended file may lie outside: the one above the first file's.
fn root(path: &Path) -> Option<PathBuf> {
    let real = path.canonicalize().ok()?;
    let folder = real.parent()?;
    Some(folder.parent().unwrap_or(folder).to_owned())
}

/// The real path of a file, if it may be read.
fn resolve(
    file: &Path,
    root: Option<&Path>,
    seen: &[PathBuf],
    place: &Place,
    problems: &mut Problems,
) -> Option<PathBuf> {
    let name = file.display();
    let real = match file.canonicalize() {
        Ok(real) => real,
        Err(error) => {
            let what = if error.kind() == std::io::ErrorKind::NotFound {
                format!("the scenario file {name} is missing")
            } else {
                format!("the scenario file {name} cannot be reached: {error}")
            };
            problems.add(place.clone(), what, "check the name and the folder");
            return None;
        }
    };
    if let Some(circle) = circle(seen, &real) {
        problems.add(
            place.clone(),
            format!("circular `extends`: {circle}"),
            "let one of the files in the circle extend nothing",
        );
        return None;
    }
    if root.is_some_and(|root| !real.starts_with(root)) {
        problems.add(
            place.clone(),
            format!("{name} lies outside the folder of scenarios"),
            "keep extended files in the folder above the first scenario's, or below it; links are followed",
        );
        return None;
    }
    Some(real)
}

/// The circle that a file closes if those before it extend each other, one after the other: `a -> b -> a`.
fn circle(seen: &[PathBuf], real: &Path) -> Option<String> {
    let mut files: Vec<&Path> = seen.iter().map(PathBuf::as_path).collect();
    let last = files.len().checked_sub(1)?;
    let next = files.iter().position(|file| *file == real).unwrap_or(files.len());
    files.push(real);
    let extends: Vec<(usize, usize)> = (1..=last).map(|at| (at - 1, at)).chain([(last, next)]).collect();
    let circle = graph::order(files.len(), &extends).err()?;
    // named as they stand beside the first of them
    let folder = seen[0].parent().unwrap_or(Path::new(""));
    let name = |file: &usize| files[*file].strip_prefix(folder).unwrap_or(files[*file]).display().to_string();
    Some(circle.iter().map(name).collect::<Vec<_>>().join(" -> "))
}

/// The file that a tree extends.
fn extended(file: &Path, extends: &Node, problems: &mut Problems) -> Option<PathBuf> {
    let remedy = "write extends = \"other.toml\", a path relative to this file";
    let Some(name) = extends.text() else {
        let what = format!("extends: expected text in quotes, found {}", extends.value.in_words());
        problems.add(extends.place.clone(), what, remedy);
        return None;
    };
    if name.is_empty() || Path::new(name).has_root() || Path::new(name).is_absolute() {
        problems.add(extends.place.clone(), format!("extends: {name:?} is no relative path"), remedy);
        return None;
    }
    Some(file.parent().unwrap_or(Path::new("")).join(name))
}

/// The tree of one file.
pub fn read(file: &Path, problems: &mut Problems) -> Option<Node> {
    let name = file.display().to_string();
    let metadata = match std::fs::metadata(file) {
        Ok(metadata) => metadata,
        Err(error) => {
            problems.add(
                Place::file(name),
                format!("the file cannot be reached: {error}"),
                "check the name and the folder",
            );
            return None;
        }
    };
    if !metadata.is_file() {
        problems.add(Place::file(name), "this is no file", "name a scenario file such as 02-gassa.toml");
        return None;
    }
    if metadata.len() > LARGEST {
        problems.add(
            Place::file(name),
            format!("the file has {} bytes, and a scenario has at most {LARGEST}", metadata.len()),
            "put data into a data folder; a scenario only states a policy",
        );
        return None;
    }
    let bytes = match std::fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) => {
            problems.add(
                Place::file(name),
                format!("the file cannot be read: {error}"),
                "check its permissions",
            );
            return None;
        }
    };
    match std::str::from_utf8(&bytes) {
        Ok(text) => Node::parse(&name, text.strip_prefix('\u{feff}').unwrap_or(text), problems),
        Err(error) => {
            let line = bytes[..error.valid_up_to()].split(|byte| *byte == b'\n').count();
            problems.add(Place::line(name, line), "the text is not UTF-8", "save the file as UTF-8");
            None
        }
    }
}

/// Reports clauses of one kind that have the same name in one file.
pub fn repeated(tree: &Node, problems: &mut Problems) {
    let mut lists = tree.children("");
    lists.extend(tree.at("revenue.use").map(|list| ("revenue.use".to_owned(), list)));
    for list in ["number", "menu", "objective", "floor"] {
        let path = format!("negotiation.{list}");
        lists.extend(tree.at(&path).map(|list| (path, list)));
    }
    for (path, party) in tree.get("party").map(|list| list.children("party")).unwrap_or_default() {
        lists.extend(party.get("red_line").map(|list| (format!("{path}.red_line"), list)));
    }
    for (kind, list) in lists {
        let Value::List(items) = &list.value else { continue };
        let mut first: BTreeMap<&str, &Place> = BTreeMap::new();
        for item in items {
            let Some(name) = item.get("name").and_then(Node::text) else { continue };
            match first.get(name) {
                Some(before) => problems.add(
                    item.place.clone(),
                    format!("a second [[{kind}]] is named `{name}`; the first stands at {before}"),
                    "give each clause of a kind a name of its own",
                ),
                None => {
                    first.insert(name, &item.place);
                }
            }
        }
    }
}
