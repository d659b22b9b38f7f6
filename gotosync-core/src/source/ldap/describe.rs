//! Description of a server: what it reports about itself, and tests of the signed-in user's rights.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use ldap3::controls::RawControl;
use ldap3::{Scope, ldap_escape};
use rustls::ClientConfig;

use super::ber::{INTEGER, OCTETS, SEQUENCE, element, number};
use super::guard::Item;
use super::oids::{level, named};
use super::options::{LdapOptions, SignIn};
use super::plan::Wanted;
use super::read::{bases, tops};
use super::reader::each;
use super::search::{PAGED, next_cookie, paging};
use super::server::{Root, Vendor};
use super::session::{Question, Session, Stopped, control};
use crate::Result;
use crate::model::{Dn, ReadRequest};
use crate::source::{DirectoryInfo, Domain, Identity, Levels, Readable, ServerInfo};

/// Describes the first server that answers. Information that the server does not provide is left out; only a failed
/// connection or bind is an error.
pub(super) async fn describe(
    options: &Arc<LdapOptions>,
    config: &Arc<ClientConfig>,
    name: String,
) -> Result<DirectoryInfo> {
    let mut session = Session::open(options, config).await?;
    // A server without a naming context can still be described.
    let bases = bases(options, &session.root).unwrap_or_default();
    let server = server(&mut session, options, &bases).await;
    let vendor = session.root.product();
    session.close().await;
    Ok(DirectoryInfo { name, vendor, naming_contexts: tops(&bases), servers: vec![server] })
}

async fn server(session: &mut Session, options: &LdapOptions, bases: &[Dn]) -> ServerInfo {
    let root = session.root.clone();
    let dns = |name: &str| root.one(name).map(|dn| dns(&Dn::trusted(dn)));
    let active_directory = root.vendor() == Vendor::ActiveDirectory;
    // Samba lists some OIDs several times.
    let listed = |names: &[&str]| {
        let oids: BTreeSet<&String> = names.iter().flat_map(|name| root.all(name)).collect();
        oids.into_iter().map(|oid| named(oid)).collect()
    };
    let levels = Levels {
        controller: root.one("domaincontrollerfunctionality").and_then(level),
        domain: root.one("domainfunctionality").and_then(level),
        forest: root.one("forestfunctionality").and_then(level),
    };
    let identity = identity(session, options).await;
    let domains = domains(session).await.unwrap_or_default();
    let clock_ahead = if root.one("currenttime").is_some() { clock(session).await } else { None };
    let people = match bases.first() {
        Some(base) if root.supports(PAGED) => people(session, base).await,
        _ => None,
    };
    // These tests may break the connection, so they come last.
    let base = root.one("defaultnamingcontext").filter(|_| active_directory).map(str::to_owned);
    let deleted_objects = match &base {
        Some(base) if root.supports(SHOW_DELETED) => deleted_objects(session, base).await,
        _ => None,
    };
    let replication = match &base {
        Some(base) if root.supports(DIR_SYNC) => replication(session, base).await,
        _ => None,
    };
    ServerInfo {
        address: session.server.to_string(),
        encrypted: session.secure,
        host: root.one("dnshostname").map(str::to_owned),
        version: root.one("vendorversion").map(str::to_owned),
        domain: dns("defaultnamingcontext").filter(|_| active_directory),
        forest: dns("rootdomainnamingcontext"),
        domains,
        naming_contexts: root.all("namingcontexts").iter().map(|dn| Dn::trusted(dn)).collect(),
        identity,
        levels: active_directory.then_some(levels),
        controls: listed(&["supportedcontrol"]),
        capabilities: listed(&["supportedcapabilities", "supportedextension", "supportedfeatures"]),
        mechanisms: root.all("supportedsaslmechanisms").to_vec(),
        clock_ahead,
        pages: root.supports(PAGED),
        people,
        deleted_objects,
        replication,
    }
}

async fn identity(session: &mut Session, options: &LdapOptions) -> Identity {
    let said = if session.root.supports(WHO_AM_I) { session.who_am_i().await } else { None };
    let name = match said.as_deref() {
        Some("") => SignIn::Anonymous.name(),
        Some(said) => said.split_once(':').map_or(said, |(_, name)| name).to_owned(),
        None => options.sign_in.name(),
    };
    let dn = match said.as_deref().and_then(|said| said.strip_prefix("dn:")).unwrap_or(&name) {
        dn if dn.contains('=') => Dn::parse(dn).ok(),
        name => found(session, name).await,
    };
    Identity { name, dn }
}

