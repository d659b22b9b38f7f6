//! Who is whom: decided here and nowhere else, by immutable id first, remembered here or kept by the account, then by e-mail.

use std::borrow::Cow;

use hashbrown::HashMap;

use crate::model::{Account, Link, Note, NoteKind, PersonId, Remembered, Status, User, email};
use crate::rules::Desires;

/// What is known of a selected person in the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pairing {
    /// The user at this place of the account is this person's.
    User(u32, Found),
    /// The person has no user.
    New,
    /// It is not clear, or may not be acted on: a note says why.
    Aside,
}

/// How a user was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// By the person's id: in the link that is remembered, or in the account.
    ById,
    /// By e-mail; the link is new.
    ByEmail,
}

impl Found {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::ById, Self::ByEmail];
}

/// A linked user whom no rule selects any more.
#[derive(Clone, Copy, Debug)]
pub struct Leaver<'a> {
    /// What is remembered.
    pub link: &'a Link,
    /// The user's place in the account.
    pub user: u32,
}

/// Who is whom in one reading of both sides.
#[derive(Debug)]
pub struct Linked<'a> {
    /// For each desire, in order, what is known of the person in the account.
    pub pairings: Vec<Pairing>,
    /// For each desire, in order, what is remembered of the person.
    pub links: Vec<Option<&'a Link>>,
    /// People, by place in the desires, whose e-mail belongs to the user of somebody else who may be leaving it; with that
    /// user's place in the account.
    pub contested: Vec<(u32, u32)>,
    /// Linked users whom no rule selects.
    pub leavers: Vec<Leaver<'a>>,
    /// What could not be decided.
    pub notes: Vec<Note>,
}

/// Finds the user of every selected person, and the users whom no rule selects any more.
///
/// A person with a remembered link keeps that user whatever became of name, e-mail and place. Without one, the user whom the
/// account says to be this person is taken, and without such a user the one with the same e-mail. Where two people have one e-mail, or one person could have two users, all of them are left
/// alone. A user who is in no link is nobody's leaver.
pub fn link<'a>(desires: &Desires<'_>, account: &'a Account, remembered: &'a Remembered) -> Linked<'a> {
    let mut linker = Linker::new(desires, account, remembered);
    linker.by_id();
    linker.by_person();
    linker.set_duplicates_aside();
    linker.by_email();
    linker.hold_people_of_broken_rules();
    linker.contest_addresses();
    let leavers = linker.leavers(remembered);
    Linked { pairings: linker.pairings, links: linker.links, contested: linker.contested, leavers, notes: linker.notes }
}

struct Linker<'d, 'a, 'k> {
    desires: &'k Desires<'d>,
    account: &'a Account,
    by_key: HashMap<&'a str, u32>,
    by_email: HashMap<Cow<'a, str>, Slot>,
    /// For each user, the desire it belongs to.
    owners: Vec<Option<u32>>,
    /// For each desire, the key of its e-mail.
    keys: Vec<Option<Cow<'k, str>>>,
    pairings: Vec<Pairing>,
    links: Vec<Option<&'a Link>>,
    /// What is remembered of each user, whoever was the person.
    by_user: HashMap<&'a str, &'a Link>,
    contested: Vec<(u32, u32)>,
    notes: Vec<Note>,
}

/// The users with one e-mail.
#[derive(Clone, Copy)]
enum Slot {
    One(u32),
    Several,
}

impl<'d, 'a, 'k> Linker<'d, 'a, 'k> {
    fn new(desires: &'k Desires<'d>, account: &'a Account, remembered: &'a Remembered) -> Self {
        let mut by_key = HashMap::with_capacity(account.users.len());
        let mut by_email = HashMap::with_capacity(account.users.len());
        for (at, user) in account.users.iter().enumerate() {
            if let Some(key) = &user.key {
                by_key.insert(key.as_str(), at as u32);
            }
            by_email.entry(user.email.key()).and_modify(|slot| *slot = Slot::Several).or_insert(Slot::One(at as u32));
        }
        Self {
            desires,
            account,
            by_key,
            by_email,
            owners: vec![None; account.users.len()],
            // Whom rules on trial alone select claims no address.
            keys: desires
                .people
                .iter()
                .map(|desire| desire.email.as_deref().filter(|_| desires.profile(desire).live).map(email::key))
                .collect(),
            pairings: vec![Pairing::New; desires.people.len()],
            links: remembered_links(desires, remembered),
            by_user: remembered.links.iter().map(|link| (link.user.as_str(), link)).collect(),
            contested: Vec::new(),
            notes: Vec::new(),
        }
    }

