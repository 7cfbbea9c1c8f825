//! One evaluation after another: what a draw changes is put into the world, markets are settled
//! anew, and the headline figures kept.
//!
//! A draw of elasticities leaves layout, shares and terms alone, so that only the engine is tuned; a
//! draw of what a policy looks at reads the policy again; a draw of prices calibrates again.

use crate::distribution::standard_normal;
use crate::plan::{Input, Plan};
use crate::points::{LOW_HIGH, Point, Points, mixed, unit};
use crate::target::{Drawn, Target};
use rayon::prelude::*;
use std::ops::Range;
use std::sync::Arc;
use zollverein_model::baseline::doubt::{self, Doubt, Normals, Sort};
use zollverein_model::baseline::{Baseline, CountrySet};
use zollverein_model::engine::armington::{Tuned, Tuning};
use zollverein_model::engine::{Armington, Equilibrium, SolveError};
use zollverein_model::indicator::Indicators;
use zollverein_model::policy::{Policy, Terms};
use zollverein_model::problem::Problems;
use zollverein_model::units::Kilotonnes;
use zollverein_scenario::form::EngineName;
use zollverein_scenario::{Patch, Scenario};

/// Inputs up to which solutions at their ends are taken to guess others by.
const GUESSED: usize = 64;

/// Why an evaluation gave no figure.
#[derive(Debug, Clone, PartialEq)]
pub enum Failure {
    /// The values drawn make no policy or no world.
    Input(String),
    /// Markets do not settle.
    Solve(String),
}

impl Failure {
    /// The word for it in files.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Input(_) => "input",
            Self::Solve(_) => "no_equilibrium",
        }
    }

    /// What went wrong.
    #[must_use]
    pub fn message(&self) -> &str {
        match self {
            Self::Input(message) | Self::Solve(message) => message,
        }
    }
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        let told: Vec<String> = problems.as_slice().iter().map(|problem| problem.what.clone()).collect();
        Self::Input(told.join("; "))
    }
}

impl From<SolveError> for Failure {
    fn from(error: SolveError) -> Self {
        Self::Solve(error.to_string())
    }
}

/// An evaluation.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluated {
    /// Its number in the plan.
    pub number: usize,
    /// Where it looked.
    pub point: Point,
    /// The value of each input.
    pub inputs: Vec<f64>,
    /// The figures in the order of the plan, NaN where not known; or why there is none.
    pub figures: Result<Vec<f64>, Failure>,
}

/// Evaluates points of a plan.
#[derive(Debug)]
pub struct Evaluator<'a> {
    plan: &'a Plan,
    points: Points,
    policy: Policy,
    /// Where shipments are drawn.
    doubt: Option<Doubt>,
    /// For the exact engine.
    prepared: Option<Prepared>,
}

/// What evaluations with the exact engine share.
#[derive(Debug)]
struct Prepared {
    engine: Armington,
    tuning: Tuning,
    guess: Guess,
}

/// Log producer prices, or how they move, by product.
type ByProduct = Vec<Vec<f64>>;

/// Log producer prices guessed from solutions at the ends of each input: a parabola for each.
#[derive(Debug, Default)]
struct Guess {
    /// By product.
    central: ByProduct,
    /// By input: how prices move with it and with its square, by product.
    moves: Vec<Option<(ByProduct, ByProduct)>>,
}

/// How far an input is from its central value: in logs where both are above zero.
fn distance(input: &Input, value: f64) -> f64 {
    if input.central > 0.0 && value > 0.0 { (value / input.central).ln() } else { value - input.central }
}

impl Guess {
    fn at(&self, inputs: &[Input], values: &[f64]) -> Vec<Vec<f64>> {
        let mut guess = self.central.clone();
        for ((input, value), moves) in inputs.iter().zip(values).zip(&self.moves) {
            let Some((slope, bend)) = moves else { continue };
            let far = distance(input, *value);
            for (guess, (slope, bend)) in guess.iter_mut().zip(slope.iter().zip(bend)) {
                for (x, (slope, bend)) in guess.iter_mut().zip(slope.iter().zip(bend)) {
                    *x += far * (slope + far * bend);
                }
            }
        }
        guess
    }
}

