//! What any equilibrium must obey, checked on the user's own data: replication,
//! homogeneity, adding-up and clearing.

pub mod supply;

use crate::baseline::{ArcId, Baseline, CountryId};
use crate::engine::{Armington, Engine, Equilibrium, SolveError};
use crate::indicator::{Indicator, Indicators};
use crate::policy::{Duty, Terms};
use crate::units::{Kilotonnes, UsdPerTonne};
use serde::Serialize;
use zollverein_numeric::dense::greatest;

/// One law and how far the model is from it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Check {
    /// The law in a word or two.
    pub name: &'static str,
    /// The largest departure found (relative or in logs, as the note says).
    pub value: f64,
    /// What is accepted.
    pub limit: f64,
    /// What was measured.
    pub note: &'static str,
}

impl Check {
    /// Whether the law holds.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.value <= self.limit
    }
}

/// Points added to every duty between different countries in the checks that need a shock.
const SHOCK: f64 = 0.25;
/// The factor by which prices or quantities are scaled in the checks of homogeneity.
const SCALE: f64 = 3.7;

/// Runs every check on a baseline with engine A.
///
/// # Errors
/// [`SolveError`] if the shocked markets do not settle.
pub fn run(baseline: &Baseline) -> Result<Vec<Check>, SolveError> {
    let engine = Armington::new(baseline);
    let in_force = Terms::in_force(baseline);
    let before = engine.solve(baseline, &in_force)?;
    let terms = shock(baseline, 1.0);
    let after = engine.solve(baseline, &terms)?;
    Ok(vec![
        Check {
            name: "replication",
            value: replication(baseline, &before),
            limit: 1e-12,
            note: "duties in force give back baseline shipments and prices (relative)",
        },
        Check {
            name: "market clearing",
            value: after.convergence.residual.max(clearing(baseline, &after)),
            limit: 1e-10,
            note: "25 points on all trade: demand against supply of every producer (logs)",
        },
        Check {
            name: "adding-up",
            value: adding_up(baseline, &terms, &after),
            limit: 1e-9,
            note: "exports = imports, welfare = its parts, products add up to all, spending = receipts (relative)",
        },
        Check {
            name: "homogeneity in prices",
            value: price_homogeneity(baseline, &after)?,
            limit: 1e-8,
            note: "all prices, freights and charges times 3.7 leave quantities unchanged (relative)",
        },
        Check {
            name: "homogeneity in quantities",
            value: quantity_homogeneity(baseline, &after)?,
            limit: 1e-8,
            note: "all shipments and capacities times 3.7 leave prices unchanged (relative)",
        },
    ])
}

/// Points and a charge on all trade between different countries; prices in units of `scale`.
fn shock(baseline: &Baseline, scale: f64) -> Terms {
    let arcs = (0..baseline.arcs.len()).map(ArcId::at);
    let border = arcs.filter(|arc| !baseline.flow_of(*arc).is_home());
    Terms::with(
        baseline,
        border.map(|arc| {
            let duty = Duty::new(baseline.flow_of(arc).duty + SHOCK, UsdPerTonne(10.0 * scale));
            (arc, duty)
        }),
    )
}

fn relative(a: f64, b: f64) -> f64 {
    (a - b).abs() / a.abs().max(b.abs()).max(f64::MIN_POSITIVE)
}

fn replication(baseline: &Baseline, equilibrium: &Equilibrium) -> f64 {
    let mut worst: f64 = 0.0;
    for (arc, quantity) in baseline.arcs.iter().zip(&equilibrium.quantity) {
        worst = greatest(worst, [relative(arc.quantity.value(), quantity.value())]);
    }
    for (producer, state) in baseline.producers.iter().zip(&equilibrium.producers) {
        worst = greatest(worst, [relative(producer.price.value(), state.price.value())]);
        worst = greatest(worst, [relative(producer.output.value(), state.output.value())]);
    }
    worst
}

