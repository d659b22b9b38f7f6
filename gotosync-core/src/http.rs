//! Manners over HTTP, for every service that is called: how fast, how long, how often, and whom to trust.
//!
//! A [`Client`] holds connections, proxies and TLS. An [`Api`] is one base address with one limit, and one way to sign in.
//! A [`Request`] says whether it may be repeated; everything else is decided here and nowhere else: what an answer's status
//! means ([`Meaning`]), what is tried again and after how long, and that a call that may have had an effect is never repeated
//! unless it says so.
//!
//! What it refuses: it follows no redirect, so that no token goes to another host; it reads no variable by itself; and it
//! takes no answer that is larger than expected. Where a certificate is not looked at, that is called dangerous and told.

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