impl<'a> Evaluator<'a> {
    /// What all evaluations of a plan share.
    ///
    /// # Errors
    /// The scenario itself is at fault.
    pub fn new(plan: &'a Plan) -> Result<Self, Problems> {
        let policy = plan.scenario.policy(&plan.baseline)?;
        let flows = plan.inputs.iter().any(|input| input.target == Target::Table(Drawn::Flows));
        let doubt = flows.then(|| Doubt::of(&plan.baseline));
        let points = plan.description.points();
        let mut evaluator = Self { plan, points, policy, doubt, prepared: None };
        if plan.scenario.engine() == EngineName::Armington {
            let engine = Armington::new(&plan.baseline);
            let tuning = Tuning::new(&engine, &plan.baseline, &evaluator.policy.terms(&plan.baseline));
            evaluator.prepared = Some(Prepared { engine, tuning, guess: Guess::default() });
            let guess = evaluator.guess();
            if let Some(prepared) = &mut evaluator.prepared {
                prepared.guess = guess;
            }
        }
        Ok(evaluator)
    }

    /// Solves at the ends of each input.
    fn guess(&self) -> Guess {
        let Some(prepared) = &self.prepared else { return Guess::default() };
        let central = prepared.tuning.prices();
        if self.plan.inputs.len() > GUESSED || central.iter().any(Vec::is_empty) {
            return Guess { central, moves: vec![] };
        }
        let usual: Vec<f64> = self.plan.inputs.iter().map(|input| input.central).collect();
        let ends = |position: usize, input: &Input| {
            if matches!(input.target, Target::Table(_)) {
                return None;
            }
            let at = |share: f64| {
                let mut values = usual.clone();
                values[position] = input.distribution.quantile(share);
                Some((distance(input, values[position]), self.prices(&values)?))
            };
            let ((a, low), (b, high)) = (at(LOW_HIGH.0)?, at(LOW_HIGH.1)?);
            (a * b != 0.0 && a != b).then(|| {
                let fit = |of: &dyn Fn(f64, f64) -> f64| -> Vec<Vec<f64>> {
                    let products = central.iter().zip(low.iter().zip(&high));
                    let of_product = |(x, (low, high)): (&Vec<f64>, (&Vec<f64>, &Vec<f64>))| {
                        x.iter()
                            .zip(low.iter().zip(high))
                            .map(|(x, (l, h))| of((l - x) / a, (h - x) / b))
                            .collect()
                    };
                    products.map(of_product).collect()
                };
                let bend = |l: f64, h: f64| (l - h) / (a - b);
                (fit(&|l, h| l - a * bend(l, h)), fit(&bend))
            })
        };
        let inputs = self.plan.inputs.par_iter().enumerate();
        let moves = inputs.map(|(position, input)| ends(position, input));
        Guess { moves: moves.collect(), central }
    }

    /// Log producer prices at some values.
    fn prices(&self, values: &[f64]) -> Option<Vec<Vec<f64>>> {
        let prepared = self.prepared.as_ref()?;
        let mut world = self.plan.baseline.clone();
        self.put_looked_at(&mut world, values).ok()?;
        self.put_elasticities(&mut world, values).ok()?;
        let policy = self.scenario(0, values).ok()?.policy(&world).ok()?;
        let terms = policy.terms(&world);
        let mut tuned = self.tuned(prepared, &world, &terms);
        let prices = tuned.prices(&world).ok()?;
        (!prices.is_empty()).then_some(prices)
    }

    /// Whether any input changes what `of` says.
    fn any(&self, of: impl Fn(&Target) -> bool) -> bool {
        self.plan.inputs.iter().any(|input| of(&input.target))
    }

