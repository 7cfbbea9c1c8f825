//! A world of another year: figures of a data folder changed by the rules of a
//! projection file, and flows brought into balance with them.
//!
//! Tables in, tables out. Outputs and demands are the targets; the baseline's
//! flows are fitted to them by iterative proportional fitting (Deming and
//! Stephan 1940), called RAS for trade tables (Bacharach 1970): trade keeps its
//! pattern, and a flow that is zero stays zero. A product whose outputs and
//! demands no row changes keeps its flows as they are.

pub mod balance;
mod demand;
pub mod folder;
pub mod rules;

#[cfg(test)]
mod tests;

use rules::{Change, Figure, Key, Projection, Rule};
use std::collections::{BTreeMap, BTreeSet};
use zollverein_model::baseline::tables::{ProductionRow, Tables};
use zollverein_model::problem::{Place, Problems, instead};

/// Sums count as equal within this, relative.
const EQUAL: f64 = 1e-9;

/// Projected tables, and what was done to get them.
#[derive(Debug, Clone, PartialEq)]
pub struct Projected {
    /// The tables, rows in the order of those they were made from.
    pub tables: Tables,
    /// For each row of `production.csv`, what was changed in it, in words.
    pub production: Vec<Vec<String>>,
    /// For each row of `countries.csv`, what was changed in it, in words.
    pub countries: Vec<Vec<String>>,
    /// The products whose flows were balanced anew.
    pub balanced: BTreeSet<String>,
    /// What a reader of the new tables must know, in words.
    pub notes: Vec<String>,
}

/// The tables of another year.
///
/// # Errors
/// Every rule that names what is not there or cannot be met, with its line.
pub fn project(tables: &Tables, projection: &Projection, year: i32) -> Result<Projected, Problems> {
    let mut problems = Problems::new();
    let years = years(tables.year, projection, year, &mut problems);
    names(tables, projection, &mut problems);
    let mut projected = Projected {
        tables: Tables { year: Some(year), ..tables.clone() },
        production: vec![vec![]; tables.production.rows.len()],
        countries: vec![vec![]; tables.countries.rows.len()],
        balanced: BTreeSet::new(),
        notes: vec![],
    };
    let mut work = Work { tables, projection, years, problems, projected: &mut projected };
    work.countries();
    for figure in
        [Figure::Output, Figure::Capacity, Figure::Intensity, Figure::DirectIntensity, Figure::Price]
    {
        work.production(figure);
    }
    work.capacity_holds_output();
    work.direct_within_total();
    work.flows();
    let problems = work.problems;
    problems.into_result(projected)
}

/// The years from the tables' to the target.
fn years(from: Option<i32>, projection: &Projection, year: i32, problems: &mut Problems) -> u32 {
    let growth = projection.rules.values().find(|rule| matches!(rule.change, Change::PercentPerYear(_)));
    match (from, growth) {
        (Some(from), _) if year < from => {
            problems.add(
                Place::file(&projection.file),
                format!("the year {year} is before the data's, {from}"),
                "name a later year with --year",
            );
            0
        }
        (Some(from), _) => year.abs_diff(from),
        (None, Some(rule)) => {
            problems.add(
                projection.place(rule),
                "`percent_per_year` needs the year of the data, and the folder names none",
                "add \"year\" to its datapackage.json, or give levels or factors",
            );
            0
        }
        (None, None) => 0,
    }
}

/// Names that the tables do not have.
fn names(tables: &Tables, projection: &Projection, problems: &mut Problems) {
    let countries: Vec<&str> = tables.countries.rows.iter().map(|row| row.row.code.as_str()).collect();
    let products: Vec<&str> = tables.products.rows.iter().map(|row| row.row.code.as_str()).collect();
    for (key, rule) in &projection.rules {
        let place = || projection.place(rule);
        if let Some(country) = key.country.as_deref().filter(|code| !countries.contains(code)) {
            let remedy = instead(country, countries.iter().copied());
            problems.add(place(), format!("country `{country}` is not known"), remedy);
        }
        let Some(product) = key.product.as_deref() else { continue };
        if !products.contains(&product) {
            let remedy = instead(product, products.iter().copied());
            problems.add(place(), format!("product `{product}` is not known"), remedy);
            continue;
        }
        let routes: Vec<&str> = tables
            .routes
            .rows
            .iter()
            .filter(|row| row.row.product == product)
            .map(|row| row.row.code.as_str())
            .collect();
        if let Some(route) = key.route.as_deref().filter(|code| !routes.contains(code)) {
            let remedy = instead(route, routes.iter().copied());
            problems.add(place(), format!("route `{route}` of `{product}` is not known"), remedy);
        }
    }
}

