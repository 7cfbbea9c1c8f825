//! Batches: whatever happens on the way, the same bytes in the end.

use crate::support::program::{copy, edit, program, root, stderr, stdout, toy, write};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Arc;
use std::time::Duration;
use zollverein::batch::{Evaluator, Plan, Shard, Silent, merge, run};
use zollverein::indicator::{Indicator, Level, Totals};
use zollverein::scenario::Scenario;
use zollverein::tables::Format;

const SCENARIO: &str = "title = \"Toy\"\nbaseline = \"data\"\n[[tariff]]\nname = \"a\"\nimporters = [\"ARD\"]\nrate_percent = 25\n";
pub const DRAWS: &str = "scenario = \"s.toml\"\nseed = 7\ndraws = 400\nblock = 20\ndesign = \"latin_hypercube\"\n\
    [[draw]]\nwhat = \"data.elasticity.aluminium\"\n\
    [[draw]]\nwhat = \"tariff.a.rate_percent\"\ndistribution = \"uniform\"\nlow = 5\nhigh = 45\n";

/// The scenario in two years, not known for sure.
fn path() -> String {
    format!("years = [2026, 2030]\n{SCENARIO}[uncertainty]\ndraws = 40\n")
}

/// A folder with the toy data, a scenario and a plan.
pub fn room(plan: &str) -> tempfile::TempDir {
    let folder = toy();
    write(folder.path(), "s.toml", SCENARIO);
    write(folder.path(), "p.toml", plan);
    folder
}

pub fn plan(folder: &Path) -> Plan {
    Plan::read(&folder.join("p.toml"), None).unwrap_or_else(|problems| panic!("{problems}"))
}

/// Every file below a folder that is no secret of the program.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut next = vec![folder.to_owned()];
    while let Some(here) = next.pop() {
        for entry in fs::read_dir(&here).unwrap_or_else(|error| panic!("{}: {error}", here.display())) {
            let path = entry.unwrap_or_else(|error| panic!("{error}")).path();
            if path.is_dir() {
                next.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap_or(&path).to_owned();
                found.insert(name, fs::read(&path).unwrap_or_default());
            }
        }
    }
    found
}

fn same(a: &Path, b: &Path) {
    let (a, b) = (files(a), files(b));
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>());
    for (name, bytes) in &a {
        assert!(Some(bytes) == b.get(name), "{} differs", name.display());
    }
}

pub fn whole(plan: &Plan, out: &Path) -> zollverein::batch::Done {
    run(plan, out, None, Format::Csv, &Silent).unwrap_or_else(|error| panic!("{error}"))
}

pub fn batch(folder: &Path, arguments: &[&str]) -> Output {
    let output = program(&[&["batch"], arguments].concat()).current_dir(folder).output();
    output.unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn shards_in_any_order_and_on_any_threads_merge_to_the_bytes_of_one_run() {
    let folder = room(DRAWS);
    let plan = plan(folder.path());
    let at = |name: &str| folder.path().join(name);
    let done = whole(&plan, &at("one"));
    assert_eq!((done.computed, done.found), (plan.description.evaluations, 0));
    assert!(done.tables.iter().any(|table| table.name == "tornado"));
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        let out = at(&format!("threads-{threads}"));
        pool.install(|| whole(&plan, &out));
        same(&at("one"), &out);
    }
    let mut shards = vec![];
    for shard in [3, 1, 2] {
        let out = at(&format!("shard-{shard}"));
        let done = run(&plan, &out, Some(Shard { shard, of: 3 }), Format::Csv, &Silent).expect("it runs");
        assert!(done.tables.is_empty() && !out.join("quantiles.csv").exists());
        shards.push(out);
    }
    let error = merge(&shards[..2], &at("partly"), Format::Csv).expect_err("a shard is missing");
    assert!(error.to_string().contains("parts are in no folder"), "{error}");
    merge(&shards, &at("merged"), Format::Csv).unwrap_or_else(|error| panic!("{error}"));
    same(&at("one"), &at("merged"));
    // finished: nothing is computed again, and the bytes stay
    let again = whole(&plan, &at("merged"));
    assert_eq!(again.computed, 0);
    same(&at("one"), &at("merged"));
}

