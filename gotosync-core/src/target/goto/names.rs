//! The names in an account and their keys.

use std::collections::BTreeMap;

use super::absent;
use super::wire::{Key, WireField, WireGroup, WireRoleSet, WireTemplate};
use crate::Result;
use crate::model::text::nearest;
use crate::model::{LicenseKey, UserGroupPath, WelcomeTemplate};

/// A two-way map of names and keys.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    pub(super) groups: BTreeMap<UserGroupPath, Key>,
    pub(super) group_paths: BTreeMap<Key, UserGroupPath>,
    pub(super) role_sets: BTreeMap<Key, String>,
    pub(super) fields: BTreeMap<Key, String>,
    pub(super) templates: BTreeMap<Key, WelcomeTemplate>,
    pub(super) licenses: BTreeMap<LicenseKey, String>,
    /// The number of users in the last list.
    pub(super) users: usize,
}

impl Names {
    pub(super) fn add_groups(&mut self, rows: &[WireGroup]) {
        for row in rows {
            let path = path_of(if row.name_path.is_empty() { std::slice::from_ref(&row.name) } else { &row.name_path });
            self.add_group(path, row.key.clone());
        }
    }

    pub(super) fn add_group(&mut self, path: UserGroupPath, key: Key) {
        self.group_paths.insert(key.clone(), path.clone());
        self.groups.insert(path, key);
    }

    pub(super) fn add_role_sets(&mut self, rows: Vec<WireRoleSet>) {
        self.role_sets.extend(rows.into_iter().map(|row| (row.id, row.name)));
    }

    pub(super) fn add_fields(&mut self, rows: Vec<WireField>) {
        self.fields.extend(rows.into_iter().map(|row| (row.key, row.name)));
    }

    pub(super) fn add_templates(&mut self, rows: Vec<WireTemplate>) {
        self.templates.extend(
            rows.into_iter()
                .map(|row| (row.key, WelcomeTemplate { name: row.title, subject: row.subject, text: row.text })),
        );
    }

    /// Returns the key of a user group.
    pub(super) fn group(&self, path: &UserGroupPath) -> Result<&Key> {
        self.groups.get(path).ok_or_else(|| absent("user group", path.as_str()))
    }

    pub(super) fn role_set(&self, name: &str) -> Result<&Key> {
        by_name(self.role_sets.iter().map(|(key, name)| (key, name.as_str())), "role set", name)
    }

    pub(super) fn field(&self, name: &str) -> Result<&Key> {
        by_name(self.fields.iter().map(|(key, name)| (key, name.as_str())), "custom field", name)
    }

    pub(super) fn template(&self, name: &str) -> Result<&Key> {
        let names = self.templates.iter().map(|(key, template)| (key, template.name.as_str()));
        by_name(names, "welcome e-mail template", name)
    }

    /// Checks that a license exists.
    pub(super) fn license(&self, key: &LicenseKey) -> Result<()> {
        if self.licenses.contains_key(key) {
            return Ok(());
        }
        let has: Vec<String> = self.licenses.iter().map(|(key, name)| format!("{name} ({key})")).collect();
        Err(absent("license", key.as_str()).hint(format!("the account has: {}", has.join(", "))))
    }
}

fn by_name<'n>(names: impl Iterator<Item = (&'n Key, &'n str)> + Clone, what: &str, wanted: &str) -> Result<&'n Key> {
    names.clone().find(|(_, name)| *name == wanted).map(|(key, _)| key).ok_or_else(|| {
        let error = absent(what, wanted);
        match nearest(wanted, names.map(|(_, name)| name)) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error,
        }
    })
}

/// Builds the path of a group from its names, starting at the top. A `/` in a name is replaced, because it would read
/// as two groups.
pub(super) fn path_of(names: &[String]) -> UserGroupPath {
    let names: Vec<String> = names.iter().map(|name| name.replace('/', "\u{2215}")).collect();
    UserGroupPath::new(&names.join("/"))
}
