//! The desired state of each person's user according to the rules.

use std::borrow::Cow;
use std::sync::Arc;

use hashbrown::HashMap;
use rayon::prelude::*;

use super::defaults::Defaults;
use super::mapping::{BoundMapping, Cut};
use super::profile::{Profile, Source, Trial};
use super::select::{Bits, BrokenRule, Miss, Selector};
use super::{Mapping, Rewrite, Rules};
use crate::model::text::{count, nfc, normal_name};
use crate::model::{Directory, Field, FieldLimits, Person, PersonIx, email};

mod extras;

use extras::BoundExtras;

/// The desired state of the users of all selected people.
#[derive(Debug)]
pub struct Desires<'d> {
    /// The rules.
    pub rules: &'d Rules,
    /// The directory.
    pub directory: &'d Directory,
    /// One entry for each selected person, in the order of the directory.
    pub people: Vec<Desire<'d>>,
    /// The combined effect of each set of rules that selects people.
    pub profiles: Vec<Profile<'d>>,
    /// Rules that cannot be evaluated. They select no one, but people they may have selected do not become leavers.
    pub broken: Vec<BrokenRule>,
    /// The number of people that each rule selects, by the index of the rule.
    pub populations: Vec<usize>,
    /// The treatment of simulated rules.
    pub trial: Trial,
}

/// The desired state of one person's user.
#[derive(Clone, Debug)]
pub struct Desire<'d> {
    /// The person.
    pub person: PersonIx,
    /// The index of the profile in [`Desires::profiles`].
    pub profile: u32,
    /// The e-mail address, if there is one.
    pub email: Option<Cow<'d, str>>,
    /// The first name, normalized.
    pub first_name: Cow<'d, str>,
    /// The last name, normalized.
    pub last_name: Cow<'d, str>,
    /// The language, if a rule sets it to a value that is not empty.
    pub language: Option<Cow<'d, str>>,
    /// Values that few rules set; `None` if the person's rules set none of them.
    pub extras: Option<Box<Extras<'d>>>,
    /// The first field that the account would reject.
    pub problem: Option<Box<FieldProblem>>,
    /// The values that the filter `cut` shortened, with their fields; empty for almost everyone.
    pub cuts: Box<[(Field, Cut)]>,
}

/// Values that few rules set for a person.
#[derive(Clone, Debug, Default)]
pub struct Extras<'d> {
    /// Fields with one value that is not empty: the time zone, the extension, and others.
    pub singles: Vec<(Field, Cow<'d, str>)>,
    /// Custom fields with a value that is not empty, in ascending order of name.
    pub custom_fields: Vec<(&'d str, Cow<'d, str>)>,
    /// Fields with several values: devices by MAC address or name, the others by number. A field has no entry if all its expressions
    /// are empty.
    pub lists: Vec<(Field, Vec<Cow<'d, str>>)>,
    /// Values that the account would reject, and that are therefore omitted.
    pub problems: Vec<FieldProblem>,
}

/// A field that the account would reject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldProblem {
    /// The field.
    pub field: Field,
    /// A message with the problem and the value.
    pub problem: String,
}

impl Extras<'_> {
    /// Returns the value of a field with one value, if it is not empty.
    pub fn single(&self, field: Field) -> Option<&str> {
        self.singles.iter().find(|(own, _)| *own == field).map(|(_, value)| &**value)
    }

    /// Returns the values of a field with several values.
    pub fn list(&self, field: Field) -> &[Cow<'_, str>] {
        self.lists.iter().find(|(own, _)| *own == field).map_or(&[], |(_, list)| list)
    }
}

impl<'d> Desires<'d> {
    /// Returns the combined effect of the rules that select a person.
    pub fn profile(&self, desire: &Desire<'_>) -> &Profile<'d> {
        &self.profiles[desire.profile as usize]
    }
}

/// Computes the desired state for all people of a directory.
///
/// The result does not depend on the time: whether a person is enabled is evaluated later. Fields are checked against the limits of
/// the account. A field that the account would reject affects only that person.
pub fn desire<'d>(rules: &'d Rules, directory: &'d Arc<Directory>, limits: FieldLimits, trial: Trial) -> Desires<'d> {
    let selector = Selector::new(rules, directory);
    let words = selector.rule_words();
    let people = directory.people();
    let mut selected: Bits = vec![0; people.len() * words];
    selected.par_chunks_mut(words).zip(people).for_each_init(Vec::new, |hits, (found, person)| {
        selector.rules_of(person, hits, found);
    });

    let mut profiles: Vec<Profile<'d>> = Vec::new();
    let mut known: HashMap<&[u64], u32> = HashMap::new();
    let mut populations = vec![0; rules.list.len()];
    let mut members: Vec<(PersonIx, u32)> = Vec::new();
    for (at, set) in selected.chunks(words).enumerate() {
        if set.iter().all(|word| *word == 0) {
            continue;
        }
        let profile = *known.entry(set).or_insert_with(|| {
            profiles.push(Profile::new(rules, members_of(set), trial));
            profiles.len() as u32 - 1
        });
        profiles[profile as usize].selecting.iter().for_each(|rule| populations[*rule] += 1);
        members.push((PersonIx(at as u32), profile));
    }
    let fields: Vec<Fields<'_>> = profiles.iter().map(|profile| Fields::bind(profile, directory, rules)).collect();
    let defaults = Defaults::new(directory);
    let people = members
        .into_par_iter()
        .with_min_len(256)
        .map(|(person, profile)| {
            fields[profile as usize].evaluate(directory.person(person), person, profile, &defaults, limits)
        })
        .collect();
    Desires { rules, directory, people, profiles, broken: selector.broken, populations, trial }
}

/// Returns for each rule, in order, why it does not select a person; `None` if it does.
pub(crate) fn explain_selection(rules: &Rules, directory: &Directory, person: &Person) -> Vec<Option<Miss>> {
    let selector = Selector::new(rules, directory);
    (0..rules.list.len()).map(|index| selector.why_not(index, person)).collect()
}

fn members_of(set: &[u64]) -> Vec<usize> {
    (0..set.len() * 64).filter(|index| set[index / 64] & (1 << (index % 64)) != 0).collect()
}

/// The expressions of one profile, bound to one directory.
struct Fields<'d> {
    email: Option<BoundMapping<'d>>,
    first_name: Option<BoundMapping<'d>>,
    last_name: Option<BoundMapping<'d>>,
    language: Option<BoundMapping<'d>>,
    rewrite: Option<&'d Rewrite>,
    extras: Option<BoundExtras<'d>>,
}

