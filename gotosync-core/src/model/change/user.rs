//! The changes to one user.

use serde::{Deserialize, Serialize};

use super::{Change, ChangeRead, SetChange, SetRead, Unproven, Whole};
use crate::model::account::User;
use crate::model::email::Email;
use crate::model::id::{LicenseKey, PersonId};
use crate::model::role::Role;
use crate::model::settings::{
    Evidence, Feature, Field, FieldChange, SettingsChanges, SettingsRead, Shape, text_of_role,
};
use crate::model::user_group::UserGroupPath;

/// The changes to one user; fields that are `None` stay unchanged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct UserChanges {
    /// The directory person that the user belongs to, if the account stores it.
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
    /// The role; a member counts as a user without a role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Box<Change<Role>>>,
    /// The licenses.
    #[serde(skip_serializing_if = "SetChange::is_empty")]
    pub licenses: SetChange<LicenseKey>,
    /// The optional settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settings: Option<Box<SettingsChanges>>,
}

/// Calls a macro with each single-valued field: its variant in [`Field`], and its name in users and changes.
macro_rules! single {
    ($then:ident) => {
        $then! {
            Person: person,
            Language: language,
            UserGroup: group,
        }
    };
}

/// Calls a macro with the two name fields of a user.
macro_rules! names {
    ($then:ident) => {
        $then! {
            FirstName: first_name,
            LastName: last_name,
        }
    };
}

impl UserChanges {
    /// Returns the changes that turn one state of a user into another, and the fields whose change is withheld because it would
    /// overwrite or remove a value without proof of complete reads.
    ///
    /// Status and invitations are not compared because the target derives them.
    pub fn between(before: &User, after: &User, whole: Option<Whole<'_>>) -> (Self, Vec<Field>) {
        let mut evidence = Evidence::new(whole);
        let person = before.person.between(&after.person, Field::Person, &mut evidence);
        let email = evidence.one(Field::Email, Some(&before.email), Some(&after.email));
        let first_name = evidence.one(Field::FirstName, filled(&before.first_name), filled(&after.first_name));
        let last_name = evidence.one(Field::LastName, filled(&before.last_name), filled(&after.last_name));
        let language = before.language.between(&after.language, Field::Language, &mut evidence);
        let group = before.group.between(&after.group, Field::UserGroup, &mut evidence);
        // Without the proof, not even a new role is assigned: a rule with precedence may give another role to people who were not read.
        let role = if before.role != after.role && evidence.proves(Field::Role) {
            evidence.one(Field::Role, some_role(&before.role), some_role(&after.role)).map(Box::new)
        } else {
            None
        };
        let settings = if before.settings == after.settings {
            None
        } else {
            let changes = SettingsChanges::with(&mut evidence, before.settings(), after.settings());
            (changes != SettingsChanges::default()).then(|| Box::new(changes))
        };
        let missing = |from: &User, of: &User| -> Vec<LicenseKey> {
            of.licenses.iter().filter(|own| !from.licenses.contains(own)).cloned().collect()
        };
        let licenses = evidence.several(Field::Products, missing(before, after), missing(after, before));
        let changes = Self { person, email, first_name, last_name, language, group, role, licenses, settings };
        (changes, evidence.into_withheld())
    }

    /// Returns `true` if nothing changes.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns `true` if the only change is to the person that the account stores for the user.
    pub(crate) fn only_mark(&self) -> bool {
        self.person.is_some() && Self { person: None, ..self.clone() }.is_empty()
    }

    /// Returns `true` if something is overwritten or removed.
    pub fn takes_away(&self) -> bool {
        !self.licenses.removed().is_empty() || self.list().iter().any(|change| change.before.is_some())
    }

    /// Returns `true` if a license is removed, or a product inside a license.
    pub fn releases(&self) -> bool {
        let nested = self.settings.iter().flat_map(|settings| settings.nested.values());
        !self.licenses.removed().is_empty() || nested.into_iter().any(|change| !change.removed().is_empty())
    }

    /// Returns the changes of settings for editing.
    pub fn settings_mut(&mut self) -> &mut SettingsChanges {
        self.settings.get_or_insert_default()
    }

    /// Returns the features that a target must support to make these changes.
    pub fn features(&self) -> Vec<Feature> {
        let own = [
            (Feature::People, self.person.is_some()),
            (Feature::Language, self.language.is_some()),
            (Feature::UserGroups, self.group.is_some()),
            (Feature::Roles, self.role.is_some()),
            (Feature::Products, !self.licenses.is_empty()),
        ];
        let own = own.into_iter().filter(|(_, changes)| *changes).map(|(feature, _)| feature);
        own.chain(self.settings.iter().flat_map(|settings| settings.features())).collect()
    }

