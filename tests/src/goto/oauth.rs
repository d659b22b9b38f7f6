//! The OAuth endpoints (goto-api, 1; RFC 6749, 7009, 7636, 7662, 8414).
//!
//! The consent page agrees immediately, as the admin of the primary account, unless
//! [`Emulator::deny_consent`](super::Emulator::deny_consent) was called. The bodies of errors, introspection, and
//! revocation follow the RFCs, because the vendor's own are not known.

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::{Form, Query, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::Refusal;
use super::world::World;

mod desk;

pub use desk::Tokens;
use desk::{Agreed, CODE_LIFE};
pub(super) use desk::{Desk, Session};

pub(super) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/.well-known/oauth-authorization-server", get(metadata))
        .route("/oauth/authorize", get(authorize))
        .route("/oauth/token", post(token))
        .route("/oauth/revoke", post(revoke))
        .route("/oauth/introspect", post(introspect))
}

/// Returns `true` if a request has a valid access token.
pub(super) fn holds(world: &World, headers: &HeaderMap) -> bool {
    bearer(headers).is_some_and(|token| world.desk().session(token, world.clock.now()).is_some())
}

/// Returns the session of a request, if its access token is valid.
pub(super) fn session(world: &World, headers: &HeaderMap) -> Option<Session> {
    world.desk().session(bearer(headers)?, world.clock.now())
}

/// Returns the token of a request; some old clients send it without `Bearer`.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    Some(value.strip_prefix("Bearer ").unwrap_or(value))
}

async fn metadata(State(world): State<Arc<World>>, headers: HeaderMap) -> Json<Value> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let at = |path: &str| format!("http://{host}/oauth/{path}");
    let grants: &[&str] = &["authorization_code", "refresh_token"];
    Json(json!({
        "issuer": format!("http://{host}"),
        "authorization_endpoint": at("authorize"),
        "token_endpoint": at("token"),
        "introspection_endpoint": at("introspect"),
        "revocation_endpoint": at("revoke"),
        "grant_types_supported": grants,
        "response_types_supported": ["code"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "code_challenge_methods_supported": ["S256"],
        "client_id_metadata_document_supported": !world.options.client.id.is_empty(),
    }))
}

#[derive(Deserialize)]
struct Wish {
    client_id: Option<String>,
    response_type: Option<String>,
    redirect_uri: Option<String>,
    scope: Option<String>,
    state: Option<String>,
    code_challenge: Option<String>,
    code_challenge_method: Option<String>,
}

/// Serves the consent page, which agrees immediately.
async fn authorize(State(world): State<Arc<World>>, Query(wish): Query<Wish>) -> Result<Response, Refusal> {
    let bad = |text: &str| Refusal::oauth(StatusCode::BAD_REQUEST, "invalid_request", text);
    let client = &world.options.client;
    // For an unknown client or redirect URI, the browser must not be redirected.
    if wish.client_id.as_deref() != Some(&client.id) {
        return Err(bad("unknown client"));
    }
    let redirect = wish.redirect_uri.clone().unwrap_or_else(|| "http://127.0.0.1/".to_owned());
    if !is_loopback(&redirect) {
        return Err(bad("the client is not registered with this redirect_uri"));
    }
    let back = |answer: &[(&str, &str)]| {
        let state = wish.state.as_deref().map(|state| ("state", state));
        let pairs: Vec<String> =
            answer.iter().copied().chain(state).map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let join = if redirect.contains('?') { '&' } else { '?' };
        let place = format!("{redirect}{join}{}", pairs.join("&"));
        (StatusCode::FOUND, [(header::LOCATION, place)]).into_response()
    };
    if wish.response_type.as_deref() != Some("code") {
        return Ok(back(&[("error", "unsupported_response_type")]));
    }
    let proved = match (wish.code_challenge.as_deref(), wish.code_challenge_method.as_deref()) {
        (Some(challenge), Some("S256")) => challenge.len() == 43,
        (None, None) => client.secret.is_some(),
        _ => false,
    };
    if !proved {
        return Ok(back(&[
            ("error", "invalid_request"),
            ("error_description", "code_challenge with method S256 is required"),
        ]));
    }
    let asked: Vec<String> = match &wish.scope {
        Some(scope) => scope.split_whitespace().map(str::to_owned).collect(),
        None => world.options.scopes.clone(),
    };
    if let Some(strange) = asked.iter().find(|scope| !world.options.scopes.contains(scope)) {
        return Ok(back(&[("error", "invalid_scope"), ("error_description", strange)]));
    }
    let login = world.login();
    let mut desk = world.desk();
    match login {
        Some(user) if !desk.denies => {
            let agreed = Agreed {
                user,
                scopes: asked,
                redirect: wish.redirect_uri.clone(),
                challenge: wish.code_challenge.clone(),
                expires: world.clock.now() + CODE_LIFE,
            };
            Ok(back(&[("code", &desk.agree(agreed))]))
        }
        _ => Ok(back(&[("error", "access_denied")])),
    }
}

#[derive(Deserialize)]
struct Asked {
    grant_type: Option<String>,
    code: Option<String>,
    redirect_uri: Option<String>,
    code_verifier: Option<String>,
    refresh_token: Option<String>,
    pat: Option<String>,
    #[serde(flatten)]
    by: By,
}

/// The client credentials in the form.
#[derive(Deserialize)]
struct By {
    client_id: Option<String>,
    client_secret: Option<String>,
}

