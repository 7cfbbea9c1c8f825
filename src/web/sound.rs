//! Holds JSON from outside to limits before it is read: how deep, how many values, how long a number.

use crate::web::fault::Fault;
use axum::http::StatusCode;
use serde::de::DeserializeOwned;

/// How deep objects and lists may stand in each other.
const DEEPEST: usize = 24;
/// How many values a request may hold.
const MOST: usize = 20_000;
/// How many characters a number may have.
const LONGEST: usize = 40;

/// Reads a request.
///
/// # Errors
/// What is no JSON, goes beyond a limit, or has not the keys of the request: 400.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Fault> {
    let bad = |what: String| Fault::new(StatusCode::BAD_REQUEST, what);
    limits(bytes).map_err(bad)?;
    serde_json::from_slice(bytes).map_err(|error| bad(format!("the request cannot be read: {error}")))
}

/// Looks at brackets, commas and numbers outside of strings; what is no JSON is left to the reader.
fn limits(bytes: &[u8]) -> Result<(), String> {
    let (mut depth, mut values, mut digits) = (0_usize, 1_usize, 0_usize);
    let (mut quoted, mut escaped) = (false, false);
    for byte in bytes {
        if quoted {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => quoted = false,
                _ => {}
            }
            continue;
        }
        digits = if matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E') { digits + 1 } else { 0 };
        match byte {
            b'"' => quoted = true,
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' => values += 1,
            _ => {}
        }
        if depth > DEEPEST {
            return Err(format!("objects and lists stand more than {DEEPEST} deep in each other"));
        }
        if values > MOST {
            return Err(format!("the request holds more than {MOST} values"));
        }
        if digits > LONGEST {
            return Err(format!("a number has more than {LONGEST} characters"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound(text: &str) -> bool {
        read::<serde_json::Value>(text.as_bytes()).is_ok()
    }

    #[test]
    fn what_goes_beyond_a_limit_is_refused() {
        assert!(sound(&format!("{}1{}", "[".repeat(24), "]".repeat(24))));
        assert!(!sound(&format!("{}1{}", "[".repeat(25), "]".repeat(25))));
        assert!(sound(&format!("[{}1]", "1,".repeat(19_999))));
        assert!(!sound(&format!("[{}1]", "1,".repeat(20_000))));
        assert!(sound(&"1".repeat(18)) && !sound(&format!("0.{}", "1".repeat(60))));
    }

    #[test]
    fn brackets_in_text_count_for_nothing() {
        assert!(sound(&format!("\"{}\\\"{}\"", "[".repeat(100), "{".repeat(100))));
    }

    #[test]
    fn what_is_no_json_or_no_number_is_refused() {
        for text in ["", "{", "{\"a\": 1e999}", "NaN", "{'a': 1}", "\u{0}", "[1] [2]"] {
            assert!(!sound(text), "{text:?}");
        }
    }
}
