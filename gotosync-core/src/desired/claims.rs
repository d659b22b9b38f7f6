//! What the account has and rules give by name: telephone extensions, devices, numbers, locations. What only one user can have
//! is settled here, before anything is written.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use hashbrown::{HashMap, HashSet};
use jiff::Timestamp;

use super::names::{advice, find_name};
use crate::link::{Linked, Pairing};
use crate::model::{Account, Field, Mac, Note, NoteKind, PhoneNumber, RingsAt, UserSettings, text};
use crate::rules::{Desire, Desires, ExtensionSource, Rule, Trial};
use crate::target::Feature;

/// What each person gets of what the account has; by place in the desires.
#[derive(Debug, Default)]
pub(super) struct Claims {
    extensions: HashMap<u32, Box<str>>,
    locations: HashMap<u32, Box<str>>,
    /// The numbers that ring at extensions of nobody, and come with them to whoever gets one.
    at_extensions: HashMap<String, Vec<PhoneNumber>>,
    pub(super) devices: Lists<Mac>,
    pub(super) phone_numbers: Lists<PhoneNumber>,
    pub(super) caller_id_numbers: Lists<PhoneNumber>,
    pub(super) secondary_extensions: Lists<String>,
}

/// What each person gets several of; by place in the desires.
pub(super) type Lists<T> = HashMap<u32, Claim<T>>;

/// What one person gets several of.
#[derive(Debug)]
pub(super) struct Claim<T> {
    pub(super) items: Vec<T>,
    /// Whether everything that the rules want is among them.
    clear: bool,
}

impl<T: Ord + Clone> Claim<T> {
    /// What the person has with it, who has some now. Where anything of it is in doubt, nothing that is there goes.
    pub(super) fn over(&self, now: impl IntoIterator<Item = T>) -> BTreeSet<T> {
        let own = self.items.iter().cloned();
        if self.clear { own.collect() } else { own.chain(now).collect() }
    }
}

impl Claims {
    pub(super) fn extension(&self, desire: u32) -> Option<&str> {
        self.extensions.get(&desire).map(|extension| &**extension)
    }

    pub(super) fn location(&self, desire: u32) -> Option<&str> {
        self.locations.get(&desire).map(|location| &**location)
    }

    /// The numbers that come with the extension that a person gets.
    pub(super) fn numbers_that_come(&self, desire: u32) -> &[PhoneNumber] {
        let extension = self.extensions.get(&desire);
        extension.and_then(|own| self.at_extensions.get(&**own)).map_or(&[], Vec::as_slice)
    }

