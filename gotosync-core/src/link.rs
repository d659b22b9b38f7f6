//! Links people in the directory to users in the account. No other module decides this.
//!
//! The input is the list of desires: one [`Desire`](crate::rules::Desire) per selected person, with the values that the rules give.
//! A person is matched by immutable id first (a stored link, or an id that the account keeps with the user), then by e-mail.

use std::borrow::Cow;

use hashbrown::HashMap;

use crate::model::{Account, Link, Note, NoteKind, PersonId, Remembered, Status, User, email};
use crate::rules::Desires;

/// The result of looking for a selected person's user in the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pairing {
    /// The user at this index of the account belongs to the person.
    User(u32, Found),
    /// The person has no user.
    New,
    /// The match is ambiguous, or must not be acted on: a note gives the reason, and the person is skipped.
    Aside,
}

/// The way in which a user was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// By the person's id, in the stored link or in the account.
    ById,
    /// By e-mail, so the link is new.
    ByEmail,
}

impl Found {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::ById, Self::ByEmail];
}

/// A leaver: a linked user that no rule selects anymore.
#[derive(Clone, Copy, Debug)]
pub struct Leaver<'a> {
    /// The stored link.
    pub link: &'a Link,
    /// The user's index in the account.
    pub user: u32,
}

/// The links between the people and the users of one read of both sides.
#[derive(Debug)]
pub struct Linked<'a> {
    /// For each selected person, in the order of the desires, the result of looking for the person's user.
    pub pairings: Vec<Pairing>,
    /// For each selected person, in the order of the desires, the stored link.
    pub links: Vec<Option<&'a Link>>,
    /// People whose e-mail currently belongs to another person's user, who may give it up in this plan: the index of the
    /// desire, and the index of that user in the account.
    pub contested: Vec<(u32, u32)>,
    /// Linked users that no rule selects.
    pub leavers: Vec<Leaver<'a>>,
    /// Notes about people and users that could not be matched.
    pub notes: Vec<Note>,
}

/// Finds the user of every selected person, and the leavers: linked users that no rule selects anymore.
///
/// A person with a stored link keeps that user even if the name, e-mail, or position in the directory has changed. Without a
/// link, the person gets the user that carries the person's id in the account, or else the user with the same e-mail. If two
/// people share an e-mail, or one person could have two users, all of them are skipped. A user without a link never becomes a
/// leaver.
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
    /// For each user, the index of the desire of its person.
    owners: Vec<Option<u32>>,
    /// For each desire, the comparison key of the desired e-mail.
    keys: Vec<Option<Cow<'k, str>>>,
    pairings: Vec<Pairing>,
    links: Vec<Option<&'a Link>>,
    /// The stored link of each user, by user key.
    by_user: HashMap<&'a str, &'a Link>,
    contested: Vec<(u32, u32)>,
    notes: Vec<Note>,
}

