//! What a batch costs: draws of every elasticity of GASSA on the full baseline, on all cores, written
//! to a folder and summed up.
//!
//! `cargo bench --bench batch` takes 10,000 draws; `cargo bench --bench batch -- --long` takes
//! 100,000 after them and prints how much the peak of memory grew.
//!
//! Summing up is measured by itself too, on parts of made-up figures, of which no market is settled:
//! 10,000 and 100,000 evaluations, in the long mode 100,000 and 1,000,000; `-- --sums` measures that alone.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;
use zollverein::baseline::read::sha256;
use zollverein::batch::{Description, Evaluator, Intervals, Plan, Silent, results, run};
use zollverein::scenario::Scenario;
use zollverein::tables::part::{Numbers, Rows, SOLVED};
use zollverein::tables::{Format, Table};

/// The argument with which this program runs so many draws alone.
const DRAWS: &str = "--draws";
/// The argument with which this program sums up a folder alone.
const SUM: &str = "--sum";
/// What stands before its peak of memory.
const PEAK: &str = "  peak of memory ";

/// The most memory that this process has held so far, MiB; none where the system does not say.
fn peak() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<f64>().ok()? / 1024.0)
}

fn plan(folder: &Path, draws: usize) -> Plan {
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/02-gassa.toml");
    let text = format!(
        "scenario = '{}'\nseed = 2023\ndraws = {draws}\ndesign = \"latin_hypercube\"\n\
         [[draw]]\nwhat = \"data.elasticity\"\n",
        scenario.display()
    );
    let path = folder.join(format!("{draws}.toml"));
    std::fs::write(&path, text).unwrap_or_else(|e| panic!("{e}"));
    Plan::read(&path, None).unwrap_or_else(|e| panic!("{e}"))
}

/// Runs so many draws into a folder.
fn batch(folder: &Path, draws: usize) {
    let plan = plan(folder, draws);
    let start = Instant::now();
    let done = run(&plan, &folder.join(draws.to_string()), None, Format::Csv, &Silent);
    let done = done.unwrap_or_else(|e| panic!("{e}"));
    let seconds = start.elapsed().as_secs_f64();
    let failed = done.tables.iter().find(|table| table.name == "failures").map_or(0, Table::rows);
    println!(
        "{draws} draws of {} elasticities, parts and tables written: {seconds:.1} s, {:.0} draws a second, {failed} failed",
        plan.description.inputs.len(),
        done.computed as f64 / seconds
    );
    if let Some(peak) = peak() {
        println!("{PEAK}{peak:.1} MiB");
    }
}

/// This program with some arguments, in a process of its own, whose peak of memory is that of this work
/// alone: seconds, and MiB where the system says.
fn alone(arguments: [&str; 2]) -> (f64, Option<f64>) {
    let program = std::env::current_exe().unwrap_or_else(|e| panic!("{e}"));
    let start = Instant::now();
    let output = Command::new(program).args(arguments).stderr(Stdio::inherit()).output();
    let output = output.unwrap_or_else(|e| panic!("{e}"));
    assert!(output.status.success(), "{arguments:?}: {}", output.status);
    let seconds = start.elapsed().as_secs_f64();
    let said = String::from_utf8_lossy(&output.stdout);
    print!("{said}");
    let peak = said.lines().find_map(|line| line.strip_prefix(PEAK));
    (seconds, peak.and_then(|peak| peak.split_whitespace().next()?.parse().ok()))
}

