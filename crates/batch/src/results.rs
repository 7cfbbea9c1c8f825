//! A finished folder, read back: not a byte of it is written.

use crate::BatchError;
use crate::folder::{about, journalled};
use crate::plan::Description;
use crate::stored::Stored;
use crate::summary::Summary;
use std::path::Path;
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
    let digests = journalled(folder);
    let tables = Summary::new(&description, &Stored { folder, digests: &digests }).tables()?;
    Ok(Results { description, tables })
}
