//! Extensions: made, numbered, and given to users.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use gotosync_core::model::UserKey;
use serde_json::{Map, Value, json};

use super::switchboard::Extension;
use super::{Asked, Caller, bad, change_user, conflict, id, not_found, own_tenant, tenant_of};
use crate::goto::answer::Refusal;
use crate::goto::world::{Tenant, World};

pub(super) async fn list(caller: Caller, State(world): State<Arc<World>>, ask: Asked) -> Result<Json<Value>, Refusal> {
    let (tenant, sees) = ask.tenant(&world, &caller)?;
    let all = learned(tenant);
    let rows = if sees { all } else { Vec::new() };
    Ok(Json(ask.page(&rows, |(id, extension)| told(tenant, id, extension))?))
}

pub(super) async fn one(
    caller: Caller,
    State(world): State<Arc<World>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let tenant = own_tenant(&world, &caller)?;
    Ok(Json(told(tenant, &id, &known(tenant, &id)?)))
}

/// Makes an extension that is nobody's yet; only direct ones can be made.
pub(super) async fn create(
    caller: Caller,
    State(world): State<Arc<World>>,
    Json(body): Json<Value>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let tenant = tenant_of(&world, &caller, &body)?;
    let (name, number) = (text(&body, "name", "INVALID_NAME")?, text(&body, "number", "INVALID_NUMBER")?);
    check_number(&number)?;
    let own = id("extension", &number);
    if learned(tenant).iter().any(|(_, other)| other.number == number) {
        return Err(conflict("NUMBER_EXISTS", &number));
    }
    let extension = Extension { name, number, ..Extension::default() };
    let answer = told(tenant, &own, &extension);
    tenant.board().extensions.insert(own, extension);
    Ok((StatusCode::CREATED, Json(answer)))
}

/// Changes the name, the number, and whose it is: a user has one primary extension.
pub(super) async fn change(
    caller: Caller,
    State(world): State<Arc<World>>,
    Path(id): Path<String>,
    Json(body): Json<Map<String, Value>>,
) -> Result<Json<Value>, Refusal> {
    let tenant = own_tenant(&world, &caller)?;
    let mut extension = known(tenant, &id)?;
    let holder = tenant.target.glance().holder_of_extension(&extension.number).cloned();
    if let Some(name) = body.get("name").and_then(Value::as_str) {
        name.clone_into(&mut extension.name);
    }
    if let Some(number) = body.get("number").and_then(Value::as_str).filter(|number| *number != extension.number) {
        check_number(number)?;
        if learned(tenant).iter().any(|(_, other)| other.number == number) {
            return Err(conflict("NUMBER_EXISTS", number));
        }
        if let Some(holder) = &holder {
            change_user(tenant, holder, |user| user.set_settings(|own| own.extension = Some(number.into()))).await?;
        }
        number.clone_into(&mut extension.number);
    }
    if let Some(value) = body.get("assignedPrimaryUserKey") {
        assign(tenant, &extension, holder.as_ref(), value).await?;
    }
    if let Some(users) = body.get("assignedSecondaryUserKeys") {
        let users = users.as_array().ok_or_else(|| bad("INVALID_USER_KEY", "assignedSecondaryUserKeys"))?;
        extension.secondary = users.iter().map(|user| user_key(tenant, user)).collect::<Result<_, _>>()?;
    }
    let answer = told(tenant, &id, &extension);
    tenant.board().extensions.insert(id, extension);
    Ok(Json(answer))
}

pub(super) async fn delete(
    caller: Caller,
    State(world): State<Arc<World>>,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    let tenant = own_tenant(&world, &caller)?;
    let extension = known(tenant, &id)?;
    let holder = tenant.target.glance().holder_of_extension(&extension.number).cloned();
    if let Some(holder) = holder {
        change_user(tenant, &holder, |user| user.set_settings(|own| own.extension = None)).await?;
    }
    tenant.board().extensions.remove(&id);
    Ok(StatusCode::NO_CONTENT)
}

