//! What each clause of a scenario causes, for people: on the terminal, as a page and as a chart.

use crate::page::{Bar, Bars, Block, Cell, Grid, Page, Setter, Tone};
use crate::stamp::Stamp;
use crate::{Html, Markdown, chart, words};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use zollverein_model::baseline::Baseline;
use zollverein_model::indicator::Indicator;
use zollverein_model::units::percent;
use zollverein_scenario::Scenario;
use zollverein_scenario::explain::{Explanation, Part};
use zollverein_tables::{self as table, Artefact, Format, WriteError};

/// All that a report on an explanation draws on.
#[derive(Debug, Clone, Copy)]
pub struct Explained<'a> {
    /// What is taken apart.
    pub scenario: &'a Scenario,
    /// The world before.
    pub baseline: &'a Baseline,
    /// What each clause causes.
    pub explanation: &'a Explanation,
    /// What the scenario was run on and how.
    pub stamp: &'a Stamp,
}

/// Says what the numbers are.
const METHOD: &str = "A contribution is a Shapley value: what the clause adds on average, over all orders in which the \
                      clauses could be put in force one after another. It does not depend on the order of clauses in \
                      the file.";
const ALL: &str = "all clauses together";

impl Explained<'_> {
    fn unit(&self) -> &'static str {
        match self.explanation.indicator.unit() {
            "million_usd" => "million USD a year",
            "kt" => "kt a year",
            "kt_co2e" => "kt CO2e a year",
            other => other,
        }
    }

    fn indicator(&self) -> String {
        self.explanation.indicator.name().replace('_', " ")
    }

    fn product(&self) -> String {
        self.explanation.product.map_or_else(
            || "all products".to_owned(),
            |product| words::plain(&self.baseline.products[product.index()].name),
        )
    }

    /// What is measured: `change of welfare, all products, million USD a year`.
    fn measured(&self) -> String {
        format!("change of {}, {}, {}", self.indicator(), self.product(), self.unit())
    }

    fn rise_is_gain(&self) -> bool {
        !matches!(
            self.explanation.indicator,
            Indicator::PriceIndex | Indicator::Emissions | Indicator::ImportedEmissions
        )
    }

    /// How much was looked at, and what was left alone.
    fn scope(&self) -> String {
        // a part of a clause is named below it, as arrangement.gassa.tiers
        let parts = self.explanation.clauses.iter().any(|clause| clause.split('.').count() > 2);
        let several = if parts { "clauses and parts of clauses" } else { "clauses" };
        let found = format!(
            "{} in {}",
            words::counted(self.explanation.clauses.len(), "clause", several),
            words::counted(self.explanation.evaluations, "equilibrium", "equilibria")
        );
        if self.explanation.kept.is_empty() {
            return format!("{found}.");
        }
        format!("{found}. Always on, and in no contribution: {}.", self.explanation.kept.join(", "))
    }

    /// A target's change and what causes it, in a sentence.
    fn sentence(&self, part: &Part) -> String {
        let change = part.change();
        let (label, several) = match part.target.name.as_str() {
            "world" => ("The world".to_owned(), false),
            "outside" => ("Countries outside".to_owned(), true),
            _ => {
                let label = words::plain(&part.target.label);
                let several = part.target.set.count() > 1 && label.ends_with('s');
                (label, several)
            }
        };
        let what = if words::is_nothing(change) {
            format!("{label}: no change of {}", self.indicator())
        } else if self.explanation.indicator == Indicator::Welfare {
            let verb = if change < 0.0 { "lose" } else { "gain" };
            let verb = if several { verb.to_owned() } else { format!("{verb}s") };
            format!("{label} {verb} {} {}", words::amount(change), self.unit())
        } else {
            format!("{label}: change of {} {} {}", self.indicator(), words::change(change), self.unit())
        };
        let alone = if self.explanation.product.is_some() {
            format!(" ({} alone)", self.product())
        } else {
            String::new()
        };
        let mut order: Vec<usize> = (0..part.contributions.len()).collect();
        order.sort_by(|a, b| part.contributions[*b].abs().total_cmp(&part.contributions[*a].abs()));
        let (named, rest) = order.split_at(order.len().min(3));
        let mut causes: Vec<String> = named
            .iter()
            .map(|at| format!("{} {}", self.explanation.clauses[*at], words::change(part.contributions[*at])))
            .collect();
        if !rest.is_empty() {
            let sum = rest.iter().map(|at| part.contributions[*at]).sum();
            causes.push(format!("{} {}", words::counted(rest.len(), "other", "others"), words::change(sum)));
        }
        format!("{what}{alone}: {}.", words::listed(&causes))
    }

    fn share(part: &Part, clause: usize) -> String {
        part.share(clause).map_or_else(|| "–".to_owned(), |share| words::figure(percent(share)))
    }
}

