//! How services are reached.

use std::time::Duration;

use super::proxy::Proxies;
use super::retry::Patience;
use crate::tls::{ClientCertificate, Roots};

/// Everything that a [`Client`](super::Client) needs to know.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// Who may vouch for a server.
    pub roots: Roots,
    /// The client's own certificate, where a service asks for one.
    pub client: Option<ClientCertificate>,
    /// What stands between here and there.
    pub proxies: Proxies,
    /// How long to wait.
    pub timeouts: Timeouts,
    /// How often, and for how long, a call is tried.
    pub patience: Patience,
    /// The largest answer that is taken, in bytes, after it was unpacked.
    pub largest_answer: usize,
    /// Takes any server for whom it says it is. **Whoever is on the way can then read and change everything, and has the
    /// token.** For tests on one's own machine; every report says that it was so.
    pub danger_accept_any_certificate: bool,
}

/// How long to wait before a call counts as lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Until there is a connection.
    pub connect: Duration,
    /// Between two pieces of an answer.
    pub read: Duration,
    /// For one attempt altogether.
    pub total: Duration,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            roots: Roots::Platform,
            client: None,
            proxies: Proxies::none(),
            timeouts: Timeouts::default(),
            patience: Patience::default(),
            largest_answer: LARGEST,
            danger_accept_any_certificate: false,
        }
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(15), read: Duration::from_mins(1), total: Duration::from_mins(3) }
    }
}

/// A thousand users with all their settings are about 3 MB.
const LARGEST: usize = 64 << 20;
