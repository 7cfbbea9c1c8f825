//! A data folder from the user's own files: trade (BACI, UN Comtrade), tariffs (WITS/TRAINS,
//! `MacMap`), production tables and lists of plants.
//!
//! HS6 codes are grouped into products, mirror flows reconciled, exports held against output,
//! totals met by entropy balancing, home sales estimated. What the files do not give is taken from
//! a base folder. Every cell of the new folder says where it comes from.

mod balance;
mod base;
mod blocs;
mod codes;
mod concordance;
mod cut;
mod faults;
mod mirror;
mod observed;
mod plan;
mod plants;
mod rows;
mod said;
mod scan;
mod settle;
mod supply;
mod targets;
mod tariffs;
mod trade;

pub use balance::{Balanced, Bloc, Cell, balance, balance_blocs};
pub use plan::Plan;
pub use settle::Balance;

use base::Base;
use blocs::Groups;
use codes::Countries;
use concordance::Concordance;
use faults::Faults;
use serde::Serialize;
use settle::{Given, Shipments};
use std::collections::BTreeMap;
use std::path::Path;
use supply::{Maker, Supply};
use targets::Targets;
use tariffs::Rate;
use trade::Trade;
use zollverein_model::baseline::read;
use zollverein_model::baseline::tables::Tables;
use zollverein_model::problem::{Place, Problems, instead};

/// A new data folder, not yet written.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// Name and bytes of each table.
    pub tables: Vec<(String, Vec<u8>)>,
    /// What people would write in `datapackage.json`; the tables are described from the files.
    pub description: String,
    /// What became of the files.
    pub account: Account,
}

/// What became of the files' figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Account {
    /// Rows of trade files that were read.
    pub rows: usize,
    /// Of them rows of other years, products or breakdowns.
    pub other_rows: usize,
    /// Product by product.
    pub products: Vec<Balance>,
    /// What a reader must know, in words.
    pub notes: Vec<String>,
}

/// Everything that was read and settled, on its way into tables.
struct Made<'a> {
    plan: &'a Plan,
    base: Base<'a>,
    countries: &'a Countries,
    trade: &'a Trade,
    rates: Vec<Rate>,
    supply: Supply,
    /// By product.
    shipments: Vec<Shipments>,
    /// What the flows obey.
    observed: Vec<observed::Observed>,
    /// Export value per tonne by product and country, and of the world under `None`, USD/t.
    unit_values: BTreeMap<(u16, Option<u16>), f64>,
}

/// The data folder that a plan describes.
///
/// # Errors
/// Every problem of the plan and its files, the first of each file in full and the others counted.
pub fn import(plan: &Plan) -> Result<Imported, Problems> {
    let folder = plan.path(&plan.base);
    let tables = read::tables(&folder)?;
    let mut faults = Faults::default();
    likes(plan, &tables, &mut faults);
    let countries = Countries::new(plan, &tables, &mut faults);
    let products = Concordance::read(plan, &mut faults);
    let base = Base::new(&tables);
    let supply = supply::read(plan, &countries, &base, &mut faults);
    let groups = match zollverein_model::baseline::Baseline::new(&tables) {
        _ if plan.blocs.is_empty() => Groups::none(),
        Ok(world) => Groups::of(&world, &countries),
        Err(problems) => {
            faults.take(problems);
            Groups::none()
        }
    };
    let targets = Targets::read(plan, &countries, &groups, &mut faults);
    let trade = Trade::read(plan, &countries, &products, &mut faults);
    let rates = tariffs::read(plan, &countries, &products, &trade, &mut faults);
    faults.into_result(())?;
    let cells = mirror::reconciled(&trade);
    let mut made = Made {
        plan,
        base,
        countries: &countries,
        trade: &trade,
        rates,
        unit_values: unit_values(&cells),
        supply,
        shipments: vec![],
        observed: vec![],
    };
    let mut account = Account { rows: trade.rows, other_rows: trade.other, products: vec![], notes: vec![] };
    let mut problems = Problems::new();
    for at in 0..plan.product.len() {
        match made.settle(at, &cells, &targets) {
            Ok(balance) => account.products.push(balance),
            Err(more) => problems.append(more),
        }
    }
    made.prices(&mut problems);
    problems.into_result(())?;
    made.figures();
    account.notes = made.notes(&account.products);
    let tables = rows::tables(&made, &folder)?;
    let description = said::description(&made, &folder, &account);
    Ok(Imported { tables, description, account })
}

/// The bytes of a small file; one that cannot be read is a fault.
fn bytes(path: &Path, faults: &mut Faults) -> Option<Vec<u8>> {
    let place = Place::file(path.display().to_string());
    let found = match std::fs::read(path) {
        Ok(found) => found,
        Err(error) => {
            let what = if error.kind() == std::io::ErrorKind::NotFound {
                "the file is missing".to_owned()
            } else {
                format!("the file cannot be read: {error}")
            };
            faults.add(place, what, "check its name in the plan and its permissions");
            return None;
        }
    };
    if let Some((what, remedy)) = scan::unreadable(&found) {
        faults.add(place, what, remedy);
        return None;
    }
    Some(found)
}

