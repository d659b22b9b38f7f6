//! An emulator of GoTo's APIs on the loopback interface: a stateful service for client tests.
//!
//! [`Emulator`] serves the OAuth endpoints, the Admin API, and the Connect API as far as they are publicly known. Its
//! accounts follow the rules of [`MemoryTarget`](gotosync_core::target::MemoryTarget), in the same code. One listener
//! serves all hosts; [`Emulator::urls`] returns the base address of each API.
//!
//! Documented or observed behavior is enforced strictly: the emulator rejects `+` in a filter and `key` in an update,
//! writes keys as strings, omits empty fields, treats `toIndex` as exclusive, and answers the eleventh request in a
//! second with 429. Where observed clients differ, it accepts both forms. **The reference of the Admin API is not
//! public.** The made-up parts are in `admin/unsure.rs`, and nothing here claims that GoTo behaves the same. GoToMyPC
//! exists only as a product in a license.
//!
//! Features without a known API are missing: settings templates, products switched off inside a license, and device
//! groups. An account may contain them, but the emulator does not show them. It rejects administrator roles that
//! gotosync does not know.
//!
//! The emulator serves all pages of 25,000 users in about half of the time that the client needs to read them, and in a
//! seventh of the time that the rate limit requires. `cargo run -p gotosync-benches --features wire --bin goto`
//! measures it.
//!
//! Citations such as "goto-api, 2.4" refer to sections of the project's research notes about GoTo's APIs.
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
