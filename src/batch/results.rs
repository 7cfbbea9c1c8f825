//! A finished folder, read back: not a byte of it is written.

use crate::batch::folder::{described, finished, journalled};
use crate::batch::plan::Description;
use crate::batch::{BatchError, summed};
use crate::problem::{Place, Problems};
use crate::table::Table;
use std::path::Path;

/// What a finished batch came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Results {
    /// The plan.
    pub description: Description,
    /// The result tables, whatever the format they were written in: `quantiles`, and `tornado`, `indices`, `effects`
    /// and `failures` where there is something to tell.
    pub tables: Vec<Table>,
}

/// What the folder of a batch is about.
///
/// # Errors
/// It is no folder of a batch, or its plan contradicts itself.
pub fn about(folder: &Path) -> Result<Description, Problems> {
    described(folder).ok_or_else(|| {
        refused(
            folder,
            "this is no folder of a batch, or its plan.json contradicts itself",
            "name a folder that `zollverein batch` has made",
        )
    })
}

/// Reads the results of a finished folder back from its parts, each held against its digest.
///
/// # Errors
/// It is no folder of a batch, a part is missing or damaged, or it cannot be read.
pub fn results(folder: &Path) -> Result<Results, BatchError> {
    let description = about(folder)?;
    let journal = journalled(folder);
    let part = |block: usize| {
        let remedy = "the same `zollverein batch` command goes on with it";
        let digest =
            journal.get(&block).ok_or_else(|| refused(folder, "the batch is not finished", remedy))?;
        finished(folder, block, digest).map_err(BatchError::from)
    };
    let tables = summed(&description, folder, &part)?;
    Ok(Results { description, tables })
}

fn refused(folder: &Path, what: &str, remedy: &str) -> Problems {
    let mut problems = Problems::new();
    problems.add(Place::file(folder.display().to_string()), what, remedy);
    problems
}
