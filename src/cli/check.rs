//! `zollverein check`: every problem of a scenario and its data, and what deserves a look.

use crate::cli::Check;
use crate::cli::open::{self, Opened};
use crate::cli::output::Output;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use zollverein_batch::Plan;
use zollverein_model::baseline::{ArcId, Baseline};
use zollverein_model::policy::Measure;
use zollverein_model::policy::schedule::ExcessMeasure;
use zollverein_model::problem::Problems;
use zollverein_report::{Block, Fact, FactList, Page, Plain, Setter};
use zollverein_scenario::form::EngineName;
use zollverein_scenario::without_effect;

/// Prints what was found.
pub fn check(arguments: &Check, output: Output) -> anyhow::Result<()> {
    let opened = arguments.opening.open();
    let opened = match opened.and_then(|opened| {
        if opened.scenario.without_bands().is_none() {
            Plan::of_intervals(&opened.scenario, &opened.folder, &opened.baseline)?; // what is drawn
        }
        Ok(opened)
    }) {
        Ok(opened) => opened,
        Err(problems) => {
            if arguments.json {
                output.json(&json!({ "sound": false, "problems": listed(&problems), "notes": [] }))?;
            }
            return Err(problems.into());
        }
    };
    let (notes, data) = (notes(&opened), &opened.baseline.notes);
    if arguments.json {
        return output.json(&json!({
            "sound": true,
            "problems": [],
            "title": opened.scenario.title(),
            "data": opened.folder.display().to_string(),
            "sha256": opened.scenario.digest(),
            "clauses": opened.scenario.clauses(),
            "notes": notes,
            "data_notes": data,
        }));
    }
    output.data(&Plain.set(&page(&opened, &notes)))
}

/// What a sound scenario says, and what deserves a look.
fn page(opened: &Opened, notes: &[String]) -> Page {
    let facts = FactList {
        about: opened.scenario.title(),
        facts: vec![
            Fact::new("data", opened.folder.display().to_string()),
            Fact::new("sha256", opened.scenario.digest()),
        ],
    };
    let clauses = opened.scenario.clauses();
    let lists = [("Clauses", &clauses[..]), ("Notes", notes), ("The data", &opened.baseline.notes)];
    let said = lists.into_iter().filter(|(_, lines)| !lines.is_empty());
    let said =
        said.flat_map(|(heading, lines)| [Block::Heading(heading.to_owned()), Block::List(lines.to_vec())]);
    Page {
        title: format!("{} is sound.", opened.scenario.path().display()),
        description: String::new(),
        blocks: std::iter::once(Block::Facts(facts)).chain(said).collect(),
        foot: String::new(),
    }
}

fn listed(problems: &Problems) -> Vec<serde_json::Value> {
    let one = |problem: &zollverein_model::problem::Problem| {
        json!({
            "file": problem.place.file,
            "line": problem.place.line,
            "column": problem.place.column,
            "what": problem.what,
            "remedy": problem.remedy,
        })
    };
    problems.as_slice().iter().map(one).collect()
}

/// What deserves a look though nothing is wrong.
fn notes(opened: &Opened) -> Vec<String> {
    let mut notes = vec![];
    let form = opened.scenario.form();
    if !opened.scenario.years().is_empty() {
        notes.push(format!(
            "clauses are sound in every year; what follows is of one. {}",
            open::first_year(&opened.scenario)
        ));
    }
    if opened.policy.is_empty() {
        notes.push("no clause puts a duty on anything: this is the status quo".to_owned());
    }
    if opened.scenario.engine() == EngineName::Gsim {
        notes.push("engine gsim is linear: it is right for small changes of duty only".to_owned());
    }
    if opened.scenario.engine() == EngineName::Spatial {
        notes.push(
            "engine spatial takes a product's metal as one good: shipments can close altogether".to_owned(),
        );
    }
    notes.extend(without_effect(&opened.policy, form));
    let mut off: Vec<String> = vec![];
    let mut switched = |kind: &str, name: &str, enabled: Option<bool>| {
        if enabled == Some(false) {
            off.push(format!("{kind}.{name}"));
        }
    };
    form.arrangement.iter().for_each(|c| switched("arrangement", &c.name, c.enabled));
    form.tariff.iter().for_each(|c| switched("tariff", &c.name, c.enabled));
    form.carbon_tariff.iter().for_each(|c| switched("carbon_tariff", &c.name, c.enabled));
    form.oversupply_tariff.iter().for_each(|c| switched("oversupply_tariff", &c.name, c.enabled));
    form.quota.iter().for_each(|c| switched("quota", &c.name, c.enabled));
    form.exemption.iter().for_each(|c| switched("exemption", &c.name, c.enabled));
    form.procurement.iter().for_each(|c| switched("procurement", &c.name, c.enabled));
    form.support.iter().for_each(|c| switched("support", &c.name, c.enabled));
    let uses = form.revenue.iter().flat_map(|revenue| &revenue.uses);
    uses.for_each(|c| switched("revenue.use", &c.name, c.enabled));
    notes.extend(off.iter().map(|clause| format!("{clause} is switched off (enabled = false)")));
    notes.extend(effects(opened));
    notes.extend(accession(opened));
    notes.extend(unknown_excess(opened));
    notes
}

