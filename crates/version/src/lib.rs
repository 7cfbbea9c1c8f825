//! Which version of the program this is, for the stamps of results. A crate of its own, so that a
//! commit makes only what stamps results be compiled anew.

/// The version, as in `Cargo.toml`.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The short hash of the commit that was built, `-dirty` where its sources were changed; none where
/// it is not known.
#[must_use]
pub fn commit() -> Option<&'static str> {
    let commit = env!("ZOLLVEREIN_GIT");
    (!commit.is_empty()).then_some(commit)
}
