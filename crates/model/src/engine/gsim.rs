//! Engine G: the linear model of Francois and Hall (*Global Simulation Analysis
//! of Industry-Level Trade Policy*, World Bank, 2003), which negotiators know.
//!
//! One linear system a product, solved once; right for small changes, and wrong
//! by the square of large ones. Sources are told apart by country and route, all
//! with one elasticity of substitution (σ2); landed prices move in proportion to
//! mill prices, freight included, as in the original.

use crate::baseline::{ArcId, Baseline, Parameter, ProductId};
use crate::engine::blocks;
use crate::engine::supply::Supply;
use crate::engine::{Convergence, Engine, Equilibrium, MarketState, ProducerState, SolveError};
use crate::policy::Terms;
use crate::units::{Kilotonnes, MillionUsd, UsdPerTonne};
use std::ops::Range;
use zollverein_numeric::dense::{Matrix, greatest, largest};

/// Largest residual of the linear system that is accepted.
const ACCEPTED: f64 = 1e-9;

/// The linear engine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Gsim;

/// A market of the linear system.
struct Market {
    importer: usize,
    /// Its arcs in the baseline.
    arcs: Range<usize>,
    /// `E_m`, the elasticity of demand as a whole (negative).
    demand: f64,
    /// `E_s`, the elasticity of substitution among sources.
    substitution: f64,
    /// What purchasers paid in the baseline.
    spent: MillionUsd,
}

impl Engine for Gsim {
    fn name(&self) -> &'static str {
        "gsim"
    }

    fn settings(&self) -> Vec<(&'static str, f64)> {
        vec![("residual_accepted", ACCEPTED)]
    }

    fn solve(&self, baseline: &Baseline, terms: &Terms) -> Result<Equilibrium, SolveError> {
        if let Some(what) = terms.beyond_duties() {
            return Err(SolveError::DutiesOnly { engine: self.name(), what });
        }
        let mut quantity: Vec<Kilotonnes> = baseline.arcs.iter().map(|arc| arc.quantity).collect();
        let mut landed = vec![UsdPerTonne::ZERO; baseline.arcs.len()];
        let mut producers = ProducerState::before(baseline);
        let countries = baseline.countries.len();
        let mut markets = vec![None; baseline.products.len() * countries];
        let mut residual: f64 = 0.0;
        for product in baseline.product_ids().filter(|p| !baseline.arcs_of(*p).is_empty()) {
            let system = Linear::new(baseline, terms, product);
            let (price, gap) = system
                .solve()
                .map_err(|matrix| blocks::singular(baseline, product, &system.makers, &matrix))?;
            residual = greatest(residual, [gap]);
            system.usable(baseline, product, &price, gap)?;
            for ((position, p), elasticity) in system.makers.iter().zip(&price).zip(&system.supply) {
                let state = &mut producers[*position];
                let sales = state.output * state.price;
                state.surplus = sales * (p + 0.5 * elasticity * p * p);
                state.output = state.output * (1.0 + elasticity * p);
                state.price = state.price * (1.0 + p);
            }
            for market in &system.markets {
                let mut composite = 0.0;
                let average = system.average(market, &price);
                for arc in market.arcs.clone() {
                    let p = price[system.place[arc - system.first]];
                    let change = (market.demand + market.substitution) * average
                        - market.substitution * (p + system.shift[arc - system.first]);
                    quantity[arc] = quantity[arc] * (1.0 + change);
                    let paid = (1.0 + p) * (1.0 + system.shift[arc - system.first]);
                    composite += system.theta[arc - system.first] * (paid - 1.0);
                    landed[arc] = UsdPerTonne(system.landed[arc - system.first] * paid);
                }
                let square = 0.5 * market.demand * composite * composite * composite.signum();
                markets[product.index() * countries + market.importer] = Some(MarketState {
                    price_index: 1.0 + composite,
                    expenditure_before: market.spent,
                    surplus: market.spent * (square - composite),
                });
            }
        }
        shipments_stay(baseline, &quantity)?;
        let convergence = Convergence { iterations: 1, factorisations: 1, residual };
        Equilibrium::new(baseline, quantity, landed, producers, markets, convergence).of_numbers(baseline)
    }
}

/// Refuses an answer in which shipments fall below zero.
fn shipments_stay(baseline: &Baseline, quantity: &[Kilotonnes]) -> Result<(), SolveError> {
    let below = quantity.iter().filter(|quantity| quantity.value() < 0.0).count();
    let Some(first) = quantity.iter().position(|quantity| quantity.value() < 0.0) else { return Ok(()) };
    let flow = baseline.flow_of(ArcId::at(first));
    Err(SolveError::Unusable {
        product: baseline.products[flow.product.index()].code.clone(),
        why: format!(
            "{below} of {} shipments fall below zero, {} to {} among them",
            quantity.len(),
            baseline.countries[flow.exporter.index()].code,
            baseline.countries[flow.importer.index()].code
        ),
    })
}

