//! Tables to a baseline: ids given, names resolved, everything checked against
//! everything else.

use crate::baseline::arcs::Arcs;
use crate::baseline::behaviour::{Behaviour, Parameter};
use crate::baseline::confidence::CONFIDENCE;
use crate::baseline::group::{CountrySet, Group, GroupKind, STATUS_GROUPS, normalised};
use crate::baseline::ids::RouteId;
use crate::baseline::ids::{CountryId, ProductId};
use crate::baseline::names::{Names, by_country};
use crate::baseline::observation::{Basis, Embargo, Observation};
use crate::baseline::ownership::Ownership;
use crate::baseline::production::{DefaultValue, Producer, Route};
use crate::baseline::tables::{Row, Tables};
use crate::baseline::trade::{Country, DutyConfidence, Flow, Product, Trade, Valuation};
use crate::baseline::{Baseline, tables};
use crate::problem::{Place, Problems, instead};
use crate::units::{Intensity, JobsPerKilotonne, Kilotonnes, UsdPerTonne, UsdPerTonneCo2e, fraction};
use std::collections::{BTreeMap, HashMap};

mod amounts;
mod evidence;
mod optional;

/// Sales may differ from output by this much, relative, before it is an error;
/// what is left is spread over the exporter's flows.
const SALES_TOLERANCE: f64 = 1e-5;

/// A baseline from tables.
pub(super) fn baseline(tables: &Tables) -> Result<Baseline, Problems> {
    let mut build = Build::new(tables);
    amounts::check(tables, &mut build.problems);
    build.producers();
    build.flows();
    build.balance();
    build.behaviour();
    build.jobs();
    build.defaults();
    build.groups();
    build.valuation();
    build.evidence();
    build.finish()
}

/// Importer, exporter (`None` is the default row) and product.
type DutyKey = (usize, Option<usize>, usize);
type Rates = HashMap<DutyKey, f64>;

struct Build<'a> {
    tables: &'a Tables,
    problems: Problems,
    notes: Vec<String>,
    country: Names,
    product: Names,
    /// Route names, one space for each product: `product route`.
    route: HashMap<(usize, String), RouteId>,
    countries: Vec<Country>,
    products: Vec<Product>,
    routes: Vec<Route>,
    producers: Vec<Producer>,
    producer_line: Vec<usize>,
    flows: Vec<Flow>,
    behaviour: Behaviour,
    jobs: BTreeMap<(CountryId, ProductId), JobsPerKilotonne>,
    defaults: BTreeMap<(CountryId, ProductId), DefaultValue>,
    groups: BTreeMap<String, Group>,
    owners: BTreeMap<(CountryId, ProductId), Ownership>,
    observations: Vec<Observation>,
    embargoes: Vec<Embargo>,
    duties_unknown: Vec<(CountryId, ProductId)>,
    in_force: BTreeMap<(CountryId, ProductId, Option<CountryId>), f64>,
}

impl<'a> Build<'a> {
    fn new(tables: &'a Tables) -> Self {
        let mut problems = Problems::new();
        let country = Names::new("country", &tables.countries, |row| row.code.clone(), &mut problems);
        let product = Names::new("product", &tables.products, |row| row.code.clone(), &mut problems);
        let mut countries: Vec<Country> = tables.countries.rows.iter().map(|row| domain(&row.row)).collect();
        countries.sort_by(|a, b| a.code.cmp(&b.code));
        countries.dedup_by(|a, b| a.code == b.code);
        let mut products: Vec<Product> = tables
            .products
            .rows
            .iter()
            .map(|Row { row, .. }| Product { code: row.code.clone(), name: row.name.clone() })
            .collect();
        products.sort_by(|a, b| a.code.cmp(&b.code));
        products.dedup_by(|a, b| a.code == b.code);
        let mut routes = vec![];
        for Row { line, row } in &tables.routes.rows {
            let place = || Place::line(&tables.routes.file, *line);
            if let Some(found) = product.find(&row.product, place, &mut problems) {
                routes.push((found, row.code.clone(), row.name.clone(), *line));
            }
        }
        routes.sort();
        for pair in routes.windows(2) {
            if (pair[0].0, &pair[0].1) == (pair[1].0, &pair[1].1) {
                problems.add(
                    Place::line(&tables.routes.file, pair[1].3),
                    format!("route `{}` stands twice, first in line {}", pair[1].1, pair[0].3),
                    "remove one of the two rows",
                );
            }
        }
        routes.dedup_by(|a, b| (a.0, &a.1) == (b.0, &b.1));
        let route = routes
            .iter()
            .enumerate()
            .map(|(position, (product, code, ..))| ((*product, code.clone()), RouteId::at(position)))
            .collect();
        let routes = routes
            .into_iter()
            .map(|(product, code, name, _)| Route { code, name, product: ProductId::at(product) })
            .collect();
        Self {
            tables,
            problems,
            notes: tables.notes.clone(),
            behaviour: Behaviour::new(0, 0, |_, _, _| 0.0),
            country,
            product,
            route,
            countries,
            products,
            routes,
            producers: vec![],
            producer_line: vec![],
            flows: vec![],
            jobs: BTreeMap::new(),
            defaults: BTreeMap::new(),
            groups: BTreeMap::new(),
            owners: BTreeMap::new(),
            observations: vec![],
            embargoes: vec![],
            duties_unknown: vec![],
            in_force: BTreeMap::new(),
        }
    }

