//! The history of an account, with one line for each change.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::model::{ActionKind, Arity, Feature, Field, LicenseKey, Locks, Setting, User, UserGroupPath};

/// An entry in the history of an account: one change that an action made.
///
/// Refused actions are not recorded. An entry holds addresses, names, and groups as the account does, and no secrets,
/// because an account has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// The position in the history, counted from 1 without gaps.
    pub sequence: u64,
    /// The time of the change.
    pub at: Timestamp,
    /// The kind of action.
    pub action: ActionKind,
    /// The e-mail address of the user before the change, the path of the user group, or the name of the template.
    pub subject: String,
    /// The changed values, before and after, in one line.
    pub detail: String,
}

impl Activity {
    /// Creates an entry without a sequence number; the store assigns it.
    pub(super) fn of(at: Timestamp, action: ActionKind, subject: &str, detail: String) -> Self {
        Self { sequence: 0, at, action, subject: one_line(subject), detail }
    }
}

impl fmt::Display for Activity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.at, self.action.as_str(), self.subject)?;
        if self.detail.is_empty() { Ok(()) } else { write!(f, ": {}", self.detail) }
    }
}

/// Describes the differences between a user before and after a change: `first_name "Ann" -> "Anna", products +GoToMeeting`.
///
/// Values are quoted and escaped, so that a line break in a name cannot forge a second line.
pub(super) fn describe<'u>(
    before: Option<&'u User>,
    after: Option<&'u User>,
    license_name: impl Fn(&LicenseKey) -> Result<String>,
) -> Result<String> {
    let users = [before, after];
    let names = names(users.into_iter().flatten(), license_name)?;
    let mut differences = Differences { users, parts: Vec::new() };
    differences.each(Field::Person.as_str(), |user| user.person.as_ref().map(ToString::to_string));
    differences.text(Field::Email, |user| Some(user.email.as_str()));
    differences.text(Field::FirstName, |user| Some(&user.first_name));
    differences.text(Field::LastName, |user| Some(&user.last_name));
    differences.text(Field::Language, |user| user.language.as_deref());
    differences.text(Field::UserGroup, |user| user.group.as_ref().map(UserGroupPath::as_str));
    differences.set(Field::Products.as_str(), |user| user.licenses.iter().collect(), |key| names[key].clone());
    differences.settings(&names);
    differences.each(Field::Role.as_str(), |user| Some(one_line(&user.role.told(|key| &names[key]))));
    differences.each("status", |user| Some(user.status.as_str().to_owned()));
    differences.each("invitation", |user| user.invitation.map(|own| sent_times(own.sent, own.expired)));
    differences.set("locks", |user| locked(user.locks), |lock| (*lock).to_owned());
    Ok(differences.parts.join(", "))
}

/// Formats how often an invitation was sent: `2 sent (expired)`.
pub(super) fn sent_times(sent: u32, expired: bool) -> String {
    format!("{sent} sent{}", if expired { " (expired)" } else { "" })
}

/// Replaces control characters with spaces, so that the text stays on one line.
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Returns the names of all licenses that these users have, manage, or have settings for.
fn names<'u>(
    users: impl Iterator<Item = &'u User>,
    name: impl Fn(&LicenseKey) -> Result<String>,
) -> Result<BTreeMap<&'u LicenseKey, String>> {
    let mut names = BTreeMap::new();
    for user in users {
        let settings = user.settings();
        let keys = user.licenses.iter().chain(user.role.products());
        for key in keys.chain(settings.off.keys()).chain(settings.templates.keys()) {
            if !names.contains_key(key) {
                names.insert(key, one_line(&name(key)?));
            }
        }
    }
    Ok(names)
}

/// A user before and after a change, and the differences described so far.
struct Differences<'u> {
    users: [Option<&'u User>; 2],
    parts: Vec<String>,
}

