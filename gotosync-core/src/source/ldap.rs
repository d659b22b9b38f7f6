//! Live directories: Active Directory, and servers by RFC 4511.

mod ber;
mod browse;
mod catalog;
mod delta;
mod describe;
mod dial;
mod discover;
mod guard;
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

pub use options::{
    Changes, ClientCertificate, DeltaMethod, Discovery, LdapOptions, Referrals, Roots, Security, Server, SignIn,
    Timeouts, Tls,
};

use self::browse::Browser;
use self::mirror::Mirror;
use self::session::Session;
use super::{DirectoryInfo, DirectorySource, ListQuery, Listing, Node};
use crate::Result;
use crate::model::{Directory, Dn, Kept, ReadRequest, Reading};

/// A directory that is read over the wire.
#[derive(Clone)]
pub struct LdapSource {
    options: Arc<LdapOptions>,
    config: Arc<ClientConfig>,
    recent: Arc<Mutex<Recent>>,
}

/// What the last read left in memory, for the next one in the same process.
#[derive(Debug, Default)]
struct Recent {
    /// A connection that may be used again.
    session: Option<(Instant, Session)>,
    /// What was kept, taken apart, and what came of it for one request.
    mirror: Option<(Kept, Arc<Mirror>, ReadRequest, Arc<Directory>)>,
}

impl LdapSource {
    /// Prepares a source. Nothing is connected to before it is used.
    ///
    /// # Errors
    /// [`ErrorKind::Input`](crate::ErrorKind::Input) for options that cannot work or must not be tried, and for certificate
    /// files that are none.
    pub fn new(options: LdapOptions) -> Result<Self> {
        options.check()?;
        let config = tls::configure(&options.tls)?;
        Ok(Self { options: Arc::new(options), config, recent: Arc::default() })
    }

    /// Waits until something may have changed since an earlier reading, by what that left. `OpenLDAP` tells by itself
    /// (refreshAndPersist of RFC 4533); a domain controller is asked every so often how far it has counted; where neither can be,
    /// the wait is over after that time. It may end although nothing of interest changed.
    ///
    /// # Errors
    /// When nobody can sign in, and whatever ends the wait before: then read.
    pub async fn wait_for_changes(&self, since: &Kept, every: Duration) -> Result<()> {
        delta::wait(self, since, every).await
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection of the last read if it is still good, or a new one.
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

    /// What was kept, taken apart.
    fn mirror(&self, kept: &Kept) -> Option<Arc<Mirror>> {
        if let Some((own, mirror, ..)) = &self.recent().mirror
            && own == kept
        {
            return Some(Arc::clone(mirror));
        }
        Mirror::from_kept(kept).map(Arc::new)
    }

    /// The directory that came of a mirror for the same request, if it is the last one.
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

/// How long a connection may lie idle before it is used again.
const IDLE: Duration = Duration::from_mins(1);
