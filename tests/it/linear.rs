//! Linear programs: published problems, prices as slopes, warm starts, and conflicts.

use proptest::prelude::*;
use serde_json::Value;
use zollverein::numeric::linear::{
    Backend, Column, ColumnId, LinearError, Program, Relation, RowId, Sense, Solver,
};

fn case(name: &str) -> Value {
    let path = format!("{}/tests/cases/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("a number: {value}"))
}

fn list(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(number).collect()
}

fn names(value: &Value) -> Vec<&str> {
    value.as_array().expect("a list").iter().map(|name| name.as_str().expect("a name")).collect()
}

const SOLVERS: [Backend; 2] = [Backend::Highs, Backend::Microlp];
const FREE: f64 = f64::INFINITY;

#[test]
fn dantzigs_transport_problem() {
    let case = case("dantzig_trnsport");
    let (capacity, demand) = (list(&case["inputs"]["capacity"]), list(&case["inputs"]["demand"]));
    let mut program = Program::new(Sense::Minimise);
    let mut from = vec![vec![]; 2];
    let mut into = vec![vec![]; 3];
    for (plant, from) in from.iter_mut().enumerate() {
        for (market, into) in into.iter_mut().enumerate() {
            let distance = number(&case["inputs"]["distance_thousand_miles"][plant][market]);
            let cost = number(&case["inputs"]["freight"]) * distance / 1000.0;
            let column = program.column(cost, 0.0, FREE);
            from.push((column, 1.0));
            into.push((column, 1.0));
        }
    }
    let mut rows = vec![];
    for (entries, capacity) in from.into_iter().zip(capacity) {
        rows.push(program.row(entries, Relation::AtMost, capacity));
    }
    for (entries, demand) in into.into_iter().zip(demand) {
        rows.push(program.row(entries, Relation::AtLeast, demand));
    }
    for backend in SOLVERS {
        let solution = program.solve(backend).unwrap_or_else(|error| panic!("{error}"));
        assert!((solution.objective / number(&case["expected"]["objective"]) - 1.0).abs() < 1e-9);
        let expected = list(&case["expected"]["plant_price"]).into_iter();
        let expected = expected.chain(list(&case["expected"]["market_price"]));
        for (row, expected) in rows.iter().zip(expected) {
            assert!((solution.price(*row) - expected).abs() < 1e-6, "{backend:?}: {solution:?}");
        }
    }
}

#[test]
fn mexican_steel_of_kendrick_meeraus_and_alatorre() {
    let case = case("kendrick_mexss");
    let inputs = &case["inputs"];
    let table = |name: &str, key: String| inputs[name].get(key).map(number);
    let (plants, markets) = (names(&inputs["plants"]), names(&inputs["markets"]));
    let processes = ["pig-iron", "sponge", "steel-oh", "steel-el", "steel-bof"];
    let materials = ["pellets", "coke", "nat-gas", "electric", "scrap"];
    let freight = |from: &str, to: &str| {
        let distance = table("rail_distance", format!("{from}|{to}"));
        distance.map_or(0.0, |km| 2.48 + 0.0084 * km)
    };
    let mut program = Program::new(Sense::Minimise);
    let mut arrivals = vec![vec![]; markets.len()];
    let mut exports = vec![];
    for plant in &plants {
        let z: Vec<ColumnId> = processes.iter().map(|_| program.column(0.0, 0.0, FREE)).collect();
        // what a plant has none of, its processes need and cannot use
        for (unit, process) in inputs["unit_of_process"].as_object().expect("a table") {
            let at = processes.iter().position(|name| Some(*name) == process.as_str()).expect("a process");
            let capacity = table("capacity", format!("{unit}|{plant}")).unwrap_or(0.0);
            program.row(vec![(z[at], 1.0)], Relation::AtMost, capacity);
        }
        let balance = |good: &str| -> Vec<(ColumnId, f64)> {
            let made = processes.iter().zip(&z);
            made.filter_map(|(p, z)| table("io", format!("{good}|{p}")).map(|a| (*z, a))).collect()
        };
        for material in materials {
            let bought = program.column(number(&inputs["prices"][material]), 0.0, FREE);
            let mut entries = balance(material);
            entries.push((bought, 1.0));
            program.row(entries, Relation::AtLeast, 0.0);
        }
        for good in ["pig-iron", "sponge"] {
            program.row(balance(good), Relation::AtLeast, 0.0);
        }
        let mut steel = balance("steel");
        for (market, arrivals) in markets.iter().zip(&mut arrivals) {
            let shipped = program.column(freight(plant, market), 0.0, FREE);
            steel.push((shipped, -1.0));
            arrivals.push((shipped, 1.0));
        }
        let price = number(&inputs["steel_export_price"]);
        let exported = program.column(freight(plant, "export") - price, 0.0, FREE);
        steel.push((exported, -1.0));
        exports.push((exported, 1.0));
        program.row(steel, Relation::AtLeast, 0.0);
    }
    program.row(exports, Relation::AtMost, number(&inputs["export_bound"]));
    let mut demands = vec![];
    for (market, mut entries) in markets.iter().zip(arrivals) {
        let price = number(&inputs["steel_import_price"]) + freight("import", market);
        entries.push((program.column(price, 0.0, FREE), 1.0));
        demands.push(program.row(entries, Relation::AtLeast, number(&inputs["demand"][*market])));
    }
    let solution = program.solve(Backend::default()).unwrap_or_else(|error| panic!("{error}"));
    assert!(
        (solution.objective - number(&case["expected"]["published_objective"])).abs() < 1e-3,
        "{}",
        solution.objective
    );
    for (market, demand) in markets.iter().zip(demands) {
        let expected = number(&case["expected"]["market_dual"][*market]);
        let found = solution.price(demand);
        assert!((found - expected).abs() < 1e-3, "{market}: {found}");
    }
}

#[test]
fn a_carbon_charge_shuffles_clean_metal_to_the_club_and_a_default_value_does_not() {
    let case = case("resource_shuffling_lp");
    let inputs = &case["inputs"];
    let plants = ["clean", "dirty"].map(|plant| &inputs["plants"][plant]);
    let solve = |intensity: [f64; 2], sense: Sense| {
        let mut program = Program::new(sense);
        let charge = number(&inputs["carbon_charge_per_t"]);
        let club = intensity.map(|e| program.column(charge * e, 0.0, FREE));
        let other = intensity.map(|_| program.column(0.0, 0.0, FREE));
        for (plant, (a, b)) in plants.iter().zip(club.into_iter().zip(other)) {
            program.row(vec![(a, 1.0), (b, 1.0)], Relation::AtMost, number(&plant["capacity"]));
        }
        for (market, own) in [("club", club), ("other", other)] {
            let entries = own.into_iter().map(|column| (column, 1.0)).collect();
            program.row(entries, Relation::Equal, number(&inputs["markets"][market]));
        }
        let found = program.solve(Backend::default()).unwrap_or_else(|error| panic!("{error}"));
        let columns: Vec<ColumnId> = club.into_iter().chain(other).collect();
        (found.objective, found.values(&columns))
    };
    let own = [number(&plants[0]["intensity"]), number(&plants[1]["intensity"])];
    let (objective, found) = solve(own, Sense::Minimise);
    let expected = &case["expected"]["plant_level"];
    for (found, name) in found.iter().zip(["clean_club", "dirty_club", "clean_other", "dirty_other"]) {
        assert!((found - number(&expected[name])).abs() < 1e-9, "{name}: {found}");
    }
    assert!((objective - number(&expected["charge_paid"])).abs() < 1e-9);
    // with one default intensity no routing is better or worse than another
    let average = number(&case["expected"]["average_default"]["average_intensity"]);
    for sense in [Sense::Minimise, Sense::Maximise] {
        let paid = solve([average; 2], sense).0;
        assert!((paid - number(&case["expected"]["average_default"]["charge_paid"])).abs() < 1e-9);
    }
}

#[test]
fn what_is_no_number_and_what_has_no_limit_is_refused() {
    let mut program = Program::new(Sense::Maximise);
    let column = program.column(1.0, 0.0, FREE);
    for backend in SOLVERS {
        assert_eq!(program.solve(backend), Err(LinearError::Unbounded));
        let mut broken = program.clone();
        broken.row(vec![(column, f64::NAN)], Relation::AtMost, 1.0);
        assert!(matches!(broken.solve(backend), Err(LinearError::NotFinite(_))));
    }
}

#[test]
fn a_conflict_names_its_rows_and_no_others() {
    let mut program = Program::new(Sense::Minimise);
    let (x, y) = (program.column(1.0, 0.0, FREE), program.column(1.0, 0.0, FREE));
    program.row(vec![(x, 1.0)], Relation::AtMost, 10.0);
    let few = program.row(vec![(x, 1.0), (y, 1.0)], Relation::AtMost, 5.0);
    program.row(vec![(y, 1.0)], Relation::AtLeast, 1.0);
    let many = program.row(vec![(x, 2.0), (y, 2.0)], Relation::Equal, 12.0);
    for backend in SOLVERS {
        assert_eq!(program.solve(backend), Err(LinearError::Infeasible(vec![few, many])));
    }
}

#[test]
fn a_program_as_text() {
    let mut program = Program::new(Sense::Maximise);
    let (x, y) = (program.column(3.0, 0.0, 4.0), program.column(-1.5, 0.0, FREE));
    let row = program.row(vec![(x, 1.0), (y, -2.0)], Relation::AtMost, 7.25);
    let name = |column| if column == x { "x" } else { "y" };
    let text =
        program.text(&|column| name(column).to_owned(), &|own| format!("r{}", usize::from(own != row)));
    assert_eq!(
        text,
        "maximise + 3 x - 1.5 y\nsubject to\n  r0: + x - 2 y <= 7.25\nbounds\n  0 <= x <= 4\n  0 <= y <= inf\n"
    );
}

/// A bounded program that its right sides leave feasible at zero.
fn random() -> impl Strategy<Value = Program> {
    let size = (1..6_usize, 1..6_usize, any::<bool>());
    (size, prop::collection::vec(-1.0..1.0_f64, 80)).prop_map(|((columns, rows, largest), random)| {
        let mut random = random.into_iter().cycle();
        let mut next = move || random.next().unwrap_or(0.5);
        let mut program = Program::new(if largest { Sense::Maximise } else { Sense::Minimise });
        let columns: Vec<ColumnId> =
            (0..columns).map(|_| program.column(next(), 0.0, 1.0 + 5.0 * next().abs())).collect();
        for _ in 0..rows {
            let entries = columns.iter().map(|column| (*column, next())).collect();
            let (relation, sign) =
                if next() > 0.0 { (Relation::AtMost, 1.0) } else { (Relation::AtLeast, -1.0) };
            program.row(entries, relation, sign * (0.05 + next().abs()));
        }
        program
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Both solvers agree, and a price lies between the slopes on both sides of its right side.
    #[test]
    fn prices_are_slopes(program in random()) {
        let solutions = SOLVERS.map(|backend| program.solve(backend));
        let [Ok(highs), Ok(micro)] = solutions else { return Err(TestCaseError::fail("no solution")) };
        prop_assert!((highs.objective - micro.objective).abs() < 1e-7);
        let step = 1e-5;
        for (row, own) in program.rows() {
            let slope = |by: f64| {
                let mut shifted = program.clone();
                shifted.set_right(row, own.right + by);
                shifted.solve(Backend::default()).map(|found| (found.objective - highs.objective) / by)
            };
            let (Ok(a), Ok(b)) = (slope(step), slope(-step)) else { continue };
            for price in [highs.price(row), micro.price(row)] {
                prop_assert!(price >= a.min(b) - 1e-4 && price <= a.max(b) + 1e-4, "{a} {b} {price}");
            }
        }
    }

    #[test]
    fn a_changed_program_is_solved_as_if_new(program in random(), changes in prop::collection::vec((0..6_usize, -1.0..1.0_f64, 0.1..6.0_f64), 5)) {
        let mut warm = Solver::new(program.clone(), Backend::default()).expect("numbers");
        prop_assert!(warm.solve().is_ok());
        for (column, cost, upper) in changes {
            let all: Vec<ColumnId> = program.columns().map(|(column, _)| column).collect();
            let column = all[column % all.len()];
            warm.change(column, Column { cost, lower: 0.0, upper }).expect("numbers");
            let (found, fresh) = (warm.solve(), warm.program().solve(Backend::default()));
            let (Ok(found), Ok(fresh)) = (found, fresh) else { return Err(TestCaseError::fail("no solution")) };
            prop_assert!((found.objective - fresh.objective).abs() < 1e-9);
        }
    }

    /// Without any one of the rows that conflict the rest can be met; together they cannot.
    #[test]
    fn conflicts_are_irreducible(program in random(), row in 0..6_usize, lack in 0.1..2.0_f64) {
        let mut program = program;
        let rows: Vec<_> = program.rows().map(|(_, row)| row.clone()).collect();
        let row = rows[row % rows.len()].clone();
        // the opposite of a row, out of its reach
        let (relation, right) = match row.relation {
            Relation::AtMost => (Relation::AtLeast, row.right + lack),
            _ => (Relation::AtMost, row.right - lack),
        };
        program.row(row.entries, relation, right);
        let Err(LinearError::Infeasible(conflict)) = program.solve(Backend::default()) else {
            return Err(TestCaseError::fail("it cannot be met"));
        };
        prop_assert!(!conflict.is_empty());
        let with = |rows: Vec<RowId>| {
            let mut some = Program::new(program.sense);
            for (_, column) in program.columns() {
                some.add(*column);
            }
            for row in rows {
                let row = program.row_of(row);
                some.row(row.entries.clone(), row.relation, row.right);
            }
            some.solve(Backend::default()).is_ok()
        };
        prop_assert!(!with(conflict.clone()));
        for without in &conflict {
            prop_assert!(with(conflict.iter().copied().filter(|row| row != without).collect()));
        }
    }
}

#[test]
fn whole_columns_are_chosen_by_trying_and_prices_hold_them() {
    // a knapsack: 5, 4, 3 for weights 2, 3, 1 within 4; relaxed it would take a third of the second
    let mut program = Program::new(Sense::Maximise);
    let items = [5.0, 4.0, 3.0].map(|worth| program.binary(worth));
    let filler = program.column(0.5, 0.0, 10.0);
    let entries = items.iter().zip([2.0, 3.0, 1.0]).map(|(item, weight)| (*item, weight));
    let weight = program.row(entries.chain([(filler, 1.0)]).collect(), Relation::AtMost, 4.0);
    for backend in SOLVERS {
        let found = program.solve(backend).expect("it can be filled");
        // first and third, and one of filler: 5 + 3 + 0.5
        assert!((found.objective - 8.5).abs() < 1e-9, "{backend:?}: {found:?}");
        assert_eq!(items.map(|item| found.value(item)), [1.0, 0.0, 1.0], "{backend:?}");
        // with the items held, one more of weight is one more of filler
        assert!((found.price(weight) - 0.5).abs() < 1e-9, "{backend:?}: {found:?}");
    }
}

proptest! {
    /// Against every choice of eight items by hand.
    #[test]
    fn whole_columns_agree_with_every_choice(
        worth in prop::collection::vec(-5.0..10.0_f64, 8),
        weight in prop::collection::vec(0.1..5.0_f64, 8),
        limit in 1.0..20.0_f64,
    ) {
        let best = (0..256_usize).filter_map(|set| {
            let chosen = |list: &[f64]| -> f64 { (0..8).filter(|i| set >> i & 1 == 1).map(|i| list[i]).sum() };
            (chosen(&weight) <= limit).then(|| chosen(&worth))
        }).fold(f64::NEG_INFINITY, f64::max);
        let mut program = Program::new(Sense::Maximise);
        let entries = worth.iter().zip(&weight).map(|(worth, weight)| (program.binary(*worth), *weight)).collect();
        program.row(entries, Relation::AtMost, limit);
        for backend in SOLVERS {
            let found = program.solve(backend).expect("nothing at all can always be taken");
            prop_assert!((found.objective - best).abs() < 1e-6, "{:?}: {} is not {}", backend, found.objective, best);
        }
    }
}
