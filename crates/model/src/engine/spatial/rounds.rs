//! Rounds of linear programs: duties follow the last prices (S5) and steps close in on the last
//! solution (S3), until the curves themselves are met.

use super::network::{Detour, Link, Network, Solved, Traded};
use super::polish;
use super::program::{self, Condition, Finest, Guess, Layout};
use zollverein_numeric::dense::{greatest, smallest};
use zollverein_numeric::linear::{Backend, LinearError, Program, Solver};

/// How a network is solved.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Which solver.
    pub backend: Backend,
    /// The largest step error that is accepted, as a share of prices.
    pub tolerance: f64,
    /// The most rounds.
    pub rounds: usize,
    /// The first steps' width, as a share of the quantity they are around.
    pub width: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { backend: Backend::default(), tolerance: 1e-6, rounds: 60, width: 0.04 }
    }
}

/// Why a network has no solution.
#[derive(Debug, Clone, PartialEq)]
pub enum Failure {
    /// The linear program has none.
    Linear(LinearError),
    /// These conditions cannot all be met; without any one of them the others can.
    Conflict(Vec<Condition>),
    /// Rounds went on without coming to rest: the residual left.
    Cycles {
        /// Rounds made.
        rounds: usize,
        /// What is left of the conditions, as a share of prices.
        residual: f64,
        /// Where it is largest.
        worst: Worst,
    },
}

/// Where a condition holds least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worst {
    /// A source.
    Source(usize),
    /// A market.
    Market(usize),
    /// A link.
    Link(usize),
}

/// What is left of the conditions, as a share of prices, and where most.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Left {
    gap: f64,
    at: Worst,
}

/// A limit's premium.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Rate {
    /// As a rate on price and freight, for a share of 1.
    rate: f64,
    /// How far its links are from paying that rate, as a share of their value.
    gap: f64,
}

/// A network held in a solver, to be solved for changed costs and limits.
#[derive(Debug)]
pub struct Held {
    layout: Layout,
    solver: Solver,
    guess: Guess,
}

impl Network {
    /// The largest shipment on a link that is looked at.
    pub(super) fn reach(&self, link: &Link) -> f64 {
        let (source, market) = (&self.sources[link.source], &self.markets[link.market]);
        source.extent.min(market.extent).max(link.centre)
    }

    pub(super) fn first(&self, settings: &Settings) -> Guess {
        let place = |quantity: f64, extent: f64| Finest {
            centre: quantity,
            width: settings.width * if quantity > 0.0 { quantity } else { extent },
        };
        let way = |centre: f64, scale: f64| Finest { centre, width: settings.width * scale };
        Guess {
            sources: self.sources.iter().map(|place_| place(place_.centre, place_.extent)).collect(),
            markets: self.markets.iter().map(|place_| place(place_.centre, place_.extent)).collect(),
            links: self.links.iter().map(|link| way(link.centre, link.scale)).collect(),
            detours: self.detours.iter().map(|detour| way(0.0, detour.scale)).collect(),
            price: self.sources.iter().map(|source| source.curve.price_at(source.centre)).collect(),
            beside: self.limits.iter().map(|limit| vec![0.0; limit.links.len()]).collect(),
            target: self
                .promises
                .iter()
                .map(|promise| match promise.share {
                    Some(share) => share * self.markets[promise.market].centre,
                    None => promise.tonnes,
                })
                .collect(),
        }
    }

