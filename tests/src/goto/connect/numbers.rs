//! Phone numbers: their names, destinations, and permissions.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use gotosync_core::model::{Exclusive, NamedNumber, PhoneNumber, RingsAt, UserKey, UserSettings};
use serde_json::{Map, Value, json};

use super::extensions::{known as known_extension, ring_at, user_key};
use super::{Asked, Caller, bad, change_user, id, not_found, own_tenant};
use crate::goto::answer::Refusal;
use crate::goto::world::{Tenant, World};

pub(super) async fn list(caller: Caller, State(world): State<Arc<World>>, ask: Asked) -> Result<Json<Value>, Refusal> {
    let (tenant, sees) = ask.tenant(&world, &caller)?;
    learn(tenant);
    let mut rows: Vec<NamedNumber> = Vec::new();
    if sees {
        rows.extend(tenant.target.glance().phone_numbers().cloned());
    }
    Ok(Json(ask.page(&rows, |number| reply(tenant, number))?))
}

pub(super) async fn one(
    caller: Caller,
    State(world): State<Arc<World>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let tenant = own_tenant(&world, &caller)?;
    Ok(Json(reply(tenant, &known(tenant, &id)?)))
}

/// Changes a number. The name is required; all other fields can be cleared.
pub(super) async fn change(
    caller: Caller,
    State(world): State<Arc<World>>,
    Path(id): Path<String>,
    Json(body): Json<Map<String, Value>>,
) -> Result<Json<Value>, Refusal> {
    let tenant = own_tenant(&world, &caller)?;
    let number = known(tenant, &id)?;
    // Check the complete request before applying any part of it.
    let name = match body.get("name") {
        None => None,
        Some(Value::String(own)) if !own.is_empty() => Some(own.clone()),
        Some(_) => return Err(bad("INVALID_NAME", "name")),
    };
    let caller_name = match body.get("callerIdName") {
        None => None,
        Some(Value::Null) => Some(None),
        Some(Value::String(own)) => Some(Some(own.clone())),
        Some(_) => return Err(bad("INVALID_CALLER_ID_NAME", "callerIdName")),
    };
    let route = match body.get("routeTo") {
        None => None,
        Some(Value::Null) => Some(None),
        Some(route) => {
            let place = route["id"].as_str().filter(|_| route["type"] == "EXTENSION");
            let place = place.ok_or_else(|| bad("INVALID_TYPE", "routeTo"))?;
            Some(Some(
                known_extension(tenant, place).map_err(|_| bad("INVALID_ID", place)).map(|own| (place, own.number))?,
            ))
        }
    };
    if let Some(name) = name {
        rename(tenant, &number, &name).await?;
    }
    match caller_name {
        None => {}
        Some(None) => drop(tenant.board().caller_names.remove(&number.number)),
        Some(Some(own)) => drop(tenant.board().caller_names.insert(number.number.clone(), own)),
    }
    if let Some(route) = route {
        let to = route.as_ref().map(|(id, extension)| (*id, extension.as_str()));
        ring(tenant, &number.number, to).await?;
    }
    Ok(Json(reply(tenant, &known(tenant, &id)?)))
}

async fn rename(tenant: &Tenant, number: &NamedNumber, name: &str) -> Result<(), Refusal> {
    let digits = &number.number;
    if let Some(holder) = holder(tenant, digits) {
        let named = |own: &mut UserSettings| {
            own.phone_numbers.insert(digits.clone(), name.to_owned());
        };
        return change_user(tenant, &holder, |user| user.set_settings(named)).await;
    }
    tenant.target.edit(|account| {
        let listed = account.catalog.phone_numbers.iter_mut().filter(|own| own.number == *digits);
        listed.for_each(|own| name.clone_into(&mut own.name));
    });
    Ok(())
}

/// Routes a number to an extension, given by ID and number, or nowhere.
async fn ring(tenant: &Tenant, digits: &PhoneNumber, to: Option<(&str, &str)>) -> Result<(), Refusal> {
    let user = to.and_then(|(_, extension)| tenant.target.glance().holder_of_extension(extension).cloned());
    let before = holder(tenant, digits);
    if before.is_some() && before == user {
        return Ok(());
    }
    if let Some(before) = before {
        change_user(tenant, &before, |user| user.set_settings(|own| drop(own.phone_numbers.remove(digits)))).await?;
    }
    let listed = tenant.target.glance().phone_numbers().find(|own| own.number == *digits).cloned();
    let Some(listed) = listed else { return Ok(()) };
    tenant.board().routes.remove(digits);
    let elsewhere = to.filter(|_| user.is_none());
    let at = elsewhere.map(|(_, extension)| RingsAt::Extension(extension.to_owned()));
    if listed.rings_at != at {
        ring_at(tenant, &[digits.clone()].into(), at.as_ref());
    }
    if let Some((id, _)) = elsewhere {
        tenant.board().routes.insert(digits.clone(), id.to_owned());
    }
    let Some(user) = user else { return Ok(()) };
    change_user(tenant, &user, |user| {
        user.set_settings(|own| drop(own.phone_numbers.insert(listed.number, listed.name)));
    })
    .await
}

