//! The settings few users have, laid over what is there.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::settle::Settle;
use crate::model::{Mac, User, UserSettings};
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
        let loses = now.device_groups.difference(&wanted.device_groups).next().is_some()
            || now.devices.difference(&wanted.devices).next().is_some()
            || wanted.off.iter().any(|(license, off)| now.off.get(license).is_none_or(|had| !off.is_subset(had)));
        if loses && self.spares(user, "would lose a device, a device group or a product inside another") {
            wanted.device_groups.extend(now.device_groups.iter().cloned());
            wanted.devices.extend(&now.devices);
            wanted.off.retain(|license, off| {
                off.retain(|code| now.off.get(license).is_some_and(|had| had.contains(code)));
                !off.is_empty()
            });
        }
        Some(wanted)
    }

    /// The settings of a user who is yet to be made, if there are any.
    pub(super) fn first_settings(&self, at: u32, desire: &Desire<'_>) -> Option<UserSettings> {
        self.lay(at, desire, UserSettings::NONE, Standing::New)
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
        self.lay_devices(at, now, &mut wanted);
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

    fn lay_devices(&self, at: u32, now: &UserSettings, wanted: &mut Cow<'_, UserSettings>) {
        let Some(claim) = self.claims.devices(at) else { return };
        let mut devices: BTreeSet<Mac> = claim.devices.iter().copied().collect();
        // Where one of them is in doubt, none that is there goes.
        if !claim.clear {
            devices.extend(&now.devices);
        }
        if devices != now.devices {
            wanted.to_mut().devices = devices;
        }
    }
}