impl<'u> Differences<'u> {
    /// Adds a text if it differs; an empty text counts as no value.
    fn text(&mut self, field: Field, of: impl Fn(&'u User) -> Option<&'u str>) {
        self.each(field.as_str(), |user| of(user).filter(|text| !text.is_empty()).map(quoted));
    }

    /// Adds each setting that differs: single values before and after, and the added and removed values of sets.
    fn settings(&mut self, names: &BTreeMap<&LicenseKey, String>) {
        let both = self.users.map(|user| user.map(|user| values(user, names)).unwrap_or_default());
        let keys: BTreeSet<&(usize, String)> = both.iter().flat_map(BTreeMap::keys).collect();
        for key in keys {
            let [(one, old), (other, new)] = [0, 1].map(|at| both[at].get(key).cloned().unwrap_or_default());
            if old == new {
                continue;
            }
            let label = if one.is_empty() { other } else { one };
            let several = Setting::ALL[key.0].arity == Arity::Several && label.ends_with(' ');
            let change = if several {
                let added = new.difference(&old).map(|value| format!("+{value}"));
                added.chain(old.difference(&new).map(|value| format!("-{value}"))).collect::<Vec<_>>().join(" ")
            } else {
                let value = |set: &BTreeSet<String>| set.first().cloned().unwrap_or_else(|| "none".to_owned());
                format!("{} -> {}", value(&old), value(&new))
            };
            self.parts.push(format!("{} {change}", label.trim_end()));
        }
    }

    /// Adds a single value if it differs.
    fn each(&mut self, label: &str, of: impl Fn(&'u User) -> Option<String>) {
        let [old, new] = self.users.map(|user| user.and_then(&of));
        if old != new {
            let none = || "none".to_owned();
            self.parts.push(format!("{label} {} -> {}", old.unwrap_or_else(none), new.unwrap_or_else(none)));
        }
    }

    /// Adds the added and removed values of a set.
    fn set<T: Ord>(&mut self, label: &str, of: impl Fn(&'u User) -> BTreeSet<T>, show: impl Fn(&T) -> String) {
        let [old, new] = self.users.map(|user| user.map(&of).unwrap_or_default());
        let signs =
            new.difference(&old).map(|value| ('+', value)).chain(old.difference(&new).map(|value| ('-', value)));
        let changes: Vec<_> = signs.map(|(sign, value)| format!("{sign}{}", show(value))).collect();
        if !changes.is_empty() {
            self.parts.push(format!("{label} {}", changes.join(" ")));
        }
    }
}

/// Labels and values of settings. The key is the setting's position in [`Setting::ALL`] and its part, such as a license. The label
/// of a set ends with a space.
type Values = BTreeMap<(usize, String), (String, BTreeSet<String>)>;

/// Returns the values of a user's settings.
fn values(user: &User, names: &BTreeMap<&LicenseKey, String>) -> Values {
    let mut all = Values::new();
    user.settings().each(|setting, part, value| {
        let at = Setting::ALL.iter().position(|own| own.feature == setting.feature).unwrap_or_default();
        let license = |key: &str| names.get(&LicenseKey::new(key)).cloned().unwrap_or_else(|| one_line(key));
        let (label, values) = match (setting.feature, part) {
            (Feature::NestedProducts, Some(key)) => {
                (format!("{} off in {} ", setting.field, license(key)), value.split(" and ").map(one_line).collect())
            }
            (Feature::Templates, Some(key)) => {
                (format!("{} {}", setting.field, license(key)), BTreeSet::from([quoted(value)]))
            }
            (Feature::PhoneNumbers, Some(part)) => {
                (format!("{} {part}", setting.field), BTreeSet::from([quoted(value)]))
            }
            (_, Some(part)) => (format!("{} {part:?}", setting.field), BTreeSet::from([quoted(value)])),
            (_, None) if setting.arity == Arity::One => (setting.field.to_string(), BTreeSet::from([quoted(value)])),
            (_, None) if setting.listed.is_none() => (format!("{} ", setting.field), BTreeSet::from([quoted(value)])),
            (_, None) => (format!("{} ", setting.field), BTreeSet::from([plain(value)])),
        };
        let own = all.entry((at, part.unwrap_or_default().to_owned())).or_default();
        own.0 = label;
        own.1.extend(values);
    });
    all
}

/// Quotes a value of a set if it has characters other than letters, digits, and `+:.-_`.
fn plain(text: &str) -> String {
    let simple = |c: char| c.is_alphanumeric() || "+:.-_".contains(c);
    if text.chars().all(simple) { text.to_owned() } else { quoted(text) }
}

fn locked(locks: Locks) -> BTreeSet<&'static str> {
    let locks = [("email", locks.email), ("name", locks.name)];
    locks.into_iter().filter(|(_, is)| *is).map(|(lock, _)| lock).collect()
}

fn quoted(text: &str) -> String {
    format!("{text:?}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Invitation, Role, Status};

    fn line(before: Option<&User>, after: &User) -> String {
        describe(before, Some(after), |key| Ok(key.as_str().to_uppercase())).unwrap()
    }

    #[test]
    fn shows_a_change_with_both_values() {
        let ann = User { licenses: vec!["g2m".into()], ..User::new("ann@example.test", "Ann", "Lee") };
        let mut anna = User { first_name: "Anna\nroot".into(), licenses: vec!["g2w".into()], ..ann.clone() };
        anna.role = Role::Administrator;
        let line = line(Some(&ann), &anna);
        assert_eq!(line, r#"first_name "Ann" -> "Anna\nroot", products +G2W -G2M, role member -> administrator"#);
    }

    #[test]
    fn shows_a_new_user_with_none_before() {
        let ann = User { status: Status::Suspended, ..User::new("ann@example.test", "Ann", "") };
        let line = line(None, &ann);
        assert_eq!(
            line,
            r#"email none -> "ann@example.test", first_name none -> "Ann", role none -> member, status none -> suspended"#
        );
    }

    #[test]
    fn shows_a_deleted_user_with_all_former_values() {
        let invitation = Some(Invitation { sent: 3, expired: true });
        let mut ann = User { locks: Locks { email: true, name: true }, invitation, ..User::new("a@x.test", "Ann", "") };
        ann.set_settings(|own| {
            own.custom_fields = [("Cost\ncentre".into(), "47\n11".into())].into();
            own.device_groups = ["Floor 1".into()].into();
        });
        assert_eq!(
            describe(Some(&ann), None, |_| unreachable!()).unwrap(),
            r#"email "a@x.test" -> none, first_name "Ann" -> none, custom_fields "Cost\ncentre" "47\n11" -> none, "#
                .to_owned()
                + r#"device_groups -"Floor 1", role member -> none, status invited -> none, "#
                + "invitation 3 sent (expired) -> none, locks -email -name"
        );
    }

    #[test]
    fn keeps_two_licenses_with_the_same_name_apart() {
        let ann = User { licenses: vec!["a".into()], ..User::new("a@x.test", "Ann", "Lee") };
        let moved = User { licenses: vec!["b".into()], ..ann.clone() };
        let line = describe(Some(&ann), Some(&moved), |_| Ok("Meeting\nroot".to_owned())).unwrap();
        assert_eq!(line, "products +Meeting root -Meeting root");
    }

    #[test]
    fn formats_an_entry_on_one_line() {
        let at = Timestamp::UNIX_EPOCH;
        let entry = Activity::of(at, ActionKind::CreateGroup, "Sales\nEMEA", String::new());
        assert_eq!(entry.to_string(), "1970-01-01T00:00:00Z create-group Sales EMEA");
    }
}
