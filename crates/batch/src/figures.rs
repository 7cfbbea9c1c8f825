//! Headline figures: the few numbers of an outcome that a batch keeps.

use serde::{Deserialize, Serialize};
use zollverein_model::baseline::group::normalised;
use zollverein_model::baseline::{Baseline, CountryId, CountrySet, ProductId};
use zollverein_model::engine::Equilibrium;
use zollverein_model::indicator::emissions::Balance;
use zollverein_model::indicator::equity::Burdens;
use zollverein_model::indicator::{Indicator, Indicators, Level, Section, Totals, shown_groups};
use zollverein_model::problem::instead;
use zollverein_negotiation::payoff::Standing;
use zollverein_scenario::Party;

/// What a figure is called, and its unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// Its name in plans and parts: `members.welfare`, `LDC.exports.steel`.
    pub name: String,
    /// Whose figure it is: a group, a country, `world`.
    pub group: String,
    /// A product, or `all`.
    pub product: String,
    /// What is measured: the change of an indicator, or a measure of the whole.
    pub indicator: String,
    /// Its unit.
    pub unit: String,
}

/// Whom a figure is about.
#[derive(Debug, Clone, PartialEq)]
enum Whose {
    Members,
    Outside,
    These(CountrySet),
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Measured {
    Change(Indicator, Option<ProductId>),
    WelfarePerGdp,
    WelfarePerHead,
    Leakage,
    Losing,
    /// How a party stands.
    Standing(usize, Part),
    /// Whether every party signs.
    AllSign,
}

/// What of a party's standing is measured.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Part {
    Payoff,
    Signs,
    Value(usize),
    Kept(usize),
}

/// What a party's payoff is called among the figures.
pub const PAYOFF: &str = "payoff";
/// What is called whether a party signs.
pub const SIGNS: &str = "signs";
/// Who signs where every party does.
pub const EVERY_PARTY: &str = "every party";

/// What stands before a red line's name where it is told whether it is kept.
pub const RED_LINE_KEPT: &str = "red_line_kept.";

/// What is called what a red line bounds.
#[must_use]
pub fn red_line(name: &str) -> String {
    format!("red_line.{name}")
}

/// What is called whether a red line is kept.
#[must_use]
pub fn red_line_kept(name: &str) -> String {
    format!("{RED_LINE_KEPT}{name}")
}

/// What a party has in the status quo, against which payoffs count.
const STATUS_QUO: f64 = 0.0;

/// Figures, ready to be measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// Their names.
    pub named: Vec<Named>,
    measured: Vec<(Whose, Measured)>,
    parties: Vec<Party>,
}

/// Indicators of every group that are headlines.
const HEADLINES: [Indicator; 4] =
    [Indicator::Welfare, Indicator::Exports, Indicator::Output, Indicator::Emissions];
/// Indicators of every group that pages show besides.
const SHOWN: [Indicator; 4] = [
    Indicator::ExportValue,
    Indicator::GovernmentRevenue,
    Indicator::ConsumerSurplus,
    Indicator::ProducerSurplus,
];
/// Measures that are no indicator, with their units.
const MEASURES: [(&str, &str, Measured); 4] = [
    ("welfare_per_gdp", "ratio", Measured::WelfarePerGdp),
    ("welfare_per_head", "usd_per_head", Measured::WelfarePerHead),
    ("leakage", "ratio", Measured::Leakage),
    ("countries_losing", "countries", Measured::Losing),
];

/// The groups whose figures are headlines, regions left out, by name.
fn headline_groups(baseline: &Baseline, members: &CountrySet) -> impl Iterator<Item = (String, Whose)> {
    let shown = shown_groups(baseline, members).into_iter();
    shown.filter(|group| group.section != Section::Region).map(|group| {
        let whose = match group.name.as_str() {
            "members" => Whose::Members,
            "outside" => Whose::Outside,
            _ => Whose::These(group.set),
        };
        (group.name, whose)
    })
}

