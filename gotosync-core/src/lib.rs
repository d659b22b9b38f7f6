//! Keeps the people of a directory and the users of a GoTo account the same.
//!
//! A *person* in a *directory* becomes, by *rules*, a *user* in an *account*; the difference is a *plan*; the plan is
//! *checked*, *applied* through a *journal*, and told as a *report*.
//!
//! ```text
//! source.read ──> rules.desire ─> desired ┐
//!                                         ├─> link ─> diff ─> plan ─> check ─> apply(journal) ─> report
//! target.read ─────────────────> current  ┘   └─── pure, synchronous, total ───┘  └── the only writes ──┘
//! ```
//!
//! Data moves from left to right and never returns. What is remembered between runs (who is whom, the last good reads, the
//! journal, the history) is read before the pure middle, handed to it as a value, and written after it.
//!
//! # Example
//!
//! ```
//! use gotosync_core::apply::Stop;
//! use gotosync_core::model::{Account, DirectoryBuilder, Dn, License, PersonEntry, PersonId};
//! use gotosync_core::{Engine, Rules, source::MemorySource, state::MemoryState, target::MemoryTarget};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> gotosync_core::Result<()> {
//! let mut people = DirectoryBuilder::new();
//! let (mail, first, last) = (people.attribute("mail"), people.attribute("givenName"), people.attribute("sn"));
//! let ann = PersonEntry::new(PersonId::parse("7"), Dn::parse("CN=Ann Lee,OU=Sales,DC=example,DC=test")?);
//! people.person(ann.with(mail, "ann@example.test").with(first, "Ann").with(last, "Lee"));
//!
//! let mut account = Account::empty("1", "Example");
//! account.licenses.push(License::new("10", "GoToMeeting", &["G2M"], 5));
//!
//! let rules = Rules::parse(
//!     "[[rule]]\nname = 'Sales'\nou = 'OU=Sales,DC=example,DC=test'\nproducts = ['GoToMeeting']",
//!     "rules.toml",
//! )?;
//! let engine = Engine::new(MemorySource::new(people.build()?), MemoryTarget::new(account), MemoryState::new(), rules);
//! let plan = engine.plan().await?.plan;
//! assert_eq!(plan.steps()[0].subject.as_ref(), "ann@example.test");
//! engine.check(&plan, None).into_result()?;
//! let report = engine.apply(&plan, None, &Stop::new()).await?;
//! assert!(report.all_done());
//! assert!(engine.plan().await?.plan.is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! # Invariants
//!
//! 1. Sources and targets never import each other; neither imports rules, plan or apply.
//! 2. The pure stages hold no `async`, clock, random number or input and output: time and ids come in as values.
//! 3. After planning no choice is left. A plan is immutable, serialisable, and names the basis it was computed from.
//! 4. A read is a value that knows whether it is complete. From an incomplete read of either side no step that takes
//!    something away from anyone can be planned: [`model::Whole`] makes that a matter of types.
//! 5. "Not found" is never "empty": a rule whose OU or group is missing is an error of that rule; its people are left as
//!    they are.
//! 6. Who is whom is decided in [`mod@link`] alone, by immutable id first, then by e-mail under one comparison function.
//! 7. What no rule manages is out of the diff, so nothing can take it away.
//! 8. One bad person is a note and is set aside; the others go on. One bad read stops the run.
//! 9. Output is deterministic: same inputs, same bytes.
//! 10. The library prints nothing and reads no environment; front ends do.
//!
//! # Features
//!
//! | feature | what it brings | by default |
//! |---|---|---|
//! | `ldif` | directory exports as a source | yes |
//! | `csv` | CSV files as a source, and imports of CSV files and pasted lists | yes |
//! | `ldap` | live directories as a source: Active Directory, OpenLDAP and others | yes |
//! | `kerberos` | signing in to them by Kerberos, through the system's GSSAPI library | no |
//! | `http` | services over HTTP: the one place for retries, limits, proxies and TLS | yes |
//! | `goto` | real accounts, through GoTo's APIs; brings `http` | yes |
//! | `scim` | accounts at services that speak SCIM 2.0; brings `http` | yes |
//! | `secrets` | passwords from files, variables, programs and systemd; comes with `ldap` and `http` | yes |
//! | `keyring` | passwords from the key store of the system | no |
//! | `sqlite` | the state store and the local account, in files | yes |
//! | `phone` | the filter `phone` of mapping expressions, by the numbering plans of all countries | yes |
//! | `laws` | the rules that every source, target and state store must keep, for tests of your own | no |
//! | `mock` | mockall mocks of the public traits | no |
//!
//! With none of them there is no SQLite, no compression, and nothing that opens a file or a socket.
//!
//! # Logs
//!
//! What goes on is told as events of the crate `tracing`, under targets that begin with `gotosync::`: `read`, `plan`, `check`,
//! `apply`, `run`. Without a subscriber they cost nothing.
#![cfg_attr(feature = "laws", doc = include_str!("../docs/adding.md"))]

pub mod error;
#[cfg(feature = "secrets")]
pub mod secret;
pub mod model;
#[cfg(any(feature = "ldap", feature = "http"))]
mod tls;
#[cfg(feature = "http")]
pub mod http;
pub mod source;
pub mod target;
pub mod rules;
pub mod link;
pub mod desired;
pub mod diff;
pub mod plan;
pub mod check;
pub mod apply;
pub mod journal;
pub mod report;
pub mod explain;
pub mod invite;
pub mod render;
pub mod state;
pub mod sync;
#[cfg(any(test, feature = "laws"))]
pub mod laws;
mod trace;
#[cfg(feature = "csv")]
pub mod import;
#[cfg(all(feature = "ldif", feature = "csv", feature = "sqlite"))]
pub mod config;

pub use check::{Verdict, check};
#[cfg(all(feature = "ldif", feature = "csv", feature = "sqlite"))]
pub use config::Config;
pub use error::{Error, ErrorKind, Result};
#[cfg(feature = "csv")]
pub use import::Import;
pub use plan::Plan;
pub use report::Report;
pub use rules::Rules;
#[cfg(feature = "secrets")]
pub use secret::Secret;
pub use sync::Engine;

/// The examples of the README are compiled with the library.
#[cfg(all(doctest, feature = "ldif", feature = "csv", feature = "sqlite"))]
#[doc = include_str!("../../README.md")]
struct Readme;
