//! The Connect API (goto-api, 5): `users/v1`, which is read-only, and `voice-admin/v1`.
//!
//! A user's extension and devices are those of the account, so a read of the account shows what this API wrote. A
//! user's extension exists as soon as the user does. Dial plans, queues, and the caller ID of a line cannot be written.

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequestParts, Query};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::routing::{delete, get, patch};
use gotosync_core::model::{Action, Outcome, Update, User, UserKey};
use gotosync_core::target::ProvisioningTarget;
use serde::Deserialize;
use serde_json::{Value, json};

use super::admin::turn;
use super::answer::Refusal;
use super::oauth;
use super::world::{Tenant, World};

mod devices;
mod extensions;
mod lines;
mod locations;
mod numbers;
mod switchboard;

pub(super) use switchboard::Switchboard;

pub(super) fn routes() -> Router<Arc<World>> {
    // The routes are not nested, because the required scope depends on the complete path.
    let voice = Router::new()
        .route("/voice-admin/v1/extensions", get(extensions::list).post(extensions::create))
        .route(
            "/voice-admin/v1/extensions/{id}",
            get(extensions::one).patch(extensions::change).delete(extensions::delete),
        )
        .route("/voice-admin/v1/extensions/{id}/voicemail", patch(extensions::voicemail))
        .route("/voice-admin/v1/devices", get(devices::list).post(devices::create))
        .route("/voice-admin/v1/devices/{id}", get(devices::one).patch(devices::change))
        .route("/voice-admin/v1/device-models", get(devices::models))
        .route("/voice-admin/v1/phone-numbers", get(numbers::list))
        .route("/voice-admin/v1/phone-numbers/{id}", get(numbers::one).patch(numbers::change))
        .route("/voice-admin/v1/phone-numbers/{id}/permissions", get(numbers::permissions).post(numbers::permit))
        .route("/voice-admin/v1/locations", get(locations::list).post(locations::create))
        .route("/voice-admin/v1/locations/{id}", get(locations::one))
        .route("/voice-admin/v1/locations/{id}/users", get(locations::users).post(locations::join))
        .route("/voice-admin/v1/locations/{id}/users/{user}", delete(locations::leave));
    Router::new()
        .route("/users/v1/users", get(lines::users))
        .route("/users/v1/users/{user}/lines", get(lines::of_user))
        .route("/users/v1/lines", get(lines::own))
        .route("/users/v1/me", get(lines::me))
        .merge(voice)
}

/// An authenticated caller whose token is valid for the request.
#[derive(Debug)]
struct Caller {
    user: UserKey,
}

impl FromRequestParts<Arc<World>> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, world: &Arc<World>) -> Result<Self, Refusal> {
        let voice = parts.uri.path().starts_with("/voice-admin");
        let needed = match (voice, parts.method.is_safe()) {
            (true, true) => "voice-admin.v1.read",
            (true, false) => "voice-admin.v1.write",
            (false, _) => "users.v1.lines.read",
        };
        let Some(session) = oauth::session(world, &parts.headers) else {
            let code = if voice { "AUTHN_INVALID_TOKEN" } else { "INVALID_TOKEN" };
            return Err(Refusal::connect(StatusCode::UNAUTHORIZED, code, "the token is invalid or has expired"));
        };
        if session.scopes.iter().any(|scope| scope == needed) {
            return Ok(Self { user: session.user });
        }
        Err(Refusal::connect(StatusCode::FORBIDDEN, "AUTHZ_INSUFFICIENT_SCOPE", needed))
    }
}

/// The known parameters of a query.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ask {
    account_key: Option<String>,
    page_size: Option<usize>,
    page_marker: Option<String>,
}

type Asked = Query<Ask>;

