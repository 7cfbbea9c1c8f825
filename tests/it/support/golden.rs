//! Compares what tests make with files kept in `tests/golden/`, and shows how
//! they differ. `UPDATE_GOLDEN=1 cargo test --release` writes them anew.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use zollverein::baseline::read::sha256;

/// The file of a golden name.
fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// The kept text; `None` if this run has just written it anew.
fn kept(name: &str, made: &str) -> Option<String> {
    let path = path(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
        let folder = path.parent().unwrap_or(Path::new(""));
        let written = fs::create_dir_all(folder).and_then(|()| fs::write(&path, made));
        assert!(written.is_ok(), "cannot write {}: {written:?}", path.display());
        return None;
    }
    match fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) => panic!("{}: {error}; UPDATE_GOLDEN=1 writes it", path.display()),
    }
}

/// Asserts that a text equals the kept one.
pub fn text(name: &str, made: &str) {
    let Some(kept) = kept(name, made) else { return };
    if kept == made {
        return;
    }
    let (kept, made): (Vec<&str>, Vec<&str>) = (kept.lines().collect(), made.lines().collect());
    let mut shown = String::new();
    let mut differences = 0;
    for line in 0..kept.len().max(made.len()) {
        let (before, after) = (kept.get(line), made.get(line));
        if before != after {
            differences += 1;
            if differences <= 20 {
                let _ = writeln!(shown, "line {}:", line + 1);
                let _ = writeln!(shown, "  - {}", before.unwrap_or(&"(no such line)"));
                let _ = writeln!(shown, "  + {}", after.unwrap_or(&"(no such line)"));
            }
        }
    }
    panic!("{name} differs in {differences} lines (- kept, + made now):\n{shown}UPDATE_GOLDEN=1 accepts it");
}

/// Asserts that a CSV table equals the kept one: words exactly, numbers to a
/// relative tolerance, of which the row's largest number sets the floor (a change is the small
/// difference of large levels).
pub fn table(name: &str, made: &str, tolerance: f64) {
    let Some(kept) = kept(name, made) else { return };
    let differences = differences(&kept, made, tolerance);
    assert!(
        differences.is_empty(),
        "{name} differs in {} places (kept -> made now):\n{}\nUPDATE_GOLDEN=1 accepts it",
        differences.len(),
        differences.iter().take(20).cloned().collect::<Vec<_>>().join("\n")
    );
}

/// How two CSV tables differ, cell by cell.
pub fn differences(kept: &str, made: &str, tolerance: f64) -> Vec<String> {
    let (kept, made) = (rows(kept), rows(made));
    let mut found = vec![];
    if kept.len() != made.len() {
        found.push(format!("rows: {} -> {}", kept.len(), made.len()));
    }
    let header = kept.first().cloned().unwrap_or_default();
    for (line, (before, after)) in kept.iter().zip(&made).enumerate() {
        let numbers = before.iter().chain(after).filter_map(|cell| cell.parse::<f64>().ok());
        let scale = numbers.fold(0.0_f64, |most, number| most.max(number.abs()));
        for column in 0..before.len().max(after.len()) {
            let (old, new) = (cell(before, column), cell(after, column));
            let same = match (old.parse::<f64>(), new.parse::<f64>()) {
                (Ok(a), Ok(b)) => {
                    (a - b).abs() <= (tolerance * a.abs().max(b.abs())).max(1e-9 * scale).max(1e-8)
                }
                _ => old == new,
            };
            if !same {
                let label = cell(&header, column);
                let row: Vec<&str> = before
                    .iter()
                    .map(String::as_str)
                    .take_while(|cell| cell.parse::<f64>().is_err())
                    .collect();
                found.push(format!("line {}, {}: {label} {old} -> {new}", line + 1, row.join(" ")));
            }
        }
    }
    found
}

/// Lines of a file that are held together by one row of its digest.
const BLOCK: usize = 256;

/// What a digest is compared to: a thousandth of a number among two hundred and fifty is seen, the last
/// digits are let be.
pub const DIGITS: f64 = 1e-7;

/// A CSV file as a small table to be kept in its place, by [`table`]: of each block of lines the texts as
/// a hash, and of each column its numbers as one sum. In the sum every number counts by its size (inverse
/// hyperbolic sine, over a floor that the row's largest number sets) times a weight of its line: neither a
/// small number among large ones, nor two errors that cancel, nor lines that change places escape it.
pub fn digest(file: &str, text: &str) -> String {
    let rows = rows(text);
    let header = rows.first().cloned().unwrap_or_default();
    let body: Vec<&Vec<String>> = rows.iter().skip(1).collect();
    let mut made = String::new();
    for (position, block) in body.chunks(BLOCK).enumerate() {
        let first = position * BLOCK + 2; // the header is line 1
        let lines = format!("{file} lines {first} to {}", first + block.len() - 1);
        let (mut words, mut sums) = (header.join(" "), vec![(0, 0.0); header.len()]);
        for (line, row) in block.iter().enumerate() {
            let floor = floor(row);
            for (column, cell) in row.iter().enumerate() {
                match (number(cell), sums.get_mut(column)) {
                    (Some(number), Some((numbers, sum))) => {
                        *numbers += 1;
                        *sum += weight(line) * (number / floor).asinh();
                    }
                    _ => {
                        let _ = writeln!(words, "{line} {column} {cell}");
                    }
                }
            }
        }
        let _ = writeln!(made, "{lines} text,#{},,", &sha256(words.as_bytes())[..12]);
        for (name, (numbers, sum)) in header.iter().zip(sums).filter(|(_, (numbers, _))| *numbers > 0) {
            let _ = writeln!(made, "{lines} {name},,{numbers},{sum:.6}");
        }
    }
    made
}

/// The heading of digests.
pub const DIGEST: &str = "what,text,numbers,sum\n";

/// A finite number, if a cell is one.
fn number(cell: &str) -> Option<f64> {
    cell.parse().ok().filter(|number: &f64| number.is_finite())
}

/// Below what size a row's numbers count for little: some ten-thousandth of its largest, by powers of ten
/// so that the largest counts too; their borders lie where no round number is.
fn floor(row: &[String]) -> f64 {
    let largest = row.iter().filter_map(|cell| number(cell)).map(f64::abs).fold(1e-3, f64::max);
    10_f64.powf((largest.log10() + std::f64::consts::FRAC_1_PI).floor() - 4.0)
}

/// A weight from 0.5 to 1.5, another for each line of a block.
fn weight(line: usize) -> f64 {
    0.5 + (line as f64 * 0.618_033_988_749_894_9).fract() // the golden ratio spreads them evenly
}

fn cell(row: &[String], column: usize) -> &str {
    row.get(column).map_or("(no such cell)", String::as_str)
}

fn rows(text: &str) -> Vec<Vec<String>> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes())
        .records()
        .map(|record| record.unwrap_or_default().iter().map(str::to_owned).collect())
        .collect()
}
