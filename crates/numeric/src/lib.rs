//! Numerical methods: dense and linear systems, linear programs, Newton's method, search by one or
//! many numbers. They know no economics.

pub mod dense;
pub mod lanes;
pub mod linear;
pub mod newton;
pub mod search;
