//! Lists of plants in the layout of Global Energy Monitor's steel tracker: capacity by country and
//! process, and plant by plant.

use crate::import::codes::Countries;
use crate::import::faults::Faults;
use crate::import::plan::{Plan, Plants};
use crate::import::scan::{self, Fields, Header, short};
use std::collections::BTreeMap;

/// A plant's capacity by one route.
#[derive(Debug, Clone, PartialEq)]
pub struct Plant {
    /// A code that no other plant of the list has.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Where it stands, as the list gives it (latitude, longitude).
    pub position: String,
    /// Its country.
    pub country: u16,
    /// The route of the base folder.
    pub route: String,
    /// Capacity of the product, kt a year.
    pub capacity: f64,
}

/// The plants of a list that count, by country, route and code, and what was left out, in words.
pub fn read(
    plan: &Plan,
    list: &Plants,
    countries: &Countries,
    faults: &mut Faults,
) -> (Vec<Plant>, Vec<String>) {
    let mut plants: BTreeMap<(u16, String, String), Plant> = BTreeMap::new();
    let (mut unknown, mut other) = (0, 0);
    let status: Vec<String> = list.status.iter().map(|word| word.to_lowercase()).collect();
    let reading = Reading { list, countries, status };
    scan::scan(
        &plan.path(&list.file),
        faults,
        Columns::open,
        |columns, fields, part: &mut Part, faults| reading.row(columns, &fields, part, faults),
        |part, _| {
            unknown += part.without_capacity;
            other += part.not_operating;
            for plant in part.plants {
                let key = (plant.country, plant.route.clone(), plant.code.clone());
                plants.entry(key).and_modify(|known| known.capacity += plant.capacity).or_insert(plant);
            }
        },
    );
    let mut notes = vec![];
    if other > 0 {
        notes.push(format!("{other} rows of plants are not {} and do not count", list.status.join(" or ")));
    }
    if unknown > 0 {
        notes.push(format!("{unknown} rows of plants give no capacity by process and do not count"));
    }
    (plants.into_values().collect(), notes)
}

#[derive(Debug, Default)]
struct Part {
    plants: Vec<Plant>,
    without_capacity: usize,
    not_operating: usize,
}

struct Columns {
    id: Option<usize>,
    name: usize,
    country: usize,
    status: usize,
    position: Option<usize>,
    latitude: Option<usize>,
    longitude: Option<usize>,
    bof: usize,
    eaf: usize,
    ohf: Option<usize>,
    dri: Option<usize>,
}

impl Columns {
    fn open(header: &Header, faults: &mut Faults) -> Option<Self> {
        let name = header.need(&["Plant name (English)", "Plant name"], faults);
        let country = header.need(&["Country/Area", "Country"], faults);
        let status = header.need(&["Capacity operating status", "Status", "Operating status"], faults);
        let bof = header.need(&["Nominal BOF steel capacity (ttpa)", "BOF steel capacity (ttpa)"], faults);
        let eaf = header.need(&["Nominal EAF steel capacity (ttpa)", "EAF steel capacity (ttpa)"], faults);
        Some(Self {
            id: header.find(&["Plant ID", "GEM Plant ID", "Steel Plant ID"]),
            name: name?,
            country: country?,
            status: status?,
            position: header.find(&["Coordinates"]),
            latitude: header.find(&["Latitude"]),
            longitude: header.find(&["Longitude"]),
            bof: bof?,
            eaf: eaf?,
            ohf: header.find(&["Nominal OHF steel capacity (ttpa)", "OHF steel capacity (ttpa)"]),
            dri: header.find(&["Nominal DRI capacity (ttpa)", "DRI capacity (ttpa)"]),
        })
    }
}

struct Reading<'a> {
    list: &'a Plants,
    countries: &'a Countries,
    status: Vec<String>,
}

impl Reading<'_> {
    fn row(&self, columns: &Columns, fields: &Fields<'_>, part: &mut Part, faults: &mut Faults) {
        let name = fields.text(columns.name);
        if name.is_empty() && fields.text(columns.country).is_empty() {
            return; // lists end in empty rows
        }
        let code = fields.text(columns.country);
        let country = self.countries.of_name(code).or(self.countries.rest);
        if country.is_none() {
            faults.add(
                fields.place(),
                format!("the country is `{}`, which is not known", short(code)),
                self.countries.remedy(code),
            );
        }
        let mut kt = |column: Option<usize>, what: &str| {
            let text = column.map_or("", |column| fields.text(column));
            match text.to_lowercase().as_str() {
                "unknown" | ">0" | "n/a" | "" | "-" => 0.0,
                _ => column.and_then(|column| fields.amount(column, what, faults)).unwrap_or(0.0),
            }
        };
        let oxygen = kt(Some(columns.bof), "BOF capacity") + kt(columns.ohf, "OHF capacity");
        let (electric, reduced) = (kt(Some(columns.eaf), "EAF capacity"), kt(columns.dri, "DRI capacity"));
        let Some(country) = country else { return };
        if !self.status.contains(&fields.text(columns.status).to_lowercase()) {
            part.not_operating += 1;
            return;
        }
        if oxygen + electric <= 0.0 {
            part.without_capacity += 1;
            return;
        }
        let id = fields.text_if_any(columns.id).unwrap_or(name);
        let position = fields.text_if_any(columns.position).map_or_else(
            || {
                let parts = [columns.latitude, columns.longitude].map(|column| fields.text_if_any(column));
                parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
            },
            str::to_owned,
        );
        let fed = electric.min(reduced);
        let routes = &self.list.routes;
        for (route, capacity) in [(&routes.bof, oxygen), (&routes.dri, fed), (&routes.eaf, electric - fed)] {
            if capacity > 0.0 {
                part.plants.push(Plant {
                    code: slug(id),
                    name: name.to_owned(),
                    position: position.clone(),
                    country,
                    route: route.clone(),
                    capacity: capacity * self.list.per_tonne_of_crude,
                });
            }
        }
    }
}

/// A name as a code: small letters and digits, words joined by `_`.
fn slug(name: &str) -> String {
    let words: Vec<String> = name
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.join("_")
}