/// What clauses do to the duties: set the same one twice, lower one in force, or nothing.
fn effects(opened: &Opened) -> Vec<String> {
    let baseline = &opened.baseline;
    let mut notes = vec![];
    let mut setters: BTreeMap<ArcId, BTreeSet<String>> = BTreeMap::new();
    for instrument in opened.policy.instruments() {
        instrument.measures(baseline, &mut |arc, measure| {
            if !matches!(measure, Measure::Add(_)) {
                setters.entry(arc).or_default().insert(instrument.clause());
            }
        });
    }
    let mut together: BTreeMap<Vec<String>, Vec<ArcId>> = BTreeMap::new();
    for (arc, clauses) in setters {
        if clauses.len() > 1 {
            together.entry(clauses.into_iter().collect()).or_default().push(arc);
        }
    }
    for (clauses, arcs) in together {
        notes.push(format!(
            "{} set the duty on the same trade ({}); the highest rate holds",
            clauses.join(" and "),
            example(baseline, &arcs)
        ));
    }
    let (mut lowered, mut active) = (BTreeMap::<String, Vec<ArcId>>::new(), BTreeSet::new());
    let mut spared = false;
    for part in opened.policy.contributions(baseline) {
        if part.duty.rate < 0.0 {
            lowered.entry(part.clause.clone()).or_default().push(part.arc);
        }
        if part.duty.rate != 0.0 || part.duty.per_tonne().value() != 0.0 || part.exempted > 0.0 {
            active.insert(part.clause);
        }
        spared |= part.exempted > 0.0;
    }
    for (clause, arcs) in lowered {
        notes.push(format!("{clause} lowers duties in force ({})", example(baseline, &arcs)));
    }
    for instrument in opened.policy.instruments() {
        let clause = instrument.clause();
        if !active.contains(&clause) && instrument.limits(baseline).is_empty() {
            notes.push(format!("{clause} changes no duty: those in force are as it wants them"));
        }
    }
    if !opened.policy.exemptions.is_empty() && !spared {
        notes.push("the exemptions spare no trade of the baseline anything".to_owned());
    }
    notes
}

/// How many shipments, and one of them.
fn example(baseline: &Baseline, arcs: &[ArcId]) -> String {
    let Some(first) = arcs.first() else { return "none".to_owned() };
    let flow = baseline.flow_of(*first);
    format!(
        "{} of the shipments by route, for instance {} of {} to {}",
        arcs.len(),
        baseline.products[flow.product.index()].code,
        baseline.countries[flow.exporter.index()].code,
        baseline.countries[flow.importer.index()].code
    )
}

/// Who joins arrangements by meeting their conditions.
fn accession(opened: &Opened) -> Vec<String> {
    let open_ones = opened.scenario.form().arrangement.iter().filter(|form| form.accession.is_some());
    let mut notes = vec![];
    for form in open_ones {
        let Some(read) = opened.policy.arrangements.iter().find(|read| read.name == form.name) else {
            continue;
        };
        let names: Vec<&str> = read
            .acceded
            .iter()
            .map(|country| opened.baseline.countries[country.index()].code.as_str())
            .collect();
        let who = if names.is_empty() { "nobody".to_owned() } else { names.join(", ") };
        notes.push(format!("arrangement.{}: {who} may join and meet the conditions", form.name));
    }
    notes
}

/// Exporters whose excess capacity is not known and so is not charged for.
fn unknown_excess(opened: &Opened) -> Option<String> {
    let form = opened.scenario.form();
    let by_capacity = |measure: Option<ExcessMeasure>, flagged: bool| {
        !flagged && measure.unwrap_or_default() == ExcessMeasure::ExcessShare
    };
    let arranged = form.arrangement.iter().filter_map(|clause| clause.outside.oversupply.as_ref());
    let asked = arranged.into_iter().any(|rule| by_capacity(rule.measure, rule.flagged.is_some()))
        || form.oversupply_tariff.iter().any(|rule| by_capacity(rule.measure, rule.flagged.is_some()));
    let baseline = &opened.baseline;
    let mut unknown = BTreeSet::new();
    for producer in baseline.producers.iter().filter(|producer| producer.output.value() > 0.0) {
        if producer.capacity.is_none() {
            unknown.insert(baseline.countries[producer.country.index()].code.as_str());
        }
    }
    let few: Vec<&str> = unknown.iter().take(8).copied().collect();
    let more = if unknown.len() > few.len() { ", …" } else { "" };
    (asked && !unknown.is_empty()).then(|| {
        format!(
            "the capacity of {} exporters is not known, so they pay no oversupply surcharge ({}{more})",
            unknown.len(),
            few.join(", ")
        )
    })
}
