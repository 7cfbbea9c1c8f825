//! The result tables of an outcome, row by row.

use crate::names::product_name;
use crate::{Cell, Table, clauses, estimates, links, owners, spatial};
use std::collections::BTreeMap;
use zollverein_model::baseline::{Baseline, Basis, ProductId};
use zollverein_model::engine::accounts;
use zollverein_model::indicator::emissions::{AtHomePrice, Balance};
use zollverein_model::indicator::equity::{Burdens, Change, atkinson, gini, mean_log_deviation, theil_t};
use zollverein_model::indicator::exposure::{Exposure, exposures};
use zollverein_model::indicator::fund::{PaidAboveLoss, paid_above_loss};
use zollverein_model::indicator::trade::{Sales, exporters, importers};
use zollverein_model::indicator::{Indicator, Level, Section, Totals, shown_groups};
use zollverein_model::model::Outcome;
use zollverein_model::policy::terms::Purpose;
use zollverein_model::units::percent;

/// The result tables that are files, by name.
const FILES: [&str; 11] = [
    "indicators",
    "groups",
    "flows",
    "exporters",
    "importers",
    "equity",
    "owners",
    "estimates",
    "clauses",
    "transshipment",
    "capacity",
];

/// Every result table: `indicators`, `groups`, `flows`, `exporters`, `importers`, `equity`,
/// `owners` where the data say who owns producers, `estimates`, and `clauses` where the policy is more than duties; `transshipment` and `capacity` from the spatial engine.
#[must_use]
pub fn tables(baseline: &Baseline, outcome: &Outcome) -> Vec<Table> {
    FILES.iter().filter_map(|name| named(baseline, outcome, name)).collect()
}

/// The result table of a name, if there is one: those of [`tables`], and `links`.
#[must_use]
pub fn named(baseline: &Baseline, outcome: &Outcome, name: &str) -> Option<Table> {
    match name {
        "indicators" => Some(indicators(baseline, outcome)),
        "groups" => Some(groups(baseline, outcome)),
        "flows" => Some(flows(baseline, outcome)),
        "exporters" => Some(exporter_table(baseline, outcome)),
        "importers" => Some(importer_table(baseline, outcome)),
        "equity" => Some(equity(baseline, outcome)),
        "owners" => owners::table(baseline, outcome),
        "estimates" => Some(estimates::table(baseline, outcome)),
        "clauses" => clauses::table(baseline, outcome),
        "transshipment" => spatial::transshipment(baseline, outcome),
        "capacity" => spatial::capacity(baseline, outcome),
        "links" => Some(links(baseline, outcome)),
        _ => None,
    }
}

/// Each product, then all together.
fn products_and_all(baseline: &Baseline) -> Vec<Option<ProductId>> {
    baseline.product_ids().map(Some).chain([None]).collect()
}

fn indicators(baseline: &Baseline, outcome: &Outcome) -> Table {
    let mut rows = vec![];
    for country in baseline.country_ids() {
        for product in products_and_all(baseline) {
            for indicator in Indicator::ALL {
                if let Some(level) = outcome.indicators.get(indicator, country, product) {
                    rows.push(vec![
                        baseline.countries[country.index()].code.as_str().into(),
                        product_name(baseline, product).into(),
                        indicator.name().into(),
                        indicator.unit().into(),
                        level.baseline.into(),
                        level.value.into(),
                        level.change().into(),
                    ]);
                }
            }
        }
    }
    let columns = ["country", "product", "indicator", "unit", "baseline", "value", "change"];
    Table::new("indicators", &columns, rows)
}

fn groups(baseline: &Baseline, outcome: &Outcome) -> Table {
    let totals = Totals::new(baseline, &outcome.indicators, &outcome.equilibrium);
    let mut rows: Vec<Vec<Cell>> = vec![];
    for group in shown_groups(baseline, &outcome.members) {
        let mut put =
            |product: Option<ProductId>, indicator: &str, unit: &str, level: Level, lacking: usize| {
                rows.push(vec![
                    group.name.as_str().into(),
                    product_name(baseline, product).into(),
                    indicator.into(),
                    unit.into(),
                    level.baseline.into(),
                    level.value.into(),
                    level.change().into(),
                    (lacking as f64).into(),
                ]);
            };
        for product in products_and_all(baseline) {
            for indicator in Indicator::ALL {
                let total = totals.get(&group.set, indicator, product);
                if let Some(level) = total.level {
                    put(product, indicator.name(), indicator.unit(), level, total.not_known);
                }
            }
        }
        let relatives = [
            ("welfare_per_head", "usd_per_head", totals.welfare_per_head(&group.set)),
            ("welfare_per_gdp", "ratio", totals.welfare_per_gdp(&group.set)),
        ];
        for (name, unit, relative) in relatives {
            if let Some(relative) = relative {
                put(None, name, unit, Level { baseline: 0.0, value: relative.value }, relative.not_known);
            }
        }
    }
    let columns =
        ["group", "product", "indicator", "unit", "baseline", "value", "change", "countries_not_known"];
    Table::new("groups", &columns, rows)
}