    /// An engine for a world in which everything is drawn.
    fn tuned<'t>(&self, prepared: &'t Prepared, world: &Baseline, terms: &'t Terms) -> Tuned<'t> {
        if self.any(|target| matches!(target, Target::Price(_) | Target::Table(Drawn::Prices | Drawn::Flows)))
        {
            return Tuned::calibrated(world, &prepared.tuning, terms);
        }
        let mut tuned = Tuned::new(&prepared.engine, &prepared.tuning, terms);
        if self.any(|target| matches!(target, Target::Elasticity(..) | Target::Capacity(_))) {
            tuned.tune(world);
        }
        tuned
    }

    /// The evaluations of some numbers, in order. The same whatever was evaluated before.
    #[must_use]
    pub fn evaluate(&self, numbers: Range<usize>, each: &(dyn Fn() + Sync)) -> Vec<Evaluated> {
        let each = || {
            each();
            true
        };
        self.evaluate_while(numbers, &each).unwrap_or_default()
    }

    /// The same; after each evaluation `each` says whether to go on, and `None` comes of a no.
    #[must_use]
    pub fn evaluate_while(
        &self,
        numbers: Range<usize>,
        each: &(dyn Fn() -> bool + Sync),
    ) -> Option<Vec<Evaluated>> {
        let mut all: Vec<Evaluated> = numbers.map(|number| self.unevaluated(number)).collect();
        let mut world = self.plan.baseline.clone();
        for alike in all.chunk_by_mut(|a, b| self.looked_at(a) == self.looked_at(b)) {
            match self.situation(&mut world, alike[0].point.cell, &alike[0].inputs) {
                Ok(situation) => self.solve_each(&mut world, &situation, alike, each)?,
                Err(failure) => {
                    for one in alike {
                        one.figures = Err(failure.clone());
                        each().then_some(())?;
                    }
                }
            }
        }
        Some(all)
    }

    /// What there is of an evaluation beforehand, with room for its figures: were a little kept of each
    /// evaluation among its temporary arrays, these would find no hole to use again, and a block would
    /// hold tens of megabytes.
    fn unevaluated(&self, number: usize) -> Evaluated {
        let point = self.points.point(number);
        let drawn = self.plan.inputs.iter().zip(&point.at);
        let inputs = drawn.map(|(input, at)| at.map_or(input.central, |at| input.distribution.quantile(at)));
        let inputs = inputs.collect();
        Evaluated {
            number,
            point,
            inputs,
            figures: Ok(Vec::with_capacity(self.plan.description.figures.len())),
        }
    }

    /// What a policy looks at: points that agree in it have the same terms.
    fn looked_at(&self, one: &Evaluated) -> (usize, Vec<u64>) {
        let inputs = self.plan.inputs.iter().zip(&one.inputs);
        let seen = inputs.filter(|(input, _)| !matches!(input.target, Target::Elasticity(..)));
        (one.point.cell, seen.map(|(_, value)| value.to_bits()).collect())
    }

    /// The scenario of a cell of the grid with the numbers drawn.
    fn scenario(&self, cell: usize, values: &[f64]) -> Result<Scenario, Problems> {
        let description = &self.plan.description;
        let mut patches: Vec<(String, Patch)> = vec![];
        for (varied, value) in description.vary.iter().zip(description.cell(cell)) {
            let patch = if varied.switch { (value != 0.0).into() } else { value.into() };
            patches.push((varied.what.clone(), patch));
        }
        for (input, value) in self.plan.inputs.iter().zip(values) {
            if let Target::Path(path) = &input.target {
                patches.push((path.clone(), (*value).into()));
            }
        }
        if patches.is_empty() {
            return Ok(self.plan.scenario.clone());
        }
        self.plan.scenario.with_each(patches)
    }

    fn situation(&self, world: &mut Baseline, cell: usize, values: &[f64]) -> Result<Situation, Failure> {
        self.put_looked_at(world, values)?;
        let scenario = self.scenario(cell, values)?;
        let same = self.plan.description.vary.is_empty()
            && self.plan.inputs.iter().all(|input| matches!(input.target, Target::Elasticity(..)));
        let policy = if same { self.policy.clone() } else { scenario.policy(world)? };
        Ok(Situation { members: policy.members(world), terms: policy.terms(world), scenario, policy })
    }

