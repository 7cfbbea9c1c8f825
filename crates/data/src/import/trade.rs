//! What trade files report, by product and pair of countries.

use crate::import::codes::{Countries, Numbers};
use crate::import::concordance::{self, Concordance};
use crate::import::faults::Faults;
use crate::import::plan::{Baci, Input, Plan};
use crate::import::scan::{self, Fields, Header, short};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use zollverein_model::problem::Place;

/// Product, exporter and importer, by position.
pub type Pair = (u16, u16, u16);

/// What one side reports of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Report {
    /// Tonnes, in kt.
    pub kt: f64,
    /// Value of those tonnes, thousand USD.
    pub value: f64,
    /// Value of shipments whose tonnes are not reported, thousand USD.
    pub value_without_tonnes: f64,
}

/// What the trade files report.
#[derive(Debug, Clone, Default)]
pub struct Trade {
    /// One figure for both sides (BACI).
    pub settled: BTreeMap<Pair, Report>,
    /// What exporters report (Comtrade, fob).
    pub exporters: BTreeMap<Pair, Report>,
    /// What importers report (Comtrade, cif).
    pub importers: BTreeMap<Pair, Report>,
    /// Imports by importer and HS6 code, thousand USD: the weights of tariffs.
    pub by_code: BTreeMap<(u16, u32), f64>,
    /// Codes of countries that were taken for the rest of the world.
    pub rest: BTreeSet<String>,
    /// Rows that were read.
    pub rows: usize,
    /// Rows of other years, products or breakdowns.
    pub other: usize,
}

impl Trade {
    /// Everything that a plan's trade files report.
    pub fn read(plan: &Plan, countries: &Countries, products: &Concordance, faults: &mut Faults) -> Self {
        let mut trade = Self::default();
        for file in &plan.baci {
            trade.baci(plan, file, countries, products, faults);
        }
        for file in &plan.comtrade {
            trade.comtrade(plan, file, countries, products, faults);
        }
        trade
    }

    /// A country's imports of a code, thousand USD; `None` if it imports none of it.
    #[must_use]
    pub fn weight(&self, importer: u16, code: u32) -> Option<f64> {
        self.by_code.get(&(importer, code)).copied().filter(|value| *value > 0.0)
    }

    fn put(&mut self, side: Side, row: &Row) {
        let table = match side {
            Side::Settled => &mut self.settled,
            Side::Exporter => &mut self.exporters,
            Side::Importer => &mut self.importers,
        };
        let report = table.entry((row.product, row.exporter, row.importer)).or_default();
        match row.kt {
            Some(kt) if kt > 0.0 => {
                report.kt += kt;
                report.value += row.value;
            }
            _ => report.value_without_tonnes += row.value,
        }
        if side != Side::Exporter {
            *self.by_code.entry((row.importer, row.code)).or_default() += row.value;
        }
    }

    fn take(
        &mut self,
        file: &str,
        seen: &mut HashMap<(Side, u16, u16, u32), usize>,
        part: Part,
        faults: &mut Faults,
    ) {
        self.rows += part.rows;
        self.other += part.other;
        self.rest.extend(part.rest);
        for (side, row) in part.kept {
            // countries that went to the rest of the world may well repeat
            if !row.in_rest
                && let Some(first) = seen.insert((side, row.exporter, row.importer, row.code), row.line)
            {
                faults.add(
                    Place::line(file, row.line),
                    format!("the same countries and code {:06} as line {first}", row.code),
                    "remove one of the two, or add them up",
                );
            }
            if row.exporter != row.importer {
                self.put(side, &row);
            }
        }
    }

    fn nothing(plan: &Plan, file: &str, kept: bool, faults: &mut Faults) {
        if !kept && faults.is_empty() {
            faults.add(
                Place::file(file),
                format!("no row is of {} and of a product of the plan", plan.year),
                "check `year`, the edition of the concordance and the products in the plan",
            );
        }
    }

