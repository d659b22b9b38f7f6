//! The code that settings of the same shape share: one value, several values, values by name, and switches.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use super::{Arity, Field};
use crate::model::change::{Change, ChangeRead, SetChange, SetRead, Unproven, Whole};
use crate::model::email::Email;
use crate::model::id::{LicenseKey, PersonId};
use crate::model::mac::Mac;
use crate::model::role::Role;
use crate::model::settings::FieldChange;
use crate::model::settings::SettingsTemplate;
use crate::model::telephone::PhoneNumber;
use crate::model::user_group::UserGroupPath;

/// The optional proof of complete reads, and the fields whose change is withheld because the proof is missing.
#[derive(Debug)]
pub(crate) struct Evidence<'w> {
    whole: Option<Whole<'w>>,
    withheld: Vec<Field>,
}

/// The shape of a setting's values. Each function is implemented once for all settings of a shape.
pub(crate) trait Shape: Sized {
    /// The type of a change.
    type Change;
    /// The type that a change is deserialized into.
    type Read;
    /// The value of a setting that is not set.
    const ABSENT: Self;
    /// The number of values: one or several.
    const ARITY: Arity;

    /// Returns `true` if the setting is not set.
    fn is_absent(&self) -> bool;

    /// Returns the change that gives these values to a user without any.
    fn making(&self) -> Self::Change;

