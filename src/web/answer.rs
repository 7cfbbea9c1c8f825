//! Answers as bytes.

use crate::web::asked::Evaluate;
use crate::web::desk::{Desk, Opened};
use crate::web::fault::Fault;
use crate::web::{figures, talks};
use rayon::prelude::*;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use zollverein_model::baseline::{Baseline, Basis};
use zollverein_model::indicator::estimates;
use zollverein_model::model::Outcome;
use zollverein_model::units::percent;
use zollverein_report::stamp::Stamp;
use zollverein_tables::{self as table, Cell, Columns, Table};

/// The tables that are sent if none are named.
const USUAL: [&str; 7] = ["indicators", "groups", "exporters", "importers", "equity", "clauses", "links"];
/// The tables that are sent only if they are named.
const ON_DEMAND: [&str; 4] = ["flows", "owners", "relative", "owners_differing"];

/// A value as JSON.
///
/// # Errors
/// What the writer says.
pub fn bytes(value: &impl Serialize) -> Result<Vec<u8>, Fault> {
    serde_json::to_vec(value).map_err(|error| Fault::own(format!("the answer cannot be written: {error}")))
}

/// What a scenario says about itself, for a page.
#[derive(Serialize)]
struct About {
    title: String,
    description: String,
    /// A sentence for each clause.
    clauses: Vec<String>,
    members: Vec<String>,
    year: Option<i32>,
    years: Vec<i32>,
    /// The name of the data folder.
    data: String,
    social_cost_usd_per_tco2e: Option<f64>,
    /// How long markets took to settle under the policy.
    seconds: f64,
}

/// Tables by name.
pub struct Tables<'a>(pub Vec<(&'a str, Columns<'a>)>);

impl Serialize for Tables<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, columns)| (name, columns)))
    }
}

/// The rows of a table that are asked for: shipments have none for all products together, so that is all of them.
fn rows<'a>(table: &'a Table, products: Option<&[String]>) -> Columns<'a> {
    let shipments = ["flows", "links"].contains(&table.name.as_str());
    match products.filter(|some| !shipments || some.iter().all(|one| one != "all")) {
        Some(products) => Columns::only(table, "product", products),
        None => Columns::all(table),
    }
}

#[derive(Serialize)]
struct Answer<'a> {
    about: About,
    stamp: &'a Stamp,
    tables: Tables<'a>,
    /// By table the mark of its columns of text and of the baseline.
    marks: BTreeMap<&'a str, String>,
}

/// The tables of an outcome, by columns.
///
/// # Errors
/// A table of no such name.
pub fn columns(
    desk: &Desk,
    opened: &Opened,
    outcome: &Outcome,
    stamp: &Stamp,
    seconds: f64,
    asked: &Evaluate,
) -> Result<Vec<u8>, Fault> {
    let baseline = &opened.model.baseline;
    let usual: Vec<String> = USUAL.iter().map(|name| (*name).to_owned()).collect();
    let names = asked.tables.as_ref().unwrap_or(&usual);
    let known = [&USUAL[..], &ON_DEMAND].concat();
    if let Some(name) = names.iter().find(|name| !known.contains(&name.as_str())) {
        let what = format!("there is no table {name:?}; there are {}", known.join(", "));
        return Err(Fault::unknown(what));
    }
    let made = |name: &String| match name.as_str() {
        "exporters" => table::named(baseline, outcome, name)
            .map(|table| figures::with_percent(figures::with_percent(table, "to_members"), "to_outside")),
        name => figures::named(baseline, outcome, name).or_else(|| table::named(baseline, outcome, name)),
    };
    let mut tables: Vec<Table> = names.par_iter().filter_map(made).collect();
    tables.extend(talks::standings(desk, opened, outcome)?);
    let scenario = &opened.scenario;
    let about = About {
        title: scenario.title(),
        description: scenario.description().to_owned(),
        clauses: scenario.clauses(),
        members: outcome
            .members
            .iter()
            .map(|member| baseline.countries[member.index()].code.clone())
            .collect(),
        year: scenario.year(),
        years: scenario.years().to_vec(),
        data: opened.folder.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
        social_cost_usd_per_tco2e: scenario
            .social_cost()
            .map(zollverein_model::units::UsdPerTonneCo2e::value),
        seconds,
    };
    let mut marks = BTreeMap::new();
    let tables = tables.iter().map(|table| {
        let (name, columns) = (table.name.as_str(), rows(table, asked.products.as_deref()));
        let mark = columns.mark();
        let columns = if asked.have.get(name) == Some(&mark) { columns.moving() } else { columns };
        marks.insert(name, mark);
        (name, columns)
    });
    let tables = Tables(tables.collect());
    bytes(&Answer { about, stamp, tables, marks })
}