#[test]
fn damaged_parts_and_torn_journals_are_made_anew() {
    let folder = room(DRAWS);
    let plan = plan(folder.path());
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    whole(&plan, &one);
    whole(&plan, &two);
    let part = two.join("parts/000003.parquet");
    let mut bytes = fs::read(&part).expect("a part");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x40;
    fs::write(&part, bytes).expect("it writes");
    fs::write(two.join("parts/000005.parquet"), b"PAR1").expect("it writes");
    fs::remove_file(two.join("parts/000007.parquet")).expect("it goes");
    let journal = fs::read_to_string(two.join("journal.jsonl")).expect("a journal");
    let kept: Vec<&str> = journal.lines().filter(|line| !line.contains("\"block\":9,")).collect();
    let torn = kept.join("\n") + "\n";
    fs::write(two.join("journal.jsonl"), format!("{torn}{{\"block\":9,\"sha2")).expect("it writes");
    fs::write(two.join("parts/.000011.parquet.on-the-way"), b"half").expect("it writes");
    let done = whole(&plan, &two);
    assert_eq!(done.computed, 80); // parts 3, 5, 7 and 9 of 20 evaluations each
    same(&one, &two);
    // a merge does not take a damaged part either
    fs::write(two.join("parts/000004.parquet"), b"PAR1").expect("it writes");
    let error = merge(std::slice::from_ref(&two), &folder.path().join("merged"), Format::Csv)
        .expect_err("it is damaged");
    assert!(error.to_string().contains("000004.parquet"), "{error}");
}

