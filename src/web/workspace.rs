//! The folder in which proposals are kept: scenario files, one for each round, and none is ever
//! written over. One server at a time uses it.

use crate::web::StartError;
use crate::web::fault::Fault;
use axum::http::StatusCode;
use serde::Serialize;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The name of the file that is locked while a server runs.
const LOCK: &str = ".zollverein-lock";
/// The longest name of a proposal.
const LONGEST: usize = 48;

/// A folder of proposals, held until dropped.
#[derive(Debug)]
pub struct Workspace {
    folder: PathBuf,
    lock: File,
}

/// A round of a proposal.
#[allow(clippy::struct_field_names)] // the names of the answer
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Round {
    /// The proposal's name.
    pub name: String,
    /// The round, counted from 1.
    pub round: u32,
    /// Its file's name.
    pub file: String,
}

impl Workspace {
    /// Makes the folder if need be, and takes it for this server.
    ///
    /// # Errors
    /// Another server holds it, or the system says no.
    pub fn open(folder: &Path) -> Result<Self, StartError> {
        let system = |source| StartError::System {
            what: format!("the folder of proposals {} cannot be used", folder.display()),
            source,
        };
        std::fs::create_dir_all(folder).map_err(system)?;
        let path = folder.join(LOCK);
        let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let mut lock = open.map_err(system)?;
        if lock.try_lock().is_err() {
            let mut at = String::new();
            // where it listens is of use, and not needed
            let _ = lock.read_to_string(&mut at);
            let at = if at.trim().is_empty() { at } else { format!(" (it listens at {})", at.trim()) };
            return Err(StartError::InUse { folder: folder.display().to_string(), at });
        }
        Ok(Self { folder: folder.to_owned(), lock })
    }

    /// Writes into the lock where the server listens, for whoever finds the folder taken.
    pub fn say_where(&self, address: SocketAddr) {
        let mut lock = &self.lock;
        // a lock without a note is a lock all the same
        let _ =
            lock.set_len(0).and_then(|()| lock.rewind()).and_then(|()| writeln!(lock, "http://{address}"));
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// All rounds of all proposals, in order of name and round.
    pub fn rounds(&self) -> Vec<Round> {
        let entries = std::fs::read_dir(&self.folder).into_iter().flatten();
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut rounds: Vec<Round> = names.filter_map(|name| round(&name)).collect();
        rounds.sort();
        rounds
    }

    /// The file of a round, if it was kept.
    pub fn find(&self, name: &str, number: u32) -> Option<PathBuf> {
        let known = self.rounds().into_iter().find(|round| round.name == name && round.round == number)?;
        Some(self.folder.join(known.file))
    }

    /// Keeps a text as the next round of a proposal.
    ///
    /// # Errors
    /// A name that cannot be one, or what the system says; nothing is written then.
    pub fn keep(&self, name: &str, text: &str) -> Result<Round, Fault> {
        if !is_name(name) {
            return Err(Fault::of(
                "name",
                &format!("{name:?} cannot name a proposal"),
                &format!("use 1 to {LONGEST} letters without accents, digits, - and _"),
            ));
        }
        let system = |error: std::io::Error| {
            let what = format!("the proposal cannot be kept in {}: {error}", self.folder.display());
            Fault::new(StatusCode::INTERNAL_SERVER_ERROR, what)
        };
        let last =
            self.rounds().into_iter().filter(|round| round.name == name).map(|round| round.round).max();
        let number = last.unwrap_or(0) + 1;
        let kept = Round { name: name.to_owned(), round: number, file: format!("{name}.r{number}.toml") };
        let mut file =
            tempfile::Builder::new().prefix(".zollverein-").tempfile_in(&self.folder).map_err(system)?;
        file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all()).map_err(system)?;
        file.persist_noclobber(self.folder.join(&kept.file)).map_err(|error| system(error.error))?;
        Ok(kept)
    }
}

fn is_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    (1..=LONGEST).contains(&name.len()) && name.bytes().all(plain)
}

/// The round that a file holds, by its name.
fn round(file: &str) -> Option<Round> {
    let (name, number) = file.strip_suffix(".toml")?.rsplit_once(".r")?;
    let round: u32 = number.parse().ok().filter(|round| *round > 0)?;
    let plain = is_name(name) && number == round.to_string();
    plain.then(|| Round { name: name.to_owned(), round, file: file.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_round_is_a_file_of_its_own() {
        let room = tempfile::tempdir().expect("a folder");
        let workspace = Workspace::open(&room.path().join("a/b")).expect("a workspace");
        for (text, number) in [("one", 1), ("two", 2)] {
            assert_eq!(workspace.keep("offer", text).expect("it is kept").round, number);
        }
        std::fs::write(workspace.folder().join("notes.toml"), "mine").expect("it writes");
        let files: Vec<String> = workspace.rounds().into_iter().map(|round| round.file).collect();
        assert_eq!(files, ["offer.r1.toml", "offer.r2.toml"]);
        let first = workspace.find("offer", 1).expect("the first round");
        assert_eq!(std::fs::read_to_string(first).ok().as_deref(), Some("one"));
        assert!(workspace.find("notes", 1).is_none() && workspace.find("../offer", 1).is_none());
    }

    #[test]
    fn a_name_that_leads_out_of_the_folder_is_no_name() {
        let room = tempfile::tempdir().expect("a folder");
        let workspace = Workspace::open(room.path()).expect("a workspace");
        for name in ["", "..", "../x", "a/b", "a\\b", "a.b", "é", "a\0", &"x".repeat(49)] {
            assert!(workspace.keep(name, "x").is_err(), "{name:?}");
        }
        assert!(workspace.rounds().is_empty());
    }

    #[test]
    fn a_second_server_does_not_get_the_folder_until_the_first_is_gone() {
        let room = tempfile::tempdir().expect("a folder");
        let first = Workspace::open(room.path()).expect("a workspace");
        first.say_where(SocketAddr::from(([127, 0, 0, 1], 4711)));
        let error = Workspace::open(room.path()).expect_err("it is taken").to_string();
        assert!(error.contains("http://127.0.0.1:4711"), "{error}");
        drop(first);
        assert!(Workspace::open(room.path()).is_ok());
    }
}
