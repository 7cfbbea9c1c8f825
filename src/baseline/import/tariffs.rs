//! Tariff files (exports of WITS/TRAINS and `MacMap`) to duties by product.
//!
//! A product's rate is the mean over its HS6 codes, weighted by what the importer buys of each, or
//! the plain mean where it buys none of them. A partner's rate of a code is the one named for it,
//! else the most-favoured-nation rate.

use crate::baseline::import::codes::{Countries, Numbers};
use crate::baseline::import::concordance::Concordance;
use crate::baseline::import::faults::Faults;
use crate::baseline::import::plan::{Plan, Tariffs};
use crate::baseline::import::scan::{self, Fields, Header, short};
use crate::baseline::import::trade::Trade;
use std::collections::{BTreeMap, BTreeSet};

/// Rates above this are no ad valorem rates, percent.
const LARGEST: f64 = 3000.0;

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

/// Rates by importer, product and partner (`None`: all), then by code.
type Rates = BTreeMap<(u16, u16), BTreeMap<Option<u16>, BTreeMap<u32, Line>>>;

/// A rate of a code; the best founded kind of a partner wins.
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
                    let kept = lines.entry(row.code).or_insert(line);
                    if (line.rank, -line.percent) > (kept.rank, -kept.percent) {
                        *kept = line;
                    }
                }
            },
        );
    }
    means(&rates, trade)
}

fn means(rates: &Rates, trade: &Trade) -> Vec<Rate> {
    let mut found = vec![];
    for ((importer, product), partners) in rates {
        let general = partners.get(&None);
        let mut favoured = None;
        for (exporter, own) in partners {
            let codes: BTreeSet<u32> =
                own.keys().chain(general.into_iter().flat_map(BTreeMap::keys)).copied().collect();
            let (mut weighted, mut weights, mut plain) = (0.0, 0.0, 0.0);
            let mut file = 0;
            for code in &codes {
                let Some(line) = own.get(code).or_else(|| general?.get(code)) else { continue };
                let weight = trade.weight(*importer, *code).unwrap_or(0.0);
                weighted += weight * line.percent;
                weights += weight;
                plain += line.percent;
                file = line.file;
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
            ],
        );
        let kind = names("kind", &["DutyType", "Duty Type", "TariffRegime", "Tariff Regime", "Regime"]);
        let year = names("year", &["Year", "Tariff Year", "TariffYear"]);
        let need = |names: &[String], faults: &mut Faults| {
            header.need(&names.iter().map(String::as_str).collect::<Vec<_>>(), faults)
        };
        let find = |names: &[String]| header.find(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let (importer, code, rate) = (need(&importer, faults), need(&code, faults), need(&rate, faults));
        Some(Self {
            importer: importer?,
            exporter: find(&exporter),
            code: code?,
            rate: rate?,
            kind: find(&kind),
            year: find(&year),
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
        let percent = fields.amount(columns.rate, "rate", faults);
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
        let digits = code.get(..6).filter(|code| code.bytes().all(|byte| byte.is_ascii_digit()));
        let Some(code) = digits.and_then(|code| code.parse::<u32>().ok()) else {
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
                    part.push(Row { importer, partner: *partner, product, code, percent, rank });
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
