//! The opening: what is proposed, and the result in short.

use super::{clauses, intervals, leakage, owners, tally};
use crate::facts::Facts;
use crate::page::{Block, Tile, Tone};
use crate::words;
use zollverein_batch::Band;
use zollverein_model::baseline::CountrySet;
use zollverein_model::indicator::Indicator;
use zollverein_model::units::percent;

/// What is said where nobody gains or loses.
pub(super) const NOTHING: &str = "Nothing changes: no country gains or loses.";

/// Puts the opening on the page.
pub(super) fn put(facts: &Facts<'_>, blocks: &mut Vec<Block>) {
    blocks.extend(assumed(facts).map(Block::Paragraph));
    blocks.push(Block::Paragraph(members(facts)));
    let clauses = clauses::each(facts);
    if !clauses.is_empty() {
        blocks.push(Block::List(clauses));
    }
    blocks.push(Block::Heading("In short".to_owned()));
    if facts.anything_changes() {
        blocks.push(Block::Tiles(tiles(facts)));
        blocks.push(Block::List(sentences(facts)));
    } else {
        blocks.push(Block::Paragraph(NOTHING.to_owned()));
    }
}

/// What of the proposal is assumed.
pub(crate) fn assumed(facts: &Facts<'_>) -> Option<String> {
    facts.report.assumptions.map(|text| format!("Assumed: {}", words::plain(text)))
}

/// Who is in it.
pub(super) fn members(facts: &Facts<'_>) -> String {
    if facts.outcome.members.is_empty() {
        return "No country applies a new measure: the duties in force stay as they are.".to_owned();
    }
    let what = if facts.stand_as_one() { "Members" } else { "Applied by" };
    format!("{what}: {}.", words::listed(&facts.members()))
}

/// The numbers that stand out.
pub(super) fn tiles(facts: &Facts<'_>) -> Vec<Tile> {
    let mut tiles = vec![];
    let groups = [
        ("World welfare", "world", &facts.world),
        (facts.said("Members' welfare", "Welfare of those who apply it"), "members", &facts.outcome.members),
        (facts.said("Welfare outside", "Welfare of all others"), "outside", &facts.outside),
    ];
    let groups = groups.into_iter().filter(|(_, name, _)| *name != "members" || facts.stand_as_one());
    for (label, name, set) in groups {
        if let Some(change) = facts.change(set, Indicator::Welfare) {
            let share = facts.totals.welfare_per_gdp(set).map_or_else(String::new, |relative| {
                format!(" · {} of GDP", words::percent_of(relative.value))
            });
            let band = facts.band(name, "welfare");
            tiles.push(Tile {
                label: label.to_owned(),
                value: intervals::said(change, band),
                unit: format!("million USD a year{share}{}", reach(band)),
                tone: Tone::of(change),
            });
        }
    }
    if let Some(level) = facts.balance.world {
        let share = level.relative().map_or_else(String::new, |ratio| {
            format!(" · {} % of the baseline", words::change(percent(ratio)))
        });
        let change = level.change();
        let (unit, factor) = words::unit_of(change);
        let band = facts.band("world", "emissions").map(|band| band.times(factor));
        tiles.push(Tile {
            label: "World emissions".to_owned(),
            value: intervals::said(change * factor, band),
            unit: format!("{unit} CO2e a year{share}{}", reach(band)),
            tone: Tone::of(-level.change()),
        });
    }
    tiles
}

/// A band after a figure and its unit.
fn reach(band: Option<Band>) -> String {
    band.map_or_else(String::new, |band| {
        let share = words::share(band.with_sign);
        format!(" · {} in 90 of 100 draws, {share} with this sign", intervals::between(band))
    })
}

/// The result in sentences.
pub(super) fn sentences(facts: &Facts<'_>) -> Vec<String> {
    let mut said = vec![];
    said.extend(welfare(facts));
    said.extend(hardest_hit(facts));
    said.extend(ldc(facts));
    said.extend(owners::sentence(facts));
    said.extend(prices(facts));
    said.extend(access(facts));
    said.extend(climate(facts));
    said
}

/// "gains 3 million USD a year", "loses …" or "neither gains nor loses".
fn fares(change: f64, band: Option<Band>, plural: bool) -> String {
    let verb = |one: &str, many: &str| if plural { many.to_owned() } else { one.to_owned() };
    if words::is_nothing(change) {
        return verb("neither gains nor loses", "neither gain nor lose");
    }
    let what = if change < 0.0 { verb("loses", "lose") } else { verb("gains", "gain") };
    let amount = intervals::said(change, band);
    let amount = match amount.trim_start_matches(['+', '\u{2212}']) {
        "0" => "little: about 0".to_owned(),
        digits => digits.to_owned(),
    };
    format!("{what} {amount} million USD a year")
}

fn welfare(facts: &Facts<'_>) -> Option<String> {
    let of = |set: &CountrySet| facts.change(set, Indicator::Welfare);
    let band = |name: &str| facts.band(name, "welfare");
    let mut text = format!("The world as a whole {}", fares(of(&facts.world)?, band("world"), false));
    if let (Some(members), Some(outside)) = (of(&facts.outcome.members), of(&facts.outside)) {
        text = format!(
            "{text}: {} {}, {} {}",
            facts.members_together(),
            fares(members, band("members"), true),
            facts.said("the countries outside", "all others"),
            fares(outside, band("outside"), true)
        );
    }
    Some(format!("{text}. {}", tally::sentence(facts)))
}