    /// Returns the change to other values, without parts that need a missing proof.
    fn between(&self, after: &Self, field: Field, evidence: &mut Evidence<'_>) -> Self::Change;

    /// Adds all changes as text to the list.
    fn list<'c>(change: &'c Self::Change, field: Field, list: &mut Vec<FieldChange<'c>>);

    /// Returns `true` if the values are no longer those from before the change.
    fn is_stale(&self, change: &Self::Change) -> bool;

    /// Returns `true` if the change has been made.
    fn has_arrived(&self, change: &Self::Change) -> bool;

    /// Applies a change to the values.
    fn apply(&mut self, change: &Self::Change);

    /// Builds a deserialized change.
    fn build(read: Self::Read, whole: Option<Whole<'_>>) -> Result<Self::Change, Unproven>;

    /// Calls a function for each value as text, with the part that it belongs to.
    fn each(&self, visit: &mut dyn FnMut(Option<&str>, &str));

    /// Returns `true` if a value in `now` is missing here.
    fn loses(&self, now: &Self) -> bool;

    /// Adds back the values in `now` that are missing here.
    fn keep(&mut self, now: &Self);

    /// Replaces the values with those parsed from texts.
    fn put(&mut self, values: &[&str]);

    /// Returns the values as texts; for values by name, their names.
    fn names(&self) -> Vec<String>;

    /// Returns the values that a change adds, in the form of `names`.
    fn coming(change: &Self::Change) -> Vec<String>;
}

/// A value that can be shown.
pub(crate) trait AsText {
    /// Returns the value as text.
    fn as_text(&self) -> Cow<'_, str>;
}

/// A value that can be created from any text.
pub(crate) trait OfText {
    /// Creates the value.
    fn of_text(text: &str) -> Self;
}

/// The name or key that a value belongs to if a setting has several.
pub(crate) trait Part: Ord + Clone {
    /// Returns the name or key as text.
    fn part(&self) -> &str;
}

impl<'w> Evidence<'w> {
    pub(crate) fn new(whole: Option<Whole<'w>>) -> Self {
        Self { whole, withheld: Vec::new() }
    }

    /// Returns the change of a single value. A change that overwrites or removes a value needs the proof.
    pub(crate) fn one<T: Clone + PartialEq>(
        &mut self,
        field: Field,
        before: Option<&T>,
        after: Option<&T>,
    ) -> Option<Change<T>> {
        match (before, after, self.whole) {
            (before, after, _) if before == after => None,
            (None, after, _) => after.cloned().map(Change::fill),
            (Some(before), after, Some(whole)) => Some(Change::replace(whole, before.clone(), after.cloned())),
            (Some(_), _, None) => {
                self.withhold(field);
                None
            }
        }
    }

    /// Returns the change of a set: the added values and, with the proof, the removed ones.
    pub(crate) fn several<T>(&mut self, field: Field, add: Vec<T>, remove: Vec<T>) -> SetChange<T> {
        match self.whole {
            _ if remove.is_empty() => SetChange::adding(add),
            Some(whole) => SetChange::adding(add).removing(whole, remove),
            None => {
                self.withhold(field);
                SetChange::adding(add)
            }
        }
    }

    /// Returns `true` if there is a proof; otherwise the field is withheld.
    pub(crate) fn proves(&mut self, field: Field) -> bool {
        if self.whole.is_none() {
            self.withhold(field);
        }
        self.whole.is_some()
    }

    fn withhold(&mut self, field: Field) {
        if !self.withheld.contains(&field) {
            self.withheld.push(field);
        }
    }

    /// Returns the fields whose change is withheld.
    pub(crate) fn into_withheld(self) -> Vec<Field> {
        self.withheld
    }
}

impl<T: Clone + PartialEq + AsText + OfText> Shape for Option<T> {
    type Change = Option<Change<T>>;
    type Read = Option<ChangeRead<T>>;
    const ABSENT: Self = None;
    const ARITY: Arity = Arity::One;

    fn is_absent(&self) -> bool {
        self.is_none()
    }

    fn making(&self) -> Self::Change {
        self.clone().map(Change::fill)
    }

    fn between(&self, after: &Self, field: Field, evidence: &mut Evidence<'_>) -> Self::Change {
        evidence.one(field, self.as_ref(), after.as_ref())
    }

    fn list<'c>(change: &'c Self::Change, field: Field, list: &mut Vec<FieldChange<'c>>) {
        list.extend(change.as_ref().map(|change| FieldChange::of(field, None, change, T::as_text)));
    }

    fn is_stale(&self, change: &Self::Change) -> bool {
        change.as_ref().is_some_and(|change| change.before() != self.as_ref())
    }

    fn has_arrived(&self, change: &Self::Change) -> bool {
        change.as_ref().is_none_or(|change| change.after() == self.as_ref())
    }

    fn apply(&mut self, change: &Self::Change) {
        if let Some(change) = change {
            *self = change.after().cloned();
        }
    }

    fn build(read: Self::Read, whole: Option<Whole<'_>>) -> Result<Self::Change, Unproven> {
        ChangeRead::build(read, whole)
    }

    fn each(&self, visit: &mut dyn FnMut(Option<&str>, &str)) {
        if let Some(value) = self {
            visit(None, &value.as_text());
        }
    }

    fn loses(&self, now: &Self) -> bool {
        self.is_none() && now.is_some()
    }

    fn keep(&mut self, now: &Self) {
        if self.is_none() {
            self.clone_from(now);
        }
    }

    fn put(&mut self, values: &[&str]) {
        *self = values.first().map(|text| T::of_text(text));
    }

    fn names(&self) -> Vec<String> {
        self.iter().map(|value| value.as_text().into_owned()).collect()
    }

    fn coming(change: &Self::Change) -> Vec<String> {
        change.iter().filter_map(Change::after).map(|value| value.as_text().into_owned()).collect()
    }
}

impl<T: Ord + Clone + AsText + FromStr> Shape for BTreeSet<T> {
    type Change = SetChange<T>;
    type Read = SetRead<T>;
    const ABSENT: Self = BTreeSet::new();
    const ARITY: Arity = Arity::Several;

    fn is_absent(&self) -> bool {
        self.is_empty()
    }

    fn making(&self) -> Self::Change {
        SetChange::adding(self.iter().cloned().collect())
    }

    fn between(&self, after: &Self, field: Field, evidence: &mut Evidence<'_>) -> Self::Change {
        let add = after.difference(self).cloned().collect();
        evidence.several(field, add, self.difference(after).cloned().collect())
    }

    fn list<'c>(change: &'c Self::Change, field: Field, list: &mut Vec<FieldChange<'c>>) {
        list.extend(FieldChange::of_set(field, None, change, T::as_text));
    }

    fn is_stale(&self, change: &Self::Change) -> bool {
        change.is_stale(|item| self.contains(item))
    }

    fn has_arrived(&self, change: &Self::Change) -> bool {
        change.has_arrived(|item| self.contains(item))
    }

    fn apply(&mut self, change: &Self::Change) {
        self.retain(|item| !change.removed().contains(item));
        self.extend(change.added().iter().cloned());
    }

