//! Rounds of linear programs: duties follow the last prices (S5) and steps close in on the last
//! solution (S3), until the curves themselves are met.

use super::network::{Detour, Link, Network, Solved};
use super::polish;
use super::program::{self, Guess, Layout};
use crate::engine::linear::{Backend, LinearError, Program, Solver};

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

    fn first(&self, settings: &Settings) -> Guess {
        let place = |quantity: f64, extent: f64| {
            (quantity, settings.width * if quantity > 0.0 { quantity } else { extent })
        };
        Guess {
            sources: self.sources.iter().map(|place_| place(place_.centre, place_.extent)).collect(),
            markets: self.markets.iter().map(|place_| place(place_.centre, place_.extent)).collect(),
            links: self.links.iter().map(|link| (link.centre, settings.width * link.scale)).collect(),
            detours: self.detours.iter().map(|detour| (0.0, settings.width * detour.scale)).collect(),
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
        program.text(&|column| layout.column(column), &|row| layout.row(row))
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
    fn residual(&self, extra: &[f64], solved: &Solved) -> (f64, Worst) {
        let mut worst = (0.0, Worst::Source(0));
        // a point is on a curve as far as it is in either direction: curves can be steep or flat
        let mut note = |by_price: f64, by_quantity: f64, at: Worst| {
            let gap = by_price.abs().min(by_quantity.abs());
            if gap > worst.0 || gap.is_nan() {
                worst = (gap, at);
            }
        };
        for (at, (source, (quantity, price))) in self.sources.iter().zip(&solved.sources).enumerate() {
            let gap = price - source.curve.price_at(*quantity);
            let nothing = *quantity <= 1e-9 * source.extent && gap < 0.0;
            let full = *quantity >= source.capacity * (1.0 - 1e-9) && gap > 0.0;
            if !(nothing || full) {
                let scale = source.centre.max(1e-9 * source.extent);
                let by_quantity = (polish::quantity(source, *price).0 - quantity) / scale;
                note(gap / source.curve.price_at(source.centre), by_quantity, Worst::Source(at));
            }
        }
        for (at, (market, (quantity, price))) in self.markets.iter().zip(&solved.markets).enumerate() {
            let gap = price - market.curve.price_at(*quantity);
            if *quantity > 1e-9 * market.extent || gap < 0.0 {
                let scale = market.centre.max(1e-9 * market.extent);
                let by_quantity = (polish::quantity(market, *price).0 - quantity) / scale;
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
            let (price, landed) = (solved.sources[link.source].1, solved.markets[link.market].1);
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
        (solved.sources[link.source].1, solved.markets[link.market].1)
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
                let value = solved.sources[self.links[*link].source].1 + self.links[*link].freight;
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
    fn rate(&self, limit: usize, guess: &Guess, solved: &Solved) -> (f64, f64) {
        let own = &self.limits[limit];
        let value = |link: usize| {
            let link = &self.links[link];
            solved.sources[link.source].1 + link.freight
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
        (rate, gap.fold(0.0, f64::max))
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
        let mut last = (f64::INFINITY, Worst::Source(0));
        for round in 1..=settings.rounds {
            for (position, column) in program::columns(network, &self.guess).into_iter().enumerate() {
                if column != self.solver.program().columns[position] {
                    self.solver.change(position, column).map_err(Failure::Linear)?;
                }
            }
            let solution = self.solver.solve().map_err(Failure::Linear)?;
            steps += self.solver.steps();
            let mut solved = self.layout.read(network, &solution);
            let mut worst = network.residual(&network.extra(&self.guess, &solved), &solved);
            let rates: Vec<(f64, f64)> =
                (0..network.limits.len()).map(|limit| network.rate(limit, &self.guess, &solved)).collect();
            for (_, gap) in &rates {
                worst.0 = worst.0.max(*gap);
            }
            for (promise, target) in network.promises.iter().zip(&self.guess.target) {
                if let Some(share) = promise.share {
                    let promised = share * solved.markets[promise.market].0;
                    worst.0 = worst.0.max((promised / target.max(f64::MIN_POSITIVE) - 1.0).abs());
                }
            }
            last = worst;
            (solved.rounds, solved.steps, solved.residual) = (round, steps, worst.0);
            let duals = solved.premiums.clone();
            solved.premiums = rates.iter().map(|(rate, _)| *rate).collect();
            if worst.0 <= settings.tolerance {
                return Ok(solved);
            }
            if let Some(mut polished) = polish::polish(network, &solved) {
                polished.residual = network.residual(&network.charged(&polished), &polished).0;
                if polished.residual <= settings.tolerance {
                    return Ok(polished);
                }
            }
            solved.premiums = duals;
            if worst.0 < 0.9 * best {
                (best, since) = (worst.0, 0);
            } else {
                since += 1;
                if since >= 6 {
                    (damping, since) = (0.5 * damping, 0);
                }
            }
            self.close_in(network, &solved, &rates, damping, settings);
        }
        Err(Failure::Cycles { rounds: settings.rounds, residual: last.0, worst: last.1 })
    }

    /// Duties at the last prices, steps around the last solution.
    fn close_in(
        &mut self,
        network: &Network,
        solved: &Solved,
        rates: &[(f64, f64)],
        damping: f64,
        settings: &Settings,
    ) {
        let guess = &mut self.guess;
        let narrow = |(centre, width): &mut (f64, f64), quantity: f64, scale: f64| {
            let moved = (quantity - *centre).abs();
            let finest = 0.25 * settings.tolerance * scale;
            *width = (*width / 8.0).max(moved / 4.0).max(finest);
            *centre = quantity;
        };
        for ((at, (quantity, _)), place) in
            guess.sources.iter_mut().zip(&solved.sources).zip(&network.sources)
        {
            narrow(at, *quantity, place.centre.max(1e-3 * place.extent));
        }
        for ((at, (quantity, _)), place) in
            guess.markets.iter_mut().zip(&solved.markets).zip(&network.markets)
        {
            narrow(at, *quantity, place.centre.max(1e-3 * place.extent));
        }
        for ((at, quantity), link) in guess.links.iter_mut().zip(&solved.shipped).zip(&network.links) {
            narrow(at, *quantity, link.scale);
        }
        for ((at, quantity), detour) in guess.detours.iter_mut().zip(&solved.detoured).zip(&network.detours) {
            narrow(at, *quantity, detour.scale);
        }
        for (price, (_, found)) in guess.price.iter_mut().zip(&solved.sources) {
            *price += damping * (found - *price);
        }
        for (at, limit) in network.limits.iter().enumerate() {
            for ((link, share), beside) in limit.links.iter().zip(&mut guess.beside[at]) {
                let link = &network.links[*link];
                let paid = rates[at].0 * share * (solved.sources[link.source].1 + link.freight);
                let wanted = if rates[at].0 > 0.0 { paid - solved.premiums[at] } else { 0.0 };
                *beside += damping * (wanted - *beside);
            }
        }
        for (promise, target) in network.promises.iter().zip(&mut guess.target) {
            if let Some(share) = promise.share {
                *target += damping * (share * solved.markets[promise.market].0 - *target);
            }
        }
    }
}
