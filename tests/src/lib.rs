//! What the tests of this workspace share: scenarios, laws, random worlds, and parts to build them from.

pub mod changes;
pub mod command;
pub mod fuzz;
pub mod goto;
pub mod lives;
pub mod named;
pub mod people;
pub mod reading;
pub mod refusing;
pub mod rekeyed;
pub mod scenario;
pub mod schema;
pub mod scim;
pub mod servers;
pub mod wire;
pub mod worlds;

pub use gotosync_core::laws;

/// What keeps a test from going on.
pub type Trouble = Box<dyn std::error::Error + Send + Sync>;
