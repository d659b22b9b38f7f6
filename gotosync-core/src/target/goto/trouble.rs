//! Conversion of GoTo's error responses.

use super::assumed::{is_inactive_license, is_locked, is_out_of_seats};
use super::wire::WireRefusal;
use crate::http::Failure;
use crate::model::Fault;
use crate::model::text::shown;
use crate::{Error, ErrorKind};

/// Converts a failed call to an error, with the error codes of the response.
pub(super) fn meant(failure: Failure) -> Error {
    let said: WireRefusal = failure.json().unwrap_or_default();
    let codes = codes(&said);
    let Some(code) = codes.first() else { return failure.error };
    let kind = codes.iter().find_map(|code| kind_of(code)).unwrap_or(failure.error.kind());
    let mut reasons: Vec<String> = said
        .errors
        .iter()
        .filter(|problem| !problem.code.is_empty())
        .map(|problem| match &problem.value {
            Some(serde_json::Value::String(value)) if !value.is_empty() => {
                format!("{}: {}", shown(&problem.code, 60), shown(value, 120))
            }
            _ => shown(&problem.code, 60),
        })
        .collect();
    if reasons.is_empty() {
        let more = said.message.as_deref().map(|message| format!(": {}", shown(message, 120))).unwrap_or_default();
        reasons.push(format!("{}{more}", shown(code, 60)));
    }
    let mut error = Error::new(kind, format!("GoTo rejected the request ({})", reasons.join(", ")));
    for (name, value) in failure.error.context() {
        error = error.with(name, value);
    }
    match said.incident_id {
        Some(id) => error.with("incident", shown(&id, 64)),
        None => error,
    }
}

/// Converts a failed call to the fault of an action.
pub(super) fn fault(failure: Failure) -> Fault {
    Fault::from(meant(failure))
}

/// Returns `true` if the address is already taken.
pub(super) fn conflicting(failure: &Failure) -> bool {
    let said: WireRefusal = failure.json().unwrap_or_default();
    codes(&said).contains(&"user.name.conflict")
}

fn codes(said: &WireRefusal) -> Vec<&str> {
    let listed = said.errors.iter().map(|problem| problem.code.as_str());
    let single = [&said.error_code, &said.internal_code].into_iter().flatten().map(String::as_str);
    listed.chain(single).filter(|code| !code.is_empty()).collect()
}

/// Returns the kind of error for a code, if the code is more specific than the status.
fn kind_of(code: &str) -> Option<ErrorKind> {
    if is_out_of_seats(code) {
        Some(ErrorKind::Exhausted)
    } else if is_inactive_license(code) {
        Some(ErrorKind::Unavailable)
    } else if is_locked(code) || code == "not.authorized" || code == "not.authenticated" {
        Some(ErrorKind::Denied)
    } else if code.ends_with(".conflict") {
        Some(ErrorKind::Conflict)
    } else if code.ends_with("not.found") {
        Some(ErrorKind::NotFound)
    } else {
        None
    }
}
