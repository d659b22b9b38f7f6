//! Everything that changes about one user.

use std::borrow::Cow;

use serde::Serialize;

use super::field::Field;
use super::settings::SettingsChanges;
use super::{Change, SetChange};
use crate::model::account::{User, UserGroupPath};
use crate::model::email::Email;
use crate::model::id::{LicenseKey, PersonId};
use crate::model::role::Role;

/// What changes about one user; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct UserChanges {
    /// The person of the directory that the user is, where the account keeps that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<Change<PersonId>>,
    /// The e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<Change<Email>>,
    /// The first name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<Change<Box<str>>>,
    /// The last name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<Change<Box<str>>>,
    /// The language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<Change<Box<str>>>,
    /// The user group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<Change<UserGroupPath>>,
    /// The role; a member is somebody without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Box<Change<Role>>>,
    /// The licences.
    #[serde(skip_serializing_if = "SetChange::is_empty")]
    pub licenses: SetChange<LicenseKey>,
    /// The settings few users have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settings: Option<Box<SettingsChanges>>,
}

/// One thing that changes, as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange<'c> {
    /// The field.
    pub field: Field,
    /// Which part of it, where it has several: the key of a licence, the name of a custom field.
    pub part: Option<&'c str>,
    /// The value that goes.
    pub before: Option<Cow<'c, str>>,
    /// The value that comes.
    pub after: Option<Cow<'c, str>>,
}