/// Every product is like one of the base folder, and its routes are there.
fn likes(plan: &Plan, base: &Tables, faults: &mut Faults) {
    let known: Vec<&str> = base.products.rows.iter().map(|row| row.row.code.as_str()).collect();
    for product in &plan.product {
        let place = || Place::file(plan.file.display().to_string());
        if !known.contains(&product.like.as_str()) {
            let remedy = instead(&product.like, known.iter().copied());
            faults.add(place(), format!("the base folder has no product `{}`", product.like), remedy);
            continue;
        }
        let routes: Vec<&str> = base
            .routes
            .rows
            .iter()
            .filter(|row| row.row.product == product.like)
            .map(|row| row.row.code.as_str())
            .collect();
        let own = product.route.iter();
        let lists = plan.plants.iter().filter(|list| list.product == product.code);
        let of_plants = lists.flat_map(|list| [&list.routes.bof, &list.routes.dri, &list.routes.eaf]);
        for route in own.chain(of_plants) {
            if !routes.contains(&route.as_str()) {
                let remedy = instead(route, routes.iter().copied());
                let what = format!("route `{route}` of `{}` is not known in the base folder", product.like);
                faults.add(place(), what, remedy);
            }
        }
    }
}

/// Export value per tonne where tonnes are reported, by country and of the world.
fn unit_values(cells: &BTreeMap<trade::Pair, mirror::Cell>) -> BTreeMap<(u16, Option<u16>), f64> {
    let mut sums: BTreeMap<(u16, Option<u16>), (f64, f64)> = BTreeMap::new();
    for ((product, exporter, _), cell) in cells {
        if matches!(cell.how, mirror::How::FromValue(_)) || cell.value <= 0.0 {
            continue;
        }
        for key in [(*product, Some(*exporter)), (*product, None)] {
            let sum = sums.entry(key).or_default();
            sum.0 += cell.value;
            sum.1 += cell.kt;
        }
    }
    sums.into_iter().filter(|(_, (_, kt))| *kt > 0.0).map(|(key, (value, kt))| (key, value / kt)).collect()
}

/// Export unit values farther from the world's than this factor are not taken for mill prices.
const PRICE_SPREAD: f64 = 3.0;

