//! What telephones have beside what an account knows of them.

use std::collections::{BTreeMap, BTreeSet};

use gotosync_core::model::UserKey;
use gotosync_core::target::Glance;
use serde_json::{Map, Value};

use super::id;

/// Extensions, numbers and places of one account.
#[derive(Debug, Default)]
pub(in crate::goto) struct Switchboard {
    /// Extensions by id; whose they are stands with the user.
    pub(super) extensions: BTreeMap<String, Extension>,
    pub(super) models: BTreeMap<String, String>,
    pub(super) numbers: BTreeMap<String, Number>,
    pub(super) locations: BTreeMap<String, Location>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Extension {
    pub(super) name: String,
    pub(super) number: String,
    pub(super) secondary: BTreeSet<UserKey>,
    pub(super) voicemail: Map<String, Value>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Number {
    pub(super) digits: String,
    pub(super) name: String,
    pub(super) caller_id: Option<String>,
    /// The id of an extension.
    pub(super) route: Option<String>,
    pub(super) permissions: BTreeMap<UserKey, BTreeSet<String>>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Location {
    pub(super) name: String,
    pub(super) address: Value,
    pub(super) users: BTreeSet<UserKey>,
}

impl Switchboard {
    /// One with two numbers that ring nowhere.
    pub(in crate::goto) fn new() -> Self {
        let mut board = Self::default();
        for number in ["+15555550100", "+15555550101"] {
            let own = Number { digits: number.to_owned(), name: number.to_owned(), ..Number::default() };
            board.numbers.insert(id("number", number), own);
        }
        board
    }

    /// Learns of the extensions that users have got elsewhere.
    pub(super) fn learn(&mut self, glance: &Glance<'_>) {
        // By number: one that was given another keeps its id.
        let known: BTreeSet<&str> = self.extensions.values().map(|own| own.number.as_str()).collect();
        let mut new = Vec::new();
        for user in glance.users() {
            let Some(number) = user.settings().extension.as_deref().filter(|number| !known.contains(number)) else {
                continue;
            };
            let own = Extension { name: user.full_name(), number: number.to_owned(), ..Extension::default() };
            new.push((id("extension", number), own));
        }
        self.extensions.extend(new);
    }
}
