//! What an evaluation costs: GASSA on the full baseline, and dense synthetic
//! worlds of growing size, one scenario at a time and in blocks of 100.
//!
//! `cargo bench --bench evaluate` prints medians over repetitions within one run.

#[path = "../tests/it/support/worlds.rs"]
#[allow(dead_code)] // the benchmark uses its part
mod worlds;

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use zollverein::baseline::{ArcId, Baseline, CountryId};
use zollverein::engine::{Armington, Engine, Equilibrium, SolveError, solve_each};
use zollverein::indicator::Indicators;
use zollverein::model::Model;
use zollverein::policy::terms::Quota;
use zollverein::policy::{Duty, Terms};
use zollverein::scenario::Scenario;
use zollverein::units::{Kilotonnes, UsdPerTonne};

/// Median seconds of one call, over `repeats` calls after some that warm up.
fn median(repeats: usize, mut call: impl FnMut(usize)) -> f64 {
    for warm in 0..repeats.min(5) {
        call(warm);
    }
    let mut times: Vec<f64> = (0..repeats)
        .map(|k| {
            let start = Instant::now();
            call(k);
            start.elapsed().as_secs_f64()
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn full_baseline() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let scenario = Scenario::read(&root.join("scenarios/02-gassa.toml")).unwrap_or_else(|e| panic!("{e}"));
    let folder = root.join("data/2023");
    let start = Instant::now();
    let baseline = Arc::new(zollverein::baseline::read::folder(&folder).unwrap_or_else(|e| panic!("{e}")));
    let reading = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let engine = Arc::new(Armington::new(&baseline));
    let calibrating = start.elapsed().as_secs_f64();
    let policy = scenario.policy(&baseline).unwrap_or_else(|e| panic!("{e}"));
    let engine_used: Arc<dyn Engine> = engine.clone();
    let model = Model::new(Arc::clone(&baseline), engine_used).unwrap_or_else(|e| panic!("{e}"));
    let terms = policy.terms(&baseline);
    let outcome = model.evaluate(&policy).unwrap_or_else(|e| panic!("{e}"));
    let found = outcome.equilibrium.convergence;
    println!(
        "GASSA on the full baseline: {} arcs, {} countries, {} producers",
        baseline.arcs.len(),
        baseline.countries.len(),
        baseline.producers.len()
    );
    println!("  once    read the data folder   {:8.2} ms", reading * 1e3);
    println!("  once    calibrate the engine   {:8.2} ms", calibrating * 1e3);
    let whole = median(200, |_| drop(black_box(model.evaluate(&policy))));
    println!(
        "  each    evaluate the policy    {:8.2} ms   ({} steps, {} factorisations, residual {:.0e})",
        whole * 1e3,
        found.iterations,
        found.factorisations,
        found.residual
    );
    let compiling = median(200, |_| drop(black_box(policy.terms(&baseline))));
    println!("    of it terms                  {:8.2} ms", compiling * 1e3);
    let solving = median(200, |_| drop(black_box(engine.solve(&baseline, &terms))));
    println!("    of it equilibrium            {:8.2} ms", solving * 1e3);
    let measuring = median(200, |_| drop(black_box(Indicators::of(&baseline, &terms, &outcome.equilibrium))));
    println!("    of it indicators             {:8.2} ms", measuring * 1e3);
}

/// A tenth of the countries put 10 points, and a little more for each scenario, on all others.
fn scenario(baseline: &Baseline, k: usize) -> Terms {
    let members = baseline.countries.len().div_ceil(10);
    let rate = 0.10 + 0.001 * (k % 100) as f64;
    let arcs = (0..baseline.arcs.len()).map(ArcId::at).filter(|arc| {
        let flow = baseline.flow_of(*arc);
        flow.importer.index() < members && flow.exporter.index() >= members
    });
    Terms::with(baseline, arcs.map(|arc| (arc, Duty::new(rate, UsdPerTonne::ZERO))))
}

fn synthetic() {
    println!(
        "\nSynthetic world: one CES level, one route, no freight, every country sells to every other;\n\
         a tenth of the countries put 10 to 20 points on all others; one at a time on one core, 100 on all"
    );
    println!("{:>6}{:>10}{:>16}{:>16}{:>8}", "N", "arcs", "one, us", "of 100, us", "steps");
    let mut points: Vec<(f64, f64, f64)> = vec![];
    for n in [30, 60, 120, 200] {
        let baseline = worlds::synthetic(n).baseline();
        let engine = Armington::new(&baseline);
        let terms: Vec<Terms> = (0..100).map(|k| scenario(&baseline, k)).collect();
        let steps =
            engine.solve(&baseline, &terms[0]).unwrap_or_else(|e| panic!("{e}")).convergence.iterations;
        let one = median(300, |k| drop(black_box(engine.solve(&baseline, &terms[k % 100]))));
        let prices = |found: Result<Equilibrium, SolveError>| found.map(|e| e.producers);
        let block = median(10, |_| drop(black_box(solve_each(&engine, &baseline, &terms, prices)))) / 100.0;
        println!("{n:6}{:10}{:16.1}{:16.1}{steps:8}", baseline.arcs.len(), one * 1e6, block * 1e6);
        points.push(((n as f64).ln(), one.ln(), block.ln()));
    }
    let slope = |y: &dyn Fn(&(f64, f64, f64)) -> f64| {
        let count = points.len() as f64;
        let (mx, my) =
            (points.iter().map(|p| p.0).sum::<f64>() / count, points.iter().map(y).sum::<f64>() / count);
        let (mut xy, mut xx) = (0.0, 0.0);
        for point in &points {
            xy += (point.0 - mx) * (y(point) - my);
            xx += (point.0 - mx).powi(2);
        }
        xy / xx
    };
    println!(
        "slope of log time in log N: one at a time {:.2}, in blocks {:.2}",
        slope(&|p| p.1),
        slope(&|p| p.2)
    );
}

/// Three quotas that bind at once (Korea and Brazil in the United States, one that 27 importers
/// share) against a plain tariff on the same trade, in one run.
fn quotas() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let baseline =
        zollverein::baseline::read::folder(&root.join("data/2023")).unwrap_or_else(|e| panic!("{e}"));
    let engine = Armington::new(&baseline);
    let country = |code| baseline.country(code).unwrap_or_else(|| panic!("no {code}"));
    let (usa, korea, brazil) = (country("USA"), country("KOR"), country("BRA"));
    let eu = &baseline.groups["eu27"].members;
    let steel = baseline.product("steel").unwrap_or_else(|| panic!("no steel"));
    let arcs = |wanted: &dyn Fn(CountryId, CountryId) -> bool| -> Vec<ArcId> {
        let chosen = |arc: &ArcId| {
            let flow = baseline.flow_of(*arc);
            wanted(flow.exporter, flow.importer)
        };
        baseline.arcs_of(steel).map(ArcId::at).filter(chosen).collect()
    };
    let lists = [
        arcs(&|from, to| from == korea && to == usa),
        arcs(&|from, to| from == brazil && to == usa),
        arcs(&|from, to| !eu.contains(from) && eu.contains(to)),
    ];
    let duty = |arc: &ArcId| (*arc, Duty::new(0.25, UsdPerTonne::ZERO));
    let plain = Terms::with(&baseline, lists.iter().flatten().map(duty));
    let mut limited = Terms::in_force(&baseline);
    for arcs in lists {
        let shipped: f64 = arcs.iter().map(|arc| baseline.arcs[arc.index()].quantity.value()).sum();
        limited.quotas.push(Quota {
            clause: "quota.bench".to_owned(),
            label: "bench".to_owned(),
            product: steel,
            quantity: Kilotonnes(0.6 * shipped),
            beside: Kilotonnes::ZERO,
            arcs: arcs.into_iter().map(|arc| (arc, 1.0)).collect(),
            gap: Some(1.0),
            rent_to_exporters: 0.0,
            rent_to_treasury: 0.0,
            earmarked: false,
        });
    }
    let time = |terms: &Terms| {
        median(200, |_| drop(black_box(engine.solve(&baseline, terms).unwrap_or_else(|e| panic!("{e}")))))
    };
    let (plain, limited_time) = (time(&plain), time(&limited));
    let found = engine.solve(&baseline, &limited).unwrap_or_else(|e| panic!("{e}"));
    println!(
        "\nThree binding quotas on the full baseline: {:.2} ms, a plain tariff on the same trade {:.2} ms: {:.2} times \
         ({} steps, {} factorisations, residual {:.0e})",
        limited_time * 1e3,
        plain * 1e3,
        limited_time / plain,
        found.convergence.iterations,
        found.convergence.factorisations,
        found.convergence.residual
    );
}

/// One evaluation of each shipped scenario on the full baseline, terms and indicators included.
fn scenarios() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let baseline = Arc::new(
        zollverein::baseline::read::folder(&root.join("data/2023")).unwrap_or_else(|e| panic!("{e}")),
    );
    let model = Model::new(Arc::clone(&baseline), Arc::new(Armington::new(&baseline)))
        .unwrap_or_else(|e| panic!("{e}"));
    let mut files: Vec<_> = std::fs::read_dir(root.join("scenarios"))
        .unwrap_or_else(|e| panic!("{e}"))
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    files.sort();
    println!("\nOne evaluation of each scenario on data/2023 (terms, equilibrium, indicators):");
    for path in files {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let scenario = Scenario::read(&path).unwrap_or_else(|e| panic!("{e}"));
        if !scenario.years().is_empty()
            || name.contains("toy")
            || name.contains("2030") && name.starts_with("19")
        {
            continue;
        }
        let policy = scenario.policy(&baseline).unwrap_or_else(|e| panic!("{e}"));
        let found = model.evaluate(&policy).unwrap_or_else(|e| panic!("{name}: {e}")).equilibrium.convergence;
        let time = median(60, |_| drop(black_box(model.evaluate(&policy))));
        println!(
            "  {name:32}{:8.2} ms   ({} steps, {} factorisations)",
            time * 1e3,
            found.iterations,
            found.factorisations
        );
    }
}

fn main() {
    full_baseline();
    quotas();
    scenarios();
    synthetic();
}
