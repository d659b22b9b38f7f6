//! Telephones and the locations of users, through the GoTo Connect API (goto-api, 5).
//!
//! The API can write the number, the user, and the secondary users of an extension, the user of a device, the name and
//! target extension of a phone number, the users who may show it as caller ID, basic voicemail settings, and the
//! location of a user. It cannot write the outbound caller ID of a line, dial plans, or queues.

use std::collections::{BTreeSet, HashMap};

use futures_util::future::{join, join4};
use futures_util::stream::{self, StreamExt};
use serde::de::DeserializeOwned;

use super::convert::Telephones;
use super::trouble::meant;
use super::who::Who;
use super::wire::{Key, MarkedPage, WireDevice, WireExtension, WireLocated, WireLocation, WireNumber, WirePermission};
use super::{GotoAccount, OF_CONNECT, TOGETHER};
use crate::http::{Api, Request};
use crate::model::{
    AccountKey, Action, Catalog, Device, Gap, Mac, NamedNumber, PhoneNumber, RingsAt, SettingsChanges, User,
    UserSettings,
};
use crate::target::Feature;
use crate::{Error, ErrorKind, Result};

mod check;
mod write;

/// The telephones and locations of an account, as far as they were read.
#[derive(Debug, Default)]
pub(super) struct Switchboard {
    extensions: Option<Vec<WireExtension>>,
    devices: Option<Vec<(Mac, WireDevice)>>,
    numbers: Option<Vec<Number>>,
    locations: Option<Vec<LocationUsers>>,
}

/// A phone number.
#[derive(Debug)]
struct Number {
    digits: PhoneNumber,
    wire: WireNumber,
    /// The permissions of each user on the number.
    permissions: Vec<WirePermission>,
}

/// A location and its users.
#[derive(Debug)]
struct LocationUsers {
    wire: WireLocation,
    users: BTreeSet<Key>,
}

/// The parts of a switchboard to read.
#[derive(Clone, Debug, Default)]
struct Parts {
    lists: BTreeSet<Part>,
    callers: Callers,
}

/// A list in a switchboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Extensions,
    Devices,
    Numbers,
    Locations,
}

/// The numbers whose permissions are read, which takes one call per number.
#[derive(Clone, Debug, Default)]
enum Callers {
    #[default]
    OfNone,
    Of(BTreeSet<PhoneNumber>),
    OfAll,
}

impl Parts {
    /// Returns everything that the signed-in user may see and the configuration enables.
    fn all(who: &Who) -> Self {
        let callers = if who.callers { Callers::OfAll } else { Callers::OfNone };
        Self { lists: [Part::Extensions, Part::Devices, Part::Numbers, Part::Locations].into(), callers }
    }

    /// Returns the parts that these actions need.
    fn of(actions: &[Action]) -> Self {
        let mut lists = BTreeSet::new();
        let needed = |feature: &&Feature| actions.iter().any(|action| feature.is_needed_by(action));
        for feature in OF_CONNECT.iter().filter(needed) {
            lists.extend(match feature {
                // When a user's extension changes, the numbers that ring at it change too.
                Feature::Extensions | Feature::PhoneNumbers => &[Part::Extensions, Part::Numbers][..],
                Feature::CallerIdNumbers | Feature::TextingNumbers => &[Part::Numbers],
                Feature::Devices => &[Part::Devices],
                Feature::Locations => &[Part::Locations],
                _ => &[Part::Extensions],
            });
        }
        let callers: BTreeSet<PhoneNumber> = actions.iter().flat_map(permitted_by).collect();
        Self { lists, callers: if callers.is_empty() { Callers::OfNone } else { Callers::Of(callers) } }
    }

    fn has(&self, part: Part) -> bool {
        self.lists.contains(&part)
    }
}

/// Lists the settings that are permissions on phone numbers, each with its API word.
macro_rules! permissions {
    ($settings:expr, $($reference:tt)+) => {
        [
            (WirePermission::SHOWS, $($reference)+ $settings.caller_id_numbers),
            (WirePermission::TEXTS, $($reference)+ $settings.texting_numbers),
        ]
    };
}
use permissions;

