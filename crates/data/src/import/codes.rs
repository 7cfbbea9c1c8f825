//! Countries as files name them: codes of letters, BACI's numbers, names in words.

use crate::import::faults::Faults;
use crate::import::plan::Plan;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use zollverein_model::baseline::sheet::Sheet;
use zollverein_model::baseline::tables::Tables;
use zollverein_model::problem::{Place, Problems, instead};

/// The countries of the new folder, and how files call them.
#[derive(Debug, Clone)]
pub struct Countries {
    /// Codes, in the order of the base folder.
    pub codes: Vec<String>,
    by_code: HashMap<String, u16>,
    by_name: HashMap<String, u16>,
    /// Where countries go that the base does not name.
    pub rest: Option<u16>,
    /// Members of the European Union, for tariffs that are named by it.
    pub union: Vec<u16>,
}

/// A name as it is compared: without case, blanks, accents left out and signs.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Other spellings of names that the World Bank spells its own way.
const SPELLINGS: [(&str, &str); 22] = [
    ("South Korea", "KOR"),
    ("North Korea", "PRK"),
    ("Russia", "RUS"),
    ("Turkey", "TUR"),
    ("Türkiye", "TUR"),
    ("Egypt", "EGY"),
    ("Iran", "IRN"),
    ("Venezuela", "VEN"),
    ("Vietnam", "VNM"),
    ("Viet Nam", "VNM"),
    ("Czech Republic", "CZE"),
    ("Czechia", "CZE"),
    ("Slovakia", "SVK"),
    ("Taiwan", "TWN"),
    ("Bosnia and Herzegovina", "BIH"),
    ("North Macedonia", "MKD"),
    ("United States of America", "USA"),
    ("United States", "USA"),
    ("Yemen", "YEM"),
    ("Syria", "SYR"),
    ("DR Congo", "COD"),
    ("Ivory Coast", "CIV"),
];

impl Countries {
    /// The countries of a base folder, for a plan.
    pub fn new(plan: &Plan, base: &Tables, faults: &mut Faults) -> Self {
        let place = || Place::file(plan.file.display().to_string());
        let rows = &base.countries.rows;
        let codes: Vec<String> = rows.iter().map(|row| row.row.code.clone()).collect();
        let by_code: HashMap<String, u16> =
            codes.iter().zip(0..).map(|(code, at)| (code.clone(), at)).collect();
        let mut by_name: HashMap<String, u16> =
            rows.iter().zip(0..).map(|(row, at)| (plain(&row.row.name), at)).collect();
        for (name, code) in SPELLINGS {
            if let Some(at) = by_code.get(code) {
                by_name.entry(plain(name)).or_insert(*at);
            }
        }
        let find = |code: &str, faults: &mut Faults| {
            let found = by_code.get(code).copied();
            if found.is_none() {
                let known = instead(code, codes.iter().map(String::as_str));
                faults.add(place(), format!("the base folder has no country `{code}`"), known);
            }
            found
        };
        for (name, code) in &plan.names {
            if let Some(at) = find(code, faults) {
                by_name.insert(plain(name), at);
            }
        }
        let rest = plan.rest_of_world.as_deref().and_then(|code| find(code, faults));
        let is_member = |flags: &[(String, bool)]| flags.iter().any(|(name, is)| name == "eu" && *is);
        let union =
            rows.iter().zip(0..).filter(|(row, _)| is_member(&row.row.flags)).map(|(_, at)| at).collect();
        Self { codes, by_code, by_name, rest, union }
    }

    /// The country of a code of letters; the rest of the world where the base does not name it.
    #[must_use]
    pub fn of_code(&self, code: &str) -> Option<u16> {
        self.by_code.get(code).copied().or(self.rest)
    }

    /// The country that has exactly this code.
    #[must_use]
    pub fn named(&self, code: &str) -> Option<u16> {
        self.by_code.get(code).copied()
    }

    /// The country of a name in words or a code of letters.
    #[must_use]
    pub fn of_name(&self, name: &str) -> Option<u16> {
        self.by_code.get(name).or_else(|| self.by_name.get(&plain(name))).copied()
    }

    /// What to do about a name that is not known.
    #[must_use]
    pub fn remedy(&self, name: &str) -> String {
        let near = instead(name, self.codes.iter().map(String::as_str));
        format!("{near}; or add it to [names] in the plan, or set `rest_of_world`")
    }
}

/// Country codes of numbers.
#[derive(Debug, Clone, Default)]
pub struct Numbers {
    /// By number.
    pub country: BTreeMap<u32, u16>,
    /// Codes of letters that went to the rest of the world.
    pub rest: BTreeSet<String>,
}

impl Numbers {
    /// BACI's file of country codes, in its old or new layout.
    pub fn read(path: &Path, countries: &Countries, faults: &mut Faults) -> Self {
        let mut found = Self::default();
        let mut problems = Problems::new();
        let Some(bytes) = super::bytes(path, faults) else { return found };
        let sheet = Sheet::parse(&path.display().to_string(), &bytes, &mut problems);
        let letters = ["country_iso3", "iso_3digit_alpha", "iso3"].into_iter().find(|name| sheet.has(name));
        let letters = letters.unwrap_or("country_iso3");
        sheet.require(&["country_code", letters], &mut problems);
        for row in sheet.rows() {
            let number = row.text("country_code", &mut problems);
            let Ok(number) = number.parse::<u32>() else {
                problems.add(row.place(), format!("`country_code` is `{number}`"), "give a number");
                continue;
            };
            let code = row.text_if_any(letters).unwrap_or_default();
            match countries.of_code(&code) {
                Some(at) => {
                    found.country.insert(number, at);
                    if countries.named(&code).is_none() {
                        found.rest.insert(code);
                    }
                }
                None => problems.add(
                    row.place(),
                    format!("the base folder has no country `{code}`"),
                    countries.remedy(&code),
                ),
            }
        }
        faults.take(problems);
        found
    }
}