/// The world before any policy.
///
/// # Errors
/// What the writer says.
pub fn baseline(baseline: &Baseline, folder: &Path) -> Result<Vec<u8>, Fault> {
    let countries: Vec<Value> = baseline
        .countries
        .iter()
        .map(|country| {
            json!({
                "code": country.code,
                "name": country.name,
                "region": country.region,
                "income_group": country.income_group,
                "gdp_usd": country.gdp_usd,
                "population": country.population,
                "carbon_price_usd_per_tco2e": country.carbon_price.map(zollverein_model::units::UsdPerTonneCo2e::value),
            })
        })
        .collect();
    let named = |code: &str, name: &str| json!({ "code": code, "name": name });
    let code =
        |country: zollverein_model::baseline::CountryId| baseline.countries[country.index()].code.as_str();
    let groups: Vec<Value> = baseline
        .groups
        .values()
        .map(|group| {
            json!({
                "name": group.name,
                "label": group.label,
                "kind": format!("{:?}", group.kind).to_lowercase(),
                "members": group.members.iter().map(code).collect::<Vec<_>>(),
            })
        })
        .collect();
    let producers = baseline.producers.iter().map(|producer| -> Vec<Cell> {
        vec![
            code(producer.country).into(),
            baseline.products[producer.product.index()].code.as_str().into(),
            baseline.routes[producer.route.index()].code.as_str().into(),
            producer.output.value().into(),
            producer.capacity.map(zollverein_model::units::Kilotonnes::value).into(),
            producer.price.value().into(),
            producer.intensity.map(zollverein_model::units::Intensity::value).into(),
        ]
    });
    let columns = [
        "country",
        "product",
        "route",
        "output_kt",
        "capacity_kt",
        "price_usd_per_t",
        "intensity_tco2e_per_t",
    ];
    let rest_on = estimates::of_tonnes(baseline, None).map(|(on, unsaid)| {
        let named = Basis::ALL.iter().map(|basis| basis.name()).zip(on.map(percent));
        let all = named.chain([("not_known", percent(unsaid))]);
        all.map(|(basis, share)| (basis.to_owned(), json!(share))).collect::<serde_json::Map<String, Value>>()
    });
    bytes(&json!({
        "data": folder.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
        "year": baseline.year,
        "countries": countries,
        "products": baseline.products.iter().map(|product| named(&product.code, &product.name)).collect::<Vec<_>>(),
        "routes": baseline.routes.iter().map(|route| named(&route.code, &route.name)).collect::<Vec<_>>(),
        "groups": groups,
        "producers": Columns::all(&Table::new("producers", &columns, producers)),
        "tonnes_rest_on_percent": rest_on,
        "notes": baseline.notes,
        "files": baseline.sources,
    }))
}

/// The way from one folder to another, with `/` between its parts; the whole path where they have
/// nothing in common.
pub fn relative(from: &Path, to: &Path) -> Option<String> {
    let (from, to) = (from.canonicalize().ok()?, to.canonicalize().ok()?);
    let (a, b): (Vec<Component<'_>>, Vec<Component<'_>>) =
        (from.components().collect(), to.components().collect());
    let common = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let up = a[common..].iter().map(|_| PathBuf::from(".."));
    let down = b[common..].iter().map(|part| PathBuf::from(part.as_os_str()));
    let way: Vec<String> =
        up.chain(down).map(|part| part.to_str().map(str::to_owned)).collect::<Option<_>>()?;
    Some(if way.is_empty() { ".".to_owned() } else { way.join("/") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_from_one_folder_to_another_goes_up_and_down() {
        let room = tempfile::tempdir().expect("a folder");
        let (from, to) = (room.path().join("a/proposals"), room.path().join("data/2023"));
        for folder in [&from, &to] {
            std::fs::create_dir_all(folder).expect("a folder");
        }
        assert_eq!(relative(&from, &to).as_deref(), Some("../../data/2023"));
        assert_eq!(relative(&to, &to).as_deref(), Some("."));
        assert_eq!(relative(&from, &room.path().join("none")), None);
    }
}
