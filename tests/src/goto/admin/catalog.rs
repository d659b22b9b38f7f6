//! Role sets, custom fields, and e-mail templates (goto-api, 2.2).

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use gotosync_core::model::{Account, Action, Change, Role, UserKey, WelcomeTemplate, Whole};
use serde_json::{Map, Value, json};

use super::ask::Ask;
use super::change::{changed, key};
use super::users::filtered;
use super::wire::{Key, Page, named_key};
use super::{Admin, bad, perform};
use crate::goto::answer::Refusal;
use crate::goto::world::{Tenant, World};
use crate::laws::corpus;

pub(super) async fn role_sets(
    admin: Admin,
    State(world): State<Arc<World>>,
    Path(account): Path<String>,
) -> Result<Json<Page<Value>>, Refusal> {
    let glance = world.tenant(&account, &admin.user)?.target.glance();
    let row = |name: &String| json!({ "id": Key::new(named_key("roleset", name), world.options.keys), "name": name });
    Ok(Json(Page::whole(glance.catalog().role_sets.iter().map(row).collect())))
}

/// Assigns a role set to the users that match the filter. A system role must be removed first.
pub(super) async fn give_role_set(
    admin: Admin,
    State(world): State<Arc<World>>,
    Path((account, set)): Path<(String, String)>,
    ask: Ask,
) -> Result<StatusCode, Refusal> {
    let tenant = world.tenant(&account, &admin.user)?;
    let name = {
        let glance = tenant.target.glance();
        let mut names = glance.catalog().role_sets.iter();
        names.find(|name| named_key("roleset", name) == set).cloned()
    };
    let name = name.ok_or_else(|| Refusal::admin(StatusCode::NOT_FOUND, "roleset.not.found", &set))?;
    for user in found(tenant, &ask)? {
        changed(tenant, user.as_str(), |_, user| match user.role {
            Role::Member | Role::Set(_) => {
                user.role = Role::Set(name.clone());
                Ok(())
            }
            Role::Administrator | Role::Manager { .. } => Err(bad("role.conflict", user.email.as_str())),
        })
        .await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Removes the role set of the users that match the filter.
pub(super) async fn clear_role_set(
    admin: Admin,
    State(world): State<Arc<World>>,
    Path(account): Path<String>,
    ask: Ask,
) -> Result<StatusCode, Refusal> {
    let tenant = world.tenant(&account, &admin.user)?;
    for user in found(tenant, &ask)? {
        changed(tenant, user.as_str(), |_, user| {
            if let Role::Set(_) = user.role {
                user.role = Role::Member;
            }
            Ok(())
        })
        .await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn attributes(
    admin: Admin,
    State(world): State<Arc<World>>,
    Path(account): Path<String>,
) -> Result<Json<Page<Value>>, Refusal> {
    let glance = world.tenant(&account, &admin.user)?.target.glance();
    let row =
        |name: &String| json!({ "key": Key::new(named_key("attribute", name), world.options.keys), "name": name });
    Ok(Json(Page::whole(glance.catalog().custom_fields.iter().map(row).collect())))
}

pub(super) async fn add_attribute(
    admin: Admin,
    State(world): State<Arc<World>>,
    Path(account): Path<String>,
    Json(body): Json<Map<String, Value>>,
) -> Result<Json<String>, Refusal> {
    let tenant = world.tenant(&account, &admin.user)?;
    let name = text(&body, "name")?;
    tenant.target.edit(|account| {
        if !account.catalog.custom_fields.contains(&name) {
            account.catalog.custom_fields.push(name.clone());
        }
    });
    Ok(Json(named_key("attribute", &name)))
}

pub(super) async fn templates(
    admin: Admin,
    State(world): State<Arc<World>>,
    Path(account): Path<String>,
) -> Result<Json<Page<Value>>, Refusal> {
    let glance = world.tenant(&account, &admin.user)?.target.glance();
    let row = |own: &WelcomeTemplate| {
        let key = Key::new(named_key("template", &own.name), world.options.keys);
        json!({ "key": key, "title": own.name, "subject": own.subject, "text": own.text })
    };
    Ok(Json(Page::whole(glance.catalog().welcome_emails.iter().map(row).collect())))
}

/// Creates a template, or changes it if the body contains its key; responds with the key only.
pub(super) async fn write_template(
    admin: Admin,
    State(world): State<Arc<World>>,
    Path(account): Path<String>,
    Json(body): Json<Map<String, Value>>,
) -> Result<Json<String>, Refusal> {
    let tenant = world.tenant(&account, &admin.user)?;
    let key = body.get("key").map(|value| key("key", value)).transpose()?;
    put_template(tenant, key.as_deref(), &body).await
}

pub(super) async fn rewrite_template(
    admin: Admin,
    State(world): State<Arc<World>>,
    Path((account, template)): Path<(String, String)>,
    Json(body): Json<Map<String, Value>>,
) -> Result<Json<String>, Refusal> {
    put_template(world.tenant(&account, &admin.user)?, Some(&template), &body).await
}

async fn put_template(tenant: &Tenant, key: Option<&str>, body: &Map<String, Value>) -> Result<Json<String>, Refusal> {
    let title = text(body, "title")?;
    let after = WelcomeTemplate { name: title.clone(), subject: text(body, "subject")?, text: text(body, "text")? };
    let before = tenant.target.glance().catalog().welcome_email(&title).cloned();
    match (&before, key) {
        (Some(_), None) => return Err(Refusal::admin(StatusCode::CONFLICT, "template.conflict", &title)),
        (None, Some(key)) => return Err(Refusal::admin(StatusCode::NOT_FOUND, "template.not.found", key)),
        _ => {}
    }
    let reading = corpus::nobody().map_err(|error| bad("invalid", &error.to_string()))?;
    let empty = Account::empty("0", "evidence");
    let Some(whole) = Whole::of(&reading, &empty) else { unreachable!("both reads are complete") };
    let template = match before {
        Some(before) => Change::replace(whole, before, Some(after)),
        None => Change::fill(after),
    };
    perform(tenant, Action::WriteTemplate { template }).await?;
    Ok(Json(named_key("template", &title)))
}

/// Returns the keys of the users that match a filter, of which there must be at least one.
fn found(tenant: &Tenant, ask: &Ask) -> Result<Vec<UserKey>, Refusal> {
    let filter = ask.filter.as_ref().ok_or_else(|| bad("filter.required", ""))?;
    let glance = tenant.target.glance();
    let found = filtered(&glance, filter)?.into_iter().filter_map(|user| user.key.clone()).collect::<Vec<_>>();
    if found.is_empty() { Err(super::no_user("")) } else { Ok(found) }
}

fn text(body: &Map<String, Value>, name: &str) -> Result<String, Refusal> {
    let text = body.get(name).and_then(Value::as_str);
    text.map(str::to_owned).ok_or_else(|| bad(&format!("{name}.required"), ""))
}
