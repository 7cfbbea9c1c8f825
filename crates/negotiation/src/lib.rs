//! Negotiation: who could sign what, who would stay, and what it takes.
//!
//! [`talks`] puts a scenario with its parties and agenda on a model, and a file for each question asks it:
//! [`design`], [`frontier`], [`agreement`], [`concession`], [`answers`], [`clubs`] and [`fund`]. The
//! mathematics, which knows numbers alone, is in `zollverein_games`. Each file states its equations, and so
//! does the book.

pub mod agreement;
pub mod answers;
pub mod clubs;
pub mod concession;
pub mod design;
pub mod disagreement;
pub mod frontier;
pub mod fund;
pub mod payoff;
mod pool;
pub mod rounds;
pub mod talks;
mod worth;
