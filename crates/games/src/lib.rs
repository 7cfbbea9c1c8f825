//! The mathematics of agreements: bargaining, cooperative games, stability of clubs, retaliation,
//! compensation, and the best point under constraints. It knows numbers, not models.

pub mod bargaining;
pub mod compensation;
pub mod cooperative;
pub mod decomposition;
pub mod miss;
pub mod nucleolus;
pub mod optimum;
mod polish;
mod programs;
pub mod retaliation;
pub mod shapley;
mod slopes;
mod space;
pub mod stability;
