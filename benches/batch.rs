//! What a batch costs: draws of every elasticity of GASSA on the full baseline, on all cores, written
//! to a folder and summed up.
//!
//! `cargo bench --bench batch` takes 10,000 draws; `cargo bench --bench batch -- --long` takes
//! 100,000 after them and prints how much the peak of memory grew.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;
use zollverein::batch::{Evaluator, Intervals, Plan, Silent, run};
use zollverein::scenario::Scenario;
use zollverein::tables::{Format, Table};

/// The argument with which this program runs so many draws alone.
const DRAWS: &str = "--draws";
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

/// The same in a process of its own, whose peak of memory is that of these draws alone, MiB.
fn batch_alone(draws: usize) -> Option<f64> {
    let program = std::env::current_exe().unwrap_or_else(|e| panic!("{e}"));
    let output = Command::new(program).args([DRAWS, &draws.to_string()]).stderr(Stdio::inherit()).output();
    let output = output.unwrap_or_else(|e| panic!("{e}"));
    assert!(output.status.success(), "{draws} draws: {}", output.status);
    let said = String::from_utf8_lossy(&output.stdout);
    print!("{said}");
    let peak = said.lines().find_map(|line| line.strip_prefix(PEAK))?;
    peak.split_whitespace().next()?.parse().ok()
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
    let short = batch_alone(10_000);
    if std::env::args().any(|argument| argument == "--long") {
        let long = batch_alone(100_000);
        if let Some((short, long)) = short.zip(long) {
            println!(
                "  growth of the peak from 10,000 to 100,000 draws: {:.1} %",
                (long / short - 1.0) * 100.0
            );
        }
    }
}
