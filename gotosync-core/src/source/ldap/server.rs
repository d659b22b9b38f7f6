//! The root DSE, in which a server describes itself (RFC 4512, section 5.1; MS-ADTS 3.1.1.3.2).

use hashbrown::{HashMap, HashSet};

use super::ber::Malformed;
use super::message::{Entry, Message};
use crate::model::Dn;

/// The root DSE.
#[derive(Clone, Debug, Default)]
pub(super) struct Root {
    values: HashMap<String, Vec<String>>,
    listed: HashSet<String>,
}

/// The kind of server, as far as it matters for reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Vendor {
    /// Active Directory, or a Samba domain controller.
    ActiveDirectory,
    /// `OpenLDAP`.
    OpenLdap,
    /// 389 Directory Server.
    Ds389,
    /// Another server.
    Other,
}

impl Root {
    /// Parses the root DSE from a message.
    pub(super) fn parse(frame: &[u8]) -> Result<Self, Malformed> {
        Self::of(&Message::parse(frame)?)
    }

    /// Parses the root DSE, or any other entry, from a parsed message.
    pub(super) fn of(message: &Message<'_>) -> Result<Self, Malformed> {
        let mut entry = Entry::parse(message)?;
        let mut root = Self::default();
        while let Some((name, mut values)) = entry.next()? {
            let name = String::from_utf8_lossy(name).to_ascii_lowercase();
            let own = root.values.entry(name.clone()).or_default();
            while !values.is_empty() {
                own.push(String::from_utf8_lossy(values.next()?.1).into_owned());
            }
            if name.starts_with("supported") {
                root.listed.extend(own.iter().cloned());
            }
        }
        Ok(root)
    }

    /// Returns the values of an attribute, whose name must be in lower case.
    pub(super) fn all(&self, name: &str) -> &[String] {
        self.values.get(name).map_or(&[], Vec::as_slice)
    }

    pub(super) fn one(&self, name: &str) -> Option<&str> {
        self.all(name).first().map(String::as_str)
    }

    /// Returns `true` if a control, capability, feature, or extension is listed as supported.
    pub(super) fn supports(&self, oid: &str) -> bool {
        self.listed.contains(oid)
    }

    pub(super) fn vendor(&self) -> Vendor {
        let class = |name: &str| self.all("objectclass").iter().any(|class| class.eq_ignore_ascii_case(name));
        let says = |word: &str| {
            ["vendorname", "vendorversion"].iter().any(|name| self.one(name).is_some_and(|value| value.contains(word)))
        };
        if self.supports(ACTIVE_DIRECTORY) {
            Vendor::ActiveDirectory
        } else if class("OpenLDAProotDSE") {
            Vendor::OpenLdap
        } else if says("389") {
            Vendor::Ds389
        } else {
            Vendor::Other
        }
    }

    /// Returns the vendor and version for display.
    pub(super) fn product(&self) -> Option<String> {
        let version = self.one("vendorversion");
        let name = match self.vendor() {
            Vendor::ActiveDirectory => match self.one("vendorname") {
                Some(name) => format!("Active Directory ({name})"),
                None => "Active Directory".to_owned(),
            },
            Vendor::OpenLdap => "OpenLDAP".to_owned(),
            Vendor::Ds389 => "389 Directory Server".to_owned(),
            Vendor::Other => self.one("vendorname")?.to_owned(),
        };
        Some(version.map_or_else(|| name.clone(), |version| format!("{name} {version}")))
    }

    /// Returns the naming contexts that can contain people.
    pub(super) fn contexts(&self) -> Vec<Dn> {
        let contexts = self.all("namingcontexts").iter();
        contexts
            .filter(|context| !context.is_empty() && !self.holds_no_people(context))
            .map(|dn| Dn::trusted(dn))
            .collect()
    }

    /// Returns the default base DNs.
    pub(super) fn bases(&self) -> Vec<Dn> {
        match self.one("defaultnamingcontext") {
            // A domain controller holds people of other domains only in its global catalog.
            Some(base) if self.vendor() == Vendor::ActiveDirectory => vec![Dn::trusted(base)],
            _ => self.contexts(),
        }
    }

    /// Returns `true` for naming contexts that never contain people: configuration, schema, and DNS zones.
    pub(super) fn holds_no_people(&self, context: &str) -> bool {
        let key = Dn::trusted(context).key();
        let named = |name: &str| self.one(name).is_some_and(|own| Dn::trusted(own).key() == key);
        named("configurationnamingcontext")
            || named("schemanamingcontext")
            || [
                "cn=configuration,dc=",
                "cn=schema,cn=configuration,dc=",
                "dc=domaindnszones,dc=",
                "dc=forestdnszones,dc=",
            ]
            .iter()
            .any(|start| key.starts_with(start))
            || matches!(key.as_str(), "cn=config" | "cn=monitor" | "cn=schema" | "cn=subschema" | "cn=changelog")
    }
}

/// `LDAP_CAP_ACTIVE_DIRECTORY_OID`.
const ACTIVE_DIRECTORY: &str = "1.2.840.113556.1.4.800";

/// The attributes to read from the root DSE. Servers return operational attributes only if they are named.
pub(super) const ROOT_ATTRIBUTES: &[&str] = &[
    "objectClass",
    "namingContexts",
    "defaultNamingContext",
    "rootDomainNamingContext",
    "configurationNamingContext",
    "schemaNamingContext",
    "supportedControl",
    "supportedCapabilities",
    "supportedExtension",
    "supportedFeatures",
    "supportedSASLMechanisms",
    "supportedLDAPPolicies",
    "vendorName",
    "vendorVersion",
    "dnsHostName",
    "dsServiceName",
    "serverName",
    "domainFunctionality",
    "forestFunctionality",
    "domainControllerFunctionality",
    "highestCommittedUSN",
    "currentTime",
    "isGlobalCatalogReady",
    "contextCSN",
];
