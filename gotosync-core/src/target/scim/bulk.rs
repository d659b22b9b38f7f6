//! Bulk creation of users (RFC 7644, section 3.7).

use serde_json::json;

use super::fault::{Stop, said};
use super::offers::Bulk;
use super::user;
use super::wire::{BULK, BulkAnswer, BulkResult, WireError};
use super::write::{Writer, taken};
use crate::http::{Method, Request};
use crate::model::{Action, Capabilities, Creation, Effect, Fault, Outcome, UserKey};
use crate::{Error, ErrorKind};

/// Returns the first creations that fit into one bulk request. They must not have a group, which takes a separate
/// request, and must not need a feature that the service lacks.
pub(super) fn run<'a>(actions: &'a [Action], capabilities: &Capabilities, most: usize) -> Vec<&'a Creation> {
    let alike = actions.iter().map_while(|action| match action {
        Action::Create(creation) if creation.user.group.is_none() && capabilities.refusal(action).is_none() => {
            Some(creation)
        }
        _ => None,
    });
    alike.take(most).collect()
}

/// Creates users in one request and returns an outcome for each.
pub(super) async fn create(writer: &Writer<'_>, bulk: Bulk, creations: &[&Creation]) -> Vec<Outcome> {
    let options = &writer.target.options;
    let mut outcomes: Vec<Option<Outcome>> = Vec::with_capacity(creations.len());
    let mut operations = Vec::new();
    // The size of the JSON around the operations.
    let mut size = 200;
    for (at, creation) in creations.iter().enumerate() {
        if let Err(stop) = writer.check_new(creation) {
            outcomes.push(Some(stop.into()));
            continue;
        }
        let data = user::create(&creation.user, writer.offers, options);
        let operation = json!({ "method": "POST", "path": "/Users", "bulkId": at.to_string(), "data": data });
        size += operation.to_string().len() + 1;
        if size > bulk.bytes && !operations.is_empty() {
            break;
        }
        operations.push(operation);
        outcomes.push(None);
    }
    if operations.is_empty() {
        return outcomes.into_iter().flatten().collect();
    }
    let body = json!({ "schemas": [BULK], "Operations": operations });
    let request = Request::new(Method::Post, "/Bulk").json_as(options.dialect.content_type(), &body);
    let sent = match writer.target.api.send(&request).await {
        Ok(answer) => answer.json::<BulkAnswer>().map_err(|error| Stop::Doubt(error.into())),
        Err(failure) => Err(Stop::from(failure)),
    };
    let answer = match sent {
        Ok(answer) => answer,
        Err(Stop::Refused(fault)) => return fill(outcomes, |_| Outcome::Failed { fault: fault.clone() }),
        Err(Stop::Doubt(fault)) => return fill(outcomes, |_| Outcome::InDoubt { fault: fault.clone() }),
    };
    fill(outcomes, |at| {
        let own = answer.operations.iter().find(|own| own.bulk_id.as_deref() == Some(&at.to_string()));
        own.map_or_else(unreported, |own| outcome(own, creations[at]))
    })
}

fn outcome(result: &BulkResult, creation: &Creation) -> Outcome {
    let key = result.response["id"].as_str().or_else(|| result.location.as_deref()?.rsplit('/').next());
    match (result.status(), key) {
        (Some(200..=299), Some(key)) => Effect::Created { user: UserKey::new(key) }.into(),
        (Some(200..=299) | None, _) => unreported(),
        (Some(409), _) => taken(&creation.user.email).into(),
        (Some(status), _) => {
            let wire: WireError = serde_json::from_value(result.response.clone()).unwrap_or_default();
            let kind = if status >= 500 { ErrorKind::Unavailable } else { ErrorKind::Input };
            let error = Error::new(kind, format!("the service did not create the user (status {status})"));
            let fault = Fault::from(said(error, None, &wire));
            // If the service failed during the request, the user may have been created.
            if status >= 500 { Outcome::InDoubt { fault } } else { Outcome::Failed { fault } }
        }
    }
}

fn unreported() -> Outcome {
    Outcome::InDoubt { fault: Fault::new(ErrorKind::Data, "the service did not report the outcome") }
}

fn fill(outcomes: Vec<Option<Outcome>>, outcome: impl Fn(usize) -> Outcome) -> Vec<Outcome> {
    outcomes.into_iter().enumerate().map(|(at, own)| own.unwrap_or_else(|| outcome(at))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::model::{User, WelcomeEmail};

    fn outcome_of(json: Value) -> String {
        let user = User::new("ann@example.test", "Ann", "Lee");
        let creation = Creation::new(user, WelcomeEmail::None);
        format!("{:?}", outcome(&serde_json::from_value(json).unwrap(), &creation))
    }

    #[test]
    fn derives_outcomes_from_bulk_results() {
        let location = "https://example.test/v2/Users/7";
        assert!(outcome_of(json!({ "status": "201", "location": location })).contains("user: 7"));
        assert!(outcome_of(json!({ "status": 201, "location": location })).contains("user: 7"));
        assert!(outcome_of(json!({ "status": { "code": "201" }, "location": location })).contains("user: 7"));
        assert!(outcome_of(json!({ "status": "409" })).contains("Conflict"));
        assert!(
            outcome_of(json!({ "status": "400", "response": { "scimType": "invalidValue" } })).starts_with("Failed")
        );
        for doubt in [json!({ "status": "500" }), json!({ "status": "201" }), json!({})] {
            assert!(outcome_of(doubt).starts_with("InDoubt"));
        }
    }
}
