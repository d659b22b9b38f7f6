//! Tests of the engine, its files, and its formats inside this process, without servers, network, or other processes.

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
