//! What engine S costs: GASSA on the full baseline, its linear programs against a direct call of
//! `HiGHS` on the same programs, and a sweep of 50 tariffs warm against cold.
//!
//! `cargo bench --bench spatial` prints times of one run on one thread, and ratios of times in it.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;
use zollverein::baseline::{ArcId, Baseline, read};
use zollverein::engine::spatial::{Calibrated, Settings, Ways};
use zollverein::engine::{Engine, Spatial};
use zollverein::numeric::linear::{ColumnId, Program, Relation, Sense, Solver};
use zollverein::policy::{Duty, Terms};
use zollverein::scenario::Scenario;
use zollverein::units::UsdPerTonne;

fn seconds<T>(call: impl FnOnce() -> T) -> (f64, T) {
    let start = Instant::now();
    let value = call();
    (start.elapsed().as_secs_f64(), value)
}

/// The program passed to `HiGHS` row by row, without `good_lp`; its objective.
fn direct(program: &Program) -> f64 {
    let mut problem = highs::RowProblem::default();
    let columns: BTreeMap<ColumnId, highs::Col> = program
        .columns()
        .map(|(id, column)| (id, problem.add_column(column.cost, column.lower..=column.upper)))
        .collect();
    for (_, row) in program.rows() {
        let entries = row.entries.iter().map(|(column, value)| (columns[column], *value));
        match row.relation {
            Relation::AtMost => problem.add_row(..=row.right, entries),
            Relation::AtLeast => problem.add_row(row.right.., entries),
            Relation::Equal => problem.add_row(row.right..=row.right, entries),
        }
    }
    let sense =
        if program.sense == Sense::Maximise { highs::Sense::Maximise } else { highs::Sense::Minimise };
    let mut model = problem.optimise(sense);
    model.make_quiet();
    model.set_option("threads", 1);
    model.set_option("parallel", "off");
    model.set_option("presolve", "off");
    model.set_option("solver", "simplex");
    model.solve().objective_value()
}

/// The largest memory the process has had, in MB, where the system tells.
fn peak_memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|kb| kb / 1000.0)
}

fn gassa(baseline: &Baseline) -> Terms {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let scenario = Scenario::read(&root.join("scenarios/02-gassa.toml")).unwrap_or_else(|e| panic!("{e}"));
    scenario.policy(baseline).unwrap_or_else(|e| panic!("{e}")).terms(baseline)
}

fn main() {
    rayon::ThreadPoolBuilder::new().num_threads(1).build_global().expect("the first pool");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let baseline = read::folder(&root.join("data/2023")).unwrap_or_else(|e| panic!("{e}"));
    let terms = gassa(&baseline);
    let settings = Settings::default();
    println!("GASSA on the full baseline, engine S, one thread");
    let (mut ours, mut theirs) = (0.0, 0.0);
    for product in baseline.product_ids() {
        let network = Calibrated::new(&baseline, &terms, product, &Ways::default()).network;
        let program = network.program(&settings);
        let (size, rows) = (program.columns().len(), program.rows().len());
        let (own, solution) =
            seconds(|| Solver::new(program.clone(), settings.backend).and_then(|mut s| s.solve()));
        let objective = solution.unwrap_or_else(|e| panic!("{e}")).objective;
        let (plain, expected) = seconds(|| direct(&program));
        assert!((objective / expected - 1.0).abs() < 1e-9, "{objective} {expected}");
        println!(
            "  {}: {size} columns, {rows} rows: {own:.2} s, a direct call {plain:.2} s ({:.2} times)",
            baseline.products[product.index()].code,
            own / plain
        );
        ours += own;
        theirs += plain;
    }
    println!("  both: {ours:.2} s against {theirs:.2} s ({:.2} times)", ours / theirs);
    let engine = Spatial::new(settings);
    let (whole, found) = seconds(|| engine.solve(&baseline, &terms));
    let found = found.unwrap_or_else(|e| panic!("{e}")).convergence;
    println!("  whole equilibrium, closed to the curves: {whole:.2} s, residual {:.1e}", found.residual);

    let open = baseline.opened();
    let (wide, found) = seconds(|| engine.solve(&open, &gassa(&open)));
    let found = found.unwrap_or_else(|e| panic!("{e}")).convergence;
    println!(
        "  with every link open, {} arcs in the place of {}: {wide:.2} s, residual {:.1e}",
        open.arcs.len(),
        baseline.arcs.len(),
        found.residual
    );

    let each: Vec<Terms> = (1..=50).map(|step| tariff(&baseline, f64::from(step) * 0.01)).collect();
    let (warm, swept) = seconds(|| engine.sweep(&baseline, &each));
    let (cold, alone) = seconds(|| each.iter().map(|t| engine.solve(&baseline, t)).collect::<Vec<_>>());
    for (a, b) in swept.iter().zip(&alone) {
        let (a, b) = (a.as_ref().expect("warm"), b.as_ref().expect("cold"));
        for (a, b) in a.quantity.iter().zip(&b.quantity) {
            assert!((a.value() - b.value()).abs() <= 1e-6 * a.value().max(1.0));
        }
    }
    println!(
        "50 tariffs of 1 to 50 % more on the United States' imports: warm {:.3} s each, cold {:.3} s each ({:.1} times)",
        warm / 50.0,
        cold / 50.0,
        cold / warm
    );
    if let Some(peak) = peak_memory() {
        println!("peak memory: {peak:.0} MB");
    }
}

fn tariff(baseline: &Baseline, rate: f64) -> Terms {
    let arcs = (0..baseline.arcs.len()).map(ArcId::at).filter(|arc| {
        let flow = baseline.flow_of(*arc);
        !flow.is_home() && baseline.countries[flow.importer.index()].code == "USA"
    });
    Terms::with(
        baseline,
        arcs.map(|arc| (arc, Duty::new(baseline.flow_of(arc).duty + rate, UsdPerTonne::ZERO))),
    )
}
