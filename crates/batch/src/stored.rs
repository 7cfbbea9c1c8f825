//! The parts of a folder, as they are summed up.

use crate::BatchError;
use crate::folder;
use std::collections::BTreeMap;
use std::path::Path;
use zollverein_model::problem::{Place, Problems};
use zollverein_tables::part::{self, Asked, Found};

/// Where the numbers of a summary come from.
pub trait Parts {
    /// Why they do not come.
    type Error;

    /// What is asked of the part of a block.
    ///
    /// # Errors
    /// It cannot be read, or is not what it has to be.
    fn read(&self, block: usize, asked: &Asked<'_>) -> Result<Found, Self::Error>;
}

/// Finished parts of a folder.
#[derive(Debug, Clone, Copy)]
pub struct Stored<'a> {
    /// The folder.
    pub folder: &'a Path,
    /// By block: the digest of its part.
    pub digests: &'a BTreeMap<usize, String>,
}

impl Parts for Stored<'_> {
    type Error = BatchError;

    /// A part is held against its digest when its statuses are asked for, which a summary does once. Later
    /// readings of it take the digest as known, and the file no less carefully: pages, rows and columns
    /// are held against the plan each time.
    fn read(&self, block: usize, asked: &Asked<'_>) -> Result<Found, BatchError> {
        let unfinished = || {
            let remedy = "the same `zollverein batch` command goes on with it";
            let place = Place::file(self.folder.display().to_string());
            Problems::one(place, "the batch is not finished", remedy)
        };
        let digest = self.digests.get(&block).ok_or_else(unfinished)?;
        let bytes = if asked.statuses {
            folder::finished(self.folder, block, digest)?
        } else {
            folder::bytes(self.folder, block)?
        };
        part::read(&bytes, asked).map_err(|what| {
            let place = Place::file(folder::part(self.folder, block).display().to_string());
            let remedy = "remove the part and run the same command again: it is then made anew";
            BatchError::Input(Problems::one(place, what, remedy))
        })
    }
}
