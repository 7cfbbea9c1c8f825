//! How long it takes and how much memory to import a year of BACI: 11 million rows.
//!
//! The file is made here, in the columns and the order of the real one: 226 countries, 5,000 HS6
//! codes, every pair of countries with about a twenty-third of them. Its figures are drawn, not real.

use std::fmt::Write as _;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Instant;
use zollverein::data::import::{Plan, import};

const COUNTRIES: u64 = 226;
const ROWS: u64 = 11_000_000;

/// A number that looks drawn (`SplitMix64`).
fn drawn(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// HS6 codes: 220 of metals, the others from all chapters.
fn codes() -> Vec<u32> {
    let headings = (7206..=7229).chain(7301..=7306).chain([7601]).chain(7604..=7608);
    let mut codes: Vec<u32> =
        headings.flat_map(|heading| (1..=6).map(move |n| heading * 100 + 10 * n)).collect();
    let mut chapter = 0;
    while codes.len() < 5_000 {
        chapter = chapter % 71 + 1;
        codes.push(chapter * 10_000 + u32::try_from(codes.len()).unwrap_or(0));
    }
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// Writes the trade file; returns how many rows it has.
fn trade(path: &Path) -> std::io::Result<u64> {
    let mut file = BufWriter::with_capacity(1 << 20, std::fs::File::create(path)?);
    writeln!(file, "t,i,j,k,v,q")?;
    let codes = codes();
    let mut rows = 0;
    for exporter in 1..=COUNTRIES {
        for importer in (1..=COUNTRIES).filter(|importer| *importer != exporter) {
            for code in &codes {
                let draw = drawn(exporter << 40 | importer << 24 | u64::from(*code));
                if !draw.is_multiple_of(23) || rows == ROWS {
                    continue;
                }
                let (value, tonnes) = (draw >> 8 & 0xffff, draw >> 24 & 0x3ff);
                rows += 1;
                if draw >> 60 == 0 {
                    writeln!(file, "2023,{exporter},{importer},{code:06},{value}.125,          NA")?;
                } else {
                    writeln!(file, "2023,{exporter},{importer},{code:06},{value}.125,{tonnes:>8}.250")?;
                }
            }
        }
    }
    file.flush()?;
    Ok(rows)
}

/// The plan and its small files: the base's own output, BACI's countries by number.
fn plan(folder: &Path) -> std::io::Result<()> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let countries = std::fs::read_to_string(data.join("2023/countries.csv"))?;
    let mut codes = String::from("country_code,country_name,country_iso2,country_iso3\n");
    let known: Vec<&str> = countries.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    for number in 1..=COUNTRIES {
        let at = usize::try_from(number - 1).unwrap_or(0);
        let own = format!("Z{number}");
        let code = known.get(at).copied().unwrap_or(&own);
        let _ = writeln!(codes, "{number},Country {number},XX,{code}");
    }
    std::fs::write(folder.join("countries.csv"), codes)?;
    let data = data.display();
    std::fs::write(
        folder.join("plan.toml"),
        format!(
            r#"name = "bench-2023"
year = 2023
base = "{data}/2023"
rest_of_world = "ROW"
concordance = {{ file = "{data}/concordance/metals.csv", edition = "HS2017" }}
[[product]]
code = "steel"
like = "steel"
groups = ["steel_semis", "steel_flat", "steel_long", "steel_tubes", "stainless"]
[[product]]
code = "aluminium"
like = "aluminium"
groups = ["aluminium_unwrought"]
[[baci]]
file = "trade.csv"
countries = "countries.csv"
[[production]]
file = "{data}/2023/production.csv"
source = "data/2023"
licence = "as there"
"#
        ),
    )
}

/// The most memory that this program has held, in MB, where the system says it.
fn peak() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|kilobytes| kilobytes / 1024.0)
}

fn main() {
    let room = tempfile::tempdir().expect("a folder");
    let start = Instant::now();
    let rows = trade(&room.path().join("trade.csv")).expect("the trade file is written");
    plan(room.path()).expect("the plan is written");
    let bytes = std::fs::metadata(room.path().join("trade.csv")).expect("the trade file").len();
    println!("made {rows} rows, {} MB, in {:.1} s", bytes >> 20, start.elapsed().as_secs_f64());
    let start = Instant::now();
    let plan = Plan::read(&room.path().join("plan.toml")).unwrap_or_else(|problems| panic!("{problems}"));
    let imported = import(&plan).unwrap_or_else(|problems| panic!("{problems}"));
    let seconds = start.elapsed().as_secs_f64();
    assert_eq!(imported.account.rows as u64, rows);
    println!("imported in {seconds:.1} s on {} threads", rayon::current_num_threads());
    for product in &imported.account.products {
        println!(
            "{}: {:.0} kt reported, {:.0} kt traded, {} rounds",
            product.product, product.reported_kt, product.traded_kt, product.rounds
        );
    }
    match peak() {
        Some(megabytes) => println!("peak memory {megabytes:.0} MB, the making of the file included"),
        None => println!("peak memory is not known on this system"),
    }
}
