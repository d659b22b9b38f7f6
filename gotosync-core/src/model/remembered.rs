//! The remembered state of an account: which user belongs to which person, and the engine's earlier actions.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::aside::{Failure, SetAside};
use super::email::Email;
use super::id::{LicenseKey, PersonId, UserKey};
use super::role::Role;

/// The remembered state of an account, as a value for the pure stages.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Remembered {
    /// The links between people and users, in ascending order of person.
    pub links: Vec<Link>,
    /// The number of people that each rule selected at the last complete read.
    pub populations: BTreeMap<String, usize>,
    /// The people who are set aside (skipped until a retry time) after a failed step, in ascending order of person.
    pub set_aside: Vec<SetAside>,
}

/// The remembered link between a person and a user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// The person.
    pub person: PersonId,
    /// The user.
    pub user: UserKey,
    /// The user's e-mail address at the last run, for display.
    pub email: Email,
    /// The rules that selected the person at the last run, in order of precedence.
    pub rules: Arc<[Arc<str>]>,
    /// The time when the engine suspended the user; `None` if it did not, or has given access back since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended: Option<Timestamp>,
    /// The time since which no rule has selected the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaver_since: Option<Timestamp>,
    /// The number of complete reads since then in which no rule selected the person, if deletion depends on it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub absences: u32,
    /// The role that the engine assigned because of a rule, as long as the rule applies. The engine removes no other role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The licenses and the role that the engine removed when it ended the access, kept in case the person returns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub had: Option<Box<Had>>,
}

/// The licenses and the role of a user before the engine ended the access.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Had {
    /// The removed licenses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub licenses: Vec<LicenseKey>,
    /// The removed role.
    #[serde(skip_serializing_if = "Role::is_member")]
    pub role: Role,
}

/// A change to the remembered state of a person that follows from the outcome of a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Learned {
    /// The person is linked to this user; no other person is.
    Linked(Link),
    /// The engine suspended the person's user, who had these licenses and this role before.
    Suspended(PersonId, Timestamp, Had),
    /// The engine gave access back.
    Reactivated(PersonId),
    /// The engine deleted the person's user.
    Deleted(PersonId),
    /// The engine assigned this role, or removed the role that it had assigned.
    Role(PersonId, Option<Role>),
    /// A step of the person failed.
    Failed(Failure),
    /// All steps of the person are done, so the person is no longer set aside.
    Cleared(PersonId),
}

impl Link {
    /// Creates a link between a person and a user without further facts.
    pub fn new(person: PersonId, user: UserKey, email: Email, rules: Arc<[Arc<str>]>) -> Self {
        let (suspended, leaver_since) = (None, None);
        Self { person, user, email, rules, suspended, leaver_since, absences: 0, role: None, had: None }
    }

    /// Records that the engine suspended the user, who had these licenses and this role until then.
    pub fn suspend(&mut self, at: Timestamp, had: &Had) {
        self.suspended = Some(at);
        if *had != Had::default() {
            self.had.get_or_insert_default().join(had);
        }
    }

    /// Records that the engine gave access back, and clears everything that was kept for this case.
    pub fn reactivate(&mut self) {
        self.suspended = None;
        self.leaver_since = None;
        self.absences = 0;
        self.had = None;
    }
}

impl Remembered {
    /// Returns the link of a person.
    pub fn link(&self, person: &PersonId) -> Option<&Link> {
        self.links.binary_search_by(|link| link.person.cmp(person)).ok().map(|at| &self.links[at])
    }

    /// Returns the entry of a person who is set aside.
    pub fn set_aside(&self, person: &PersonId) -> Option<&SetAside> {
        self.set_aside.binary_search_by(|aside| aside.person.cmp(person)).ok().map(|at| &self.set_aside[at])
    }
}

impl Had {
    /// Adds licenses and a role that were removed later. Access may end in two steps, and the second finds less to remove.
    fn join(&mut self, later: &Self) {
        self.licenses.extend_from_slice(&later.licenses);
        self.licenses.sort();
        self.licenses.dedup();
        if !later.role.is_member() {
            self.role = later.role.clone();
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}
