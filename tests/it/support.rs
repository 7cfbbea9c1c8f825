//! What several test files share.

pub mod fuzzing;
pub mod golden;
pub mod program;
pub mod random;
pub mod reference;
#[cfg(feature = "web")]
pub mod server;
pub mod sources;
pub mod toy_talks;
pub mod worlds;
