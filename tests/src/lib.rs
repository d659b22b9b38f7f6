//! Shared helpers for the tests of this workspace: scenarios, conformance tests ("laws"), random worlds, and test
//! servers.

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

/// An error that ends a test early.
pub type Trouble = Box<dyn std::error::Error + Send + Sync>;

/// Returns the number of random cases for a property test: `usual`, multiplied by `GOTOSYNC_CASES_FACTOR` if it is
/// set. `.ci/long` sets it.
///
/// # Panics
/// If the variable is not a number.
pub fn cases(usual: u32) -> u32 {
    let factor = std::env::var("GOTOSYNC_CASES_FACTOR");
    factor.map_or(usual, |factor| usual * factor.parse::<u32>().expect("GOTOSYNC_CASES_FACTOR is a number"))
}
