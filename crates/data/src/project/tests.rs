//! Laws of projecting, on worlds small enough to follow.

use super::*;
use std::path::Path;
use zollverein_model::baseline::read;

const HEAD: &str = "figure,country,product,route,change,value,unit,source,status\n";

fn folder(name: &str) -> Tables {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data").join(name);
    read::tables(&path).unwrap_or_else(|problems| panic!("{problems}"))
}

fn rules(rows: &str) -> Projection {
    Projection::parse("p.csv", format!("{HEAD}{rows}").as_bytes())
        .unwrap_or_else(|problems| panic!("{problems}"))
}

fn projected(tables: &Tables, rows: &str) -> Projected {
    project(tables, &rules(rows), 2030).unwrap_or_else(|problems| panic!("{problems}"))
}

fn faults(tables: &Tables, rows: &str) -> Vec<String> {
    let Err(problems) = project(tables, &rules(rows), 2030) else { return vec![] };
    problems.as_slice().iter().map(ToString::to_string).collect()
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
}

fn output(tables: &Tables, product: &str, country: &str) -> f64 {
    let rows = tables.production.rows.iter().map(|row| &row.row);
    rows.filter(|row| row.product == product && row.country == country).map(|row| row.output_kt).sum()
}

fn sales(tables: &Tables, product: &str, country: &str) -> f64 {
    let rows = tables.flows.rows.iter().map(|row| &row.row);
    rows.filter(|row| row.product == product && row.exporter == country).map(|row| row.quantity_kt).sum()
}

fn used(tables: &Tables, product: &str, country: &str) -> f64 {
    let rows = tables.flows.rows.iter().map(|row| &row.row);
    rows.filter(|row| row.product == product && row.importer == country).map(|row| row.quantity_kt).sum()
}

#[test]
fn without_rows_every_figure_stays() {
    let tables = folder("2023");
    let after = projected(&tables, "");
    assert_eq!(after.tables, Tables { year: Some(2030), ..tables });
    assert!(after.notes.is_empty() && after.balanced.is_empty());
}

#[test]
fn flows_that_are_in_balance_are_a_fixed_point() {
    let tables = folder("2023");
    let after = projected(&tables, "demand,IND,steel,,factor,1,1,mine,assumed\n");
    assert!(after.balanced.contains("steel"));
    for (old, new) in tables.flows.rows.iter().zip(&after.tables.flows.rows) {
        // the tables' sales may differ from output by 0.00001; reading spreads that too
        let made = output(&tables, &old.row.product, &old.row.exporter);
        let factor = match old.row.product.as_str() {
            "steel" => made / sales(&tables, "steel", &old.row.exporter),
            _ => 1.0,
        };
        assert!(near(new.row.quantity_kt, old.row.quantity_kt * factor), "{old:?} {new:?}");
    }
}

const GROWTH: &str = "output,IND,steel,,level,238170,kt,Policy,cited\n\
    output,CHN,steel,,percent_per_year,-1.5,percent,mine,assumed\n\
    output,*,steel,scrap_eaf,percent_per_year,1,percent,mine,assumed\n\
    demand,CHN,steel,,factor,0.9,1,mine,assumed\n\
    demand,*,steel,,percent_per_year,2,percent,mine,assumed\n\
    demand,IND,steel,,level,230000,kt,Policy,cited\n\
    output,*,aluminium,,percent_per_year,2,percent,mine,assumed\n";

#[test]
fn sales_equal_output_and_purchases_equal_demand() {
    let tables = folder("2023");
    let after = projected(&tables, GROWTH);
    for product in ["steel", "aluminium"] {
        for country in &tables.countries.rows {
            let code = &country.row.code;
            assert!(
                near(output(&after.tables, product, code), sales(&after.tables, product, code)),
                "{code}"
            );
        }
    }
    assert!(near(output(&after.tables, "steel", "IND"), 238_170.0));
    assert!(near(used(&after.tables, "steel", "IND"), 230_000.0));
    let china = used(&tables, "steel", "CHN");
    assert!((used(&after.tables, "steel", "CHN") / china - 0.9).abs() < 1e-6);
    // countries without a row of their own share one factor
    let ratio = |code| used(&after.tables, "steel", code) / used(&tables, "steel", code);
    assert!((ratio("USA") / ratio("DEU") - 1.0).abs() < 1e-6);
    assert!(after.notes.iter().any(|note| note.contains("steel: output is")), "{:?}", after.notes);
}

#[test]
fn flows_of_zero_stay_zero() {
    let mut tables = folder("toy");
    // Corin sends Boria no steel: what it sent is sold at home
    for row in &mut tables.flows.rows {
        match (row.row.exporter.as_str(), row.row.importer.as_str(), row.row.product.as_str()) {
            ("COR", "BOR", "steel") => row.row.quantity_kt = 0.0,
            ("COR", "COR", "steel") => row.row.quantity_kt += 108.0,
            _ => {}
        }
    }
    let after = projected(&tables, "output,ARD,steel,,factor,1.3,1,mine,assumed\n");
    for (old, new) in tables.flows.rows.iter().zip(&after.tables.flows.rows) {
        assert_eq!(old.row.quantity_kt == 0.0, new.row.quantity_kt == 0.0, "{new:?}");
    }
}

