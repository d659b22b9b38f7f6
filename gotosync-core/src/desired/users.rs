//! The desired state of each user.

use std::borrow::Cow;

use hashbrown::{HashMap, HashSet};
use jiff::{SignedDuration, Timestamp};

use super::claims::Claims;
use super::cuts;
use super::offers::Offers;
use super::{RoleAccess, TargetInfo};
use crate::link::Leaver;
use crate::model::{
    Account, Email, Feature, Field, Link, Note, NoteKind, Person, Status, Transfer, User, UserKey, email, text,
};
use crate::rules::{DeleteAfter, Desire, Desires, GroupChoice, LeaverPolicy};

/// Computes the desired state of users, one by one.
pub(super) struct DesiredUsers<'s, 'd> {
    pub(super) desires: &'s Desires<'d>,
    pub(super) current: &'s Account,
    pub(super) offers: &'s Offers,
    pub(super) claims: &'s Claims,
    pub(super) roles: RoleAccess,
    /// `true` if the account stores the person's id with each user.
    keeps_people: bool,
    /// `true` if at least one user in the account has a person's id.
    shows_people: bool,
    pub(super) login: Option<&'s UserKey>,
    transfers: HashMap<Cow<'s, str>, &'s Transfer>,
    elsewhere: HashSet<Cow<'s, str>>,
    now: Timestamp,
    pub(super) notes: Vec<Note>,
    /// The number of people who would get a role if the signed-in user could assign roles.
    pub(super) without_role: usize,
}

/// The outcome for a leaver.
pub(super) enum Leaving {
    /// Nothing changes.
    Stays,
    /// The user changes to this state.
    Becomes(Box<User>),
    /// The user is deleted.
    Goes,
}

impl<'s, 'd> DesiredUsers<'s, 'd> {
    pub(super) fn new(
        desires: &'s Desires<'d>,
        current: &'s Account,
        offers: &'s Offers,
        claims: &'s Claims,
        target: &'s TargetInfo,
        now: Timestamp,
    ) -> Self {
        let login = target.login.as_ref().or(current.login.as_ref());
        let transfers = current.transfers.iter().map(|transfer| (transfer.email.key(), transfer)).collect();
        let elsewhere = current.catalog.elsewhere.iter().map(Email::key).collect();
        let roles = target.capabilities.roles;
        let keeps_people = target.capabilities.has(Feature::People);
        let shows_people = keeps_people && current.users.iter().any(|user| user.person.is_some());
        let (notes, without_role) = (Vec::new(), 0);
        Self {
            desires,
            current,
            offers,
            claims,
            roles,
            keeps_people,
            shows_people,
            login,
            transfers,
            elsewhere,
            now,
            notes,
            without_role,
        }
    }

    /// Returns the notes.
    pub(super) fn finish(mut self) -> Vec<Note> {
        if self.without_role > 0 {
            let people = text::count(self.without_role, "person", "people");
            let evidence = format!("the rules give a role to {people}; gotosync assigns none");
            self.notes.push(Note::new(NoteKind::RolesHidden, "roles", evidence));
        }
        self.notes
    }

    pub(super) fn note(&mut self, kind: NoteKind, subject: impl Into<String>, evidence: impl Into<String>) {
        self.notes.push(Note::new(kind, subject, evidence));
    }

    /// Returns the desired state of an existing user, or `None` if nothing changes.
    pub(super) fn existing(&mut self, at: u32, desire: &Desire<'_>, user: &User, link: Option<&Link>) -> Option<User> {
        let desires = self.desires;
        let profile = desires.profile(desire);
        if !profile.update {
            return None;
        }
        let person = desires.directory.person(desire.person);
        if !person.enabled(self.now) {
            return self.without_access(user, LeaverPolicy::Suspend, link);
        }
        if !self.usable(desire, person) {
            return None;
        }
        let managed = |field| profile.source(field).is_none_or(|source| source.managed);
        cuts::note_cuts(desire, person, managed, &mut self.notes);
        let mut wanted = Cow::Borrowed(user);
        // An id that another client wrote stays: that client may need it to recognize the user.
        if self.shows_people && user.person.is_none() {
            wanted.to_mut().person = Some(person.id.clone());
        }
        let address = desire.email.as_deref().filter(|_| profile.email.managed);
        if let Some(address) = address.filter(|address| email::key(address) != user.email.key()) {
            if user.locks.email {
                self.note(NoteKind::Locked, user.email.as_str(), format!("the e-mail would become {address}"));
            } else {
                let rules = desires.rules;
                if rules.protects(&user.email) && !rules.protects(&Email::new(address)) {
                    let evidence =
                        format!("the e-mail becomes {address}, which is not listed in `protected`: add it there");
                    self.note(NoteKind::Protected, user.email.as_str(), evidence);
                }
                wanted.to_mut().email = Email::new(address);
            }
        }
        let first = changed_name(profile.first_name.managed, &desire.first_name, &user.first_name);
        let last = changed_name(profile.last_name.managed, &desire.last_name, &user.last_name);
        if user.locks.name && (first.is_some() || last.is_some()) {
            let evidence = format!("the name would become {} {}", desire.first_name, desire.last_name);
            self.note(NoteKind::Locked, user.email.as_str(), evidence);
        } else {
            if let Some(name) = first {
                wanted.to_mut().first_name = name.into();
            }
            if let Some(name) = last {
                wanted.to_mut().last_name = name.into();
            }
        }
        let language = profile.source(Field::Language).filter(|source| source.managed).and(desire.language.as_deref());
        if let Some(language) = language.filter(|language| user.language.as_deref() != Some(language)) {
            wanted.to_mut().language = Some(language.into());
        }
        match profile.group.filter(|group| group.managed).map(|group| group.value) {
            Some(GroupChoice::Path(path)) if user.group.as_ref() != Some(path) => {
                wanted.to_mut().group = Some(path.clone());
            }
            Some(GroupChoice::Nowhere)
                if user.group.is_some() && !self.spares(user, "would be removed from the user group") =>
            {
                wanted.to_mut().group = None;
            }
            _ => {}
        }
        if let Some(settings) = self.settings(at, desire, user) {
            wanted.to_mut().set_settings(|own| *own = settings);
        }
        let access = self.access(desire, user, link);
        if let Some(licenses) = access.licenses {
            wanted.to_mut().licenses = licenses;
            wanted.to_mut().derive_status(true);
        }
        if let Some(role) = access.role {
            wanted.to_mut().role = role;
            wanted.to_mut().derive_status(true);
        }
        match wanted {
            Cow::Borrowed(_) => None,
            Cow::Owned(wanted) => Some(wanted),
        }
    }

