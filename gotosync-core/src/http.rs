//! A shared HTTP layer for all services: rate limits, timeouts, retries, and TLS.
//!
//! A [`Client`] holds the connections, proxies, and TLS settings. An [`Api`] is one base address with one rate limit
//! and one way to authenticate. A [`Request`] states whether it may be repeated. Everything else is decided in this
//! module and nowhere else: what a response status means ([`Meaning`]), which requests are retried and after how long,
//! and that a request that may have taken effect is never repeated unless it is marked as repeatable.
//!
//! For safety, the layer follows no redirects, so a token never reaches another host. It reads no environment variables
//! by itself, and it rejects responses larger than the configured limit. Turning off TLS certificate verification takes
//! an option whose name starts with `danger`, and every report mentions it.

mod address;
mod answer;
#[cfg(test)]
pub(crate) mod cases;
mod client;
mod limit;
mod options;
mod proxy;
mod request;
mod retry;
mod status;
mod token;

pub use answer::{Answer, Failure, Reached};
pub use client::{Api, Client, Exchange, Watch};
pub use options::{HttpOptions, Timeouts};
pub use proxy::Proxies;
#[cfg(feature = "goto")]
pub(crate) use request::pairs;
pub use request::{Method, Request, Safety};
pub use retry::Patience;
pub use status::Meaning;
pub use token::{Bearer, StaticToken};

pub use crate::tls::{ClientCertificate, Roots};
