//! Ways in for bytes from outside: files, an admin's words, and what an earlier run wrote.
//!
//! Each takes whatever comes. What is wrong with it must come back as an error; nothing may panic, run on without end or
//! make much out of little, and what was taken must keep its promises: names read back equal, a plan is the same twice. A
//! fuzzer calls these functions (`tests/fuzz`), and so does the ordinary suite, with the seeds and with mutations of them.

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

/// One way in.
#[derive(Clone, Copy, Debug)]
pub struct Entrance {
    /// Its name, which is that of the fuzzer's binary and of the folder of its seeds.
    pub name: &'static str,
    /// Takes some bytes, and panics if a promise is broken.
    pub enter: fn(&[u8]),
}

/// Every way in.
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

/// Asks of what was said in answer that it is small beside what was asked.
fn small(answer: impl Display, asked: usize) {
    let length = answer.to_string().len();
    assert!(length <= 65_536 + 64 * asked, "{length} bytes are said of {asked}");
}

/// Asks of an error what every error promises: one line, in few words.
fn civil(error: &gotosync_core::Error, asked: usize) {
    let text = error.to_string();
    assert!(!text.is_empty(), "an error says nothing");
    small(text, asked);
    small(error.help().unwrap_or_default(), asked);
}
