//! What flows must add up to, and pairs that are held or have a floor.

use crate::import::blocs::{Bloc, Groups};
use crate::import::codes::Countries;
use crate::import::faults::Faults;
use crate::import::plan::{Input, Plan};
use crate::import::trade::Pair;
use std::collections::BTreeMap;
use zollverein_model::baseline::sheet::{Fields, Sheet};
use zollverein_model::problem::{Problems, instead};

/// Exports and imports of a country, kt; `None` where not given.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Total {
    /// Exports.
    pub exports: Option<f64>,
    /// Imports.
    pub imports: Option<f64>,
    /// Where they come from.
    pub source: String,
    /// The terms of the source.
    pub licence: String,
}

/// What is known of a pair beforehand.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// kt.
    pub kt: f64,
    /// Whether it is the figure; else it is the least.
    pub fixed: bool,
    /// Where it comes from.
    pub source: String,
    /// The terms of the source.
    pub licence: String,
}

/// The targets of a plan.
#[derive(Debug, Clone, Default)]
pub struct Targets {
    /// By product and country.
    pub totals: BTreeMap<(u16, u16), Total>,
    /// By product, exporter and importer.
    pub pairs: BTreeMap<Pair, Held>,
    /// By product.
    pub blocs: BTreeMap<u16, Vec<Bloc>>,
}

impl Targets {
    /// The targets that a plan's files give.
    pub fn read(plan: &Plan, countries: &Countries, groups: &Groups, faults: &mut Faults) -> Self {
        let mut targets = Self::default();
        let mut problems = Problems::new();
        for input in &plan.totals {
            let Some(sheet) = sheet(plan, input, &["country", "product"], faults, &mut problems) else {
                continue;
            };
            for row in sheet.rows() {
                let total = Total {
                    exports: row.amount_if_any("exports_kt", &mut problems),
                    imports: row.amount_if_any("imports_kt", &mut problems),
                    source: input.source.clone(),
                    licence: input.licence.clone(),
                };
                let country = country(&row, "country", countries, &mut problems);
                let product = product(&row, plan, &mut problems);
                let (Some(country), Some(product)) = (country, product) else { continue };
                if targets.totals.insert((product, country), total).is_some() {
                    problems.add(row.place(), "the country and product stand twice", "keep one of the rows");
                }
            }
        }
        for input in &plan.pairs {
            let columns = ["exporter", "importer", "product", "quantity_kt", "kind"];
            let Some(sheet) = sheet(plan, input, &columns, faults, &mut problems) else { continue };
            for row in sheet.rows() {
                let kt = row.amount("quantity_kt", &mut problems);
                let kind = row.text("kind", &mut problems);
                if !matches!(kind.as_str(), "fixed" | "floor") {
                    problems.add(row.place(), format!("`kind` is `{kind}`"), "write fixed or floor");
                }
                let exporter = country(&row, "exporter", countries, &mut problems);
                let importer = country(&row, "importer", countries, &mut problems);
                let product = product(&row, plan, &mut problems);
                let (Some(exporter), Some(importer), Some(product)) = (exporter, importer, product) else {
                    continue;
                };
                if exporter == importer {
                    problems.add(row.place(), "a pair is of two countries", "home sales follow from output");
                    continue;
                }
                let (source, licence) = (said(input, &row), input.licence.clone());
                let held = Held { kt, fixed: kind == "fixed", source, licence };
                if targets.pairs.insert((product, exporter, importer), held).is_some() {
                    problems.add(row.place(), "the pair and product stand twice", "keep one of the rows");
                }
            }
        }
        for input in &plan.blocs {
            targets.blocs(plan, input, countries, groups, faults, &mut problems);
        }
        faults.take(problems);
        targets
    }

    fn blocs(
        &mut self,
        plan: &Plan,
        input: &Input,
        countries: &Countries,
        groups: &Groups,
        faults: &mut Faults,
        problems: &mut Problems,
    ) {
        let columns = ["exporter", "importer", "product", "quantity_kt"];
        let Some(sheet) = sheet(plan, input, &columns, faults, problems) else { return };
        for row in sheet.rows() {
            let kt = row.amount("quantity_kt", problems);
            let ends = groups.ends(&row, countries, problems);
            let product = product(&row, plan, problems);
            let (Some((exporter, importer)), Some(product)) = (ends, product) else { continue };
            let blocs = self.blocs.entry(product).or_default();
            if blocs.iter().any(|other| (&other.exporter, &other.importer) == (&exporter, &importer)) {
                problems.add(row.place(), "the bloc and product stand twice", "keep one of the rows");
                continue;
            }
            let kt = (kt * 1e3).round() / 1e3;
            let (source, licence) = (said(input, &row), input.licence.clone());
            blocs.push(Bloc { exporter, importer, kt, source, licence, place: row.place() });
        }
    }
}

/// The source of a row: the file's, and what the row adds.
fn said(input: &Input, row: &Fields<'_>) -> String {
    match row.text_if_any("source") {
        Some(source) => format!("{}: {source}", input.source),
        None => input.source.clone(),
    }
}

fn sheet(
    plan: &Plan,
    input: &Input,
    columns: &[&str],
    faults: &mut Faults,
    problems: &mut Problems,
) -> Option<Sheet> {
    let path = plan.path(&input.file);
    let bytes = super::bytes(&path, faults)?;
    let sheet = Sheet::parse(&path.display().to_string(), &bytes, problems);
    sheet.require(columns, problems);
    Some(sheet)
}

fn country(row: &Fields<'_>, column: &str, countries: &Countries, problems: &mut Problems) -> Option<u16> {
    let code = row.text(column, problems);
    let found = countries.of_name(&code);
    if found.is_none() && !code.is_empty() {
        problems.add(row.place(), format!("{column} `{code}` is not known"), countries.remedy(&code));
    }
    found
}

fn product(row: &Fields<'_>, plan: &Plan, problems: &mut Problems) -> Option<u16> {
    let code = row.text("product", problems);
    let found = plan.product.iter().zip(0..).find(|(product, _)| product.code == code).map(|(_, at)| at);
    if found.is_none() {
        let known = instead(&code, plan.product.iter().map(|product| product.code.as_str()));
        problems.add(row.place(), format!("the plan makes no product `{code}`"), known);
    }
    found
}