/// A number above 0 and below 1 that nobody has computed.
fn made_up(evaluation: usize, column: usize) -> f64 {
    let mixed = (evaluation as u64 * 1009 + column as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((mixed ^ mixed >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 11) as f64 / (1_u64 << 53) as f64
}

/// A finished folder of so many draws whose figures are made up.
fn made_folder(out: &Path, description: &Description) -> u64 {
    let write = |name: &str, bytes: &[u8]| {
        std::fs::write(out.join(name), bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
    };
    std::fs::create_dir_all(out.join("parts")).unwrap_or_else(|e| panic!("{e}"));
    write("plan.json", description.json().as_bytes());
    let (mut journal, mut size) = (String::new(), 0);
    for block in 0..description.blocks() {
        let bytes = made_part(description, block);
        size += bytes.len() as u64;
        writeln!(journal, "{{\"block\":{block},\"sha256\":\"{}\"}}", sha256(&bytes))
            .unwrap_or_else(|e| panic!("{e}"));
        write(&format!("parts/{block:06}.parquet"), &bytes);
    }
    write("journal.jsonl", journal.as_bytes());
    size
}

/// A part of made-up figures.
fn made_part(description: &Description, block: usize) -> Vec<u8> {
    let evaluations = description.block(block);
    let numbers = description.columns().into_iter().enumerate().map(|(position, column)| {
        let values = evaluations.clone().map(|number| Some(made_up(number, position))).collect();
        Numbers { column, values }
    });
    let rows = Rows {
        number: evaluations.clone().map(|number| i64::try_from(number).unwrap_or(i64::MAX)).collect(),
        cell: vec![0; evaluations.len()],
        set: vec!["draw"; evaluations.len()],
        status: vec![SOLVED; evaluations.len()],
        message: vec![None; evaluations.len()],
        numbers: numbers.collect(),
    };
    rows.bytes().unwrap_or_else(|e| panic!("{e}"))
}

/// Sums up a folder.
fn sum(folder: &Path) {
    let start = Instant::now();
    let found = results(folder).unwrap_or_else(|e| panic!("{e}"));
    let (seconds, of) = (start.elapsed().as_secs_f64(), &found.description);
    println!(
        "{} evaluations of {} figures and {} inputs summed up: {seconds:.2} s, {:.2} microseconds each",
        of.evaluations,
        of.figures.len(),
        of.inputs.len(),
        seconds * 1e6 / of.evaluations as f64
    );
    if let Some(peak) = peak() {
        println!("{PEAK}{peak:.1} MiB");
    }
}

/// Summing up so many evaluations and ten times as many, in one run.
fn sums(room: &Path, draws: usize) {
    let measured = [draws, 10 * draws].map(|draws| {
        let description = plan(room, draws).description;
        let out = room.join(format!("made-{draws}"));
        let size = made_folder(&out, &description);
        println!("{} evaluations in parts of {:.1} MB", description.evaluations, size as f64 / 1e6);
        let measured = alone([SUM, &out.display().to_string()]);
        std::fs::remove_dir_all(&out).unwrap_or_else(|e| panic!("{e}"));
        measured
    });
    let [(few, few_peak), (many, many_peak)] = measured;
    println!("  ten times as many evaluations: {:.2} times the time of each", many / few / 10.0);
    if let Some((few, many)) = few_peak.zip(many_peak) {
        println!("  ten times as many evaluations: {:.2} times the peak of memory", many / few);
    }
}

/// The bands of scenarios' headline figures on all cores, without a cache, the reading of the data apart.
fn bands() {
    for name in ["02-gassa", "13-eu-steel-quota", "20-regimes-late-2026"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("scenarios/{name}.toml"));
        let scenario = Scenario::read(&path).unwrap_or_else(|e| panic!("{e}"));
        let folder = scenario.data_folder().unwrap_or_else(|e| panic!("{e}"));
        let world = scenario.world(&folder).unwrap_or_else(|e| panic!("{e}"));
        let start = Instant::now();
        let found = Intervals::of(&scenario, &folder, &world, None, &|_| true);
        let found = found.unwrap_or_else(|e| panic!("{e}")).unwrap_or_else(|| panic!("{name} has no bands"));
        let seconds = start.elapsed().as_secs_f64();
        println!("  bands   {name:<24} {seconds:6.2} s, {} draws, {} failed", found.draws, found.failed);
    }
}

fn main() {
    let room = tempfile::tempdir().unwrap_or_else(|e| panic!("{e}"));
    let mut arguments = std::env::args().skip_while(|argument| argument != DRAWS).skip(1);
    if let Some(draws) = arguments.next() {
        return batch(room.path(), draws.parse().unwrap_or_else(|e| panic!("{e}")));
    }
    if let Some(folder) = std::env::args().skip_while(|argument| argument != SUM).nth(1) {
        return sum(Path::new(&folder));
    }
    let long = std::env::args().any(|argument| argument == "--long");
    sums(room.path(), if long { 100_000 } else { 10_000 });
    if std::env::args().any(|argument| argument == "--sums") {
        return;
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("GASSA on the full baseline, {cores} cores");
    let small = plan(room.path(), 400);
    let start = Instant::now();
    let evaluator = Evaluator::new(&small).unwrap_or_else(|e| panic!("{e}"));
    println!("  once    prepare                {:8.2} ms", start.elapsed().as_secs_f64() * 1e3);
    let start = Instant::now();
    let found = evaluator.evaluate(0..400, &|| ());
    println!(
        "  each    a draw, on one core    {:8.2} ms",
        start.elapsed().as_secs_f64() * 1e3 / found.len() as f64
    );
    bands();
    let (_, short) = alone([DRAWS, "10000"]);
    if long {
        let (_, long) = alone([DRAWS, "100000"]);
        if let Some((short, long)) = short.zip(long) {
            println!(
                "  growth of the peak from 10,000 to 100,000 draws: {:.1} %",
                (long / short - 1.0) * 100.0
            );
        }
    }
}
