//! Changes to one user; those that take something away cannot be built without evidence that both sides were read whole.

use std::fmt;
use std::marker::PhantomData;

use serde::{Deserialize, Serialize};

use super::account::{Account, User, UserGroupPath};
use super::email::Email;
use super::id::LicenseKey;
use super::reading::{Completeness, Reading};

/// Evidence that a directory and an account were both read to their ends.
///
/// Every constructor of something that takes away or overwrites asks for it, and only [`Whole::of`] makes one. So a
/// truncated search, a lost page or an unreachable server cannot become a suspension, whoever writes the planner:
///
/// ```compile_fail
/// use gotosync_core::model::{Release, UserKey, Whole};
///
/// // There is no other way to make one:
/// let whole = Whole { read: std::marker::PhantomData };
/// Release::new(whole, UserKey::new("1"), vec![]);
/// ```
///
/// ```compile_fail
/// use gotosync_core::model::Action;
///
/// // Nor does text become one, but as part of a plan that bears the evidence:
/// let action: Action = serde_json::from_str(r#"{ "do": "release", "user": "1", "licenses": ["10"] }"#).unwrap();
/// ```
///
/// ```compile_fail
/// use gotosync_core::model::Change;
///
/// // Nor to overwrite without one:
/// Change { before: Some("Ann"), after: Some("Anna") };
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Whole<'r> {
    read: PhantomData<(&'r Reading, &'r Account)>,
}

impl<'r> Whole<'r> {
    /// Gives the evidence, if both reads are complete.
    pub fn of(reading: &'r Reading, account: &'r Account) -> Option<Self> {
        let complete = reading.completeness.is_complete() && account.completeness.is_complete();
        complete.then_some(Self { read: PhantomData })
    }

    /// The evidence that a plan bears which was made from two complete reads and kept as text.
    pub(crate) fn recorded(source: &Completeness, account: &Completeness) -> Option<Self> {
        (source.is_complete() && account.is_complete()).then_some(Self { read: PhantomData })
    }
}

/// One value of a user before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change<T> {
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<T>,
}

impl<T> Change<T> {
    /// Sets a value where there is none: nothing is lost by it.
    pub fn fill(after: T) -> Self {
        Self { before: None, after: Some(after) }
    }

    /// Overwrites or removes a value.
    pub fn replace(_: Whole<'_>, before: T, after: Option<T>) -> Self {
        Self { before: Some(before), after }
    }

    /// The value that is lost, if there was one.
    pub fn before(&self) -> Option<&T> {
        self.before.as_ref()
    }

    /// The value that comes, if one does.
    pub fn after(&self) -> Option<&T> {
        self.after.as_ref()
    }

    /// Says whether something is lost.
    pub fn takes_away(&self) -> bool {
        self.before.is_some()
    }
}

/// Licences that come and go for one user in one change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LicenseChange {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    add: Vec<LicenseKey>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    remove: Vec<LicenseKey>,
}

impl LicenseChange {
    /// Licences that come.
    pub fn adding(add: Vec<LicenseKey>) -> Self {
        Self { add, remove: Vec::new() }
    }

    /// The same, and others go.
    #[must_use]
    pub fn removing(mut self, _: Whole<'_>, remove: Vec<LicenseKey>) -> Self {
        self.remove = remove;
        self
    }

    /// The licences that come.
    pub fn added(&self) -> &[LicenseKey] {
        &self.add
    }

    /// The licences that go.
    pub fn removed(&self) -> &[LicenseKey] {
        &self.remove
    }

    /// Says whether nothing comes and nothing goes.
    pub fn is_empty(&self) -> bool {
        self.add.is_empty() && self.remove.is_empty()
    }
}

/// A field of a user, as rules and reasons name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The e-mail address.
    Email,
    /// The first name.
    FirstName,
    /// The last name.
    LastName,
    /// The language.
    Language,
    /// The user group.
    UserGroup,
    /// The licences.
    Products,
    /// Whether the user has access at all.
    Access,
}

impl Field {
    /// The word as a rules file writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::FirstName => "first_name",
            Self::LastName => "last_name",
            Self::Language => "language",
            Self::UserGroup => "user_group",
            Self::Products => "products",
            Self::Access => "access",
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What changes about one user; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct UserChanges {
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
    /// The licences.
    #[serde(skip_serializing_if = "LicenseChange::is_empty")]
    pub licenses: LicenseChange,
}

impl UserChanges {
    /// Says whether nothing changes.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Says whether something is overwritten or taken away.
    pub fn takes_away(&self) -> bool {
        self.fields().any(|(_, before, _)| before.is_some()) || !self.licenses.removed().is_empty()
    }

    /// The single-valued fields that change, each with its value before and after as text.
    pub fn fields(&self) -> impl Iterator<Item = (Field, Option<&str>, Option<&str>)> {
        fn texts<T>(
            field: Field,
            change: Option<&Change<T>>,
            text: fn(&T) -> &str,
        ) -> Option<(Field, Option<&str>, Option<&str>)> {
            change.map(|change| (field, change.before().map(text), change.after().map(text)))
        }
        [
            texts(Field::Email, self.email.as_ref(), Email::as_str),
            texts(Field::FirstName, self.first_name.as_ref(), |name| name),
            texts(Field::LastName, self.last_name.as_ref(), |name| name),
            texts(Field::Language, self.language.as_ref(), |language| language),
            texts(Field::UserGroup, self.group.as_ref(), UserGroupPath::as_str),
        ]
        .into_iter()
        .flatten()
    }

    /// Says which field of a user is no longer as it was before, if one is not.
    pub fn stale(&self, user: &User) -> Option<Field> {
        fn differs<T: PartialEq>(change: Option<&Change<T>>, now: Option<&T>) -> bool {
            change.is_some_and(|change| change.before() != now)
        }
        fn filled(text: &str) -> Option<Box<str>> {
            (!text.is_empty()).then(|| text.into())
        }
        let gone = |license: &LicenseKey| !user.licenses.contains(license);
        [
            (Field::Email, differs(self.email.as_ref(), Some(&user.email))),
            (Field::FirstName, differs(self.first_name.as_ref(), filled(&user.first_name).as_ref())),
            (Field::LastName, differs(self.last_name.as_ref(), filled(&user.last_name).as_ref())),
            (Field::Language, differs(self.language.as_ref(), user.language.as_ref())),
            (Field::UserGroup, differs(self.group.as_ref(), user.group.as_ref())),
            (Field::Products, self.licenses.removed().iter().any(gone) || !self.licenses.added().iter().all(gone)),
        ]
        .into_iter()
        .find(|(_, stale)| *stale)
        .map(|(field, _)| field)
    }

    /// Changes a user accordingly; its status is left to the target.
    pub fn apply_to(&self, user: &mut User) {
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
        user.licenses.retain(|license| !self.licenses.removed().contains(license));
        user.licenses.extend_from_slice(self.licenses.added());
        user.licenses.sort();
        user.licenses.dedup();
    }
}
