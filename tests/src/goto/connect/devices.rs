//! Telephones and other devices, and their users.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use gotosync_core::model::{Device, Mac, UserSettings};
use serde_json::{Map, Value, json};

use super::extensions::{text, user_key};
use super::{Asked, Caller, bad, change_user, conflict, id, not_found, own_tenant, tenant_of};
use crate::goto::answer::Refusal;
use crate::goto::world::{Tenant, World};

pub(super) async fn list(caller: Caller, State(world): State<Arc<World>>, ask: Asked) -> Result<Json<Value>, Refusal> {
    let (tenant, sees) = ask.tenant(&world, &caller)?;
    let mut rows: Vec<Device> = Vec::new();
    if sees {
        rows.extend(tenant.target.glance().devices().cloned());
    }
    Ok(Json(ask.page(&rows, |device| reply(tenant, device))?))
}

pub(super) async fn one(
    caller: Caller,
    State(world): State<Arc<World>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let tenant = own_tenant(&world, &caller)?;
    Ok(Json(reply(tenant, &known(tenant, &id)?)))
}

pub(super) async fn models(_: Caller) -> Json<Value> {
    Json(json!({ "items": [{ "id": MODEL, "name": "Softphone", "vendor": "Example" }] }))
}

pub(super) async fn create(
    caller: Caller,
    State(world): State<Arc<World>>,
    Json(body): Json<Value>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let tenant = tenant_of(&world, &caller, &body)?;
    let (name, model) = (text(&body, "name", "INVALID_NAME")?, text(&body, "modelId", "INVALID_MODEL")?);
    let mac: Mac = text(&body, "macAddress", "MALFORMED_MAC_ADDRESS")?
        .parse()
        .map_err(|error| bad("MALFORMED_MAC_ADDRESS", &format!("{error}")))?;
    if tenant.target.glance().devices().any(|device| device.mac == mac) {
        return Err(conflict("MAC_ADDRESS_EXISTS", &mac.to_string()));
    }
    let device = Device { mac, name };
    tenant.target.edit(|account| account.catalog.devices.push(device.clone()));
    tenant.board().models.insert(id("device", &mac.to_string()), model);
    Ok((StatusCode::CREATED, Json(reply(tenant, &device))))
}

/// Changes the name and model together, or the user alone.
pub(super) async fn change(
    caller: Caller,
    State(world): State<Arc<World>>,
    Path(id): Path<String>,
    Json(body): Json<Map<String, Value>>,
) -> Result<Json<Value>, Refusal> {
    let tenant = own_tenant(&world, &caller)?;
    let mut device = known(tenant, &id)?;
    let alone = ["assignedUserKey", "licenseKey"];
    if body.len() > 1 && alone.iter().any(|name| body.contains_key(*name)) {
        return Err(bad("ASSIGNMENTS_MUST_BE_ALONE", "assignedUserKey and licenseKey must be changed alone"));
    }
    if let Some(value) = body.get("assignedUserKey") {
        let wanted = if value.is_null() { None } else { Some(user_key(tenant, value)?) };
        let holder = tenant.target.glance().holder_of_device(device.mac).cloned();
        if wanted != holder {
            if let Some(holder) = holder {
                let others = |own: &mut UserSettings| own.devices.retain(|mac| *mac != device.mac);
                change_user(tenant, &holder, |user| user.set_settings(others)).await?;
            }
            if let Some(wanted) = wanted {
                let all = |own: &mut UserSettings| own.devices.extend([device.mac]);
                change_user(tenant, &wanted, |user| user.set_settings(all)).await?;
            }
        }
    }
    if let Some(name) = body.get("name").and_then(Value::as_str) {
        name.clone_into(&mut device.name);
        tenant.target.edit(|account| {
            account.catalog.devices.iter_mut().filter(|own| own.mac == device.mac).for_each(|own| {
                own.name.clone_from(&device.name);
            });
        });
    }
    if let Some(model) = body.get("modelId").and_then(Value::as_str) {
        tenant.board().models.insert(id, model.to_owned());
    }
    Ok(Json(reply(tenant, &device)))
}

fn known(tenant: &Tenant, wanted: &str) -> Result<Device, Refusal> {
    let glance = tenant.target.glance();
    let mut all = glance.devices();
    all.find(|device| id("device", &device.mac.to_string()) == wanted).cloned().ok_or_else(|| not_found(wanted))
}

fn reply(tenant: &Tenant, device: &Device) -> Value {
    let own = id("device", &device.mac.to_string());
    let model = tenant.board().models.get(&own).cloned().unwrap_or_else(|| MODEL.to_owned());
    let mac = device.mac.to_string().replace(':', "").to_uppercase();
    let mut reply =
        json!({ "id": own, "accountKey": tenant.key, "name": device.name, "modelId": model, "macAddress": mac });
    if let Some(holder) = tenant.target.glance().holder_of_device(device.mac) {
        reply["assignedUserKey"] = json!(holder);
    }
    reply
}

const MODEL: &str = "example-softphone";
