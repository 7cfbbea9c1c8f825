//! Rust sources as tokens: enough of a reader to see who uses whom.

use petgraph::algo::tarjan_scc;
use petgraph::graph::DiGraph;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A source file.
pub struct Source {
    /// Its path from the repository, with `/`.
    pub file: String,
    /// The crate that it belongs to, by its folder: `model`; empty for the program itself.
    pub package: String,
    /// Its module, for instance `["policy", "tariff"]`; empty for `main.rs` and `lib.rs`.
    pub module: Vec<String>,
    /// Identifiers and punctuation, comments and strings left out.
    pub tokens: Vec<String>,
    /// Every path into the crate that it writes, `super` resolved and groups taken apart.
    pub paths: Vec<Vec<String>>,
    /// Those of them that are used outside tests.
    pub used: Vec<Vec<String>>,
    /// Modules it declares.
    pub children: BTreeSet<String>,
    /// Those of them that only tests have.
    pub test_children: BTreeSet<String>,
    /// Names it re-exports from its modules, with the module.
    pub exports: BTreeMap<String, String>,
}

impl Source {
    /// The source of a file.
    pub fn read(file: &str, text: &str) -> Self {
        let tokens = tokens(text);
        let (package, module) = module(file);
        let used = paths(&without_tests(&tokens), &module);
        let paths = paths(&tokens, &module);
        let children = declared(&tokens);
        let outside_tests = declared(&without_tests(&tokens));
        let test_children = children.difference(&outside_tests).cloned().collect();
        let mut exports = BTreeMap::new();
        for at in 0..tokens.len() {
            if tokens[at] == "use" && tokens.get(at + 1).is_some_and(|name| children.contains(name)) {
                let mut found = vec![];
                tree(&tokens, at + 1, vec![], &mut found);
                for path in found.iter().filter(|path| path.len() >= 2) {
                    exports.insert(path[path.len() - 1].clone(), path[0].clone());
                }
            }
        }
        Self { file: file.to_owned(), package, module, tokens, paths, used, children, test_children, exports }
    }

    /// Whether it uses an outside crate of that name.
    pub fn uses_crate(&self, name: &str) -> bool {
        let at = |position: usize| self.tokens.get(position).map_or("", String::as_str);
        (0..self.tokens.len()).any(|here| {
            let before = |back: usize| here.checked_sub(back).map_or("", at);
            // after `a::` it is a name inside `a`; after a bare `::` it is the crate again
            let inside = before(1) == "::"
                && before(2).chars().next().is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '>');
            self.tokens[here] == name
                && !inside
                && (at(here + 1) == "::" || (before(1) == "use" && matches!(at(here + 1), ";" | "as")))
        })
    }

    /// The types that implement a trait.
    pub fn implementors_of(&self, name: &str) -> Vec<String> {
        self.tokens
            .windows(4)
            .filter(|four| four[0] == "impl" && four[1] == name && four[2] == "for")
            .map(|four| four[3].clone())
            .collect()
    }

    /// Calls that panic, outside of modules marked `#[cfg(test)]`.
    pub fn panics(&self) -> Vec<String> {
        let tokens = without_tests(&self.tokens);
        let mut found = vec![];
        for three in tokens.windows(3) {
            if three[0] == "."
                && ["unwrap", "expect", "unwrap_err", "expect_err"].contains(&three[1].as_str())
                && three[2] == "("
            {
                found.push(format!(".{}()", three[1]));
            }
        }
        for two in tokens.windows(2) {
            if ["panic", "unreachable", "todo", "unimplemented", "dbg"].contains(&two[0].as_str())
                && two[1] == "!"
            {
                found.push(format!("{}!", two[0]));
            }
        }
        found
    }
}

/// The repository's root.
pub fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below a folder: path from the repository, and text; none if there is no folder.
pub fn rust_files(folder: &Path) -> Vec<(String, String)> {
    let mut files = vec![];
    let Ok(entries) = std::fs::read_dir(folder) else { return files };
    for entry in entries.filter_map(Result::ok) {
        let path = entry.path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(repository()).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            files.push((name, std::fs::read_to_string(&path).expect("a source file can be read")));
        }
    }
    files.sort();
    files
}

/// The modules that tokens declare, each in a file of its own.
fn declared(tokens: &[String]) -> BTreeSet<String> {
    let three = tokens.windows(3).filter(|three| three[0] == "mod" && three[2] == ";");
    three.map(|three| three[1].clone()).collect()
}

