//! The configuration of an account at a SCIM service: its address, the location of its token, and its products.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::http::{self, HttpConfig, size};
use super::{Surroundings, secret};
use crate::Result;
use crate::http::{Bearer, StaticToken};
use crate::model::Email;
use crate::rules::Table;
use crate::secret::SecretSource;
use crate::target::scim::{Dialect, Entitlement, ScimOptions, ScimTarget};

/// The configuration of an account at a SCIM service. It contains the location of the token, not the token.
#[derive(Clone, Debug, PartialEq)]
pub struct ScimConfig {
    /// The base URL of the service.
    pub url: String,
    /// The location of the bearer token.
    pub token: Option<SecretSource>,
    /// The dialect, the sync's own user, and the available products.
    pub options: ScimOptions,
    /// The connection settings.
    pub http: HttpConfig,
}

impl ScimConfig {
    /// Creates a client for the service. Fetches the token.
    ///
    /// # Errors
    /// As [`SecretSource::fetch`]; also addresses, certificates, and proxies that cannot be used.
    pub(super) fn open(&self, surroundings: &Surroundings) -> Result<ScimTarget> {
        let client = self.http.client(surroundings)?;
        let bearer = match &self.token {
            Some(place) => {
                let token = place.fetch(&|name| surroundings.variables.value(name));
                let token = token.map_err(|error| error.during("get the token of the SCIM service"))?;
                Some(Arc::new(StaticToken::new(token)) as Arc<dyn Bearer>)
            }
            None => None,
        };
        ScimTarget::new(&client, &self.url, bearer, self.options.clone()).map_err(|error| error.with("scim", &self.url))
    }
}

impl fmt::Display for ScimConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SCIM service {}", self.url)?;
        match &self.token {
            Some(place) => write!(f, ", token from the {place}"),
            None => Ok(()),
        }
    }
}

/// Reads the configuration of an account at a SCIM service.
pub(super) fn read(table: &Table<'_, '_>, folder: &Path) -> Option<ScimConfig> {
    let url = table.required_string("scim", "https://example.test/scim/v2");
    let defaults = ScimOptions::default();
    let options = ScimOptions {
        dialect: dialect(table),
        entitlements: entitlements(table),
        login: table.string("login").map(|text| Email::new(&text.value)),
        per_second: size(table, "per_second").map(|rate| f64::from(u32::try_from(rate).unwrap_or(u32::MAX))),
        page: size(table, "page_size").unwrap_or(defaults.page),
    };
    let token = secret::read(table, "token", "scim", folder);
    let http = http::read(table, folder);
    Some(ScimConfig { url: url?.value, token, options, http })
}

fn dialect(table: &Table<'_, '_>) -> Dialect {
    let Some(text) = table.string("dialect") else { return Dialect::default() };
    let found = Dialect::ALL.into_iter().find(|own| own.as_str() == text.value);
    if found.is_none() {
        let known = Dialect::ALL.map(|own| format!("`{}`", own.as_str())).join(" and ");
        let message = format!("`dialect` is `{}`, which is unknown", text.value);
        table.problem(
            &text.at,
            message,
            format!("known dialects are {known}; leave it out for a service that follows the RFC"),
        );
    }
    found.unwrap_or_default()
}

/// Reads the products: values of the SCIM attribute `entitlements`, and their names in rules.
fn entitlements(table: &Table<'_, '_>) -> Vec<Entitlement> {
    let Some(inner) = table.table("entitlements") else { return Vec::new() };
    let mut found = Vec::new();
    for value in inner.keys() {
        if let Some(name) = inner.string(&value) {
            found.push(Entitlement { value: value.clone(), name: name.value });
        }
    }
    inner.finish();
    found
}