/// Finds the distinguished name of `user@domain`, `DOMAIN\user`, or `user` in Active Directory.
async fn found(session: &mut Session, name: &str) -> Option<Dn> {
    let base = session.root.one("defaultnamingcontext").filter(|_| session.root.vendor() == Vendor::ActiveDirectory)?;
    let base = base.to_owned();
    let account = name.rsplit('\\').next().unwrap_or(name);
    let account = account.split('@').next().unwrap_or(account);
    let (account, principal) = (ldap_escape(account), ldap_escape(name));
    let filter = format!("(&(objectClass=user)(|(sAMAccountName={account})(userPrincipalName={principal})))");
    let attributes = ["distinguishedName".to_owned()];
    let question = Question { base: &base, scope: Scope::Subtree, filter: &filter, attributes: &attributes };
    match &ask(session, &question, Vec::new()).await.ok()?[..] {
        [one] => Some(Dn::trusted(one.one("distinguishedname")?)),
        _ => None,
    }
}

/// Reads the domains of the forest from its configuration (MS-ADTS 6.1.1.2.1.1).
pub(super) async fn domains(session: &mut Session) -> Result<Vec<Domain>, Stopped> {
    let Some(configuration) = session.root.one("configurationnamingcontext") else { return Ok(Vec::new()) };
    let base = format!("CN=Partitions,{configuration}");
    let attributes = ["nCName", "dnsRoot", "nETBIOSName"].map(str::to_owned);
    // The `systemFlags` select naming contexts of the forest that are domains. Disabled ones do not exist yet.
    let filter = "(&(objectClass=crossRef)(systemFlags:1.2.840.113556.1.4.803:=3)(!(enabled=FALSE)))";
    let question = Question { base: &base, scope: Scope::OneLevel, filter, attributes: &attributes };
    let contexts: Vec<Dn> = session.root.all("namingcontexts").iter().map(|dn| Dn::trusted(dn)).collect();
    let domain = |entry: &Root| {
        let dn = Dn::trusted(entry.one("ncname")?);
        let here = contexts.contains(&dn);
        let dns = entry.one("dnsroot").map_or_else(|| dns(&dn), str::to_owned);
        Some(Domain { dn, dns, netbios: entry.one("netbiosname").map(str::to_owned), here })
    };
    let found = ask(session, &question, Vec::new()).await?;
    let mut domains: Vec<Domain> = found.iter().filter_map(domain).collect();
    domains.sort_by(|a, b| a.dns.cmp(&b.dns));
    Ok(domains)
}

async fn clock(session: &mut Session) -> Option<i64> {
    let before = Timestamp::now();
    let time = session.root().await.ok()?.one("currenttime")?.to_owned();
    ahead(&time, before, Timestamp::now())
}

/// Returns the number of seconds by which a server's clock is ahead. The server reported `time`, in full seconds, at some point
/// between `before` and `after` on the local clock.
fn ahead(time: &str, before: Timestamp, after: Timestamp) -> Option<i64> {
    let time = DateTime::strptime("%Y%m%d%H%M%S", time.get(..14)?).ok()?;
    let seconds = time.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second();
    let (least, most) = (seconds - after.as_second() - 1, seconds + 1 - before.as_second());
    Some(if least > 0 { least } else { most.min(0) })
}

/// Determines the access to people from a few of them.
async fn people(session: &mut Session, base: &Dn) -> Option<Readable> {
    let request = ReadRequest::default();
    let wanted =
        Wanted { request: &request, bases: &[], vendor: session.root.vendor(), range_size: None, catalog: false };
    let attributes = IDS.map(str::to_owned);
    let question =
        Question { base: base.as_str(), scope: Scope::Subtree, filter: wanted.people(), attributes: &attributes };
    let mut seen = Vec::new();
    let result = match session.ask(&question, vec![paging(SAMPLE, b"")], &mut |item| take(&item, &mut seen)).await {
        Ok(result) => result,
        // Active Directory returns operationsError (1) if the connection is not bound.
        Err(Stopped { code: Some(1 | 50), .. }) => return Some(Readable::Nobody),
        Err(_) => return None,
    };
    let has_id = |entry: &Root| IDS.iter().any(|id| entry.one(&id.to_ascii_lowercase()).is_some());
    match seen.first() {
        Some(_) if seen.iter().all(has_id) => Some(Readable::People),
        Some(_) => Some(Readable::WithoutId),
        // Active Directory may send empty pages first, so only an empty last page means that there are no entries.
        None => next_cookie(control(&result, PAGED)?).ok()?.is_empty().then_some(Readable::Nobody),
    }
}

