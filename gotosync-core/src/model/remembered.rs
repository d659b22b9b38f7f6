//! The memory of an account between runs: which user belongs to which person, and what the engine did.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::aside::{Failure, SetAside};
use super::email::Email;
use super::id::{LicenseKey, PersonId, UserKey};
use super::role::Role;

/// The memory of an account, as a value for the pure stages.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Remembered {
    /// The links between people and users, in ascending order of person.
    pub links: Vec<Link>,
    /// The number of people that each rule selected at the last complete read.
    pub populations: BTreeMap<String, usize>,
    /// The people whose steps wait after a failure, in ascending order of person.
    pub set_aside: Vec<SetAside>,
}

/// A person and their user, remembered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// The person.
    pub person: PersonId,
    /// The user.
    pub user: UserKey,
    /// The user's e-mail when last seen, for people to read.
    pub email: Email,
    /// The rules that selected the person when last seen, highest first.
    pub rules: Arc<[Arc<str>]>,
    /// When the engine suspended the user; `None` if it did not, or gave access back since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended: Option<Timestamp>,
    /// Since when no rule has selected the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaver_since: Option<Timestamp>,
    /// In how many complete reads since then nothing selected the person, as far as deleting depends on it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub absences: u32,
    /// The role that rules gave, while they give it: the engine takes no other role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The licenses and the role that the engine took when it ended the access, for the day when the person returns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub had: Option<Box<Had>>,
}

/// The licenses and the role of a user before the engine ended the access.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Had {
    /// The licenses that went.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub licenses: Vec<LicenseKey>,
    /// The role that went.
    #[serde(skip_serializing_if = "Role::is_member")]
    pub role: Role,
}

/// A fact about a person that follows from an outcome.
#[derive(Clone, Debug, PartialEq)]
pub enum Learned {
    /// The person has this user now; no other person has it.
    Linked(Link),
    /// The engine suspended the person's user, who had this before.
    Suspended(PersonId, Timestamp, Had),
    /// The engine gave access back.
    Reactivated(PersonId),
    /// The engine deleted the person's user.
    Deleted(PersonId),
    /// The engine gave this role, or took the one it had given.
    Role(PersonId, Option<Role>),
    /// A step about the person failed.
    Failed(Failure),
    /// The steps about the person are done: nothing is set aside any more.
    Cleared(PersonId),
}

impl Link {
    /// Creates a link between a person and a user, and nothing more.
    pub fn new(person: PersonId, user: UserKey, email: Email, rules: Arc<[Arc<str>]>) -> Self {
        let (suspended, leaver_since) = (None, None);
        Self { person, user, email, rules, suspended, leaver_since, absences: 0, role: None, had: None }
    }

    /// Notes that the engine ended the access of the user, who had this until then.
    pub fn suspend(&mut self, at: Timestamp, had: &Had) {
        self.suspended = Some(at);
        if *had != Had::default() {
            self.had.get_or_insert_default().join(had);
        }
    }

    /// Notes that the engine gave access back: what there was to remember for this day is forgotten.
    pub fn reactivate(&mut self) {
        self.suspended = None;
        self.leaver_since = None;
        self.absences = 0;
        self.had = None;
    }
}

impl Remembered {
    /// The link of a person.
    pub fn link(&self, person: &PersonId) -> Option<&Link> {
        self.links.binary_search_by(|link| link.person.cmp(person)).ok().map(|at| &self.links[at])
    }

    /// Returns the failure that a person waits for.
    pub fn set_aside(&self, person: &PersonId) -> Option<&SetAside> {
        self.set_aside.binary_search_by(|aside| aside.person.cmp(person)).ok().map(|at| &self.set_aside[at])
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

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}
