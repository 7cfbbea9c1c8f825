//! The summary of an outcome for the terminal.

use crate::facts::{Facts, label};
use crate::page::Tone;
use crate::story::{intervals, leakage, owners, surprise, tally};
use crate::words;
use std::fmt::Write as _;
use zollverein_model::indicator::equity::Change;
use zollverein_model::indicator::{Indicator, Level, Section, Shown};
use zollverein_model::units::percent;

const NAME: usize = 33;
const COLUMN: usize = 12;

/// Colours of gain and loss that stand out on light and dark grounds.
const GAIN: &str = "\u{1b}[38;5;98m";
const LOSS: &str = "\u{1b}[38;5;172m";
const BOLD: &str = "\u{1b}[1m";
const PLAIN: &str = "\u{1b}[0m";

/// The summary, a line end last.
pub(super) fn summary(facts: &Facts<'_>, colour: bool) -> String {
    let pen = Pen { colour };
    let mut text = format!("{}\n", pen.bold(&words::plain(&facts.report.title)));
    let members = facts.members();
    // writing to a String cannot fail, here and below
    let _ = if members.is_empty() {
        writeln!(text, "No country applies a new measure: the duties in force stay.")
    } else {
        writeln!(text, "Members: {}", words::listed(&members))
    };
    if let Some(assumed) = facts.report.assumptions {
        let _ = writeln!(text, "Assumed: {}", words::plain(assumed));
    }
    let head = |cells: [&str; 5]| cells.map(|cell| format!("{cell:>COLUMN$}")).concat();
    let _ = writeln!(
        text,
        "\n{}",
        pen.bold(&format!(
            "{:NAME$}{}",
            "Change a year",
            head(["welfare", "welfare", "exports", "output", "emissions"])
        ))
    );
    let _ = writeln!(text, "{:NAME$}{}", "", head(["million USD", "% of GDP", "kt", "kt", "kt CO2e"]));
    let mut partly = false;
    let mut section = Section::World;
    for group in facts.headline_groups() {
        if section != group.section && group.section != Section::Club {
            text.push('\n');
        }
        section = group.section;
        partly |= row(&mut text, facts, group, &pen);
    }
    if partly {
        text.push_str("–: not known   *: figures of some members are not known and not counted\n");
    }
    ranges(&mut text, facts, &pen);
    text.push('\n');
    for line in facts.report.intervals.into_iter().flat_map(intervals::standings) {
        let _ = writeln!(text, "{line}");
    }
    for line in surprise::sentences(facts).into_iter().take(1) {
        let _ = writeln!(text, "Not to be expected: {line}");
    }
    for line in lines(facts) {
        let _ = writeln!(text, "{line}");
    }
    text
}

/// Writes between which values the headline figures lie, or why that is not known.
fn ranges(text: &mut String, facts: &Facts<'_>, pen: &Pen) {
    const RANGE: usize = 28;
    let Some(intervals) = facts.report.intervals else {
        if let Some(why) = intervals::absent(facts) {
            let _ = writeln!(text, "\n{why}");
        }
        return;
    };
    let mut heads = String::new();
    // welfare in % of GDP moves as welfare does
    let shown = intervals::SHOWN.into_iter().filter(|(_, indicator, _)| *indicator != "welfare_per_gdp");
    for (head, ..) in shown.clone() {
        let _ = write!(heads, "{head:>RANGE$}");
    }
    let _ = writeln!(text, "\n{}", pen.bold(&format!("{:NAME$}{heads}", "90 of 100 draws")));
    for group in facts.headline_groups().filter(|group| !group.set.is_empty()) {
        let _ = write!(text, "{:NAME$}", words::cut(&label(group), NAME - 1));
        for (_, indicator, factor) in shown.clone() {
            let range = intervals::range(intervals, &group.name, indicator, factor);
            let _ = write!(text, "{range:>RANGE$}");
        }
        text.push('\n');
    }
    let _ = writeln!(text, "{} {}", intervals::drawn(intervals), intervals::IN_BRACKETS);
    if let Some(doubt) = intervals::doubt(facts) {
        let _ = writeln!(text, "{doubt}");
    }
}

/// Writes a group's row; whether it has a sign that needs explaining.
fn row(text: &mut String, facts: &Facts<'_>, group: &Shown, pen: &Pen) -> bool {
    let total = |indicator| {
        let total = facts.total(&group.set, indicator);
        (total.level.map(Level::change), total.not_known)
    };
    let gdp = facts.totals.welfare_per_gdp(&group.set);
    let cells = [
        (total(Indicator::Welfare), 1.0),
        ((gdp.map(|r| percent(r.value)), gdp.map_or(0, |r| r.not_known)), 1.0),
        (total(Indicator::Exports), 1.0),
        (total(Indicator::Output), 1.0),
        (total(Indicator::Emissions), -1.0),
    ];
    let bands = intervals::SHOWN
        .map(|(_, indicator, factor)| facts.band(&group.name, indicator).map(|band| band.times(factor)));
    let _ = write!(text, "{:NAME$}", words::cut(&label(group), NAME - 1));
    let mut partly = false;
    for (((change, not_known), wanted), band) in cells.into_iter().zip(bands) {
        let star = if not_known > 0 && change.is_some() { "*" } else { "" };
        let said = change.map_or_else(|| "–".to_owned(), |c| format!("{}{star}", intervals::said(c, band)));
        partly |= change.is_none() || not_known > 0;
        let tone = change.filter(|c| !words::is_nothing(*c)).map_or(Tone::Plain, |c| Tone::of(c * wanted));
        text.push_str(&pen.tone(tone, &format!("{said:>COLUMN$}")));
    }
    text.push('\n');
    partly
}