    /// Settles who gets what. Where two want one thing, or somebody else has it, all is left as it is, with a note.
    pub(super) fn settle(
        desires: &Desires<'_>,
        linked: &Linked<'_>,
        current: &Account,
        lacks: &BTreeSet<Feature>,
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
        let settling = Settling { desires, current, lacks, people };
        settling.tell_lacks(notes);
        let extensions = if extensions { settling.extensions(notes) } else { HashMap::new() };
        let gives = |field| desires.profiles.iter().any(|profile| profile.list(field).is_some());
        let mut at_extensions: HashMap<String, Vec<PhoneNumber>> = HashMap::new();
        for listed in &current.catalog.phone_numbers {
            if let Some(RingsAt::Extension(own)) = &listed.rings_at {
                at_extensions.entry(own.clone()).or_default().push(listed.number.clone());
            }
        }
        Self {
            at_extensions,
            locations: settling.locations(notes),
            devices: if gives(Field::Devices) { settling.devices(notes) } else { Lists::new() },
            phone_numbers: if gives(Field::PhoneNumbers) {
                settling.phone_numbers(&extensions, notes)
            } else {
                Lists::new()
            },
            caller_id_numbers: if gives(Field::CallerIdNumbers) {
                settling.caller_id_numbers(notes)
            } else {
                Lists::new()
            },
            secondary_extensions: if gives(Field::SecondaryExtensions) {
                settling.secondary_extensions(&extensions, notes)
            } else {
                Lists::new()
            },
            extensions,
        }
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

struct Settling<'c, 'd> {
    desires: &'c Desires<'d>,
    current: &'c Account,
    lacks: &'c BTreeSet<Feature>,
    people: Vec<Claimant<'c, 'd>>,
}

impl Settling<'_, '_> {
    fn clash(&self, claimant: &Claimant<'_, '_>, evidence: String, notes: &mut Vec<Note>) {
        notes.push(Note::new(NoteKind::Clash, claimant.name(self.desires), evidence));
    }

    /// Who has what now: the thing, and the place of the user.
    fn holders<T: std::hash::Hash + Eq>(&self, of: impl Fn(u32) -> Vec<T>) -> HashMap<T, u32> {
        let users = 0..self.current.users.len() as u32;
        users.flat_map(|user| of(user).into_iter().map(move |thing| (thing, user))).collect()
    }

    /// Keeps the claims nobody else makes on what nobody else has, and notes the others. Of several claims one that lasts goes
    /// before those that are only made for new users: at the next run it would stand alone.
    fn undisputed<T: Clone + Eq + std::hash::Hash + Ord>(
        &self,
        claims: &[(usize, T)],
        holders: &HashMap<T, u32>,
        lasts: impl Fn(usize) -> bool,
        what: impl Fn(&T) -> String,
        notes: &mut Vec<Note>,
    ) -> Vec<(usize, T)> {
        let mut by_thing: BTreeMap<T, Vec<usize>> = BTreeMap::new();
        for (claimant, thing) in claims {
            let claimants = by_thing.entry(thing.clone()).or_default();
            if !claimants.contains(claimant) {
                claimants.push(*claimant);
            }
        }
        let mut kept = Vec::new();
        for (thing, claimants) in by_thing {
            let mut lasting = claimants.iter().filter(|at| lasts(**at));
            let first = lasting.next().filter(|_| lasting.next().is_none());
            for at in &claimants {
                let claimant = &self.people[*at];
                let twin = claimants.iter().find(|other| *other != at).filter(|_| first != Some(at));
                let holder = holders.get(&thing).filter(|holder| claimant.user != Some(**holder));
                if let Some(twin) = twin {
                    let other = self.people[*twin].name(self.desires);
                    self.clash(claimant, format!("{} is also wanted for {other}", what(&thing)), notes);
                } else if let Some(holder) = holder {
                    let other = &self.current.users[*holder as usize].email;
                    self.clash(claimant, format!("{} is that of {other}", what(&thing)), notes);
                } else {
                    kept.push((*at, thing.clone()));
                }
            }
        }
        kept
    }

    fn extensions(&self, notes: &mut Vec<Note>) -> HashMap<u32, Box<str>> {
        let own = |user: u32| self.current.users[user as usize].settings().extension.as_deref();
        let holders = self.holders(|user| own(user).into_iter().collect());
        let mut named: Vec<(usize, &str)> = Vec::new();
        let mut ranged: Vec<(usize, &RangeInclusive<u32>)> = Vec::new();
        for (at, claimant) in self.people.iter().enumerate() {
            let profile = self.desires.profile(claimant.desire);
            let Some(set) = profile.extension.filter(|set| claimant.counts(set.managed)) else { continue };
            match set.value {
                ExtensionSource::Mapping(_) => {
                    let wanted = claimant.desire.extras.as_ref().and_then(|extras| extras.extension.as_deref());
                    named.extend(wanted.map(|extension| (at, extension)));
                }
                ExtensionSource::Range(range) if claimant.user.and_then(own).is_none() => ranged.push((at, range)),
                ExtensionSource::Range(_) => {}
            }
        }
        let lasts = |at: usize| self.desires.profile(self.people[at].desire).extension.is_some_and(|set| set.managed);
        let kept = self.undisputed(&named, &holders, lasts, |extension| format!("extension {extension}"), notes);
        let mut given: HashMap<u32, Box<str>> =
            kept.into_iter().map(|(at, extension)| (self.people[at].at, extension.into())).collect();
        // What anybody has or asks for by name is not free, whoever gets it in the end.
        let number = |extension: &&str| extension.parse::<u32>().ok();
        let mut taken: BTreeSet<u32> = holders.keys().filter_map(number).collect();
        taken.extend(named.iter().filter_map(|(_, extension)| number(extension)));
        let mut next: HashMap<&RangeInclusive<u32>, u32> = HashMap::new();
        for (at, range) in ranged {
            let from = next.entry(range).or_insert(*range.start());
            if let Some(number) = (*from..=*range.end()).find(|number| !taken.contains(number)) {
                *from = number;
                taken.insert(number);
                given.insert(self.people[at].at, number.to_string().into());
            } else {
                // The next one need not look again.
                *from = range.end().saturating_add(1);
                let evidence = format!("every number from {} to {} is taken", range.start(), range.end());
                notes.push(Note::new(NoteKind::RangeFull, self.people[at].name(self.desires), evidence));
            }
        }
        given
    }

    /// Says of claimants whether what a list gives them is theirs for good, and not only to begin with.
    fn lasts(&self, field: Field) -> impl Fn(usize) -> bool {
        move |at| self.desires.profile(self.people[at].desire).list(field).is_some_and(|set| set.managed)
    }

    fn settings(&self, user: u32) -> &UserSettings {
        self.current.users[user as usize].settings()
    }

    /// Says once a rule what it gives and the target lacks.
    fn tell_lacks(&self, notes: &mut Vec<Note>) {
        let held = |rule: &Rule| !rule.enabled || (rule.is_simulated() && self.desires.trial == Trial::Hold);
        for rule in self.desires.rules.list.iter().filter(|rule| !held(rule)) {
            let set = |field: &Field| rule.fields.get(field).is_some_and(Option::is_some);
            let single = [Field::Location, Field::PhoneNumberName].into_iter().filter(set);
            let voicemail = rule.gives.voicemail.as_ref().map(|_| Field::Voicemail);
            for field in rule.lists.keys().copied().chain(single).chain(voicemail) {
                if let Some(lacking) = feature(field).filter(|feature| self.lacks.contains(feature)) {
                    let evidence =
                        format!("it sets {field}, and the account does not let {} be given", lacking.as_str());
                    notes.push(Note::new(NoteKind::Unsupported, &*rule.name, evidence));
                }
            }
        }
    }

    fn lacks(&self, field: Field) -> bool {
        feature(field).is_some_and(|feature| self.lacks.contains(&feature))
    }

    /// The location of each, by the account's own name.
    fn locations(&self, notes: &mut Vec<Note>) -> HashMap<u32, Box<str>> {
        let mut given = HashMap::new();
        if self.lacks(Field::Location) {
            return given;
        }
        for claimant in &self.people {
            let profile = self.desires.profile(claimant.desire);
            if !profile.location.is_some_and(|source| claimant.counts(source.managed)) {
                continue;
            }
            let Some(name) = claimant.desire.extras.as_ref().and_then(|extras| extras.location.as_deref()) else {
                continue;
            };
            let names = || self.current.catalog.locations.iter().map(String::as_str);
            if let Some(known) = find_name(name, names()) {
                given.insert(claimant.at, known.into());
            } else {
                let evidence = advice(&format!("the account has no location `{name}`"), name, names());
                notes.push(Note::new(NoteKind::UnknownLocation, claimant.name(self.desires), evidence));
            }
        }
        given
    }

    fn devices(&self, notes: &mut Vec<Note>) -> Lists<Mac> {
        let mut by_name: HashMap<String, Vec<Mac>> = HashMap::new();
        let mut known: HashSet<Mac> = HashSet::new();
        for device in &self.current.catalog.devices {
            by_name.entry(text::fold(&device.name).into_owned()).or_default().push(device.mac);
            known.insert(device.mac);
        }
        let mut advised = 0;
        let find = |_: &Claimant<'_, '_>, name: &str| {
            find_device(name, &known, &by_name).map(Some).map_err(|evidence| {
                let names = self.current.catalog.devices.iter().map(|device| device.name.as_str());
                // There may be as many devices as people: the nearest name is looked for a few times only.
                advised += 1;
                let near = text::nearest(name, names.take(if advised > ADVISED { 0 } else { usize::MAX }));
                let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                (NoteKind::UnknownDevice, format!("{evidence}{near}"))
            })
        };
        let asked = self.asked(Field::Devices, find, notes);
        let holders = self.holders(|user| self.settings(user).devices.iter().copied().collect());
        self.given(
            &asked,
            |wanted, notes| {
                self.undisputed(wanted, &holders, self.lasts(Field::Devices), |mac| format!("device {mac}"), notes)
            },
            notes,
        )
    }

    /// Numbers that ring at an extension, of which each person must have one.
    fn phone_numbers(&self, extensions: &HashMap<u32, Box<str>>, notes: &mut Vec<Note>) -> Lists<PhoneNumber> {
        let known = self.known_numbers();
        let find = |claimant: &Claimant<'_, '_>, text: &str| {
            let number = find_number(text, &known)?;
            let extension = self.extension_of(claimant, extensions);
            if extension.is_none() {
                return Err((NoteKind::FieldLeft, format!("phone_numbers: {number} has no extension to ring at")));
            }
            let listed = self.current.catalog.phone_number(&number);
            if listed.is_some_and(|listed| !listed.is_free_for(extension)) {
                return Err((NoteKind::Clash, format!("phone number {number} rings at something that is no user")));
            }
            Ok(Some(number))
        };
        let asked = self.asked(Field::PhoneNumbers, find, notes);
        let holders = self.holders(|user| self.settings(user).phone_numbers.keys().cloned().collect());
        let what = |number: &PhoneNumber| format!("phone number {number}");
        self.given(
            &asked,
            |wanted, notes| self.undisputed(wanted, &holders, self.lasts(Field::PhoneNumbers), what, notes),
            notes,
        )
    }

    fn caller_id_numbers(&self, notes: &mut Vec<Note>) -> Lists<PhoneNumber> {
        let known = self.known_numbers();
        let asked = self.asked(Field::CallerIdNumbers, |_, text| find_number(text, &known).map(Some), notes);
        self.given(&asked, |wanted, _| wanted.to_vec(), notes)
    }

    fn secondary_extensions(&self, extensions: &HashMap<u32, Box<str>>, notes: &mut Vec<Note>) -> Lists<String> {
        let own = self.current.users.iter().filter_map(|user| user.settings().extension.as_deref());
        let known: HashSet<&str> = self.current.catalog.extensions.iter().map(String::as_str).chain(own).collect();
        let find = |claimant: &Claimant<'_, '_>, extension: &str| {
            // Whose own it is has no need of it: a rule for all of a team names the extension of one of them.
            if self.extension_of(claimant, extensions) == Some(extension) {
                return Ok(None);
            }
            if known.contains(extension) {
                return Ok(Some(extension.to_owned()));
            }
            Err((NoteKind::UnknownExtension, format!("the account has no extension {extension}")))
        };
        let asked = self.asked(Field::SecondaryExtensions, find, notes);
        self.given(&asked, |wanted, _| wanted.to_vec(), notes)
    }

    /// Every telephone number of the account.
    fn known_numbers(&self) -> HashSet<&PhoneNumber> {
        let own = self.current.users.iter().flat_map(|user| user.settings().phone_numbers.keys());
        self.current.catalog.phone_numbers.iter().map(|listed| &listed.number).chain(own).collect()
    }

    /// The extension that somebody gets or has.
    fn extension_of<'e>(
        &'e self,
        claimant: &Claimant<'_, '_>,
        extensions: &'e HashMap<u32, Box<str>>,
    ) -> Option<&'e str> {
        let now = || claimant.user.and_then(|user| self.settings(user).extension.as_deref());
        extensions.get(&claimant.at).map(|extension| &**extension).or_else(now)
    }

