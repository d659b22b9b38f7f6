//! What changes between a user before and after, as far as it may.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Change, Field, Role, SetChange, SettingsChanges, User, UserChanges, UserSettings, Whole, some_role,
};

/// The changes of everything but licences, and the fields that would be overwritten without evidence that they may.
pub(super) fn user_changes(before: &User, after: &User, whole: Option<Whole<'_>>) -> (UserChanges, Vec<Field>) {
    let mut fields = Fields { whole, withheld: Vec::new() };
    let changes = UserChanges {
        person: fields.change(Field::Person, before.person.as_ref(), after.person.as_ref()),
        email: fields.change(Field::Email, Some(&before.email), Some(&after.email)),
        first_name: fields.text(Field::FirstName, &before.first_name, &after.first_name),
        last_name: fields.text(Field::LastName, &before.last_name, &after.last_name),
        language: fields.change(Field::Language, before.language.as_ref(), after.language.as_ref()),
        group: fields.change(Field::UserGroup, before.group.as_ref(), after.group.as_ref()),
        role: fields.role(before, after),
        licenses: SetChange::default(),
        settings: if before.settings == after.settings {
            None
        } else {
            Some(fields.settings(before.settings(), after.settings()))
                .filter(|changes| !changes.is_empty())
                .map(Box::new)
        },
    };
    (changes, fields.withheld)
}

struct Fields<'w> {
    whole: Option<Whole<'w>>,
    withheld: Vec<Field>,
}

impl Fields<'_> {
    fn change<T: Clone + PartialEq>(
        &mut self,
        field: Field,
        before: Option<&T>,
        after: Option<&T>,
    ) -> Option<Change<T>> {
        match (before, after, self.whole) {
            (before, after, _) if before == after => None,
            (None, Some(after), _) => Some(Change::fill(after.clone())),
            (Some(before), after, Some(whole)) => Some(Change::replace(whole, before.clone(), after.cloned())),
            _ => {
                self.withhold(field);
                None
            }
        }
    }

    fn text(&mut self, field: Field, before: &str, after: &str) -> Option<Change<Box<str>>> {
        fn filled(text: &str) -> Option<Box<str>> {
            (!text.is_empty()).then(|| text.into())
        }
        self.change(field, filled(before).as_ref(), filled(after).as_ref())
    }

    /// A role is not even given without evidence: a rule above may say otherwise of people who were not read.
    fn role(&mut self, before: &User, after: &User) -> Option<Box<Change<Role>>> {
        if self.whole.is_none() && before.role != after.role {
            self.withhold(Field::Role);
            return None;
        }
        self.change(Field::Role, some_role(&before.role), some_role(&after.role)).map(Box::new)
    }

    fn map<K: Ord + Clone, V: Clone + PartialEq>(
        &mut self,
        field: Field,
        before: &BTreeMap<K, V>,
        after: &BTreeMap<K, V>,
    ) -> BTreeMap<K, Change<V>> {
        let keys: BTreeSet<&K> = before.keys().chain(after.keys()).collect();
        let changed = |key: &K| Some((key.clone(), self.change(field, before.get(key), after.get(key))?));
        keys.into_iter().filter_map(changed).collect()
    }

    fn set<T: Ord + Clone>(&mut self, field: Field, before: &BTreeSet<T>, after: &BTreeSet<T>) -> SetChange<T> {
        let add = after.difference(before).cloned().collect();
        let remove: Vec<T> = before.difference(after).cloned().collect();
        match self.whole {
            _ if remove.is_empty() => SetChange::adding(add),
            Some(whole) => SetChange::adding(add).removing(whole, remove),
            None => {
                self.withhold(field);
                SetChange::adding(add)
            }
        }
    }

    fn settings(&mut self, before: &UserSettings, after: &UserSettings) -> SettingsChanges {
        let mut nested = BTreeMap::new();
        let licenses: BTreeSet<_> = before.off.keys().chain(after.off.keys()).collect();
        for license in licenses {
            let nothing = BTreeSet::new();
            let off = |settings: &'_ UserSettings| settings.off.get(license).unwrap_or(&nothing).clone();
            // What is switched off is taken away; what is switched on comes.
            let change = self.set(Field::Products, &off(after), &off(before));
            if !change.is_empty() {
                nested.insert(license.clone(), change);
            }
        }
        SettingsChanges {
            time_zone: self.change(Field::TimeZone, before.time_zone.as_ref(), after.time_zone.as_ref()),
            extension: self.change(Field::Extension, before.extension.as_ref(), after.extension.as_ref()),
            templates: self.map(Field::Templates, &before.templates, &after.templates),
            nested,
            custom_fields: self.map(Field::CustomFields, &before.custom_fields, &after.custom_fields),
            device_groups: self.set(Field::DeviceGroups, &before.device_groups, &after.device_groups),
            devices: self.set(Field::Devices, &before.devices, &after.devices),
            location: self.change(Field::Location, before.location.as_ref(), after.location.as_ref()),
            phone_numbers: self.map(Field::PhoneNumbers, &before.phone_numbers, &after.phone_numbers),
            caller_id_numbers: self.set(Field::CallerIdNumbers, &before.caller_id_numbers, &after.caller_id_numbers),
            secondary_extensions: self.set(
                Field::SecondaryExtensions,
                &before.secondary_extensions,
                &after.secondary_extensions,
            ),
            voicemail: None,
        }
    }

    fn withhold(&mut self, field: Field) {
        if !self.withheld.contains(&field) {
            self.withheld.push(field);
        }
    }
}
