//! The plan of an import: which files, which products, and which base folder gives what they do not.

use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use zollverein_model::problem::{Place, Problems};

/// A plan, as its file states it. Paths are relative to the file.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Short name of the folder, for `datapackage.json`.
    pub name: String,
    /// Title of the folder.
    #[serde(default)]
    pub title: Option<String>,
    /// The year of the figures.
    pub year: i32,
    /// A data folder that gives what the files do not: countries, elasticities, intensities …
    pub base: PathBuf,
    /// The country of the base folder that stands for all that it does not name.
    #[serde(default)]
    pub rest_of_world: Option<String>,
    /// Names of countries as files spell them, with the codes of the base folder.
    #[serde(default)]
    pub names: BTreeMap<String, String>,
    /// How HS6 codes make products.
    pub concordance: Concordance,
    /// The products, at least one.
    pub product: Vec<Product>,
    /// Files of CEPII BACI.
    #[serde(default)]
    pub baci: Vec<Baci>,
    /// Files of UN Comtrade.
    #[serde(default)]
    pub comtrade: Vec<Input>,
    /// Tariff files.
    #[serde(default)]
    pub tariffs: Vec<Tariffs>,
    /// The user's production table.
    #[serde(default)]
    pub production: Vec<Input>,
    /// Lists of plants.
    #[serde(default)]
    pub plants: Vec<Plants>,
    /// Exports and imports of countries that flows must add up to.
    #[serde(default)]
    pub totals: Vec<Input>,
    /// Pairs of countries whose shipments are held, or may not fall below a floor.
    #[serde(default)]
    pub pairs: Vec<Input>,
    /// Sums over a group of countries that shipments are held to: one origin into a group of importers.
    #[serde(default)]
    pub blocs: Vec<Input>,
    /// Where the plan stands.
    #[serde(skip)]
    pub file: PathBuf,
}

/// The concordance and the edition of the Harmonised System that the files use.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Concordance {
    /// The CSV file: `edition`, `code`, `product`.
    pub file: PathBuf,
    /// The edition: HS2012, HS2017 or HS2022.
    pub edition: String,
}

/// A product to make.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// Its code in the new folder.
    pub code: String,
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
    /// The product of the base folder whose elasticities, routes, intensities and jobs it takes.
    pub like: String,
    /// The products of the concordance that make it up; left out: the one of its own code.
    #[serde(default)]
    pub groups: Option<Vec<String>>,
    /// The least share of output that is sold at home, percent.
    #[serde(default = "five")]
    pub least_home_percent: f64,
    /// What exports that output cannot explain are taken for.
    #[serde(default)]
    pub unexplained_exports: Unexplained,
    /// The route of output that is made up from exports; left out: the route of most output in the base.
    #[serde(default)]
    pub route: Option<String>,
}

const fn five() -> f64 {
    5.0
}

/// What exports beyond output are taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unexplained {
    /// Goods in transit: taken out of the country's exports and imports.
    #[default]
    Transit,
    /// Output that no table has: output is raised until it explains them.
    Output,
}

/// A file with its source and terms.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// The file.
    pub file: PathBuf,
    /// Where it comes from, in words.
    pub source: String,
    /// The terms under which its figures may be used.
    pub licence: String,
}

/// A file of BACI.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baci {
    /// The file with the columns t, i, j, k, v, q.
    pub file: PathBuf,
    /// Its country codes.
    pub countries: PathBuf,
    /// Where it comes from, in words.
    #[serde(default = "baci")]
    pub source: String,
    /// The terms under which its figures may be used.
    #[serde(default = "etalab")]
    pub licence: String,
}

fn baci() -> String {
    "CEPII BACI".to_owned()
}

fn etalab() -> String {
    "Etalab 2.0 (CEPII BACI)".to_owned()
}

/// A file of tariffs: an export of WITS/TRAINS or of `MacMap`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tariffs {
    /// The file.
    pub file: PathBuf,
    /// Country codes of numbers, as BACI's; needed where the file names countries by number.
    #[serde(default)]
    pub countries: Option<PathBuf>,
    /// Where it comes from, in words.
    pub source: String,
    /// The terms under which its figures may be used.
    pub licence: String,
    /// Names of its columns (`importer`, `exporter`, `code`, `rate`, `kind`, `year`) where they are not known ones.
    #[serde(default)]
    pub columns: BTreeMap<String, String>,
    /// What its rates are in; left out: percent, where its column of rates says so by its name.
    #[serde(default)]
    pub unit: Option<RateUnit>,
}

/// What the rates of a tariff file are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateUnit {
    /// Percent of the value.
    Percent,
    /// Parts of the value: 0.05 is five percent.
    Ratio,
}

/// A list of plants in the layout of Global Energy Monitor's steel tracker.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plants {
    /// The file.
    pub file: PathBuf,
    /// Where it comes from, in words.
    #[serde(default = "gem")]
    pub source: String,
    /// The terms under which its figures may be used.
    #[serde(default = "by")]
    pub licence: String,
    /// The product that the plants make.
    pub product: String,
    /// Which plants count: the words of the status column.
    #[serde(default = "operating")]
    pub status: Vec<String>,
    /// Tonnes of the product from a tonne of crude steel.
    #[serde(default = "one")]
    pub per_tonne_of_crude: f64,
    /// Output over capacity where no production table gives output, percent; left out: the base's by
    /// country and route, else its mean.
    #[serde(default)]
    pub utilisation_percent: Option<f64>,
    /// Whether each plant is a route of its own.
    #[serde(default)]
    pub by_plant: bool,
    /// The routes for oxygen (`bof`), DRI-fed (`dri`) and scrap-fed (`eaf`) steel.
    #[serde(default)]
    pub routes: PlantRoutes,
}