impl Ask {
    /// Returns the account, which the query must name, and whether the caller may see its telephones.
    fn tenant<'w>(&self, world: &'w World, caller: &Caller) -> Result<(&'w Tenant, bool), Refusal> {
        let key = self.account_key.as_deref().ok_or_else(|| {
            let missing = json!([{ "field": "accountKey", "constraint": "REQUIRED" }]);
            Refusal::with(
                StatusCode::BAD_REQUEST,
                json!({ "errorCode": "MISSING_MANDATORY_FIELDS", "message": "accountKey", "constraintViolations": missing }),
            )
        })?;
        let tenant = world.tenant(key, &caller.user).map_err(|_| bad("INVALID_ACCOUNT_KEY", key))?;
        Ok((tenant, administers(tenant, &caller.user)))
    }

    /// Builds a page of rows. Only the rows on the page are converted, because there may be many.
    fn page<T>(&self, rows: &[T], row: impl Fn(&T) -> Value) -> Result<Value, Refusal> {
        let from: usize = match self.page_marker.as_deref() {
            None | Some("") => 0,
            Some(marker) => marker.parse().map_err(|_| bad("BAD_REQUEST", "pageMarker"))?,
        };
        let size = self.page_size.unwrap_or(PAGE).clamp(1, MOST);
        let end = rows.len().min(from.saturating_add(size));
        let items: Vec<Value> = rows.get(from..end).unwrap_or_default().iter().map(row).collect();
        let mut page = json!({ "items": items });
        if end < rows.len() {
            page["nextPageMarker"] = end.to_string().into();
        }
        Ok(page)
    }
}

/// Returns the caller's first account, if the caller may change it.
fn own_tenant<'w>(world: &'w World, caller: &Caller) -> Result<&'w Tenant, Refusal> {
    let own = world.tenants.iter().find(|tenant| tenant.target.glance().user(&caller.user).is_some());
    own.filter(|tenant| administers(tenant, &caller.user))
        .ok_or_else(|| Refusal::connect(StatusCode::FORBIDDEN, "UNAUTHORIZED", "only a super admin may do this"))
}

/// Returns the account that a body names.
fn tenant_of<'w>(world: &'w World, caller: &Caller, body: &Value) -> Result<&'w Tenant, Refusal> {
    let key = body["accountKey"].as_str().ok_or_else(|| bad("INVALID_ACCOUNT_KEY", "accountKey"))?;
    let tenant = world.tenant(key, &caller.user).map_err(|_| bad("INVALID_ACCOUNT_KEY", key))?;
    if administers(tenant, &caller.user) {
        return Ok(tenant);
    }
    Err(Refusal::connect(StatusCode::FORBIDDEN, "UNAUTHORIZED", "only a super admin may do this"))
}

/// Returns `true` if a user may see and change telephones. For other users, lists are empty instead of forbidden.
fn administers(tenant: &Tenant, user: &UserKey) -> bool {
    tenant.target.glance().user(user).is_some_and(|user| user.role.is_administrator())
}

/// Changes a user by the account's rules.
async fn change_user(tenant: &Tenant, key: &UserKey, change: impl FnOnce(&mut User)) -> Result<(), Refusal> {
    let before = tenant.target.glance().user(key).cloned();
    let before = before.ok_or_else(|| bad("INVALID_USER_KEY", key.as_str()))?;
    let mut after = User::clone(&before);
    change(&mut after);
    let changes = turn::changes(&before, &after).map_err(|error| bad("BAD_REQUEST", &error.to_string()))?;
    if changes.is_empty() {
        return Ok(());
    }
    let action = Action::Update(Update { user: key.clone(), changes });
    let outcomes = tenant.target.execute(&[action].into_iter().collect()).await;
    match outcomes.map_err(|error| bad("UNKNOWN_ERROR", &error.to_string()))?.pop() {
        Some(Outcome::Failed { fault }) if fault.kind == gotosync_core::ErrorKind::Conflict => {
            Err(conflict("CONFLICTING_EXTENSION", &fault.message))
        }
        Some(Outcome::Failed { fault }) => Err(bad("INVALID_NUMBER", &fault.message)),
        _ => Ok(()),
    }
}

fn bad(code: &str, message: &str) -> Refusal {
    Refusal::connect(StatusCode::BAD_REQUEST, code, message)
}

fn conflict(code: &str, message: &str) -> Refusal {
    Refusal::connect(StatusCode::CONFLICT, code, message)
}

fn not_found(id: &str) -> Refusal {
    Refusal::connect(StatusCode::NOT_FOUND, "NOT_FOUND", id)
}

/// Returns an ID in the API's format, which is stable for the same object.
fn id(kind: &str, name: &str) -> String {
    let hex = blake3::hash(format!("{kind} {name}").as_bytes()).to_hex();
    format!("{}-{}-4{}-8{}-{}", &hex[..8], &hex[8..12], &hex[12..15], &hex[15..18], &hex[18..30])
}

const PAGE: usize = 50;
/// The maximum page size. It is not documented; observed clients use 100.
const MOST: usize = 100;
