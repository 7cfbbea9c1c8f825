//! The folder of a batch: bound to what the batch is made from, one Parquet part for each block of
//! evaluations, and a journal of the parts that are finished.
//!
//! A part is written to a temporary file, brought to the disk and then given its name; only after
//! that does the journal tell of it, with its digest. A part that the journal does not tell of, or
//! whose bytes are not those that it tells of, counts as not there.

use crate::layout::of_this_layout;
use crate::plan::Description;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use zollverein_model::baseline::file::read_to_string;
use zollverein_model::baseline::read::sha256;
use zollverein_model::problem::{Place, Problems};

/// The file that binds a folder.
pub const BINDING: &str = "plan.json";
/// The journal.
const JOURNAL: &str = "journal.jsonl";
/// The folder of parts.
const PARTS: &str = "parts";

/// A file could not be written or read.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot {what} {path}: {source}. Finished parts are intact: make room or choose another folder, and run the same command again to go on",
    path = path.display()
)]
pub struct FolderError {
    /// Write or read.
    what: &'static str,
    /// Where.
    path: PathBuf,
    /// What the operating system said.
    source: io::Error,
}

fn writing(path: &Path) -> impl FnOnce(io::Error) -> FolderError {
    let path = path.to_owned();
    move |source| FolderError { what: "write", path, source }
}

/// A line of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    block: usize,
    sha256: String,
}

/// The folder of a batch, held by this process alone.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// By block: the digest of its part.
    done: BTreeMap<usize, String>,
    journal: File,
    /// Locked while the folder is held.
    _binding: File,
}

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It holds something else, or another process holds it.
    #[error(transparent)]
    Input(#[from] Problems),
    /// It cannot be written.
    #[error(transparent)]
    Folder(#[from] FolderError),
}

fn refused(path: &Path, what: impl Into<String>, remedy: &str) -> OpenError {
    OpenError::Input(Problems::one(Place::file(path.display().to_string()), what, remedy))
}

/// A problem with where two descriptions differ.
fn other_plan(path: &Path, there: &str, here: &Description) -> OpenError {
    let differs = match serde_json::from_str::<serde_json::Value>(there) {
        Ok(there) => {
            let here = serde_json::to_value(here).unwrap_or_default();
            let keys = here.as_object().into_iter().flatten();
            let differing = keys.filter(|(key, value)| there.get(key.as_str()) != Some(*value));
            differing.map(|(key, _)| key.clone()).collect::<Vec<_>>().join(", ")
        }
        Err(_) => "it is no JSON".to_owned(),
    };
    refused(
        path,
        format!(
            "the folder holds the results of another plan, scenario, data or program (different: {differs})"
        ),
        "name another folder with --out",
    )
}

impl Folder {
    /// Opens a folder for a batch, made if need be. Finished parts are found again.
    ///
    /// # Errors
    /// Another batch's results are in it, another process works in it, or it cannot be written.
    pub fn open(path: &Path, description: &Description) -> Result<Self, OpenError> {
        if path.exists() && !path.is_dir() {
            return Err(refused(path, "this is a file, not a folder", "name another folder with --out"));
        }
        let binding = path.join(BINDING);
        let parts = path.join(PARTS);
        let text = description.json();
        match fs::read_to_string(&binding) {
            Ok(there) if there != text => {
                if let Ok(found) = serde_json::from_str(&there) {
                    of_this_layout(Place::file(path.display().to_string()), &found)?;
                }
                return Err(other_plan(&binding, &there, description));
            }
            Ok(_) => {}
            Err(_) => {
                fs::create_dir_all(path).map_err(writing(path))?;
                durable(&binding, text.as_bytes())?;
            }
        }
        let held = File::open(&binding).map_err(writing(&binding))?;
        if is_taken(&held) {
            let what = "another run works in this folder";
            return Err(refused(path, what, "wait until it has ended, or name another folder"));
        }
        fs::create_dir_all(&parts).map_err(writing(&parts))?;
        sweep(&parts)?;
        sweep(path)?;
        let done: BTreeMap<usize, String> = journalled(path)
            .into_iter()
            .filter(|(block, digest)| *block < description.blocks() && is_whole(path, *block, digest))
            .collect();
        let journal = path.join(JOURNAL);
        durable(&journal, lines(&done).as_bytes())?;
        let file = OpenOptions::new().append(true).open(&journal).map_err(writing(&journal))?;
        Ok(Self { path: path.to_owned(), done, journal: file, _binding: held })
    }

    /// The blocks of some that are not finished.
    #[must_use]
    pub fn missing(&self, blocks: impl Iterator<Item = usize>) -> Vec<usize> {
        blocks.filter(|block| !self.done.contains_key(block)).collect()
    }

    /// Keeps the part of a block.
    ///
    /// # Errors
    /// It cannot be written; the folder is then as it was.
    pub fn keep(&mut self, block: usize, bytes: &[u8]) -> Result<(), FolderError> {
        durable(&part(&self.path, block), bytes)?;
        let entry = Entry { block, sha256: sha256(bytes) };
        let line = format!("{}\n", serde_json::to_string(&entry).unwrap_or_default());
        let path = self.path.join(JOURNAL);
        self.journal
            .write_all(line.as_bytes())
            .and_then(|()| self.journal.sync_data())
            .map_err(writing(&path))?;
        self.done.insert(block, entry.sha256);
        Ok(())
    }

    /// Writes the journal anew in the order of blocks, so that it does not tell who was quicker.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn tidy(&self) -> Result<(), FolderError> {
        durable(&self.path.join(JOURNAL), lines(&self.done).as_bytes())
    }

    /// By block: the digest of its part.
    pub const fn digests(&self) -> &BTreeMap<usize, String> {
        &self.done
    }
}

