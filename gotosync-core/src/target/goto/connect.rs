//! Telephones: extensions and devices, through the API of GoTo Connect (goto-api, 5).
//!
//! Writable are the number of an extension, whose it is, and whose a device is. The vendor's API does not write the outbound
//! caller id of a line, dial plans and queues; this target does not write phone numbers, secondary users, voicemail and
//! locations.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use serde_json::json;

use super::GotoAccount;
use super::assumed::is_extension;
use super::convert::Telephones;
use super::trouble::meant;
use super::who::Who;
use super::wire::{Key, MarkedPage, WireDevice, WireExtension};
use super::write::Work;
use crate::http::{Api, Failure, Method, Request};
use crate::model::{AccountKey, Device, Fault, Gap, Mac, SettingsChanges, User, UserKey, UserSettings};
use crate::{Error, ErrorKind, Result};

/// The telephones of an account.
#[derive(Debug, Default)]
pub(super) struct Switchboard {
    extensions: Vec<WireExtension>,
    devices: Vec<(Mac, WireDevice)>,
}

/// What comes to a user and what goes.
#[derive(Debug, Default)]
pub(super) struct Wanted<'w> {
    pub(super) extension: WantedExtension<'w>,
    pub(super) added: Vec<Mac>,
    pub(super) removed: Vec<Mac>,
}

/// What becomes of the extension of a user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum WantedExtension<'w> {
    /// It stays as it is.
    #[default]
    Same,
    /// The user has none.
    None,
    /// The user has this one.
    Number(&'w str),
}

impl<'w> Wanted<'w> {
    pub(super) fn changes(changes: &'w SettingsChanges) -> Self {
        Self {
            extension: match changes.extension.as_ref().map(|change| change.after()) {
                None => WantedExtension::Same,
                Some(None) => WantedExtension::None,
                Some(Some(number)) => WantedExtension::Number(number),
            },
            added: changes.devices.added().to_vec(),
            removed: changes.devices.removed().to_vec(),
        }
    }

    pub(super) fn new(settings: &'w UserSettings) -> Self {
        Self {
            extension: settings.extension.as_deref().map_or(WantedExtension::Same, WantedExtension::Number),
            added: settings.devices.iter().copied().collect(),
            removed: Vec::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.extension == WantedExtension::Same && self.added.is_empty() && self.removed.is_empty()
    }
}

impl Switchboard {
    /// Reads extensions and devices.
    pub(super) async fn read(api: &Api, who: &Who) -> Result<(Self, Vec<Gap>)> {
        let (extensions, devices) = futures_util::future::join(
            list::<WireExtension>(api, &who.account, "/voice-admin/v1/extensions", "extensions"),
            list::<WireDevice>(api, &who.account, "/voice-admin/v1/devices", "devices"),
        )
        .await;
        let ((extensions, mut gaps), (devices, more)) = (extensions?, devices?);
        gaps.extend(more);
        // A device without an address is none that a rule could name.
        let devices = devices.into_iter().filter_map(|device| Some((device.mac_address.parse().ok()?, device)));
        Ok((Self { extensions, devices: devices.collect() }, gaps))
    }

    /// The devices of the account.
    pub(super) fn devices(&self) -> Vec<Device> {
        self.devices.iter().map(|(mac, device)| Device { mac: *mac, name: device.name.clone() }).collect()
    }

    /// Puts a user's telephones into their settings; the extension that came with the user stays where none is listed.
    pub(super) fn complete(&self, user: &mut User) {
        let Some(key) = user.key.clone() else { return };
        let extension = self.extension_of(&key).map(|own| own.number.as_str().into());
        let devices: BTreeSet<Mac> = self
            .devices
            .iter()
            .filter(|(_, own)| holds(own.assigned_user_key.as_ref(), &key))
            .map(|(mac, _)| *mac)
            .collect();
        user.set_settings(|own| {
            own.devices = devices;
            if extension.is_some() {
                own.extension = extension;
            }
        });
    }

