//! Who makes what, by which route: the user's production table, and lists of plants.

use crate::import::base::{Base, Found};
use crate::import::codes::Countries;
use crate::import::faults::Faults;
use crate::import::plan::{Input, Plan, Plants};
use crate::import::plants::{self, Plant};
use std::collections::{BTreeMap, BTreeSet};
use zollverein_model::baseline::sheet::Sheet;
use zollverein_model::problem::{Problems, instead};

/// A row of the new `production.csv` before prices and intensities.
#[derive(Debug, Clone, PartialEq)]
pub struct Maker {
    /// Country, by position.
    pub country: u16,
    /// Product, by position.
    pub product: u16,
    /// Its route in the new folder.
    pub route: String,
    /// The route of the base folder that it is of.
    pub kind: String,
    /// kt a year.
    pub output: f64,
    /// kt a year.
    pub capacity: Option<f64>,
    /// USD/t.
    pub price: Option<f64>,
    /// tCO2e/t.
    pub intensity: Option<f64>,
    /// tCO2e/t.
    pub direct: Option<f64>,
    /// Whether the output is an estimate.
    pub estimated: bool,
    /// Where the output comes from.
    pub source: String,
    /// How each figure was come by, for the note: `output: …`, `capacity: …`.
    pub how: BTreeMap<&'static str, String>,
}

/// All makers, the plants that are routes of their own, and what to say.
#[derive(Debug, Default)]
pub struct Supply {
    /// By product, country and route.
    pub makers: Vec<Maker>,
    /// Plants that are routes of their own, with the position of their product.
    pub plants: Vec<(u16, Plant)>,
    /// What a reader must know.
    pub notes: Vec<String>,
}

/// The supply that a plan's files give.
pub fn read(plan: &Plan, countries: &Countries, base: &Base<'_>, faults: &mut Faults) -> Supply {
    let mut supply = Supply::default();
    let mut problems = Problems::new();
    for input in &plan.production {
        table(plan, input, countries, base, &mut supply.makers, faults, &mut problems);
    }
    faults.take(problems);
    for list in &plan.plants {
        let (plants, notes) = plants::read(plan, list, countries, faults);
        supply.notes.extend(notes);
        let Some(product) = plan.product.iter().position(|product| product.code == list.product) else {
            continue;
        };
        let of = Of { plan, list, product: u16::try_from(product).unwrap_or(0), countries, base };
        of.add(&plants, &mut supply);
    }
    supply.makers.sort_by(|a, b| (a.product, a.country, &a.route).cmp(&(b.product, b.country, &b.route)));
    supply
}

/// The rows of a production table.
fn table(
    plan: &Plan,
    input: &Input,
    countries: &Countries,
    base: &Base<'_>,
    makers: &mut Vec<Maker>,
    faults: &mut Faults,
    problems: &mut Problems,
) {
    let path = plan.path(&input.file);
    let Some(bytes) = super::bytes(&path, faults) else { return };
    let sheet = Sheet::parse(&path.display().to_string(), &bytes, problems);
    sheet.require(&["country", "product", "route", "output_kt"], problems);
    let mut seen: BTreeSet<(u16, u16, String)> =
        makers.iter().map(|maker| (maker.product, maker.country, maker.route.clone())).collect();
    for row in sheet.rows() {
        let (code, product) = (row.text("country", problems), row.text("product", problems));
        let route = row.text("route", problems);
        let output = row.amount("output_kt", problems);
        let figure = |name: &str, problems: &mut Problems| row.amount_if_any(name, problems);
        let (capacity, price) = (figure("capacity_kt", problems), figure("price_usd_per_t", problems));
        let intensity = figure("intensity_tco2e_per_t", problems);
        let direct = figure("direct_intensity_tco2e_per_t", problems);
        let estimated = row.flag_if_any("estimated", problems).unwrap_or(false);
        let country = countries.of_name(&code).or(countries.rest);
        if country.is_none() && !code.is_empty() {
            problems.add(row.place(), format!("country `{code}` is not known"), countries.remedy(&code));
        }
        let Some(at) = plan.product.iter().position(|known| known.code == product) else {
            let remedy = instead(&product, plan.product.iter().map(|known| known.code.as_str()));
            problems.add(row.place(), format!("the plan makes no product `{product}`"), remedy);
            continue;
        };
        let known: Vec<&str> = base
            .tables
            .routes
            .rows
            .iter()
            .filter(|known| known.row.product == plan.product[at].like)
            .map(|known| known.row.code.as_str())
            .collect();
        if !known.contains(&route.as_str()) {
            let what =
                format!("route `{route}` of `{}` is not known in the base folder", plan.product[at].like);
            problems.add(row.place(), what, instead(&route, known));
            continue;
        }
        if let Some(capacity) = capacity.filter(|capacity| *capacity < output) {
            problems.add(
                row.place(),
                format!("`capacity_kt` {capacity} is below `output_kt` {output}"),
                "raise the capacity to at least the output, or leave it empty if unknown",
            );
        }
        if price == Some(0.0) {
            problems.add(row.place(), "`price_usd_per_t` is 0", "give a mill price above zero or none");
        }
        let Some(country) = country else { continue };
        let product = u16::try_from(at).unwrap_or(0);
        if !seen.insert((product, country, route.clone())) {
            problems.add(
                row.place(),
                "the same country, product and route stand twice",
                "add the two up in one row",
            );
            continue;
        }
        let mut how = BTreeMap::from([("output", "production table".to_owned())]);
        for (name, value) in
            [("capacity", capacity), ("price", price), ("intensity", intensity), ("direct", direct)]
        {
            if value.is_some() {
                how.insert(name, "production table".to_owned());
            }
        }
        let source = match row.text_if_any("source") {
            Some(source) => format!("{}: {source}", input.source),
            None => input.source.clone(),
        };
        makers.push(Maker {
            country,
            product,
            kind: route.clone(),
            route,
            output,
            capacity,
            price,
            intensity,
            direct,
            estimated,
            source,
            how,
        });
    }
}