/// Largest gap between what a producer makes and what is taken from it, in logs.
fn clearing(baseline: &Baseline, equilibrium: &Equilibrium) -> f64 {
    let mut taken = vec![0.0; baseline.producers.len()];
    for (arc, quantity) in baseline.arcs.iter().zip(&equilibrium.quantity) {
        taken[arc.producer.index()] += quantity.value();
    }
    let made = equilibrium.producers.iter().map(|state| state.output.value());
    let gaps = made.zip(taken).filter(|(made, _)| *made > 0.0);
    greatest(0.0, gaps.map(|(made, taken)| (taken / made).ln().abs()))
}

fn adding_up(baseline: &Baseline, terms: &Terms, equilibrium: &Equilibrium) -> f64 {
    let table = Indicators::of(baseline, terms, equilibrium);
    let mut worst: f64 = 0.0;
    let sum = |indicator| -> f64 {
        baseline.country_ids().filter_map(|c| table.get(indicator, c, None)).map(|level| level.value).sum()
    };
    worst = greatest(worst, [relative(sum(Indicator::Exports), sum(Indicator::Imports))]);
    worst = greatest(worst, [relative(sum(Indicator::Use), sum(Indicator::Output))]);
    let change = |indicator, country: CountryId, product| {
        table.get(indicator, country, product).map_or(0.0, crate::indicator::Level::change)
    };
    for country in baseline.country_ids() {
        let parts = [Indicator::ConsumerSurplus, Indicator::ProducerSurplus, Indicator::GovernmentRevenue];
        let whole: f64 = parts.iter().map(|part| change(*part, country, None)).sum();
        let scale: f64 = parts.iter().map(|part| change(*part, country, None).abs()).sum();
        if scale > 0.0 {
            worst = greatest(worst, [(whole - change(Indicator::Welfare, country, None)).abs() / scale]);
        }
        for indicator in [Indicator::Output, Indicator::Exports, Indicator::ImportValue, Indicator::Emissions]
        {
            let products: f64 = baseline
                .product_ids()
                .filter_map(|product| table.get(indicator, country, Some(product)))
                .map(|level| level.value)
                .sum();
            if let Some(all) = table.get(indicator, country, None) {
                worst = greatest(worst, [relative(products, all.value)]);
            }
        }
    }
    // what purchasers pay is what mills, carriers and treasuries receive
    let (mut paid, mut received) = (0.0, 0.0);
    for (position, quantity) in equilibrium.quantity.iter().enumerate() {
        let arc = ArcId::at(position);
        let (flow, mill) = (baseline.flow_of(arc), equilibrium.mill_price(baseline, arc));
        let duty = terms.duty(arc);
        let collected = baseline.customs_value(flow, mill) * duty.rate + duty.charge;
        paid += (*quantity * equilibrium.landed_price[position]).value();
        received += (*quantity * (mill + flow.freight + collected)).value();
    }
    greatest(worst, [relative(paid, received)])
}

fn price_homogeneity(baseline: &Baseline, reference: &Equilibrium) -> Result<f64, SolveError> {
    let scaled = baseline.scaled(1.0, SCALE);
    let equilibrium = Armington::new(&scaled).solve(&scaled, &shock(&scaled, SCALE))?;
    let pairs = reference.quantity.iter().zip(&equilibrium.quantity);
    Ok(greatest(0.0, pairs.map(|(a, b)| relative(a.value(), b.value()))))
}

fn quantity_homogeneity(baseline: &Baseline, reference: &Equilibrium) -> Result<f64, SolveError> {
    let scaled = baseline.scaled(SCALE, 1.0);
    let equilibrium = Armington::new(&scaled).solve(&scaled, &shock(&scaled, 1.0))?;
    let prices = reference.landed_price.iter().zip(&equilibrium.landed_price);
    let worst = greatest(0.0, prices.map(|(a, b)| relative(a.value(), b.value())));
    let quantities = reference.quantity.iter().zip(&equilibrium.quantity);
    let scaled_back = |b: &Kilotonnes| b.value() / SCALE;
    Ok(greatest(worst, quantities.map(|(a, b)| relative(a.value(), scaled_back(b)))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_departure_beyond_the_limit_fails() {
        let check = |value| Check { name: "x", value, limit: 1e-9, note: "" };
        assert!(check(1e-10).passed());
        assert!(!check(1e-8).passed());
        assert!(!check(f64::NAN).passed());
    }
}
