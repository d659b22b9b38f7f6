//! Locations and their users. A user is at one location.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use gotosync_core::model::UserKey;
use serde_json::{Value, json};

use super::extensions::{text, user_key};
use super::{Asked, Caller, change_user, id, not_found, own_tenant, tenant_of};
use crate::goto::answer::Refusal;
use crate::goto::world::{Tenant, World};

pub(super) async fn list(caller: Caller, State(world): State<Arc<World>>, ask: Asked) -> Result<Json<Value>, Refusal> {
    let (tenant, sees) = ask.tenant(&world, &caller)?;
    let mut rows: Vec<String> = Vec::new();
    if sees {
        rows.clone_from(&tenant.target.glance().catalog().locations);
    }
    Ok(Json(ask.page(&rows, |name| reply(tenant, name))?))
}

pub(super) async fn one(
    caller: Caller,
    State(world): State<Arc<World>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let tenant = own_tenant(&world, &caller)?;
    Ok(Json(reply(tenant, &known(tenant, &id)?)))
}

pub(super) async fn create(
    caller: Caller,
    State(world): State<Arc<World>>,
    Json(body): Json<Value>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let tenant = tenant_of(&world, &caller, &body)?;
    let name = text(&body, "name", "INVALID_NAME")?;
    if !tenant.target.glance().catalog().locations.contains(&name) {
        tenant.target.edit(|account| account.catalog.locations.push(name.clone()));
    }
    tenant.board().addresses.insert(name.clone(), body["address"].clone());
    Ok((StatusCode::CREATED, Json(reply(tenant, &name))))
}

pub(super) async fn users(
    caller: Caller,
    State(world): State<Arc<World>>,
    Path(id): Path<String>,
    ask: Asked,
) -> Result<Json<Value>, Refusal> {
    let tenant = own_tenant(&world, &caller)?;
    let name = known(tenant, &id)?;
    let glance = tenant.target.glance();
    let here = glance.users().filter(|user| user.settings().location.as_deref() == Some(&*name));
    let rows: Vec<UserKey> = here.filter_map(|user| user.key.clone()).collect();
    drop(glance);
    Ok(Json(ask.page(&rows, |user| json!({ "userKey": user }))?))
}

/// Moves a user to a location.
pub(super) async fn join(
    caller: Caller,
    State(world): State<Arc<World>>,
    Path(id): Path<String>,
    Json(body): Json<Value>,
) -> Result<StatusCode, Refusal> {
    let tenant = own_tenant(&world, &caller)?;
    let user = user_key(tenant, &body["userKey"])?;
    let name = known(tenant, &id)?;
    change_user(tenant, &user, |user| user.set_settings(|own| own.location = Some(name.into()))).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn leave(
    caller: Caller,
    State(world): State<Arc<World>>,
    Path((id, user)): Path<(String, String)>,
) -> Result<StatusCode, Refusal> {
    let tenant = own_tenant(&world, &caller)?;
    let (name, key) = (known(tenant, &id)?, UserKey::new(&*user));
    let here = {
        let glance = tenant.target.glance();
        glance.user(&key).is_some_and(|user| user.settings().location.as_deref() == Some(&*name))
    };
    if !here {
        return Err(not_found(&user));
    }
    change_user(tenant, &key, |user| user.set_settings(|own| own.location = None)).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn known(tenant: &Tenant, wanted: &str) -> Result<String, Refusal> {
    let glance = tenant.target.glance();
    let mut all = glance.catalog().locations.iter();
    all.find(|name| id("location", name) == wanted).cloned().ok_or_else(|| not_found(wanted))
}

fn reply(tenant: &Tenant, name: &str) -> Value {
    let address = tenant.board().addresses.get(name).cloned().unwrap_or_else(|| json!({}));
    json!({ "id": id("location", name), "accountKey": tenant.key, "name": name, "address": address })
}