    /// Says that the login does not see telephones: then lists come empty, and not refused (goto-api, 5).
    pub(super) fn is_blind(&self, users: &[User]) -> Option<Gap> {
        let has = || users.iter().any(|user| user.settings().extension.is_some());
        (self.extensions.is_empty() && has()).then(|| Gap {
            place: "extensions".to_owned(),
            problem: "none came although users have some: the login needs «Super admin» or «Configure PBX»".to_owned(),
        })
    }

    fn extension_of(&self, user: &UserKey) -> Option<&WireExtension> {
        self.extensions.iter().find(|own| holds(own.assigned_primary_user_key.as_ref(), user))
    }

    /// Asks before anything is written whether it can be.
    pub(super) fn check(&self, wanted: &Wanted<'_>, user: Option<&UserKey>) -> Result<(), Fault> {
        let other = |holder: &Option<Key>| {
            holder.as_ref().is_some_and(|holder| user.is_none_or(|user| user.as_str() != holder.as_str()))
        };
        if let WantedExtension::Number(number) = wanted.extension {
            if !is_extension(number) {
                let message = format!("extension `{}` is not accepted: it has 2 to 8 digits", number.escape_debug());
                return Err(Fault::new(ErrorKind::Input, message));
            }
            let known = self.extensions.iter().find(|own| own.number.as_str() == number);
            if let Some(known) = known
                && (other(&known.assigned_primary_user_key) || !known.is_direct())
            {
                return Err(Fault::new(ErrorKind::Conflict, format!("extension {number} is taken")));
            }
        }
        for mac in &wanted.added {
            let Some((_, device)) = self.devices.iter().find(|(own, _)| own == mac) else {
                return Err(Fault::new(ErrorKind::NotFound, format!("the account has no device {mac}")));
            };
            if other(&device.assigned_user_key) {
                let message = format!("device {mac} ({}) belongs to somebody else", device.name);
                return Err(Fault::new(ErrorKind::Conflict, message));
            }
        }
        Ok(())
    }

    /// Gives a user what comes and takes what goes; says how many calls were done before one failed.
    pub(super) async fn write(
        &mut self,
        work: &Work<'_>,
        api: &Api,
        user: (&UserKey, &str),
        wanted: &Wanted<'_>,
    ) -> Result<(), (Failure, usize)> {
        let (key, name) = user;
        let mut done = 0;
        let number = if let WantedExtension::Number(number) = wanted.extension { Some(number) } else { None };
        if wanted.extension != WantedExtension::Same {
            self.write_extension(work, api, key, name, number, &mut done).await.map_err(|failure| (failure, done))?;
        }
        for (mac, to) in
            wanted.removed.iter().map(|mac| (mac, None)).chain(wanted.added.iter().map(|mac| (mac, Some(key))))
        {
            let Some((_, device)) = self.devices.iter_mut().find(|(own, _)| own == mac) else { continue };
            let path = format!("/voice-admin/v1/devices/{}", Request::part(&device.id));
            let call = patch(path, &json!({ "assignedUserKey": to }));
            api.send(&call).await.map_err(|failure| (failure, done))?;
            device.assigned_user_key = to.map(|key| Key::from(key.as_str()));
            done += 1;
        }
        Ok(())
    }

    async fn write_extension(
        &mut self,
        work: &Work<'_>,
        api: &Api,
        key: &UserKey,
        name: &str,
        number: Option<&str>,
        done: &mut usize,
    ) -> Result<(), Failure> {
        let own = self.extensions.iter().position(|own| holds(own.assigned_primary_user_key.as_ref(), key));
        let there = number.and_then(|number| self.extensions.iter().position(|own| own.number.as_str() == number));
        if let (Some(own), Some(number), None) = (own, number, there) {
            // The user's own extension gets another number, and keeps what belongs to it.
            api.send(&patch(self.path(own), &json!({ "number": number }))).await?;
            self.extensions[own].number = Key::from(number);
            *done += 1;
            return Ok(());
        }
        if let Some(own) = own {
            self.assign(api, own, None).await?;
            *done += 1;
        }
        let Some(number) = number else { return Ok(()) };
        let at = if let Some(at) = there {
            at
        } else {
            let body = json!({ "name": name, "accountKey": work.who.account, "number": number });
            let call = Request::new(Method::Post, "/voice-admin/v1/extensions").json(&body);
            let answer = api.send(&call).await?;
            let made: WireExtension = answer.json().map_err(Failure::unread)?;
            *done += 1;
            self.extensions.push(made);
            self.extensions.len() - 1
        };
        self.assign(api, at, Some(key)).await?;
        *done += 1;
        Ok(())
    }