/// Returns the numbers for which an action grants or revokes a permission.
fn permitted_by(action: &Action) -> Vec<PhoneNumber> {
    let numbers = |changes: &SettingsChanges| {
        let all = permissions!(changes, &).into_iter();
        all.flat_map(|(_, change)| change.added().iter().chain(change.removed())).cloned().collect()
    };
    match action {
        Action::Create(creation) => numbers(&SettingsChanges::making(creation.user.settings())),
        Action::Update(update) | Action::Reactivate(update) => {
            update.changes.settings.as_deref().map(numbers).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

/// Returns `true` if the changes concern telephones or locations.
pub(super) fn concerns(changes: &SettingsChanges) -> bool {
    changes.features().iter().any(|feature| OF_CONNECT.contains(feature))
}

/// Returns `true` if an action changes telephones or locations.
pub(super) fn is_about_telephones(action: &Action) -> bool {
    OF_CONNECT.iter().any(|feature| feature.is_needed_by(action))
}

/// Reads the complete switchboard, if it is enabled and visible to the signed-in user.
pub(super) async fn switchboard(target: &GotoAccount, who: &Who) -> Result<Option<(Switchboard, Vec<Gap>)>> {
    match &target.connect {
        Some(api) if who.telephones == Telephones::Read => {
            Box::pin(Switchboard::read(api, who, Parts::all(who))).await.map(Some)
        }
        _ => Ok(None),
    }
}

/// Reads the parts that these actions need.
pub(super) async fn needed(target: &GotoAccount, who: &Who, actions: &[Action]) -> Result<Option<Switchboard>> {
    match &target.connect {
        Some(api) if who.telephones == Telephones::Read && actions.iter().any(is_about_telephones) => {
            let (board, gaps) = Box::pin(Switchboard::read(api, who, Parts::of(actions))).await?;
            match gaps.first() {
                None => Ok(Some(board)),
                // In a partial list, a missing object cannot be distinguished from an unread one.
                Some(gap) => Err(Error::new(ErrorKind::Unavailable, format!("{}: {}", gap.place, gap.problem))),
            }
        }
        _ => Ok(None),
    }
}

impl Switchboard {
    async fn read(api: &Api, who: &Who, parts: Parts) -> Result<(Self, Vec<Gap>)> {
        let account = &who.account;
        let (extensions, devices, numbers, locations) = join4(
            listed::<WireExtension>(
                parts.has(Part::Extensions),
                api,
                account,
                "/voice-admin/v1/extensions",
                "extensions",
            ),
            listed::<WireDevice>(parts.has(Part::Devices), api, account, "/voice-admin/v1/devices", "devices"),
            listed::<WireNumber>(
                parts.has(Part::Numbers),
                api,
                account,
                "/voice-admin/v1/phone-numbers",
                "phone numbers",
            ),
            offered::<WireLocation>(parts.has(Part::Locations), api, account, "/voice-admin/v1/locations", "locations"),
        )
        .await;
        let mut gaps = Vec::new();
        let extensions = extensions?.take(&mut gaps);
        // Rules cannot refer to a device without a MAC address or a number without digits, so both are ignored.
        let devices = devices?.take(&mut gaps).map(|rows| {
            rows.into_iter().filter_map(|device| Some((device.mac_address.parse().ok()?, device))).collect()
        });
        let numbers = numbers?.take(&mut gaps).map(|rows| {
            let number = |wire: WireNumber| {
                Some(Number { digits: wire.number.as_str().parse().ok()?, wire, permissions: Vec::new() })
            };
            rows.into_iter().filter_map(number).collect::<Vec<_>>()
        });
        let locations = locations?.take(&mut gaps);
        let (numbers, places) =
            join(with_permissions(api, account, numbers, &parts.callers), with_users(api, account, locations)).await;
        let ((numbers, more), (locations, others)) = (numbers?, places?);
        gaps.extend(more.into_iter().chain(others));
        Ok((Self { extensions, devices, numbers, locations }, gaps))
    }

    fn extensions(&self) -> &[WireExtension] {
        self.extensions.as_deref().unwrap_or_default()
    }

    fn numbers(&self) -> &[Number] {
        self.numbers.as_deref().unwrap_or_default()
    }

    /// Adds the available devices, numbers, extensions, and locations to the catalog.
    pub(super) fn fill(&self, catalog: &mut Catalog) {
        let holders = self.holders();
        catalog.devices = self
            .devices
            .iter()
            .flatten()
            .map(|(mac, device)| Device { mac: *mac, name: device.name.clone() })
            .collect();
        catalog.extensions = self
            .extensions()
            .iter()
            .filter(|own| own.is_direct() && own.assigned_primary_user_key.is_none())
            .map(|own| own.number.as_str().to_owned())
            .collect();
        catalog.phone_numbers =
            self.numbers().iter().filter(|own| own.holder(&holders).is_none()).map(|own| self.named(own)).collect();
        catalog.locations = self.locations.iter().flatten().map(|place| place.wire.name.clone()).collect();
    }

    /// Adds telephone settings to users. If no extensions were listed, the extension in the user's own data remains.
    pub(super) fn complete<'u>(&self, users: impl IntoIterator<Item = &'u mut User>) {
        let mut found = self.settings();
        for user in users {
            let mut own = user.key.as_ref().and_then(|key| found.remove(key.as_str())).unwrap_or_default();
            user.set_settings(|settings| {
                if own.extension.is_some() {
                    settings.extension = own.extension;
                }
                settings.devices = own.devices;
                settings.location = own.location;
                settings.phone_numbers = own.phone_numbers;
                for ((_, to), (_, from)) in permissions!(settings, &mut).into_iter().zip(permissions!(own, &mut)) {
                    *to = std::mem::take(from);
                }
                settings.secondary_extensions = own.secondary_extensions;
            });
        }
    }

    /// Returns the telephone settings of each user, by key.
    fn settings(&self) -> HashMap<&str, UserSettings> {
        let mut found: HashMap<&str, UserSettings> = HashMap::new();
        for own in self.extensions() {
            if let Some(user) = &own.assigned_primary_user_key {
                found.entry(user.as_str()).or_default().extension = Some(own.number.as_str().into());
            }
            for user in &own.assigned_secondary_user_keys {
                let settings = found.entry(user.as_str()).or_default();
                settings.secondary_extensions.insert(own.number.as_str().to_owned());
            }
        }
        for (mac, device) in self.devices.iter().flatten() {
            if let Some(user) = &device.assigned_user_key {
                found.entry(user.as_str()).or_default().devices.insert(*mac);
            }
        }
        let holders = self.holders();
        for own in self.numbers() {
            if let Some(user) = own.holder(&holders) {
                let name = own.wire.name.clone();
                found.entry(user.as_str()).or_default().phone_numbers.insert(own.digits.clone(), name);
            }
            for permission in &own.permissions {
                let settings = found.entry(permission.user_key.as_str()).or_default();
                for (_, numbers) in permissions!(settings, &mut).into_iter().filter(|(word, _)| permission.has(word)) {
                    numbers.insert(own.digits.clone());
                }
            }
        }
        for place in self.locations.iter().flatten() {
            for user in &place.users {
                found.entry(user.as_str()).or_default().location = Some(place.wire.name.as_str().into());
            }
        }
        found
    }

    /// Returns a number that does not ring at a user, with its destination.
    fn named(&self, own: &Number) -> NamedNumber {
        NamedNumber { number: own.digits.clone(), name: own.wire.name.clone(), rings_at: self.rings_at(own) }
    }

    /// Returns the destination of a number that does not ring at a user.
    fn rings_at(&self, number: &Number) -> Option<RingsAt> {
        let id = number.wire.route_to.as_ref()?.extension();
        let at = self.extensions().iter().find(|own| own.is_direct() && id == Some(&*own.id));
        Some(at.map_or(RingsAt::Elsewhere, |own| RingsAt::Extension(own.number.as_str().to_owned())))
    }

    /// Returns the primary user of each extension, by extension ID.
    fn holders(&self) -> HashMap<&str, &Key> {
        let own = |own: &'_ WireExtension| own.assigned_primary_user_key.is_some();
        let all = self.extensions().iter().filter(|extension| own(extension));
        all.filter_map(|own| Some((own.id.as_str(), own.assigned_primary_user_key.as_ref()?))).collect()
    }

    /// Returns a gap if the signed-in user may not see telephones: GoTo then returns empty lists instead of an error
    /// (goto-api, 5).
    pub(super) fn is_blind(&self, users: &[User]) -> Option<Gap> {
        let has = || users.iter().any(|user| user.settings().extension.is_some());
        (self.extensions().is_empty() && has()).then(|| Gap {
            place: "extensions".to_owned(),
            problem: "GoTo returned no extensions although users have some; \
                      the signed-in user needs the role «Super admin» or «Configure PBX»"
                .to_owned(),
        })
    }
}

impl Number {
    fn holder<'k>(&self, holders: &HashMap<&str, &'k Key>) -> Option<&'k Key> {
        holders.get(self.wire.route_to.as_ref()?.extension()?).copied()
    }
}

