//! A wire between an LDAP client and a server, which does every kind of damage to what the server says and keeps a record
//! of what went over it.
//!
//! It shares no code with any LDAP library, so that it cannot share their mistakes. [`Wire`] stands before a real server;
//! [`Scripted`] is a small server of its own for what no real one here can be made to do, and can stand behind a wire.
//!
//! ```no_run
//! # fn main() -> Result<(), gotosync_tests::Trouble> {
//! use gotosync_tests::wire::{Aim, Ending, Fault, Spot, Upstream, Wire};
//!
//! let cut = Fault::cut(Spot::AfterEntries(3), Ending::Rst).at(Aim::page(2).of("objectClass=user"));
//! let wire = Wire::start(Upstream::plain("127.0.0.1:389"), [cut])?;
//! println!("read from {}", wire.url());
//! let seen = wire.quiet();
//! assert_eq!(seen.strikes(0), 1, "the fault has done something: {seen:#?}");
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

/// A server that relays to another one, with damages; it ends when it is dropped.
#[derive(Debug)]
pub struct Wire {
    listening: Listening,
    shared: Arc<Shared>,
    scheme: &'static str,
}

impl Wire {
    /// Listens on a free port of 127.0.0.1 without TLS. The upstream is first spoken to when a client comes.
    pub fn start(upstream: Upstream, damages: impl IntoIterator<Item = Damage>) -> Result<Self, Trouble> {
        Self::start_at(&Front::plain(), upstream, damages)
    }

    /// Listens as a front says.
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

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.listening.address
    }

    /// Where it listens, as clients write it.
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address())
    }

    /// What has been seen so far. What a client has sent last may not have been looked at yet.
    pub fn seen(&self) -> Seen {
        self.shared.seen()
    }

    /// What has been seen when all clients are gone. Waits for them, up to 20 seconds; [`Seen::open`] tells whether it was
    /// in vain. It blocks the thread: a client that lives on the same one has to be gone before.
    pub fn quiet(&self) -> Seen {
        self.shared.quiet()
    }
}
