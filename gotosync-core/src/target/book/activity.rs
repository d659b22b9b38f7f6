//! What was done to an account, one line for each change.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::model::{ActionKind, Field, LicenseKey, User, UserGroupPath};

/// One change that an action made to an account.
///
/// It tells what was done, never what was refused. It holds addresses, names and groups as the account does, and no
/// secret: an account has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// Its place in the history, from 1 without a gap.
    pub sequence: u64,
    /// When it was done.
    pub at: Timestamp,
    /// What was done.
    pub action: ActionKind,
    /// The e-mail address of the user before the change, or the path of the user group.
    pub subject: String,
    /// What changed, each value before and after, in one line.
    pub detail: String,
}

impl Activity {
    /// Makes an entry that has no place yet.
    pub(super) fn of(at: Timestamp, action: ActionKind, subject: &str, detail: String) -> Self {
        let subject = subject.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        Self { sequence: 0, at, action, subject, detail }
    }
}

impl fmt::Display for Activity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.at, self.action.as_str(), self.subject)?;
        if self.detail.is_empty() { Ok(()) } else { write!(f, ": {}", self.detail) }
    }
}

/// Tells what differs between a user before and after: `first_name "Ann" -> "Anna", products +GoToMeeting`.
///
/// Values are quoted and escaped, so that a line break in a name cannot forge a second line.
pub(super) fn told(
    before: Option<&User>,
    after: &User,
    license_name: impl Fn(&LicenseKey) -> Result<String>,
) -> Result<String> {
    let mut parts = Vec::new();
    let mut text = |field: Field, of: fn(&User) -> Option<&str>| {
        let (old, new) = (before.and_then(of).filter(|t| !t.is_empty()), of(after).filter(|t| !t.is_empty()));
        if old != new {
            parts.push(format!("{field} {} -> {}", quoted(old), quoted(new)));
        }
    };
    text(Field::Email, |user| Some(user.email.as_str()));
    text(Field::FirstName, |user| Some(&user.first_name));
    text(Field::LastName, |user| Some(&user.last_name));
    text(Field::Language, |user| user.language.as_deref());
    text(Field::UserGroup, |user| user.group.as_ref().map(UserGroupPath::as_str));

    let had: BTreeSet<_> = before.iter().flat_map(|user| &user.licenses).collect();
    let has: BTreeSet<_> = after.licenses.iter().collect();
    let mut products = String::new();
    for (sign, key) in has.difference(&had).map(|key| ('+', key)).chain(had.difference(&has).map(|key| ('-', key))) {
        products.push(' ');
        products.push(sign);
        products.push_str(&license_name(key)?);
    }
    if !products.is_empty() {
        parts.push(format!("{}{products}", Field::Products));
    }
    for (word, old, new) in [
        ("role", before.map(|user| user.role.to_string()), after.role.to_string()),
        ("status", before.map(|user| user.status.as_str().to_owned()), after.status.as_str().to_owned()),
    ] {
        if old.as_ref() != Some(&new) {
            parts.push(format!("{word} {} -> {new}", old.as_deref().unwrap_or("none")));
        }
    }
    Ok(parts.join(", "))
}

fn quoted(text: Option<&str>) -> String {
    text.map_or_else(|| "none".to_owned(), |text| format!("{text:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Role, Status};

    fn line(before: Option<&User>, after: &User) -> String {
        told(before, after, |key| Ok(key.as_str().to_uppercase())).unwrap()
    }

    #[test]
    fn a_change_is_told_with_both_sides() {
        let ann = User { licenses: vec!["g2m".into()], ..User::new("ann@example.test", "Ann", "Lee") };
        let mut anna = User { first_name: "Anna\nroot".into(), licenses: vec!["g2w".into()], ..ann.clone() };
        anna.role = Role::Administrator;
        let line = line(Some(&ann), &anna);
        assert_eq!(line, r#"first_name "Ann" -> "Anna\nroot", products +G2W -G2M, role member -> administrator"#);
    }

    #[test]
    fn a_new_user_is_told_from_nothing() {
        let ann = User { status: Status::Suspended, ..User::new("ann@example.test", "Ann", "") };
        let line = line(None, &ann);
        assert_eq!(
            line,
            r#"email none -> "ann@example.test", first_name none -> "Ann", role none -> member, status none -> suspended"#
        );
    }

    #[test]
    fn an_entry_is_one_line() {
        let at = Timestamp::UNIX_EPOCH;
        let entry = Activity::of(at, ActionKind::CreateGroup, "Sales\nEMEA", String::new());
        assert_eq!(entry.to_string(), "1970-01-01T00:00:00Z create-group Sales EMEA");
    }
}
