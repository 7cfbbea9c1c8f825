//! The real baseline of 2023: laws on it, and duties from small to absurd.

use std::path::Path;
use zollverein::baseline::tables::Tables;
use zollverein::baseline::{ArcId, Baseline, CountrySet, Parameter, read};
use zollverein::diagnose;
use zollverein::engine::armington::Weights;
use zollverein::engine::{Armington, Engine, Equilibrium};
use zollverein::policy::{Duty, Terms};
use zollverein::units::UsdPerTonne;

fn baseline() -> Baseline {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/2023");
    read::folder(&folder).unwrap_or_else(|problems| panic!("{problems}"))
}

fn members(baseline: &Baseline) -> CountrySet {
    let mut members = baseline.groups["eu27"].members.clone();
    members.insert(baseline.country("USA").expect("USA"));
    members
}

/// So many points on top of the duties in force, on everything into the US and the EU from outside.
fn raised(baseline: &Baseline, rate: f64, charge: f64) -> Terms {
    let members = members(baseline);
    let arcs = (0..baseline.arcs.len()).map(ArcId::at).filter(|arc| {
        let flow = baseline.flow_of(*arc);
        members.contains(flow.importer) && !members.contains(flow.exporter)
    });
    let duty = |arc| Duty::new(baseline.flow_of(arc).duty + rate, UsdPerTonne(charge));
    Terms::with(baseline, arcs.map(|arc| (arc, duty(arc))))
}

/// Tonnes of steel from outside into the US and the EU, in Mt.
fn steel_imports(baseline: &Baseline, quantity: impl Fn(usize) -> f64) -> f64 {
    let (members, steel) = (members(baseline), baseline.product("steel").expect("steel"));
    let into = |a: &usize| {
        let flow = baseline.flow_of(ArcId::at(*a));
        flow.product == steel && members.contains(flow.importer) && !members.contains(flow.exporter)
    };
    (0..baseline.arcs.len()).filter(into).map(quantity).sum::<f64>() / 1000.0
}

#[test]
fn every_diagnosis_holds() {
    let checks = diagnose::run(&baseline()).expect("an equilibrium");
    for check in &checks {
        println!("{:28}{:.1e} (limit {:.0e})", check.name, check.value, check.limit);
    }
    assert!(checks.len() >= 5 && checks.iter().all(diagnose::Check::passed), "{checks:?}");
}

/// By the closed form 1/(1/ε + κu/(1−u)), maker by maker from the tables, without the program's curve.
#[test]
fn effective_elasticities_of_supply_are_those_of_the_capacities_in_the_tables() {
    let baseline = baseline();
    let of = CountrySet::of(baseline.countries.len(), baseline.country("CAN"));
    let found = diagnose::supply::answers(&baseline, &of);
    for answer in &found {
        let (mut output, mut sum) = (0.0, 0.0);
        for maker in &baseline.producers {
            let code = |here: &str, asked: &str| asked == "all" || here == asked;
            if baseline.products[maker.product.index()].code != answer.product
                || !code(&baseline.countries[maker.country.index()].code, &answer.country)
                || !code(&baseline.routes[maker.route.index()].code, &answer.route)
            {
                continue;
            }
            let get = |parameter| baseline.behaviour.get(parameter, maker.product, maker.country);
            let made = maker.output.value();
            let used = maker.capacity.map_or(0.0, |capacity| (made / capacity.value()).min(0.9999));
            let steeper = get(Parameter::CapacityCurvature) * used / (1.0 - used);
            output += made;
            sum += made / (1.0 / get(Parameter::Supply) + steeper);
        }
        assert!((answer.effective - sum / output).abs() < 1e-12, "{answer:?}");
        assert!((answer.output_kt - output).abs() < 1e-6 * output, "{answer:?}");
        assert!(answer.least <= answer.effective && answer.effective <= answer.most, "{answer:?}");
    }
    let steel = found.iter().find(|a| (a.product.as_str(), a.country.as_str()) == ("steel", "all"));
    // what the data state is about twice what makers near their capacity do
    assert!(steel.is_some_and(|a| a.effective < 0.7 * a.stated), "{steel:?}");
    assert!(found.iter().any(|a| a.country == "CAN" && a.product == "aluminium"), "{found:?}");
    // the page on the model prints these
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/src/reference/model.md");
    let page = std::fs::read_to_string(&page).unwrap_or_else(|error| panic!("{error}"));
    for answer in found.iter().filter(|answer| answer.country == "all") {
        let printed = format!(
            "| {} | {:.0} | {:.2} | {:.2} to {:.2} |",
            answer.stated,
            answer.utilisation_percent.unwrap_or(f64::NAN),
            answer.effective,
            answer.least,
            answer.most
        );
        assert!(page.contains(&printed), "{printed} of {answer:?} is not on the page");
    }
}

#[test]
fn twenty_five_points_settle_in_few_steps_where_another_program_puts_them() {
    let baseline = baseline();
    let equilibrium =
        Armington::new(&baseline).solve(&baseline, &raised(&baseline, 0.25, 0.0)).expect("an equilibrium");
    let found = equilibrium.convergence;
    assert!(found.iterations <= 40 && found.factorisations == 0, "{found:?}");
    // the equations solved a second time in numpy on the same tables (tests/oracle, scenario 08) agree to 1e-11
    let before = steel_imports(&baseline, |a| baseline.arcs[a].quantity.value());
    let after = steel_imports(&baseline, |a| equilibrium.quantity[a].value());
    assert!((before - 59.1).abs() < 0.1, "{before} Mt before");
    assert!((after - 34.6).abs() < 0.1, "{after} Mt after");
}

