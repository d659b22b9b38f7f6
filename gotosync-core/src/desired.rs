//! The account as the rules want it: the current one with the managed parts changed, and nothing else.

use std::collections::BTreeSet;
use std::sync::Arc;

use hashbrown::HashMap;
use jiff::Timestamp;

use crate::link::{Leaver, Linked, Pairing};
use crate::model::{
    Account, Email, License, LicenseKey, Note, NoteKind, Person, Role, Status, User, UserGroup, UserGroupPath, email,
    text,
};
use crate::rules::{Desire, Desires, LeaverPolicy, Profile, Rules};
use crate::state::Link;

mod addresses;

/// The desired account, and for each of its users who asks for it.
#[derive(Debug)]
pub struct Desired {
    /// The account. Users who exist stand where they stand in the current account; new ones follow.
    pub account: Account,
    /// For each user, in the order of the account, who asks for it to be so.
    pub origins: Vec<Origin>,
    /// What each profile's products are called in this account.
    pub grants: Vec<Vec<Granted>>,
    /// Users, by place in the account, whose new e-mail another user leaves in the same plan: how many others go first.
    pub after_others: HashMap<u32, u32>,
    /// What was found on the way.
    pub notes: Vec<Note>,
}

/// Who asks for a user to be as they shall be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody: the user is out of the reach of every rule.
    Nobody,
    /// A selected person, by place in the desires.
    Desire(u32),
    /// A leaver, by place in the leavers.
    Leaver(u32),
}

/// A product of a profile, found in the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    /// The licence.
    pub license: LicenseKey,
    /// The highest rule that gives it, by place in the list.
    pub rule: usize,
    /// Whether users who exist get it too.
    pub managed: bool,
}

/// Lays what the rules want over the current account.
///
/// Fields no rule manages are taken over as they are; so are licences no rule of the file names, whether it takes part or
/// not. A user nothing changes about is the very same [`Arc`] as before.
pub fn desired(desires: &Desires<'_>, linked: &Linked<'_>, current: &Account, now: Timestamp) -> Desired {
    let mut notes = Vec::new();
    let named = named_licenses(desires.rules, current, &mut notes);
    let grants: Vec<Vec<Granted>> = desires.profiles.iter().map(|profile| granted(profile, current)).collect();
    let groups = wanted_groups(desires, current, &mut notes);
    let mut account = Account { groups, ..current.clone() };
    let mut origins = vec![Origin::Nobody; current.users.len()];
    let settle = Settle { desires, current, named: &named, grants: &grants, now };
    for (at, (desire, pairing)) in desires.people.iter().zip(&linked.pairings).enumerate() {
        let Pairing::User(user, _) = *pairing else { continue };
        let slot = &mut account.users[user as usize];
        origins[user as usize] = Origin::Desire(at as u32);
        let person = desires.directory.person(desire.person);
        if let Some(wanted) = settle.existing(desire, person, slot, linked.links[at], &mut notes) {
            *slot = Arc::new(wanted);
        }
    }
    for (at, leaver) in linked.leavers.iter().enumerate() {
        let slot = &mut account.users[leaver.user as usize];
        origins[leaver.user as usize] = Origin::Leaver(at as u32);
        if let Some(wanted) = settle.leaver(leaver, slot, &mut notes) {
            *slot = Arc::new(wanted);
        }
    }
    let after_others = addresses::settle(desires, linked, current, &mut account, &mut notes);
    // After all who exist have their new addresses: some may have become free.
    let contested: HashMap<u32, u32> = linked.contested.iter().copied().collect();
    for (at, (desire, pairing)) in desires.people.iter().zip(&linked.pairings).enumerate() {
        if *pairing != Pairing::New {
            continue;
        }
        let person = desires.directory.person(desire.person);
        let holder = contested.get(&(at as u32)).map(|user| &account.users[*user as usize]);
        let taken = holder
            .filter(|user| desire.email.as_deref().is_some_and(|address| email::key(address) == user.email.key()));
        if let Some(user) = taken {
            let evidence = format!("{} is the e-mail of somebody else's user", user.email);
            notes.push(Note::new(NoteKind::TwoUsers, person.dn.name(), evidence));
        } else if let Some(wanted) = settle.new_user(desire, person, &mut notes) {
            account.users.push(Arc::new(wanted));
            origins.push(Origin::Desire(at as u32));
        }
    }
    Desired { account, origins, grants, after_others, notes }
}

