//! The optional settings of a user, computed from the rules and the current settings.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::users::DesiredUsers;
use crate::model::{ExpressionKey, Field, PhoneNumber, Setting, User, UserSettings};
use crate::rules::{Desire, list_fields};

/// A user that exists already, or a new one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Existing,
    New,
}

impl DesiredUsers<'_, '_> {
    /// Returns the settings of an existing user, if they change.
    pub(super) fn settings(&mut self, at: u32, desire: &Desire<'_>, user: &User) -> Option<UserSettings> {
        let mut wanted = self.lay(at, desire, user.settings(), Standing::Existing)?;
        let now = user.settings();
        if wanted.loses(now)
            && self.spares(user, "would lose a device, phone number, device group, or product inside a license")
        {
            wanted.keep(now);
        }
        stay_apart(&mut wanted);
        Some(wanted)
    }

    /// Returns the settings of a new user, if there are any.
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
            // Extensions and values from the account's lists come from the claims instead.
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

    /// Adds and removes device groups that rules name. Other device groups stay.
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

    /// Sets multi-valued settings to the values that the rules give.
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

    /// Sets the phone numbers that the rules give, each with the name from the rules or else its current name.
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
        // Phone numbers of an extension without a user come with the extension.
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
        // A phone number needs a name; if the account lists none, its digits are the name.
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

/// Sets a single-valued setting, if the value differs.
fn put_one(wanted: &mut Cow<'_, UserSettings>, field: Field, value: Option<&str>) {
    if let Some(value) = value
        && wanted.names(field) != [value]
    {
        wanted.to_mut().put(field, &[value]);
    }
}

/// Removes the user's own extension from the secondary extensions.
fn stay_apart(wanted: &mut UserSettings) {
    if let Some(own) = &wanted.extension {
        wanted.secondary_extensions.remove(&**own);
    }
}