impl<'c> FieldChange<'c> {
    pub(super) fn of<T>(
        field: Field,
        part: Option<&'c str>,
        change: &'c Change<T>,
        text: impl Fn(&'c T) -> Cow<'c, str>,
    ) -> Self {
        Self { field, part, before: change.before().map(&text), after: change.after().map(text) }
    }

    /// Something that is set and cannot be read.
    pub(super) fn coming(field: Field, value: String) -> Self {
        Self { field, part: None, before: None, after: Some(value.into()) }
    }

    /// One for each thing that comes or goes.
    pub(super) fn of_set<T>(
        field: Field,
        part: Option<&'c str>,
        change: &'c SetChange<T>,
        text: impl Fn(&'c T) -> Cow<'c, str> + 'c,
    ) -> impl Iterator<Item = Self> {
        let added = change.added().iter().map(|item| (item, true));
        let all = added.chain(change.removed().iter().map(|item| (item, false)));
        all.map(move |(item, comes)| {
            let value = Some(text(item));
            let (before, after) = if comes { (None, value) } else { (value, None) };
            Self { field, part, before, after }
        })
    }
}

impl UserChanges {
    /// Says whether nothing changes.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Says whether nothing changes but that the account knows which person the user is.
    pub(crate) fn only_mark(&self) -> bool {
        self.person.is_some() && Self { person: None, ..self.clone() }.is_empty()
    }

    /// Says whether something is overwritten or taken away.
    pub fn takes_away(&self) -> bool {
        !self.licenses.removed().is_empty() || self.list().iter().any(|change| change.before.is_some())
    }

    /// Says whether a licence goes, or a product inside one.
    pub fn releases(&self) -> bool {
        let nested = self.settings.iter().flat_map(|settings| settings.nested.values());
        !self.licenses.removed().is_empty() || nested.into_iter().any(|change| !change.removed().is_empty())
    }

    /// The changes of settings, to be added to.
    pub fn settings_mut(&mut self) -> &mut SettingsChanges {
        self.settings.get_or_insert_default()
    }

    /// Each change but those of licences, as text.
    pub fn list(&self) -> Vec<FieldChange<'_>> {
        let text = |field, change| FieldChange::of::<Box<str>>(field, None, change, |text| (&**text).into());
        let mut list = Vec::new();
        let person = |change| FieldChange::of(Field::Person, None, change, |id: &PersonId| id.to_string().into());
        list.extend(self.person.as_ref().map(person));
        list.extend(self.email.as_ref().map(|c| FieldChange::of(Field::Email, None, c, |email| email.as_str().into())));
        list.extend(self.first_name.as_ref().map(|change| text(Field::FirstName, change)));
        list.extend(self.last_name.as_ref().map(|change| text(Field::LastName, change)));
        list.extend(self.language.as_ref().map(|change| text(Field::Language, change)));
        let group =
            |change| FieldChange::of(Field::UserGroup, None, change, |path: &UserGroupPath| path.as_str().into());
        list.extend(self.group.as_ref().map(group));
        let role =
            |change| FieldChange::of(Field::Role, None, change, |role: &Role| role.told(LicenseKey::as_str).into());
        list.extend(self.role.as_deref().map(role));
        list.extend(self.settings.iter().flat_map(|settings| settings.list()));
        list
    }

    /// Says which field of a user is no longer as it was before, if one is not.
    pub fn stale(&self, user: &User) -> Option<Field> {
        fn differs<T: PartialEq>(change: Option<&Change<T>>, now: Option<&T>) -> bool {
            change.is_some_and(|change| change.before() != now)
        }
        [
            (Field::Person, differs(self.person.as_ref(), user.person.as_ref())),
            (Field::Email, differs(self.email.as_ref(), Some(&user.email))),
            (Field::FirstName, differs(self.first_name.as_ref(), filled(&user.first_name).as_ref())),
            (Field::LastName, differs(self.last_name.as_ref(), filled(&user.last_name).as_ref())),
            (Field::Language, differs(self.language.as_ref(), user.language.as_ref())),
            (Field::UserGroup, differs(self.group.as_ref(), user.group.as_ref())),
            (Field::Role, differs(self.role.as_deref(), some_role(&user.role))),
            (Field::Products, self.licenses.is_stale(|license| user.licenses.contains(license))),
        ]
        .into_iter()
        .find(|(_, stale)| *stale)
        .map(|(field, _)| field)
        .or_else(|| self.settings.as_ref().and_then(|settings| settings.stale(user.settings())))
    }

    /// Says whether a user looks as after the changes.
    pub(crate) fn have_arrived(&self, user: &User) -> bool {
        fn there<T: PartialEq>(change: Option<&Change<T>>, now: Option<&T>) -> bool {
            change.is_none_or(|change| change.after() == now)
        }
        there(self.person.as_ref(), user.person.as_ref())
            && there(self.email.as_ref(), Some(&user.email))
            && there(self.first_name.as_ref(), filled(&user.first_name).as_ref())
            && there(self.last_name.as_ref(), filled(&user.last_name).as_ref())
            && there(self.language.as_ref(), user.language.as_ref())
            && there(self.group.as_ref(), user.group.as_ref())
            && there(self.role.as_deref(), some_role(&user.role))
            && self.licenses.has_arrived(|license| user.licenses.contains(license))
            && self.settings.as_ref().is_none_or(|settings| settings.has_arrived(user.settings()))
    }

    /// Changes a user accordingly; its status is left to the target.
    pub fn apply_to(&self, user: &mut User) {
        if let Some(change) = &self.person {
            user.person = change.after().cloned();
        }
        if let Some(email) = self.email.as_ref().and_then(Change::after) {
            user.email = email.clone();
        }
        if let Some(change) = &self.first_name {
            user.first_name = change.after().cloned().unwrap_or_default();
        }
        if let Some(change) = &self.last_name {
            user.last_name = change.after().cloned().unwrap_or_default();
        }
        if let Some(change) = &self.language {
            user.language = change.after().cloned();
        }
        if let Some(change) = &self.group {
            user.group = change.after().cloned();
        }
        if let Some(change) = &self.role {
            user.role = change.after().cloned().unwrap_or_default();
        }
        user.licenses.retain(|license| !self.licenses.removed().contains(license));
        user.licenses.extend_from_slice(self.licenses.added());
        user.licenses.sort();
        user.licenses.dedup();
        if let Some(changes) = &self.settings {
            user.set_settings(|settings| changes.apply_to(settings));
        }
    }
}

/// A text that is there.
fn filled(text: &str) -> Option<Box<str>> {
    (!text.is_empty()).then(|| text.into())
}

/// A role that is more than that of a member.
pub(crate) fn some_role(role: &Role) -> Option<&Role> {
    (!role.is_member()).then_some(role)
}