struct Settle<'s, 'd> {
    desires: &'s Desires<'d>,
    current: &'s Account,
    named: &'s BTreeSet<LicenseKey>,
    grants: &'s [Vec<Granted>],
    now: Timestamp,
}

impl Settle<'_, '_> {
    /// The user as they shall be, or `None` if nothing changes.
    fn existing(
        &self,
        desire: &Desire<'_>,
        person: &Person,
        user: &User,
        link: Option<&Link>,
        notes: &mut Vec<Note>,
    ) -> Option<User> {
        let profile = self.desires.profile(desire);
        if !profile.update {
            return None;
        }
        if !person.enabled(self.now) {
            return self.without_access(user, LeaverPolicy::Suspend, notes);
        }
        if let Some(note) = unusable(desire, person) {
            notes.push(note);
            return None;
        }
        let email = profile.email.managed.then_some(desire.email.as_deref()).flatten();
        let email = email.filter(|address| email::key(address) != user.email.key());
        let first = changed_name(profile.first_name.managed, &desire.first_name, &user.first_name);
        let last = changed_name(profile.last_name.managed, &desire.last_name, &user.last_name);
        let language = profile.language.filter(|source| source.managed).and(desire.language.as_deref());
        let language = language.filter(|language| user.language.as_deref() != Some(language));
        let group = profile.group.filter(|group| group.managed && user.group.as_ref() != Some(group.path));
        let licenses = self.licenses(desire, user, link, notes);
        let same = email.is_none() && first.is_none() && last.is_none() && language.is_none() && group.is_none();
        if same && licenses.is_none() {
            return None;
        }
        let mut wanted = user.clone();
        if let Some(address) = email {
            wanted.email = Email::new(address);
        }
        if let Some(name) = first {
            wanted.first_name = name.into();
        }
        if let Some(name) = last {
            wanted.last_name = name.into();
        }
        if let Some(language) = language {
            wanted.language = Some(language.into());
        }
        if let Some(group) = group {
            wanted.group = Some(group.path.clone());
        }
        if let Some(licenses) = licenses {
            wanted.licenses = licenses;
            derive_status(&mut wanted);
        }
        Some(wanted)
    }

    /// The licences a user shall have, or `None` if they stay.
    fn licenses(
        &self,
        desire: &Desire<'_>,
        user: &User,
        link: Option<&Link>,
        notes: &mut Vec<Note>,
    ) -> Option<Vec<LicenseKey>> {
        let grants = &self.grants[desire.profile as usize];
        let lacking = grants.iter().any(|grant| grant.managed && !user.licenses.contains(&grant.license));
        // What is remembered may be of another user, whom somebody deleted.
        let link = link.filter(|link| user.key.as_ref() == Some(&link.user));
        if user.status == Status::Suspended && link.is_none_or(|link| link.suspended.is_none()) {
            if lacking {
                let evidence = "the account shows this user as suspended, and not by this engine".to_owned();
                notes.push(Note::new(NoteKind::SuspendedByHand, user.email.as_str(), evidence));
            }
            return None;
        }
        let goes = |license: &LicenseKey| {
            self.named.contains(license) && !grants.iter().any(|grant| grant.license == *license)
        };
        if !lacking && !user.licenses.iter().any(goes) {
            return None;
        }
        let mut licenses: Vec<LicenseKey> = user.licenses.iter().filter(|license| !goes(license)).cloned().collect();
        for grant in grants.iter().filter(|grant| grant.managed) {
            if !licenses.contains(&grant.license) {
                licenses.push(grant.license.clone());
            }
        }
        licenses.sort();
        Some(licenses)
    }

