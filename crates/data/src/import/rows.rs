//! The tables of the new folder.

use crate::import::Made;
use crate::import::base::Found;
use crate::import::mirror::How;
use crate::import::settle::{Origin, is_estimate};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use zollverein_model::baseline::sheet::Sheet;
use zollverein_model::problem::Problems;

/// Figures are written with so many significant digits.
const DIGITS: usize = 10;

/// A figure as text, without an exponent.
fn text(value: f64) -> String {
    let rounded: f64 = format!("{value:.*e}", DIGITS - 1).parse().unwrap_or(value);
    rounded.to_string()
}

fn text_if_any(value: Option<f64>) -> String {
    value.map_or_else(String::new, text)
}

fn flag(value: bool) -> String {
    if value { "True" } else { "False" }.to_owned()
}

/// CSV of a header and rows.
fn csv(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(vec![]);
    // nothing can go wrong in writing to memory rows that are all as long as the header
    let _ = writer.write_record(header);
    for row in rows {
        let _ = writer.write_record(row);
    }
    writer.into_inner().unwrap_or_default()
}

/// Every table of the new folder, by name.
pub fn tables(made: &Made<'_>, base: &Path) -> Result<Vec<(String, Vec<u8>)>, Problems> {
    let mut problems = Problems::new();
    let mut tables = BTreeMap::new();
    for name in ["countries.csv", "groups.csv", "valuation_basis.csv"] {
        if let Ok(bytes) = zollverein_model::baseline::file::read(base.join(name)) {
            tables.insert(name.to_owned(), bytes);
        }
    }
    for name in ["elasticities.csv", "employment.csv", "abatement.csv", "defaults.csv", "routes.csv"] {
        if let Ok(bytes) = zollverein_model::baseline::file::read(base.join(name)) {
            let sheet = Sheet::parse(name, &bytes, &mut problems);
            tables.insert(name.to_owned(), copied(made, &sheet, name));
        }
    }
    tables.insert("products.csv".to_owned(), products(made));
    tables.insert("production.csv".to_owned(), production(made));
    tables.insert("flows.csv".to_owned(), flows(made));
    tables.insert("duties.csv".to_owned(), duties(made, base, &mut problems));
    if !made.observed.is_empty() {
        tables.insert("observations.csv".to_owned(), observations(made));
    }
    problems.into_result(tables.into_iter().collect())
}

/// The rows of a base table once for each product that is like theirs. A row that names a route
/// also stands for each plant of that route.
fn copied(made: &Made<'_>, sheet: &Sheet, name: &str) -> Vec<u8> {
    let columns: Vec<&str> = sheet.columns().collect();
    let mut rows = vec![];
    for row in sheet.rows() {
        let cells = |changed: &BTreeMap<&str, String>| -> Vec<String> {
            let own = |column: &&str| row.text_if_any(column).unwrap_or_default();
            columns.iter().map(|column| changed.get(column).cloned().unwrap_or_else(|| own(column))).collect()
        };
        let product = row.text_if_any("product");
        for (position, own) in made.plan.product.iter().zip(0_u16..).map(|(own, at)| (at, own)) {
            if product.as_deref() != Some(own.like.as_str()) {
                continue;
            }
            let mut changed = BTreeMap::from([("product", own.code.clone())]);
            rows.push(cells(&changed));
            let Some(route) = row.text_if_any("route") else { continue };
            let plants: BTreeSet<(&str, &str, &str)> = made
                .supply
                .plants
                .iter()
                .filter(|(of, plant)| *of == position && plant.route == route)
                .map(|(_, plant)| (plant.code.as_str(), plant.name.as_str(), plant.position.as_str()))
                .collect();
            for (code, plant, place) in plants {
                changed.insert("route", code.to_owned());
                if name == "routes.csv" {
                    let of = row.text_if_any("name").unwrap_or_default();
                    changed.insert("name", format!("{plant} ({of})"));
                    changed.insert("note", format!("plant at {place}"));
                }
                rows.push(cells(&changed));
            }
        }
    }
    csv(&columns, rows)
}

fn products(made: &Made<'_>) -> Vec<u8> {
    let rows = made.plan.product.iter().zip(0_u16..).map(|(product, at)| {
        let groups = product.groups.as_ref().map_or_else(|| product.code.clone(), |groups| groups.join("; "));
        vec![
            product.code.clone(),
            product.name.clone().unwrap_or_else(|| product.code.clone()),
            text_if_any(made.unit_values.get(&(at, None)).copied()),
            format!("the plan; groups of the concordance: {groups}"),
        ]
    });
    csv(&["product", "name", "reference_price_usd_per_t", "source"], rows)
}