fn flows(baseline: &Baseline, outcome: &Outcome) -> Table {
    let code =
        |country: zollverein_model::baseline::CountryId| baseline.countries[country.index()].code.as_str();
    let duties = accounts::duties(&outcome.terms, &outcome.equilibrium, baseline.arcs.len());
    // a link that was open and is still not used is no flow
    let is_used = |(position, arc): &(usize, &zollverein_model::baseline::Arc)| {
        arc.quantity.value() > 0.0 || outcome.equilibrium.quantity[*position].value() > 0.0
    };
    let rows = baseline.arcs.iter().enumerate().filter(is_used).map(|(position, arc)| {
        let flow = baseline.trade.flow(arc.flow);
        let producer = &baseline.producers[arc.producer.index()];
        let duty = duties[position];
        let basis = flow.basis.map_or("not known", Basis::name);
        vec![
            code(flow.exporter).into(),
            code(flow.importer).into(),
            product_name(baseline, Some(flow.product)).into(),
            baseline.routes[producer.route.index()].code.as_str().into(),
            arc.quantity.value().into(),
            outcome.equilibrium.quantity[position].value().into(),
            outcome.equilibrium.landed_price[position].value().into(),
            percent(duty.rate).into(),
            duty.charge.value().into(),
            basis.into(),
        ]
    });
    let columns = [
        "exporter",
        "importer",
        "product",
        "route",
        "baseline_kt",
        "value_kt",
        "landed_price_usd_per_t",
        "duty_percent",
        "charge_usd_per_t",
        "baseline_rests_on",
    ];
    Table::new("flows", &columns, rows)
}

/// Tonnes and value of sales, before and after.
fn sales(sales: Sales) -> [Cell; 4] {
    [
        sales.tonnes.baseline.into(),
        sales.tonnes.value.into(),
        sales.value.baseline.into(),
        sales.value.value.into(),
    ]
}

fn exporter_table(baseline: &Baseline, outcome: &Outcome) -> Table {
    let exposed: BTreeMap<_, Exposure> = exposures(baseline, &outcome.members)
        .into_iter()
        .map(|exposure| ((exposure.exporter, exposure.product), exposure))
        .collect();
    let rows = exporters(baseline, &outcome.equilibrium, &outcome.members).into_iter().map(|row| {
        let exposure = exposed.get(&(row.exporter, row.product));
        let mut cells: Vec<Cell> = vec![
            baseline.countries[row.exporter.index()].code.as_str().into(),
            product_name(baseline, row.product).into(),
        ];
        cells.extend(sales(row.to_members));
        cells.extend(sales(row.to_outside));
        cells.extend(sales(row.within_union));
        cells.extend(sales(row.home));
        cells.extend([row.market_access_loss().into(), row.diverted().into()]);
        cells.extend([
            exposure.map(|e| e.share_to_members).into(),
            exposure.and_then(|e| e.intensity_kg_per_usd).into(),
            exposure.and_then(|e| e.index).into(),
            exposure.and_then(|e| e.relative).into(),
            exposure.and_then(|e| e.of_gdp).into(),
        ]);
        cells
    });
    let columns = [
        "exporter",
        "product",
        "to_members_baseline_kt",
        "to_members_value_kt",
        "to_members_baseline_million_usd",
        "to_members_value_million_usd",
        "to_outside_baseline_kt",
        "to_outside_value_kt",
        "to_outside_baseline_million_usd",
        "to_outside_value_million_usd",
        "within_union_baseline_kt",
        "within_union_value_kt",
        "within_union_baseline_million_usd",
        "within_union_value_million_usd",
        "home_baseline_kt",
        "home_value_kt",
        "home_baseline_million_usd",
        "home_value_million_usd",
        "market_access_loss_million_usd",
        "diverted_kt",
        "share_to_members_ratio",
        "intensity_kg_co2e_per_usd",
        "exposure_index_ratio",
        "relative_exposure_index_ratio",
        "exports_to_members_over_gdp_ratio",
    ];
    Table::new("exporters", &columns, rows)
}

