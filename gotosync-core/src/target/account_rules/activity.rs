//! What was done to an account, one line for each change.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::model::{ActionKind, Arity, Feature, Field, LicenseKey, Locks, Setting, User, UserGroupPath};

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
    /// The e-mail address of the user before the change, the path of the user group, or the name of the template.
    pub subject: String,
    /// What changed, each value before and after, in one line.
    pub detail: String,
}

impl Activity {
    /// Makes an entry that has no place yet.
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

/// Tells what differs between a user before and after: `first_name "Ann" -> "Anna", products +GoToMeeting`.
///
/// Values are quoted and escaped, so that a line break in a name cannot forge a second line.
pub(super) fn told<'u>(
    before: Option<&'u User>,
    after: Option<&'u User>,
    license_name: impl Fn(&LicenseKey) -> Result<String>,
) -> Result<String> {
    let users = [before, after];
    let names = names(users.into_iter().flatten(), license_name)?;
    let mut told = Differences { users, parts: Vec::new() };
    told.each(Field::Person.as_str(), |user| user.person.as_ref().map(ToString::to_string));
    told.text(Field::Email, |user| Some(user.email.as_str()));
    told.text(Field::FirstName, |user| Some(&user.first_name));
    told.text(Field::LastName, |user| Some(&user.last_name));
    told.text(Field::Language, |user| user.language.as_deref());
    told.text(Field::UserGroup, |user| user.group.as_ref().map(UserGroupPath::as_str));
    told.set(Field::Products.as_str(), |user| user.licenses.iter().collect(), |key| names[key].clone());
    told.settings(&names);
    told.each(Field::Role.as_str(), |user| Some(one_line(&user.role.told(|key| &names[key]))));
    told.each("status", |user| Some(user.status.as_str().to_owned()));
    told.each("invitation", |user| user.invitation.map(|invitation| asked(invitation.sent, invitation.expired)));
    told.set("locks", |user| locked(user.locks), |lock| (*lock).to_owned());
    Ok(told.parts.join(", "))
}

/// Tells how often somebody was asked.
pub(super) fn asked(sent: u32, expired: bool) -> String {
    format!("{sent} sent{}", if expired { " (expired)" } else { "" })
}

/// A text in which nothing begins a second line.
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The names of all licenses that somebody of these has to do with.
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

/// A user before and after, and what of the two was told to differ.
struct Differences<'u> {
    users: [Option<&'u User>; 2],
    parts: Vec<String>,
}

impl<'u> Differences<'u> {
    /// Tells a text; an empty one is none.
    fn text(&mut self, field: Field, of: impl Fn(&'u User) -> Option<&'u str>) {
        self.each(field.as_str(), |user| of(user).filter(|text| !text.is_empty()).map(quoted));
    }

    /// Tells each setting: one value before and after, and what comes to several and what goes.
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
            let told = if several {
                let comes = new.difference(&old).map(|value| format!("+{value}"));
                comes.chain(old.difference(&new).map(|value| format!("-{value}"))).collect::<Vec<_>>().join(" ")
            } else {
                let value = |set: &BTreeSet<String>| set.first().cloned().unwrap_or_else(|| "none".to_owned());
                format!("{} -> {}", value(&old), value(&new))
            };
            self.parts.push(format!("{} {told}", label.trim_end()));
        }
    }

    /// Tells one value.
    fn each(&mut self, label: &str, of: impl Fn(&'u User) -> Option<String>) {
        let [old, new] = self.users.map(|user| user.and_then(&of));
        if old != new {
            let none = || "none".to_owned();
            self.parts.push(format!("{label} {} -> {}", old.unwrap_or_else(none), new.unwrap_or_else(none)));
        }
    }

    /// Tells what comes to several values, and what goes.
    fn set<T: Ord>(&mut self, label: &str, of: impl Fn(&'u User) -> BTreeSet<T>, show: impl Fn(&T) -> String) {
        let [old, new] = self.users.map(|user| user.map(&of).unwrap_or_default());
        let signs =
            new.difference(&old).map(|value| ('+', value)).chain(old.difference(&new).map(|value| ('-', value)));
        let told: Vec<_> = signs.map(|(sign, value)| format!("{sign}{}", show(value))).collect();
        if !told.is_empty() {
            self.parts.push(format!("{label} {}", told.join(" ")));
        }
    }
}

/// The values of settings by their place in the table and the part they belong to, each with a label. The label of a set ends with a
/// space.
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

/// A value of a set: a name that has anything but letters, digits and marks of numbers is quoted.
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
        told(before, Some(after), |key| Ok(key.as_str().to_uppercase())).unwrap()
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
    fn whoever_goes_is_told_with_what_was_theirs() {
        let invitation = Some(Invitation { sent: 3, expired: true });
        let mut ann = User { locks: Locks { email: true, name: true }, invitation, ..User::new("a@x.test", "Ann", "") };
        ann.set_settings(|own| {
            own.custom_fields = [("Cost\ncentre".into(), "47\n11".into())].into();
            own.device_groups = ["Floor 1".into()].into();
        });
        assert_eq!(
            told(Some(&ann), None, |_| unreachable!()).unwrap(),
            r#"email "a@x.test" -> none, first_name "Ann" -> none, custom_fields "Cost\ncentre" "47\n11" -> none, "#
                .to_owned()
                + r#"device_groups -"Floor 1", role member -> none, status invited -> none, "#
                + "invitation 3 sent (expired) -> none, locks -email -name"
        );
    }

    #[test]
    fn licenses_of_one_name_are_two() {
        let ann = User { licenses: vec!["a".into()], ..User::new("a@x.test", "Ann", "Lee") };
        let moved = User { licenses: vec!["b".into()], ..ann.clone() };
        let line = told(Some(&ann), Some(&moved), |_| Ok("Meeting\nroot".to_owned())).unwrap();
        assert_eq!(line, "products +Meeting root -Meeting root");
    }

    #[test]
    fn an_entry_is_one_line() {
        let at = Timestamp::UNIX_EPOCH;
        let entry = Activity::of(at, ActionKind::CreateGroup, "Sales\nEMEA", String::new());
        assert_eq!(entry.to_string(), "1970-01-01T00:00:00Z create-group Sales EMEA");
    }
}
