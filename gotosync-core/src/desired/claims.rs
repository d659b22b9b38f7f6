//! Items of the account that rules assign by name: extensions, devices, phone numbers, and locations.
//!
//! Items that only one user can have are allocated here, before anything is written.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;
use jiff::Timestamp;

use crate::link::{Linked, Pairing};
use crate::model::{
    Account, Arity, Capabilities, Exclusive, Feature, Field, Listed, Note, NoteKind, PhoneNumber, RingsAt, Setting,
    UserSettings,
};
use crate::rules::{Desire, Desires, Rule, Trial, list_fields};

mod devices;
mod extensions;
mod locations;
mod numbers;

/// The items of the account that each person gets, by the person's index in the list of desires.
#[derive(Debug, Default)]
pub(super) struct Claims {
    extensions: Extensions,
    singles: HashMap<u32, Vec<(Field, Box<str>)>>,
    /// Phone numbers that ring at an extension without a user, by extension. The user who gets the extension gets them, too.
    at_extensions: HashMap<String, Vec<PhoneNumber>>,
    lists: HashMap<(Field, u32), Claim>,
}

/// The extension that each person gets, by the person's index in the list of desires.
type Extensions = HashMap<u32, Box<str>>;

/// The values of one multi-valued setting that a person gets.
#[derive(Debug, Default)]
pub(super) struct Claim {
    items: Vec<String>,
    /// `true` if the items include everything that the rules want.
    complete: bool,
}

impl Claim {
    /// Returns the desired values, given the current ones. If the claim is incomplete, no current value is removed.
    pub(super) fn over(&self, now: impl IntoIterator<Item = String>) -> BTreeSet<String> {
        let own = self.items.iter().cloned();
        if self.complete { own.collect() } else { own.chain(now).collect() }
    }
}

impl Claims {
    pub(super) fn extension(&self, desire: u32) -> Option<&str> {
        self.extensions.get(&desire).map(|extension| &**extension)
    }

    /// Returns the single-valued settings that a person gets, except the extension.
    pub(super) fn singles(&self, desire: u32) -> &[(Field, Box<str>)] {
        self.singles.get(&desire).map_or(&[], Vec::as_slice)
    }

    /// Returns the values of a multi-valued setting that a person gets, if a rule sets it.
    pub(super) fn list(&self, field: Field, desire: u32) -> Option<&Claim> {
        self.lists.get(&(field, desire))
    }

    /// Returns the phone numbers that come with the person's new extension.
    pub(super) fn numbers_that_come(&self, desire: u32) -> &[PhoneNumber] {
        let extension = self.extensions.get(&desire);
        extension.and_then(|own| self.at_extensions.get(&**own)).map_or(&[], Vec::as_slice)
    }

    /// Allocates items to people. If two people want the same exclusive item, or another user has it, nothing changes for them and a
    /// note is added.
    pub(super) fn allocate(
        desires: &Desires<'_>,
        linked: &Linked<'_>,
        current: &Account,
        capabilities: &Capabilities,
        now: Timestamp,
        notes: &mut Vec<Note>,
    ) -> Self {
        let extensions = desires.profiles.iter().any(|profile| profile.extension.is_some());
        let extras = desires.people.iter().any(|desire| desire.extras.is_some());
        if !extensions && !extras {
            return Self::default();
        }
        let people = Claimant::all(desires, linked, now);
        for claimant in &people {
            for problem in claimant.desire.extras.iter().flat_map(|extras| &extras.problems) {
                let evidence = format!("{}: {}", problem.field, problem.problem);
                notes.push(Note::new(NoteKind::FieldLeft, claimant.name(desires), evidence));
            }
        }
        let allocation = Allocation { desires, current, capabilities, people };
        allocation.note_unsupported(notes);
        let mut claims = Self::default();
        if extensions {
            claims.extensions = allocation.extensions(notes);
        }
        for listed in &current.catalog.phone_numbers {
            if let Some(RingsAt::Extension(own)) = &listed.rings_at {
                claims.at_extensions.entry(own.clone()).or_default().push(listed.number.clone());
            }
        }
        for setting in Setting::ALL.iter().filter(|setting| setting.arity == Arity::One) {
            let Some(list) = setting.listed.filter(|_| allocation.has(setting.field)) else { continue };
            for (at, value) in allocation.singles(setting.field, list, notes) {
                claims.singles.entry(at).or_default().push((setting.field, value));
            }
        }
        let given = |field| desires.profiles.iter().any(|profile| profile.list(field).is_some());
        for field in list_fields().filter(|field| given(*field) && allocation.has(*field)) {
            let Some(setting) = Setting::of(field) else { continue };
            let lists = match setting.listed {
                Some(Listed::Devices) => allocation.devices(field, notes),
                Some(Listed::PhoneNumbers) if setting.exclusive.is_some() => {
                    allocation.ringing_numbers(field, &claims.extensions, notes)
                }
                Some(Listed::PhoneNumbers) => allocation.numbers(field, notes),
                Some(Listed::Extensions) => allocation.secondary_extensions(field, &claims.extensions, notes),
                Some(Listed::Locations) | None => continue,
            };
            claims.lists.extend(lists.into_iter().map(|(at, claim)| ((field, at), claim)));
        }
        claims
    }
}