    fn solve_each(
        &self,
        world: &mut Baseline,
        situation: &Situation,
        alike: &mut [Evaluated],
        each: &(dyn Fn() -> bool + Sync),
    ) -> Option<()> {
        // draws of elasticities alone share an engine
        let shared = self.any(|target| matches!(target, Target::Elasticity(..)))
            && !self.any(|target| !matches!(target, Target::Elasticity(..) | Target::Path(_)));
        let mut tuned = None;
        for one in alike {
            let found = self.figures(world, situation, &mut tuned, shared, &one.inputs);
            match (found, &mut one.figures) {
                (Ok(found), Ok(figures)) => figures.extend(found),
                (found, figures) => *figures = found,
            }
            each().then_some(())?;
        }
        Some(())
    }

    fn figures<'t>(
        &'t self,
        world: &mut Baseline,
        situation: &'t Situation,
        tuned: &mut Option<Tuned<'t>>,
        shared: bool,
        values: &[f64],
    ) -> Result<Vec<f64>, Failure> {
        self.put_elasticities(world, values)?;
        let Situation { members, terms, .. } = situation;
        let measure = |world: &Baseline, indicators: &Indicators, equilibrium: &Equilibrium| {
            self.plan.figures.measure(world, members, indicators, equilibrium)
        };
        if let Some(prepared) = &self.prepared {
            if !shared {
                *tuned = None;
            }
            let known = tuned.is_some();
            let tuned = tuned.get_or_insert_with(|| self.tuned(prepared, world, terms));
            if known {
                tuned.tune(world);
            }
            let equilibrium = tuned.solve(world, &prepared.guess.at(&self.plan.inputs, values))?;
            let indicators = Indicators::of(world, terms, &equilibrium);
            return Ok(measure(world, &indicators, &equilibrium));
        }
        let model = situation.scenario.model(Arc::new(world.clone()))?;
        let outcome = model.evaluate(&situation.policy)?;
        Ok(measure(world, &outcome.indicators, &outcome.equilibrium))
    }

    /// Puts intensities, prices and capacities into the world.
    fn put_looked_at(&self, world: &mut Baseline, values: &[f64]) -> Result<(), Failure> {
        let usual = &self.plan.baseline.producers;
        let producers = &mut world.producers;
        producers.clone_from(usual);
        for (input, factor) in self.plan.inputs.iter().zip(values) {
            let (of, least) = match &input.target {
                Target::Path(_) | Target::Elasticity(..) | Target::Table(_) => continue,
                Target::Intensity(of) => (of, 0.0),
                Target::Price(of) | Target::Capacity(of) => (of, f64::MIN_POSITIVE),
            };
            if !factor.is_finite() || *factor < least {
                return Err(Failure::Input(format!("a factor of {factor} on the data makes no world")));
            }
            for producer in of {
                let producer = &mut producers[producer.index()];
                match &input.target {
                    Target::Intensity(_) => {
                        producer.intensity = producer.intensity.map(|intensity| intensity * *factor);
                        let direct = producer.direct_intensity;
                        producer.direct_intensity = direct.map(|intensity| intensity * *factor);
                    }
                    Target::Price(_) => producer.price = producer.price * *factor,
                    _ => {
                        // no plant makes more than it can
                        let least = producer.output.value();
                        let capacity = |known: Kilotonnes| Kilotonnes((known.value() * factor).max(least));
                        producer.capacity = producer.capacity.map(capacity);
                    }
                }
            }
        }
        self.put_tables(world, values);
        Ok(())
    }

    /// Puts tables that are drawn as a whole into the world.
    fn put_tables(&self, world: &mut Baseline, values: &[f64]) {
        for (input, value) in self.plan.inputs.iter().zip(values) {
            let Target::Table(table) = &input.target else { continue };
            let drawn = TableDraw(*value);
            match table {
                Drawn::Flows => {
                    if let Some(doubt) = &self.doubt {
                        doubt.draw_flows(&drawn, world);
                    }
                }
                Drawn::Prices => doubt::draw_prices(&drawn, world),
                Drawn::Intensities => doubt::draw_intensities(&drawn, world),
            }
        }
    }

    /// Puts elasticities into the world.
    fn put_elasticities(&self, world: &mut Baseline, values: &[f64]) -> Result<(), Failure> {
        for (input, value) in self.plan.inputs.iter().zip(values) {
            let Target::Elasticity(parameter, product, countries) = &input.target else { continue };
            if !parameter.admits(*value) {
                let what = format!("{} cannot be {value}", parameter.name());
                return Err(Failure::Input(what));
            }
            for country in countries {
                world.behaviour.set(*parameter, *product, *country, *value);
            }
        }
        Ok(())
    }
}

