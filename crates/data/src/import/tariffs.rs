//! Tariff files (exports of WITS/TRAINS and `MacMap`) to duties by product.
//!
//! A product's rate is the mean over its HS6 codes, weighted by what the importer buys of each, or
//! the plain mean where it buys none of them. A code's rate is the plain mean over its tariff lines
//! where the file gives longer codes. A partner's rate of a line is the lowest one named for it, else
//! the most-favoured-nation rate.

use crate::import::codes::{Countries, Numbers};
use crate::import::concordance::Concordance;
use crate::import::faults::Faults;
use crate::import::plan::{Plan, RateUnit, Tariffs};
use crate::import::scan::{self, Fields, Header, short};
use crate::import::trade::Trade;
use std::collections::{BTreeMap, BTreeSet};
use zollverein_model::problem::Place;

/// Rates above this are no ad valorem rates, percent.
const LARGEST: f64 = 3000.0;
/// A column of rates, in `MacMap`'s bulk files, that people have read as percent and as parts of the value.
const UNSAID: &str = "AvDuty";

/// A duty of the new folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Rate {
    /// The importer.
    pub importer: u16,
    /// The exporter; `None` for all without a row of their own.
    pub exporter: Option<u16>,
    /// The product.
    pub product: u16,
    /// Percent of the cif value.
    pub percent: f64,
    /// Position of the file in the plan.
    pub file: usize,
    /// How many HS6 codes it is the mean of.
    pub codes: usize,
    /// Whether the mean is weighted by imports.
    pub weighted: bool,
}

/// Rates by HS6 code and what stands behind it in the code of a tariff line.
type Lines = BTreeMap<(u32, u64), Line>;

/// Rates by importer, product and partner (`None`: all).
type Rates = BTreeMap<(u16, u16), BTreeMap<Option<u16>, Lines>>;

/// A rate of a tariff line; the best founded kind of a partner wins.
#[derive(Debug, Clone, Copy)]
struct Line {
    percent: f64,
    rank: u8,
    file: usize,
}

/// The duties that a plan's tariff files give.
pub fn read(
    plan: &Plan,
    countries: &Countries,
    products: &Concordance,
    trade: &Trade,
    faults: &mut Faults,
) -> Vec<Rate> {
    let mut rates = Rates::new();
    for (file, tariffs) in plan.tariffs.iter().enumerate() {
        let numbers =
            tariffs.countries.as_ref().map(|path| Numbers::read(&plan.path(path), countries, faults));
        let reading = Reading { countries, numbers: numbers.unwrap_or_default(), products, year: plan.year };
        let path = plan.path(&tariffs.file);
        let record = |columns: &Columns, fields: Fields<'_>, part: &mut Vec<Row>, faults: &mut Faults| {
            reading.row(columns, &fields, part, faults);
        };
        scan::scan(
            &path,
            faults,
            |header, faults| Columns::open(tariffs, header, faults),
            record,
            |part, _| {
                for row in part {
                    let lines =
                        rates.entry((row.importer, row.product)).or_default().entry(row.partner).or_default();
                    let line = Line { percent: row.percent, rank: row.rank, file };
                    let kept = lines.entry((row.code, row.tail)).or_insert(line);
                    if (line.rank, -line.percent) > (kept.rank, -kept.percent) {
                        *kept = line;
                    }
                }
            },
        );
    }
    means(&rates, trade)
}

/// The plain mean over the lines of a code, a partner's own in the place of the general ones, and the
/// file they are from.
fn of_code(own: &Lines, general: Option<&Lines>, code: u32) -> Option<(f64, usize)> {
    let of = |lines: &Lines| -> BTreeMap<u64, Line> {
        lines.range((code, 0)..=(code, u64::MAX)).map(|((_, tail), line)| (*tail, *line)).collect()
    };
    let mut lines = of(own);
    let (none, whole) = (lines.is_empty(), lines.contains_key(&0));
    // a rate of the whole code covers every line of it, and is no line beside others
    for (tail, line) in general.map(of).unwrap_or_default() {
        if none || (!whole && tail != 0) {
            lines.entry(tail).or_insert(line);
        }
    }
    let sum: f64 = lines.values().map(|line| line.percent).sum();
    Some((sum / lines.len() as f64, lines.values().next()?.file))
}