    fn build(read: Self::Read, whole: Option<Whole<'_>>) -> Result<Self::Change, Unproven> {
        read.build(whole)
    }

    fn each(&self, visit: &mut dyn FnMut(Option<&str>, &str)) {
        for value in self {
            visit(None, &value.as_text());
        }
    }

    fn loses(&self, now: &Self) -> bool {
        !now.is_subset(self)
    }

    fn keep(&mut self, now: &Self) {
        self.extend(now.iter().cloned());
    }

    fn put(&mut self, values: &[&str]) {
        *self = values.iter().filter_map(|text| text.parse().ok()).collect();
    }

    fn names(&self) -> Vec<String> {
        self.iter().map(|value| value.as_text().into_owned()).collect()
    }

    fn coming(change: &Self::Change) -> Vec<String> {
        change.added().iter().map(|value| value.as_text().into_owned()).collect()
    }
}

impl<K: Part, V: Clone + PartialEq + AsText> Shape for BTreeMap<K, V> {
    type Change = BTreeMap<K, Change<V>>;
    type Read = BTreeMap<K, ChangeRead<V>>;
    const ABSENT: Self = BTreeMap::new();
    const ARITY: Arity = Arity::Several;

    fn is_absent(&self) -> bool {
        self.is_empty()
    }

    fn making(&self) -> Self::Change {
        self.iter().map(|(key, value)| (key.clone(), Change::fill(value.clone()))).collect()
    }

    fn between(&self, after: &Self, field: Field, evidence: &mut Evidence<'_>) -> Self::Change {
        let keys: BTreeSet<&K> = self.keys().chain(after.keys()).collect();
        let changed = |key: &K| Some((key.clone(), evidence.one(field, self.get(key), after.get(key))?));
        keys.into_iter().filter_map(changed).collect()
    }

    fn list<'c>(change: &'c Self::Change, field: Field, list: &mut Vec<FieldChange<'c>>) {
        list.extend(change.iter().map(|(key, change)| FieldChange::of(field, Some(key.part()), change, V::as_text)));
    }

    fn is_stale(&self, change: &Self::Change) -> bool {
        change.iter().any(|(key, change)| change.before() != self.get(key))
    }

    fn has_arrived(&self, change: &Self::Change) -> bool {
        change.iter().all(|(key, change)| change.after() == self.get(key))
    }

    fn apply(&mut self, change: &Self::Change) {
        for (key, change) in change {
            match change.after() {
                Some(value) => self.insert(key.clone(), value.clone()),
                None => self.remove(key),
            };
        }
    }

    fn build(read: Self::Read, whole: Option<Whole<'_>>) -> Result<Self::Change, Unproven> {
        let mut changes = BTreeMap::new();
        for (key, change) in read {
            if let Some(change) = ChangeRead::build(Some(change), whole)? {
                changes.insert(key, change);
            }
        }
        Ok(changes)
    }

    fn each(&self, visit: &mut dyn FnMut(Option<&str>, &str)) {
        for (key, value) in self {
            visit(Some(key.part()), &value.as_text());
        }
    }

    fn loses(&self, now: &Self) -> bool {
        now.keys().any(|key| !self.contains_key(key))
    }

    fn keep(&mut self, now: &Self) {
        for (key, value) in now {
            self.entry(key.clone()).or_insert_with(|| value.clone());
        }
    }

    /// Does nothing: a value by name needs more than its name.
    fn put(&mut self, _: &[&str]) {}

    fn names(&self) -> Vec<String> {
        self.keys().map(|key| key.part().to_owned()).collect()
    }

    fn coming(change: &Self::Change) -> Vec<String> {
        change.iter().filter(|(_, change)| change.after().is_some()).map(|(key, _)| key.part().to_owned()).collect()
    }
}

/// Switches store what is off: switching a product on is an addition, and switching it off is a removal.
impl Shape for BTreeMap<LicenseKey, BTreeSet<String>> {
    type Change = BTreeMap<LicenseKey, SetChange<String>>;
    type Read = BTreeMap<LicenseKey, SetRead<String>>;
    const ABSENT: Self = BTreeMap::new();
    const ARITY: Arity = Arity::Several;

    fn is_absent(&self) -> bool {
        self.is_empty()
    }

    fn making(&self) -> Self::Change {
        BTreeMap::new()
    }

