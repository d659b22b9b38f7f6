//! What rules give by name out of what the account has: extensions, devices, numbers, locations. What is exclusive is allocated here,
//! before anything is written.

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

/// What each person gets of what the account has; by place in the desires.
#[derive(Debug, Default)]
pub(super) struct Claims {
    extensions: Extensions,
    singles: HashMap<u32, Vec<(Field, Box<str>)>>,
    /// The numbers that ring at extensions of nobody, and come with them to the user who gets one.
    at_extensions: HashMap<String, Vec<PhoneNumber>>,
    lists: HashMap<(Field, u32), Claim>,
}

/// The extension that each person gets; by place in the desires.
type Extensions = HashMap<u32, Box<str>>;

/// What one person gets of a setting with several values.
#[derive(Debug, Default)]
pub(super) struct Claim {
    items: Vec<String>,
    /// Whether everything that the rules want is among them.
    complete: bool,
}

impl Claim {
    /// Returns what the person has with it, who has some now. Where anything of it is in doubt, nothing that is there goes.
    pub(super) fn over(&self, now: impl IntoIterator<Item = String>) -> BTreeSet<String> {
        let own = self.items.iter().cloned();
        if self.complete { own.collect() } else { own.chain(now).collect() }
    }
}

impl Claims {
    pub(super) fn extension(&self, desire: u32) -> Option<&str> {
        self.extensions.get(&desire).map(|extension| &**extension)
    }

    /// Returns what a person gets of settings with one value, except the extension.
    pub(super) fn singles(&self, desire: u32) -> &[(Field, Box<str>)] {
        self.singles.get(&desire).map_or(&[], Vec::as_slice)
    }

    /// Returns what a person gets of a setting with several values, if a rule sets it.
    pub(super) fn list(&self, field: Field, desire: u32) -> Option<&Claim> {
        self.lists.get(&(field, desire))
    }

    /// Returns the numbers that come with the extension that a person gets.
    pub(super) fn numbers_that_come(&self, desire: u32) -> &[PhoneNumber] {
        let extension = self.extensions.get(&desire);
        extension.and_then(|own| self.at_extensions.get(&**own)).map_or(&[], Vec::as_slice)
    }

    /// Allocates who gets what. Where two want one thing, or somebody else has it, all is left as it is, with a note.
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

/// Somebody whose user is made or changed.
struct Claimant<'c, 'd> {
    at: u32,
    desire: &'c Desire<'d>,
    /// The place of the user in the account, if there is one.
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

    /// Says whether what a rule sets counts for this user.
    fn counts(&self, managed: bool) -> bool {
        managed || self.user.is_none()
    }
}

/// The allocation of what the account has to the people who claim it.
struct Allocation<'c, 'd> {
    desires: &'c Desires<'d>,
    current: &'c Account,
    capabilities: &'c Capabilities,
    people: Vec<Claimant<'c, 'd>>,
}

/// What the rules of one person ask for of one field.
struct Asked {
    /// The place among claimants.
    at: usize,
    /// What of it the account has.
    found: Vec<String>,
    /// How much they ask for.
    all: usize,
}

/// Why something that rules ask for is not given.
type Refusal = (NoteKind, String);

impl Allocation<'_, '_> {
    /// Says whether the target has what a field sets.
    fn has(&self, field: Field) -> bool {
        feature(field).is_none_or(|feature| self.capabilities.has(feature))
    }

    /// Notes once for each rule what it gives and the target lacks.
    fn note_unsupported(&self, notes: &mut Vec<Note>) {
        let held = |rule: &Rule| !rule.enabled || (rule.is_simulated() && self.desires.trial == Trial::Hold);
        for rule in self.desires.rules.list.iter().filter(|rule| !held(rule)) {
            let single = rule.fields.iter().filter(|(_, mapping)| mapping.is_some()).map(|(field, _)| *field);
            // A value from no list of the account is refused only where a step carries it.
            let single = single.filter(|field| Setting::of(*field).is_none_or(|setting| setting.listed.is_some()));
            let voicemail = rule.gives.voicemail.as_ref().map(|_| Field::Voicemail);
            let fields = rule.lists.keys().copied().chain(single).chain(voicemail);
            for field in fields.filter(|field| !self.has(*field)) {
                let lacking = feature(field).map_or("", Feature::as_str);
                let evidence = format!("it sets {field}, and the account does not let {lacking} be given");
                notes.push(Note::new(NoteKind::Unsupported, &*rule.name, evidence));
            }
        }
    }

    fn clash(&self, claimant: &Claimant<'_, '_>, evidence: String, notes: &mut Vec<Note>) {
        notes.push(Note::new(NoteKind::Clash, claimant.name(self.desires), evidence));
    }

    /// Returns which user has each exclusive thing now, by place in the account.
    fn holders(&self) -> HashMap<Exclusive, u32> {
        let users = 0..self.current.users.len() as u32;
        users.flat_map(|user| self.settings(user).exclusive().into_iter().map(move |one| (one, user))).collect()
    }

    /// Keeps the claims that no other person makes on what no other user has, and notes the others. Of several claims one that lasts
    /// goes before those that are only made for new users: at the next run it would stand alone.
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
                    self.clash(claimant, format!("{what} {value} is also wanted for {other}"), notes);
                } else if let Some(holder) = holder {
                    let other = &self.current.users[*holder as usize].email;
                    self.clash(claimant, format!("{what} {value} is that of {other}"), notes);
                } else {
                    kept.push((*at, value.to_owned()));
                }
            }
        }
        kept
    }

    /// Says of claimants whether what a list gives them is theirs for good, and not only to begin with.
    fn lasts(&self, field: Field) -> impl Fn(usize) -> bool {
        move |at| self.desires.profile(self.people[at].desire).list(field).is_some_and(|set| set.managed)
    }

    fn settings(&self, user: u32) -> &UserSettings {
        self.current.users[user as usize].settings()
    }

    /// Returns the extension that somebody gets or has.
    fn extension_of<'e>(&'e self, claimant: &Claimant<'_, '_>, extensions: &'e Extensions) -> Option<&'e str> {
        let now = || claimant.user.and_then(|user| self.settings(user).extension.as_deref());
        extensions.get(&claimant.at).map(|extension| &**extension).or_else(now)
    }

    /// Returns what everybody's rules ask for of one field, as far as the account has it; the rest is noted. What comes out to
    /// nothing says nothing, and what `find` answers with `None` need not be given.
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
            // What could not be evaluated was asked for as well, and is noted.
            let extras = claimant.desire.extras.iter().flat_map(|extras| &extras.problems);
            let broken = extras.filter(|problem| problem.field == field).count();
            let (mut found, mut all) = (Vec::new(), names.len() + broken);
            for name in names {
                match find(claimant, name) {
                    // Two expressions may come out to one thing.
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

    /// Returns what everybody gets of what was asked for.
    fn shared(&self, asked: &[Asked]) -> Vec<(u32, Claim)> {
        self.given(asked, asked.iter().flat_map(|one| one.found.iter().map(|thing| (one.at, thing.clone()))).collect())
    }

    /// Returns what everybody gets of what was asked for and only one user can have.
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

/// Returns what a target must claim for a field.
fn feature(field: Field) -> Option<Feature> {
    match field {
        Field::Voicemail => Some(Feature::Voicemail),
        Field::PhoneNumberName => Some(Feature::PhoneNumbers),
        field => Setting::of(field).map(|setting| setting.feature),
    }
}
