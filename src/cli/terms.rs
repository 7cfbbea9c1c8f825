//! `zollverein terms`: the duty on each shipment and the clauses it comes from.

use crate::baseline::{ArcId, Baseline, CountrySet};
use crate::cli::Terms;
use crate::cli::open;
use crate::cli::output::{Lean, Output, columns, number};
use crate::policy::{Contribution, Duty};
use crate::policy::{Policy, Reading};
use crate::problem::{Place, Problems};
use crate::table::{Format, Table};
use crate::units::percent;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The duty on a shipment of one route, home sales left out.
struct Line<'a> {
    product: &'a str,
    importer: &'a str,
    exporter: &'a str,
    route: &'a str,
    in_force: f64,
    /// Whether the data give the duty in force; if not it is taken as zero.
    known: bool,
    duty: Duty,
    parts: Vec<Contribution>,
}

/// Prints the duty on each shipment.
pub fn terms(arguments: &Terms, output: Output) -> anyhow::Result<()> {
    let opened = open::open_year(&arguments.scenario, arguments.data.as_deref(), arguments.year)?;
    let wanted = Wanted::read(arguments, &opened.baseline)?;
    let lines = lines(&opened.baseline, &opened.policy, &wanted, arguments.changed);
    if arguments.json {
        return output.json(&json!({
            "scenario": opened.scenario.path().display().to_string(),
            "data": opened.folder.display().to_string(),
            "terms": lines.iter().map(Line::json).collect::<Vec<Value>>(),
        }));
    }
    if arguments.csv {
        return output.bytes(&csv(&lines)?);
    }
    let rows: Vec<Vec<String>> = lines.iter().map(Line::cells).collect();
    let headings = [
        ("product", Lean::Left),
        ("importer", Lean::Left),
        ("exporter", Lean::Left),
        ("route", Lean::Left),
        ("in force, %", Lean::Right),
        ("duty, %", Lean::Right),
        ("charge, USD/t", Lean::Right),
        ("clauses", Lean::Left),
    ];
    output.data(&columns(&headings, &rows))?;
    let changed = lines.iter().filter(|line| line.changed()).count();
    output.say(&format!(
        "{} shipments by route, home sales left out; the duty changes on {changed}.",
        lines.len()
    ));
    if !opened.scenario.years().is_empty() {
        output.say(&open::first_year(&opened.scenario));
    }
    if lines.iter().any(|line| !line.known) {
        output.say("Where the duty in force is not known it is taken as zero.");
    }
    Ok(())
}

/// Which shipments are asked for.
struct Wanted {
    importers: CountrySet,
    exporters: CountrySet,
    products: Vec<bool>,
}

impl Wanted {
    fn read(arguments: &Terms, baseline: &Baseline) -> Result<Self, Problems> {
        let none = BTreeMap::new();
        let place = |path: &str| Place::file(path.split('[').next().unwrap_or(path));
        let reading = Reading::new(baseline, &none, None, &place);
        let countries = |option: &str, names: Option<&Vec<String>>| {
            names.map_or_else(
                || CountrySet::all(baseline.countries.len()),
                |names| reading.countries(option, names),
            )
        };
        let wanted = Self {
            importers: countries("--importer", arguments.importer.as_ref()),
            exporters: countries("--exporter", arguments.exporter.as_ref()),
            products: reading.products("--product", arguments.product.as_deref()),
        };
        reading.into_problems().into_result(wanted)
    }
}