/// The contributions in aligned columns of plain text, a line end last.
#[must_use]
pub fn explained_terminal(report: &Explained<'_>) -> String {
    let Explained { explanation, .. } = report;
    let names = explanation.clauses.iter().map(|clause| clause.chars().count());
    let name = names.chain([ALL.len(), 31]).max().unwrap_or(0) + 2;
    let inner = name - 2;
    let mut text = format!("{}\n", words::plain(&report.scenario.title()));
    // writing to a String cannot fail, here and below
    let _ = writeln!(text, "What each clause causes: {}", report.measured());
    let _ = writeln!(text, "Shapley values of {}", report.scope());
    for part in &explanation.parts {
        let _ = writeln!(
            text,
            "\n{:name$}{:>12}{:>13}",
            words::plain(&part.target.label),
            "change",
            "% of total"
        );
        for (position, clause) in explanation.clauses.iter().enumerate() {
            let (change, share) =
                (words::change(part.contributions[position]), Explained::share(part, position));
            let _ = writeln!(text, "  {clause:inner$}{change:>12}{share:>13}");
        }
        for (what, value) in [("sum of contributions", part.sum()), (ALL, part.change())] {
            let _ = writeln!(text, "  {what:inner$}{:>12}", words::change(value));
        }
    }
    text.push('\n');
    for part in &explanation.parts {
        let _ = writeln!(text, "{}", report.sentence(part));
    }
    text
}

fn bars(report: &Explained<'_>, part: &Part) -> Bars {
    let clauses = report.explanation.clauses.iter().zip(&part.contributions);
    let mut bars: Vec<Bar> =
        clauses.map(|(clause, value)| Bar { label: clause.clone(), value: *value }).collect();
    bars.push(Bar { label: ALL.to_owned(), value: part.change() });
    Bars {
        title: format!("{}: change of {}", words::plain(&part.target.label), report.indicator()),
        unit: report.unit().to_owned(),
        rise_is_gain: report.rise_is_gain(),
        bars,
    }
}

fn grid(report: &Explained<'_>, part: &Part) -> Grid {
    let wanted = if report.rise_is_gain() { 1.0 } else { -1.0 };
    let number = |text: String, tone| Cell { text, number: true, tone };
    let change = |value: f64| {
        let tone = if words::is_nothing(value) { Tone::Plain } else { Tone::of(value * wanted) };
        number(words::change(value), tone)
    };
    let word = |text: &str| Cell { text: text.to_owned(), number: false, tone: Tone::Plain };
    let mut rows: Vec<Vec<Cell>> = vec![];
    for (position, clause) in report.explanation.clauses.iter().enumerate() {
        let share = number(Explained::share(part, position), Tone::Plain);
        rows.push(vec![word(clause), change(part.contributions[position]), share]);
    }
    let none = || number(String::new(), Tone::Plain);
    rows.push(vec![word("sum of contributions"), change(part.sum()), none()]);
    rows.push(vec![word(ALL), change(part.change()), none()]);
    Grid {
        caption: format!("{}, {}", words::plain(&part.target.label), report.product()),
        heads: vec![
            "Clause".to_owned(),
            format!("Change of {}, {}", report.indicator(), report.unit()),
            "Share of total, %".to_owned(),
        ],
        rows,
        note: String::new(),
    }
}