pub(super) async fn permissions(
    caller: Caller,
    State(world): State<Arc<World>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let tenant = own_tenant(&world, &caller)?;
    let number = known(tenant, &id)?.number;
    let mut all = std::collections::BTreeMap::<UserKey, BTreeSet<String>>::new();
    for user in tenant.target.glance().users() {
        let mut settings = user.settings().clone();
        for (word, _) in permitted(&mut settings).into_iter().filter(|(_, numbers)| numbers.contains(&number)) {
            let key = user.key.clone().unwrap_or_else(|| UserKey::new(""));
            all.entry(key).or_default().insert(word.to_owned());
        }
    }
    for ((own, user), words) in &tenant.board().permissions {
        if *own == number {
            all.entry(user.clone()).or_default().extend(words.iter().cloned());
        }
    }
    let row = |(user, own): (&_, &BTreeSet<String>)| json!({ "userKey": user, "permissions": own });
    Ok(Json(json!({ "items": all.iter().map(row).collect::<Vec<_>>() })))
}

pub(super) async fn permit(
    caller: Caller,
    State(world): State<Arc<World>>,
    Path(id): Path<String>,
    Json(body): Json<Value>,
) -> Result<StatusCode, Refusal> {
    let tenant = own_tenant(&world, &caller)?;
    let number = known(tenant, &id)?.number;
    let user = user_key(tenant, &body["userKey"])?;
    let list = body["permissions"].as_array().ok_or_else(|| bad("INVALID_PERMISSION", "permissions"))?;
    let mut own = BTreeSet::new();
    for word in list {
        let known = word.as_str().filter(|word| PERMISSIONS.contains(word));
        own.insert(known.ok_or_else(|| bad("INVALID_PERMISSION", &word.to_string()))?.to_owned());
    }
    let change = |settings: &mut UserSettings| {
        for (word, numbers) in permitted(settings) {
            if own.contains(word) {
                numbers.insert(number.clone());
            } else {
                numbers.remove(&number);
            }
        }
    };
    change_user(tenant, &user, |user| user.set_settings(change)).await?;
    own.retain(|word| !permitted(&mut UserSettings::default()).iter().any(|(known, _)| known == word));
    tenant.board().permissions.insert((number, user), own);
    Ok(StatusCode::NO_CONTENT)
}

fn holder(tenant: &Tenant, digits: &PhoneNumber) -> Option<UserKey> {
    tenant.target.glance().holder_of(&Exclusive::phone_number(digits)).cloned()
}

/// Registers all extensions, because destinations refer to their IDs.
fn learn(tenant: &Tenant) {
    tenant.board().learn(&tenant.target.glance());
}

fn known(tenant: &Tenant, wanted: &str) -> Result<NamedNumber, Refusal> {
    learn(tenant);
    let glance = tenant.target.glance();
    let mut all = glance.phone_numbers();
    all.find(|own| id("number", own.number.as_str()) == wanted).cloned().ok_or_else(|| not_found(wanted))
}

fn reply(tenant: &Tenant, own: &NamedNumber) -> Value {
    let digits = &own.number;
    let mut reply = json!({
        "id": id("number", digits.as_str()), "accountKey": tenant.key, "number": digits, "name": own.name,
    });
    if let Some(caller) = tenant.board().caller_names.get(digits) {
        reply["callerIdName"] = json!(caller);
    }
    let user = holder(tenant, digits);
    let extension = user.and_then(|user| {
        let extension = tenant.target.glance().user(&user)?.settings().extension.clone()?;
        let board = tenant.board();
        board.extensions.iter().find(|(_, known)| *known.number == *extension).map(|(id, _)| id.clone())
    });
    let elsewhere = || tenant.board().routes.get(digits).cloned().unwrap_or_else(|| id("queue", digits.as_str()));
    if let Some(route) = extension.or_else(|| own.rings_at.as_ref().map(|_| elsewhere())) {
        reply["routeTo"] = json!({ "id": route, "type": "EXTENSION" });
    }
    reply
}

/// Returns the permissions that are settings of a user.
fn permitted(settings: &mut UserSettings) -> [(&'static str, &mut BTreeSet<PhoneNumber>); 2] {
    [("OUTBOUND_CALLER_ID", &mut settings.caller_id_numbers), ("TEXTING", &mut settings.texting_numbers)]
}

const PERMISSIONS: [&str; 3] = ["TEXTING", "OUTBOUND_CALLER_ID", "INSTANT_RESPONSE"];