    async fn assign(&mut self, api: &Api, at: usize, to: Option<&UserKey>) -> Result<(), Failure> {
        api.send(&patch(self.path(at), &json!({ "assignedPrimaryUserKey": to }))).await?;
        self.extensions[at].assigned_primary_user_key = to.map(|key| Key::from(key.as_str()));
        Ok(())
    }

    fn path(&self, at: usize) -> String {
        format!("/voice-admin/v1/extensions/{}", Request::part(&self.extensions[at].id))
    }
}

/// Reads the telephones of an account, if it is told to and the login sees them.
pub(super) async fn switchboard(target: &GotoAccount, who: &Who) -> Result<Option<(Switchboard, Vec<Gap>)>> {
    match &target.connect {
        Some(api) if who.telephones == Telephones::Read => Switchboard::read(api, who).await.map(Some),
        _ => Ok(None),
    }
}

/// Reads a list whose pages name the next one.
async fn list<T: DeserializeOwned>(
    api: &Api,
    account: &AccountKey,
    path: &str,
    name: &str,
) -> Result<(Vec<T>, Vec<Gap>)> {
    let (mut rows, mut marker, mut seen) = (Vec::new(), None::<String>, BTreeSet::new());
    loop {
        let mut request = Request::get(path).query("accountKey", account).query("pageSize", PAGE);
        if let Some(marker) = &marker {
            request = request.query("pageMarker", marker);
        }
        let page: Result<MarkedPage<T>> = match api.send(&request).await {
            Ok(answer) => answer.json(),
            Err(failure) => Err(scoped(meant(failure))),
        };
        let page = match page {
            Ok(page) => page,
            Err(error) if rows.is_empty() => return Err(error),
            Err(error) => return Ok((rows, vec![gap(name, error.to_string())])),
        };
        rows.extend(page.items);
        match page.next_page_marker.filter(|next| !next.is_empty()) {
            None => return Ok((rows, Vec::new())),
            Some(next) if !seen.insert(next.clone()) => {
                return Ok((rows, vec![gap(name, "the pages lead in a circle".to_owned())]));
            }
            Some(next) => marker = Some(next),
        }
    }
}

fn scoped(error: Error) -> Error {
    if error.kind() != ErrorKind::Denied {
        return error;
    }
    error.hint(
        "GoTo Connect needs the scopes voice-admin.v1.read and voice-admin.v1.write: an admin ticks them in the OAuth client, \
         then sign in again with `gotosync login`; or leave `connect` out",
    )
}

fn gap(name: &str, problem: String) -> Gap {
    Gap { place: name.to_owned(), problem }
}

fn holds(holder: Option<&Key>, user: &UserKey) -> bool {
    holder.is_some_and(|holder| holder.as_str() == user.as_str())
}

/// A change that may be made twice: it says how things shall be.
fn patch(path: String, body: &serde_json::Value) -> Request {
    Request::new(Method::Patch, path).json(body).safety(crate::http::Safety::Repeatable)
}

/// Rows on a page: 100 were asked for by clients.
const PAGE: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::cases::{Server, ok};

    #[tokio::test]
    async fn pages_that_lead_in_a_circle_end() {
        let page = |next: &str| ok(&format!(r#"{{"items":[],"nextPageMarker":"{next}"}}"#));
        let server = Server::start(vec![page("a"), page("b"), page("a"), page("b")]);
        let read = list::<WireExtension>(&server.api(), &AccountKey::new("1"), "list", "extensions").await;
        let Ok((_, gaps)) = read else { panic!("an answer that can be read") };
        assert_eq!(gaps[0].problem, "the pages lead in a circle");
        assert_eq!(server.asked().len(), 3);
    }
}
