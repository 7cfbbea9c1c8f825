//! Every crate that we build on comes from crates.io under a licence that `deny.toml` allows.

use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// Whether an SPDX expression can be met with the allowed licences.
fn allowed(expression: &str, allow: &[String]) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut here = 0;
    let met = either(&words, &mut here, allow);
    met && here == words.len()
}

fn either(words: &[&str], here: &mut usize, allow: &[String]) -> bool {
    let mut met = both(words, here, allow);
    while words.get(*here) == Some(&"OR") {
        *here += 1;
        met |= both(words, here, allow);
    }
    met
}

fn both(words: &[&str], here: &mut usize, allow: &[String]) -> bool {
    let mut met = one(words, here, allow);
    while words.get(*here) == Some(&"AND") {
        *here += 1;
        met &= one(words, here, allow);
    }
    met
}

fn one(words: &[&str], here: &mut usize, allow: &[String]) -> bool {
    let Some(word) = words.get(*here) else { return false };
    *here += 1;
    if *word == "(" {
        let met = either(words, here, allow);
        *here += 1; // the closing parenthesis
        return met;
    }
    let mut name = (*word).to_owned();
    if words.get(*here) == Some(&"WITH") {
        name = format!("{name} WITH {}", words.get(*here + 1).unwrap_or(&""));
        *here += 2;
    }
    allow.contains(&name)
}

fn strings(value: Option<&toml::Value>) -> Vec<String> {
    let list = value.and_then(toml::Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(|entry| entry.as_str().map(str::to_owned)).collect()
}

#[test]
fn every_crate_has_an_allowed_licence_and_source() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("deny.toml")).expect("deny.toml");
    let deny: toml::Value = toml::from_str(&text).expect("deny.toml is TOML");
    let allow = strings(deny["licenses"].get("allow"));
    let registries = strings(deny["sources"].get("allow-registry"));
    let rustc = Command::new("rustc").arg("-vV").output().expect("rustc runs");
    let about = String::from_utf8_lossy(&rustc.stdout).into_owned();
    let host = about.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc names its host");
    // not offline: what nobody has fetched yet, the package for Python for instance, is fetched now
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--filter-platform", host])
        .current_dir(root)
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("metadata are JSON");
    let used: Vec<&str> = metadata["resolve"]["nodes"]
        .as_array()
        .expect("nodes")
        .iter()
        .filter_map(|node| node["id"].as_str())
        .collect();
    let packages = metadata["packages"].as_array().expect("packages");
    let mut faults = vec![];
    let mut looked_at = 0;
    for package in packages.iter().filter(|package| used.contains(&package["id"].as_str().unwrap_or(""))) {
        looked_at += 1;
        let name = format!("{} {}", package["name"], package["version"]);
        let licence = package["license"].as_str().unwrap_or("");
        if !allowed(licence, &allow) {
            faults.push(format!("{name}: licence `{licence}` is not allowed"));
        }
        if let Some(source) = package["source"].as_str()
            && !registries.iter().any(|registry| source == format!("registry+{registry}"))
        {
            faults.push(format!("{name}: source {source} is not allowed"));
        }
    }
    assert!(looked_at > 50, "the crates were not read: {looked_at}");
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn expressions_are_read_as_spdx_means_them() {
    let allow: Vec<String> =
        ["MIT", "Apache-2.0 WITH LLVM-exception", "Unicode-3.0"].map(str::to_owned).into();
    for met in [
        "MIT",
        "MIT OR GPL-3.0",
        "GPL-3.0/MIT",
        "(GPL-3.0 OR MIT) AND Unicode-3.0",
        "Apache-2.0 WITH LLVM-exception",
    ] {
        assert!(allowed(met, &allow), "{met}");
    }
    for unmet in
        ["", "GPL-3.0", "MIT AND GPL-3.0", "Apache-2.0", "(MIT OR GPL-3.0) AND GPL-3.0", "MIT GPL-3.0"]
    {
        assert!(!allowed(unmet, &allow), "{unmet}");
    }
}