/// The draw of a table that a number names; zero: the table as it stands.
struct TableDraw(f64);

impl Normals for TableDraw {
    fn normal(&self, sort: Sort, position: usize) -> f64 {
        if self.0 == 0.0 {
            return 0.0;
        }
        standard_normal(unit(mixed([self.0.to_bits(), sort as u64, position as u64])))
    }
}

/// What points that a policy sees alike share.
struct Situation {
    scenario: Scenario,
    policy: Policy,
    members: CountrySet,
    terms: Terms,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;
    use zollverein_model::baseline::Parameter;

    #[test]
    fn a_draw_of_everything_is_the_equilibrium_of_a_world_made_of_it() {
        for file in ["../../scenarios/02-gassa.toml", "../../scenarios/13-eu-steel-quota.toml"] {
            let scenario = Scenario::read(Path::new(file)).unwrap_or_else(|problems| panic!("{problems}"));
            let folder = Path::new("../../data/2023");
            let world = scenario.world(folder).unwrap_or_else(|problems| panic!("{problems}"));
            let plan =
                Plan::of_intervals(&scenario, folder, &world).unwrap_or_else(|problems| panic!("{problems}"));
            let evaluator = Evaluator::new(&plan).unwrap_or_else(|problems| panic!("{problems}"));
            let doubt = Doubt::of(&world);
            for one in evaluator.evaluate(5..7, &|| ()) {
                let found = one.figures.unwrap_or_else(|failure| panic!("{failure:?}"));
                let mut drawn = world.clone();
                for (input, value) in plan.inputs.iter().zip(&one.inputs) {
                    match &input.target {
                        Target::Table(Drawn::Flows) => doubt.draw_flows(&TableDraw(*value), &mut drawn),
                        Target::Table(Drawn::Prices) => doubt::draw_prices(&TableDraw(*value), &mut drawn),
                        Target::Table(Drawn::Intensities) => {
                            doubt::draw_intensities(&TableDraw(*value), &mut drawn);
                        }
                        Target::Elasticity(parameter, product, countries) => {
                            for country in countries {
                                drawn.behaviour.set(*parameter, *product, *country, *value);
                            }
                        }
                        other => panic!("{other:?}"),
                    }
                }
                let steel = drawn.product("steel").unwrap_or_else(|| panic!("no steel"));
                let usa = drawn.country("USA").unwrap_or_else(|| panic!("no USA"));
                let moved = |world: &Baseline| world.behaviour.get(Parameter::Supply, steel, usa);
                assert!((moved(&drawn) - moved(&world)).abs() > 1e-6);
                let policy = scenario.policy(&drawn).unwrap_or_else(|problems| panic!("{problems}"));
                let model = scenario.model(Arc::new(drawn)).unwrap_or_else(|error| panic!("{error}"));
                let outcome = model.evaluate(&policy).unwrap_or_else(|error| panic!("{error}"));
                let (indicators, equilibrium) = (&outcome.indicators, &outcome.equilibrium);
                let wanted = plan.figures.measure(&model.baseline, &outcome.members, indicators, equilibrium);
                for ((named, found), wanted) in plan.figures.named.iter().zip(&found).zip(&wanted) {
                    let off = (found - wanted).abs();
                    let same = off <= 1e-5 * wanted.abs().max(0.1) || (found.is_nan() && wanted.is_nan());
                    assert!(same, "{file}: {}: {found}, not {wanted}", named.name);
                }
            }
        }
    }
}