/// The linear system of one product.
struct Linear {
    first: usize,
    /// Producers by position in the baseline.
    makers: Vec<usize>,
    /// By arc: its producer's place in the system.
    place: Vec<usize>,
    /// `E_x`, by producer.
    supply: Vec<f64>,
    markets: Vec<Market>,
    /// θ: share of the arc in what the market's purchasers pay.
    theta: Vec<f64>,
    /// φ: share of the arc in its producer's sales.
    phi: Vec<f64>,
    /// `t = T1/T0 − 1`: what the terms do to the landed price at an unchanged mill price.
    shift: Vec<f64>,
    /// Landed price in the baseline, USD/t.
    landed: Vec<f64>,
}

impl Linear {
    fn new(baseline: &Baseline, terms: &Terms, product: ProductId) -> Self {
        let arcs = baseline.arcs_of(product);
        let first = arcs.start;
        let mut makers: Vec<usize> = arcs.clone().map(|a| baseline.arcs[a].producer.index()).collect();
        makers.sort_unstable();
        makers.dedup();
        let maker = |a: usize| makers.partition_point(|m| *m < baseline.arcs[a].producer.index());
        let place: Vec<usize> = arcs.clone().map(maker).collect();
        let supply = makers
            .iter()
            .map(|producer| Supply::of(baseline, &baseline.producers[*producer]).elasticity_at(1.0))
            .collect();
        let (mut shift, mut landed, mut sales) = (vec![], vec![], vec![0.0; makers.len()]);
        for a in arcs.clone() {
            let (flow, producer) = (baseline.flow_of(ArcId::at(a)), baseline.producer_of(ArcId::at(a)));
            let duty = terms.duty(ArcId::at(a));
            let landed_at = |rate, charge| baseline.landed(flow, producer.price, rate, charge).value();
            let before = landed_at(flow.duty, UsdPerTonne::ZERO);
            let after = landed_at(duty.rate, duty.per_tonne());
            shift.push(after / before - 1.0);
            landed.push(before);
            sales[place[a - first]] += baseline.arcs[a].quantity.value();
        }
        let mut system =
            Self { first, supply, markets: vec![], theta: vec![], phi: vec![], shift, landed, makers, place };
        for importer in baseline.country_ids() {
            let into = baseline.arcs_into(importer, product);
            if into.is_empty() {
                continue;
            }
            let paid = |a: usize| baseline.arcs[a].quantity.value() * system.landed[a - first]; // thousand USD
            let spent: f64 = into.clone().map(paid).sum();
            let shares: Vec<f64> = into.clone().map(|a| paid(a) / spent).collect();
            for a in into.clone() {
                system.phi.push(baseline.arcs[a].quantity.value() / sales[system.place[a - first]]);
            }
            system.theta.extend(shares);
            system.markets.push(Market {
                importer: importer.index(),
                arcs: into,
                demand: -baseline.behaviour.get(Parameter::Demand, product, importer),
                substitution: baseline.behaviour.get(Parameter::SubstitutionOrigins, product, importer),
                spent: MillionUsd(spent * 1e-3),
            });
        }
        system
    }

    /// `Σ_s θ_s (p_s + t_s)`: the market's average price change.
    fn average(&self, market: &Market, price: &[f64]) -> f64 {
        market
            .arcs
            .clone()
            .map(|a| a - self.first)
            .map(|a| self.theta[a] * (price[self.place[a]] + self.shift[a]))
            .sum()
    }

    /// Refuses an answer that is not accurate, or that has a price or an output below zero.
    fn usable(
        &self,
        baseline: &Baseline,
        product: ProductId,
        price: &[f64],
        gap: f64,
    ) -> Result<(), SolveError> {
        let refuse = |why: String| {
            Err(SolveError::Unusable { product: baseline.products[product.index()].code.clone(), why })
        };
        if !gap.is_finite() || gap > ACCEPTED {
            return refuse(format!("residual {gap:.1e}, {ACCEPTED:.0e} is accepted"));
        }
        for ((maker, p), elasticity) in self.makers.iter().zip(price).zip(&self.supply) {
            if 1.0 + p <= 0.0 || 1.0 + elasticity * p < 0.0 {
                let country = baseline.producers[*maker].country;
                return refuse(format!(
                    "the price or output of {} falls below zero",
                    baseline.countries[country.index()].name
                ));
            }
        }
        Ok(())
    }