    fn user(&self, at: u32) -> &'a User {
        &self.account.users[at as usize]
    }

    fn name(&self, desire: usize) -> String {
        let person = self.desires.directory.person(self.desires.people[desire].person);
        person.dn.name()
    }

    fn aside(&mut self, desire: usize, kind: NoteKind, evidence: String) {
        self.pairings[desire] = Pairing::Aside;
        self.notes.push(Note::new(kind, self.name(desire), evidence));
    }

    fn by_id(&mut self) {
        for desire in 0..self.pairings.len() {
            let Some(link) = self.links[desire] else { continue };
            match self.by_key.get(link.user.as_str()).copied() {
                None if self.account.completeness.is_complete() => {
                    let evidence = format!("the user {} is not in the account any more", link.email);
                    self.notes.push(Note::new(NoteKind::UserGone, self.name(desire), evidence));
                }
                None => {}
                Some(user) => match self.owners[user as usize] {
                    None => {
                        self.owners[user as usize] = Some(desire as u32);
                        self.pairings[desire] = Pairing::User(user, Found::ById);
                    }
                    Some(other) => {
                        let evidence = format!("{} is remembered as the user of two people", self.user(user).email);
                        self.aside(other as usize, NoteKind::TwoUsers, evidence.clone());
                        self.aside(desire, NoteKind::TwoUsers, evidence);
                    }
                },
            }
        }
    }

    /// People whom nothing is remembered of, and whom the account knows by their id.
    fn by_person(&mut self) {
        let mut marked: HashMap<&PersonId, Slot> = HashMap::new();
        for (at, user) in self.account.users.iter().enumerate() {
            if let Some(person) = &user.person {
                marked.entry(person).and_modify(|slot| *slot = Slot::Several).or_insert(Slot::One(at as u32));
            }
        }
        if marked.is_empty() {
            return;
        }
        for desire in 0..self.pairings.len() {
            if self.pairings[desire] != Pairing::New || self.links[desire].is_some() {
                continue;
            }
            let person = self.desires.directory.person(self.desires.people[desire].person);
            match marked.get(&person.id).copied() {
                None => {}
                Some(Slot::Several) => {
                    let evidence = "several users of the account bear this person's id".to_owned();
                    self.aside(desire, NoteKind::TwoUsers, evidence);
                }
                Some(Slot::One(user)) if self.is_free_for(user, desire) => {
                    self.owners[user as usize] = Some(desire as u32);
                    self.pairings[desire] = Pairing::User(user, Found::ById);
                }
                Some(Slot::One(user)) => {
                    let evidence = format!("{} bears this person's id and is somebody else's", self.user(user).email);
                    self.aside(desire, NoteKind::TwoUsers, evidence);
                }
            }
        }
    }

    fn set_duplicates_aside(&mut self) {
        let mut first: HashMap<&str, u32> = HashMap::with_capacity(self.keys.len());
        let mut doubles: Vec<(usize, usize)> = Vec::new();
        for (desire, key) in self.keys.iter().enumerate() {
            let Some(key) = key.as_deref() else { continue };
            if let Some(other) = first.insert(key, desire as u32) {
                doubles.push((other as usize, desire));
            }
        }
        drop(first);
        for (one, other) in doubles {
            let address = self.keys[one].as_deref().unwrap_or_default().to_owned();
            for (own, twin) in [(one, other), (other, one)] {
                let evidence = format!("{address} is also the e-mail of {}", self.name(twin));
                self.aside(own, NoteKind::DuplicateEmail, evidence);
            }
        }
    }

    /// People whom a rule selected that now cannot be evaluated stay as they are.
    fn hold_people_of_broken_rules(&mut self) {
        let broken: Vec<_> = self.desires.broken.iter().map(|rule| &self.desires.rules.list[rule.index].name).collect();
        for desire in 0..self.pairings.len() {
            let Some(rule) = self.links[desire].and_then(|link| link.rules.iter().find(|rule| broken.contains(rule)))
            else {
                continue;
            };
            let evidence = format!("rule `{rule}` selected this person last");
            self.aside(desire, NoteKind::RuleHeld, evidence);
        }
    }

    fn by_email(&mut self) {
        for desire in 0..self.pairings.len() {
            if self.pairings[desire] != Pairing::New {
                continue;
            }
            let Some(key) = self.keys[desire].as_deref() else { continue };
            match self.by_email.get(key).copied() {
                // The user who is remembered may be in the part that was not read.
                _ if self.links[desire].is_some() && !self.account.completeness.is_complete() => {
                    self.aside(desire, NoteKind::MayExist, format!("{key} may not be the remembered user"));
                }
                None if self.account.completeness.is_complete() => {}
                None => self.aside(desire, NoteKind::MayExist, format!("{key} was not among the users that were read")),
                Some(Slot::Several) => {
                    let evidence = format!("{key} is the e-mail of several users of the account");
                    self.aside(desire, NoteKind::TwoUsers, evidence);
                }
                Some(Slot::One(user)) => match self.owners[user as usize] {
                    None => match self.still_somebodys(user, desire) {
                        None => self.adopt(desire, user),
                        Some(name) => {
                            let evidence =
                                format!("{key} is the e-mail of the user of {name}, who is still in the directory");
                            self.aside(desire, NoteKind::TwoUsers, evidence);
                        }
                    },
                    // The address may become free in this very plan: updates come before creations.
                    Some(owner) if self.may_leave_address(owner as usize, user) => {
                        self.contested.push((desire as u32, user));
                    }
                    Some(owner) => {
                        let evidence = format!("{key} is the e-mail of the user of {}", self.name(owner as usize));
                        self.aside(desire, NoteKind::TwoUsers, evidence);
                    }
                },
            }
        }
    }

    /// Says whether a user is nobody else's.
    fn is_free_for(&self, user: u32, desire: usize) -> bool {
        self.owners[user as usize].is_none() && self.still_somebodys(user, desire).is_none()
    }

    /// The person of a user, remembered here or kept by the account, if that is another one who is in the directory, selected
    /// or not.
    fn still_somebodys(&self, user: u32, desire: usize) -> Option<String> {
        let user = self.user(user);
        let link = user.key.as_ref().and_then(|key| self.by_user.get(key.as_str()));
        let own = &self.desires.directory.person(self.desires.people[desire].person).id;
        let id = link.map(|link| &link.person).or(user.person.as_ref()).filter(|id| *id != own)?;
        let person = self.desires.directory.person_by_id(id)?;
        Some(self.desires.directory.person(person).dn.name())
    }

    /// Takes a user by e-mail, with what is remembered of that user: a person may have been deleted and made anew.
    fn adopt(&mut self, desire: usize, user: u32) {
        self.owners[user as usize] = Some(desire as u32);
        self.pairings[desire] = Pairing::User(user, Found::ByEmail);
        if self.links[desire].is_none() {
            self.links[desire] = self.user(user).key.as_ref().and_then(|key| self.by_user.get(key.as_str()).copied());
        }
    }

    /// Says whether a person's user may be about to get another e-mail.
    fn may_leave_address(&self, desire: usize, user: u32) -> bool {
        self.pairings[desire] == Pairing::User(user, Found::ById)
            && self.keys[desire].as_deref().is_some_and(|key| key != self.user(user).email.key())
    }

    /// A linked person's new e-mail may belong to another user, who may be leaving it.
    fn contest_addresses(&mut self) {
        for desire in 0..self.pairings.len() {
            let Pairing::User(user, Found::ById) = self.pairings[desire] else { continue };
            let Some(key) = self.keys[desire].as_deref() else { continue };
            if key == self.user(user).email.key() {
                continue;
            }
            match self.by_email.get(key).copied() {
                None => {}
                Some(Slot::One(holder)) => self.contested.push((desire as u32, holder)),
                Some(Slot::Several) => {
                    let evidence = format!("{key} is the e-mail of several users of the account");
                    self.aside(desire, NoteKind::TwoUsers, evidence);
                }
            }
        }
    }

    fn leavers(&mut self, remembered: &'a Remembered) -> Vec<Leaver<'a>> {
        let broken: Vec<_> = self.desires.broken.iter().map(|rule| &self.desires.rules.list[rule.index].name).collect();
        let mut selected =
            self.desires.people.iter().map(|desire| &self.desires.directory.person(desire.person).id).peekable();
        let mut leavers = Vec::new();
        for link in &remembered.links {
            while selected.next_if(|id| **id < link.person).is_some() {}
            if selected.peek().is_some_and(|id| **id == link.person) {
                continue;
            }
            let Some(user) = self.by_key.get(link.user.as_str()).copied() else { continue };
            // Somebody else may have become this user's person: an AD account that was deleted and made anew.
            if self.owners[user as usize].is_some() {
                continue;
            }
            if let Some(rule) = link.rules.iter().find(|rule| broken.contains(rule)) {
                let evidence = format!("rule `{rule}` selected this person last");
                self.notes.push(Note::new(NoteKind::RuleHeld, link.email.as_str(), evidence));
                continue;
            }
            if let Some(broken) = broken.first() {
                // Whom a rule selects that cannot be evaluated is not known: it may be anybody.
                if self.user(user).status != Status::Suspended {
                    let evidence = format!("no rule selects this person, but rule `{broken}` may");
                    self.notes.push(Note::new(NoteKind::RuleHeld, link.email.as_str(), evidence));
                }
                continue;
            }
            self.owners[user as usize] = Some(u32::MAX);
            leavers.push(Leaver { link, user });
        }
        leavers
    }
}

/// The link of each desire: both lists are in ascending order of person.
fn remembered_links<'a>(desires: &Desires<'_>, remembered: &'a Remembered) -> Vec<Option<&'a Link>> {
    let mut links = remembered.links.iter().peekable();
    let mut found = Vec::with_capacity(desires.people.len());
    for desire in &desires.people {
        let id = &desires.directory.person(desire.person).id;
        while links.next_if(|link| link.person < *id).is_some() {}
        found.push(links.peek().filter(|link| link.person == *id).copied());
    }
    found
}