/// Tests whether the user can read deleted objects (MS-ADTS 3.1.1.3.4.1.14), by reading the attributes of their container.
async fn deleted_objects(session: &mut Session, base: &str) -> Option<bool> {
    let base = format!("CN=Deleted Objects,{base}");
    let attributes = ["isDeleted".to_owned()];
    let question = Question { base: &base, scope: Scope::Base, filter: "(objectClass=*)", attributes: &attributes };
    match ask(session, &question, vec![show_deleted()]).await {
        Ok(entries) => Some(entries.iter().any(|entry| entry.one("isdeleted").is_some())),
        Err(Stopped { code: Some(32 | 50), .. }) => Some(false),
        Err(_) => None,
    }
}

/// Tests whether the user may use `DirSync` with the right to replicate (MS-ADTS 3.1.1.3.4.1.3). The filter matches nothing.
async fn replication(session: &mut Session, base: &str) -> Option<bool> {
    let attributes = ["objectGUID".to_owned()];
    let question = Question { base, scope: Scope::Subtree, filter: "(!(objectClass=*))", attributes: &attributes };
    let value = [number(INTEGER, 0), number(INTEGER, 1), element(OCTETS, b"")].concat();
    let control = RawControl { ctype: DIR_SYNC.to_owned(), crit: true, val: Some(element(SEQUENCE, &value)) };
    match ask(session, &question, vec![control]).await {
        Ok(_) => Some(true),
        Err(Stopped { code: Some(50), .. }) => Some(false),
        Err(_) => None,
    }
}

/// Runs a search and returns the entries.
async fn ask(session: &mut Session, question: &Question<'_>, controls: Vec<RawControl>) -> Result<Vec<Root>, Stopped> {
    let mut entries = Vec::new();
    session.ask(question, controls, &mut |item| take(&item, &mut entries)).await?;
    Ok(entries)
}

fn take(item: &Item, entries: &mut Vec<Root>) -> Result<(), Stopped> {
    let Item::Entries(frames) = item else { return Ok(()) };
    each(frames, |message| {
        entries.push(Root::of(message)?);
        Ok(())
    })
}

/// Returns the DNS name of a domain: `ad.example.test` for `DC=ad,DC=example,DC=test`.
fn dns(dn: &Dn) -> String {
    let parts = std::iter::successors(Some(dn.clone()), Dn::parent).filter(|dn| dn.kind() == "dc");
    parts.map(|dn| dn.name()).collect::<Vec<_>>().join(".")
}

/// Creates the control that includes deleted objects in a search.
pub(super) fn show_deleted() -> RawControl {
    RawControl { ctype: SHOW_DELETED.to_owned(), crit: true, val: None }
}

/// `LDAP_SERVER_SHOW_DELETED_OID`.
const SHOW_DELETED: &str = "1.2.840.113556.1.4.417";

/// `LDAP_SERVER_DIRSYNC_OID`.
pub(super) const DIR_SYNC: &str = "1.2.840.113556.1.4.841";

/// The extended operation "Who am I?" (RFC 4532).
const WHO_AM_I: &str = "1.3.6.1.4.1.4203.1.11.3";

const IDS: [&str; 3] = ["objectGUID", "entryUUID", "nsUniqueId"];

/// The number of people to test.
const SAMPLE: u32 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn computes_the_clock_difference_beyond_rounding_and_round_trip() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (before, after) = (at("2026-11-22T00:42:49.9Z"), at("2026-11-22T00:42:50.1Z"));
        for (time, expected) in [
            ("20261122004249.0Z", Some(0)),
            ("20261122004250.0Z", Some(0)),
            ("20261122004749.0Z", Some(298)),
            ("20261122003749.0Z", Some(-299)),
            ("2026", None),
            ("never at all, sir", None),
        ] {
            assert_eq!(ahead(time, before, after), expected, "{time}");
        }
    }

    #[test]
    fn converts_distinguished_names_to_dns_names() {
        assert_eq!(dns(&Dn::trusted("DC=ad,DC=Example,DC=test")), "ad.Example.test");
        assert_eq!(dns(&Dn::trusted("OU=x,DC=test")), "test");
        assert_eq!(dns(&Dn::trusted("O=x")), "");
    }
}
