//! SCIM accounts for tests, reached through the same HTTP client as all services.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use gotosync_core::Secret;
use gotosync_core::http::{Client, HttpOptions, Patience, StaticToken};
use gotosync_core::model::{Account, Email, User, UserKey};
use gotosync_core::target::ScimTarget;
use gotosync_core::target::scim::{Entitlement, ScimOptions};
use serde_json::{Map, Value, json};

use crate::Trouble;
use crate::goto::Probe;
use crate::rekeyed::Rekeyed;
use crate::servers::Scim;

/// Creates a separate service on the server and fills it with an account. The account's licenses become entitlements,
/// and its custom fields become attributes of the enterprise extension.
///
/// # Errors
///
/// An error if the server rejects a user or group.
pub fn filled(server: &Scim, account: &Account) -> Result<Rekeyed<ScimTarget>, Trouble> {
    let service = format!("t{}", SERVICES.fetch_add(1, Ordering::Relaxed));
    let keys = fill(server, &service, account)?;
    let named = |license: &gotosync_core::model::License| Entitlement {
        value: license.key.as_str().to_owned(),
        name: license.name.clone(),
    };
    let login = account.login.as_ref().and_then(|key| account.user(key)).map(|user| user.email.clone());
    let entitlements = account.licenses.iter().map(named).collect();
    let target = target(server, &service, ScimOptions { entitlements, login, page: 4, ..ScimOptions::default() })?;
    Ok(Rekeyed::new(target, account.clone(), keys, &FIELDS))
}

/// Returns a target for a service.
///
/// # Errors
///
/// An error if the client cannot be set up.
pub fn target(server: &Scim, service: &str, options: ScimOptions) -> Result<ScimTarget, Trouble> {
    let patience = Patience { first: Duration::from_millis(10), ..Patience::default() };
    let client = Client::new(HttpOptions { patience, ..HttpOptions::default() })?;
    let token = Arc::new(StaticToken::new(Secret::new(server.token())));
    Ok(ScimTarget::new(&client, &server.url(service), Some(token), options)?)
}

/// Fills a service without the client under test, and returns the new key of each user.
fn fill(server: &Scim, service: &str, account: &Account) -> Result<HashMap<UserKey, UserKey>, Trouble> {
    let (probe, base) = (Probe::bearer(server.token()), server.url(service));
    let make = |kind: &str, body: &Value| -> Result<String, Trouble> {
        let answer = probe.json("POST", &format!("{base}/{kind}"), body)?;
        let id = answer.json()["id"].as_str().map(str::to_owned);
        id.ok_or_else(|| format!("{kind}: {} {}", answer.status, answer.text).into())
    };
    let mut keys = HashMap::new();
    for user in &account.users {
        let id = make("Users", &wire(user))?;
        keys.extend(user.key.clone().map(|key| (key, UserKey::new(id))));
    }
    for group in &account.groups {
        let inside = account.users.iter().filter(|user| user.group.as_ref() == Some(&group.path));
        let members: Vec<Value> =
            inside.filter_map(|user| Some(json!({ "value": keys.get(user.key.as_ref()?)? }))).collect();
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "displayName": group.path, "externalId": format!("gotosync:{}", group.path), "members": members,
        });
        make("Groups", &body)?;
    }
    Ok(keys)
}

/// Builds a user as an admin would create it.
fn wire(user: &User) -> Value {
    let settings = user.settings();
    let mut body = json!({
        "schemas": [USER],
        "userName": user.email,
        "name": { "givenName": user.first_name, "familyName": user.last_name },
        "emails": [{ "value": user.email, "type": "work", "primary": true }, { "value": other(&user.email), "type": "home" }],
        "active": !user.licenses.is_empty(),
        "entitlements": user.licenses.iter().map(|key| json!({ "value": key })).collect::<Vec<_>>(),
    });
    if let Some(language) = &user.language {
        body["locale"] = language.replace('_', "-").into();
    }
    if let Some(zone) = &settings.time_zone {
        body["timezone"] = (**zone).into();
    }
    let fields: Map<String, Value> = FIELDS
        .iter()
        .filter_map(|(here, there)| Some(((*there).to_owned(), settings.custom_fields.get(*here)?.as_str().into())))
        .collect();
    if !fields.is_empty() {
        body["schemas"] = json!([USER, ENTERPRISE]);
        body[ENTERPRISE] = fields.into();
    }
    body
}

fn other(email: &Email) -> String {
    format!("private-{email}")
}

/// The custom fields of the conformance tests' account, and their attributes in the enterprise extension.
const FIELDS: [(&str, &str); 2] = [("Badge", "employeeNumber"), ("Cost centre", "costCenter")];
const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
static SERVICES: AtomicUsize = AtomicUsize::new(0);