    /// What everybody's rules ask for of one field, as far as it is in the account; the rest is noted. What comes out to
    /// nothing says nothing, and what is `None` need not be given.
    fn asked<T: PartialEq>(
        &self,
        field: Field,
        mut find: impl FnMut(&Claimant<'_, '_>, &str) -> Result<Option<T>, (NoteKind, String)>,
        notes: &mut Vec<Note>,
    ) -> Vec<Asked<T>> {
        let mut asked = Vec::new();
        if self.lacks(field) {
            return asked;
        }
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

    /// What everybody gets of what was asked for, after those who may have it were chosen.
    fn given<T: Clone>(
        &self,
        asked: &[Asked<T>],
        choose: impl FnOnce(&[(usize, T)], &mut Vec<Note>) -> Vec<(usize, T)>,
        notes: &mut Vec<Note>,
    ) -> Lists<T> {
        let wanted: Vec<(usize, T)> =
            asked.iter().flat_map(|one| one.found.iter().map(|thing| (one.at, thing.clone()))).collect();
        let empty = |one: &Asked<T>| (self.people[one.at].at, Claim { items: Vec::new(), clear: false });
        let mut given: Lists<T> = asked.iter().map(empty).collect();
        for (at, thing) in choose(&wanted, notes) {
            if let Some(claim) = given.get_mut(&self.people[at].at) {
                claim.items.push(thing);
            }
        }
        for one in asked {
            if let Some(claim) = given.get_mut(&self.people[one.at].at) {
                claim.clear = one.all == claim.items.len();
            }
        }
        given
    }
}

/// What a target has to have for a field.
const fn feature(field: Field) -> Option<Feature> {
    match field {
        Field::Devices => Some(Feature::Devices),
        Field::Location => Some(Feature::Locations),
        Field::PhoneNumbers | Field::PhoneNumberName => Some(Feature::PhoneNumbers),
        Field::Voicemail => Some(Feature::Voicemail),
        Field::CallerIdNumbers => Some(Feature::CallerIdNumbers),
        Field::SecondaryExtensions => Some(Feature::SecondaryExtensions),
        _ => None,
    }
}

/// What the rules of one person ask for of one field.
struct Asked<T> {
    /// The place among claimants.
    at: usize,
    /// What of it the account has.
    found: Vec<T>,
    /// How much they ask for.
    all: usize,
}

/// A telephone number of the account.
fn find_number(text: &str, known: &HashSet<&PhoneNumber>) -> Result<PhoneNumber, (NoteKind, String)> {
    let unknown = || (NoteKind::UnknownNumber, format!("the account has no phone number {text}"));
    let number = text.parse::<PhoneNumber>().map_err(|_| unknown())?;
    if known.contains(&number) { Ok(number) } else { Err(unknown()) }
}

/// A device by MAC address or by name.
fn find_device(name: &str, known: &HashSet<Mac>, by_name: &HashMap<String, Vec<Mac>>) -> Result<Mac, String> {
    if let Ok(mac) = name.parse::<Mac>() {
        return if known.contains(&mac) { Ok(mac) } else { Err(format!("the account has no device {mac}")) };
    }
    match by_name.get(&*text::fold(name)).map(Vec::as_slice) {
        Some([mac]) => Ok(*mac),
        Some(several) => Err(format!("{} devices are called `{name}`: name one by its MAC address", several.len())),
        None => Err(format!("the account has no device `{name}`")),
    }
}

/// For how many unknown devices the nearest name is looked for.
const ADVISED: usize = 20;
