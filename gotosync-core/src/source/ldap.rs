//! Live directories: Active Directory, and servers by RFC 4511.

mod ber;
mod catalog;
mod dial;
mod discover;
mod guard;
#[cfg(feature = "kerberos")]
mod kerberos;
mod message;
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
use std::sync::Arc;

use async_trait::async_trait;
use rustls::ClientConfig;

pub use options::{
    ClientCertificate, Discovery, LdapOptions, Referrals, Roots, Security, Server, SignIn, Timeouts, Tls,
};

use self::session::Session;
use super::{DirectoryInfo, DirectorySource, Node, children_of};
use crate::Result;
use crate::model::{Dn, ReadRequest, Reading};

/// A directory that is read over the wire.
#[derive(Clone)]
pub struct LdapSource {
    options: Arc<LdapOptions>,
    config: Arc<ClientConfig>,
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
        Ok(Self { options: Arc::new(options), config })
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
        let session = Session::open(&self.options, &self.config).await?;
        let info = DirectoryInfo {
            name: self.to_string(),
            vendor: session.root.product(),
            naming_contexts: session.root.contexts(),
        };
        session.close().await;
        Ok(info)
    }

    async fn children<'a>(&self, of: Option<&'a Dn>) -> Result<Vec<Node>> {
        let reading = self.read(&ReadRequest::everyone([] as [String; 0])).await?;
        children_of(&reading.directory, of)
    }

    async fn read(&self, request: &ReadRequest) -> Result<Reading> {
        read::read(&self.options, &self.config, request).await
    }
}