fn hardest_hit(facts: &Facts<'_>) -> Option<String> {
    let worst = facts.burdens.worst_per_gdp(&facts.world)?;
    let code = &facts.baseline.countries[worst.country.index()].code;
    let per_gdp = facts.band(code, "welfare_per_gdp").map(|band| band.times(100.0));
    let between =
        per_gdp.map_or_else(String::new, |band| format!(", {} in 90 of 100 draws", intervals::between(band)));
    Some(format!(
        "Hardest hit against the size of its economy is {}: {} % of GDP{between} ({} million USD a year).",
        facts.name(worst.country),
        intervals::said(percent(worst.per_gdp?), per_gdp),
        intervals::said(worst.welfare, facts.band(code, "welfare"))
    ))
}

fn ldc(facts: &Facts<'_>) -> Option<String> {
    let Some(set) = &facts.ldc else {
        return Some("The data do not say which countries are least developed.".to_owned());
    };
    let together = facts.change(set, Indicator::Welfare)?;
    let text = format!(
        "The least developed countries{} together {}",
        tally::of_the_list(set),
        fares(together, facts.band("LDC", "welfare"), true)
    );
    let text = match facts.burdens.share_of(set) {
        Some(share) if share > 0.0 => {
            format!("{text} and bear {} % of all losses", words::figure(percent(share)))
        }
        _ => text,
    };
    let worst_of_all = facts.burdens.worst_per_gdp(&facts.world);
    Some(match facts.burdens.worst_per_gdp(set) {
        worst @ Some(_) if worst == worst_of_all => format!("{text}; the hardest hit of all is one of them."),
        Some(worst) => format!(
            "{text}; hardest hit among them is {} ({} of GDP, {} million USD a year).",
            facts.name(worst.country),
            words::percent_of(worst.per_gdp?),
            words::change(worst.welfare)
        ),
        None => format!("{text}; none of them is known to lose."),
    })
}

fn prices(facts: &Facts<'_>) -> Option<String> {
    let parts: Vec<String> = facts
        .baseline
        .product_ids()
        .filter(|product| facts.moves(*product))
        .filter_map(|product| {
            let of = |set: &CountrySet| facts.totals.get(set, Indicator::PriceIndex, Some(product)).level;
            let inside = of(&facts.outcome.members)?.relative()?;
            let outside = of(&facts.outside)?.relative()?;
            let moves = |ratio: f64| !words::is_nothing(percent(ratio));
            // of a product that no clause touches there is nothing to say
            (moves(inside) || moves(outside)).then(|| {
                format!(
                    "{} {} % {}, {} % {}",
                    facts.product(product),
                    words::change(percent(inside)),
                    facts.said("in member countries", "where it is applied"),
                    words::change(percent(outside)),
                    facts.said("outside", "elsewhere")
                )
            })
        })
        .collect();
    (!parts.is_empty()).then(|| format!("Prices to purchasers: {}.", parts.join("; ")))
}

/// Sales that exporters lose abroad: those outside, and those that apply measures themselves where these
/// are not one arrangement.
fn access(facts: &Facts<'_>) -> Option<String> {
    let (mut lost, mut own, mut fall, mut diverted) = (0.0, 0.0, 0.0, 0.0);
    let one = facts.stand_as_one();
    for row in facts.exporters.iter().filter(|row| row.product.is_some()) {
        let outside = facts.outside.contains(row.exporter);
        if one && !outside {
            continue;
        }
        lost += row.market_access_loss();
        own += if outside { 0.0 } else { row.market_access_loss() };
        fall += (-row.to_members.tonnes.change()).max(0.0);
        diverted += row.diverted();
    }
    if words::is_nothing(lost) || fall <= 0.0 {
        return None;
    }
    let (who, markets) = if one {
        ("Exporters outside".to_owned(), "members' markets")
    } else {
        let own = words::figure(own);
        (
            format!("Exporters, {own} million USD of it of countries that apply measures themselves,"),
            "the markets of those that do",
        )
    };
    Some(format!(
        "{who} lose sales of {} million USD a year (at the mill) in {markets}; {} % of the tonnes find other \
         buyers, abroad or at home.",
        words::figure(lost),
        words::figure(percent(diverted / fall))
    ))
}

fn climate(facts: &Facts<'_>) -> Option<String> {
    let balance = &facts.balance;
    let direction = |change: f64| match change {
        c if words::is_nothing(c) => "do not change".to_owned(),
        c if c < 0.0 => format!("fall by {} CO2e a year", words::mass(c)),
        c => format!("rise by {} CO2e a year", words::mass(c)),
    };
    let mut text = format!("World emissions {}", direction(balance.world?.change()));
    if let (Some(members), Some(outside)) = (balance.members, balance.outside) {
        text = format!(
            "{text}: {} {}, those {} {}",
            facts.said("members'", "those where it is applied"),
            direction(members.change()),
            facts.said("outside", "elsewhere"),
            direction(outside.change())
        );
    }
    let leakage = leakage::sentence(facts).map_or_else(String::new, |sentence| format!(" {sentence}"));
    Some(format!("{text}.{leakage}"))
}