fn means(rates: &Rates, trade: &Trade) -> Vec<Rate> {
    let mut found = vec![];
    for ((importer, product), partners) in rates {
        let general = partners.get(&None);
        let mut favoured = None;
        for (exporter, own) in partners {
            let all = own.keys().chain(general.into_iter().flat_map(BTreeMap::keys));
            let codes: BTreeSet<u32> = all.map(|(code, _)| *code).collect();
            let (mut weighted, mut weights, mut plain) = (0.0, 0.0, 0.0);
            let mut file = 0;
            for code in &codes {
                let Some((percent, from)) = of_code(own, general, *code) else { continue };
                let weight = trade.weight(*importer, *code).unwrap_or(0.0);
                weighted += weight * percent;
                weights += weight;
                plain += percent;
                file = from;
            }
            let is_weighted = weights > 0.0;
            let percent = if is_weighted { weighted / weights } else { plain / codes.len() as f64 };
            if exporter.is_none() {
                favoured = Some(percent);
            } else if favoured.is_some_and(|favoured| (favoured - percent).abs() < 1e-9) {
                continue; // the rate for all says the same
            }
            found.push(Rate {
                importer: *importer,
                exporter: *exporter,
                product: *product,
                percent,
                file,
                codes: codes.len(),
                weighted: is_weighted,
            });
        }
    }
    found
}

/// A row that counts.
#[derive(Debug, Clone, Copy)]
struct Row {
    importer: u16,
    partner: Option<u16>,
    product: u16,
    code: u32,
    tail: u64,
    percent: f64,
    rank: u8,
}

struct Columns {
    importer: usize,
    exporter: Option<usize>,
    code: usize,
    rate: usize,
    kind: Option<usize>,
    year: Option<usize>,
    /// Percent in a unit of the rate.
    percent: f64,
}

impl Columns {
    fn open(tariffs: &Tariffs, header: &Header, faults: &mut Faults) -> Option<Self> {
        let names = |what: &str, known: &[&'static str]| -> Vec<String> {
            match tariffs.columns.get(what) {
                Some(own) => vec![own.clone()],
                None => known.iter().map(|name| (*name).to_owned()).collect(),
            }
        };
        let importer = names(
            "importer",
            &[
                "Reporter_ISO_N",
                "Reporter",
                "ReporterCode",
                "Reporter ISO3",
                "Importer",
                "ReportingCountry",
                "reporter_iso3",
            ],
        );
        let exporter = names(
            "exporter",
            &["Partner", "PartnerCode", "Partner ISO3", "Exporter", "PartnerCountry", "partner_iso3"],
        );
        let code = names("code", &["Product", "ProductCode", "HS6", "HSCode", "cmdCode"]);
        let rate = names(
            "rate",
            &[
                "SimpleAverage",
                "Simple Average",
                "AVE",
                "AdValorem",
                "adv",
                "Rate",
                "Tariff",
                "AverageTariff",
                UNSAID,
            ],
        );
        let kind = names("kind", &["DutyType", "Duty Type", "TariffRegime", "Tariff Regime", "Regime"]);
        let year = names("year", &["Year", "Tariff Year", "TariffYear"]);
        let need = |names: &[String], faults: &mut Faults| {
            header.need(&names.iter().map(String::as_str).collect::<Vec<_>>(), faults)
        };
        let find = |names: &[String]| header.find(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let (importer, code, rate) = (need(&importer, faults), need(&code, faults), need(&rate, faults));
        if rate.is_some() && tariffs.unit.is_none() && rate == header.find(&[UNSAID]) {
            faults.add(
                Place::line(tariffs.file.display().to_string(), 1),
                format!("it is not known whether `{UNSAID}` is in percent or a part of the value"),
                "add unit = \"percent\" or unit = \"ratio\" to its [[tariffs]] in the plan",
            );
        }
        Some(Self {
            importer: importer?,
            exporter: find(&exporter),
            code: code?,
            rate: rate?,
            kind: find(&kind),
            year: find(&year),
            percent: if tariffs.unit == Some(RateUnit::Ratio) { 100.0 } else { 1.0 },
        })
    }
}

struct Reading<'a> {
    countries: &'a Countries,
    numbers: Numbers,
    products: &'a Concordance,
    year: i32,
}

