//! Result files into a folder: all of them or none.

use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use zollverein_model::baseline::read::sha256;

/// A file to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artefact {
    /// Its name within the folder, or within a folder of it (`2030/groups.csv`).
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

impl Artefact {
    /// A file of text.
    #[must_use]
    pub fn text(name: &str, text: String) -> Self {
        Self { name: name.to_owned(), bytes: text.into_bytes() }
    }

    /// SHA-256 of what is in it, in hexadecimal.
    #[must_use]
    pub fn sha256(&self) -> String {
        sha256(&self.bytes)
    }
}

/// Why results could not be written. The folder is then as it was.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The operating system said no.
    #[error("cannot write {path}: {source}. Nothing was changed; name another folder with --out, or make room", path = path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// A name that is to be a folder is a file, or the other way round.
    #[error("{path} is {what}. Nothing was changed; name another folder with --out", path = path.display())]
    InTheWay {
        /// Where.
        path: PathBuf,
        /// What stands there.
        what: &'static str,
    },
    /// A table does not go into its format.
    #[error("cannot make {file}: {what}")]
    Encode {
        /// The file.
        file: String,
        /// What the format's writer said.
        what: String,
    },
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> WriteError {
    let path = path.to_path_buf();
    move |source| WriteError::Io { path, source }
}

/// Writes files into a folder, which is made if need be. First all go into a
/// temporary folder within it, then each is moved to its place; if anything
/// fails, what stood there before stands there again. Files of an earlier run
/// that this one does not make (as its `run.json` tells, and only if unchanged
/// since) are taken away, so that results of two runs never stand side by side.
///
/// # Errors
/// [`WriteError`] naming the path.
pub fn write(folder: &Path, files: &[Artefact]) -> Result<(), WriteError> {
    if folder.exists() && !folder.is_dir() {
        return Err(WriteError::InTheWay { path: folder.to_path_buf(), what: "a file, not a folder" });
    }
    let made = missing(folder);
    let done = fs::create_dir_all(folder).map_err(at(folder)).and_then(|()| fill(folder, files));
    if done.is_err() {
        for folder in made {
            // only folders made above, and only while empty
            let _ = fs::remove_dir(folder);
        }
    }
    done
}

/// The folders of a path that do not exist yet, innermost first.
fn missing(folder: &Path) -> Vec<PathBuf> {
    folder
        .ancestors()
        .take_while(|path| !path.as_os_str().is_empty() && !path.exists())
        .map(Path::to_path_buf)
        .collect()
}

fn fill(folder: &Path, files: &[Artefact]) -> Result<(), WriteError> {
    for file in files {
        let path = folder.join(&file.name);
        if path.is_dir() {
            return Err(WriteError::InTheWay { path, what: "a folder, not a file" });
        }
    }
    let room = tempfile::Builder::new().prefix(".zollverein-").tempdir_in(folder).map_err(at(folder))?;
    let (new, old) = (room.path().join("new"), room.path().join("old"));
    for inner in [&new, &old] {
        fs::create_dir(inner).map_err(at(inner))?;
    }
    let stale = stale(folder, files);
    let mut made = vec![];
    let inner: BTreeSet<&Path> = stale
        .iter()
        .map(String::as_str)
        .chain(files.iter().map(|file| file.name.as_str()))
        .filter_map(|name| Path::new(name).parent().filter(|parent| !parent.as_os_str().is_empty()))
        .collect();
    let mut moves = Moves::default();
    let done = (|| {
        for inner in &inner {
            made.extend(missing(&folder.join(inner)));
            for outer in [folder, &new, &old] {
                fs::create_dir_all(outer.join(inner)).map_err(at(&folder.join(inner)))?;
            }
        }
        for file in files {
            fs::write(new.join(&file.name), &file.bytes).map_err(at(&folder.join(&file.name)))?;
        }
        let taken = stale.iter().map(|name| (name, false));
        taken.chain(files.iter().map(|file| (&file.name, true))).try_for_each(|(name, replaced)| {
            let place = folder.join(name);
            if place.exists() {
                moves.go(&place, &old.join(name))?;
            }
            if replaced { moves.go(&new.join(name), &place) } else { Ok(()) }
        })
    })();
    if done.is_err() {
        moves.undo();
    } else {
        made = inner.iter().map(|inner| folder.join(inner)).collect();
    }
    for folder in made {
        // folders made above, or out of which all has gone; only while empty
        let _ = fs::remove_dir(folder);
    }
    done
}

