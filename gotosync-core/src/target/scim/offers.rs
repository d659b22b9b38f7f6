//! The features that a service advertises. No others are used.

use std::collections::BTreeSet;

use super::dialect::Dialect;
use super::fault::error_of;
use super::wire::{Attribute, ENTERPRISE, GROUP, Page, ResourceType, Schema, ServiceProviderConfig, USER};
use crate::http::{Api, Meaning, Request};
use crate::{Error, ErrorKind, Result};

/// The features of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Offers {
    offered: BTreeSet<Offer>,
    /// The limits of bulk requests, if the service supports them.
    pub(super) bulk: Option<Bulk>,
    /// The paging method for lists.
    pub(super) paging: Paging,
    /// The supported attributes of the enterprise extension.
    pub(super) enterprise: BTreeSet<&'static str>,
    /// The attributes of users, if the service lists them.
    attributes: Option<BTreeSet<String>>,
}

/// An optional feature of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Offer {
    /// Partial changes (PATCH).
    Patch,
    /// Versions (ETags) that guard writes.
    Versions,
    /// Filters, which find a user without reading all users.
    Filter,
    /// Sorting, which keeps the order of pages stable.
    Sort,
    /// Groups.
    Groups,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bulk {
    pub(super) operations: usize,
    pub(super) bytes: usize,
}

/// The paging method for lists (RFC 7644, section 3.4.2.4; RFC 9865).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paging {
    /// Pages by the index of the first row.
    Index,
    /// Pages by a cursor from the previous page; insertions do not shift rows between pages.
    Cursor,
    /// One response with the complete list.
    Whole,
}

impl Offers {
    /// Reads the features of a service.
    pub(super) async fn ask(api: &Api, dialect: Dialect) -> Result<Self> {
        if dialect == Dialect::GoToIdentity {
            // Its configuration is of SCIM version 1 and does not contain the newer features.
            return Ok(Self::goto_identity());
        }
        let config = api.send(&Request::get(dialect.config_path())).await.map_err(error_of)?;
        let config: ServiceProviderConfig = config.json()?;
        let types: Vec<ResourceType> = list(api, "/ResourceTypes").await?;
        let schemas: Vec<Schema> = list(api, "/Schemas").await?;
        Ok(Self::of(&config, &types, &schemas))
    }

    fn of(config: &ServiceProviderConfig, types: &[ResourceType], schemas: &[Schema]) -> Self {
        let at = |endpoint: &str| types.iter().find(|own| own.endpoint.trim_matches('/') == endpoint);
        let attributes = |id: &str| schemas.iter().find(|own| own.id == id).map(|own| &own.attributes);
        let has = |list: &[Attribute], name: &str| list.iter().any(|own| own.name.eq_ignore_ascii_case(name));
        // If a service lists nothing, assume that it supports the standard attributes.
        let extended =
            at("Users").is_none_or(|users| users.schema_extensions.iter().any(|own| own.schema == ENTERPRISE));
        let enterprise = ENTERPRISE_ATTRIBUTES.into_iter().filter(|name| match attributes(ENTERPRISE) {
            Some(list) => has(list, name),
            None => schemas.is_empty(),
        });
        let bulk = Bulk { operations: config.bulk.max_operations, bytes: config.bulk.max_payload_size };
        let groups = if types.is_empty() { attributes(GROUP).is_some() } else { at("Groups").is_some() };
        let offered = [
            (Offer::Patch, config.patch.supported),
            (Offer::Versions, config.etag.supported),
            (Offer::Filter, config.filter.supported),
            (Offer::Sort, config.sort.supported),
            (Offer::Groups, groups),
        ];
        Self {
            offered: offered.into_iter().filter(|(_, is)| *is).map(|(offer, _)| offer).collect(),
            bulk: (config.bulk.supported && bulk.operations > 0 && bulk.bytes > 0).then_some(bulk),
            paging: match &config.pagination {
                Some(pagination) if pagination.cursor => Paging::Cursor,
                Some(pagination) if !pagination.index => Paging::Whole,
                _ => Paging::Index,
            },
            enterprise: if extended { enterprise.collect() } else { BTreeSet::new() },
            attributes: attributes(USER).map(|list| list.iter().map(|own| own.name.to_lowercase()).collect()),
        }
    }

    fn goto_identity() -> Self {
        Self {
            offered: [Offer::Patch, Offer::Filter].into(),
            bulk: None,
            paging: Paging::Whole,
            enterprise: BTreeSet::new(),
            attributes: Some(["username", "name", "displayname", "locale", "timezone"].map(str::to_owned).into()),
        }
    }

    /// Returns `true` if the service has a feature.
    pub(super) fn offer(&self, what: Offer) -> bool {
        self.offered.contains(&what)
    }

    /// Returns `true` if users have an attribute.
    pub(super) fn has(&self, attribute: &str) -> bool {
        self.attributes.as_ref().is_none_or(|own| own.contains(&attribute.to_lowercase()))
    }
}

/// Reads a list that the standard requires but that some services do not offer.
async fn list<T: serde::de::DeserializeOwned>(api: &Api, path: &str) -> Result<Vec<T>> {
    match api.send(&Request::get(path)).await {
        // Some services respond with a bare array.
        Ok(answer) => match answer.json::<Page<T>>() {
            Ok(page) => Ok(page.resources),
            Err(error) => answer.json::<Vec<T>>().map_err(|_| error),
        },
        Err(failure) if matches!(failure.meaning, Some(Meaning::NotFound | Meaning::Unsupported)) => Ok(Vec::new()),
        Err(failure) => Err(error_of(failure)),
    }
}

/// Returns the error for an unsupported feature.
pub(super) fn not_offered(what: &str) -> Error {
    Error::new(ErrorKind::Unsupported, format!("the service does not offer {what}"))
}

/// The text attributes of the enterprise extension (RFC 7643, section 4.3), which serve as custom fields.
pub(super) const ENTERPRISE_ATTRIBUTES: [&str; 5] =
    ["costCenter", "department", "division", "employeeNumber", "organization"];

#[cfg(test)]
mod tests {
    use super::*;

    fn config(json: &str) -> ServiceProviderConfig {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn uses_only_advertised_features() {
        let none = Offers::of(&config("{}"), &[], &[]);
        assert!(none.offered.is_empty() && none.bulk.is_none());
        assert_eq!(none.paging, Paging::Index);
        assert!(
            none.has("entitlements") && none.enterprise.len() == 5,
            "without a schema, standard attributes are assumed"
        );
        let all = config(
            r#"{"patch": {"supported": true}, "bulk": {"supported": true, "maxOperations": 9, "maxPayloadSize": 99},
                "pagination": {"cursor": true, "index": true}}"#,
        );
        let all = Offers::of(&all, &[], &[]);
        assert_eq!((all.bulk, all.paging), (Some(Bulk { operations: 9, bytes: 99 }), Paging::Cursor));
    }

    #[test]
    fn reads_the_attributes_from_the_schema() {
        let types: Vec<ResourceType> =
            serde_json::from_str(r#"[{"endpoint": "/Users", "schemaExtensions": null}]"#).unwrap();
        let schemas = r#"[{"id": "urn:ietf:params:scim:schemas:core:2.0:User", "attributes": [{"name": "userName"}]}]"#;
        let offers = Offers::of(&config("{}"), &types, &serde_json::from_str::<Vec<Schema>>(schemas).unwrap());
        assert!(offers.has("username") && !offers.has("entitlements") && !offers.offer(Offer::Groups));
        assert!(offers.enterprise.is_empty());
    }
}
