//! The engine, its files and its formats, in this process: no server, no network, no other process.

mod adding;
mod config;
mod errors;
mod explain;
mod fuzz;
mod histories;
mod interplay;
mod laws;
mod lives;
mod people_sources;
mod properties;
mod review;
mod rule_edit;
mod rule_schema;
mod scenarios;
mod set_aside;
mod tidy;
mod wording;