fn page(report: &Explained<'_>) -> Page {
    let parts = &report.explanation.parts;
    let mut blocks = vec![
        Block::Paragraph(format!("Shapley values of {}", report.scope())),
        Block::List(
            report.scenario.clauses().iter().map(|clause| words::plain(&clause.replace('`', ""))).collect(),
        ),
        Block::Heading("In short".to_owned()),
        Block::List(parts.iter().map(|part| report.sentence(part)).collect()),
        Block::Charts(parts.iter().map(|part| bars(report, part)).collect()),
        Block::Heading("Figures".to_owned()),
    ];
    blocks.extend(parts.iter().map(|part| Block::Table(grid(report, part))));
    blocks.push(Block::Heading("How to read this".to_owned()));
    blocks.push(Block::Paragraph(METHOD.to_owned()));
    blocks.push(Block::Paragraph(
        "The sum of the contributions is the change under all clauses together, to rounding. A share above 100 % \
         or below zero means that other clauses work the other way. Members are those of the whole scenario, \
         whichever clauses are on."
            .to_owned(),
    ));
    Page {
        title: format!("What causes what: {}", words::plain(&report.scenario.title())),
        description: format!("What each clause causes: {}.", report.measured()),
        blocks,
        foot: report.stamp.line(),
    }
}

/// The question, beside the stamp: which clauses were taken apart, for what.
fn question(report: &Explained<'_>) -> Value {
    let explanation = report.explanation;
    json!({
        "method": "shapley",
        "indicator": explanation.indicator.name(),
        "unit": explanation.indicator.unit(),
        "product": explanation.product.map_or("all", |p| &report.baseline.products[p.index()].code),
        "groups": explanation.parts.iter().map(|part| part.target.name.as_str()).collect::<Vec<_>>(),
        "clauses": explanation.clauses,
        "kept": explanation.kept,
        "equilibria": explanation.evaluations,
    })
}

/// The stamp, the question and the contributions as JSON, with the numbers of `explain.csv`.
#[must_use]
pub fn explained_json(report: &Explained<'_>) -> Value {
    let mut object = Map::new();
    object.insert("stamp".to_owned(), serde_json::to_value(report.stamp).unwrap_or_default());
    object.insert("question".to_owned(), question(report));
    object.insert("contributions".to_owned(), table::explanation(report.baseline, report.explanation).json());
    Value::Object(object)
}