fn lines(facts: &Facts<'_>) -> Vec<String> {
    let mut lines = vec![];
    lines.push(tally::sentence(facts));
    let worst = facts.burdens.worst_per_gdp(&facts.world);
    let among_ldc = facts.ldc.as_ref().and_then(|set| facts.burdens.worst_per_gdp(set));
    lines.extend(worst.and_then(|worst| worst_off(facts, "Worst off", worst)));
    if among_ldc != worst {
        let what = "Worst off of the least developed";
        lines.extend(among_ldc.and_then(|worst| worst_off(facts, what, worst)));
    }
    lines.extend(owners::sentence(facts));
    if let Some(world) = facts.balance.world {
        let share = world
            .relative()
            .map_or_else(String::new, |ratio| format!(" ({} %)", words::change(percent(ratio))));
        let change = intervals::said(world.change(), facts.band("world", "emissions"));
        lines.push(format!("World emissions: {change} kt CO2e a year{share}"));
    }
    lines.extend(leakage::sentence(facts).or_else(|| {
        let (inside, outside) = (facts.balance.members?.change(), facts.balance.outside?.change());
        let (inside, outside) = (words::change(inside), words::change(outside));
        Some(format!("Emissions of members: {inside} kt CO2e a year, of all others: {outside} kt"))
    }));
    lines.extend(quota_rent(facts));
    if let Some(tonnes) = facts.tonnes_rest_on() {
        lines.push(format!("Tonnes shipped between countries rest on: {tonnes}"));
    }
    let whole = facts.change(&facts.world, Indicator::Welfare);
    if let ([Some(welfare), emissions], Some(whole)) = (facts.resting(), whole) {
        lines.push(format!(
            "World welfare: {} million USD a year; it rests on {}",
            intervals::said(whole, facts.band("world", "welfare")),
            words::bases(&welfare.on, welfare.on_unsaid)
        ));
        if let Some(emissions) = emissions {
            let on = words::bases(&emissions.on, emissions.on_unsaid);
            lines.push(format!("The change of emissions rests on {on}"));
        }
        if welfare.duties_unsaid < 1.0 {
            let duties = words::confidences(&welfare.duties, welfare.duties_unsaid);
            lines.push(format!("Duties in force behind the change of welfare: {duties}"));
        }
    }
    let found = facts.report.stamp.convergence.policy;
    let engine = &facts.report.stamp.engine.name;
    let steps = words::counted(found.iterations, "step", "steps");
    lines.push(if *engine == "spatial" {
        format!(
            "Equilibrium: engine {engine}, {steps}, prices off by at most {:.1e} of themselves",
            found.residual
        )
    } else {
        format!(
            "Equilibrium: engine {engine}, {steps}, demand and supply apart by at most {:.1e} (logs)",
            found.residual
        )
    });
    lines
}

/// Who has the quota rents, which are apart from government revenue unless licences are sold.
fn quota_rent(facts: &Facts<'_>) -> Option<String> {
    if !facts.quotas() {
        return None;
    }
    let found = zollverein_tables::clauses::figures(facts.baseline, facts.outcome);
    let sum = |name: &str| -> f64 {
        found.iter().filter(|figure| figure.figure == name).map(|figure| figure.value).sum()
    };
    Some(format!(
        "Quota rent: {} million USD a year; importers {}, treasury {}, exporters {}",
        words::figure(sum("rent")),
        words::figure(sum("rent_to_importers")),
        words::figure(sum("rent_to_treasury")),
        words::figure(sum("rent_to_exporters"))
    ))
}

fn worst_off(facts: &Facts<'_>, what: &str, worst: Change) -> Option<String> {
    let code = &facts.baseline.countries[worst.country.index()].code;
    let band = |indicator, factor| facts.band(code, indicator).map(|band| band.times(factor));
    let per_gdp = band("welfare_per_gdp", 100.0);
    let between = per_gdp
        .map_or_else(String::new, |band| format!(" ({} in 90 of 100 draws)", intervals::between(band)));
    Some(format!(
        "{what}: {} {} % of GDP{between}, {} million USD a year",
        facts.name(worst.country),
        intervals::said(percent(worst.per_gdp?), per_gdp),
        intervals::said(worst.welfare, band("welfare", 1.0))
    ))
}

struct Pen {
    colour: bool,
}

impl Pen {
    fn bold(&self, text: &str) -> String {
        if self.colour { format!("{BOLD}{text}{PLAIN}") } else { text.to_owned() }
    }

    fn tone(&self, tone: Tone, text: &str) -> String {
        match tone {
            Tone::Gain if self.colour => format!("{GAIN}{text}{PLAIN}"),
            Tone::Loss if self.colour => format!("{LOSS}{text}{PLAIN}"),
            _ => text.to_owned(),
        }
    }
}