impl Figures {
    /// The headlines of a world: welfare, exports, output and emissions of the world, the members, the
    /// countries outside, status and income groups and groups of the user; leakage; how many lose.
    #[must_use]
    pub fn headlines(baseline: &Baseline, members: &CountrySet) -> Self {
        let mut figures = Self::none();
        for (name, whose) in headline_groups(baseline, members) {
            for indicator in HEADLINES {
                let measured = Measured::Change(indicator, None);
                figures.put(&name, indicator.name(), None, indicator.unit(), &whose, measured);
            }
            figures.put(&name, "welfare_per_gdp", None, "ratio", &whose, Measured::WelfarePerGdp);
        }
        let all = Whose::These(CountrySet::all(baseline.countries.len()));
        figures.put("world", "leakage", None, "ratio", &all, Measured::Leakage);
        figures.put("world", "countries_losing", None, "countries", &all, Measured::Losing);
        figures
    }

    /// Adds what else pages show of groups, and welfare of each country.
    pub fn add_shown(&mut self, baseline: &Baseline, members: &CountrySet) {
        for (name, whose) in headline_groups(baseline, members) {
            for indicator in SHOWN {
                let measured = Measured::Change(indicator, None);
                self.put(&name, indicator.name(), None, indicator.unit(), &whose, measured);
            }
        }
        for country in baseline.country_ids() {
            let whose = Whose::These(CountrySet::of(baseline.countries.len(), [country]));
            let code = &baseline.countries[country.index()].code;
            let welfare = Indicator::Welfare;
            self.put(code, welfare.name(), None, welfare.unit(), &whose, Measured::Change(welfare, None));
            self.put(code, "welfare_per_gdp", None, "ratio", &whose, Measured::WelfarePerGdp);
        }
    }

    /// Adds how parties stand: each one's payoff, whether it signs (1 or 0), what each of its red lines
    /// bounds and whether it is kept, and whether every party signs. Where something else than the status quo
    /// holds without an agreement, draws do not say what that is worth in each of them: nothing is said of who
    /// signs.
    pub fn add_parties(&mut self, parties: Vec<Party>, against_status_quo: bool) {
        for (at, party) in parties.iter().enumerate() {
            let mut put = |indicator: &str, unit: &str, part| {
                let whose = Whose::These(party.members.clone());
                self.put(&party.name, indicator, None, unit, &whose, Measured::Standing(at, part));
            };
            put(PAYOFF, "million_usd", Part::Payoff);
            if against_status_quo {
                put(SIGNS, "yes_or_no", Part::Signs);
            }
            for (line, red) in party.red_lines.iter().enumerate() {
                put(&red_line(&red.name), red.of.unit(), Part::Value(line));
                put(&red_line_kept(&red.name), "yes_or_no", Part::Kept(line));
            }
        }
        if !parties.is_empty() && against_status_quo {
            let all = Whose::These(CountrySet::none(0));
            self.put(EVERY_PARTY, SIGNS, None, "yes_or_no", &all, Measured::AllSign);
        }
        self.parties = parties;
    }

    fn put(
        &mut self,
        group: &str,
        indicator: &str,
        product: Option<&str>,
        unit: &str,
        whose: &Whose,
        measured: Measured,
    ) {
        let name = product.map_or_else(
            || format!("{group}.{indicator}"),
            |product| format!("{group}.{indicator}.{product}"),
        );
        self.named.push(Named {
            name,
            group: group.to_owned(),
            product: product.unwrap_or("all").to_owned(),
            indicator: indicator.to_owned(),
            unit: unit.to_owned(),
        });
        self.measured.push((whose.clone(), measured));
    }

