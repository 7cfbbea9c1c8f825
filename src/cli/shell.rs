//! What shells and editors use: completions, manual pages, the schema.

use crate::cli::output::Output;
use anyhow::Context;
use std::path::Path;
use zollverein_scenario::Scenario;

/// Prints the JSON Schema of scenario files.
pub fn schema(output: Output) -> anyhow::Result<()> {
    output.json(&Scenario::schema())
}

/// Prints completions for a shell.
pub fn completions(
    shell: clap_complete::Shell,
    mut command: clap::Command,
    output: Output,
) -> anyhow::Result<()> {
    let mut text = vec![];
    clap_complete::generate(shell, &mut command, "zollverein", &mut text);
    output.bytes(&text)
}

/// Prints the manual page, or writes one for each command into a folder.
pub fn man(folder: Option<&Path>, command: clap::Command, output: Output) -> anyhow::Result<()> {
    let Some(folder) = folder else {
        let mut text = vec![];
        clap_mangen::Man::new(command).render(&mut text)?;
        return output.bytes(&text);
    };
    let shown = folder.display();
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {shown}"))?;
    clap_mangen::generate_to(command, folder).with_context(|| format!("cannot write to {shown}"))?;
    output.say(&format!("manual pages are in {shown}"));
    Ok(())
}
