//! What an outcome changes about a link, the same in every store.

use jiff::Timestamp;

use super::{Had, Link};

impl Link {
    /// The engine ended the access of the user, who had this until then.
    pub(super) fn suspend(&mut self, at: Timestamp, had: &Had) {
        self.suspended = Some(at);
        if *had != Had::default() {
            self.had.get_or_insert_default().join(had);
        }
    }

    /// The engine gave access back: what there was to remember for this day is forgotten.
    pub(super) fn reactivate(&mut self) {
        self.suspended = None;
        self.leaver_since = None;
        self.absences = 0;
        self.had = None;
    }
}

impl Had {
    /// Adds what went later. An access may end in two steps, and the second finds less than there was.
    fn join(&mut self, later: &Self) {
        self.licenses.extend_from_slice(&later.licenses);
        self.licenses.sort();
        self.licenses.dedup();
        if !later.role.is_member() {
            self.role = later.role.clone();
        }
    }
}