struct Work<'a> {
    tables: &'a Tables,
    projection: &'a Projection,
    years: u32,
    problems: Problems,
    projected: &'a mut Projected,
}

impl Work<'_> {
    fn problem(&mut self, rule: &Rule, what: String, remedy: &str) {
        self.problems.add(self.projection.place(rule), what, remedy);
    }

    /// The rule for a figure of a country, its own before the one for all.
    fn rule(
        &self,
        figure: Figure,
        product: Option<&str>,
        country: &str,
        route: Option<&str>,
    ) -> Option<(Key, Rule)> {
        let key = |country: Option<&str>, route: Option<&str>| Key {
            figure,
            product: product.map(str::to_owned),
            country: country.map(str::to_owned),
            route: route.map(str::to_owned),
        };
        let mut keys = vec![key(Some(country), None), key(None, None)];
        if route.is_some() {
            keys.insert(1, key(None, route));
            keys.insert(0, key(Some(country), route));
        }
        keys.into_iter().find_map(|key| {
            let rule = self.projection.rules.get(&key)?.clone();
            Some((key, rule))
        })
    }

    fn countries(&mut self) {
        for figure in [Figure::CarbonPrice, Figure::Population, Figure::Gdp] {
            for position in 0..self.tables.countries.rows.len() {
                let row = &self.tables.countries.rows[position].row;
                let Some((key, rule)) = self.rule(figure, None, &row.code, None) else { continue };
                let before = match figure {
                    Figure::CarbonPrice => row.carbon_price,
                    Figure::Population => row.population,
                    _ => row.gdp_usd,
                };
                let Some(after) = rule.change.on(before, self.years) else {
                    if key.country.is_some() {
                        let what = format!("the {} of {} is not known", figure.name(), row.code);
                        self.problem(&rule, what, "give a level");
                    }
                    continue;
                };
                let new = &mut self.projected.tables.countries.rows[position].row;
                match figure {
                    Figure::CarbonPrice => new.carbon_price = Some(after),
                    Figure::Population => new.population = Some(after),
                    _ => new.gdp_usd = Some(after),
                }
                self.projected.countries[position].push(format!("{} ({})", figure.name(), rule.source));
            }
        }
    }

    /// The rows of a product's makers, by product and country.
    fn makers(&self) -> BTreeMap<(String, String), Vec<usize>> {
        let mut makers: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
        for (position, row) in self.tables.production.rows.iter().enumerate() {
            let key = (row.row.product.clone(), row.row.country.clone());
            makers.entry(key).or_default().push(position);
        }
        makers
    }

    fn production(&mut self, figure: Figure) {
        let makers = self.makers();
        for (key, rule) in &self.projection.rules {
            let (Some(product), Some(country)) = (&key.product, &key.country) else { continue };
            let rows = makers.get(&(product.clone(), country.clone()));
            let made = rows.is_some_and(|rows| {
                let by = |position: &usize| {
                    let row = &self.tables.production.rows[*position].row;
                    key.route.as_ref().is_none_or(|route| *route == row.route)
                };
                rows.iter().any(by)
            });
            if key.figure == figure && !made && self.projection.knows(self.tables, key) {
                let by = key.route.as_ref().map_or(String::new(), |route| format!(" by {route}"));
                self.problems.add(
                    self.projection.place(rule),
                    format!("{country} makes no {product}{by} in production.csv"),
                    "add a production row to the data folder first, or take this row out",
                );
            }
        }
        for ((product, country), rows) in makers {
            self.group(figure, &product, &country, &rows);
        }
    }

    /// One figure of one country's makers of a product.
    fn group(&mut self, figure: Figure, product: &str, country: &str, rows: &[usize]) {
        let before = |row: &ProductionRow| figure.of(row);
        // the rule for all routes, with the rows that have no rule for their route
        let mut joint: Option<(Rule, Vec<usize>)> = None;
        for position in rows {
            let row = &self.tables.production.rows[*position].row;
            let Some((key, rule)) = self.rule(figure, Some(product), country, Some(&row.route)) else {
                continue;
            };
            if key.route.is_none() && matches!(rule.change, Change::Level(_)) {
                joint.get_or_insert_with(|| (rule, vec![])).1.push(*position);
            } else if let Some(after) = rule.change.on(before(row), self.years) {
                self.put(figure, *position, after, &rule);
            } else if key.country.is_some() {
                let what = format!("the {} of {country} by {} is not known", figure.name(), row.route);
                self.problem(&rule, what, "give a level for the route");
            }
        }
        self.idle_rule(figure, product, country, rows);
        let Some((rule, governed)) = joint else { return };
        let Change::Level(level) = rule.change else { return };
        let weight = |work: &Self, position: usize| {
            if figure.adds_up() { 1.0 } else { work.projected.tables.production.rows[position].row.output_kt }
        };
        let total: f64 =
            if figure.adds_up() { 1.0 } else { rows.iter().map(|position| weight(self, *position)).sum() };
        let (mut fixed, mut scaled) = (0.0, 0.0);
        for position in rows {
            let row = &self.projected.tables.production.rows[*position].row;
            let Some(value) = before(row) else {
                let what = format!("the {} of {country} by {} is not known", figure.name(), row.route);
                self.problem(&rule, what, "give a level for each route");
                return;
            };
            let part = value * weight(self, *position);
            *(if governed.contains(position) { &mut scaled } else { &mut fixed }) += part;
        }
        let target = level * total;
        if total == 0.0 {
            // nothing is made: each route has the level
            for position in governed {
                self.put(figure, position, level, &rule);
            }
        } else if target - fixed < -EQUAL * target || (scaled == 0.0 && target > fixed) {
            let what = format!(
                "{country}'s {} cannot be {level}: the routes with rows of their own come to {}, the others to {}",
                figure.name(),
                shown(fixed / total),
                shown(scaled / total)
            );
            self.problem(&rule, what, "change the level or the rows by route");
        } else {
            let factor = if scaled == 0.0 { 0.0 } else { ((target - fixed) / scaled).max(0.0) };
            for position in governed {
                let value = before(&self.tables.production.rows[position].row).unwrap_or(0.0);
                self.put(figure, position, value * factor, &rule);
            }
        }
    }

    /// A country's row for all routes that a row for each route leaves without effect.
    fn idle_rule(&mut self, figure: Figure, product: &str, country: &str, rows: &[usize]) {
        let key = |route: Option<&str>| Key {
            figure,
            product: Some(product.to_owned()),
            country: Some(country.to_owned()),
            route: route.map(str::to_owned),
        };
        let Some(rule) = self.projection.rules.get(&key(None)).cloned() else { return };
        let own = |position: &usize| {
            let route = self.tables.production.rows[*position].row.route.as_str();
            self.projection.rules.contains_key(&key(Some(route)))
        };
        if rows.iter().all(own) {
            let what = format!("every route of {country} has a row of its own, so this row changes nothing");
            self.problem(&rule, what, "take out this row or one of the rows by route");
        }
    }

    fn put(&mut self, figure: Figure, position: usize, value: f64, rule: &Rule) {
        let row = &mut self.projected.tables.production.rows[position].row;
        match figure {
            Figure::Output => row.output_kt = value,
            Figure::Capacity => row.capacity_kt = Some(value),
            Figure::Intensity => row.intensity = Some(value),
            Figure::DirectIntensity => row.direct_intensity = Some(value),
            Figure::Price => row.price_usd_per_t = value,
            _ => return,
        }
        self.projected.production[position].push(format!("{} ({})", figure.name(), rule.source));
    }

    /// Raises capacity to output; a country whose own capacity is stated too low is a fault.
    fn capacity_holds_output(&mut self) {
        let mut raised: BTreeMap<String, (f64, BTreeSet<String>)> = BTreeMap::new();
        for ((product, country), rows) in self.makers() {
            let sum = |of: &dyn Fn(&ProductionRow) -> f64| -> f64 {
                rows.iter().map(|at| of(&self.projected.tables.production.rows[*at].row)).sum()
            };
            let output = sum(&|row| row.output_kt);
            let capacity = sum(&|row| row.capacity_kt.unwrap_or(row.output_kt));
            let stated = self.projection.rules.iter().find(|(key, _)| {
                key.figure == Figure::Capacity
                    && key.product.as_ref() == Some(&product)
                    && key.country.as_ref() == Some(&country)
            });
            if let Some((_, rule)) = stated
                && capacity < output * (1.0 - EQUAL)
            {
                let (capacity, output) = (shown(capacity), shown(output));
                let what = format!(
                    "{country}'s capacity of {product}, {capacity} kt, is below its output, {output} kt"
                );
                self.problem(&rule.clone(), what, "raise the capacity or lower the output");
                continue;
            }
            for at in rows {
                let row = &mut self.projected.tables.production.rows[at].row;
                if let Some(capacity) = row.capacity_kt.filter(|capacity| *capacity < row.output_kt) {
                    let entry = raised.entry(product.clone()).or_default();
                    entry.0 += row.output_kt - capacity;
                    entry.1.insert(country.clone());
                    row.capacity_kt = Some(row.output_kt);
                    self.projected.production[at].push("capacity raised to output".to_owned());
                }
            }
        }
        for (product, (tonnes, countries)) in raised {
            self.projected.notes.push(format!(
                "{product}: capacity is raised to output, by {tonnes:.0} kt in all, in {}",
                listed(&countries)
            ));
        }
    }

    /// Direct emissions are part of all emissions.
    fn direct_within_total(&mut self) {
        let mut lowered: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for position in 0..self.tables.production.rows.len() {
            let before = &self.tables.production.rows[position].row;
            let after = &self.projected.tables.production.rows[position].row;
            let above = |row: &ProductionRow| {
                row.direct_intensity.zip(row.intensity).filter(|(direct, total)| direct > total)
            };
            let Some((direct, total)) = above(after) else { continue };
            if above(before).is_some() {
                continue; // the tables say so themselves
            }
            let (country, product, route) = (&before.country, &before.product, &before.route);
            if let Some((_, rule)) = self.rule(Figure::DirectIntensity, Some(product), country, Some(route))
                && direct > total * (1.0 + EQUAL)
            {
                let (direct, total) = (shown(direct), shown(total));
                let what = format!(
                    "{country}'s direct intensity of {product} by {route}, {direct}, is above its whole intensity, {total}"
                );
                self.problem(&rule, what, "lower it, or raise the whole intensity");
                continue;
            }
            lowered.entry(product.clone()).or_default().insert(country.clone());
            self.projected.tables.production.rows[position].row.direct_intensity = Some(total);
            self.projected.production[position].push("direct_intensity lowered to intensity".to_owned());
        }
        for (product, countries) in lowered {
            self.projected.notes.push(format!(
                "{product}: direct intensity is lowered to the whole intensity in {}",
                listed(&countries)
            ));
        }
    }
}

/// A figure as people read it.
fn shown(value: f64) -> String {
    ((value * 1e3).round() / 1e3).to_string()
}

/// Some codes, as many as can be read.
fn listed(codes: &BTreeSet<String>) -> String {
    let shown: Vec<&str> = codes.iter().map(String::as_str).take(12).collect();
    let more = codes.len().saturating_sub(shown.len());
    match (shown.is_empty(), more) {
        (true, _) => "no country".to_owned(),
        (_, 0) => shown.join(", "),
        (_, more) => format!("{} and {more} more", shown.join(", ")),
    }
}