/// A list of plants and what it is of.
struct Of<'a> {
    plan: &'a Plan,
    list: &'a Plants,
    product: u16,
    countries: &'a Countries,
    base: &'a Base<'a>,
}

impl Of<'_> {
    /// Capacity where the table gives none, makers where it has none, and plants as routes.
    fn add(&self, plants: &[Plant], supply: &mut Supply) {
        let mut sums: BTreeMap<(u16, &str), f64> = BTreeMap::new();
        for plant in plants {
            *sums.entry((plant.country, &plant.route)).or_default() += plant.capacity;
        }
        let in_table: BTreeSet<u16> = supply
            .makers
            .iter()
            .filter(|maker| maker.product == self.product)
            .map(|maker| maker.country)
            .collect();
        let source = format!("plants: {}", self.list.source);
        let mut idle = BTreeSet::new();
        for ((country, route), capacity) in &sums {
            let known = supply.makers.iter_mut().find(|maker| {
                (maker.product, maker.country, maker.kind.as_str()) == (self.product, *country, *route)
            });
            if let Some(maker) = known {
                if maker.capacity.is_none() {
                    maker.capacity = Some(capacity.max(maker.output));
                    let how =
                        if *capacity < maker.output { "plant list, raised to output" } else { "plant list" };
                    maker.how.insert("capacity", how.to_owned());
                }
            } else if in_table.contains(country) {
                idle.insert(self.countries.codes[usize::from(*country)].as_str());
            } else {
                supply.makers.push(self.maker(*country, route, *capacity, &source));
            }
        }
        if !idle.is_empty() {
            let codes: Vec<&str> = idle.into_iter().collect();
            supply.notes.push(format!(
                "plants by routes of which the production table has no output do not count: {}",
                codes.join(", ")
            ));
        }
        if self.list.by_plant {
            self.split(plants, &sums, supply);
        }
    }

    fn maker(&self, country: u16, route: &str, capacity: f64, source: &str) -> Maker {
        let code = self.countries.codes[usize::from(country)].as_str();
        let like = self.plan.product[usize::from(self.product)].like.as_str();
        let (share, how) = match (self.list.utilisation_percent, self.base.utilisation([like, code, route])) {
            (Some(percent), _) => (percent / 100.0, "plant list x use of capacity of the plan"),
            (None, Some((share, Found::Own))) => {
                (share, "plant list x the country's use of capacity in the base folder")
            }
            (None, Some((share, Found::Mean))) => {
                (share, "plant list x mean use of capacity in the base folder")
            }
            (None, None) => (1.0, "plant list, taken as fully used"),
        };
        Maker {
            country,
            product: self.product,
            route: route.to_owned(),
            kind: route.to_owned(),
            output: capacity * share.min(1.0),
            capacity: Some(capacity),
            price: None,
            intensity: None,
            direct: None,
            estimated: true,
            source: source.to_owned(),
            how: BTreeMap::from([("output", how.to_owned()), ("capacity", "plant list".to_owned())]),
        }
    }

    /// Makers become plants, each a route of its own, sharing output and capacity by their capacity.
    fn split(&self, plants: &[Plant], sums: &BTreeMap<(u16, &str), f64>, supply: &mut Supply) {
        let makers = std::mem::take(&mut supply.makers);
        for maker in makers {
            let own = |plant: &&Plant| {
                (self.product, plant.country, plant.route.as_str())
                    == (maker.product, maker.country, maker.kind.as_str())
            };
            let total = sums.get(&(maker.country, maker.kind.as_str())).copied().unwrap_or(0.0);
            if maker.product != self.product || total <= 0.0 {
                supply.makers.push(maker);
                continue;
            }
            for plant in plants.iter().filter(own) {
                let share = plant.capacity / total;
                let route = format!("{}_{}", plant.route, plant.code);
                supply.plants.push((self.product, Plant { code: route.clone(), ..plant.clone() }));
                let mut how = maker.how.clone();
                let output = how.get("output").cloned().unwrap_or_default();
                how.insert("output", format!("{output}, shared over plants by capacity"));
                supply.makers.push(Maker {
                    route,
                    output: maker.output * share,
                    capacity: maker.capacity.map(|capacity| capacity * share),
                    estimated: true,
                    how,
                    ..maker.clone()
                });
            }
        }
    }
}
