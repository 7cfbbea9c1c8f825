//! What is fuzzed: functions of bytes that must come to an end without a panic, whatever the bytes.
//!
//! `tests/hostile.rs` calls them on a mutated corpus with a fixed seed, on stable Rust; the targets in
//! `fuzz/` call the same functions under libFuzzer.

use std::path::Path;
use std::sync::{Mutex, OnceLock};
use zollverein::baseline::read;
use zollverein::engine::{Armington, Engine};
use zollverein::policy::Terms;
use zollverein::scenario::{Patch, Scenario};

/// The project's folder: that of the manifest, or the one above it (`fuzz/`).
fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    if here.join("data/toy").is_dir() { here } else { here.parent().unwrap_or(here) }
}

fn toy() -> std::path::PathBuf {
    root().join("data/toy")
}

/// Everything that is made of a scenario short of an equilibrium.
fn used(scenario: &Scenario) {
    let text =
        scenario.toml().unwrap_or_else(|error| panic!("a scenario that was read cannot be written: {error}"));
    let again = Scenario::parse(Path::new("again.toml"), &text);
    assert!(again.is_ok(), "what was written cannot be read: {again:?}\n{text}");
    let _ = scenario.digest();
    let Ok(world) = scenario.world(&toy()) else { return };
    if let Ok(policy) = scenario.policy(&world) {
        let terms = policy.terms(&world);
        let _ = policy.contributions(&world).len() + terms.changed().len();
    }
}

/// The text of a scenario file.
pub fn scenario(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match Scenario::parse(Path::new("fuzz.toml"), text) {
        Ok(scenario) => used(&scenario),
        Err(problems) => assert!(!problems.to_string().is_empty()),
    }
}

/// The files that a mutation can take the place of.
pub const TABLES: [&str; 12] = [
    "countries.csv",
    "products.csv",
    "routes.csv",
    "production.csv",
    "flows.csv",
    "elasticities.csv",
    "duties.csv",
    "employment.csv",
    "defaults.csv",
    "groups.csv",
    "abatement.csv",
    "datapackage.json",
];

/// A table of a data folder: the first byte says which, the others take its place in the toy data.
/// What is accepted is solved: the duties in force have an equilibrium, or an error says why not.
pub fn csv_folder(bytes: &[u8]) {
    static FOLDER: OnceLock<Mutex<tempfile::TempDir>> = OnceLock::new();
    let Some((which, bytes)) = bytes.split_first() else { return };
    let folder = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        for name in TABLES {
            let copied = std::fs::copy(toy().join(name), folder.path().join(name));
            assert!(copied.is_ok(), "{name}: {copied:?}");
        }
        Mutex::new(folder)
    });
    let folder = folder.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let name = TABLES[usize::from(*which) % TABLES.len()];
    let path = folder.path().join(name);
    let written = std::fs::write(&path, bytes);
    assert!(written.is_ok(), "{written:?}");
    match read::folder(folder.path()) {
        Ok(world) => {
            if let Ok(found) = Armington::new(&world).solve(&world, &Terms::in_force(&world)) {
                let sound = found.quantity.iter().all(|quantity| quantity.value().is_finite());
                assert!(sound, "an equilibrium with a shipment that is no number");
            }
        }
        Err(problems) => assert!(!problems.to_string().is_empty()),
    }
    let _ = zollverein::baseline::package::verify(folder.path());
    let restored = std::fs::copy(toy().join(name), &path);
    assert!(restored.is_ok(), "{restored:?}");
}

/// The body of a request: the first byte says to which address.
#[cfg(feature = "web")]
pub fn http_body(bytes: &[u8]) {
    use zollverein::web::asked::{Compare, Evaluate, Explain, Keep, Open, Source};
    use zollverein::web::read_request as read;
    let Some((which, bytes)) = bytes.split_first() else { return };
    let sources: Vec<Source> = match which % 5 {
        0 => read::<Open>(bytes).map(|asked| vec![asked.source]),
        1 => read::<Evaluate>(bytes).map(|asked| vec![asked.source]),
        2 => read::<Compare>(bytes).map(|asked| asked.scenarios),
        3 => read::<Keep>(bytes).map(|asked| vec![asked.source]),
        _ => read::<Explain>(bytes).map(|asked| vec![asked.source]),
    }
    .unwrap_or_default();
    for source in sources {
        let path = Path::new("fuzz.toml");
        let read = match (&source.toml, &source.scenario) {
            (Some(text), _) => Scenario::parse(path, text),
            (None, Some(keys)) => Scenario::from_json(path, &serde_json::Value::Object(keys.clone())),
            (None, None) => continue,
        };
        let Ok(read) = read else { continue };
        used(&read);
        let patches =
            source.patches.iter().filter_map(|(at, json)| Some((at.clone(), Patch::from_json(json)?)));
        if let Ok(changed) = read.with_each(patches.collect::<Vec<_>>()) {
            used(&changed);
        }
        if let Some(year) = source.year {
            let _ = read.at_year(year);
        }
    }
}

/// Bytes that are often wrong when something is.
const PIECES: [&[u8]; 28] = [
    b"\0",
    b"\"",
    b"'",
    b",",
    b"\n",
    b"\r\n",
    b"=",
    b"[",
    b"]",
    b"[[",
    b"{",
    b"}",
    b".",
    b"-",
    b"1e999",
    b"nan",
    b"inf",
    b"-1",
    b"0",
    b"1e308",
    b"5e-324",
    b"9223372036854775808",
    b"true",
    b"null",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"*",
    b"\\u0000",
];

/// A generator of numbers with a seed (splitmix64, Steele, Lea and Flood 2014).
pub struct Dice(pub u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`, which is above zero.
    #[allow(clippy::cast_possible_truncation)] // below `end`
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// One to four changes of some bytes: flipped, cut out, put in, repeated, or joined with another's end.
    pub fn mutate(&mut self, bytes: &[u8], other: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len() + 1);
            let end = (at + 1 + self.below(16)).min(bytes.len());
            match self.below(7) {
                0 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
                1 => {
                    bytes.drain(at.min(end)..end);
                }
                2 => {
                    let piece = PIECES[self.below(PIECES.len())];
                    bytes.splice(at..at, piece.iter().copied());
                }
                3 => {
                    let piece = PIECES[self.below(PIECES.len())];
                    bytes.splice(at.min(end)..end, piece.iter().copied());
                }
                4 => {
                    let again: Vec<u8> = bytes[at.min(end)..end].repeat(1 + self.below(40));
                    bytes.splice(at..at, again);
                }
                5 => {
                    let from = self.below(other.len() + 1);
                    bytes.truncate(at);
                    bytes.extend_from_slice(&other[from..]);
                }
                _ => {
                    let digit = b'0' + u8::try_from(self.below(10)).unwrap_or(0);
                    if let Some(byte) = bytes.iter_mut().skip(at).find(|byte| byte.is_ascii_digit()) {
                        *byte = digit;
                    }
                }
            }
        }
        bytes
    }
}
