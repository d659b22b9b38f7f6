//! The JSON structures of SCIM (RFC 7643, RFC 7644).

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A page of a list. The older dialect uses a lower-case key for its rows.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page<T> {
    pub(super) total_results: Option<u64>,
    pub(super) next_cursor: Option<String>,
    #[serde(rename = "Resources", alias = "resources", default = "Vec::new")]
    pub(super) resources: Vec<T>,
}

/// A user, reduced to the attributes that an account uses.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireUser {
    pub(super) id: String,
    pub(super) external_id: Option<String>,
    #[serde(default)]
    pub(super) user_name: String,
    pub(super) name: Option<Name>,
    pub(super) active: Option<bool>,
    pub(super) locale: Option<String>,
    pub(super) timezone: Option<String>,
    #[serde(default, deserialize_with = "or_none")]
    pub(super) emails: Vec<Entry>,
    #[serde(default, deserialize_with = "or_none")]
    pub(super) entitlements: Vec<Entry>,
    #[serde(rename = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User")]
    pub(super) enterprise: Option<Enterprise>,
    pub(super) meta: Option<Meta>,
}

/// The parts of a name.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Name {
    pub(super) given_name: Option<String>,
    pub(super) family_name: Option<String>,
}

/// One value of a multi-valued attribute.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Entry {
    pub(super) value: Option<String>,
    #[serde(default, deserialize_with = "or_none")]
    pub(super) primary: bool,
}

/// The enterprise extension (RFC 7643, section 4.3).
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Enterprise {
    pub(super) employee_number: Option<String>,
    pub(super) cost_center: Option<String>,
    pub(super) organization: Option<String>,
    pub(super) division: Option<String>,
    pub(super) department: Option<String>,
}

/// The metadata of a resource.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Meta {
    pub(super) version: Option<String>,
}

/// A group.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireGroup {
    pub(super) id: String,
    pub(super) external_id: Option<String>,
    #[serde(default, deserialize_with = "or_none")]
    pub(super) members: Vec<Entry>,
}

/// The features of a service (RFC 7643, section 5; RFC 9865, section 4).
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ServiceProviderConfig {
    pub(super) patch: Supported,
    pub(super) bulk: Bulk,
    pub(super) filter: Supported,
    pub(super) sort: Supported,
    pub(super) etag: Supported,
    pub(super) pagination: Option<Pagination>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Supported {
    pub(super) supported: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Bulk {
    pub(super) supported: bool,
    pub(super) max_operations: usize,
    pub(super) max_payload_size: usize,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Pagination {
    pub(super) cursor: bool,
    pub(super) index: bool,
}

/// A resource type and its path.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResourceType {
    pub(super) endpoint: String,
    #[serde(default, deserialize_with = "or_none")]
    pub(super) schema_extensions: Vec<SchemaExtension>,
}

#[derive(Debug, Deserialize)]
pub(super) struct SchemaExtension {
    pub(super) schema: String,
}

/// A schema, reduced to the names of its attributes.
#[derive(Debug, Deserialize)]
pub(super) struct Schema {
    pub(super) id: String,
    #[serde(default, deserialize_with = "or_none")]
    pub(super) attributes: Vec<Attribute>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Attribute {
    pub(super) name: String,
}

/// An error response (RFC 7644, section 3.12).
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WireError {
    pub(super) scim_type: Option<String>,
    pub(super) detail: Option<String>,
    /// The error code of the older dialect, such as `not.authorized`.
    pub(super) code: Option<String>,
}

/// One operation of a PATCH (RFC 7644, section 3.5.2).
#[derive(Debug, Serialize)]
pub(super) struct Operation {
    pub(super) op: &'static str,
    pub(super) path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) value: Option<Value>,
}

/// The results of a bulk request.
#[derive(Debug, Deserialize)]
pub(super) struct BulkAnswer {
    #[serde(rename = "Operations", default = "Vec::new")]
    pub(super) operations: Vec<BulkResult>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BulkResult {
    pub(super) bulk_id: Option<String>,
    pub(super) location: Option<String>,
    /// A string by the RFC, but some services send a number.
    #[serde(default)]
    pub(super) status: Value,
    #[serde(default)]
    pub(super) response: Value,
}

impl BulkResult {
    pub(super) fn status(&self) -> Option<u16> {
        match &self.status {
            Value::String(text) => text.parse().ok(),
            Value::Number(number) => number.as_u64().and_then(|number| number.try_into().ok()),
            Value::Object(object) => object.get("code").and_then(Value::as_str).and_then(|code| code.parse().ok()),
            _ => None,
        }
    }
}

/// Reads `null` as the default value, because it means the same as a missing attribute (RFC 7643, section 2.5).
fn or_none<'de, D: serde::Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

pub(super) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub(super) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
pub(super) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
pub(super) const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
pub(super) const BULK: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
