//! Negotiation: who could sign what, who would stay, and what it takes.
//!
//! The files of this folder that know only numbers (cooperative games, stability, bargains,
//! funds, retaliation) use nothing of a scenario; each states its equations in the book.

pub mod bargaining;
pub mod compensation;
pub mod cooperative;
pub mod nucleolus;
pub mod optimum;
pub mod payoff;
pub mod retaliation;
pub mod rounds;
pub mod search;
pub mod shapley;
mod slopes;
pub mod stability;
