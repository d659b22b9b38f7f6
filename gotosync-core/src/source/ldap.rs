//! LDAP directories: Active Directory, and other servers that implement RFC 4511.

mod ber;
mod browse;
mod catalog;
mod cursor;
mod delta;
mod describe;
mod dial;
mod discover;
mod forest;
mod guard;
mod id;
#[cfg(feature = "kerberos")]
mod kerberos;
mod message;
mod mirror;
mod oids;
mod options;
mod plan;
mod read;
mod reader;
mod references;
mod search;
mod server;
mod session;
mod sign_in;
mod tls;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use jiff::Timestamp;
use rustls::ClientConfig;

pub use forest::ForestSource;
pub use options::{Changes, DeltaMethod, Discovery, LdapOptions, Referrals, Security, Server, SignIn, Timeouts, Tls};

use self::browse::Browser;
use self::mirror::Mirror;
use self::session::Session;
use super::{DirectoryInfo, DirectorySource, ListQuery, Listing, Node};
use crate::Result;
use crate::model::{Directory, Dn, Kept, ReadRequest, Reading};
use crate::tls::configure;
pub use crate::tls::{ClientCertificate, Roots};

/// A directory that is read from an LDAP server. The source never modifies the directory.
///
/// **Completeness.** A reading is complete only if every search succeeded, every page and all values of every attribute
/// arrived, no continuation reference was ignored silently, and the connection stayed bound throughout. A failure before the
/// bind is an error; a failure after it makes the reading incomplete, with the data that has arrived and with the reason.
/// Entries that a server hides because of missing rights cannot be detected.
///
/// **Few searches.** Reading all people takes one paged search per base DN. Reading the people of some scopes takes one search
/// for groups and units, and one for each unit or for the members of groups. The number of searches does not depend on
/// the number of people. At most 16 chunks of about 64 kB are buffered; then the source stops reading from the network.
///
/// **Incremental reads.** If [`LdapOptions::changes`] is set and the request contains the data that an earlier reading
/// [kept](ReadRequest::since), only changed entries are read. The resulting directory is the same as that of a full read.
///
/// The source needs a Tokio runtime with the timer and the network enabled. Clones share the connection that is kept for the
/// next read.
///
/// ```no_run
/// use gotosync_core::Secret;
/// use gotosync_core::model::ReadRequest;
/// use gotosync_core::source::ldap::{LdapOptions, Server, SignIn};
/// use gotosync_core::source::{DirectorySource, LdapSource};
///
/// # async fn example() -> gotosync_core::Result<()> {
/// let mut options = LdapOptions::new(vec![Server::parse("ldaps://dc1.ad.example.test")?]);
/// options.sign_in = SignIn::Simple { name: "sync@ad.example.test".into(), password: Secret::new("…") };
/// let reading = LdapSource::new(options)?.read(&ReadRequest::everyone(["mail"])).await?;
/// println!("{} people, {}", reading.directory.people().len(), reading.completeness);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct LdapSource {
    options: Arc<LdapOptions>,
    config: Arc<ClientConfig>,
    recent: Arc<Mutex<Recent>>,
}

/// The data that the last read leaves in memory for the next one in the same process.
#[derive(Debug, Default)]
struct Recent {
    /// A connection that the next read can reuse.
    session: Option<(Instant, Session)>,
    /// The kept data, the mirror parsed from it, and the directory that it gave for one request.
    mirror: Option<(Kept, Arc<Mirror>, ReadRequest, Arc<Directory>)>,
}

impl LdapSource {
    /// Creates a source. It connects only when it is used.
    ///
    /// # Errors
    /// [`ErrorKind::Input`](crate::ErrorKind::Input) for invalid or unsafe options, and for invalid certificate files.
    pub fn new(options: LdapOptions) -> Result<Self> {
        options.check()?;
        let config = Arc::new(configure(&options.tls.roots, options.tls.client.as_ref())?);
        Ok(Self { options: Arc::new(options), config, recent: Arc::default() })
    }

    /// Waits until something may have changed since an earlier reading, whose kept data is `since`.
    ///
    /// `OpenLDAP` reports changes itself (refreshAndPersist, RFC 4533). A domain controller is polled for its highest USN
    /// every `every`. With other servers, the wait simply ends after that time. The wait may also end without a relevant change.
    ///
    /// # Errors
    /// If the bind fails, or the connection breaks while waiting. The caller should then read.
    pub async fn wait_for_changes(&self, since: &Kept, every: Duration) -> Result<()> {
        delta::wait(self, since, every).await
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the connection of the last read if it is still usable, or opens a new one.
    async fn session(&self) -> Result<Session> {
        let recent = self.recent().session.take();
        match recent {
            Some((since, session)) if since.elapsed() < IDLE && session.is_good() => Ok(session),
            _ => Session::open(&self.options, &self.config).await,
        }
    }

    fn put_back(&self, session: Session) {
        if session.is_good() {
            self.recent().session = Some((Instant::now(), session));
        }
    }

    /// Returns the mirror that the kept data contains.
    fn mirror(&self, kept: &Kept) -> Option<Arc<Mirror>> {
        if let Some((own, mirror, ..)) = &self.recent().mirror
            && own == kept
        {
            return Some(Arc::clone(mirror));
        }
        Mirror::from_kept(kept).map(Arc::new)
    }

    /// Returns the directory that the last read built from this mirror for the same request.
    fn directory(&self, mirror: &Arc<Mirror>, request: &ReadRequest) -> Option<Arc<Directory>> {
        let recent = self.recent();
        let (_, own, asked, directory) = recent.mirror.as_ref()?;
        let same = Arc::ptr_eq(own, mirror) && asked.attributes == request.attributes && asked.scopes == request.scopes;
        same.then(|| Arc::clone(directory))
    }

    fn remember(&self, kept: &Kept, mirror: Mirror, request: &ReadRequest, directory: &Arc<Directory>) {
        let request = ReadRequest { since: None, ..request.clone() };
        self.recent().mirror = Some((kept.clone(), Arc::new(mirror), request, Arc::clone(directory)));
    }
}

impl fmt::Display for LdapSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.options.servers.first(), &self.options.discover) {
            (Some(server), _) => write!(f, "directory {server}"),
            (None, Some(discovery)) => write!(f, "directory of {}", discovery.domain),
            (None, None) => f.write_str("directory"),
        }
    }
}

impl fmt::Debug for LdapSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LdapSource").field("options", &self.options).finish_non_exhaustive()
    }
}

#[async_trait]
impl DirectorySource for LdapSource {
    async fn describe(&self) -> Result<DirectoryInfo> {
        describe::describe(&self.options, &self.config, self.to_string()).await
    }

    async fn children<'a>(&self, of: Option<&'a Dn>) -> Result<Vec<Node>> {
        let mut browser = Browser::open(&self.options, &self.config).await?;
        let nodes = browser.children(of).await;
        browser.close().await;
        nodes
    }

    async fn list(&self, query: &ListQuery) -> Result<Listing> {
        let mut browser = Browser::open(&self.options, &self.config).await?;
        let listing = browser.list(query, Timestamp::now()).await;
        browser.close().await;
        listing
    }

    async fn read(&self, request: &ReadRequest) -> Result<Reading> {
        match &self.options.changes {
            Some(changes) => delta::read(self, request, changes).await,
            None => read::read(&self.options, &self.config, request).await,
        }
    }
}

/// The maximum time that an idle connection is kept for reuse.
const IDLE: Duration = Duration::from_mins(1);
