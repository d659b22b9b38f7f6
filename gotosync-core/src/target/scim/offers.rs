//! What a service says that it can do: nothing else is tried.

use std::collections::BTreeSet;

use super::dialect::Dialect;
use super::fault::told;
use super::wire::{Attribute, ENTERPRISE, GROUP, Page, ResourceType, Schema, ServiceProviderConfig, USER};
use crate::http::{Api, Meaning, Request};
use crate::{Error, ErrorKind, Result};

/// What a service offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Offers {
    offered: BTreeSet<Offer>,
    /// Many requests in one.
    pub(super) bulk: Option<Bulk>,
    /// How a long list comes.
    pub(super) paging: Paging,
    /// Attributes of the enterprise extension.
    pub(super) enterprise: BTreeSet<&'static str>,
    /// Attributes of users, where the service lists them.
    attributes: Option<BTreeSet<String>>,
}

/// Something that a service has or has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Offer {
    /// Changes of a part.
    Patch,
    /// Versions to guard writes with.
    Versions,
    /// Looking somebody up without reading everybody.
    Filter,
    /// Lists in a stable order.
    Sort,
    /// Groups.
    Groups,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bulk {
    pub(super) operations: usize,
    pub(super) bytes: usize,
}

/// How a long list comes (RFC 7644, section 3.4.2.4; RFC 9865).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paging {
    /// From a row on.
    Index,
    /// From where the page before ended; nothing shifts on the way.
    Cursor,
    /// Whole.
    Whole,
}

impl Offers {
    /// Asks a service.
    pub(super) async fn ask(api: &Api, dialect: Dialect) -> Result<Self> {
        if dialect == Dialect::GoToIdentity {
            // Its answers are of the first version, and say nothing of what was added since.
            return Ok(Self::goto_identity());
        }
        let config = api.send(&Request::get(dialect.config_path())).await.map_err(told)?;
        let config: ServiceProviderConfig = config.json()?;
        let types: Vec<ResourceType> = list(api, "/ResourceTypes").await?;
        let schemas: Vec<Schema> = list(api, "/Schemas").await?;
        Ok(Self::of(&config, &types, &schemas))
    }

    fn of(config: &ServiceProviderConfig, types: &[ResourceType], schemas: &[Schema]) -> Self {
        let at = |endpoint: &str| types.iter().find(|own| own.endpoint.trim_matches('/') == endpoint);
        let attributes = |id: &str| schemas.iter().find(|own| own.id == id).map(|own| &own.attributes);
        let has = |list: &[Attribute], name: &str| list.iter().any(|own| own.name.eq_ignore_ascii_case(name));
        // Where a service lists nothing, what the RFC has is taken to be there.
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

    /// Says whether the service has something.
    pub(super) fn offer(&self, what: Offer) -> bool {
        self.offered.contains(&what)
    }

    /// Says whether users have an attribute.
    pub(super) fn has(&self, attribute: &str) -> bool {
        self.attributes.as_ref().is_none_or(|own| own.contains(&attribute.to_lowercase()))
    }
}

/// A list that every service has, and some do not serve.
async fn list<T: serde::de::DeserializeOwned>(api: &Api, path: &str) -> Result<Vec<T>> {
    match api.send(&Request::get(path)).await {
        // Some services answer with the list alone.
        Ok(answer) => match answer.json::<Page<T>>() {
            Ok(page) => Ok(page.resources),
            Err(error) => answer.json::<Vec<T>>().map_err(|_| error),
        },
        Err(failure) if matches!(failure.meaning, Some(Meaning::NotFound | Meaning::Unsupported)) => Ok(Vec::new()),
        Err(failure) => Err(told(failure)),
    }
}

/// Says that a service does not do what is asked.
pub(super) fn not_offered(what: &str) -> Error {
    Error::new(ErrorKind::Unsupported, format!("the service does not offer {what}"))
}

/// The attributes of the enterprise extension that are text (RFC 7643, section 4.3); here they are custom fields.
pub(super) const ENTERPRISE_ATTRIBUTES: [&str; 5] =
    ["costCenter", "department", "division", "employeeNumber", "organization"];

#[cfg(test)]
mod tests {
    use super::*;

    fn config(json: &str) -> ServiceProviderConfig {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn only_what_is_said_is_offered() {
        let none = Offers::of(&config("{}"), &[], &[]);
        assert!(none.offered.is_empty() && none.bulk.is_none());
        assert_eq!(none.paging, Paging::Index);
        assert!(none.has("entitlements") && none.enterprise.len() == 5, "nothing is known of the schema");
        let all = config(
            r#"{"patch": {"supported": true}, "bulk": {"supported": true, "maxOperations": 9, "maxPayloadSize": 99},
                "pagination": {"cursor": true, "index": true}}"#,
        );
        let all = Offers::of(&all, &[], &[]);
        assert_eq!((all.bulk, all.paging), (Some(Bulk { operations: 9, bytes: 99 }), Paging::Cursor));
    }

    #[test]
    fn the_schema_says_which_attributes_there_are() {
        let types: Vec<ResourceType> =
            serde_json::from_str(r#"[{"endpoint": "/Users", "schemaExtensions": null}]"#).unwrap();
        let schemas = r#"[{"id": "urn:ietf:params:scim:schemas:core:2.0:User", "attributes": [{"name": "userName"}]}]"#;
        let offers = Offers::of(&config("{}"), &types, &serde_json::from_str::<Vec<Schema>>(schemas).unwrap());
        assert!(offers.has("username") && !offers.has("entitlements") && !offers.offer(Offer::Groups));
        assert!(offers.enterprise.is_empty());
    }
}
