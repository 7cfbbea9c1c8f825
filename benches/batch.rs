//! What a batch costs: draws of every elasticity of GASSA on the full baseline, on all cores, written
//! to a folder and summed up.
//!
//! `cargo bench --bench batch` takes 10,000 draws; `cargo bench --bench batch -- --long` takes
//! 100,000 after them and prints how much the peak of memory grew.

use std::path::Path;
use std::time::Instant;
use zollverein::batch::{Evaluator, Plan, Silent, run};
use zollverein::table::{Format, Table};

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

/// Runs so many draws into a folder; the peak of memory after it.
fn batch(folder: &Path, draws: usize) -> Option<f64> {
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
    let peak = peak();
    if let Some(peak) = peak {
        println!("  peak of memory {peak:.0} MiB");
    }
    peak
}

fn main() {
    let room = tempfile::tempdir().unwrap_or_else(|e| panic!("{e}"));
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
    let short = batch(room.path(), 10_000);
    if std::env::args().any(|argument| argument == "--long") {
        let long = batch(room.path(), 100_000);
        if let Some((short, long)) = short.zip(long) {
            println!(
                "  growth of the peak from 10,000 to 100,000 draws: {:.1} %",
                (long / short - 1.0) * 100.0
            );
        }
    }
}
