//! What the tests of this workspace share: scenarios, laws, random worlds, and parts to build them from.

pub mod changes;
pub mod command;
pub mod fuzz;
pub mod goto;
pub mod imports;
pub mod lives;
pub mod named;
pub mod people;
pub mod reading;
pub mod refusing;
pub mod rekeyed;
pub mod scenario;
pub mod texts;
pub mod schema;
pub mod scim;
pub mod servers;
pub mod wire;
pub mod world;
pub mod worlds;

pub use gotosync_core::laws;

/// What keeps a test from going on.
pub type Trouble = Box<dyn std::error::Error + Send + Sync>;

/// The number of random cases of a property: the usual one, times `GOTOSYNC_CASES_FACTOR` if that is set. `.ci/long` sets it.
///
/// # Panics
/// When the variable is no number.
pub fn cases(usual: u32) -> u32 {
    let factor = std::env::var("GOTOSYNC_CASES_FACTOR");
    factor.map_or(usual, |factor| usual * factor.parse::<u32>().expect("GOTOSYNC_CASES_FACTOR is a number"))
}
