//! x
use crate::cli::{Compare, output::Output};
pub fn compare(_: &Compare, _: Output) -> anyhow::Result<()> {
    Ok(())
}
