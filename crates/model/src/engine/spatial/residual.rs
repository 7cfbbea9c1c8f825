//! What is left of the conditions of the spatial problem at a solution, and what its premiums are as rates.

use super::network::{Detour, Network, Solved, Traded};
use super::polish;
use super::program::Guess;
use zollverein_numeric::dense::{greatest, smallest};

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
pub(super) struct Left {
    pub gap: f64,
    pub at: Worst,
}

/// A limit's premium.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rate {
    /// As a rate on price and freight, for a share of 1.
    pub rate: f64,
    /// How far its links are from paying that rate, as a share of their value.
    pub gap: f64,
}

impl Network {
    /// What is left of the conditions at a solution, as a share of prices, and where most.
    ///
    /// Each source and each market is on its curve (at its capacity: not below it); each link that
    /// is used costs what the two prices differ by, each that is not at least that.
    pub(super) fn residual(&self, extra: &[f64], solved: &Solved) -> Left {
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
    pub(super) fn charged(&self, solved: &Solved) -> Vec<f64> {
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
    pub(super) fn extra(&self, guess: &Guess, solved: &Solved) -> Vec<f64> {
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
    pub(super) fn rate(&self, limit: usize, guess: &Guess, solved: &Solved) -> Rate {
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