#[test]
fn doubling_everything_doubles_flows() {
    let tables = folder("toy");
    let rows = |n: u32| {
        format!(
            "output,ARD,steel,,level,{},kt,mine,assumed\ncapacity,ARD,steel,,level,{},kt,mine,assumed\n\
             demand,BOR,steel,,level,{},kt,mine,assumed\n",
            6000 * n,
            7000 * n,
            5000 * n
        )
    };
    let once = projected(&tables, &rows(1));
    let mut doubled = tables.clone();
    doubled.flows.rows.iter_mut().for_each(|row| row.row.quantity_kt *= 2.0);
    for row in &mut doubled.production.rows {
        row.row.output_kt *= 2.0;
        row.row.capacity_kt = row.row.capacity_kt.map(|capacity| capacity * 2.0);
    }
    let twice = projected(&doubled, &rows(2));
    for (one, two) in once.tables.flows.rows.iter().zip(&twice.tables.flows.rows) {
        assert!(near(2.0 * one.row.quantity_kt, two.row.quantity_kt));
    }
}

#[test]
fn the_order_of_rows_in_the_file_changes_nothing() {
    let tables = folder("2023");
    let forward = projected(&tables, GROWTH);
    let backward = GROWTH.lines().rev().collect::<Vec<_>>().join("\n");
    assert_eq!(projected(&tables, &backward), forward);
}

#[test]
fn routes_share_a_country_level_in_proportion_and_rows_by_route_hold() {
    let tables = folder("toy");
    let route = |tables: &Tables, route: &str| {
        let rows = tables.production.rows.iter().map(|row| &row.row);
        rows.filter(|row| row.country == "ARD" && row.route == route).map(|row| row.output_kt).sum::<f64>()
    };
    // 2000 and 3000 in the tables
    let after = projected(&tables, "output,ARD,steel,,level,6000,kt,mine,assumed\n").tables;
    assert!(near(route(&after, "blast"), 2400.0) && near(route(&after, "electric"), 3600.0));
    let rows =
        "output,ARD,steel,*,level,6000,kt,mine,assumed\noutput,ARD,steel,blast,factor,0.5,1,mine,assumed\n";
    let after = projected(&tables, rows).tables;
    assert!(near(route(&after, "blast"), 1000.0) && near(route(&after, "electric"), 5000.0));
    let rows =
        "output,ARD,steel,,level,900,kt,mine,assumed\noutput,ARD,steel,blast,factor,0.5,1,mine,assumed\n";
    let faults = faults(&tables, rows);
    assert!(faults.len() == 1 && faults[0].contains("p.csv:2: ARD's output cannot be 900"), "{faults:?}");
}

#[test]
fn an_intensity_of_all_routes_is_the_mean_by_output() {
    let tables = folder("toy");
    // (2000 x 2.0 + 3000 x 0.5) / 5000 = 1.1, halved
    let after = projected(&tables, "intensity,ARD,steel,,level,0.55,tCO2e/t,mine,assumed\n");
    let of = |route: &str| {
        let rows = after.tables.production.rows.iter().map(|row| &row.row);
        rows.filter(|row| row.country == "ARD" && row.route == route).find_map(|row| row.intensity)
    };
    assert!(of("blast").is_some_and(|value| near(value, 1.0)));
    assert!(of("electric").is_some_and(|value| near(value, 0.25)));
    // 1.9 direct is more than 1.0 in all
    assert!(after.notes.iter().any(|note| note.contains("direct intensity is lowered")), "{:?}", after.notes);
}

#[test]
fn capacity_is_raised_to_output_unless_a_row_states_it() {
    let tables = folder("toy");
    // 1000 kt of 1250 in the tables
    let after = projected(&tables, "output,COR,steel,,level,1500,kt,mine,assumed\n");
    let rows = after.tables.production.rows.iter().map(|row| &row.row);
    let capacity =
        rows.filter(|row| row.country == "COR" && row.product == "steel").find_map(|row| row.capacity_kt);
    assert_eq!(capacity, Some(1500.0));
    assert!(after.notes.iter().any(|note| note.contains("raised to output, by 250 kt in all, in COR")));
    let rows =
        "output,COR,steel,,level,1500,kt,mine,assumed\ncapacity,COR,steel,,level,1400,kt,mine,assumed\n";
    let faults = faults(&tables, rows);
    assert!(
        faults.len() == 1 && faults[0].contains("p.csv:3: COR's capacity of steel, 1400 kt, is below"),
        "{faults:?}"
    );
}

