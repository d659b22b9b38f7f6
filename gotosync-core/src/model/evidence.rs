//! The proof that both sides were read completely.

use super::account::Account;
use super::change::Whole;
use super::reading::Reading;

impl<'r> Whole<'r> {
    /// Returns the proof if both reads are complete.
    pub fn of(reading: &'r Reading, account: &'r Account) -> Option<Self> {
        Whole::recorded(&reading.completeness, &account.completeness)
    }
}