#[test]
fn duties_from_minus_ten_to_a_thousand_points_settle() {
    let baseline = baseline();
    let engine = Armington::new(&baseline);
    for points in [-0.1, -0.01, 0.01, 0.5, 1.0, 3.0, 10.0] {
        let terms = raised(&baseline, points, 0.0);
        let equilibrium = engine.solve(&baseline, &terms).unwrap_or_else(|error| panic!("{points}: {error}"));
        assert!(equilibrium.convergence.residual <= 1e-10);
    }
    for charge in [10.0, 1000.0] {
        engine
            .solve(&baseline, &raised(&baseline, 0.1, charge))
            .unwrap_or_else(|error| panic!("{charge}: {error}"));
    }
}

#[test]
fn sensitivities_on_the_real_baseline_are_slopes_and_the_adjoint_agrees() {
    let baseline = baseline();
    let engine = Armington::new(&baseline);
    let (terms, step) = (raised(&baseline, 0.2, 10.0), 1e-4);
    let here = engine.solve(&baseline, &terms).expect("an equilibrium");
    let direction: Vec<(ArcId, Duty)> =
        terms.changed().iter().map(|arc| (*arc, Duty::new(1.0, UsdPerTonne::ZERO))).collect();
    let moved = engine.sensitivity(&baseline, &terms, &here, &direction).expect("regular");
    let solved = |rate| -> Equilibrium {
        engine.solve(&baseline, &raised(&baseline, rate, 10.0)).expect("an equilibrium")
    };
    let (up, down) = (solved(0.2 + step), solved(0.2 - step));
    for (a, slope) in moved.log_quantity.iter().enumerate() {
        let difference = (up.quantity[a] / down.quantity[a]).ln() / (2.0 * step);
        assert!((difference - slope).abs() <= 1e-6 * (1.0 + slope.abs()), "arc {a}: {difference} {slope}");
    }
    // the adjoint of steel imports, against the slope along the direction
    let (steel, inside) = (baseline.product("steel").expect("steel"), members(&baseline));
    let weight = |a: usize| {
        let flow = baseline.flow_of(ArcId::at(a));
        let counts =
            flow.product == steel && inside.contains(flow.importer) && !inside.contains(flow.exporter);
        if counts { here.quantity[a].value() } else { 0.0 }
    };
    let weights = Weights {
        log_price: vec![0.0; baseline.producers.len()],
        log_quantity: (0..baseline.arcs.len()).map(weight).collect(),
    };
    let gradient = engine.adjoint(&baseline, &terms, &here, &weights).expect("regular");
    let adjoint: f64 = terms.changed().iter().map(|arc| gradient.rate[arc.index()]).sum();
    let imports = |e: &Equilibrium| 1000.0 * steel_imports(&baseline, |a| e.quantity[a].value());
    let slope = (imports(&up) - imports(&down)) / (2.0 * step);
    assert!((adjoint / slope - 1.0).abs() < 1e-6, "{adjoint} {slope}");
}

/// What tables made in memory are refused for, after a change.
fn refused(change: impl Fn(&mut Tables)) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/toy");
    let mut tables = read::tables(&folder).unwrap_or_else(|problems| panic!("{problems}"));
    change(&mut tables);
    Baseline::new(&tables).err().map(|problems| problems.to_string()).unwrap_or_default()
}

/// A fault put into tables.
type Change<'a> = &'a dyn Fn(&mut Tables);

#[test]
fn worlds_made_in_memory_are_held_to_the_checks_of_files() {
    for bad in [-1.0, f64::NAN, f64::INFINITY] {
        let what = if bad == -1.0 { "is negative" } else { "is not a finite number" };
        let changes: [(&str, Change<'_>); 12] = [
            ("output_kt", &|t| t.production.rows[0].row.output_kt = bad),
            ("capacity_kt", &|t| t.production.rows[0].row.capacity_kt = Some(bad)),
            ("price_usd_per_t", &|t| t.production.rows[0].row.price_usd_per_t = bad),
            ("intensity_tco2e_per_t", &|t| t.production.rows[0].row.intensity = Some(bad)),
            ("direct_intensity_tco2e_per_t", &|t| t.production.rows[0].row.direct_intensity = Some(bad)),
            ("quantity_kt", &|t| t.flows.rows[0].row.quantity_kt = bad),
            ("freight_usd_per_t", &|t| t.flows.rows[0].row.freight_usd_per_t = bad),
            ("value", &|t| t.elasticities.rows[0].row.value = bad),
            ("gdp_usd", &|t| t.countries.rows[0].row.gdp_usd = Some(bad)),
            ("population", &|t| t.countries.rows[0].row.population = Some(bad)),
            ("carbon_price_usd_per_tco2e", &|t| t.countries.rows[0].row.carbon_price = Some(bad)),
            ("rate_percent", &|t| {
                t.duties.iter_mut().for_each(|table| table.rows[0].row.rate_percent = bad);
            }),
        ];
        for (column, change) in changes {
            let said = refused(change);
            let told = format!("`{column}` is `{bad}`, which {what}");
            assert!(said.contains(&told) && said.contains("remedy: "), "{told} is not said: {said}");
        }
    }
    assert_eq!(refused(|_| ()), "");
}