/// Every result file: `explain.csv`, `explain.svg`, `explain.md`, `explain.html`, and `explain.json`
/// with the stamp and the digests of the others. Write them with [`table::write`].
///
/// # Errors
/// [`WriteError::Encode`] where the table does not go into the format.
pub fn explained_files(report: &Explained<'_>) -> Result<Vec<Artefact>, WriteError> {
    let charts: Vec<Bars> = report.explanation.parts.iter().map(|part| bars(report, part)).collect();
    let page = page(report);
    let mut files = vec![
        table::explanation(report.baseline, report.explanation).file(Format::Csv)?,
        Artefact::text("explain.svg", chart::sheet(&charts)),
        Artefact::text("explain.md", Markdown.set(&page)),
        Artefact::text("explain.html", Html.set(&page)),
    ];
    let mut stamp = report.stamp.clone();
    stamp.results = files.iter().map(|file| (file.name.clone(), file.sha256())).collect();
    let mut value = serde_json::to_value(&stamp).unwrap_or_default();
    if let Value::Object(entries) = &mut value {
        entries.insert("question".to_owned(), question(report));
    }
    files.push(Artefact::text("explain.json", format!("{value:#}\n")));
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use zollverein_model::baseline::CountrySet;
    use zollverein_model::indicator::fixture;
    use zollverein_model::model::Outcome;
    use zollverein_scenario::explain::Target;

    fn explanation(baseline: &Baseline) -> Explanation {
        let set = CountrySet::of(baseline.countries.len(), baseline.country("DDD"));
        let target = Target { name: "DDD".to_owned(), label: "Land DDD".to_owned(), set };
        let part = Part { target, without: 0.0, with: -9.0, contributions: vec![3.0, -0.5, -0.5, -11.0] };
        Explanation {
            indicator: Indicator::Welfare,
            product: None,
            clauses: ["exemption.e", "tariff.a", "tariff.b", "tariff.c"].map(str::to_owned).into(),
            kept: vec![],
            parts: vec![part],
            evaluations: 16,
        }
    }

    fn stamp(world: &Baseline) -> Stamp {
        let outcome = Outcome {
            members: fixture::members(world),
            terms: fixture::terms(world),
            status_quo: Arc::new(fixture::equilibrium(world)),
            equilibrium: fixture::equilibrium(world),
            indicators: fixture::indicators(world),
            harmonised: None,
            home_price_alone: None,
            aimed: vec![],
        };
        Stamp::new(world, &outcome, "armington")
    }

    fn scenario() -> Scenario {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("t.toml");
        std::fs::write(&file, "title = \"T\"\n").expect("a file");
        Scenario::read(&file).expect("a scenario")
    }

    #[test]
    fn the_largest_contributions_come_first_in_the_sentence_and_the_rest_is_summed_up() {
        let world = fixture::world();
        let (scenario, explanation, stamp) = (scenario(), explanation(&world), stamp(&world));
        let report =
            Explained { scenario: &scenario, baseline: &world, explanation: &explanation, stamp: &stamp };
        let sentence = "Land DDD loses 9.00 million USD a year: tariff.c −11.0, exemption.e +3.00, tariff.a −0.50 and \
                        1 other −0.50.";
        let (text, page) = (explained_terminal(&report), Markdown.set(&page(&report)));
        assert!(text.contains(sentence) && page.contains(sentence), "{text}\n{page}");
        assert!(text.contains("Shapley values of 4 clauses in 16 equilibria."), "{text}");
        let line =
            |start: &str| text.lines().find(|line| line.trim_start().starts_with(start)).unwrap_or_default();
        assert_eq!(line("tariff.c").split_whitespace().collect::<Vec<_>>(), ["tariff.c", "−11.0", "122"]);
        assert_eq!(line("sum").split_whitespace().last(), line("all clauses").split_whitespace().last());
    }

    #[test]
    fn a_customs_union_loses_and_several_countries_lose() {
        let world = fixture::world();
        let (scenario, mut explanation, stamp) = (scenario(), explanation(&world), stamp(&world));
        let mut said = |label: &str, set: CountrySet| {
            explanation.parts[0].target = Target { name: label.to_owned(), label: label.to_owned(), set };
            let report =
                Explained { scenario: &scenario, baseline: &world, explanation: &explanation, stamp: &stamp };
            explained_terminal(&report)
        };
        let all = || CountrySet::all(world.countries.len());
        let one = CountrySet::of(world.countries.len(), world.country("DDD"));
        assert!(said("European Union", all()).contains("European Union loses 9.00"));
        assert!(said("Least developed countries", all()).contains("Least developed countries lose 9.00"));
        assert!(said("Philippines", one).contains("Philippines loses 9.00"));
    }

    #[test]
    fn the_files_are_a_table_a_chart_a_page_and_a_stamp_with_the_question() {
        let world = fixture::world();
        let (scenario, explanation, stamp) = (scenario(), explanation(&world), stamp(&world));
        let report =
            Explained { scenario: &scenario, baseline: &world, explanation: &explanation, stamp: &stamp };
        let files = explained_files(&report).unwrap_or_else(|error| panic!("{error}"));
        let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["explain.csv", "explain.svg", "explain.md", "explain.html", "explain.json"]);
        let text = |position: usize| String::from_utf8_lossy(&files[position].bytes).into_owned();
        assert!(text(0).contains("DDD,all,welfare,million_usd,exemption.e,3,-0.3333333333333333,-9,0,-9\n"));
        assert!(text(1).starts_with("<svg xmlns=") && text(1).trim_end().ends_with("</svg>"));
        let run: Value = serde_json::from_slice(&files[4].bytes).unwrap_or_default();
        assert_eq!(run["question"]["equilibria"], 16);
        assert_eq!(run["results"]["explain.csv"], files[0].sha256());
    }
}
