//! Laws: conformance tests that every source, every target, and every state store must pass.
//!
//! A law is a function that uses only the methods of the trait. If a target does not declare the actions and features that a
//! law needs, the law passes without testing anything. A read-only target is therefore tested for correct reads and for
//! rejecting every write. To test your own target:
//!
//! ```
//! use gotosync_core::laws::{Factory, target};
//! use gotosync_core::target::MemoryTarget;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let make: &Factory<'_> = &|account| Box::new(MemoryTarget::new(account.clone()));
//! let broken = target::broken(make).await;
//! assert!(broken.is_empty(), "{broken:#?}");
//! # }
//! ```

use std::fmt::Debug;
use std::pin::Pin;

use crate::model::Account;
use crate::target::ProvisioningTarget;

mod ask;
pub mod corpus;
pub mod mail;
pub mod roles;
pub mod settings;
pub mod source;
pub mod state;
pub mod target;
pub mod writes;

/// The reason why a law failed.
pub type Trouble = Box<dyn std::error::Error + Send + Sync>;

/// A function that makes a target from an account.
pub type Factory<'f> = dyn Fn(&Account) -> Box<dyn ProvisioningTarget> + Send + Sync + 'f;

/// The result of a law: `Ok` if the law holds.
pub type Held = Result<(), Trouble>;

/// The future of a running law.
pub type Asked<'a> = Pin<Box<dyn Future<Output = Held> + 'a>>;

/// Defines the list of a module's laws, each with its name, and the function that runs them.
macro_rules! laws {
    ($subject:ty: $($name:path),* $(,)?) => {
        /// All laws of this module, with their names.
        pub const ALL: &[(&str, for<'a> fn(&'a $subject) -> $crate::laws::Asked<'a>)] =
            &[$((stringify!($name), |subject| Box::pin($name(subject)))),*];

        /// Runs every law and returns one line for each law that fails: its name and the reason.
        pub async fn broken(subject: &$subject) -> Vec<String> {
            let mut broken = Vec::new();
            for (name, law) in ALL {
                if let Err(trouble) = law(subject).await {
                    broken.push(format!("{name}: {trouble}"));
                }
            }
            broken
        }
    };
}
pub(crate) use laws;

/// Returns an error if two values differ.
fn same<T: Debug + PartialEq>(what: &str, found: &T, expected: &T) -> Held {
    if found == expected { Ok(()) } else { Err(format!("{what}: found {found:#?}, expected {expected:#?}").into()) }
}

/// Returns an error if the condition is false. `what` is the condition as a sentence.
fn ensure(what: &str, condition: bool) -> Held {
    if condition { Ok(()) } else { Err(format!("expected: {what}").into()) }
}
