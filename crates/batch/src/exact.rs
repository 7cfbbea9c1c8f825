//! Numbers in JSON as text with the fewest digits that read back as the same number: readers of JSON
//! may be off in the last digit, and a folder is bound to its plan to the last digit.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serializer};

/// One number.
#[allow(clippy::trivially_copy_pass_by_ref)] // as serde asks for it
pub fn serialize<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&number.to_string())
}

/// One number.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

/// Several numbers.
pub mod list {
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    /// The numbers.
    pub fn serialize<S: Serializer>(numbers: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(numbers.iter().map(ToString::to_string))
    }

    /// The numbers.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        texts.iter().map(|text| text.parse().map_err(D::Error::custom)).collect()
    }
}
