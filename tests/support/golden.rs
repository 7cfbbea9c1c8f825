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

/// A CSV file as a small table to be kept in its place, by [`table`]: for each column of each block of
/// lines, the texts as a hash and the numbers as one sum. In the sum every number counts by its size
/// (inverse hyperbolic sine, over a floor that the row's largest number sets) times a weight of its line:
/// neither a small number among large ones, nor two errors that cancel, nor lines that change places
/// escape it, and it moves little where the last digits do.
pub fn digest(file: &str, text: &str) -> String {
    let rows = rows(text);
    let header = rows.first().cloned().unwrap_or_default();
    let mut made = String::new();
    let body: Vec<&Vec<String>> = rows.iter().skip(1).collect();
    let floors: Vec<f64> = body
        .iter()
        .map(|row| {
            let sizes = row.iter().filter_map(|cell| number(cell)).map(f64::abs);
            1e-5 * sizes.fold(1e-6, f64::max)
        })
        .collect();
    for (position, (block, floors)) in body.chunks(BLOCK).zip(floors.chunks(BLOCK)).enumerate() {
        let first = position * BLOCK + 2; // the header is line 1
        for (column, name) in header.iter().enumerate() {
            let (mut words, mut numbers, mut sum) = (String::new(), 0, 0.0);
            for ((line, row), floor) in block.iter().enumerate().zip(floors) {
                let cell = row.get(column).map_or("", String::as_str);
                match number(cell) {
                    Some(number) => {
                        numbers += 1;
                        sum += weight(line) * (number / floor).asinh();
                    }
                    None => {
                        let _ = writeln!(words, "{line} {cell}");
                    }
                }
            }
            let words = if words.is_empty() { words } else { sha256(words.as_bytes())[..12].to_owned() };
            let last = first + block.len() - 1;
            let _ = writeln!(made, "{file} lines {first} to {last} {name},#{words},{numbers},{sum:.6}");
        }
    }
    made
}

/// The heading of digests.
pub const DIGEST: &str = "what,words,numbers,sum\n";

/// A finite number, if a cell is one.
fn number(cell: &str) -> Option<f64> {
    cell.parse().ok().filter(|number: &f64| number.is_finite())
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
