//! Tests of the `gotosync` command as a process: its output, its exit codes, and its files after it was killed. They
//! need no server.

mod browse;
mod cli;
mod import;
mod kill;
mod rule;
mod stages;
