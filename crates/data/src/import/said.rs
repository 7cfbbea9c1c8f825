//! What the new folder says of itself: title, sources, and the provenance of every cell.

use crate::description::DESCRIPTION;
use crate::import::plan::Plan;
use crate::import::{Account, Made};
use crate::provenance::{self, Entry};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// The terms of what was compiled for this project and not read from anybody.
const OWN: &str = "your own: the program lays no claim to it";

/// The sources of the trade files, in words.
pub fn trade_source(plan: &Plan) -> String {
    let baci = plan.baci.iter().map(|file| file.source.as_str());
    joined(baci.chain(plan.comtrade.iter().map(|file| file.source.as_str())))
}

/// The terms of the trade files, in words.
pub fn trade_licence(plan: &Plan) -> String {
    let baci = plan.baci.iter().map(|file| file.licence.as_str());
    joined(baci.chain(plan.comtrade.iter().map(|file| file.licence.as_str())))
}

fn joined<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let mut different: Vec<&str> = vec![];
    for text in texts {
        if !different.contains(&text) {
            different.push(text);
        }
    }
    different.join("; ")
}

/// What people would write in `datapackage.json`.
pub fn description(made: &Made<'_>, base: &Path, account: &Account) -> String {
    let plan = made.plan;
    let package: Map<String, Value> =
        zollverein_model::baseline::file::read_to_string(base.join(DESCRIPTION))
            .ok()
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default();
    let named = package
        .get("title")
        .and_then(Value::as_str)
        .map_or_else(|| base.display().to_string(), str::to_owned);
    let mut sources = vec![];
    let inputs = [&plan.comtrade, &plan.production, &plan.totals, &plan.pairs, &plan.blocs];
    let mut put = |title: &str, licence: &str, file: &Path| {
        sources.push(json!({ "title": title, "terms": licence, "file": file_name(file) }));
    };
    for file in &plan.baci {
        put(&file.source, &file.licence, &file.file);
    }
    for file in inputs.into_iter().flatten() {
        put(&file.source, &file.licence, &file.file);
    }
    for file in &plan.tariffs {
        put(&file.source, &file.licence, &file.file);
    }
    for file in &plan.plants {
        put(&file.source, &file.licence, &file.file);
    }
    sources.push(json!({ "title": format!("base folder: {named}"), "terms": "those of its sources", "path": plan.base }));
    if let Some(more) = package.get("sources").and_then(Value::as_array) {
        sources.extend(more.iter().cloned());
    }
    let entries: Vec<Entry> = entries(made, base, &named);
    let description = format!(
        "Made by `zollverein data import` from the files of {}; what they do not give is taken from \"{named}\". {}",
        file_name(&plan.file),
        account.notes.join(". ")
    );
    let text = json!({
        "profile": "tabular-data-package",
        "name": plan.name.to_lowercase(),
        "title": plan.title.as_ref().unwrap_or(&plan.name),
        "year": plan.year,
        "description": description,
        "licenses": [{ "name": "other", "title": "figures keep the terms of their sources: see sources and provenance" }],
        "sources": sources,
        "provenance": entries,
    });
    format!("{text:#}\n")
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// A list of entries in the making.
struct Entries(Vec<Entry>);

impl Entries {
    /// An entry; an empty source is the row's.
    fn add(&mut self, table: &str, columns: &[&str], holds: &[(&str, &str)], said: [&str; 4]) {
        let [source, licence, rule, confidence] = said;
        self.0.push(Entry {
            table: table.to_owned(),
            columns: (!columns.is_empty()).then(|| columns.iter().map(|name| (*name).to_owned()).collect()),
            holds: holds.iter().map(|(column, text)| ((*column).to_owned(), (*text).to_owned())).collect(),
            source: (!source.is_empty()).then(|| source.to_owned()),
            licence: licence.to_owned(),
            rule: rule.to_owned(),
            confidence: (!confidence.is_empty()).then(|| confidence.to_owned()),
        });
    }
}

/// Where every cell comes from; entries for what the files gave before those of the base folder.
fn entries(made: &Made<'_>, base: &Path, named: &str) -> Vec<Entry> {
    let of_base = format!("base folder: {named}");
    let mut entries = Entries(vec![]);
    flows(made.plan, &of_base, &mut entries);
    production(made.plan, &of_base, &mut entries);
    for tariffs in &made.plan.tariffs {
        let rule = "mean over the HS6 codes of the product, as the note says; a partner's own rate before that for all";
        entries.add("duties", &[], &[("source", &tariffs.source)], ["", &tariffs.licence, rule, "cited"]);
    }
    let rule = "world export value per tonne of the product; for orientation";
    let files = (trade_source(made.plan), trade_licence(made.plan));
    entries.add("products", &["reference_price_usd_per_t"], &[], [&files.0, &files.1, rule, "derived"]);
    entries.add("products", &[], &[], ["", OWN, "as the plan says", "assumed"]);
    for list in &made.plan.plants {
        let rule = "each plant of the list is a route of its own";
        entries.add("routes", &[], &[("note", "plant at*")], [&list.source, &list.licence, rule, "reported"]);
    }
    let own =
        |entry: &Entry| !matches!(entry.table.as_str(), "flows" | "production" | "products" | "observations");
    for mut entry in provenance::entries(base).unwrap_or_default().into_iter().filter(own) {
        let rule = format!("as in the base folder: {}", entry.rule);
        entry.rule = rule;
        match entry.holds.get("product").cloned() {
            None => entries.0.push(entry),
            Some(product) => {
                for like in made.plan.product.iter().filter(|like| like.like == product) {
                    let mut entry = entry.clone();
                    entry.holds.insert("product".to_owned(), like.code.clone());
                    entries.0.push(entry);
                }
            }
        }
    }
    let inputs = [&made.plan.pairs, &made.plan.blocs, &made.plan.totals];
    let rule = "as the file gives it; the flows obey it";
    for input in inputs.into_iter().flatten() {
        let source = format!("{}*", input.source);
        entries.add("observations", &[], &[("source", &source)], ["", &input.licence, rule, "cited"]);
    }
    entries.add("observations", &[], &[], ["", &files.1, rule, "reported"]);
    let rest = [
        "countries",
        "groups",
        "valuation_basis",
        "elasticities",
        "employment",
        "abatement",
        "defaults",
        "routes",
        "duties",
    ];
    for table in rest {
        let rule = "as in the base folder, which says no more";
        entries.add(table, &[], &[], [&of_base, "those of the base folder", rule, "assumed"]);
    }
    entries.0
}

fn flows(plan: &Plan, of_base: &str, entries: &mut Entries) {
    let freight = "freight_usd_per_t";
    let terms = "those of the base folder";
    let rules = [
        (
            "*freight: the pair's*",
            "freight of the same two countries in the base folder, 0 at home",
            "estimated",
        ),
        ("*freight: *", "the median of all freights in the base folder", "assumed"),
    ];
    for (note, rule, confidence) in rules {
        entries.add("flows", &[freight], &[("note", note)], [of_base, terms, rule, confidence]);
    }
    let licence = trade_licence(plan);
    let rules = [
        (
            "as reported",
            "the sum over the HS6 codes of the product, as the trade files give it; two reports that agree within a factor of 1.1 are drawn to their mean",
            "reported",
        ),
        (
            "reported by the exporter alone",
            "the sum over the HS6 codes of the product, as the exporter alone reports it",
            "reported",
        ),
        (
            "reported by the importer alone",
            "the sum over the HS6 codes of the product, as the importer alone reports it",
            "reported",
        ),
        (
            "mean of two reports",
            "a mean (of logs) of what exporter and importer report, the more reliable reporter weighing more",
            "estimated",
        ),
        ("from value", "value over the world's value per tonne, where tonnes are not reported", "estimated"),
        (
            "balanced",
            "the report, scaled (entropy balancing) so that output explains exports, and totals and blocs are met",
            "estimated",
        ),
    ];
    for (tag, rule, confidence) in rules {
        let note = format!("quantity: {tag}*");
        entries.add("flows", &[], &[("note", &note)], ["", &licence, rule, confidence]);
    }
    for input in &plan.pairs {
        let holds = [("note", "quantity: held by the plan*"), ("source", &format!("{}*", input.source))];
        let rule = "held fixed, or held at its floor, as the plan says";
        entries.add("flows", &[], &holds, ["", &input.licence, rule, "cited"]);
    }
    let licence = joined(
        plan.production
            .iter()
            .map(|file| file.licence.as_str())
            .chain(plan.plants.iter().map(|list| list.licence.as_str()))
            .chain([trade_licence(plan).as_str()]),
    );
    let rule = "output less exports";
    entries.add("flows", &[], &[("source", "output less exports")], ["", &licence, rule, "estimated"]);
}

fn production(plan: &Plan, of_base: &str, entries: &mut Entries) {
    let terms = "those of the base folder";
    let table = joined(plan.production.iter().map(|file| file.licence.as_str()));
    let plants = joined(plan.plants.iter().map(|list| list.licence.as_str()));
    let plant_source = joined(plan.plants.iter().map(|list| list.source.as_str()));
    let (trade, trade_terms) = (trade_source(plan), trade_licence(plan));
    let columns: BTreeMap<&str, &str> = BTreeMap::from([
        ("capacity", "capacity_kt"),
        ("price", "price_usd_per_t"),
        ("intensity", "intensity_tco2e_per_t"),
        ("direct", "direct_intensity_tco2e_per_t"),
    ]);
    for (name, column) in &columns {
        let mut put = |how: &str, said: [&str; 4]| {
            let note = format!("*{name}: {how}*");
            entries.add("production", &[column], &[("note", &note)], said);
        };
        put("production table", ["", &table, "as the production table gives it", "reported"]);
        match *name {
            "capacity" => {
                let rule = "sum over the plants of the list that count, at least the output";
                put("plant list", [&plant_source, &plants, rule, "derived"]);
                let rule = "raised to the output, which exports ask for";
                put("raised to output", ["", &trade_terms, rule, "estimated"]);
                let rule = "output over the use of capacity in the base folder";
                put("output over use", [of_base, terms, rule, "estimated"]);
            }
            "price" => {
                put(
                    "export value per tonne",
                    [&trade, &trade_terms, "reported export value over tonnes", "estimated"],
                );
                let rule =
                    "the world's export value over tonnes: the country's own is not reported or out of range";
                put("world export value per tonne", [&trade, &trade_terms, rule, "estimated"]);
                put("base folder", [of_base, terms, "the price in the base folder", "assumed"]);
            }
            _ => {
                put(
                    "base folder, the country",
                    [of_base, terms, "the country's figure for the route in the base folder", "estimated"],
                );
                put(
                    "base folder, mean",
                    [of_base, terms, "the route's mean over the countries of the base folder", "assumed"],
                );
            }
        }
        let none = [of_base, terms, "neither the files nor the base folder give it", "assumed"];
        entries.add("production", &[column], &[(column, "")], none);
    }
    let outputs = [
        (
            "production table, shared",
            table.as_str(),
            "the production table's output of the route, shared over its plants by capacity",
            "estimated",
        ),
        ("production table", table.as_str(), "as the production table gives it", "reported"),
        (
            "plant list",
            plants.as_str(),
            "capacity of the plants that count times a use of capacity, as the note says",
            "estimated",
        ),
        (
            "raised to explain exports",
            trade_terms.as_str(),
            "raised until it explains reported exports",
            "estimated",
        ),
        (
            "made up from exports",
            trade_terms.as_str(),
            "the least output that explains reported exports",
            "estimated",
        ),
    ];
    for (how, licence, rule, confidence) in outputs {
        let note = format!("*output: {how}*");
        entries.add("production", &[], &[("note", &note)], ["", licence, rule, confidence]);
    }
}
