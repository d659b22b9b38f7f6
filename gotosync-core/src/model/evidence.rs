//! The evidence that both sides were read whole.

use super::account::Account;
use super::change::Whole;
use super::reading::Reading;

impl<'r> Whole<'r> {
    /// Gives the evidence, if both reads are complete.
    pub fn of(reading: &'r Reading, account: &'r Account) -> Option<Self> {
        Whole::recorded(&reading.completeness, &account.completeness)
    }
}