    fn baci(
        &mut self,
        plan: &Plan,
        file: &Baci,
        countries: &Countries,
        products: &Concordance,
        faults: &mut Faults,
    ) {
        let numbers = Numbers::read(&plan.path(&file.countries), countries, faults);
        self.rest.extend(numbers.rest.iter().cloned());
        let (path, mut seen) = (plan.path(&file.file), HashMap::new());
        let name = path.display().to_string();
        let open = |header: &Header, faults: &mut Faults| {
            let found = ["t", "i", "j", "k", "v", "q"].map(|name| header.need(&[name], faults));
            let [Some(t), Some(i), Some(j), Some(k), Some(v), Some(q)] = found else { return None };
            Some([t, i, j, k, v, q])
        };
        let rest = countries.rest;
        let record = |columns: &[usize; 6], fields: Fields<'_>, part: &mut Part, faults: &mut Faults| {
            part.rows += 1;
            let [t, i, j, k, v, q] = *columns;
            let year = fields.text(t).parse::<i32>();
            if year.is_err() {
                let what = format!("`t` is `{}`, no year", short(fields.text(t)));
                faults.add(fields.place(), what, "give the year in four digits");
            }
            let ends =
                [("i", i), ("j", j)].map(|(name, column)| number(&numbers, &fields, column, name, faults));
            let code = concordance::code(&fields, k, "k", faults);
            let value = fields.amount(v, "v", faults);
            let tonnes = fields.amount(q, "q", faults);
            let product = code.and_then(|code| products.product(code));
            let (Some(code), Some(product), [Some(exporter), Some(importer)]) = (code, product, ends) else {
                part.other += 1;
                return;
            };
            if year != Ok(plan.year) {
                part.other += 1;
                return;
            }
            let in_rest = rest.is_some_and(|rest| exporter == rest || importer == rest);
            let (value, kt) = (value.unwrap_or(0.0), tonnes.map(|tonnes| tonnes / 1e3));
            let row = Row { product, exporter, importer, code, value, kt, line: fields.line, in_rest };
            part.kept.push((Side::Settled, row));
        };
        scan::scan(&path, faults, open, record, |part, faults| self.take(&name, &mut seen, part, faults));
        Self::nothing(plan, &name, !self.settled.is_empty(), faults);
    }

    fn comtrade(
        &mut self,
        plan: &Plan,
        file: &Input,
        countries: &Countries,
        products: &Concordance,
        faults: &mut Faults,
    ) {
        let (path, mut seen) = (plan.path(&file.file), HashMap::new());
        let name = path.display().to_string();
        let record = |columns: &Comtrade, fields: Fields<'_>, part: &mut Part, faults: &mut Faults| {
            part.rows += 1;
            match columns.row(plan, countries, products, &fields, part, faults) {
                Some(row) => part.kept.push(row),
                None => part.other += 1,
            }
        };
        scan::scan(&path, faults, Comtrade::open, record, |part, faults| {
            self.take(&name, &mut seen, part, faults);
        });
        Self::nothing(plan, &name, !(self.exporters.is_empty() && self.importers.is_empty()), faults);
    }
}

/// Whose word a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Side {
    Settled,
    Exporter,
    Importer,
}

/// A row that counts.
#[derive(Debug, Clone, Copy)]
struct Row {
    product: u16,
    exporter: u16,
    importer: u16,
    code: u32,
    /// Thousand USD.
    value: f64,
    kt: Option<f64>,
    line: usize,
    in_rest: bool,
}

/// What a piece of a file holds.
#[derive(Debug, Default)]
struct Part {
    kept: Vec<(Side, Row)>,
    rows: usize,
    other: usize,
    rest: BTreeSet<String>,
}

/// The country of a number; a number that is not known is a fault.
fn number(
    numbers: &Numbers,
    fields: &Fields<'_>,
    column: usize,
    name: &str,
    faults: &mut Faults,
) -> Option<u16> {
    let text = fields.text(column);
    let found = text.parse().ok().and_then(|number: u32| numbers.country.get(&number).copied());
    if found.is_none() {
        faults.add(
            fields.place(),
            format!("`{name}` is `{}`, which is no country of the file of codes", short(text)),
            "use the file of country codes that came with the trade file",
        );
    }
    found
}

/// The columns of a Comtrade file, by their new or old names.
struct Comtrade {
    year: usize,
    flow: usize,
    reporter: usize,
    partner: usize,
    partner_number: Option<usize>,
    code: usize,
    value: usize,
    weight: usize,
    edition: Option<usize>,
    /// Breakdowns, with the words that stand for the whole.
    whole: Vec<(usize, &'static [&'static str])>,
}