/// A person whose user is created or changed.
struct Claimant<'c, 'd> {
    at: u32,
    desire: &'c Desire<'d>,
    /// The index of the user in the account, if the user exists.
    user: Option<u32>,
}

impl<'c, 'd> Claimant<'c, 'd> {
    fn all(desires: &'c Desires<'d>, linked: &Linked<'_>, now: Timestamp) -> Vec<Self> {
        let pairs = desires.people.iter().zip(&linked.pairings).enumerate();
        let claimant = |(at, (desire, pairing)): (usize, (&'c Desire<'d>, &Pairing))| {
            let profile = desires.profile(desire);
            let user = match *pairing {
                Pairing::User(user, _) if profile.update => Some(user),
                Pairing::New if profile.create => None,
                _ => return None,
            };
            let fit = desire.problem.is_none() && desire.email.is_some();
            let enabled = desires.directory.person(desire.person).enabled(now);
            (fit && enabled).then_some(Self { at: at as u32, desire, user })
        };
        pairs.filter_map(claimant).collect()
    }

    fn name(&self, desires: &Desires<'_>) -> String {
        desires.directory.person(self.desire.person).dn.name()
    }

    /// Returns `true` if a value that a rule sets applies to this user: values that are not managed apply to new users only.
    fn counts(&self, managed: bool) -> bool {
        managed || self.user.is_none()
    }
}

/// The allocation of the account's items to the people who claim them.
struct Allocation<'c, 'd> {
    desires: &'c Desires<'d>,
    current: &'c Account,
    capabilities: &'c Capabilities,
    people: Vec<Claimant<'c, 'd>>,
}

/// The values of one field that the rules of one person request.
struct Asked {
    /// The index of the claimant.
    at: usize,
    /// The requested values that the account has.
    found: Vec<String>,
    /// The number of requested values.
    all: usize,
}

/// The reason why a requested value is not given.
type Refusal = (NoteKind, String);

impl Allocation<'_, '_> {
    /// Returns `true` if the target supports a field.
    fn has(&self, field: Field) -> bool {
        feature(field).is_none_or(|feature| self.capabilities.has(feature))
    }

    /// Adds one note for each field that a rule sets and the target does not support.
    fn note_unsupported(&self, notes: &mut Vec<Note>) {
        let held = |rule: &Rule| !rule.enabled || (rule.is_simulated() && self.desires.trial == Trial::Hold);
        for rule in self.desires.rules.list.iter().filter(|rule| !held(rule)) {
            let single = rule.fields.iter().filter(|(_, mapping)| mapping.is_some()).map(|(field, _)| *field);
            // Values that do not come from a list of the account are checked later, and only if a step contains them.
            let single = single.filter(|field| Setting::of(*field).is_none_or(|setting| setting.listed.is_some()));
            let voicemail = rule.gives.voicemail.as_ref().map(|_| Field::Voicemail);
            let fields = rule.lists.keys().copied().chain(single).chain(voicemail);
            for field in fields.filter(|field| !self.has(*field)) {
                let lacking = feature(field).map_or("", Feature::as_str);
                let evidence = format!("the rule sets {field}, but gotosync cannot set {lacking} in this account");
                notes.push(Note::new(NoteKind::Unsupported, &*rule.name, evidence));
            }
        }
    }

    fn clash(&self, claimant: &Claimant<'_, '_>, evidence: String, notes: &mut Vec<Note>) {
        notes.push(Note::new(NoteKind::Clash, claimant.name(self.desires), evidence));
    }

    /// Returns the current holder of each exclusive item, by index in the account.
    fn holders(&self) -> HashMap<Exclusive, u32> {
        let users = 0..self.current.users.len() as u32;
        users.flat_map(|user| self.settings(user).exclusive().into_iter().map(move |one| (one, user))).collect()
    }

    /// Keeps claims on items that no other person claims and no other user has, and adds a note for each of the others.
    ///
    /// If exactly one of several claims is managed, it wins over those that hold for new users only: the next run would see only the
    /// managed claim anyway.
    fn undisputed(
        &self,
        claims: &[(usize, Exclusive)],
        lasts: impl Fn(usize) -> bool,
        notes: &mut Vec<Note>,
    ) -> Vec<(usize, String)> {
        let holders = self.holders();
        let mut by_thing: BTreeMap<(&str, &str), (Vec<usize>, &Exclusive)> = BTreeMap::new();
        for (claimant, one) in claims {
            let (claimants, _) = by_thing.entry((one.what(), one.value())).or_insert_with(|| (Vec::new(), one));
            if !claimants.contains(claimant) {
                claimants.push(*claimant);
            }
        }
        let mut kept = Vec::new();
        for ((what, value), (claimants, one)) in by_thing {
            let mut lasting = claimants.iter().filter(|at| lasts(**at));
            let first = lasting.next().filter(|_| lasting.next().is_none());
            for at in &claimants {
                let claimant = &self.people[*at];
                let twin = claimants.iter().find(|other| *other != at).filter(|_| first != Some(at));
                let holder = holders.get(one).filter(|holder| claimant.user != Some(**holder));
                if let Some(twin) = twin {
                    let other = self.people[*twin].name(self.desires);
                    self.clash(claimant, format!("the rules also give {what} {value} to {other}"), notes);
                } else if let Some(holder) = holder {
                    let other = &self.current.users[*holder as usize].email;
                    self.clash(claimant, format!("{what} {value} belongs to {other}"), notes);
                } else {
                    kept.push((*at, value.to_owned()));
                }
            }
        }
        kept
    }

