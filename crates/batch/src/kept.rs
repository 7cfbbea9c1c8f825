//! Figures of draws in the user's cache, between runs.
//!
//! The cache is a convenience and never a source: a file is found by the digest of all that results
//! depend on (scenario, data, draws, program), says that digest itself, and carries one of its own
//! text; anything else is computed anew. Only so many files stay, the last used ones.

use crate::plan::Description;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};
use zollverein_model::baseline::read::sha256;

/// Files that stay in the cache.
const FILES: usize = 64;
/// The longest file that is read.
const LONGEST: u64 = 256 << 20;

/// What is kept in the cache: figures of each draw, bit by bit.
#[derive(Serialize, Deserialize)]
struct Kept {
    key: String,
    draws: Vec<Vec<u64>>,
}

/// The folder of the user's cache: `ZOLLVEREIN_CACHE` (empty: none is kept), else that of the system.
#[must_use]
pub fn usual_cache() -> Option<PathBuf> {
    let of = |name: &str| std::env::var_os(name).map(PathBuf::from);
    match of("ZOLLVEREIN_CACHE") {
        Some(named) => Some(named).filter(|path| !path.as_os_str().is_empty()),
        None => {
            let system = of("XDG_CACHE_HOME").filter(|path| path.is_absolute());
            system.or_else(|| Some(of("HOME")?.join(".cache"))).map(|path| path.join("zollverein"))
        }
    }
}

/// The digest of all that the figures depend on, this very program included.
pub fn key(description: &Description) -> String {
    let program = std::env::current_exe().and_then(std::fs::metadata).ok();
    let changed = program.as_ref().and_then(|program| program.modified().ok());
    let changed = changed.and_then(|time| time.duration_since(UNIX_EPOCH).ok()).map(|time| time.as_nanos());
    sha256(format!("{}{changed:?}{:?}", description.json(), program.map(|p| p.len())).as_bytes())
}

/// What a file of the cache holds, if it is what it says and what is asked for: so many evaluations.
pub fn read(file: &Path, key: &str, evaluations: usize, figures: usize) -> Option<Vec<Vec<f64>>> {
    // a pipe would be waited for
    let about = std::fs::symlink_metadata(file).ok().filter(std::fs::Metadata::is_file)?;
    if about.len() > LONGEST {
        return None;
    }
    let text = std::fs::read_to_string(file).ok()?;
    let (digest, body) = text.split_once('\n')?;
    if sha256(body.as_bytes()) != digest {
        return None;
    }
    let kept: Kept = serde_json::from_str(body).ok()?;
    let fits = kept.key == key
        && kept.draws.len() == evaluations
        && kept.draws.iter().all(|found| found.is_empty() || found.len() == figures);
    fits.then(|| kept.draws.into_iter().map(|draw| draw.into_iter().map(f64::from_bits).collect()).collect())
}

/// Keeps figures in the cache, if it can be written.
pub fn keep(file: &Path, key: String, draws: &[Vec<f64>]) {
    let bits = |draw: &Vec<f64>| draw.iter().map(|figure| figure.to_bits()).collect();
    let kept = Kept { key, draws: draws.iter().map(bits).collect() };
    let body = serde_json::to_string(&kept).unwrap_or_default();
    let folder = file.parent().unwrap_or(Path::new(""));
    let written = std::fs::create_dir_all(folder).and_then(|()| {
        let passing = tempfile::NamedTempFile::new_in(folder)?;
        std::fs::write(passing.path(), format!("{}\n{body}", sha256(body.as_bytes())))?;
        passing.persist(file).map_err(|error| error.error)
    });
    drop(written); // without a cache the figures are computed again
    forget(folder);
}

/// Takes the oldest files out of a folder that holds too many.
fn forget(folder: &Path) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mut files: Vec<(SystemTime, PathBuf)> = entries
        .filter(|entry| entry.path().extension().is_some_and(|ending| ending == "json"))
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    files.sort();
    let more = files.len().saturating_sub(FILES);
    for (_, file) in files.into_iter().take(more) {
        drop(std::fs::remove_file(file)); // another run may have done it
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_keeps_so_many_files_and_gives_back_what_was_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let draws = vec![vec![1.5, f64::NEG_INFINITY], vec![]];
        for number in 0..FILES + 5 {
            keep(&folder.path().join(format!("{number}.json")), format!("key {number}"), &draws);
        }
        let files = std::fs::read_dir(folder.path()).expect("the folder").count();
        assert_eq!(files, FILES);
        let last = folder.path().join(format!("{}.json", FILES + 4));
        let key = format!("key {}", FILES + 4);
        assert_eq!(read(&last, &key, 2, 2), Some(draws));
        assert_eq!(read(&last, "another", 2, 2), None);
        assert_eq!(read(&last, &key, 3, 2), None);
        std::fs::write(&last, "tampered").expect("it is written");
        assert_eq!(read(&last, &key, 2, 2), None);
    }
}