    /// Whether another network's program differs from this one's in costs and bounds only.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        let rows = |network: &Self| {
            let limits = network.limits.iter().map(|l| {
                let links: Vec<usize> = l.links.iter().map(|(link, _)| *link).collect();
                (l.gap.is_some(), l.quantity.to_bits(), links)
            });
            let promises = network.promises.iter().map(|p| (p.market, p.green.clone()));
            (limits.collect::<Vec<_>>(), promises.collect::<Vec<_>>())
        };
        let ends = |network: &Self| -> Vec<(usize, usize, bool)> {
            network.links.iter().map(|link| (link.source, link.market, link.slope == 0.0)).collect()
        };
        let around = |network: &Self| network.detours.iter().map(|detour| detour.link).collect::<Vec<_>>();
        around(self) == around(other)
            && self.sources == other.sources
            && self.markets == other.markets
            && ends(self) == ends(other)
            && rows(self) == rows(other)
    }

    /// The first linear program.
    #[must_use]
    pub fn program(&self, settings: &Settings) -> Program {
        program::program(self, &self.first(settings)).0
    }

    /// The first linear program, as text.
    #[must_use]
    pub fn text(&self, settings: &Settings) -> String {
        let (program, layout) = program::program(self, &self.first(settings));
        let columns = layout.names();
        program.text(&|column| columns.get(&column).cloned().unwrap_or_default(), &|row| layout.row(row))
    }

    /// Passes the network to a solver.
    ///
    /// # Errors
    /// A number that is not finite.
    pub fn hold(&self, settings: &Settings) -> Result<Held, Failure> {
        let guess = self.first(settings);
        let (program, layout) = program::program(self, &guess);
        let solver = Solver::new(program, settings.backend).map_err(Failure::Linear)?;
        Ok(Held { layout, solver, guess })
    }

    /// The solution.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn solve(&self, settings: &Settings) -> Result<Solved, Failure> {
        self.hold(settings)?.solve(self, settings)
    }

    /// What is left of the conditions at a solution, as a share of prices, and where most.
    ///
    /// Each source and each market is on its curve (at its capacity: not below it); each link that
    /// is used costs what the two prices differ by, each that is not at least that.
    fn residual(&self, extra: &[f64], solved: &Solved) -> Left {
        let mut worst = Left { gap: 0.0, at: Worst::Source(0) };
        // a point is on a curve as far as it is in either direction: curves can be steep or flat
        let mut note = |by_price: f64, by_quantity: f64, at: Worst| {
            let gap = smallest(f64::INFINITY, [by_price.abs(), by_quantity.abs()]);
            if gap > worst.gap || gap.is_nan() {
                worst = Left { gap, at };
            }
        };
        for (at, (source, Traded { quantity, price })) in self.sources.iter().zip(&solved.sources).enumerate()
        {
            let gap = price - source.curve.price_at(*quantity);
            let nothing = *quantity <= 1e-9 * source.extent && gap < 0.0;
            let full = *quantity >= source.capacity * (1.0 - 1e-9) && gap > 0.0;
            if !(nothing || full) {
                let scale = source.centre.max(1e-9 * source.extent);
                let by_quantity = (polish::quantity(source, *price).tonnes - quantity) / scale;
                note(gap / source.curve.price_at(source.centre), by_quantity, Worst::Source(at));
            }
        }
        for (at, (market, Traded { quantity, price })) in self.markets.iter().zip(&solved.markets).enumerate()
        {
            let gap = price - market.curve.price_at(*quantity);
            if *quantity > 1e-9 * market.extent || gap < 0.0 {
                let scale = market.centre.max(1e-9 * market.extent);
                let by_quantity = (polish::quantity(market, *price).tonnes - quantity) / scale;
                note(gap / price, by_quantity, Worst::Market(at));
            }
        }
        let worth = self.worth_of_shipping(solved);
        for (detour, tonnes) in self.detours.iter().zip(&solved.detoured) {
            let (price, landed) = self.ends(detour.link, solved);
            let gap = self.saving(detour, solved) - detour.slope * tonnes - worth[detour.link];
            if *tonnes > 1e-9 * detour.scale || gap > 0.0 {
                note(gap / landed.max(price), gap / detour.slope / detour.scale, Worst::Link(detour.link));
            }
        }
        for (at, (link, shipped)) in self.links.iter().zip(&solved.shipped).enumerate() {
            let (price, landed) = (solved.sources[link.source].price, solved.markets[link.market].price);
            let cost = link.fixed + link.rate * (price + link.freight) + link.slope * shipped + extra[at];
            let gap = landed - price - cost + worth[at];
            if *shipped > 1e-9 * link.scale || gap > 0.0 {
                // a gap is worth at most what closes it
                let closing =
                    if gap < 0.0 { f64::min(-gap / link.slope, *shipped) } else { gap / link.slope };
                let by_quantity = if link.slope > 0.0 { closing / link.scale } else { f64::INFINITY };
                note(gap / landed, by_quantity, Worst::Link(at));
            }
        }
        worst
    }

    /// The prices at a link's ends.
    fn ends(&self, link: usize, solved: &Solved) -> (f64, f64) {
        let link = &self.links[link];
        (solved.sources[link.source].price, solved.markets[link.market].price)
    }

    /// What a detour's first tonne saves.
    fn saving(&self, detour: &Detour, solved: &Solved) -> f64 {
        let (price, _) = self.ends(detour.link, solved);
        -(detour.fixed + detour.rate * (price + self.links[detour.link].freight))
    }

    /// By link: what one more tonne shipped is worth because it can take a detour; nothing unless
    /// all that is shipped takes one.
    fn worth_of_shipping(&self, solved: &Solved) -> Vec<f64> {
        let (mut around, mut worth) = (vec![0.0; self.links.len()], vec![0.0; self.links.len()]);
        for (detour, tonnes) in self.detours.iter().zip(&solved.detoured) {
            around[detour.link] += tonnes;
        }
        for (detour, tonnes) in self.detours.iter().zip(&solved.detoured) {
            let link = detour.link;
            if around[link] >= solved.shipped[link] * (1.0 - 1e-9) {
                worth[link] = f64::max(worth[link], self.saving(detour, solved) - detour.slope * tonnes);
            }
        }
        worth
    }

    /// By link: what limits and promises add to its cost at premiums that are rates.
    fn charged(&self, solved: &Solved) -> Vec<f64> {
        let mut extra = vec![0.0; self.links.len()];
        for (limit, rate) in self.limits.iter().zip(&solved.premiums) {
            for (link, share) in &limit.links {
                let value = solved.sources[self.links[*link].source].price + self.links[*link].freight;
                extra[*link] += rate * share * value;
            }
        }
        for (promise, premium) in self.promises.iter().zip(&solved.green) {
            for link in &promise.green {
                extra[*link] -= premium;
            }
        }
        extra
    }

    /// By link: what limits and promises add to its cost at premiums that are duals.
    fn extra(&self, guess: &Guess, solved: &Solved) -> Vec<f64> {
        let mut extra = vec![0.0; self.links.len()];
        for ((limit, beside), premium) in self.limits.iter().zip(&guess.beside).zip(&solved.premiums) {
            for ((link, _), beside) in limit.links.iter().zip(beside) {
                extra[*link] += beside + premium;
            }
        }
        for (promise, premium) in self.promises.iter().zip(&solved.green) {
            for link in &promise.green {
                extra[*link] -= premium;
            }
        }
        extra
    }

    /// A limit's premium as a rate for a share of 1, from its dual and what is paid beside it; and
    /// how far its links are from paying that rate, as a share of their value.
    fn rate(&self, limit: usize, guess: &Guess, solved: &Solved) -> Rate {
        let own = &self.limits[limit];
        let value = |link: usize| {
            let link = &self.links[link];
            solved.sources[link.source].price + link.freight
        };
        let (mut paid, mut worth) = (0.0, 0.0);
        for ((link, share), beside) in own.links.iter().zip(&guess.beside[limit]) {
            let weight = solved.shipped[*link] + 1e-6 * self.links[*link].scale;
            paid += weight * (solved.premiums[limit] + beside);
            worth += weight * share * value(*link);
        }
        let rate = if worth > 0.0 && solved.premiums[limit] > 0.0 { (paid / worth).max(0.0) } else { 0.0 };
        let gap = own.links.iter().zip(&guess.beside[limit]).map(|((link, share), beside)| {
            ((solved.premiums[limit] + beside) / value(*link) - rate * share).abs()
        });
        Rate { rate, gap: greatest(0.0, gap) }
    }
}

