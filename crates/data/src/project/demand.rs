//! Demand that adds up to output, and flows that meet both.

use crate::project::balance;
use crate::project::rules::Figure;
use crate::project::{EQUAL, Work, listed};
use std::collections::{BTreeMap, BTreeSet};
use zollverein_model::baseline::tables::Tables;
use zollverein_model::problem::Place;

/// Countries that trade with each other and with nobody else.
#[derive(Debug, Default)]
struct Block {
    /// Projected output of those who sell, kt.
    output: f64,
    /// Those who buy.
    buyers: BTreeSet<String>,
}

impl Work<'_> {
    /// Balances the flows of each product whose outputs or demands a row changes.
    pub(super) fn flows(&mut self) {
        let products: Vec<String> =
            self.tables.products.rows.iter().map(|row| row.row.code.clone()).collect();
        for product in products {
            let changed = self.tables.production.rows.iter().zip(&self.projected.tables.production.rows).any(
                |(before, after)| {
                    before.row.product == product && before.row.output_kt != after.row.output_kt
                },
            );
            let asked = self
                .projection
                .rules
                .keys()
                .any(|key| key.figure == Figure::Demand && key.product.as_ref() == Some(&product));
            if changed || asked {
                self.balance(&product);
            }
        }
    }

    /// Output by country, kt.
    fn output(tables: &Tables, product: &str) -> BTreeMap<String, f64> {
        let mut output = BTreeMap::new();
        for row in tables.production.rows.iter().filter(|row| row.row.product == product) {
            *output.entry(row.row.country.clone()).or_insert(0.0) += row.row.output_kt;
        }
        output
    }

    fn balance(&mut self, product: &str) {
        let made = Self::output(self.tables, product);
        let targets = Self::output(&self.projected.tables, product);
        let mut sold: BTreeMap<&str, f64> = BTreeMap::new();
        let flows =
            || self.tables.flows.rows.iter().enumerate().filter(|(_, row)| row.row.product == product);
        for (_, row) in flows() {
            *sold.entry(&row.row.exporter).or_default() += row.row.quantity_kt;
        }
        // what is left between sales and output by rounding is spread as in reading
        let mut cells = vec![];
        let mut use_before: BTreeMap<String, f64> = BTreeMap::new();
        let position = |code: &str| self.tables.countries.rows.iter().position(|row| row.row.code == code);
        for (at, row) in flows() {
            let row = &row.row;
            let (Some(from), Some(to)) = (position(&row.exporter), position(&row.importer)) else { continue };
            let sales = sold.get(row.exporter.as_str()).copied().unwrap_or(0.0);
            let factor =
                made.get(&row.exporter).map_or(1.0, |made| if sales > 0.0 { made / sales } else { 1.0 });
            let quantity = row.quantity_kt * factor;
            *use_before.entry(row.importer.clone()).or_default() += quantity;
            cells.push((at, (from, to, quantity)));
        }
        for (country, target) in &targets {
            if *target > 0.0 && sold.get(country.as_str()).is_none_or(|sold| *sold <= 0.0) {
                self.problems.add(
                    Place::file(&self.tables.flows.file),
                    format!("{country} is to make {target} kt of {product} and ships nothing in the baseline, not even at home"),
                    "add a flow of it to the data folder, or project no output",
                );
            }
        }
        let countries = &self.tables.countries.rows;
        let (mut rows, mut columns) = (vec![0.0; countries.len()], vec![0.0; countries.len()]);
        for (at, row) in countries.iter().enumerate() {
            rows[at] = targets.get(&row.row.code).copied().unwrap_or(0.0);
        }
        let matrix: Vec<(usize, usize, f64)> = cells.iter().map(|(_, cell)| *cell).collect();
        // what ships nothing joins nobody
        let shipped: Vec<_> = matrix.iter().filter(|(from, _, _)| rows[*from] > 0.0).copied().collect();
        let (sellers, buyers) = balance::blocks(&shipped, rows.len(), columns.len());
        let mut blocks: BTreeMap<usize, Block> = BTreeMap::new();
        for (at, target) in rows.iter().enumerate() {
            blocks.entry(sellers[at]).or_default().output += target;
        }
        for (at, row) in countries.iter().enumerate() {
            blocks.entry(buyers[at]).or_default().buyers.insert(row.row.code.clone());
        }
        let Some(demand) = self.demand(product, &use_before, blocks.into_values().collect()) else { return };
        if !self.problems.is_empty() {
            return;
        }
        for (at, row) in self.tables.countries.rows.iter().enumerate() {
            columns[at] = demand.get(&row.row.code).copied().unwrap_or(0.0);
        }
        match balance::fit(&matrix, &rows, &columns) {
            Ok(fitted) => {
                for ((at, _), quantity) in cells.iter().zip(fitted) {
                    self.projected.tables.flows.rows[*at].row.quantity_kt = quantity;
                }
                self.projected.balanced.insert(product.to_owned());
            }
            Err(unmet) => {
                let codes = |at: &[usize]| {
                    let codes: BTreeSet<String> =
                        at.iter().map(|at| self.tables.countries.rows[*at].row.code.clone()).collect();
                    listed(&codes)
                };
                self.problems.add(
                    Place::file(&self.projection.file),
                    format!(
                        "no flows of {product} meet all targets along the trade links of the baseline; still off are sales of {} and use in {}",
                        codes(&unmet.rows),
                        codes(&unmet.columns)
                    ),
                    "change output or demand there, or add trade links to the data folder",
                );
            }
        }
    }

    /// Use by country, kt, that adds up to the output of each block of trade: what countries' own
    /// rows say is kept, the others of the block share the rest.
    fn demand(
        &mut self,
        product: &str,
        before: &BTreeMap<String, f64>,
        mut blocks: Vec<Block>,
    ) -> Option<BTreeMap<String, f64>> {
        let mut demand = BTreeMap::new();
        blocks.sort_by(|a, b| b.output.total_cmp(&a.output)); // the world first, then who trades apart
        let mut apart = BTreeSet::new();
        for (position, block) in blocks.into_iter().enumerate() {
            let (mut own, mut others) = (0.0, 0.0);
            let mut free = vec![];
            for code in &block.buyers {
                let used = before.get(code).copied().unwrap_or(0.0);
                let rule = self.rule(Figure::Demand, Some(product), code, None);
                let target = match &rule {
                    Some((key, _)) if used == 0.0 && key.country.is_none() => 0.0,
                    Some((_, rule)) => rule.change.on(Some(used), self.years).unwrap_or(used),
                    None => used,
                };
                match rule {
                    Some((key, rule)) if key.country.is_some() => {
                        if used == 0.0 && target > 0.0 {
                            let what = format!(
                                "{code} is to use {target} kt of {product}, and nobody ships any to it in the baseline"
                            );
                            self.problem(
                                &rule,
                                what,
                                "add a flow into it to the data folder, or project no demand",
                            );
                            return None;
                        }
                        own += target;
                    }
                    _ => {
                        others += target;
                        free.push(code.clone());
                    }
                }
                demand.insert(code.clone(), target);
            }
            let rest = block.output - own;
            if others > 0.0 && rest > 0.0 {
                let factor = rest / others;
                for code in &free {
                    demand.entry(code.clone()).and_modify(|target| *target *= factor);
                }
                if (factor - 1.0).abs() > EQUAL {
                    if position == 0 {
                        self.projected.notes.push(format!(
                            "{product}: output is {:.0} kt and demand as projected {:.0} kt; demand of the countries without a row of their own is multiplied by {factor:.4}, so that both agree",
                            block.output,
                            own + others
                        ));
                    } else {
                        apart.extend(block.buyers);
                    }
                }
            } else if (rest - others).abs() > EQUAL * block.output.max(own) {
                self.problems.add(
                    Place::file(&self.projection.file),
                    format!(
                        "output of {product} is {} kt, and the demands that countries' own rows state are {own} kt: nobody is left to take up the difference among {}",
                        block.output,
                        listed(&block.buyers)
                    ),
                    "change output or demand, or leave a country that uses the product without a row of its own",
                );
                return None;
            }
        }
        if !apart.is_empty() {
            let who = listed(&apart);
            self.projected.notes.push(format!(
                "{product}: {who} trade with nobody else in the data; their demand follows their output"
            ));
        }
        Some(demand)
    }
}
