//! Places, and who is at them: a user is at one.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use gotosync_core::model::UserKey;
use serde_json::{Value, json};

use super::extensions::{text, user_key};
use super::switchboard::Location;
use super::{Asked, Caller, id, not_found, own_tenant, tenant_of};
use crate::goto::answer::Refusal;
use crate::goto::world::{Tenant, World};

pub(super) async fn list(caller: Caller, State(world): State<Arc<World>>, ask: Asked) -> Result<Json<Value>, Refusal> {
    let (tenant, sees) = ask.tenant(&world, &caller)?;
    let mut rows: Vec<(String, Location)> = Vec::new();
    if sees {
        rows.extend(tenant.board().locations.iter().map(|(id, place)| (id.clone(), place.clone())));
    }
    Ok(Json(ask.page(&rows, |(id, place)| told(tenant, id, place))?))
}

pub(super) async fn one(
    caller: Caller,
    State(world): State<Arc<World>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let tenant = own_tenant(&world, &caller)?;
    Ok(Json(told(tenant, &id, &known(tenant, &id)?)))
}

pub(super) async fn create(
    caller: Caller,
    State(world): State<Arc<World>>,
    Json(body): Json<Value>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let tenant = tenant_of(&world, &caller, &body)?;
    let name = text(&body, "name", "INVALID_NAME")?;
    let own = id("location", &name);
    let place = Location { name, address: body["address"].clone(), ..Location::default() };
    let answer = told(tenant, &own, &place);
    tenant.board().locations.insert(own, place);
    Ok((StatusCode::CREATED, Json(answer)))
}

pub(super) async fn users(
    caller: Caller,
    State(world): State<Arc<World>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let place = known(own_tenant(&world, &caller)?, &id)?;
    Ok(Json(json!({ "items": place.users.iter().map(|user| json!({ "userKey": user })).collect::<Vec<_>>() })))
}

/// Puts a user at a place, and away from where they were.
pub(super) async fn join(
    caller: Caller,
    State(world): State<Arc<World>>,
    Path(id): Path<String>,
    Json(body): Json<Value>,
) -> Result<StatusCode, Refusal> {
    let tenant = own_tenant(&world, &caller)?;
    let user = user_key(tenant, &body["userKey"])?;
    known(tenant, &id)?;
    for (own, place) in &mut tenant.board().locations {
        if *own == id {
            place.users.insert(user.clone());
        } else {
            place.users.remove(&user);
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn leave(
    caller: Caller,
    State(world): State<Arc<World>>,
    Path((id, user)): Path<(String, String)>,
) -> Result<StatusCode, Refusal> {
    let tenant = own_tenant(&world, &caller)?;
    let mut board = tenant.board();
    let place = board.locations.get_mut(&id).ok_or_else(|| not_found(&id))?;
    if place.users.remove(&UserKey::new(&*user)) { Ok(StatusCode::NO_CONTENT) } else { Err(not_found(&user)) }
}

fn known(tenant: &Tenant, id: &str) -> Result<Location, Refusal> {
    tenant.board().locations.get(id).cloned().ok_or_else(|| not_found(id))
}

fn told(tenant: &Tenant, id: &str, place: &Location) -> Value {
    json!({ "id": id, "accountKey": tenant.key, "name": place.name, "address": place.address })
}
