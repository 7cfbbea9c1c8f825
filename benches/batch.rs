//! What a batch costs: draws of every elasticity of GASSA on the full baseline, on all cores.
//!
//! `cargo bench --bench batch` takes 10,000 draws; `cargo bench --bench batch -- --long` takes
//! 100,000 and prints how much the peak of memory grew beyond that of 10,000.

use std::path::Path;
use std::time::Instant;
use zollverein::batch::{Evaluator, Plan};

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let plan = Plan::read(&root.join("scenarios/batch/01-gassa-elasticities.toml"), None).unwrap_or_else(|e| panic!("{e}"));
    let start = Instant::now();
    let evaluator = Evaluator::new(&plan).unwrap_or_else(|e| panic!("{e}"));
    println!("prepare {:.3} s", start.elapsed().as_secs_f64());
    let start = Instant::now();
    let found = evaluator.evaluate(0..200, &|| ());
    println!("one core: {:.2} ms a draw", start.elapsed().as_secs_f64() * 1e3 / 200.0);
    println!("{:?}", found[7].figures.as_ref().map(|f| f[1]));
    let failed = found.iter().filter(|one| one.figures.is_err()).count();
    println!("failed {failed}");
}
