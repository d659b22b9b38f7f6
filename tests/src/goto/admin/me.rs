//! The signed-in user and the account (goto-api, 2.3).

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use gotosync_core::model::UserKey;
use gotosync_core::target::Glance;
use serde_json::{Value, json};

use super::wire::{Key, admin_roles};
use super::{Admin, bad, no_user};
use crate::goto::answer::Refusal;
use crate::goto::world::{Tenant, World};

pub(super) async fn me(admin: Admin, State(world): State<Arc<World>>) -> Result<Json<Value>, Refusal> {
    let own = |tenant: &&Tenant| tenant.target.glance().user(&admin.user).is_some();
    let primary = world.tenants.iter().find(own).ok_or_else(|| no_user(admin.user.as_str()))?;
    reply(&world, primary, &admin.user)
}

pub(super) async fn me_in(
    admin: Admin,
    State(world): State<Arc<World>>,
    Path(account): Path<String>,
) -> Result<Json<Value>, Refusal> {
    reply(&world, world.tenant(&account, &admin.user)?, &admin.user)
}

pub(super) async fn account(
    admin: Admin,
    State(world): State<Arc<World>>,
    Path(account): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let tenant = world.tenant(&account, &admin.user)?;
    Ok(Json(json!({ "key": Key::new(&*account, world.options.keys), "name": tenant.target.glance().name() })))
}

pub(super) async fn rename(
    admin: Admin,
    State(world): State<Arc<World>>,
    Path(account): Path<String>,
    Json(body): Json<Value>,
) -> Result<(), Refusal> {
    let tenant = world.tenant(&account, &admin.user)?;
    let name = body["name"].as_str().ok_or_else(|| bad("account.name.required", ""))?;
    tenant.target.edit(|account| name.clone_into(&mut account.name));
    Ok(())
}

fn reply(world: &World, tenant: &Tenant, user: &UserKey) -> Result<Json<Value>, Refusal> {
    let key = |key: &str| json!(Key::new(key.to_owned(), world.options.keys));
    let roles = |glance: &Glance<'_>| glance.user(user).map(|user| admin_roles(&user.role)).unwrap_or_default();
    let mut accounts = Vec::new();
    for own in &world.tenants {
        let glance = own.target.glance();
        if glance.user(user).is_some() {
            let mut reply = json!({ "key": key(own.key.as_str()), "name": glance.name() });
            put(&mut reply, "adminRoles", &roles(&glance));
            accounts.push(reply);
        }
    }
    let glance = tenant.target.glance();
    let own = glance.user(user).ok_or_else(|| no_user(user.as_str()))?;
    let mut products: Vec<&String> =
        glance.licenses().filter(|license| own.licenses.contains(&license.key)).flat_map(|l| &l.products).collect();
    products.dedup();
    let mut reply = json!({
        "key": key(user.as_str()),
        "accountKey": key(tenant.key.as_str()),
        "email": own.email,
        "firstName": own.first_name,
        "lastName": own.last_name,
        "orgAdmin": false,
        "accounts": accounts,
        "createTime": 1_506_076_497_748_u64,
    });
    if let Some(locale) = &own.language {
        reply["locale"] = json!(locale);
    }
    if let Some(zone) = &own.settings().time_zone {
        reply["timeZone"] = json!(zone);
    }
    put(&mut reply, "products", &products);
    put(&mut reply, "adminRoles", &roles(&glance));
    Ok(Json(reply))
}

/// Adds a list, unless it is empty.
fn put<T: serde::Serialize>(reply: &mut Value, name: &str, list: &[T]) {
    if !list.is_empty() {
        reply[name] = json!(list);
    }
}