    /// Returns a predicate: `true` if the rules manage the claimant's list permanently, and do not just set it for a new user.
    fn lasts(&self, field: Field) -> impl Fn(usize) -> bool {
        move |at| self.desires.profile(self.people[at].desire).list(field).is_some_and(|set| set.managed)
    }

    fn settings(&self, user: u32) -> &UserSettings {
        self.current.users[user as usize].settings()
    }

    /// Returns the extension that the claimant gets, or else the current one.
    fn extension_of<'e>(&'e self, claimant: &Claimant<'_, '_>, extensions: &'e Extensions) -> Option<&'e str> {
        let now = || claimant.user.and_then(|user| self.settings(user).extension.as_deref());
        extensions.get(&claimant.at).map(|extension| &**extension).or_else(now)
    }

    /// Returns the values of one field that each claimant's rules request and the account has; adds a note for each of the others.
    ///
    /// An empty value requests nothing. If `find` returns `None`, the value need not be given.
    fn asked(
        &self,
        field: Field,
        mut find: impl FnMut(&Claimant<'_, '_>, &str) -> Result<Option<String>, Refusal>,
        notes: &mut Vec<Note>,
    ) -> Vec<Asked> {
        let mut asked = Vec::new();
        for (at, claimant) in self.people.iter().enumerate() {
            let profile = self.desires.profile(claimant.desire);
            if !profile.list(field).is_some_and(|set| claimant.counts(set.managed)) {
                continue;
            }
            let names = claimant.desire.extras.as_ref().map_or(&[][..], |extras| extras.list(field));
            if names.is_empty() {
                continue;
            }
            // Expressions that could not be evaluated count as requested; notes about them exist already.
            let extras = claimant.desire.extras.iter().flat_map(|extras| &extras.problems);
            let broken = extras.filter(|problem| problem.field == field).count();
            let (mut found, mut all) = (Vec::new(), names.len() + broken);
            for name in names {
                match find(claimant, name) {
                    // Two expressions may give the same value.
                    Ok(Some(thing)) if found.contains(&thing) => all -= 1,
                    Ok(Some(thing)) => found.push(thing),
                    Ok(None) => all -= 1,
                    Err((kind, evidence)) => {
                        notes.push(Note::new(kind, claimant.name(self.desires), evidence));
                    }
                }
            }
            asked.push(Asked { at, found, all });
        }
        asked
    }

    /// Returns the claims for values that several users can share.
    fn shared(&self, asked: &[Asked]) -> Vec<(u32, Claim)> {
        self.given(asked, asked.iter().flat_map(|one| one.found.iter().map(|thing| (one.at, thing.clone()))).collect())
    }

    /// Returns the claims for values that only one user can have.
    fn exclusive(
        &self,
        asked: &[Asked],
        field: Field,
        one: impl Fn(&str) -> Option<Exclusive>,
        notes: &mut Vec<Note>,
    ) -> Vec<(u32, Claim)> {
        let wanted = asked.iter().flat_map(|own| own.found.iter().map(|thing| (own.at, thing)));
        let wanted: Vec<(usize, Exclusive)> = wanted.filter_map(|(at, thing)| Some((at, one(thing)?))).collect();
        self.given(asked, self.undisputed(&wanted, self.lasts(field), notes))
    }

    fn given(&self, asked: &[Asked], chosen: Vec<(usize, String)>) -> Vec<(u32, Claim)> {
        let mut claims: BTreeMap<usize, Claim> = asked.iter().map(|one| (one.at, Claim::default())).collect();
        for (at, thing) in chosen {
            if let Some(claim) = claims.get_mut(&at) {
                claim.items.push(thing);
            }
        }
        for one in asked {
            if let Some(claim) = claims.get_mut(&one.at) {
                claim.complete = one.all == claim.items.len();
            }
        }
        claims.into_iter().map(|(at, claim)| (self.people[at].at, claim)).collect()
    }
}

/// Returns the feature that a target must support for a field.
fn feature(field: Field) -> Option<Feature> {
    match field {
        Field::Voicemail => Some(Feature::Voicemail),
        Field::PhoneNumberName => Some(Feature::PhoneNumbers),
        field => Setting::of(field).map(|setting| setting.feature),
    }
}
