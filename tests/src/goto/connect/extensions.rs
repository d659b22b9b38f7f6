//! Extensions: creating, renumbering, and assigning them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use gotosync_core::model::{PhoneNumber, RingsAt, UserKey, UserSettings};
use serde_json::{Map, Value, json};

use super::switchboard::Extension;
use super::{Asked, Caller, bad, change_user, conflict, id, not_found, own_tenant, tenant_of};
use crate::goto::answer::Refusal;
use crate::goto::world::{Tenant, World};

pub(super) async fn list(caller: Caller, State(world): State<Arc<World>>, ask: Asked) -> Result<Json<Value>, Refusal> {
    let (tenant, sees) = ask.tenant(&world, &caller)?;
    let all = learned(tenant);
    let rows = if sees { all } else { Vec::new() };
    let shared = shared(tenant);
    Ok(Json(ask.page(&rows, |(id, extension)| reply(tenant, id, extension, &shared))?))
}

pub(super) async fn one(
    caller: Caller,
    State(world): State<Arc<World>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let tenant = own_tenant(&world, &caller)?;
    Ok(Json(reply(tenant, &id, &known(tenant, &id)?, &shared(tenant))))
}

/// Creates an extension without a user. Only direct extensions can be created.
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
    let answer = reply(tenant, &own, &extension, &Shared::new());
    tenant.board().extensions.insert(own, extension);
    Ok((StatusCode::CREATED, Json(answer)))
}

/// Changes the name, the number, and the user. A user has one primary extension.
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
        let sharers = shared(tenant).remove(&extension.number).unwrap_or_default();
        share(tenant, &extension, &sharers, false).await?;
        if let Some(holder) = &holder {
            change_user(tenant, holder, |user| user.set_settings(|own| own.extension = Some(number.into()))).await?;
        } else {
            let before = std::mem::replace(&mut extension.number, number.to_owned());
            tenant.target.edit(|account| account.catalog.extensions.retain(|own| *own != before));
        }
        number.clone_into(&mut extension.number);
        let here = numbers_at(tenant, &id);
        ring_at(tenant, &here, Some(&RingsAt::Extension(number.to_owned())));
        share(tenant, &extension, &sharers, true).await?;
    }
    if let Some(value) = body.get("assignedPrimaryUserKey") {
        assign(tenant, &id, &extension, holder.as_ref(), value).await?;
    }
    if let Some(users) = body.get("assignedSecondaryUserKeys") {
        let users = users.as_array().ok_or_else(|| bad("INVALID_USER_KEY", "assignedSecondaryUserKeys"))?;
        let users: BTreeSet<UserKey> = users.iter().map(|user| user_key(tenant, user)).collect::<Result<_, _>>()?;
        let before = shared(tenant).remove(&extension.number).unwrap_or_default();
        share(tenant, &extension, &before.difference(&users).cloned().collect(), false).await?;
        share(tenant, &extension, &users.difference(&before).cloned().collect(), true).await?;
    }
    let answer = reply(tenant, &id, &extension, &shared(tenant));
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
        // Phone numbers of the extension no longer ring anywhere.
        let left = |own: &mut UserSettings| {
            own.extension = None;
            own.phone_numbers.clear();
        };
        change_user(tenant, &holder, |user| user.set_settings(left)).await?;
    }
    let sharers = shared(tenant).remove(&extension.number).unwrap_or_default();
    share(tenant, &extension, &sharers, false).await?;
    tenant.target.edit(|account| account.catalog.extensions.retain(|own| *own != extension.number));
    tenant.board().extensions.remove(&id);
    Ok(StatusCode::NO_CONTENT)
}

