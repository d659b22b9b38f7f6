//! The inputs of a plan.

use jiff::Timestamp;

use crate::model::{Account, PersonId, Reading, Remembered};
use crate::rules::Rules;
use crate::target::TargetInfo;

/// All inputs of a plan, as values.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// The rules.
    pub rules: &'a Rules,
    /// The name of the source.
    pub source: &'a str,
    /// The result of reading the source.
    pub reading: &'a Reading,
    /// The name, capabilities, and limits of the target.
    pub target: &'a TargetInfo,
    /// The current account.
    pub account: &'a Account,
    /// The stored state of the account.
    pub remembered: &'a Remembered,
    /// The time of the plan, which also decides whether a person has expired.
    pub now: Timestamp,
    /// The people to plan for although they are set aside after a failure.
    pub overrides: Override<'a>,
}

/// The people to plan for although they are set aside (skipped after a failure).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Override<'a> {
    /// No people.
    None,
    /// All people.
    All,
    /// One person.
    Person(&'a PersonId),
}