fn importer_table(baseline: &Baseline, outcome: &Outcome) -> Table {
    let rows = importers(baseline, &outcome.equilibrium, &outcome.members).into_iter().map(|row| {
        let mut cells: Vec<Cell> = vec![
            baseline.countries[row.importer.index()].code.as_str().into(),
            product_name(baseline, row.product).into(),
        ];
        cells.extend(sales(row.from_members));
        cells.extend(sales(row.from_outside));
        cells.extend(sales(row.within_union));
        cells.extend(sales(row.home));
        cells.extend([
            row.created().into(),
            row.diverted_to_members().into(),
            row.replaced_at_home().into(),
            row.not_replaced().into(),
        ]);
        cells
    });
    let columns = [
        "importer",
        "product",
        "from_members_baseline_kt",
        "from_members_value_kt",
        "from_members_baseline_million_usd",
        "from_members_value_million_usd",
        "from_outside_baseline_kt",
        "from_outside_value_kt",
        "from_outside_baseline_million_usd",
        "from_outside_value_million_usd",
        "within_union_baseline_kt",
        "within_union_value_kt",
        "within_union_baseline_million_usd",
        "within_union_value_million_usd",
        "home_baseline_kt",
        "home_value_kt",
        "home_baseline_million_usd",
        "home_value_million_usd",
        "trade_created_kt",
        "diverted_to_members_kt",
        "replaced_at_home_kt",
        "not_replaced_kt",
    ];
    Table::new("importers", &columns, rows)
}

/// Measures of the sharing of burdens, and of leakage; a measure that is not
/// defined has no value and a note that says why.
fn equity(baseline: &Baseline, outcome: &Outcome) -> Table {
    let mut rows: Vec<Vec<Cell>> = vec![];
    let mut put = |measure: &str, unit: &str, value: Option<f64>, note: &str| {
        rows.push(vec![measure.into(), unit.into(), value.into(), note.into()]);
    };
    let burdens = Burdens::of(baseline, &outcome.indicators, &outcome.equilibrium);
    let count = |n: usize| Some(n as f64);
    put("countries_losing", "countries", count(burdens.losing()), "");
    put("countries_gaining", "countries", count(burdens.gaining()), "");
    let left_out: Vec<&str> =
        burdens.not_known.iter().map(|c| baseline.countries[c.index()].code.as_str()).collect();
    put(
        "countries_left_out",
        "countries",
        count(left_out.len()),
        &if left_out.is_empty() {
            String::new()
        } else {
            format!("GDP or population not known: {}", left_out.join(" "))
        },
    );
    let burden = burdens.changes.iter().map(Change::burden).sum();
    put("burden", "million_usd", Some(burden), "sum of the losses of the countries that lose");
    let heads = burdens.per_head();
    let nobody = if burden > 0.0 { "" } else { "nobody loses" };
    let zeros = if nobody.is_empty() { "not defined where some bear nothing" } else { nobody };
    put("gini_of_burdens", "ratio", gini(&heads), nobody);
    put("theil_t_of_burdens", "ratio", theil_t(&heads), nobody);
    let deviation = mean_log_deviation(&heads);
    put("mean_log_deviation_of_burdens", "ratio", deviation, if deviation.is_some() { "" } else { zeros });
    put("atkinson_0_5_of_burdens", "ratio", atkinson(&heads, 0.5), nobody);
    let below = "below 0: falls more on the poorer";
    put("concentration_index", "ratio", burdens.concentration(), if burden > 0.0 { below } else { nobody });
    let above = "Kakwani; above 0: the rich bear more than their share of income";
    put("progressivity", "ratio", burdens.progressivity(), if burden > 0.0 { above } else { nobody });
    let net = burdens.net_progressivity();
    let counted = if net.is_some() {
        "losses less gains; the measures above take gains as zero"
    } else {
        "gains are larger than losses"
    };
    put("net_concentration_index", "ratio", burdens.net_concentration(), counted);
    put("net_progressivity", "ratio", net, counted);
    for part in [20, 40, 60, 80] {
        let name = format!("burden_share_of_poorest_{part}_percent");
        put(&name, "ratio", burdens.share_of_poorest(f64::from(part) / 100.0), nobody);
    }
    let shown = shown_groups(baseline, &outcome.members);
    for group in
        shown.iter().filter(|g| matches!(g.section, Section::Club | Section::Income | Section::Status))
    {
        put(&format!("burden_share_of_{}", group.name), "ratio", burdens.share_of(&group.set), nobody);
    }
    for group in
        shown.iter().filter(|g| matches!(g.section, Section::World | Section::Club | Section::Status))
    {
        let name = |change: Option<Change>| {
            change.map_or("nobody here is known to lose", |c| &baseline.countries[c.country.index()].code)
        };
        let (gdp, head) = (burdens.worst_per_gdp(&group.set), burdens.worst_per_head(&group.set));
        let loss = |value: Option<f64>| value.map(|value| -value);
        let measure = format!("largest_loss_per_gdp_in_{}", group.name);
        put(&measure, "ratio", loss(gdp.and_then(|c| c.per_gdp)), name(gdp));
        let measure = format!("largest_loss_per_head_in_{}", group.name);
        put(&measure, "usd_per_head", loss(head.and_then(|c| c.per_head)), name(head));
    }
    if !outcome.terms.uses.is_empty() {
        let welfare = Indicator::WelfareBeforeTransfers;
        let before = Burdens::by(baseline, &outcome.indicators, &outcome.equilibrium, welfare);
        let burden = before.changes.iter().map(Change::burden).sum();
        put("countries_losing_before_transfers", "countries", count(before.losing()), "");
        put("burden_before_transfers", "million_usd", Some(burden), "before any use of revenue");
        put("concentration_index_before_transfers", "ratio", before.concentration(), below);
        put("progressivity_before_transfers", "ratio", before.progressivity(), above);
        for part in [20, 40, 60, 80] {
            let name = format!("burden_share_of_poorest_{part}_percent_before_transfers");
            put(&name, "ratio", before.share_of_poorest(f64::from(part) / 100.0), "");
        }
    }
    above_loss(baseline, outcome, &mut put);
    emissions_outside(baseline, outcome, &mut put);
    Table::new("equity", &["measure", "unit", "value", "note"], rows)
}