    /// Adds the figure of a name such as `LDC.exports.steel`.
    ///
    /// # Errors
    /// What is wrong with the name, and a remedy.
    pub fn add(&mut self, baseline: &Baseline, name: &str) -> Result<(), (String, String)> {
        let parts: Vec<&str> = name.split('.').collect();
        let (group, indicator, product) = match parts.as_slice() {
            [group, indicator] => (*group, *indicator, None),
            [group, indicator, product] => (*group, *indicator, Some(*product)),
            _ => {
                let remedy =
                    "write GROUP.INDICATOR or GROUP.INDICATOR.PRODUCT: \"members.welfare\", for instance";
                return Err((format!("{name:?} is no figure"), remedy.to_owned()));
            }
        };
        let whose = whose(baseline, group)?;
        let product_id = match product {
            None => None,
            Some(code) => Some(baseline.product(code).ok_or_else(|| {
                let known = baseline.products.iter().map(|product| product.code.as_str());
                (format!("product `{code}` is not known"), instead(code, known))
            })?),
        };
        if let Some((_, unit, measured)) = MEASURES.iter().find(|(known, ..)| *known == indicator) {
            if product.is_some() {
                return Err((
                    format!("`{indicator}` is of all products together"),
                    "leave the product out".to_owned(),
                ));
            }
            if matches!(measured, Measured::Leakage | Measured::Losing) && group != "world" {
                return Err((
                    format!("`{indicator}` is of the whole world"),
                    format!("write world.{indicator}"),
                ));
            }
            self.put(group, indicator, None, unit, &whose, *measured);
            return Ok(());
        }
        let Some(of) = Indicator::ALL.into_iter().find(|known| known.name() == indicator) else {
            let known = Indicator::ALL.into_iter().map(Indicator::name);
            let known = known.chain(MEASURES.iter().map(|(name, ..)| *name));
            return Err((format!("indicator `{indicator}` is not known"), instead(indicator, known)));
        };
        self.put(group, indicator, product, of.unit(), &whose, Measured::Change(of, product_id));
        Ok(())
    }

    /// No figure.
    #[must_use]
    pub fn none() -> Self {
        Self { named: vec![], measured: vec![], parties: vec![] }
    }

    /// Every figure of an outcome, in order; NaN where it is not known or not defined.
    #[must_use]
    pub fn measure(
        &self,
        baseline: &Baseline,
        members: &CountrySet,
        indicators: &Indicators,
        equilibrium: &Equilibrium,
    ) -> Vec<f64> {
        let totals = Totals::new(baseline, indicators, equilibrium);
        let outside = members.complement();
        let standings: Vec<Standing> =
            self.parties.iter().map(|party| Standing::at(party, baseline, &totals)).collect();
        let of = |(whose, measured): &(Whose, Measured)| {
            let set = match whose {
                Whose::Members => members,
                Whose::Outside => &outside,
                Whose::These(set) => set,
            };
            match measured {
                Measured::Change(indicator, product) => {
                    totals.get(set, *indicator, *product).level.map(Level::change)
                }
                Measured::WelfarePerGdp => totals.welfare_per_gdp(set).map(|relative| relative.value),
                Measured::WelfarePerHead => totals.welfare_per_head(set).map(|relative| relative.value),
                Measured::Leakage => {
                    Balance::of(baseline, &totals, equilibrium, members, None).leakage().ratio()
                }
                Measured::Standing(party, part) => standings.get(*party).and_then(|one| part.of(one)),
                Measured::AllSign => Some(truth(standings.iter().all(|one| one.signs(STATUS_QUO)))),
                Measured::Losing => Some(Burdens::of(baseline, indicators, equilibrium).losing() as f64),
            }
        };
        self.measured.iter().map(|figure| of(figure).unwrap_or(f64::NAN)).collect()
    }
}

fn truth(is: bool) -> f64 {
    f64::from(u8::from(is))
}

impl Part {
    fn of(self, standing: &Standing) -> Option<f64> {
        match self {
            Self::Payoff => Some(standing.payoff.total()),
            Self::Signs => Some(truth(standing.signs(STATUS_QUO))),
            Self::Value(line) => standing.red_lines.get(line).and_then(|held| held.value),
            Self::Kept(line) => standing.red_lines.get(line).map(|held| truth(held.kept)),
        }
    }
}

fn whose(baseline: &Baseline, group: &str) -> Result<Whose, (String, String)> {
    match group {
        "members" => return Ok(Whose::Members),
        "outside" => return Ok(Whose::Outside),
        "world" => return Ok(Whose::These(CountrySet::all(baseline.countries.len()))),
        _ => {}
    }
    if let Some(found) = baseline.groups.get(&normalised(group)) {
        return Ok(Whose::These(found.members.clone()));
    }
    if let Some(country) = baseline.country(group) {
        let one: [CountryId; 1] = [country];
        return Ok(Whose::These(CountrySet::of(baseline.countries.len(), one)));
    }
    let groups = baseline.groups.values().map(|group| group.name.as_str());
    let known = groups.chain(baseline.countries.iter().map(|country| country.code.as_str()));
    Err((
        format!("`{group}` is no group and no country"),
        instead(group, known.chain(["members", "outside"])),
    ))
}
