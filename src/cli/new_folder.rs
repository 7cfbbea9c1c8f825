//! A data folder that a command makes: whole or not at all.

use anyhow::Context;
use std::fs;
use std::path::Path;
use zollverein_data::description::{self, Finding};
use zollverein_data::package;
use zollverein_model::baseline::read;
use zollverein_model::problem::{Place, Problems};

/// The folder to make must not be in use, or be a data folder that may be replaced.
pub fn free(to: &Path, from: Option<&Path>, force: bool) -> anyhow::Result<()> {
    let mut problems = Problems::new();
    let place = || Place::file(to.display().to_string());
    let same = |path: &Path| path.canonicalize().ok();
    let target = same(to);
    if target.is_some() && target == from.and_then(same) {
        problems.add(place(), "this is the folder to begin from", "name another folder with --to");
    } else if to.exists() {
        let data = read::REQUIRED.iter().all(|file| to.join(file).is_file());
        if !data {
            problems.add(
                place(),
                "this is there already and no data folder",
                "name another folder with --to",
            );
        } else if !force {
            problems.add(
                place(),
                "there is a data folder already",
                "name another folder with --to, or replace this one with --force",
            );
        }
    }
    Ok(problems.into_result(())?)
}

/// Writes the files beside their place, checks them there, and moves them in as a whole. What stood
/// there before stands there again if that fails.
pub fn write(tables: &[(String, Vec<u8>)], description: &str, to: &Path) -> anyhow::Result<Vec<Finding>> {
    let parent = match to.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(parent).with_context(|| format!("cannot make the folder {}", parent.display()))?;
    let room = tempfile::Builder::new()
        .prefix(".zollverein-")
        .tempdir_in(parent)
        .with_context(|| format!("cannot write into {}", parent.display()))?;
    let (new, old) = (room.path().join("new"), room.path().join("old"));
    fs::create_dir(&new).with_context(|| format!("cannot write into {}", parent.display()))?;
    let put = |name: &str, bytes: &[u8]| {
        fs::write(new.join(name), bytes)
            .with_context(|| format!("cannot write {}; nothing was changed", to.join(name).display()))
    };
    for (name, bytes) in tables {
        put(name, bytes)?;
    }
    put(description::DESCRIPTION, description.as_bytes())?;
    put(description::DESCRIPTION, package::describe(&new)?.as_bytes())?;
    let findings = package::verify(&new)?;
    let replaced = to.exists();
    let cannot = || format!("cannot move the new folder to {}; nothing was changed", to.display());
    if replaced {
        fs::rename(to, &old).with_context(cannot)?;
    }
    let moved = fs::rename(&new, to);
    if moved.is_err() && replaced {
        // what could be moved away a moment ago can be moved back
        let _ = fs::rename(&old, to);
    }
    moved.with_context(cannot)?;
    Ok(findings)
}
