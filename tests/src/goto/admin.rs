//! The Admin API (goto-api, 2) as far as it is known: from one guide and one page of the vendor, and about eight
//! clients.

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::routing::{get, post, put};
use gotosync_core::model::{Action, Outcome, UserKey};
use gotosync_core::target::ProvisioningTarget;

use super::answer::Refusal;
use super::oauth;
use super::options::TokenRefusal;
use super::world::{Tenant, World};

mod ask;
mod catalog;
mod change;
mod create;
mod filter;
mod groups;
mod licenses;
mod me;
pub(super) mod turn;
mod unsure;
mod users;
mod wire;

pub(super) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/me", get(me::me))
        .route("/accounts/{account}", get(me::account).put(me::rename))
        .route("/accounts/{account}/me", get(me::me_in))
        .route("/accounts/{account}/users", get(users::list).post(create::create))
        .route("/accounts/{account}/users/{user}", get(users::one).put(change::update).delete(change::delete))
        .route("/accounts/{account}/users/{user}/groups", axum::routing::delete(groups::leave))
        .route(unsure::INVITATIONS, post(change::invite))
        .route("/accounts/{account}/users/rolesets", axum::routing::delete(catalog::clear_role_set))
        .route("/accounts/{account}/groups", get(groups::list).post(groups::create))
        .route("/accounts/{account}/groups/{group}", get(groups::one).put(groups::rename).delete(groups::delete))
        .route("/accounts/{account}/groups/{group}/users/{user}", put(groups::join))
        .route("/accounts/{account}/licenses", get(licenses::list))
        .route("/accounts/{account}/licenses/{license}", get(licenses::one))
        .route(
            "/accounts/{account}/licenses/{license}/users/{user}",
            put(licenses::give).post(licenses::give).delete(licenses::take),
        )
        .route("/accounts/{account}/rolesets", get(catalog::role_sets))
        .route("/accounts/{account}/rolesets/{set}/users", put(catalog::give_role_set))
        .route("/accounts/{account}/attributes", get(catalog::attributes).post(catalog::add_attribute))
        .route(
            "/accounts/{account}/templates",
            get(catalog::templates).post(catalog::write_template).put(catalog::write_template),
        )
        .route("/accounts/{account}/templates/{template}", put(catalog::rewrite_template))
}

/// An authenticated caller whose token is valid for the Admin API.
#[derive(Debug)]
struct Admin {
    user: UserKey,
}

impl FromRequestParts<Arc<World>> for Admin {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, world: &Arc<World>) -> Result<Self, Refusal> {
        match oauth::session(world, &parts.headers) {
            Some(session) if session.scopes.iter().any(|scope| scope == "identity:") => Ok(Self { user: session.user }),
            None if world.options.refusal == TokenRefusal::Forbidden => Err(Refusal::with(
                StatusCode::FORBIDDEN,
                serde_json::json!({ "int_err_code": "InvalidToken", "msg": "Invalid token passed" }),
            )),
            // Observed live: GoTo treats a token without the scope like a missing token.
            _ => Err(Refusal::admin(StatusCode::UNAUTHORIZED, "not.authenticated", "")),
        }
    }
}

/// Executes one action on an account, by the account's rules.
async fn perform(tenant: &Tenant, action: Action) -> Result<(), Refusal> {
    let broken = |text: &str| Refusal::admin(StatusCode::INTERNAL_SERVER_ERROR, "internal", text);
    let outcomes = tenant.target.execute(&[action].into_iter().collect()).await;
    match outcomes.map_err(|error| broken(&error.to_string()))?.pop() {
        Some(Outcome::Done { .. }) => Ok(()),
        Some(Outcome::Failed { fault } | Outcome::InDoubt { fault }) => Err(unsure::refused(&fault)),
        Some(Outcome::Skipped { .. }) | None => Err(broken("nothing was done")),
    }
}

fn bad(code: &str, value: &str) -> Refusal {
    Refusal::admin(StatusCode::BAD_REQUEST, code, value)
}

fn no_user(key: &str) -> Refusal {
    Refusal::admin(StatusCode::NOT_FOUND, "user.not.found", key)
}

fn no_group(key: &str) -> Refusal {
    Refusal::admin(StatusCode::NOT_FOUND, "group.not.found", key)
}