/// Recipients of funds that get more than they lose.
fn above_loss(baseline: &Baseline, outcome: &Outcome, put: &mut Put<'_>) {
    if !outcome.terms.uses.iter().any(|purpose| matches!(purpose.purpose, Purpose::Fund(..))) {
        return;
    }
    let found = paid_above_loss(baseline, &outcome.terms, &outcome.indicators);
    let codes: Vec<&str> =
        found.iter().map(|paid| baseline.countries[paid.country.index()].code.as_str()).collect();
    let above = found.iter().map(PaidAboveLoss::above).sum();
    put("recipients_paid_above_loss", "countries", Some(found.len() as f64), &codes.join(" "));
    put("paid_above_loss", "million_usd", Some(above), "what they get beyond their loss before transfers");
}

/// Takes a measure, its unit, its value and a note.
type Put<'a> = dyn FnMut(&str, &str, Option<f64>, &str) + 'a;

/// Leakage, and what of the fall in members' imported emissions the world does not share.
fn emissions_outside(baseline: &Baseline, outcome: &Outcome, put: &mut Put<'_>) {
    let totals = Totals::new(baseline, &outcome.indicators, &outcome.equilibrium);
    for product in products_and_all(baseline) {
        let balance = Balance::of(baseline, &totals, &outcome.equilibrium, &outcome.members, product);
        let leakage = balance.leakage();
        let name = product_name(baseline, product);
        put(&format!("leakage_{name}"), "ratio", leakage.ratio(), &leakage.reason());
        let outside = balance.outside.map(Level::change);
        put(&format!("leakage_amount_{name}"), "kt_co2e", outside, "change of emissions outside");
        if let Some(alone) = &outcome.home_price_alone {
            let alone = Totals::new(baseline, alone, &outcome.status_quo);
            let found = AtHomePrice::of(balance.outside, &alone, &outcome.members, product);
            let note = "change of emissions outside under what own makers are charged alone";
            put(
                &format!("leakage_amount_at_home_price_alone_{name}"),
                "kt_co2e",
                found.map(|f| f.without),
                note,
            );
            let note = "by measures at the border, at the same home price; below zero: added";
            put(&format!("leakage_avoided_{name}"), "kt_co2e", found.map(AtHomePrice::avoided), note);
        }
        let imported = balance.imported.map(Level::change);
        let note = if imported.is_some() { "" } else { "not known, or no imports from outside" };
        put(&format!("imported_emissions_from_outside_change_{name}"), "kt_co2e", imported, note);
        let not_shared = balance.not_shared();
        let note = if not_shared.is_some() {
            "fall of members' imported emissions that the world does not share"
        } else {
            "members' imported emissions do not fall, or are not known"
        };
        put(&format!("imported_emissions_fall_not_shared_{name}"), "kt_co2e", not_shared, note);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Column;
    use std::sync::Arc;
    use zollverein_model::indicator::fixture;

    fn made() -> (Baseline, Vec<Table>) {
        let world = fixture::world();
        let outcome = Outcome {
            members: fixture::members(&world),
            terms: fixture::terms(&world),
            status_quo: Arc::new(fixture::equilibrium(&world)),
            equilibrium: fixture::equilibrium(&world),
            indicators: fixture::indicators(&world),
            harmonised: None,
            home_price_alone: None,
            aimed: vec![],
        };
        let tables = tables(&world, &outcome);
        (world, tables)
    }

    fn table<'a>(tables: &'a [Table], name: &str) -> &'a Table {
        tables.iter().find(|table| table.name == name).expect("the table is made")
    }

    fn texts<'a>(table: &'a Table, name: &str) -> &'a [String] {
        match table.column(name) {
            Some(Column::Text(cells)) => cells,
            other => panic!("{name} is {other:?}"),
        }
    }

    fn numbers(table: &Table, name: &str) -> Vec<f64> {
        match table.column(name) {
            Some(Column::Number(cells)) => cells.clone(),
            Some(Column::Known(cells)) => cells.iter().map(|cell| cell.unwrap_or(f64::NAN)).collect(),
            other => panic!("{name} is {other:?}"),
        }
    }

    #[test]
    fn all_products_add_up_in_the_file() {
        let (world, tables) = made();
        let table = table(&tables, "indicators");
        let (country, product) = (texts(table, "country"), texts(table, "product"));
        let (indicator, change) = (texts(table, "indicator"), numbers(table, "change"));
        let mut sums: BTreeMap<(&str, &str), (Option<f64>, f64)> = BTreeMap::new();
        for row in 0..table.rows() {
            if ["price_index", "utilisation"].contains(&indicator[row].as_str()) {
                continue;
            }
            let entry = sums.entry((&country[row], &indicator[row])).or_default();
            if product[row] == "all" { entry.0 = Some(change[row]) } else { entry.1 += change[row] }
        }
        assert!(sums.len() > world.countries.len() * 10);
        // jobs of one of their products are not known: the other's must not pass for the whole
        for code in ["CCC", "DDD"] {
            assert_eq!(sums.remove(&(code, "jobs")).and_then(|(all, _)| all), None);
        }
        for (key, (all, parts)) in sums {
            let all = all.unwrap_or_else(|| panic!("{key:?} has no sum"));
            assert!((all - parts).abs() <= 1e-9 * all.abs().max(1.0), "{key:?}: {all} is not {parts}");
        }
    }

    #[test]
    fn flows_carry_their_duty_in_percent_and_their_charge() {
        let (_, tables) = made();
        let table = table(&tables, "flows");
        let row = (0..table.rows())
            .find(|row| texts(table, "exporter")[*row] == "CCC" && texts(table, "importer")[*row] == "AAA")
            .expect("CCC ships to AAA");
        assert_eq!(numbers(table, "duty_percent")[row], 25.0);
        assert_eq!(numbers(table, "charge_usd_per_t")[row], 10.0);
        let (before, after) = (numbers(table, "baseline_kt")[row], numbers(table, "value_kt")[row]);
        assert!((after - before / 2.0).abs() < 1e-12);
        assert_eq!(texts(table, "baseline_rests_on")[row], "estimate");
    }

    #[test]
    fn equity_names_the_worst_off_and_says_why_a_measure_is_missing() {
        let (_, tables) = made();
        let table = table(&tables, "equity");
        let at = |measure: &str| {
            let row = texts(table, "measure").iter().position(|m| m == measure).expect("it is there");
            (numbers(table, "value")[row], texts(table, "note")[row].clone())
        };
        let (loss, who) = at("largest_loss_per_gdp_in_LDC");
        assert!(loss > 0.0 && who == "DDD");
        assert_eq!(at("countries_left_out"), (1.0, "GDP or population not known: EEE".to_owned()));
        let (leakage, why) = at("leakage_all");
        assert!(leakage.is_nan() && why.contains("do not fall"));
        let (amount, _) = at("leakage_amount_all");
        assert!(amount.is_finite(), "the change outside is known where the ratio says nothing");
    }

    #[test]
    fn exporters_of_the_club_have_no_exposure() {
        let (_, tables) = made();
        let table = table(&tables, "exporters");
        for (code, index) in texts(table, "exporter").iter().zip(numbers(table, "exposure_index_ratio")) {
            assert_eq!(index.is_nan(), ["AAA", "BBB"].contains(&code.as_str()), "{code}");
        }
    }
}
