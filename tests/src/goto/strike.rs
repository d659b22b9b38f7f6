//! The execution of faults.

use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use gotosync_core::model::{Account, Email, User, UserKey};
use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde_json::json;

use super::answer::Refusal;
use super::fault::{Again, FaultKind, Shift, pause};
use super::line::Handle;
use super::world::World;

/// Handles a request with a fault. `None` means that the client gets no response.
pub(super) async fn struck(
    world: &Arc<World>,
    kind: FaultKind,
    line: &Handle,
    request: Request<Body>,
    next: Next,
) -> Option<Response> {
    match kind {
        FaultKind::TooMany(again) => return Some(too_many(again)),
        FaultKind::Status(status) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            return Some((status, "upstream request failed").into_response());
        }
        FaultKind::Html(status) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
            return Some((status, Html(PAGE)).into_response());
        }
        FaultKind::ResetBefore => {
            line.cut_after(0);
            return None;
        }
        FaultKind::Shift(shift) => {
            world.tenants.iter().for_each(|own| own.target.edit(|account| moved(account, shift)));
        }
        FaultKind::SeatsTaken => world.tenants.iter().for_each(|own| own.target.edit(seats_taken)),
        FaultKind::Expired => world.desk().expire_access(),
        FaultKind::Revoked => world.desk().revoke_all(),
        FaultKind::Slow(millis) => line.slow_down(pause(millis)),
        FaultKind::ResetAfter
        | FaultKind::Truncated
        | FaultKind::Oversized(_)
        | FaultKind::PageLost
        | FaultKind::Hidden(_) => {}
    }
    let response = next.run(request).await;
    let (mut parts, body) = response.into_parts();
    // The routes here produce complete responses in memory, so this read does not wait.
    let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let bytes = match kind {
        FaultKind::ResetAfter => {
            line.cut_after(0);
            return None;
        }
        FaultKind::Truncated => {
            // Any header is longer than 60 bytes, so part of the response is always missing.
            line.cut_after(60 + bytes.len() / 2);
            bytes
        }
        FaultKind::Oversized(more) => {
            let mut large = vec![b' '; more];
            large.extend_from_slice(&bytes);
            large.into()
        }
        FaultKind::PageLost => lost(bytes),
        FaultKind::Hidden(reads) => {
            hide(world, &bytes, reads);
            bytes
        }
        _ => bytes,
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    Some(Response::from_parts(parts, Body::from(bytes)))
}

/// Builds a 429 response, normally without a `Retry-After` header (goto-api, 4).
pub(super) fn too_many(again: Again) -> Response {
    let body = json!({ "errorCode": "TOO_MANY_REQUESTS" });
    let mut response = Refusal::with(StatusCode::TOO_MANY_REQUESTS, body).into_response();
    let value = match again {
        Again::Unsaid => None,
        Again::Seconds(seconds) => Some(seconds.to_string()),
        Again::Date(seconds) => {
            let time = Timestamp::now() + SignedDuration::from_secs(seconds.into());
            let time = time.to_zoned(TimeZone::UTC);
            rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&time.timestamp()).ok()
        }
    };
    if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    response
}

/// Changes a list between two of its pages. Removed users have no dependent data.
fn moved(account: &mut Account, shift: Shift) {
    if shift != Shift::Added {
        let login = account.login.clone();
        let leaves = account
            .users
            .iter()
            .position(|user| user.email.as_str().starts_with(Shift::PASSER_BY) && user.key != login);
        leaves.map(|at| account.users.remove(at));
    }
    let begins = match shift {
        Shift::Added => Shift::PASSER_BY,
        Shift::Swapped => "zzz-",
        Shift::Removed => return,
    };
    let taken = |name: &Email| account.users.iter().any(|user| user.email == *name);
    let names = (account.users.len()..).map(|number| Email::new(&format!("{begins}{number}@example.test")));
    let Some(name) = names.into_iter().find(|name| !taken(name)) else { return };
    account.users.push(Arc::new(User::new(name.as_str(), "Passer", "By")));
}

fn seats_taken(account: &mut Account) {
    account.licenses.iter_mut().for_each(|license| license.seats = license.used);
}

/// Removes the rows of a page.
fn lost(bytes: Bytes) -> Bytes {
    let Ok(mut page) = serde_json::from_slice::<serde_json::Value>(&bytes) else { return bytes };
    if let Some(page) = page.as_object_mut() {
        page.remove("results");
        page.remove("items");
        page.remove("resources");
    }
    page.to_string().into()
}

/// Hides the users that a response reports as created.
fn hide(world: &World, bytes: &[u8], reads: u32) {
    let Ok(answer) = serde_json::from_slice::<serde_json::Value>(bytes) else { return };
    let one = std::slice::from_ref(&answer);
    for row in answer.as_array().map_or(one, Vec::as_slice) {
        let Some(email) = row["email"].as_str() else { continue };
        for tenant in &world.tenants {
            let key: Option<UserKey> =
                tenant.target.glance().user_by_email(&Email::new(email)).and_then(|user| user.key.clone());
            if let Some(key) = key {
                world.faults().hide(key, reads);
            }
        }
    }
}

/// The HTML page of a gateway.
const PAGE: &str =
    "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>";