impl Comtrade {
    fn open(header: &Header, faults: &mut Faults) -> Option<Self> {
        let year = header.need(&["refYear", "Year", "period"], faults);
        let flow = header.need(&["flowCode", "Trade Flow Code", "Trade Flow"], faults);
        let reporter = header.need(&["reporterISO", "Reporter ISO"], faults);
        let partner = header.need(&["partnerISO", "Partner ISO"], faults);
        let code = header.need(&["cmdCode", "Commodity Code"], faults);
        let value = header.need(&["primaryValue", "Trade Value (US$)"], faults);
        let weight = header.need(&["netWgt", "Netweight (kg)"], faults);
        let breakdowns: [(&[&str], &'static [&'static str]); 3] = [
            (&["customsCode", "Customs Proc. Code"], &["C00", ""]),
            (&["motCode", "Mode of Transport Code"], &["0", ""]),
            (&["partner2Code", "2nd Partner Code"], &["0", ""]),
        ];
        let whole =
            breakdowns.into_iter().filter_map(|(names, words)| Some((header.find(names)?, words))).collect();
        Some(Self {
            year: year?,
            flow: flow?,
            reporter: reporter?,
            partner: partner?,
            partner_number: header.find(&["partnerCode", "Partner Code"]),
            code: code?,
            value: value?,
            weight: weight?,
            edition: header.find(&["classificationCode", "Classification"]),
            whole,
        })
    }

    fn row(
        &self,
        plan: &Plan,
        countries: &Countries,
        products: &Concordance,
        fields: &Fields<'_>,
        part: &mut Part,
        faults: &mut Faults,
    ) -> Option<(Side, Row)> {
        let year = fields.text(self.year);
        let Ok(year) = year.get(..4).unwrap_or(year).parse::<i32>() else {
            let what = format!("the year is `{}`", short(year));
            faults.add(fields.place(), what, "give it in four digits");
            return None;
        };
        let value = fields.amount(self.value, "value", faults);
        let weight = fields.amount(self.weight, "net weight", faults);
        let code = fields.text(self.code);
        let is_code = code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit());
        if year != plan.year || !is_code {
            return None; // chapters, headings and totals are sums of the codes
        }
        let code = code.parse().ok()?;
        let product = products.product(code)?;
        if self.whole.iter().any(|(column, words)| !words.contains(&fields.text(*column))) {
            return None;
        }
        self.edition(plan, fields, faults);
        let side = match fields.text(self.flow).to_lowercase().as_str() {
            "m" | "1" | "import" | "imports" => Side::Importer,
            "x" | "2" | "export" | "exports" => Side::Exporter,
            _ => return None, // re-exports and re-imports are within exports and imports
        };
        let (reporter, partner) = (fields.text(self.reporter), fields.text(self.partner));
        let number = self.partner_number.map_or("", |column| fields.text(column));
        if matches!(partner, "W00" | "WLD") || number == "0" {
            return None;
        }
        // Comtrade gives Taiwan as `Other Asia, nes`
        let partner = if number == "490" || partner == "S19" { "TWN" } else { partner };
        let mut end = |code: &str, what: &str| {
            let found = countries.of_code(code);
            match found {
                Some(at) if countries.named(code).is_none() && Some(at) == countries.rest => {
                    part.rest.insert(code.to_owned());
                }
                Some(_) => {}
                None => faults.add(
                    fields.place(),
                    format!("the base folder has no {what} `{}`", short(code)),
                    countries.remedy(code),
                ),
            }
            found
        };
        let (reporter, partner) = (end(reporter, "reporter"), end(partner, "partner"));
        let (exporter, importer) = match side {
            Side::Importer => (partner?, reporter?),
            _ => (reporter?, partner?),
        };
        let in_rest = countries.rest.is_some_and(|rest| exporter == rest || importer == rest);
        let (value, kt) = (value.unwrap_or(0.0) / 1e3, weight.map(|kilograms| kilograms / 1e6));
        Some((side, Row { product, exporter, importer, code, value, kt, line: fields.line, in_rest }))
    }

    /// A file of another edition than the plan's groups codes wrongly.
    fn edition(&self, plan: &Plan, fields: &Fields<'_>, faults: &mut Faults) {
        let edition = match fields.text_if_any(self.edition) {
            Some("H4") => "HS2012",
            Some("H5") => "HS2017",
            Some("H6") => "HS2022",
            _ => return,
        };
        if edition != plan.concordance.edition {
            faults.add(
                fields.place(),
                format!("the row is in {edition} and the plan says {}", plan.concordance.edition),
                format!("set `edition = \"{edition}\"`, or take the file in the plan's edition"),
            );
        }
    }
}