#[test]
fn growth_counts_from_the_year_of_the_data() {
    let tables = Tables { year: Some(2028), ..folder("toy") };
    let after = projected(&tables, "gdp,ARD,,,percent_per_year,10,percent,mine,assumed\n").tables;
    let gdp = after.countries.rows.iter().find(|row| row.row.code == "ARD").and_then(|row| row.row.gdp_usd);
    assert!(gdp.is_some_and(|gdp| near(gdp, 1.21e12)));
    let undated = Tables { year: None, ..folder("toy") };
    let found = faults(&undated, "gdp,ARD,,,percent_per_year,10,percent,mine,assumed\n");
    assert!(found.len() == 1 && found[0].contains("p.csv:2: `percent_per_year` needs the year"), "{found:?}");
    let later = Tables { year: Some(2040), ..folder("toy") };
    assert!(faults(&later, "")[0].contains("the year 2030 is before the data's, 2040"));
}

#[test]
fn what_cannot_be_met_is_reported_all_at_once() {
    let tables = folder("toy");
    let rows = "output,XYZ,steel,,level,1,kt,mine,assumed\noutput,ARD,stel,,level,1,kt,mine,assumed\n\
        output,ARD,steel,smelter,level,1,kt,mine,assumed\noutput,COR,steel,blast,level,1,kt,mine,assumed\n\
        capacity,BOR,steel,,level,1,kt,mine,assumed\n";
    let faults = faults(&tables, rows);
    for wanted in [
        "p.csv:2: country `XYZ` is not known",
        "p.csv:3: product `stel` is not known\n    remedy: did you mean `steel`?",
        "p.csv:4: route `smelter` of `steel` is not known",
        "p.csv:5: COR makes no steel by blast in production.csv",
        "p.csv:6: BOR's capacity of steel, 1 kt, is below its output",
    ] {
        assert!(faults.iter().any(|fault| fault.contains(wanted)), "{wanted}\n{faults:#?}");
    }
}

#[test]
fn a_world_where_nobody_can_take_up_the_difference_is_refused() {
    let tables = folder("toy");
    let rows: String = ["ARD", "BOR", "COR"]
        .map(|code| format!("demand,{code},steel,,factor,1.1,1,mine,assumed\n"))
        .concat();
    let found = faults(&tables, &rows);
    assert!(found.len() == 1 && found[0].contains("nobody is left to take up the difference"), "{found:?}");
    let found = faults(&tables, "demand,BOR,steel,,level,99999,kt,mine,assumed\n");
    assert!(found.len() == 1 && found[0].contains("nobody is left"), "{found:?}");
}

/// The toy world in which Arden's steel stays at home and Arden buys no other.
fn arden_apart() -> Tables {
    let mut tables = folder("toy");
    tables.flows.rows.retain(|row| {
        row.row.product != "steel" || (row.row.exporter == "ARD") == (row.row.importer == "ARD")
    });
    let sold = tables.clone();
    for row in &mut tables.production.rows {
        let row = &mut row.row;
        if row.product == "steel" {
            row.output_kt *= sales(&sold, "steel", &row.country) / output(&sold, "steel", &row.country);
        }
    }
    tables
}

#[test]
fn demand_of_a_country_that_trades_with_nobody_follows_its_output() {
    let after = projected(&arden_apart(), "output,ARD,steel,,factor,1.1,1,mine,assumed\n");
    assert!(near(used(&after.tables, "steel", "ARD"), 4500.0 * 1.1));
    assert!(after.notes.iter().any(|note| note.contains("ARD trade with nobody else")), "{:?}", after.notes);
    let rows = "output,ARD,steel,,factor,1.1,1,mine,assumed\ndemand,ARD,steel,,factor,1,1,mine,assumed\n";
    let found = faults(&arden_apart(), rows);
    assert!(found.len() == 1 && found[0].contains("difference among ARD"), "{found:?}");
}

#[test]
fn targets_that_the_links_of_trade_rule_out_name_their_countries() {
    let mut tables = folder("toy");
    // Boria buys from itself alone, and is to use less than it sells at home when the others cannot buy its steel
    tables.flows.rows.retain(|row| {
        let (from, to) = (row.row.exporter.as_str(), row.row.importer.as_str());
        row.row.product != "steel" || from == to || (from, to) == ("BOR", "COR")
    });
    let sold = tables.clone();
    for row in &mut tables.production.rows {
        let row = &mut row.row;
        if row.product == "steel" {
            row.output_kt *= sales(&sold, "steel", &row.country) / output(&sold, "steel", &row.country);
        }
    }
    // Corin makes 500 and uses 1025; its own 500 can only be sold at home
    let found = faults(&tables, "demand,COR,steel,,level,400,kt,mine,assumed\n");
    assert!(
        found.len() == 1 && found[0].contains("along the trade links") && found[0].contains("COR"),
        "{found:?}"
    );
}
