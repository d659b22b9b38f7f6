//! The global catalogue of a forest: everybody, and a part of what is known of them.

use ldap3::{Scope, ldap_escape};

use super::ber::Malformed;
use super::guard::Item;
use super::message::{Entry, Message};
use super::session::{Question, Session, Stopped};
use crate::{Error, ErrorKind, Result};

/// Refuses attributes that a global catalogue does not keep (MS-ADTS 3.1.1.1.9, `isMemberOfPartialAttributeSet`): to whoever
/// reads it they would look as if nobody had them.
///
/// # Errors
/// [`ErrorKind::Unsupported`] with the attributes, and whatever keeps the schema from being read.
pub(super) async fn check(session: &mut Session, attributes: &[String]) -> Result<()> {
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
        if let Item::Entries(frames) = &item {
            names(frames, &mut kept).map_err(|malformed| Stopped::because(malformed.to_string()))?;
        }
        Ok(())
    };
    let searched = session.search(&question, super::read::PAGE, &mut take).await;
    searched.map_err(|halt| session.failed(halt.stopped).during("read the schema of the global catalogue"))?;
    let missing: Vec<&str> = attributes
        .iter()
        .map(String::as_str)
        .filter(|name| !kept.iter().any(|kept| kept.eq_ignore_ascii_case(name)))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Unsupported, format!("the global catalogue does not keep {}", missing.join(", ")))
        .with("server", &session.server)
        .hint("read each domain by itself, over port 636 or 389; several are one directory for gotosync"))
}

fn names(mut frames: &[u8], kept: &mut Vec<String>) -> Result<(), Malformed> {
    while let super::ber::Frame::Of(length) = super::ber::frame(frames)? {
        let Some((frame, rest)) = frames.split_at_checked(length) else { break };
        let mut entry = Entry::parse(&Message::parse(frame)?)?;
        while let Some((_, mut values)) = entry.next()? {
            while !values.is_empty() {
                let name = String::from_utf8_lossy(values.next()?.1).into_owned();
                if kept.contains(&name) {
                    return Err(Malformed("an attribute came twice: its pages overlap, or never end"));
                }
                kept.push(name);
            }
        }
        frames = rest;
    }
    Ok(())
}