    /// Relative changes of mill prices and the largest residual; `None` if singular.
    ///
    /// `E_x p_r = Σ_v φ_rv [Σ_s θ_sv (E_m + E_s)(p_s + t_sv) − E_s (p_r + t_rv)]`,
    /// which is Francois and Hall's system with `N_v(r,r) = θ_rv E_m − (1−θ_rv) E_s`
    /// and `N_v(r,s) = θ_sv (E_m + E_s)`.
    fn solve(&self) -> Result<(Vec<f64>, f64), Box<Matrix>> {
        let mut matrix = Matrix::zeros(self.makers.len());
        let mut right = vec![0.0; self.makers.len()];
        for (maker, supply) in self.supply.iter().enumerate() {
            matrix.row_mut(maker)[maker] = *supply;
        }
        for market in &self.markets {
            let both = market.demand + market.substitution;
            let arcs = market.arcs.start - self.first..market.arcs.end - self.first;
            let shifts: f64 = arcs.clone().map(|s| self.theta[s] * self.shift[s]).sum();
            for r in arcs.clone() {
                let row = matrix.row_mut(self.place[r]);
                for s in arcs.clone() {
                    row[self.place[s]] -= self.phi[r] * both * self.theta[s];
                }
                row[self.place[r]] += self.phi[r] * market.substitution;
                right[self.place[r]] += self.phi[r] * (both * shifts - market.substitution * self.shift[r]);
            }
        }
        let Some(price) = matrix.solve(&right) else { return Err(Box::new(matrix)) };
        let mut gap = vec![0.0; right.len()];
        matrix.apply(&price, &mut gap);
        for (gap, right) in gap.iter_mut().zip(&right) {
            *gap -= right;
        }
        Ok((price, largest(&gap).0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::read;
    use crate::policy::Duty;

    fn toy() -> Baseline {
        read::folder(std::path::Path::new("../../data/toy")).unwrap_or_else(|problems| panic!("{problems}"))
    }

    #[test]
    fn it_has_the_name_by_which_scenarios_ask_for_it() {
        assert_eq!((Gsim.name(), Gsim.settings()), ("gsim", vec![("residual_accepted", ACCEPTED)]));
    }

    #[test]
    fn each_product_is_solved_for_itself() {
        let toy = toy();
        let raised = |products: &[usize]| {
            let arcs = (0..toy.arcs.len()).map(ArcId::at).filter(|arc| {
                let flow = toy.flow_of(*arc);
                !flow.is_home() && products.contains(&flow.product.index())
            });
            let duty = |arc| Duty::new(toy.flow_of(arc).duty + 0.05, UsdPerTonne::ZERO);
            Gsim.solve(&toy, &Terms::with(&toy, arcs.map(|arc| (arc, duty(arc))))).expect("a linear system")
        };
        let together = raised(&[0, 1]);
        for product in toy.product_ids() {
            let alone = raised(&[product.index()]);
            for arc in 0..toy.arcs.len() {
                let own = toy.flow_of(ArcId::at(arc)).product == product;
                let wanted = if own { together.quantity[arc] } else { toy.arcs[arc].quantity };
                assert!((alone.quantity[arc].value() / wanted.value() - 1.0).abs() < 1e-12, "{arc}");
                assert!(!own || (wanted.value() / toy.arcs[arc].quantity.value() - 1.0).abs() > 1e-6);
            }
        }
    }

    #[test]
    fn answers_that_no_market_can_have_are_refused() {
        let toy = toy();
        let steel = toy.product("steel").expect("steel");
        let mut system = Linear::new(&toy, &Terms::in_force(&toy), steel);
        system.supply = vec![2.0; system.makers.len()];
        let usable = |first: f64, gap: f64| {
            let mut price = vec![0.0; system.makers.len()];
            price[0] = first;
            system.usable(&toy, steel, &price, gap).is_ok()
        };
        assert!(usable(0.3, ACCEPTED) && usable(-0.5, 0.0));
        assert!(!usable(0.3, 2.0 * ACCEPTED) && !usable(0.3, f64::NAN));
        assert!(!usable(-0.51, 0.0)); // output falls by more than all of it
        system.supply[0] = 0.5;
        let below = system.usable(&toy, steel, &[-1.0, 0.0, 0.0, 0.0, 0.0], 0.0);
        assert!(below.is_err_and(|error| error.to_string().contains("price or output of")));
        let mut quantity: Vec<Kilotonnes> = toy.arcs.iter().map(|arc| arc.quantity).collect();
        quantity[1] = Kilotonnes(0.0);
        assert!(shipments_stay(&toy, &quantity).is_ok());
        (quantity[1], quantity[3]) = (Kilotonnes(-1.0), Kilotonnes(-2.0));
        let error = shipments_stay(&toy, &quantity).expect_err("below zero").to_string();
        assert!(error.contains(&format!("2 of {} shipments fall below zero", quantity.len())), "{error}");
    }
}
