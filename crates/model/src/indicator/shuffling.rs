//! Resource shuffling at its most: each exporter sends its clean metal where dirty metal pays, and
//! nothing else changes (S7).

use crate::baseline::{ArcId, Baseline, CountryId, CountrySet, ProductId};
use crate::engine::{Equilibrium, accounts};
use crate::indicator::Level;
use crate::policy::Terms;
use std::collections::BTreeMap;
use zollverein_numeric::linear::{Backend, ColumnId, LinearError, Program, Relation, Sense, Solver};

/// Who gains no more than this by moving a tonne leaves it where it is, USD/t.
const WORTH_MOVING: f64 = 1.0;

/// What exporters could do by sorting their metal, outputs and shipments by country held fixed.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Shuffling {
    /// Emissions embodied in what members import from outside, kt CO2e a year: in the baseline, and
    /// after sorting.
    pub imported: Level,
    /// Metal that goes elsewhere than in the equilibrium, kt a year.
    pub moved: f64,
    /// Duty that it saves, million USD a year.
    pub saved: f64,
}

/// Resource shuffling at its most in an equilibrium. For each exporter and product the routes'
/// metal is taken as one good: of all ways to serve the same markets with the same tonnes from the
/// same plants, the one that pays the least duty is taken. World emissions stay as they are.
///
/// An upper bound: buyers take any route's metal, and sorting costs nothing.
/// `None` where an intensity is not known.
///
/// # Errors
/// [`LinearError`] where a program is not solved.
pub fn most(
    baseline: &Baseline,
    terms: &Terms,
    equilibrium: &Equilibrium,
    members: &CountrySet,
) -> Result<Option<Shuffling>, LinearError> {
    let duties = accounts::duties(terms, equilibrium, baseline.arcs.len());
    let mut by_exporter: BTreeMap<(ProductId, CountryId), Vec<ArcId>> = BTreeMap::new();
    for position in 0..baseline.arcs.len() {
        let arc = ArcId::at(position);
        let flow = baseline.flow_of(arc);
        if !members.contains(flow.exporter) {
            by_exporter.entry((flow.product, flow.exporter)).or_default().push(arc);
        }
    }
    let mut found = Shuffling::default();
    for arcs in by_exporter.into_values() {
        let shipped: Vec<f64> = arcs.iter().map(|arc| equilibrium.quantity[arc.index()].value()).collect();
        let paid: Vec<f64> = arcs
            .iter()
            .map(|arc| {
                let duty = duties[arc.index()];
                let flow = baseline.flow_of(*arc);
                let value = baseline.customs_value(flow, equilibrium.mill_price(baseline, *arc)).value();
                if flow.is_home() { 0.0 } else { value * duty.rate + duty.per_tonne().value() }
            })
            .collect();
        let moved = sorted(baseline, &arcs, &shipped, &paid)?;
        for (position, arc) in arcs.iter().enumerate() {
            found.moved += moved[position].max(0.0);
            found.saved -= moved[position] * paid[position] * 1e-3;
            if !members.contains(baseline.flow_of(*arc).importer) {
                continue;
            }
            let maker = baseline.arcs[arc.index()].producer.index();
            let Some(intensity) = baseline.producers[maker].intensity else { return Ok(None) };
            let after = equilibrium.producers[maker].intensity(intensity).value();
            found.imported.baseline += (baseline.arcs[arc.index()].quantity * intensity).value();
            found.imported.value += (shipped[position] + moved[position]) * after;
        }
    }
    Ok(Some(found))
}

/// How many tonnes more or less go on each of an exporter's arcs if it sorts them for the least duty.
fn sorted(
    baseline: &Baseline,
    arcs: &[ArcId],
    shipped: &[f64],
    paid: &[f64],
) -> Result<Vec<f64>, LinearError> {
    let makers: Vec<usize> = arcs.iter().map(|arc| baseline.arcs[arc.index()].producer.index()).collect();
    let markets: Vec<usize> = arcs.iter().map(|arc| baseline.flow_of(*arc).importer.index()).collect();
    if makers.iter().all(|maker| *maker == makers[0]) {
        return Ok(vec![0.0; arcs.len()]);
    }
    let mut program = Program::new(Sense::Minimise);
    let more: Vec<ColumnId> =
        paid.iter().map(|paid| program.column(paid + 0.5 * WORTH_MOVING, 0.0, f64::INFINITY)).collect();
    let bounded = paid.iter().zip(shipped);
    let less: Vec<ColumnId> =
        bounded.map(|(paid, shipped)| program.column(-paid + 0.5 * WORTH_MOVING, 0.0, *shipped)).collect();
    for ends in [&makers, &markets] {
        let mut of: BTreeMap<usize, Vec<(ColumnId, f64)>> = BTreeMap::new();
        for ((end, more), less) in ends.iter().zip(&more).zip(&less) {
            of.entry(*end).or_default().extend([(*more, 1.0), (*less, -1.0)]);
        }
        for entries in of.into_values() {
            program.row(entries, Relation::Equal, 0.0);
        }
    }
    let solution = Solver::new(program, Backend::default())?.solve()?;
    Ok(more.iter().zip(&less).map(|(more, less)| solution.value(*more) - solution.value(*less)).collect())
}
