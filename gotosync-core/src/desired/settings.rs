//! The settings few users have, laid over what is there.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::claims::Claim;
use super::settle::Settle;
use crate::model::{PhoneNumber, User, UserSettings};
use crate::rules::Desire;

/// Whether the user is there already.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Existing,
    New,
}

impl Settle<'_, '_> {
    /// The settings of a user who exists, if they change.
    pub(super) fn settings(&mut self, at: u32, desire: &Desire<'_>, user: &User) -> Option<UserSettings> {
        let mut wanted = self.lay(at, desire, user.settings(), Standing::Existing)?;
        let now = user.settings();
        let loses = loses_telephones(now, &wanted)
            || now.device_groups.difference(&wanted.device_groups).next().is_some()
            || wanted.off.iter().any(|(license, off)| now.off.get(license).is_none_or(|had| !off.is_subset(had)));
        if loses && self.spares(user, "would lose a device, a phone number, a device group or a product inside another")
        {
            wanted.device_groups.extend(now.device_groups.iter().cloned());
            wanted.devices.extend(&now.devices);
            for (number, name) in &now.phone_numbers {
                wanted.phone_numbers.entry(number.clone()).or_insert_with(|| name.clone());
            }
            wanted.caller_id_numbers.extend(now.caller_id_numbers.iter().cloned());
            wanted.secondary_extensions.extend(now.secondary_extensions.iter().cloned());
            wanted.off.retain(|license, off| {
                off.retain(|code| now.off.get(license).is_some_and(|had| had.contains(code)));
                !off.is_empty()
            });
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
            let zone = extras.time_zone.as_deref().filter(|_| profile.time_zone.is_some_and(|set| counts(set.managed)));
            if let Some(zone) = zone.filter(|zone| now.time_zone.as_deref() != Some(*zone)) {
                wanted.to_mut().time_zone = Some(zone.into());
            }
            for (name, value) in &extras.custom_fields {
                let managed = profile.custom_field(name).is_some_and(|source| counts(source.managed));
                if managed && now.custom_fields.get(*name).map(String::as_str) != Some(value) {
                    wanted.to_mut().custom_fields.insert((*name).to_owned(), value.to_string());
                }
            }
        }
        if let Some(extension) = self.claims.extension(at)
            && now.extension.as_deref() != Some(extension)
        {
            wanted.to_mut().extension = Some(extension.into());
        }
        if let Some(location) = self.claims.location(at)
            && now.location.as_deref() != Some(location)
        {
            wanted.to_mut().location = Some(location.into());
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

    /// What somebody has several of is what the rules say.
    fn lay_lists(&self, at: u32, now: &UserSettings, wanted: &mut Cow<'_, UserSettings>) {
        lay(self.claims.devices.get(&at), &now.devices, |devices| wanted.to_mut().devices = devices);
        lay(self.claims.caller_id_numbers.get(&at), &now.caller_id_numbers, |numbers| {
            wanted.to_mut().caller_id_numbers = numbers;
        });
        lay(self.claims.secondary_extensions.get(&at), &now.secondary_extensions, |numbers| {
            wanted.to_mut().secondary_extensions = numbers;
        });
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
        let named = profile.phone_number_name.is_some_and(|source| counts(source.managed));
        let name = desire.extras.as_ref().and_then(|extras| extras.phone_number_name.as_deref()).filter(|_| named);
        let now = &wanted.phone_numbers;
        // What rings at an extension of nobody comes with it to whoever gets it.
        let comes = self.claims.numbers_that_come(at);
        let mut numbers: BTreeSet<PhoneNumber> = match self.claims.phone_numbers.get(&at) {
            Some(claim) => claim.over(now.keys().cloned()),
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

fn lay<T: Ord + Clone>(claim: Option<&Claim<T>>, now: &BTreeSet<T>, set: impl FnOnce(BTreeSet<T>)) {
    if let Some(wanted) = claim.map(|claim| claim.over(now.iter().cloned())).filter(|wanted| wanted != now) {
        set(wanted);
    }
}

/// An extension that becomes the user's own is a secondary one no more.
fn stay_apart(wanted: &mut UserSettings) {
    if let Some(own) = &wanted.extension {
        wanted.secondary_extensions.remove(&**own);
    }
}

fn loses_telephones(now: &UserSettings, wanted: &UserSettings) -> bool {
    now.devices.difference(&wanted.devices).next().is_some()
        || now.phone_numbers.keys().any(|number| !wanted.phone_numbers.contains_key(number))
        || now.caller_id_numbers.difference(&wanted.caller_id_numbers).next().is_some()
        || now.secondary_extensions.difference(&wanted.secondary_extensions).next().is_some()
}
