//! Seeded corpora for benchmarks of gotosync. The same seed gives the same people, groups, account, and export on any machine.
//!
//! A [`Corpus`] is a population that is never completely in memory: each person is computed from the seed and a number. A corpus can
//! be converted to a [`Directory`](gotosync_core::model::Directory) in memory, or to an export in the format of Active Directory. A
//! [`Case`] has all inputs of a plan, in one of three [`Situation`]s.
//!
//! The benchmarks report speed as a ratio of two measurements of the same run, because ratios are comparable between machines.

mod case;
mod corpus;
mod export;
mod human;
mod random;
mod rulebook;
mod timing;

pub use case::{Case, Situation};
pub use corpus::Corpus;
pub use export::{Export, Packing};
pub use rulebook::{RULES, expressions, rules};
pub use timing::{Stage, median, since};
