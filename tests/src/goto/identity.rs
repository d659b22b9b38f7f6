//! SCIM in GoTo's older dialect (goto-api, 3): users of the organization. Its groups are not emulated.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Path, RawQuery, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::routing::get;
use axum::{Json, Router};
use gotosync_core::ErrorKind;
use gotosync_core::model::{Action, Creation, Email, Outcome, Update, User, UserKey, WelcomeEmail};
use gotosync_core::target::ProvisioningTarget;
use serde_json::{Map, Value, json};

use super::admin::turn;
use super::answer::Refusal;
use super::oauth;
use super::world::{Tenant, World};

pub(super) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/identity/v1/Users", get(list).post(create))
        .route("/identity/v1/Users/me", get(me))
        .route("/identity/v1/Users/{user}", get(one).put(write).patch(write))
        .route("/identity/v1/ServiceProviderConfigs", get(config))
}

/// An authenticated caller with a role in the organization, which every request needs except for the caller's own user.
/// A role in the account does not count.
#[derive(Debug)]
struct Member {
    user: UserKey,
}

impl FromRequestParts<Arc<World>> for Member {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, world: &Arc<World>) -> Result<Self, Refusal> {
        let Some(session) = oauth::session(world, &parts.headers) else {
            return Err(Refusal::with(StatusCode::FORBIDDEN, json!({ "code": "invalid.token" })));
        };
        let own = parts.uri.path().ends_with("/me") || parts.uri.path().ends_with("ServiceProviderConfigs");
        if own || world.options.organization {
            return Ok(Self { user: session.user });
        }
        let path = parts.uri.path().trim_start_matches("/identity");
        Err(Refusal::with(StatusCode::UNAUTHORIZED, json!({ "code": "not.authorized", "uri": path })))
    }
}

/// Returns all users in one list, without paging and with a lower-case key for the rows.
async fn list(_: Member, State(world): State<Arc<World>>, RawQuery(query): RawQuery) -> Result<Json<Value>, Refusal> {
    let glance = world.tenants[0].target.glance();
    let filter = query.as_deref().and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("filter=")));
    let rows: Vec<Value> = match filter {
        None => glance.users().map(|user| reply(user)).collect(),
        Some(filter) => {
            let text = filter.replace("%20", " ").replace("%22", "\"").replace("%40", "@");
            let parts: Vec<&str> = text.splitn(3, ' ').collect();
            let [attribute, operator @ ("eq" | "sw"), value] = parts[..] else { return Err(bad("filter")) };
            let value = value.trim_matches('"').to_lowercase();
            let fits = |user: &User| {
                let own = match attribute {
                    "userName" => user.email.as_str().to_lowercase(),
                    "displayName" => user.full_name().to_lowercase(),
                    "name.givenName" => user.first_name.to_lowercase(),
                    "name.familyName" => user.last_name.to_lowercase(),
                    _ => return false,
                };
                if operator == "eq" { own == value } else { own.starts_with(&value) }
            };
            glance.users().filter(|user| fits(user)).map(|user| reply(user)).collect()
        }
    };
    Ok(Json(json!({ "totalResults": rows.len(), "resources": rows })))
}

async fn me(member: Member, State(world): State<Arc<World>>) -> Result<Json<Value>, Refusal> {
    found(&world.tenants[0], &member.user).map(|user| Json(reply(&user)))
}

async fn one(_: Member, State(world): State<Arc<World>>, Path(user): Path<String>) -> Result<Json<Value>, Refusal> {
    found(&world.tenants[0], &UserKey::new(&*user)).map(|user| Json(reply(&user)))
}

async fn create(
    _: Member,
    State(world): State<Arc<World>>,
    Json(body): Json<Map<String, Value>>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let tenant = &world.tenants[0];
    let mut user = User::new("", "", "");
    put(&mut user, &body)?;
    let email = user.email.clone();
    let action = Action::Create(Creation::new(user, WelcomeEmail::None));
    perform(tenant, action).await?;
    let made = tenant.target.glance().user_by_email(&email).cloned();
    made.map(|user| (StatusCode::CREATED, Json(reply(&user)))).ok_or_else(|| bad("userName"))
}

/// Applies a partial or complete user; missing fields remain. A name needs both parts.
async fn write(
    _: Member,
    State(world): State<Arc<World>>,
    Path(user): Path<String>,
    Json(body): Json<Map<String, Value>>,
) -> Result<Json<Value>, Refusal> {
    if body.contains_key("Operations") {
        return Err(bad("Operations"));
    }
    let (tenant, key) = (&world.tenants[0], UserKey::new(&*user));
    let before = found(tenant, &key)?;
    let mut after = User::clone(&before);
    put(&mut after, &body)?;
    let changes = turn::changes(&before, &after).map_err(|error| bad(&error.to_string()))?;
    if !changes.is_empty() {
        perform(tenant, Action::Update(Update { user: key.clone(), changes })).await?;
    }
    found(tenant, &key).map(|user| Json(reply(&user)))
}

async fn config(_: Member) -> Json<Value> {
    Json(json!({ "patch": { "supported": true }, "bulk": { "supported": false }, "filter": { "supported": true } }))
}

fn put(user: &mut User, body: &Map<String, Value>) -> Result<(), Refusal> {
    for (name, value) in body {
        let text = || value.as_str().ok_or_else(|| bad(name));
        match name.as_str() {
            "userName" => user.email = Email::new(text()?),
            "name" => {
                let part = |name: &str| value[name].as_str().ok_or_else(|| bad(name));
                user.first_name = part("givenName")?.into();
                user.last_name = part("familyName")?.into();
            }
            "locale" if value.is_null() => user.language = None,
            // The account writes languages with an underscore.
            "locale" => user.language = Some(text()?.replace('-', "_").into()),
            "timezone" => {
                let zone = value.as_str().map(Into::into);
                user.set_settings(|own| own.time_zone = zone);
            }
            _ => {}
        }
    }
    Ok(())
}

async fn perform(tenant: &Tenant, action: Action) -> Result<(), Refusal> {
    let outcomes = tenant.target.execute(&[action].into_iter().collect()).await;
    match outcomes.map_err(|error| bad(&error.to_string()))?.pop() {
        Some(Outcome::Failed { fault }) if fault.kind == ErrorKind::Conflict => {
            Err(Refusal::with(StatusCode::CONFLICT, json!({ "code": "conflict" })))
        }
        Some(Outcome::Failed { fault }) => Err(bad(&fault.message)),
        _ => Ok(()),
    }
}

fn found(tenant: &Tenant, key: &UserKey) -> Result<Arc<User>, Refusal> {
    let user = tenant.target.glance().user(key).cloned();
    user.ok_or_else(|| Refusal::with(StatusCode::NOT_FOUND, json!({ "code": "not.found" })))
}

fn reply(user: &User) -> Value {
    let mut reply = json!({
        "id": user.key,
        "userName": user.email,
        "name": { "givenName": user.first_name, "familyName": user.last_name },
        "displayName": user.full_name(),
        "meta": { "created": "2019-08-24T14:15:22Z" },
    });
    if let Some(language) = &user.language {
        reply["locale"] = json!(language);
    }
    if let Some(zone) = &user.settings().time_zone {
        reply["timezone"] = json!(zone);
    }
    reply
}

fn bad(what: &str) -> Refusal {
    Refusal::with(StatusCode::BAD_REQUEST, json!({ "code": "invalid", "value": what }))
}
