//! What comes of clauses that are more than duties: quotas, purchase
//! commitments, abatement, support, and the use of revenue.

use super::cells::{change, level, percent_change, words_cell};
use crate::facts::{Facts, label};
use crate::page::{Block, Cell, Grid};
use crate::words;
use zollverein_model::indicator::equity::Burdens;
use zollverein_model::indicator::fund::{PaidAboveLoss, paid_above_loss};
use zollverein_model::indicator::{Indicator, Section};
use zollverein_model::units::percent;
use zollverein_tables::clauses::{Figure, figures};

/// A shown figure: its name and unit in files, and the head of its column.
type Shown = (&'static str, &'static str, &'static str);

/// Puts the chapter on the page, if there is anything to say.
pub(super) fn put(facts: &Facts<'_>, blocks: &mut Vec<Block>) {
    let found = figures(facts.baseline, facts.outcome);
    if found.is_empty() {
        return;
    }
    blocks.push(Block::Heading("What comes of quotas, programmes and revenue".to_owned()));
    let terms = &facts.outcome.terms;
    if !terms.quotas.is_empty() {
        let shown: [Shown; 7] = [
            ("quota", "kt", "Quota, kt"),
            ("shipped", "kt", "Shipped, kt"),
            ("premium", "percent", "Worth of the right to ship, % of value"),
            ("rent", "million_usd", "Quota rent, million USD"),
            ("rent_to_importers", "million_usd", "of it to importers, million USD"),
            ("rent_to_treasury", "million_usd", "of it to the treasury, million USD"),
            ("rent_to_exporters", "million_usd", "of it to exporters, million USD"),
        ];
        blocks.push(grid("Quotas, a year", "Quota", &found, "quota", &shown));
    }
    if !terms.mandates.is_empty() {
        let shown: [Shown; 5] = [
            ("promised", "kt", "Promised, kt"),
            ("green", "kt", "Bought green, kt"),
            ("shortfall", "kt", "Lacking, kt"),
            ("premium", "usd_per_t", "Premium, USD/t"),
            ("paid", "million_usd", "Paid, million USD"),
        ];
        blocks.push(grid("Green purchases, a year", "Market", &found, "procurement", &shown));
    }
    abatement(&found, blocks);
    if !terms.supports.is_empty() {
        let shown: [Shown; 4] = [
            ("granted", "million_usd", "Granted, million USD"),
            ("lent", "million_usd", "Lent, million USD"),
            ("overhead", "million_usd", "Administration, million USD"),
            (
                "supported_share_of_what_can_be_abated",
                "percent",
                "Money suffices for, % of what can be abated",
            ),
        ];
        blocks.push(grid("Support of abatement, a year", "Clause", &found, "support", &shown));
    }
    if !terms.uses.is_empty() {
        let shown: [Shown; 5] = [
            ("available", "million_usd", "Available, million USD"),
            ("granted", "million_usd", "Paid out, million USD"),
            ("lent", "million_usd", "Lent, million USD"),
            ("overhead", "million_usd", "Administration, million USD"),
            ("held", "million_usd", "Held back, million USD"),
        ];
        blocks.push(grid("Uses of revenue, a year", "Use", &found, "revenue", &shown));
        blocks.push(Block::Table(before_and_after(facts)));
        blocks.extend(poorest(facts).map(Block::Paragraph));
        blocks.extend(above_loss(facts).map(Block::Paragraph));
    }
    if let Some(proof) = found.iter().find(|figure| figure.figure == "cost_of_proof") {
        blocks.push(Block::Paragraph(format!(
            "Proof of emissions costs exporters and purchasers {} million USD a year; nobody collects it.",
            words::figure(proof.value)
        )));
    }
    let cost = |who: &str| {
        let of = |f: &&Figure| f.figure == "cost_of_disharmony" && f.item == who;
        found.iter().find(of).map(|figure| words::change(figure.value))
    };
    if let (Some(members), Some(outside), Some(world)) = (cost("members"), cost("outside"), cost("world")) {
        blocks.push(Block::Paragraph(format!(
            "Accounting standards differ among the members. With one standard for all, welfare a year would change by {members} \
             million USD among members, {outside} outside and {world} in the world: what disharmony costs (a gain from \
             harmony is above zero)."
        )));
    }
}

/// A table of one kind of clause, a row for each item.
fn grid(caption: &str, head: &str, figures: &[Figure], kind: &str, shown: &[Shown]) -> Block {
    let of_kind = |figure: &&Figure| figure.clause.split('.').next() == Some(kind);
    let mut items: Vec<(&str, &str)> =
        figures.iter().filter(of_kind).map(|f| (f.clause.as_str(), f.item.as_str())).collect();
    items.dedup();
    let rows = items
        .into_iter()
        .map(|(clause, item)| {
            let name = clause.rsplit('.').next().unwrap_or(clause);
            let label = if item.is_empty() { name.to_owned() } else { format!("{name}: {item}") };
            let mut row = vec![words_cell(words::plain(&label))];
            row.extend(shown.iter().map(|(name, unit, _)| -> Cell {
                let here = |f: &&Figure| {
                    f.clause == clause && f.item == item && f.figure == *name && f.unit == *unit
                };
                level(figures.iter().find(here).map(|figure| figure.value))
            }));
            row
        })
        .collect();
    let mut heads = vec![head.to_owned()];
    heads.extend(shown.iter().map(|(_, _, head)| (*head).to_owned()));
    Block::Table(Grid { caption: caption.to_owned(), heads, rows, note: String::new() })
}

fn abatement(figures: &[Figure], blocks: &mut Vec<Block>) {
    let sum = |name: &str, unit: &str| -> f64 {
        let of = |f: &&Figure| f.clause == "abatement" && f.figure == name && f.unit == unit;
        figures.iter().filter(of).map(|figure| figure.value).sum()
    };
    let (abated, cost) = (sum("abated", "kt_co2e"), sum("cost", "million_usd"));
    if abated > 0.0 {
        let makers = figures.iter().filter(|f| f.figure == "abated" && f.unit == "kt_co2e").count();
        blocks.push(Block::Paragraph(format!(
            "{} abate {} kt CO2e a year by changing how they produce, at a cost of {} million USD; what it costs and how \
             much can be abated are estimates of the data folder.",
            words::counted(makers, "producer", "producers"),
            words::figure(abated),
            words::figure(cost)
        )));
    }
}

/// Welfare before and after the use of revenue.
fn before_and_after(facts: &Facts<'_>) -> Grid {
    let shown = facts.headline_groups().filter(|group| group.section != Section::Own);
    let rows = shown
        .map(|group| {
            let of = |indicator| change(facts.change(&group.set, indicator));
            vec![
                words_cell(label(group)),
                of(Indicator::WelfareBeforeTransfers),
                of(Indicator::Transfers),
                of(Indicator::Welfare),
                percent_change(facts.totals.welfare_per_gdp(&group.set).map(|ratio| ratio.value)),
            ]
        })
        .collect();
    let heads = [
        "Group",
        "Welfare before, million USD",
        "Received less paid in, million USD",
        "Welfare after, million USD",
        "After, % of GDP",
    ];
    Grid {
        caption: "Before and after the use of revenue: changes, a year".to_owned(),
        heads: heads.map(str::to_owned).to_vec(),
        rows,
        note: "What the world has less than before went into administration or is held back.".to_owned(),
    }
}

/// So many recipients that get more than they lose are named.
const NAMED: usize = 3;

/// Who gets more from a fund than it loses.
fn above_loss(facts: &Facts<'_>) -> Option<String> {
    let found = paid_above_loss(facts.baseline, &facts.outcome.terms, &facts.outcome.indicators);
    let above: f64 = found.iter().map(PaidAboveLoss::above).sum();
    let named: Vec<String> = found
        .iter()
        .take(NAMED)
        .map(|paid| {
            let loss = if paid.loss > 0.0 {
                format!("against a loss of {}", words::figure(paid.loss))
            } else {
                "and loses nothing".to_owned()
            };
            format!("{} gets {} {loss}", facts.name(paid.country), words::figure(paid.received))
        })
        .collect();
    let first = named.first()?;
    Some(format!(
        "{} more than they lose before it, by {} million USD together: {first}{}{}.",
        words::counted(found.len(), "recipient of the fund gets", "recipients of the fund get"),
        words::figure(above),
        named[1..].iter().flat_map(|one| ["; ", one.as_str()]).collect::<String>(),
        if found.len() > NAMED { "; equity.csv names all" } else { "" }
    ))
}

/// How the use of revenue changes what the poorest bear.
fn poorest(facts: &Facts<'_>) -> Option<String> {
    let (baseline, outcome) = (facts.baseline, facts.outcome);
    let before =
        Burdens::by(baseline, &outcome.indicators, &outcome.equilibrium, Indicator::WelfareBeforeTransfers);
    let share = |burdens: &Burdens| burdens.share_of_poorest(0.4).map(|share| words::figure(percent(share)));
    Some(format!(
        "The 40 % of people who live in the poorest countries bear {} % of the losses before the use of revenue and {} % \
         after it; {} lose before and {} after.",
        share(&before)?,
        share(&facts.burdens)?,
        words::counted(before.losing(), "country", "countries"),
        facts.burdens.losing()
    ))
}
