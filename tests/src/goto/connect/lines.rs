//! Users and their lines, read-only.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use gotosync_core::model::{User, UserKey};
use serde_json::{Value, json};

use super::{Asked, Caller, id, not_found};
use crate::goto::answer::Refusal;
use crate::goto::world::{Tenant, World};

pub(super) async fn users(caller: Caller, State(world): State<Arc<World>>, ask: Asked) -> Result<Json<Value>, Refusal> {
    let (tenant, sees) = ask.tenant(&world, &caller)?;
    let mut rows: Vec<Arc<User>> = Vec::new();
    if sees {
        rows.extend(tenant.target.glance().users().filter(|user| user.settings().extension.is_some()).cloned());
    }
    let row = |user: &Arc<User>| {
        let key = user.key.as_ref().map_or("", |key| key.as_str());
        json!({ "userKey": key, "userId": id("user", key), "lines": lines(tenant, user) })
    };
    Ok(Json(ask.page(&rows, row)?))
}

pub(super) async fn of_user(
    caller: Caller,
    State(world): State<Arc<World>>,
    Path(user): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let tenant = super::own_tenant(&world, &caller)?;
    reply(tenant, &UserKey::new(&*user))
}

pub(super) async fn own(caller: Caller, State(world): State<Arc<World>>) -> Result<Json<Value>, Refusal> {
    reply(super::own_tenant(&world, &caller)?, &caller.user)
}

pub(super) async fn me(caller: Caller, State(world): State<Arc<World>>) -> Json<Value> {
    let own = world.tenants.iter().filter(|tenant| tenant.target.glance().user(&caller.user).is_some());
    Json(json!({ "items": own.map(|tenant| json!({ "accountKey": tenant.key })).collect::<Vec<_>>() }))
}

fn reply(tenant: &Tenant, user: &UserKey) -> Result<Json<Value>, Refusal> {
    let user = tenant.target.glance().user(user).cloned().ok_or_else(|| not_found(user.as_str()))?;
    Ok(Json(json!({ "items": lines(tenant, &user) })))
}

fn lines(tenant: &Tenant, user: &User) -> Vec<Value> {
    let line = |(number, primary): (&str, bool)| {
        json!({
            "id": id("line", number),
            "name": user.full_name(),
            "number": number,
            "primary": primary,
            "organization": { "id": id("organization", tenant.key.as_str()), "name": tenant.target.glance().name() },
            "region": "US",
        })
    };
    let settings = user.settings();
    let own = settings.extension.as_deref().map(|number| (number, true));
    let shared = settings.secondary_extensions.iter().map(|number| (number.as_str(), false));
    own.into_iter().chain(shared).map(line).collect()
}
