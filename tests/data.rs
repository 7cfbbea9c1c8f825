//! The data folders we ship are described, unchanged and plausible.
//!
//! After a meant change of a table, `make data` writes the descriptions anew.

use std::path::{Path, PathBuf};
use zollverein::baseline::columns::TABLES;
use zollverein::baseline::package;

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data")
}

#[test]
fn shipped_data_are_described_as_they_are() {
    for folder in ["2023", "toy"] {
        let folder = data().join(folder);
        let described = package::describe(&folder).unwrap_or_else(|problems| panic!("{problems}"));
        let file = folder.join(package::DESCRIPTION);
        let written = std::fs::read_to_string(&file).expect("the description is there");
        assert!(written == described, "{} is stale: run `make data`", file.display());
        if let Err(problems) = package::verify(&folder) {
            panic!("{problems}");
        }
    }
}

#[test]
fn every_column_that_is_shipped_is_explained_in_the_readme() {
    let readme = std::fs::read_to_string(data().join("README.md")).expect("data/README.md");
    for table in &TABLES {
        assert!(readme.contains(&format!("`{}`", table.file)), "{} is not explained", table.file);
        for column in table.columns {
            assert!(
                readme.contains(&format!("`{}`", column.name)),
                "{} of {} is not explained",
                column.name,
                table.file
            );
        }
    }
}