    fn producers(&mut self) {
        let table = &self.tables.production;
        let mut producers = vec![];
        for Row { line, row } in &table.rows {
            let place = || Place::line(&table.file, *line);
            let country = self.country.find(&row.country, place, &mut self.problems);
            let product = self.product.find(&row.product, place, &mut self.problems);
            let (Some(country), Some(product)) = (country, product) else { continue };
            let Some(route) = self.route.get(&(product, row.route.clone())).copied() else {
                let known: Vec<&str> = self
                    .routes
                    .iter()
                    .filter(|r| r.product.index() == product)
                    .map(|r| r.code.as_str())
                    .collect();
                self.problems.add(
                    place(),
                    format!("route `{}` of `{}` is not known", row.route, row.product),
                    instead(&row.route, known),
                );
                continue;
            };
            if row.price_usd_per_t == 0.0 {
                self.problems.add(
                    place(),
                    format!("`price_usd_per_t` is {}", row.price_usd_per_t),
                    "give a mill price above zero",
                );
            }
            if let Some(capacity) = row.capacity_kt
                && capacity < row.output_kt
            {
                self.problems.add(
                    place(),
                    format!("`capacity_kt` {capacity} is below `output_kt` {}", row.output_kt),
                    "raise the capacity to at least the output, or leave it empty if unknown",
                );
            }
            producers.push((
                Producer {
                    country: CountryId::at(country),
                    product: ProductId::at(product),
                    route,
                    output: Kilotonnes(row.output_kt),
                    capacity: row.capacity_kt.map(Kilotonnes),
                    price: UsdPerTonne(row.price_usd_per_t),
                    intensity: row.intensity.map(Intensity),
                    direct_intensity: row.direct_intensity.map(Intensity),
                },
                *line,
            ));
        }
        producers.sort_by_key(|(p, line)| (p.product, p.country, p.route, *line));
        for pair in producers.windows(2) {
            let key = |p: &Producer| (p.product, p.country, p.route);
            if key(&pair[0].0) == key(&pair[1].0) {
                self.problems.add(
                    Place::line(&table.file, pair[1].1),
                    format!("the same country, product and route as line {}", pair[0].1),
                    "add the two up in one row",
                );
            }
        }
        (self.producers, self.producer_line) = producers.into_iter().unzip();
    }

