//! Lists and reads of users.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::{Json, http::StatusCode};
use gotosync_core::model::{Email, User, UserKey};
use gotosync_core::target::Glance;
use serde_json::Value;

use super::ask::Ask;
use super::filter::Filter;
use super::wire::{Dictionary, Page, WireUser};
use super::{Admin, bad, no_user};
use crate::goto::answer::Refusal;
use crate::goto::world::World;

pub(super) async fn list(
    admin: Admin,
    State(world): State<Arc<World>>,
    Path(account): Path<String>,
    ask: Ask,
) -> Result<Response, Refusal> {
    let tenant = world.tenant(&account, &admin.user)?;
    let glance = tenant.target.glance();
    let dictionary = Dictionary::of(&glance, world.options.keys);
    let unseen = world.faults().unseen(ask.offset == 0);
    let (rows, total) = match &ask.filter {
        None if unseen.is_empty() => {
            let rows: Vec<&Arc<User>> = glance.users_from(ask.offset).take(ask.page()).collect();
            (rows, glance.len())
        }
        filter => {
            let mut found = match filter {
                Some(filter) => filtered(&glance, filter)?,
                None => glance.users().collect(),
            };
            found.retain(|user| !user.key.as_ref().is_some_and(|key| unseen.contains(key)));
            let total = found.len();
            (found.into_iter().skip(ask.offset).take(ask.page()).collect(), total)
        }
    };
    let page = Page::new(rows.into_iter().map(|user| dictionary.user(user)).collect(), ask.offset, total);
    if ask.attributes.is_empty() {
        return Ok(Json(page).into_response());
    }
    projected(&page, &ask.attributes).map(|page| Json(page).into_response())
}

pub(super) async fn one(
    admin: Admin,
    State(world): State<Arc<World>>,
    Path((account, user)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let tenant = world.tenant(&account, &admin.user)?;
    let glance = tenant.target.glance();
    let key = UserKey::new(&*user);
    if world.faults().unseen(true).contains(&key) {
        return Err(no_user(&user));
    }
    let user = glance.user(&key).ok_or_else(|| no_user(&user))?;
    Ok(Json(Dictionary::of(&glance, world.options.keys).user(user)).into_response())
}

/// Returns the users that match a filter.
pub(super) fn filtered<'g>(glance: &'g Glance<'_>, filter: &Filter) -> Result<Vec<&'g Arc<User>>, Refusal> {
    if let Some(email) = filter.only("email") {
        return Ok(glance.user_by_email(&Email::new(email)).into_iter().collect());
    }
    if let Some(key) = filter.only("key") {
        return Ok(glance.user(&UserKey::new(key)).into_iter().collect());
    }
    let mut found = Vec::new();
    for user in glance.users() {
        let holds = filter.holds(|field| match field {
            "key" => user.key.as_ref().map(UserKey::as_str),
            "email" => Some(user.email.as_str()),
            "firstName" => Some(&user.first_name),
            "lastName" => Some(&user.last_name),
            _ => None,
        });
        if holds.map_err(|field| bad("filter.invalid", &field))? {
            found.push(user);
        }
    }
    Ok(found)
}

/// Builds a page with only the requested attributes.
fn projected(page: &Page<WireUser<'_>>, attributes: &[String]) -> Result<Value, Refusal> {
    let wrong =
        |error: serde_json::Error| Refusal::admin(StatusCode::INTERNAL_SERVER_ERROR, "internal", &error.to_string());
    let mut page = serde_json::to_value(page).map_err(wrong)?;
    for row in page["results"].as_array_mut().into_iter().flatten() {
        if let Some(row) = row.as_object_mut() {
            row.retain(|name, _| attributes.iter().any(|own| own == name));
        }
    }
    Ok(page)
}