impl Made<'_> {
    fn code(&self, country: u16) -> &str {
        &self.countries.codes[usize::from(country)]
    }

    fn like(&self, product: u16) -> &str {
        &self.plan.product[usize::from(product)].like
    }

    /// Settles a product's shipments and raises output where they say so.
    fn settle(
        &mut self,
        at: usize,
        cells: &BTreeMap<trade::Pair, mirror::Cell>,
        targets: &Targets,
    ) -> Result<Balance, Problems> {
        let product = u16::try_from(at).unwrap_or(0);
        let mut output = BTreeMap::new();
        for maker in self.supply.makers.iter().filter(|maker| maker.product == product) {
            *output.entry(maker.country).or_insert(0.0) += maker.output;
        }
        let of = |pair: &trade::Pair| (pair.0 == product).then_some((pair.1, pair.2));
        let given = Given {
            product: &self.plan.product[at],
            countries: &self.countries.codes,
            cells: cells.iter().filter_map(|(pair, cell)| Some((of(pair)?, *cell))).collect(),
            totals: targets
                .totals
                .iter()
                .filter(|((p, _), _)| *p == product)
                .map(|((_, c), t)| (*c, t.clone()))
                .collect(),
            pairs: targets.pairs.iter().filter_map(|(pair, held)| Some((of(pair)?, held.clone()))).collect(),
            blocs: targets.blocs.get(&product).cloned().unwrap_or_default(),
            output,
            file: self.plan.file.display().to_string(),
        };
        let (shipments, raised, balance) = settle::settle(&given)?;
        self.observed.extend(observed::of(self.plan, product, &given, &shipments));
        for (country, kt) in raised {
            self.raise(product, country, given.output.get(&country).copied().unwrap_or(0.0), kt);
        }
        self.supply.makers.retain(|maker| maker.product != product || maker.output > 0.0);
        self.shipments.push(shipments);
        Ok(balance)
    }

    /// Raises a country's output to so many kt, or makes it up.
    fn raise(&mut self, product: u16, country: u16, before: f64, kt: f64) {
        if before > 0.0 {
            let own = |maker: &&mut Maker| maker.product == product && maker.country == country;
            for maker in self.supply.makers.iter_mut().filter(own) {
                maker.output *= kt / before;
                maker.estimated = true;
                maker.how.insert("output", "raised to explain exports".to_owned());
                if let Some(capacity) = maker.capacity.filter(|capacity| *capacity < maker.output) {
                    maker.capacity = Some(capacity.max(maker.output));
                    maker.how.insert("capacity", "raised to output".to_owned());
                }
            }
            return;
        }
        let like = self.like(product);
        let own = self.plan.product[usize::from(product)].route.clone();
        let main = self.base.main_route(like, Some(self.code(country)));
        let route = own.or_else(|| main.or_else(|| self.base.main_route(like, None)).map(str::to_owned));
        let route = route.unwrap_or_default();
        self.supply.makers.push(Maker {
            country,
            product,
            kind: route.clone(),
            route,
            output: kt,
            capacity: None,
            price: None,
            intensity: None,
            direct: None,
            estimated: true,
            source: "least output that explains reported exports".to_owned(),
            how: BTreeMap::from([("output", "made up from exports".to_owned())]),
        });
    }

    /// Mill prices: the table's, else export values per tonne, else the world's, else the base's.
    fn prices(&mut self, problems: &mut Problems) {
        let mut makers = std::mem::take(&mut self.supply.makers);
        for maker in makers.iter_mut().filter(|maker| maker.price.is_none()) {
            let world = self.unit_values.get(&(maker.product, None)).copied();
            let own = self.unit_values.get(&(maker.product, Some(maker.country))).copied();
            let near = |own: f64| {
                world.filter(|world| own < world * PRICE_SPREAD && own > world / PRICE_SPREAD).map(|_| own)
            };
            let (price, how) = match (own.and_then(near), world) {
                (Some(own), _) => (Some(own), "export value per tonne"),
                (None, Some(world)) => (Some(world), "world export value per tonne"),
                (None, None) => {
                    let [like, code] = [self.like(maker.product), self.code(maker.country)];
                    (self.base.price([like, code, &maker.kind]).map(|(price, _)| price), "base folder")
                }
            };
            maker.price = price;
            maker.how.insert("price", how.to_owned());
            if price.is_none_or(|price| price <= 0.0) {
                problems.add(
                    Place::file(self.plan.file.display().to_string()),
                    format!(
                        "no price of {} in {} is known",
                        self.plan.product[usize::from(maker.product)].code,
                        self.code(maker.country)
                    ),
                    "give it in the production table",
                );
            }
        }
        self.supply.makers = makers;
    }

    /// Capacities and intensities from the base folder where no file gives them.
    fn figures(&mut self) {
        let mut makers = std::mem::take(&mut self.supply.makers);
        for maker in &mut makers {
            let key = [self.like(maker.product), self.code(maker.country), maker.kind.as_str()];
            let said = |found| match found {
                base::Found::Own => "base folder, the country's own",
                base::Found::Mean => "base folder, mean of the route",
            };
            if maker.capacity.is_none()
                && let Some((share, found)) = self.base.utilisation(key)
                && share > 0.0
            {
                maker.capacity = Some(maker.output / share.min(1.0));
                maker.how.insert("capacity", format!("output over use of capacity in the {}", said(found)));
            }
            for (name, value, from_base) in [
                ("intensity", &mut maker.intensity, self.base.intensity(key)),
                ("direct", &mut maker.direct, self.base.direct(key)),
            ] {
                if value.is_none()
                    && let Some((figure, found)) = from_base
                {
                    *value = Some(figure);
                    maker.how.insert(name, said(found).to_owned());
                }
            }
        }
        makers.sort_by(|a, b| (a.product, a.country, &a.route).cmp(&(b.product, b.country, &b.route)));
        self.supply.makers = makers;
    }

    /// What a reader of the new folder must know.
    fn notes(&self, products: &[Balance]) -> Vec<String> {
        let mut notes = self.supply.notes.clone();
        if !self.trade.rest.is_empty() {
            let codes: Vec<&str> = self.trade.rest.iter().map(String::as_str).collect();
            let shown = codes.iter().take(12).copied().collect::<Vec<_>>().join(", ");
            let more =
                if codes.len() > 12 { format!(" and {} more", codes.len() - 12) } else { String::new() };
            let rest = self.plan.rest_of_world.as_deref().unwrap_or_default();
            notes.push(format!("taken for {rest}: {shown}{more}"));
        }
        for balance in products {
            let product = &balance.product;
            if balance.taken_out_kt > 0.0 {
                notes.push(format!(
                    "{product}: {:.1} kt of exports are beyond what output leaves and are taken out of exports and imports alike",
                    balance.taken_out_kt
                ));
            }
            if balance.made_up_kt > 0.0 {
                notes.push(format!(
                    "{product}: output is raised by {:.1} kt to explain exports",
                    balance.made_up_kt
                ));
            }
            if let Some(code) = &balance.residual_of {
                notes.push(format!(
                    "{product}: totals of imports are not all met; the largest gap is {:.1} kt, in {code}",
                    balance.residual_kt
                ));
            }
            if let Some(cut) = &balance.cut {
                notes.push(format!("{product}: no shipments meet the totals: {cut}"));
            }
        }
        let with_rates: std::collections::BTreeSet<u16> =
            self.rates.iter().map(|rate| rate.importer).collect();
        notes.push(format!(
            "duties: {} importers from tariff files, all others from the base folder",
            with_rates.len()
        ));
        notes.push(format!(
            "from the base folder {}: countries, elasticities, jobs, abatement, default values, freight, and what production.csv says so of",
            self.plan.base.display()
        ));
        notes
    }
}
