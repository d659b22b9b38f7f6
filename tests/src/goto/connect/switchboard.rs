//! What telephones have beside what an account knows of them.

use std::collections::{BTreeMap, BTreeSet};

use gotosync_core::model::{PhoneNumber, UserKey};
use gotosync_core::target::Glance;
use serde_json::{Map, Value};

use super::id;

/// What the account does not know of its extensions, numbers and places.
#[derive(Debug, Default)]
pub(in crate::goto) struct Switchboard {
    /// Extensions by id; whose they are stands with the users.
    pub(super) extensions: BTreeMap<String, Extension>,
    pub(super) models: BTreeMap<String, String>,
    /// At the extensions of nobody where numbers ring, by id; what rings at a user stands with the user.
    pub(super) routes: BTreeMap<PhoneNumber, String>,
    pub(super) caller_names: BTreeMap<PhoneNumber, String>,
    /// What users may do with numbers but for showing them, which stands with the users.
    pub(super) permissions: BTreeMap<(PhoneNumber, UserKey), BTreeSet<String>>,
    /// The addresses of places, by name.
    pub(super) addresses: BTreeMap<String, Value>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Extension {
    pub(super) name: String,
    pub(super) number: String,
    pub(super) voicemail: Map<String, Value>,
}

impl Switchboard {
    /// Learns of the extensions that came about elsewhere.
    pub(super) fn learn(&mut self, glance: &Glance<'_>) {
        // By number: one that was given another keeps its id.
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

    /// The voicemail of an extension, as it was set.
    pub(in crate::goto) fn voicemail(&self, number: &str) -> Option<Value> {
        let own = self.extensions.values().find(|own| own.number == number)?;
        Some(Value::Object(own.voicemail.clone()))
    }
}
