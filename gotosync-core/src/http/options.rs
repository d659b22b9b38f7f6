//! Settings of the HTTP client.

use std::time::Duration;

use super::proxy::Proxies;
use super::retry::Patience;
use crate::tls::{ClientCertificate, Roots};

/// The settings of a [`Client`](super::Client).
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// The CA certificates that may sign the certificate of a server.
    pub roots: Roots,
    /// The client certificate, for services that require one.
    pub client: Option<ClientCertificate>,
    /// The proxies between this machine and the services.
    pub proxies: Proxies,
    /// The timeouts of an attempt.
    pub timeouts: Timeouts,
    /// The number of retries and the waits between them.
    pub patience: Patience,
    /// The maximum size of a response after decompression, in bytes.
    pub largest_answer: usize,
    /// Turns off TLS certificate verification. **Anyone on the network path can then read and change all traffic,
    /// including the token.** For tests on your own machine only; every report mentions it.
    pub danger_accept_any_certificate: bool,
}

/// The timeouts of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// The maximum time to establish a connection.
    pub connect: Duration,
    /// The maximum time between two parts of a response.
    pub read: Duration,
    /// The maximum time for the whole attempt.
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

/// For scale: 1000 users with all their settings take about 3 MB.
const LARGEST: usize = 64 << 20;