/// Changes some basic settings and ignores unknown fields.
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
    // A password can be written but never read.
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
    id: &str,
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
        let mut numbers = BTreeMap::new();
        let left = |own: &mut UserSettings| {
            own.extension = None;
            numbers = std::mem::take(&mut own.phone_numbers);
        };
        change_user(tenant, holder, |user| user.set_settings(left)).await?;
        // Phone numbers of the user keep ringing at the extension.
        tenant.board().routes.extend(numbers.keys().map(|number| (number.clone(), id.to_owned())));
        let here = RingsAt::Extension(extension.number.clone());
        ring_at(tenant, &numbers.into_keys().collect(), Some(&here));
    }
    if let Some(user) = &wanted {
        let here = numbers_at(tenant, id);
        tenant.board().routes.retain(|_, to| to != id);
        ring_at(tenant, &here, None);
        let names: BTreeMap<PhoneNumber, String> = {
            let glance = tenant.target.glance();
            let own = glance.phone_numbers().filter(|own| here.contains(&own.number));
            own.map(|own| (own.number.clone(), own.name.clone())).collect()
        };
        let come = |own: &mut UserSettings| {
            own.extension = Some(extension.number.as_str().into());
            own.phone_numbers.extend(names);
        };
        change_user(tenant, user, |user| user.set_settings(come)).await?;
    }
    Ok(())
}

/// Returns the numbers that ring at an extension without a user.
fn numbers_at(tenant: &Tenant, id: &str) -> BTreeSet<PhoneNumber> {
    tenant.board().routes.iter().filter(|(_, to)| *to == id).map(|(number, _)| number.clone()).collect()
}

/// Sets the destination of numbers that do not ring at a user.
pub(super) fn ring_at(tenant: &Tenant, numbers: &BTreeSet<PhoneNumber>, at: Option<&RingsAt>) {
    if numbers.is_empty() {
        return;
    }
    tenant.target.edit(|account| {
        let listed = account.catalog.phone_numbers.iter_mut().filter(|own| numbers.contains(&own.number));
        listed.for_each(|own| own.rings_at = at.cloned());
    });
}

/// The secondary users of each extension, by its number.
type Shared = BTreeMap<String, BTreeSet<UserKey>>;

fn shared(tenant: &Tenant) -> Shared {
    let glance = tenant.target.glance();
    let mut shared = Shared::new();
    for user in glance.users() {
        for number in &user.settings().secondary_extensions {
            shared.entry(number.clone()).or_default().extend(user.key.clone());
        }
    }
    shared
}

/// Adds or removes secondary users of an extension.
async fn share(tenant: &Tenant, extension: &Extension, users: &BTreeSet<UserKey>, comes: bool) -> Result<(), Refusal> {
    let number = extension.number.clone();
    let known = {
        let glance = tenant.target.glance();
        glance.holder_of_extension(&number).is_some() || glance.nobodys_extensions().any(|own| own == number)
    };
    if comes && !known && !users.is_empty() {
        tenant.target.edit(|account| account.catalog.extensions.push(number.clone()));
    }
    for user in users {
        let change = |own: &mut UserSettings| {
            if comes {
                own.secondary_extensions.insert(number.clone());
            } else {
                own.secondary_extensions.remove(&number);
            }
        };
        change_user(tenant, user, |user| user.set_settings(change)).await?;
    }
    Ok(())
}

/// Returns all extensions, including those that users received outside this API.
fn learned(tenant: &Tenant) -> Vec<(String, Extension)> {
    let mut board = tenant.board();
    board.learn(&tenant.target.glance());
    board.extensions.iter().map(|(id, extension)| (id.clone(), extension.clone())).collect()
}

pub(super) fn known(tenant: &Tenant, id: &str) -> Result<Extension, Refusal> {
    learned(tenant).into_iter().find(|(own, _)| own == id).map(|(_, own)| own).ok_or_else(|| not_found(id))
}

fn reply(tenant: &Tenant, id: &str, extension: &Extension, shared: &Shared) -> Value {
    let glance = tenant.target.glance();
    let mut reply = json!({
        "id": id,
        "accountKey": tenant.key,
        "name": extension.name,
        "number": extension.number,
        "type": "DIRECT_EXTENSION",
        "assignedSecondaryUserKeys": shared.get(&extension.number).into_iter().flatten().collect::<Vec<_>>(),
    });
    if let Some(holder) = glance.holder_of_extension(&extension.number) {
        reply["assignedPrimaryUserKey"] = json!(holder);
    }
    reply
}

/// Reads the key of an existing user.
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