    fn flows(&mut self) {
        let (duties, confidences) = self.duties();
        self.in_force = duties
            .iter()
            .map(|((importer, exporter, product), rate)| {
                let exporter = exporter.map(CountryId::at);
                ((CountryId::at(*importer), ProductId::at(*product), exporter), fraction(*rate))
            })
            .collect();
        let table = &self.tables.flows;
        let mut flows = vec![];
        for Row { line, row } in &table.rows {
            let place = || Place::line(&table.file, *line);
            let exporter = self.country.find(&row.exporter, place, &mut self.problems);
            let importer = self.country.find(&row.importer, place, &mut self.problems);
            let product = self.product.find(&row.product, place, &mut self.problems);
            let (Some(exporter), Some(importer), Some(product)) = (exporter, importer, product) else {
                continue;
            };
            let named = duties.get(&(importer, Some(exporter), product));
            // trade within a region that stands as one country pays a duty only if a row says so
            let general = if exporter == importer { None } else { duties.get(&(importer, None, product)) };
            let confidence = if named.is_some() {
                confidences.get(&(importer, Some(exporter), product))
            } else {
                general.and(confidences.get(&(importer, None, product)))
            };
            let flow = Flow {
                exporter: CountryId::at(exporter),
                importer: CountryId::at(importer),
                product: ProductId::at(product),
                quantity: Kilotonnes(row.quantity_kt),
                freight: UsdPerTonne(row.freight_usd_per_t),
                duty: fraction(named.or(general).copied().unwrap_or(0.0)),
                basis: row.estimated.map(|is| if is { Basis::Estimate } else { Basis::Pair }),
                duty_confidence: confidence.copied().flatten(),
            };
            if !flow.is_home() && named.is_none() && general.is_none() {
                self.duties_unknown.push((flow.importer, flow.product));
            }
            flows.push((flow, *line));
        }
        self.duties_unknown.sort_unstable();
        self.duties_unknown.dedup();
        flows.sort_by_key(|(f, line)| (f.product, f.importer, f.exporter, *line));
        for pair in flows.windows(2) {
            let key = |f: &Flow| (f.product, f.importer, f.exporter);
            if key(&pair[0].0) == key(&pair[1].0) {
                self.problems.add(
                    Place::line(&table.file, pair[1].1),
                    format!("the same exporter, importer and product as line {}", pair[0].1),
                    "add the two up in one row",
                );
            }
        }
        // a shipment of nothing is no arc: it stays nothing in every equilibrium of engine A
        self.flows = flows.into_iter().map(|(flow, _)| flow).filter(|f| f.quantity.value() > 0.0).collect();
    }

    /// Rates by importer, exporter (`None` is the default row) and product, in percent, and how far
    /// each can be trusted.
    fn duties(&mut self) -> (Rates, HashMap<DutyKey, Option<DutyConfidence>>) {
        let (mut rates, mut confidences) = (HashMap::new(), HashMap::new());
        let mut lines: HashMap<DutyKey, usize> = HashMap::new();
        let Some(table) = &self.tables.duties else { return (rates, confidences) };
        for Row { line, row } in &table.rows {
            let place = || Place::line(&table.file, *line);
            let importer = self.country.find(&row.importer, place, &mut self.problems);
            let product = self.product.find(&row.product, place, &mut self.problems);
            let exporter = if row.exporter == "*" {
                Some(None)
            } else {
                self.country.find(&row.exporter, place, &mut self.problems).map(Some)
            };
            let (Some(importer), Some(product), Some(exporter)) = (importer, product, exporter) else {
                continue;
            };
            let key = (importer, exporter, product);
            if let Some(before) = lines.insert(key, *line) {
                let (first, second) = (before.min(*line), before.max(*line));
                self.problems.add(
                    Place::line(&table.file, second),
                    format!("the same importer, exporter and product as line {first}"),
                    "keep one row with all layers of duty added up",
                );
            }
            rates.insert(key, row.rate_percent);
            let confidence = row.confidence.as_deref().map(|word| (word, DutyConfidence::of(word)));
            if let Some((word, None)) = confidence {
                let what = format!("`confidence` is `{word}`");
                self.problems.add(place(), what, instead(word, CONFIDENCE.map(|(known, _)| known)));
            }
            confidences.insert(key, confidence.and_then(|(_, found)| found));
        }
        (rates, confidences)
    }

    /// Sales must add up to output; what rounding leaves is spread over the flows.
    fn balance(&mut self) {
        let mut output: BTreeMap<(ProductId, CountryId), (f64, usize)> = BTreeMap::new();
        for (producer, line) in self.producers.iter().zip(&self.producer_line) {
            let entry = output.entry((producer.product, producer.country)).or_insert((0.0, *line));
            entry.0 += producer.output.value();
            entry.1 = entry.1.min(*line);
        }
        let mut sales: BTreeMap<(ProductId, CountryId), f64> = BTreeMap::new();
        for flow in &self.flows {
            *sales.entry((flow.product, flow.exporter)).or_default() += flow.quantity.value();
        }
        for ((product, country), sold) in &sales {
            if !output.contains_key(&(*product, *country)) {
                self.problems.add(
                    Place::file(&self.tables.flows.file),
                    format!(
                        "{} ships {sold} kt of {} and production.csv has no output of it",
                        self.countries[country.index()].code,
                        self.products[product.index()].code
                    ),
                    "add its production row, or take the flows out",
                );
            }
        }
        let mut scale: BTreeMap<(ProductId, CountryId), f64> = BTreeMap::new();
        for ((product, country), (made, line)) in &output {
            let sold = sales.get(&(*product, *country)).copied().unwrap_or(0.0);
            if (sold - made).abs() > SALES_TOLERANCE * made.max(sold) {
                self.problems.add(
                    Place::line(&self.tables.production.file, *line),
                    format!(
                        "{} makes {made} kt of {} and ships {sold} kt, home sales included: sales must equal output",
                        self.countries[country.index()].code,
                        self.products[product.index()].code
                    ),
                    format!(
                        "change its home sales in flows.csv by {} kt (relative tolerance {SALES_TOLERANCE:e})",
                        made - sold
                    ),
                );
            } else if sold > 0.0 {
                scale.insert((*product, *country), made / sold);
            }
        }
        for flow in &mut self.flows {
            if let Some(factor) = scale.get(&(flow.product, flow.exporter)) {
                flow.quantity = flow.quantity * *factor;
            }
        }
    }

