//! Synchronizes the people in a directory with the users in a GoTo account.
//!
//! A *source* reads *people* and groups from a *directory* (LDAP, LDIF, CSV). *Rules*, written by an admin, select people by
//! OU or group and describe the *user* that each of them should have in the *account*. The engine compares this desired
//! state with the current account and computes a *plan*. A *check* compares the plan with limits and can stop the run. If
//! it passes, the engine *applies* the plan through a *target*, records every step in a *journal*, and returns a *report*.
//!
//! ```text
//! source.read ──> rules.desire ─> desired ┐
//!                                         ├─> link ─> diff ─> plan ─> check ─> apply(journal) ─> report
//! target.read ─────────────────> current  ┘   └─── pure, synchronous, total ───┘  └── the only writes ──┘
//! ```
//!
//! Data flows from left to right only. The stages from `link` to `check` are pure functions: they do no I/O and do not depend
//! on the time of day. State that is kept between runs (the links between people and users, the last complete reads, the
//! journal, the history) is loaded before these stages, passed to them as a value, and saved after them.
//!
//! | to do this | start with |
//! |---|---|
//! | run a sync: plan, check, apply, resume | [`Engine`] |
//! | read rules from a file | [`Rules`] |
//! | read a directory, or implement a source | [`source`] |
//! | read and change an account, or implement a target | [`target`] |
//! | keep state between runs | [`state`] |
//! | build people, accounts, and actions in code | [`model`] |
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
//! 1. Sources and targets never import each other; neither imports rules, plan, or apply.
//! 2. The pure stages use no `async`, no clock, no random numbers, and no I/O. Times and ids are passed in as values.
//! 3. Planning makes every decision. A plan is immutable and serializable, and records the inputs that it was computed from.
//! 4. Every read states whether it is complete. If the read of either side is incomplete, the engine plans no step that takes
//!    something away from a user. The type [`model::Whole`] enforces this at compile time.
//! 5. "Not found" is never treated as "empty": if the OU or group of a rule does not exist, the rule has an error and its
//!    people are left unchanged.
//! 6. Only [`mod@link`] decides which user belongs to which person: first by immutable id, then by e-mail address, always with
//!    the same comparison function.
//! 7. Fields that no rule manages are not part of the diff, so the sync can never take them away.
//! 8. A person with invalid data is skipped and reported in a note; the run continues with the others. A failed read stops
//!    the run.
//! 9. Output is deterministic: the same inputs give the same bytes.
//! 10. The library prints nothing and reads no environment variables. That is the job of front ends.
//!
//! # Features
//!
//! | feature | adds | default |
//! |---|---|---|
//! | `ldif` | LDIF exports of directories as a source | yes |
//! | `csv` | CSV files as a source; imports of CSV files and pasted lists | yes |
//! | `ldap` | live directories as a source: Active Directory, OpenLDAP, and others | yes |
//! | `kerberos` | Kerberos authentication (SASL GSSAPI) for LDAP; needs the system's GSSAPI library | no |
//! | `http` | the HTTP client for all web services: retries, rate limits, proxies, and TLS | yes |
//! | `goto` | GoTo accounts as a target, through GoTo's APIs; enables `http` | yes |
//! | `scim` | services with a SCIM 2.0 API as a target; enables `http` | yes |
//! | `secrets` | passwords from files, environment variables, commands, and systemd; enabled by `ldap` and `http` | yes |
//! | `keyring` | passwords from the operating system's credential store | no |
//! | `sqlite` | the state store and the local account, both in SQLite files | yes |
//! | `phone` | the filter `phone` in mapping expressions, with the numbering plans of all countries | yes |
//! | `laws` | conformance tests ("laws") that every source, target, and state store must pass, for your own test suite | no |
//! | `mock` | mockall mocks of the public traits | no |
//!
//! With all features disabled, the crate contains no SQLite and no compression, and opens no files or sockets.
//!
//! # Logs
//!
//! The library logs through the crate `tracing`, with targets that begin with `gotosync::`: `read`, `plan`, `check`, `apply`,
//! and `run`. Without a subscriber, these events cost almost nothing.
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

/// Compiles the examples in the README together with the library.
#[cfg(all(doctest, feature = "ldif", feature = "csv", feature = "sqlite"))]
#[doc = include_str!("../../README.md")]
struct Readme;