    fn between(&self, after: &Self, field: Field, evidence: &mut Evidence<'_>) -> Self::Change {
        let licenses: BTreeSet<&LicenseKey> = self.keys().chain(after.keys()).collect();
        let changed = |license: &LicenseKey| {
            let (before, after) = (off(self, license), off(after, license));
            let change = after.between(before, field, evidence);
            (!change.is_empty()).then(|| (license.clone(), change))
        };
        licenses.into_iter().filter_map(changed).collect()
    }

    fn list<'c>(change: &'c Self::Change, field: Field, list: &mut Vec<FieldChange<'c>>) {
        for (license, change) in change {
            list.extend(FieldChange::of_set(field, Some(license.as_str()), change, String::as_text));
        }
    }

    fn is_stale(&self, change: &Self::Change) -> bool {
        change.iter().any(|(license, change)| change.is_stale(|code| !off(self, license).contains(code)))
    }

    fn has_arrived(&self, change: &Self::Change) -> bool {
        change.iter().all(|(license, change)| change.has_arrived(|code| !off(self, license).contains(code)))
    }

    fn apply(&mut self, change: &Self::Change) {
        for (license, change) in change {
            let off = self.entry(license.clone()).or_default();
            off.retain(|code| !change.added().contains(code));
            off.extend(change.removed().iter().cloned());
        }
    }

    fn build(read: Self::Read, whole: Option<Whole<'_>>) -> Result<Self::Change, Unproven> {
        read.into_iter().map(|(license, set)| Ok((license, set.build(whole)?))).collect()
    }

    fn each(&self, visit: &mut dyn FnMut(Option<&str>, &str)) {
        for (license, codes) in self {
            let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
            visit(Some(license.as_str()), &codes.join(" and "));
        }
    }

    fn loses(&self, now: &Self) -> bool {
        self.iter().any(|(license, codes)| !codes.is_subset(off(now, license)))
    }

    fn keep(&mut self, now: &Self) {
        self.retain(|license, codes| {
            codes.retain(|code| off(now, license).contains(code));
            !codes.is_empty()
        });
    }

    fn put(&mut self, _: &[&str]) {}

    fn names(&self) -> Vec<String> {
        self.keys().map(|license| license.as_str().to_owned()).collect()
    }

    fn coming(_: &Self::Change) -> Vec<String> {
        Vec::new()
    }
}

/// Returns the product codes of a license that are off.
fn off<'o>(all: &'o BTreeMap<LicenseKey, BTreeSet<String>>, license: &LicenseKey) -> &'o BTreeSet<String> {
    const NOTHING: &BTreeSet<String> = &BTreeSet::new();
    all.get(license).unwrap_or(NOTHING)
}

/// Describes a role in words, with licenses by key.
pub(crate) fn text_of_role(role: &Role) -> Cow<'_, str> {
    role.told(LicenseKey::as_str).into()
}

macro_rules! as_text {
    ($($type:ty: $text:expr;)*) => {
        $(impl AsText for $type {
            fn as_text(&self) -> Cow<'_, str> {
                let text: fn(&Self) -> Cow<'_, str> = $text;
                text(self)
            }
        })*
    };
}

as_text! {
    Box<str>: |text| Cow::Borrowed(text);
    String: |text| Cow::Borrowed(text);
    Email: |email| Cow::Borrowed(email.as_str());
    UserGroupPath: |path| Cow::Borrowed(path.as_str());
    SettingsTemplate: |template| Cow::Borrowed(template.as_str());
    PhoneNumber: |number| Cow::Borrowed(number.as_str());
    Mac: |mac| Cow::Owned(mac.to_string());
    PersonId: |id| Cow::Owned(id.to_string());
}

impl OfText for Box<str> {
    fn of_text(text: &str) -> Self {
        text.into()
    }
}

impl OfText for UserGroupPath {
    fn of_text(text: &str) -> Self {
        Self::new(text)
    }
}

impl OfText for PersonId {
    fn of_text(text: &str) -> Self {
        Self::parse(text)
    }
}

impl Part for LicenseKey {
    fn part(&self) -> &str {
        self.as_str()
    }
}

impl Part for String {
    fn part(&self) -> &str {
        self
    }
}

impl Part for PhoneNumber {
    fn part(&self) -> &str {
        self.as_str()
    }
}
