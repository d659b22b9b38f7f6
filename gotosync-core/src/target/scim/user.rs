//! Conversion of users between SCIM and an account.

use serde_json::{Map, Value, json};

use super::ScimOptions;
use super::edits::Edits;
use super::offers::Offers;
use super::wire::{ENTERPRISE, Enterprise, USER, WireUser};
use crate::model::{
    Change, Email, LicenseKey, PersonId, SettingsChanges, Status, User, UserChanges, UserGroupPath, UserKey,
};

/// Converts a user from SCIM.
pub(super) fn read(wire: &WireUser, group: Option<&UserGroupPath>, options: &ScimOptions) -> User {
    // A user without the attribute `active` counts as active.
    let active = wire.active.unwrap_or(true);
    let text = |text: Option<&String>| text.map_or_else(Box::default, |text| text.as_str().into());
    let name = wire.name.as_ref();
    let mut user = User {
        key: Some(UserKey::new(&*wire.id)),
        person: wire.external_id.as_deref().filter(|id| !id.is_empty()).map(PersonId::parse),
        email: Email::new(address(wire)),
        first_name: text(name.and_then(|name| name.given_name.as_ref())),
        last_name: text(name.and_then(|name| name.family_name.as_ref())),
        language: wire
            .locale
            .as_deref()
            .filter(|locale| !locale.is_empty())
            .map(|locale| locale.replace('-', "_").into()),
        status: if active { Status::Active } else { Status::Suspended },
        licenses: if active { licenses(wire, options) } else { Vec::new() },
        group: group.cloned(),
        ..User::new("", "", "")
    };
    user.set_settings(|own| {
        own.time_zone = wire.timezone.as_deref().filter(|zone| !zone.is_empty()).map(Into::into);
        for (name, value) in wire.enterprise.iter().flat_map(enterprise) {
            own.custom_fields.insert(name.to_owned(), value.to_owned());
        }
    });
    user
}

/// Returns the sign-in address: the user name, or the primary e-mail address if the user name is not an address.
fn address(wire: &WireUser) -> &str {
    if wire.user_name.contains('@') {
        return &wire.user_name;
    }
    let primary = wire.emails.iter().find(|entry| entry.primary).or(wire.emails.first());
    primary.and_then(|entry| entry.value.as_deref()).unwrap_or(&wire.user_name)
}

fn licenses(wire: &WireUser, options: &ScimOptions) -> Vec<LicenseKey> {
    let mut own: Vec<LicenseKey> = match &options.entitlements[..] {
        [] => vec![LicenseKey::new(ACCESS)],
        known => {
            let values = wire.entitlements.iter().filter_map(|entry| entry.value.as_deref());
            values.filter(|value| known.iter().any(|own| own.value == *value)).map(LicenseKey::new).collect()
        }
    };
    own.sort();
    own.dedup();
    own
}

fn enterprise(own: &Enterprise) -> impl Iterator<Item = (&'static str, &str)> {
    [
        ("costCenter", &own.cost_center),
        ("department", &own.department),
        ("division", &own.division),
        ("employeeNumber", &own.employee_number),
        ("organization", &own.organization),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value.as_deref().filter(|value| !value.is_empty())?)))
}

/// Builds the body that creates a user.
pub(super) fn create(user: &User, offers: &Offers, options: &ScimOptions) -> Value {
    let mut body = Map::new();
    let mut schemas = vec![USER];
    let mut put = |name: &str, value: Value| drop(offers.has(name).then(|| body.insert(name.to_owned(), value)));
    let name: Map<String, Value> = [("givenName", &user.first_name), ("familyName", &user.last_name)]
        .into_iter()
        .filter(|(_, part)| !part.is_empty())
        .map(|(name, part)| (name.to_owned(), (**part).into()))
        .collect();
    put("userName", user.email.as_str().into());
    if !name.is_empty() {
        put("displayName", user.full_name().into());
        put("name", name.into());
    }
    put("emails", json!([{ "value": user.email.as_str(), "type": "work", "primary": true }]));
    put("active", (!user.licenses.is_empty()).into());
    if let Some(language) = &user.language {
        put("locale", locale(language).into());
    }
    if let Some(zone) = &user.settings().time_zone {
        put("timezone", (**zone).into());
    }
    if !options.entitlements.is_empty() && !user.licenses.is_empty() {
        put("entitlements", user.licenses.iter().map(|key| json!({ "value": key.as_str() })).collect());
    }
    let fields = &user.settings().custom_fields;
    if !fields.is_empty() {
        schemas.push(ENTERPRISE);
        body.insert(ENTERPRISE.to_owned(), json!(fields));
    }
    if let Some(person) = &user.person {
        body.insert("externalId".to_owned(), person.to_string().into());
    }
    if options.dialect == super::Dialect::Scim2 {
        body.insert("schemas".to_owned(), json!(schemas));
    }
    body.into()
}