impl Held {
    /// The solution for a network that differs from the one held in costs and limits only.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn solve(&mut self, network: &Network, settings: &Settings) -> Result<Solved, Failure> {
        self.guess = network.first(settings);
        let mut best = f64::INFINITY;
        let mut damping = 1.0;
        let mut since = 0;
        let mut steps = 0;
        let mut last = Left { gap: f64::INFINITY, at: Worst::Source(0) };
        for round in 1..=settings.rounds {
            let columns = program::columns(network, &self.guess);
            for (own, column) in self.layout.columns.all().zip(columns.all()) {
                if column != self.solver.program().column_of(*own) {
                    self.solver.change(*own, *column).map_err(Failure::Linear)?;
                }
            }
            let solution = self.solver.solve().map_err(|error| self.failure(error))?;
            steps += self.solver.steps();
            let mut solved = self.layout.read(network, &solution);
            let mut worst = network.residual(&network.extra(&self.guess, &solved), &solved);
            let rates: Vec<Rate> =
                (0..network.limits.len()).map(|limit| network.rate(limit, &self.guess, &solved)).collect();
            worst.gap = greatest(worst.gap, rates.iter().map(|rate| rate.gap));
            for (promise, target) in network.promises.iter().zip(&self.guess.target) {
                if let Some(share) = promise.share {
                    let promised = share * solved.markets[promise.market].quantity;
                    let missed = (promised / target.max(f64::MIN_POSITIVE) - 1.0).abs();
                    worst.gap = greatest(worst.gap, [missed]);
                }
            }
            last = worst;
            (solved.rounds, solved.steps, solved.residual) = (round, steps, worst.gap);
            let duals = solved.premiums.clone();
            solved.premiums = rates.iter().map(|rate| rate.rate).collect();
            if worst.gap <= settings.tolerance {
                return Ok(solved);
            }
            if let Some(mut polished) = polish::polish(network, &solved) {
                polished.residual = network.residual(&network.charged(&polished), &polished).gap;
                if polished.residual <= settings.tolerance {
                    return Ok(polished);
                }
            }
            solved.premiums = duals;
            if worst.gap < 0.9 * best {
                (best, since) = (worst.gap, 0);
            } else {
                since += 1;
                if since >= 6 {
                    (damping, since) = (0.5 * damping, 0);
                }
            }
            self.close_in(network, &solved, &rates, damping, settings);
        }
        Err(Failure::Cycles { rounds: settings.rounds, residual: last.gap, worst: last.at })
    }

    /// Why a program has no solution; rows that conflict as the conditions that they hold.
    fn failure(&self, error: LinearError) -> Failure {
        match error {
            LinearError::Infeasible(rows) => {
                Failure::Conflict(rows.into_iter().filter_map(|row| self.layout.condition(row)).collect())
            }
            other => Failure::Linear(other),
        }
    }

    /// Duties at the last prices, steps around the last solution.
    fn close_in(
        &mut self,
        network: &Network,
        solved: &Solved,
        rates: &[Rate],
        damping: f64,
        settings: &Settings,
    ) {
        let guess = &mut self.guess;
        let narrow = |at: &mut Finest, quantity: f64, scale: f64| {
            let moved = (quantity - at.centre).abs();
            let finest = 0.25 * settings.tolerance * scale;
            at.width = (at.width / 8.0).max(moved / 4.0).max(finest);
            at.centre = quantity;
        };
        for ((at, made), place) in guess.sources.iter_mut().zip(&solved.sources).zip(&network.sources) {
            narrow(at, made.quantity, place.centre.max(1e-3 * place.extent));
        }
        for ((at, made), place) in guess.markets.iter_mut().zip(&solved.markets).zip(&network.markets) {
            narrow(at, made.quantity, place.centre.max(1e-3 * place.extent));
        }
        for ((at, quantity), link) in guess.links.iter_mut().zip(&solved.shipped).zip(&network.links) {
            narrow(at, *quantity, link.scale);
        }
        for ((at, quantity), detour) in guess.detours.iter_mut().zip(&solved.detoured).zip(&network.detours) {
            narrow(at, *quantity, detour.scale);
        }
        for (price, found) in guess.price.iter_mut().zip(&solved.sources) {
            *price += damping * (found.price - *price);
        }
        for (at, limit) in network.limits.iter().enumerate() {
            for ((link, share), beside) in limit.links.iter().zip(&mut guess.beside[at]) {
                let link = &network.links[*link];
                let paid = rates[at].rate * share * (solved.sources[link.source].price + link.freight);
                let wanted = if rates[at].rate > 0.0 { paid - solved.premiums[at] } else { 0.0 };
                *beside += damping * (wanted - *beside);
            }
        }
        for (promise, target) in network.promises.iter().zip(&mut guess.target) {
            if let Some(share) = promise.share {
                *target += damping * (share * solved.markets[promise.market].quantity - *target);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::network::{Curve, Limit, Place, Promise};
    use super::super::polish::tests::{rich, simple};
    use super::*;

    fn near(found: f64, wanted: f64) {
        assert!((found - wanted).abs() <= 1e-5 * wanted.abs().max(1e-3), "{found}, not {wanted}");
    }

    /// The link, source and market of `simple`, without conditions.
    fn plain() -> Network {
        Network { limits: vec![], promises: vec![], ..simple() }
    }

    fn of(quantity: f64, price: f64) -> Traded {
        Traded { quantity, price }
    }

    fn at(source: (f64, f64), market: (f64, f64), shipped: f64) -> Solved {
        Solved {
            sources: vec![of(source.0, source.1)],
            markets: vec![of(market.0, market.1)],
            shipped: vec![shipped],
            ..Solved::default()
        }
    }

    #[test]
    fn what_is_left_is_that_of_a_pencil() {
        use Worst::{Link, Market, Source};
        let network = plain();
        for (source, market, shipped, gap, worst) in [
            // 130 − 60 − 10 − 0.1·80 = 0.5·104
            ((60.0, 60.0), (70.0, 130.0), 104.0, 0.0, Source(0)),
            ((62.0, 60.0), (70.0, 130.0), 104.0, 2.0 / 100.0, Source(0)),
            ((60.0, 60.0), (72.0, 130.0), 104.0, 2.0 / 130.0, Market(0)),
            ((60.0, 60.0), (70.0, 130.0), 100.0, 2.0 / 130.0, Link(0)),
            ((60.0, 60.0), (70.0, 130.0), 108.0, 2.0 / 130.0, Link(0)),
            // nothing is shipped: right where a tonne would lose, wrong where it would gain
            ((60.0, 60.0), (130.0, 70.0), 0.0, 0.0, Source(0)),
            ((60.0, 60.0), (120.0, 80.0), 0.0, 2.0 / 80.0, Link(0)),
            // a gram too much is wrong by a gram
            ((60.0, 60.0), (130.0, 70.0), 1e-3, 1e-5, Link(0)),
            // nobody buys at 210, somebody would at 190
            ((60.0, 60.0), (0.0, 210.0), 264.0, 0.0, Source(0)),
            ((60.0, 60.0), (0.0, 190.0), 224.0, 10.0 / 190.0, Market(0)),
        ] {
            let found = network.residual(&[0.0], &at(source, market, shipped));
            near(found.gap, gap);
            assert_eq!(found.at, worst, "{source:?} {market:?} {shipped}");
        }
        // 5 USD/t beside the link's own cost are 10 tonnes fewer
        near(network.residual(&[5.0], &at((60.0, 60.0), (70.0, 130.0), 94.0)).gap, 0.0);
    }

    #[test]
    fn a_source_may_be_full_or_idle_off_its_curve() {
        let mut network = plain();
        network.sources[0].capacity = 60.0;
        // 75 USD/t where 60 would do: 130 − 75 − 10 − 9.5 = 0.5·71
        near(network.residual(&[0.0], &at((60.0, 75.0), (70.0, 130.0), 71.0)).gap, 0.0);
        near(network.residual(&[0.0], &at((60.0, 45.0), (70.0, 130.0), 137.0)).gap, 0.15);
        near(network.residual(&[0.0], &at((59.0, 75.0), (70.0, 130.0), 71.0)).gap, 0.01);
        network.sources[0].curve = Curve::Linear { at_zero: 50.0, slope: 1.0 };
        near(network.residual(&[0.0], &at((0.0, 40.0), (70.0, 130.0), 148.0)).gap, 0.0);
        near(network.residual(&[0.0], &at((0.0, 52.0), (70.0, 130.0), 121.6)).gap, 2.0 / 150.0);
    }

    #[test]
    fn detours_are_taken_up_to_where_they_save_nothing_more() {
        let around = |fixed, rate, slope| Detour { link: 0, fixed, rate, slope, scale: 1.0 };
        let network =
            Network { detours: vec![around(-22.0, -0.1, 0.25), around(-10.0, 0.0, 0.5)], ..plain() };
        let left = |detoured: [f64; 2]| {
            let solved = at((60.0, 60.0), (73.0, 127.0), 108.5);
            network.residual(&[0.0], &Solved { detoured: detoured.to_vec(), ..solved })
        };
        // they save 30 and 10 at first; all that is shipped takes one, and a tonne more is worth 5.25
        near(left([99.0, 9.5]).gap, 0.0);
        // with a tonne left that takes none, that tonne would save 30 − 98/4
        near(left([98.0, 9.5]).gap, 5.5 / 127.0);
        near(left([108.5, 0.0]).gap, 10.0 / 127.0 - 2.875 / 127.0);
    }

    #[test]
    fn every_departure_from_a_solution_is_seen_where_it_is() {
        let network = rich();
        let found = network.solve(&Settings::default()).expect("a solution");
        let left = |solved: &Solved| network.residual(&network.charged(solved), solved);
        assert!(left(&found).gap < 1e-9, "{:?}", left(&found));
        let off = |change: &dyn Fn(&mut Solved), at: Worst| {
            let mut other = found.clone();
            change(&mut other);
            let Left { gap, at: worst } = left(&other);
            assert!(gap > 1e-4 && worst == at, "{gap} at {worst:?} and not at {at:?}");
        };
        for at in 0..3 {
            off(&|solved| solved.sources[at].quantity *= 0.97, Worst::Source(at));
        }
        for at in 0..2 {
            off(&|solved| solved.markets[at].quantity *= 1.03, Worst::Market(at));
        }
        for at in (0..6).filter(|at| found.shipped[*at] > 1.0) {
            off(&|solved| solved.shipped[at] *= 1.03, Worst::Link(at));
        }
    }

    #[test]
    fn a_premium_is_the_rate_that_its_links_pay_on_the_whole() {
        let mut network = simple();
        let second = Link { source: 1, freight: 40.0, ..network.links[0] };
        (network.sources, network.links) = (vec![network.sources[0]; 2], vec![network.links[0], second]);
        network.limits[0].links = vec![(0, 0.5), (1, 1.0)];
        let mut guess = network.first(&Settings::default());
        guess.beside = vec![vec![3.0, -1.0]];
        let mut solved = Solved {
            sources: vec![of(60.0, 60.0); 2],
            markets: vec![of(70.0, 130.0)],
            shipped: vec![100.0, 50.0],
            premiums: vec![5.0],
            green: vec![7.0],
            ..Solved::default()
        };
        // 8 and 4 USD/t are paid on values of 80 and 100 that bite by a half and wholly
        let Rate { rate, gap } = network.rate(0, &guess, &solved);
        near(rate, (800.0 + 200.0) / (100.0 * 40.0 + 50.0 * 100.0));
        near(gap, rate - 4.0 / 100.0);
        let extra = network.extra(&guess, &solved);
        assert_eq!(extra, [3.0 + 5.0 - 7.0, -1.0 + 5.0]);
        solved.premiums = vec![0.2];
        assert_eq!(network.charged(&solved), [0.2 * 0.5 * 80.0 - 7.0, 0.2 * 100.0]);
        solved.premiums = vec![0.0];
        let Rate { rate, gap } = network.rate(0, &guess, &solved);
        assert_eq!(rate, 0.0);
        near(gap, 3.0 / 80.0);
    }

    /// Sources p = 100 + x and p = 80 + y, a market P = 500 − Q, and links without a slope: Newton
    /// cannot take over, so that rounds of programs come to the end alone.
    fn without_slopes(sources: usize) -> Network {
        let line = |at_zero: f64, slope: f64| Place {
            curve: Curve::Linear { at_zero, slope },
            centre: 150.0,
            extent: 500.0,
            capacity: f64::INFINITY,
        };
        let link = |source, fixed, rate, freight| Link {
            source,
            market: 0,
            fixed,
            rate,
            freight,
            slope: 0.0,
            centre: 0.0,
            scale: 1.0,
        };
        Network {
            sources: [line(100.0, 1.0), line(80.0, 1.0)][..sources].to_vec(),
            markets: vec![line(500.0, -1.0)],
            links: [link(0, 20.0, 0.1, 10.0), link(1, 0.0, 0.0, 0.0)][..sources].to_vec(),
            ..Network::default()
        }
    }

    #[test]
    fn rounds_alone_come_to_the_closed_forms() {
        let solve = |network: &Network| network.solve(&Settings::default()).expect("a solution");
        let limit = |quantity, gap| vec![Limit { quantity, links: vec![(0, 0.5)], gap }];
        let promise = |share, tonnes| vec![Promise { market: 0, green: vec![0], share, tonnes, cap: 1000.0 }];
        // 500 − x = 100 + x + 20 + 0.1·(110 + x)
        let free = solve(&without_slopes(1));
        near(free.shipped[0], 369.0 / 2.1);
        // an absolute limit of 100: p = 200, P = 400, and half the premium on 210 is 400 − 200 − 41
        let found = solve(&Network { limits: limit(100.0, None), ..without_slopes(1) });
        near(found.shipped[0], 100.0);
        near(found.premiums[0], 159.0 / 105.0);
        // with 30 % above a limit of 50: half of it on all that is shipped
        let found = solve(&Network { limits: limit(50.0, Some(0.3)), ..without_slopes(1) });
        near(found.shipped[0], (369.0 - 16.5) / 2.25);
        near(found.premiums[0], 0.3);
        // a limit beyond reach changes nothing
        let found = solve(&Network { limits: limit(400.0, Some(0.3)), ..without_slopes(1) });
        near(found.shipped[0], free.shipped[0]);
        assert_eq!(found.premiums[0], 0.0);
        // 190 t are promised: p = 290, P = 310, costs of 50
        let found = solve(&Network { promises: promise(None, 190.0), ..without_slopes(1) });
        near(found.shipped[0], 190.0);
        near(found.green[0], 30.0);
        // three fifths of use are to come from the dear source: Q = 300, P = 200, p = 280 and 200
        let found = solve(&Network { promises: promise(Some(0.6), 0.0), ..without_slopes(2) });
        near(found.shipped[0], 180.0);
        near(found.shipped[1], 120.0);
        near(found.green[0], 129.0);
    }

    #[test]
    fn a_network_is_like_another_that_differs_in_costs_and_bounds_only() {
        let network = rich();
        let like = |change: &dyn Fn(&mut Network)| {
            let mut other = network.clone();
            change(&mut other);
            network.is_like(&other)
        };
        assert!(like(&|other| other.links[0].fixed += 1.0));
        assert!(like(&|other| (other.detours[0].rate, other.limits[1].gap) = (0.1, Some(0.5))));
        assert!(!like(&|other| other.sources[0].centre += 1.0));
        assert!(!like(&|other| other.markets[0].extent += 1.0));
        assert!(!like(&|other| other.links[0].market = 1));
        assert!(!like(&|other| other.links[0].slope = 0.0));
        assert!(!like(&|other| other.detours[0].link = 1));
        assert!(!like(&|other| other.limits[1].gap = None));
        assert!(!like(&|other| other.limits[0].links[0].0 = 2));
        assert!(!like(&|other| other.promises[0].green = vec![5]));
    }
}