    fn behaviour(&mut self) {
        let table = &self.tables.elasticities;
        let mut general: HashMap<(Parameter, usize), f64> = HashMap::new();
        let mut special: HashMap<(Parameter, usize, usize), f64> = HashMap::new();
        for Row { line, row } in &table.rows {
            let place = || Place::line(&table.file, *line);
            let product = self.product.find(&row.product, place, &mut self.problems);
            let parameter = Parameter::named(&row.parameter);
            if parameter.is_none() {
                self.problems.add(
                    place(),
                    format!("parameter `{}` is not known", row.parameter),
                    instead(&row.parameter, Parameter::ALL.map(Parameter::name)),
                );
            }
            let (Some(product), Some(parameter)) = (product, parameter) else { continue };
            if !parameter.admits(row.value) {
                self.problems.add(
                    place(),
                    format!("`{}` is {}", row.parameter, row.value),
                    "give a number above zero (capacity_curvature may be zero)",
                );
            }
            let twice = if row.country == "*" {
                general.insert((parameter, product), row.value).is_some()
            } else {
                let Some(country) = self.country.find(&row.country, place, &mut self.problems) else {
                    continue;
                };
                special.insert((parameter, product, country), row.value).is_some()
            };
            if twice {
                self.problems.add(
                    place(),
                    format!("`{}` of `{}` for `{}` stands twice", row.parameter, row.product, row.country),
                    "keep one of the rows",
                );
            }
        }
        for product in 0..self.products.len() {
            for parameter in Parameter::ALL {
                let complete = general.contains_key(&(parameter, product))
                    || (0..self.countries.len()).all(|c| special.contains_key(&(parameter, product, c)));
                if !complete {
                    self.problems.add(
                        Place::file(&table.file),
                        format!("`{}` of `{}` is missing", parameter.name(), self.products[product].code),
                        "add a row for it, with country `*` for all countries",
                    );
                }
            }
        }
        self.behaviour =
            Behaviour::new(self.countries.len(), self.products.len(), |parameter, product, country| {
                special
                    .get(&(parameter, product.index(), country.index()))
                    .or_else(|| general.get(&(parameter, product.index())))
                    .copied()
                    .unwrap_or(1.0)
            });
    }

    fn defaults(&mut self) {
        let Some(table) = &self.tables.defaults else { return };
        let route = |row: &tables::DefaultRow| {
            let product = self.product.position.get(&row.product)?;
            self.route.get(&(*product, row.benchmark_route.clone()?)).copied()
        };
        for Row { line, row } in &table.rows {
            let Some(code) = row.benchmark_route.as_ref().filter(|_| route(row).is_none()) else { continue };
            if self.product.position.contains_key(&row.product) {
                self.problems.add(
                    Place::line(&table.file, *line),
                    format!("benchmark_route `{code}` is no route of `{}`", row.product),
                    "name a route of routes.csv, or leave it empty",
                );
            }
        }
        let value = |row: &tables::DefaultRow| {
            let value =
                DefaultValue { intensity: Intensity(row.default_tco2e_per_t), benchmark_route: route(row) };
            (row.country.clone(), row.product.clone(), value)
        };
        let what = "default values";
        self.defaults = by_country(what, table, value, &self.country, &self.product, &mut self.problems);
    }

