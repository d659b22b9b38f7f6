//! Changes to one user (goto-api, 2.6 and 2.7).

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use gotosync_core::model::Account;
use gotosync_core::model::{
    Action, Deletion, Email, LicenseKey, Privilege, Role, Status, Suspension, Update, User, UserGroupPath, UserKey,
    Whole,
};
use gotosync_core::target::Glance;
use serde_json::{Map, Value};

use super::wire::{SUPER_USER, group_key, named_key, privilege_word};
use super::{Admin, bad, no_group, no_user, perform, turn, unsure};
use crate::goto::answer::Refusal;
use crate::goto::world::{Tenant, World};
use crate::laws::corpus;

/// Applies a partial body and ignores unknown fields. Some clients expect status 200, others an empty response.
pub(super) async fn update(
    admin: Admin,
    State(world): State<Arc<World>>,
    Path((account, user)): Path<(String, String)>,
    Json(body): Json<Map<String, Value>>,
) -> Result<StatusCode, Refusal> {
    let tenant = world.tenant(&account, &admin.user)?;
    if body.contains_key("key") {
        return Err(bad("invalid", "cannot pass key value in update JSON"));
    }
    changed(tenant, &user, |glance, user| write(glance, user, &body)).await
}

/// Deletes any user; the service does not require that the user is suspended first.
pub(super) async fn delete(
    admin: Admin,
    State(world): State<Arc<World>>,
    Path((account, user)): Path<(String, String)>,
) -> Result<StatusCode, Refusal> {
    let tenant = world.tenant(&account, &admin.user)?;
    let before = known(tenant, &user)?;
    let key = UserKey::new(&*user);
    let (reading, empty) = evidence()?;
    let Some(whole) = Whole::of(&reading, &empty) else { unreachable!("both reads are complete") };
    if before.status != Status::Suspended {
        let suspension = Suspension::new(whole, key.clone(), before.licenses.clone(), before.role.clone());
        perform(tenant, Action::Suspend(suspension)).await?;
    }
    perform(tenant, Action::Delete(Deletion::new(whole, key, before.email.clone()))).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Resends an invitation.
pub(super) async fn invite(
    admin: Admin,
    State(world): State<Arc<World>>,
    Path((account, user)): Path<(String, String)>,
) -> Result<StatusCode, Refusal> {
    let tenant = world.tenant(&account, &admin.user)?;
    let before = known(tenant, &user)?;
    let sent = before.invitation.unwrap_or_default().sent;
    perform(tenant, Action::Invite { user: UserKey::new(&*user), sent }).await?;
    world.mail(before.email.as_str(), "invitation");
    Ok(StatusCode::NO_CONTENT)
}

/// Changes a user, if the user exists.
pub(super) async fn changed(
    tenant: &Tenant,
    user: &str,
    change: impl FnOnce(&Glance<'_>, &mut User) -> Result<(), Refusal>,
) -> Result<StatusCode, Refusal> {
    let before = known(tenant, user)?;
    let mut after = User::clone(&before);
    change(&tenant.target.glance(), &mut after)?;
    let changes = turn::changes(&before, &after).map_err(|error| bad("invalid", &error.to_string()))?;
    if !changes.is_empty() {
        perform(tenant, Action::Update(Update { user: UserKey::new(user), changes })).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

pub(super) fn known(tenant: &Tenant, user: &str) -> Result<Arc<User>, Refusal> {
    tenant.target.glance().user(&UserKey::new(user)).cloned().ok_or_else(|| no_user(user))
}

fn evidence() -> Result<(gotosync_core::model::Reading, Account), Refusal> {
    let reading = corpus::nobody().map_err(|error| bad("invalid", &error.to_string()))?;
    Ok((reading, Account::empty("0", "evidence")))
}

/// Applies the fields of a body to a new or existing user.
pub(super) fn write(glance: &Glance<'_>, user: &mut User, body: &Map<String, Value>) -> Result<(), Refusal> {
    for (name, value) in body {
        let text = || value.as_str().ok_or_else(|| bad("invalid", name));
        match name.as_str() {
            "email" => user.email = Email::new(text()?),
            "firstName" => user.first_name = text()?.into(),
            "lastName" => user.last_name = text()?.into(),
            "locale" => user.language = if value.is_null() { None } else { Some(text()?.into()) },
            "timeZone" => {
                let zone = if value.is_null() { None } else { Some(text()?.into()) };
                user.set_settings(|own| own.time_zone = zone);
            }
            "licenseKeys" => user.licenses = keys(name, value)?.iter().map(|key| LicenseKey::new(&**key)).collect(),
            "groupKey" if value.is_null() => user.group = None,
            "groupKey" => user.group = Some(group(glance, &key(name, value)?)?),
            "adminRoles" => user.role = role(glance, &user.role, value, body)?,
            unsure::ATTRIBUTES => attributes(glance, user, value)?,
            _ => {}
        }
    }
    user.licenses.sort();
    user.licenses.dedup();
    Ok(())
}

/// Returns a user group by key.
pub(super) fn group(glance: &Glance<'_>, key: &str) -> Result<UserGroupPath, Refusal> {
    let group = glance.groups().find(|group| group_key(group) == key);
    group.map(|group| group.path.clone()).ok_or_else(|| no_group(key))
}

/// Reads a key from a string or a number.
pub(super) fn key(name: &str, value: &Value) -> Result<String, Refusal> {
    match value {
        Value::String(key) => Ok(key.clone()),
        Value::Number(key) if key.is_u64() => Ok(key.to_string()),
        _ => Err(bad("invalid", name)),
    }
}

pub(super) fn keys(name: &str, value: &Value) -> Result<Vec<String>, Refusal> {
    let list = value.as_array().ok_or_else(|| bad("invalid", name))?;
    list.iter().map(|value| key(name, value)).collect()
}

/// Derives the role from system roles. An empty list keeps a role set, which has a path of its own.
fn role(glance: &Glance<'_>, before: &Role, value: &Value, body: &Map<String, Value>) -> Result<Role, Refusal> {
    let words = keys("adminRoles", value)?;
    if words.is_empty() {
        return Ok(if let Role::Set(_) = before { before.clone() } else { Role::Member });
    }
    if words.iter().any(|word| word == SUPER_USER) {
        return Ok(Role::Administrator);
    }
    let privilege = |word: &String| Privilege::ALL.into_iter().find(|own| privilege_word(*own) == word);
    let privileges: Option<Vec<Privilege>> = words.iter().map(privilege).collect();
    let list = |name| body.get(name).map_or_else(|| Ok(Vec::new()), |value| keys(name, value));
    let groups = list("managedGroupKeys")?.iter().map(|key| group(glance, key)).collect::<Result<_, _>>()?;
    let products = list(unsure::MANAGED_LICENSES)?.iter().map(|key| LicenseKey::new(&**key)).collect();
    let privileges = privileges.ok_or_else(|| bad("invalid", "adminRoles"))?;
    Ok(Role::Manager { privileges, groups, products }.normal())
}

fn attributes(glance: &Glance<'_>, user: &mut User, value: &Value) -> Result<(), Refusal> {
    for own in value.as_array().ok_or_else(|| bad("invalid", unsure::ATTRIBUTES))? {
        let key = key("key", &own["key"])?;
        let name = glance.catalog().custom_fields.iter().find(|name| named_key("attribute", name) == key);
        let name = name.ok_or_else(|| bad("attribute.not.found", &key))?.clone();
        match &own["value"] {
            Value::Null => user.set_settings(|settings| drop(settings.custom_fields.remove(&name))),
            Value::String(value) => {
                user.set_settings(|settings| drop(settings.custom_fields.insert(name, value.clone())));
            }
            _ => return Err(bad("invalid", unsure::ATTRIBUTES)),
        }
    }
    Ok(())
}
