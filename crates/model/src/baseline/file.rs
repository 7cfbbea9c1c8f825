//! Files of the input, read so that none can hold up the program: plain files of a bounded size.
//!
//! A pipe would be waited for without end, a device has no end, and a file of many gigabytes would
//! take all memory; all three can stand behind a harmless name or a link.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The largest table that is read as a whole, in bytes.
pub const LARGEST: u64 = 256 << 20;

/// The bytes of a plain file, links followed.
///
/// # Errors
/// What the system says; a folder, pipe or device; a file above [`LARGEST`].
pub fn read(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    let path = path.as_ref();
    let metadata = std::fs::metadata(path)?;
    if metadata.is_dir() {
        return Err(io::Error::other("it is a folder"));
    }
    if !metadata.is_file() {
        return Err(io::Error::other("it is a pipe or a device, and no file"));
    }
    let too_large =
        |bytes: u64| io::Error::other(format!("it has {bytes} bytes, and at most {LARGEST} are read"));
    if metadata.len() > LARGEST {
        return Err(too_large(metadata.len()));
    }
    let mut bytes = vec![];
    File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?; // it may have grown
    if bytes.len() as u64 > LARGEST {
        return Err(too_large(bytes.len() as u64));
    }
    Ok(bytes)
}

/// The text of a plain file of UTF-8, without the mark that some editors put first.
///
/// # Errors
/// As for [`read`], and bytes that are no UTF-8.
pub fn read_to_string(path: impl AsRef<Path>) -> io::Result<String> {
    let text = String::from_utf8(read(path)?).map_err(|_| io::Error::other("it is not UTF-8"))?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}
