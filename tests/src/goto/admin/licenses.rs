//! Licenses and their users (goto-api, 2.9).

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use gotosync_core::model::{LicenseKey, Status};
use gotosync_core::target::Glance;
use serde::Serialize;

use super::ask::Ask;
use super::change::changed;
use super::wire::{Key, Page};
use super::{Admin, bad};
use crate::goto::answer::Refusal;
use crate::goto::options::KeyForm;
use crate::goto::world::World;

/// A license in a response: the relevant part of the vendor's sample.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireLicense {
    key: Key<'static>,
    seats: u32,
    user_count: u32,
    enabled: bool,
    description: String,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    user_keys: Vec<Key<'static>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    invited_user_keys: Vec<Key<'static>>,
    products: Vec<String>,
    devices_only: bool,
    externally_managed: bool,
}

pub(super) async fn list(
    admin: Admin,
    State(world): State<Arc<World>>,
    Path(account): Path<String>,
    ask: Ask,
) -> Result<Json<Page<WireLicense>>, Refusal> {
    let rows = listed(&world.tenant(&account, &admin.user)?.target.glance(), world.options.keys);
    let total = rows.len();
    let rows = rows.into_iter().map(|(_, wire)| wire);
    Ok(Json(Page::new(rows.skip(ask.offset).take(ask.page()).collect(), ask.offset, total)))
}

pub(super) async fn one(
    admin: Admin,
    State(world): State<Arc<World>>,
    Path((account, license)): Path<(String, String)>,
) -> Result<Json<WireLicense>, Refusal> {
    let rows = listed(&world.tenant(&account, &admin.user)?.target.glance(), world.options.keys);
    let found = rows.into_iter().find(|(key, _)| key.as_str() == license);
    found.map(|(_, wire)| Json(wire)).ok_or_else(|| no_license(&license))
}

pub(super) async fn give(
    admin: Admin,
    State(world): State<Arc<World>>,
    Path((account, license, user)): Path<(String, String, String)>,
) -> Result<StatusCode, Refusal> {
    changed(world.tenant(&account, &admin.user)?, &user, |_, user| {
        user.licenses.push(LicenseKey::new(&*license));
        Ok(())
    })
    .await
}

pub(super) async fn take(
    admin: Admin,
    State(world): State<Arc<World>>,
    Path((account, license, user)): Path<(String, String, String)>,
) -> Result<StatusCode, Refusal> {
    changed(world.tenant(&account, &admin.user)?, &user, |_, user| {
        let before = user.licenses.len();
        user.licenses.retain(|key| key.as_str() != license);
        if user.licenses.len() < before { Ok(()) } else { Err(bad("license.not.assigned", &license)) }
    })
    .await
}

fn no_license(key: &str) -> Refusal {
    Refusal::admin(StatusCode::NOT_FOUND, "license.not.found", key)
}

/// Returns every license with its users.
fn listed(glance: &Glance<'_>, form: KeyForm) -> Vec<(LicenseKey, WireLicense)> {
    let mut holders: HashMap<&LicenseKey, [Vec<Key<'static>>; 2]> = HashMap::new();
    for user in glance.users() {
        let invited = usize::from(user.status == Status::Invited);
        for license in &user.licenses {
            let key = user.key.as_ref().map_or("", |key| key.as_str()).to_owned();
            holders.entry(license).or_default()[invited].push(Key::new(key, form));
        }
    }
    let mut rows = Vec::new();
    for license in glance.licenses() {
        let [active, invited] = holders.remove(&license.key).unwrap_or_default();
        let wire = WireLicense {
            key: Key::new(license.key.as_str().to_owned(), form),
            seats: license.seats,
            user_count: license.used,
            enabled: !license.pending,
            description: license.name.clone(),
            kind: "SUBSCRIPTION",
            user_keys: active,
            invited_user_keys: invited,
            products: license.products.clone(),
            devices_only: false,
            externally_managed: false,
        };
        rows.push((license.key.clone(), wire));
    }
    rows
}
