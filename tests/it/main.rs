//! Every test of the whole program, as one program: it is linked once.
//! A test file alone: `cargo test --release --test it -- spatial::`.

mod support;

mod agreements;
mod architecture;
mod bands;
mod baseline;
mod batch;
mod brief_file;
mod brief_page;
mod certified;
mod cli;
mod conditions;
mod cooperative;
mod covers;
mod data;
mod docs;
mod economics;
mod exact_slopes;
mod external_trade;
mod funds;
mod hostile;
mod import;
mod import_observed;
mod instruments;
mod late_2026;
mod licences;
mod linear;
mod negotiation;
mod optimum;
mod parts;
mod refusals;
mod rounds;
mod scenarios;
mod spatial;
mod spatial_laws;
mod spatial_ways;
mod talks;
mod textbook;
mod toy;
#[cfg(feature = "web")]
mod web;
#[cfg(feature = "web")]
mod web_work;
