//! Seeded corpora for measuring gotosync: the same people, groups, account and export for the same seed, on any machine.
//!
//! A [`Corpus`] is a population that is never held as a whole: each of its people is worked out from the seed and a number.
//! It becomes a [`Directory`](gotosync_core::model::Directory) in memory or an export as Active Directory writes it. A
//! [`Case`] is all that a plan is computed from, in one of three [`Situation`]s.
//!
//! Speed is told as a ratio of two figures of one run, for a ratio holds on any machine and a time on none.

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
