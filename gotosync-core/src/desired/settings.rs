//! The settings few users have, laid over what is there.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::users::DesiredUsers;
use crate::model::{ExpressionKey, Field, PhoneNumber, Setting, User, UserSettings};
use crate::rules::{Desire, list_fields};

/// Whether the user is there already.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Existing,
    New,
}

impl DesiredUsers<'_, '_> {
    /// The settings of a user who exists, if they change.
    pub(super) fn settings(&mut self, at: u32, desire: &Desire<'_>, user: &User) -> Option<UserSettings> {
        let mut wanted = self.lay(at, desire, user.settings(), Standing::Existing)?;
        let now = user.settings();
        if wanted.loses(now)
            && self.spares(user, "would lose a device, a phone number, a device group or a product inside another")
        {
            wanted.keep(now);
        }
        stay_apart(&mut wanted);
        Some(wanted)
    }

    /// The settings of a user who is yet to be made, if there are any.
    pub(super) fn first_settings(&self, at: u32, desire: &Desire<'_>) -> Option<UserSettings> {
        let mut wanted = self.lay(at, desire, UserSettings::NONE, Standing::New)?;
        stay_apart(&mut wanted);
        Some(wanted)
    }

    fn lay(&self, at: u32, desire: &Desire<'_>, now: &UserSettings, standing: Standing) -> Option<UserSettings> {
        let profile = self.desires.profile(desire);
        let offer = &self.offers.profiles[desire.profile as usize];
        let counts = |managed: bool| managed || standing == Standing::New;
        let mut wanted = Cow::Borrowed(now);
        if let Some(extras) = &desire.extras {
            // A value that must be in the account's lists is claimed, and so is an extension.
            let free = |key: &&ExpressionKey| {
                Setting::of(key.field).is_some_and(|setting| setting.listed.is_none() && setting.exclusive.is_none())
            };
            for key in ExpressionKey::all().filter(free) {
                let managed = profile.source(key.field).is_some_and(|source| counts(source.managed));
                let value = extras.single(key.field).filter(|_| managed);
                put_one(&mut wanted, key.field, value);
            }
            for (name, value) in &extras.custom_fields {
                let managed = profile.custom_field(name).is_some_and(|source| counts(source.managed));
                if managed && now.custom_fields.get(*name).map(String::as_str) != Some(value) {
                    wanted.to_mut().custom_fields.insert((*name).to_owned(), value.to_string());
                }
            }
        }
        put_one(&mut wanted, Field::Extension, self.claims.extension(at));
        for (field, value) in self.claims.singles(at) {
            put_one(&mut wanted, *field, Some(value));
        }
        for (license, set) in offer.templates.iter().filter(|(_, set)| counts(set.managed)) {
            if now.templates.get(license) != Some(&set.value) {
                wanted.to_mut().templates.insert(license.clone(), set.value.clone());
            }
        }
        for grant in offer.licenses.iter().filter(|grant| grant.given && counts(grant.managed)) {
            let Some(without) = &grant.without else { continue };
            if now.off.get(&grant.what).unwrap_or(&BTreeSet::new()) != without {
                wanted.to_mut().off.insert(grant.what.clone(), without.clone());
            }
        }
        self.lay_device_groups(desire, now, &mut wanted, counts);
        self.lay_lists(at, now, &mut wanted);
        self.lay_phone_numbers(at, desire, &mut wanted, counts);
        match wanted {
            Cow::Borrowed(_) => None,
            Cow::Owned(wanted) => Some(wanted),
        }
    }

    /// Groups that rules name come and go; any other is left alone.
    fn lay_device_groups(
        &self,
        desire: &Desire<'_>,
        now: &UserSettings,
        wanted: &mut Cow<'_, UserSettings>,
        counts: impl Fn(bool) -> bool,
    ) {
        let grants = &self.offers.profiles[desire.profile as usize].device_groups;
        for grant in grants.iter().filter(|grant| grant.given && counts(grant.managed)) {
            if !now.device_groups.contains(&grant.what) {
                wanted.to_mut().device_groups.insert(grant.what.clone());
            }
        }
        for name in &now.device_groups {
            if self.offers.device_groups.contains(name) && !grants.iter().any(|grant| grant.what == *name) {
                wanted.to_mut().device_groups.remove(name);
            }
        }
    }

    /// Settings with several values are what the rules say.
    fn lay_lists(&self, at: u32, now: &UserSettings, wanted: &mut Cow<'_, UserSettings>) {
        for field in list_fields().filter(|field| *field != Field::PhoneNumbers) {
            let Some(claim) = self.claims.list(field, at) else { continue };
            let own: BTreeSet<String> = now.names(field).into_iter().collect();
            let after = claim.over(own.iter().cloned());
            if after != own {
                wanted.to_mut().put(field, &after.iter().map(String::as_str).collect::<Vec<_>>());
            }
        }
    }

    /// Numbers are what the rules say; each has the name that the rules give, or the one it has.
    fn lay_phone_numbers(
        &self,
        at: u32,
        desire: &Desire<'_>,
        wanted: &mut Cow<'_, UserSettings>,
        counts: impl Fn(bool) -> bool,
    ) {
        let profile = self.desires.profile(desire);
        let named = profile.source(Field::PhoneNumberName).is_some_and(|source| counts(source.managed));
        let extras = desire.extras.as_ref().filter(|_| named);
        let name = extras.and_then(|extras| extras.single(Field::PhoneNumberName));
        let now = &wanted.phone_numbers;
        // What rings at an extension of nobody comes with it to whoever gets it.
        let comes = self.claims.numbers_that_come(at);
        let mut numbers: BTreeSet<PhoneNumber> = match self.claims.list(Field::PhoneNumbers, at) {
            Some(claim) => {
                let after = claim.over(now.keys().map(|number| number.as_str().to_owned()));
                after.iter().filter_map(|number| number.parse().ok()).collect()
            }
            None if name.is_none() && comes.is_empty() => return,
            None => now.keys().cloned().collect(),
        };
        numbers.extend(comes.iter().cloned());
        // A number needs a name: one that is listed without is called by its digits.
        let listed = |number: &PhoneNumber| self.current.catalog.phone_number(number).map(|own| own.name.clone());
        let first =
            |number: &PhoneNumber| listed(number).filter(|name| !name.is_empty()).unwrap_or_else(|| number.to_string());
        let own = |number: &PhoneNumber| now.get(number).cloned().unwrap_or_else(|| first(number));
        let after: BTreeMap<PhoneNumber, String> = numbers
            .into_iter()
            .map(|number| {
                let name = name.map_or_else(|| own(&number), str::to_owned);
                (number, name)
            })
            .collect();
        if after != *now {
            wanted.to_mut().phone_numbers = after;
        }
    }
}

/// Gives a setting with one value another one.
fn put_one(wanted: &mut Cow<'_, UserSettings>, field: Field, value: Option<&str>) {
    if let Some(value) = value
        && wanted.names(field) != [value]
    {
        wanted.to_mut().put(field, &[value]);
    }
}

/// An extension that becomes the user's own is a secondary one no more.
fn stay_apart(wanted: &mut UserSettings) {
    if let Some(own) = &wanted.extension {
        wanted.secondary_extensions.remove(&**own);
    }
}
