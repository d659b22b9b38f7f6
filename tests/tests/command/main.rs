//! The command `gotosync` as a process: what it prints, its exit codes, and what remains when it is killed. No server is needed.

mod browse;
mod cli;
mod import;
mod kill;
mod rule;
mod stages;