impl Reading<'_> {
    fn row(&self, columns: &Columns, fields: &Fields<'_>, part: &mut Vec<Row>, faults: &mut Faults) {
        let percent = fields.amount(columns.rate, "rate", faults).map(|rate| rate * columns.percent);
        if let Some(percent) = percent.filter(|percent| *percent > LARGEST) {
            faults.add(
                fields.place(),
                format!("`rate` is {percent} percent"),
                "give the ad valorem rate in percent of the value",
            );
            return;
        }
        if let Some(year) = fields.text_if_any(columns.year)
            && year.parse::<i32>() != Ok(self.year)
        {
            if year.parse::<i32>().is_err() {
                faults.add(
                    fields.place(),
                    format!("the year is `{}`", short(year)),
                    "give it in four digits",
                );
            }
            return;
        }
        let code = fields.text(columns.code);
        if code.len() < 6 {
            return; // chapters and headings are means of the codes
        }
        let parts = code.split_at_checked(6).and_then(|(code, tail)| {
            let tail = if tail.is_empty() { Some(0) } else { tail.parse().ok() };
            let all = code.bytes().all(|byte| byte.is_ascii_digit());
            Some((code.parse::<u32>().ok().filter(|_| all)?, tail?))
        });
        let Some((code, tail)) = parts else {
            faults.add(fields.place(), format!("the code is `{}`", short(code)), "give six digits or more");
            return;
        };
        let (Some(product), Some(percent)) = (self.products.product(code), percent) else { return };
        let importers = self.countries(fields, fields.text(columns.importer), "importer", faults);
        let partner = fields.text_if_any(columns.exporter).unwrap_or("WLD");
        let partners: Vec<Option<u16>> = match partner {
            "0" | "000" | "WLD" | "W00" | "World" | "*" => vec![None],
            name => self.countries(fields, name, "exporter", faults).into_iter().map(Some).collect(),
        };
        let rank = match fields.text_if_any(columns.kind).map(str::to_uppercase).as_deref() {
            Some("AHS") => 3,
            Some("PRF" | "PREF" | "PREFERENTIAL") => 2,
            Some("BND" | "BOUND") => return, // what may be charged, not what is
            _ => 1,
        };
        for importer in importers {
            for partner in &partners {
                if *partner != Some(importer) {
                    part.push(Row { importer, partner: *partner, product, code, tail, percent, rank });
                }
            }
        }
    }

    /// The countries of a name, number or union; one that is not known is a fault. Countries that
    /// the base does not name have no duties of their own.
    fn countries(&self, fields: &Fields<'_>, name: &str, what: &str, faults: &mut Faults) -> Vec<u16> {
        if matches!(name, "918" | "EU" | "EUN" | "EU27" | "European Union") {
            return self.countries.union.clone();
        }
        let found = match name.parse::<u32>() {
            Ok(number) => self.numbers.country.get(&number).copied(),
            Err(_) => self.countries.of_name(name),
        };
        match found {
            // what is one country of many in the rest of the world sets no duty for all of them
            Some(at) if Some(at) == self.countries.rest && name != self.countries.codes[usize::from(at)] => {
                vec![]
            }
            Some(at) => vec![at],
            None if self.countries.rest.is_some() && name.len() == 3 && name.parse::<u32>().is_err() => {
                vec![]
            }
            None => {
                faults.add(
                    fields.place(),
                    format!("the {what} is `{}`, which is not known", short(name)),
                    "numbers need `countries`, a file of country codes; add other names to [names] in the plan",
                );
                vec![]
            }
        }
    }
}