/// The users that share one e-mail or one person's id.
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
            // A person selected only by simulated rules does not claim an address.
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
                    let evidence = format!("the account no longer has the user {}", link.email);
                    self.notes.push(Note::new(NoteKind::UserGone, self.name(desire), evidence));
                }
                None => {}
                Some(user) => match self.owners[user as usize] {
                    None => {
                        self.owners[user as usize] = Some(desire as u32);
                        self.pairings[desire] = Pairing::User(user, Found::ById);
                    }
                    Some(other) => {
                        let evidence = format!("{} is linked to two people", self.user(user).email);
                        self.aside(other as usize, NoteKind::TwoUsers, evidence.clone());
                        self.aside(desire, NoteKind::TwoUsers, evidence);
                    }
                },
            }
        }
    }

    /// Matches people without a stored link to users that carry their id in the account.
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
                    let evidence = "several users in the account carry this person's id".to_owned();
                    self.aside(desire, NoteKind::TwoUsers, evidence);
                }
                Some(Slot::One(user)) if self.is_free_for(user, desire) => {
                    self.owners[user as usize] = Some(desire as u32);
                    self.pairings[desire] = Pairing::User(user, Found::ById);
                }
                Some(Slot::One(user)) => {
                    let evidence =
                        format!("{} carries this person's id but belongs to another person", self.user(user).email);
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

    /// Skips people who were selected by a rule that cannot be evaluated now.
    fn hold_people_of_broken_rules(&mut self) {
        let broken: Vec<_> = self.desires.broken.iter().map(|rule| &self.desires.rules.list[rule.index].name).collect();
        for desire in 0..self.pairings.len() {
            let Some(rule) = self.links[desire].and_then(|link| link.rules.iter().find(|rule| broken.contains(rule)))
            else {
                continue;
            };
            let evidence = format!("rule `{rule}` selected this person in an earlier run");
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
                // The linked user may be in the part of the account that was not read.
                _ if self.links[desire].is_some() && !self.account.completeness.is_complete() => {
                    self.aside(
                        desire,
                        NoteKind::MayExist,
                        format!("the linked user was not read; {key} may be another user"),
                    );
                }
                None if self.account.completeness.is_complete() => {}
                None => self.aside(
                    desire,
                    NoteKind::MayExist,
                    format!("{key} was not found among the users that were read"),
                ),
                Some(Slot::Several) => {
                    let evidence = format!("several users in the account have the e-mail {key}");
                    self.aside(desire, NoteKind::TwoUsers, evidence);
                }
                Some(Slot::One(user)) => match self.owners[user as usize] {
                    None => match self.other_person_of(user, desire) {
                        None => self.adopt(desire, user),
                        Some(name) => {
                            let evidence =
                                format!("{key} belongs to the user of {name}, who is still in the directory");
                            self.aside(desire, NoteKind::TwoUsers, evidence);
                        }
                    },
                    // The address may become free in this plan: updates come before creations.
                    Some(owner) if self.may_leave_address(owner as usize, user) => {
                        self.contested.push((desire as u32, user));
                    }
                    Some(owner) => {
                        let evidence = format!("{key} belongs to the user of {}", self.name(owner as usize));
                        self.aside(desire, NoteKind::TwoUsers, evidence);
                    }
                },
            }
        }
    }

    /// Returns `true` if the user belongs to no other person.
    fn is_free_for(&self, user: u32, desire: usize) -> bool {
        self.owners[user as usize].is_none() && self.other_person_of(user, desire).is_none()
    }

    /// Returns the name of the person that the user is linked to, by a stored link or by the account, if this is another person
    /// who is still in the directory (selected or not).
    fn other_person_of(&self, user: u32, desire: usize) -> Option<String> {
        let user = self.user(user);
        let link = user.key.as_ref().and_then(|key| self.by_user.get(key.as_str()));
        let own = &self.desires.directory.person(self.desires.people[desire].person).id;
        let id = link.map(|link| &link.person).or(user.person.as_ref()).filter(|id| *id != own)?;
        let person = self.desires.directory.person_by_id(id)?;
        Some(self.desires.directory.person(person).dn.name())
    }

    /// Takes over a user by e-mail, with its stored link: the person may have been deleted from the directory and re-created.
    fn adopt(&mut self, desire: usize, user: u32) {
        self.owners[user as usize] = Some(desire as u32);
        self.pairings[desire] = Pairing::User(user, Found::ByEmail);
        if self.links[desire].is_none() {
            self.links[desire] = self.user(user).key.as_ref().and_then(|key| self.by_user.get(key.as_str()).copied());
        }
    }

    /// Returns `true` if the person's user may get another e-mail in this plan.
    fn may_leave_address(&self, desire: usize, user: u32) -> bool {
        self.pairings[desire] == Pairing::User(user, Found::ById)
            && self.keys[desire].as_deref().is_some_and(|key| key != self.user(user).email.key())
    }

    /// Finds linked people whose new e-mail still belongs to another user, who may give it up in this plan.
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
                    let evidence = format!("several users in the account have the e-mail {key}");
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
            // The user may belong to a new person: an AD account that was deleted and re-created.
            if self.owners[user as usize].is_some() {
                continue;
            }
            if let Some(rule) = link.rules.iter().find(|rule| broken.contains(rule)) {
                let evidence = format!("rule `{rule}` selected this person in an earlier run");
                self.notes.push(Note::new(NoteKind::RuleHeld, link.email.as_str(), evidence));
                continue;
            }
            if let Some(broken) = broken.first() {
                // A rule that cannot be evaluated may select any person.
                if self.user(user).status != Status::Suspended {
                    let evidence =
                        format!("no rule selects this person, but rule `{broken}` cannot be evaluated and may do so");
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

/// Returns the stored link of each selected person, in the order of the desires. Both lists are sorted by person.
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