/// The crate and the module of a file.
fn module(file: &str) -> (String, Vec<String>) {
    let (package, path) = file.split_once("src/").unwrap_or(("", file));
    let package = package.trim_matches('/').rsplit('/').next().unwrap_or_default();
    let path = path.trim_end_matches(".rs");
    let module = match path {
        "lib" | "main" => vec![],
        path => path.split('/').filter(|part| *part != "mod").map(str::to_owned).collect(),
    };
    (package.to_owned(), module)
}

/// The modules of a crate, and which of them use which.
pub struct Tree<'s> {
    files: Vec<&'s Source>,
}

impl<'s> Tree<'s> {
    /// The modules of the crate with a name.
    pub fn of(sources: &'s [Source], package: &str) -> Self {
        Self { files: sources.iter().filter(|source| source.package == package).collect() }
    }

    /// The module that a path leads to: re-exports resolved, names inside a module left off.
    fn resolved(&self, path: &[String]) -> Vec<String> {
        let mut here: Vec<String> = vec![];
        for name in path {
            let Some(file) = self.files.iter().find(|source| source.module == here) else { break };
            match file.exports.get(name).filter(|_| !file.children.contains(name)) {
                Some(module) => here.push(module.clone()),
                None if file.children.contains(name) => here.push(name.clone()),
                None => break,
            }
        }
        here
    }

    /// For each folder, which of its modules use which other: by folder, user and used.
    fn uses(&self) -> BTreeMap<Vec<String>, BTreeMap<String, BTreeSet<String>>> {
        let mut found: BTreeMap<Vec<String>, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
        for source in &self.files {
            for path in &source.used {
                let target = self.resolved(path);
                let same = source.module.iter().zip(&target).take_while(|(a, b)| a == b).count();
                if let (Some(user), Some(used)) = (source.module.get(same), target.get(same)) {
                    let folder = found.entry(target[..same].to_vec()).or_default();
                    folder.entry(user.clone()).or_default().insert(used.clone());
                }
            }
        }
        found
    }

    /// Modules of one folder that use each other in a circle, each circle once.
    pub fn circles(&self) -> Vec<String> {
        let package = self.files.first().map_or("", |source| source.package.as_str());
        let mut faults = vec![];
        for (folder, uses) in self.uses() {
            let mut graph = DiGraph::<&str, ()>::new();
            let mut nodes = BTreeMap::new();
            for (user, used) in uses.iter().flat_map(|(user, used)| used.iter().map(move |used| (user, used)))
            {
                let [from, to] = [user, used]
                    .map(|name| *nodes.entry(name.as_str()).or_insert_with(|| graph.add_node(name)));
                graph.update_edge(from, to, ());
            }
            for circle in tarjan_scc(&graph).into_iter().filter(|set| set.len() > 1) {
                let mut names: Vec<&str> = circle.into_iter().map(|node| graph[node]).collect();
                names.sort_unstable();
                faults.push(format!("{package}::{}: {} use each other", folder.join("::"), names.join(", ")));
            }
        }
        faults
    }
}

/// Identifiers, `::` and single characters of punctuation.
fn tokens(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let at = |position: usize| characters.get(position).copied().unwrap_or('\0');
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let mut tokens = vec![];
    let mut here = 0;
    while here < characters.len() {
        let c = at(here);
        if c == '/' && at(here + 1) == '/' {
            while here < characters.len() && at(here) != '\n' {
                here += 1;
            }
        } else if c == '/' && at(here + 1) == '*' {
            here = after_block_comment(&characters, here);
        } else if let Some(end) = after_string(&characters, here) {
            here = end;
        } else if word(c) {
            let start = here;
            while word(at(here)) {
                here += 1;
            }
            tokens.push(characters[start..here].iter().collect());
        } else if c == ':' && at(here + 1) == ':' {
            tokens.push("::".to_owned());
            here += 2;
        } else {
            if !c.is_whitespace() {
                tokens.push(c.to_string());
            }
            here += 1;
        }
    }
    tokens
}

fn after_block_comment(characters: &[char], start: usize) -> usize {
    let (mut here, mut depth) = (start, 0_usize);
    while here < characters.len() {
        match (characters[here], characters.get(here + 1)) {
            ('/', Some('*')) => (depth, here) = (depth + 1, here + 2),
            ('*', Some('/')) => (depth, here) = (depth - 1, here + 2),
            _ => here += 1,
        }
        if depth == 0 {
            break;
        }
    }
    here
}