/// Reads the permissions on the requested numbers.
async fn with_permissions(
    api: &Api,
    account: &AccountKey,
    numbers: Option<Vec<Number>>,
    callers: &Callers,
) -> Result<(Option<Vec<Number>>, Vec<Gap>)> {
    let Some(mut numbers) = numbers else { return Ok((None, Vec::new())) };
    let asked = |own: &Number| match callers {
        Callers::OfNone => false,
        Callers::Of(some) => some.contains(&own.digits),
        Callers::OfAll => true,
    };
    let mut calls = Vec::new();
    for (at, own) in numbers.iter().enumerate().filter(|(_, own)| asked(own)) {
        let path = format!("/voice-admin/v1/phone-numbers/{}/permissions", Request::part(&own.wire.id));
        let name = format!("permissions of {}", own.digits);
        calls.push(async move { (at, list::<WirePermission>(api, account, &path, &name).await) });
    }
    let answers: Vec<_> = stream::iter(calls).buffered(TOGETHER).collect().await;
    let mut gaps = Vec::new();
    for (at, answer) in answers {
        let (rows, more) = answer?;
        numbers[at].permissions = rows;
        gaps.extend(more);
    }
    Ok((Some(numbers), gaps))
}

/// Reads the users at each location.
async fn with_users(
    api: &Api,
    account: &AccountKey,
    locations: Option<Vec<WireLocation>>,
) -> Result<(Option<Vec<LocationUsers>>, Vec<Gap>)> {
    let Some(locations) = locations else { return Ok((None, Vec::new())) };
    let mut calls = Vec::new();
    for wire in locations {
        let path = format!("/voice-admin/v1/locations/{}/users", Request::part(&wire.id));
        let name = format!("users at {}", wire.name);
        calls.push(async move { (wire, list::<WireLocated>(api, account, &path, &name).await) });
    }
    let answers: Vec<_> = stream::iter(calls).buffered(TOGETHER).collect().await;
    let (mut places, mut gaps) = (Vec::new(), Vec::new());
    for (wire, answer) in answers {
        let (rows, more) = answer?;
        places.push(LocationUsers { wire, users: rows.into_iter().map(|row| row.user_key).collect() });
        gaps.extend(more);
    }
    Ok((Some(places), gaps))
}

