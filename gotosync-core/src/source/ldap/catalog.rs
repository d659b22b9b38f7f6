//! The global catalogue of a forest: everybody, and a part of what is known of them.

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

/// Refuses what a global catalogue cannot answer: attributes that it does not keep (MS-ADTS 3.1.1.1.9,
/// `isMemberOfPartialAttributeSet`), which would look as if nobody had them, and the members of groups. Of groups it shows the
/// universal ones alone, as whose members it keeps; any other is not there for a rule that names it.
///
/// # Errors
/// [`ErrorKind::Unsupported`] with what it cannot answer, and whatever keeps the schema from being read.
pub(super) async fn check(session: &mut Session, request: &ReadRequest) -> Result<()> {
    // Members from elsewhere may not be in this catalogue, and it does not say whose.
    if request.scopes.iter().any(|scope| matches!(scope, PeopleScope::Group { .. })) {
        return Err(unsupported(session, "the global catalogue does not know the members of every group".to_owned()));
    }
    let vendor = Vendor::ActiveDirectory;
    let attributes = Wanted { request, bases: &[], vendor, range_size: None, catalog: true }.people_attributes();
    let Some(schema) = session.root.one("schemanamingcontext").map(str::to_owned) else {
        return Err(Error::new(ErrorKind::Data, "the global catalogue does not say where its schema is"));
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
                return Err(Malformed("an attribute came twice: its pages overlap, or never end"));
            }
            kept.push(name);
            Ok(())
        })
    };
    let searched = session.search(&question, PAGE, &mut take).await;
    searched.map_err(|halt| session.failed(halt.stopped).during("read the schema of the global catalogue"))?;
    let missing: Vec<&str> = attributes
        .iter()
        .map(String::as_str)
        .filter(|name| !kept.iter().any(|kept| kept.eq_ignore_ascii_case(name)))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(unsupported(session, format!("the global catalogue does not keep {}", missing.join(", "))))
}

/// Whether this is a global catalogue.
pub(super) fn is_one(session: &Session) -> bool {
    session.server.is_global_catalog() && session.root.vendor() == Vendor::ActiveDirectory
}

fn unsupported(session: &Session, problem: String) -> Error {
    Error::new(ErrorKind::Unsupported, problem)
        .with("server", &session.server)
        .hint("read each domain by itself, over port 636 or 389; several are one directory for gotosync")
}
