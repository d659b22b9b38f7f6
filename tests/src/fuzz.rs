//! Entry points that take untrusted bytes: files, text typed by an admin, and data that an earlier run wrote.
//!
//! Each entry point accepts any bytes. Invalid input must come back as an error: no input may cause a panic, an
//! endless loop, or an output much larger than the input. Accepted input must keep its guarantees: names parse back
//! to equal names, and planning twice gives the same plan. The fuzzers in `tests/fuzz` call these functions, and so
//! does the ordinary test suite, with the seeds and with mutations of the seeds.

use std::fmt::Display;

mod config;
mod csv;
mod expression;
mod filter;
mod ldif;
mod list;
mod mutate;
mod names;
mod plan;
mod rules;
mod small;

pub use config::{account, config};
pub use csv::csv;
pub use expression::expression;
pub use filter::filter;
pub use ldif::ldif;
pub use list::list;
pub use mutate::{Mutator, words};
pub use names::names;
pub use plan::plan;
pub use rules::rules;

/// A fuzzing entry point.
#[derive(Clone, Copy, Debug)]
pub struct Entrance {
    /// The name of the entry point, which is also the name of the fuzzer's binary and of the folder with its seeds.
    pub name: &'static str,
    /// Processes the bytes and panics if a guarantee is broken.
    pub enter: fn(&[u8]),
}

/// All entry points.
pub const ENTRANCES: &[Entrance] = &[
    Entrance { name: "account", enter: account },
    Entrance { name: "config", enter: config },
    Entrance { name: "csv", enter: csv },
    Entrance { name: "expression", enter: expression },
    Entrance { name: "filter", enter: filter },
    Entrance { name: "ldif", enter: ldif },
    Entrance { name: "list", enter: list },
    Entrance { name: "names", enter: names },
    Entrance { name: "plan", enter: plan },
    Entrance { name: "rules", enter: rules },
];

/// Asserts that an output is small in comparison with the input.
fn small(answer: impl Display, asked: usize) {
    let length = answer.to_string().len();
    assert!(length <= 65_536 + 64 * asked, "{length} bytes of output for {asked} bytes of input");
}

/// Asserts that an error has a message and that its message and help are short.
fn civil(error: &gotosync_core::Error, asked: usize) {
    let text = error.to_string();
    assert!(!text.is_empty(), "the error message is empty");
    small(text, asked);
    small(error.help().unwrap_or_default(), asked);
}