/// Whether somebody else holds the lock of a file. Asked again for a while: a process that this one has
/// just begun holds all of its locks until it turns to its own program. Where the file system knows no
/// locks, nobody can be seen to hold one.
fn is_taken(file: &File) -> bool {
    let taken = || matches!(file.try_lock(), Err(TryLockError::WouldBlock));
    (0..20).all(|_| {
        taken() && {
            std::thread::sleep(Duration::from_millis(50));
            true
        }
    })
}

/// What the folder of a batch is about.
///
/// # Errors
/// It is no folder of a batch, or its plan contradicts itself.
pub fn about(folder: &Path) -> Result<Description, Problems> {
    let text = read_to_string(folder.join(BINDING)).unwrap_or_default();
    let place = || Place::file(folder.display().to_string());
    let found = serde_json::from_str(&text).ok().filter(Description::sound).ok_or_else(|| {
        Problems::one(
            place(),
            "this is no folder of a batch, or its plan.json contradicts itself",
            "name a folder that `zollverein batch` has made",
        )
    })?;
    of_this_layout(place(), &found).map(|()| found)
}

/// The bytes of a part with a digest.
///
/// # Errors
/// It is no file, cannot be read, or its digest is another.
pub fn finished(folder: &Path, block: usize, digest: &str) -> Result<Vec<u8>, OpenError> {
    let bytes = bytes(folder, block)?;
    if sha256(&bytes) != digest {
        let remedy = "run the same command again: the part is then made anew";
        return Err(refused(&part(folder, block), "the part is not the one that was finished", remedy));
    }
    Ok(bytes)
}

/// The bytes of a part, whatever its digest.
///
/// # Errors
/// It is no file, or cannot be read.
pub fn bytes(folder: &Path, block: usize) -> Result<Vec<u8>, OpenError> {
    let path = part(folder, block);
    if fs::metadata(&path).is_ok_and(|data| !data.is_file()) {
        return Err(refused(&path, "this is no file", "remove it and run the same command again"));
    }
    fs::read(&path).map_err(|source| FolderError { what: "read", path, source }.into())
}

/// What a folder's journal tells of: blocks and digests. A last line that was cut off is left out.
#[must_use]
pub fn journalled(folder: &Path) -> BTreeMap<usize, String> {
    let text = read_to_string(folder.join(JOURNAL)).unwrap_or_default();
    let entries = text.lines().filter_map(|line| serde_json::from_str::<Entry>(line).ok());
    entries.map(|entry| (entry.block, entry.sha256)).collect()
}

/// Whether a part's bytes have a digest.
#[must_use]
pub fn is_whole(folder: &Path, block: usize, digest: &str) -> bool {
    fs::read(part(folder, block)).is_ok_and(|bytes| sha256(&bytes) == digest)
}

fn lines(done: &BTreeMap<usize, String>) -> String {
    let line = |(block, sha256): (&usize, &String)| {
        let entry = Entry { block: *block, sha256: sha256.clone() };
        format!("{}\n", serde_json::to_string(&entry).unwrap_or_default())
    };
    done.iter().map(line).collect()
}

/// The file of a part.
pub fn part(folder: &Path, block: usize) -> PathBuf {
    folder.join(PARTS).join(format!("{block:06}.parquet"))
}

/// The ending of files on their way.
const ON_THE_WAY: &str = ".on-the-way";

/// Writes a file under another name, brings it to the disk, and gives it its own.
fn durable(path: &Path, bytes: &[u8]) -> Result<(), FolderError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let folder = path.parent().unwrap_or(Path::new("."));
    let passing = folder.join(format!(".{name}{ON_THE_WAY}"));
    let written = File::create(&passing).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    let named = written.and_then(|()| fs::rename(&passing, path));
    if named.is_err() {
        let _ = fs::remove_file(&passing); // what is left of it takes room that is lacking
    }
    named.map_err(writing(path))?;
    // the name itself; some file systems cannot do it for folders, and then do it by themselves
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}

/// Takes away files that an earlier process was writing when it was killed.
fn sweep(folder: &Path) -> Result<(), FolderError> {
    let entries = fs::read_dir(folder).map_err(|source| FolderError {
        what: "read",
        path: folder.to_owned(),
        source,
    })?;
    for entry in entries.filter_map(Result::ok) {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') && name.ends_with(ON_THE_WAY) {
            fs::remove_file(entry.path()).map_err(writing(&entry.path()))?;
        }
    }
    Ok(())
}
