//! Negotiation: who could sign what, who would stay, and what it takes.
//!
//! Three kinds of files. Some know only numbers (bargains, games, stability, funds, retaliation, the
//! best point of a space). [`talks`] puts a scenario with its parties and agenda on a model. And one
//! file for each question joins the two: [`design`], [`frontier`], [`agreement`], [`concession`],
//! [`answers`], [`clubs`] and [`fund`]. Each states its equations, and so does the book.

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
