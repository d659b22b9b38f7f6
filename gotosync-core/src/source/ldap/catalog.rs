//! The global catalog of a forest, which contains all people of the forest, but only some of their attributes.

use ldap3::{Scope, ldap_escape};

use super::ber::Malformed;
use super::guard::Item;
use super::plan::Wanted;
use super::reader::each_value;
use super::search::PAGE;
use super::server::Vendor;
use super::session::{Question, Session};
use crate::model::{ReadRequest, Scope as PeopleScope};
use crate::{Error, ErrorKind, Result};

/// Rejects a request that the global catalog cannot answer: one for attributes that it does not contain (MS-ADTS 3.1.1.1.9,
/// `isMemberOfPartialAttributeSet`), which would look empty for everyone, or for the members of groups. Only universal
/// groups are read from it, because it contains the members of no others; rules that name other groups do not find them.
///
/// # Errors
/// [`ErrorKind::Unsupported`] for such a request; other kinds if the schema cannot be read.
pub(super) async fn check(session: &mut Session, request: &ReadRequest) -> Result<()> {
    // Members from other forests may be missing from the catalog, and it does not show which groups are affected.
    if request.scopes.iter().any(|scope| matches!(scope, PeopleScope::Group { .. })) {
        return Err(unsupported(session, "the global catalog does not contain the members of all groups".to_owned()));
    }
    let vendor = Vendor::ActiveDirectory;
    let attributes = Wanted { request, bases: &[], vendor, range_size: None, catalog: true }.people_attributes();
    let Some(schema) = session.root.one("schemanamingcontext").map(str::to_owned) else {
        return Err(Error::new(ErrorKind::Data, "the global catalog does not report its schema naming context"));
    };
    let named: Vec<String> =
        attributes.iter().map(|name| format!("(lDAPDisplayName={})", ldap_escape(name.as_str()))).collect();
    let named = named.concat();
    let filter = format!("(&(objectClass=attributeSchema)(isMemberOfPartialAttributeSet=TRUE)(|{named}))");
    let wanted = ["lDAPDisplayName".to_owned()];
    let question = Question { base: &schema, scope: Scope::OneLevel, filter: &filter, attributes: &wanted };
    let mut kept: Vec<String> = Vec::new();
    let mut take = |item: Item| {
        each_value(&item, |value| {
            let name = String::from_utf8_lossy(value).into_owned();
            if kept.contains(&name) {
                return Err(Malformed("an attribute was returned twice: the pages overlap or repeat"));
            }
            kept.push(name);
            Ok(())
        })
    };
    let searched = session.search(&question, PAGE, &mut take).await;
    searched.map_err(|halt| session.failed(halt.stopped).during("read the schema of the global catalog"))?;
    let missing: Vec<&str> = attributes
        .iter()
        .map(String::as_str)
        .filter(|name| !kept.iter().any(|kept| kept.eq_ignore_ascii_case(name)))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(unsupported(session, format!("the global catalog does not contain {}", missing.join(", "))))
}

/// Returns `true` if the server is a global catalog.
pub(super) fn is_one(session: &Session) -> bool {
    session.server.is_global_catalog() && session.root.vendor() == Vendor::ActiveDirectory
}

fn unsupported(session: &Session, problem: String) -> Error {
    Error::new(ErrorKind::Unsupported, problem)
        .with("server", &session.server)
        .hint("read each domain separately, on port 636 or 389; gotosync merges several domains into one directory")
}
