//! Checks of telephone settings before anything is written.

use super::super::wire::Key;
use super::{Number, Switchboard};
use crate::ErrorKind;
use crate::model::text::nearest;
use crate::model::{Fault, Form, Listed, Mac, PhoneNumber, SettingsChanges, UserKey, UserSettings, Voicemail};

type Checked = Result<(), Fault>;

impl Switchboard {
    /// Checks the additions to a user, and whether they fit the user's settings after the change. Removals need no
    /// check. `user` is `None` for a user who does not exist yet.
    pub(in crate::target::goto) fn check(
        &self,
        changes: &SettingsChanges,
        user: Option<&UserKey>,
        after: &UserSettings,
    ) -> Checked {
        let extension = changes.extension.as_ref().and_then(|change| change.after());
        extension.map_or(Ok(()), |number| self.check_extension(number, user))?;
        changes.devices.added().iter().try_for_each(|mac| self.check_device(*mac, user))?;
        for (number, change) in &changes.phone_numbers {
            change.after().map_or(Ok(()), |name| self.check_number(number, name, user, after))?;
        }
        changes.listed().iter().try_for_each(|(list, value)| self.check_listed(*list, value))?;
        changes.voicemail.as_ref().map_or(Ok(()), |voicemail| self.check_voicemail(voicemail))?;
        let comes = changes.phone_numbers.values().any(|change| change.after().is_some());
        if comes && changes.extension.is_none() && user.is_none_or(|user| !self.has_extension(user)) {
            let message = "phone numbers ring at an extension, but GoTo Connect shows no extension of this user yet";
            return refuse(ErrorKind::Conflict, message.to_owned());
        }
        Ok(())
    }

    fn has_extension(&self, user: &UserKey) -> bool {
        self.extensions().iter().any(|own| own.assigned_primary_user_key.as_ref().is_some_and(|own| own.is(user)))
    }

    /// Returns the user at whose extension a number rings.
    fn holder(&self, number: &Number) -> Option<&Key> {
        let id = number.wire.route_to.as_ref()?.extension()?;
        self.extensions().iter().find(|own| own.id == id)?.assigned_primary_user_key.as_ref()
    }

    fn check_extension(&self, number: &str, user: Option<&UserKey>) -> Checked {
        if let Some(problem) = Form::Extension.problem(number) {
            return refuse(ErrorKind::Input, format!("extension: {problem}"));
        }
        let known = self.extensions().iter().find(|own| own.number.as_str() == number);
        let taken = known.is_some_and(|own| {
            !own.is_direct()
                || own.assigned_primary_user_key.as_ref().is_some_and(|holder| user.is_none_or(|user| !holder.is(user)))
        });
        if taken { refuse(ErrorKind::Conflict, format!("extension {number} is taken")) } else { Ok(()) }
    }

    fn check_device(&self, mac: Mac, user: Option<&UserKey>) -> Checked {
        let mut all = self.devices.iter().flatten();
        let Some((_, device)) = all.find(|(own, _)| *own == mac) else {
            return refuse(ErrorKind::NotFound, format!("the account has no device {mac}"));
        };
        match &device.assigned_user_key {
            Some(holder) if user.is_none_or(|user| !holder.is(user)) => {
                refuse(ErrorKind::Conflict, format!("device {mac} ({}) belongs to another user", device.name))
            }
            _ => Ok(()),
        }
    }

    /// Checks that the account's list contains a value.
    fn check_listed(&self, list: Listed, value: &str) -> Checked {
        let known = match list {
            Listed::Devices => self.devices.iter().flatten().any(|(mac, _)| mac.to_string() == value),
            Listed::Locations => return self.check_location(value),
            Listed::PhoneNumbers => self.numbers().iter().any(|own| own.digits.as_str() == value),
            Listed::Extensions => self.extensions().iter().any(|own| own.is_direct() && own.number.as_str() == value),
        };
        let what = match list {
            _ if known => return Ok(()),
            Listed::Devices => format!("device {value}"),
            Listed::Locations => format!("location `{}`", value.escape_debug()),
            Listed::PhoneNumbers => format!("phone number {value}"),
            Listed::Extensions => format!("extension `{}`", value.escape_debug()),
        };
        refuse(ErrorKind::NotFound, format!("the account has no {what}"))
    }

    fn check_location(&self, name: &str) -> Checked {
        let names = || self.locations.iter().flatten().map(|place| place.wire.name.as_str());
        if names().any(|own| own == name) {
            return Ok(());
        }
        let near = nearest(name, names()).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        refuse(ErrorKind::NotFound, format!("the account has no location `{}`{near}", name.escape_debug()))
    }

    fn check_number(&self, number: &PhoneNumber, name: &str, user: Option<&UserKey>, after: &UserSettings) -> Checked {
        if name.trim().is_empty() {
            return refuse(ErrorKind::Input, format!("phone number {number} needs a name"));
        }
        let Some(known) = self.numbers().iter().find(|own| own.digits == *number) else {
            return refuse(ErrorKind::NotFound, format!("the account has no phone number {number}"));
        };
        match self.holder(known) {
            Some(holder) if user.is_none_or(|user| !holder.is(user)) => {
                refuse(ErrorKind::Conflict, format!("phone number {number} rings at another user"))
            }
            None if !self.named(known).is_free_for(after.extension.as_deref()) => {
                refuse(ErrorKind::Conflict, format!("phone number {number} rings at another destination"))
            }
            _ => Ok(()),
        }
    }

    fn check_voicemail(&self, voicemail: &Voicemail) -> Checked {
        if let Some(problem) = voicemail.time_zone.as_deref().and_then(|zone| Form::TimeZone.problem(zone)) {
            return refuse(ErrorKind::Input, format!("time_zone: {problem}"));
        }
        voicemail.operator.as_deref().map_or(Ok(()), |operator| self.check_listed(Listed::Extensions, operator))
    }
}

fn refuse(kind: ErrorKind, message: String) -> Checked {
    Err(Fault::new(kind, message))
}
