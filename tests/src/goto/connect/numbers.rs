//! Telephone numbers: their names, where they ring, and who may use them.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::extensions::{known as known_extension, user_key};
use super::switchboard::Number;
use super::{Asked, Caller, bad, not_found, own_tenant};
use crate::goto::answer::Refusal;
use crate::goto::world::{Tenant, World};

pub(super) async fn list(caller: Caller, State(world): State<Arc<World>>, ask: Asked) -> Result<Json<Value>, Refusal> {
    let (tenant, sees) = ask.tenant(&world, &caller)?;
    let mut rows: Vec<(String, Number)> = Vec::new();
    if sees {
        rows.extend(tenant.board().numbers.iter().map(|(id, number)| (id.clone(), number.clone())));
    }
    Ok(Json(ask.page(&rows, |(id, number)| told(tenant, id, number))?))
}

pub(super) async fn one(
    caller: Caller,
    State(world): State<Arc<World>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let tenant = own_tenant(&world, &caller)?;
    Ok(Json(told(tenant, &id, &known(tenant, &id)?)))
}

/// Changes a number: a name cannot be taken away, the rest can.
pub(super) async fn change(
    caller: Caller,
    State(world): State<Arc<World>>,
    Path(id): Path<String>,
    Json(body): Json<Map<String, Value>>,
) -> Result<Json<Value>, Refusal> {
    let tenant = own_tenant(&world, &caller)?;
    let mut number = known(tenant, &id)?;
    for (name, value) in &body {
        match (name.as_str(), value) {
            ("name", Value::String(own)) if !own.is_empty() => number.name.clone_from(own),
            ("name", _) => return Err(bad("INVALID_NAME", "name")),
            ("callerIdName", Value::Null) => number.caller_id = None,
            ("callerIdName", Value::String(own)) => number.caller_id = Some(own.clone()),
            ("callerIdName", _) => return Err(bad("INVALID_CALLER_ID_NAME", name)),
            ("routeTo", Value::Null) => number.route = None,
            ("routeTo", route) => {
                let place = route["id"].as_str().filter(|_| route["type"] == "EXTENSION");
                let place = place.ok_or_else(|| bad("INVALID_TYPE", "routeTo"))?;
                known_extension(tenant, place).map_err(|_| bad("INVALID_ID", place))?;
                number.route = Some(place.to_owned());
            }
            _ => {}
        }
    }
    let answer = told(tenant, &id, &number);
    tenant.board().numbers.insert(id, number);
    Ok(Json(answer))
}

pub(super) async fn permissions(
    caller: Caller,
    State(world): State<Arc<World>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let tenant = own_tenant(&world, &caller)?;
    let number = known(tenant, &id)?;
    let row = |(user, own): (&_, &BTreeSet<String>)| json!({ "userKey": user, "permissions": own });
    Ok(Json(json!({ "items": number.permissions.iter().map(row).collect::<Vec<_>>() })))
}

pub(super) async fn permit(
    caller: Caller,
    State(world): State<Arc<World>>,
    Path(id): Path<String>,
    Json(body): Json<Value>,
) -> Result<StatusCode, Refusal> {
    let tenant = own_tenant(&world, &caller)?;
    let mut number = known(tenant, &id)?;
    let user = user_key(tenant, &body["userKey"])?;
    let list = body["permissions"].as_array().ok_or_else(|| bad("INVALID_PERMISSION", "permissions"))?;
    let mut own = BTreeSet::new();
    for word in list {
        let known = word.as_str().filter(|word| PERMISSIONS.contains(word));
        own.insert(known.ok_or_else(|| bad("INVALID_PERMISSION", &word.to_string()))?.to_owned());
    }
    number.permissions.insert(user, own);
    tenant.board().numbers.insert(id, number);
    Ok(StatusCode::NO_CONTENT)
}

fn known(tenant: &Tenant, id: &str) -> Result<Number, Refusal> {
    tenant.board().numbers.get(id).cloned().ok_or_else(|| not_found(id))
}

fn told(tenant: &Tenant, id: &str, number: &Number) -> Value {
    let mut told = json!({ "id": id, "accountKey": tenant.key, "number": number.digits, "name": number.name });
    if let Some(caller) = &number.caller_id {
        told["callerIdName"] = json!(caller);
    }
    if let Some(route) = &number.route {
        told["routeTo"] = json!({ "id": route, "type": "EXTENSION" });
    }
    told
}

const PERMISSIONS: [&str; 3] = ["TEXTING", "OUTBOUND_CALLER_ID", "INSTANT_RESPONSE"];