    /// Returns all changes except those of licenses, as text.
    pub fn list(&self) -> Vec<FieldChange<'_>> {
        let mut list = Vec::new();
        let name = |field, change| FieldChange::of::<Box<str>>(field, None, change, |text| (&**text).into());
        Option::list(&self.person, Field::Person, &mut list);
        let email = |change| FieldChange::of(Field::Email, None, change, |email: &Email| email.as_str().into());
        list.extend(self.email.as_ref().map(email));
        macro_rules! add_names {
            ($($field:ident: $name:ident,)*) => {
                $(list.extend(self.$name.as_ref().map(|change| name(Field::$field, change)));)*
            };
        }
        names!(add_names);
        Option::list(&self.language, Field::Language, &mut list);
        Option::list(&self.group, Field::UserGroup, &mut list);
        list.extend(self.role.as_deref().map(|change| FieldChange::of(Field::Role, None, change, text_of_role)));
        list.extend(self.settings.iter().flat_map(|settings| settings.list()));
        list
    }

    /// Returns the first field of a user that no longer has the value from before the changes, if there is one.
    pub fn stale(&self, user: &User) -> Option<Field> {
        fn differs<T: PartialEq>(change: Option<&Change<T>>, now: Option<&T>) -> bool {
            change.is_some_and(|change| change.before() != now)
        }
        if user.person.is_stale(&self.person) {
            return Some(Field::Person);
        }
        if differs(self.email.as_ref(), Some(&user.email)) {
            return Some(Field::Email);
        }
        macro_rules! check_names {
            ($($field:ident: $name:ident,)*) => {
                $(if differs(self.$name.as_ref(), filled(&user.$name)) {
                    return Some(Field::$field);
                })*
            };
        }
        names!(check_names);
        macro_rules! check {
            ($($field:ident: $name:ident,)*) => {
                $(if user.$name.is_stale(&self.$name) {
                    return Some(Field::$field);
                })*
            };
        }
        single!(check);
        if differs(self.role.as_deref(), some_role(&user.role)) {
            return Some(Field::Role);
        }
        if self.licenses.is_stale(|license| user.licenses.contains(license)) {
            return Some(Field::Products);
        }
        self.settings.as_ref().and_then(|settings| settings.stale(user.settings()))
    }

    /// Returns `true` if all changes have been made to the user.
    pub fn have_arrived(&self, user: &User) -> bool {
        fn there<T: PartialEq>(change: Option<&Change<T>>, now: Option<&T>) -> bool {
            change.is_none_or(|change| change.after() == now)
        }
        macro_rules! all_names {
            ($($field:ident: $name:ident,)*) => {
                true $(&& there(self.$name.as_ref(), filled(&user.$name)))*
            };
        }
        macro_rules! all {
            ($($field:ident: $name:ident,)*) => {
                true $(&& user.$name.has_arrived(&self.$name))*
            };
        }
        there(self.email.as_ref(), Some(&user.email))
            && names!(all_names)
            && single!(all)
            && there(self.role.as_deref(), some_role(&user.role))
            && self.licenses.has_arrived(|license| user.licenses.contains(license))
            && self.settings.as_ref().is_none_or(|settings| settings.has_arrived(user.settings()))
    }

    /// Applies the changes to a user. Call [`User::derive_status`] afterwards to update the status.
    pub fn apply_to(&self, user: &mut User) {
        if let Some(email) = self.email.as_ref().and_then(Change::after) {
            user.email = email.clone();
        }
        macro_rules! put_names {
            ($($field:ident: $name:ident,)*) => {
                $(if let Some(change) = &self.$name {
                    user.$name = change.after().cloned().unwrap_or_default();
                })*
            };
        }
        names!(put_names);
        macro_rules! put {
            ($($field:ident: $name:ident,)*) => {
                $(user.$name.apply(&self.$name);)*
            };
        }
        single!(put);
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

/// Deserialized changes of a user that have not been built yet.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct UserChangesRead {
    person: Option<ChangeRead<PersonId>>,
    email: Option<ChangeRead<Email>>,
    first_name: Option<ChangeRead<Box<str>>>,
    last_name: Option<ChangeRead<Box<str>>>,
    language: Option<ChangeRead<Box<str>>>,
    group: Option<ChangeRead<UserGroupPath>>,
    role: Option<ChangeRead<Role>>,
    licenses: SetRead<LicenseKey>,
    settings: Option<SettingsRead>,
}

impl UserChangesRead {
    /// Builds the changes with the regular constructors.
    pub(crate) fn build(self, whole: Option<Whole<'_>>) -> Result<UserChanges, Unproven> {
        Ok(UserChanges {
            person: ChangeRead::build(self.person, whole)?,
            email: ChangeRead::build(self.email, whole)?,
            first_name: ChangeRead::build(self.first_name, whole)?,
            last_name: ChangeRead::build(self.last_name, whole)?,
            language: ChangeRead::build(self.language, whole)?,
            group: ChangeRead::build(self.group, whole)?,
            role: ChangeRead::build(self.role, whole)?.map(Box::new),
            licenses: self.licenses.build(whole)?,
            settings: self.settings.map(|settings| settings.build(whole)).transpose()?.map(Box::new),
        })
    }
}

/// Returns the name, or `None` if it is empty.
#[expect(clippy::borrowed_box, reason = "it is compared with what a change holds")]
fn filled(text: &Box<str>) -> Option<&Box<str>> {
    (!text.is_empty()).then_some(text)
}

/// Returns the role, or `None` for a member.
fn some_role(role: &Role) -> Option<&Role> {
    (!role.is_member()).then_some(role)
}
