//! GoTo's APIs on loopback: a service with a memory, for tests of whoever calls them.
//!
//! [`Emulator`] serves the OAuth endpoints, the Admin API and the Connect API as far as they are publicly known, over
//! accounts that keep the rules of [`MemoryTarget`](gotosync_core::target::MemoryTarget) in the very same code. One listener
//! plays every host; [`Emulator::urls`] says where each API begins.
//!
//! What is documented or was seen live is kept strictly: `+` in a filter and `key` in an update are refused, keys are
//! strings, what is empty is absent, `toIndex` is exclusive, the eleventh request of a second gets 429. Where clients
//! disagree it takes either way. **The Admin API's own reference is not public**: what had to be made up stands in
//! `admin/unsure.rs`, and nothing here is a claim that GoTo does it so. GoToMyPC is what a license names, and no more.
//!
//! It does not have what nobody knows the way to: settings templates, products switched off inside a license, device groups.
//! An account may hold them; they are not shown. Administrator roles that the engine has no word for are refused.
//!
//! All pages of 25,000 users take it about half of the time in which the client reads them, and a seventh of what the limit
//! makes them take; `cargo run -p gotosync-benches --features wire --bin goto` measures it.
//!
//! ```
//! use gotosync_core::model::Account;
//! use gotosync_tests::goto::Emulator;
//!
//! let emulator = Emulator::options().account(Account::empty("1", "Example")).start().unwrap();
//! assert!(emulator.urls().admin.starts_with("http://127.0.0.1:"));
//! ```

mod admin;
mod answer;
mod call;
mod clock;
mod connect;
mod emulator;
mod fault;
mod identity;
mod limit;
mod line;
mod oauth;
mod options;
mod probe;
mod served;
mod strike;
mod world;

pub use call::{Call, Mail, Operation};
pub use emulator::{Emulator, Urls};
pub use fault::{Again, Fault, FaultKind, Shift};
pub use oauth::Tokens;
pub use options::{KeyForm, Options, Rotation, TokenRefusal};
pub use probe::{Answer, Probe};
pub use served::Served;
