//! Default sources of fields that no rule sets. Most rules need no expressions of their own.

use std::borrow::Cow;

use crate::model::{AttrId, Directory, Field, Person, Value};

/// The attributes that the defaults read.
pub(super) const ATTRIBUTES: &[&str] = &["mail", "proxyAddresses", "givenName", "sn", "displayName", "cn"];

/// The IDs of those attributes in one directory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Defaults([Option<AttrId>; 6]);

impl Defaults {
    pub(super) fn new(directory: &Directory) -> Self {
        let mut ids = [None; 6];
        for (id, name) in ids.iter_mut().zip(ATTRIBUTES) {
            *id = directory.attributes().find(name);
        }
        Self(ids)
    }

    /// Returns the default value of a field, or `None` if the person has none of the attributes.
    ///
    /// The e-mail address is `mail`, or the primary address in `proxyAddresses` (Exchange marks it with an upper-case `SMTP:`). A
    /// sign-in name such as `userPrincipalName` need not be a mailbox, so it is never used. The names are `givenName` and `sn`, or the
    /// parts before and after the last space of `displayName` or `cn`.
    pub(super) fn value<'d>(&self, field: Field, person: &'d Person) -> Option<Cow<'d, str>> {
        let [mail, proxies, given, sn, display, cn] = self.0;
        let text = |id: Option<AttrId>| person.attributes.text(id?).filter(|text| !text.trim().is_empty());
        let full_name = || text(display).or_else(|| text(cn)).map(str::trim);
        match field {
            Field::Email => text(mail).or_else(|| primary_address(person, proxies?)).map(Cow::Borrowed),
            Field::FirstName => text(given)
                .or_else(|| full_name().map(|name| name.rsplit_once(' ').map_or(name, |(first, _)| first)))
                .map(Cow::Borrowed),
            Field::LastName => text(sn)
                .or_else(|| full_name().map(|name| name.rsplit_once(' ').map_or(name, |(_, last)| last)))
                .map(Cow::Borrowed),
            _ => None,
        }
    }

    /// Describes the default, for explanations.
    pub(super) const fn text(field: Field) -> &'static str {
        match field {
            Field::Email => "mail, or the primary address in proxyAddresses",
            Field::FirstName => "givenName, or displayName without its last word",
            Field::LastName => "sn, or the last word of displayName",
            _ => "",
        }
    }
}

fn primary_address(person: &Person, proxies: AttrId) -> Option<&str> {
    person
        .attributes
        .values(proxies)
        .iter()
        .filter_map(Value::as_text)
        .find_map(|address| address.strip_prefix("SMTP:"))
}