/// A list, or `None` if it was not requested.
struct Listed<T>(Option<(Vec<T>, Vec<Gap>)>);

impl<T> Listed<T> {
    fn take(self, gaps: &mut Vec<Gap>) -> Option<Vec<T>> {
        let (rows, more) = self.0?;
        gaps.extend(more);
        Some(rows)
    }
}

async fn listed<T: DeserializeOwned>(
    wanted: bool,
    api: &Api,
    account: &AccountKey,
    path: &str,
    name: &str,
) -> Result<Listed<T>> {
    Ok(Listed(if wanted { Some(list(api, account, path, name).await?) } else { None }))
}

/// Like [`listed`], but treats an unavailable list as unknown. The account may lack it, or the signed-in user may not
/// see it, and no other data depends on it. Rules that use it get the error that the account has no such object.
async fn offered<T: DeserializeOwned>(
    wanted: bool,
    api: &Api,
    account: &AccountKey,
    path: &str,
    name: &str,
) -> Result<Listed<T>> {
    match listed(wanted, api, account, path, name).await {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Denied | ErrorKind::Unsupported) => {
            Ok(Listed(None))
        }
        other => other,
    }
}

/// Reads a list in which each page names the next one.
pub(super) async fn list<T: DeserializeOwned>(
    api: &Api,
    account: &AccountKey,
    path: &str,
    name: &str,
) -> Result<(Vec<T>, Vec<Gap>)> {
    let (mut rows, mut marker, mut seen, mut number) = (Vec::new(), None::<String>, BTreeSet::new(), 0);
    loop {
        number += 1;
        let mut request = Request::get(path).query("accountKey", account).query("pageSize", PAGE);
        if let Some(marker) = &marker {
            request = request.query("pageMarker", marker);
        }
        let page: Result<MarkedPage<T>> = match api.send(&request).await {
            Ok(answer) => answer.json(),
            Err(failure) => Err(scoped(meant(failure))),
        };
        let page = match page.map_err(|error| error.during(format!("list {name} (page {number})"))) {
            Ok(page) => page,
            Err(error) if rows.is_empty() => return Err(error),
            Err(error) => return Ok((rows, vec![gap(name, error.to_string())])),
        };
        rows.extend(page.items);
        match page.next_page_marker.filter(|next| !next.is_empty()) {
            None => return Ok((rows, Vec::new())),
            Some(next) if !seen.insert(next.clone()) => {
                return Ok((rows, vec![gap(name, "the page markers form a loop".to_owned())]));
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
        "GoTo Connect needs the scopes voice-admin.v1.read and voice-admin.v1.write: enable them in the OAuth client, \
          then sign in again with `gotosync login`; or remove `connect` from the configuration",
    )
}

fn gap(name: &str, problem: String) -> Gap {
    Gap { place: name.to_owned(), problem }
}

/// The number of rows per page, as observed clients request it.
const PAGE: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::cases::{Server, ok};

    #[tokio::test]
    async fn stops_when_page_markers_form_a_loop() {
        let page = |next: &str| ok(&format!(r#"{{"items":[],"nextPageMarker":"{next}"}}"#));
        let server = Server::start(vec![page("a"), page("b"), page("a"), page("b")]);
        let read = list::<WireExtension>(&server.api(), &AccountKey::new("1"), "list", "extensions").await;
        let Ok((_, gaps)) = read else { panic!("the response must be readable") };
        assert_eq!(gaps[0].problem, "the page markers form a loop");
        assert_eq!(server.asked().len(), 3);
    }
}