/// Changes some of the basics; what is not known is passed over.
pub(super) async fn voicemail(
    caller: Caller,
    State(world): State<Arc<World>>,
    Path(id): Path<String>,
    Json(body): Json<Map<String, Value>>,
) -> Result<Json<Value>, Refusal> {
    let tenant = own_tenant(&world, &caller)?;
    let mut extension = known(tenant, &id)?;
    let known = body.into_iter().filter(|(name, _)| VOICEMAIL.contains(&name.as_str()));
    extension.voicemail.extend(known);
    // A password goes in and never out.
    let shown: Map<String, Value> = extension
        .voicemail
        .iter()
        .filter(|(name, _)| *name != "password")
        .map(|(n, v)| (n.clone(), v.clone()))
        .collect();
    tenant.board().extensions.insert(id, extension);
    Ok(Json(Value::Object(shown)))
}

async fn assign(
    tenant: &Tenant,
    extension: &Extension,
    holder: Option<&UserKey>,
    value: &Value,
) -> Result<(), Refusal> {
    let wanted = if value.is_null() { None } else { Some(user_key(tenant, value)?) };
    if wanted.as_ref() == holder {
        return Ok(());
    }
    if let Some(user) = &wanted {
        let has = tenant.target.glance().user(user).is_some_and(|user| user.settings().extension.is_some());
        if has {
            return Err(conflict("USER_ALREADY_HAS_PRIMARY_EXTENSION", user.as_str()));
        }
    }
    if let Some(holder) = holder {
        change_user(tenant, holder, |user| user.set_settings(|own| own.extension = None)).await?;
    }
    if let Some(user) = &wanted {
        let number = extension.number.as_str();
        change_user(tenant, user, |user| user.set_settings(|own| own.extension = Some(number.into()))).await?;
    }
    Ok(())
}

/// Every extension there is, after learning of those that users have got elsewhere.
fn learned(tenant: &Tenant) -> Vec<(String, Extension)> {
    let mut board = tenant.board();
    board.learn(&tenant.target.glance());
    board.extensions.iter().map(|(id, extension)| (id.clone(), extension.clone())).collect()
}

pub(super) fn known(tenant: &Tenant, id: &str) -> Result<Extension, Refusal> {
    learned(tenant).into_iter().find(|(own, _)| own == id).map(|(_, own)| own).ok_or_else(|| not_found(id))
}

fn told(tenant: &Tenant, id: &str, extension: &Extension) -> Value {
    let glance = tenant.target.glance();
    let mut told = json!({
        "id": id,
        "accountKey": tenant.key,
        "name": extension.name,
        "number": extension.number,
        "type": "DIRECT_EXTENSION",
        "assignedSecondaryUserKeys": extension.secondary,
    });
    if let Some(holder) = glance.holder_of_extension(&extension.number) {
        told["assignedPrimaryUserKey"] = json!(holder);
    }
    told
}

/// A key of somebody who is there.
pub(super) fn user_key(tenant: &Tenant, value: &Value) -> Result<UserKey, Refusal> {
    let key = value.as_str().map(UserKey::new).ok_or_else(|| bad("INVALID_USER_KEY", &value.to_string()))?;
    if tenant.target.glance().user(&key).is_some() { Ok(key) } else { Err(bad("INVALID_USER_KEY", key.as_str())) }
}

pub(super) fn text(body: &Value, name: &str, code: &str) -> Result<String, Refusal> {
    body[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned).ok_or_else(|| bad(code, name))
}

fn check_number(number: &str) -> Result<(), Refusal> {
    let fits = (2..=8).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    if fits { Ok(()) } else { Err(bad("INVALID_NUMBER", number)) }
}

const VOICEMAIL: [&str; 7] = [
    "timeZone",
    "password",
    "allowAccessWithoutPassword",
    "allowEscapeToOperator",
    "allowMessageReview",
    "operatorExtensionId",
    "transcriptionEnabled",
];