/// Returns the edits that apply `changes`. `now` is the complete user at the service.
pub(super) fn edit(changes: &UserChanges, after: &User, now: &Value, offers: &Offers, options: &ScimOptions) -> Edits {
    let mut edits = Edits::default();
    if let Some(email) = changes.email.as_ref().and_then(Change::after) {
        let old = now["userName"].as_str().unwrap_or_default();
        // A user whose user name is not an address keeps it.
        if old.contains('@') || !offers.has("emails") {
            edits.set("userName", email.as_str().into());
        }
        if offers.has("emails") {
            edits.set("emails", emails(&now["emails"], email));
        }
    }
    edits.change("name.givenName", changes.first_name.as_ref(), |name| (**name).into());
    edits.change("name.familyName", changes.last_name.as_ref(), |name| (**name).into());
    if (changes.first_name.is_some() || changes.last_name.is_some()) && offers.has("displayName") {
        edits.put("displayName", Some(after.full_name()).filter(|name| !name.is_empty()).map(Value::from));
    }
    edits.change("locale", changes.language.as_ref(), |language| locale(language).into());
    if !changes.licenses.is_empty() {
        access(&mut edits, &after.licenses, now, options);
    }
    if let Some(settings) = changes.settings.as_deref() {
        settings_edits(&mut edits, settings);
    }
    edits
}

/// Returns the edits that link a user to a person by `externalId`.
pub(super) fn mark(person: &PersonId) -> Edits {
    let mut edits = Edits::default();
    edits.set("externalId", person.to_string().into());
    edits
}

/// Returns the edits that leave a user with exactly these configured products.
pub(super) fn access(edits: &mut Edits, licenses: &[LicenseKey], now: &Value, options: &ScimOptions) {
    edits.set("active", (!licenses.is_empty()).into());
    if options.entitlements.is_empty() {
        return;
    }
    let known = |value: &str| options.entitlements.iter().any(|own| own.value == value);
    // Entitlements that are not configured as products remain unchanged.
    let others = now["entitlements"].as_array().into_iter().flatten();
    let others = others.filter(|entry| !entry["value"].as_str().is_some_and(known)).cloned();
    let own = licenses.iter().map(|key| json!({ "value": key.as_str() }));
    let all: Vec<Value> = others.chain(own).collect();
    edits.put("entitlements", (!all.is_empty()).then(|| all.into()));
}

fn settings_edits(edits: &mut Edits, settings: &SettingsChanges) {
    edits.change("timezone", settings.time_zone.as_ref(), |zone| (**zone).into());
    for (name, change) in &settings.custom_fields {
        edits.put_enterprise(name, change.after().map(|value| Value::from(value.as_str())));
    }
}

/// Replaces the primary address of a user; the other addresses remain.
fn emails(now: &Value, email: &Email) -> Value {
    let mut all: Vec<Value> = now.as_array().cloned().unwrap_or_default();
    let primary = all.iter().position(|entry| entry["primary"] == true).unwrap_or(0);
    match all.get_mut(primary) {
        Some(entry) if entry.is_object() => entry["value"] = email.as_str().into(),
        _ => all.push(json!({ "value": email.as_str(), "type": "work", "primary": true })),
    }
    all.into()
}

/// Converts a language to SCIM's notation, such as `en-US`.
fn locale(language: &str) -> String {
    language.replace('_', "-")
}

/// The key of the only product of a service without configured entitlements: being active.
pub(super) const ACCESS: &str = "active";
