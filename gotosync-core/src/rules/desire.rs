//! What the rules want for each person.

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

/// What the rules want, for every person that one selects.
#[derive(Debug)]
pub struct Desires<'d> {
    /// The rules.
    pub rules: &'d Rules,
    /// The directory.
    pub directory: &'d Directory,
    /// One entry a selected person, in the order of the directory.
    pub people: Vec<Desire<'d>>,
    /// What each set of rules that selects somebody comes to.
    pub profiles: Vec<Profile<'d>>,
    /// Rules that cannot be evaluated. They select nobody, which does not make anybody a leaver.
    pub broken: Vec<BrokenRule>,
    /// How many people each rule selects, by its place in the list.
    pub populations: Vec<usize>,
    /// Whether rules that are only simulated count.
    pub trial: Trial,
}

/// What the rules want for one person.
#[derive(Clone, Debug)]
pub struct Desire<'d> {
    /// The person.
    pub person: PersonIx,
    /// What the rules that select the person come to.
    pub profile: u32,
    /// The e-mail, if there is one.
    pub email: Option<Cow<'d, str>>,
    /// The first name in normal form.
    pub first_name: Cow<'d, str>,
    /// The last name in normal form.
    pub last_name: Cow<'d, str>,
    /// The language, if a rule sets it and it comes out to something.
    pub language: Option<Cow<'d, str>>,
    /// What few rules set; `None` where the person's rules set none of it.
    pub extras: Option<Box<Extras<'d>>>,
    /// The first field that cannot be used as it is.
    pub problem: Option<Box<FieldProblem>>,
    /// What `cut` took away from which field; empty for almost everybody.
    pub cuts: Box<[(Field, Cut)]>,
}

/// What few rules set for a person.
#[derive(Clone, Debug, Default)]
pub struct Extras<'d> {
    /// Fields with one value that come out to something: the time zone, the extension and others.
    pub singles: Vec<(Field, Cow<'d, str>)>,
    /// Custom fields that come out to something, in ascending order of name.
    pub custom_fields: Vec<(&'d str, Cow<'d, str>)>,
    /// What a person has several of, by field: devices by MAC address or name, the rest by number. A field whose
    /// expressions come out to nothing is absent.
    pub lists: Vec<(Field, Vec<Cow<'d, str>>)>,
    /// What cannot be used as it is, and is left out.
    pub problems: Vec<FieldProblem>,
}

/// A field that the account would refuse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldProblem {
    /// The field.
    pub field: Field,
    /// What is wrong with it, and its value.
    pub problem: String,
}

impl Extras<'_> {
    /// Returns the value of a field with one value, if it comes out to something.
    pub fn single(&self, field: Field) -> Option<&str> {
        self.singles.iter().find(|(own, _)| *own == field).map(|(_, value)| &**value)
    }

    /// What a person has several of.
    pub fn list(&self, field: Field) -> &[Cow<'_, str>] {
        self.lists.iter().find(|(own, _)| *own == field).map_or(&[], |(_, list)| list)
    }
}

impl<'d> Desires<'d> {
    /// What the rules that select somebody come to.
    pub fn profile(&self, desire: &Desire<'_>) -> &Profile<'d> {
        &self.profiles[desire.profile as usize]
    }
}

/// Works out what the rules want for the people of a directory.
///
/// The result does not depend on time: whether a person is enabled is asked later. Fields are checked against what the
/// account accepts; a field that it would not is a problem of that person alone.
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

/// Says for each rule, in order, why it does not select a person; `None` where it does.
pub(crate) fn explain_selection(rules: &Rules, directory: &Directory, person: &Person) -> Vec<Option<Miss>> {
    let selector = Selector::new(rules, directory);
    (0..rules.list.len()).map(|index| selector.why_not(index, person)).collect()
}

fn members_of(set: &[u64]) -> Vec<usize> {
    (0..set.len() * 64).filter(|index| set[index / 64] & (1 << (index % 64)) != 0).collect()
}

/// The fields of one profile, ready for one directory.
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

/// Without space at the ends, and composed: many services take a decomposed address for an invalid one.
pub(super) fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => nfc(text.trim()),
        Cow::Owned(text) => Cow::Owned(nfc(text.trim()).into_owned()),
    }
}

/// A name in normal form.
pub(super) fn normal(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => normal_name(text),
        Cow::Owned(text) => Cow::Owned(normal_name(&text).into_owned()),
    }
}

/// The first field that the account would refuse.
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
            return problem(field, format!("`{name}` has {length} characters, the account takes {}", limits.name));
        }
        if name.is_empty() {
            return problem(field, "there is nothing to take it from".to_owned());
        }
    }
    let language = desire.language.as_ref()?;
    let fine = |code: &str, length: usize| code.len() == length && code.bytes().all(|b| b.is_ascii_alphabetic());
    let valid = match language.split_once('_') {
        None => fine(language, 2),
        Some((language, country)) => fine(language, 2) && fine(country, 2),
    };
    if valid { None } else { problem(Field::Language, format!("`{language}` is not a language as `en_US`")) }
}
