//! What is fuzzed: functions of bytes that must come to an end without a panic, whatever the bytes.
//!
//! `tests/it/hostile.rs` calls them on a mutated corpus with a fixed seed, on stable Rust; the targets in
//! `fuzz/` call the same functions under libFuzzer.

use std::path::Path;
use std::sync::{Mutex, OnceLock};
use zollverein::baseline::read;
use zollverein::data::import::{self, Plan};
use zollverein::engine::{Armington, Engine};
use zollverein::policy::Terms;
use zollverein::scenario::{Patch, Scenario};
use zollverein::tables::part::{self, Asked, Numbers, Rows};

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

/// A folder in which a mutation takes the place of one file at a time.
struct Folder(Mutex<tempfile::TempDir>);

impl Folder {
    fn with(files: impl IntoIterator<Item = (&'static str, Vec<u8>)>) -> Self {
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        for (name, bytes) in files {
            write(&folder.path().join(name), &bytes);
        }
        Self(Mutex::new(folder))
    }

    /// Calls with the folder and the name of the file that the first byte says; the others are in its place.
    fn changed(&self, names: &[&'static str], bytes: &[u8], then: impl FnOnce(&Path, &'static str)) {
        let Some((which, bytes)) = bytes.split_first() else { return };
        let folder = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let name = names[usize::from(*which) % names.len()];
        let path = folder.path().join(name);
        let before = bytes_of(&path);
        write(&path, bytes);
        then(folder.path(), name);
        write(&path, &before);
    }
}

fn bytes_of(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn write(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

/// A table of a data folder: the first byte says which, the others take its place in the toy data.
/// What is accepted is solved: the duties in force have an equilibrium, or an error says why not.
pub fn csv_folder(bytes: &[u8]) {
    static FOLDER: OnceLock<Folder> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| Folder::with(TABLES.map(|name| (name, bytes_of(&toy().join(name))))));
    folder.changed(&TABLES, bytes, |folder, _| {
        match read::folder(folder) {
            Ok(world) => {
                if let Ok(found) = Armington::new(&world).solve(&world, &Terms::in_force(&world)) {
                    let sound = found.quantity.iter().all(|quantity| quantity.value().is_finite());
                    assert!(sound, "an equilibrium with a shipment that is no number");
                }
            }
            Err(problems) => assert!(!problems.to_string().is_empty()),
        }
        let _ = zollverein::data::package::verify(folder);
    });
}

/// The files of an import that a mutation can take the place of.
pub const IMPORTED: [&str; 10] = [
    "trade.csv",
    "reports.csv",
    "countries.csv",
    "concordance.csv",
    "tariffs.csv",
    "production.csv",
    "plants.csv",
    "totals.csv",
    "pairs.csv",
    "plan.toml",
];

/// A file of an import as it is before it is mutated: the example's, and what the example has no need of.
pub fn imported(name: &str) -> Vec<u8> {
    let example = root().join("data/examples/import");
    match name {
        "plan.toml" => plan().into_bytes(),
        "comtrade.toml" => {
            let plan = plan();
            let (head, tail) = (plan.find("[[baci]]"), plan.find("[[tariffs]]"));
            let own = "[[comtrade]]\nfile = \"reports.csv\"\nsource = \"\"\nlicence = \"\"\n\n";
            let plan = head.zip(tail).map(|(head, tail)| format!("{}{own}{}", &plan[..head], &plan[tail..]));
            plan.unwrap_or_default()
                .replace("product = \"steel\"\n", "product = \"steel\"\nby_plant = true\n")
                .into_bytes()
        }
        "reports.csv" => {
            b"Classification,Year,Trade Flow,Reporter ISO,Partner ISO,Commodity Code,Netweight (kg),\
            Trade Value (US$)\nH5,2023,Import,BOR,ARD,720839,200000000,200000000\n\
            H5,2023,Export,BOR,ARD,720839,4000000000,4000000000\nH5,2023,Import,COR,BOR,760110,,40000000\n"
                .to_vec()
        }
        "concordance.csv" => bytes_of(&root().join("data/concordance/metals.csv")),
        "totals.csv" => b"country,product,exports_kt,imports_kt\nBOR,steel,2100,\nARD,steel,,2400\n".to_vec(),
        "pairs.csv" => {
            b"exporter,importer,product,quantity_kt,kind\nBOR,ARD,steel,1900,fixed\nARD,COR,steel,20,floor\n"
                .to_vec()
        }
        _ => bytes_of(&example.join(name)),
    }
}

fn plan() -> String {
    let plan = bytes_of(&root().join("data/examples/import/plan.toml"));
    let own = |name: &str| format!("\n[[{name}]]\nfile = \"{name}.csv\"\nsource = \"\"\nlicence = \"\"\n");
    let plan = String::from_utf8_lossy(&plan).replace("../../concordance/metals.csv", "concordance.csv");
    format!("{}{}{}", plan.replace("../../toy", &toy().display().to_string()), own("totals"), own("pairs"))
}

/// A file of an import: the first byte says which. What is made of it can be read again.
pub fn baci(bytes: &[u8]) {
    static FOLDER: OnceLock<Folder> = OnceLock::new();
    let names = || IMPORTED.into_iter().chain(["comtrade.toml"]);
    let folder = FOLDER.get_or_init(|| Folder::with(names().map(|name| (name, imported(name)))));
    folder.changed(&IMPORTED, bytes, |folder, name| {
        let plan = folder.join(if name == "reports.csv" { "comtrade.toml" } else { "plan.toml" });
        match Plan::read(&plan).and_then(|plan| import::import(&plan)) {
            Ok(made) => {
                let room = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
                made.tables.iter().for_each(|(name, bytes)| write(&room.path().join(name), bytes));
                let again = read::folder(room.path());
                assert!(again.is_ok(), "an import that cannot be read: {again:?}");
            }
            Err(problems) => assert!(!problems.to_string().is_empty()),
        }
    });
}

/// Evaluations of the parts below.
const EVALUATIONS: usize = 40;

/// The columns of the parts below.
fn part_columns() -> Vec<String> {
    let figures = ["members.welfare", "world.leakage"].map(part::figure_column);
    [part::input_column("tariff.a.rate_percent")].into_iter().chain(figures).collect()
}

/// Whether an evaluation has figures.
type Solved = fn(usize) -> bool;

/// Parts of which every evaluation, every third, the first alone and none has its figures.
pub fn parts() -> Vec<(&'static str, Vec<u8>)> {
    let solved: [(&str, Solved); 4] = [
        ("figures", |_| true),
        ("failures", |at| at.is_multiple_of(3)),
        ("one", |at| at == 0),
        ("none", |_| false),
    ];
    let made = |solved: Solved| {
        let columns = part_columns().into_iter().enumerate();
        let numbers = columns.map(|(column, name)| {
            let value = |at| (column == 0 || solved(at)).then_some((at * 7 % 11 + column) as f64 / 3.0);
            Numbers { column: name, values: (0..EVALUATIONS).map(value).collect() }
        });
        let rows = Rows {
            number: (0..).take(EVALUATIONS).collect(),
            cell: vec![0; EVALUATIONS],
            set: vec!["draw"; EVALUATIONS],
            status: (0..EVALUATIONS).map(|at| if solved(at) { part::SOLVED } else { "input" }).collect(),
            message: (0..EVALUATIONS).map(|at| (!solved(at)).then_some("demand cannot be -1")).collect(),
            numbers: numbers.collect(),
        };
        rows.bytes().unwrap_or_else(|what| panic!("{what}"))
    };
    solved.into_iter().map(|(name, solved)| (name, made(solved))).collect()
}

/// A part of a batch.
pub fn parquet(bytes: &[u8]) {
    let columns = part_columns();
    let asked = Asked { evaluations: 0..EVALUATIONS, columns: &columns, wanted: &columns, statuses: true };
    match part::read(bytes, &asked) {
        Ok(found) => assert!(found.numbers.iter().all(|column| column.len() == EVALUATIONS)),
        Err(what) => assert!(!what.is_empty()),
    }
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