    fn groups(&mut self) {
        let countries = self.countries.len();
        self.add_group("world", "World", GroupKind::World, CountrySet::all(countries));
        let mut flags: BTreeMap<&str, CountrySet> = BTreeMap::new();
        for Row { row, .. } in &self.tables.countries.rows {
            let Some(country) = self.country.position.get(&row.code) else { continue };
            for (column, value) in &row.flags {
                let set = flags.entry(column).or_insert_with(|| CountrySet::none(countries));
                if *value {
                    set.insert(CountryId::at(*country));
                }
            }
        }
        for (column, members) in flags {
            match STATUS_GROUPS.iter().find(|(known, ..)| *known == column) {
                Some((_, name, label)) => self.add_group(name, label, GroupKind::Status, members),
                None => self.add_group(column, column, GroupKind::Own, members),
            }
        }
        let mut named: BTreeMap<(GroupKind, String), CountrySet> = BTreeMap::new();
        for (position, country) in self.countries.iter().enumerate() {
            let income = country.income_group.clone().map(|name| (GroupKind::Income, name));
            let region = country.region.clone().map(|name| (GroupKind::Region, name));
            for key in income.into_iter().chain(region) {
                named
                    .entry(key)
                    .or_insert_with(|| CountrySet::none(countries))
                    .insert(CountryId::at(position));
            }
        }
        if let Some(table) = &self.tables.groups {
            for Row { line, row } in &table.rows {
                let place = || Place::line(&table.file, *line);
                if let Some(country) = self.country.find(&row.country, place, &mut self.problems) {
                    named
                        .entry((GroupKind::Own, row.group.clone()))
                        .or_insert_with(|| CountrySet::none(countries))
                        .insert(CountryId::at(country));
                }
            }
        }
        for ((kind, label), members) in named {
            let name = if kind == GroupKind::Own { label.clone() } else { normalised(&label) };
            self.add_group(&name, &label, kind, members);
        }
    }

    fn add_group(&mut self, name: &str, label: &str, kind: GroupKind, members: CountrySet) {
        let key = normalised(name);
        let clash = self.countries.iter().any(|country| normalised(&country.code) == key)
            || (self.groups.contains_key(&key) && kind == GroupKind::Own);
        if clash {
            self.problems.add(
                Place::file(&self.tables.countries.file),
                format!("the group name `{name}` is also a country's code or another group's name"),
                "give the group another name",
            );
        }
        self.groups.insert(key, Group { name: name.to_owned(), label: label.to_owned(), kind, members });
    }

    fn finish(mut self) -> Result<Baseline, Problems> {
        let abatement = self.abatement();
        let problems = std::mem::take(&mut self.problems);
        let arcs = Arcs::new(&self.producers, &self.flows, self.products.len(), self.countries.len());
        self.say_unknown_duties();
        problems.into_result(Baseline {
            trade: Trade::new(self.countries.len(), self.flows),
            countries: self.countries,
            products: self.products,
            routes: self.routes,
            producers: self.producers,
            arcs: arcs.all,
            behaviour: self.behaviour,
            jobs: self.jobs,
            intensity_defaults: self.defaults,
            groups: self.groups,
            owners: self.owners,
            observations: self.observations,
            embargoes: self.embargoes,
            abatement,
            duties_unknown: self.duties_unknown,
            notes: self.notes,
            sources: vec![],
            year: self.tables.year,
            in_force: self.in_force,
            arc_ranges: arcs.by_product,
            market_ranges: arcs.by_market,
        })
    }

    fn say_unknown_duties(&mut self) {
        if self.duties_unknown.is_empty() {
            return;
        }
        let count = self.duties_unknown.len();
        let names: Vec<String> = self
            .duties_unknown
            .iter()
            .take(5)
            .map(|(c, p)| format!("{} {}", self.countries[c.index()].code, self.products[p.index()].code))
            .collect();
        let more = if count > 5 { ", …" } else { "" };
        self.notes.push(format!(
            "the duty in force is not known for {count} importing markets and is taken as zero there ({}{more})",
            names.join(", ")
        ));
    }
}

fn domain(row: &tables::CountryRow) -> Country {
    Country {
        code: row.code.clone(),
        name: row.name.clone(),
        region: row.region.clone(),
        income_group: row.income_group.clone(),
        gdp_usd: row.gdp_usd,
        population: row.population,
        carbon_price: row.carbon_price.map(UsdPerTonneCo2e),
        valuation: Valuation::default(),
    }
}
