//! Error responses.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// A rejected request, which has no effect.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    body: Value,
}

impl Refusal {
    /// Builds an error in the format of the Admin API (goto-api, 2.11).
    pub(super) fn admin(status: StatusCode, code: &str, value: &str) -> Self {
        let incident = blake3::hash(format!("{code} {value}").as_bytes());
        let body = json!({
            "incidentId": &incident.to_hex().as_str()[..32],
            "errors": [{ "code": code, "value": value }],
        });
        Self { status, body }
    }

    /// Builds an error in the format of `api.goto.com` (goto-api, 5.3).
    pub(super) fn connect(status: StatusCode, code: &str, message: &str) -> Self {
        let reference = blake3::hash(message.as_bytes());
        let body = json!({ "reference": &reference.to_hex().as_str()[..16], "errorCode": code, "message": message });
        Self { status, body }
    }

    /// Builds an error in the format of RFC 6749, 5.2.
    pub(super) fn oauth(status: StatusCode, error: &str, description: &str) -> Self {
        Self { status, body: json!({ "error": error, "error_description": description }) }
    }

    /// Builds an error with any body.
    pub(super) fn with(status: StatusCode, body: Value) -> Self {
        Self { status, body }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, Json(self.body)).into_response()
    }
}
