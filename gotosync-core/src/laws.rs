//! Laws: rules that every source, every target and every state store must keep.
//!
//! A law is a function over the trait alone. It chooses itself by what a target says it can do, so that a target that only
//! reads is held to the laws of reading, and to the one that nothing changes. To hold a target of your own to them:
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

/// How a law does not hold.
pub type Trouble = Box<dyn std::error::Error + Send + Sync>;

/// Makes a target that holds an account.
pub type Factory<'f> = dyn Fn(&Account) -> Box<dyn ProvisioningTarget> + Send + Sync + 'f;

/// What becomes of asking a law.
pub type Held = Result<(), Trouble>;

/// A law that is being asked.
pub type Asked<'a> = Pin<Box<dyn Future<Output = Held> + 'a>>;

/// Lists laws under their own names.
macro_rules! laws {
    ($subject:ty: $($name:path),* $(,)?) => {
        /// Every law with its name.
        pub const ALL: &[(&str, for<'a> fn(&'a $subject) -> $crate::laws::Asked<'a>)] =
            &[$((stringify!($name), |subject| Box::pin($name(subject)))),*];

        /// Asks every law, and tells those that do not hold.
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

/// Holds if two things are equal.
fn same<T: Debug + PartialEq>(what: &str, found: &T, expected: &T) -> Held {
    if found == expected { Ok(()) } else { Err(format!("{what}: {found:#?}, expected {expected:#?}").into()) }
}

/// Holds if it is so.
fn so(what: &str, is: bool) -> Held {
    if is { Ok(()) } else { Err(format!("it is not so that {what}").into()) }
}
