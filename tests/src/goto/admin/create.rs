//! Creation of users (goto-api, 2.5).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use gotosync_core::model::{Action, Creation, LicenseKey, User, WelcomeEmail};
use gotosync_core::target::Glance;
use serde_json::{Map, Value, json};

use super::ask::Ask;
use super::change::{key, write};
use super::wire::{Key, named_key};
use super::{Admin, bad, perform, unsure};
use crate::goto::answer::Refusal;
use crate::goto::world::{Tenant, World};

/// Creates the users in `users`, who share the fields beside it, or a single user whose fields are at the top level.
///
/// Checks all users before it creates the first one. The response contains the key of an existing user, too. With
/// `allOrNothing`, which is the default, an existing user prevents all creations.
pub(super) async fn create(
    admin: Admin,
    State(world): State<Arc<World>>,
    Path(account): Path<String>,
    ask: Ask,
    Json(body): Json<Map<String, Value>>,
) -> Result<Response, Refusal> {
    let tenant = world.tenant(&account, &admin.user)?;
    let flat = !body.contains_key("users");
    let wanted = wanted(&tenant.target.glance(), &body)?;
    let welcome = welcome(&tenant.target.glance(), &body)?;
    let (mut new, mut there) = (Vec::new(), Vec::new());
    {
        let glance = tenant.target.glance();
        let mut seen = BTreeSet::new();
        for user in wanted {
            let taken = glance.user_by_email(&user.email).cloned();
            if !seen.insert(user.email.key().into_owned()) {
                there.push((user, None));
            } else if taken.is_some() || glance.is_elsewhere(&user.email) {
                there.push((user, taken));
            } else {
                new.push(user);
            }
        }
        if let Some((user, _)) = there.first().filter(|_| flat || !ask.in_part) {
            return Err(Refusal::admin(StatusCode::CONFLICT, "user.name.conflict", user.email.as_str()));
        }
        check_seats(&glance, &new)?;
    }
    let mut made = Vec::with_capacity(new.len());
    for user in new {
        made.push(make(&world, tenant, user, &welcome).await?);
    }
    // For an address in another account, the response contains nothing.
    let known = there.into_iter().filter_map(|(_, taken)| taken);
    let answer: Vec<Value> = made
        .into_iter()
        .chain(known)
        .map(|user| {
            let key = user.key.as_ref().map_or("", |key| key.as_str());
            json!({ "key": Key::new(key, world.options.keys), "email": user.email })
        })
        .collect();
    Ok(match answer.first() {
        Some(first) if flat => Json(first).into_response(),
        _ => Json(answer).into_response(),
    })
}

async fn make(world: &World, tenant: &Tenant, user: User, welcome: &WelcomeEmail) -> Result<Arc<User>, Refusal> {
    let email = user.email.clone();
    perform(tenant, Action::Create(Creation::new(user, welcome.clone()))).await?;
    match welcome {
        WelcomeEmail::Default => world.mail(email.as_str(), "welcome"),
        WelcomeEmail::Template(name) => world.mail(email.as_str(), name),
        WelcomeEmail::None => {}
    }
    let made = tenant.target.glance().user_by_email(&email).cloned();
    made.ok_or_else(|| bad("invalid", email.as_str()))
}

/// Returns the requested users, with the shared fields applied.
fn wanted(glance: &Glance<'_>, body: &Map<String, Value>) -> Result<Vec<User>, Refusal> {
    let mut model = User::new("", "", "");
    let Some(list) = body.get("users") else {
        write(glance, &mut model, body)?;
        return named(model).map(|user| vec![user]);
    };
    // Fields that differ for each user are not shared.
    let shared = body.iter().filter(|(name, _)| !["email", "firstName", "lastName"].contains(&name.as_str()));
    write(glance, &mut model, &shared.map(|(name, value)| (name.clone(), value.clone())).collect())?;
    let list = list.as_array().ok_or_else(|| bad("invalid", "users"))?;
    list.iter()
        .map(|own| {
            let mut user = model.clone();
            let own = own.as_object().ok_or_else(|| bad("invalid", "users"))?;
            // These fields belong beside the users and are ignored inside a user.
            let beside = ["licenseKeys", "groupKey", "adminRoles", "managedGroupKeys", "suppressEmail"];
            let own = own.iter().filter(|(name, _)| !beside.contains(&name.as_str()));
            write(glance, &mut user, &own.map(|(name, value)| (name.clone(), value.clone())).collect())?;
            named(user)
        })
        .collect()
}

/// Rejects a user without a valid address.
fn named(user: User) -> Result<User, Refusal> {
    match user.email.problem() {
        Some(_) => Err(bad("user.email.invalid", user.email.as_str())),
        None => Ok(user),
    }
}

fn welcome(glance: &Glance<'_>, body: &Map<String, Value>) -> Result<WelcomeEmail, Refusal> {
    if body.get("suppressEmail").is_some_and(|value| *value == Value::Bool(true)) {
        return Ok(WelcomeEmail::None);
    }
    let Some(template) = body.get(unsure::TEMPLATE) else { return Ok(WelcomeEmail::Default) };
    let key = key(unsure::TEMPLATE, template)?;
    let mut names = glance.catalog().welcome_emails.iter().map(|template| &template.name);
    match names.find(|name| named_key("template", name) == key) {
        Some(name) => Ok(WelcomeEmail::Template(name.clone())),
        None => Err(bad("template.not.found", &key)),
    }
}

/// Checks that there are enough seats for all users before any is created.
fn check_seats(glance: &Glance<'_>, new: &[User]) -> Result<(), Refusal> {
    let mut wanted: BTreeMap<&LicenseKey, u32> = BTreeMap::new();
    for key in new.iter().flat_map(|user| &user.licenses) {
        *wanted.entry(key).or_default() += 1;
    }
    for license in glance.licenses() {
        if wanted.get(&license.key).is_some_and(|wanted| *wanted > license.free()) {
            return Err(bad(unsure::NO_SEAT, license.key.as_str()));
        }
    }
    Ok(())
}
