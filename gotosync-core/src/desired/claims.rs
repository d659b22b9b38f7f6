//! What only one user can have: telephone extensions and devices. Clashes are found here, before anything is written.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use hashbrown::{HashMap, HashSet};
use jiff::Timestamp;

use crate::link::{Linked, Pairing};
use crate::model::{Account, Mac, Note, NoteKind, text};
use crate::rules::{Desire, Desires, ExtensionSource};

/// What each person gets of what only one can have; by place in the desires.
#[derive(Debug, Default)]
pub(super) struct Claims {
    extensions: HashMap<u32, Box<str>>,
    devices: HashMap<u32, DeviceClaim>,
}

/// The devices that a person gets.
#[derive(Debug)]
pub(super) struct DeviceClaim {
    pub(super) devices: Vec<Mac>,
    /// Whether every device that the rules want is among them.
    pub(super) clear: bool,
}

impl Claims {
    pub(super) fn extension(&self, desire: u32) -> Option<&str> {
        self.extensions.get(&desire).map(|extension| &**extension)
    }

    pub(super) fn devices(&self, desire: u32) -> Option<&DeviceClaim> {
        self.devices.get(&desire)
    }

    /// Settles who gets what. Where two want one thing, or somebody else has it, all is left as it is, with a note.
    pub(super) fn settle(
        desires: &Desires<'_>,
        linked: &Linked<'_>,
        current: &Account,
        now: Timestamp,
        notes: &mut Vec<Note>,
    ) -> Self {
        let extensions = desires.profiles.iter().any(|profile| profile.extension.is_some());
        let devices = desires.profiles.iter().any(|profile| profile.devices.is_some());
        let extras = desires.people.iter().any(|desire| desire.extras.is_some());
        if !extensions && !devices && !extras {
            return Self::default();
        }
        let people = Claimant::all(desires, linked, now);
        for claimant in &people {
            for problem in claimant.desire.extras.iter().flat_map(|extras| &extras.problems) {
                let evidence = format!("{}: {}", problem.field, problem.problem);
                notes.push(Note::new(NoteKind::FieldLeft, claimant.name(desires), evidence));
            }
        }
        let settling = Settling { desires, current, people };
        Self {
            extensions: if extensions { settling.extensions(notes) } else { HashMap::new() },
            devices: if devices { settling.devices(notes) } else { HashMap::new() },
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

    /// Keeps the claims nobody else makes on what nobody else has, and notes the others.
    fn undisputed<T: Copy + Eq + std::hash::Hash + Ord>(
        &self,
        claims: &[(usize, T)],
        holders: &HashMap<T, u32>,
        what: impl Fn(T) -> String,
        notes: &mut Vec<Note>,
    ) -> Vec<(usize, T)> {
        let mut by_thing: BTreeMap<T, Vec<usize>> = BTreeMap::new();
        for (claimant, thing) in claims {
            let claimants = by_thing.entry(*thing).or_default();
            if !claimants.contains(claimant) {
                claimants.push(*claimant);
            }
        }
        let mut kept = Vec::new();
        for (thing, claimants) in by_thing {
            for at in &claimants {
                let claimant = &self.people[*at];
                let twin = claimants.iter().find(|other| *other != at);
                let holder = holders.get(&thing).filter(|holder| claimant.user != Some(**holder));
                if let Some(twin) = twin {
                    let other = self.people[*twin].name(self.desires);
                    self.clash(claimant, format!("{} is also wanted for {other}", what(thing)), notes);
                } else if let Some(holder) = holder {
                    let other = &self.current.users[*holder as usize].email;
                    self.clash(claimant, format!("{} is that of {other}", what(thing)), notes);
                } else {
                    kept.push((*at, thing));
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
        let kept = self.undisputed(&named, &holders, |extension| format!("extension {extension}"), notes);
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

    fn devices(&self, notes: &mut Vec<Note>) -> HashMap<u32, DeviceClaim> {
        let holders = self.holders(|user| {
            let devices = &self.current.users[user as usize].settings().devices;
            devices.iter().copied().collect()
        });
        let mut by_name: HashMap<String, Vec<Mac>> = HashMap::new();
        let mut known: HashSet<Mac> = HashSet::new();
        for device in &self.current.catalog.devices {
            by_name.entry(text::fold(&device.name).into_owned()).or_default().push(device.mac);
            known.insert(device.mac);
        }
        let mut given: HashMap<u32, DeviceClaim> = HashMap::new();
        let mut wanted: Vec<(usize, Mac)> = Vec::new();
        let mut asked: HashMap<u32, usize> = HashMap::new();
        let mut advised = 0;
        for (at, claimant) in self.people.iter().enumerate() {
            let profile = self.desires.profile(claimant.desire);
            if !profile.devices.is_some_and(|set| claimant.counts(set.managed)) {
                continue;
            }
            let names = claimant.desire.extras.as_ref().map_or(&[][..], |extras| &extras.devices);
            // What comes out to nothing says nothing.
            if names.is_empty() {
                continue;
            }
            asked.insert(claimant.at, names.len());
            given.insert(claimant.at, DeviceClaim { devices: Vec::new(), clear: false });
            for name in names {
                match find_device(name, &known, &by_name) {
                    Ok(mac) => wanted.push((at, mac)),
                    Err(evidence) => {
                        let names = self.current.catalog.devices.iter().map(|device| device.name.as_str());
                        // There may be as many devices as people: the nearest name is looked for a few times only.
                        advised += 1;
                        let near = text::nearest(name, names.take(if advised > ADVISED { 0 } else { usize::MAX }));
                        let evidence = match near {
                            Some(near) => format!("{evidence}; did you mean `{near}`?"),
                            None => evidence,
                        };
                        notes.push(Note::new(NoteKind::UnknownDevice, claimant.name(self.desires), evidence));
                    }
                }
            }
        }
        for (at, mac) in self.undisputed(&wanted, &holders, |mac| format!("device {mac}"), notes) {
            if let Some(claim) = given.get_mut(&self.people[at].at) {
                claim.devices.push(mac);
            }
        }
        for (at, claim) in &mut given {
            claim.clear = asked.get(at) == Some(&claim.devices.len());
        }
        given
    }
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