impl<'d> Fields<'d> {
    fn bind(profile: &Profile<'d>, directory: &'d Arc<Directory>, rules: &'d Rules) -> Self {
        let bind = |source: Option<Source<'d>>| {
            source.and_then(|source| source.mapping).map(|mapping: &'d Mapping| mapping.bind(directory))
        };
        Self {
            email: bind(Some(profile.email)),
            first_name: bind(Some(profile.first_name)),
            last_name: bind(Some(profile.last_name)),
            language: bind(profile.source(Field::Language)),
            rewrite: rules.rewrite.as_ref(),
            extras: profile.has_extras().then(|| BoundExtras::bind(profile, directory)),
        }
    }

    fn evaluate(
        &self,
        person: &'d Person,
        ix: PersonIx,
        profile: u32,
        defaults: &Defaults,
        limits: FieldLimits,
    ) -> Desire<'d> {
        let mut problem = None;
        let (mut cut, mut cuts) = (Vec::new(), Vec::new());
        let mut value = |field, bound: Option<&BoundMapping<'d>>| {
            let Some(bound) = bound else { return defaults.value(field, person) };
            let found = bound.value(ix, &mut cut).unwrap_or_else(|fault| {
                problem.get_or_insert_with(|| Box::new(FieldProblem { field, problem: fault.into_message() }));
                None
            });
            cuts.extend(cut.drain(..).map(|cut| (field, cut)));
            found
        };
        let mut email = value(Field::Email, self.email.as_ref()).map(trimmed);
        if let Some(rewrite) = self.rewrite {
            email = email.map(|email| rewrite.apply(email));
        }
        let first_name = value(Field::FirstName, self.first_name.as_ref()).map(normal).unwrap_or_default();
        let last_name = value(Field::LastName, self.last_name.as_ref()).map(normal).unwrap_or_default();
        let language = value(Field::Language, self.language.as_ref()).map(trimmed);
        let extras = self.extras.as_ref().map(|extras| Box::new(extras.evaluate(ix, &mut cuts)));
        let cuts = cuts.into_boxed_slice();
        let mut desire = Desire { person: ix, profile, email, first_name, last_name, language, extras, problem, cuts };
        if desire.problem.is_none() {
            desire.problem = unusable(&desire, limits).map(Box::new);
        }
        desire
    }
}

/// Trims a text and composes its characters (NFC), because many services reject decomposed characters in addresses.
pub(super) fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => nfc(text.trim()),
        Cow::Owned(text) => Cow::Owned(nfc(text.trim()).into_owned()),
    }
}

/// Normalizes a name.
pub(super) fn normal(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => normal_name(text),
        Cow::Owned(text) => Cow::Owned(normal_name(&text).into_owned()),
    }
}

/// Returns the first field that the account would reject.
fn unusable(desire: &Desire<'_>, limits: FieldLimits) -> Option<FieldProblem> {
    let problem = |field, problem| Some(FieldProblem { field, problem });
    if let Some(email) = &desire.email {
        let length = email.len();
        if length > limits.email && email.chars().count() > limits.email {
            return problem(
                Field::Email,
                format!("`{email}` is longer than {}", count(limits.email, "character", "characters")),
            );
        }
        if let Some(reason) = email::problem(email) {
            return problem(Field::Email, format!("`{email}`: {reason}"));
        }
    }
    for (field, name) in [(Field::FirstName, &desire.first_name), (Field::LastName, &desire.last_name)] {
        let length = if name.len() > limits.name { name.chars().count() } else { name.len() };
        if length > limits.name {
            return problem(field, format!("`{name}` has {length} characters, but the account allows {}", limits.name));
        }
        if name.is_empty() {
            return problem(field, "the person has no value for it".to_owned());
        }
    }
    let language = desire.language.as_ref()?;
    let fine = |code: &str, length: usize| code.len() == length && code.bytes().all(|b| b.is_ascii_alphabetic());
    let valid = match language.split_once('_') {
        None => fine(language, 2),
        Some((language, country)) => fine(language, 2) && fine(country, 2),
    };
    if valid { None } else { problem(Field::Language, format!("`{language}` is not a language code such as `en_US`")) }
}
