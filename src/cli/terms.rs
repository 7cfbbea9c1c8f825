//! `zollverein terms`: the duty on each shipment and the clauses it comes from,
//! and below it what the clauses say beyond duties.

mod beyond;

use crate::cli::Terms;
use crate::cli::open;
use crate::cli::output::{Lean, Output, columns, number};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use zollverein_model::baseline::{ArcId, Baseline, CountrySet};
use zollverein_model::policy::{self, Contribution, Duty, Policy, Reading};
use zollverein_model::problem::{Place, Problems};
use zollverein_model::units::percent;
use zollverein_tables::{Cell, Format, Table};

/// The duty on a shipment of one route; home sales only where something is paid on them.
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
    let opened = arguments.opening.open()?;
    let wanted = Wanted::read(arguments, &opened.baseline)?;
    let terms = opened.policy.terms(&opened.baseline);
    let lines = lines(&opened.baseline, &opened.policy, &terms, &wanted, arguments.changed);
    let also = Also::of(&lines);
    let beyond = beyond::all(&opened.baseline, &terms, &|arc| wanted.arc(&opened.baseline, arc));
    if arguments.json {
        let mut shown = json!({
            "scenario": opened.scenario.path().display().to_string(),
            "data": opened.folder.display().to_string(),
            "terms": lines.iter().map(|line| line.json(also)).collect::<Vec<Value>>(),
        });
        for (kind, entries) in beyond {
            shown[kind] = entries.into_iter().map(|entry| entry.json).collect();
        }
        return output.json(&shown);
    }
    if arguments.csv {
        return output.bytes(&csv(&lines, also)?);
    }
    let rows: Vec<Vec<String>> = lines.iter().map(|line| line.cells(also)).collect();
    let mut headings = vec![
        ("product", Lean::Left),
        ("importer", Lean::Left),
        ("exporter", Lean::Left),
        ("route", Lean::Left),
        ("in force, %", Lean::Right),
        ("duty, %", Lean::Right),
        ("charge, USD/t", Lean::Right),
    ];
    headings.extend(also.at_origin.then_some(("at origin, USD/t", Lean::Right)));
    headings.extend(also.proof.then_some(("proof, USD/t", Lean::Right)));
    headings.push(("clauses", Lean::Left));
    output.data(&columns(&headings, &rows))?;
    for entry in beyond.iter().flat_map(|(_, entries)| entries) {
        output.data(&format!("{}\n", entry.words))?;
    }
    let changed = lines.iter().filter(|line| line.changed()).count();
    output.say(&format!(
        "{} shipments by route, home sales {}left out; the duty changes on {changed}.",
        lines.len(),
        if lines.iter().any(|line| line.importer == line.exporter) { "without a charge " } else { "" }
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

    fn arc(&self, baseline: &Baseline, arc: ArcId) -> bool {
        let flow = baseline.flow_of(arc);
        self.products[flow.product.index()]
            && self.importers.contains(flow.importer)
            && self.exporters.contains(flow.exporter)
    }
}

/// What is charged beyond the importer's rate and charge on some line; each has a column of its own.
#[derive(Debug, Clone, Copy)]
struct Also {
    at_origin: bool,
    proof: bool,
}

impl Also {
    fn of(lines: &[Line<'_>]) -> Self {
        Self {
            at_origin: lines.iter().any(|line| line.duty.at_origin.value() != 0.0),
            proof: lines.iter().any(|line| line.duty.proof.value() != 0.0),
        }
    }

    /// The charges that are shown, USD/t, with the heading of their column in files.
    fn charges(self, duty: Duty) -> Vec<(&'static str, f64)> {
        let at_origin = self.at_origin.then(|| ("at_origin_usd_per_t", duty.at_origin.value()));
        let proof = self.proof.then(|| ("proof_usd_per_t", duty.proof.value()));
        at_origin.into_iter().chain(proof).collect()
    }
}

fn lines<'a>(
    baseline: &'a Baseline,
    policy: &Policy,
    terms: &policy::Terms,
    wanted: &Wanted,
    changed: bool,
) -> Vec<Line<'a>> {
    let mut parts: BTreeMap<ArcId, Vec<Contribution>> = BTreeMap::new();
    for part in policy.contributions(baseline) {
        parts.entry(part.arc).or_default().push(part);
    }
    let mut lines = vec![];
    for position in 0..baseline.arcs.len() {
        let arc = ArcId::at(position);
        let (flow, producer) = (baseline.flow_of(arc), baseline.producer_of(arc));
        let free_home = flow.is_home() && terms.duty(arc) == Duty::default();
        if free_home || !wanted.arc(baseline, arc) {
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
        let Duty { rate, charge, at_origin, proof } = self.duty;
        rate != self.in_force || [charge, at_origin, proof].iter().any(|paid| paid.value() != 0.0)
    }

    fn in_force_percent(&self) -> Option<f64> {
        self.known.then(|| rounded(percent(self.in_force)))
    }

    /// What each clause changes, in words: `tariff.core +25 %`.
    fn clauses(&self) -> String {
        let parts: Vec<String> = self.parts.iter().map(in_words).collect();
        parts.join("; ")
    }

    fn cells(&self, also: Also) -> Vec<String> {
        let mut cells = vec![
            self.product.to_owned(),
            self.importer.to_owned(),
            self.exporter.to_owned(),
            self.route.to_owned(),
            if self.known { number(percent(self.in_force), 2) } else { "not known".to_owned() },
            number(percent(self.duty.rate), 2),
            number(self.duty.charge.value(), 2),
        ];
        cells.extend(also.charges(self.duty).into_iter().map(|(_, paid)| number(paid, 2)));
        cells.push(self.clauses());
        cells
    }

    fn json(&self, also: Also) -> Value {
        let parts: Vec<Value> = self
            .parts
            .iter()
            .map(|part| {
                let mut entry = json!({
                    "clause": part.clause,
                    "percentage_points": rounded(percent(part.duty.rate)),
                    "usd_per_t": part.duty.charge.value(),
                    "exempted_percent": rounded(percent(part.exempted)),
                });
                for (column, paid) in also.charges(part.duty) {
                    entry[column] = paid.into();
                }
                entry
            })
            .collect();
        let mut line = json!({
            "product": self.product,
            "importer": self.importer,
            "exporter": self.exporter,
            "route": self.route,
            "in_force_percent": self.in_force_percent(),
            "duty_percent": rounded(percent(self.duty.rate)),
            "charge_usd_per_t": self.duty.charge.value(),
            "clauses": parts,
        });
        for (column, paid) in also.charges(self.duty) {
            line[column] = paid.into();
        }
        line
    }
}

fn in_words(part: &Contribution) -> String {
    let mut text = part.clause.clone();
    let rate = percent(part.duty.rate);
    if rate != 0.0 || part.duty.per_tonne().value() == 0.0 {
        let sign = if rate < 0.0 { "" } else { "+" };
        text = format!("{text} {sign}{} %", number(rate, 2));
    }
    let charges =
        [(part.duty.charge, ""), (part.duty.at_origin, " at origin"), (part.duty.proof, " for proof")];
    for (charge, what) in charges.iter().filter(|(charge, _)| charge.value() != 0.0) {
        text = format!("{text} +{} USD/t{what}", number(charge.value(), 2));
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

fn csv(lines: &[Line<'_>], also: Also) -> anyhow::Result<Vec<u8>> {
    let mut names = vec![
        "product",
        "importer",
        "exporter",
        "route",
        "in_force_percent",
        "duty_percent",
        "charge_usd_per_t",
    ];
    names.extend(also.charges(Duty::default()).iter().map(|(column, _)| *column));
    names.push("clauses");
    let rows = lines.iter().map(|line| {
        let mut cells: Vec<Cell> = vec![
            line.product.into(),
            line.importer.into(),
            line.exporter.into(),
            line.route.into(),
            line.in_force_percent().into(),
            rounded(percent(line.duty.rate)).into(),
            line.duty.charge.value().into(),
        ];
        cells.extend(also.charges(line.duty).into_iter().map(|(_, paid)| Cell::from(paid)));
        cells.push(line.clauses().into());
        cells
    });
    Ok(Table::new("terms", &names, rows).file(Format::Csv)?.bytes)
}