#[test]
fn a_run_that_is_killed_goes_on_to_the_bytes_of_an_unbroken_one() {
    let kills: u64 = std::env::var("ZOLLVEREIN_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(50);
    let folder = room(&DRAWS.replace("draws = 400", "draws = 2000"));
    let begun = std::time::Instant::now();
    assert!(batch(folder.path(), &["p.toml", "--out", "one", "--quiet"]).status.success());
    let unbroken = u64::try_from(begun.elapsed().as_micros()).unwrap_or(1_000_000).max(1000);
    let mut random = zollverein::numeric::search::Random::new(50);
    let (mut out, mut broken, mut finished) = (folder.path().join("broken-0"), 0, 0);
    for kill in 0..kills {
        let mut child = program(&["batch", "p.toml", "--quiet", "--out"])
            .arg(&out)
            .current_dir(folder.path())
            .spawn()
            .expect("it starts");
        let within = random.bits() % (unbroken / 4); // five in a row come to about one whole run
        std::thread::sleep(Duration::from_micros(within));
        broken += u64::from(child.try_wait().expect("it is there").is_none());
        let _ = child.kill(); // SIGKILL; it may have ended just now
        let _ = child.wait();
        // what stands there after a kill is whole: it is checked by going on, now and then to the end
        if kill % 5 == 4 {
            let output = batch(folder.path(), &["p.toml", "--quiet", "--out", &out.to_string_lossy()]);
            assert!(output.status.success(), "{}", stderr(&output));
            same(&folder.path().join("one"), &out);
            finished += 1;
            out = folder.path().join(format!("broken-{}", kill + 1));
        }
    }
    assert!(
        broken * 2 > kills && finished * 5 == kills - kills % 5,
        "{broken} of {kills} were running when killed"
    );
}

#[test]
fn a_folder_that_cannot_be_written_is_named_and_its_parts_stay() {
    let folder = room(DRAWS);
    // a folder in the place of a part: neither root nor anybody else can write it
    let begun = batch(folder.path(), &["p.toml", "--out", "o", "--shard", "1/2", "--quiet"]);
    assert!(begun.status.success(), "{}", stderr(&begun));
    let before = files(&folder.path().join("o"));
    fs::create_dir_all(folder.path().join("o/parts/000001.parquet/x")).expect("a folder");
    let output = batch(folder.path(), &["p.toml", "--out", "o", "--quiet"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("000001.parquet"), "{}", stderr(&output));
    fs::remove_dir_all(folder.path().join("o/parts/000001.parquet")).expect("it goes");
    let after = files(&folder.path().join("o"));
    assert!(
        before
            .iter()
            .filter(|(name, _)| name.starts_with("parts"))
            .all(|(name, bytes)| after.get(name) == Some(bytes))
    );
    assert!(batch(folder.path(), &["p.toml", "--out", "one", "--quiet"]).status.success());
    assert!(batch(folder.path(), &["p.toml", "--out", "o", "--quiet"]).status.success());
    same(&folder.path().join("one"), &folder.path().join("o"));
    // a folder below a file
    write(folder.path(), "file", "mine");
    let output = batch(folder.path(), &["p.toml", "--out", "file/deeper"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("file/deeper"), "{}", stderr(&output));
}

/// A file system of 160 KiB, where one can be mounted; elsewhere it is said that nothing was tried.
#[test]
fn a_full_disk_is_told_and_the_run_goes_on_where_there_is_room() {
    let folder = room(&DRAWS.replace("draws = 400", "draws = 4000"));
    let small = folder.path().join("small");
    fs::create_dir(&small).expect("a folder");
    let mount = |arguments: &[&str]| std::process::Command::new("mount").args(arguments).arg(&small).output();
    let mounted =
        mount(&["-t", "tmpfs", "-o", "size=160k", "tmpfs"]).is_ok_and(|output| output.status.success());
    let out = small.join("out");
    if !mounted {
        eprintln!("no file system could be mounted here: a full disk is not tried");
        return;
    }
    let output = batch(folder.path(), &["p.toml", "--quiet", "--out", &out.to_string_lossy()]);
    let (code, said) = (output.status.code(), stderr(&output));
    let moved = folder.path().join("moved");
    for (name, bytes) in files(&out) {
        let place = moved.join(name);
        fs::create_dir_all(place.parent().unwrap_or(&moved)).expect("a folder");
        fs::write(place, bytes).expect("it writes");
    }
    let unmounted = std::process::Command::new("umount").arg(&small).output();
    assert!(unmounted.is_ok_and(|output| output.status.success()));
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("parts/") && said.contains("go on"), "{said}");
    let kept = fs::read_dir(moved.join("parts")).map_or(0, Iterator::count);
    assert!(kept > 0, "no part was kept");
    let output = batch(folder.path(), &["p.toml", "--quiet", "--out", "moved"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(batch(folder.path(), &["p.toml", "--quiet", "--out", "one"]).status.success());
    same(&folder.path().join("one"), &moved);
}

#[test]
fn a_folder_of_another_plan_is_refused() {
    let folder = room(DRAWS);
    let run = |plan: &str| batch(folder.path(), &[plan, "--out", "o", "--quiet"]);
    assert!(run("p.toml").status.success());
    write(folder.path(), "q.toml", &DRAWS.replace("seed = 7", "seed = 8"));
    let output = run("q.toml");
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("another plan") && stderr(&output).contains("seed"),
        "{}",
        stderr(&output)
    );
    // the same plan under another name, and written otherwise, is the same
    write(folder.path(), "p.toml", &format!("# a remark\n{}", DRAWS.replace("seed = 7", "seed    =  7")));
    assert!(run("p.toml").status.success());
    // other data are another batch
    edit(
        folder.path(),
        "data/elasticities.csv",
        "aluminium,demand,*,0.5,0.3,0.8",
        "aluminium,demand,*,0.5,0.3,0.9",
    );
    let output = run("p.toml");
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("data"), "{}", stderr(&output));
}

#[test]
fn broken_plans_list_every_problem_with_its_line() {
    let broken = "scenario = \"s.toml\"\nseeed = 7\ndraws = 0\nfigures = [\"members.welfare\", \"LCD.exports\"]\n\
        [[vary]]\nwhat = \"tariff.a.rate_percnt\"\nfrom = 1\nto = 5\n\
        [[draw]]\nwhat = \"data.elasticity.steal\"\n\
        [[draw]]\nwhat = \"data.price.steel\"\ndistribution = \"uniform\"\nlow = 2\nhigh = 1\nsd = 1\n\
        [[draw]]\nwhat = \"tariff.a.rate_percent\"\ndistribution = \"unifrom\"\nlow = 1\nhigh = 2\n\
        [[draw]]\nwhat = \"data.elasticity.aluminium.demand\"\n[[draw]]\nwhat = \"data.elasticity.aluminium\"\n";
    let folder = room(broken);
    let output = batch(folder.path(), &["p.toml", "--out", "o"]);
    assert_eq!(output.status.code(), Some(2));
    let said = stderr(&output);
    for (line, word) in [
        (2, "`seeed`"),
        (3, "draws: 0"),
        (4, "`LCD`"),
        (6, "rate_percnt"),
        (10, "`steal`"),
        (14, "`low` 2 is above `high` 1"),
        (16, "`sd` says nothing"),
        (19, "unifrom"),
        (24, "drawn twice"),
    ] {
        let found = said.lines().any(|l| l.contains(&format!("p.toml:{line}:")) && l.contains(word));
        assert!(found, "line {line}, {word}:\n{said}");
    }
    assert!(said.contains("from, to and step belong together"), "{said}");
    assert!(!folder.path().join("o").exists());
}

#[test]
fn a_draw_gives_what_a_run_of_the_same_numbers_gives() {
    let text = "scenario = \"s.toml\"\nseed = 3\ndraws = 6\nfigures = [\"world.welfare\", \"ARD.output.aluminium\", \"members.emissions\"]\n\
        [[draw]]\nwhat = \"data.elasticity.aluminium\"\n[[draw]]\nwhat = \"data.capacity.aluminium\"\ndistribution = \"uniform\"\nlow = 1\nhigh = 1.5\n\
        [[draw]]\nwhat = \"data.intensity\"\ndistribution = \"lognormal\"\nmedian = 1\nsigma = 0.2\n\
        [[draw]]\nwhat = \"tariff.a.rate_percent\"\ndistribution = \"triangular\"\nlow = 0\nhigh = 60\n";
    let prices =
        "[[draw]]\nwhat = \"data.price.aluminium.BOR\"\ndistribution = \"normal\"\nmean = 1\nsd = 0.1\n";
    for text in [text.to_owned(), format!("{text}{prices}")] {
        let folder = room(&text);
        let plan = plan(folder.path());
        let evaluator = Evaluator::new(&plan).unwrap_or_else(|problems| panic!("{problems}"));
        for one in evaluator.evaluate(0..plan.description.evaluations, &|| ()) {
            let figures = one.figures.unwrap_or_else(|failure| panic!("{failure:?}"));
            let expected = by_run(folder.path(), &plan, &one.inputs);
            for (figure, (found, expected)) in
                plan.description.figures.iter().zip(figures.iter().zip(expected))
            {
                let scale = expected.abs().max(1.0);
                assert!(
                    (found - expected).abs() < 1e-7 * scale,
                    "{}: {found}, by a run {expected}",
                    figure.name
                );
            }
        }
        // whatever was evaluated before
        let alone = evaluator.evaluate(4..5, &|| ());
        assert_eq!(alone, evaluator.evaluate(0..8, &|| ())[4..5]);
    }
}

/// The figures of a run of tables in which the values of the inputs stand.
fn by_run(folder: &Path, plan: &Plan, values: &[f64]) -> [f64; 3] {
    let data = tempfile::tempdir().expect("a folder");
    copy(&folder.join("data"), data.path());
    let table = |name: &str, change: &dyn Fn(&[String], &mut Vec<String>)| {
        let text = fs::read_to_string(data.path().join(name)).unwrap_or_default();
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
        let mut rows: Vec<Vec<String>> =
            reader.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect()).collect();
        let header = rows[0].clone();
        rows[1..].iter_mut().for_each(|row| change(&header, row));
        let mut writer = csv::Writer::from_writer(vec![]);
        for row in &rows {
            writer.write_record(row).expect("it writes");
        }
        fs::write(data.path().join(name), writer.into_inner().expect("bytes")).expect("it writes");
    };
    let mut rate = 25.0;
    for (drawn, value) in plan.description.inputs.iter().zip(values) {
        let parts: Vec<&str> = drawn.what.split('.').collect();
        let at = |header: &[String], name: &str| header.iter().position(|known| known == name).expect(name);
        match parts.as_slice() {
            ["data", "elasticity", product, parameter, rest @ ..] => {
                table("elasticities.csv", &|header, row| {
                    let country = rest.first().copied().unwrap_or("*");
                    if row[at(header, "product")] == *product
                        && row[at(header, "parameter")] == *parameter
                        && row[at(header, "country")] == country
                    {
                        row[at(header, "value")] = value.to_string();
                        row[at(header, "low")] = String::new();
                    }
                });
            }
            ["data", kind, rest @ ..] => table("production.csv", &|header, row| {
                let of = rest.first().is_none_or(|product| row[at(header, "product")] == *product)
                    && rest.get(1).is_none_or(|country| row[at(header, "country")] == *country);
                let columns: &[&str] = match *kind {
                    "intensity" => &["intensity_tco2e_per_t", "direct_intensity_tco2e_per_t"],
                    "price" => &["price_usd_per_t"],
                    _ => &["capacity_kt"],
                };
                for column in columns.iter().filter(|_| of) {
                    let place = at(header, column);
                    if let Ok(usual) = row[place].parse::<f64>() {
                        row[place] = (usual * value).to_string();
                    }
                }
            }),
            _ => rate = *value,
        }
    }
    let scenario = Scenario::read(&folder.join("s.toml")).unwrap_or_else(|problems| panic!("{problems}"));
    let scenario =
        scenario.with("tariff.a.rate_percent", rate).unwrap_or_else(|problems| panic!("{problems}"));
    let baseline = Arc::new(scenario.world(data.path()).unwrap_or_else(|problems| panic!("{problems}")));
    let policy = scenario.policy(&baseline).unwrap_or_else(|problems| panic!("{problems}"));
    let model = scenario.model(Arc::clone(&baseline)).unwrap_or_else(|error| panic!("{error}"));
    let outcome = model.evaluate(&policy).unwrap_or_else(|error| panic!("{error}"));
    let totals = Totals::new(&baseline, &outcome.indicators, &outcome.equilibrium);
    let world = zollverein::baseline::CountrySet::all(baseline.countries.len());
    let change = |level: Option<Level>| level.map_or(f64::NAN, Level::change);
    let (ard, aluminium) = (baseline.country("ARD").expect("ARD"), baseline.product("aluminium"));
    [
        change(totals.get(&world, Indicator::Welfare, None).level),
        change(outcome.indicators.get(Indicator::Output, ard, aluminium)),
        change(totals.get(&outcome.members, Indicator::Emissions, None).level),
    ]
}

/// Plain duties, for which the engine is tuned; and quotas, procurement and abatement, for which it is not.
#[test]
fn on_the_full_baseline_a_draw_is_that_of_a_world_with_these_elasticities() {
    for (scenario, draws) in [("02-gassa", 4), ("14-three-quotas", 2), ("16-abatement-support", 2)] {
        let folder = tempfile::tempdir().expect("a folder");
        let file = root().join(format!("scenarios/{scenario}.toml"));
        let text = format!(
            "scenario = '{}'\nseed = 11\ndraws = {draws}\nfigures = [\"members.welfare\"]\n[[draw]]\nwhat = \"data.elasticity\"\n",
            file.display()
        );
        write(folder.path(), "p.toml", &text);
        let plan = plan(folder.path());
        let evaluator = Evaluator::new(&plan).unwrap_or_else(|problems| panic!("{problems}"));
        for one in evaluator.evaluate(0..draws, &|| ()) {
            let figures = one.figures.unwrap_or_else(|failure| panic!("{scenario}: {failure:?}"));
            let mut world = plan.baseline.clone();
            for (drawn, value) in plan.description.inputs.iter().zip(&one.inputs) {
                let parts: Vec<&str> = drawn.what.split('.').collect();
                let parameter = zollverein::baseline::Parameter::named(parts[3]).expect("a parameter");
                let product = world.product(parts[2]).expect("a product");
                world.behaviour = world.behaviour.with(parameter, product, *value);
            }
            let world = Arc::new(world);
            let policy = plan.scenario.policy(&world).unwrap_or_else(|problems| panic!("{problems}"));
            let model = plan.scenario.model(Arc::clone(&world)).unwrap_or_else(|error| panic!("{error}"));
            let outcome = model.evaluate(&policy).unwrap_or_else(|error| panic!("{error}"));
            let totals = Totals::new(&world, &outcome.indicators, &outcome.equilibrium);
            let expected =
                totals.get(&outcome.members, Indicator::Welfare, None).level.unwrap_or_default().change();
            // residuals of 1e-10 in logs, on a turnover of some 1e6 million USD
            assert!((figures[0] - expected).abs() < 1e-3, "{scenario}: {} against {expected}", figures[0]);
        }
    }
}

#[test]
fn draws_that_fail_are_rows_and_the_rest_goes_on() {
    let text = "scenario = \"s.toml\"\ndraws = 60\nblock = 7\n[[draw]]\nwhat = \"data.elasticity.aluminium.demand\"\n\
        distribution = \"normal\"\nmean = 0.2\nsd = 0.2\n";
    let folder = room(text);
    let output = batch(folder.path(), &["p.toml", "--out", "o"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let failures = fs::read_to_string(folder.path().join("o/failures.csv")).expect("some fail");
    assert!(failures.lines().count() > 3 && failures.contains("demand cannot be -"), "{failures}");
    let quantiles = fs::read_to_string(folder.path().join("o/quantiles.csv")).expect("the rest goes on");
    let world: Vec<&str> = quantiles
        .lines()
        .find(|line| line.starts_with("world,all,welfare,"))
        .expect("a row")
        .split(',')
        .collect();
    let (known, not): (f64, f64) = (world[4].parse().unwrap_or(0.0), world[5].parse().unwrap_or(0.0));
    assert!(known > 30.0 && not > 3.0 && known + not == 60.0, "{world:?}");
}

#[test]
fn sweeps_indices_and_paths_give_their_tables() {
    let sweep = "scenario = \"s.toml\"\n[[vary]]\nwhat = \"tariff.a.rate_percent\"\nfrom = 0\nto = 50\nstep = 12.5\n\
        [[vary]]\nwhat = \"tariff.a.enabled\"\nvalues = [true, false]\n";
    let folder = room(sweep);
    write(folder.path(), "s.toml", &format!("{SCENARIO}enabled = true\n"));
    let output = batch(folder.path(), &["p.toml", "--out", "sweep"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let text = fs::read_to_string(folder.path().join("sweep/quantiles.csv")).expect("a table");
    let world = text.lines().filter(|line| line.contains(",world,all,welfare,")).count();
    assert_eq!(world, 10);
    let mean = |start: &str| -> f64 {
        let row = text.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{text}"));
        row.split(',').nth(8).and_then(|cell| cell.parse().ok()).unwrap_or(f64::NAN)
    };
    let (on, off) = (mean("25,1,world,all,welfare,"), mean("25,0,world,all,welfare,"));
    assert!(on < -50.0 && off.abs() < 1e-6, "{on} {off}"); // scenario 06 says -73.8 of steel alone
    assert!(stdout(&output).contains("rate_percent"), "{}", stdout(&output));
    let indices = "scenario = \"s.toml\"\nseed = 2\ndraws = 256\ndesign = \"sobol\"\nindices = true\nfigures = [\"world.welfare\"]\n\
        [[draw]]\nwhat = \"data.elasticity.aluminium\"\n[[draw]]\nwhat = \"tariff.a.rate_percent\"\ndistribution = \"uniform\"\nlow = 5\nhigh = 45\n";
    write(folder.path(), "i.toml", indices);
    assert!(batch(folder.path(), &["i.toml", "--out", "indices", "--quiet"]).status.success());
    let text = fs::read_to_string(folder.path().join("indices/indices.csv")).expect("a table");
    let rows: Vec<Vec<f64>> = text
        .lines()
        .skip(1)
        .map(|line| line.split(',').skip(5).map(|cell| cell.parse().unwrap_or(f64::NAN)).collect())
        .collect();
    let (first, total): (f64, f64) =
        (rows.iter().map(|row| row[1]).sum(), rows.iter().map(|row| row[5]).sum());
    assert!(first > 0.8 && first < 1.05 && total > 0.9 && total < 1.3, "{first} {total}\n{text}");
    assert!(rows.iter().all(|row| row[2] >= 0.0 && row[2] < 0.1 && row[5] > row[1] - 0.05), "{text}");
    write(
        folder.path(),
        "m.toml",
        &indices.replace("\"sobol\"\nindices = true", "\"morris\"").replace("256", "10"),
    );
    let output = batch(folder.path(), &["m.toml", "--out", "morris"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let text = fs::read_to_string(folder.path().join("morris/effects.csv")).expect("a table");
    assert!(text.lines().count() >= 7 && text.contains("tariff.a.rate_percent,10,"), "{text}");
    assert!(!folder.path().join("morris/quantiles.csv").exists());
}

#[test]
fn a_run_shows_intervals_where_the_scenario_is_uncertain_and_keeps_them_in_the_cache() {
    let folder = room(DRAWS);
    write(folder.path(), "s.toml", &format!("{SCENARIO}[uncertainty]\ndraws = 40\n"));
    let cache = folder.path().join("cache");
    write(
        folder.path(),
        "f.toml",
        &format!("{SCENARIO}[uncertainty]\ndraw = [\n{{ what = \"data.elasticity.steal\" }} ]\n"),
    );
    for command in ["run", "check"] {
        let output = program(&[command, "f.toml"]).current_dir(folder.path()).output();
        let said = output.map_or_else(|error| error.to_string(), |output| stderr(&output));
        assert!(said.contains("f.toml:9:3: uncertainty.draw[0].what: product `steal`"), "{said}");
    }
    let run = |out: &str| {
        let output = program(&["run", "s.toml", "--out", out])
            .current_dir(folder.path())
            .env("ZOLLVEREIN_CACHE", &cache)
            .output();
        let output = output.unwrap_or_else(|error| panic!("{error}"));
        assert!(output.status.success(), "{}", stderr(&output));
        stdout(&output)
    };
    let first = run("a");
    assert!(first.contains("90 of 100 draws") && first.contains(" to "), "{first}");
    let kept: Vec<PathBuf> = files(&cache).into_keys().collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(run("b"), first);
    // a damaged file of the cache is not believed
    let file = cache.join(&kept[0]);
    let text = fs::read_to_string(&file).expect("it was kept");
    fs::write(&file, text.replacen('1', "2", 3)).expect("it writes");
    assert_eq!(run("c"), first);
    assert_eq!(fs::read_to_string(&file).expect("it is mended"), text);
    // nor is one of other data
    edit(
        folder.path(),
        "data/elasticities.csv",
        "aluminium,demand,*,0.5,0.3,0.8",
        "aluminium,demand,*,0.5,0.1,0.9",
    );
    assert_ne!(run("d"), first);
    assert!(
        fs::read_to_string(folder.path().join("a/brief.md"))
            .is_ok_and(|text| text.contains("How sure the headline figures are"))
    );
    assert!(folder.path().join("a/intervals.csv").exists());
}

#[test]
fn verify_repeats_a_run_in_every_format_and_sees_what_differs() {
    let folder = room(DRAWS);
    write(folder.path(), "y.toml", &format!("years = [2026, 2030]\n{SCENARIO}[uncertainty]\ndraws = 40\n"));
    let go = |arguments: &[&str]| {
        program(arguments).current_dir(folder.path()).output().unwrap_or_else(|error| panic!("{error}"))
    };
    for (scenario, format) in
        [("s.toml", "csv"), ("s.toml", "parquet"), ("s.toml", "xlsx"), ("s.toml", "iamc"), ("y.toml", "csv")]
    {
        let out = format!("{format}-{scenario}");
        let output = go(&["run", scenario, "--quiet", "--format", format, "--out", &out]);
        assert!(output.status.success(), "{}", stderr(&output));
        let output = go(&["verify", &format!("{out}/run.json")]);
        assert_eq!(output.status.code(), Some(0), "{out}: {}{}", stdout(&output), stderr(&output));
    }
    assert!(
        fs::read_to_string(folder.path().join("iamc-s.toml/iamc.csv"))
            .is_ok_and(|t| t.starts_with("Model,Scenario,Region,Variable,Unit,0\n"))
    );
    edit(folder.path(), "csv-s.toml/groups.csv", "world", "werld");
    let output = go(&["verify", "csv-s.toml/run.json"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(stdout(&output).contains("changed since the run"), "{}", stdout(&output));
    edit(folder.path(), "s.toml", "rate_percent = 25", "rate_percent = 26");
    let output = go(&["verify", "csv-s.toml/run.json"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("the scenario has changed since the run"), "{}", stderr(&output));
}

#[test]
fn each_year_of_a_path_has_its_own_intervals() {
    let folder = room(DRAWS);
    write(folder.path(), "y.toml", &path());
    let run = |arguments: &[&str]| {
        let output = program(arguments).current_dir(folder.path()).output().expect("it starts");
        assert!(output.status.success(), "{}", stderr(&output));
        stdout(&output)
    };
    assert!(run(&["run", "y.toml", "--out", "path"]).contains("90 of 100 draws from"));
    run(&["run", "y.toml", "--year", "2030", "--out", "alone"]);
    let table = |file: &str| fs::read_to_string(folder.path().join(file)).unwrap_or_default();
    assert!(table("alone/intervals.csv").lines().count() > 10);
    assert_eq!(table("path/2030/intervals.csv"), table("alone/intervals.csv"));
    assert!(table("path/path.md").contains("In brackets: Of 40 draws of "));
}
