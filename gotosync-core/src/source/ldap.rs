//! Live directories: Active Directory, and servers by RFC 4511.

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

/// A directory that is read over the wire. It asks, and changes nothing.
///
/// **Whole or not at all.** A reading is complete only if every search ended with success, every page and every value of every
/// list came, no reference was left without a word, and the sign-in held throughout. Whatever goes wrong after that makes the
/// reading incomplete, with what has come and with a reason; what goes wrong before is an error. What a server leaves out
/// and says nothing of, nobody can tell.
///
/// **Few searches.** Everybody is one search a base, in pages; some are one for groups and units, and one for each unit or for the
/// members of groups. Their number never grows with the number of people. Of a page, at most some parcels of 64 kB wait in
/// memory; beyond them the network waits.
///
/// **Only what changed** is read where [`LdapOptions::changes`] is set and the request comes
/// [with](ReadRequest::since) what an earlier reading left; the directory is the same.
///
/// It needs a Tokio runtime with its timer and its network enabled. A clone shares the connection that is kept for the next read.
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
        let config = Arc::new(configure(&options.tls.roots, options.tls.client.as_ref())?);
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
