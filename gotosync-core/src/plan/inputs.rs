//! What a plan is computed from.

use jiff::Timestamp;

use crate::model::{Account, PersonId, Reading, Remembered};
use crate::rules::Rules;
use crate::target::TargetInfo;

/// Everything a plan is computed from, as values.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// The rules.
    pub rules: &'a Rules,
    /// What the source is called.
    pub source: &'a str,
    /// What it said.
    pub reading: &'a Reading,
    /// What the target is and can do.
    pub target: &'a TargetInfo,
    /// The account as it is.
    pub account: &'a Account,
    /// What is remembered of it.
    pub remembered: &'a Remembered,
    /// The moment that decides who has expired, and that the plan bears.
    pub now: Timestamp,
    /// Whose steps are planned although a failure set them aside.
    pub overrides: Override<'a>,
}

/// The people whose steps are planned although a failure set them aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Override<'a> {
    /// No person.
    None,
    /// Every person.
    All,
    /// One person.
    Person(&'a PersonId),
}
