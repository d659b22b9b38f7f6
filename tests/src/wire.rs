//! A proxy between an LDAP client and a server that injects faults into the server's responses and records the
//! traffic.
//!
//! It shares no code with any LDAP library, so that it cannot share their bugs. [`Wire`] relays to a real server.
//! [`Scripted`] is a small LDAP server for behavior that the real servers cannot show; it can also be used behind a
//! wire.
//!
//! ```no_run
//! # fn main() -> Result<(), gotosync_tests::Trouble> {
//! use gotosync_tests::wire::{Aim, Ending, Fault, Spot, Upstream, Wire};
//!
//! let cut = Fault::cut(Spot::AfterEntries(3), Ending::Rst).at(Aim::page(2).of("objectClass=user"));
//! let wire = Wire::start(Upstream::plain("127.0.0.1:389"), [cut])?;
//! println!("read from {}", wire.url());
//! let seen = wire.quiet();
//! assert_eq!(seen.strikes(0), 1, "the fault occurred: {seen:#?}");
//! # Ok(())
//! # }
//! ```

pub mod ber;
mod aim;
mod fault;
mod filter;
mod listen;
pub mod message;
mod names;
mod relay;
mod rubbish;
mod scripted;
mod seen;
mod shared;
mod stream;
mod strike;
mod table;

use std::net::SocketAddr;
use std::sync::Arc;

pub use aim::{Aim, Damage};
pub use fault::{
    Broken, Copied, Edit, Ending, Entries, Fault, Keep, LoopCookie, RangeAnswer, Rest, Rubbish, Spot, Which,
};
pub use filter::Filter;
pub use message::Entry;
pub use names::Names;
pub use scripted::{Account, Script, Scripted, ServedPaging};
pub use seen::{Bind, Page, Password, Search, Seen, Struck};
pub use stream::{Front, Upstream};
pub use table::{Effect, Named, faults, range_faults, sign_in_faults};

use crate::Trouble;
use listen::Listening;
use shared::Shared;

/// A proxy that relays to a server and injects faults. It stops when it is dropped.
#[derive(Debug)]
pub struct Wire {
    listening: Listening,
    shared: Arc<Shared>,
    scheme: &'static str,
}

impl Wire {
    /// Listens on a free port of 127.0.0.1 without TLS. The wire connects to the upstream server only when a client
    /// connects.
    pub fn start(upstream: Upstream, damages: impl IntoIterator<Item = Damage>) -> Result<Self, Trouble> {
        Self::start_at(&Front::plain(), upstream, damages)
    }

    /// Listens as the front specifies.
    pub fn start_at(
        front: &Front,
        upstream: Upstream,
        damages: impl IntoIterator<Item = Damage>,
    ) -> Result<Self, Trouble> {
        let shared = Arc::new(Shared::new(upstream, front, damages.into_iter().collect())?);
        let each = Arc::clone(&shared);
        let listening = Listening::start(front, move |tcp| relay::relay(tcp, Arc::clone(&each)))?;
        Ok(Self { listening, shared, scheme: front.scheme() })
    }

    /// Returns the address on which the wire listens.
    pub fn address(&self) -> SocketAddr {
        self.listening.address
    }

    /// Returns the LDAP URL of the wire.
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address())
    }

    /// Returns the traffic seen so far. The last requests of a client may not be included yet.
    pub fn seen(&self) -> Seen {
        self.shared.seen()
    }

    /// Waits up to 20 seconds until all clients have disconnected, and returns the traffic; [`Seen::open`] is the
    /// number of connections that are still open. This blocks the thread, so a client on the same thread must have
    /// disconnected before.
    pub fn quiet(&self) -> Seen {
        self.shared.quiet()
    }
}
