//! Negotiation: who could sign what, who would stay, and what it takes.
//!
//! Three kinds of files. Some know only numbers (bargains, games, stability, funds, retaliation, the
//! best point of a space). [`talks`] puts a scenario with its parties and agenda on a model. And one
//! file for each question joins the two: [`design`], [`frontier`], [`agreement`], [`concession`],
//! [`answers`], [`clubs`] and [`fund`]. Each states its equations, and so does the book.

pub mod agreement;
pub mod answers;
pub mod bargaining;
pub mod clubs;
pub mod compensation;
pub mod concession;
pub mod cooperative;
pub mod design;
pub mod disagreement;
pub mod frontier;
pub mod fund;
mod miss;
pub mod nucleolus;
pub mod optimum;
pub mod payoff;
mod polish;
mod pool;
pub mod retaliation;
pub mod rounds;
pub mod search;
pub mod shapley;
mod slopes;
pub mod stability;
pub mod talks;
mod worth;