/// Moves made so far, to be undone if a later one fails.
#[derive(Default)]
struct Moves(Vec<(PathBuf, PathBuf)>);

impl Moves {
    fn go(&mut self, from: &Path, to: &Path) -> Result<(), WriteError> {
        fs::rename(from, to).map_err(at(to))?;
        self.0.push((from.to_path_buf(), to.to_path_buf()));
        Ok(())
    }

    fn undo(&mut self) {
        for (from, to) in self.0.drain(..).rev() {
            // what could be moved a moment ago can be moved back
            let _ = fs::rename(to, from);
        }
    }
}

/// Names of stamps: of `run`, of `explain` and of `batch`.
const STAMPS: [&str; 3] = ["run.json", "explain.json", "batch.json"];

/// Whether a name is one of a file in the folder, or in a folder of it.
fn is_within(name: &str) -> bool {
    let plain = |part: Component<'_>| matches!(part, Component::Normal(_));
    let path = Path::new(name);
    path.components().all(plain) && path.components().count() <= 2 && !name.contains('\\')
}

/// Files that an earlier run left here, that this one does not make, and that
/// nobody has changed since.
fn stale(folder: &Path, files: &[Artefact]) -> Vec<String> {
    // the stamp that these files bring anew: results of another command are left alone
    let stamps = STAMPS.iter().filter(|name| files.iter().any(|file| file.name == **name));
    let read = stamps.filter_map(|name| serde_json::from_slice(&fs::read(folder.join(name)).ok()?).ok());
    let stamps: Vec<Value> = read.collect();
    let results = stamps.iter().filter_map(|stamp| stamp.get("results")?.as_object());
    results
        .flatten()
        .filter(|(name, _)| files.iter().all(|file| file.name != **name))
        .filter(|(name, _)| is_within(name))
        .filter(|(name, digest)| {
            fs::read(folder.join(name)).is_ok_and(|bytes| digest.as_str() == Some(sha256(&bytes).as_str()))
        })
        .map(|(name, _)| name.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    fn file(name: &str, text: &str) -> Artefact {
        Artefact::text(name, text.to_owned())
    }

    #[test]
    fn files_are_written_into_a_new_folder_and_nothing_else_is_left() {
        let room = tempfile::tempdir().expect("a folder");
        let out = room.path().join("a/b");
        write(&out, &[file("x.csv", "1\n"), file("y.csv", "2\n")]).expect("it writes");
        assert_eq!(names(&out), ["x.csv", "y.csv"]);
        write(&out, &[file("x.csv", "3\n")]).expect("it writes again");
        assert_eq!(fs::read_to_string(out.join("x.csv")).ok().as_deref(), Some("3\n"));
    }

    #[test]
    fn a_failure_leaves_the_folder_as_it_was() {
        let room = tempfile::tempdir().expect("a folder");
        let out = room.path().join("out");
        write(&out, &[file("x.csv", "old\n")]).expect("it writes");
        fs::create_dir(out.join("y.csv")).expect("a folder in the way");
        let error = write(&out, &[file("x.csv", "new\n"), file("y.csv", "new\n")]).expect_err("it must fail");
        assert!(error.to_string().contains("y.csv"), "{error}");
        assert_eq!(fs::read_to_string(out.join("x.csv")).ok().as_deref(), Some("old\n"));
        assert_eq!(names(&out), ["x.csv", "y.csv"]);
    }

    #[test]
    fn moves_that_cannot_all_be_made_are_undone() {
        let room = tempfile::tempdir().expect("a folder");
        let (a, b) = (room.path().join("a"), room.path().join("b"));
        fs::write(&a, "a").expect("it writes");
        let mut moves = Moves::default();
        moves.go(&a, &b).expect("it moves");
        assert!(moves.go(&room.path().join("none"), &a).is_err());
        moves.undo();
        assert_eq!(names(room.path()), ["a"]);
    }

    #[test]
    fn a_file_in_the_place_of_the_folder_is_named() {
        let room = tempfile::tempdir().expect("a folder");
        let out = room.path().join("out");
        fs::write(&out, "mine").expect("it writes");
        for place in [out.clone(), out.join("deeper/still")] {
            let error = write(&place, &[file("x.csv", "1")]).expect_err("it must fail");
            assert!(error.to_string().contains("out"), "{error}");
        }
        assert_eq!(fs::read_to_string(&out).ok().as_deref(), Some("mine"));
        assert_eq!(names(room.path()), ["out"]);
    }

    #[test]
    fn folders_made_for_a_failed_write_are_taken_away_again() {
        let room = tempfile::tempdir().expect("a folder");
        let out = room.path().join("a/b");
        assert!(write(&out, &[file("2030/x.csv", "1"), file("no\0name.csv", "1")]).is_err());
        assert!(names(room.path()).is_empty());
    }

    #[test]
    fn a_folder_for_each_year_comes_and_goes_with_its_results() {
        let room = tempfile::tempdir().expect("a folder");
        let (year, other) = (file("2030/x.csv", "1\n"), file("2034/x.csv", "2\n"));
        let digests = format!(
            r#"{{"results": {{"2030/x.csv": "{}", "2034/x.csv": "{}", "../../x": "{}"}}}}"#,
            year.sha256(),
            other.sha256(),
            year.sha256()
        );
        write(room.path(), &[year.clone(), other, file("run.json", &digests)]).expect("it writes");
        assert_eq!(names(room.path()), ["2030", "2034", "run.json"]);
        fs::create_dir(room.path().join("run.json.d")).expect("a folder of the user's");
        let failed = write(room.path(), &[file("run.json", "{}"), file("2038/x.csv", "1"), file("a\0", "")]);
        assert!(failed.is_err());
        assert_eq!(names(room.path()), ["2030", "2034", "run.json", "run.json.d"]);
        write(room.path(), &[year, file("run.json", "{}")]).expect("it writes again");
        assert_eq!(names(room.path()), ["2030", "run.json", "run.json.d"]);
        assert_eq!(names(&room.path().join("2030")), ["x.csv"]);
    }

    #[test]
    fn results_of_another_command_are_left_alone() {
        let room = tempfile::tempdir().expect("a folder");
        let run = file("x.csv", "1\n");
        let digests = format!(r#"{{"results": {{"x.csv": "{}"}}}}"#, run.sha256());
        write(room.path(), &[run, file("run.json", &digests)]).expect("it writes");
        write(room.path(), &[file("explain.csv", "2\n"), file("explain.json", "{}")]).expect("it writes");
        assert_eq!(names(room.path()), ["explain.csv", "explain.json", "run.json", "x.csv"]);
    }

    #[test]
    fn results_of_an_earlier_run_do_not_stay_beside_those_of_a_later_one() {
        let room = tempfile::tempdir().expect("a folder");
        let table = file("flows.csv", "1\n");
        let edited = file("notes.csv", "1\n");
        let digests = format!(
            r#"{{"results": {{"flows.csv": "{}", "notes.csv": "{}", "../x": "{}"}}}}"#,
            table.sha256(),
            edited.sha256(),
            table.sha256()
        );
        write(room.path(), &[table, edited, file("run.json", &digests)]).expect("it writes");
        fs::write(room.path().join("notes.csv"), "mine\n").expect("the user writes");
        write(room.path(), &[file("flows.parquet", "2"), file("run.json", "{}")]).expect("it writes");
        assert_eq!(names(room.path()), ["flows.parquet", "notes.csv", "run.json"]);
    }
}