fn lines<'a>(baseline: &'a Baseline, policy: &Policy, wanted: &Wanted, changed: bool) -> Vec<Line<'a>> {
    let terms = policy.terms(baseline);
    let mut parts: BTreeMap<ArcId, Vec<Contribution>> = BTreeMap::new();
    for part in policy.contributions(baseline) {
        parts.entry(part.arc).or_default().push(part);
    }
    let mut lines = vec![];
    for position in 0..baseline.arcs.len() {
        let arc = ArcId::at(position);
        let (flow, producer) = (baseline.flow_of(arc), baseline.producer_of(arc));
        if flow.is_home()
            || !wanted.products[flow.product.index()]
            || !wanted.importers.contains(flow.importer)
            || !wanted.exporters.contains(flow.exporter)
        {
            continue;
        }
        let line = Line {
            product: &baseline.products[flow.product.index()].code,
            importer: &baseline.countries[flow.importer.index()].code,
            exporter: &baseline.countries[flow.exporter.index()].code,
            route: &baseline.routes[producer.route.index()].code,
            in_force: flow.duty,
            known: flow.duty != 0.0 || !baseline.duties_unknown.contains(&(flow.importer, flow.product)),
            duty: terms.duty(arc),
            parts: parts.remove(&arc).unwrap_or_default(),
        };
        if !changed || line.changed() {
            lines.push(line);
        }
    }
    lines
}

impl Line<'_> {
    fn changed(&self) -> bool {
        self.duty.rate != self.in_force || self.duty.charge.value() != 0.0
    }

    fn in_force_percent(&self) -> Option<f64> {
        self.known.then(|| rounded(percent(self.in_force)))
    }

    /// What each clause changes, in words: `tariff.core +25 %`.
    fn clauses(&self) -> String {
        let parts: Vec<String> = self.parts.iter().map(in_words).collect();
        parts.join("; ")
    }

    fn cells(&self) -> Vec<String> {
        vec![
            self.product.to_owned(),
            self.importer.to_owned(),
            self.exporter.to_owned(),
            self.route.to_owned(),
            if self.known { number(percent(self.in_force), 2) } else { "not known".to_owned() },
            number(percent(self.duty.rate), 2),
            number(self.duty.charge.value(), 2),
            self.clauses(),
        ]
    }

    fn json(&self) -> Value {
        let parts: Vec<Value> = self
            .parts
            .iter()
            .map(|part| {
                json!({
                    "clause": part.clause,
                    "percentage_points": rounded(percent(part.duty.rate)),
                    "usd_per_t": part.duty.charge.value(),
                    "exempted_percent": rounded(percent(part.exempted)),
                })
            })
            .collect();
        json!({
            "product": self.product,
            "importer": self.importer,
            "exporter": self.exporter,
            "route": self.route,
            "in_force_percent": self.in_force_percent(),
            "duty_percent": rounded(percent(self.duty.rate)),
            "charge_usd_per_t": self.duty.charge.value(),
            "clauses": parts,
        })
    }
}

fn in_words(part: &Contribution) -> String {
    let mut text = part.clause.clone();
    let rate = percent(part.duty.rate);
    if rate != 0.0 || part.duty.charge.value() == 0.0 {
        let sign = if rate < 0.0 { "" } else { "+" };
        text = format!("{text} {sign}{} %", number(rate, 2));
    }
    if part.duty.charge.value() != 0.0 {
        text = format!("{text} +{} USD/t", number(part.duty.charge.value(), 2));
    }
    if part.exempted > 0.0 {
        text = format!("{text} ({} % exempted)", number(percent(part.exempted), 2));
    }
    text
}

/// Without the last bits that a change of unit leaves (0.07 is 7.000000000000001 %).
fn rounded(value: f64) -> f64 {
    (value * 1e9).round() / 1e9 + 0.0
}

fn csv(lines: &[Line<'_>]) -> anyhow::Result<Vec<u8>> {
    let names = [
        "product",
        "importer",
        "exporter",
        "route",
        "in_force_percent",
        "duty_percent",
        "charge_usd_per_t",
        "clauses",
    ];
    let rows = lines.iter().map(|line| {
        vec![
            line.product.into(),
            line.importer.into(),
            line.exporter.into(),
            line.route.into(),
            line.in_force_percent().into(),
            rounded(percent(line.duty.rate)).into(),
            line.duty.charge.value().into(),
            line.clauses().into(),
        ]
    });
    Ok(Table::new("terms", &names, rows).file(Format::Csv)?.bytes)
}