fn gem() -> String {
    "Global Energy Monitor".to_owned()
}

fn by() -> String {
    "CC BY 4.0 (Global Energy Monitor)".to_owned()
}

fn operating() -> Vec<String> {
    vec!["operating".to_owned(), "operating pre-retirement".to_owned()]
}

const fn one() -> f64 {
    1.0
}

/// Which route of the base folder a process is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PlantRoutes {
    /// Basic oxygen and open-hearth furnaces.
    pub bof: String,
    /// Electric arc furnaces as far as the plant's own direct reduction can feed them.
    pub dri: String,
    /// All other electric arc furnaces.
    pub eaf: String,
}

impl Default for PlantRoutes {
    fn default() -> Self {
        Self { bof: "bf_bof".to_owned(), dri: "dri_eaf".to_owned(), eaf: "scrap_eaf".to_owned() }
    }
}

impl Plan {
    /// The plan in a file.
    ///
    /// # Errors
    /// What in it cannot be read or cannot be.
    pub fn read(file: &Path) -> Result<Self, Problems> {
        let mut problems = Problems::new();
        let place = file.display().to_string();
        let text = match zollverein_model::baseline::file::read_to_string(file) {
            Ok(text) => text,
            Err(error) => {
                problems.add(
                    Place::file(place),
                    format!("the plan cannot be read: {error}"),
                    "check its name; it is a TOML file in UTF-8",
                );
                return Err(problems);
            }
        };
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        match toml::from_str::<Self>(text) {
            Ok(mut plan) => {
                file.clone_into(&mut plan.file);
                plan.check(&mut problems);
                problems.into_result(plan)
            }
            Err(error) => {
                let line = error.span().map(|span| 1 + text[..span.start].matches('\n').count());
                let what = error.message().trim().to_owned();
                problems.add(Place { file: place, line, column: None }, what, "see `Import` in the book");
                Err(problems)
            }
        }
    }

    /// A path of the plan, from where the program runs.
    #[must_use]
    pub fn path(&self, path: &Path) -> PathBuf {
        self.file.parent().map_or_else(|| path.to_owned(), |folder| folder.join(path))
    }

    fn check(&self, problems: &mut Problems) {
        let place = || Place::file(self.file.display().to_string());
        let mut say = |what: String, remedy: &str| problems.add(place(), what, remedy);
        let mut codes = BTreeSet::new();
        for product in &self.product {
            if !codes.insert(product.code.as_str()) {
                say(format!("product `{}` stands twice", product.code), "keep one of the two");
            }
            if !(0.0..=100.0).contains(&product.least_home_percent) {
                say(
                    format!("`least_home_percent` of `{}` is {}", product.code, product.least_home_percent),
                    "give a number from 0 to 100",
                );
            }
        }
        if self.product.is_empty() {
            say("no product is to be made".to_owned(), "add a [[product]]");
        }
        match (self.baci.is_empty(), self.comtrade.is_empty()) {
            (true, true) => say("no trade file is named".to_owned(), "add [[baci]] or [[comtrade]] files"),
            (false, false) => say(
                "both BACI and Comtrade files are named".to_owned(),
                "name one of the two: BACI is Comtrade, reconciled",
            ),
            _ => {}
        }
        if self.production.is_empty() && self.plants.is_empty() {
            say("nothing says what is made".to_owned(), "add a [[production]] table or [[plants]]");
        }
        for plants in &self.plants {
            if !codes.contains(plants.product.as_str()) {
                say(
                    format!("the plants make `{}`, and no [[product]] has this code", plants.product),
                    "name a product of the plan",
                );
            }
            if plants.utilisation_percent.is_some_and(|percent| !(0.0..=100.0).contains(&percent))
                || !(plants.per_tonne_of_crude > 0.0 && plants.per_tonne_of_crude <= 1.0)
            {
                say(
                    "plants: a share is out of its range".to_owned(),
                    "`utilisation_percent` is 0 to 100, `per_tonne_of_crude` above 0 and at most 1",
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("plan.toml");
        std::fs::write(&file, text).expect("a plan");
        Plan::read(&file).map_or_else(|problems| problems.to_string(), |_| String::new())
    }

    #[test]
    fn a_plan_that_cannot_be_is_told_why() {
        let head = "name = \"x\"\nyear = 2023\nbase = \"b\"\n";
        let rest = "[concordance]\nfile = \"c.csv\"\nedition = \"HS2017\"\n";
        let faults = [
            faults(&format!("{head}{rest}[[product]]\ncode = \"a\"\nlike = \"steel\"\n")),
            faults(&format!("{head}bace = 1\n{rest}")),
        ];
        assert!(faults[0].contains("no trade file") && faults[0].contains("nothing says what is made"));
        assert!(faults[1].contains("plan.toml:4") && faults[1].contains("bace"), "{}", faults[1]);
    }
}