    fn new_user(&self, desire: &Desire<'_>, person: &Person, notes: &mut Vec<Note>) -> Option<User> {
        let profile = self.desires.profile(desire);
        if !profile.create || !person.enabled(self.now) {
            return None;
        }
        if let Some(note) = unusable(desire, person) {
            notes.push(note);
            return None;
        }
        let mut user = User::new(desire.email.as_deref()?, &desire.first_name, &desire.last_name);
        user.language = desire.language.as_deref().map(Into::into);
        user.group = profile.group.map(|group| group.path.clone());
        user.licenses = self.grants[desire.profile as usize].iter().map(|grant| grant.license.clone()).collect();
        user.licenses.sort();
        derive_status(&mut user);
        Some(user)
    }

    fn leaver(&self, leaver: &Leaver<'_>, user: &User, notes: &mut Vec<Note>) -> Option<User> {
        self.without_access(user, self.desires.rules.leaver_policy(&leaver.link.rules), notes)
    }

    /// The user without what rules give, or `None` if nothing changes.
    fn without_access(&self, user: &User, policy: LeaverPolicy, notes: &mut Vec<Note>) -> Option<User> {
        if policy == LeaverPolicy::Keep || user.status == Status::Suspended {
            return None;
        }
        let kept: Vec<LicenseKey> =
            user.licenses.iter().filter(|license| !self.named.contains(*license)).cloned().collect();
        let suspend = policy == LeaverPolicy::Suspend;
        if suspend && !kept.is_empty() {
            let names: Vec<&str> = kept.iter().map(|license| self.current.license_name(license)).collect();
            let evidence = format!("keeps {}, which no rule names", names.join(", "));
            notes.push(Note::new(NoteKind::KeepsAccess, user.email.as_str(), evidence));
        } else if !suspend && !user.role.is_member() {
            let evidence = format!("stays {}: leavers only lose products", user.role);
            notes.push(Note::new(NoteKind::KeepsAccess, user.email.as_str(), evidence));
        }
        let role = if suspend && kept.is_empty() { Role::Member } else { user.role.clone() };
        if kept.len() == user.licenses.len() && role == user.role {
            return None;
        }
        if role != user.role {
            notes.push(Note::new(NoteKind::RoleGoes, user.email.as_str(), format!("is {} now", user.role)));
        }
        let mut wanted = User { licenses: kept, role, ..user.clone() };
        derive_status(&mut wanted);
        Some(wanted)
    }
}

/// A user with neither product nor role is suspended, and any other is not (goto-api, 2.4).
fn derive_status(user: &mut User) {
    let nothing = user.licenses.is_empty() && user.role.is_member();
    user.status = match user.status {
        _ if nothing => Status::Suspended,
        Status::Suspended => Status::Active,
        other => other,
    };
}

fn unusable(desire: &Desire<'_>, person: &Person) -> Option<Note> {
    if let Some(problem) = &desire.problem {
        let evidence = format!("{}: {}", problem.field, problem.problem);
        return Some(Note::new(NoteKind::InvalidField, person.dn.name(), evidence));
    }
    let evidence = || format!("neither mail nor a primary proxyAddresses ({})", person.dn);
    desire.email.is_none().then(|| Note::new(NoteKind::NoEmail, person.dn.name(), evidence()))
}

fn changed_name<'n>(managed: bool, wanted: &'n str, current: &str) -> Option<&'n str> {
    (managed && wanted != current && wanted != text::normal_name(current)).then_some(wanted)
}

