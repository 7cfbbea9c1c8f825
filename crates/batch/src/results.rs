//! A finished folder, read back: not a byte of it is written.

use crate::folder::{about, finished, journalled};
use crate::plan::Description;
use crate::{BatchError, summed};
use std::path::Path;
use zollverein_model::problem::{Place, Problems};
use zollverein_tables::Table;

/// What a finished batch came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Results {
    /// The plan.
    pub description: Description,
    /// The result tables, whatever the format they were written in: `quantiles`, and `tornado`, `indices`, `effects`
    /// and `failures` where there is something to tell.
    pub tables: Vec<Table>,
}

/// Reads the results of a finished folder back from its parts, each held against its digest.
///
/// # Errors
/// It is no folder of a batch, a part is missing or damaged, or it cannot be read.
pub fn results(folder: &Path) -> Result<Results, BatchError> {
    let description = about(folder)?;
    let journal = journalled(folder);
    let part = |block: usize| {
        let place = || Place::file(folder.display().to_string());
        let remedy = "the same `zollverein batch` command goes on with it";
        let unfinished = || Problems::one(place(), "the batch is not finished", remedy);
        let digest = journal.get(&block).ok_or_else(unfinished)?;
        finished(folder, block, digest).map_err(BatchError::from)
    };
    let tables = summed(&description, folder, &part)?;
    Ok(Results { description, tables })
}