/// Where a string or character that begins here ends.
fn after_string(characters: &[char], start: usize) -> Option<usize> {
    let at = |position: usize| characters.get(position).copied().unwrap_or('\0');
    let after_word = start > 0 && (at(start - 1).is_alphanumeric() || at(start - 1) == '_');
    let mut here = start;
    if !after_word {
        while matches!(at(here), 'b' | 'c' | 'r') && here - start < 2 {
            here += 1;
        }
    }
    let raw = here > start && at(here - 1) == 'r';
    let mut hashes = 0;
    while raw && at(here + hashes) == '#' {
        hashes += 1;
    }
    if at(here + hashes) == '"' {
        here += hashes + 1;
        while here < characters.len() {
            if at(here) == '\\' && !raw {
                here += 1;
            } else if at(here) == '"' && (0..hashes).all(|hash| at(here + 1 + hash) == '#') {
                return Some(here + 1 + hashes);
            }
            here += 1;
        }
        return Some(here);
    }
    // a character, not a lifetime
    if at(start) == '\'' {
        if at(start + 1) == '\\' {
            let end = (start + 3..characters.len()).find(|end| at(*end) == '\'')?;
            return Some(end + 1);
        }
        if at(start + 2) == '\'' {
            return Some(start + 3);
        }
    }
    None
}

/// All paths into the crate.
fn paths(tokens: &[String], module: &[String]) -> Vec<Vec<String>> {
    let mut found = vec![];
    let (mut depth, mut inner): (usize, Vec<usize>) = (0, vec![]);
    for (at, token) in tokens.iter().enumerate() {
        match token.as_str() {
            "{" => {
                depth += 1;
                if at >= 2 && tokens[at - 2] == "mod" {
                    inner.push(depth);
                }
            }
            "}" => {
                if inner.last() == Some(&depth) {
                    inner.pop();
                }
                depth = depth.saturating_sub(1);
            }
            "crate" if tokens.get(at + 1).is_some_and(|next| next == "::") => {
                tree(tokens, at + 2, vec![], &mut found);
            }
            "super" if at == 0 || tokens[at - 1] != "::" => {
                // an inner module's `super` is the file itself
                let mut ups = 0;
                let mut after = at;
                while tokens.get(after).is_some_and(|t| t == "super")
                    && tokens.get(after + 1).is_some_and(|t| t == "::")
                {
                    ups += 1;
                    after += 2;
                }
                let up = ups - inner.len().min(ups);
                let base = module[..module.len() - up.min(module.len())].to_vec();
                let mut relative = vec![];
                tree(tokens, after, base, &mut relative);
                found.extend(relative);
            }
            _ => {}
        }
    }
    found.retain(|path| !path.is_empty());
    found
}

/// The paths of a use-tree that begins here; returns where it ends.
fn tree(tokens: &[String], start: usize, mut prefix: Vec<String>, found: &mut Vec<Vec<String>>) -> usize {
    let at = |position: usize| tokens.get(position).map_or("", String::as_str);
    let name = |token: &str| token.chars().next().is_some_and(|c| c.is_alphanumeric() || c == '_');
    let mut here = start;
    loop {
        if at(here) == "{" {
            here += 1;
            while at(here) != "}" && !at(here).is_empty() {
                let next = tree(tokens, here, prefix.clone(), found);
                here = if at(next) == "," { next + 1 } else { next.max(here + 1) };
            }
            return here + 1;
        }
        if at(here) == "*" || at(here) == "self" {
            found.push(prefix);
            return here + 1;
        }
        if !name(at(here)) {
            found.push(prefix);
            return here;
        }
        prefix.push(at(here).to_owned());
        here += 1;
        if at(here) == "as" {
            found.push(prefix);
            return here + 2;
        }
        if at(here) != "::" {
            found.push(prefix);
            return here;
        }
        here += 1;
    }
}

/// The tokens without items marked `#[cfg(test)]`.
fn without_tests(tokens: &[String]) -> Vec<String> {
    let marker = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = vec![];
    let mut here = 0;
    while here < tokens.len() {
        if tokens[here..].iter().take(marker.len()).map(String::as_str).eq(marker) {
            here += marker.len();
            let mut depth = 0_usize;
            while here < tokens.len() {
                match tokens[here].as_str() {
                    "{" => depth += 1,
                    "}" => depth -= 1,
                    _ => {}
                }
                here += 1;
                if depth == 0 && matches!(tokens[here - 1].as_str(), "}" | ";") {
                    break;
                }
            }
        } else {
            kept.push(tokens[here].clone());
            here += 1;
        }
    }
    kept
}