async fn token(
    State(world): State<Arc<World>>,
    headers: HeaderMap,
    Form(asked): Form<Asked>,
) -> Result<Response, Refusal> {
    known_client(&world, &headers, &asked.by)?;
    let missing =
        |what: &str| Refusal::oauth(StatusCode::BAD_REQUEST, "invalid_request", &format!("{what} is missing"));
    let invalid = |text: &str| Refusal::oauth(StatusCode::BAD_REQUEST, "invalid_grant", text);
    let (options, now) = (&world.options, world.clock.now());
    let mut desk = world.desk();
    let tokens = match asked.grant_type.as_deref() {
        Some("authorization_code") => {
            let code = asked.code.ok_or_else(|| missing("code"))?;
            let agreed = desk.redeem(&code, now).ok_or_else(|| invalid("the code is invalid or has expired"))?;
            if agreed.redirect != asked.redirect_uri {
                return Err(invalid("redirect_uri does not match the authorization request"));
            }
            if let Some(challenge) = &agreed.challenge {
                let verifier = asked.code_verifier.ok_or_else(|| missing("code_verifier"))?;
                let digest = ring::digest::digest(&ring::digest::SHA256, verifier.as_bytes());
                if BASE64_URL_SAFE_NO_PAD.encode(digest) != *challenge {
                    return Err(invalid("code_verifier does not match"));
                }
            }
            desk.give(options, agreed.user, agreed.scopes, now)
        }
        Some("refresh_token") => {
            let refresh = asked.refresh_token.ok_or_else(|| missing("refresh_token"))?;
            desk.refresh(options, &refresh, now)
                .ok_or_else(|| invalid("the refresh token is invalid or has expired"))?
        }
        Some("personal_access_token") if options.client.personal_tokens => {
            let pat = asked.pat.ok_or_else(|| missing("pat"))?;
            desk.by_personal(options, &pat, now).ok_or_else(|| invalid("the personal access token is invalid"))?
        }
        Some("personal_access_token") => {
            return Err(Refusal::oauth(
                StatusCode::BAD_REQUEST,
                "unauthorized_client",
                "the grant type is not enabled",
            ));
        }
        Some(_) => {
            return Err(Refusal::oauth(StatusCode::BAD_REQUEST, "unsupported_grant_type", "unsupported grant type"));
        }
        None => return Err(missing("grant_type")),
    };
    drop(desk);
    let user = world.tenants.first().and_then(|tenant| tenant.target.glance().user(&tokens.user).cloned());
    let mut body = json!({
        "access_token": tokens.access,
        "token_type": "Bearer",
        "expires_in": options.access_life.as_secs(),
        "scope": tokens.scopes.join(" "),
        "principal": user.map(|user| user.email.as_str().to_owned()),
    });
    if let (Some(refresh), Some(body)) = (tokens.refresh, body.as_object_mut()) {
        body.insert("refresh_token".to_owned(), refresh.into());
    }
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response())
}

#[derive(Deserialize)]
struct About {
    token: String,
    #[serde(flatten)]
    by: By,
}

async fn revoke(
    State(world): State<Arc<World>>,
    headers: HeaderMap,
    Form(about): Form<About>,
) -> Result<StatusCode, Refusal> {
    known_client(&world, &headers, &about.by)?;
    world.desk().revoke(&about.token);
    Ok(StatusCode::OK)
}

async fn introspect(
    State(world): State<Arc<World>>,
    headers: HeaderMap,
    Form(about): Form<About>,
) -> Result<Json<Value>, Refusal> {
    known_client(&world, &headers, &about.by)?;
    Ok(Json(match world.desk().session(&about.token, world.clock.now()) {
        Some(session) => json!({
            "active": true,
            "scope": session.scopes.join(" "),
            "sub": session.user,
            "client_id": world.options.client.id,
            "exp": session.expires.as_secs(),
        }),
        None => json!({ "active": false }),
    }))
}

/// Rejects a client that is not the registered one. A client authenticates by Basic, by the form, or by its ID alone if
/// it has no secret.
fn known_client(world: &World, headers: &HeaderMap, by: &By) -> Result<(), Refusal> {
    let client = &world.options.client;
    let basic = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Basic "));
    let given = match basic {
        Some(basic) => {
            let text = BASE64_STANDARD.decode(basic).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            text.and_then(|text| text.split_once(':').map(|(id, secret)| (id.to_owned(), Some(secret.to_owned()))))
        }
        None => by.client_id.clone().map(|id| (id, by.client_secret.clone())),
    };
    let fits = given.is_some_and(|(id, secret)| {
        id == client.id && secret.filter(|secret| !secret.is_empty()).as_deref() == client.secret.as_deref()
    });
    if fits {
        return Ok(());
    }
    Err(Refusal::oauth(StatusCode::UNAUTHORIZED, "invalid_client", "client authentication failed"))
}

/// Returns `true` for a redirect URI on this machine, with any port (RFC 8252, 7.3).
fn is_loopback(redirect: &str) -> bool {
    let Some(rest) = redirect.strip_prefix("http://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host =
        if authority.starts_with('[') { authority.split_inclusive(']').next() } else { authority.split(':').next() };
    matches!(host, Some("127.0.0.1" | "localhost" | "[::1]"))
}

/// Encodes a value for a query.
fn encoded(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let each = |byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    value.bytes().map(each).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_redirects_only_to_this_machine() {
        for place in ["http://127.0.0.1:1/x", "http://localhost/", "http://[::1]:8/?a=b", "http://127.0.0.1"] {
            assert!(is_loopback(place), "{place}");
        }
        for place in ["http://127.0.0.1.evil.test/", "https://127.0.0.1/", "http://evil.test/", "localhost"] {
            assert!(!is_loopback(place), "{place}");
        }
    }
}