fn production(made: &Made<'_>) -> Vec<u8> {
    let rows = made.supply.makers.iter().map(|maker| {
        let how: Vec<String> = maker.how.iter().map(|(name, how)| format!("{name}: {how}")).collect();
        vec![
            made.code(maker.country).to_owned(),
            made.plan.product[usize::from(maker.product)].code.clone(),
            maker.route.clone(),
            text(maker.output),
            text_if_any(maker.capacity.map(|capacity| capacity.max(maker.output))),
            text_if_any(maker.price),
            text_if_any(maker.intensity),
            text_if_any(maker.direct),
            maker.source.clone(),
            flag(maker.estimated),
            how.join("; "),
        ]
    });
    let header = [
        "country",
        "product",
        "route",
        "output_kt",
        "capacity_kt",
        "price_usd_per_t",
        "intensity_tco2e_per_t",
        "direct_intensity_tco2e_per_t",
        "source",
        "estimated",
        "note",
    ];
    csv(&header, rows)
}

/// How a shipment was come by: the tag by which provenance knows it, and what else to say.
fn quantity(origin: &Origin) -> String {
    match origin {
        Origin::Files(how) => match how {
            How::Reported => "as reported".to_owned(),
            How::Exporter => "reported by the exporter alone".to_owned(),
            How::Importer => "reported by the importer alone".to_owned(),
            How::Mean(factor) => format!("mean of two reports that differ by a factor of {factor:.2}"),
            How::FromValue(share) => {
                format!("from value, tonnes of {:.0} % of it are not reported", share * 100.0)
            }
        },
        Origin::Pair(_) => "held by the plan".to_owned(),
        Origin::Balanced(from, _) => format!("balanced from {} kt", text(*from)),
        Origin::Home => "output less exports".to_owned(),
    }
}

fn flows(made: &Made<'_>) -> Vec<u8> {
    let files = super::said::trade_source(made.plan);
    let mut rows = vec![];
    for (product, shipments) in made.plan.product.iter().zip(&made.shipments) {
        for ((from, to), (kt, origin)) in shipments {
            let (exporter, importer) = (made.code(*from), made.code(*to));
            let (freight, found) = if from == to {
                (0.0, Found::Own)
            } else {
                made.base.freight(&product.like, exporter, importer)
            };
            let of = if found == Found::Own {
                "the pair's in the base folder"
            } else {
                "the base folder's median"
            };
            let source = match origin {
                Origin::Pair(source) => source.clone(),
                Origin::Home => "output less exports".to_owned(),
                _ => files.clone(),
            };
            rows.push(vec![
                exporter.to_owned(),
                importer.to_owned(),
                product.code.clone(),
                text(*kt),
                text(freight),
                source,
                flag(is_estimate(origin)),
                format!("quantity: {}; freight: {of}", quantity(origin)),
            ]);
        }
    }
    let header = [
        "exporter",
        "importer",
        "product",
        "quantity_kt",
        "freight_usd_per_t",
        "source",
        "estimated",
        "note",
    ];
    csv(&header, rows)
}

/// What of the plan's files the flows obey.
fn observations(made: &Made<'_>) -> Vec<u8> {
    let year = made.plan.year.to_string();
    let rows = made.observed.iter().map(|observed| {
        let quantity = if observed.exact { text(observed.kt) } else { format!("{:.3}", observed.kt) };
        vec![
            observed.exporter.clone(),
            observed.importer.clone(),
            made.plan.product[usize::from(observed.product)].code.clone(),
            quantity,
            observed.kind.to_owned(),
            year.clone(),
            observed.source.clone(),
            observed.licence.clone(),
        ]
    });
    csv(&["exporter", "importer", "product", "quantity_kt", "kind", "year", "source", "licence"], rows)
}

/// Duties of tariff files; of the base folder for importers and products of which they say nothing.
fn duties(made: &Made<'_>, base: &Path, problems: &mut Problems) -> Vec<u8> {
    let header = ["importer", "exporter", "product", "rate_percent", "kind", "confidence", "source", "note"];
    let mut rows = vec![];
    let mut known: BTreeSet<(&str, &str)> = BTreeSet::new();
    for rate in &made.rates {
        let product = made.plan.product[usize::from(rate.product)].code.as_str();
        let importer = made.code(rate.importer);
        known.insert((importer, product));
        let exporter = rate.exporter.map_or("*", |exporter| made.code(exporter));
        let weighted = if rate.weighted { "weighted by imports" } else { "not weighted" };
        rows.push(vec![
            importer.to_owned(),
            exporter.to_owned(),
            product.to_owned(),
            text(rate.percent),
            if rate.exporter.is_some() { "applied" } else { "mfn" }.to_owned(),
            "cited".to_owned(),
            made.plan.tariffs[rate.file].source.clone(),
            format!("mean of {} HS6 codes, {weighted}", rate.codes),
        ]);
    }
    if let Ok(bytes) = zollverein_model::baseline::file::read(base.join("duties.csv")) {
        let sheet = Sheet::parse("duties.csv", &bytes, problems);
        for row in sheet.rows() {
            let field = |column: &str| row.text_if_any(column).unwrap_or_default();
            for product in &made.plan.product {
                if field("product") == product.like && !known.contains(&(&field("importer"), &product.code)) {
                    let cells = header.iter().map(|column| match *column {
                        "product" => product.code.clone(),
                        column => field(column),
                    });
                    rows.push(cells.collect());
                }
            }
        }
    }
    csv(&header, rows)
}
