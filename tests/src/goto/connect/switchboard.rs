//! Telephone data that an account does not contain.

use std::collections::{BTreeMap, BTreeSet};

use gotosync_core::model::{PhoneNumber, UserKey};
use gotosync_core::target::Glance;
use serde_json::{Map, Value};

use super::id;

/// Data of extensions, numbers, and locations that the account does not contain.
#[derive(Debug, Default)]
pub(in crate::goto) struct Switchboard {
    /// Extensions by ID. The account's users contain the assignment.
    pub(super) extensions: BTreeMap<String, Extension>,
    pub(super) models: BTreeMap<String, String>,
    /// The extensions without a user at which numbers ring, by ID. Numbers that ring at a user are data of the user.
    pub(super) routes: BTreeMap<PhoneNumber, String>,
    pub(super) caller_names: BTreeMap<PhoneNumber, String>,
    /// Permissions of users on numbers, except those that are settings of the users.
    pub(super) permissions: BTreeMap<(PhoneNumber, UserKey), BTreeSet<String>>,
    /// The addresses of locations, by name.
    pub(super) addresses: BTreeMap<String, Value>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Extension {
    pub(super) name: String,
    pub(super) number: String,
    pub(super) voicemail: Map<String, Value>,
}

impl Switchboard {
    /// Registers extensions that were created outside this API.
    pub(super) fn learn(&mut self, glance: &Glance<'_>) {
        // Match by number, because a renumbered extension keeps its ID.
        let known: BTreeSet<&str> = self.extensions.values().map(|own| own.number.as_str()).collect();
        let own = glance.users().filter_map(|user| Some((user.full_name(), user.settings().extension.as_deref()?)));
        let all = own.chain(glance.nobodys_extensions().map(|number| (format!("Extension {number}"), number)));
        let new: Vec<_> = all
            .filter(|(_, number)| !known.contains(number))
            .map(|(name, number)| {
                let own = Extension { name, number: number.to_owned(), ..Extension::default() };
                (id("extension", number), own)
            })
            .collect();
        self.extensions.extend(new);
    }

    /// Returns the voicemail settings of an extension.
    pub(in crate::goto) fn voicemail(&self, number: &str) -> Option<Value> {
        let own = self.extensions.values().find(|own| own.number == number)?;
        Some(Value::Object(own.voicemail.clone()))
    }
}