    /// Returns the new user for a person, if the rules create one.
    pub(super) fn new_user(&mut self, at: u32, desire: &Desire<'_>, person: &Person) -> Option<User> {
        let desires = self.desires;
        let profile = desires.profile(desire);
        if !profile.create || !person.enabled(self.now) || !self.usable(desire, person) {
            return None;
        }
        let address = desire.email.as_deref()?;
        if let Some(transfer) = self.transfers.get(&email::key(address)) {
            let asked = text::count(transfer.sent as usize, "invitation was sent", "invitations were sent");
            let kind = if transfer.expired { NoteKind::TransferExpired } else { NoteKind::TransferPending };
            self.note(kind, address, asked);
            return None;
        }
        cuts::note_cuts(desire, person, |_| true, &mut self.notes);
        let mut user = User::new(address, &desire.first_name, &desire.last_name);
        if self.elsewhere.contains(&user.email.key()) {
            self.note(
                NoteKind::TransferNeeded,
                address,
                "the user appears in this account once the invitation is accepted",
            );
        }
        user.person = self.keeps_people.then(|| person.id.clone());
        user.language = desire.language.as_deref().map(Into::into);
        if let Some(GroupChoice::Path(path)) = profile.group.map(|group| group.value) {
            user.group = Some(path.clone());
        }
        let offer = &self.offers.profiles[desire.profile as usize];
        user.licenses = offer.licenses.iter().filter(|grant| grant.given).map(|grant| grant.what.clone()).collect();
        user.licenses.sort();
        user.role = self.first_role(offer);
        if let Some(settings) = self.first_settings(at, desire) {
            user.set_settings(|own| *own = settings);
        }
        user.derive_status(true);
        Some(user)
    }

    /// Decides the outcome for a leaver.
    pub(super) fn leaver(&mut self, leaver: &Leaver<'_>, user: &User) -> Leaving {
        let policy = self.desires.rules.leavers_of(&leaver.link.rules);
        if policy.delete.is_some_and(|after| self.is_due(after, leaver.link, user)) {
            return Leaving::Goes;
        }
        match self.without_access(user, policy.first, Some(leaver.link)) {
            Some(wanted) => Leaving::Becomes(Box::new(wanted)),
            None => Leaving::Stays,
        }
    }

    /// Returns `true` if a leaver has been unselected for long enough and may be deleted.
    fn is_due(&self, after: DeleteAfter, link: &Link, user: &User) -> bool {
        let wait = SignedDuration::from_hours(i64::from(after.days) * 24);
        let waited = link.leaver_since.is_some_and(|since| since.checked_add(wait).is_ok_and(|due| due <= self.now));
        // A user whose access an admin restored or suspended by hand must not be deleted.
        let ours = user.status == Status::Suspended && user.is_bare() && link.suspended.is_some();
        let own = user.key.is_some() && user.key.as_ref() == self.login;
        waited && ours && !own && link.absences >= after.reads && !self.desires.rules.protects(&user.email)
    }

    /// Returns `true` if the required fields are usable; otherwise adds a note with the reason.
    fn usable(&mut self, desire: &Desire<'_>, person: &Person) -> bool {
        if let Some(problem) = &desire.problem {
            let evidence = format!("{}: {}", problem.field, problem.problem);
            self.note(NoteKind::InvalidField, person.dn.name(), evidence);
            return false;
        }
        if desire.email.is_none() {
            let evidence = format!("no value in mail and no primary address in proxyAddresses ({})", person.dn);
            self.note(NoteKind::NoEmail, person.dn.name(), evidence);
            return false;
        }
        true
    }
}

fn changed_name<'n>(managed: bool, wanted: &'n str, current: &str) -> Option<&'n str> {
    (managed && wanted != current && wanted != text::normal_name(current)).then_some(wanted)
}
