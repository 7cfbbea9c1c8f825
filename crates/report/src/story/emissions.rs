//! Emissions and leakage.

use super::cells::{level, unwelcome, words_cell};
use crate::facts::Facts;
use crate::page::{Bar, Bars, Block, Grid, Tone};
use crate::words;
use zollverein_model::indicator::Level;
use zollverein_model::units::{KilotonnesCo2e, percent};

/// Puts the chapter on the page.
pub(super) fn put(facts: &Facts<'_>, blocks: &mut Vec<Block>) {
    blocks.push(Block::Heading("Emissions and leakage".to_owned()));
    let Some(world) = facts.balance.world else {
        blocks.push(Block::Paragraph("Emissions are not known: the data give no intensities.".to_owned()));
        return;
    };
    blocks.push(Block::Charts(vec![chart(facts)]));
    blocks.push(Block::Table(table(facts, &lines(facts))));
    let leakage = leakage(facts);
    if !leakage.is_empty() {
        blocks.push(Block::Paragraph(leakage));
    }
    if let Some(price) = facts.report.social_cost {
        let value = (KilotonnesCo2e(-world.change()) * price).value();
        let what = if value < 0.0 { "costs" } else { "is worth" };
        blocks.push(Block::Paragraph(format!(
            "Valued apart: at {} USD per tonne CO2e the change of world emissions {what} {} million USD a year. \
             This is in no figure of welfare on this page.",
            words::figure(price.value()),
            words::amount(value)
        )));
    }
}

/// Whose emissions, and what becomes of them.
fn lines(facts: &Facts<'_>) -> [(&'static str, Option<Level>); 4] {
    let balance = &facts.balance;
    [
        ("Members", balance.members),
        ("Outside", balance.outside),
        ("World", balance.world),
        ("Embodied in members' imports from outside", balance.imported),
    ]
}

/// The change of emissions of members, of the others and of the world.
pub(super) fn chart(facts: &Facts<'_>) -> Bars {
    let bars = lines(facts)[..3]
        .iter()
        .filter_map(|(label, level)| {
            Some(Bar { label: (*label).to_owned(), value: level.as_ref()?.change() })
        })
        .collect();
    Bars {
        title: "Change of emissions".to_owned(),
        unit: "kt CO2e a year".to_owned(),
        rise_is_gain: false,
        bars,
    }
}

fn table(facts: &Facts<'_>, lines: &[(&str, Option<Level>)]) -> Grid {
    let rows = lines
        .iter()
        .map(|(label, amounts)| {
            let relative = amounts.and_then(Level::relative).map(percent);
            vec![
                words_cell(*label),
                level(amounts.map(|l| l.baseline)),
                level(amounts.map(|l| l.value)),
                unwelcome(amounts.map(Level::change)),
                crate::page::Cell { tone: Tone::Plain, ..unwelcome(relative) },
            ]
        })
        .collect();
    let names = ["Emissions", "Baseline, kt CO2e", "After, kt CO2e", "Change, kt CO2e", "Change, %"];
    let note = match facts.balance.not_known {
        0 => String::new(),
        1 => "One producing country's emissions are not known and not counted.".to_owned(),
        n => format!("Emissions of {n} producing countries are not known and not counted."),
    };
    Grid {
        caption: "Emissions of production, kt CO2e a year".to_owned(),
        heads: names.map(str::to_owned).to_vec(),
        rows,
        note,
    }
}

fn leakage(facts: &Facts<'_>) -> String {
    let balance = &facts.balance;
    let mut text = super::leakage::sentence(facts).unwrap_or_default();
    if let (Some(imported), Some(not_shared)) = (balance.imported, balance.not_shared()) {
        text = format!(
            "{text}{}Emissions embodied in what members import from outside fall by {} kt CO2e a year; {} kt of that \
             the world does not share, because the metal goes elsewhere, cleaner metal comes in its place, or \
             members make it themselves.",
            if text.is_empty() { "" } else { " " },
            words::amount(imported.change()),
            words::figure(not_shared)
        );
    }
    text
}