/// Finds the licence that a rule names by name, key or product code.
///
/// # Errors
/// What to tell the admin, when there is none or more than one.
pub(crate) fn find_license<'a>(account: &'a Account, product: &str) -> Result<&'a License, String> {
    let folded = text::fold(product);
    if let Some(license) = account.licenses.iter().find(|license| license.key.as_str() == product) {
        return Ok(license);
    }
    let called: Vec<&License> = account.licenses.iter().filter(|license| text::fold(&license.name) == folded).collect();
    match *called {
        [] => {}
        [one] => return Ok(one),
        ref several => {
            let keys: Vec<_> = several.iter().map(|license| format!("`{}`", license.key)).collect();
            return Err(format!("several licences are called `{product}`: name one by its key, {}", keys.join(", ")));
        }
    }
    let carries = |license: &&License| license.products.iter().any(|code| text::fold(code) == folded);
    let mut with_code = account.licenses.iter().filter(carries);
    let names = || account.licenses.iter().map(|license| license.name.as_str());
    match (with_code.next(), with_code.next()) {
        (Some(one), None) => Ok(one),
        (Some(_), Some(_)) => {
            let several: Vec<_> =
                account.licenses.iter().filter(carries).map(|license| format!("`{}`", license.name)).collect();
            Err(format!("`{product}` is in several licences: name one of {}", several.join(", ")))
        }
        (None, _) => Err(match text::nearest(product, names()) {
            Some(name) => format!("the account has no licence `{product}`; did you mean `{name}`?"),
            None if account.licenses.is_empty() => format!("the account has no licence `{product}`, nor any other"),
            None => {
                let all: Vec<_> = names().map(|name| format!("`{name}`")).collect();
                format!("the account has no licence `{product}`; it has {}", all.join(", "))
            }
        }),
    }
}

/// Every licence that a rule names. A rule that is off still names what it gives: it must not look as if given by hand.
fn named_licenses(rules: &Rules, account: &Account, notes: &mut Vec<Note>) -> BTreeSet<LicenseKey> {
    let mut named = BTreeSet::new();
    for (rule, product) in rules.products() {
        match find_license(account, product) {
            Ok(license) => {
                named.insert(license.key.clone());
            }
            Err(evidence) if rule.enabled => notes.push(Note::new(NoteKind::UnknownProduct, &*rule.name, evidence)),
            Err(_) => {}
        }
    }
    named
}

fn granted(profile: &Profile<'_>, account: &Account) -> Vec<Granted> {
    let mut granted: Vec<Granted> = Vec::new();
    for grant in &profile.products {
        let Ok(license) = find_license(account, grant.product) else { continue };
        match granted.iter_mut().find(|other| other.license == license.key) {
            Some(other) => other.managed |= grant.managed,
            None => granted.push(Granted { license: license.key.clone(), rule: grant.rule, managed: grant.managed }),
        }
    }
    granted
}

/// The account's user groups and those that rules make, parents before children.
fn wanted_groups(desires: &Desires<'_>, account: &Account, notes: &mut Vec<Note>) -> Vec<UserGroup> {
    let mut missing: BTreeSet<UserGroupPath> = BTreeSet::new();
    for (rule, people) in desires.rules.list.iter().zip(&desires.populations) {
        let Some(path) = &rule.gives.user_group else { continue };
        if *people == 0 || account.has_group(path) {
            continue;
        }
        if rule.gives.create_user_group {
            let line = std::iter::successors(Some(path.clone()), UserGroupPath::parent);
            missing.extend(line.filter(|path| !account.has_group(path)));
        } else {
            let names = account.groups.iter().map(|group| group.path.as_str());
            let nearest = text::nearest(path.as_str(), names);
            let advice = nearest.map_or_else(
                || "set `create_user_group = true` to have it made".to_owned(),
                |name| format!("did you mean `{name}`?"),
            );
            let evidence = format!("the account has no user group `{path}`; {advice}");
            notes.push(Note::new(NoteKind::UnknownGroup, &*rule.name, evidence));
        }
    }
    let mut groups = account.groups.clone();
    groups.extend(missing.into_iter().map(|path| UserGroup { key: None, path }));
    groups.sort_by(|a, b| a.path.cmp(&b.path));
    groups
}
