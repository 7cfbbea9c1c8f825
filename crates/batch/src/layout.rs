//! How the parts of a batch are laid out.

use crate::plan::Description;
use zollverein_model::problem::{Place, Problems};
use zollverein_tables::part::{self, LAYOUT};

impl Description {
    /// The columns of inputs and figures in its parts.
    #[must_use]
    pub fn columns(&self) -> Vec<String> {
        let inputs = self.inputs.iter().map(|input| part::input_column(&input.what));
        inputs.chain(self.figures.iter().map(|figure| part::figure_column(&figure.name))).collect()
    }
}

/// Refuses parts that another version of the program has laid out in another way.
///
/// # Errors
/// They are.
pub fn of_this_layout(place: Place, found: &Description) -> Result<(), Problems> {
    if found.layout == LAYOUT {
        return Ok(());
    }
    let commit = found.git.as_ref().map_or_else(String::new, |commit| format!(", commit {commit}"));
    Err(Problems::one(
        place,
        format!(
            "its parts have layout {}, of another version of the program ({}{commit}), and this one reads \
             layout {LAYOUT}",
            found.layout, found.version
        ),
        "run the batch again with another folder for --out, or read this one with the program that made it",
    ))
}
